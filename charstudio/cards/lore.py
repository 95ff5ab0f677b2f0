"""Puts the world knowledge inside a card (its lorebook) into the form the standard asks for."""

from __future__ import annotations

import re
from typing import Any

from charstudio.cards.fields import (
    as_object,
    keep,
    number_of,
    our_part,
    set_our_part,
    text_of,
    texts_of,
    truth_of,
)
from charstudio.cards.notes import Notes
from charstudio.cards.text import Json
from charstudio.errors import CardError
from charstudio.i18n import _

PLACES = ("before_char", "after_char")
DEFAULT_ORDER = 100
MOST_ENTRIES = 100_000
_BOOK_KINDS = {
    "name": text_of,
    "description": text_of,
    "scan_depth": number_of,
    "token_budget": number_of,
    "recursive_scanning": truth_of,
}
_ENTRY_KINDS = {
    "content": text_of,
    "enabled": truth_of,
    "insertion_order": number_of,
    "use_regex": truth_of,
    "case_sensitive": truth_of,
    "constant": truth_of,
    "selective": truth_of,
    "priority": number_of,
    "name": text_of,
    "comment": text_of,
}
_DECORATOR = re.compile(r"\s*+@@[^\n]*+(?:\n|\Z)")
_BLANK_LINES = re.compile(r"(?:[ \t\r]*+\n)*+")


def settle_book(value: Any, notes: Notes, *, v3: bool) -> tuple[Json | None, Any]:
    """A well-formed lorebook, or None, and what was no lorebook at all (or None).

    All fields that nobody knows stay where they are. Entries keep their order and their ids,
    which need not be unique.
    """
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        notes.wrong("character_book")
        value = {"entries": value}
    if not isinstance(value, dict):
        if value is not None:
            notes.wrong("character_book")
        return None, value
    book = dict(value)
    entries, kept = _entries_of(book.get("entries"), notes)
    for field in [f for f in _BOOK_KINDS if f in book]:
        kept |= _put_right(book, field, _BOOK_KINDS[field], lambda f: notes.wrong(f"character_book.{f}"))
    kept |= _settle_extensions(book, lambda f: notes.wrong(f"character_book.{f}"))
    book["entries"] = [_settle_entry(entry, notes, v3=v3) for entry in entries]
    keep(book, kept)
    return book, None


def _entries_of(value: Any, notes: Notes) -> tuple[list[Json], Json]:
    if isinstance(value, dict):
        notes.say(
            _("The lorebook's entries were an object instead of a list; they were taken in their order.")
        )
        value = list(value.values())
    if value is None:
        return [], {}
    if not isinstance(value, list):
        notes.wrong("character_book.entries")
        return [], {"entries": value}
    if len(value) > MOST_ENTRIES:
        raise CardError(
            _("The card's lorebook has more than {limit} entries and is not read.", limit=MOST_ENTRIES)
        )
    junk = [item for item in value if not isinstance(item, dict)]
    if junk:
        notes.say(_("Lore entries that are none and were set aside: {count}.", count=len(junk)))
    return [item for item in value if isinstance(item, dict)], {"entries": junk} if junk else {}


def _settle_entry(value: Json, notes: Notes, *, v3: bool) -> Json:
    entry = dict(value)
    kept: Json = {}
    for field in ("keys", "secondary_keys"):
        kept |= _settle_keys(entry, field, notes)
    for field in [f for f in _ENTRY_KINDS if f in entry and (v3 or f != "use_regex")]:
        kept |= _put_right(entry, field, _ENTRY_KINDS[field], notes.wrong_in_entry)
    kept |= _settle_extensions(entry, notes.wrong_in_entry)
    kept |= _settle_position(entry, notes)
    kept |= _settle_id(entry, notes)
    for field, default in _entry_defaults(v3=v3).items():
        entry.setdefault(field, default)
    keep(entry, kept)
    return entry


def _entry_defaults(*, v3: bool) -> Json:
    must: Json = {"keys": [], "content": "", "enabled": True, "insertion_order": DEFAULT_ORDER}
    return {**must, "use_regex": False} if v3 else must


def _settle_keys(entry: Json, field: str, notes: Notes) -> Json:
    value = entry.get(field)
    if value is None:
        entry.pop(field, None)
        return {}
    if isinstance(value, list) and all(isinstance(key, str) for key in value):
        return {}
    notes.wrong_in_entry(field)
    pattern = isinstance(value, str) and (entry.get("use_regex") is True or value.startswith("/"))
    entry[field], left = texts_of(value, split=not pattern)
    return {field: left} if left else {}


def _put_right(owner: Json, field: str, kind: Any, wrong: Any) -> Json:
    """Give one field the kind it must have; what cannot be told in that kind is returned to be kept."""
    value = owner[field]
    if value is None:
        del owner[field]
        return {}
    told = kind(value)
    if type(told) is type(value) and told == value:
        return {}
    wrong(field)
    if told is not None:
        owner[field] = told
        return {}
    del owner[field]
    return {field: value}


def _settle_extensions(owner: Json, wrong: Any) -> Json:
    value = owner.get("extensions")
    if isinstance(value, dict):
        return {}
    owner["extensions"] = {}
    if value is None:
        return {}
    wrong("extensions")
    return {"extensions": value}


def _settle_position(entry: Json, notes: Notes) -> Json:
    """A number becomes the word it stands for; the original stays in the entry's extensions."""
    value = entry.get("position")
    if value is None or value in PLACES:
        if value is None:
            entry.pop("position", None)
        return {}
    notes.wrong_in_entry("position")
    number = number_of(value)
    del entry["position"]
    if number in (0, 1):
        entry["position"] = PLACES[int(number or 0)]
    if number is None or "position" in entry["extensions"]:
        return {"position": value}
    entry["extensions"] = {**entry["extensions"], "position": number}
    return {}


def _settle_id(entry: Json, notes: Notes) -> Json:
    value = entry.get("id")
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return {}
    entry.pop("id", None)
    if value is None:
        return {}
    notes.wrong_in_entry("id")
    return {"id": value}


def book_for_v2(book: Json) -> Json:
    """The book in V2 words: `use_regex` only where it is true, and ids that are text kept in extensions."""
    entries = [_entry_for_v2(entry) for entry in book["entries"]]
    return {**book, "entries": entries}


def _entry_for_v2(entry: Json) -> Json:
    made = dict(entry)
    if made.get("use_regex") is False:
        del made["use_regex"]
    if isinstance(made.get("id"), str):
        set_our_part(made, {**our_part(made), "v3": {"id": made.pop("id")}})
    return made


def book_from_v2(book: Any) -> Any:
    """The way back of `book_for_v2`: ids that are text return to their place."""
    if not isinstance(book, dict) or not isinstance(book.get("entries"), list):
        return book
    return {**book, "entries": [_entry_from_v2(entry) for entry in book["entries"]]}


def _entry_from_v2(entry: Any) -> Any:
    ours = our_part(entry) if isinstance(entry, dict) else {}
    name = as_object(ours.get("v3")).get("id")
    if not isinstance(name, str) or "id" in entry:
        return entry
    made = {**entry, "id": name}
    set_our_part(made, {key: value for key, value in ours.items() if key != "v3"})
    return made


def plain_book(book: Json) -> Json:
    """The book for old readers: standard V2 fields, contents without decorator lines."""
    made = book_for_v2(book)
    for entry in made["entries"]:
        entry.pop("use_regex", None)
        entry["content"] = without_decorators(entry["content"])
    return made


def without_decorators(content: str) -> str:
    """The text of a lore entry without the `@@` lines at its start and the blank lines around them."""
    at = 0
    while line := _DECORATOR.match(content, at):
        at = line.end()
    blank = _BLANK_LINES.match(content, at) if at else None
    return content[blank.end() :] if blank else content
