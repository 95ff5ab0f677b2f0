"""How guided mode reads lines, made once from a schema and shared by all sittings."""

from __future__ import annotations

from dataclasses import dataclass

from charstudio import paths
from charstudio.guide.frames import load_frames
from charstudio.guide.questions import Questions
from charstudio.guide.statements import Statements
from charstudio.guide.telling import Telling
from charstudio.sheet import Schema


@dataclass(frozen=True, slots=True)
class Reading:
    """The forms of statements and questions; making them takes longer than a frame."""

    statements: Statements
    questions: Questions
    telling: Telling

    @staticmethod
    def of(schema: Schema) -> Reading:
        """All forms of this schema."""
        statements = Statements(schema, load_frames(paths.resource("language", "frames.txt"), schema))
        return Reading(statements, Questions(schema, statements.book), Telling(schema, statements))
