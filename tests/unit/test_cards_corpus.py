"""Every file of the corpus comes to its proper end, quickly, and what was read survives writing."""

import json
import time

import pytest

from charstudio.cards import Card, read_card, write_charx, write_json, write_png
from charstudio.errors import CardError
from tests.unit.cards_archives import ARCHIVES, long_cases
from tests.unit.cards_corpus import CASES, Case, png

EVERY = (*CASES, *ARCHIVES)

SECONDS = 5


def outcome(case: Case) -> tuple[str, Card | None, str]:
    body = case.build()
    started = time.process_time()
    try:
        card = read_card(body, "a file")
    except CardError as exc:
        return "refused", None, str(exc)
    finally:
        assert time.process_time() - started < SECONDS
    return ("warned" if card.warnings else "clean"), card, " ".join(card.warnings)


def properly_spelt(view):
    """What is written says `embeded://`, whatever was read."""
    return json.loads(json.dumps(view).replace("embedded://", "embeded://"))


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.id)
def test_a_file_comes_to_its_proper_end(case):
    end, card, said = outcome(case)
    assert end in case.outcomes, said
    if card is None:
        assert said.endswith(".")
        assert "\n" not in said
    else:
        assert card.name == case.name
        assert card.as_v3()["data"]["name"] == case.name


@pytest.mark.parametrize("case", [c for c in EVERY if c.name is not None], ids=lambda case: case.id)
def test_what_was_read_is_strict_json_and_comes_back_the_same_from_every_form(case):
    card = read_card(case.build())
    view = card.as_v3()
    json.dumps({"card": view, "warnings": card.warnings}, allow_nan=False, ensure_ascii=False).encode("utf-8")
    for written in (
        write_json(card, 3),
        write_png(card, png()),
        write_json(card, 2),
        write_png(card, png(), 2),
    ):
        again = read_card(written)
        assert again.as_v3() == properly_spelt(view)
    if card.format in ("charx", "jpeg", "json"):
        assert read_card(write_charx(card)).as_v3()["data"].get("name") == view["data"]["name"]


def test_the_corpus_has_its_size_and_no_two_cases_of_one_name():
    names = [case.id for case in (*EVERY, *long_cases())]
    assert len(set(names)) == len(names) >= 170
