"""What the model reads can be looked at, word for word, with what is known and what is new."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from charstudio import paths, settings
from charstudio.engines import Stretch
from charstudio.gui.app import Window, application
from charstudio.gui.prompt_dialog import PromptDialog
from charstudio.gui.text import Label
from charstudio.gui.theme import Choice, Theme
from charstudio.talk import Look

FIGURES = {"prompt_tokens": 900, "cached_tokens": 860, "ttft_ms": 284.0, "tokens_per_s": 21.3}


def look(*stretches: Stretch, room: int = 3860, last: dict[str, object] | None = None) -> Look:
    return Look(stretches, room, 4096, "Gemma 3 270m", FIGURES if last is None else last)


def stretch(section: str, text: str, tokens: int, *, cached: bool) -> Stretch:
    return Stretch(section, text, tokens, cached=cached)


@pytest.fixture
def dialog(theme: Theme, qtbot) -> Iterator[PromptDialog]:
    parent = QWidget()
    parent.resize(1024, 600)
    qtbot.addWidget(parent)
    made = PromptDialog(theme, "Jane", parent)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


def words_of(dialog: PromptDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(Label))


def test_every_part_is_told_with_what_is_known_and_what_is_new(dialog):
    dialog.show_look(
        look(
            stretch("who", "You are Jane.", 700, cached=True),
            stretch("history", "Visitor: Hello.", 120, cached=True),
            stretch("history", "\nJane: Yes.", 8, cached=False),
            stretch("message", "Visitor: And now?", 9, cached=False),
        )
    )
    assert "837 of 3,860 tokens; 820 are known to Gemma 3 270m already, 17 would be read." in words_of(dialog)
    assert "120 known, 8 new" in words_of(dialog)
    assert "40 tokens read, 0.28 s to its first word, 21 tokens a second." in words_of(dialog)
    assert dialog.text().index("Visitor: Hello.") < dialog.text().index("↓ new from here on")
    assert dialog.text().index("↓ new from here on") < dialog.text().index("Jane: Yes.")


def test_what_broke_the_cache_is_named_where_reading_begins_again(dialog):
    dialog.show_look(
        look(stretch("who", "You are Jane.", 12, cached=False), last={**FIGURES, "broken_by": "who"})
    )
    assert "last time something had changed in “Who the character is”" in dialog.text()


def test_too_much_is_told_before_it_is_sent(dialog):
    dialog.show_look(look(stretch("history", "word " * 100, 4000, cached=False)))
    assert "140 more than there is room for" in dialog.summary()


def test_a_hostile_prompt_is_shown_as_plain_words(dialog):
    dialog.show_look(look(stretch("who", "<img src='http://x/y.png'><b>bold</b>", 20, cached=False)))
    assert "<img src='http://x/y.png'><b>bold</b>" in dialog.text()


def test_a_part_without_end_does_not_stall_the_window(dialog):
    dialog.show_look(look(stretch("who", "x" * 5_000_000, 5_000_000, cached=False)))
    assert "more letters" in dialog.text()


def test_ctrl_p_shows_the_prompt_with_the_unsent_draft_and_esc_closes_it(qtbot, home):
    opened = Window(application(), paths.default_library(), settings.Settings(engine="echo"))
    try:
        opened.window.show()
        opened.window.activateWindow()
        qtbot.waitUntil(opened.window.isActiveWindow, timeout=5000)
        _press(qtbot, opened, Qt.Key.Key_N)
        qtbot.keyClicks(QApplication.focusWidget(), "Your name is Jane Marlow")
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
        _press(qtbot, opened, Qt.Key.Key_2)
        qtbot.keyClicks(QApplication.focusWidget(), "Were you there?")
        _press(qtbot, opened, Qt.Key.Key_P)
        qtbot.waitUntil(lambda: "Were you there?" in _shown(opened), timeout=20_000)
        assert "My name is Jane Marlow." in _shown(opened)
        talk = opened.studio.library.talks.of(1)[0]
        assert not opened.studio.library.talks.messages(talk.id)
        qtbot.keyClick(opened.window.findChild(PromptDialog), Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: opened.window.findChild(PromptDialog) is None, timeout=5000)
    finally:
        opened.window.close()
        opened.close()
        opened.window.deleteLater()
        QApplication.processEvents()


def _press(qtbot, opened: Window, key: Qt.Key) -> None:
    where = QApplication.focusWidget() or opened.window
    qtbot.keyClick(where, key, Qt.KeyboardModifier.ControlModifier)
    QApplication.processEvents()


def _shown(opened: Window) -> str:
    dialog = opened.window.findChild(PromptDialog)
    return dialog.text() if dialog is not None else ""


def test_the_dialog_is_drawn_in_both_lights_and_sizes(qapp, qtbot, tmp_path):
    for scheme in ("light", "dark"):
        theme = Theme(qapp, Choice(scheme=scheme))
        parent = QWidget()
        parent.resize(1024, 600)
        qtbot.addWidget(parent)
        dialog = PromptDialog(theme, "Jane", parent)
        dialog.show_look(look(stretch("who", "You are Jane.", 700, cached=True)))
        dialog.show()
        qtbot.waitExposed(dialog)
        picture = dialog.grab().toImage()
        assert dialog.height() <= parent.height()
        paper = picture.pixelColor(4, 4)
        ink = theme.character("teal").ink
        assert (paper.lightness() < 128) == (scheme == "dark")
        assert any(picture.pixelColor(30, y) == ink for y in range(picture.height()))
        dialog.close()
        theme.deleteLater()
