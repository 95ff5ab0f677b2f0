"""Estimates are held against the numbers of models and computers that everybody can look up."""

from __future__ import annotations

import subprocess
import sys

import pytest

from charstudio import paths
from charstudio.engines.curated import load_suggested, named, suggested_for
from charstudio.engines.estimate import (
    Calibration,
    Machine,
    bytes_per_token,
    calibrated,
    default_threads,
    estimate,
    memory_warning,
    this_machine,
)
from charstudio.model import ModelFile

GB = 10**9
LLAMA_8B = ModelFile(
    "l.gguf", "Llama 3.1 8B", "llama", "Q4_K_M", 4_920_000_000, 131_072, True, layers=32,
    kv_bytes_per_token=2 * 2 * 32 * 8 * 128, parameters=8_030_000_000, active_parameters=8_030_000_000,
    vocabulary=128_256, width=4096,
)  # fmt: skip
MIXTURE = ModelFile(
    "m.gguf", "30B-A3B", "qwen3moe", "Q4_K_M", 18_600_000_000, 40_960, True, layers=48,
    kv_bytes_per_token=2 * 2 * 48 * 4 * 128, parameters=30_500_000_000, active_parameters=3_300_000_000,
    vocabulary=151_936, width=2048, experts=128, experts_used=8,
)  # fmt: skip


def test_the_cache_of_an_8b_is_one_gigabyte_for_8192_tokens():
    assert estimate(LLAMA_8B, Machine(16 * GB, 4), 8192).cache == 2**30


@pytest.mark.parametrize(
    ("memory", "verdict"), [(6, "tight"), (8, "tight"), (16, "fits"), (32, "fits"), (4, "too big")]
)
def test_an_8b_needs_a_computer_of_16_gigabytes(memory, verdict):
    found = estimate(LLAMA_8B, Machine(memory * GB, 4), 4096)
    assert found.verdict == verdict
    assert f"{memory}.0 GB of memory here" in found.reason
    assert "5.7 GB" in found.reason or "5.6 GB" in found.reason


def test_the_starter_takes_what_was_measured():
    """Resident memory of the child after a prompt of 1,082 tokens: 449 MB on two cores of an EPYC."""
    starter = ModelFile(
        "g.gguf", "Gemma 3 270M", "gemma3", "Q4_K_M", 253_113_024, 32_768, False, kv_bytes_per_token=18_432,
        parameters=268_098_176, active_parameters=268_098_176, vocabulary=262_144, width=640,
    )  # fmt: skip
    assert estimate(starter, Machine(25 * GB, 2), 4096).total == pytest.approx(449e6, rel=0.15)


def test_a_model_larger_than_this_machine_is_told_with_both_sizes():
    huge = ModelFile("h.gguf", "Huge", "llama", "F16", 10**13, 4096, True)
    told = memory_warning(huge, 4096, Machine(8 * GB, 4))
    assert "Huge: It needs about 10000.1 GB, more than the 8.0 GB" in told


def test_a_computer_that_hides_its_memory_gets_no_warning():
    assert memory_warning(LLAMA_8B, 4096, Machine(0, 0)) == ""
    assert estimate(LLAMA_8B, Machine(0, 0)).verdict == "fits"


@pytest.mark.parametrize(
    ("cores", "published_writes", "published_reads"),
    [(4, 6.9, 25.5), (4, 4.4, 13.1), (8, 9.6, 49.8), (4, 3.0, 6.5)],
)
def test_speed_without_a_measurement_is_within_three_times_of_published_laptops(
    cores, published_writes, published_reads
):
    found = estimate(LLAMA_8B, Machine(16 * GB, cores), 2048)
    assert published_writes / 3 < found.writes_per_s < published_writes * 3
    assert published_reads / 3 < found.reads_per_s < published_reads * 3
    assert not found.measured


def test_a_reply_of_this_computer_stands_above_what_is_assumed():
    seen = calibrated(LLAMA_8B, tokens_per_s=9.6, tokens=1000, read_per_s=49.8)
    small = ModelFile(
        "s.gguf", "3B", "llama", "Q4_K_M", 2_020_000_000, 131_072, True, kv_bytes_per_token=114_688,
        parameters=3_210_000_000, active_parameters=3_210_000_000,
    )  # fmt: skip
    found = estimate(small, Machine(16 * GB, 8), 2048, seen)
    assert found.measured
    assert 20 < found.writes_per_s < 26  # the Framework laptop of that table does 23.8
    assert 110 < found.reads_per_s < 140


def test_of_a_mixture_only_the_experts_that_are_asked_are_read():
    assert bytes_per_token(MIXTURE, 0) == pytest.approx(18.6 * GB * 3.3 / 30.5)
    dense = estimate(LLAMA_8B, Machine(32 * GB, 4))
    assert estimate(MIXTURE, Machine(32 * GB, 4)).writes_per_s > dense.writes_per_s


def test_what_must_come_from_disk_is_slow_and_says_so():
    found = estimate(MIXTURE, Machine(8 * GB, 4), 4096, Calibration(100e9))
    assert found.verdict == "too big"
    assert found.writes_per_s < 0.1
    assert "read from disk again" in found.reason


def test_a_core_is_left_to_the_window():
    assert default_threads(Machine(0, 1)) == 1
    assert default_threads(this_machine()) >= 1
    assert this_machine().memory > GB


def test_a_file_without_numbers_is_no_trouble():
    empty = ModelFile("e.gguf", "Empty", "", "?", 0, 0, False)
    assert estimate(empty, Machine(8 * GB, 4)).verdict == "fits"


def test_looking_at_models_loads_nothing_heavy():
    """Kept light, since the window asks for it at every start."""
    heavy = ("numpy", "llama_cpp", "httpx", "torch", "keyring", "sqlite3")
    code = (
        "import sys, charstudio.engines, charstudio.engines.estimate as e; e.this_machine(); "
        f"print([name for name in {heavy} if name in sys.modules], 'psutil' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split("\n")[0] == "[] True"


class TestSuggested:
    def models(self):
        return load_suggested(paths.resource("models.yaml"))

    def test_every_computer_gets_some_that_fit(self):
        for memory in (8, 16, 32):
            fitting = suggested_for(self.models(), Machine(round(memory * 0.94 * GB), 4))
            assert fitting
            best = [m for m in fitting if m.memory == memory]
            assert best
            assert all(m.estimate(Machine(memory * GB, 4)).verdict != "too big" for m in best)

    def test_the_list_is_whole_and_honest(self):
        models = self.models()
        assert 6 <= len(models) <= 9
        assert len({m.name for m in models}) == len(models)
        for model in models:
            assert model.url.startswith("https://huggingface.co/")
            assert model.url.endswith(".gguf")
            assert model.licence
            assert model.words.endswith(".")
            assert len(model.sha256) in (0, 64)

    def test_the_largest_that_is_quick_enough_comes_first(self):
        machine = Machine(16 * GB, 4)
        assert suggested_for(self.models(), machine)[0].name in ("llama-3.1-8b", "stheno-8b")
        assert suggested_for(self.models(), machine, Calibration(60e9))[0].name == "mistral-nemo-12b"
        assert suggested_for(self.models(), machine, Calibration(8e9))[0].name == "llama-3.2-3b"

    def test_a_small_computer_is_not_told_of_large_models(self):
        assert max(m.memory for m in suggested_for(self.models(), Machine(8 * GB, 4))) == 8

    def test_they_are_found_by_name_or_title(self):
        assert named(self.models(), "Mistral Nemo 12B Instruct") == named(self.models(), "mistral-nemo-12b")
        assert named(self.models(), "nobody") is None
