"""How well guided mode asks: nearness of questions, time of a turn and of suggestions in a full library.

Run `python tests/benchmarks/bench_asking.py`; it prints every figure it claims.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from charstudio.guide import Guide, Reading  # noqa: E402
from charstudio.model import Change  # noqa: E402
from charstudio.sheet import Schema, load_schema  # noqa: E402
from charstudio.store import Library, open_library  # noqa: E402

CHARACTERS = 500
DIALOGUES = 60
TURNS = 40


def nearness(library: Library, schema: Schema, reading: Reading) -> Counter[str]:
    """Of the questions outside of packs: how many links they are from the last answer."""
    dice = random.Random(7)
    count: Counter[str] = Counter()
    for n in range(DIALOGUES):
        guide = Guide(library, schema, library.cast.new(schema).id, pack="none", seed=n, reading=reading)
        turn, last = guide.start(), ""
        for _step in range(TURNS):
            ask = turn.ask
            if ask is None:
                break
            examples = schema.attributes[ask.attribute].examples
            skips = dice.random() < 0.2 or not examples
            turn = guide.say("skip" if skips else dice.choice(examples))
            if turn.changes:
                last = turn.changes[-1].attribute
            if last and turn.ask is not None and turn.ask.attribute != ask.attribute:
                near = turn.ask.attribute in schema.neighbours(last)
                count["beside the last answer" if near else "farther"] += 1
                edge = schema.edge(turn.ask.source, turn.ask.attribute)
                count["with a follow-up of its own" if edge else "in its own words"] += 1
    return count


def full(library: Library, schema: Schema) -> int:
    """500 characters of 24 values each, and one whose attributes are all decided; returns that one."""
    dice = random.Random(3)
    everything = list(schema.attributes.values())
    with library.saving():
        for n in range(CHARACTERS - 1):
            who = library.cast.new(schema, f"Person {n}").id
            chosen = dice.sample([a for a in everything if a.id != "full_name" and a.examples], 23)
            library.cast.change(who, [Change(a.id, dice.choice(a.examples)) for a in chosen], schema, "form")
        who = library.cast.new(schema, "Jane Marlow").id
        rest = [Change(a.id, (a.examples or ("something",))[0]) for a in everything if a.id != "full_name"]
        library.cast.change(who, rest, schema, "form")
    return who


def turns(library: Library, schema: Schema, reading: Reading, who: int) -> list[float]:
    """Seconds of 300 turns with a full sheet."""
    lines = (
        "Your name is Jane Marlow.", "Actually you are 35.", "Suggest something.", "More.", "Stranger, please.",
        "1", "Undo.", "You are also curious.", "Forget your fear.", "Suggest a fear.", "deep water",
        "Why do you ask?", "Skip.", "What is your name?", "You are not curious.", "Ask me something.",
    )  # fmt: skip
    guide = Guide(library, schema, who, reading=reading)
    guide.start()
    taken = []
    for n in range(300):
        begin = time.perf_counter()
        guide.say(lines[n % len(lines)])
        taken.append(time.perf_counter() - begin)
    return taken


def suggesting(
    library: Library, schema: Schema, reading: Reading, who: int
) -> tuple[list[float], Counter[int]]:
    """Seconds until the chips of every attribute stand there, and how many they are."""
    guide = Guide(library, schema, who, reading=reading)
    guide.start()
    taken, count = [], Counter[int]()
    for attribute in schema.attributes.values():
        words = attribute.aka[0] if attribute.aka else attribute.label.lower()
        begin = time.perf_counter()
        turn = guide.say(f"Suggest something for your {words}")
        taken.append(time.perf_counter() - begin)
        count[len([c for c in turn.chips if c.attribute])] += 1
    return taken, count


def told(name: str, seconds: list[float]) -> None:
    p95 = statistics.quantiles(seconds, n=20)[-1]
    middle = statistics.median(seconds)
    print(
        f"{name}: median {middle * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms, most {max(seconds) * 1000:.1f} ms"
    )


def main() -> None:
    schema = load_schema(ROOT / "resources" / "attributes.yaml")
    reading = Reading.of(schema)
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder) / "near.db")
        count = nearness(library, schema, reading)
        library.close()
        asked = count["beside the last answer"] + count["farther"]
        share = count["beside the last answer"] / asked
        own = count["with a follow-up of its own"] / asked
        print(f"{asked} questions outside of packs: {share:.1%} are neighbours of the last answer,")
        print(f"  {own:.1%} ask in the words of their edge, with the value in it")
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder) / "full.db")
        who = full(library, schema)
        print(f"{CHARACTERS} characters, {len(library.cast.sheet(who).decided())} attributes decided:")
        told("  turn", turns(library, schema, reading, who))
        seconds, chips = suggesting(library, schema, reading, who)
        told("  suggestions", seconds)
        print("  chips at once:", ", ".join(f"{n} chips {times} times" for n, times in sorted(chips.items())))
        library.close()


if __name__ == "__main__":
    main()
