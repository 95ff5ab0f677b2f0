import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu

from charstudio.gui.page_rows import ValueEditor, ValueRow
from charstudio.gui.page_view import PageView
from charstudio.model import Character, Value
from charstudio.sheet import Sheet

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier

JANE = Character(1, "Jane Marlow", "storm", line="Keeper of Carrow Light")
FEAR = Value("fear", "The lamp going out", source="guided", id=1)
SECRET = Value("secret", "I wrote it a week after", know="private", locked=True, id=2)
DOC = Value("short_name", "Doc", id=3)
JAY = Value("short_name", "Jay", id=4)


@pytest.fixture(params=[False, True], ids=["full", "side"])
def page(request, theme, schema, qtbot):
    from charstudio.gui.faces import Faces

    made = PageView(theme, Faces(theme), side=request.param)
    qtbot.addWidget(made)
    made.resize(400 if request.param else 1000, 700)
    made.show()
    made.show_sheet(JANE, Sheet((FEAR, SECRET, DOC, JAY)), schema, {"fear"})
    qtbot.waitUntil(lambda: len(rows(made)) == 4)
    return made


def rows(page):
    return [row for row in page.findChildren(ValueRow) if not row.isHidden()]


def row_of(page, value):
    return next(row for row in rows(page) if row.value == value)


def press(qtbot, key, modifiers=NONE):
    qtbot.keyClick(QApplication.focusWidget(), key, modifiers)


def test_enter_writes_in_place_and_enter_keeps(page, qtbot):
    page.show_attribute("fear")
    press(qtbot, KEY.Key_Return)
    editor = QApplication.focusWidget()
    assert isinstance(editor, ValueEditor)
    qtbot.keyClicks(editor, " at night")
    with qtbot.waitSignal(page.value_edited) as edited:
        press(qtbot, KEY.Key_Return)
    assert edited.args == ["fear", FEAR, "The lamp going out at night"]


def test_esc_leaves_everything_as_it_was(page, qtbot):
    page.show_attribute("fear")
    press(qtbot, KEY.Key_Return)
    qtbot.keyClicks(QApplication.focusWidget(), " at night")
    with qtbot.assertNotEmitted(page.value_edited):
        press(qtbot, KEY.Key_Escape)
    assert QApplication.focusWidget() is row_of(page, FEAR)
    assert "The lamp going out" in row_of(page, FEAR).accessibleName()


def test_a_click_writes_in_place(page, qtbot):
    qtbot.mouseClick(row_of(page, FEAR)._words, Qt.MouseButton.LeftButton)
    assert isinstance(QApplication.focusWidget(), ValueEditor)


def test_lock_and_removal_by_key(page, qtbot):
    page.show_attribute("secret")
    with qtbot.waitSignal(page.lock_toggled) as toggled:
        press(qtbot, KEY.Key_L, CTRL)
    assert toggled.args == [SECRET, False]
    page.show_attribute("fear")
    with qtbot.waitSignal(page.value_removed) as removed:
        press(qtbot, KEY.Key_Delete)
    assert removed.args == [FEAR]


def test_who_knows_it_is_chosen_from_a_menu(page, qtbot):
    page.show_attribute("fear")
    press(qtbot, KEY.Key_Period, CTRL)
    menu = page.findChildren(QMenu)[-1]
    private = next(action for action in menu.actions() if action.data() == "private")
    with qtbot.waitSignal(page.know_chosen) as chosen:
        private.trigger()
    assert chosen.args == [FEAR, "private"]
    menu.close()


def test_arrows_go_from_value_to_value(page, qtbot):
    page.show_attribute("short_name")
    press(qtbot, KEY.Key_Down)
    assert QApplication.focusWidget() is row_of(page, JAY)
    press(qtbot, KEY.Key_Up)
    assert QApplication.focusWidget() is row_of(page, DOC)


def test_a_value_is_added_by_finding_its_attribute(page, qtbot):
    page.open_finder()
    qtbot.keyClicks(QApplication.focusWidget(), "what people call")
    press(qtbot, KEY.Key_Return)
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), ValueEditor))
    qtbot.keyClicks(QApplication.focusWidget(), "Boss")
    with qtbot.waitSignal(page.value_edited) as edited:
        press(qtbot, KEY.Key_Return)
    assert edited.args == ["short_name", None, "Boss"]
    assert len(rows(page)) == 4


def test_adding_what_can_be_only_one_thing_edits_it(page, qtbot):
    page.add_value("full_name")
    page.add_value("age")
    assert isinstance(QApplication.focusWidget(), ValueEditor)


def test_values_told_again_keep_their_rows_and_the_open_editor(page, qtbot, schema):
    before = row_of(page, FEAR)
    page.show_attribute("short_name")
    press(qtbot, KEY.Key_Return)
    qtbot.keyClicks(QApplication.focusWidget(), "tor")
    other = Value("fear", "The dark", id=1)
    page.show_sheet(JANE, Sheet((other, SECRET, DOC, JAY)), schema, set())
    assert row_of(page, other) is before
    assert QApplication.focusWidget().text() == "Doctor"


def test_the_fresh_tint_goes_when_told(page):
    assert row_of(page, FEAR).fresh
    page.clear_fresh()
    assert not row_of(page, FEAR).fresh


def test_hostile_values_are_plain_text(page, schema, qtbot):
    hostile = Value("fear", "<img src=x><script>", id=1)
    page.show_sheet(JANE, Sheet((hostile,)), schema, set())
    assert row_of(page, hostile)._words._document.toPlainText() == hostile.text


def test_none_and_does_not_apply_are_words(page, schema):
    none = Value("fear", "", state="none", id=1)
    page.show_sheet(JANE, Sheet((none,)), schema, set())
    assert "None" in row_of(page, none).accessibleName()


def test_an_empty_page_offers_the_guide(page, schema, qtbot):
    page.show_sheet(JANE, Sheet(), schema, set())
    assert rows(page) == []
    from PySide6.QtWidgets import QAbstractButton

    ask = next(b for b in page.findChildren(QAbstractButton) if b.text() == "Open Guide" and b.isVisible())
    with qtbot.waitSignal(page.guide_wanted):
        qtbot.mouseClick(ask, Qt.MouseButton.LeftButton)


def test_a_full_sheet_does_not_hold_the_window_up(page, schema, qtbot):
    values = tuple(
        Value(a, "Something that fills a line or two of the page.", id=i)
        for i, a in enumerate(schema.attributes)
    )
    start = time.perf_counter()
    page.show_sheet(Character(2, "Full", "rust"), Sheet(values), schema, set())
    first = time.perf_counter() - start
    qtbot.waitUntil(lambda: len(rows(page)) >= len(values) - 1, timeout=5000)
    assert first < 0.1
