"""Finds several facts in one sentence: “Your name is Jane and you are 34.”"""

from __future__ import annotations

import re

from charstudio.guide.being import what_is
from charstudio.guide.facts import Fact
from charstudio.guide.statements import Statements
from charstudio.sheet import Schema

_CUT = re.compile(r"[.;!]\s+(?:and\s+)?|,?\s+(?:and|but)\s+|,\s+", re.I)
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”")
_YOU_ARE = re.compile(r"^\s*you(?:\s+are|['’]?re)\s+", re.I)
_YOU_HAVE = re.compile(r"^\s*you(?:\s+have|['’]?ve(?:\s+got)?)\s+", re.I)
_FROM = re.compile(r"\s+from\s+", re.I)
LONG = 600


def several(text: str, statements: Statements, schema: Schema) -> tuple[Fact, ...]:
    """Two or more facts about different attributes, all sure; else nothing."""
    if len(text) > LONG:
        return ()
    facts = _listed(text, statements, schema) or _clauses(text, statements)
    if len(facts) < 2 or len({(f.attribute, f.value) for f in facts}) < 2:
        return ()
    return tuple(facts)


def _clauses(text: str, statements: Statements) -> list[Fact]:
    """The facts of clauses that each stand alone; a piece that tells nothing stays with the one before."""
    quoted = [m.span() for m in _QUOTED.finditer(text)]
    pieces: list[str] = []
    start = 0
    for cut in _CUT.finditer(text):
        inside = any(a < cut.start() < b for a, b in quoted)
        if inside or not re.match(r"(?:you|your)\b", text[cut.end() : cut.end() + 8], re.I):
            continue
        left = text[start : cut.start()]
        # "Your secret is that you lie and you know it": only a new sentence ends a clause.
        if _open_clause(left) and cut[0][0] not in ".;!":
            continue
        if _sure(statements.told(left)) and any(_sure(statements.told(r)) for r in _rests(text, cut.end())):
            pieces.append(left)
            start = cut.end()
    facts = [statements.told(piece) for piece in (*pieces, text[start:])] if pieces else []
    return [f for f in facts if f is not None and f.sure]


def _rests(text: str, start: int) -> list[str]:
    """What may be the next clause: all that is left, or only up to the next place where one could end."""
    cut = _CUT.search(text, start)
    return [text[start:], *([text[start : cut.start()]] if cut else [])]


def _open_clause(text: str) -> bool:
    return bool(re.search(r"\b(?:that|when|if|whenever|because|who|say:?)\b", text, re.I))


def _sure(fact: Fact | None) -> bool:
    return fact is not None and fact.sure


def _listed(text: str, statements: Statements, schema: Schema) -> list[Fact]:
    """The facts of a list: “You are Jane, 34, a locksmith from Leith.”, “You have grey eyes and a dog.”"""
    for form, say in ((_YOU_ARE, "You are "), (_YOU_HAVE, "You have ")):
        match = form.match(text)
        if match:
            parts = [
                p
                for p in re.split(r",\s+(?:and\s+)?|\s+and\s+", text[match.end() :].strip(" ."))
                if p.strip()
            ]
            facts = [f for i, p in enumerate(parts) for f in _part(p, say, i, statements, schema)]
            whole = len(facts) >= len(parts) and len({f.attribute for f in facts}) > 1
            return facts if whole and len(parts) > 1 else []
    return []


def _part(part: str, say: str, i: int, statements: Statements, schema: Schema) -> list[Fact]:
    if say.startswith("You are"):
        options = what_is(part, schema)
        if i == 0 and options[:1] == ("full_name",):
            return [Fact(("full_name",), part.strip())]
        noun, *place = _FROM.split(part, maxsplit=1)
        if place and what_is(noun, schema) == ("occupation",):
            born = statements.shaped("birthplace", place[0])
            return [Fact(("occupation",), statements.shaped("occupation", noun)), Fact(("birthplace",), born)]
    fact = statements.told(say + part)
    plainly = fact is not None and fact.sure and fact.state == "set" and fact.weight == 2
    return [fact] if fact is not None and plainly else []
