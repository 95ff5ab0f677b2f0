"""Names every field of a card and puts a value of the wrong kind right without losing a word."""

from __future__ import annotations

import math
from typing import Any

from charstudio.cards.text import Json

V1_TEXTS = ("name", "description", "personality", "scenario", "first_mes", "mes_example")
V2_TEXTS = (
    *V1_TEXTS,
    "creator_notes",
    "system_prompt",
    "post_history_instructions",
    "creator",
    "character_version",
)
V2_LISTS = ("alternate_greetings", "tags")
V2_MUST = (*V2_TEXTS, *V2_LISTS, "extensions")
V2_FIELDS = (*V2_MUST, "character_book")
V3_LISTS = ("group_only_greetings", "source")
V3_NUMBERS = ("creation_date", "modification_date")
V3_ONLY = ("group_only_greetings", "nickname", "creator_notes_multilingual", "source", *V3_NUMBERS, "assets")
V3_FIELDS = (*V2_FIELDS, *V3_ONLY)

MOST_PIECES = 10_000  # into which one text is ever split
OURS = "charstudio"  # the key under which this program keeps its own things in `extensions`


def text_of(value: Any) -> str | None:
    """Any value that can be told as text, as text; None when it cannot."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return "\n".join(text_of(item) or "" for item in value)
    return None


def texts_of(value: Any, *, split: bool = False) -> tuple[list[str], Any]:
    """A list of texts from whatever stands in its place, and what could not become text (or None).

    One text becomes a list of one, or is split at its commas.
    """
    if isinstance(value, str) and split:
        return [part for part in (piece.strip() for piece in value.split(",", MOST_PIECES)) if part], None
    if value is None or value == "":
        return [], None
    items = list(value.values()) if isinstance(value, dict) else value
    items = items if isinstance(items, list) else [items]
    told = [text_of(item) for item in items if item is not None]
    left = [item for item in items if text_of(item) is None]
    return [text for text in told if text is not None], left or None


def number_of(value: Any) -> int | float | None:
    """A finite number from a number or from digits in a text; None when there is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def truth_of(value: Any) -> bool | None:
    """Yes or no from a truth value, 0 or 1, or a word for it; None when it says neither."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int | float) else ""
    if word in ("true", "1", "yes", "on", "1.0"):
        return True
    return False if word in ("false", "0", "no", "off", "0.0") else None


def keep(owner: Json, kept: Json) -> None:
    """Lay what did not fit into `extensions.charstudio.kept` of a card, book or entry."""
    if kept:
        ours = our_part(owner)
        set_our_part(owner, {**ours, "kept": {**as_object(ours.get("kept")), **kept}})


def our_part(owner: Json) -> Json:
    """What this program has in the extensions of a card, book or entry; never the original itself."""
    ours = as_object(owner.get("extensions")).get(OURS)
    return dict(ours) if isinstance(ours, dict) else ({} if ours is None else {"value": ours})


def set_our_part(owner: Json, ours: Json) -> None:
    """Replace this program's part of the extensions; the key goes when nothing is left in it."""
    extensions = {key: value for key, value in as_object(owner.get("extensions")).items() if key != OURS}
    owner["extensions"] = {**extensions, OURS: ours} if ours else extensions


def as_object(value: Any) -> Json:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
