"""Decides what to ask next: the pack first, then what the last answer leads to, then what matters most."""

from __future__ import annotations

from collections.abc import Sequence, Set

from charstudio.guide.turn import Ask
from charstudio.i18n import _
from charstudio.sheet import Edge, Schema, Sheet

ELIDED = 160


def next_ask(schema: Schema, sheet: Sheet, pack: str, *, asked: Set[str], trail: Sequence[str]) -> Ask | None:
    """The next question, never one of `asked`; `trail` is what was answered, the newest last."""
    done = sheet.decided() | asked
    for attribute in schema.packs.get(pack, ()):
        if attribute not in done:
            return _ask(schema, attribute, _("Asked because it is next in “{pack}”.", pack=pack_name(pack)))
    for source in reversed(trail):
        for attribute in schema.neighbours(source):
            if attribute not in done and not _is_delicate(schema, attribute):
                return linked(schema, sheet, source, attribute)
    return _by_tier(schema, sheet, done)


def _by_tier(schema: Schema, sheet: Sheet, done: Set[str]) -> Ask | None:
    open_ones = [a for a in schema.attributes.values() if a.id not in done and not _is_delicate(schema, a.id)]
    for tier, why in (
        (1, _("Asked because it is one of the first things worth knowing about me.")),
        (2, _("Asked because it belongs to the core of a person.")),
    ):
        for attribute in open_ones:
            if attribute.tier == tier:
                return _ask(schema, attribute.id, why)
    for attribute in open_ones:
        for source in schema.neighbours(attribute.id):
            if sheet.of(source):
                return linked(schema, sheet, source, attribute.id)
    return None


def linked(schema: Schema, sheet: Sheet, source: str, attribute: str) -> Ask:
    """The question to which a decided attribute leads, in the words of their edge if it has some."""
    reason = _("Asked because you {told}.", told=_told(schema.attributes[source].label))
    edge = next((e for e in schema.edges if (e.source, e.target) == (source, attribute)), None)
    values = sheet.of(source)
    if edge is None or not values:
        return _ask(schema, attribute, reason)
    return Ask(attribute, _(schema.attributes[attribute].label), followed(edge, values[-1].text), reason)


def followed(edge: Edge, value: str) -> str:
    """The follow-up question of an edge with the value in it (whatever braces the value holds)."""
    shown = value if len(value) <= ELIDED else value[: ELIDED - 1].rstrip() + "…"
    return _(edge.ask).replace("{v}", shown.rstrip("."))


def plain_ask(schema: Schema, attribute: str) -> Ask:
    """The attribute's own question, because the writer wanted it."""
    return _ask(schema, attribute, _("Asked because you wanted to talk about it."))


def progress(schema: Schema, sheet: Sheet, pack: str) -> tuple[int, int]:
    """How many of a pack's attributes are decided, and how many there are."""
    attributes = schema.packs.get(pack, ())
    decided = sheet.decided()
    return sum(a in decided for a in attributes), len(attributes)


def pack_name(pack: str) -> str:
    """What people call a pack."""
    names = {
        "spark": _("Spark"), "walk_on": _("Walk-on"), "main_character": _("Main character"),
        "antagonist": _("Antagonist"), "narrator": _("Narrator"), "romance": _("Romance"),
        "mystery_suspect": _("Mystery suspect"), "fantasy_sf": _("Fantasy and science fiction"),
        "everyday_texture": _("Everyday texture"), "proust_style": _("Proust’s questions"),
        "voice_only": _("Voice only"), "arc": _("Arc"),
    }  # fmt: skip
    return names.get(pack, pack.replace("_", " ").capitalize())


def pack_names(schema: Schema) -> dict[str, str]:
    """All packs with their names for people, in order."""
    return {pack: pack_name(pack) for pack in schema.packs}


def _ask(schema: Schema, attribute: str, reason: str) -> Ask:
    found = schema.attributes[attribute]
    return Ask(attribute, _(found.label), _(found.ask), reason)


def _is_delicate(schema: Schema, attribute: str) -> bool:
    return any(f == "sensitive" or f.startswith("genre:") for f in schema.attributes[attribute].flags)


def _told(label: str) -> str:
    first = label.split()[0].casefold()
    lower = label if label.startswith("I ") else label[0].lower() + label[1:]
    if first in ("what", "how", "where", "whom", "who", "why", "when"):
        return _("said {what}", what=lower)
    if first in ("me", "a", "the", "my", "at", "around", "story", "note", "point", "role", "kind"):
        return _("spoke of {what}", what=lower)
    return _("told me about my {what}", what=lower)
