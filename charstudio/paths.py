"""Where things lie: the writer's data, settings, caches, and what the program ships."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import platformdirs

from charstudio.errors import StoreError


def _place(kind: str) -> Path:
    home = os.environ.get("CHARSTUDIO_HOME")
    if home:
        folder = Path(home).expanduser() / kind
    else:
        folder = {
            "data": platformdirs.user_data_path("charstudio", appauthor=False),
            "config": platformdirs.user_config_path("charstudio", appauthor=False),
            "cache": platformdirs.user_cache_path("charstudio", appauthor=False),
        }[kind]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        # Untranslated: the translations themselves are found through this module.
        raise StoreError(
            f"The folder {folder} cannot be used ({exc.strerror}); set CHARSTUDIO_HOME to another."
        ) from exc
    return folder


def data() -> Path:
    """The folder of libraries, models and safety copies; `CHARSTUDIO_HOME` moves it."""
    return _place("data")


def config() -> Path:
    """The folder of the settings file."""
    return _place("config")


def cache() -> Path:
    """The folder of things that can be made again."""
    return _place("cache")


def default_library() -> Path:
    """The library that opens when none is named."""
    return data() / "library.charstudio"


def resource(*parts: str) -> Path:
    """A file that the program ships: in a frozen folder, in the wheel, or beside the source."""
    here = Path(__file__).resolve().parent
    frozen = getattr(sys, "_MEIPASS", None)
    roots = ([Path(frozen) / "resources"] if frozen else []) + [
        here / "resources",
        here.parent / "resources",
    ]
    root = next((r for r in roots if r.is_dir()), roots[-1])
    return root.joinpath(*parts)


def write_atomically(path: Path, body: bytes) -> None:
    """Write a whole file or leave what was there: a temporary file beside it, then one rename."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        Path(name).chmod(mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
