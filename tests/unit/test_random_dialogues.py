"""Random writers in guided mode: whatever they say, nothing crashes, repeats itself or is lost."""

from __future__ import annotations

import random

import pytest

from charstudio.guide import Guide, Reading
from charstudio.guide.wishes import fitting
from charstudio.model import Change
from charstudio.sheet import Schema, attribute_entry, hidden_entry, pack_entry, with_own
from charstudio.store import Library, open_library

TURNS = 14
LINES = (
    "Jane Marlow", "You are 34.", "guilt", "skip", "Skip.", "undo", "redo", "more", "Stranger, please.",
    "Suggest something", "1", "2", "3", "all", "why?", "You are not curious.", "You are curious and kind.",
    "Forget your age.", "You have no siblings.", "You are a wreck", "What is your name?", "Do you have children?",
    "Never ask me that", "Actually you are 50", "no", "none", "", "🦊", "Your secret is that you {v}.",
    "Your name is Jane and you are 34.", "a night nurse", "Summarise", "Ask me something", "What is the weather?",
    "You love Tom.", "your brother's debts", '"You\'re late."', "Let's just talk", "You smell of cedar.",
    "Your scent is <b>rain</b>.", "Suggest a scent", "Your wound is the fire.", "You want the house back.",
    "You work as a nurse.", "Suggest a fear", "Never ask me that again.", "deep water", "You fear {0} %s",
)  # fmt: skip
IDEAS = (
    '{"x": ["the lamp going out", "the sea", "<i>x</i>", "a door that sticks"]}',
    '{"x": ["cut o',
    "nonsense",
    '{"x": ["you left me", "you left me", "deep water", ""]}',
)


@pytest.fixture(scope="module")
def schemas(schema: Schema) -> list[tuple[Schema, Reading]]:
    """A schema with something of the writer's own, and the same with a pack of theirs and something hidden."""
    scent = attribute_entry(
        schema, "Scent", tell="You smell of {v}.", examples=["cedar"], related=["clothing"]
    )
    one = with_own(schema, [scent])
    pack = pack_entry(one, "Nose", ["scent", "fear", "full_name", "hair"])
    other = with_own(one, [hidden_entry(one, "age"), pack])
    return [(one, Reading.of(one)), (other, Reading.of(other))]


@pytest.mark.parametrize("seed", range(6))
def test_random_dialogues(tmp_path, schemas, seed):
    _dialogues(tmp_path, schemas, seed, 40)


@pytest.mark.long
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("seed", range(100, 110))
def test_ten_thousand_random_dialogues(tmp_path, schemas, seed):
    _dialogues(tmp_path, schemas, seed, 1000)


def _dialogues(folder, schemas, seed: int, rounds: int) -> None:
    dice = random.Random(seed)
    library = open_library(folder / "random.db")
    # what is tested is what is written, not that the disk has it before the next turn
    library.cast._db.execute("pragma synchronous = off")
    for _round in range(rounds):
        Dialogue(library, schemas, dice).run()
    library.close()


class Dialogue:
    """One sitting with somebody who says anything at all."""

    def __init__(self, library: Library, schemas: list[tuple[Schema, Reading]], dice: random.Random) -> None:
        self.library, self.schemas, self.dice = library, schemas, dice
        schema, reading = dice.choice(schemas)
        self.who = library.cast.new(schema).id
        self.guide = Guide(
            library,
            schema,
            self.who,
            pack=dice.choice([*schema.packs, "none"]),
            seed=dice.randrange(9),
            reading=reading,
        )
        self.settled: set[str] = set()
        self.said: list[str] = []

    def run(self) -> None:
        turn = self.guide.start()
        sheets = [self.guide.sheet()]
        for _step in range(TURNS):
            before = turn.ask.attribute if turn.ask else ""
            turn = self.step(turn)
            now = turn.ask.attribute if turn.ask else ""
            self.watch(turn, before, now)
            if turn.act == "undo" and len(sheets) > 1:
                sheets.pop()
            elif (turn.act == "redo" and self.guide.sheet() != sheets[-1]) or turn.changes:
                sheets.append(self.guide.sheet())
            assert self.guide.sheet() == sheets[-1], self.said
        while len(sheets) > 1:
            assert self.library.undo(self.who) is not None
            sheets.pop()
            assert self.guide.sheet() == sheets[-1], self.said

    def step(self, turn):
        dice = self.dice
        what = dice.random()
        if what < 0.25 and turn.chips:
            chip = dice.choice(turn.chips)
            self.said.append(f"[{chip.text}]")
            return self.guide.take(chip)
        if what < 0.3:
            schema, reading = dice.choice(self.schemas)
            self.said.append("(another schema)")
            self.guide.use(schema, reading)
            return self.guide.look()
        if what < 0.34:
            pack = dice.choice(["spark", "walk_on", "voice_only", "own_nose"])
            self.said.append(f"(pack {pack})")
            return self.guide.begin(pack)
        if what < 0.4:
            wish = self.guide.wish()
            if wish is not None:
                new = self.guide.granted(wish, fitting(wish, dice.choice(IDEAS)))
                assert all(c.value.casefold() not in wish.taken for c in new)
        self.said.append(dice.choice(LINES))
        return self.guide.say(self.said[-1])

    def watch(self, turn, before: str, now: str) -> None:
        """A question that was answered, skipped or refused is not asked again, unless that was undone."""
        if turn.act in ("undo", "redo"):
            self.settled.discard(now)
        elif now != before:
            if before and turn.act not in ("ask_value", "go_to", "pack", "look"):
                self.settled.add(before)
            assert now not in self.settled, (now, turn.act, self.said)
        for change in turn.changes:
            if change.op in ("remove", "clear"):
                self.settled.discard(change.attribute)


def test_a_hundred_thousand_letters_and_templates_are_only_words(library, schema):
    guide = Guide(library, schema, library.cast.new(schema).id, pack="none")
    guide.start()
    guide.say("You want " + "the house {v} " * 7000)
    turn = guide.say("skip")
    assert turn.ask.source == "want"
    assert len(turn.ask.text) < 140
    assert len(guide.say("why?").reply) < 400
    library.cast.change(1, [Change("fear", "{v} {name} %s <b>")], schema, "form")
    assert guide.say("What do you fear?").reply == "I am afraid of {v} {name} %s <b>."
