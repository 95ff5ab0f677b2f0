"""Remembers which talk stands where in the cache, so that no model reads a thing twice.

A slot is one sequence: the ids it holds, the talk it belongs to and the adapters they were read with. A
prompt continues from the longest beginning that any slot, or a saved state, shares with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from charstudio.engines.states import States, adapted
from charstudio.errors import EngineError
from charstudio.i18n import _

AdapterKey = tuple[tuple[str, str, float], ...]
WORTH_KEEPING = 64  # tokens; less is read again sooner than loaded


class Cache(Protocol):
    """What slots ask of the cache behind them."""

    def cut(self, sequence: int, start: int) -> bool:
        """Forget a sequence from a position on; False if it cannot be done in part."""
        ...

    def drop(self, sequence: int) -> None:
        """Forget a whole sequence."""
        ...

    def copy(self, source: int, target: int) -> None:
        """Let a sequence continue another."""
        ...

    def save(self, sequence: int, ids: Sequence[int], path: str) -> bool:
        """Write a sequence to a file."""
        ...

    def restore(self, sequence: int, path: str) -> list[int]:
        """Read a sequence from a file; its ids."""
        ...


@dataclass(slots=True, eq=False)
class Slot:
    """One sequence of the cache. `trace` tells how it came about: batches read, and cuts (negative)."""

    sequence: int
    ids: list[int] = field(default_factory=list)
    key: str = ""
    adapters: AdapterKey = ()
    used: int = 0
    changed: bool = False
    busy: int = 0  # how many works hold it; above 0 it is not given away
    trace: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    mixed: bool = False  # part of it was read in batches together with other slots


class Slots:
    """All slots over one cache."""

    def __init__(
        self, cache: Cache, count: int, states: States | None = None, *, tracing: bool = False
    ) -> None:
        self._cache = cache
        self._states = states
        self._tracing = tracing
        self._slots = [Slot(n) for n in range(count)]
        self._clock = 0

    def place(self, ids: Sequence[int], key: str = "", adapters: AdapterKey = ()) -> tuple[Slot, int]:
        """The slot for a prompt, holding as much of its beginning as is known anywhere; and what the
        slot held of its talk before (in tokens), to tell how much of it was lost.
        """
        self._tidy(ids)
        own = self._own(key, adapters)
        held = len(own.ids) if own is not None else 0
        most = max(0, len(ids) - 1)  # the last token is read anew: its logits are wanted
        best = max(
            (s for s in self._slots if s.ids and s.adapters == adapters and not s.busy),
            key=lambda s: (common(s.ids, ids), s is own),
            default=None,
        )
        shared = min(most, common(best.ids, ids)) if best is not None else 0
        if own is None:
            saved = self._states.peek(adapted(key, adapters)) if self._states is not None and key else []
            own = self._free(besides=best)
            if min(most, common(saved, ids)) > shared + WORTH_KEEPING and self._restore(
                own, adapted(key, adapters)
            ):
                held = len(own.ids)
                best, shared = own, min(most, common(own.ids, ids))
        if best is not None and best is not own and shared > 0 and not best.key:
            own.key, own = "", best  # what was the talk may be swiped back to
        elif best is not None and best is not own and shared > 0:
            self._clear(own)
            self._cache.copy(best.sequence, own.sequence)
            own.ids, own.trace, own.mixed = list(best.ids), list(best.trace), best.mixed
        own.key, own.adapters = key, adapters
        self.cut(own, shared)
        self._touch(own)
        return own, held

    def shared(self, ids: Sequence[int], key: str = "", adapters: AdapterKey = ()) -> int:
        """How many ids of a prompt would not have to be read now; nothing is changed."""
        held = [s.ids for s in self._slots if s.ids and s.adapters == adapters]
        if self._states is not None and key and self.find(key) is None:
            held.append(self._states.peek(adapted(key, adapters)))
        return min(max(0, len(ids) - 1), max((common(one, ids) for one in held), default=0))

    def branch(self, source: Slot) -> Slot:
        """A new slot that continues another one; for alternatives and options."""
        made = self._free(besides=source)
        self._cache.copy(source.sequence, made.sequence)
        made.ids, made.trace, made.mixed = list(source.ids), list(source.trace), source.mixed
        made.adapters = source.adapters
        self._touch(made)
        return made

    def cut(self, slot: Slot, length: int) -> None:
        """Forget what a slot holds beyond a length."""
        if length >= len(slot.ids):
            # What a broken batch left behind the known ids is unknown.
            self._cache.cut(slot.sequence, len(slot.ids))
            return
        if length <= 0 or not self._cache.cut(slot.sequence, length):
            self._clear(slot)
            return
        del slot.ids[length:]
        if self._tracing:
            slot.trace.append((-length, ()))
        slot.changed = True

    def grew(self, slot: Slot, ids: Sequence[int], *, mixed: bool = False) -> None:
        """A batch of tokens stands in the cache now; `mixed` if it held tokens of other slots too."""
        slot.mixed |= mixed
        slot.ids.extend(ids)
        slot.changed = True
        if self._tracing:
            slot.trace.append((len(ids), tuple(ids)))

    def release(self, slot: Slot) -> None:
        """Give up a slot at once."""
        self._empty(slot)

    @contextlib.contextmanager
    def working(self, *slots: Slot) -> Iterator[None]:
        """Keep these slots from being given away meanwhile."""
        for slot in slots:
            slot.busy += 1
        try:
            yield
        finally:
            for slot in slots:
                slot.busy -= 1

    def make_room(self) -> None:
        """Give up the slot that was not used for the longest time, unnamed ones first."""
        idle = [s for s in self._slots if s.ids and not s.busy]
        if not idle:
            raise EngineError(
                _("The talk is longer than the model can hold; shorten the sheet or choose a longer context.")
            )
        self._give_up(min(idle, key=lambda s: (bool(s.key), s.used)))

    def park(self) -> None:
        """Save the state of every talk that changed since it was saved."""
        for slot in self._slots:
            self._save(slot)

    def find(self, key: str) -> Slot | None:
        """The slot of a talk, if it stands in the cache."""
        return next((s for s in self._slots if s.key == key), None)

    def forget(self, key: str) -> None:
        """A talk is gone: so are its slots (the one of each who speaks in it)."""
        for slot in self._slots:
            if slot.key == key or slot.key.startswith(f"{key}."):
                self._empty(slot)

    def _tidy(self, ids: Sequence[int]) -> None:
        """Drop what belongs to no talk and is not near this prompt: each cell in use costs at every step."""
        for slot in self._slots:
            near = min(WORTH_KEEPING, len(slot.ids) // 2)
            if slot.ids and not slot.key and not slot.busy and common(slot.ids, ids) < near:
                self._empty(slot)

    def _own(self, key: str, adapters: AdapterKey) -> Slot | None:
        if not key:
            return None
        found = next((s for s in self._slots if s.key == key and not s.busy), None)
        if found is not None and found.adapters != adapters:
            self._give_up(found)
            return None
        return found

    def _free(self, besides: Slot | None) -> Slot:
        empty = next((s for s in self._slots if not s.ids and not s.busy), None)
        if empty is not None:
            self._empty(empty)
            return empty
        idle = [s for s in self._slots if s is not besides and not s.busy]
        if not idle:
            raise EngineError(_("Too much is asked of the model at once; ask for fewer alternatives."))
        chosen = min(idle, key=lambda s: (bool(s.key), s.used))
        self._give_up(chosen)
        return chosen

    def _give_up(self, slot: Slot) -> None:
        self._save(slot)
        self._empty(slot)

    def _empty(self, slot: Slot) -> None:
        self._clear(slot)
        slot.key, slot.adapters, slot.changed = "", (), False

    def _clear(self, slot: Slot) -> None:
        self._cache.drop(slot.sequence)
        slot.ids, slot.trace, slot.mixed = [], [], False

    def _save(self, slot: Slot) -> None:
        if self._states is None or not slot.key or not slot.changed:
            return
        if len(slot.ids) >= WORTH_KEEPING and self._states.keep(
            adapted(slot.key, slot.adapters),
            slot.ids,
            lambda path: self._cache.save(slot.sequence, slot.ids, path),
        ):
            slot.changed = False

    def _restore(self, slot: Slot, name: str) -> bool:
        assert self._states is not None
        path = self._states.path(name)
        slot.ids = self._cache.restore(slot.sequence, str(path)) if self._states.sound(name) else []
        if not slot.ids:
            self._states.forget(name)
            return False
        slot.changed = False
        return True

    def _touch(self, slot: Slot) -> None:
        self._clock += 1
        slot.used = self._clock


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many ids two lists have in common from the start."""
    most = min(len(one), len(other))
    if list(one[:most]) == list(other[:most]):
        return most
    low, high = 0, most  # the first difference lies in here
    while high - low > 1:
        middle = (low + high) // 2
        if list(one[low:middle]) == list(other[low:middle]):
            low = middle
        else:
            high = middle
    return low
