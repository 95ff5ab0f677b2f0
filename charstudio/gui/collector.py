"""Keeps Python's garbage collector on the window's thread: a widget freed on another one crashes Qt."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 2000
FULL_EVERY = 30


class Collector(QObject):
    """Turns automatic collection off and collects from a timer; make it before any lane."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rounds = 0
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(EVERY_MS)

    def freeze(self) -> None:
        """Take all that lives now out of later collections; call it after heavy imports."""
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Give the collector back, when the window is gone and no lane runs."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _collect(self) -> None:
        self._rounds += 1
        # the old generation holds the schema and all widgets: once a minute is enough
        gc.collect(2 if self._rounds % FULL_EVERY == 0 else 1)
