"""Writes small GGUF files for tests: a header, metadata, tensor infos and data, all of them as told."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

U32, I32, F32, BOOL, STRING, ARRAY, U64, I64 = 4, 5, 6, 7, 8, 9, 10, 11
_TENSOR_TYPES = {np.dtype(np.float32): 0, np.dtype(np.float16): 1}


def write_gguf(
    path: Path,
    meta: Mapping[str, Any],
    tensors: Mapping[str, np.ndarray] | None = None,
    *,
    version: int = 3,
) -> Path:
    """Write a GGUF file; numpy shapes are rows first, as llama.cpp's own tools take them."""
    alignment = int(meta.get("general.alignment", 32))
    arrays = {name: np.ascontiguousarray(array) for name, array in (tensors or {}).items()}
    head = bytearray(b"GGUF" + struct.pack("<IQQ", version, len(arrays), len(meta)))
    for key, value in meta.items():
        head += _string(key) + _value(value)
    body = bytearray()
    for name, array in arrays.items():
        body += b"\0" * (-len(body) % alignment)
        sides = array.shape[::-1]
        head += _string(name) + struct.pack(f"<I{len(sides)}Q", len(sides), *sides)
        head += struct.pack("<IQ", _TENSOR_TYPES[array.dtype], len(body))
        body += array.tobytes()
    head += b"\0" * (-len(head) % alignment)
    path.write_bytes(bytes(head + body))
    return path


def tiny_meta(architecture: str = "llama", **more: Any) -> dict[str, Any]:
    """The metadata of a small chat model; `more` writes `__` for a dot, None takes a key away.

    Keys of the architecture begin with `arch__`: `tiny_meta(arch__block_count=4)`.
    """
    meta: dict[str, Any] = {
        "general.architecture": architecture,
        "general.name": "Tiny",
        "general.file_type": 1,
        "general.license": "apache-2.0",
        "arch.block_count": 2,
        "arch.context_length": 2048,
        "arch.embedding_length": 64,
        "arch.feed_forward_length": 128,
        "arch.attention.head_count": 4,
        "arch.attention.head_count_kv": 2,
        "arch.attention.layer_norm_rms_epsilon": 1e-5,
        "arch.vocab_size": 32,
    }
    meta.update({key.replace("__", "."): value for key, value in more.items()})
    return {
        f"{architecture}{key[4:]}" if key.startswith("arch.") else key: value
        for key, value in meta.items()
        if value is not None
    }


def tiny_model(path: Path, architecture: str = "llama", **more: Any) -> Path:
    """A small file that reads like a chat model; it has too few tensors to be loaded."""
    tensors = {
        "token_embd.weight": np.zeros((32, 64), np.float16),
        "output_norm.weight": np.ones(64, np.float32),
    }
    return write_gguf(path, tiny_meta(architecture, **more), tensors)


def _value(value: Any) -> bytes:
    if isinstance(value, (list, tuple)):
        kind = _kind(value[0]) if value else U32
        # one type for a whole array: a large number among them makes all of them large
        kind = max((_kind(item) for item in value), default=kind)
        packed = b"".join(_packed(item, kind) for item in value)
        return struct.pack("<IIQ", ARRAY, kind, len(value)) + packed
    kind = _kind(value)
    return struct.pack("<I", kind) + _packed(value, kind)


def _kind(value: Any) -> int:
    if isinstance(value, str):
        return STRING
    if isinstance(value, (bool, np.bool_)):
        return BOOL
    if isinstance(value, (float, np.floating)):
        return F32
    if value < 0:
        return I32 if value >= -(2**31) else I64
    return U32 if value < 2**32 else U64


def _packed(value: Any, kind: int) -> bytes:
    if kind == STRING:
        return _string(value)
    return struct.pack("<" + {U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q", I64: "q"}[kind], value)


def _string(text: str) -> bytes:
    body = text.encode()
    return struct.pack("<Q", len(body)) + body
