"""Decides what to ask next: the pack first, then what lies nearest to the last answers in the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from charstudio.guide.packs import pack_name
from charstudio.guide.turn import Ask
from charstudio.i18n import _
from charstudio.sheet import Edge, Schema, Sheet, ValueLink
from charstudio.sheet.links import applies

ELIDED = 90  # signs of a value inside a question
RECENT = 4  # of the last answers a next question may come from
FARTHEST = 3  # links from an answer to a question


def next_ask(schema: Schema, sheet: Sheet, pack: str, *, asked: Set[str], trail: Sequence[str]) -> Ask | None:
    """The next question, never one of `asked`; `trail` is what was answered, the newest last."""
    return pack_ask(schema, sheet, pack, asked=asked) or free_ask(schema, sheet, asked=asked, trail=trail)


def pack_ask(schema: Schema, sheet: Sheet, pack: str, *, asked: Set[str]) -> Ask | None:
    """The next question of a pack, in its order; None when it has no more."""
    done = sheet.decided() | asked | schema.hidden
    for attribute in schema.packs.get(pack, ()):
        if attribute not in done:
            reason = _("Asked because it is next in “{pack}”.", pack=pack_name(pack, schema))
            return _ask(schema, attribute, reason)
    return None


def free_ask(schema: Schema, sheet: Sheet, *, asked: Set[str], trail: Sequence[str]) -> Ask | None:
    """Outside of packs: the question that lies nearest to what was answered last."""
    done = sheet.decided() | asked | schema.hidden
    fitting = [a for a in schema.attributes if a not in done and _may_be_asked(schema, sheet, a)]
    near = _near(schema, trail, set(fitting))
    if near:
        source, attribute = min(near, key=lambda found: _cost(schema, sheet, *found))[:2]
        return linked(schema, sheet, source, attribute)
    return _by_tier(schema, sheet, fitting)


def _may_be_asked(schema: Schema, sheet: Sheet, attribute: str) -> bool:
    """Deep things wait until a value opens them; delicate ones for a pack or a wish of the writer."""
    if is_delicate(schema, attribute):
        return False
    return schema.attributes[attribute].tier < 3 or _is_opened(schema, sheet, attribute)


def _is_opened(schema: Schema, sheet: Sheet, attribute: str) -> bool:
    if any(e.target == attribute and sheet.of(e.source) for e in schema.edges):
        return True
    if any(attribute in link.offer and applies(link, sheet) for link in schema.value_links):
        return True
    return sum(bool(sheet.of(n)) for n in schema.neighbours(attribute)) > 1


Found = tuple[str, str, int, int, int]  # source, question, links between them, how long ago, rank of the link


def _near(schema: Schema, trail: Sequence[str], fitting: Set[str]) -> list[Found]:
    """Every question that a recent answer leads to, by the fewest links."""
    recent = list(dict.fromkeys(reversed(trail)))[:RECENT]
    return [found for age, source in enumerate(recent) for found in _around(schema, source, age, fitting)]


def _around(schema: Schema, source: str, age: int, fitting: Set[str]) -> Iterator[Found]:
    seen, edge_of_search = {source}, [source]
    for steps in range(1, FARTHEST + 1):
        further = []
        for here in edge_of_search:
            for rank, attribute in enumerate(schema.neighbours(here)):
                if attribute not in seen:
                    seen.add(attribute)
                    further.append(attribute)
                    if attribute in fitting:
                        yield source, attribute, steps, age, rank
        edge_of_search = further


def _cost(
    schema: Schema, sheet: Sheet, source: str, attribute: str, steps: int, age: int, rank: int
) -> tuple[float, int]:
    """Links first, then how long ago the answer was; a question of its own, a low tier and company help."""
    told = steps == 1 and schema.edge(source, attribute) is not None and bool(sheet.of(source))
    known = min(4, sum(bool(sheet.of(n)) for n in schema.neighbours(attribute)))
    cost = steps + 0.5 * age + 0.12 * schema.attributes[attribute].tier + 0.02 * rank
    return cost - 0.2 * told - 0.02 * known, rank


def _by_tier(schema: Schema, sheet: Sheet, fitting: Sequence[str]) -> Ask | None:
    for tier, why in (
        (1, _("Asked because it is one of the first things worth knowing about me.")),
        (2, _("Asked because it belongs to the core of a person.")),
    ):
        for attribute in fitting:
            if schema.attributes[attribute].tier == tier:
                return _ask(schema, attribute, why)
    for attribute in fitting:
        for source in schema.neighbours(attribute):
            if sheet.of(source):
                return linked(schema, sheet, source, attribute)
    return None


def linked(schema: Schema, sheet: Sheet, source: str, attribute: str) -> Ask:
    """The question to which a decided attribute leads, in the words of their edge if it has some."""
    reason = _("Asked because you {told}.", told=_told(schema.attributes[source].label))
    edge = schema.edge(source, attribute)
    values = sheet.of(source)
    if edge is None or not values:
        return _ask(schema, attribute, reason, source)
    text = followed(edge, values[-1].text)
    return Ask(attribute, _(schema.attributes[attribute].label), text, reason, source)


def edge_told(schema: Schema, ask: Ask) -> bool:
    """Whether a question stands in the words of an edge, not in those of its attribute."""
    told = ask.text != schema.attributes[ask.attribute].ask
    return told and schema.edge(ask.source, ask.attribute) is not None


def followed(edge: Edge, value: str) -> str:
    """The follow-up question of an edge with the value in it (whatever braces the value holds)."""
    return _(edge.ask).replace("{v}", within(value))


def within(value: str) -> str:
    """A value as it stands inside a sentence: one line, no full stop of its own, long ones cut at a word."""
    shown = " ".join(value.split())
    if len(shown) > ELIDED:
        cut = shown[:ELIDED]
        shown = (cut[: cut.rfind(" ")] if " " in cut[ELIDED // 2 :] else cut).rstrip(" ,;:.") + "…"
    if shown.endswith(".") and not shown.endswith(("..", "Jr.", "Sr.", "Dr.", "St.")):
        shown = shown[:-1]
    first = shown.split(" ", 1)[0]
    # An answer begins with a large letter; inside of a question only a name does.
    return shown[:1].lower() + shown[1:] if first in _OPENERS else shown


_OPENERS = frozenset((
    "A", "An", "The", "To", "My", "In", "On", "At", "With", "By", "From", "Because", "That", "Being",
    "Nobody", "Someone", "Something", "Nothing", "Of", "For", "As", "Under", "Between", "Not", "Never",
    "Always", "Only", "When", "If", "It",
))  # fmt: skip


def why(schema: Schema, sheet: Sheet, ask: Ask) -> str:
    """The answer to “Why do you ask?”: the reason, and the link of the network that led here."""
    if not ask.source or ask.source not in schema.attributes:
        return ask.reason
    edge = schema.edge(ask.source, ask.attribute)
    values = sheet.of(ask.source)
    source = _("“{label}”", label=_(schema.attributes[ask.source].label))
    if values:
        source = _("{label} ({value})", label=source, value=within(values[-1].text))
    target = _("“{label}”", label=_(schema.attributes[ask.attribute].label))
    link = _link(edge.kind if edge else "").replace("{target}", target)
    return f"{ask.reason} {link.replace('{source}', source)}"


def _link(kind: str) -> str:
    return {
        "causes": _("{source} leads to {target}."),
        "shows": _("{source} shows in {target}."),
        "needs": _("{source} needs {target}."),
        "limits": _("{source} is limited by {target}."),
        "opposes": _("{source} pulls against {target}."),
        "belongs": _("{source} belongs with {target}."),
    }.get(kind, _("{source} lies close to {target}."))


def plain_ask(schema: Schema, attribute: str) -> Ask:
    """The attribute's own question, because the writer wanted it."""
    return _ask(schema, attribute, _("Asked because you wanted to talk about it."))


def offers(schema: Schema, sheet: Sheet, attribute: str) -> Iterator[tuple[ValueLink, str]]:
    """What the decided values offer for an attribute, with the link that offers it."""
    for link in schema.value_links:
        if attribute in link.offer and applies(link, sheet):
            for value in link.offer[attribute]:
                yield link, value


def _ask(schema: Schema, attribute: str, reason: str, source: str = "") -> Ask:
    found = schema.attributes[attribute]
    return Ask(attribute, _(found.label), _(found.ask), reason, source)


def is_delicate(schema: Schema, attribute: str) -> bool:
    """Whether something is asked only in a pack that the writer chose, or on request."""
    return any(f == "sensitive" or f.startswith("genre:") for f in schema.attributes[attribute].flags)


def _told(label: str) -> str:
    first = label.split()[0].casefold()
    lower = label if label.startswith("I ") else label[0].lower() + label[1:]
    if first in ("what", "how", "where", "whom", "who", "why", "when"):
        return _("said {what}", what=lower)
    if first in ("me", "a", "the", "my", "at", "around", "story", "note", "point", "role", "kind"):
        return _("spoke of {what}", what=lower)
    return _("told me about my {what}", what=lower)
