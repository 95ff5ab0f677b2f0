"""The verbs of the command line about memory: remember, recall, memories."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from charstudio.errors import Cancel, Cancelled, StudioError, UsageError
from charstudio.i18n import _
from charstudio.model import Memory, Recalled

Opened = Callable[[argparse.Namespace], AbstractContextManager[Any]]
Adds = Callable[..., argparse.ArgumentParser]

CHUNK = 2000  # lines kept in one transaction
READ_NOW = 10_000  # memories read for their meaning on the way; more are left to `memories NAME --read`
SHOWN = 100  # characters of a memory in a line for people


def add_verbs(of_one: Adds, opened: Opened) -> None:
    """Add the verbs; `opened` opens the studio of the options."""
    told = of_one("remember", partial(_remember, opened), _("keep what is told in a file"), as_json=True)
    told.add_argument(
        "--file", required=True, metavar="TURNS.jsonl", help=_('one {"speaker", "text", "time", "id"} a line')
    )
    asked = of_one(
        "recall", partial(_recall, opened), _("what a character remembers of something"), as_json=True
    )
    what = asked.add_mutually_exclusive_group(required=True)
    what.add_argument("--query", metavar="TEXT")
    what.add_argument("--queries", metavar="FILE.jsonl", help=_('one {"id", "text"} a line'))
    asked.add_argument("-k", type=int, default=10, metavar="N", help=_("so many memories at most"))
    asked.add_argument("--words", action="store_true", help=_("by words alone, without the memory model"))
    asked.add_argument("--stage", metavar="STAGE", help=_("nothing that came after this stage"))
    asked.add_argument("--mood", metavar="NAME=SHARE", help=_("for example anger=0.5"))
    asked.add_argument("--strategy", default="add", help=_("add, multiply, meaning first or mood first"))
    asked.add_argument("--weights", metavar="JSON", help=_("what each reason counts"))
    kept = of_one("memories", partial(_memories, opened), _("all that a character remembers"), as_json=True)
    for name, words in (
        ("pin", _("let this memory come back first")),
        ("unpin", _("an ordinary memory again")),
        ("mute", _("never bring this up")),
        ("unmute", _("it may be brought up again")),
        ("forget", _("put it away (undo brings it back)")),
    ):
        kept.add_argument(f"--{name}", type=int, metavar="ID", help=words)
    kept.add_argument(
        "--embedder", metavar="DIR", help=_("use this sentence-transformers model; - for the starter")
    )
    kept.add_argument("--note", metavar="TEXT", help=_("keep something more"))
    kept.add_argument("--read", action="store_true", help=_("read all memories for their meaning"))


def _remember(opened: Opened, options: argparse.Namespace) -> int:
    from charstudio.memory.lines import Broken, read_told

    path = Path(options.file)
    new, known, broken = 0, 0, []
    with opened(options) as studio:
        character = studio.library.cast.find(options.character)
        recall, memories = studio.recall, studio.library.memories
        with _bytes(path) as file:
            lines = read_told(file)
            source: int | None = None
            while chunk := list(itertools.islice(lines, CHUNK)):
                good = [told for _n, told in chunk if not isinstance(told, Broken)]
                for _n, wrong in chunk:
                    if isinstance(wrong, Broken):
                        broken.append(wrong)
                        _say(_("Line {line} was passed over: {why}.", line=wrong.line, why=wrong.why))
                if good:
                    source = source or memories.source(character.id, path.name)
                    kept = recall.tell(character.id, good, source)
                    new, known = new + kept, known + len(good) - kept
                _progress(_("{n} lines kept", n=new + known))
        _end_progress()
        _read_some(studio, character.id)
    if options.json:
        _json({"new": new, "known": known, "broken": [asdict(b) for b in broken]})
    else:
        print(
            _("{new} new memories, {known} known before, {broken} lines passed over",
              new=new, known=known, broken=len(broken))
        )  # fmt: skip
    return 1 if broken and not new + known else 0


def _recall(opened: Opened, options: argparse.Namespace) -> int:
    from charstudio.memory.lines import Broken, read_asked

    if options.k < 1:
        raise UsageError(_("-k needs a number from 1 up."))
    asked: list[tuple[str | int | float | None, str]] = []
    code = 0
    if options.queries:
        with _bytes(Path(options.queries)) as file:
            for one in read_asked(file):
                if isinstance(one, Broken):
                    _say(_("Line {line} was passed over: {why}.", line=one.line, why=one.why))
                    code = 1
                else:
                    asked.append((one.id, one.text))
    else:
        asked.append((None, options.query))
    with opened(options) as studio:
        character = studio.library.cast.find(options.character)
        recall = studio.recall.by_words_alone() if options.words else studio.recall
        if not options.words:
            _read_some(studio, character.id)
        how = _how(studio, character.id, options)
        try:
            found = recall.recall_all(character.id, [text for _id, text in asked], options.k, how)
        except StudioError as exc:
            _say(_("Recalled by words alone: {why}", why=exc))
            recall = studio.recall.by_words_alone()
            found = recall.recall_all(character.id, [text for _id, text in asked], options.k, how)
    for (number, text), hits in zip(asked, found, strict=True):
        _print_hits(number, text, hits, as_json=options.json, brief=bool(options.queries))
    return code


def _memories(opened: Opened, options: argparse.Namespace) -> int:
    with opened(options) as studio:
        character = studio.library.cast.find(options.character)
        memories = studio.library.memories
        if options.embedder:
            _choose(studio, options.embedder)
        for name, columns in (
            ("pin", {"pinned": 1}),
            ("unpin", {"pinned": 0}),
            ("mute", {"muted": 1}),
            ("unmute", {"muted": 0}),
            ("forget", {}),
        ):
            number = getattr(options, name)
            if number is None:
                continue
            if memories.get(number).character_id != character.id:
                raise StudioError(_("That memory belongs to another character."))
            memories.edit(number, **columns) if columns else memories.delete(number)
        if options.note:
            studio.recall.note(character.id, options.note)
        if options.read:
            _read(studio, character.id)
        kept = memories.of(character.id)
        embedder = studio.embedder.name if studio.embedder is not None else ""
        read = memories.vectors.of(character.id, embedder)
    if options.json:
        return _json([_memory_json(m, embedder if m.id in read else "") for m in kept])
    for memory in kept:
        marks = [_("pinned")] * memory.pinned + [_("never brought up")] * memory.muted
        print("\t".join([str(memory.id), memory.speaker, memory.time, _line(memory), *marks]))
    if not kept:
        print(_("Nothing yet; talks leave memories, and `charstudio remember` reads them from a file."))
    return 0


def _choose(studio: Any, folder: str) -> None:
    """Use another memory model from now on; what the old one read is dropped once the new one reads."""
    from charstudio.memory.embed import check_folder

    chosen = "" if folder == "-" else str(Path(folder).resolve())
    if chosen:
        check_folder(Path(chosen))
    studio.change_settings(replace(studio.settings, embedder=chosen))


def _how(studio: Any, character_id: int, options: argparse.Namespace) -> Any:
    from charstudio.memory.recall import How

    stage = studio.library.stages.find(character_id, options.stage).id if options.stage else None
    return How(stage, _mood(options), _weights(options.weights))


def _mood(options: argparse.Namespace) -> Any:
    from charstudio.memory.emotion import NAMES, STRATEGIES, Mood

    if not options.mood:
        return None
    name, _equals, share = options.mood.partition("=")
    try:
        weight = float(share or 0.5)
    except ValueError:
        weight = -1.0
    if name not in NAMES or not 0 <= weight <= 1 or options.strategy not in STRATEGIES:
        raise UsageError(
            _(
                "A mood is one of {names} and a share from 0 to 1, like anger=0.5;"
                " a strategy is one of {ways}.",
                names=", ".join(NAMES),
                ways=", ".join(STRATEGIES),
            )
        )
    return Mood.named(name, weight, options.strategy)


def _weights(text: str | None) -> Any:
    from charstudio.memory.scores import Weights

    if not text:
        return None
    names = [f.name for f in fields(Weights)]
    try:
        body = {name: float(value) for name, value in json.loads(text).items()}
        return replace(Weights(), **body)
    except (ValueError, TypeError, AttributeError) as exc:
        raise UsageError(
            _("The weights are a JSON object of numbers for {names}.", names=", ".join(names))
        ) from exc


def _read_some(studio: Any, character_id: int) -> None:
    """Read for their meaning what is not read yet, if that takes minutes at most."""
    if studio.embedder is None:
        _say(
            _(
                "No memory model is installed, so recall goes by words:"
                " pip install 'charstudio[memory,starter]'."
            )
        )
        return
    missing = studio.library.memories.vectors.missing(character_id, studio.embedder.name)
    if missing > READ_NOW:
        _say(
            _(
                "{n} memories are found by words until their meaning is read;"
                " `charstudio memories {id} --read` does that and may be stopped at any time.",
                n=missing,
                id=character_id,
            )
        )
    elif missing:
        _read(studio, character_id)


def _read(studio: Any, character_id: int) -> None:
    cancel = Cancel()
    try:
        for read in studio.recall.index(character_id, cancel):
            _progress(
                _("{done} of {total} memories read for their meaning", done=read.done, total=read.total)
            )
    except (KeyboardInterrupt, Cancelled):
        cancel.set()
        _say(_("Stopped; what was read is kept, and the next time goes on from there."))
    except StudioError as exc:
        _say(_("The meaning of the memories could not be read, so recall goes by words: {why}", why=exc))
    finally:
        _end_progress()


def _print_hits(
    number: str | int | float | None, text: str, hits: list[Recalled], *, as_json: bool, brief: bool
) -> None:
    if as_json and brief:
        found = [{"id": _id_of(h.memory), "score": round(h.score, 6)} for h in hits]
        _json({"id": number, "hits": found})
    elif as_json:
        told = [
            {
                "id": _id_of(h.memory),
                "score": round(h.score, 6),
                "speaker": h.memory.speaker,
                "time": h.memory.time,
                "text": h.memory.text,
                "parts": {name: round(value, 4) for name, value in h.parts},
            }
            for h in hits
        ]
        _json({"query": text, "hits": told})
    else:
        for h in hits:
            why = ", ".join(f"{name} {value:+.2f}" for name, value in h.parts if abs(value) >= 0.005)
            print(
                "\t".join([f"{h.score:.3f}", str(_id_of(h.memory)), h.memory.speaker, _line(h.memory), why])
            )


def _id_of(memory: Memory) -> str | int | float:
    return memory.ref if memory.ref != "" else memory.id


def _memory_json(memory: Memory, embedder: str) -> dict[str, Any]:
    from charstudio.memory.emotion import NAMES

    return {
        **asdict(memory),
        "emotion": dict(zip(NAMES, memory.emotion, strict=True)) if memory.emotion else {},
        "embedder": embedder,
    }


def _line(memory: Memory) -> str:
    text = " ".join(memory.text.split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


class _bytes:  # noqa: N801 - used like a function
    """A file of lines; - is standard input."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Iterator[bytes]:
        if str(self._path) == "-":
            self._file: Any = sys.stdin.buffer
            return iter(self._file)
        try:
            self._file = self._path.open("rb")
        except OSError as exc:
            raise StudioError(
                _("{file} cannot be read: {why}.", file=self._path, why=exc.strerror or exc)
            ) from exc
        return iter(self._file)

    def __exit__(self, *_exc: object) -> None:
        if str(self._path) != "-":
            self._file.close()


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _progress(words: str) -> None:
    print(f"\r{words}", end="", file=sys.stderr, flush=True)


def _end_progress() -> None:
    print(file=sys.stderr, flush=True)


def _json(body: Any) -> int:
    print(json.dumps(body, ensure_ascii=False), flush=True)
    return 0
