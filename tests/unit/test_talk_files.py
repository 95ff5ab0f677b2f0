"""Talks come in from SillyTavern's JSONL and from Markdown and go out again, with swipes, note and branches."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charstudio.cli import run
from charstudio.errors import CardError
from charstudio.exports.talks import (
    TalkText,
    joined,
    talk_from_jsonl,
    talk_from_markdown,
    talk_to_markdown,
    talks_to_jsonl,
)
from charstudio.model import Spoken
from tests.unit.cards_corpus import dump

HEAD = {
    "user_name": "Ada",
    "character_name": "Ilse",
    "create_date": "2024-1-1",
    "chat_metadata": {"note_prompt": "It rains.", "note_depth": 4, "timedWorldInfo": {"sticky": {}}},
}
ROWS = [
    {"name": "Ilse", "is_user": False, "is_system": False, "send_date": "June 1, 2024", "mes": "Come in.", "extra": {"api": "x"},
     "swipes": ["Sit.", "Come in.", "Who is it?"], "swipe_id": 1},
    {"name": "Ada", "is_user": True, "is_system": False, "send_date": "June 2, 2024", "mes": "It is I.", "extra": {}, "x_new": [1]},
    {"name": "Narrator", "is_user": False, "is_system": True, "send_date": "", "mes": "A door.", "extra": {"type": "narrator"}},
    {"name": "Ilse", "is_user": False, "is_system": False, "send_date": "", "mes": "Hm.", "extra": {}},
]  # fmt: skip


def jsonl(*rows) -> bytes:
    return b"\n".join(dump(row) for row in rows)


def rows_of(body: bytes) -> list[dict]:
    return [json.loads(line) for line in body.splitlines()]


def test_a_talk_comes_in_with_its_swipes_and_its_note():
    talk = talk_from_jsonl(jsonl(HEAD, *ROWS), "a")
    assert (talk.character, talk.user, talk.note) == ("Ilse", "Ada", "It rains.")
    assert [(s.role, s.body, s.parent) for s in talk.spoken] == [
        ("character", "Sit.", None),
        ("character", "Come in.", None),
        ("character", "Who is it?", None),
        ("writer", "It is I.", 1),
        ("narrator", "A door.", 3),
        ("character", "Hm.", 4),
    ]
    assert talk.last == 5


def test_a_talk_goes_out_as_it_came_with_every_unknown_field():
    ((name, body),) = talks_to_jsonl(talk_from_jsonl(jsonl(HEAD, *ROWS), "a"), "b")
    assert (name, rows_of(body)) == ("b", [HEAD, *ROWS])


def test_an_edited_message_that_is_not_among_its_swipes_counts():
    row = {**ROWS[0], "mes": "Edited."}
    talk = talk_from_jsonl(jsonl(HEAD, row))
    assert [s.body for s in talk.spoken] == ["Sit.", "Edited.", "Who is it?"]
    assert talk.last == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"swipes": "x"}, {"swipes": [], "swipe_id": 3}, {"swipe_id": "1"}, {"swipe_id": -1}, {"swipe_id": True}, {"mes": None},
        {"swipes": [None, 5]}, {"is_user": "yes"}, {"extra": []}, {"name": 5}, {"send_date": {}},
    ],
)  # fmt: skip
def test_odd_lines_are_read_all_the_same(odd):
    talk = talk_from_jsonl(jsonl({**ROWS[0], **odd}, ROWS[1]))
    assert talk.spoken[talk.last].body == "It is I."
    assert rows_of(talks_to_jsonl(talk, "x")[0][1])[-1]["mes"] == "It is I."


def test_branches_that_left_one_talk_become_one_tree_and_go_out_as_files_again():
    main = talk_from_jsonl(jsonl(HEAD, *ROWS), "main")
    head = {**HEAD, "chat_metadata": {"main_chat": "main"}}
    other = [ROWS[0], {**ROWS[1], "mes": "Guess."}, {**ROWS[3], "mes": "Out!"}]
    branch = talk_from_jsonl(jsonl(head, *other), "branch")
    (talk,) = joined([branch, main])
    assert (talk.title, talk.spoken[talk.last].body) == ("main", "Hm.")
    assert len(talk.spoken) == len(main.spoken) + 2
    files = talks_to_jsonl(talk, "out")
    assert [name for name, _body in files] == ["out", "out - 1"]
    assert rows_of(files[0][1])[-1]["mes"] == "Hm."
    second = rows_of(files[1][1])
    assert second[0]["chat_metadata"]["main_chat"] == "out"
    assert [row["mes"] for row in second[1:]] == ["Come in.", "Guess.", "Out!"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]\n2", b'{"a": 1}', b'{"mes": "x"}\n{', b"hello"])
def test_what_is_no_talk_is_one_sentence(body):
    with pytest.raises(CardError) as caught:
        talk_from_jsonl(body)
    assert str(caught.value).endswith(".")


names = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=6)
lines = st.lists(
    st.sampled_from(("Hello.", "**Ada:** no", "> x", "# y", "\\**Bo:** z", "", "a\\b", "*soft*")), max_size=4
)


@settings(max_examples=300, deadline=None)
@given(names, names, st.lists(st.tuples(st.booleans(), lines), min_size=1, max_size=6))
def test_markdown_comes_back_word_for_word(character, user, told):
    spoken = [
        Spoken(
            "character" if by else "writer",
            character if by else user,
            "\n".join(text).strip("\n"),
            n - 1 if n else None,
        )
        for n, (by, text) in enumerate(told)
    ]
    if character.casefold() == user.casefold() or "narration" in (character, user):
        return
    talk = TalkText(tuple(spoken), len(spoken) - 1, character, user, "One\nTwo", "A talk")
    again = talk_from_markdown(talk_to_markdown(talk), character)
    assert [(s.role, s.name, s.body) for s in again.spoken] == [(s.role, s.name, s.body) for s in spoken]
    assert (again.note, again.title) == ("One\nTwo", "A talk")


# Through a library


@pytest.fixture
def cs(capsys, home):
    def command(*arguments: object):
        code = run([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return command


def test_a_talk_goes_into_a_library_and_comes_out_equal(cs, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(jsonl(HEAD, *ROWS))
    cs("new", "Ilse")
    assert cs("import", tmp_path / "a.jsonl")[:2] == (0, "1\tIlse\n")
    out = tmp_path / "out.jsonl"
    assert cs("export", "Ilse", out)[:2] == (0, f"{out}\n")
    assert rows_of(out.read_bytes()) == [HEAD, *ROWS]
    assert cs("undo", "Ilse")[1] == "Taken back: Import of a talk\n"
    assert "no talk" in cs("export", "Ilse", out)[2]
    assert cs("redo", "Ilse")[0] == 0
    assert cs("export", "Ilse", tmp_path / "t.md", "--format", "talk-markdown")[0] == 0
    assert "**Ada:** It is I." in (tmp_path / "t.md").read_text()


def test_a_talk_with_somebody_unknown_says_what_to_do_and_can_be_given_a_home(cs, tmp_path):
    file, text = tmp_path / "a.jsonl", tmp_path / "t.md"
    file.write_bytes(jsonl(HEAD, *ROWS))
    text.write_text("# Storm\n\n**Ada:** Hello\n\n**Bo:** Hm.\n")
    cs("new", "Bo")
    code, _out, err = cs("import", file)
    assert (code, "--talk-of" in err) == (1, True)
    assert cs("import", file, text, "--talk-of", "Bo")[0] == 0
    out = tmp_path / "out.jsonl"
    cs("export", "Bo", out)
    assert [row.get("mes") for row in rows_of(out.read_bytes())] == [None, "Hello", "Hm."]


def test_branches_survive_the_library(cs, tmp_path):
    head = {**HEAD, "chat_metadata": {"main_chat": "main"}}
    (tmp_path / "main.jsonl").write_bytes(jsonl(HEAD, *ROWS))
    (tmp_path / "b.jsonl").write_bytes(
        jsonl(head, ROWS[0], {**ROWS[1], "mes": "Guess."}, {**ROWS[3], "mes": "Out!"})
    )
    cs("new", "Ilse")
    assert cs("import", tmp_path / "b.jsonl", tmp_path / "main.jsonl")[:2] == (0, "1\tIlse\n" * 2)
    cs("export", "Ilse", tmp_path / "out.jsonl")
    assert rows_of((tmp_path / "out.jsonl").read_bytes())[-1]["mes"] == "Hm."
    assert rows_of((tmp_path / "out - 1.jsonl").read_bytes())[-1]["mes"] == "Out!"
