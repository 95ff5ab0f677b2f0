"""Keeps everything the writer said and decided: the only room that speaks SQL."""

from charstudio.store.history import Past
from charstudio.store.journal import Undone
from charstudio.store.library import Library, Rewrite
from charstudio.store.opening import open_library, safety_copy

__all__ = ["Library", "Past", "Rewrite", "Undone", "open_library", "safety_copy"]
