"""What a language model thinks of for a question: marked chips that come later, or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from charstudio.engines import Engine, Piece
from charstudio.errors import Cancel
from charstudio.guide.network import is_delicate, within
from charstudio.guide.suggest import contradicts_locked
from charstudio.guide.turn import Chip
from charstudio.i18n import _
from charstudio.model import ChatMessage, Prompt, Sampling, Value
from charstudio.sheet import Attribute, Schema, Sheet, flip

MODEL = "model"  # the origin of such chips
ASKED_FOR = 4
MOST = 3
LONGEST = 80
TOLD = 12  # values of the sheet that the model reads
_TYPES = ("text", "prose", "tags", "ref", "refs")
_MARKUP = re.compile(r"[<>{}\[\]`*_|#\\^~@]|https?:|\w+\(|[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Wish:
    """A question that a model may have ideas for, with all that it may know; made where the sheet is read."""

    attribute: str
    prompt: Prompt
    sheet: Sheet
    schema: Schema
    taken: frozenset[str]
    stranger: bool = False


def form(attribute: Attribute) -> dict[str, Any]:
    """The JSON schema of a reply: a list under the words that each idea goes on from (“I am afraid of”)."""
    ideas = {
        "type": "array",
        "items": {"type": "string", "minLength": 2, "maxLength": LONGEST},
        "minItems": ASKED_FOR,
        "maxItems": ASKED_FOR,
    }
    name = _stem(attribute)
    return {
        "type": "object",
        "properties": {name: ideas},
        "required": [name],
        "additionalProperties": False,
    }


def _stem(attribute: Attribute) -> str:
    return attribute.echo.partition("{v}")[0].strip(' :"“') or attribute.label


def wish(
    schema: Schema, sheet: Sheet, attribute: str, taken: Sequence[str], *, stranger: bool = False
) -> Wish | None:
    """What to ask a model for, or None where its guesses have no place (numbers, scales, delicate things)."""
    found = schema.attributes[attribute]
    if found.type not in _TYPES or is_delicate(schema, attribute):
        return None
    known = {v.text.casefold() for v in sheet.values} | {e.casefold() for e in found.examples}
    prompt = prompt_for(schema, sheet, found)
    return Wish(attribute, prompt, sheet, schema, frozenset(known | {t.casefold() for t in taken}), stranger)


def ideas(engine: Engine, wanted: Wish, cancel: Cancel, *, seed: int | None = None) -> Iterator[Chip]:
    """Up to three chips from the model, each checked; raises `EngineError` when there is no model."""
    heat = 1.1 if wanted.stranger else 0.8
    how = Sampling(
        temperature=heat,
        max_tokens=40 * ASKED_FOR,
        schema=form(wanted.schema.attributes[wanted.attribute]),
        seed=seed,
        repeat_penalty=1.1,
    )
    said = ""
    for event in engine.stream(wanted.prompt, how, cancel):
        cancel.check()
        if isinstance(event, Piece):
            said += event.text
    yield from fitting(wanted, said)


def fitting(wanted: Wish, said: str) -> list[Chip]:
    """The ideas in what a model said that can be offered: short, new, plain, against nothing locked."""
    attribute = wanted.schema.attributes[wanted.attribute]
    chips: list[Chip] = []
    seen = set(wanted.taken)
    for raw in _listed(said):
        value = _shaped(attribute, raw)
        if not value or value.casefold() in seen or _says_it_already(value, seen):
            continue
        seen.add(value.casefold())
        if not contradicts_locked(wanted.schema, wanted.sheet, wanted.attribute, value):
            reason = _("From the model; yours only when you take it.")
            chips.append(Chip(value, wanted.attribute, value, reason=reason, origin=MODEL))
    return chips[:MOST]


def _listed(said: str) -> list[str]:
    """The texts of the list, also of one that was cut off."""
    try:
        found = json.loads(said)
        listed = next(iter(found.values()), None) if isinstance(found, dict) else None
        return [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else []
    except (ValueError, RecursionError):
        inside = said.partition("[")[2] if said.lstrip().startswith("{") else ""
        return [_unescaped(m) for m in re.findall(r'"((?:[^"\\]|\\.)*)"', inside)]


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return ""


def _shaped(attribute: Attribute, raw: str) -> str:
    """An idea as a value of this attribute is kept, or nothing when it cannot be one."""
    value = " ".join(raw.replace("\u2019", "’").split()).strip(" .,;:-–—\"“”'")
    before = attribute.echo.partition("{v}")[0].strip().casefold()
    if before and value.casefold().startswith(f"{before} "):
        value = value[len(before) :].strip()
    if not 2 <= len(value) <= LONGEST or value.endswith("?") or _MARKUP.search(value):
        return ""
    if not any(c.isalpha() for c in value) or not value.isprintable() or not _begins_well(attribute, value):
        return ""
    if "verbatim" not in attribute.flags and re.search(r"\b(you|your|yours|you're)\b", value, re.I):
        value = flip(value, "first")
    return value


def _begins_well(attribute: Attribute, value: str) -> bool:
    """Whether it is no sentence of its own where the examples are none ("I don’t like it" is no fear)."""
    begins = {text.split(" ", 1)[0].casefold() for text in attribute.examples}
    first = value.split(" ", 1)[0].casefold().replace("’", "'")
    return first not in _SENTENCES or first in begins


_SENTENCES = frozenset((
    "i", "i'm", "i've", "i'll", "i'd", "it", "it's", "it'll", "he", "he's", "she", "she's", "we", "they",
    "this", "that", "that's", "there", "there's", "you", "what", "who", "why", "how", "where", "when",
    "is", "are",
))  # fmt: skip


def _says_it_already(value: str, seen: set[str]) -> bool:
    """Whether almost the same words stand there: a longer or a shorter form of one."""
    words = set(re.findall(r"\w+", value.casefold()))
    for other in seen:
        others = set(re.findall(r"\w+", other))
        if words and others and len(words & others) >= 0.75 * max(len(words), len(others)):
            return True
    return False


# What the model reads


def prompt_for(schema: Schema, sheet: Sheet, attribute: Attribute) -> Prompt:
    """The question for a model: two answered questions of the same kind, and the open part of the sheet.

    What is private, unknown to the character or the author’s is never told.
    """
    shots = "\n\n".join(_shot(near) for near in _shots(schema, attribute))
    head = _HEAD.format(n=ASKED_FOR)
    asked = f"{notes(schema, sheet, attribute)}Question: {attribute.ask}\n"
    instruction = f"{head} {_INSTRUCTION}\n\n{shots}\n\n{asked}"
    return Prompt((ChatMessage("user", instruction),), f"{head}\n\n{shots}\n\n{asked}", ())


_HEAD = "Notes for a novel. A character asks about itself; the writer has {n} short, different ideas."
_INSTRUCTION = (
    "Answer the last question with fresh ideas that fit the notes, in the character's own first person, "
    "a few words each, as JSON."
)


def _shots(schema: Schema, attribute: Attribute) -> list[Attribute]:
    """Other questions close by; an answer to this very question would be copied word by word."""
    near = [schema.attributes[n] for n in schema.neighbours(attribute.id)]
    fit = [a for a in near if a.type in _TYPES and not is_delicate(schema, a.id)]
    whole = [a for a in fit if len(a.examples) >= ASKED_FOR]
    return whole[:3]


def _shot(attribute: Attribute) -> str:
    listed = json.dumps({_stem(attribute): list(attribute.examples[:ASKED_FOR])}, ensure_ascii=False)
    return f"Another character.\nQuestion: {attribute.ask}\n{listed}"


def notes(schema: Schema, sheet: Sheet, attribute: Attribute) -> str:
    """The open values that lie nearest to the question, one a line; empty while there are none."""
    told: dict[str, list[Value]] = {}
    for value in sheet.values:
        if value.know == "open" and value.state == "set" and value.attribute in schema.attributes:
            told.setdefault(value.attribute, []).append(value)
    near = schema.neighbours(attribute.id)
    first = ("full_name", "age", "occupation", "species", "traits")
    order = [*first, *near, *schema.attributes]
    lines = [_note(schema.attributes[a], told[a]) for a in dict.fromkeys(order) if a in told][:TOLD]
    return "This character.\n" + "".join(f"{line}\n" for line in lines)


def _note(attribute: Attribute, values: Sequence[Value]) -> str:
    return f"{attribute.label}: {'; '.join(within(v.text) for v in values[:4])}"
