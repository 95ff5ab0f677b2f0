"""Keeps the characters and their sheets."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from charstudio.errors import SheetError, StoreError
from charstudio.i18n import _
from charstudio.model import Adapter, Change, Character, Picture, Stage, Value
from charstudio.sheet import Schema, Sheet
from charstudio.store.connections import Connections
from charstudio.store.history import Past, past_of
from charstudio.store.journal import Journal, Recorder, now
from charstudio.store.stages import current_of, stages_of

COLOURS = (
    "teal", "rust", "iris", "moss", "plum", "sea", "amber", "rose", "fern", "storm", "sand", "slate",
)  # fmt: skip

Saving = Callable[[], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A card as it was imported: the parsed object, the bytes, and what was odd about it."""

    raw: dict[str, Any]
    original: bytes
    file_name: str
    spec: str
    warnings: tuple[str, ...] = ()


class Cast:
    """The characters of a library: made, listed, changed, copied, deleted (never for good)."""

    def __init__(self, connections: Connections, journal: Journal, saving: Saving) -> None:
        self._connections = connections
        self._journal = journal
        self._saving = saving
        # Values of attributes that no schema has any more wait unseen until it has them again.
        self.attributes: frozenset[str] | None = None

    def all(self, *, deleted: bool = False) -> list[Character]:
        """All characters in the order of their making; the deleted ones instead if asked."""
        rows = self._db.execute(f"{_SELECT} where c.deleted = ? order by c.id", [int(deleted)])
        return [_character(row) for row in rows]

    def get(self, character_id: int) -> Character:
        """One character; raises `StoreError` if the id is unknown."""
        row = self._db.execute(f"{_SELECT} where c.id = ?", [character_id]).fetchone()
        if row is None:
            raise StoreError(_("There is no character with the id {id}.", id=character_id))
        return _character(row)

    def find(self, name_or_id: str, *, deleted: bool = False) -> Character:
        """The character of that id or name; an id wins, a doubtful name lists the ids."""
        everyone = self.all(deleted=deleted)
        if name_or_id.isdecimal():
            by_id = [c for c in everyone if c.id == int(name_or_id)]
            if by_id:
                return by_id[0]
        for fits in (_named_exactly, _named_alike):
            found = [c for c in everyone if fits(c, name_or_id)]
            if len(found) == 1:
                return found[0]
            if found:
                ids = ", ".join(f"{c.id} ({c.name[:40]})" for c in found)
                raise StoreError(
                    _(
                        "Several characters are called “{name}”; use an id: {ids}.",
                        name=name_or_id[:80],
                        ids=ids,
                    )
                )
        raise StoreError(
            _("There is no character “{name}”; `charstudio list` shows who there is.", name=name_or_id[:80])
        )

    def new(self, schema: Schema, name: str = "", source: str = "form") -> Character:
        """Make a character, with its full name decided if one is given (any name is taken unchanged)."""
        changes = [Change("full_name", name)] if name.strip() else []
        return self._made(schema, changes, source, _("New character"), {})

    def take_in(
        self, schema: Schema, changes: Sequence[Change], card: KeptCard, picture: Picture | None
    ) -> Character:
        """Make a character from an imported card, keeping the card whole."""
        with self._saving():
            extra = {"picture_id": self.keep_picture(picture)} if picture else {}
            label = _("Import of {file}", file=card.file_name[:80])
            made = self._made(schema, changes, "card", label, extra)
            self.keep_card(made.id, card)
            return self.get(made.id)

    def duplicate(self, character_id: int, schema: Schema) -> Character:
        """A second character with the same sheet, voice, picture and card; talks stay with the first."""
        with self._saving():
            old = self._row(character_id)
            recorder = Recorder(self._connections.here())
            copy = self._insert(recorder, {k: old[k] for k in ("picture_id", "voice", "adapters")})
            twin: dict[int | None, int] = {}
            for stage in stages_of(self._db, character_id):
                mine = {"character_id": copy, "name": stage.name, "position": stage.position}
                twin[stage.id] = recorder.insert("stages", {**mine, "created": now()})
            for row in self._value_rows(character_id):
                stage_id = twin.get(row["stage_id"])
                recorder.insert(
                    "sheet_values", {**row, "character_id": copy, "id": None, "stage_id": stage_id}
                )
            self._journal.note(recorder, None, _("Copy of {name}", name=old["name"][:80]), "form")
            card = self.card(character_id)
            if card is not None:
                self.keep_card(copy, card)
            self.refresh(copy)
            return self.get(copy)

    def delete(self, character_id: int) -> None:
        """Put a character away; undo brings it back."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            recorder.delete("characters", character_id)
            name = self._row(character_id)["name"]
            self._journal.note(recorder, character_id, _("Delete {name}", name=name[:80]), "form")

    def sheet(self, character_id: int) -> Sheet:
        """What is decided about a character, as of the stage at which it stands."""
        return self.sheet_as_of(character_id, current_of(self._db, character_id))

    def sheet_as_of(self, character_id: int, stage_id: int | None) -> Sheet:
        """What is decided about a character at one stage; None is what always holds."""
        return self.whole_sheet(character_id).as_of(stage_id, stages_of(self._db, character_id))

    def whole_sheet(self, character_id: int) -> Sheet:
        """Everything decided about a character, at all stages side by side."""
        rows = self._value_rows(character_id)
        known = self.attributes
        return Sheet(tuple(_value(row) for row in rows if known is None or row["attribute"] in known))

    def change(
        self,
        character_id: int,
        changes: Sequence[Change],
        schema: Schema,
        source: str,
        label: str = "",
        also: Callable[[Recorder], None] | None = None,
    ) -> Sheet:
        """Apply changes as one action that one undo takes back; raises `SheetError` and changes nothing.

        Returns the sheet as of the stage at which the character stands. What `also` records belongs to the
        same action.
        """
        with self._saving():
            recorder = Recorder(self._connections.here())
            self._apply(recorder, character_id, changes, schema, source)
            if also is not None:
                also(recorder)
            self._journal.note(recorder, character_id, label or _label(changes, schema), source)
            after = self.sheet(character_id)
            self.refresh(character_id, after)
            return after

    def change_many(
        self,
        character_id: int,
        changes: Sequence[tuple[int, Change]],
        schema: Schema,
        source: str,
        label: str,
    ) -> None:
        """Change several sheets, (whose, what), as one action that one undo of `character_id` takes back."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            everyone = list(dict.fromkeys(who for who, _change in changes))
            for who in everyone:
                mine = [change for of, change in changes if of == who]
                self._apply(recorder, who, mine, schema, source)
            self._journal.note(recorder, character_id, label, source)
            for who in everyone:
                self.refresh(who)

    def adjust(self, character_id: int, value: Value, label: str) -> None:
        """Change all but the words of one value: know level, lock, stage, whom it means, what is felt."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            columns = _columns(value)
            kept = {n: columns[n] for n in ("know", "locked", "stage_id", "other_id", "feeling")}
            recorder.update("sheet_values", int(value.id or 0), **kept)
            self._journal.note(recorder, character_id, label, "form")
            self.refresh(character_id)

    def reword(self, character_id: int, value: Value, schema: Schema, label: str = "") -> None:
        """Write one value anew in its place; it stays the same value, with its history."""
        with self._saving():
            was = self._db.execute("select * from sheet_values where id = ?", [value.id]).fetchone()
            if was is None or was["character_id"] != character_id:
                raise StoreError(_("That value is no longer there."))
            if was["locked"] and (was["text"], was["state"]) != (value.text, value.state):
                raise SheetError(_("“{text}” is locked; unlock it first.", text=was["text"][:80]))
            if value.text != was["text"]:
                change = Change(value.attribute, value.text, "add")
                # Checked as any change is; whom the words name may be somebody else now.
                Sheet().apply(change, schema, value.source)
                (change,) = self._related(character_id, [change], schema)
                value = replace(value, other_id=change.other_id)
            recorder = Recorder(self._connections.here())
            recorder.update("sheet_values", int(value.id or 0), **_columns(value))
            change = Change(value.attribute, value.text, state=value.state)
            self._journal.note(recorder, character_id, label or _label([change], schema), value.source)
            self.refresh(character_id)

    def finish(self, character_id: int, *, finished: bool) -> None:
        """Say that a sheet is finished, or that it is not."""
        words = _("The sheet is finished") if finished else _("The sheet is not finished")
        self.dress(character_id, words, finished=int(finished))

    def dress(self, character_id: int, label: str, **columns: Any) -> None:
        """Change colour, voice (a dict), adapters or picture_id of a character."""
        if "voice" in columns:
            columns["voice"] = json.dumps(columns["voice"], ensure_ascii=False)
        if "adapters" in columns:
            columns["adapters"] = json.dumps([asdict(a) for a in columns["adapters"]], ensure_ascii=False)
        with self._saving():
            recorder = Recorder(self._connections.here())
            recorder.update("characters", character_id, **columns)
            self._journal.note(recorder, character_id, label, "form")

    def past(self, character_id: int, attribute: str, value_id: int | None = None) -> list[Past]:
        """Where an attribute, or one value of it, comes from: its states, newest first."""
        return past_of(self._db, character_id, attribute, value_id)

    def sheets(self, attributes: Sequence[str]) -> dict[int, Sheet]:
        """These attributes of everyone at once, each as of the stage at which they stand."""
        marks = ", ".join("?" * len(attributes))
        rows = self._db.execute(
            "select v.* from sheet_values v join characters c on c.id = v.character_id"
            f" where c.deleted = 0 and v.attribute in ({marks}) order by v.position, v.id",
            list(attributes),
        )
        values: dict[int, list[Value]] = {}
        for row in rows:
            values.setdefault(row["character_id"], []).append(_value(row))
        found = {}
        for who, mine in values.items():
            staged = any(v.stage_id for v in mine)
            at, stages = (current_of(self._db, who), stages_of(self._db, who)) if staged else (None, [])
            found[who] = Sheet(tuple(mine)).as_of(at, stages)
        return found

    def owners(self, values: Sequence[int]) -> list[int]:
        """Whose these values are."""
        found = (
            self._db.execute("select character_id from sheet_values where id = ?", [number]).fetchone()
            for number in values
        )
        return list(dict.fromkeys(row[0] for row in found if row))

    def relations_to(self, character_id: int) -> list[tuple[int, Value]]:
        """Who says something of this character: (their id, their value)."""
        rows = self._db.execute(
            "select v.* from sheet_values v join characters c on c.id = v.character_id "
            "where v.other_id = ? and c.deleted = 0 order by v.id",
            [character_id],
        )
        known = self.attributes
        return [
            (row["character_id"], _value(dict(row)))
            for row in rows
            if known is None or row["attribute"] in known
        ]

    def keep_picture(self, picture: Picture) -> int:
        """Keep an image once, however often it is used; returns its id."""
        digest = hashlib.sha256(picture.body).hexdigest()
        with self._saving():
            self._db.execute(
                "insert or ignore into pictures (sha256, media_type, body) values (?, ?, ?)",
                [digest, picture.media_type, picture.body],
            )
            return int(self._db.execute("select id from pictures where sha256 = ?", [digest]).fetchone()[0])

    def picture(self, picture_id: int) -> Picture | None:
        """An image by its id."""
        row = self._db.execute("select * from pictures where id = ?", [picture_id]).fetchone()
        return Picture(row["media_type"], row["body"], row["id"]) if row else None

    def keep_card(self, character_id: int, card: KeptCard) -> None:
        """Keep an imported card beside the character; the newest one counts."""
        with self._saving():
            self._db.execute(
                "insert into cards (character_id, raw, original, file_name, spec, warnings, created) "
                "values (?, ?, ?, ?, ?, ?, ?)",
                [
                    character_id,
                    json.dumps(card.raw, ensure_ascii=False),
                    card.original,
                    card.file_name,
                    card.spec,
                    json.dumps(card.warnings, ensure_ascii=False),
                    now(),
                ],
            )

    def card(self, character_id: int) -> KeptCard | None:
        """The newest imported card of a character."""
        row = self._db.execute(
            "select * from cards where character_id = ? order by id desc limit 1", [character_id]
        ).fetchone()
        if row is None:
            return None
        warnings = tuple(json.loads(row["warnings"]))
        return KeptCard(json.loads(row["raw"]), row["original"], row["file_name"], row["spec"], warnings)

    def refresh(self, character_id: int, sheet: Sheet | None = None) -> None:
        """Bring the names by which the character is listed up to date with the sheet."""
        sheet = sheet or self.sheet(character_id)
        line = sheet.text("one_line") or sheet.text("occupation") or sheet.text("traits")
        self._db.execute(
            "update characters set name = ?, called = ?, line = ?, updated = ? where id = ?",
            [sheet.full_name, sheet.called, line[:300], now(), character_id],
        )

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn

    def _apply(
        self, recorder: Recorder, character_id: int, changes: Sequence[Change], schema: Schema, source: str
    ) -> None:
        old = self.whole_sheet(character_id)
        new = old
        here, stages = current_of(self._db, character_id), stages_of(self._db, character_id)
        for change in self._related(character_id, changes, schema):
            _refuse_strange_stage(change, stages)
            new = new.apply(new.placed(change, here, stages), schema, source, stages)
        self._write_sheet(recorder, character_id, old, new)

    def _related(self, character_id: int, changes: Sequence[Change], schema: Schema) -> list[Change]:
        """Changes in which the name of exactly one other character of the cast is a relation to it."""
        found = []
        for change in changes:
            attribute = schema.attributes.get(change.attribute)
            if attribute is not None and attribute.is_ref and change.op in ("set", "add") and change.value:
                others = [o for o in self.all() if o.id != character_id and _named_alike(o, change.value)]
                if len(others) == 1 and change.other_id is None:
                    change = replace(change, other_id=others[0].id)
            found.append(change)
        return found

    def _made(
        self, schema: Schema, changes: Sequence[Change], source: str, label: str, extra: dict[str, Any]
    ) -> Character:
        with self._saving():
            recorder = Recorder(self._connections.here())
            made = self._insert(recorder, extra)
            sheet = Sheet()
            for change in changes:
                sheet = sheet.apply(change, schema, source)
            self._write_sheet(recorder, made, Sheet(), sheet)
            # Under no character: undo inside a character never makes that character vanish.
            self._journal.note(recorder, None, label, source)
            self.refresh(made)
            return self.get(made)

    def _insert(self, recorder: Recorder, extra: dict[str, Any]) -> int:
        count = self._db.execute("select count(*) from characters").fetchone()[0]
        colour = COLOURS[count % len(COLOURS)]
        return recorder.insert("characters", {"colour": colour, "created": now(), "updated": now(), **extra})

    def _write_sheet(self, recorder: Recorder, character_id: int, old: Sheet, new: Sheet) -> None:
        before = {v.id: v for v in old.values}
        kept = {v.id for v in new.values}
        for value in old.values:
            if value.id not in kept:
                recorder.delete("sheet_values", int(value.id or 0))
        place = self._db.execute(
            "select coalesce(max(position), 0) from sheet_values where character_id = ?", [character_id]
        ).fetchone()[0]
        for value in new.values:
            columns = _columns(value)
            if value.id is None:
                place += 1
                row = {"character_id": character_id, "position": place, "created": now(), **columns}
                recorder.insert("sheet_values", row)
            elif value != before[value.id]:
                recorder.update("sheet_values", value.id, **columns)

    def _value_rows(self, character_id: int) -> list[dict[str, Any]]:
        rows = self._db.execute(
            "select * from sheet_values where character_id = ? order by position, id", [character_id]
        )
        return [dict(row) for row in rows]

    def _row(self, character_id: int) -> dict[str, Any]:
        row = self._db.execute("select * from characters where id = ?", [character_id]).fetchone()
        if row is None:
            raise StoreError(_("There is no character with the id {id}.", id=character_id))
        return dict(row)


_SELECT = (
    "select c.*, (select count(*) from sheet_values v where v.character_id = c.id and v.state = 'set') as n "
    "from characters c"
)


def _character(row: Any) -> Character:
    return Character(
        id=row["id"],
        name=row["name"],
        colour=row["colour"],
        called=row["called"],
        picture_id=row["picture_id"],
        voice=json.loads(row["voice"]),
        adapters=tuple(Adapter(**a) for a in json.loads(row["adapters"])),
        created=row["created"],
        updated=row["updated"],
        deleted=bool(row["deleted"]),
        values=row["n"],
        line=row["line"],
        finished=bool(row["finished"]),
    )


def _columns(value: Value) -> dict[str, Any]:
    return {
        "attribute": value.attribute,
        "text": value.text,
        "state": value.state,
        "know": value.know,
        "locked": int(value.locked),
        "source": value.source,
        "source_ref": value.source_ref,
        "other_id": value.other_id,
        "feeling": value.feeling,
        "stage_id": value.stage_id,
    }


def _value(row: Any) -> Value:
    return Value(
        attribute=row["attribute"],
        text=row["text"],
        know=row["know"],
        source=row["source"],
        locked=bool(row["locked"]),
        state=row["state"],
        other_id=row["other_id"],
        feeling=row["feeling"],
        source_ref=row["source_ref"],
        id=row["id"],
        stage_id=row["stage_id"],
    )


def _refuse_strange_stage(change: Change, stages: Sequence[Stage]) -> None:
    if change.stage_id and all(change.stage_id != s.id for s in stages):
        raise StoreError(_("There is no stage with the id {id}.", id=change.stage_id))


def _named_exactly(character: Character, name: str) -> bool:
    return name in (character.name, character.called)


def _named_alike(character: Character, name: str) -> bool:
    return bool(name.strip()) and name.casefold() in (character.name.casefold(), character.called.casefold())


def _label(changes: Sequence[Change], schema: Schema) -> str:
    if not changes:
        return _("Change")
    first = changes[0]
    label = schema.attributes[first.attribute].label if first.attribute in schema.attributes else ""
    if first.op in ("remove", "clear"):
        return _("Clear {attribute}", attribute=label)
    return _("{attribute}: {value}", attribute=label, value=first.value[:60])
