"""Opens zip archives of strangers piece by piece, counting what comes out, and writes our own."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from charstudio.cards.notes import Notes
from charstudio.errors import CardError
from charstudio.i18n import _

MOST_BYTES = 256 * 1024 * 1024  # of an archive as it lies on the disk
MOST_ENTRIES = 40_000
MOST_ASSET = 50 * 1024 * 1024  # bytes of one file, unpacked
MOST_TOTAL = 512 * 1024 * 1024  # bytes of all files that are ever unpacked of one archive

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_END_SIGN, _ENTRY_SIGN, _LOCAL_SIGN = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_PIECE = 64 * 1024
_STORED, _DEFLATED = 0, 8
_UTF8 = 0x800
_DAY = 0x21  # 1 January 1980: archives of one card are the same on every day
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?\Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in an archive, as its directory tells; sizes and check sum may lie."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    at: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One file for a new archive: as it lay in another one (`entry`), or as bytes."""

    name: str
    body: bytes | memoryview
    entry: Entry | None = None
    squeeze: bool = False


class Archive:
    """The files of one zip archive; nothing is unpacked before it is asked for, and never without a limit."""

    def __init__(self, body: bytes, entries: dict[str, Entry], start: int) -> None:
        self._view = memoryview(body)
        self._entries = entries
        self._left = MOST_TOTAL
        self.start = start  # where the first file begins; a picture may stand before it

    @property
    def names(self) -> frozenset[str]:
        """The paths of the files that may be read."""
        return frozenset(self._entries)

    def read(self, name: str, most: int) -> bytes:
        """One file unpacked; `CardError` when it is missing, larger than `most`, encrypted or damaged."""
        return b"".join(self._pieces(name, most))

    def sound(self, name: str, most: int = MOST_ASSET) -> bool:
        """Whether a file is there, within the limit and undamaged; unpacks it without keeping it."""
        try:
            for _piece in self._pieces(name, most):
                pass
        except CardError:
            return False
        return True

    def lies(self, name: str) -> bool:
        """Whether the directory tells another size of a file than it has."""
        entry = self._entries[name]
        return sum(map(len, self._pieces(name, MOST_ASSET))) != entry.size

    def packed(self) -> Iterator[Piece]:
        """Every file as it lies here, to be carried into another archive without unpacking."""
        for name, entry in self._entries.items():
            if not entry.flags & 1 and entry.method in (_STORED, _DEFLATED):
                try:
                    yield Piece(name, self._raw(entry), entry)
                except CardError:
                    continue

    def _pieces(self, name: str, most: int) -> Iterator[bytes]:
        entry = self._entries.get(name)
        if entry is None:
            raise CardError(_("The archive has no file called “{name}”.", name=name[:80]))
        if entry.flags & 1:
            raise CardError(_("The archive is encrypted; unpack it with its password first."))
        if entry.method not in (_STORED, _DEFLATED):
            raise CardError(_("The archive is packed in a way that is not read; pack it once more as a zip."))
        crc, count = 0, 0
        if self._left <= 0:
            raise CardError(_("The archive is too large when it is unpacked."))
        for piece in _unpacked(self._raw(entry), deflated=entry.method == _DEFLATED):
            crc, count = zlib.crc32(piece, crc), count + len(piece)
            self._left -= len(piece)
            if count > most or self._left < 0:
                raise CardError(_("The archive holds more than {limit} MB in one place.", limit=most >> 20))
            yield piece
        if crc != entry.crc:
            raise CardError(_("The archive is damaged (a check sum does not fit); download it once more."))

    def _raw(self, entry: Entry) -> memoryview:
        head = self._view[entry.at : entry.at + _LOCAL.size]
        if len(head) < _LOCAL.size or bytes(head[:4]) != _LOCAL_SIGN:
            raise CardError(_("The archive is damaged; download it once more."))
        *_rest, names, extra = _LOCAL.unpack(head)
        at = entry.at + _LOCAL.size + names + extra
        raw = self._view[at : at + entry.packed]
        if len(raw) < entry.packed:
            raise CardError(_("The archive is cut off; download it once more."))
        return raw


def holds_archive(body: bytes) -> bool:
    """Whether a zip archive lies here, at the start or behind a picture."""
    return body.startswith((_LOCAL_SIGN, _END_SIGN)) or _end_of(body) is not None


def open_archive(body: bytes, notes: Notes) -> Archive:
    """The archive in these bytes; `CardError` when there is none that can be read."""
    if len(body) > MOST_BYTES:
        raise CardError(_("The archive is larger than {limit} MB and is not read.", limit=MOST_BYTES >> 20))
    at = _end_of(body)
    if at is None:
        raise CardError(_("The archive is cut off or damaged; download it once more."))
    _sign, _disk, _first, _here, _count, size, offset, _comment = _END.unpack_from(body, at)
    start = at - size - offset
    if start < 0:
        raise CardError(_("The archive is damaged (its directory is not where it should be)."))
    entries: dict[str, Entry] = {}
    odd = twice = 0
    for number, (entry, allowed) in enumerate(_directory(body, at - size, at, start)):
        if number >= MOST_ENTRIES:
            raise CardError(_("The archive has more than {limit} files and is not read.", limit=MOST_ENTRIES))
        odd += not allowed
        twice += allowed and entry.name in entries
        if allowed:
            entries.setdefault(entry.name, entry)
    if sum(entry.packed for entry in entries.values()) > len(body):
        raise CardError(_("The archive is damaged (its files lie on top of each other)."))
    if odd:
        notes.say(
            _("Files of the archive with a path that is not allowed were passed over: {count}.", count=odd)
        )
    if twice:
        notes.say(_("Files that are in the archive twice; the first one was taken: {count}.", count=twice))
    first = min((entry.at for entry in entries.values()), default=at - size)
    return Archive(body, entries, first)


def _end_of(body: bytes) -> int | None:
    """Where the directory's end record lies: the last one whose comment ends within the file."""
    at = len(body)
    for _try in range(16):
        at = body.rfind(_END_SIGN, 0, at)
        if at < 0:
            return None
        if at + _END.size <= len(body):
            size, offset = _END.unpack_from(body, at)[5:7]
            if size + offset <= at:
                return at
    return None


def _directory(body: bytes, at: int, end: int, start: int) -> Iterator[tuple[Entry, bool]]:
    while at + _ENTRY.size <= end:
        found = _ENTRY.unpack_from(body, at)
        sign, made, _need, flags, method, _time, _day, crc, packed, size = found[:10]
        length, extra, comment, _disk, _inner, outer, offset = found[10:]
        if sign != _ENTRY_SIGN:
            raise CardError(_("The archive is damaged (its directory cannot be read)."))
        raw = body[at + _ENTRY.size : at + _ENTRY.size + length]
        name = _name_of(raw, utf8=bool(flags & _UTF8))
        link = made >> 8 == 3 and outer >> 28 == 0xA  # a symbolic link of Unix
        at += _ENTRY.size + length + extra + comment
        if name.endswith("/") and not size:
            continue
        yield Entry(name, flags, method, crc, packed, size, start + offset), not link and is_safe(name)


def _name_of(raw: bytes, *, utf8: bool) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8" if utf8 else "cp437", "replace")


def is_safe(name: str) -> bool:
    """Whether a path inside an archive is plain: relative, with `/`, and no trick of any system."""
    if not name or len(name) > 1024 or name.startswith("/") or name[1:2] == ":" or "\\" in name:
        return False
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in name):
        return False
    parts = name.split("/")
    return not any(part in ("", ".", "..") or _DEVICES.match(part) for part in parts)


def _unpacked(raw: memoryview, *, deflated: bool) -> Iterator[bytes]:
    if not deflated:
        for at in range(0, len(raw), _PIECE):
            yield bytes(raw[at : at + _PIECE])
        return
    unpacker = zlib.decompressobj(-15)
    try:
        for at in range(0, len(raw), _PIECE):
            waiting: bytes | memoryview = raw[at : at + _PIECE]
            while waiting and not unpacker.eof:
                yield unpacker.decompress(waiting, 16 * _PIECE)
                waiting = unpacker.unconsumed_tail
            if unpacker.eof:
                return
        while not unpacker.eof and (piece := unpacker.decompress(b"", 16 * _PIECE)):
            yield piece
    except zlib.error as exc:
        raise CardError(_("The archive is damaged; download it once more.")) from exc
    if not unpacker.eof:
        raise CardError(_("The archive is cut off; download it once more."))


def zipped(pieces: Iterable[Piece], head: bytes = b"") -> bytes:
    """A zip archive of these files in their order, behind `head` when that is a picture.

    Places are counted from the archive's own start, as all programs that look for it there expect.
    """
    out: list[bytes | memoryview] = [head]
    directory = []
    at = count = 0
    for piece in pieces:
        local, central, body = _packed_piece(piece, at)
        out += [local, body]
        directory.append(central)
        at += len(local) + len(body)
        count += 1
    listing = b"".join(directory)
    end = _END.pack(_END_SIGN, 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), len(listing), at, 0)
    return b"".join([*out, listing, end])


def _packed_piece(piece: Piece, at: int) -> tuple[bytes, bytes, bytes | memoryview]:
    name = piece.name.encode("utf-8")
    flags = 0 if name.isascii() else _UTF8
    if piece.entry is not None:
        method, crc, size, body = piece.entry.method, piece.entry.crc, piece.entry.size, piece.body
    else:
        crc, size = zlib.crc32(piece.body), len(piece.body)
        method, body = (_DEFLATED, _deflated(piece.body)) if piece.squeeze else (_STORED, piece.body)
    middle = (flags, method, 0, _DAY, crc, len(body), size, len(name), 0)
    local = _LOCAL.pack(_LOCAL_SIGN, 20, *middle) + name
    central = _ENTRY.pack(_ENTRY_SIGN, 20, 20, *middle, 0, 0, 0, 0, at) + name
    return local, central, body


def _deflated(body: bytes | memoryview) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()
