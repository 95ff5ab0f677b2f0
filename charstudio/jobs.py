"""Lanes: one thread that runs generators in order, reports what they yield, and can be stopped."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from charstudio.errors import Cancel, Cancelled, StudioError

log = logging.getLogger(__name__)

Work = Callable[[Cancel], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work is, in words for people."""

    done: int
    total: int
    words: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of a job: how it ended; `error` is a `StudioError` or a bug."""

    how: str  # done | cancelled | failed
    error: Exception | None = None


class Job:
    """One piece of work on a lane, with its stop button."""

    def __init__(self, work: Work, report: Callable[[Job, Any], None]) -> None:
        self.cancel = Cancel()
        self._work = work
        self._report = report

    def run(self) -> None:
        """Run to the end on the calling thread, reporting each event and then one `Ended`."""
        try:
            with contextlib.closing(_iterated(self._work(self.cancel))) as events:
                for event in events:
                    self._report(self, event)
            ended = Ended("cancelled" if self.cancel.is_set() else "done")
        except Cancelled:
            ended = Ended("cancelled")
        except StudioError as exc:
            ended = Ended("failed", exc)
        except Exception as exc:
            log.exception("a job failed unexpectedly")
            ended = Ended("failed", exc)
        self._report(self, ended)


def _iterated(events: Iterator[Any]) -> Any:
    yield from events


class Lane:
    """One thread for one slow resource; jobs run in the order in which they came."""

    def __init__(self, name: str, report: Callable[[Job, Any], None]) -> None:
        self._report = report
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._open: list[Job] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Work) -> Job:
        """Queue a generator; what it yields is reported from the lane's thread."""
        job = Job(work, self._report)
        with self._lock:
            self._open.append(job)
        self._jobs.put(job)
        return job

    @property
    def busy(self) -> bool:
        """Whether something runs or waits."""
        return bool(self._open)

    def close(self, seconds: float = 2.0) -> None:
        """Stop what runs, forget what waits, and give the thread that long to end."""
        with self._lock:
            for job in self._open:
                job.cancel.set()
        self._jobs.put(None)
        self._thread.join(seconds)

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.run()
            with self._lock:
                self._open.remove(job)
