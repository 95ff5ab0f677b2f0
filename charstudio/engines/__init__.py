"""The door to language models: whatever stands behind it streams words from a prompt and can be stopped."""

from charstudio.engines.door import Engine, EngineEvent, Figures, Loading, ModelInfo, Piece, Reading
from charstudio.engines.echo import EchoEngine
from charstudio.engines.gguf import inspect_model
from charstudio.engines.llama import LlamaEngine
from charstudio.engines.shelf import Shelf, ShelvedModel

__all__ = [
    "EchoEngine",
    "Engine",
    "EngineEvent",
    "Figures",
    "LlamaEngine",
    "Loading",
    "ModelInfo",
    "Piece",
    "Reading",
    "Shelf",
    "ShelvedModel",
    "inspect_model",
]
