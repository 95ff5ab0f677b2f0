"""What only the author knows reaches no model: not as sheet, not as moment, not in noticing, not in suggestions, at no stage."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charstudio.engines import EchoEngine
from charstudio.errors import Cancel
from charstudio.guide.wishes import ideas, wish
from charstudio.memory import Recall
from charstudio.model import KNOW_LEVELS, Change
from charstudio.store import open_library
from charstudio.talk import Conversation, Persona, Proposing

SECRET = "zyxomma"  # no word of any other value, question or prompt


class Listening(EchoEngine):
    """Hears whatever reaches the door to the models."""

    def __init__(self, *, template: bool) -> None:
        super().__init__()
        self.heard: list[str] = []
        self._template = template

    def describe(self, cancel=None):
        return dataclasses.replace(super().describe(cancel), has_template=self._template)

    def count(self, texts):
        self.heard += texts
        return super().count(texts)

    def measure(self, prompt):
        self.heard.append(repr(prompt))
        return super().measure(prompt)

    def inspect(self, prompt):
        self.heard.append(repr(prompt))
        return super().inspect(prompt)

    def stream(self, prompt, sampling, cancel):
        self.heard += [repr(prompt), repr(sampling)]
        return super().stream(prompt, sampling, cancel)

    def read_ahead(self, prompt):
        self.heard.append(repr(prompt))


NAMED = ("full_name", "short_name", "occupation", "fear", "secret", "siblings", "sample_line", "deflection",
         "birthplace", "want", "home", "one_line", "arc_end", "traits")  # fmt: skip
attribute = st.sampled_from(NAMED)
decision = st.tuples(attribute, st.sampled_from(KNOW_LEVELS), st.integers(0, 9), st.booleans())


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(decision, max_size=12), st.booleans(), st.booleans(), st.data())
def test_what_is_the_authors_reaches_no_model_by_any_way(schema, reading, decisions, strict, template, data):
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder) / "x.charstudio")
        try:
            _live(library, schema, reading, decisions, data, strict=strict, template=template)
        finally:
            library.close()


def _live(library, schema, reading, decisions, data, *, strict, template):
    jane = library.cast.new(schema)
    stage = library.stages.add(jane.id, "Before the trial")
    for name, know, n, staged in decisions:
        text = f"{SECRET} {n}" if know == "author" else f"plain {n}"
        library.stages.stand_at(jane.id, stage.id if staged else None)
        old = library.cast.sheet(jane.id).state(name)
        if old == "unset":
            library.cast.change(jane.id, [Change(name, text, know=know)], schema, "form")
    library.stages.stand_at(jane.id, stage.id if data.draw(st.booleans()) else None)
    engine = Listening(template=template)
    conversation = Conversation(
        library,
        lambda: engine,
        Recall(library, None),
        lambda number: Persona.of(library.cast.sheet(number), schema),
        lambda _number: (),
    )
    proposing = Proposing(library, schema, lambda: reading, lambda: engine)
    talk = conversation.open(jane.id)
    library.talks.set_strict(talk.id, strict=strict)
    for name in data.draw(st.lists(attribute, min_size=1, max_size=3)):
        list(conversation.reply(talk.id, schema.attributes[name].ask, Cancel()))
        library.stages.stand_at(jane.id, stage.id if data.draw(st.booleans()) else None)
    library.talks.add(talk.id, "character", "I stole a horse. I hate dogs. I can swim.", name="Jane")
    list(proposing.look_closer(jane.id, Cancel()))
    for shown in proposing.waiting(jane.id)[:2]:
        proposing.keep(shown.proposal.id, shown.places[0].attribute)
    list(conversation.reply(talk.id, "What do you fear, where do you live, what is your secret?", Cancel()))
    engine.heard.append(repr(conversation.prompt(jane.id, "What is your name?")))
    list(conversation.look(talk.id, "And then?", Cancel()))
    for name in NAMED:
        asked = wish(schema, library.cast.sheet(jane.id), name, ())
        if asked is not None:
            list(ideas(engine, asked, Cancel()))
    assert engine.heard
    assert not [text for text in engine.heard if SECRET in text]


def test_the_marker_would_be_heard_if_it_were_open(library, schema, reading):
    jane = library.cast.new(schema)
    library.cast.change(jane.id, [Change("fear", SECRET, know="open")], schema, "form")
    engine = Listening(template=False)
    conversation = Conversation(
        library,
        lambda: engine,
        Recall(library, None),
        lambda number: Persona.of(library.cast.sheet(number), schema),
        lambda _number: (),
    )
    talk = conversation.open(jane.id)
    list(conversation.reply(talk.id, "What do you fear?", Cancel()))
    assert any(SECRET in text for text in engine.heard)
