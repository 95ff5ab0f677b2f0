"""Lorebooks that stand alone: read whoever wrote them, and back in world info without a field lost."""

import json

import pytest

from charstudio.cards import read_book, write_book
from charstudio.errors import CardError
from tests.unit.cards_corpus import book, dump, entry, v1, v2, v3

TAVERN = {
    "uid": 4, "key": ["lamp", "/oi{1,2}l/i"], "keysecondary": ["sea"], "comment": "Lamp", "content": "It burns.",
    "constant": False, "vectorized": True, "selective": True, "selectiveLogic": 3, "addMemo": True, "order": 90,
    "position": 4, "disable": True, "excludeRecursion": True, "preventRecursion": False,
    "delayUntilRecursion": 2, "probability": 60, "useProbability": True, "depth": 7, "group": "a, b",
    "groupOverride": True, "groupWeight": 50, "scanDepth": 3, "caseSensitive": True, "matchWholeWords": False,
    "useGroupScoring": None, "automationId": "x", "role": 2, "sticky": 1, "cooldown": 2, "delay": 3,
    "displayIndex": 0, "triggers": ["swipe"], "ignoreBudget": True, "outletName": "o", "matchScenario": True,
    "characterFilter": {"isExclude": False, "names": ["Ilse"], "tags": []}, "x_new": {"deep": [1]},
}  # fmt: skip
WORLD = {"entries": {"4": TAVERN}, "name": "Coast", "originalData": {"x": 1}}


def test_l9_v3_s_own_form_is_read_and_written_equal():
    raw = {"spec": "lorebook_v3", "data": book(entry(use_regex=False, x=[1]))}
    found = read_book(dump(raw))
    assert (found.kind, found.warnings, found.name) == ("lorebook_v3", (), "The coast")
    assert json.loads(write_book(found.view)) == raw


def test_l9_world_info_comes_back_from_a_lorebook_with_every_field():
    found = read_book(dump(WORLD))
    assert (found.kind, found.warnings) == ("world_info", ())
    assert json.loads(write_book(found.view, "world-info")) == WORLD


def test_l9_world_info_has_the_names_that_cards_use():
    made = read_book(dump(WORLD)).view["entries"][0]
    assert (made["keys"], made["enabled"], made["insertion_order"], made["id"]) == (
        TAVERN["key"],
        False,
        90,
        4,
    )
    assert made["extensions"]["delay_until_recursion"] == 2
    assert made["extensions"]["position"] == 4
    assert "position" not in made


def test_a_card_s_book_written_as_world_info_has_all_that_sillytavern_expects():
    view = read_book(dump(v3())).view
    made = json.loads(write_book(view, "world-info"))["entries"]
    first = made["0"]
    assert (first["key"], first["order"], first["disable"], first["position"]) == (["lamp"], 10, False, 0)
    assert {"probability", "depth", "selectiveLogic", "scanDepth"} <= set(first)
    back = read_book(dump({"entries": made})).view["entries"]
    assert [e["content"] for e in back] == [e["content"] for e in view["entries"]]


def test_l4_ids_that_come_twice_lose_no_entry():
    view = read_book(dump(book(entry(id=1), entry(id=1), entry(id="a")))).view
    made = json.loads(write_book(view, "world-info"))["entries"]
    assert sorted(e["uid"] for e in made.values()) == sorted({int(key) for key in made})
    assert len(made) == 3


def test_l2_a_key_with_a_comma_stays_one_key():
    made = read_book(dump(WORLD)).view["entries"][0]
    assert made["keys"][1] == "/oi{1,2}l/i"


@pytest.mark.parametrize(
    ("raw", "kind", "keys", "content"),
    [
        ({"lorebookVersion": 5, "entries": [{"text": "T", "keys": ["a"], "displayName": "n", "enabled": True}]}, "novelai", ["a"], "T"),
        ({"kind": "memory", "name": "m", "entries": [{"name": "n", "keywords": ["a"], "entry": "T", "weight": 3, "priority": 2, "enabled": True}]}, "agnai", ["a"], "T"),
        ({"type": "risu", "ver": 1, "data": [{"key": "a, b", "content": "T", "insertorder": 5, "mode": "normal"}]}, "risu", ["a", "b"], "T"),
        (book(entry()), "lorebook", ["lamp"], "The lamp burns oil."),
    ],
)  # fmt: skip
def test_j4_books_of_other_programs_are_read(raw, kind, keys, content):
    found = read_book(dump(raw))
    made = found.view["entries"][0]
    assert (found.kind, made["keys"], made["content"], made["enabled"]) == (kind, keys, content, True)


def test_x2_what_other_programs_say_besides_is_kept():
    raw = {"lorebookVersion": 5, "entries": [{"text": "T", "keys": [], "searchRange": 1000}]}
    made = read_book(dump(raw)).view["entries"][0]
    assert made["extensions"]["charstudio"]["source_entry"] == {"searchRange": 1000}


def test_l3_junk_in_world_info_is_set_aside_with_a_warning():
    found = read_book(
        dump({"entries": {"0": TAVERN, "1": "junk", "2": {"uid": 2, "key": "a, b", "order": "5"}}})
    )
    assert len(found.view["entries"]) == 2
    assert found.view["entries"][1]["keys"] == ["a", "b"]
    assert found.warnings


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (dump(v1()), "without a lorebook"),
        (dump({"spec": "lorebook_v3"}), "“data” part is missing"),
        (b"{", "JSON"),
        (b"hello", "no character card"),
        (dump([1]), "no object"),
    ],
)
def test_what_is_no_book_is_refused_in_one_sentence(body, word):
    with pytest.raises(CardError) as caught:
        read_book(body)
    assert word in str(caught.value)


def test_the_book_of_a_card_in_any_form_is_found():
    assert read_book(dump(v3())).kind == "card"
    assert read_book(dump(v2(character_book=book()))).view["name"] == "The coast"
