"""Question packs: what they are called, how far one is, and how it ends."""

from __future__ import annotations

from charstudio.i18n import _
from charstudio.sheet import Schema, Sheet

OFFERED = 2  # packs that are offered when one has ended


def pack_name(pack: str, schema: Schema | None = None) -> str:
    """What people call a pack."""
    if schema is not None and pack in schema.pack_labels:
        return schema.pack_labels[pack]
    names = {
        "spark": _("Spark"), "walk_on": _("Walk-on"), "main_character": _("Main character"),
        "antagonist": _("Antagonist"), "narrator": _("Narrator"), "romance": _("Romance"),
        "mystery_suspect": _("Mystery suspect"), "fantasy_sf": _("Fantasy and science fiction"),
        "everyday_texture": _("Everyday texture"), "proust_style": _("Proust’s questions"),
        "voice_only": _("Voice only"), "arc": _("Arc"),
    }  # fmt: skip
    return names.get(pack, pack.removeprefix("own_").replace("_", " ").capitalize())


def pack_names(schema: Schema) -> dict[str, str]:
    """All packs that have a question here with their names for people, in order."""
    return {pack: pack_name(pack, schema) for pack in schema.packs if questions(schema, pack)}


def questions(schema: Schema, pack: str) -> tuple[str, ...]:
    """What a pack asks in this library, in order."""
    return tuple(a for a in schema.packs.get(pack, ()) if a not in schema.hidden)


def progress(schema: Schema, sheet: Sheet, pack: str) -> tuple[int, int]:
    """How many of a pack's attributes are decided, and how many there are."""
    attributes = questions(schema, pack)
    decided = sheet.decided()
    return sum(a in decided for a in attributes), len(attributes)


def closing(schema: Schema, sheet: Sheet, pack: str) -> str:
    """What the voice says when a pack has no question left."""
    done, total = progress(schema, sheet, pack)
    name = pack_name(pack, schema)
    if done == total:
        return _("That was “{pack}”: all {total} things are decided.", pack=name, total=total)
    if not done:
        return _("That was “{pack}”. Everything stays open, and that is fine.", pack=name)
    return _(
        "That was “{pack}”: {done} of {total} are decided, the rest may stay open.",
        pack=name, done=done, total=total,
    )  # fmt: skip


def packs_to_go_on_with(schema: Schema, sheet: Sheet, after: str) -> list[str]:
    """Packs worth opening next: what the role in the story asks for, then those that are begun furthest."""
    role = sheet.text("story_role").casefold()
    wanted = [pack for stem, pack in _FOR_ROLES if stem in role]

    def rank(pack: str) -> tuple[bool, float]:
        done, total = progress(schema, sheet, pack)
        return pack not in wanted, -done / total

    left = []
    for pack in pack_names(schema):
        done, total = progress(schema, sheet, pack)
        if pack != after and total - done >= min(3, total) and done < total:
            left.append(pack)
    return sorted(left, key=rank)[:OFFERED]


_FOR_ROLES = (
    ("antagonist", "antagonist"), ("villain", "antagonist"), ("narrator", "narrator"),
    ("suspect", "mystery_suspect"), ("love", "romance"), ("walk", "walk_on"),
    ("lead", "main_character"), ("protagonist", "main_character"), ("hero", "main_character"),
)  # fmt: skip
