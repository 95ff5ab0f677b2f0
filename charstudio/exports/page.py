"""The readable page of a character: what is decided, in the order a reader wants it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charstudio.i18n import _
from charstudio.model import KNOW_LEVELS, Know, Value
from charstudio.sheet import Attribute, Schema, Sheet


@dataclass(frozen=True, slots=True)
class PageLine:
    """One attribute with its values."""

    attribute: Attribute
    values: tuple[Value, ...]

    @property
    def text(self) -> str:
        """The values as prose."""
        if self.values[0].state == "none":
            return _("None.")
        return "; ".join(v.text for v in self.values)

    @property
    def know(self) -> Know:
        """Who knows it."""
        return self.values[0].know


@dataclass(frozen=True, slots=True)
class PageGroup:
    """One chapter of the page; empty chapters are left out."""

    label: str
    lines: tuple[PageLine, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page; `line` sums the character up under the title, `stage` says as of when."""

    title: str
    line: str
    groups: tuple[PageGroup, ...]
    stage: str = ""


# What goes out unless the writer says otherwise: what is for the author alone does not.
GOES_OUT: tuple[Know, ...] = ("open", "private", "blind")


def page_of(sheet: Sheet, schema: Schema, know: Sequence[Know] = KNOW_LEVELS, *, stage: str = "") -> Page:
    """The page of a sheet with the values of these know levels; what does not apply is left out.

    `stage` is the name of the stage as of which the sheet is told.
    """
    groups = []
    for group in schema.groups:
        lines = []
        for attribute in schema.in_group(group.id):
            values = tuple(
                v for v in sheet.values if v.attribute == attribute.id and v.know in know and v.state != "na"
            )
            if values:
                lines.append(PageLine(attribute, values))
        if lines:
            groups.append(PageGroup(group.label, tuple(lines)))
    line = next((v for v in sheet.of("one_line") if v.know in know), None)
    named = sheet.known(*know).full_name
    return Page(named or _("A voice without a name"), line.text if line else "", tuple(groups), stage)
