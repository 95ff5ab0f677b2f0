"""What was understood is decided or offered, and the next question is posed: the part of guided mode that
writes to the sheet and speaks. How lines are read is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from charstudio.guide import network, packs, replies
from charstudio.guide.arriving import contested
from charstudio.guide.facts import Fact
from charstudio.guide.marking import Marked, Marking
from charstudio.guide.reading import Reading
from charstudio.guide.sitting import Sitting, Step
from charstudio.guide.turn import Ask, Chip, Turn
from charstudio.i18n import _
from charstudio.model import Change
from charstudio.sheet import Schema, Sheet
from charstudio.store import Library

# The act of a chip that is one of several readings of the same words.
IN_DOUBT = "perhaps"
CHOICES = 3


class Deciding:
    """A sitting with one character, its sheet and the question that is asked."""

    def __init__(
        self, library: Library, schema: Schema, character_id: int, *, pack: str, seed: int, reading: Reading
    ) -> None:
        self._library = library
        self._schema = schema
        self._id = character_id
        self._pack = pack
        self._seed = seed
        self._seen: Sheet | None = None
        self._take_reading(reading)
        self._sitting = Sitting(shown=library.refusals.of(character_id))

    def sheet(self) -> Sheet:
        """The sheet as it is now."""
        self._seen = self._library.cast.sheet(self._id)
        return self._seen

    @property
    def _sheet(self) -> Sheet:
        """The sheet as this turn has read or made it: reading a full one takes a tenth of a frame."""
        return self.sheet() if self._seen is None else self._seen

    @property
    def pack(self) -> str:
        """The questions that are asked first."""
        return self._pack

    @property
    def chips(self) -> tuple[Chip, ...]:
        """What can be clicked now."""
        return self._sitting.chips

    def _take_reading(self, reading: Reading) -> None:
        self._statements = reading.statements
        self._questions = reading.questions
        self._telling = reading.telling
        self._marking = Marking(self._library, self._schema, self._id, self._statements, self._telling)

    # Deciding

    def _change(self, act: str, changes: tuple[Change, ...]) -> Turn:
        # At a stage of the arc what differs from before is no second answer: it holds from there on.
        if act == "tell" and self._library.stages.current(self._id) is None:
            asked = contested(self._schema, self._sheet, changes)
            if asked is not None:
                return self._turn("tell", asked[0], chips=asked[1])
        label = replies.step_label(self._schema, changes)
        old = self._sheet
        with self._library.saving():
            new = self._library.cast.change(self._id, changes, self._schema, "guided", label)
            self._refuse_the_others(changes)
        self._seen = new
        self._sitting.resting = self._sitting.resting and new == old
        if new == old:
            return self._turn(act, replies.confirmed(self._schema, changes))
        ids = tuple(dict.fromkeys(c.attribute for c in changes))
        answered = self._sitting.let_go(*ids) if any(c.op in ("set", "add") for c in changes) else None
        self._sitting.done.append(Step(label, ids, answered))
        self._sitting.undone.clear()
        if act not in ("retract", "not_applicable"):
            self._sitting.trail += ids
        return self._turn(act, replies.confirmed(self._schema, changes), changes=changes)

    def _changed_elsewhere(self, marked: Marked) -> Turn:
        """What was told of a stage, which the sheet in view need not show."""
        label = replies.step_label(self._schema, marked.changes)
        before = self._library.cast.whole_sheet(self._id)
        self._library.cast.change(self._id, marked.changes, self._schema, "guided", label)
        self._seen = None
        said = f"{replies.confirmed(self._schema, marked.changes)} {marked.note}".strip()
        if self._library.cast.whole_sheet(self._id) == before:
            return self._turn(marked.act, said)
        ids = tuple(dict.fromkeys(c.attribute for c in marked.changes))
        self._sitting.done.append(Step(label, ids, self._sitting.let_go(*ids)))
        self._sitting.undone.clear()
        return self._turn(marked.act, said, changes=marked.changes)

    def _marked(self, marked: Marked) -> Turn:
        if not marked.changes:
            return self._turn(marked.act, marked.reply, chips=marked.chips)
        if any(c.stage_id is not None for c in marked.changes):
            return self._changed_elsewhere(marked)
        turn = self._change(marked.act, marked.changes)
        return replace(turn, reply=f"{turn.reply} {marked.note}") if marked.note else turn

    def _one(self, attribute: str, value: str) -> Change:
        return Change(attribute, value, "add" if self._schema.attributes[attribute].many else "set")

    def _refuse_the_others(self, changes: tuple[Change, ...]) -> None:
        """Whoever takes one of the chips, or says something else, did not want the others."""
        about = self._sitting.suggested
        decided = {c.value.casefold() for c in changes if c.attribute == about and c.op in ("set", "add")}
        if decided and not self._schema.attributes[about].many:
            self._refuse_offered(decided)

    def _refuse_offered(self, but: Set[str] = frozenset()) -> None:
        """Remember for good that the chips that stand there were not wanted."""
        refused = [c for c in self._sitting.on_offer() if c.value.casefold() not in but]
        if refused:
            self._library.refusals.add(self._id, refused[0].attribute, [c.value for c in refused])

    # Offering

    def _several(self, facts: Sequence[Fact]) -> Turn:
        reply = _("I heard several things. Say a number, several, or “all”.")
        return self._turn("tell_many", reply, chips=tuple(c for f in facts for c in self._of_many(f)))

    def _of_many(self, fact: Fact) -> tuple[Chip, ...]:
        """One chip for what is clear; of what is not, a chip for each thing that it may be."""
        if fact.sure:
            return (self._chip(fact.attribute, fact.value, "tell"),)
        return tuple(
            self._chip(a, self._statements.shaped(a, fact.value), IN_DOUBT) for a in fact.attributes[:CHOICES]
        )

    def _offer_options(self, act: str, fact: Fact) -> Turn:
        chips = tuple(
            self._chip(a, self._statements.shaped(a, fact.value), "tell" if act != "add" else "add")
            for a in fact.attributes
        )
        return self._turn(
            act, _("I am not sure what that is about. Which of these did you mean?"), chips=chips
        )

    def _chip(self, attribute: str, value: str, act: str) -> Chip:
        label = _(self._schema.attributes[attribute].label)
        return Chip(_("{label}: {value}", label=label, value=value or _("none")), attribute, value, act)

    # The next question

    @property
    def _pending(self) -> str:
        return self._sitting.pending.attribute if self._sitting.pending else ""

    def _next(self) -> Ask | None:
        sitting, sheet = self._sitting, self._sheet
        decided = sheet.decided()
        if sitting.pending is not None and sitting.pending.attribute not in decided:
            return sitting.pending
        while sitting.waiting:
            ask = sitting.waiting.pop()
            if ask.attribute not in decided:
                return ask
        following = network.pack_ask(self._schema, sheet, self._pack, asked=sitting.asked)
        if following is not None or sitting.resting:
            return following
        if sitting.pack_running and packs.questions(self._schema, self._pack):
            return None
        return network.free_ask(self._schema, sheet, asked=sitting.asked, trail=sitting.trail)

    def _turn(
        self,
        act: str,
        reply: str,
        *,
        changes: tuple[Change, ...] = (),
        chips: tuple[Chip, ...] = (),
        mode: str = "guide",
    ) -> Turn:
        ask = self._sitting.pose(self._next())
        if self._pack_ends(ask):
            reply = f"{reply} {packs.closing(self._schema, self._sheet, self._pack)}".strip()
            chips = chips or self._ways_on()
        elif ask is None and not self._sitting.resting:
            reply = f"{reply} " + _("I have no more questions; tell me whatever you like.")
        self._sitting.chips = chips
        self._sitting.wished = act in ("ask_suggestion", "more", "ask_value") and self._sitting.wished
        return Turn(act, changes, reply.strip(), ask, chips, mode)

    def _pack_ends(self, ask: Ask | None) -> bool:
        """Whether the pack has just asked its last; then the voice rests until the writer wants more."""
        sitting = self._sitting
        if ask is not None or not sitting.pack_running or not packs.questions(self._schema, self._pack):
            return False
        sitting.pack_running, sitting.resting = False, True
        return True

    def _ways_on(self) -> tuple[Chip, ...]:
        others = packs.packs_to_go_on_with(self._schema, self._sheet, self._pack)
        return (
            Chip(_("Ask me something."), "", "", "ask_question", _("Goes on along the network.")),
            *(
                Chip(packs.pack_name(p, self._schema), "", p, "pack", _("Another set of questions."))
                for p in others
            ),
        )
