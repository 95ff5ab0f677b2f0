"""All memories of one character side by side as numbers, so that a question can be held against each.

Built with the first question and kept in step with the library from then on, whoever changed it: the store
numbers each change, and only what is newer is read. Vectors lie in blocks, so that a growing memory never
has to be copied. Rows stand in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charstudio.store.memories import CHANGED, Memories

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

BLOCK = 8192  # rows of one block of vectors
CHUNK = 4096  # rows read at once
EMOTIONS = 8
YEARS = 10  # at most that many are tried for a date without one

_COLUMNS: dict[str, Any] = {
    "ids": np.int64,
    "group": np.int64,
    "speaker": np.int32,
    "stage": np.int64,
    "moment": np.float64,
    "importance": np.float32,
    "pinned": np.bool_,
    "gone": np.bool_,
    "asks": np.bool_,
    "read": np.bool_,
}


class Matrix:
    """One character's memories as columns; `embedder` names whose vectors stand in it."""

    def __init__(self, character_id: int, embedder: str) -> None:
        self.character_id = character_id
        self.embedder = embedder
        self.size = 0
        self.speakers: dict[str, int] = {"": 0}
        self._columns = {name: np.zeros(0, kind) for name, kind in _COLUMNS.items()}
        self._emotions = np.zeros((0, EMOTIONS), np.uint8)
        self._blocks: list[Floats] = []
        self._dimension = 0
        self._touched = 0
        self._vector = 0
        self._kept: dict[str, Any] = {}  # worked out from the columns, until they change

    def column(self, name: str) -> NDArray[Any]:
        """One column: ids, group, speaker, stage, moment, importance, pinned, gone, asks or read."""
        return self._columns[name][: self.size]

    @property
    def emotions(self) -> NDArray[np.uint8]:
        """How each memory feels, eight numbers in steps of a twenty-fifth; all zero where nobody knows."""
        return self._emotions[: self.size]

    def refresh(self, memories: Memories) -> None:
        """Read what has changed since the last time."""
        memories.catch_up(self.character_id)
        touched, vector = self._touched, self._vector
        with memories.snapshot():
            changed = memories.changed(self.character_id, self._touched)
            while chunk := changed.fetchmany(CHUNK):
                touched = max(touched, self._take(memories, chunk))
            vectors = memories.vectors.after(self.character_id, self.embedder, self._vector)
            while read := vectors.fetchmany(CHUNK):
                self._take_vectors(read)
                vector = read[-1][0]
        self._touched, self._vector = touched, vector

    def rows_of(self, ids: Sequence[int] | NDArray[Any]) -> tuple[NDArray[np.int64], Flags]:
        """The rows of ids, and which of the ids have one."""
        wanted = np.asarray(ids).astype(np.int64)
        mine = self.column("ids")
        rows = np.searchsorted(mine, wanted)
        rows[rows == self.size] = 0
        known = mine[rows] == wanted if self.size else np.zeros(len(wanted), np.bool_)
        return rows, known

    def likeness(self, query: bytes) -> Floats:
        """The cosine of each memory with a vector (float16); 0 where none was read."""
        asked = np.frombuffer(query, "<f2").astype(np.float32)
        scores = np.zeros(self.size, np.float32)
        if len(asked) == self._dimension:
            for n, block in enumerate(self._blocks):
                part = scores[n * BLOCK : (n + 1) * BLOCK]
                np.matmul(block[: len(part)], asked, out=part)
        return scores

    def vectors_of(self, rows: NDArray[np.int64]) -> Floats:
        """The vectors of some rows."""
        return np.stack([self._blocks[row // BLOCK][row % BLOCK] for row in rows])

    def beside(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The row of what was said before each memory and after it in the same talk or file; -1 for none."""
        kept = self._kept.get("beside")
        if kept is None:
            group = np.where(self.column("gone"), -self.column("ids"), self.column("group"))
            order = np.argsort(group, kind="stable")
            joined = group[order][1:] == group[order][:-1]
            before = np.full(self.size, -1, np.int64)
            after = np.full(self.size, -1, np.int64)
            before[order[1:][joined]] = order[:-1][joined]
            after[order[:-1][joined]] = order[1:][joined]
            kept = self._kept["beside"] = before, after
        return kept

    def recent(self, half_life: float) -> Floats:
        """1 for what happened last, half of it a half-life (seconds) before; times are those of the story."""
        kept = self._kept.get("recent")
        if kept is None:
            moment = self.column("moment")
            known = ~np.isnan(moment)
            last = moment[known].max() if known.any() else 0.0
            age = np.where(known, last - moment, np.inf)
            kept = self._kept["recent"] = np.exp2(-age / half_life).astype(np.float32)
        return kept

    def years(self) -> range:
        """The years in which these memories were made; a date without a year is meant in one of them."""
        moment = self.column("moment")
        known = moment[~np.isnan(moment)]
        if not len(known):
            return range(0)
        first, last = (datetime.fromtimestamp(float(t), UTC).year for t in (known.min(), known.max()))
        return range(max(first, last - YEARS + 1), last + 1)

    def _take(self, memories: Memories, chunk: Sequence[tuple[Any, ...]]) -> int:
        """Put rows in; returns the number of the last change among them."""
        values = dict(zip(CHANGED, zip(*chunk, strict=True), strict=True))
        rows, known = self.rows_of(values["ids"])
        fresh = np.flatnonzero(~known)
        rows[fresh] = self.size + np.arange(len(fresh))
        self._grow(self.size + len(fresh))
        self._forget_meaning(memories, [n for n, old in zip(values["ids"], known, strict=True) if old])
        speakers = [self._speaker(name) for name in values["speaker"]]
        for name, column in {**values, "speaker": speakers}.items():
            if name in self._columns:
                kind = self._columns[name].dtype
                self._columns[name][rows] = np.array(column, np.float64 if name == "moment" else kind)
        felt = bytes.fromhex("".join(values["emotion"]))
        self._emotions[rows] = np.frombuffer(felt, np.uint8).reshape(-1, EMOTIONS)
        self._kept.clear()
        return int(max(values["touched"]))

    def _forget_meaning(self, memories: Memories, ids: Sequence[int]) -> None:
        """Of memories that changed, those whose vector is gone have not been read any more."""
        read = memories.vectors.having(self.embedder, ids)
        rows, _known = self.rows_of([number for number in ids if number not in read])
        self._columns["read"][rows] = False

    def _take_vectors(self, read: Sequence[tuple[int, int, int, bytes]]) -> None:
        if not self._dimension:
            self._dimension = read[0][2]
        fits = [r for r in read if r[2] == self._dimension and len(r[3]) == 2 * r[2]]
        rows, known = self.rows_of([r[1] for r in fits])
        vectors = np.frombuffer(b"".join(r[3] for r in fits), "<f2").reshape(len(fits), -1)
        self._grow(self.size)
        for n in np.unique(rows[known] // BLOCK):
            mine = known & (rows // BLOCK == n)
            self._blocks[n][rows[mine] % BLOCK] = vectors[mine]
        self._columns["read"][rows[known]] = True

    def _grow(self, size: int) -> None:
        self.size = size
        room = len(self._columns["ids"])
        if size > room:
            room = max(size, room + room // 4, 256)
            for name, column in self._columns.items():
                wider = np.zeros(room, column.dtype)
                wider[: len(column)] = column
                self._columns[name] = wider
            emotions = np.zeros((room, EMOTIONS), np.uint8)
            emotions[: len(self._emotions)] = self._emotions
            self._emotions = emotions
        while self._dimension and len(self._blocks) * BLOCK < size:
            self._blocks.append(np.zeros((BLOCK, self._dimension), np.float32))

    def _speaker(self, name: str) -> int:
        return self.speakers.setdefault(name.strip().casefold(), len(self.speakers))
