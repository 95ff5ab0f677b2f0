"""The proposals that wait, between what was said and the line on which the writer goes on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from charstudio.gui.proposal_card import ProposalCard
from charstudio.gui.text import Label
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import IconButton, column, row
from charstudio.i18n import _
from charstudio.talk import Shown

SHARE = 0.46  # of the view at most
MOST_CARDS = 40


def counted(count: int) -> str:
    """How many there are, in words."""
    return _("1 thing to look at") if count == 1 else _("{count} things to look at", count=count)


class ProposalTray(QWidget):
    """Cards one below the other; opened and closed by the writer, and it never opens by itself."""

    decided = Signal(int, str, str)
    source_wanted = Signal(int)
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._cards: list[ProposalCard] = []
        self._most = 300
        self._title = Label(theme, "caption", colour="text_2")
        self._close = IconButton(theme, "x", _("Close"), "Esc")
        head = row(margins=(2, 0, 0, 0), gap=8)
        head.addWidget(self._title, 1)
        head.addWidget(self._close)
        self._list = column(margins=(0, 0, 0, 2), gap=8)
        self._page = QWidget()
        self._page.setLayout(self._list)
        self._scroll = _Scroll(self._page)
        layout = column(margins=(0, 2, 0, 6), gap=2)
        layout.addLayout(head)
        layout.addWidget(self._scroll)
        self.setLayout(layout)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(_("Proposals"))
        self.hide()

        self._close.clicked.connect(self.closed)
        theme.changed.connect(self.fit)

    def show_proposals(self, called: str, shown: Sequence[Shown]) -> None:
        """These wait; cards that are still there keep the keyboard."""
        had = next((i for i, card in enumerate(self._cards) if card.isAncestorOf(_focus(self))), None)
        wanted = list(shown[:MOST_CARDS])
        if [c.shown for c in self._cards] != wanted:
            self._fill(called, wanted)
        self._title.set_text(counted(len(shown)))
        self.fit()
        if had is not None and self._cards:
            self._cards[min(had, len(self._cards) - 1)].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def take_keyboard(self, proposal_id: int = 0) -> None:
        """Give the keyboard to a card, the first one unless told which."""
        chosen = [c for c in self._cards if c.shown.proposal.id == proposal_id] or self._cards[:1]
        if chosen:
            chosen[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
            QTimer.singleShot(0, self._reveal)

    def fit(self, most: int = 0) -> None:
        """Be as high as the cards, but no higher than `most`."""
        self._most = most or self._most
        self._page.adjustSize()
        width = self._scroll.viewport().width() or self.width()
        high = sum(
            c.heightForWidth(width) if c.hasHeightForWidth() else c.sizeHint().height() for c in self._cards
        )
        high += 8 * max(0, len(self._cards) - 1) + 2
        self._scroll.setFixedHeight(max(60, min(high, self._most)))

    @property
    def cards(self) -> tuple[ProposalCard, ...]:
        """The cards in their order."""
        return tuple(self._cards)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: object) -> None:
        self.fit()

    def _fill(self, called: str, wanted: Sequence[Shown]) -> None:
        for card in self._cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = []
        for shown in wanted:
            card = ProposalCard(self._theme, called, shown)
            card.decided.connect(self.decided)
            card.source_wanted.connect(self.source_wanted)
            card.stepped.connect(self._step)
            self._list.addWidget(card)
            card.show()
            self._cards.append(card)

    def _step(self, step: int) -> None:
        here = next((i for i, card in enumerate(self._cards) if card.isAncestorOf(_focus(self))), None)
        if here is not None and 0 <= here + step < len(self._cards):
            self._cards[here + step].setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._reveal()

    def _reveal(self) -> None:
        card = next((c for c in self._cards if c.isAncestorOf(_focus(self))), None)
        if card is not None:
            self._scroll.ensureWidgetVisible(card, 0, 4)


class _Scroll(QScrollArea):
    """Scrolls cards without an edge of its own."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def sizeHint(self) -> QSize:
        return QSize(200, self.maximumHeight() if self.maximumHeight() < 10_000 else 120)


def _focus(widget: QWidget) -> QWidget:
    """What has the keyboard in this window; the window itself when nothing has."""
    return widget.window().focusWidget() or widget.window()
