"""Reads ages and years as people write them; what could mean something else is no number."""

from __future__ import annotations

import re

_SMALL = {
    word: n
    for n, word in enumerate(
        (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
            "sixteen seventeen eighteen nineteen"
        ).split()
    )
}
_TENS = {
    word: n * 10
    for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_AGE = re.compile(
    r"(?:i am |i'm )?([a-z]+(?:[- ][a-z]+)?|\d{1,4})(?: years?(?: old| of age)?)?[.!]?", re.IGNORECASE
)
_YEAR = re.compile(r"(?<![\d.,])(\d{4})(?![\d.,]\d|\d)")


def age_of(text: str) -> int | None:
    """The age that a text says and nothing else: "34", "thirty-four", "34 years old"; else None."""
    match = _AGE.fullmatch(text.strip().replace("’", "'"))
    return spelled(match[1]) if match else None


def spelled(word: str) -> int | None:
    """A number below a hundred in words, or in digits; None if it is neither."""
    if word.isdecimal():
        return int(word)
    parts = re.split(r"[- ]", word.casefold())
    if len(parts) == 1:
        return _SMALL.get(parts[0], _TENS.get(parts[0]))
    tens, ones = (_TENS.get(parts[0]), _SMALL.get(parts[1])) if len(parts) == 2 else (None, None)
    return tens + ones if tens and ones and ones < 10 else None


def year_of(text: str) -> int | None:
    """The one year of four digits in a date; None when there is none or more than one."""
    found = _YEAR.findall(text)
    return int(found[0]) if len(found) == 1 else None
