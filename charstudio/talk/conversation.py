"""One turn of open talk: keep what was said, build the prompt, stream the reply, keep that too.

Everything slow is a generator that takes `cancel` last; it knows no thread and no window. What was
written so far is saved once a second, so that neither Stop nor a crash loses more than that.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from charstudio.engines import Engine, EngineEvent, Figures, Piece, Stretch
from charstudio.errors import Cancel, Cancelled, EngineError, StudioError
from charstudio.i18n import _
from charstudio.memory import Recall, brief
from charstudio.model import Message, MessageState, Prompt, Sampling, Talk
from charstudio.store import Library
from charstudio.talk.persona import Persona
from charstudio.talk.prompt import Moment, Scene, ahead, build, counted, pick_moment

log = logging.getLogger(__name__)

SAVE_EVERY = 1.0  # seconds
LONGEST_MESSAGE = 100_000
HISTORY_LIMIT = 400
KEEP_SHARE = 0.5  # of the room for history stays when older messages are cut
COMPACT_AT = 0.92  # of the room: from here on old messages are cut while nobody waits
ENOUGH = 0.8  # of the room: a cut leaves at most this much
MARGIN = 16  # tokens that stay free


@dataclass(frozen=True, slots=True)
class Said:
    """A message stands in the talk now (the writer's, or the beginning of a reply)."""

    message: Message


@dataclass(frozen=True, slots=True)
class Words:
    """More words of a reply."""

    message_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A reply ended; `message` is as it was saved."""

    message: Message


@dataclass(frozen=True, slots=True)
class Look:
    """What the model would read if something were said now, the room for it in tokens, and what the last
    reply cost.
    """

    stretches: tuple[Stretch, ...]
    room: int
    context: int
    model: str
    last: dict[str, object]


TalkEvent = Said | Words | Finished | EngineEvent
# Of a character, the messages so far and the new one: what its lorebook has to say.
Lore = Callable[[int, Sequence[Message], str], Sequence[str]]


class Conversation:
    """Open talk with the characters of one library."""

    def __init__(
        self,
        library: Library,
        engine: Callable[[], Engine],
        recall: Recall,
        persona: Callable[[int], Persona],
        greetings: Callable[[int], tuple[str, ...]],
        forget: Callable[[str], None] = lambda _slot: None,
    ) -> None:
        self._library = library
        self._engine = engine
        self._recall = recall
        self._persona = persona
        self._greetings = greetings
        self._forget = forget
        self.lore: Lore | None = None
        self.user = _("Writer")
        self.sampling = Sampling()

    def open(self, character_id: int, *, new: bool = False) -> Talk:
        """The last talk with a character, or a new one that begins with the card's greetings as swipes."""
        talks = self._library.talks.of(character_id)
        if talks and not new:
            return talks[0]
        talk = self._library.talks.new(character_id)
        first: Message | None = None
        for greeting in self._greetings(character_id):
            said = self._library.talks.add(
                talk.id,
                "character",
                greeting,
                name=self._persona(character_id).called,
                beside=first.id if first else None,
            )
            first = first or said
        if first is not None:
            while self._library.talks.messages(talk.id)[-1].swipe > 1:
                self._library.talks.swipe(self._library.talks.messages(talk.id)[-1].id, -1)
        return self._library.talks.get(talk.id)

    def reply(self, talk_id: int, text: str, cancel: Cancel) -> Iterator[TalkEvent]:
        """Say something and hear the answer; the writer's words are kept whatever happens then."""
        text = _speakable(text)
        said = self._library.talks.add(talk_id, "writer", text, name=self.user)
        self._library.talks.set_draft(talk_id, "")
        self._recall.remember(self._library.talks.get(talk_id).character_id, said)
        yield Said(said)
        yield from self._answer(talk_id, cancel)

    def again(self, message_id: int, cancel: Cancel, *, alternatives: int = 1) -> Iterator[TalkEvent]:
        """Answer anew: further swipes beside a reply, or the reply that a message still lacks."""
        message = self._library.talks.message(message_id)
        beside = message.id if message.role == "character" else None
        yield from self._answer(message.talk_id, cancel, beside=beside, alternatives=alternatives)

    def edit(self, message_id: int, body: str) -> Message:
        """Change the words of a message, and of the memory that came from it."""
        edited = self._library.talks.edit(message_id, _speakable(body))
        self._library.memories.catch_up(self._library.talks.get(edited.talk_id).character_id)
        return edited

    def delete(self, talk_id: int) -> None:
        """Put a talk away, and drop what it left in the model's cache; undo brings the talk back."""
        self._library.talks.delete(talk_id)
        self._forget(self.slot(talk_id))

    def slot(self, talk_id: int) -> str:
        """The name under which a talk's place in the model's cache is kept: no other library has it."""
        return self.slot_of(f"t{talk_id}")

    def slot_of(self, name: str) -> str:
        """The name of a place in the model’s cache that belongs to this library alone."""
        library = hashlib.sha256(str(self._library.path.resolve()).encode()).hexdigest()[:12]
        return f"{library}-{name}"

    def prepare(self, talk_id: int, cancel: Cancel) -> Iterator[TalkEvent]:
        """Get the model ready and let it read a talk, so that its next reply begins at once."""
        engine = self._engine()
        yield from engine.load(cancel)
        self._read_ahead(talk_id, engine)

    def prompt(self, character_id: int, text: str, cancel: Cancel | None = None) -> Prompt:
        """What the model would read if `text` were said now; nothing is kept."""
        talks = self._library.talks.of(character_id)
        persona = self._persona_in(talks[0]) if talks else self._persona(character_id)
        history = tuple(self._history(talks[0])) if talks else ()
        moment = self._moment(persona, character_id, text, history)
        last = Message(0, 0, None, "writer", self.user, text, moment=moment.to_json())
        engine = self._engine()
        info = engine.describe(cancel)
        note = talks[0].note if talks else ""
        strict = bool(talks) and talks[0].strict
        scene = Scene(persona, self.user, (*history, last), note, mark=info.mark, strict=strict)
        return counted(build(scene, engine.count, info.context), engine.count)

    def look(self, talk_id: int, text: str, cancel: Cancel) -> Iterator[TalkEvent | Look]:
        """What the model would read if `text` were said in a talk now; nothing is kept, nothing is read."""
        engine = self._engine()
        yield from engine.load(cancel)
        scene = self._scene(talk_id, None)
        said = text.strip() or "…"
        character_id = self._library.talks.get(talk_id).character_id
        moment = self._moment(scene.persona, character_id, said, scene.history)
        message = Message(0, talk_id, None, "writer", self.user, said, moment=moment.to_json())
        info = engine.describe()
        prompt = build(replace(scene, history=(*scene.history, message)), engine.count, info.context)
        replies = [m for m in scene.history if m.role == "character" and m.figures]
        yield Look(
            engine.inspect(prompt),
            info.context - self.sampling.max_tokens - MARGIN,
            info.context,
            info.name,
            replies[-1].figures if replies else {},
        )

    def _answer(
        self, talk_id: int, cancel: Cancel, beside: int | None = None, alternatives: int = 0
    ) -> Iterator[TalkEvent]:
        engine = self._engine()
        yield from engine.load(cancel)
        scene = self._scene(talk_id, beside)
        prompt, scene = self._fitted(talk_id, scene, engine)
        for attempt in (0, 1):
            sampling = replace(self.sampling, n=alternatives or self.sampling.n)
            if attempt and sampling.seed is not None:
                sampling = replace(sampling, seed=sampling.seed + 1)
            replies = yield from self._written(engine, prompt, sampling, talk_id, beside, cancel)
            if replies:
                character_id = self._library.talks.get(talk_id).character_id
                self._recall.remember(character_id, replies[0])
                self._read_ahead(talk_id, engine)
                return
            cancel.check()
        raise EngineError(_("The model had nothing to say; say a little more, or choose another model."))

    def _written(
        self,
        engine: Engine,
        prompt: Prompt,
        sampling: Sampling,
        talk_id: int,
        beside: int | None,
        cancel: Cancel,
    ) -> Generator[TalkEvent, None, list[Message]]:
        """Keep the replies as they come; of several the one that began first is the one in view."""
        called, mark = self._called(talk_id), engine.describe().mark
        writing: dict[int, _Writing] = {}
        first: _Writing | None = None
        state: MessageState = "failed"
        try:
            for event in engine.stream(prompt, sampling, cancel):
                if isinstance(event, Piece):
                    if event.branch not in writing:
                        place = first.message_id if first is not None else beside
                        writing[event.branch] = _Writing(self._library, talk_id, place, called)
                    one = writing[event.branch]
                    first = first or one
                    if one is first:
                        yield from one.more(event.text)
                    elif one.message_id is None and list(one.more(event.text)):
                        self._library.talks.show(first.message_id or 0)
                    else:
                        list(one.more(event.text))
                else:
                    yield event
                if isinstance(event, Figures) and event.branch in writing:
                    writing[event.branch].figured(event, mark)
            state = "done"
        except (Cancelled, GeneratorExit):
            state = "stopped"
            if not cancel.is_set():
                raise
        finally:
            ended = [m for w in writing.values() if (m := w.end(state)) is not None]
        ended = [self._library.talks.message(m.id) for m in ended]
        for message in ended:
            yield Finished(message)
        return ended

    def read_ahead(self, talk_id: int) -> None:
        """Let the model read again what the next reply of a talk will begin with; never waits."""
        self._read_ahead(talk_id, self._engine())

    def _read_ahead(self, talk_id: int, engine: Engine) -> None:
        """While the writer reads and types, the model reads what the next prompt will begin with."""
        try:
            scene = self._scene(talk_id, None)
            prompt, _scene = self._fitted(talk_id, replace(scene, note=""), engine, COMPACT_AT)
            engine.read_ahead(ahead(prompt))
        except StudioError as exc:  # the reply stands; what is wrong is told with the next one
            log.info("reading ahead was left out: %s", type(exc).__name__)

    def _scene(self, talk_id: int, beside: int | None) -> Scene:
        """The talk up to the message that is to be answered, with what this moment brings kept beside it."""
        talk = self._library.talks.get(talk_id)
        history = self._history(talk)
        if beside is not None:
            at = next((n for n, m in enumerate(history) if m.id == beside), len(history))
            history = history[:at]
        persona = self._persona_in(talk)
        if history and history[-1].role == "writer" and not history[-1].moment:
            last = history[-1]
            moment = self._moment(
                persona, talk.character_id, last.body, tuple(history[:-1]), last.id
            ).to_json()
            if moment:
                self._library.talks.set_moment(last.id, moment)
                history[-1] = replace(last, moment=moment)
        character = self._library.cast.get(talk.character_id)
        mark = self._engine().describe().mark
        return Scene(
            persona,
            self.user,
            tuple(history),
            talk.note,
            self.slot(talk_id),
            mark,
            character.adapters,
            talk.strict,
        )

    def _persona_in(self, talk: Talk) -> Persona:
        """The character as it is at the stage to which a talk belongs."""
        persona = self._persona(talk.character_id)
        current = self._library.stages.current(talk.character_id)
        if talk.stage_id == (current.id if current else None):
            return persona
        return persona.holding(self._library.cast.sheet_as_of(talk.character_id, talk.stage_id))

    def _moment(
        self,
        persona: Persona,
        character_id: int,
        text: str,
        before: tuple[Message, ...],
        itself: int | None = None,
    ) -> Moment:
        here = frozenset(m.id for m in before) | ({itself} if itself is not None else set())
        recalled = self._recall.find(character_id, text, beyond=here)
        woken = self.lore(character_id, before, text) if self.lore is not None else ()
        return pick_moment(persona, text, [*woken, *(brief(r.memory.text) for r in recalled)], before)

    def _fitted(self, talk_id: int, scene: Scene, engine: Engine, share: float = 1.0) -> tuple[Prompt, Scene]:
        """Cut old messages in one chunk when a prompt exceeds a share of the room; most turns cut nothing."""
        info = engine.describe()
        room = info.context - self.sampling.max_tokens - MARGIN
        prompt = build(scene, engine.count, info.context)
        total = engine.measure(prompt)
        if total <= room * share or len(scene.history) <= 2:
            return prompt, scene
        costs = engine.count([m.body + m.moment for m in scene.history])
        keep = int(max(0, room - (total - sum(costs))) * KEEP_SHARE)
        whole = scene
        while total > room * min(share, ENOUGH) and len(scene.history) > 1:
            start = len(costs) - 1
            while start > 0 and sum(costs[start - 1 :]) <= keep:
                start -= 1
            scene = replace(whole, history=whole.history[start:])
            prompt = build(scene, engine.count, info.context)
            total = engine.measure(prompt)
            keep = keep * 3 // 4  # what surrounds the words may be longer than was guessed
        self._library.talks.cut_before(talk_id, scene.history[0].id)
        return prompt, scene

    def _history(self, talk: Talk) -> list[Message]:
        history = self._library.talks.messages(talk.id, limit=HISTORY_LIMIT)
        at = next((n for n, m in enumerate(history) if m.id == talk.from_id), 0)
        return [m for m in history[at:] if m.body.strip()]

    def _called(self, talk_id: int) -> str:
        return self._persona_in(self._library.talks.get(talk_id)).called or _("Voice")


class _Writing:
    """A reply while it grows: added with its first words, saved once a second, closed in every case."""

    def __init__(self, library: Library, talk_id: int, beside: int | None, name: str) -> None:
        self._talks = library.talks
        self._talk_id = talk_id
        self._beside = beside
        self._name = name
        self._message: Message | None = None
        self._body = ""
        self._saved = 0.0
        self._figures: dict[str, object] = {}
        self._ids: tuple[tuple[int, ...], str] = ((), "")

    @property
    def message_id(self) -> int | None:
        """The message that is written, once it has begun."""
        return self._message.id if self._message is not None else None

    def figured(self, figures: Figures, mark: str) -> None:
        """Take what the reply cost, and the tokens it was written with."""
        self._figures = {name: value for name, value in asdict(figures).items() if name != "ids"}
        self._ids = (figures.ids, mark)

    def more(self, text: str) -> Iterator[TalkEvent]:
        """Take some more words."""
        self._body += text
        if self._message is None:
            if not self._body.strip():
                return
            self._message = self._talks.add(
                self._talk_id, "character", self._body, name=self._name, state="writing", beside=self._beside
            )
            self._saved = time.monotonic()
            yield Said(self._message)
            return
        yield Words(self._message.id, text)
        if time.monotonic() - self._saved >= SAVE_EVERY:
            self._talks.write(self._message.id, self._body, "writing")
            self._saved = time.monotonic()

    def end(self, state: MessageState) -> Message | None:
        """Save how it ended; None when not a word was written."""
        if self._message is None:
            return None
        self._talks.write(self._message.id, self._body.strip(), state, self._figures)
        if self._ids[0]:
            self._talks.keep_ids(self._message.id, *self._ids)
        return self._talks.message(self._message.id)


def _speakable(text: str) -> str:
    if not text.strip():
        raise StudioError(_("There is nothing to say yet; write a message first."))
    if len(text) > LONGEST_MESSAGE:
        raise StudioError(
            _(
                "This message has {count} characters; say it in pieces of {most} at most.",
                count=len(text),
                most=LONGEST_MESSAGE,
            )
        )
    return text.strip()
