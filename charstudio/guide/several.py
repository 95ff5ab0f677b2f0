"""Finds several facts in one sentence: “You are Jane, 34, a locksmith from Leith, and you hate dogs.”"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from charstudio.guide.being import what_is
from charstudio.guide.clauses import cuts
from charstudio.guide.facts import Fact
from charstudio.guide.lines import plain
from charstudio.guide.statements import Statements, Strict
from charstudio.sheet import Schema

_OWN = re.compile(
    r"^(?:(?:and|but|so|then|now|also)\s+)*(?:you|your|you['’]\w+|yours|people|everyone|everybody)\b", re.I
)
_ARE = re.compile(r"^\W*(?:\w+\s+){0,3}?you(?:\s+are|['’]?re|\s+were)\b", re.I)
_HAVE = re.compile(r"^\W*(?:\w+\s+){0,3}?you(?:\s+have|['’]?ve)(?:\s+got)?\b", re.I)
_DO = re.compile(r"^\W*(?:\w+\s+){0,2}?you\s+(?:\w+ly\s+)?[a-z]+", re.I)
_PLACE = re.compile(r"\s+(from|in)\s+(?=[A-Z])")
_WITH = re.compile(r",?\s+with\s+(?=\S)", re.I)
_BECAUSE = re.compile(r",?\s+because\s+", re.I)
# What points back belongs to the clause before: "… and you hate it".
_BACK = frozenset(("it", "that", "them", "this", "so", "either", "neither", "him", "her", "there", "one"))
_NEVER_OPEN = frozenset((
    "that", "when", "if", "whenever", "because", "who", "whom", "which", "whether", "unless", "until",
    "while", "as",
    "whose", "where", "how", "what", "why", "since", "after", "before", "like", "than",
))  # fmt: skip
LONG = 600
MOST = 12


@dataclass(slots=True)
class _Reading:
    facts: list[Fact] = field(default_factory=list)
    head: str = ""
    carried: str = ""


def several(text: str, statements: Statements | Strict, schema: Schema) -> tuple[Fact, ...]:
    """Two or more facts about different attributes, all sure; else nothing."""
    if len(text) > LONG:
        return ()
    pieces = list(_pieces(text, statements))
    if len(pieces) < 2 or len(pieces) > MOST:
        return ()
    reading = _Reading()
    for piece in pieces:
        _take(piece, reading, statements, schema)
    facts = _joined(reading.facts)
    return tuple(facts) if len({f.attribute for f in facts}) > 1 else ()


def _pieces(text: str, statements: Statements | Strict) -> Iterator[str]:
    """The line cut wherever a clause may end; what must not be cut is put together again later."""
    start = 0
    ends = [*cuts(text), *((m.start(), m.end()) for m in _BECAUSE.finditer(text))]
    ends += [(m.start(), m.end()) for m in _WITH.finditer(text) if _has(text[m.end() :], statements)]
    for end, next_start in sorted(ends):
        if end < start or not text[start:end].strip() or not text[next_start:].strip(" .!"):
            continue
        yield text[start:end]
        start = next_start
    yield text[start:].strip().rstrip(".!")


def _has(rest: str, statements: Statements | Strict) -> bool:
    """Whether "with …" goes on to tell what somebody has ("with a red beard and a limp")."""
    first = re.split(r",|\s+and\s+|\.", rest, maxsplit=1)[0]
    fact = statements.told(f"You have {first}")
    return fact is not None and fact.sure and not fact.by_cue


def _take(piece: str, reading: _Reading, statements: Statements | Strict, schema: Schema) -> None:
    said = f"{reading.carried} {piece}".strip() if reading.carried else piece
    facts = _facts(said, reading, statements, schema)
    if facts and not (reading.facts and _points_back(piece)):
        reading.facts += facts
        reading.carried = ""
    elif not reading.facts:
        reading.carried = said
    reading.head = _head(said) or reading.head


def _points_back(piece: str) -> bool:
    words = plain(piece)
    return (bool(_BACK & set(words[1:6])) and len(words) < 7) or (bool(words) and words[0] in _NEVER_OPEN)


def _head(piece: str) -> str:
    if _ARE.match(piece):
        return "are"
    if _HAVE.match(piece):
        return "have"
    return "do" if _DO.match(piece) else ""


def _facts(piece: str, reading: _Reading, statements: Statements | Strict, schema: Schema) -> list[Fact]:
    if _OWN.match(piece) or (not reading.head and {"you", "your"} & set(plain(piece))):
        return _own(piece, reading, statements, schema)
    if piece[:5].casefold() == "with ":
        fact = statements.told(f"You have {piece[5:]}")
        return [fact] if fact is not None and fact.sure and not fact.by_cue else []
    opening = {"are": "You are ", "have": "You have ", "do": "You "}.get(reading.head)
    if opening is None:
        # A line that begins without a verb ("Brave, quick, hopeless with money") says what somebody is.
        fact = statements.told(f"You are {piece}") if not reading.facts else None
        reading.head = "are" if fact is not None and fact.sure else ""
        return [fact] if fact is not None and fact.sure and not fact.by_cue else []
    if reading.head == "are":
        return _being(piece, len(reading.facts), statements, schema)
    fact = statements.told(opening + piece)
    return [fact] if fact is not None and fact.sure and not fact.by_cue and fact.state == "set" else []


def _own(piece: str, reading: _Reading, statements: Statements | Strict, schema: Schema) -> list[Fact]:
    match = re.match(r"^\s*you(?:\s+are|['’]?re)\s+", piece, re.I)
    if match and (listed := _being(piece[match.end() :], len(reading.facts), statements, schema)):
        return listed
    fact = statements.told(piece)
    return [fact] if fact is not None and fact.sure else []


def _being(part: str, before: int, statements: Statements | Strict, schema: Schema) -> list[Fact]:
    """The facts of one part of "You are …": a name, an age, an occupation with a place."""
    options = what_is(part.strip(" ."), schema)
    if before == 0 and options[:1] == ("full_name",):
        return [Fact(("full_name",), part.strip())]
    noun, *place = _PLACE.split(part, maxsplit=1)
    if place and what_is(noun, schema) == ("occupation",):
        where = "birthplace" if place[0].casefold() == "from" else "home"
        kept = place[1] if where == "birthplace" else f"in {place[1]}"
        return [
            Fact(("occupation",), statements.shaped("occupation", noun)),
            Fact((where,), statements.shaped(where, kept)),
        ]
    fact = statements.told(f"You are {part}")
    return [fact] if fact is not None and fact.sure and fact.state == "set" and not fact.by_cue else []


def _joined(facts: list[Fact]) -> list[Fact]:
    """Neighbours of one attribute as one fact ("blunt", "kind" -> "blunt, kind"); no attribute twice."""
    joined: list[Fact] = []
    for fact in facts:
        same = next((i for i, f in enumerate(joined) if f.attribute == fact.attribute), None)
        if same is None:
            joined.append(fact)
        elif fact.value.casefold() not in joined[same].value.casefold():
            joined[same] = replace(joined[same], value=f"{joined[same].value}, {fact.value}")
    return joined
