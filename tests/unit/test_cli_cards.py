"""Cards and lorebooks from the command line, without a library; and in and out of one in every form."""

from __future__ import annotations

import io
import json
import sys
import zipfile

import pytest

from charstudio.cards import read_card
from charstudio.cli import run
from tests.unit.cards_archives import TEXTGEN, byaf, charx
from tests.unit.cards_corpus import apng, book, card_in, chunks_of, dump, entry, pixels, png, text, v1, v2, v3

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def cs(capsys, monkeypatch):
    """Runs one command: (exit code, standard output, standard error)."""

    def command(*arguments: object, lines: str = ""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
        try:
            code = run([str(a) for a in arguments])
        except SystemExit as exc:
            code = exc.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return command


@pytest.fixture
def file(tmp_path):
    def written(name: str, body: bytes):
        path = tmp_path / name
        path.write_bytes(body)
        return path

    return written


def test_card_read_prints_the_whole_card_its_version_its_form_and_what_is_odd(cs, file, home):
    code, out, _err = cs("card", "read", file("a.charx", charx(files={})), "--json")
    body = json.loads(out)
    assert (code, body["spec"], body["format"], len(body["warnings"])) == (0, "v3", "charx", 1)
    assert body["card"]["data"]["name"] == "Ilse Marn"
    assert not home.exists()


@pytest.mark.parametrize("words", [("card", "read"), ("lore", "read")])
def test_what_cannot_be_read_is_one_sentence_and_exit_code_1(cs, file, tmp_path, words):
    for path in (file("x.json", b"{"), tmp_path / "none", tmp_path):
        code, out, err = cs(*words, path)
        assert (code, out) == (1, "")
        assert err.endswith(".\n")
        assert err.count("\n") == 1


@pytest.mark.parametrize("raw", [v2(), v3()], ids=["v2", "v3"])
def test_card_write_changes_what_was_set_and_nothing_else(cs, file, tmp_path, raw):
    out = tmp_path / "out.json"
    code, said, err = cs(
        "card", "write", file("in.json", dump(raw)), out, "--set", "/data/name=Bo = 1", "--set", 'tags=["a"]'
    )
    assert (code, said, err) == (0, f"{out}\n", "")
    assert json.loads(out.read_bytes()) == {**raw, "data": {**raw["data"], "name": "Bo = 1", "tags": ["a"]}}


def test_p10_card_write_leaves_every_chunk_of_a_picture_but_the_card(cs, file, tmp_path):
    out, body = tmp_path / "out.png", apng(text("Software", b"x"), text("chara", v2()))
    assert cs("card", "write", file("in.png", body), out, "--set", "creator=Bo")[0] == 0
    assert card_in(out.read_bytes(), "chara")["data"]["creator"] == "Bo"
    rest = [c for c in chunks_of(body) if not c[1].startswith(b"chara")]
    assert [c for c in chunks_of(out.read_bytes()) if not c[1].startswith(b"chara")] == rest


@pytest.mark.parametrize(
    "body",
    [
        png(text("chara", v2()), size=(100_000, 100_000)),
        png(text("chara", v2())).replace(pixels()[8:], pixels()[8:-4] + b"9999"),
    ],
    ids=["pixel bomb", "damaged pixels"],
)
def test_p10_a_picture_that_must_not_be_shown_still_carries_its_card(cs, file, tmp_path, body):
    out = tmp_path / "out.png"
    assert cs("card", "write", file("in.png", body), out, "--set", "creator=Bo")[0] == 0
    written = out.read_bytes()
    assert read_card(written).creator == "Bo"
    assert written[:33] == body[:33]
    assert body[body.index(b"IDAT") : body.index(b"IEND") - 4] in written


@pytest.mark.parametrize(
    ("name", "form", "spec"),
    [
        ("o.json", "auto", "v2"), ("o.json", "json-v3", "v3"), ("o", "json-v2", "v2"), ("o.png", "auto", "v2"),
        ("o.png", "png-v3", "v3"), ("o.charx", "auto", "v3"), ("o.zip", "charx", "v3"),
    ],
)  # fmt: skip
def test_card_write_makes_every_form(cs, file, tmp_path, name, form, spec):
    out = tmp_path / name
    assert cs("card", "write", file("in.png", png(text("chara", v2()))), out, "--format", form)[0] == 0
    card = read_card(out.read_bytes())
    assert (card.name, card.spec) == ("Ilse Marn", spec)


def test_a_card_without_a_picture_is_written_into_a_plate_and_that_is_told(cs, file, tmp_path):
    out = tmp_path / "out.png"
    said = json.loads(cs("card", "write", file("in.json", dump(v1())), out, "--json")[1])
    assert "first letter" in said["warnings"][-1]
    assert read_card(out.read_bytes()).picture is not None


def test_a_picture_may_be_given(cs, file, tmp_path):
    out = tmp_path / "out.png"
    cs("card", "write", file("in.json", dump(v1())), out, "--picture", file("p.png", apng()))
    assert read_card(out.read_bytes()).format == "apng"


def test_v3_8_the_date_of_writing_is_noted_when_asked_for(cs, file, tmp_path):
    one, two = tmp_path / "1.json", tmp_path / "2.json"
    path = file("in.json", dump(v3()))
    cs("card", "write", path, one)
    cs("card", "write", path, two, "--dated")
    dates = [json.loads(p.read_bytes())["data"]["modification_date"] for p in (one, two)]
    assert dates[0] == 1700000001 < dates[1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("out.xyz",), 2), (("out.json", "--set", "name"), 2), (("out.json", "--set", "/spec=x"), 1),
        (("no/such/folder/out.json",), 1), (("out.json", "--set", "tags=5"), 1),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_one_sentence_and_nothing_is_written(cs, file, tmp_path, monkeypatch, words, code):
    monkeypatch.chdir(tmp_path)
    path = file("in.json", dump(v2()))
    found, out, err = cs("card", "write", path, *words)
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert list(tmp_path.glob("out*")) == []


# Lorebooks


def test_lore_test_tells_which_entry_wakes_which_not_and_why(cs, file):
    lore = {"spec": "lorebook_v3", "data": book(
        entry(use_regex=False, name="Lamp"), entry(keys=["sea"], use_regex=False), entry(enabled=False, use_regex=False),
        entry(keys=["oil"], content="@@depth 1\nOf {{char}}.", use_regex=False),
        recursive_scanning=True,
    )}  # fmt: skip
    path = file("b.json", dump(lore))
    code, out, _err = cs(
        "lore",
        "test",
        path,
        "--text",
        "-",
        "--json",
        "--char",
        "Ilse",
        lines="The sea.\n\n1\n\n2\n\nThe lamp.\n",
    )
    body = json.loads(out)
    assert code == 0
    assert [(a["entry"], a["reason"], a["text"]) for a in body["active"]] == [
        (0, "key", "The lamp burns oil."),
        (3, "key", "Of Ilse."),
    ]
    assert [(s["entry"], s["reason"]) for s in body["skipped"]] == [(1, "no_match"), (2, "disabled")]
    assert {(p["where"], p["depth"]) for p in body["placed"]} == {("before_char", 0), ("at_depth", 1)}
    told = cs("lore", "test", path, "--text", file("t.txt", b"lamp"))[1].splitlines()
    assert told[0] == "+ Lamp\t“lamp” was found."


def test_lore_is_read_from_a_card_and_written_as_world_info(cs, file, tmp_path):
    out = tmp_path / "w.json"
    assert cs("lore", "write", file("c.json", dump(v3())), out, "--format", "world-info")[0] == 0
    assert json.loads(out.read_bytes())["entries"]["0"]["key"] == ["lamp"]
    body = json.loads(cs("lore", "read", out, "--json")[1])
    assert (body["kind"], len(body["book"]["entries"])) == ("world_info", 2)


# Into a library and out of it


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.charx", charx()),
        ("a.byaf", byaf()),
        ("a.yaml", TEXTGEN.encode()),
        ("a.png", png(text("ccv3", v3()))),
    ],
)
def test_every_form_is_imported_and_taken_home_as_charx_with_its_files(cs, file, tmp_path, name, body):
    (come,) = json.loads(cs("import", file(name, body), "--json")[1])
    assert come["name"] == "Ilse Marn"
    out = tmp_path / "out.charx"
    assert cs("export", come["id"], out)[:2] == (0, f"{out}\n")
    card, before = read_card(out.read_bytes()), read_card(body)
    assert (card.name, card.description) == ("Ilse Marn", before.description)
    if before.portrait:
        assert card.portrait == png()
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None


def test_a_charx_edited_in_the_library_keeps_its_unknown_files(cs, file, tmp_path):
    body = charx(files={"assets/icon/images/main.png": png(), "module.risum": b"risu"})
    cs("import", file("a.charx", body))
    cs("set", "Ilse", "full_name", "Ilse Holm")
    out = tmp_path / "out.charx"
    cs("export", "Ilse", out)
    with zipfile.ZipFile(out) as archive:
        assert archive.read("module.risum") == b"risu"
        assert json.loads(archive.read("card.json"))["data"]["name"] == "Ilse Holm"


def test_assets_inside_a_picture_survive_the_library(cs, file, tmp_path):
    body = png(
        text("chara-ext-asset_:1", b"QUJD"),
        text("ccv3", v3(assets=[{"type": "icon", "uri": "__asset:1", "name": "main", "ext": "png"}])),
    )
    cs("import", file("a.png", body))
    out = tmp_path / "out.png"
    cs("export", "Ilse", out)
    assert read_card(out.read_bytes()).file("__asset:1") == b"ABC"


def test_an_import_goes_on_past_every_kind_of_bad_file(cs, file):
    bad = [
        file("1.charx", charx()[:-30]),
        file("2.json", dump(book())),
        file("3.yaml", b"name: x\n"),
        file("4.byaf", byaf(characters=[])),
    ]
    code, out, err = cs("import", *bad, file("5.charx", charx()))
    assert (code, len(out.splitlines()), len(err.splitlines())) == (1, 1, 4)
