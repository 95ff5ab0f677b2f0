"""The command line: the whole main job without a window; errors are one sentence on standard error."""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from charstudio import (
    __version__,
    cli_cards,
    cli_cast,
    cli_memory,
    cli_models,
    cli_proposals,
    cli_sheet,
    paths,
    settings,
)
from charstudio.errors import Cancel, Cancelled, StudioError, UsageError
from charstudio.i18n import _
from charstudio.model import Change, Character

Verb = Callable[[argparse.Namespace], int]


def run(arguments: list[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    logging.basicConfig(level=os.environ.get("CHARSTUDIO_LOG", "ERROR").upper(), stream=sys.stderr)
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except UsageError as exc:
        return _fail(str(exc), 2)
    except StudioError as exc:
        return _fail(str(exc))
    except Cancelled:
        return 130
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read has gone; what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1


def _fail(sentence: str, code: int = 1) -> int:
    print(sentence, file=sys.stderr)
    return code


# Verbs


def _window(options: argparse.Namespace) -> int:
    from charstudio.gui.app import open_window

    return open_window(_library_path(options))


def _list(options: argparse.Namespace) -> int:
    with _open(options) as studio:
        everyone = studio.library.cast.all()
    if options.json:
        return _print_json([cli_cast.describe(c) for c in everyone])
    for c in everyone:
        print(f"{c.id}\t{_shown(c)}\t{_('{n} decided', n=c.values)}")
    if not everyone:
        print(_("Nobody yet; `charstudio new NAME` makes the first character."))
    return 0


def _new(options: argparse.Namespace) -> int:
    with _open(options) as studio:
        made = studio.library.cast.new(studio.schema, options.name, "command")
    if options.json:
        return _print_json(cli_cast.describe(made))
    print(f"{made.id}\t{_shown(made)}")
    return 0


def _guide(options: argparse.Namespace) -> int:
    from charstudio.guide import as_json

    code = 0
    with _open(options) as studio:
        character = studio.library.cast.find(options.character)
        guide = studio.guide(character.id, options.pack)
        turn = guide.start()
        if sys.stdin.isatty() and not options.json:
            print(_turn_text(turn), flush=True)
        for line in _lines():
            try:
                turn = guide.say(line)
            except StudioError as exc:
                code = _fail(str(exc))
                continue
            print(
                json.dumps(as_json(turn), ensure_ascii=False) if options.json else _turn_text(turn),
                flush=True,
            )
    return code


def _talk(options: argparse.Namespace) -> int:
    from charstudio.studio import with_seed

    code = 0
    with _open(options, model=options.model) as studio:
        with_seed(studio, options.seed, options.max_tokens, options.n)
        character = studio.library.cast.find(options.character)
        talk = studio.conversation.open(character.id, new=options.new)
        if options.strict is not None:
            studio.library.talks.set_strict(talk.id, strict=options.strict)
        if options.new and not options.json:
            for message in studio.library.talks.messages(talk.id):
                print(message.body, flush=True)
        for line in _lines():
            try:
                _say(studio, talk.id, line, as_json=options.json)
            except StudioError as exc:
                code = _fail(str(exc))
                _restart(studio)
    return code


def _say(studio: Any, talk_id: int, line: str, *, as_json: bool) -> None:
    from charstudio.talk import Finished, Said, Words

    message_id, count = None, 0
    for event in studio.conversation.reply(talk_id, line, Cancel()):
        if as_json:
            if isinstance(event, Finished):
                _print_json({"text": event.message.body, **event.message.figures}, flush=True)
        elif isinstance(event, Said) and event.message.role == "character":
            message_id = event.message.id
            print(event.message.body, end="", flush=True)
        elif isinstance(event, Words) and event.message_id == message_id:
            print(event.text, end="", flush=True)
        elif isinstance(event, Finished):
            count += 1
            print(f"\n{count}. {event.message.body}" if count > 1 else "", flush=True)


def _restart(studio: Any) -> None:
    """A model that died between two lines is started again for the next one."""
    if studio.model_name():
        studio.engine().restart()


def _prompt(options: argparse.Namespace) -> int:
    with _open(options, model=options.model) as studio:
        character = studio.library.cast.find(options.character)
        prompt = studio.conversation.prompt(character.id, options.message)
        info = studio.engine().describe()
        text = "\n\n".join(f"[{m.role}]\n{m.content}" for m in prompt.messages)
        text = text if info.has_template else prompt.flat
        tokens = studio.engine().measure(prompt)
    if options.json:
        body = asdict(prompt)
        return _print_json(
            {**body, "text": text, "tokens": tokens, "model": info.name, "context": info.context}
        )
    for section in prompt.sections:
        print(f"── {section.title} ({_('{n} tokens', n=section.tokens)})\n{section.text}\n")
    print(f"── {_('What the model reads')} ({_('{n} of {all} tokens', n=tokens, all=info.context)})\n{text}")
    return 0


def _import(options: argparse.Namespace) -> int:
    from charstudio.studio import Imported

    found = []
    with _open(options) as studio:
        whose = studio.library.cast.find(options.talk_of).id if options.talk_of else None
        for event in studio.import_files([Path(f) for f in options.files], Cancel(), whose):
            if isinstance(event, Imported):
                found.append(event)
                if not options.json:
                    _print_import(event)
    if options.json:
        _print_json([_import_json(i) for i in found])
    return 1 if any(i.error for i in found) else 0


def _print_import(imported: Any) -> None:
    if imported.error:
        _fail(imported.error)
        return
    print(f"{imported.character.id}\t{_shown(imported.character)}", flush=True)
    for warning in imported.warnings:
        print(f"\t{warning}", flush=True)


def _import_json(imported: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"file": str(imported.file), "warnings": list(imported.warnings)}
    if imported.error:
        return {**found, "error": imported.error}
    return {**found, "id": imported.character.id, "name": imported.character.name}


def _speak(options: argparse.Namespace) -> int:
    with _open(options) as studio:
        character = studio.library.cast.find(options.character)
        seconds = studio.speak(character.id, options.text, Path(options.out), Cancel())
    print(f"{options.out}\t{_('{seconds:.1f} seconds', seconds=seconds)}")
    return 0


def _set(options: argparse.Namespace) -> int:
    with _open(options) as studio:
        character = studio.library.cast.find(options.character)
        attribute = studio.schema.attribute(options.attribute)
        change = Change(attribute.id, options.value)
        sheet = studio.library.cast.change(character.id, [change], studio.schema, "command")
    print(f"{attribute.label}\t{sheet.text(attribute.id)}")
    return 0


def _undo(options: argparse.Namespace) -> int:
    redo = options.verb == "redo"
    with _open(options) as studio:
        character = _found(studio, options.character)
        step = studio.library.redo if redo else studio.library.undo
        undone = step(character.id)
    if undone is None:
        return _fail(_("There is nothing to redo.") if redo else _("There is nothing to undo."))
    print(_("Done again: {what}", what=undone.label) if redo else _("Taken back: {what}", what=undone.label))
    return 0


def _duplicate(options: argparse.Namespace) -> int:
    with _open(options) as studio:
        character = studio.library.cast.find(options.character)
        copy = studio.library.cast.duplicate(character.id, studio.schema)
    print(f"{copy.id}\t{_shown(copy)}")
    return 0


def _delete(options: argparse.Namespace) -> int:
    with _open(options) as studio:
        character = studio.library.cast.find(options.character)
        studio.delete_character(character.id)
    print(
        _("Put away: {name}; `charstudio undo {id}` brings it back.", name=_shown(character), id=character.id)
    )
    return 0


def _adapters(options: argparse.Namespace) -> int:
    with _open(options) as studio:
        return cli_models.change_adapters(studio, options)


def _proposals(options: argparse.Namespace) -> int:
    with _open(options, model=options.model) as studio:
        return cli_proposals.run(studio, options)


def _about(act: cli_cast.Act) -> Verb:
    """A verb of the cast, run on the character that is named."""

    def run(options: argparse.Namespace) -> int:
        with _open(options) as studio:
            return act(studio, studio.library.cast.find(options.character), options)

    return run


def _attributes(options: argparse.Namespace) -> int:
    with _open(options) as studio:
        return cli_sheet.attributes(studio, options)


def _packs(options: argparse.Namespace) -> int:
    with _open(options) as studio:
        return cli_sheet.packs(studio, options)


def _demo(options: argparse.Namespace) -> int:
    from charstudio.demo import show

    return show(Path(options.out))


# Inside


class _Opened:
    """A studio for one command; the safety copy of the day is made before it opens."""

    def __init__(self, options: argparse.Namespace, model: str | None) -> None:
        self._path = _library_path(options)
        self._model = model
        self._studio: Any = None

    def __enter__(self) -> Any:
        from charstudio.store import safety_copy
        from charstudio.studio import Studio

        chosen = settings.load()
        self._studio = Studio(self._path, chosen)
        try:
            safety_copy(self._path)
        except StudioError as exc:
            print(_("Today’s safety copy could not be made: {why}", why=exc), file=sys.stderr)
        if self._studio.schema_trouble:
            print(self._studio.schema_trouble, file=sys.stderr)
        if self._model:
            self._studio.settings = _with_model(self._studio, chosen, self._model)
        return self._studio

    def __exit__(self, *_exc: object) -> None:
        self._studio.close()


def _with_model(studio: Any, chosen: settings.Settings, model: str) -> settings.Settings:
    """The settings of one command: another file, or a model server by its address."""
    from dataclasses import replace

    if model.startswith(("http://", "https://")):
        return replace(chosen, engine="server", server=model, server_model="")
    return replace(chosen, engine="llama", model=str(studio.shelf.find(model)))


def _open(options: argparse.Namespace, model: str | None = None) -> _Opened:
    return _Opened(options, model)


def _library_path(options: argparse.Namespace) -> Path:
    """The library of the option, of the settings, or the usual one."""
    named = getattr(options, "library", None) or settings.load().library
    return Path(named) if named else paths.default_library()


def _found(studio: Any, name: str) -> Character:
    """A character, or one that was put away: undo must reach it."""
    try:
        return studio.library.cast.find(name)  # type: ignore[no-any-return]
    except StudioError:
        try:
            return studio.library.cast.find(name, deleted=True)  # type: ignore[no-any-return]
        except StudioError:
            pass
        raise


def _lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _turn_text(turn: Any) -> str:
    parts = [turn.reply, turn.ask.text if turn.ask else ""]
    parts += [f"  {n}. {chip.text}" for n, chip in enumerate(turn.chips, 1)]
    return "\n".join(part for part in parts if part)


def _shown(character: Character) -> str:
    return character.name or _("(no name yet)")


def _print_json(body: Any, *, flush: bool = False) -> int:
    print(json.dumps(body, ensure_ascii=False), flush=flush)
    return 0


# Grammar


def _parser() -> argparse.ArgumentParser:
    # Stands before and after the verb; only the place where it was given may set it.
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--library", metavar="FILE", help=_("the library to work on"))
    parser = argparse.ArgumentParser(
        prog="charstudio",
        parents=[shared],
        description=_("Create characters by talking with them. Without a verb the window opens."),
        epilog=_("CHARSTUDIO_HOME moves all data, settings and caches."),
    )
    parser.add_argument("--version", action="version", version=f"charstudio {__version__}")
    parser.set_defaults(run=_window, verb="")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")

    def verb(name: str, act: Verb, words: str, *, as_json: bool = False) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, parents=[shared], help=words, description=words)
        made.set_defaults(run=act)
        if as_json:
            made.add_argument("--json", action="store_true", help=_("print JSON"))
        return made

    def of_one(name: str, act: Verb, words: str, *, as_json: bool = False) -> argparse.ArgumentParser:
        made = verb(name, act, words, as_json=as_json)
        made.add_argument("character", metavar="NAME_OR_ID")
        return made

    verb("list", _list, _("who is in the library"), as_json=True)
    verb("new", _new, _("make a character"), as_json=True).add_argument("name", metavar="NAME")
    guide = of_one("guide", _guide, _("guided mode: one line of yours, one reply"), as_json=True)
    guide.add_argument("--pack", default="spark", help=_("the questions to ask first"))
    talk = of_one("talk", _talk, _("open talk: one message a line"), as_json=True)
    talk.add_argument("--new", action="store_true", help=_("begin a new talk"))
    cli_proposals.add_mode_words(talk)
    talk.add_argument("--model", metavar="M", help=_("a model’s name or file"))
    talk.add_argument(
        "--n", type=int, default=1, metavar="N", help=_("so many alternatives at once, kept as swipes")
    )
    talk.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help=_("draw the same words again, where the same is read in the same pieces"),
    )
    talk.add_argument("--max-tokens", type=_positive, metavar="N", help=_("the longest reply"))
    cli_proposals.add_words(
        of_one("proposals", _proposals, _("what a character said of itself, to keep or not"), as_json=True)
    )
    cli_cast.add_verbs(of_one, _about)
    prompt = of_one("prompt", _prompt, _("what the model would read"), as_json=True)
    prompt.add_argument("--message", required=True, metavar="TEXT")
    prompt.add_argument("--model", metavar="M", help=_("a model’s name or file"))
    bring = verb("import", _import, _("bring in character cards and talks"), as_json=True)
    bring.add_argument("files", nargs="+", metavar="FILE")
    bring.add_argument(
        "--talk-of", metavar="NAME_OR_ID", help=_("with whom talks (JSONL, Markdown) were held")
    )
    cli_cards.add_card_words(verb("card", cli_cards.run, _("card files, without a library")))
    cli_cards.add_lore_words(verb("lore", cli_cards.run, _("lorebooks, without a library")))
    speak = of_one("speak", _speak, _("speak a text into a WAV file"))
    speak.add_argument("text", metavar="TEXT")
    speak.add_argument("--out", required=True, metavar="FILE.wav")
    change = of_one("set", _set, _("decide one attribute"))
    change.add_argument("attribute", metavar="ATTRIBUTE")
    change.add_argument("value", metavar="VALUE")
    of_one("undo", _undo, _("take back the last change"))
    of_one("redo", _undo, _("do again what was taken back"))
    of_one("duplicate", _duplicate, _("copy a character"))
    of_one("delete", _delete, _("put a character away (undo brings it back)"))
    cli_models.add_words(verb("models", cli_models.run, _("the language models"), as_json=True))
    cli_sheet.add_attribute_words(
        verb("attributes", _attributes, _("what can be decided; add, hide, load your own"), as_json=True)
    )
    cli_sheet.add_pack_words(verb("packs", _packs, _("packs of questions; add your own"), as_json=True))
    check = verb("serve-check", cli_models.serve_check, _("what a model server can do"), as_json=True)
    check.add_argument("url", metavar="URL")
    check.add_argument("--key-from-env", metavar="NAME", help=_("the environment variable that has the key"))
    check.add_argument("--model", metavar="M", help=_("a model of that server"))
    worn = of_one(
        "adapters", _adapters, _("LoRAs and control vectors a character speaks through"), as_json=True
    )
    cli_models.add_adapter_words(worn)
    cli_memory.add_verbs(of_one, _open)
    demo = verb("demo", _demo, _("the main job from start to finish, without questions"))
    demo.add_argument("--out", default="charstudio-demo", metavar="DIR")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(_("a number from 1 up is needed"))
    return number
