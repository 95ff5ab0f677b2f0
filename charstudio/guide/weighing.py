"""Weighs the evidence in a line: which attribute it is about, and how strongly that is borne out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from charstudio.guide.frames import Evidence, Frames
from charstudio.guide.lines import Line
from charstudio.sheet import Schema

# A whole sentence is worth more than its words; a cue may stand anywhere and is worth less.
FRAME = 1.0
CUE = 1.0
LIKENESS = 0.3
INSIDE = 0.4
AFTERTHOUGHT = 0.6
_OPENING_CLAUSE = frozenset((
    "when", "whenever", "if", "in", "on", "at", "by", "before", "after", "as", "since", "while", "under",
    "with",
    "once",
    "for", "to", "unless", "without", "among", "around", "behind", "between", "until", "every", "most",
    "each",
))  # fmt: skip
_AFTERTHOUGHTS = frozenset(
    [
        "who",
        "which",
        "because",
        "but",
        "although",
        "though",
        "since",
        "until",
        "whose",
        "even",
        "except",
        "and",
    ]
)
_QUOTE = re.compile(r"[\"“”]|(?<!\w)['‘].+['’](?!\w)")


@dataclass(frozen=True, slots=True)
class Found:
    """What speaks for one attribute: how strongly, and the frame that says what its value is (None: a cue).

    `support` is what single words say beside the frame.
    """

    attribute: str
    score: float
    evidence: Evidence | None = None
    line: Line | None = None
    support: float = 0.0


class Weighing:
    """Adds up what frames and cues say about a line."""

    def __init__(self, schema: Schema, frames: Frames) -> None:
        self._schema = schema
        self._frames = frames

    def seen(self, lines: Sequence[Line]) -> list[tuple[Evidence, Line]]:
        """All evidence in a line; `lines` are the same line with more and more taken away."""
        return [(e, line) for line in lines for e in self._frames.found(line.plain) if self._fits(e, line)]

    def _fits(self, evidence: Evidence, line: Line) -> bool:
        kind, span = evidence.frame.kind, evidence.value
        if span and span[0] == 0 and line.words[0].plain == "you":
            return False
        if kind in ("", "v") or span is None:
            return True
        words = line.words[span[0] : span[1]]
        if not words:
            return False
        text = line.text[words[0].start : words[-1].end]
        if kind == "V":
            return any(c.isupper() for c in text) and not text.startswith("I ")
        if kind == "q":
            return bool(_QUOTE.search(line.text[max(0, words[0].start - 2) : words[-1].end + 2]))
        lists = self._schema.words
        wanted = lists["traits"] | (lists["moods"] if kind == "m" else frozenset())
        head = [w.plain for w in words if w.plain not in lists["degrees"]][:2]
        return bool(head) and head[0] in wanted


def weighed(seen: Sequence[tuple[Evidence, Line]], ignored: tuple[int, int] | None = None) -> list[Found]:
    """All attributes that a line may be about, the strongest first.

    The text from `ignored[0]` to `ignored[1]` is the value of a form that is sure of its attribute: a cue
    that stands there counts for little.
    """
    whole: dict[str, Found] = {}
    cues: dict[str, dict[str, float]] = {}
    for evidence, line in seen:
        frame = evidence.frame
        for attribute in frame.attributes:
            if not frame.whole:
                presence = INSIDE if _inside(evidence, line, ignored) else _presence(evidence, line)
                strength = CUE * frame.weight * presence
                known = cues.setdefault(attribute, {})
                known[frame.text] = max(strength, known.get(frame.text, 0.0))
                continue
            best = whole.get(attribute)
            score = frame.weight + FRAME
            if best is None or score > best.score:
                whole[attribute] = Found(attribute, score, evidence, line)
    return sorted(_added(whole, cues), key=lambda f: -f.score)


def _inside(evidence: Evidence, line: Line, ignored: tuple[int, int] | None) -> bool:
    words = line.words[evidence.start : evidence.end]
    if ignored is None or not words:
        return False
    return words[0].start >= ignored[0] and words[-1].end <= ignored[1]


def _presence(evidence: Evidence, line: Line) -> float:
    """How much a cue counts: less in an afterthought ("…, who collects guns"), hardly in a likeness."""
    words = line.words
    likeness = next((i for i, w in enumerate(words) if w.plain in ("like", "as") and i > 0), len(words))
    if evidence.start > likeness and evidence.start - likeness < 5:
        return LIKENESS
    return AFTERTHOUGHT if evidence.start >= _first_clause(line) else 1.0


def _first_clause(line: Line) -> int:
    """How many words the first clause has; one that opens with "When …," ends at the next comma."""
    words = line.words
    skip = bool(words) and words[0].plain in _OPENING_CLAUSE
    for i in range(2, len(words)):
        comma = any(c in line.text[words[i - 1].end : words[i].start] for c in ",;:.–—")
        if comma and skip:
            skip = False
        elif comma or (words[i].plain in _AFTERTHOUGHTS and not skip):
            return i
    return len(words)


def _added(whole: dict[str, Found], cues: dict[str, dict[str, float]]) -> list[Found]:
    """A frame counts for what it explains; the strongest cue counts whole, others a little."""
    found = []
    for attribute in dict.fromkeys((*whole, *cues)):
        strengths = sorted(cues.get(attribute, {}).values(), reverse=True)
        cue = strengths[0] + 0.25 * sum(strengths[1:]) if strengths else 0.0
        frame = whole.get(attribute)
        if frame is None:
            found.append(Found(attribute, cue))
            continue
        score = max(frame.score, cue) + 0.5 * min(frame.score, cue)
        found.append(Found(attribute, score, frame.evidence, frame.line, cue))
    return found
