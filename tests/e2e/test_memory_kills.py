"""A process that is killed while it writes memories loses none that it had confirmed, and leaves the index in step."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time

import pytest

from charstudio import paths
from charstudio.memory import Recall
from charstudio.store import open_library

# Writes single memories, whole files and changes; says on a line of its own what is safely kept.
WRITER = """
import itertools, sys
from pathlib import Path
from charstudio.memory import Recall
from charstudio.store import open_library
from charstudio.store.memories import Told

library, life = open_library(Path(sys.argv[1])), sys.argv[2]
who, recall = library.cast.find("Jane"), Recall(library, None)
source = library.memories.source(who.id, life)
print("begun", flush=True)
for n in itertools.count():
    note = recall.note(who.id, f"note{life}x{n} stands")
    print("kept", note.text.split()[0], flush=True)
    words = [f"told{life}x{n}y{k}" for k in range(20)]
    recall.tell(who.id, [Told(f"{word} and more", "Jane", word) for word in words], source)
    print("kept", *words, flush=True)
    library.memories.edit(note.id, text=f"edit{life}x{n} stands")
    print("kept", f"edit{life}x{n}", flush=True)
"""


def outlived(path, life: int, seconds: float) -> list[str]:
    """Let a writer live for some time, kill it, and return what it had confirmed."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(life)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "begun\n"
    time.sleep(seconds)
    writer.kill()
    said, _err = writer.communicate()
    lines = said.splitlines()
    if not said.endswith("\n"):
        lines = lines[:-1]
    return [word for line in lines for word in line.split()[1:]]


def in_step(path) -> None:
    """The index of words holds exactly what the memories say, each with its neighbours."""
    with sqlite3.connect(path) as db:
        db.execute("insert into memory_words (memory_words) values ('integrity-check')")
        rows = db.execute("select id, text, source_id from memories order by id").fetchall()
        words = {n: t for n, *t in db.execute("select rowid, text, before, after from memory_words")}
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
    db.close()
    assert words.keys() == {n for n, _text, _source in rows}
    last = {}
    for number, text, source in rows:
        before = last.get(source) if source is not None else None
        assert words[number][0] == text
        assert words[number][1] == (before[1] if before else "")
        if before:
            assert words[before[0]][2] == text
        last[source] = (number, text)


def kill(schema, times: int) -> None:
    path = paths.default_library()
    library = open_library(path)
    jane = library.cast.new(schema, "Jane")
    library.close()
    chance, confirmed = random.Random(5), []
    for life in range(times):
        confirmed += outlived(path, life, chance.uniform(0.01, 0.4))
        in_step(path)
    assert confirmed
    library = open_library(path)
    recall, texts = Recall(library, None), " ".join(m.text for m in library.memories.of(jane.id)).split()
    kept = set(texts)
    for word in confirmed:
        # A note may have been edited since, and the edit kept without having been confirmed.
        assert word in kept or word.replace("note", "edit", 1) in kept, word
    for word in chance.sample(confirmed, 20):
        found = [m.text for m, _score in library.memories.by_words(jane.id, word)]
        assert found or library.memories.by_words(jane.id, word.replace("note", "edit", 1)), word
    assert recall.recall(jane.id, confirmed[-1], 1)
    library.close()


@pytest.mark.timeout(200)
def test_three_kills_lose_nothing_that_was_confirmed(schema, home):
    kill(schema, 3)


@pytest.mark.long
def test_fifty_kills_lose_nothing_that_was_confirmed(schema, home):
    kill(schema, 50)
