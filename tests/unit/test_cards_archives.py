"""Cards in archives: CHARX, behind pictures, and those of Backyard; what is inside is found, kept and never trusted."""

import io
import json
import zipfile

import pytest

from charstudio.cards import left_behind, new_card, read_card, write_charx, write_json, write_png
from charstudio.cards.archive import is_safe
from charstudio.errors import CardError
from tests.unit.cards_archives import JPEG, PLAIN, byaf, charx, twins, zipped
from tests.unit.cards_corpus import apng, asset, chunks_of, dump, png, text, v1, v2, v3

MAIN = "assets/icon/images/main.png"


def said(card) -> str:
    return " ".join(card.warnings)


def refusal(body: bytes) -> str:
    with pytest.raises(CardError) as caught:
        read_card(body)
    return str(caught.value)


def files_in(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_c1_only_the_card_at_the_root_counts():
    card = read_card(charx(files={MAIN: png(), "xcard.json": dump(v3(name="No")), "a/card.json": b"{}"}))
    assert (card.name, card.format, card.warnings) == ("Ilse Marn", "charx", ())
    assert "folder" in refusal(zipped({"a/card.json": dump(v3())}))


def test_c1_two_cards_of_one_name_are_told_and_the_first_is_taken():
    card = read_card(twins())
    assert card.name == "Ilse Marn"
    assert "twice" in said(card)


def test_c1_an_older_card_inside_is_read_with_a_warning():
    assert read_card(charx(v2())).name == "Ilse Marn"
    assert "V3" in said(read_card(charx(v1())))


def test_c2_an_archive_comes_out_as_it_went_in_with_every_file():
    body = charx(
        files={MAIN: png(), "other.json": b'{"x": 1}', "module.risum": b"risu", "assets/x/ü.bin": b"\0\1"}
    )
    written = write_charx(read_card(body))
    before, after = files_in(body), files_in(written)
    assert json.loads(after.pop("card.json")) == json.loads(before.pop("card.json"))
    assert after == before


def test_c2_an_edited_archive_changes_only_what_was_edited():
    card = read_card(charx()).with_fields(description="New.")
    again = read_card(write_charx(card))
    assert again.as_v3() == {**v3(**PLAIN), "data": {**v3(**PLAIN)["data"], "description": "New."}}
    assert again.file("embeded://" + MAIN) == png()


def test_c2_a_picture_card_becomes_an_archive_with_its_portrait_and_its_assets():
    assets = [asset("ccdefault:"), asset("__asset:7", type="emotion", name="happy", ext="webp")]
    card = read_card(png(text("chara-ext-asset_:7", b"QUJD"), text("ccv3", v3(assets=assets))))
    found = files_in(write_charx(card))
    told = json.loads(found["card.json"])["data"]["assets"]
    assert [a["name"] for a in told] == ["main", "happy"]
    paths = [a["uri"].removeprefix("embeded://") for a in told]
    assert found[paths[1]] == b"ABC"
    assert paths[1].startswith("assets/emotion/images/")
    assert found[paths[0]] == png()  # without the card's own texts
    assert all(name.isascii() for name in found)


def test_c2_a_card_without_any_picture_becomes_an_archive_without_one():
    found = files_in(write_charx(new_card("Ilse")))
    assert list(found) == ["card.json"]
    assert "assets" not in json.loads(found["card.json"])["data"]


def test_c2_a_new_portrait_becomes_the_main_icon_and_an_old_one_is_kept():
    card = read_card(dump(v3(assets=[asset("https://x/y.png")])))
    again = read_card(write_charx(card, png()))
    assert [(a.name, a.uri.partition("//")[0]) for a in again.assets] == [
        ("main", "embeded:"),
        ("old main", "https:"),
    ]
    assert again.portrait == png()


@pytest.mark.parametrize("files", [{}, {MAIN: bytes(10)}])
def test_c3_a_card_whose_picture_is_missing_or_no_picture_is_read_all_the_same(files):
    card = read_card(charx(files=files))
    assert card.portrait is None
    assert card.as_v3() == v3(**PLAIN)
    assert ("did not come with it" in said(card)) == (not files)


def test_c3_the_portrait_is_what_the_card_calls_its_main_icon():
    assets = [asset("embeded://a.png", name="other"), asset("embeded://b.png")]
    card = read_card(charx(v3(assets=assets), {"a.png": apng(), "b.png": png()}))
    assert card.portrait == png()


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "a/../b",
        "/a",
        "C:/a",
        "c:a",
        "a\\b",
        "a\0b",
        "a/./b",
        "a//b",
        "",
        "CON",
        "x/nul.png",
        "com1",
        "a\nb",
    ],
)
def test_c4_paths_that_lead_elsewhere_are_not_safe(name):
    assert not is_safe(name)


@pytest.mark.parametrize("name", ["a", "assets/icon/images/main.png", "ä/漢.png", "console.txt", "a b/c..d"])
def test_c4_plain_paths_are_safe(name):
    assert is_safe(name)


def test_c4_what_leads_elsewhere_is_passed_over_and_never_written_again():
    card = read_card(charx(files={MAIN: png(), "../../evil.png": b"x", "/etc/x": b"y"}))
    assert ": 2." in said(card)
    assert set(files_in(write_charx(card))) == {"card.json", MAIN}


def test_c6_an_archive_behind_a_jpeg_is_found_and_stays_behind_it():
    card = read_card(charx(head=JPEG))
    assert (card.format, card.head, card.warnings) == ("jpeg", JPEG, ())
    written = write_charx(card, head=card.head)
    assert written.startswith(JPEG)
    assert read_card(written).as_v3() == card.as_v3()
    assert files_in(written)[MAIN] == png()


def test_v3_5_what_only_fits_into_an_archive_is_told_when_it_stays_behind():
    card = read_card(charx())
    assert ": 1;" in left_behind(card)[0]
    assert left_behind(read_card(dump(v3()))) == ()
    assert read_card(write_json(card)).as_v3() == card.as_v3()
    assert {kind for kind, _data in chunks_of(write_png(card, png()))} == {b"IHDR", b"tEXt", b"IDAT", b"IEND"}


def test_s1_what_a_file_claims_of_its_size_does_not_matter():
    body = charx(method=zipfile.ZIP_STORED)
    at = body.rindex(b"PK\x01\x02")
    huge = body[: at + 24] + b"\xff\xff\xff\x7f" + body[at + 28 :]
    assert read_card(huge).name == "Ilse Marn"


def test_s3_nothing_outside_of_the_card_is_opened(tmp_path):
    (tmp_path / "secret.png").write_bytes(png())
    uris = [
        f"file://{tmp_path}/secret.png",
        f"{tmp_path}/secret.png",
        "embeded://../secret.png",
        "http://127.0.0.1:9/a",
    ]
    card = read_card(charx(v3(assets=[asset(uri) for uri in uris])))
    assert [card.file(uri) for uri in uris] == [None] * 4
    assert card.portrait is None


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("data:image/png;base64,QUJD", b"ABC"),
        ("data:image/svg+xml,%3Csvg/%3E", b"<svg/>"),
        ("data:text/html;base64,QUJD", None),
        ("data:image/png;base64,!", b""),
        ("data:image/png", None),
    ],
)
def test_s4_data_addresses_are_bounded_and_hold_pictures_alone(uri, found):
    assert read_card(dump(v3())).file(uri) == found


# Backyard


def test_b1_a_backyard_archive_becomes_a_whole_card():
    card = read_card(byaf())
    assert (card.format, card.name, card.creator) == ("byaf", "Ilse Marn", "the tests")
    assert card.description == "{{char}} keeps the light. {{user}} is a guest."
    assert (card.scenario, card.first_mes) == ("A storm comes.", "You are wet, {{user}}.")
    assert card.alternate_greetings == ("Again you.",)
    assert card.system_prompt == "Write as {{char}}."
    assert card.mes_example == "<START>\n{{user}}: Hello\n{{char}}: Mind the step."
    entry = card.character_book["entries"][0]
    assert (entry["keys"], entry["content"]) == (["lamp", "oil"], "{{char}} burns oil.")
    assert card.portrait == png()
    assert "talk of 1 messages" in said(card)


def test_b1_what_a_card_has_no_place_for_is_kept():
    kept = read_card(byaf({"x": 1})).extensions["charstudio"]["byaf"]
    assert kept["character"]["x"] == 1
    assert kept["scenarios"][0]["temperature"] == 0.7
    assert kept["scenarios"][1]["narrative"] == "A storm comes."
    assert "messages" not in kept["scenarios"][0]


def test_b1_a_backyard_archive_is_written_as_charx_with_its_picture():
    again = read_card(write_charx(read_card(byaf())))
    assert (again.format, again.portrait) == ("charx", png())
    assert again.assets[0].uri.startswith("embeded://assets/icon/images/")
