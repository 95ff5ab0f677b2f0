"""How something that was said stands to the sheet: new, known already, or against a value that is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from charstudio.model import Offer, Value
from charstudio.sheet import Schema, Sheet


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a value is new to an attribute; `against` is what the sheet says instead."""

    kind: Literal["new", "known", "against"]
    against: tuple[Value, ...] = ()


def standing(sheet: Sheet, schema: Schema, attribute: str, offer: Offer) -> Standing:
    """Compare an offer with the sheet, at one of its places."""
    here = tuple(v for v in sheet.values if v.attribute == attribute)
    if offer.state != "set":
        if any(v.state == offer.state for v in here):
            return Standing("known")
        return Standing("against", here) if here else Standing("new")
    if any(v.state == "set" and _says(v.text, offer.text) for v in here):
        return Standing("known")
    denied = tuple(v for v in here if v.state != "set")
    opposed = tuple(v for v in here if v.state == "set" and _opposite(schema, v.text, offer.text))
    if not schema.attributes[attribute].many:
        return Standing("against", here) if here else Standing("new")
    return Standing("against", (*denied, *opposed)) if denied or opposed else Standing("new")


def normal(text: str) -> str:
    """A value as it compares: small letters, no articles, no marks, written-out contractions aside."""
    found = re.findall(r"[^\W_]+", text.casefold().replace("’", "").replace("'", ""))
    return " ".join(w for w in found if w not in _SMALL)


def _says(value: str, said: str) -> bool:
    """Whether a value says all that was said: “a locksmith from Leith” says “a locksmith”."""
    have, want = set(normal(value).split()), set(normal(said).split())
    return normal(value) == normal(said) or bool(want and want <= have)


def _opposite(schema: Schema, one: str, other: str) -> bool:
    mine, theirs = set(normal(one).split()), set(normal(other).split())
    return any(
        (a in mine and b in theirs) or (b in mine and a in theirs)
        for a, b in ((normal(a), normal(b)) for a, b in schema.opposites)
    )


_SMALL = frozenset(("a", "an", "the", "my", "some", "of", "to", "very", "quite", "rather", "just", "so"))
