"""How much of what writers say guided mode understands, and how long a turn takes.

Run `python tests/benchmarks/bench_guide.py`, with `-v` for every statement that was not understood rightly.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from charstudio.guide import Guide  # noqa: E402
from charstudio.guide.reading import Reading  # noqa: E402
from charstudio.guide.statements import Statements  # noqa: E402
from charstudio.model import Change  # noqa: E402
from charstudio.sheet import Schema, flip, load_schema  # noqa: E402
from charstudio.store import Library, open_library  # noqa: E402


def schema() -> Schema:
    return load_schema(ROOT / "resources" / "attributes.yaml")


def generated(told: Schema) -> list[tuple[str, str, str]]:
    """(statement in the second person, attribute, value) for every example of every attribute."""
    return [
        (a.tell.replace("{v}", value if "verbatim" in a.flags else flip(value, "second")), a.id, value)
        for a in told.attributes.values()
        for value in a.examples
    ]


def verdict(statements: Statements, line: str, attribute: str, value: str | None) -> str:
    fact = statements.told(line)
    if fact is None:
        return "not understood"
    if not fact.sure:
        return "chips with the right one" if attribute in fact.attributes else "chips without it"
    if fact.attribute != attribute:
        return f"WRONG GUESS ({fact.attribute})"
    return "right" if value is None or fact.value == value else "right attribute, other value"


def understood(told: Schema, *, verbose: bool) -> Counter[str]:
    statements = Reading.of(told).statements
    count: Counter[str] = Counter()
    for line, attribute, value in generated(told):
        found = verdict(statements, line, attribute, value)
        count[found.split(" (")[0]] += 1
        if verbose and found != "right":
            print("   ", found, "|", line, "|", statements.told(line))
    return count


def said(library: Library, told: Schema, rows: list[dict[str, str]], skips: int) -> Counter[str]:
    """What becomes of statements said to a whole guide after `skips` skipped questions of the pack."""
    count: Counter[str] = Counter()
    for row in rows:
        guide = Guide(library, told, library.cast.new(told).id)
        guide.start()
        for _question in range(skips):
            guide.say("skip")
        turn = guide.say(row["text"])
        wrong = any(c.attribute != row["attribute"] for c in turn.changes)
        count["wrong" if wrong else "right" if turn.changes else "chips" if turn.chips else "nothing"] += 1
    return count


def turns(library: Library, told: Schema) -> list[float]:
    """Seconds of each of 200 turns with one of 500 characters whose 133 attributes are all decided."""
    people = [library.cast.new(told, f"Person {n}").id for n in range(500)]
    for a in told.attributes.values():
        if a.id != "full_name":
            library.cast.change(people[0], [Change(a.id, a.examples[0])], told, "form")
    guide = Guide(library, told, people[0])
    guide.start()
    lines = [
        "Your name is Jane Marlow.",
        "You are 34 years old.",
        "What is your name?",
        "Summarise.",
        "Undo.",
        "You are also curious.",
        "Suggest something.",
        "You have a scar on your chin.",
        "You are not curious.",
        "Your secret is that you were there.",
    ]
    taken = []
    for n in range(200):
        begin = time.perf_counter()
        guide.say(lines[n % len(lines)])
        taken.append(time.perf_counter() - begin)
    return taken


def main() -> None:
    verbose = "-v" in sys.argv
    begin = time.perf_counter()
    told = schema()
    print(f"schema read in {(time.perf_counter() - begin) * 1000:.0f} ms")
    begin = time.perf_counter()
    Reading.of(told)
    print(f"sentence forms ready in {(time.perf_counter() - begin) * 1000:.0f} ms")
    count = understood(told, verbose=verbose)
    total = sum(count.values())
    print(
        f"{total} generated statements: "
        + ", ".join(f"{k} {n} ({n / total:.1%})" for k, n in count.most_common())
    )
    statements = Reading.of(told).statements
    for path in sorted((ROOT / "tests" / "data" / "guide").glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        natural = Counter()
        for row in rows:
            found = verdict(statements, row["text"], row["attribute"], row.get("value"))
            natural[found.split(" (")[0]] += 1
            if verbose and found != "right":
                print("   ", found, "|", row["text"], "|", statements.told(row["text"]))
        print(
            f"{len(rows)} statements of {path.name}: "
            + ", ".join(f"{k} {n}" for k, n in natural.most_common())
        )
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder) / "said.db")
        for path in sorted((ROOT / "tests" / "data" / "guide").glob("*.jsonl")):
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
            for pending, skips in (("full_name", 0), ("want", 4)):
                print(f"{path.name} said while {pending} was asked: {dict(said(library, told, rows, skips))}")
        library.close()
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder) / "bench.db")
        taken = turns(library, told)
        library.close()
    p95 = statistics.quantiles(taken, n=20)[-1]
    median, most = statistics.median(taken), max(taken)
    print(f"turn: median {median * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms, most {most * 1000:.1f} ms")


if __name__ == "__main__":
    main()
