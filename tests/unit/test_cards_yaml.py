"""Characters written down as YAML are read; YAML's powers are not used."""

import pytest

from charstudio.cards import read_card, write_json
from charstudio.errors import CardError
from tests.unit.cards_archives import TEXTGEN


def test_j5_textgen_yaml_is_read():
    card = read_card(TEXTGEN.encode())
    assert (card.format, card.name) == ("yaml", "Ilse Marn")
    assert card.first_mes == "You are wet.\nSit.\n"
    assert card.description == "Ilse: keeper of the light"
    assert card.mes_example == "{{user}}: Hello"


def test_yaml_dates_and_times_stay_the_text_they_are():
    raw = read_card(TEXTGEN.encode()).raw
    assert (raw["since"], raw["hour"]) == ("2001-12-14", "12:30:45")


def test_j5_pygmalion_yaml_is_read_and_written_as_json():
    card = read_card(
        b"char_name: Bo\nchar_persona: |\n  Tall.\nworld_scenario: A pier.\nchar_greeting: Hm.\n"
    )
    again = read_card(write_json(card))
    assert (again.name, again.description, again.scenario, again.first_mes) == (
        "Bo",
        "Tall.\n",
        "A pier.",
        "Hm.",
    )


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"name: &a x\ncontext: *a\n", "refers to itself"),
        (b"name: " + b"[" * 1000, "nested"),
        (b"name: [x\ncontext: y", "line 2"),
        (b"name: !!python/name:os.system\ncontext: x", "YAML"),
        (b"name: x\ncontext: y\n? [a, b]\n: z\n", ""),
        (b"name: x\n", "no character card"),
    ],
)
def test_odd_yaml_is_refused_in_one_sentence(body, word):
    with pytest.raises(CardError) as caught:
        read_card(body)
    assert word in str(caught.value)
    assert str(caught.value).endswith(".")
