"""Joins the talk view to the conversation: messages go to a lane, what comes back goes to the view."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from charstudio import paths
from charstudio.engines import Loading, Reading
from charstudio.errors import Cancel, ChildDied, EngineError, StudioError
from charstudio.gui.bridge import Bridge
from charstudio.gui.desk import LIBRARY_LANE, Desk
from charstudio.gui.main_window import MainWindow
from charstudio.gui.player import Player
from charstudio.gui.talk_view import TalkView
from charstudio.gui.theme import Theme
from charstudio.gui.voice_dialog import VoiceDialog
from charstudio.i18n import _
from charstudio.jobs import Ended
from charstudio.model import Character, Talk
from charstudio.studio import Studio
from charstudio.talk import Finished, Said, Words
from charstudio.voices import VoiceSettings

INFERENCE_LANE = "inference"
VOICE_LANE = "voice"
WARMING_LANE = "warming"
PAGE = 60
MOST_TO_SHOW = 5000  # messages of a branch that are looked through for one of them


class TalkDesk(QObject):
    """The talk of the character that is open; one reply is written at a time."""

    replied = Signal(dict)  # what a reply cost: the engine's figures
    began = Signal()  # the model is asked for a reply now
    rests = Signal(int)  # a reply in this talk has ended, and nobody waits for the model

    def __init__(
        self,
        studio: Studio,
        bridge: Bridge,
        theme: Theme,
        desk: Desk,
        window: MainWindow,
        view: TalkView,
    ) -> None:
        super().__init__(window)
        self._studio = studio
        self._bridge = bridge
        self._theme = theme
        self._desk = desk
        self._window = window
        self._view = view
        self._player = Player(self)
        self._talk: Talk | None = None
        self._speaking_in = 0  # the talk whose reply is being written
        self._writing = 0  # the message it becomes
        self._sent = ""
        self._kept = False

        desk.opened.connect(self.show)
        desk.sheet_changed.connect(self._on_sheet_changed)
        window.tab_changed.connect(self._on_tab)
        view.send_wanted.connect(self.send)
        view.stop_wanted.connect(self.stop)
        view.again_wanted.connect(self.again)
        view.swipe_wanted.connect(self._on_swipe)
        view.edit_wanted.connect(self._on_edit)
        view.delete_wanted.connect(self._on_delete)
        view.speak_wanted.connect(self.speak)
        view.keep_memory_wanted.connect(self._on_keep)
        view.older_wanted.connect(self._on_older)
        view.draft_changed.connect(self._on_draft)
        view.note_changed.connect(self._on_note)
        view.new_talk_wanted.connect(self._on_new_talk)
        view.talk_chosen.connect(self._on_talk_chosen)
        view.restart_wanted.connect(self._on_restart)
        view.models_wanted.connect(self._on_models)
        view.guide_wanted.connect(self._on_guide)
        view.persona_wanted.connect(window.settings_wanted)
        view.strict_wanted.connect(self._on_strict)
        self._player.silent.connect(self._on_silent)
        window.actions_by_name["voice"].triggered.connect(self._on_voice)

    # What is so

    def show(self, who: Character) -> None:
        """Show the last talk with this character; it is begun when the writer comes to the tab."""
        self._view.show_character(who, None)
        talks = self._studio.library.talks.of(who.id)
        if self._window.tab == "talk" and not talks:
            talks = [self._studio.conversation.open(who.id)]
        self._talk = talks[0] if talks else None
        self._show_talk()

    def _show_talk(self) -> None:
        who = self._desk.who
        if self._talk is None or who is None:
            return
        library = self._studio.library
        self._talk = library.talks.get(self._talk.id)
        messages = library.talks.messages(self._talk.id, limit=PAGE)
        self._view.show_talk(self._talk, messages, library.talks.of(who.id))
        self._view.show_persona(self._studio.conversation.user)
        self._view.set_busy(self._speaking_in == self._talk.id)
        if not self._studio.model_name():
            self._view.show_no_model()
        elif self._window.tab == "talk":
            self._warm(self._talk.id)

    def _warm(self, talk: int) -> None:
        """Load the model and let it read the talk while the writer still looks at it."""
        # A server is asked nothing before the writer says something.
        if self._studio.settings.engine != "server" and not self._bridge.busy(INFERENCE_LANE):
            self._bridge.stop(WARMING_LANE)
            prepare = self._studio.conversation.prepare
            self._bridge.run(
                WARMING_LANE, lambda cancel: prepare(talk, cancel), self._on_warming, self._on_warm
            )

    def _on_warming(self, events: list[Any]) -> None:
        last = events[-1]
        if isinstance(last, Loading):
            here = self._talk is not None and self._talk.id == self._speaking_in
            self._progress(_("Loading the model"), round(last.share * 100), 100, here=here)

    def _on_warm(self, _ended: Ended) -> None:
        # Whatever went wrong is told when the writer says something; until then it is of no use to know.
        if not self._bridge.busy(INFERENCE_LANE):
            self._window.status.end_work()

    def _on_tab(self, tab: str) -> None:
        who = self._desk.who
        if tab == "talk" and who is not None:
            if self._talk is None:
                self.show(who)
            elif self._studio.model_name():
                self._warm(self._talk.id)

    def _on_sheet_changed(self) -> None:
        who = self._desk.who
        if who is not None:
            self._view.show_character(who, None)

    # Talking

    def send(self, text: str) -> None:
        """Say something; if that fails before it is kept, the words come back into the composer."""
        if self._talk is None or self._bridge.busy(INFERENCE_LANE):
            self._view.restore_draft(text)
            return
        talk = self._talk.id
        self._sent, self._kept = text, False
        self._write(talk, lambda cancel: self._studio.conversation.reply(talk, text, cancel))

    def again(self, message_id: int, count: int = 1) -> None:
        """Answer anew, once or several times at once."""
        if self._talk is None or self._bridge.busy(INFERENCE_LANE):
            return
        self._sent, self._kept = "", True
        again = self._studio.conversation.again
        self._write(self._talk.id, lambda cancel: again(message_id, cancel, alternatives=count))

    def stop(self) -> None:
        """Stop writing; what is written stays."""
        self._bridge.stop(INFERENCE_LANE)

    def _write(self, talk: int, work: Callable[[Cancel], Iterator[Any]]) -> None:
        self._speaking_in = talk
        self.began.emit()
        self._view.set_busy(True)
        self._bridge.run(INFERENCE_LANE, work, self._on_events, self._on_end)

    def _on_events(self, events: list[Any]) -> None:
        here = self._talk is not None and self._talk.id == self._speaking_in
        joined: dict[int, str] = {}
        for event in events:
            if isinstance(event, Words):
                joined[event.message_id] = joined.get(event.message_id, "") + event.text
                continue
            if here:
                self._append(joined)
            self._on_event(event, here=here)
        if here:
            self._append(joined)

    def _append(self, joined: dict[int, str]) -> None:
        for message_id, text in joined.items():
            self._view.append_words(message_id, text)
        joined.clear()

    def _on_event(self, event: Any, *, here: bool) -> None:
        if isinstance(event, Loading):
            self._progress(_("Loading the model"), round(event.share * 100), 100, here=here)
        elif isinstance(event, Reading):
            words = _("Reading {done:,} of {total:,}", done=event.done, total=event.total)
            self._progress(words, event.done - event.cached, event.total - event.cached, here=here)
        elif isinstance(event, Said):
            self._kept, self._writing = True, event.message.id
            if here:
                self._said(event)
        elif isinstance(event, Finished):
            self.replied.emit(event.message.figures)
            if here and event.message.id == self._writing:
                self._view.finish(event.message)

    def _said(self, event: Said) -> None:
        if event.message.swipe > 1:
            self._show_talk()
        else:
            self._view.add(event.message)

    def _progress(self, words: str, done: int, total: int, *, here: bool) -> None:
        self._window.status.show_work(words, done, total)
        if here:
            self._view.show_progress(words, done, total)

    def _on_end(self, ended: Ended) -> None:
        talk, self._speaking_in = self._speaking_in, 0
        self._window.status.end_work()
        self._view.set_busy(False)
        if ended.error is not None:
            self._tell(ended.error)
            if not self._kept and self._sent:
                self._view.restore_draft(self._sent)
            self._show_talk()
        self._window.status.show_model(self._studio.model_name())
        self._desk.refresh_undo()
        self._read_memories()
        if ended.error is None:
            self.rests.emit(talk)

    def _tell(self, error: Exception) -> None:
        if isinstance(error, ChildDied):
            self._view.show_notice(str(error), _("Start it again"), "danger")
        elif isinstance(error, EngineError):
            self._view.show_notice(str(error), _("Models"), "danger")
        elif isinstance(error, StudioError):
            self._view.show_notice(str(error), "", "danger")
        else:
            self._view.show_notice(_("Something unexpected happened; your words are kept."), "", "danger")

    def _read_memories(self) -> None:
        """Read what was said for its meaning, now that the model rests."""
        who, embedder = self._desk.who, self._studio.embedder
        if who is not None and embedder is not None and embedder.ready:
            index = self._studio.recall.index
            self._bridge.run(LIBRARY_LANE, lambda cancel: index(who.id, cancel))

    def _on_restart(self) -> None:
        self._studio.engine().restart()
        last = self._studio.library.talks.messages(self._talk.id, limit=1) if self._talk else []
        if last and (last[0].role == "writer" or last[0].state == "failed"):
            self.again(last[0].id)

    def _on_models(self) -> None:
        self._window.show_place("models")

    def _on_guide(self) -> None:
        self._window.show_tab("guide")

    # Messages

    def _on_swipe(self, message_id: int, step: int) -> None:
        if not self._bridge.busy(INFERENCE_LANE):
            self._studio.library.talks.swipe(message_id, step)
            self._show_talk()

    def _on_edit(self, message_id: int, text: str) -> None:
        try:
            self._view.replace(self._studio.conversation.edit(message_id, text))
        except StudioError as exc:
            self._view.show_notice(str(exc), "", "danger")
        self._desk.refresh_undo()

    def _on_delete(self, message_id: int) -> None:
        if self._bridge.busy(INFERENCE_LANE):
            return
        self._studio.library.talks.delete_message(message_id)
        self._show_talk()
        self._desk.refresh_undo()

    def _on_keep(self, message_id: int) -> None:
        who = self._desk.who
        if who is not None:
            message = self._studio.library.talks.message(message_id)
            self._studio.recall.note(who.id, message.body, speaker=message.name)
            self._window.status.show_saved(_("Remembered"))
            self._desk.refresh_undo()

    def _on_older(self, message_id: int) -> None:
        if self._talk is not None:
            older = self._studio.library.talks.messages(self._talk.id, before=message_id, limit=PAGE)
            self._view.prepend(older)

    def _on_draft(self, text: str) -> None:
        if self._talk is not None:
            self._studio.library.talks.set_draft(self._talk.id, text)

    def _on_note(self, text: str) -> None:
        if self._talk is not None:
            self._studio.library.talks.set_note(self._talk.id, text)

    def _on_strict(self, strict: bool) -> None:
        if self._talk is not None:
            self._studio.library.talks.set_strict(self._talk.id, strict=strict)
            self._talk = self._studio.library.talks.get(self._talk.id)
            self._view.show_strict(strict=strict)

    def show_message(self, message_id: int) -> None:
        """Go to a message, whichever talk and branch it stands in."""
        library = self._studio.library
        try:
            talk = library.talks.get(library.talks.message(message_id).talk_id)
        except StudioError as exc:
            self._view.show_notice(str(exc))
            return
        if self._desk.who is None or self._desk.who.id != talk.character_id:
            self._desk.open(talk.character_id)
        self._window.show_tab("talk")
        branch = [m.id for m in library.talks.messages(talk.id, limit=MOST_TO_SHOW)]
        if message_id not in branch and not self._bridge.busy(INFERENCE_LANE):
            library.talks.show(message_id)
        self._talk = talk
        self._show_talk()
        first = library.talks.messages(talk.id, limit=PAGE)[:1]
        while first and not self._view.reveal(message_id):
            older = library.talks.messages(talk.id, before=first[0].id, limit=PAGE)
            self._view.prepend(older)
            first = older[:1]

    def _on_new_talk(self) -> None:
        who = self._desk.who
        if who is not None and not self._bridge.busy(INFERENCE_LANE):
            self._talk = self._studio.conversation.open(who.id, new=True)
            self._show_talk()

    def _on_talk_chosen(self, talk_id: int) -> None:
        self._talk = self._studio.library.talks.get(talk_id)
        self._show_talk()

    # Voice

    def speak(self, message_id: int) -> None:
        """Speak a message aloud."""
        self._speak(self._studio.library.talks.message(message_id).body, f"message-{message_id}")

    def _speak(self, text: str, name: str) -> None:
        who = self._desk.who
        if who is None:
            return
        out = paths.cache() / "voice" / f"{who.id}-{name}.wav"
        out.parent.mkdir(parents=True, exist_ok=True)
        self._bridge.stop(VOICE_LANE)
        self._player.stop()

        def work(cancel: Cancel) -> Iterator[Path]:
            self._studio.speak(who.id, text, out, cancel)
            yield out

        self._bridge.run(VOICE_LANE, work, self._on_spoken, self._on_spoken_end)

    def _on_voice(self) -> None:
        who = self._desk.who
        if who is not None:
            voice, why = self._studio.voice(who.id)
            dialog = VoiceDialog(self._theme, who.name, voice, why, self._window)
            dialog.voice_chosen.connect(self._on_voice_chosen)
            dialog.listen_wanted.connect(self._on_listen)
            dialog.open()

    def _on_voice_chosen(self, voice: VoiceSettings | None) -> None:
        who = self._desk.who
        if who is not None:
            kept = voice.to_dict() if voice is not None else {}
            self._studio.library.cast.dress(who.id, _("Voice"), voice=kept)
            self._desk.refresh_undo()

    def _on_listen(self) -> None:
        who = self._desk.who
        if who is not None:
            lines = self._studio.library.cast.sheet(who.id).of("sample_line")
            plain = _("My name is {name}.", name=who.name) if who.name else _("I have no name yet.")
            self._speak(lines[0].text if lines else plain, "sample")

    def _on_spoken(self, files: list[Path]) -> None:
        self._player.play(files[-1])

    def _on_spoken_end(self, ended: Ended) -> None:
        if ended.error is not None:
            self._tell(ended.error)

    def _on_silent(self, sentence: str) -> None:
        self._view.show_notice(sentence, "", "info")
