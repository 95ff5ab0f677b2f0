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
from collections.abc import Callable, Generator, Iterator
from typing import Any

from charstudio.errors import Cancel, Cancelled, ChildDied, StudioError
from charstudio.i18n import _

log = logging.getLogger(__name__)

Answer = dict[str, Any]
Work = Callable[[dict[str, Any], Cancel], Iterator[Answer]]

MAX_LINE = 64 * 1024 * 1024
CANCEL_GRACE = 10.0  # seconds a child may take to obey Stop before it is ended


class Child:
    """One child process, started when first asked; asked by any thread, one request at a time per child."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name
        self._process: subprocess.Popen[bytes] | None = None
        self._write_lock = threading.Lock()
        self._start_lock = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[Answer | None]] = {}
        self._next = 0
        self._tail: collections.deque[str] = collections.deque(maxlen=60)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.pid is not None

    def ask(self, do: str, cancel: Cancel | None = None, **fields: Any) -> Generator[Answer, None, Answer]:
        """Ask for one thing; yield what is said meanwhile, return (generator value) what came of it.

        Raises `ChildDied` when the process ends, `StudioError` with the child's sentence when it
        refuses, and `Cancelled` when `cancel` was pressed.
        """
        process = self._started()
        with self._write_lock:
            self._next += 1
            number = self._next
            answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
            self._waiting[number] = answers
        if cancel is not None:
            cancel.on_set(lambda: self._cancel(process, number))
        heard = False
        try:
            self._send(process, {"id": number, "do": do, **fields})
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

    def close(self) -> None:
        """End the process; closing its input is the polite way, two seconds later it is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            assert process.stdin
            process.stdin.close()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def kill(self) -> None:
        """End the process at once."""
        process = self._process
        if process is not None:
            process.kill()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._start_lock:
            if self._process is not None and self._process.poll() is None:
                return self._process
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
            threading.Thread(target=self._read_errors, args=(process,), daemon=True).start()
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
        while True:
            try:
                answer = answers.get(timeout=0.5)
            except queue.Empty:
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
                try:
                    answer = json.loads(line)
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
        log.warning("the %s ended with %s; last lines: %s", self._name, code, list(self._tail)[-6:])
        return ChildDied(
            _("The {name} stopped ({why}).", name=self._name, why=cause_of_death(code, list(self._tail)))
        )


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


def serve(works: dict[str, Work]) -> None:
    """Answer requests on standard input until it closes; called by a child's main module.

    What native code prints on standard output goes to standard error, so that it cannot be taken for an
    answer. When the parent is gone, so are we.
    """
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    cancels: dict[int, Cancel] = {}
    threading.Thread(target=_listen, args=(requests, cancels), daemon=True).start()

    def answer(message: Answer) -> None:
        out.write(json.dumps(message).encode() + b"\n")
        out.flush()

    while True:
        request = requests.get()
        number = int(request["id"])
        cancel = cancels[number]
        try:
            answer({"id": number, **_worked(works, request, cancel, answer)})
        except OSError:
            os._exit(0)
        finally:
            cancels.pop(number, None)


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


def _listen(requests: queue.SimpleQueue[dict[str, Any]], cancels: dict[int, Cancel]) -> None:
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "cancel" in message:
            pressed = cancels.get(int(message["cancel"]))
            if pressed is not None:
                pressed.set()
        else:
            cancels[int(message["id"])] = Cancel()
            requests.put(message)
    os._exit(0)
