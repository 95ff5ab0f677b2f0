"""Brings talks from files into a library and takes them home again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from charstudio.errors import ExportError, StoreError
from charstudio.exports.talks import TalkText, joined, talk_from_jsonl, talk_from_markdown
from charstudio.i18n import _
from charstudio.model import Character, Spoken
from charstudio.store import Library


def is_talk(file: Path, *, named: bool) -> bool:
    """Whether a file is a talk by its ending; Markdown is one only where it was said whose (`named`)."""
    return file.suffix.lower() == ".jsonl" or (named and file.suffix.lower() in (".md", ".markdown", ".txt"))


def read_talk(file: Path, body: bytes, character: Character | None) -> TalkText:
    """A talk from the bytes of a file; raises `CardError` in a sentence."""
    if file.suffix.lower() == ".jsonl":
        return talk_from_jsonl(body, file.stem)
    called = character.called or character.name if character is not None else ""
    told = talk_from_markdown(body.decode("utf-8-sig", "replace"), called)
    return replace(told, title=told.title or file.stem)


def take_in(
    library: Library, talks: Sequence[TalkText], character: Character | None
) -> list[Character | StoreError]:
    """Keep talks with the character they name (or the one given); branches join the talk they left.

    Returns for each talk with whom it was held, or why it could not be kept.
    """
    kept: dict[str, Character | StoreError] = {}
    for talk in joined(talks):
        try:
            who = character or _whose(library, talk)
            library.talks.take_in(who.id, talk.title, talk.note, _with_head(talk), talk.last)
            kept[talk.title] = who
        except StoreError as exc:
            kept[talk.title] = exc
    return [kept.get(talk.title) or kept[talk.parent] for talk in talks]


def _whose(library: Library, talk: TalkText) -> Character:
    try:
        return library.cast.find(talk.character)
    except StoreError as exc:
        raise StoreError(_("{why} Or say whose talk it is with --talk-of.", why=exc)) from exc


def _with_head(talk: TalkText) -> list[Spoken]:
    """What the head of the file held besides stays with the first message."""
    if not talk.spoken or not talk.kept:
        return list(talk.spoken)
    first = talk.spoken[0]
    return [replace(first, kept={**first.kept, "talk": talk.kept}), *talk.spoken[1:]]


def talk_of(library: Library, character_id: int, user: str) -> TalkText:
    """The last talk with a character, with all its branches; `ExportError` when there is none."""
    talks = library.talks.of(character_id)
    if not talks:
        raise ExportError(_("There is no talk with this character yet."))
    character = library.cast.get(character_id)
    spoken, last = library.talks.tree(talks[0].id)
    kept = spoken[0].kept.pop("talk", {}) if spoken else {}
    title = talks[0].title or character.called or character.name
    called = character.name or character.called
    user = next((one.name for one in spoken if one.role == "writer" and one.name), user)
    return TalkText(tuple(spoken), last, called, user, talks[0].note, title, kept=kept)
