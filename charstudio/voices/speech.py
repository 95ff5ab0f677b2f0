"""Has text spoken into a sound file, by a child process that may crash or hang without harm."""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from charstudio.children import Child
from charstudio.errors import Cancel, ChildDied, SpeechError, StudioError
from charstudio.i18n import _
from charstudio.voices.settings import VoiceInfo, VoiceSettings
from charstudio.voices.watchdog import Watchdog
from charstudio.voices.words import speakable

PATIENCE = 30.0  # seconds without a sign of life; a sentence takes some hundredths
STOP_PATIENCE = 0.6  # seconds a pressed Stop may take before the process is ended


class Speaker(Protocol):
    """Whoever can speak."""

    def voices(self) -> tuple[VoiceInfo, ...]:
        """The voices to choose from; raises `SpeechError` if there is no way to speak."""

    def speak(self, text: str, voice: VoiceSettings, out: Path, cancel: Cancel) -> float:
        """Write `text`, spoken, to the WAV file `out`; returns its length in seconds."""

    def close(self) -> None:
        """Give back what speaking holds."""


class Pyttsx3Speaker:
    """Speaks with the voices of the computer through pyttsx3: eSpeak NG, SAPI on Windows, NSSS on macOS.

    The process behind it starts with the first question and again after it died. May be asked from any
    thread; one text is spoken at a time.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._child = Child("charstudio.voices.child", _("voice"))
        self._turn = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process that speaks, while there is one."""
        return self._child.pid

    def voices(self) -> tuple[VoiceInfo, ...]:
        """The voices to choose from; raises `SpeechError` with what to install if nothing can speak."""
        return tuple(VoiceInfo(**voice) for voice in self._asked("voices", Cancel())["voices"])

    def speak(self, text: str, voice: VoiceSettings, out: Path, cancel: Cancel) -> float:
        """Write the spoken words of `text` to the WAV file `out`; returns its length in seconds.

        The file appears whole or not at all. Raises `SpeechError` if there is nothing to say, the folder or
        the disk refuses, or the speaking failed; `Cancelled` within a second of Stop.
        """
        words = speakable(text)
        if not words:
            raise SpeechError(_("There are no words in this to speak."))
        with _part_of(out) as part:
            done = self._asked("speak", cancel, text=words, path=str(part), **voice.to_dict())
        return float(done["seconds"])

    def close(self) -> None:
        """End the process that speaks; it starts again when it is needed."""
        self._child.close()

    def _asked(self, do: str, cancel: Cancel, **fields: Any) -> dict[str, Any]:
        with _held(self._turn, cancel):
            dog = Watchdog(self._child.kill, self._patience)
            cancel.on_set(lambda: dog.hurry(STOP_PATIENCE))
            try:
                return _result(self._child.ask(do, cancel, **fields), dog)
            except ChildDied as exc:
                self._child.close()
                raise SpeechError(_fate(exc, late=dog.bitten)) from exc
            except StudioError as exc:
                raise SpeechError(str(exc)) from exc
            finally:
                dog.end()
                if dog.bitten:
                    self._child.close()


def _result(asked: Iterator[dict[str, Any]], dog: Watchdog) -> dict[str, Any]:
    while True:
        try:
            next(asked)
        except StopIteration as stop:
            return dict(stop.value or {})
        dog.seen()


def _fate(death: ChildDied, *, late: bool) -> str:
    if late:
        return _("The voice did not answer and was ended; try again, or choose another voice.")
    return _("{what} Try again; if it stops once more, choose another voice.", what=death)


@contextlib.contextmanager
def _held(turn: threading.Lock, cancel: Cancel) -> Iterator[None]:
    """Wait for one's turn, but not longer than the writer."""
    cancel.check()
    while not turn.acquire(timeout=0.1):
        cancel.check()
    try:
        yield
    finally:
        turn.release()


@contextlib.contextmanager
def _part_of(out: Path) -> Iterator[Path]:
    """A new file beside `out` that becomes `out` if all goes well, and vanishes otherwise."""
    out = out.absolute()
    part = out.parent / f".{uuid.uuid4().hex}.part"
    try:
        part.open("xb").close()
        yield part
        os.replace(part, out)
    except OSError as exc:
        raise SpeechError(
            _("The sound file {path} cannot be written: {why}.", path=out, why=exc.strerror or exc)
        ) from exc
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
