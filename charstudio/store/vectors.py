"""Keeps the meaning of memories as vectors, apart for each embedder, so that old and new are never mixed.

A vector is little-endian float16 of unit length on disk: half the size of what the embedder gives, and
the same order of what is alike to three digits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from charstudio.errors import StoreError
from charstudio.i18n import _
from charstudio.model import Memory
from charstudio.store.connections import Connections

Vector = tuple[int, bytes]


class Vectors:
    """The vectors of all memories of one library."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def keep(self, embedder: str, dimension: int, read: Sequence[tuple[Memory, bytes]]) -> None:
        """Keep what an embedder read; a memory whose words have changed since is left for the next time."""
        self._refuse_other_size(embedder, dimension, read)
        self._db.executemany(
            "insert or replace into vectors (memory_id, character_id, embedder, dimension, body)"
            " select id, character_id, ?, ?, ? from memories where id = ? and text = ?",
            [(embedder, dimension, body, memory.id, memory.text) for memory, body in read],
        )

    def missing(self, character_id: int, embedder: str) -> int:
        """How many memories this embedder has not read yet."""
        row = self._db.execute(f"select count(*) {_UNREAD}", [character_id, embedder]).fetchone()
        return int(row[0])

    def after(self, character_id: int, embedder: str, last: int) -> sqlite3.Cursor:
        """(number, memory, dimension, vector) of what was read after the vector numbered `last`."""
        rows = self._db.execute(
            "select id, memory_id, dimension, body from vectors"
            " where character_id = ? and embedder = ? and id > ? order by id",
            [character_id, embedder, last],
        )
        rows.row_factory = None
        return rows

    def of(self, character_id: int, embedder: str) -> set[int]:
        """The memories of a character that an embedder has read."""
        rows = self._db.execute(
            "select memory_id from vectors where character_id = ? and embedder = ?", [character_id, embedder]
        )
        return {int(row[0]) for row in rows}

    def having(self, embedder: str, memory_ids: Sequence[int]) -> set[int]:
        """Which of these memories this embedder has read."""
        return {
            number
            for number in memory_ids
            if self._db.execute(
                "select 1 from vectors where memory_id = ? and embedder = ?", [number, embedder]
            ).fetchone()
        }

    def forget_others(self, character_id: int, embedder: str) -> None:
        """Drop what other embedders read of a character: libraries stay small, a change back reads anew."""
        self._db.execute(
            "delete from vectors where character_id = ? and embedder != ?", [character_id, embedder]
        )

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn

    def _refuse_other_size(self, embedder: str, dimension: int, read: Sequence[tuple[Memory, bytes]]) -> None:
        kept = self._db.execute(
            "select dimension from vectors where embedder = ? limit 1", [embedder]
        ).fetchone()
        if (kept is not None and kept[0] != dimension) or any(len(v) != 2 * dimension for _m, v in read):
            raise StoreError(
                _(
                    "The memory model “{name}” gave vectors of another size than before; choose its folder"
                    " anew in the settings.",
                    name=embedder,
                )
            )


_UNREAD = (
    "from memories m where m.character_id = ? and m.deleted = 0 and m.hidden = 0 and not exists"
    " (select 1 from vectors v where v.memory_id = m.id and v.embedder = ?)"
)
