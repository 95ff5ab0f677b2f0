"""A character changes along its arc: what holds when, and every step of it can be taken back."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charstudio import paths
from charstudio.errors import SheetError, StoreError
from charstudio.model import ALWAYS, Change, Stage, Value
from charstudio.sheet import Sheet
from charstudio.store import open_library
from charstudio.store.connections import Connections
from charstudio.store.migrations import migrations

BEFORE, TRIAL, AFTER = (
    Stage(1, 1, "Before the trial", 1), Stage(2, 1, "The trial", 2), Stage(3, 1, "After", 3)
)  # fmt: skip
STAGES = (BEFORE, TRIAL, AFTER)


@pytest.fixture
def jane(library, schema):
    return library.cast.new(schema, "Jane Marlow").id


@pytest.fixture
def arc(library, jane):
    return [library.stages.add(jane, name).id for name in ("Before", "Trial", "After")]


def texts(sheet, attribute):
    return [v.text for v in sheet.of(attribute)]


# The sheet as a value


def test_a_value_holds_from_its_stage_until_the_next_that_sets_it():
    sheet = Sheet((Value("home", "Leith"), Value("home", "a cell", stage_id=2), Value("age", "34")))
    assert [sheet.as_of(s and s.id, STAGES).text("home") for s in (None, *STAGES)] == [
        "Leith", "Leith", "a cell", "a cell"
    ]  # fmt: skip
    assert sheet.as_of(3, STAGES).text("age") == "34"


def test_the_order_of_the_stages_counts_and_not_that_of_their_ids():
    sheet = Sheet((Value("home", "a cell", stage_id=1), Value("home", "Paris", stage_id=2)))
    turned = (Stage(1, 1, "later", 9), Stage(2, 1, "earlier", 3))
    assert sheet.as_of(1, turned).text("home") == "a cell"
    assert sheet.as_of(2, turned).text("home") == "Paris"


def test_values_of_a_stage_that_is_gone_never_hold():
    sheet = Sheet((Value("home", "Leith"), Value("home", "Mars", stage_id=77)))
    assert sheet.as_of(3, STAGES).text("home") == "Leith"
    assert sheet.as_of(77, STAGES).text("home") == "Leith"


def test_a_change_at_a_stage_leaves_the_others_alone(schema):
    sheet = Sheet((Value("home", "Leith", id=1), Value("home", "a cell", id=2, stage_id=2)))
    sheet = sheet.apply(Change("home", "Paris", stage_id=3), schema, "form", STAGES)
    sheet = sheet.apply(Change("home", "Perth", stage_id=2), schema, "form", STAGES)
    assert [(v.id, v.text, v.stage_id) for v in sheet.values] == [
        (1, "Leith", None), (2, "Perth", 2), (None, "Paris", 3)
    ]  # fmt: skip


def test_one_more_at_a_stage_is_one_more_than_before(schema):
    sheet = Sheet((Value("fear", "dogs", id=1),))
    sheet = sheet.apply(Change("fear", "fire", "add", stage_id=2), schema, "form", STAGES)
    assert texts(sheet.as_of(1, STAGES), "fear") == ["dogs"]
    assert texts(sheet.as_of(3, STAGES), "fear") == ["dogs", "fire"]
    gone = sheet.apply(Change("fear", "dogs", "remove", stage_id=3), schema, "form", STAGES)
    assert texts(gone.as_of(2, STAGES), "fear") == ["dogs", "fire"]
    assert texts(gone.as_of(3, STAGES), "fear") == ["fire"]


def test_what_ends_at_a_stage_is_not_there_any_more_and_can_come_back(schema):
    sheet = Sheet((Value("home", "Leith", id=1),))
    ended = sheet.apply(Change("home", op="clear", stage_id=2), schema, "form", STAGES)
    assert (ended.as_of(1, STAGES).text("home"), ended.as_of(3, STAGES).text("home")) == ("Leith", "")
    assert ended.as_of(2, STAGES).state("home") == "na"
    again = ended.apply(Change("home", op="clear", stage_id=2), schema, "form", STAGES)
    assert again == sheet


def test_a_secret_stays_one_at_the_next_stage_unless_it_is_told(schema):
    sheet = Sheet((Value("secret", "I was there", know="author", id=1),))
    kept = sheet.apply(Change("secret", "I did it", stage_id=2), schema, "form", STAGES)
    assert kept.as_of(2, STAGES).of("secret")[0].know == "author"
    told = sheet.apply(Change("secret", "I was there", stage_id=3, know="open"), schema, "form", STAGES)
    assert [told.as_of(s, STAGES).of("secret")[0].know for s in (2, 3)] == ["author", "open"]


def test_a_locked_value_is_not_overtaken_by_a_stage(schema):
    sheet = Sheet((Value("home", "Leith", locked=True, id=1),))
    with pytest.raises(SheetError, match="locked"):
        sheet.apply(Change("home", "Paris", stage_id=2), schema, "form", STAGES)


def test_what_is_the_same_as_before_makes_no_value_of_the_stage(schema):
    sheet = Sheet((Value("home", "Leith", id=1),))
    assert sheet.apply(Change("home", "Leith", stage_id=2), schema, "form", STAGES) == sheet


@pytest.mark.parametrize(
    ("change", "stage_id"),
    [
        (Change("home", "Paris"), 2),  # differs from before: from here on
        (Change("home", "Leith", know="private"), ALWAYS),  # the same words: where they are
        (Change("age", "34"), ALWAYS),  # the first of its kind: always
        (Change("home", "Paris", stage_id=ALWAYS), ALWAYS),
        (Change("age", "34", stage_id=3), 3),
    ],
)
def test_where_a_change_without_a_stage_goes(change, stage_id):
    assert Sheet((Value("home", "Leith"),)).placed(change, 2, STAGES).stage_id == stage_id


def test_without_a_stage_in_view_a_change_is_for_always():
    assert Sheet((Value("home", "Leith"),)).placed(Change("home", "Paris"), None, STAGES).stage_id == ALWAYS


# The library


def test_the_sheet_is_told_as_of_the_stage_in_view(library, jane, arc, schema):
    library.cast.change(jane, [Change("home", "Leith")], schema, "form")
    library.stages.stand_at(jane, arc[1])
    library.cast.change(jane, [Change("home", "a cell"), Change("age", "34")], schema, "guided")
    assert library.stages.current(jane).name == "Trial"
    assert library.cast.sheet(jane).text("home") == "a cell"
    assert library.cast.sheet_as_of(jane, arc[0]).text("home") == "Leith"
    assert library.cast.sheet_as_of(jane, arc[0]).text("age") == "34"
    library.stages.stand_at(jane, None)
    assert library.cast.sheet(jane).text("home") == "Leith"


def test_a_character_is_listed_by_the_name_of_its_stage(library, jane, arc, schema):
    library.cast.change(jane, [Change("full_name", "Sister Agnes", stage_id=arc[2])], schema, "form")
    assert library.cast.get(jane).name == "Jane Marlow"
    library.stages.stand_at(jane, arc[2])
    assert library.cast.get(jane).name == "Sister Agnes"


def test_stages_can_be_moved_and_renamed(library, jane, arc):
    library.stages.move(arc[2], 0)
    library.stages.rename(arc[0], "Youth")
    assert [s.name for s in library.stages.of(jane)] == ["After", "Youth", "Trial"]
    library.stages.add(jane, "Childhood", 0)
    assert [s.name for s in library.stages.of(jane)] == ["Childhood", "After", "Youth", "Trial"]


def test_a_stage_that_goes_takes_its_values_along_and_undo_brings_all_back(library, jane, arc, schema):
    library.cast.change(jane, [Change("home", "a cell", stage_id=arc[1])], schema, "form")
    library.stages.stand_at(jane, arc[1])
    talk, note = library.talks.new(jane), library.memories.note(jane, "The judge coughed.")
    assert (talk.stage_id, note.stage_id) == (arc[1], arc[1])
    whole = library.cast.whole_sheet(jane)
    library.stages.delete(arc[1])
    assert library.cast.whole_sheet(jane).of("home") == ()
    assert library.stages.current(jane) is None
    assert library.talks.get(talk.id).stage_id is None
    library.undo(jane)
    assert library.cast.whole_sheet(jane) == whole
    assert library.stages.current(jane).id == arc[1]
    assert (library.talks.get(talk.id).stage_id, library.memories.get(note.id).stage_id) == (arc[1], arc[1])


def test_guide_talk_and_voice_know_the_character_as_of_the_stage_in_view(echo_studio):
    library, schema = echo_studio.library, echo_studio.schema
    jane = library.cast.new(schema, "Jane").id
    library.cast.change(
        jane, [Change("home", "Leith"), Change("secret", "I did it", know="private")], schema, "form"
    )
    stage = library.stages.add(jane, "After")
    changes = [
        Change("home", "a cell", stage_id=stage.id),
        Change("secret", "I did it", know="open", stage_id=stage.id),
    ]
    library.cast.change(jane, changes, schema, "form")
    assert echo_studio.persona(jane).sheet.text("home") == "Leith"
    assert [told.attribute for told in echo_studio.persona(jane).dodged()] == ["secret"]
    library.stages.stand_at(jane, stage.id)
    assert echo_studio.persona(jane).sheet.text("home") == "a cell"
    assert echo_studio.persona(jane).dodged() == []
    assert echo_studio.guide(jane).sheet().text("home") == "a cell"


def test_a_talk_of_a_stage_that_is_undone_stands_at_none(library, jane):
    stage = library.stages.add(jane, "The trial")
    library.stages.stand_at(jane, stage.id)
    library.talks.new(jane)
    library.undo(jane)
    assert (library.stages.of(jane), library.stages.current(jane)) == ([], None)


def test_a_copy_has_stages_of_its_own(library, jane, arc, schema):
    library.cast.change(jane, [Change("home", "a cell", stage_id=arc[1])], schema, "form")
    copy = library.cast.duplicate(jane, schema)
    theirs = library.stages.of(copy.id)
    assert [s.name for s in theirs] == ["Before", "Trial", "After"]
    assert not {s.id for s in theirs} & set(arc)
    assert library.cast.sheet_as_of(copy.id, theirs[2].id).text("home") == "a cell"
    library.stages.delete(arc[1])
    assert library.cast.sheet_as_of(copy.id, theirs[2].id).text("home") == "a cell"


@pytest.mark.parametrize("name", ["", "   ", "trial", "TRIAL "])
def test_a_stage_needs_a_name_of_its_own(library, jane, arc, name):
    with pytest.raises(StoreError, match=r"\w+ \w+"):
        library.stages.add(jane, name)


def test_a_stage_is_found_by_name_or_number(library, jane, arc):
    assert library.stages.find(jane, "TRIAL").id == arc[1]
    assert library.stages.find(jane, "3").id == arc[2]
    with pytest.raises(StoreError, match="“Before”, “Trial”, “After”"):
        library.stages.find(jane, "4")


def test_the_stage_of_another_character_is_refused(library, jane, arc, schema):
    tom = library.cast.new(schema, "Tom").id
    with pytest.raises(StoreError, match="another"):
        library.stages.stand_at(tom, arc[0])
    with pytest.raises(StoreError, match="no stage"):
        library.cast.change(tom, [Change("home", "x", stage_id=arc[0])], schema, "form")


ATTRIBUTES = ("home", "fear", "traits", "secret")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("change"),
            st.sampled_from(ATTRIBUTES),
            st.sampled_from(["set", "add", "remove", "clear"]),
            st.text("ab", min_size=1, max_size=2),
            st.sampled_from([None, ALWAYS, 0, 1, 2]),
        ),
        st.tuples(st.just("stand"), st.sampled_from([None, 0, 1, 2])),
        st.tuples(st.just("add"), st.integers(0, 3)),
        st.tuples(st.just("move"), st.integers(0, 2), st.integers(0, 3)),
        st.tuples(st.just("rename"), st.integers(0, 2), st.text("xyz", min_size=1, max_size=3)),
        st.tuples(st.just("delete"), st.integers(0, 2)),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_every_step_of_an_arc_undoes_to_the_exact_earlier_state_also_after_a_restart(home, schema, steps):
    path = paths.default_library()
    path.unlink(missing_ok=True)
    library = open_library(path)
    jane = library.cast.new(schema, "Jane").id

    def state():
        return library.cast.whole_sheet(jane), library.stages.of(jane)

    states = [state()]
    for step in steps:
        try:
            take(library, schema, jane, step)
        except (SheetError, StoreError):
            assert state() == states[-1]
        if state() != states[-1]:
            states.append(state())
    library.close()
    library = open_library(path)
    for earlier in reversed(states[:-1]):
        while state() != earlier:
            assert library.undo(jane) is not None
    for later in states[1:]:
        while state() != later:
            assert library.redo(jane) is not None
    library.close()


def take(library, schema, jane, step):
    stages = library.stages.of(jane)

    def stage(n):
        return stages[n].id if n is not None and n < len(stages) else None

    match step:
        case ("change", attribute, op, text, n):
            at = n if n in (None, ALWAYS) else stage(n)
            library.cast.change(jane, [Change(attribute, text, op, stage_id=at)], schema, "form")
        case ("stand", n):
            library.stages.stand_at(jane, stage(n))
        case ("add", place):
            library.stages.add(jane, f"s{len(stages)}", place)
        case ("move", n, place) if stage(n):
            library.stages.move(stage(n), place)
        case ("rename", n, name) if stage(n):
            library.stages.rename(stage(n), name)
        case ("delete", n) if stage(n):
            library.stages.delete(stage(n))


def test_an_older_library_with_rows_gets_its_stages(home, schema):
    path = paths.default_library()
    connections = Connections(path)
    migrations.apply(connections.here(), stop_before="m005_stages")
    connections.here().conn.executescript(
        "insert into characters (id, name, colour, created, updated) values (1, 'Jane', 'teal', '', '');"
        "insert into sheet_values (character_id, attribute, position, text, know, source, created)"
        " values (1, 'full_name', 1, 'Jane', 'open', 'form', '');"
        "insert into talks (character_id, created, updated) values (1, '', '');"
        "insert into memories (character_id, kind, text, created) values (1, 'note', 'rain', '');"
    )
    connections.close()
    library = open_library(path)
    assert library.cast.sheet(1) == Sheet((Value("full_name", "Jane", id=1),))
    assert (library.stages.of(1), library.stages.current(1)) == ([], None)
    assert library.talks.of(1)[0].stage_id is None
    stage = library.stages.add(1, "Later")
    library.cast.change(1, [Change("full_name", "Agnes", stage_id=stage.id)], schema, "form")
    assert library.cast.sheet_as_of(1, stage.id).full_name == "Agnes"
    library.close()
    with sqlite3.connect(path) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    db.close()
