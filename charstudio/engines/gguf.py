"""Reads the label of a model file without loading it, trusting no number in it."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from charstudio.errors import EngineError
from charstudio.i18n import _
from charstudio.model import ModelFile

MAX_PAIRS = 10_000
MAX_TENSORS = 100_000
MAX_STRING = 16 * 1024 * 1024
MAX_ITEMS = 4_000_000
MAX_PARTS = 100
MAX_PARAMETERS = 2**48
KEPT_STRING = 2_000  # no text that we show is longer; a template only has to be there

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
    19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL",
    26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16",
    36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip

# Architectures whose state cannot be cut back to an earlier place (llama.cpp: llm_arch_is_recurrent and
# _is_hybrid); new ones are known by the keys of their metadata.
_RECURRENT = frozenset(
    "mamba mamba2 rwkv rwkv6 rwkv6qwen2 rwkv7 arwkv7 jamba falcon-h1 plamo2 granitehybrid lfm2 lfm2moe "
    "nemotron_h nemotron_h_moe qwen3next qwen35 qwen35moe kimi-linear".split()
)
_RECURRENT_KEYS = ("ssm.state_size", "ssm.conv_kernel", "wkv.head_size", "shortconv.l_cache")
_EMBEDDERS = ("bert", "t5encoder", "gemma-embedding", "dream-embedding")
_SPLIT = re.compile(r"^(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Header:
    """The pairs of a header and what its tensors amount to; `end` is where their data ends."""

    meta: dict[str, Any]
    end: int
    values: int
    expert_values: int


@dataclass(frozen=True, slots=True)
class _Many:
    """An array of which only the number of items is kept."""

    count: int


def parts_of(path: Path) -> tuple[Path, ...]:
    """All files of a model: the file itself, or every part of one that was split."""
    found = _SPLIT.match(path.name)
    count = int(found["count"]) if found else 1
    if found is None or not 1 <= count <= MAX_PARTS:
        return (path,)
    return tuple(path.with_name(f"{found['stem']}-{n:05}-of-{count:05}.gguf") for n in range(1, count + 1))


def is_later_part(path: Path) -> bool:
    """Whether this is a part of a split model that is not its first."""
    found = _SPLIT.match(path.name)
    return found is not None and int(found["number"]) != 1


def inspect_model(path: Path) -> ModelFile:
    """Read a GGUF header; raises `EngineError` when the file is missing, no GGUF, damaged or cut off."""
    parts = parts_of(path)
    if is_later_part(path):
        raise EngineError(
            _("{path} is a later part of a model; choose {first}.", path=path, first=parts[0].name)
        )
    found = inspect_file(path)
    for part in parts[1:]:
        if not part.exists():
            raise EngineError(
                _("{part} is missing beside {path}; download it, too.", part=part.name, path=path)
            )
        more = inspect_file(part, whole=False)
        found = replace(
            found,
            size=found.size + more.size,
            parameters=found.parameters + more.parameters,
            active_parameters=found.active_parameters + more.active_parameters,
        )
    return found


def inspect_file(path: Path, *, whole: bool = True) -> ModelFile:
    """Read the header of one file; a part of a split model need not be `whole`."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = _read(file, path, size)
        return _described(header, path, size, whole=whole)
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


def _read(file: BinaryIO, path: Path, size: int) -> _Header:
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
        value = _value(file, *struct.unpack("<I", _take(file, 4)))
        meta[key[:KEPT_STRING]] = value[:KEPT_STRING] if isinstance(value, str) else value
    end, values, expert_values = _tensors(file, tensors, _whole_number(meta.get("general.alignment")) or 32)
    if end > size:
        raise EngineError(
            _(
                "The model file {path} is cut off: {have} of {need} bytes are there; download it again.",
                path=path,
                have=size,
                need=end,
            )
        )
    return _Header(meta, end, values, expert_values)


def _described(header: _Header, path: Path, size: int, *, whole: bool) -> ModelFile:
    meta = header.meta
    arch = _text(meta, "general.architecture", 60)
    layers = _number(meta, f"{arch}.block_count")
    kind = _kind(meta, arch)
    if whole and kind == "chat" and not 0 < layers < 1000:
        raise ValueError("no model has that many layers")
    if any(key.endswith("epsilon") and not _sound(value) for key, value in meta.items()):
        raise ValueError("with such an epsilon llama.cpp ends its process at the first word")
    experts, used = _number(meta, f"{arch}.expert_count"), _number(meta, f"{arch}.expert_used_count")
    idle = header.expert_values * (1 - min(used, experts) / experts) if experts else 0
    found = ModelFile(
        path=str(path),
        name=_text(meta, "general.name", 200) or path.stem,
        architecture=arch,
        quantisation=_FILE_TYPES.get(_number(meta, "general.file_type"), "?"),
        size=size,
        context=_number(meta, f"{arch}.context_length"),
        has_template=bool(meta.get("tokenizer.chat_template")),
        licence=_licence(meta),
        layers=layers,
        kv_bytes_per_token=_kv_bytes(meta, arch, layers),
        kind=kind,
        parameters=header.values,
        active_parameters=round(header.values - idle),
        vocabulary=_vocabulary(meta, arch),
        width=_number(meta, f"{arch}.embedding_length"),
        experts=experts,
        experts_used=used,
        sliding_window=_number(meta, f"{arch}.attention.sliding_window"),
        recurrent=arch in _RECURRENT or any(f"{arch}.{key}" in meta for key in _RECURRENT_KEYS),
    )
    return replace(found, warnings=_warnings(found))


def _warnings(file: ModelFile) -> tuple[str, ...]:
    if file.kind != "chat":
        return ()
    warnings = []
    if not file.has_template:
        warnings.append(_("It has no chat template: it is talked to as a transcript."))
    if file.recurrent:
        warnings.append(_("It cannot keep its place in a talk: everything is read again each turn."))
    return tuple(warnings)


def _kind(meta: dict[str, Any], arch: str) -> str:
    """Chat model, adapter, projector (mmproj) or embedder; when nothing is said, the first is meant."""
    said = _text(meta, "general.type", 40)
    if said == "adapter" or "adapter.type" in meta or arch == "controlvector":
        return "adapter"
    if said == "mmproj" or arch == "clip":
        return "projector"
    if any(name in arch for name in _EMBEDDERS):
        return "embedder"
    return "chat"


def _licence(meta: dict[str, Any]) -> str:
    licence = _text(meta, "general.license", 200)
    named = _text(meta, "general.license.name", 200)
    return named if named and licence in ("", "other") else licence


def _vocabulary(meta: dict[str, Any], arch: str) -> int:
    tokens = meta.get("tokenizer.ggml.tokens")
    return tokens.count if isinstance(tokens, _Many) else _number(meta, f"{arch}.vocab_size")


def _kv_bytes(meta: dict[str, Any], arch: str, layers: int) -> int:
    """Bytes that one token takes in a cache of 16-bit keys and values, each layer with its own heads."""
    heads = _number(meta, f"{arch}.attention.head_count")
    width = _number(meta, f"{arch}.embedding_length")
    each = width // heads if heads else 0
    key = _number(meta, f"{arch}.attention.key_length") or each
    value = _number(meta, f"{arch}.attention.value_length") or key
    per_layer = meta.get(f"{arch}.attention.head_count_kv")
    if isinstance(per_layer, list):
        kv_heads = sum(n for n in map(_whole_number, per_layer[:layers]))
    else:
        kv_heads = layers * (_whole_number(per_layer) or heads)
    return 2 * kv_heads * (key + value)


def _number(meta: dict[str, Any], key: str) -> int:
    value = meta.get(key)
    if isinstance(value, list):
        return max(map(_whole_number, value), default=0)
    return _whole_number(value)


def _whole_number(value: Any) -> int:
    return int(value) if isinstance(value, (int, float)) and 0 <= value < 2**48 else 0


def _sound(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < 1  # not a number is no number from 0 up


def _text(meta: dict[str, Any], key: str, limit: int) -> str:
    value = meta.get(key)
    return value[:limit] if isinstance(value, str) else ""


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


def _array(file: BinaryIO) -> list[Any] | _Many:
    kind, count = struct.unpack("<IQ", _take(file, 12))
    if count > MAX_ITEMS:
        raise ValueError("more items than any model has")
    if kind == _STRING:
        for _n in range(count):
            _string(file, keep=False)
        return _Many(count)
    body = _take(file, count * _SIZES[_known(kind)])
    return list(struct.unpack(f"<{count}{_FORMATS[kind]}", body)) if count <= 1024 else _Many(count)


def _known(kind: int) -> int:
    if kind not in _SIZES:
        raise ValueError(f"value type {kind}")
    return kind


def _tensors(file: BinaryIO, tensors: int, alignment: int) -> tuple[int, int, int]:
    """Where the data of all tensors ends, how many values they have, and how many of those are experts'."""
    end = all_values = expert_values = 0
    for _n in range(tensors):
        name = _string(file)
        (dimensions,) = struct.unpack("<I", _take(file, 4))
        if dimensions > 8:
            raise ValueError("more dimensions than any tensor has")
        sides = struct.unpack(f"<{dimensions}Q", _take(file, 8 * dimensions))
        kind, offset = struct.unpack("<IQ", _take(file, 12))
        values = 1
        for side in sides:
            values *= side
        if values > MAX_PARAMETERS:
            raise ValueError("more values than any tensor has")
        all_values += values
        if "_exps." in name:
            expert_values += values
        per_block, block = _BLOCKS.get(kind, (1, 0))
        end = max(end, offset + values // per_block * block)
    if all_values > MAX_PARAMETERS:
        raise ValueError("more parameters than any model has")
    start = -(-file.tell() // alignment) * alignment
    return start + end if tensors else 0, all_values, expert_values
