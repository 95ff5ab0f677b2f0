"""A turn of talk keeps every word, whatever happens while the answer is written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from charstudio.engines import EchoEngine, Figures, Piece
from charstudio.errors import Cancel, ChildDied, EngineError, StudioError
from charstudio.memory import Recall
from charstudio.model import Change, Sampling
from charstudio.talk import Conversation, Finished, Persona, Said, Words
from charstudio.talk import conversation as talk_module


class Scripted(EchoEngine):
    """Plays back what it was given: texts are pieces, exceptions are raised."""

    def __init__(self, *script) -> None:
        super().__init__()
        self.script = list(script)
        self.prompts = []

    def stream(self, prompt, sampling, cancel) -> Iterator:
        self.prompts.append(prompt)
        for step in self.script.pop(0) if self.script and isinstance(self.script[0], list) else self.script:
            cancel.check()
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step()
            else:
                yield Piece(step)
        yield Figures(10, 0, 3, 1.0, 1.0, "end", 1)


@pytest.fixture
def jane(library, schema):
    made = library.cast.new(schema, "Jane Marlow")
    library.cast.change(made.id, [Change("age", "34")], schema, "form")
    return made


@pytest.fixture
def talk_with(library, schema, jane):
    def make(engine, greetings=(), recall=None):
        def persona(number):
            who = library.cast.get(number)
            return Persona(who.called, who.name, library.cast.sheet(number), schema)

        return Conversation(
            library, lambda: engine, recall or Recall(library, None), persona, lambda _n: greetings
        )

    return make


def bodies(library, talk):
    return [(m.role, m.body, m.state) for m in library.talks.messages(talk.id)]


def test_a_turn_is_the_writers_words_then_the_reply_as_it_grows(library, talk_with, jane):
    conversation = talk_with(Scripted("I ", "am ", "Jane."))
    talk = conversation.open(jane.id)
    events = list(conversation.reply(talk.id, "Who are you?", Cancel()))
    kinds = [type(e) for e in events if isinstance(e, Said | Words | Finished)]
    assert kinds == [Said, Said, Words, Words, Finished]
    assert bodies(library, talk) == [("writer", "Who are you?", "done"), ("character", "I am Jane.", "done")]
    assert events[-1].message.figures["tokens"] == 3


def test_a_stopped_reply_keeps_what_was_written(library, talk_with, jane):
    cancel = Cancel()
    conversation = talk_with(Scripted("I am ", "not ", cancel.set, "finished"))
    talk = conversation.open(jane.id)
    list(conversation.reply(talk.id, "Who are you?", cancel))
    assert bodies(library, talk)[-1] == ("character", "I am not", "stopped")


def test_a_dead_model_keeps_the_question_and_the_beginning_of_the_answer(library, talk_with, jane):
    conversation = talk_with(Scripted("I am ", ChildDied("The model stopped.")))
    talk = conversation.open(jane.id)
    with pytest.raises(ChildDied):
        list(conversation.reply(talk.id, "Who are you?", Cancel()))
    assert bodies(library, talk) == [("writer", "Who are you?", "done"), ("character", "I am", "failed")]


def test_without_a_model_the_words_of_the_writer_are_kept(library, talk_with, jane):
    conversation = talk_with(Scripted(EngineError("No model.")))
    talk = conversation.open(jane.id)
    with pytest.raises(EngineError):
        list(conversation.reply(talk.id, "Who are you?", Cancel()))
    assert bodies(library, talk) == [("writer", "Who are you?", "done")]


def test_what_is_written_is_saved_while_it_is_written(library, talk_with, jane, monkeypatch):
    monkeypatch.setattr(talk_module, "SAVE_EVERY", 0.0)
    seen = []
    conversation = talk_with(
        Scripted("One ", "two ", lambda: seen.append(bodies(library, talk)[-1]), "three")
    )
    talk = conversation.open(jane.id)
    list(conversation.reply(talk.id, "Count", Cancel()))
    assert seen == [("character", "One two ", "writing")]


def test_again_makes_a_swipe_and_keeps_the_first_answer(library, talk_with, jane):
    conversation = talk_with(Scripted(["One."], ["Two."]))
    talk = conversation.open(jane.id)
    list(conversation.reply(talk.id, "Say", Cancel()))
    first = library.talks.messages(talk.id)[-1]
    list(conversation.again(first.id, Cancel()))
    second = library.talks.messages(talk.id)[-1]
    assert (second.body, second.swipe, second.swipes) == ("Two.", 2, 2)
    library.talks.swipe(second.id, -1)
    assert bodies(library, talk)[-1][1] == "One."


def test_again_asks_with_the_same_prompt_as_the_first_time(library, talk_with, jane):
    engine = Scripted(["One."], ["Two."])
    conversation = talk_with(engine)
    talk = conversation.open(jane.id)
    list(conversation.reply(talk.id, "How old are you?", Cancel()))
    list(conversation.again(library.talks.messages(talk.id)[-1].id, Cancel()))
    assert engine.prompts[0] == engine.prompts[1]


def test_a_question_left_without_an_answer_can_be_asked_again(library, talk_with, jane):
    conversation = talk_with(Scripted([EngineError("Not now.")], ["Here I am."]))
    talk = conversation.open(jane.id)
    with pytest.raises(EngineError):
        list(conversation.reply(talk.id, "Who?", Cancel()))
    list(conversation.again(library.talks.messages(talk.id)[-1].id, Cancel()))
    assert [b for _r, b, _s in bodies(library, talk)] == ["Who?", "Here I am."]


def test_a_model_that_says_nothing_twice_is_told(library, talk_with, jane):
    conversation = talk_with(Scripted(["  "], [""]))
    talk = conversation.open(jane.id)
    with pytest.raises(EngineError, match="nothing to say"):
        list(conversation.reply(talk.id, "Who?", Cancel()))
    assert bodies(library, talk) == [("writer", "Who?", "done")]


def test_greetings_are_swipes_of_the_first_message(library, talk_with, jane):
    talk = talk_with(EchoEngine(), ("Come in.", "Who is there?")).open(jane.id)
    (first,) = library.talks.messages(talk.id)
    assert (first.body, first.swipe, first.swipes) == ("Come in.", 1, 2)
    assert library.talks.swipe(first.id, 1).body == "Who is there?"


def test_the_last_talk_goes_on_unless_a_new_one_is_wanted(talk_with, jane):
    conversation = talk_with(EchoEngine())
    first = conversation.open(jane.id)
    assert conversation.open(jane.id).id == first.id
    assert conversation.open(jane.id, new=True).id != first.id


@pytest.mark.parametrize(
    ("text", "told"), [("", "nothing to say"), (" \n", "nothing to say"), ("x" * 1_000_000, "in pieces")]
)
def test_an_empty_or_endless_message_is_told_and_not_kept(library, talk_with, jane, text, told):
    conversation = talk_with(EchoEngine())
    talk = conversation.open(jane.id)
    began = time.monotonic()
    with pytest.raises(StudioError, match=told):
        list(conversation.reply(talk.id, text, Cancel()))
    assert time.monotonic() - began < 1
    assert bodies(library, talk) == []


def test_a_long_talk_is_cut_in_chunks_and_most_turns_cut_nothing(library, talk_with, jane):
    engine = EchoEngine()
    conversation = talk_with(engine)
    conversation.sampling = Sampling(max_tokens=400)
    talk = conversation.open(jane.id)
    cuts = []
    for n in range(60):
        list(conversation.reply(talk.id, f"{n} " + "word " * 100, Cancel()))
        cuts.append(library.talks.get(talk.id).from_id)
        assert engine.count([engine.last.flat])[0] <= 4096 - 400
    changes = sum(a != b for a, b in pairwise(cuts))
    assert 1 <= changes <= len(cuts) / 4
    assert len(library.talks.messages(talk.id, limit=500)) == 120


def test_what_was_said_before_comes_back_in_a_new_talk(library, talk_with, jane):
    engine = Scripted(["I see."], ["The blue boat? Yes."])
    conversation = talk_with(engine)
    first = conversation.open(jane.id)
    list(conversation.reply(first.id, "I lost a blue rowing boat near the harbour.", Cancel()))
    second = conversation.open(jane.id, new=True)
    list(conversation.reply(second.id, "What about the harbour?", Cancel()))
    assert "remembers: I lost a blue rowing boat" in engine.prompts[-1].flat


def test_a_message_is_not_recalled_to_itself(library, talk_with, jane):
    engine = Scripted(["I see."])
    conversation = talk_with(engine)
    talk = conversation.open(jane.id)
    list(conversation.reply(talk.id, "I lost a blue rowing boat near the harbour.", Cancel()))
    assert "remembers" not in engine.prompts[-1].flat


def test_an_edit_changes_the_memory_with_the_message(library, talk_with, jane):
    conversation = talk_with(Scripted(["I see."]))
    talk = conversation.open(jane.id)
    list(conversation.reply(talk.id, "I lost a blue rowing boat.", Cancel()))
    message = library.talks.messages(talk.id)[0]
    conversation.edit(message.id, "I lost a green umbrella.")
    assert library.memories.by_words(jane.id, "boat") == []
    assert library.memories.by_words(jane.id, "umbrella")
    library.undo(jane.id)
    assert library.talks.message(message.id).body == "I lost a blue rowing boat."
    assert library.memories.by_words(jane.id, "umbrella") == []
    assert [m.text for m, _score in library.memories.by_words(jane.id, "boat")] == [
        "I lost a blue rowing boat."
    ]
