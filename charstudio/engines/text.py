"""Turns the bytes of tokens into words, and notices stop strings even across token borders."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from charstudio.engines.thinking import Thinking


class Unfolding:
    """Text as it grows: feed it bytes, take out what is certain, stop at the first stop string."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [s for s in stops if s]
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._begun = False
        self.stopped = False

    def feed(self, body: bytes, *, last: bool = False, through: Thinking | None = None) -> str:
        """What can be shown now; text that may be the start of a stop string is held back.

        Thoughts are taken out first, if there is a filter for them.
        """
        if self.stopped:
            return ""
        words = self._decoder.decode(body, last)
        self._held += through.feed(words, last=last) if through is not None else words
        if not self._begun:
            self._held = self._held.lstrip()
        self._begun = self._begun or bool(self._held)
        found = [at for at in (self._held.find(stop) for stop in self._stops) if at >= 0]
        if found:
            shown, self._held, self.stopped = self._held[: min(found)], "", True
            return shown
        keep = 0 if last else self._maybe_stop()
        shown = self._held[: len(self._held) - keep]
        self._held = self._held[len(self._held) - keep :]
        return shown

    def _maybe_stop(self) -> int:
        longest = max(map(len, self._stops), default=1) - 1
        for length in range(min(longest, len(self._held)), 0, -1):
            if any(stop.startswith(self._held[-length:]) for stop in self._stops):
                return length
        return 0
