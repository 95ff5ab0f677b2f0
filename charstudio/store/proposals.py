"""Keeps what may be true of a character until the writer decides; refused once, it never comes again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from charstudio.errors import StoreError
from charstudio.i18n import _
from charstudio.model import Change, Decision, Message, Offer, Origin, Proposal
from charstudio.sheet import Schema
from charstudio.store.cast import Cast
from charstudio.store.connections import Connections
from charstudio.store.journal import Journal, Recorder, now

Saving = Callable[[], contextlib.AbstractContextManager[None]]

OPEN: tuple[Decision, ...] = ("waiting", "later")
LOOK_BACK = 60  # replies of one character that are looked through at once


class Proposals:
    """The proposals of all characters; one whose words are no longer in its message is out of sight."""

    def __init__(self, connections: Connections, journal: Journal, saving: Saving, cast: Cast) -> None:
        self._connections = connections
        self._journal = journal
        self._saving = saving
        self._cast = cast

    def of(self, character_id: int, decisions: Sequence[Decision] = OPEN) -> list[Proposal]:
        """The proposals for a character with these decisions, oldest first."""
        marks = ", ".join("?" * len(decisions))
        rows = self._db.execute(
            f"{_IN_SIGHT} where p.character_id = ? and p.decision in ({marks})"
            " and coalesce(m.deleted, 0) = 0 and coalesce(t.deleted, 0) = 0 order by p.id",
            [character_id, *decisions],
        )
        return [_proposal(row) for row in rows if row["body"] is None or row["evidence"] in row["body"]]

    def get(self, proposal_id: int) -> Proposal:
        """One proposal; raises `StoreError` if the id is unknown."""
        row = self._db.execute(f"{_IN_SIGHT} where p.id = ?", [proposal_id]).fetchone()
        if row is None:
            raise StoreError(
                _("There is no proposal {id}; `charstudio proposals NAME` lists them.", id=proposal_id)
            )
        return _proposal(row)

    def notice(
        self, character_id: int, offers: Sequence[Offer], origin: Origin, message: Message | None = None
    ) -> list[Proposal]:
        """Keep what was noticed, but for what was proposed or refused before; no step of undo."""
        # a card stays as it is, so that what was kept from it and then changed must not come again
        before = (*OPEN, "refused", "kept") if origin == "card" else (*OPEN, "refused")
        with self._saving():
            recorder = Recorder(self._connections.here())
            made = [
                self._insert(recorder, character_id, offer, origin, message)
                for offer in offers
                if self._same(character_id, offer, before) is None
            ]
        return [self.get(number) for number in made]

    def point(self, character_id: int, offers: Sequence[Offer], message: Message) -> list[Proposal]:
        """Keep what the writer pointed at, though it was refused before; one undo takes it back."""
        found = []
        with self._saving():
            recorder = Recorder(self._connections.here())
            for offer in offers:
                same = self._same(character_id, offer, OPEN)
                if same is None:
                    same = self._insert(recorder, character_id, offer, "kept", message)
                else:
                    recorder.update("proposals", same, decision="waiting")
                found.append(same)
            self._journal.note(recorder, character_id, _("Keep that"), "talk")
        return [self.get(number) for number in found]

    def keep(self, proposal: Proposal, changes: Sequence[Change], schema: Schema, label: str) -> None:
        """Write the value to the sheet and be done with the proposal, as one action."""

        def also(recorder: Recorder) -> None:
            recorder.update("proposals", proposal.id, decision="kept")

        source = "card" if proposal.origin == "card" else "talk"
        self._cast.change(proposal.character_id, changes, schema, source, label, also)

    def decide(self, proposal: Proposal, decision: Decision, label: str) -> None:
        """Refuse a proposal, put it off, or let it wait again."""
        with self._saving():
            recorder = Recorder(self._connections.here())
            recorder.update("proposals", proposal.id, decision=decision)
            self._journal.note(recorder, proposal.character_id, label, "talk")

    # How far replies were looked through

    def unread(self, character_id: int, how: str) -> list[Message]:
        """The last replies of a character that were not looked through in this way since they changed."""
        rows = self._db.execute(
            "select m.* from messages m join talks t on t.id = m.talk_id"
            " where t.character_id = ? and m.role = 'character' and m.state in ('done', 'stopped')"
            " and m.deleted = 0 and t.deleted = 0 order by m.id desc limit ?",
            [character_id, LOOK_BACK],
        ).fetchall()
        unread = [row for row in rows if _mark(how, row["body"]) not in row["looked"].split()]
        return [_message(row) for row in reversed(unread)]

    def looked(self, message: Message, how: str) -> None:
        """A reply was looked through in this way, as it is now."""
        with self._saving():
            row = self._db.execute("select looked, body from messages where id = ?", [message.id]).fetchone()
            if row is not None and row["body"] == message.body:
                kept = [m for m in row["looked"].split() if not m.startswith(f"{how}:")]
                marks = " ".join((*kept, _mark(how, message.body)))
                self._db.execute("update messages set looked = ? where id = ?", [marks, message.id])

    # Inside

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connections.here().conn

    def _same(self, character_id: int, offer: Offer, decisions: Sequence[Decision]) -> int | None:
        """A proposal of the same value for the same place, decided in one of these ways."""
        marks = ", ".join("?" * len(decisions))
        rows = self._db.execute(
            "select id, attributes from proposals where character_id = ? and key = ? and state = ?"
            f" and decision in ({marks}) order by id",
            [character_id, offer.key, offer.state, *decisions],
        )
        wanted = set(offer.attributes)
        return next((int(row["id"]) for row in rows if wanted & set(json.loads(row["attributes"]))), None)

    def _insert(
        self, recorder: Recorder, character_id: int, offer: Offer, origin: Origin, message: Message | None
    ) -> int:
        return recorder.insert(
            "proposals",
            {
                "character_id": character_id,
                "talk_id": message.talk_id if message else None,
                "message_id": message.id if message else None,
                "origin": origin,
                "attributes": json.dumps(offer.attributes),
                "text": offer.text,
                "key": offer.key,
                "evidence": offer.evidence,
                "state": offer.state,
                "created": now(),
            },
        )


_IN_SIGHT = (
    "select p.*, m.body as body from proposals p"
    " left join messages m on m.id = p.message_id left join talks t on t.id = p.talk_id"
)


def _mark(how: str, body: str) -> str:
    return f"{how}:{hashlib.sha256(body.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _proposal(row: sqlite3.Row) -> Proposal:
    offer = Offer(
        row["text"], tuple(json.loads(row["attributes"])), row["evidence"], row["key"], row["state"]
    )
    return Proposal(
        id=row["id"],
        character_id=row["character_id"],
        offer=offer,
        origin=row["origin"],
        decision=row["decision"],
        talk_id=row["talk_id"],
        message_id=row["message_id"],
        created=row["created"],
    )


def _message(row: Any) -> Message:
    return Message(row["id"], row["talk_id"], row["parent_id"], row["role"], row["name"], row["body"])
