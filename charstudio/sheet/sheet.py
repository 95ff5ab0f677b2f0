"""One character's sheet as a value: apply a change, get a new sheet; nothing here touches a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from charstudio.errors import SheetError
from charstudio.i18n import _
from charstudio.model import Change, Value
from charstudio.sheet.schema import Schema

MAX_TEXT = 1_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """All values of one character, in the order in which they were decided."""

    values: tuple[Value, ...] = ()

    def of(self, attribute: str) -> tuple[Value, ...]:
        """The values of one attribute (`set` ones only)."""
        return tuple(v for v in self.values if v.attribute == attribute and v.state == "set")

    def text(self, attribute: str) -> str:
        """The values of one attribute as one line, or an empty text."""
        return "; ".join(v.text for v in self.of(attribute))

    def state(self, attribute: str) -> str:
        """`unset`, `set`, `none` or `na`."""
        states = [v.state for v in self.values if v.attribute == attribute]
        return "set" if "set" in states else states[0] if states else "unset"

    def decided(self) -> set[str]:
        """The attributes about which something is known, be it that there is none."""
        return {v.attribute for v in self.values}

    @property
    def full_name(self) -> str:
        """The name as it stands on the sheet, unchanged."""
        return self.text("full_name")

    @property
    def called(self) -> str:
        """How the character is spoken of: the first short name, else the first word of the full name."""
        short = self.of("short_name")
        if short:
            return short[0].text
        return next(iter(self.full_name.split()), "")

    def apply(self, change: Change, schema: Schema, source: str) -> Sheet:
        """The sheet after `change`; raises `SheetError` if a locked value would be lost."""
        attribute = schema.attributes.get(change.attribute)
        if attribute is None:
            raise SheetError(_("There is no attribute “{name}”.", name=change.attribute[:80]))
        if len(change.value) > MAX_TEXT:
            raise SheetError(_("A value holds a million characters at most; shorten it."))
        here = [v for v in self.values if v.attribute == change.attribute]
        value = Value(
            attribute=change.attribute,
            text=change.value if change.state == "set" else "",
            know=change.know or (here[0].know if here else attribute.know),
            source=source,
            locked=bool(change.locked),
            state=change.state,
            other_id=change.other_id,
            source_ref=change.source_ref,
        )
        if change.op in ("set", "add") and change.state == "set" and not change.value.strip():
            raise SheetError(_("An empty value is nothing to keep; say what it is, or clear it."))
        if change.op == "add":
            return self._add(value, many=attribute.many)
        if change.op == "set":
            return self._set(value, change, here)
        return self._without(change, here)

    def _add(self, value: Value, *, many: bool) -> Sheet:
        here = self.of(value.attribute)
        if any(v.text.casefold() == value.text.casefold() for v in here):
            return self
        if not many and here:
            raise SheetError(
                _("That can be only one thing, and it is “{old}”; change it instead.", old=here[0].text[:80])
            )
        kept = tuple(v for v in self.values if v.attribute != value.attribute or v.state == "set")
        return Sheet((*kept, value))

    def _set(self, value: Value, change: Change, here: list[Value]) -> Sheet:
        same = [v for v in here if v.text == value.text and v.state == value.state]
        if same and len(here) == 1:
            kept = replace(
                same[0],
                know=change.know or same[0].know,
                locked=same[0].locked if change.locked is None else change.locked,
                other_id=change.other_id if change.other_id is not None else same[0].other_id,
            )
            return Sheet(tuple(kept if v is same[0] else v for v in self.values))
        self._refuse_locked(here)
        at = self.values.index(here[0]) if here else len(self.values)
        rest = [v for v in self.values if v.attribute != value.attribute]
        value = replace(value, id=here[0].id) if here else value
        before = len([v for v in self.values[:at] if v.attribute != value.attribute])
        return Sheet((*rest[:before], value, *rest[before:]))

    def _without(self, change: Change, here: list[Value]) -> Sheet:
        if change.op == "remove":
            here = [v for v in here if v.text.casefold() == change.value.casefold()]
        self._refuse_locked(here)
        return Sheet(tuple(v for v in self.values if v not in here))

    @staticmethod
    def _refuse_locked(values: list[Value]) -> None:
        for value in values:
            if value.locked:
                raise SheetError(_("“{text}” is locked; unlock it first.", text=value.text[:80]))


# Sheets speak in the first person, writers in the second: "my word" <-> "your word".

_TO_SECOND = {
    "i am": "you are", "i'm": "you're", "i’m": "you’re", "i was": "you were", "i've": "you've",
    "i’ve": "you’ve",
    "i'll": "you'll", "i’ll": "you’ll", "i'd": "you'd", "i’d": "you’d", "i": "you", "me": "you", "my": "your",
    "mine": "yours", "myself": "yourself", "am": "are",
}  # fmt: skip
_TO_FIRST = {
    "you are": "I am", "you're": "I'm", "you’re": "I’m", "you were": "I was", "you've": "I've",
    "you’ve": "I’ve",
    "you'll": "I'll", "you’ll": "I’ll", "you'd": "I'd", "you’d": "I’d", "your": "my", "yours": "mine",
    "yourself": "myself", "are you": "am I", "were you": "was I",
}  # fmt: skip
_PREPOSITIONS = (
    "to|for|with|of|at|by|from|about|after|before|behind|beside|between|against|on|in|like|than|without|"
    "around|near|under|over|into|told|tell|give|gave|hurt|leave|left|love|loved|hate|hated|let|made|make"
)
_SECOND = re.compile(
    r"\b(" + "|".join(sorted(map(re.escape, _TO_SECOND), key=len, reverse=True)) + r")\b", re.I
)
_FIRST = re.compile(
    r"\b(" + "|".join(sorted(map(re.escape, _TO_FIRST), key=len, reverse=True)) + r")\b", re.I
)
_QUOTED = re.compile(r"(\"[^\"]*\"|“[^”]*”)")


def flip(text: str, to: str) -> str:
    """Turn first person into second (`to="second"`) or back (`to="first"`); quoted speech stays as it is."""
    parts = _QUOTED.split(text)
    return "".join(p if i % 2 else _flip(p, to) for i, p in enumerate(parts))


def _flip(text: str, to: str) -> str:
    if to == "second":
        return _SECOND.sub(lambda m: _cased(m, _TO_SECOND[m[0].casefold()]), text)
    text = _FIRST.sub(lambda m: _cased(m, _TO_FIRST[m[0].casefold()]), text)
    text = re.sub(rf"\b({_PREPOSITIONS})(\s+)you\b", r"\1\2me", text, flags=re.I)
    return re.sub(r"\b[Yy]ou\b", "I", text)


def _cased(match: re.Match[str], becomes: str) -> str:
    # "I" is a capital anywhere, so only the start of a sentence says that its translation is one.
    before = match.string[: match.start()].rstrip()
    starts = match[0][0].isupper() and (not before or before[-1] in ".!?")
    return becomes[0].upper() + becomes[1:] if starts else becomes
