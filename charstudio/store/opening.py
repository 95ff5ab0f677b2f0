"""Opens a library safely: never one from the future, never without a copy before it is changed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sqlite_utils import Database

from charstudio.errors import StoreError
from charstudio.i18n import _
from charstudio.store.connections import Connections
from charstudio.store.library import Library
from charstudio.store.migrations import APPLICATION_ID, migrations
from charstudio.store.trouble import copies_of, explain

KEEP_COPIES = 14


def open_library(path: Path) -> Library:
    """Open or create the library at `path`; raises `StoreError` in words when that cannot be."""
    new = not path.exists() or path.stat().st_size == 0
    _refuse_read_only(path, new=new)
    if not new and not _looks_like_sqlite(path):
        raise StoreError(_("{path} is no charstudio library; choose another file or a new name.", path=path))
    connections = Connections(path)
    try:
        with _told(path):
            db = connections.here()
            _refuse_strangers(db, path, new=new)
            if migrations.pending(db):
                if not new:
                    _copy(path, copies_of(path) / f"{path.stem[:60]}-before-{_last(db)}.charstudio")
                migrations.apply(db)
        library = Library(connections, path)
        library.talks.close_unfinished()
    except BaseException:
        connections.close()
        raise
    return library


def safety_copy(path: Path) -> Path | None:
    """Copy the library once a day before it is worked on; the newest fourteen days are kept."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    folder = copies_of(path)
    today = folder / f"{path.stem[:60]}-{date.today().isoformat()}.charstudio"
    if today.exists():
        return None
    with _told(path):
        _copy(path, today)
    dated = sorted(folder.glob("*-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].charstudio"))
    for old in dated[:-KEEP_COPIES]:
        old.unlink(missing_ok=True)
    return today


def _copy(path: Path, to: Path) -> None:
    handle, part = tempfile.mkstemp(dir=to.parent, suffix=".part")
    os.close(handle)
    try:
        with (
            contextlib.closing(sqlite3.connect(path, timeout=5)) as source,
            contextlib.closing(sqlite3.connect(part)) as copy,
        ):
            source.backup(copy)
        os.replace(part, to)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _looks_like_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _refuse_read_only(path: Path, *, new: bool) -> None:
    if path.is_dir():
        raise StoreError(_("{path} is a folder; name a file in it.", path=path))
    if new:
        if not path.parent.is_dir():
            raise StoreError(_("The folder {folder} does not exist; create it first.", folder=path.parent))
        return
    # Root may write anywhere, yet a file without any write bit was meant to stay as it is.
    if not os.access(path, os.W_OK) or not path.stat().st_mode & 0o222:
        raise StoreError(
            _("The library {path} is read-only; make a copy that you may write to and open that.", path=path)
        )


def _refuse_strangers(db: Database, path: Path, *, new: bool) -> None:
    mark = db.conn.execute("pragma application_id").fetchone()[0]
    if not new and mark != APPLICATION_ID and db.table_names():
        raise StoreError(_("{path} is no charstudio library; choose another file or a new name.", path=path))
    known = {step.name for step in migrations._migrations}
    if any(step.name not in known for step in migrations.applied(db)):
        raise StoreError(
            _("The library {path} was made by a newer charstudio; update this program to open it.", path=path)
        )


def _last(db: Database) -> str:
    applied = migrations.applied(db)
    return f"update-{len(applied):03d}" if applied else "update"


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as exc:
        raise StoreError(explain(exc, path)) from exc
