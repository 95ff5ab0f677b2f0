"""The starter model has ideas beside the chips of the network; nothing waits for them."""

from __future__ import annotations

import threading
import time

import pytest

from charstudio import paths, settings
from charstudio.errors import Cancel, Cancelled
from charstudio.guide.wishes import LONGEST, MOST
from charstudio.model import Change
from charstudio.studio import Studio

pytestmark = pytest.mark.model


@pytest.fixture
def studio(starter):
    opened = Studio(paths.default_library(), settings.Settings())
    yield opened
    opened.close()


def asked(studio: Studio):
    who = studio.library.cast.new(studio.schema, "Jane Marlow").id
    changes = [
        Change("occupation", "a lighthouse keeper"),
        Change("secret", "I slept that night", know="private"),
        Change("one_line", "the last honest liar", know="author"),
    ]
    studio.library.cast.change(who, changes, studio.schema, "form")
    guide = studio.guide(who)
    guide.start()
    begin = time.perf_counter()
    turn = guide.say("Suggest a treasure")
    assert time.perf_counter() - begin < 1, "the chips of the network are there at once"
    assert 3 <= len(turn.chips) <= 5
    return guide, turn


def test_the_starter_model_adds_marked_ideas_that_can_be_taken(studio):
    guide, turn = asked(studio)
    granted: tuple = ()
    for _try in range(4):
        wish = guide.wish()
        assert "slept" not in wish.prompt.flat
        assert "liar" not in wish.prompt.flat
        granted = guide.granted(wish, list(studio.ideas(wish, Cancel())))
        if granted:
            break
    assert 1 <= len(granted) <= MOST
    before = {c.value.casefold() for c in turn.chips}
    for chip in granted:
        assert (chip.attribute, chip.origin) == ("treasure", "model")
        assert 2 <= len(chip.value) <= LONGEST
        assert chip.value.casefold() not in before
        assert not set("<>{}[]\n") & set(chip.value)
    guide.say(str(len(turn.chips) + 1))
    assert guide.sheet().text("treasure") == granted[0].value


def test_a_question_that_has_changed_stops_the_model(studio):
    guide, _turn = asked(studio)
    wish, cancel = guide.wish(), Cancel()
    studio.engine().describe(cancel)
    threading.Timer(0.3, cancel.set).start()
    begin = time.perf_counter()
    with pytest.raises(Cancelled):
        list(studio.ideas(wish, cancel))
    assert time.perf_counter() - begin < 5
