"""The library: everyone in it as tiles, or a quiet page that offers a first character."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from charstudio.gui.buttons import LEFT
from charstudio.gui.cast import ENTRY, CastEntry, CastFilter, CastModel
from charstudio.gui.faces import Faces, Portrait, paint_ring
from charstudio.gui.sidebar import SearchField
from charstudio.gui.text import one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    EmptyState,
    Label,
    Paper,
    PrimaryButton,
    QuietButton,
    column,
    row,
)
from charstudio.i18n import _

Index = QModelIndex | QPersistentModelIndex

GAP = 14


class LibraryView(Paper):
    """Tells which character to open, copy, take out or delete."""

    character_chosen = Signal(int)
    new_wanted = Signal()
    import_wanted = Signal()
    export_wanted = Signal(int)
    duplicate_wanted = Signal(int)
    delete_wanted = Signal(int)
    search_changed = Signal(str)
    current_changed = Signal()

    def __init__(self, theme: Theme, faces: Faces, cast: CastModel) -> None:
        super().__init__(theme, "surface")
        self._filter = CastFilter(cast)
        self._filter.setParent(self)
        self._count = Label(theme, "ui_small", colour="text_2")
        self._import = QuietButton(theme, _("Open card…"), icon="import", framed=True)
        self._new = PrimaryButton(theme, _("New character"), icon="plus", keys="Ctrl+N")
        self._search = SearchField(theme, _("Find a name, a line, a role"), "Ctrl+F")
        self._tiles = Tiles(theme, faces, self._filter)
        face = Portrait(theme, faces, 64)
        face.show_character(None)
        self._empty = EmptyState(
            theme,
            _("Nobody lives here yet. Who is the first?"),
            primary=_("New character"),
            quiet=_("Open card…"),
            keys="Ctrl+N",
            face=face,
        )
        self._nobody = EmptyState(theme, "", quiet=_("Show everyone"))
        self._pages = QStackedWidget()
        self._build(theme)

        self._new.clicked.connect(self.new_wanted)
        self._import.clicked.connect(self.import_wanted)
        self._empty.primary_chosen.connect(self.new_wanted)
        self._empty.quiet_chosen.connect(self.import_wanted)
        self._nobody.quiet_chosen.connect(self._search.clear)
        self._search.textChanged.connect(self._on_search)
        self._search.left_downwards.connect(self.focus_tiles)
        self._search.returnPressed.connect(self._tiles.choose_first)
        self._tiles.character_chosen.connect(self.character_chosen)
        self._tiles.menu_wanted.connect(self._open_menu)
        self._tiles.delete_pressed.connect(self._on_delete)
        self._tiles.selectionModel().currentChanged.connect(self._on_current)
        faces.changed.connect(cast.repaint)
        self._filter.modelReset.connect(self._choose_page)
        self._filter.rowsInserted.connect(self._choose_page)
        self._filter.rowsRemoved.connect(self._choose_page)

    def _build(self, theme: Theme) -> None:
        head = row(margins=(28, 16, 28, 0), gap=8)
        head.addWidget(Label(theme, "view_title", _("Library")), 0, Qt.AlignmentFlag.AlignVCenter)
        head.addSpacing(6)
        self._count.setContentsMargins(0, 8, 0, 0)
        head.addWidget(self._count, 1, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._import)
        head.addWidget(self._new)
        finding = row(margins=(28, 14, 28, 10))
        finding.addWidget(self._search, 33)
        finding.addStretch(67)
        self._finding = QWidget()
        self._finding.setLayout(finding)
        self._head = QWidget()
        self._head.setLayout(head)
        for page in (self._tiles, self._empty, self._nobody):
            self._pages.addWidget(page)
        layout = column()
        layout.addWidget(self._head)
        layout.addWidget(self._finding)
        layout.addWidget(self._pages, 1)
        self.setLayout(layout)
        self.setFocusProxy(self._tiles)
        self.show_count(0)

    # Told what is so

    def show_count(self, count: int) -> None:
        """Say how many characters there are."""
        self._count.set_text(_("1 character") if count == 1 else _("{count} characters", count=count))
        self._choose_page()

    def look_for(self, text: str) -> None:
        """Keep the characters in which these words occur."""
        if self._search.text() != text:
            self._search.setText(text)

    def current(self) -> int:
        """The character under the keyboard, or 0."""
        index = self._tiles.currentIndex()
        return int(index.data(ENTRY).character.id) if index.isValid() else 0

    def focus_tiles(self) -> None:
        """Put the keyboard on the tiles."""
        if self._filter.rowCount() == 0:
            self._empty.setFocus()
            return
        self._tiles.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_search(self) -> None:
        """Put the keyboard into the search line."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    # Slots

    def _on_search(self, text: str) -> None:
        self._filter.look_for(text)
        self._choose_page()
        self.search_changed.emit(text)

    def _on_current(self) -> None:
        self.current_changed.emit()

    def _on_delete(self, character_id: int) -> None:
        self.delete_wanted.emit(character_id)

    def _open_menu(self, character_id: int, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, signal, icon in (
            (_("Open"), self.character_chosen, "message-square"),
            (_("Duplicate"), self.duplicate_wanted, "copy"),
            (_("Export…"), self.export_wanted, "upload"),
            (_("Delete"), self.delete_wanted, "trash-2"),
        ):
            action = menu.addAction(self._theme.icon(icon), words)
            action.setData((signal, character_id))
        menu.triggered.connect(_emit)
        menu.popup(where)

    def _choose_page(self) -> None:
        everyone = self._filter.sourceModel().rowCount()
        found = self._filter.rowCount()
        self._head.setVisible(bool(everyone))
        self._finding.setVisible(bool(everyone))
        if not everyone:
            self._pages.setCurrentWidget(self._empty)
        elif not found:
            self._nobody.show_words(
                _("Nobody has these words."),
                _("You looked for “{words}”.", words=one_line(self._search.text(), 60)),
                quiet=_("Show everyone"),
            )
            self._pages.setCurrentWidget(self._nobody)
        else:
            self._pages.setCurrentWidget(self._tiles)


def _emit(action: object) -> None:
    signal, character_id = action.data()  # type: ignore[attr-defined]
    signal.emit(character_id)


class Tiles(QListView):
    """Tiles as wide as fills the row, at least 180 px."""

    character_chosen = Signal(int)
    delete_pressed = Signal(int)
    menu_wanted = Signal(int, QPoint)

    def __init__(self, theme: Theme, faces: Faces, model: CastFilter) -> None:
        super().__init__()
        self._theme = theme
        self.setModel(model)
        self._painter = _TileDelegate(theme, faces, self)
        self.setItemDelegate(self._painter)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(40)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # where the bar comes and goes, Qt keeps room for it twice and a column is lost
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setAccessibleName(_("Characters"))
        self.verticalScrollBar().rangeChanged.connect(self._show_bar)
        # the bar stands in the margin, so that tiles end where the buttons above them end
        self.setViewportMargins(28, 0, max(0, 28 - GAP - self.verticalScrollBar().sizeHint().width()), 0)
        theme.changed.connect(self._divide)

    def choose_first(self) -> None:
        """Open the first tile."""
        self._choose(self.model().index(0, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._divide()

    def focusInEvent(self, event: QFocusEvent) -> None:
        if not self.currentIndex().isValid():
            self.setCurrentIndex(self.model().index(0, 0))
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(index)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and index.isValid():
            self.delete_pressed.emit(index.data(ENTRY).character.id)
        elif event.key() == Qt.Key.Key_Menu and index.isValid():
            place = self.viewport().mapToGlobal(self.visualRect(index).center())
            self.menu_wanted.emit(index.data(ENTRY).character.id, place)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.button() == Qt.MouseButton.LeftButton and plain:
            self._choose(self.indexAt(event.position().toPoint()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(self.viewport().mapFromGlobal(event.globalPos()))
        if index.isValid():
            self.setCurrentIndex(index)
            self.menu_wanted.emit(index.data(ENTRY).character.id, event.globalPos())

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.character_chosen.emit(index.data(ENTRY).character.id)

    def _show_bar(self, _least: int, most: int) -> None:
        # a disabled bar is not painted
        self.verticalScrollBar().setEnabled(most > 0)

    def _divide(self) -> None:
        least = self._theme.size("tile_min_width")
        width = self.viewport().width() - 1
        columns = max(1, (width) // (least + GAP))
        size = QSize(max(80, width // columns), self._theme.size("tile_height") + GAP)
        if size != self.gridSize():
            self.setGridSize(size)


class _TileDelegate(QStyledItemDelegate):
    """Paints one tile: plate, name, line, quote, role and ring."""

    def __init__(self, theme: Theme, faces: Faces, view: Tiles) -> None:
        super().__init__(view)
        self._theme, self._faces, self._view = theme, faces, view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._view.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: CastEntry = index.data(ENTRY)
        theme = self._theme
        area = QRectF(option.rect).adjusted(0, 0, -GAP, -GAP)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = 2 if current else 1
        hover = option.state & QStyle.StateFlag.State_MouseOver
        edge = "accent" if current else "line_strong" if hover else "line"
        painter.setPen(QPen(theme.colour(edge), width))
        painter.setBrush(theme.colour("page"))
        half = width / 2
        painter.drawRoundedRect(
            area.adjusted(half, half, -half, -half), theme.radius("card"), theme.radius("card")
        )
        plate = QRectF(area.left() + 10, area.top() + 10, area.width() - 20, theme.size("tile_image_height"))
        self._faces.paint(painter, plate, entry.character, theme.radius("control"))
        self._paint_words(painter, area.adjusted(10, 10 + plate.height() + 12, -10, -10), entry)
        painter.restore()

    def _paint_words(self, painter: QPainter, area: QRectF, entry: CastEntry) -> None:
        theme, who = self._theme, entry.character
        y = area.top()
        self._line(painter, area, y, "tile_name", "text", who.name or _("No name yet"))
        y += theme.line("tile_name") - 1
        if who.line:
            self._line(painter, area, y, "ui_small", "text_2", who.line)
            y += theme.line("ui_small") + 5
        if entry.quote:
            painter.setPen(theme.colour("text_2"))
            paint_lines(
                painter, QPointF(area.left(), y), entry.quote, theme.font("quote_small"),
                width=area.width(), line=theme.line("quote_small"), most=2,
            )  # fmt: skip
        self._paint_foot(painter, area, entry)

    def _paint_foot(self, painter: QPainter, area: QRectF, entry: CastEntry) -> None:
        theme = self._theme
        height = theme.line("meta") + 1
        foot = QRectF(area.left(), area.bottom() - height + 1, area.width(), height)
        right = foot.right()
        if entry.total:
            paint_ring(
                painter,
                QRectF(right - 14, foot.center().y() - 7, 14, 14),
                theme,
                entry.character.colour,
                entry.done,
                entry.total,
            )
            right -= 21
            words = _("{done} of {total}", done=entry.done, total=entry.total)
        else:
            words = _("{count} decided", count=entry.character.values)
        painter.setFont(theme.font("meta"))
        painter.setPen(theme.colour("text_2"))
        space = QFontMetrics(theme.font("meta")).horizontalAdvance(words)
        trailing = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(foot.left(), foot.top(), right - foot.left(), foot.height()), trailing, words)
        if entry.role:
            room = right - space - 10 - foot.left()
            font = theme.sans(11, weight=500)
            painter.setFont(font)
            role = QFontMetrics(font).elidedText(
                one_line(entry.role), Qt.TextElideMode.ElideRight, max(0, int(room))
            )
            painter.setPen(theme.colour("text"))
            painter.drawText(foot, LEFT, role)

    def _line(self, painter: QPainter, area: QRectF, y: float, style: str, colour: str, words: str) -> None:
        font = self._theme.font(style)
        painter.setFont(font)
        painter.setPen(self._theme.colour(colour))
        cut = QFontMetrics(font).elidedText(one_line(words), Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(QRectF(area.left(), y, area.width(), self._theme.line(style)), LEFT, cut)


def paint_lines(
    painter: QPainter, at: QPointF, words: str, font: QFont, *, width: float, line: int, most: int
) -> None:
    """Draw at most so many lines of text, the last one cut with "…"."""
    text = one_line(words, 400)
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    starts: list[tuple[int, int]] = []
    while len(starts) <= most:
        made = layout.createLine()
        if not made.isValid():
            break
        made.setLineWidth(width)
        starts.append((made.textStart(), made.textLength()))
    layout.endLayout()
    painter.setFont(font)
    metrics = QFontMetrics(font)
    for i, (start, length) in enumerate(starts[:most]):
        last = i == most - 1 and len(starts) > most
        part = text[start:] if last else text[start : start + length].rstrip()
        shown = metrics.elidedText(part, Qt.TextElideMode.ElideRight, int(width)) if last else part
        painter.drawText(QRectF(at.x(), at.y() + i * line, width, line), LEFT, shown)
