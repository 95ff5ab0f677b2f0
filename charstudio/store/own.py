"""Keeps what the writer made of the schema in this library, and lets every step of it be undone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from charstudio.sheet import Entry
from charstudio.store.connections import Connections
from charstudio.store.journal import Journal, Recorder, Undone, now

SOURCE = "schema"

Saving = Callable[[], AbstractContextManager[None]]


class OwnSchema:
    """The writer's own attributes, groups, questions and packs, and what does not apply here."""

    def __init__(self, connections: Connections, journal: Journal, saving: Saving) -> None:
        self._connections = connections
        self._journal = journal
        self._saving = saving

    def entries(self) -> tuple[Entry, ...]:
        """All of it in the order of its making."""
        rows = self._db.execute("select kind, key, body from own_schema where deleted = 0 order by id")
        return tuple(Entry(row["kind"], row["key"], json.loads(row["body"])) for row in rows)

    def change(self, label: str, put: Sequence[Entry] = (), drop: Sequence[Entry] = ()) -> None:
        """Keep some entries (one of the same kind and key is replaced) and drop others, as one action."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            for entry in drop:
                number = self._number(entry)
                if number:
                    recorder.delete("own_schema", number)
            for entry in put:
                body = json.dumps(entry.body, ensure_ascii=False)
                number = self._number(entry)
                if number:
                    recorder.update("own_schema", number, body=body)
                else:
                    row = {"kind": entry.kind, "key": entry.key, "body": body, "created": now()}
                    recorder.insert("own_schema", row)
            self._journal.note(recorder, None, label, SOURCE)

    def used(self, attribute: str) -> int:
        """How many characters have a value of an attribute."""
        return int(
            self._db.execute(
                "select count(distinct v.character_id) from sheet_values v join characters c"
                " on c.id = v.character_id where v.attribute = ? and c.deleted = 0",
                [attribute],
            ).fetchone()[0]
        )

    def next_undo(self, *, redo: bool = False) -> str:
        """What `undo` (or `redo`) would take back, in words; empty when there is nothing."""
        return self._journal.next_label(None, redo=redo, source=SOURCE) or ""

    def undo(self, *, redo: bool = False) -> Undone | None:
        """Take back the last change of the schema, or do it again; characters stay as they are."""
        with self._saving():
            return self._journal.step(None, redo=redo, source=SOURCE)

    def _number(self, entry: Entry) -> int:
        row = self._db.execute(
            "select id from own_schema where kind = ? and key = ? and deleted = 0", [entry.kind, entry.key]
        ).fetchone()
        return int(row["id"]) if row else 0

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn


class Refusals:
    """What was offered to a character and not wanted, and what the rest of the cast has instead."""

    def __init__(self, connections: Connections, saving: Saving) -> None:
        self._connections = connections
        self._saving = saving

    def of(self, character_id: int) -> dict[str, set[str]]:
        """The refused values by attribute, in small letters."""
        found: dict[str, set[str]] = {}
        for row in self._db.execute(
            "select attribute, value from refusals where character_id = ?", [character_id]
        ):
            found.setdefault(row["attribute"], set()).add(row["value"])
        return found

    def add(self, character_id: int, attribute: str, values: Sequence[str]) -> None:
        """Never offer these again."""
        with self._saving():
            self._db.executemany(
                "insert or ignore into refusals (character_id, attribute, value) values (?, ?, ?)",
                [(character_id, attribute, value.casefold()) for value in values],
            )

    def elsewhere(self, attribute: str, character_id: int, most: int = 2000) -> list[tuple[str, str]]:
        """What other characters have there: (who, value), the newest first."""
        rows = self._db.execute(
            "select c.called, c.name, v.text from sheet_values v join characters c on c.id = v.character_id"
            " where v.attribute = ? and v.character_id != ? and c.deleted = 0 and v.state = 'set'"
            " order by v.id desc limit ?",
            [attribute, character_id, most],
        )
        return [(row["called"] or row["name"], row["text"]) for row in rows]

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn
