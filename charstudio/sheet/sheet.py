"""One character's sheet as a value: apply a change, get a new sheet; nothing here touches a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from charstudio.errors import SheetError
from charstudio.i18n import _
from charstudio.model import ALWAYS, Change, Know, Stage, Value
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

    def as_of(self, stage_id: int | None, stages: Sequence[Stage]) -> Sheet:
        """The sheet at one stage: a value holds from its stage until the next that sets its attribute.

        Without a stage, what always holds.
        """
        latest = self._latest(stage_id, stages)
        return Sheet(tuple(v for v in self.values if v.stage_id == latest.get(v.attribute, None)))

    def placed(self, change: Change, stage_id: int | None, stages: Sequence[Stage]) -> Change:
        """A change that names no stage, made where the writer stands.

        A first value always holds, and what only gets another know level stays where it is; what differs from
        before holds from here on.
        """
        if change.stage_id is not None:
            return change
        holding = [v for v in self.as_of(stage_id, stages).values if v.attribute == change.attribute]
        same = [v for v in holding if (v.text, v.state) == (change.value, change.state)]
        if stage_id is None or not holding:
            return replace(change, stage_id=ALWAYS)
        if same and (change.op == "add" or (change.op == "set" and len(holding) == 1)):
            return replace(change, stage_id=same[0].stage_id or ALWAYS)
        return replace(change, stage_id=stage_id)

    def apply(self, change: Change, schema: Schema, source: str, stages: Sequence[Stage] = ()) -> Sheet:
        """The sheet after `change`; raises `SheetError` if a locked value would be lost.

        A change at one of the `stages` begins with what holds there and leaves the values of all others.
        """
        attribute = schema.attributes.get(change.attribute)
        if attribute is None:
            raise SheetError(_("There is no attribute “{name}”.", name=change.attribute[:80]))
        if len(change.value) > MAX_TEXT:
            raise SheetError(_("A value holds a million characters at most; shorten it."))
        if change.op in ("set", "add") and change.state == "set" and not change.value.strip():
            raise SheetError(_("An empty value is nothing to keep; say what it is, or clear it."))
        stage_id = change.stage_id or None
        own = [v for v in self.values if v.attribute == change.attribute and v.stage_id == stage_id]
        here = own or self._inherited(change.attribute, stage_id, stages)
        value = Value(
            attribute=change.attribute,
            text=change.value if change.state == "set" else "",
            know=change.know or (here[0].know if here else attribute.know),
            source=source,
            locked=bool(change.locked),
            state=change.state,
            other_id=change.other_id,
            feeling=change.feeling or "",
            source_ref=change.source_ref,
            stage_id=stage_id,
        )
        becomes = _applied(change, value, here, inherited=not own, many=attribute.many)
        if becomes == here:
            return self
        return Sheet(_in_place(self.values, own, becomes, keep_place=change.op == "set"))

    def _latest(self, stage_id: int | None, stages: Sequence[Stage]) -> dict[str, int]:
        """For each attribute that a stage has set by then: the last such stage."""
        order = [s.id for s in sorted(stages, key=lambda s: (s.position, s.id))]
        reached = order[: order.index(stage_id) + 1] if stage_id in order else []
        place = {stage: n for n, stage in enumerate(reached)}
        latest: dict[str, int] = {}
        for value in self.values:
            if value.stage_id in place:
                before = latest.get(value.attribute)
                if before is None or place[value.stage_id] > place[before]:
                    latest[value.attribute] = value.stage_id
        return latest

    def _inherited(self, attribute: str, stage_id: int | None, stages: Sequence[Stage]) -> list[Value]:
        """What holds at a stage from before, as values of that stage."""
        if stage_id is None:
            return []
        holding = self.as_of(stage_id, stages).values
        return [replace(v, id=None, stage_id=stage_id) for v in holding if v.attribute == attribute]


def _applied(change: Change, value: Value, here: list[Value], *, inherited: bool, many: bool) -> list[Value]:
    if change.op == "add":
        return _with(value, change, here, many=many)
    if change.op == "set":
        return _instead(value, change, here)
    gone = here
    if change.op == "remove":
        gone = [v for v in here if v.text.casefold() == change.value.casefold()]
    _refuse_locked(gone)
    left = [v for v in here if v not in gone]
    # Nothing more at this stage is said in so many words, else what held before would go on holding.
    return [replace(value, text="", state="na")] if inherited and here and not left else left


def _with(value: Value, change: Change, here: list[Value], *, many: bool) -> list[Value]:
    known = [v for v in here if v.state == "set"]
    if any(v.text.casefold() == value.text.casefold() for v in known):
        return [_again(v, change) if v.text.casefold() == value.text.casefold() else v for v in known]
    if not many and known:
        raise SheetError(
            _("That can be only one thing, and it is “{old}”; change it instead.", old=known[0].text[:80])
        )
    return [*known, value]


def _instead(value: Value, change: Change, here: list[Value]) -> list[Value]:
    if len(here) == 1 and (here[0].text, here[0].state) == (value.text, value.state):
        return [_again(here[0], change)]
    _refuse_locked(here)
    return [replace(value, id=here[0].id) if here else value]


def _again(old: Value, change: Change) -> Value:
    """The same words said again: only who knows them, the lock, the other and the feeling may be new."""
    return replace(
        old,
        know=change.know or old.know,
        locked=old.locked if change.locked is None else change.locked,
        other_id=change.other_id if change.other_id is not None else old.other_id,
        feeling=old.feeling if change.feeling is None else change.feeling,
    )


def _in_place(
    values: tuple[Value, ...], own: list[Value], becomes: list[Value], *, keep_place: bool
) -> tuple[Value, ...]:
    """The values with those of one attribute and stage exchanged; what is new stands last."""
    rest = list(becomes)
    out = []
    for value in values:
        if not any(value is v for v in own):
            out.append(value)
        elif rest and (keep_place or rest[0] is value):
            out.append(rest.pop(0))
    return (*out, *rest)


def _refuse_locked(values: list[Value]) -> None:
    for value in values:
        if value.locked:
            raise SheetError(_("“{text}” is locked; unlock it first.", text=value.text[:80]))
