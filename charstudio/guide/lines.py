"""Takes a line of the writer apart into plain words and remembers where each one stood."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’ʼ\-/.][^\W_]+)*")
_SHORT = {
    "you're": "you are", "youre": "you are", "you've": "you have", "youve": "you have", "you'd": "you would",
    "you'll": "you will", "youll": "you will", "i'm": "i am", "im": "i am", "i've": "i have",
    "i'd": "i would", "i'll": "i will", "don't": "do not", "dont": "do not", "doesn't": "does not",
    "didn't": "did not", "didnt": "did not", "aren't": "are not", "arent": "are not", "isn't": "is not",
    "isnt": "is not", "wasn't": "was not", "weren't": "were not", "can't": "cannot", "cant": "cannot",
    "couldn't": "could not", "won't": "will not", "wont": "will not", "wouldn't": "would not",
    "wouldnt": "would not", "haven't": "have not", "havent": "have not", "hasn't": "has not",
    "hadn't": "had not", "shouldn't": "should not", "what's": "what is", "whats": "what is",
    "who's": "who is", "where's": "where is", "how's": "how is", "when's": "when is", "why's": "why is",
    "that's": "that is", "thats": "that is", "it's": "it is", "name's": "name is", "let's": "let us",
    "lets": "let us", "they're": "they are", "there's": "there is",
    "favorite": "favourite", "color": "colour", "humor": "humour", "mum's": "mother's", "realize": "realise",
    "traumatized": "traumatised", "modeled": "modelled", "idolize": "idolise",
}  # fmt: skip
HEAD = 1200
TAIL = 300


@dataclass(frozen=True, slots=True)
class Word:
    """One plain word (small letters, contractions written out) and its place in the line."""

    plain: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was written, with its words; of a very long one only the first and the last."""

    text: str
    words: tuple[Word, ...]

    @property
    def plain(self) -> tuple[str, ...]:
        """The plain words alone."""
        return tuple(word.plain for word in self.words)


def read(text: str, mend: Callable[[str], str] = str) -> Line:
    """The line in words; `mend` may put a mistyped word right."""
    if len(text) <= HEAD + TAIL:
        return Line(text, tuple(_words(text, 0, len(text), mend)))
    ends = [*_words(text, 0, HEAD, mend)[:-1], *_words(text, len(text) - TAIL, len(text), mend)[1:]]
    return Line(text, tuple(ends))


def plain(text: str) -> tuple[str, ...]:
    """The plain words of a text."""
    return read(text).plain


def _words(text: str, start: int, end: int, mend: Callable[[str], str]) -> list[Word]:
    found: list[Word] = []
    for match in _WORD.finditer(text, start, end):
        word = match[0].casefold().replace("’", "'").replace("ʼ", "'")
        parts = _SHORT.get(word, word).split()
        found += [Word(mend(part), match.start(), match.end()) for part in parts]
    return found


def mender(known: Set[str], real: Set[str]) -> Callable[[str], str]:
    """A function that turns a word one slip away from exactly one known word into that word.

    Words of `real` are words in their own right and stay ("wait" is no mistyped "want").
    """
    mended: dict[str, str] = {}

    def mend(word: str) -> str:
        if word not in mended:
            if len(mended) > 20_000:
                mended.clear()
            mended[word] = _mended(word)
        return mended[word]

    def _mended(word: str) -> str:
        if len(word) < 3 or word in known or word in real or not word.isalpha() or len(word) > 14:
            return word
        for slips in _slips(word):
            near = {slip for slip in slips if slip in known and len(slip) > 2}
            if near:
                return near.pop() if len(near) == 1 else word
        return word

    return mend


def _slips(word: str) -> Iterator[set[str]]:
    """All words one letter away, likeliest slips first: two swapped, one missing or too many, one wrong."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    yield {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    yield {a + c + b for a, b in cuts for c in letters} | {a + b[1:] for a, b in cuts if b}
    yield {a + c + b[1:] for a, b in cuts if b for c in letters}
