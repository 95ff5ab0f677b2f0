"""Keeps what checks need beside the sheets: what the writer meant, the story's year, what was replied."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable

from charstudio.i18n import _
from charstudio.store.connections import Connections
from charstudio.store.journal import Journal, Recorder, now

Saving = Callable[[], contextlib.AbstractContextManager[None]]

STORY_YEAR = "story_year"


class Findings:
    """What the writer said about findings of the checks; every word of it can be undone."""

    def __init__(self, connections: Connections, journal: Journal, saving: Saving) -> None:
        self._connections = connections
        self._journal = journal
        self._saving = saving

    def is_meant(self, character_id: int, mark: str, title: str) -> None:
        """Never show the finding of this mark again; marks change with the values they are about."""
        if mark in self.meant():
            return
        with self._saving():
            recorder = Recorder(self._connections.here())
            row = {"character_id": character_id, "mark": mark, "created": now()}
            recorder.insert("meant", row)
            self._journal.note(recorder, character_id, _("It is meant: {what}", what=title[:80]), "form")

    def meant(self) -> frozenset[str]:
        """The marks of all findings that are meant."""
        return frozenset(row[0] for row in self._db.execute("select mark from meant"))

    def story_year(self) -> int | None:
        """The year in which the story of this library plays, if the writer said."""
        row = self._db.execute("select text from facts where name = ?", [STORY_YEAR]).fetchone()
        return int(row[0]) if row else None

    def set_story_year(self, year: int | None) -> None:
        """Say in which year the story plays, or that it is open."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            row = self._db.execute("select id from facts where name = ?", [STORY_YEAR]).fetchone()
            if year is None and row:
                recorder.delete("facts", row[0])
            elif year is not None and row:
                recorder.update("facts", row[0], text=str(year))
            elif year is not None:
                recorder.insert("facts", {"name": STORY_YEAR, "text": str(year)})
            words = _("The story’s year is {year}", year=year) if year is not None else _("No story year")
            self._journal.note(recorder, None, words, "form")

    def replies(self, character_id: int, limit: int = 200) -> list[tuple[int, str]]:
        """The last replies of a character in all its talks: (message id, words), oldest first."""
        rows = self._db.execute(
            "select m.id, m.body from messages m join talks t on t.id = m.talk_id"
            " where t.character_id = ? and t.deleted = 0 and m.deleted = 0 and m.role = 'character'"
            " and m.state in ('done', 'stopped') order by m.id desc limit ?",
            [character_id, limit],
        ).fetchall()
        return [(row["id"], row["body"]) for row in reversed(rows)]

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn
