"""The door to language models: whatever stands behind it streams words from a prompt and can be stopped."""

from charstudio.engines.door import (
    Engine,
    EngineEvent,
    Figures,
    Loading,
    ModelInfo,
    Piece,
    Reading,
    Stretch,
)
from charstudio.engines.echo import EchoEngine
from charstudio.engines.gguf import inspect_model
from charstudio.engines.keys import Keys
from charstudio.engines.llama import LlamaEngine, Setup, states_folder
from charstudio.engines.shelf import Shelf, ShelvedModel
from charstudio.engines.states import forget_talk

__all__ = [
    "EchoEngine",
    "Engine",
    "EngineEvent",
    "Figures",
    "Keys",
    "LlamaEngine",
    "Loading",
    "ModelInfo",
    "Piece",
    "Reading",
    "Setup",
    "Shelf",
    "ShelvedModel",
    "Stretch",
    "forget_talk",
    "inspect_model",
    "states_folder",
]
