"""What a character remembers: kept as it is said, recalled by meaning, or by words until meaning is ready."""

from charstudio.memory.embed import Embedder, SentenceEmbedder
from charstudio.memory.recall import How, Recall, brief

__all__ = ["Embedder", "How", "Recall", "SentenceEmbedder", "brief"]
