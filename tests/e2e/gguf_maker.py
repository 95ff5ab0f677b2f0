"""Makes a model with a chat template from one without, by writing a new header before the same tensors."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

from charstudio.engines import gguf


def with_template(source: Path, target: Path, template: str) -> Path:
    with source.open("rb") as file:
        file.read(4)
        version, tensors, pairs = struct.unpack("<IQQ", file.read(20))
        start = file.tell()
        alignment = 32
        for _n in range(pairs):
            key = gguf._string(file)
            value = gguf._value(file, *struct.unpack("<I", file.read(4)))
            alignment = value if key == "general.alignment" else alignment
        end_of_pairs = file.tell()
        gguf._tensors(file, tensors, alignment)
        end_of_header = file.tell()
        data = -(-end_of_header // alignment) * alignment
        body = template.encode()
        key = b"tokenizer.chat_template"
        pair = struct.pack("<Q", len(key)) + key + struct.pack("<IQ", 8, len(body)) + body
        with target.open("wb") as out:
            out.write(b"GGUF" + struct.pack("<IQQ", version, tensors, pairs + 1))
            file.seek(start)
            out.write(file.read(end_of_pairs - start) + pair + file.read(end_of_header - end_of_pairs))
            out.write(b"\0" * (-out.tell() % alignment))
            file.seek(data)
            shutil.copyfileobj(file, out, 1 << 22)
    return target
