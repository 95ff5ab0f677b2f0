"""Statements in other words than the schema's own: what is understood, what stays in doubt, what is never written."""

from __future__ import annotations

import json
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charstudio.guide import Guide
from charstudio.guide.facts import sentence
from charstudio.guide.reading import Reading
from charstudio.guide.replies import echo
from charstudio.guide.several import several
from charstudio.guide.statements import Statements
from charstudio.sheet import Schema, flip, load_schema
from charstudio.store import Library, open_library

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "guide"


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema(ROOT / "resources" / "attributes.yaml")


@pytest.fixture(scope="module")
def reading(schema: Schema) -> Reading:
    return Reading.of(schema)


@pytest.fixture(scope="module")
def statements(reading: Reading) -> Statements:
    return reading.statements


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


def generated(schema: Schema) -> list[tuple[str, str, str]]:
    return [
        (a.tell.replace("{v}", v if "verbatim" in a.flags else flip(v, "second")), a.id, v)
        for a in schema.attributes.values()
        for v in a.examples
    ]


def test_the_schemas_own_sentences_are_understood_and_none_is_taken_for_another(schema, statements):
    lines = generated(schema)
    right = wrong = 0
    for line, attribute, value in lines:
        fact = statements.told(line)
        sure = fact is not None and fact.sure
        right += sure and (fact.attribute, fact.value) == (attribute, value)
        wrong += sure and fact.attribute != attribute
    assert right / len(lines) >= 0.93
    assert wrong == 0


def test_examples_are_no_lexicon(schema, reading):
    """Without the examples, and with them given to the wrong attributes, all is understood as before."""
    dice = random.Random(7)
    shuffled = [a.examples for a in schema.attributes.values()]
    dice.shuffle(shuffled)
    bare = replace(schema, attributes={k: replace(a, examples=()) for k, a in schema.attributes.items()})
    mixed = replace(
        schema,
        attributes={
            a.id: replace(a, examples=e) for a, e in zip(schema.attributes.values(), shuffled, strict=True)
        },
    )
    rows = [json.loads(r) for r in (DATA / "written_development.jsonl").read_text("utf-8").splitlines() if r]
    lines = [r["text"] for r in rows[::6]] + [line for line, _a, _v in generated(schema)[::9]]
    told = [reading.statements.told(line) for line in lines]
    for other in (bare, mixed):
        statements = Reading.of(other).statements
        assert [statements.told(line) for line in lines] == told


@pytest.mark.parametrize(
    ("line", "attribute", "value"),
    [
        ("What you're after is the crown", "want", "the crown"),
        ("Heights terrify you", "fear", "Heights"),
        ("You're scared stiff of horses", "fear", "horses"),
        ("Your jokes are so dry that nobody laughs", "humour", "so dry that nobody laughs"),
        ("Honestly, I think you really want to be left alone, you know", "want", "to be left alone"),
        ("You have no sense of humour", "humour", ""),
    ],
)
def test_other_words_are_understood(statements, line, attribute, value):
    fact = statements.told(line)
    assert fact is not None
    assert fact.sure
    assert fact.attribute == attribute
    assert fact.value == value


@pytest.mark.parametrize(
    "line",
    [
        "your name is Jane Marlow",
        "YOUR NAME IS Jane Marlow!",
        "Your nmae is Jane Marlow",
        "Yor name is Jane Marlow.",
        "Honestly, your name is Jane Marlow, I think.",
        "your name’s Jane Marlow",
        "Let's say that your name is Jane Marlow.",
    ],
)
def test_slips_hedges_and_capitals_change_nothing(statements, line):
    fact = statements.told(line)
    assert fact is not None
    assert (fact.attribute, fact.value.rstrip("!")) == ("full_name", "Jane Marlow")


def test_a_swapped_letter_is_likelier_than_a_wrong_one(statements):
    assert statements.told("You wnat to get out").attribute == "want"
    assert statements.told("You liev in Leith").attribute == "home"


@pytest.mark.parametrize(
    "line",
    [
        "The letter arrives while they're all at dinner and nobody opens it.",
        "I've been writing since six and I can't see straight any more",
        "Chapter four needs a storm.",
        "lol no",
        "hmm, let me think",
        "The ship sinks at dawn with all hands.",
    ],
)
def test_what_is_not_about_the_character_is_not_written(statements, line):
    fact = statements.told(line)
    assert fact is None or not fact.sure


def test_a_value_that_is_a_sentence_is_repeated_as_one(schema):
    value = sentence("your curls never lie flat")
    assert value == "My curls never lie flat."
    assert echo(schema.attributes["hair"], value) == "My curls never lie flat."
    assert echo(schema.attributes["hair"], "black") == "My hair is black."


@pytest.mark.parametrize("value", ["{v} {0} %s", "<b>bold</b>", "🦊🦊", "$HOME `ls`", "a\tb", "“quoted”"])
def test_braces_markup_and_emoji_are_only_text(guide, value):
    turn = guide.say(f"Your hair is {value}")
    assert [c.value for c in turn.changes] == [value]
    assert value in turn.reply


@pytest.mark.parametrize("line", ["", "   ", "\n\n", "\t"])
def test_an_empty_line_changes_nothing(guide, line):
    assert not guide.say(line).changes


def test_a_value_of_a_hundred_thousand_characters_is_kept_quickly(guide):
    value = "very " * 19_990 + "long"
    begin = time.perf_counter()
    turn = guide.say(f"You grew up {value}")
    assert time.perf_counter() - begin < 2
    assert turn.changes[0].value == value


def test_contradictions_in_one_sentence_are_offered_never_chosen(guide):
    turn = guide.say("Your name is Jane and your name is Joan.")
    assert not [c for c in turn.changes if c.value == "Jane"]
    guide.say("You are 34 and you are 35.")
    assert guide.sheet().text("age") in ("", "34", "35", "34, 35")


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.one_of(
        st.text(max_size=120),
        st.lists(
            st.sampled_from(
                "you your are have want hate love never a the name is 34 and , . but who because “x” (sic) Tom 🦊 {v}".split()
            ),
            max_size=14,
        ).map(" ".join),
    )
)
def test_no_text_raises_or_writes_what_it_does_not_say(guide, text):
    before = guide.sheet()
    turn = guide.say(text)
    after = guide.sheet()
    if turn.act in ("undo", "redo"):
        return
    if not turn.changes:
        assert after == before
    said = set("".join(c for c in flip(text, "first") + text if c.isalnum()).casefold())
    for change in turn.changes:
        words = {c for c in change.value.casefold() if c.isalnum()}
        assert words <= said | set("imyamewasnt") or turn.act in (
            "answer",
            "retract",
            "know",
            "lock",
            "not_applicable",
            "add",
        )


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_reading_alone_never_raises(reading, schema, text):
    reading.statements.told(text)
    several(text, reading.statements, schema)


def test_the_development_statements_hold(schema, statements):
    """A floor under what was reached, so that a new frame cannot quietly spoil the others."""
    rows = [json.loads(r) for r in (DATA / "written_development.jsonl").read_text("utf-8").splitlines() if r]
    right = wrong = 0
    for row in rows:
        gold = {g["attribute"] for g in row["gold"]}
        fits = gold | set(row.get("also", ()))
        facts = several(row["text"], statements, schema)
        fact = statements.told(row["text"])
        got = {f.attribute for f in facts} or ({fact.attribute} if fact and fact.sure else set())
        right += got <= fits and (gold <= got or bool(got) or not gold)
        wrong += not facts and bool(got - fits)
    assert right / len(rows) > 0.65
    assert wrong / len(rows) < 0.03
