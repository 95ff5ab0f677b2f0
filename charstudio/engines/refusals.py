"""What a model server says when it says no, told to the writer in one sentence."""

from __future__ import annotations

import json
from typing import Any

from charstudio.errors import EngineError
from charstudio.i18n import _


class Refused(EngineError):  # noqa: N818 - it is what happened
    """The server answered, but not with a reply; `status` and `said` tell what it did not like."""

    def __init__(self, sentence: str, status: int, said: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.said = said


def refusal(status: int, why: str, where: str, there: str, *, keyed: bool) -> str:
    """One sentence for a status; `why` is the server's own word, `there` where it wanted to send us."""
    if there:
        return _(
            "{where} sends on to {there}; if you trust that server, give its address.",
            where=where,
            there=tidy(there, ""),
        )
    if status in (401, 403):
        return (
            _("{where} refuses the key; check it.", where=where)
            if keyed
            else _("{where} asks for a key; give the one it was started with.", where=where)
        )
    if status in (404, 405):
        return _why(_("{where} does not know what was asked; check address and model", where=where), why)
    if status == 413:
        return _(
            "{where} finds the text too long; give it a larger context or shorten the talk.", where=where
        )
    if status == 429:
        return _("{where} has too much to do; wait a moment and try again.", where=where)
    if status in (502, 503):
        return _why(_("{where} is not ready yet; wait a moment and try again", where=where), why)
    if 400 <= status < 500:
        return _why(_("{where} could not take the question", where=where), why)
    if status >= 500:
        return _why(_("{where} failed on its own; look into its window or log", where=where), why)
    return _("{where} answered in a way that is not understood; check the address.", where=where)


def said_by(body: bytes) -> str:
    """The message inside an error answer, in any of the forms servers use."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
    return message_in(found)


def message_in(found: Any) -> str:
    """The words of an error object: OpenAI's, FastAPI's, vLLM's or a bare text."""
    if isinstance(found, str):
        return found
    if isinstance(found, list):
        return "; ".join(filter(None, map(message_in, found[:3])))
    if isinstance(found, dict):
        for name in ("error", "message", "detail", "msg"):
            if text := message_in(found.get(name)):
                return text
    return ""


def tidy(text: str, key: str) -> str:
    """A server's words in one line of at most 200 letters, without the key and without control marks."""
    if key:
        text = text.replace(key, "…")
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())
    return line if len(line) <= 200 else line[:199] + "…"


def _why(sentence: str, why: str) -> str:
    return _("{sentence}. It says: {why}", sentence=sentence, why=why) if why else f"{sentence}."
