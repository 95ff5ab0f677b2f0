"""Cards damaged at random: a card or one typed error, no socket, no file written, no hang."""

from __future__ import annotations

import builtins
import random
import socket
import time

import pytest

from charstudio.cards import read_book, read_card, write_charx, write_json, write_png
from charstudio.errors import CardError
from tests.unit.cards_archives import ARCHIVES, TEXTGEN, byaf, charx
from tests.unit.cards_corpus import CASES, apng, dump, itxt, png, text, unknown_everywhere, v2, v3, ztxt

SECONDS = 5.0
TOKENS = (
    b"\0", b"\xff", b"{", b"}", b"[", b"]", b'"', b"\\", b"\\ud800", b"null", b"1e999", b"-1", b'":', b",", b"\n",
    b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04", b"IEND", b"tEXt", b"chara\0", b"ccv3\0", b"\xff\xff\xff\xff",
    b"../", b"embeded://", b"data:image/png;base64,", b"@@depth 4\n", b"true", b"{}", b"[]", b"\x89PNG\r\n\x1a\n",
)  # fmt: skip


def seeds() -> list[bytes]:
    small = [
        case.build()
        for case in (*CASES, *ARCHIVES)
        if not any(n in case.id for n in ("MB", ",000", "bomb", "large", ",001"))
    ]
    more = [
        charx(),
        byaf(),
        TEXTGEN.encode(),
        dump(unknown_everywhere()),
        png(text("ccv3", v3()), text("chara", v2())),
    ]
    more += [apng(text("chara", v2())), png(ztxt("chara", v2())), png(itxt("ccv3", v3()))]
    return [body for body in (*small, *more) if 0 < len(body) < 20_000]


def mutated(body: bytes, others: list[bytes], chance: random.Random) -> bytes:
    made = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(made) + 1)
        to = min(len(made), at + chance.choice((0, 1, 1, 2, 4, 30)))
        how = chance.randrange(7)
        if how == 0 and made:
            made[at % len(made)] ^= 1 << chance.randrange(8)
        elif how == 1:
            made[at:to] = chance.choice(TOKENS)
        elif how == 2:
            del made[at:to]
        elif how == 3:
            made[at:at] = made[at:to] * chance.choice((2, 2, 50))
        elif how == 4:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            made[at:at] = other[start : start + chance.choice((4, 40, 400))]
        elif how == 5:
            made[at:to] = chance.randbytes(to - at)
        else:
            del made[at:]
    return bytes(made)


@pytest.fixture
def nothing_outside(monkeypatch):
    """No socket opens, no file is opened for writing, while cards are read."""

    def refused(*words, **_more):
        raise AssertionError(f"something outside was touched: {words}")

    opened = builtins.open

    def reading(file, mode="r", *words, **more):
        assert not set(mode) & set("wax+"), f"{file} was opened for writing"
        return opened(file, mode, *words, **more)

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    monkeypatch.setattr(builtins, "open", reading)


def survives(body: bytes) -> bool:
    """Whether these bytes are a card, which then can be written in every form; else one proper sentence."""
    try:
        card = read_card(body, "fuzz")
    except CardError as exc:
        sentence = str(exc)
    else:
        for written in (write_json(card), write_json(card, 2), write_png(card, png()), write_charx(card)):
            read_card(written)
        return True
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return False


def holds_a_book(body: bytes) -> bool:
    try:
        read_book(body, "fuzz")
    except CardError:
        return False
    return True


def hurt(count: int, seed: int) -> tuple[int, int]:
    """Read, and where that works write, so many damaged cards; how many were cards, and how many books."""
    chance, all_seeds = random.Random(seed), seeds()
    cards = books = 0
    for _ in range(count):
        body = mutated(chance.choice(all_seeds), all_seeds, chance)
        started = time.process_time()
        cards += survives(body)
        books += holds_a_book(body)
        assert time.process_time() - started < SECONDS
    return cards, books


@pytest.mark.usefixtures("nothing_outside")
def test_damaged_cards_are_cards_or_one_typed_error():
    cards, books = hurt(2_000, 1)
    assert cards > 200
    assert books > 100


@pytest.mark.long
@pytest.mark.usefixtures("nothing_outside")
@pytest.mark.parametrize("part", range(10))
def test_a_hundred_thousand_damaged_cards(part):
    cards, _books = hurt(10_000, 100 + part)
    assert cards > 1_000
