"""The desk at the left: library, search, the places to go and the cast; a rail of faces in narrow windows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from charstudio.gui.actions import Actions
from charstudio.gui.buttons import LEFT, Pressable, paint_focus, shortcut_text
from charstudio.gui.cast import ENTRY, CastEntry, CastFilter, CastModel
from charstudio.gui.faces import Faces, paint_ring
from charstudio.gui.text import menu_text, one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import IconButton, Label, Paper, column, row
from charstudio.i18n import _

Index = QModelIndex | QPersistentModelIndex


class Sidebar(Paper):
    """Tells which character or place was chosen and what is searched for."""

    character_chosen = Signal(int)
    place_chosen = Signal(str)
    search_changed = Signal(str)
    library_chosen = Signal(str)

    def __init__(self, theme: Theme, faces: Faces, actions: Actions, cast: CastModel) -> None:
        super().__init__(theme, "sidebar", lines="right")
        self._actions = actions
        self._rail = False
        self.menu_button = IconButton(theme, "menu", _("Menu"), "Alt")
        self._library = LibraryButton(theme)
        self.search = SearchField(theme, _("Find a character"), actions.keys("find"))
        self._palette_button = IconButton(theme, "search", _("Search or jump to"), actions.keys("palette"))
        self._places = {
            "library": NavRow(theme, "library", _("Library"), actions.keys("library")),
            "models": NavRow(theme, "cpu", _("Models"), actions.keys("models")),
        }
        self._settings = NavRow(theme, "settings", _("Settings"), actions.keys("settings"))
        self._title = Label(theme, "caption", _("Cast"), colour="text_2")
        self._new = IconButton(theme, "plus", _("New character"), actions.keys("new"))
        self._cast = CastList(theme, faces, CastFilter(cast))
        self._nobody = Label(theme, "ui_small", _("Nobody has these words."), colour="text_3")
        self._build(theme)

        self._palette_button.clicked.connect(actions["palette"].trigger)
        self._new.clicked.connect(actions["new"].trigger)
        self._settings.clicked.connect(actions["settings"].trigger)
        self._places["library"].clicked.connect(self._on_library)
        self._places["models"].clicked.connect(self._on_models)
        self._library.library_chosen.connect(self.library_chosen)
        self._cast.character_chosen.connect(self.character_chosen)
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._cast.choose_first)
        self.search.left_downwards.connect(self._cast.take_over)
        faces.changed.connect(cast.repaint)
        theme.changed.connect(self._restyle)

    def _build(self, theme: Theme) -> None:
        top = row(margins=(0, 0, 0, 0), gap=2)
        top.addWidget(self.menu_button)
        top.addWidget(self._library, 1)
        cast_head = row(margins=(8, 0, 0, 0))
        cast_head.addWidget(self._title, 1)
        cast_head.addWidget(self._new)
        layout = column(margins=(8, 9, 9, 8), gap=1)
        layout.addLayout(top)
        layout.addSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self._palette_button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(10)
        for place in self._places.values():
            layout.addWidget(place)
        layout.addSpacing(9)
        layout.addLayout(cast_head)
        layout.addSpacing(2)
        layout.addWidget(self._nobody)
        layout.addWidget(self._cast, 1)
        layout.addSpacing(6)
        layout.addWidget(self._settings)
        self.setLayout(layout)
        self._nobody.setContentsMargins(8, 2, 0, 2)
        self._nobody.hide()
        self.set_rail(rail=False)

    # Told what is so

    def set_rail(self, *, rail: bool) -> None:
        """Be a rail of icons and faces, or the whole desk."""
        self._rail = rail
        for part in (self._library, self.search, self._title, self._new):
            part.setVisible(not rail)
        self._palette_button.setVisible(rail)
        for place in (*self._places.values(), self._settings):
            place.set_rail(rail=rail)
        self._cast.set_rail(rail=rail)
        self._nobody.hide()
        if rail:
            self.search.clear()
        self._restyle()

    def show_library(self, name: str, recent: tuple[str, ...] = ()) -> None:
        """Name the open library; `recent` are paths of others."""
        self._library.show_library(name, recent, self._actions)

    def show_place(self, place: str) -> None:
        """Mark where the writer is: library, models or character."""
        for name, button in self._places.items():
            button.setChecked(name == place)
        if place != "character":
            self._cast.clear_choice()

    def show_count(self, count: int) -> None:
        """Say how many characters the library has."""
        self._places["library"].set_count(count)

    def show_character(self, character_id: int) -> None:
        """Mark this character."""
        self._cast.mark(character_id)

    def look_for(self, text: str) -> None:
        """Filter by these words, because they were typed elsewhere."""
        if self.search.text() != text:
            self.search.setText(text)

    def beside(self, character_id: int, steps: int) -> int:
        """The character so many rows below the given one, or 0."""
        return self._cast.beside(character_id, steps)

    def focus_cast(self) -> None:
        """Put the keyboard into the cast."""
        self._cast.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # Slots

    def _on_library(self) -> None:
        self.place_chosen.emit("library")

    def _on_models(self) -> None:
        self.place_chosen.emit("models")

    def _on_search(self, text: str) -> None:
        found = self._cast.look_for(text)
        self._nobody.setVisible(bool(text.strip()) and not found)
        self.search_changed.emit(text)

    def _restyle(self) -> None:
        self.setFixedWidth(self._theme.size("rail" if self._rail else "sidebar"))


class SearchField(QLineEdit):
    """A line with a lens; Esc empties it, Down goes into the list below."""

    left_downwards = Signal()

    def __init__(self, theme: Theme, words: str, keys: str = "") -> None:
        super().__init__()
        self.setPlaceholderText(words)
        self.setAccessibleName(words)
        self._theme, self._keys = theme, shortcut_text(keys) if keys else ""
        self._restyle()

        self.textChanged.connect(self._restyle)
        theme.changed.connect(self._restyle)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() == Qt.Key.Key_Down:
            self.left_downwards.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        side = self._theme.size("icon")
        ink = self._theme.colour("text_2")
        lens = self._theme.icon_pixmap("search", ink, side, self.devicePixelRatioF())
        painter.drawPixmap(10, (self.height() - side) // 2, lens)
        if self._keys and not self.text():
            painter.setFont(self._theme.font("meta"))
            painter.setPen(self._theme.colour("text_3"))
            right = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(self.rect().adjusted(0, 0, -9, 0), right, self._keys)

    def _restyle(self) -> None:
        keys = QFontMetrics(self._theme.font("meta")).horizontalAdvance(self._keys) if self._keys else 0
        self.setTextMargins(self._theme.size("icon") + 8, 0, 0 if self.text() else keys + 6, 0)


class NavRow(Pressable):
    """A place to go: icon, word, count; selected by fill and weight."""

    def __init__(self, theme: Theme, icon: str, words: str, keys: str = "") -> None:
        self._icon_name, self._count, self._rail = icon, 0, False
        super().__init__(theme, words)
        self.setCheckable(icon != "settings")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(f"{words}  {shortcut_text(keys)}")

    def nextCheckState(self) -> None:
        """Stay as told: only the window knows where the writer is."""

    def set_rail(self, *, rail: bool) -> None:
        """Show the icon only."""
        self._rail = rail
        self.updateGeometry()

    def set_count(self, count: int) -> None:
        """Show how many there are."""
        self._count = count
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(36, self._theme.size("control" if not self._rail else "person_row"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        theme, radius = self._theme, self._theme.radius("control")
        if self.isChecked() or self._hovered():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("selected" if self.isChecked() else "hover"))
            painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        icon = theme.size("icon")
        ink = theme.colour("text" if self.isChecked() else "text_2")
        self._icon(painter, self._icon_name, ink, (self.width() - icon) / 2 if self._rail else 8)
        if not self._rail:
            left = 8 + icon + 9
            painter.setFont(theme.font("ui_strong" if self.isChecked() else "ui"))
            painter.setPen(ink)
            painter.drawText(QRect(left, 0, self.width() - left, self.height()), LEFT, self._words)
            if self._count:
                painter.setFont(theme.font("meta"))
                painter.setPen(theme.colour("text_2"))
                right = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
                painter.drawText(self.rect().adjusted(0, 0, -10, 0), right, str(self._count))
        if self._shows_focus():
            paint_focus(painter, theme, QRectF(self.rect()), radius)


class LibraryButton(Pressable):
    """The name of the open library; pressing it offers the others."""

    library_chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._menu = QMenu(self)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._open)
        self._menu.triggered.connect(self._on_menu)

    def show_library(self, name: str, recent: tuple[str, ...], actions: Actions) -> None:
        """Name the library and those that can be opened instead."""
        self.set_words(name)
        self.setAccessibleName(_("Library {name}", name=self._words))
        self._menu.clear()
        for path in recent[:8]:
            self._menu.addAction(menu_text(Path(path).stem)).setData(path)
        if recent:
            self._menu.addSeparator()
        self._menu.addAction(actions["open_library"])
        self._menu.addAction(actions["new_library"])

    def sizeHint(self) -> QSize:
        return QSize(60, self._theme.size("control"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        theme, radius = self._theme, self._theme.radius("control")
        if self._hovered():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("hover"))
            painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        font = theme.font("ui_strong")
        painter.setFont(font)
        painter.setPen(theme.colour("text"))
        room = self.width() - theme.size("icon") - 12
        words = QFontMetrics(font).elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(4, 0, room, self.height()), LEFT, words)
        side = theme.size("icon") - 2
        self._icon(painter, "chevron-down", theme.colour("text_2"), self.width() - side - 4, side)
        if self._shows_focus():
            paint_focus(painter, theme, QRectF(self.rect()), radius)

    def _open(self) -> None:
        self._menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def _on_menu(self, action: QAction) -> None:
        if action.data():
            self.library_chosen.emit(action.data())


class CastList(QListView):
    """The cast as rows of 34 px: round face, name, ring; or faces only."""

    character_chosen = Signal(int)

    def __init__(self, theme: Theme, faces: Faces, model: CastFilter) -> None:
        super().__init__()
        self._filter = model
        self._chosen = 0
        model.setParent(self)
        self.setModel(model)
        self._rows = _PersonDelegate(theme, faces, self)
        self.setItemDelegate(self._rows)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setAccessibleName(_("Cast"))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        model.modelReset.connect(self._keep_mark)
        theme.changed.connect(self.scheduleDelayedItemsLayout)

    def look_for(self, text: str) -> int:
        """Filter; returns how many are left."""
        self._filter.look_for(text)
        self._keep_mark()
        return self._filter.rowCount()

    def mark(self, character_id: int) -> None:
        """Show which character is open."""
        self._chosen = character_id
        self._keep_mark()

    def clear_choice(self) -> None:
        """No character is open."""
        self._chosen = 0
        self.selectionModel().clear()

    def set_rail(self, *, rail: bool) -> None:
        """Show faces only."""
        self._rows.rail = rail
        off, auto = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setVerticalScrollBarPolicy(off if rail else auto)
        self.scheduleDelayedItemsLayout()

    def beside(self, character_id: int, steps: int) -> int:
        """The character so many rows below the given one, or 0."""
        here = self._filter.row_of(character_id)
        at = here.row() + steps if here.isValid() else 0
        index = self._filter.index(at, 0)
        return int(index.data(ENTRY).character.id) if index.isValid() else 0

    def choose_first(self) -> None:
        """Open the first that is left."""
        self._choose(self._filter.index(0, 0))

    def take_over(self) -> None:
        """Take the keyboard from the search line."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.currentIndex().isValid():
            self.setCurrentIndex(self._filter.index(0, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._rows.keyboard = True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._rows.keyboard = event.reason() != Qt.FocusReason.MouseFocusReason
        if not self.currentIndex().isValid():
            self.setCurrentIndex(self._filter.index(0, 0))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self.indexAt(event.position().toPoint()))

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.character_chosen.emit(index.data(ENTRY).character.id)

    def _keep_mark(self) -> None:
        index = self._filter.row_of(self._chosen) if self._chosen else QModelIndex()
        if index.isValid():
            self.setCurrentIndex(index)
        else:
            self.selectionModel().clear()


class _PersonDelegate(QStyledItemDelegate):
    """Paints one row of the cast."""

    def __init__(self, theme: Theme, faces: Faces, view: QWidget) -> None:
        super().__init__(view)
        self._theme, self._faces = theme, faces
        self.rail = False
        self.keyboard = False

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(36, 38 if self.rail else self._theme.size("person_row") + 1)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: CastEntry = index.data(ENTRY)
        theme, area = self._theme, QRectF(option.rect).adjusted(0, 0, 0, -1)
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = theme.radius("control")
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("selected" if selected else "hover"))
            painter.drawRoundedRect(area, radius, radius)
        side = theme.portrait("rail" if self.rail else "row")
        left = area.left() + ((area.width() - side) / 2 if self.rail else 6)
        face = QRectF(round(left), round(area.center().y() - side / 2), side, side)
        self._faces.paint(painter, face, entry.character)
        if not self.rail:
            self._paint_name(painter, area, entry, selected=selected)
        if state & QStyle.StateFlag.State_HasFocus and self.keyboard:
            paint_focus(painter, theme, area, radius)
        painter.restore()

    def _paint_name(self, painter: QPainter, area: QRectF, entry: CastEntry, *, selected: bool) -> None:
        theme = self._theme
        font = theme.font("ui_strong" if selected else "ui")
        painter.setFont(font)
        painter.setPen(theme.colour("text" if selected else "text_2"))
        left = 6 + theme.portrait("row") + 8
        room = int(area.width()) - left - 32
        name = QFontMetrics(font).elidedText(
            one_line(entry.character.name), Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(area.adjusted(left, 0, -32, 0), LEFT, name)
        if entry.total:
            ring = QRectF(area.right() - 22, area.center().y() - 7, 14, 14)
            paint_ring(painter, ring, theme, entry.character.colour, entry.done, entry.total)
