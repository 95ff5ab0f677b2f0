"""Turns chat messages into what a model was trained on; nothing a person wrote becomes a control word."""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Iterator, Sequence
from datetime import datetime
from types import FrameType
from typing import Any

from charstudio.errors import EngineError
from charstudio.i18n import _

SECONDS = 2
MAX_TEXT = 4_000_000

_MARK = re.compile("\ue000(\\d+)\ue001")


def render(template: str, messages: Sequence[dict[str, str]], bos: str, eos: str) -> list[tuple[str, bool]]:
    """The parts of a prompt: (text, whether control words in it count); raises `EngineError`.

    Content is put in after rendering, so that nothing in it can become a control word. A template
    that has no place for a system message gets it merged into the first message of the writer.
    """
    messages = list(messages)
    try:
        parts = _rendered(template, messages, bos, eos)
    except EngineError:
        if messages and messages[0]["role"] == "system":
            return _rendered(template, _merged(messages), bos, eos)
        raise
    if (
        messages
        and messages[0]["role"] == "system"
        and not any(t == messages[0]["content"] for t, _c in parts)
    ):
        return _rendered(template, _merged(messages), bos, eos)
    return parts


def _rendered(
    template: str, messages: Sequence[dict[str, str]], bos: str, eos: str
) -> list[tuple[str, bool]]:
    from jinja2 import TemplateError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    marked = [{**m, "content": f"\ue000{n}\ue001"} for n, m in enumerate(messages)]
    try:
        with _limited():
            text = environment.from_string(template).render(
                messages=marked, add_generation_prompt=True, bos_token=bos, eos_token=eos, tools=None
            )
    except (
        TemplateError,
        TypeError,
        ValueError,
        KeyError,
        OverflowError,
        MemoryError,
        RecursionError,
    ) as exc:
        raise EngineError(_("The model’s chat template does not work: {why}.", why=str(exc)[:200])) from exc
    if len(text) > MAX_TEXT:
        raise EngineError(_("The model’s chat template writes too much; choose another model."))
    return list(_split(text, [m["content"] for m in messages]))


def _split(text: str, contents: Sequence[str]) -> Iterator[tuple[str, bool]]:
    for n, part in enumerate(_MARK.split(text)):
        if n % 2:
            yield contents[int(part)], False
        elif part:
            yield part, True


def _merged(messages: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    system, rest = messages[0]["content"], list(messages[1:])
    if rest and rest[0]["role"] == "user":
        rest[0] = {"role": "user", "content": f"{system}\n\n{rest[0]['content']}"}
        return rest
    return [{"role": "user", "content": system}, *rest]


def _raise(message: str) -> Any:
    raise ValueError(message)


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """Give up on a template that loops; where there is no alarm the parent's patience ends it."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise EngineError(_("The model’s chat template never ends; choose another model."))

    was = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, was)
