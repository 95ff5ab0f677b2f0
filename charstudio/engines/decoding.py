"""Reads prompts into the cache and writes replies out of it, one or several at once.

What a batch brought stands in a slot only when the whole batch went through, so Stop at any moment leaves
a cache that is known.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import numpy as np

from charstudio.engines.native import CHUNK, Native, NoRoom, Token
from charstudio.engines.prompts import Encoded
from charstudio.engines.sampling import Drawer, grammar_of
from charstudio.engines.slots import AdapterKey, Slot, Slots
from charstudio.engines.text import Unfolding
from charstudio.engines.thinking import MARKS, MOST_THOUGHT, Thinking
from charstudio.errors import Cancel, Cancelled, EngineError
from charstudio.i18n import _
from charstudio.model import Sampling

Event = dict[str, Any]
ROOM_TO_WRITE = 16  # tokens a reply needs at least
TELL_EVERY = 0.05  # seconds between two notes on how far reading is


class Writer:
    """Reads and writes with one model."""

    def __init__(self, native: Native, slots: Slots) -> None:
        self.native = native
        self.slots = slots

    def reply(
        self,
        prompt: Encoded,
        stops: Sequence[str],
        how: Sampling,
        key: str,
        adapters: AdapterKey,
        cancel: Cancel,
    ) -> Iterator[Event]:
        """Read a prompt, then write `how.n` replies to it; yields what is said and at last what it cost."""
        began = time.monotonic()
        self.native.cancel = cancel
        if self.native.context - len(prompt.ids) < ROOM_TO_WRITE:
            raise EngineError(
                _(
                    "The prompt has {tokens} tokens, the model reads {context}; shorten the sheet.",
                    tokens=len(prompt.ids),
                    context=self.native.context,
                )
            )
        grammar = grammar_of(how)
        slot, figures = yield from self._read(prompt, key, adapters)
        seed = how.seed if how.seed is not None else random.SystemRandom().randrange(2**31)
        branches: list[_Branch] = []
        holding = contextlib.ExitStack()
        try:
            holding.enter_context(self.slots.working(slot))
            for n in range(max(1, how.n)):
                own = slot if not n else self.slots.branch(slot)
                holding.enter_context(self.slots.working(own))
                branches.append(_Branch(self, n, own, prompt, stops, how, seed + n, grammar))
            yield from self._write(branches, len(prompt.ids))
        except Cancelled:  # what was written is kept, and so is what it cost
            yield from (branch.figures(began, figures) for branch in branches)
            raise
        finally:
            holding.close()
            for branch in branches:
                branch.drawer.close()
        yield from (branch.figures(began, figures) for branch in branches)

    def read(self, prompt: Encoded, key: str, adapters: AdapterKey, cancel: Cancel) -> Iterator[Event]:
        """Read a prompt ahead of time, so that the next reply finds it read."""
        self.native.cancel = cancel
        if len(prompt.ids) < self.native.context:
            _slot, figures = yield from self._read(prompt, key, adapters, logits=False)
            yield {"done": figures}

    def score(
        self,
        prompts: Sequence[Encoded],
        options: Sequence[str],
        key: str,
        adapters: AdapterKey,
        cancel: Cancel,
    ) -> Generator[Event, None, list[list[float]]]:
        """How likely each option is after each prompt: the natural logarithm of its probability per token.

        What the prompts share is read once; all options of a prompt are read as one batch.
        """
        self.native.cancel = cancel
        choices = [self.native.tokens_inside(option) for option in options]
        if not all(option.strip() for option in options):
            raise EngineError(_("An option is empty; give each at least one word."))
        found = []
        for prompt in prompts:
            if self.native.context - len(prompt.ids) < max(map(len, choices)):
                raise EngineError(_("The question is longer than the model can hold; shorten it."))
            slot, _figures = yield from self._read(prompt, key, adapters)
            found.append(self._scored(slot, choices))
        return found

    def replay(
        self, trace: Sequence[tuple[int, Sequence[int]]], prompt: int, how: Sampling, cancel: Cancel
    ) -> tuple[list[int], list[float]]:
        """Read the batches of a trace into an empty slot as they once were; then draw again what was
        drawn after the first `prompt` ids, batch by batch. Returns the ids drawn, which should be those of
        the trace, and by how much each id of the trace is less likely (in logits) than the likeliest.
        """
        self.native.cancel = cancel
        slot = self.slots.place([], "", ())[0]
        drawer: Drawer | None = None
        drawn: list[int] = []
        behind: list[float] = []
        length, start = 0, -1
        for n, (count, _ids) in enumerate(trace):
            start = n if length == prompt else start  # the last time that the prompt stood there alone
            length = length + count if count > 0 else -count
        try:
            for n, (count, ids) in enumerate(trace):
                if n == start:
                    drawer = Drawer(self.native, how, how.seed or 0, slot.ids, grammar_of(how))
                if drawer is not None and count > 0:
                    scores = self.native.logits()
                    behind.append(float(scores.max() - scores[ids[0]]))
                    drawn.append(drawer.draw(-1))
                if count <= 0:
                    self.slots.cut(slot, -count)
                else:
                    self.put(slot, ids, logits=True)
        finally:
            if drawer is not None:
                drawer.close()
            self.slots.release(slot)
        return drawn, behind

    def put(self, slot: Slot, ids: Sequence[int], *, logits: bool) -> None:
        """Read a batch of at most `CHUNK` tokens into a slot; its last logits are kept if wanted."""
        start = len(slot.ids)
        last = len(ids) - 1
        self._decode(
            [Token(t, start + n, (slot.sequence,), logits and n == last) for n, t in enumerate(ids)], [slot]
        )
        self.slots.grew(slot, ids)

    def step(self, slots: Sequence[Slot], tokens: Sequence[int]) -> None:
        """Read one token into each of several slots, as one batch; row n holds the logits of slot n."""
        batch = [
            Token(token, len(slot.ids), (slot.sequence,), wanted=True)
            for slot, token in zip(slots, tokens, strict=True)
        ]
        self._decode(batch, slots)
        for slot, token in zip(slots, tokens, strict=True):
            self.slots.grew(slot, [token], mixed=len(slots) > 1)

    def _read(
        self, prompt: Encoded, key: str, adapters: AdapterKey, *, logits: bool = True
    ) -> Generator[Event, None, tuple[Slot, dict[str, Any]]]:
        ids = prompt.ids
        slot, held = self.slots.place(ids, key, adapters)
        keep, told = len(slot.ids), 0.0
        yield {"read": [keep, len(ids), keep]}
        for start in range(keep, len(ids), CHUNK):
            self.put(slot, ids[start : start + CHUNK], logits=logits and start + CHUNK >= len(ids))
            if time.monotonic() - told > TELL_EVERY:
                told = time.monotonic()
                yield {"read": [len(slot.ids), len(ids), keep]}
        lost = held > keep and keep < len(ids) - 1
        return slot, {
            "prompt_tokens": len(ids),
            "cached_tokens": keep,
            "sections": prompt.split(keep),
            "broken_by": prompt.section_at(keep) if lost else "",
        }

    def _write(self, branches: list[_Branch], start: int) -> Iterator[Event]:
        live, rows = list(branches), [-1] * len(branches)
        most = self.native.context - start - 1
        while live:
            going = []
            for branch, row in zip(live, rows, strict=True):
                self.native.cancel.check()
                yield from branch.say(branch.drawer.draw(row), most)
                if not branch.ended:
                    going.append(branch)
            live, rows = going, list(range(len(going)))
            if len(live) == 1:
                rows = [-1]
            if live:
                self.step([b.slot for b in live], [b.drawn[-1] for b in live])

    def _scored(self, slot: Slot, choices: Sequence[Sequence[int]]) -> list[float]:
        found = [float(_log_share(self.native.logits(), ids[0])) for ids in choices]
        longer = [n for n, ids in enumerate(choices) if len(ids) > 1]
        slots: list[Slot] = []
        holding = contextlib.ExitStack()
        try:
            holding.enter_context(self.slots.working(slot))
            batch, rows = [], []
            for n in longer:
                branch = self.slots.branch(slot)
                slots.append(branch)
                holding.enter_context(self.slots.working(branch))
                for at, token in enumerate(choices[n][:-1]):
                    batch.append(Token(token, len(slot.ids) + at, (branch.sequence,), wanted=True))
                    rows.append((n, choices[n][at + 1]))
            for start in range(0, len(batch), CHUNK):
                self._decode(batch[start : start + CHUNK], slots)
                for row, (n, token) in enumerate(rows[start : start + CHUNK]):
                    found[n] += float(_log_share(self.native.logits(row), token))
        finally:
            holding.close()
            for branch in slots:
                self.slots.release(branch)
        return [total / len(ids) for total, ids in zip(found, choices, strict=True)]

    def _decode(self, batch: list[Token], slots: Sequence[Slot]) -> None:
        """One batch; other talks make room if they must."""
        while True:
            try:
                self.native.decode(batch)
            except NoRoom:
                with self.slots.working(*slots):
                    self.slots.make_room()
            except (Cancelled, EngineError):
                for slot in slots:  # what the broken batch left behind is unknown
                    self.slots.cut(slot, len(slot.ids))
                raise
            else:
                return


class _Branch:
    """One of the replies that are being written."""

    def __init__(
        self,
        writer: Writer,
        number: int,
        slot: Slot,
        prompt: Encoded,
        stops: Sequence[str],
        how: Sampling,
        seed: int,
        grammar: str,
    ) -> None:
        self.slot = slot
        self.drawn: list[int] = []
        self.drawer = Drawer(writer.native, how, seed, prompt.ids, grammar)
        self.ended = ""
        self._native = writer.native
        self._number = number
        self._how = how
        self._seed = seed
        self._thinking = Thinking(prompt.tail)
        self._text = Unfolding(stops)
        self._first = self._last = 0.0
        self._said_from = 0

    def say(self, token: int, most: int) -> Iterator[Event]:
        """Take a drawn token; yields the words that are certain now."""
        self._last = time.monotonic()
        self._first = self._first or self._last
        if self._native.ends(token):
            self.ended = "end"
        else:
            self.drawn.append(token)
            yield from self._words(self._native.piece(token) or self._mark(token))
            if self._text.stopped:
                self.ended = "stop"
            elif self._spent() >= self._how.max_tokens or len(self.drawn) >= most:
                self.ended = "length"
        if self.ended and self.ended != "stop":
            yield from self._words(b"", last=True)

    def figures(self, began: float, reading: dict[str, Any]) -> Event:
        """What this reply cost, reading included."""
        count, took = len(self.drawn), self._last - self._first
        figures = {
            **reading,
            "tokens": count,
            "ttft_ms": round((self._first - began) * 1000, 1) if self._first else 0.0,
            "tokens_per_s": round((count - 1) / took, 2) if took > 0 and count > 1 else 0.0,
            "stopped_by": self.ended or "cancel",
            "seed": self._seed,
            "branch": self._number,
            "thought_tokens": self._said_from,
            "ids": self.drawn[self._said_from :],
        }
        return {"figures": figures}

    def _mark(self, token: int) -> bytes:
        """A control word is heard only where it opens or closes a thought."""
        word = self._native.piece(token, special=True)
        return word if word.decode(errors="replace") in MARKS else b""

    def _spent(self) -> int:
        if self._thinking.inside:
            return len(self.drawn) - MOST_THOUGHT
        return len(self.drawn) - self._said_from

    def _words(self, body: bytes, *, last: bool = False) -> Iterator[Event]:
        said = self._text.feed(body, last=last, through=self._thinking)
        if self._thinking.inside:
            self._said_from = len(self.drawn)
        if said:
            yield {"piece": said, "branch": self._number}


def _log_share(scores: Any, token: int) -> Any:
    """The logarithm of the probability that a softmax over scores gives a token."""
    highest = scores.max()
    return scores[token] - highest - np.log(np.exp(scores - highest).sum(dtype=np.float64))
