"""How much of what characters say of themselves is noticed, and how much of what is noticed is so.

Run `python tests/benchmarks/bench_notice.py`; `--model FILE` uses another model than the starter, `--rules`
none at all, `-v` prints every mistake. Half of the replies (held out) were never looked at while the rules
and the prompt were made.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from charstudio.engines import Engine, LlamaEngine, Shelf  # noqa: E402
from charstudio.errors import Cancel  # noqa: E402
from charstudio.guide import Reading  # noqa: E402
from charstudio.sheet import Schema, load_schema  # noqa: E402
from charstudio.store import open_library  # noqa: E402
from charstudio.talk import Proposing  # noqa: E402
from charstudio.talk.notice import Noticed, Noticing  # noqa: E402

SETS = ("development", "held_out")
Find = Callable[[str], Sequence[Noticed]]


@dataclass(slots=True)
class Score:
    """Right and wrong finds, and facts that were there."""

    right: int = 0
    wrong: int = 0
    facts: int = 0

    def __str__(self) -> str:
        found = self.right + self.wrong
        precision = self.right / found if found else 1.0
        recall = self.right / self.facts if self.facts else 1.0
        return f"precision {precision:.3f} ({self.right}/{found}), recall {recall:.3f} ({self.right}/{self.facts})"


def replies(name: str) -> list[dict[str, Any]]:
    path = ROOT / "tests" / "data" / "talk" / f"replies_{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def score(find: Find, rows: Sequence[dict[str, Any]], *, verbose: bool = False) -> Score:
    """Count a find as right where its place is one of the fact's and their words overlap."""
    total = Score()
    for row in rows:
        left = list(row["facts"])
        total.facts += len(left)
        for noticed in find(row["reply"]):
            assert noticed.evidence in row["reply"], noticed
            hit = next((f for f in left if _fits(noticed, f)), None)
            if hit is not None:
                left.remove(hit)
                total.right += 1
            else:
                total.wrong += 1
            if verbose:
                print(
                    "   ",
                    "right" if hit else "WRONG",
                    noticed.attributes,
                    repr(noticed.text),
                    "|",
                    noticed.evidence,
                )
        if verbose:
            for fact in left:
                print("    missed", fact["attributes"], "|", fact["evidence"])
    return total


def _fits(noticed: Noticed, fact: dict[str, Any]) -> bool:
    overlap = noticed.evidence in fact["evidence"] or fact["evidence"] in noticed.evidence
    return overlap and noticed.attributes[0] in fact["attributes"]


def with_model(noticing: Noticing, proposing: Proposing) -> Find:
    """What the rules find, and what the model says of the rest."""

    def find(reply: str) -> list[Noticed]:
        found = noticing.sure(reply)
        for statement, options in noticing.undecided(reply):
            noticed = proposing.ask(statement, options, Cancel())
            if noticed is not None:
                found.append(noticed)
        return found

    return find


def engine_for(model: str) -> Engine:
    shelf = Shelf()
    path = shelf.find(model)
    return LlamaEngine(path, prepare=shelf.prepare_starter if path == shelf.starter_path() else None)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", default="", metavar="FILE")
    options.add_argument("--rules", action="store_true")
    options.add_argument("-v", action="store_true")
    chosen = options.parse_args()
    schema: Schema = load_schema(ROOT / "resources" / "attributes.yaml")
    reading = Reading.of(schema)
    noticing = Noticing(schema, reading)
    for name in SETS:
        rows = replies(name)
        none = sum(not row["facts"] for row in rows)
        began = time.perf_counter()
        result = score(noticing.sure, rows, verbose=chosen.v)
        each = (time.perf_counter() - began) / len(rows) * 1000
        print(f"{name}, {len(rows)} replies ({none} without a fact)")
        print(f"  rules alone: {result}; {each:.1f} ms a reply")
    if chosen.rules:
        return
    engine = engine_for(chosen.model)
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder) / "bench.charstudio")
        proposing = Proposing(library, schema, lambda: reading, lambda: engine)
        print(f"model: {engine.describe().name}")
        for name in SETS:
            rows = replies(name)
            began = time.perf_counter()
            result = score(with_model(noticing, proposing), rows, verbose=chosen.v)
            each = (time.perf_counter() - began) / len(rows)
            print(f"  {name}, rules and model: {result}; {each:.2f} s a reply")
        library.close()
    engine.close()


if __name__ == "__main__":
    main()
