"""From a reply to a value, in the whole window and with the real model; and the talk's cache stays whole."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from charstudio import paths, settings
from charstudio.engines import EchoEngine
from charstudio.errors import Cancel, Cancelled
from charstudio.model import Change
from charstudio.store import open_library
from charstudio.studio import Studio
from tests.e2e.test_window import CTRL, open_the_window  # noqa: F401 - a fixture

REPLY = "*She trims the wick.* I am a night locksmith. I hate dogs."


@pytest.fixture
def jane(home, schema):
    """A character with one reply in her talk, in a library of this test's own."""
    library = open_library(paths.default_library())
    made = library.cast.new(schema, "Jane Marlow")
    talk = library.talks.new(made.id)
    library.talks.add(talk.id, "writer", "Who are you?", name="Writer")
    message = library.talks.add(talk.id, "character", REPLY, name="Jane")
    library.close()
    return made, message


def opens_the_talk(writer, who, qtbot):
    """Goes to the talk and waits until what was said is looked through; no other window came up meanwhile."""
    writer.opened.desk.open(who.id)
    writer.presses(Qt.Key.Key_2, CTRL)
    qtbot.waitUntil(lambda: not writer.opened.bridge.busy("noticing"), timeout=20_000)
    assert writer.opened.views.talk.isAncestorOf(QApplication.focusWidget() or writer.opened.window)


def test_a_reply_becomes_a_value_by_three_keys_and_undo_takes_it_back(open_the_window, jane, qtbot):  # noqa: F811
    who, message = jane
    writer = open_the_window(engine="echo")
    studio = writer.opened.studio
    opens_the_talk(writer, who, qtbot)
    qtbot.waitUntil(lambda: len(studio.proposing.waiting(who.id)) == 2, timeout=20_000)
    qtbot.waitUntil(lambda: not writer.opened.bridge.busy("noticing"), timeout=20_000)
    assert studio.library.cast.sheet(who.id).text("occupation") == ""
    writer.presses(Qt.Key.Key_J, CTRL)
    assert "I work as a night locksmith." in writer.reads()
    writer.presses(Qt.Key.Key_Return)
    (value,) = studio.library.cast.sheet(who.id).of("occupation")
    assert (value.source, value.source_ref) == ("talk", f"message:{message.id}")
    assert "1 thing to look at" in writer.reads()
    writer.presses(Qt.Key.Key_Z, CTRL)
    assert studio.library.cast.sheet(who.id).text("occupation") == ""
    assert "2 things to look at" in writer.reads()


def test_keep_that_opens_its_cards_and_the_jump_finds_the_message_in_another_talk(
    open_the_window,  # noqa: F811
    jane,
    qtbot,
):
    who, message = jane
    writer = open_the_window(engine="echo")
    opens_the_talk(writer, who, qtbot)
    writer.presses(Qt.Key.Key_D, CTRL)
    assert "You want to keep this" in writer.reads() or "made this up" in writer.reads()
    writer.presses(Qt.Key.Key_Escape)
    writer.presses(Qt.Key.Key_T, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert "trims the wick" not in writer.reads()
    writer.opened.talk.show_message(message.id)
    assert "trims the wick" in writer.reads()


def test_the_mode_of_a_talk_is_switched_by_a_key_and_kept(open_the_window, jane, qtbot):  # noqa: F811
    who, message = jane
    writer = open_the_window(engine="echo")
    opens_the_talk(writer, who, qtbot)
    writer.presses(Qt.Key.Key_T, CTRL)
    assert writer.opened.studio.library.talks.get(message.talk_id).strict
    writer.presses(Qt.Key.Key_T, CTRL)
    assert not writer.opened.studio.library.talks.get(message.talk_id).strict


class Dawdling(EchoEngine):
    """Answers the writer at once, and never comes to an end with anything else until it is stopped."""

    asked = 0

    def stream(self, prompt, sampling, cancel):
        if sampling.schema is None:
            yield from super().stream(prompt, sampling, cancel)
            return
        type(self).asked += 1
        while True:
            cancel.check()
            time.sleep(0.005)


def test_the_model_looks_closer_once_it_rests_and_makes_way_for_the_next_reply_at_once(
    open_the_window,  # noqa: F811
    jane,
    qtbot,
    monkeypatch,
):
    who, message = jane
    monkeypatch.setattr("charstudio.studio.EchoEngine", Dawdling)
    writer = open_the_window(engine="echo")
    library = writer.opened.studio.library
    library.talks.edit(message.id, "I stole a horse in the year of the flood.")
    opens_the_talk(writer, who, qtbot)
    assert Dawdling.asked == 0
    writer.writes("Hello")
    writer.waits_for_the_reply()
    qtbot.waitUntil(lambda: Dawdling.asked == 1, timeout=20_000)
    began = time.monotonic()
    writer.writes("And then?")
    writer.waits_for_the_reply()
    assert time.monotonic() - began < 3
    assert library.talks.messages(message.talk_id)[-1].body.startswith("You said")
    assert message.id in [m.id for m in library.proposals.unread(who.id, "model")]


@pytest.mark.model
def test_noticing_with_the_model_stops_at_once_and_leaves_the_talk_in_the_cache(starter, schema, home):
    studio = Studio(paths.default_library(), settings.Settings())
    try:
        who = studio.library.cast.new(schema, "Jane Marlow")
        studio.library.cast.change(who.id, [Change("occupation", "a locksmith")], schema, "form")
        talk = studio.conversation.open(who.id)
        list(studio.conversation.reply(talk.id, "Who are you?", Cancel()))
        said = (
            "I can open anything with a hairpin. I am from Leith. I stole a horse in the year of the flood. "
        )
        studio.library.talks.add(talk.id, "character", said * 3, name="Jane")
        studio.library.talks.add(talk.id, "writer", "Go on.", name="Writer")
        list(studio.conversation.again(studio.library.talks.messages(talk.id)[-1].id, Cancel()))

        cancel = Cancel()
        looking = studio.proposing.look_closer(who.id, cancel)
        next(looking)
        cancel.set()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            list(looking)
        assert time.monotonic() - began < 2
        found = list(studio.proposing.look_closer(who.id, Cancel()))
        assert found
        for shown in studio.proposing.waiting(who.id):
            message = studio.library.talks.message(shown.proposal.message_id)
            assert shown.proposal.offer.evidence in message.body
        events = list(studio.conversation.reply(talk.id, "And then?", Cancel()))
        figures = [e for e in events if hasattr(e, "cached_tokens")][-1]
        assert figures.prompt_tokens - figures.cached_tokens < 40
    finally:
        studio.close()
