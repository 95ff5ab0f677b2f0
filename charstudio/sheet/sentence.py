"""Tells values that are sentences of their own from those that stand inside one."""

from __future__ import annotations

from charstudio.sheet.schema import Attribute


def is_sentence(attribute: Attribute, value: str) -> bool:
    """Whether a value is a sentence of its own ("My curls never lie flat."), not a piece of one."""
    return (
        "verbatim" not in attribute.flags
        and value[:1].isupper()
        and value.endswith((".", "!"))
        and " " in value
        and not value.endswith(("Jr.", "Sr."))
    )
