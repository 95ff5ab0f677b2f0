"""Reads the `@@` lines at the start of a lore entry: what a V3 author asks for beyond its fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from charstudio.cards.lore import without_decorators

_LINE = re.compile(r"\s*(@{2,})([A-Za-z_]\w{0,63})[ \t]*(.*?)\s*\Z")
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Decorator:
    """One wish of the author: `@@name value`."""

    name: str
    value: str

    @property
    def values(self) -> tuple[str, ...]:
        """The value as the texts between its commas."""
        return tuple(part for text in self.value.split(",") if (part := text.strip()))


def decorators_of(
    content: str, fits: Callable[[Decorator], bool], several: Sequence[str] = ()
) -> tuple[tuple[Decorator, ...], str]:
    """The decorators of an entry that `fits` accepts, and its text without any such lines.

    Where one is not accepted, the `@@@` lines below it are tried in their order. Of one name the
    first counts, but for those in `several`.
    """
    found: list[Decorator] = []
    rest = without_decorators(content)
    settled = True  # whether the last `@@` line needs no fallback
    for line in content[: len(content) - len(rest)].splitlines()[:MOST_LINES]:
        told = _LINE.match(line)
        if told is None:
            settled = settled or bool(line.strip())
            continue
        marks, name, value = told.groups()
        if len(marks) > 2 and settled:
            continue
        decorator = Decorator(name.lower(), value)
        settled = fits(decorator)
        if settled and (name.lower() in several or all(d.name != name.lower() for d in found)):
            found.append(decorator)
    return tuple(found), rest
