"""Builds the odd and hostile cards that the tests read; every text and picture is made here."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

SIGNATURE = b"\x89PNG\r\n\x1a\n"
Build = Callable[[], bytes]


def v1(**changes: Any) -> dict[str, Any]:
    card = {
        "name": "Ilse Marn",
        "description": "A lighthouse keeper who cannot swim.",
        "personality": "dry, patient",
        "scenario": "A storm is coming.",
        "first_mes": "You are wet. Sit.",
        "mes_example": "<START>\n{{user}}: Hello?\n{{char}}: Mind the step.",
    }
    return {**card, **changes}


def entry(**changes: Any) -> dict[str, Any]:
    made = {
        "keys": ["lamp"],
        "content": "The lamp burns oil.",
        "extensions": {"depth": 4, "probability": 100, "group": None},
        "enabled": True,
        "insertion_order": 10,
    }
    return {**made, **changes}


def book(*entries: Any, **changes: Any) -> dict[str, Any]:
    made = {
        "name": "The coast",
        "description": "What keepers know",
        "scan_depth": 3,
        "token_budget": 500,
        "recursive_scanning": False,
        "extensions": {"theirs": {"deep": [1, {"er": None}]}},
        "entries": list(entries) or [entry(), entry(keys=["sea"], id=7, priority=3, comment="c", name="n")],
    }
    return {**made, **changes}


def data2(**changes: Any) -> dict[str, Any]:
    more = {
        "creator_notes": "Be kind to her.",
        "system_prompt": "{{original}} Stay dry.",
        "post_history_instructions": "",
        "alternate_greetings": ["Again you.", "Close the door."],
        "tags": ["sea", "quiet"],
        "creator": "the tests",
        "character_version": "1.1",
        "extensions": {"talkativeness": "0.5", "someone/else": {"a": [1, 2.5, None, True, {"b": "c"}]}},
    }
    return {**v1(), **more, **changes}


def v2(root: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": data2(**changes), **(root or {})}


def data3(**changes: Any) -> dict[str, Any]:
    more = {
        "group_only_greetings": ["All of you, sit."],
        "nickname": "Ilse",
        "creator_notes_multilingual": {"de": "Sei freundlich.", "en": "Be kind."},
        "source": ["https://example.org/ilse"],
        "creation_date": 1700000000,
        "modification_date": 1700000001,
        "assets": [
            {"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"},
            {"type": "x_map", "uri": "data:image/png;base64,AAAA", "name": "coast", "ext": "png"},
        ],
        "character_book": book(
            entry(use_regex=False, id="lamp-1", position="before_char"),
            entry(use_regex=True, keys=["/lamps{1,2}/"], content="@@depth 2\n@@role user\n\nOil is dear."),
        ),
    }
    return {**data2(), **more, **changes}


def v3(root: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {"spec": "chara_card_v3", "spec_version": "3.0", "data": data3(**changes), **(root or {})}


def unknown_everywhere() -> dict[str, Any]:
    """A V3 card with fields nobody knows on four levels: top, data, book, entry."""
    strange = {"x_strange": {"kept": ["here", None, 1.5]}}
    return {
        **v3(character_book={**book(entry(use_regex=False, **strange)), **strange}, **strange),
        "create_date": "2024-1-1 @12h 00m 00s 000ms",
        **strange,
    }


def dump(card: Any, **how: Any) -> bytes:
    return json.dumps(card, ensure_ascii=False, **how).encode()


def nested(levels: int) -> bytes:
    """A V2 card with lists inside lists; `levels` counts the whole card."""
    deep = b"[" * (levels - 3) + b"]" * (levels - 3)
    return dump(v2(extensions={"x": "#"})).replace(b'"#"', deep)


def chunk(kind: bytes, data: bytes = b"", crc: int | None = None) -> bytes:
    check = zlib.crc32(kind + data) if crc is None else crc
    return len(data).to_bytes(4, "big") + kind + data + check.to_bytes(4, "big")


def asset(uri: str, **changes: Any) -> dict[str, Any]:
    return {"type": "icon", "uri": uri, "name": "main", "ext": "png", **changes}


def text(keyword: str, card: Any, crc: int | None = None) -> bytes:
    body = card if isinstance(card, bytes) else base64.b64encode(dump(card))
    return chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + body, crc)


def ztxt(keyword: str, card: Any) -> bytes:
    body = card if isinstance(card, bytes) else zlib.compress(base64.b64encode(dump(card)))
    return chunk(b"zTXt", keyword.encode() + b"\0\0" + body)


def itxt(keyword: str, card: Any, *, compressed: bool = False) -> bytes:
    body = base64.b64encode(dump(card))
    body = zlib.compress(body) if compressed else body
    return chunk(b"iTXt", keyword.encode() + b"\0" + bytes([compressed]) + b"\0en\0w\0" + body)


def header(width: int = 3, height: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def pixels() -> bytes:
    return chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes([row, 90, 200] * 3) for row in range(2))))


def png(*before: bytes, after: bytes = b"", size: tuple[int, int] = (3, 2)) -> bytes:
    return b"".join([SIGNATURE, header(*size), *before, pixels(), after, chunk(b"IEND")])


def apng(*texts: bytes) -> bytes:
    """Two frames of 3 by 2 pixels."""
    control = struct.pack(">IIIIHHBB", 3, 2, 0, 0, 1, 10, 0, 0)
    second = zlib.compress(b"".join(b"\0" + bytes([200, 9, row] * 3) for row in range(2)))
    frames = [chunk(b"fcTL", b"\0\0\0\1" + control), chunk(b"fdAT", b"\0\0\0\2" + second)]
    first = [chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", b"\0\0\0\0" + control)]
    return b"".join([SIGNATURE, header(), *first, *texts, pixels(), *frames, chunk(b"IEND")])


def chunks_of(body: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and data of every chunk, walked independently of the room under test; check sums are proven."""
    found, at = [], 8
    assert body[:8] == SIGNATURE
    while at < len(body):
        size = int.from_bytes(body[at : at + 4], "big")
        kind, data = body[at + 4 : at + 8], body[at + 8 : at + 8 + size]
        assert zlib.crc32(kind + data) == int.from_bytes(body[at + 8 + size : at + 12 + size], "big")
        found.append((kind, data))
        at += 12 + size
    return found


def card_in(body: bytes, keyword: str) -> Any:
    """The one card text under this keyword, decoded by the letter of the standard."""
    found = [
        data
        for kind, data in chunks_of(body)
        if kind == b"tEXt" and data.startswith(keyword.encode() + b"\0")
    ]
    assert len(found) == 1, f"{len(found)} texts under {keyword}"
    return json.loads(base64.b64decode(found[0].split(b"\0", 1)[1], validate=True).decode("utf-8"))


@dataclass(frozen=True, slots=True)
class Case:
    """One file: its rule, what may come of it, and the name that must be read from it."""

    id: str
    build: Build
    outcomes: tuple[str, ...]  # of: clean, warned, refused
    name: str | None = "Ilse Marn"


CLEAN, WARNED, REFUSED = ("clean",), ("warned",), ("refused",)


def _flat() -> Iterator[Case]:
    yield Case("v1 flat", lambda: dump(v1()), CLEAN)
    yield Case("v1 png", lambda: png(text("chara", v1())), CLEAN)
    yield Case("v1 with later fields", lambda: dump(v1(tags=["a"], creatorcomment="c", chat="x")), CLEAN)
    yield Case("v1 empty name", lambda: dump(v1(name="")), CLEAN, "")
    yield Case("v1 without three fields", lambda: dump({"name": "Ilse Marn", "first_mes": "Hm."}), WARNED)
    yield Case("pygmalion", lambda: dump({"char_name": "Ilse Marn", "char_persona": "keeper"}), CLEAN)
    yield Case("bom", lambda: b"\xef\xbb\xbf" + dump(v2()), CLEAN)
    yield Case("crlf", lambda: dump(v2(), indent=1).replace(b"\n", b"\r\n"), CLEAN)
    yield Case("utf-16", lambda: dump(v2()).decode().encode("utf-16"), WARNED)
    yield Case("bad utf-8", lambda: dump(v2(description="caf#")).replace(b"#", b"\xe9"), WARNED)
    yield Case("lone surrogate", lambda: dump(v2(description="#")).replace(b"#", rb"\ud83d"), WARNED)
    yield Case("nan", lambda: dump(v2(extensions={"x": float("nan")})), WARNED)
    yield Case("1e999", lambda: dump(v2(extensions={"x": "#"})).replace(b'"#"', b"1e999"), WARNED)
    yield Case("6000 digits", lambda: dump(v2(extensions={"x": "#"})).replace(b'"#"', b"9" * 6000), WARNED)
    yield Case("twice", lambda: dump(v2()).replace(b'"data"', b'"data": {}, "data"'), WARNED)
    yield Case("raw line break", lambda: dump(v2(scenario="a#b")).replace(b"#", b"\n"), WARNED)
    yield Case("v2", lambda: dump(v2()), CLEAN)
    yield Case("v2.1", lambda: dump({**v2(), "spec_version": "2.1"}), WARNED)
    yield Case("v2 with agreeing copies", lambda: dump({**v1(), **v2()}), CLEAN)
    yield Case("v2 with other copies", lambda: dump({**v1(name="Old"), **v2()}), WARNED)
    yield Case("v2 null book", lambda: dump(v2(character_book=None)), CLEAN)
    yield Case("v2 null fields", lambda: dump(v2(tags=None, creator=None)), WARNED)
    yield Case("v2 no extensions", lambda: dump({**v2(), "data": v1()}), WARNED)
    yield Case("v3", lambda: dump(v3()), CLEAN)
    yield Case("v3.5", lambda: dump({**v3(), "spec_version": "3.5"}), WARNED)
    yield Case("v3 unknown fields", lambda: dump(unknown_everywhere()), CLEAN)
    yield Case("unknown spec", lambda: dump({**v3(), "spec": "chara_card_v9"}), WARNED)
    yield Case("no spec", lambda: dump({"data": data2()}), WARNED)


def _refused() -> Iterator[Case]:
    files: dict[str, Build] = {
        "empty": lambda: b"",
        "list": lambda: dump([v2()]),
        "text root": lambda: b'"Ilse"',
        "data is a list": lambda: dump({**v2(), "data": [1]}),
        "data is missing": lambda: dump({"spec": "chara_card_v3", "spec_version": "3.0"}),
        "cut json": lambda: dump(v2())[:-200],
        "package.json": lambda: dump({"name": "x", "version": "1.0.0", "description": "d", "scripts": {}}),
        "name only": lambda: dump({"name": "Ilse Marn"}),
        "lorebook v3": lambda: dump({"spec": "lorebook_v3", "data": book()}),
        "bare lorebook": lambda: dump(book()),
        "world info": lambda: dump({"entries": {"0": {"uid": 0, "key": ["a"], "content": "b"}}}),
        "memory book": lambda: dump({"kind": "memory", "name": "n", "description": "d", "entries": []}),
        "novelai": lambda: dump({"lorebookVersion": 5, "entries": []}),
        "risu lore": lambda: dump({"type": "risu", "ver": 1, "data": [{"key": "a", "content": "b"}]}),
        "deep": lambda: b'{"name":"a","first_mes":' + b"[" * 100_000,
        "deep and closed": lambda: nested(600),
        "webp": lambda: b"RIFF\x1a\0\0\0WEBPVP8L" + bytes(30),
        "webp exif": lambda: b"RIFF\x1a\0\0\0WEBPVP8X" + bytes(18) + b"EXIF\x40\0\0\0" + dump(v1()),
        "jpeg": lambda: b"\xff\xd8\xff\xe0" + bytes(40),
        "jpeg exif": lambda: b"\xff\xd8\xff\xe1\0\x80Exif\0\0" + base64.b64encode(dump(v1())),
        "zip": lambda: b"PK\x03\x04" + bytes(60),
        "web page": lambda: b"<!DOCTYPE html><html><body>Card</body></html>",
        "pdf": lambda: b"%PDF-1.7\n",
        "noise": lambda: bytes(range(128, 256)),
        "png without card": png,
        "png signature only": lambda: SIGNATURE,
        "png cut in the text": lambda: png(text("chara", v2()))[:200],
        "png of 4 GiB": lambda: SIGNATURE + header() + b"\xff\xff\xff\xff" + b"tEXtchara\0AAAA",
        "png card after the end": lambda: png() + text("chara", v2()),
        "png bad base64": lambda: png(text("chara", b"!!!not base64!!!")),
        "png encrypted": lambda: png(text("chara", b"rcc||rccv1||AAAA||")),
        "png exif": lambda: png(chunk(b"eXIf", b"ASCII\0\0\0" + base64.b64encode(dump(v1())))),
        "png inflate bomb": lambda: png(ztxt("chara", zlib.compress(bytes(80_000_000)))),
    }
    for name, build in files.items():
        yield Case(name, build, REFUSED, None)


def _pictures() -> Iterator[Case]:
    other = v2(name="Someone else")
    yield Case("both", lambda: png(text("ccv3", v3()), text("chara", other)), CLEAN)
    yield Case("both the other way", lambda: png(text("chara", other), text("ccv3", v3())), CLEAN)
    yield Case("broken ccv3", lambda: png(text("ccv3", b"????"), text("chara", v2())), WARNED)
    yield Case("two chara", lambda: png(text("chara", v2()), text("chara", other)), WARNED)
    yield Case("broken chara, good chara", lambda: png(text("chara", b"!"), text("chara", v2())), WARNED)
    yield Case("software first", lambda: png(text("Software", b"GIMP"), text("chara", v2())), CLEAN)
    yield Case("keyword case", lambda: png(text("Chara", v2())), CLEAN)
    yield Case("after the pixels", lambda: png(after=text("chara", v2())), CLEAN)
    yield Case("no keyword", lambda: png(chunk(b"tEXt", b"\0x"), chunk(b"tEXt"), text("chara", v2())), CLEAN)
    yield Case("apng", lambda: apng(text("chara", v2())), CLEAN)
    yield Case("asset chunks", lambda: png(text("chara-ext-asset_:1", b"AAAA"), text("ccv3", v3())), CLEAN)
    yield Case("ztxt", lambda: png(ztxt("chara", v2())), WARNED)
    yield Case("itxt", lambda: png(itxt("ccv3", v3())), WARNED)
    yield Case("packed itxt", lambda: png(itxt("ccv3", v3(), compressed=True)), WARNED)
    yield Case("raw json", lambda: png(text("chara", dump(v2()))), WARNED)
    yield Case("wrong check sum", lambda: png(text("chara", v2(), crc=1)), WARNED)
    yield Case("cut pixels", lambda: png(text("chara", v2()))[:-30], WARNED)
    yield Case("pixel bomb", lambda: png(text("chara", v2()), size=(100_000, 100_000)), WARNED)
    yield Case("2000 chunks", lambda: png(*[text("x", b"y")] * 2000, text("chara", v2())), CLEAN)
    yield Case("v3 in chara", lambda: png(text("chara", v3())), WARNED)


def _wrong() -> Iterator[Case]:
    odd: dict[str, dict[str, Any]] = {
        "tags as text": {"tags": "sea, quiet"},
        "greetings as text": {"alternate_greetings": "Hm."},
        "number as text": {"character_version": 2},
        "extensions as list": {"extensions": [1]},
        "text as object": {"description": {"a": "b"}},
        "book as number": {"character_book": 3},
        "entries as object": {"character_book": book(entries={"0": entry()})},
        "position as number": {"character_book": book(entry(position=1))},
        "keys with commas": {"character_book": book(entry(keys="lamp, oil"))},
        "strings for numbers": {"character_book": book(entry(insertion_order="5", enabled="false"))},
        "junk entries": {"character_book": book(entry(), "junk", 4, None)},
        "remote assets": {
            "assets": [{"type": "icon", "uri": "http://x/y.png", "name": "main", "ext": "png"}]
        },
        "file assets": {
            "assets": [{"type": "icon", "uri": "file:///etc/passwd", "name": "main", "ext": "png"}]
        },
        "scripts": {"extensions": {"regex_scripts": [{"findRegex": "(a+)+$"}]}},
    }
    for name, fields in odd.items():
        yield Case(name, lambda fields=fields: dump(v3(**fields)), WARNED)  # type: ignore[misc]
    fine: dict[str, dict[str, Any]] = {
        "same ids": {"character_book": book(entry(id=1), entry(id=1))},
        "disabled": {"character_book": book(entry(enabled=False))},
        "slow pattern": {"character_book": book(entry(keys=["(a+)+$"], use_regex=True))},
        "html": {"description": "<script>alert(1)</script><img src=http://x/y>"},
        "10,000 entries": {"character_book": book(*[entry()] * 10_000)},
        "6 MB": {"description": "a" * 6_000_000},
    }
    for name, fields in fine.items():
        yield Case(name, lambda fields=fields: dump(v3(**fields)), CLEAN)  # type: ignore[misc]
    yield Case("path as name", lambda: dump(v2(name="../../etc/passwd")), CLEAN, "../../etc/passwd")
    yield Case(
        "punctuated name", lambda: dump(v2(name='Dr. Who: "Reborn"?/*')), CLEAN, 'Dr. Who: "Reborn"?/*'
    )
    yield Case("50 MB", lambda: dump(v2(description="a" * 50_000_000)), REFUSED, None)


CASES: tuple[Case, ...] = (*_flat(), *_refused(), *_pictures(), *_wrong())
