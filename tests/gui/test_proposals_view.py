"""The proposals by keys: they are counted quietly, opened by the writer, and every answer to one is told."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QAbstractButton, QApplication, QPlainTextEdit, QTextBrowser

from charstudio.gui.proposal_card import ProposalCard
from charstudio.gui.talk_view import TalkView
from charstudio.gui.text import Label
from charstudio.model import Character, Message, Offer, Proposal, Talk, Value
from charstudio.talk import Place, Shown

JANE = Character(1, "Jane Marlow", "storm", called="Jane")
TALK = Talk(7, 1, "The log of the ninth")
SAID = (
    Message(1, 7, None, "writer", "Vale", "Who are you?"),
    Message(2, 7, 1, "character", "Jane", "*She waits.* I hate dogs. I am a locksmith."),
)
CTRL = Qt.KeyboardModifier.ControlModifier
FEAR = Place("fear", "Fear", "I am afraid of dogs.")
HATE = Place("pet_peeve", "Small things I hate", "I hate dogs.")
WORK = Place("occupation", "Occupation", "I work as a locksmith.", (Value("occupation", "a thief"),))


def shown(n, *places, origin="noticed", decision="waiting"):
    attributes = tuple(p.attribute for p in places)
    return Shown(
        Proposal(n, 1, Offer("dogs", attributes, "I hate dogs", "dogs"), origin, decision, 7, 2), places
    )


@pytest.fixture
def view(theme, qtbot):
    made = TalkView(theme)
    qtbot.addWidget(made)
    made.resize(756, 718)
    made.show_character(JANE, None)
    made.show_talk(TALK, SAID, [TALK])
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.setFocus()
    qtbot.waitUntil(lambda: isinstance(made.window().focusWidget(), QPlainTextEdit))
    return made


def press(qtbot, view, key, modifiers=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(view.window().focusWidget() or view, key, modifiers)
    QApplication.processEvents()


def names(view):
    return [b.accessibleName() for b in view.findChildren(QAbstractButton) if b.isVisible()]


def cards(view):
    return [c for c in view.findChildren(ProposalCard) if c.isVisible()]


def words(view):
    return [w.whole() for w in view.findChildren(Label) if w.isVisible()]


def test_what_was_noticed_is_counted_and_nothing_opens_by_itself(view):
    view.show_proposals([shown(1, HATE), shown(2, WORK), shown(3, FEAR, decision="later")])
    assert "2 noticed" in names(view)
    assert cards(view) == []
    view.show_proposals([shown(3, FEAR, decision="later")])
    assert "1 for later" in names(view)
    view.show_proposals([])
    assert not [n for n in names(view) if "noticed" in n or "later" in n]


def test_control_j_shows_the_cards_and_enter_keeps_the_first(view, qtbot):
    view.show_proposals([shown(1, HATE), shown(2, WORK)])
    press(qtbot, view, Qt.Key.Key_J, CTRL)
    assert [c.words() for c in cards(view)] == ["I hate dogs.", "I work as a locksmith."]
    assert "2 things to look at" in words(view)
    assert "Jane made this up" in " ".join(words(view)).replace("\u2068", "").replace("\u2069", "")
    with qtbot.waitSignal(view.proposal_decided) as decided:
        press(qtbot, view, Qt.Key.Key_Return)
    assert decided.args == [1, "keep", "pet_peeve"]


def test_a_card_says_what_the_sheet_says_instead(view, qtbot):
    view.show_proposals([shown(2, WORK)])
    view.toggle_tray()
    (card,) = cards(view)
    assert card.against() == "The sheet says: “a thief”"
    assert "Keep instead" in names(view)


def test_the_tab_key_leads_to_not_this_and_later(view, qtbot):
    view.show_proposals([shown(1, HATE)])
    press(qtbot, view, Qt.Key.Key_J, CTRL)
    press(qtbot, view, Qt.Key.Key_Tab)
    with qtbot.waitSignal(view.proposal_decided) as decided:
        press(qtbot, view, Qt.Key.Key_Return)
    assert decided.args == [1, "refuse", ""]
    press(qtbot, view, Qt.Key.Key_Tab)
    with qtbot.waitSignal(view.proposal_decided) as decided:
        press(qtbot, view, Qt.Key.Key_Space)
    assert decided.args == [1, "later", ""]


def test_digits_choose_the_place_and_delete_refuses(view, qtbot):
    view.show_proposals([shown(1, HATE, FEAR, origin="kept")])
    press(qtbot, view, Qt.Key.Key_J, CTRL)
    (card,) = cards(view)
    assert card.words() == "I hate dogs."
    press(qtbot, view, Qt.Key.Key_2)
    assert card.words() == "I am afraid of dogs."
    with qtbot.waitSignal(view.proposal_decided) as decided:
        press(qtbot, view, Qt.Key.Key_Return)
    assert decided.args == [1, "keep", "fear"]
    with qtbot.waitSignal(view.proposal_decided) as decided:
        press(qtbot, view, Qt.Key.Key_Delete)
    assert decided.args == [1, "refuse", ""]


def test_escape_puts_the_cards_away_and_the_keyboard_goes_on_writing(view, qtbot):
    view.show_proposals([shown(1, HATE), shown(2, WORK)])
    press(qtbot, view, Qt.Key.Key_J, CTRL)
    press(qtbot, view, Qt.Key.Key_Down)
    assert cards(view)[1].isAncestorOf(view.window().focusWidget())
    press(qtbot, view, Qt.Key.Key_Escape)
    assert cards(view) == []
    assert isinstance(view.window().focusWidget(), QPlainTextEdit)


def test_after_the_last_decision_the_tray_closes_and_the_next_card_takes_the_keyboard_before(view, qtbot):
    view.show_proposals([shown(1, HATE), shown(2, WORK)])
    press(qtbot, view, Qt.Key.Key_J, CTRL)
    view.show_proposals([shown(2, WORK)])
    assert cards(view)[0].isAncestorOf(view.window().focusWidget())
    view.show_proposals([])
    assert cards(view) == []
    assert isinstance(view.window().focusWidget(), QPlainTextEdit)


def test_control_d_points_at_the_last_reply_or_at_the_selected_words(view, qtbot):
    with qtbot.waitSignal(view.point_wanted) as pointed:
        press(qtbot, view, Qt.Key.Key_D, CTRL)
    assert pointed.args == [2, ""]
    prose = next(p for p in view.findChildren(QTextBrowser) if "dogs" in p.toPlainText())
    cursor = prose.document().find("I hate dogs")
    assert cursor.selectedText() == "I hate dogs"
    prose.setTextCursor(cursor)
    with qtbot.waitSignal(view.point_wanted) as pointed:
        press(qtbot, view, Qt.Key.Key_D, CTRL)
    assert pointed.args == [2, "I hate dogs"]
    cursor.movePosition(QTextCursor.MoveOperation.Start)
    prose.setTextCursor(cursor)


def test_a_button_under_the_reply_keeps_it(view, qtbot):
    button = next(
        b for b in view.findChildren(QAbstractButton) if b.accessibleName() == "Keep that" and b.isVisible()
    )
    with qtbot.waitSignal(view.point_wanted) as pointed:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert pointed.args == [2, ""]


def test_the_chip_and_its_key_ask_for_the_other_mode(view, qtbot):
    assert "Inventive" in names(view)
    with qtbot.waitSignal(view.strict_wanted) as wanted:
        press(qtbot, view, Qt.Key.Key_T, CTRL)
    assert wanted.args == [True]
    view.show_strict(strict=True)
    assert "Strict" in names(view)
    chip = next(b for b in view.findChildren(QAbstractButton) if b.accessibleName() == "Strict")
    with qtbot.waitSignal(view.strict_wanted) as wanted:
        qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert wanted.args == [False]


def test_the_message_a_proposal_came_from_can_be_shown(view, qtbot):
    view.show_proposals([shown(1, HATE)])
    view.toggle_tray()
    link = next(b for b in view.findChildren(QAbstractButton) if b.accessibleName() == "Show the message")
    with qtbot.waitSignal(view.source_wanted) as wanted:
        qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert wanted.args == [2]
    assert view.reveal(2)
    assert not view.reveal(99)


def test_hostile_words_stand_on_a_card_as_they_are(view):
    evil = Place("fear", "<b>Fear</b>", "I am afraid of <img src=http://x>" + "x" * 5000)
    view.show_proposals([shown(1, evil)])
    view.toggle_tray()
    (card,) = cards(view)
    assert card.words().startswith("I am afraid of <img src=http://x>xxx")
    assert card.height() < 600


def test_everything_has_a_name_and_a_key(view):
    acts = {a.text(): a.shortcut().toString() for a in view.menu_actions()}
    assert acts["Keep that"] == "Ctrl+D"
    assert acts["Look at what was noticed"] == "Ctrl+J"
    assert acts["Strict or inventive"] == "Ctrl+T"
    assert acts["Remember this"] == "Ctrl+Shift+A"
    view.show_proposals([shown(1, HATE, FEAR), shown(2, WORK)])
    view.toggle_tray()
    assert all(names(view))
