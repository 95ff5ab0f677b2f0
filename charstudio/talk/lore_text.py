"""The text that keys are looked for in; its words are indexed once, so ten thousand entries cost little."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex

BREAK = "\n\x01"  # stands before every message: no key reaches from one into the next
LONGEST_SCAN = 1_000_000  # characters that a pattern is tried on, newest first
PATTERN_SECONDS = 0.1  # one pattern of a stranger
ALL_PATTERN_SECONDS = 0.5  # all patterns of one scan together

_WORD = re.compile(r"\w+")
_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL}
_SLASHED = re.compile(r"/((?:[^/\\]|\\.)+)/([gimsuy]*)\Z", re.DOTALL)
_TURKIC = ("ı", "\u0307")
_LITERAL = re.compile(r"[a-zA-Z0-9 _'-]")
# Pieces of a pattern that are stepped over whole: escapes, sets of letters, the head of a group.
_SKIPPED = re.compile(r"\\[^ac-rt-vx-zC-RT-VX-Z0-9]|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?::|<?[=!]))?")
_OWN_FLAGS = re.compile(r"\(\?[a-zA-Z^#-]")
_LOOSE = ("?", "*", "{")
FAR = 1 << 30
_INDEXED = 64  # below so many keys that are no words, text is searched without an index of its letters


@dataclass(frozen=True, slots=True)
class Key:
    """One key, made ready: trimmed, folded, and split when it is a pattern in slashes."""

    text: str
    folded: str = ""
    word: bool = False  # a single run of letters and digits, after folding
    plain_word: bool = False  # the same before folding
    several: bool = False  # words with spaces between
    pattern: str | None = None
    flags: str = ""
    needs: str = ""  # letters without which the pattern cannot match, folded

    @staticmethod
    def of(text: str, *, pattern: bool = False) -> Key:
        """Read a key; with `pattern` it is a regular expression even without slashes."""
        text = text.strip()
        slashed = _SLASHED.match(text) if text.startswith("/") else None
        if slashed:
            return Key(text, pattern=slashed[1], flags=slashed[2], needs=needed(slashed[1]))
        if pattern:
            return Key(text, pattern=text, flags="?", needs=needed(text))
        folded = text.casefold()
        return Key(
            text,
            folded,
            _WORD.fullmatch(folded) is not None,
            _WORD.fullmatch(text) is not None,
            len(text.split()) > 1,
        )


class Texts:
    """What one scan reads: messages newest first, and what entries brought along since (`add`)."""

    def __init__(self, messages: Sequence[str], beside: Sequence[str] = ()) -> None:
        self._messages = [message.replace("\x01", " ") for message in messages]
        self._beside = [text.replace("\x01", " ") for text in beside]  # read at every depth
        self._more: list[str] = []
        self._words: dict[bool, dict[str, int]] = {}
        self._more_words: dict[bool, set[str]] = {}
        self._letters: dict[tuple[bool, int], frozenset[str]] = {}
        self._whole: dict[tuple[bool, int, bool, tuple[str, ...]], str] = {}
        self._asked = 0
        self._until = ALL_PATTERN_SECONDS
        self.slow: set[str] = set()  # patterns that were given up

    def add(self, text: str) -> None:
        """Let later entries be woken by this text, at every depth."""
        self._more.append(text.replace("\x01", " "))
        for folded in list(self._more_words):
            self._more_words[folded] |= _words(text, folded=folded)
        self._whole = {key: text for key, text in self._whole.items() if not key[2]}

    def has_more(self) -> bool:
        """Whether any entry has brought text along."""
        return bool(self._more)

    def fresh_words(self, text: str, *, folded: bool) -> set[str]:
        """The words of one text as keys are compared with them."""
        return _words(text, folded=folded)

    def holds(
        self, key: Key, depth: int, *, case: bool, whole: bool, more: bool, reads: tuple[str, ...] = ()
    ) -> bool:
        """Whether a key is found in the newest `depth` messages and what stands beside them.

        `more` adds what entries brought along; `reads` are texts this entry reads besides.
        """
        if depth <= 0 or not key.text:
            return False
        if key.pattern is not None:
            if key.needs and not self._has(key.needs, depth, more=more, reads=reads):
                return False
            return self._matches(key, self._hay(depth, folded=False, more=more, reads=reads), case=case)
        word, text = (key.plain_word, key.text) if case else (key.word, key.folded)
        if whole and word and not reads:
            return self._first(text, folded=not case) < depth or (
                more and text in self._added(folded=not case)
            )
        if not reads and not more and not self._may_hold(text, depth, folded=not case):
            return False
        hay = self._hay(depth, folded=not case, more=more, reads=reads)
        if not whole or key.several:
            return text in hay
        return text in hay and re.search(rf"(?:^|\W){re.escape(text)}(?:$|\W)", hay) is not None

    def _has(self, needs: str, depth: int, *, more: bool, reads: tuple[str, ...]) -> bool:
        """Whether a pattern can match at all; letters that change with the language are not judged."""
        hay = self._hay(depth, folded=True, more=more, reads=reads)
        return needs in hay or (not hay.isascii() and any(sign in hay for sign in _TURKIC))

    def first(self) -> dict[str, int]:
        """In which message, counted from the newest, each folded word stands first."""
        self._first("", folded=True)
        return self._words[True]

    def _first(self, word: str, *, folded: bool) -> int:
        """In which message, counted from the newest, a word stands first; far away when in none."""
        if folded not in self._words:
            found: dict[str, int] = {}
            for number in range(len(self._messages) - 1, -1, -1):
                found.update(dict.fromkeys(_words(self._messages[number], folded=folded), number))
            for text in self._beside:
                found.update(dict.fromkeys(_words(text, folded=folded), 0))
            self._words[folded] = found
        return self._words[folded].get(word, FAR)

    def _added(self, *, folded: bool) -> set[str]:
        if folded not in self._more_words:
            self._more_words[folded] = set().union(*(_words(text, folded=folded) for text in self._more))
        return self._more_words[folded]

    def _may_hold(self, text: str, depth: int, *, folded: bool) -> bool:
        """False when some three letters of a text are nowhere: most keys end here, at little cost."""
        self._asked += 1
        if self._asked < _INDEXED or len(text) < 3:
            return True
        known = self._letters.get((folded, depth))
        if known is None:
            hay = self._hay(depth, folded=folded, more=False)
            known = frozenset(map("".join, zip(hay, hay[1:], hay[2:], strict=False)))
            self._letters[folded, depth] = known
        return all(text[at : at + 3] in known for at in range(0, min(len(text) - 2, 12), 2))

    def _hay(self, depth: int, *, folded: bool, more: bool, reads: tuple[str, ...] = ()) -> str:
        depth = min(depth, len(self._messages))
        name = (folded, depth, more, reads)
        if name not in self._whole:
            beside = [text.replace("\x01", " ") for text in reads]
            parts = [*self._messages[:depth], *beside, *self._beside, *(self._more if more else ())]
            text = "\x01" + BREAK.join(parts)
            self._whole[name] = text.casefold() if folded else text
        return self._whole[name]

    def _matches(self, key: Key, hay: str, *, case: bool) -> bool:
        pattern = compiled(key.pattern or "", key.flags, case)
        if pattern is None or self._until <= 0:
            return False
        started = time.perf_counter()
        try:
            search = pattern.match if "y" in key.flags else pattern.search
            return search(hay[:LONGEST_SCAN], timeout=min(PATTERN_SECONDS, self._until)) is not None
        except TimeoutError:
            self.slow.add(key.text)
            return False
        finally:
            self._until -= time.perf_counter() - started


def _words(text: str, *, folded: bool) -> set[str]:
    return set(_WORD.findall(text.casefold() if folded else text))


def needed(pattern: str) -> str:
    """The longest run of plain letters that every match of a pattern must hold; empty when none is sure."""
    if _OWN_FLAGS.search(pattern):
        return ""
    runs, run, at, level = [""], "", 0, 0
    while at < len(pattern):
        sign, step = pattern[at], _SKIPPED.match(pattern, at)
        plain = level == 0 and _LITERAL.match(sign) is not None and pattern[at + 1 : at + 2] not in _LOOSE
        run = run + sign if plain else ""
        runs.append(run)
        if step is None and (sign in "\\[" or (sign == "|" and level == 0)):
            return ""
        level += (sign == "(") - (sign == ")")
        at = step.end() if step else at + 1
    return max(runs, key=len).casefold()


@lru_cache(maxsize=4096)
def compiled(pattern: str, flags: str, case: bool) -> Any:
    """A pattern ready to be tried, or None when it is broken; `?` in the flags leaves case to the entry."""
    options = regex.VERSION0
    for flag in flags:
        options |= _FLAGS.get(flag, 0)
    if "?" in flags and not case:
        options |= regex.IGNORECASE
    if len(pattern) > 10_000:
        return None
    try:
        return regex.compile(pattern.replace("[^]", r"[\s\S]"), options)
    except (regex.error, RecursionError, OverflowError, MemoryError, ValueError):
        return None
