"""Guided mode: what the writer says becomes changes of the sheet; what to ask next; what to suggest."""

from charstudio.guide.guide import Guide
from charstudio.guide.packs import pack_name, pack_names, progress, questions
from charstudio.guide.reading import Reading
from charstudio.guide.turn import Ask, Chip, Turn, as_json
from charstudio.guide.wishes import Wish

__all__ = [
    "Ask",
    "Chip",
    "Guide",
    "Reading",
    "Turn",
    "Wish",
    "as_json",
    "pack_name",
    "pack_names",
    "progress",
    "questions",
]
