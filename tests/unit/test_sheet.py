"""A sheet is a value: a change gives a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from charstudio.errors import SheetError
from charstudio.model import Change, Value
from charstudio.sheet import Sheet, load_schema

YAML = Path(__file__).resolve().parents[2] / "resources" / "attributes.yaml"


@pytest.fixture(scope="module")
def schema():
    return load_schema(YAML)


def made(schema, *changes):
    sheet = Sheet()
    for change in changes:
        sheet = sheet.apply(change, schema, "form")
    return sheet


def test_set_replaces_and_keeps_the_place(schema):
    sheet = made(schema, Change("full_name", "Jane"), Change("age", "34"), Change("full_name", "Joan"))
    assert [(v.attribute, v.text) for v in sheet.values] == [("full_name", "Joan"), ("age", "34")]


def test_a_change_leaves_the_old_sheet_alone(schema):
    old = made(schema, Change("age", "34"))
    old.apply(Change("age", "35"), schema, "form")
    assert old.text("age") == "34"


def test_the_know_level_is_the_attributes_own_and_stays(schema):
    sheet = made(schema, Change("secret", "I was there", "add"))
    assert sheet.of("secret")[0].know == "private"
    sheet = sheet.apply(Change("secret", "I was there", know="open"), schema, "form")
    assert sheet.apply(Change("secret", "I left"), schema, "form").of("secret")[0].know == "open"


def test_add_appends_once_whatever_the_case(schema):
    sheet = made(
        schema,
        Change("traits", "blunt", "add"),
        Change("traits", "kind", "add"),
        Change("traits", "Blunt", "add"),
    )
    assert sheet.text("traits") == "blunt; kind"


def test_a_second_age_is_refused(schema):
    with pytest.raises(SheetError, match="34"):
        made(schema, Change("age", "34"), Change("age", "35", "add"))


def test_remove_takes_one_value_and_clear_all(schema):
    sheet = made(schema, Change("traits", "blunt", "add"), Change("traits", "kind", "add"))
    assert sheet.apply(Change("traits", "BLUNT", "remove"), schema, "form").text("traits") == "kind"
    assert sheet.apply(Change("traits", op="clear"), schema, "form").values == ()


@pytest.mark.parametrize(
    "change", [Change("age", "35"), Change("age", op="clear"), Change("age", "34", "remove")]
)
def test_a_locked_value_is_never_lost(schema, change):
    sheet = made(schema, Change("age", "34", locked=True))
    with pytest.raises(SheetError, match="locked"):
        sheet.apply(change, schema, "form")


def test_none_and_na_are_states_and_give_way_to_a_value(schema):
    sheet = made(schema, Change("siblings", state="none"))
    assert (sheet.state("siblings"), sheet.of("siblings")) == ("none", ())
    assert sheet.decided() == {"siblings"}
    assert sheet.apply(Change("siblings", "a twin", "add"), schema, "form").state("siblings") == "set"
    assert sheet.apply(Change("siblings", state="na"), schema, "form").state("siblings") == "na"
    assert sheet.state("children") == "unset"


@pytest.mark.parametrize(
    "change", [Change("age", "  "), Change("nothing", "x"), Change("age", "x" * 1_000_001)]
)
def test_what_cannot_be_kept_is_refused_in_a_sentence(schema, change):
    with pytest.raises(SheetError, match=r"\w+ \w+"):
        made(schema, change)


def test_who_a_character_is_called(schema):
    sheet = made(schema, Change("full_name", "Jane Marlow"))
    assert sheet.called == "Jane"
    assert sheet.apply(Change("short_name", "Bee", "add"), schema, "form").called == "Bee"
    assert Sheet().called == ""


def test_a_value_keeps_its_row(schema):
    sheet = Sheet((Value("age", "34", id=7),))
    assert sheet.apply(Change("age", "35"), schema, "form").values[0].id == 7


def test_the_schema_is_whole(schema):
    assert len(schema.attributes) == 133
    assert len(schema.groups) == 12
    for attribute in schema.attributes.values():
        assert attribute.ask.endswith("?")
        assert 3 <= len(attribute.examples) <= 8
        assert all("{v}" in form or "=>" in form for form in attribute.also), attribute.id


def test_words_name_attributes(schema):
    assert schema.attribute("nickname").id == "short_name"
    assert schema.attribute("Main Motivation").id == "motivation"
    with pytest.raises(SheetError, match="eyebrow"):
        schema.attribute("eyebrow")


def test_neighbours_are_mutual(schema):
    for attribute in schema.attributes:
        assert all(attribute in schema.neighbours(n) for n in schema.neighbours(attribute))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("groups: [", "cannot be read"),
        ("attributes: 3", "wrong"),
        ("groups: []\npacks: {a: [nothing]}", "nothing"),
        ("groups: []\ndoubts: [{say: 'You have {v}.', otherwise: [nothing]}]", "nothing"),
        ("groups: []\ndoubts: [{say: 'You {v}.', when: [{words: none, attrs: []}], otherwise: []}]", "none"),
    ],
)
def test_a_broken_schema_is_told_in_a_sentence(tmp_path, text, why):
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SheetError, match=why):
        load_schema(path)
