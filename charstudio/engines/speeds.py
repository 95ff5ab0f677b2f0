"""Learns from real replies how fast this computer is, so that estimates need not assume it."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from charstudio import paths
from charstudio.engines.estimate import Calibration, calibrated
from charstudio.model import ModelFile

FEWEST_TOKENS = 16  # fewer say more about the start than about the speed
NEW_COUNTS = 0.3  # of a new reply against all before: one slow evening is no slow computer


def known_speed(file: Path) -> Calibration | None:
    """What earlier replies told; None when there were none."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
        found = Calibration(float(body["bytes_per_s"]), float(body["flops"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    sound = all(math.isfinite(value) and value >= 0 for value in (found.bytes_per_s, found.flops))
    return found if sound and found.bytes_per_s else None


def learn_speed(file: Path, model: ModelFile, figures: Mapping[str, Any]) -> None:
    """Keep what one reply told; `figures` are those of the engine, and short replies tell nothing."""
    tokens, rate = _positive(figures, "tokens"), _positive(figures, "tokens_per_s")
    if tokens < FEWEST_TOKENS or not rate:
        return
    read, first = (
        _positive(figures, "prompt_tokens") - _positive(figures, "cached_tokens"),
        _positive(figures, "ttft_ms"),
    )
    reads = read / first * 1000 if read >= 8 * FEWEST_TOKENS and first else 0.0
    new = calibrated(model, rate, round(_positive(figures, "prompt_tokens") + tokens / 2), reads)
    old = known_speed(file) or Calibration()
    body = {
        "bytes_per_s": _mixed(old.bytes_per_s, new.bytes_per_s),
        "flops": _mixed(old.flops, new.flops),
    }
    with contextlib.suppress(OSError):  # the next reply tells it again
        paths.write_atomically(file, json.dumps(body).encode())


def _mixed(old: float, new: float) -> float:
    return old + NEW_COUNTS * (new - old) if old and new else new or old


def _positive(figures: Mapping[str, Any], name: str) -> float:
    value = figures.get(name)
    sound = isinstance(value, (int, float)) and math.isfinite(value) and value > 0
    return float(value) if sound and value is not None else 0.0
