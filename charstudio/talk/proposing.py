"""What a character says of itself becomes proposals, and a click of the writer makes them values.

Nothing enters the sheet by itself. Rules come first and need no model; a model may look at the rest while
nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from charstudio.engines import Engine, EngineEvent, Piece
from charstudio.errors import Cancel, StoreError
from charstudio.guide.facts import Fact
from charstudio.guide.reading import Reading
from charstudio.i18n import _
from charstudio.model import Change, Message, Offer, Proposal, Value
from charstudio.sheet import Schema, Sheet
from charstudio.store import Library
from charstudio.talk.notice import Noticed, Noticing
from charstudio.talk.notice_model import places_for, prompts_for, read_answer, sampling_for
from charstudio.talk.persona import echoed
from charstudio.talk.spoken import Statement
from charstudio.talk.standing import Standing, normal, standing

RULES, MODEL = "rules", "model"
LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Place:
    """One place on the sheet where a proposal may go: the sentence it would make, and what is said there."""

    attribute: str
    label: str
    sentence: str
    against: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A proposal as a person reads it; several places are to choose from."""

    proposal: Proposal
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """A reply was looked through, or the card (message 0), and these are new."""

    message_id: int
    found: tuple[Proposal, ...]


class Proposing:
    """The proposals of one library: found in talk, shown, decided."""

    def __init__(
        self,
        library: Library,
        schema: Schema,
        reading: Callable[[], Reading],
        engine: Callable[[], Engine],
        slot: str = "",
        card: Callable[[int], str] = lambda _character_id: "",
    ) -> None:
        self._library = library
        self._schema = schema
        self._reading = reading
        self._engine = engine
        self._slot = slot
        self._card = card
        self._cards_read: set[int] = set()
        self._noticing: Noticing | None = None

    # What is proposed

    def waiting(self, character_id: int) -> list[Shown]:
        """What waits for a decision, and then what was put off; what the sheet says by now is left out."""
        sheets: dict[int | None, Sheet] = {}
        shown = []
        for proposal in self._library.proposals.of(character_id):
            stage = self._stage(proposal)
            if stage not in sheets:
                sheets[stage] = self._library.cast.sheet_as_of(character_id, stage)
            shown.append(self._shown(proposal, sheets[stage]))
        return sorted((s for s in shown if s.places), key=lambda s: s.proposal.decision == "later")

    def shown(self, proposal_id: int) -> Shown:
        """One proposal with its places; none when the sheet says it already."""
        proposal = self._library.proposals.get(proposal_id)
        return self._shown(proposal, self._sheet(proposal))

    def _shown(self, proposal: Proposal, sheet: Sheet) -> Shown:
        places = []
        for attribute in proposal.offer.attributes:
            if attribute in self._schema.attributes:
                how = standing(sheet, self._schema, attribute, proposal.offer)
                if how.kind != "known":
                    places.append(self._place(attribute, proposal.offer, how))
        return Shown(proposal, tuple(places))

    def point(self, message_id: int, selection: str = "") -> list[Proposal]:
        """“Keep that”: what the writer points at in a message, as proposals."""
        message = self._library.talks.message(message_id)
        words = selection.strip() if selection.strip() and selection.strip() in message.body else message.body
        found = self._notices().kept(words)
        return self._library.proposals.point(self._of(message), [_offer(n) for n in found], message)

    # Noticing

    def look(self, character_id: int, cancel: Cancel) -> Iterator[Looked]:
        """Look through card and replies by rules alone, replies that were not looked through before."""
        if character_id not in self._cards_read:
            self._cards_read.add(character_id)
            yield from self._look_at_card(character_id)
        for message in self._library.proposals.unread(character_id, RULES):
            cancel.check()
            yield self._keep(message, self._notices().sure(message.body), RULES)

    def look_closer(self, character_id: int, cancel: Cancel) -> Iterator[Looked]:
        """Ask the model about what the rules could not place, the newest reply first; can be stopped."""
        yield from self.look(character_id, cancel)
        unread = self._library.proposals.unread(character_id, MODEL)
        for message in reversed(unread):
            found = []
            for statement, options in self._notices().undecided(message.body):
                noticed = self.ask(statement, options, cancel)
                if noticed is not None:
                    found.append(noticed)
            yield self._keep(message, found, MODEL)

    def _look_at_card(self, character_id: int) -> Iterator[Looked]:
        """What the card of a character tells of it, but for what stands on the sheet."""
        prose = self._card(character_id)
        if not prose.strip():
            return
        sheet = self._library.cast.sheet(character_id)
        names = (sheet.full_name, *(v.text for v in sheet.of("short_name")), sheet.called)
        found = self._notices().told_of(prose, names)
        offers = [o for n in found if self._is_new(sheet, o := _offer(n))]
        yield Looked(0, tuple(self._library.proposals.notice(character_id, offers, "card")))

    def ask(self, statement: Statement, options: Sequence[str], cancel: Cancel) -> Noticed | None:
        """Where the model in use puts a statement; None when it is about nothing that lasts."""
        engine = self._engine()
        able = engine.describe(cancel).has_template
        places = places_for(options, self._schema, able=able)
        answers: list[Noticed | None] = []
        for prompt in prompts_for(statement, self._slot, able=able) if places else ():
            text = "".join(_words(engine.stream(prompt, sampling_for(tuple(places)), cancel)))
            answers.append(read_answer(text, statement, places))
            if answers[0] is None or answers[-1] != answers[0]:
                return None
        noticed = answers[0] if answers else None
        noticed = self._notices().placed(noticed, statement) if noticed is not None else None
        return noticed if noticed is not None and self._notices().holds(noticed) else None

    # Decisions

    def keep(self, proposal_id: int, attribute: str = "") -> Proposal:
        """Write a proposal to the sheet, at `attribute` where there are several places."""
        proposal = self._open(proposal_id)
        attribute = self._chosen(proposal, attribute)
        label = _(self._schema.attributes[attribute].label)
        offer = proposal.offer
        said = _("Kept: {label}, {value}", label=label, value=offer.text[:LONGEST_LABEL] or _("none"))
        self._library.proposals.keep(proposal, self._changes(proposal, attribute), self._schema, said)
        return self._library.proposals.get(proposal_id)

    def refuse(self, proposal_id: int) -> Proposal:
        """It is not so; it is never proposed again."""
        proposal = self._open(proposal_id)
        words = _("Not this: {value}", value=proposal.offer.text[:LONGEST_LABEL])
        self._library.proposals.decide(proposal, "refused", words)
        return self._library.proposals.get(proposal_id)

    def later(self, proposal_id: int) -> Proposal:
        """Decide another time."""
        proposal = self._open(proposal_id)
        words = _("Later: {value}", value=proposal.offer.text[:LONGEST_LABEL])
        self._library.proposals.decide(proposal, "later", words)
        return self._library.proposals.get(proposal_id)

    # Inside

    def _notices(self) -> Noticing:
        if self._noticing is None:
            self._noticing = Noticing(self._schema, self._reading())
        return self._noticing

    def _keep(self, message: Message, found: Sequence[Noticed], how: str) -> Looked:
        """Keep what is new to the sheet, and note that the reply was looked through."""
        character_id = self._of(message)
        talk = self._library.talks.get(message.talk_id)
        sheet = self._library.cast.sheet_as_of(character_id, talk.stage_id)
        offers = [o for n in found if self._is_new(sheet, o := _offer(n))]
        made = self._library.proposals.notice(character_id, offers, "noticed", message)
        self._library.proposals.looked(message, how)
        return Looked(message.id, tuple(made))

    def _is_new(self, sheet: Sheet, offer: Offer) -> bool:
        return all(standing(sheet, self._schema, a, offer).kind != "known" for a in offer.attributes)

    def _of(self, message: Message) -> int:
        return self._library.talks.get(message.talk_id).character_id

    def _stage(self, proposal: Proposal) -> int | None:
        """The stage of the talk in which it was said; else the one at which the character stands."""
        if proposal.talk_id is not None:
            return self._library.talks.get(proposal.talk_id).stage_id
        current = self._library.stages.current(proposal.character_id)
        return current.id if current is not None else None

    def _sheet(self, proposal: Proposal) -> Sheet:
        return self._library.cast.sheet_as_of(proposal.character_id, self._stage(proposal))

    def _open(self, proposal_id: int) -> Proposal:
        proposal = self._library.proposals.get(proposal_id)
        if proposal.decision in ("kept", "refused"):
            raise StoreError(_("That was decided already; undo takes the decision back."))
        return proposal

    def _chosen(self, proposal: Proposal, attribute: str) -> str:
        options = proposal.offer.attributes
        if not attribute and len(options) == 1:
            return options[0]
        if attribute:
            return self._schema.attribute(attribute).id
        names = ", ".join(options)
        raise StoreError(_("Say where it belongs; it could be {names}.", names=names))

    def _place(self, attribute: str, offer: Offer, how: Standing) -> Place:
        about = self._schema.attributes[attribute]
        if offer.state != "set":
            sentence = _("None. {label}: there is nothing to tell.", label=_(about.label))
        else:
            sentence = echoed(about, [self._text(offer, attribute)])
        return Place(attribute, _(about.label), sentence, how.against)

    def _text(self, offer: Offer, attribute: str) -> str:
        """The value; of a line to be said again, the very words."""
        about = self._schema.attributes[attribute]
        spoken = "verbatim" in about.flags and about.type == "prose"
        return offer.evidence.strip(' *“”"') or offer.text if spoken else offer.text

    def _changes(self, proposal: Proposal, attribute: str) -> tuple[Change, ...]:
        """The changes that put it on the sheet, from the stage on in which it was said."""
        offer, stage = proposal.offer, self._stage(proposal)
        ref = f"message:{proposal.message_id}" if proposal.message_id is not None else ""
        fact = Fact((attribute,), self._text(offer, attribute), state=offer.state)
        told = self._reading().telling.changes(fact, self._sheet(proposal))
        whole = self._library.cast.whole_sheet(proposal.character_id)
        stages = self._library.stages.of(proposal.character_id)
        changes = []
        for change in told:
            change = Change(attribute, change.value, change.op, state=change.state, source_ref=ref)
            changes.append(whole.placed(change, stage, stages))
        return tuple(changes)


def _words(events: Iterator[EngineEvent]) -> Iterator[str]:
    for event in events:
        if isinstance(event, Piece):
            yield event.text


def _offer(noticed: Noticed) -> Offer:
    text = noticed.text
    return Offer(text, noticed.attributes, noticed.evidence, normal(text), noticed.state)
