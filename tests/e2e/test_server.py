"""A real model server on loopback with the starter model: it streams, stops, keeps to a schema and answers again."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from charstudio.cli import run
from charstudio.engines.door import Figures, Piece
from charstudio.engines.server import ServerEngine
from charstudio.errors import Cancel, Cancelled, EngineError
from charstudio.model import ChatMessage, Prompt, Sampling

pytest.importorskip("llama_cpp")
pytest.importorskip("fastapi")
pytestmark = pytest.mark.model

FACTS = (
    "Jane keeps the lighthouse.\n\nVisitor: What is your name?\nJane: My name is Jane Marlow.\n\n"
    "Visitor: How old are you?\nJane:"
)
PROMPT = Prompt((ChatMessage("user", "Tell me about the sea."),), FACTS, ("\nVisitor:", "\n\n"))
GREEDY = Sampling(temperature=0.0, max_tokens=16, seed=1)
PERSON = {
    "type": "object",
    "properties": {"name": {"enum": ["Jane", "Tom"]}},
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def url(starter_file: Path, tmp_path_factory: pytest.TempPathFactory):
    """A server that was started for these tests; the starter has no template, so a chat format is forced."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(starter_file), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--n_ctx", "512", "--n_threads", "1", "--chat_format", "gemma"]
    command += ["--model_alias", "starter"]
    with log.open("wb") as out:
        child = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, "PYTHONWARNINGS": "ignore"}
        )
    root = f"http://127.0.0.1:{port}"
    try:
        _wait(root, child, log)
        yield root
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(10)


def _wait(root: str, child: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert child.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            with urllib.request.urlopen(f"{root}/v1/models", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text(errors="replace")[-2000:])


def reply(
    engine: ServerEngine, sampling: Sampling = GREEDY, prompt: Prompt = PROMPT
) -> tuple[list[str], Figures]:
    *pieces, figures = engine.stream(prompt, sampling, Cancel())
    assert isinstance(figures, Figures)
    return [p.text for p in pieces if isinstance(p, Piece)], figures


def test_the_server_tells_its_model(url):
    engine = ServerEngine(url)
    info = engine.describe()
    assert (info.name, engine.kind, engine.models()) == ("starter", "llama-cpp-python", ("starter",))


def test_the_completions_route_streams_and_stops_at_stop_strings(url):
    pieces, figures = reply(ServerEngine(url, completions=True))
    text = "".join(pieces)
    assert "thirty" in text or any(c.isdigit() for c in text)
    assert "Visitor:" not in text
    assert "\n\n" not in text
    assert len(pieces) > 1
    assert figures.tokens > 1
    assert figures.tokens_per_s > 0


def test_the_same_seed_says_the_same(url):
    engine = ServerEngine(url, completions=True)
    assert reply(engine)[0] == reply(engine)[0]


def test_the_chat_route_streams(url):
    engine = ServerEngine(url, completions=False)
    pieces, figures = reply(engine)
    assert len(pieces) > 1
    assert figures.stopped_by in ("end", "length")
    assert engine.streams
    assert 0 < figures.ttft_ms < 20_000


def test_a_reply_keeps_to_a_json_schema(url):
    engine = ServerEngine(url, completions=False)
    pieces, _figures = reply(engine, Sampling(temperature=0.0, max_tokens=100, seed=1, schema=PERSON))
    found = json.loads("".join(pieces))
    assert found["name"] in ("Jane", "Tom")
    assert engine.schemas == "json_object"


def test_tokens_are_counted_by_the_server(url):
    engine = ServerEngine(url)
    one, two, none = engine.count(["The lighthouse", "The lighthouse is dark tonight.", ""])
    assert 0 < one < two < 12
    assert none == 0
    assert engine.counts_exactly


def test_stop_works_in_the_middle_and_the_server_answers_again(url):
    engine, cancel = ServerEngine(url, completions=True), Cancel()
    pressed = [0.0]

    def press() -> None:
        pressed[0] = time.monotonic()
        cancel.set()

    endless = Prompt((), "one two three one two three one two three", ())
    events = engine.stream(endless, Sampling(temperature=0.0, max_tokens=100, seed=1), cancel)
    assert isinstance(next(events), Piece)
    threading.Timer(0.1, press).start()
    with pytest.raises(Cancelled):
        list(events)
    assert time.monotonic() - pressed[0] < 0.1
    assert reply(engine)[1].tokens > 0


def test_a_talk_that_is_too_long_is_a_sentence(url):
    long = Prompt((ChatMessage("user", "word " * 900),), "word " * 900, ())
    with pytest.raises(EngineError, match=r"longer than its context|could not take|exceed"):
        reply(ServerEngine(url), prompt=long)


def test_the_command_line_tells_what_works(url, capsys):
    assert run(["serve-check", url, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {
        name: report[name] for name in ("chat", "completions", "streams", "counts", "usable")
    } == dict.fromkeys(("chat", "completions", "streams", "counts", "usable"), True)
    assert (report["kind"], report["schema"]) == ("llama-cpp-python", "json_object")
    assert report["ttft_ms"] > 0


def test_nobody_there_is_a_sentence_on_the_command_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert run(["serve-check", f"http://127.0.0.1:{port}"]) == 1
    assert "does not answer; start it" in capsys.readouterr().err
