"""Understands what the writer tells: which attribute a sentence is about and what the value is."""

from __future__ import annotations

import re
from dataclasses import replace

from charstudio.guide.being import by_hint, what_is
from charstudio.guide.clauses import bare, plainer
from charstudio.guide.facts import Fact, shaped, unstopped
from charstudio.guide.frames import Frames
from charstudio.guide.lines import Line
from charstudio.guide.phrases import Match, PhraseBook
from charstudio.guide.verdict import OFFERED, WRITTEN, Bar, kept_span, verdict
from charstudio.guide.weighing import Weighing, weighed
from charstudio.sheet import Schema

_YOU_ARE = ("you", "are")
# A form of more words than this needs no second opinion; frames read only lines of everyday length.
SURE_FORM = 4
LONGEST_FRAME = 400
REMEMBERED = 200
_LOUD = frozenset((
    "biggest", "greatest", "main", "worst", "deepest", "darkest", "only", "real", "true", "usual",
    "actual", "hidden", "one", "big", "great", "current", "secret", "most",
))  # fmt: skip
_ME = frozenset(("you", "your", "yours", "yourself"))
_GOT = re.compile(r"^(\s*you(?:['’]?ve|\s+have))\s+got\b", re.I)
_STRIPPED = {  # "You have green eyes" decides the eyes: "green"
    "eyes": ("eyes",), "hair": ("hair",), "skin": ("skin", "complexion"), "face": ("face",),
    "voice_sound": ("voice",), "build": ("build", "figure", "body", "physique"),
}  # fmt: skip


class Statements:
    """Reads sentences in the second person by the forms of the schema."""

    def __init__(self, schema: Schema, frames: Frames) -> None:
        self.book = PhraseBook(schema)
        self._schema = schema
        self._weighing = Weighing(schema, frames)
        # A turn reads the same words several times: whole, in pieces, without "actually".
        self._told: dict[tuple[str, str], tuple[Fact | None]] = {}
        self._likely: dict[str, tuple[Fact | None]] = {}

    def told(self, text: str, pending: str = "") -> Fact | None:
        """What a sentence tells, or None; `pending` is the attribute that was asked for."""
        known = self._told.get((text, pending))
        if known is None:
            if len(self._told) > REMEMBERED:
                self._told.clear()
            known = self._told[text, pending] = (self._read(text, pending),)
        return known[0]

    def likely(self, text: str) -> Fact | None:
        """What a sentence tells by less evidence: enough to offer it, not to write it down."""
        known = self._likely.get(text)
        if known is None:
            if len(self._likely) > REMEMBERED:
                self._likely.clear()
            known = self._likely[text] = (self._read(text, "", OFFERED),)
        return known[0]

    def _read(self, text: str, pending: str, bar: Bar = WRITTEN) -> Fact | None:
        form = self.by_form(text, pending)
        if form is not None and form.sure and form.attribute.startswith("own_"):
            return form  # what the writer added means what the writer said it means
        if len(text) > LONGEST_FRAME or (form and form.sure and form.weight > SURE_FORM) or _is_quoted(text):
            return form
        return self._weighed(text, form, pending, bar)

    @property
    def strict(self) -> Strict:
        """The same without frames and cues, for what is noticed while nobody is asked."""
        return Strict(self)

    def by_form(self, text: str, pending: str = "") -> Fact | None:
        """What the forms of the schema alone say: the strictest reading, for what nobody is asked about."""
        text = _GOT.sub(lambda m: m[1], text, count=1)
        for line in (self.book.read(text), *self._shorter(text)):
            matches = self.book.matches(line)
            if matches:
                return self._fact(matches, pending)
        return self._by_colon(text)

    def _weighed(self, text: str, form: Fact | None, pending: str, bar: Bar) -> Fact | None:
        """What forms, frames and cues say together."""
        line = bare(self.book.read(text))
        less = plainer(line)
        seen = self._weighing.seen((line,) if less is line else (line, less))
        if form is None and not _ME & set(line.plain):
            seen = [(e, where) for e, where in seen if e.frame.whole]
        span = form.span if form and form.sure else None
        found = weighed(seen, span)
        if found and found[0].evidence and (form is None or found[0].score > form.weight + 1):
            found = weighed(seen, kept_span(found[0]))
        return verdict(self._schema, text, form, found, pending, bar)

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
        """The line without openers and tags, adverbs, and a loud word ("Your *biggest* fear …")."""
        line = self.book.read(text)
        free = bare(line)
        lines = [free] if len(free.words) < len(line.words) else []
        less = plainer(free)
        lines += [less] if less is not free else []
        words = free.plain
        if words[:1] == ("your",) and words[1:2] and words[1] in _LOUD:
            lines.append(Line(text, (free.words[0], *free.words[2:])))
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
        attributes = what_is(unstopped(match.value), self._schema)
        return replace(self._for(Fact(attributes or ("traits",), match.value), match), bare=True)

    def _for(self, fact: Fact, match: Match) -> Fact:
        attribute = self._schema.attributes[fact.attribute]
        told = match.value if match.phrase.before else _uncapitalised(match.value)
        raw = match.phrase.keep.replace("{v}", shaped(attribute, told))
        return replace(fact, value=raw, span=(match.at, match.at + len(match.value)))


class Strict:
    """Reads by the forms of the schema alone."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    def told(self, text: str, pending: str = "") -> Fact | None:
        """What a sentence tells in a form of the schema, or None."""
        return self._statements.by_form(text, pending)

    def likely(self, text: str) -> Fact | None:
        """The same: what is only likely is not noticed."""
        return self._statements.by_form(text)

    def noun(self, text: str) -> tuple[str, ...]:
        """The attributes that a noun names."""
        return self._statements.noun(text)

    def shaped(self, attribute: str, raw: str) -> str:
        """A value as it is stored."""
        return self._statements.shaped(attribute, raw)


def _is_quoted(text: str) -> bool:
    return text[:1] in '"“' and text[-1:] in '"”'


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
