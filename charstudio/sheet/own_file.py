"""Reads a schema file of the writer's; what is wrong in it is told with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from charstudio.errors import SheetError
from charstudio.i18n import _
from charstudio.paths import write_atomically
from charstudio.sheet.own import (
    OWN_GROUP,
    Entry,
    attribute_entry,
    free_key,
    hidden_entry,
    name_of,
    pack_entry,
    question_entry,
    with_own,
)
from charstudio.sheet.schema import Schema, value_link_of

LARGEST = 2_000_000
_TOP = ("groups", "questions", "packs", "hide", "edges", "value_links", "schema", "version", "locale")
_SAID = (
    "ask", "tell", "echo", "aka", "also", "type", "many", "tier", "know", "examples", "related", "flags",
)  # fmt: skip
_LISTS = ("aka", "also", "examples", "related", "flags")


class _Mapping(dict[Any, Any]):
    """A mapping that knows on which line it and each of its keys stand."""

    line = 0

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}

    def at(self, key: Any) -> int:
        return self.lines.get(key, self.line)


class _Loader(yaml.SafeLoader):
    """The safe loader, keeping lines."""


def _construct(loader: _Loader, node: yaml.MappingNode) -> _Mapping:
    made = _Mapping()
    made.line = node.start_mark.line + 1
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str | int | float):
            raise _Wrong(line, _("a name is needed here"))
        if key in made:
            raise _Wrong(line, _("“{key}” stands twice", key=key))
        made[key] = loader.construct_object(value_node, deep=True)
        made.lines[key] = line
    return made


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct)


class _Wrong(Exception):  # noqa: N818 - it is what the file is
    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


def last_good(path: Path, good: Path, schema: Schema) -> tuple[tuple[Entry, ...], str]:
    """What the writer's own file adds, and what is wrong with it; with an error the last good copy counts.

    No file adds nothing. `good` is where the copy is kept.
    """
    if not path.exists():
        return (), ""
    try:
        text = _text(path)
        entries = read_own(text, path.name, schema)
    except SheetError as exc:
        return _kept(good, schema), str(exc)
    if not good.exists() or _text(good) != text:
        write_atomically(good, text.encode())
    return entries, ""


def _kept(good: Path, schema: Schema) -> tuple[Entry, ...]:
    try:
        return read_own(_text(good), good.name, schema) if good.exists() else ()
    except SheetError:
        return ()


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise SheetError(_("{file} is too large to be a schema.", file=path.name))
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        line = exc.object[: exc.start].count(b"\n") + 1
        raise SheetError(_told(path.name, line, _("this is no UTF-8 text"))) from exc
    except OSError as exc:
        raise SheetError(_("{file} cannot be read: {why}.", file=path, why=exc.strerror or exc)) from exc


def read_own_file(path: Path, schema: Schema, kept: tuple[Entry, ...] = ()) -> tuple[Entry, ...]:
    """What a file adds to a schema; raises `SheetError` with line and reason."""
    return read_own(_text(path), path.name, schema, kept)


def read_own(text: str, name: str, schema: Schema, kept: tuple[Entry, ...] = ()) -> tuple[Entry, ...]:
    """What a file adds to a schema; raises `SheetError` with the file's name, the line and the reason.

    `kept` is what this file (or library) added before: its own names are not taken by themselves.
    """
    if len(text) > LARGEST:
        raise SheetError(_("{file} is too large to be a schema.", file=name))
    try:
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, as above
        return tuple(_entries(raw if raw is not None else _Mapping(), schema, kept))
    except _Wrong as exc:
        raise SheetError(_told(name, exc.line, str(exc))) from exc
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        why = exc.problem or _("this is no YAML")
        raise SheetError(_told(name, mark.line + 1 if mark else 1, why)) from exc
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        why = next(iter(str(exc).splitlines()), "") or type(exc).__name__
        raise SheetError(_told(name, 1, why)) from exc


def _told(name: str, line: int, why: str) -> str:
    return _("{file}, line {line}: {why}", file=name, line=line, why=why[:300].rstrip(".")) + "."


def _entries(raw: Any, schema: Schema, kept: tuple[Entry, ...]) -> Iterator[Entry]:
    top = _mapping(raw, 1, _("the file"))
    for key in top:
        if key not in _TOP:
            known = ", ".join(_TOP[:6])
            raise _Wrong(top.at(key), _("“{key}” is not known here; use {all}", key=key, all=known))
    own = {e.key for e in kept if e.kind == "attribute"}
    base = with_own(schema, [e for e in kept if e.kind != "attribute"])
    found: list[Entry] = []

    def now() -> Schema:
        return with_own(base, found)

    for group in _list(top, "groups"):
        entry = _group(group, now())
        if entry.kind == "group" and entry.key not in {g.id for g in schema.groups}:
            found.append(entry)
        for told in _list(group, "attributes"):
            made = _attribute(told, entry.key, now(), own)  # each may refer to the one before
            found.append(made)
    _check_related(top, found, now())
    for attribute, ask in _named(top, "questions").items():
        with _at(top["questions"].at(attribute)):
            found.append(question_entry(now(), str(attribute), str(ask)))
    for pack, told in _named(top, "packs").items():
        with _at(top["packs"].at(pack)):
            found.append(_pack(str(pack), told, now(), kept))
    for attribute in _list(top, "hide"):
        with _at(top.at("hide")):
            found.append(hidden_entry(now(), str(attribute)))
    found += [_edge(edge, now()) for edge in _list(top, "edges")]
    found += [_link(link, now()) for link in _list(top, "value_links")]
    yield from found


class _at:  # noqa: N801 - reads as what it does: with _at(line)
    """Tells what goes wrong inside with this line."""

    def __init__(self, line: int) -> None:
        self._line = line

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, exc: BaseException | None, _trace: Any) -> None:
        if isinstance(exc, SheetError | KeyError | TypeError | AttributeError | ValueError):
            why = _("“{key}” is missing", key=exc.args[0]) if isinstance(exc, KeyError) else str(exc)
            raise _Wrong(self._line, why) from exc


def _group(group: _Mapping, schema: Schema) -> Entry:
    label, key = group.get("label"), group.get("id")
    known = {g.id: g for g in schema.groups}
    if key in known or (key is None and label is None):
        return Entry("group", str(key or OWN_GROUP))
    with _at(group.at("label")):
        named = name_of(str(label if label is not None else key))
        same = next((g.id for g in schema.groups if g.label.casefold() == named.casefold()), "")
        body = {"label": named, "blurb": str(group.get("blurb", ""))}
        return Entry("group", same or str(key or free_key(known, named)), body)


def _attribute(told: _Mapping, group: str, schema: Schema, own: set[str]) -> Entry:
    for key in told:
        if key not in (*_SAID, "id", "label"):
            raise _Wrong(told.at(key), _("an attribute has no “{key}”", key=key))
    for key in _LISTS:
        if key in told and not isinstance(told[key], list):
            raise _Wrong(told.at(key), _("“{key}” needs a list in [ ]", key=key))
    for key in ("tell", "echo"):
        if key in told and "{v}" not in str(told[key]):
            raise _Wrong(told.at(key), _("“{key}” needs {v} where the value stands", key=key, v="{v}"))
    label = told.get("label")
    if not isinstance(label, str):
        raise _Wrong(told.line, _("an attribute needs a label"))
    key = str(told.get("id") or "")
    if key and key in schema.attributes and key not in own:
        why = _("there is an attribute “{label}” already; choose another name", label=key)
        raise _Wrong(told.at("id"), why)
    said = {name: told[name] for name in _SAID if name in told and name != "related"}
    said |= {name: [str(v) for v in said[name]] for name in _LISTS if name in said}
    with _at(told.at("label")):
        free = key or free_key(set(schema.attributes) - own, label)
        made = attribute_entry(schema, label, key=free, group=group, **said)
    near = [str(r) for r in told.get("related", ())]
    return Entry(made.kind, made.key, {**made.body, "related": near})


def _check_related(top: _Mapping, found: list[Entry], schema: Schema) -> None:
    """Neighbours may stand further down in the file, so they are looked up when all are known."""
    told = [a for g in _list(top, "groups") for a in _list(g, "attributes")]
    entries = [e for e in found if e.kind == "attribute"]
    for entry, source in zip(entries, told, strict=True):
        with _at(source.at("related")):
            entry.body["related"] = [schema.attribute(r).id for r in entry.body["related"]]


def _pack(name: str, told: Any, schema: Schema, kept: tuple[Entry, ...]) -> Entry:
    questions = told.get("questions") if isinstance(told, Mapping) else told
    label = str(told.get("label", name)) if isinstance(told, Mapping) else name
    if not isinstance(questions, list):
        raise SheetError(_("a pack needs a list of attributes"))
    mine = {e.key for e in kept if e.kind == "pack"}
    key = name if name in schema.packs or name in mine else free_key(schema.packs, name)
    return pack_entry(schema, label.replace("_", " "), [str(q) for q in questions], key=key)


def _edge(edge: _Mapping, schema: Schema) -> Entry:
    with _at(edge.line):
        body = {
            "from": schema.attribute(str(edge["from"])).id,
            "to": schema.attribute(str(edge["to"])).id,
            "kind": str(edge.get("kind", "belongs")),
            "ask": str(edge["ask"]),
        }
        return Entry("edge", f"{body['from']}>{body['to']}", body)


def _link(link: _Mapping, schema: Schema) -> Entry:
    with _at(link.line):
        made = value_link_of(link)
        source = schema.attribute(made.attribute).id
        body = {
            "if": {"attr": source, "any": list(made.stems)},
            "offer": {schema.attribute(a).id: list(values) for a, values in made.offer.items()},
        }
        return Entry("value_link", f"{source}:{','.join(made.stems)}"[:120], body)


def _mapping(found: Any, line: int, where: str) -> _Mapping:
    if not isinstance(found, _Mapping):
        raise _Wrong(line, _("{where} needs names with values after a colon", where=where))
    return found


def _named(where: _Mapping, key: str) -> _Mapping:
    return _mapping(where[key], where.at(key), key) if where.get(key) is not None else _Mapping()


def _list(where: _Mapping, key: str) -> list[Any]:
    found = where.get(key, [])
    if found is None:
        return []
    if not isinstance(found, list):
        raise _Wrong(where.at(key), _("“{key}” needs a list", key=key))
    for one in found:
        maps = ("groups", "attributes", "edges", "value_links")
        if key in maps and not isinstance(one, _Mapping):
            raise _Wrong(where.at(key), _("each of “{key}” needs names with values after a colon", key=key))
    return found
