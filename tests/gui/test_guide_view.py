"""The guide by keys: what is asked is on screen, what is typed or clicked is told."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QMenu, QPlainTextEdit, QWidget

from charstudio.gui.guide_view import GuideView
from charstudio.gui.text import Label, ProseLabel
from charstudio.model import Change, Character


@dataclass(frozen=True)
class Ask:
    attribute: str
    label: str
    text: str
    reason: str


@dataclass(frozen=True)
class Offer:
    text: str
    attribute: str = "fear"
    value: str = ""
    act: str = "answer"
    reason: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Turn:
    act: str = "answer"
    changes: tuple[Change, ...] = ()
    reply: str = ""
    ask: Ask | None = None
    chips: tuple[Offer, ...] = ()
    mode: str = "guide"


JANE = Character(1, "Jane Marlow", "storm", called="Jane")
FEAR = Ask("fear", "What I fear", "What am I afraid of?", "Asked because you said what stands in my way.")
CHIPS = (Offer("Being the last"), Offer("The lamp going out"), Offer("Undo that", "", "", "undo"))
PAST = [("Age", "How old am I?", "Fifty-eight."), ("Occupation", "What do I do?", "I keep the light.")]


@pytest.fixture
def view(theme, qtbot):
    made = GuideView(theme)
    qtbot.addWidget(made)
    made.resize(668, 718)
    made.show_character(JANE, None)
    made.show_turn(Turn(ask=FEAR, chips=CHIPS))
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.setFocus()
    qtbot.waitUntil(lambda: isinstance(made.window().focusWidget(), QPlainTextEdit))
    return made


def line(view):
    return next(w for w in view.findChildren(QPlainTextEdit) if w.accessibleName() == "Your answer")


def texts(view):
    labels = [w for w in view.findChildren(QWidget) if isinstance(w, Label | ProseLabel) and w.isVisible()]
    return [w.text() for w in labels]


def button(view, name):
    found = [b for b in view.findChildren(QAbstractButton) if b.accessibleName() == name and b.isVisible()]
    return found[0]


def test_the_question_its_label_and_its_reason_are_on_screen(view):
    assert {"What am I afraid of?", "What I fear", FEAR.reason} <= set(texts(view))


def test_enter_answers_and_empties_the_line(view, qtbot):
    qtbot.keyClicks(line(view), "The lamp going out 1")
    with qtbot.waitSignal(view.said) as said:
        qtbot.keyClick(line(view), Qt.Key.Key_Return)
    assert said.args == ["The lamp going out 1"]
    assert line(view).toPlainText() == ""


def test_an_empty_line_is_no_answer(view, qtbot):
    qtbot.keyClicks(line(view), "   ")
    with qtbot.assertNotEmitted(view.said):
        qtbot.keyClick(line(view), Qt.Key.Key_Return)


def test_digits_take_chips_on_an_empty_line_only(view, qtbot):
    with qtbot.waitSignal(view.chip_taken) as taken:
        qtbot.keyClick(line(view), Qt.Key.Key_2)
    assert taken.args == [CHIPS[1]]
    with qtbot.assertNotEmitted(view.chip_taken):
        qtbot.keyClick(line(view), Qt.Key.Key_9)
        qtbot.keyClicks(line(view), "a2")
    assert line(view).toPlainText() == "9a2"


def test_digits_begin_an_answer_when_no_chip_has_them(view, qtbot):
    view.show_turn(Turn(ask=Ask("age", "Age", "How old am I?", "")))
    with qtbot.waitSignal(view.said) as told:
        qtbot.keyClicks(line(view), "34")
        qtbot.keyClick(line(view), Qt.Key.Key_Return)
    assert told.args == ["34"]


def test_a_click_takes_a_chip_and_leaves_the_keyboard_on_the_line(view, qtbot):
    with qtbot.waitSignal(view.chip_taken) as taken:
        qtbot.mouseClick(button(view, "Being the last"), Qt.MouseButton.LeftButton)
    assert taken.args == [CHIPS[0]]
    assert line(view).hasFocus()


def test_a_line_that_begins_like_a_chip_marks_it(view, qtbot):
    qtbot.keyClicks(line(view), "the lamp going out while I sleep")
    assert [c.isChecked() for c in (button(view, o.text) for o in CHIPS)] == [False, True, False]


@pytest.mark.parametrize(
    ("key", "modifier", "name"),
    [
        (Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier, "suggest_wanted"),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, "skip_wanted"),
        (Qt.Key.Key_Y, Qt.KeyboardModifier.AltModifier, "why_wanted"),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, "edit_last_wanted"),
    ],
)
def test_keys_on_the_line(view, qtbot, key, modifier, name):
    with qtbot.waitSignal(getattr(view, name)):
        qtbot.keyClick(line(view), key, modifier)


def test_buttons_say_the_same_as_keys(view, qtbot):
    for words, name in (
        ("Suggest more", "suggest_wanted"),
        ("Skip", "skip_wanted"),
        ("Not for this character", "not_for_this_character"),
        ("Why this question?", "why_wanted"),
    ):
        with qtbot.waitSignal(getattr(view, name)):
            qtbot.mouseClick(button(view, words), Qt.MouseButton.LeftButton)


def test_answers_stand_above_and_a_reply_below_them(view):
    view.show_history(PAST)
    view.show_turn(Turn("why", reply="You said the Board wants a clock.", ask=FEAR))
    shown = texts(view)
    assert {"Age", "How old am I?", "Fifty-eight.", "Occupation", "I keep the light."} <= set(shown)
    assert "You said the Board wants a clock." in shown
    view.show_turn(Turn(ask=FEAR))
    assert "You said the Board wants a clock." not in texts(view)


def test_a_new_character_is_a_voice_without_a_name(view):
    view.show_character(Character(2, "", "moss"), None)
    view.show_turn(Turn("start", reply="I am nobody yet.", ask=Ask("full_name", "Name", "Who am I?", "")))
    assert {"A voice without a name yet", "I am nobody yet.", "Who am I?"} <= set(texts(view))


def test_another_character_begins_with_an_empty_line(view, qtbot):
    qtbot.keyClicks(line(view), "half an answer")
    view.show_character(Character(2, "Tobias", "rust"), None)
    assert line(view).toPlainText() == ""


def test_news_of_the_same_character_leave_the_line_alone(view, qtbot):
    qtbot.keyClicks(line(view), "half an answer")
    view.show_character(JANE, None)
    view.show_turn(Turn(ask=FEAR))
    assert line(view).toPlainText() == "half an answer"


def test_at_the_end_of_a_pack_one_can_talk(view, qtbot):
    view.show_progress(8, 8, "Spark", [("A", "done")] * 8)
    view.show_turn(Turn())
    assert "all 8 decided" in texts(view)
    with qtbot.waitSignal(view.talk_wanted):
        qtbot.mouseClick(button(view, "Talk with Jane"), Qt.MouseButton.LeftButton)


def test_the_progress_is_said_in_words_and_packs_can_be_chosen(view, qtbot):
    view.packs([("spark", "Spark"), ("villain", "Antagonist & co")])
    view.show_progress(6, 8, "Spark", [("A", "done")] * 6 + [("B", "now"), ("C", "open")])
    assert "question 7 of 8" in texts(view)
    qtbot.mouseClick(button(view, "Questions: Spark; choose others"), Qt.MouseButton.LeftButton)
    menu = next(m for m in view.findChildren(QMenu) if m.isVisible())
    with qtbot.waitSignal(view.pack_chosen) as chosen:
        qtbot.keyClick(menu, Qt.Key.Key_Down)
        qtbot.keyClick(menu, Qt.Key.Key_Down)
        qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert chosen.args == ["villain"]


def test_long_and_hostile_texts_stay_text_and_within_the_view(view, qtbot):
    nasty = "<img src='file:///etc/passwd'><b>x</b> " + "w" * 3000
    view.show_history([(nasty, nasty, nasty)])
    view.show_turn(Turn(reply=nasty, ask=Ask("a", nasty, nasty[:200], nasty[:200]), chips=(Offer(nasty),)))
    qtbot.wait(10)
    assert any(text.startswith("<img") for text in texts(view))
    assert (
        button(
            view,
            next(
                b.accessibleName() for b in view.findChildren(QAbstractButton) if "<img" in b.accessibleName()
            ),
        ).width()
        < 600
    )
    assert view.width() == 668


def test_everything_that_can_be_used_has_a_name(view):
    nameless = [
        w
        for w in view.findChildren(QWidget)
        if isinstance(w, QAbstractButton | QLineEdit | QPlainTextEdit)
        and w.isVisible()
        and not w.accessibleName()
    ]
    assert nameless == []


def test_the_line_grows_with_its_text_but_not_beyond_four_lines(view, qtbot):
    one = line(view).height()
    line(view).insertPlainText("a\nb")
    two = line(view).height()
    line(view).insertPlainText("\nc" * 20)
    assert one < two < line(view).height() <= 4 * (two - one) + one


def test_actions_for_the_menu_do_what_they_say(view, qtbot):
    actions = {a.text(): a for a in view.menu_actions()}
    with qtbot.waitSignal(view.skip_wanted):
        actions["Skip this question"].trigger()


def test_a_card_that_is_too_high_scrolls_and_shows_the_line_that_is_written(view, qtbot):
    view.show_turn(
        Turn(ask=FEAR, chips=tuple(Offer(f"A long suggestion, number {n}, of words") for n in range(9)))
    )
    view.resize(668, 420)
    qtbot.wait(20)
    assert view.height() == 420
    qtbot.keyClicks(line(view), "word")
    below = line(view).mapTo(view, line(view).rect().bottomLeft()).y()
    assert below < 420


def test_chips_in_two_lines_leave_the_buttons_under_them_in_view(view, qtbot):
    view.resize(668, 718)
    past = [(f"Label {n}", "What do I do for a living?", "a lighthouse keeper") for n in range(5)]
    view.show_history(past)
    view.show_turn(Turn(ask=Ask("obstacle", "What stands in my way", "What stands in my way?", "Because.")))
    qtbot.wait(50)
    offers = (
        "my own brother",
        "money",
        "a law nobody remembers making",
        "the only road is closed",
        "a rival who is better at it",
    )
    ask = Ask("obstacle", "What stands in my way", "What stands in my way?", "Because.")
    view.show_turn(Turn(reply="Ideas.", ask=ask, chips=tuple(Offer(text) for text in offers)))
    qtbot.wait(100)
    skip = button(view, "Skip")
    assert skip.visibleRegion().boundingRect().height() == skip.height()


def test_ideas_of_a_model_come_behind_the_others_and_are_marked(view, qtbot):
    view.show_thinking(thinking=True)
    assert "The model is thinking of more…" in texts(view)
    idea = Offer("The wick", reason="From the model; yours only when you take it.", origin="model")
    view.add_chips([idea])
    view.show_thinking(thinking=False)
    qtbot.wait(20)
    assert button(view, "The wick, from the model").accessibleDescription() == idea.reason
    assert "The model is thinking of more…" not in texts(view)
    with qtbot.waitSignal(view.chip_taken) as taken:
        qtbot.keyClick(line(view), Qt.Key.Key_4)
    assert taken.args == [idea]
    view.show_turn(Turn(ask=FEAR, chips=CHIPS[:1]))
    assert not [
        b for b in view.findChildren(QAbstractButton) if "model" in b.accessibleName() and b.isVisible()
    ]


def test_the_reason_of_a_chip_is_its_tooltip(view, qtbot):
    view.show_turn(Turn(ask=FEAR, chips=(Offer("Fog", reason="Nobody in your cast has this yet."),)))
    qtbot.wait(20)
    assert "Nobody in your cast has this yet." in button(view, "Fog").toolTip()


def test_the_packs_menu_leads_to_own_packs(view, qtbot):
    view.packs([("spark", "Spark")])
    view.show_progress(1, 8, "Spark", [])
    qtbot.mouseClick(button(view, "Questions: Spark; choose others"), Qt.MouseButton.LeftButton)
    menu = next(m for m in view.findChildren(QMenu) if m.isVisible())
    with qtbot.waitSignal(view.packs_wanted):
        menu.actions()[-1].trigger()
    menu.close()
