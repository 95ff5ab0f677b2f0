"""Hears at which point of the arc something holds: “Before the trial, you trusted your brother.”"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from charstudio.guide.lines import plain
from charstudio.model import ALWAYS, Stage

_WHEN = re.compile(
    r"^\W*(?P<at>before|until|after|since|from|by|at|in|during|once|ever since|up to)\s+"
    r"(?P<name>(?:\S+\s+){0,5}?\S+?)"
    r"(?:\s+(?:on|onwards?|is\s+over|was\s+over))?\s*(?:,\s*|\s+(?=you\b|your\b|you['’]))"
    r"(?P<rest>(?:you|your|people|they)\b.+)$",
    re.I | re.S,
)
_WHEN_LAST = re.compile(
    r"^(?P<rest>\W*(?:you|your)\b.+?)\s*,?\s+(?P<at>before|until|after|since|from|by|during)\s+"
    r"(?P<name>(?:\S+\s+){0,4}\S+?)(?:\s+on)?[\s.!]*$",
    re.I | re.S,
)
_NAMED = re.compile(r"^(?:the|your|his|her|their|this|that)\s+\S+", re.I)
_SMALL = frozenset(("the", "your", "my", "a", "an", "of", "his", "her", "their", "stage"))
_PAST = {
    "were": "are", "had": "have", "thought": "think", "knew": "know", "felt": "feel", "kept": "keep",
    "left": "leave",
    "lost": "lose", "went": "go", "slept": "sleep", "spoke": "speak", "wore": "wear", "drank": "drink",
    "ate": "eat",
    "saw": "see", "hid": "hide", "told": "tell", "owed": "owe", "believed": "believe", "loved": "love",
    "hated": "hate",
    "lived": "live", "trusted": "trust", "wanted": "want", "worked": "work", "feared": "fear", "could": "can",
    "did": "do", "used": "use", "became": "become", "needed": "need", "dreamt": "dream",
    "swore": "swear",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Staged:
    """A statement and the point at which it holds: the words that say when, and the name in them."""

    at: str
    name: str
    rest: str


def staged(text: str) -> Staged | None:
    """When a line says something holds, if it names a point in time; the statement without that."""
    if len(text) > 600:
        return None
    match = _WHEN.match(text)
    if match is None:
        return None
    rest = match["rest"].strip()
    return Staged(match["at"].casefold(), match["name"].strip(" ,"), rest[:1].upper() + rest[1:])


def staged_last(text: str) -> Staged | None:
    """The same with the time at the end: “You trusted nobody after the trial.”"""
    match = _WHEN_LAST.match(text) if len(text) <= 600 else None
    return Staged(match["at"].casefold(), match["name"].strip(" ,"), match["rest"].strip()) if match else None


def names_a_point(said: Staged) -> bool:
    """Whether the words look like a point of a story ("the trial"), not like "six" or "birth"."""
    words = plain(said.name)
    return (
        bool(_NAMED.match(said.name))
        and len(words) <= 5
        and not {"you", "i", "it", "day", "morning"} & set(words)
    )


def stage_id(said: Staged, stages: Sequence[Stage]) -> int | None:
    """Where the statement belongs: a stage, `ALWAYS` before the first one, None if no stage is meant."""
    order = sorted(stages, key=lambda s: (s.position, s.id))
    whole = _key(f"{said.at} {said.name}")
    for stage in order:
        if _key(stage.name) == whole:
            return stage.id
    for n, stage in enumerate(order):
        if _key(stage.name) != _key(said.name):
            continue
        if said.at in ("before", "until", "up to"):
            return order[n - 1].id if n else ALWAYS
        if said.at in ("after", "once") and n + 1 < len(order):
            return order[n + 1].id
        return stage.id
    return None


def tellings(said: Staged) -> Iterator[str]:
    """The statement as it stands, and as it would be said of now: “you trusted” -> “You trust”."""
    yield said.rest
    words = said.rest.split()
    if len(words) > 1 and words[0].casefold() in ("you", "people", "they"):
        verb = words[1].casefold()
        for base in (_PAST.get(verb), *_bases(verb)):
            if base:
                yield " ".join((words[0], base, *words[2:]))
    elif len(words) > 2 and words[0].casefold() == "your":
        yield re.sub(r"\bwas\b", "is", re.sub(r"\bwere\b", "are", said.rest, count=1), count=1)


def _bases(verb: str) -> Iterator[str]:
    if verb.endswith("ied"):
        yield f"{verb[:-3]}y"
    elif verb.endswith("ed"):
        yield verb[:-2]
        yield verb[:-1]
        if len(verb) > 4 and verb[-3] == verb[-4]:
            yield verb[:-3]


def _key(name: str) -> tuple[str, ...]:
    return tuple(w for w in plain(name) if w not in _SMALL)
