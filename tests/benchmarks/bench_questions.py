"""Does a model answer from the sheet? Twelve questions about eight values, greedy, printed one by one.

    python tests/benchmarks/bench_questions.py [MODEL.gguf]

Beside our prompt stands its peer in the same run: the sheet as a plain list over the same transcript.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from charstudio import paths
from charstudio.engines import LlamaEngine, Piece, Shelf
from charstudio.errors import Cancel
from charstudio.model import Change, Message, Prompt, Sampling
from charstudio.sheet import Sheet, load_schema
from charstudio.talk.persona import Persona
from charstudio.talk.prompt import Scene, build, pick_moment

GREEDY = Sampling(temperature=0.0, max_tokens=60, seed=1)
QUESTIONS = Path(__file__).parents[1] / "data" / "questions" / "marlow.json"


def persona_of(values: dict[str, str]) -> Persona:
    schema = load_schema(paths.resource("attributes.yaml"))
    sheet = Sheet()
    for attribute, text in values.items():
        sheet = sheet.apply(Change(attribute, text), schema, "form")
    return Persona(sheet.called, sheet.full_name, sheet, schema)


def asked(persona: Persona, question: str) -> Prompt:
    moment = pick_moment(persona, question, (), ())
    message = Message(1, 1, None, "writer", "Visitor", question, moment=moment.to_json())
    return build(Scene(persona, "Visitor", (message,)))


def listed(persona: Persona, question: str) -> Prompt:
    rows = "\n".join(f"{v.attribute}: {v.text}" for v in persona.sheet.values)
    flat = f"{rows}\n\nVisitor: {question}\n\n{persona.called}:"
    return Prompt((), flat, ("\nVisitor:", f"\n{persona.called}:", "\n\n"))


def answer(engine: LlamaEngine, prompt: Prompt) -> str:
    said = [e.text for e in engine.stream(prompt, GREEDY, Cancel()) if isinstance(e, Piece)]
    return "".join(said).strip()


def run(engine: LlamaEngine, *, show: bool = True) -> tuple[int, int, int]:
    """(right with our prompt, right with the plain list, questions)."""
    body = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    persona = persona_of(body["values"])
    ours = theirs = 0
    for question in body["questions"]:
        said = answer(engine, asked(persona, question["ask"]))
        plain = answer(engine, listed(persona, question["ask"]))
        right = any(gold in said.casefold() for gold in question["gold"])
        ours += right
        theirs += any(gold in plain.casefold() for gold in question["gold"])
        if show:
            print(f"{'right' if right else 'WRONG'}  {question['ask']}\n       {said}")
    return ours, theirs, len(body["questions"])


def main() -> None:
    shelf = Shelf()
    for _share in shelf.prepare_starter(Cancel()):
        pass
    engine = LlamaEngine(shelf.find(sys.argv[1] if len(sys.argv) > 1 else ""))
    ours, theirs, total = run(engine)
    print(f"\nright: {ours} of {total} (the sheet as a plain list: {theirs} of {total})")
    engine.close()


if __name__ == "__main__":
    main()
