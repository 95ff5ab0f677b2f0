"""The middle and the page at its right, which remembers its width and lies over narrow windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QRect, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Paper, column

OVERLAY_WIDTH = 360
PANEL_LEAST = 260
MIDDLE_LEAST = 420


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a character: its view, and the page beside it if it has one.

    Several tabs may name the same panel. `actions` fill a menu of the tab's name.
    """

    key: str
    title: str
    view: QWidget
    panel: QWidget | None = None
    panel_width: int = 396
    actions: Sequence[QAction] = field(default_factory=tuple)


class Panes(QWidget):
    """Shows one tab's view with its panel; the writer's widths are kept per tab."""

    widths_changed = Signal()
    panel_shown = Signal(bool)

    def __init__(self, theme: Theme, tabs: Sequence[Tab], widths: dict[str, int]) -> None:
        super().__init__()
        self._theme = theme
        self._tabs = {tab.key: tab for tab in tabs}
        self._widths = dict(widths)
        self._current = tabs[0].key if tabs else ""
        self._narrow = False
        self._wanted = True
        self._overlaid = False
        self._views = QStackedWidget()
        self._panels = QStackedWidget()
        self._side = Paper(theme, "page", lines="left")
        side = column(margins=(1, 0, 0, 0))
        side.addWidget(self._panels)
        self._side.setLayout(side)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(5)
        self._splitter.addWidget(self._views)
        self._splitter.addWidget(self._side)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._views.setMinimumWidth(MIDDLE_LEAST)
        self._side.setMinimumWidth(PANEL_LEAST)
        for tab in tabs:
            self._views.addWidget(tab.view)
            if tab.panel is not None and self._panels.indexOf(tab.panel) < 0:
                self._panels.addWidget(tab.panel)
        layout = column()
        layout.addWidget(self._splitter)
        self.setLayout(layout)
        self._slide = QPropertyAnimation(self._side, b"geometry", self)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)

        self._splitter.splitterMoved.connect(self._on_moved)

    def show_tab(self, key: str) -> None:
        """Show this tab."""
        self._current = key
        self._views.setCurrentWidget(self._tabs[key].view)
        panel = self._tabs[key].panel
        if panel is not None:
            self._panels.setCurrentWidget(panel)
        if self._narrow:
            self._overlaid = False
        self._arrange()

    @property
    def current(self) -> str:
        """The tab in view."""
        return self._current

    @property
    def has_panel(self) -> bool:
        """Whether this tab has a page beside it."""
        return self._current in self._tabs and self._tabs[self._current].panel is not None

    @property
    def panel_open(self) -> bool:
        """Whether the page beside it is open."""
        return self.has_panel and (self._overlaid if self._narrow else self._wanted)

    def toggle_panel(self) -> None:
        """Open or close the page beside the tab; in narrow windows it lies over the middle."""
        if not self.has_panel:
            return
        if self._narrow:
            self._overlaid = not self._overlaid
        else:
            self._wanted = not self._wanted
        self._arrange(slide=True)

    def close_overlay(self) -> bool:
        """Take away the page that lies over the middle; says whether there was one."""
        if not (self._narrow and self._overlaid):
            return False
        self._overlaid = False
        self._arrange()
        return True

    def set_narrow(self, *, narrow: bool) -> None:
        """Have no room for a page beside the middle."""
        if narrow != self._narrow:
            self._narrow, self._overlaid = narrow, False
            self._arrange()

    def widths(self) -> dict[str, int]:
        """The widths of the pages as the writer left them."""
        return dict(self._widths)

    def view(self) -> QWidget:
        """The view of the tab."""
        return self._tabs[self._current].view

    def panel(self) -> QWidget:
        """The paper at the right."""
        return self._side

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._narrow and self._overlaid:
            self._side.setGeometry(self._overlay_place())

    def _arrange(self, *, slide: bool = False) -> None:
        self._slide.stop()
        shown = self.panel_open
        if self._narrow:
            if self._side.parentWidget() is not self:
                self._side.setParent(self)
            self._side.setGeometry(self._overlay_place())
            self._side.setVisible(shown)
            self._side.raise_()
            if shown and slide:
                self._slide_in()
        else:
            if self._side.parentWidget() is not self._splitter:
                self._splitter.addWidget(self._side)
            self._side.setVisible(shown)
            if shown:
                self._set_width()
        self.panel_shown.emit(shown)

    def _set_width(self) -> None:
        tab = self._tabs[self._current]
        width = self._widths.get(tab.key, round(tab.panel_width * self._grown()))
        whole = max(self._splitter.width(), MIDDLE_LEAST + PANEL_LEAST)
        width = max(PANEL_LEAST, min(width, whole - MIDDLE_LEAST))
        self._splitter.setSizes([whole - width, width])

    def _grown(self) -> float:
        # wide windows give the page more room: 396 becomes 480 on a full-HD screen
        return min(1.21, max(1.0, self.width() / 1390))

    def _overlay_place(self) -> QRect:
        width = min(OVERLAY_WIDTH, self.width())
        return QRect(self.width() - width, 0, width, self.height())

    def _slide_in(self) -> None:
        place = self._overlay_place()
        self._slide.setDuration(self._theme.motion("panel"))
        self._slide.setStartValue(place.translated(place.width(), 0))
        self._slide.setEndValue(place)
        self._slide.start()

    def _on_moved(self) -> None:
        if not self._narrow and self._side.isVisible():
            self._widths[self._current] = self._side.width()
            self.widths_changed.emit()
