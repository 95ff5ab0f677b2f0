"""What is asked next, and what is suggested: told as sentences."""

from __future__ import annotations

import re

import pytest

from charstudio.guide import Guide, pack_names
from charstudio.guide.network import ELIDED, followed, within
from charstudio.guide.wishes import fitting, notes, wish
from charstudio.model import KNOW_LEVELS, Change
from charstudio.sheet import Schema
from charstudio.store import Library, open_library


@pytest.fixture
def guide(library: Library, schema: Schema) -> Guide:
    guide = Guide(library, schema, library.cast.new(schema, "Jane").id, pack="none")
    guide.start()
    return guide


def decide(library: Library, schema: Schema, who: int, **values: str) -> None:
    changes = [Change(a, v, "add" if schema.attributes[a].many else "set") for a, v in values.items()]
    library.cast.change(who, changes, schema, "form")


# The next question


def test_the_next_question_lies_beside_the_last_answer(guide, schema):
    turn = guide.say("You want the house back.")
    guide.say("skip")
    for _step in range(6):
        turn = guide.say("skip")
        assert turn.ask.source
    turn = guide.say("Your wound is the fire.")
    turn = guide.say("skip")
    assert turn.ask.attribute in schema.neighbours("wound")


def test_a_follow_up_holds_the_value_and_why_names_the_link(guide):
    guide.say("You want the house back.")
    turn = guide.say("skip")
    assert turn.ask.text == "Why do I want the house back?"
    why = guide.say("Why do you ask?").reply
    assert why == (
        "Asked because you said what I want. “What I want” (the house back) needs “Why I want it”."
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("The house back.", "the house back"),
        ("Jane Marlow Jr.", "Jane Marlow Jr."),
        ("one\n\ntwo", "one two"),
        ("{v} {0}", "{v} {0}"),
        ("Tom", "Tom"),
        ("To leave", "to leave"),
    ],
)
def test_a_value_stands_well_within_a_sentence(value, shown):
    assert within(value) == shown


def test_a_long_value_is_cut_at_a_word():
    shown = within("a very long word " * 40)
    assert len(shown) <= ELIDED + 1
    assert shown.removesuffix("…").split()[-1] in ("a", "very", "long", "word")


def test_every_follow_up_reads_well_with_every_example(schema):
    doubled = re.compile(r"\b(\w+) \1\b|\{|\s\s|[.,;:]\?|\bto to\b|\bof of\b", re.I)
    for edge in schema.edges:
        for value in schema.attributes[edge.source].examples:
            asked = followed(edge, value)
            assert not doubled.search(asked), asked
            assert asked.endswith("?")


def test_deep_things_wait_until_a_value_opens_them(library, schema):
    guide = Guide(library, schema, library.cast.new(schema).id, pack="none")
    turn = guide.start()
    while turn.ask is not None:
        assert schema.attributes[turn.ask.attribute].tier < 3
        turn = guide.say("skip")
    guide.say("Jane Marlow")
    turn = guide.say("Your name is Jane Marlow.")
    assert guide.say("Ask me something.").ask.attribute == "name_story"


def test_a_pack_keeps_its_order_whatever_is_told(library, schema):
    guide = Guide(library, schema, library.cast.new(schema).id, pack="antagonist")
    asked = [guide.start().ask.attribute]
    for line in ("You are afraid of dogs.", "skip", "skip", "You want the crown.", "skip", "skip", "skip"):
        turn = guide.say(line)
        if turn.ask.attribute != asked[-1]:
            asked.append(turn.ask.attribute)
    order = [a for a in schema.packs["antagonist"] if a in asked]
    assert asked == order


def test_a_pack_ends_with_a_closing_line_and_ways_on(library, schema):
    guide = Guide(library, schema, library.cast.new(schema).id, pack="walk_on")
    guide.start()
    for line in ("Jane", "the coat", "skip", "skip"):
        turn = guide.say(line)
    turn = guide.say("skip")
    assert turn.ask is None
    assert turn.reply == (
        "Another time, then. That was “Walk-on”: 2 of 5 are decided, the rest may stay open."
    )
    assert turn.chips[0].text == "Ask me something."
    assert {c.act for c in turn.chips[1:]} == {"pack"}
    assert guide.say("What is your name?").ask is None, "the voice rests until the writer wants more"
    assert guide.take(turn.chips[1]).ask is not None


def test_another_pack_never_asks_what_was_skipped_in_this_sitting(library, schema):
    guide = Guide(library, schema, library.cast.new(schema).id, pack="walk_on")
    guide.start()
    guide.say("skip")
    asked = [guide.begin("spark").ask]
    while asked[-1] is not None:
        asked.append(guide.say("skip").ask)
    ids = [a.attribute for a in asked if a]
    assert "full_name" not in ids
    assert len(ids) == len(set(ids))


def test_what_is_told_after_a_pack_makes_the_voice_curious_again(library, schema):
    guide = Guide(library, schema, library.cast.new(schema).id, pack="walk_on")
    guide.start()
    for _step in range(5):
        guide.say("skip")
    assert guide.say("Your wound is the fire.").ask.attribute in schema.neighbours("wound")


# Suggestions


def values(turn):
    return [c.value for c in turn.chips if c.attribute]


def test_suggestions_say_why(library, schema, guide):
    guide.say("You are a nurse.")
    assert guide.say("Suggest a fear").chips[0].reason == "Goes with “a nurse”."


def test_suggestions_differ_from_the_cast(library, schema, guide):
    tom = library.cast.new(schema, "Tom").id
    decide(library, schema, tom, fear="deep water", traits="patient")
    turn = guide.say("Suggest a fear")
    assert "deep water" not in values(turn)
    assert turn.chips[0].reason == "Nobody in your cast has this yet."
    found = []
    turn = guide.say("Suggest traits")
    while turn.chips:
        found += turn.chips
        turn = guide.say("more")
    reasons = {c.value: c.reason for c in found}
    assert reasons["impulsive"] == "Unlike Tom, who is patient."
    assert [c.value for c in found][-1] == "patient", "what somebody else has comes last"
    assert reasons["patient"] == "Tom has this, too."


def test_characters_may_share_their_pronouns(library, schema, guide):
    tom = library.cast.new(schema, "Tom").id
    decide(library, schema, tom, pronouns="she/her")
    assert values(guide.say("Suggest pronouns"))[0] == "she/her"


def test_stranger_begins_far_away(guide):
    guide.say("You are a nurse.")
    usual = values(guide.say("Suggest a fear"))
    turn = guide.say("Stranger, please.")
    assert turn.act == "more"
    assert 3 <= len(turn.chips) <= 5
    assert turn.chips[0].reason == "Far from what you have told me so far."
    assert not set(values(turn)) & set(usual)


def test_a_refused_suggestion_never_comes_back_after_a_restart(library, schema, home):
    who = library.cast.new(schema, "Jane").id
    guide = Guide(library, schema, who)
    guide.start()
    refused = values(guide.say("Suggest a fear"))
    guide.say("More.")
    library.close()
    again = open_library(library.path)
    guide = Guide(again, schema, who)
    guide.start()
    found, turn = [], guide.say("Suggest a fear")
    while turn.chips:
        found += values(turn)
        turn = guide.say("more")
    again.close()
    assert found
    assert not set(found) & set(refused)


def test_a_suggestion_that_was_only_looked_at_may_come_back(library, schema):
    who = library.cast.new(schema, "Jane").id
    first = Guide(library, schema, who)
    first.start()
    seen = values(first.say("Suggest a fear"))
    first.say("What do you know about yourself?")
    second = Guide(library, schema, who)
    second.start()
    assert values(second.say("Suggest a fear")) == seen


def test_nothing_is_suggested_that_a_locked_inability_forbids(library, schema, guide):
    who = 1
    library.cast.change(who, [Change("weakness", "wait", locked=True)], schema, "form")
    library.cast.change(who, [Change("occupation", "a soldier")], schema, "form")
    found, turn = [], guide.say("Suggest a skill")
    while turn.chips:
        found += values(turn)
        turn = guide.say("more")
    assert "first aid under fire" in found
    assert "waiting" not in found


@pytest.mark.parametrize("attribute", ["skin", "faith", "gender", "health"])
def test_nothing_random_where_it_could_hurt(library, schema, attribute):
    who = library.cast.new(schema, "Jane").id
    if "sensitive" not in schema.attributes[attribute].flags:
        pytest.skip("not a sensitive one")
    first = Guide(library, schema, who, seed=1)
    other = Guide(library, schema, who, seed=2)
    label = schema.attributes[attribute].label
    assert first.start()
    assert other.start()
    assert values(first.say(f"Suggest a {label}")) == values(other.say(f"Suggest a {label}"))
    assert wish(schema, first.sheet(), attribute, []) is None


# What a model thinks of


def test_a_model_reads_the_open_part_of_the_sheet_alone(library, schema):
    for know in KNOW_LEVELS:
        who = library.cast.new(schema, "Jane").id
        for a in schema.attributes.values():
            if a.id != "full_name":
                change = Change(a.id, f"mark{know}", know=know)
                library.cast.change(who, [change], schema, "form")
        sheet = library.cast.sheet(who)
        for a in schema.attributes.values():
            wanted = wish(schema, sheet, a.id, [])
            read = "" if wanted is None else wanted.prompt.flat + wanted.prompt.messages[0].content
            assert (f"mark{know}" in read) == (know == "open" and wanted is not None)


def test_ideas_are_checked_before_they_are_offered(library, schema, guide):
    library.cast.change(1, [Change("traits", "impulsive", "add", locked=True)], schema, "form")
    sheet = guide.sheet()
    wanted = wish(schema, sheet, "traits", ["curious"])
    said = (
        '{"I am": ["<b>bold</b>", "patient", "curious", "https://x.y", "I am **vain**", "' + "x" * 200 + '"'
        ', "sleepless", "Sleepless", "you are kind?", "\\u0000", "I am steadfast", "{{char}}", "fond of maps"'
    )
    assert [c.value for c in fitting(wanted, said)] == ["sleepless", "steadfast", "fond of maps"]
    assert {c.origin for c in fitting(wanted, said)} == {"model"}
    for broken in ("", "{", "[]", "null", '{"I am": 3}', '{"I am": [1, null]}', "nonsense", "[" * 100_000):
        assert fitting(wanted, broken) == []


def test_ideas_join_the_chips_unless_the_question_has_changed(guide):
    first = guide.say("Suggest a fear")
    wanted = guide.wish()
    new = fitting(wanted, '{"I am afraid of": ["the lamp going out", "deep water"]}')
    granted = guide.granted(wanted, new)
    assert [c.value for c in granted] == ["the lamp going out"], "what stands there already is not repeated"
    assert guide.chips == (*first.chips, *granted)
    guide.say(str(len(guide.chips)))
    assert guide.sheet().text("fear") == "the lamp going out"
    assert guide.granted(wanted, new) == ()
    assert guide.wish() is None


def test_notes_stay_short_however_long_the_values_are(library, schema):
    who = library.cast.new(schema, "Jane").id
    decide(library, schema, who, occupation="word " * 20_000, want="x" * 100_000)
    assert len(notes(schema, library.cast.sheet(who), schema.attributes["fear"])) < 600


def test_every_pack_has_a_name_and_ends(library, schema):
    for pack, name in pack_names(schema).items():
        guide = Guide(library, schema, library.cast.new(schema).id, pack=pack)
        turn, count = guide.start(), 0
        while turn.ask is not None:
            turn = guide.say("skip")
            count += 1
        assert count == len(schema.packs[pack])
        assert f"“{name}”" in turn.reply
