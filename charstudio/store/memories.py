"""Keeps what a character experienced, with the words and the meaning to find it by."""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import Literal

from charstudio.i18n import _
from charstudio.model import Memory
from charstudio.store.connections import Connections
from charstudio.store.journal import Journal, Recorder, now
from charstudio.store.stages import current_of

Saving = Callable[[], contextlib.AbstractContextManager[None]]

MAX_WORDS = 40
LONGEST = 600


def remembered(body: str) -> str:
    """What of a message is kept as a memory."""
    return body.strip()[:LONGEST]


class Memories:
    """The memories of all characters; a deleted message takes its memory out of sight with it."""

    def __init__(self, connections: Connections, journal: Journal, saving: Saving) -> None:
        self._connections = connections
        self._journal = journal
        self._saving = saving

    def note(self, character_id: int, text: str) -> Memory:
        """Keep what the writer notes for a character, at its stage; undo takes it back."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            row = {"character_id": character_id, "kind": "note", "text": text, "created": now()}
            row["stage_id"] = current_of(self._db, character_id)
            number = recorder.insert("memories", row)
            self._journal.note(recorder, character_id, _("Memory: {text}", text=text[:60]), "form")
            self._index(number, text)
        return self.get(number)

    def said(self, character_id: int, talk_id: int, message_id: int, text: str) -> Memory:
        """Keep what was said in a talk."""
        return self._insert(character_id, "said", remembered(text), talk_id, message_id)

    def get(self, memory_id: int) -> Memory:
        """One memory."""
        return _memory(self._db.execute("select * from memories where id = ?", [memory_id]).fetchone())

    def of(self, character_id: int) -> list[Memory]:
        """All memories of a character, oldest first."""
        rows = self._db.execute(f"{_IN_SIGHT} and m.character_id = ? order by m.id", [character_id])
        return [_memory(row) for row in rows]

    def delete(self, memory_id: int) -> None:
        """Forget something; undo brings it back."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            recorder.delete("memories", memory_id)
            memory = self.get(memory_id)
            label = _("Forget: {text}", text=memory.text[:60])
            self._journal.note(recorder, memory.character_id, label, "form")

    def by_words(self, character_id: int, text: str, limit: int = 8) -> list[tuple[Memory, float]]:
        """Memories that share words with a text, best first; scores are BM25, higher is better."""
        words = list(dict.fromkeys(re.findall(r"\w{3,}", text.casefold())))[:MAX_WORDS]
        if not words:
            return []
        query = " or ".join(f'"{word}"' for word in words).replace(" or ", " OR ")
        rows = self._db.execute(
            "select m.*, -bm25(memory_words) as score from memory_words"
            " join memories m on m.id = memory_words.rowid"
            " left join messages s on s.id = m.message_id left join talks t on t.id = m.talk_id"
            " where memory_words match ? and m.character_id = ? and m.deleted = 0"
            " and coalesce(s.deleted, 0) = 0 and coalesce(t.deleted, 0) = 0 order by score desc limit ?",
            [query, character_id, limit],
        )
        return [(_memory(row), float(row["score"])) for row in rows]

    def without_vector(self, character_id: int, embedder: str, limit: int = 64) -> list[Memory]:
        """Memories whose meaning this embedder has not read yet (or read before they were edited)."""
        rows = self._db.execute(
            f"{_IN_SIGHT} and m.character_id = ? and not exists"
            " (select 1 from vectors v where v.memory_id = m.id and v.embedder = ?) order by m.id limit ?",
            [character_id, embedder, limit],
        )
        return [_memory(row) for row in rows]

    def keep_vectors(self, embedder: str, dimension: int, vectors: Sequence[tuple[Memory, bytes]]) -> None:
        """Keep the meaning of memories: little-endian float32, unit length, `dimension` numbers each."""
        with self._saving():
            self._db.executemany(
                "insert or replace into vectors values (?, ?, ?, ?, ?)",
                [(m.id, embedder, dimension, body, _digest(m.text)) for m, body in vectors],
            )

    def vectors(self, character_id: int, embedder: str) -> list[tuple[Memory, bytes]]:
        """All memories of a character that this embedder has read, with their vectors."""
        rows = self._db.execute(
            "select m.*, v.body from vectors v join memories m on m.id = v.memory_id"
            " left join messages s on s.id = m.message_id left join talks t on t.id = m.talk_id"
            " where v.embedder = ? and m.character_id = ? and m.deleted = 0"
            " and coalesce(s.deleted, 0) = 0 and coalesce(t.deleted, 0) = 0 order by m.id",
            [embedder, character_id],
        )
        return [(_memory(row), row["body"]) for row in rows]

    def catch_up(self, character_id: int) -> None:
        """Bring memories, and what they are found by, up to words that were edited, renamed or undone."""
        with self._saving():
            rows = self._db.execute(
                "select m.id, m.text, s.body from memories m join messages s on s.id = m.message_id"
                " where m.character_id = ? and m.kind = 'said'",
                [character_id],
            ).fetchall()
            for row in rows:
                text = remembered(row["body"])
                if text != row["text"]:
                    self._db.execute("update memories set text = ? where id = ?", [text, row["id"]])
            changed = self._db.execute(
                "select m.id, m.text from memories m join memory_words w on w.rowid = m.id"
                " where m.character_id = ? and w.text <> m.text",
                [character_id],
            ).fetchall()
            for row in changed:
                self._db.execute("delete from vectors where memory_id = ?", [row["id"]])
                self._db.execute("update memory_words set text = ? where rowid = ?", [row["text"], row["id"]])

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn

    def _insert(
        self, character_id: int, kind: Literal["said", "note"], text: str, talk_id: int, message_id: int
    ) -> Memory:
        with self._saving():
            cursor = self._db.execute(
                "insert into memories (character_id, kind, text, talk_id, message_id, stage_id, created) "
                "values (?, ?, ?, ?, ?, (select stage_id from talks where id = ?), ?)",
                [character_id, kind, text, talk_id, message_id, talk_id, now()],
            )
            number = int(cursor.lastrowid or 0)
            self._index(number, text)
        return self.get(number)

    def _index(self, memory_id: int, text: str) -> None:
        self._db.execute("insert into memory_words (rowid, text) values (?, ?)", [memory_id, text])


_IN_SIGHT = (
    "select m.* from memories m"
    " left join messages s on s.id = m.message_id left join talks t on t.id = m.talk_id"
    " where m.deleted = 0 and coalesce(s.deleted, 0) = 0 and coalesce(t.deleted, 0) = 0"
)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _memory(row: sqlite3.Row) -> Memory:
    return Memory(
        id=row["id"],
        character_id=row["character_id"],
        text=row["text"],
        kind=row["kind"],
        talk_id=row["talk_id"],
        message_id=row["message_id"],
        created=row["created"],
        stage_id=row["stage_id"],
    )
