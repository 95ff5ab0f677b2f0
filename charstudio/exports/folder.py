"""A character as a folder of text files, made for version control: sheet, lore entries, card."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charstudio.cards import Card, card_of, new_card
from charstudio.cards.notes import Notes
from charstudio.cards.text import Json, parse
from charstudio.errors import CardError
from charstudio.exports.cards import change_of
from charstudio.i18n import _
from charstudio.model import Change
from charstudio.sheet import Schema, Sheet

SHEET, CARD, BOOK = "character.md", "card.json", "lore/book.md"
LORE = re.compile(r"lore/(\d{4,6})-[a-z0-9-]{1,48}\.md")
_MARK = re.compile(r"<!-- ([a-z0-9_]{1,60}) (open|private|blind|author)(?: (none|na))? -->")
_ESCAPED = re.compile(r"(?m)^(\\*)(?=## |<!-- )")
_UNESCAPED = re.compile(r"(?m)^(\\*)\\(?=## |<!-- )")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class FromFolder:
    """What a folder holds: the changes that make the sheet, and the card with its lore."""

    changes: tuple[Change, ...]
    card: Card


def folder_of(sheet: Sheet, schema: Schema, card: Card) -> dict[str, bytes]:
    """The files of a character by their paths; a small change of the character changes little text."""
    tree = card.as_v3()
    book = tree["data"].pop("character_book", None)
    files = {SHEET: _sheet_text(sheet, schema).encode(), CARD: _pretty(tree)}
    if book is None:
        return files
    files[BOOK] = _with_head({key: value for key, value in book.items() if key != "entries"}, "")
    for number, entry in enumerate(book["entries"]):
        head = {key: value for key, value in entry.items() if key != "content"}
        files[f"lore/{number:04}-{_slug(entry)}.md"] = _with_head(head, entry["content"])
    return files


def from_folder(files: Mapping[str, bytes], schema: Schema) -> FromFolder:
    """Read such a folder again; files that are none of ours are left alone. `CardError` in a sentence."""
    if SHEET not in files:
        raise CardError(_("This folder holds no character; there is no {file} in it.", file=SHEET))
    text = files[SHEET].decode("utf-8-sig", "replace").replace("\r\n", "\n")
    raw = parse(files[CARD], Notes()) if CARD in files else new_card(_title(text)).raw
    entries = []
    for path in sorted(path for path in files if LORE.fullmatch(path)):
        head, content = _parted(files[path], path)
        entries.append({**head, "content": content})
    data = raw.get("data") if isinstance(raw, dict) else None
    if isinstance(data, dict) and (entries or BOOK in files):
        book = _parted(files[BOOK], BOOK)[0] if BOOK in files else {"extensions": {}}
        data["character_book"] = {**book, "entries": entries}
    return FromFolder(_changes(text, schema), card_of(raw))


def _sheet_text(sheet: Sheet, schema: Schema) -> str:
    parts = [f"# {' '.join(sheet.full_name.split())}"]
    for attribute in schema.attributes.values():
        for value in (v for v in sheet.values if v.attribute == attribute.id):
            state = f" {value.state}" if value.state != "set" else ""
            mark = f"<!-- {attribute.id} {value.know}{state} -->"
            text = _ESCAPED.sub(lambda m: m[1] + "\\", value.text)
            parts.append(f"## {attribute.label}\n{mark}\n\n{text}")
    return "\n\n".join(parts) + "\n"


def _changes(text: str, schema: Schema) -> tuple[Change, ...]:
    found = []
    for section in re.split(r"(?m)^## [^\n]*\n(?=<!-- )", text)[1:]:
        line, _newline, body = section.partition("\n")
        told = _MARK.fullmatch(line.strip())
        if told is None:
            continue
        body = _UNESCAPED.sub(r"\1", body.strip("\n"))
        row = {"attribute": told[1], "know": told[2], "state": told[3] or "set", "text": body}
        if (change := change_of(row, schema)) is not None:
            found.append(change)
    return tuple(found)


def _title(text: str) -> str:
    first = text.partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""


def _with_head(head: Json, body: str) -> bytes:
    """Fields one a line, as JSON (which is YAML too), above the text."""
    lines = [
        f"{key if _PLAIN_KEY.fullmatch(key) else _json(key)}: {_json(value)}" for key, value in head.items()
    ]
    return "\n".join(["---", *lines, "---", body, ""]).encode("utf-8", "replace")


def _parted(body: bytes, path: str) -> tuple[Json, str]:
    text = body.decode("utf-8-sig", "replace")
    start, found, rest = text.partition("\n---\n" if "\n---\n" in text else "\n---\r\n")
    if not start.startswith("---") or not found:
        raise CardError(_("{file} does not begin with its fields between two lines of ---.", file=path))
    head = {}
    for number, line in enumerate(start.replace("\r\n", "\n").split("\n")[1:], 2):
        key, value = _field(line)
        try:
            head[key] = parse(b"[" + value.encode() + b"]", Notes())[0]
        except (CardError, IndexError) as exc:
            raise CardError(_("{file}, line {n}: this field cannot be read.", file=path, n=number)) from exc
    return head, rest.removesuffix("\n").removesuffix("\r")


def _field(line: str) -> tuple[str, str]:
    if line.startswith('"'):
        key, end = json.JSONDecoder().raw_decode(line)
        return str(key), line[end:].lstrip().removeprefix(":")
    key, _colon, value = line.partition(":")
    return key.strip(), value


def _slug(entry: Json) -> str:
    told = str(entry.get("comment") or entry.get("name") or " ".join(entry["keys"][:2])).casefold()
    return re.sub(r"[^a-z0-9]+", "-", told)[:48].strip("-") or "entry"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _pretty(tree: Json) -> bytes:
    return (json.dumps(tree, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n").encode()
