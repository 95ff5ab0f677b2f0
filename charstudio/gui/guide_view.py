"""Guided mode as the writer sees it: what was answered, the question, a few chips, one line to write."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QScrollArea, QSizePolicy, QWidget

from charstudio.gui.composer import Field, ProseEdit
from charstudio.gui.faces import Faces, Portrait
from charstudio.gui.text import Label, ProseLabel, one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    Card,
    Chip,
    FlowLayout,
    IconButton,
    IconView,
    NoticeBar,
    Paper,
    QuietButton,
    column,
    row,
)
from charstudio.guide import Chip as GuideChip
from charstudio.guide import Turn
from charstudio.i18n import _
from charstudio.model import Character

LEAST_CHIP_KEY, MOST_CHIP_KEY = Qt.Key.Key_1, Qt.Key.Key_9
HISTORY_SHOWN = 40
CARD_WIDTH = 588
SMALL_BELOW = 680  # height of the view under which the portrait shrinks
SMALL_PORTRAIT = 72
MARGIN_COLUMN = 92


class GuideView(Paper):
    """Tells what the writer says and clicks; is told the turn, the history and the progress."""

    said = Signal(str)
    chip_taken = Signal(object)
    skip_wanted = Signal()
    suggest_wanted = Signal()
    why_wanted = Signal()
    not_for_this_character = Signal()
    pack_chosen = Signal(str)
    talk_wanted = Signal()

    def __init__(self, theme: Theme, faces: Faces) -> None:
        super().__init__(theme, "surface")
        self._chips: list[tuple[Chip, GuideChip]] = []
        self._last_said = ""
        self._entries: list[tuple[str, str, str]] = []
        self._acts = self._actions()
        self.notice = NoticeBar(theme)
        self._pack = QuietButton(theme, "", icon="chevron-down", small=True)
        self._pack_menu = QMenu(self)
        self._count = Label(theme, "ui_small", colour="text_2")
        self._ticks = Ticks(theme)
        self._history = column(gap=14)
        self._scroll = QScrollArea()
        self._reply = ProseLabel(theme, style="aside", colour="text_2")
        self._portrait = Portrait(theme, faces, theme.portrait("question"), square=True)
        self._caption = Label(theme, "caption", colour="text_2")
        self._question = ProseLabel(theme, style="question")
        self._why_icon = IconView(theme, "network")
        self._reason = Label(theme, "ui_small", colour="text_2", elide=True)
        self._chip_box = QWidget()
        self._flow = FlowLayout()
        self._answer = ProseEdit(theme, _("Your answer"), most=5, passed=_passed())
        self._field = Field(theme)
        self._enter = IconButton(theme, "corner-down-left", _("Answer"), "Return", colour="accent")
        self._suggest = QuietButton(theme, _("Suggest something"), icon="lightbulb", keys="Ctrl+J")
        self._skip = QuietButton(theme, _("Skip"), keys="Ctrl+Return")
        self._not = QuietButton(theme, _("Not for this character"))
        self._hint = Label(theme, "ui_small", _("Ctrl Z undoes"), colour="text_2")
        self._build()

        self._scroll.verticalScrollBar().rangeChanged.connect(self._to_end)
        self._answer.entered.connect(self._on_entered)
        self._answer.focus_changed.connect(self._field.set_active)
        self._enter.clicked.connect(self._on_entered)
        self._suggest.clicked.connect(self.suggest_wanted)
        self._skip.clicked.connect(self.skip_wanted)
        self._not.clicked.connect(self.not_for_this_character)
        self._pack.clicked.connect(self._open_packs)
        self._pack_menu.triggered.connect(self._on_pack)

    def _actions(self) -> list[QAction]:
        acts = []
        for words, keys, signal in (
            (_("Suggest something"), "Ctrl+J", self.suggest_wanted),
            (_("Skip this question"), "Ctrl+Return", self.skip_wanted),
            (_("Why do you ask?"), "Alt+Y", self.why_wanted),
            (_("Not for this character"), "Ctrl+Shift+X", self.not_for_this_character),
            (_("Talk with this character"), "Ctrl+T", self.talk_wanted),
        ):
            action = QAction(words, self)
            action.setShortcut(QKeySequence(keys))
            # only here: the talk has other uses for these keys
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(signal)
            self.addAction(action)
            acts.append(action)
        return acts

    def _build(self) -> None:
        top = row(gap=8)
        top.addWidget(self._pack)
        top.addWidget(self._count)
        top.addStretch()
        top.addWidget(self._ticks)
        self._pack.setAccessibleName(_("Which questions"))
        past = QWidget()
        inside = column(margins=(0, 8, 12, 8))
        inside.addStretch()
        inside.addLayout(self._history)
        past.setLayout(inside)
        self._scroll.setWidget(past)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setAccessibleName(_("What was answered"))
        middle = QWidget()
        middle.setMaximumWidth(round(CARD_WIDTH * max(1.0, self._theme.scale)))
        stack = column(gap=10)
        stack.addLayout(top)
        stack.addWidget(self._scroll, 1)
        stack.addWidget(self._reply)
        stack.addWidget(self._card())
        middle.setLayout(stack)
        across = row(margins=(24, 16, 24, 20), gap=0)
        across.addStretch(1)
        across.addWidget(middle, 1000)
        across.addStretch(1)
        layout = column()
        layout.addWidget(self.notice)
        layout.addLayout(across, 1)
        self.setLayout(layout)
        self.setFocusProxy(self._answer)

    def _card(self) -> QWidget:
        reason = row(gap=7)
        reason.addWidget(self._why_icon, 0, Qt.AlignmentFlag.AlignTop)
        reason.addWidget(self._reason, 1)
        words = column(gap=5)
        words.addWidget(self._caption)
        words.addWidget(self._question)
        words.addLayout(reason)
        words.addStretch()
        head = row(gap=20)
        head.addWidget(self._portrait, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        self._chip_box.setLayout(self._flow)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self._chip_box.setSizePolicy(policy)
        line = row(margins=(12, 8, 6, 8), gap=8)
        line.addWidget(self._answer, 1)
        line.addWidget(self._enter, 0, Qt.AlignmentFlag.AlignBottom)
        self._field.setLayout(line)
        foot = row(gap=4)
        for button in (self._suggest, self._skip, self._not):
            foot.addWidget(button)
        foot.addStretch()
        foot.addWidget(self._hint)
        inner = column(margins=(24, 22, 24, 14), gap=14)
        for part in (head, self._chip_box, self._field, foot):
            if isinstance(part, QWidget):
                inner.addWidget(part)
            else:
                inner.addLayout(part)
        card = Card(self._theme)
        card.setLayout(inner)
        return card

    def menu_actions(self) -> list[QAction]:
        """What can be done here, for the menus."""
        return self._acts

    # Told what is so

    def show_character(self, who: Character) -> None:
        """This character is asking."""
        self._portrait.show_character(who)
        self._ticks.set_colour(who.colour)
        for chip, _value in self._chips:
            chip.set_character(who.colour)

    def show_turn(self, turn: Turn) -> None:
        """Show what came of a line: the reply, the question, the chips."""
        ask = turn.ask
        self._reply.set_text(turn.reply)
        self._reply.setVisible(bool(turn.reply.strip()))
        self._caption.set_text(ask.label if ask else "")
        self._question.set_text(ask.text if ask else _("I have no more questions. Tell me anything."))
        self._reason.set_text(ask.reason if ask else "")
        self._why_icon.setVisible(bool(ask and ask.reason))
        for button in (self._suggest, self._skip, self._not):
            button.setEnabled(ask is not None)
        self._suggest.set_words(_("Suggest more") if turn.chips else _("Suggest something"))
        self._show_chips(turn.chips)
        self._question.setAccessibleName(self._question.text())

    def show_history(self, entries: Sequence[tuple[str, str, str]]) -> None:
        """What was answered in this sitting: (attribute, question, answer), the latest last."""
        wanted = list(entries)[-HISTORY_SHOWN:]
        if wanted == self._entries:
            return
        self._entries = wanted
        while (item := self._history.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for label, question, answer in wanted:
            self._history.addWidget(Past(self._theme, label, question, answer))

    def show_progress(self, done: int, total: int, pack: str, steps: Sequence[tuple[str, str]]) -> None:
        """How far the pack is: a tick a question, no percentage."""
        self._pack.set_words(pack)
        now = next((n for n, (_label, state) in enumerate(steps, 1) if state == "now"), 0)
        if now:
            self._count.set_text(_("question {n} of {total}", n=now, total=total))
        else:
            self._count.set_text(_("{done} of {total} decided", done=done, total=total))
        self._ticks.show_steps(steps)

    def packs(self, packs: Sequence[tuple[str, str]]) -> None:
        """The packs there are: (id, name)."""
        self._pack_menu.clear()
        for pack, name in packs:
            self._pack_menu.addAction(name).setData(pack)

    def clear(self) -> None:
        """Forget what is being written."""
        self._answer.set_text("")

    # Keys and clicks

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            event.ignore()
        elif LEAST_CHIP_KEY <= key <= MOST_CHIP_KEY:
            number = key - int(LEAST_CHIP_KEY)
            if number < len(self._chips):
                self.chip_taken.emit(self._chips[number][1])
            else:
                self._answer.insertPlainText(event.text())
        elif key == Qt.Key.Key_Up and self._last_said:
            self._answer.set_text(self._last_said)
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = event.size().height() < SMALL_BELOW
        self._portrait.set_side(SMALL_PORTRAIT if small else self._theme.portrait("question"))
        self._hint.setVisible(event.size().width() > 560)

    def _on_entered(self) -> None:
        text = self._answer.text()
        if text.strip():
            self._last_said = text if len(text) < 2000 else ""
            self._answer.set_text("")
        self.said.emit(text)
        self._answer.setFocus()

    def _show_chips(self, chips: Sequence[GuideChip]) -> None:
        self._flow.clear()
        self._chips = []
        for n, value in enumerate(chips, 1):
            words = one_line(value.text)
            chip = Chip(self._theme, words, number=n if n <= 9 else 0, value=bool(value.attribute))
            chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            chip.clicked.connect(self._on_chip)
            self._flow.addWidget(chip)
            self._chips.append((chip, value))
        self._chip_box.setVisible(bool(chips))
        self._chip_box.updateGeometry()

    def _on_chip(self) -> None:
        pressed = self.sender()
        for chip, value in self._chips:
            if chip is pressed:
                self.chip_taken.emit(value)
                self._answer.setFocus()
                return

    def _open_packs(self) -> None:
        self._pack_menu.popup(self._pack.mapToGlobal(self._pack.rect().bottomLeft()))

    def _on_pack(self, action: QAction) -> None:
        self.pack_chosen.emit(str(action.data()))

    def _to_end(self, _least: int, most: int) -> None:
        self._scroll.verticalScrollBar().setValue(most)


class Past(QWidget):
    """One earlier question and its answer, the attribute in the margin."""

    def __init__(self, theme: Theme, label: str, question: str, answer: str) -> None:
        super().__init__()
        name = Label(theme, "ui_small", label, colour="text_2")
        name.setWordWrap(True)
        name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        name.setFixedWidth(round(MARGIN_COLUMN * theme.scale))
        asked = ProseLabel(theme, question, style="aside", colour="text_2")
        answered = ProseLabel(theme, answer, style="prose")
        words = column(gap=1)
        words.addWidget(asked)
        words.addWidget(answered)
        layout = row(gap=18)
        layout.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        self.setLayout(layout)


class Ticks(QWidget):
    """The pack as a row of short bars: decided, being asked, open."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._steps: Sequence[tuple[str, str]] = ()
        self._colour = "slate"
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def set_colour(self, colour: str) -> None:
        """Draw in this character's ink."""
        self._colour = colour
        self.update()

    def show_steps(self, steps: Sequence[tuple[str, str]]) -> None:
        """Show these steps."""
        self._steps = tuple(steps)
        decided = sum(state == "done" for _label, state in steps)
        self.setAccessibleName(_("{done} of {total} decided", done=decided, total=len(steps)))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(len(self._steps) * (self._step() + 4)), 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        ink = self._theme.character(self._colour).ink
        colours = {"done": ink, "now": self._theme.colour("line_strong"), "open": self._theme.colour("line")}
        for n, (_label, state) in enumerate(self._steps):
            painter.setBrush(colours.get(state, colours["open"]))
            painter.drawRoundedRect(QRectF(n * (self._step() + 4), 2, self._step(), 4), 2, 2)

    def _step(self) -> float:
        return max(4.0, min(18.0, 300 / max(1, len(self._steps)) - 4))


def _passed() -> tuple[Qt.Key, ...]:
    digits = tuple(Qt.Key(int(LEAST_CHIP_KEY) + n) for n in range(9))
    return (*digits, Qt.Key.Key_Up)
