"""A second answer to what can have only one is asked about; nothing that stood there is lost on the way."""

from __future__ import annotations

import pytest

from charstudio.guide import Guide, Reading


@pytest.fixture(scope="module")
def reading(schema):
    return Reading.of(schema)


@pytest.fixture
def guide(library, schema, reading):
    made = Guide(library, schema, library.cast.new(schema, "Jane").id, reading=reading)
    made.start()
    made.say("You were born in Leith.")
    return made


def test_a_second_birthplace_is_asked_about_and_nothing_changes_meanwhile(guide):
    turn = guide.say("You were born in Perth.")
    assert "“Leith” stands under Birthplace" in turn.reply
    assert [c.text for c in turn.chips] == ["Perth instead", "Both: Leith; Perth", "Keep Leith"]
    assert guide.sheet().text("birthplace") == "Leith"


@pytest.mark.parametrize(("number", "value"), [("1", "Perth"), ("2", "Leith; Perth"), ("3", "Leith")])
def test_each_answer_does_what_it_says(guide, number, value):
    guide.say("You were born in Perth.")
    guide.say(number)
    assert guide.sheet().text("birthplace") == value


def test_the_same_again_is_no_question(guide):
    assert not guide.say("You were born in Leith").chips
    assert guide.sheet().text("birthplace") == "Leith"


def test_whoever_says_actually_is_not_asked(guide):
    guide.say("Actually you were born in Perth.")
    assert guide.sheet().text("birthplace") == "Perth"


def test_at_a_stage_another_value_holds_from_there_on(guide, library, schema):
    guide.say("Your home is a room above the chapel.")
    character = library.cast.all()[0].id
    stage = library.stages.add(character, "After the trial")
    library.stages.stand_at(character, stage.id)
    guide.say("Your home is a lighthouse.")
    assert library.cast.sheet(character).text("home") == "a lighthouse"
    assert "chapel" in library.cast.sheet_as_of(character, None).text("home")


def test_a_long_value_is_short_on_the_chip_and_whole_on_the_sheet(guide):
    long = "a house " + "by the sea " * 20
    guide.say("Your home is a tent.")
    turn = guide.say(f"Your home is {long}")
    assert all(len(c.text) < 160 for c in turn.chips)
    guide.say("1")
    assert guide.sheet().text("home").endswith("by the sea")
