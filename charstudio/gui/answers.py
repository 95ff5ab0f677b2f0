"""What was answered in the guide, and how far its questions are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from charstudio.gui.rows import Row
from charstudio.gui.text import Label, ProseLabel, one_line, plain_tip
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    column,
)
from charstudio.i18n import _

MARGIN = 92
GUTTER = 18


class AnswerRow(Row):
    """One answer: what it was about in the margin, the question in italics, the words below."""

    def __init__(self, theme: Theme, entry: tuple[str, str, str]) -> None:
        super().__init__()
        self._theme, self.entry = theme, entry
        label, question, answer = entry
        self._label = Label(theme, "ui_small", label, colour="text_2", elide=True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self._question = ProseLabel(theme, question, style="aside", colour="text_2")
        self._answer = ProseLabel(theme, answer, style="prose")
        for part in (self._label, self._question, self._answer):
            part.setParent(self)
        self.setAccessibleName(one_line(f"{label}: {answer}"))

    def arrange(self, width: int) -> int:
        margin = round(MARGIN * self._theme.scale)
        left = margin + GUTTER
        room = max(40, width - left)
        asked = self._question.heightForWidth(room) if self._question.text() else 0
        said = self._answer.heightForWidth(room)
        self.place(self._label, QRect(0, 0, margin, self._theme.line("aside")))
        self.place(self._question, QRect(left, 0, room, asked))
        self.place(self._answer, QRect(left, asked, room, said))
        return asked + said + 15


class ReplyRow(Row):
    """What the character says outside of a question: an overview, a reason, that it did not understand."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._words = ProseLabel(theme, "", style="aside", colour="text_2")
        self._words.setParent(self)

    def set_text(self, text: str) -> None:
        """Say this."""
        self._words.set_text(text)
        self.setAccessibleName(text[:2000])
        self.resized.emit()

    def text(self) -> str:
        """What is said."""
        return self._words.text()

    def arrange(self, width: int) -> int:
        left = round(MARGIN * self._theme.scale) + GUTTER
        room = max(40, width - left)
        height = self._words.heightForWidth(room)
        self.place(self._words, QRect(left, 0, room, height))
        return height + 12


class Blank(QWidget):
    """What stands where no answer is yet: one sentence in the middle, and what the voice says to it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._sentence = ProseLabel(theme, "", style="view_title", centred=True)
        self._more = ProseLabel(theme, "", style="aside", colour="text_2", centred=True)
        layout = column(margins=(40, 12, 40, 12), gap=8)
        layout.addStretch(1)
        layout.addWidget(self._sentence)
        layout.addWidget(self._more)
        layout.addStretch(1)
        self.setLayout(layout)

    def show_words(self, sentence: str, more: str) -> None:
        """Say this."""
        self._sentence.set_text(sentence)
        self._more.set_text(more)
        self._more.setVisible(bool(more))


class Ticks(QWidget):
    """How far a pack is, as a row of ticks; each tells what it stands for."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._colour = "slate"
        self._steps: list[tuple[str, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(60)
        theme.changed.connect(self.update)

    def set_colour(self, colour: str) -> None:
        """Use the ink of this character."""
        self._colour = colour
        self.update()

    def show_steps(self, steps: Sequence[tuple[str, str]], words: str) -> None:
        """Show these steps; `words` says it for who cannot see them."""
        self._steps = list(steps)
        self.setAccessibleName(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(min(220, 21 * len(self._steps)), 24)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = next(
                (n for n, area in enumerate(self._areas()) if area.contains(event.pos().toPointF())), -1
            )
            if at >= 0:
                QToolTip.showText(event.globalPos(), plain_tip(self._said(*self._steps[at])), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        theme = self._theme
        inks = {"done": theme.character(self._colour).ink, "now": theme.colour("line_strong")}
        for area, (_label, state) in zip(self._areas(), self._steps, strict=True):
            painter.setBrush(inks.get(state, theme.colour("line")))
            bar = area.adjusted(0, area.height() / 2 - 2, 0, 2 - area.height() / 2)
            painter.drawRoundedRect(bar, 2, 2)

    def _areas(self) -> list[QRectF]:
        count = len(self._steps)
        gap = 3 if count <= 30 else 1
        wide = max(1.0, min(18.0, (self.width() - gap * (count - 1)) / max(1, count)))
        start = self.width() - count * wide - gap * (count - 1)
        areas = [QRectF(start + n * (wide + gap), 0, wide, self.height()) for n in range(count)]
        return areas[::-1] if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else areas

    def _said(self, label: str, state: str) -> str:
        match state:
            case "done":
                return _("{label}: decided", label=one_line(label))
            case "now":
                return _("{label}: being asked now", label=one_line(label))
            case "skipped":
                return _("{label}: skipped for now", label=one_line(label))
            case _:
                return one_line(label)
