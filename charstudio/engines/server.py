"""Any model server that speaks as OpenAI's does: llama-server, vLLM, Ollama, LM Studio and their like."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from charstudio.engines.call import Answer, Patience, broke_off, looks_like_html
from charstudio.engines.dialect import OWNERS, Dialect, Kind, Schemas
from charstudio.engines.door import EngineEvent, Figures, ModelInfo, Piece, Reading, Stretch, stretches_of
from charstudio.engines.refusals import Refused
from charstudio.engines.replies import Reply
from charstudio.engines.sse import REPLY_CAP
from charstudio.engines.wire import Wire, is_loopback
from charstudio.errors import Cancel, EngineError
from charstudio.i18n import _
from charstudio.model import Prompt, Sampling

log = logging.getLogger(__name__)

LETTERS_PER_TOKEN = 3.5
COUNT_AT_ONCE = 4
PER_MESSAGE = 8  # tokens that a template puts around a message
AFTER_THE_END = 2.0


class ServerEngine:
    """One model of one server. What the server turns down is left out from then on, until `restart()`.

    `model` empty takes the first the server lists. `completions` True asks with the transcript, False with
    chat messages, None with chat messages unless the server says that the model has no chat template.
    `streams` tells whether the last reply came in pieces.
    """

    def __init__(
        self,
        url: str,
        model: str = "",
        key: str = "",
        completions: bool | None = None,
        context: int = 4096,
        patience: Patience | None = None,
    ) -> None:
        self._wire = Wire(url, key, patience)
        self._asked_model = model
        self._completions = completions
        self._context = context
        self._info: ModelInfo | None = None
        self._counted: dict[str, int] = {}
        self._open_road = (
            bool(key) and self._wire.root.startswith("http:") and not is_loopback(self._wire.root)
        )
        self.streams = False
        self.restart()

    @property
    def kind(self) -> Kind:
        """Which program answers, as far as it told; known after `describe()`."""
        return self._dialect.kind

    @property
    def model(self) -> str:
        """The model that is asked, as the server calls it; known after `describe()`."""
        return self._model

    @property
    def schemas(self) -> Schemas:
        """In which words the server takes a JSON schema, as far as it was asked."""
        return self._dialect.schemas

    @property
    def address(self) -> str:
        """The address in front of `/v1`."""
        return self._wire.root

    @property
    def warnings(self) -> list[str]:
        """What the writer should know of this server, in sentences."""
        found = []
        if self._open_road:
            found.append(_("The key goes to {url} unprotected; use https.", url=self._wire.root))
        if self.kind == "Ollama":
            found.append(
                _(
                    "Ollama cuts what is too long without a word; start it with OLLAMA_CONTEXT_LENGTH={n}.",
                    n=self._context,
                )
            )
        if "grammar" in self._dialect.dropped:
            found.append(_("This server cannot hold a reply to a grammar."))
        return found

    @property
    def counts_exactly(self) -> bool:
        """Whether `count` asks the server; False once it had to estimate."""
        return self._counts_exactly

    def restart(self) -> None:
        """Forget what was learned about the server, so that the next question begins anew."""
        self._info = None
        self._model = ""
        self._models: tuple[str, ...] = ()
        self._dialect = Dialect(chat=not self._completions, chat_is_fixed=self._completions is not None)
        self._counts_exactly = True
        self._counted.clear()
        self._more_per_count = 0

    def models(self, cancel: Cancel | None = None) -> tuple[str, ...]:
        """The models that the server lists."""
        self.describe(cancel)
        return self._models

    def describe(self, cancel: Cancel | None = None) -> ModelInfo:
        """Ask once which models there are; raises `EngineError`."""
        if self._info is None:
            self._info = self._find(cancel or Cancel())
        name, context = self._info.name, self._info.context
        return ModelInfo(name, context, has_template=self._dialect.chat)

    def load(self, cancel: Cancel) -> Iterator[EngineEvent]:
        """Look whether the server is there; it loads its models by itself."""
        self.describe(cancel)
        yield from ()

    def measure(self, prompt: Prompt) -> int:
        """Tokens of what is sent, and a few for each message that the server's template adds."""
        if not self.describe().has_template:
            return sum(self.count([prompt.flat]))
        return sum(self.count([m.content for m in prompt.messages])) + PER_MESSAGE * len(prompt.messages)

    def inspect(self, prompt: Prompt) -> tuple[Stretch, ...]:
        """What is sent; what the server keeps of it is its own affair."""
        return stretches_of(prompt, self.count, chat=self.describe().has_template)

    def read_ahead(self, prompt: Prompt) -> None:
        """A server reads when it is asked."""

    def score(
        self, prompt: Prompt, options: Sequence[str], cancel: Cancel, *, orders: int = 2
    ) -> list[float]:
        """Not offered by servers in a way that can be relied on."""
        raise _cannot_score()

    def forget(self, slot: str) -> None:
        """What a server keeps is its own affair."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the server counts them, else an estimate (`counts_exactly` tells)."""
        self.describe()
        new = [t for t in dict.fromkeys(texts) if t not in self._counted]
        if len(self._counted) > 5000:
            self._counted.clear()
            new = list(dict.fromkeys(texts))
        if new and self._counts_exactly:
            self._count_new(new)
        return [self._counted.get(t, _estimate(t)) for t in texts]

    def stream(self, prompt: Prompt, sampling: Sampling, cancel: Cancel) -> Iterator[EngineEvent]:
        """Write a reply, or several in turn; raises `EngineError` and, after Stop, `Cancelled`."""
        yield from self.load(cancel)
        seed = secrets.randbelow(2**31) if sampling.seed is None else sampling.seed
        begun = time.monotonic()
        replies: list[Reply] = []
        for branch in range(max(1, sampling.n)):
            # Servers keep a prompt they have read, so asking in turn costs little; few of them know `n`.
            reply = Reply([] if self._dialect.chat else prompt.stops, self._wire.tidy, self._wire.where)
            yield from self._write(reply, prompt, sampling, (seed + branch) % 2**32, branch, cancel)
            replies.append(reply)
            self.streams = reply.events > 1
        yield _figures(replies, begun, seed)

    def close(self) -> None:
        """Hang up; the server keeps its model to itself."""
        self._wire.close()

    def _find(self, cancel: Cancel) -> ModelInfo:
        try:
            listed = self._wire.get("/v1/models", cancel)
        except Refused as exc:
            if exc.status not in (404, 405, 501) or not self._asked_model:
                raise
            listed = {"data": []}
        entries = [m for m in _list(listed) if isinstance(m, dict) and isinstance(m.get("id"), str)]
        self._models = tuple(m["id"] for m in entries)
        name = self._asked_model or next(iter(self._models), "")
        if not name:
            raise EngineError(
                _("{where} lists no model; load one there, or name one.", where=self._wire.where)
            )
        chosen = next((m for m in entries if m["id"] == name), entries[0] if entries else {})
        self._model = name
        self._dialect.kind = OWNERS.get(str(chosen.get("owned_by", "")), "unknown")
        told = self._told_context(chosen, cancel)
        shown = PurePath(name).name if name.startswith("/") else name
        return ModelInfo(shown, min(self._context, told) if told else self._context, has_template=True)

    def _told_context(self, entry: dict[str, Any], cancel: Cancel) -> int:
        """How many tokens the server reads, 0 if it does not tell."""
        found = entry.get("max_model_len") or _dict(entry.get("meta")).get("n_ctx")
        if not found and self._dialect.kind == "llama-server":
            try:
                props = self._wire.get("/props", cancel)
            except Refused:
                return 0
            found = _dict(_dict(props).get("default_generation_settings")).get("n_ctx")
        return found if isinstance(found, int) and found > 0 else 0

    def _write(
        self, reply: Reply, prompt: Prompt, sampling: Sampling, seed: int, branch: int, cancel: Cancel
    ) -> Iterator[EngineEvent]:
        until = time.monotonic() + self._wire.patience.first
        answer = self._answer(prompt, sampling, seed, cancel, until)
        try:
            for event in reply.read(self._events(reply, answer, until)):
                yield _of_branch(event, branch)
        finally:
            answer.close()

    def _answer(self, prompt: Prompt, sampling: Sampling, seed: int, cancel: Cancel, until: float) -> Answer:
        """Ask, and ask again in other words while the server turns down what can be left out."""
        while True:
            path, body = self._dialect.ask(self._model, prompt, sampling, seed)
            try:
                return self._wire.ask("POST", path, body, cancel, until)
            except Refused as exc:
                if not self._dialect.learn(exc, body):
                    if exc.status == 404:
                        # The model may have been changed there; the next question looks anew.
                        self._info = None
                    raise
                log.info(
                    "the server turned something down (%s); left out: %s", exc.status, self._dialect.lacking()
                )

    def _events(self, reply: Reply, answer: Answer, until: float) -> Iterator[str]:
        """The events of a reply; a server that does not stream gives one."""
        first = answer.peek(until)
        if answer.kind == "text/html" or looks_like_html(first):
            raise self._wire.web_page()
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise EngineError(_("{where} packs its replies; switch that off.", where=self._wire.where))
        if first.startswith(b"{"):
            yield answer.whole(REPLY_CAP, until).decode("utf-8", "replace")
            return
        if not first:
            raise broke_off(self._wire.where)
        for event in answer.events(until):
            yield event
            if reply.stopped_by:
                # Only the figures are missing, and some servers neither send them nor hang up.
                answer.between = min(answer.between, AFTER_THE_END)

    def _count_new(self, texts: list[str]) -> None:
        try:
            if not self._counted and self.kind == "llama-cpp-python":
                # It counts the beginning of the text as a token of its own.
                self._more_per_count = self._count_one("")
            with ThreadPoolExecutor(COUNT_AT_ONCE) as pool:
                counts = list(pool.map(self._count_one, texts))
        except Refused:
            self._counts_exactly = False
            return
        self._counted.update(
            (t, max(0, n - self._more_per_count)) for t, n in zip(texts, counts, strict=True)
        )

    def _count_one(self, text: str) -> int:
        name = self._model
        body: dict[str, Any]
        if self.kind == "llama-cpp-python":
            path, body = "/extras/tokenize/count", {"input": text, "model": name}
        else:
            # llama-server reads `content`, vLLM `prompt`; each leaves the other's fields alone.
            path = "/tokenize"
            body = {"content": text, "prompt": text, "model": name, "add_special_tokens": False}
        found = _dict(self._wire.post(path, body, Cancel()))
        count = found.get("count", found.get("tokens"))
        if isinstance(count, list):
            return len(count)
        if isinstance(count, int) and count >= 0:
            return count
        raise Refused(_("{where} does not count tokens.", where=self._wire.where), 501, "")


def _cannot_score() -> EngineError:
    return EngineError(_("A model server cannot weigh options; use a model on this computer for that."))


def _estimate(text: str) -> int:
    return max(1, round(len(text) / LETTERS_PER_TOKEN)) if text else 0


def _figures(replies: list[Reply], begun: float, seed: int) -> Figures:
    last = replies[-1]
    tokens = sum(r.tokens for r in replies)
    first = min((r.first_at for r in replies if r.first_at), default=time.monotonic())
    seconds = sum(r.seconds for r in replies)
    return Figures(
        prompt_tokens=max(r.prompt_tokens for r in replies),
        cached_tokens=replies[0].cached_tokens,
        tokens=tokens,
        ttft_ms=round(1000 * (first - begun), 1),
        tokens_per_s=round(tokens / seconds, 2) if seconds > 0 else 0.0,
        stopped_by=last.stopped_by,
        seed=seed,
    )


def _of_branch(event: Piece | Reading, branch: int) -> EngineEvent:
    # The first reply is the branch that pieces have by themselves.
    more: Any = {"branch": branch}
    return replace(event, **more) if branch and isinstance(event, Piece) else event


def _list(found: Any) -> list[Any]:
    rows = found.get("data", found.get("models")) if isinstance(found, dict) else found
    return rows if isinstance(rows, list) else []


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
