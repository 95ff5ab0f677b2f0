"""Tells how large a picture is from its first bytes, before anything dares to decode it."""

from __future__ import annotations

from charstudio.errors import CardError
from charstudio.i18n import _

MOST_PIXELS = 100_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_NO_FRAME = (0xC4, 0xC8, 0xCC)  # JPEG markers among the frame headers that are none


def describe_picture(body: bytes) -> tuple[int, int, str]:
    """Width and height in pixels and the media type (PNG, JPEG, GIF or WebP), from the header alone.

    Raises `CardError` for anything else. Do not decode a picture of more than `MOST_PIXELS`.
    """
    readers = {
        "image/png": png_size,
        "image/jpeg": _jpeg_size,
        "image/gif": _gif_size,
        "image/webp": _webp_size,
    }
    media_type = _media_type(body)
    if media_type:
        width, height = readers[media_type](body)
        if width > 0 and height > 0:
            return width, height, media_type
    raise CardError(_("This is no picture the studio can show; use PNG, JPEG, GIF or WebP."))


def _media_type(body: bytes) -> str:
    if body.startswith(_PNG):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        return "image/webp"
    return ""


def png_size(body: bytes) -> tuple[int, int]:
    """Width and height from IHDR; zeros when the header is not there."""
    if body[12:16] != b"IHDR" or len(body) < 29:
        return 0, 0
    return int.from_bytes(body[16:20]), int.from_bytes(body[20:24])


def _gif_size(body: bytes) -> tuple[int, int]:
    return int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little")


def _jpeg_size(body: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(body) and body[at] == 0xFF:
        marker = body[at + 1]
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            return int.from_bytes(body[at + 7 : at + 9]), int.from_bytes(body[at + 5 : at + 7])
        else:
            at += 2 + max(int.from_bytes(body[at + 2 : at + 4]), 2)
    return 0, 0


def _webp_size(body: bytes) -> tuple[int, int]:
    kind = body[12:16]
    if len(body) < 30:
        return 0, 0
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[24:27], "little"), 1 + int.from_bytes(body[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(body[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return int.from_bytes(body[26:28], "little") & 0x3FFF, int.from_bytes(body[28:30], "little") & 0x3FFF
    return 0, 0
