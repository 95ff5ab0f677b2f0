"""Understands when something was said, and the time that a question asks about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

DAY = 86_400.0

_MONTHS = {
    name: n
    for n, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|"
        "september sep sept|october oct|november nov|december dec".split("|"),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s*(?P<y>\d{4}))?"
_WHOLE = "|".join(name for name in _MONTHS if len(name) > 4 or name in ("may", "june", "july"))
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_DAY}(?: of)? (?P<m>{_MONTH})\b\.?{_YEAR}",
        rf"\b(?P<m>{_MONTH})\b\.? {_DAY}\b{_YEAR}",
        r"\b(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b",
        rf"\b(?P<m>{_MONTH})\b,? (?P<y>\d{{4}})",
        # Alone a month is named only after such words: may and march are verbs, too.
        rf"\b(?:in|of|since|by|during|last|next|this) (?P<m>{_WHOLE})\b",
        r"\b(?P<y>(?:1[5-9]|20)\d\d)\b",
    )
)
_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})(?::\d{2})?\s*([ap]m)?\b", re.I)

Span = tuple[float, float]


def moment_of(text: str) -> float | None:
    """Seconds since 1970 of a time as people and programs write it; None when it cannot be understood."""
    text = text.strip()
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        pass
    for match in _matches(text):
        span = _span(match, None)
        if span is not None:
            return span[0] + _clock(text)
    return None


def asked_times(question: str, years: range) -> list[Span]:
    """The days, months and years a question names, as spans of seconds; a date without a year is meant in
    each of `years`.
    """
    found: list[Span] = []
    for match in _matches(question):
        for year in years:
            span = _span(match, year)
            if span is not None and span not in found:
                found.append(span)
    return found


def _matches(text: str) -> Iterator[re.Match[str]]:
    taken: list[tuple[int, int]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if not any(match.start() < end and start < match.end() for start, end in taken):
                taken.append(match.span())
                yield match


def _span(match: re.Match[str], year: int | None) -> Span | None:
    parts = match.groupdict()
    named = int(parts["y"]) if parts.get("y") else year
    if named is None:
        return None
    month = parts.get("m")
    number = int(month) if month and month.isdecimal() else _MONTHS[month.lower()] if month else None
    day = int(parts["d"]) if parts.get("d") else None
    try:
        start = datetime(named, number or 1, day or 1, tzinfo=UTC)
        if day:
            end = start + timedelta(days=1)
        elif number:
            end = datetime(named + number // 12, number % 12 + 1, 1, tzinfo=UTC)
        else:
            end = datetime(named + 1, 1, 1, tzinfo=UTC)
    except ValueError:
        return None
    return start.timestamp(), end.timestamp()


def _clock(text: str) -> float:
    match = _CLOCK.search(text)
    if match is None:
        return 0.0
    hour, minute, half = int(match[1]), int(match[2]), (match[3] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour * 3600.0 + minute * 60.0 if hour < 24 and minute < 60 else 0.0
