"""Plays a spoken line, or says plainly that this computer has nothing to play it on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal

from charstudio.i18n import _


class Player(QObject):
    """One line at a time; QtMultimedia is imported with the first one, since that takes a second."""

    ended = Signal()
    silent = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._player: Any = None
        self._output: Any = None

    def play(self, file: Path) -> None:
        """Play a WAV file; `silent` tells in a sentence why nothing can be heard."""
        why = self._prepare()
        if why:
            self.silent.emit(_("{why} The line was saved to {file}.", why=why, file=file))
            return
        self._player.setSource(QUrl())
        self._player.setSource(QUrl.fromLocalFile(str(file)))
        self._player.play()

    def stop(self) -> None:
        """Be quiet."""
        if self._player is not None:
            self._player.stop()

    def _prepare(self) -> str:
        try:
            from PySide6.QtMultimedia import QAudioOutput, QMediaDevices, QMediaPlayer
        except ImportError:
            return _("This computer lacks the sound library that Qt needs (libpulse0).")
        if QMediaDevices.defaultAudioOutput().isNull():
            return _("There is no audio device here.")
        if self._player is None:
            self._player = QMediaPlayer(self)
            if not self._player.isAvailable():
                self._player = None
                return _("This computer lacks a part that Qt needs to play sound (libxrandr2).")
            self._output = QAudioOutput(self)
            self._player.setAudioOutput(self._output)
            self._player.playbackStateChanged.connect(self._on_state)
        return ""

    def _on_state(self) -> None:
        from PySide6.QtMultimedia import QMediaPlayer

        if self._player.playbackState() == QMediaPlayer.PlaybackState.StoppedState:
            self.ended.emit()
