"""Local GGUF models through llama.cpp, kept in a child process that may die without taking a word along."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from charstudio.children import Child
from charstudio.engines.door import EngineEvent, Figures, Loading, ModelInfo, Piece, Reading
from charstudio.engines.estimate import default_threads, memory_warning
from charstudio.engines.gguf import inspect_model
from charstudio.errors import Cancel, ChildDied, EngineError, StudioError
from charstudio.i18n import _
from charstudio.model import Prompt, Sampling

log = logging.getLogger(__name__)


class LlamaEngine:
    """One model in one child; loaded when first asked, restarted by `restart()` after it died."""

    def __init__(
        self,
        path: Path,
        context: int = 4096,
        threads: int = 0,
        prepare: Callable[[Cancel], Iterator[float]] | None = None,
    ) -> None:
        self.path = path
        self._prepare = prepare
        self._context = context
        self._threads = threads or default_threads()
        self._child = Child("charstudio.engines.llama_child", _("language model"))
        self._info: ModelInfo | None = None
        self._died: str = ""
        self._lock = threading.Lock()
        self._counted: dict[str, int] = {}

    @property
    def died(self) -> str:
        """Why the child ended, until `restart()`; empty while all is well."""
        return self._died

    @property
    def pid(self) -> int | None:
        """The process id of the child while it runs."""
        return self._child.pid

    def restart(self) -> None:
        """Forget a death; the next question starts a new child."""
        self._died = ""
        self._info = None

    def describe(self, cancel: Cancel | None = None) -> ModelInfo:
        """Load the model if need be; raises `EngineError` in a sentence."""
        for _event in self.load(cancel or Cancel()):
            pass
        assert self._info
        return self._info

    def load(self, cancel: Cancel) -> Iterator[EngineEvent]:
        """Load the model, yielding how far it is; nothing to do when it is loaded."""
        if self._info is not None and self._child.running:
            return
        if self._info is not None and (death := self._child.death()) is not None:
            raise self._dead(death)
        if self._died:
            raise ChildDied(self._died)
        if self._prepare is not None:
            for share in self._prepare(cancel):
                yield Loading(share / 2)
        if warning := memory_warning(inspect_model(self.path), self._context):
            log.warning(
                "%s", warning
            )  # the writer was told when choosing; mapped files can be larger than memory
        asked = self._ask("load", cancel, path=str(self.path), context=self._context, threads=self._threads)
        done = yield from _translated(asked)
        self._info = ModelInfo(done["name"], done["context"], done["has_template"])

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as this model counts them; counted once, then remembered."""
        self.describe()
        new = [t for t in dict.fromkeys(texts) if t not in self._counted]
        if new:
            done = _returned(self._ask("count", None, texts=new))
            if len(self._counted) > 5000:
                self._counted.clear()
            self._counted.update(zip(new, done["counts"], strict=True))
        return [self._counted[t] for t in texts]

    def stream(self, prompt: Prompt, sampling: Sampling, cancel: Cancel) -> Iterator[EngineEvent]:
        """Write a reply from the chat messages, or from the transcript if the model has no template."""
        yield from self.load(cancel)
        asked = self._ask(
            "stream",
            cancel,
            messages=[{"role": m.role, "content": m.content} for m in prompt.messages],
            flat=prompt.flat,
            stops=list(prompt.stops),
            sampling={name: getattr(sampling, name) for name in Sampling.__slots__},
        )
        done = yield from _translated(asked)
        yield Figures(**done)

    def close(self) -> None:
        """End the child; its memory goes back to the machine."""
        self._child.close()
        self._info = None

    def _dead(self, death: ChildDied) -> ChildDied:
        self._died = _("{what} Press “Start it again” to go on.", what=death)
        self._info = None
        return ChildDied(self._died)

    def _ask(
        self, do: str, cancel: Cancel | None, **fields: Any
    ) -> Generator[dict[str, Any], None, dict[str, Any]]:
        # The child answers one question at a time; a count on one lane waits for a reply on another.
        with self._lock:
            try:
                return (yield from self._child.ask(do, cancel, **fields))
            except ChildDied as exc:
                raise self._dead(exc) from exc
            except EngineError:
                raise
            except StudioError as exc:
                raise EngineError(str(exc)) from exc


def _translated(
    asked: Generator[dict[str, Any], None, dict[str, Any]],
) -> Generator[EngineEvent, None, dict[str, Any]]:
    while True:
        try:
            said = next(asked)
        except StopIteration as stop:
            return dict(stop.value or {})
        if "piece" in said:
            yield Piece(said["piece"])
        elif "read" in said:
            yield Reading(*said["read"])
        elif "loaded" in said:
            yield Loading(said["loaded"])


def _returned(asked: Generator[dict[str, Any], None, dict[str, Any]]) -> dict[str, Any]:
    while True:
        try:
            next(asked)
        except StopIteration as stop:
            return dict(stop.value or {})
