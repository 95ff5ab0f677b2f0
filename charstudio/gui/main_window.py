"""The window: the cast at the left, one place in the middle, the status line below."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow, QMenu, QStackedWidget, QWidget

from charstudio.gui.actions import Actions
from charstudio.gui.cast import CastEntry, CastModel
from charstudio.gui.faces import Faces
from charstudio.gui.header import TABS_BECOME_A_MENU, Header
from charstudio.gui.keys import ShortcutsDialog, UndoPasser
from charstudio.gui.library_view import LibraryView
from charstudio.gui.palette import Palette
from charstudio.gui.panes import Panes, Tab
from charstudio.gui.sidebar import Sidebar
from charstudio.gui.text import isolated
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import NoticeBar, Paper, StatusLine, column, row
from charstudio.i18n import _
from charstudio.model import Character

Place = Literal["library", "models", "character"]

RAIL_BELOW = 1100
RAIL_BELOW_WITH_LARGE_TEXT = 1400


class MainWindow(QMainWindow):
    """Tells what the writer wants and shows what is so; it knows no store and no engine."""

    character_chosen = Signal(int)
    new_wanted = Signal()
    import_wanted = Signal()
    files_dropped = Signal(list)
    export_wanted = Signal(int)
    duplicate_wanted = Signal(int)
    delete_wanted = Signal(int)
    undo_wanted = Signal()
    redo_wanted = Signal()
    tab_changed = Signal(str)
    place_changed = Signal(str)
    library_chosen = Signal(str)
    new_library_chosen = Signal(str)
    settings_wanted = Signal()
    about_wanted = Signal()
    stop_wanted = Signal()
    notice_link_chosen = Signal()
    panels_changed = Signal(dict)
    closing = Signal()

    def __init__(
        self,
        theme: Theme,
        faces: Faces,
        cast: CastModel,
        *,
        library: LibraryView,
        models: QWidget,
        tabs: Sequence[Tab],
        panels: dict[str, int] | None = None,
    ) -> None:
        super().__init__()
        self._theme, self._cast = theme, cast
        self._who: Character | None = None
        self._alt_alone = False
        self._sidebar_wanted = True
        self._place: Place = "library"
        self.setWindowTitle("charstudio")
        self.setAcceptDrops(True)
        self.actions_by_name = Actions(theme, self)
        words = [(tab.key, tab.title, f"Ctrl+{i}") for i, tab in enumerate(tabs, start=1)]
        self._tab_keys = [tab.key for tab in tabs]
        self._sidebar = Sidebar(theme, faces, self.actions_by_name, cast)
        self._header = Header(theme, faces, self.actions_by_name, words)
        self._panes = Panes(theme, tabs, panels or {})
        self._library, self._models = library, models
        self.notice = NoticeBar(theme)
        self.status = StatusLine(theme)
        self.palette_box = Palette(theme, faces, self)
        self._places = QStackedWidget()
        self._menu_button_menu = QMenu(self)
        self._undo_passer = UndoPasser(_app(), self)
        self._layout()
        self._fill_menus(tabs, words)
        self._connect()
        self.resize(1280, 800)
        self.setMinimumSize(640, 420)
        self.show_undo("", "")
        self.show_place("library")

    def _layout(self) -> None:
        person = Paper(self._theme, "surface")
        inside = column()
        inside.addWidget(self._header)
        inside.addWidget(self._panes, 1)
        person.setLayout(inside)
        self._person = person
        for place in (self._library, self._models, person):
            self._places.addWidget(place)
        middle = column()
        middle.addWidget(self.notice)
        middle.addWidget(self._places, 1)
        across = row(gap=0)
        across.addWidget(self._sidebar)
        across.addLayout(middle, 1)
        whole = column()
        whole.addLayout(across, 1)
        whole.addWidget(self.status)
        ground = Paper(self._theme, "surface")
        ground.setLayout(whole)
        self.setCentralWidget(ground)

    def _fill_menus(self, tabs: Sequence[Tab], words: Sequence[tuple[str, str, str]]) -> None:
        actions = self.actions_by_name
        self._tab_menus: dict[str, list[QMenu]] = {tab.key: [] for tab in tabs}
        for where in (self.menuBar(), self._menu_button_menu):
            menus = actions.fill(where)
            view, help_menu = menus[_("&View")], menus[_("&Help")]
            first = view.actions()[0]
            for key, title, keys in words:
                action = actions.tab(key, title, keys)
                view.insertAction(first, action)
            view.insertSeparator(first)
            for tab in tabs:
                if tab.actions:
                    menu = QMenu(tab.title, where)
                    menu.addActions(list(tab.actions))
                    where.insertMenu(help_menu.menuAction(), menu)
                    self._tab_menus[tab.key].append(menu)
        # a hidden menu bar gives its shortcuts up, so the window holds the actions, too
        self.addActions(list(actions))
        self.menuBar().setVisible(self.menuBar().isNativeMenuBar())
        self._menu_words = [action for tab in tabs for action in tab.actions]

    def _connect(self) -> None:
        do = self.actions_by_name
        for name, signal in (
            ("new", self.new_wanted),
            ("import", self.import_wanted),
            ("undo", self.undo_wanted),
            ("redo", self.redo_wanted),
            ("settings", self.settings_wanted),
            ("about", self.about_wanted),
        ):
            do[name].triggered.connect(signal)
        for name, slot in (
            ("export", self._on_export),
            ("duplicate", self._on_duplicate),
            ("delete", self._on_delete),
            ("open_library", self._on_open_library),
            ("new_library", self._on_new_library),
            ("quit", self.close),
            ("find", self._on_find),
            ("palette", self.open_palette),
            ("previous", self._on_previous),
            ("next", self._on_next),
            ("library", self._on_library),
            ("models", self._on_models),
            ("panel", self._panes.toggle_panel),
            ("sidebar", self._on_sidebar),
            ("next_pane", self._on_next_pane),
            ("previous_pane", self._on_previous_pane),
            ("larger", self._on_larger),
            ("smaller", self._on_smaller),
            ("plain_size", self._on_plain_size),
            ("other_light", self._on_other_light),
            ("shortcuts", self._on_shortcuts),
        ):
            do[name].triggered.connect(slot)
        for key in self._tab_keys:
            do[f"tab_{key}"].triggered.connect(self._on_tab_action)
        self._sidebar.menu_button.clicked.connect(self._open_menu)
        self._sidebar.character_chosen.connect(self.character_chosen)
        self._sidebar.place_chosen.connect(self._on_place)
        self._sidebar.search_changed.connect(self._library.look_for)
        self._sidebar.library_chosen.connect(self.library_chosen)
        self._library.search_changed.connect(self._sidebar.look_for)
        self._library.character_chosen.connect(self.character_chosen)
        self._library.new_wanted.connect(self.new_wanted)
        self._library.import_wanted.connect(self.import_wanted)
        self._library.export_wanted.connect(self.export_wanted)
        self._library.duplicate_wanted.connect(self.duplicate_wanted)
        self._library.delete_wanted.connect(self.delete_wanted)
        self._library.current_changed.connect(self._enable_actions)
        self._header.tab_chosen.connect(self._on_tab)
        self._panes.panel_shown.connect(self._on_panel_shown)
        self._panes.widths_changed.connect(self._on_widths)
        self.status.stop_wanted.connect(self.stop_wanted)
        self.status.model_wanted.connect(self._on_models)
        self.notice.link_chosen.connect(self.notice_link_chosen)
        self.palette_box.character_chosen.connect(self.character_chosen)
        self._theme.changed.connect(self._arrange)

    # Told what is so

    def show_cast(self, entries: Sequence[CastEntry]) -> None:
        """These are the characters of the library."""
        self._cast.show_cast(entries)
        self._sidebar.show_count(len(entries))
        self._library.show_count(len(entries))
        if self._who is not None:
            self._sidebar.show_character(self._who.id)
        self._enable_actions()

    def show_character(self, who: Character, line: str = "") -> None:
        """This character is open; `line` stands below the name."""
        self._who = who
        self._header.show_character(who, line)
        self.show_place("character")
        self._sidebar.show_character(who.id)

    def show_place(self, place: Place) -> None:
        """Go to the library, the models or the character that is open."""
        if place == "character" and self._who is None:
            return
        changed, self._place = place != self._place, place
        page = {"library": self._library, "models": self._models, "character": self._person}[place]
        self._places.setCurrentWidget(page)
        self._sidebar.show_place(place)
        if place == "character" and self._who is not None:
            self._sidebar.show_character(self._who.id)
            self._header.show_tab(self._panes.current)
        self._title()
        self._enable_actions()
        self._focus_place()
        if changed:
            self.place_changed.emit(place)

    def show_tab(self, key: str) -> None:
        """Show this tab of the character."""
        changed = key != self._panes.current
        self._panes.show_tab(key)
        self._header.show_tab(key)
        self._enable_actions()
        if changed:
            self.tab_changed.emit(key)

    def show_library(self, name: str, recent: Sequence[str] = ()) -> None:
        """This library is open; `recent` are paths of others."""
        self._sidebar.show_library(name, tuple(recent))
        self._title(name)

    def show_undo(self, undo: str, redo: str) -> None:
        """Say what undo and redo would do; an empty text means nothing."""
        do = self.actions_by_name
        do.say("undo", _("Undo: {what}", what=undo) if undo else _("Undo"), enabled=bool(undo))
        do.say("redo", _("Redo: {what}", what=redo) if redo else _("Redo"), enabled=bool(redo))

    def show_notice(self, sentence: str, link: str = "", kind: Literal["info", "danger"] = "info") -> None:
        """Say one sentence at the top of the place in view."""
        self.notice.show_notice(sentence, link, kind)

    @property
    def place(self) -> Place:
        """Where the writer is."""
        return self._place

    @property
    def tab(self) -> str:
        """The tab in view."""
        return self._panes.current

    @property
    def character_id(self) -> int:
        """The character that is open, or 0."""
        return self._who.id if self._who else 0

    def geometry_text(self) -> str:
        """Where the window stands, for the settings."""
        return base64.b64encode(self.saveGeometry().data()).decode("ascii")

    def restore_geometry_text(self, text: str) -> None:
        """Stand where the settings say; nonsense is ignored."""
        self.restoreGeometry(QByteArray.fromBase64(text.encode("ascii", "ignore")))

    def open_palette(self) -> None:
        """Open the command palette."""
        usable = [action for action in (*self.actions_by_name, *self._menu_words) if action.isEnabled()]
        self.palette_box.open_with(usable, self._cast.entries())

    # Slots

    def _on_tab(self, key: str) -> None:
        if self._who is None:
            return
        self.show_place("character")
        self.show_tab(key)
        self._panes.view().setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_tab_action(self) -> None:
        action = self.sender()
        for key in self._tab_keys:
            if action is self.actions_by_name[f"tab_{key}"]:
                self._on_tab(key)

    def _on_place(self, place: str) -> None:
        self.show_place("models" if place == "models" else "library")

    def _on_library(self) -> None:
        self.show_place("library")
        self._library.focus_tiles()

    def _on_models(self) -> None:
        self.show_place("models")

    def _on_export(self) -> None:
        if self._subject():
            self.export_wanted.emit(self._subject())

    def _on_duplicate(self) -> None:
        if self._subject():
            self.duplicate_wanted.emit(self._subject())

    def _on_delete(self) -> None:
        if self._subject():
            self.delete_wanted.emit(self._subject())

    def _on_open_library(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(
            self, _("Open a library"), "", _("Libraries (*.charstudio *.db *.sqlite)")
        )
        if path:
            self.library_chosen.emit(path)

    def _on_new_library(self) -> None:
        path, _kind = QFileDialog.getSaveFileName(
            self, _("Make a new library"), "", _("Libraries (*.charstudio)")
        )
        if path:
            self.new_library_chosen.emit(path if "." in path.rsplit("/", 1)[-1] else f"{path}.charstudio")

    def _on_find(self) -> None:
        if self._place == "library" or not self._sidebar.search.isVisible():
            self.show_place("library")
            self._library.focus_search()
        else:
            self._sidebar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._sidebar.search.selectAll()

    def _on_previous(self) -> None:
        self._step(-1)

    def _on_next(self) -> None:
        self._step(1)

    def _step(self, steps: int) -> None:
        other = self._sidebar.beside(self.character_id, steps)
        if other:
            self.character_chosen.emit(other)

    def _on_sidebar(self) -> None:
        self._sidebar_wanted = not self._sidebar_wanted
        self._arrange()

    def _on_next_pane(self) -> None:
        self._go_pane(1)

    def _on_previous_pane(self) -> None:
        self._go_pane(-1)

    def _go_pane(self, steps: int) -> None:
        panes: list[QWidget] = [self._sidebar] if self._sidebar.isVisible() else []
        if self._place == "character":
            panes += [self._header, self._panes.view()]
            panes += [self._panes.panel()] if self._panes.panel_open else []
        else:
            panes.append(self._library if self._place == "library" else self._models)
        panes.append(self.status)
        here = QApplication.focusWidget()
        at = next((i for i, pane in enumerate(panes) if here and pane.isAncestorOf(here)), -1)
        for offset in range(1, len(panes) + 1):
            if _focus_into(panes[(at + steps * offset) % len(panes)]):
                return

    def _on_larger(self) -> None:
        self._theme.step_text(1)

    def _on_smaller(self) -> None:
        self._theme.step_text(-1)

    def _on_plain_size(self) -> None:
        self._theme.step_text(0)

    def _on_other_light(self) -> None:
        self._theme.toggle()

    def _on_shortcuts(self) -> None:
        ShortcutsDialog(self._theme, [*self.actions_by_name, *self._menu_words], self).open()

    def _on_panel_shown(self, shown: bool) -> None:
        self._header.show_panel(there=self._panes.has_panel, shown=shown)
        self.actions_by_name["panel"].setChecked(shown)

    def _on_widths(self) -> None:
        self.panels_changed.emit(self._panes.widths())

    def _open_menu(self) -> None:
        button = self._sidebar.menu_button
        self._menu_button_menu.popup(button.mapToGlobal(QPoint(0, button.height() + 2)))

    # What Qt calls

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # the splitter knows its width only now
        QTimer.singleShot(0, self._settle)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._alt_alone = event.key() == Qt.Key.Key_Alt
        if event.key() == Qt.Key.Key_Escape and self._panes.close_overlay():
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Alt and self._alt_alone and not self.menuBar().isNativeMenuBar():
            self.menuBar().setVisible(not self.menuBar().isVisible())
            if self.menuBar().isVisible():
                self.menuBar().setFocus(Qt.FocusReason.MenuBarFocusReason)
        self._alt_alone = False
        super().keyReleaseEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        super().closeEvent(event)

    # Small helpers

    def _subject(self) -> int:
        return self._library.current() if self._place == "library" else self.character_id

    def _focus_place(self) -> None:
        # else Qt gives the keyboard to whatever happens to come first
        page = self._places.currentWidget()
        here = QApplication.focusWidget()
        if page is None or (here is not None and here.window() is not self):
            return
        target = self._panes.view() if self._place == "character" else page
        if here is None or not target.isAncestorOf(here):
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _enable_actions(self) -> None:
        do = self.actions_by_name
        for name in ("export", "duplicate", "delete"):
            do[name].setEnabled(bool(self._subject()))
        for name in ("voice", "picture", "rename"):
            do[name].setEnabled(self._place == "character")
        for key in self._tab_keys:
            do[f"tab_{key}"].setEnabled(self._who is not None)
            here = self._place == "character" and key == self._panes.current
            for menu in self._tab_menus[key]:
                menu.menuAction().setVisible(here)
        do["panel"].setEnabled(self._place == "character" and self._panes.has_panel)

    def _title(self, library: str = "") -> None:
        if self._place == "character" and self._who is not None:
            self.setWindowTitle(_("{name} – charstudio", name=isolated(self._who.name)))
        else:
            self.setWindowTitle(_("{name} – charstudio", name=isolated(library)) if library else "charstudio")

    def _settle(self) -> None:
        self._panes.show_tab(self._panes.current)
        self._arrange()
        if self._place == "library":
            self._library.focus_tiles()

    def _arrange(self) -> None:
        width = self.width()
        large = self._theme.scale > 1.5
        narrow = width < (RAIL_BELOW_WITH_LARGE_TEXT if large else RAIL_BELOW)
        self._sidebar.set_rail(rail=narrow)
        self._sidebar.setVisible(self._sidebar_wanted)
        self.actions_by_name["sidebar"].setChecked(self._sidebar_wanted)
        self._panes.set_narrow(narrow=narrow)
        self._header.set_narrow(narrow=width < TABS_BECOME_A_MENU * min(self._theme.scale, 1.5))
        self.palette_box.place()


def _focus_into(pane: QWidget) -> bool:
    if pane.focusPolicy() != Qt.FocusPolicy.NoFocus:
        pane.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True
    fitting = [
        child
        for child in pane.findChildren(QWidget)
        if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisible() and child.isEnabled()
    ]
    if not fitting:
        return False
    first = min(fitting, key=lambda child: (child.mapTo(pane, QPoint()).y(), child.mapTo(pane, QPoint()).x()))
    first.setFocus(Qt.FocusReason.ShortcutFocusReason)
    return True


def _app() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
