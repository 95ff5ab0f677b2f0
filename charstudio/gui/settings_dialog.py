"""The few things one may set; each takes effect at once, so there is nothing to apply."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QDialog, QGridLayout, QLabel, QLineEdit, QWidget

from charstudio.gui.text import Label
from charstudio.gui.theme import TEXT_SIZES, Theme
from charstudio.gui.widgets import Chip, FlowLayout, PrimaryButton, column, row
from charstudio.i18n import _
from charstudio.settings import Settings

CONTEXTS = (2048, 4096, 8192, 16384, 32768)
THREADS = (0, 1, 2, 4, 6, 8, 12, 16)


class Choices(QWidget):
    """One of a few, as a row of chips; the left and right keys move."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, name: str, choices: list[tuple[object, str]], now: object) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._values = [value for value, _words in choices]
        layout = FlowLayout(gap=6, line_gap=6)
        for i, (value, words) in enumerate(choices):
            chip = _Choice(theme, words)
            chip.moved.connect(self._on_moved)
            chip.setCheckable(True)
            chip.setChecked(value == now)
            chip.setAccessibleName(f"{name}: {words}")
            self._group.addButton(chip, i)
            layout.addWidget(chip)
        self.setLayout(layout)
        self._group.idToggled.connect(self._on_toggled)

    def choose(self, value: object) -> None:
        """Choose one of them, as if it had been clicked."""
        chip = self._group.button(self._values.index(value))
        chip.setChecked(True)

    def _on_toggled(self, at: int, checked: bool) -> None:
        if checked:
            self.chosen.emit(self._values[at])

    def _on_moved(self, steps: int) -> None:
        at = self._group.checkedId() + steps
        if 0 <= at < len(self._values):
            chip = self._group.button(at)
            chip.setChecked(True)
            chip.setFocus(Qt.FocusReason.TabFocusReason)


class _Choice(Chip):
    """A chip whose left and right keys choose the one beside it."""

    moved = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if steps:
            self.moved.emit(steps)
        else:
            super().keyPressEvent(event)


class SettingsDialog(QDialog):
    """Tells every change as a whole new `Settings`."""

    settings_changed = Signal(object)

    def __init__(self, theme: Theme, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._settings = theme, settings
        self.setWindowTitle(_("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        scheme = Choices(
            theme,
            _("Light or dark"),
            [("system", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
            settings.theme,
        )
        size = Choices(
            theme,
            _("Text size"),
            [(px, f"{round(px / 16 * 100 / 5) * 5} %") for px in TEXT_SIZES],
            settings.text_size,
        )
        motion = Choices(
            theme, _("Motion"), [(False, _("As designed")), (True, _("Less"))], settings.less_motion
        )
        self._persona = QLineEdit(settings.persona)
        self._persona.setMaxLength(200)
        context = Choices(
            theme, _("Context"), [(n, f"{n:,}") for n in _with(CONTEXTS, settings.context)], settings.context
        )
        threads = Choices(
            theme,
            _("Threads"),
            [(n, str(n) if n else _("Automatic")) for n in _with(THREADS, settings.threads)],
            settings.threads,
        )
        close = PrimaryButton(theme, _("Close"), keys="Esc")
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(14)
        for line, (words, field, why) in enumerate(
            (
                (_("Light or dark"), scheme, ""),
                (_("Text size"), size, ""),
                (_("Motion"), motion, ""),
                (_("Your name in talks"), self._persona, _("Characters speak to you by it.")),
                (_("Context"), context, _("How many tokens a model reads at once. More needs more memory.")),
                (_("Threads"), threads, _("How many of the computer’s cores a model may use.")),
            )
        ):
            _put(theme, grid, line, words, field, why)
        foot = row(margins=(0, 8, 0, 0))
        foot.addStretch()
        foot.addWidget(close)
        layout = column(margins=(24, 20, 24, 20), gap=18)
        layout.addWidget(Label(theme, "name", _("Settings")))
        layout.addLayout(grid)
        layout.addLayout(foot)
        self.setLayout(layout)
        self._fit()

        scheme.chosen.connect(self._on_scheme)
        size.chosen.connect(self._on_size)
        motion.chosen.connect(self._on_motion)
        context.chosen.connect(self._on_context)
        threads.chosen.connect(self._on_threads)
        self._persona.editingFinished.connect(self._on_persona)
        close.clicked.connect(self.accept)
        theme.changed.connect(self._fit)

    def done(self, result: int) -> None:
        self._on_persona()
        super().done(result)

    def _on_scheme(self, value: str) -> None:
        self._tell(replace(self._settings, theme=value))

    def _on_size(self, value: int) -> None:
        self._tell(replace(self._settings, text_size=value))

    def _on_motion(self, value: bool) -> None:
        self._tell(replace(self._settings, less_motion=value))

    def _on_context(self, value: int) -> None:
        self._tell(replace(self._settings, context=value))

    def _on_threads(self, value: int) -> None:
        self._tell(replace(self._settings, threads=value))

    def _on_persona(self) -> None:
        name = self._persona.text().strip()
        if name:
            self._tell(replace(self._settings, persona=name))

    def _fit(self) -> None:
        width = round(500 * max(1.0, self._theme.scale))
        layout = self.layout()
        if layout is not None:
            self.setFixedSize(width, layout.totalHeightForWidth(width))

    def _tell(self, settings: Settings) -> None:
        if settings != self._settings:
            self._settings = settings
            self.settings_changed.emit(settings)


def _with(choices: tuple[int, ...], now: int) -> list[int]:
    return sorted({*choices, now})


def _put(theme: Theme, grid: QGridLayout, line: int, words: str, field: QWidget, why: str) -> None:
    label: QLabel = Label(theme, "ui", words, colour="text_2")
    label.setBuddy(field)
    label.setContentsMargins(0, 6, 0, 0)
    if not field.accessibleName():
        field.setAccessibleName(words)
    grid.addWidget(label, line, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    box = column(gap=4)
    box.addWidget(field)
    if why:
        reason = Label(theme, "meta", why, colour="text_2")
        reason.setWordWrap(True)
        box.addWidget(reason)
    grid.addLayout(box, line, 1)
    grid.setColumnStretch(1, 1)
