"""Remembers every decision so that it can be taken back and forth without limit, across restarts.

A journal entry holds the rows that one action changed, before and after. Undoing writes the earlier
rows back, redoing the later ones; both refuse when something else has changed the same thing since.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from charstudio.errors import StoreError
from charstudio.i18n import _

Row = dict[str, Any]

# Columns that move on by themselves; an undo leaves them where they are when they have moved.
_SOFT = {"head_id", "from_id", "updated", "current_stage"}
_SOFT_DELETED = {"characters", "talks", "messages", "memories", "memory_sources", "own_schema"}


@dataclass(frozen=True, slots=True)
class Undone:
    """What was undone or redone, in the writer's words; `rows` are the places that changed (table, id)."""

    label: str
    character_id: int | None
    rows: tuple[tuple[str, int], ...] = ()


def now() -> str:
    """This moment as UTC text that sorts by time."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Recorder:
    """Writes rows for one action and notes what they were; used inside one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.rows: list[tuple[str, int, Row | None, Row | None]] = []

    def insert(self, table: str, row: Row) -> int:
        """Add a row; returns its id."""
        names = ", ".join(row)
        cursor = self._db.conn.execute(
            f"insert into {table} ({names}) values ({', '.join('?' * len(row))})",
            list(row.values()),
        )
        number = int(cursor.lastrowid or 0)
        self.rows.append((table, number, None, _row(self._db, table, number)))
        return number

    def update(self, table: str, number: int, **columns: Any) -> None:
        """Change some columns of a row; columns that stay the same are not noted."""
        was = _row(self._db, table, number) or {}
        changed = {name: value for name, value in columns.items() if was[name] != value}
        if changed:
            _write(self._db, table, number, changed)
            self.rows.append((table, number, {name: was[name] for name in changed}, changed))

    def delete(self, table: str, number: int) -> None:
        """Remove a row, or mark it where its kind is only ever marked."""
        if table in _SOFT_DELETED:
            self.update(table, number, deleted=1)
            return
        was = _row(self._db, table, number)
        self._db.conn.execute(f"delete from {table} where id = ?", [number])
        self.rows.append((table, number, was, None))


class Journal:
    """The list of all actions of one library, kept apart by character."""

    def __init__(self, connections: Any) -> None:
        self._connections = connections

    def note(self, recorder: Recorder, character_id: int | None, label: str, source: str) -> None:
        """Keep what a recorder wrote; what had been undone for this character can no longer be redone."""
        if not recorder.rows:
            return
        db = self._connections.here()
        db.conn.execute(
            "update journal set state = 'dropped' where state = 'undone' and character_id is ?",
            [character_id],
        )
        db.conn.execute(
            "insert into journal (at, character_id, label, source, rows) values (?, ?, ?, ?, ?)",
            [now(), character_id, label[:200], source, json.dumps(recorder.rows, ensure_ascii=False)],
        )

    def next_label(self, character_id: int | None, *, redo: bool = False, source: str = "") -> str | None:
        """What undo (or redo) would take back; of any character when `character_id` is None."""
        entry = self._next(character_id, redo=redo, source=source)
        return entry["label"] if entry else None

    def step(self, character_id: int | None, *, redo: bool = False, source: str = "") -> Undone | None:
        """Undo or redo one action inside the caller's transaction; None when there is nothing left."""
        entry = self._next(character_id, redo=redo, source=source)
        if entry is None:
            return None
        db = self._connections.here()
        rows = json.loads(entry["rows"])
        for table, number, before, after in rows if redo else reversed(rows):
            was, becomes = (before, after) if redo else (after, before)
            _swap(db, table, number, was, becomes)
        db.conn.execute(
            "update journal set state = ? where id = ?", ["done" if redo else "undone", entry["id"]]
        )
        places = tuple((table, number) for table, number, _before, _after in rows)
        return Undone(entry["label"], entry["character_id"], places)

    def _next(self, character_id: int | None, *, redo: bool, source: str = "") -> Any:
        whose = "" if character_id is None else "and character_id = ?"
        whose += " and source = ?" if source else ""
        order = "asc" if redo else "desc"
        return (
            self._connections.here()
            .conn.execute(
                f"select * from journal where state = ? {whose} order by id {order} limit 1",
                [
                    "undone" if redo else "done",
                    *([] if character_id is None else [character_id]),
                    *([source] if source else []),
                ],
            )
            .fetchone()
        )


def _row(db: Database, table: str, number: int) -> Row | None:
    row = db.conn.execute(f"select * from {table} where id = ?", [number]).fetchone()
    return dict(row) if row else None


def _write(db: Database, table: str, number: int, columns: Row) -> None:
    sets = ", ".join(f"{name} = ?" for name in columns)
    db.conn.execute(f"update {table} set {sets} where id = ?", [*columns.values(), number])


def _swap(db: Database, table: str, number: int, was: Row | None, becomes: Row | None) -> None:
    here = _row(db, table, number)
    if becomes is None:
        if table in _SOFT_DELETED:
            _write(db, table, number, {"deleted": 1})
        else:
            db.conn.execute(f"delete from {table} where id = ?", [number])
    elif was is None and here is None:
        _restore(db, table, becomes)
    elif was is None:
        _write(db, table, number, {"deleted": 0})
    else:
        _refuse_moved(here, was)
        moved = {name for name in _SOFT & was.keys() if here and here[name] != was[name]}
        _write(db, table, number, {k: v for k, v in becomes.items() if k not in moved} or {"id": number})


def _restore(db: Database, table: str, row: Row) -> None:
    names = ", ".join(row)
    db.conn.execute(
        f"insert into {table} ({names}) values ({', '.join('?' * len(row))})",
        list(row.values()),
    )


def _refuse_moved(here: Row | None, was: Iterable[str] | Row) -> None:
    columns = dict(was) if isinstance(was, dict) else {}
    if here is None or any(here[k] != v for k, v in columns.items() if k not in _SOFT):
        raise StoreError(_("This was changed again elsewhere, so that step can no longer be undone."))
