"""How much of what characters say of themselves is noticed, and how much of what is noticed is so.

Run `python tests/benchmarks/bench_notice.py`; `--model FILE` uses another model than the starter, `--rules`
none at all, `-v` prints every mistake, `--modes` counts what strict and inventive talks make up. Half of the replies (held out) were never looked at while the rules
and the prompt were made.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from charstudio.engines import Engine, LlamaEngine, Shelf  # noqa: E402
from charstudio.errors import Cancel  # noqa: E402
from charstudio.guide import Reading  # noqa: E402
from charstudio.model import Change, Offer  # noqa: E402
from charstudio.settings import Settings  # noqa: E402
from charstudio.sheet import Schema, load_schema  # noqa: E402
from charstudio.store import open_library  # noqa: E402
from charstudio.studio import Studio  # noqa: E402
from charstudio.talk import Proposing  # noqa: E402
from charstudio.talk.notice import Noticed, Noticing  # noqa: E402
from charstudio.talk.standing import normal, standing  # noqa: E402

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


UNDEFINED = (
    "Have you any brothers or sisters?", "Where were you born?", "What are you afraid of?", "How old are you?",
    "What do you do on your days off?", "Who raised you?", "What is your favourite food?", "Do you have a pet?",
    "What is your secret?", "Who is your best friend?", "Where did you go to school?", "Do you believe in God?",
    "What do you hate?", "Whom do you love?", "What do you regret most?",
)  # fmt: skip


def inventions(model: str, noticing: Noticing, *, strict: bool, verbose: bool) -> tuple[int, int]:
    """Facts stated, and answers that admit not to know, over questions of which the sheet says nothing."""
    facts = unknown = 0
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder) / "bench.charstudio", Settings(model=model))
        studio.conversation.sampling = replace(studio.conversation.sampling, seed=11, max_tokens=60)
        jane = studio.library.cast.new(studio.schema, "Jane Marlow")
        known = [Change("occupation", "a lighthouse keeper"), Change("want", "to keep the lamp lit")]
        studio.library.cast.change(jane.id, known, studio.schema, "form")
        for question in UNDEFINED:
            talk = studio.conversation.open(jane.id, new=True)
            studio.library.talks.set_strict(talk.id, strict=strict)
            for _event in studio.conversation.reply(talk.id, question, Cancel()):
                pass
            reply = studio.library.talks.messages(talk.id)[-1].body
            new = [n for n in noticing.sure(reply) if _is_new(studio, jane.id, n)]
            facts += len(new)
            unknown += bool(re.search(r"do(?:n['’]t| not) know|could not tell|cannot say", reply))
            if verbose:
                print("   ", question, "|", reply, "|", [n.text for n in new])
        studio.close()
    return facts, unknown


def _is_new(studio: Studio, character_id: int, noticed: Noticed) -> bool:
    offer = Offer(noticed.text, noticed.attributes, noticed.evidence, normal(noticed.text), noticed.state)
    sheet = studio.library.cast.sheet(character_id)
    return standing(sheet, studio.schema, noticed.attributes[0], offer).kind != "known"


def engine_for(model: str) -> Engine:
    shelf = Shelf()
    path = shelf.find(model)
    return LlamaEngine(path, prepare=shelf.prepare_starter if path == shelf.starter_path() else None)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", default="", metavar="FILE")
    options.add_argument("--rules", action="store_true", help="rules alone")
    options.add_argument("--modes", action="store_true", help="what strict and inventive talks make up")
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
    if chosen.modes:
        for strict in (True, False):
            facts, unknown = inventions(chosen.model, noticing, strict=strict, verbose=chosen.v)
            print(
                f"{'strict' if strict else 'inventive'}: {len(UNDEFINED)} questions the sheet does not answer,"
                f" {facts} facts made up, {unknown} answers admit not to know"
            )
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
