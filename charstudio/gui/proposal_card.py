"""One proposal as it waits beside the talk: what it would say on the sheet, and three answers to it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from charstudio.gui.text import Label, ProseLabel, isolated, one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    Card,
    Chip,
    FlowLayout,
    IconView,
    LinkButton,
    PrimaryButton,
    QuietButton,
    column,
    row,
)
from charstudio.i18n import _
from charstudio.model import Value
from charstudio.talk import Place, Shown

LONG_SENTENCE = 400
LONG_AGAINST = 160


class ProposalCard(Card):
    """Accent edge, bulb, whose idea it is, the sentence, where it would go and where it came from.

    `decided` tells keep, refuse or later, and for keep the attribute; `source_wanted` the message.
    """

    decided = Signal(int, str, str)
    source_wanted = Signal(int)
    stepped = Signal(int)

    def __init__(self, theme: Theme, called: str, shown: Shown) -> None:
        super().__init__(theme, edge="accent")
        self._theme = theme
        self.shown = shown
        self._place = shown.places[0]
        several = len(shown.places) > 1
        self._title = Label(theme, "caption", _origin(shown, called), colour="accent")
        self._sentence = ProseLabel(theme, style="prose_side")
        self._against = Label(theme, "ui_small", colour="private")
        self._against.setWordWrap(True)
        self._where = Label(theme, "meta", colour="text_2", elide=True)
        self._source = LinkButton(theme, _("Show the message"), small=True)
        self._chips = [Chip(theme, place.label) for place in shown.places] if several else []
        for chip in self._chips:
            chip.setCheckable(True)
        self.keep = PrimaryButton(theme, _("Keep"))
        self.refuse = QuietButton(theme, _("Not this"))
        self.later = QuietButton(theme, _("Later"))
        self._build()
        self._choose(self._place)

        for chip in self._chips:
            chip.clicked.connect(self._on_chip)
        self.keep.clicked.connect(self._on_keep)
        self.refuse.clicked.connect(self._on_refuse)
        self.later.clicked.connect(self._on_later)
        self._source.clicked.connect(self._on_source)
        for button in (self.keep, self.refuse, self.later, self._source, *self._chips):
            button.installEventFilter(self)

    def _build(self) -> None:
        head = row(gap=7)
        head.addWidget(IconView(self._theme, "lightbulb", colour="accent"))
        head.addWidget(self._title, 1)
        origin = row(gap=8)
        origin.addWidget(self._where, 1)
        origin.addWidget(self._source)
        acts = row(gap=4)
        acts.addWidget(self.keep)
        acts.addSpacing(4)
        acts.addWidget(self.refuse)
        acts.addWidget(self.later)
        acts.addStretch()
        layout = column(margins=(16, 10, 14, 10), gap=4)
        layout.addLayout(head)
        layout.addWidget(self._sentence)
        layout.addWidget(self._against)
        if self._chips:
            layout.addSpacing(4)
            layout.addWidget(self._choices())
        layout.addLayout(origin)
        layout.addSpacing(4)
        layout.addLayout(acts)
        self.setLayout(layout)
        # only now have they a parent: before, each would show as a window of its own
        self._source.setVisible(self.shown.proposal.message_id is not None)
        self.later.setVisible(self.shown.proposal.decision != "later")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setFocusProxy(self.keep)
        QWidget.setTabOrder(self.keep, self.refuse)
        QWidget.setTabOrder(self.refuse, self.later)

    def _choices(self) -> QWidget:
        area, flow = QWidget(), FlowLayout(gap=6, line_gap=6)
        for chip in self._chips:
            flow.addWidget(chip)
        area.setLayout(flow)
        area.setAccessibleName(_("Where it belongs"))
        return area

    def words(self) -> str:
        """The sentence that would stand on the sheet."""
        return self._sentence.text()

    def against(self) -> str:
        """What the sheet says instead; empty when it says nothing of the kind."""
        return self._against.whole()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # buttons would take the arrows to walk among themselves; here they lead from card to card
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
            if step:
                self.stepped.emit(step)
                return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_1
        if event.modifiers() == Qt.KeyboardModifier.NoModifier and 0 <= number < len(self._chips):
            self._choose(self.shown.places[number])
        elif event.key() == Qt.Key.Key_Delete:
            self._on_refuse()
        else:
            super().keyPressEvent(event)

    def _choose(self, place: Place) -> None:
        self._place = place
        self._sentence.set_text(place.sentence[:LONG_SENTENCE])
        said = [_said(value) for value in place.against]
        self._against.set_text(_("The sheet says: {what}", what=", ".join(said)) if said else "")
        self._against.setVisible(bool(said))
        self.keep.set_words(_("Keep instead") if said else _("Keep"))
        self._where.set_text(_where(self.shown, place))
        for chip, other in zip(self._chips, self.shown.places, strict=False):
            chip.setChecked(other is place)
        self.setAccessibleName(f"{self._title.whole()}. {place.sentence[:LONG_SENTENCE]}")
        self.keep.setAccessibleDescription(
            f"{place.sentence[:LONG_SENTENCE]} {self._against.whole()}".strip()
        )

    def _on_chip(self) -> None:
        for chip, place in zip(self._chips, self.shown.places, strict=False):
            if chip is self.sender():
                self._choose(place)

    def _on_keep(self) -> None:
        self.decided.emit(self.shown.proposal.id, "keep", self._place.attribute)

    def _on_refuse(self) -> None:
        self.decided.emit(self.shown.proposal.id, "refuse", "")

    def _on_later(self) -> None:
        self.decided.emit(self.shown.proposal.id, "later", "")

    def _on_source(self) -> None:
        self.source_wanted.emit(self.shown.proposal.message_id or 0)


def _origin(shown: Shown, called: str) -> str:
    """Whose idea it is."""
    name = isolated(called)
    match shown.proposal.origin:
        case "card":
            return _("Found in the card")
        case "kept":
            return _("You want to keep this")
        case _:
            return _("{name} made this up", name=name) if called else _("This voice made it up")


def _where(shown: Shown, place: Place) -> str:
    """Where it would go, and where it came from."""
    if shown.proposal.origin == "card":
        return _("for {label} · from the card", label=place.label)
    if shown.proposal.decision == "later":
        return _("for {label} · put off earlier", label=place.label)
    evidence = one_line(shown.proposal.offer.evidence, 80)
    return _("for {label} · from “{words}”", label=place.label, words=evidence)


def _said(value: Value) -> str:
    if value.state == "none":
        return _("there are none")
    if value.state == "na":
        return _("this does not apply")
    return _("“{text}”", text=one_line(value.text, LONG_AGAINST))
