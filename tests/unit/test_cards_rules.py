"""The rules that no other file tests under their number."""

import json
import random
import time

import pytest

from charstudio.cards import new_card, read_card, write_charx, write_json, write_png
from charstudio.cards.archive import MOST_ASSET, MOST_ENTRIES, MOST_TOTAL
from charstudio.errors import CardError
from charstudio.talk.lore import activate
from charstudio.talk.lore_entry import entries_of
from charstudio.talk.lore_values import LoreSettings, Said
from charstudio.talk.macros import expand
from tests.unit.cards_archives import archive_cases, bomb, charx
from tests.unit.cards_corpus import asset, book, card_in, data2, dump, entry, nested, png, v1, v2, v3

V1_KEYS = {"name", "description", "personality", "scenario", "first_mes", "mes_example"}


def said(card) -> str:
    return " ".join(card.warnings)


def test_x3_a_new_card_holds_nothing_but_the_fields_of_the_standard():
    tree = new_card("Ilse").as_v3()
    assert set(tree) == {"spec", "spec_version", "data"}
    assert set(tree["data"]) == set(data2()) | {"group_only_greetings"}
    kept = read_card(dump(v2(description=[{"a": 1}]))).as_v3()["data"]
    assert set(kept["extensions"]["charstudio"]) == {"kept"}


@pytest.mark.parametrize("macro", ["{{char}}", "<BOT>", "<bot>", "{{CHAR}}"])
def test_v1_4_names_are_put_in_whatever_the_case(macro):
    assert expand(f"{macro} and {{{{User}}}} and <USER>", "Ilse", "Writer") == "Ilse and Writer and Writer"


def test_v1_5_the_first_message_and_the_examples_are_kept_as_they_are():
    card = read_card(dump(v1()))
    assert (card.first_mes, card.mes_example) == (v1()["first_mes"], v1()["mes_example"])


@pytest.mark.parametrize(
    "raw", [v1(), v2(), v3(), {**v3(), "spec_version": "3.5"}], ids=["v1", "v2", "v3", "v3.5"]
)
def test_v3_1_what_is_written_says_3_0_and_has_its_mandatory_fields(raw):
    for body in (
        write_json(read_card(dump(raw))),
        dump(card_in(write_png(read_card(dump(raw)), png()), "ccv3")),
    ):
        tree = json.loads(body)
        assert (tree["spec"], tree["spec_version"]) == ("chara_card_v3", "3.0")
        assert isinstance(tree["data"]["group_only_greetings"], list)


@pytest.mark.parametrize("uri", ["embedded://a.png", "embeded://a.png", "__asset:a.png"])
def test_v3_6_all_three_spellings_are_read_and_one_is_written(uri):
    card = read_card(charx(v3(assets=[asset(uri)]), {"a.png": png()}))
    assert card.file(uri) == png()
    for body in (write_json(card), write_charx(card)):
        assert b"embedded://" not in body
    assert card.portrait == png()


def test_v3_9_text_ids_and_patterns_of_entries_are_kept_and_missing_ones_are_no_patterns():
    card = read_card(dump(v3(character_book=book(entry(id="x", use_regex=True), entry()))))
    first, second = card.character_book["entries"]
    assert (first["id"], first["use_regex"], second["use_regex"]) == ("x", True, False)


@pytest.mark.parametrize(
    "case", [c for c in archive_cases() if c.outcomes == ("refused",)], ids=lambda c: c.id
)
def test_c5_a_broken_archive_is_one_typed_error(case):
    with pytest.raises(CardError) as caught:
        read_card(case.build())
    assert str(caught.value).endswith(".")


def test_l1_every_field_of_book_and_entry_survives_every_form():
    whole = book(
        entry(
            use_regex=False,
            priority=3,
            name="n",
            case_sensitive=True,
            comment="c",
            id=4,
            x=[1],
            secondary_keys=["s"],
        ),
        x_book={"y": 1},
    )
    raw = v3(character_book=whole)
    card = read_card(dump(raw))
    bodies = (
        write_json(card),
        write_png(card, png()),
        write_charx(card),
        write_json(card, 2),
        write_png(card, png(), 2),
    )
    for body in bodies:
        assert read_card(body).character_book == whole


def test_s1_s2_limits_are_counted_while_unpacking():
    assert (MOST_ENTRIES, MOST_ASSET, MOST_TOTAL) == (40_000, 50 << 20, 512 << 20)
    started = time.process_time()
    with pytest.raises(CardError, match="32 MB"):
        read_card(bomb("card.json", 64 << 20))
    card = read_card(bomb("a.png", 64 << 20, card__json=dump(v3(assets=[asset("embeded://a.png")]))))
    assert "too large" in said(card)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(("levels", "fine"), [(256, True), (257, False), (100_000, False)])
def test_s5_depth_is_counted_before_anything_is_built(levels, fine):
    body = nested(levels)
    if fine:
        card = read_card(body)
        assert json.loads(write_json(card, 2)) == json.loads(body)
    else:
        with pytest.raises(CardError, match="256 levels"):
            read_card(body)


def test_s6_patterns_of_strangers_are_stopped_and_all_together_have_half_a_second():
    slow = [entry(keys=["/(a|aa)+$/", f"/(a+)+{n}$/"], use_regex=False) for n in range(40)]
    started = time.process_time()
    outcome = activate(
        entries_of(book(*slow)),
        [Said("a" * 20_000 + "!")],
        LoreSettings(),
        random.Random(0),
        lambda text: len(text),
    )
    assert time.process_time() - started < 2
    assert outcome.slow


def test_s7_scripts_are_kept_and_told_as_never_run():
    scripts = {"regex_scripts": [{"findRegex": "(a+)+$"}], "risuai": {"triggerscript": [{"x": 1}]}}
    card = read_card(dump(v3(extensions=scripts)))
    assert "never run" in said(card)
    assert card.extensions == scripts


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "Dr. Who: Reborn?", "CON", "a/b\\c", ".", "😀" * 300, "\0"]
)
def test_s8_the_name_stays_as_it_is_and_names_no_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    card = read_card(
        charx(v3(name=name, assets=[asset("__asset:1", name=name, type=name, ext=name)]), {"1": png()})
    )
    again = read_card(write_charx(card))
    assert again.name == name
    assert again.file(again.assets[0].uri) == png()
    assert list(tmp_path.iterdir()) == []


def test_s9_nothing_of_this_program_but_the_sheet_goes_into_a_card():
    tree = new_card("Ilse").as_v3()
    assert tree["data"]["extensions"] == {}
    assert not {"fav", "chat", "create_date"} & (set(tree) | set(tree["data"]))
