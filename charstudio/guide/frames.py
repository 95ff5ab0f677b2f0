"""Knows in which other words writers tell things, and finds them in a line: the evidence, not the verdict.

Read from `resources/language/frames.txt`. A line there is a whole sentence (`you ~fear {v}`), or, with a number
in front, a cue that may stand anywhere and speaks that strongly for its attribute (`3 (curls|braid)`); `7! you …`
is a whole sentence of that strength.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from charstudio.errors import SheetError
from charstudio.guide import wording
from charstudio.i18n import _
from charstudio.sheet import Schema

_CUE = re.compile(r"^(\d)(!?)\s+(.+)$")
_SECTION = re.compile(r"^\[([\w, ]+)\]$")


@dataclass(slots=True)
class Frame:
    """One way of saying something about one of `attributes`; its expression is made when first needed."""

    attributes: tuple[str, ...]
    text: str
    keep: str
    nodes: list[wording.Node]
    weight: int
    whole: bool
    kind: str = ""
    expression: re.Pattern[str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A frame that was found: which words it explains (`start`, `end`) and which it keeps (`value`)."""

    frame: Frame
    start: int
    end: int
    value: tuple[int, int] | None


class Frames:
    """All frames, found by the rarest of their words."""

    def __init__(self, frames: Sequence[Frame], terms: wording.Terms) -> None:
        self._terms = terms
        self._by_word: dict[str, list[Frame]] = {}
        self._always: list[Frame] = []
        for frame in frames:
            keys = wording.keys(frame.nodes, terms)
            for key in keys:
                self._by_word.setdefault(key, []).append(frame)
            if not keys:
                self._always.append(frame)

    def found(self, words: Sequence[str]) -> Iterator[Evidence]:
        """Every frame that fits these plain words."""
        said = "".join(f"{w} " for w in words)
        tried = {id(f): f for w in dict.fromkeys(words) for f in self._by_word.get(w, ())}
        for frame in (*tried.values(), *self._always):
            match = self._fits(frame, said)
            if match is not None:
                yield _evidence(frame, match, said)

    def _fits(self, frame: Frame, said: str) -> re.Match[str] | None:
        if frame.expression is None:
            frame.expression = wording.pattern(frame.nodes, self._terms, whole=frame.whole)
        return frame.expression.match(said) if frame.whole else frame.expression.search(said)


def _evidence(frame: Frame, match: re.Match[str], said: str) -> Evidence:
    value = None
    if "v" in match.re.groupindex and match.start("v") >= 0:
        value = (said.count(" ", 0, match.start("v")), said.count(" ", 0, match.end("v")))
    return Evidence(frame, said.count(" ", 0, match.start()), said.count(" ", 0, match.end()), value)


def load_frames(path: Path, schema: Schema) -> Frames:
    """Read the frames; raises `SheetError` with the line that is wrong."""
    lists = dict(schema.words)
    irregular: dict[str, tuple[str, ...]] = {}
    told: list[tuple[tuple[str, ...], str, int]] = []
    section: tuple[str, ...] = ()
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if match := _SECTION.match(line):
            section = tuple(a.strip() for a in match[1].split(","))
        elif line[0] in "@~" and " = " in line:
            name, _sign, words = line.partition(" = ")
            if line[0] == "@":
                lists[name[1:]] = lists.get(name[1:], frozenset()) | frozenset(words.split())
            else:
                irregular[name[1:]] = tuple(words.split())
        else:
            told.append((section, line, number))
    terms = wording.Terms(lists, wording.Verbs(irregular))
    return Frames([_frame(a, line, n, path) for a, line, n in told if set(a) <= set(schema.attributes)], terms)


def _frame(attributes: tuple[str, ...], line: str, number: int, path: Path) -> Frame:
    cue = _CUE.match(line)
    said, _arrow, keep = (cue[3] if cue else line).partition(" => ")
    try:
        nodes = wording.parsed(said)
    except ValueError as exc:
        raise SheetError(_("{path}, line {n}: {why}", path=path, n=number, why=exc)) from exc
    weight = int(cue[1]) if cue else wording.weight(nodes)
    return Frame(attributes, said, keep, nodes, weight, not cue or bool(cue[2]), wording.value_kind(nodes))
