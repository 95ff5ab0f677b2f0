"""What a relation means at its other end, and what can be offered there."""

from __future__ import annotations

from charstudio.checks.finding import Offer, Person
from charstudio.i18n import _
from charstudio.model import Change, Value
from charstudio.sheet import Schema

# Where the other one has the same bond. Who was taught need not say so, so a mentor has none.
INVERSE = {
    "parents": "children",
    "children": "parents",
    "siblings": "siblings",
    "partner": "partner",
    "rival": "rival",
    "enemy": "enemy",
}
AGAINST = frozenset(("rival", "enemy"))


def offer_back(who: Person, value: Value, other: Person, schema: Schema) -> Offer | None:
    """The same bond at its other end, to be added to the sheet of `other`; None when it stands there."""
    inverse = INVERSE.get(value.attribute, "")
    if inverse not in schema.attributes or value.other_id != other.id:
        return None
    if any(v.other_id == who.id for v in other.sheet.of(inverse)) or other.sheet.state(inverse) == "na":
        return None
    attribute = schema.attributes[inverse]
    if not attribute.many and other.sheet.of(inverse):
        return None
    name = who.sheet.full_name or who.name
    change = Change(inverse, name, "add", know=value.know, other_id=who.id)
    words = _("Add to {name}: {label}", name=other.name, label=attribute.label)
    return Offer(words, ((other.id, change),))


def back_to(who: Person, other: Person) -> list[Value]:
    """Everything that the other says of this character."""
    return [v for v in other.sheet.values if v.other_id == who.id and v.state == "set"]
