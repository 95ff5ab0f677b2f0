"""The command line does the main job, tells errors in one sentence, and never shows a traceback."""

from __future__ import annotations

import io
import json
import sys

import pytest

from charstudio import paths, settings
from charstudio.cli import run
from charstudio.engines import Shelf
from tests.gguf_files import tiny_model
from tests.tiny_model import adapter, control_vector, tiny_chat

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def cs(capsys, monkeypatch):
    """Runs one command: (exit code, standard output, standard error)."""

    def command(*arguments: str, lines: str = ""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
        try:
            code = run([*arguments])
        except SystemExit as exc:
            code = exc.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return command


@pytest.fixture
def echo(home):
    settings.save(settings.Settings(engine="echo"))


def test_a_character_is_made_listed_shown_changed_and_taken_back(cs):
    assert cs("new", "Jane Marlow")[:2] == (0, "1\tJane Marlow\n")
    assert cs("set", "jane", "job", "a locksmith")[:2] == (0, "Occupation\ta locksmith\n")
    assert "**Occupation:** a locksmith" in cs("show", "1")[1]
    assert cs("undo", "Jane")[:2] == (0, "Taken back: Occupation: a locksmith\n")
    assert cs("redo", "Jane")[0] == 0
    body = json.loads(cs("show", "Jane", "--json")[1])
    assert [(v["attribute"], v["text"], v["source"]) for v in body["values"]] == [
        ("full_name", "Jane Marlow", "command"),
        ("occupation", "a locksmith", "command"),
    ]
    (listed,) = json.loads(cs("list", "--json")[1])
    assert (listed["id"], listed["name"]) == (1, "Jane Marlow")


def test_undo_without_anything_to_undo_is_told(cs):
    cs("new", "Jane")
    assert cs("undo", "Jane") == (1, "", "There is nothing to undo.\n")
    assert cs("redo", "Jane") == (1, "", "There is nothing to redo.\n")


def test_a_deleted_character_is_brought_back_by_id_or_name(cs):
    cs("new", "Jane")
    cs("delete", "Jane")
    assert cs("show", "Jane")[0] == 1
    assert cs("undo", "Jane")[0] == 0
    assert cs("show", "Jane")[0] == 0


def test_the_library_may_be_named_before_or_after_the_verb(cs, tmp_path):
    here = str(tmp_path / "a.charstudio")
    cs("--library", here, "new", "Ann")
    assert cs("list", "--library", here)[1].startswith("1\tAnn")
    assert "Nobody yet" in cs("list")[1]


def test_guided_mode_answers_each_line_with_one_reply(cs):
    cs("new", "")
    code, out, _err = cs(
        "guide", "1", "--json", lines="Your name is Jane Marlow.\nYou are 34 years old.\nundo\n"
    )
    turns = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert len(turns) == 3
    assert turns[0]["changes"] == [{"attribute": "full_name", "value": "Jane Marlow", "op": "set"}]
    assert set(turns[0]) == {"act", "changes", "reply", "ask", "chips"}
    assert {"attribute", "text"} <= set(turns[0]["ask"])
    assert turns[1]["changes"][0]["attribute"] == "age"
    assert turns[2]["act"] == "undo"
    assert "34" not in cs("show", "1")[1]


def test_talk_streams_one_reply_a_line_and_goes_on_past_an_empty_one(cs, echo):
    cs("new", "Jane")
    code, out, err = cs("talk", "Jane", lines="Hello\n\nAgain\n")
    assert out == "You said: Hello\nYou said: Again\n"
    assert code == 1
    assert err == "There is nothing to say yet; write a message first.\n"


def test_talk_as_json_has_the_promised_fields(cs, echo):
    cs("new", "Jane")
    reply = json.loads(cs("talk", "Jane", "--json", lines="Hello\n")[1])
    assert {"text", "tokens", "prompt_tokens", "ttft_ms"} <= set(reply)


def test_a_talk_goes_on_unless_a_new_one_is_asked_for(cs, echo):
    from charstudio.store import open_library

    cs("new", "Jane")
    cs("talk", "Jane", lines="One\n")
    cs("talk", "Jane", lines="Two\n")
    cs("talk", "Jane", "--new", lines="Three\n")
    library = open_library(paths.default_library())
    counts = [len(library.talks.messages(t.id)) for t in library.talks.of(1)]
    library.close()
    assert counts == [2, 4]


def test_without_any_model_talk_says_what_to_do_and_guided_mode_works(cs, monkeypatch):
    from charstudio.engines import Shelf

    monkeypatch.setattr(Shelf, "has_starter", lambda _self: False)
    cs("new", "Jane")
    code, out, err = cs("talk", "Jane", lines="Hello\n")
    assert (code, out) == (1, "")
    assert "add a GGUF file" in err
    assert cs("guide", "Jane", lines="You are 34 years old.\n")[0] == 0


def test_the_prompt_is_shown_section_by_section(cs, echo):
    cs("new", "Jane")
    cs("set", "Jane", "age", "34")
    body = json.loads(cs("prompt", "Jane", "--message", "How old are you?", "--json")[1])
    names = [s["name"] for s in body["sections"]]
    assert names == ["who", "moment", "message"]
    assert all(s["tokens"] > 0 for s in body["sections"])


@pytest.mark.parametrize(
    ("name", "form"), [("j.png", "auto"), ("j.json", "auto"), ("j.json", "json-v2"), ("x", "png")]
)
def test_an_exported_card_comes_back_as_the_same_character(cs, tmp_path, name, form):
    cs("new", "Jane Marlow")
    cs("set", "Jane", "age", "34")
    cs("set", "Jane", "fear", "deep water")
    file = str(tmp_path / name)
    assert cs("export", "Jane", file, "--format", form)[:2] == (0, f"{file}\n")
    (come,) = json.loads(cs("import", file, "--json")[1])
    assert (come["name"], come["warnings"]) == ("Jane Marlow", [])
    values = json.loads(cs("show", str(come["id"]), "--json")[1])["values"]
    assert [(v["attribute"], v["text"]) for v in values] == [("full_name", "Jane Marlow"), ("age", "34")]


def test_a_strangers_card_keeps_its_prose_fields_and_unknown_parts(cs, tmp_path):
    raw = {
        "spec": "chara_card_v2",
        "spec_version": "2.0",
        "data": {
            **dict.fromkeys(("personality", "scenario", "mes_example", "system_prompt", "creator"), ""),
            **dict.fromkeys(("post_history_instructions", "creator_notes", "character_version"), ""),
            "name": "Mira Voss",
            "description": "{{char}} sails.",
            "first_mes": "Ahoy, {{user}}. I am {{char}}.",
            "alternate_greetings": ["Off my ship, <USER>."],
            "tags": ["sea"],
            "extensions": {"somebody/else": {"deep": [1, {"x": None}]}},
        },
    }
    file, out = tmp_path / "mira.json", tmp_path / "out.json"
    file.write_text(json.dumps(raw))
    cs("import", str(file))
    cs("set", "Mira", "full_name", "Mira Holm")
    cs("export", "Mira", str(out), "--format", "json-v2")
    back = json.loads(out.read_text())
    ours = back["data"]["extensions"].pop("charstudio")
    assert ours["made"] is False
    assert back["data"].pop("name") == "Mira Holm"
    raw["data"].pop("name")
    assert back == raw


def test_greetings_speak_with_the_names_of_this_talk(cs, echo, tmp_path):
    file = tmp_path / "mira.json"
    file.write_text(
        json.dumps(
            {
                "name": "Mira Voss",
                "description": "A captain.",
                "personality": "",
                "scenario": "",
                "first_mes": "Ahoy, {{user}}. I am {{char}}.",
                "mes_example": "",
            }
        )
    )
    cs("import", str(file))
    assert cs("talk", "Mira", "--new", lines="Hello\n")[1].splitlines()[0] == "Ahoy, Writer. I am Mira."


def test_importing_goes_on_past_a_bad_file_and_exits_with_1(cs, tmp_path):
    cs("new", "Jane")
    good, bad = tmp_path / "good.json", tmp_path / "package.json"
    cs("export", "Jane", str(good))
    bad.write_text('{"name": "left-pad"}')
    code, out, err = cs("import", str(bad), str(tmp_path / "none.png"), str(good))
    assert code == 1
    assert out == "2\tJane\n"
    assert len(err.splitlines()) == 2


def test_card_read_looks_without_touching_a_library(cs, tmp_path, home):
    cs("new", "Jane")
    file = tmp_path / "jane.png"
    cs("export", "Jane", str(file))
    before = paths.default_library().read_bytes()
    code, out, _err = cs("card", "read", str(file), "--json")
    assert code == 0
    assert json.loads(out)["card"]["data"]["name"] == "Jane"
    assert json.loads(out)["warnings"] == []
    assert paths.default_library().read_bytes() == before


@pytest.mark.parametrize("name", ["a/b", "🧜‍♀️", "مريم النور", "x" * 10_000, "-- drop", "{v}"])
def test_any_name_is_accepted_everywhere(cs, tmp_path, echo, name):
    assert cs("new", "--", name)[:2] == (0, f"1\t{name}\n")
    assert json.loads(cs("show", "1", "--json")[1])["name"] == name
    assert cs("talk", "1", lines="Hello\n")[1] == "You said: Hello\n"
    for ending in ("png", "json", "md"):
        assert cs("export", "1", str(tmp_path / f"out.{ending}"))[0] == 0
    assert (
        json.loads(cs("card", "read", str(tmp_path / "out.png"), "--json")[1])["card"]["data"]["name"] == name
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], 2),
        (["new"], 2),
        (["models", "add"], 2),
        (["talk", "Jane", "--max-tokens", "0"], 2),
        (["show", "Nobody"], 1),
        (["set", "Jane", "nonsense", "x"], 1),
        (["set", "Jane", "age", ""], 1),
        (["export", "Jane", "/nowhere/x.png"], 1),
        (["export", "Jane", "x.doc"], 1),
        (["models", "inspect", "/nowhere.gguf"], 1),
        (["card", "read", "/nowhere.png"], 1),
        (["speak", "Jane", "hello", "--out", "/nowhere/x.wav"], 1),
        (["talk", "Jane", "--model", "nonsense"], 1),
        (["list", "--library", "/nowhere/x.charstudio"], 1),
        (["list", "--library", "/"], 1),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_an_exit_code(cs, arguments, code):
    cs("new", "Jane")
    found, _out, err = cs(*arguments)
    assert found == code
    assert len(err.strip().splitlines()) == 1 or code == 2


def test_a_1_mb_message_is_told_and_the_talk_goes_on(cs, echo):
    cs("new", "Jane")
    code, out, err = cs("talk", "Jane", lines="x" * 1_000_000 + "\nHello\n")
    assert (code, out) == (1, "You said: Hello\n")
    assert "in pieces" in err
    assert len(err) < 300


def test_the_command_line_works_beside_an_open_library(cs, library, schema):
    library.cast.new(schema, "Jane")
    assert cs("set", "Jane", "age", "34")[0] == 0
    assert library.cast.sheet(1).text("age") == "34"


class TestModels:
    """What a writer types about models, in a home of its own."""

    def run(self, *said: str) -> int:
        return run(["models", *said])

    def test_a_model_is_added_chosen_checked_and_taken_off(self, tmp_path, capsys):
        file = tiny_model(tmp_path / "tiny.gguf")
        assert self.run("add", str(file)) == 0
        assert self.run("choose", "Tiny") == 0
        assert settings.load().model == str(file)
        capsys.readouterr()
        assert self.run("list") == 0
        line = capsys.readouterr().out.splitlines()[-1].split("\t")
        assert line[:3] == ["Tiny", str(file), "in use"]
        assert line[3:] == ["0.0 GB", "F16", "2,048 tokens", "apache-2.0", "fits"]
        assert self.run("verify", "tiny") == 0
        assert "was read whole" in capsys.readouterr().out
        file.write_bytes(file.read_bytes()[:-1] + b"!")
        assert self.run("verify", "tiny") == 1
        assert "changed on disk" in capsys.readouterr().out
        assert self.run("remove", "tiny") == 0
        assert settings.load().model == ""
        assert file.exists()

    def test_the_list_as_json_carries_the_estimate(self, tmp_path, capsys):
        self.run("add", str(tiny_model(tmp_path / "tiny.gguf")))
        capsys.readouterr()
        assert self.run("list", "--json") == 0
        (model,) = [m for m in json.loads(capsys.readouterr().out) if not m["starter"]]
        assert model["file"]["parameters"] == 2112
        assert model["estimate"]["verdict"] == "fits"

    def test_a_folder_is_looked_through(self, tmp_path, capsys):
        tiny_model(tmp_path / "tiny.gguf")
        assert self.run("folder", str(tmp_path)) == 0
        assert capsys.readouterr().out.splitlines() == [str(tmp_path), f"Tiny\t{tmp_path / 'tiny.gguf'}"]

    def test_what_is_suggested_is_told_with_size_and_licence(self, capsys):
        assert self.run("suggested") == 0
        out = capsys.readouterr().out
        assert "gemma-3-4b\t2.5 GB\tGemma Terms of Use\tfits" in out or "None of the suggested" in out

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            (["download"], 2),
            (["remove"], 2),
            (["choose"], 2),
            (["choose", "nobody"], 1),
            (["download", "http://example.org/m.gguf"], 1),
            (["download", "https://huggingface.co/a/b"], 1),
            (["download", "hf:a/b/c.gguf", "--sha256", "xyz"], 1),
            (["folder", "/nowhere/at/all"], 1),
        ],
    )
    def test_what_cannot_be_done_is_one_sentence(self, capsys, said, code):
        assert self.run(*said) == code
        assert len(capsys.readouterr().err.strip().splitlines()) == 1

    def test_a_stopped_download_says_how_to_go_on(self, monkeypatch, capsys):
        def stopped(*_arguments):
            raise KeyboardInterrupt
            yield

        monkeypatch.setattr(Shelf, "fetch", stopped)
        assert self.run("download", "hf:a/b/c.gguf") == 130
        assert "the same command goes on" in capsys.readouterr().err


def test_adapters_are_put_on_listed_taken_off_and_that_is_undone(cs, tmp_path):
    lora, vector = adapter(tmp_path / "lora.gguf"), control_vector(tmp_path / "vector.gguf")
    cs("new", "Jane Marlow")
    assert cs("adapters", "Jane", "add", str(lora), "--strength", "0.5")[:2] == (0, f"lora\t{lora}\t0.5\n")
    cs("adapters", "Jane", "add", str(vector))
    kinds = [a["kind"] for a in json.loads(cs("adapters", "Jane", "--json")[1])]
    assert kinds == ["lora", "vector"]
    assert cs("adapters", "Jane", "remove", str(lora))[1] == f"vector\t{vector}\t1.0\n"
    assert cs("undo", "Jane")[1] == "Taken back: Adapters\n"
    assert len(json.loads(cs("adapters", "Jane", "--json")[1])) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "none.gguf"), "no model file"),
        (("add", __file__), "no GGUF"),
        (("remove", "none.gguf"), "does not wear"),
        (("add",), "Name"),
        (("add", __file__, "--strength", "nan"), "between -100 and 100"),
    ],
)
def test_a_bad_adapter_is_a_sentence(cs, arguments, words):
    cs("new", "Jane Marlow")
    code, _out, err = cs("adapters", "Jane", *arguments)
    assert code in (1, 2)
    assert words in err


def test_an_address_in_place_of_a_model_asks_that_server(cs):
    cs("new", "Jane Marlow")
    code, _out, err = cs("talk", "Jane", "--model", "http://127.0.0.1:9", lines="Hello.\n")
    assert code == 1
    assert "does not answer" in err
    assert cs("models", "choose", "http://127.0.0.1:9", "--of", "small")[0] == 0
    assert settings.load().engine == "server"
    assert settings.load().server_model == "small"


def test_several_alternatives_are_kept_as_swipes(cs, home, tmp_path):
    model = tiny_chat(tmp_path / "tiny.gguf")
    cs("new", "Jane Marlow")
    out = cs(
        "talk",
        "Jane",
        "--model",
        str(model),
        "--n",
        "3",
        "--max-tokens",
        "6",
        "--seed",
        "1",
        "--json",
        lines="Hi.\n",
    )
    said = [json.loads(line) for line in out[1].splitlines()]
    assert 2 <= len(said) <= 3  # one may have nothing to say
    branches = [s["branch"] for s in said]
    assert branches == sorted(set(branches))
    assert max(branches) <= 2
    wanted = {"text", "prompt_tokens", "cached_tokens", "tokens", "ttft_ms", "tokens_per_s", "stopped_by"}
    assert all(wanted <= set(s) for s in said)
    assert sum(section["tokens"] for section in said[0]["sections"]) == said[0]["prompt_tokens"]


def test_a_model_has_settings_of_its_own(cs, tmp_path):
    model = str(tiny_chat(tmp_path / "tiny.gguf"))
    template = tmp_path / "own.jinja"
    template.write_text("{% for m in messages %}{{ m.content }}{% endfor %}")
    cs("models", "add", model)
    said = cs("models", "set", model, "--context", "512", "--sampling", '{"temperature": 0.3}', "--json")
    assert json.loads(said[1])["context"] == 512
    kept = json.loads(cs("models", "set", model, "--template", str(template), "--json")[1])
    assert (kept["context"], kept["sampling"], kept["template"]) == (
        512,
        {"temperature": 0.3},
        template.read_text(),
    )
    cs("new", "Jane Marlow")
    figures = json.loads(cs("prompt", "Jane", "--message", "Hi", "--model", model, "--json")[1])
    assert figures["context"] == 512


@pytest.mark.parametrize(
    "arguments",
    [("--sampling", "{"), ("--sampling", '{"heat": 1}'), ("--context", "-1"), ("--template", "none.jinja")],
)
def test_a_bad_setting_of_a_model_is_a_sentence(cs, tmp_path, arguments):
    model = str(tiny_chat(tmp_path / "tiny.gguf"))
    code, _out, err = cs("models", "set", model, *arguments)
    assert code == 2
    assert err.strip().endswith(".")


def test_attributes_and_packs_of_ones_own(cs):
    cs("new", "Jane")
    _code, made, _err = cs(
        "attributes", "add", "Scent", "--near", "clothing", "--examples", "cedar", "--json"
    )
    assert json.loads(made)["id"] == "own_scent"
    assert cs("packs", "add", "Nose", "scent", "fear")[1] == "own_nose\tNose\town_scent, fear\n"
    assert "own_scent\tScent\tMy own\tWhat is my scent?\town\n" in cs("attributes")[1]
    said = cs("guide", "Jane", "--pack", "own_nose", lines="cedar\ndeep water\n")[1]
    assert "That was “Nose”: all 2 things are decided." in said
    assert "**Scent:** cedar" in cs("show", "Jane")[1]
    code, _out, err = cs("attributes", "add", "age")
    assert (code, err) == (1, "There is an attribute “Age” already; choose another name.\n")
    assert cs("attributes", "hide", "hair")[1].endswith("hidden here\n")
    assert cs("attributes", "undo")[1] == "Taken back: Hair does not apply here\n"
    code, _out, err = cs("attributes", "remove", "hair")
    assert code == 2
    assert "comes with charstudio" in err
    cs("attributes", "remove", "scent")
    assert "cedar" not in cs("show", "Jane")[1]
    cs("attributes", "undo")
    assert "**Scent:** cedar" in cs("show", "Jane")[1]
    cs("packs", "remove", "Nose")
    assert "own_nose" not in cs("packs")[1]


def test_a_schema_file_with_an_error_is_told_with_its_line(cs, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("groups:\n  - label: Crew\n    attributes:\n      - {label: Watch, type: colour}\n")
    code, _out, err = cs("attributes", "load", str(file))
    assert code == 1
    assert err.startswith("mine.yaml, line 4: There is no type “colour”")
    assert "Watch" not in cs("attributes")[1]
