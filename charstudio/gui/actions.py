"""Everything that can be done from a menu, with its words, keys and icon, in one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from charstudio.gui.text import menu_text
from charstudio.gui.theme import Theme
from charstudio.i18n import _


@dataclass(frozen=True, slots=True)
class Entry:
    """One action; several keys are parted by spaces."""

    name: str
    words: str
    keys: str = ""
    icon: str = ""
    checkable: bool = False


def _table() -> dict[str, tuple[Entry | None, ...]]:
    """The menus in order; None is a line between groups."""
    return {
        _("&File"): (
            Entry("new", _("New character"), "Ctrl+N", "plus"),
            Entry("import", _("Open card…"), "Ctrl+O", "import"),
            Entry("export", _("Export…"), "Ctrl+E", "upload"),
            None,
            Entry("open_library", _("Open another library…"), "Ctrl+Shift+O", "folder-open"),
            Entry("new_library", _("New library…"), "Ctrl+Shift+N", "library"),
            None,
            Entry("settings", _("Settings…"), "Ctrl+,", "settings"),
            Entry("quit", _("Quit"), "Ctrl+Q"),
        ),
        _("&Edit"): (
            Entry("undo", _("Undo"), "Ctrl+Z", "undo-2"),
            Entry("redo", _("Redo"), "Ctrl+Shift+Z Ctrl+Y", "redo-2"),
            None,
            Entry("find", _("Find a character"), "Ctrl+F", "search"),
            Entry("palette", _("Search or jump to…"), "Ctrl+K", "terminal"),
            None,
            Entry("attributes", _("Attributes and packs…"), "Ctrl+Shift+Q", "network"),
        ),
        _("&Character"): (
            Entry("previous", _("Previous character"), "Alt+Up", "chevron-up"),
            Entry("next", _("Next character"), "Alt+Down", "chevron-down"),
            None,
            Entry("voice", _("Voice…"), "Ctrl+Shift+V", "audio-lines"),
            Entry("picture", _("Choose a picture…"), "Ctrl+Shift+P", "user"),
            Entry("rename", _("Rename everywhere…"), "Shift+F2", "pencil"),
            Entry("cast", _("The cast as a graph…"), "Ctrl+G", "users"),
            Entry("duplicate", _("Duplicate"), "Ctrl+Shift+D", "copy"),
            Entry("delete", _("Delete"), "Ctrl+Shift+Del", "trash-2"),
        ),
        _("&View"): (
            Entry("library", _("Library"), "Ctrl+0", "library"),
            Entry("models", _("Models"), "Ctrl+Shift+M", "cpu"),
            None,
            Entry("panel", _("Right panel"), "Ctrl+\\", "panel-right", checkable=True),
            Entry("sidebar", _("Sidebar"), "Ctrl+Shift+\\", "panel-left", checkable=True),
            Entry("next_pane", _("Next pane"), "F6"),
            Entry("previous_pane", _("Previous pane"), "Shift+F6"),
            None,
            Entry("larger", _("Larger text"), "Ctrl+= Ctrl++"),
            Entry("smaller", _("Smaller text"), "Ctrl+-"),
            Entry("plain_size", _("Normal text size"), "Ctrl+Alt+0"),
            Entry("other_light", _("Change between light and dark"), "Ctrl+Shift+L", "moon"),
        ),
        # never Ctrl+Alt with a letter: AltGr is that on Windows, and writes ó, ś and many more
        _("&Models"): (
            Entry("model_add", _("Add a model…"), "Ctrl+Shift+I", "plus"),
            Entry("model_folder", _("Look through a folder…"), "Ctrl+Shift+G", "folder-open"),
            Entry("model_address", _("Download from an address…"), "Ctrl+Shift+J", "globe"),
            None,
            Entry("model_use", _("Use the model"), "Ctrl+Shift+Y", "cpu"),
            Entry("model_check", _("Check the model’s file"), "Ctrl+Shift+K", "check"),
            Entry("model_forget", _("Take the model off the list"), "Ctrl+Shift+H", "x"),
            None,
            Entry("model_download", _("Download the suggested model"), "Ctrl+Shift+E", "download"),
            Entry("model_stop", _("Cancel the download or check"), "Ctrl+Shift+S", "square"),
        ),
        _("&Help"): (
            Entry("shortcuts", _("All shortcuts"), "Ctrl+/ F1", "keyboard"),
            Entry("about", _("About charstudio"), "Shift+F1", "info"),
        ),
    }


class Actions(QObject):
    """The actions of the window by name: `actions["undo"].triggered`."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._actions: dict[str, QAction] = {}
        self._icons: dict[str, str] = {}
        self._menus = _table()
        for entries in self._menus.values():
            for entry in entries:
                if entry is not None:
                    self.add(entry)
        theme.changed.connect(self._restyle)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def add(self, entry: Entry) -> QAction:
        """Make one more action; it stands in no menu yet."""
        action = QAction(entry.words, self)
        action.setShortcuts([QKeySequence(keys) for keys in entry.keys.split()])
        action.setCheckable(entry.checkable)
        if entry.icon:
            action.setIcon(self._theme.icon(entry.icon))
            action.setIconVisibleInMenu(not entry.checkable)
            self._icons[entry.name] = entry.icon
        if entry.name in ("quit", "settings", "about"):
            roles = {"quit": "QuitRole", "settings": "PreferencesRole", "about": "AboutRole"}
            action.setMenuRole(QAction.MenuRole[roles[entry.name]])
        else:
            action.setMenuRole(QAction.MenuRole.NoRole)
        self._actions[entry.name] = action
        return action

    def tab(self, key: str, words: str, keys: str) -> QAction:
        """The action that shows a tab; made when first asked for."""
        name = f"tab_{key}"
        return self._actions.get(name) or self.add(Entry(name, words, keys))

    def keys(self, name: str) -> str:
        """The first shortcut of an action."""
        return self._actions[name].shortcut().toString()

    def fill(self, where: QMenuBar | QMenu) -> dict[str, QMenu]:
        """Put the whole menu tree into a menu bar or a menu; returns the menus by title."""
        menus = {}
        for title, entries in self._menus.items():
            menu = where.addMenu(title)
            for entry in entries:
                if entry is None:
                    menu.addSeparator()
                else:
                    menu.addAction(self._actions[entry.name])
            menus[title] = menu
        return menus

    def say(self, name: str, words: str, *, enabled: bool = True) -> None:
        """Give an action other words, such as what undo would undo."""
        self._actions[name].setText(menu_text(words))
        self._actions[name].setEnabled(enabled)

    def _restyle(self) -> None:
        for name, icon in self._icons.items():
            self._actions[name].setIcon(self._theme.icon(icon))
