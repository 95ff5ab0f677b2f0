"""A model server on loopback that does what it is told to, however bad: raw sockets, one act a question."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable

Act = Callable[[socket.socket, "Asked"], None]


class Asked:
    """One question as it came in."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.path = first.split(" ")[:2]
        self.headers = {k.lower(): v.strip() for k, _colon, v in (line.partition(":") for line in lines)}
        self.body = json.loads(body) if body else None


class HostileServer:
    """Answers each path with the act given for it; with `tls`, over https as localhost."""

    def __init__(self, tls: ssl.SSLContext | None = None, **acts: Act) -> None:
        self.acts = acts
        self.asked: list[Asked] = []
        self._tls = tls
        self._door = socket.create_server(("127.0.0.1", 0))
        host = "https://localhost" if tls else "http://127.0.0.1"
        self.url = f"{host}:{self._door.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def questions(self) -> list[Asked]:
        """What was asked of the routes that write."""
        return [a for a in self.asked if a.path.endswith("completions")]

    def _serve(self) -> None:
        while True:
            try:
                line, _from = self._door.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._talk, args=(line,)))
            self._threads[-1].start()

    def _talk(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._answer(self._tls.wrap_socket(line, server_side=True) if self._tls else line)
        line.close()

    def _answer(self, line: socket.socket) -> None:
        with line:
            line.settimeout(10)
            held = b""
            while b"\r\n\r\n" not in held:
                if not (got := line.recv(65536)):
                    return
                held += got
                if held.startswith(b"\x16\x03"):
                    line.sendall(b"HTTP/1.1 400 This is no TLS\r\n\r\n")
                    return
            head, body = held.split(b"\r\n\r\n", 1)
            asked = Asked(head, b"")
            while len(body) < int(asked.headers.get("content-length", 0)):
                body += line.recv(65536)
            asked = Asked(head, body)
            self.asked.append(asked)
            self._act_for(asked.path)(line, asked)

    def _act_for(self, path: str) -> Act:
        names = {"/v1/models": "models", "/v1/chat/completions": "chat", "/v1/completions": "completions"}
        name = names.get(path, path.strip("/").replace("/", "_"))
        return self.acts.get(name) or (
            models() if name == "models" else status(404, b'{"error": "no route"}')
        )


def status(code: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> Act:
    """A plain answer."""

    def act(line: socket.socket, _asked: Asked) -> None:
        more = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items())
        line.sendall(
            f"HTTP/1.1 {code} Word\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    return act


def answer(found: object) -> Act:
    return status(200, json.dumps(found).encode())


def models(*names: str, owner: str = "somebody") -> Act:
    return answer({"data": [{"id": n, "owned_by": owner} for n in names or ("first", "second")]})


def stream(*chunks: bytes, pause: float = 0.0, then: Act | None = None) -> Act:
    """An event stream that ends by hanging up; `pause` seconds between its chunks."""

    def act(line: socket.socket, asked: Asked) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for chunk in chunks:
            line.sendall(chunk)
            if pause:
                threading.Event().wait(pause)
        if then:
            then(line, asked)

    return act


def raw(*chunks: bytes, then: Act | None = None) -> Act:
    def act(line: socket.socket, asked: Asked) -> None:
        for chunk in chunks:
            line.sendall(chunk)
        if then:
            then(line, asked)

    return act


def hang(line: socket.socket, _asked: Asked) -> None:
    """Say nothing until the other side hangs up."""
    with contextlib.suppress(OSError):
        while line.recv(65536):
            pass


def in_turn(*acts: Act) -> Act:
    """One act after the other, the last one for ever."""
    left = list(acts)

    def act(line: socket.socket, asked: Asked) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(line, asked)

    return act


def delta(text: str, **more: object) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None, **more}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


def said(text: str) -> bytes:
    """A piece of the completions route."""
    return f"data: {json.dumps({'choices': [{'text': text, 'finish_reason': None}]})}\n\n".encode()


END = delta("", finish_reason="stop") + b"data: [DONE]\n\n"
