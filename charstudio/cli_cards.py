"""The verbs of the command line about card files and lorebooks; they need no library and open no socket."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charstudio import paths
from charstudio.errors import CardError, ExportError, UsageError
from charstudio.i18n import _

if TYPE_CHECKING:
    from charstudio.cards import Card

FORMATS = ("auto", "json", "json-v2", "json-v3", "png", "png-v2", "png-v3", "charx")
LARGEST = 256 * 1024 * 1024
_SLICE = 1024 * 1024  # characters of one text that are written at once
_LEVELS = 5


def add_card_words(parser: argparse.ArgumentParser) -> None:
    """What can be said after `charstudio card`."""
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    read = what.add_parser("read", help=_("what a card says, and what is odd about it"))
    read.add_argument("file", metavar="FILE")
    read.add_argument("--json", action="store_true", help=_("print JSON"))
    read.set_defaults(act=_read)
    write = what.add_parser("write", help=_("the same card in another form, with edits laid over it"))
    write.add_argument("file", metavar="IN")
    write.add_argument("out", metavar="OUT")
    write.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", dest="edits")
    write.add_argument("--format", choices=FORMATS, default="auto")
    write.add_argument("--picture", metavar="FILE", help=_("the portrait to write the card into"))
    write.add_argument("--dated", action="store_true", help=_("note the time of writing in the card (V3)"))
    write.add_argument("--json", action="store_true", help=_("print JSON"))
    write.set_defaults(act=_write)


def run(options: argparse.Namespace) -> int:
    """Do what was said; returns the exit code."""
    return int(options.act(options))


# Cards


def _read(options: argparse.Namespace) -> int:
    from charstudio.cards import read_card

    file = Path(options.file)
    card = read_card(read_bytes(file), file.name)
    if not options.json:
        print(card.name)
        _print_warnings(card.warnings)
        return 0
    found = {"card": card.as_v3(), "spec": card.spec, "format": card.format, "warnings": list(card.warnings)}
    for piece in _json_pieces(found):
        sys.stdout.write(piece)
    print()
    return 0


def _write(options: argparse.Namespace) -> int:
    from charstudio.cards import left_behind, read_card, with_edit

    file, out = Path(options.file), Path(options.out)
    card = read_card(read_bytes(file), file.name)
    warnings = list(card.warnings)
    for edit in options.edits:
        place, equals, value = edit.partition("=")
        if not equals:
            raise UsageError(_("“{edit}” is no edit; write it as FIELD=VALUE.", edit=edit))
        card = with_edit(card, place, value)
    form = _form_of(out) if options.format == "auto" else options.format
    warnings += left_behind(card) if form != "charx" else ()
    _save(out, _body(card, form, options, warnings))
    if options.json:
        print(json.dumps({"file": str(out), "format": form, "warnings": warnings}, ensure_ascii=False))
        return 0
    print(out)
    _print_warnings(warnings)
    return 0


def _form_of(out: Path) -> str:
    found = {".json": "json", ".png": "png", ".apng": "png", ".charx": "charx"}
    found |= {".zip": "charx", ".jpeg": "charx", ".jpg": "charx"}
    form = found.get(out.suffix.lower())
    if form is None:
        raise UsageError(
            _(
                "What {file} should be is not clear; end it in .json, .png or .charx, or name a format.",
                file=out.name,
            )
        )
    return form


def _body(card: Card, form: str, options: argparse.Namespace, warnings: list[str]) -> bytes:
    from charstudio.cards import write_charx, write_json, write_png

    date = int(time.time()) if options.dated else None
    picture = read_bytes(Path(options.picture)) if options.picture else None
    if form == "charx":
        head = card.head if Path(options.out).suffix.lower() in (".jpg", ".jpeg") else b""
        return write_charx(card, picture, modification_date=date, head=head)
    named = form.rpartition("-v")[2]
    version = 2 if named == "2" else 3 if named == "3" or card.spec == "v3" else 2
    if form.startswith("json"):
        return write_json(card, version, modification_date=date)  # type: ignore[arg-type]
    return write_png(card, _png_for(card, picture, warnings), version, modification_date=date)  # type: ignore[arg-type]


def _png_for(card: Card, picture: bytes | None, warnings: list[str]) -> bytes:
    """The picture a card is written into: the one given, its own, or a plate with its first letter."""
    from charstudio.portraits import as_png, letter_plate

    found = picture or card.picture or card.portrait
    if found is not None:
        return found if found.startswith(b"\x89PNG\r\n\x1a\n") else as_png(found)
    warnings.append(_("The card has no portrait; a plate with its first letter was drawn."))
    return letter_plate(card.nickname or card.name, "", 512)


# Inside


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; raises `CardError` in a sentence."""
    try:
        if not path.is_file() and path.exists():
            raise CardError(_("{file} is no file.", file=path))
        if path.stat().st_size > LARGEST:
            raise CardError(_("{file} is too large to be a card (over 256 MB).", file=path))
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise CardError(_("There is no file {file}; check the name.", file=path)) from exc
    except (OSError, ValueError) as exc:
        why = os.strerror(exc.errno) if isinstance(exc, OSError) and exc.errno else str(exc)
        raise CardError(_("{file} cannot be read: {why}.", file=path, why=why)) from exc


def _save(out: Path, body: bytes) -> None:
    try:
        paths.write_atomically(out, body)
    except OSError as exc:
        why = exc.strerror or exc
        raise ExportError(
            _("{out} could not be written: {why}; choose another place.", out=out, why=why)
        ) from exc


def _print_warnings(warnings: list[str] | tuple[str, ...]) -> None:
    for warning in warnings:
        print(f"\t{warning}")


def _json_pieces(value: Any, levels: int = _LEVELS) -> Iterator[str]:
    """A value as JSON bit by bit: the largest card is never in memory twice."""
    if isinstance(value, str) and len(value) > _SLICE:
        yield '"'
        for at in range(0, len(value), _SLICE):
            yield json.dumps(value[at : at + _SLICE], ensure_ascii=False)[1:-1]
        yield '"'
    elif isinstance(value, dict) and levels:
        for number, (key, item) in enumerate(value.items()):
            yield f"{', ' if number else '{'}{json.dumps(key, ensure_ascii=False)}: "
            yield from _json_pieces(item, levels - 1)
        yield "}" if value else "{}"
    elif isinstance(value, list) and levels:
        for number, item in enumerate(value):
            yield ", " if number else "["
            yield from _json_pieces(item, levels - 1)
        yield "]" if value else "[]"
    else:
        yield json.dumps(value, ensure_ascii=False)
