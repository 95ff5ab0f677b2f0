"""The verbs of the command line about language models: list, add, check, download, choose."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from charstudio import paths, settings
from charstudio.errors import Cancel, Cancelled, UsageError
from charstudio.i18n import _
from charstudio.model import Adapter, Sampling

LINE = 60  # signs of a line of progress


def add_words(parser: argparse.ArgumentParser) -> None:
    """What can be said after `charstudio models`."""
    parser.add_argument("what", nargs="?", default="list", choices=tuple(_WHAT))
    parser.add_argument("file", nargs="?", metavar="FILE|NAME|URL|DIR")
    parser.add_argument("--of", default="", metavar="M", help=_("a model of the server that is chosen"))
    for name in ("context", "threads", "gpu-layers"):
        parser.add_argument(f"--{name}", type=int, metavar="N", help=_("for `set`: of this model alone"))
    parser.add_argument("--template", metavar="FILE", help=_("for `set`: a chat template; plain: none"))
    parser.add_argument("--sampling", metavar="JSON", help=_("for `set`: how it draws words"))
    parser.add_argument("--sha256", default="", metavar="SUM", help=_("the checksum a download must have"))


def run(options: argparse.Namespace) -> int:
    """Do what was said; returns the exit code."""
    return _WHAT[options.what](options)


def _list(options: argparse.Namespace) -> int:
    from charstudio.engines import Shelf
    from charstudio.engines.estimate import estimate, this_machine

    shelf, machine, chosen = Shelf(), this_machine(), settings.load()
    models = shelf.all()
    found = {
        m.path: estimate(
            m.file, machine, shelf.settings_of(Path(m.path)).context or chosen.context, shelf.speed()
        )
        for m in models
        if m.file is not None
    }
    if options.json:
        return _json(
            [{**asdict(m), "estimate": asdict(found[m.path]) if m.path in found else None} for m in models]
        )
    if shelf.has_starter() and not any(m.starter for m in models):
        print(_("(starter model)\tput together at the first talk"))
    used = chosen.model or str(shelf.starter_path())
    for model in models:
        facts = [_("in use")] if model.path == used else []
        if model.file is not None:
            facts += [*_facts(model.file), found[model.path].verdict]
        print("\t".join([model.name, model.path, *facts, *filter(None, (model.trouble, model.changed))]))
    return 0


def _inspect(options: argparse.Namespace) -> int:
    from charstudio.engines import inspect_model

    file = asdict(inspect_model(Path(_needed(options))))
    return _json(file) if options.json else _fields(file)


def _add(options: argparse.Namespace) -> int:
    from charstudio.engines import Shelf

    added = Shelf().add(Path(_needed(options)))
    return _json(asdict(added)) if options.json else _fields({"name": added.name, "path": added.path})


def _verify(options: argparse.Namespace) -> int:
    from charstudio.engines import Shelf
    from charstudio.engines.shelf import Checked

    shelf = Shelf()
    listed = [Path(m.path) for m in shelf.all() if m.file is not None]
    every = [shelf.find(options.file)] if options.file else listed
    found: list[Checked] = []
    if not every:
        print(_("There is no model to check."), file=sys.stderr)
    for path in every:
        for event in shelf.verify(path, Cancel()):
            if isinstance(event, Checked):
                found.append(event)
            else:
                _progress(_("checking {file}", file=path.name), event.done, event.total)
        _progress_over()
        if not options.json:
            print(f"{found[-1].sha256}\t{found[-1].sentence}", flush=True)
    if options.json:
        _json([asdict(f) for f in found])
    return 0 if all(f.well for f in found) else 1


def _download(options: argparse.Namespace) -> int:
    from charstudio.engines import Shelf
    from charstudio.engines.download import Fetching
    from charstudio.engines.shelf import ShelvedModel

    shelf, cancel = Shelf(), Cancel()
    added: ShelvedModel | None = None
    try:
        for event in shelf.fetch(_needed(options), cancel, options.sha256):
            if isinstance(event, ShelvedModel):
                added = event
            elif isinstance(event, Fetching):
                _progress(_("downloading"), event.done, event.total, event.per_s)
            else:
                _progress(_("checking"), event.done, event.total)
    except (KeyboardInterrupt, Cancelled):
        _progress_over()
        print(_("What came is kept; the same command goes on from there."), file=sys.stderr)
        return 130
    finally:
        _progress_over()
    assert added
    return _json(asdict(added)) if options.json else _fields({"name": added.name, "path": added.path})


def _suggested(options: argparse.Namespace) -> int:
    from charstudio.engines import Shelf
    from charstudio.engines.curated import load_suggested, suggested_for
    from charstudio.engines.estimate import gigabytes, speed_words, this_machine

    machine, chosen, speed = this_machine(), settings.load(), Shelf().speed()
    models = suggested_for(load_suggested(paths.resource("models.yaml")), machine, speed)
    if options.json:
        return _json(
            [{**asdict(m), "estimate": asdict(m.estimate(machine, chosen.context, speed))} for m in models]
        )
    for model in models:
        guess = model.estimate(machine, chosen.context, speed)
        facts = (gigabytes(model.size), model.licence, guess.verdict, speed_words(guess.words_per_s))
        print("\t".join((model.name, *facts, model.words)))
    if not models:
        print(_("None of the suggested models fits this computer; the starter model does."))
    return 0


def _remove(options: argparse.Namespace) -> int:
    from charstudio.engines import Shelf

    shelf = Shelf()
    path = shelf.find(_needed(options))
    if path == shelf.starter_path():
        raise UsageError(_("The starter model belongs to the program; choose another and it is not used."))
    shelf.forget(path)
    chosen = settings.load()
    if chosen.model == str(path):
        settings.save(replace(chosen, model=""))
    print(_("Off the list; the file is still at {path}.", path=path))
    return 0


def _choose(options: argparse.Namespace) -> int:
    from charstudio.engines import Shelf
    from charstudio.engines.estimate import memory_warning

    shelf = Shelf()
    chosen = settings.load()
    if _needed(options).startswith(("http://", "https://")):
        settings.save(replace(chosen, engine="server", server=_needed(options), server_model=options.of))
        print(_needed(options))
        return 0
    path, chosen = shelf.find(_needed(options)), replace(chosen, engine="llama")
    if path == shelf.starter_path():
        settings.save(replace(chosen, model=""))
    else:
        added = shelf.add(path)
        settings.save(replace(chosen, model=str(path)))
        if added.file and (warning := memory_warning(added.file, chosen.context)):
            print(warning, file=sys.stderr)
    print(shelf.name_of(path))
    return 0


def _set(options: argparse.Namespace) -> int:
    """What holds for one model alone: context, threads, layers on the GPU, template, sampling."""
    from charstudio.engines import Shelf

    shelf = Shelf()
    path = shelf.find(_needed(options))
    wanted = {n: getattr(options, n) for n in ("context", "threads", "gpu_layers")}
    changed: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if any(value < 0 for value in changed.values()):
        raise UsageError(_("Numbers of a model are 0 or more; 0 means as everywhere."))
    if options.template is not None:
        changed["template"] = _template(options.template)
    if options.sampling is not None:
        changed["sampling"] = _sampling(options.sampling)
    shelf.set_settings(path, replace(shelf.settings_of(path), **changed))
    found = asdict(shelf.settings_of(path))
    return _json(found) if options.json else _fields(found)


def _template(file: str) -> str:
    if file in ("", "plain"):
        return file
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as exc:
        raise UsageError(_("The template {file} cannot be read: {why}.", file=file, why=exc)) from exc


def _sampling(text: str) -> dict[str, Any]:
    known = {f.name for f in fields(Sampling)}
    try:
        found = json.loads(text)
    except ValueError as exc:
        raise UsageError(_("That is no JSON: {why}.", why=exc)) from exc
    if not isinstance(found, dict) or not set(found) <= known:
        raise UsageError(_("A sampling is a JSON object of {names}.", names=", ".join(sorted(known))))
    return found


def _folder(options: argparse.Namespace) -> int:
    from charstudio.engines import Shelf

    shelf = Shelf()
    if options.file:
        shelf.add_folder(Path(options.file))
    found = list(shelf.rescan(Cancel()))
    if options.json:
        return _json([asdict(m) for m in found])
    for folder in shelf.folders():
        print(folder)
    for model in found:
        print(f"{model.name}\t{model.path}" + (f"\t{model.trouble}" if model.trouble else ""))
    return 0


def add_adapter_words(parser: argparse.ArgumentParser) -> None:
    """What can be said after `charstudio adapters NAME_OR_ID`."""
    parser.add_argument("what", nargs="?", default="list", choices=("list", "add", "remove"))
    parser.add_argument("file", nargs="?", metavar="FILE")
    parser.add_argument("--strength", type=float, default=1.0, metavar="S", help=_("1 is as it was made"))


def change_adapters(studio: Any, options: argparse.Namespace) -> int:
    """List, put on or take off what a character speaks through: LoRAs and control vectors."""
    character = studio.library.cast.find(options.character)
    if options.what != "list":
        path = str(Path(_needed(options)).resolve())
        if options.what == "remove" and path not in {a.path for a in character.adapters}:
            raise UsageError(_("{name} does not wear {file}.", name=character.name, file=path))
        worn = [a for a in character.adapters if a.path != path]
        if options.what == "add":
            worn.append(_adapter(Path(path), options.strength))
        studio.library.cast.dress(character.id, _("Adapters"), adapters=worn)
        character = studio.library.cast.get(character.id)
    if options.json:
        return _json([asdict(a) for a in character.adapters])
    for adapter in character.adapters:
        print(f"{adapter.kind}\t{adapter.path}\t{adapter.strength}")
    return 0


def _adapter(path: Path, strength: float) -> Adapter:
    """What kind of adapter a file is, by its header; raises `EngineError` when it is none."""
    from charstudio.engines import inspect_model

    if not -100 <= strength <= 100:  # and no NaN
        raise UsageError(_("A strength lies between -100 and 100; 1 is as it was made."))
    file = inspect_model(path)
    if file.architecture == "controlvector":
        return Adapter("vector", str(path), strength)
    if file.kind == "adapter":
        return Adapter("lora", str(path), strength)
    raise UsageError(_("{name} is no LoRA and no control vector in GGUF form.", name=path.name))


_WHAT: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "add": _add,
    "inspect": _inspect,
    "verify": _verify,
    "download": _download,
    "suggested": _suggested,
    "remove": _remove,
    "choose": _choose,
    "folder": _folder,
    "set": _set,
}


def serve_check(options: argparse.Namespace) -> int:
    """Say what a model server can do; 0 when it can be talked with."""
    try:
        from charstudio.engines.check import check_server
    except ImportError as exc:
        raise UsageError(_("Model servers need one more part: pip install 'charstudio[server]'.")) from exc
    key = os.environ.get(options.key_from_env, "") if options.key_from_env else ""
    if options.key_from_env and not key:
        raise UsageError(_("There is no key in the environment under {name}.", name=options.key_from_env))
    report = check_server(options.url, options.model or "", key, Cancel())
    if options.json:
        _json({**asdict(report), "usable": report.usable})
    else:
        _fields(report.as_words())
        for warning in report.warnings:
            print(f"\t{warning}")
    if not report.usable:
        print(report.trouble, file=sys.stderr)
    return 0 if report.usable else 1


def _facts(file: Any) -> list[str]:
    from charstudio.engines.estimate import gigabytes

    context = _("{n} tokens", n=f"{file.context:,}")
    return [gigabytes(file.size), file.quantisation, context, file.licence or _("licence not said")]


def _progress(what: str, done: int, total: int, per_s: float = 0.0) -> None:
    """One line on standard error that is written over; nothing where nobody looks."""
    if not sys.stderr.isatty():
        return
    share = f"{done / total:4.0%}" if total else f"{done / 1e6:.0f} MB"
    speed = f" {per_s / 1e6:.1f} MB/s" if per_s else ""
    print(f"\r{f'{what} {share}{speed}':<{LINE}}", end="", file=sys.stderr, flush=True)


def _progress_over() -> None:
    if sys.stderr.isatty():
        print(f"\r{'':<{LINE}}\r", end="", file=sys.stderr, flush=True)


def _needed(options: argparse.Namespace) -> str:
    if not options.file:
        raise UsageError(
            {
                "download": _("Say what to download: charstudio models download URL_OR_NAME."),
                "remove": _("Name a model: charstudio models remove NAME."),
                "choose": _("Name a model: charstudio models choose NAME."),
            }.get(options.what)
            or _("Name a model file: charstudio models add FILE.")
        )
    return str(options.file)


def _json(body: Any) -> int:
    print(json.dumps(body, ensure_ascii=False))
    return 0


def _fields(body: dict[str, Any]) -> int:
    for name, value in body.items():
        print(f"{name}\t{value}")
    return 0
