"""What a character experienced is kept with all that belongs to it, found with its neighbours, and undone."""

from __future__ import annotations

import sqlite3
import threading

import numpy as np
import pytest

from charstudio import paths
from charstudio.errors import Cancel, StoreError
from charstudio.memory import Recall
from charstudio.memory.emotion import Mood
from charstudio.memory.recall import How
from charstudio.store import open_library
from charstudio.store.connections import Connections
from charstudio.store.memories import Told
from charstudio.store.migrations import migrations


class Words:
    """An embedder for tests: two texts are alike as far as they share words."""

    ready = True

    def __init__(self, name: str = "words", size: int = 64) -> None:
        self.name, self._size = name, size
        self.asked = 0

    def wake(self) -> None: ...

    def close(self) -> None: ...

    def embed(self, texts, cancel=None):
        self.asked += len(texts)
        made = []
        for text in texts:
            vector = np.full(self._size, 1e-3, np.float32)
            for word in text.casefold().split():
                vector[sum(word.encode()) % self._size] += 1
            made.append((vector / np.linalg.norm(vector)).astype("<f2").tobytes())
        return self._size, made


@pytest.fixture
def jane(library, schema):
    return library.cast.new(schema, "Jane")


@pytest.fixture
def recall(library):
    return Recall(library, Words())


def tell(library, recall, who, *lines, name="talk.jsonl"):
    """Keep lines of (speaker, text); their refs are their numbers from 1."""
    source = library.memories.source(who.id, name)
    told = [Told(text, speaker, n) for n, (speaker, text) in enumerate(lines, 1)]
    return recall.tell(who.id, told, source)


def refs(found):
    return [r.memory.ref for r in found]


def texts(found):
    return [r.memory.text for r in found]


class TestKeeping:
    def test_a_note_has_all_that_a_memory_can_have(self, library, jane):
        note = library.memories.note(
            jane.id,
            "The ferry sank on a Tuesday.",
            speaker="Jane",
            time="1911-03-07",
            moment=-1.8e9,
            importance=0.9,
            emotion=(1.0, 1.0, 8.0, 1.0, 9.2, 1.0, 1.0, 1.0),
        )
        kept = library.memories.get(note.id)
        assert (kept.speaker, kept.time, kept.importance, kept.kind) == ("Jane", "1911-03-07", 0.9, "note")
        assert kept.emotion == pytest.approx((1, 1, 8, 1, 9.2, 1, 1, 1), abs=0.03)

    def test_what_a_newer_memory_replaces_is_kept_and_comes_back_with_undo(self, library, recall, jane):
        old = library.memories.note(jane.id, "I live in the lighthouse.")
        new = library.memories.supersede(old.id, "I live in the mill now.", valid_from="1912")
        assert (new.supersedes, library.memories.get(old.id).valid_to) == (old.id, "1912")
        assert texts(recall.recall(jane.id, "Where do you live?", 5)) == ["I live in the mill now."]
        library.undo(jane.id)
        assert texts(recall.recall(jane.id, "Where do you live?", 5)) == ["I live in the lighthouse."]

    def test_a_memory_of_a_megabyte_is_kept_and_found_whole(self, library, recall, jane):
        long = "word " * 200_000 + "zanzibar"
        library.memories.note(jane.id, long)
        list(recall.index(jane.id, Cancel()))
        (found,) = recall.recall(jane.id, "What of zanzibar?", 3)
        assert len(found.memory.text) == len(long)

    def test_a_memory_that_is_too_long_is_refused_in_a_sentence(self, library, jane):
        with pytest.raises(StoreError, match="cut it in pieces"):
            library.memories.note(jane.id, "x" * 2_000_001)
        assert library.memories.of(jane.id) == []

    def test_the_same_file_told_twice_adds_nothing_and_a_longer_one_only_what_is_new(
        self, library, recall, jane
    ):
        lines = [("Ann", "The kettle boiled over."), ("Bob", "I mended the roof.")]
        assert tell(library, recall, jane, *lines) == 2
        assert tell(library, recall, jane, *lines, ("Ann", "Snow fell all night.")) == 1
        assert [m.ref for m in library.memories.of(jane.id)] == [1, 2, 3]

    def test_undo_takes_back_a_whole_file_and_redo_brings_it_again(self, library, recall, jane):
        tell(library, recall, jane, ("Ann", "The kettle boiled over."), ("Bob", "I mended the roof."))
        library.undo(jane.id)
        assert library.memories.of(jane.id) == []
        assert recall.recall(jane.id, "kettle", 5) == []
        library.redo(jane.id)
        assert refs(recall.recall(jane.id, "kettle", 1)) == [1]

    def test_a_file_taken_back_can_be_told_again(self, library, recall, jane):
        tell(library, recall, jane, ("Ann", "The kettle boiled over."))
        library.undo(jane.id)
        assert tell(library, recall, jane, ("Ann", "The kettle boiled over.")) == 1


class TestFinding:
    def test_an_answer_is_found_by_the_words_of_its_question(self, library, jane):
        recall = Recall(library, None)
        tell(
            library,
            recall,
            jane,
            ("Ann", "What did the locksmith charge you?"),
            ("Bob", "Three shillings and a smile."),
            ("Ann", "The weather turned."),
            ("Bob", "We should sail."),
        )
        assert refs(recall.recall(jane.id, "What was the locksmith paid?", 1)) == [2]

    def test_who_is_named_is_preferred(self, library, recall, jane):
        tell(library, recall, jane, ("Ann", "I fear the dark cellar."), ("Bob", "I fear the dark cellar."))
        assert refs(recall.recall(jane.id, "What does Bob fear?", 1)) == [2]
        assert refs(recall.recall(jane.id, "What does Ann fear?", 1)) == [1]

    def test_a_named_month_prefers_what_was_told_then(self, library, recall, jane):
        source = library.memories.source(jane.id, "x")
        told = [
            Told("We went sailing.", "Ann", n, f"2023-0{n}-10", moment)
            for n, moment in ((3, 1.6784e9), (5, 1.6837e9), (7, 1.6889e9))
        ]
        recall.tell(jane.id, told, source)
        assert refs(recall.recall(jane.id, "Who went sailing in May 2023?", 1)) == [5]

    def test_every_part_of_a_score_is_told_and_they_add_up(self, library, recall, jane):
        tell(library, recall, jane, ("Ann", "The kettle boiled over."), ("Bob", "I mended the roof."))
        list(recall.index(jane.id, Cancel()))
        (best, _other) = recall.recall(jane.id, "Who mended the roof?", 2)
        assert {"meaning", "words"} <= dict(best.parts).keys()
        assert sum(dict(best.parts).values()) == pytest.approx(best.score, abs=1e-4)

    def test_a_pinned_memory_comes_first_and_one_never_to_be_brought_up_never(self, library, recall, jane):
        tell(
            library,
            recall,
            jane,
            ("Ann", "The kettle boiled over."),
            ("Bob", "The kettle sang."),
            ("Ann", "Rain."),
        )
        first, second, _third = library.memories.of(jane.id)
        library.memories.edit(second.id, pinned=1)
        assert recall.find(jane.id, "Rain again?")[0].reason == "pinned"
        library.memories.edit(second.id, pinned=0, muted=1)
        assert second.id not in [r.memory.id for r in recall.recall(jane.id, "kettle", 5)]
        library.undo(jane.id)
        library.undo(jane.id)
        assert {r.memory.id for r in recall.recall(jane.id, "kettle", 2)} == {first.id, second.id}

    def test_what_is_forgotten_is_no_neighbour_either(self, library, jane):
        recall = Recall(library, None)
        tell(library, recall, jane, ("Ann", "Ask the locksmith."), ("Bob", "Three shillings."))
        library.memories.delete(library.memories.of(jane.id)[0].id)
        assert library.memories.by_words(jane.id, "locksmith") == []
        library.undo(jane.id)
        assert len(library.memories.by_words(jane.id, "locksmith")) == 2

    def test_an_edit_is_found_by_its_new_words_and_read_anew(self, library, recall, jane):
        note = library.memories.note(jane.id, "I own a grey parrot.")
        list(recall.index(jane.id, Cancel()))
        library.memories.edit(note.id, text="I own a tortoise.")
        assert library.memories.by_words(jane.id, "parrot") == []
        assert library.memories.vectors.missing(jane.id, "words") == 1
        library.undo(jane.id)
        assert library.memories.by_words(jane.id, "parrot")

    def test_what_was_said_is_edited_in_its_talk_alone(self, library, recall, jane):
        talk = library.talks.new(jane.id)
        message = library.talks.add(talk.id, "writer", "The lamp broke on the ninth.", name="Writer")
        recall.remember(jane.id, message)
        (memory,) = library.memories.of(jane.id)
        assert (memory.speaker, memory.kind) == ("Writer", "said")
        with pytest.raises(StoreError, match="edit the message there"):
            library.memories.edit(memory.id, text="Something else.")

    def test_talks_of_other_characters_are_not_remembered(self, library, recall, jane, schema):
        other = library.cast.new(schema, "Odd")
        tell(library, recall, jane, ("Ann", "The kettle boiled over."))
        assert recall.recall(other.id, "kettle", 5) == []

    def test_as_of_a_stage_nothing_later_is_recalled(self, library, recall, jane):
        before, after = (library.stages.add(jane.id, name) for name in ("Before", "After"))
        for stage, text in (
            (before, "The house stood."),
            (after, "The house burned."),
            (None, "The house is white."),
        ):
            library.stages.stand_at(jane.id, stage.id if stage else None)
            library.memories.note(jane.id, text)
        early = recall.recall(jane.id, "the house", 9, How(stage_id=before.id))
        assert set(texts(early)) == {"The house stood.", "The house is white."}
        assert len(recall.recall(jane.id, "the house", 9, How(stage_id=after.id))) == 3
        assert len(recall.recall(jane.id, "the house", 9)) == 3

    @pytest.mark.parametrize("strategy", ["add", "multiply", "meaning first", "mood first"])
    def test_an_angry_character_remembers_what_made_her_angry(self, library, recall, jane, strategy):
        tell(
            library,
            recall,
            jane,
            ("Ann", "My brother laughed and danced with joy at the wedding."),
            ("Ann", "My brother shouted, I was furious and full of hate and rage."),
        )
        calm = recall.recall(jane.id, "your brother laughed at the wedding?", 2)
        angry = recall.recall(
            jane.id, "your brother laughed at the wedding?", 2, How(mood=Mood.named("anger", 0.9, strategy))
        )
        assert refs(calm)[0] == 1
        assert strategy == "mood first" or refs(angry)[0] == 2

    def test_another_process_is_noticed(self, library, recall, jane):
        tell(library, recall, jane, ("Ann", "The kettle boiled over."))
        assert len(recall.recall(jane.id, "kettle", 9)) == 1
        other = open_library(library.path)
        other.memories.note(jane.id, "The kettle is gone.")
        other.memories.delete(other.memories.of(jane.id)[0].id)
        other.close()
        assert texts(recall.recall(jane.id, "kettle", 9)) == ["The kettle is gone."]


class TestMeaning:
    def test_reading_is_taken_up_where_it_was_stopped(self, library, jane):
        recall = Recall(library, Words())
        tell(library, recall, jane, *[("Ann", f"Line {n}.") for n in range(600)])
        first = next(recall.index(jane.id, Cancel()))
        assert (first.done, first.total) == (256, 600)
        again = list(recall.index(jane.id, Cancel()))
        assert again[-1].done == 600 - 256
        assert library.memories.vectors.missing(jane.id, "words") == 0

    def test_vectors_of_two_embedders_are_never_mixed(self, library, jane):
        old, new = Recall(library, Words("old", 64)), Recall(library, Words("new", 32))
        tell(library, old, jane, ("Ann", "The kettle boiled over."), ("Bob", "Rain."))
        list(old.index(jane.id, Cancel()))
        assert "meaning" not in dict(new.recall(jane.id, "kettle", 1)[0].parts)
        list(new.index(jane.id, Cancel()))
        assert "meaning" in dict(new.recall(jane.id, "kettle", 1)[0].parts)
        assert library.memories.vectors.missing(jane.id, "old") == 2  # dropped once the new one has read all

    def test_a_vector_of_another_size_is_refused(self, library, jane):
        recall = Recall(library, Words("same", 64))
        tell(library, recall, jane, ("Ann", "The kettle boiled over."))
        list(recall.index(jane.id, Cancel()))
        library.memories.note(jane.id, "Another one.")
        with pytest.raises(StoreError, match="another size"):
            list(Recall(library, Words("same", 32)).index(jane.id, Cancel()))
        (memory,) = library.memories.without_vector(jane.id, "same")
        with pytest.raises(StoreError, match="another size"):
            library.memories.keep_vectors("same", 64, [(memory, b"\0" * 10)])

    def test_a_vector_read_before_an_edit_is_not_kept(self, library, jane):
        note = library.memories.note(jane.id, "I own a parrot.")
        library.memories.edit(note.id, text="I own a tortoise.")
        _size, (vector,) = Words().embed([note.text])
        library.memories.keep_vectors("words", 64, [(note, vector)])
        assert library.memories.vectors.missing(jane.id, "words") == 1


def test_two_writers_keep_all_they_are_told(library, schema, jane):
    """Two connections, as of two processes, write at once."""
    failed = []

    def write(name):
        mine = open_library(library.path)
        recall = Recall(mine, None)
        try:
            source = mine.memories.source(jane.id, name)
            for start in range(0, 300, 20):
                recall.tell(
                    jane.id,
                    [Told(f"{name} {n}", name, f"{name}{n}") for n in range(start, start + 20)],
                    source,
                )
        except StoreError as exc:
            failed.append(exc)
        mine.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert library.memories.count(jane.id) == 600
    assert len(Recall(library, None).recall(jane.id, "ann", 600)) == 600


def test_memories_of_an_older_library_are_kept(tmp_path):
    path = tmp_path / "old.charstudio"
    connections = Connections(path)
    db = connections.here()
    migrations.apply(db, stop_before="m008_memories_with_speaker_time_and_mood")
    for statement in (
        "insert into characters (id, name, colour, created, updated) values (1, 'Jane', 'blue', '', '')",
        "insert into talks (id, character_id, created, updated) values (1, 1, '', '')",
        "insert into messages (id, talk_id, role, name, body, created) values (1, 1, 'writer', 'Ann', 'The lamp broke.', '')",
        "insert into messages (id, talk_id, role, name, body, created) values (2, 1, 'character', 'Jane', 'On the ninth.', '')",
        "insert into memories (id, character_id, talk_id, message_id, kind, text, created, stage_id)"
        " values (1, 1, 1, 1, 'said', 'The lamp broke.', '2024-05-01T10:00:00.000+00:00', 7)",
        "insert into memories (id, character_id, talk_id, message_id, kind, text, created)"
        " values (2, 1, 1, 2, 'said', 'On the ninth.', '2024-05-01T10:01:00.000+00:00')",
        "insert into memories (id, character_id, kind, text, created, deleted) values (3, 1, 'note', 'Gone.', '', 1)",
        "insert into memory_words (rowid, text) values (1, 'The lamp broke.')",
        "insert into vectors values (1, 'old', 2, x'00000000', '')",
    ):
        db.conn.execute(statement)
    db.conn.commit()
    connections.close()
    library = open_library(path)
    first, second = library.memories.of(1)
    assert (first.speaker, first.stage_id, second.speaker) == ("Ann", 7, "Jane")
    assert first.moment == pytest.approx(1714557600)
    assert [m.id for m, _s in library.memories.by_words(1, "lamp")] == [1, 2]
    assert library.memories.words.stale(1) is False
    library.close()
    with sqlite3.connect(path) as check:
        assert check.execute("pragma foreign_key_check").fetchall() == []
        assert check.execute("pragma integrity_check").fetchone()[0] == "ok"
    check.close()


def test_paths_of_the_lexicon_are_shipped():
    assert paths.resource("emotions.yaml").is_file()


def test_a_talk_remembers_who_said_it_and_how_it_feels(library, recall, jane):
    talk = library.talks.new(jane.id)
    message = library.talks.add(
        talk.id, "character", "I was furious and full of rage at the mill.", name="Jane"
    )
    recall.remember(jane.id, message)
    (memory,) = library.memories.of(jane.id)
    assert (memory.speaker, memory.message_id) == ("Jane", message.id)
    assert memory.moment is not None
    assert max(memory.emotion) == memory.emotion[6] > 4  # anger


def test_a_character_talked_to_at_a_stage_brings_up_nothing_later(library, recall, jane):
    before, after = (library.stages.add(jane.id, name) for name in ("Before", "After"))
    library.stages.stand_at(jane.id, after.id)
    library.memories.note(jane.id, "The lighthouse burned down.")
    assert recall.find(jane.id, "What of the lighthouse?")
    library.stages.stand_at(jane.id, before.id)
    assert recall.find(jane.id, "What of the lighthouse?") == []
