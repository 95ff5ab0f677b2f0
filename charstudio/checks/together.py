"""Checks between the characters of one cast: bonds with one end, circles of parents, names alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from charstudio.checks.finding import Finding, Person, Place
from charstudio.checks.kin import back_to, offer_back
from charstudio.i18n import _
from charstudio.model import Value
from charstudio.sheet import Schema

BONDS = ("parents", "siblings", "partner", "children", "rival", "enemy", "mentor")
MOST_EDITS = 2
SHORTEST_NAME = 4


def one_sided(who: Person, cast: Sequence[Person], schema: Schema) -> Iterator[Finding]:
    """Bonds that the other one does not have, from here to others and from others to here."""
    for other in cast:
        if other.id != who.id:
            yield from _missing(who, other, schema)
            yield from _missing(other, who, schema)


def _missing(one: Person, other: Person, schema: Schema) -> Iterator[Finding]:
    for value in one.sheet.values:
        if value.attribute not in BONDS or value.other_id != other.id or value.state != "set":
            continue
        offer = offer_back(one, value, other, schema)
        unnamed = value.attribute == "mentor" and not back_to(one, other)
        if offer or unnamed:
            label = schema.attributes[value.attribute].label
            yield Finding(
                "relation_one_sided",
                "offer",
                _("{name} does not say it back", name=other.name),
                _(
                    "{other} stands with {one} under “{label}”; {other} says nothing of {one} there.",
                    one=one.name,
                    other=other.name,
                    label=label,
                ),
                (Place.of(one, value),),
                (offer,) if offer else (),
            )


def own_ancestor(who: Person, cast: Sequence[Person]) -> Iterator[Finding]:
    """A character that descends from itself, with the two bonds that close the circle."""
    parents = _parents(cast)
    people = {p.id: p for p in cast}
    # Each step remembers the bond out of `who` with which it began.
    steps = [(parent, value, value) for parent, value in parents.get(who.id, ())]
    seen: set[int] = set()
    while steps:
        here, first, last = steps.pop(0)
        if here == who.id:
            yield Finding(
                "relation_cycle",
                "error",
                _("A circle of parents"),
                _("Going from parent to parent, {name} is among {name}’s own forebears.", name=who.name),
                tuple(_place(people, value) for value in ([first] if first == last else [first, last])),
            )
            return
        if here not in seen:
            seen.add(here)
            steps += [(parent, first, value) for parent, value in parents.get(here, ())]


Bond = tuple[int, Value]


def _parents(cast: Sequence[Person]) -> dict[int, list[tuple[int, Bond]]]:
    """Who has whom as a parent, said by either of them: child -> (parent, (whose value, value))."""
    found: dict[int, list[tuple[int, Bond]]] = {}
    for person in cast:
        for value in person.sheet.values:
            if value.other_id is None or value.state != "set":
                continue
            if value.attribute == "parents":
                found.setdefault(person.id, []).append((value.other_id, (person.id, value)))
            elif value.attribute == "children":
                found.setdefault(value.other_id, []).append((person.id, (person.id, value)))
    return found


def _place(people: dict[int, Person], bond: Bond) -> Place:
    return Place.of(people[bond[0]], bond[1])


def names_alike(who: Person, cast: Sequence[Person]) -> Iterator[Finding]:
    """Names of two characters that a reader will mix up."""
    for other in cast:
        if other.id == who.id:
            continue
        pair = next(
            (
                (mine, theirs)
                for mine in _names(who)
                for theirs in _names(other)
                if _alike(mine.text.casefold(), theirs.text.casefold())
            ),
            None,
        )
        if pair:
            mine, theirs = pair
            yield Finding(
                "confusable_names",
                "warn",
                _("Close to {name}", name=theirs.text[:60]),
                _(
                    "“{mine}” and “{theirs}” are easily mixed up.",
                    mine=mine.text[:60],
                    theirs=theirs.text[:60],
                ),
                (Place.of(who, mine), Place.of(other, theirs)),
            )


def _names(person: Person) -> list[Value]:
    return [*person.sheet.of("full_name"), *person.sheet.of("short_name")]


def _alike(one: str, other: str) -> bool:
    short = min(sum(map(str.isalpha, one)), sum(map(str.isalpha, other)))
    if short < SHORTEST_NAME or abs(len(one) - len(other)) > MOST_EDITS or max(len(one), len(other)) > 200:
        return False
    return edits(one, other, MOST_EDITS) <= MOST_EDITS


def edits(one: str, other: str, most: int) -> int:
    """How many letters must be added, dropped or exchanged; `most` + 1 when it is more than that."""
    before = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
        if min(row) > most:
            return most + 1
        before = row
    return before[-1]
