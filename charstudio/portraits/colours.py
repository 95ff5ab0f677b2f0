"""The twelve colours a character can have, and the tones of each in light and in dark."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from functools import cache

from charstudio import paths


@dataclass(frozen=True, slots=True)
class Tones:
    """One colour as it is used: `ink` for words, `soft` behind values, `plate` behind a face; `#RRGGBB`."""

    ink: str
    soft: str
    plate: str
    draw: str
    paper: str


def colour_names() -> tuple[str, ...]:
    """The names of the colours, from rust to sand."""
    return tuple(_palette()["light"])


def tones(colour: str, *, dark: bool = False) -> Tones:
    """The tones of a colour; a name that is none of the twelve stands for one of them, always the same."""
    known = _palette()["dark" if dark else "light"]
    return known[colour] if colour in known else known[colour_for(colour)]


def colour_for(n: int | str) -> str:
    """A colour for a character by number or name, always the same; neighbours in number look unlike."""
    names = colour_names()
    number = n * 5 if isinstance(n, int) else zlib.crc32(n.encode(errors="surrogatepass"))
    return names[number % len(names)]


@cache
def _palette() -> dict[str, dict[str, Tones]]:
    tokens = json.loads(paths.resource("theme", "tokens.json").read_text(encoding="utf-8"))
    colours = tokens["character_color"]
    return {
        theme: {name: Tones(**tone) for name, tone in colours[theme].items()} for theme in ("light", "dark")
    }
