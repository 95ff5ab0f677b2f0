"""Keeps the conversations: trees of messages in which every alternative and every deleted word stays."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from charstudio.errors import StoreError
from charstudio.i18n import _
from charstudio.model import Message, MessageState, Role, Spoken, Talk
from charstudio.store.connections import Connections
from charstudio.store.journal import Journal, Recorder, now
from charstudio.store.stages import current_of

Saving = Callable[[], contextlib.AbstractContextManager[None]]


class Talks:
    """The talks of a library and their messages."""

    def __init__(self, connections: Connections, journal: Journal, saving: Saving) -> None:
        self._connections = connections
        self._journal = journal
        self._saving = saving

    # Talks

    def of(self, character_id: int) -> list[Talk]:
        """The talks with one character, the one last spoken in first."""
        rows = self._db.execute(
            "select * from talks where character_id = ? and deleted = 0 order by updated desc, id desc",
            [character_id],
        )
        return [_talk(row) for row in rows]

    def get(self, talk_id: int) -> Talk:
        """One talk; raises `StoreError` if the id is unknown."""
        return _talk(self._talk_row(talk_id))

    def new(self, character_id: int, title: str = "") -> Talk:
        """Open an empty talk, at the stage at which the character stands and as strict as the last one."""
        with self._saving():
            last = self.of(character_id)[:1]
            row = {
                "character_id": character_id,
                "title": title,
                "stage_id": current_of(self._db, character_id),
                "strict": int(bool(last) and last[0].strict),
                "created": now(),
                "updated": now(),
            }
            cursor = self._db.execute(
                f"insert into talks ({', '.join(row)}) values ({', '.join('?' * len(row))})",
                list(row.values()),
            )
        return self.get(int(cursor.lastrowid or 0))

    def delete(self, talk_id: int) -> None:
        """Put a talk away; undo brings it back."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            recorder.delete("talks", talk_id)
            self._note(recorder, talk_id, _("Delete a talk"))

    def set_draft(self, talk_id: int, text: str) -> None:
        """Keep what is being typed, so that a crash does not lose it."""
        with self._saving():
            self._db.execute("update talks set draft = ? where id = ?", [text, talk_id])

    def set_note(self, talk_id: int, text: str) -> None:
        """Change the author's note of a talk."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            recorder.update("talks", talk_id, note=text)
            self._note(recorder, talk_id, _("Author’s note"))

    def set_strict(self, talk_id: int, *, strict: bool) -> None:
        """Let the character answer from the sheet alone, or invent."""
        with self._saving():
            self._db.execute("update talks set strict = ? where id = ?", [int(strict), talk_id])

    def cut_before(self, talk_id: int, message_id: int) -> None:
        """Say that older messages no longer go to the model (they stay in the talk)."""
        with self._saving():
            self._db.execute("update talks set from_id = ? where id = ?", [message_id, talk_id])

    # Messages

    def messages(self, talk_id: int, before: int | None = None, limit: int = 60) -> list[Message]:
        """The branch in view, oldest first: its last `limit` messages, or those before a message."""
        talk = self._talk_row(talk_id)
        start = talk["head_id"]
        if before is not None:
            row = self._db.execute("select parent_id from messages where id = ?", [before]).fetchone()
            start = row["parent_id"] if row else None
        return self._path(start, limit)

    def tree(self, talk_id: int) -> tuple[list[Spoken], int | None]:
        """Every message of a talk with all its branches, and which of them is the last of the one in view."""
        rows = self._db.execute(
            "select * from messages where talk_id = ? and deleted = 0 order by id", [talk_id]
        ).fetchall()
        places = {row["id"]: place for place, row in enumerate(rows)}
        told = [
            Spoken(
                row["role"],
                row["name"],
                row["body"],
                places.get(row["parent_id"]),
                row["created"],
                json.loads(row["figures"]).get("kept", {}),
            )
            for row in rows
        ]
        return told, places.get(self._talk_row(talk_id)["head_id"])

    def take_in(
        self, character_id: int, title: str, note: str, spoken: Sequence[Spoken], last: int | None
    ) -> Talk:
        """A talk from elsewhere, with all its branches, as one step; undo puts it away."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            row = {"character_id": character_id, "title": title, "note": note}
            talk_id = recorder.insert("talks", {**row, "created": now(), "updated": now()})
            ids: list[int] = []
            for one in spoken:
                parent = None if one.parent is None else ids[one.parent]
                cursor = self._db.execute(
                    "insert into messages (talk_id, parent_id, role, name, body, figures, created)"
                    " values (?, ?, ?, ?, ?, ?, ?)",
                    [talk_id, parent, one.role, one.name, one.body, _kept(one), one.created or now()],
                )
                ids.append(int(cursor.lastrowid or 0))
            if last is not None:
                self._move_head(talk_id, ids[last])
            self._note(recorder, talk_id, _("Import of a talk"))
        return self.get(talk_id)

    def message(self, message_id: int) -> Message:
        """One message."""
        found = self._path(message_id, 1)
        if not found:
            raise StoreError(_("That message is no longer there."))
        return found[0]

    def add(
        self,
        talk_id: int,
        role: Role,
        body: str,
        *,
        name: str = "",
        state: MessageState = "done",
        moment: str = "",
        parent_id: int | None = None,
        beside: int | None = None,
    ) -> Message:
        """Say something at the end of the branch, under `parent_id`, or `beside` another as a swipe."""
        with self._saving():
            talk = self._talk_row(talk_id)
            parent = parent_id if parent_id is not None else talk["head_id"]
            if beside is not None:
                row = self._db.execute("select parent_id from messages where id = ?", [beside]).fetchone()
                parent = row["parent_id"] if row else None
            cursor = self._db.execute(
                "insert into messages (talk_id, parent_id, role, name, body, state, moment, created) "
                "values (?, ?, ?, ?, ?, ?, ?, ?)",
                [talk_id, parent, role, name, body, state, moment, now()],
            )
            number = int(cursor.lastrowid or 0)
            self._move_head(talk_id, number)
        return self.message(number)

    def write(
        self, message_id: int, body: str, state: MessageState, figures: dict[str, Any] | None = None
    ) -> None:
        """Save a reply while it is written and when it ends."""
        with self._saving():
            self._db.execute(
                "update messages set body = ?, state = ?, figures = coalesce(?, figures) where id = ?",
                [body, state, json.dumps(figures) if figures is not None else None, message_id],
            )

    def keep_ids(self, message_id: int, ids: Sequence[int], mark: str) -> None:
        """Keep the tokens a reply was written with, and whose tokens they are."""
        with self._saving():
            self._db.execute(
                "update messages set ids = ?, ids_of = ? where id = ?",
                [" ".join(map(str, ids)), mark, message_id],
            )

    def show(self, message_id: int) -> None:
        """Put the branch of a message into view."""
        with self._saving():
            self._move_head(self._message_row(message_id)["talk_id"], self._leaf(message_id))

    def set_moment(self, message_id: int, moment: str) -> None:
        """Keep what was told to the model just before a message."""
        with self._saving():
            self._db.execute("update messages set moment = ? where id = ?", [moment, message_id])

    def edit(self, message_id: int, body: str) -> Message:
        """Change the words of a message; undo brings the old ones back."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            recorder.update("messages", message_id, body=body, state="done")
            self._note(recorder, self._message_row(message_id)["talk_id"], _("Edit a message"))
        return self.message(message_id)

    def delete_message(self, message_id: int) -> None:
        """Take one message out; what followed it follows its neighbour, undo brings it back."""
        with self._saving():
            row = self._message_row(message_id)
            talk = self._talk_row(row["talk_id"])
            heir = self._nearest_sibling(row) or row["parent_id"]
            recorder = Recorder(self._connections.here())
            for child in self._children(message_id):
                recorder.update("messages", child, parent_id=heir)
            recorder.delete("messages", message_id)
            if talk["head_id"] == message_id:
                recorder.update("talks", talk["id"], head_id=heir and self._leaf(heir))
            self._note(recorder, talk["id"], _("Delete a message"))

    def swipe(self, message_id: int, step: int) -> Message | None:
        """Show the alternative `step` places further on (-1 back, 1 on) and its latest continuation."""
        row = self._message_row(message_id)
        siblings = self._siblings(row)
        place = siblings.index(message_id) + step
        if not 0 <= place < len(siblings):
            return None
        with self._saving():
            self._move_head(row["talk_id"], self._leaf(siblings[place]))
        return self.message(siblings[place])

    def close_unfinished(self) -> int:
        """Mark replies that a crash cut off as stopped; returns how many there were."""
        with self._saving():
            cursor = self._db.execute("update messages set state = 'stopped' where state = 'writing'")
        return int(cursor.rowcount)

    # Inside

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn

    def _path(self, start: int | None, limit: int) -> list[Message]:
        rows = self._db.execute(
            "with recursive path (id, depth) as ("
            " select id, 1 from messages where id = ?"
            " union all select m.parent_id, depth + 1 from path join messages m on m.id = path.id"
            " where m.parent_id is not null and depth < ?)"
            " select m.*,"
            " (select count(*) from messages s where s.talk_id = m.talk_id and s.parent_id is m.parent_id"
            "   and s.role = m.role and s.deleted = 0) as swipes,"
            " (select count(*) from messages s where s.talk_id = m.talk_id and s.parent_id is m.parent_id"
            "   and s.role = m.role and s.deleted = 0 and s.id <= m.id) as swipe"
            " from path join messages m on m.id = path.id where m.deleted = 0 order by depth desc",
            [start, limit],
        )
        return [_message(row) for row in rows]

    def _talk_row(self, talk_id: int) -> sqlite3.Row:
        row: sqlite3.Row | None = self._db.execute("select * from talks where id = ?", [talk_id]).fetchone()
        if row is None:
            raise StoreError(_("That talk is no longer there."))
        return row

    def _message_row(self, message_id: int) -> sqlite3.Row:
        query = "select * from messages where id = ?"
        row: sqlite3.Row | None = self._db.execute(query, [message_id]).fetchone()
        if row is None:
            raise StoreError(_("That message is no longer there."))
        return row

    def _children(self, message_id: int) -> list[int]:
        rows = self._db.execute(
            "select id from messages where parent_id = ? and deleted = 0 order by id", [message_id]
        )
        return [row["id"] for row in rows]

    def _siblings(self, row: sqlite3.Row) -> list[int]:
        rows = self._db.execute(
            "select id from messages where talk_id = ? and parent_id is ? and role = ? and deleted = 0"
            " order by id",
            [row["talk_id"], row["parent_id"], row["role"]],
        )
        return [sibling["id"] for sibling in rows]

    def _nearest_sibling(self, row: sqlite3.Row) -> int | None:
        others = [s for s in self._siblings(row) if s != row["id"]]
        earlier = [s for s in others if s < row["id"]]
        return earlier[-1] if earlier else others[0] if others else None

    def _leaf(self, message_id: int) -> int:
        row = self._db.execute(
            "with recursive down (id, depth) as ("
            " select ?, 0 union all"
            " select (select max(m.id) from messages m where m.parent_id = down.id and m.deleted = 0),"
            " depth + 1"
            " from down where down.id is not null)"
            " select id from down where id is not null order by depth desc limit 1",
            [message_id],
        ).fetchone()
        return int(row["id"])

    def _move_head(self, talk_id: int, message_id: int) -> None:
        self._db.execute(
            "update talks set head_id = ?, updated = ? where id = ?", [message_id, now(), talk_id]
        )

    def _note(self, recorder: Recorder, talk_id: int, label: str) -> None:
        self._journal.note(recorder, self._talk_row(talk_id)["character_id"], label, "talk")


def _kept(spoken: Spoken) -> str:
    return json.dumps({"kept": spoken.kept} if spoken.kept else {})


def _talk(row: sqlite3.Row) -> Talk:
    return Talk(
        id=row["id"],
        character_id=row["character_id"],
        title=row["title"],
        head_id=row["head_id"],
        from_id=row["from_id"],
        note=row["note"],
        draft=row["draft"],
        created=row["created"],
        updated=row["updated"],
        stage_id=row["stage_id"],
        strict=bool(row["strict"]),
    )


def _message(row: sqlite3.Row) -> Message:
    return Message(
        id=row["id"],
        talk_id=row["talk_id"],
        parent_id=row["parent_id"],
        role=row["role"],
        name=row["name"],
        body=row["body"],
        state=row["state"],
        moment=row["moment"],
        created=row["created"],
        swipe=row["swipe"],
        swipes=row["swipes"],
        figures=json.loads(row["figures"]),
        ids=tuple(map(int, row["ids"].split())),
        ids_of=row["ids_of"],
    )
