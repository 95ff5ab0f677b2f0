"""Reads what a card tells of its character (“She is …”, “Age: 34”) as the words of the character itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from charstudio.talk.spoken import LONGEST, LONGEST_SENTENCE, Statement, is_meant

_SENTENCE = re.compile(r"[^.!?\n;]+(?:\.(?=\S)[^.!?\n;]*)*")
_ITEM = re.compile(
    r"^[\s\[({*•+-]*(?P<label>[A-Za-z][\w /'-]{1,30}?)\*{0,2}\s*:\s+(?P<value>\S.*?)[\s\])}]*$"
)
_IRREGULAR = {
    "is": "am", "isn't": "am not", "was": "was", "has": "have", "does": "do", "doesn't": "don't",
    "hasn't": "haven't", "goes": "go", "'s": "am", "are": "am", "were": "was",
}  # fmt: skip
_KEPT = frozenset((
    "can", "can't", "cannot", "could", "will", "won't", "would", "must", "may", "might", "never", "always",
    "often", "had", "did", "didn't", "still", "once", "only", "also", "used", "grew", "lost", "left", "fled",
))  # fmt: skip
_WHOSE = ("her", "his", "their")
_OTHERS = re.compile(r"\b(?:he|she|they|him|them|you|your|we|us|our|\{\{\w+\}\})\b", re.I)
_OWN = re.compile(r"\b(?:her|his|their)\b(?=\s+\w)", re.I)
_SELF = re.compile(r"\b(?:herself|himself|themself|themselves)\b", re.I)


def told_of(prose: str, names: Sequence[str]) -> Iterator[Statement]:
    """The statements about somebody of these names; the evidence is what stands in the prose."""
    known = [re.escape(name) for name in sorted(filter(None, names), key=len, reverse=True)]
    who, whose = "|".join((*known, "she", "he", "they")), "|".join((*(f"{k}['’]s" for k in known), *_WHOSE))
    subject = re.compile(rf"^(?:{who})\b(?P<rest>.*)$", re.I | re.S)
    own = re.compile(rf"^(?:{whose})\s+(?P<rest>.*)$", re.I | re.S)
    for match in _SENTENCE.finditer(prose[:LONGEST]):
        if len(match[0]) > 2 * LONGEST_SENTENCE:
            continue
        evidence = match[0].strip(' \t,*_"“”')
        text = _as_own(evidence, subject, own)
        if text and 3 < len(text) <= LONGEST_SENTENCE and is_meant(text):
            yield Statement(evidence, text)


def items(prose: str) -> Iterator[tuple[str, str, str]]:
    """Lines such as “Age: 34”: the whole, its label and its value."""
    for line in prose[:LONGEST].splitlines():
        match = _ITEM.match(line) if len(line) <= LONGEST_SENTENCE else None
        if match:
            yield line.strip(), match["label"].strip(), match["value"].strip(" *")


def _as_own(sentence: str, subject: re.Pattern[str], own: re.Pattern[str]) -> str:
    mine = own.match(sentence)
    if mine:
        return "" if _OTHERS.search(mine["rest"]) else f"My {_mine(mine['rest'])}"
    third = subject.match(sentence)
    if third is None or _OTHERS.search(third["rest"]):
        return ""
    verb, _space, rest = third["rest"].replace("’", "'").strip().partition(" ")
    said = _first(verb.casefold())
    return f"I {said} {_mine(rest)}" if said and rest else ""


def _mine(text: str) -> str:
    return _SELF.sub("myself", _OWN.sub("my", text))


def _first(verb: str) -> str:
    """A verb as it follows “I”; empty where it is none that can be told from another word."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb in _KEPT or verb.endswith("ed"):
        return verb
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    if verb.endswith(("shes", "ches", "sses", "xes", "zes")):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") and len(verb) > 3 else ""
