"""The process in which sentence-transformers runs: `python -m charstudio.memory.embed_child`."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from typing import Any

from charstudio.children import serve
from charstudio.errors import Cancel, StudioError
from charstudio.i18n import _

BATCH = 32
PIECE = 1000  # characters; small models read about 256 tokens
PIECES = 16  # of one text; a longer one is told by pieces from all of it

OFFLINE = (
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "HF_DATASETS_OFFLINE",
    "HF_HUB_DISABLE_TELEMETRY",
    "DO_NOT_TRACK",
)


class Host:
    """Holds the one model of this process."""

    def __init__(self) -> None:
        self._model: Any = None

    def embed(self, request: dict[str, Any], cancel: Cancel) -> Iterator[dict[str, Any]]:
        """Embed texts in batches, so that Stop is heard between them."""
        if self._model is None:
            self._model = _loaded(request["folder"])
        pieces = [pieces_of(text) for text in request["texts"]]
        flat = [piece for text in pieces for piece in text]
        made: list[Any] = []
        for start in range(0, len(flat), BATCH):
            cancel.check()
            batch = flat[start : start + BATCH]
            made.extend(self._model.encode(batch, normalize_embeddings=True, show_progress_bar=False))
        vectors: list[str] = []
        for text in pieces:
            own, made = made[: len(text)], made[len(text) :]
            vectors.append(_packed(own))
        dimension = len(base64.b64decode(vectors[0])) // 2 if vectors else 0
        yield {"done": {"dimension": dimension, "vectors": vectors}}


def pieces_of(text: str) -> list[str]:
    """A text in the pieces a small model can read; a very long one by pieces spread over all of it."""
    if len(text) <= PIECE:
        return [text]
    pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
    step = max(1.0, len(pieces) / PIECES)
    return [pieces[int(n * step)] for n in range(min(PIECES, len(pieces)))]


def _packed(pieces: list[Any]) -> str:
    """The mean of the pieces of one text, of unit length, as float16."""
    import numpy as np

    mean = np.mean(np.stack(pieces), axis=0)
    size = float(np.linalg.norm(mean))
    if not np.isfinite(size):
        raise StudioError(_("The memory model gave no usable vectors; choose another one."))
    return base64.b64encode((mean / (size or 1.0)).astype("<f2").tobytes()).decode()


def _loaded(folder: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as exc:
        raise StudioError(
            _("Recall by meaning needs the extra `memory`: pip install 'charstudio[memory]'.")
        ) from exc
    try:
        return SentenceTransformer(folder, device="cpu", local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError) as exc:
        raise StudioError(
            _("The memory model in {folder} cannot be read; choose another folder.", folder=folder)
        ) from exc


def main() -> None:
    """Serve until the parent is gone; nothing here ever looks for a network."""
    os.environ.update(dict.fromkeys(OFFLINE, "1"))
    host = Host()
    serve({"embed": host.embed})


if __name__ == "__main__":
    main()
