"""Brings a model from an address, whole and checked or not at all; goes on where it was broken off."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from charstudio import paths
from charstudio.engines.addresses import address_of, file_name, part_addresses
from charstudio.engines.answers import Answer, Broken, Head, sum_of
from charstudio.engines.estimate import gigabytes
from charstudio.engines.gguf import inspect_file
from charstudio.engines.sums import Checking, hashed
from charstudio.errors import Cancel, EngineError
from charstudio.i18n import _

SPARE = 300_000_000  # bytes that a disk keeps free whatever comes
TRIES = 4  # in a row that brought nothing new
PAUSE = 0.5  # seconds before the second try, twice that before the third, and so on
TOLD_EVERY = 0.1  # seconds
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Fetching:
    """How many bytes are here, of how many (0 is unknown), and how many come in a second."""

    done: int
    total: int
    per_s: float


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model that is here, whole and checked; `published` means against a sum that its source told."""

    path: Path
    sha256: str
    published: bool


Event = Fetching | Checking | Fetched


def download(url: str, folder: Path, cancel: Cancel, sha256: str = "", size: int = 0) -> Iterator[Event]:
    """Bring a model into a folder; stopped or broken off, the next call goes on where this one ended.

    Raises `EngineError` in a sentence. `size` is only used to ask for room before the server has told.
    """
    if importlib.util.find_spec("httpx") is None:
        raise EngineError(_("Downloads need the extra `server`: pip install 'charstudio[server]'."))
    if sha256 and not sum_of(sha256):
        raise EngineError(_("A SHA-256 has 64 signs from 0 to 9 and a to f."))
    urls = part_addresses(address_of(url))
    if sha256 and len(urls) > 1:
        raise EngineError(_("A checksum cannot be given for a model in parts; leave it out."))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The first part comes last: without it nothing looks like a model.
        for part_url in reversed(urls):
            for event in _one(part_url, folder, cancel, sha256.lower(), size, whole=len(urls) == 1):
                if not isinstance(event, Fetched) or part_url == urls[0]:
                    yield event
    except OSError as exc:
        raise EngineError(_cannot_write(exc)) from exc


def _one(url: str, folder: Path, cancel: Cancel, sha256: str, size: int, *, whole: bool) -> Iterator[Event]:
    target = folder / file_name(url)
    if target.exists():
        yield from _already(target, sha256, cancel)
        return
    part = Part(target, url)
    yield from _fetched(url, part, cancel, sha256, size)
    expected = sha256 or part.notes.sha256
    found = yield from hashed((part.file,), cancel)
    if expected and found != expected:
        part.drop()
        raise EngineError(
            _(
                "What came from {host} is not the file that was published; it was thrown away.",
                host=_host(url),
            )
        )
    try:
        inspect_file(part.file, whole=whole)
    except EngineError as exc:
        part.drop()
        raise EngineError(
            _("What came from {host} is no whole GGUF model; it was thrown away.", host=_host(url))
        ) from exc
    part.finish()
    yield Fetched(target, found, bool(expected))


def _already(target: Path, sha256: str, cancel: Cancel) -> Iterator[Event]:
    """A file of that name is there: it is the one, or stands in the way."""
    found = yield from hashed((target,), cancel)
    if sha256 and found != sha256:
        raise EngineError(
            _("Another file named {file} is there already; move it away first.", file=target.name)
        )
    inspect_file(target, whole=False)
    yield Fetched(target, found, bool(sha256))


def _fetched(url: str, part: Part, cancel: Cancel, sha256: str, size: int) -> Iterator[Fetching]:
    """Fill the part, trying again while that brings something new."""
    tries = 0
    while True:
        before = part.size()
        try:
            yield from _filled(url, part, cancel, sha256, size)
            return
        except Broken as exc:
            tries = 0 if part.size() > before else tries + 1
            if tries >= TRIES:
                raise EngineError(
                    _(
                        "The download broke off ({why}); what came is kept, start it again to go on.",
                        why=str(exc)[:200],
                    )
                ) from exc
        until = time.monotonic() + PAUSE * max(1, 2 * tries - 1)
        while time.monotonic() < until:
            cancel.check()
            time.sleep(0.03)


def _filled(url: str, part: Part, cancel: Cancel, sha256: str, size: int) -> Iterator[Fetching]:
    """One attempt: ask for what is missing and write it down."""
    have = part.size()
    if have and have == part.notes.size:
        return
    wanted = part.range_headers() if have else {}
    answer = Answer(url, {"User-Agent": "charstudio", "Accept-Encoding": "identity", **wanted})
    try:
        head = answer.head(cancel)
        _check_head(url, head)
        if head.status == 206 and wanted:
            part.check_goes_on(head)
        elif head.status != 200:
            if head.status in (206, 416):
                part.begin_again()
            raise Broken(_("the server answered {status}", status=head.status))
        if sha256 and head.sha256 and sha256 != head.sha256:
            raise EngineError(_("The address offers another file than the one with that checksum."))
        if head.status == 200:
            part.begin(head, sha256 or head.sha256)
        _check_room(part, size)
        yield from _written(url, part, answer, cancel)
    finally:
        answer.close()


def _written(url: str, part: Part, answer: Answer, cancel: Cancel) -> Iterator[Fetching]:
    """Write down what comes; what is no model is not written to its end."""
    total, done = part.notes.size, part.size()
    start, begun, told = time.monotonic(), done, 0.0
    first: bytes | None = None if done else b""
    wrong = ""
    yield Fetching(done, total, 0.0)
    with part.file.open("ab") as out:
        while piece := answer.piece(cancel):
            out.write(piece)
            done += len(piece)
            if first is not None:
                first += piece[:64]
                wrong = _no_model(url, first)
                first = first if len(first) < 4 else None
            if wrong or (total and done > total):
                break
            now = time.monotonic()
            if now - told >= TOLD_EVERY:
                told = now
                yield Fetching(done, total, (done - begun) / max(0.001, now - start))
        out.flush()
        os.fsync(out.fileno())
    if wrong:
        part.drop()
        raise EngineError(wrong)
    if total and done > total:
        part.begin_again()
        raise Broken(_("more came than was promised"))
    if total and done < total:
        raise Broken(_("{done} of {total} came", done=gigabytes(done), total=gigabytes(total)))
    if not total:
        part.note_size(done)
    yield Fetching(done, done, (done - begun) / max(0.001, time.monotonic() - start))


def _validator(head: Head) -> str:
    """What tells whether a file is still the same: its ETag, or its time if that is none or weak."""
    etag = head.headers.get("etag", "")
    return etag if etag and not etag.startswith("W/") else head.headers.get("last-modified", "")


def _no_model(url: str, first: bytes) -> str:
    """What is wrong with the first bytes, in a sentence; empty while they may be a model's."""
    if b"GGUF".startswith(first[:4]):
        return ""
    if first.lstrip()[:1] == b"<":
        return _web_page(url)
    return _("What {host} sends is no GGUF model; choose a file that ends in .gguf.", host=_host(url))


def _check_head(url: str, head: Head) -> None:
    if head.status in (401, 403):
        raise EngineError(
            _(
                "{host} gives this file only to who is signed in; load it with a browser and add the file.",
                host=_host(url),
            )
        )
    if head.status in (404, 410):
        raise EngineError(_("There is no such file at {host}; check the address.", host=_host(url)))
    if 400 <= head.status < 500 and head.status not in (408, 416, 425, 429):
        raise EngineError(
            _("{host} refused to give the file ({status}).", host=_host(url), status=head.status)
        )
    if head.status in (200, 206) and head.headers.get("content-type", "").startswith("text/html"):
        raise EngineError(_web_page(url))


def _check_room(part: Part, size: int) -> None:
    needed = max(0, (part.notes.size or size) - part.size())
    free = shutil.disk_usage(part.file.parent).free
    if needed + SPARE > free:
        raise EngineError(
            _(
                "The model needs {need} and only {free} are free on that disk; make room and start again.",
                need=gigabytes(needed),
                free=gigabytes(free),
            )
        )


def _cannot_write(exc: OSError) -> str:
    return _("The download cannot be written ({why}); make room and start it again.", why=exc.strerror or exc)


def _web_page(url: str) -> str:
    return _(
        "{host} answered with a web page instead of a model; give the address of the .gguf file itself.",
        host=_host(url),
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


@dataclass(frozen=True, slots=True)
class _Notes:
    """What is known of a file that is not whole yet."""

    url: str
    etag: str = ""
    size: int = 0
    sha256: str = ""
    pid: int = 0


class Part:
    """A file that is not whole yet, with notes beside it that say what it will be."""

    def __init__(self, target: Path, url: str) -> None:
        self._target = target
        self.file = target.with_name(target.name + ".part")
        self._beside = target.with_name(target.name + ".part.json")
        self.notes = _Notes(url)
        found = self._read()
        if found is not None and found.url == url:
            self._refuse_two(found.pid)
            self.notes = found
        elif self.file.exists():
            self.begin_again()

    def size(self) -> int:
        """How many bytes are here."""
        return self.file.stat().st_size if self.file.exists() else 0

    def range_headers(self) -> dict[str, str]:
        """What asks for the rest, if the file is still the same."""
        if not self.notes.etag:
            self.begin_again()
            return {}
        return {"Range": f"bytes={self.size()}-", "If-Range": self.notes.etag}

    def check_goes_on(self, head: Head) -> None:
        """Begin again and raise `Broken` unless the answer goes on exactly where the part ends."""
        came = _RANGE.fullmatch(head.headers.get("content-range", "").strip())
        etag = _validator(head) or self.notes.etag
        start, last, total = (int(n) for n in came.groups()) if came else (0, 0, 0)
        right = start == self.size() and last == total - 1 and total == (self.notes.size or total)
        other = head.sha256 and self.notes.sha256 and head.sha256 != self.notes.sha256
        if came is None or not right or other or etag != self.notes.etag:
            self.begin_again()
            raise Broken(_("the server did not go on where it had ended"))
        self.note_size(total)

    def begin(self, head: Head, sha256: str) -> None:
        """A whole file comes: forget what was here."""
        self.begin_again()
        length = head.headers.get("content-length", "")
        self._note(
            _Notes(
                self.notes.url,
                _validator(head),
                int(length) if length.isascii() and length.isdigit() else 0,
                sha256,
                os.getpid(),
            )
        )

    def begin_again(self) -> None:
        """Forget what is here."""
        self.drop()
        self.notes = _Notes(self.notes.url)

    def note_size(self, size: int) -> None:
        """It is known now how large it will be."""
        self._note(_Notes(self.notes.url, self.notes.etag, size, self.notes.sha256, os.getpid()))

    def drop(self) -> None:
        """Throw it away."""
        self.file.unlink(missing_ok=True)
        self._beside.unlink(missing_ok=True)

    def finish(self) -> None:
        """It is whole: give it its name."""
        os.replace(self.file, self._target)
        self._beside.unlink(missing_ok=True)
        if os.name == "posix":
            handle = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _note(self, notes: _Notes) -> None:
        self.notes = notes
        try:
            paths.write_atomically(self._beside, json.dumps(asdict(notes)).encode())
        except OSError as exc:
            raise EngineError(_cannot_write(exc)) from exc

    def _read(self) -> _Notes | None:
        try:
            body = json.loads(self._beside.read_text(encoding="utf-8"))
            found = _Notes(**body)
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        right = all(
            type(getattr(found, f.name)) is (int if f.name in ("size", "pid") else str) for f in fields(found)
        )
        return found if right else None

    def _refuse_two(self, pid: int) -> None:
        """Two programs that write one part would spoil it."""
        import psutil

        fresh = self.file.exists() and time.time() - self.file.stat().st_mtime < 60
        if pid and pid != os.getpid() and fresh and psutil.pid_exists(pid):
            raise EngineError(_("{file} is being downloaded in another window.", file=self._target.name))
