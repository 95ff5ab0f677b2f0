"""All the ways in which a writer may tell something: every sentence form of the schema, ready to compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from charstudio.guide.lines import Line, mender, plain, read
from charstudio.sheet import Attribute, Doubt, Schema

LONGEST = 14
_IS = (("is",), ("are",), ("was",), ("were",), ("should", "be"), ("will", "be"), ("would", "be"))
_NO_NOUN = frozenset(["i", "my", "me", "what", "whom", "who", "how", "where", "when", "why"])


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence form: fixed words before and after the value, and what is kept of it (`{v}`)."""

    attributes: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    keep: str = "{v}"
    fixed: bool = False
    doubt: Doubt | None = None

    @property
    def weight(self) -> int:
        """How many words of the line it explains."""
        return len(self.before) + len(self.after)


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase that fits a line, with the words that stand where its value is."""

    phrase: Phrase
    value: str
    at: int = 0


class PhraseBook:
    """Finds the phrases that fit a line, those that explain most of it first."""

    def __init__(self, schema: Schema) -> None:
        self.nouns = _nouns(schema)
        self._starts: dict[tuple[str, ...], list[Phrase]] = {}
        self._ends: dict[tuple[str, ...], list[Phrase]] = {}
        for phrase in _merged([*_phrases(schema), *_noun_phrases(schema, self.nouns)]):
            where, key = (self._starts, phrase.before) if phrase.before else (self._ends, phrase.after)
            where.setdefault(key, []).append(phrase)
        known = {w for key in (*self._starts, *self._ends) for w in key}
        known |= {w for phrases in self._starts.values() for p in phrases for w in p.after}
        self._mend = mender(known, schema.words.get("real", frozenset()))

    def read(self, text: str) -> Line:
        """The line in words, slips in the words of sentence forms put right."""
        return read(text, self._mend)

    def matches(self, line: Line) -> list[Match]:
        """Every phrase that fits, the most telling first."""
        words = line.plain
        found = [m for n in range(min(LONGEST, len(words)), 0, -1) for m in self._starting(line, words, n)]
        found += [m for n in range(min(8, len(words)), 0, -1) for m in self._ending(line, words, n)]
        return sorted(found, key=lambda m: -m.phrase.weight)

    def _starting(self, line: Line, words: tuple[str, ...], n: int) -> Iterator[Match]:
        for phrase in self._starts.get(words[:n], ()):
            m = len(phrase.after)
            if phrase.fixed and n == len(words):
                yield Match(phrase, "")
            if phrase.fixed or (m and (n + m > len(words) or words[-m:] != phrase.after)):
                continue
            value = _between(line, n, m)
            if value:
                yield Match(phrase, value, line.text.rfind(value))

    def _ending(self, line: Line, words: tuple[str, ...], n: int) -> Iterator[Match]:
        for phrase in self._ends.get(words[-n:], ()):
            value = _between(line, 0, n)
            if value:
                yield Match(phrase, value, line.text.find(value))


def _between(line: Line, before: int, after: int) -> str:
    """What stands between the first and the last words; empty if they cut a contraction in two."""
    words = line.words
    if before and before < len(words) and words[before].start < words[before - 1].end:
        return ""
    start = words[before - 1].end if before else 0
    end = words[-after].start if after else len(line.text)
    middle = line.text[start:end]
    # A colon or comma that touches the last fixed word belongs to the form, one apart to the value.
    if before and middle[:1] in (":", ",", ";"):
        middle = middle[1:]
    return middle.strip().rstrip(",").rstrip() if after else middle.strip()


def _phrases(schema: Schema) -> Iterator[Phrase]:
    doubts = {_cut(d.say)[:2]: d for d in schema.doubts}
    for attribute in schema.attributes.values():
        for form in (attribute.tell, *attribute.also):
            said, _, keep = form.partition(" => ")
            before, after, fixed = _cut(said)
            doubt = doubts.get((before, after))
            yield Phrase((attribute.id,), before, after, keep or "{v}", fixed, doubt)
    for doubt in schema.doubts:
        before, after, fixed = _cut(doubt.say)
        yield Phrase((), before, after, "{v}", fixed, doubt)


def _cut(form: str) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    before, value, after = form.partition("{v}")
    return plain(before), plain(after), not value


def _merged(phrases: list[Phrase]) -> Iterator[Phrase]:
    """One phrase for each form; forms of several attributes know them all."""
    groups: dict[tuple[tuple[str, ...], tuple[str, ...], bool], list[Phrase]] = {}
    for phrase in phrases:
        groups.setdefault((phrase.before, phrase.after, phrase.fixed), []).append(phrase)
    for (before, after, fixed), same in groups.items():
        attributes = tuple(dict.fromkeys(a for p in same for a in p.attributes))
        doubt = next((p.doubt for p in same if p.doubt), None)
        yield Phrase(attributes, before, after, same[0].keep, fixed, doubt)


def _nouns(schema: Schema) -> dict[tuple[str, ...], tuple[str, ...]]:
    """What may stand after "your": label or other word -> the attributes it names."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for attribute in schema.attributes.values():
        for name in (attribute.id.replace("_", " "), attribute.label, *attribute.aka):
            words = plain(name)
            if words and not _NO_NOUN & set(words):
                found[words] = tuple(dict.fromkeys((*found.get(words, ()), attribute.id)))
    return found


def _noun_phrases(schema: Schema, nouns: dict[tuple[str, ...], tuple[str, ...]]) -> Iterator[Phrase]:
    kin = {
        w
        for name in ("siblings", "children", "parents", "loves", "animals")
        for w in schema.words.get(name, ())
    }
    for noun, attributes in nouns.items():
        first = schema.attributes[attributes[0]]
        named = " ".join(noun)
        keep = "my " + named + ", {v}" if named in kin and _keeps_noun(first) else "{v}"
        for verb in _IS:
            yield Phrase(attributes, ("your", *noun, *verb), (), keep)
        yield Phrase(attributes, (), ("is", "your", *noun), keep)
        if keep != "{v}":
            possessive = (*noun[:-1], noun[-1] + "'s")
            yield Phrase(attributes, ("your", *possessive, "name", "is"), (), keep)
            yield Phrase(attributes, ("your", *noun, "is", "called"), (), keep)
            yield Phrase(attributes, ("your", *noun, "is", "named"), (), keep)


def _keeps_noun(attribute: Attribute) -> bool:
    """Whether "Your brother is Tom" must keep the word: the attribute's own form does not say it."""
    return not attribute.tell.startswith("Your ")
