"""Finds every text of a library in which a word stands, and writes many of them anew at once."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from charstudio.store.connections import Connections
from charstudio.store.journal import Journal, Recorder

Saving = Callable[[], contextlib.AbstractContextManager[None]]

# What a name can stand in. What was said in a talk stays as it was said.
_QUERIES = {
    ("sheet_values", "text"): (
        "select v.id, v.character_id, v.text, v.attribute, v.locked from sheet_values v"
        " join characters c on c.id = v.character_id where c.deleted = 0 and v.state = 'set'"
    ),
    ("sheet_values", "feeling"): (
        "select v.id, v.character_id, v.feeling as text, v.attribute, v.locked from sheet_values v"
        " join characters c on c.id = v.character_id where c.deleted = 0 and v.feeling <> ''"
    ),
    ("memories", "text"): (
        "select m.id, m.character_id, m.text, '' as attribute, 0 as locked from memories m"
        " join characters c on c.id = m.character_id"
        " where c.deleted = 0 and m.deleted = 0 and m.kind = 'note'"
    ),
    ("talks", "note"): (
        "select t.id, t.character_id, t.note as text, '' as attribute, 0 as locked from talks t"
        " join characters c on c.id = t.character_id where c.deleted = 0 and t.deleted = 0 and t.note <> ''"
    ),
    ("cards", "raw"): (
        "select k.id, k.character_id, k.raw as text, '' as attribute, 0 as locked from cards k"
        " join characters c on c.id = k.character_id where c.deleted = 0"
        " and k.id = (select max(l.id) from cards l where l.character_id = k.character_id)"
    ),
}


@dataclass(frozen=True, slots=True)
class Text:
    """One text of one row; with other words it says what the row is to become. A card is its JSON."""

    table: str
    column: str
    id: int
    character_id: int
    text: str
    attribute: str = ""
    locked: bool = False


class Texts:
    """The prose of a whole library, wherever it is kept."""

    def __init__(
        self,
        connections: Connections,
        journal: Journal,
        saving: Saving,
        catch_up: Callable[[Iterable[tuple[str, int]]], None],
    ) -> None:
        self._connections = connections
        self._journal = journal
        self._saving = saving
        self._catch_up = catch_up

    def with_any(self, words: Sequence[str]) -> list[Text]:
        """Every text in which one of these words stands, in the order of the characters."""
        words = [word for word in words if word]
        if not words:
            return []
        found = []
        for (table, column), query in _QUERIES.items():
            has = " or ".join(["instr(text, ?)"] * len(words))
            for row in self._db.execute(f"select * from ({query}) where {has} order by id", words):
                place = (table, column, row["id"], row["character_id"], row["text"], row["attribute"])
                found.append(Text(*place, locked=bool(row["locked"])))
        return sorted(found, key=lambda text: text.character_id)

    def rewrite(self, character_id: int, texts: Sequence[Text], label: str) -> None:
        """Write these texts, as one action that one undo of `character_id` takes back."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            for text in texts:
                if (text.table, text.column) not in _QUERIES:
                    raise ValueError(f"{text.table}.{text.column} is not to be rewritten")
                recorder.update(text.table, text.id, **{text.column: text.text})
            self._journal.note(recorder, character_id, label, "form")
            self._catch_up([(text.table, text.id) for text in texts])

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn
