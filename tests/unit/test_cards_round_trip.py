"""Whatever valid card there may be: read and written it is the same JSON, and an edit changes that field alone."""

import json

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from charstudio.cards import read_card, with_edit, write_charx, write_json, write_png
from tests.unit.cards_archives import zipped
from tests.unit.cards_corpus import card_in, dump, png, text

# Odd texts and values at hand cost little; every card has some that are made anew besides.
ODD = (
    "", " ", "a", "Ilse", "{{char}}", "\x00", "\u2028", "\ufeff", "é", "漢字", "😀", "👩‍👩‍👧", "\u202e", "@@depth 1\n", "<b>", "null",
    "5", "a,b", "../x", "\r\n", "embeded://a", "\\", '"', "__proto__", "\x7f", "x" * 300,
)  # fmt: skip
VALUES = (
    None,
    True,
    False,
    0,
    -0.5,
    1e300,
    2**70,
    "",
    "😀",
    [],
    {},
    [[], {}],
    {"a": {"b": [None, 1]}},
    [1, "a", None],
)
fresh = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
texts = st.sampled_from(ODD)
made = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), fresh
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(fresh, inner, max_size=2)),
    max_leaves=4,
)
values = st.sampled_from(VALUES)
objects = st.dictionaries(texts, values, max_size=2)


def unknown(*known):
    names = st.sampled_from([key for key in ("x", "y_z", "_", "fav", "Name", "漢") if key not in known])
    return st.dictionaries(names, values, max_size=2)


def with_unknown(fixed, optional, *known):
    return st.builds(
        lambda made, more: {**more, **made}, st.fixed_dictionaries(fixed, optional=optional), unknown(*known)
    )


def entries(*, v3):
    fixed = {
        "keys": st.lists(texts, max_size=3),
        "content": texts,
        "extensions": objects,
        "enabled": st.booleans(),
        "insertion_order": st.integers(-5, 500),
    }
    optional = {
        "case_sensitive": st.booleans(),
        "constant": st.booleans(),
        "name": texts,
        "priority": st.integers(0, 9),
        "id": st.integers(0, 9) if not v3 else st.one_of(st.integers(0, 9), texts),
        "comment": texts,
        "selective": st.booleans(),
        "secondary_keys": st.lists(texts, max_size=2),
        "position": st.sampled_from(("before_char", "after_char")),
    }
    return with_unknown(fixed | ({"use_regex": st.booleans()} if v3 else {}), optional)


def books(*, v3):
    optional = {
        "name": texts,
        "description": texts,
        "scan_depth": st.integers(0, 9),
        "recursive_scanning": st.booleans(),
    }
    return with_unknown({"extensions": objects, "entries": st.lists(entries(v3=v3), max_size=2)}, optional)


V2 = {
    **dict.fromkeys(
        ("name", "description", "personality", "scenario", "first_mes", "mes_example", "creator_notes"), texts
    ),
    **dict.fromkeys(("system_prompt", "post_history_instructions", "creator", "character_version"), texts),
    "alternate_greetings": st.lists(texts, max_size=2),
    "tags": st.lists(texts, max_size=2),
    "description": fresh,
    "extensions": st.one_of(objects, st.builds(lambda value: {"theirs": value}, made)),
}
V3 = {**V2, "group_only_greetings": st.lists(texts, max_size=2)}
ASSETS = st.lists(
    with_unknown(
        {
            "type": texts,
            "uri": st.sampled_from(("ccdefault:", "embeded://a", "https://x/y")),
            "name": texts,
            "ext": texts,
        },
        {},
    ),
    max_size=2,
)
MORE = {
    "nickname": texts,
    "creator_notes_multilingual": st.dictionaries(st.sampled_from(("en", "de")), texts, max_size=2),
    "source": st.lists(texts, max_size=2),
    "creation_date": st.integers(0, 2**33),
    "modification_date": st.integers(0, 2**33),
    "assets": ASSETS,
}
v2_cards = with_unknown(
    {
        "spec": st.just("chara_card_v2"),
        "spec_version": st.just("2.0"),
        "data": with_unknown(V2, {"character_book": books(v3=False)}),
    },
    {"create_date": texts},
)
v3_cards = with_unknown(
    {
        "spec": st.just("chara_card_v3"),
        "spec_version": st.just("3.0"),
        "data": with_unknown(V3, {"character_book": books(v3=True), **MORE}),
    },
    {},
)
often = settings(
    max_examples=1000,
    deadline=None,
    phases=set(Phase) - {Phase.explain},
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


@often
@given(v2_cards, texts)
def test_x1_x2_v2_6_any_v2_card_comes_back_equal(card, name):
    read = read_card(dump(card))
    assert json.loads(write_json(read, 2)) == card
    assert card_in(write_png(read_card(png(text("chara", card))), png(), 2), "chara") == card
    changed = json.loads(write_json(with_edit(read, "/data/name", json.dumps(name)), 2))
    assert changed == {**card, "data": {**card["data"], "name": name}}


@often
@given(v3_cards, texts)
def test_x1_x2_v2_6_any_v3_card_comes_back_equal(card, name):
    read = read_card(dump(card))
    assert json.loads(write_json(read, 3)) == card
    assert card_in(write_png(read_card(png(text("ccv3", card))), png()), "ccv3") == card
    assert read_card(write_charx(read_card(zipped({"card.json": dump(card)})))).raw == card
    changed = json.loads(write_json(with_edit(read, "/data/name", json.dumps(name)), 3))
    assert changed == {**card, "data": {**card["data"], "name": name}}


@settings(often, max_examples=200)
@given(v3_cards)
def test_any_v3_card_survives_a_trip_through_v2(card):
    there = write_json(read_card(dump(card)), 2)
    assert json.loads(write_json(read_card(there), 3)) == card
