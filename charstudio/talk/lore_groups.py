"""Of entries that exclude each other (one inclusion group) only one comes through; this says which lose."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence

from charstudio.talk.lore_entry import LoreEntry


def losers(
    entries: Sequence[LoreEntry],
    woken: Sequence[int],
    sticky: Collection[int],
    active: Collection[int],
    score: Callable[[int], int],
    scored: Callable[[int], bool],
    rng: random.Random,
) -> set[int]:
    """Which of the woken entries (places in `entries`, in the order of serving) lose in their groups.

    Groups are settled in the order in which they first appear; who lost in one takes part in no other.
    """
    groups: dict[str, list[int]] = {}
    for i in woken:
        for group in entries[i].groups:
            groups.setdefault(group, []).append(i)
    lost: set[int] = set()
    for group, members in groups.items():
        left = [i for i in members if i not in lost]
        taken = any(group in entries[i].groups for i in active)
        lost |= set(left) - set(_winners(entries, left, sticky, score, scored, rng, taken=taken))
    return lost


def _winners(
    entries: Sequence[LoreEntry],
    members: list[int],
    sticky: Collection[int],
    score: Callable[[int], int],
    scored: Callable[[int], bool],
    rng: random.Random,
    *,
    taken: bool,
) -> list[int]:
    if staying := [i for i in members if i in sticky]:
        return staying
    if any(scored(i) for i in members):
        scores = {i: score(i) for i in members}
        best = max(scores.values())
        members = [i for i in members if scores[i] == best or not scored(i)]
    if taken or len(members) < 2:
        return [] if taken else members
    if urgent := [i for i in members if entries[i].group_override]:
        return [max(urgent, key=lambda i: (entries[i].order, -i))]
    return [_drawn(entries, members, rng)]


def _drawn(entries: Sequence[LoreEntry], members: list[int], rng: random.Random) -> int:
    weights = [max(0.0, entries[i].group_weight) for i in members]
    mark = rng.random() * sum(weights)
    for i, weight in zip(members, weights, strict=True):
        mark -= weight
        if mark < 0:
            return i
    return members[-1]
