"""Who is to be spoken with, as far as a model may know: the sheet in words, and a card's own prose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from charstudio.model import Value
from charstudio.sheet import Attribute, Schema, Sheet, flip, is_sentence

LONGEST_VALUE = 1200  # characters of one value that go to the model

# In this order a sheet is told: who I am first, then how I speak, what I am like, want and live.
_ORDER = (
    "identity", "society", "voice", "temperament", "drives", "relationships", "history", "appearance",
    "abilities", "daily", "mind", "story",
)  # fmt: skip

_DODGES = (
    "I do not talk about that.",
    "Let us speak of something else.",
    "That is my own business.",
    "Why do you ask?",
)


# What people ask first, and what a character says who was not told.
_ASKED = (
    "birthplace", "closest_friend", "food_drink", "pet_peeve", "siblings", "education", "parents",
    "happiest_memory", "home", "age",
)  # fmt: skip
_NO_IDEA = (
    "I do not know. Nobody has told me.",
    "I could not tell you. I do not know that about myself.",
    "That I do not know.",
    "I do not know. Ask me something else.",
    "I have no idea. I do not know it yet.",
)


@dataclass(frozen=True, slots=True)
class Prose:
    """What an imported card says of a character, macros already replaced."""

    description: str = ""
    personality: str = ""
    scenario: str = ""
    examples: str = ""
    system: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One value as a question and its answer: `ask` in the second person, `echo` in the first."""

    attribute: str
    ask: str
    echo: str


@dataclass(frozen=True, slots=True)
class Persona:
    """A character as a model may know it; `author` values are left behind on the way here."""

    called: str
    full_name: str
    sheet: Sheet
    schema: Schema
    prose: Prose = Prose()

    @staticmethod
    def of(sheet: Sheet, schema: Schema, prose: Prose = Prose()) -> Persona:
        """A character without what is the author’s; a name its bearer does not know is no name."""
        named = sheet.known("open", "private")
        mine = sheet.known("open", "private", "blind")
        return Persona(named.called, named.full_name, mine, schema, prose)

    def holding(self, sheet: Sheet) -> Persona:
        """The same character with another sheet, such as that of another stage."""
        return Persona.of(sheet, self.schema, self.prose)

    def unknown(self, most: int = 5) -> list[Told]:
        """Questions of which the character knows no answer, with how it says so."""
        open_ = [a for a in _ASKED if a in self.schema.attributes and self.sheet.state(a) == "unset"]
        return [
            Told(a, flip(self.schema.attributes[a].ask, "second"), line)
            for a, line in zip(open_[:most], _NO_IDEA, strict=False)
        ]

    def values(self, *know: str) -> list[tuple[Attribute, list[Value]]]:
        """The decided attributes with values of these know levels, in the order of telling."""
        found: dict[str, list[Value]] = {}
        for value in self.sheet.values:
            if value.know in know and value.know != "author" and value.attribute in self.schema.attributes:
                found.setdefault(value.attribute, []).append(value)
        attributes = [self.schema.attributes[a] for a in found]
        order = {group: n for n, group in enumerate(_ORDER)}
        place = {a: n for n, a in enumerate(self.schema.attributes)}
        attributes.sort(key=lambda a: (order.get(a.group, len(order)), place[a.id]))
        return [(a, found[a.id]) for a in attributes]

    def told(self) -> list[Told]:
        """Every open value as question and answer."""
        return [told for attribute, values in self.values("open") if (told := tell(attribute, values))]

    def dodged(self) -> list[Told]:
        """Every private value as a question that is not answered."""
        line = self.sheet.text("deflection")
        return [
            Told(a.id, flip(a.ask, "second"), _dodge(n, line))
            for n, (a, values) in enumerate(self.values("private"))
            if a.id != "deflection" and any(v.state == "set" for v in values)
        ]

    def touched(self, message: str, most: int = 2) -> list[Told]:
        """The open values that a message is about, the closest one last."""
        told = self.told()
        said = words(message)
        if not told or not said:
            return []
        asked = [_about(self.schema.attributes[t.attribute], t) for t in told]
        rare = Counter(word for about in asked for word in about)
        scored = [
            (sum(log(1 + len(told) / rare[w]) * about[w] for w in said & about.keys()), n)
            for n, about in enumerate(asked)
        ]
        best = max(score for score, _n in scored)
        close = sorted((s, -n) for s, n in scored if s > 0 and s >= best * 0.6)[-most:]
        return [told[-n] for _s, n in close]


def tell(attribute: Attribute, values: Sequence[Value]) -> Told | None:
    """One attribute as question and answer; None for a ref without text or what does not apply."""
    states = {v.state for v in values}
    ask = flip(attribute.ask, "second")
    if "set" in states:
        return Told(attribute.id, ask, echoed(attribute, [v.text for v in values if v.state == "set"]))
    if "none" in states:
        return Told(attribute.id, ask, f"None. {attribute.label}: there is nothing to tell.")
    return None


def echoed(attribute: Attribute, texts: Sequence[str]) -> str:
    """Values in the first person: in the attribute's own sentence, or as they are if they are sentences."""
    inside = [t for t in texts if not is_sentence(attribute, t.strip())]
    said = [fill(attribute.echo, joined(inside))] if inside else []
    return " ".join([*said, *(t.strip()[:LONGEST_VALUE] for t in texts if t not in inside)])


def fill(template: str, value: str) -> str:
    """Put a value into a sentence; braces in the value mean nothing, a doubled full stop is dropped."""
    before, after = template.split("{v}", 1)
    value = value[:LONGEST_VALUE].strip()
    if after.startswith(".") and value.endswith((".", "!", "?", "…", '"', "”")):
        after = after[1:]
    return f"{before}{value}{after}"


def joined(texts: Sequence[str]) -> str:
    """Values as one phrase: "a, b and c"."""
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def words(text: str) -> set[str]:
    """The words of a text that mean something, cut to their stems."""
    found = re.findall(r"\w+", text.casefold().replace("’", "'"))
    return {_stem(w) for w in found if w not in _COMMON and len(w) > 1}


def _about(attribute: Attribute, told: Told) -> dict[str, float]:
    """What questions about an attribute are made of, heaviest first: its names, its question, its value."""
    weights: dict[str, float] = {}
    for text, weight in (
        (told.echo, 0.6),
        (told.ask, 0.8),
        (" ".join((attribute.label, attribute.id.replace("_", " "), *attribute.aka)), 1.0),
        (_ALSO.get(attribute.id, ""), 1.0),
    ):
        for word in words(text):
            weights[word] = max(weight, weights.get(word, 0.0))
    return weights


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "ed", "es", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _dodge(n: int, deflection: str) -> str:
    return _DODGES[(n + len(deflection)) % len(_DODGES)]


# Words people use for an attribute that its own names do not hold.
_ALSO = {
    "full_name": "who called introduce",
    "occupation": "do living day paid employed earn",
    "home": "live house where place stay roof",
    "birthplace": "from come born where hometown",
    "age": "old years young birthday",
    "want": "want goal after looking dream hope wish",
    "fear": "scare afraid frighten terrify dread",
    "free_time": "fun hobby evening spare enjoy",
    "closest_friend": "friend trust company",
    "siblings": "brother sister family",
    "parents": "mother father mum dad raised family",
    "partner": "married husband wife love girlfriend boyfriend",
    "children": "kids son daughter child",
    "traits": "like person describe yourself kind",
    "food_drink": "eat drink food breakfast dinner meal",
    "routine": "morning day wake",
    "companion_animal": "pet dog cat animal",
    "carried_item": "carry pocket bag",
    "treasure": "precious keep treasure own",
    "languages": "speak language tongue",
    "faith": "god believe pray religion church",
    "education": "school study learn university",
    "happiest_memory": "happy happiest best memory",
    "skills": "good able skill can",
}

_COMMON = frozenset(
    (
        "a an and are as at be been but by did do does for from had has have he her hers him his how i "
        "if in is it its just me my no not of on one or our she so some tell that the their them they "
        "this to us was we were what when where which who whom whose why will with would you your yours "
        "yourself am about any can could should there then than too very much many more most really "
        "please know like get got go going ever"
    ).split()
) - frozenset(("do", "who", "where", "like", "can", "from", "much"))
