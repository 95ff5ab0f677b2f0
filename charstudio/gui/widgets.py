"""The parts that views are made of; the small ones are re-exported from here."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLayout,
    QLayoutItem,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from charstudio.gui.buttons import Chip, IconButton, LinkButton, PrimaryButton, QuietButton
from charstudio.gui.faces import Faces, Portrait, Ring
from charstudio.gui.text import Label, ProseLabel, ProseView
from charstudio.gui.theme import Theme
from charstudio.i18n import _

__all__ = [
    "Card",
    "Chip",
    "EmptyState",
    "Faces",
    "FlowLayout",
    "Hairline",
    "IconButton",
    "IconView",
    "Label",
    "LineEdit",
    "LinkButton",
    "NoticeBar",
    "Paper",
    "Portrait",
    "PrimaryButton",
    "ProseLabel",
    "ProseView",
    "QuietButton",
    "Ring",
    "StatusLine",
    "WorkBar",
    "column",
    "row",
]


def row(*, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 8) -> QHBoxLayout:
    """A row without the margins that Qt would add."""
    layout = QHBoxLayout()
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    return layout


def column(*, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 0) -> QVBoxLayout:
    """A column without the margins that Qt would add."""
    layout = QVBoxLayout()
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    return layout


class Paper(QWidget):
    """One of the three papers (sidebar, surface, page), with hairlines at the edges named."""

    def __init__(self, theme: Theme, paper: str = "surface", *, lines: str = "") -> None:
        super().__init__()
        self._theme, self._paper, self._lines = theme, paper, lines.split()
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour(self._paper))
        painter.setPen(self._theme.colour("line"))
        edge = self.rect()
        for name, ends in (
            ("left", (edge.topLeft(), edge.bottomLeft())),
            ("right", (edge.topRight(), edge.bottomRight())),
            ("top", (edge.topLeft(), edge.topRight())),
            ("bottom", (edge.bottomLeft(), edge.bottomRight())),
        ):
            if name in self._lines:
                painter.drawLine(*ends)


class Card(QWidget):
    """Page paper with a hairline and radius 10; selected it has the accent's edge."""

    def __init__(self, theme: Theme, *, paper: str = "page", edge: str = "line") -> None:
        super().__init__()
        self._theme, self._paper, self._edge = theme, paper, edge
        self._selected = False
        theme.changed.connect(self.update)

    def set_selected(self, selected: bool) -> None:
        """Mark it as the one that counts."""
        self._selected = selected
        self.update()

    @property
    def is_selected(self) -> bool:
        """Whether it is the one that counts."""
        return self._selected

    def set_edge(self, edge: str) -> None:
        """Use another colour for the edge."""
        self._edge = edge
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = 2 if self._selected else 1
        painter.setPen(QPen(self._theme.colour("accent" if self._selected else self._edge), width))
        painter.setBrush(self._theme.colour("accent_soft" if self._selected else self._paper))
        half = width / 2
        radius = self._theme.radius("card")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), radius, radius)


class Hairline(QWidget):
    """A line of one pixel between groups."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedHeight(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self._theme.colour("line"))


class LineEdit(QLineEdit):
    """A plain line to write in; its hint is its name, too."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setPlaceholderText(words)
        self.setAccessibleName(words)


class IconView(QWidget):
    """An icon that only shows something; it needs a name for who cannot see it."""

    def __init__(
        self, theme: Theme, icon: str, name: str = "", *, colour: str = "text_2", px: int = 0
    ) -> None:
        super().__init__()
        self._theme, self._icon, self._colour, self._px = theme, icon, colour, px
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def set_icon(self, icon: str, colour: str = "") -> None:
        """Show another icon."""
        self._icon, self._colour = icon, colour or self._colour
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._side(), self._side())

    def paintEvent(self, event: QPaintEvent) -> None:
        colour = self._theme.colour(self._colour)
        side = self._side()
        pixmap = self._theme.icon_pixmap(self._icon, colour, side, self.devicePixelRatioF())
        QPainter(self).drawPixmap((self.width() - side) // 2, (self.height() - side) // 2, pixmap)

    def _side(self) -> int:
        return round(self._px * self._theme.scale) or self._theme.size("icon")


class NoticeBar(QWidget):
    """A strip at the top of the view it concerns: what happened, what to do, one link, and a cross."""

    link_chosen = Signal()
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._kind = theme, "info"
        self._icon = IconView(theme, "info")
        self._words = Label(theme, "ui")
        self._words.setWordWrap(True)
        self._link = LinkButton(theme, "")
        self._close = IconButton(theme, "x", _("Close this notice"))
        layout = row(margins=(16, 4, 8, 4), gap=10)
        layout.addWidget(self._icon)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._link)
        layout.addWidget(self._close)
        self.setLayout(layout)
        self.setMinimumHeight(36)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.hide()

        self._link.clicked.connect(self.link_chosen)
        self._close.clicked.connect(self.clear)
        theme.changed.connect(self.update)

    def show_notice(self, sentence: str, link: str = "", kind: Literal["info", "danger"] = "info") -> None:
        """Say one sentence; `link` is the words of what can be done about it."""
        self._kind = kind
        self._icon.set_icon("info" if kind == "info" else "triangle-alert", self._ink())
        self._words.set_text(sentence)
        self._link.set_words(link)
        self._link.setVisible(bool(link))
        self.setAccessibleName(sentence)
        self.show()
        self.update()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def clear(self) -> None:
        """Take the notice away."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        soft = "accent_soft" if self._kind == "info" else "author_soft"
        painter.fillRect(self.rect(), self._theme.colour(soft))
        painter.setPen(self._theme.colour("line"))
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())

    def _ink(self) -> str:
        return "accent" if self._kind == "info" else "danger"


class EmptyState(QWidget):
    """What stands where nothing is yet: one sentence, one thing to do, one quiet alternative."""

    primary_chosen = Signal()
    quiet_chosen = Signal()

    def __init__(
        self,
        theme: Theme,
        sentence: str,
        *,
        primary: str = "",
        quiet: str = "",
        keys: str = "",
        face: QWidget | None = None,
    ) -> None:
        super().__init__()
        self._sentence = ProseLabel(theme, sentence, style="view_title", centred=True)
        self._more = ProseLabel(theme, "", style="prose", colour="text_2", centred=True)
        self._more.hide()
        self._primary = PrimaryButton(theme, primary, keys=keys)
        self._quiet = QuietButton(theme, quiet, framed=True)
        self._primary.setVisible(bool(primary))
        self._quiet.setVisible(bool(quiet))
        inner = column(gap=16)
        if face is not None:
            inner.addWidget(face, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addWidget(self._sentence)
        inner.addWidget(self._more)
        buttons = row(margins=(0, 8, 0, 0), gap=10)
        buttons.addStretch()
        buttons.addWidget(self._primary)
        buttons.addWidget(self._quiet)
        buttons.addStretch()
        inner.addLayout(buttons)
        middle = QWidget()
        middle.setLayout(inner)
        middle.setMaximumWidth(520)
        outer = column(margins=(32, 24, 32, 40))
        outer.addStretch(2)
        across = row()
        across.addStretch(1)
        across.addWidget(middle, 100)
        across.addStretch(1)
        outer.addLayout(across)
        outer.addStretch(3)
        self.setLayout(outer)

        self._primary.clicked.connect(self.primary_chosen)
        self._quiet.clicked.connect(self.quiet_chosen)

    def show_words(self, sentence: str, more: str = "", primary: str = "", quiet: str = "") -> None:
        """Say something else."""
        self._sentence.set_text(sentence)
        self._more.set_text(more)
        self._more.setVisible(bool(more))
        for button, words in ((self._primary, primary), (self._quiet, quiet)):
            button.set_words(words)
            button.setVisible(bool(words))


class WorkBar(QWidget):
    """How far long work is: a bar of 5 px, or a moving part of it when the end is not known."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._done, self._total = 0, 0
        self.setFixedSize(90, 6)
        self.setAccessibleName(_("Progress"))

    def show_part(self, done: int, total: int) -> None:
        """Show `done` of `total`; a total of 0 is unknown."""
        self._done, self._total = done, total
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect())
        painter.setBrush(self._theme.colour("line"))
        painter.drawRoundedRect(area, 3, 3)
        part = min(1.0, self._done / self._total) if self._total else 0.3
        painter.setBrush(self._theme.colour("accent"))
        painter.drawRoundedRect(QRectF(0, 0, area.width() * part, area.height()), 3, 3)


class StatusLine(Paper):
    """The foot of the window: what is saved, what takes long and can be stopped, and which model listens."""

    stop_wanted = Signal()
    model_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "sidebar", lines="top")
        self._tick = IconView(theme, "check", colour="ok", px=13)
        self._saved = Label(theme, "meta", _("Saved"), colour="text_2", elide=True)
        self._work = Label(theme, "meta", colour="text_2")
        self._bar = WorkBar(theme)
        self._count = Label(theme, "meta", colour="text_2")
        self._stop = LinkButton(theme, _("Stop"), small=True)
        self._model = QuietButton(theme, _("No model"), icon="cpu", small=True)
        self._parts = (self._work, self._bar, self._count, self._stop)
        layout = row(margins=(12, 1, 8, 0), gap=7)
        layout.addWidget(self._tick)
        layout.addWidget(self._saved, 1)
        for part in self._parts:
            layout.addWidget(part)
            part.hide()
        layout.addSpacing(10)
        layout.addWidget(self._model)
        self.setLayout(layout)
        self._restyle()

        self._stop.clicked.connect(self.stop_wanted)
        self._model.clicked.connect(self.model_wanted)
        theme.changed.connect(self._restyle)

    def show_saved(self, words: str) -> None:
        """Say what is saved and what undo would do."""
        self._saved.set_text(words)
        self._tick.set_icon("check", "ok")

    def show_unsaved(self, words: str) -> None:
        """Say why something is not saved."""
        self._saved.set_text(words)
        self._tick.set_icon("triangle-alert", "danger")

    def show_work(self, words: str, done: int = 0, total: int = 0, *, stoppable: bool = True) -> None:
        """Show long work; a total of 0 is unknown."""
        self._work.set_text(words)
        self._bar.show_part(done, total)
        self._count.set_text(_("{done} of {total}", done=done, total=total) if total else "")
        for part in self._parts:
            part.show()
        self._count.setVisible(bool(total))
        self._stop.setVisible(stoppable)

    def end_work(self) -> None:
        """The long work is over."""
        for part in self._parts:
            part.hide()

    def show_model(self, words: str) -> None:
        """Say which model it is and what it does."""
        self._model.set_words(words)

    def _restyle(self) -> None:
        self.setFixedHeight(self._theme.size("status"))


class FlowLayout(QLayout):
    """Puts widgets one after another and begins a new line when the width is used up."""

    def __init__(self, *, gap: int = 8, line_gap: int = 8) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._gap, self._line_gap = gap, line_gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def clear(self) -> None:
        """Take all widgets out and let them go."""
        while self._items:
            widget = self._items.pop().widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.invalidate()

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        width = sum(item.sizeHint().width() + self._gap for item in self._shown()) - self._gap
        return QSize(max(0, width), self.heightForWidth(max(1, width)))

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._shown():
            size = size.expandedTo(item.minimumSize())
        return size

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _place(self, rect: QRect, *, move: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        parent = self.parentWidget()
        mirrored = parent is not None and parent.layoutDirection() == Qt.LayoutDirection.RightToLeft
        for item in self._shown():
            hint = item.sizeHint()
            width = min(hint.width(), rect.width())
            if x > rect.x() and x + width > rect.right() + 1:
                x, y, line = rect.x(), y + line + self._line_gap, 0
            if move:
                left = rect.right() + 1 - (x - rect.x()) - width if mirrored else x
                item.setGeometry(QRect(QPoint(left, y), QSize(width, hint.height())))
            x += width + self._gap
            line = max(line, hint.height())
        return y + line - rect.y()
