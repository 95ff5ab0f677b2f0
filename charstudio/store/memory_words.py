"""Finds memories by their words, and keeps the index of words in step with what the memories say.

Each memory is indexed together with what was said just before and just after it: an answer is found by
the words of its question. Whatever changes a memory marks it as stale (triggers of migration m008), undo
and other programs included; `repair` brings the index up to date before it is asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from charstudio.store.connections import Connections

NEIGHBOUR = 1000  # characters of a neighbour that count for a memory
WEIGHTS = (1.0, 0.5, 0.3)  # of the memory itself, what was said before it, what was said after it
WORDS = 1  # how stale: the words may have changed; 2 is only how it is marked or whether it is in sight

COMMON = 0.05  # of all memories: a word that stands in more of them tells little
FEW = 100  # a word in so few memories is never too common


class Words:
    """The word index of all memories; used inside the caller's transaction."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, rows: Sequence[tuple[int, str]], before: tuple[int, str] | None) -> None:
        """Index memories that follow one another; `before` is the one that they go on from."""
        texts = [before[1] if before else "", *(text for _id, text in rows), ""]
        self._db.executemany(
            "insert into memory_words (rowid, text, before, after) values (?, ?, ?, ?)",
            [
                (number, text, texts[n][-NEIGHBOUR:], texts[n + 2][:NEIGHBOUR])
                for n, (number, text) in enumerate(rows)
            ],
        )
        if before is not None and rows:
            self._db.execute(
                "update memory_words set after = ? where rowid = ?", [rows[0][1][:NEIGHBOUR], before[0]]
            )

    def stale(self, character_id: int) -> bool:
        """Whether anything of a character changed since its words were indexed."""
        return (
            self._db.execute(
                "select 1 from memories where character_id = ? and stale limit 1", [character_id]
            ).fetchone()
            is not None
        )

    def repair(self, character_id: int) -> None:
        """Bring index and sight of a character's changed memories up to date."""
        self._show_or_hide(character_id)
        changed = self._db.execute(
            "select m.id, s.body from memories m indexed by memories_stale"
            " left join messages s on s.id = m.message_id"
            f" where m.character_id = ? and m.stale and m.stale = {WORDS}",
            [character_id],
        ).fetchall()
        for row in changed:
            if row["body"] is not None:
                self._db.execute(
                    "update memories set text = ? where id = ? and kind = 'said' and text != ?",
                    [row["body"].strip(), row["id"], row["body"].strip()],
                )
        for number in self._around([row["id"] for row in changed]):
            self._index_again(number)
        self._db.execute(
            "update memories set stale = 0, touched = (select max(touched) + 1 from memories)"
            " where character_id = ? and stale",
            [character_id],
        )

    def matching(self, words: Iterable[str], *, most_rows: int) -> tuple[list[tuple[int, float]], list[str]]:
        """(id, BM25) of memories with any of these words, and the words that were looked for.

        Words that stand in more than one of twenty memories say little and cost much: they are left out
        unless nothing else is asked for. The rarest words come first; together they touch `most_rows`
        rows at most. Ids of other characters and of what is out of sight may be among them.
        """
        used = self._rare(list(dict.fromkeys(words)), most_rows)
        if not used:
            return [], []
        query = " OR ".join(f'"{word}"' for word in used)
        rows = self._db.execute(
            f"select rowid, -bm25(memory_words, {WEIGHTS[0]}, {WEIGHTS[1]}, {WEIGHTS[2]})"
            " from memory_words where memory_words match ?",
            [query],
        )
        rows.row_factory = None
        return rows.fetchall(), used

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn

    def _rare(self, words: Sequence[str], most_rows: int) -> list[str]:
        total = self._db.execute("select max(rowid) from memory_words").fetchone()[0] or 0
        common = max(FEW, int(total * COMMON))
        counted = sorted((self._count(word, most_rows), n, word) for n, word in enumerate(words))
        found = [c for c in counted if c[0]]
        telling = [c for c in found if c[0] <= common] or [c for c in found[:1] if c[0] <= most_rows]
        used: list[str] = []
        rows = 0
        for count, _n, word in telling:
            rows += count
            if rows > most_rows:
                break
            used.append(word)
        return used

    def _count(self, word: str, most: int) -> int:
        """In how many memories a word stands; counting stops where it no longer matters."""
        row = self._db.execute(
            "select count(*) from (select 1 from memory_words where memory_words match ? limit ?)",
            [f'text : "{word}"', most + 1],
        ).fetchone()
        return int(row[0])

    def _show_or_hide(self, character_id: int) -> None:
        self._db.execute(
            "update memories set hidden ="
            " coalesce((select deleted from messages where id = memories.message_id), 0)"
            " or coalesce((select deleted from talks where id = memories.talk_id), 0)"
            " or coalesce((select deleted from memory_sources where id = memories.source_id), 0)"
            " where character_id = ? and stale",
            [character_id],
        )

    def _around(self, numbers: Sequence[int]) -> list[int]:
        """These memories and their neighbours, each once."""
        found: dict[int, None] = {}
        for number in numbers:
            found[number] = None
            for step in (-1, 1):
                neighbour = self.neighbour(number, step)
                if neighbour is not None:
                    found[neighbour[0]] = None
        return list(found)

    def neighbour(self, number: int, step: int) -> tuple[int, str] | None:
        """Id and text of what was said before (-1) or after (1) a memory in the same talk or file."""
        order, sign = ("desc", "<") if step < 0 else ("asc", ">")
        for group in ("talk_id", "source_id"):
            row = self._db.execute(
                f"select id, text from memories where {group} = (select {group} from memories where id = ?)"
                " and character_id = (select character_id from memories where id = ?)"
                f" and id {sign} ? and deleted = 0 and hidden = 0 order by id {order} limit 1",
                [number, number, number],
            ).fetchone()
            if row is not None:
                return int(row["id"]), str(row["text"])
        return None

    def _index_again(self, number: int) -> None:
        row = self._db.execute("select text, deleted, hidden from memories where id = ?", [number]).fetchone()
        before, after = self.neighbour(number, -1), self.neighbour(number, 1)
        wanted = (
            row["text"],
            before[1][-NEIGHBOUR:] if before else "",
            after[1][:NEIGHBOUR] if after else "",
        )
        was = self._db.execute(
            "select text, before, after from memory_words where rowid = ?", [number]
        ).fetchone()
        if was is None or tuple(was) != wanted:
            if was is None or was["text"] != row["text"]:
                self._db.execute("delete from vectors where memory_id = ?", [number])
            self._db.execute("delete from memory_words where rowid = ?", [number])
            self._db.execute(
                "insert into memory_words (rowid, text, before, after) values (?, ?, ?, ?)",
                [number, *wanted],
            )
