"""A prompt tells what a model may know, in an order that lets most of it be read only once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charstudio.model import KNOW_LEVELS, Change, Message, Value
from charstudio.sheet import Sheet
from charstudio.talk import Persona, Prose, expand
from charstudio.talk.prompt import Moment, Scene, build, pick_moment


def sheet_of(schema, changes):
    sheet = Sheet()
    for change in changes:
        sheet = sheet.apply(change, schema, "form")
    return sheet


@pytest.fixture
def jane(schema):
    sheet = sheet_of(
        schema,
        [
            Change("full_name", "Jane Marlow"),
            Change("age", "34"),
            Change("fear", "deep water"),
            Change("need", "to forgive herself"),
            Change("one_line", "AUTHOR-ONLY-LINE"),
            Change("siblings", "", state="none"),
        ],
    )
    return Persona("Jane", "Jane Marlow", sheet, schema)


def said(*bodies, moments=None):
    roles = ("writer", "character")
    return tuple(
        Message(n + 1, 1, n or None, roles[n % 2], "", body, moment=(moments or {}).get(n, ""))
        for n, body in enumerate(bodies)
    )


def everything(prompt):
    return "\n".join([prompt.flat, *(m.content for m in prompt.messages), *(s.text for s in prompt.sections)])


def test_a_value_that_is_a_sentence_is_not_put_inside_another(schema):
    changes = [Change("hair", "My curls never lie flat."), Change("eyes", "grey")]
    changes += [Change("skills", "forging letters", "add"), Change("skills", "No lock holds me.", "add")]
    told = [t.echo for t in Persona("", "", sheet_of(schema, changes), schema).told()]
    assert "My curls never lie flat." in told
    assert "My eyes are grey." in told
    assert "I am good at forging letters. No lock holds me." in told
    assert not any("is My curls" in line for line in told)


def test_a_sentence_reaches_the_prompt_as_it_is(schema):
    sheet = sheet_of(schema, [Change("hair", "My curls never lie flat.")])
    system = build(Scene(Persona("", "", sheet, schema), "Visitor", said("Hello"))).messages[0].content
    assert "My curls never lie flat." in system
    assert "is My curls" not in system


def test_each_know_level_is_told_in_its_own_way(jane):
    prompt = build(Scene(jane, "Visitor", said("Hello")))
    system = prompt.messages[0].content
    assert "I am 34 years old." in system
    assert "You protect the following" in system
    assert "- I am afraid of deep water." in system
    assert "drives you without your knowing" in system
    assert "deep water" not in prompt.flat
    assert "forgive herself" not in prompt.flat
    assert "Jane: I am 34 years old." in prompt.flat
    assert "AUTHOR-ONLY-LINE" not in everything(prompt)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_is_the_authors_never_reaches_a_prompt(schema, data):
    attributes = data.draw(
        st.lists(
            st.sampled_from(["full_name", "short_name", *sorted(schema.attributes)]),
            min_size=1,
            max_size=15,
            unique=True,
        )
    )
    changes, secrets = [], []
    for n, attribute in enumerate(attributes):
        know = data.draw(st.sampled_from(KNOW_LEVELS))
        text = f"zq{n}qz{data.draw(st.text('ab {}', max_size=5))}x"
        changes.append(Change(attribute, text, know=know))
        if know == "author":
            secrets.append(f"zq{n}qz")
    persona = Persona.of(sheet_of(schema, changes), schema)
    question = " ".join(schema.attributes[a].label for a in attributes)
    moment = pick_moment(persona, question, (), ()).to_json()
    prompt = build(Scene(persona, "Visitor", said(question, moments={0: moment}), note="calm"))
    for secret in secrets:
        assert secret not in everything(prompt)


def test_a_name_that_is_the_authors_or_unknown_to_its_bearer_is_no_name(schema):
    for know, heard in (("open", True), ("private", True), ("blind", False), ("author", False)):
        changes = [Change("full_name", "Zebulon Quist", know=know), Change("age", "34")]
        prompt = build(Scene(Persona.of(sheet_of(schema, changes), schema), "Visitor", said("Hi")))
        assert ("Zebulon" in prompt.flat) is heard


def test_the_next_turn_begins_with_the_prompt_of_the_last_one(jane):
    first = build(Scene(jane, "Visitor", said("Who are you?")))
    second = build(Scene(jane, "Visitor", said("Who are you?", "I am Jane.", "How old are you?")))
    assert second.flat.startswith(first.flat)
    was = [(m.role, m.content) for m in first.messages]
    assert [(m.role, m.content) for m in second.messages][: len(was)] == was


def test_what_a_message_touches_is_told_again_just_before_it_and_stays_there(jane):
    moment = pick_moment(jane, "How old are you?", (), ())
    assert moment.values == ("age",)
    history = said("How old are you?", "34.", "And now?", moments={0: moment.to_json()})
    flat = build(Scene(jane, "Visitor", history)).flat
    assert flat.count("Jane: I am 34 years old.") == 2
    assert pick_moment(jane, "How old are you?", (), history).values == ()


def test_a_value_changed_since_is_told_as_it_is_now(jane, schema):
    moment = Moment(("age",)).to_json()
    older = Persona("Jane", "Jane Marlow", jane.sheet.apply(Change("age", "35"), schema, "form"), schema)
    flat = build(Scene(older, "Visitor", said("How old?", moments={0: moment}))).flat
    assert "34" not in flat


def test_a_transcript_ends_with_the_name_of_who_speaks_and_stops_at_both_names(jane):
    prompt = build(Scene(jane, "Visitor", said("Hello\n\nthere")))
    assert prompt.flat.endswith("Visitor: Hello there\nJane:")
    assert {"\nVisitor:", "\nJane:"} <= set(prompt.stops)


@pytest.mark.parametrize(
    ("called", "user"),
    [("Jane", "jane"), ("", ""), ("a:b\nc", "x\ny"), ("🧜‍♀️", "مريم"), ("x" * 9000, "x" * 9000)],
)
def test_two_names_of_a_transcript_are_short_single_lines_and_never_the_same(schema, called, user):
    persona = Persona(called, called, Sheet(), schema)
    prompt = build(Scene(persona, user, said("Hi")))
    one, other = (stop.strip("\n:") for stop in prompt.stops[:2])
    assert one.casefold() != other.casefold()
    assert all(0 < len(name) <= 60 and "\n" not in name for name in (one, other))


def test_roles_of_chat_messages_alternate_and_begin_with_the_user(jane):
    history = (
        Message(1, 1, None, "character", "Jane", "Come in."),
        Message(2, 1, 1, "narrator", "", "It rains."),
        Message(3, 1, 2, "writer", "", "Thank you."),
    )
    roles = [m.role for m in build(Scene(jane, "Visitor", history)).messages]
    assert roles == ["system", "user", "assistant", "user"]


def test_a_huge_sheet_is_cut_to_its_share(schema):
    changes = [Change(a, f"{a} " * 300) for a in schema.attributes if schema.attributes[a].know == "open"]
    persona = Persona("Jane", "Jane", sheet_of(schema, changes), schema)
    count = lambda texts: [len(t) // 4 for t in texts]  # noqa: E731
    prompt = build(Scene(persona, "Visitor", said("Hi")), count, 4096)
    assert len(prompt.flat) // 4 < 3000


def test_card_prose_and_the_authors_note_stand_where_they_belong(schema):
    prose = Prose(
        "Jane keeps a light.",
        "Stubborn.",
        "A storm.",
        "<START>\nJane: Sit.",
        "Obey {{original}}",
        "Be brief.",
    )
    persona = Persona("Jane", "Jane", Sheet(), schema, prose)
    prompt = build(Scene(persona, "Visitor", said("Hi", "Hello.", "Well?"), note="Night."))
    system = prompt.messages[0].content
    assert system.startswith("Obey You are Jane")
    assert "Jane keeps a light." in system
    assert "Jane: Sit." in system
    assert "<START>" not in everything(prompt)
    assert prompt.messages[-1].content == "[Night.]\n[Be brief.]\nWell?"
    assert prompt.flat.index("(Night.)") > prompt.flat.index("Jane: Hello.")


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("{{char}} meets {{user}}", "Jane meets Ann"),
        ("{{ CHAR }} <BOT> <bot> <USER> <char>", "Jane Jane Jane Ann Jane"),
        ("{{// aside}}Hi{{comment: x}}", "Hi"),
        ("{{whatever:a,b}} stays", "{{whatever:a,b}} stays"),
        ("<b>no</b>", "<b>no</b>"),
    ],
)
def test_macros(text, becomes):
    assert expand(text, "Jane", "Ann") == becomes


def test_a_name_that_looks_like_a_macro_is_not_expanded_again():
    assert expand("{{char}}", "{{user}}", "Ann") == "{{user}}"


# Strict and inventive


def test_the_switch_changes_one_sentence_of_who_the_character_is_and_nothing_after_it(schema):
    sheet = Sheet((Value("full_name", "Jane Marlow"), Value("age", "34")))
    history = (Message(1, 1, None, "writer", "Ann", "Have you a brother?"),)
    scenes = [Scene(Persona.of(sheet, schema), "Ann", history, strict=strict) for strict in (True, False)]
    strict, inventive = (build(scene) for scene in scenes)
    assert "Make nothing up" in strict.messages[0].content
    assert "you may make up" in inventive.messages[0].content
    assert strict.messages[1:] == inventive.messages[1:]
    assert build(scenes[0]) == strict


def test_a_strict_base_model_is_shown_how_the_character_says_that_it_does_not_know(schema):
    sheet = Sheet((Value("full_name", "Jane Marlow"), Value("siblings", "a brother")))
    history = (Message(1, 1, None, "writer", "Ann", "Have you a brother?"),)
    scene = Scene(Persona.of(sheet, schema), "Ann", history, strict=True)
    flat = build(scene).flat
    assert flat.count("I do not know") == 5
    assert flat.index("born?") < flat.index("I could not tell you") < flat.index("Have you a brother?")
    assert "I do not know" not in build(replace(scene, strict=False)).flat


def test_a_cards_own_system_prompt_stays_and_strictness_is_added(schema):
    persona = Persona.of(Sheet((Value("full_name", "Jane"),)), schema, Prose(system="Be brief."))
    scene = Scene(persona, "Ann", (), strict=True)
    assert build(scene).messages[0].content.startswith("Be brief.\nYou know of yourself only")
    assert build(replace(scene, strict=False)).messages[0].content.startswith("Be brief.\nMy name is Jane")
