"""A fact as it was told, and the shape of its value: first person, no full stop, or a whole sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from charstudio.model import State
from charstudio.sheet import Attribute, flip

_ABBREVIATED = re.compile(r"(?:^|\s)(?:(?i:jr|sr|dr|mr|mrs|ms|st|esq|ph\.d|m\.d|inc|ltd|co)|[A-HJ-UWYZ])\.$")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something told: a value, and the attribute it is about; several attributes when that is in doubt.

    `alone` is a single attribute that is still in doubt; `span` is where the value stood in the line;
    `by_cue` says that only single words speak for it.
    """

    attributes: tuple[str, ...]
    value: str
    weight: int = 2
    state: State = "set"
    bare: bool = False
    span: tuple[int, int] | None = None
    alone: bool = False
    by_cue: bool = False

    @property
    def sure(self) -> bool:
        """Whether there is one attribute only that it can be about, and no doubt of that."""
        return len(self.attributes) == 1 and not self.alone

    @property
    def attribute(self) -> str:
        """The attribute it is about (the likeliest one)."""
        return self.attributes[0]


def shaped(attribute: Attribute, raw: str) -> str:
    """A value as it is stored: flipped to the first person unless it is verbatim, its full stop dropped."""
    text = raw.strip()
    if "verbatim" in attribute.flags:
        return unstopped(text)
    text = unstopped(text.rstrip("!") if not text.endswith(('!"', "!”")) else text)
    if attribute.type == "number":
        text = re.sub(r"\s*-?\s*(years?)[ -](old|of age)$", "", text, flags=re.I)
    return flip(text, "first")


def unstopped(text: str) -> str:
    """Without the full stop of a sentence; "…", "Jr." and initials keep theirs."""
    if text.endswith("..") or not text.endswith(".") or len(text) == 1 or _ABBREVIATED.search(text[-12:]):
        return text
    return text[:-1].rstrip()


def sentence(text: str) -> str:
    """A value that is a sentence of its own: "Your curls never lie flat" -> "My curls never lie flat."."""
    said = flip(text.strip().rstrip(",;: "), "first")
    said = said[:1].upper() + said[1:]
    return said if said.endswith((".", "!", "…", "”", '"')) else f"{said}."
