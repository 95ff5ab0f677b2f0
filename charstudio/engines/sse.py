"""Reads the events of a server as they trickle in, and takes no more of them than is reasonable."""

from __future__ import annotations

from charstudio.errors import EngineError
from charstudio.i18n import _

LINE_CAP = 1024 * 1024
REPLY_CAP = 8 * 1024 * 1024


class Events:
    """Server-sent events out of bytes that were cut anywhere: feed it bytes, take out the data of events.

    Comments, keep-alives, other fields, all three line ends and a byte order mark are taken as the HTML
    standard has them. Bytes are decoded a line at a time, so a letter may be cut in two. `lines` counts the
    whole lines so far, comments too: signs of life. Raises `EngineError` past `line_cap`
    bytes a line or `reply_cap` in all.
    """

    def __init__(self, line_cap: int = LINE_CAP, reply_cap: int = REPLY_CAP) -> None:
        self._line_cap = line_cap
        self._reply_cap = reply_cap
        self._held = bytearray()
        self._read = 0
        self._data: list[str] = []
        self._data_size = 0
        self._skip_feed = False
        self.lines = 0

    def feed(self, body: bytes) -> list[str]:
        """The data of every event that is whole now."""
        self._read += len(body)
        if self._read > self._reply_cap:
            raise EngineError(
                _(
                    "The model server went on past {size} MB and was cut off; what came stays.",
                    size=self._reply_cap // 1024**2,
                )
            )
        events = (self._take(line) for line in self._whole_lines(body))
        found = [event for event in events if event is not None]
        if len(self._held) > self._line_cap:
            raise self._too_long()
        return found

    def finish(self) -> list[str]:
        """What an answer that ended without its last empty line still had to say."""
        last = bytes(self._held)
        self._held.clear()
        found = [self._take(last)] if last else []
        found.append(self._take(b""))
        return [event for event in found if event is not None]

    def _whole_lines(self, body: bytes) -> list[bytes]:
        # A line feed right after the carriage return that ended a line belongs to that line end.
        if self._skip_feed and body:
            body = body.removeprefix(b"\n")
            self._skip_feed = False
        if b"\n" not in body and b"\r" not in body:
            self._held += body
            return []
        self._skip_feed = body.endswith(b"\r")
        whole = (bytes(self._held) + body).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = whole.split(b"\n")
        self._held = bytearray(rest)
        return lines

    def _take(self, line: bytes) -> str | None:
        if len(line) > self._line_cap:
            raise self._too_long()
        if self.lines == 0:
            line = line.removeprefix(b"\xef\xbb\xbf")
        self.lines += 1
        if not line:
            return self._event()
        name, _colon, value = line.partition(b":")
        if name == b"data":
            text = value.removeprefix(b" ").decode("utf-8", "replace")
            self._data_size += len(text)
            if self._data_size > self._line_cap:
                raise self._too_long()
            self._data.append(text)
        return None

    def _event(self) -> str | None:
        if not self._data:
            return None
        event = "\n".join(self._data)
        self._data, self._data_size = [], 0
        return event

    def _too_long(self) -> EngineError:
        return EngineError(
            _(
                "The model server sent more than {size} MB in one piece and was cut off; what came stays.",
                size=max(1, self._line_cap // 1024**2),
            )
        )
