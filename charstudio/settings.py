"""The writer's settings: one dataclass, one JSON file, unknown keys kept."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from charstudio import paths
from charstudio.errors import StoreError
from charstudio.i18n import _


@dataclass(frozen=True, slots=True)
class Settings:
    """What the writer chose. Empty texts mean "the program decides"."""

    library: str = ""
    model: str = ""
    engine: str = "llama"  # llama, server or echo
    server: str = ""
    server_model: str = ""
    embedder: str = ""  # the folder of a memory model; empty for the starter
    threads: int = 0
    context: int = 4096
    persona: str = "Writer"
    theme: str = "system"
    text_size: int = 16
    less_motion: bool = False
    window: str = ""
    panels: dict[str, int] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)


def load(path: Path | None = None) -> Settings:
    """Read the settings file; what cannot be understood is left at its default."""
    path = path or paths.config() / "settings.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    if not isinstance(raw, dict):
        return Settings()
    known = {f.name: f for f in fields(Settings) if f.name != "rest"}
    defaults = Settings()
    fit = {k: v for k, v in raw.items() if k in known and type(v) is type(getattr(defaults, k))}
    return replace(defaults, **fit, rest={k: v for k, v in raw.items() if k not in known})


def save(settings: Settings, path: Path | None = None) -> None:
    """Write the settings file whole or not at all."""
    path = path or paths.config() / "settings.json"
    body = asdict(settings)
    rest = body.pop("rest")
    text = json.dumps({**rest, **body}, indent=1, ensure_ascii=False)
    try:
        paths.write_atomically(path, text.encode())
    except OSError as exc:
        raise StoreError(
            _("The settings could not be kept ({why}); free some room and try again.", why=exc.strerror)
        ) from exc
