"""The guide: the character asks, the writer answers, and every answer stands above the next question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QMenu, QScrollArea, QSizePolicy

from charstudio.errors import StudioError
from charstudio.gui.answers import AnswerRow, Blank, ReplyRow, Ticks
from charstudio.gui.faces import Faces, decode
from charstudio.gui.menu_button import MenuButton
from charstudio.gui.question_card import Ask, QuestionCard, Suggested
from charstudio.gui.rows import Row, Rows
from charstudio.gui.text import Label, menu_text
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    Paper,
    column,
    row,
)
from charstudio.i18n import _
from charstudio.model import Change, Character

PAST_LEAST = 64  # of what was answered stays in view
LOW = 620  # a view lower than this has the small portrait


class Turn(Protocol):
    """What came of one line of the writer."""

    @property
    def act(self) -> str: ...
    @property
    def changes(self) -> Sequence[Change]: ...
    @property
    def reply(self) -> str: ...
    @property
    def ask(self) -> Ask | None: ...
    @property
    def chips(self) -> Sequence[Suggested]: ...
    @property
    def mode(self) -> str: ...


class GuideView(Paper):
    """Shows the question and the answers so far; knows nothing of how a question is found."""

    said = Signal(str)
    chip_taken = Signal(object)
    skip_wanted = Signal()
    suggest_wanted = Signal()
    not_for_this_character = Signal()
    why_wanted = Signal()
    pack_chosen = Signal(str)
    packs_wanted = Signal()
    talk_wanted = Signal()
    edit_last_wanted = Signal()

    def __init__(self, theme: Theme, faces: Faces | None = None) -> None:
        super().__init__(theme, "surface")
        self._theme = theme
        self._faces = faces or Faces(theme)
        self._who: Character | None = None
        self._packs: list[tuple[str, str]] = []
        self._pack = ""
        self._entries: list[tuple[str, str, str]] = []
        self._said = ""
        self._greets = False
        self._pack_button = MenuButton(theme)
        self._pack_button.hide()
        self._count = Label(theme, "ui_small", colour="text_2", elide=True)
        self._ticks = Ticks(theme)
        self._past = Rows(theme, top=20, bottom=6)
        self._past.setAccessibleName(_("What was answered"))
        self._reply = ReplyRow(theme)
        self._blank = Blank(theme)
        self._card = QuestionCard(theme, self._faces)
        self._card_area = CardArea()
        self._acts = self._actions()
        self._build()
        self._show_past()

        self._card.said.connect(self.said)
        self._card.chip_taken.connect(self.chip_taken)
        self._card.skip.clicked.connect(self.skip_wanted)
        self._card.suggest.clicked.connect(self.suggest_wanted)
        self._card.not_for.clicked.connect(self.not_for_this_character)
        self._card.why.clicked.connect(self.why_wanted)
        self._card.talk.clicked.connect(self.talk_wanted)
        self._card.line.textChanged.connect(self._on_written)
        self._pack_button.clicked.connect(self._on_packs)
        theme.changed.connect(self._align)

    def _build(self) -> None:
        self._head = row(margins=(40, 14, 40, 0), gap=4)
        self._head.addWidget(self._pack_button)
        self._head.addWidget(self._count, 1)
        self._head.addWidget(self._ticks)
        self._card_area.setWidget(self._card)
        self._card.installEventFilter(self)
        self._foot = row(margins=(40, 8, 40, 20))
        self._foot.addWidget(self._card_area)
        layout = column()
        layout.addLayout(self._head)
        layout.addWidget(self._past, 1)
        layout.addWidget(self._blank, 1)
        layout.addLayout(self._foot)
        self.setLayout(layout)
        self.setFocusProxy(self._card)

    def _actions(self) -> dict[str, QAction]:
        acts = {}
        for name, words, keys, icon, signal in (
            ("suggest", _("Suggest more"), "Ctrl+J", "lightbulb", self.suggest_wanted),
            ("skip", _("Skip this question"), "Ctrl+Return Ctrl+Enter", "skip-forward", self.skip_wanted),
            ("why", _("Why this question?"), "Alt+Y", "network", self.why_wanted),
            ("not", _("Not for this character"), "Ctrl+Shift+X", "circle-slash", self.not_for_this_character),
            ("edit", _("Change the last answer"), "F2", "pencil", self.edit_last_wanted),
            ("talk", _("Talk with the character"), "Ctrl+T", "message-square", self.talk_wanted),
        ):
            action = QAction(words, self)
            action.setShortcuts([QKeySequence(each) for each in keys.split()])
            # only here: the talk and the sheet have other uses for these keys
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setIcon(self._theme.icon(icon))
            action.triggered.connect(signal)
            self.addAction(action)
            acts[name] = action
        return acts

    def menu_actions(self) -> list[QAction]:
        """What can be done in the guide, for the menu."""
        return list(self._acts.values())

    # What is so

    def show_character(self, character: Character, portrait_png: bytes | None) -> None:
        """Be guided by this character from now on; without a picture the face stays as it is known."""
        if self._who is not None and self._who.id != character.id:
            self._card.clear()
            self._said = ""
            self.show_history(())
        if portrait_png is not None:
            self._take_picture(character.id, portrait_png)
        self._who = character
        self._card.show_character(character)
        self._ticks.set_colour(character.colour)
        self._say_blank()

    def show_turn(self, turn: Turn) -> None:
        """Show what the character says, what it asks next, and what can be clicked."""
        self._said = turn.reply
        self._greets = turn.act == "start"
        self._card.show_question(turn.ask, turn.chips)
        self._show_past()
        self._past.to_end()

    def add_chips(self, chips: Sequence[Suggested]) -> None:
        """Offer more for the question that stands there: ideas of a model, which come later."""
        self._card.add_chips(chips)

    def show_thinking(self, *, thinking: bool) -> None:
        """Say that a model is asked for ideas, too; nothing waits for it."""
        self._card.show_thinking(thinking=thinking)

    def show_history(self, entries: Sequence[tuple[str, str, str]]) -> None:
        """Show what was answered: label, question and answer, oldest first."""
        self._entries = [(label, question, answer) for label, question, answer in entries]
        self._show_past()

    def show_progress(self, done: int, total: int, pack_name: str, steps: Sequence[tuple[str, str]]) -> None:
        """Show how far the pack is; a step is a label and `done`, `now`, `skipped` or `open`."""
        self._pack = pack_name
        self._pack_button.set_words(pack_name)
        self._pack_button.setVisible(bool(pack_name))
        self._pack_button.setAccessibleName(_("Questions: {pack}; choose others", pack=pack_name))
        now = next((n for n, (_label, state) in enumerate(steps, 1) if state == "now"), 0)
        if total and done >= total:
            words = _("all {total} decided", total=total)
        elif now and now > done:
            words = _("question {n} of {total}", n=now, total=total)
        else:
            words = _("{done} of {total} decided", done=done, total=total)
        self._count.set_text(words)
        self._ticks.show_steps(steps, words)
        self._card.show_pack(pack_name, finished=bool(total) and done >= total)

    def packs(self, packs: Sequence[tuple[str, str]]) -> None:
        """Offer these question packs: id and name."""
        self._packs = list(packs)

    def write(self, text: str) -> None:
        """Put words on the answer line, for the writer to change."""
        self._card.line.set_text(text)
        self._card.line.setFocus()

    def clear(self) -> None:
        """Show nobody."""
        self._who = None
        self._said = ""
        self._card.clear()
        self.show_history(())
        self._ticks.show_steps((), "")
        self._count.set_text("")

    # What the writer does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if plain and Qt.Key.Key_1 <= key <= Qt.Key.Key_9 and self._card.line.is_blank():
            if not self._card.take(int(key) - int(Qt.Key.Key_0)):
                # no such chip, so it is the beginning of an answer: an age, a year
                self._card.line.insertPlainText(event.text())
        elif plain and key == Qt.Key.Key_Up and self._card.line.is_blank():
            self.edit_last_wanted.emit()
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._past.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._card and event.type() == QEvent.Type.LayoutRequest:
            self._fit_card()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._align()

    def _on_written(self) -> None:
        self._card_area.ensureWidgetVisible(self._card.line, 0, 24)

    def _on_packs(self) -> None:
        menu = QMenu(self)
        for pack, name in self._packs:
            action = menu.addAction(menu_text(name))
            action.setData(pack)
            action.setCheckable(True)
            action.setChecked(name == self._pack)
        menu.addSeparator()
        own = menu.addAction(self._theme.icon("network"), _("Attributes and packs…"))
        own.triggered.connect(self.packs_wanted)
        menu.triggered.connect(self._on_pack)
        self._pack_button.open(menu)

    def _on_pack(self, action: QAction) -> None:
        if action.data():
            self.pack_chosen.emit(str(action.data()))

    # Small helpers

    def _show_past(self) -> None:
        shown = self._past.rows()
        old = [r for r in shown if isinstance(r, AnswerRow)]
        same = 0
        while same < min(len(old), len(self._entries)) and old[same].entry == self._entries[same]:
            same += 1
        rows: list[Row] = [*old[:same]]
        rows += [AnswerRow(self._theme, entry) for entry in self._entries[same:]]
        blank = not self._entries and (self._greets or not self._said or self._nameless())
        if self._said and not blank:
            if self._reply not in shown:
                self._reply = ReplyRow(self._theme)
            self._reply.set_text(self._said)
            rows.append(self._reply)
        if rows != shown:
            self._past.set_rows(rows)
        self._past.setVisible(not blank)
        self._blank.setVisible(blank)
        self._say_blank()

    def _nameless(self) -> bool:
        return self._who is None or not self._who.name.strip()

    def _say_blank(self) -> None:
        if self._nameless():
            self._blank.show_words(_("A voice without a name yet"), self._said)
        else:
            self._blank.show_words(self._said or _("Where were we?"), "")

    def _take_picture(self, character_id: int, png: bytes) -> None:
        try:
            self._faces.give(character_id, decode(png))
        except StudioError:
            # the library said so when the picture came in
            self._faces.give(character_id, None)

    def _align(self) -> None:
        width = max(80, min(self._theme.size("measure_max"), self.width() - 80))
        side = (self.width() - width) // 2
        self._head.setContentsMargins(side - 7, 10, side, 0)
        self._foot.setContentsMargins(side, 8, side, 20)
        self._card.set_low(low=self.height() < LOW)
        self._fit_card()

    def _fit_card(self) -> None:
        width = max(80, min(self._theme.size("measure_max"), self.width() - 80))
        room = self.height() - self._head.sizeHint().height() - PAST_LEAST
        wanted, room = self._card.heightForWidth(width), max(160, room)
        self._card_area.want(min(wanted, room), scrolls=wanted > room)


class CardArea(QScrollArea):
    """Room for the card: as high as it wants, or scrolling where large text needs more than there is."""

    def __init__(self) -> None:
        super().__init__()
        self._height = 0
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def want(self, height: int, *, scrolls: bool) -> None:
        """Be this high; a bar stands beside the card only where there is not enough room for it."""
        # A bar that comes while the height is still settling would narrow the card and so keep itself needed.
        bar = Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(bar)
        if height != self._height:
            self._height = height
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(400, self._height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # keys that the line leaves belong to the guide, not to scrolling
        event.ignore()

    def minimumSizeHint(self) -> QSize:
        return QSize(80, min(self._height, 160))
