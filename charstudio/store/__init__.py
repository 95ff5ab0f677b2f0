"""Keeps everything the writer said and decided: the only room that speaks SQL."""

from charstudio.store.history import Past
from charstudio.store.journal import Undone
from charstudio.store.library import Library
from charstudio.store.opening import open_library, safety_copy
from charstudio.store.texts import Text

__all__ = ["Library", "Past", "Text", "Undone", "open_library", "safety_copy"]
