"""Draws the next token from what a model thinks of all of them, the way the writer set it.

The chain is llama.cpp's own. A grammar is tried on the candidates that were drawn first, then on the most
likely few thousand, and on the whole vocabulary only if none of them fits: testing all of it at every token
would cost more than the model itself.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Sequence
from typing import Any

import llama_cpp as llama
import numpy as np

from charstudio.engines.native import Native, last_words
from charstudio.errors import EngineError
from charstudio.i18n import _
from charstudio.model import ORDER, Sampling

WIDER = 4096  # candidates that a grammar is tried on before the whole vocabulary
MOST_GRAMMAR = 256_000
MOST_SCHEMA = 64_000
DEEPEST = 60  # levels of a schema
DEEPEST_GRAMMAR = 1000  # brackets within brackets; what a schema becomes has many
BREAKERS = ("\n", ":", '"', "*")  # DRY: what may be repeated as often as a transcript needs it

_CANDIDATE = np.dtype([("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])


class Drawer:
    """Draws one reply's tokens. Penalties and DRY have seen `before`, the end of the prompt."""

    def __init__(
        self, native: Native, how: Sampling, seed: int, before: Sequence[int], grammar: str = ""
    ) -> None:
        self._native = native
        self._filters = _filters(native, how, seed)
        self._final = (
            llama.llama_sampler_init_greedy()
            if how.temperature <= 0
            else llama.llama_sampler_init_dist(seed & 0xFFFFFFFF)
        )
        self._grammar: Any = None
        try:
            if grammar:
                self._grammar = grammar_sampler(native, grammar)
                self._every = np.arange(native.words, dtype=np.int32)
                self._all = np.zeros(native.words, _CANDIDATE)
            else:
                llama.llama_sampler_chain_add(self._filters, self._final)
        except EngineError:
            llama.llama_sampler_free(self._filters)
            llama.llama_sampler_free(self._final)
            raise
        for token in before[-how.penalty_last :] if how.penalty_last > 0 else ():
            llama.llama_sampler_accept(self._filters, token)

    def draw(self, row: int) -> int:
        """The next token, by the logits of a token of the last batch."""
        if self._grammar is None:
            return int(llama.llama_sampler_sample(self._filters, self._native.ctx, row))
        token = self._held(self._native.logits(row))
        llama.llama_sampler_accept(self._filters, token)
        llama.llama_sampler_accept(self._grammar, token)
        return token

    def close(self) -> None:
        """Give the samplers back."""
        llama.llama_sampler_free(self._filters)  # and with it, without a grammar, the final one
        if self._grammar is not None:
            llama.llama_sampler_free(self._final)
            llama.llama_sampler_free(self._grammar)

    def _candidates(self, scores: Any, ids: Any) -> _Candidates:
        found = self._all if ids is self._every else np.zeros(len(ids), _CANDIDATE)
        found["id"] = ids
        found["logit"] = scores if ids is self._every else scores[ids]
        return _Candidates(found)

    def _chosen(self, candidates: _Candidates) -> int:
        llama.llama_sampler_apply(self._filters, candidates.pointer)
        llama.llama_sampler_apply(self._final, candidates.pointer)
        return candidates.selected()

    def _held(self, scores: Any) -> int:
        drawn = self._candidates(scores, self._every)
        token = self._chosen(drawn)
        if self._fits(np.array([token], np.int32)).size:
            return token
        survivors = drawn.left()
        fitting = self._fits(survivors["id"]) if len(survivors) <= WIDER else ()
        if len(fitting):
            again = _Candidates(survivors[np.isin(survivors["id"], fitting)].copy())
            llama.llama_sampler_apply(self._final, again.pointer)
            return again.selected()
        likely = np.argpartition(scores, -min(WIDER, len(scores)))[-WIDER:].astype(np.int32)
        for ids in (likely, self._every):
            fitting = self._fits(ids)
            if len(fitting):
                return self._chosen(self._candidates(scores, fitting))
        raise EngineError(_("The shape asked for leaves the model no word to write; change the grammar."))

    def _fits(self, ids: Any) -> Any:
        """Those of the tokens that the grammar allows next."""
        tried = np.zeros(len(ids), _CANDIDATE)
        tried["id"] = ids
        candidates = _Candidates(tried)
        llama.llama_sampler_apply(self._grammar, candidates.pointer)
        return tried["id"][np.isfinite(tried["logit"])]


class _Candidates:
    """An array of candidates as llama.cpp wants it."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self._raw = llama.llama_token_data_array(
            data.ctypes.data_as(llama.llama_token_data_p), len(data), -1, False
        )
        self.pointer = ctypes.byref(self._raw)

    def selected(self) -> int:
        """The id that was chosen."""
        return int(self._raw.data[self._raw.selected].id)

    def left(self) -> Any:
        """The candidates that the samplers left over."""
        size = int(self._raw.size)
        raw = ctypes.cast(self._raw.data, ctypes.POINTER(ctypes.c_char * (size * _CANDIDATE.itemsize)))
        return np.frombuffer(bytes(raw.contents), _CANDIDATE)


def _filters(native: Native, how: Sampling, seed: int) -> Any:
    """All samplers but the last, in the writer's order; raises `EngineError` for one that is unknown."""
    chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
    if bias := _bias(native, how.logit_bias):
        array = (llama.llama_logit_bias * len(bias))(*bias)
        llama.llama_sampler_chain_add(
            chain, llama.llama_sampler_init_logit_bias(native.words, len(bias), array)
        )
    for name in how.order:
        if name not in ORDER:
            llama.llama_sampler_free(chain)
            raise EngineError(
                _(
                    "There is no sampler “{name}”; there are {all}.",
                    name=str(name)[:40],
                    all=", ".join(ORDER),
                )
            )
        made = _sampler(native, how, seed, name)
        if made is not None:
            llama.llama_sampler_chain_add(chain, made)
    return chain


def _sampler(native: Native, how: Sampling, seed: int, name: str) -> Any:
    """One sampler, or None where its setting does nothing."""
    if name == "penalties" and (how.repeat_penalty, how.frequency_penalty, how.presence_penalty) != (1, 0, 0):
        return llama.llama_sampler_init_penalties(
            native.words, how.penalty_last, how.repeat_penalty, how.frequency_penalty, how.presence_penalty
        )
    if name == "dry" and how.dry_multiplier > 0:
        breakers = (ctypes.c_char_p * len(BREAKERS))(*(b.encode() for b in BREAKERS))
        return llama.llama_sampler_init_dry(
            native.vocab,
            how.dry_multiplier,
            how.dry_base,
            how.dry_allowed_length,
            how.penalty_last,
            breakers,
            len(BREAKERS),
        )
    if how.temperature <= 0:
        return None  # the most likely word stays the most likely one
    if name == "top_k" and how.top_k > 0:
        return llama.llama_sampler_init_top_k(how.top_k)
    if name == "typical" and how.typical_p < 1:
        return llama.llama_sampler_init_typical(how.typical_p, 1)
    if name == "top_p" and how.top_p < 1:
        return llama.llama_sampler_init_top_p(how.top_p, 1)
    if name == "min_p" and how.min_p > 0:
        return llama.llama_sampler_init_min_p(how.min_p, 1)
    if name == "xtc" and how.xtc_probability > 0:
        return llama.llama_sampler_init_xtc(how.xtc_probability, how.xtc_threshold, 1, seed & 0xFFFFFFFF)
    if name == "temperature" and how.temperature != 1:
        return llama.llama_sampler_init_temp(how.temperature)
    return None


def _bias(native: Native, wanted: Sequence[tuple[str | int, float]]) -> list[Any]:
    found = []
    for word, value in wanted:
        ids = [word] if isinstance(word, int) else native.tokens_inside(word)
        if len(ids) != 1 or not 0 <= ids[0] < native.words:
            raise EngineError(
                _(
                    "“{word}” is not one token of this model, so it cannot be weighted; take another word.",
                    word=str(word)[:60],
                )
            )
        found.append(llama.llama_logit_bias(ids[0], float(value)))
    return found


def grammar_sampler(native: Native, grammar: str) -> Any:
    """A grammar ready for use; raises `EngineError` when llama.cpp finds a fault in it."""
    if len(grammar) > MOST_GRAMMAR or _depth(grammar) > DEEPEST_GRAMMAR:
        raise EngineError(_("The grammar is too long or too deeply nested; make it simpler."))
    if "\0" in grammar:
        raise EngineError(_("The grammar has a NUL character in it; remove it."))
    made = llama.llama_sampler_init_grammar(native.vocab, grammar.encode(), b"root")
    if not made:
        why = last_words("rule", "recurs", "expect", "pars", "root") or _("it has no rule “root”")
        raise EngineError(_("The grammar does not work: {why}.", why=why.rstrip(".")))
    return made


def grammar_of(how: Sampling) -> str:
    """The grammar a reply is held to: its own, or that of a JSON schema; raises `EngineError`."""
    if how.grammar or how.schema is None:
        return how.grammar
    text = json.dumps(how.schema)
    if len(text) > MOST_SCHEMA or _depth(text) > DEEPEST:
        raise EngineError(_("The JSON schema is too long or too deeply nested; make it simpler."))
    if any(not ref.startswith("#") for ref in _references(how.schema)):
        raise EngineError(_("The JSON schema refers to another place; put everything into it."))
    from llama_cpp.llama_grammar import json_schema_to_gbnf

    try:
        grammar = str(json_schema_to_gbnf(text))
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError) as exc:
        raise EngineError(_("The JSON schema does not work: {why}.", why=str(exc)[:160])) from exc
    # JSON allows no control character within a text, though the converter does
    return grammar.replace('char ::= [^"\\\\] |', 'char ::= [^"\\\\\\x7F\\x00-\\x1F] |')


def _references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        own = [str(schema["$ref"])] if "$ref" in schema else []
        return own + [r for value in schema.values() for r in _references(value)]
    return [r for value in schema for r in _references(value)] if isinstance(schema, list) else []


def _depth(text: str) -> int:
    deepest = depth = 0
    for letter in text:
        if letter in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in ")]}":
            depth -= 1
    return deepest
