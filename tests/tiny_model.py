"""Makes small models that really load and run: random weights, so that they speak nonsense quickly.

`tiny_chat` has a vocabulary of bytes and control words and loads in a few milliseconds; `tiny_gemma` has the
starter model's vocabulary, so that tokens are counted as there.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from charstudio.engines import gguf

CONTROL = ("<start_of_turn>", "<end_of_turn>")
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<end_of_turn>\n{% endfor %}<start_of_turn>model\n"
)
U32, F32, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5
NORMAL, UNKNOWN, CONTROL_TYPE, BYTE = 1, 2, 3, 6


def pair(key: str, kind: int, body: bytes) -> bytes:
    return _text(key) + struct.pack("<I", kind) + body


def number(key: str, value: float, kind: int = U32) -> bytes:
    return pair(key, kind, struct.pack("<f" if kind == F32 else "<?" if kind == BOOL else "<I", value))


def text(key: str, value: str) -> bytes:
    return pair(key, STRING, _text(value))


def tiny_chat(path: Path, *, template: str = TEMPLATE, seed: int = 1, **more: Any) -> Path:
    """A model that reads bytes; `more` are the fields of `_llama`."""
    tokens = ["<unk>", "<s>", "</s>", *CONTROL, *(f"<0x{n:02X}>" for n in range(256))]
    tokens += [chr(n) for n in range(32, 127)]
    kinds = [
        UNKNOWN,
        CONTROL_TYPE,
        CONTROL_TYPE,
        *[CONTROL_TYPE] * len(CONTROL),
        *[BYTE] * 256,
        *[NORMAL] * 95,
    ]
    vocabulary = [
        text("tokenizer.ggml.model", "llama"),
        _array("tokenizer.ggml.tokens", STRING, [_text(t.replace(" ", "▁")) for t in tokens]),
        _array("tokenizer.ggml.scores", F32, [struct.pack("<f", -float(n)) for n in range(len(tokens))]),
        _array("tokenizer.ggml.token_type", I32, [struct.pack("<i", k) for k in kinds]),
        number("tokenizer.ggml.bos_token_id", 1),
        number("tokenizer.ggml.eos_token_id", 2),
        number("tokenizer.ggml.unknown_token_id", 0),
        number("tokenizer.ggml.add_space_prefix", False, BOOL),
    ]
    if template:
        vocabulary.append(text("tokenizer.chat_template", template))
    return _llama(path, vocabulary, len(tokens), seed, **more)


def tiny_gemma(starter: Path, path: Path, *, template: str = "", seed: int = 1, **more: Any) -> Path:
    """A model that reads the starter's tokens."""
    vocabulary, count = _vocabulary_of(starter)
    if template:
        vocabulary.append(text("tokenizer.chat_template", template))
    return _llama(path, vocabulary, count, seed, **more)


def adapter(
    path: Path, *, width: int = 64, layers: int = 2, rank: int = 4, strength: float = 8.0, seed: int = 7
) -> Path:
    """A LoRA for the tiny models, on the queries of each layer."""
    random = np.random.default_rng(seed)
    tensors = {}
    for layer in range(layers):
        name = f"blk.{layer}.attn_q.weight"
        tensors[f"{name}.lora_a"] = random.normal(0, 1, (rank, width)).astype(np.float32)
        tensors[f"{name}.lora_b"] = random.normal(0, 1, (width, rank)).astype(np.float32)
    pairs = [
        text("general.type", "adapter"),
        text("general.architecture", "llama"),
        text("adapter.type", "lora"),
        number("adapter.lora.alpha", strength, F32),
    ]
    return write(path, pairs, tensors)


def control_vector(
    path: Path, *, width: int = 64, layers: int = 2, seed: int = 9, strength: float = 1.0
) -> Path:
    random = np.random.default_rng(seed)
    tensors = {
        f"direction.{n}": (random.normal(0, 1, width) * strength).astype(np.float32) for n in range(1, layers)
    }
    pairs = [text("general.architecture", "controlvector"), text("controlvector.model_hint", "llama")]
    return write(path, pairs, tensors)


def write(path: Path, pairs: list[bytes], tensors: dict[str, np.ndarray]) -> Path:
    head = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs))
    offset = 0
    for name, array in tensors.items():
        sides = array.shape[::-1]
        kind = 0 if array.dtype == np.float32 else 1
        head += _text(name) + struct.pack(f"<I{len(sides)}QIQ", len(sides), *sides, kind, offset)
        offset += -(-array.nbytes // 32) * 32
    head += b"\0" * (-len(head) % 32)
    with path.open("wb") as file:
        file.write(head)
        for array in tensors.values():
            body = np.ascontiguousarray(array).tobytes()
            file.write(body + b"\0" * (-len(body) % 32))
    return path


def _llama(
    path: Path,
    vocabulary: list[bytes],
    words: int,
    seed: int,
    *,
    layers: int = 2,
    width: int = 64,
    heads: int = 4,
    context: int = 8192,
    spread: float = 0.08,
) -> Path:
    random = np.random.default_rng(seed)

    def matrix(*shape: int, dtype: Any = np.float32) -> np.ndarray:
        return (random.standard_normal(shape, dtype=np.float32) * spread).astype(dtype)

    tensors = {"token_embd.weight": matrix(words, width, dtype=np.float16)}
    for n in range(layers):
        for name, shape in (
            ("attn_q", (width, width)), ("attn_k", (width, width)), ("attn_v", (width, width)),
            ("attn_output", (width, width)), ("ffn_gate", (2 * width, width)),
            ("ffn_up", (2 * width, width)), ("ffn_down", (width, 2 * width)),
        ):  # fmt: skip
            tensors[f"blk.{n}.{name}.weight"] = matrix(*shape)
        for name in ("attn_norm", "ffn_norm"):
            tensors[f"blk.{n}.{name}.weight"] = np.ones(width, np.float32)
    tensors["output_norm.weight"] = np.ones(width, np.float32)
    pairs = [
        text("general.architecture", "llama"),
        text("general.name", "Tiny"),
        number("general.file_type", 1),
        number("llama.block_count", layers),
        number("llama.context_length", context),
        number("llama.embedding_length", width),
        number("llama.feed_forward_length", 2 * width),
        number("llama.attention.head_count", heads),
        number("llama.attention.head_count_kv", heads),
        number("llama.attention.layer_norm_rms_epsilon", 1e-5, F32),
        number("llama.rope.dimension_count", width // heads),
        number("llama.vocab_size", words),
        *vocabulary,
    ]
    return write(path, pairs, tensors)


def _vocabulary_of(starter: Path) -> tuple[list[bytes], int]:
    """The tokenizer's pairs of a model as they stand in its header, and how many tokens it has."""
    found, count = [], 0
    with starter.open("rb") as file:
        file.read(4)
        _version, _tensors, pairs = struct.unpack("<IQQ", file.read(20))
        for _n in range(pairs):
            start = file.tell()
            key = gguf._string(file)
            (kind,) = struct.unpack("<I", file.read(4))
            place = file.tell()
            if key == "tokenizer.ggml.tokens":
                _item, count = struct.unpack("<IQ", file.read(12))
                file.seek(place)
            gguf._value(file, kind)
            end = file.tell()
            if key.startswith("tokenizer."):
                file.seek(start)
                found.append(file.read(end - start))
            file.seek(end)
    return found, count


def _array(key: str, kind: int, items: list[bytes]) -> bytes:
    return pair(key, ARRAY, struct.pack("<IQ", kind, len(items)) + b"".join(items))


def _text(value: str) -> bytes:
    body = value.encode()
    return struct.pack("<Q", len(body)) + body
