"""The file in which the shelf is kept: links to models, folders to look through, settings and checksums."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from charstudio import paths
from charstudio.errors import EngineError
from charstudio.i18n import _

VERSION = 2


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What the writer set for one model; 0 and empty mean "as everywhere". `sha256` is its known checksum."""

    context: int = 0
    threads: int = 0
    gpu_layers: int = 0
    template: str = ""
    sampling: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """A checksum, and size and time of the file then (0: never read); published means told by its source."""

    sha256: str
    size: int = 0
    mtime_ns: int = 0
    published: bool = False


@dataclass(frozen=True, slots=True)
class Links:
    """All that is kept; `left_out` are files that were taken off and that looking must not bring back."""

    models: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    settings: Mapping[str, ModelSettings] = field(default_factory=dict)
    sums: Mapping[str, Sum] = field(default_factory=dict)

    def with_model(self, path: str) -> Links:
        """With this link at the end, unless it is there."""
        models = self.models if path in self.models else (*self.models, path)
        return replace(self, models=models, left_out=tuple(p for p in self.left_out if p != path))

    def without_model(self, path: str) -> Links:
        """Without this link, its settings and its checksum."""
        return replace(
            self,
            models=tuple(p for p in self.models if p != path),
            left_out=tuple(dict.fromkeys((*self.left_out, path))) if self.folders else self.left_out,
            settings={p: s for p, s in self.settings.items() if p != path},
            sums={p: s for p, s in self.sums.items() if p != path},
        )


def read_links(file: Path) -> Links:
    """What is kept; the list of paths of earlier versions is understood, nonsense is nothing."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Links()
    if isinstance(body, list):
        return Links(models=_texts(body))
    if not isinstance(body, dict):
        return Links()
    return Links(
        models=_texts(body.get("models")),
        folders=_texts(body.get("folders")),
        left_out=_texts(body.get("left_out")),
        settings={p: _fitting(ModelSettings, s) for p, s in _entries(body.get("settings"))},
        sums={p: _fitting(Sum, s) for p, s in _entries(body.get("sums")) if isinstance(s.get("sha256"), str)},
    )


def write_links(file: Path, links: Links) -> None:
    """Keep it, whole or not at all; a file that a newer version wrote is left alone."""
    version = _version(file)
    if version > VERSION:
        raise EngineError(
            _("The list of models was written by a newer charstudio; use that one to change it.")
        )
    body = {
        "version": VERSION,
        "models": list(links.models),
        "folders": list(links.folders),
        "left_out": list(links.left_out),
        "settings": {p: _changed(s) for p, s in links.settings.items() if _changed(s)},
        "sums": {p: _changed(s) for p, s in links.sums.items()},
    }
    try:
        if version < 0:
            os.replace(file, file.with_name(f"{file.name}.broken"))  # whoever knows how may save it
        paths.write_atomically(file, json.dumps(body, indent=1, ensure_ascii=False).encode())
    except OSError as exc:
        raise EngineError(
            _("The list of models could not be kept ({why}); free some room.", why=exc.strerror or exc)
        ) from exc


def _version(file: Path) -> int:
    """The version of what is kept; 0 when there is nothing, -1 when it cannot be read."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, RecursionError):
        return -1
    version = body.get("version") if isinstance(body, dict) else 1
    return version if isinstance(version, int) else 0


def _texts(found: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for t in found if isinstance(t, str))) if isinstance(found, list) else ()


def _entries(found: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(p, e) for p, e in found.items() if isinstance(e, dict)] if isinstance(found, dict) else []


def _fitting(kind: Any, entry: dict[str, Any]) -> Any:
    """A value made of those fields that have the right type; a missing one is at its default."""
    defaults = {
        f.name: f.default_factory() if callable(f.default_factory) else f.default for f in fields(kind)
    }
    types = {name: str if name == "sha256" else type(value) for name, value in defaults.items()}
    return kind(**{n: v for n, v in entry.items() if n in types and type(v) is types[n]})


def _changed(value: Any) -> dict[str, Any]:
    """The fields that are not empty."""
    return {f.name: v for f in fields(value) if (v := getattr(value, f.name))}
