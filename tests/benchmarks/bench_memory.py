"""How much of what was said comes back when it is asked for, and how long that takes with very many memories.

    python tests/benchmarks/bench_memory.py locomo PATH/locomo10.json    evidence turns found among the first 5 and 10
    python tests/benchmarks/bench_memory.py speed [MEMORIES]             recall, adding, cold start, memory

LoCoMo (Maharana et al. 2024, github.com/snap-research/locomo) is not committed: its licence is for research. Each
conversation goes as JSONL through `charstudio remember`, each of its questions with evidence through
`charstudio recall --queries`. The weights of `charstudio.memory.scores` were chosen on the first five
conversations; the last five are held out. Without the file, invented conversations take its place.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

CHOSEN_ON = 5  # of ten conversations, the first
DIMENSION = 384


def conversations(path: Path) -> list[dict[str, Any]]:
    """Turns and questions of LoCoMo; the caption of a picture stands in brackets behind the words."""
    found = []
    for sample in json.loads(path.read_text(encoding="utf-8")):
        talk, turns = sample["conversation"], []
        for session in sorted(int(k[8:]) for k in talk if re.fullmatch(r"session_\d+", k)):
            for turn in talk[f"session_{session}"]:
                caption = f" [{turn['blip_caption']}]" if turn.get("blip_caption") else ""
                turns.append(
                    {
                        "speaker": turn["speaker"],
                        "text": turn["text"].strip() + caption,
                        "time": talk[f"session_{session}_date_time"],
                        "id": turn["dia_id"],
                    }
                )
        known = {turn["id"] for turn in turns}
        asked = []
        for number, question in enumerate(sample["qa"]):
            evidence = re.findall(r"D\d+:\d+", " ".join(question["evidence"]))
            evidence = [e for e in dict.fromkeys(evidence) if e in known]
            if evidence:
                asked.append({"id": number, "text": question["question"], "evidence": evidence})
        found.append({"name": sample["sample_id"], "turns": turns, "asked": asked})
    return found


def invented() -> list[dict[str, Any]]:
    """Three small conversations in which each thing is told once, for where the real ones are not at hand."""
    places = "harbour attic orchard chapel bakery station lighthouse mill quarry theatre".split()
    things = "violin lantern compass telescope accordion typewriter kettle saddle mirror ladder".split()
    found = []
    for n in range(3):
        chance = random.Random(n)
        turns, asked = [], []
        for place in places:
            thing = chance.choice(things)
            for text in (
                f"What happened at the {place}?",
                f"I left my grandmother's {thing} there.",
                "That must have hurt.",
                "We had soup afterwards and went to bed early.",
            ):
                speaker = ("Ann", "Bob")[len(turns) % 2]
                turns.append(
                    {
                        "speaker": speaker,
                        "text": text,
                        "time": f"2023-0{1 + len(turns) // 8}-11",
                        "id": f"t{len(turns)}",
                    }
                )
            asked.append(
                {
                    "id": len(asked),
                    "text": f"What did Bob leave at the {place}?",
                    "evidence": [f"t{len(turns) - 3}"],
                }
            )
        found.append({"name": f"invented-{n}", "turns": turns, "asked": asked})
    return found


def command(*arguments: str) -> str:
    """What the command line prints."""
    from charstudio.cli import run

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        if run(list(arguments)):
            raise SystemExit(f"charstudio {' '.join(arguments)} failed")
    return said.getvalue()


def found_of(conversation: dict[str, Any], folder: Path, *more: str) -> list[tuple[float, float]]:
    """The shares of the evidence of each question that stand among the first five and ten."""
    turns, asked = folder / "turns.jsonl", folder / "asked.jsonl"
    turns.write_text("".join(json.dumps(t) + "\n" for t in conversation["turns"]), encoding="utf-8")
    asked.write_text(
        "".join(json.dumps({"id": q["id"], "text": q["text"]}) + "\n" for q in conversation["asked"]),
        encoding="utf-8",
    )
    library = ("--library", str(folder / f"{conversation['name']}.charstudio"))
    command(*library, "new", conversation["name"])
    command(*library, "remember", conversation["name"], "--file", str(turns))
    said = command(
        *library, "recall", conversation["name"], "--queries", str(asked), "-k", "10", "--json", *more
    )
    shares = []
    for line, question in zip(said.splitlines(), conversation["asked"], strict=True):
        hits = [hit["id"] for hit in json.loads(line)["hits"]]
        evidence = set(question["evidence"])
        shares.append(tuple(len(evidence & set(hits[:k])) / len(evidence) for k in (5, 10)))
    return shares


def locomo(path: Path | None, more: list[str]) -> None:
    """Print recall of evidence over all conversations, and over those on which nothing was chosen."""
    talks = conversations(path) if path else invented()
    print(f"{'conversation':14} {'questions':>9} {'R@5':>6} {'R@10':>6}", flush=True)
    every: list[list[tuple[float, float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHARSTUDIO_HOME"] = folder
        for conversation in talks:
            every.append(found_of(conversation, Path(folder), *more))
            _line(conversation["name"], every[-1])
    if path is None:
        print("invented conversations: give the path of locomo10.json for a figure that says something")
    _line("chosen on", [s for shares in every[:CHOSEN_ON] for s in shares])
    _line("held out", [s for shares in every[CHOSEN_ON:] for s in shares])
    _line("all", [s for shares in every for s in shares])


def _line(name: str, shares: list[tuple[float, float]]) -> None:
    if not shares:
        return
    five, ten = (sum(s[n] for s in shares) / len(shares) for n in (0, 1))
    print(f"{name:14} {len(shares):9} {five:6.3f} {ten:6.3f}", flush=True)


def speed(memories: int) -> None:
    """Fill a library with invented memories and vectors, then measure in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHARSTUDIO_HOME"] = folder
        path = Path(folder) / "many.charstudio"
        print(f"{memories} memories of one character, vectors of {DIMENSION} numbers", flush=True)
        _fill(path, memories)
        print(f"library: {path.stat().st_size / 1e6:.0f} MB", flush=True)
        for _again in range(3):
            subprocess.run([sys.executable, __file__, "measure", str(path)], check=True)


def _fill(path: Path, memories: int) -> None:
    import numpy as np

    from charstudio import paths
    from charstudio.memory.recall import Recall
    from charstudio.sheet import load_schema
    from charstudio.store import open_library
    from charstudio.store.memories import Told

    library = open_library(path)
    jane = library.cast.new(load_schema(paths.resource("attributes.yaml")), "Jane")
    source = library.memories.source(jane.id, "invented.jsonl")
    recall, chance = Recall(library, None), random.Random(1)
    began = time.perf_counter()
    for start in range(0, memories, 2000):
        many = range(start, min(memories, start + 2000))
        recall.tell(
            jane.id,
            [Told(_sentence(chance), ("Jane", "Bob")[n % 2], str(n), moment=1.6e9 + 600.0 * n) for n in many],
            source,
        )
    print(f"kept, and found by words, after {time.perf_counter() - began:.1f} s", flush=True)
    numbers = np.random.default_rng(1)
    while batch := library.memories.without_vector(jane.id, "invented", 2000):
        made = numbers.standard_normal((len(batch), DIMENSION)).astype("f4")
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        library.memories.keep_vectors(
            "invented", DIMENSION, [(m, v.astype("<f2").tobytes()) for m, v in zip(batch, made, strict=True)]
        )
    library.close()


def _sentence(chance: random.Random) -> str:
    """Sixteen words of a vocabulary in which few are frequent, as in speech (Zipf)."""
    return " ".join(f"word{min(int(chance.paretovariate(0.55)), 60_000)}" for _ in range(16)) + "."


class _Ready:
    """An embedder whose vectors are there at once, so that recall alone is measured."""

    name, ready = "invented", True

    def __init__(self) -> None:
        import numpy as np

        self._numbers = np.random.default_rng(2)

    def wake(self) -> None: ...

    def close(self) -> None: ...

    def embed(self, texts, cancel=None):
        made = self._numbers.standard_normal((len(texts), DIMENSION)).astype("f4")
        return DIMENSION, [(v / (v @ v) ** 0.5).astype("<f2").tobytes() for v in made]


def measure(path: Path) -> None:
    """Cold start, recall and adding, in a process that has done nothing else."""
    import psutil

    began, started = time.perf_counter(), time.process_time()
    from charstudio.memory.recall import Recall
    from charstudio.store import open_library

    library = open_library(path)
    jane = library.cast.find("Jane")
    recall, chance = Recall(library, _Ready()), random.Random(3)
    recall.recall(jane.id, _sentence(chance), 10)
    cold, cold_busy = time.perf_counter() - began, time.process_time() - started
    taken, busy, adding = [], [], []
    for n in range(200):
        text = " ".join(_sentence(chance).split()[:8])
        began, spent = time.perf_counter(), time.process_time()
        recall.recall(jane.id, text, 10)
        taken.append(time.perf_counter() - began)
        busy.append(time.process_time() - spent)
        if n % 4 == 0:
            began = time.perf_counter()
            recall.note(jane.id, f"{text} {n}")
            adding.append(time.perf_counter() - began)
    memory = psutil.Process().memory_info().rss / 1e6
    taken.sort()
    busy.sort()
    adding.sort()
    print(
        f"cold start to first recall {cold:.2f} s (of the processor {cold_busy:.2f}); recall median {taken[100] * 1e3:.0f} ms, 95th percentile "
        f"{taken[190] * 1e3:.0f} ms (of the processor {busy[100] * 1e3:.0f} and {busy[190] * 1e3:.0f} ms); adding one median {adding[25] * 1e3:.1f} ms, 95th percentile {adding[47] * 1e3:.1f} ms; "
        f"memory {memory:.0f} MB",
        flush=True,
    )
    library.close()


if __name__ == "__main__":
    what, rest = (sys.argv[1] if len(sys.argv) > 1 else "locomo"), sys.argv[2:]
    if what == "speed":
        speed(int(rest[0]) if rest else 100_000)
    elif what == "measure":
        measure(Path(rest[0]))
    else:
        locomo(
            Path(rest[0]) if rest and not rest[0].startswith("-") else None,
            [r for r in rest if r.startswith("-")],
        )
