"""Talks as other programs keep them: SillyTavern's JSONL with its branches, and plain Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from charstudio.cards.notes import Notes
from charstudio.cards.text import parse
from charstudio.errors import CardError
from charstudio.i18n import _
from charstudio.model import Role, Spoken

MOST_LINES = 200_000
MOST_SWIPES = 10_000
_TAKEN = ("name", "is_user", "is_system", "mes", "swipes", "swipe_id")
_HEAD = ("chat_metadata", "user_name", "character_name")
_SPEAKER = re.compile(r"\*\*((?:\\.|[^*\\\n])+):\*\*[ \t]?")
_SPECIAL = re.compile(r"(?m)^(\\*)(?=\*\*|> |# )")


@dataclass(frozen=True, slots=True)
class TalkText:
    """A whole talk: every message of every branch, which is the last in view, and the author's note."""

    spoken: tuple[Spoken, ...]
    last: int | None
    character: str = ""
    user: str = ""
    note: str = ""
    title: str = ""
    parent: str = ""  # the talk this one branched off from
    kept: dict[str, Any] = field(default_factory=dict)


def talk_from_jsonl(body: bytes, title: str = "") -> TalkText:
    """Read SillyTavern's JSONL; `CardError` when it is no talk. Unknown fields stay with each message."""
    lines = [line for line in body.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise CardError(_("The talk has more than {limit} messages and is not read.", limit=MOST_LINES))
    rows = [row for n, line in enumerate(lines, 1) if isinstance(row := _line(line, n), dict)]
    head = rows.pop(0) if rows and "mes" not in rows[0] and any(name in rows[0] for name in _HEAD) else {}
    rows = [row for row in rows if "mes" in row or "swipes" in row]
    if not head and not rows:
        raise CardError(_("This is no talk: no line holds a message."))
    meta = head.get("chat_metadata") if isinstance(head.get("chat_metadata"), dict) else {}
    assert isinstance(meta, dict)
    spoken: list[Spoken] = []
    last: int | None = None
    for row in rows:
        last = _add(row, spoken, last)
    return TalkText(
        tuple(spoken),
        last,
        _text(head.get("character_name")) or next((s.name for s in spoken if s.role == "character"), ""),
        _text(head.get("user_name")),
        _text(meta.get("note_prompt")),
        title,
        _text(meta.get("main_chat")),
        head,
    )


def _line(line: bytes, number: int) -> Any:
    try:
        return parse(line, Notes())
    except CardError as exc:
        raise CardError(
            _("Line {number} of the talk cannot be read: it is no valid JSON.", number=number)
        ) from exc


def _add(row: dict[str, Any], spoken: list[Spoken], parent: int | None) -> int:
    """Add one line with its swipes; returns the place of the one in view."""
    role: Role = "writer" if row.get("is_user") is True else "character"
    extra = row.get("extra")
    if row.get("is_system") is True or (isinstance(extra, dict) and extra.get("type") == "narrator"):
        role = "narrator"
    kept = {key: value for key, value in row.items() if key not in _TAKEN}
    kept |= {"is_system": True} if row.get("is_system") is True else {}
    said = Spoken(role, _text(row.get("name")), _text(row.get("mes")), parent, kept=kept)
    found = row.get("swipes")
    swipes = [_text(text) for text in found[:MOST_SWIPES]] if isinstance(found, list) else []
    shown = row.get("swipe_id")
    place = shown if type(shown) is int and 0 <= shown < len(swipes) else len(swipes) - 1
    if not swipes or (swipes[place] != said.body and said.body not in swipes):
        # An edited message is not among its swipes.
        swipes[place : place + 1] = [said.body]
        place = max(place, 0)
    elif swipes[place] != said.body:
        place = swipes.index(said.body)
    first = len(spoken)
    spoken += [replace(said, body=text, kept=kept if n == place else {}) for n, text in enumerate(swipes)]
    return first + place


def talks_to_jsonl(talk: TalkText, name: str) -> list[tuple[str, bytes]]:
    """The talk as JSONL files, by name: the branch in view, and one for each branch that goes on elsewhere.

    The others name the first as their `main_chat`, as SillyTavern's branches do.
    """
    children: dict[int | None, list[int]] = {}
    for place, one in enumerate(talk.spoken):
        children.setdefault(one.parent, []).append(place)
    main = _path(talk, talk.last)
    files = [(name, _jsonl(talk, main, children, ""))]
    told = set(main)
    for place, one in enumerate(talk.spoken):
        swipe = any(p in told and talk.spoken[p].role == one.role for p in children[one.parent])
        if place in told or children.get(place) or swipe:
            continue
        path = _path(talk, place)
        told |= set(path)
        files.append((f"{name} - {len(files)}", _jsonl(talk, path, children, name)))
    return files


def _path(talk: TalkText, last: int | None) -> list[int]:
    path: list[int] = []
    while last is not None:
        path.append(last)
        last = talk.spoken[last].parent
    return path[::-1]


def _jsonl(talk: TalkText, path: Sequence[int], children: dict[int | None, list[int]], main: str) -> bytes:
    meta = talk.kept.get("chat_metadata")
    meta = {key: v for key, v in (meta if isinstance(meta, dict) else {}).items() if key != "main_chat"}
    meta |= {"note_prompt": talk.note} if talk.note or "note_prompt" in meta else {}
    meta |= {"main_chat": main} if main else {}
    head = {**talk.kept, "user_name": talk.user, "character_name": talk.character, "chat_metadata": meta}
    rows = [head, *(_row(talk, place, children) for place in path)]
    return b"".join(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for row in rows)


def _row(talk: TalkText, place: int, children: dict[int | None, list[int]]) -> dict[str, Any]:
    one = talk.spoken[place]
    beside = [p for p in children[one.parent] if talk.spoken[p].role == one.role]
    name = one.name or (talk.user if one.role == "writer" else talk.character)
    row: dict[str, Any] = {"name": name, "is_user": one.role == "writer", "is_system": False}
    row |= {"send_date": one.created, "mes": one.body, "extra": {}}
    if one.role == "narrator" and not one.kept.get("is_system"):
        row["extra"] = {"type": "narrator"}
    if len(beside) > 1 or "swipe_info" in one.kept:
        row |= {"swipes": [talk.spoken[p].body for p in beside], "swipe_id": beside.index(place)}
    return row | one.kept


def joined(talks: Sequence[TalkText]) -> list[TalkText]:
    """Talks of which one branched off from another become one talk with branches; the first is in view."""
    by_title = {talk.title: talk for talk in talks if talk.title}
    grown: dict[str, TalkText] = {}
    apart = []
    for talk in talks:
        main = by_title.get(talk.parent)
        if main is None or main is talk or main.parent:
            apart.append(talk)
        else:
            grown[main.title] = _grown(grown.get(main.title, main), talk)
    return [grown.get(talk.title, talk) for talk in apart]


def _grown(main: TalkText, branch: TalkText) -> TalkText:
    spoken = list(main.spoken)
    known = {(one.parent, one.role, one.body): place for place, one in enumerate(spoken)}
    places: list[int] = []
    for one in branch.spoken:
        parent = None if one.parent is None else places[one.parent]
        place = known.setdefault((parent, one.role, one.body), len(spoken))
        if place == len(spoken):
            spoken.append(replace(one, parent=parent))
        places.append(place)
    return replace(main, spoken=tuple(spoken))


# Markdown


def talk_to_markdown(talk: TalkText) -> str:
    """The branch in view as Markdown: who speaks in bold, the note of the author as a quotation."""
    parts = [f"# {_one_line(talk.title or talk.character)}"]
    if talk.note:
        parts.append("\n".join(f"> {line}" for line in talk.note.splitlines()))
    for place in _path(talk, talk.last):
        one = talk.spoken[place]
        name = one.name or (talk.user if one.role == "writer" else talk.character)
        name = _("narration") if one.role == "narrator" else name
        parts.append(f"**{_named(name)}:** {_SPECIAL.sub(lambda m: m[1] + chr(92), one.body)}")
    return "\n\n".join(parts) + "\n"


def talk_from_markdown(text: str, character: str, user: str = "") -> TalkText:
    """Read what `talk_to_markdown` wrote, or a like text; whoever is not the character is the writer."""
    title, note, spoken = "", [], []
    starts = [m for m in _SPEAKER.finditer(text) if m.start() == 0 or text[m.start() - 1] == "\n"]
    if not starts:
        raise CardError(_("This is no talk: no line begins with a name in bold, such as **Ada:**."))
    for line in text[: starts[0].start()].splitlines():
        if line.startswith("# ") and not title:
            title = line[2:].strip()
        elif line.startswith(">"):
            note.append(line[1:].removeprefix(" "))
    for n, found in enumerate(starts):
        end = starts[n + 1].start() if n + 1 < len(starts) else len(text)
        body = re.sub(r"(?m)^(\\*)\\(?=\*\*|> |# )", r"\1", text[found.end() : end].strip("\r\n"))
        name = re.sub(r"\\(.)", r"\1", found[1])
        role: Role = "character" if name.casefold() == character.casefold() else "writer"
        role = "narrator" if name == _("narration") else role
        spoken.append(Spoken(role, "" if role == "narrator" else name, body, n - 1 if n else None))
    writer = next((s.name for s in spoken if s.role == "writer"), user)
    return TalkText(tuple(spoken), len(spoken) - 1, character, writer, "\n".join(note), title)


def _named(name: str) -> str:
    return re.sub(r"([\\*])", r"\\\1", _one_line(name)) or "?"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
