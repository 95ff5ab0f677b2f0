"""Offers values: what fits what is decided, what differs from the cast; never what was refused."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from charstudio.guide.network import is_delicate, offers, within
from charstudio.guide.turn import Chip
from charstudio.i18n import _
from charstudio.sheet import Schema, Sheet
from charstudio.sheet.links import applies

Elsewhere = Sequence[tuple[str, str]]  # who of the cast has which value

# Where few answers are possible, two characters may well share one.
_SHARED_TYPES = ("scale", "choice", "number", "date")
# The same verb in both is a contradiction.
_CLASHES = (("weakness", "skills"), ("weakness", "hidden_talent"), ("knows", "does_not_know"))


def suggestions(
    schema: Schema,
    sheet: Sheet,
    attribute: str,
    *,
    shown: Set[str],
    seed: int,
    count: int = 0,
    elsewhere: Elsewhere = (),
    stranger: bool = False,
) -> list[Chip]:
    """Three to five values (as many as `count` asks for), none seen before; fewer only when they run out.

    `elsewhere` is what the rest of the cast has there; `stranger` begins with what nobody would expect.
    """
    here = [v for v in sheet.values if v.attribute == attribute]
    many = schema.attributes[attribute].many
    if any(v.locked and (v.state != "set" or not many) for v in here):
        return []
    taken = {v.text.casefold() for v in here} | shown
    fresh = []
    for chip in _ordered(schema, sheet, attribute, seed, elsewhere, stranger=stranger):
        low = chip.value.casefold()
        if low not in taken and not contradicts_locked(schema, sheet, attribute, chip.value):
            taken = taken | {low}
            fresh.append(chip)
    return fresh[: count or _page(len(fresh))]


def contradicts_locked(schema: Schema, sheet: Sheet, attribute: str, value: str) -> bool:
    """Whether a value is the opposite of something that the writer locked."""
    words = set(_words(value))
    locked = [v for v in sheet.values if v.locked and v.state == "set"]
    firm = {w for v in locked for w in _words(v.text)}
    if any(a in firm and b in words for a, b in _pairs(schema)):
        return True
    for one, other in (*_CLASHES, *((b, a) for a, b in _CLASHES)):
        if attribute == one:
            clashing = {_stem(w) for v in locked if v.attribute == other for w in _words(v.text)}
            if {_stem(w) for w in words} & clashing - {""}:
                return True
    return False


def _stem(word: str) -> str:
    """What "wait", "waits" and "waiting" share; nothing of words too short to tell anything."""
    stem = re.sub(r"(?:ing|ed|es|s|e)$", "", word)
    stem = stem[:-1] if stem[-2:-1] == stem[-1:] else stem
    return stem if len(word) > 3 else ""


def _page(left: int) -> int:
    """How many to show so that never a lonely one or two are left for the next time."""
    return {6: 3, 7: 4}.get(left, min(left, 5))


def _ordered(
    schema: Schema, sheet: Sheet, attribute: str, seed: int, elsewhere: Elsewhere, *, stranger: bool
) -> Iterator[Chip]:
    fitting = _fitting(schema, sheet, attribute)
    turned = _other_sides(schema, sheet, attribute)
    unlike = _unlike_the_cast(schema, attribute, elsewhere)
    far = _far(schema, sheet, attribute)
    usual = _examples(schema, attribute, seed)
    if stranger and not is_delicate(schema, attribute):
        rest = [*far, *unlike, *turned]
        order: list[Chip] = [*rest, *reversed(list(usual)), *fitting]
    else:
        order = [*fitting, *turned, *usual, *unlike, *far]
    has = {} if _is_shared(schema, attribute) else {value.casefold(): who for who, value in elsewhere}
    yield from (_rare(chip, has) for chip in order if chip.value.casefold() not in has)
    for chip in order:
        if who := has.get(chip.value.casefold()):
            yield replace(chip, reason=_("{name} has this, too.", name=within(who)))


def _is_shared(schema: Schema, attribute: str) -> bool:
    return schema.attributes[attribute].type in _SHARED_TYPES


def _rare(chip: Chip, has: dict[str, str]) -> Chip:
    if chip.reason or not has:
        return chip
    return replace(chip, reason=_("Nobody in your cast has this yet."))


def _chip(attribute: str, value: str, reason: str = "") -> Chip:
    return Chip(value, attribute, value, reason=reason)


def _fitting(schema: Schema, sheet: Sheet, attribute: str) -> Iterator[Chip]:
    for link, value in offers(schema, sheet, attribute):
        because = within(sheet.text(link.attribute))
        yield _chip(attribute, value, _("Goes with “{value}”.", value=because))


def _examples(schema: Schema, attribute: str, seed: int) -> Iterator[Chip]:
    examples = list(schema.attributes[attribute].examples)
    # Nothing random where somebody could be hurt by it.
    if seed and not is_delicate(schema, attribute):
        random.Random(f"{seed} {attribute}").shuffle(examples)  # noqa: S311 - variety, not secrecy
    yield from (_chip(attribute, value) for value in examples)


def _other_sides(schema: Schema, sheet: Sheet, attribute: str) -> Iterator[Chip]:
    """Opposites of what the character is: as a contradiction, or as who they are at the end."""
    words = [
        w for a in ("traits", "strengths", "flaws", "arc_start") for v in sheet.of(a) for w in _words(v.text)
    ]
    for one, other in _pairs(schema):
        if one in words and other not in words:
            reason = _("The other side of “{value}”.", value=one)
            if attribute == "contradiction":
                yield _chip(attribute, f"I am {one}, and now and then {other}", reason)
            if attribute == "arc_end":
                yield _chip(attribute, other, reason)
            if attribute == "inner_conflict":
                yield _chip(attribute, f"being {one} and being {other}", reason)


def _unlike_the_cast(schema: Schema, attribute: str, elsewhere: Elsewhere) -> Iterator[Chip]:
    """What would set this character apart: the opposite of what somebody else is."""
    if attribute not in ("traits", "strengths", "flaws", "arc_start", "arc_end"):
        return
    for who, value in elsewhere:
        words = _words(value)
        for one, other in _pairs(schema):
            if one in words:
                yield _chip(
                    attribute, other, _("Unlike {name}, who is {value}.", name=within(who), value=one)
                )


def _far(schema: Schema, sheet: Sheet, attribute: str) -> Iterator[Chip]:
    """What would be offered to quite another person."""
    if is_delicate(schema, attribute) or _is_shared(schema, attribute):
        return
    for link in schema.value_links:
        if attribute in link.offer and not applies(link, sheet):
            for value in link.offer[attribute]:
                yield _chip(attribute, value, _("Far from what you have told me so far."))


def _pairs(schema: Schema) -> tuple[tuple[str, str], ...]:
    return (*schema.opposites, *((b, a) for a, b in schema.opposites))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.casefold())
