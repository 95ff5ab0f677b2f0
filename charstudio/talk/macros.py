"""Puts names, chance and dice into card text at the moment it is read; stored text keeps its macros.

A macro is `{{name}}` or `{{name:value}}`; it may hold others, the inner ones come first. What nobody knows
stays as it stands. Nothing is remembered: the same text, names and seed give the same.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_OLD = re.compile(r"<(bot|char|user)>", re.IGNORECASE)
_INNER = re.compile(r"\{\{((?:(?!\{\{|\}\}).)*)\}\}", re.DOTALL)
_DICE = re.compile(r"\s*(\d{0,3})d?(\d{1,6})\s*([+-]\s*\d{1,6})?\s*", re.IGNORECASE)
MOST_ROUNDS = 40  # macros inside macros
MOST_TEXT = 4_000_000  # characters that expanding may make of one text
_OPEN, _CLOSE = "\ue000\ue001", "\ue001\ue000"  # stand for the braces of what stays, while the rest is done


@dataclass(frozen=True, slots=True)
class Names:
    """Whom the macros mean; `original` is what a card's own instructions replace, None elsewhere."""

    char: str
    user: str
    original: str | None = None
    outlets: Mapping[str, str] = field(default_factory=dict)  # what lore says in `{{outlet::name}}`


@dataclass(frozen=True, slots=True)
class _Work:
    names: Names
    seed: str
    rng: random.Random
    comments: bool
    hidden: bool


def expand(text: str, char: str, user: str) -> str:
    """Replace the macros of a text, with chance decided by the text alone."""
    return expanded(text, Names(char, user))


def expanded(
    text: str,
    names: Names,
    *,
    seed: str = "",
    rng: random.Random | None = None,
    comments: bool = False,
    hidden: bool = False,
) -> str:
    """A text with its macros carried out.

    `seed` names the talk: `{{pick}}` gives the same there every time. `{{random}}` and `{{roll}}` draw from
    `rng`, or as the seed has it. `comments` shows `{{comment: …}}` (to the writer, never to a model);
    `hidden` keeps the value of `{{hidden_key: …}}`, as recursive scans need it.
    """
    if "{{" not in text and "<" not in text:
        return text
    work = _Work(names, seed, rng or _dice(_number(seed, text, 0)), comments, hidden)
    text = text.replace(_OPEN, "").replace(_CLOSE, "")
    text = _OLD.sub(lambda m: _inert(names.user if m[1].casefold() == "user" else names.char), text)
    for _round in range(MOST_ROUNDS):
        parts, last = [], 0
        for match in _INNER.finditer(text):
            parts += [text[last : match.start()], _one(match[1], match.start(), work)]
            last = match.end()
        if not parts or sum(map(len, parts)) > MOST_TEXT:
            break
        text = "".join([*parts, text[last:]])
    return text.replace(_OPEN, "{{").replace(_CLOSE, "}}")


def matchable(text: str) -> str:
    """A text as lore keys may be looked for in it: without what comments hide from matching."""
    return _INNER.sub(lambda m: "" if _is_comment(m[1]) else m[0], text) if "{{" in text else text


def _one(inside: str, at: int, work: _Work) -> str:
    name, value = _parted(inside)
    act = _MACROS.get(name)
    told = None if act is None else act(value, at, work)
    return f"{_OPEN}{inside}{_CLOSE}" if told is None else _inert(told)


def _inert(text: str) -> str:
    """A text whose own braces mean nothing: a name may be called `{{user}}`."""
    return text.replace("{{", _OPEN).replace("}}", _CLOSE)


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - dice of a game, not secrets


def _parted(inside: str) -> tuple[str, str]:
    inside = inside.lstrip()
    if inside.startswith("//"):
        return "//", inside[2:]
    name, _colon, value = inside.partition(":")
    return name.strip().casefold(), value


def _is_comment(inside: str) -> bool:
    return _parted(inside)[0] in ("//", "comment", "hidden_key")


def _choices(value: str) -> list[str]:
    """The choices of `random` and `pick`: between `::` where there is one, else between commas."""
    if "::" in value.removeprefix(":"):
        return [part.strip() for part in value.removeprefix(":").split("::")]
    parts = re.split(r"(?<!\\),", value.removeprefix(":"))
    return [part.replace("\\,", ",").strip() for part in parts]


def _random(value: str, _at: int, work: _Work) -> str:
    choices = _choices(value)
    return choices[work.rng.randrange(len(choices))]


def _pick(value: str, at: int, work: _Work) -> str:
    choices = _choices(value)
    return choices[_number(work.seed, value, at) % len(choices)]


def _roll(value: str, _at: int, work: _Work) -> str:
    """A roll of dice such as `6`, `d20` or `3d6+4`; what is none gives nothing."""
    told = _DICE.fullmatch(value.removeprefix(":"))
    if told is None:
        return ""
    many = "d" in value.casefold()
    count = int(told[1] or 1) if many else 1
    sides = int(told[2]) if many else int(f"{told[1]}{told[2]}")
    if sides < 1:
        return ""
    more = int(told[3].replace(" ", "")) if told[3] else 0
    return str(sum(work.rng.randint(1, sides) for _ in range(count)) + more)


def _number(*parts: object) -> int:
    """A number that depends on these texts alone, on every computer."""
    told = "\x00".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(told).digest()[:8])


_MACROS: dict[str, Callable[[str, int, _Work], str | None]] = {
    "char": lambda value, _at, work: None if value else work.names.char,
    "bot": lambda value, _at, work: None if value else work.names.char,
    "user": lambda value, _at, work: None if value else work.names.user,
    "original": lambda value, _at, work: None if value else work.names.original,
    "random": _random,
    "pick": _pick,
    "roll": _roll,
    "reverse": lambda value, _at, _work: value.removeprefix(":")[::-1],
    "outlet": lambda value, _at, work: work.names.outlets.get(value.removeprefix(":").strip(), ""),
    "//": lambda _value, _at, _work: "",
    "comment": lambda value, _at, work: value.strip() if work.comments else "",
    "hidden_key": lambda value, _at, work: value.strip() if work.hidden else "",
}
