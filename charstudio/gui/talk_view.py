"""The talk: what was said, what is being said, and the line on which the writer says the next thing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QDateTime, QLocale, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from charstudio.errors import StudioError
from charstudio.gui.bubble import Bubble, writing_words
from charstudio.gui.composer import LONGEST_PASTE, Composer
from charstudio.gui.faces import Faces, Portrait, decode
from charstudio.gui.rows import Rows
from charstudio.gui.text import isolated, menu_text, one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    EmptyState,
    IconButton,
    NoticeBar,
    Paper,
    QuietButton,
    column,
    row,
)
from charstudio.i18n import _
from charstudio.model import Character, Message, Talk

AT_ONCE = 60
MOST_ROWS = 240
TALKS_IN_MENU = 20
COUNT_EVERY = 0.25  # seconds
PENDING = -1  # the id of a reply of which no word is there yet


class TalkView(Paper):
    """Shows one talk and tells what the writer wants; knows no store, no engine and no lane."""

    send_wanted = Signal(str)
    stop_wanted = Signal()
    again_wanted = Signal(int)
    swipe_wanted = Signal(int, int)
    edit_wanted = Signal(int, str)
    delete_wanted = Signal(int)
    speak_wanted = Signal(int)
    keep_memory_wanted = Signal(int)
    older_wanted = Signal(int)
    draft_changed = Signal(str)
    note_changed = Signal(str)
    new_talk_wanted = Signal()
    talk_chosen = Signal(int)
    restart_wanted = Signal()
    models_wanted = Signal()
    guide_wanted = Signal()
    persona_wanted = Signal()

    def __init__(self, theme: Theme, faces: Faces | None = None) -> None:
        super().__init__(theme, "surface")
        self._theme = theme
        self._faces = faces or Faces(theme)
        self._who: Character | None = None
        self._talk: Talk | None = None
        self._talks: list[Talk] = []
        self._bubbles: dict[int, Bubble] = {}
        self._later: list[Message] = []  # below what is shown, after reading far back
        self._asked_before = 0
        self._whole = False
        self._mute = False
        self._again_of = 0
        self._began = 0.0
        self._counted = 0.0
        self._link = ""
        self._notice = NoticeBar(theme)
        self._title = QuietButton(theme, "", icon="chevron-down")
        self._new = IconButton(theme, "plus", _("New talk"))
        self._list = Rows(theme)
        self._list.setAccessibleName(_("What was said"))
        self._down = QuietButton(theme, _("New words"), icon="arrow-down", framed=True)
        self._down.setParent(self)
        self._down.hide()
        self._face = Portrait(theme, self._faces, 96, square=True)
        self._empty = EmptyState(theme, "", face=self._face)
        self._silent = EmptyState(theme, "")
        self._composer = Composer(theme)
        self._acts = self._actions()
        self._build()
        self._show_place()

        self._composer.send_wanted.connect(self._on_send)
        self._composer.stop_wanted.connect(self.stop_wanted)
        self._composer.draft_changed.connect(self.draft_changed)
        self._composer.note_changed.connect(self.note_changed)
        self._composer.persona_wanted.connect(self.persona_wanted)
        self._composer.too_long.connect(self._on_too_long)
        self._list.top_reached.connect(self._on_top)
        self._list.end_changed.connect(self._on_end_changed)
        self._down.clicked.connect(self._on_down)
        self._title.clicked.connect(self._on_title)
        self._new.clicked.connect(self._on_new)
        self._notice.link_chosen.connect(self._on_link)
        self._silent.primary_chosen.connect(self.models_wanted)
        self._silent.quiet_chosen.connect(self.guide_wanted)
        QApplication.instance().focusChanged.connect(self._on_focus)  # type: ignore[union-attr]
        theme.changed.connect(self._align)

    def _build(self) -> None:
        self._head = row(margins=(40, 10, 40, 0), gap=2)
        self._head.addWidget(self._title)
        self._head.addWidget(self._new)
        self._head.addStretch()
        self._foot = row(margins=(40, 8, 40, 16))
        self._foot.addWidget(self._composer)
        layout = column()
        layout.addWidget(self._notice)
        layout.addLayout(self._head)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._silent, 1)
        layout.addLayout(self._foot)
        self.setLayout(layout)
        self.setFocusProxy(self._composer)

    def _actions(self) -> dict[str, QAction]:
        acts = {}
        for name, words, keys, icon, slot in (
            ("again", _("Answer again"), "Ctrl+R", "refresh-cw", self.answer_again),
            ("speak", _("Speak it aloud"), "Ctrl+M", "volume-2", self.speak),
            ("remember", _("Remember this"), "Ctrl+D", "bookmark", self.remember),
            ("edit", _("Edit the message"), "F2", "pencil", self.edit_last),
            ("note", _("Author’s note"), "", "notebook-pen", self._composer.open_note),
            ("new", _("New talk"), "", "plus", self._on_new),
        ):
            action = QAction(words, self)
            action.setShortcut(QKeySequence(keys))
            # only here: the guide and the sheet have other uses for these keys
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setIcon(self._theme.icon(icon))
            action.setIconVisibleInMenu(True)
            action.triggered.connect(slot)
            self.addAction(action)
            acts[name] = action
        return acts

    def menu_actions(self) -> list[QAction]:
        """What can be done in a talk, for the menu."""
        return list(self._acts.values())

    # What is so

    def show_character(self, character: Character, portrait_png: bytes | None) -> None:
        """Talk with this character from now on; without a picture the face stays as it is known."""
        if self._who is not None and self._who.id != character.id:
            self._composer.flush()
            self._notice.clear()
        if portrait_png is not None:
            self._take_picture(character.id, portrait_png)
        self._who = character
        self._face.show_character(character)
        self._composer.show_character(self._called())
        for bubble in self._bubbles.values():
            bubble.show_character(character)
        self._say_empty()

    def show_persona(self, name: str) -> None:
        """Say as whom the writer speaks."""
        self._composer.show_persona(name)

    def show_talk(self, talk: Talk, messages: Sequence[Message], talks: Sequence[Talk]) -> None:
        """Show the end of this talk; `talks` are all of this character, newest first."""
        same = self._talk is not None and self._talk.id == talk.id
        self._talk, self._talks = talk, list(talks)
        self._title.set_words(talk_name(talk))
        self._title.setAccessibleName(_("Talk: {name}; choose another", name=talk_name(talk)))
        if not same:
            self._composer.show_draft(talk.draft)
            self._composer.show_note(talk.note)
        self._mute = False
        self._whole = len(messages) < AT_ONCE
        self._later, self._asked_before = [], 0
        self._show_messages(list(messages)[-AT_ONCE:])
        self._down.hide()

    def prepend(self, messages: Sequence[Message]) -> None:
        """Show older messages above; none means that the talk begins here."""
        self._asked_before = 0
        self._whole = not messages
        new = [m for m in messages if m.id not in self._bubbles]
        made = [self._make(message) for message in new]
        if not made:
            return
        self._bubbles = {b.message.id: b for b in made} | self._bubbles
        self._list.prepend(made)
        if len(self._bubbles) > MOST_ROWS and not self._list.at_end:
            gone = list(self._bubbles.values())[MOST_ROWS:]
            self._later[:0] = [bubble.message for bubble in gone]
            self._forget(gone)

    def add(self, message: Message) -> None:
        """Show one more message, or a swipe in the place of the one beside it."""
        self._drop_pending()
        self._again_of = 0
        if message.state == "writing":
            self._began = time.monotonic()
            self._counted = 0.0
        beside = self._beside(message)
        if beside is not None:
            self._swap(beside, message)
            return
        if message.role == "writer" and self._later:
            self._go_to_later()
        if self._later:
            self._later.append(message)
        else:
            bubble = self._make(message)
            self._bubbles[message.id] = bubble
            self._list.append(bubble)
            self._mark_last()
            self._trim()
        if message.role == "writer":
            self._list.to_end()
        elif not self._list.at_end:
            self._show_down()
        self._show_place()

    def append_words(self, message_id: int, text: str) -> None:
        """Add words to a reply that is being written; one insertion, so call it once a frame at most."""
        bubble = self._bubbles.get(message_id)
        if bubble is None:
            return
        bubble.append(text)
        now = time.monotonic()
        if now - self._counted >= COUNT_EVERY:
            self._counted = now
            words = len(bubble.body().split())
            bubble.show_status(writing_words(words, now - self._began if self._began else 0.0))
        if not self._list.at_end:
            self._show_down()

    def finish(self, message: Message) -> None:
        """Show a reply as it was saved: formatted once, with how it ended."""
        self._drop_pending()
        bubble = self._bubbles.get(message.id) or self._beside(message)
        if bubble is None:
            self._later = [message if m.id == message.id else m for m in self._later]
            if not self._later:
                self.add(message)
            return
        self._began = 0.0
        self._rename(bubble, message)
        bubble.show_message(message)
        self._mark_last()

    def replace(self, message: Message) -> None:
        """Show a message in the place of the one with its id, or of the swipe beside it."""
        bubble = self._bubbles.get(message.id) or self._beside(message)
        if bubble is not None:
            self._swap(bubble, message)

    def remove(self, message_id: int) -> None:
        """A message is no longer there."""
        self._later = [m for m in self._later if m.id != message_id]
        bubble = self._bubbles.get(message_id)
        if bubble is not None:
            self._forget([bubble])
            self._mark_last()
            self._show_place()

    def show_progress(self, words: str, done: int, total: int) -> None:
        """Say what the model does before its first word, in the place where that word will be."""
        waiting = self._bubbles.get(self._again_of) or self._bubbles.get(PENDING)
        if waiting is None:
            if not self._composer.busy or self._later or self._writing() is not None:
                return
            waiting = self._make(self._pending())
            self._bubbles[PENDING] = waiting
            self._list.append(waiting)
            self._mark_last()
            self._show_place()
        share = _(" · {percent} %", percent=round(100 * done / total)) if total > 0 and done <= total else ""
        waiting.show_status(words + share)

    def set_busy(self, busy: bool) -> None:
        """The model writes, or it does so no longer."""
        self._composer.set_busy(busy)
        for action in ("again", "edit"):
            self._acts[action].setEnabled(not busy)
        if not busy:
            self._drop_pending()
            self._again_of = 0
        for bubble in self._bubbles.values():
            bubble.set_busy(busy)
            if not busy:
                bubble.show_status("")

    def show_notice(self, text: str, link_word: str = "", kind: Literal["info", "danger"] = "info") -> None:
        """Say a sentence at the top; a link called "Models" leads there, any other one restarts."""
        self._link = link_word
        self._notice.show_notice(text, link_word, kind)

    def restore_draft(self, text: str) -> None:
        """Bring words back that could not be sent."""
        self._composer.restore(text)

    def show_no_model(self) -> None:
        """Say that nobody can answer yet; what was said before stays readable."""
        self._mute = True
        if self._bubbles:
            words = _("No model is chosen, so nobody answers here. The guide works without one.")
            self.show_notice(words, _("Models"), "info")
        self._say_empty()
        self._show_place()

    # What the writer does

    def answer_again(self) -> None:
        """Ask for another answer in the place of the last one, or of the one with the keyboard."""
        bubble = self._meant()
        if bubble is not None and not self._composer.busy and self._can_speak():
            self._ask_again(bubble)

    def speak(self) -> None:
        """Hear the last reply, or the message with the keyboard."""
        bubble = self._attended() or self._last_of("character")
        if bubble is not None and bubble.message.role != "writer":
            self.speak_wanted.emit(bubble.message.id)

    def remember(self) -> None:
        """Keep what was said as a memory."""
        bubble = self._meant()
        if bubble is not None:
            self.keep_memory_wanted.emit(bubble.message.id)

    def edit_last(self) -> None:
        """Edit the last message, or the one with the keyboard, in its place."""
        bubble = self._meant()
        if bubble is not None and not self._composer.busy:
            self._edit(bubble)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bubble = self._attended()
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and self._composer.busy:
            self.stop_wanted.emit()
        elif key == Qt.Key.Key_Escape and bubble is not None:
            self._composer.setFocus()
        elif bubble is not None and key == Qt.Key.Key_Delete and not self._composer.busy:
            self._on_act_of(bubble, "delete")
        elif bubble is not None and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(bubble, -1 if key == Qt.Key.Key_Up else 1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and event.modifiers() in _PLAIN:
            self._swipe_by_key(bubble or self._last_of("character"), key)
        elif bubble is None and key == Qt.Key.Key_Up:
            self.edit_last()
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End):
            self._list.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._align()

    def hideEvent(self, event: QHideEvent) -> None:
        self._composer.flush()
        super().hideEvent(event)

    def _on_send(self, text: str) -> None:
        if not self._can_speak():
            self._composer.restore(text)
            return
        self._notice.clear()
        if not self._later:
            self._list.to_end()
        self.send_wanted.emit(text)

    def _can_speak(self) -> bool:
        if self._mute:
            self.show_no_model()
        return not self._mute

    def _on_act(self, name: str) -> None:
        bubble = self.sender()
        if isinstance(bubble, Bubble):
            self._on_act_of(bubble, name)

    def _on_act_of(self, bubble: Bubble, name: str) -> None:
        message = bubble.message
        match name:
            case "speak":
                self.speak_wanted.emit(message.id)
            case "remember":
                self.keep_memory_wanted.emit(message.id)
            case "edit":
                self._edit(bubble)
            case "again":
                if self._can_speak():
                    self._ask_again(bubble)
            case "delete":
                self._composer.setFocus()
                self.delete_wanted.emit(message.id)
            case "swipe_back" | "swipe_on":
                self._swipe(bubble, -1 if name == "swipe_back" else 1)

    def _on_edited(self, text: str) -> None:
        bubble = self.sender()
        if isinstance(bubble, Bubble):
            self.edit_wanted.emit(bubble.message.id, text)

    def _on_edit_left(self) -> None:
        self._composer.setFocus()

    def _edit(self, bubble: Bubble) -> None:
        bubble.begin_edit()
        self._list.reveal(bubble)

    def _swipe(self, bubble: Bubble, step: int) -> None:
        message = bubble.message
        if self._composer.busy or message.role != "character":
            return
        if message.swipe + step > message.swipes:
            if self._can_speak():
                self._ask_again(bubble)
        elif message.swipe + step >= 1:
            self.swipe_wanted.emit(message.id, step)

    def _swipe_by_key(self, bubble: Bubble | None, key: Qt.Key) -> None:
        if bubble is not None:
            mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
            self._swipe(bubble, 1 if (key == Qt.Key.Key_Right) != mirrored else -1)

    def _ask_again(self, bubble: Bubble) -> None:
        self._again_of = bubble.message.id if bubble.message.role == "character" else 0
        self._list.reveal(bubble)
        self.again_wanted.emit(bubble.message.id)

    def _step(self, bubble: Bubble, step: int) -> None:
        shown = list(self._bubbles.values())
        at = shown.index(bubble) + step
        if at >= len(shown):
            self._composer.setFocus()
        elif at >= 0:
            shown[at].prose.setFocus()
            self._list.reveal(shown[at])

    def _on_link(self) -> None:
        self._notice.clear()
        (self.models_wanted if self._link == _("Models") else self.restart_wanted).emit()

    def _on_too_long(self, count: int) -> None:
        words = _("Only the first {most:,} of {count:,} characters were taken in.")
        self.show_notice(words.format(most=LONGEST_PASTE, count=count))

    def _on_title(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for talk in self._talks[:TALKS_IN_MENU]:
            action = menu.addAction(menu_text(talk_name(talk)))
            action.setData(talk.id)
            action.setCheckable(True)
            action.setChecked(self._talk is not None and talk.id == self._talk.id)
        menu.addSeparator()
        menu.addAction(self._theme.icon("plus"), _("New talk")).setData(0)
        menu.triggered.connect(self._on_talk_action)
        menu.popup(self._title.mapToGlobal(QPoint(0, self._title.height() + 2)))

    def _on_talk_action(self, action: QAction) -> None:
        if action.data():
            self._composer.flush()
            self.talk_chosen.emit(int(action.data()))
        else:
            self._on_new()

    def _on_new(self) -> None:
        self._composer.flush()
        self.new_talk_wanted.emit()

    # Where the reader is

    def _on_top(self) -> None:
        first = next(iter(self._bubbles), 0)
        if first > 0 and not self._whole and self._asked_before != first:
            self._asked_before = first
            self.older_wanted.emit(first)

    def _on_end_changed(self, at_end: bool) -> None:
        if not at_end:
            return
        if self._later:
            self._show_more_later()
        else:
            self._down.hide()
            self._trim()

    def _on_down(self) -> None:
        if self._later:
            self._go_to_later()
        self._list.to_end()
        self._down.hide()
        self._composer.setFocus()

    def _show_more_later(self) -> None:
        next_ones, self._later = self._later[:AT_ONCE], self._later[AT_ONCE:]
        at = self._list.verticalScrollBar().value()
        for message in next_ones:
            bubble = self._make(message)
            self._bubbles[message.id] = bubble
            self._list.append(bubble)
        self._list.verticalScrollBar().setValue(at)
        self._mark_last()

    def _go_to_later(self) -> None:
        known = [bubble.message for bubble in self._bubbles.values()] + self._later
        self._later, self._whole = [], False
        self._show_messages(known[-AT_ONCE:])

    def _trim(self) -> None:
        """Keep the last messages as widgets only, once the reader is at the end."""
        over = len(self._bubbles) - AT_ONCE
        if over > 0 and self._list.at_end:
            self._whole = False
            self._forget(list(self._bubbles.values())[:over])

    def _show_down(self) -> None:
        if self._down.isHidden():
            self._down.show()
            self._down.raise_()
            self._place_down()

    def _on_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        if not self.isVisible():
            return
        for bubble in self._bubbles.values():
            held = new is not None and bubble.isAncestorOf(new)
            if held or (old is not None and bubble.isAncestorOf(old)):
                bubble.set_attended(held or bubble.underMouse())
                bubble.update()
                if held:
                    self._list.reveal(bubble)

    # Small helpers

    def _show_messages(self, messages: list[Message]) -> None:
        kept: dict[int, Bubble] = {}
        for message in messages:
            old = self._bubbles.get(message.id)
            if old is not None and old.message.role == message.role and not old.editing:
                if old.message != message:
                    old.show_message(message)
                kept[message.id] = old
            else:
                kept[message.id] = self._make(message)
        self._bubbles = kept
        self._list.set_rows(kept.values())
        self._mark_last()
        self._show_place()
        QTimer.singleShot(0, self._fill_up)

    def _fill_up(self) -> None:
        if self._bubbles and self._list.isVisible() and not self._list.overflows:
            self._on_top()

    def _make(self, message: Message) -> Bubble:
        bubble = Bubble(self._theme, self._faces, self._who, message)
        bubble.set_busy(self._composer.busy)
        bubble.act.connect(self._on_act)
        bubble.edited.connect(self._on_edited)
        bubble.edit_left.connect(self._on_edit_left)
        return bubble

    def _swap(self, bubble: Bubble, message: Message) -> None:
        self._rename(bubble, message)
        bubble.show_message(message)
        following = list(self._bubbles.values())
        after = following[following.index(bubble) + 1 :]
        if after and message.state == "writing":
            # a new swipe of an older message begins a branch of its own
            self._forget(after)
        self._mark_last()

    def _rename(self, bubble: Bubble, message: Message) -> None:
        if bubble.message.id != message.id:
            at = bubble.message.id
            self._bubbles = {(message.id if k == at else k): b for k, b in self._bubbles.items()}

    def _beside(self, message: Message) -> Bubble | None:
        for bubble in reversed(self._bubbles.values()):
            other = bubble.message
            if other.role == message.role and other.parent_id == message.parent_id and other.id > 0:
                return bubble
        return None

    def _forget(self, bubbles: Sequence[Bubble]) -> None:
        for bubble in bubbles:
            self._bubbles = {k: b for k, b in self._bubbles.items() if b is not bubble}
        self._list.drop(bubbles)

    def _drop_pending(self) -> None:
        bubble = self._bubbles.get(PENDING)
        if bubble is not None:
            self._forget([bubble])
            self._mark_last()
            self._show_place()

    def _pending(self) -> Message:
        talk = self._talk.id if self._talk else 0
        return Message(PENDING, talk, PENDING, "character", self._called(), "", "writing")

    def _writing(self) -> Bubble | None:
        return next((b for b in self._bubbles.values() if b.message.state == "writing"), None)

    def _mark_last(self) -> None:
        last = next(reversed(self._bubbles.values()), None)
        for bubble in self._bubbles.values():
            bubble.set_last(bubble is last)

    def _last_of(self, role: str) -> Bubble | None:
        last = next(reversed(self._bubbles.values()), None)
        return last if last is not None and last.message.role == role and last.message.id > 0 else None

    def _attended(self) -> Bubble | None:
        return next((b for b in self._bubbles.values() if b.has_keyboard() and not b.editing), None)

    def _meant(self) -> Bubble | None:
        bubble = self._attended() or next(reversed(self._bubbles.values()), None)
        return bubble if bubble is not None and bubble.message.id > 0 else None

    def _called(self) -> str:
        return one_line(self._who.called or self._who.name, 80) if self._who else ""

    def _take_picture(self, character_id: int, png: bytes) -> None:
        try:
            self._faces.give(character_id, decode(png))
        except StudioError as exc:
            self.show_notice(str(exc))

    def _say_empty(self) -> None:
        name = isolated(self._called()) if self._called() else _("this voice")
        self._empty.show_words(
            _("Say something to {name}.", name=name),
            _("Enter sends, Shift Enter begins a new line. Put *gestures* between asterisks."),
        )
        self._silent.show_words(
            _("{name} cannot answer yet.", name=name),
            _("Open talk needs a language model on this computer. The guide works without one."),
            _("Choose a model"),
            _("Go to the guide"),
        )

    def _show_place(self) -> None:
        silent = self._mute and not self._bubbles
        self._list.setVisible(bool(self._bubbles))
        self._silent.setVisible(silent)
        self._empty.setVisible(not self._bubbles and not silent)
        self._composer.setVisible(not silent)
        self._title.setVisible(self._talk is not None)
        self._new.setVisible(self._talk is not None)

    def _align(self) -> None:
        width = max(80, min(self._theme.size("measure_max"), self.width() - 80))
        side = (self.width() - width) // 2
        self._head.setContentsMargins(side - 8, 10, side, 0)
        self._foot.setContentsMargins(side, 8, side, 16)
        self._place_down()

    def _place_down(self) -> None:
        size = self._down.sizeHint()
        bottom = self._composer.y() - 14 if self._composer.isVisible() else self.height() - 20
        self._down.setGeometry(
            (self.width() - size.width()) // 2, bottom - size.height(), size.width(), size.height()
        )


def talk_name(talk: Talk) -> str:
    """What a talk is called: its title, or the day on which it began."""
    if talk.title.strip():
        return one_line(talk.title, 80)
    began = QDateTime.fromString(talk.created, Qt.DateFormat.ISODate).toLocalTime()
    if not began.isValid():
        return _("Talk {number}", number=talk.id)
    day = QLocale().toString(began.date(), QLocale.FormatType.LongFormat)
    return _("Talk of {day}, {hour}", day=day, hour=began.time().toString("HH:mm"))


_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
