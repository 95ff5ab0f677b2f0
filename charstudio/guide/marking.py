"""What is said about values rather than of the character: who knows them, when they hold, whom they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from charstudio.guide import staging
from charstudio.guide.facts import Fact
from charstudio.guide.orders import Order, secretly
from charstudio.guide.statements import Statements
from charstudio.guide.telling import Telling
from charstudio.guide.turn import Chip
from charstudio.i18n import _
from charstudio.model import Change, Character, Op, Value
from charstudio.sheet import Schema, Sheet
from charstudio.store import Library

# What one is to somebody who is this to one.
_OTHER_SIDE = {
    "siblings": "siblings", "partner": "partner", "closest_friend": "closest_friend", "rival": "rival",
    "enemy": "enemy",
    "parents": "children", "children": "parents", "past_love": "past_love",
}  # fmt: skip
_FEELS = re.compile(
    r"^\W*you\s+(?:really\s+|still\s+|secretly\s+|absolutely\s+)?(?P<feeling>hate|love|like|fear|despise|adore|trust|envy|admire)\s+"
    r"(?P<who>[^\W\d_][^,.;!?]{0,60}?)[\s.!]*$",
    re.I,
)
_RELATION_OF = {"hate": "enemy", "despise": "enemy", "love": "partner", "adore": "partner"}


@dataclass(frozen=True, slots=True)
class Marked:
    """Changes with what was said about them, or chips when that is in doubt; `note` is added to the reply."""

    act: str
    changes: tuple[Change, ...] = ()
    note: str = ""
    reply: str = ""
    chips: tuple[Chip, ...] = ()


class Marking:
    """Turns know levels, locks, stages and feelings into changes of one character's sheet."""

    def __init__(
        self, library: Library, schema: Schema, character_id: int, statements: Statements, telling: Telling
    ) -> None:
        self._library = library
        self._schema = schema
        self._id = character_id
        self._statements = statements
        self._telling = telling
        self._inverse: dict[str, tuple[int, Change]] = {}

    def ordered(self, order: Order, sheet: Sheet, last: Sequence[str]) -> Marked:
        """A know level or a lock for what the order names, else for what was decided last."""
        named = self._statements.noun(order.about) if order.about else ()
        if order.about and not named:
            return Marked(
                order.act, reply=_("I have nothing of that name on my sheet: {what}.", what=order.about[:60])
            )
        here = [a for a in (named or last) if sheet.of(a)]
        if not here:
            return Marked(order.act, reply=_("Nothing was decided yet that this could be about."))
        values = [v for a in here[:1] for v in sheet.of(a)] if named else [sheet.of(a)[-1] for a in here]
        return Marked(order.act, tuple(self._again(v, order) for v in values))

    def _again(self, value: Value, order: Order) -> Change:
        op = self._op(value.attribute)
        same = Change(value.attribute, value.text, other_id=value.other_id, stage_id=value.stage_id or 0)
        same = replace(same, know=order.know, locked=order.locked)
        return replace(same, op=op)

    def _op(self, attribute: str) -> Op:
        return "add" if self._schema.attributes[attribute].many else "set"

    def secretly(self, text: str, sheet: Sheet, pending: str) -> Marked | None:
        """“Secretly you love Tom.”: the statement itself, known to the character alone."""
        said = secretly(text)
        if said is None:
            return None
        rest, level = said
        whole = self._statements.told(text, pending)
        fact = self._statements.told(rest, pending)
        if fact is None or not fact.sure or fact.by_cue:
            return None
        if whole is not None and whole.sure and whole.attribute in _HIDDEN and fact.attribute not in _FACTS:
            return None
        changes = self._telling.changes(fact, sheet)
        return Marked("tell", tuple(replace(c, know=level) for c in changes))

    def staged(self, text: str, sheet: Sheet, pending: str) -> Marked | None:
        """“Before the trial, you trusted your brother.”: at its stage, or chips if there is none."""
        said = staging.staged(text)
        stages = self._library.stages.of(self._id)
        if said is None or staging.stage_id(said, stages) is None:
            last = staging.staged_last(text) if stages else None
            said = last if last and staging.stage_id(last, stages) is not None else said
        if said is None:
            return None
        at = staging.stage_id(said, stages)
        if at is None and (not staging.names_a_point(said) or self._sure(text)):
            return None
        fact = self._read(said, pending)
        if fact is None:
            return None
        if at is None:
            return self._unknown_stage(text, said, fact)
        return Marked("tell", self._at(fact, sheet, at), note=self._note(at, said))

    def _sure(self, text: str) -> bool:
        fact = self._statements.told(text)
        return fact is not None and fact.sure

    def _read(self, said: staging.Staged, pending: str) -> Fact | None:
        for telling in staging.tellings(said):
            fact = self._statements.told(telling, pending)
            if fact is not None and fact.sure and not fact.by_cue:
                return fact
        return None

    def _at(self, fact: Fact, sheet: Sheet, at: int) -> tuple[Change, ...]:
        return tuple(replace(c, stage_id=at) for c in self._telling.changes(fact, sheet))

    def _note(self, at: int, said: staging.Staged) -> str:
        if not at:
            return _("So it is until “{stage}”.", stage=said.name)
        return _("So it is from “{stage}” on.", stage=self._library.stages.get(at).name)

    def _unknown_stage(self, text: str, said: staging.Staged, fact: Fact) -> Marked:
        label = _(self._schema.attributes[fact.attribute].label)
        reply = _("I know no point of my story called “{name}”. What shall I do with it?", name=said.name)
        chips = (
            Chip(_("Make “{name}” a stage of my story", name=said.name), "", text, "stage"),
            Chip(
                _("{label}: {value}, at all times", label=label, value=fact.value),
                fact.attribute,
                fact.value,
                "tell",
            ),
        )
        return Marked("stage", reply=reply, chips=chips)

    def make_stage(self, text: str, sheet: Sheet) -> Marked | None:
        """What the first of those chips does: the stage is made, and the sentence holds there."""
        said = staging.staged(text)
        if said is None:
            return None
        with self._library.saving():
            name = said.name.removeprefix("the ").removeprefix("The ")
            self._library.stages.add(self._id, name[:1].upper() + name[1:])
        return self.staged(text, sheet, "")

    def feeling(self, text: str) -> Marked | None:
        """“You hate Tom.”, where Tom is a character of the library."""
        match = _FEELS.match(text)
        who = self._named(match["who"]) if match else None
        if match is None or who is None:
            return None
        known = [
            v for v in self._library.cast.sheet(self._id).values if v.other_id == who.id and v.state == "set"
        ]
        feeling = _("I {feel} them", feel=match["feeling"].casefold())
        if known:
            op = self._op(known[0].attribute)
            change = Change(known[0].attribute, known[0].text, other_id=who.id, feeling=feeling)
            return Marked("relate", (replace(change, op=op),))
        attribute = _RELATION_OF.get(match["feeling"].casefold(), "")
        if not attribute:
            return None
        change = Change(attribute, match["who"].strip(), "add", other_id=who.id, feeling=feeling)
        return Marked("relate", (change,))

    def _named(self, words: str) -> Character | None:
        said = words.strip().casefold()
        if not words.strip()[:1].isupper():
            return None
        found = [
            c
            for c in self._library.cast.all()
            if c.id != self._id and said in (c.name.casefold(), c.called.casefold())
        ]
        return found[0] if len(found) == 1 else None

    def meant(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """Relations whose words hold the name of one other character mean that one ("my brother, Tom")."""
        return tuple(self._meant(c) for c in changes)

    def _meant(self, change: Change) -> Change:
        names = set(re.findall(r"[^\W\d_][\w'’-]*", change.value)) if len(change.value) < 200 else set()
        names = {n.casefold() for n in names if n[0].isupper()}
        if (
            not names
            or change.other_id
            or change.op not in ("set", "add")
            or not self._schema.attributes[change.attribute].is_ref
        ):
            return change
        found = [
            c
            for c in self._library.cast.all()
            if c.id != self._id and (c.called or c.name).casefold() in names
        ]
        return replace(change, other_id=found[0].id) if len(found) == 1 else change

    def other_sides(self, changes: Sequence[Change], sheet: Sheet) -> tuple[Chip, ...]:
        """For relations that were just told: the other's side, offered to be told there too."""
        self._inverse = {}
        return tuple(self._sides(changes, sheet))

    def _sides(self, changes: Sequence[Change], sheet: Sheet) -> Iterator[Chip]:
        mine = sheet.called or sheet.full_name
        for change in changes:
            inverse = _OTHER_SIDE.get(change.attribute, "")
            value = next(
                (v for v in sheet.of(change.attribute) if v.text == change.value and v.other_id), None
            )
            if not inverse or value is None or not mine or change.op not in ("set", "add"):
                continue
            other = self._library.cast.get(int(value.other_id or 0))
            theirs = self._library.cast.sheet(other.id)
            if any(v.other_id == self._id for v in theirs.of(inverse)):
                continue
            label = _(self._schema.attributes[inverse].label)
            text = _(
                "Tell {other} too: {label}: {mine}", other=other.called or other.name, label=label, mine=mine
            )
            op = self._op(inverse)
            told = replace(Change(inverse, mine, other_id=self._id), op=op)
            self._inverse[text] = (other.id, told)
            yield Chip(text, "", text, "other_side")

    def tell_other(self, chip: Chip) -> str:
        """Write the other's side; returns what was done, or an empty text if that is no longer offered."""
        if chip.value not in self._inverse:
            return ""
        other, change = self._inverse.pop(chip.value)
        name = self._library.cast.get(other).name
        self._library.cast.change_many(self._id, [(other, change)], self._schema, "guided", chip.text)
        return _("{name} knows it too.", name=name)


# Facts of a life: known to nobody, they are still what they are. Deeds that nobody knows of are a secret.
_FACTS = frozenset((
    "full_name", "age", "birth_date", "birthplace", "children", "siblings", "parents", "partner", "health",
    "species",
    "occupation", "fear", "languages", "faith", "companion_animal", "marks", "income", "education",
    "past_work", "past_love",
))  # fmt: skip
_HIDDEN = frozenset(("secret", "hidden_talent", "self_deception", "self_image", "does_not_know"))
