"""The words of a sheet from which a voice can be heard: low, hoarse, quickly, a boy of nine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Sex = Literal["female", "male", "neutral"]
Age = Literal["child", "teen", "adult", "mature", "elder"]

LONGEST_READ = 2000  # characters of one value that are looked at


@dataclass(frozen=True, slots=True)
class Hint:
    """What one word does to a voice; factors, 1 changes nothing. `breath` 2 and more is a whisper."""

    words: re.Pattern[str]
    pitch: float = 1.0
    rate: float = 1.0
    formant: float = 1.0
    volume: float = 1.0
    rough: bool = False
    breath: float = 0.0


def _words(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{alternatives})\b", re.I)


SOUND = (
    Hint(_words(r"low(?:er|ish)?|deep\w*|bass|baritone|rumbl\w+|dark|growl\w*"), pitch=0.86, formant=0.94),
    Hint(_words(r"high(?:er|ish)?(?:-pitched)?|shrill|squeak\w*|reedy|piping|thin|soprano"), pitch=1.15),
    Hint(_words(r"bright|light|clear|lilting|sing-?song|girlish|boyish"), pitch=1.1, rate=1.04),
    Hint(_words(r"warm|mellow|velvet\w*|honeyed|rich"), pitch=0.95, rate=0.96),
    Hint(
        _words(r"hoarse|rough|rasp\w*|gravel\w*|husky|gruff|smok\w+|crack\w+|croak\w*"),
        pitch=0.92,
        rough=True,
    ),
    Hint(_words(r"whisper\w*|breathy|toneless|voiceless"), rate=0.95, volume=0.8, breath=3.0),
    Hint(_words(r"soft\w*|quiet\w*|gentle|murmur\w*|hushed|faint|mumbl\w*"), rate=0.95, volume=0.65),
    Hint(_words(r"loud\w*|boom\w*|shout\w*|brash|thunder\w*|carr(?:y|ies|ying)"), pitch=1.03, volume=1.25),
)
PACE = (
    Hint(_words(r"(?:very|painfully|maddeningly) slow\w*"), rate=0.72),
    Hint(_words(r"slow\w*|drawl\w*|unhurried\w*|measured|pauses?|deliberate\w*|halting\w*"), rate=0.84),
    Hint(_words(r"(?:very|too|extremely) (?:quick\w*|fast\w*|rapid\w*)|breathless\w*"), rate=1.35),
    Hint(_words(r"quick\w*|fast\w*|rapid\w*|hurried\w*|rush\w*|bursts?|breakneck"), rate=1.18),
)
MOOD = (
    Hint(_words(r"gloom\w*|sad\w*|melanchol\w*|mourn\w*|grie\w+|depress\w*|bleak"), pitch=0.95, rate=0.9),
    Hint(_words(r"weary|tired|exhausted|resigned|bored"), pitch=0.97, rate=0.88),
    Hint(_words(r"calm\w*|serene\w*|placid|composed"), rate=0.93),
    Hint(_words(r"sunny|cheer\w*|hopeful\w*|happy|merry|playful|excited"), pitch=1.06, rate=1.06),
    Hint(_words(r"anxious\w*|nervous\w*|afraid|fearful|jumpy|worried"), pitch=1.06, rate=1.08),
    Hint(_words(r"angry|irritable|furious|bitter|impatient"), pitch=1.04, rate=1.08, volume=1.15),
)
ACCENTS = (
    (_words(r"scot\w*|glasgow|glaswegian|edinburgh"), "gmw/en-gb-scotland"),
    (_words(r"lancas\w+|manchester|mancunian"), "gmw/en-gb-x-gbclan"),
    (_words(r"birmingham|brummie|west midlands|black country"), "gmw/en-gb-x-gbcwmd"),
    (_words(r"received pronunciation|rp|posh|upper-class"), "gmw/en-gb-x-rp"),
    (_words(r"caribbean|jamaica\w*|trinidad\w*|barbad\w+|bajan"), "gmw/en-029"),
    (_words(r"new york\w*|brooklyn|bronx"), "gmw/en-us-nyc"),
    (_words(r"british|london\w*|england"), "gmw/en"),
)

_FEMALE = _words(r"wom[ae]n|female|girl|lady|she|her|mother|femme|feminine")
_MALE = _words(r"m[ae]n|male|boy|he|him|guy|masculine")
_NEUTRAL = _words(r"non-?binary|agender|genderless|gender-?fluid|neither|enby|androgyn\w+|neutral")
_DENIED = re.compile(r"(?:\b(?:not|never|no|without|less|nor|hardly)|n[’']t)\s+(?:\w+\s+){0,2}$", re.I)

_TENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twent": 20, "thirt": 30, "fort": 40, "fift": 50,
    "sixt": 60, "sevent": 70, "eight": 80, "ninet": 90,
}  # fmt: skip
_SPELT = re.compile(rf"\b({'|'.join(k for k, n in _TENS.items() if n < 20)})\b", re.I)
_SPELT_TENS = re.compile(rf"\b({'|'.join(k for k, n in _TENS.items() if n >= 20)})(?:y|ies)\b", re.I)
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_YOUNG = _words(
    r"bab(?:y|ies)|infant|toddler|child\w*|kid|little (?:girl|boy)|months?|weeks?|"
    r"(?:four|five|six|seven|eight|nine)(?=$| years? old)"
)
_TEEN = _words(r"teen\w*|adolescent|youth")
_OLD = _words(r"(?:old|elderly|ancient|aged|grandmother|grandfather)(?! enough)")
HUNDREDS = 120  # years: an elf of three hundred need not sound old


def found(hints: tuple[Hint, ...], text: str) -> list[Hint]:
    """The hints that `text` gives; what is denied (“never loud”) gives none."""
    return [hint for hint in hints if said(hint.words, text)]


def said(words: re.Pattern[str], text: str) -> bool:
    """Whether one of `words` stands in the text and is not denied."""
    text = text[:LONGEST_READ]
    return any(not _DENIED.search(text[max(0, m.start() - 40) : m.start()]) for m in words.finditer(text))


def sex_of(text: str) -> Sex | None:
    """Whose voice the words for gender or the pronouns suggest; None if they say nothing."""
    text = text[:LONGEST_READ]
    if said(_NEUTRAL, text):
        return "neutral"
    female, male = _FEMALE.search(text), _MALE.search(text)
    if female and male:
        return "female" if female.start() < male.start() else "male"
    if female or male:
        return "female" if female else "male"
    return "neutral" if said(_words("they|them|it|its"), text) else None


def accent_of(text: str) -> str:
    """The eSpeak voice of an accent, or an empty text."""
    return next((voice for words, voice in ACCENTS if said(words, text)), "")


def age_of(text: str) -> Age | None:
    """The age of a voice by the words for it: “58”, “in her fifties”, “a child”; None if they say nothing."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text[:LONGEST_READ])
    years = years_of(text)
    if years is not None and not re.search(r"\b(?:months?|weeks?|days?)\b", text, re.I):
        return _band(years)
    for words, age in ((_YOUNG, "child"), (_TEEN, "teen"), (_OLD, "elder")):
        if said(words, text):
            return age  # type: ignore[return-value]
    return None


def years_of(text: str) -> int | None:
    """The first number of years in the text, in digits or spelt (tens only)."""
    digits = _NUMBER.search(text)
    if digits:
        return int(digits[0])
    spelt = _SPELT_TENS.search(text) or _SPELT.search(text)
    return _TENS[spelt[1].casefold()] if spelt else None


def _band(years: int) -> Age | None:
    if years >= HUNDREDS:
        return None
    bands: tuple[tuple[int, Age], ...] = ((13, "child"), (20, "teen"), (50, "adult"), (65, "mature"))
    return next((age for limit, age in bands if years < limit), "elder")
