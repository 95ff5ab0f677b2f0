"""All checks of one character, the gravest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from charstudio.checks import alone, replies, together
from charstudio.checks.finding import Finding, Person
from charstudio.sheet import Schema

_GRAVEST = ("error", "warn", "ask", "note", "offer", "hint")


def check(
    who: Person,
    cast: Sequence[Person],
    schema: Schema,
    *,
    story_year: int | None = None,
    said: Sequence[tuple[int, str]] = (),
    meant: Collection[str] = (),
) -> list[Finding]:
    """What is to be noticed about a character of a cast; findings whose marks are `meant` are left out.

    `said` are replies from talks, (message id, words). Deterministic: the same sheets give the same findings.
    """
    found = [
        *alone.age_vs_birth(who, story_year),
        *alone.two_values(who, schema),
        *alone.opposites(who, schema),
        *alone.cannot_but_does(who),
        *alone.knows_and_not(who),
        *alone.drive_gap(who, schema),
        *alone.placeholders(who, schema),
        *together.one_sided(who, cast, schema),
        *together.own_ancestor(who, cast),
        *together.names_alike(who, cast),
        *replies.contradicted(who, schema, said),
    ]
    once = {finding.mark: finding for finding in found if finding.mark not in meant}
    return sorted(once.values(), key=lambda finding: _GRAVEST.index(finding.level))
