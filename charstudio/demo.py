"""The whole main job without a window and without questions, each step printed with its files."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from charstudio import settings
from charstudio.errors import Cancel, ExportError, SpeechError
from charstudio.i18n import _
from charstudio.model import Character
from charstudio.studio import Imported, Studio, with_seed
from charstudio.talk import Finished

ANSWERS = (
    "Your name is Jane Marlow.",
    "Your pronouns are she/her.",
    "You are 34 years old.",
    "You work as a lighthouse keeper.",
    "You want to find my brother’s boat.",
    "What stands in your way is the winter sea.",
    "Suggest something.",
    "deep water",
)
QUESTIONS = ("Who are you?", "What do you do for a living?", "What do you want most?")
TOLD = "On the ninth of November I saw a small blue boat near the Devil’s Teeth rocks."
LATER = "Do you remember the boat I saw by the rocks?"


def show(out: Path) -> int:
    """Run every step into `out`; returns the exit code."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ExportError(_("The folder {out} cannot be made; choose another place.", out=out)) from exc
    began = time.monotonic()
    # A library of its own: a demonstration never touches what the writer has made.
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "demo.charstudio"
        studio = Studio(library, settings.load())
        with_seed(studio, 7, 60)
        try:
            for line in _steps(studio, out):
                print(line, flush=True)
        finally:
            studio.close()
        shutil.copyfile(library, out / "demo.charstudio")
    print(
        _(
            "Done in {seconds:.0f} seconds. Everything lies in {out}.",
            seconds=time.monotonic() - began,
            out=out,
        )
    )
    return 0


def _steps(studio: Studio, out: Path) -> Iterator[str]:
    jane = studio.library.cast.new(studio.schema, source="guided")
    yield _("1. Guided mode: the voice asks, the writer answers.")
    yield from _guided(studio, jane)
    yield _("2. Open talk with {model}.", model=studio.engine().describe().name)
    talk = studio.conversation.open(jane.id)
    for question in (*QUESTIONS, TOLD):
        yield from _said(studio, talk.id, question)
    yield _("3. Recall: a new talk, and what was said in the old one comes back.")
    yield from _recalled(studio, jane)
    yield _("4. Taken home:")
    yield from _exported(studio, jane, out)
    yield _("5. Spoken:")
    yield _spoken(studio, jane, out / "jane.wav")


def _guided(studio: Studio, jane: Character) -> Iterator[str]:
    guide = studio.guide(jane.id)
    turn: Any = guide.start()
    for answer in ANSWERS:
        if turn.ask:
            yield f"   {turn.ask.text}"
        turn = guide.say(answer)
        yield f"   > {answer}"
        yield f"   {turn.reply}" + "".join(f"  [{chip.text}]" for chip in turn.chips)


def _said(studio: Studio, talk_id: int, text: str) -> Iterator[str]:
    yield f"   > {text}"
    for event in studio.conversation.reply(talk_id, text, Cancel()):
        if isinstance(event, Finished):
            figures = event.message.figures
            yield f"   {event.message.body}"
            yield _(
                "     ({tokens} tokens, {cached} of {read} read before, first word after {ttft:.0f} ms)",
                tokens=figures.get("tokens", 0),
                cached=figures.get("cached_tokens", 0),
                read=figures.get("prompt_tokens", 0),
                ttft=figures.get("ttft_ms", 0.0),
            )


def _recalled(studio: Studio, jane: Character) -> Iterator[str]:
    talk = studio.conversation.open(jane.id, new=True)
    for _indexed in studio.recall.index(jane.id, Cancel()):
        pass
    for found in studio.recall.find(jane.id, LATER):
        yield f"   {found.reason}: {found.memory.text}"
    yield from _said(studio, talk.id, LATER)


def _exported(studio: Studio, jane: Character, out: Path) -> Iterator[str]:
    for name in ("jane.png", "jane.json", "jane.md"):
        yield f"   {studio.export(jane.id, out / name)}"
    v2 = studio.export(jane.id, out / "jane-v2.json", "json-v2")
    yield f"   {v2}"
    for event in studio.import_files([out / "jane.png"], Cancel()):
        if isinstance(event, Imported):
            if event.character is None:
                raise ExportError(event.error)
            same = studio.library.cast.sheet(event.character.id).full_name
            yield _("   read back from the picture: {name}", name=same)


def _spoken(studio: Studio, jane: Character, out: Path) -> str:
    text = _("My name is Jane Marlow, and I keep the light.")
    try:
        seconds = studio.speak(jane.id, text, out, Cancel())
    except SpeechError as exc:
        return f"   {exc}"
    _voice, why = studio.voice(jane.id)
    return _("   {out} ({seconds:.1f} seconds). {why}", out=out, seconds=seconds, why=why)
