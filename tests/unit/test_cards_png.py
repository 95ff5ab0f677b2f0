"""Cards inside pictures: finding them, and replacing them without touching a pixel."""

import base64
import json
import zlib
from io import BytesIO

import pytest
from PIL import Image

from charstudio.cards import describe_picture, new_card, read_card, write_json, write_png
from charstudio.errors import CardError
from tests.unit.cards_corpus import (
    SIGNATURE,
    apng,
    asset,
    book,
    card_in,
    chunk,
    chunks_of,
    dump,
    entry,
    header,
    itxt,
    pixels,
    png,
    text,
    v1,
    v2,
    v3,
    ztxt,
)

GOOD, OTHER = v2(name="Good"), v2(name="Other")
BROKEN = b"=====?"


def said(card) -> str:
    return " ".join(card.warnings)


def refusal(body: bytes) -> str:
    with pytest.raises(CardError) as caught:
        read_card(body)
    return str(caught.value)


@pytest.mark.parametrize(("card", "key"), [(v1(), "chara"), (v2(), "chara"), (v3(), "ccv3")])
def test_p3_a_card_is_found_in_its_picture(card, key):
    body = png(text(key, card))
    found = read_card(body)
    assert found.raw == card
    assert (found.format, found.picture, found.warnings) == ("png", body, ())


def test_p1_a_length_past_the_end_ends_the_walk():
    body = SIGNATURE + header() + text("chara", GOOD) + b"\xff\xff\xff\xf0tEXtccv3\0"
    card = read_card(body)
    assert (card.name, card.picture) == ("Good", None)
    assert "cut off" in said(card)


def test_p1_nothing_is_read_after_the_end():
    assert "without a character card" in refusal(png() + text("chara", GOOD))
    card = read_card(png(text("chara", GOOD)) + text("ccv3", v3(name="Other")))
    assert (card.name, card.warnings) == ("Good", ())


@pytest.mark.parametrize("key", ["chara", "Chara", "CHARA", "ccv3", "CCV3"])
def test_p2_the_keyword_may_be_written_in_any_case_before_or_after_the_pixels(key):
    for body in (png(text(key, v2())), png(after=text(key, v2()))):
        card = read_card(body)
        assert (card.name, card.warnings) == ("Ilse Marn", ())


def test_p2_other_and_empty_and_nameless_texts_are_passed_over():
    others = [text("Software", b"GIMP"), chunk(b"tEXt"), chunk(b"tEXt", b"\0chara"), chunk(b"tEXt", b"chara")]
    assert read_card(png(*others, text("chara", GOOD))).name == "Good"


def test_p4_of_v3_and_v2_the_v3_card_is_taken():
    for order in ([text("chara", OTHER), text("ccv3", v3())], [text("ccv3", v3()), text("chara", OTHER)]):
        card = read_card(png(*order))
        assert (card.spec, card.raw) == ("v3", v3())


@pytest.mark.parametrize("broken", [BROKEN, base64.b64encode(b"{"), base64.b64encode(b"[]"), b"", b"rcc||x"])
def test_p5_a_broken_v3_text_falls_back_to_v2_with_a_warning(broken):
    card = read_card(png(text("ccv3", broken), text("chara", GOOD)))
    assert card.name == "Good"
    assert "V2 copy" in said(card)


def test_p6_of_two_chunks_the_first_is_taken_with_a_warning():
    card = read_card(png(text("chara", GOOD), text("chara", OTHER)))
    assert card.name == "Good"
    assert "several cards" in said(card)


def test_p6_a_broken_first_chunk_gives_way_to_the_second():
    card = read_card(png(text("chara", BROKEN), text("chara", GOOD)))
    assert card.name == "Good"
    assert "passed over" in said(card)


def test_p7_a_wrong_check_sum_is_told_and_the_text_recovered():
    card = read_card(png(text("chara", GOOD, crc=7)))
    assert card.name == "Good"
    assert "check sum" in said(card)


@pytest.mark.parametrize("cut", [1, 12, 13, 20])
def test_p7_cut_pixels_leave_the_text_and_take_the_picture(cut):
    card = read_card(png(text("chara", GOOD))[:-cut])
    assert (card.name, card.picture) == ("Good", None)
    assert "cut off" in said(card)


def test_p7_damaged_pixels_take_the_picture():
    body = SIGNATURE + header() + text("chara", GOOD) + chunk(b"IDAT", b"xx", crc=3) + chunk(b"IEND")
    assert read_card(body).picture is None


@pytest.mark.parametrize(
    "odd", [ztxt("chara", GOOD), itxt("chara", GOOD), itxt("ccv3", GOOD, compressed=True)]
)
def test_p8_compressed_and_international_texts_are_read_with_a_warning_and_never_written(odd):
    card = read_card(png(odd))
    assert card.name == "Good"
    assert "most programs do not read" in said(card)
    written = write_png(card, png(odd))
    assert {kind for kind, _data in chunks_of(written)} == {b"IHDR", b"tEXt", b"IDAT", b"IEND"}


def test_p8_a_proper_text_comes_before_a_compressed_one():
    assert read_card(png(ztxt("ccv3", v3(name="Other")), text("chara", GOOD))).name == "Good"


@pytest.mark.parametrize(
    "broken", [b"not zlib", zlib.compress(b"A" * 100)[:-9], zlib.compress(bytes(40_000_000))]
)
def test_p8_a_compressed_text_that_is_broken_or_too_large_is_refused(broken):
    assert "compressed card text" in refusal(png(ztxt("chara", broken)))


def test_p9_assets_of_risuai_count_as_there_and_follow_the_card_to_a_new_portrait():
    assets = [asset("__asset:0"), asset("__asset:1", type="emotion")]
    files = [text("chara-ext-asset_:0", b"QUJD"), text("chara-ext-asset_1", b"REVG")]
    card = read_card(png(*files, text("ccv3", v3(assets=assets))))
    assert card.warnings == ()
    moved = read_card(write_png(card, png()))
    assert [data for kind, data in chunks_of(moved.picture) if data.startswith(b"chara-ext")] == [
        b"chara-ext-asset_:0\0QUJD",
        b"chara-ext-asset_1\0REVG",
    ]
    assert moved.warnings == ()


def test_p10_and_p12_only_card_texts_change_in_an_animated_picture():
    old = apng(
        text("Chara", OTHER), text("ccv3", OTHER), text("Software", b"GIMP"), chunk(b"iCCP", b"p\0\0x")
    )
    card = read_card(old).with_fields(name="New")
    new = write_png(card, old)
    assert read_card(new).format == "apng"

    def others(body: bytes) -> list:
        keys = (b"chara\0", b"ccv3\0")
        return [(k, d) for k, d in chunks_of(body) if not d.lower().startswith(keys)]

    assert others(new) == others(old)
    assert card_in(new, "chara")["data"]["name"] == card_in(new, "ccv3")["data"]["name"] == "New"
    with Image.open(BytesIO(old)) as before, Image.open(BytesIO(new)) as after:
        assert (before.n_frames, after.n_frames) == (2, 2)
        for frame in range(2):
            before.seek(frame)
            after.seek(frame)
            assert before.tobytes() == after.tobytes()


def test_p11_an_encrypted_card_is_named():
    assert "RisuAI encrypted" in refusal(png(text("chara", b"rcc||rccv1||AAAA")))
    assert "RisuAI encrypted" in refusal(png(text("ccv3", base64.b64encode(b"rcc||rccv1||AAAA"))))


def test_p11_an_old_backyard_card_is_named_and_a_photograph_is_not():
    hidden = base64.b64encode(dump(v1()))
    assert "Faraday" in refusal(png(chunk(b"eXIf", b"II*\0ASCII\0\0\0" + hidden)))
    assert "without a character card" in refusal(png(chunk(b"eXIf", b"II*\0\x08\0\0\0Canon EOS 5D")))


def test_p12_chara_then_ccv3_stand_before_every_other_text():
    new = write_png(read_card(dump(v3())), png(text("Software", b"x"), after=text("chara", OTHER)))
    texts = [data.split(b"\0")[0] for kind, data in chunks_of(new) if kind == b"tEXt"]
    assert texts == [b"chara", b"ccv3", b"Software"]


def test_p12_without_other_texts_the_card_stands_before_the_end():
    new = write_png(read_card(dump(v3())), png())
    assert [kind for kind, _data in chunks_of(new)] == [b"IHDR", b"IDAT", b"tEXt", b"tEXt", b"IEND"]


def test_p13_the_backfill_is_plain_v2_with_a_word_of_warning():
    whole = v3({"x_root": 1}, x_strange=1, assets=[asset("data:image/png;base64,AAAA")])
    copy = card_in(write_png(read_card(dump(whole)), png()), "chara")
    assert set(copy) == {"spec", "spec_version", "data"}
    assert (copy["spec"], copy["spec_version"]) == ("chara_card_v2", "2.0")
    gone = ("nickname", "assets", "group_only_greetings", "source", "creation_date", "x_strange")
    assert not set(gone) & set(copy["data"])
    assert copy["data"]["extensions"] == whole["data"]["extensions"]
    assert copy["data"]["creator_notes"].startswith("This is the short V2 copy")
    assert copy["data"]["creator_notes"].endswith("Be kind to her.")
    assert copy["data"]["character_book"]["entries"][1]["content"] == "Oil is dear."
    assert not any("use_regex" in item for item in copy["data"]["character_book"]["entries"])


def test_p13_a_v2_export_is_the_whole_card_without_that_warning():
    card = read_card(dump(v3()))
    new = write_png(card, png(text("ccv3", OTHER)), 2)
    assert card_in(new, "chara") == json.loads(write_json(card, 2))
    assert b"ccv3" not in new


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        ("@@depth 3\nText", "Text"),
        ("\n\n@@depth 3\n\n@@@role user\n\n\n  Text\n@@not one", "  Text\n@@not one"),
        ("No @@ here", "No @@ here"),
        ("\n\nText", "\n\nText"),
        ("@@alone", ""),
    ],
)
def test_p13_decorators_leave_the_backfill(content, plain):
    card = new_card("A", character_book=book(entry(content=content)))
    written = write_png(card, png())
    assert card_in(written, "chara")["data"]["character_book"]["entries"][0]["content"] == plain
    assert card_in(written, "ccv3")["data"]["character_book"]["entries"][0]["content"] == content


@pytest.mark.parametrize("picture", [b"", b"\xff\xd8\xff", SIGNATURE, png()[:-3], png()[:60], dump(v2())])
def test_a_card_is_only_written_into_a_whole_png(picture):
    with pytest.raises(CardError):
        write_png(new_card("A"), picture)


def test_e2_base64_is_read_wrapped_unpadded_and_url_safe():
    plain = base64.b64encode(dump(v2(description="ÿþ~~~???>>>ÿÿ")))
    assert b"+" in plain or b"/" in plain
    wrapped = b"\r\n".join(plain[at : at + 76] for at in range(0, len(plain), 76))
    safe = plain.translate(bytes.maketrans(b"+/", b"-_"))
    for payload in (plain, wrapped, plain.rstrip(b"="), safe, safe.rstrip(b"=") + b"\n"):
        card = read_card(png(text("chara", payload)))
        assert (card.description, card.warnings) == ("ÿþ~~~???>>>ÿÿ", ())


@pytest.mark.parametrize("bad", ["!", "\xe9", "\0", "=A", "%"])
def test_e2_other_characters_in_base64_are_refused(bad):
    plain = base64.b64encode(dump(v2()))
    body = plain[:40] + bad.encode("latin-1") + plain[40:]
    assert "base64" in refusal(png(text("chara", body)))


def test_e2_base64_is_written_padded_on_one_line_and_ascii_inside():
    new = write_png(read_card(dump(v2(name="Jürgen 😀"))), png())
    for kind, data in chunks_of(new):
        if kind == b"tEXt":
            assert base64.b64decode(data.split(b"\0", 1)[1], validate=True).isascii()
    assert card_in(new, "ccv3")["data"]["name"] == "Jürgen 😀"


def test_plain_json_in_a_text_chunk_is_read_with_a_warning():
    card = read_card(png(text("chara", dump(v2(name="Jürgen")))))
    assert card.name == "Jürgen"
    assert "plain JSON" in said(card)


def test_s4_a_picture_of_too_many_pixels_is_never_handed_on():
    card = read_card(png(text("chara", GOOD), size=(20_000, 20_000)))
    assert (card.name, card.picture) == ("Good", None)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_s4_the_size_of_a_picture_is_read_from_its_header(kind):
    out = BytesIO()
    Image.new("RGB", (37, 19)).save(out, kind)
    assert describe_picture(out.getvalue()) == (37, 19, f"image/{kind.lower()}")


@pytest.mark.parametrize("how", [{"lossless": True}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}])
def test_s4_all_kinds_of_webp_tell_their_size(how):
    out = BytesIO()
    Image.new("RGB", (370, 190)).save(out, "WEBP", **how)
    assert describe_picture(out.getvalue()) == (370, 190, "image/webp")


@pytest.mark.parametrize(
    "body", [b"", b"BM", SIGNATURE, SIGNATURE + header(0, 5), b"\xff\xd8\xff\xe0", b"GIF89a"]
)
def test_s4_what_is_no_picture_is_refused(body):
    with pytest.raises(CardError):
        describe_picture(body)


def test_s4_a_picture_that_claims_to_be_huge_is_only_described():
    assert describe_picture(SIGNATURE + header(100_000, 90_000)) == (100_000, 90_000, "image/png")


def test_the_corpus_pictures_are_real_pictures():
    for body in (png(), apng()):
        with Image.open(BytesIO(body)) as image:
            assert image.size == (3, 2)
    assert pixels() in png()
