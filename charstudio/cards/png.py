"""Finds and replaces the text that is tucked into a PNG picture; the pixels are never touched."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from charstudio.cards.picture import MOST_PIXELS, png_size
from charstudio.cards.text import MOST_TEXT
from charstudio.errors import CardError
from charstudio.i18n import _

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CARD_KEYS = ("ccv3", "chara")
ASSET_KEY = "chara-ext-asset_"
MOST_CHUNKS = 500_000
_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")
_TELLING_KINDS = frozenset((b"IDAT", b"IEND", b"acTL"))


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a PNG: length, kind, data and check sum as they stand in the file."""

    kind: bytes
    whole: memoryview

    @property
    def data(self) -> memoryview:
        """What the chunk carries."""
        return self.whole[8:-4]

    @property
    def sound(self) -> bool:
        """Whether the check sum fits."""
        return zlib.crc32(self.whole[4:-4]) == int.from_bytes(self.whole[-4:])

    @property
    def keyword(self) -> str:
        """The name of a text chunk in lower case; empty for other chunks and for nameless ones."""
        if self.kind not in _TEXT_KINDS:
            return ""
        head, end, _rest = bytes(self.data[:512]).partition(b"\0")
        return head.decode("latin-1").lower() if end else ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a PNG holds besides pixels; `usable` is false when the pixels must not be shown."""

    cards: tuple[Chunk, ...]
    assets: frozenset[str]
    exif: bytes
    ended: bool
    usable: bool
    animated: bool


def is_png(body: bytes) -> bool:
    """Whether these bytes begin as a PNG does."""
    return body.startswith(SIGNATURE)


def chunks(body: bytes) -> Iterator[Chunk]:
    """The chunks up to IEND; a length that points past the end of the file ends the walk."""
    view, at = memoryview(body), len(SIGNATURE)
    for _count in range(MOST_CHUNKS):
        end = at + 12 + int.from_bytes(view[at : at + 4])
        if end > len(view) or at + 12 > len(view):
            return
        kind = bytes(view[at + 4 : at + 8])
        yield Chunk(kind, view[at:end])
        if kind == b"IEND":
            return
        at = end


def look_into(body: bytes) -> Parts:
    """Walk a PNG once and gather its card texts, the names of its assets and its state."""
    cards: list[Chunk] = []
    assets: set[str] = set()
    kinds: set[bytes] = set()
    exif, damaged = b"", False
    for chunk in chunks(body):
        kinds.update({chunk.kind} & _TELLING_KINDS)
        keyword = chunk.keyword
        if keyword in CARD_KEYS:
            cards.append(chunk)
        elif asset := asset_name(chunk):
            assets.add(asset)
        elif chunk.kind == b"eXIf":
            exif = bytes(chunk.data[:1_000_000])
        elif chunk.kind[:1].isupper() and not chunk.sound:
            damaged = True
    ended = b"IEND" in kinds
    usable = ended and not damaged and b"IDAT" in kinds and _shows(body)
    return Parts(tuple(cards), frozenset(assets), exif, ended, usable, b"acTL" in kinds)


def _shows(body: bytes) -> bool:
    width, height = png_size(body)
    return 0 < width * height <= MOST_PIXELS


def asset_name(chunk: Chunk) -> str:
    """The path of an asset that RisuAI put into a text chunk, or nothing."""
    if chunk.kind != b"tEXt" or not chunk.keyword.startswith(ASSET_KEY):
        return ""
    name = bytes(chunk.data[:512]).partition(b"\0")[0].decode("latin-1")
    return name[len(ASSET_KEY) :].removeprefix(":")


def payload(chunk: Chunk) -> bytes:
    """The text of a text chunk, inflated with a limit where it is compressed."""
    data = bytes(chunk.data).partition(b"\0")[2]
    if chunk.kind == b"tEXt":
        return data
    if chunk.kind == b"zTXt":
        return _inflate(data[1:])
    compressed = data[:1] == b"\1"
    text = data[2:].partition(b"\0")[2].partition(b"\0")[2]
    return _inflate(text) if compressed else text


def _inflate(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, MOST_TEXT)
    except zlib.error as exc:
        raise CardError(_("The compressed card text inside the picture is damaged.")) from exc
    if unpacker.unconsumed_tail:
        raise CardError(_("The compressed card text inside the picture is far too large."))
    if not unpacker.eof:
        raise CardError(_("The compressed card text inside the picture is cut off."))
    return text


def with_texts(picture: bytes, texts: dict[str, bytes], assets_of: bytes = b"") -> bytes:
    """The same picture with these card texts in place of all older ones.

    The texts stand in their order before every other tEXt chunk (some programs read only the first
    one), else before IEND; all other chunks stay byte for byte. RisuAI's assets come along from
    `assets_of` when the picture has none. Raises `CardError` for anything but a whole PNG.
    """
    if not is_png(picture):
        raise CardError(
            _("A card can only be written into a PNG picture; convert the portrait to PNG first.")
        )
    kept = [chunk for chunk in chunks(picture) if chunk.keyword not in CARD_KEYS]
    if not kept or kept[0].kind != b"IHDR" or kept[-1].kind != b"IEND":
        raise CardError(_("The portrait is cut off or damaged; choose another picture for the card."))
    if assets_of and not any(asset_name(chunk) for chunk in kept):
        kept[-1:-1] = [chunk for chunk in chunks(assets_of) if asset_name(chunk)]
    at = next(i for i, chunk in enumerate(kept) if chunk.kind in (b"tEXt", b"IEND"))
    new = [_text_chunk(keyword, text) for keyword, text in texts.items()]
    return b"".join([SIGNATURE, *(c.whole for c in kept[:at]), *new, *(c.whole for c in kept[at:])])


def without_texts(picture: bytes) -> bytes:
    """The picture alone: no card text, no assets of RisuAI; anything but a whole PNG as it is."""
    if not is_png(picture):
        return picture
    kept = [c.whole for c in chunks(picture) if c.keyword not in CARD_KEYS and not asset_name(c)]
    return b"".join([SIGNATURE, *kept])


def _text_chunk(keyword: str, text: bytes) -> bytes:
    data = b"tEXt" + keyword.encode("ascii") + b"\0" + text
    return (len(data) - 4).to_bytes(4) + data + zlib.crc32(data).to_bytes(4)
