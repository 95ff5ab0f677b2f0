"""The talk: what was said, what is being said, and the line on which the writer says the next thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QHideEvent, QKeyEvent, QKeySequence, QResizeEvent

from charstudio.errors import StudioError
from charstudio.gui.bubble import Bubble
from charstudio.gui.composer import LONGEST_PASTE, MODE_KEYS, NOTICED_KEYS, Composer
from charstudio.gui.faces import Faces, Portrait, decode
from charstudio.gui.menu_button import MenuButton
from charstudio.gui.proposal_tray import SHARE, ProposalTray
from charstudio.gui.talk_words import empty_words, mute_words, talk_menu, talk_name
from charstudio.gui.text import one_line
from charstudio.gui.theme import Theme
from charstudio.gui.transcript import Transcript
from charstudio.gui.widgets import EmptyState, IconButton, NoticeBar, Paper, QuietButton, column, row
from charstudio.i18n import _
from charstudio.model import Character, Message, Talk
from charstudio.talk import Shown

LONG_TITLE = 48
SEVERAL = 4  # answers written at once


class TalkView(Paper):
    """Shows one talk and tells what the writer wants; knows no store, no engine and no lane."""

    send_wanted = Signal(str)
    stop_wanted = Signal()
    again_wanted = Signal(int, int)
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
    prompt_wanted = Signal(int, str)
    point_wanted = Signal(int, str)  # “keep that”: a message, and the words selected in it
    strict_wanted = Signal(bool)
    proposal_decided = Signal(int, str, str)
    source_wanted = Signal(int)

    def __init__(self, theme: Theme, faces: Faces | None = None) -> None:
        super().__init__(theme, "surface")
        self._theme = theme
        self._faces = faces or Faces(theme)
        self._who: Character | None = None
        self._talk: Talk | None = None
        self._talks: list[Talk] = []
        self._mute = False
        self._link = ""
        self._notice = NoticeBar(theme)
        self._title = MenuButton(theme)
        self._new = IconButton(theme, "plus", _("New talk"))
        self._said = Transcript(theme, self._faces)
        self._down = QuietButton(theme, _("New words"), icon="arrow-down", framed=True)
        self._down.setParent(self)
        self._down.hide()
        self._face = Portrait(theme, self._faces, 96, square=True)
        self._empty = EmptyState(theme, "", face=self._face)
        self._silent = EmptyState(theme, "")
        self._tray = ProposalTray(theme)
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
        self._composer.strict_wanted.connect(self.strict_wanted)
        self._composer.noticed_wanted.connect(self.toggle_tray)
        self._tray.decided.connect(self.proposal_decided)
        self._tray.source_wanted.connect(self.source_wanted)
        self._tray.closed.connect(self._close_tray)
        self._said.act.connect(self._on_act)
        self._said.edited.connect(self.edit_wanted)
        self._said.edit_left.connect(self._on_edit_left)
        self._said.older_wanted.connect(self.older_wanted)
        self._said.news.connect(self._on_news)
        self._said.end_changed.connect(self._on_end_changed)
        self._said.emptied.connect(self._show_place)
        self._down.clicked.connect(self._on_down)
        self._title.clicked.connect(self._on_title)
        self._new.clicked.connect(self._on_new)
        self._notice.link_chosen.connect(self._on_link)
        self._silent.primary_chosen.connect(self.models_wanted)
        self._silent.quiet_chosen.connect(self.guide_wanted)
        theme.changed.connect(self._align)

    def _build(self) -> None:
        self._head = row(gap=2)
        self._head.addWidget(self._title)
        self._head.addWidget(self._new)
        self._head.addStretch()
        self._foot = column()
        self._foot.addWidget(self._tray)
        self._foot.addWidget(self._composer)
        layout = column()
        layout.addWidget(self._notice)
        layout.addLayout(self._head)
        layout.addWidget(self._said, 1)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._silent, 1)
        layout.addLayout(self._foot)
        self.setLayout(layout)
        self.setFocusProxy(self._composer)

    def _actions(self) -> dict[str, QAction]:
        acts = {}
        for name, words, keys, icon, slot in (
            ("again", _("Answer again"), "Ctrl+R", "refresh-cw", self.answer_again),
            ("several", _("Four more answers"), "Ctrl+Shift+R", "refresh-cw", self.answer_several),
            ("speak", _("Speak it aloud"), "Ctrl+M", "volume-2", self.speak),
            ("keep", _("Keep that"), "Ctrl+D", "bookmark", self.keep_that),
            ("noticed", _("Look at what was noticed"), NOTICED_KEYS, "lightbulb", self.toggle_tray),
            ("mode", _("Strict or inventive"), MODE_KEYS, "lock", self._composer.switch_mode),
            ("remember", _("Remember this"), "Ctrl+Shift+A", "history", self.remember),
            ("edit", _("Edit the message"), "F2", "pencil", self.edit_last),
            ("note", _("Author’s note"), "Ctrl+Alt+N", "notebook-pen", self._composer.open_note),
            ("new", _("New talk"), "Ctrl+Shift+T", "plus", self._on_new),
            ("prompt", _("What the model reads…"), "Ctrl+P", "scroll-text", self.look_at_prompt),
        ):
            action = QAction(words, self)
            action.setShortcut(QKeySequence(keys))
            # only here: the guide and the sheet have other uses for these keys
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setIcon(self._theme.icon(icon))
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
        self._said.show_character(character)
        self._say_empty()

    def show_persona(self, name: str) -> None:
        """Say as whom the writer speaks."""
        self._composer.show_persona(name)

    def show_talk(self, talk: Talk, messages: Sequence[Message], talks: Sequence[Talk]) -> None:
        """Show the end of this talk; `talks` are all of this character, newest first."""
        same = self._talk is not None and self._talk.id == talk.id
        self._talk, self._talks = talk, list(talks)
        self._title.set_words(one_line(talk_name(talk), LONG_TITLE))
        self._title.setAccessibleName(_("Talk: {name}; choose another", name=talk_name(talk)))
        if not same:
            self._composer.show_draft(talk.draft)
            self._composer.show_note(talk.note)
        self._composer.show_strict(strict=talk.strict)
        self._mute = False
        self._said.show_messages(messages)
        self._down.hide()

    def show_strict(self, *, strict: bool) -> None:
        """Say whether the character may invent in this talk."""
        self._composer.show_strict(strict=strict)

    def show_proposals(self, shown: Sequence[Shown]) -> None:
        """These wait for a decision; an open tray closes with the last one."""
        later = sum(s.proposal.decision == "later" for s in shown)
        self._composer.show_noticed(len(shown) - later, later)
        self._tray.show_proposals(self._called(), shown)
        if not shown and not self._tray.isHidden():
            self._close_tray()

    def open_tray(self, proposal_id: int = 0) -> None:
        """Show the proposals, with the keyboard on one of them."""
        if self._tray.cards:
            self._tray.show()
            self._align()
            self._tray.take_keyboard(proposal_id)

    def toggle_tray(self) -> None:
        """Show the proposals, or put them away again."""
        if self._tray.isHidden():
            self.open_tray()
        else:
            self._close_tray()

    def reveal(self, message_id: int) -> bool:
        """Bring a message into view, if it is among those that stand here."""
        return self._said.show_bubble(message_id)

    def prepend(self, messages: Sequence[Message]) -> None:
        """Show older messages above; none means that the talk begins here."""
        self._said.prepend_messages(messages)

    def add(self, message: Message) -> None:
        """Show one more message, or a swipe in the place of the one beside it."""
        self._said.add(message)

    def append_words(self, message_id: int, text: str) -> None:
        """Add words to a reply that is being written; one insertion, so call it once a frame at most."""
        self._said.append_words(message_id, text)

    def finish(self, message: Message) -> None:
        """Show a reply as it was saved: formatted once, with how it ended."""
        self._said.finish(message)

    def replace(self, message: Message) -> None:
        """Show a message in the place of the one with its id, or of the swipe beside it."""
        self._said.replace_message(message)

    def remove(self, message_id: int) -> None:
        """A message is no longer there."""
        self._said.remove_message(message_id)

    def show_progress(self, words: str, done: int, total: int) -> None:
        """Say what the model does before its first word, in the place where that word will be."""
        share = _(" · {percent} %", percent=round(100 * done / total)) if 0 <= done <= total and total else ""
        self._said.show_progress(words + share)

    def set_busy(self, busy: bool) -> None:
        """The model writes, or it does so no longer."""
        self._composer.set_busy(busy)
        self._said.set_busy(busy)
        for action in ("again", "several", "edit"):
            self._acts[action].setEnabled(not busy)

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
        if not self._said.is_empty:
            words = _("No model is chosen, so nobody answers here. The guide works without one.")
            self.show_notice(words, _("Models"), "info")
        self._show_place()

    # What the writer does

    def answer_again(self) -> None:
        """Ask for another answer in the place of the last one, or of the one with the keyboard."""
        bubble = self._said.meant()
        if bubble is not None:
            self._ask_again(bubble)

    def answer_several(self) -> None:
        """Ask for four more answers at once, to choose from by swiping."""
        bubble = self._said.meant()
        if bubble is not None:
            self._ask_again(bubble, SEVERAL)

    def speak(self) -> None:
        """Hear the last reply, or the message with the keyboard."""
        bubble = self._said.attended() or self._said.last_reply()
        if bubble is not None and bubble.message.role != "writer":
            self.speak_wanted.emit(bubble.message.id)

    def keep_that(self) -> None:
        """Propose for the sheet what is selected, or the reply that is meant."""
        bubble = self._said.pointed_at()
        if bubble is not None:
            self.point_wanted.emit(bubble.message.id, bubble.selected())

    def remember(self) -> None:
        """Keep what was said as a memory."""
        bubble = self._said.meant()
        if bubble is not None:
            self.keep_memory_wanted.emit(bubble.message.id)

    def look_at_prompt(self) -> None:
        """Ask for what the model would read if the draft were sent."""
        if self._talk is not None:
            self.prompt_wanted.emit(self._talk.id, self._composer.field.text())

    def edit_last(self) -> None:
        """Edit the last message, or the one with the keyboard, in its place."""
        bubble = self._said.meant()
        if bubble is not None and not self._composer.busy:
            self._said.edit(bubble)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not (self._key_in_composer(event) or self._key_in_bubble(event)):
            super().keyPressEvent(event)

    def _key_in_composer(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and self._composer.busy:
            self.stop_wanted.emit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and event.modifiers() in _PLAIN:
            self._swipe_by_key(self._said.attended() or self._said.last_reply(), key)
        elif key == Qt.Key.Key_Up and self._said.attended() is None:
            self.edit_last()
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End):
            self._said.keyPressEvent(event)
        else:
            return False
        return True

    def _key_in_bubble(self, event: QKeyEvent) -> bool:
        bubble = self._said.attended()
        key = Qt.Key(event.key())
        if bubble is None:
            return False
        if key == Qt.Key.Key_Delete:
            self._on_act(bubble.message.id, "delete")
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            if not self._said.step(bubble, -1 if key == Qt.Key.Key_Up else 1):
                self._composer.setFocus()
        elif key == Qt.Key.Key_Escape:
            self._composer.setFocus()
        else:
            return False
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._align()

    def hideEvent(self, event: QHideEvent) -> None:
        self._composer.flush()
        super().hideEvent(event)

    def _on_send(self, text: str) -> None:
        if self._mute:
            self._composer.restore(text)
            self.show_no_model()
            return
        self._notice.clear()
        self._said.go_to_end()
        self.send_wanted.emit(text)

    def _on_act(self, message_id: int, name: str) -> None:
        bubble = self._said.bubble(message_id)
        if bubble is None:
            return
        match name:
            case "speak":
                self.speak_wanted.emit(message_id)
            case "keep":
                self.point_wanted.emit(message_id, bubble.selected())
            case "remember":
                self.keep_memory_wanted.emit(message_id)
            case "edit":
                self._said.edit(bubble)
            case "again":
                self._ask_again(bubble)
            case "delete" if not self._composer.busy:
                self._composer.setFocus()
                self.delete_wanted.emit(message_id)
            case "swipe_back" | "swipe_on":
                self._swipe(bubble, -1 if name == "swipe_back" else 1)

    def _ask_again(self, bubble: Bubble, count: int = 1) -> None:
        if self._mute:
            self.show_no_model()
        elif not self._composer.busy:
            self._said.expect_again(bubble)
            self.again_wanted.emit(bubble.message.id, count)

    def _swipe(self, bubble: Bubble, step: int) -> None:
        message = bubble.message
        if self._composer.busy or message.role != "character":
            return
        if message.swipe + step > message.swipes:
            self._ask_again(bubble)
        elif message.swipe + step >= 1:
            self.swipe_wanted.emit(message.id, step)

    def _swipe_by_key(self, bubble: Bubble | None, key: Qt.Key) -> None:
        if bubble is not None:
            mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
            self._swipe(bubble, 1 if (key == Qt.Key.Key_Right) != mirrored else -1)

    def _close_tray(self) -> None:
        self._tray.hide()
        self._composer.setFocus()

    def _on_edit_left(self) -> None:
        self._composer.setFocus()

    def _on_link(self) -> None:
        self._notice.clear()
        (self.models_wanted if self._link == _("Models") else self.restart_wanted).emit()

    def _on_too_long(self, count: int) -> None:
        words = _(
            "Only the first {most:,} of {count:,} characters were taken in.", most=LONGEST_PASTE, count=count
        )
        self.show_notice(words)

    def _on_title(self) -> None:
        menu = talk_menu(self._theme, self, self._talks, self._talk)
        menu.triggered.connect(self._on_talk_action)
        self._title.open(menu)

    def _on_talk_action(self, action: QAction) -> None:
        if action.data():
            self._composer.flush()
            self.talk_chosen.emit(int(action.data()))
        else:
            self._on_new()

    def _on_new(self) -> None:
        self._composer.flush()
        self.new_talk_wanted.emit()

    def _on_news(self) -> None:
        if self._down.isHidden():
            self._down.show()
            self._down.raise_()
            self._place_down()

    def _on_end_changed(self, at_end: bool) -> None:
        if at_end:
            self._down.hide()

    def _on_down(self) -> None:
        self._said.go_to_end()
        self._down.hide()
        self._composer.setFocus()

    # Small helpers

    @property
    def called(self) -> str:
        """How the one is called with whom one talks."""
        return self._called()

    def _called(self) -> str:
        return one_line(self._who.called or self._who.name, 80) if self._who else ""

    def _take_picture(self, character_id: int, png: bytes) -> None:
        try:
            self._faces.give(character_id, decode(png))
        except StudioError as exc:
            self.show_notice(str(exc))

    def _say_empty(self) -> None:
        self._empty.show_words(*empty_words(self._called()))
        self._silent.show_words(*mute_words(self._called()))

    def _show_place(self) -> None:
        empty = self._said.is_empty
        self._said.setVisible(not empty)
        self._silent.setVisible(empty and self._mute)
        self._empty.setVisible(empty and not self._mute)
        self._composer.setVisible(not (empty and self._mute))
        self._title.setVisible(self._talk is not None)
        self._new.setVisible(self._talk is not None)

    def _align(self) -> None:
        width = max(80, min(self._theme.size("measure_max"), self.width() - 80))
        side = (self.width() - width) // 2
        self._head.setContentsMargins(side - 7, 10, side, 0)
        self._foot.setContentsMargins(side, 3, side, 16)
        self._tray.fit(round(self.height() * SHARE))
        self._place_down()

    def _place_down(self) -> None:
        size = self._down.sizeHint()
        bottom = self._composer.y() - 14 if self._composer.isVisible() else self.height() - 20
        place = (self.width() - size.width()) // 2
        self._down.setGeometry(place, bottom - size.height(), size.width(), size.height())


_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
