"""Checks that need one sheet alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from charstudio.checks.finding import Finding, Offer, Person, Place
from charstudio.checks.numbers import age_of, year_of
from charstudio.i18n import _
from charstudio.model import Change, Value
from charstudio.sheet import Schema

_CHARACTER = ("traits", "strengths", "flaws")
_DRIVES = ("motivation", "obstacle", "stakes")
_MAIN = re.compile(r"\b(protagonist|main character|lead|hero|heroine)\b", re.IGNORECASE)
_DEGREES = frozenset(
    "very too so quite rather always often mostly usually sometimes a bit little really deeply i am".split()
)
_FILLER = frozenset(
    "a an the to i can cannot can't could couldn't not never able unable how know knowing good bad at of for "
    "my in on with and or me myself better get well do".split()
)
_MATTERS = re.compile(r"[\w']+")


def age_vs_birth(who: Person, story_year: int | None) -> Iterator[Finding]:
    """An age that the date of birth and the story's year make impossible."""
    for age in who.sheet.of("age"):
        for birth in who.sheet.of("birth_date"):
            said, born = age_of(age.text), year_of(birth.text)
            if story_year is None or said is None or born is None:
                continue
            years = story_year - born
            if said not in (years - 1, years):
                yield Finding(
                    "age_vs_birth",
                    "error",
                    _("Two ages"),
                    _(
                        "{name} is {age} here, but born {born} makes it {years} in {now}.",
                        name=who.name,
                        age=said,
                        born=born,
                        years=years,
                        now=story_year,
                    ),
                    (Place.of(who, age), Place.of(who, birth)),
                )


def two_values(who: Person, schema: Schema) -> Iterator[Finding]:
    """Two values of what can be only one."""
    for attribute in schema.attributes.values():
        values = who.sheet.of(attribute.id) if not attribute.many else ()
        for other in values[1:]:
            yield _two(who, values[0], other.text, schema, other)


def _two(who: Person, old: Value, new: str, schema: Schema, kept: Value | None) -> Finding:
    label = schema.attributes[old.attribute].label
    both = f"{old.text}; {new}"
    first = Place.of(who, old)
    second = Place.of(who, kept) if kept else Place(who.id, old.attribute, new)
    return Finding(
        "two_values_for_one",
        "ask",
        _("Two answers: {label}", label=label),
        _("“{old}” stands here, and “{new}” as well.", old=old.text[:80], new=new[:80]),
        (first, second),
        (
            Offer(_("Replace"), ((who.id, Change(old.attribute, new)),)),
            Offer(_("Keep both"), ((who.id, Change(old.attribute, both)),)),
            Offer(_("Keep the old one"), ((who.id, Change(old.attribute, old.text)),)),
        ),
    )


def opposites(who: Person, schema: Schema) -> Iterator[Finding]:
    """Both sides of a pair, said without any condition, and not yet told as a contradiction."""
    said: dict[str, Value] = {}
    for attribute in _CHARACTER:
        for value in who.sheet.of(attribute):
            said.setdefault(_bare(value.text), value)
    told = " ".join(v.text for v in who.sheet.of("contradiction")).casefold()
    for one, other in schema.opposites:
        if one in said and other in said and not (one in told and other in told):
            words = _("I am {one} and {other}", one=one, other=other)
            free = not who.sheet.of("contradiction")
            offer = Offer(_("Make it a contradiction"), ((who.id, Change("contradiction", words)),))
            yield Finding(
                "opposite_traits",
                "note",
                _("{one} and {other}", one=one.capitalize(), other=other),
                _(
                    "Both stand on the sheet. A contradiction may be the best thing about {name}.",
                    name=who.name,
                ),
                (Place.of(who, said[one]), Place.of(who, said[other])),
                (offer,) if free else (),
            )


def _bare(text: str) -> str:
    """A trait without how much of it there is; "patient with horses" stays what it is."""
    return " ".join(w for w in _MATTERS.findall(text.casefold().replace("’", "'")) if w not in _DEGREES)


def cannot_but_does(who: Person) -> Iterator[Finding]:
    """Something that is named as a weakness and as a skill, of the same thing."""
    for weakness in who.sheet.of("weakness"):
        for skill in who.sheet.of("skills"):
            cannot, does = _act(weakness.text), _act(skill.text)
            if cannot and does and cannot[0] == does[0] and _same_thing(cannot[1], does[1]):
                yield Finding(
                    "cannot_but_does",
                    "ask",
                    _("Cannot, and does"),
                    _(
                        "“{weakness}” stands under what {name} cannot do, “{skill}” under skills.",
                        weakness=weakness.text[:80],
                        skill=skill.text[:80],
                        name=who.name,
                    ),
                    (Place.of(who, weakness), Place.of(who, skill)),
                )


def _act(text: str) -> tuple[str, frozenset[str]] | None:
    """The verb of a skill or weakness, cut to its stem, and what it is done to."""
    words = [w for w in _MATTERS.findall(text.casefold().replace("’", "'")) if w not in _FILLER]
    return (stem(words[0]), frozenset(map(stem, words[1:]))) if words else None


def _same_thing(one: frozenset[str], other: frozenset[str]) -> bool:
    return not one or not other or bool(one & other)


def stem(word: str) -> str:
    """A word without its ending: swim, swims and swimming are one."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def knows_and_not(who: Person) -> Iterator[Finding]:
    """The same thing among what is known and what is not."""
    for known in who.sheet.of("knows"):
        for unknown in who.sheet.of("does_not_know"):
            if _phrase(known.text) and _phrase(known.text) == _phrase(unknown.text):
                yield Finding(
                    "knows_and_not",
                    "ask",
                    _("Known, and not known"),
                    _("{name} knows “{what}” and does not know it.", name=who.name, what=known.text[:100]),
                    (Place.of(who, known), Place.of(who, unknown)),
                )


def _phrase(text: str) -> str:
    words = _MATTERS.findall(text.casefold().replace("’", "'"))
    return " ".join(words[1:] if words[:1] == ["that"] else words)


def drive_gap(who: Person, schema: Schema) -> Iterator[Finding]:
    """A main character who wants something while its reason, obstacle or price is open."""
    role = who.sheet.text("story_role")
    decided = who.sheet.decided()
    missing = [schema.attributes[a].label for a in _DRIVES if a not in decided]
    if who.sheet.of("want") and missing and _MAIN.search(role):
        want = who.sheet.of("want")[0]
        yield Finding(
            "drive_chain_gap",
            "hint",
            _("A want without all its reasons"),
            _(
                "{name} wants “{want}”. Still open: {what}.",
                name=who.name,
                want=want.text[:80],
                what=", ".join(missing),
            ),
            (Place.of(who, want), *(Place(who.id, a, "") for a in _DRIVES if a not in decided)),
        )


def placeholders(who: Person, schema: Schema) -> Iterator[Finding]:
    """A finished sheet in which an example of ours still stands."""
    if not who.finished:
        return
    for value in who.sheet.values:
        attribute = schema.attributes.get(value.attribute)
        if attribute and value.text in attribute.examples and _is_ours(value.text, attribute.type):
            yield Finding(
                "placeholder_left",
                "hint",
                _("Still the example"),
                _("“{text}” is our example for {label}.", text=value.text[:100], label=attribute.label),
                (Place.of(who, value),),
            )


def _is_ours(text: str, kind: str) -> bool:
    """Whether an example on a sheet is likely ours: a choice or one word of many is anybody's."""
    return kind in ("text", "prose", "date", "ref", "refs") or (kind == "tags" and " " in text)
