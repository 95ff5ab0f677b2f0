"""The one place where the parts of the studio are put together; views are handed the parts they need."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from charstudio import paths, settings
from charstudio.cards import Card, card_of, read_card
from charstudio.checks import Finding, Person, check
from charstudio.engines import (
    EchoEngine,
    Engine,
    Keys,
    LlamaEngine,
    Setup,
    Shelf,
    forget_talk,
    states_folder,
)
from charstudio.errors import Cancel, CardError, EngineError, StudioError
from charstudio.exports import GOES_OUT, as_markdown, card_for, page_of, sheet_from
from charstudio.exports.cards import is_ours
from charstudio.exports.files import Format, card_body, export_talk, format_of, import_folder, save
from charstudio.exports.folder import folder_of
from charstudio.exports.folder_files import write_folder
from charstudio.exports.talk_files import is_talk, read_talk, take_in
from charstudio.exports.talks import TalkText
from charstudio.guide import Chip, Guide, Reading, Wish, wishes
from charstudio.i18n import _
from charstudio.jobs import Progress
from charstudio.memory import Recall, SentenceEmbedder
from charstudio.model import KNOW_LEVELS, Character, Know, Message, Picture, Sampling, Stage
from charstudio.portraits import as_png, check_picture, letter_plate, thumbnail
from charstudio.renaming import Mention, mentions
from charstudio.sheet import Entry, Schema, Sheet, last_good, load_schema, read_own_file, with_own
from charstudio.store import open_library
from charstudio.store.cast import KeptCard
from charstudio.talk import Conversation, Persona, Proposing, Prose, expand
from charstudio.talk.lore_telling import told_by_card_lore
from charstudio.voices import Pyttsx3Speaker, VoiceSettings, voice_for

LARGEST_CARD = 256 * 1024 * 1024
PORTRAIT = 512  # pixels of a picture made for a card


@dataclass(frozen=True, slots=True)
class Imported:
    """A card that became a character, or why it did not."""

    file: Path
    character: Character | None
    warnings: tuple[str, ...] = ()
    error: str = ""


class Studio:
    """One library and everything that works on it."""

    def __init__(self, library: Path, chosen: settings.Settings) -> None:
        self.settings = chosen
        self._shipped = load_schema(paths.resource("attributes.yaml"))
        mine = paths.data() / "attributes.yaml"
        own, self.schema_trouble = last_good(mine, mine.with_suffix(".yaml.good"), self._shipped)
        self._base = with_own(self._shipped, own)
        self._own: tuple[Entry, ...] = ()
        self.schema = self._base
        self.library = open_library(library)
        self.shelf = Shelf()
        self.embedder = _embedder(chosen)
        self.recall = Recall(self.library, self.embedder)
        self.speaker = Pyttsx3Speaker()
        self.keys = Keys()
        self._engine: Engine | None = None
        self._reading: tuple[Schema, Reading] | None = None
        self.catch_up()
        self.conversation = Conversation(
            self.library, self.engine, self.recall, self.persona, self.greetings, self.forget
        )
        self.proposing = Proposing(
            self.library,
            self.schema,
            self.reading,
            self.engine,
            self.conversation.slot_of("notices"),
            self.told_by_card,
        )
        self.conversation.lore = self.lore
        self._settle()

    def close(self) -> None:
        """End the child processes and let go of the library."""
        if self._engine is not None:
            self._engine.close()
        if self.embedder is not None:
            self.embedder.close()
        self.speaker.close()
        self.library.close()

    # Settings and models

    def change_settings(self, chosen: settings.Settings) -> None:
        """Use and keep other settings; another model or context opens another engine when next needed."""
        old, self.settings = self.settings, chosen
        settings.save(chosen)
        engine_of = ("model", "engine", "threads", "context", "server", "server_model")
        if self._engine is not None and any(getattr(old, n) != getattr(chosen, n) for n in engine_of):
            self._engine.close()
            self._engine = None
        if old.embedder != chosen.embedder:
            if self.embedder is not None:
                self.embedder.close()
            self.embedder = _embedder(chosen)
            self.recall.use(self.embedder)
        self._settle()

    def engine(self) -> Engine:
        """The engine in use, made when first asked; raises `EngineError` when there is no model at all."""
        if self._engine is None:
            self._engine = self._opened()
        return self._engine

    def model_name(self) -> str:
        """The name of the model in use, without loading it; empty when there is none."""
        if self.settings.engine == "echo":
            return "echo"
        if self.settings.engine == "server":
            return self.settings.server_model or self.settings.server
        if not self.settings.model:
            return _("Starter model") if self.shelf.has_starter() else ""
        return self.shelf.name_of(Path(self.settings.model))

    def forget(self, slot: str) -> None:
        """Drop what a talk left in the cache of any model."""
        if self._engine is not None:
            self._engine.forget(slot)
        forget_talk(states_folder(), slot)

    def delete_character(self, character_id: int) -> None:
        """Put a character away, and drop what its talks left in the cache; undo brings it back."""
        talks = self.library.talks.of(character_id)
        self.library.cast.delete(character_id)
        for talk in talks:
            self.forget(self.conversation.slot(talk.id))

    def _opened(self) -> Engine:
        if self.settings.engine == "echo":
            return EchoEngine()
        if self.settings.engine == "server":
            return self._server()
        if importlib.util.find_spec("llama_cpp") is None:
            raise EngineError(_("Open talk needs the extra `engine`: pip install 'charstudio[engine]'."))
        path = self.shelf.find(self.settings.model)
        prepare = self.shelf.prepare_starter if path == self.shelf.starter_path() else None
        own = self.shelf.settings_of(path)
        self._tune(own.sampling)
        setup = Setup(
            own.context or self.settings.context,
            own.threads or self.settings.threads,
            own.gpu_layers,
            own.template,
        )
        return LlamaEngine(path, setup, prepare)

    def _server(self) -> Engine:
        """The model server of the settings; its key comes from the keyring, or from this run."""
        try:
            from charstudio.engines.server import ServerEngine
        except ImportError as exc:
            raise EngineError(
                _("Model servers need one more part: pip install 'charstudio[server]'.")
            ) from exc
        url = self.settings.server
        key = self.keys.find(url) or os.environ.get("CHARSTUDIO_SERVER_KEY", "")
        return ServerEngine(url, self.settings.server_model, key, context=self.settings.context)

    def _tune(self, preset: dict[str, Any]) -> None:
        """Draw words as is set for the model; what a preset does not name stays."""
        known: dict[str, Any] = {f.name: f.default for f in fields(Sampling)}
        fit: dict[str, Any] = {}
        for name, value in preset.items():
            kind = type(known.get(name, ...))
            whole = kind is float and type(value) is int
            if whole or type(value) is kind:
                fit[name] = kind(value)
        self.conversation.sampling = replace(self.conversation.sampling, **fit)

    def _settle(self) -> None:
        self.conversation.user = self.settings.persona or _("Writer")

    # Characters

    def guide(self, character_id: int, pack: str = "spark") -> Guide:
        """A sitting in guided mode; in a window it may begin with the schema of a moment ago."""
        self._reading = self._reading or (self.schema, self.reading())
        schema, reading = self._reading
        return Guide(self.library, schema, character_id, pack=pack, reading=reading)

    def reading(self) -> Reading:
        """What all sittings share; making it takes longer than a frame, so the window does it in a lane."""
        schema = self.schema
        if self._reading is None or self._reading[0] is not schema:
            self._reading = (schema, Reading.of(schema))
        return self._reading[1]

    def ideas(self, wish: Wish, cancel: Cancel) -> Iterator[Chip]:
        """What the model suggests for a question; raises `EngineError` when there is no model."""
        return wishes.ideas(self.engine(), wish, cancel)

    # The writer's own questions

    def change_schema(self, label: str, put: Sequence[Entry] = (), drop: Sequence[Entry] = ()) -> None:
        """Keep what the writer adds to the schema or takes off it; one undo takes it back."""
        self.library.own.change(label, put, drop)
        self.catch_up()

    def undo_schema(self, *, redo: bool = False) -> str:
        """Take back the last change of the schema (or do it again); returns what it was, or nothing."""
        undone = self.library.own.undo(redo=redo)
        self.catch_up()
        return undone.label if undone else ""

    def load_own(self, path: Path) -> int:
        """Add what a schema file of the writer's says; raises `SheetError` with line and reason."""
        entries = read_own_file(path, self._base, self.library.own.entries())
        self.change_schema(_("Schema of {file}", file=path.name[:80]), entries)
        return len(entries)

    def catch_up(self) -> bool:
        """Use the schema as it is now in the library; says whether it is another one."""
        own = self.library.own.entries()
        changed = own != self._own
        if changed:
            self._own = own
            self.schema = with_own(self._base, own)
        self.library.cast.attributes = frozenset(self.schema.attributes)
        return changed

    def own(self) -> frozenset[tuple[str, str]]:
        """Kind and key of everything that was made in this library."""
        return frozenset((e.kind, e.key) for e in self._own)

    def shipped_packs(self) -> frozenset[str]:
        """The packs that are there without this library."""
        return frozenset(self._base.packs)

    def is_own(self, kind: str, key: str) -> bool:
        """Whether something of the schema was made in this library."""
        return any((e.kind, e.key) == (kind, key) for e in self._own)

    def persona(self, character_id: int) -> Persona:
        """A character as a model may know it."""
        persona = Persona.of(self.library.cast.sheet(character_id), self.schema)
        card = self.card(character_id)
        if card is None or is_ours(card):
            return persona
        return replace(persona, prose=self._prose(card, persona.called or _("Voice")))

    def greetings(self, character_id: int) -> tuple[str, ...]:
        """The first messages of a character's card, macros replaced."""
        card = self.card(character_id)
        if card is None:
            return ()
        called = self.persona(character_id).called or _("Voice")
        texts = (card.first_mes, *card.alternate_greetings)
        return tuple(self._expanded(text, called) for text in texts if text.strip())

    def check(self, character_id: int) -> list[Finding]:
        """What is missing, contradictory or confusable about a character, without what is meant so."""
        whole = self.library.cast.get(character_id)
        sheets = self.bonds()
        cast = [
            Person(c.id, sheets[c.id]) for c in self.library.cast.all() if c.id in sheets and c.id != whole.id
        ]
        who = Person(whole.id, self.library.cast.sheet(whole.id), whole.finished)
        findings = self.library.findings
        return check(
            who,
            [who, *cast],
            self.schema,
            story_year=findings.story_year(),
            said=findings.replies(whole.id),
            meant=findings.meant(),
        )

    def mentions(self, character_id: int, name: str) -> list[Mention]:
        """Every place in which a character's name stands, with what it would become."""
        who = self.library.cast.get(character_id)
        return mentions(self.library, self.schema, who, name, _made_from_a_sheet)

    def bonds(self) -> dict[int, Sheet]:
        """The names of all characters and what they say of one another, as of the stages they stand at."""
        bonds = [a.id for a in self.schema.attributes.values() if a.is_ref]
        return self.library.cast.sheets(["full_name", "short_name", *bonds])

    def lore(self, character_id: int, history: Sequence[Message], text: str) -> tuple[str, ...]:
        """What the lorebook of a character’s card has to say to a new message."""
        card = self.card(character_id)
        if card is None or card.character_book is None:
            return ()
        called = self.persona(character_id).called or _("Voice")
        return told_by_card_lore(card, called, self.conversation.user, history, text)

    def card(self, character_id: int) -> Card | None:
        """The card a character came from, as it was imported."""
        kept = self.library.cast.card(character_id)
        return card_of(kept.raw, picture=None) if kept else None

    def told_by_card(self, character_id: int) -> str:
        """What a stranger’s card says of its character in prose; empty for our own."""
        card = self.card(character_id)
        if card is None or is_ours(card):
            return ""
        called = self.persona(character_id).called or _("Voice")
        return self._expanded(f"{card.description}\n{card.personality}", called)

    def portrait(self, character: Character, size: int, *, dark: bool = False) -> bytes:
        """A square PNG: the character's own picture, or the first letter on a plate in its colour."""
        picture = self.library.cast.picture(character.picture_id) if character.picture_id else None
        if picture is not None:
            try:
                return thumbnail(picture.body, size)
            except StudioError:
                pass  # a picture that cannot be shown any more is no reason to show nothing
        return letter_plate(character.called or character.name, character.colour, size, dark=dark)

    def set_picture(self, character_id: int, path: Path) -> None:
        """Use a picture of one's own."""
        body = read_file(path)
        picture = self.library.cast.keep_picture(Picture(check_picture(body), body))
        self.library.cast.dress(character_id, _("New picture"), picture_id=picture)

    # Import and export

    def import_files(
        self, files: list[Path], cancel: Cancel, talk_of: int | None = None
    ) -> Iterator[Imported | Progress]:
        """Bring in cards, and talks (to whom they name, or `talk_of`); a bad one does not stop the others."""
        talks: list[tuple[Path, TalkText]] = []
        whose = self.library.cast.get(talk_of) if talk_of is not None else None
        for n, file in enumerate(files):
            cancel.check()
            yield Progress(n, len(files), _("Importing {file}", file=file.name))
            try:
                if is_talk(file, named=whose is not None):
                    talks.append((file, read_talk(file, read_file(file), whose)))
                else:
                    yield self._import(file)
            except StudioError as exc:
                yield Imported(file, None, error=str(exc))
        kept = take_in(self.library, [talk for _file, talk in talks], whose)
        for (file, _talk), who in zip(talks, kept, strict=True):
            failed = isinstance(who, StudioError)
            yield Imported(
                file, None if isinstance(who, StudioError) else who, error=str(who) if failed else ""
            )

    def page(self, character_id: int, know: Sequence[Know] = KNOW_LEVELS, stage: Stage | None = None) -> str:
        """The readable page as Markdown with these know levels, as of a stage or of the one in view."""
        at = stage or self.library.stages.current(character_id)
        sheet = self.library.cast.sheet_as_of(character_id, at.id or None if at else None)
        return as_markdown(page_of(sheet, self.schema, know, stage=at.name if at else ""))

    def export(
        self,
        character_id: int,
        out: Path,
        form: Format = "auto",
        *,
        know: Sequence[Know] | None = None,
        stage: Stage | None = None,
    ) -> Path:
        """Write a character to a file; raises `ExportError` and leaves what was there when that fails.

        Without `know` a page holds all but what is for the author alone, a card only what is open; a card
        never holds an `author` value. Without `stage` it is told as of the stage in view; a stage with the id
        `ALWAYS` is the sheet without any.
        """
        form = format_of(out) if form == "auto" else form
        if form in ("talk-jsonl", "talk-markdown"):
            return export_talk(self.library, character_id, self.conversation.user, out, form)
        if form == "folder":
            card = self._card_now(character_id, know or ("open",), stage)
            write_folder(
                out, folder_of(self._sheet(character_id, stage).known(*(know or GOES_OUT)), self.schema, card)
            )
            return out
        if form == "markdown":
            body = self.page(character_id, know or GOES_OUT, stage).encode()
        else:
            picture = self.library.cast.get(character_id).picture_id
            own = self.library.cast.picture(picture) if picture else None
            card = self._card_now(character_id, know or ("open",), stage)
            body = card_body(card, form, own.body if own else None, lambda: self._card_picture(character_id))
        save(out, body)
        return out

    def _import(self, file: Path) -> Imported:
        if file.is_dir():
            who, warnings = import_folder(self.library, self.schema, file)
            return Imported(file, who, warnings)
        body = read_file(file)
        card = read_card(body, file.name)
        arrived = sheet_from(card, self.schema)
        warnings = (*card.warnings, *arrived.warnings)
        kept = KeptCard(card.raw, body, file.name, card.spec, warnings)
        picture = None
        if portrait := card.portrait:
            try:
                picture = Picture(check_picture(portrait), portrait)
            except StudioError as exc:
                warnings = (*warnings, str(exc))
        made = self.library.cast.take_in(self.schema, arrived.changes, kept, picture)
        return Imported(file, self.library.cast.get(made.id), warnings)

    def _card_now(self, character_id: int, know: Sequence[Know], stage: Stage | None) -> Card:
        """The card as it would be written now, with the files it came with."""
        character = self.library.cast.get(character_id)
        dress = {"colour": character.colour, "voice": character.voice}
        kept = self.library.cast.card(character_id)
        card = card_of(kept.raw, original=kept.original) if kept else None
        return card_for(self._sheet(character_id, stage), self.schema, card, dress=dress, know=know)

    def _sheet(self, character_id: int, stage: Stage | None) -> Sheet:
        cast = self.library.cast
        return cast.sheet_as_of(character_id, stage.id or None) if stage else cast.sheet(character_id)

    def _card_picture(self, character_id: int) -> bytes:
        character = self.library.cast.get(character_id)
        picture = self.library.cast.picture(character.picture_id) if character.picture_id else None
        return (
            as_png(picture.body)
            if picture
            else letter_plate(character.called or character.name, character.colour, PORTRAIT)
        )

    # Voice

    def voice(self, character_id: int) -> tuple[VoiceSettings, str]:
        """How a character sounds, and why: what the writer chose, or what fits the sheet."""
        character = self.library.cast.get(character_id)
        if character.voice:
            return VoiceSettings.from_dict(character.voice), _("You chose this voice.")
        return voice_for(self.library.cast.sheet(character_id), self.schema)

    def speak(self, character_id: int, text: str, out: Path, cancel: Cancel) -> float:
        """Speak a text into a WAV file; returns its seconds."""
        voice, _why = self.voice(character_id)
        return self.speaker.speak(text, voice, out, cancel)

    # Inside

    def _prose(self, card: Card, called: str) -> Prose:
        fields = (
            card.description,
            card.personality,
            card.scenario,
            card.mes_example,
            card.system_prompt,
            card.post_history_instructions,
        )
        return Prose(*(self._expanded(text, called) for text in fields))

    def _expanded(self, text: str, called: str) -> str:
        return expand(text, called, self.conversation.user)


def with_seed(studio: Studio, seed: int | None, max_tokens: int | None, n: int = 1) -> None:
    """Use a seed, a length and a number of alternatives for all replies from now on."""
    sampling = studio.conversation.sampling
    studio.conversation.sampling = replace(
        sampling, seed=seed, max_tokens=max_tokens or sampling.max_tokens, n=n
    )


def _embedder(chosen: settings.Settings) -> SentenceEmbedder | None:
    """The memory model of the settings, or the starter; None where there is none to load."""
    folder = Path(chosen.embedder) if chosen.embedder else None
    return SentenceEmbedder(folder) if SentenceEmbedder.available(folder) else None


def read_file(path: Path) -> bytes:
    """The bytes of a file that should be a card; raises `CardError` in a sentence."""
    try:
        if path.stat().st_size > LARGEST_CARD:
            raise CardError(_("{file} is too large to be a card (over 256 MB).", file=path))
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise CardError(_("There is no file {file}; check the name.", file=path)) from exc
    except OSError as exc:
        why = os.strerror(exc.errno) if exc.errno else str(exc)
        raise CardError(_("{file} cannot be read: {why}.", file=path, why=why)) from exc


def _made_from_a_sheet(raw: dict[str, Any]) -> bool:
    return is_ours(card_of(raw, picture=None))
