"""A child answers, is stopped, refuses, dies and comes back; whatever it does, we get a sentence."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from charstudio.children import Child, cause_of_death
from charstudio.errors import Cancel, Cancelled, ChildDied, StudioError

MODULE = "tests.unit.a_child"


@pytest.fixture
def child():
    opened = Child(MODULE, "helper")
    yield opened
    opened.close()


def test_it_says_things_and_then_what_came_of_it(child):
    asked = child.ask("count", to=3)
    said = []
    with pytest.raises(StopIteration) as ended:
        while True:
            said.append(next(asked)["n"])
    assert said == [0, 1, 2]
    assert ended.value.value == {"total": 3}


def test_what_native_code_prints_is_not_taken_for_an_answer(child):
    assert child.result("noise") == {"fine": True}


def test_a_refusal_is_its_sentence_and_the_child_lives_on(child):
    with pytest.raises(StudioError, match="cannot be done"):
        child.result("refuse")
    assert child.result("count", to=1) == {"total": 1}


def test_a_stop_pressed_before_the_question_is_heard(child):
    cancel = Cancel()
    cancel.set()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        child.result("wait", cancel)
    assert time.monotonic() - began < 2


def test_a_stop_pressed_meanwhile_is_heard(child):
    cancel = Cancel()
    threading.Timer(0.5, cancel.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        child.result("wait", cancel)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_death_is_told_with_its_cause_and_the_next_question_starts_it_anew(child, sign):
    child.result("count", to=1)
    first = child.pid
    threading.Timer(0.3, lambda: os.kill(first, sign)).start()
    with pytest.raises(ChildDied, match="The helper stopped"):
        child.result("wait")
    assert child.result("count", to=2) == {"total": 2}
    assert child.pid != first


def test_an_error_nobody_foresaw_ends_the_child_with_its_last_words(child):
    with pytest.raises(ChildDied, match="ZeroDivisionError"):
        child.result("stumble")


def test_a_child_ends_with_its_parent(child):
    child.result("count", to=1)
    process = child._process
    process.stdin.close()
    assert process.wait(5) == 0


@pytest.mark.parametrize(
    ("code", "tail", "words"),
    [
        (-9, [], "memory ran out"),
        (-7, [], "drive went away"),
        (-11, [], "damaged"),
        (1, ["MemoryError"], "memory ran out"),
        (3, [], "exit code 3"),
    ],
)
def test_causes_of_death_are_words(code, tail, words):
    assert words in cause_of_death(code, tail)


def test_a_child_without_a_sign_of_life_is_ended_and_told():
    hung = Child(MODULE, "helper", patience=3.0)
    began = time.monotonic()
    with pytest.raises(ChildDied, match="no sign of life"):
        hung.result("hang", digits=40_000_000)
    assert time.monotonic() - began < 15
    assert hung.result("noise") == {"fine": True}
    hung.close()


def test_slow_work_with_a_heartbeat_is_waited_for():
    patient = Child(MODULE, "helper", patience=2.5)
    assert patient.result("slow", seconds=4) == {"fine": True}
    patient.close()
