"""Between sheets and character cards, both ways; what an author keeps to themselves never leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from charstudio.cards import Card, new_card
from charstudio.i18n import _
from charstudio.model import KNOW_LEVELS, Change, Know, Value
from charstudio.sheet import Schema, Sheet

OURS = "charstudio"
VERSION = 1
_PROSE = ("description", "personality", "scenario", "first_mes", "mes_example")
_PERSONALITY = (
    "traits",
    "strengths",
    "flaws",
    "contradiction",
    "mood",
    "temper",
    "want",
    "motivation",
    "fear",
    "values",
)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What an imported card says of a sheet; `ours` when its prose was made from that very sheet."""

    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    colour: str = ""
    voice: dict[str, Any] | None = None


def card_for(
    sheet: Sheet,
    schema: Schema,
    kept: Card | None,
    *,
    dress: dict[str, Any] | None = None,
    know: Sequence[Know] = ("open",),
) -> Card:
    """The card of a character: the imported one with the sheet laid over it, or one made from the sheet.

    The sheet travels in `extensions.charstudio` with the know levels in `know`; `author` never does.
    Prose of an imported card stays as it came. `dress` holds colour and voice.
    """
    levels = [level for level in know if level != "author"]
    carried = [v for v in sheet.values if v.know in levels]
    name = sheet.full_name if any(v.know != "author" for v in sheet.of("full_name")) else ""
    made = kept is None or is_ours(kept)
    if kept is not None and not made:
        card = kept if kept.name == name or not name else kept.with_fields(name=name)
    else:
        prose: dict[str, Any] = _prose(Sheet(tuple(v for v in carried if v.know == "open")), schema)
        card = (kept or new_card(name)).with_fields(name=name, **prose)
    called = sheet.of("short_name")
    if called and called[0].know == "open" and card.nickname != called[0].text:
        card = card.with_fields(nickname=called[0].text)
    ours = {
        **_kept_part(card),
        "made": made,
        "version": VERSION,
        "values": [_row(v) for v in carried],
        **(dress or {}),
        "prose": _fingerprint(card),
    }
    return card.with_fields(extensions={**card.extensions, OURS: ours})


def is_ours(card: Card) -> bool:
    """Whether the prose of a card was made from the sheet in it, and nobody has changed it since."""
    ours = card.extensions.get(OURS)
    return isinstance(ours, dict) and ours.get("made") is True and ours.get("prose") == _fingerprint(card)


def sheet_from(card: Card, schema: Schema) -> Arrived:
    """The changes that make a sheet of a card: its names, and the sheet it carries if it has one."""
    ours = card.extensions.get(OURS)
    warnings = []
    changes: list[Change] = []
    if isinstance(ours, dict) and isinstance(ours.get("values"), list):
        rows = ours["values"]
        changes = [c for row in rows if (c := change_of(row, schema)) is not None]
        if len(changes) < len(rows):
            warnings.append(
                _("The card’s text was changed after its sheet was written; where they differ it counts.")
            )
    changes = [c for c in changes if c.attribute != "full_name"]
    if card.name.strip():
        changes.insert(0, Change("full_name", card.name))
    if card.nickname.strip() and not any(c.attribute == "short_name" for c in changes):
        changes.append(Change("short_name", card.nickname))
    dress = ours if isinstance(ours, dict) else {}
    colour, voice = dress.get("colour"), dress.get("voice")
    return Arrived(
        tuple(changes),
        tuple(warnings),
        colour if isinstance(colour, str) else "",
        voice if isinstance(voice, dict) else None,
    )


def _prose(sheet: Sheet, schema: Schema) -> dict[str, Any]:
    lines: dict[str, list[str]] = {"description": [], "personality": []}
    for attribute in schema.attributes.values():
        text = sheet.text(attribute.id)
        if text and attribute.id not in ("sample_line", "opening_situation"):
            field = "personality" if attribute.id in _PERSONALITY else "description"
            lines[field].append(f"{attribute.label}: {text}")
    samples = "\n".join(f"{{{{char}}}}: {v.text}" for v in sheet.of("sample_line"))
    return {
        "description": "\n".join(lines["description"]),
        "personality": "\n".join(lines["personality"]),
        "scenario": sheet.text("opening_situation"),
        "mes_example": f"<START>\n{samples}" if samples else "",
    }


def _kept_part(card: Card) -> dict[str, Any]:
    """What stood in our part already (the cards room notes there what a version had no place for)."""
    ours = card.extensions.get(OURS)
    return dict(ours) if isinstance(ours, dict) else {}


def _fingerprint(card: Card) -> str:
    text = "\x00".join(getattr(card, field) for field in _PROSE)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _row(value: Value) -> dict[str, Any]:
    row = {"attribute": value.attribute, "text": value.text, "know": value.know, "state": value.state}
    return {**row, "feeling": value.feeling} if value.feeling else row


def change_of(row: Any, schema: Schema) -> Change | None:
    """The change that a row of a carried sheet asks for, or None when the schema has no place for it."""
    if not isinstance(row, dict) or row.get("attribute") not in schema.attributes:
        return None
    text, know, state = row.get("text"), row.get("know"), row.get("state", "set")
    if not isinstance(text, str) or know not in KNOW_LEVELS or state not in ("set", "none", "na"):
        return None
    if state == "set" and not text.strip():
        return None
    many = schema.attributes[row["attribute"]].many
    felt = row.get("feeling")
    return Change(
        row["attribute"],
        text,
        "add" if many and state == "set" else "set",
        know=know,
        state=state,
        feeling=felt if isinstance(felt, str) else None,
    )
