"""What can go wrong, told in one sentence that the writer reads, and the stop button."""

from __future__ import annotations

import threading
from collections.abc import Callable


class StudioError(Exception):
    """Something expected went wrong; the text is one sentence that says what to do."""


class UsageError(StudioError):
    """The command or request itself was wrong (exit code 2 on the command line)."""


class SheetError(StudioError):
    """A change that the sheet cannot take."""


class StoreError(StudioError):
    """The library could not be opened, read or written."""


class CardError(StudioError):
    """A file is no character card."""


class EngineError(StudioError):
    """A language model could not be loaded or asked."""


class ChildDied(StudioError):  # noqa: N818 - it is what happened, not what was wrong
    """A child process ended while something was asked of it; the text names the cause."""


class SpeechError(StudioError):
    """Something could not be spoken."""


class ExportError(StudioError):
    """A file could not be written."""


class Cancelled(Exception):  # noqa: N818 - not an error: the writer pressed Stop
    """The writer pressed Stop."""


class Cancel:
    """One stop button for one job: set by whoever has it, read by whoever works."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._then: list[Callable[[], None]] = []

    def set(self) -> None:
        """Press the button; whatever waits in `on_set` runs now, on this thread."""
        with self._lock:
            self._event.set()
            waiting, self._then = self._then, []
        for act in waiting:
            act()

    def is_set(self) -> bool:
        """Whether the button was pressed."""
        return self._event.is_set()

    def on_set(self, act: Callable[[], None]) -> None:
        """Run `act` when the button is pressed, or at once if it was."""
        with self._lock:
            if not self._event.is_set():
                self._then.append(act)
                return
        act()

    def check(self) -> None:
        """Raise `Cancelled` if the button was pressed."""
        if self._event.is_set():
            raise Cancelled
