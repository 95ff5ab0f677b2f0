"""One character's sheet as a value: apply a change, get a new sheet; nothing here touches a file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from charstudio.errors import SheetError
from charstudio.i18n import _
from charstudio.model import Change, Know, Value
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

    def known(self, *know: Know) -> Sheet:
        """The sheet with the values of these know levels alone."""
        return Sheet(tuple(v for v in self.values if v.know in know))

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
