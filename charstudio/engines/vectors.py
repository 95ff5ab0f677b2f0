"""Reads the directions of a control vector from its GGUF file, trusting no number in it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from charstudio.engines import gguf
from charstudio.errors import EngineError
from charstudio.i18n import _

MOST_LAYERS = 1000
WIDEST = 65_536
_TYPES: dict[int, Any] = {0: np.dtype("<f4"), 1: np.dtype("<f2")}


def read_directions(path: Path) -> dict[int, Any]:
    """The direction of each layer, as float32 of the model's width; raises `EngineError`."""
    try:
        with path.open("rb") as file:
            found = _read(file)
    except (OSError, ValueError, EOFError, struct.error, OverflowError, MemoryError) as exc:
        raise EngineError(
            _("{name} is no control vector in GGUF form; choose another file.", name=path.name)
        ) from exc
    if not found:
        raise EngineError(_("{name} has no directions in it; choose another file.", name=path.name))
    return found


def _read(file: BinaryIO) -> dict[int, Any]:
    if gguf._take(file, 4) != b"GGUF":
        raise ValueError("no GGUF")
    _version, tensors, pairs = struct.unpack("<IQQ", gguf._take(file, 20))
    if tensors > MOST_LAYERS or pairs > gguf.MAX_PAIRS:
        raise ValueError("more entries than any control vector has")
    alignment = 32
    for _n in range(pairs):
        key = gguf._string(file)
        value = gguf._value(file, *struct.unpack("<I", gguf._take(file, 4)))
        alignment = int(value) if key == "general.alignment" else alignment
    wanted = [_label(file) for _n in range(tensors)]
    start = -(-file.tell() // max(1, alignment)) * max(1, alignment)
    found = {}
    for name, width, kind, offset in wanted:
        if not name.startswith("direction.") or kind not in _TYPES or not 0 < width <= WIDEST:
            continue
        file.seek(start + offset)
        body = gguf._take(file, width * _TYPES[kind].itemsize)
        found[int(name.removeprefix("direction."))] = np.frombuffer(body, _TYPES[kind]).astype(np.float32)
    return found


def _label(file: BinaryIO) -> tuple[str, int, int, int]:
    name = gguf._string(file)
    (dimensions,) = struct.unpack("<I", gguf._take(file, 4))
    if not 0 < dimensions <= 4:
        raise ValueError("more dimensions than any tensor has")
    sides = struct.unpack(f"<{dimensions}Q", gguf._take(file, 8 * dimensions))
    kind, offset = struct.unpack("<IQ", gguf._take(file, 12))
    return name, sides[0] if dimensions == 1 else 0, kind, offset
