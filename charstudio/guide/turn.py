"""What one exchange of guided mode is made of: a reply, the next question, and chips to click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from charstudio.model import Change


@dataclass(frozen=True, slots=True)
class Ask:
    """A question in the blank voice's first person; `reason` is one line that says what led to it.

    `source` is the decided attribute from which a link of the network led here, if one did.
    """

    attribute: str
    label: str
    text: str
    reason: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """Something to click: a value for an attribute, or (with no attribute) an act that was meant perhaps.

    `reason` says in a line why it is offered; `origin` is `model` for what a language model thought of.
    """

    text: str
    attribute: str
    value: str
    act: str = "answer"
    reason: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one line of the writer; `changes` are already on the sheet."""

    act: str
    changes: tuple[Change, ...]
    reply: str
    ask: Ask | None
    chips: tuple[Chip, ...]
    mode: str = "guide"


def as_json(turn: Turn) -> dict[str, Any]:
    """A turn as the command line prints it."""
    return {
        "act": turn.act,
        "changes": [{"attribute": c.attribute, "value": c.value, "op": c.op} for c in turn.changes],
        "reply": turn.reply,
        "ask": {"attribute": turn.ask.attribute, "text": turn.ask.text, "reason": turn.ask.reason}
        if turn.ask
        else None,
        "chips": [
            {"text": c.text, "attribute": c.attribute, "value": c.value, "reason": c.reason}
            for c in turn.chips
        ],
    }
