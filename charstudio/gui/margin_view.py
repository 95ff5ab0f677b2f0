"""The margin of the sheet: who stands around the character, and what the checks noticed, with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from charstudio.checks import Finding, Offer
from charstudio.gui.buttons import paint_focus, shortcut_text
from charstudio.gui.faces import Faces
from charstudio.gui.relations import MOST_FACES, Bond, RelationsFan
from charstudio.gui.text import Label, set_tip
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import FlowLayout, Hairline, IconView, LineEdit, LinkButton, Paper, column, row
from charstudio.i18n import _
from charstudio.model import Character

_ICONS = {
    "age_vs_birth": "history",
    "two_values_for_one": "copy",
    "opposite_traits": "drama",
    "relation_one_sided": "user-plus",
    "relation_cycle": "refresh-cw",
    "confusable_names": "users",
    "cannot_but_does": "circle-question-mark",
    "knows_and_not": "circle-question-mark",
    "drive_chain_gap": "lightbulb",
    "placeholder_left": "notebook-pen",
    "chat_contradicts_sheet": "message-square",
}
_COLOURS = {"error": "danger", "warn": "private", "ask": "private"}


class NoteLink(LinkButton):
    """A link of a note: no higher than its line, so that a note stays together."""

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._theme.line("ui") + 6)


class MarginNote(QWidget):
    """One finding: a title, a sentence, and what can be done; hovering it underlines its values."""

    pointed = Signal(object)
    both_wanted = Signal(object)
    meant = Signal(object)
    offer_taken = Signal(object)

    def __init__(self, theme: Theme, finding: Finding) -> None:
        super().__init__()
        self._theme, self.finding = theme, finding
        self._offers: dict[LinkButton, Offer] = {}
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"{finding.title}. {finding.sentence}")
        title = Label(theme, "ui_strong", finding.title)
        title.setWordWrap(True)
        words = Label(theme, "ui", finding.sentence, colour="text_2")
        words.setWordWrap(True)
        head = row(gap=8)
        icon = IconView(theme, _ICONS[finding.check], colour=_COLOURS.get(finding.level, "text_2"), px=15)
        head.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(title, 1)
        links = FlowLayout(gap=6, line_gap=0)
        self._both = NoteLink(theme, _show_words(finding))
        self._meant = NoteLink(theme, _("It is meant") if finding.level != "offer" else _("Leave it"))
        for offer in finding.offers:
            link = NoteLink(theme, offer.words)
            self._offers[link] = offer
            links.addWidget(link)
            link.clicked.connect(self._on_offer)
        for link in (self._both, self._meant):
            links.addWidget(link)
        holder = QWidget()
        holder.setLayout(links)
        said = column(margins=(4, 0, 4, 0), gap=2)
        said.addLayout(head)
        said.addWidget(words)
        # the words of a link begin where the sentence begins; its hover reaches further
        layout = column(margins=(4, 7, 4, 5), gap=1)
        layout.addLayout(said)
        layout.addWidget(holder)
        self.setLayout(layout)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        set_tip(self._both, f"{self._both.words()}  {shortcut_text('Return')}")
        set_tip(self._meant, f"{self._meant.words()}  {shortcut_text('Del')}")

        self._both.clicked.connect(self._on_both)
        self._meant.clicked.connect(self._on_meant)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.both_wanted.emit(self.finding)
        elif event.key() == Qt.Key.Key_Delete:
            self.meant.emit(self.finding)
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit(self.finding)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.pointed.emit(self.finding)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hasFocus():
            area = self.rect().toRectF().adjusted(1, 1, -1, -1)
            paint_focus(QPainter(self), self._theme, area, self._theme.radius("control"))

    def _on_both(self) -> None:
        self.both_wanted.emit(self.finding)

    def _on_meant(self) -> None:
        self.meant.emit(self.finding)

    def _on_offer(self) -> None:
        link = self.sender()
        if isinstance(link, LinkButton):
            self.offer_taken.emit(self._offers[link])


class MarginView(Paper):
    """Relations above, margin notes below; it tells what the writer wants of them."""

    person_chosen = Signal(int)
    cast_wanted = Signal()
    pointed = Signal(object)
    both_wanted = Signal(object)
    meant = Signal(object)
    offer_taken = Signal(object)
    story_year_set = Signal(object)

    def __init__(self, theme: Theme, faces: Faces) -> None:
        super().__init__(theme, "surface")
        self._year: int | None = None
        self._count = Label(theme, "ui_small", colour="text_2")
        self._more = LinkButton(theme, _("More"))
        self._more.setAccessibleName(_("More: the graph of the cast"))
        self._fan = RelationsFan(theme, faces)
        self._nobody = Label(
            theme,
            "ui",
            _("Nobody yet. Who stands in a line such as “Rival” stands here, too."),
            colour="text_2",
        )
        self._nobody.setWordWrap(True)
        self._noticed = Label(theme, "ui_small", colour="text_2")
        self._nothing = Label(theme, "ui", _("Nothing contradicts anything."), colour="text_2")
        self._notes = column(gap=4)
        self._year_link = LinkButton(theme, "")
        self._year_field = LineEdit(_("Year of the story"))
        self._year_field.hide()
        self._build(theme)
        self.show_story_year(None)

        self._more.clicked.connect(self.cast_wanted)
        self._fan.person_chosen.connect(self.person_chosen)
        self._year_link.clicked.connect(self._on_year)
        self._year_field.returnPressed.connect(self._on_year_entered)
        self._year_field.editingFinished.connect(self._on_year_left)

    def _build(self, theme: Theme) -> None:
        inner = column(margins=(12, 16, 12, 16), gap=0)
        inner.addLayout(_head(Label(theme, "ui_strong", _("Relations")), self._count, self._more))
        inner.addSpacing(6)
        inner.addWidget(self._fan)
        inner.addLayout(_inset(self._nobody))
        inner.addSpacing(14)
        inner.addLayout(_inset(Hairline(theme)))
        inner.addSpacing(14)
        inner.addLayout(_head(Label(theme, "ui_strong", _("Margin notes")), self._noticed))
        inner.addSpacing(4)
        inner.addLayout(_inset(self._nothing))
        inner.addLayout(self._notes)
        inner.addStretch()
        page = Paper(theme, "surface")
        page.setLayout(inner)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        foot = row(margins=(16, 4, 16, 8), gap=6)
        foot.addWidget(self._year_link)
        foot.addWidget(self._year_field, 1)
        foot.addStretch()
        whole = column()
        whole.addWidget(scroll, 1)
        whole.addLayout(foot)
        self.setLayout(whole)
        self._scroll = scroll

    def show_bonds(self, who: Character, bonds: Sequence[Bond]) -> None:
        """These people stand around the character."""
        self._fan.show_bonds(who, bonds)
        self._fan.setVisible(bool(bonds))
        self._nobody.setVisible(not bonds)
        people = len({bond.other.id for bond in bonds})
        hidden = max(0, len(bonds) - MOST_FACES)
        words = _("1 person") if people == 1 else _("{n} people", n=people)
        self._count.set_text((_("{n} more", n=hidden) if hidden else words) if bonds else "")

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """These are what the checks noticed; notes that stay keep their place and the keyboard."""
        here = [self._note(i) for i in range(self._notes.count())]
        there = {note.finding: note for note in here if note is not None}
        for finding, note in there.items():
            if finding not in findings:
                self._notes.removeWidget(note)
                note.hide()
                note.deleteLater()
        for place, finding in enumerate(findings):
            note = there.get(finding) or self._made(finding)
            if self._notes.indexOf(note) != place:
                self._notes.removeWidget(note)
                self._notes.insertWidget(place, note)
        self._nothing.setVisible(not findings)
        self._noticed.set_text(str(len(findings)) if findings else "")

    def notes(self) -> list[MarginNote]:
        """The notes in view, from top to bottom."""
        found = [self._note(i) for i in range(self._notes.count())]
        return [note for note in found if note is not None]

    def show_story_year(self, year: int | None) -> None:
        """The story plays in this year, or the writer did not say."""
        self._year = year
        self._year_link.set_words(
            _("Story year: {year}", year=year) if year is not None else _("Story year…")
        )

    def _note(self, place: int) -> MarginNote | None:
        item = self._notes.itemAt(place)
        widget = item.widget() if item is not None else None
        return widget if isinstance(widget, MarginNote) else None

    def _made(self, finding: Finding) -> MarginNote:
        note = MarginNote(self._theme, finding)
        note.pointed.connect(self._on_pointed)
        note.both_wanted.connect(self.both_wanted)
        note.meant.connect(self.meant)
        note.offer_taken.connect(self.offer_taken)
        return note

    def _on_pointed(self, finding: Finding | None) -> None:
        note = self.sender()
        if isinstance(note, MarginNote) and note.hasFocus():
            self._scroll.ensureWidgetVisible(note, 0, 20)
        self.pointed.emit(finding)

    def _on_year(self) -> None:
        self._year_field.setText(str(self._year) if self._year is not None else "")
        self._year_link.hide()
        self._year_field.show()
        self._year_field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_year_entered(self) -> None:
        words = self._year_field.text().strip()
        self._close_year()
        if not words or words.lstrip("-").isdecimal():
            self.story_year_set.emit(int(words) if words else None)

    def _on_year_left(self) -> None:
        if not self._year_field.hasFocus():
            self._close_year()

    def _close_year(self) -> None:
        self._year_field.hide()
        self._year_link.show()


def _show_words(finding: Finding) -> str:
    """The words of the link that leads to what a finding is about."""
    if any(place.message_id is not None for place in finding.places):
        return _("Show the reply")
    return _("Show both") if len(finding.places) > 1 else _("Show it")


def _head(title: Label, count: Label, link: LinkButton | None = None) -> QHBoxLayout:
    line = row(margins=(8, 0, 4 if link else 8, 0), gap=8)
    line.addWidget(title, 1)
    line.addWidget(count)
    if link is not None:
        line.addWidget(link)
    return line


def _inset(widget: QWidget) -> QHBoxLayout:
    line = row(margins=(8, 0, 8, 0))
    line.addWidget(widget)
    return line
