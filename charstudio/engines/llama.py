"""Local GGUF models through llama.cpp, kept in a child process that may die without taking a word along."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from charstudio import paths
from charstudio.children import Child
from charstudio.engines.door import EngineEvent, Figures, Loading, ModelInfo, Piece, Reading, Stretch
from charstudio.engines.estimate import default_threads, memory_warning
from charstudio.engines.gguf import inspect_model
from charstudio.engines.scoring import orders_of, with_options
from charstudio.engines.states import forget_talk
from charstudio.errors import Cancel, Cancelled, ChildDied, EngineError, StudioError
from charstudio.i18n import _
from charstudio.model import ModelFile, Part, Prompt, Sampling

log = logging.getLogger(__name__)

Asked = Generator[dict[str, Any], None, dict[str, Any]]
GRACE = 15.0  # seconds the child gets to keep what the talks left in its cache
PRINT = 1 << 20  # bytes of a file's head and end that tell it from others


@dataclass(frozen=True, slots=True)
class Setup:
    """How a model is run: context in tokens, threads (0: physical cores less one), layers on the GPU,
    another chat template (`plain` for none), and whether what a talk leaves is kept in files.
    """

    context: int = 4096
    threads: int = 0
    gpu_layers: int = 0
    template: str = ""
    keep_states: bool = True
    tracing: bool = False


class LlamaEngine:
    """One model in one child; loaded when first asked, restarted by `restart()` after it died."""

    def __init__(
        self,
        path: Path,
        setup: Setup | None = None,
        prepare: Callable[[Cancel], Iterator[float]] | None = None,
    ) -> None:
        self.path = path
        self.setup = setup or Setup()
        self._prepare = prepare
        self._child = Child("charstudio.engines.llama_child", _("language model"))
        self._info: ModelInfo | None = None
        self._died: str = ""
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._counted: dict[str, int] = {}
        self._file: tuple[int, int] = (0, 0)
        self.cells = 0  # tokens the cache holds, once the model is loaded
        self.read_ahead_tokens = 0
        self._gone: list[str] = []
        self._ahead = Cancel()
        self._reader: threading.Thread | None = None

    @property
    def died(self) -> str:
        """Why the child ended, until `restart()`; empty while all is well."""
        return self._died

    @property
    def pid(self) -> int | None:
        """The process id of the child while it runs."""
        return self._child.pid

    def restart(self) -> None:
        """Forget a death; the next question starts a new child."""
        self._died = ""
        self._info = None

    def describe(self, cancel: Cancel | None = None) -> ModelInfo:
        """Load the model if need be; raises `EngineError` in a sentence."""
        for _event in self.load(cancel or Cancel()):
            pass
        assert self._info
        return self._info

    def load(self, cancel: Cancel) -> Iterator[EngineEvent]:
        """Load the model, yielding how far it is; nothing to do when it is loaded."""
        with self._turn(self._loading, cancel):
            yield from self._load(cancel)

    def _load(self, cancel: Cancel) -> Iterator[EngineEvent]:
        if self._info is not None and self._child.running:
            return
        if self._info is not None and (death := self._child.death()) is not None:
            raise self._dead(death)
        if self._died:
            raise ChildDied(self._died)
        if self._prepare is not None:
            for share in self._prepare(cancel):
                yield Loading(share / 2)
        file = _apart(lambda: inspect_model(self.path), cancel)
        if warning := memory_warning(file, self.setup.context):
            # the writer was told when choosing; a mapped file can be larger than memory
            log.warning("%s", warning)
        mark = _mark(self.path)
        self._file = _stamp(self.path)
        setup = self.setup
        asked = self._ask(
            "load",
            cancel,
            at_once=True,
            path=str(self.path),
            how={
                "context": setup.context,
                "threads": setup.threads or default_threads(),
                "gpu_layers": setup.gpu_layers,
                "kv_bytes": file.kv_bytes_per_token,
            },
            mark=mark,
            states=str(states_folder()) if setup.keep_states else "",
            template=setup.template,
            tracing=setup.tracing,
        )
        done = yield from _translated(asked)
        self._counted.clear()
        self.cells = done["cells"]
        self._info = ModelInfo(
            done["name"], done["context"], done["has_template"], tuple(done["warnings"]), mark
        )

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as this model counts them; counted once, then remembered."""
        self.describe()
        new = [t for t in dict.fromkeys(texts) if t not in self._counted]
        if new:
            done = _returned(self._ask("count", None, texts=new))
            if len(self._counted) > 5000:
                self._counted.clear()
            self._counted.update(zip(new, done["counts"], strict=True))
        return [self._counted[t] for t in texts]

    def measure(self, prompt: Prompt) -> int:
        """Tokens of a whole prompt, template and all; nothing is read."""
        self.describe()
        return int(_returned(self._ask("measure", None, **_told(prompt)))["tokens"])

    def inspect(self, prompt: Prompt) -> tuple[Stretch, ...]:
        """The words of the ids that would be read, parted where what the cache holds of them ends."""
        self.describe()
        found = _returned(self._ask("inspect", None, **_told(prompt)))["stretches"]
        return tuple(Stretch(**stretch) for stretch in found)

    def stream(self, prompt: Prompt, sampling: Sampling, cancel: Cancel) -> Iterator[EngineEvent]:
        """Write a reply from the chat messages, or from the transcript if the model has no template."""
        yield from self.load(cancel)
        asked = self._ask(
            "stream", cancel, **_told(prompt), stops=list(prompt.stops), sampling=asdict(sampling)
        )
        yield from _translated(asked)

    def read_ahead(self, prompt: Prompt) -> None:
        """Read a prompt on a thread of its own; whatever is asked next stops it. Not on battery."""
        self._ahead.set()
        if self._info is None or not self._child.running or on_battery():
            return
        if self._reader is not None:
            self._reader.join()
        self._ahead = Cancel()
        self._reader = threading.Thread(
            target=self._read_ahead, args=(prompt, self._ahead), name="reading ahead", daemon=True
        )
        self._reader.start()

    def settle(self) -> None:
        """Wait until what was to be read ahead is read."""
        if self._reader is not None:
            self._reader.join()

    def score(
        self, prompt: Prompt, options: Sequence[str], cancel: Cancel, *, orders: int = 2
    ) -> list[float]:
        """Log-probability per token of each option, the mean over so many orders of telling them."""
        for _event in self.load(cancel):
            pass
        told = [_told(with_options(prompt, order)) for order in orders_of(options, orders)]
        rows = _returned(self._ask("score", cancel, prompts=told, options=list(options)))["scores"]
        return [sum(column) / len(column) for column in zip(*rows, strict=True)]

    def forget(self, slot: str) -> None:
        """Delete what a talk left on the disk now, and in the cache with whatever is asked next."""
        self._gone.append(slot)
        forget_talk(states_folder(), slot)

    def park(self) -> None:
        """Save now what the talks left in the cache."""
        if self._info is not None and self._child.running:
            _returned(self._ask("park", None))

    def trace(self, slot: str) -> dict[str, Any]:
        """What a talk's place in the cache holds: its `ids`, its `last` position, and, with `tracing`,
        the batches and cuts through which it came about.
        """
        return _returned(self._ask("trace", None, slot=slot))

    def replay(self, trace: list[Any], prompt: int, sampling: Sampling) -> tuple[list[int], list[float]]:
        """Do again from nothing what a trace tells; the ids drawn after `prompt` of them, and by how many
        logits each id of the trace is behind the likeliest.
        """
        asked = _returned(self._ask("replay", None, trace=trace, prompt=prompt, sampling=asdict(sampling)))
        return list(asked["ids"]), list(asked["behind"])

    def close(self) -> None:
        """End the child once it has kept what the talks left; its memory goes back to the machine."""
        self._ahead.set()
        self.settle()
        if self._gone and self._info is not None and self._child.running:
            with contextlib.suppress(StudioError):
                _returned(self._ask("forget", None))
        self._child.close(GRACE)
        self._info = None

    def _read_ahead(self, prompt: Prompt, cancel: Cancel) -> None:
        try:
            read = _returned(self._ask("read", cancel, ahead=True, **_told(prompt)))
            self.read_ahead_tokens += read.get("prompt_tokens", 0) - read.get("cached_tokens", 0)
        except (Cancelled, StudioError) as exc:
            log.info("reading ahead ended: %s", type(exc).__name__)

    def _dead(self, death: ChildDied) -> ChildDied:
        why = str(death)
        if self._file != _stamp(self.path):
            why = _("The language model stopped (the model file changed on disk).")
        self._died = _("{what} Press “Start it again” to go on.", what=why)
        self._info = None
        return ChildDied(self._died)

    @contextlib.contextmanager
    def _turn(self, lock: threading.Lock, cancel: Cancel | None) -> Iterator[None]:
        """Wait for a lock, but no longer than until Stop."""
        while not lock.acquire(timeout=0.05):
            if cancel is not None:
                cancel.check()
        try:
            yield
        finally:
            lock.release()

    def _ask(self, do: str, cancel: Cancel | None, *, ahead: bool = False, **fields: Any) -> Asked:
        # The child answers one question at a time; a count on one lane waits for a reply on another.
        # What is read ahead makes way for everything else.
        if not ahead:
            self._ahead.set()
        if cancel is not None:
            cancel.check()
        with self._turn(self._lock, cancel):
            gone, self._gone = self._gone, []
            try:
                return (yield from self._child.ask(do, cancel, gone=gone, **fields))
            except ChildDied as exc:
                raise self._dead(exc) from exc
            except EngineError:
                raise
            except StudioError as exc:
                raise EngineError(str(exc)) from exc


def _apart(look: Callable[[], ModelFile], cancel: Cancel) -> ModelFile:
    """What a look at a file finds; a header may take a fifth of a second, and Stop does not wait for it."""
    pool = ThreadPoolExecutor(1, "reading a header")
    found = pool.submit(look)
    pool.shutdown(wait=False)
    while not found.done():
        wait([found], timeout=0.02)
        cancel.check()
    return found.result()


def states_folder() -> Path:
    """Where what talks leave in the cache of a model is kept."""
    return paths.cache() / "talks"


def on_battery() -> bool:
    """Whether this machine runs on its battery now."""
    import psutil

    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, ValueError):
        return False
    return battery is not None and battery.power_plugged is False


def _told(prompt: Prompt) -> dict[str, Any]:
    transcript = prompt.transcript or (Part("message", prompt.flat),)
    return {
        "messages": [
            {"role": m.role, "content": m.content, "parts": [_part(p) for p in m.parts]}
            for m in prompt.messages
        ],
        "transcript": [_part(p) for p in transcript],
        "slot": prompt.slot,
        "adapters": [[a.kind, a.path, a.strength] for a in prompt.adapters],
    }


def _part(part: Part) -> list[Any]:
    return [part.section, part.text, list(part.ids)]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (-1, -1)
    return (stat.st_size, stat.st_mtime_ns)


def _mark(path: Path) -> str:
    """Tells a model from every other without reading all of it: its size, its head and its end."""
    digest = hashlib.sha256(str(path.stat().st_size).encode())
    with path.open("rb") as file:
        digest.update(file.read(PRINT))
        file.seek(max(0, path.stat().st_size - PRINT))
        digest.update(file.read(PRINT))
    return digest.hexdigest()[:24]


def _translated(asked: Asked) -> Generator[EngineEvent, None, dict[str, Any]]:
    while True:
        try:
            said = next(asked)
        except StopIteration as stop:
            return dict(stop.value or {})
        if "piece" in said:
            yield Piece(said["piece"], said["branch"])
        elif "read" in said:
            yield Reading(*said["read"])
        elif "figures" in said:
            more = {name: tuple(said["figures"][name]) for name in ("sections", "ids")}
            yield Figures(**{**said["figures"], **more})
        elif "loaded" in said:
            yield Loading(said["loaded"])


def _returned(asked: Asked) -> dict[str, Any]:
    while True:
        try:
            next(asked)
        except StopIteration as stop:
            return dict(stop.value or {})
