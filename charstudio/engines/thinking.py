"""Hides what a model thinks aloud before it answers: the reader of a reply gets the reply."""

from __future__ import annotations

OPENERS = (
    "<think>",
    "<thinking>",
    "[THINK]",
    "<|channel>thought",
    "<|channel|>analysis<|message|>",
    "<seed:think>",
)
CLOSERS = (
    "</think>",
    "</thinking>",
    "[/THINK]",
    "<channel|>",
    "<|channel|>final<|message|>",
    "</seed:think>",
)
# of control words those that a token may be
MARKS = frozenset({*OPENERS, *CLOSERS})
LONGEST = max(map(len, (*OPENERS, *CLOSERS)))
MOST_THOUGHT = 2048  # tokens a model may think; then it has to answer or is stopped


class Thinking:
    """Text as it grows, with the thoughts taken out; feed it words, get back those that are said."""

    def __init__(self, tail: str = "") -> None:
        said = tail.rstrip()
        self._closer = next((c for o, c in zip(OPENERS, CLOSERS, strict=True) if said.endswith(o)), "")
        self._held = ""
        self._begun = False
        self.thought = bool(self._closer)

    @property
    def inside(self) -> bool:
        """Whether the model is thinking now."""
        return bool(self._closer)

    def feed(self, text: str, *, last: bool = False) -> str:
        """What is said in this text; what may be the start of a mark is held back."""
        self._held += text
        said = ""
        while self._held:
            if self._closer:
                _before, found, after = self._held.partition(self._closer)
                if not found:
                    self._held = self._held[-(LONGEST - 1) :] if not last else ""
                    break
                self._closer, self._held = "", after.lstrip()
                continue
            at, opener = _first(self._held) if not self._begun else (-1, "")
            if at < 0:
                keep = 0 if last or self._begun else _maybe(self._held)
                ready = self._held[: len(self._held) - keep]
                said += ready
                self._begun = self._begun or bool(ready.strip())
                self._held = self._held[len(self._held) - keep :]
                break
            said += self._held[:at]
            self._held = self._held[at + len(opener) :]
            self._closer = CLOSERS[OPENERS.index(opener)]
            self.thought = True
        return said


def _first(text: str) -> tuple[int, str]:
    """Where a thought begins; only at the start of a reply, so that prose may speak of <think>."""
    words = text.lstrip()
    opener = next((o for o in OPENERS if words.startswith(o)), "")
    return (len(text) - len(words), opener) if opener else (-1, "")


def _maybe(text: str) -> int:
    words = text.lstrip()
    return len(text) if any(o.startswith(words) for o in OPENERS) else 0
