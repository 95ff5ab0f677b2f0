"""Reads the attribute schema: the 133 things worth knowing about a character, and what leads to what."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import yaml

from charstudio.errors import SheetError
from charstudio.i18n import _
from charstudio.model import KNOW_LEVELS, Know

# The same safe loader in C, where PyYAML has it: a sixth of the time at every start.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

TYPES = ("text", "prose", "number", "date", "choice", "scale", "tags", "ref", "refs")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that can be decided; `ask`, `tell` and `echo` are sentences with `{v}` for the value."""

    id: str
    label: str
    group: str
    ask: str
    tell: str
    echo: str
    aka: tuple[str, ...] = ()
    type: str = "text"
    many: bool = False
    tier: int = 2
    know: Know = "open"
    examples: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def is_ref(self) -> bool:
        """Whether a value can be another character."""
        return self.type in ("ref", "refs")


@dataclass(frozen=True, slots=True)
class Group:
    """A chapter of the sheet."""

    id: str
    label: str
    blurb: str
    order: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A directed link of the concept network, with its own follow-up question (`{v}` = value of `source`)."""

    source: str
    target: str
    kind: str
    ask: str


@dataclass(frozen=True, slots=True)
class ValueLink:
    """When `attribute` holds a word that starts with one of `stems`, `offer` fits other attributes."""

    attribute: str
    stems: tuple[str, ...]
    offer: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Hint:
    """Words that tell what a doubtful sentence is about; `first` ones count only in front."""

    words: frozenset[str]
    attributes: tuple[str, ...]
    first: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """One sentence form that several attributes share ("You have {v}."), and what decides between them."""

    say: str
    hints: tuple[Hint, ...]
    otherwise: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """All attributes in order, and the network between them.

    `hidden` attributes do not apply in this library: they are never asked or offered. `pack_labels` names
    packs that are the writer's own. `near` remembers what `neighbours` found.
    """

    groups: tuple[Group, ...]
    attributes: dict[str, Attribute]
    edges: tuple[Edge, ...]
    value_links: tuple[ValueLink, ...]
    opposites: tuple[tuple[str, str], ...]
    packs: dict[str, tuple[str, ...]]
    acts: tuple[dict[str, Any], ...]
    words: dict[str, frozenset[str]] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    hidden: frozenset[str] = frozenset()
    pack_labels: dict[str, str] = field(default_factory=dict)
    near: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def attribute(self, id_or_word: str) -> Attribute:
        """The attribute of that id, label or other word; raises `SheetError` with the nearest ids."""
        if id_or_word in self.attributes:
            return self.attributes[id_or_word]
        word = " ".join(id_or_word.replace("_", " ").casefold().split())
        for attribute in self.attributes.values():
            names = (attribute.id.replace("_", " "), attribute.label, *attribute.aka)
            if any(word == name.casefold() for name in names):
                return attribute
        raise SheetError(
            _(
                "There is no attribute “{word}”; `charstudio attributes` lists them all.",
                word=id_or_word[:80],
            )
        )

    def neighbours(self, attribute: str) -> tuple[str, ...]:
        """Linked attributes, strongest first: its own links, then those that link to it."""
        if attribute not in self.near:
            own = self.attributes[attribute].related
            others = [a.id for a in self.attributes.values() if attribute in a.related and a.id not in own]
            self.near[attribute] = (*own, *others)
        return self.near[attribute]

    def edge(self, source: str, target: str) -> Edge | None:
        """The typed edge from one attribute to another, if there is one."""
        return next((e for e in self.edges if (e.source, e.target) == (source, target)), None)

    def in_group(self, group: str) -> tuple[Attribute, ...]:
        """The attributes of one group, in the order of the schema."""
        return tuple(a for a in self.attributes.values() if a.group == group)


def load_schema(path: Path) -> Schema:
    """Read a schema file; raises `SheetError` with the line or the attribute that is wrong."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise SheetError(_("The attribute schema {path} cannot be read: {why}", path=path, why=exc)) from exc
    try:
        return _schema(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise SheetError(_("The attribute schema {path} is wrong: {why}", path=path, why=exc)) from exc


def _schema(raw: dict[str, Any]) -> Schema:
    attributes: dict[str, Attribute] = {}
    groups = []
    for group in raw["groups"]:
        groups.append(Group(group["id"], group["label"], group["blurb"], int(group["order"])))
        for entry in group["attributes"]:
            attribute = attribute_of(entry, group["id"])
            if attribute.id in attributes:
                raise ValueError(f"attribute {attribute.id} stands twice")
            attributes[attribute.id] = attribute
    words = {name: frozenset(map(str, listed)) for name, listed in raw.get("words", {}).items()}
    schema = Schema(
        groups=tuple(sorted(groups, key=lambda g: g.order)),
        attributes=attributes,
        edges=tuple(Edge(e["from"], e["to"], e["kind"], e["ask"]) for e in raw.get("edges", ())),
        value_links=tuple(value_link_of(link) for link in raw.get("value_links", ())),
        opposites=tuple((str(a), str(b)) for a, b in raw.get("opposites", ())),
        packs={name: tuple(ids) for name, ids in raw.get("packs", {}).items()},
        acts=tuple(raw.get("dialogue_acts", ())),
        words=words,
        doubts=tuple(_doubt(entry, words) for entry in raw.get("doubts", ())),
    )
    _check_links(schema)
    return schema


def attribute_of(entry: dict[str, Any], group: str) -> Attribute:
    """An attribute as a schema file tells it; raises `KeyError` or `ValueError`."""
    attribute = Attribute(
        id=entry["id"],
        label=entry["label"],
        group=group,
        ask=entry["ask"],
        tell=entry["tell"],
        echo=entry["echo"],
        aka=tuple(map(str, entry.get("aka", ()))),
        type=entry["type"],
        many=bool(entry["many"]),
        tier=int(entry["tier"]),
        know=entry["know"],
        examples=tuple(map(str, entry.get("examples", ()))),
        related=tuple(entry.get("related", ())),
        flags=tuple(entry.get("flags", ())),
        also=tuple(map(str, entry.get("also", ()))),
    )
    if attribute.type not in TYPES or attribute.know not in KNOW_LEVELS:
        raise ValueError(f"attribute {attribute.id}: type {attribute.type}, know {attribute.know}")
    if "{v}" not in attribute.tell or "{v}" not in attribute.echo:
        raise ValueError(f"attribute {attribute.id}: tell and echo need {{v}}")
    return attribute


def value_link_of(link: dict[str, Any]) -> ValueLink:
    """What one value offers for others, as a schema file tells it."""
    condition = link["if"]
    offer = {attr: tuple(map(str, values)) for attr, values in link["offer"].items()}
    return ValueLink(condition["attr"], tuple(map(str, condition["any"])), offer)


def _doubt(entry: dict[str, Any], words: dict[str, frozenset[str]]) -> Doubt:
    hints = tuple(
        Hint(
            frozenset(map(str, rule["first"])) if "first" in rule else words[rule["words"]],
            tuple(rule["attrs"]),
            "first" in rule,
        )
        for rule in entry.get("when", ())
    )
    return Doubt(entry["say"], hints, tuple(entry["otherwise"]))


def _check_links(schema: Schema) -> None:
    named = [(a.id, r) for a in schema.attributes.values() for r in a.related]
    named += [(e.source, e.target) for e in schema.edges]
    named += [(e.target, e.source) for e in schema.edges]
    named += [(link.attribute, attr) for link in schema.value_links for attr in (link.attribute, *link.offer)]
    named += [(pack, attr) for pack, attrs in schema.packs.items() for attr in attrs]
    named += [(d.say, attr) for d in schema.doubts for attr in d.otherwise]
    named += [(d.say, attr) for d in schema.doubts for hint in d.hints for attr in hint.attributes]
    for where, attribute in named:
        if attribute not in schema.attributes:
            raise ValueError(f"{where} names the unknown attribute {attribute}")


assert set(KNOW_LEVELS) == set(get_args(Know))
