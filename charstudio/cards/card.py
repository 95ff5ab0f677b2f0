"""A character card as a value: what it says, field by field, and the same card with edits laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from charstudio.cards.archive import Archive, open_archive
from charstudio.cards.fields import V1_TEXTS, V2_FIELDS, V2_LISTS, V2_TEXTS, V3_FIELDS, V3_NUMBERS
from charstudio.cards.files import file_of, shown
from charstudio.cards.notes import Notes
from charstudio.cards.png import is_png, look_into
from charstudio.cards.refuse import recognise
from charstudio.cards.settle import note_contents, note_missing, settle
from charstudio.cards.text import Json, clean, copied
from charstudio.cards.versions import OTHER_NAMES, Spec, disagreeing_copies, raised, shaped, used_name
from charstudio.errors import CardError
from charstudio.i18n import _

Format = Literal["json", "png", "apng", "charx", "jpeg", "byaf", "yaml", "new"]

_TEXTS = (*V2_TEXTS, "nickname")
_LISTS = (*V2_LISTS, "group_only_greetings", "source")
_OBJECTS = ("extensions", "character_book", "creator_notes_multilingual")
_MAY_GO = ("character_book", "nickname", "assets", "creator_notes_multilingual")


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture, sound or other file that belongs to a card; `uri` says where it lies, nothing is loaded."""

    type: str
    uri: str
    name: str
    ext: str


DEFAULT_ASSET = Asset("icon", "ccdefault:", "main", "png")


@dataclass(frozen=True, slots=True)
class Card:
    """One character card. `raw` is the card's own JSON and is never changed; edits make a new card.

    `warnings` are sentences about what was odd; `picture` is the PNG it came in, as it was, or None
    when there is none that can be shown; `archive` the CHARX or BYAF it came in, with its files, and
    `head` the picture before that. `carrier` is the PNG even if its pixels must not be shown. All
    accessors give well-formed copies.
    """

    raw: Json
    spec: Spec
    warnings: tuple[str, ...] = ()
    picture: bytes | None = field(default=None, repr=False)
    format: Format = "json"
    archive: Archive | None = field(default=None, repr=False, compare=False)
    head: bytes = field(default=b"", repr=False)
    carrier: bytes | None = field(default=None, repr=False, compare=False)
    _view: Json = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The character's name exactly as the card has it; it may be empty."""
        return self._text("name")

    @property
    def nickname(self) -> str:
        """What the character is called in talk when that is not the name; else empty."""
        return self._text("nickname")

    @property
    def description(self) -> str:
        """Who the character is."""
        return self._text("description")

    @property
    def personality(self) -> str:
        """The character's nature, in short."""
        return self._text("personality")

    @property
    def scenario(self) -> str:
        """Where and how the talk takes place."""
        return self._text("scenario")

    @property
    def first_mes(self) -> str:
        """What the character says first."""
        return self._text("first_mes")

    @property
    def mes_example(self) -> str:
        """Lines that show how the character speaks, in blocks that begin with <START>."""
        return self._text("mes_example")

    @property
    def creator_notes(self) -> str:
        """What the card's author tells its users: the English note where notes come in languages."""
        several = self._data.get("creator_notes_multilingual", {})
        return str(several.get("en", self._text("creator_notes")))

    @property
    def creator_notes_multilingual(self) -> dict[str, str]:
        """The author's notes by language code; empty when the card has only one note."""
        return dict(self._data.get("creator_notes_multilingual", {}))

    @property
    def system_prompt(self) -> str:
        """What replaces the user's own instructions to the model, when not empty."""
        return self._text("system_prompt")

    @property
    def post_history_instructions(self) -> str:
        """What is told to the model after the talk so far, when not empty."""
        return self._text("post_history_instructions")

    @property
    def creator(self) -> str:
        """Who made the card."""
        return self._text("creator")

    @property
    def character_version(self) -> str:
        """The author's own version mark."""
        return self._text("character_version")

    @property
    def alternate_greetings(self) -> tuple[str, ...]:
        """Other things the character may say first."""
        return self._texts("alternate_greetings")

    @property
    def group_only_greetings(self) -> tuple[str, ...]:
        """First words for talks with several characters."""
        return self._texts("group_only_greetings")

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to find the card by."""
        return self._texts("tags")

    @property
    def source(self) -> tuple[str, ...]:
        """Where the card came from; only ever grows."""
        return self._texts("source")

    @property
    def creation_date(self) -> int | float | None:
        """When the card was made, in seconds since 1970 (UTC); 0 when withheld, None when not said."""
        return self._data.get("creation_date")

    @property
    def modification_date(self) -> int | float | None:
        """When the card was last exported, in seconds since 1970 (UTC); None when not said."""
        return self._data.get("modification_date")

    @property
    def extensions(self) -> Json:
        """What programs keep in the card for themselves."""
        return dict(copied(self._data["extensions"]))

    @property
    def character_book(self) -> Json | None:
        """The lorebook inside the card, well-formed, or None."""
        book: Json | None = copied(self._data.get("character_book"))
        return book

    @property
    def assets(self) -> tuple[Asset, ...]:
        """The files that belong to the card; without any, the picture itself as the main icon."""
        if "assets" not in self._data:
            return (DEFAULT_ASSET,)
        return tuple(_asset(item) for item in self._data["assets"])

    def file(self, uri: str) -> bytes | None:
        """The file that an asset's address names, when it came with the card; nothing is ever fetched."""
        return file_of(uri, self.archive, self.carrier or self.picture)

    @property
    def portrait(self) -> bytes | None:
        """The picture to show for the character: what the card calls its main icon, or what it came in."""
        icons = [asset for asset in self.assets if asset.type == "icon"]
        icons.sort(key=lambda asset: asset.name != "main")
        for icon in icons[:8]:
            found = self.picture if icon.uri == "ccdefault:" else self.file(icon.uri)
            if (picture := shown(found)) is not None:
                return picture[0]
        whole = shown(self.picture or self.head or None)
        return whole[0] if whole else None

    def as_v3(self) -> Json:
        """The whole card as a complete V3 object, unknown fields included; strict JSON, a copy."""
        return dict(copied(self._view))

    def with_fields(self, **changes: Any) -> Card:
        """The card with these fields changed and everything else untouched.

        Fields are those of V3's `data`, by name. None takes an optional field away. A field that
        only V3 has turns an older card into a V3 card. Raises `CardError` for a field or value
        that a card cannot have.
        """
        checked = {name: _checked(self, name, value) for name, value in changes.items()}
        spec: Spec = self.spec
        raw = copied(self.raw)
        if spec != "v3" and any(name not in V2_FIELDS for name in checked):
            raw, spec = self.as_v3(), "v3"
        for name, value in checked.items():
            _lay(raw, spec, name, value)
        return replace(self, raw=raw, spec=spec, _view=view_of(raw, spec, Notes()))

    @property
    def _data(self) -> Json:
        data: Json = self._view["data"]
        return data

    def _text(self, name: str) -> str:
        return str(self._data.get(name, ""))

    def _texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._data.get(name, ()))


def card_of(raw: Json, picture: bytes | None = None, original: bytes = b"") -> Card:
    """The card again from its `raw` object as it was stored; `CardError` when that is no card.

    `original` is the file it came in, from which its files are taken when they are needed.
    """
    archive, carrier = None, None
    if is_png(original) and picture is None:
        carrier = original
        picture = original if look_into(original).usable else None
    if original[:4] in (b"PK\x03\x04", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1"):
        with suppress(CardError):
            archive = open_archive(original, Notes())
    card = built(clean(raw), Notes(), file=_("This file"), picture=picture, archive=archive)
    charx = archive is not None and "card.json" in archive.names
    return replace(card, format="charx" if charx else card.format, carrier=carrier or card.carrier)


def built(
    raw: Any,
    notes: Notes,
    *,
    file: str,
    picture: bytes | None = None,
    kind: Format = "json",
    assets: frozenset[str] = frozenset(),
    archive: Archive | None = None,
    head: bytes = b"",
) -> Card:
    """A card from its parsed JSON; `CardError` when it is none. `assets` names files inside the picture."""
    spec = recognise(raw, file, notes)
    view = view_of(raw, spec, notes)
    note_contents(view, notes, lambda path: path in assets if archive is None else archive.sound(path))
    return Card(raw, spec, notes.all(), picture, kind, archive, head, picture, view)


def new_card(name: str, **fields: Any) -> Card:
    """A card for a character born here, V3; `fields` as for `Card.with_fields`, dates given by the caller."""
    empty: Json = {"spec": "chara_card_v3", "spec_version": "3.0", "data": {}}
    data: Json = dict.fromkeys(V2_TEXTS, "")
    data |= {"alternate_greetings": [], "tags": [], "extensions": {}, "group_only_greetings": []}
    raw = {**empty, "data": data}
    card = Card(raw, "v3", format="new", _view=view_of(raw, "v3", Notes()))
    return card.with_fields(name=name, **fields)


def view_of(raw: Json, spec: Spec, notes: Notes) -> Json:
    """The V3 view of a raw card; shares with it what needed no change."""
    tree = shaped(raw, spec)
    _note_copies(raw, spec, notes)
    if not (spec == "v1" and any(used_name(raw, name) != name for name in V1_TEXTS)):
        _note_missing(tree, spec, notes)
    return settle(tree if spec == "v3" else raised(tree), notes, v3=True)


def _note_missing(tree: Json, spec: Spec, notes: Notes) -> None:
    if spec == "v1":
        missing = [name for name in V1_TEXTS if tree["data"].get(name) is None]
        if missing:
            told = _("The card leaves out fields that should be there; they count as empty: {fields}.")
            notes.say(told.format(fields=", ".join(missing)))
    else:
        note_missing(tree, notes, v3=spec == "v3")


def _note_copies(raw: Json, spec: Spec, notes: Notes) -> None:
    names = disagreeing_copies(raw) if spec != "v1" else []
    if names:
        told = _(
            "Older copies of some fields say something else than the card itself and were not used: {fields}."
        )
        notes.say(told.format(fields=", ".join(names)))


def _asset(item: Mapping[str, str]) -> Asset:
    uri = item["uri"]
    if uri.startswith("embedded://"):
        uri = "embeded://" + uri.removeprefix("embedded://")
    return Asset(item["type"], uri, item["name"], item["ext"].lower().removeprefix(".") or "unknown")


def _checked(card: Card, name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        value = list(value)
    _check_kind(name, value)
    if name == "source" and tuple(value[: len(card.source)]) != card.source:
        raise CardError(_("The sources of a card can be added to, not changed."))
    if name == "creation_date" and card.creation_date not in (None, value):
        raise CardError(_("The date on which a card was made cannot be changed."))
    return clean(value)


def _check_kind(name: str, value: Any) -> None:
    if name not in V3_FIELDS:
        raise CardError(_("A card has no field called “{field}”.", field=name))
    if value is None and name in _MAY_GO:
        return
    fits = {
        **dict.fromkeys(_TEXTS, isinstance(value, str)),
        **dict.fromkeys(_LISTS, isinstance(value, list) and all(isinstance(item, str) for item in value)),
        **dict.fromkeys(_OBJECTS, isinstance(value, dict)),
        **dict.fromkeys(V3_NUMBERS, isinstance(value, int | float) and not isinstance(value, bool)),
        "assets": isinstance(value, list) and all(isinstance(item, dict) for item in value),
    }
    if not fits[name]:
        raise CardError(_("The card's field “{field}” cannot hold this kind of value.", field=name))


def _lay(raw: Json, spec: Spec, name: str, value: Any) -> None:
    """Lay one edit over a raw card; copies of the field at the top of the card follow it."""
    place = raw if spec == "v1" else raw["data"]
    key = used_name(raw, name) if spec == "v1" else name
    places = [(place, key)]
    if spec != "v1" and name in V2_FIELDS:
        places += [(raw, copy) for copy in (name, *OTHER_NAMES.get(name, ())) if copy in raw]
    for owner, part in places:
        if value is None:
            owner.pop(part, None)
        else:
            owner[part] = copied(value)
    several = place.get("creator_notes_multilingual")
    if name == "creator_notes" and isinstance(several, dict) and "en" in several:
        several["en"] = value
