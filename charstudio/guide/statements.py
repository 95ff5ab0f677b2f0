"""Understands what the writer tells: which attribute a sentence is about and what the value is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from charstudio.guide.being import by_hint, what_is
from charstudio.guide.lines import Line
from charstudio.guide.phrases import Match, PhraseBook
from charstudio.model import State
from charstudio.sheet import Attribute, Schema, flip

_YOU_ARE = ("you", "are")
_OPENERS = tuple(
    tuple(o.split())
    for o in [
        "well",
        "so",
        "ok",
        "okay",
        "hmm",
        "um",
        "oh",
        "yes",
        "yeah",
        "right",
        "now",
        "and",
        "but",
        "then",
        "please",
        "maybe",
        "perhaps",
        "i think",
        "i think that",
        "i guess",
        "i would say",
        "i say",
        "let us say",
        "let us say that",
        "i decided that",
        "i have decided that",
        "of course",
        "i believe",
        "also",
        "say",
        "deep down",
        "in truth",
        "these days",
        "nowadays",
        "to be honest",
        "honestly",
        "basically",
        "apparently",
        "clearly",
        "obviously",
        "as it happens",
        "it turns out",
        "it turns out that",
        "for now",
        "by the way",
        "remember",
        "remember that",
        "you should know that",
        "it seems",
    ]
)
_LOUD = frozenset((
    "biggest", "greatest", "main", "worst", "deepest", "darkest", "only", "real", "true", "usual",
    "actual", "hidden", "one", "big", "great", "current", "secret", "most",
))  # fmt: skip
_GOT = re.compile(r"^(\s*you(?:['’]?ve|\s+have))\s+got\b", re.I)
_ADVERBS = frozenset((
    "still", "really", "truly", "desperately", "actually", "absolutely", "definitely", "probably",
    "simply", "just", "now", "currently", "badly", "got",
))  # fmt: skip
_ABBREVIATED = re.compile(r"(?:^|\s)(?:(?i:jr|sr|dr|mr|mrs|ms|st|esq|ph\.d|m\.d|inc|ltd|co)|[A-HJ-UWYZ])\.$")
_STRIPPED = {  # "You have green eyes" decides the eyes: "green"
    "eyes": ("eyes",), "hair": ("hair",), "skin": ("skin", "complexion"), "face": ("face",),
    "voice_sound": ("voice",), "build": ("build", "figure", "body", "physique"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """Something told: a value, and the attribute it is about; several attributes when that is in doubt."""

    attributes: tuple[str, ...]
    value: str
    weight: int = 2
    state: State = "set"
    bare: bool = False

    @property
    def sure(self) -> bool:
        """Whether there is one attribute only that it can be about."""
        return len(self.attributes) == 1

    @property
    def attribute(self) -> str:
        """The attribute it is about (the likeliest one)."""
        return self.attributes[0]


class Statements:
    """Reads sentences in the second person by the forms of the schema."""

    def __init__(self, schema: Schema) -> None:
        self.book = PhraseBook(schema)
        self._schema = schema

    def told(self, text: str, pending: str = "") -> Fact | None:
        """What a sentence tells, or None; `pending` is the attribute that was asked for."""
        text = _GOT.sub(lambda m: m[1], text, count=1)
        for line in (self.book.read(text), *self._shorter(text)):
            matches = self.book.matches(line)
            if matches:
                return self._fact(matches, pending)
        return self._by_colon(text)

    def noun(self, text: str) -> tuple[str, ...]:
        """The attributes that a noun names ("nickname", "main motivation"), or none."""
        words = self.book.read(text).plain
        for start in range(len(words)):
            if start == 0 or words[0] in ("the", "your", "a", "an", "any", "my") or words[0] in _LOUD:
                found = self.book.nouns.get(words[start:])
                if found:
                    return found
        return ()

    def shaped(self, attribute: str, raw: str) -> str:
        """A value as it is stored: in the first person, without the full stop of the sentence."""
        return shaped(self._schema.attributes[attribute], raw)

    def _shorter(self, text: str) -> list[Line]:
        """The line without an opener ("Well, …") and without a loud word ("Your *biggest* fear …")."""
        line = self.book.read(text)
        words = line.plain
        lines = []
        for n in (4, 3, 2, 1):
            if words[:n] in _OPENERS and len(words) > n:
                rest = text[line.words[n].start :]
                return [self.book.read(rest), *self._shorter(rest)]
        adverb = next(
            (n for n in (1, 2) if words[:1] == ("you",) and words[n : n + 1] and words[n] in _ADVERBS), 0
        )
        if adverb:
            lines.append(Line(text, (*line.words[:adverb], *line.words[adverb + 1 :])))
        if words[:1] == ("your",) and words[1:2] and words[1] in _LOUD:
            lines.append(Line(text, (line.words[0], *line.words[2:])))
        return lines

    def _by_colon(self, text: str) -> Fact | None:
        noun, colon, raw = text.partition(":")
        if not colon or len(noun) > 40 or not raw.startswith(" "):
            return None
        found = self.noun(noun)
        return (
            Fact(found, shaped(self._schema.attributes[found[0]], raw), 3) if found and raw.strip() else None
        )

    def _fact(self, matches: list[Match], pending: str) -> Fact:
        best = matches[0]
        for match in matches:
            if match.phrase.weight == best.phrase.weight and pending in match.phrase.attributes:
                best = match
        fact = self._of_match(best)
        if pending and not fact.sure and pending in (*fact.attributes, *best.phrase.attributes):
            return self._for(replace(fact, attributes=(pending,)), best)
        return fact

    def _of_match(self, match: Match) -> Fact:
        phrase = match.phrase
        if phrase.before == _YOU_ARE and not phrase.after:
            return self._you_are(match)
        if phrase.before == ("your", *phrase.before[1:-1], "is") and len(phrase.attributes) > 1:
            return self._for(Fact(phrase.attributes, match.value, phrase.weight), match)
        attributes, word = phrase.attributes, ""
        if phrase.doubt:
            attributes, word = by_hint(phrase.doubt, match.value)
        fact = self._for(Fact(attributes, match.value, phrase.weight), match)
        return _stripped(fact, word) if word and fact.sure else fact

    def _you_are(self, match: Match) -> Fact:
        if match.value.casefold().strip(" .!") in ("an only child", "the only child"):
            return Fact(("siblings",), "", state="none")
        attributes = what_is(_unstopped(match.value), self._schema)
        return replace(self._for(Fact(attributes or ("traits",), match.value), match), bare=True)

    def _for(self, fact: Fact, match: Match) -> Fact:
        attribute = self._schema.attributes[fact.attribute]
        told = match.value if match.phrase.before else _uncapitalised(match.value)
        raw = match.phrase.keep.replace("{v}", shaped(attribute, told))
        return replace(fact, value=raw)


def shaped(attribute: Attribute, raw: str) -> str:
    """A value as it is stored: flipped to the first person unless it is verbatim, its full stop dropped."""
    text = raw.strip()
    if "verbatim" in attribute.flags:
        return _unstopped(text)
    text = _unstopped(text.rstrip("!") if not text.endswith(('!"', "!”")) else text)
    if attribute.type == "number":
        text = re.sub(r"\s*-?\s*(years?)[ -](old|of age)$", "", text, flags=re.I)
    return flip(text, "first")


def _unstopped(text: str) -> str:
    """Without the full stop of the sentence; "…", "Jr." and initials keep theirs."""
    if text.endswith("..") or not text.endswith(".") or len(text) == 1 or _ABBREVIATED.search(text[-12:]):
        return text
    return text[:-1].rstrip()


def _uncapitalised(text: str) -> str:
    """Without the capital of a sentence's first word, where that word is surely no name."""
    first, space, rest = text.partition(" ")
    small = first.casefold() in ("the", "a", "an", "your", "my", "someone", "nobody", "no", "being", "not")
    return f"{first.casefold()}{space}{rest}" if small else text


def _stripped(fact: Fact, word: str) -> Fact:
    if fact.attribute == "fear":
        return replace(
            fact, value=re.sub(r"^(an?|the)?\s*(\w+\s)?(fear|phobia) of ", "", fact.value, flags=re.I)
        )
    if fact.attribute == "movement" and fact.value[:2] == "a ":
        return replace(fact, value=f"with {fact.value}")
    if word not in _STRIPPED.get(fact.attribute, ()):
        return fact
    before, _, after = re.sub(r"^an? ", "", fact.value, flags=re.I).partition(word)
    if after.lstrip().startswith(("and ", ",")):
        return replace(fact, attributes=(fact.attribute, "first_impression"))
    return replace(fact, value=", ".join(p.strip() for p in (before, after) if p.strip()) or fact.value)
