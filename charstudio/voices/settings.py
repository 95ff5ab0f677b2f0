"""What is remembered of a character's voice: which one, how fast, how high, how loud."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

PLAIN_RATE = 170
SLOWEST, FASTEST = 80, 450
LONGEST_ID = 500

# Variants of eSpeak that can be understood and are unlike one another (measured by speech recognition), with
# their sex. They are not in eSpeak's own list of voices.
VARIANTS = {
    "f3": "female",
    "f2": "female",
    "f5": "female",
    "grandma": "female",
    "m3": "male",
    "m4": "male",
    "m8": "male",
    "m1": "male",
    "klatt4": "male",
    "whisper": "",
}
_ESPEAK_ID = re.compile(r"[a-z]{2,4}/([A-Za-z]{2,3})[\w-]*(?:\+([\w-]+))?")


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice that this computer has; `language` is like `en-us`, `gender` is `male`, `female` or empty."""

    id: str
    name: str
    language: str = ""
    gender: str = ""


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """How one character speaks.

    `voice` is the id of a `VoiceInfo`, or empty for the computer's own; `rate` is in words per minute
    (80 to 450); `pitch` goes from 0 to 99 with 50 as it comes, None leaves it alone; `volume` from 0 to 1.
    Only eSpeak (Linux) knows pitch: Windows (SAPI) and macOS (NSSS) leave it out, so there a low voice has
    to be chosen as a voice.
    """

    voice: str = ""
    rate: int = PLAIN_RATE
    pitch: int | None = None
    volume: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """The settings as they are stored."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | object) -> VoiceSettings:
        """Read what was stored, by whatever program; what makes no sense becomes the plain setting."""
        known = stored if isinstance(stored, Mapping) else {}
        voice = known.get("voice")
        pitch = _number(known.get("pitch"), 0, 99)
        rate = _number(known.get("rate"), SLOWEST, FASTEST)
        volume = _number(known.get("volume"), 0.0, 1.0)
        return cls(
            voice=voice if isinstance(voice, str) and len(voice) <= LONGEST_ID else "",
            rate=PLAIN_RATE if rate is None else round(rate),
            pitch=None if pitch is None else round(pitch),
            volume=1.0 if volume is None else volume,
        )


def _number(value: object, least: float, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return float(max(least, min(most, value)))


def nearest_voice(wanted: str, voices: Iterable[VoiceInfo]) -> str:
    """The voice of this computer for a voice chosen on another one, as an id; empty if none is near.

    Sheets are given eSpeak's voices (`gmw/en-us+f3`); where another engine speaks, the first voice of that
    language and sex stands in.
    """
    named = _ESPEAK_ID.fullmatch(wanted)
    if named is None:
        return ""
    language = named[1].casefold()
    gender = VARIANTS.get(named[2] or "", "")
    speaking = [v for v in voices if v.language.split("-")[0] == language]
    fitting = [v for v in speaking if gender and v.gender == gender]
    return next((v.id for v in (*fitting, *speaking)), "")
