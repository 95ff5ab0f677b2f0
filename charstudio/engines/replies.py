"""One reply of a model server out of its events: what may be shown, how it ended, what it cost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from charstudio.engines.call import BrokeOff, broke_off
from charstudio.engines.door import Piece, Reading
from charstudio.engines.refusals import message_in
from charstudio.engines.text import Unfolding
from charstudio.engines.thinking import Thinking
from charstudio.errors import EngineError
from charstudio.i18n import _

ENDS = {"stop": "end", "length": "length", "max_tokens": "length"}


class OnlyThought(EngineError):  # noqa: N818 - it is what happened
    """A reply whose every token went into thinking."""


class Reply:
    """Reads events until the reply ends; thinking is counted, never shown. Raises `EngineError`.

    `first_at` is when its first token came, by the monotonic clock; `events` counts what came in all.
    """

    def __init__(self, stops: Sequence[str], tidy: Callable[[str], str], where: str) -> None:
        self._unfolding = Unfolding(stops)
        self._thinking = Thinking()
        self._tidy = tidy
        self._where = where
        self._deltas = 0
        self._thought = False
        self._shown = False
        self._last_at = 0.0
        self._usage: dict[str, Any] = {}
        self._timings: dict[str, Any] = {}
        self.first_at = 0.0
        self.events = 0
        self.stopped_by = ""

    @property
    def tokens(self) -> int:
        """Tokens written, by the server's count or by the pieces that came."""
        return _number(self._usage.get("completion_tokens")) or self._deltas

    @property
    def prompt_tokens(self) -> int:
        """Tokens read, 0 where the server does not tell."""
        return _number(self._usage.get("prompt_tokens"))

    @property
    def cached_tokens(self) -> int:
        """How many of them the server had read before."""
        details = self._usage.get("prompt_tokens_details")
        told = details.get("cached_tokens") if isinstance(details, dict) else None
        return _number(told) or _number(self._timings.get("cache_n"))

    @property
    def seconds(self) -> float:
        """From the first token to the last."""
        return self._last_at - self.first_at

    def read(self, events: Iterator[str]) -> Iterator[Piece | Reading]:
        """The pieces as they come; returns when the reply is whole, leaving the rest unread."""
        try:
            yield from self._all(events)
        except EngineError as exc:
            # What is held back as a possible stop string came before the trouble.
            yield from self._show("", last=True)
            if isinstance(exc, BrokeOff) and not self.first_at and not self.stopped_by:
                raise self._without_a_word() from exc
            if not self.stopped_by:
                raise
        yield from self._show("", last=True)
        if not self._shown and self._thought:
            raise OnlyThought(
                _("The model only thought and said nothing; allow longer replies or switch its thinking off.")
            )

    def _all(self, events: Iterator[str]) -> Iterator[Piece | Reading]:
        for event in events:
            self.events += 1
            if event.strip() == "[DONE]":
                self.stopped_by = self.stopped_by or "end"
                break
            yield from self._take(event)
            if self._unfolding.stopped:
                # The server may not know this stop string; nothing after it is wanted.
                self.stopped_by = "stop"
                break
        if not self.stopped_by:
            raise broke_off(self._where)

    def _take(self, event: str) -> Iterator[Piece | Reading]:
        try:
            said = json.loads(event)
        except (ValueError, RecursionError) as exc:
            raise self._not_understood(event) from exc
        if not isinstance(said, dict):
            raise self._not_understood(event)
        if said.get("error") or said.get("object") == "error":
            why = self._tidy(message_in(said)) or _("it does not say why")
            raise EngineError(_("{where} gave up: {why}", where=self._where, why=why))
        for name in ("usage", "timings"):
            if isinstance(said.get(name), dict):
                setattr(self, f"_{name}", said[name])
        if isinstance(progress := said.get("prompt_progress"), dict):
            yield Reading(*(_number(progress.get(n)) for n in ("processed", "total", "cache")))
        choices = said.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            yield from self._choice(choices[0])

    def _choice(self, choice: dict[str, Any]) -> Iterator[Piece]:
        part = choice.get("delta") or choice.get("message") or choice
        if isinstance(part, dict):
            text = part.get("content", part.get("text"))
            thought = part.get("reasoning_content") or part.get("reasoning")
            if thought or (isinstance(text, str) and text):
                self._thought = self._thought or bool(thought)
                self._deltas += 1
                self._last_at = time.monotonic()
                self.first_at = self.first_at or self._last_at
            if isinstance(text, str):
                yield from self._show(text)
        reason = choice.get("finish_reason")
        if reason == "content_filter":
            raise EngineError(_("{where} held the rest of the reply back.", where=self._where))
        if isinstance(reason, str) and reason:
            self.stopped_by = ENDS.get(reason, "end")

    def _show(self, text: str, *, last: bool = False) -> Iterator[Piece]:
        # A lone surrogate out of a JSON escape has no bytes; it becomes a question mark.
        body = text.encode("utf-8", "replace")
        shown = self._unfolding.feed(body, last=last, through=self._thinking)
        self._thought |= self._thinking.thought
        if shown:
            self._shown = True
            yield Piece(shown)

    def _without_a_word(self) -> EngineError:
        return EngineError(
            _(
                "{where} hung up without a word; perhaps the talk is longer than its context.",
                where=self._where,
            )
        )

    def _not_understood(self, event: str) -> EngineError:
        # Half an event at the end of the line is a line that broke; anything else is another language.
        if event.lstrip().startswith("{") and not event.rstrip().endswith("}"):
            return broke_off(self._where)
        return EngineError(
            _("{where} sent something that is not understood; what came stays.", where=self._where)
        )


def _number(found: Any) -> int:
    return int(found) if isinstance(found, (int, float)) and 0 <= found < 2**53 else 0
