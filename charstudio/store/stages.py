"""Keeps the stages of each character's arc, and at which of them the writer stands."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence

from charstudio.errors import StoreError
from charstudio.i18n import _
from charstudio.model import Stage
from charstudio.store.connections import Connections
from charstudio.store.journal import Journal, Recorder, now

Saving = Callable[[], contextlib.AbstractContextManager[None]]

LONGEST_NAME = 200


def stages_of(db: sqlite3.Connection, character_id: int) -> list[Stage]:
    """The stages of a character, from first to last."""
    rows = db.execute("select * from stages where character_id = ? order by position, id", [character_id])
    return [_stage(row) for row in rows]


def current_of(db: sqlite3.Connection, character_id: int) -> int | None:
    """The stage at which a character stands; None when there is none, or it is gone."""
    row = db.execute(
        "select s.id from characters c join stages s on s.id = c.current_stage and s.character_id = c.id"
        " where c.id = ?",
        [character_id],
    ).fetchone()
    return int(row[0]) if row else None


class Stages:
    """The stages of all characters: added, named, moved, deleted; every step can be undone."""

    def __init__(
        self, connections: Connections, journal: Journal, saving: Saving, refresh: Callable[[int], None]
    ) -> None:
        self._connections = connections
        self._journal = journal
        self._saving = saving
        self._refresh = refresh

    def of(self, character_id: int) -> list[Stage]:
        """The stages of a character, from first to last."""
        return stages_of(self._db, character_id)

    def get(self, stage_id: int) -> Stage:
        """One stage; raises `StoreError` if there is none of that id."""
        row = self._db.execute("select * from stages where id = ?", [stage_id]).fetchone()
        if row is None:
            raise StoreError(_("There is no stage with the id {id}.", id=stage_id))
        return _stage(row)

    def find(self, character_id: int, name: str) -> Stage:
        """The stage of that name or number (counted from 1); raises `StoreError` with the names there are."""
        stages = self.of(character_id)
        named = [s for s in stages if s.name.casefold() == name.strip().casefold()]
        if not named and name.isdecimal():
            named = stages[int(name) - 1 : int(name)] if int(name) else []
        if named:
            return named[0]
        if not stages:
            raise StoreError(_("This character has no stages yet; `charstudio stages NAME add` makes one."))
        names = ", ".join(f"“{s.name[:40]}”" for s in stages)
        raise StoreError(_("There is no stage “{name}”; there are {names}.", name=name[:80], names=names))

    def current(self, character_id: int) -> Stage | None:
        """The stage that guided mode, talk and page show; None is the sheet as it always is."""
        current = current_of(self._db, character_id)
        return self.get(current) if current is not None else None

    def stand_at(self, character_id: int, stage_id: int | None) -> None:
        """Show another stage; that is a way of looking, so there is nothing to undo."""
        if stage_id is not None and self.get(stage_id).character_id != character_id:
            raise StoreError(_("That stage belongs to another character."))
        with self._saving():
            self._db.execute("update characters set current_stage = ? where id = ?", [stage_id, character_id])
            self._refresh(character_id)

    def add(self, character_id: int, name: str, position: int | None = None) -> Stage:
        """A new stage after the others, or at a place counted from 0."""
        name = self._name(character_id, name)
        with self._saving():
            recorder = Recorder(self._connections.here())
            row = {"character_id": character_id, "name": name, "position": 0, "created": now()}
            made = recorder.insert("stages", {**row, "position": self._last(character_id) + 1})
            if position is not None:
                self._put(recorder, self.get(made), position)
            self._note(recorder, character_id, _("New stage “{name}”", name=name[:60]))
        return self.get(made)

    def rename(self, stage_id: int, name: str) -> Stage:
        """Call a stage something else."""
        stage = self.get(stage_id)
        name = self._name(stage.character_id, name, but=stage_id)
        with self._saving():
            recorder = Recorder(self._connections.here())
            recorder.update("stages", stage_id, name=name)
            self._note(recorder, stage.character_id, _("Stage renamed to “{name}”", name=name[:60]))
        return self.get(stage_id)

    def move(self, stage_id: int, position: int) -> None:
        """Put a stage at a place among the others, counted from 0."""
        stage = self.get(stage_id)
        with self._saving():
            recorder = Recorder(self._connections.here())
            self._put(recorder, stage, position)
            self._note(recorder, stage.character_id, _("Stage “{name}” moved", name=stage.name[:60]))
            self._refresh(stage.character_id)

    def delete(self, stage_id: int) -> None:
        """Take a stage out with the values that hold from it; its talks and memories stay, without one."""
        stage = self.get(stage_id)
        with self._saving():
            recorder = Recorder(self._connections.here())
            for table in ("talks", "memories"):
                for number in self._ids(table, stage_id):
                    recorder.update(table, number, stage_id=None)
            if current_of(self._db, stage.character_id) == stage_id:
                recorder.update("characters", stage.character_id, current_stage=None)
            for number in self._ids("sheet_values", stage_id):
                recorder.delete("sheet_values", number)
            recorder.delete("stages", stage_id)
            self._note(recorder, stage.character_id, _("Stage “{name}” removed", name=stage.name[:60]))
            self._refresh(stage.character_id)

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn

    def _name(self, character_id: int, name: str, but: int | None = None) -> str:
        name = " ".join(name.split())[:LONGEST_NAME]
        if not name:
            raise StoreError(_("A stage needs a name, like “Before the trial”."))
        if any(s.name.casefold() == name.casefold() and s.id != but for s in self.of(character_id)):
            raise StoreError(
                _("There is a stage “{name}” already; give this one another name.", name=name[:80])
            )
        return name

    def _put(self, recorder: Recorder, stage: Stage, position: int) -> None:
        order = [s.id for s in self.of(stage.character_id) if s.id != stage.id]
        order.insert(max(0, position), stage.id)
        for place, number in enumerate(order, 1):
            recorder.update("stages", number, position=place)

    def _last(self, character_id: int) -> int:
        query = "select coalesce(max(position), 0) from stages where character_id = ?"
        return int(self._db.execute(query, [character_id]).fetchone()[0])

    def _ids(self, table: str, stage_id: int) -> Sequence[int]:
        return [row[0] for row in self._db.execute(f"select id from {table} where stage_id = ?", [stage_id])]

    def _note(self, recorder: Recorder, character_id: int, label: str) -> None:
        self._journal.note(recorder, character_id, label, "form")


def _stage(row: sqlite3.Row) -> Stage:
    return Stage(row["id"], row["character_id"], row["name"], row["position"])
