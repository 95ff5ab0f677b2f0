"""A download that is not whole yet: its bytes, and notes beside them that say what they will be."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from charstudio import paths
from charstudio.engines.answers import Broken, Head
from charstudio.errors import EngineError
from charstudio.i18n import _

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Notes:
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
        self.notes = Notes(url)
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
        self._note(
            Notes(
                self.notes.url,
                _validator(head),
                head.length,
                sha256,
                os.getpid(),
            )
        )

    def begin_again(self) -> None:
        """Forget what is here."""
        self.drop()
        self.notes = Notes(self.notes.url)

    def note_size(self, size: int) -> None:
        """It is known now how large it will be."""
        self._note(Notes(self.notes.url, self.notes.etag, size, self.notes.sha256, os.getpid()))

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

    def _note(self, notes: Notes) -> None:
        self.notes = notes
        try:
            paths.write_atomically(self._beside, json.dumps(asdict(notes)).encode())
        except OSError as exc:
            raise EngineError(cannot_write(exc)) from exc

    def _read(self) -> Notes | None:
        try:
            body = json.loads(self._beside.read_text(encoding="utf-8"))
            found = Notes(**body)
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


def cannot_write(exc: OSError) -> str:
    """The sentence for a disk that takes no more."""
    return _("The download cannot be written ({why}); make room and start it again.", why=exc.strerror or exc)


def _validator(head: Head) -> str:
    """What tells whether a file is still the same: its ETag, or its time if that is none or weak."""
    etag = head.headers.get("etag", "")
    return etag if etag and not etag.startswith("W/") else head.headers.get("last-modified", "")
