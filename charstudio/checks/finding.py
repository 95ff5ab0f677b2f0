"""One thing a check noticed: what it is, why, where both sides of it stand, and what could be done."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from charstudio.model import Change, Value
from charstudio.sheet import Sheet

Level = Literal["error", "warn", "ask", "note", "offer", "hint"]


@dataclass(frozen=True, slots=True)
class Person:
    """A character as the checks see it: its sheet at the stage in view, and whether that is finished."""

    id: int
    sheet: Sheet
    finished: bool = False

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return self.sheet.called or self.sheet.full_name


@dataclass(frozen=True, slots=True)
class Place:
    """One side of a finding: a value of a sheet, or the message in which something was said."""

    character_id: int
    attribute: str
    text: str
    value_id: int | None = None
    message_id: int | None = None

    @staticmethod
    def of(person: Person, value: Value) -> Place:
        """Where this value stands."""
        return Place(person.id, value.attribute, value.text, value.id)


@dataclass(frozen=True, slots=True)
class Offer:
    """What could be done about a finding: changes of sheets, (whose, what), with the words of the link."""

    words: str
    changes: tuple[tuple[int, Change], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check noticed about a character; `sentence` is the reason a writer reads."""

    check: str
    level: Level
    title: str
    sentence: str
    places: tuple[Place, ...]
    offers: tuple[Offer, ...] = ()

    @property
    def mark(self) -> str:
        """The same for the same check of the same values, whoever is looked at; another when one changes."""
        sides = sorted((p.character_id, p.attribute, p.text, p.message_id or 0) for p in self.places)
        return f"{self.check}:{hashlib.sha256(repr(sides).encode('utf-8', 'replace')).hexdigest()[:24]}"
