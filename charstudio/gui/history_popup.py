"""Where a value comes from: its states, newest first, each with its source and a way back to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from charstudio.gui.page_rows import know_words, source_words
from charstudio.gui.text import Label, ProseLabel
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import IconView, LinkButton, column, row
from charstudio.i18n import _
from charstudio.store import Past

WIDTH = 400
MOST_HEIGHT = 420
MESSAGE = "message:"


class PastRow(QWidget):
    """One state of the value."""

    restore_wanted = Signal(object)
    message_wanted = Signal(int)

    def __init__(self, theme: Theme, past: Past, *, now: bool, same: bool) -> None:
        super().__init__()
        self._past = past
        icon, source = source_words(past.source)
        gone = past.text is None
        words = _("Removed") if gone else past.text or _("None, decidedly.")
        text = ProseLabel(theme, words, style="prose_side", colour="text_2" if gone or not now else "text")
        # where the words stayed the same, what was done is the news
        meta = [_day(past.at), past.label if same else source]
        if not gone and past.know != "open":
            meta.append(know_words(past.know)[1])
        about = Label(theme, "meta", " · ".join(meta), colour="text_2", elide=True)
        self.setAccessibleName(f"{words}. {about.whole()}")
        foot = row(gap=4)
        foot.addWidget(about, 1)
        if past.source_ref.removeprefix(MESSAGE).isdecimal() and past.source_ref.startswith(MESSAGE):
            jump = LinkButton(theme, _("Show the message"), small=True)
            jump.clicked.connect(self._on_jump)
            foot.addWidget(jump)
        if now and not gone:
            foot.addWidget(Label(theme, "meta", _("now"), colour="text_2"))
        elif not gone:
            back = LinkButton(theme, _("Restore this"), small=True)
            back.clicked.connect(self._on_back)
            foot.addWidget(back)
        side = column(gap=1)
        side.addWidget(text)
        side.addLayout(foot)
        layout = row(margins=(14, 7, 10, 7), gap=10)
        layout.addWidget(IconView(theme, icon, colour="text_3", px=14), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(side, 1)
        self.setLayout(layout)

    def _on_back(self) -> None:
        self.restore_wanted.emit(self._past)

    def _on_jump(self) -> None:
        self.message_wanted.emit(int(self._past.source_ref.removeprefix(MESSAGE)))


class HistoryPopup(QFrame):
    """Opens beside a value and closes with Esc or a click elsewhere."""

    restore_wanted = Signal(object)
    message_wanted = Signal(int)

    def __init__(self, theme: Theme, label: str, past: Sequence[Past], elsewhere: str = "") -> None:
        super().__init__(None, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAccessibleName(_("Where it comes from: {label}", label=label))
        title = Label(theme, "ui_strong", _("Where it comes from: {label}", label=label), elide=True)
        inner = column()
        for place, state in enumerate(past):
            before = past[place + 1].text if place + 1 < len(past) else None
            line = PastRow(theme, state, now=place == 0, same=state.text is not None and state.text == before)
            line.restore_wanted.connect(self._on_restore)
            line.message_wanted.connect(self._on_message)
            inner.addWidget(line)
        if not past:
            inner.addWidget(Label(theme, "ui", _("Nothing is known of its past."), colour="text_2"))
        page = QWidget()
        page.setLayout(inner)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head = row(margins=(14, 10, 14, 4))
        head.addWidget(title, 1)
        layout = column(margins=(1, 1, 1, 7))
        layout.addLayout(head)
        if elsewhere:
            there = Label(theme, "ui", elsewhere, colour="text_2")
            there.setWordWrap(True)
            below = row(margins=(14, 0, 14, 4))
            below.addWidget(there)
            layout.addLayout(below)
        layout.addWidget(scroll, 1)
        self.setLayout(layout)
        wide = round(WIDTH * theme.scale)
        self.setFixedWidth(wide)
        page.setFixedWidth(wide - 4)
        inner.activate()
        high = inner.heightForWidth(wide - 4) if inner.hasHeightForWidth() else inner.sizeHint().height()
        self.resize(
            wide,
            min(MOST_HEIGHT, high + layout.minimumSize().height() - scroll.minimumSizeHint().height() + 6),
        )

    def open_at(self, where: QPoint) -> None:
        """Open with the right upper corner there, within the screen."""
        screen = self.screen().availableGeometry()
        x = max(screen.left() + 8, min(where.x() - self.width(), screen.right() - self.width() - 8))
        y = max(screen.top() + 8, min(where.y(), screen.bottom() - self.height() - 8))
        self.move(x, y)
        self.show()
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self.focusNextChild()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.colour("line_strong"), 1))
        painter.setBrush(self._theme.colour("page"))
        radius = self._theme.radius("card")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)

    def _on_restore(self, past: Past) -> None:
        self.restore_wanted.emit(past)
        self.close()

    def _on_message(self, message_id: int) -> None:
        self.message_wanted.emit(message_id)
        self.close()


def _day(at: str) -> str:
    """The hour of a moment of today, else its day, in the time of this computer."""
    try:
        moment = datetime.fromisoformat(at).astimezone()
    except ValueError:
        return at
    today = moment.date() == datetime.now().astimezone().date()
    return moment.strftime("%H:%M") if today else moment.strftime("%Y-%m-%d")
