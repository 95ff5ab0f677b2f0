"""An engine without a model, for a first look and for tests: it says back what it was told."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

from charstudio.engines.door import EngineEvent, Figures, ModelInfo, Piece, Reading, Stretch, stretches_of
from charstudio.errors import Cancel
from charstudio.model import Prompt, Sampling


class EchoEngine:
    """Repeats the last words of the writer, word by word; tokens are words."""

    def __init__(self, pause: float = 0.0) -> None:
        self._pause = pause
        self.last: Prompt | None = None

    def describe(self, cancel: Cancel | None = None) -> ModelInfo:
        """Always ready."""
        return ModelInfo("echo", 4096, has_template=True)

    def load(self, cancel: Cancel) -> Iterator[EngineEvent]:
        """Nothing to load."""
        yield from ()

    def restart(self) -> None:
        """It never dies."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Words and marks, about as many as a model would count."""
        return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]

    def measure(self, prompt: Prompt) -> int:
        """Words and marks of the messages."""
        return sum(self.count([m.content for m in prompt.messages]))

    def inspect(self, prompt: Prompt) -> tuple[Stretch, ...]:
        """All of it, as nothing is ever kept."""
        return stretches_of(prompt, self.count)

    def stream(self, prompt: Prompt, sampling: Sampling, cancel: Cancel) -> Iterator[EngineEvent]:
        """Say “You said: …”, stopping when told to."""
        self.last = prompt
        total = sum(self.count([m.content for m in prompt.messages]))
        yield Reading(total, total, 0)
        said = next((m.content for m in reversed(prompt.messages) if m.role == "user"), "")
        words = re.findall(r"\S+\s*", f"You said: {said}")[: sampling.max_tokens]
        for word in words:
            cancel.check()
            time.sleep(self._pause)
            yield Piece(word)
        yield Figures(total, 0, len(words), 0.0, 0.0, "end", sampling.seed or 0)

    def read_ahead(self, prompt: Prompt) -> None:
        """It reads nothing."""

    def score(
        self, prompt: Prompt, options: Sequence[str], cancel: Cancel, *, orders: int = 2
    ) -> list[float]:
        """All are alike to it."""
        return [0.0 for _option in options]

    def forget(self, slot: str) -> None:
        """It keeps nothing."""

    def close(self) -> None:
        """Nothing to give back."""
