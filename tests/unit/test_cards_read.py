"""Reading cards from JSON: recognising them, forgiving them, and naming what is none."""

import json

import pytest

from charstudio.cards import DEFAULT_ASSET, Asset, Card, card_of, read_card, write_json
from charstudio.errors import CardError
from tests.unit.cards_corpus import asset, book, data2, data3, dump, entry, v1, v2, v3


def read(card) -> Card:
    return read_card(dump(card))


def said(card: Card) -> str:
    return " ".join(card.warnings)


def refusal(card) -> str:
    with pytest.raises(CardError) as caught:
        read_card(card if isinstance(card, bytes) else dump(card), "cast.json")
    return str(caught.value)


# J: recognising JSON


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\xef\xbb\xbf \r\n", b" \t\n"])
def test_j1_a_byte_order_mark_and_blanks_before_the_card_are_nothing_to_speak_of(start):
    card = read_card(start + dump(v2()))
    assert card.raw == v2()
    assert card.warnings == ()


def test_j1_what_is_written_has_no_byte_order_mark():
    assert write_json(read_card(b"\xef\xbb\xbf" + dump(v2())), 2).startswith(b'{"spec"')


@pytest.mark.parametrize(("card", "spec"), [(v1(), "v1"), (v2(), "v2"), (v3(), "v3")])
def test_j2_the_version_is_what_the_card_says(card, spec):
    read_one = read(card)
    assert (read_one.spec, read_one.format, read_one.picture) == (spec, "json", None)
    assert read_one.raw == card
    assert read_one.warnings == ()


def test_j2_a_card_with_data_but_no_spec_is_read_as_v2_with_a_warning():
    card = read({"data": data2()})
    assert (card.spec, card.name) == ("v2", "Ilse Marn")
    assert "does not say which version" in said(card)


@pytest.mark.parametrize("data", [[], "text", 3, None])
def test_j3_data_that_is_no_object_gives_no_half_card(data):
    assert "broken" in refusal({**v1(), "spec": "chara_card_v2", "data": data})


@pytest.mark.parametrize("root", [[v2()], "Ilse", 3, None])
def test_j3_a_root_that_is_no_object_is_no_card(root):
    assert "no character card" in refusal(root)


@pytest.mark.parametrize(
    ("file", "word"),
    [
        ({"name": "x", "version": "1.0.0", "description": "d"}, "package"),
        ({"name": "x", "description": "d", "devDependencies": {}}, "package"),
        ({"spec": "lorebook_v3", "data": book()}, "lorebook"),
        (book(), "lorebook"),
        ({"entries": {"0": {"uid": 0, "key": ["a"]}}, "name": "World"}, "world info"),
        ({"kind": "memory", "name": "n", "description": "d", "entries": []}, "lorebook"),
        ({"lorebookVersion": 4, "entries": []}, "NovelAI"),
        ({"type": "risu", "data": [{"key": "a"}]}, "RisuAI"),
        ({"name": "Ilse"}, "no name with"),
        ({"name": "Ilse", "description": 3}, "no name with"),
    ],
)
def test_j4_other_json_is_named_for_what_it_is(file, word):
    told = refusal(file)
    assert word in told
    assert told.startswith("“cast.json”")


def test_j4_a_name_and_one_more_text_make_a_card():
    assert read({"name": "Ilse", "description": "keeper"}).description == "keeper"


def test_j5_the_names_of_pygmalion_are_understood():
    card = read(
        {
            "char_name": "Ilse",
            "char_persona": "keeper",
            "world_scenario": "storm",
            "char_greeting": "Sit.",
            "example_dialogue": "<START>",
            "name": "",
        }
    )
    told = (card.name, card.description, card.scenario, card.first_mes, card.mes_example)
    assert told == ("Ilse", "keeper", "storm", "Sit.", "<START>")
    assert not any(key.startswith("char_") for key in card.as_v3())
    assert card.spec == "v1"


def test_j5_where_both_names_say_something_the_standard_one_counts_and_the_other_is_kept():
    card = read(v1(char_persona="other"))
    assert card.description == v1()["description"]
    assert card.as_v3()["char_persona"] == "other"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<html><body>", "web page"),
        (b"%PDF-1.4", "PDF"),
        (b"GIF89a", "picture"),
        (b"PK\x03\x04....card.json", "archive is cut off"),
        (b"\xff\xd8\xff\xe0....", "JPEG picture"),
        (b"\xff\xd8\xff\xe0..Exif\0\0ASCII\0\0\0" + b"QUJD" * 20, "EXIF"),
        (b"\xff\xd8\xff\xe0..PK\x03\x04..card.json", "JPEG picture"),
        (b"RIFF....WEBPVP8X", "WebP picture"),
        (b"RIFF....WEBPVP8X....EXIF....123, 34, 110, 97, 109", "old Tavern"),
        (b"Ilse Marn, lighthouse keeper", "PNG, JSON or CHARX"),
    ],
)
def test_v1_6_a_file_of_another_kind_is_named_and_a_way_is_shown(body, word):
    assert word in refusal(body)


# V1


def test_v1_1_missing_texts_are_empty_and_said_so():
    card = read({"name": "Ilse", "first_mes": "Sit.", "scenario": None})
    assert (card.description, card.personality, card.scenario, card.mes_example) == ("", "", "", "")
    assert "description, personality, scenario, mes_example" in said(card)


def test_v1_2_an_empty_name_stays_empty():
    card = read(v1(name=""))
    assert card.name == ""
    assert json.loads(write_json(card, 2))["data"]["name"] == ""
    assert card.warnings == ()


def test_v1_3_later_fields_of_a_flat_card_are_lifted_and_the_rest_is_kept():
    later = {"creatorcomment": "c", "tags": ["a"], "alternate_greetings": ["b"], "character_book": book()}
    card = read(v1(**later, metadata={"tool": "x"}, talkativeness="0.5", avatar="none"))
    assert (card.creator_notes, card.tags, card.alternate_greetings) == ("c", ("a",), ("b",))
    assert len(card.character_book["entries"]) == 2
    view = card.as_v3()
    assert (view["metadata"], view["talkativeness"], view["avatar"]) == ({"tool": "x"}, "0.5", "none")
    assert "creatorcomment" not in view


def test_v1_3_a_flat_cards_own_data_field_is_kept_too():
    assert read(v1(data="mine")).as_v3()["data"]["data"] == "mine"


# V2


def test_v2_1_the_view_of_a_poor_card_is_complete():
    view = read({"spec": "chara_card_v2", "data": {}}).as_v3()
    assert set(view["data"]) == {*data2(), "group_only_greetings"}
    assert view["data"]["tags"] == view["data"]["group_only_greetings"] == []
    assert view["data"]["extensions"] == {}


def test_v2_2_the_fields_inside_win_over_copies_at_the_top():
    card = read({**v1(name="Old", scenario="Old"), **v2(), "create_date": "then", "fav": True})
    assert (card.name, card.scenario) == ("Ilse Marn", v1()["scenario"])
    assert "name, scenario" in said(card)
    assert card.as_v3()["create_date"] == "then"


def test_v2_3_a_higher_minor_version_is_noted_not_refused():
    card = read({**v2(newer={"a": 1}), "spec_version": "2.1"})
    assert "newer version" in said(card)
    assert card.as_v3()["data"]["newer"] == {"a": 1}


@pytest.mark.parametrize("version", [None, "two", [], {}])
def test_v2_3_a_strange_version_number_is_noted(version):
    assert "version number" in said(read({**v2(), "spec_version": version}))


@pytest.mark.parametrize("field", ["tags", "alternate_greetings", "creator", "extensions", "system_prompt"])
def test_v2_4_null_counts_as_empty(field):
    card = read(v2(**{field: None}))
    assert card.as_v3()["data"][field] == type(data2()[field])()
    assert field in said(card)


def test_v2_4_a_null_book_is_no_book():
    card = read(v2(character_book=None))
    assert card.character_book is None
    assert "character_book" not in json.loads(write_json(card, 2))["data"]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("tags", "sea, quiet ,, dry", ["sea", "quiet", "dry"]),
        ("tags", ["sea", 3, None], ["sea", "3"]),
        ("alternate_greetings", "Hm, again.", ["Hm, again."]),
        ("alternate_greetings", {"0": "a", "1": "b"}, ["a", "b"]),
        ("character_version", 2, "2"),
        ("character_version", 1.5, "1.5"),
        ("creator", False, "false"),
        ("description", ["one", "two"], "one\ntwo"),
        ("nickname", 7, "7"),
        ("source", "https://x", ["https://x"]),
        ("creation_date", "1700000000", 1700000000),
    ],
)
def test_v2_5_a_value_of_the_wrong_kind_is_put_right_with_one_warning(field, value, told):
    card = read(v3(**{field: value}))
    assert card.as_v3()["data"][field] == told
    assert len(card.warnings) == 1
    assert field in said(card)


@pytest.mark.parametrize(
    ("field", "value", "left"),
    [
        ("description", {"a": ["b"]}, ""),
        ("extensions", [1, 2], None),
        ("extensions", 5, None),
        ("tags", ["a", {"b": 1}], ["a"]),
        ("character_book", 5, None),
        ("character_book", ["a"], None),
        ("assets", "x", None),
        ("creation_date", "yesterday", None),
        ("creator_notes_multilingual", ["en"], None),
    ],
)
def test_v2_5_what_cannot_be_put_right_is_kept_in_extensions(field, value, left):
    card = read(v3(**{field: value}))
    kept = card.extensions["charstudio"]["kept"][field]
    assert kept == ([{"b": 1}] if field == "tags" else value)
    if left is not None:
        assert card.as_v3()["data"][field] == left
    assert any(field in sentence for sentence in card.warnings)
    assert card.raw["data"][field] == value


def test_v2_5_keeping_aside_leaves_what_already_stood_under_our_name():
    card = read(v2(description={"a": 1}, extensions={"charstudio": "theirs", "b": 1}))
    assert card.extensions == {"b": 1, "charstudio": {"value": "theirs", "kept": {"description": {"a": 1}}}}


# V3


def test_v3_2_a_newer_v3_is_read_with_a_warning_and_an_older_one_without():
    assert "newer version" in said(read({**v3(), "spec_version": "3.5"}))
    assert read({**v3(), "spec_version": "2.9"}).warnings == ()
    assert read({**v3(), "spec_version": 3.0}).warnings == ()


def test_v3_3_an_unknown_spec_is_salvaged_with_a_warning():
    card = read({**v3(), "spec": "chara_card_v9"})
    assert (card.spec, card.nickname) == ("v2", "Ilse")
    assert "unknown version" in said(card)
    assert "unknown version" in said(read(v1(spec="tavern")))


def test_v3_4_the_nickname_is_told():
    assert read(v3()).nickname == "Ilse"
    assert read(v2()).nickname == ""


def test_v3_5_without_assets_the_picture_itself_is_the_main_icon():
    assert read(v2()).assets == (DEFAULT_ASSET,)
    assert read(v3(assets=[])).assets == ()
    assert "assets" not in read(v2()).as_v3()["data"]


def test_v3_5_assets_are_told_in_proper_form_and_kept_as_they_are():
    odd = asset("embedded://assets/a.PNG", ext=".PNG", x_more=[1])
    card = read(v3(assets=[odd, "junk", {"uri": 5}]))
    assert card.assets == (
        Asset("icon", "embeded://assets/a.PNG", "main", "png"),
        Asset("", "5", "", "unknown"),
    )
    assert card.as_v3()["data"]["assets"][0] == odd
    assert card.extensions["charstudio"]["kept"]["assets"] == ["junk"]


@pytest.mark.parametrize(
    ("assets", "word"),
    [
        ([asset("https://x/y.png")], "internet"),
        ([asset("embeded://a.png")], "did not come with it"),
        ([asset("__asset:3")], "did not come with it"),
        ([asset("file:///etc/passwd")], "not allowed"),
        ([asset("ccdefault:", name="a"), asset("ccdefault:", name="b")], "portraits"),
    ],
)
def test_v3_5_files_that_are_not_there_are_told(assets, word):
    card = read(v3(assets=assets))
    assert word in said(card)
    assert card.as_v3()["data"]["assets"] == assets


def test_v3_7_the_english_note_is_the_note_and_the_old_one_fills_in():
    assert read(v3()).creator_notes == "Be kind."
    only_german = read(v3(creator_notes_multilingual={"de": "Sei freundlich."}))
    assert only_german.creator_notes == "Be kind to her."
    assert only_german.creator_notes_multilingual == {"de": "Sei freundlich."}


def test_all_accessors_of_a_whole_card():
    card, data = read(v3()), data3()
    for field in ("name", "description", "personality", "scenario", "first_mes", "mes_example"):
        assert getattr(card, field) == data[field]
    for field in ("system_prompt", "post_history_instructions", "creator", "character_version"):
        assert getattr(card, field) == data[field]
    for field in ("alternate_greetings", "group_only_greetings", "tags", "source"):
        assert getattr(card, field) == tuple(data[field])
    assert (card.creation_date, card.modification_date) == (1700000000, 1700000001)
    assert card.extensions == data["extensions"]
    assert card.character_book == data["character_book"]


def test_a_card_cannot_be_changed_through_what_it_gives():
    card = read(v3())
    card.as_v3()["data"]["extensions"]["someone/else"]["a"].append("x")
    card.character_book["entries"].clear()
    card.extensions["x"] = 1
    assert card.as_v3() == v3()
    assert card.raw == v3()


def test_a_stored_card_is_built_again_from_its_raw_object():
    first = read(v3(tags="a,b"))
    again = card_of(first.raw, b"picture")
    assert again.as_v3() == first.as_v3()
    assert again.warnings == first.warnings
    assert again.picture == b"picture"
    with pytest.raises(CardError):
        card_of({"name": "x"})


# E: encoding


TRICKY = "\u0000 \u2028 \ufeff é 漢字 😀 👩‍👩‍👧 \u202e שלום \x7f"


def test_e1_and_e4_every_proper_character_comes_back_unchanged():
    for card in (read(v2(description=TRICKY)), read_card(json.dumps(v2(description=TRICKY)).encode())):
        assert card.description == TRICKY
        assert card.warnings == ()
        assert read_card(write_json(card)).description == TRICKY


def test_e3_damaged_utf_8_is_replaced_and_counted():
    card = read_card(dump(v2(description="caf# b#r")).replace(b"#", b"\xe9"))
    assert card.description == "caf\ufffd b\ufffdr"
    assert ": 2." in said(card)


def test_e3_text_that_is_mostly_damaged_is_refused():
    assert "UTF-8" in refusal(dump(v2(description="#" * 5000)).replace(b"#", b"\xe9"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_e3_utf_16_with_its_mark_is_read_with_a_warning(encoding):
    mark = b"" if encoding == "utf-16" else b"\xfe\xff"
    card = read_card(mark + dump(v2(description=TRICKY)).decode().encode(encoding))
    assert card.description == TRICKY
    assert "UTF-16" in said(card)


@pytest.mark.parametrize("half", [rb"\ud83d", rb"\uDE00", rb"\ud83d\ud83d"])
def test_e4_half_characters_become_replacement_signs(half):
    card = read_card(dump(v2(description="#", **{"k#": ["#"]})).replace(b"#", half))
    assert set(card.description) == {"\ufffd"}
    assert "Half characters" in said(card)
    json.dumps([card.raw, card.as_v3()], ensure_ascii=False).encode("utf-8")


def test_e4_a_file_that_is_only_half_a_character_is_no_card():
    assert "no object" in refusal(rb'"\ud83d"'.decode().encode("utf-16"))


def test_e4_escaped_pairs_are_whole_characters():
    card = read_card(dump(v2(description="#")).replace(b"#", rb"\ud83d\ude00"))
    assert (card.description, card.warnings) == ("😀", ())


@pytest.mark.parametrize(
    ("number", "kept", "word"),
    [
        (b"NaN", None, "NaN"),
        (b"-Infinity", None, "NaN"),
        (b"1e999", "1e999", "too large"),
        (b"9" * 6000, "9" * 6000, "digits"),
        (b"9" * 4000, int("9" * 4000), ""),
    ],
)
def test_e5_numbers_that_json_cannot_say_are_repaired(number, kept, word):
    card = read_card(dump(v2(extensions={"x": "#"})).replace(b'"#"', number))
    assert card.extensions["x"] == kept
    assert word in said(card)
    json.dumps(card.as_v3(), allow_nan=False)


def test_e5_of_a_field_given_twice_the_last_counts():
    card = read_card(b'{"name":"a","name":"b","description":"","first_mes":"x"}')
    assert card.name == "b"
    assert "twice" in said(card)


def test_line_breaks_inside_strings_are_forgiven():
    card = read_card(dump(v2(description="a#b")).replace(b"#", b"\n\t"))
    assert card.description == "a\n\tb"
    assert "line breaks" in said(card)


def test_broken_json_says_where():
    assert "line 1, column" in refusal(dump(v2())[:300])


def test_warnings_of_a_thousand_wrong_entries_are_one_sentence():
    card = read(v3(character_book=book(*[entry(enabled="false")] * 1000)))
    assert card.warnings == ("Lore entries whose “enabled” had to be put right: 1000.",)
