"""Weighs the evidence in a line: which attribute it is about, and whether that is sure enough to write it down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from charstudio.guide.frames import Evidence, Frames
from charstudio.guide.lines import Line
from charstudio.sheet import Schema

_QUOTE = re.compile(r"[\"“”]|(?<!\w)['‘].+['’](?!\w)")


@dataclass(frozen=True, slots=True)
class Found:
    """What speaks for one attribute: how strongly, and the frame that says what its value is (None: a cue)."""

    attribute: str
    score: float
    evidence: Evidence | None = None
    line: Line | None = None


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

    The text from `ignored[0]` to `ignored[1]` is the value of a form that is sure of its attribute: a cue that
    stands there decides nothing.
    """
    whole: dict[str, Found] = {}
    cues: dict[str, dict[str, int]] = {}
    for evidence, line in seen:
        frame = evidence.frame
        for attribute in frame.attributes:
            if not frame.whole:
                if not _inside(evidence, line, ignored):
                    cues.setdefault(attribute, {})[frame.text] = frame.weight
                continue
            known = whole.get(attribute)
            if known is None or frame.weight + 1.0 > known.score:
                whole[attribute] = Found(attribute, frame.weight + 1.0, evidence, line)
    return sorted(_added(whole, cues), key=lambda f: -f.score)


def _inside(evidence: Evidence, line: Line, ignored: tuple[int, int] | None) -> bool:
    words = line.words[evidence.start : evidence.end]
    return bool(ignored and words) and words[0].start >= ignored[0] and words[-1].end <= ignored[1]


def _added(whole: dict[str, Found], cues: dict[str, dict[str, int]]) -> list[Found]:
    """A frame counts for what it explains; the strongest cue counts whole, others a little."""
    found = []
    for attribute in dict.fromkeys((*whole, *cues)):
        strengths = sorted(cues.get(attribute, {}).values(), reverse=True)
        cue = strengths[0] + 0.25 * sum(strengths[1:]) if strengths else 0.0
        frame = whole.get(attribute)
        if frame is None:
            found.append(Found(attribute, cue))
            continue
        found.append(Found(attribute, max(frame.score, cue) + 0.5 * min(frame.score, cue), frame.evidence, frame.line))
    return found
