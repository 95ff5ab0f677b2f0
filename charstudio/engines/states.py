"""What talks left in the cache, kept in files, so that nothing is read again after a restart.

One file per talk, named after the talk and marked with the model it belongs to. The folder never grows
beyond its limit: the files not used for the longest time go first. All of it may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

LIMIT = 2_000_000_000  # bytes of all states together
SHARE_OF_FREE = 0.1  # of the free disk at most
READ = 1 << 20


class States:
    """The saved states of one model (`mark`) in a folder; `limit` is in bytes, over all models."""

    def __init__(self, folder: Path, mark: str, limit: int = LIMIT) -> None:
        self._folder = folder
        self._mark = hashlib.sha256(mark.encode()).hexdigest()[:16]
        self._limit = limit

    def path(self, key: str) -> Path:
        """Where the state of a talk stands, or would."""
        return self._folder / f"{_safe(key)}.{self._mark}.kv"

    def keep(self, key: str, ids: Sequence[int], write: Callable[[str], bool]) -> bool:
        """Save a state whole or not at all; False when there is no room for it."""
        target = self.path(key)
        part = target.with_suffix(f".{os.getpid()}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not write(str(part)) or part.stat().st_size > self._room():
                return False
            label = {"ids": list(ids), "size": part.stat().st_size, "crc": _sum(part)}
            _label(target).unlink(missing_ok=True)  # never a label that belongs to another state
            os.replace(part, target)
            note = part.with_suffix(".label")
            note.write_text(json.dumps(label), encoding="utf-8")
            os.replace(note, _label(target))
            self._trim(besides=target)
        except OSError:
            return False
        finally:
            part.unlink(missing_ok=True)
        return True

    def peek(self, key: str) -> list[int]:
        """The ids of a saved state without loading it; none if there is no whole one."""
        try:
            label = json.loads(_label(self.path(key)).read_text(encoding="utf-8"))
            if self.path(key).stat().st_size != label["size"]:
                return []
            return [int(n) for n in label["ids"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def sound(self, key: str) -> bool:
        """Whether a saved state is, byte for byte, what was written; and note that it is used."""
        try:
            label = json.loads(_label(self.path(key)).read_text(encoding="utf-8"))
            whole = bool(_sum(self.path(key)) == label["crc"])
            os.utime(self.path(key))
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return whole

    def forget(self, key: str) -> None:
        """Delete the state of a talk."""
        _delete(self.path(key))

    def _room(self) -> float:
        return min(self._limit, shutil.disk_usage(self._folder).free * SHARE_OF_FREE + self._used())

    def _used(self) -> int:
        return sum(path.stat().st_size for path in self._folder.glob("*.kv"))

    def _trim(self, besides: Path) -> None:
        limit, used = self._room(), self._used()
        oldest = sorted(self._folder.glob("*.kv"), key=lambda path: path.stat().st_mtime)
        for path in oldest:
            if used <= limit:
                return
            if path != besides:
                used -= path.stat().st_size
                _delete(path)


def adapted(key: str, adapters: Sequence[tuple[str, str, float]]) -> str:
    """The name of a state as read with these adapters: another file or strength, another state."""
    if not adapters:
        return key
    stamps = []
    for kind, path, strength in adapters:
        found = Path(path).stat() if Path(path).exists() else None
        stamps.append((kind, path, strength, found and (found.st_size, found.st_mtime_ns)))
    return f"{key}.{hashlib.sha256(repr(stamps).encode()).hexdigest()[:12]}"


def forget_talk(folder: Path, key: str) -> None:
    """Delete what a talk left, whichever models it was held with, and each who spoke in it."""
    for pattern in (f"{_safe(key)}.*", f"{_safe(key)}-*"):
        for path in folder.glob(pattern):
            with contextlib.suppress(OSError):
                path.unlink()


def _safe(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "-", key)[:100]


def _label(path: Path) -> Path:
    return path.with_suffix(".json")


def _delete(path: Path) -> None:
    for one in (path, _label(path)):
        with contextlib.suppress(OSError):
            one.unlink()


def _sum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while chunk := file.read(READ):
            found = zlib.crc32(chunk, found)
    return found
