"""One connection a thread to one library file, and one transaction for each thing the writer does."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from sqlite_utils import Database

BUSY_SECONDS = 5.0


class Connections:
    """Hands each thread its own connection; closes them all at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    def here(self) -> Database:
        """This thread's connection."""
        db = getattr(self._mine, "db", None)
        if db is None:
            db = self._mine.db = self._open()
        return db

    def close(self) -> None:
        """Close every connection of every thread."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._mine = threading.local()

    def _open(self) -> Database:
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        try:
            for pragma in (
                "trusted_schema = off",
                "foreign_keys = on",
                "journal_mode = wal",
                "synchronous = full",
            ):
                connection.execute(f"pragma {pragma}")
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._all.append(connection)
        return Database(connection, recursive_triggers=False, execute_plugins=False)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Database]:
        """All or nothing; an inner one joins the outer one."""
        db = self.here()
        if db.conn.in_transaction:
            yield db
            return
        # Immediate, since a read that later becomes a write fails at once when another thread wrote.
        db.conn.execute("begin immediate")
        try:
            yield db
            db.conn.execute("commit")
        except BaseException:
            db.conn.rollback()
            raise
