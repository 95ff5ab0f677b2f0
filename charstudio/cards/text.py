"""Turns the text of a card into values without ever being hurt by it, and values into text again."""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import math
import re
from typing import Any

from charstudio.cards.notes import Notes
from charstudio.errors import CardError
from charstudio.i18n import _

Json = dict[str, Any]

MOST_TEXT = 32 * 1024 * 1024  # bytes of JSON
MOST_LEVELS = 256
MOST_PARTS = 2_000_000  # objects, lists, strings and commas: more would not fit into memory as values
MOST_CONTAINERS = 500_000  # objects and lists
MOST_DIGITS = 4300  # Python refuses to read or write a longer whole number

_SURROGATES = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def parse(body: bytes, notes: Notes) -> Any:
    """Read JSON text; whatever comes back can be written as strict JSON and stored as UTF-8.

    Raises `CardError` alone. Depth and number of parts are counted before anything is built.
    """
    body = _as_utf8(body, notes)
    _check_shape(body)
    value = _decode(_text(body, notes), notes)
    if _SURROGATE_ESCAPE.search(body):
        whole = [value]
        _mend(whole, notes)
        value = whole[0]
    return value


def starts_like_json(body: bytes) -> bool:
    """Whether a file begins the way JSON objects and lists do (byte order marks aside)."""
    if body.startswith(_UTF16):
        return True
    return body[:4096].removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[")


def dump(value: Any, *, ascii_only: bool = False) -> bytes:
    """Write strict JSON on one line, UTF-8 without a byte order mark."""
    return json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, separators=(",", ":")).encode()


def clean(value: Any) -> Any:
    """A copy of a value given by the program, fit for a card; `CardError` when it is not JSON."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise CardError(_("This cannot be stored in a card: it holds something JSON cannot say.")) from exc
    return parse(_SURROGATES.sub("\ufffd", text).encode(), Notes())


def copied(value: Any) -> Any:
    """A copy down to the last list, so that nobody can change a card by changing what it gave."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def from_base64(payload: bytes) -> bytes:
    """Decode base64 as it is found: wrapped, URL-safe, unpadded; any other character is refused."""
    plain = payload.translate(_URL_SAFE, b" \t\r\n\f\v").rstrip(b"=")
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise CardError(_("The card text inside the picture is damaged (it is not valid base64).")) from exc


def _as_utf8(body: bytes, notes: Notes) -> bytes:
    if body.startswith(_UTF16):
        notes.say(_("The file was written as UTF-16 instead of UTF-8; it was read all the same."))
        body = body[: 2 * MOST_TEXT + 4].decode("utf-16", "replace").encode("utf-8", "replace")
    body = body.removeprefix(codecs.BOM_UTF8)
    if len(body) > MOST_TEXT:
        raise CardError(
            _("The card's text is larger than {limit} MB; make it smaller to read it.", limit=MOST_TEXT >> 20)
        )
    return body


def _check_shape(body: bytes) -> None:
    """Refuse text that would become too many or too deeply nested values.

    Without escaped quotes every second piece between quotes lies outside of strings.
    """
    bare = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    strings = bare.count(b'"') // 2
    if strings > MOST_PARTS:
        raise CardError(_("The card has too many parts to be read."))
    outside = b"".join(bare.split(b'"')[::2])
    containers = outside.count(b"{") + outside.count(b"[")
    if containers > MOST_CONTAINERS or strings + containers + outside.count(b",") > MOST_PARTS:
        raise CardError(_("The card has too many parts to be read."))
    _check_depth(outside)


def _check_depth(outside: bytes) -> None:
    level = 0
    for bracket in outside.translate(None, _NOT_BRACKETS):
        level += 1 if bracket in b"[{" else -1
        if level > MOST_LEVELS:
            raise CardError(
                _(
                    "The card's text is nested more than {limit} levels deep and is not read.",
                    limit=MOST_LEVELS,
                )
            )


def _text(body: bytes, notes: Notes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    count = text.count("\ufffd") - body.count(b"\xef\xbf\xbd")
    if count > 1000 + len(text) // 8:
        raise CardError(_("The card's text is damaged beyond reading (it is not UTF-8)."))
    notes.say(_("Characters that were damaged (not UTF-8) and are shown as “\ufffd”: {count}.", count=count))
    return text


def _decode(text: str, notes: Notes) -> Any:
    try:
        return _decoder(notes, strict=True).decode(text)
    except json.JSONDecodeError as exc:
        told = _("The file's text is no valid JSON (line {line}, column {column}); it may be cut off.")
        first = CardError(told.format(line=exc.lineno, column=exc.colno))
        if not exc.msg.startswith("Invalid control character"):
            raise first from None
    except (RecursionError, MemoryError, ValueError) as exc:
        raise CardError(_("The card's text is too deeply nested or too large to be read.")) from exc
    try:
        value = _decoder(notes, strict=False).decode(text)
    except (ValueError, RecursionError, MemoryError):
        raise first from None
    notes.say(_("The card's text had line breaks or tabs where JSON does not allow them; they were kept."))
    return value


def _decoder(notes: Notes, *, strict: bool) -> json.JSONDecoder:
    def whole(digits: str) -> Any:
        if len(digits) <= MOST_DIGITS:
            return int(digits)
        notes.say(_("A number with thousands of digits was kept as text."))
        return digits

    def fraction(digits: str) -> Any:
        number = float(digits)
        if math.isfinite(number):
            return number
        notes.say(_("A number too large for any program was kept as text."))
        return digits

    def no_number(_word: str) -> None:
        notes.say(_("Values that are no number (NaN, Infinity) were read as empty."))

    def pairs(found: list[tuple[str, Any]]) -> Json:
        made = dict(found)
        if len(made) != len(found):
            notes.say(_("Some fields stood in the card twice; the last one of each was taken."))
        return made

    return json.JSONDecoder(
        strict=strict,
        parse_int=whole,
        parse_float=fraction,
        parse_constant=no_number,
        object_pairs_hook=pairs,
    )


def _mend(root: Any, notes: Notes) -> None:
    """Replace halves of characters, which neither SQLite nor UTF-8 can hold, in place."""
    waiting, mended = [root], 0
    while waiting:
        place = waiting.pop()
        items = list(place.items()) if isinstance(place, dict) else list(enumerate(place))
        if isinstance(place, dict):
            place.clear()
        for key, value in items:
            key, in_key = _whole(key)
            value, in_value = _whole(value)
            mended += in_key + in_value
            place[key] = value
            if isinstance(value, dict | list):
                waiting.append(value)
    if mended:
        notes.say(_("Half characters that were replaced by “\ufffd”: {count}.", count=mended))


def _whole(value: Any) -> tuple[Any, int]:
    if not isinstance(value, str) or value.isascii():
        return value, 0
    return _SURROGATES.subn("\ufffd", value)
