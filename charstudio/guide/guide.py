"""Guided mode: the blank voice asks, the writer tells, and a person comes to be; no language model needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from charstudio.errors import SheetError, StoreError
from charstudio.guide import acts, network, packs, replies, wishes
from charstudio.guide.answers import answer, denies, is_statement, takes_sentence
from charstudio.guide.deciding import IN_DOUBT, Deciding
from charstudio.guide.facts import Fact
from charstudio.guide.orders import order_of
from charstudio.guide.questions import is_question, sounds_like_one, wants_to_talk
from charstudio.guide.reading import Reading
from charstudio.guide.several import several
from charstudio.guide.suggest import suggestions
from charstudio.guide.telling import Told
from charstudio.guide.turn import Chip, Turn
from charstudio.i18n import _
from charstudio.model import Change, State
from charstudio.sheet import Schema, Sheet, flip
from charstudio.store import Library

LONGEST = 100_000


class Guide(Deciding):
    """One sitting with one character; remembers the pending question and what was asked and refused."""

    def __init__(
        self,
        library: Library,
        schema: Schema,
        character_id: int,
        *,
        pack: str = "spark",
        seed: int = 0,
        reading: Reading | None = None,
    ) -> None:
        super().__init__(
            library, schema, character_id, pack=pack, seed=seed, reading=reading or Reading.of(schema)
        )
        self._acts: dict[str, Callable[[str, int], Turn]] = {
            "undo": self._undo, "redo": self._redo, "skip": self._skip, "why": self._why,
            "overview": self._overview, "mode_talk": self._talk, "mode_guide": self._back,
            "not_applicable": self._not_applicable, "more": self._more, "ask_suggestion": self._suggest,
            "ask_question": self._ask_on, "stranger": self._stranger,
        }  # fmt: skip

    def use(self, schema: Schema, reading: Reading) -> None:
        """Go on with another schema: the writer added, hid or changed something."""
        self._schema = schema
        self._take_reading(reading)
        pending = self._sitting.pending
        if pending is None:
            return
        gone = pending.attribute in schema.hidden or pending.attribute not in schema.attributes
        self._sitting.waiting = [w for w in self._sitting.waiting if w.attribute in schema.attributes]
        if gone:
            self._sitting.let_go(pending.attribute)
        elif pending.source not in schema.attributes or not network.edge_told(schema, pending):
            asked = schema.attributes[pending.attribute]
            self._sitting.pending = replace(pending, label=_(asked.label), text=_(asked.ask))

    def look(self) -> Turn:
        """The turn as it stands, after something changed around it."""
        self._seen = None
        return self._turn("look", "", chips=self._sitting.chips)

    def begin(self, pack: str) -> Turn:
        """Ask the questions of another pack; nothing that was asked in this sitting is asked again."""
        self._seen = None
        sitting = self._sitting
        sitting.put_aside()
        self._pack, sitting.pack_running, sitting.resting = pack, True, False
        name = packs.pack_name(pack, self._schema)
        done, total = packs.progress(self._schema, self._sheet, pack)
        told = _("“{pack}”: {total} questions.", pack=name, total=total)
        if done:
            told = _("“{pack}”: {done} of {total} are decided already.", pack=name, done=done, total=total)
        return self._turn("pack", told)

    def wish(self) -> wishes.Wish | None:
        """What a model may be asked for beside the chips that stand there; None when there are none."""
        sitting = self._sitting
        if not sitting.wished:
            return None
        taken = sorted(sitting.shown.get(sitting.suggested, set()))
        elsewhere = self._library.refusals.elsewhere(sitting.suggested, self._id, 200)
        return wishes.wish(
            self._schema,
            self.sheet(),
            sitting.suggested,
            [*taken, *(value for _who, value in elsewhere)],
            stranger=sitting.stranger,
        )

    def granted(self, wish: wishes.Wish, found: Sequence[Chip]) -> tuple[Chip, ...]:
        """Add what a model had for a wish to the chips; nothing when they stand there no more."""
        sitting = self._sitting
        shown = sitting.shown.get(wish.attribute, set())
        if sitting.suggested != wish.attribute or not sitting.wished:
            return ()
        new = [c for c in found if c.attribute == wish.attribute and c.value.casefold() not in shown]
        sitting.chips = (*sitting.chips, *sitting.offer(wish.attribute, new))
        return tuple(new)

    def start(self) -> Turn:
        """The first turn: greets and asks the next open question."""
        called = self.sheet().called
        hello = (
            _("I am {name}. Where were we?", name=called)
            if called
            else _("I am nobody yet. Tell me who I am.")
        )
        return self._turn("start", hello)

    def say(self, line: str) -> Turn:
        """What comes of one line of the writer."""
        self._seen, self._sitting.wished = None, False
        try:
            return self._said(line)
        except (SheetError, StoreError) as exc:
            return self._turn("refused", str(exc))

    def take(self, chip: Chip) -> Turn:
        """What comes of a click on a chip."""
        if chip.act == "pack":
            return self.begin(chip.value)
        if chip.act in ("stage", "other_side"):
            return self._done(chip)
        if not chip.attribute:
            return self.say(chip.text)
        self._seen, self._sitting.wished = None, False
        try:
            return self._take((chip,))
        except (SheetError, StoreError) as exc:
            return self._turn("refused", str(exc))

    # Reading a line

    def _said(self, line: str) -> Turn:
        text = line.strip()
        if not text:
            return self._turn("unknown", _("I am listening."), chips=self._sitting.chips)
        if len(text) > LONGEST:
            return self._turn(
                "unknown", _("That is too long for me to take in at once; tell me less at a time.")
            )
        number = acts.chosen(text, len(self._sitting.chips))
        if number is not None and not self._is_answer_number(text):
            return self._take_numbers([self._sitting.chips[n] for n in number])
        act, about, count = acts.act_of(text)
        if act:
            return self._acts[act](about, count)
        return (
            self._asked(text)
            or self._ordered(text)
            or self._told(text)
            or self._answered(text)
            or self._unknown(text)
        )

    def _is_answer_number(self, text: str) -> bool:
        pending = self._sitting.pending
        number = pending is not None and self._schema.attributes[pending.attribute].type == "number"
        return number and any(text.strip(" .") == chip.value for chip in self._sitting.chips)

    def _asked(self, text: str) -> Turn | None:
        wanted = wants_to_talk(text)
        if not is_question(text) and not sounds_like_one(text) and not wanted:
            return None
        attribute = self._questions.about(text)
        if not attribute:
            return None
        act = "go_to" if wanted else "ask_value"
        said = replies.told_of(self._schema, self._sheet, attribute)
        if said:
            return self._turn(act, said)
        label = _(self._schema.attributes[attribute].label)
        reply = _("That is not decided yet: {label}. Shall we decide it now?", label=label)
        if attribute not in self._sitting.asked:
            self._sitting.interrupt(network.plain_ask(self._schema, attribute))
        return self._turn(act, reply, chips=self._ideas(attribute, 0))

    def _told(self, text: str) -> Turn | None:
        sheet = self._sheet
        if is_question(text):
            return self._told_in_doubt(text)
        if text[0] in "\"“'" and text[-1] in "\"”'":
            return None
        marking = self._marking
        marked = (
            marking.feeling(text)
            or marking.staged(text, sheet, self._pending)
            or marking.secretly(text, sheet, self._pending)
        )
        if marked is not None:
            return self._marked(marked)
        told = self._telling.retracted(text, sheet) or self._telling.changed(text, sheet)
        if told is None:
            facts = several(text, self._statements, self._schema)
            if facts:
                return self._several(facts)
            told = self._telling.told(text, sheet, self._pending) or self._in_first_person(text, sheet)
        if told is not None and self._is_plain_answer(text):
            return None
        return self._act_on(told, text) if told else None

    def _is_plain_answer(self, text: str) -> bool:
        """Whether a fragment ("guilt about your brother") answers the pending question whatever it means.

        Several small words are no answer to what somebody is called.
        """
        if not self._pending or self._statements.by_form(text[:1500], "") is not None:
            return False
        words = self._statements.book.read(text[:400]).plain
        if is_statement(words, self._schema.attributes[self._pending]) or {"i", "my"} & set(words[:2]):
            return False
        fact = self._statements.told(text, self._pending)
        told = fact is not None and (len(words) > 7 or (len(words) > 3 and fact.sure and not fact.by_cue))
        if {"you", "your"} & set(words) and told:
            return False
        named = self._pending in ("full_name", "short_name", "pronouns")
        return not (named and len(words) > 3 and text == text.lower())

    def _ordered(self, text: str) -> Turn | None:
        """“Keep that to yourself.”, “Lock your name.”, “Keep that.”"""
        order = order_of(text)
        if order is None:
            return None
        if order.act == "keep":
            return self._kept()
        last = self._sitting.done[-1].attributes if self._sitting.done else ()
        return self._marked(self._marking.ordered(order, self.sheet(), last))

    def _kept(self) -> Turn:
        """“Keep that.” takes the one thing on offer; what was said in open talk is kept there."""
        chips = self._sitting.chips
        if len(chips) == 1:
            return self._take(chips)
        if chips:
            return self._turn("keep", _("Which of them? Say a number, several, or “all”."), chips=chips)
        return self._turn("keep", _("I offered nothing just now. What I say in open talk can be kept there."))

    def _done(self, chip: Chip) -> Turn:
        """What a chip does that is no value: a stage is made, another's sheet is told."""
        self._seen = None
        try:
            if chip.act == "other_side":
                said = self._marking.tell_other(chip) or _("That is no longer on offer.")
                return self._turn("relate", said)
            marked = self._marking.make_stage(chip.value, self.sheet())
            return self._marked(marked) if marked else self._unknown(chip.value)
        except (SheetError, StoreError) as exc:
            return self._turn("refused", str(exc))

    def _told_in_doubt(self, text: str) -> Turn | None:
        """With a question mark (“Your name is Jane?”) the writer says whether it was told or asked."""
        fact = self._statements.told(text)
        if fact is None or not fact.sure or fact.state != "set" or sounds_like_one(text):
            return None
        if "verbatim" in self._schema.attributes[fact.attribute].flags and fact.weight > 2:
            quote = fact.attribute == "sample_line"
            return self._change("tell", (Change(fact.attribute, fact.value, "add"),)) if quote else None
        return self._offer_options("unknown", Fact(fact.attributes, fact.value.rstrip("? ")))

    def _in_first_person(self, text: str, sheet: Sheet) -> Told | None:
        """A writer who answers in the voice of the character: "My name is Jane."."""
        if not text[:400].casefold().startswith(("i ", "my ", "i'm ", "i’m ")):
            return None
        told = self._telling.told(flip(text, "second"), sheet, self._pending)
        return told if told and told.changes else None

    def _act_on(self, told: Told, text: str) -> Turn | None:
        if told.missing:
            label = _(self._schema.attributes[told.missing].label)
            return self._turn("retract", _("That was not on my sheet: {label}.", label=label))
        if told.changes:
            return self._related(self._change(told.act, self._marking.meant(told.changes)))
        pending = self._sitting.pending
        if told.options is None or (pending and takes_sentence(self._schema.attributes[pending.attribute])):
            return None
        if pending and told.options.bare and self._asks_what_i_am(pending.attribute, told.options):
            value = self._statements.shaped(pending.attribute, told.options.value)
            return self._change("answer", (self._one(pending.attribute, value),))
        return self._offer_options(told.act, told.options)

    def _related(self, turn: Turn) -> Turn:
        """A turn in which somebody of the library was named also offers to tell them."""
        sides = (
            self._marking.other_sides(turn.changes, self.sheet()) if turn.changes and not turn.chips else ()
        )
        if not sides:
            return turn
        self._sitting.chips = sides
        return replace(turn, act="relate", chips=sides)

    def _asks_what_i_am(self, attribute: str, fact: Fact) -> bool:
        """Whether "You are gloomy." answers the pending question in its own form ("You are usually …")."""
        form = self._schema.attributes[attribute].tell.partition("{v}")[0].casefold().split()
        return "are" in form[-2:] and "mood" in fact.attributes

    def _answered(self, text: str) -> Turn | None:
        pending = self._sitting.pending
        if pending is None or is_question(text):
            return None
        attribute = self._schema.attributes[pending.attribute]
        if denies(text):
            return self._change("answer", (Change(attribute.id, state="none"),))
        words = self._statements.book.read(text[:400]).plain
        if acts.NUMBERS.match(" ".join(words)) and attribute.type not in ("number", "date", "prose"):
            return self._turn("unknown", _("There is no such number to choose; tell me in words."))
        if is_statement(words, attribute):
            return self._offer_options("unknown", Fact((attribute.id, *self._nearest(attribute.id)), text))
        if sounds_like_one(text) and attribute.type != "prose":
            return None
        value = answer(attribute, text)
        if not value.strip():
            return None
        return self._change("answer", self._telling.changes(Fact((attribute.id,), value), self._sheet))

    def _nearest(self, attribute: str) -> tuple[str, ...]:
        return tuple(n for n in self._schema.neighbours(attribute) if n not in self._sheet.decided())[:2]

    def _unknown(self, text: str) -> Turn:
        """Never pretends: says what was understood, and offers the two nearest acts."""
        heard = self._heard(text)
        if is_question(text):
            reply = _(
                "I took that for a question, but I do not know what it is about. Did you mean one of these?"
            )
        elif heard:
            what = _(self._schema.attributes[heard].label)
            reply = _(
                "I heard that it is about “{what}”, but not what of it. Did you mean one of these?", what=what
            )
        else:
            reply = _("I did not understand that, and I would rather not guess. Did you mean one of these?")
        chips = tuple(Chip(_(say), "", "", "unknown") for say in acts.nearest(text, self._schema.acts))
        return self._turn("unknown", reply, chips=chips)

    def _heard(self, text: str) -> str:
        """The attribute whose name stands somewhere in a line that was not understood."""
        words = self._statements.book.read(text[:300]).plain
        for n in (3, 2, 1):
            for at in range(len(words) - n + 1):
                found = self._statements.book.nouns.get(words[at : at + n], ())
                if len(found) == 1:
                    return found[0]
        return ""

    # Acts

    def _undo(self, about: str, count: int) -> Turn:
        undone = self._library.undo(self._id)
        self._seen = None
        if undone is None:
            return self._turn("undo", _("There is nothing to undo."))
        self._sitting.take_back(undone.label)
        return self._turn("undo", _("I take that back: {what}.", what=undone.label))

    def _redo(self, about: str, count: int) -> Turn:
        redone = self._library.redo(self._id)
        self._seen = None
        if redone is None:
            return self._turn("redo", _("There is nothing to redo."))
        self._sitting.do_again(redone.label)
        return self._turn("redo", _("It holds again: {what}.", what=redone.label))

    def _skip(self, about: str, count: int) -> Turn:
        pending = self._sitting.pending
        if pending is None:
            return self._turn("skip", _("There is no question to skip."))
        self._refuse_offered()
        self._sitting.let_go(pending.attribute)
        return self._turn("skip", _("Another time, then."))

    def _why(self, about: str, count: int) -> Turn:
        pending = self._sitting.pending
        said = network.why(self._schema, self._sheet, pending) if pending else _("I asked nothing.")
        return self._turn("why", said, chips=self._sitting.chips)

    def _overview(self, about: str, count: int) -> Turn:
        return self._turn("overview", replies.overview(self._schema, self._sheet))

    def _talk(self, about: str, count: int) -> Turn:
        return self._turn(
            "mode", _("Then let us talk. Say “Back to questions” when you want me to ask."), mode="talk"
        )

    def _back(self, about: str, count: int) -> Turn:
        return self._turn("mode", _("Back to questions, then."))

    def _not_applicable(self, about: str, count: int) -> Turn:
        if not self._pending:
            return self._turn("not_applicable", _("I asked nothing."))
        return self._change("not_applicable", (Change(self._pending, state="na"),))

    def _ask_on(self, about: str, count: int) -> Turn:
        self._sitting.resting = False
        return self._turn("ask_question", _("Then I ask:"))

    def _suggest(self, about: str, count: int) -> Turn:
        named = self._statements.noun(about) if about else ()
        if about and len(named) != 1 and about not in ("it", "that", "this"):
            return self._unknown(about)
        attribute = named[0] if named else self._pending or self._following()
        self._sitting.stranger = False
        return self._suggested("ask_suggestion", attribute, count)

    def _stranger(self, about: str, count: int) -> Turn:
        self._sitting.stranger = True
        return self._more(about, count)

    def _more(self, about: str, count: int) -> Turn:
        self._refuse_offered()
        attribute = self._sitting.suggested if self._sitting.chips else self._pending
        return self._suggested("more", attribute or self._pending or self._following(), count)

    def _suggested(self, act: str, attribute: str, count: int) -> Turn:
        chips = self._ideas(attribute, count) if attribute else ()
        if not chips:
            return self._turn(act, _("I have no more ideas for that; your own words are better anyway."))
        label = _(self._schema.attributes[attribute].label)
        return self._turn(act, _("Ideas for “{label}”; a number takes one.", label=label), chips=chips)

    def _ideas(self, attribute: str, count: int) -> tuple[Chip, ...]:
        found = suggestions(
            self._schema,
            self._sheet,
            attribute,
            shown=self._sitting.shown.get(attribute, set()),
            seed=self._seed,
            count=count,
            elsewhere=self._library.refusals.elsewhere(attribute, self._id),
            stranger=self._sitting.stranger,
        )
        self._sitting.wished = True
        return self._sitting.offer(attribute, found)

    def _following(self) -> str:
        ask = self._next()
        return ask.attribute if ask else ""

    # Taking what is offered

    def _take_numbers(self, taken: list[Chip]) -> Turn:
        """“all” takes what is clear and asks about what is not."""
        clear = [c for c in taken if c.act != IN_DOUBT]
        doubtful = tuple(c for c in taken if c.act == IN_DOUBT)
        if not clear or not doubtful or len(taken) < len(self._sitting.chips):
            return self._take(taken)
        turn = self._take(clear)
        if not turn.changes:
            return turn
        self._sitting.chips = doubtful
        reply = f"{turn.reply} " + _("One part was not clear to me. Which of these did you mean?")
        return replace(turn, reply=reply, chips=doubtful)

    def _take(self, chips: Sequence[Chip]) -> Turn:
        offered = [c for c in chips if not c.attribute]
        if offered:
            return self.take(offered[0])
        doubtful = [c.value.casefold() for c in chips if c.act == IN_DOUBT]
        single = {c.attribute for c in chips if not self._schema.attributes[c.attribute].many}
        if len(doubtful) > len(set(doubtful)) or any(
            sum(c.attribute == a for c in chips) > 1 for a in single
        ):
            return self._turn(
                "unknown", _("That can be only one of them; which one?"), chips=self._sitting.chips
            )
        act = "tell" if chips[0].act == IN_DOUBT else chips[0].act
        return self._change(act, tuple(change for c in chips for change in self._changes_of(c)))

    def _changes_of(self, chip: Chip) -> tuple[Change, ...]:
        """What taking a chip changes; what was told in a list is as many values as when told alone."""
        if chip.act not in ("tell", IN_DOUBT):
            return (self._one(chip.attribute, chip.value),)
        state: State = "set" if chip.value else "none"
        return self._telling.changes(Fact((chip.attribute,), chip.value, state=state), self._sheet)
