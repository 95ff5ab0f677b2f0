"""The command palette: one line that finds every action and every character."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from charstudio.gui.buttons import LEFT, shortcut_text
from charstudio.gui.cast import CastEntry, folded
from charstudio.gui.faces import Faces
from charstudio.gui.text import one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Hairline, IconView, Label, column, row
from charstudio.i18n import _

Index = QModelIndex | QPersistentModelIndex

WIDTH, TOP = 560, 96
MOST_SHOWN = 40
ROW = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the list: a section's title, an action or a character."""

    words: str
    action: QAction | None = None
    entry: CastEntry | None = None

    @property
    def is_title(self) -> bool:
        return self.action is None and self.entry is None


class Palette(QWidget):
    """Opens over the window, filters while one types, acts on Enter, leaves on Esc."""

    character_chosen = Signal(int)

    def __init__(self, theme: Theme, faces: Faces, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self._rows: list[_Row] = []
        self._before: QWidget | None = None
        self._line = _Line()
        self._line.setPlaceholderText(_("What do you want to do, or whom to see?"))
        self._line.setAccessibleName(_("Search or jump to"))
        self._line.setProperty("plain", True)
        self._model = _Rows()
        self._list = QListView()
        self._list.setModel(self._model)
        self._list.setItemDelegate(_RowDelegate(theme, faces, self._list))
        self._list.setAccessibleName(_("What was found"))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setMouseTracking(True)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = Label(theme, "ui", _("Nothing has these words."), colour="text_2")
        self._nothing.setContentsMargins(18, 8, 18, 10)
        head = row(margins=(18, 14, 16, 12), gap=12)
        head.addWidget(IconView(theme, "search", px=18))
        head.addWidget(self._line, 1)
        head.addWidget(Label(theme, "meta", shortcut_text("Esc"), colour="text_2"))
        body = column(margins=(8, 6, 8, 6))
        body.addWidget(self._nothing)
        body.addWidget(self._list)
        layout = column(margins=(1, 1, 1, 1))
        layout.addLayout(head)
        layout.addWidget(Hairline(theme))
        layout.addLayout(body)
        self.setLayout(layout)
        self.hide()
        self._restyle()

        self._line.textChanged.connect(self._show_found)
        self._line.moved.connect(self._move)
        self._line.entered.connect(self._choose_current)
        self._line.left.connect(self.close_up)
        self._list.clicked.connect(self._choose)
        theme.changed.connect(self._restyle)

    def open_with(self, actions: Sequence[QAction], cast: Sequence[CastEntry]) -> None:
        """Open and offer these."""
        self._rows = [_Row(one_line(a.text().replace("&&", "&")), action=a) for a in actions if a.text()]
        self._rows += [_Row(one_line(entry.character.name), entry=entry) for entry in cast]
        if self.isHidden():
            self._before = QApplication.focusWidget()
        self._restyle()
        self._line.clear()
        self._show_found("")
        self.show()
        self.raise_()
        self._line.setFocus(Qt.FocusReason.PopupFocusReason)

    def look_for(self, words: str) -> None:
        """Look for these words, as if they had been typed."""
        self._line.setText(words)

    def close_up(self) -> None:
        """Go away and give the keyboard back."""
        if self.isHidden():
            return
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._before = None

    def place(self) -> None:
        """Stand 96 px from the top, in the middle."""
        window = self.parentWidget()
        if window is None:
            return
        width = min(round(WIDTH * max(1.0, self._theme.scale * 0.9)), window.width() - 40)
        top = min(TOP, window.height() // 8)
        rows = sum(self._list.sizeHintForRow(i) for i in range(self._model.rowCount()))
        room = max(120, window.height() - top - 130)
        self._list.setFixedHeight(min(rows, room))
        head = self._line.sizeHint().height() + 30
        body = min(rows, room) + 14 if rows else self._nothing.sizeHint().height() + 12
        self.setGeometry((window.width() - width) // 2, top, width, head + body + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.colour("line_strong"), 1))
        painter.setBrush(self._theme.colour("page"))
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(area, self._theme.radius("card"), self._theme.radius("card"))

    def _show_found(self, text: str) -> None:
        words = folded(text).split()
        actions = [row for row in self._rows if row.action and _fits(row, words)]
        people = [row for row in self._rows if row.entry and _fits(row, words)]
        if words:
            actions.sort(key=lambda row: not folded(row.words).startswith(words[0]))
            people.sort(key=lambda row: not folded(row.words).startswith(words[0]))
        shown: list[_Row] = []
        for title, found in ((_("Actions"), actions), (_("Characters"), people)):
            if found:
                shown += [_Row(title), *found[:MOST_SHOWN]]
        self._model.show_rows(shown)
        self._nothing.setVisible(not shown)
        self._list.setVisible(bool(shown))
        self.place()
        self._list.setCurrentIndex(self._model.index(1, 0))
        self._list.scrollToTop()

    def _move(self, steps: int) -> None:
        at = self._list.currentIndex().row() + steps
        while 0 <= at < self._model.rowCount():
            if not self._model.row(at).is_title:
                self._list.setCurrentIndex(self._model.index(at, 0))
                return
            at += 1 if steps > 0 else -1

    def _choose_current(self) -> None:
        self._choose(self._list.currentIndex())

    def _choose(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        found = self._model.row(index.row())
        if found.is_title:
            return
        self.close_up()
        if found.action is not None:
            found.action.trigger()
        elif found.entry is not None:
            self.character_chosen.emit(found.entry.character.id)

    def _restyle(self) -> None:
        self._line.setFont(self._theme.prose(18))
        self._list.scheduleDelayedItemsLayout()


def _fits(row_: _Row, words: list[str]) -> bool:
    text = row_.words if row_.entry is None else f"{row_.words} {row_.entry.character.line[:500]}"
    here = folded(text)
    return all(word in here for word in words)


class _Line(QLineEdit):
    """The line of the palette; arrows move in the list while the keyboard stays here."""

    moved = Signal(int)
    entered = Signal()
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Tab:
                self.moved.emit(1)
            case Qt.Key.Key_Up | Qt.Key.Key_Backtab:
                self.moved.emit(-1)
            case Qt.Key.Key_PageDown:
                self.moved.emit(8)
            case Qt.Key.Key_PageUp:
                self.moved.emit(-8)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.entered.emit()
            case Qt.Key.Key_Escape:
                self.left.emit()
            case _:
                super().keyPressEvent(event)

    def focusNextPrevChild(self, forwards: bool) -> bool:
        self.moved.emit(1 if forwards else -1)
        return True

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() in (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.OtherFocusReason):
            self.left.emit()


class _Rows(QAbstractListModel):
    """The lines as a list."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[_Row] = []

    def show_rows(self, rows: list[_Row]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row(self, at: int) -> _Row:
        return self._rows[at]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        title = index.isValid() and self._rows[index.row()].is_title
        return Qt.ItemFlag.ItemIsEnabled if title else super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._rows[index.row()].words
        return self._rows[index.row()] if role == ROW else None


class _RowDelegate(QStyledItemDelegate):
    """Paints a section title, an action with its keys, or a character with a line."""

    def __init__(self, theme: Theme, faces: Faces, view: QWidget) -> None:
        super().__init__(view)
        self._theme, self._faces = theme, faces

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        title = index.data(ROW).is_title
        height = self._theme.line("caption") + 13 if title else self._theme.size("person_row") + 3
        return QSize(100, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        found: _Row = index.data(ROW)
        theme, area = self._theme, QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if found.is_title:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("text_2"))
            painter.drawText(area.adjusted(10, 4, 0, 0), LEFT, found.words)
            painter.restore()
            return
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        if current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("selected" if current else "hover"))
            painter.drawRoundedRect(area, theme.radius("control"), theme.radius("control"))
        right = self._paint_right(painter, area, found)
        font = theme.font("ui_strong" if current else "ui")
        painter.setFont(font)
        painter.setPen(theme.colour("text"))
        room = int(right - area.left()) - 36
        words = QFontMetrics(font).elidedText(found.words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(area.adjusted(36, 0, 0, 0), LEFT, words)
        if found.entry is not None:
            side = theme.portrait("row")
            face = QRectF(area.left() + 4, round(area.center().y() - side / 2), side, side)
            self._faces.paint(painter, face, found.entry.character)
            self._paint_line(painter, area, found, 36 + QFontMetrics(font).horizontalAdvance(words) + 10)
        elif found.action is not None and not found.action.icon().isNull():
            icon = theme.size("icon")
            place = QRectF(area.left() + 10, round(area.center().y() - icon / 2), icon, icon)
            found.action.icon().paint(painter, place.toRect())
        painter.restore()

    def _paint_right(self, painter: QPainter, area: QRectF, found: _Row) -> float:
        keys = shortcut_text(found.action.shortcut().toString()) if found.action is not None else ""
        if not keys:
            return area.right() - 12
        font = self._theme.font("meta")
        painter.setFont(font)
        painter.setPen(self._theme.colour("text_3"))
        width = QFontMetrics(font).horizontalAdvance(keys)
        right = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(area.adjusted(0, 0, -12, 0), right, keys)
        return area.right() - 12 - width - 12

    def _paint_line(self, painter: QPainter, area: QRectF, found: _Row, left: float) -> None:
        assert found.entry is not None
        font = self._theme.font("ui_small")
        painter.setFont(font)
        painter.setPen(self._theme.colour("text_2"))
        room = int(area.width() - left) - 12
        line = one_line(found.entry.character.line)
        if room > 40 and line:
            words = QFontMetrics(font).elidedText(line, Qt.TextElideMode.ElideRight, room)
            painter.drawText(area.adjusted(left, 0, 0, 0), LEFT, words)
