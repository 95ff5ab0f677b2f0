"""The real embedder in its real child finds by meaning what shares no word, and is never waited for."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from charstudio.errors import Cancel, Cancelled, StudioError
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


def test_what_one_process_was_told_another_finds_by_meaning(home, tmp_path):
    """`remember` leaves what `recall` needs: dense and words, in processes of their own."""
    turns, asked = tmp_path / "turns.jsonl", tmp_path / "asked.jsonl"
    turns.write_text(
        "".join(json.dumps({"speaker": "Jane", "text": t, "id": n}) + "\n" for n, t in enumerate(NOTES))
    )
    asked.write_text('{"id": "sea", "text": "Have you ever lost somebody at sea?"}\n')
    said("new", "Jane")
    assert "5 new memories" in said("remember", "Jane", "--file", str(turns))
    line = json.loads(said("recall", "Jane", "--queries", str(asked), "-k", "2", "--json"))
    assert (line["id"], line["hits"][0]["id"]) == ("sea", 0)
    kept = json.loads(said("memories", "Jane", "--json"))
    assert {m["embedder"] for m in kept} == {SentenceEmbedder().name}


def said(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "charstudio", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_folder_with_other_things_in_it_is_a_sentence(tmp_path):
    (tmp_path / "modules.json").write_text("[]")
    (tmp_path / "model.safetensors").write_bytes(b"not a model")
    embedder = SentenceEmbedder(tmp_path)
    with pytest.raises(StudioError, match="choose another"):
        embedder.embed(["anything"])
    embedder.close()


def test_another_folder_has_another_name_even_if_it_is_called_the_same(tmp_path):
    first, second = tmp_path / "a" / "mini", tmp_path / "b" / "mini"
    for folder, body in ((first, b"one"), (second, b"two")):
        folder.mkdir(parents=True)
        (folder / "modules.json").write_text("[]")
        (folder / "model.safetensors").write_bytes(body)
    assert SentenceEmbedder(first).name != SentenceEmbedder(second).name


def test_long_texts_are_read_in_pieces_and_reading_can_be_stopped(library, schema, embedder):
    _size, (end, of_it) = embedder.embed(
        ["plain words " * 200 + "My brother drowned when the ferry sank. " * 60, NOTES[0]]
    )
    a, b = (np.frombuffer(v, "<f2").astype(float) for v in (end, of_it))
    assert a @ b > 0.4
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        embedder.embed(list(NOTES), cancel)
