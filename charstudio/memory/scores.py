"""Holds one question against every memory: what each reason adds to the score of each memory.

All arrays have one number a memory. What is alike in meaning and in words is z-normalised before it is
added, so that the weights mean the same for every question. The weights were chosen on five of the ten
conversations of LoCoMo (tests/benchmarks/bench_memory.py), none of them on the other five.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charstudio.memory.emotion import Mood, mood_distance, with_mood, z
from charstudio.memory.matrix import Floats, Matrix
from charstudio.memory.question import Question
from charstudio.memory.when import DAY

Flags = NDArray[np.bool_]

HALF_LIFE = 30 * DAY  # of what recency adds
AFTERWARDS = 10 * DAY  # how long after it happened something is still told of


@dataclass(frozen=True, slots=True)
class Weights:
    """What each reason counts; the writer sees and may change them."""

    meaning: float = 0.5
    words: float = 0.3
    nearby: float = 0.2
    answers: float = 0.2
    asks: float = -0.5
    speaker: float = 0.6
    time: float = 2.0
    recency: float = 0.05
    importance: float = 0.5
    pinned: float = 10.0


def parts_of(
    matrix: Matrix, question: Question, words: Floats, likeness: Floats | None, weights: Weights
) -> dict[str, Floats]:
    """What each reason adds to each memory’s score: `words` are BM25 scores, `likeness` are cosines.

    meaning and words: alike; nearby: what was said two turns away is alike; answers: it follows a question
    that is alike; asks: it is a question itself; speaker and time: those that are named.
    """
    known = ~matrix.column("gone")
    by_words = by_meaning = _among(words, known)
    parts = {"words": weights.words * by_words}
    if likeness is not None:
        by_meaning = _among(likeness, known & matrix.column("read"))
        parts["meaning"] = weights.meaning * by_meaning
    alike = np.float32(0.5) * (by_meaning + by_words)
    before, after = matrix.beside()
    asks = matrix.column("asks").astype(np.float32)
    near = np.maximum(_at(alike, _at_row(before, before)), _at(alike, _at_row(after, after)))
    parts["nearby"] = weights.nearby * _among(near, known)
    parts["answers"] = weights.answers * _at((asks * by_meaning).astype(np.float32), before)
    parts["asks"] = weights.asks * asks
    if len(question.named) == 1:
        parts["speaker"] = weights.speaker * _spoken_by(matrix, next(iter(question.named)))
    if question.times:
        parts["time"] = weights.time * _told_at(matrix, question)
    parts["recency"] = weights.recency * matrix.recent(HALF_LIFE)
    parts["importance"] = weights.importance * (matrix.column("importance") - np.float32(0.5))
    if matrix.column("pinned").any():
        parts["pinned"] = weights.pinned * matrix.column("pinned").astype(np.float32)
    return parts


def total(parts: dict[str, Floats], matrix: Matrix, mood: Mood, *, step: int) -> Floats:
    """The scores by which memories are put in order: all parts together, steered by the mood."""
    summed = np.zeros(matrix.size, np.float32)
    for part in parts.values():
        summed += part
    if mood.weight <= 0:
        return summed
    return with_mood(summed, mood_distance(matrix.emotions, mood.emotion, step), mood)


def best(scores: Floats, allowed: Flags, most: int) -> NDArray[np.int64]:
    """The rows with the highest scores among those allowed, best first; the older of two equal ones."""
    rows = np.flatnonzero(allowed & np.isfinite(scores))
    if len(rows) > most:
        mine = scores[rows]
        rows = rows[mine >= np.partition(mine, -most)[-most]]
    return rows[np.argsort(-scores[rows], kind="stable")][:most]


def _among(values: Floats, known: Flags) -> Floats:
    """z-normalised among those known; the others stand in the middle."""
    scores = np.zeros(len(values), np.float32)
    if known.any():
        scores[known] = z(values[known])
    return scores


def _at(values: Floats, rows: NDArray[np.int64]) -> Floats:
    """The values of other rows; 0 where there is none."""
    return np.where(rows >= 0, values[rows], np.float32(0.0)).astype(np.float32)


def _at_row(rows: NDArray[np.int64], of: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows that stand in other rows; -1 where there is none."""
    return np.where(of >= 0, rows[of], -1)


def _spoken_by(matrix: Matrix, name: str) -> Floats:
    """1 where the one who is named speaks."""
    spoken: Floats = (matrix.column("speaker") == matrix.speakers[name]).astype(np.float32)
    return spoken


def _told_at(matrix: Matrix, question: Question) -> Floats:
    """1 in the time that is named, fading in the days after it, when things are told of."""
    moment = matrix.column("moment")
    near = np.zeros(matrix.size, np.float32)
    for start, end in question.times:
        late = np.exp(-np.maximum(moment - end, 0.0) / AFTERWARDS)
        near = np.maximum(near, np.where(moment >= start - DAY, late, 0.0).astype(np.float32))
    known: Floats = np.nan_to_num(near)
    return known
