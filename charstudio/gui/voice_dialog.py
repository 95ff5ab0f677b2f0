"""How a character sounds, in words rather than numbers; each choice can be heard at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from charstudio.gui.settings_dialog import Choices
from charstudio.gui.text import Label, one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import PrimaryButton, QuietButton, column, row
from charstudio.i18n import _
from charstudio.voices import VoiceSettings

RATES = (110, 140, 170, 210, 250)
PITCHES = (20, 35, 50, 65, 80)
VOLUMES = (0.4, 0.7, 1.0)


class VoiceDialog(QDialog):
    """Tells every choice as whole `VoiceSettings`; None means that the sheet decides."""

    voice_chosen = Signal(object)
    listen_wanted = Signal()

    def __init__(self, theme: Theme, name: str, voice: VoiceSettings, why: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Voice"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._voice = voice
        reason = Label(theme, "ui_small", why, colour="text_2")
        reason.setWordWrap(True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(14)
        rate_words = (_("Very slow"), _("Slow"), _("Even"), _("Quick"), _("Very quick"))
        pitch_words = (_("Very low"), _("Low"), _("Middle"), _("High"), _("Very high"))
        volume_words = (_("Soft"), _("Plain"), _("Full"))
        pitch = 50 if voice.pitch is None else voice.pitch
        chosen: tuple[tuple[str, list[tuple[object, str]], object, Callable[..., None]], ...] = (
            (_("Voice"), [*_voices(voice.voice)], voice.voice, self._on_voice),
            (_("Pace"), [*zip(RATES, rate_words, strict=True)], _near(RATES, voice.rate), self._on_rate),
            (_("Pitch"), [*zip(PITCHES, pitch_words, strict=True)], _near(PITCHES, pitch), self._on_pitch),
            (
                _("Loudness"),
                [*zip(VOLUMES, volume_words, strict=True)],
                _near(VOLUMES, voice.volume),
                self._on_volume,
            ),
        )
        for line, (words, choices, now, slot) in enumerate(chosen):
            chips = Choices(theme, words, choices, now)
            chips.chosen.connect(slot)
            grid.addWidget(Label(theme, "ui", words, colour="text_2"), line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(chips, line, 1)
        grid.setColumnStretch(1, 1)
        listen = PrimaryButton(theme, _("Listen"), icon="volume-2")
        sheet = QuietButton(theme, _("As the sheet says"))
        close = QuietButton(theme, _("Close"), keys="Esc")
        foot = row(margins=(0, 8, 0, 0))
        foot.addWidget(sheet)
        foot.addStretch()
        foot.addWidget(close)
        foot.addWidget(listen)
        layout = column(margins=(24, 20, 24, 20), gap=18)
        layout.addWidget(Label(theme, "name", _("The voice of {name}", name=one_line(name)[:60])))
        layout.addWidget(reason)
        layout.addLayout(grid)
        layout.addLayout(foot)
        self.setLayout(layout)
        width = round(500 * max(1.0, theme.scale))
        self.setFixedSize(width, layout.totalHeightForWidth(width))

        listen.clicked.connect(self.listen_wanted)
        sheet.clicked.connect(self._on_sheet)
        close.clicked.connect(self.accept)

    def _on_voice(self, voice: str) -> None:
        self._tell(replace(self._voice, voice=voice))

    def _on_rate(self, rate: int) -> None:
        self._tell(replace(self._voice, rate=rate))

    def _on_pitch(self, pitch: int) -> None:
        self._tell(replace(self._voice, pitch=pitch))

    def _on_volume(self, volume: float) -> None:
        self._tell(replace(self._voice, volume=volume))

    def _on_sheet(self) -> None:
        self.voice_chosen.emit(None)
        self.accept()

    def _tell(self, voice: VoiceSettings) -> None:
        if voice != self._voice:
            self._voice = voice
            self.voice_chosen.emit(voice)


def _voices(now: str) -> list[tuple[str, str]]:
    """Voices that are unlike one another; the one in use is among them whatever it is."""
    found = [
        ("gmw/en-us+f3", _("A woman")),
        ("gmw/en-us+f5", _("A girl")),
        ("gmw/en-us+grandma", _("An old woman")),
        ("gmw/en-us+m3", _("A man")),
        ("gmw/en-us+m8", _("A deep man")),
        ("gmw/en-us+m1", _("An old man")),
        ("gmw/en-gb-x-rp+f3", _("A woman, English")),
        ("gmw/en-gb-x-rp+m3", _("A man, English")),
        ("gmw/en-us+whisper", _("A whisper")),
    ]
    return found if any(voice == now for voice, _words in found) else [(now, _("The present one")), *found]


def _near(choices: tuple[float, ...], value: float) -> float:
    return min(choices, key=lambda choice: abs(choice - value))
