"""One answer of a server, read on a thread of its own, so that a silent server never holds up Stop."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charstudio.engines.addresses import is_here, sent_to
from charstudio.errors import Cancel, EngineError
from charstudio.i18n import _

MOST_REDIRECTS = 5
CONNECT, SILENCE = 15.0, 30.0  # seconds until a server counts as gone
LOOK = 0.03  # seconds between two looks at the stop button
WAITING = 16  # pieces read ahead of the disk

_SUM = re.compile(r'(?:W/)?"?([0-9a-fA-F]{64})"?')
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class Broken(Exception):  # noqa: N818 - it is what happened: the line broke, and can be taken up again
    """The answer ended before its end; the text says why."""


@dataclass(frozen=True, slots=True)
class Head:
    """How an answer begins: status, headers by lower-case name, and a checksum that a server told."""

    status: int
    headers: Mapping[str, str]
    sha256: str

    @property
    def length(self) -> int:
        """How many bytes it says it has; 0 when it does not."""
        said = self.headers.get("content-length", "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


class Answer:
    """Asks at once; `head` and then `pieces` are read by the thread that made it. Close it when done."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url, self._headers = url, dict(headers)
        self._come: queue.Queue[Head | bytes | Exception | None] = queue.Queue(WAITING)
        self._left = threading.Event()
        threading.Thread(target=self._run, name="download", daemon=True).start()

    def head(self, cancel: Cancel) -> Head:
        """How it begins; raises `Broken`, `EngineError` or `Cancelled`."""
        come = self._next(cancel)
        if not isinstance(come, Head):
            raise Broken(_("the server did not answer"))
        return come

    def piece(self, cancel: Cancel) -> bytes:
        """The next bytes; empty at the end. Raises `Broken` when it broke off."""
        come = self._next(cancel)
        return come if isinstance(come, bytes) else b""

    def close(self) -> None:
        """Read no more; the thread ends with its next piece."""
        self._left.set()

    def _next(self, cancel: Cancel) -> Head | bytes | None:
        while True:
            cancel.check()
            try:
                come = self._come.get(timeout=LOOK)
            except queue.Empty:
                continue
            if isinstance(come, Exception):
                raise come
            return come

    def _run(self) -> None:
        import httpx

        last: Exception | None = None
        try:
            # on this computer no proxy is asked
            own = is_here(httpx.URL(self._url).host)
            timeout = httpx.Timeout(SILENCE, connect=CONNECT)
            with httpx.Client(timeout=timeout, follow_redirects=False, trust_env=not own) as client:
                self._follow(client)
        except httpx.TimeoutException:
            last = Broken(_("the server fell silent"))
        except (httpx.HTTPError, OSError) as exc:
            last = Broken(str(exc) or _("the connection broke"))
        except (httpx.InvalidURL, ValueError) as exc:
            last = EngineError(_("The server’s answer makes no sense ({why}).", why=str(exc)[:200]))
        except EngineError as exc:
            last = exc
        finally:
            self._put(last)

    def _follow(self, client: Any) -> None:
        url, told = self._url, ""
        for _hop in range(MOST_REDIRECTS + 1):
            with client.stream("GET", url, headers=self._headers) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                told = told or sum_of(headers.get("x-linked-etag", "")) or sum_of(headers.get("etag", ""))
                if response.status_code in _REDIRECTS:
                    url = sent_to(url, headers.get("location", ""))
                    continue
                self._put(Head(response.status_code, headers, told))
                for piece in response.iter_raw():
                    if piece and not self._put(piece):
                        return
                return
        raise EngineError(_("The address is sent on again and again; give another."))

    def _put(self, come: Head | bytes | Exception | None) -> bool:
        while not self._left.is_set():
            try:
                self._come.put(come, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False


def sum_of(etag: str) -> str:
    """The SHA-256 that stands in an ETag of large files; empty when it is something else."""
    found = _SUM.fullmatch(etag.strip())
    return found[1].lower() if found else ""
