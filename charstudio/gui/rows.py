"""A column of rows that scrolls: it stands on its last row, and follows it while the reader is there."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from charstudio.gui.theme import Theme

SIDE = 40
NEAR_END = 12
NEAR_TOP = 200


class Row(QWidget):
    """One row; it lays itself out for a width and tells by `resized` when its height is another one."""

    resized = Signal()

    def arrange(self, width: int) -> int:
        """Lay out for this width and return the height that takes."""
        raise NotImplementedError

    def place(self, child: QWidget, area: QRect) -> None:
        """Put a child there, mirrored where people read from right to left."""
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            area = QRect(self.width() - area.x() - area.width(), area.y(), area.width(), area.height())
        child.setGeometry(area)


class Rows(QAbstractScrollArea):
    """Shows rows one below the other, centred, no wider than the measure.

    `top_reached` tells that the reader comes near the first row, `end_changed` whether the end is in view.
    """

    top_reached = Signal()
    end_changed = Signal(bool)

    def __init__(self, theme: Theme, *, top: int = 28, bottom: int = 10, side: int = SIDE) -> None:
        super().__init__()
        self._theme, self._top, self._bottom, self._side = theme, top, bottom, side
        self._rows: list[Row] = []
        self._heights: dict[Row, int] = {}
        self._content = 0
        self._following = True
        self._moving = False
        self._inner = QWidget(self.viewport())
        self.viewport().setAutoFillBackground(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verticalScrollBar().setSingleStep(40)

        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        theme.changed.connect(self.arrange_all)

    # What stands in it

    def rows(self) -> list[Row]:
        """The rows from top to bottom."""
        return list(self._rows)

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show these rows at their end; those that are no longer there are let go."""
        wanted = list(rows)
        kept = set(wanted)
        for row in self._rows:
            if row not in kept:
                self._let_go(row)
        self._rows = []
        for row in wanted:
            self._take(row)
        self._rows = wanted
        self._following = True
        self.arrange_all()

    def append(self, row: Row) -> None:
        """Add a row at the end."""
        self._take(row)
        self._rows.append(row)
        self._measure(row)
        self._settle()

    def prepend(self, rows: Iterable[Row]) -> None:
        """Add rows at the top; what the reader looks at stays where it is."""
        above = list(rows)
        before = self._content
        for row in above:
            self._take(row)
            self._measure(row)
        self._rows[:0] = above
        self._settle(shift=True, before=before)

    def drop(self, rows: Iterable[Row]) -> None:
        """Let some rows go; what the reader looks at stays where it is."""
        gone = set(rows)
        seen = self._first_in_view(gone)
        at = self._top_of(seen) if seen else 0
        for row in gone:
            self._let_go(row)
        self._rows = [row for row in self._rows if row not in gone]
        self._settle()
        if seen is not None and not self._following:
            self._scroll_to(self.verticalScrollBar().value() + self._top_of(seen) - at)

    def replace(self, old: Row, new: Row) -> None:
        """Put one row in the place of another."""
        self._take(new)
        self._rows[self._rows.index(old)] = new
        self._let_go(old)
        self._measure(new)
        self._settle()

    def changed(self, row: Row) -> None:
        """A row has another height now."""
        if row in self._heights:
            before = self._heights[row]
            self._measure(row)
            if self._heights[row] != before:
                self._settle()

    # Where the reader is

    @property
    def at_end(self) -> bool:
        """Whether the reader is at the end."""
        return self._following

    @property
    def overflows(self) -> bool:
        """Whether there is more than can be seen at once."""
        return self._content > self.viewport().height()

    def to_end(self) -> None:
        """Go to the last row and stay there."""
        self._follow(following=True)
        self._scroll_to(self.verticalScrollBar().maximum())

    def page(self, direction: int) -> None:
        """Scroll by most of a page, down (1) or up (-1)."""
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + direction * round(self.viewport().height() * 0.85))

    def reveal(self, row: Row) -> None:
        """Scroll as little as needed to see this row."""
        bar, top = self.verticalScrollBar(), self._top_of(row)
        below = top + row.height() + self._bottom - bar.value() - self.viewport().height()
        if below > 0:
            bar.setValue(min(bar.value() + below, top))
        if top - 8 < bar.value():
            bar.setValue(max(0, top - 8))

    def column(self) -> QRect:
        """Where the column is, in this widget's coordinates; others align with it."""
        width = max(80, min(self._theme.size("measure_max"), self.width() - 2 * self._side))
        return QRect((self.width() - width) // 2, 0, width, self.height())

    # Layout

    def arrange_all(self) -> None:
        """Lay out every row anew, as after a change of width."""
        for row in self._rows:
            self._measure(row)
        self._settle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.arrange_all()
        else:
            self._settle()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._inner.move(0, -self.verticalScrollBar().value())

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self.arrange_all()
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.verticalScrollBar().value() > 0:
            # what goes on above is cut off here
            column = self.column()
            edge = QRect(column.x() - self.viewport().x(), 0, column.width(), 1)
            QPainter(self.viewport()).fillRect(edge, self._theme.colour("line"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
        bar = self.verticalScrollBar()
        if event.key() in steps:
            self.page(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Home:
            bar.setValue(0)
        elif event.key() == Qt.Key.Key_End:
            self.to_end()
        else:
            event.ignore()

    def _take(self, row: Row) -> None:
        if row.parentWidget() is not self._inner:
            row.setParent(self._inner)
            row.show()
        if row not in self._heights:
            self._heights[row] = 0
            row.resized.connect(self._on_resized)

    def _let_go(self, row: Row) -> None:
        self._heights.pop(row, None)
        row.resized.disconnect(self._on_resized)
        row.hide()
        row.deleteLater()

    def _measure(self, row: Row) -> None:
        width = self.column().width()
        # rows place their children by their own width, so that comes first
        row.resize(width, max(1, self._heights.get(row, 1)))
        self._heights[row] = row.arrange(width)
        row.resize(width, self._heights[row])

    def _settle(self, *, shift: bool = False, before: int = 0) -> None:
        self._content = self._top + sum(self._heights[row] for row in self._rows) + self._bottom
        room = self.viewport().height()
        height = max(self._content, room)
        bar = self.verticalScrollBar()
        value = bar.value() + (self._content - before if shift else 0)
        x = self.column().x() - self.viewport().x()
        y = height - self._content + self._top
        for row in self._rows:
            row.move(x, y)
            y += self._heights[row]
        self._moving = True
        self._inner.resize(self.viewport().width(), height)
        bar.setPageStep(room)
        bar.setRange(0, height - room)
        bar.setValue(bar.maximum() if self._following else value)
        self._inner.move(0, -bar.value())
        self._moving = False

    def _scroll_to(self, value: int) -> None:
        self._moving = True
        self.verticalScrollBar().setValue(value)
        self._moving = False

    def _top_of(self, row: Row) -> int:
        return row.mapTo(self._inner, QPoint()).y()

    def _first_in_view(self, besides: set[Row]) -> Row | None:
        value = self.verticalScrollBar().value()
        for row in self._rows:
            if row not in besides and row.y() + row.height() > value:
                return row
        return None

    def _on_resized(self) -> None:
        row = self.sender()
        if isinstance(row, Row):
            self.changed(row)

    def _on_scrolled(self, value: int) -> None:
        if self._moving:
            return
        self._follow(following=value >= self.verticalScrollBar().maximum() - NEAR_END)
        if value <= NEAR_TOP and not self._following:
            self.top_reached.emit()

    def _follow(self, *, following: bool) -> None:
        if following != self._following:
            self._following = following
            self.end_changed.emit(following)
