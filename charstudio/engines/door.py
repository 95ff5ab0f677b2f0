"""What every engine can do, and what it says while it does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from charstudio.errors import Cancel
from charstudio.model import Part, Prompt, Sampling


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that is ready: its name, its context in tokens, and whether it reads chat messages.

    `mark` says which token ids are its own; `warnings` are sentences for the writer.
    """

    name: str
    context: int
    has_template: bool
    warnings: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Loading:
    """How much of a model is loaded, from 0 to 1."""

    share: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How many tokens of a prompt have been read; `cached` of them did not have to be."""

    done: int
    total: int
    cached: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of the reply, as they are made; `branch` tells replies apart that are written at once."""

    text: str
    branch: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What a reply cost: tokens, milliseconds from the question to its first token, tokens a second.

    `sections` are {"section", "tokens", "cached"} in the order of the prompt; `broken_by` names the one
    in which the prompt first differed from what stood in the cache; `ids` are the tokens of the reply.
    """

    prompt_tokens: int
    cached_tokens: int
    tokens: int
    ttft_ms: float
    tokens_per_s: float
    stopped_by: str  # end | stop | length
    seed: int
    branch: int = 0
    sections: tuple[dict[str, Any], ...] = ()
    broken_by: str = ""
    thought_tokens: int = 0
    ids: tuple[int, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a prompt as the model would read it, control words and all; `cached` ones it need not."""

    section: str
    text: str
    tokens: int
    cached: bool


EngineEvent = Loading | Reading | Piece | Figures


class Engine(Protocol):
    """One language model. All methods may take long and belong on a lane."""

    def describe(self, cancel: Cancel | None = None) -> ModelInfo:
        """Load if need be and say what is there; raises `EngineError`."""
        ...

    def load(self, cancel: Cancel) -> Iterator[EngineEvent]:
        """Get ready, telling how far it is; nothing to do when it is."""
        ...

    def restart(self) -> None:
        """Forget that it died, so that the next question starts it anew."""
        ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has."""
        ...

    def measure(self, prompt: Prompt) -> int:
        """How many tokens a whole prompt has, in the form and with the template that the model reads."""
        ...

    def inspect(self, prompt: Prompt) -> tuple[Stretch, ...]:
        """What the model would read of a prompt, and what of it stands in its cache; nothing is read."""
        ...

    def stream(self, prompt: Prompt, sampling: Sampling, cancel: Cancel) -> Iterator[EngineEvent]:
        """Write `sampling.n` replies; raises `EngineError`, `ChildDied` and, after Stop, `Cancelled`."""
        ...

    def read_ahead(self, prompt: Prompt) -> None:
        """Read a prompt while nothing else is asked, so that its reply begins at once; never waits."""
        ...

    def score(
        self, prompt: Prompt, options: Sequence[str], cancel: Cancel, *, orders: int = 2
    ) -> list[float]:
        """How likely each option is as the answer: log-probability per token, over so many orders of
        telling the options; raises `EngineError` where an engine cannot.
        """
        ...

    def forget(self, slot: str) -> None:
        """A talk is gone, and with it what was kept of it."""
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...


def stretches_of(
    prompt: Prompt, count: Callable[[Sequence[str]], list[int]], *, chat: bool = True
) -> tuple[Stretch, ...]:
    """A prompt part by part, for engines that do not tell what they keep: all of it is read."""
    transcript = prompt.transcript or (Part("message", prompt.flat),)
    words = [p for m in prompt.messages for p in m.parts or (Part("message", m.content),)]
    parts = words if chat else transcript
    counts = count([part.text for part in parts])
    return tuple(
        Stretch(part.section, part.text, tokens, cached=False)
        for part, tokens in zip(parts, counts, strict=True)
    )
