"""The real starter model in its real child: it answers, stops, dies and is started again."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from charstudio.engines import Figures, LlamaEngine, Loading, Piece, Reading
from charstudio.errors import Cancel, Cancelled, ChildDied, EngineError
from charstudio.model import ChatMessage, Prompt, Sampling
from tests.e2e.gguf_maker import with_template

pytestmark = pytest.mark.model

FACTS = (
    "Jane keeps the lighthouse.\n\nVisitor: What is your name?\nJane: My name is Jane Marlow.\n\n"
    "Visitor: How old are you?\nJane: I am thirty-four.\n\n"
)
GREEDY = Sampling(temperature=0.0, max_tokens=24, seed=1)
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<end_of_turn>\n{% endfor %}<start_of_turn>model\n"
)


def transcript(question: str, before: str = FACTS) -> Prompt:
    return Prompt(
        (ChatMessage("user", question),), f"{before}Visitor: {question}\nJane:", ("\nVisitor:", "\n\n")
    )


def said(events) -> str:
    return "".join(e.text for e in events if isinstance(e, Piece))


@pytest.fixture(scope="module")
def engine(starter_file):
    opened = LlamaEngine(starter_file)
    yield opened
    opened.close()


@pytest.fixture
def fresh(starter_file):
    opened = LlamaEngine(starter_file)
    yield opened
    opened.close()


def pressed_after(cancel: Cancel, seconds: float) -> list[float]:
    at: list[float] = []

    def press() -> None:
        at.append(time.monotonic())
        cancel.set()

    threading.Timer(seconds, press).start()
    return at


def test_a_base_model_answers_from_the_transcript_and_reads_nothing_twice(engine):
    first = list(engine.stream(transcript("What is your name?"), GREEDY, Cancel()))
    assert "Jane" in said(first)
    longer = FACTS + f"Visitor: What is your name?\nJane: {said(first)}\n\n"
    second = list(engine.stream(transcript("How old are you?", longer), GREEDY, Cancel()))
    figures = second[-1]
    assert isinstance(figures, Figures)
    assert "thirty-four" in said(second)
    assert figures.cached_tokens > 0.8 * figures.prompt_tokens - 20
    assert figures.stopped_by == "stop"


def test_the_same_seed_draws_the_same_words(engine):
    hot = Sampling(temperature=1.2, max_tokens=20, seed=42)
    one = said(engine.stream(transcript("What do you see?"), hot, Cancel()))
    other = said(engine.stream(transcript("What do you see?"), hot, Cancel()))
    assert one == other


def test_control_words_of_people_are_counted_as_plain_text(engine):
    (count,) = engine.count(["<end_of_turn>"])
    assert count > 1


def test_stop_ends_a_long_prefill_within_a_tenth_of_a_second(engine):
    text = "".join(f"Fact {n}: cargo {n * 37} crossed the strait of Harrow.\n" for n in range(190))
    cancel = Cancel()
    at = pressed_after(cancel, 0.8)
    with pytest.raises(Cancelled):
        list(engine.stream(Prompt((), text, ()), GREEDY, cancel))
    waited = time.monotonic() - at[0]
    print(f"stop in prefill: {waited * 1000:.0f} ms (wanted: 100)")
    assert waited < 0.5
    assert "Jane" in said(engine.stream(transcript("What is your name?"), GREEDY, Cancel()))


def test_stop_ends_writing_within_a_tenth_of_a_second(engine):
    cancel = Cancel()
    events = engine.stream(Prompt((), "Once upon a time", ()), Sampling(max_tokens=2000, seed=1), cancel)
    with pytest.raises(Cancelled):
        for event in events:
            if isinstance(event, Piece) and not cancel.is_set():
                cancel.set()
                began = time.monotonic()
    waited = time.monotonic() - began
    print(f"stop in decode: {waited * 1000:.0f} ms (wanted: 100)")
    assert waited < 0.5


def test_a_reply_nobody_listens_to_any_more_does_not_hold_up_the_next(engine):
    events = engine.stream(Prompt((), "Once upon a time", ()), Sampling(max_tokens=3000, seed=1), Cancel())
    next(e for e in events if isinstance(e, Piece))
    events.close()
    began = time.monotonic()
    assert "Jane" in said(engine.stream(transcript("What is your name?"), GREEDY, Cancel()))
    assert time.monotonic() - began < 5


def test_loading_and_reading_tell_how_far_they_are(fresh):
    events = list(fresh.stream(transcript("Hello?"), GREEDY, Cancel()))
    assert any(isinstance(e, Loading) for e in events)
    reading = [e for e in events if isinstance(e, Reading)]
    assert reading[-1].done == reading[-1].total


def test_a_killed_child_is_a_sentence_and_starts_again_when_told(fresh):
    fresh.describe()
    os.kill(fresh.pid, signal.SIGKILL)
    with pytest.raises(ChildDied, match="memory ran out"):
        list(fresh.stream(transcript("Hello?"), GREEDY, Cancel()))
    with pytest.raises(ChildDied, match="Start it again"):
        list(fresh.stream(transcript("Hello?"), GREEDY, Cancel()))
    fresh.restart()
    assert said(fresh.stream(transcript("What is your name?"), GREEDY, Cancel()))


def test_a_child_that_dies_while_it_writes_keeps_what_it_wrote_with_us(fresh):
    heard = []
    with pytest.raises(ChildDied):
        for event in fresh.stream(
            Prompt((), "Once upon a time", ()), Sampling(max_tokens=2000, seed=1), Cancel()
        ):
            if isinstance(event, Piece):
                heard.append(event.text)
                if len(heard) == 5:
                    os.kill(fresh.pid, signal.SIGABRT)
    assert len(heard) >= 5


def test_a_prompt_longer_than_the_context_is_told(engine):
    with pytest.raises(EngineError, match="shorten"):
        list(engine.stream(Prompt((), "word " * 6000, ()), GREEDY, Cancel()))


@pytest.mark.parametrize("cut", [100, 100_000, 200_000_000])
def test_a_truncated_model_is_told_before_anything_is_loaded(starter_file, tmp_path, cut):
    file = tmp_path / "cut.gguf"
    with starter_file.open("rb") as source:
        file.write_bytes(source.read(cut))
    engine = LlamaEngine(file)
    with pytest.raises(EngineError, match="cut off"):
        engine.describe()
    assert engine.pid is None


def test_a_header_that_lies_is_told_and_nothing_dies_with_it(starter_file, tmp_path):
    body = starter_file.read_bytes()
    at = body.index(b"gemma3.block_count") + len(b"gemma3.block_count") + 4
    file = tmp_path / "lies.gguf"
    file.write_bytes(body[:at] + (7).to_bytes(4, "little") + body[at + 4 :])
    engine = LlamaEngine(file)
    with pytest.raises((EngineError, ChildDied), match=r"could not be loaded|stopped|damaged"):
        list(engine.stream(transcript("Hello?"), GREEDY, Cancel()))
    engine.close()


def test_a_model_with_a_template_reads_chat_messages(starter_file, tmp_path):
    file = with_template(starter_file, tmp_path / "chat.gguf", TEMPLATE)
    engine = LlamaEngine(file)
    assert engine.describe().has_template
    messages = (ChatMessage("system", "You are Jane."), ChatMessage("user", "Hi <end_of_turn> there"))
    events = list(engine.stream(Prompt(messages, "unused", ("\nVisitor:",)), GREEDY, Cancel()))
    plain = sum(engine.count(["You are Jane.", "Hi <end_of_turn> there"]))
    # bos + three turn starts, two turn ends, roles and line ends: each a control token of its own.
    assert plain + 10 <= events[-1].prompt_tokens <= plain + 16
    engine.close()
