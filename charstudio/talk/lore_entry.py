"""One piece of world knowledge as a scan sees it: when it wakes, where it goes; read from a lorebook."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from charstudio.cards.decorators import Decorator, decorators_of
from charstudio.talk.lore_text import Key

Where = Literal[
    "before_char", "after_char", "note_top", "note_bottom", "at_depth", "before_examples", "after_examples",
    "outlet", "before_desc", "after_desc", "personality", "scenario",
]  # fmt: skip
Role = Literal["system", "user", "assistant"]
Logic = Literal["and_any", "not_all", "not_any", "and_all"]
Source = Literal["persona", "description", "personality", "depth_prompt", "scenario", "creator_notes"]

LOGICS: tuple[Logic, ...] = ("and_any", "not_all", "not_any", "and_all")
PLACES: tuple[Where, ...] = (
    "before_char", "after_char", "note_top", "note_bottom", "at_depth", "before_examples", "after_examples",
    "outlet",
)  # fmt: skip
ROLES: tuple[Role, ...] = ("system", "user", "assistant")
_SOURCES: dict[str, Source] = {
    "match_persona_description": "persona",
    "match_character_description": "description",
    "match_character_personality": "personality",
    "match_character_depth_prompt": "depth_prompt",
    "match_scenario": "scenario",
    "match_creator_notes": "creator_notes",
}
_OWN_PLACES: tuple[Where, ...] = ("before_desc", "after_desc", "personality", "scenario")
_NUMBERS = ("activate_only_after", "activate_only_every", "depth", "scan_depth", "is_greeting")
_BARE = (
    "keep_activate_after_match", "dont_activate_after_match", "ignore_on_max_context", "activate",
    "dont_activate",
)  # fmt: skip
_LISTS = ("additional_keys", "exclude_keys")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands in the prompt; `depth` counts messages from the last one, for `at_depth`."""

    where: Where = "before_char"
    depth: int = 4
    role: Role = "system"
    outlet: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the decorators of an entry ask for, beyond its place and depth of scanning."""

    activate: bool = False
    dont_activate: bool = False
    keep_after_match: bool = False
    not_after_match: bool = False
    last_in_budget: bool = False
    only_after: int = 0
    only_every: int = 1
    greeting: int | None = None
    also: tuple[tuple[Key, ...], ...] = ()
    never: tuple[Key, ...] = ()


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Book:
    """What holds for all entries of one lorebook; None leaves it to the settings."""

    id: str = ""
    name: str = ""
    scan_depth: int | None = None
    token_budget: int | None = None
    recursive: bool | None = None


@dataclass(frozen=True, slots=True)
class LoreEntry:
    """One entry; `content` is without its decorators, None in an option means what the settings say."""

    id: str
    keys: tuple[Key, ...] = ()
    content: str = ""
    secondary: tuple[Key, ...] = ()
    logic: Logic = "and_any"
    enabled: bool = True
    constant: bool = False
    order: float = 100
    priority: float | None = None
    place: Place = Place()
    scan_depth: int | None = None
    case_sensitive: bool | None = None
    whole_words: bool | None = None
    probability: float = 100
    groups: tuple[str, ...] = ()
    group_override: bool = False
    group_weight: float = 100
    group_scoring: bool | None = None
    exclude_recursion: bool = False
    prevent_recursion: bool = False
    delay_until_recursion: int = 0
    sticky: int = 0
    cooldown: int = 0
    delay: int = 0
    ignore_budget: bool = False
    vectorized: bool = False
    triggers: tuple[str, ...] = ()
    only_for: tuple[str, ...] = ()
    only_tags: tuple[str, ...] = ()
    filter_excludes: bool = False
    reads: tuple[Source, ...] = ()
    wishes: Wishes = NO_WISHES
    label: str = ""
    mark: str = ""  # changes when the entry is edited
    book: Book = field(default=Book(), repr=False)
    words: tuple[str, ...] = field(default=(), init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Most entries wake by words alone and under no condition; `words` is set for those."""
        conditions = (
            self.triggers, self.only_for, self.only_tags, self.delay > 0, self.delay_until_recursion > 0,
            self.constant, self.vectorized, self.secondary, self.reads, self.wishes != NO_WISHES,
            self.case_sensitive, self.whole_words is False, self.scan_depth is not None,
            self.book.scan_depth is not None,
        )  # fmt: skip
        if self.enabled and not any(conditions) and all(key.word for key in self.keys):
            object.__setattr__(self, "words", tuple(key.folded for key in self.keys))


def entries_of(book: Mapping[str, Any], id: str = "book") -> tuple[LoreEntry, ...]:  # noqa: A002
    """The entries of a well-formed lorebook of V3 (as `charstudio.cards` gives it), in the book's order.

    Extensions are read under the names SillyTavern uses; ids are made of the place in the book, since
    those in the file need not be unique.
    """
    own = Book(
        id,
        str(book.get("name", "")),
        _whole(book.get("scan_depth")),
        _whole(book.get("token_budget")),
        book.get("recursive_scanning"),
    )
    return tuple(_entry(entry, f"{id}.{n}", own) for n, entry in enumerate(book.get("entries", ())))


def _entry(raw: Mapping[str, Any], id: str, book: Book) -> LoreEntry:  # noqa: A002
    more = raw.get("extensions", {})
    by_tavern = "selectiveLogic" in more or "useProbability" in more
    # SillyTavern writes `use_regex: true` for every entry and means keys in slashes alone.
    patterns = raw.get("use_regex") is True and not by_tavern
    secondary = (
        ()
        if patterns or raw.get("selective") is not True
        else _keys(raw.get("secondary_keys"), patterns=False)
    )
    told, content = decorators_of(str(raw.get("content", "")), _fits, _LISTS)
    who, tags, excludes = _filter(more.get("character_filter"))
    return LoreEntry(
        id,
        _keys(raw.get("keys"), patterns=patterns),
        content,
        secondary,
        LOGICS[_among(more.get("selectiveLogic"), len(LOGICS))],
        enabled=raw.get("enabled") is not False,
        constant=raw.get("constant") is True and not patterns,
        order=_number(raw.get("insertion_order"), 100),
        priority=_number_or_none(raw.get("priority")),
        place=_place(raw, more, told),
        scan_depth=_first(_value(told, "scan_depth"), _whole(more.get("scan_depth"))),
        case_sensitive=_first(_truth(raw.get("case_sensitive")), _truth(more.get("case_sensitive"))),
        whole_words=_truth(more.get("match_whole_words")),
        probability=100 if more.get("useProbability") is False else _number(more.get("probability"), 100),
        groups=tuple(part for text in str(more.get("group") or "").split(",") if (part := text.strip())),
        group_override=more.get("group_override") is True,
        group_weight=_number(more.get("group_weight"), 100),
        group_scoring=_truth(more.get("use_group_scoring")),
        exclude_recursion=more.get("exclude_recursion") is True,
        prevent_recursion=more.get("prevent_recursion") is True,
        delay_until_recursion=int(_number(more.get("delay_until_recursion"), 0)),
        sticky=int(_number(more.get("sticky"), 0)),
        cooldown=int(_number(more.get("cooldown"), 0)),
        delay=int(_number(more.get("delay"), 0)),
        ignore_budget=more.get("ignore_budget") is True,
        vectorized=more.get("vectorized") is True,
        triggers=_texts(more.get("triggers")),
        only_for=who,
        only_tags=tags,
        filter_excludes=excludes,
        reads=tuple(source for name, source in _SOURCES.items() if more.get(name) is True),
        wishes=_wishes(told, patterns=patterns),
        label=str(raw.get("comment") or raw.get("name") or ""),
        mark=hashlib.sha256(json.dumps(raw, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:16],
        book=book,
    )


def _keys(texts: Any, *, patterns: bool) -> tuple[Key, ...]:
    return tuple(key for text in _texts(texts) if (key := Key.of(text, pattern=patterns)).text)


def _fits(decorator: Decorator) -> bool:
    """Whether the program knows a decorator and its value is one it can have."""
    name, value = decorator.name, decorator.value
    if name in _NUMBERS:
        number = _digits(value)
        return number is not None and (name != "activate_only_every" or number > 0)
    if name in _BARE:
        return True
    if name in _LISTS:
        return bool(decorator.values)
    return (name == "role" and value in ROLES) or (name == "position" and value in _OWN_PLACES)


def _wishes(told: Iterable[Decorator], *, patterns: bool) -> Wishes:
    names = {d.name for d in told}
    also = [d.values for d in told if d.name == "additional_keys"]
    never = [text for d in told if d.name == "exclude_keys" for text in d.values]
    wishes = Wishes(
        "activate" in names,
        "dont_activate" in names and "activate" not in names,
        "keep_activate_after_match" in names,
        "dont_activate_after_match" in names,
        "ignore_on_max_context" in names,
        _value(told, "activate_only_after") or 0,
        _value(told, "activate_only_every") or 1,
        _value(told, "is_greeting"),
        tuple(_keys(values, patterns=patterns) for values in also),
        () if patterns else _keys(never, patterns=False),
    )
    return NO_WISHES if wishes == NO_WISHES else wishes


def _place(raw: Mapping[str, Any], more: Mapping[str, Any], told: Iterable[Decorator]) -> Place:
    where: Where = "after_char" if raw.get("position") == "after_char" else "before_char"
    if _number_or_none(more.get("position")) is not None:
        where = PLACES[_among(more.get("position"), len(PLACES))]
    depth = max(0, int(_number(more.get("depth"), 4)))
    role = ROLES[_among(more.get("role"), len(ROLES))]
    wished = {d.name: d.value for d in told}
    if "position" in wished:
        where = next(place for place in _OWN_PLACES if place == wished["position"])
    elif "depth" in wished:
        where, depth = "at_depth", max(0, _value(told, "depth") or 0)
    if "role" in wished:
        role = next(name for name in ROLES if name == wished["role"])
    return Place(where, depth, role, str(more.get("outlet_name") or "") if where == "outlet" else "")


def _value(told: Iterable[Decorator], name: str) -> int | None:
    return next((_digits(d.value) for d in told if d.name == name), None)


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 10 else None


def _filter(value: Any) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    told = value if isinstance(value, dict) else {}
    return _texts(told.get("names")), _texts(told.get("tags")), told.get("isExclude") is True


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(text) for text in value) if isinstance(value, list | tuple) else ()


def _number_or_none(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _number(value: Any, otherwise: float) -> float:
    if value is True:
        return 1
    number = _number_or_none(value)
    return otherwise if number is None or abs(number) > 2**53 else number


def _whole(value: Any) -> int | None:
    number = _number_or_none(value)
    return None if number is None or abs(number) > 2**53 else int(number)


def _among(value: Any, count: int) -> int:
    number = _whole(value) or 0
    return number if 0 <= number < count else 0


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
