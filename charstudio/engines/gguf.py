"""Reads the label of a model file without loading it, trusting no number in it."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from charstudio.errors import EngineError
from charstudio.i18n import _
from charstudio.model import ModelFile

MAX_PAIRS = 10_000
MAX_TENSORS = 100_000
MAX_STRING = 16 * 1024 * 1024
MAX_ITEMS = 4_000_000

_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

# ggml types: (values in a block, bytes of a block); a type that is not here is not measured.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 30: (1, 2),
}  # fmt: skip
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
    12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K",
    19: "IQ2_XXS", 20: "IQ2_XS", 22: "IQ3_XS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S",
    30: "IQ4_XS", 32: "BF16",
}  # fmt: skip


def inspect_model(path: Path) -> ModelFile:
    """Read a GGUF header; raises `EngineError` when the file is missing, no GGUF, damaged or cut off."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _read(file, path, size)
    except FileNotFoundError as exc:
        raise EngineError(_("There is no model file at {path}; choose another model.", path=path)) from exc
    except (OSError, IsADirectoryError) as exc:
        raise EngineError(_("The model file {path} cannot be read: {why}.", path=path, why=exc)) from exc
    except (struct.error, EOFError) as exc:
        raise EngineError(
            _("The model file {path} is cut off in its header; download it again.", path=path)
        ) from exc
    except (ValueError, OverflowError, MemoryError) as exc:
        raise EngineError(_("The model file {path} is damaged; download it again.", path=path)) from exc


def _read(file: BinaryIO, path: Path, size: int) -> ModelFile:
    magic = file.read(4)
    if magic != b"GGUF":
        raise EngineError(_("{path} is no GGUF model; choose a file that ends in .gguf.", path=path))
    version, tensors, pairs = struct.unpack("<IQQ", _take(file, 20))
    if version not in (2, 3):
        raise EngineError(
            _(
                "{path} has GGUF version {version}, which this program does not read.",
                path=path,
                version=version,
            )
        )
    if tensors > MAX_TENSORS or pairs > MAX_PAIRS:
        raise ValueError("more entries than any model has")
    meta = {}
    for _n in range(pairs):
        key = _string(file)
        meta[key] = _value(file, *struct.unpack("<I", _take(file, 4)))
    needed = _data_end(file, tensors, int(meta.get("general.alignment") or 32))
    if needed > size:
        raise EngineError(
            _(
                "The model file {path} is cut off: {have} of {need} bytes are there; download it again.",
                path=path,
                have=size,
                need=needed,
            )
        )
    return _described(meta, path, size)


def _described(meta: dict[str, Any], path: Path, size: int) -> ModelFile:
    kind = str(meta.get("general.architecture", ""))
    layers = _number(meta, f"{kind}.block_count")
    heads = _number(meta, f"{kind}.attention.head_count")
    kv_heads = _number(meta, f"{kind}.attention.head_count_kv") or heads
    width = _number(meta, f"{kind}.embedding_length")
    head = _number(meta, f"{kind}.attention.key_length") or (width // heads if heads else 0)
    found = ModelFile(
        path=str(path),
        name=str(meta.get("general.name") or path.stem),
        architecture=kind,
        quantisation=_FILE_TYPES.get(_number(meta, "general.file_type"), "?"),
        size=size,
        context=_number(meta, f"{kind}.context_length"),
        has_template=bool(meta.get("tokenizer.chat_template")),
        licence=str(meta.get("general.license") or ""),
        layers=layers,
        kv_bytes_per_token=2 * 2 * layers * kv_heads * head,
    )
    warnings = []
    if not found.has_template:
        warnings.append(_("It has no chat template: it is talked to as a transcript."))
    if not 0 < layers < 1000:
        raise ValueError("no model has that many layers")
    return replace(found, warnings=tuple(warnings))


def _number(meta: dict[str, Any], key: str) -> int:
    value = meta.get(key)
    if isinstance(value, list):
        value = max((v for v in value if isinstance(v, int)), default=0)
    return int(value) if isinstance(value, (int, float)) and 0 <= value < 2**48 else 0


def _take(file: BinaryIO, count: int) -> bytes:
    body = file.read(count)
    if len(body) != count:
        raise EOFError
    return body


def _string(file: BinaryIO, *, keep: bool = True) -> str:
    (length,) = struct.unpack("<Q", _take(file, 8))
    if length > MAX_STRING:
        raise ValueError("a string longer than any model has")
    body = _take(file, length)
    return body.decode("utf-8", "replace") if keep else ""


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        return _array(file)
    return struct.unpack("<" + _FORMATS[_known(kind)], _take(file, _SIZES[kind]))[0]


def _array(file: BinaryIO) -> list[Any] | None:
    kind, count = struct.unpack("<IQ", _take(file, 12))
    if count > MAX_ITEMS:
        raise ValueError("more items than any model has")
    if kind == _STRING:
        for _n in range(count):
            _string(file, keep=False)
        return None
    body = _take(file, count * _SIZES[_known(kind)])
    return list(struct.unpack(f"<{count}{_FORMATS[kind]}", body)) if count <= 1024 else None


def _known(kind: int) -> int:
    if kind not in _SIZES:
        raise ValueError(f"value type {kind}")
    return kind


def _data_end(file: BinaryIO, tensors: int, alignment: int) -> int:
    end = 0
    for _n in range(tensors):
        _string(file, keep=False)
        (dimensions,) = struct.unpack("<I", _take(file, 4))
        if dimensions > 8:
            raise ValueError("more dimensions than any tensor has")
        sides = struct.unpack(f"<{dimensions}Q", _take(file, 8 * dimensions))
        kind, offset = struct.unpack("<IQ", _take(file, 12))
        values = 1
        for side in sides:
            values *= side
        per_block, block = _BLOCKS.get(kind, (1, 0))
        end = max(end, offset + values // per_block * block)
    start = -(-file.tell() // alignment) * alignment if alignment > 0 else file.tell()
    return start + end
