"""The one place where the parts of the studio are put together; views are handed the parts they need."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from charstudio import paths, settings
from charstudio.cards import Card, card_of, read_card, write_charx, write_json, write_png
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
from charstudio.errors import Cancel, CardError, EngineError, ExportError, StudioError
from charstudio.exports import as_markdown, card_for, page_of, sheet_from
from charstudio.exports.cards import is_ours
from charstudio.exports.folder import folder_of, from_folder
from charstudio.exports.folder_files import read_folder, write_folder
from charstudio.exports.talk_files import is_talk, read_talk, take_in, talk_of
from charstudio.exports.talks import TalkText, talk_to_markdown, talks_to_jsonl
from charstudio.guide import Guide, Reading
from charstudio.i18n import _
from charstudio.jobs import Progress
from charstudio.memory import Recall, SentenceEmbedder
from charstudio.model import Change, Character, Message, Picture, Sampling
from charstudio.portraits import as_png, check_picture, letter_plate, thumbnail
from charstudio.sheet import load_schema
from charstudio.store import open_library
from charstudio.store.cast import KeptCard
from charstudio.talk import Conversation, Persona, Prose, expand
from charstudio.talk.lore_telling import told_by_lore
from charstudio.talk.macros import Names
from charstudio.voices import Pyttsx3Speaker, VoiceSettings, voice_for

Format = Literal[
    "auto",
    "json-v2",
    "json-v3",
    "png",
    "png-v2",
    "charx",
    "markdown",
    "talk-jsonl",
    "talk-markdown",
    "folder",
]
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
        self.schema = load_schema(paths.resource("attributes.yaml"))
        self.library = open_library(library)
        self.shelf = Shelf()
        self.embedder = SentenceEmbedder() if SentenceEmbedder.available() else None
        self.recall = Recall(self.library, self.embedder)
        self.speaker = Pyttsx3Speaker()
        self.keys = Keys()
        self._engine: Engine | None = None
        self._reading: Reading | None = None
        self.conversation = Conversation(
            self.library, self.engine, self.recall, self.persona, self.greetings, self.forget
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
        """A sitting in guided mode."""
        self.prepare_guide()
        return Guide(self.library, self.schema, character_id, pack=pack, reading=self._reading)

    def prepare_guide(self) -> None:
        """Make what all sittings share; it takes longer than a frame, so the window does it in a lane."""
        if self._reading is None:
            self._reading = Reading.of(self.schema)

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

    def lore(self, character_id: int, history: Sequence[Message], text: str) -> tuple[str, ...]:
        """What the lorebook of a character's card has to say to a new message."""
        card = self.card(character_id)
        book = card.character_book if card is not None else None
        if card is None or not book:
            return ()
        names = Names(self.persona(character_id).called or _("Voice"), self.conversation.user)
        beside = {
            "description": card.description,
            "personality": card.personality,
            "scenario": card.scenario,
            "creator_notes": card.creator_notes,
        }
        talk = str(history[0].talk_id) if history else ""
        return told_by_lore(book, names, history, text, seed=talk, beside=beside)

    def card(self, character_id: int) -> Card | None:
        """The card a character came from, as it was imported."""
        kept = self.library.cast.card(character_id)
        return card_of(kept.raw, picture=None) if kept else None

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
        """Bring cards and talks in one after another; a bad one is told and does not stop the others.

        Talks go to the character they name, or to `talk_of`; those that branched off from one another
        become one.
        """
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
            if isinstance(who, StudioError):
                yield Imported(file, None, error=str(who))
            else:
                yield Imported(file, who)

    def export(self, character_id: int, out: Path, form: Format = "auto") -> Path:
        """Write a character to a file; raises `ExportError` and leaves what was there when that fails."""
        form = _format_of(out) if form == "auto" else form
        if form == "talk-jsonl":
            return self._export_talk(character_id, out)
        if form == "folder":
            write_folder(
                out,
                folder_of(self.library.cast.sheet(character_id), self.schema, self._card_now(character_id)),
            )
            return out
        if form == "talk-markdown":
            body = talk_to_markdown(talk_of(self.library, character_id, self.conversation.user)).encode()
        elif form == "markdown":
            body = as_markdown(page_of(self.library.cast.sheet(character_id), self.schema)).encode()
        else:
            body = self._card_body(character_id, form)
        _save(out, body)
        return out

    def _export_talk(self, character_id: int, out: Path) -> Path:
        """The branch in view goes into `out`, every other one into a file beside it."""
        talk = talk_of(self.library, character_id, self.conversation.user)
        (_name, body), *branches = talks_to_jsonl(talk, out.stem)
        for name, branch in branches:
            _save(out.with_name(f"{name}.jsonl"), branch)
        _save(out, body)
        return out

    def _card_body(self, character_id: int, form: Format) -> bytes:
        card, date = self._card_now(character_id), _now()
        if form == "charx":
            picture = self.library.cast.get(character_id).picture_id
            own = self.library.cast.picture(picture) if picture else None
            return write_charx(card, own.body if own else None, modification_date=date)
        if form.startswith("png"):
            version: Literal[2, 3] = 2 if form == "png-v2" else 3
            return write_png(card, self._card_picture(character_id), version, modification_date=date)
        return write_json(card, 2 if form == "json-v2" else 3, modification_date=date)

    def _import_folder(self, folder: Path) -> Imported:
        files = read_folder(folder)
        found = from_folder(files, self.schema)
        raw = found.card.raw
        kept = KeptCard(raw, files.get("card.json", b""), folder.name, found.card.spec, found.card.warnings)
        named = [c for c in found.changes if c.attribute == "full_name"]
        changes = found.changes
        if not named and found.card.name.strip():
            changes = (Change("full_name", found.card.name), *changes)
        made = self.library.cast.take_in(self.schema, changes, kept, None)
        return Imported(folder, self.library.cast.get(made.id), found.card.warnings)

    def _import(self, file: Path) -> Imported:
        if file.is_dir():
            return self._import_folder(file)
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

    def _card_now(self, character_id: int) -> Card:
        """The card as it would be written now, with the files it came with."""
        character = self.library.cast.get(character_id)
        dress = {"colour": character.colour, "voice": character.voice}
        kept = self.library.cast.card(character_id)
        card = card_of(kept.raw, original=kept.original) if kept else None
        return card_for(self.library.cast.sheet(character_id), self.schema, card, dress=dress)

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


def _save(out: Path, body: bytes) -> None:
    try:
        paths.write_atomically(out, body)
    except OSError as exc:
        why = exc.strerror or exc
        raise ExportError(
            _("{out} could not be written: {why}; choose another place.", out=out, why=why)
        ) from exc


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


def _format_of(out: Path) -> Format:
    found: dict[str, Format] = {".png": "png", ".apng": "png", ".json": "json-v3", ".charx": "charx"}
    found |= {".md": "markdown", ".markdown": "markdown", ".jsonl": "talk-jsonl"}
    form = found.get(out.suffix.lower()) or ("folder" if out.is_dir() else None)
    if form is None:
        raise ExportError(
            _(
                "What {file} should be is not clear; end it in .png, .json, .charx or .md, or name a format.",
                file=out.name,
            )
        )
    return form


def _now() -> int:
    return int(time.time())
