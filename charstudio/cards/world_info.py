"""Between the entries of SillyTavern's world info and those of a card's lorebook, both ways, nothing lost."""

from __future__ import annotations

from typing import Any

from charstudio.cards.fields import OURS, as_object, number_of, our_part, set_our_part, truth_of
from charstudio.cards.text import Json

# Its name in world info → its name in the extensions of a card's entry, as SillyTavern itself writes them.
_EXTENSIONS = {
    "excludeRecursion": "exclude_recursion",
    "preventRecursion": "prevent_recursion",
    "delayUntilRecursion": "delay_until_recursion",
    "displayIndex": "display_index",
    "probability": "probability",
    "useProbability": "useProbability",
    "depth": "depth",
    "selectiveLogic": "selectiveLogic",
    "outletName": "outlet_name",
    "group": "group",
    "groupOverride": "group_override",
    "groupWeight": "group_weight",
    "useGroupScoring": "use_group_scoring",
    "scanDepth": "scan_depth",
    "caseSensitive": "case_sensitive",
    "matchWholeWords": "match_whole_words",
    "automationId": "automation_id",
    "role": "role",
    "vectorized": "vectorized",
    "sticky": "sticky",
    "cooldown": "cooldown",
    "delay": "delay",
    "matchPersonaDescription": "match_persona_description",
    "matchCharacterDescription": "match_character_description",
    "matchCharacterPersonality": "match_character_personality",
    "matchCharacterDepthPrompt": "match_character_depth_prompt",
    "matchScenario": "match_scenario",
    "matchCreatorNotes": "match_creator_notes",
    "triggers": "triggers",
    "ignoreBudget": "ignore_budget",
    "characterFilter": "character_filter",
    "position": "position",
}
_FIELDS = {
    "key": "keys",
    "keysecondary": "secondary_keys",
    "comment": "comment",
    "content": "content",
    "constant": "constant",
    "selective": "selective",
    "order": "insertion_order",
    "uid": "id",
}
_PLACES = ("before_char", "after_char")
_KEPT = "world_info"  # under our name in the extensions: what a lorebook has no word for


def book_from_world_info(raw: Json) -> Json:
    """A lorebook of V3 made of world info; its entries keep their order of display."""
    found = raw.get("entries")
    entries = list(found.values()) if isinstance(found, dict) else found
    rest = {
        key: value
        for key, value in raw.items()
        if key not in ("entries", "name", "description", "extensions")
    }
    book: Json = {key: raw[key] for key in ("name", "description") if isinstance(raw.get(key), str)}
    book["extensions"] = as_object(raw.get("extensions"))
    book["entries"] = [_entry_from(e) if isinstance(e, dict) else e for e in entries or []]
    _keep(book, rest)
    return book


def _entry_from(old: Json) -> Json:
    entry: Json = {new: old[name] for name, new in _FIELDS.items() if old.get(name) is not None}
    extensions = {new: old[name] for name, new in _EXTENSIONS.items() if name in old}
    disabled = truth_of(old.get("disable"))
    entry["enabled"] = not disabled
    entry["use_regex"] = False
    place = number_of(old.get("position"))
    if place in (0, 1):
        entry["position"] = _PLACES[int(place or 0)]
    if isinstance(old.get("caseSensitive"), bool):
        entry["case_sensitive"] = old["caseSensitive"]
    entry["extensions"] = {**as_object(old.get("extensions")), **extensions}
    taken = (*_FIELDS, *_EXTENSIONS, "disable", "extensions")
    nulls = {name: None for name in _FIELDS if name in old and old[name] is None}
    _keep(entry, {**nulls, **{key: value for key, value in old.items() if key not in taken}})
    return entry


def _keep(owner: Json, rest: Json) -> None:
    if rest:
        set_our_part(owner, {**our_part(owner), _KEPT: rest})


def world_info_from_book(book: Json) -> Json:
    """World info made of a lorebook of V3, with every field SillyTavern expects and what it had before."""
    entries = {}
    used: set[int] = set()
    for number, entry in enumerate(book["entries"]):
        told = entry.get("id")
        fits = type(told) is int and 0 <= told < 2**31 and told not in used
        uid = told if fits else next(n for n in range(number, 2**32) if n not in used)
        used.add(uid)
        entries[str(uid)] = _entry_to(entry, uid, number)
    kept = as_object(our_part(book).get(_KEPT))
    named: Json = {key: book[key] for key in ("name", "description") if key in book}
    theirs = _theirs(book, ())
    return {"entries": entries, **named, **({"extensions": theirs} if theirs else {}), **kept}


def _entry_to(entry: Json, uid: int, number: int) -> Json:
    extensions = entry["extensions"]
    made = {**_defaults(number), **{name: entry[new] for name, new in _FIELDS.items() if new in entry}}
    made |= {name: extensions[new] for name, new in _EXTENSIONS.items() if new in extensions}
    if "position" not in extensions:
        made["position"] = _PLACES.index(entry["position"]) if entry.get("position") in _PLACES else 0
    if "case_sensitive" in entry:
        made["caseSensitive"] = entry["case_sensitive"]
    made |= {"uid": uid, "disable": not entry["enabled"]}
    if theirs := _theirs(entry, tuple(_EXTENSIONS.values())):
        made["extensions"] = theirs
    return made | as_object(our_part(entry).get(_KEPT))


def _theirs(owner: Json, taken: tuple[str, ...]) -> Json:
    """The extensions that have no place of their own in world info; ours without what is put back."""
    left = {key: value for key, value in owner["extensions"].items() if key not in (OURS, *taken)}
    ours = {key: value for key, value in our_part(owner).items() if key != _KEPT}
    return {**left, **({OURS: ours} if ours else {})}


def _defaults(number: int) -> dict[str, Any]:
    return {
        "key": [],
        "keysecondary": [],
        "comment": "",
        "content": "",
        "constant": False,
        "vectorized": False,
        "selective": False,
        "selectiveLogic": 0,
        "order": 100,
        "position": 0,
        "disable": False,
        "excludeRecursion": False,
        "preventRecursion": False,
        "delayUntilRecursion": False,
        "probability": 100,
        "useProbability": True,
        "depth": 4,
        "group": "",
        "groupOverride": False,
        "groupWeight": 100,
        "scanDepth": None,
        "caseSensitive": None,
        "matchWholeWords": None,
        "useGroupScoring": None,
        "automationId": "",
        "role": None,
        "sticky": 0,
        "cooldown": 0,
        "delay": 0,
        "displayIndex": number,
    }
