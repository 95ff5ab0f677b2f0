"""What goes into a scan for world knowledge and what comes out of it, and the reasons in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from charstudio.i18n import _
from charstudio.talk.lore_entry import LoreEntry, Place, Role, Source

Woken = Literal["activate", "kept", "forced", "meaning", "constant", "sticky", "key"]
Kept = Literal[
    "disabled", "trigger", "filter", "delay", "cooldown", "before_recursion", "level", "no_recursion",
    "dont_activate", "matched_before", "condition", "no_keys", "no_match", "secondary", "group",
    "probability", "budget",
]  # fmt: skip
RANKS: dict[Kept, int] = {reason: rank for rank, reason in enumerate(get_args(Kept))}


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a talk, as the scan reads it."""

    text: str
    name: str = ""
    role: Role = "user"
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """What lasts beyond one turn: an entry stays (sticky) or rests (cooldown) until message `end`."""

    kind: Literal["sticky", "cooldown"]
    entry: str
    mark: str
    start: int
    end: int
    protected: bool = False


@dataclass(frozen=True, slots=True)
class LoreSettings:
    """What holds for one scan. `effects` and `before` are what the last scan of the talk gave back.

    `expand` carries out the macros of a content or key; `reveal` does so for what other entries may be
    woken by, with the hidden keys of V3 shown.
    """

    scan_depth: int = 2
    include_names: bool = True
    recursive: bool = True
    max_steps: int = 0
    min_activations: int = 0
    max_depth: int = 0
    context: int = 8192
    budget_percent: float = 25
    budget_cap: int = 0
    case_sensitive: bool = False
    whole_words: bool = True
    group_scoring: bool = False
    generation: str = "normal"
    character: str = ""
    tags: tuple[str, ...] = ()
    greeting: int | None = None
    context_full: bool = False
    beside: Mapping[Source, str] = field(default_factory=dict)
    injections: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    min_score: float = 0.25
    most_by_meaning: int = 5
    forced: frozenset[str] = frozenset()
    effects: tuple[Effect, ...] = ()
    before: frozenset[str] = frozenset()
    dry: bool = False
    expand: Callable[[str], str] = str
    reveal: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Active:
    """An entry that is awake: the reason, the key that was found, the text and its tokens."""

    entry: LoreEntry
    reason: Woken
    place: Place
    text: str
    tokens: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that is not awake, and the last rule that stood in its way."""

    entry: LoreEntry
    reason: Kept


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scan found. `effects` and `before` belong to the talk and go into its next scan."""

    active: tuple[Active, ...]
    skipped: tuple[Skipped, ...]
    effects: tuple[Effect, ...]
    before: frozenset[str]
    tokens: int
    budget: int
    slow: tuple[str, ...] = ()


def sentence(reason: Woken | Kept, key: str = "") -> str:
    """Why an entry is awake or not, as the writer reads it."""
    told = {
        "activate": _("Its text says that it is always awake (@@activate)."),
        "kept": _("It was awake before and stays so (@@keep_activate_after_match)."),
        "forced": _("Something else asked for it."),
        "meaning": _("Its meaning is close to what was said."),
        "constant": _("It is always awake."),
        "sticky": _("It stays for some messages after it was found."),
        "key": _("“{key}” was found.", key=key),
        "disabled": _("It is switched off."),
        "trigger": _("It is not meant for this kind of reply."),
        "filter": _("It is not meant for this character."),
        "delay": _("The talk is still too short for it."),
        "cooldown": _("It rests for some messages after it was awake."),
        "before_recursion": _("It waits for other entries and none called it."),
        "level": _("It waits for a later round."),
        "no_recursion": _("Its keys stand in other entries alone, and it does not listen to those."),
        "dont_activate": _("Its text says that it never wakes (@@dont_activate)."),
        "matched_before": _("It was awake before and comes only once."),
        "condition": _("A condition in its text (an @@ line) does not hold."),
        "no_keys": _("It has no keys."),
        "no_match": _("None of its keys was found in the messages that are searched."),
        "secondary": _("A key was found, but its second keys do not fit."),
        "group": _("Another entry of its group came first."),
        "probability": _("Chance was against it this time."),
        "budget": _("There was no room left for it."),
    }
    return told[reason]
