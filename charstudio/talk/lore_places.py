"""From books to a scan and from a scan to the prompt: who is asked in which order, and what stands where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from charstudio.talk.lore_entry import LoreEntry, Place
from charstudio.talk.lore_values import Active

Belongs = Literal["chat", "persona", "character", "global"]


@dataclass(frozen=True, slots=True)
class Placed:
    """All texts of one place, joined in the order in which they are read."""

    place: Place
    text: str


def gathered(
    books: Iterable[tuple[Belongs, Sequence[LoreEntry]]],
    strategy: Literal["mixed", "character", "global"] = "character",
) -> tuple[LoreEntry, ...]:
    """The entries of all books in the order of serving; a book that is reached twice counts once."""
    ranks = {"chat": 0, "persona": 1, "character": 2, "global": 2}
    if strategy != "mixed":
        ranks["global" if strategy == "character" else "character"] = 3
    found: dict[str, tuple[str, Sequence[LoreEntry]]] = {}
    claims = {"chat": 0, "global": 1, "persona": 2, "character": 3}
    for kind, entries in sorted(books, key=lambda book: claims[book[0]]):
        if entries:
            found.setdefault(entries[0].book.id, (kind, entries))
    every = [(ranks[kind], -entry.order, entry) for kind, entries in found.values() for entry in entries]
    return tuple(entry for _rank, _order, entry in sorted(every, key=lambda one: one[:2]))


def placed(active: Iterable[Active]) -> tuple[Placed, ...]:
    """What the awake entries say, place by place; the highest order stands last, nearest to the talk.

    In a named outlet the highest order stands first, as SillyTavern has it. Empty texts are left out.
    """
    texts: dict[Place, list[str]] = {}
    for one in sorted(active, key=lambda one: -one.entry.order):
        if one.text:
            where = one.place if one.place.where in ("at_depth", "outlet") else Place(one.place.where, 0)
            where = where if where.where == "at_depth" else Place(where.where, 0, "system", where.outlet)
            found = texts.setdefault(where, [])
            found.insert(len(found) if where.where == "outlet" else 0, one.text)
    return tuple(Placed(place, "\n".join(told)) for place, told in texts.items())
