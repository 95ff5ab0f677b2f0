"""The hand-written statements are fit to measure by; a failure names line numbers, never the held-out text."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from charstudio.sheet import load_schema

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "guide"
FILES = ("written_development.jsonl", "written_held_out.jsonl")


def lines(name):
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def same(text):
    return " ".join(text.replace("’", "'").casefold().split()).rstrip(".")


@pytest.fixture(scope="module")
def attributes():
    return load_schema(ROOT / "resources" / "attributes.yaml").attributes


@pytest.mark.parametrize("name", FILES)
def test_every_line_has_the_form_that_the_readme_describes(name, attributes):
    wrong = []
    for number, line in enumerate(lines(name), 1):
        facts, also = line["gold"], line.get("also", [])
        named = [fact["attribute"] for fact in facts]
        fit = (
            line.keys() <= {"text", "gold", "also"}
            and line["text"].strip()
            and all(fact.keys() <= {"attribute", "value", "state"} for fact in facts)
            and all(fact.get("value", "-").strip() and fact.get("state", "none") == "none" for fact in facts)
            and set(named) | set(also) <= attributes.keys()
            and not set(named) & set(also)
            and len(named) == len(set(named))
            and (facts or not also)
        )
        if not fit:
            wrong.append(number)
    assert wrong == []


@pytest.mark.parametrize("name", FILES)
def test_every_attribute_is_stated_at_least_twice(name, attributes):
    stated = Counter(fact["attribute"] for line in lines(name) for fact in line["gold"])
    assert [a for a in attributes if stated[a] < 2] == []


@pytest.mark.parametrize("name", FILES)
def test_some_lines_state_several_facts_and_some_none(name):
    counts = [len(line["gold"]) for line in lines(name)]
    assert len(counts) >= 340
    assert sum(count > 1 for count in counts) >= 0.12 * len(counts)
    assert sum(count == 0 for count in counts) >= 0.07 * len(counts)


def test_no_statement_that_measures_was_also_there_to_write_rules_by():
    known = {same(line["text"]) for name in (FILES[0], "natural_development.jsonl") for line in lines(name)}
    both = [number for number, line in enumerate(lines(FILES[1]), 1) if same(line["text"]) in known]
    assert both == []


@pytest.mark.parametrize("name", FILES)
def test_no_statement_stands_twice(name):
    texts = Counter(same(line["text"]) for line in lines(name))
    assert [number for number, line in enumerate(lines(name), 1) if texts[same(line["text"])] > 1] == []
