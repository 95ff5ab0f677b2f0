"""What the engine costs, each figure beside its peer on the same model, prompt and threads.

    python -m tests.benchmarks.bench_engine [FIGURE ...] [--model FILE] [--threads N] [--json]

Medians of pairs that take turns. Ratios are what counts: a machine with other work on it slows both
sides. `full prefill` is the same engine reading the same prompt from nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from charstudio import paths
from charstudio.engines import Figures, LlamaEngine, Piece, Setup, Shelf, inspect_model
from charstudio.engines.llama import default_threads
from charstudio.errors import Cancel, Cancelled
from charstudio.model import Memory, Part, Prompt, Recalled, Sampling
from charstudio.sheet import load_schema
from charstudio.store import open_library
from charstudio.talk import Conversation, Persona
from tests.tiny_model import tiny_gemma

STOPS = ("\nVisitor:", "\nJane:")
FREE = Sampling(temperature=0.8, max_tokens=96, seed=3)
SUGGESTIONS = {
    "type": "object",
    "properties": {
        "suggestions": {
            "type": "array",
            "items": {"type": "string", "maxLength": 80},
            "minItems": 4,
            "maxItems": 4,
        }
    },
    "required": ["suggestions"],
}


class Bench:
    """One model, its engine, and text measured in its tokens."""

    def __init__(self, path: Path, threads: int) -> None:
        self.path = path
        self.threads = threads
        self.engine = self.opened()
        self.lines = [
            f"On day {n} the log says that the keeper carried {n * 37 % 91} crates past the {word} at dusk. "
            for n, word in enumerate(("harbour", "chapel", "mill", "causeway", "quarry", "orchard") * 200)
        ]

    def opened(self, **more: object) -> LlamaEngine:
        return LlamaEngine(self.path, Setup(threads=self.threads, **more))  # type: ignore[arg-type]

    def text(self, tokens: int, seed: int) -> str:
        """Prose of about so many tokens; other prose for another seed."""
        lines = self.lines[:]
        random.Random(seed).shuffle(lines)
        costs = self.engine.count(lines)
        found, used = [], 0
        for line, cost in zip(lines, costs, strict=True):
            if used + cost > tokens:
                break
            found.append(line)
            used += cost
        return "".join(found)

    def said(self, prompt: Prompt, sampling: Sampling = FREE, engine: LlamaEngine | None = None) -> Said:
        """Ask, and note when the first words came."""
        began, first, last, text = time.monotonic(), 0.0, 0.0, ""
        figures: list[Figures] = []
        for event in (engine or self.engine).stream(prompt, sampling, Cancel()):
            if isinstance(event, Piece):
                last = time.monotonic()
                first = first or last
                text += event.text
            elif isinstance(event, Figures):
                figures.append(event)
        return Said(first - began, last - first, time.monotonic() - began, figures, text)

    def ends(self) -> tuple[tuple[int, float], ...]:
        """A bias that keeps replies from ending early; known for the starter model alone."""
        return ((1, -100.0), (106, -100.0)) if inspect_model(self.path).architecture == "gemma3" else ()


class Said:
    """One reply: seconds to its first words, from there to the last, in all."""

    def __init__(self, ttft: float, streamed: float, took: float, figures: list[Figures], text: str) -> None:
        self.ttft, self.streamed, self.took, self.figures, self.text = ttft, streamed, took, figures, text


class Talk:
    """A talk that grows as the studio's own talks do: parts that stay, and the ids of replies."""

    def __init__(self, bench: Bench, slot: str, who: str, history: int, seed: int) -> None:
        self.bench, self.slot = bench, slot
        self.parts = [Part("who", who)]
        rounds = max(1, history // 120)
        for n in range(rounds):
            self.parts.append(Part("history", f"\n\nVisitor: {bench.text(40, seed + n)}"))
            self.parts.append(Part("history", "\nJane:"))
            self.parts.append(Part("history", f" {bench.text(history // rounds - 52, seed + 1000 + n)}"))

    def prompt(self, message: str, moment: str = "") -> Prompt:
        parts = [*self.parts]
        if moment:
            parts.append(Part("moment", f"\n\n({moment})"))
        parts += [Part("message", f"\n\nVisitor: {message}"), Part("message", "\nJane:")]
        return Prompt((), "".join(p.text for p in parts), STOPS, (), tuple(parts), self.slot)

    def keep(self, prompt: Prompt, said: Said) -> None:
        """The exchange is part of the talk now."""
        self.parts = [*prompt.transcript, Part("history", f" {said.text.strip()}", said.figures[0].ids)]

    def alone(self, prompt: Prompt, n: int) -> Prompt:
        """The same prompt with a beginning that no slot has: it is read from nothing."""
        first = prompt.transcript[0]
        parts = (Part("who", f"{n * 7919} {time.monotonic_ns()}. {first.text}"), *prompt.transcript[1:])
        return replace(prompt, transcript=parts, slot="")


Row = tuple[str, str, str, float, float, bool]  # figure, ours, peer, ratio, wanted, less is better


def stream_speed(bench: Bench) -> Iterator[Row]:
    """Tokens a second of a streamed reply, through door, pipe and all."""
    import llama_cpp

    peer = llama_cpp.Llama(
        str(bench.path), n_ctx=4096, n_threads=bench.threads, n_threads_batch=bench.threads, verbose=False
    )
    prompt = Prompt((), bench.text(700, 1), ())
    ours, theirs = [], []
    for n in range(9):
        for side in ("ours", "theirs") if n % 2 else ("theirs", "ours"):
            if side == "ours":
                said = bench.said(prompt, replace(FREE, max_tokens=96, seed=n))
                ours.append((said.figures[0].tokens - 1) / said.streamed)
            else:
                times = [
                    time.monotonic()
                    for _chunk in peer.create_completion(
                        prompt.flat, stream=True, max_tokens=96, seed=n, temperature=FREE.temperature,
                        top_k=FREE.top_k, top_p=FREE.top_p, min_p=FREE.min_p, repeat_penalty=1.0,
                    )
                ]  # fmt: skip
                theirs.append((len(times) - 2) / (times[-2] - times[0]))
    peer.close()
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    yield (
        "tokens/s of a streamed reply (peer: llama_cpp.Llama in process, median of 9 pairs)",
        f"{statistics.median(ours):.1f}/s", f"{statistics.median(theirs):.1f}/s", ratio, 0.97, False,
    )  # fmt: skip


def next_turn(bench: Bench) -> Iterator[Row]:
    """Time to the first token of the next turn: as it is, after a restart, with new lore."""
    talk = Talk(bench, "bench-t1", bench.text(700, 5), 2950, 20)
    short = replace(FREE, max_tokens=24)
    first = talk.prompt("And what came after?")
    full = [bench.said(talk.alone(first, n), replace(FREE, max_tokens=2)).ttft for n in range(3)]
    talk.keep(first, bench.said(first, short))
    tokens = 0
    turns, lores = [], []
    for n in range(7):
        prompt = talk.prompt(bench.text(32, 300 + n))
        said = bench.said(prompt, short)
        turns.append(said.ttft)
        tokens = said.figures[0].prompt_tokens
        talk.keep(prompt, said)
    for n in range(3):
        prompt = talk.prompt(bench.text(32, 400 + n), moment=bench.text(290, 500 + n))
        lores.append(bench.said(prompt, short).ttft)  # not kept: it would outgrow the context
    whole = statistics.median(full)
    peer = f"{whole:.2f} s"
    yield (
        f"first token of the next turn, {tokens} tokens in all",
        f"{statistics.median(turns) * 1000:.0f} ms", peer, statistics.median(turns) / whole, 0.03, True,
    )  # fmt: skip
    restarts, loads = [], []
    for n in range(3):
        bench.engine.close()
        bench.engine = bench.opened()
        began = time.monotonic()
        bench.engine.describe()
        loads.append(time.monotonic() - began)
        prompt = talk.prompt(bench.text(32, 600 + n))
        restarts.append(bench.said(prompt, short).ttft)
    yield (
        f"… after a restart, from model ready (load {statistics.median(loads):.1f} s)",
        f"{statistics.median(restarts) * 1000:.0f} ms", peer, statistics.median(restarts) / whole, 0.05, True,
    )  # fmt: skip
    yield (
        "… with 300 tokens of new lore and memories",
        f"{statistics.median(lores):.2f} s", peer, statistics.median(lores) / whole, 0.15, True,
    )  # fmt: skip


TURNS = 200
SHEET, LORE, MEMORY, MESSAGE, REPLY = 700, 250, 150, 70, 110  # tokens, as in the simulation


class Moments:
    """Stands for memory and lore: each turn a memory of a third of the block, every other turn as much lore."""

    def __init__(self, bench: Bench) -> None:
        self._memories = [bench.text(MEMORY // 3, 5000 + n) for n in range(TURNS)]
        self._lore = [bench.text(LORE // 3, 6000 + n) for n in range(TURNS)]
        self._turn = 0

    def find(self, _character: int, _text: str, *, beyond: frozenset[int]) -> list[Recalled]:
        n, self._turn = self._turn, self._turn + 1
        texts = [self._memories[n], *([self._lore[n]] if n % 2 else [])]
        return [Recalled(Memory(k, 1, text, "note"), "", 1.0) for k, text in enumerate(texts)]

    def remember(self, _character: int, _message: object) -> None:
        """What is said is not needed here."""


def long_talk(bench: Bench) -> Iterator[Row]:
    """200 turns at context 4,096 through the studio's own conversation: how much is read anew.

    Tokens are counted, not timed, so a tiny model with the starter's vocabulary may speak. As in the
    simulation the writer is taken to pause long enough for what can be read ahead.
    """
    with tempfile.TemporaryDirectory() as folder:
        tiny = tiny_gemma(bench.path, Path(folder) / "tiny.gguf")
        engine = LlamaEngine(tiny, Setup(threads=bench.threads, keep_states=False))
        schema = load_schema(paths.resource("attributes.yaml"))
        library = open_library(Path(folder) / "talk.charstudio")
        made = library.cast.new(schema, "Jane Marlow", "command")
        persona = Persona.of(library.cast.sheet(made.id), schema)
        persona = replace(persona, prose=replace(persona.prose, description=bench.text(SHEET, 1)))
        moments: Any = Moments(bench)
        talk = Conversation(library, lambda: engine, moments, lambda _id: persona, lambda _id: ())
        talk.sampling = Sampling(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, max_tokens=REPLY, seed=1)
        number = talk.open(made.id).id
        before, ahead = [], []
        for n in range(TURNS):
            done = engine.read_ahead_tokens
            said = talk.reply(number, bench.text(MESSAGE, 2000 + n), Cancel())
            before += [e.prompt_tokens - e.cached_tokens for e in said if isinstance(e, Figures)]
            engine.settle()
            ahead.append(engine.read_ahead_tokens - done)
        engine.close()
        library.close()
    first, whole = statistics.mean(before[1:]), statistics.mean(before[1:]) + statistics.mean(ahead[1:])
    peer = top_lore_trim_one()
    yield (
        f"new tokens read per turn before the first one, {TURNS} turns (peer: lore on top, one message trimmed)",
        f"{first:.0f}", f"{peer:.0f}", first / 300, 1.0, True,
    )  # fmt: skip
    yield "… and in all, with what is read ahead", f"{whole:.0f}", f"{peer:.0f}", whole / 500, 1.0, True


def top_lore_trim_one(context: int = 4096, reserve: int = 300) -> float:
    """The same talk with lore and memories on top and the oldest exchange cut when it no longer fits:
    whatever changed on top, or was cut, has everything below it read again."""
    history: list[tuple[str, int]] = []
    cache: list[tuple[str, int]] = []
    read = []
    for n in range(TURNS):
        top = [("who", SHEET), (f"lore{n // 2}", LORE), (f"memory{n}", MEMORY)]
        now = (f"said{n}", MESSAGE)
        while sum(size for _name, size in (*top, *history, now)) + reserve > context:
            del history[:2]
        prompt = [*top, *history, now]
        same = 0
        for one, other in zip(prompt, cache, strict=False):
            if one != other:
                break
            same += one[1]
        read.append(sum(size for _name, size in prompt) - same)
        history += [now, (f"reply{n}", REPLY)]
        cache = [*prompt, history[-1]]
    return statistics.mean(read[1:])


def alternatives(bench: Bench) -> Iterator[Row]:
    """Four alternatives of 64 tokens at once."""
    prompt = Prompt((), bench.text(700, 9), (), slot="bench-t2")
    how = replace(FREE, max_tokens=64, n=4, logit_bias=bench.ends())
    bench.said(prompt, replace(how, max_tokens=1, n=1))
    ratios, ours, theirs = [], [], []
    for n in range(5):
        together = bench.said(prompt, replace(how, seed=10 * n))
        written = sum(f.tokens for f in together.figures)
        apart, count = 0.0, 0
        for k in range(4):
            one = bench.said(prompt, replace(how, n=1, seed=10 * n + k))
            apart, count = apart + one.took, count + one.figures[0].tokens
        ours.append(together.took / written)
        theirs.append(apart / count)
        ratios.append(ours[-1] / theirs[-1])
    yield (
        "four alternatives of 64 tokens (peer: one after another), per token",
        f"{statistics.median(ours) * 1000:.1f} ms", f"{statistics.median(theirs) * 1000:.1f} ms",
        statistics.median(ratios), 0.75, True,
    )  # fmt: skip


def scene(bench: Bench) -> Iterator[Row]:
    """Four characters with own sheets and one history: each has a slot of its own."""
    sheets = [bench.text(800, 30 + n) for n in range(4)]
    history = [Part("history", f"\n\n{bench.text(60, 80 + n)}") for n in range(20)]
    short = replace(FREE, max_tokens=40)
    turns, full = [], []
    for n in range(12):
        who = n % 4
        parts = (Part("who", sheets[who]), *history, Part("message", "\n\nThe keeper:"))
        prompt = Prompt((), "".join(p.text for p in parts), ("\n\n",), (), parts, f"bench-t3.{who}")
        said = bench.said(prompt, short)
        if n >= 4:
            turns.append(said.ttft)
        if n >= 9:
            alone = (Part("who", f"{time.monotonic_ns()} {sheets[who]}"), *parts[1:])
            read = replace(prompt, transcript=alone, slot="")
            full.append(bench.said(read, replace(FREE, max_tokens=2)).ttft)
        history += [
            Part("history", "\n\nThe keeper:"),
            Part("history", f" {said.text.strip()}", said.figures[0].ids),
        ]
    whole = statistics.median(full)
    yield (
        "scene of four, first token per turn (peer: reading all again)",
        f"{statistics.median(turns):.2f} s", f"{whole:.2f} s", statistics.median(turns) / whole, 0.15, True,
    )  # fmt: skip


def scoring(bench: Bench) -> Iterator[Row]:
    """Four options in two orders after 1,500 tokens."""
    options = ("to keep the ships safe", "to find her brother", "to be forgiven", "to leave the island")
    ours, theirs = [], []
    for n in range(3):
        body = f"{time.monotonic_ns()} {bench.text(1500, 40 + n)}"
        prompt = Prompt((), f"{body}\n\nVisitor: What do you want most?\nJane:", STOPS)
        began = time.monotonic()
        bench.engine.score(prompt, options, Cancel())
        ours.append(time.monotonic() - began)
        other = replace(prompt, flat=f"{time.monotonic_ns()} {prompt.flat}")
        theirs.append(bench.said(other, replace(FREE, max_tokens=1)).ttft)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    yield (
        "four options in two orders after 1,500 tokens (peer: one prefill)",
        f"{statistics.median(ours):.2f} s", f"{statistics.median(theirs):.2f} s", ratio, 1.15, True,
    )  # fmt: skip


def schema(bench: Bench) -> Iterator[Row]:
    """A reply held to a JSON schema, per token."""
    prompt = Prompt(
        (),
        f"{bench.text(300, 60)}\n\nQuestion: What is my greatest fear?\n"
        'Answers as JSON: {"suggestions": ["deep water", "being alone", "my father", "fire"]}\n\n'
        "Question: What is my motivation?\nAnswers as JSON:",
        (),
    )
    ours, theirs = [], []
    for n in range(7):
        held = bench.said(prompt, replace(FREE, max_tokens=80, seed=n, schema=SUGGESTIONS))
        free = bench.said(prompt, replace(FREE, max_tokens=80, seed=n))
        ours.append(held.streamed / max(1, held.figures[0].tokens - 1))
        theirs.append(free.streamed / max(1, free.figures[0].tokens - 1))
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    yield (
        "a reply held to a JSON schema, per token (peer: without schema)",
        f"{statistics.median(ours) * 1000:.1f} ms", f"{statistics.median(theirs) * 1000:.1f} ms", ratio, 1.3, True,
    )  # fmt: skip


def stop(bench: Bench, tries: int = 100) -> Iterator[Row]:
    """Stop pressed at a random moment of reading and of writing."""
    for stage in ("reading", "writing"):
        waits = []
        for n in range(tries):
            cancel = Cancel()
            text = bench.text(2500, n) if stage == "reading" else bench.text(200, 1)
            prompt = Prompt((), f"{n if stage == 'reading' else ''} {text}", ())
            how = replace(FREE, max_tokens=400, seed=n, logit_bias=bench.ends())
            events = bench.engine.stream(prompt, how, cancel)
            pressed: list[float] = []

            def press(cancel: Cancel = cancel, pressed: list[float] = pressed) -> None:
                pressed.append(time.monotonic())
                cancel.set()

            if stage == "writing":
                next(e for e in events if isinstance(e, Piece))
            else:
                next(events)
            threading.Timer(random.Random(n).uniform(0.0, 0.4), press).start()
            try:
                for _event in events:
                    pass
            except Cancelled:
                waits.append(time.monotonic() - pressed[0])
        share = sum(w <= 0.1 for w in waits)
        yield (
            f"Stop while {stage}: within 100 ms in {share} of {len(waits)} tries (slowest shown)",
            f"{max(waits) * 1000:.0f} ms", "100 ms", max(waits) / 0.1, 1.0, True,
        )  # fmt: skip


def memory(bench: Bench) -> Iterator[Row]:
    """Anonymous memory of the child less its cache of the talks."""
    bench.said(Prompt((), bench.text(1200, 70), ()), FREE)
    status = Path(f"/proc/{bench.engine.pid}/status")
    if not status.exists():
        return
    anonymous = next(int(line.split()[1]) for line in status.read_text().splitlines() if "RssAnon" in line)
    cache = bench.engine.cells * inspect_model(bench.path).kv_bytes_per_token
    rest = anonymous * 1024 - cache
    yield (
        f"anonymous memory of the child less {cache / 1e6:.0f} MB of cache",
        f"{rest / 1e6:.0f} MB", "300 MB", rest / 300e6, 1.0, True,
    )  # fmt: skip


FIGURES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "stream": stream_speed,
    "turn": next_turn,
    "talk": long_talk,
    "alternatives": alternatives,
    "scene": scene,
    "score": scoring,
    "schema": schema,
    "stop": stop,
    "memory": memory,
}


def main() -> int:
    """Print the table; 1 if a figure is not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="*", choices=[*FIGURES, []])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        shelf = Shelf()
        for _share in shelf.prepare_starter(Cancel()):
            pass
        model = options.model or shelf.starter_path()
        os.environ["CHARSTUDIO_HOME"] = home
        bench = Bench(model, options.threads)
        print(f"{model.name}, {options.threads} thread(s) of {os.cpu_count()}", flush=True)
        reached = True
        for name in options.figures or FIGURES:
            for figure, ours, peer, ratio, wanted, less in FIGURES[name](bench):
                good = ratio <= wanted if less else ratio >= wanted
                reached &= good
                if options.json:
                    print(
                        json.dumps({"figure": figure, "ratio": ratio, "wanted": wanted, "good": good}),
                        flush=True,
                    )
                else:
                    sign = "≤" if less else "≥"
                    mark = "" if good else "   NOT REACHED"
                    print(
                        f"{figure}\n    {ours} / {peer} = {ratio:.3f} (wanted {sign} {wanted}){mark}",
                        flush=True,
                    )
        bench.engine.close()
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
