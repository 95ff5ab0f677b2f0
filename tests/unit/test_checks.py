"""Every check notices what it is for, says why, and stays silent otherwise."""

from __future__ import annotations

import pytest

from charstudio.checks import Person, check
from charstudio.checks.numbers import age_of, year_of
from charstudio.model import Change, Value
from charstudio.sheet import Sheet


def person(number=1, *, finished=False, **decided):
    values, n = [], number * 100
    for attribute, texts in decided.items():
        for text in [texts] if isinstance(texts, str | Value) else texts:
            n += 1
            plain = text if isinstance(text, Value) else Value(attribute, text)
            values.append(
                Value(attribute, plain.text, plain.know, other_id=plain.other_id, state=plain.state, id=n)
            )
    return Person(number, Sheet(tuple(values)), finished)


def names(schema, who, *others, **more):
    return [f.check for f in check(who, [who, *others], schema, **more)]


def to(other, text="somebody"):
    return Value("", text, other_id=other)


# Each of the eleven


def test_an_age_that_the_birth_year_forbids(schema):
    jane = person(full_name="Jane", age="thirty-four", birth_date="3 March 1987")
    (found,) = check(jane, [jane], schema, story_year=2026)
    assert (found.check, found.level) == ("age_vs_birth", "error")
    assert found.sentence == "Jane is 34 here, but born 1987 makes it 39 in 2026."
    assert [p.attribute for p in found.places] == ["age", "birth_date"]


@pytest.mark.parametrize(
    ("age", "birth", "year"),
    [
        ("34", "1987", None),
        ("39", "1987", 2026),
        ("38", "3 March 1987", 2026),
        ("old enough", "1987", 2026),
        ("58. Sixty in the joints", "1900", 2026),
        ("34", "midwinter, the year of the flood", 2026),
        ("34", "between 1987 and 1991", 2026),
        ("34", "day 112 of the voyage", 2026),
    ],
)
def test_no_word_about_ages_that_may_be_true(schema, age, birth, year):
    assert names(schema, person(age=age, birth_date=birth), story_year=year) == []


def test_numbers_are_read_as_people_write_them():
    assert [age_of(t) for t in ("34", "thirty-four", "I’m 9 years old.", "about 30", "infinity")] == [
        34, 34, 9, None, None
    ]  # fmt: skip
    assert [year_of(t) for t in ("3 March 1987", "1987-03-03", "12345", "none")] == [1987, 1987, None, None]


def test_a_second_value_of_what_can_be_one_is_asked_about(schema):
    jane = person(home=["Leith", "Perth"])
    (found,) = check(jane, [jane], schema)
    assert (found.check, found.level) == ("two_values_for_one", "ask")
    assert [o.words for o in found.offers] == ["Replace", "Keep both", "Keep the old one"]
    assert found.offers[1].changes == ((1, Change("home", "Leith; Perth")),)
    assert not check(person(home="Leith"), [person(home="Leith")], schema)


def test_opposites_may_become_a_contradiction(schema):
    jane = person(full_name="Jane", traits=["very patient"], flaws=["Impulsive"])
    (found,) = check(jane, [jane], schema)
    assert (found.check, found.level) == ("opposite_traits", "note")
    assert found.offers[0].changes[0][1].attribute == "contradiction"
    told = person(traits=["patient", "impulsive"], contradiction="I am patient and impulsive at once")
    assert names(schema, told) == []


@pytest.mark.parametrize("other", ["impulsive with money", "not impulsive", "sometimes impulsive about love"])
def test_an_opposite_under_a_condition_is_none(schema, other):
    assert names(schema, person(traits=["patient", other])) == []


def test_a_bond_with_one_end_is_offered_at_the_other(schema):
    jane = person(1, full_name="Jane Marlow", siblings=to(2, "Tom"))
    tom = person(2, full_name="Tom Marlow")
    (found,) = check(jane, [jane, tom], schema)
    assert (found.check, found.level) == ("relation_one_sided", "offer")
    ((who, change),) = found.offers[0].changes
    assert (who, change.attribute, change.value, change.other_id) == (2, "siblings", "Jane Marlow", 1)
    (same,) = check(tom, [jane, tom], schema)
    assert same.mark == found.mark
    back = person(2, full_name="Tom Marlow", siblings=to(1, "Jane"))
    assert names(schema, jane, back) == []


def test_parents_and_children_are_each_others_other_end(schema):
    jane, ada = person(1, full_name="Jane", parents=to(2, "Ada")), person(2, full_name="Ada")
    (found,) = check(jane, [jane, ada], schema)
    assert found.offers[0].changes[0][1].attribute == "children"


def test_a_mentor_needs_no_name_for_it_only_some_word_back(schema):
    jane = person(1, full_name="Jane", mentor=to(2, "Ada"))
    assert names(schema, jane, person(2, full_name="Ada")) == ["relation_one_sided"]
    assert names(schema, jane, person(2, full_name="Ada", enemy=[to(1, "Jane")], rival=to(1, "Jane"))) != []
    fond = person(2, full_name="Ada", secret_keeper=to(1, "Jane"))
    assert names(schema, jane, fond) == []


def test_nobody_is_their_own_forebear(schema):
    jane = person(1, full_name="Jane", parents=to(2), children=to(3))
    tom = person(2, full_name="Tom", parents=to(3), children=to(1))
    ada = person(3, full_name="Ada", children=to(2), parents=to(1))
    found = check(jane, [jane, tom, ada], schema)
    assert [f.check for f in found] == ["relation_cycle"]
    assert {p.character_id for p in found[0].places} <= {1, 2, 3}
    assert len(found[0].places) == 2


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Marek", "Mirek", True),
        ("Jane", "Jana", True),
        ("Tom", "Tim", False),
        ("Jane Marlow", "Tom Marlow", False),
        ("Elisabeth", "Elizabet", True),
        ("Rosa", "Edwin", False),
    ],
)
def test_names_that_differ_by_two_letters_at_most_are_confusable(schema, one, other, alike):
    found = names(schema, person(1, full_name=one), person(2, full_name=other))
    assert found == (["confusable_names"] if alike else [])


@pytest.mark.parametrize(
    ("weakness", "skill", "clash"),
    [
        ("swim", "swimming", True),
        ("keep a secret", "keeping secrets", True),
        ("read aloud", "reading people", False),
        ("sleep alone", "sleeping anywhere", False),
        ("say sorry", "swimming", False),
        ("lie to my mother", "lie to strangers", False),
    ],
)
def test_what_one_cannot_do_and_is_good_at(schema, weakness, skill, clash):
    found = names(schema, person(weakness=weakness, skills=skill))
    assert found == (["cannot_but_does"] if clash else [])


def test_what_is_known_and_not(schema):
    jane = person(full_name="Jane", knows="that the bridge is unsafe", does_not_know="The bridge is unsafe.")
    (found,) = check(jane, [jane], schema)
    assert (found.check, found.level) == ("knows_and_not", "ask")
    assert names(schema, person(knows="who wrote it", does_not_know="who wrote it to me")) == []


def test_a_main_character_who_wants_without_reasons(schema):
    jane = person(full_name="Jane", story_role="the protagonist", want="the house back", stakes="everything")
    (found,) = check(jane, [jane], schema)
    assert (found.check, found.level) == ("drive_chain_gap", "hint")
    assert "Why I want it" in found.sentence
    assert "What I stand to lose" not in found.sentence
    assert names(schema, person(story_role="a witness", want="the house back")) == []


def test_examples_of_ours_count_only_on_a_finished_sheet(schema):
    left = {"want": "to be asked to stay", "traits": ["patient"], "pronouns": "she/her", "age": "34"}
    assert names(schema, person(**left)) == []
    assert names(schema, person(finished=True, **left)) == ["placeholder_left"]


@pytest.mark.parametrize(
    ("reply", "attribute"),
    [
        ("“I am 29 years old.”", "age"),
        ("I’m twenty-nine. Ask again.", "age"),
        ("My name is Rose Tyler, sir.", "full_name"),
        ("My pronouns are they/them.", "pronouns"),
        ("I work as a baker in town.", "occupation"),
        ("My mother Anna baked.", "parents"),
    ],
)
def test_a_reply_that_says_otherwise_is_marked(schema, reply, attribute):
    jane = person(
        full_name="Jane Marlow",
        age="34",
        pronouns="she/her",
        occupation="a locksmith",
        parents="my mother Ruth",
    )
    (found,) = check(jane, [jane], schema, said=[(7, reply)])
    assert (found.check, found.level) == ("chat_contradicts_sheet", "note")
    assert [p.attribute for p in found.places] == [attribute, attribute]
    assert found.places[1].message_id == 7


@pytest.mark.parametrize(
    "reply",
    [
        "I am 34. I am tired.",
        "My name is Jane, and I am one of three.",
        "My name is on the list.",
        "I am a fool. I am 30 miles from home.",
        "I am two minds about it.",
        "I work as a locksmith and as nothing else.",
        "My mother Ruth baked. My brother Tim did not.",
        "When I was twenty I was nobody.",
    ],
)
def test_a_reply_that_agrees_or_speaks_of_something_else_is_left_alone(schema, reply):
    jane = person(
        full_name="Jane Marlow",
        age="34",
        pronouns="she/her",
        occupation="a locksmith",
        parents="my mother Ruth",
    )
    assert names(schema, jane, said=[(7, reply)]) == []


def test_what_only_the_author_knows_is_not_held_against_a_reply(schema):
    jane = person(full_name="Jane", age=Value("", "34", "author"))
    assert names(schema, jane, said=[(7, "I am 29 years old.")]) == []


# What is meant


def test_what_is_meant_comes_back_only_when_a_value_changes(schema):
    jane = person(traits=["patient", "impulsive"], home="Leith")
    (found,) = check(jane, [jane], schema)
    assert names(schema, jane, meant={found.mark}) == []
    elsewhere = person(traits=["patient", "impulsive"], home="Perth")
    assert names(schema, elsewhere, meant={found.mark}) == []
    changed = person(traits=["very patient", "impulsive"])
    assert names(schema, changed, meant={found.mark}) == ["opposite_traits"]


def test_a_sheet_of_all_our_examples_raises_no_false_alarm(schema):
    """One character for each place in the lists of examples, as a writer who takes what is suggested has them."""
    for n in range(5):
        decided = {a.id: a.examples[n % len(a.examples)] for a in schema.attributes.values()}
        found = check(person(**decided), [person(**decided)], schema, story_year=None)
        assert [f.check for f in found if f.check not in ("drive_chain_gap",)] == []


def test_the_invented_cast_of_the_pictures_raises_no_false_alarm(schema):
    """The sheets and names that the project shows of itself, read from where the pictures are drawn."""
    import ast
    from pathlib import Path

    source = Path(__file__).resolve().parents[2] / "packaging" / "screenshots.py"
    told = {
        node.targets[0].id: node.value
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    named = [row.elts[0] for row in told["CAST"].elts]
    plain = [ast.literal_eval(name) for name in named if isinstance(name, ast.Constant)]
    cast = [person(n, full_name=name) for n, name in enumerate(plain, start=1)]
    values = [(a, t, k) for a, t, k, _source in ast.literal_eval(told["VALUES"]) if a in schema.attributes]
    sheet = Sheet(tuple(Value(a, t, k, id=n) for n, (a, t, k) in enumerate(values, start=1)))
    jane = Person(1, sheet, finished=True)
    everyone = [jane, *cast[1:]]
    assert len(everyone) > 10
    for who in everyone:
        assert check(who, everyone, schema, story_year=1925) == []
