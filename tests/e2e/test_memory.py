"""The real embedder in its real child finds by meaning what shares no word, and is never waited for."""

from __future__ import annotations

import time

import pytest

from charstudio.errors import Cancel
from charstudio.memory import Recall, SentenceEmbedder

pytestmark = pytest.mark.model

NOTES = (
    "My brother drowned when the ferry sank.",
    "I keep spare candles in the pantry.",
    "The doctor forbade me to drink coffee.",
    "Old Hobb owes me three shillings.",
    "I am allergic to cats.",
)


@pytest.fixture(scope="module")
def embedder():
    opened = SentenceEmbedder()
    yield opened
    opened.close()


def test_a_first_question_is_answered_by_words_at_once_while_meaning_wakes(library, schema, embedder):
    jane = library.cast.new(schema, "Jane")
    for note in NOTES:
        library.memories.note(jane.id, note)
    recall = Recall(library, embedder)
    began = time.monotonic()
    found = recall.find(jane.id, "Did the ferry ever come back?")
    assert time.monotonic() - began < 0.5
    assert not embedder.ready
    assert found[0].memory.text == NOTES[0]
    assert found[0].reason == "by the word “ferry”"

    indexed = list(recall.index(jane.id, Cancel()))
    assert indexed[-1].done == len(NOTES)
    for question, wanted in (
        ("Have you ever lost somebody at sea?", NOTES[0]),
        ("Is there any money that people should pay back to you?", NOTES[3]),
        ("May I bring my kitten?", NOTES[4]),
    ):
        best = recall.find(jane.id, question)[0]
        assert (best.memory.text, best.reason) == (wanted, "by meaning")
    assert recall.find(jane.id, "How are you today?") == []


def test_a_new_memory_is_found_by_meaning_without_being_told_to_read_it(library, schema, embedder):
    embedder.embed(["ready"])
    jane = library.cast.new(schema, "Jane")
    recall = Recall(library, embedder)
    library.memories.note(jane.id, "A seagull stole my sandwich.")
    found = recall.find(jane.id, "Did a bird take your lunch?")
    assert found[0].memory.text == "A seagull stole my sandwich."


def test_an_embedder_that_dies_leaves_recall_by_words(library, schema):
    embedder = SentenceEmbedder()
    jane = library.cast.new(schema, "Jane")
    library.memories.note(jane.id, NOTES[0])
    embedder.embed(["ready"])
    embedder._child.kill()
    recall = Recall(library, embedder)
    assert recall.find(jane.id, "Where is the ferry now?")[0].memory.text == NOTES[0]
    embedder.close()
