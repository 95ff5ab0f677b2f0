"""Opens a card file, whatever its form, and says what was odd about it or why it is no card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from charstudio.cards import png
from charstudio.cards.archive import holds_archive, open_archive
from charstudio.cards.byaf import card_from_byaf, is_byaf
from charstudio.cards.card import Card, Format, built
from charstudio.cards.charx import CARD, card_from_charx
from charstudio.cards.notes import Notes
from charstudio.cards.refuse import no_card_inside, recognise, what_it_is
from charstudio.cards.text import from_base64, parse, starts_like_json
from charstudio.cards.yaml_text import is_yaml_card, parse_yaml
from charstudio.errors import CardError
from charstudio.i18n import _

MOST_BYTES = 96 * 1024 * 1024
_TRIES = 2  # how many texts of one kind are tried before the picture is given up
_LONGEST_NAME = 80
_ENCRYPTED = b"rcc||"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def read_card(body: bytes, name: str = "") -> Card:
    """Read a character card from any form it is found in.

    That is V1, V2, V3, Pygmalion and TextGen as JSON or YAML, PNG, APNG, CHARX (also behind a JPEG)
    and BYAF. `name` is the file's name, for messages only. Raises `CardError`, and nothing else, with
    one sentence that says what the file is instead and what to do.
    """
    file = spoken(name)
    if png.is_png(body):
        _check_size(body, file)
        return _from_png(body, file)
    if starts_like_json(body):
        _check_size(body, file)
        notes = Notes()
        return built(parse(body, notes), notes, file=file)
    if holds_archive(body):
        return _from_archive(body, file)
    if is_yaml_card(body):
        notes = Notes()
        return built(parse_yaml(body, notes), notes, file=file, kind="yaml")
    raise what_it_is(body, file)


def _check_size(body: bytes, file: str) -> None:
    if len(body) > MOST_BYTES:
        raise CardError(
            _("{file} is larger than {limit} MB and is not read.", file=file, limit=MOST_BYTES >> 20)
        )


def _from_archive(body: bytes, file: str) -> Card:
    notes = Notes()
    alone = body.startswith(_ZIP)
    try:
        archive = open_archive(body, notes)
    except CardError:
        if alone:
            raise
        raise what_it_is(body, file) from None
    if CARD not in archive.names and is_byaf(archive):
        raw = card_from_byaf(archive, file, notes)
        return built(raw, notes, file=file, kind="byaf", archive=archive)
    if CARD not in archive.names and not alone:
        raise what_it_is(body, file)
    raw = card_from_charx(archive, file, notes)
    head = b"" if alone else bytes(body[: archive.start])
    kind: Format = "jpeg" if head else "charx"
    return built(raw, notes, file=file, kind=kind, archive=archive, head=head)


def spoken(name: str) -> str:
    """How a sentence calls a file."""
    if not name:
        return _("This file")
    short = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return "“" + "".join(sign if sign.isprintable() else "\ufffd" for sign in short) + "”"


def _from_png(body: bytes, file: str) -> Card:
    parts = png.look_into(body)
    if not parts.cards and holds_archive(body):
        return _from_archive(body, file)
    if not parts.cards:
        raise no_card_inside(parts.exif, file, ended=parts.ended)
    raw, notes = _first_good(parts.cards, file)
    if not parts.usable:
        notes.say(
            _("The picture is cut off, damaged or far too large to be shown; the card's text was read.")
        )
    picture = body if parts.usable else None
    kind: Format = "apng" if parts.animated else "png"
    card = built(raw, notes, file=file, picture=picture, kind=kind, assets=parts.assets)
    return replace(card, carrier=body)


def _first_good(found: tuple[png.Chunk, ...], file: str) -> tuple[Any, Notes]:
    """The first text that is a card: V3 before V2, proper chunks before compressed ones."""
    failures: list[tuple[png.Chunk, CardError]] = []
    for chunk in _in_order(found):
        notes = Notes()
        try:
            raw = _opened(chunk, notes, file)
            spec = recognise(raw, file, Notes())
        except CardError as exc:
            failures.append((chunk, exc))
            continue
        _note_chunk(chunk, spec, notes)
        _note_choice(chunk, found, [failed for failed, _exc in failures], notes)
        return raw, notes
    raise failures[0][1]


def _in_order(found: tuple[png.Chunk, ...]) -> Iterator[png.Chunk]:
    for proper in (True, False):
        for keyword in png.CARD_KEYS:
            same = (c for c in found if c.keyword == keyword and (c.kind == b"tEXt") == proper)
            yield from islice(same, _TRIES)


def _opened(chunk: png.Chunk, notes: Notes, file: str) -> Any:
    text = png.payload(chunk).strip()
    if starts_like_json(text):
        notes.say(_("The card's text stood in the picture as plain JSON instead of base64."))
    elif not text.startswith(_ENCRYPTED):
        text = from_base64(text)
    if text.startswith(_ENCRYPTED):
        raise CardError(
            _("{file} is a card that RisuAI encrypted; export it there again without protection.", file=file)
        )
    return parse(text, notes)


def _note_chunk(chunk: png.Chunk, spec: str, notes: Notes) -> None:
    if not chunk.sound:
        notes.say(_("The check sum of the card's text does not fit: the picture was damaged or edited."))
    if chunk.kind != b"tEXt":
        notes.say(_("The card's text lies in a kind of PNG chunk that most programs do not read."))
    if spec == "v3" and chunk.keyword == "chara":
        notes.say(_("The V3 card lies where a V2 card belongs; some programs may not read it."))


def _note_choice(
    chosen: png.Chunk, found: tuple[png.Chunk, ...], failed: list[png.Chunk], notes: Notes
) -> None:
    if any(chunk.keyword == chosen.keyword for chunk in failed):
        notes.say(_("A damaged card text in the picture was passed over; another one was taken."))
    elif failed:
        notes.say(_("The V3 text of the card is damaged; the simpler V2 copy beside it was taken."))
    elif sum(chunk.keyword == chosen.keyword for chunk in found) > 1:
        notes.say(_("The picture holds several cards of one kind; the first one was taken."))
