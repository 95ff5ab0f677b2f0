"""How one model server wants to be asked: begins with all we would like, and learns from every refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from charstudio.engines.refusals import Refused
from charstudio.model import Prompt, Sampling

Kind = Literal["llama-server", "llama-cpp-python", "vLLM", "Ollama", "LM Studio", "unknown"]
Schemas = Literal["json_schema", "json_object", "none"]

# What `/v1/models` gives as the owner of a model tells the servers apart.
OWNERS: dict[str, Kind] = {
    "llamacpp": "llama-server",
    "me": "llama-cpp-python",
    "vllm": "vLLM",
    "library": "Ollama",
    "organization_owner": "LM Studio",
}
# Not in OpenAI's interface; each server has its own choice of these. The steady ones are always sent, since
# servers have values of their own for them; the others are left out at the value that does nothing.
STEADY = ("top_k", "min_p", "repeat_penalty")
EXTRAS: dict[str, Any] = {
    "top_k": 0,
    "min_p": 0.0,
    "repeat_penalty": 1.0,
    "typical_p": 1.0,
    "dry_multiplier": 0.0,
    "xtc_probability": 0.0,
}
WITH: dict[str, tuple[str, ...]] = {
    "repeat_penalty": ("repeat_last_n",),
    "dry_multiplier": ("dry_base", "dry_allowed_length", "dry_penalty_last_n", "dry_sequence_breakers"),
    "xtc_probability": ("xtc_threshold",),
}
# In OpenAI's interface; sent when they do something.
PLAIN: dict[str, Any] = {"presence_penalty": 0.0, "frequency_penalty": 0.0}
ALWAYS = ("temperature", "top_p", "seed", "stop")
MOST_STOPS = 4
UNKNOWN = (
    "unknown",
    "unsupported",
    "not support",
    "unrecogni",
    "extra",
    "not permitted",
    "unexpected",
    "not allowed",
)
NO_TEMPLATE = (
    "no chat template",
    "provide a chat template",
    "not define",
    "without a chat template",
    "chat_template is not",
)


@dataclass(slots=True)
class Dialect:
    """What is known of a server: `ask` builds a question, `learn` says whether to ask again otherwise."""

    kind: Kind = "unknown"
    chat: bool = True
    chat_is_fixed: bool = False
    usage: bool = True
    schemas: Schemas = "json_schema"
    length_name: str = "max_tokens"
    dropped: set[str] = field(default_factory=set)

    def ask(self, model: str, prompt: Prompt, sampling: Sampling, seed: int) -> tuple[str, dict[str, Any]]:
        """The path and the body of a question."""
        body: dict[str, Any] = {"model": model, "stream": True, self.length_name: sampling.max_tokens}
        if self.usage:
            body["stream_options"] = {"include_usage": True}
        body |= {"temperature": sampling.temperature, "top_p": sampling.top_p, "seed": seed}
        stops = [] if self.chat else [s for s in prompt.stops if s][:MOST_STOPS]
        if stops:
            body["stop"] = stops
        body |= self._extras(sampling) | self._form(sampling)
        for name in self.dropped:
            body.pop(name, None)
        if self.chat:
            body["messages"] = [{"role": m.role, "content": m.content} for m in prompt.messages]
            return "/v1/chat/completions", body
        body["prompt"] = prompt.flat
        return "/v1/completions", body

    def learn(self, refused: Refused, body: dict[str, Any]) -> bool:
        """Whether asking in another way may help; every True leaves fewer ways, so this ends."""
        said = refused.said.lower()
        if self.chat and not self.chat_is_fixed and _no_chat(refused.status, said):
            self.chat = False
            return True
        # llama_cpp.server calls a field it does not know its own failure.
        if refused.status not in (400, 422, 501) and "validation error" not in said:
            return False
        return (
            self._usage(said, body)
            or self._schema(said, body)
            or self._length(said)
            or self._fields(said, body)
        )

    def lacking(self) -> list[str]:
        """Which wishes this server turned down, by their names in the interface."""
        return sorted(self.dropped)

    def _extras(self, sampling: Sampling) -> dict[str, Any]:
        """What does something, read by name: a sampling may know more than this one."""
        found: dict[str, Any] = {}
        for name, idle in (EXTRAS | PLAIN).items():
            value = getattr(sampling, name, idle)
            if value != idle or name in STEADY:
                found[name] = value
                found |= {n: _plain(getattr(sampling, n)) for n in WITH.get(name, ()) if hasattr(sampling, n)}
        if found["repeat_penalty"] != 1.0 and self.kind in ("vLLM", "unknown"):
            found["repetition_penalty"] = found["repeat_penalty"]
        if bias := {str(token): value for token, value in sampling.logit_bias if isinstance(token, int)}:
            found["logit_bias"] = bias
        if self.kind == "llama-server":
            found["return_progress"] = True
        return found

    def _form(self, sampling: Sampling) -> dict[str, Any]:
        """What holds the reply to a form: a grammar, or a JSON schema in the words this server knows."""
        if grammar := sampling.grammar:
            return {"grammar": grammar}
        schema = sampling.schema
        if not schema or self.schemas == "none":
            return {}
        if self.schemas == "json_object":
            return {"response_format": {"type": "json_object", "schema": schema}}
        if self.kind == "llama-server" and not self.chat:
            return {"json_schema": schema}
        named = {"name": "reply", "schema": schema, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": named}}

    def _usage(self, said: str, body: dict[str, Any]) -> bool:
        if "stream_options" in body and ("stream_options" in said or "include_usage" in said):
            self.usage = False
            return True
        return False

    def _schema(self, said: str, body: dict[str, Any]) -> bool:
        names = ("response_format", "json_schema", "json_object", "schema")
        if "response_format" not in body or not any(name in said for name in names):
            return False
        self.schemas = "json_object" if self.schemas == "json_schema" else "none"
        return True

    def _length(self, said: str) -> bool:
        if self.length_name == "max_tokens" and "max_completion_tokens" in said:
            self.length_name = "max_completion_tokens"
            return True
        return False

    def _fields(self, said: str, body: dict[str, Any]) -> bool:
        """Drop the fields that were named; all extras when something unknown was not."""
        unknown = any(word in said for word in UNKNOWN)
        extras = set(EXTRAS) | {n for names in WITH.values() for n in names}
        extras |= {"repetition_penalty", "return_progress"}
        there = (extras | set(PLAIN) | set(ALWAYS) | {"logit_bias", "grammar"}) & body.keys()
        named = {name for name in there if _names(said, name) and (unknown or name in extras)}
        drop = named or (there & extras if unknown else set())
        self.dropped |= drop
        return bool(drop)


def _names(said: str, field_name: str) -> bool:
    """Whether a refusal names a field as such: `stop` is also an English word."""
    quoted = (f"{mark}{field_name}{mark}" for mark in "\"'`")
    return (
        any(q in said for q in quoted)
        or ("_" in field_name and field_name in said)
        or f": {field_name}" in said
    )


def _no_chat(status: int, said: str) -> bool:
    if status in (404, 405):
        # "model not found" is also a 404, and there the chat route is not to blame.
        return "model" not in said
    return "template" in said and any(words in said for words in NO_TEMPLATE)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
