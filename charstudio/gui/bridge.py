"""Brings what lanes report to the window's thread, at most one bundle per frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from charstudio.jobs import Ended, Job, Lane, Work

FRAME = 0.016

OnEvents = Callable[[list[Any]], None]
OnEnd = Callable[[Ended], None]


@dataclass(frozen=True, slots=True)
class _Listener:
    lane: str
    on_events: OnEvents | None
    on_end: OnEnd | None


class Bridge(QObject):
    """Owns the lanes of the window; jobs are started and listened to on the window's thread only."""

    _arrived = Signal()
    work_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes: dict[str, Lane] = {}
        self._listeners: dict[Job, _Listener] = {}
        self._lock = threading.Lock()
        self._waiting: list[tuple[Job, Any]] = []
        self._told = False
        self._closed = False
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._deliver)
        self._arrived.connect(self._schedule, Qt.ConnectionType.QueuedConnection)

    def run(
        self, lane: str, work: Work, on_events: OnEvents | None = None, on_end: OnEnd | None = None
    ) -> Job:
        """Queue `work` on a lane; hand bound methods, which are called with its events and its end."""
        if lane not in self._lanes:
            self._lanes[lane] = Lane(lane, self._take)
        job = self._lanes[lane].run(work)
        self._listeners[job] = _Listener(lane, on_events, on_end)
        self.work_changed.emit()
        return job

    def busy(self, lane: str = "") -> bool:
        """Whether a job of this lane (or of any) has not told its end yet."""
        return any(not lane or listener.lane == lane for listener in self._listeners.values())

    def stop(self, lane: str = "") -> None:
        """Press Stop for all jobs of a lane, or of all."""
        for job, listener in list(self._listeners.items()):
            if not lane or listener.lane == lane:
                job.cancel.set()

    def close(self, seconds: float = 2.0) -> None:
        """Stop everything and listen no more; each lane is given that long to end."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
        self._timer.stop()
        self._listeners.clear()
        for lane in self._lanes.values():
            lane.close(seconds)
        self._lanes.clear()

    def _take(self, job: Job, event: Any) -> None:
        # on the lane's thread: nothing here may touch a widget
        with self._lock:
            if self._closed:
                return
            self._waiting.append((job, event))
            if not self._told:
                self._told = True
                self._arrived.emit()

    @Slot()
    def _schedule(self) -> None:
        since = time.monotonic() - self._last
        self._timer.start(max(0, round((FRAME - since) * 1000)))

    @Slot()
    def _deliver(self) -> None:
        self._last = time.monotonic()
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._told = False
        bundles: dict[Job, list[Any]] = {}
        for job, event in waiting:
            bundles.setdefault(job, []).append(event)
        try:
            while bundles:
                job = next(iter(bundles))
                self._hand_over(job, bundles.pop(job))
        finally:
            # a view that failed must not cost the others their events
            left = [(job, event) for job, events in bundles.items() for event in events]
            if left:
                with self._lock:
                    self._waiting[:0] = left
                self._timer.start(0)

    def _hand_over(self, job: Job, events: list[Any]) -> None:
        listener = self._listeners.get(job)
        if listener is None:
            return
        ended = events.pop() if isinstance(events[-1], Ended) else None
        try:
            if events and listener.on_events is not None:
                listener.on_events(events)
        finally:
            if ended is not None:
                del self._listeners[job]
                if listener.on_end is not None:
                    listener.on_end(ended)
                self.work_changed.emit()
