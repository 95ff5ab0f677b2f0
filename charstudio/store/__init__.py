"""Keeps everything the writer said and decided: the only room that speaks SQL."""

from charstudio.store.journal import Past, Undone
from charstudio.store.library import Library
from charstudio.store.opening import open_library, safety_copy

__all__ = ["Library", "Past", "Undone", "open_library", "safety_copy"]
