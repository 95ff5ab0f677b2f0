"""The dialogue acts of guided mode beside telling: who knows it, what stays, when it holds, whom it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from charstudio.guide import Guide
from charstudio.guide.reading import Reading
from charstudio.model import Change
from charstudio.sheet import Schema, load_schema
from charstudio.store import Library, open_library

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema(ROOT / "resources" / "attributes.yaml")


@pytest.fixture(scope="module")
def reading(schema: Schema) -> Reading:
    return Reading.of(schema)


@pytest.fixture
def library(tmp_path):
    library = open_library(tmp_path / "cast.db")
    yield library
    library.close()


@pytest.fixture
def guide(library: Library, schema: Schema, reading: Reading) -> Guide:
    guide = Guide(library, schema, library.cast.new(schema).id, reading=reading)
    guide.start()
    return guide


def test_every_act_of_the_schema_is_reached_by_its_own_words(library, guide, schema):
    """Every phrase is said to a guide that has something to act on."""
    library.cast.new(schema, "Tom")
    unreached = []
    for act in schema.acts:
        for line in act["says"]:
            guide.say("Your name is Jane.")
            guide.say("You are curious.")
            guide.say("Suggest something.") if act["act"] in ("more", "keep") else None
            turn = guide.say(line)
            if turn.act != act["act"]:
                unreached.append((act["act"], line, turn.act))
    assert not unreached


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("Keep that to yourself.", "private"),
        ("That's a secret.", "private"),
        ("that’s a secret", "private"),
        ("Don't tell anyone.", "private"),
        ("You don't know this about yourself.", "blind"),
        ("This is just between us", "author"),
        ("Only I know this.", "author"),
        ("You may tell anyone that.", "open"),
        ("Keep your age to yourself.", "private"),
    ],
)
def test_who_knows_a_value_can_be_said(guide, line, level):
    guide.say("You are 34.")
    turn = guide.say(line)
    assert turn.act == "know"
    assert guide.sheet().of("age")[0].know == level
    assert guide.sheet().text("age") == "34"
    if level != "open":
        guide.say("undo")
    assert guide.sheet().of("age")[0].know == "open"


def test_a_know_level_of_one_trait_leaves_the_others(guide):
    guide.say("You are patient, curious and blunt.")
    guide.say("Keep that to yourself.")
    assert [(v.text, v.know) for v in guide.sheet().of("traits")] == [
        ("patient", "open"),
        ("curious", "open"),
        ("blunt", "private"),
    ]


def test_nothing_said_yet_can_be_kept_secret(guide):
    turn = guide.say("Keep that to yourself.")
    assert turn.act == "know"
    assert not turn.changes
    assert turn.reply


@pytest.mark.parametrize(
    ("line", "attribute", "value"),
    [
        ("Secretly you are afraid of dogs.", "fear", "dogs"),
        ("Nobody knows that you have a daughter.", "children", "a daughter"),
        ("No one knows you have a twin sister", "siblings", "a twin sister"),
    ],
)
def test_what_is_told_as_a_secret_is_private(guide, line, attribute, value):
    turn = guide.say(line)
    assert [(c.attribute, c.value, c.know) for c in turn.changes] == [(attribute, value, "private")]


def test_a_secret_stays_a_secret(guide):
    turn = guide.say("Nobody knows that you killed him.")
    assert [(c.attribute, c.value) for c in turn.changes] == [("secret", "I killed him")]
    assert guide.sheet().of("secret")[0].know == "private"


def test_a_value_is_locked_and_unlocked(guide):
    guide.say("Your name is Jane.")
    assert guide.say("Lock your name.").act == "lock"
    assert "locked" in guide.say("Actually your name is Joan.").reply
    assert guide.sheet().full_name == "Jane"
    guide.say("Unlock your name")
    guide.say("Actually your name is Joan.")
    assert guide.sheet().full_name == "Joan"


def test_that_stays_locks_what_was_told_last(guide):
    guide.say("You are 34.")
    turn = guide.say("That stays.")
    assert turn.act == "lock"
    assert guide.sheet().of("age")[0].locked


def test_a_lock_of_something_unknown_says_so(guide):
    turn = guide.say("Lock your umbrella.")
    assert turn.act == "lock"
    assert "umbrella" in turn.reply
    assert not turn.changes


def test_keep_that_asks_which_when_several_are_offered(guide):
    guide.say("Suggest something.")
    turn = guide.say("Keep that.")
    assert turn.act == "keep"
    assert len(turn.chips) > 1
    assert not turn.changes


@pytest.fixture
def staged(library, guide):
    library.stages.add(1, "The trial")
    library.stages.add(1, "The escape")
    return guide


def test_from_a_stage_on_a_value_differs(staged, library):
    staged.say("You live in Leith.")
    turn = staged.say("From the trial on you live in a hut.")
    trial, escape = library.stages.of(1)
    assert turn.act == "tell"
    assert [c.stage_id for c in turn.changes] == [trial.id]
    assert "The trial" in turn.reply
    assert library.cast.sheet_as_of(1, None).text("home") == "in Leith"
    assert library.cast.sheet_as_of(1, trial.id).text("home") == "in a hut"
    assert library.cast.sheet_as_of(1, escape.id).text("home") == "in a hut"


def test_before_the_first_stage_is_always(staged, library):
    turn = staged.say("Before the trial, you trusted your brother.")
    assert [(c.attribute, c.value, c.stage_id) for c in turn.changes] == [("trust", "my brother", 0)]
    assert library.cast.sheet_as_of(1, None).text("trust") == "my brother"


def test_after_a_stage_is_the_next_one(staged, library):
    turn = staged.say("After the trial you are afraid of doors.")
    assert [c.stage_id for c in turn.changes] == [library.stages.of(1)[1].id]


def test_a_stage_may_be_named_with_its_preposition(library, guide):
    stage = library.stages.add(1, "After the war")
    turn = guide.say("After the war you live in a hut.")
    assert [c.stage_id for c in turn.changes] == [stage.id]


def test_an_unknown_stage_is_offered_not_made(guide, library):
    turn = guide.say("After the coronation you hate dogs.")
    assert not turn.changes
    assert [c.act for c in turn.chips] == ["stage", "tell"]
    assert not library.stages.of(1)
    made = guide.say("1")
    assert [s.name for s in library.stages.of(1)] == ["Coronation"]
    assert [(c.attribute, c.value) for c in made.changes] == [("pet_peeve", "dogs")]


def test_an_unknown_stage_can_be_left_out(guide, library):
    guide.say("After the coronation you hate dogs.")
    turn = guide.say("2")
    assert [(c.attribute, c.value, c.stage_id) for c in turn.changes] == [("pet_peeve", "dogs", None)]
    assert not library.stages.of(1)


def test_what_a_whole_sentence_tells_needs_no_stage(guide):
    turn = guide.say("In the end, you are alone.")
    assert [(c.attribute, c.value) for c in turn.changes] == [("arc_end", "alone")]


def test_a_relation_names_somebody_of_the_library_and_offers_the_other_side(library, schema, reading, guide):
    tom = library.cast.new(schema, "Tom Marlow")
    guide.say("Your name is Jane Marlow.")
    turn = guide.say("Tom is your brother.")
    assert turn.act == "relate"
    assert guide.sheet().of("siblings")[0].other_id == tom.id
    chip = turn.chips[0]
    assert chip.act == "other_side"
    guide.take(chip)
    assert [(v.text, v.other_id) for v in library.cast.sheet(tom.id).of("siblings")] == [("Jane", 1)]


def test_a_feeling_for_somebody_of_the_library_is_a_relation(library, schema, guide):
    tom = library.cast.new(schema, "Tom")
    turn = guide.say("You hate Tom.")
    assert turn.act == "relate"
    value = guide.sheet().of("enemy")[0]
    assert (value.other_id, value.feeling) == (tom.id, "I hate them")


def test_a_name_of_nobody_stays_doubtful(guide):
    turn = guide.say("You love Zebulon.")
    assert not turn.changes
    assert turn.chips


def test_unknown_says_what_it_heard_and_offers_two_acts(guide):
    guide.say("Jane")
    turn = guide.say("Blorp the wound, blorp!?")
    assert turn.act == "unknown"
    assert len(turn.chips) == 2


@pytest.mark.parametrize("line", ["skip", "Suggest something.", "Never ask me that."])
def test_skip_suggest_and_never_ask_always_work(guide, line):
    before = guide.say("Ask me something.").ask
    turn = guide.say(line)
    assert before is not None
    assert turn.act in ("skip", "ask_suggestion", "not_applicable")
    assert turn.ask is not None


def test_a_know_level_is_a_change_of_the_sheet(guide):
    guide.say("You are 34.")
    turn = guide.say("Keep that to yourself.")
    assert turn.changes == (Change("age", "34", know="private", stage_id=0),)
    assert turn.reply == "I am 34 years old. I keep that to myself."
