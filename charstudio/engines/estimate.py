"""What a model asks of a computer: memory, and how fast it would speak; with the reason in a sentence."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from charstudio.i18n import _
from charstudio.model import ModelFile

Verdict = Literal["fits", "tight", "too big"]

READ_AT_ONCE = 256  # tokens of a prompt in one step, as the decode loop asks for them
PROCESS = 150_000_000  # the child with llama.cpp in it, without a model
OTHERS = 1_500_000_000  # what the system, the window and other programs keep for themselves
COMFORTABLE = 0.8  # of the memory; beyond it the system begins to push things out
FULL = 0.97

# What a core does when nothing was measured; from published llama.cpp figures for laptops of 2014 to 2024,
# nearer to the slow ones: who is told too little is pleased.
BYTES_PER_CORE = 7e9
MOST_BYTES = 25e9
FLOPS_PER_CORE = 60e9
FROM_DISK = 0.8e9  # bytes a second when weights have to be read again for every token
WORDS_PER_TOKEN = 0.75


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer: memory in bytes and physical cores; both 0 when they cannot be found out."""

    memory: int
    cores: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What this computer did in earlier replies: bytes of weights and cache, and operations, a second."""

    bytes_per_s: float = 0.0
    flops: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes a model would take, tokens a second it would write and read, and what to think of that."""

    weights: int
    cache: int
    buffer: int
    context: int
    memory: int
    writes_per_s: float
    reads_per_s: float
    measured: bool
    verdict: Verdict
    reason: str

    @property
    def total(self) -> int:
        """All memory that it takes."""
        return self.weights + self.cache + self.buffer + PROCESS

    @property
    def words_per_s(self) -> float:
        """How fast it would speak."""
        return self.writes_per_s * WORDS_PER_TOKEN


def this_machine() -> Machine:
    """The computer that this runs on."""
    try:
        import psutil

        return Machine(psutil.virtual_memory().total, psutil.cpu_count(logical=False) or 0)
    except (ImportError, OSError, RuntimeError):  # systems that hide /proc
        return Machine(0, 0)


def default_threads(machine: Machine | None = None) -> int:
    """Physical cores less one, at least one: the window and the system keep a core."""
    logical = os.cpu_count() or 2
    physical = (machine or this_machine()).cores or max(1, logical // 2)
    return max(1, min(logical, physical) - 1)


def estimate(
    file: ModelFile, machine: Machine, context: int = 4096, calibration: Calibration | None = None
) -> Estimate:
    """What a model would need and how fast it would be; a calibration stands above what is assumed."""
    context = min(context, file.context or context)
    cache = context * file.kv_bytes_per_token
    # llama.cpp reserves a row of the vocabulary for each token read at once, but only the last one is filled
    buffer = 4 * (2 * file.vocabulary + READ_AT_ONCE * 10 * file.width)
    total = file.size + cache + buffer + PROCESS
    verdict = _verdict(file.size + cache + max(OTHERS, buffer + PROCESS), total, machine.memory)
    cores = max(1, machine.cores or 2)
    known = calibration or Calibration()
    bandwidth = known.bytes_per_s or min(MOST_BYTES, BYTES_PER_CORE * cores)
    flops = known.flops or FLOPS_PER_CORE * cores
    read = bytes_per_token(file, context // 2)
    writes = bandwidth / read if read else 0.0
    if verdict == "too big":
        writes = min(writes, FROM_DISK / max(1, file.size))
    active = file.active_parameters or file.parameters
    return Estimate(
        weights=file.size,
        cache=cache,
        buffer=buffer,
        context=context,
        memory=machine.memory,
        writes_per_s=writes,
        reads_per_s=flops / (2 * active) if active else 0.0,
        measured=bool(known.bytes_per_s),
        verdict=verdict,
        reason=_reason(verdict, total, machine.memory),
    )


def bytes_per_token(file: ModelFile, tokens: int) -> float:
    """Bytes read to write one token after `tokens` others; of a mixture of experts, only those asked."""
    share = file.active_parameters / file.parameters if file.parameters else 1.0
    return file.size * share + tokens * file.kv_bytes_per_token


def calibrated(file: ModelFile, tokens_per_s: float, tokens: int, read_per_s: float = 0.0) -> Calibration:
    """What a real reply tells of this computer: it wrote so fast with `tokens` in the context."""
    active = file.active_parameters or file.parameters
    return Calibration(tokens_per_s * bytes_per_token(file, tokens), read_per_s * 2 * active)


def memory_warning(file: ModelFile, context: int, machine: Machine | None = None) -> str:
    """One sentence when a model is larger than the memory of this computer; empty when it is not."""
    found = estimate(file, machine or this_machine(), context)
    if found.verdict != "too big":
        return ""
    return _("{name}: {reason}", name=file.name, reason=found.reason)


def speed_words(words_per_s: float) -> str:
    """How fast it would speak, as people feel it; empty when that is not known."""
    if words_per_s >= 100:
        return _("More than 100 words a second here.")
    if words_per_s >= 1.5:
        return _("About {count} words a second here.", count=round(words_per_s))
    if words_per_s >= 0.6:
        return _("About a word a second here.")
    if words_per_s > 0:
        return _("About {count} seconds for a word here.", count=round(1 / words_per_s))
    return ""


def gigabytes(size: float) -> str:
    """A size in bytes as people say it."""
    return _("{count} GB", count=f"{size / 1e9:.1f}")


def _verdict(wanted: int, total: int, memory: int) -> Verdict:
    if not memory or wanted <= COMFORTABLE * memory:
        return "fits"
    return "tight" if total <= FULL * memory else "too big"


def _reason(verdict: Verdict, total: int, memory: int) -> str:
    need, have = gigabytes(total), gigabytes(memory)
    if not memory:
        return _("It needs about {need} of memory; how much is here could not be found out.", need=need)
    if verdict == "fits":
        return _("It needs about {need} of the {have} of memory here.", need=need, have=have)
    if verdict == "tight":
        return _(
            "It needs about {need} of the {have} of memory here; close other programs or take a smaller one.",
            need=need,
            have=have,
        )
    return _(
        "It needs about {need}, more than the {have} of memory here: it would be read from disk again for "
        "every word, which is very slow; choose a smaller one.",
        need=need,
        have=have,
    )
