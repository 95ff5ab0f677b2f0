"""What a character's lorebook brings to one turn of a talk: texts that are told once while they are read."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from charstudio.cards import Card
from charstudio.model import Message
from charstudio.talk.lore import activate
from charstudio.talk.lore_entry import Role, entries_of
from charstudio.talk.lore_places import gathered
from charstudio.talk.lore_values import LoreSettings, Said
from charstudio.talk.macros import Names, expanded, matchable

CONTEXT = 4096  # tokens of which a quarter may be lore; without a model three letters count as one


def told_by_lore(
    book: Mapping[str, Any],
    names: Names,
    history: Sequence[Message],
    text: str,
    *,
    seed: str = "",
    beside: Mapping[Any, str] | None = None,
) -> tuple[str, ...]:
    """The texts of a lorebook (as a card gives it) that a talk and its new message wake, lowest order first.

    Nothing lasts from one turn to the next: what was told stays in the history and is not told again.
    """
    said = [_said(message) for message in history if message.body.strip()]
    said.append(Said(matchable(text), names.user))
    settings = LoreSettings(
        context=CONTEXT,
        character=names.char,
        beside=beside or {},
        dry=True,
        expand=lambda content: expanded(content, names, seed=seed),
        reveal=lambda content: expanded(content, names, seed=seed, hidden=True),
    )
    chance = random.Random(f"{seed}\x00{len(said)}\x00{text}")  # noqa: S311 - not secrets
    entries = gathered([("character", entries_of(book, "card"))])
    outcome = activate(entries, said, settings, chance, lambda content: len(content) // 3 + 1)
    told = sorted(outcome.active, key=lambda one: one.entry.order)
    return tuple(text for one in told if (text := one.text.strip()))


def told_by_card_lore(
    card: Card, called: str, user: str, history: Sequence[Message], text: str
) -> tuple[str, ...]:
    """What the lorebook of a card has to say to a new message; nothing without a book."""
    book = card.character_book
    beside = {
        "description": card.description,
        "personality": card.personality,
        "scenario": card.scenario,
        "creator_notes": card.creator_notes,
    }
    talk = str(history[0].talk_id) if history else ""
    return told_by_lore(book, Names(called, user), history, text, seed=talk, beside=beside) if book else ()


def _said(message: Message) -> Said:
    role: Role = "assistant" if message.role == "character" else "user"
    return Said(matchable(message.body), message.name, role)
