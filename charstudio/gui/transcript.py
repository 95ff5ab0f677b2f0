"""What was said, as bubbles: the last sixty messages stand here, older ones come when one scrolls up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from charstudio.gui.bubble import Bubble
from charstudio.gui.bubble_foot import writing_words
from charstudio.gui.faces import Faces
from charstudio.gui.rows import Rows
from charstudio.gui.theme import Theme
from charstudio.i18n import _
from charstudio.model import Character, Message

AT_ONCE = 60
MOST_ROWS = 240
COUNT_EVERY = 0.25  # seconds
FIRST_WORDS = 60  # characters
PENDING = -1  # the id of a reply of which no word is there yet


class Transcript(Rows):
    """The bubbles of one talk. `act` is what the writer wants with a message: its id and the name of the act.

    `news` tells that words came while the reader is elsewhere, `emptied` that something or nothing is there.
    """

    act = Signal(int, str)
    edited = Signal(int, str)
    edit_left = Signal()
    older_wanted = Signal(int)
    news = Signal()
    emptied = Signal(bool)

    def __init__(self, theme: Theme, faces: Faces) -> None:
        super().__init__(theme, bottom=0)
        self._faces = faces
        self._who: Character | None = None
        self._bubbles: dict[int, Bubble] = {}
        self._later: list[Message] = []  # below what is shown, after reading far back
        self._asked_before = 0
        self._whole = False
        self._busy = False
        self._again_of = 0
        self._began = 0.0
        self._counted = 0.0
        self.setAccessibleName(_("What was said"))

        self.top_reached.connect(self._on_top)
        self.end_changed.connect(self._on_end_changed)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)

    # What is so

    def show_character(self, who: Character) -> None:
        """The character has this name, colour and face now."""
        self._who = who
        for bubble in self._bubbles.values():
            bubble.show_character(who)

    def show_messages(self, messages: Sequence[Message]) -> None:
        """Show the end of a talk."""
        self._whole = len(messages) < AT_ONCE
        self._later, self._asked_before, self._again_of = [], 0, 0
        self._begin_count(messages[-1] if messages else None)
        self._fill(list(messages)[-AT_ONCE:])

    def prepend_messages(self, messages: Sequence[Message]) -> None:
        """Show older messages above; none means that the talk begins here."""
        self._asked_before = 0
        self._whole = not messages
        made = [self._make(message) for message in messages if message.id not in self._bubbles]
        if not made:
            return
        self._bubbles = {bubble.message.id: bubble for bubble in made} | self._bubbles
        self.prepend(made)
        if len(self._bubbles) > MOST_ROWS and not self.at_end:
            gone = list(self._bubbles.values())[MOST_ROWS:]
            self._later[:0] = [bubble.message for bubble in gone]
            self._forget(gone)
            self._mark_last()

    def add(self, message: Message) -> None:
        """Show one more message, or a swipe in the place of the one beside it."""
        self._again_of = 0
        self._begin_count(message)
        beside = self._find(message)
        if beside is not None:
            self._drop_pending()
            self._swap(beside, message)
        elif message.role == "character" and PENDING in self._bubbles:
            self._swap(self._bubbles[PENDING], message)
        else:
            self._add_below(message)
        if message.role == "writer":
            self.to_end()
        elif not self.at_end:
            self.news.emit()

    def append_words(self, message_id: int, text: str) -> None:
        """Add words to a reply that is being written: one insertion."""
        bubble = self._bubbles.get(message_id)
        if bubble is None:
            return
        bubble.append(text)
        now = time.monotonic()
        if now - self._counted >= COUNT_EVERY:
            self._counted = now
            words = len(bubble.body().split())
            bubble.show_status(writing_words(words, now - self._began if self._began else 0.0))
        if not self.at_end:
            self.news.emit()

    def finish(self, message: Message) -> None:
        """Show a reply as it was saved."""
        self._began = 0.0
        if any(m.id == message.id for m in self._later):
            self._later = [message if m.id == message.id else m for m in self._later]
        elif not self.replace_message(message):
            self.add(message)

    def replace_message(self, message: Message) -> bool:
        """Show a message in the place of the one with its id, or of the swipe beside it, if one is here."""
        bubble = self._find(message)
        if bubble is not None:
            self._swap(bubble, message)
        return bubble is not None

    def remove_message(self, message_id: int) -> None:
        """A message is no longer there."""
        self._later = [m for m in self._later if m.id != message_id]
        bubble = self._bubbles.get(message_id)
        if bubble is not None:
            self._forget([bubble])
            self._mark_last()

    def show_progress(self, words: str) -> None:
        """Say what the model does before its first word, in the place where that word will be."""
        waiting = self._bubbles.get(self._again_of) or self._bubbles.get(PENDING)
        if waiting is None and self._busy and not self._later and not self._writing():
            waiting = self._add_below(self._pending())
        if waiting is not None:
            waiting.show_status(words)

    def set_busy(self, busy: bool) -> None:
        """The model writes, or it does so no longer."""
        self._busy = busy
        if not busy:
            self._drop_pending()
            self._again_of = 0
        for bubble in self._bubbles.values():
            bubble.set_busy(busy)
            if not busy:
                bubble.show_status("")

    def expect_again(self, bubble: Bubble) -> None:
        """Another answer was asked for in the place of this one."""
        self._again_of = bubble.message.id if bubble.message.role == "character" else 0
        self.reveal(bubble)

    # Which bubble is meant

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said yet."""
        return not self._bubbles

    def bubble(self, message_id: int) -> Bubble | None:
        """The bubble of a message, if it is among those that stand here."""
        return self._bubbles.get(message_id)

    def attended(self) -> Bubble | None:
        """The bubble that has the keyboard."""
        return next((b for b in self._bubbles.values() if b.has_keyboard() and not b.editing), None)

    def meant(self) -> Bubble | None:
        """The bubble that has the keyboard, else the last one."""
        bubble = self.attended() or self._last()
        return bubble if bubble is not None and bubble.message.id > 0 else None

    def last_reply(self) -> Bubble | None:
        """The last bubble if it is not the writer's."""
        last = self._last()
        return last if last is not None and last.message.role != "writer" and last.message.id > 0 else None

    def pointed_at(self) -> Bubble | None:
        """The reply in which words are selected, else the one with the keyboard, else the last reply."""
        replies = [b for b in self._bubbles.values() if b.message.role == "character" and b.message.id > 0]
        selected = next((b for b in replies if b.selected()), None)
        attended = self.attended()
        return selected or (attended if attended in replies else None) or (replies[-1] if replies else None)

    def show_bubble(self, message_id: int) -> bool:
        """Bring a message into view and give it the keyboard, if it stands here."""
        bubble = self._bubbles.get(message_id)
        if bubble is not None:
            bubble.prose.setFocus()
            self.reveal(bubble)
        return bubble is not None

    def step(self, bubble: Bubble, step: int) -> bool:
        """Move the keyboard to the next bubble; False below the last one."""
        shown = list(self._bubbles.values())
        at = shown.index(bubble) + step
        if 0 <= at < len(shown):
            shown[at].prose.setFocus()
            self.reveal(shown[at])
        return at < len(shown)

    def edit(self, bubble: Bubble) -> None:
        """Edit a message in its place."""
        bubble.begin_edit()
        self.reveal(bubble)

    def go_to_end(self) -> None:
        """Show the end of the talk, however far back the reader is."""
        if self._later:
            known = [bubble.message for bubble in self._bubbles.values()] + self._later
            self._later, self._whole = [], False
            self._fill(known[-AT_ONCE:])
        self.to_end()

    # Where the reader is

    def _on_top(self) -> None:
        first = next(iter(self._bubbles), 0)
        if first > 0 and not self._whole and self._asked_before != first:
            self._asked_before = first
            self.older_wanted.emit(first)

    def _on_end_changed(self, at_end: bool) -> None:
        if at_end and self._later:
            self._add_later()
        elif at_end:
            self._trim()

    def _add_later(self) -> None:
        following, self._later = self._later[:AT_ONCE], self._later[AT_ONCE:]
        at = self.verticalScrollBar().value()
        for message in following:
            bubble = self._make(message)
            self._bubbles[message.id] = bubble
            self.append(bubble)
        self.verticalScrollBar().setValue(at)
        self._mark_last()

    def _trim(self) -> None:
        over = len(self._bubbles) - AT_ONCE
        if over > 0 and self.at_end:
            self._whole = False
            self._forget(list(self._bubbles.values())[:over])

    def _on_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        if not self.isVisible():
            return
        for bubble in self._bubbles.values():
            held = new is not None and bubble.isAncestorOf(new)
            if held or (old is not None and bubble.isAncestorOf(old)):
                bubble.set_attended(held or bubble.underMouse())
                bubble.update()
                if held:
                    self.reveal(bubble)

    # Small helpers

    def _begin_count(self, message: Message | None) -> None:
        # a reply that is met half-way has no speed: nobody saw when it began
        fresh = message is not None and message.state == "writing" and len(message.body) < FIRST_WORDS
        self._began, self._counted = (time.monotonic() if fresh else 0.0), 0.0

    def _fill(self, messages: list[Message]) -> None:
        wanted = {message.id for message in messages}
        spare = [b for b in self._bubbles.values() if b.message.id not in wanted and not b.editing]
        kept: dict[int, Bubble] = {}
        for message in messages:
            old = self._bubbles.get(message.id) or _taken(spare, message.role)
            if old is None or old.message.role != message.role:
                kept[message.id] = self._make(message)
            else:
                if old.message != message:
                    old.show_message(message)
                kept[message.id] = old
        self._bubbles = kept
        self.set_rows(kept.values())
        self._mark_last()
        QTimer.singleShot(0, self._fill_up)

    def _fill_up(self) -> None:
        # sixty short messages may not fill a high window, and then nobody could scroll to older ones
        if self._bubbles and self.isVisible() and not self.overflows:
            self._on_top()

    def _make(self, message: Message) -> Bubble:
        bubble = Bubble(self._theme, self._faces, self._who, message)
        bubble.set_busy(self._busy)
        bubble.act.connect(self._on_act)
        bubble.edited.connect(self._on_edited)
        bubble.edit_left.connect(self.edit_left)
        return bubble

    def _add_below(self, message: Message) -> Bubble | None:
        if message.role == "writer" and self._later:
            self.go_to_end()
        if self._later:
            self._later.append(message)
            return None
        bubble = self._make(message)
        self._bubbles[message.id] = bubble
        self.append(bubble)
        self._mark_last()
        self._trim()
        return bubble

    def _swap(self, bubble: Bubble, message: Message) -> None:
        at = bubble.message.id
        if at != message.id:
            self._bubbles = {(message.id if key == at else key): b for key, b in self._bubbles.items()}
        began = message.state == "writing" and bubble.message.state != "writing"
        bubble.show_message(message)
        following = list(self._bubbles.values())
        after = following[following.index(bubble) + 1 :]
        if after and began:
            # a new swipe of an older message begins a branch of its own
            self._forget(after)
        self._mark_last()

    def _find(self, message: Message) -> Bubble | None:
        return self._bubbles.get(message.id) or next(filter(_beside(message), self._bubbles.values()), None)

    def _forget(self, bubbles: Sequence[Bubble]) -> None:
        gone = set(bubbles)
        self._bubbles = {key: bubble for key, bubble in self._bubbles.items() if bubble not in gone}
        self.drop(bubbles)

    def _drop_pending(self) -> None:
        bubble = self._bubbles.get(PENDING)
        if bubble is not None:
            self._forget([bubble])
            self._mark_last()

    def _pending(self) -> Message:
        name = (self._who.called or self._who.name) if self._who else ""
        return Message(PENDING, 0, PENDING, "character", name, "", "writing")

    def _writing(self) -> bool:
        return any(bubble.message.state == "writing" for bubble in self._bubbles.values())

    def _last(self) -> Bubble | None:
        return next(reversed(self._bubbles.values()), None)

    def _mark_last(self) -> None:
        last = self._last()
        for bubble in self._bubbles.values():
            bubble.set_last(bubble is last and not self._later)
        self.emptied.emit(last is None)

    def _on_act(self, name: str) -> None:
        bubble = self.sender()
        if isinstance(bubble, Bubble):
            self.act.emit(bubble.message.id, name)

    def _on_edited(self, text: str) -> None:
        bubble = self.sender()
        if isinstance(bubble, Bubble):
            self.edited.emit(bubble.message.id, text)


def _taken(spare: list[Bubble], role: str) -> Bubble | None:
    """A bubble that is no longer needed, to be used again: making one takes far longer."""
    found = next((bubble for bubble in spare if bubble.message.role == role), None)
    if found is not None:
        spare.remove(found)
    return found


def _beside(message: Message) -> Callable[[Bubble], bool]:
    """Whether a bubble shows a swipe beside this message."""

    def is_beside(bubble: Bubble) -> bool:
        other = bubble.message
        return other.id > 0 and other.role == message.role and other.parent_id == message.parent_id

    return is_beside
