"""Carries a card from one version of the standard to another without dropping anything on the way."""

from __future__ import annotations

from typing import Literal

from charstudio.cards.fields import (
    V1_TEXTS,
    V2_FIELDS,
    V3_FIELDS,
    V3_ONLY,
    as_object,
    our_part,
    set_our_part,
)
from charstudio.cards.lore import book_for_v2, book_from_v2, plain_book
from charstudio.cards.text import Json
from charstudio.i18n import _

Spec = Literal["v1", "v2", "v3"]

# What Pygmalion, TextGen and early Tavern call the fields of a flat card.
OTHER_NAMES = {
    "name": ("char_name",),
    "description": ("char_persona", "context"),
    "scenario": ("world_scenario",),
    "first_mes": ("char_greeting", "greeting"),
    "mes_example": ("example_dialogue",),
    "creator_notes": ("creatorcomment",),
}


def used_name(raw: Json, field: str) -> str:
    """Under which key a flat card holds a field: its own, or the one that Pygmalion and TextGen use."""
    if raw.get(field):
        return field
    return next((other for other in OTHER_NAMES.get(field, ()) if other in raw), field)


def shaped(raw: Json, spec: Spec) -> Json:
    """The raw card as an object with `data`: flat cards get wrapped, their unknown fields stay at the top."""
    if spec == "v3":
        return {**raw, "spec": "chara_card_v3", "spec_version": "3.0"}
    versions: Json = {"spec": "chara_card_v2", "spec_version": "2.0"}
    if spec == "v2":
        return {**raw, **versions}
    lifted = {used_name(raw, field): field for field in V3_FIELDS}
    data = {field: raw[name] for name, field in lifted.items() if name in raw}
    doubled = {field for name, field in lifted.items() if name != field}
    if "data" in raw:
        data["data"] = raw["data"]
    gone = {*lifted, *doubled, *versions, "data"}
    return {**versions, "data": data, **{key: value for key, value in raw.items() if key not in gone}}


def raised(tree: Json) -> Json:
    """A V2 object in V3 form; V3 fields that an earlier V2 export laid aside return to their place."""
    data = dict(tree["data"])
    ours = our_part(data)
    back = {
        key: value for key, value in as_object(ours.get("v3")).items() if key in V3_ONLY and key not in data
    }
    if back:
        data.update(back)
        set_our_part(data, {key: value for key, value in ours.items() if key != "v3"})
    if "character_book" in data:
        data["character_book"] = book_from_v2(data["character_book"])
    return {**tree, "spec": "chara_card_v3", "spec_version": "3.0", "data": data}


def lowered(view: Json) -> Json:
    """A V3 object in V2 form. V3 fields go to `extensions.charstudio.v3`.

    The V2 text forbids nothing there and obliges every program to keep it, so a trip through a
    V2 program loses nothing; `raised` brings the fields back.
    """
    data = {key: value for key, value in view["data"].items() if key not in V3_ONLY}
    aside = {key: view["data"][key] for key in V3_ONLY if key in view["data"]}
    if not aside["group_only_greetings"]:
        del aside["group_only_greetings"]
    if aside:
        set_our_part(data, {**our_part(data), "v3": aside})
    if "character_book" in data:
        data["character_book"] = book_for_v2(data["character_book"])
    return {**view, "spec": "chara_card_v2", "spec_version": "2.0", "data": data}


def backfill(view: Json) -> Json:
    """The short V2 copy that stands beside a V3 card in a picture, for programs that know no V3.

    Only the fields V2 knows, lore without decorators, and a word of warning in the creator's notes.
    """
    data = {key: view["data"][key] for key in V2_FIELDS if key in view["data"]}
    ours = our_part(data)
    if "kept" in ours:
        set_our_part(data, {key: value for key, value in ours.items() if key != "kept"})
    if "character_book" in data:
        data["character_book"] = plain_book(data["character_book"])
    warning = _("This is the short V2 copy of a V3 character card; edit it in a program that reads V3.")
    if not data["creator_notes"].startswith(warning):
        data["creator_notes"] = f"{warning}\n\n{data['creator_notes']}".rstrip("\n")
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": data}


def disagreeing_copies(raw: Json) -> list[str]:
    """Old V1 fields at the top of a V2 or V3 card that say something else than the fields inside."""
    return [f for f in V1_TEXTS if isinstance(raw.get(f), str) and raw[f] != (raw["data"].get(f) or "")]
