"""Open talk: what a model reads, and one turn of conversation."""

from charstudio.talk.conversation import LONGEST_MESSAGE, Conversation, Finished, Look, Said, TalkEvent, Words
from charstudio.talk.macros import expand
from charstudio.talk.persona import Persona, Prose
from charstudio.talk.proposing import Looked, Place, Proposing, Shown

__all__ = [
    "LONGEST_MESSAGE",
    "Conversation",
    "Finished",
    "Look",
    "Looked",
    "Persona",
    "Place",
    "Proposing",
    "Prose",
    "Said",
    "Shown",
    "TalkEvent",
    "Words",
    "expand",
]
