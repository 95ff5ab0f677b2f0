"""The verbs of the command line about what is asked: attributes, questions and packs of the writer's own."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from charstudio.errors import UsageError
from charstudio.i18n import _
from charstudio.sheet import (
    Attribute,
    Entry,
    Schema,
    attribute_entry,
    group_entry,
    hidden_entry,
    pack_entry,
    question_entry,
)
from charstudio.sheet.own import OWN_GROUP
from charstudio.sheet.schema import TYPES


def add_attribute_words(parser: argparse.ArgumentParser) -> None:
    """What can be said after `charstudio attributes`."""
    parser.add_argument("what", nargs="?", default="list", choices=tuple(_ATTRIBUTES))
    parser.add_argument("name", nargs="?", metavar="NAME|FILE")
    parser.add_argument("--ask", default="", help=_("the question in the character’s voice"))
    parser.add_argument("--tell", default="", help=_("how a writer says it: “You smell of {v}.”"))
    parser.add_argument("--echo", default="", help=_("how the character confirms it: “I smell of {v}.”"))
    parser.add_argument("--group", default="", help=_("the group it stands in; a new one is made"))
    parser.add_argument("--type", default="text", choices=TYPES)
    parser.add_argument("--many", action="store_true", help=_("several values are possible"))
    parser.add_argument("--tier", type=int, choices=(1, 2, 3), default=2, help=_("how soon it is asked"))
    parser.add_argument("--know", default="open", choices=("open", "private", "blind", "author"))
    parser.add_argument("--near", default="", help=_("neighbours in the network, parted by commas"))
    parser.add_argument("--examples", default="", help=_("suggestions, parted by semicolons"))
    parser.add_argument("--words", default="", help=_("other words for it, parted by commas"))


def add_pack_words(parser: argparse.ArgumentParser) -> None:
    """What can be said after `charstudio packs`."""
    parser.add_argument("what", nargs="?", default="list", choices=tuple(_PACKS))
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("questions", nargs="*", metavar="ATTRIBUTE", help=_("what it asks, in order"))


def attributes(studio: Any, options: argparse.Namespace) -> int:
    """Do what was said about attributes; returns the exit code."""
    return int(_ATTRIBUTES[options.what](studio, options))


def packs(studio: Any, options: argparse.Namespace) -> int:
    """Do what was said about packs; returns the exit code."""
    return int(_PACKS[options.what](studio, options))


# Attributes


def _list(studio: Any, options: argparse.Namespace) -> int:
    schema: Schema = studio.schema
    if options.json:
        return _json([_attribute_json(studio, a) for a in schema.attributes.values()])
    for group in schema.groups:
        for attribute in schema.in_group(group.id):
            marks = [_("own")] if studio.is_own("attribute", attribute.id) else []
            marks += [_("hidden here")] if attribute.id in schema.hidden else []
            print("\t".join([attribute.id, _(attribute.label), _(group.label), _(attribute.ask), *marks]))
    return 0


def _add(studio: Any, options: argparse.Namespace) -> int:
    schema: Schema = studio.schema
    put: list[Entry] = []
    group = _group(schema, options.group)
    if isinstance(group, Entry):
        put.append(group)
        group = group.key
    entry = attribute_entry(
        schema,
        _needed(options),
        ask=options.ask,
        tell=options.tell,
        echo=options.echo,
        group=group,
        type=options.type,
        many=options.many or options.type in ("tags", "refs"),
        tier=options.tier,
        know=options.know,
        related=_parted(options.near, ","),
        examples=_parted(options.examples, ";"),
        aka=_parted(options.words, ","),
    )
    label = entry.body["label"]
    studio.change_schema(_("New attribute: {name}", name=label), [*put, entry])
    return _told(studio, options, entry.key)


def _hide(studio: Any, options: argparse.Namespace) -> int:
    entry = hidden_entry(studio.schema, _needed(options))
    label = _(studio.schema.attributes[entry.key].label)
    studio.change_schema(_("{name} does not apply here", name=label), [entry])
    return _told(studio, options, entry.key)


def _show(studio: Any, options: argparse.Namespace) -> int:
    entry = hidden_entry(studio.schema, _needed(options))
    label = _(studio.schema.attributes[entry.key].label)
    studio.change_schema(_("{name} applies again", name=label), drop=[entry])
    return _told(studio, options, entry.key)


def _ask(studio: Any, options: argparse.Namespace) -> int:
    attribute = studio.schema.attribute(_needed(options))
    label = _("Question for {name}", name=_(attribute.label))
    if options.ask:
        studio.change_schema(label, [question_entry(studio.schema, attribute.id, options.ask)])
    else:
        studio.change_schema(label, drop=[Entry("question", attribute.id)])
    return _told(studio, options, attribute.id)


def _remove(studio: Any, options: argparse.Namespace) -> int:
    attribute = studio.schema.attribute(_needed(options))
    label = _(attribute.label)
    if not studio.is_own("attribute", attribute.id):
        raise UsageError(
            _("“{name}” comes with charstudio; `charstudio attributes hide` hides it here.", name=label)
        )
    used = studio.library.own.used(attribute.id)
    studio.change_schema(_("{name} removed", name=label), drop=[Entry("attribute", attribute.id)])
    if options.json:
        return _json({"removed": attribute.id, "characters": used})
    print(_("Removed: {name}; `charstudio attributes undo` brings it back.", name=label))
    if used:
        print(_("What {n} characters have there waits unseen until then.", n=used))
    return 0


def _load(studio: Any, options: argparse.Namespace) -> int:
    count = studio.load_own(Path(_needed(options)))
    if options.json:
        return _json({"entries": count})
    print(_("{n} things were added; `charstudio attributes undo` takes them back.", n=count))
    return 0


def _undo(studio: Any, options: argparse.Namespace) -> int:
    redo = options.what == "redo"
    what = studio.undo_schema(redo=redo)
    if not what:
        raise UsageError(_("There is nothing to redo.") if redo else _("There is nothing to undo."))
    if options.json:
        return _json({"label": what})
    print(_("Done again: {what}", what=what) if redo else _("Taken back: {what}", what=what))
    return 0


# Packs


def _list_packs(studio: Any, options: argparse.Namespace) -> int:
    from charstudio.guide import pack_names

    schema: Schema = studio.schema
    names = pack_names(schema)
    if options.json:
        return _json(
            [
                {"id": p, "name": n, "questions": list(schema.packs[p]), "own": studio.is_own("pack", p)}
                for p, n in names.items()
            ]
        )
    for pack, name in names.items():
        mark = [_("own")] if studio.is_own("pack", pack) else []
        print("\t".join([pack, name, ", ".join(schema.packs[pack]), *mark]))
    return 0


def _add_pack(studio: Any, options: argparse.Namespace) -> int:
    name = _needed(options)
    key = name if name in studio.schema.packs else ""
    label = studio.schema.pack_labels.get(name, "") if key else name
    entry = pack_entry(studio.schema, label or name.replace("_", " "), options.questions, key=key)
    studio.change_schema(_("Pack: {name}", name=entry.body["label"]), [entry])
    if options.json:
        return _json({"id": entry.key, **entry.body})
    print("\t".join([entry.key, entry.body["label"], ", ".join(entry.body["questions"])]))
    return 0


def _remove_pack(studio: Any, options: argparse.Namespace) -> int:
    name = _needed(options)
    labels = studio.schema.pack_labels
    keys = [p for p in studio.schema.packs if name in (p, labels.get(p))]
    if not keys or not studio.is_own("pack", keys[0]):
        raise UsageError(_("There is no pack of your own called “{name}”.", name=name[:80]))
    studio.change_schema(_("Pack removed: {name}", name=name[:80]), drop=[Entry("pack", keys[0])])
    if options.json:
        return _json({"removed": keys[0]})
    print(_("Removed: {name}; `charstudio packs undo` brings it back.", name=name))
    return 0


_ATTRIBUTES = {
    "list": _list, "add": _add, "hide": _hide, "show": _show, "ask": _ask, "remove": _remove, "load": _load,
    "undo": _undo, "redo": _undo,
}  # fmt: skip
_PACKS = {
    "list": _list_packs, "add": _add_pack, "remove": _remove_pack, "undo": _undo, "redo": _undo,
}  # fmt: skip


# Inside


def _group(schema: Schema, name: str) -> str | Entry:
    """The id of that group, or the entry of a new one."""
    if not name:
        return OWN_GROUP
    wanted = name.casefold()
    known = [g.id for g in schema.groups if wanted in (g.id, g.label.casefold())]
    return known[0] if known else group_entry(schema, name)


def _attribute_json(studio: Any, attribute: Attribute) -> dict[str, Any]:
    return {
        "id": attribute.id,
        "label": attribute.label,
        "group": attribute.group,
        "ask": attribute.ask,
        "tell": attribute.tell,
        "type": attribute.type,
        "many": attribute.many,
        "tier": attribute.tier,
        "know": attribute.know,
        "related": list(attribute.related),
        "own": studio.is_own("attribute", attribute.id),
        "hidden": attribute.id in studio.schema.hidden,
    }


def _told(studio: Any, options: argparse.Namespace, key: str) -> int:
    attribute = studio.schema.attributes[key]
    if options.json:
        return _json(_attribute_json(studio, attribute))
    mark = [_("hidden here")] if key in studio.schema.hidden else []
    print("\t".join([key, _(attribute.label), _(attribute.ask), *mark]))
    return 0


def _needed(options: argparse.Namespace) -> str:
    if not options.name:
        raise UsageError(_("Say which one: `{what}` needs a name.", what=options.what))
    return str(options.name)


def _parted(text: str, sign: str) -> list[str]:
    return [part.strip() for part in text.split(sign) if part.strip()]


def _json(body: Any) -> int:
    print(json.dumps(body, ensure_ascii=False))
    return 0
