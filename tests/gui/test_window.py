import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)

from charstudio.gui.sidebar import CastList, SearchField
from charstudio.gui.widgets import Label
from charstudio.model import Value

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


def press(qtbot, key, modifiers=NONE):
    qtbot.keyClick(QApplication.focusWidget(), key, modifiers)


@pytest.mark.parametrize(
    ("key", "modifiers", "signal"),
    [
        (KEY.Key_N, CTRL, "new_wanted"),
        (KEY.Key_O, CTRL, "import_wanted"),
        (KEY.Key_Comma, CTRL, "settings_wanted"),
        (KEY.Key_F1, SHIFT, "about_wanted"),
    ],
)
def test_keys_do_what_the_menu_does(studio, qtbot, key, modifiers, signal):
    with qtbot.waitSignal(getattr(studio.window, signal)):
        press(qtbot, key, modifiers)


def test_enter_opens_a_tile_and_del_deletes_it(studio, qtbot):
    studio.library.focus_tiles()
    with qtbot.waitSignal(studio.window.character_chosen) as chosen:
        press(qtbot, KEY.Key_Return)
    assert chosen.args == [1]
    press(qtbot, KEY.Key_Right)
    with qtbot.waitSignal(studio.window.delete_wanted) as deleted:
        press(qtbot, KEY.Key_Delete)
    assert deleted.args == [2]


def test_export_and_duplicate_mean_the_tile_or_the_open_character(studio, qtbot):
    studio.library.focus_tiles()
    with qtbot.waitSignal(studio.window.export_wanted) as wanted:
        press(qtbot, KEY.Key_E, CTRL)
    assert wanted.args == [1]
    studio.open_jane()
    with qtbot.waitSignal(studio.window.duplicate_wanted) as wanted:
        press(qtbot, KEY.Key_D, CTRL | SHIFT)
    assert wanted.args == [1]


def test_tabs_by_key_and_by_arrow(studio, qtbot):
    studio.open_jane()
    with qtbot.waitSignal(studio.window.tab_changed) as changed:
        press(qtbot, KEY.Key_2, CTRL)
    assert changed.args == ["sheet"]
    assert studio.page.isVisible()
    press(qtbot, KEY.Key_1, CTRL)
    assert studio.guide.isVisible()
    assert QApplication.focusWidget() is studio.guide


def test_tabs_do_nothing_without_a_character(studio):
    assert not studio.window.actions_by_name["tab_guide"].isEnabled()


def test_alt_down_goes_to_the_next_character(studio, qtbot):
    studio.open_jane()
    with qtbot.waitSignal(studio.window.character_chosen) as chosen:
        press(qtbot, KEY.Key_Down, ALT)
    assert chosen.args == [2]


def test_searching_filters_sidebar_and_library_alike_without_accents(studio, qtbot):
    press(qtbot, KEY.Key_F, CTRL)
    field = QApplication.focusWidget()
    assert isinstance(field, SearchField)
    qtbot.keyClicks(field, "dvorak")
    cast = studio.window.findChild(CastList)
    assert cast.model().rowCount() == 1
    with qtbot.waitSignal(studio.window.character_chosen) as chosen:
        press(qtbot, KEY.Key_Return)
    assert chosen.args == [3]
    press(qtbot, KEY.Key_Escape)
    assert cast.model().rowCount() == 5


def test_searching_in_vain_says_so(studio, qtbot):
    press(qtbot, KEY.Key_F, CTRL)
    qtbot.keyClicks(QApplication.focusWidget(), "zzz")
    assert any("Nobody has these words" in label.text() for label in visible(studio, Label))


def test_the_palette_finds_actions_and_people(studio, qtbot):
    press(qtbot, KEY.Key_K, CTRL)
    qtbot.keyClicks(QApplication.focusWidget(), "renn")
    with qtbot.waitSignal(studio.window.character_chosen) as chosen:
        press(qtbot, KEY.Key_Return)
    assert chosen.args == [2]
    press(qtbot, KEY.Key_K, CTRL)
    qtbot.keyClicks(QApplication.focusWidget(), "open card")
    with qtbot.waitSignal(studio.window.import_wanted):
        press(qtbot, KEY.Key_Return)


def test_esc_leaves_the_palette_and_the_keyboard_returns(studio, qtbot):
    studio.open_jane()
    studio.guide.setFocus()
    press(qtbot, KEY.Key_K, CTRL)
    assert studio.window.palette_box.isVisible()
    press(qtbot, KEY.Key_Escape)
    assert not studio.window.palette_box.isVisible()
    assert QApplication.focusWidget() is studio.guide


def test_ctrl_z_undoes_words_first_and_then_the_last_decision(studio, qtbot):
    studio.window.show_undo("What I fear", "")
    studio.open_jane()
    studio.guide.setFocus()
    qtbot.keyClicks(studio.guide, "abc")
    press(qtbot, KEY.Key_Z, CTRL)
    assert studio.guide.toPlainText() == ""
    with qtbot.waitSignal(studio.window.undo_wanted):
        press(qtbot, KEY.Key_Z, CTRL)


def test_undo_says_what_it_would_undo(studio):
    studio.window.show_undo("What I fear", "")
    do = studio.window.actions_by_name
    assert "What I fear" in do["undo"].text()
    assert not do["redo"].isEnabled()


def test_narrow_windows_have_a_rail_and_the_page_lies_over_the_middle(studio, qtbot):
    studio.open_jane()
    assert studio.side.isVisible()
    studio.window.resize(1024, 600)
    qtbot.waitUntil(lambda: not studio.side.isVisible())
    qtbot.wait(50)
    wide = studio.guide.width()
    press(qtbot, KEY.Key_Backslash, CTRL)
    assert studio.side.isVisible()
    assert studio.guide.width() == wide
    press(qtbot, KEY.Key_Escape)
    assert not studio.side.isVisible()


def test_widths_of_the_page_are_told_and_taken_back(studio, qtbot):
    studio.open_jane()
    splitter = studio.window._panes._splitter
    with qtbot.waitSignal(studio.window.panels_changed) as changed:
        splitter.moveSplitter(splitter.width() - 300, 1)
    assert changed.args[0]["guide"] == pytest.approx(300, abs=8)
    press(qtbot, KEY.Key_2, CTRL)
    press(qtbot, KEY.Key_1, CTRL)
    assert studio.side.width() == pytest.approx(300, abs=8)


def test_alt_shows_the_menu_bar(studio, qtbot):
    bar = studio.window.menuBar()
    assert not bar.isVisible()
    press(qtbot, KEY.Key_Alt)
    assert bar.isVisible()
    titles = [action.text().replace("&", "") for action in bar.actions()]
    assert titles[:4] == ["File", "Edit", "Character", "View"]


def test_f6_goes_round_the_panes(studio, qtbot):
    studio.open_jane()
    seen = set()
    for _ in range(8):
        press(qtbot, KEY.Key_F6)
        seen.add(QApplication.focusWidget())
    assert len(seen) >= 4


def test_a_hostile_name_is_plain_text_everywhere(studio, qtbot):
    hostile = studio.cast.entries()[4].character
    studio.window.show_character(hostile, "")
    studio.page.show_sheet(hostile, studio.page._sheet, studio.schema, set())
    assert any(label.text().startswith("<img src=x>") for label in visible(studio, Label))
    assert studio.window.minimumSizeHint().width() < 1000
    assert len(studio.window.windowTitle()) < 400


def test_files_can_be_dropped(studio, qtbot):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/tmp/jane.png"), QUrl("http://example.org/x.png")])
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, NONE)
    with qtbot.waitSignal(studio.window.files_dropped) as dropped:
        studio.window.dropEvent(event)
    assert dropped.args == [["/tmp/jane.png"]]


def test_an_empty_library_offers_a_first_character(studio, qtbot):
    studio.window.show_cast([])
    buttons = [b for b in visible(studio, QAbstractButton) if b.accessibleName() == "New character"]
    shown = [b for b in buttons if b.text()]
    with qtbot.waitSignal(studio.window.new_wanted):
        qtbot.mouseClick(shown[0], Qt.MouseButton.LeftButton)


def test_everything_one_can_use_has_a_name(studio, qtbot):
    studio.open_jane(Value("fear", "The dark", know="private", id=1))
    for key in (KEY.Key_1, KEY.Key_2):
        press(qtbot, key, CTRL)
        for kind in (QAbstractButton, QLineEdit, QTextEdit, QPlainTextEdit, QAbstractItemView):
            for widget in visible(studio, kind):
                assert widget.accessibleName(), widget


def test_every_action_has_words_and_keys(studio):
    for action in studio.window.actions_by_name:
        assert action.text()
        assert not action.shortcut().isEmpty(), action.text()


def test_no_two_actions_share_a_shortcut(studio):
    seen = {}
    for action in studio.window.actions_by_name:
        for keys in action.shortcuts():
            assert seen.setdefault(keys.toString(), action) is action


def test_long_work_is_shown_and_can_be_stopped(studio, qtbot):
    studio.window.status.show_work("Importing 12 cards", 7, 12)
    stop = next(b for b in visible(studio, QAbstractButton) if b.accessibleName() == "Stop")
    with qtbot.waitSignal(studio.window.stop_wanted):
        qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    studio.window.status.end_work()
    assert not stop.isVisible()


def test_a_notice_says_a_sentence_and_can_be_closed(studio, qtbot):
    studio.window.show_notice("The disk is full; free some space.", "Try again", "danger")
    assert any(label.text().startswith("The disk is full") for label in visible(studio, Label))
    link = next(b for b in visible(studio, QAbstractButton) if b.text() == "Try again")
    with qtbot.waitSignal(studio.window.notice_link_chosen):
        qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    studio.window.notice.clear()
    assert not studio.window.notice.isVisible()


def test_text_can_grow_to_twice_its_size_without_losing_the_window(studio, qtbot):
    for _ in range(6):
        press(qtbot, KEY.Key_Equal, CTRL)
    assert studio.theme.scale == 2.0
    studio.window.resize(1280, 800)
    assert studio.window.width() == 1280


def visible(studio, kind):
    return [widget for widget in studio.window.findChildren(kind) if widget.isVisible()]
