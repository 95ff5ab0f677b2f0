import gc
import threading
import time

import pytest
from PySide6.QtCore import QObject

from charstudio.errors import StudioError
from charstudio.gui.bridge import Bridge
from charstudio.gui.collector import Collector


class Listener(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.bundles: list[list[object]] = []
        self.ends: list[object] = []
        self.threads: set[int] = set()

    def take(self, events):
        self.threads.add(threading.get_ident())
        self.bundles.append(events)

    def end(self, ended):
        self.threads.add(threading.get_ident())
        self.ends.append(ended)

    def events(self):
        return [event for bundle in self.bundles for event in bundle]


@pytest.fixture
def bridge(qapp):
    made = Bridge()
    yield made
    made.close()


def counting(n):
    def work(cancel):
        yield from range(n)

    return work


def endless(cancel):
    while not cancel.is_set():
        time.sleep(0.002)
        yield "tick"


def test_events_arrive_in_order_on_the_window_thread(bridge, qtbot):
    here = Listener()
    bridge.run("library", counting(5000), here.take, here.end)
    qtbot.waitUntil(lambda: bool(here.ends))
    assert here.events() == list(range(5000))
    assert here.threads == {threading.get_ident()}
    assert here.ends[0].how == "done"


def test_many_events_come_as_few_bundles(bridge, qtbot):
    here = Listener()
    start = time.monotonic()
    bridge.run("library", counting(20_000), here.take, here.end)
    qtbot.waitUntil(lambda: bool(here.ends))
    assert len(here.bundles) <= (time.monotonic() - start) / 0.015 + 2


def test_stop_ends_a_job_within_a_tenth_of_a_second(bridge, qtbot):
    here = Listener()
    job = bridge.run("inference", endless, here.take, here.end)
    qtbot.waitUntil(lambda: bool(here.bundles))
    start = time.monotonic()
    job.cancel.set()
    qtbot.waitUntil(lambda: bool(here.ends))
    assert time.monotonic() - start < 0.1
    assert here.ends[0].how == "cancelled"
    assert not bridge.busy()


def test_a_sentence_of_a_failure_arrives(bridge, qtbot):
    def failing(cancel):
        yield 1
        raise StudioError("Choose a smaller model.")

    here = Listener()
    bridge.run("inference", failing, here.take, here.end)
    qtbot.waitUntil(lambda: bool(here.ends))
    assert (here.events(), str(here.ends[0].error)) == ([1], "Choose a smaller model.")


def test_two_lanes_run_side_by_side(bridge, qtbot):
    slow, quick = Listener(), Listener()
    job = bridge.run("inference", endless, slow.take, slow.end)
    bridge.run("library", counting(3), quick.take, quick.end)
    qtbot.waitUntil(lambda: bool(quick.ends))
    assert bridge.busy("inference")
    assert not bridge.busy("library")
    job.cancel.set()
    qtbot.waitUntil(lambda: bool(slow.ends))


def test_a_view_that_fails_does_not_cost_others_their_events(bridge, qtbot):
    class Failing(Listener):
        def take(self, events):
            raise ValueError("a bug")

    bad, good = Failing(), Listener()
    with qtbot.captureExceptions() as caught:
        bridge.run("a", counting(3), bad.take, bad.end)
        bridge.run("b", counting(3), good.take, good.end)
        qtbot.waitUntil(lambda: bool(good.ends) and bool(bad.ends))
    assert caught
    assert good.events() == [0, 1, 2]


def test_closing_ends_endless_work_and_nothing_is_called_afterwards(qapp, qtbot):
    bridge, here = Bridge(), Listener()
    bridge.run("inference", endless, here.take, here.end)
    qtbot.waitUntil(lambda: bool(here.bundles))
    bridge.close()
    seen = len(here.bundles)
    qtbot.wait(60)
    assert (len(here.bundles), here.ends) == (seen, [])


def test_garbage_is_collected_on_the_window_thread_only(qapp):
    holder = QObject()
    collector = Collector(holder)
    try:
        assert not gc.isenabled()
        collector.freeze()
        assert gc.get_freeze_count() > 0
    finally:
        collector.stop()
    assert gc.isenabled()
