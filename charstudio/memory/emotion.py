"""How a memory feels, as eight numbers, and how memories are chosen by the mood a character is in.

The eight emotions and the four ways of joining likeness and mood are those of Emotional RAG (Huang et al.
2024): combination adds or multiplies the distance of meaning and the distance of mood, a sequence takes
the nearest by one and puts them in order by the other. Distances are z-normalised first, since cosines of
vectors from 1 to 10 lie close together; vectors are centred at 1, which is no emotion at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import yaml
from numpy.typing import NDArray

from charstudio import paths

NAMES = ("joy", "acceptance", "fear", "surprise", "sadness", "disgust", "anger", "anticipation")
NEUTRAL = (1.0,) * len(NAMES)
FIRST = 20  # memories that the first step of a sequence leaves
FADE = 0.6  # what is left of the way to 10 after each word that shows an emotion

Strategy = Literal["add", "multiply", "meaning first", "mood first"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
Emotion = tuple[float, ...]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mood:
    """What a character feels now, and how much of recall follows that: 0 is meaning alone, 1 mood alone."""

    emotion: Emotion = NEUTRAL
    weight: float = 0.0
    strategy: Strategy = "add"

    @staticmethod
    def named(name: str, weight: float = 0.5, strategy: Strategy = "add") -> Mood:
        """The pure form of one of the eight emotions."""
        return Mood(tuple(10.0 if name == n else 1.0 for n in NAMES), weight, strategy)


class Lexicon:
    """Words that tell how something feels; an own short list, used until a model has read the memory."""

    def __init__(self, words: dict[str, str]) -> None:
        self._whole: dict[str, tuple[int, ...]] = {}
        self._begin: dict[str, tuple[int, ...]] = {}
        for n, name in enumerate(NAMES):
            for word in words[name].split():
                kept = self._begin if word.endswith("*") else self._whole
                key = word.rstrip("*")
                kept[key] = (*kept.get(key, ()), n)
        lengths = {len(key) for key in self._begin}
        self._lengths = range(min(lengths), max(lengths) + 1)

    @staticmethod
    def load() -> Lexicon:
        """The list that is shipped."""
        text = paths.resource("emotions.yaml").read_text(encoding="utf-8")
        return Lexicon(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - a safe one

    def read(self, text: str) -> Emotion:
        """Eight numbers from 1 (nothing of it) to 10; what is denied just before does not count."""
        counts = [0] * len(NAMES)
        denied = 0
        for word in _WORD.findall(text[:_READ].casefold()):
            if word in _DENIALS or word.endswith(("n't", "n’t")):
                denied = 3
                continue
            denied -= 1
            if denied <= 0:
                for n in self._of(word):
                    counts[n] += 1
        return tuple(10.0 - 9.0 * FADE**count for count in counts)

    def _of(self, word: str) -> tuple[int, ...]:
        found = self._whole.get(word, ())
        for length in self._lengths:
            if length > len(word):
                break
            found += self._begin.get(word[:length], ())
        return found


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_DENIALS = frozenset("not no never without hardly nor cannot".split())
_READ = 4000


def mood_distance(emotions: NDArray[np.uint8], mood: Emotion, step: int) -> Floats:
    """The cosine distance of each memory's emotions from a mood, both centred at 1; a memory without any
    emotion stands in the middle.
    """
    felt = emotions.astype(np.float32) / step - 1.0
    felt[felt < 0] = 0.0
    asked = np.asarray(mood, np.float32) - 1.0
    size = np.linalg.norm(felt, axis=1) * float(np.linalg.norm(asked))
    cosine = np.divide(felt @ asked, size, out=np.zeros(len(felt), np.float32), where=size > 0)
    distance: Floats = 1.0 - cosine
    return distance


def z(scores: Floats) -> Floats:
    """Scores with mean 0 and deviation 1; all 0 where they do not differ."""
    spread = float(scores.std()) if len(scores) else 0.0
    return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros_like(scores)


def with_mood(meaning: Floats, distance: Floats, mood: Mood) -> Floats:
    """Scores (higher is better) of memories whose likeness is `meaning` and whose mood is `distance` away."""
    if mood.weight <= 0 or not len(meaning):
        return meaning
    likeness, nearness = z(meaning), z(-distance)
    if mood.strategy == "add":
        mixed: Floats = (1 - mood.weight) * likeness + mood.weight * nearness
        return mixed
    if mood.strategy == "multiply":
        # Distances from the best, weighed as powers: a product of what may be negative would mean nothing.
        far, off = likeness.max() - likeness + 1.0, nearness.max() - nearness + 1.0
        product: Floats = -(far ** (1 - mood.weight)) * off**mood.weight
        return product
    first, then = (likeness, nearness) if mood.strategy == "meaning first" else (nearness, likeness)
    keep = np.argsort(-first, kind="stable")[:FIRST]
    ordered = np.full(len(first), -np.inf, np.float32)
    ordered[keep] = then[keep]
    return ordered


def nearest(values: Sequence[float]) -> str:
    """The name of the strongest emotion; empty where there is none."""
    best = max(range(len(values)), key=lambda n: values[n], default=0)
    return NAMES[best] if values and values[best] > 1.5 else ""
