"""Checksums of large files, read in pieces so that it can be stopped and shown."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from charstudio.errors import Cancel

CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Checking:
    """How many bytes of a file have been read to check it."""

    done: int
    total: int


def hashed(files: tuple[Path, ...], cancel: Cancel) -> Generator[Checking, None, str]:
    """The SHA-256 of files read one after another; yields how far it is."""
    total = sum(file.stat().st_size for file in files)
    digest = hashlib.sha256()
    done = 0
    for file in files:
        with file.open("rb") as source:
            while block := source.read(CHUNK):
                cancel.check()
                digest.update(block)
                done += len(block)
                yield Checking(done, total)
    return digest.hexdigest()
