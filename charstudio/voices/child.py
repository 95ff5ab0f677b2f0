"""Speaks, in a process of its own (`python -m charstudio.voices.child`); the only place that knows pyttsx3.

pyttsx3 2.99 crashes on long texts, loses files, and can wait for ever; so it is asked for one short piece at
a time, and whoever started this process ends it when it falls silent.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from charstudio.children import Answer, serve
from charstudio.errors import Cancel, SpeechError
from charstudio.i18n import _
from charstudio.voices.settings import VARIANTS, VoiceInfo, VoiceSettings, nearest_voice
from charstudio.voices.words import pieces

PLAIN_PITCH = 50
Sound = tuple[Any, bytes]  # what `wave` says about the sound, and the samples


class Mouth:
    """pyttsx3's one engine, opened when first needed."""

    def __init__(self) -> None:
        self._engine: Any = None
        self._own_voice = ""
        self._espeak_is_busy: Callable[[], int] = int
        self._whole = False
        self._wrongs: list[BaseException] = []

    def voices(self, request: dict[str, Any], cancel: Cancel) -> Iterator[Answer]:
        """All voices, those of eSpeak also as their variants."""
        self._open()
        yield {"done": {"voices": [asdict(v) for v in (*self._installed(), *self._varied())]}}

    def speak(self, request: dict[str, Any], cancel: Cancel) -> Iterator[Answer]:
        """Write `text` to the WAV file `path`, piece by piece; tells of each piece."""
        self._open()
        self._tune(VoiceSettings.from_dict(request))
        wanted = pieces(request["text"])
        seconds = 0.0
        try:
            with contextlib.closing(_Wav(Path(request["path"]))) as wav:
                for number, piece in enumerate(wanted, 1):
                    cancel.check()
                    seconds += wav.write(*self._sound(piece))
                    yield {"piece": number, "of": len(wanted)}
        except OSError as exc:
            raise SpeechError(_("The sound cannot be written: {why}.", why=exc.strerror or exc)) from exc
        if not seconds:
            raise SpeechError(_("The voice made no sound of this; choose another voice."))
        yield {"done": {"seconds": seconds}}

    @property
    def _is_espeak(self) -> bool:
        return bool(self._engine.driver_name == "espeak")

    def _open(self) -> None:
        if self._engine is not None:
            return
        engine = _engine()
        engine.connect("error", lambda name, exception: self._wrongs.append(exception))
        # A fresh engine calls itself busy, queues everything, and then its first runAndWait() returns early.
        engine.proxy.setBusy(False)
        engine.connect("finished-utterance", self._finished)
        if engine.driver_name == "espeak":
            self._espeak_is_busy = _measure_texts_rightly()
        self._own_voice = str(engine.getProperty("voice") or "")
        self._engine = engine

    def _installed(self) -> list[VoiceInfo]:
        return [_voice_info(voice) for voice in self._engine.getProperty("voices") or ()]

    def _varied(self) -> Iterator[VoiceInfo]:
        if self._is_espeak:
            for voice in self._installed():
                for variant, gender in VARIANTS.items():
                    named = f"{voice.name}, {variant}"
                    yield VoiceInfo(f"{voice.id}+{variant}", named, voice.language, gender)

    def _tune(self, settings: VoiceSettings) -> None:
        voice = settings.voice or self._own_voice
        if settings.voice and not self._is_espeak:
            voice = self._local(settings.voice)
        if voice:
            self._set("voice", voice)
        self._set("rate", settings.rate)
        self._set("volume", settings.volume)
        if self._is_espeak:
            self._set("pitch", PLAIN_PITCH if settings.pitch is None else settings.pitch)

    def _local(self, wanted: str) -> str:
        installed = self._installed()
        if any(voice.id == wanted for voice in installed):
            return wanted
        return nearest_voice(wanted, installed) or wanted

    def _set(self, name: str, value: object) -> None:
        self._wrongs.clear()
        self._engine.setProperty(name, value)
        self._rest()
        if self._wrongs and name == "voice":
            raise SpeechError(
                _("This computer has no voice “{voice}”; choose another.", voice=str(value)[:80])
            ) from self._wrongs[0]

    def _sound(self, piece: str) -> Sound:
        self._wrongs.clear()
        sound = self._sound_in_memory(piece) if self._is_espeak else self._sound_by_file(piece)
        if self._wrongs:
            raise SpeechError(_("The voice failed: {why}.", why=self._wrongs[0]))
        return sound

    def _sound_in_memory(self, piece: str) -> Sound:
        # Given a buffer where a file name is asked for, eSpeak's driver cannot meet a full disk or a missing
        # folder, after which it would wait for ever.
        for _attempt in range(3):
            buffer = io.BytesIO()
            self._whole = False
            self._engine.save_to_file(piece, buffer)
            self._engine.runAndWait()
            self._rest()
            if self._whole:
                buffer.seek(0)
                return _read(buffer)
        raise SpeechError(_("The voice broke off; try again, or choose another voice."))

    def _rest(self) -> None:
        """Wait until eSpeak's own thread is done (with a text, or a rate): else pyttsx3 would stop it."""
        patience = time.monotonic() + 1
        while self._espeak_is_busy() and time.monotonic() < patience:
            time.sleep(0.0005)

    def _finished(self, name: str | None, completed: bool) -> None:
        self._whole = completed

    def _sound_by_file(self, piece: str) -> Sound:
        nsss = self._engine.driver_name == "nsss"
        with tempfile.TemporaryDirectory(prefix="charstudio-voice-") as folder:
            path = Path(folder) / ("piece.aiff" if nsss else "piece.wav")
            # SAPI speaks within save_to_file; NSSS in its run loop, and there only what was queued before.
            self._engine.proxy.setBusy(nsss)
            self._engine.save_to_file(piece, str(path))
            if nsss:
                self._engine.runAndWait()
                path = _wav_of(path)
            with path.open("rb") as file:
                return _read(file)


class _Wav:
    """A WAV file that takes its shape from the first sound written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: wave.Wave_write | None = None

    def write(self, shape: Any, samples: bytes) -> float:
        """Add a sound; returns its seconds."""
        if self._writer is None:
            self._writer = wave.open(str(self._path), "wb")  # noqa: SIM115 - closed by close()
            self._writer.setparams(shape)
        self._writer.writeframesraw(samples)
        return len(samples) / float(shape.framerate * shape.sampwidth * shape.nchannels)

    def close(self) -> None:
        """Write the length into the head of the file."""
        if self._writer is not None:
            self._writer.close()


def _engine() -> Any:
    _preload_espeak()
    try:
        import pyttsx3
    except ImportError as exc:
        raise SpeechError(_("To hear voices, install pyttsx3: pip install pyttsx3 espeakng-loader")) from exc
    try:
        return pyttsx3.init()
    except (RuntimeError, OSError, ImportError, AttributeError) as exc:
        if sys.platform.startswith("linux"):
            raise SpeechError(_("To hear voices, install eSpeak NG: pip install espeakng-loader")) from exc
        raise SpeechError(_("The voices of this computer cannot be used: {why}.", why=exc)) from exc


def _preload_espeak() -> None:
    """Load the eSpeak NG that came by pip, so that pyttsx3 finds it where none is installed."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(ImportError, OSError):
        import espeakng_loader

        os.environ.setdefault("ESPEAK_DATA_PATH", espeakng_loader.get_data_path())
        ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)


def _measure_texts_rightly() -> Callable[[], int]:
    """Mend pyttsx3 2.99, which says texts are ten times as long; returns what tells if eSpeak is at work."""
    from pyttsx3.drivers import _espeak

    def synth(text: bytes, position: int = 0, position_type: int = 1, end: int = 0, flags: int = 0) -> Any:
        return _espeak.cSynth(text, len(text) + 1, position, position_type, end, flags, None, None)

    _espeak.Synth = synth
    is_playing: Callable[[], int] = _espeak.IsPlaying
    return is_playing


def _voice_info(voice: Any) -> VoiceInfo:
    languages = voice.languages or [""]
    spoken = languages[0]
    language = spoken.decode(errors="replace") if isinstance(spoken, bytes) else str(spoken or "")
    gender = str(voice.gender or "").casefold()
    return VoiceInfo(
        id=str(voice.id),
        name=str(voice.name or voice.id),
        language=language.replace("_", "-").casefold(),
        gender="female" if "female" in gender else "male" if "male" in gender else "",
    )


def _read(file: Any) -> Sound:
    try:
        with wave.open(file, "rb") as wav:
            return wav.getparams(), wav.readframes(wav.getnframes())
    except (EOFError, wave.Error) as exc:
        raise SpeechError(_("The voice made no sound of this; choose another voice.")) from exc


def _wav_of(aiff: Path) -> Path:
    """Make a WAV of the AIFF file that macOS speaks into, with its own converter."""
    wav = aiff.with_suffix(".wav")
    convert = ["/usr/bin/afconvert", "-f", "WAVE", "-d", "LEI16@22050", str(aiff), str(wav)]
    try:
        subprocess.run(convert, check=True, capture_output=True)
    except subprocess.CalledProcessError as exc:
        raise SpeechError(_("The voice made no sound of this; choose another voice.")) from exc
    return wav


if __name__ == "__main__":
    mouth = Mouth()
    serve({"voices": mouth.voices, "speak": mouth.speak})
