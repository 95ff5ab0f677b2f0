"""One exchange with a server, read by a thread of its own: Stop never waits for the network."""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from charstudio.engines.sse import REPLY_CAP, Events
from charstudio.errors import Cancel, EngineError
from charstudio.i18n import _


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for the line, for the first word of a reply, between its lines, for short answers."""

    connect: float = 5.0
    first: float = 600.0
    between: float = 120.0
    short: float = 30.0


@dataclass(frozen=True, slots=True)
class Head:
    """The status and the headers of an answer."""

    status: int
    headers: httpx.Headers


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more comes; `trouble` is why, if it was not meant so."""

    trouble: Exception | None = None


class Connected:
    """Somebody took the call."""


class Pressed:
    """Stop was pressed."""


Post = Connected | Pressed | Head | bytes | End


class Call:
    """One question on its way; the asker waits for its news, for Stop and for the clock alone."""

    def __init__(self, client: httpx.Client, request: httpx.Request, cancel: Cancel) -> None:
        self._client = client
        self._request = request
        self._cancel = cancel
        self._news: queue.SimpleQueue[Post] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._over = False
        request.extensions["trace"] = self._traced
        cancel.on_set(self._pressed)
        threading.Thread(target=self._read, name="model server", daemon=True).start()

    def news(self, seconds: float) -> Post | None:
        """What came next, or None when nothing did in time; raises `Cancelled`."""
        self._cancel.check()
        try:
            came = self._news.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None
        self._cancel.check()
        return came

    def close(self) -> None:
        """Hang up; whoever reads the line is woken and ends."""
        with self._lock:
            self._over = True
            held, self._socket = self._socket, None
        if held is not None:
            _hang_up(held)

    def _pressed(self) -> None:
        self._news.put(Pressed())
        self.close()

    def _traced(self, name: str, info: dict[str, Any]) -> None:
        if not name.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        line = info["return_value"].get_extra_info("socket")
        with self._lock:
            self._socket = None if self._over else line
        if self._over:
            _hang_up(line)
        if self._request.url.scheme == "http" or name.endswith("start_tls.complete"):
            self._news.put(Connected())

    def _read(self) -> None:
        end = End(httpx.ReadError("gone"))
        try:
            response = self._client.send(self._request, stream=True)
            try:
                self._news.put(Head(response.status_code, response.headers))
                read = 0
                for chunk in response.iter_raw():
                    read += len(chunk)
                    self._news.put(chunk)
                    # The asker says what is too much; this only keeps an endless answer out of the memory.
                    if read > REPLY_CAP or self._over:
                        break
                end = End()
            finally:
                with self._lock:
                    self._socket = None
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as exc:
            end = End(exc)
        finally:
            self._news.put(end)


class Answer:
    """A server's answer from its head on; read it as events or whole, then close it.

    `between` is how many seconds may pass from one line to the next.
    """

    def __init__(self, call: Call, head: Head, where: str, patience: Patience) -> None:
        self._call = call
        self._where = where
        self.between = patience.between
        self._begun: list[bytes] = []
        self.status = head.status
        self.headers = head.headers

    @property
    def kind(self) -> str:
        """The media type, small, without its parameters."""
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()

    def events(self, until: float) -> Iterator[str]:
        """The data of each event; `until` is when the first line must have come, by the monotonic clock."""
        events, lines = Events(), 0
        while (chunk := self._chunk(until)) is not None:
            yield from events.feed(chunk)
            if events.lines > lines:
                lines, until = events.lines, time.monotonic() + self.between
        yield from events.finish()

    def whole(self, cap: int, until: float, *, cut: bool = False) -> bytes:
        """The body, at most `cap` bytes: what is longer is cut if `cut`, else an `EngineError`."""
        body = bytearray()
        while (chunk := self._chunk(until)) is not None:
            body += chunk
            if len(body) > cap:
                if cut:
                    break
                raise EngineError(
                    _("{where} sent far more than was asked; check the address.", where=self._where)
                )
        return bytes(body[:cap])

    def peek(self, until: float) -> bytes:
        """The first bytes that are not blank, which stay to be read."""
        while not (seen := b"".join(self._begun).lstrip()):
            chunk = self._next(until)
            if chunk is None:
                break
            self._begun.append(chunk)
        return seen

    def close(self) -> None:
        """Hang up, read or not."""
        self._call.close()

    def _chunk(self, until: float) -> bytes | None:
        return self._begun.pop(0) if self._begun else self._next(until)

    def _next(self, until: float) -> bytes | None:
        while True:
            match self._call.news(until - time.monotonic()):
                case None:
                    raise EngineError(
                        _(
                            "{where} fell silent in the middle of its reply; what came stays, try again.",
                            where=self._where,
                        )
                    )
                case bytes() as chunk:
                    return chunk
                case End(None):
                    return None
                case End():
                    raise broke_off(self._where)


def looks_like_html(body: bytes) -> bool:
    """Whether a body is a web page."""
    return (
        body[:2000]
        .lstrip(b"\xef\xbb\xbf \t\r\n")
        .lower()
        .startswith((b"<!doctype", b"<html", b"<head", b"<body"))
    )


class BrokeOff(EngineError):  # noqa: N818 - it is what happened
    """A reply ended before its end."""


def broke_off(where: str) -> BrokeOff:
    """What to say when a reply ends before its end."""
    return BrokeOff(
        _(
            "{where} broke off in the middle of its reply; what came stays, and you can try again.",
            where=where,
        )
    )


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # Without this a server whose buffers are full would go on waiting for us, for up to a minute.
        line.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        )
        # Not SSLSocket.shutdown, which forgets its cipher while the other thread still reads.
        socket.socket.shutdown(line, socket.SHUT_RDWR)
