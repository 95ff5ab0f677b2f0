"""The cast as lists show it: one model for sidebar, library and palette, filtered by the same words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt

from charstudio.gui.text import one_line, plain_tip
from charstudio.i18n import _
from charstudio.model import Character

Index = QModelIndex | QPersistentModelIndex

ENTRY = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class CastEntry:
    """One character as a list shows it; `done` of `total` is the current pack, `quote` one line of theirs."""

    character: Character
    done: int = 0
    total: int = 0
    quote: str = ""
    role: str = ""

    def words(self) -> str:
        """How a screen reader says it."""
        who = self.character
        parts = [one_line(who.name), one_line(who.line), one_line(self.role)]
        if self.total:
            parts.append(_("{done} of {total} decided", done=self.done, total=self.total))
        return ", ".join(part for part in parts if part)


class CastModel(QAbstractListModel):
    """All characters in the order in which they were given."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[CastEntry] = []

    def show_cast(self, entries: Sequence[CastEntry]) -> None:
        """Hold these characters; when only their data changed, selections stay."""
        fresh = list(entries)
        if [e.character.id for e in fresh] != [e.character.id for e in self._entries]:
            self.beginResetModel()
            self._entries = fresh
            self.endResetModel()
            return
        for i, entry in enumerate(fresh):
            if entry != self._entries[i]:
                self._entries[i] = entry
                self.dataChanged.emit(self.index(i), self.index(i))

    def entries(self) -> list[CastEntry]:
        """All entries."""
        return list(self._entries)

    def repaint(self, character_id: int) -> None:
        """The face of this character changed."""
        for i, entry in enumerate(self._entries):
            if entry.character.id == character_id:
                self.dataChanged.emit(self.index(i), self.index(i))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return one_line(entry.character.name)
            case Qt.ItemDataRole.UserRole:
                return entry
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(entry.words())
            case Qt.ItemDataRole.AccessibleTextRole:
                return entry.words()
        return None


class CastFilter(QSortFilterProxyModel):
    """The characters in whose name, line, quote or role all words occur, accents and case aside."""

    def __init__(self, model: CastModel) -> None:
        super().__init__()
        self._words: list[str] = []
        self.setSourceModel(model)

    def look_for(self, text: str) -> None:
        """Keep those that have these words."""
        words = folded(text).split()
        if words != self._words:
            self._words = words
            self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        entry = self.sourceModel().index(source_row, 0).data(ENTRY)
        who = entry.character
        here = folded(" ".join(t[:2000] for t in (who.name, who.called, who.line, entry.quote, entry.role)))
        return all(word in here for word in self._words)

    def row_of(self, character_id: int) -> QModelIndex:
        """Where a character stands now; invalid when it is filtered out."""
        for row in range(self.rowCount()):
            index = self.index(row, 0)
            if index.data(ENTRY).character.id == character_id:
                return index
        return QModelIndex()


def folded(text: str) -> str:
    """Text for finding: without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
