"""What a character says of itself waits as a proposal until the writer decides, and undo reaches everything."""

from __future__ import annotations

import json
import sqlite3
import time

import pytest
from sqlite_utils import Database

from charstudio import paths
from charstudio.engines import EchoEngine, Piece
from charstudio.errors import Cancel, Cancelled, SheetError, StoreError
from charstudio.model import Change, Sampling
from charstudio.store import open_library
from charstudio.store.migrations import migrations
from charstudio.talk import Proposing
from charstudio.talk.notice import Noticing
from tests.benchmarks import bench_notice

REPLY = "*She trims the wick.* “I’m a night locksmith. I hate dogs. I am waiting for the boat.”"


@pytest.fixture
def jane(library, schema):
    return library.cast.new(schema, "Jane Marlow")


@pytest.fixture
def talk(library, jane):
    return library.talks.new(jane.id)


@pytest.fixture
def say(library, talk):
    def said(body, role="character"):
        return library.talks.add(talk.id, role, body, name="Jane")

    return said


class Answering(EchoEngine):
    """Answers every question about a statement with the next of its answers, and keeps what it read."""

    def __init__(self, *answers):
        super().__init__()
        self.answers = list(answers)
        self.read = []
        self.samplings: list[Sampling] = []

    def stream(self, prompt, sampling, cancel):
        self.read.append(prompt)
        self.samplings.append(sampling)
        cancel.check()
        yield Piece(self.answers.pop(0) if self.answers else '{"about": "nothing", "evidence": ""}')


@pytest.fixture
def engine():
    return Answering()


@pytest.fixture
def proposing(library, schema, reading, engine):
    return Proposing(library, schema, lambda: reading, lambda: engine, "here-notices")


def texts(proposing, who):
    return [(s.proposal.offer.text, [p.attribute for p in s.places]) for s in proposing.waiting(who.id)]


def look(proposing, who):
    return list(proposing.look(who.id, Cancel()))


def test_what_a_reply_says_of_its_speaker_waits_and_the_sheet_stays_as_it_is(library, proposing, jane, say):
    message = say(REPLY)
    before = library.cast.sheet(jane.id)
    look(proposing, jane)
    assert texts(proposing, jane) == [("a night locksmith", ["occupation"]), ("dogs", ["pet_peeve"])]
    assert library.cast.sheet(jane.id) == before
    for shown in proposing.waiting(jane.id):
        assert shown.proposal.offer.evidence in message.body
        assert shown.proposal.message_id == message.id


def test_a_reply_is_looked_through_once_and_again_after_it_was_edited(library, proposing, jane, say):
    message = say(REPLY)
    assert [found.message_id for found in look(proposing, jane)] == [message.id]
    assert look(proposing, jane) == []
    library.talks.edit(message.id, "I hate dogs. I am afraid of water.")
    assert texts(proposing, jane) == [("dogs", ["pet_peeve"])]
    look(proposing, jane)
    assert texts(proposing, jane) == [("dogs", ["pet_peeve"]), ("water", ["fear"])]


def test_what_the_writer_says_is_never_noticed(proposing, jane, say):
    say("I am a locksmith and I hate dogs.", role="writer")
    assert look(proposing, jane) == []
    assert texts(proposing, jane) == []


def test_a_kept_proposal_becomes_a_value_with_its_message_and_one_undo_takes_both_back(
    library, proposing, jane, say
):
    message = say(REPLY)
    look(proposing, jane)
    first = proposing.waiting(jane.id)[0].proposal
    proposing.keep(first.id)
    value = library.cast.sheet(jane.id).of("occupation")[0]
    assert (value.text, value.source, value.source_ref) == (
        "a night locksmith", "talk", f"message:{message.id}")  # fmt: skip
    assert texts(proposing, jane) == [("dogs", ["pet_peeve"])]
    undone = library.undo(jane.id)
    assert undone
    assert "locksmith" in undone.label
    assert library.cast.sheet(jane.id).text("occupation") == ""
    assert len(texts(proposing, jane)) == 2
    library.redo(jane.id)
    assert library.cast.sheet(jane.id).text("occupation") == "a night locksmith"
    assert len(texts(proposing, jane)) == 1


def test_what_was_refused_never_comes_again_in_any_talk(library, proposing, jane, say):
    say(REPLY)
    look(proposing, jane)
    proposing.refuse(proposing.waiting(jane.id)[1].proposal.id)
    other = library.talks.new(jane.id)
    library.talks.add(other.id, "character", "I hate dogs! And I hate rain.", name="Jane")
    look(proposing, jane)
    assert [t for t, _a in texts(proposing, jane)] == ["a night locksmith", "rain"]
    library.undo(jane.id)
    assert [t for t, _a in texts(proposing, jane)] == ["a night locksmith", "dogs", "rain"]


def test_what_was_put_off_stands_last_and_can_still_be_kept(library, proposing, jane, say):
    say(REPLY)
    look(proposing, jane)
    first = proposing.waiting(jane.id)[0].proposal
    proposing.later(first.id)
    assert [s.proposal.decision for s in proposing.waiting(jane.id)] == ["waiting", "later"]
    proposing.keep(first.id)
    assert library.cast.sheet(jane.id).text("occupation") == "a night locksmith"


def test_decisions_survive_a_restart_and_can_be_undone_after_it(schema, reading, home):
    path = paths.default_library()
    library = open_library(path)
    jane = library.cast.new(schema, "Jane")
    talk = library.talks.new(jane.id)
    library.talks.add(talk.id, "character", REPLY, name="Jane")
    proposing = Proposing(library, schema, lambda: reading, EchoEngine)
    look(proposing, jane)
    kept, refused = (s.proposal.id for s in proposing.waiting(jane.id))
    proposing.keep(kept)
    proposing.refuse(refused)
    library.close()
    library = open_library(path)
    proposing = Proposing(library, schema, lambda: reading, EchoEngine)
    assert look(proposing, jane) == []
    assert texts(proposing, jane) == []
    library.undo(jane.id)
    library.undo(jane.id)
    assert len(texts(proposing, jane)) == 2
    assert not library.cast.sheet(jane.id).of("occupation")
    library.close()


def test_what_the_sheet_says_already_is_not_proposed(library, proposing, jane, say, schema):
    library.cast.change(jane.id, [Change("occupation", "a night locksmith, retired")], schema, "form")
    say(REPLY)
    look(proposing, jane)
    assert texts(proposing, jane) == [("dogs", ["pet_peeve"])]


def test_a_proposal_against_the_sheet_says_what_the_sheet_says(library, proposing, jane, say, schema):
    library.cast.change(jane.id, [Change("occupation", "a thief")], schema, "form")
    library.cast.change(jane.id, [Change("siblings", state="none")], schema, "form")
    say("I am a locksmith. I have two sisters.")
    look(proposing, jane)
    places = [s.places[0] for s in proposing.waiting(jane.id)]
    assert [(p.attribute, [(v.text, v.state) for v in p.against]) for p in places] == [
        ("occupation", [("a thief", "set")]), ("siblings", [("", "none")])]  # fmt: skip
    for shown in proposing.waiting(jane.id):
        proposing.keep(shown.proposal.id)
    sheet = library.cast.sheet(jane.id)
    assert sheet.text("occupation") == "a locksmith"
    assert sheet.text("siblings") == "two sisters"


def test_a_locked_value_is_not_overwritten_and_the_proposal_waits_on(library, proposing, jane, say, schema):
    library.cast.change(jane.id, [Change("occupation", "a thief", locked=True)], schema, "form")
    say("I am a locksmith.")
    look(proposing, jane)
    waiting = proposing.waiting(jane.id)[0].proposal
    with pytest.raises(SheetError, match="locked"):
        proposing.keep(waiting.id)
    assert proposing.waiting(jane.id)[0].proposal.decision == "waiting"


def test_a_deleted_reply_takes_its_proposals_along_and_brings_them_back(library, proposing, jane, say):
    message = say(REPLY)
    look(proposing, jane)
    library.talks.delete_message(message.id)
    assert texts(proposing, jane) == []
    library.undo(jane.id)
    assert len(texts(proposing, jane)) == 2


def test_a_decision_is_made_once(proposing, jane, say):
    say(REPLY)
    look(proposing, jane)
    first = proposing.waiting(jane.id)[0].proposal
    proposing.keep(first.id)
    with pytest.raises(StoreError, match="decided already"):
        proposing.refuse(first.id)
    with pytest.raises(StoreError, match="no proposal"):
        proposing.keep(999)


# Keep that


def test_keep_that_takes_the_selected_words_and_offers_places_when_in_doubt(library, proposing, jane, say):
    message = say("At five there was a boat, showing no light. I rang the bell until my arms were gone.")
    selected = "I rang the bell until my arms were gone"
    (made,) = proposing.point(message.id, selected)
    assert made.offer.evidence == selected
    assert made.origin == "kept"
    places = proposing.shown(made.id).places
    assert 1 < len(places) <= 3
    assert all(p.sentence for p in places)
    with pytest.raises(StoreError, match="where it belongs"):
        proposing.keep(made.id)
    proposing.keep(made.id, "formative_event")
    (value,) = library.cast.sheet(jane.id).of("formative_event")
    assert value.source_ref == f"message:{message.id}"


def test_keep_that_finds_several_facts_and_one_undo_takes_them_all_back(library, proposing, jane, say):
    message = say(REPLY)
    made = proposing.point(message.id)
    assert [p.offer.attributes[0] for p in made] == ["occupation", "pet_peeve"]
    library.undo(jane.id)
    assert texts(proposing, jane) == []
    library.redo(jane.id)
    assert len(texts(proposing, jane)) == 2


def test_what_the_writer_points_at_comes_though_it_was_refused_before(proposing, jane, say):
    message = say("I hate dogs.")
    look(proposing, jane)
    proposing.refuse(proposing.waiting(jane.id)[0].proposal.id)
    proposing.point(message.id)
    assert texts(proposing, jane) == [("dogs", ["pet_peeve"])]


def test_pointing_at_what_was_noticed_makes_no_second_card(proposing, jane, say):
    message = say("I hate dogs.")
    look(proposing, jane)
    proposing.point(message.id)
    proposing.point(message.id)
    assert texts(proposing, jane) == [("dogs", ["pet_peeve"])]


def test_a_selection_that_stands_elsewhere_means_the_whole_message(proposing, jane, say):
    message = say("I hate dogs.")
    (made,) = proposing.point(message.id, "I love cats")
    assert made.offer.text == "dogs"


@pytest.mark.parametrize("body", ["{v} {v}", "<b>I hate dogs.</b>", "…", "I " * 5000, "🦊🦊🦊", "\u202eevil"])
def test_strange_words_can_be_kept_and_shown(library, proposing, jane, say, body):
    message = say(body)
    look(proposing, jane)
    for made in proposing.point(message.id):
        for place in proposing.shown(made.id).places:
            assert made.offer.text.strip()[:50] in place.sentence
        proposing.keep(made.id, made.offer.attributes[0])


def test_a_line_kept_to_be_said_again_stays_word_for_word(library, proposing, jane, say):
    message = say("“And at five there was a boat where no boat should be.”")
    (made,) = proposing.point(message.id)
    sentences = {p.attribute: p.sentence for p in proposing.shown(made.id).places}
    assert sentences["secret"] == "My secret is that at five there was a boat where no boat should be."
    proposing.keep(made.id, "sample_line")
    assert (
        library.cast.sheet(jane.id).text("sample_line")
        == "And at five there was a boat where no boat should be."
    )


# The model


def test_the_model_is_asked_only_about_what_the_rules_leave_open(proposing, jane, say, engine):
    engine.answers = ['{"about": "crime", "evidence": "stole a horse in the year of the flood"}']
    say("I hate dogs. I stole a horse in the year of the flood.")
    list(proposing.look_closer(jane.id, Cancel()))
    assert texts(proposing, jane) == [
        ("dogs", ["pet_peeve"]), ("stole a horse in the year of the flood", ["trouble"])]  # fmt: skip
    assert len(engine.read) == 1
    assert engine.samplings[0].schema is not None
    list(proposing.look_closer(jane.id, Cancel()))
    assert len(engine.read) == 1


@pytest.mark.parametrize(
    "answer",
    [
        '{"about": "crime", "evidence": "killed a man"}',
        '{"about": "occult", "evidence": "stole a horse"}',
        '{"about": "nothing", "evidence": "stole a horse"}',
        '{"about": "crime"}',
        "[[[[",
        "",
        json.dumps({"about": "crime", "evidence": ["stole"]}),
    ],
)
def test_what_a_model_makes_up_is_dropped(proposing, jane, say, engine, answer):
    engine.answers = [answer]
    say("I stole a horse in the year of the flood.")
    list(proposing.look_closer(jane.id, Cancel()))
    assert texts(proposing, jane) == []


def test_a_stopped_model_looks_at_the_same_reply_again_later(proposing, jane, say, engine):
    say("I stole a horse in the year of the flood.")
    cancel = Cancel()
    looking = proposing.look_closer(jane.id, cancel)
    next(looking)  # the rules
    cancel.set()
    with pytest.raises(Cancelled):
        list(looking)
    engine.answers = ['{"about": "crime", "evidence": "stole a horse"}']
    list(proposing.look_closer(jane.id, Cancel()))
    assert texts(proposing, jane) == [("stole a horse", ["trouble"])]


# Stages


def test_what_is_said_at_a_stage_is_compared_and_kept_there(library, proposing, jane, schema):
    library.cast.change(jane.id, [Change("occupation", "a locksmith")], schema, "form")
    trial = library.stages.add(jane.id, "After the trial")
    library.stages.stand_at(jane.id, trial.id)
    talk = library.talks.new(jane.id)
    library.talks.add(talk.id, "character", "I am a beekeeper.", name="Jane")
    library.stages.stand_at(jane.id, None)
    look(proposing, jane)
    (shown,) = proposing.waiting(jane.id)
    assert [v.text for v in shown.places[0].against] == ["a locksmith"]
    proposing.keep(shown.proposal.id)
    assert library.cast.sheet_as_of(jane.id, None).text("occupation") == "a locksmith"
    assert library.cast.sheet_as_of(jane.id, trial.id).text("occupation") == "a beekeeper"


# The strict switch


def test_a_talk_is_inventive_until_it_is_made_strict_and_the_next_one_follows(library, jane):
    talk = library.talks.new(jane.id)
    assert not talk.strict
    library.talks.set_strict(talk.id, strict=True)
    assert library.talks.get(talk.id).strict
    assert library.talks.new(jane.id).strict


# Migration


def test_a_library_with_talks_from_before_gets_proposals_and_loses_nothing(tmp_path, schema, reading):
    path = tmp_path / "old.charstudio"
    db = Database(sqlite3.connect(path))
    migrations.apply(db, stop_before="m006_proposals")
    db.conn.execute(
        "insert into characters (id, name, called, colour, created, updated) values (1, 'J', 'J', 'teal', '', '')"
    )
    db.conn.execute(
        "insert into talks (id, character_id, head_id, created, updated) values (1, 1, 1, '', '')"
    )
    db.conn.execute(
        "insert into messages (id, talk_id, role, body, created) values (1, 1, 'character', 'I hate dogs.', '')"
    )
    db.conn.commit()
    db.conn.close()
    library = open_library(path)
    proposing = Proposing(library, schema, lambda: reading, EchoEngine)
    list(proposing.look(1, Cancel()))
    assert [s.proposal.offer.text for s in proposing.waiting(1)] == ["dogs"]
    assert not library.talks.get(1).strict
    assert library.talks.message(1).body == "I hate dogs."
    library.close()


# Cards

CARD = """{name} is a night locksmith. She is afraid of water, and he knows it. Jane lives above a bakery.
Her eyes are green. She lost her brother at sea. She would never steal from a child. Tom hates dogs.
Age: 34
[Likes: tea + rain]
She doesn't know him. She carries a brass key. Perhaps she is a witch. Is she a spy?"""


@pytest.fixture
def carded(library, schema, reading, engine):
    text = CARD.format(name="Jane Marlow")
    return Proposing(library, schema, lambda: reading, lambda: engine, "", lambda _id: text)


def test_a_card_in_the_third_person_gives_proposals_in_the_first(library, carded, jane):
    look(carded, jane)
    found = {s.places[0].attribute: s.places[0].sentence for s in carded.waiting(jane.id)}
    assert found["occupation"] == "I work as a night locksmith."
    assert found["home"] == "I live above a bakery."
    assert found["eyes"] == "My eyes are green."
    assert found["age"] == "I am 34 years old."
    assert found["line_not_crossed"] == "I would never steal from a child."
    assert "my brother" in found["loss"]
    assert not {"fear", "pet_peeve", "species", "full_name"} & set(found)
    for shown in carded.waiting(jane.id):
        assert shown.proposal.origin == "card"
        assert shown.proposal.offer.evidence in CARD.format(name="Jane Marlow")


def test_what_was_decided_about_a_card_stays_decided(library, carded, jane, schema, reading, engine):
    look(carded, jane)
    first, second, *_rest = carded.waiting(jane.id)
    carded.keep(first.proposal.id)
    assert library.cast.sheet(jane.id).values[-1].source == "card"
    carded.refuse(second.proposal.id)
    library.cast.change(jane.id, [Change("occupation", op="clear")], schema, "form")
    left = len(carded.waiting(jane.id))
    again = Proposing(library, schema, lambda: reading, lambda: engine, "", lambda _id: CARD)
    look(again, jane)
    assert len(again.waiting(jane.id)) == left


# Bad input


@pytest.mark.parametrize(
    "body",
    [
        " " * 20_000 + "I am x",
        "I am " + "and I " * 5000,
        "“" * 20_000,
        "*" * 20_000,
        "well, " * 4000 + "I am x",
        "I " + "a" * 20_000,
        "I hate dogs\n" * 1500,
        "[Likes: " + "x" * 20_000,
        "(" * 20_000 + "I hate dogs.",
    ],
)
def test_hostile_replies_are_read_in_time_and_propose_little(schema, reading, body):
    noticing = Noticing(schema, reading)
    began = time.perf_counter()
    found = noticing.sure(body) + noticing.told_of(body, ["Jane", "(.*"]) + noticing.kept(body)
    assert time.perf_counter() - began < 5
    assert len(found) <= 40


# What is no statement about oneself


@pytest.mark.parametrize(
    "line",
    [
        "Do you think I’m a thief?",
        "If I were a thief, I would say so.",
        "I told him I was a thief.",
        "My brother wrote: “I am a thief.”",
        "I wish I were a thief.",
        "Maybe I am a thief.",
        "I am waiting for a thief.",
        "I am not a thief.",
        "You are a thief.",
        "She is afraid of dogs.",
        "I want you to leave.",
        "I hate that.",
        "I am married to the sea, they used to say.",
        "*I am a thief*",
        "I’ll be a thief by spring.",
    ],
)
def test_questions_lies_and_others_are_no_facts(schema, reading, line):
    assert Noticing(schema, reading).sure(line) == []


def test_the_fixed_set_holds_what_the_documents_claim(schema, reading):
    """Precision matters more than recall: at least 0.9 of what rules alone notice is so, and half is found."""
    noticing = Noticing(schema, reading)
    for name in bench_notice.SETS:
        result = bench_notice.score(noticing.sure, bench_notice.replies(name))
        assert result.right / (result.right + result.wrong) >= 0.9, name
        assert result.right / result.facts >= 0.5, name
