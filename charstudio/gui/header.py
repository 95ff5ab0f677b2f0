"""Whose room this is: face, name, a line, and the tabs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFontMetrics, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy

from charstudio.gui.actions import Actions
from charstudio.gui.buttons import Pressable, paint_focus, shortcut_text
from charstudio.gui.faces import Faces, Portrait
from charstudio.gui.text import set_tip
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import IconButton, Label, Paper, QuietButton, column, row
from charstudio.i18n import _
from charstudio.model import Character

TABS_BECOME_A_MENU = 900

TabWords = tuple[str, str, str]


class TabButton(Pressable):
    """One tab: words, and a line of 3 px in the character's ink under the chosen one."""

    def __init__(self, theme: Theme, key: str, words: str, keys: str) -> None:
        self.key = key
        self._ink: QColor | None = None
        super().__init__(theme, words)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        set_tip(self, f"{words}  {shortcut_text(keys)}")

    def set_ink(self, ink: QColor) -> None:
        """Use the ink of this character."""
        self._ink = ink
        self.update()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(self._theme.font("ui_strong")).horizontalAdvance(self._words)
        return QSize(width + 14, self._theme.size("header") - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        chosen = self.isChecked()
        painter.setFont(self._theme.font("ui_strong" if chosen else "ui"))
        strong = chosen or self._hovered()
        painter.setPen(self._theme.colour("text" if strong else "text_2"))
        painter.drawText(self.rect().adjusted(0, 0, 0, -5), int(Qt.AlignmentFlag.AlignCenter), self._words)
        if chosen:
            line = QRect(0, self.height() - 3, self.width(), 3)
            painter.fillRect(line, self._ink or self._theme.colour("accent"))
        if self._shows_focus():
            area = QRectF(self.rect()).adjusted(0, 8, 0, -8)
            paint_focus(painter, self._theme, area, self._theme.radius("control"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if not steps:
            super().keyPressEvent(event)
            return
        around = self.parentWidget()
        tabs = around.findChildren(TabButton) if around is not None else [self]
        other = tabs[(tabs.index(self) + steps) % len(tabs)]
        other.setFocus(Qt.FocusReason.TabFocusReason)
        other.click()


class Header(Paper):
    """Shows the character and tells which tab was chosen."""

    tab_chosen = Signal(str)

    def __init__(
        self, theme: Theme, faces: Faces, actions: Actions, tabs: Sequence[tuple[str, str, str]]
    ) -> None:
        super().__init__(theme, "surface", lines="bottom")
        self._who: Character | None = None
        self._portrait = Portrait(theme, faces, theme.portrait("header"))
        self._name = Label(theme, "name", elide=True)
        self._line = Label(theme, "ui_small", colour="text_2", elide=True)
        self._tabs = [TabButton(theme, key, words, keys) for key, words, keys in tabs]
        self._tab_menu = QMenu(self)
        self._tab_menu_button = QuietButton(theme, "", icon="chevron-down", framed=True)
        self.panel_button = IconButton(theme, "panel-right", _("Right panel"), actions.keys("panel"))
        self._more = IconButton(theme, "ellipsis", _("More for this character"))
        self._more_menu = QMenu(self)
        self._build(actions)

        for tab in self._tabs:
            tab.clicked.connect(self._on_tab)
        self._tab_menu.triggered.connect(self._on_tab_menu)
        self._tab_menu_button.clicked.connect(self._open_tabs)
        self._more.clicked.connect(self._open_more)
        self.panel_button.clicked.connect(actions["panel"].trigger)
        theme.changed.connect(self._restyle)

    def _build(self, actions: Actions) -> None:
        words = column(gap=0)
        words.addStretch()
        words.addWidget(self._name)
        words.addWidget(self._line)
        words.addStretch()
        layout = row(margins=(18, 0, 12, 1), gap=10)
        layout.addWidget(self._portrait)
        layout.addLayout(words, 1)
        layout.addSpacing(12)
        for tab in self._tabs:
            layout.addWidget(tab)
            self._tab_menu.addAction(tab.words()).setData(tab.key)
        layout.addWidget(self._tab_menu_button)
        layout.addSpacing(8)
        layout.addWidget(self.panel_button)
        layout.addWidget(self._more)
        self.setLayout(layout)
        self._tab_menu_button.hide()
        for name in ("export", "duplicate", "delete"):
            self._more_menu.addAction(actions[name])
        self._restyle()

    def show_character(self, who: Character, line: str) -> None:
        """Show this character with a line below the name."""
        self._who = who
        self._portrait.show_character(who)
        self._name.set_text(who.name or _("No name yet"))
        self._line.set_text(line)
        self._line.setVisible(bool(line.strip()))
        self._restyle()

    def show_tab(self, key: str) -> None:
        """Mark this tab."""
        for tab in self._tabs:
            if tab.key == key:
                tab.setChecked(True)
                self._tab_menu_button.set_words(tab.words())

    def set_narrow(self, *, narrow: bool) -> None:
        """Show the tabs as one menu."""
        for tab in self._tabs:
            tab.setVisible(not narrow)
        self._tab_menu_button.setVisible(narrow)

    def show_panel(self, *, there: bool, shown: bool) -> None:
        """Say whether this tab has a right panel, and whether it is open."""
        self.panel_button.setVisible(there)
        self.panel_button.set_icon("panel-right", "text" if shown else "text_2")

    def _on_tab(self) -> None:
        sender = self.sender()
        if isinstance(sender, TabButton):
            self.tab_chosen.emit(sender.key)

    def _on_tab_menu(self, action: QAction) -> None:
        self.tab_chosen.emit(action.data())

    def _open_tabs(self) -> None:
        self._tab_menu.popup(self._tab_menu_button.mapToGlobal(QPoint(0, self._tab_menu_button.height() + 2)))

    def _open_more(self) -> None:
        self._more_menu.popup(self._more.mapToGlobal(QPoint(0, self._more.height() + 2)))

    def _restyle(self) -> None:
        self.setFixedHeight(self._theme.size("header"))
        if self._who is not None:
            for tab in self._tabs:
                tab.set_ink(self._theme.character(self._who.colour).ink)


class PlaceHead(Paper):
    """The head of a place that belongs to nobody, such as Models: a title and what can be done."""

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__(theme, "surface")
        self.title = Label(theme, "view_title", title)
        self.count = Label(theme, "ui_small", colour="text_2")
        self.buttons = row(gap=8)
        layout = row(margins=(28, 12, 28, 8), gap=12)
        layout.addWidget(self.title)
        layout.addWidget(self.count, 1, Qt.AlignmentFlag.AlignBottom)
        layout.addLayout(self.buttons)
        self.setLayout(layout)
