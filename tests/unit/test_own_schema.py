"""Attributes, groups, questions and packs of the writer's own have the same rights as the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from charstudio import paths, settings
from charstudio.errors import SheetError
from charstudio.exports import as_markdown, page_of
from charstudio.guide import Guide, Reading, pack_names
from charstudio.model import Change
from charstudio.sheet import (
    Entry,
    Schema,
    attribute_entry,
    group_entry,
    hidden_entry,
    pack_entry,
    question_entry,
    read_own,
    with_own,
)
from charstudio.store import open_library
from charstudio.store.migrations import migrations
from charstudio.studio import Studio

SCENT = {
    "ask": "What do I smell of?",
    "tell": "You smell of {v}.",
    "examples": ["cedar", "engine oil", "rain on stone"],
    "related": ["clothing"],
}


@pytest.fixture
def studio(echo_studio: Studio) -> Studio:
    return echo_studio


@pytest.fixture
def own(studio: Studio) -> Studio:
    studio.change_schema("New attribute: Scent", [attribute_entry(studio.schema, "Scent", **SCENT)])
    return studio


def test_an_own_attribute_is_told_asked_suggested_and_exported(own):
    who = own.library.cast.new(own.schema, "Jane").id
    guide = own.guide(who)
    guide.start()
    turn = guide.say("You smell of cedar.")
    assert turn.changes == (Change("own_scent", "cedar"),)
    assert turn.reply == "I smell of cedar."
    assert guide.say("What do you smell of?").reply == "I smell of cedar."
    guide.say("Actually, your scent is engine oil.")
    assert guide.sheet().text("own_scent") == "engine oil"
    assert [c.value for c in guide.say("Suggest a scent").chips] == ["cedar", "rain on stone"]
    page = as_markdown(page_of(guide.sheet(), own.schema))
    assert "## My own\n\n**Scent:** engine oil" in page


def test_a_name_alone_makes_all_sentences(studio):
    studio.change_schema("x", [attribute_entry(studio.schema, "Ship's role")])
    made = studio.schema.attribute("ship's role")
    assert (made.ask, made.echo) == ("What is my ship's role?", "My ship's role is {v}.")
    guide = studio.guide(studio.library.cast.new(studio.schema).id)
    guide.start()
    assert guide.say("Your ship's role is cook.").reply == "My ship's role is cook."


def test_an_own_attribute_is_a_neighbour_like_any_other(own):
    assert "own_scent" in own.schema.neighbours("clothing")
    guide = own.guide(own.library.cast.new(own.schema).id, "none")
    guide.start()
    turn = guide.say("You dress in black.")
    while turn.ask.attribute != "own_scent":
        assert turn.ask is not None
        turn = guide.say("skip")
    assert turn.ask.text == "What do I smell of?"
    assert turn.ask.reason == "Asked because you said how I dress."


@pytest.mark.parametrize("name", ["Age", "  age ", "full NAME", "nickname", "What I want"])
def test_a_name_that_is_taken_is_refused_in_one_sentence(studio, name):
    with pytest.raises(SheetError, match=r"already; choose another name\.$"):
        attribute_entry(studio.schema, name)


@pytest.mark.parametrize("name", ["", "   ", "a{v}b", "<b>x</b>", "x" * 61, "a\x00b"])
def test_a_name_that_is_none_is_refused(studio, name):
    with pytest.raises(SheetError):
        attribute_entry(studio.schema, name)


def test_an_own_attribute_may_be_changed_without_being_taken_by_itself(own):
    again = attribute_entry(own.schema, "Scent", key="own_scent", ask="How do I smell?")
    own.change_schema("Attribute: Scent", [again])
    assert own.schema.attributes["own_scent"].ask == "How do I smell?"
    assert len([a for a in own.schema.attributes if a.startswith("own_")]) == 1


def test_every_change_of_the_schema_can_be_undone_also_after_a_restart(own):
    before = own.schema
    own.change_schema("Pack: Nose", [pack_entry(own.schema, "Nose", ["Scent", "clothing"])])
    own.change_schema("hidden", [hidden_entry(own.schema, "birth_date")])
    own.change_schema("Scent removed", drop=[Entry("attribute", "own_scent")])
    assert "own_scent" not in own.schema.attributes
    path = own.library.path
    own.library.close()
    own.library = open_library(path)
    own.catch_up()
    assert [own.undo_schema() for _step in range(3)] == ["Scent removed", "hidden", "Pack: Nose"]
    assert own.schema == before
    assert own.undo_schema(redo=True) == "Pack: Nose"
    assert own.schema.packs["own_nose"] == ("own_scent", "clothing")


def test_values_wait_unseen_while_their_attribute_is_removed(own):
    who = own.library.cast.new(own.schema, "Jane").id
    own.library.cast.change(who, [Change("own_scent", "cedar")], own.schema, "form")
    own.change_schema("Scent removed", drop=[Entry("attribute", "own_scent")])
    assert own.library.cast.sheet(who).decided() == {"full_name"}
    own.library.cast.change(who, [Change("age", "34")], own.schema, "form")
    own.export(who, Path(str(own.library.path) + ".png"))
    own.undo_schema()
    assert own.library.cast.sheet(who).text("own_scent") == "cedar"


def test_undo_of_a_character_never_touches_the_schema(own):
    who = own.library.cast.new(own.schema, "Jane").id
    own.library.cast.change(who, [Change("own_scent", "cedar")], own.schema, "form")
    own.change_schema("hidden", [hidden_entry(own.schema, "birth_date")])
    assert own.library.undo(who).label == "Scent: cedar"
    assert own.library.undo(who) is None
    assert "birth_date" in own.schema.hidden


def test_what_does_not_apply_here_is_never_asked_but_its_values_stay(studio):
    who = studio.library.cast.new(studio.schema, "Jane").id
    studio.library.cast.change(who, [Change("age", "34")], studio.schema, "form")
    studio.change_schema("h", [hidden_entry(studio.schema, a) for a in ("age", "occupation", "want")])
    guide = studio.guide(who)
    turn, asked = guide.start(), []
    while turn.ask is not None:
        asked.append(turn.ask.attribute)
        turn = guide.say("skip")
    assert not {"age", "occupation", "want"} & set(asked)
    assert "all" not in turn.reply
    assert "**Age:** 34" in as_markdown(page_of(guide.sheet(), studio.schema))
    studio.change_schema("s", drop=[Entry("hidden", "age")])
    assert studio.schema.hidden == {"occupation", "want"}


def test_own_words_for_a_shipped_question(studio):
    studio.change_schema("q", [question_entry(studio.schema, "fear", "What wakes me at four?")])
    guide = studio.guide(studio.library.cast.new(studio.schema).id)
    guide.start()
    assert guide.say("What wakes you at four?").ask.text == "What wakes me at four?"


def test_an_own_pack_is_asked_in_its_order_and_ends(own):
    own.change_schema("p", [pack_entry(own.schema, "Nose first", ["scent", "fear", "hair"])])
    assert pack_names(own.schema)["own_nose_first"] == "Nose first"
    guide = own.guide(own.library.cast.new(own.schema).id, "own_nose_first")
    asked = [guide.start().ask.attribute]
    asked += [turn.ask.attribute for turn in (guide.say("cedar"), guide.say("dogs"))]
    assert asked == ["own_scent", "fear", "hair"]
    assert guide.say("cropped").reply.endswith("That was “Nose first”: all 3 things are decided.")


def test_a_shipped_pack_in_another_order_and_back(studio):
    entry = pack_entry(studio.schema, "Spark", ["fear", "full_name"], key="spark")
    studio.change_schema("order", [entry])
    assert studio.schema.packs["spark"] == ("fear", "full_name")
    studio.change_schema("back", drop=[entry])
    assert studio.schema.packs["spark"][0] == "full_name"


def test_an_own_group_stands_after_the_shipped_ones(studio):
    group = group_entry(studio.schema, "Crew")
    studio.change_schema("g", [group, attribute_entry(studio.schema, "Watch", group=group.key)])
    assert studio.schema.groups[-1].label == "Crew"
    assert [a.label for a in studio.schema.in_group("own_crew")] == ["Watch"]
    with pytest.raises(SheetError, match="already"):
        group_entry(studio.schema, "crew")


def test_a_sitting_goes_on_when_the_schema_changes(own):
    who = own.library.cast.new(own.schema).id
    guide = Guide(own.library, own.schema, who, reading=Reading.of(own.schema))
    guide.start()
    guide.say("skip")
    own.change_schema("h", [hidden_entry(own.schema, "pronouns"), attribute_entry(own.schema, "Gait name")])
    guide.use(own.schema, Reading.of(own.schema))
    assert guide.look().ask.attribute == "age", "what was asked and is hidden now makes way"
    assert guide.say("Your gait name is the Heron.").changes[0].attribute == "own_gait_name"


# Files


GOOD = """
groups:
  - label: Crew
    attributes:
      - label: Watch
        ask: Which watch do I keep?
        tell: "You keep the {v} watch."
        echo: "I keep the {v} watch."
        examples: [first, dog, middle]
        related: [berth, routine]
      - {label: Berth, many: true, type: tags}
packs:
  aboard: [watch, berth, fear]
questions: {fear: "What do I dread at sea?"}
hide: [birth_date]
edges:
  - {from: watch, to: sleep, kind: causes, ask: "On the {v} watch, how do I sleep?"}
value_links:
  - {if: {attr: watch, any: [dog]}, offer: {sleep: [in pieces]}}
"""


def test_a_schema_file_adds_all_that(schema):
    mine = with_own(schema, read_own(GOOD, "mine.yaml", schema))
    assert mine.attributes["own_watch"].related == ("own_berth", "routine")
    assert mine.packs["own_aboard"] == ("own_watch", "own_berth", "fear")
    assert mine.attributes["fear"].ask == "What do I dread at sea?"
    assert mine.hidden == {"birth_date"}
    assert mine.edge("own_watch", "sleep").ask == "On the {v} watch, how do I sleep?"
    assert len(mine.value_links) == len(schema.value_links) + 1


@pytest.mark.parametrize(
    ("wrong", "line", "why"),
    [
        ("related: [berth, routine]", 10, "There is no attribute “bert”"),
        ("examples: [first, dog, middle]", 9, "“examples” needs a list"),
        ('tell: "You keep the {v} watch."', 7, "“tell” needs {v}"),
        ("- label: Watch", 5, "There is an attribute “Age” already"),
        ("type: tags}", 11, "There is no type “tag”"),
        ("aboard: [watch, berth, fear]", 13, "There is no attribute “wotch”"),
        ("hide: [birth_date]", 15, "There is no attribute “birthdat”"),
        ("packs:", 12, "“package” is not known here"),
        ("      - {label: Berth", 11, "an attribute has no “size”"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line(schema, wrong, line, why):
    becomes = {
        "related: [berth, routine]": "related: [bert]",
        "examples: [first, dog, middle]": "examples: first",
        'tell: "You keep the {v} watch."': 'tell: "You keep watch."',
        "- label: Watch": "- label: Age",
        "type: tags}": "type: tag}",
        "aboard: [watch, berth, fear]": "aboard: [wotch]",
        "hide: [birth_date]": "hide: [birthdat]",
        "packs:": "package:",
        "      - {label: Berth": "      - {size: 3, label: Berth",
    }[wrong]
    with pytest.raises(SheetError) as told:
        read_own(GOOD.replace(wrong, becomes), "mine.yaml", schema)
    assert str(told.value).startswith(f"mine.yaml, line {line}: {why}")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        "groups: [",
        "groups:\n\t- label: x",
        "- a\n- b",
        "groups: 3",
        "groups: [3]",
        "groups:\n  - label: Crew\n    attributes: [x]",
        "packs: {x: 3}",
        "packs: 7",
        "edges: [{from: want}]",
        "value_links: [{if: {attr: want}}]",
        "a: &a [*a]",
        "? [1, 2]\n: x",
        "groups: !!python/object:os.system {}",
        "x" * 10,
        "[" * 5000,
        "\x00",
    ],
)
def test_nonsense_in_a_file_is_one_sentence(schema, text):
    with pytest.raises(SheetError) as told:
        read_own(text, "mine.yaml", schema)
    assert str(told.value).startswith("mine.yaml, line ")
    assert "\n" not in str(told.value)


def test_an_empty_file_adds_nothing(schema):
    assert read_own("", "mine.yaml", schema) == ()
    assert read_own("# only words\n", "mine.yaml", schema) == ()


def test_a_file_can_be_loaded_again_and_undone_as_one_step(studio, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD, encoding="utf-8")
    studio.load_own(file)
    file.write_text(GOOD.replace("Which watch", "What watch"), encoding="utf-8")
    studio.load_own(file)
    assert studio.schema.attributes["own_watch"].ask == "What watch do I keep?"
    assert [a for a in studio.schema.attributes if a.startswith("own_")] == ["own_watch", "own_berth"]
    assert studio.undo_schema() == "Schema of mine.yaml"
    assert studio.schema.attributes["own_watch"].ask == "Which watch do I keep?"


def test_with_an_error_in_the_file_of_the_data_folder_the_last_good_one_counts(home):
    file = paths.data() / "attributes.yaml"
    file.write_text(GOOD, encoding="utf-8")
    first = Studio(paths.default_library(), settings.Settings(engine="echo"))
    assert first.schema_trouble == ""
    first.close()
    file.write_text(GOOD + "\npacks: {", encoding="utf-8")
    second = Studio(paths.default_library(), settings.Settings(engine="echo"))
    assert second.schema_trouble.startswith("attributes.yaml, line ")
    assert "own_watch" in second.schema.attributes
    assert second.schema.hidden == {"birth_date"}
    second.close()


def test_an_error_in_a_first_file_leaves_the_shipped_schema(home):
    (paths.data() / "attributes.yaml").write_bytes(b"groups:\n  - label: \xff\xfe")
    opened = Studio(paths.default_library(), settings.Settings(engine="echo"))
    assert opened.schema_trouble == "attributes.yaml, line 2: this is no UTF-8 text."
    assert len(opened.schema.attributes) == 133
    opened.close()


# Strangers


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"label": 3}',
        '{"label": "x", "tell": "no"}',
        "[]",
        '{"label": "x", "type": "virus"}',
        '{"label": ""}',
    ],
)
def test_a_library_of_a_stranger_cannot_break_the_schema(studio, body):
    studio.library.own.change("x", [Entry("attribute", "own_x", {"label": "X"})])
    db = Database(studio.library.path)
    db.conn.execute("update own_schema set body = ?", [body])
    db.conn.commit()
    db.close()
    studio.catch_up()
    assert set(studio.schema.attributes) - {"own_x"} == set(studio._shipped.attributes)


def test_a_library_from_before_has_its_rows_and_no_schema_of_its_own(tmp_path, schema: Schema):
    path = tmp_path / "old.charstudio"
    db = Database(path)
    migrations.apply(db, stop_before="m007_own_questions_and_refusals")
    db.conn.execute("insert into characters (colour, created, updated) values ('teal', 'x', 'x')")
    db.conn.execute(
        "insert into sheet_values (character_id, attribute, position, text, know, source, created)"
        " values (1, 'age', 1, '34', 'open', 'form', 'x')"
    )
    db.conn.commit()
    db.close()
    library = open_library(path)
    assert library.cast.sheet(1).text("age") == "34"
    assert library.own.entries() == ()
    assert library.refusals.of(1) == {}
    library.close()
