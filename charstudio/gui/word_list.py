"""A quiet list of names under titles, for choosing with arrows, mouse or the first letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from charstudio.gui.buttons import LEFT, paint_focus
from charstudio.gui.text import one_line
from charstudio.gui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
WORD = int(Qt.ItemDataRole.UserRole)
RIGHT = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class Word:
    """One line: what it stands for, its words, a mark at the right; without a key it is a title."""

    key: str
    words: str
    mark: str = ""
    faint: bool = False


class WordList(QListView):
    """Shows words; tells which one is current."""

    word_chosen = Signal(str)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._words = _Words()
        self.setModel(self._words)
        self.setItemDelegate(_WordDelegate(theme, self))
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.selectionModel().currentChanged.connect(self._on_current)
        theme.changed.connect(self.scheduleDelayedItemsLayout)

    def show_words(self, words: Sequence[Word], chosen: str = "") -> None:
        """Show these; `chosen` becomes the current one without being told."""
        self._words.show_words(words)
        at = next((n for n, word in enumerate(words) if word.key and word.key == chosen), -1)
        if at >= 0:
            self.selectionModel().blockSignals(True)
            index = self._words.index(at, 0)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.selectionModel().blockSignals(False)
            self.scrollTo(index)
        self.viewport().update()

    def keys(self) -> list[str]:
        """What the lines stand for, from top to bottom, without the titles."""
        return [word.key for word in self._words.words if word.key]

    def current(self) -> str:
        """What the current line stands for, or nothing."""
        index = self.currentIndex()
        return self._words.words[index.row()].key if index.isValid() else ""

    def choose_first(self) -> None:
        """Make the first line that is no title the current one."""
        at = next((n for n, word in enumerate(self._words.words) if word.key), -1)
        if at >= 0:
            self.setCurrentIndex(self._words.index(at, 0))

    def _on_current(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid() and self._words.words[now.row()].key:
            self.word_chosen.emit(self._words.words[now.row()].key)


class _Words(QAbstractListModel):
    """The lines as a list."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[Word] = []

    def show_words(self, words: Sequence[Word]) -> None:
        self.beginResetModel()
        self.words = list(words)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.words)

    def flags(self, index: Index) -> Qt.ItemFlag:
        title = index.isValid() and not self.words[index.row()].key
        return Qt.ItemFlag.NoItemFlags if title else super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        word = self.words[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return word.words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (word.words, word.mark)))
        return word if role == WORD else None


class _WordDelegate(QStyledItemDelegate):
    """Paints a title, or a name with its mark."""

    def __init__(self, theme: Theme, view: QListView) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        title = not index.data(WORD).key
        return QSize(80, self._theme.line("caption") + 16 if title else self._theme.size("control"))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        word: Word = index.data(WORD)
        theme, area = self._theme, QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not word.key:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("text_2"))
            painter.drawText(area.adjusted(10, 8, -10, 0), LEFT, word.words)
            painter.restore()
            return
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        if current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("selected" if current else "hover"))
            painter.drawRoundedRect(area, theme.radius("control"), theme.radius("control"))
        right = self._paint_mark(painter, area, word)
        font = theme.font("ui_strong" if current else "ui")
        painter.setFont(font)
        painter.setPen(theme.colour("text_3" if word.faint and not current else "text"))
        room = int(right - area.left()) - 18
        shown = QFontMetrics(font).elidedText(one_line(word.words), Qt.TextElideMode.ElideRight, room)
        painter.drawText(area.adjusted(10, 0, 0, 0), LEFT, shown)
        if current and self._view.hasFocus():
            paint_focus(painter, theme, area, theme.radius("control"))
        painter.restore()

    def _paint_mark(self, painter: QPainter, area: QRectF, word: Word) -> float:
        font = self._theme.font("meta")
        painter.setFont(font)
        painter.setPen(self._theme.colour("text_2"))
        painter.drawText(area.adjusted(0, 0, -10, 0), RIGHT, word.mark)
        return area.right() - 10 - QFontMetrics(font).horizontalAdvance(word.mark)
