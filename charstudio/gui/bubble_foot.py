"""Around the words of a message: the line under it, and the editor that takes their place."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from charstudio.gui.composer import Field, ProseEdit
from charstudio.gui.text import Label
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import IconButton, PrimaryButton, QuietButton, row
from charstudio.i18n import _
from charstudio.model import Message

Act = Literal["speak", "keep", "remember", "edit", "again", "delete", "swipe_back", "swipe_on", "copy"]

FLUSH = 6  # an icon stands that far within its button
PAD_X, PAD_Y = 16, 11


def acts_for(message: Message, *, last: bool) -> tuple[tuple[Act, str, str, str], ...]:
    """What can be done with a message: act, icon, words, keys."""
    found: list[tuple[Act, str, str, str]] = []
    if message.role != "writer":
        found.append(("speak", "volume-2", _("Speak it aloud"), "Ctrl+M"))
        found.append(("keep", "bookmark", _("Keep that"), "Ctrl+D"))
    found.append(("remember", "history", _("Remember this"), "Ctrl+Shift+A"))
    found.append(("edit", "pencil", _("Edit"), "Up" if last else "F2"))
    if message.role == "character":
        found.append(("again", "refresh-cw", _("Answer again"), "Ctrl+R"))
    elif last:
        found.append(("again", "refresh-cw", _("Ask for an answer"), "Ctrl+R"))
    found.append(("delete", "trash-2", _("Delete"), "Del"))
    return tuple(found)


def figures_words(message: Message) -> str:
    """How long a reply is and how fast it came, in words a second."""
    words = len(message.body.split())
    counted = _("1 word") if words == 1 else _("{words:,} words", words=words)
    try:
        tokens = float(message.figures.get("tokens") or 0)
        speed = float(message.figures.get("tokens_per_s") or 0)
    except (TypeError, ValueError):
        return counted
    if tokens <= 0 or speed <= 0 or not words:
        return counted
    return _("{counted} · {speed} a second", counted=counted, speed=_speed(words * speed / tokens))


def writing_words(words: int, seconds: float) -> str:
    """What a reply that is being written says of itself."""
    counted = _("1 word") if words == 1 else _("{words:,} words", words=words)
    if seconds < 0.8:
        return _("writing · {counted}", counted=counted)
    return _("writing · {counted} · {speed} a second", counted=counted, speed=_speed(words / seconds))


def _speed(value: float) -> str:
    return f"{value:.1f}" if value < 3 else f"{value:.0f}"


class Foot(QWidget):
    """The line under a message: which of its swipes it is, how it ended, and what can be done."""

    act = Signal(str)

    def __init__(self, theme: Theme, layout: QHBoxLayout) -> None:
        super().__init__()
        self._theme = theme
        self._back: IconButton | None = None
        self._on: IconButton | None = None
        self._count = Label(theme, "caption", colour="text_2")
        self._state = Label(theme, "meta", colour="text_2", elide=True)
        self._hint = Label(theme, "meta", _("Esc stops"), colour="text_2")
        self._buttons: list[IconButton] = []
        self._of: tuple[object, ...] = ()
        layout.addWidget(self._count)
        layout.addSpacing(6)
        layout.addWidget(self._state, 1)
        layout.addWidget(self._hint)
        self._line = layout
        self.setLayout(layout)
        layout.setContentsMargins(0, 0, 0, 0)
        for label in (self._count, self._hint):
            label.hide()

    def show_swipes(self, swipe: int, swipes: int, *, arrows: bool) -> None:
        """Show "2 of 4", with arrows where they can be used."""
        shown = swipes > 1 or arrows
        self._count.setVisible(swipes > 1)
        self._count.set_text(_("{n} of {count}", n=swipe, count=swipes))
        self._count.set_style("caption" if arrows else "meta")
        if arrows and self._back is None:
            self._back = IconButton(self._theme, "chevron-left", _("Previous answer"), "Left")
            self._on = IconButton(self._theme, "chevron-right", _("Next answer"), "Right")
            self._line.insertWidget(0, self._back)
            self._line.insertWidget(2, self._on)
            self._back.clicked.connect(self._on_button)
            self._on.clicked.connect(self._on_button)
        self._line.setContentsMargins(0 if arrows or swipes < 2 else FLUSH, 0, 0, 0)
        if self._back is not None and self._on is not None:
            self._back.setVisible(arrows and swipes > 1)
            self._on.setVisible(arrows and shown)
            self._back.setEnabled(swipe > 1)
            newest = swipe >= swipes
            self._on.set_name(_("Another answer") if newest else _("Next answer"), "Right")

    def show_state(self, words: str, *, writing: bool = False) -> None:
        """Say how it is with it."""
        self._state.set_text(words)
        self._hint.setVisible(writing)

    def show_acts(self, acts: tuple[tuple[Act, str, str, str], ...], shown: bool) -> None:
        """Offer these; they are made when they are first shown."""
        if shown and acts != self._of:
            self._make(acts)
        for button in self._buttons:
            button.setVisible(shown)

    def natural_width(self) -> int:
        """How wide its buttons are."""
        return sum(button.sizeHint().width() for button in self._buttons)

    def words(self) -> str:
        """Everything that stands on it."""
        labels = (self._count, self._state, self._hint)
        return " ".join(label.whole() for label in labels if not label.isHidden() and label.whole())

    def _make(self, acts: tuple[tuple[Act, str, str, str], ...]) -> None:
        for button in self._buttons:
            self._line.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._of, self._buttons = acts, []
        for name, icon, words, keys in acts:
            button = IconButton(self._theme, icon, words, keys)
            button.setObjectName(name)
            button.clicked.connect(self._on_button)
            self._line.addWidget(button)
            self._buttons.append(button)

    def _on_button(self) -> None:
        button = self.sender()
        if button is self._back:
            self.act.emit("swipe_back")
        elif button is self._on:
            self.act.emit("swipe_on")
        elif isinstance(button, IconButton):
            self.act.emit(button.objectName())


class Editing(QWidget):
    """A message while it is edited in its own place."""

    saved = Signal(str)
    left = Signal()
    resized = Signal()

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__()
        self._field = ProseEdit(theme, _("The words of this message"), most=16)
        self._box = Field(theme)
        self._save = PrimaryButton(theme, _("Save"), keys="Return")
        self._cancel = QuietButton(theme, _("Cancel"), keys="Esc")
        inner = row(margins=(PAD_X, PAD_Y, PAD_X - 4, PAD_Y))
        inner.addWidget(self._field)
        self._box.setLayout(inner)
        self._box.setParent(self)
        buttons = row(margins=(0, 6, 0, 2))
        buttons.addStretch()
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._save)
        self._foot = QWidget(self)
        self._foot.setLayout(buttons)
        self._field.set_text(text)
        self.setFocusProxy(self._field)

        self._field.entered.connect(self._on_save)
        self._field.focus_changed.connect(self._box.set_active)
        self._field.document().documentLayout().documentSizeChanged.connect(self._on_size)
        self._save.clicked.connect(self._on_save)
        self._cancel.clicked.connect(self.left)

    def arrange(self, width: int) -> int:
        """Lay out for this width and return the height."""
        self._field.resize(width - 2 * PAD_X + 4, self._field.height())
        box = self._field.height() + 2 * PAD_Y
        foot = self._foot.sizeHint().height()
        self._box.setGeometry(0, 0, width, box)
        self._foot.setGeometry(0, box, width, foot)
        return box + foot

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _on_save(self) -> None:
        if self._field.text().strip():
            self.saved.emit(self._field.text())
        else:
            self.left.emit()

    def _on_size(self) -> None:
        self.resized.emit()
