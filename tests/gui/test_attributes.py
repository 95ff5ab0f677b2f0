"""Attributes and packs in the window, by keys, over a real library."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from charstudio import paths, settings
from charstudio.exports import as_markdown, page_of
from charstudio.gui.app import Window, application
from charstudio.gui.page_rows import ValueRow
from charstudio.gui.text import Label, ProseLabel, ProseView
from charstudio.model import Change

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def window(qtbot):
    made = Window(application(), paths.default_library(), settings.Settings(engine="echo"))
    made.window.show()
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow, timeout=5000)
    qtbot.keyClick(made.window, Qt.Key.Key_N, CTRL)
    yield made
    made.window.close()
    made.close()
    made.window.deleteLater()
    QApplication.processEvents()
    gc.collect()


@pytest.fixture
def dialog(window, qtbot):
    qtbot.keyClick(window.window, Qt.Key.Key_Q, CTRL | SHIFT)
    opened = window.questions._dialog
    opened.activateWindow()
    qtbot.waitUntil(opened.search.hasFocus, timeout=3000)
    return opened


def reads(where) -> str:
    shown = [w for kind in (Label, ProseLabel, ProseView) for w in where.findChildren(kind) if w.isVisible()]
    return "\n".join(w.whole() if isinstance(w, Label) else w.text() for w in shown)


def types(qtbot, text: str, *keys: Qt.Key) -> None:
    assert QApplication.focusWidget() is not None
    qtbot.keyClicks(QApplication.focusWidget(), text)
    for key in keys:
        qtbot.keyClick(QApplication.focusWidget(), key)


def leaves(dialog, window, qtbot) -> None:
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    waits(window, qtbot)
    window.window.activateWindow()
    window.views.guide.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=3000)


def waits(window, qtbot) -> None:
    qtbot.waitUntil(lambda: not window.bridge.busy(), timeout=20_000)
    QApplication.processEvents()


def test_an_own_attribute_is_made_by_keys_and_understood_at_once(window, dialog, qtbot):
    qtbot.keyClick(dialog, Qt.Key.Key_N, CTRL)
    assert dialog.attribute.name.hasFocus()
    types(qtbot, "Scent", Qt.Key.Key_Tab)
    types(qtbot, "What do I smell of?", Qt.Key.Key_Tab)
    types(qtbot, "You smell of {v}.", Qt.Key.Key_Return)
    assert "Undo: New attribute: Scent" in [b.words() for b in (dialog._undo,)]
    assert dialog.list.current() == "own_scent"
    leaves(dialog, window, qtbot)
    types(qtbot, "You smell of cedar.", Qt.Key.Key_Return)
    assert "I smell of cedar." in reads(window.window)
    assert window.studio.library.cast.sheet(1).text("own_scent") == "cedar"


def test_a_name_that_is_taken_is_told_in_the_dialog(window, dialog, qtbot):
    qtbot.keyClick(dialog, Qt.Key.Key_N, CTRL)
    types(qtbot, "nickname", Qt.Key.Key_Return)
    assert "“nickname” is another word for “What people call me” already; choose another name." in reads(
        dialog
    )
    assert len(window.studio.schema.attributes) == 133
    assert dialog.attribute.name.text() == "nickname", "what was written stays"


def test_what_does_not_apply_is_hidden_by_keys_and_undo_brings_it_back(window, dialog, qtbot):
    types(qtbot, "fear", Qt.Key.Key_Down)
    assert dialog.list.current() == "fear"
    qtbot.mouseClick(dialog.attribute._hide, Qt.MouseButton.LeftButton)
    assert window.studio.schema.hidden == {"fear"}
    assert "It does not apply in this library." in reads(dialog)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Z, CTRL)
    assert window.studio.schema.hidden == frozenset()
    leaves(dialog, window, qtbot)


def test_a_question_in_ones_own_words_is_asked_at_once(window, dialog, qtbot):
    types(qtbot, "full name", Qt.Key.Key_Down)
    dialog.attribute._ask.setFocus()
    dialog.attribute._ask.selectAll()
    types(qtbot, "Who do they say I am?", Qt.Key.Key_Return)
    leaves(dialog, window, qtbot)
    assert "Who do they say I am?" in reads(window.views.guide)


def test_a_pack_is_made_ordered_and_chosen_by_keys(window, dialog, qtbot):
    dialog._kinds.choose(True)
    qtbot.keyClick(dialog, Qt.Key.Key_N, CTRL)
    types(qtbot, "Quick")
    dialog.pack.add.setFocus()
    for label in ("Fear", "Hair"):
        types(qtbot, label, Qt.Key.Key_Return)
    dialog.pack._questions.setFocus()
    assert dialog.pack._questions.keys() == ["fear", "hair"]
    qtbot.keyClick(dialog.pack._questions, Qt.Key.Key_Up, ALT)
    assert dialog.pack._questions.keys() == ["hair", "fear"]
    dialog.pack.name.setFocus()
    qtbot.keyClick(dialog.pack.name, Qt.Key.Key_Return)
    assert window.studio.schema.packs["own_quick"] == ("hair", "fear")
    leaves(dialog, window, qtbot)
    window.views.guide.pack_chosen.emit("own_quick")
    assert "What is my hair like?" in reads(window.views.guide)
    types(qtbot, "cropped", Qt.Key.Key_Return)
    types(qtbot, "deep water", Qt.Key.Key_Return)
    assert "That was “Quick”: all 2 things are decided." in reads(window.views.guide)


def test_a_schema_file_with_an_error_is_told_when_the_window_opens(qtbot):
    (paths.data() / "attributes.yaml").write_text("groups:\n  - label: Crew\n    attributes: 3\n")
    made = Window(application(), paths.default_library(), settings.Settings(engine="echo"))
    made.window.show()
    assert "attributes.yaml, line 3: “attributes” needs a list." in reads(made.window)
    made.window.close()
    made.close()
    made.window.deleteLater()


def test_the_page_beside_the_guide_says_what_the_export_says(window, qtbot):
    studio = window.studio
    studio.load_own(_file())
    window.desk.take_schema()
    waits(window, qtbot)
    changes = [
        Change("full_name", "Jane Marlow"),
        Change("age", "58"),
        Change("traits", "stubborn", "add"),
        Change("traits", "kind", "add"),
        Change("siblings", state="none"),
        Change("secret", "I slept.", know="private"),
        Change("birth_date", state="na"),
        Change("own_scent", "cedar", know="author"),
    ]
    studio.library.cast.change(1, changes, studio.schema, "form")
    window.desk.show_change({c.attribute for c in changes})
    waits(window, qtbot)
    qtbot.waitUntil(lambda: "cedar" in reads(window.views.side), timeout=5000)
    page = page_of(studio.library.cast.sheet(1), studio.schema)
    exported = [
        (line.attribute.id, v.text or "None.") for g in page.groups for line in g.lines for v in line.values
    ]
    for view, left_out in ((window.views.side, {"full_name"}), (window.views.page, set())):
        view._build_all()
        rows = [r for r in view.findChildren(ValueRow) if r.value is not None and r.value.state != "na"]
        shown = [
            (r.attribute.id, r.value.text or "None.")
            for b in view._blocks.values()
            for r in b.rows()
            if r in rows
        ]
        assert shown == [(a, text) for a, text in exported if a not in left_out]
        assert (page.title if view is window.views.side else "Jane Marlow") in reads(window.window)
    text = as_markdown(page)
    assert all(value in text for _attribute, value in exported)


def _file():
    path = paths.data() / "mine.yaml"
    path.write_text(
        "groups:\n  - attributes:\n      - {label: Scent, related: [clothing]}\n", encoding="utf-8"
    )
    return path
