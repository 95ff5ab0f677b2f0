"""Takes a character home as a file: JSON, a PNG picture with the card inside, or a CHARX archive."""

from __future__ import annotations

import base64
from typing import Literal

from charstudio.cards.card import Card
from charstudio.cards.charx import packed_card
from charstudio.cards.files import is_embedded, shown
from charstudio.cards.notes import Notes
from charstudio.cards.png import with_texts, without_texts
from charstudio.cards.settle import settle
from charstudio.cards.text import Json, dump
from charstudio.cards.versions import backfill, lowered, shaped
from charstudio.i18n import _

Version = Literal[2, 3]
_MOST_ASCII = 4 * 1024 * 1024  # bytes; escapes would make larger texts needlessly large


def write_json(card: Card, version: Version = 3, *, modification_date: int | None = None) -> bytes:
    """The card as UTF-8 JSON; unknown fields come along and whatever was malformed is put right.

    A valid card of the same version comes out equal to what was read. In V2, fields that only V3
    knows lie in `extensions.charstudio.v3`, from where `read_card` takes them back: V2 forbids
    nothing there and obliges every program to keep it. The date (seconds since 1970) is V3's own.
    """
    return dump(_tree(card, version, modification_date))


def write_png(
    card: Card, picture: bytes, version: Version = 3, *, modification_date: int | None = None
) -> bytes:
    """The picture with the card inside, its pixels, animation and other chunks byte for byte as they were.

    All older card texts go. Version 3 writes a short V2 copy (`chara`) and then the whole card
    (`ccv3`); version 2 writes `chara` alone and loses nothing. `picture` must be a whole PNG, else
    `CardError`.
    """
    tree = _tree(card, version, modification_date)
    trees = {"chara": tree} if version == 2 else {"chara": backfill(tree), "ccv3": tree}
    texts = {keyword: _packed(part) for keyword, part in trees.items()}
    return with_texts(picture, texts, card.carrier or card.picture or b"")


def write_charx(
    card: Card, picture: bytes | None = None, *, modification_date: int | None = None, head: bytes = b""
) -> bytes:
    """A CHARX archive: the card as V3 and its files, those of an imported archive as they lay there.

    `picture` (PNG, JPEG, GIF or WebP; by default the one the card came in) becomes the main icon when
    the card names none among its files. `head` is a JPEG that the archive is to stand behind.
    """
    found = picture or card.picture or card.head or None
    portrait = None if found is None else shown(without_texts(found))
    archive = card.archive if card.format in ("charx", "jpeg") else None
    return packed_card(_tree(card, 3, modification_date), archive, card.file, portrait, head)


def left_behind(card: Card) -> tuple[str, ...]:
    """What does not come along when a card leaves its archive for JSON or PNG, a sentence each."""
    if card.archive is None:
        return ()
    count = sum(is_embedded(asset.uri) or asset.uri.startswith("__asset:") for asset in card.assets)
    if not count:
        return ()
    told = _(
        "Files of the card that only fit into a CHARX and stay behind: {count}; export CHARX to keep them."
    )
    return (told.format(count=count),)


def _tree(card: Card, version: Version, modification_date: int | None) -> Json:
    view = card._view
    if modification_date is not None and (version == 3 or card.spec == "v3"):
        view = {**view, "data": {**view["data"], "modification_date": modification_date}}
    if version == 2:
        view = _with_proper_addresses(view)
        return lowered(view) if card.spec == "v3" else settle(shaped(card.raw, card.spec), Notes(), v3=False)
    return _with_proper_addresses(view)


def _with_proper_addresses(view: Json) -> Json:
    """The standard's own spelling is `embeded://`; nothing else may be written."""
    data = view["data"]
    if "assets" not in data:
        return view
    assets = [{**asset, "uri": _proper(asset["uri"])} for asset in data["assets"]]
    return {**view, "data": {**data, "assets": assets}}


def _proper(uri: str) -> str:
    return "embeded://" + uri.removeprefix("embedded://") if uri.startswith("embedded://") else uri


def _packed(tree: Json) -> bytes:
    """Base64 of JSON in ASCII, which even readers that take UTF-8 for Latin-1 cannot garble."""
    text = dump(tree, ascii_only=True)
    return base64.b64encode(text if len(text) <= _MOST_ASCII else dump(tree))
