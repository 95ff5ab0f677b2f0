"""Holds one question against every memory: what each reason adds to the score of each memory.

All arrays have one number a memory. What is alike in meaning and in words is z-normalised before it is
added, so that the weights mean the same for every question; the other reasons are 0 or more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from charstudio.memory.emotion import Mood, mood_distance, with_mood, z
from charstudio.memory.matrix import Floats, Matrix
from charstudio.memory.question import Question
from charstudio.memory.when import DAY

HALF_LIFE = 30 * DAY  # of what recency adds
AFTERWARDS = 10 * DAY  # how long after it happened something is still told of
ALIKE = 5  # memories found first, whose meaning is asked for too
NOTHING = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class Weights:
    """What each reason counts; the writer sees and may change them."""

    meaning: float = 0.55
    around: float = 0.2
    words: float = 0.45
    alike: float = 0.0
    speaker: float = 0.3
    time: float = 0.5
    recency: float = 0.05
    importance: float = 0.3
    pinned: float = 1.0

    def without_meaning(self) -> Weights:
        """The same when no embedder is there to ask."""
        return replace(self, meaning=0.0, around=0.0, alike=0.0)


def parts_of(
    matrix: Matrix, question: Question, words: Floats, vector: bytes | None, weights: Weights
) -> dict[str, Floats]:
    """What each reason adds to each memory’s score; `words` are BM25 scores, `vector` the question’s meaning."""
    parts = {"words": weights.words * z(words)}
    if vector is not None:
        parts.update(_meaning(matrix, vector, words, weights))
    if question.named:
        parts["speaker"] = weights.speaker * _spoken_by(matrix, question)
    if question.times:
        parts["time"] = weights.time * _told_at(matrix, question)
    parts["recency"] = weights.recency * _recent(matrix)
    parts["importance"] = weights.importance * (matrix.column("importance") - 0.5)
    if matrix.column("pinned").any():
        parts["pinned"] = weights.pinned * matrix.column("pinned").astype(np.float32)
    return parts


def total(parts: dict[str, Floats], matrix: Matrix, mood: Mood, *, step: int) -> Floats:
    """The scores by which memories are put in order: all parts together, steered by the mood."""
    summed = np.sum(list(parts.values()), axis=0, dtype=np.float32)
    if mood.weight <= 0:
        return summed
    return with_mood(summed, mood_distance(matrix.emotions, mood.emotion, step), mood)


def best(scores: Floats, allowed: NDArray[np.bool_], most: int) -> NDArray[np.int64]:
    """The rows with the highest scores among those allowed, best first; the older of two equal ones."""
    rows = np.flatnonzero(allowed & np.isfinite(scores))
    if len(rows) > most:
        mine = scores[rows]
        rows = rows[mine >= np.partition(mine, -most)[-most]]
    return rows[np.argsort(-scores[rows], kind="stable")][:most]


def _meaning(matrix: Matrix, vector: bytes, words: Floats, weights: Weights) -> dict[str, Floats]:
    likeness = matrix.likeness(vector)
    read = matrix.column("read") & ~matrix.column("gone")
    parts = {"meaning": weights.meaning * _among(likeness, read)}
    before, after = matrix.beside()
    near = np.maximum(_at(likeness, before), _at(likeness, after))
    parts["around"] = weights.around * _among(near, read)
    return parts


def _among(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """z-normalised among those known; the others stand in the middle."""
    scores = np.zeros(len(values), np.float32)
    if known.any():
        scores[known] = z(values[known])
    return scores


def _at(values: Floats, rows: NDArray[np.int64]) -> Floats:
    """The values of other rows; 0 where there is none."""
    return np.where(rows >= 0, values[rows], np.float32(0.0))


def _spoken_by(matrix: Matrix, question: Question) -> Floats:
    """1 where the one who is named speaks; when two are named that says nothing."""
    if len(question.named) != 1:
        return np.zeros(matrix.size, np.float32)
    (name,) = question.named
    return (matrix.column("speaker") == matrix.speakers[name]).astype(np.float32)


def _told_at(matrix: Matrix, question: Question) -> Floats:
    """1 in the time that is named, fading in the days after it: things are told of once they have happened."""
    moment = matrix.column("moment")
    near = np.zeros(matrix.size, np.float32)
    for start, end in question.times:
        late = np.exp(-np.maximum(moment - end, 0.0) / AFTERWARDS)
        near = np.maximum(near, np.where(moment >= start - DAY, late, 0.0).astype(np.float32))
    return np.nan_to_num(near)


def _recent(matrix: Matrix) -> Floats:
    """1 for what happened last, half of it a month before; times are those of the story, not of today."""
    moment = matrix.column("moment")
    known = ~np.isnan(moment)
    if not known.any():
        return np.zeros(matrix.size, np.float32)
    age = float(np.nanmax(moment)) - moment
    return np.where(known, 0.5 ** (age / HALF_LIFE), 0.0).astype(np.float32)
