"""What a writer meets in guided mode, told as sentences."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from charstudio.guide import Chip, Guide, as_json, pack_names, progress
from charstudio.guide.reading import Reading
from charstudio.model import Change
from charstudio.sheet import Schema, load_schema
from charstudio.store import Library, open_library

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema(ROOT / "resources" / "attributes.yaml")


@pytest.fixture
def library(tmp_path):
    library = open_library(tmp_path / "cast.db")
    yield library
    library.close()


@pytest.fixture(scope="module")
def reading(schema: Schema) -> Reading:
    return Reading.of(schema)


@pytest.fixture
def guide(library: Library, schema: Schema, reading: Reading) -> Guide:
    guide = Guide(library, schema, library.cast.new(schema).id, reading=reading)
    guide.start()
    return guide


def test_the_blank_voice_asks_for_its_name_first(library, schema):
    turn = Guide(library, schema, library.cast.new(schema).id).start()
    assert turn.ask.text == "What is my full name?"
    assert turn.ask.reason


@pytest.mark.parametrize(
    "line",
    [
        "Your name is Jane Marlow.",
        "Jane Marlow",
        "your name is Jane Marlow",
        "Yuor name is Jane Marlow",
        "Your nmae is Jane Marlow.",
        "Your name's Jane Marlow",
        "YOUR NAME IS Jane Marlow  ",
        "My name is Jane Marlow.",
        "Well, your name is Jane Marlow.",
        "Your full name is Jane Marlow",
        "  Jane Marlow.  ",
        "Name: Jane Marlow",
    ],
)
def test_a_name_is_understood_however_it_is_told(guide, line):
    turn = guide.say(line)
    assert turn.changes == (Change("full_name", "Jane Marlow"),)
    assert turn.reply == "My name is Jane Marlow."
    assert turn.ask.attribute == "pronouns"


@pytest.mark.parametrize(
    "name",
    [
        "O'Brien-Smith",
        "Dr. Jane Marlow",
        "John Marlow Jr.",
        "🦊",
        "مريم",
        "/dev/null",
        "{v} {0} %s",
        "My Nguyen",
        "Thomas More",
        "x" * 10_000,
        "I",
        "Skip Jones",
        "Anna; DROP TABLE characters",
        "<b>Bold</b>",
        "..",
        "You Lee",
    ],
)
def test_any_name_is_kept_unchanged(guide, name):
    guide.say(f"Your name is {name}")
    assert guide.sheet().full_name == name


@pytest.mark.parametrize(
    "name", ["O'Brien-Smith", "Dr. Jane Marlow", "🦊", "مريم", "Thomas More", "x" * 10_000]
)
def test_any_name_is_kept_unchanged_as_an_answer(guide, name):
    guide.say(name)
    assert guide.sheet().full_name == name


def test_a_statement_about_something_else_leaves_the_question_pending(guide):
    turn = guide.say("You are 34 years old.")
    assert turn.changes == (Change("age", "34"),)
    assert turn.ask.attribute == "full_name"


@pytest.mark.parametrize(
    ("line", "attribute", "value"),
    [
        ("You are 34.", "age", "34"),
        ("You’re forty-one", "age", "forty-one"),
        ("You are she/her.", "pronouns", "she/her"),
        ("You are a woman.", "gender", "a woman"),
        ("You are stubborn.", "traits", "stubborn"),
        ("You are a nurse.", "occupation", "a nurse"),
        ("You are 1.58 m.", "height", "1.58 m"),
        ("You have a sister.", "siblings", "a sister"),
        ("You have two sons.", "children", "two sons"),
        ("You have a scar on your chin.", "marks", "a scar on my chin"),
        ("You have a dog.", "companion_animal", "a dog"),
        ("You've got asthma.", "health", "asthma"),
        ("You have green eyes.", "eyes", "green"),
        ("You keep your word when nobody looks", "values", "I keep my word when nobody looks."),
        ("You believe in your luck.", "faith", "my luck"),
        ("You would never leave your brother.", "line_not_crossed", "leave my brother"),
        ("Your secret is that you were there.", "secret", "I was there"),
        ("People say you are vain.", "reputation", "am vain"),
        ("You can't swim.", "weakness", "swim"),
        ("You don't know who your father is.", "does_not_know", "who my father is"),
        ("Tom is your brother.", "siblings", "my brother, Tom"),
        ("Guilt is your main motivation", "motivation", "Guilt"),
    ],
)
def test_statements_find_their_attribute(guide, line, attribute, value):
    turn = guide.say(line)
    assert [(c.attribute, c.value) for c in turn.changes] == ([(attribute, value)] if attribute else [])


@pytest.mark.parametrize(
    "line",
    [
        "You are a wreck.",
        "You have something.",
        "You speak Old Tidal.",
        "You love the sea.",
        "You wait for Tom.",
        "What colour is the sky?",
        "Is it going to rain?",
        "You",
    ],
)
def test_doubtful_lines_are_never_guessed(guide, line):
    guide.say("Jane")
    guide.say("she/her")
    turn = guide.say(line) if line != "You" else guide.say("You know?")
    assert not [c for c in turn.changes if c.attribute not in ("free_time",)]
    assert turn.chips


def test_what_stays_ambiguous_becomes_chips_that_can_be_taken(guide):
    turn = guide.say("You are a wreck.")
    assert len(turn.chips) > 1
    taken = guide.take(next(c for c in turn.chips if c.attribute == "traits"))
    assert taken.changes == (Change("traits", "a wreck", "add"),)


@pytest.mark.parametrize(
    "line",
    [
        "guilt about your brother",
        "revenge for what they did to you",
        "old friends you betrayed",
        "to be free of you",
        "the house you grew up in",
        "your brother's debts",
        "someone who left you",
    ],
)
def test_answers_may_speak_of_me(guide, line):
    for _question in range(4):
        guide.say("skip")
    turn = guide.say(line)
    assert [c.attribute for c in turn.changes] == ["want"]


@pytest.mark.parametrize(
    "line",
    [
        "Spiders frighten you.",
        "The village thinks you are a witch",
        "He is a doctor",
        "Your voice cracks when you lie",
        "Whenever you sleep you dream",
    ],
)
def test_whole_sentences_are_no_answers(guide, line):
    for _question in range(4):
        guide.say("skip")
    turn = guide.say(line)
    assert "want" not in [c.attribute for c in turn.changes]


def test_actually_replaces(guide):
    guide.say("Jane")
    turn = guide.say("Actually your name is Joan.")
    assert (turn.act, guide.sheet().full_name) == ("change", "Joan")


@pytest.mark.parametrize(
    "line", ["Change your age to 40.", "Actually, you are 40.", "Set your age to 40", "No, you're 40"]
)
def test_a_value_is_changed(guide, line):
    guide.say("You are 34.")
    turn = guide.say(line)
    assert (turn.act, guide.sheet().text("age")) == ("change", "40")


def test_many_valued_attributes_grow(guide):
    guide.say("You are patient.")
    assert guide.say("You are also curious.").act == "add"
    guide.say("You are loyal, blunt and kind.")
    assert [v.text for v in guide.sheet().of("traits")] == ["patient", "curious", "loyal", "blunt", "kind"]


@pytest.mark.parametrize(
    "line", ["You are not curious.", "You're not curious", "You aren't curious.", "You are no longer curious"]
)
def test_a_denied_value_goes(guide, line):
    guide.say("You are patient, curious and blunt.")
    turn = guide.say(line)
    assert turn.act == "retract"
    assert [v.text for v in guide.sheet().of("traits")] == ["patient", "blunt"]


@pytest.mark.parametrize("line", ["Forget your nickname.", "remove your nickname", "Delete your nickname"])
def test_forget_clears(guide, line):
    guide.say("People call you Bee.")
    turn = guide.say(line)
    assert (turn.act, guide.sheet().state("short_name")) == ("retract", "unset")


@pytest.mark.parametrize(
    "line", ["You have no siblings.", "You don't have any siblings", "You have no brothers or sisters"]
)
def test_an_explicit_none_is_kept(guide, line):
    guide.say(line)
    assert guide.sheet().state("siblings") == "none"


def test_no_brother_does_not_mean_no_siblings(guide):
    guide.say("You have no brother.")
    assert guide.sheet().text("siblings") == "no brother"


def test_no_is_an_answer(library, schema):
    guide = Guide(library, schema, library.cast.new(schema).id)
    guide.start()
    guide.say("Do you have siblings?")
    guide.say("No.")
    assert guide.sheet().state("siblings") == "none"


def test_questions_are_answered_from_the_sheet(guide):
    guide.say("Your name is Jane.")
    for line in ("What is your name?", "what's your name", "What’s your full name?"):
        turn = guide.say(line)
        assert (turn.act, turn.reply, turn.changes) == ("ask_value", "My name is Jane.", ())


def test_an_open_question_is_offered_and_the_other_comes_back(guide):
    turn = guide.say("How old are you?")
    assert turn.act == "ask_value"
    assert "not decided" in turn.reply
    assert turn.ask.attribute == "age"
    assert guide.say("34").ask.attribute == "full_name"


def test_suggestions_are_never_offered_twice(guide):
    guide.say("You are a nurse.")
    first = guide.say("What could your fear be?")
    assert 3 <= len(first.chips) <= 5
    assert first.chips[0].value == "missing a sign"
    second = guide.say("More.")
    assert not {c.value for c in first.chips} & {c.value for c in second.chips}


def test_three_options_are_three(guide):
    assert len(guide.say("Give me three options.").chips) == 3


def test_chips_are_taken_by_number(guide):
    guide.say("Suggest a fear")
    turn = guide.say("1 and 2")
    assert [c.op for c in turn.changes] == ["add", "add"]


def test_all_of_something_that_can_be_only_one_is_refused(guide):
    guide.say("Suggest something")
    turn = guide.say("all")
    assert not turn.changes
    assert turn.chips


def test_nothing_that_contradicts_a_locked_value_is_suggested(library, schema, guide):
    library.cast.change(1, [Change("traits", "impulsive", "add", locked=True)], schema, "form")
    values = []
    turn = guide.say("Suggest traits")
    while turn.chips:
        values += [c.value for c in turn.chips]
        turn = guide.say("more")
    assert "patient" not in values
    assert "curious" in values


def test_a_locked_value_is_a_reply_not_an_error(library, schema, guide):
    library.cast.change(1, [Change("age", "34", locked=True)], schema, "form")
    turn = guide.say("You are 40.")
    assert "locked" in turn.reply
    assert guide.sheet().text("age") == "34"


def test_skip_does_not_ask_again_in_this_sitting(guide):
    guide.begin("main_character")
    asked = [guide.say("skip").ask.attribute for _ in range(23)]
    assert "full_name" not in asked
    assert guide.say("skip").ask is None
    asked += [guide.say("Ask me something.").ask.attribute]
    asked += [guide.say("skip").ask.attribute for _ in range(20)]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("line", ["Never ask me that.", "Not for this character", "That doesn't apply."])
def test_what_does_not_apply_is_kept_as_that(guide, line):
    turn = guide.say(line)
    assert turn.changes == (Change("full_name", state="na"),)
    assert guide.sheet().state("full_name") == "na"


def test_undo_says_what_it_takes_back_and_asks_again(guide):
    guide.say("You are 34.")
    guide.say("Jane")
    turn = guide.say("undo")
    assert turn.reply == "I take that back: Full name: Jane."
    assert turn.ask.attribute == "full_name"
    assert guide.say("Take that back.").reply == "I take that back: Age: 34."
    assert guide.say("Undo").reply.startswith("There is nothing to undo.")
    assert guide.say("redo").reply == "It holds again: Age: 34."
    assert guide.sheet().text("age") == "34"


def test_why_names_the_edge(guide, library, schema):
    for line in ("Jane", "she/her", "34", "a locksmith", "to get out", "money", "dogs", '"Sit down."'):
        turn = guide.say(line)
    assert turn.ask is None
    assert "That was “Spark”: all 8 things are decided." in turn.reply
    turn = guide.say("Ask me something.")
    assert guide.say("Why do you ask?").reply.startswith(turn.ask.reason)
    assert turn.ask.reason == "Asked because you spoke of a line only I would say."


def test_a_follow_up_holds_the_value_braces_and_all(library, schema):
    guide = Guide(library, schema, library.cast.new(schema).id, pack="none")
    guide.start()
    guide.say("Jane")
    guide.say("skip")
    turn = guide.say("You want your {v} {0} back.")
    turn = guide.say("skip") if turn.ask.attribute != "motivation" else turn
    assert turn.ask.text == "Why do I want my {v} {0} back?"
    assert turn.ask.reason == "Asked because you said what I want."


def test_several_facts_become_chips(guide):
    turn = guide.say("You are Jane, 34, a locksmith from Leith.")
    assert [(c.attribute, c.value) for c in turn.chips] == [
        ("full_name", "Jane"),
        ("age", "34"),
        ("occupation", "a locksmith"),
        ("birthplace", "Leith"),
    ]
    assert not turn.changes
    assert len(guide.say("all").changes) == 4


def test_two_sentences_are_two_facts(guide):
    turn = guide.say("Your name is Dr. Jane Marlow and you are 34. You work as a vet.")
    assert [(c.attribute, c.value) for c in turn.chips] == [
        ("full_name", "Dr. Jane Marlow"),
        ("age", "34"),
        ("occupation", "a vet"),
    ]
    assert [c.attribute for c in guide.say("2").changes] == ["age"]


def test_an_empty_line_keeps_the_question(guide):
    turn = guide.say("   ")
    assert turn.reply
    assert turn.ask.attribute == "full_name"


def test_a_megabyte_is_refused_quickly(guide):
    begin = time.perf_counter()
    turn = guide.say("word " * 200_000)
    assert time.perf_counter() - begin < 1
    assert turn.reply
    assert not turn.changes


def test_overview_counts_by_group(guide):
    guide.say("Jane")
    turn = guide.say("What do you know about yourself?")
    assert turn.act == "overview"
    assert "Identity (1/9): My name is Jane." in turn.reply


def test_open_talk_is_offered(guide):
    assert guide.say("Let's just talk.").mode == "talk"
    assert guide.say("Back to questions.").mode == "guide"


def test_unknown_offers_two_acts_that_work(guide):
    turn = guide.say("Is it raining?")
    assert turn.act == "unknown"
    assert len(turn.chips) == 2
    assert {guide.take(c).act for c in turn.chips} == {"overview", "ask_suggestion"}


def test_a_turn_as_json(guide):
    told = as_json(guide.say("Jane"))
    assert told["changes"] == [{"attribute": "full_name", "value": "Jane", "op": "set"}]
    assert told["ask"]["attribute"] == "pronouns"
    json.dumps(told)


def test_progress_counts_the_pack(schema, guide):
    guide.say("Jane")
    assert progress(schema, guide.sheet(), "spark") == (1, 8)
    assert pack_names(schema)["walk_on"] == "Walk-on"


def test_sensitive_things_are_asked_only_by_packs(library, schema):
    guide = Guide(library, schema, library.cast.new(schema).id, pack="none")
    turn = guide.start()
    while turn.ask is not None:
        assert "sensitive" not in schema.attributes[turn.ask.attribute].flags
        turn = guide.say("skip")


LINES = (
    "Jane Marlow",
    "You are 34.",
    "guilt",
    "skip",
    "undo",
    "redo",
    "more",
    "Suggest something",
    "1",
    "2",
    "all",
    "why?",
    "You are not curious.",
    "You are curious and kind.",
    "Forget your age.",
    "You have no siblings.",
    "You are a wreck",
    "What is your name?",
    "Do you have children?",
    "Never ask me that",
    "Actually you are 50",
    "no",
    "none",
    "",
    "🦊",
    "Your secret is that you {v}.",
    "Your name is Jane and you are 34.",
    "a night nurse",
    "Summarise",
    "Ask me something",
    "What is the weather?",
    "You love Tom.",
    "your brother's debts",
    '"You\'re late."',
    "Let's just talk",
    "3",
)


@pytest.mark.parametrize("seed", range(12))
def test_random_dialogues_never_crash_nor_repeat_a_question_and_undo_is_exact(
    tmp_path, schema, reading, seed
):
    dice = random.Random(seed)
    library = open_library(tmp_path / "random.db")
    for _round in range(25):
        _one_dialogue(library, schema, reading, dice)
    library.close()


def _one_dialogue(library: Library, schema: Schema, reading: Reading, dice: random.Random) -> None:
    guide = Guide(
        library,
        schema,
        library.cast.new(schema).id,
        pack=dice.choice([*schema.packs]),
        seed=dice.randrange(9),
        reading=reading,
    )
    turn = guide.start()
    sheets = [guide.sheet()]
    asked: list[str] = [turn.ask.attribute]
    reopened: set[str] = set()
    for _step in range(14):
        before = turn.ask.attribute if turn.ask else ""
        chip = dice.choice(turn.chips) if turn.chips and dice.random() < 0.3 else None
        turn = guide.take(chip) if isinstance(chip, Chip) else guide.say(dice.choice(LINES))
        if turn.act == "undo" and len(sheets) > 1:
            sheets.pop()
            assert guide.sheet() == sheets[-1]
        elif (turn.act == "redo" and guide.sheet() != sheets[-1]) or turn.changes:
            sheets.append(guide.sheet())
        assert guide.sheet() == sheets[-1]
        if turn.act in ("undo", "ask_value") or before in reopened:
            reopened.add(before)
        now = turn.ask.attribute if turn.ask else ""
        if now and now != before:
            assert now not in asked or turn.act == "undo" or now in reopened, (turn, asked)
            asked.append(now)
    while len(sheets) > 1:
        guide.say("undo")
        sheets.pop()
        assert guide.sheet() == sheets[-1]
