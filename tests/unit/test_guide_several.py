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
