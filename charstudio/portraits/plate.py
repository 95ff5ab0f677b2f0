"""Draws the plate of a character without a picture: the first letter on the character's colour."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from html import escape

import regex
import resvg_py
from PIL import Image, ImageChops

from charstudio import paths
from charstudio.portraits.colours import Tones, tones

SMALLEST, LARGEST = 8, 2048
MOST_TRIED = 6  # graphemes of a name, until one is found that the fonts can draw
LONGEST_GRAPHEME = 16
UNKNOWN = "?"
# resvg draws nothing at all unless one of the families is there, whatever `serif` means to the system.
FAMILIES = (
    "Literata, 'Source Serif 4', Georgia, 'Noto Serif', 'DejaVu Serif', 'Liberation Serif',"
    " 'Times New Roman', Times, serif"
)
_UNASSIGNED = "\U0010fffd"  # no font has it: what is drawn for it is the box for missing letters


def letter_plate(name: str, colour: str, size: int, *, dark: bool = False) -> bytes:
    """A square PNG of `size` pixels with the first letter of `name`, or “?” where it has none.

    A letter that no font here can draw (an emoji, a rare script) is passed over for the next one.
    """
    size = max(SMALLEST, min(LARGEST, size))
    look = tones(colour, dark=dark)
    for letter in (*_letters(name), UNKNOWN):
        for own_fonts_only in (True, False):
            drawn = _drawn(letter, look, size, own_fonts_only=own_fonts_only)
            if drawn is not None:
                return drawn
    return _plate("", look, size, 0.5, own_fonts_only=True)


def _letters(name: str) -> Iterator[str]:
    """The letters worth trying, as readers see them (graphemes), in the order of the name."""
    found = []
    for match in regex.finditer(r"\X", name[:2000]):
        grapheme = match[0][:LONGEST_GRAPHEME]
        if _is_visible(grapheme):
            found.append(grapheme)
    spoken = [g for g in found if unicodedata.category(g[0]) == "So" or unicodedata.category(g[0])[0] in "LN"]
    for grapheme in (spoken or found)[:MOST_TRIED]:
        title = grapheme.title()
        yield title if len(title) == len(grapheme) else grapheme


def _is_visible(grapheme: str) -> bool:
    return grapheme[0].isprintable() and unicodedata.category(grapheme[0])[0] not in "ZM"


def _drawn(letter: str, look: Tones, size: int, *, own_fonts_only: bool) -> bytes | None:
    """The plate with that letter, smaller if it is a wide one; None if the fonts lack it."""
    if own_fonts_only and not _font_folders():
        return None
    boxes = "".join(c if unicodedata.category(c) in ("Cf", "Mn", "Me") else _UNASSIGNED for c in letter)
    png = b""
    for share in (0.54, 0.34, 0.14):
        png = _plate(letter, look, size, share, own_fonts_only=own_fonts_only)
        ink = _ink(png, look)
        if ink is None or png == _plate(boxes, look, size, share, own_fonts_only=own_fonts_only):
            return None
        if ink[0] > 0 and ink[1] > 0 and ink[2] < size and ink[3] < size:
            break
    return png


def _plate(letter: str, look: Tones, size: int, share: float, *, own_fonts_only: bool) -> bytes:
    style = f'font-family="{escape(FAMILIES)}" font-size="{100 * share:.0f}" text-anchor="middle"'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 100 100">'
        f'<rect width="100" height="100" fill="{look.plate}"/>'
        f'<text x="50" y="{50 + 35 * share:.2f}" {style} fill="{look.ink}">{escape(letter)}</text></svg>'
    )
    return resvg_py.svg_to_bytes(
        svg_string=svg, skip_system_fonts=own_fonts_only, font_dirs=_font_folders() or None
    )


def _ink(png: bytes, look: Tones) -> tuple[int, int, int, int] | None:
    """The box around what is drawn on the plate; None if nothing is."""
    with Image.open(io.BytesIO(png)) as image:
        plain = Image.new("RGB", image.size, look.plate)
        return ImageChops.difference(image.convert("RGB"), plain).getbbox()


def _font_folders() -> list[str]:
    folder = paths.resource("fonts")
    return [str(folder)] if folder.is_dir() else []
