"""The sentences of the blank voice: it repeats what it was told, and says what it is made of so far."""

from __future__ import annotations

import re

from charstudio.i18n import _
from charstudio.model import Change
from charstudio.sheet import Attribute, Schema, Sheet, is_sentence


def echo(attribute: Attribute, value: str) -> str:
    """The character's confirmation of a value, in the first person."""
    if attribute.type == "number" and not re.search(r"\d\s*$|^[\w-]+$", value):
        return _("{label}: {value}.", label=_(attribute.label), value=value)
    if is_sentence(attribute, value):
        return value
    said = _(attribute.echo).replace("{v}", value)
    # A value that ends in a full stop of its own ("John Marlow Jr.") needs no second one.
    if value.endswith((".", "!", "?", "…", '."', '!"', '?"')) and said.endswith(f"{value}."):
        return said[:-1]
    return said if said.endswith((".", "!", "?", "…", '"', "”")) else f"{said}."


def confirmed(schema: Schema, changes: tuple[Change, ...]) -> str:
    """What the character says when something was decided."""
    return " ".join(_confirm(schema.attributes[c.attribute], c) for c in changes)


def _confirm(attribute: Attribute, change: Change) -> str:
    label = _(attribute.label)
    if change.op in ("remove", "clear"):
        gone = f"{label}: {change.value}" if change.value else label
        return _("I have forgotten it: {what}.", what=gone)
    if change.state == "none":
        return _("{label}: none.", label=label)
    if change.state == "na":
        return _("I will not ask that again: {label}.", label=label)
    return f"{echo(attribute, change.value)}{_aside(change)}"


def _aside(change: Change) -> str:
    """Who may know it and whether it stays, if that was said."""
    known = {
        "open": _(" Anyone may know that."),
        "private": _(" I keep that to myself."),
        "blind": _(" I act from it, but I could not say it."),
        "author": _(" That stays between you and the page; I do not know it when we talk."),
    }
    kept = {True: _(" That stays."), False: _(" That may change again.")}
    return f"{known.get(change.know or '', '')}{'' if change.locked is None else kept[change.locked]}"


def _marked(change: Change) -> str:
    """The same for the journal: "Age: 34 (private)"."""
    words = {"open": _("open"), "private": _("private"), "blind": _("blind"), "author": _("author")}
    said = [words[change.know]] if change.know else []
    said += [] if change.locked is None else [_("locked") if change.locked else _("unlocked")]
    return f" ({', '.join(said)})" if said else ""


def step_label(schema: Schema, changes: tuple[Change, ...]) -> str:
    """How the journal calls a step, and undo repeats it: "Age: 34"."""
    told = []
    for change in changes:
        label = _(schema.attributes[change.attribute].label)
        gone = change.op in ("remove", "clear")
        what = change.value or {"none": _("none"), "na": _("does not apply")}.get(change.state, "")
        if gone:
            told.append(_("{label} forgotten", label=label))
        else:
            told.append(_("{label}: {value}", label=label, value=what[:120]) + _marked(change))
    return "; ".join(told)[:200]


def told_of(schema: Schema, sheet: Sheet, attribute: str) -> str:
    """What the character can say of one attribute, or an empty text if nothing is decided."""
    found = schema.attributes[attribute]
    state = sheet.state(attribute)
    if state == "set":
        return " ".join(echo(found, v.text) for v in sheet.of(attribute))
    if state == "none":
        return _("{label}: none.", label=_(found.label))
    if state == "na":
        return _("{label}: that does not apply to me.", label=_(found.label))
    return ""


def overview(schema: Schema, sheet: Sheet) -> str:
    """All that is decided, group by group, with how much of each group is."""
    decided = sheet.decided()
    lines = [_("{n} of {all} things about me are decided.", n=len(decided), all=len(schema.attributes))]
    empty = []
    for group in schema.groups:
        ids = [a.id for a in schema.in_group(group.id)]
        told = [told_of(schema, sheet, i) for i in ids if i in decided]
        if not told:
            empty.append(f"{_(group.label)} (0/{len(ids)})")
            continue
        lines.append(f"{_(group.label)} ({len(told)}/{len(ids)}): {' '.join(told)}")
    if empty:
        lines.append(_("Nothing yet: {groups}.", groups=", ".join(empty)))
    return "\n".join(lines)
