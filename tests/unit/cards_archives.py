"""Builds the archives and YAML texts of the card corpus with Python's own zipfile, and then breaks some."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from tests.unit.cards_corpus import CLEAN, REFUSED, WARNED, Case, apng, asset, dump, png, text, v1, v2, v3

PLAIN = {"assets": [asset("embeded://assets/icon/images/main.png")]}
JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff\xc0\0\x0b\x08\0\2\0\3\1\1\x11\0" + b"\xff\xd9"
)


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED, head: bytes = b"") -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return head + body.getvalue()


def charx(card: Any = None, files: dict[str, bytes] | None = None, **how: Any) -> bytes:
    card = v3(**PLAIN) if card is None else card
    files = {"assets/icon/images/main.png": png()} if files is None else files
    return zipped({"card.json": card if isinstance(card, bytes) else dump(card), **files}, **how)


def patched(body: bytes, name: str, at: int, value: bytes, *, local: int | None = None) -> bytes:
    """An archive whose directory (and, at `local`, file head) says something else of one file."""
    found = bytearray(body)
    raw = name.encode()
    place = body.rindex(b"PK\x01\x02", 0, body.rindex(raw))
    found[place + at : place + at + len(value)] = value
    if local is not None:
        start = body.index(b"PK\x03\x04", max(0, body.index(raw) - 30))
        found[start + local : start + local + len(value)] = value
    return bytes(found)


def renamed(body: bytes, old: str, new: str) -> bytes:
    assert len(old) == len(new)
    return body.replace(old.encode(), new.encode())


def linked() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("card.json", dump(v3(**PLAIN)))
        link = zipfile.ZipInfo("assets/icon/images/main.png")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return body.getvalue()


def twins() -> bytes:
    one = charx({**v3(**PLAIN)})
    both = zipped(
        {
            "card.json": dump(v3(**PLAIN)),
            "card.jsom": dump(v3(name="Other")),
            "assets/icon/images/main.png": png(),
        }
    )
    assert one
    return renamed(both, "card.jsom", "card.json")


def stacked(count: int = 3000) -> bytes:
    """A directory in which many files share the same bytes."""
    data = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = bytes(5_000_000)
    packed = data.compress(raw) + data.flush()
    check = zlib.crc32(raw)
    local = (
        struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, check, len(packed), len(raw), 1, 0)
        + b"a"
        + packed
    )
    card = dump(v3(**PLAIN))
    second = (
        struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, zlib.crc32(card), len(card), len(card), 9, 0)
        + b"card.json"
        + card
    )
    listing = b""
    for n in range(count):
        name = f"assets/{n}.png".encode()
        listing += (
            struct.pack(
                "<4s6H3L5H2L",
                b"PK\x01\x02",
                20,
                20,
                0,
                8,
                0,
                0,
                check,
                len(packed),
                len(raw),
                len(name),
                0,
                0,
                0,
                0,
                0,
                0,
            )
            + name
        )
    listing += (
        struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            20,
            20,
            0,
            0,
            0,
            0,
            zlib.crc32(card),
            len(card),
            len(card),
            9,
            0,
            0,
            0,
            0,
            0,
            len(local),
        )
        + b"card.json"
    )
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(listing), len(local) + len(second), 0
    )
    return local + second + listing + end


def bomb(name: str, size: int, **files: bytes) -> bytes:
    """An archive in which one file unpacks to so many zeros, written piece by piece."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, data in files.items():
            archive.writestr(other.replace("__", "."), data)
        zeros = zipfile.ZipInfo(name)
        zeros.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(zeros, "w") as out:
            piece = bytes(1 << 20)
            for _ in range(size >> 20):
                out.write(piece)
    return body.getvalue()


def byaf(person: dict[str, Any] | None = None, scenes: list[Any] | None = None, **manifest: Any) -> bytes:
    who = {
        "schemaVersion": 1,
        "id": "c1",
        "name": "Ilse Marn",
        "displayName": "Ilse the Keeper",
        "isNSFW": False,
        "persona": "{character} keeps the light. {user} is a guest.",
        "createdAt": "2024-03-21T12:00:00Z",
        "updatedAt": "2024-03-21T12:00:00Z",
        "loreItems": [{"key": "lamp, oil", "value": "{character} burns oil."}],
        "images": [{"path": "images/a.png", "label": "At the window"}],
        **(person or {}),
    }
    scene = {
        "schemaVersion": 1,
        "title": "The storm",
        "formattingInstructions": "Write as {character}.",
        "temperature": 0.7,
        "narrative": "A storm comes.",
        "firstMessages": [{"characterID": "c1", "text": "You are wet, {user}."}],
        "exampleMessages": [{"characterID": "c1", "text": "#{user}: Hello\n#{character}: Mind the step."}],
        "messages": [{"type": "ai", "outputs": [{"text": "a"}, {"text": "b"}]}],
    }
    second = {
        **scene,
        "title": "The calm",
        "firstMessages": [{"characterID": "c1", "text": "Again you."}],
        "messages": [],
    }
    told = [scene, second] if scenes is None else scenes
    files = {f"scenarios/{n}.json": dump(one) for n, one in enumerate(told)}
    listing = {
        "schemaVersion": 1,
        "createdAt": "2024-03-21T12:00:00Z",
        "author": {"name": "the tests", "backyardURL": "https://backyard.ai/hub/user/x"},
        "characters": ["characters/c1/character.json"],
        "scenarios": list(files),
        **manifest,
    }
    person_file = {"characters/c1/character.json": dump(who), "characters/c1/images/a.png": png()}
    return zipped({"manifest.json": dump(listing), **person_file, **files})


TEXTGEN = """\
name: Ilse Marn
greeting: |
  You are wet.
  Sit.
context: "Ilse: keeper of the light"
example_dialogue: |-
  {{user}}: Hello
since: 2001-12-14
hour: 12:30:45
"""


def archive_cases() -> Iterator[Case]:
    main = "assets/icon/images/main.png"
    yield Case("charx", charx, CLEAN)
    yield Case("charx stored", lambda: charx(method=zipfile.ZIP_STORED), CLEAN)
    yield Case(
        "charx with decoys",
        lambda: charx(files={main: png(), "xcard.json": b"{}", "a/card.json": b"{}"}),
        CLEAN,
    )
    yield Case("charx only a decoy", lambda: zipped({"a/card.json": dump(v3())}), REFUSED, None)
    yield Case("charx v2 inside", lambda: charx(v2()), WARNED)
    yield Case("charx v1 inside", lambda: charx(v1()), WARNED)
    yield Case("charx missing asset", lambda: charx(files={}), WARNED)
    yield Case("charx other spelling", lambda: charx(v3(assets=[asset(f"embedded://{main}")])), CLEAN)
    yield Case("charx asset spelling", lambda: charx(v3(assets=[asset("__asset:1")]), {"1": png()}), CLEAN)
    yield Case(
        "charx with module", lambda: charx(files={main: png(), "module.risum": b"x", "x.json": b"{}"}), WARNED
    )
    yield Case("charx behind a jpeg", lambda: charx(head=JPEG), CLEAN)
    yield Case("charx behind a png", lambda: charx(head=png()), CLEAN)
    yield Case("charx bom", lambda: charx(b"\xef\xbb\xbf" + dump(v3(**PLAIN))), CLEAN)
    yield Case("charx http asset", lambda: charx(v3(assets=[asset("http://127.0.0.1:9/a.png")])), WARNED)
    yield Case("charx broken asset", lambda: patched(charx(), main, 16, b"\1\2\3\4"), WARNED)
    yield Case("charx large asset", lambda: bomb(main, 51 << 20, card__json=dump(v3(**PLAIN))), WARNED)
    yield Case("charx card bomb", lambda: bomb("card.json", 40 << 20), REFUSED, None)
    yield Case("charx cut off", lambda: charx()[:-40], REFUSED, None)
    yield Case("charx cut in half", lambda: charx()[: len(charx()) // 2], REFUSED, None)
    yield Case(
        "charx damaged directory", lambda: charx().replace(b"PK\x01\x02", b"PK\x09\x09"), REFUSED, None
    )
    yield Case("charx encrypted", lambda: patched(charx(), "card.json", 8, b"\1\0"), REFUSED, None)
    yield Case("charx odd method", lambda: patched(charx(), "card.json", 10, b"\x63\0"), REFUSED, None)
    yield Case("charx bad sum", lambda: patched(charx(), "card.json", 16, b"\1\2\3\4"), REFUSED, None)
    yield Case("charx small size told", lambda: patched(charx(), "card.json", 24, b"\5\0\0\0"), WARNED)
    yield Case(
        "charx packed size told", lambda: patched(charx(), "card.json", 20, b"\5\0\0\0"), REFUSED, None
    )
    yield Case("charx huge size told", lambda: patched(charx(), "card.json", 24, b"\xff\xff\xff\x7f"), WARNED)
    yield Case(
        "charx beyond the end", lambda: patched(charx(), "card.json", 42, b"\xff\xff\xff\x7f"), REFUSED, None
    )
    yield Case("charx traversal", lambda: charx(files={main: png(), "../../evil.png": b"x"}), WARNED)
    yield Case("charx absolute", lambda: charx(files={main: png(), "/tmp/evil.png": b"x"}), WARNED)
    yield Case(
        "charx backslash", lambda: renamed(charx(files={main: png(), "a.b": b"x"}), "a.b", "a\\b"), WARNED
    )
    yield Case("charx device", lambda: charx(files={main: png(), "assets/CON.png": b"x"}), WARNED)
    yield Case("charx nul", lambda: renamed(charx(files={main: png(), "a.b": b"x"}), "a.b", "a\0b"), WARNED)
    yield Case("charx symlink", linked, WARNED)
    yield Case("charx twins", twins, WARNED)
    yield Case("charx stacked", stacked, REFUSED, None)
    yield Case(
        "charx 30,000 files",
        lambda: charx(files={main: png(), **{f"f/{n}": b"" for n in range(30_000)}}),
        CLEAN,
    )
    yield Case(
        "charx 40,001 files", lambda: charx(files={f"f/{n}": b"" for n in range(40_001)}), REFUSED, None
    )
    yield Case("charx no card", lambda: zipped({"readme.txt": b"x"}), REFUSED, None)
    yield Case("charx empty", lambda: zipped({}), REFUSED, None)
    yield Case("charx card is a list", lambda: charx(b"[]"), REFUSED, None)
    yield Case("charx card is no json", lambda: charx(b"{"), REFUSED, None)
    yield Case("charx deep", lambda: charx(b'{"spec":"chara_card_v3","data":' + b"[" * 90_000), REFUSED, None)
    yield Case("charx comment", lambda: charx()[:-2] + b"\x04\0note", CLEAN)
    yield Case("byaf", byaf, WARNED)
    yield Case("byaf without a talk", lambda: byaf(scenes=[{"narrative": "x"}]), CLEAN)
    yield Case("byaf two characters", lambda: byaf(characters=["characters/c1/character.json"] * 2), WARNED)
    yield Case("byaf no scenario", lambda: byaf(scenes=[]), WARNED)
    yield Case(
        "byaf missing picture", lambda: byaf({"images": [{"path": "images/z.png", "label": ""}]}), WARNED
    )
    yield Case(
        "byaf odd types",
        lambda: byaf({"loreItems": 3, "images": [1], "persona": 5}, [1, {"firstMessages": 2}]),
        WARNED,
    )
    yield Case("byaf no character", lambda: byaf(characters=[]), REFUSED, None)
    yield Case("byaf traversal", lambda: byaf(characters=["../../etc/passwd"]), REFUSED, None)


def yaml_cases() -> Iterator[Case]:
    yield Case("yaml textgen", lambda: TEXTGEN.encode(), WARNED)
    yield Case("yaml pygmalion", lambda: b"char_name: Ilse Marn\nchar_persona: keeper\n", WARNED)
    yield Case("yaml with a mark", lambda: b"\xef\xbb\xbf---\r\nname: Ilse Marn\r\ncontext: x\r\n", WARNED)
    yield Case("yaml bomb", lambda: b"name: &a [x,x]\ncontext: &b [*a,*a]\nmore: [*b,*b]\n", REFUSED, None)
    yield Case("yaml deep", lambda: b"name: " + b"[" * 50_000, REFUSED, None)
    yield Case(
        "yaml python", lambda: b"name: !!python/object/apply:os.system [ls]\ncontext: x\n", REFUSED, None
    )
    yield Case("yaml broken", lambda: b"name: [Ilse\ncontext: x\n", REFUSED, None)
    yield Case("yaml name only", lambda: b"name: Ilse Marn\n", REFUSED, None)
    yield Case("yaml list", lambda: b"- name: x\n", REFUSED, None)
    yield Case("yaml large", lambda: b"name: x\ncontext: " + b"a" * 5_000_000, REFUSED, None)


def long_cases() -> Iterator[Case]:
    """What takes too long to build for every run."""
    main = "assets/icon/images/main.png"
    yield Case("gibibyte card", lambda: bomb("card.json", 1 << 30), REFUSED, None)
    yield Case("gibibyte asset", lambda: bomb(main, 1 << 30, card__json=dump(v3(**PLAIN))), WARNED)
    yield Case("30 MB of one sign", lambda: dump(v3(description="😀" + "a" * 30_000_000)), CLEAN)
    yield Case("30 MB in a picture", lambda: png(text("ccv3", v3(description="é" * 15_000_000))), CLEAN)
    yield Case("400,000 objects", lambda: dump(v3(extensions={"x": [{}] * 400_000})), CLEAN)
    yield Case("million texts", lambda: dump(v3(extensions={"x": ["a"] * 900_000})), CLEAN)
    yield Case(
        "100,000 entries",
        lambda: dump(
            v3(
                character_book={
                    "extensions": {},
                    "entries": [
                        {
                            "keys": ["a"],
                            "content": "b",
                            "extensions": {},
                            "enabled": True,
                            "insertion_order": 1,
                            "use_regex": False,
                        }
                    ]
                    * 99_000,
                }
            )
        ),
        ("clean", "refused"),
    )
    yield Case("90 MB picture", lambda: png(text("x", b"y" * 90_000_000), text("chara", v2())), CLEAN)
    yield Case("animated", lambda: apng(text("chara", v2())), CLEAN)
    yield Case("json of brackets", lambda: json.dumps([[]] * 3_000_000).encode(), REFUSED, None)
    yield Case(
        "100 large assets",
        lambda: charx(
            v3(assets=[asset(f"embeded://a/{n}") for n in range(60)]),
            {f"a/{n}": bytes(20_000_000) for n in range(60)},
        ),
        WARNED,
    )


ARCHIVES: tuple[Case, ...] = (*archive_cases(), *yaml_cases())
