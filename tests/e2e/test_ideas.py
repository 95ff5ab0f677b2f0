"""The starter model has ideas beside the chips of the network; nothing waits for them."""

from __future__ import annotations

import gc
import threading
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication

from charstudio import paths, settings
from charstudio.errors import Cancel, Cancelled
from charstudio.gui.app import Window, application
from charstudio.guide.wishes import LONGEST, MOST
from charstudio.model import Change
from charstudio.studio import Studio

pytestmark = pytest.mark.model


@pytest.fixture
def studio(starter):
    opened = Studio(paths.default_library(), settings.Settings())
    yield opened
    opened.close()


def asked(studio: Studio):
    who = studio.library.cast.new(studio.schema, "Jane Marlow").id
    changes = [
        Change("occupation", "a lighthouse keeper"),
        Change("secret", "I slept that night", know="private"),
        Change("one_line", "the last honest liar", know="author"),
    ]
    studio.library.cast.change(who, changes, studio.schema, "form")
    guide = studio.guide(who)
    guide.start()
    begin = time.perf_counter()
    turn = guide.say("Suggest a treasure")
    assert time.perf_counter() - begin < 1, "the chips of the network are there at once"
    assert 3 <= len(turn.chips) <= 5
    return guide, turn


def test_the_starter_model_adds_marked_ideas_that_can_be_taken(studio):
    guide, turn = asked(studio)
    granted: tuple = ()
    for _try in range(4):
        wish = guide.wish()
        assert "slept" not in wish.prompt.flat
        assert "liar" not in wish.prompt.flat
        granted = guide.granted(wish, list(studio.ideas(wish, Cancel())))
        if granted:
            break
    assert 1 <= len(granted) <= MOST
    before = {c.value.casefold() for c in turn.chips}
    for chip in granted:
        assert (chip.attribute, chip.origin) == ("treasure", "model")
        assert 2 <= len(chip.value) <= LONGEST
        assert chip.value.casefold() not in before
        assert not set("<>{}[]\n") & set(chip.value)
    guide.say(str(len(turn.chips) + 1))
    assert guide.sheet().text("treasure") == granted[0].value


def test_a_question_that_has_changed_stops_the_model(studio):
    guide, _turn = asked(studio)
    wish, cancel = guide.wish(), Cancel()
    studio.engine().describe(cancel)
    threading.Timer(0.3, cancel.set).start()
    begin = time.perf_counter()
    with pytest.raises(Cancelled):
        list(studio.ideas(wish, cancel))
    assert time.perf_counter() - begin < 5


def test_in_the_window_nothing_waits_for_the_model_and_old_ideas_vanish(starter, qtbot):
    made = Window(application(), paths.default_library(), settings.Settings())
    made.window.show()
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow, timeout=5000)
    ctrl = Qt.KeyboardModifier.ControlModifier

    def marked() -> list[QAbstractButton]:
        buttons = made.views.guide.findChildren(QAbstractButton)
        return [b for b in buttons if b.isVisible() and b.accessibleName().endswith(", from the model")]

    def press(key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        qtbot.keyClick(QApplication.focusWidget() or made.window, key, *modifiers)

    press(Qt.Key.Key_N, ctrl)
    for line in ("Jane Marlow", "she/her", "58", "a lighthouse keeper"):
        qtbot.keyClicks(QApplication.focusWidget(), line)
        press(Qt.Key.Key_Return)
    for _try in range(6):
        press(Qt.Key.Key_J, ctrl)
        qtbot.keyClicks(QApplication.focusWidget(), "to")
        assert made.bridge.busy("ideas")
        assert not marked(), "what was typed did not wait for the model"
        press(Qt.Key.Key_A, ctrl)
        press(Qt.Key.Key_Backspace)
        qtbot.waitUntil(lambda: not made.bridge.busy("ideas"), timeout=120_000)
        qtbot.wait(30)
        if marked():
            break
    assert marked()
    press(Qt.Key.Key_J, ctrl)
    qtbot.keyClicks(QApplication.focusWidget(), "to bring every boat in")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not made.bridge.busy("ideas"), timeout=10_000)
    qtbot.wait(30)
    assert not marked(), "the question has changed"
    assert made.studio.library.cast.sheet(1).text("want") == "to bring every boat in"
    made.window.close()
    made.close()
    made.window.deleteLater()
    QApplication.processEvents()
    gc.collect()
