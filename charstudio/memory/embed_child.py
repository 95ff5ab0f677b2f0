"""The process in which sentence-transformers runs: `python -m charstudio.memory.embed_child`."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from charstudio.children import serve
from charstudio.errors import Cancel, StudioError
from charstudio.i18n import _

BATCH = 32
LONGEST = 4000  # characters of one text; the model reads about 256 tokens


class Host:
    """Holds the one model of this process."""

    def __init__(self) -> None:
        self._model: Any = None

    def embed(self, request: dict[str, Any], cancel: Cancel) -> Iterator[dict[str, Any]]:
        """Embed texts in batches, so that Stop is heard between them."""
        if self._model is None:
            self._model = _loaded(request["folder"])
        vectors: list[str] = []
        dimension = 0
        for start in range(0, len(request["texts"]), BATCH):
            cancel.check()
            batch = [t[:LONGEST] for t in request["texts"][start : start + BATCH]]
            made = self._model.encode(batch, normalize_embeddings=True, show_progress_bar=False)
            dimension = int(made.shape[1])
            vectors += [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in made]
        yield {"done": {"dimension": dimension, "vectors": vectors}}


def _loaded(folder: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as exc:
        raise StudioError(
            _("Recall by meaning needs the extra `memory`: pip install 'charstudio[memory]'.")
        ) from exc
    try:
        return SentenceTransformer(folder, device="cpu", local_files_only=True)
    except (OSError, ValueError) as exc:
        raise StudioError(_("The memory model in {folder} cannot be read.", folder=folder)) from exc


def main() -> None:
    """Serve until the parent is gone."""
    host = Host()
    serve({"embed": host.embed})


if __name__ == "__main__":
    main()
