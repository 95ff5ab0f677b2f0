"""Brings a model from an address, whole and checked or not at all; goes on where it was broken off."""

from __future__ import annotations

import importlib.util
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from charstudio.engines.addresses import address_of, file_name, part_addresses
from charstudio.engines.answers import Answer, Broken, Head, sum_of
from charstudio.engines.estimate import gigabytes
from charstudio.engines.gguf import inspect_file
from charstudio.engines.parts import Part, cannot_write
from charstudio.engines.sums import Checking, hashed
from charstudio.errors import Cancel, EngineError
from charstudio.i18n import _

SPARE = 300_000_000  # bytes that a disk keeps free whatever comes
TRIES = 4  # in a row that brought nothing new
PAUSE = 0.5  # seconds before the second try, twice that before the third, and so on
TOLD_EVERY = 0.1  # seconds
ROOM_EVERY = 64_000_000  # bytes of an answer that does not say how long it is
_HEADERS = {"User-Agent": "charstudio", "Accept-Encoding": "identity"}


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
        raise EngineError(cannot_write(exc)) from exc


def _one(url: str, folder: Path, cancel: Cancel, sha256: str, size: int, *, whole: bool) -> Iterator[Event]:
    target = folder / file_name(url)
    if target.exists():
        yield from _already(url, target, sha256, cancel)
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


def _already(url: str, target: Path, sha256: str, cancel: Cancel) -> Iterator[Event]:
    """A file of that name is there: it is the one that is meant, or stands in the way."""
    size = 0
    if not sha256:
        sha256, size = _told(url, cancel)
    found = yield from hashed((target,), cancel)
    if found != sha256 if sha256 else target.stat().st_size != size:
        raise EngineError(
            _(
                "Another file named {file} is in {folder} already; move it away first.",
                file=target.name,
                folder=target.parent,
            )
        )
    inspect_file(target, whole=False)
    yield Fetched(target, found, bool(sha256))


def _told(url: str, cancel: Cancel) -> tuple[str, int]:
    """The checksum and size that the server tells of its file, without loading it."""
    answer = Answer(url, _HEADERS)
    try:
        head = answer.head(cancel)
    except Broken as exc:
        raise EngineError(_("The server cannot be asked ({why}); try again later.", why=exc)) from exc
    finally:
        answer.close()
    _check_head(url, head)
    return head.sha256, head.length


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
            if tries >= TRIES and not part.size():
                raise EngineError(
                    _(
                        "Nothing came ({why}); check the address and the connection, then try again.",
                        why=str(exc)[:200],
                    )
                ) from exc
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
    answer = Answer(url, {**_HEADERS, **wanted})
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
    start, begun, told, room = time.monotonic(), done, 0.0, done
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
            if not total and done - room > ROOM_EVERY:
                room = done
                _check_room(part, done + ROOM_EVERY)
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


def _web_page(url: str) -> str:
    return _(
        "{host} answered with a web page instead of a model; give the address of the .gguf file itself.",
        host=_host(url),
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
