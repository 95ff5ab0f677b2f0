"""What a writer adds to the schema, with the same rights: attributes, groups, questions and packs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from charstudio.errors import SheetError
from charstudio.i18n import _
from charstudio.sheet.person import flip
from charstudio.sheet.schema import TYPES, Attribute, Edge, Group, Schema, attribute_of, value_link_of

Kind = Literal["group", "attribute", "question", "pack", "hidden", "edge", "value_link"]
KINDS: tuple[Kind, ...] = get_args(Kind)

OWN_GROUP = "own"
LONGEST_NAME = 60
LONGEST_ASK = 300
MOST_QUESTIONS = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing the writer made of the schema: `body` is what a schema file would say of `key`."""

    kind: Kind
    key: str
    body: dict[str, Any] = field(default_factory=dict)


def with_own(schema: Schema, entries: Iterable[Entry]) -> Schema:
    """The schema with all that laid over it; what no longer fits (a neighbour that is gone) is left out."""
    by_kind: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
    for entry in entries:
        if _is_sound(entry):
            by_kind[entry.kind].append(entry)
    groups = _groups(schema, by_kind["group"], by_kind["attribute"])
    attributes = _attributes(schema, by_kind["attribute"], {g.id for g in groups}, by_kind["question"])
    packs, labels = _packs(schema, attributes, by_kind["pack"])
    edges = [Edge(e.body["from"], e.body["to"], e.body["kind"], e.body["ask"]) for e in by_kind["edge"]]
    links = [value_link_of(e.body) for e in by_kind["value_link"]]
    known = attributes.keys()
    return replace(
        schema,
        groups=groups,
        attributes=attributes,
        packs=packs,
        pack_labels=labels,
        edges=(*schema.edges, *(e for e in edges if {e.source, e.target} <= known)),
        value_links=(*schema.value_links, *(k for k in links if {k.attribute, *k.offer} <= known)),
        hidden=schema.hidden | {e.key for e in by_kind["hidden"]} & known,
        near={},
    )


def _is_sound(entry: Entry) -> bool:
    """Whether an entry can be used; a library may come from a stranger."""
    body = entry.body
    try:
        match entry.kind:
            case "attribute":
                return bool(_made(entry, "").label.strip())
            case "value_link":
                return bool(value_link_of(body).offer)
            case "pack":
                asked = body["questions"]
                return isinstance(asked, list) and all(isinstance(q, str) for q in asked)
            case "edge":
                return all(isinstance(body[name], str) for name in ("from", "to", "kind", "ask"))
            case "group":
                return isinstance(body["label"], str)
            case "question":
                return isinstance(body["ask"], str)
            case _:
                return True
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _groups(schema: Schema, own: Sequence[Entry], attributes: Sequence[Entry]) -> tuple[Group, ...]:
    groups = {g.id: g for g in schema.groups}
    after = max(g.order for g in schema.groups)
    for n, entry in enumerate(own, 1):
        groups[entry.key] = Group(entry.key, entry.body["label"], entry.body.get("blurb", ""), after + n)
    if any(a.body.get("group", OWN_GROUP) not in groups for a in attributes):
        blurb = _("What this writer wants to know about everybody.")
        groups[OWN_GROUP] = Group(OWN_GROUP, _("My own"), blurb, after + len(own) + 1)
    return tuple(sorted(groups.values(), key=lambda g: g.order))


def _attributes(
    schema: Schema, own: Sequence[Entry], groups: set[str], questions: Sequence[Entry]
) -> dict[str, Attribute]:
    attributes = dict(schema.attributes)
    for entry in own:
        group = entry.body.get("group", OWN_GROUP)
        attributes[entry.key] = _made(entry, group if group in groups else OWN_GROUP)
    for entry in own:
        near = tuple(r for r in attributes[entry.key].related if r in attributes and r != entry.key)
        attributes[entry.key] = replace(attributes[entry.key], related=near)
    for question in questions:
        if question.key in attributes:
            attributes[question.key] = replace(attributes[question.key], ask=question.body["ask"])
    return attributes


def _packs(
    schema: Schema, attributes: Mapping[str, Attribute], own: Sequence[Entry]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    packs, labels = dict(schema.packs), dict(schema.pack_labels)
    for entry in own:
        asked = tuple(a for a in entry.body["questions"] if a in attributes)
        if asked:
            packs[entry.key] = asked
            if entry.body.get("label"):
                labels[entry.key] = entry.body["label"]
    return packs, labels


def _made(entry: Entry, group: str) -> Attribute:
    body = {**_sentences(entry.body["label"]), **entry.body}
    plain = {"type": "text", "many": False, "tier": 2, "know": "open"}
    return attribute_of({**plain, **body, "id": entry.key}, group)


def _sentences(label: str) -> dict[str, str]:
    """What is asked and said of an attribute when the writer gives no words for it."""
    noun = label if label[:2].isupper() else label[:1].lower() + label[1:]
    return {
        "ask": _("What is my {noun}?", noun=noun),
        "tell": f"Your {noun} is {{v}}.",
        "echo": f"My {noun} is {{v}}.",
    }


# What the writer wants


def attribute_entry(schema: Schema, label: str, *, key: str = "", **told: Any) -> Entry:
    """A new attribute of the writer's, or with `key` an own one changed; raises `SheetError` in a sentence.

    `told` holds what a schema file may say: group, ask, tell, echo, aka, type, many, tier, know, examples,
    related, flags. What is left out is made from the label.
    """
    label = name_of(label)
    _refuse_taken(schema, label, key)
    body = {name: value for name, value in told.items() if value not in (None, "", (), [])}
    for name in ("ask", "tell", "echo"):
        _refuse_long(str(body.get(name, "")))
    kind = body.get("type", "text")
    if kind not in TYPES:
        raise SheetError(_("There is no type “{type}”; use one of {all}.", type=kind, all=", ".join(TYPES)))
    for near in body.get("related", ()):
        schema.attribute(near)
    body["related"] = [schema.attribute(near).id for near in body.get("related", ())]
    if body.get("tell") and not body.get("echo"):
        body["echo"] = flip(str(body["tell"]), "first")
    entry = Entry("attribute", key or free_key(schema.attributes, label), {"label": label, **body})
    try:
        _made(entry, str(body.get("group", OWN_GROUP)))
    except (KeyError, TypeError, ValueError) as exc:
        raise SheetError(
            _("“{label}” cannot be kept like that: {why}.", label=label, why=_plain(exc))
        ) from exc
    return entry


def group_entry(schema: Schema, label: str) -> Entry:
    """A new group of the writer's; raises `SheetError` if the name is taken."""
    label = name_of(label)
    if any(_same(label, g.label) for g in schema.groups):
        raise SheetError(_("There is a group “{label}” already; choose another name.", label=label))
    return Entry("group", free_key([g.id for g in schema.groups], label), {"label": label})


def pack_entry(schema: Schema, label: str, questions: Sequence[str], *, key: str = "") -> Entry:
    """A pack of the writer's; with `key` another order for a pack that is there. Raises `SheetError`."""
    label = name_of(label)
    asked = list(dict.fromkeys(schema.attribute(q).id for q in questions))
    if not asked:
        raise SheetError(_("A pack needs at least one question; name attributes to ask about."))
    if len(asked) > MOST_QUESTIONS:
        raise SheetError(_("A pack ends; {most} questions are the most it can hold.", most=MOST_QUESTIONS))
    taken = [p for p in schema.packs if _same(label, schema.pack_labels.get(p, p.replace("_", " ")))]
    if not key and taken:
        raise SheetError(_("There is a pack “{label}” already; choose another name.", label=label))
    body = {"label": label, "questions": asked}
    return Entry("pack", key or free_key(schema.packs, label), body)


def question_entry(schema: Schema, attribute: str, ask: str) -> Entry:
    """The writer's own words for the question of any attribute."""
    found = schema.attribute(attribute)
    ask = " ".join(ask.split())
    _refuse_long(ask)
    if not ask:
        raise SheetError(_("An empty question asks nothing; write what the character should ask."))
    return Entry("question", found.id, {"ask": ask})


def hidden_entry(schema: Schema, attribute: str) -> Entry:
    """An attribute that does not apply in this library: never asked, never offered, its values stay."""
    return Entry("hidden", schema.attribute(attribute).id)


def name_of(label: str) -> str:
    """A name as it is kept: one line without braces; raises `SheetError`."""
    label = " ".join(label.split())
    if not label:
        raise SheetError(_("A name is needed; write a word or two."))
    if len(label) > LONGEST_NAME:
        raise SheetError(_("That name is too long; {most} letters are enough.", most=LONGEST_NAME))
    if any(sign in label for sign in "{}<>") or any(unicodedata.category(c) == "Cc" for c in label):
        raise SheetError(_("A name cannot hold { } < or >; leave them out."))
    return label


def free_key(taken: Iterable[str], label: str) -> str:
    """An id that nothing has yet, made of the letters of a name; `own_` keeps it apart from shipped ones."""
    word = "_".join("".join(c if c.isalnum() else " " for c in label.casefold()).split())[:40] or "thing"
    known, key, n = set(taken), f"own_{word}", 1
    while key in known:
        n += 1
        key = f"own_{word}_{n}"
    return key


def _refuse_taken(schema: Schema, label: str, key: str) -> None:
    for attribute in schema.attributes.values():
        if attribute.id == key:
            continue
        if _same(label, attribute.label) or _same(label, attribute.id.replace("_", " ")):
            told = _("There is an attribute “{label}” already; choose another name.")
        elif any(_same(label, name) for name in attribute.aka):
            told = _("“{name}” is another word for “{label}” already; choose another name.")
        else:
            continue
        raise SheetError(told.replace("{name}", label).replace("{label}", _(attribute.label)))


def _refuse_long(text: str) -> None:
    if len(text) > LONGEST_ASK:
        raise SheetError(_("That question is too long; {most} letters are the most.", most=LONGEST_ASK))


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def _plain(exc: Exception) -> str:
    return str(exc).removeprefix("attribute ").strip("'\"")
