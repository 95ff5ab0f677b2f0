"""The forms in which a character or a talk goes out as files, and what comes in as a whole folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from charstudio import paths
from charstudio.cards import Card, write_charx, write_json, write_png
from charstudio.errors import ExportError
from charstudio.exports.folder import from_folder
from charstudio.exports.folder_files import read_folder
from charstudio.exports.talk_files import talk_of
from charstudio.exports.talks import talk_to_markdown, talks_to_jsonl
from charstudio.i18n import _
from charstudio.model import Change, Character
from charstudio.sheet import Schema
from charstudio.store import Library
from charstudio.store.cast import KeptCard

Format = Literal[
    "auto", "json-v2", "json-v3", "png", "png-v2", "charx", "markdown", "folder",
    "talk-jsonl", "talk-markdown",
]  # fmt: skip
_ENDINGS: dict[str, Format] = {
    ".png": "png",
    ".apng": "png",
    ".json": "json-v3",
    ".charx": "charx",
    ".md": "markdown",
    ".markdown": "markdown",
    ".jsonl": "talk-jsonl",
}


def format_of(out: Path) -> Format:
    """What a file should be, by its ending; a folder that is there is one."""
    form = _ENDINGS.get(out.suffix.lower()) or ("folder" if out.is_dir() else None)
    if form is None:
        raise ExportError(
            _(
                "What {file} should be is not clear; end it in .png, .json, .charx or .md, or name a format.",
                file=out.name,
            )
        )
    return form


def save(out: Path, body: bytes) -> None:
    """Write a whole file or leave what was there; raises `ExportError`."""
    try:
        paths.write_atomically(out, body)
    except OSError as exc:
        why = exc.strerror or exc
        raise ExportError(
            _("{out} could not be written: {why}; choose another place.", out=out, why=why)
        ) from exc


def card_body(card: Card, form: Format, own: bytes | None, picture: Callable[[], bytes]) -> bytes:
    """A card as a file, dated now; `own` is the character's picture, `picture` gives a PNG in any case."""
    date = int(time.time())
    if form == "charx":
        return write_charx(card, own, modification_date=date)
    if form in ("png", "png-v2"):
        return write_png(card, picture(), 2 if form == "png-v2" else 3, modification_date=date)
    return write_json(card, 2 if form == "json-v2" else 3, modification_date=date)


def export_talk(library: Library, character_id: int, user: str, out: Path, form: Format) -> Path:
    """The last talk with a character; as JSONL every branch not in view goes into a file beside `out`."""
    talk = talk_of(library, character_id, user)
    if form == "talk-markdown":
        save(out, talk_to_markdown(talk).encode())
        return out
    (_name, body), *branches = talks_to_jsonl(talk, out.stem)
    for name, branch in branches:
        save(out.with_name(f"{name}.jsonl"), branch)
    save(out, body)
    return out


def import_folder(library: Library, schema: Schema, folder: Path) -> tuple[Character, tuple[str, ...]]:
    """Make a character of a folder of text files; raises `CardError`."""
    files = read_folder(folder)
    found = from_folder(files, schema)
    card = found.card
    kept = KeptCard(card.raw, files.get("card.json", b""), folder.name, card.spec, card.warnings)
    changes = found.changes
    if card.name.strip() and not any(c.attribute == "full_name" for c in changes):
        changes = (Change("full_name", card.name), *changes)
    made = library.cast.take_in(schema, changes, kept, None)
    return library.cast.get(made.id), card.warnings
