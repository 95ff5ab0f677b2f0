"""Remembers what stands in the headers of model files; one is read again only when it has changed."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from charstudio import paths
from charstudio.engines.gguf import inspect_model, parts_of
from charstudio.model import ModelFile

MOST = 1000  # files that are remembered
FORM = 2  # counted up when a header is read in another way
_TYPES = {f.name: f.type for f in fields(ModelFile)}


class Labels:
    """A cache in one JSON file, keyed by path, size and time; it may be deleted at any moment."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._known: dict[str, Any] | None = None

    def of(self, path: Path) -> ModelFile:
        """What the header says; raises `EngineError` when it cannot be read."""
        mark = _mark(path)
        found = self._found(path, mark)
        if found is None:
            found = inspect_model(path)
            self._keep(path, mark, found)
        return found

    def known(self, path: Path) -> ModelFile | None:
        """What is remembered of a file that has not changed, without opening it."""
        return self._found(path, _mark(path))

    def _found(self, path: Path, mark: list[int]) -> ModelFile | None:
        with self._lock:
            entry = self._read().get(str(path))
        try:
            if entry is None or not mark or entry["mark"] != mark:
                return None
            file = {**entry["file"], "warnings": tuple(entry["file"]["warnings"])}
            return ModelFile(**file) if file.keys() == _TYPES.keys() else None
        except (KeyError, TypeError):
            return None

    def _keep(self, path: Path, mark: list[int], file: ModelFile) -> None:
        with self._lock:
            known = self._read()
            known[str(path)] = {"mark": mark, "file": asdict(file)}
            for old in list(known)[:-MOST]:
                del known[old]
            with contextlib.suppress(OSError):  # only a cache: read again next time
                paths.write_atomically(self._file, json.dumps(known).encode())

    def _read(self) -> dict[str, Any]:
        if self._known is None:
            try:
                found = json.loads(self._file.read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError):
                found = {}
            self._known = found if isinstance(found, dict) else {}
        return self._known


def _mark(path: Path) -> list[int]:
    """What tells whether a file is still the same; empty when it is not there."""
    mark = [FORM]
    for part in parts_of(path):
        try:
            stat = part.stat()
        except OSError:
            return []
        mark += [stat.st_size, stat.st_mtime_ns]
    return mark
