"""The way to one model server and to no other: asks again where that helps, trusts nothing it hears."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
import time
import weakref
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from charstudio.engines.call import Answer, Call, Connected, End, Head, Patience, looks_like_html
from charstudio.engines.refusals import Refused, refusal, said_by, tidy
from charstudio.engines.sse import REPLY_CAP
from charstudio.errors import Cancel, EngineError
from charstudio.i18n import _

ERROR_CAP = 64 * 1024
RETRIES = 2
BACK_OFF = (0.25, 1.0)
LONGEST_WAIT = 10.0


class Lost(EngineError):  # noqa: N818 - it is what happened
    """The line broke before anything came back; asking again may help."""


class Wire:
    """The way to one server and no other; raises `EngineError` in a sentence, never with the key in it."""

    def __init__(self, url: str, key: str = "", patience: Patience | None = None) -> None:
        self.root = root_of(url)
        self.patience = patience or Patience()
        self._key = key.strip()
        if not self._key.isascii() or not self._key.isprintable():
            raise EngineError(_("The key has letters no key has; copy it once more."))
        self._host = urlsplit(self.root).netloc
        self.where = _("The model server at {host}", host=self._host)
        self._calls: weakref.WeakSet[Call] = weakref.WeakSet()
        # No keep-alive: a line of one's own can be hung up without harm to another question. No proxies or
        # passwords out of the environment: what is sent goes to the address that was given.
        self._client = httpx.Client(
            verify=ssl.create_default_context() if self.root.startswith("https:") else _no_certificates(),
            timeout=httpx.Timeout(None, connect=self.patience.connect, write=self.patience.short),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Hang up wherever somebody still talks."""
        for call in list(self._calls):
            call.close()

    def get(self, path: str, cancel: Cancel) -> Any:
        """A short answer as JSON."""
        return self._short("GET", path, None, cancel)

    def post(self, path: str, body: dict[str, Any], cancel: Cancel) -> Any:
        """A short answer to a short question, as JSON."""
        return self._short("POST", path, body, cancel)

    def _short(self, method: str, path: str, body: dict[str, Any] | None, cancel: Cancel) -> Any:
        until = time.monotonic() + self.patience.short
        answer = self.ask(method, path, body, cancel, until)
        try:
            return self.as_json(answer.whole(REPLY_CAP, until))
        finally:
            answer.close()

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None, cancel: Cancel, until: float
    ) -> Answer:
        """The answer of status 200; asks at most twice more, after a broken line or a busy server.

        `until` is when the answer must have begun, by the monotonic clock. Other statuses raise `Refused`.
        """
        for attempt in range(RETRIES + 1):
            try:
                answer = self._followed(method, path, body, cancel, until)
            except Lost:
                if attempt == RETRIES or time.monotonic() + BACK_OFF[attempt] >= until:
                    raise
                _rest(BACK_OFF[attempt], cancel)
                continue
            if answer.status == 200:
                return answer
            pause = _pause_after(answer, attempt)
            if pause < 0 or time.monotonic() + pause >= until:
                raise self._refused(answer)
            answer.close()
            _rest(pause, cancel)
        raise AssertionError("the last attempt returns or raises")

    def as_json(self, body: bytes) -> Any:
        """A body as JSON; raises `EngineError` for web pages and for anything else."""
        if looks_like_html(body):
            raise self.web_page()
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as exc:
            raise EngineError(
                _("{where} sent an answer that is no JSON; check the address.", where=self.where)
            ) from exc

    def web_page(self) -> EngineError:
        """What to say when a browser would have been pleased."""
        return EngineError(
            _("{host} answered with a web page, not a model server; check the address.", host=self._host)
        )

    def tidy(self, text: str) -> str:
        """A server's words for the writer's eyes: one short line, without the key."""
        return tidy(text, self._key)

    def _followed(
        self, method: str, path: str, body: dict[str, Any] | None, cancel: Cancel, until: float
    ) -> Answer:
        """The answer, sent on at most thrice and only within the same server."""
        address = self.root + path
        for _step in range(3):
            answer = self._once(method, address, body, cancel, until)
            target = _target(answer, address)
            if answer.status not in (307, 308) or urlsplit(target)[:2] != urlsplit(address)[:2]:
                return answer
            answer.close()
            address = target
        return self._once(method, address, body, cancel, until)

    def _once(
        self, method: str, address: str, body: dict[str, Any] | None, cancel: Cancel, until: float
    ) -> Answer:
        headers = {
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            request = self._client.build_request(method, address, json=body, headers=headers)
        except (httpx.InvalidURL, ValueError) as exc:
            raise EngineError(_("This address is none; give one like http://localhost:8080.")) from exc
        call = Call(self._client, request, cancel)
        self._calls.add(call)
        try:
            head = self._head(call, until)
        except BaseException:
            call.close()
            raise
        return Answer(call, head, self.where, self.patience)

    def _head(self, call: Call, until: float) -> Head:
        connected = False
        connect_until = time.monotonic() + self.patience.connect + 0.5
        while True:
            match call.news((until if connected else connect_until) - time.monotonic()):
                case None if connected:
                    raise EngineError(
                        _(
                            "{where} did not begin to answer in time; it may be busy or slow; try again.",
                            where=self.where,
                        )
                    )
                case None:
                    raise _not_taken(self.where)
                case Connected():
                    connected = True
                case Head() as head:
                    return head
                case End(trouble):
                    raise self._lost(trouble)

    def _lost(self, trouble: Exception | None) -> EngineError:
        if isinstance(trouble, httpx.ConnectTimeout):
            return _not_taken(self.where)
        cause: BaseException | None = trouble
        while cause is not None:
            if isinstance(cause, ssl.SSLError):
                return EngineError(
                    _(
                        "{where} could not prove who it is; check the address and its certificate.",
                        where=self.where,
                    )
                )
            if isinstance(cause, socket.gaierror):
                return EngineError(_("{where} cannot be found; check the address.", where=self.where))
            cause = cause.__cause__ or cause.__context__
        if isinstance(trouble, httpx.ConnectError):
            return Lost(_("{where} does not answer; start it, or check the address.", where=self.where))
        if isinstance(trouble, httpx.NetworkError) or "without sending" in str(trouble):
            return Lost(_("{where} hung up without an answer; look whether it runs.", where=self.where))
        return EngineError(
            _("{where} does not speak as a web server does; check the address.", where=self.where)
        )

    def _refused(self, answer: Answer) -> Refused:
        try:
            body = answer.whole(ERROR_CAP, time.monotonic() + self.patience.short, cut=True)
        except EngineError:
            body = b""
        finally:
            answer.close()
        html = looks_like_html(body)
        why = "" if html else self.tidy(said_by(body))
        there = urlsplit(_target(answer, ""))
        onward = f"{there.scheme}://{there.netloc}" if there.netloc else ""
        sentence = refusal(answer.status, why, self.where, onward, keyed=bool(self._key))
        return Refused(sentence, answer.status, "" if html else body.decode("utf-8", "replace"))


def root_of(url: str) -> str:
    """The address in front of `/v1`, however much of it was typed; raises `EngineError`."""
    text = url.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        fits = fits and not parts.query and not parts.fragment
    except ValueError:
        fits = False
    if not fits or not text.isprintable() or " " in text:
        raise EngineError(_("This is no address of a server; give one like http://localhost:8080."))
    if "@" in parts.netloc:
        raise EngineError(_("Leave the name and password out of the address; a key has its own place."))
    path = parts.path.rstrip("/")
    for tail in ("/chat/completions", "/completions", "/models"):
        path = path.removesuffix(tail)
    return f"{parts.scheme}://{parts.netloc.lower()}{path.removesuffix('/v1')}"


def is_loopback(root: str) -> bool:
    """Whether an address leads to this machine itself."""
    host = urlsplit(root).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _not_taken(where: str) -> EngineError:
    return EngineError(_("{where} cannot be reached; check the address and that it runs.", where=where))


def _no_certificates() -> ssl.SSLContext:
    # Reading the system's certificates takes 20 ms, and an http address needs none.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _pause_after(answer: Answer, attempt: int) -> float:
    """Seconds until it makes sense to ask again; negative when it does not."""
    if answer.status not in (429, 502, 503) or attempt == RETRIES:
        return -1
    try:
        asked = float(answer.headers.get("retry-after", "0"))
    except ValueError:
        asked = 0.0
    return max(BACK_OFF[attempt], asked) if 0 <= asked <= LONGEST_WAIT else -1


def _target(answer: Answer, address: str) -> str:
    """Where an answer sends us on to; nowhere if that is no address."""
    try:
        target = urljoin(address, answer.headers.get("location", ""))
        return target if urlsplit(target) else ""
    except ValueError:
        return ""


def _rest(seconds: float, cancel: Cancel) -> None:
    pressed = threading.Event()
    cancel.on_set(pressed.set)
    pressed.wait(seconds)
    cancel.check()
