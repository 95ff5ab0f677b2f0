"""What can be decided about a character, how it is connected, and one sheet as a plain value."""

from charstudio.sheet.own import (
    Entry,
    attribute_entry,
    group_entry,
    hidden_entry,
    pack_entry,
    question_entry,
    with_own,
)
from charstudio.sheet.own_file import last_good, read_own, read_own_file
from charstudio.sheet.person import flip
from charstudio.sheet.schema import Attribute, Doubt, Edge, Group, Hint, Schema, ValueLink, load_schema
from charstudio.sheet.sentence import is_sentence
from charstudio.sheet.sheet import Sheet

__all__ = [
    "Attribute",
    "Doubt",
    "Edge",
    "Entry",
    "Group",
    "Hint",
    "Schema",
    "Sheet",
    "ValueLink",
    "attribute_entry",
    "flip",
    "group_entry",
    "hidden_entry",
    "is_sentence",
    "last_good",
    "load_schema",
    "pack_entry",
    "question_entry",
    "read_own",
    "read_own_file",
    "with_own",
]
