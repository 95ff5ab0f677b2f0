"""Reads the archives of Backyard AI (BYAF): one character with its scenarios becomes one card."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from charstudio.cards.archive import Archive
from charstudio.cards.fields import OURS, as_object, text_of
from charstudio.cards.notes import Notes
from charstudio.cards.text import MOST_TEXT, Json, parse
from charstudio.errors import CardError
from charstudio.i18n import _

MANIFEST = "manifest.json"
MOST_SCENARIOS = 200
_MACRO = re.compile(r"#?\{(character|user)\}(?!\})", re.IGNORECASE)
_TAKEN = ("name", "displayName", "persona", "loreItems", "images")
_TAKEN_OF_SCENE = ("narrative", "firstMessages", "formattingInstructions", "exampleMessages", "messages")


def is_byaf(archive: Archive) -> bool:
    """Whether an archive has the layout of Backyard's."""
    return MANIFEST in archive.names and any(name.startswith("characters/") for name in archive.names)


def card_from_byaf(archive: Archive, file: str, notes: Notes) -> Json:
    """The archive as a V3 card object; what a card has no place for lies in `extensions.charstudio.byaf`.

    Talks stay behind: they are no part of a character. Raises `CardError` when there is no character.
    """
    manifest = as_object(_json(archive, MANIFEST, notes))
    paths = [path for path in _list(manifest.get("characters")) if isinstance(path, str)]
    if not paths:
        raise CardError(_("{file} is a Backyard archive without a character.", file=file))
    if len(paths) > 1:
        notes.say(_("The archive holds several characters; the first one was taken."))
    person = _json(archive, paths[0], notes)
    if not isinstance(person, dict):
        raise CardError(_("{file} is a Backyard archive whose character cannot be read.", file=file))
    scenes = _scenes(archive, manifest, notes)
    return {
        "spec": "chara_card_v3",
        "spec_version": "3.0",
        "data": _data(manifest, person, scenes, posixpath.dirname(paths[0]), notes),
    }


def _data(manifest: Json, person: Json, scenes: list[Json], folder: str, notes: Notes) -> Json:
    author = as_object(manifest.get("author"))
    first, *others = scenes or [{}]
    greeting = _first_words(first)
    more = dict.fromkeys(words for scene in others if (words := _first_words(scene)) and words != greeting)
    data: Json = {
        "name": _text(person.get("name")) or _text(person.get("displayName")),
        "description": _words(person.get("persona")),
        "personality": "",
        "scenario": _words(first.get("narrative")),
        "first_mes": greeting,
        "mes_example": "\n".join(f"<START>\n{words}" for words in _examples(first)),
        "creator_notes": _text(author.get("backyardURL")),
        "system_prompt": _words(first.get("formattingInstructions")),
        "post_history_instructions": "",
        "alternate_greetings": list(more),
        "tags": ["nsfw"] if person.get("isNSFW") is True else [],
        "creator": _text(author.get("name")),
        "character_version": "",
        "extensions": _extensions(manifest, person, scenes),
        "group_only_greetings": [],
    }
    if lore := [item for item in _list(person.get("loreItems")) if isinstance(item, dict)]:
        data["character_book"] = _book(lore)
    if pictures := _assets(person, folder):
        data["assets"] = pictures
    messages = sum(len(_list(scene.get("messages"))) for scene in scenes)
    if messages:
        notes.say(
            _("The archive holds a talk of {count} messages; a card has no place for it.", count=messages)
        )
    return data


def _extensions(manifest: Json, person: Json, scenes: list[Json]) -> Json:
    rest = {key: value for key, value in person.items() if key not in _TAKEN}
    left = [{k: v for k, v in scene.items() if k not in _TAKEN_OF_SCENE} for scene in scenes]
    for scene, told in zip(scenes[1:], left[1:], strict=True):
        told |= {
            k: scene[k] for k in ("narrative", "formattingInstructions", "exampleMessages") if scene.get(k)
        }
    ours = {"byaf": {"manifest": manifest, "character": rest, "scenarios": left}}
    named = {"display_name": person["displayName"]} if person.get("displayName") else {}
    return {**named, OURS: ours}


def _book(lore: list[Json]) -> Json:
    entries = [
        {
            "keys": [key for part in _words(item.get("key")).split(",") if (key := part.strip())],
            "content": _words(item.get("value")),
            "extensions": {},
            "enabled": True,
            "insertion_order": number,
            "use_regex": False,
        }
        for number, item in enumerate(lore)
    ]
    return {"extensions": {}, "entries": entries}


def _assets(person: Json, folder: str) -> list[Json]:
    pictures = [
        p for p in _list(person.get("images")) if isinstance(p, dict) and isinstance(p.get("path"), str)
    ]
    return [
        {
            "type": "icon",
            "uri": "embeded://" + posixpath.join(folder, picture["path"]),
            "name": _text(picture.get("label")) or str(number) if number else "main",
            "ext": posixpath.splitext(picture["path"])[1].lower().removeprefix(".") or "unknown",
        }
        for number, picture in enumerate(pictures)
    ]


def _scenes(archive: Archive, manifest: Json, notes: Notes) -> list[Json]:
    found, lost = [], 0
    for path in _list(manifest.get("scenarios"))[:MOST_SCENARIOS]:
        try:
            scene = _json(archive, path, notes) if isinstance(path, str) else None
        except CardError:
            scene = None
        if isinstance(scene, dict):
            found.append(scene)
        else:
            lost += 1
    if lost or not found:
        notes.say(_("Scenarios of the archive that could not be read: {count}.", count=lost))
    return found


def _first_words(scene: Json) -> str:
    first = _list(scene.get("firstMessages"))[:1]
    return _words(first[0].get("text")) if first and isinstance(first[0], dict) else ""


def _examples(scene: Json) -> list[str]:
    told = [_words(e.get("text")) for e in _list(scene.get("exampleMessages")) if isinstance(e, dict)]
    return [words for words in told if words]


def _words(value: Any) -> str:
    """A text with Backyard's macros as those of cards."""
    return _MACRO.sub(lambda m: "{{char}}" if m[1].lower() == "character" else "{{user}}", _text(value))


def _text(value: Any) -> str:
    return text_of(value) or ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _json(archive: Archive, name: str, notes: Notes) -> Any:
    return parse(archive.read(name, MOST_TEXT), notes)
