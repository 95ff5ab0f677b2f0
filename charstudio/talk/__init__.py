"""Open talk: what a model reads, and one turn of conversation."""

from charstudio.talk.conversation import Conversation, Finished, Said, TalkEvent, Words
from charstudio.talk.macros import expand
from charstudio.talk.persona import Persona, Prose

__all__ = ["Conversation", "Finished", "Persona", "Prose", "Said", "TalkEvent", "Words", "expand"]
