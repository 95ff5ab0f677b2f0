"""`charstudio proposals` shows what a character said of itself and writes it only when told to."""

from __future__ import annotations

import io
import json
import sys

import pytest

from charstudio import paths, settings
from charstudio.cli import run
from charstudio.store import open_library

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def cs(capsys, monkeypatch):
    """Runs one command: (exit code, standard output, standard error)."""

    def command(*arguments: str, lines: str = ""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
        try:
            code = run([*arguments])
        except SystemExit as exc:
            code = exc.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return command


@pytest.fixture
def said(cs):
    """A character that said two things of itself."""
    settings.save(settings.Settings(engine="echo"))
    cs("new", "Jane Marlow")
    library = open_library(paths.default_library())
    talk = library.talks.new(1)
    library.talks.add(talk.id, "character", "I am a locksmith, and I hate dogs. Who are you?", name="Jane")
    library.close()


def test_what_was_said_is_listed_kept_refused_and_taken_back(cs, said):
    assert cs("proposals", "Jane")[1] == "1\toccupation\tI work as a locksmith.\n2\tpet_peeve\tI hate dogs.\n"
    assert cs("proposals", "Jane", "keep", "1")[:2] == (0, "1\tkept\ta locksmith\n")
    assert cs("proposals", "Jane", "refuse", "2")[:2] == (0, "2\trefused\tdogs\n")
    value = json.loads(cs("show", "Jane", "--json")[1])["values"][-1]
    assert (value["text"], value["source"], value["source_ref"]) == ("a locksmith", "talk", "message:1")
    assert "Nothing waits" in cs("proposals", "Jane")[1]
    cs("undo", "Jane")
    cs("undo", "Jane")
    assert len(json.loads(cs("proposals", "Jane", "--json")[1])) == 2


def test_json_tells_evidence_places_and_what_the_sheet_says(cs, said):
    cs("set", "Jane", "occupation", "a thief")
    first = json.loads(cs("proposals", "Jane", "--json")[1])[0]
    assert first["evidence"] == "I am a locksmith"
    assert first["decision"] == "waiting"
    assert first["places"][0]["attribute"] == "occupation"
    assert first["places"][0]["against"] == ["a thief"]
    assert "the sheet says: a thief" in cs("proposals", "Jane")[1]


def test_put_off_and_another_place(cs, said):
    cs("proposals", "Jane")
    assert cs("proposals", "Jane", "later", "2", "--json")[1].strip().endswith('"decision": "later"}')
    assert cs("proposals", "Jane", "keep", "2", "--as", "fear")[0] == 0
    assert "**Fear (kept secret):** dogs" in cs("show", "Jane")[1]


def test_mistakes_are_told_in_one_sentence(cs, said):
    assert cs("proposals", "Jane", "keep")[0] == 2
    assert "no proposal 99" in cs("proposals", "Jane", "keep", "99")[2]
    cs("new", "Tom")
    cs("proposals", "Jane")
    assert "somebody else" in cs("proposals", "Tom", "keep", "1")[2]
    assert "no attribute" in cs("proposals", "Jane", "keep", "1", "--as", "nonsense")[2]


def test_looking_with_a_model_finds_no_less(cs, said):
    assert cs("proposals", "Jane", "look")[1].startswith("1\toccupation")


def test_a_talk_is_made_strict_and_stays_so(cs, said):
    cs("talk", "Jane", "--strict", lines="Hello\n")
    assert "Make nothing up" in cs("prompt", "Jane", "--message", "Who?")[1]
    cs("talk", "Jane", lines="Hello\n")
    assert "Make nothing up" in cs("prompt", "Jane", "--message", "Who?")[1]
    cs("talk", "Jane", "--inventive", lines="Hello\n")
    assert "you may make up" in cs("prompt", "Jane", "--message", "Who?")[1]
    assert cs("talk", "Jane", "--inventive", "--strict")[0] == 2
