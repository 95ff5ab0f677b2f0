"""The short form of `make soak`, on models that are tiny and real."""

from __future__ import annotations

from tests.benchmarks.soak_engine import soak
from tests.tiny_model import tiny_chat


def test_a_long_talk_leaks_nothing_and_remembers_nothing_wrongly(tmp_path, home):
    models = [tiny_chat(tmp_path / "one.gguf", template=""), tiny_chat(tmp_path / "two.gguf", seed=2)]
    found = soak(models, 100, 3, tmp_path)
    assert found.wrong == []
    assert found.turns == 100
    assert found.compared >= 1
    assert found.identical == found.compared  # nothing is quantised here, so nothing rounds
    assert min(found.stopped, found.swiped, found.edited, found.switched) > 0
