"""One library: a cast of characters with their sheets, talks and memories, in one SQLite file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from charstudio.errors import StoreError
from charstudio.store.cast import Cast
from charstudio.store.connections import Connections
from charstudio.store.findings import Findings
from charstudio.store.journal import Journal, Undone
from charstudio.store.memories import Memories
from charstudio.store.own import OwnSchema, Refusals
from charstudio.store.proposals import Proposals
from charstudio.store.stages import Stages
from charstudio.store.talks import Talks
from charstudio.store.texts import Texts
from charstudio.store.trouble import explain


class Library:
    """The door to all that is kept: cast, stages, talks, memories, proposals, own questions; and undo."""

    def __init__(self, connections: Connections, path: Path) -> None:
        self.path = path
        self._connections = connections
        self._journal = Journal(connections)
        self.cast = Cast(connections, self._journal, self.saving)
        self.stages = Stages(connections, self._journal, self.saving, self.cast.refresh)
        self.talks = Talks(connections, self._journal, self.saving)
        self.memories = Memories(connections, self._journal, self.saving)
        self.findings = Findings(connections, self._journal, self.saving)
        self.texts = Texts(connections, self._journal, self.saving, self._catch_up)
        self.proposals = Proposals(connections, self._journal, self.saving, self.cast)
        self.own = OwnSchema(connections, self._journal, self.saving)
        self.refusals = Refusals(connections, self.saving)

    @contextlib.contextmanager
    def saving(self) -> Iterator[None]:
        """One action of the writer: saved whole or not at all, errors told in words."""
        try:
            with self._connections.transaction():
                yield
        except sqlite3.Error as exc:
            raise StoreError(explain(exc, self.path)) from exc

    def undo(self, character_id: int | None = None) -> Undone | None:
        """Take back the last action on this character, or on the library; None when there is none."""
        return self._step(character_id, redo=False)

    def redo(self, character_id: int | None = None) -> Undone | None:
        """Do again what was last taken back; None when there is nothing."""
        return self._step(character_id, redo=True)

    def next_undo(self, character_id: int | None = None) -> str | None:
        """What undo would take back, in words."""
        return self._journal.next_label(character_id)

    def next_redo(self, character_id: int | None = None) -> str | None:
        """What redo would do again, in words."""
        return self._journal.next_label(character_id, redo=True)

    def close(self) -> None:
        """Let go of the file."""
        self._connections.close()

    def _step(self, character_id: int | None, *, redo: bool) -> Undone | None:
        with self.saving():
            undone = self._journal.step(character_id, redo=redo)
            if undone is not None and undone.character_id is not None:
                self.cast.refresh(undone.character_id)
                self.memories.catch_up(undone.character_id)
                self._catch_up(undone.rows)
            return undone

    def _catch_up(self, rows: Iterable[tuple[str, int]]) -> None:
        """Bring what is derived from these rows up to them: names in lists, words to find memories by."""
        rows = list(rows)
        values = [number for table, number in rows if table == "sheet_values"]
        for character_id in self.cast.owners(values):
            self.cast.refresh(character_id)
        remembering = {
            self.memories.get(number).character_id for table, number in rows if table == "memories"
        }
        for character_id in remembering:
            self.memories.catch_up(character_id)
