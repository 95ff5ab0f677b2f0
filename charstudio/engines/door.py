"""What every engine can do, and what it says while it does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from charstudio.errors import Cancel
from charstudio.model import Prompt, Sampling


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that is ready: its name, its context in tokens, and whether it reads chat messages."""

    name: str
    context: int
    has_template: bool


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
    """Some words of the reply, as they are made."""

    text: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What a reply cost: tokens, milliseconds from the question to its first token, tokens a second."""

    prompt_tokens: int
    cached_tokens: int
    tokens: int
    ttft_ms: float
    tokens_per_s: float
    stopped_by: str  # end | stop | length
    seed: int


EngineEvent = Loading | Reading | Piece | Figures


class Engine(Protocol):
    """One language model. All methods may take long and belong on a lane."""

    def describe(self, cancel: Cancel | None = None) -> ModelInfo:
        """Load if need be and say what is there; raises `EngineError`."""
        ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has."""
        ...

    def stream(self, prompt: Prompt, sampling: Sampling, cancel: Cancel) -> Iterator[EngineEvent]:
        """Write a reply; raises `EngineError`, `ChildDied` and, after Stop, `Cancelled`."""
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...
