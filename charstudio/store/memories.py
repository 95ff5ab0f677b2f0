"""Keeps what a character experienced: who said it and when, the words and the meaning to find it by."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from charstudio.errors import StoreError
from charstudio.i18n import _
from charstudio.model import Memory, MemoryKind
from charstudio.store.connections import Connections
from charstudio.store.journal import Journal, Recorder, now
from charstudio.store.memory_words import Words
from charstudio.store.stages import current_of
from charstudio.store.vectors import Vectors

Saving = Callable[[], contextlib.AbstractContextManager[None]]

LONGEST = 2_000_000  # characters of one memory
EMOTION_STEP = 25  # an emotion of 1 to 10 is kept as two hexadecimal digits: 10 -> 250 -> fa


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to remember, as a file or a talk tells it."""

    text: str
    speaker: str = ""
    ref: str | int | float = ""
    time: str = ""
    moment: float | None = None
    emotion: tuple[float, ...] = ()
    importance: float = 0.5
    kind: MemoryKind = "told"
    stage_id: int | None = None
    talk_id: int | None = None
    message_id: int | None = None
    source_id: int | None = None


# What recall needs to know of a memory that is new or has changed.
CHANGED = (
    "ids", "group", "speaker", "stage", "moment", "importance", "emotion", "pinned", "gone", "asks", "touched"
)  # fmt: skip


class Memories:
    """The memories of all characters; a deleted message takes its memory out of sight with it."""

    def __init__(self, connections: Connections, journal: Journal, saving: Saving) -> None:
        self._connections = connections
        self._journal = journal
        self._saving = saving
        self.words = Words(connections)
        self.vectors = Vectors(connections)

    # Keeping

    def note(self, character_id: int, text: str, **more: Any) -> Memory:
        """Keep what the writer notes for a character; undo takes it back."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            (number,) = self._insert(character_id, [Told(text, kind="note", **more)], recorder)
            self._journal.note(recorder, character_id, _("Memory: {text}", text=text[:60]), "form")
        return self.get(number)

    def said(self, character_id: int, talk_id: int, message_id: int, text: str, **more: Any) -> Memory:
        """Keep what was said in a talk."""
        told = Told(text.strip(), kind="said", talk_id=talk_id, message_id=message_id, **more)
        with self._saving():
            (number,) = self._insert(character_id, [told])
        return self.get(number)

    def source(self, character_id: int, name: str) -> int:
        """The file of that name as a source of memories; undo takes it back with all that it told."""
        row = self._db.execute(
            "select id from memory_sources where character_id = ? and name = ? and deleted = 0",
            [character_id, name],
        ).fetchone()
        if row is not None:
            return int(row["id"])
        with self._saving():
            recorder = Recorder(self._connections.here())
            made = {"character_id": character_id, "name": name, "created": now()}
            number = recorder.insert("memory_sources", made)
            self._journal.note(recorder, character_id, _("Memories from {name}", name=name[:60]), "import")
        return number

    def tell(self, character_id: int, told: Sequence[Told]) -> int:
        """Keep many things at once, in their order and in one transaction; what is known by its `ref` is
        passed over. Returns how many were new.
        """
        with self._saving():
            known = self._known(character_id, [t.ref for t in told if t.ref != ""])
            new: dict[object, Told] = {}
            for n, one in enumerate(told):
                if one.ref not in known:
                    new.setdefault(one.ref if one.ref != "" else (n,), one)
            return len(self._insert(character_id, list(new.values())))

    def supersede(self, memory_id: int, text: str, valid_from: str = "") -> Memory:
        """Put a newer memory in the place of one that no longer holds; both are kept, undo takes it back."""
        old = self.get(memory_id)
        with self._saving():
            recorder = Recorder(self._connections.here())
            told = Told(text, old.speaker, "", old.time, old.moment, kind="note", stage_id=old.stage_id)
            (number,) = self._insert(old.character_id, [told], recorder)
            recorder.update("memories", number, supersedes=memory_id, valid_from=valid_from)
            recorder.update("memories", memory_id, valid_to=valid_from or now(), muted=1)
            self._journal.note(recorder, old.character_id, _("Memory: {text}", text=text[:60]), "form")
            self.words.repair(old.character_id)
        return self.get(number)

    # Changing

    def edit(self, memory_id: int, **columns: Any) -> Memory:
        """Change a memory (text, importance, time, stage_id, pinned, muted …); undo takes it back."""
        memory = self.get(memory_id)
        if "text" in columns and memory.message_id is not None:
            raise StoreError(_("This was said in a talk; edit the message there, and the memory follows."))
        if "emotion" in columns:
            columns["emotion"] = packed(columns["emotion"])
        with self._saving():
            recorder = Recorder(self._connections.here())
            recorder.update("memories", memory_id, **columns)
            text = str(columns.get("text", memory.text))
            label = _("Memory changed: {text}", text=text[:60])
            self._journal.note(recorder, memory.character_id, label, "form")
            self.words.repair(memory.character_id)
        return self.get(memory_id)

    def delete(self, memory_id: int) -> None:
        """Forget something; undo brings it back."""
        memory = self.get(memory_id)
        with self._saving():
            recorder = Recorder(self._connections.here())
            recorder.delete("memories", memory_id)
            label = _("Forget: {text}", text=memory.text[:60])
            self._journal.note(recorder, memory.character_id, label, "form")
            self.words.repair(memory.character_id)

    def feel(self, felt: Iterable[tuple[int, tuple[float, ...]]], by: str) -> None:
        """Keep how memories feel, as somebody worked it out; no step of the writer's, so no undo."""
        with self._saving():
            self._db.executemany(
                "update memories set emotion = ?, emotion_by = ? where id = ?",
                [(packed(emotion), by, number) for number, emotion in felt],
            )

    def without_emotion(self, character_id: int, limit: int) -> list[Memory]:
        """Memories of which nobody has told how they feel."""
        rows = self._db.execute(
            f"select * from memories where character_id = ? and emotion_by = '' and {_IN_SIGHT} limit ?",
            [character_id, limit],
        )
        return [_memory(row) for row in rows]

    def catch_up(self, character_id: int) -> None:
        """Bring what is found by words in step with what was edited, deleted or undone anywhere."""
        if self.words.stale(character_id):
            with self._saving():
                self.words.repair(character_id)

    # Looking

    def get(self, memory_id: int) -> Memory:
        """One memory."""
        row = self._db.execute("select * from memories where id = ?", [memory_id]).fetchone()
        if row is None:
            raise StoreError(_("There is no memory {id}.", id=memory_id))
        return _memory(row)

    def several(self, memory_ids: Sequence[int]) -> list[Memory]:
        """Memories in the order of their ids as given."""
        return [self.get(number) for number in memory_ids]

    def of(self, character_id: int, *, after: int = 0, limit: int = -1) -> list[Memory]:
        """The memories of a character, oldest first; page by page with `after` and `limit`."""
        self.catch_up(character_id)
        rows = self._db.execute(
            f"select * from memories where character_id = ? and {_IN_SIGHT} and id > ? order by id limit ?",
            [character_id, after, limit],
        )
        return [_memory(row) for row in rows]

    def count(self, character_id: int) -> int:
        """How many memories a character has."""
        self.catch_up(character_id)
        row = self._db.execute(
            f"select count(*) from memories where character_id = ? and {_IN_SIGHT}", [character_id]
        ).fetchone()
        return int(row[0])

    def any_beyond(self, character_id: int, message_ids: frozenset[int]) -> bool:
        """Whether a character has a memory that comes from none of these messages."""
        rows = self._db.execute(
            f"select message_id from memories where character_id = ? and {_IN_SIGHT} limit ?",
            [character_id, len(message_ids) + 1],
        )
        return any(row["message_id"] not in message_ids for row in rows)

    def by_words(self, character_id: int, text: str, limit: int = 8) -> list[tuple[Memory, float]]:
        """Memories that share words with a text, best first; scores are BM25, higher is better."""
        self.catch_up(character_id)
        found, _used = self.words.matching(
            _WORDS.findall(text.casefold())[:_MOST_WORDS], most_rows=_MOST_ROWS
        )
        best: list[tuple[Memory, float]] = []
        for number, score in sorted(found, key=lambda pair: -pair[1]):
            row = self._db.execute(
                f"select * from memories where id = ? and character_id = ? and {_IN_SIGHT}",
                [number, character_id],
            ).fetchone()
            if row is not None:
                best.append((_memory(row), score))
            if len(best) == limit:
                break
        return best

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several looks at one state of the library, whatever is written meanwhile."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("begin")
        try:
            yield
        finally:
            self._db.execute("commit")

    def changed(self, character_id: int, since: int) -> sqlite3.Cursor:
        """What is new or has changed since the change numbered `since`: rows of `CHANGED`, by id."""
        rows = self._db.execute(
            "select id, case when talk_id is not null then talk_id * 2 when source_id is not null"
            " then source_id * 2 + 1 else -id end, speaker, coalesce(stage_id, 0), moment, importance,"
            " case emotion when '' then '0000000000000000' else emotion end, pinned,"
            " deleted or hidden or muted,"
            " substr(rtrim(text), -1) = '?' or length(text) < 80 and instr(text, '?') > 0, touched"
            " from memories where character_id = ? and touched > ? order by id",
            [character_id, since],
        )
        rows.row_factory = None
        return rows

    # Meaning

    def without_vector(
        self, character_id: int, embedder: str, limit: int = 64, *, after: int = 0
    ) -> list[Memory]:
        """Memories whose meaning this embedder has not read yet (or read before they were edited), with
        ids above `after`.
        """
        self.catch_up(character_id)
        rows = self._db.execute(
            f"select * from memories m where m.character_id = ? and {_IN_SIGHT} and m.id > ? and not exists"
            " (select 1 from vectors v where v.memory_id = m.id and v.embedder = ?) order by id limit ?",
            [character_id, after, embedder, limit],
        )
        return [_memory(row) for row in rows]

    def forget_other_vectors(self, character_id: int, embedder: str) -> None:
        """Drop what other embedders read, once this one has read all."""
        with self._saving():
            self.vectors.forget_others(character_id, embedder)

    def keep_vectors(self, embedder: str, dimension: int, read: Sequence[tuple[Memory, bytes]]) -> None:
        """Keep the meaning of memories: little-endian float16, unit length, `dimension` numbers each."""
        with self._saving():
            self.vectors.keep(embedder, dimension, read)

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn

    def _known(self, character_id: int, refs: Sequence[str | int | float]) -> set[str | int | float]:
        """Which of these ids of a source are remembered already, and not taken back."""
        rows = self._db.execute(
            "select ref from json_each(?) cross join memories on ref = value"
            f" where character_id = ? and ref != '' and {_IN_SIGHT} and not exists"
            " (select 1 from memory_sources s where s.id = source_id and s.deleted)",
            [json.dumps(refs), character_id],
        )
        return {row["ref"] for row in rows}

    def _stage(self, character_id: int, talk_id: int | None) -> int | None:
        """The stage of a talk, or the one at which the character stands."""
        if talk_id is None:
            return current_of(self._db, character_id)
        row = self._db.execute("select stage_id from talks where id = ?", [talk_id]).fetchone()
        return row["stage_id"] if row else None

    def _insert(self, character_id: int, told: Sequence[Told], recorder: Recorder | None = None) -> list[int]:
        """Add memories of one talk or file and index their words; inside a transaction."""
        if not told:
            return []
        if any(len(t.text) > LONGEST for t in told):
            raise StoreError(
                _("A memory can have {most} characters at most; cut it in pieces.", most=LONGEST)
            )
        touched = self._db.execute("select coalesce(max(touched), 0) + 1 from memories").fetchone()[0]
        first = self._db.execute("select coalesce(max(id), 0) + 1 from memories").fetchone()[0]
        stages = {talk_id: self._stage(character_id, talk_id) for talk_id in {t.talk_id for t in told}}
        shared = {"character_id": character_id, "created": now(), "touched": touched}
        rows = [
            {"id": n, **_columns(t), **shared, "stage_id": t.stage_id or stages[t.talk_id]}
            for n, t in enumerate(told, first)
        ]
        if recorder is None:
            self._db.executemany(_INSERT, [tuple(row[name] for name in _NAMES) for row in rows])
        else:
            for row in rows:
                recorder.insert("memories", row)
        added = [(row["id"], row["text"]) for row in rows]
        self.words.add(added, self.words.neighbour(added[0][0], -1))
        return [number for number, _text in added]


def packed(emotion: Sequence[float]) -> str:
    """Eight numbers from 1 to 10 as sixteen hexadecimal digits; none as none."""
    return bytes(min(250, max(0, round(value * EMOTION_STEP))) for value in emotion).hex()


_IN_SIGHT = "deleted = 0 and hidden = 0"
_WORDS = re.compile(r"\w{3,}")
_MOST_WORDS = 40
_MOST_ROWS = 50_000
_TOLD = (
    "talk_id", "message_id", "source_id", "stage_id", "kind", "text", "speaker", "ref", "time", "moment",
    "importance",
)  # fmt: skip
_NAMES = ("id", *_TOLD, "emotion", "emotion_by", "character_id", "created", "touched")
_INSERT = f"insert into memories ({', '.join(_NAMES)}) values ({', '.join('?' * len(_NAMES))})"


def _columns(told: Told) -> dict[str, Any]:
    columns = {name: getattr(told, name) for name in _TOLD}
    return {**columns, "emotion": packed(told.emotion), "emotion_by": "words" if told.emotion else ""}


def _memory(row: sqlite3.Row) -> Memory:
    names = (
        "id", "character_id", "text", "kind", "talk_id", "message_id", "created", "speaker", "ref", "time",
        "moment", "stage_id", "source_id", "importance", "supersedes", "valid_from", "valid_to",
    )  # fmt: skip
    return Memory(
        **{name: row[name] for name in names},
        emotion=tuple(value / EMOTION_STEP for value in bytes.fromhex(row["emotion"])),
        pinned=bool(row["pinned"]),
        muted=bool(row["muted"]),
    )
