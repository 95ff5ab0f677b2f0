"""The stages of a character's arc as a quiet row of chips: as of which one the page is told."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from charstudio.gui.text import one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Chip, FlowLayout, LineEdit, QuietButton
from charstudio.i18n import _
from charstudio.model import Stage


class StageChip(Chip):
    """One stage; None is the sheet as it always is."""

    menu_wanted = Signal(QPoint)

    def __init__(self, theme: Theme, stage: Stage | None) -> None:
        self.stage = stage
        super().__init__(theme, one_line(stage.name, 60) if stage else _("Always"))
        self.setCheckable(True)
        self.setAutoExclusive(True)
        about = _("As of: {stage}", stage=self._words) if stage else _("What always holds")
        self.setAccessibleName(about)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        around = self.parentWidget()
        chips = [c for c in around.findChildren(StageChip) if c.isVisible()] if around else [self]
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if event.key() in (Qt.Key.Key_Menu, Qt.Key.Key_F2):
            self.menu_wanted.emit(self.mapToGlobal(QPoint(0, self.height() + 2)))
        elif steps:
            other = chips[(chips.index(self) + steps) % len(chips)]
            other.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())


class StageBar(QWidget):
    """Shows the stages, tells which one is wanted, and lets the writer make, name, move and remove them."""

    stage_chosen = Signal(object)
    stage_added = Signal(str)
    stage_renamed = Signal(int, str)
    stage_moved = Signal(int, int)
    stage_removed = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._stages: list[Stage] = []
        self._current: Stage | None = None
        self._colour = "slate"
        self._named: Stage | None = None
        self._acted: Stage | None = None
        self._chips: list[StageChip] = []
        self._flow = FlowLayout(gap=6, line_gap=6)
        self._add = QuietButton(theme, _("Stage"), icon="plus")
        self._add.setAccessibleName(_("Add a stage of the arc"))
        self._name = LineEdit(_("Before the trial"))
        self._name.setAccessibleName(_("Name of the stage"))
        self._name.setFixedWidth(220)
        self._name.hide()
        self._flow.addWidget(self._add)
        self._flow.addWidget(self._name)
        self.setLayout(self._flow)

        self._add.clicked.connect(self.begin)
        self._name.returnPressed.connect(self._on_named)
        self._name.editingFinished.connect(self._on_left)

    def show_stages(self, stages: Sequence[Stage], current: Stage | None, colour: str) -> None:
        """These are the stages of the character; the page is told as of `current`."""
        if (list(stages), current, colour) == (self._stages, self._current, self._colour):
            return
        focused = next((c.stage.id if c.stage else 0 for c in self._chips if c.hasFocus()), None)
        self._stages, self._current, self._colour = list(stages), current, colour
        for chip in self._chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(stage) for stage in (None, *stages)] if stages else []
        self._flow.removeWidget(self._add)
        self._flow.removeWidget(self._name)
        for part in (*self._chips, self._add, self._name):
            self._flow.addWidget(part)
        self._add.set_words("" if stages else _("Stage"))
        self._add.setAccessibleName(_("Add a stage of the arc"))
        for chip in self._chips:
            chip.show()
            if focused is not None and (chip.stage.id if chip.stage else 0) == focused:
                chip.setFocus(Qt.FocusReason.OtherFocusReason)
        self._flow.invalidate()
        self.updateGeometry()

    def begin(self) -> None:
        """Ask for the name of a new stage."""
        self._ask(None)

    def step(self, steps: int) -> None:
        """Show the stage before or after the one in view."""
        order: list[Stage | None] = [None, *self._stages]
        at = order.index(self._current) if self._current in order else 0
        if self._stages:
            self._choose(order[(at + steps) % len(order)])

    def _chip(self, stage: Stage | None) -> StageChip:
        chip = StageChip(self._theme, stage)
        chip.set_character(self._colour)
        chip.setChecked(stage == self._current)
        chip.clicked.connect(self._on_chip)
        chip.menu_wanted.connect(self._on_menu)
        return chip

    def _ask(self, stage: Stage | None) -> None:
        self._named = stage
        self._name.setText(stage.name if stage else "")
        self._name.show()
        self._add.hide()
        self._flow.invalidate()
        self._name.setFocus(Qt.FocusReason.OtherFocusReason)
        self._name.selectAll()

    def _choose(self, stage: Stage | None) -> None:
        self.stage_chosen.emit(stage.id if stage else None)

    def _on_chip(self) -> None:
        chip = self.sender()
        if isinstance(chip, StageChip):
            self._choose(chip.stage)

    def _on_menu(self, where: QPoint) -> None:
        chip = self.sender()
        if not isinstance(chip, StageChip) or chip.stage is None:
            return
        self._acted = chip.stage
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        place = self._stages.index(chip.stage)
        for words, slot, possible in (
            (_("Rename…"), self._on_rename, True),
            (_("Earlier in the arc"), self._on_earlier, place > 0),
            (_("Later in the arc"), self._on_later, place + 1 < len(self._stages)),
            (_("Remove with its values"), self._on_remove, True),
        ):
            action = menu.addAction(words)
            action.setEnabled(possible)
            action.triggered.connect(slot)
        menu.popup(where)

    def _on_rename(self) -> None:
        self._ask(self._acted)

    def _on_earlier(self) -> None:
        self._move(-1)

    def _on_later(self) -> None:
        self._move(1)

    def _move(self, steps: int) -> None:
        if self._acted in self._stages:
            self.stage_moved.emit(self._acted.id, self._stages.index(self._acted) + steps)

    def _on_remove(self) -> None:
        if self._acted is not None:
            self.stage_removed.emit(self._acted.id)

    def _on_named(self) -> None:
        name, stage = self._name.text().strip(), self._named
        self._close()
        if name and stage is None:
            self.stage_added.emit(name)
        elif name and stage is not None and name != stage.name:
            self.stage_renamed.emit(stage.id, name)

    def _on_left(self) -> None:
        if not self._name.hasFocus():
            self._close()

    def _close(self) -> None:
        self._name.hide()
        self._add.show()
        self._flow.invalidate()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and isinstance(self.focusWidget(), QLineEdit):
            self._close()
            self._add.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)
