"""Reads the parts of "You are …" and "with …": a name, an age, a calling with a place, what somebody has."""

from __future__ import annotations

import re
from dataclasses import replace

from charstudio.guide.being import what_is
from charstudio.guide.facts import Fact
from charstudio.guide.lines import plain
from charstudio.guide.statements import Statements, Strict
from charstudio.sheet import Schema

_PLACE = re.compile(r"\s+(from|in)\s+(?=[A-Z])")
_AGED = re.compile(r"\s+(?:of|aged|about|around)\s+([\w-]+(?:\s+and\s+[\w-]+|\s+[\w-]+){0,3})$", re.I)
_DECADE = re.compile(r"\s+((?:well\s+)?in your (?:early |mid |late |mid-)?\w+)$", re.I)
_CALLED = re.compile(r"\s+(?:called|named|known as)\s+(?=[A-Z])")
_TALL_WOMAN = re.compile(r"^(an?)\s+(?P<first>.+?)\s+(?P<noun>\w+)$", re.I)
_HAPPENED = frozenset((
    "born", "raised", "brought", "educated", "trained", "taught", "adopted", "orphaned", "built", "made",
    "bred",
))  # fmt: skip
# Pairs of which the first is likelier beside other facts.
_LIKELIER = (("culture", "full_name", "languages"), ("past_work", "occupation"), ("mood", "traits"))
_YEAR = re.compile(r"\s+in\s+(\d{3,4})$")
_WHERE = re.compile(r"\s+(in\s+(?:[A-Z][\w'’-]*\s?){1,3}\.?)$")
_AT = re.compile(r"\s+(?:at|for)\s+((?:the\s+)?[A-Z][\w'’&. -]*)$")
_MID = re.compile(r"^(?:early|mid|late)[- ](?:teens|\w+ties)$", re.I)
_BIG = frozenset(
    ("big", "large", "heavy", "slight", "stocky", "burly", "thin", "lean", "wiry", "plump", "fat")
)
_DOING = {"living": "live", "working": "work", "carrying": "carry", "wearing": "wear", "speaking": "speak",
          "hoping": "hope", "posing": "pose", "owning": "own", "wanting": "want"}  # fmt: skip
_THIRD = {"is": "are", "was": "were", "has": "have", "does": "do", "goes": "go"}


def being(part: str, statements: Statements | Strict, schema: Schema, *, first: bool) -> list[Fact]:
    """The facts of one part of "You are …"; nothing where the part is not surely read."""
    part = part.strip(" .")
    options = ("age",) if _MID.match(part) else what_is(part, schema)
    if first and options[:1] == ("full_name",):
        fact = statements.told(f"You are {part}")
        people = fact is not None and fact.attribute in ("faith", "culture", "species")
        return (
            [replace(fact, attributes=fact.attributes[:1])] if fact and people else [Fact(options[:1], part)]
        )
    words = plain(part)
    if not words:
        return []
    if words[0] in _DOING:
        return _sure(statements.told(f"You {_DOING[words[0]]} {part.partition(' ')[2]}"))
    if words[0] in _HAPPENED:
        return _sure(statements.told(f"You were {part}"))
    if words[0] == "from" and any(c.isupper() for c in part):
        place = part.partition(" ")[2]
        return [Fact(("birthplace",), statements.shaped("birthplace", place))]
    if options == ("age",):
        return [Fact(options, statements.shaped("age", part))]
    if options in _LIKELIER:
        return [Fact(options[:1], statements.shaped(options[0], part))]
    if words[-1].endswith("'s") or words[0] in ("never", "only", "not", "just"):
        return []
    tailed = _tailed(part, statements, schema) or _adorned(part, schema)
    if tailed:
        return tailed
    found = _sure(statements.told(f"You are {part}"))
    if not found and len(words) < 5:
        found = _sure(statements.likely(f"You are {part}"))
    if found or words[0] in ("a", "an", "the"):
        return found
    calling = what_is(f"a {part}", schema) == ("occupation",)
    return [Fact(("occupation",), statements.shaped("occupation", part))] if calling else []


def _tailed(part: str, statements: Statements | Strict, schema: Schema) -> list[Fact]:
    """What hangs on a noun: “a locksmith *from Leith*”, “a widow *of sixty*”, “a hacker *called Zero*”."""
    for tail, attribute in ((_AGED, "age"), (_DECADE, "age"), (_CALLED, "short_name")):
        cut = tail.search(part)
        if cut is None:
            continue
        raw = cut[1] if attribute == "age" else part[cut.end() :]
        if attribute == "age" and what_is(raw, schema) != ("age",):
            continue
        if plain(part[: cut.start()])[:1] not in (("a",), ("an",)) or " to " in part[: cut.start()]:
            continue
        fact = Fact((attribute,), statements.shaped(attribute, raw))
        return [*_noun(part[: cut.start()], statements, schema), fact]
    noun, *place = _PLACE.split(part, maxsplit=1)
    if not place or not what_is(noun, schema) or what_is(noun, schema)[0] == "full_name":
        return []
    before = _noun(noun, statements, schema)
    if not before:
        return []
    where = "birthplace" if place[0].casefold() == "from" else "home"
    kept = place[1] if where == "birthplace" else f"in {place[1]}"
    return [*before, Fact((where,), statements.shaped(where, kept))]


def _noun(noun: str, statements: Statements | Strict, schema: Schema) -> list[Fact]:
    """What "a locksmith" says; "a widow of sixty" is read from the inside out."""
    inner = _tailed(noun, statements, schema) or _adorned(noun, schema)
    if inner:
        return inner
    said = what_is(noun, schema)
    if said == ("occupation",):
        return [Fact(said, statements.shaped("occupation", noun))]
    fact = statements.told(f"You are {noun}")
    return [fact] if fact is not None and fact.sure and fact.state == "set" else []


def _adorned(noun: str, schema: Schema) -> list[Fact]:
    """“a tall woman” and “a dwarf woman” say two things."""
    match = _TALL_WOMAN.match(noun)
    if match is None or what_is(f"{match[1]} {match['noun']}", schema) != ("gender",):
        return []
    first = match["first"]
    if plain(first)[-1] in _BIG:
        return [Fact(("build",), first), Fact(("gender",), f"a {match['noun']}")]
    for said, value in ((first, first), (f"a {first}", f"a {first}")):
        found = what_is(said, schema)
        if found in (("height",), ("build",), ("species",), ("traits",), ("age",)):
            return [Fact(found, value), Fact(("gender",), f"a {match['noun']}")]
    return []


def placed(fact: Fact, part: str, statements: Statements | Strict) -> list[Fact]:
    """A fact with what its last words tell beside it: “You drive a cab *in Naples*”, “born … *in 1603*”."""
    year = _YEAR.search(fact.value) if fact.attribute == "birthplace" else None
    if year:
        return [replace(fact, value=fact.value[: year.start()]), Fact(("birth_date",), year[1])]
    employer = _AT.search(fact.value) if fact.attribute == "occupation" else None
    if employer:
        kept = fact.value[: employer.start()]
        return [replace(fact, value=kept), Fact(("employer",), statements.shaped("employer", employer[1]))]
    home = _WHERE.search(fact.value) if fact.attribute == "occupation" else None
    if home:
        kept = fact.value[: home.start()]
        if fact.value.endswith("."):
            kept += "."
        return [replace(fact, value=kept), Fact(("home",), statements.shaped("home", home[1].rstrip(".")))]
    return [fact]


def has(rest: str, statements: Statements | Strict) -> list[Fact]:
    """What "with …" goes on to tell that somebody has ("with a red beard")."""
    fact = statements.told(f"You have {rest}")
    return [fact] if fact is not None and fact.sure and not fact.by_cue and fact.state == "set" else []


def clause_of_who(part: str) -> str:
    """The clause "hates dogs", said of a "you" who does it: "You hate dogs"; empty if that cannot be told."""
    verb, _space, rest = part.partition(" ")
    low = verb.casefold()
    if low in _THIRD:
        return f"You {_THIRD[low]} {rest}"
    if low.endswith("s") and not low.endswith("ss"):
        stem = (
            f"{low[:-3]}y"
            if low.endswith("ies")
            else low[:-2]
            if low.endswith(("ches", "shes"))
            else low[:-1]
        )
        return f"You {stem} {rest}"
    return f"You {verb} {rest}"


def _sure(fact: Fact | None) -> list[Fact]:
    return [fact] if fact is not None and fact.sure and fact.state == "set" and not fact.by_cue else []
