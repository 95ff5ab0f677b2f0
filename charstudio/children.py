"""Hosts native code (a model, an embedder, a speaker) in its own process, so that its death is a sentence.

Both sides exchange JSON, one object a line. The parent sends `{"id", "do", ...}` or `{"cancel": id}`; the
child answers `{"id", "say": {...}}` any number of times, then `{"id", "done": {...}}`, `"failed"` with a
sentence, or `"cancelled"`.
"""

from __future__ import annotations

import collections
import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from typing import Any

from charstudio.errors import Cancel, Cancelled, ChildDied, StudioError
from charstudio.i18n import _

log = logging.getLogger(__name__)

Answer = dict[str, Any]
Work = Callable[[dict[str, Any], Cancel], Iterator[Answer]]

MAX_LINE = 64 * 1024 * 1024
CANCEL_GRACE = 10.0  # seconds a child may take to obey Stop before it is ended
BEAT = 1.0  # seconds between two heartbeats of a child at work
PATIENCE = 60.0  # seconds without a heartbeat after which a child at work counts as hung
LAST_WILL = 20.0  # seconds a child may take to put its things in order when the parent is gone


class Child:
    """One child process, started when first asked; asked by any thread, one request at a time per child."""

    def __init__(self, module: str, name: str, *, patience: float = PATIENCE) -> None:
        self._module = module
        self._name = name
        self._patience = patience
        self._heard = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._write_lock = threading.Lock()
        self._start_lock = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[Answer | None]] = {}
        self._next = 0
        self._tail: collections.deque[str] = collections.deque(maxlen=60)
        self._errors: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.pid is not None

    def ask(
        self, do: str, cancel: Cancel | None = None, *, at_once: bool = False, **fields: Any
    ) -> Generator[Answer, None, Answer]:
        """Ask for one thing; yield what is said meanwhile, return (generator value) what came of it.

        Stop is told to the child and waited for; with `at_once` it is not, for work that no stop reaches
        everywhere: the child then ends it by itself.
        Raises `ChildDied` when the process ends, `StudioError` with the child's sentence when it
        refuses, and `Cancelled` when `cancel` was pressed.
        """
        process = self._started()
        with self._write_lock:
            self._next += 1
            number = self._next
            answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
            self._waiting[number] = answers
        heard = False
        try:
            self._send(process, {"id": number, "do": do, **fields})
            if cancel is not None:
                # Only now: a Stop that overtook its request would mean nothing to the child.
                cancel.on_set(lambda: self._cancel(process, number))
                if at_once:
                    cancel.on_set(lambda: answers.put({"cancelled": True}))
            done = yield from self._hear(process, answers, cancel)
            heard = True
            return done
        finally:
            if not heard:  # whoever asked has gone away: the child need not go on for nobody
                self._cancel(process, number)
            self._waiting.pop(number, None)

    def result(self, do: str, cancel: Cancel | None = None, **fields: Any) -> Answer:
        """Ask for one thing and wait for what came of it."""
        asked = self.ask(do, cancel, **fields)
        while True:
            try:
                next(asked)
            except StopIteration as stop:
                return dict(stop.value)

    def close(self, grace: float = 2.0) -> None:
        """End the process; closing its input is the polite way, `grace` seconds later it is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            assert process.stdin
            process.stdin.close()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        _let_go(process)

    def death(self) -> ChildDied | None:
        """Why the process is gone, if it ended by itself; None while it runs or was never started."""
        process = self._process
        return self._death(process) if process is not None and process.poll() is not None else None

    def kill(self) -> None:
        """End the process at once."""
        process = self._process
        if process is not None:
            process.kill()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._start_lock:
            old = self._process
            if old is not None and old.poll() is None:
                return old
            if old is not None:
                _let_go(old)
            self._tail.clear()
            environment = {
                **os.environ,
                "GGML_NO_BACKTRACE": "1",
                "HF_HUB_OFFLINE": "1",
                "HF_HUB_DISABLE_TELEMETRY": "1",
                "TOKENIZERS_PARALLELISM": "false",
                "PYTHONUTF8": "1",
            }
            try:
                process = subprocess.Popen(
                    [sys.executable, "-m", self._module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=environment,
                )
            except OSError as exc:
                raise ChildDied(
                    _("The {name} could not be started: {why}.", name=self._name, why=exc)
                ) from exc
            self._process = process
            threading.Thread(target=self._read, args=(process,), daemon=True).start()
            self._errors = threading.Thread(target=self._read_errors, args=(process,), daemon=True)
            self._errors.start()
            return process

    def _send(self, process: subprocess.Popen[bytes], message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        try:
            with self._write_lock:
                assert process.stdin
                process.stdin.write(line)
                process.stdin.flush()
        except (OSError, ValueError) as exc:
            raise self._death(process) from exc

    def _cancel(self, process: subprocess.Popen[bytes], number: int) -> None:
        if number in self._waiting and process.poll() is None:
            with contextlib.suppress(ChildDied):
                self._send(process, {"cancel": number})

    def _hear(
        self,
        process: subprocess.Popen[bytes],
        answers: queue.SimpleQueue[Answer | None],
        cancel: Cancel | None,
    ) -> Generator[Answer, None, Answer]:
        patience = 0.0
        self._heard = time.monotonic()
        while True:
            try:
                answer = answers.get(timeout=0.5)
            except queue.Empty:
                if process.poll() is None and time.monotonic() - self._heard > self._patience:
                    process.kill()
                    process.wait()
                    raise ChildDied(
                        _(
                            "The {name} stopped (it gave no sign of life for {seconds:.0f} seconds).",
                            name=self._name,
                            seconds=self._patience,
                        )
                    ) from None
                if process.poll() is not None:
                    # It ended before this question was among those waiting to be told so.
                    answers.put(None)
                    continue
                patience = patience + 0.5 if cancel is not None and cancel.is_set() else 0.0
                if patience >= CANCEL_GRACE:
                    process.kill()
                    raise Cancelled from None
                continue
            if answer is None:
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                raise self._death(process)
            if "say" in answer:
                yield answer["say"]
            elif "failed" in answer:
                raise StudioError(str(answer["failed"]))
            elif "cancelled" in answer:
                raise Cancelled
            else:
                return dict(answer.get("done") or {})

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        with contextlib.suppress(OSError, ValueError):
            while line := process.stdout.readline(MAX_LINE):
                self._heard = time.monotonic()
                try:
                    answer = json.loads(line)
                    if "beat" in answer:
                        continue
                    waiting = self._waiting.get(int(answer["id"]))
                except (ValueError, KeyError, TypeError):
                    log.warning("the %s said something that is no answer", self._name)
                    continue
                if waiting is not None:
                    waiting.put(answer)
        for waiting in list(self._waiting.values()):
            waiting.put(None)

    def _read_errors(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr
        with contextlib.suppress(OSError, ValueError):
            for line in process.stderr:
                self._tail.append(line.decode(errors="replace").rstrip()[:400])

    def _death(self, process: subprocess.Popen[bytes]) -> ChildDied:
        try:
            code = process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if self._errors is not None:
            self._errors.join(1)  # its last words may still be on their way
        log.warning("the %s ended with %s; last lines: %s", self._name, code, list(self._tail)[-6:])
        return ChildDied(
            _("The {name} stopped ({why}).", name=self._name, why=cause_of_death(code, list(self._tail)))
        )


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes of a process that has ended."""
    process.wait(5)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def cause_of_death(code: int, tail: list[str]) -> str:
    """Turn an exit code and the last lines of output into words a writer understands."""
    said = next((line for line in reversed(tail) if "ASSERT" in line or "rror" in line), "")
    names = {
        "SIGBUS": _("its file changed or its drive went away"),
        "SIGKILL": _("it was ended from outside, most often because memory ran out"),
        "SIGSEGV": _("its file is damaged or asks for something this program cannot do"),
        "SIGABRT": _("its file is damaged or asks for something this program cannot do"),
        "SIGILL": _("this processor lacks instructions it needs"),
        "SIGTERM": _("it was ended from outside"),
    }
    if code < 0:
        with contextlib.suppress(ValueError):
            name = signal.Signals(-code).name
            return names.get(name, name)
    if "MemoryError" in said or "failed to allocate" in said:
        return _("memory ran out")
    return said[:200] or _("exit code {code}", code=code)


# The child's side


def serve(works: dict[str, Work], at_end: Callable[[], None] | None = None) -> None:
    """Answer requests on standard input until it closes; called by a child's main module.

    What native code prints on standard output goes to standard error, so that it cannot be taken for an
    answer. When the parent is gone, `at_end` puts things in order, and so do we go.
    """
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    requests: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    cancels: dict[int, Cancel] = {}
    writing = threading.Lock()

    def answer(message: Answer) -> None:
        line = json.dumps(message).encode() + b"\n"
        with writing:
            out.write(line)
            out.flush()

    threading.Thread(target=_listen, args=(requests, cancels, at_end is not None), daemon=True).start()
    threading.Thread(target=_beat, args=(cancels, answer), daemon=True).start()
    code = 1
    try:
        while (request := requests.get()) is not None:
            number = int(request["id"])
            answer({"id": number, **_worked(works, request, cancels[number], answer)})
            cancels.pop(number, None)
        code = 0
    except BrokenPipeError:
        code = 0  # the parent went while it was being answered
    finally:
        # A bug, or a parent that is gone. Python's own ending would wait for the listening thread and abort.
        if code:
            traceback.print_exc()
        with contextlib.suppress(StudioError, OSError):
            if at_end is not None and not code:
                at_end()
        sys.stderr.flush()
        os._exit(code)


def _worked(
    works: dict[str, Work], request: dict[str, Any], cancel: Cancel, answer: Callable[[Answer], None]
) -> Answer:
    number = int(request["id"])
    try:
        cancel.check()
        done: Answer = {}
        for said in works[request["do"]](request, cancel):
            if "done" in said:
                done = said["done"]
            else:
                answer({"id": number, "say": said})
    except Cancelled:
        return {"cancelled": True}
    except StudioError as exc:
        return {"failed": str(exc)}
    except MemoryError:
        return {"failed": _("Memory ran out; close other programs or choose something smaller.")}
    return {"done": done}


def _listen(
    requests: queue.SimpleQueue[dict[str, Any] | None], cancels: dict[int, Cancel], gently: bool
) -> None:
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "cancel" in message:
            pressed = cancels.get(int(message["cancel"]))
            if pressed is not None:
                pressed.set()
        else:
            cancels[int(message["id"])] = Cancel()
            requests.put(message)
    if gently:
        for cancel in list(cancels.values()):
            cancel.set()
        requests.put(None)
        time.sleep(LAST_WILL)
    os._exit(0)


def _beat(cancels: dict[int, Cancel], answer: Callable[[Answer], None]) -> None:
    """Tell the parent once a second that work goes on; nothing while there is none."""
    with contextlib.suppress(OSError, ValueError):
        while True:
            time.sleep(BEAT)
            if cancels:
                answer({"beat": 1})
