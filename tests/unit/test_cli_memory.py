"""Memories from the command line: kept from a file, asked for by the ids they came with, never lost to a bad line."""

from __future__ import annotations

import io
import json
import sys

import pytest

from charstudio.cli import run
from charstudio.memory import SentenceEmbedder

pytestmark = pytest.mark.usefixtures("home")

TURNS = (
    ("Ann", "What did the locksmith charge you?", "1:56 pm on 8 May, 2023", "D1:1"),
    ("Bob", "Three shillings and a smile.", "1:56 pm on 8 May, 2023", "D1:2"),
    ("Ann", "My sister moved to the lighthouse.", "2023-06-11", "D2:1"),
    ("Bob", "I burned the letters in the stove.", "2023-06-11", "D2:2"),
)


@pytest.fixture
def cs(capsys, monkeypatch):
    def command(*arguments: str):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
        try:
            code = run([*arguments])
        except SystemExit as exc:
            code = exc.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return command


@pytest.fixture
def no_model(monkeypatch):
    monkeypatch.setattr(SentenceEmbedder, "available", staticmethod(lambda folder=None: False))


@pytest.fixture
def turns(tmp_path):
    file = tmp_path / "turns.jsonl"
    keys = ("speaker", "text", "time", "id")
    file.write_text("".join(json.dumps(dict(zip(keys, turn, strict=True))) + "\n" for turn in TURNS))
    return file


@pytest.fixture
def jane(cs, turns, no_model):
    cs("new", "Jane")
    code, out, _err = cs("remember", "Jane", "--file", str(turns), "--json")
    assert (code, json.loads(out)) == (0, {"new": 4, "known": 0, "broken": []})
    return "Jane"


def test_many_questions_are_answered_by_the_ids_that_were_told(cs, jane, tmp_path):
    asked = tmp_path / "asked.jsonl"
    asked.write_text(
        '{"id": "q1", "text": "Where does the sister of Ann live?"}\n{"id": 2, "text": "the locksmith?"}\n'
    )
    code, out, err = cs("recall", jane, "--queries", str(asked), "-k", "2", "--json")
    first, second = map(json.loads, out.splitlines())
    assert code == 0
    assert "recall goes by words" in err
    assert (first["id"], second["id"]) == ("q1", 2)
    assert first.keys() == {"id", "hits"}
    assert first["hits"][0].keys() == {"id", "score"}
    assert first["hits"][0]["id"] == "D2:1"
    assert second["hits"][0]["id"] == "D1:2"


def test_one_question_is_answered_with_every_part_of_each_score(cs, jane):
    code, out, _err = cs("recall", jane, "--query", "What did Bob burn?", "-k", "1")
    assert code == 0
    assert "I burned the letters" in out
    assert "words +" in out
    assert "speaker +0.60" in out
    _code, out, _err = cs("recall", jane, "--query", "What did Bob burn?", "-k", "1", "--json")
    (hit,) = json.loads(out)["hits"]
    assert (hit["id"], hit["speaker"]) == ("D2:2", "Bob")


def test_broken_lines_are_told_by_number_and_the_good_ones_kept(cs, no_model, tmp_path):
    cs("new", "Jane")
    file = tmp_path / "bad.jsonl"
    file.write_bytes(
        b'\xef\xbb\xbf{"speaker": "Ann", "text": "The kettle boiled over.", "id": 1}\n'
        b'{"speaker": "Ann", "text": \n'
        b"\n"
        b'{"speaker": "Ann"}\n'
        b"[1, 2]\n"
        b'{"text": "half \\ud800 of it"}\n'
        b'\xff\xfe{"text": "x"}\n'
        b'{"text": ["no"], "id": 3}\n'
        b'{"speaker": {"a": 1}, "text": "Who?"}\n'
        b'{"text": "Snow fell all night.", "id": 9}'
    )
    code, out, err = cs("remember", "Jane", "--file", str(file), "--json")
    said = json.loads(out)
    assert code == 0
    assert said["new"] == 2
    assert [b["line"] for b in said["broken"]] == [2, 4, 5, 6, 7, 8, 9]
    assert "Line 2 was passed over: it is not JSON." in err
    _code, out, _err = cs("memories", "Jane", "--json")
    assert [m["ref"] for m in json.loads(out)] == [1, 9]


def test_a_file_that_is_not_there_or_holds_nothing_good_is_a_sentence(cs, no_model, tmp_path):
    cs("new", "Jane")
    code, out, err = cs("remember", "Jane", "--file", str(tmp_path / "none.jsonl"))
    assert (code, out) == (1, "")
    assert "cannot be read" in err
    bad = tmp_path / "bad.jsonl"
    bad.write_text("not JSON\n")
    assert cs("remember", "Jane", "--file", str(bad))[0] == 1


def test_memories_show_all_that_belongs_to_them(cs, jane):
    _code, out, _err = cs("memories", jane, "--json")
    first = json.loads(out)[0]
    assert (first["speaker"], first["ref"], first["time"]) == ("Ann", "D1:1", "1:56 pm on 8 May, 2023")
    assert first["moment"] == 1683554160.0
    assert {
        "stage_id",
        "importance",
        "emotion",
        "embedder",
        "supersedes",
        "valid_from",
        "valid_to",
    } <= first.keys()


def test_a_memory_is_pinned_muted_forgotten_and_taken_back(cs, jane):
    _code, out, _err = cs("memories", jane, "--json")
    number = str(json.loads(out)[3]["id"])
    cs("memories", jane, "--mute", number)
    assert "letters" not in cs("recall", jane, "--query", "the letters", "-k", "9")[1]
    cs("memories", jane, "--unmute", number)
    cs("memories", jane, "--pin", number)
    assert cs("recall", jane, "--query", "the sister", "-k", "1")[1].split("\t")[1] == "D2:2"
    cs("memories", jane, "--forget", number)
    assert "letters" not in cs("memories", jane)[1]
    cs("undo", jane)
    assert "letters" in cs("memories", jane)[1]


def test_mood_and_weights_that_make_no_sense_are_refused(cs, jane):
    for words in (
        ["--mood", "hunger=1"],
        ["--mood", "anger=3"],
        ["--weights", "[1]"],
        ["--weights", '{"x": 1}'],
        ["-k", "0"],
    ):
        code, out, err = cs("recall", jane, "--query", "the letters", *words)
        assert (code, out) == (2, ""), words
        assert err.count("\n") <= 2
    assert (
        cs("recall", jane, "--query", "the letters", "--mood", "anger=0.5", "--strategy", "mood first")[0]
        == 0
    )
    assert cs("recall", jane, "--query", "the letters", "--weights", '{"speaker": 0}')[0] == 0


def test_a_folder_that_is_no_memory_model_is_refused(cs, jane, tmp_path):
    code, _out, err = cs("memories", jane, "--embedder", str(tmp_path))
    assert code == 1
    assert "is no memory model" in err
    assert "There is no folder" in cs("memories", jane, "--embedder", str(tmp_path / "none"))[2]
