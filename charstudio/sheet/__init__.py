"""What can be decided about a character, how it is connected, and one sheet as a plain value."""

from charstudio.sheet.schema import Attribute, Edge, Group, Schema, ValueLink, load_schema
from charstudio.sheet.sheet import Sheet, flip

__all__ = ["Attribute", "Edge", "Group", "Schema", "Sheet", "ValueLink", "flip", "load_schema"]
