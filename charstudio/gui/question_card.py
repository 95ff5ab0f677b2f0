"""The card of the guide: what is asked, why, what one might say, and the line to say it on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from charstudio.gui.buttons import paint_focus
from charstudio.gui.composer import Field, ProseEdit
from charstudio.gui.faces import Faces, Portrait
from charstudio.gui.text import Label, ProseLabel, one_line, set_tip
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    Card,
    Chip,
    FlowLayout,
    IconButton,
    PrimaryButton,
    QuietButton,
    column,
    row,
)
from charstudio.i18n import _
from charstudio.model import Character

PORTRAIT_LOW = 72
MOST_CHIPS = 9


class Ask(Protocol):
    """A question of the character."""

    @property
    def attribute(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Suggested(Protocol):
    """Something to click: a value for an attribute, or an act that was meant perhaps."""

    @property
    def text(self) -> str: ...
    @property
    def attribute(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def act(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def origin(self) -> str: ...


class QuestionCard(Card):
    """What is asked now: face, question, reason, chips, and the line for the answer."""

    said = Signal(str)
    chip_taken = Signal(object)

    def __init__(self, theme: Theme, faces: Faces) -> None:
        super().__init__(theme)
        self._theme = theme
        self._colour = "slate"
        self._name = ""
        self._pack = ""
        self._finished = False
        self._offered: list[tuple[Chip, Suggested]] = []
        self._face = Portrait(theme, faces, theme.portrait("question"), square=True)
        self._caption = Label(theme, "caption", colour="text_2", elide=True)
        self._question = ProseLabel(theme, "", style="question")
        self.why = WhyButton(theme)
        self._reason = Label(theme, "ui_small", colour="text_2")
        self._reason.setWordWrap(True)
        self._chips = FlowLayout(gap=6, line_gap=8)
        self._chip_area = QWidget()
        self._chip_area.setLayout(self._chips)
        self._answer = AnswerField(theme)
        self.line = self._answer.line
        self.suggest = QuietButton(theme, _("Suggest more"), icon="lightbulb", keys="Ctrl+J")
        self.skip = QuietButton(theme, _("Skip"), keys="Ctrl+Return")
        self.not_for = QuietButton(theme, _("Not for this character"))
        self.talk = PrimaryButton(theme, _("Talk"), icon="message-square")
        self._undo = Label(theme, "meta", _("Ctrl Z undoes"), colour="text_2")
        self._thinking = Label(theme, "meta", _("The model is thinking of more…"), colour="text_2")
        self._thinking.hide()
        self._build()
        self.show_question(None, ())

        self._answer.said.connect(self.said)
        self.line.textChanged.connect(self._on_text)

    def _build(self) -> None:
        reason = row(gap=2)
        reason.addWidget(self.why, 0, Qt.AlignmentFlag.AlignTop)
        reason.addWidget(self._reason, 1, Qt.AlignmentFlag.AlignVCenter)
        words = column(gap=4)
        words.addWidget(self._caption)
        words.addWidget(self._question)
        words.addLayout(reason)
        words.addStretch()
        head = row(gap=20)
        head.addWidget(self._face, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        acts = FlowLayout(gap=2, line_gap=2)
        for button in (self.suggest, self.skip, self.not_for, self.talk):
            acts.addWidget(button)
        foot = row(gap=8)
        foot.addLayout(acts, 1)
        foot.addWidget(self._undo, 0, Qt.AlignmentFlag.AlignVCenter)
        layout = column(margins=(24, 21, 24, 9), gap=12)
        layout.addLayout(head)
        layout.addWidget(self._chip_area)
        layout.addWidget(self._thinking)
        layout.addWidget(self._answer)
        layout.addLayout(foot)
        layout.setSpacing(12)
        self.setLayout(layout)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setFocusProxy(self.line)
        QWidget.setTabOrder(self.line, self.suggest)
        QWidget.setTabOrder(self.suggest, self.skip)
        QWidget.setTabOrder(self.skip, self.not_for)
        QWidget.setTabOrder(self.not_for, self.talk)
        QWidget.setTabOrder(self.talk, self.why)

    def show_character(self, who: Character) -> None:
        """The one who asks."""
        self._colour = who.colour
        self._name = one_line(who.called or who.name, 60)
        self._face.show_character(who if who.name.strip() else None)
        self.talk.set_words(_("Talk with {name}", name=self._name) if self._name else _("Talk"))
        for chip, _offer in self._offered:
            chip.set_character(who.colour)

    def show_pack(self, name: str, *, finished: bool) -> None:
        """Which questions these are; `finished` when nothing in the pack is open."""
        self._pack, self._finished = name, finished

    def show_question(self, ask: Ask | None, chips: Sequence[Suggested]) -> None:
        """Ask this, or say that nothing more is asked."""
        if ask is not None:
            self._caption.set_text(ask.label)
            self._question.set_text(ask.text)
            self._reason.set_text(ask.reason)
        else:
            self._caption.set_text(self._pack)
            self._question.set_text(_("I have no more questions here."))
            self._reason.set_text(_("Ask me anything, tell me more, or choose other questions above."))
        self._caption.setVisible(bool(self._caption.whole()))
        self.why.setVisible(ask is not None and bool(ask.reason))
        self._reason.setVisible(bool(self._reason.whole()))
        for button in (self.suggest, self.skip, self.not_for):
            button.setVisible(ask is not None)
        self.talk.setVisible(ask is None)
        self._show_chips(chips)
        self.line.setPlaceholderText(_("Answer in your own words") if ask else _("Tell me about myself"))
        self.line.setAccessibleDescription(self._question.text())
        if self.window().isActiveWindow() and self.isVisible() and not self.line.hasFocus():
            self.line.setFocus()

    def take(self, number: int) -> bool:
        """Take the chip with this number; False when there is none."""
        for chip, offer in self._offered:
            if chip.number == number:
                self.chip_taken.emit(offer)
                return True
        return False

    def set_low(self, *, low: bool) -> None:
        """Make do with less height."""
        self._face.set_side(PORTRAIT_LOW if low else self._theme.portrait("question"))

    def clear(self) -> None:
        """Ask nothing, and forget what was being written."""
        self.line.clear()
        self.show_question(None, ())

    def _show_chips(self, chips: Sequence[Suggested]) -> None:
        self._chips.clear()
        self._offered = []
        self._thinking.hide()
        self.add_chips(chips)

    def add_chips(self, chips: Sequence[Suggested]) -> None:
        """Offer more behind those that stand there; their numbers and the keyboard stay where they are."""
        before: QWidget = self._offered[-1][0] if self._offered else self.line
        for number, offer in enumerate(chips, len(self._offered) + 1):
            chip = self._made(offer, number)
            self._offered.append((chip, offer))
            self._chips.addWidget(chip)
            QWidget.setTabOrder(before, chip)
            before = chip
        QWidget.setTabOrder(before, self.suggest)
        self._chip_area.setVisible(bool(self._offered))
        self._on_text()

    def show_thinking(self, *, thinking: bool) -> None:
        """Say that a model is asked for ideas, too."""
        self._thinking.setVisible(thinking)

    def _made(self, offer: Suggested, number: int) -> Chip:
        chip = Chip(
            self._theme,
            offer.text,
            number=number if number <= MOST_CHIPS else 0,
            value=bool(offer.attribute),
            icon="cpu" if offer.origin == "model" else "",
            colour=self._colour,
        )
        chip.setCheckable(True)
        if offer.origin == "model":
            chip.setAccessibleName(_("{idea}, from the model", idea=chip.words()))
        tip = [offer.text if len(offer.text) > 40 else "", offer.reason]
        set_tip(chip, "\n".join(filter(None, tip)))
        chip.setAccessibleDescription(offer.reason)
        chip.clicked.connect(self._on_chip)
        return chip

    def _on_chip(self) -> None:
        for chip, offer in self._offered:
            if chip is self.sender():
                chip.setChecked(False)
                self.chip_taken.emit(offer)
                return

    def _on_text(self) -> None:
        # a line that begins like a chip is that chip being developed
        text = self.line.text()[:500].casefold().strip()
        for chip, offer in self._offered:
            chip.setChecked(bool(text) and text.startswith(offer.text.casefold()))


class AnswerField(Field):
    """One line for the answer, which grows if it must; Enter or the button answers."""

    said = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, radius="control")
        digits = [Qt.Key(Qt.Key.Key_1 + n) for n in range(MOST_CHIPS)]
        self.line = ProseEdit(theme, _("Your answer"), most=4, passed=(Qt.Key.Key_Up, *digits))
        self._hint = Label(theme, "meta", _("Enter"), colour="text_2")
        self._enter = EnterButton(theme)
        layout = row(margins=(12, 7, 7, 7), gap=9)
        layout.addWidget(self.line, 1, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._hint, 0, Qt.AlignmentFlag.AlignBottom)
        layout.addWidget(self._enter, 0, Qt.AlignmentFlag.AlignBottom)
        self.setLayout(layout)
        self._hint.setMinimumHeight(30)
        self.setFocusProxy(self.line)
        self._on_text()

        self.line.entered.connect(self.say)
        self.line.focus_changed.connect(self.set_active)
        self.line.textChanged.connect(self._on_text)
        self._enter.clicked.connect(self.say)

    def say(self) -> None:
        """Answer with what is written; nothing is no answer."""
        text = self.line.text()
        if text.strip():
            self.line.clear()
            self.said.emit(text)

    def _on_text(self) -> None:
        there = not self.line.is_blank()
        self._enter.setEnabled(there)
        self._hint.setVisible(there)


class EnterButton(IconButton):
    """The filled button that answers."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "corner-down-left", _("Answer"), "Return")

    def sizeHint(self) -> QSize:
        side = max(30, self._theme.size("icon") + 14)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        theme, radius = self._theme, self._theme.radius("control")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent" if self.isEnabled() else "hover"))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        ink = theme.colour("on_accent" if self.isEnabled() else "text_3")
        self._icon(painter, "corner-down-left", ink, (self.width() - theme.size("icon")) / 2)
        if self.hasFocus():
            painter.setPen(theme.colour("page"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(2.5, 2.5, -2.5, -2.5), radius - 2, radius - 2
            )


class WhyButton(IconButton):
    """The sign of the concept network before the reason, flush with the words above it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "network", _("Why this question?"), "Alt+Y")

    def sizeHint(self) -> QSize:
        side = max(24, self._theme.size("icon") + 8)
        return QSize(side - 4, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        ink = self._theme.colour("accent" if self._hovered() or self.hasFocus() else "text_2")
        self._icon(
            painter, "network", ink, 0 if self.isLeftToRight() else self.width() - self._theme.size("icon")
        )
        if self._shows_focus():
            paint_focus(painter, self._theme, QRectF(self.rect()), self._theme.radius("badge"))
