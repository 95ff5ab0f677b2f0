"""Turns chat messages into what a model was trained on; nothing a person wrote becomes a control word."""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Any

from charstudio.errors import EngineError
from charstudio.i18n import _

SECONDS = 2
MAX_TEXT = 4_000_000
MAX_TEMPLATE = 1_000_000
MAX_MEMORY = 512 * 1024 * 1024  # bytes a template may take beyond what is in use

# What a template can raise that is its own fault; it is a program that somebody else wrote.
_ITS_FAULT = (
    TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RuntimeError, MemoryError,
)  # fmt: skip

_MARK = re.compile("\ue000(\\d+)\ue001")

Stretch = tuple[str, "dict[str, Any] | None"]


@dataclass(frozen=True, slots=True)
class Wording:
    """A chat template with the begin and end words of its model."""

    template: str
    bos: str = ""
    eos: str = ""


def render(wording: Wording, messages: Sequence[dict[str, Any]]) -> list[Stretch]:
    """The stretches of a prompt: (a template's own words, None) or (content, its message).

    Content is put in after rendering, so that nothing in it can become a control word. A template
    that has no place for a system message gets it merged into the first message of the writer.
    Raises `EngineError`.
    """
    messages = list(messages)
    system = bool(messages) and messages[0]["role"] == "system"
    try:
        found = _rendered(wording, messages)
    except EngineError:
        if not system:
            raise
        return _rendered(wording, _merged(messages))
    if system and not any(m is messages[0] for _text, m in found):
        return _rendered(wording, _merged(messages))
    return found


def shortcomings(wording: Wording) -> tuple[str, ...]:
    """What a writer should know about a template, in sentences; raises `EngineError` if it is of no use."""
    talk: list[dict[str, Any]] = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "u"},
    ]
    render(wording, talk)
    try:
        has_place = any(m is talk[0] for _text, m in _rendered(wording, talk))
    except EngineError:
        has_place = False
    if has_place:
        return ()
    return (_("Its chat template has no place for instructions: the sheet is told with the first message."),)


def _rendered(wording: Wording, messages: Sequence[dict[str, Any]]) -> list[Stretch]:
    from jinja2 import TemplateError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    if len(wording.template) > MAX_TEMPLATE:
        raise EngineError(_("The model’s chat template is too long; choose another model."))
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    marked = [{"role": m["role"], "content": f"\ue000{n}\ue001"} for n, m in enumerate(messages)]
    try:
        with _limited():
            text = environment.from_string(wording.template).render(
                messages=marked,
                add_generation_prompt=True,
                bos_token=wording.bos,
                eos_token=wording.eos,
                tools=None,
                enable_thinking=False,
            )
    except (TemplateError, *_ITS_FAULT) as exc:
        raise EngineError(_("The model’s chat template does not work: {why}.", why=str(exc)[:200])) from exc
    if len(text) > MAX_TEXT:
        raise EngineError(_("The model’s chat template writes too much; choose another model."))
    found = list(_split(text, messages))
    if messages and not any(m is messages[-1] for _text, m in found):
        raise EngineError(_("The model’s chat template leaves the last message out; choose another model."))
    return found


def _split(text: str, messages: Sequence[dict[str, Any]]) -> Iterator[Stretch]:
    for n, part in enumerate(_MARK.split(text)):
        if n % 2 and int(part) < len(messages):
            yield messages[int(part)]["content"], messages[int(part)]
        elif part and not n % 2:
            yield part, None


def _merged(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    system, rest = messages[0], list(messages[1:])
    if not rest or rest[0]["role"] != "user":
        return [{**system, "role": "user"}, *rest]
    parts = [*_parts(system), ("template", "\n\n", ()), *_parts(rest[0])]
    rest[0] = {**rest[0], "content": "".join(text for _section, text, _ids in parts), "parts": parts}
    return rest


def _parts(message: dict[str, Any]) -> list[Any]:
    return list(message.get("parts") or [("message", message["content"], ())])


def _raise(message: str) -> Any:
    raise ValueError(message)


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """Give up on a template that loops or swallows memory; without an alarm the parent's patience ends it."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise EngineError(_("The model’s chat template never ends; choose another model."))

    was = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        with _little_memory():
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, was)


@contextlib.contextmanager
def _little_memory() -> Iterator[None]:
    import resource
    from pathlib import Path

    statm = Path("/proc/self/statm")
    if not statm.exists():
        yield
        return
    pages = int(statm.read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + MAX_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most if soft < 0 else min(most, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
