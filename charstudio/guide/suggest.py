"""Offers values to choose from: what fits what is decided, then examples; never what was refused."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Set

from charstudio.sheet import Schema, Sheet, ValueLink


def suggestions(
    schema: Schema, sheet: Sheet, attribute: str, *, shown: Set[str], seed: int, count: int = 0
) -> list[str]:
    """Three to five values (as many as `count` asks for), none seen before; fewer only when they run out."""
    current = sheet.of(attribute)
    if current and current[0].locked and not schema.attributes[attribute].many:
        return []
    taken = {v.text.casefold() for v in current} | shown
    fresh = []
    for value in _candidates(schema, sheet, attribute, seed):
        low = value.casefold()
        if low not in taken and not contradicts_locked(schema, sheet, value):
            taken = taken | {low}
            fresh.append(value)
    return fresh[: count or _page(len(fresh))]


def contradicts_locked(schema: Schema, sheet: Sheet, value: str) -> bool:
    """Whether a value is the opposite of something that the writer locked."""
    words = set(_words(value))
    locked = {w for v in sheet.values if v.locked for w in _words(v.text)}
    pairs = (*schema.opposites, *((b, a) for a, b in schema.opposites))
    return any(a in locked and b in words for a, b in pairs)


def _page(left: int) -> int:
    """How many to show so that never a lonely one or two are left for the next time."""
    return {6: 3, 7: 4}.get(left, min(left, 5))


def _candidates(schema: Schema, sheet: Sheet, attribute: str, seed: int) -> Iterator[str]:
    for link in schema.value_links:
        if attribute in link.offer and _applies(link, sheet):
            yield from link.offer[attribute]
    examples = list(schema.attributes[attribute].examples)
    if seed:
        random.Random(f"{seed} {attribute}").shuffle(examples)  # noqa: S311 - variety, not secrecy
    yield from examples
    yield from _other_sides(schema, sheet, attribute)


def _applies(link: ValueLink, sheet: Sheet) -> bool:
    text = sheet.text(link.attribute)
    # "ill" must not be found in "will", nor "sea" in "season": short stems only as whole words.
    return any(
        re.search(rf"\b{re.escape(stem)}{'' if len(stem) > 3 else chr(92) + 'b'}", text, re.I)
        for stem in link.stems
    )


def _other_sides(schema: Schema, sheet: Sheet, attribute: str) -> Iterator[str]:
    """Opposites of what the character is: as a contradiction, or as who they are at the end."""
    words = [
        w for a in ("traits", "strengths", "flaws", "arc_start") for v in sheet.of(a) for w in _words(v.text)
    ]
    for one, other in (*schema.opposites, *((b, a) for a, b in schema.opposites)):
        if one in words and other not in words:
            if attribute == "contradiction":
                yield f"I am {one}, and now and then {other}"
            if attribute in ("arc_end", "inner_conflict"):
                yield other if attribute == "arc_end" else f"being {one} and being {other}"


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.casefold())
