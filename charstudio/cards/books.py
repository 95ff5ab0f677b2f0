"""Reads lorebooks that stand alone, whoever wrote them, and writes them for others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from charstudio.cards.fields import as_object, our_part, set_our_part
from charstudio.cards.lore import settle_book
from charstudio.cards.notes import Notes
from charstudio.cards.read import read_card, spoken
from charstudio.cards.text import Json, copied, dump, parse, starts_like_json
from charstudio.cards.world_info import book_from_world_info, world_info_from_book
from charstudio.errors import CardError
from charstudio.i18n import _

Kind = Literal["lorebook_v3", "lorebook", "world_info", "novelai", "agnai", "risu", "card"]
BookForm = Literal["lorebook", "world-info"]
MOST_BYTES = 96 * 1024 * 1024
_SOURCE = "source_entry"  # under our name in an entry's extensions: what the other program had besides


@dataclass(frozen=True, slots=True)
class Book:
    """One lorebook. `raw` is the JSON it came as, never changed; `view` the same as a lorebook of V3."""

    raw: Json
    kind: Kind
    warnings: tuple[str, ...] = ()
    _view: Json = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """What the book is called; it may be empty."""
        return str(self._view.get("name", ""))

    @property
    def view(self) -> Json:
        """The whole book as a well-formed lorebook of V3; a copy."""
        return dict(copied(self._view))


def read_book(body: bytes, name: str = "") -> Book:
    """Read a lorebook: V3's own form, a bare one, world info, NovelAI, Agnai, RisuAI, or that of a card.

    Raises `CardError`, and nothing else, with one sentence.
    """
    file, notes = spoken(name), Notes()
    if starts_like_json(body):
        if len(body) > MOST_BYTES:
            raise CardError(_("{file} is larger than {limit} MB and is not read.", file=file, limit=96))
        raw = parse(body, notes)
        kind = _kind_of(raw)
        if kind is not None:
            return _built(raw, kind, file, notes)
    card = read_card(body, name)
    book = card.character_book
    if book is None:
        raise CardError(_("{file} is a character without a lorebook.", file=file))
    return Book(book, "card", card.warnings, book)


def write_book(book: Json, form: BookForm = "lorebook") -> bytes:
    """A lorebook of V3 (as `Book.view` gives) as a file: V3's own form, or world info for SillyTavern."""
    tree = world_info_from_book(book) if form == "world-info" else {"spec": "lorebook_v3", "data": book}
    return dump(tree)


def _kind_of(raw: Any) -> Kind | None:
    if not isinstance(raw, dict) or str(raw.get("spec", "")).startswith("chara_card"):
        return None
    if raw.get("spec") == "lorebook_v3":
        return "lorebook_v3"
    if "lorebookVersion" in raw:
        return "novelai"
    if raw.get("type") == "risu" and isinstance(raw.get("data"), list):
        return "risu"
    entries = raw.get("entries")
    if raw.get("kind") == "memory" and isinstance(entries, list):
        return "agnai"
    if not isinstance(entries, dict | list):
        return None
    some = next(
        (e for e in (entries.values() if isinstance(entries, dict) else entries) if isinstance(e, dict)), {}
    )
    of_card = "keys" in some and "key" not in some
    return "lorebook" if of_card or (isinstance(entries, list) and "uid" not in some) else "world_info"


def _built(raw: Json, kind: Kind, file: str, notes: Notes) -> Book:
    if kind == "lorebook_v3" and not isinstance(raw.get("data"), dict):
        raise CardError(_("{file} is a broken lorebook: its “data” part is missing.", file=file))
    made: dict[str, Callable[[], Json]] = {
        "lorebook_v3": lambda: raw["data"],
        "lorebook": lambda: raw,
        "world_info": lambda: book_from_world_info(raw),
        "novelai": lambda: _translated(raw, raw.get("entries"), _from_novelai),
        "agnai": lambda: _translated(raw, raw.get("entries"), _from_agnai),
        "risu": lambda: _translated(raw, raw.get("data"), _from_risu),
    }
    view, _left = settle_book(made[kind](), notes, v3=True)
    return Book(raw, kind, notes.all(), view or {"extensions": {}, "entries": []})


def _translated(raw: Json, entries: Any, one: Callable[[Json], tuple[Json, tuple[str, ...]]]) -> Json:
    named = {key: raw[key] for key in ("name", "description") if isinstance(raw.get(key), str)}
    made = []
    for old in entries if isinstance(entries, list) else []:
        if not isinstance(old, dict):
            made.append(old)
            continue
        entry, taken = one(old)
        entry = {"extensions": as_object(old.get("extensions")), "use_regex": False} | _filled(entry)
        rest = {key: value for key, value in old.items() if key not in (*taken, "extensions")}
        if rest:
            set_our_part(entry, {**our_part(entry), _SOURCE: rest})
        made.append(entry)
    return {**named, "extensions": {}, "entries": made}


def _filled(entry: Json) -> Json:
    return {key: value for key, value in entry.items() if value is not None}


def _from_novelai(old: Json) -> tuple[Json, tuple[str, ...]]:
    entry = {
        "keys": old.get("keys"),
        "content": old.get("text"),
        "comment": old.get("displayName"),
        "enabled": old.get("enabled"),
        "constant": old.get("forceActivation"),
        "insertion_order": as_object(old.get("contextConfig")).get("budgetPriority"),
    }
    return entry, ("keys", "text", "displayName", "enabled", "forceActivation")


def _from_agnai(old: Json) -> tuple[Json, tuple[str, ...]]:
    entry = {
        "keys": old.get("keywords"),
        "content": old.get("entry"),
        "name": old.get("name"),
        "enabled": old.get("enabled"),
        "insertion_order": old.get("weight"),
        "priority": old.get("priority"),
    }
    return entry, ("keywords", "entry", "name", "enabled", "weight", "priority")


def _from_risu(old: Json) -> tuple[Json, tuple[str, ...]]:
    """RisuAI keeps keys in one text with commas."""
    entry = {
        "keys": _parted(old.get("key")),
        "secondary_keys": _parted(old.get("secondkey")),
        "content": old.get("content"),
        "comment": old.get("comment"),
        "constant": old.get("alwaysActive"),
        "selective": old.get("selective"),
        "insertion_order": old.get("insertorder"),
        "use_regex": old.get("useRegex"),
        "enabled": old.get("mode") != "folder",
    }
    taken = ("key", "secondkey", "content", "comment", "alwaysActive", "selective", "insertorder", "useRegex")
    return entry, taken


def _parted(keys: Any) -> list[str] | None:
    if not isinstance(keys, str):
        return None
    parts: Iterable[str] = (part.strip() for part in keys.split(",", 10_000))
    return [part for part in parts if part]
