"""The models that are suggested, read from a list that the program ships; nothing is downloaded from here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from charstudio.engines.estimate import Calibration, Estimate, Machine, estimate
from charstudio.errors import EngineError
from charstudio.i18n import _
from charstudio.model import ModelFile

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
QUICK_ENOUGH = 3.0  # words a second: a reader waits, but not long
_BITS = 4.85  # of a parameter in Q4_K_M, in which all of them are


@dataclass(frozen=True, slots=True)
class Suggested:
    """A model to download: `size` in bytes is approximate, `memory` is that of the computer it is for in GB.

    `cache` is how many bytes a token of context takes.
    """

    name: str
    title: str
    url: str
    size: int
    context: int
    cache: int
    licence: str
    memory: int
    words: str
    sha256: str = ""

    def estimate(
        self, machine: Machine, context: int = 4096, calibration: Calibration | None = None
    ) -> Estimate:
        """What it would ask of a computer, guessed before its header is here."""
        file = ModelFile(
            path="",
            name=self.title,
            architecture="",
            quantisation="Q4_K_M",
            size=self.size,
            context=self.context,
            has_template=True,
            kv_bytes_per_token=self.cache,
            parameters=round(self.size * 8 / _BITS),
            active_parameters=round(self.size * 8 / _BITS),
            vocabulary=130_000,
            width=4096,
        )
        return estimate(file, machine, context, calibration)


def load_suggested(file: Path) -> tuple[Suggested, ...]:
    """The list, smallest computer first; raises `EngineError` when the file is not as it should be."""
    try:
        body = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both loaders are safe
        found = tuple(_suggested(entry) for entry in body)
    except (OSError, yaml.YAMLError, TypeError, ValueError) as exc:
        raise EngineError(
            _("The list of suggested models cannot be read; install charstudio again.")
        ) from exc
    return tuple(sorted(found, key=lambda model: model.memory))


def suggested_for(
    models: tuple[Suggested, ...], machine: Machine, calibration: Calibration | None = None
) -> tuple[Suggested, ...]:
    """Those meant for this computer: first the largest that is quick enough; of the slow, the smallest."""

    def order(model: Suggested) -> tuple[bool, int]:
        slow = model.estimate(machine, calibration=calibration).words_per_s < QUICK_ENOUGH
        return slow, model.size if slow else -model.size

    # 8 GB are rarely 8 GB: the machine's own picture memory is taken off
    fits = [m for m in models if not machine.memory or m.memory * 0.85e9 <= machine.memory]
    return tuple(sorted(fits, key=order))


def named(models: tuple[Suggested, ...], name: str) -> Suggested | None:
    """The suggested model of that name or title."""
    wanted = name.strip().casefold()
    return next((m for m in models if wanted in (m.name.casefold(), m.title.casefold())), None)


def _suggested(entry: dict[str, Any]) -> Suggested:
    found = Suggested(**entry)
    if (
        not found.url.startswith("https://huggingface.co/")
        or min(found.size, found.context, found.memory) <= 0
    ):
        raise ValueError(f"entry {found.name}")
    return found
