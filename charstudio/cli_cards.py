"""The verbs of the command line about card files and lorebooks; they need no library and open no socket."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charstudio import paths
from charstudio.errors import CardError, ExportError, UsageError
from charstudio.i18n import _

if TYPE_CHECKING:
    from charstudio.cards import Card
    from charstudio.talk.lore_entry import LoreEntry
    from charstudio.talk.lore_values import Outcome

FORMATS = ("auto", "json", "json-v2", "json-v3", "png", "png-v2", "png-v3", "apng", "charx")
LARGEST = 256 * 1024 * 1024
_SLICE = 1024 * 1024  # characters of one text that are written at once
_ITEMS = 200  # of one list
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


def add_lore_words(parser: argparse.ArgumentParser) -> None:
    """What can be said after `charstudio lore`."""
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    read = what.add_parser("read", help=_("what a lorebook holds, and what is odd about it"))
    read.add_argument("file", metavar="BOOK")
    read.add_argument("--json", action="store_true", help=_("print JSON"))
    read.set_defaults(act=_lore_read)
    write = what.add_parser("write", help=_("the same lorebook in another form"))
    write.add_argument("file", metavar="IN")
    write.add_argument("out", metavar="OUT")
    write.add_argument("--format", choices=("lorebook", "world-info"), default="lorebook")
    write.set_defaults(act=_lore_write)
    test = what.add_parser("test", help=_("which entries a text wakes, which not, and why"))
    test.add_argument("file", metavar="BOOK")
    test.add_argument(
        "--text",
        required=True,
        metavar="FILE",
        help=_("messages, an empty line between two; - reads what is piped in"),
    )
    test.add_argument("--json", action="store_true", help=_("print JSON"))
    test.add_argument(
        "--scan-depth",
        type=int,
        default=2,
        metavar="N",
        help=_("messages that are searched, unless the book says"),
    )
    test.add_argument(
        "--context", type=int, default=8192, metavar="N", help=_("the model’s context in tokens")
    )
    test.add_argument("--char", default="", metavar="NAME", help=_("who speaks (for {{char}} and filters)"))
    test.add_argument("--user", default="", metavar="NAME", help=_("who writes (for {{user}})"))
    test.add_argument("--seed", type=int, default=0, metavar="N", help=_("for entries that depend on chance"))
    test.set_defaults(act=_lore_test)


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
    if picture is None and card.carrier is not None:
        # A picture that must not be shown can carry a card all the same, if its pieces are whole.
        with contextlib.suppress(CardError):
            return write_png(card, card.carrier, version, modification_date=date)  # type: ignore[arg-type]
    return write_png(card, _png_for(card, picture, warnings), version, modification_date=date)  # type: ignore[arg-type]


def _png_for(card: Card, picture: bytes | None, warnings: list[str]) -> bytes:
    """The picture a card is written into: the one given, its own, or a plate with its first letter."""
    from charstudio.portraits import as_png, letter_plate

    found = picture or card.picture or card.portrait
    if found is not None:
        return found if found.startswith(b"\x89PNG\r\n\x1a\n") else as_png(found)
    warnings.append(_("The card has no portrait; a plate with its first letter was drawn."))
    return letter_plate(card.nickname or card.name, "", 512)


# Lorebooks


def _lore_read(options: argparse.Namespace) -> int:
    from charstudio.cards import read_book

    file = Path(options.file)
    book = read_book(read_bytes(file), file.name)
    if not options.json:
        print(_("{name}\t{n} entries", name=book.name, n=len(book.view["entries"])))
        _print_warnings(book.warnings)
        return 0
    found = {"book": book.view, "kind": book.kind, "warnings": list(book.warnings)}
    for piece in _json_pieces(found):
        sys.stdout.write(piece)
    print()
    return 0


def _lore_write(options: argparse.Namespace) -> int:
    from charstudio.cards import read_book, write_book

    file = Path(options.file)
    book = read_book(read_bytes(file), file.name)
    _save(Path(options.out), write_book(book.view, options.format))
    print(options.out)
    _print_warnings(book.warnings)
    return 0


def _lore_test(options: argparse.Namespace) -> int:
    from charstudio.cards import read_book
    from charstudio.talk.lore import activate
    from charstudio.talk.lore_entry import entries_of
    from charstudio.talk.lore_places import gathered
    from charstudio.talk.lore_values import LoreSettings, Said
    from charstudio.talk.macros import Names, expanded, matchable

    file = Path(options.file)
    book = read_book(read_bytes(file), file.name)
    body = sys.stdin.buffer.read() if options.text == "-" else read_bytes(Path(options.text))
    parts = [part.strip() for part in re.split(r"\n[ \t\r]*\n", body.decode("utf-8-sig", "replace"))]
    messages = [Said(matchable(part)) for part in parts if part]
    names = Names(options.char or _("Voice"), options.user or _("Writer"))
    entries = gathered([("character", entries_of(book.view, "book"))])
    how = LoreSettings(
        scan_depth=options.scan_depth,
        context=options.context,
        character=options.char,
        expand=lambda text: expanded(text, names, seed=str(options.seed)),
        reveal=lambda text: expanded(text, names, seed=str(options.seed), hidden=True),
    )
    chance = random.Random(options.seed)  # noqa: S311 - not secrets
    outcome = activate(entries, messages, how, chance, lambda text: len(text) // 3 + 1)
    if options.json:
        found = {**_outcome_json(outcome), "messages": len(messages), "warnings": list(book.warnings)}
        print(json.dumps(found, ensure_ascii=False))
        return 0
    _print_outcome(outcome)
    _print_warnings(book.warnings)
    return 0


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    from charstudio.talk.lore_places import placed
    from charstudio.talk.lore_values import sentence

    active = [
        {
            **_entry_json(one.entry),
            "reason": one.reason,
            "why": sentence(one.reason, one.key),
            "place": asdict(one.place),
            "tokens": one.tokens,
            "text": one.text,
        }
        for one in outcome.active
    ]
    skipped = [
        {**_entry_json(one.entry), "reason": one.reason, "why": sentence(one.reason)}
        for one in outcome.skipped
    ]
    texts = [{**asdict(one.place), "text": one.text} for one in placed(outcome.active)]
    return {
        "active": active,
        "skipped": skipped,
        "placed": texts,
        "tokens": outcome.tokens,
        "budget": outcome.budget,
        "slow": list(outcome.slow),
    }


def _entry_json(entry: LoreEntry) -> dict[str, Any]:
    number = int(entry.id.rpartition(".")[2])
    return {"entry": number, "label": entry.label, "keys": [key.text for key in entry.keys]}


def _print_outcome(outcome: Outcome) -> None:
    from charstudio.talk.lore_values import sentence

    for mark, told in (("+", outcome.active), ("-", outcome.skipped)):
        for one in told:
            named = one.entry.label or ", ".join(key.text for key in one.entry.keys) or one.entry.content
            print(f"{mark} {' '.join(named.split())[:60]}\t{sentence(one.reason, getattr(one, 'key', ''))}")
    print(_("{n} of {all} tokens", n=outcome.tokens, all=outcome.budget))
    for key in outcome.slow:
        print(_("A pattern took too long and was given up: {key}", key=key[:80]))


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
        for at in range(0, len(value), _ITEMS):
            yield ", " if at else "["
            part = value[at : at + _ITEMS]
            if len(value) > _ITEMS and not any(isinstance(item, str) and len(item) > _SLICE for item in part):
                yield json.dumps(part, ensure_ascii=False)[1:-1]
                continue
            for number, item in enumerate(part):
                yield ", " if number else ""
                yield from _json_pieces(item, levels - 1)
        yield "]" if value else "[]"
    else:
        yield json.dumps(value, ensure_ascii=False)
