"""Stages, checks, renaming and history from the command line."""

from __future__ import annotations

import json

import pytest

from charstudio.cli import run as main


def run(capsys, *words):
    capsys.readouterr()
    code = main(list(words))
    return code, capsys.readouterr().out, ""


@pytest.fixture
def jane(home, capsys):
    for words in (
        ("new", "Jane Marlow"),
        ("set", "Jane", "home", "Leith"),
        ("stages", "Jane", "add", "Before the trial"),
        ("stages", "Jane", "add", "The trial"),
        ("stages", "Jane", "stand", "The trial"),
        ("set", "Jane", "home", "a cell"),
    ):
        assert main(list(words)) == 0
    capsys.readouterr()
    return "Jane"


def test_stages_are_listed_added_renamed_moved_and_removed(jane, capsys):
    assert run(capsys, "stages", jane)[1] == "1\tBefore the trial\n2\tThe trial\tin view\n"
    run(capsys, "stages", jane, "add", "Childhood", "--at", "1")
    run(capsys, "stages", jane, "rename", "2", "Youth")
    run(capsys, "stages", jane, "move", "the trial", "1")
    out = run(capsys, "stages", jane, "remove", "Childhood", "--json")[1]
    assert [(s["name"], s["current"]) for s in json.loads(out)] == [("The trial", True), ("Youth", False)]


def test_a_stage_that_is_not_there_is_told_with_those_that_are(jane, capsys):
    assert main(["show", jane, "--stage", "Afterlife"]) == 1
    assert "“Before the trial”, “The trial”" in capsys.readouterr().err
    assert main(["stages", jane, "rename", "1"]) == 1
    assert "rename OLD NEW" in capsys.readouterr().err


def test_a_page_is_shown_and_exported_as_of_a_stage(jane, capsys, tmp_path):
    assert "a cell" in run(capsys, "show", jane)[1]
    before = run(capsys, "show", jane, "--stage", "1")[1]
    assert "Leith" in before
    assert "As of: Before the trial" in before
    out = tmp_path / "jane.md"
    run(capsys, "export", jane, str(out), "--stage", "Before the trial")
    assert out.read_text(encoding="utf-8") == before
    shown = json.loads(run(capsys, "show", jane, "--stage", "2", "--json")[1])
    assert (shown["stage"], [v["text"] for v in shown["values"] if v["attribute"] == "home"]) == (
        "The trial", ["a cell"]
    )  # fmt: skip


def test_only_chosen_levels_go_out_and_the_authors_never_without_being_asked_for(jane, capsys, tmp_path):
    main(["set", jane, "arc_end", "She lets the lamp go out"])
    main(["set", jane, "secret", "She wrote it a week after"])
    shown = json.loads(run(capsys, "show", jane, "--json")[1])["values"]
    know = {v["attribute"]: v["know"] for v in shown}
    assert know["secret"] == "private"
    out = tmp_path / "jane.md"
    main(["export", jane, str(out), "--know", "open"])
    assert "a week after" not in out.read_text(encoding="utf-8")
    card = tmp_path / "jane.json"
    main(["export", jane, str(card)])
    assert "a week after" not in card.read_text(encoding="utf-8")
    main(["export", jane, str(card), "--know", "open,private"])
    data = json.loads(card.read_text(encoding="utf-8"))["data"]
    assert "a week after" in json.dumps(data["extensions"]["charstudio"])
    assert "a week after" not in data["description"] + data["personality"]
    with pytest.raises(SystemExit):
        main(["export", jane, str(card), "--know", "everything"])


def test_checks_are_printed_and_can_be_meant(jane, capsys):
    main(["set", jane, "age", "34"])
    main(["set", jane, "birth_date", "1987"])
    assert run(capsys, "check", jane)[1] == "Nothing to notice.\n"
    found = json.loads(run(capsys, "check", jane, "--story-year", "2026", "--json")[1])
    assert [(f["check"], f["level"]) for f in found] == [("age_vs_birth", "error")]
    assert run(capsys, "check", jane, "--meant", found[0]["mark"])[1] == "Nothing to notice.\n"
    main(["undo", jane])
    assert json.loads(run(capsys, "check", jane, "--json")[1]) == found


def test_renaming_is_shown_first_and_done_in_the_chosen_places(jane, capsys):
    main(["new", "Tom"])
    main(["set", "Tom", "fear", "Jane’s silence"])
    shown = json.loads(run(capsys, "rename", jane, "Joan Reed", "--preview", "--json")[1])
    assert [(m["whose"], m["where"], m["chosen"]) for m in shown] == [
        ("Jane Marlow", "Full name", True), ("Tom", "Fear", True)
    ]  # fmt: skip
    assert "Jane Marlow" in run(capsys, "list")[1]
    run(capsys, "rename", jane, "Joan Reed", "--only", "1")
    assert "Joan Reed" in run(capsys, "list")[1]
    assert "Jane’s silence" in run(capsys, "show", "Tom")[1]


def test_history_tells_where_a_value_comes_from(jane, capsys):
    main(["stages", jane, "stand"])
    main(["set", jane, "home", "Perth"])
    lines = run(capsys, "history", jane, "home")[1].splitlines()
    assert [line.split("\t")[1:] for line in lines] == [["command", t] for t in ("Perth", "a cell", "Leith")]
