"""Headers tell what a model is; the shelf keeps links, settings and checksums, and says when a file has changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from charstudio import paths
from charstudio.engines import Shelf, inspect_model
from charstudio.engines.links import Links, ModelSettings, Sum, read_links, write_links
from charstudio.engines.shelf import Checked
from charstudio.errors import Cancel, Cancelled, EngineError
from tests.gguf_files import tiny_meta, tiny_model, write_gguf

TEMPLATE = {"tokenizer__chat_template": "{{ messages }}"}


def verified(shelf: Shelf, path: Path) -> Checked:
    return list(shelf.verify(path, Cancel()))[-1]


class TestHeaders:
    def test_it_tells_licence_parameters_and_vocabulary(self, tmp_path):
        file = tiny_model(tmp_path / "t.gguf", tokenizer__ggml__tokens=["a", "b", "c"], **TEMPLATE)
        found = inspect_model(file)
        assert (found.licence, found.parameters, found.vocabulary) == ("apache-2.0", 32 * 64 + 64, 3)
        assert (found.has_template, found.kind, found.warnings) == (True, "chat", ())

    def test_without_tokens_the_vocabulary_is_the_one_that_is_named(self, tmp_path):
        assert inspect_model(tiny_model(tmp_path / "t.gguf")).vocabulary == 32

    def test_the_name_of_a_licence_stands_for_other(self, tmp_path):
        more = {"general__license": "other", "general__license__name": "llama3.1"}
        assert inspect_model(tiny_model(tmp_path / "t.gguf", **more)).licence == "llama3.1"

    def test_the_cache_is_the_sum_over_layers(self, tmp_path):
        whole = inspect_model(tiny_model(tmp_path / "a.gguf"))
        assert whole.kv_bytes_per_token == 2 * (2 + 2) * (16 + 16)
        each = tiny_model(tmp_path / "b.gguf", arch__attention__head_count_kv=[0, 4])
        assert inspect_model(each).kv_bytes_per_token == 2 * (0 + 4) * (16 + 16)

    def test_keys_and_values_may_differ_in_length(self, tmp_path):
        lengths = {"arch__attention__key_length": 24, "arch__attention__value_length": 8}
        assert inspect_model(tiny_model(tmp_path / "t.gguf", **lengths)).kv_bytes_per_token == 2 * 4 * 32

    def test_of_experts_only_those_that_are_asked_count(self, tmp_path):
        tensors = {
            "blk.0.ffn_up_exps.weight": np.zeros((8, 10, 10), np.float16),
            "token_embd.weight": np.zeros((10, 10), np.float16),
        }
        meta = tiny_meta("qwen3moe", arch__expert_count=8, arch__expert_used_count=2)
        found = inspect_model(write_gguf(tmp_path / "t.gguf", meta, tensors))
        assert (found.parameters, found.active_parameters) == (900, 300)
        assert (found.experts, found.experts_used) == (8, 2)

    def test_a_sliding_window_is_told(self, tmp_path):
        file = tiny_model(tmp_path / "t.gguf", "gemma3", arch__attention__sliding_window=512)
        assert inspect_model(file).sliding_window == 512

    @pytest.mark.parametrize(
        ("architecture", "key"),
        [
            ("granitehybrid", ""),
            ("lfm2", ""),
            ("qwen3next", ""),
            ("jamba", ""),
            ("newer", "arch__ssm__state_size"),
        ],
    )
    def test_models_that_lose_their_place_are_told(self, tmp_path, architecture, key):
        more = {**TEMPLATE, **({key: 16} if key else {})}
        found = inspect_model(tiny_model(tmp_path / "t.gguf", architecture, **more))
        assert found.recurrent
        assert found.warnings == ("It cannot keep its place in a talk: everything is read again each turn.",)

    @pytest.mark.parametrize(
        ("more", "kind", "told"),
        [
            ({"general__type": "adapter", "adapter__type": "lora"}, "adapter", "changes another model"),
            ({"architecture": "controlvector"}, "adapter", "changes another model"),
            ({"architecture": "clip", "arch__block_count": None}, "projector", "see pictures"),
            ({"architecture": "nomic-bert"}, "embedder", "by meaning"),
        ],
    )
    def test_what_cannot_talk_is_known_and_not_shelved(self, tmp_path, more, kind, told):
        file = tiny_model(tmp_path / "t.gguf", **more)
        assert inspect_model(file).kind == kind
        with pytest.raises(EngineError, match=told):
            Shelf().add(file)

    def test_no_name_is_longer_than_a_line(self, tmp_path):
        more = {"general__name": "n" * 100_000, "general__license": "l" * 100_000}
        found = inspect_model(tiny_model(tmp_path / "t.gguf", **more))
        assert (len(found.name), len(found.licence)) == (200, 200)

    @pytest.mark.parametrize(
        "more",
        [
            {"arch__block_count": 0},
            {"arch__block_count": 2**31 - 1},
            {"arch__block_count": "many"},
            {"arch__context_length": float("nan"), "arch__block_count": -1},
            {"general__architecture": ["llama"]},
            {"arch__attention__layer_norm_rms_epsilon": float("nan")},
            {"arch__attention__layer_norm_rms_epsilon": -1.0},
        ],
    )
    def test_headers_that_would_end_the_engine_are_refused(self, tmp_path, more):
        with pytest.raises(EngineError, match="damaged"):
            inspect_model(tiny_model(tmp_path / "t.gguf", **more))

    def test_no_byte_that_is_wrong_gets_out_as_anything_but_a_sentence(self, tmp_path):
        more = {**TEMPLATE, "arch__attention__head_count_kv": [1, 2], "tokenizer__ggml__tokens": ["a", "b"]}
        body = tiny_model(tmp_path / "t.gguf", "qwen3moe", arch__expert_count=4, **more).read_bytes()
        head = len(body) - 32 * 64 * 2 - 64 * 4
        broken = tmp_path / "broken.gguf"
        random = np.random.default_rng(7)
        refused = 0
        for n in range(1000):
            copy = bytearray(body)
            copy[int(random.integers(head))] = int(random.choice((0, 1, 127, 128, 255)))
            broken.write_bytes(bytes(copy[: int(random.integers(head))]) if n % 5 == 0 else bytes(copy))
            try:
                assert inspect_model(broken).parameters >= 0
            except EngineError:
                refused += 1
        assert 200 < refused < 1000

    def test_a_model_in_parts_counts_as_one(self, tmp_path):
        for n in (1, 2, 3):
            tiny_model(tmp_path / f"t-0000{n}-of-00003.gguf")
        first = tmp_path / "t-00001-of-00003.gguf"
        found = inspect_model(first)
        assert found.size == 3 * first.stat().st_size
        assert found.parameters == 3 * (32 * 64 + 64)
        with pytest.raises(EngineError, match="later part"):
            inspect_model(tmp_path / "t-00002-of-00003.gguf")
        (tmp_path / "t-00003-of-00003.gguf").unlink()
        with pytest.raises(EngineError, match="is missing beside"):
            inspect_model(first)


class TestFolders:
    def test_looking_lists_what_can_talk_once(self, tmp_path):
        folder = tmp_path / "models" / "deep"
        folder.mkdir(parents=True)
        tiny_model(folder / "b.gguf")
        for n in (1, 2):
            tiny_model(folder / f"a-0000{n}-of-00002.gguf")
        tiny_model(folder / "mmproj.gguf", "clip")
        tiny_model(folder / "lora.gguf", general__type="adapter")
        (folder / "broken.gguf").write_bytes(b"GGUF")
        (folder / "half.gguf.part").write_bytes(b"GGUF")
        (folder / "again.gguf").hardlink_to(folder / "b.gguf")
        shelf = Shelf()
        shelf.add_folder(tmp_path / "models")
        found = list(shelf.rescan(Cancel()))
        assert sorted(Path(m.path).name for m in found) == [
            "a-00001-of-00002.gguf",
            "again.gguf",
            "broken.gguf",
        ]
        assert any(m.trouble.endswith("download it again.") for m in found)
        assert len(shelf.all()) == 2
        assert [m.path for m in shelf.rescan(Cancel()) if m.file] == []

    def test_what_was_taken_off_is_not_brought_back(self, tmp_path):
        file = tiny_model(tmp_path / "t.gguf")
        shelf = Shelf()
        shelf.add_folder(tmp_path)
        assert len(list(shelf.rescan(Cancel()))) == 1
        shelf.forget(file)
        assert list(shelf.rescan(Cancel())) == []
        assert file.exists()
        shelf.add(file)
        assert len(shelf.all()) == 1

    def test_a_folder_that_is_none_is_told(self, tmp_path):
        with pytest.raises(EngineError, match="is no folder"):
            Shelf().add_folder(tmp_path / "nowhere")

    def test_looking_can_be_stopped(self, tmp_path):
        tiny_model(tmp_path / "t.gguf")
        shelf = Shelf()
        shelf.add_folder(tmp_path)
        cancel = Cancel()
        cancel.set()
        with pytest.raises(Cancelled):
            list(shelf.rescan(cancel))


class TestChecks:
    def test_the_first_check_keeps_the_sum_and_a_change_is_told(self, tmp_path):
        file = tiny_model(tmp_path / "t.gguf")
        shelf = Shelf()
        shelf.add(file)
        first = verified(shelf, file)
        assert first.well
        assert shelf.settings_of(file).sha256 == first.sha256
        assert verified(shelf, file).sentence.endswith("when it was first checked.")
        body = bytearray(file.read_bytes())
        body[-1] ^= 255
        file.write_bytes(bytes(body))
        assert "changed on disk" in shelf.all()[0].changed
        second = verified(shelf, file)
        assert not second.well
        assert "changed on disk since" in second.sentence
        assert shelf.settings_of(file).sha256 == first.sha256

    def test_a_file_that_was_only_touched_is_well_again_after_a_check(self, tmp_path):
        file = tiny_model(tmp_path / "t.gguf")
        shelf = Shelf()
        shelf.add(file)
        verified(shelf, file)
        os.utime(file, (1, 1))
        assert shelf.all()[0].changed
        assert verified(shelf, file).well
        assert not shelf.all()[0].changed

    def test_a_sum_from_its_source_is_held_against_the_file(self, tmp_path):
        file = tiny_model(tmp_path / "t.gguf")
        shelf = Shelf()
        shelf.add(file)
        shelf.set_settings(file, ModelSettings(sha256="0" * 64))
        assert "not the file that its source published" in verified(shelf, file).sentence

    def test_taken_off_and_added_again_it_starts_anew(self, tmp_path):
        file = tiny_model(tmp_path / "t.gguf")
        shelf = Shelf()
        shelf.add(file)
        shelf.keep_sum(file, Sum("0" * 64, 1, 1))
        shelf.forget(file)
        shelf.add(file)
        assert verified(shelf, file).well

    def test_a_missing_file_is_told_and_a_check_can_be_stopped(self, tmp_path):
        with pytest.raises(EngineError, match="cannot be read"):
            verified(Shelf(), tmp_path / "none.gguf")
        cancel = Cancel()
        cancel.set()
        with pytest.raises(Cancelled):
            list(Shelf().verify(tiny_model(tmp_path / "t.gguf"), cancel))


class TestKept:
    def test_the_list_of_earlier_versions_is_read_and_written_anew(self, tmp_path):
        file = tiny_model(tmp_path / "t.gguf")
        kept = paths.data() / "models.json"
        kept.write_text(json.dumps([str(file), 7]))
        shelf = Shelf()
        assert [m.path for m in shelf.all()] == [str(file)]
        shelf.add(tiny_model(tmp_path / "u.gguf"))
        body = json.loads(kept.read_text())
        assert body["version"] == 2
        assert body["models"] == [str(file), str(tmp_path / "u.gguf")]

    def test_settings_are_kept_for_each_model(self, tmp_path):
        file = tiny_model(tmp_path / "t.gguf")
        chosen = ModelSettings(8192, 3, 20, "{{ m }}", {"temperature": 1.1})
        Shelf().set_settings(file, chosen)
        assert Shelf().settings_of(file) == chosen
        assert Shelf().settings_of(tmp_path / "other.gguf") == ModelSettings()

    @pytest.mark.parametrize(
        "text",
        [
            "", "nonsense", "7", '{"models": 7, "settings": [], "sums": {"a": 1}}', "[" * 200_000,
            '{"version": 2, "settings": {"a": {"context": "x", "threads": true, "more": 1}}}',
            '{"sums": {"a": {"sha256": 7}}}',
        ],
    )  # fmt: skip
    def test_nonsense_is_nothing(self, text):
        kept = paths.data() / "models.json"
        kept.write_text(text)
        found = read_links(kept)
        assert found.models == ()
        assert all(s == ModelSettings() for s in found.settings.values())
        assert not found.sums

    def test_a_list_of_a_newer_version_is_never_written_over(self, tmp_path):
        kept = paths.data() / "models.json"
        kept.write_text('{"version": 3, "models": []}')
        with pytest.raises(EngineError, match="newer charstudio"):
            Shelf().add(tiny_model(tmp_path / "t.gguf"))
        assert json.loads(kept.read_text())["version"] == 3

    def test_a_list_that_cannot_be_read_is_put_aside_before_a_new_one_is_written(self, tmp_path):
        kept = paths.data() / "models.json"
        kept.write_text('["/half a pa')
        Shelf().add(tiny_model(tmp_path / "t.gguf"))
        assert kept.with_name("models.json.broken").read_text() == '["/half a pa'
        assert len(Shelf().all()) == 1

    def test_all_that_is_kept_comes_back(self, tmp_path):
        links = Links(
            ("a", "b"),
            ("f",),
            ("c",),
            {"a": ModelSettings(threads=2)},
            {"a": Sum("0" * 64, 1, 2, published=True)},
        )
        write_links(tmp_path / "l.json", links)
        assert read_links(tmp_path / "l.json") == links

    def test_headers_are_remembered_until_the_file_changes(self, tmp_path, monkeypatch):
        file = tiny_model(tmp_path / "t.gguf")
        Shelf().add(file)
        assert Shelf().all()[0].name == "Tiny"
        shelf = Shelf()
        assert shelf.name_of(file) == "Tiny"
        with monkeypatch.context() as quiet:
            quiet.setattr(Path, "open", None)  # nothing is opened again
            assert shelf.name_of(file) == "Tiny"
        tiny_model(file, general__name="Other")
        os.utime(file, (5, 5))
        assert Shelf().name_of(file) == "t"
        assert Shelf().all()[0].name == "Other"

    @pytest.mark.parametrize("text", ["[]", "7", '{"%s": 7}', '{"%s": {"mark": null}}', "[" * 200_000])
    def test_a_broken_memory_of_headers_is_read_anew(self, tmp_path, text):
        file = tiny_model(tmp_path / "t.gguf")
        Shelf().add(file)
        (paths.cache() / "models.json").write_text(text.replace("%s", str(file)))
        assert Shelf().all()[0].name == "Tiny"
