"""Every card of the corpus through the command line: outcome, seconds and memory of each, and the worst of all.

    python tests/benchmarks/bench_cards.py [--long]

A fault is more than 5 s at work: the clock alone tells little where others use the machine.
`card read FILE --json` and `card write FILE OUT --set creator=…` run as processes of their own; 5 s and 512 MB are
the limits. `--long` adds the cards that take long to build (gibibyte bombs, 30 MB texts, a million values).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.unit.cards_archives import ARCHIVES, long_cases  # noqa: E402
from tests.unit.cards_corpus import CASES, Case  # noqa: E402

SECONDS, MEGABYTES = 5.0, 512


@dataclass(frozen=True, slots=True)
class Ran:
    """How one process ended."""

    code: int
    seconds: float
    busy: float
    megabytes: float
    out: bytes
    trouble: str


def built(case: Case, file: Path) -> None:
    """Write a card in a process of its own: the peak of a child counts from that of its parent."""
    child = os.fork()
    if child == 0:
        file.write_bytes(case.build())
        os._exit(0)
    os.waitpid(child, 0)


def ran(folder: Path, *words: str) -> Ran:
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        started = time.perf_counter()
        child = subprocess.Popen([sys.executable, "-m", "charstudio", *words], stdout=out, stderr=err)
        _pid, status, usage = os.wait4(child.pid, 0)
        seconds, busy = time.perf_counter() - started, usage.ru_utime + usage.ru_stime
        child.returncode = os.waitstatus_to_exitcode(status)
    trouble = (folder / "err").read_text(errors="replace").strip()
    return Ran(
        child.returncode, seconds, busy, usage.ru_maxrss / 1024, (folder / "out").read_bytes(), trouble
    )


def wrong(case: Case, read: Ran, written: Ran, out: Path) -> str:
    """What is not as it should be about one case; empty when all is well."""
    for one in (read, written):
        if one.busy > SECONDS or one.megabytes > MEGABYTES:
            return f"{one.busy:.1f} s at work, {one.megabytes:.0f} MB"
        if "Traceback" in one.trouble or one.code not in (0, 1):
            return f"code {one.code}: {one.trouble[-200:]}"
    if read.code == 1:
        fine = "refused" in case.outcomes and read.trouble.endswith(".") and "\n" not in read.trouble
        return "" if fine and written.code == 1 and not out.exists() else f"refused: {read.trouble[-200:]}"
    found = json.loads(read.out)
    end = "warned" if found["warnings"] else "clean"
    if end not in case.outcomes or found["card"]["data"]["name"] != case.name:
        return f"{end}: {found['warnings']}"
    return "" if written.code == 0 and out.stat().st_size else f"not written: {written.trouble[-200:]}"


def tried(case: Case, folder: Path) -> tuple[str, Ran, Ran]:
    """Read and write one case; what was wrong, and both runs."""
    file = folder / "card"
    built(case, file)
    with file.open("rb") as head:
        start = head.read(4)
    ending = ".png" if start == b"\x89PNG" else ".charx" if start[:2] == b"PK" else ".json"
    file, out = file.rename(folder / f"card{ending}"), folder / f"written{ending}"
    out.unlink(missing_ok=True)
    read = ran(folder, "card", "read", str(file), "--json")
    kept = ran(folder, "card", "write", str(file), str(out), "--set", "creator=the bench")
    return wrong(case, read, kept, out), read, kept


def main() -> int:
    chosen = [word for word in sys.argv[1:] if not word.startswith("--")]
    cases = [*CASES, *ARCHIVES, *(long_cases() if "--long" in sys.argv else ())]
    cases = [case for case in cases if not chosen or case.id in chosen]
    faults, slowest, busiest, largest = 0, 0.0, 0.0, 0.0
    with tempfile.TemporaryDirectory() as place:
        os.environ["CHARSTUDIO_HOME"] = str(Path(place) / "home")
        for case in cases:
            said, read, kept = tried(case, Path(place))
            slowest = max(slowest, read.seconds, kept.seconds)
            busiest = max(busiest, read.busy, kept.busy)
            largest = max(largest, read.megabytes, kept.megabytes)
            faults += bool(said)
            if said or "--all" in sys.argv:
                both = f"{read.seconds:.2f} s {read.megabytes:.0f} MB, {kept.seconds:.2f} s {kept.megabytes:.0f} MB"
                print(f"{'FAULT' if said else 'ok   '} {case.id}: {said or both}", flush=True)
    print(
        f"{len(cases)} cards, {faults} faults; slowest {slowest:.2f} s ({busiest:.2f} s at work), largest {largest:.0f} MB"
    )
    print(f"  (limits {SECONDS:.0f} s and {MEGABYTES} MB)")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
