"""Knows in which other words writers tell things, and finds them in a line: the evidence, not the verdict.

Read from `resources/language/frames.txt`. A line there is a whole sentence (`you ~fear {v}`), or, with a
number in front, a cue that may stand anywhere and speaks that strongly for its attribute (`3 (curls|braid)`);
`7! you …` is a whole sentence of that strength.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from charstudio.errors import SheetError
from charstudio.guide import wording
from charstudio.i18n import _
from charstudio.sheet import Schema

_CUE = re.compile(r"^(\d)(!?)\s+(.+)$")
REMEMBERED = 400
_SECTION = re.compile(r"^\[([\w, ]+)\]$")


@dataclass(frozen=True, slots=True)
class Frame:
    """One way of saying something about one of `attributes`."""

    attributes: tuple[str, ...]
    text: str
    keep: str
    nodes: tuple[wording.Node, ...]
    weight: int
    whole: bool
    kind: str = ""
    chain: object = None
    heads: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A frame that was found: which words it explains (`start`, `end`) and which it keeps (`value`)."""

    frame: Frame
    start: int
    end: int
    value: tuple[int, int] | None


class Frames:
    """All frames, found by the rarest of their words."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._by_word: dict[str, list[Frame]] = {}
        self._always: list[Frame] = []
        # Clauses come again within a turn: alone, with their neighbours, with the subject of the one before.
        self._found: dict[wording.Words, tuple[Evidence, ...]] = {}
        self._cues: dict[str, list[tuple[wording.Words, Frame]]] = {}
        for frame in frames:
            phrases = [] if frame.whole else wording.phrases(frame.nodes)
            for phrase in phrases:
                self._cues.setdefault(phrase[0], []).append((phrase, frame))
            if phrases:
                continue
            keys = wording.keys(frame.nodes)
            for key in keys:
                self._by_word.setdefault(key, []).append(frame)
            if not keys:
                self._always.append(frame)

    def found(self, words: Sequence[str]) -> tuple[Evidence, ...]:
        """Every frame that fits these plain words."""
        said = tuple(words)
        known = self._found.get(said)
        if known is None:
            if len(self._found) > REMEMBERED:
                self._found.clear()
            known = self._found[said] = tuple(self._search(said))
        return known

    def _search(self, said: wording.Words) -> Iterator[Evidence]:
        near = dict.fromkeys((*said, *(w[:-2] for w in said if w.endswith("'s"))))
        tried = {id(f): f for w in near for f in self._by_word.get(w, ())}
        for frame in (*tried.values(), *self._always):
            if frame.whole and not _may_begin(frame, said):
                continue
            fit = wording.fit(frame.chain, said, whole=frame.whole)
            if fit is not None:
                yield Evidence(frame, fit.start, fit.end, fit.value)
        yield from self._cued(said)

    def _cued(self, said: wording.Words) -> Iterator[Evidence]:
        seen: set[int] = set()
        for at, word in enumerate(said):
            for phrase, frame in self._cues.get(word, ()):
                if id(frame) not in seen and said[at : at + len(phrase)] == phrase:
                    seen.add(id(frame))
                    yield Evidence(frame, at, at + len(phrase), None)


def _may_begin(frame: Frame, said: wording.Words) -> bool:
    heads = frame.heads
    if len(said) < len(heads) or (heads and said[0] not in heads[0]):
        return False
    return len(heads) < 2 or said[1] in heads[1]


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
    known = [(a, line, n) for a, line, n in told if set(a) <= set(schema.attributes)]
    return Frames([_frame(a, line, terms, f"{path}, {n}") for a, line, n in known])


def _frame(attributes: tuple[str, ...], line: str, terms: wording.Terms, where: str) -> Frame:
    cue = _CUE.match(line)
    said, _arrow, keep = (cue[3] if cue else line).partition(" => ")
    try:
        nodes = wording.parsed(said, terms)
    except ValueError as exc:
        raise SheetError(_("{where}: {why}", where=where, why=exc)) from exc
    weight = int(cue[1]) if cue else wording.weight(nodes)
    return Frame(
        attributes,
        said,
        keep,
        nodes,
        weight,
        not cue or bool(cue[2]),
        wording.value_kind(nodes),
        wording.chain(nodes, None),
        wording.heads(nodes),
    )
