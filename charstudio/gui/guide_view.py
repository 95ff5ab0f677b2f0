"""The guide: the character asks, the writer answers, and every answer stands above the next question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QHelpEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from charstudio.errors import StudioError
from charstudio.gui.buttons import paint_focus
from charstudio.gui.composer import Field, ProseEdit
from charstudio.gui.faces import Faces, Portrait, decode
from charstudio.gui.menu_button import MenuButton
from charstudio.gui.rows import Row, Rows
from charstudio.gui.text import Label, ProseLabel, menu_text, one_line, plain_tip, set_tip
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    Card,
    Chip,
    FlowLayout,
    IconButton,
    Paper,
    PrimaryButton,
    QuietButton,
    column,
    row,
)
from charstudio.i18n import _
from charstudio.model import Change, Character

MARGIN = 92
GUTTER = 18
LOW = 620  # a view lower than this has the small portrait
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
        self._count = Label(theme, "ui_small", colour="text_2", elide=True)
        self._ticks = Ticks(theme)
        self._past = Rows(theme, top=20, bottom=6)
        self._past.setAccessibleName(_("What was answered"))
        self._reply = ReplyRow(theme)
        self._blank = Blank(theme)
        self._card = QuestionCard(theme, self._faces)
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
        self._pack_button.clicked.connect(self._on_packs)
        theme.changed.connect(self._align)

    def _build(self) -> None:
        self._head = row(margins=(40, 14, 40, 0), gap=4)
        self._head.addWidget(self._pack_button)
        self._head.addWidget(self._count, 1)
        self._head.addWidget(self._ticks)
        self._foot = row(margins=(40, 8, 40, 20))
        self._foot.addWidget(self._card)
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
            ("not", _("Not for this character"), "", "circle-slash", self.not_for_this_character),
            ("edit", _("Change the last answer"), "", "pencil", self.edit_last_wanted),
            ("talk", _("Talk with the character"), "", "message-square", self.talk_wanted),
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

    def show_history(self, entries: Sequence[tuple[str, str, str]]) -> None:
        """Show what was answered: label, question and answer, oldest first."""
        self._entries = [(label, question, answer) for label, question, answer in entries]
        self._show_past()

    def show_progress(self, done: int, total: int, pack_name: str, steps: Sequence[tuple[str, str]]) -> None:
        """Show how far the pack is; a step is a label and `done`, `now`, `skipped` or `open`."""
        self._pack = pack_name
        self._pack_button.set_words(pack_name)
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
            self._card.take(int(key) - int(Qt.Key.Key_0))
        elif plain and key == Qt.Key.Key_Up and self._card.line.is_blank():
            self.edit_last_wanted.emit()
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._past.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._align()

    def _on_packs(self) -> None:
        menu = QMenu(self)
        for pack, name in self._packs:
            action = menu.addAction(menu_text(name))
            action.setData(pack)
            action.setCheckable(True)
            action.setChecked(name == self._pack)
        menu.triggered.connect(self._on_pack)
        self._pack_button.open(menu)

    def _on_pack(self, action: QAction) -> None:
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

    def take(self, number: int) -> None:
        """Take the chip with this number."""
        for chip, offer in self._offered:
            if chip.number == number:
                self.chip_taken.emit(offer)
                return

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
        before: QWidget = self.line
        for number, offer in enumerate(chips, 1):
            chip = Chip(
                self._theme,
                offer.text,
                number=number if number <= MOST_CHIPS else 0,
                value=bool(offer.attribute),
                colour=self._colour,
            )
            chip.setCheckable(True)
            set_tip(chip, offer.text if len(offer.text) > 40 else "")
            chip.clicked.connect(self._on_chip)
            self._offered.append((chip, offer))
            self._chips.addWidget(chip)
            QWidget.setTabOrder(before, chip)
            before = chip
        QWidget.setTabOrder(before, self.suggest)
        self._chip_area.setVisible(bool(chips))
        self._on_text()

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
