"""Says what a line tells: one fact that is sure, several that the writer chooses from, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charstudio.guide.facts import Fact, sentence, shaped
from charstudio.guide.lines import Line
from charstudio.guide.weighing import Found
from charstudio.guide.wording import weight
from charstudio.model import State
from charstudio.sheet import Schema

# Tuned on written_development.jsonl: below these a line becomes chips.
ENOUGH = 3.0
ENOUGH_CUES = 6.5
LEAD = 2.5
LEAD_OF_FORM = 1.0
LEAD_CUES = 3.5
WORTH_A_CHIP = 2.0
CHIPS = 4
SUPPORT = 2.0
LONG_FRAME = 6
UNHEARD = 99.0


@dataclass(frozen=True, slots=True)
class Bar:
    """How far one attribute must lead, and how strongly it must be borne out, to be sure.

    `closes`: even where the schema calls a form doubtful.
    """

    lead: float = LEAD
    lead_of_cues: float = LEAD_CUES
    of_cues: float = ENOUGH_CUES
    unheard: float = UNHEARD
    closes: bool = False


# What is written at once, and what is only offered (a part of a line with several facts).
WRITTEN = Bar()
OFFERED = Bar(lead=0.5, lead_of_cues=0.5, of_cues=4.0, unheard=4.5, closes=True)
# What overrules a form that the schema itself gives.
LEAD_OVER_FORM = 4.0


def verdict(
    schema: Schema, text: str, form: Fact | None, found: Sequence[Found], pending: str, bar: Bar = WRITTEN
) -> Fact | None:
    """One attribute with a clear lead, or several to choose from; `form` is what the schema's forms said."""
    scores = _scores(form, found)
    if not scores:
        return form
    if pending in scores:
        scores[pending] += 1.5
    ranked = sorted(scores, key=lambda a: -scores[a])
    first, lead = ranked[0], scores[ranked[0]] - (scores[ranked[1]] if len(ranked) > 1 else 0.0)
    by_form = form is not None and form.sure and first == form.attribute
    if by_form and lead >= LEAD_OF_FORM:
        return form
    one = next((f for f in found if f.attribute == first), None)
    if form is not None and (lead < LEAD_OVER_FORM if form.sure else _stays_open(form) and not bar.closes):
        return _doubtful(text, form, ranked, scores)
    if one is not None and lead >= _lead(one, bar) and scores[first] >= _enough(one, bar):
        return _fact(schema, text, form, one)
    return _doubtful(text, form, ranked, scores)


def _lead(found: Found, bar: Bar) -> float:
    return bar.lead if found.evidence else bar.lead_of_cues


def _enough(found: Found, bar: Bar) -> float:
    """What a verdict needs: a frame needs words of its field beside it, unless it is a long one."""
    if found.evidence is None:
        return bar.of_cues
    explained = weight(found.evidence.frame.nodes)
    return ENOUGH if found.support >= SUPPORT or explained >= LONG_FRAME else bar.unheard


def _stays_open(form: Fact) -> bool:
    """Whether the schema calls a long form doubtful ("You cannot sleep alone"), or "none" is of what?"""
    return form.weight > 2 or form.value.casefold().startswith("none")


def _scores(form: Fact | None, found: Sequence[Found]) -> dict[str, float]:
    scores: dict[str, float] = {}
    if form is not None:
        for attribute in form.attributes:
            scores[attribute] = form.weight + 1.0 if form.sure else 1.0
    for one in found:
        known = scores.get(one.attribute, 0.0)
        scores[one.attribute] = max(known, one.score) + 0.5 * min(known, one.score)
    return scores


def _fact(schema: Schema, text: str, form: Fact | None, found: Found) -> Fact:
    """The fact of an attribute in the lead: its value as the frame keeps it, or the sentence itself."""
    attribute = schema.attributes[found.attribute]
    keep = found.evidence.frame.keep if found.evidence else "!"
    if keep == "none":
        return Fact((attribute.id,), "", _weight(found), state=none())
    if form is not None and attribute.id in form.attributes and keep in ("", "!"):
        return Fact((attribute.id,), shaped(attribute, form.value), _weight(found), bare=form.bare)
    span = kept_span(found)
    if keep == "!" or span is None:
        return Fact(
            (attribute.id,), _whole(text, attribute.flags), _weight(found), by_cue=found.evidence is None
        )
    value = shaped(attribute, text[span[0] : span[1]].strip().strip(",;:").strip())
    return Fact((attribute.id,), (keep or "{v}").replace("{v}", value), _weight(found))


def none() -> State:
    """The state of an explicit none."""
    return "none"


def _whole(text: str, flags: Sequence[str]) -> str:
    return text.strip() if "verbatim" in flags else sentence(text)


def _weight(found: Found) -> int:
    return max(2, int(found.score))


def _doubtful(text: str, form: Fact | None, ranked: Sequence[str], scores: dict[str, float]) -> Fact | None:
    worth = [
        a
        for a in ranked
        if scores[a] >= min(WORTH_A_CHIP, scores[ranked[0]]) or (form and a in form.attributes)
    ]
    near = tuple(a for a in worth if scores[a] >= scores[ranked[0]] - 3 or (form and a in form.attributes))[
        :CHIPS
    ]
    if not near or (form is None and scores[ranked[0]] < WORTH_A_CHIP):
        return form
    if len(near) == 1:
        near = (*near, *(a for a in ranked if a not in near))[:2]
    value = form.value if form is not None and set(near) <= set(form.attributes) else text.strip()
    return Fact(near, value, 2, bare=form.bare if form else False, alone=len(near) == 1)


def kept_span(found: Found) -> tuple[int, int] | None:
    """Where the value that a frame keeps stands in the text."""
    if found.evidence is None or found.line is None or found.evidence.value is None:
        return None
    return _span(found.line, *found.evidence.value)


def _span(line: Line, start: int, end: int) -> tuple[int, int]:
    """From after the word before to the end of the last word, with a closing quotation mark."""
    words, text = line.words, line.text
    first = words[start].start
    while first > 0 and text[first - 1] in "\"“'‘(":
        first -= 1
    last = words[end - 1].end
    while last < len(text) and text[last] in "\"”'’)!?…%":
        last += 1
    if end == len(words) and last < len(text) and text[last:].strip(" .") == "":
        last = len(text)
    return first, last
