"""Edits by pointer are laid over a card; all else stays as it was."""

import json

import pytest

from charstudio.cards import read_card, with_edit, write_json
from charstudio.errors import CardError
from tests.unit.cards_corpus import book, dump, entry, unknown_everywhere, v1, v2, v3


def edited(raw, *edits):
    card = read_card(dump(raw))
    for place, value in edits:
        card = with_edit(card, place, value)
    return json.loads(write_json(card, 3 if card.spec == "v3" else 2))


@pytest.mark.parametrize("place", ["/data/name", "/name", "name"])
@pytest.mark.parametrize("raw", [v1(), v2(), v3()], ids=["v1", "v2", "v3"])
def test_v2_6_a_field_is_set_by_pointer_or_by_name_and_nothing_else_changes(raw, place):
    before, after = edited(raw), edited(raw, (place, "Bo"))
    assert after["data"].pop("name") == "Bo"
    before["data"].pop("name")
    assert after == before


def test_copies_at_the_top_of_a_card_follow_an_edit():
    assert edited({**v2(), "name": "Ilse Marn"}, ("name", "Bo"))["name"] == "Bo"


@pytest.mark.parametrize("value", ["5", "true", '{"a": 1}', "null-ish", " spaces "])
def test_a_text_is_taken_literally(value):
    assert edited(v2(), ("description", value))["data"]["description"] == value


def test_values_are_json_where_they_are_json():
    after = edited(v2(), ("tags", '["a", "b"]'), ("/data/extensions/x/y", "[1, null]"), ("name", '"5"'))[
        "data"
    ]
    assert (after["tags"], after["extensions"]["x"], after["name"]) == (["a", "b"], {"y": [1, None]}, "5")


def test_pointers_reach_into_lists_and_books():
    lore = v3(character_book=book(entry(use_regex=False), entry(use_regex=False)))
    after = edited(
        lore,
        ("/data/character_book/entries/1/content", "New."),
        ("/data/alternate_greetings/-", "Third."),
        ("/data/alternate_greetings/0", "First."),
    )["data"]
    assert [e["content"] for e in after["character_book"]["entries"]] == ["The lamp burns oil.", "New."]
    assert after["alternate_greetings"] == ["First.", "Close the door.", "Third."]


def test_unknown_places_are_reached_and_escapes_understood():
    after = edited(unknown_everywhere(), ("/x_strange/a~1b~0", "1"), ("/data/x_strange/kept/0", "there"))
    assert after["x_strange"]["a/b~"] == 1
    assert after["data"]["x_strange"]["kept"][0] == "there"


def test_a_book_may_be_begun_by_an_edit():
    after = edited(v2(), ("/data/character_book/name", "The coast"))["data"]["character_book"]
    assert after == {"name": "The coast", "extensions": {}, "entries": []}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("/spec", "chara_card_v2"),
        ("/spec_version", "9"),
        ("/data", "{}"),
        ("/data/tags", "sea"),
        ("/data/tags/9", "x"),
        ("/data/name/first", "x"),
        ("/data/source", "[]"),
        ("/data/creation_date", "5"),
        ("", "x"),
        ("/" + "a/" * 100, "x"),
    ],
)
def test_what_cannot_be_set_is_one_sentence(place, value):
    with pytest.raises(CardError) as caught:
        edited(v3(), (place, value))
    assert str(caught.value).endswith(".")
