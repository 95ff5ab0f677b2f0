"""Reads and writes CHARX: a card in a zip archive together with its pictures and sounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from charstudio.cards.archive import Archive, Piece, is_safe, zipped
from charstudio.cards.files import EMBEDDED, is_embedded, path_of
from charstudio.cards.notes import Notes
from charstudio.cards.text import MOST_TEXT, Json, dump, parse
from charstudio.errors import CardError
from charstudio.i18n import _

CARD = "card.json"
_MODULE = "module.risum"
_FOLDERS = {
    "images": ("png", "jpg", "jpeg", "webp", "gif", "avif", "bmp", "apng", "svg"),
    "audio": ("mp3", "ogg", "wav", "flac", "opus", "m4a", "aac"),
    "video": ("mp4", "webm", "mov", "mkv", "avi"),
    "l2d": ("moc3", "model3"),
    "3d": ("mmd", "obj", "vrm", "glb", "gltf", "fbx", "pmx"),
    "ai": ("safetensors", "ckpt", "onnx", "gguf"),
    "fonts": ("ttf", "otf", "woff", "woff2"),
    "code": ("lua", "js", "py", "css", "html"),
}
_PLAIN = re.compile(r"[^a-z0-9_]+")


def card_from_charx(archive: Archive, file: str, notes: Notes) -> Any:
    """The card object of a CHARX; only `card.json` at the root counts. Raises `CardError` without one."""
    if CARD not in archive.names:
        raise CardError(_no_card(archive).format(file=file))
    raw = parse(archive.read(CARD, MOST_TEXT), notes)
    if archive.lies(CARD):
        notes.say(_("The archive tells a wrong size of the card; the card was read whole all the same."))
    if not isinstance(raw, dict) or raw.get("spec") != "chara_card_v3":
        notes.say(_("A CHARX archive should hold a V3 card; what was in it was read all the same."))
    if _MODULE in archive.names:
        notes.say(_("The card carries a module of RisuAI with scripts or lore; it is kept and not used."))
    return raw


def _no_card(archive: Archive) -> str:
    if any(name.rpartition("/")[2] == CARD for name in archive.names):
        return _("{file} has its card.json in a folder; a CHARX has it at the root, so pack it once more.")
    return _("{file} is a zip archive without a card; unpack it and choose the card (PNG or JSON) inside.")


def packed_card(
    tree: Json,
    archive: Archive | None,
    find: Callable[[str], bytes | None],
    portrait: tuple[bytes, str] | None,
    head: bytes = b"",
) -> bytes:
    """A CHARX with this V3 object and every file it names that `find` knows.

    Files of `archive` come along as they lie there, also those that no card names. `portrait` (bytes
    and ending) becomes the main icon when the card has none among its files.
    """
    pieces = {} if archive is None else {piece.name: piece for piece in archive.packed()}
    pieces.pop(CARD, None)
    data = {**tree["data"]}
    assets = [dict(asset) for asset in data["assets"]] if "assets" in data else None
    for asset in assets or ():
        _carry(asset, pieces, find)
    if portrait is not None:
        assets = _with_portrait(assets, portrait, pieces)
    if assets is not None:
        data["assets"] = assets
    card = Piece(CARD, dump({**tree, "data": data}), squeeze=True)
    return zipped(_in_order(card, pieces), head)


def _in_order(card: Piece, pieces: dict[str, Piece]) -> Iterator[Piece]:
    yield card
    yield from pieces.values()


def _carry(asset: Json, pieces: dict[str, Piece], find: Callable[[str], bytes | None]) -> None:
    """Put the file of one asset into the archive, unless it lies there already."""
    uri = asset["uri"]
    if is_embedded(uri) and path_of(uri) in pieces:
        return
    if not (is_embedded(uri) or uri.startswith("__asset:")):
        return
    body = find(uri)
    if body is not None:
        asset["uri"] = _added(asset["type"], asset["ext"], body, pieces)


def _with_portrait(
    assets: list[Json] | None, portrait: tuple[bytes, str], pieces: dict[str, Piece]
) -> list[Json]:
    body, ending = portrait
    icons = [asset for asset in assets or () if asset["type"] == "icon"]
    main = next((icon for icon in icons if icon["name"] == "main"), None)
    if main is not None and is_embedded(main["uri"]) and path_of(main["uri"]) in pieces:
        return assets or []
    place = {"uri": _added("icon", ending, body, pieces), "ext": ending}
    if main is not None and main["uri"].startswith("ccdefault:"):
        main.update(place)
        return assets or []
    if main is not None:
        main["name"] = "old main"
    return [{"type": "icon", "name": "main", **place}, *(assets or [])]


def _added(kind: str, ending: str, body: bytes, pieces: dict[str, Piece]) -> str:
    """Where a new file lies: a plain path of our own, whatever the card called it."""
    kind = _PLAIN.sub("", kind.lower())[:40]
    kind = kind if is_safe(kind) else "other"  # a type may be called like a device of Windows
    ending = _PLAIN.sub("", ending.lower())[:12] or "bin"
    folder = next((name for name, endings in _FOLDERS.items() if ending in endings), "other")
    number = len(pieces)
    while (path := f"assets/{kind}/{folder}/{number}.{ending}") in pieces:
        number += 1
    pieces[path] = Piece(path, body)
    return EMBEDDED + path
