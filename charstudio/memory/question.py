"""What a line asks memory for: the words that tell something, whom it names, and which time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from charstudio.memory.when import Span, asked_times

MOST_WORDS = 24  # of a long message the first telling words; more would find everything

STOP = frozenset(
    (
        "a an the and or but if then than that this these those there here is am are was were be been "
        "being do does did done doing have has had having i you he she it we they me him her us them my "
        "your his its our their mine yours hers ours theirs myself yourself himself herself itself "
        "ourselves themselves who whom whose which what when where why how of in on at to from for with "
        "about as by into over under up down out off not no nor so too very can could will would shall "
        "should may might must some any all both each other another own same just also only ever never "
        "still s t don re ve ll d m didn doesn isn aren wasn weren won wouldn couldn shouldn hasn haven "
        "hadn ain yes well oh"
    ).split()
)

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Question:
    """One line as memory reads it; `bare` is its text without the names of those who spoke."""

    text: str
    bare: str
    words: tuple[str, ...]
    named: frozenset[str]
    times: tuple[Span, ...]


def read_question(text: str, speakers: Iterable[str], years: range = range(0)) -> Question:
    """Read a line; `speakers` (casefolded) are those whose words are remembered, `years` those in which
    they spoke.
    """
    found = _WORD.findall(text)
    spoken = {word.casefold() for word in found}
    named: dict[str, str] = {}
    for speaker in speakers:
        for word in _calls(speaker, found, spoken):
            named[word] = speaker
    words = [w for w in dict.fromkeys(word.casefold() for word in found) if w not in STOP and w not in named]
    return Question(
        text,
        _without(text, named),
        tuple(w for w in words if len(w) > 1 or w.isdigit())[:MOST_WORDS],
        frozenset(named.values()),
        tuple(asked_times(text, years)),
    )


def _calls(speaker: str, found: list[str], spoken: set[str]) -> list[str]:
    """The words of a line that call a speaker: a name of theirs, or its beginning (Mel for Melanie)."""
    names = [w for w in _WORD.findall(speaker) if len(w) > 1 and w not in STOP]
    called = [name for name in names if name in spoken]
    if not called and names:
        called = [
            w.casefold()
            for w in found
            if len(w) > 2
            and w[0].isupper()
            and w.casefold() not in STOP
            and names[0].startswith(w.casefold())
        ]
    return called


def _without(text: str, named: Iterable[str]) -> str:
    bare = text
    for name in named:
        bare = re.sub(rf"\b{re.escape(name)}\b(?:['’]s\b)?", "", bare, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", bare).strip() or text
