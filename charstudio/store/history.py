"""Tells where a value comes from: every state it ever had, who made it so, and when."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from charstudio.model import Know

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier state of a value; `text` is None where it was removed.

    `source` and `source_ref` (such as "message:12") say where that state came from, `label` what was done.
    """

    at: str
    text: str | None
    source: str
    label: str
    state: str = "set"
    know: Know = "open"
    locked: bool = False
    source_ref: str = ""
    value_id: int = 0
    stage_id: int | None = None


def past_of(
    db: sqlite3.Connection, character_id: int, attribute: str, value_id: int | None = None
) -> list[Past]:
    """The present and earlier states of an attribute, or of one value of it, newest first.

    The journal keeps what changed; each state is put together by walking back from the present one.
    """
    wanted = (character_id, attribute)
    now = _present(db, wanted)
    found = []
    for entry in _entries(db, character_id, [value_id] if value_id is not None else list(now)):
        for table, number, before, after in reversed(json.loads(entry["rows"])):
            if table != "sheet_values" or (value_id is not None and number != value_id):
                continue
            state = now.get(number)
            if state is None and not _is_of(before or after, wanted):
                continue
            if _worth_telling(before, after):
                found.append(_past(entry, number, state if after is not None else None))
            if before is not None:
                now[number] = {**(state or {}), **before}
            else:
                # An older value may have had this number before; it is another one.
                now.pop(number, None)
    return found


def _entries(db: sqlite3.Connection, character_id: int, values: list[int]) -> sqlite3.Cursor:
    """What was done to a character, and what was done to these values under another character's name."""
    named = "".join(" or instr(rows, ?)" for _value in values)
    return db.execute(
        "select at, rows, source, label from journal where state = 'done'"
        f" and (character_id = ? or character_id is null{named}) order by id desc",
        [character_id, *(f'"sheet_values", {value},' for value in values)],
    )


def _present(db: sqlite3.Connection, wanted: tuple[int, str]) -> dict[int, Row]:
    rows = db.execute("select * from sheet_values where character_id = ? and attribute = ?", wanted)
    return {row["id"]: dict(row) for row in rows}


def _is_of(image: Row | None, wanted: tuple[int, str]) -> bool:
    return bool(image) and (image.get("character_id"), image.get("attribute")) == wanted  # type: ignore[union-attr]


def _worth_telling(before: Row | None, after: Row | None) -> bool:
    told = ("text", "state", "know", "locked", "feeling", "stage_id")
    return before is None or after is None or any(name in after for name in told)


def _past(entry: sqlite3.Row, number: int, state: Row | None) -> Past:
    if not state:
        return Past(entry["at"], None, entry["source"], entry["label"], value_id=number)
    return Past(
        at=entry["at"],
        text=state["text"],
        source=entry["source"],
        label=entry["label"],
        state=state["state"],
        know=state["know"],
        locked=bool(state["locked"]),
        source_ref=state["source_ref"],
        value_id=number,
        stage_id=state["stage_id"],
    )
