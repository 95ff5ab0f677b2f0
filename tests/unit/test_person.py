"""Sheets speak in the first person, writers in the second."""

from __future__ import annotations

from pathlib import Path

import pytest

from charstudio.sheet import flip, load_schema

PAIRS = [
    ("keep my word", "keep your word"),
    ("I am up before light", "you are up before light"),
    ("am up before light", "are up before light"),
    ("I was there that night", "you were there that night"),
    ("a friend I did not save", "a friend you did not save"),
    ("the family of the man I killed", "the family of the man you killed"),
    ("someone who left me", "someone who left you"),
    ("she taught me to read", "she taught you to read"),
    ("who my father is", "who your father is"),
    ("I'm the only one who can do it", "you're the only one who can do it"),
    ("being who I am", "being who you are"),
    ("myself, mostly", "yourself, mostly"),
    ("what I hide from myself", "what you hide from yourself"),
    ("my mother's, people say", "your mother's, people say"),
    ("everyone learns what I did", "everyone learns what you did"),
    ("the debt is mine", "the debt is yours"),
    ("it happened before I left", "it happened before you left"),
    ("between me and my brother", "between you and your brother"),
    ("nobody trusts me", "nobody trusts you"),
    ("they love me most when I sing", "they love you most when you sing"),
    ("the day it cost me everything", "the day it cost you everything"),
    ('starting with "no" when I mean yes', 'starting with "no" when you mean yes'),
    ("how I died", "how you died"),
    ("I never told him that I knew", "you never told him that you knew"),
    ("it wasn't me", "it wasn't you"),
    ("I wasn’t there", "you weren’t there"),
    ("the ship I was born on", "the ship you were born on"),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_both_ways(first, second):
    assert flip(first, "second") == second
    assert flip(second, "first") == first


def test_quoted_speech_stays():
    assert flip('"I outlive you," I say to my dog', "second") == '"I outlive you," you say to your dog'
    assert flip("“You owe me,” you said", "first") == "“You owe me,” I said"


def test_kings_are_counted_not_flipped():
    assert flip("loyal to Elizabeth I", "second") == "loyal to Elizabeth I"
    assert flip("what Tom and I did", "second") == "what Tom and you did"


def test_a_sentence_keeps_its_capital():
    assert flip("My brother left. I stayed.", "second") == "Your brother left. You stayed."
    assert flip("Your brother left. You stayed.", "first") == "My brother left. I stayed."


def test_others_keep_their_verbs():
    assert flip("my parents are dead and I am tired", "second") == "your parents are dead and you are tired"
    assert flip("your parents are dead and you are tired", "first") == "my parents are dead and I am tired"
    assert flip("the man was my friend", "second") == "the man was your friend"


def test_all_shipped_values_but_one_come_back_unchanged():
    schema = load_schema(Path(__file__).resolve().parents[2] / "resources" / "attributes.yaml")
    values = [v for a in schema.attributes.values() for v in a.examples]
    values += [v for link in schema.value_links for offered in link.offer.values() for v in offered]
    lost = [v for v in values if flip(flip(v, "second"), "first") != v]
    assert lost == ["rules keep you safe"]  # "you" means everybody there; no rule can know
