"""Reads files of things to remember: JSON, one a line; what is broken is told by its line and passed over."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from charstudio.i18n import _
from charstudio.memory.when import moment_of
from charstudio.store.memories import LONGEST, Told


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that says nothing that could be kept, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a file of questions."""

    id: str | int | float
    text: str


def read_told(lines: Iterable[bytes]) -> Iterator[tuple[int, Told | Broken]]:
    """Number and content of each line that is not empty: `{"speaker", "text", "time", "id"}`."""
    for number, body in _objects(lines):
        yield number, body if isinstance(body, Broken) else _told(number, body)


def read_asked(lines: Iterable[bytes]) -> Iterator[Asked | Broken]:
    """The questions of a file: `{"id", "text"}` a line."""
    for number, body in _objects(lines):
        if isinstance(body, Broken):
            yield body
        elif not isinstance(body.get("text"), str) or not isinstance(body.get("id"), str | int | float):
            yield Broken(number, _("it needs an “id” and a “text”"))
        else:
            yield Asked(body["id"], body["text"])


def _objects(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any] | Broken]]:
    for number, line in enumerate(lines, 1):
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not line.strip():
            continue
        try:
            body = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError:
            yield number, Broken(number, _("it is not UTF-8 text"))
        except (ValueError, RecursionError):
            yield number, Broken(number, _("it is not JSON"))
        else:
            yield number, body if isinstance(body, dict) else Broken(number, _("it is no JSON object"))


def _told(number: int, body: dict[str, Any]) -> Told | Broken:
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        return Broken(number, _("it has no “text”"))
    if len(text) > LONGEST:
        return Broken(number, _("its text is longer than {most} characters", most=LONGEST))
    values: dict[str, Any] = {}
    for name in ("speaker", "time", "id"):
        value = body.get(name)
        if value is None:
            value = ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return Broken(number, _("its “{name}” is neither text nor a number", name=name))
        values[name] = value
    try:
        for value in (text, *values.values()):
            str(value).encode("utf-8")
    except UnicodeEncodeError:
        return Broken(number, _("it has half of a character (a lone surrogate)"))
    time = values["time"]
    moment = float(time) if isinstance(time, int | float) else moment_of(time)
    plain = text.replace("\0", "").strip()
    return Told(plain, str(values["speaker"]).strip(), values["id"], str(time).strip(), moment)
