"""Finds the files that belong to a card: in its archive, in its picture, or in the card itself."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from charstudio.cards import png
from charstudio.cards.archive import MOST_ASSET, Archive
from charstudio.cards.picture import MOST_PIXELS, describe_picture
from charstudio.cards.text import from_base64
from charstudio.errors import CardError

EMBEDDED = "embeded://"  # the standard's own spelling
_SPELLINGS = (EMBEDDED, "embedded://")
_ASSET = "__asset:"
_INLINE = re.compile(r"data:(image/[a-z0-9.+-]{1,40})((?:;[^,;]{0,80}){0,4}),", re.IGNORECASE)
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


def is_embedded(uri: str) -> bool:
    """Whether an address points into the card's own archive, in either spelling."""
    return uri.startswith(_SPELLINGS)


def path_of(uri: str) -> str:
    """The path inside the archive that an embedded address names."""
    return uri.partition("://")[2]


def file_of(uri: str, archive: Archive | None, picture: bytes | None) -> bytes | None:
    """The bytes an address names, or None; nothing outside of the card is ever opened."""
    if uri.startswith("data:"):
        return _inline(uri)
    if archive is not None and (is_embedded(uri) or uri.startswith(_ASSET)):
        try:
            return archive.read(path_of(uri) if is_embedded(uri) else uri.removeprefix(_ASSET), MOST_ASSET)
        except CardError:
            return None
    if picture is not None and uri.startswith(_ASSET):
        return _in_picture(picture, uri.removeprefix(_ASSET))
    return None


def shown(body: bytes | None) -> tuple[bytes, str] | None:
    """A picture that may be decoded, with its usual ending; None for all else."""
    if body is None:
        return None
    try:
        width, height, kind = describe_picture(body)
    except CardError:
        return None
    return (body, _ENDINGS[kind]) if width * height <= MOST_PIXELS else None


def _inline(uri: str) -> bytes | None:
    """The picture inside a data address; other kinds and oversized ones are not taken out."""
    head = _INLINE.match(uri)
    if head is None or len(uri) > MOST_ASSET * 4 // 3 + 200:
        return None
    text = uri[head.end() :].encode("utf-8", "replace")
    if "base64" not in head[2].lower():
        return unquote_to_bytes(text)
    try:
        return base64.b64decode(unquote_to_bytes(text), validate=False)
    except (binascii.Error, ValueError):
        return None


def _in_picture(picture: bytes, name: str) -> bytes | None:
    for chunk in png.chunks(picture):
        if png.asset_name(chunk) == name:
            try:
                body = from_base64(png.payload(chunk))
            except CardError:
                return None
            return body if len(body) <= MOST_ASSET else None
    return None
