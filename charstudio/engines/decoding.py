"""The child's side of a model: reads a prompt only once, then draws one token after another.

Everything here speaks llama.cpp's C interface. Prompts are token ids in which only a template's own
words can be control tokens. The tokens in the cache are remembered, so that the next prompt is read
from the first token on that differs.
"""

from __future__ import annotations

import collections
import ctypes
import random
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp as llama

from charstudio.engines.template import render
from charstudio.engines.text import Unfolding
from charstudio.errors import Cancel, Cancelled, EngineError
from charstudio.i18n import _

CHUNK = 256
_said: collections.deque[str] = collections.deque(maxlen=40)


@llama.llama_log_callback  # type: ignore[untyped-decorator]
def _keep_log(level: int, text: bytes, _data: Any) -> None:
    if level >= 3:
        _said.append(text.decode(errors="replace").strip())


@dataclass(frozen=True, slots=True)
class Draw:
    """How tokens are drawn; the fields of `model.Sampling`."""

    temperature: float
    top_k: int
    top_p: float
    min_p: float
    repeat_penalty: float
    max_tokens: int
    seed: int | None


class LoadedModel:
    """A model with its context and cache."""

    def __init__(self, path: str, context: int, threads: int, cancel: Cancel, progress: list[float]) -> None:
        llama.llama_log_set(_keep_log, None)
        llama.llama_backend_init()
        self._cancel = cancel
        self._model = self._load(path, progress)
        self._vocab = llama.llama_model_get_vocab(self._model)
        self.context = min(context, llama.llama_model_n_ctx_train(self._model) or context)
        self._ctx = self._open(threads)
        self._memory = llama.llama_get_memory(self._ctx)
        self.name = self._meta("general.name") or path.rsplit("/", 1)[-1]
        self.template = self._meta("tokenizer.chat_template")
        self._cached: list[int] = []

    def _load(self, path: str, progress: list[float]) -> Any:
        @llama.llama_progress_callback  # type: ignore[untyped-decorator]
        def on_progress(share: float, _data: Any) -> bool:
            progress.append(share)
            return not self._cancel.is_set()

        params = llama.llama_model_default_params()
        params.progress_callback = on_progress
        model = llama.llama_model_load_from_file(path.encode(), params)
        if not model:
            self._cancel.check()
            why = next((line for line in reversed(_said) if "rror" in line or "fail" in line), "")
            raise EngineError(
                _(
                    "The model {path} could not be loaded ({why}); choose another one.",
                    path=path,
                    why=why[:160],
                )
            )
        return model

    def _open(self, threads: int) -> Any:
        params = llama.llama_context_default_params()
        params.n_ctx = self.context
        params.n_batch = params.n_ubatch = CHUNK
        params.n_threads = params.n_threads_batch = threads
        ctx = llama.llama_init_from_model(self._model, params)
        if not ctx:
            raise EngineError(
                _("There is not enough memory for this model; choose a smaller one or a shorter context.")
            )

        @llama.ggml_abort_callback  # type: ignore[untyped-decorator]
        def aborted(_data: Any) -> bool:
            return self._cancel.is_set()

        self._aborted = aborted  # llama.cpp keeps only a pointer to it
        llama.llama_set_abort_callback(ctx, aborted, None)
        return ctx

    def tokens(self, text: str, *, control: bool = False, start: bool = False) -> list[int]:
        """The token ids of a text; control words in it count only if `control`."""
        body = text.encode()
        room = len(body) + 8
        ids = (llama.llama_token * room)()
        count = llama.llama_tokenize(self._vocab, body, len(body), ids, room, start, control)
        if count < 0:
            raise EngineError(_("That text is too long for the model."))
        return list(ids[:count])

    def prompt_tokens(self, messages: Sequence[dict[str, str]], flat: str) -> list[int]:
        """A prompt as token ids: through the model's template, or as a plain transcript without one."""
        if not self.template:
            return self.tokens(flat, start=True)
        bos = self._piece(llama.llama_vocab_bos(self._vocab), special=True).decode(errors="replace")
        eos = self._piece(llama.llama_vocab_eos(self._vocab), special=True).decode(errors="replace")
        ids: list[int] = []
        for text, control in render(self.template, messages, bos, eos):
            ids += self.tokens(text, control=control)
        first = llama.llama_vocab_bos(self._vocab)
        if llama.llama_vocab_get_add_bos(self._vocab) and ids[:1] != [first]:
            ids.insert(0, first)
        return ids

    def reply(
        self, prompt: list[int], stops: Sequence[str], draw: Draw, cancel: Cancel
    ) -> Iterator[dict[str, Any]]:
        """Read the prompt, then write; yields what is said and at last what it cost."""
        began = time.monotonic()
        self._cancel = cancel
        room = self.context - len(prompt)
        if room < 16:
            raise EngineError(
                _(
                    "The prompt has {tokens} tokens, the model reads {context}; shorten the sheet.",
                    tokens=len(prompt),
                    context=self.context,
                )
            )
        cached = yield from self._read(prompt)
        seed = draw.seed if draw.seed is not None else random.SystemRandom().randrange(2**31)
        text = Unfolding(stops)
        ttft = count = 0.0
        stopped_by = "length"
        sampler = self._sampler(draw, seed)
        try:
            for token in self._drawn(sampler, min(draw.max_tokens, room - 1)):
                ttft = ttft or time.monotonic() - began
                if llama.llama_vocab_is_eog(self._vocab, token):
                    stopped_by = "end"
                    break
                count += 1
                if piece := text.feed(self._piece(token)):
                    yield {"piece": piece}
                if text.stopped:
                    stopped_by = "stop"
                    break
        finally:
            llama.llama_sampler_free(sampler)
        if rest := text.feed(b"", last=True):
            yield {"piece": rest}
        took = time.monotonic() - began - ttft
        yield {
            "done": {
                "prompt_tokens": len(prompt),
                "cached_tokens": cached,
                "tokens": int(count),
                "ttft_ms": round(ttft * 1000, 1),
                "tokens_per_s": round((count - 1) / took, 2) if took > 0 and count > 1 else 0.0,
                "stopped_by": stopped_by,
                "seed": seed,
            }
        }

    def _read(self, prompt: list[int]) -> Generator[dict[str, Any], None, int]:
        """Bring the cache to this prompt; returns how many tokens were there already."""
        same = _common(self._cached, prompt)
        keep = min(same, len(prompt) - 1)
        if not llama.llama_memory_seq_rm(self._memory, 0, keep, -1):
            llama.llama_memory_clear(self._memory, True)
            keep = 0
        del self._cached[keep:]
        yield {"read": [keep, len(prompt), keep]}
        for start in range(keep, len(prompt), CHUNK):
            self._decode(prompt[start : start + CHUNK])
            yield {"read": [min(start + CHUNK, len(prompt)), len(prompt), keep]}
        return keep

    def _drawn(self, sampler: Any, most: int) -> Iterator[int]:
        for _n in range(most):
            self._cancel.check()
            token = int(llama.llama_sampler_sample(sampler, self._ctx, -1))
            yield token
            self._decode([token])

    def _decode(self, ids: list[int]) -> None:
        self._cancel.check()
        array = (llama.llama_token * len(ids))(*ids)
        code = llama.llama_decode(self._ctx, llama.llama_batch_get_one(array, len(ids)))
        if code == 0:
            self._cached += ids
            return
        # What a broken batch left behind is unknown; what was whole before it stays.
        llama.llama_memory_seq_rm(self._memory, 0, len(self._cached), -1)
        if code == 2 or self._cancel.is_set():
            raise Cancelled
        raise EngineError(
            _("The model could not go on (code {code}); try again or choose another.", code=code)
        )

    def _sampler(self, draw: Draw, seed: int) -> Any:
        chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        add = llama.llama_sampler_chain_add
        if draw.repeat_penalty != 1.0:
            add(chain, llama.llama_sampler_init_penalties(64, draw.repeat_penalty, 0.0, 0.0))
        if draw.temperature <= 0:
            add(chain, llama.llama_sampler_init_greedy())
            return chain
        add(chain, llama.llama_sampler_init_top_k(draw.top_k))
        add(chain, llama.llama_sampler_init_top_p(draw.top_p, 1))
        add(chain, llama.llama_sampler_init_min_p(draw.min_p, 1))
        add(chain, llama.llama_sampler_init_temp(draw.temperature))
        add(chain, llama.llama_sampler_init_dist(seed))
        return chain

    def _piece(self, token: int, *, special: bool = False) -> bytes:
        for room in (64, 4096):
            buffer = ctypes.create_string_buffer(room)
            count = llama.llama_token_to_piece(self._vocab, token, buffer, room, 0, special)
            if count >= 0:
                return buffer.raw[:count]
        return b""

    def _meta(self, key: str) -> str:
        for room in (4096, 1 << 20):
            buffer = ctypes.create_string_buffer(room)
            count = llama.llama_model_meta_val_str(self._model, key.encode(), buffer, room)
            if 0 <= count < room:
                return buffer.value.decode(errors="replace")
        return ""


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    for n, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return n
    return min(len(one), len(other))


def loaded(path: str, context: int, threads: int, cancel: Cancel) -> Iterator[dict[str, Any] | LoadedModel]:
    """Load on a thread of its own, so that progress is told meanwhile; the last item is the model."""
    progress: list[float] = []
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(LoadedModel(path, context, threads, cancel, progress))
        except (EngineError, Cancelled, MemoryError) as exc:
            outcome.append(exc)

    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        thread.join(0.05)
        yield {"loaded": progress[-1] if progress else 0.0}
    if not outcome or isinstance(outcome[0], Exception):
        raise outcome[0] if outcome else EngineError(_("The model could not be loaded; choose another one."))
    yield outcome[0]
