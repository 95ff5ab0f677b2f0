"""Asks a model to choose among options without letting it write: each is told, then weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from charstudio.i18n import _
from charstudio.model import ChatMessage, Part, Prompt


def orders_of(options: Sequence[str], count: int) -> list[list[str]]:
    """So many orders of options: as given, backwards, then each rotated, so that no place is favoured."""
    found: list[list[str]] = []
    for turn in range(len(options)):
        turned = [*options[turn:], *options[:turn]]
        found += [turned, turned[::-1]]
    distinct = [order for n, order in enumerate(found) if order not in found[:n]]
    return distinct[: max(1, count)]


def with_options(prompt: Prompt, options: Sequence[str]) -> Prompt:
    """The prompt with its options told just before the answer."""
    told = "\n" + _("(One of these: {options}.)", options="; ".join(options))
    transcript = prompt.transcript or (Part("message", prompt.flat),)
    *before, last = transcript
    if len(transcript) > 1:
        transcript = (*before, Part("options", told), last)
    else:
        head, _line, tail = last.text.rpartition("\n")
        transcript = (Part(last.section, head), Part("options", told), Part(last.section, "\n" + tail))
    messages = list(prompt.messages)
    if messages:
        asked = messages[-1]
        parts = (*(asked.parts or (Part("message", asked.content),)), Part("options", told))
        messages[-1] = ChatMessage(asked.role, asked.content + told, parts)
    return replace(
        prompt,
        messages=tuple(messages),
        flat="".join(part.text for part in transcript),
        transcript=tuple(transcript),
    )
