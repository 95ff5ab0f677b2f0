"""The process in which llama.cpp runs: `python -m charstudio.engines.llama_child`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charstudio.children import serve
from charstudio.engines.prompts import Encoded, encode_chat, encode_flat, spelled
from charstudio.engines.states import States
from charstudio.engines.template import Wording, shortcomings
from charstudio.errors import Cancel, Cancelled, EngineError
from charstudio.i18n import _
from charstudio.model import Sampling

if TYPE_CHECKING:
    from charstudio.engines.adapters import Adapters
    from charstudio.engines.decoding import Writer
    from charstudio.engines.native import Native

Answer = dict[str, Any]


class Host:
    """Holds the one model of this process and answers what is asked of it."""

    def __init__(self) -> None:
        self._native: Native
        self._writer: Writer | None = None
        self._adapters: Adapters
        self._wording: Wording | None = None
        self._warnings: list[str] = []

    def load(self, request: Answer, cancel: Cancel) -> Iterator[Answer]:
        """Load a model file; says how far it is."""
        try:
            from charstudio.engines.adapters import Adapters
            from charstudio.engines.decoding import Writer
            from charstudio.engines.native import SEQUENCES, Options
            from charstudio.engines.slots import Slots
        except ImportError as exc:
            raise EngineError(
                _("Language models need the extra `engine`: pip install 'charstudio[engine]'.")
            ) from exc
        if self._writer is not None:  # the same child is asked for another model
            self._writer = None
            self._native.close()
        self._native = yield from loaded(request["path"], Options(**request["how"]), cancel)
        states = States(Path(request["states"]), request["mark"]) if request["states"] else None
        slots = Slots(self._native, SEQUENCES, states, tracing=request["tracing"])
        self._writer = Writer(self._native, slots)
        self._adapters = Adapters(self._native)
        self._word(request["template"])
        yield {"done": self._described()}

    def count(self, request: Answer, _cancel: Cancel) -> Iterator[Answer]:
        """Count the tokens of texts."""
        yield {"done": {"counts": [len(self._native.tokens_inside(text)) for text in request["texts"]]}}

    def measure(self, request: Answer, _cancel: Cancel) -> Iterator[Answer]:
        """Count the tokens of a whole prompt."""
        yield {"done": {"tokens": len(self._encoded(request).ids)}}

    def inspect(self, request: Answer, _cancel: Cancel) -> Iterator[Answer]:
        """Tell what would be read of a prompt, and what of it stands in the cache."""
        prompt, slots = self._encoded(request), self._asked.slots
        held = slots.shared(prompt.ids, request["slot"], self._adapted(request))
        yield {"done": {"stretches": spelled(self._native, prompt, held)}}

    def stream(self, request: Answer, cancel: Cancel) -> Iterator[Answer]:
        """Write a reply, or several."""
        prompt = self._encoded(request)
        stops = [] if self._wording else request["stops"]
        key = self._adapted(request)
        yield from self._asked.reply(prompt, stops, sampling_of(request), request["slot"], key, cancel)

    def read(self, request: Answer, cancel: Cancel) -> Iterator[Answer]:
        """Read a prompt ahead of time."""
        yield from self._asked.read(self._encoded(request), request["slot"], self._adapted(request), cancel)

    def score(self, request: Answer, cancel: Cancel) -> Iterator[Answer]:
        """Tell how likely options are after prompts."""
        prompts = [self._encoded(prompt) for prompt in request["prompts"]]
        options = request["options"] if self._wording else [f" {option}" for option in request["options"]]
        key = self._adapted(request["prompts"][0])
        asked = self._asked.score(prompts, options, request["prompts"][0]["slot"], key, cancel)
        found = yield from asked
        yield {"done": {"scores": found}}

    def forget(self, _request: Answer, _cancel: Cancel) -> Iterator[Answer]:
        """Nothing more than what every request does first: let go of talks that are gone."""
        yield {"done": {}}

    def served(self, verb: str) -> Callable[[Answer, Cancel], Iterator[Answer]]:
        """The method of a verb; talks that are gone are let go of before it."""
        work: Callable[[Answer, Cancel], Iterator[Answer]] = getattr(self, verb)

        def served(request: Answer, cancel: Cancel) -> Iterator[Answer]:
            if self._writer is not None:
                for slot in request["gone"]:
                    self._writer.slots.forget(slot)
            yield from work(request, cancel)

        return served

    def park(self, _request: Answer, _cancel: Cancel) -> Iterator[Answer]:
        """Save the state of all talks that changed."""
        self._asked.slots.park()
        yield {"done": {}}

    def trace(self, request: Answer, _cancel: Cancel) -> Iterator[Answer]:
        """How a talk's place in the cache came about, for a check that it is what it should be."""
        slot = self._asked.slots.find(request["slot"])
        found: Answer = {"trace": [], "ids": [], "last": -1, "mixed": False}
        if slot is not None:
            last = self._native.last(slot.sequence)
            found = {"trace": slot.trace, "ids": slot.ids, "last": last, "mixed": slot.mixed}
        yield {"done": found}

    def replay(self, request: Answer, cancel: Cancel) -> Iterator[Answer]:
        """Read a trace again from nothing, batch by batch, and write the same number of tokens."""
        ids, behind = self._asked.replay(request["trace"], request["prompt"], sampling_of(request), cancel)
        yield {"done": {"ids": ids, "behind": behind}}

    def at_end(self) -> None:
        """The parent is gone: what the talks left is kept for the next start."""
        if self._writer is not None:
            self._native.cancel = Cancel()
            self._writer.slots.park()

    @property
    def _asked(self) -> Writer:
        if self._writer is None:
            raise EngineError(_("No model is loaded yet; choose one under Models."))
        return self._writer

    def _word(self, override: str) -> None:
        """Settle how chat messages are worded: by the model's template, another one, or not at all."""
        native = self._native
        template = override or native.meta("tokenizer.chat_template")
        self._warnings = []
        self._wording = None
        if not native.keeps_place:
            self._warnings.append(
                _("This kind of model cannot keep its place in a talk: much is read again each turn.")
            )
        if not template or override == "plain":
            self._warnings.append(_("It has no chat template: it is talked to as a transcript."))
            return
        eos = native.piece(native.eos, special=True).decode(errors="replace")
        bos = native.piece(native.bos, special=True).decode(errors="replace")
        wording = Wording(template, bos, eos)
        try:
            self._warnings += shortcomings(wording)
        except EngineError as exc:
            self._warnings.append(_("{why} It is talked to as a transcript.", why=exc))
        else:
            self._wording = wording

    def _described(self) -> Answer:
        native = self._native
        return {
            "name": native.meta("general.name") or Path(native.path).stem,
            "context": native.context,
            "has_template": self._wording is not None,
            "warnings": self._warnings,
            "cells": native.cells,
        }

    def _encoded(self, request: Answer) -> Encoded:
        self._asked  # noqa: B018 - says so when there is no model
        if self._wording is None:
            return encode_flat(self._native, request["transcript"])
        return encode_chat(self._native, self._wording, request["messages"])

    def _adapted(self, request: Answer) -> tuple[tuple[str, str, float], ...]:
        wanted = tuple((kind, path, float(strength)) for kind, path, strength in request["adapters"])
        self._adapters.use(wanted)
        return wanted


def sampling_of(request: Answer) -> Sampling:
    """The sampling of a request, its lists made tuples again."""
    raw = dict(request["sampling"])
    raw["logit_bias"] = tuple((word, value) for word, value in raw["logit_bias"])
    raw["order"] = tuple(raw["order"])
    return Sampling(**raw)


def loaded(path: str, how: Any, cancel: Cancel) -> Generator[Answer, None, Native]:
    """Load on a thread of its own, so that progress is told meanwhile."""
    from charstudio.engines.native import Native

    progress: list[float] = []
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(Native(path, how, cancel, progress))
        except (EngineError, Cancelled, MemoryError) as exc:
            outcome.append(exc)

    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        thread.join(0.05)
        yield {"loaded": progress[-1] if progress else 0.0}
    if not outcome or isinstance(outcome[0], Exception):
        raise outcome[0] if outcome else EngineError(_("The model could not be loaded; choose another one."))
    native: Native = outcome[0]
    if cancel.is_set():  # whoever asked has gone
        native.close()
        raise Cancelled
    return native


def main() -> None:
    """Serve until the parent is gone."""
    host = Host()
    verbs = (
        "load",
        "count",
        "measure",
        "inspect",
        "stream",
        "read",
        "score",
        "forget",
        "park",
        "trace",
        "replay",
    )
    serve({verb: host.served(verb) for verb in verbs}, host.at_end)


if __name__ == "__main__":
    main()
