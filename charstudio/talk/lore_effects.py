"""What one scan leaves for the next: entries that stay for a while, and entries that rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from charstudio.talk.lore_entry import LoreEntry
from charstudio.talk.lore_values import Active, Effect


def lasting(
    entries: Sequence[LoreEntry], effects: Iterable[Effect], now: int
) -> tuple[list[Effect], set[int], set[int]]:
    """The effects that still hold, and which entries stay or rest because of them."""
    places = {entry.id: i for i, entry in enumerate(entries)} if effects else {}
    left: list[Effect] = []
    holding: dict[str, set[int]] = {"sticky": set(), "cooldown": set()}
    started: dict[str, Effect] = {}
    # Sticky first: its end starts a cooldown.
    for effect in sorted(effects, key=lambda e: e.kind, reverse=True):
        i = places.get(effect.entry)
        if effect.kind == "cooldown" and effect.entry in started:
            continue
        if now <= effect.start and not effect.protected:
            continue
        if i is None or entries[i].mark != effect.mark:
            left += [effect] if now < effect.end else []
            continue
        if now < effect.end:
            left.append(effect)
            holding[effect.kind].add(i)
        elif effect.kind == "sticky" and entries[i].cooldown > 0:
            resting = replace(effect_of("cooldown", entries[i], now, entries[i].cooldown), protected=True)
            started[effect.entry] = resting
            left.append(resting)
            holding["cooldown"].add(i)
    return left, holding["sticky"], holding["cooldown"]


def effect_of(kind: Literal["sticky", "cooldown"], entry: LoreEntry, now: int, turns: int) -> Effect:
    """An effect that begins now and lasts so many messages."""
    return Effect(kind, entry.id, entry.mark, now, now + turns)


def with_new(effects: Sequence[Effect], active: Iterable[Active], now: int) -> tuple[Effect, ...]:
    """The effects and those that begin because these entries are awake; none begins twice."""
    made = list(effects)
    there = {(effect.kind, effect.entry) for effect in made}
    for one in active:
        if one.entry.sticky > 0 and ("sticky", one.entry.id) not in there:
            made.append(effect_of("sticky", one.entry, now, one.entry.sticky))
        if one.entry.cooldown > 0 and ("cooldown", one.entry.id) not in there:
            made.append(effect_of("cooldown", one.entry, now, one.entry.cooldown))
    return tuple(made)
