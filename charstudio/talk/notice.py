"""What a character said about itself, read by the rules of guided mode; no model is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from charstudio.guide.facts import Fact
from charstudio.guide.reading import Reading
from charstudio.guide.several import several
from charstudio.model import State
from charstudio.sheet import Schema, Sheet, flip
from charstudio.talk.persona import words as meaning
from charstudio.talk.spoken import LONGEST_SENTENCE, Statement, plainly, statements
from charstudio.talk.told_of import items, told_of

MOST_CHOICES = 3
MOST_AT_ONCE, MOST_IN_A_REPLY = 8, 20
BY_LABEL = 3  # the weight of a fact that stands behind its label


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something a reply says: the words that say it, the value, and where on the sheet it may belong."""

    evidence: str
    text: str
    attributes: tuple[str, ...]
    state: State = "set"

    @property
    def sure(self) -> bool:
        """Whether there is one place only where it belongs."""
        return len(self.attributes) == 1


class Noticing:
    """Reads replies, or parts of them, as statements of the character about itself."""

    def __init__(self, schema: Schema, reading: Reading) -> None:
        self._schema = schema
        self._reading = reading

    def sure(self, body: str) -> list[Noticed]:
        """What a reply says beyond doubt; nothing is better than a wrong guess."""
        found: dict[tuple[str, str], Noticed] = {}
        for noticed in self._reads(body):
            if self.holds(noticed):
                found.setdefault((noticed.attributes[0], noticed.text.casefold()), noticed)
            if len(found) == MOST_IN_A_REPLY:
                break
        return list(found.values())

    def undecided(self, body: str) -> list[tuple[Statement, tuple[str, ...]]]:
        """Statements of which the rules do not say where they belong, with the places they leave open."""
        found = []
        for statement in statements(body):
            read = self._read(statement)
            if not any(n.sure for n in read):
                options = read[0].attributes if read else ()
                found.append((statement, options))
        return found

    def _reads(self, words: str) -> Iterator[Noticed]:
        """All that rules make of a stretch of a reply, sure or not."""
        return (n for s in statements(words) for n in self._read(s))

    def told_of(self, prose: str, names: Sequence[str]) -> list[Noticed]:
        """What a card says beyond doubt of a character with these names, but not the names themselves."""
        found = [n for s in told_of(prose, names) for n in self._read(s)]
        for line, label, value in items(prose):
            fact = self._reading.statements.strict.told(f"{label}: {value}")
            if fact is not None and fact.weight == BY_LABEL:
                found.append(Noticed(line, fact.value, fact.attributes, fact.state))
        return [n for n in found if self.holds(n) and n.attributes[0] not in _NAMES]

    def placed(self, noticed: Noticed, statement: Statement) -> Noticed:
        """What a model placed, with the value that the sentence of that place needs."""
        attribute = self._schema.attributes[noticed.attributes[0]]
        told = _second(statement.text)
        fact = self._reading.statements.strict.told(told, attribute.id)
        fits = fact is not None and attribute.id in fact.attributes and attribute.id in _FITTING
        text = fact.value if fits and fact is not None else noticed.text
        if attribute.id == "skills" and told.casefold().startswith("you can "):
            verb, space, rest = text.partition(" ")
            text = f"{_gerund(verb)}{space}{rest}"
        before = attribute.echo.partition("{v}")[0].split()[-1:]
        first, _space, rest = text.partition(" ")
        if before and before[0] in _PLACED and first in _PLACED and rest:
            text = rest
        return replace(noticed, text=text)

    def kept(self, words: str) -> list[Noticed]:
        """What the writer points at: each statement in it, or the whole of it with places to choose from."""
        found = list(islice(self._reads(words), MOST_AT_ONCE))
        if found:
            return [self._few(n) for n in found]
        return [self._few(self._whole(words))]

    def _read(self, statement: Statement) -> list[Noticed]:
        own = _in_talk(statement.text)
        if own is not None:
            return [Noticed(statement.evidence, own[1], (own[0],))]
        told = _second(_AS_A_CHILD.sub("As a child ", statement.text, count=1))
        for said in filter(None, (told, _without_lead(told))):
            facts = list(several(said, self._reading.statements.strict, self._schema)) or self._listed(said)
            facts = facts or [f for f in (self._one(said),) if f is not None]
            if facts:
                return [Noticed(statement.evidence, f.value.strip(), f.attributes, f.state) for f in facts]
        return []

    def _listed(self, said: str) -> list[Fact]:
        """Of “You are thirty-four, unmarried and content” the parts that are sure by themselves."""
        match = _YOU_ARE.match(said)
        parts = re.split(r",\s+(?:and\s+)?|\s+and\s+", said[match.end() :]) if match and "," in said else []
        facts = [self._reading.statements.strict.told(f"You are {p}") for p in parts if p.strip()]
        sure = [f for f in facts if f is not None and f.sure and f.attribute not in _NAMES]
        return sure if len({f.attribute for f in sure}) == len(sure) and len(sure) < len(parts) else []

    def _one(self, said: str) -> Fact | None:
        if not said:
            return None
        none = self._reading.telling.retracted(said, Sheet())
        if none is not None and none.changes and none.changes[0].state == "none":
            return Fact((none.changes[0].attribute,), "", 3, "none")
        if none is not None and none.changes and none.changes[0].value:
            return Fact((none.changes[0].attribute,), none.changes[0].value, 3)
        return self._reading.statements.strict.told(said)

    def _whole(self, words: str) -> Noticed:
        """Words that no rule reads: kept as they are, with the places their own words hint at."""
        text = " ".join(words.split())
        short = len(text) <= LONGEST_SENTENCE
        read = self._reading.statements.strict.told(_second(plainly(text))) if short else None
        options = read.attributes if read is not None else self._near(text)
        return Noticed(words, read.value if read is not None else _as_value(text), options)

    def _near(self, text: str) -> tuple[str, ...]:
        """Attributes whose names share words with a text; without any, the places for what was lived."""
        said = meaning(text) - _EMPTY
        scored = []
        for n, attribute in enumerate(self._schema.attributes.values()):
            named = meaning(" ".join((attribute.label, *attribute.aka, attribute.id.replace("_", " "))))
            if said & named:
                scored.append((-len(said & named) / len(named), attribute.tier, n, attribute.id))
        found = tuple(a for _s, _t, _n, a in sorted(scored)[:2])
        return tuple(dict.fromkeys((*found, *_LIVED)))

    def _few(self, noticed: Noticed) -> Noticed:
        """With as many places as one can choose from; what only the author knows is none of them."""
        open_to = [a for a in noticed.attributes if self._schema.attributes[a].know != "author"]
        return replace(noticed, attributes=tuple(open_to or _LIVED)[:MOST_CHOICES])

    def holds(self, noticed: Noticed) -> bool:
        """Whether it is a value worth a card: sure, no pronoun, no wish of the moment, not the author’s."""
        if not noticed.sure:
            return False
        attribute = self._schema.attributes[noticed.attributes[0]]
        if attribute.know == "author" or attribute.id in _NEVER:
            return False
        return noticed.state != "set" or not _MOMENTARY.get(attribute.id, _VAGUE).search(noticed.text)


_LIVED = ("formative_event", "secret", "sample_line")
_EMPTY = meaning("where show look thing people time way day first name")
_NEVER = frozenset(("mood", "knows", "self_image", "verbal_habit", "sample_line"))
_VAGUE = re.compile(
    r"^that\b(?!\s+(?:I|the|he|she|it|they|we|my|no\w*|one|some\w*|every\w*|all|there|people)\b)"
    r"|^(?:it|this|so|some(?:body|one|thing)|anything|anybody|them|him|her|one|none|nothing|everything|all|too|here|there|me|what|who)\b"
    r"|^\W*$|^(?:more|less|better|worse|enough)$|\b(?:right now|tonight|today|this (?:morning|evening))\b",
    re.I,
)
_MOMENTARY = {
    "weakness": re.compile(_VAGUE.pattern + r"|^(?:never|can|could|not)\b", re.I),
    "want": re.compile(
        _VAGUE.pattern + r"|^to (?:know|hear|see|talk|speak|go|leave|ask|say|tell|sleep|sit|rest|believe)\b"
        r"|^(?:an? )?(?:drink|answer|word|minute|moment|cup|glass|coffee|cigarette)\b|^\w+$", re.I),
}  # fmt: skip


# Where the words of a doubtful sentence ("You are …", "You can …") are the value as they stand.
_FITTING = frozenset((
    "occupation", "past_work", "species", "traits", "birthplace", "culture", "home", "skills", "tastes",
    "hidden_talent", "food_drink", "free_time", "siblings", "children", "companion_animal", "marks", "power",
))  # fmt: skip
_FUNCTION_WORDS = frozenset((
    "a", "an", "the", "at", "in", "on", "by", "to", "of", "for", "from", "with", "when", "once", "there",
    "it", "he", "she", "they", "we", "my", "his", "her", "their", "our", "this", "that", "these", "those",
    "one",
    "some", "every", "no", "nobody", "everybody", "somebody", "what", "how", "if", "after", "before", "as",
))  # fmt: skip
_PLACED = frozenset(("in", "at", "from", "on", "of", "as", "with", "for", "to"))
_NAMES = frozenset(("full_name", "short_name"))
_YOU_ARE = re.compile(r"^you(?:'re| are)\s+", re.I)
_AS_A_CHILD = re.compile(r"^As a (?:small |young |little )?(?:boy|girl|kid|lad|lass),?\s+", re.I)
_THEY_SAY = re.compile(
    r"^(?:they|people|everyone|everybody|folk|folks)\s+(?:all\s+)?(?:say|says|think|thinks)\s+(?:that\s+)?"
    r"I(?:['’]m|\s+(?P<verb>\w+))\s+(?P<rest>\S.*)$", re.I)  # fmt: skip
_KIN = re.compile(
    r"^My\s+(?:\w+\s+)?(?P<kin>brother|sister|son|daughter|wife|husband)\s+(?P<name>[A-Z][\w'’-]+)"
    r"\s+(?:is|was|has|had|lives|lived|works|died|runs|keeps)\b")  # fmt: skip
_OF_KIN = {
    "brother": "siblings", "sister": "siblings", "son": "children", "daughter": "children",
    "wife": "partner", "husband": "partner",
}  # fmt: skip


def _in_talk(text: str) -> tuple[str, str] | None:
    """What people say in talk and writers seldom tell: an attribute and its value."""
    said = _THEY_SAY.match(text)
    if said:
        verb = said["verb"] or "am"
        return "reputation", f"{verb} {said['rest']}"
    kin = _KIN.match(text)
    if kin:
        return _OF_KIN[kin["kin"].casefold()], f"my {kin['kin'].casefold()} {kin['name']}"
    return None


def _as_value(text: str) -> str:
    """Words as they go on a sentence of the sheet: no "And" before them, no full stop, no lost capital."""
    text = re.sub(r"^(?:and|but|so|then|or)\b[\s,]+", "", text.strip(' *“”"'), flags=re.I) or text
    first, space, rest = text.partition(" ")
    small = first.casefold() if first.casefold() in _FUNCTION_WORDS else first
    return f"{small}{space}{rest}".rstrip(" .;,") or text


def _gerund(verb: str) -> str:
    if verb.endswith("ing"):
        return verb
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return f"{verb[:-1]}ing"
    double = re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", verb)
    return f"{verb}{verb[-1]}ing" if double else f"{verb}ing"


def _second(text: str) -> str:
    """A statement in the first person as the writer would tell it."""
    return flip(text[:1].upper() + text[1:], "second").replace("’", "'")


def _without_lead(told: str) -> str:
    lead, comma, rest = told.partition(", ")
    return rest if comma and len(lead.split()) <= 4 and rest[:3].casefold() == "you" else ""
