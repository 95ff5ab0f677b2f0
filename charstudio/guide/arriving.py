"""Asks before a second value takes the place of what can be only one: the new, both, or the old one."""

from __future__ import annotations

from collections.abc import Sequence

from charstudio.guide.turn import Chip
from charstudio.i18n import _
from charstudio.model import Change
from charstudio.sheet import Schema, Sheet

LONGEST = 60  # letters of a value on a chip


def contested(schema: Schema, sheet: Sheet, changes: Sequence[Change]) -> tuple[str, tuple[Chip, ...]] | None:
    """The question and its chips if one change would take a decided value’s place; None when all is well."""
    if len(changes) != 1 or changes[0].op != "set" or changes[0].state != "set":
        return None
    (change,) = changes
    attribute, here = schema.attributes[change.attribute], sheet.of(change.attribute)
    if attribute.many or not here or here[0].locked or _same(here[0].text, change.value):
        return None
    old, new = here[0].text, change.value
    said = _("“{old}” stands under {label}. What shall it be?", old=_short(old), label=_(attribute.label))
    return said, (
        _chip(_("{new} instead", new=_short(new)), change.attribute, new),
        _chip(_("Both: {old}; {new}", old=_short(old), new=_short(new)), change.attribute, f"{old}; {new}"),
        _chip(_("Keep {old}", old=_short(old)), change.attribute, old),
    )


def _chip(text: str, attribute: str, value: str) -> Chip:
    return Chip(text, attribute, value, "change")


def _same(one: str, other: str) -> bool:
    return one.strip(" .!").casefold() == other.strip(" .!").casefold()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rstrip()}…"
