"""Ends a speaker that has fallen silent, so that nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Watchdog:
    """Watches one piece of work; calls `bite` when nothing was seen of it for `patience` seconds."""

    def __init__(self, bite: Callable[[], None], patience: float) -> None:
        self.bitten = False
        self._bite = bite
        self._patience = patience
        self._due = time.monotonic() + patience
        self._hurried = False
        self._over = False
        self._bell = threading.Condition()
        threading.Thread(target=self._watch, name="speech watchdog", daemon=True).start()

    def seen(self) -> None:
        """Something was heard: the waiting starts again."""
        with self._bell:
            if not self._hurried:
                self._due = time.monotonic() + self._patience

    def hurry(self, seconds: float) -> None:
        """The writer pressed Stop: from now on only `seconds` are left."""
        with self._bell:
            self._hurried = True
            self._due = min(self._due, time.monotonic() + seconds)
            self._bell.notify()

    def end(self) -> None:
        """The work is over; nothing will be bitten any more."""
        with self._bell:
            self._over = True
            self._bell.notify()

    def _watch(self) -> None:
        with self._bell:
            while not self._over:
                left = self._due - time.monotonic()
                if left <= 0:
                    self.bitten = True
                    self._bite()
                    return
                self._bell.wait(left)
