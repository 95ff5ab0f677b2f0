"""Macros of cards are carried out when a model reads, one inside another, and never by themselves."""

import random

import pytest

from charstudio.talk.macros import Names, expand, expanded, matchable

NAMES = Names("Ilse", "Ada", original="Be brief.", outlets={"coast": "The coast is long."})


def told(text: str, **how) -> str:
    return expanded(text, NAMES, **how)


@pytest.mark.parametrize(
    "macro", ["{{char}}", "{{CHAR}}", "{{ Char }}", "<BOT>", "<bot>", "<CHAR>", "<char>"]
)
def test_the_character_is_named_in_any_case(macro):
    assert told(f"a {macro}.") == "a Ilse."


@pytest.mark.parametrize("macro", ["{{user}}", "{{User}}", "<USER>", "<user>"])
def test_the_writer_is_named_in_any_case(macro):
    assert told(f"a {macro}.") == "a Ada."


@pytest.mark.parametrize(
    "text", ["{{unknown}}", "{{time_UTC+2}}", "{{char", "{{}}", "{ {char} }", "{{char:x}}", "<b>"]
)
def test_what_nobody_knows_stays_as_it_stands(text):
    assert told(text) == text


def test_a_name_that_looks_like_a_macro_is_only_a_name():
    assert expand("{{char}} <user>", "{{user}}", "<bot>") == "{{user}} <bot>"


def test_comments_vanish_and_are_shown_to_the_writer_alone():
    text = "a{{// one}}b{{comment: two}}c{{hidden_key: three}}d"
    assert told(text) == "abcd"
    assert told(text, comments=True) == "abtwocd"
    assert told(text, hidden=True) == "abcthreed"


def test_comments_and_hidden_keys_wake_no_lore():
    assert matchable("a {{// lamp}}{{comment: lamp}}{{hidden_key:lamp}}{{char}}") == "a {{char}}"


def test_random_draws_one_choice_and_a_comma_can_be_kept():
    seen = {told("{{random:a, b\\, c,d}}", rng=random.Random(n)) for n in range(60)}
    assert seen == {"a", "b, c", "d"}


def test_random_takes_double_colons_before_commas():
    seen = {told("{{random::a, b::c}}", rng=random.Random(n)) for n in range(40)}
    assert seen == {"a, b", "c"}


def test_pick_stays_the_same_in_one_talk_and_differs_between_talks():
    text = "{{pick:a,b,c,d,e,f,g,h}}"
    assert len({told(text, seed="talk 1") for _ in range(20)}) == 1
    assert len({told(text, seed=f"talk {n}") for n in range(40)}) > 3


def test_two_picks_of_the_same_words_may_differ():
    twice = {told("{{pick:a,b,c,d}} {{pick:a,b,c,d}}", seed=str(n)) for n in range(40)}
    assert any(one.split()[0] != one.split()[1] for one in twice)


@pytest.mark.parametrize(
    ("dice", "low", "high"),
    [("6", 1, 6), ("d6", 1, 6), ("D20", 1, 20), ("10", 1, 10), ("3d6+4", 7, 22), ("2d4 - 1", 1, 7)],
)
def test_dice_fall_within_their_bounds(dice, low, high):
    rolls = [int(told(f"{{{{roll:{dice}}}}}", rng=random.Random(n))) for n in range(300)]
    assert low <= min(rolls) <= max(rolls) <= high
    assert max(rolls) - min(rolls) >= (high - low) * 0.6


@pytest.mark.parametrize("dice", ["", "x", "0", "d0", "6d", "1d99999999"])
def test_dice_that_are_none_give_nothing(dice):
    assert told(f"a{{{{roll:{dice}}}}}b") == "ab"


def test_reverse_original_and_outlets():
    assert told("{{reverse:Hello}}") == "olleH"
    assert told("{{original}} Now.") == "Be brief. Now."
    assert told("{{outlet::coast}}{{outlet::nowhere}}") == "The coast is long."
    assert expand("{{original}}", "Ilse", "Ada") == "{{original}}"


def test_macros_stand_inside_one_another():
    assert told("{{reverse:{{user}}}}") == "adA"
    assert told("{{random:{{char}}}}") == "Ilse"
    assert told("{{// {{char}} }}x") == "x"
    assert told("{{unknown:{{char}}}}") == "{{unknown:Ilse}}"


def test_the_same_text_gives_the_same_every_time():
    text = "{{random:a,b,c}}{{roll:100}}{{pick:x,y}}"
    assert len({told(text, seed="s") for _ in range(10)}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 50_000,
        "{{char}}" * 50_000,
        "{{reverse:" * 5_000 + "}}" * 5_000,
        "{{random:" + "," * 100_000 + "}}",
    ],
)
def test_hostile_texts_end_quickly(text):
    assert len(told(text)) <= max(len(text), 4_000_000)
