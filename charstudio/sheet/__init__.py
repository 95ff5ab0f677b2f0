"""What can be decided about a character, how it is connected, and one sheet as a plain value."""

from charstudio.sheet.person import flip
from charstudio.sheet.schema import Attribute, Doubt, Edge, Group, Hint, Schema, ValueLink, load_schema
from charstudio.sheet.sheet import Sheet

__all__ = [
    "Attribute",
    "Doubt",
    "Edge",
    "Group",
    "Hint",
    "Schema",
    "Sheet",
    "ValueLink",
    "flip",
    "load_schema",
]
