"""Names what a file is when it is no character card, so that the writer knows what to do with it."""

from __future__ import annotations

import re
from typing import Any

from charstudio.cards.fields import V1_TEXTS, V3_FIELDS
from charstudio.cards.notes import Notes
from charstudio.cards.text import Json
from charstudio.cards.versions import Spec, used_name
from charstudio.errors import CardError
from charstudio.i18n import _

_HIDDEN_TEXT = re.compile(rb'[A-Za-z0-9+/]{48}|\{\s{0,8}"|(?:\d{1,3}, ?){4}')
_NUMBER = re.compile(r"\s{0,8}(\d{1,6}(?:\.\d{1,6})?)")
_PACKAGE_KEYS = (
    "dependencies",
    "devDependencies",
    "scripts",
    "main",
    "license",
    "$schema",
    "engines",
    "version",
)
_STORY_KEYS = ("personality", "scenario", "first_mes", "mes_example")


def what_it_is(body: bytes, file: str) -> CardError:
    """The sentence for a file that is neither JSON nor PNG."""
    return CardError(_binary_sentence(body).format(file=file))


def _binary_sentence(body: bytes) -> str:
    if not body.strip():
        return _("{file} is empty; export the card once more.")
    if body.startswith(b"\xff\xd8\xff"):
        return _jpeg_sentence(body)
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        return _webp_sentence(body)
    if body.startswith((b"GIF8", b"BM", b"II*\0", b"MM\0*")):
        return _("{file} is a picture that cannot hold a card; cards come as PNG, JSON or CHARX.")
    if body.startswith(b"%PDF"):
        return _("{file} is a PDF document, no character card; cards come as PNG, JSON or CHARX.")
    if body[:1000].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return _("{file} is a web page, no character card; download the card itself from that page.")
    return _("{file} is no character card; cards come as PNG, JSON or CHARX.")


def _jpeg_sentence(body: bytes) -> str:
    if b"Exif\0" in body[:65536] and hides_text(body[:65536]):
        return _(
            "{file} is a JPEG with an old card in its EXIF data, which is not read; export the card as PNG."
        )
    return _("{file} is a JPEG picture without a card; choose the original PNG or JSON of the card.")


def _webp_sentence(body: bytes) -> str:
    exif = body.rfind(b"EXIF")
    if exif > 0 and hides_text(body[exif + 8 : exif + 1_000_000]):
        return _("{file} is an old Tavern card in WebP form, which is not read; export it as PNG or JSON.")
    return _(
        "{file} is a WebP picture, which cannot hold a card; choose the original PNG or JSON of the card."
    )


def hides_text(exif: bytes) -> bool:
    """Whether EXIF data seem to hold a card (JSON, base64, or a list of byte values) and not camera facts."""
    return _HIDDEN_TEXT.search(exif) is not None


def no_card_inside(exif: bytes, file: str, *, ended: bool) -> CardError:
    """The sentence for a PNG in which no card text was found."""
    if exif and hides_text(exif):
        told = _(
            "{file} is an old Backyard or Faraday card (it lies in the EXIF data), which is not read; "
            "export it from that program as a V2 card."
        )
    elif not ended:
        told = _("{file} is a PNG that is cut off before any card; download it once more.")
    else:
        told = _(
            "{file} is a picture without a character card; chats and web sites often strip it, "
            "so choose the original file."
        )
    return CardError(told.format(file=file))


def recognise(raw: Any, file: str, notes: Notes) -> Spec:
    """Which version of the standard a JSON value follows; `CardError` names what it is instead."""
    if not isinstance(raw, dict):
        raise CardError(_("{file} is JSON but no character card (it is no object).", file=file))
    sentence = _foreign(raw)
    if sentence:
        raise CardError(sentence.format(file=file))
    declared = raw.get("spec")
    if declared in ("chara_card_v2", "chara_card_v3"):
        if not isinstance(raw.get("data"), dict):
            raise CardError(_("{file} is a broken card: its “data” part is missing.", file=file))
        spec: Spec = "v3" if declared == "chara_card_v3" else "v2"
        _note_version(raw.get("spec_version"), spec, notes)
        return spec
    return _undeclared(raw, file, notes)


def _undeclared(raw: Json, file: str, notes: Notes) -> Spec:
    """Cards that say nothing, or something unknown, about their version."""
    data = raw.get("data")
    if isinstance(data, dict) and isinstance(data.get("name"), str) and _is_story(data):
        if raw.get("spec") is None:
            notes.say(_("The card does not say which version it follows; it was read as V2."))
        else:
            notes.say(
                _("The card follows an unknown version of the standard; what could be read was read as V2.")
            )
        return "v2"
    if _is_flat_card(raw):
        if raw.get("spec") is not None:
            notes.say(
                _("The card follows an unknown version of the standard; what could be read was read as V1.")
            )
        return "v1"
    raise CardError(
        _("{file} is JSON but no character card; it has no name with a description or greeting.", file=file)
    )


def _is_story(data: Json) -> bool:
    return any(used_name(data, field) in data for field in V3_FIELDS if field != "name")


def _is_flat_card(raw: Json) -> bool:
    """A name alone proves nothing (many files have one): one more text of a V1 card must be there."""
    key = used_name(raw, "name")
    named = isinstance(raw.get(key), str | int | float) or (key in raw and _tells(raw))
    return named and any(isinstance(raw.get(used_name(raw, field)), str) for field in V1_TEXTS[1:])


def _foreign(raw: Json) -> str:
    """The sentence for well-known JSON files that are no cards; empty for all others."""
    spec, kind = raw.get("spec"), raw.get("kind")
    if spec in ("chara_card_v2", "chara_card_v3"):
        return ""
    if spec == "lorebook_v3" or (kind == "memory" and "entries" in raw):
        return _("{file} is a lorebook, not a character; look at it with `charstudio lore`.")
    if "lorebookVersion" in raw:
        return _("{file} is a NovelAI lorebook, not a character; look at it with `charstudio lore`.")
    if raw.get("type") == "risu" and "data" in raw:
        return _("{file} is a RisuAI lorebook, not a character; look at it with `charstudio lore`.")
    if isinstance(raw.get("entries"), dict | list) and not _tells(raw):
        return _("{file} holds world info (a lorebook), not a character; look at it with `charstudio lore`.")
    if not _tells(raw) and any(key in raw for key in _PACKAGE_KEYS) and "data" not in raw:
        return _("{file} describes a software package (such as package.json), not a character.")
    return ""


def _tells(raw: Json) -> bool:
    """Whether one of the keys is there that only characters have."""
    return any(used_name(raw, field) in raw for field in _STORY_KEYS) or "char_persona" in raw


def _note_version(version: Any, spec: Spec, notes: Notes) -> None:
    ours = 3.0 if spec == "v3" else 2.0
    text = str(version) if isinstance(version, float) else version
    told = _NUMBER.match(text) if isinstance(text, str) else None
    if told is None:
        notes.say(
            _("The card does not say its version number properly; it was read as {version}.", version=ours)
        )
    elif float(told[1]) > ours:
        notes.say(_("The card follows a newer version than this program knows; all that it holds is kept."))
