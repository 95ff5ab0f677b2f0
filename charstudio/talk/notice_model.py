"""Asks a model where a statement belongs that no rule could place; what it answers must stand in the reply.

The prompt holds the statement and examples, nothing of the sheet. Its beginning never changes, so that the
model reads it once. A model without a chat template (a small base model) only chooses among places that
the rules left open, and is believed when it says the same after the examples in another order.
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

_EXAMPLES: tuple[tuple[str, str], ...] = (
    ("I mend nets down at the harbour for a living.", "work"),
    ("I open the window.", NONE),
    ("My dad drove the night bus and he drank.", "parents"),
    ("I stole a horse when I was twelve.", "crime"),
    ("I bite my nails to the quick.", "habit"),
    ("I read the letter twice.", NONE),
    ("I own a boat with a hole in it.", "possession"),
    ("I lived abroad until I was ten.", "childhood"),
    ("I am a dressmaker.", "work"),
    ("I can mend a fuse in the dark.", "skill"),
    ("I buried a son that winter.", "loss"),
    ("My goal is to get the farm back.", "wish"),
)
_ASKED = "Each sentence tells something about the one who speaks."


def schema_of(places: Sequence[str]) -> dict[str, Any]:
    """The shape in which the model must answer."""
    return {
        "type": "object",
        "properties": {
            "evidence": {"type": "string", "maxLength": LONGEST_VALUE},
            "about": {"enum": [*places, NONE]},
        },
        "required": ["evidence", "about"],
    }


def places_for(options: Sequence[str], schema: Schema, *, able: bool) -> dict[str, str]:
    """The places to choose from, by the words the model reads: those the rules left open; without any, all
    for an `able` model and none for another.
    """
    known = {p: a for p, a in _PLACES.items() if a in schema.attributes}
    open_ = {p: a for p, a in known.items() if a in options}
    return open_ or (known if able else {})


def prompts_for(statement: Statement, slot: str, *, able: bool) -> tuple[Prompt, ...]:
    """What the model reads about one statement; where its answers to several agree, they count."""
    first = _prompt(statement, slot, _EXAMPLES)
    return (first,) if able else (first, _prompt(statement, slot and f"{slot}.again", _EXAMPLES[::-1]))


def _prompt(statement: Statement, slot: str, examples: Sequence[tuple[str, str]]) -> Prompt:
    said = _one_line(statement.evidence)
    lead = _ASKED + "\n\n" + "\n\n".join(f"Sentence: {s}\nAnswer: {_json(s, a)}" for s, a in examples)
    asked = f"\n\nSentence: {said}.\nAnswer:"
    places = ", ".join((*_PLACES, NONE))
    system = (
        "You read what a character of fiction says. Copy the words that tell something lasting about the one "
        f"who speaks (“evidence”), and say what it is about: {places}. What is only about this moment, or "
        f"about somebody else, is about {NONE}."
    )
    return Prompt(
        messages=(
            ChatMessage("system", system),
            *(
                message
                for s, a in examples
                for message in (ChatMessage("user", s), ChatMessage("assistant", _json(s, a)))
            ),
            ChatMessage("user", f"{said}."),
        ),
        flat=lead + asked,
        stops=("\n",),
        transcript=(Part("examples", lead), Part("message", asked)),
        slot=slot,
    )


def sampling_for(places: Sequence[str]) -> Sampling:
    """The likeliest answer in the right shape."""
    return Sampling(temperature=0.0, top_k=1, max_tokens=90, seed=1, schema=schema_of(places))


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


def _json(said: str, about: str) -> str:
    return json.dumps({"evidence": said.rstrip("."), "about": about}, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())
