"""Asks a model server all that charstudio would ask of it, and tells what works."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from charstudio.engines.call import Patience
from charstudio.engines.door import Figures, Piece
from charstudio.engines.replies import OnlyThought
from charstudio.engines.server import ServerEngine
from charstudio.errors import Cancel, EngineError
from charstudio.i18n import _
from charstudio.model import ChatMessage, Prompt, Sampling

QUESTION = "Count from one to five, please."
ASKED = Prompt((ChatMessage("user", QUESTION),), f"Visitor: {QUESTION}\nJane:", ("\nVisitor:",))
SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class ServerReport:
    """What a server can do; `trouble` is a sentence while it is not usable, times are milliseconds.

    `schema` is the word by which it takes a JSON schema, `json_schema` or `json_object`, or empty.
    """

    address: str
    kind: str
    model: str
    models: tuple[str, ...]
    context: int
    chat: bool
    completions: bool
    schema: str
    counts: bool
    streams: bool
    ttft_ms: float
    tokens_per_s: float
    warnings: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def usable(self) -> bool:
        """Whether a talk can be held with it."""
        return self.chat or self.completions

    def as_words(self) -> dict[str, Any]:
        """What the writer reads, by name."""
        return {
            _("address"): self.address,
            _("server"): self.kind,
            _("models"): ", ".join(self.models),
            _("model asked"): self.model,
            _("context"): _("{n} tokens", n=self.context) if self.context else _("not told"),
            _("chat"): _yes(self.chat),
            _("completions"): _yes(self.completions),
            _("streaming"): _yes(self.streams),
            _("JSON schema"): _("yes, as {word}", word=self.schema) if self.schema else _yes(False),
            _("token counting"): _yes(self.counts),
            _("first token after"): _("{ms:.0f} ms", ms=self.ttft_ms) if self.usable else "–",
        }


@dataclass(slots=True)
class _Tried:
    """How one question went; `figures` stays None where it failed."""

    text: str = ""
    trouble: str = ""
    works: bool = False
    figures: Figures | None = None


def check_server(
    url: str,
    model: str = "",
    key: str = "",
    cancel: Cancel | None = None,
    context: int = 2**20,
    patience: Patience | None = None,
) -> ServerReport:
    """Try every road to a server with short questions; raises `EngineError` when nobody answers at all."""
    cancel = cancel or Cancel()

    def engine(*, completions: bool) -> ServerEngine:
        return ServerEngine(url, model, key, completions, context, patience)

    chat, plain = engine(completions=False), engine(completions=True)
    info = chat.describe(cancel)
    tried = {e: _try(e, Sampling(max_tokens=16, seed=1), cancel) for e in (chat, plain)}
    best = chat if tried[chat].works else plain
    streams = best.streams
    figures = tried[best].figures
    return ServerReport(
        address=chat.address,
        kind=chat.kind,
        model=chat.model,
        models=chat.models(),
        context=info.context if info.context < context else 0,
        chat=tried[chat].works,
        completions=tried[plain].works,
        schema=_schema_of(best, cancel) if tried[best].works else "",
        counts=_counts(best),
        streams=streams,
        ttft_ms=figures.ttft_ms if figures else 0.0,
        tokens_per_s=figures.tokens_per_s if figures else 0.0,
        warnings=tuple(chat.warnings),
        trouble="" if tried[best].works else tried[chat].trouble,
    )


def _try(engine: ServerEngine, sampling: Sampling, cancel: Cancel) -> _Tried:
    tried = _Tried()
    try:
        for event in engine.stream(ASKED, sampling, cancel):
            if isinstance(event, Piece):
                tried.text += event.text
            elif isinstance(event, Figures):
                tried.figures = event
        tried.works = True
    except OnlyThought:
        tried.works = True
    except EngineError as exc:
        tried.trouble = str(exc)
    return tried


def _schema_of(engine: ServerEngine, cancel: Cancel) -> str:
    """By which word a schema is taken and kept to; a server may take it and forget it."""
    tried = _try(engine, Sampling(temperature=0.0, max_tokens=60, seed=1, schema=SCHEMA), cancel)
    try:
        kept = isinstance(json.loads(tried.text)["ok"], bool)
    except (ValueError, KeyError, TypeError, RecursionError):
        kept = False
    return engine.schemas if kept and engine.schemas != "none" else ""


def _counts(engine: ServerEngine) -> bool:
    try:
        return engine.count([QUESTION])[0] > 0 and engine.counts_exactly
    except EngineError:
        return False


def _yes(works: bool) -> str:
    return _("yes") if works else _("no")
