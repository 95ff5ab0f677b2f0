"""A character goes into a folder of text files and comes back whole; a small change is a small change there."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charstudio import paths
from charstudio.cards import read_card
from charstudio.cli import run
from charstudio.errors import CardError
from charstudio.exports.folder import folder_of, from_folder
from charstudio.model import Change
from charstudio.sheet import Sheet, load_schema
from tests.unit.cards_corpus import book, dump, entry, png, text, v3
from tests.unit.test_cards_round_trip import v3_cards

SCHEMA = load_schema(paths.resource("attributes.yaml"))
BOOK = book(
    entry(use_regex=False, name="The lamp!", **{"x y": [1, {"a": None}]}),
    entry(use_regex=False, content="---\n\n a\r\n"),
)


def sheet_of(*changes: Change) -> Sheet:
    sheet = Sheet()
    for change in changes:
        sheet = sheet.apply(change, SCHEMA, "form")
    return sheet


def facts(changes):
    return [(c.attribute, c.value, c.know or "open", c.state) for c in changes]


def test_a_folder_holds_the_sheet_the_card_and_each_lore_entry():
    files = folder_of(sheet_of(Change("full_name", "Ilse")), SCHEMA, read_card(dump(v3(character_book=BOOK))))
    assert list(files) == [
        "character.md",
        "card.json",
        "lore/book.md",
        "lore/0000-the-lamp.md",
        "lore/0001-lamp.md",
    ]
    assert files["lore/0000-the-lamp.md"].startswith(b'---\nkeys: ["lamp"]\n')
    assert b"The lamp burns oil." in files["lore/0000-the-lamp.md"]
    assert "character_book" not in json.loads(files["card.json"])["data"]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(v3_cards)
def test_any_card_comes_back_equal_from_a_folder(card):
    files = folder_of(Sheet(), SCHEMA, read_card(dump(card)))
    assert from_folder(files, SCHEMA).card.raw == card


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(("One.", "## Two", "<!-- age open -->", "\\## x", "", "a: b", "---")),
        min_size=1,
        max_size=4,
    )
)
def test_any_value_comes_back_word_for_word(lines):
    value = "\n".join(lines).strip()
    if not value:
        return
    changes = [
        Change("full_name", "Ilse"),
        Change("fear", value, "add", know="author"),
        Change("occupation", "", state="none"),
    ]
    files = folder_of(sheet_of(*changes), SCHEMA, read_card(dump(v3())))
    found = sorted(facts(from_folder(files, SCHEMA).changes))
    assert found == sorted(facts(changes))


def test_one_changed_value_changes_one_line():
    def lines(age):
        sheet = sheet_of(Change("full_name", "Ilse"), Change("age", age), Change("fear", "water", "add"))
        return folder_of(sheet, SCHEMA, read_card(dump(v3())))["character.md"].splitlines()

    old, new = lines("34"), lines("35")
    assert len(old) == len(new)
    assert [(a, b) for a, b in zip(old, new, strict=True) if a != b] == [(b"34", b"35")]


@pytest.mark.parametrize(
    "change",
    [
        {"character.md": None},
        {"lore/0000-a.md": b"no head"},
        {"lore/0000-a.md": b"---\nkeys: [\n---\nx"},
        {"lore/0000-a.md": b"---\nkeys\n---\nx"},
        {"card.json": b"{"},
        {"card.json": b"[1]"},
    ],
)
def test_a_broken_folder_is_one_sentence(change):
    files = folder_of(sheet_of(Change("full_name", "Ilse")), SCHEMA, read_card(dump(v3())))
    files = {name: body for name, body in {**files, **change}.items() if body is not None}
    with pytest.raises(CardError) as caught:
        from_folder(files, SCHEMA)
    assert str(caught.value).endswith(".")


# Through a library


@pytest.fixture
def cs(capsys, home):
    def command(*arguments: object):
        code = run([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return command


def test_a_character_goes_out_as_a_folder_and_comes_back(cs, tmp_path):
    (tmp_path / "a.png").write_bytes(png(text("ccv3", v3(character_book=BOOK))))
    cs("import", tmp_path / "a.png")
    cs("set", "Ilse", "age", "34")
    out = tmp_path / "ilse"
    assert cs("export", "Ilse", out, "--format", "folder")[:2] == (0, f"{out}\n")
    (come,) = json.loads(cs("import", out, "--json")[1])
    assert come["name"] == "Ilse Marn"
    values = json.loads(cs("show", come["id"], "--json")[1])["values"]
    assert ("age", "34") in [(v["attribute"], v["text"]) for v in values]
    cs("export", come["id"], tmp_path / "back.json")
    back = json.loads((tmp_path / "back.json").read_bytes())["data"]
    assert back["character_book"] == BOOK
    assert back["description"] == v3()["data"]["description"]


def test_lore_that_is_gone_leaves_the_folder_and_other_files_stay(cs, tmp_path):
    out = tmp_path / "ilse"
    (out / "lore").mkdir(parents=True)
    (out / "lore" / "0009-old.md").write_text("---\n---\n")
    (out / "lore" / "notes.md").write_text("mine")
    (out / ".gitignore").write_text("x")
    cs("new", "Ilse")
    assert cs("export", "Ilse", out)[0] == 0
    assert sorted(p.name for p in out.rglob("*") if p.is_file()) == [
        ".gitignore",
        "card.json",
        "character.md",
        "notes.md",
    ]


def test_links_in_a_folder_are_not_followed(cs, tmp_path):
    out, secret = tmp_path / "ilse", tmp_path / "secret"
    secret.write_text("# Secret\n")
    out.mkdir()
    (out / "character.md").symlink_to(secret)
    code, _out, err = cs("import", out)
    assert (code, "no character" in err) == (1, True)
