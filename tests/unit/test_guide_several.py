"""Several facts in one sentence become chips, and only what is said becomes one."""

from __future__ import annotations

from pathlib import Path

import pytest

from charstudio.guide import Guide
from charstudio.guide.reading import Reading
from charstudio.guide.several import several
from charstudio.sheet import Schema, load_schema
from charstudio.store import open_library

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema(ROOT / "resources" / "attributes.yaml")


@pytest.fixture(scope="module")
def reading(schema: Schema) -> Reading:
    return Reading.of(schema)


@pytest.fixture
def guide(tmp_path, schema, reading):
    library = open_library(tmp_path / "cast.db")
    guide = Guide(library, schema, library.cast.new(schema).id, reading=reading)
    guide.start()
    yield guide
    library.close()


JANE = "You are Jane, 34, a locksmith from Leith, and you hate dogs"


def test_a_whole_person_in_one_sentence(guide):
    turn = guide.say(JANE)
    assert turn.act == "tell_many"
    assert not turn.changes
    assert [(c.attribute, c.value) for c in turn.chips] == [
        ("full_name", "Jane"),
        ("age", "34"),
        ("occupation", "a locksmith"),
        ("birthplace", "Leith"),
        ("pet_peeve", "dogs"),
    ]


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        ("all", ["full_name", "age", "occupation", "birthplace", "pet_peeve"]),
        ("2", ["age"]),
        ("1 and 3", ["full_name", "occupation"]),
    ],
)
def test_numbers_take_them(guide, choice, taken):
    guide.say(JANE)
    assert [c.attribute for c in guide.say(choice).changes] == taken


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("You're short and stout, with a red beard.", ["height", "build", "hair"]),
        (
            "Your name is Dr. Jane Marlow and you are 34. You work as a vet.",
            ["full_name", "age", "occupation"],
        ),
        ("You have grey eyes and a dog.", ["eyes", "companion_animal"]),
        ("You are 34; you work as a nurse.", ["age", "occupation"]),
        ("you’re 34, you’re a nurse and you’ve got two sons", ["age", "occupation", "children"]),
    ],
)
def test_clauses_and_lists(reading, schema, line, facts):
    assert [f.attribute for f in several(line, reading.statements, schema)] == facts


@pytest.mark.parametrize(
    "line",
    [
        "You are kind but quick-tempered",
        "Your secret is that you lie and you know it",
        "Your hair is going grey and you hate it",
        "You have a scar on your chin from falling off a bike",
        "You are Jane.",
        "",
        ", , ,",
        "and and and",
    ],
)
def test_one_thing_stays_one_thing(reading, schema, line):
    assert several(line, reading.statements, schema) == ()


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("You grew up in Cork with three brothers and never learned to swim",
         [("upbringing", "in Cork"), ("siblings", "three brothers"), ("weakness", "swim")]),
        ("You are a tall woman with a scar on your chin.",
         [("height", "tall"), ("gender", "a woman"), ("marks", "a scar on my chin")]),
        ("You are a widow of sixty from Split, with two grown daughters and bad knees.",
         [("loss", "I am a widow."), ("age", "sixty"), ("birthplace", "Split"),
          ("children", "two grown daughters"), ("health", "bad knees")]),
        ("You're a surgeon who is afraid of blood.", [("occupation", "a surgeon"), ("fear", "blood")]),
        ("You live above a laundrette in Leeds with your cat, Pickle.",
         [("home", "above a laundrette in Leeds"), ("companion_animal", "my cat, Pickle")]),
        ("You work as a night porter at the Excelsior.",
         [("occupation", "a night porter"), ("employer", "the Excelsior")]),
        ("You were born in Kyoto in 1603, the third son of a sword polisher.",
         [("birthplace", "Kyoto"), ("birth_date", "1603"), ("parents", "I am the third son of a sword polisher.")]),
        ("You used to be a nun. Now you run a bar.", [("past_work", "a nun"), ("occupation", "I run a bar.")]),
    ],
)  # fmt: skip
def test_tails_and_relative_clauses_are_facts_of_their_own(reading, schema, line, facts):
    assert [(f.attribute, f.value) for f in several(line, reading.statements, schema)] == facts


@pytest.mark.parametrize(
    "line",
    [
        "You smell of salt and smoke.",
        "You want to find your brother and bring him home.",
        "You once loved a girl with red hair and a gap between her teeth.",
        "You do not know that your wife and your partner are lovers.",
        "When you do not want to answer, you laugh and change the subject.",
        "Before this, you were a boxer and a bouncer.",
        "You are married to a baker called Rosa, who snores.",
        "You have an old grey dog with three legs and no teeth.",
        "You lost your hearing, your job and your best friend in the same year.",
        "You belong to the Order of the Lamp, and you would die for it.",
        "Short ones. Three words, maybe four. That's how you put things.",
        "At the start, you are naive and trusting.",
    ],
)
def test_a_value_of_two_halves_is_not_cut_apart(reading, schema, line):
    assert several(line, reading.statements, schema) == ()


DOUBT = "You are Nadia Haddad, you're 34, and you talk to gulls"


def test_a_part_that_is_not_clear_brings_its_choices(guide, reading, schema):
    unclear = [f for f in several(DOUBT, reading.statements, schema) if not f.sure]
    assert len(unclear) == 1
    chips = guide.say(DOUBT).chips
    assert [c.attribute for c in chips[:2]] == ["full_name", "age"]
    assert [c.attribute for c in chips[2:]] == list(unclear[0].attributes[:3])


def test_all_takes_what_is_clear_and_asks_about_the_rest(guide):
    offered = guide.say(DOUBT).chips[2:]
    turn = guide.say("all")
    assert [c.attribute for c in turn.changes] == ["full_name", "age"]
    assert turn.chips == offered
    assert not guide.say("all").changes
    assert [c.attribute for c in guide.say("1").changes] == [offered[0].attribute]


def test_a_list_of_traits_is_taken_as_several_values(guide):
    guide.say("You are 34, kind, curious and patient.")
    guide.say("all")
    assert [v.text for v in guide.sheet().of("traits")] == ["kind", "curious", "patient"]


def test_an_explicit_none_among_several_facts_is_kept_as_none(guide):
    turn = guide.say("No pets, you're allergic to everything with fur")
    assert [c.attribute for c in turn.chips] == ["companion_animal", "health"]
    guide.say("all")
    assert guide.sheet().state("companion_animal") == "none"


def test_quoted_speech_is_never_cut(reading, schema):
    line = 'You would say: "You are late, and you are loud, and you have no sons."'
    assert several(line, reading.statements, schema) == ()


def test_neighbours_of_one_attribute_are_one_chip(reading, schema):
    facts = several("You are 34, kind, curious and patient.", reading.statements, schema)
    assert [(f.attribute, f.value) for f in facts] == [("age", "34"), ("traits", "kind, curious, patient")]


@pytest.mark.parametrize("opener", ["well, ", "so, and ", "I think, ", "you are well, "])
def test_openers_without_end_are_taken_away_one_by_one(guide, reading, opener):
    assert guide.say(opener * 5000 + "what is your name?").reply
    assert guide.say(opener * 5000).reply
    told = reading.statements.told(opener * 60 + "you are 34")
    assert told is not None
    assert opener.startswith("you") or told.attributes == ("age",)
