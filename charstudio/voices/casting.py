"""Casts a voice for a character: reads the sheet, picks a voice, and says why in one sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from charstudio.i18n import _
from charstudio.sheet import Schema, Sheet
from charstudio.voices.hints import (
    MOOD,
    PACE,
    SOUND,
    Age,
    Hint,
    Sex,
    accent_of,
    age_of,
    found,
    sex_of,
)
from charstudio.voices.settings import FASTEST, PLAIN_RATE, SLOWEST, VoiceSettings

# Pitch in Hz and size of the throat (1 is an average woman's), tried out on fourteen profiles.
_BASE: dict[Sex, tuple[float, float]] = {"male": (115, 0.86), "female": (200, 1.0), "neutral": (155, 0.93)}
# What eSpeak's variants have at pitch 50, in Hz, and how many steps of its pitch are a semitone: measured on
# its en-us voice (pitch 0 is 5 to 7 semitones down, 99 is 8 up).
_NATURAL = {"f3": 214, "f2": 197, "f5": 206, "m3": 107, "m4": 97, "m8": 87, "m1": 96, "grandma": 210}
_STEPS_DOWN, _STEPS_UP = 8.3, 6.1
_PLAIN_ACCENT = "gmw/en-us"
LONGEST_QUOTE = 60


@dataclass(frozen=True, slots=True)
class Sound:
    """A voice as it should sound, whatever engine speaks: pitch in Hz, the rest as factors."""

    pitch: float
    formant: float
    rate: float = 1.0
    volume: float = 1.0
    rough: bool = False
    breath: float = 0.0

    def with_hint(self, hint: Hint) -> Sound:
        """The sound after one more word about it."""
        return Sound(
            self.pitch * hint.pitch,
            self.formant * hint.formant,
            self.rate * hint.rate,
            self.volume * hint.volume,
            self.rough or hint.rough,
            max(self.breath, hint.breath),
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from a sheet: the hints, and the words of the writer that gave them."""

    sex: Sex | None = None
    age: Age | None = None
    accent: str = ""
    hints: tuple[Hint, ...] = ()
    causes: tuple[str, ...] = ()


def voice_for(sheet: Sheet, schema: Schema) -> tuple[VoiceSettings, str]:
    """The voice that fits a sheet, and the reason in one sentence; the same sheet always gets the same voice.

    The voice is one of eSpeak's; on other engines `nearest_voice` finds one of the same sex. Attributes
    that the schema does not have are not read.
    """
    reading = _read(sheet, schema)
    if not reading.causes:
        return VoiceSettings(), _(
            "Nothing on the sheet tells yet how this voice sounds, so it is the plain one."
        )
    sound = _sound(reading)
    return _settings(sound, reading.accent), _reason(sound, reading)


def _read(sheet: Sheet, schema: Schema) -> Reading:
    def text(attribute: str) -> str:
        return sheet.text(attribute) if attribute in schema.attributes else ""

    sound, pace, mood = text("voice_sound"), text("speech_pace"), text("mood")
    from_sound = found(SOUND, sound) + found(PACE, sound)[:1]
    from_pace, from_mood = found(PACE, pace)[:1], found(MOOD, mood)[:1]
    gender = "gender" if sex_of(text("gender")) else "pronouns"
    sex, age, accent = sex_of(text(gender)), age_of(text("age")), accent_of(text("accent"))
    causes = (
        (bool(sex), _quoted(text(gender))),
        (bool(from_sound), _quoted(sound)),
        (bool(from_pace), _quoted(pace)),
        (bool(from_mood), _quoted(mood)),
        (bool(accent), _quoted(text("accent"))),
        (age not in (None, "adult"), _years(text("age"))),
    )
    return Reading(
        sex,
        age,
        accent,
        (*from_sound, *from_pace, *from_mood),
        tuple(words for told, words in causes if told),
    )


def _sound(reading: Reading) -> Sound:
    sex = reading.sex or "neutral"
    sound = _aged(Sound(*_BASE[sex]), sex, reading.age)
    for hint in reading.hints:
        sound = sound.with_hint(hint)
    return sound


def _aged(sound: Sound, sex: Sex, age: Age | None) -> Sound:
    if age == "child":
        return Sound(256.0 if sex == "male" else 270.0, 1.2, 1.05)
    if age == "teen":
        return Sound(sound.pitch * 1.12, min(1.08, sound.formant * 1.06), 1.05)
    if age == "mature":
        return replace(sound, pitch=sound.pitch * 0.98, rate=0.93)
    if age == "elder":
        pitch = sound.pitch * (0.95 if sex == "female" else 1.06)
        return Sound(pitch, sound.formant * 0.98, 0.88, rough=True)
    return sound


def _settings(sound: Sound, accent: str) -> VoiceSettings:
    variant = _variant(sound)
    return VoiceSettings(
        voice=f"{accent or _PLAIN_ACCENT}+{variant}",
        rate=max(SLOWEST, min(FASTEST, round(PLAIN_RATE * sound.rate))),
        pitch=_pitch(sound, variant),
        volume=round(max(0.2, min(1.0, 0.8 * sound.volume)), 2),
    )


def _pitch(sound: Sound, variant: str) -> int | None:
    if variant not in _NATURAL:  # a whisper has none
        return None
    semitones = 12 * math.log2(sound.pitch / _NATURAL[variant])
    steps = semitones * (_STEPS_DOWN if semitones < 0 else _STEPS_UP)
    return max(0, min(99, round(50 + steps)))


def _variant(sound: Sound) -> str:
    if sound.breath >= 2:
        return "whisper"
    if sound.rough:
        return "grandma" if sound.pitch > 150 else "m1"
    if sound.pitch > 230:
        return "f5"
    if sound.pitch > 165:
        return "f3"
    if sound.pitch > 140:
        return "f2"
    if sound.pitch > 120:
        return "m4"
    return "m8" if sound.formant < 0.85 else "m3"


# The sentence that says why


def _reason(sound: Sound, reading: Reading) -> str:
    whose, manner = _whose(reading), _manner(sound, reading)
    what = whose or _listed(manner)
    if whose and manner:
        what = _("{voice}, {manner}", voice=whose, manner=_listed(manner))
    return _("{what}, because you said {why}.", what=what[:1].upper() + what[1:], why=_listed(reading.causes))


def _manner(sound: Sound, reading: Reading) -> list[str]:
    pitch = math.prod(hint.pitch for hint in reading.hints)
    told = (
        (pitch <= 0.93, _("low")),
        (pitch >= 1.08, _("high")),
        (any(hint.rough for hint in reading.hints), _("rough")),
        (sound.breath >= 2, _("whispered")),
        (sound.rate < 0.78, _("very slow")),
        (0.78 <= sound.rate <= 0.94, _("slow")),
        (1.06 <= sound.rate <= 1.25, _("quick")),
        (sound.rate > 1.25, _("very quick")),
        (sound.volume < 0.9 and sound.breath < 2, _("soft")),
        (sound.volume > 1.1, _("loud")),
        (bool(reading.accent), _("with that accent")),
    )
    return [word for true, word in told if true]


def _whose(reading: Reading) -> str:
    age = {"child": "child", "teen": "teen", "elder": "elder"}.get(reading.age or "", "adult")
    voices = {
        ("child", "female"): _("a girl’s voice"),
        ("child", "male"): _("a boy’s voice"),
        ("child", "neutral"): _("a child’s voice"),
        ("teen", "female"): _("a young woman’s voice"),
        ("teen", "male"): _("a young man’s voice"),
        ("teen", "neutral"): _("a young voice"),
        ("elder", "female"): _("an old woman’s voice"),
        ("elder", "male"): _("an old man’s voice"),
        ("elder", "neutral"): _("an old voice"),
        ("adult", "female"): _("a woman’s voice"),
        ("adult", "male"): _("a man’s voice"),
        ("adult", "neutral"): _("a voice between a woman’s and a man’s") if reading.sex else "",
    }
    return voices[age, reading.sex or "neutral"]


def _listed(words: tuple[str, ...] | list[str]) -> str:
    if not words:
        return _("an even voice")
    if len(words) == 1:
        return words[0]
    return _("{most} and {last}", most=", ".join(words[:-1]), last=words[-1])


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    short = line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1].rstrip() + "…"
    return _("“{words}”", words=short)


def _years(text: str) -> str:
    plain = text.strip()
    return _("{n} years old", n=plain) if plain.isdecimal() else _quoted(text)
