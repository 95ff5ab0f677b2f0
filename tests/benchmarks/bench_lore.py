"""How long one scan for world knowledge takes, beside a literal scan that indexes nothing.

10,000 entries with three word keys each, one in a hundred with a regular expression instead, are looked for
in 100 messages at scan depth 100. The literal scan is the one the property tests compare with; it is given a
part of the entries and its time is scaled up.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from charstudio.cards import read_book, write_book  # noqa: E402
from charstudio.talk.lore import activate  # noqa: E402
from charstudio.talk.lore_entry import LoreEntry, entries_of  # noqa: E402
from charstudio.talk.lore_values import LoreSettings, Said  # noqa: E402
from tests.unit.lore_literal import comparable, slow_activate  # noqa: E402

ENTRIES, MESSAGES, DEPTH, ROUNDS, PART = 10_000, 100, 100, 15, 40
LIMIT_MS = 100.0
SYLLABLES = (
    "ar",
    "bel",
    "cor",
    "dun",
    "el",
    "far",
    "gos",
    "hin",
    "is",
    "jor",
    "kel",
    "lam",
    "mor",
    "nis",
    "or",
)


def word(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=chance.randint(3, 5)))


def entries(chance: random.Random) -> tuple[LoreEntry, ...]:
    made = []
    for n in range(ENTRIES):
        keys = [word(chance) for _ in range(3)]
        if n % 100 == 0:
            keys = [rf"/\b{keys[0][:4]}\w+ (?:of|and) {keys[1]}\b/i"]
        made.append(
            {
                "keys": keys,
                "content": " ".join(word(chance) for _ in range(12)),
                "extensions": {},
                "enabled": True,
                "insertion_order": n % 200,
                "use_regex": False,
            }
        )
    book = write_book({"extensions": {}, "entries": made})
    return entries_of(read_book(book).view)


def talk(chance: random.Random) -> list[Said]:
    return [
        Said(" ".join(word(chance) for _ in range(60)), "Ada", ("user", "assistant")[n % 2])
        for n in range(MESSAGES)
    ]


def tokens(text: str) -> int:
    return len(text) // 4 + 1


def main() -> int:
    chance = random.Random(5)
    book, said = entries(chance), talk(chance)
    how = LoreSettings(scan_depth=DEPTH, context=32768)
    times, busy = [], []
    for _ in range(ROUNDS):
        started, worked = time.perf_counter(), time.process_time()
        outcome = activate(book, said, how, random.Random(1), tokens)
        times.append((time.perf_counter() - started) * 1000)
        busy.append((time.process_time() - worked) * 1000)
    part = book[:PART]
    started = time.perf_counter()
    slow = slow_activate(part, said, how, random.Random(1), tokens)
    literal = (time.perf_counter() - started) * 1000 * ENTRIES / PART
    assert comparable(activate(part, said, how, random.Random(1), tokens)) == comparable(slow)
    median = statistics.median(times)
    print(f"activate: {ENTRIES} entries x {MESSAGES} messages, depth {DEPTH}, {len(outcome.active)} awake")
    print(f"  median {median:.1f} ms, slowest {max(times):.1f} ms of {ROUNDS} (limit {LIMIT_MS:.0f} ms)")
    print(
        f"  of it at work {statistics.median(busy):.1f} ms (less than the median where others use the machine)"
    )
    print(f"  literal version {literal:.0f} ms (from {PART} entries), {literal / median:.0f} times as long")
    return 0 if median < LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
