"""Asks a model where a statement belongs that no rule could place; what it answers must stand in the reply.

The prompt holds the statement and examples, nothing of the sheet. Its beginning never changes, so that the
model reads it once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from charstudio.model import ChatMessage, Part, Prompt, Sampling
from charstudio.sheet import Schema, flip
from charstudio.talk.notice import Noticed
from charstudio.talk.spoken import Statement
from charstudio.talk.standing import normal

NONE = "nothing"
LONGEST_VALUE = 120

# Where statements in talk belong, in the words that a small model knows.
_PLACES = {
    "work": "occupation", "employer": "employer", "former work": "past_work", "home": "home",
    "birthplace": "birthplace", "childhood": "upbringing", "education": "education", "parents": "parents",
    "siblings": "siblings", "partner": "partner", "children": "children", "friend": "closest_friend",
    "animal": "companion_animal", "fear": "fear", "wish": "want", "skill": "skills",
    "cannot do": "weakness", "habit": "habit", "daily life": "routine", "free time": "free_time",
    "food and drink": "food_drink", "dislike": "pet_peeve", "belief": "faith", "possession": "treasure",
    "loss": "loss", "regret": "worst_mistake", "crime": "trouble", "debt": "debt", "health": "health",
    "body mark": "marks", "character trait": "traits", "kind of being": "species", "secret": "secret",
    "past love": "past_love", "taste": "tastes", "sleep": "sleep", "money": "income", "group": "allegiance",
    "hero": "admired", "trust": "trust",
}  # fmt: skip

_EXAMPLES: tuple[tuple[str, str, str], ...] = (
    ("I mend nets down at the harbour for a living.", "work", "mend nets down at the harbour"),
    ("I need a minute.", NONE, ""),
    ("My dad drove the night bus and he drank.", "parents", "My dad drove the night bus"),
    ("I saw him by the gate.", NONE, ""),
    ("I stole a horse when I was twelve.", "crime", "stole a horse when I was twelve"),
    ("I made that soup myself.", NONE, ""),
    ("I bite my nails to the quick.", "habit", "bite my nails to the quick"),
    ("I buried a son that winter.", "loss", "a son"),
    ("I open the window.", NONE, ""),
    ("I own a boat with a hole in it.", "possession", "a boat with a hole in it"),
    ("I lived abroad until I was ten.", "childhood", "lived abroad until I was ten"),
    ("I read the letter twice.", NONE, ""),
)
_ASKED = "What does the sentence tell for good about the one who speaks? If it is only about this moment, nothing."


def schema_of(places: Sequence[str]) -> dict[str, Any]:
    """The shape in which the model must answer."""
    return {
        "type": "object",
        "properties": {
            "about": {"enum": [*places, NONE]},
            "evidence": {"type": "string", "maxLength": LONGEST_VALUE},
        },
        "required": ["about", "evidence"],
    }


def places_for(options: Sequence[str], schema: Schema) -> dict[str, str]:
    """The places to choose from, by the words the model reads: those the rules left open, else all."""
    known = {p: a for p, a in _PLACES.items() if a in schema.attributes}
    open_ = {p: a for p, a in known.items() if a in options}
    return open_ or known


def prompt_for(statement: Statement, slot: str) -> Prompt:
    """What the model reads about one statement, as a dialogue and as a transcript."""
    lead = _ASKED + "\n\n" + "\n\n".join(_shown(s, a, e) for s, a, e in _EXAMPLES)
    asked = f"\n\nSentence: {_one_line(statement.evidence)}\nAnswer:"
    places = ", ".join((*_PLACES, NONE))
    system = f"{_ASKED} Answer in JSON; “about” is one of: {places}. “evidence” is copied from the sentence."
    examples = [
        message
        for said, about, evidence in _EXAMPLES
        for message in (ChatMessage("user", said), ChatMessage("assistant", _json(about, evidence)))
    ]
    return Prompt(
        messages=(
            ChatMessage("system", system),
            *examples,
            ChatMessage("user", _one_line(statement.evidence)),
        ),
        flat=lead + asked,
        stops=("\n",),
        transcript=(Part("examples", lead), Part("message", asked)),
        slot=slot,
    )


def sampling_for(places: Sequence[str]) -> Sampling:
    """The likeliest answer in the right shape."""
    return Sampling(temperature=0.0, top_k=1, max_tokens=80, seed=1, schema=schema_of(places))


def read_answer(text: str, statement: Statement, places: dict[str, str]) -> Noticed | None:
    """What a model answered, if its evidence stands in the statement literally; else nothing."""
    try:
        answer = json.loads(text)
        about, evidence = str(answer["about"]), str(answer["evidence"]).strip(" .,;")
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if about not in places or not evidence or evidence not in statement.evidence:
        return None
    value = _value(evidence)
    if not normal(value):
        return None
    return Noticed(statement.evidence, value, (places[about],))


def _value(evidence: str) -> str:
    """The evidence as a value: without the subject that the sheet's own sentence has."""
    text = re.sub(r"^(?:I(?:['’](?:m|ve|d))?|i)\s+(?:am|was|have|had)?\s*", "", evidence)
    return flip(text, "first")


def _shown(said: str, about: str, evidence: str) -> str:
    return f"Sentence: {said}\nAnswer: {_json(about, evidence)}"


def _json(about: str, evidence: str) -> str:
    return json.dumps({"about": about, "evidence": evidence}, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())
