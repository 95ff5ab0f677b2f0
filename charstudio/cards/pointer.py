"""Lays an edit over a card at any place, named by a JSON pointer or by the plain name of a field."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

from charstudio.cards.card import Card, view_of
from charstudio.cards.fields import V2_TEXTS, V3_FIELDS
from charstudio.cards.notes import Notes
from charstudio.cards.text import Json, clean, copied
from charstudio.errors import CardError
from charstudio.i18n import _

MOST_STEPS = 64
_FIXED = ("spec", "spec_version")
_TEXTS = (*V2_TEXTS, "nickname")


def value_of(text: str) -> Any:
    """What a value on the command line means: JSON where it is JSON, else the text itself."""
    try:
        return clean(json.loads(text))
    except (ValueError, RecursionError):
        return text


def with_edit(card: Card, place: str, text: str) -> Card:
    """The card with one edit such as `/data/name` or `tags` laid over it; `CardError` when it cannot be.

    A text given to a field that holds text is taken literally, even if it looks like a number.
    """
    steps = _steps(place)
    value = value_of(text)
    if steps[0] == "data" and len(steps) > 1:
        field, *inside = steps[1:]
        if not inside and field in _TEXTS and not isinstance(value, str | None):
            value = text
        if field in V3_FIELDS:
            return _laid(card, field, inside, value)
        return _with_raw(card, [*([] if card.spec == "v1" else ["data"]), field, *inside], value)
    if steps[0] in (*_FIXED, "data"):
        raise CardError(_("“{place}” cannot be set; choose a format to change the version.", place=place))
    return _with_raw(card, steps, value)


def _steps(place: str) -> list[str]:
    steps = [step.replace("~1", "/").replace("~0", "~") for step in place.removeprefix("/").split("/")]
    if steps[0] in V3_FIELDS:
        steps.insert(0, "data")
    if not steps[0] or len(steps) > MOST_STEPS:
        raise CardError(_("“{place}” names no place in a card.", place=place[:200]))
    return steps


def _laid(card: Card, field: str, inside: list[str], value: Any) -> Card:
    if not inside:
        return card.with_fields(**{field: value})
    now = card.as_v3()["data"].get(field)
    if now is None:
        book: Json = {"extensions": {}, "entries": []}
        now = {"character_book": book, "creator_notes_multilingual": {}}.get(field, [])
    return card.with_fields(**{field: _changed(now, inside, value)})


def _with_raw(card: Card, steps: list[str], value: Any) -> Card:
    raw: Json = _changed(copied(card.raw), steps, clean(value))
    return replace(card, raw=raw, _view=view_of(raw, card.spec, Notes()))


def _changed(root: Any, steps: list[str], value: Any) -> Any:
    """The tree with a value at a place; missing objects on the way are made, `-` adds to a list."""
    place = root
    for step, following in pairwise(steps):
        place = _inside(place, step, [] if following == "-" else {})
    last = steps[-1]
    if isinstance(place, dict):
        place[last] = value
    elif isinstance(place, list) and last in ("-", str(len(place))):
        place.append(value)
    elif isinstance(place, list):
        place[_index(place, last)] = value
    else:
        raise CardError(_("The card has no place called “{step}” there.", step=last[:80]))
    return root


def _inside(place: Any, step: str, fresh: Any) -> Any:
    if isinstance(place, dict):
        return place.setdefault(step, fresh)
    if isinstance(place, list):
        return place[_index(place, step)]
    raise CardError(_("The card has no place called “{step}” there.", step=step[:80]))


def _index(place: list[Any], step: str) -> int:
    if step.isascii() and step.isdigit() and len(step) < 9 and int(step) < len(place):
        return int(step)
    raise CardError(_("The card has no place called “{step}” there.", step=step[:80]))
