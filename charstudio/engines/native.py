"""The only place that speaks llama.cpp's C interface to a model: ids, batches, sequences, saved state.

One context holds many sequences over one cache of cells; tokens that sequences have in common stand in it
once. Positions are counted per sequence from 0. Nothing here knows what a talk is.
"""

from __future__ import annotations

import collections
import ctypes
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp as llama
import numpy as np
from numpy.typing import NDArray

from charstudio.errors import Cancel, Cancelled, EngineError
from charstudio.i18n import _

CHUNK = 256  # tokens read at once: Stop and the progress bar wait for no more
SEQUENCES = 32  # talks, alternatives and options that may stand in the cache side by side
MOST_CELLS = 1 << 30  # bytes that talks beside the first may take of the cache
_said: collections.deque[str] = collections.deque(maxlen=60)


@llama.llama_log_callback  # type: ignore[untyped-decorator]
def _keep_log(level: int, text: bytes, _data: Any) -> None:
    if level >= 3:
        _said.append(text.decode(errors="replace").strip())


def last_words(*hints: str) -> str:
    """The last line llama.cpp said with one of these words in it; empty if there is none."""
    found = (line for line in reversed(_said) if line and (not hints or any(h in line for h in hints)))
    return next(found, "")[:160]


@dataclass(frozen=True, slots=True)
class Options:
    """How a model is loaded; context in tokens of one talk, 0 layers keep everything off the GPU."""

    context: int
    threads: int
    gpu_layers: int = 0
    kv_bytes: int = 0  # of one token in the cache, 0 when it is not known


@dataclass(slots=True)
class Token:
    """One token of a batch: where it goes, and whether its logits are wanted."""

    id: int
    at: int
    sequences: tuple[int, ...]
    wanted: bool = False


class NoRoom(Exception):  # noqa: N818 - it is a state of the cache
    """The cache has no room for a batch; nothing was changed."""


class Native:
    """A model with its context and cache."""

    def __init__(self, path: str, how: Options, cancel: Cancel, progress: list[float]) -> None:
        llama.llama_log_set(_keep_log, None)
        llama.llama_backend_init()
        self.cancel = cancel
        self.path = path
        self.model = self._load(path, how, progress)
        self.vocab = llama.llama_model_get_vocab(self.model)
        self.words = int(llama.llama_vocab_n_tokens(self.vocab))
        self.context = min(how.context, llama.llama_model_n_ctx_train(self.model) or how.context)
        self.cells = _cells(self.context, how.kv_bytes)
        try:
            self.ctx = self._open(how.threads)
        except EngineError:
            llama.llama_model_free(self.model)
            raise
        self._memory = llama.llama_get_memory(self.ctx)
        self._batch = llama.llama_batch_init(CHUNK, 0, SEQUENCES)
        self.bos = int(llama.llama_vocab_bos(self.vocab))
        self.eos = int(llama.llama_vocab_eos(self.vocab))
        self.keeps_place = not (
            llama.llama_model_is_recurrent(self.model) or llama.llama_model_is_hybrid(self.model)
        )
        self._newline: list[int] | None = None
        self._pieces: dict[tuple[int, bool], bytes] = {}

    def close(self) -> None:
        """Give the memory back; nothing else may be asked of this model then."""
        llama.llama_batch_free(self._batch)
        llama.llama_free(self.ctx)
        llama.llama_model_free(self.model)

    def _load(self, path: str, how: Options, progress: list[float]) -> Any:
        @llama.llama_progress_callback  # type: ignore[untyped-decorator]
        def on_progress(share: float, _data: Any) -> bool:
            progress.append(share)
            return not self.cancel.is_set()

        params = llama.llama_model_default_params()
        params.n_gpu_layers = how.gpu_layers
        params.progress_callback = on_progress
        model = llama.llama_model_load_from_file(os.fsencode(path), params)
        if not model:
            self.cancel.check()
            raise EngineError(
                _(
                    "The model {path} could not be loaded ({why}); choose another one.",
                    path=path,
                    why=last_words("rror", "fail"),
                )
            )
        return model

    def _open(self, threads: int) -> Any:
        params = llama.llama_context_default_params()
        params.n_ctx = self.cells
        params.n_batch = params.n_ubatch = CHUNK
        params.n_seq_max = SEQUENCES
        params.kv_unified = True
        params.n_threads = params.n_threads_batch = threads
        ctx = llama.llama_init_from_model(self.model, params)
        if not ctx:
            raise EngineError(
                _("There is not enough memory for this model; choose a smaller one or a shorter context.")
            )

        @llama.ggml_abort_callback  # type: ignore[untyped-decorator]
        def aborted(_data: Any) -> bool:
            return self.cancel.is_set()

        self._aborted = aborted  # llama.cpp keeps only a pointer to it
        llama.llama_set_abort_callback(ctx, aborted, None)
        return ctx

    # Text and ids

    def tokens(self, text: str, *, control: bool = False, start: bool = False) -> list[int]:
        """The token ids of a text; control words in it count only if `control`, BOS only if `start`."""
        if not text and not start:
            return []
        body = text.encode()
        room = len(body) + 8
        ids = (llama.llama_token * room)()
        count = llama.llama_tokenize(self.vocab, body, len(body), ids, room, start, control)
        if count < 0:
            raise EngineError(_("That text is too long for the model."))
        return list(ids[:count])

    def tokens_inside(self, text: str) -> list[int]:
        """The ids of a text in the middle of another: without the space that some models put in front."""
        if self._newline is None:
            self._newline = self.tokens("\n")
        ids = self.tokens("\n" + text)
        if ids[: len(self._newline)] == self._newline:
            return ids[len(self._newline) :]
        return self.tokens(text)

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """The bytes of a token; those of control words only if `special`."""
        known = self._pieces.get((token, special))
        if known is None:
            known = self._pieces[token, special] = self._piece(token, special=special)
        return known

    def _piece(self, token: int, *, special: bool) -> bytes:
        if not 0 <= token < self.words:
            return b""
        for room in (64, 1 << 16):
            buffer = ctypes.create_string_buffer(room)
            count = llama.llama_token_to_piece(self.vocab, token, buffer, room, 0, special)
            if count >= 0:
                return buffer.raw[:count]
        return b""

    def ends(self, token: int) -> bool:
        """Whether this token ends a reply."""
        return bool(llama.llama_vocab_is_eog(self.vocab, token))

    def is_control(self, token: int) -> bool:
        """Whether this token is a control word."""
        return bool(llama.llama_vocab_is_control(self.vocab, token))

    def starts_with_bos(self) -> bool:
        """Whether this model wants its begin token first."""
        return bool(llama.llama_vocab_get_add_bos(self.vocab))

    def meta(self, key: str) -> str:
        """A text of the model's header; empty when it has none."""
        for room in (4096, 1 << 20):
            buffer = ctypes.create_string_buffer(room)
            count = llama.llama_model_meta_val_str(self.model, key.encode(), buffer, room)
            if 0 <= count < room:
                return buffer.value.decode(errors="replace")
        return ""

    # Batches

    def decode(self, batch: Sequence[Token]) -> None:
        """Put at most `CHUNK` tokens into the cache; raises `NoRoom`, `Cancelled` or `EngineError`.

        After `Cancelled` or `EngineError` the caller cuts its sequences back to what was whole.
        """
        self.cancel.check()
        raw = self._batch
        raw.n_tokens = len(batch)
        for n, token in enumerate(batch):
            raw.token[n], raw.pos[n], raw.logits[n] = token.id, token.at, token.wanted
            raw.n_seq_id[n] = len(token.sequences)
            for m, sequence in enumerate(token.sequences):
                raw.seq_id[n][m] = sequence
        code = llama.llama_decode(self.ctx, raw)
        if code == 0:
            return
        if code == 1:
            raise NoRoom
        if code == 2 or self.cancel.is_set():
            raise Cancelled
        raise EngineError(
            _("The model could not go on (code {code}); try again or choose another.", code=code)
        )

    def logits(self, row: int = -1) -> NDArray[np.float32]:
        """The scores of all words after a token of the last batch, by its place there; not a copy."""
        pointer = llama.llama_get_logits_ith(self.ctx, row)
        return np.ctypeslib.as_array(pointer, (self.words,))

    # Sequences

    def cut(self, sequence: int, start: int) -> bool:
        """Forget a sequence from a position on; False when this model can forget only all of it."""
        return bool(llama.llama_memory_seq_rm(self._memory, sequence, start, -1))

    def drop(self, sequence: int) -> None:
        """Forget a whole sequence."""
        llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def copy(self, source: int, target: int) -> None:
        """Let a sequence continue another one; what they have in common stands in the cache once."""
        llama.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def last(self, sequence: int) -> int:
        """The last position that a sequence holds; -1 when it is empty."""
        return int(llama.llama_memory_seq_pos_max(self._memory, sequence))

    def save(self, sequence: int, ids: Sequence[int], path: str) -> bool:
        """Write the state of a sequence with its ids to a file."""
        array = (llama.llama_token * len(ids))(*ids)
        return bool(llama.llama_state_seq_save_file(self.ctx, os.fsencode(path), sequence, array, len(ids)))

    def restore(self, sequence: int, path: str) -> list[int]:
        """Read the state of a sequence from a file; its ids, none if the file did not fit."""
        ids = (llama.llama_token * self.cells)()
        count = ctypes.c_size_t()
        read = llama.llama_state_seq_load_file(
            self.ctx, os.fsencode(path), sequence, ids, self.cells, ctypes.byref(count)
        )
        if not read:
            self.drop(sequence)
            return []
        return list(ids[: count.value])


def _cells(context: int, kv_bytes: int) -> int:
    """How many tokens the cache holds: one talk, and a few more where that costs little memory."""
    more = MOST_CELLS // kv_bytes if kv_bytes else 0
    return context + max(CHUNK * 2, min(3 * context, more - context if more > context else 0))
