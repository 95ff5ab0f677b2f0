"""Puts every field of a card into the form the standard asks for; whatever does not fit is kept aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from charstudio.cards.fields import (
    V2_LISTS,
    V2_MUST,
    V2_TEXTS,
    V3_LISTS,
    V3_NUMBERS,
    keep,
    number_of,
    text_of,
    texts_of,
)
from charstudio.cards.lore import settle_book
from charstudio.cards.notes import Notes
from charstudio.cards.text import Json
from charstudio.errors import CardError
from charstudio.i18n import _

ASSET_FIELDS = ("type", "uri", "name", "ext")
MOST_ASSETS = 40_000
_SCRIPT_KEYS = ("regex_scripts", "TavernHelper_scripts", "tavern_helper")
_RISU_SCRIPT_KEYS = ("triggerscript", "customScripts", "virtualscript", "backgroundHTML")


def settle(tree: Json, notes: Notes, *, v3: bool) -> Json:
    """A card object of V2 or V3 form with every mandatory field there and of the right kind.

    Shares what was well-formed with `tree`, which is not changed. Wrong values are put right;
    what cannot be goes to `extensions.charstudio.kept`. In V2 form the V3 fields count as unknown.
    """
    data = dict(tree["data"])
    kept: Json = {}
    if not isinstance(data.get("extensions"), dict):
        kept |= _aside("extensions", data.get("extensions"), notes)
        data["extensions"] = {}
    for field in V2_TEXTS:
        kept |= _settle_text(data, field, notes)
    for field in V2_LISTS:
        kept |= _settle_texts(data, field, notes)
    if "character_book" in data:
        kept |= _settle_book(data, notes, v3=v3)
    if v3:
        kept |= _settle_v3(data, notes)
    keep(data, kept)
    return {**tree, "data": data}


def _settle_v3(data: Json, notes: Notes) -> Json:
    kept: Json = {}
    if data.get("nickname") is None:
        data.pop("nickname", None)
    else:
        kept |= _settle_text(data, "nickname", notes)
    for field in V3_LISTS:
        if field == "group_only_greetings" or field in data:
            kept |= _settle_texts(data, field, notes)
    for field in V3_NUMBERS:
        kept |= _settle_optional(data, field, number_of, notes)
    kept |= _settle_optional(data, "creator_notes_multilingual", _notes_of, notes)
    kept |= _settle_assets(data, notes)
    return kept


def _aside(field: str, value: Any, notes: Notes) -> Json:
    """What to keep of a value that has no place; nothing of null."""
    if value is None:
        return {}
    notes.wrong(field)
    return {field: value}


def _settle_text(data: Json, field: str, notes: Notes) -> Json:
    value = data.get(field)
    if isinstance(value, str):
        return {}
    told = text_of(value)
    data[field] = told or ""
    if told is None:
        return _aside(field, value, notes)
    if value is not None:
        notes.wrong(field)
    return {}


def _settle_texts(data: Json, field: str, notes: Notes) -> Json:
    value = data.get(field)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return {}
    data[field], left = texts_of(value, split=field == "tags")
    if value is not None:
        notes.wrong(field)
    return {field: left} if left is not None else {}


def _settle_optional(data: Json, field: str, kind: Callable[[Any], Any], notes: Notes) -> Json:
    if field not in data:
        return {}
    value = data.pop(field)
    told = kind(value)
    if told is None:
        return _aside(field, value, notes)
    if told != value or type(told) is not type(value):
        notes.wrong(field)
    data[field] = told
    return {}


def _notes_of(value: Any) -> Json | None:
    """Notes by language, all of them text; None when it is no such object."""
    if not isinstance(value, dict):
        return None
    told = {key: text_of(item) for key, item in value.items()}
    return None if None in told.values() else told


def _settle_book(data: Json, notes: Notes, *, v3: bool) -> Json:
    book, left = settle_book(data.pop("character_book"), notes, v3=v3)
    if book is not None:
        data["character_book"] = book
    return {} if left is None else {"character_book": left}


def _settle_assets(data: Json, notes: Notes) -> Json:
    if "assets" not in data:
        return {}
    value = data.pop("assets")
    if not isinstance(value, list):
        return _aside("assets", value, notes)
    if len(value) > MOST_ASSETS:
        raise CardError(_("The card has more than {limit} files and is not read.", limit=MOST_ASSETS))
    junk = [item for item in value if not isinstance(item, dict)]
    data["assets"] = [_settle_asset(item, notes) for item in value if isinstance(item, dict)]
    if junk:
        notes.wrong("assets")
    return {"assets": junk} if junk else {}


def _settle_asset(value: Json, notes: Notes) -> Json:
    asset = dict(value)
    for field in ASSET_FIELDS:
        told = text_of(asset.get(field))
        if told != asset.get(field):
            notes.wrong("assets")
        if told is None:
            asset[f"x_{field}"] = asset.get(field)
        if not isinstance(asset.get(field), str):
            asset[field] = told or ("unknown" if field == "ext" else "")
    return asset


def note_missing(tree: Json, notes: Notes, *, v3: bool) -> None:
    """Say in one sentence which mandatory fields the card leaves out."""
    must = (*V2_MUST, "group_only_greetings") if v3 else V2_MUST
    missing = [field for field in must if tree["data"].get(field) is None]
    if missing:
        told = _("The card leaves out fields that should be there; they count as empty: {fields}.")
        notes.say(told.format(fields=", ".join(missing)))


def note_contents(view: Json, notes: Notes, found: Callable[[str], bool]) -> None:
    """Say what a card carries that is not used: scripts, remote files, files that lie elsewhere.

    `found` tells whether the file at a path came along, whole and not too large.
    """
    data = view["data"]
    if any(data["extensions"].get(key) for key in _SCRIPT_KEYS) or _has_risu_scripts(data["extensions"]):
        notes.say(_("The card carries scripts of another program; they are kept and never run."))
    assets = data.get("assets", [])
    _note_files([asset["uri"] for asset in assets], notes, found)
    icons = [asset["name"] for asset in assets if asset["type"] == "icon"]
    if len(icons) > 1 and icons.count("main") != 1:
        notes.say(_("The card has several portraits but not exactly one that is called “main”."))


def _has_risu_scripts(extensions: Json) -> bool:
    risu = extensions.get("risuai")
    return isinstance(risu, dict) and any(risu.get(key) for key in _RISU_SCRIPT_KEYS)


def _note_files(uris: list[str], notes: Notes, found: Callable[[str], bool]) -> None:
    remote = [uri for uri in uris if uri.lower().startswith(("http:", "https:", "//"))]
    if remote:
        notes.say(_("Files that lie on the internet and were not loaded: {count}.", count=len(remote)))
    inside = [uri for uri in dict.fromkeys(uris) if uri.startswith(("embeded:", "embedded:", "__asset:"))]
    away = [uri for uri in inside if not found(uri.partition(":")[2].removeprefix("//"))]
    if away:
        notes.say(
            _(
                "Files that belong to the card but did not come with it whole, or are too large: {count}.",
                count=len(away),
            )
        )
    known = ("http:", "https:", "//", "embeded:", "embedded:", "__asset:", "ccdefault:", "data:")
    odd = [uri for uri in uris if not uri.lower().startswith(known)]
    if odd:
        notes.say(
            _(
                "Files of the card with an address that is not allowed and not opened: {count}.",
                count=len(odd),
            )
        )
