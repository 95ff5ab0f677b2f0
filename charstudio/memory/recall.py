"""Finds the memories that fit a moment, and says why each one came back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from charstudio.errors import Cancel, StudioError
from charstudio.i18n import _
from charstudio.memory.embed import Embedder
from charstudio.model import Memory, Message, Recalled
from charstudio.store import Library

CLOSE_ENOUGH = 0.35  # cosine of all-MiniLM-L6-v2; below it the likeness is chance
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Indexed:
    """How many memories have been read for their meaning."""

    done: int
    total: int


class Recall:
    """One library's memories, found by meaning when an embedder is ready and by words until then."""

    def __init__(self, library: Library, embedder: Embedder | None) -> None:
        self._library = library
        self._embedder = embedder

    def remember(self, character_id: int, message: Message) -> None:
        """Keep what was said; very short and unfinished words are nothing to remember."""
        text = message.body.strip()
        if len(text) < 12 or message.state == "failed":
            return
        self._library.memories.said(character_id, message.talk_id, message.id, text[:LONGEST])

    def find(
        self, character_id: int, text: str, *, beyond: frozenset[int] = frozenset(), most: int = 3
    ) -> list[Recalled]:
        """The memories closest to `text`, best first; none from the messages in `beyond`. Never waits."""
        found: dict[int, Recalled] = {}
        for recalled in (*self._by_meaning(character_id, text), *self._by_words(character_id, text)):
            if recalled.memory.message_id not in beyond:
                found.setdefault(recalled.memory.id, recalled)
        return sorted(found.values(), key=lambda r: -r.score)[:most]

    def index(self, character_id: int, cancel: Cancel) -> Iterator[Indexed]:
        """Read the meaning of memories that have not been read yet; waits for the embedder."""
        if self._embedder is None:
            return
        done = 0
        while batch := self._library.memories.without_vector(character_id, self._embedder.name):
            cancel.check()
            dimension, vectors = self._embedder.embed([m.text for m in batch], cancel)
            self._library.memories.keep_vectors(
                self._embedder.name, dimension, list(zip(batch, vectors, strict=True))
            )
            done += len(batch)
            yield Indexed(done, done)

    def _by_meaning(self, character_id: int, text: str) -> list[Recalled]:
        if self._embedder is None:
            return []
        if not self._embedder.ready:
            self._embedder.wake()
            return []
        known = self._library.memories.vectors(character_id, self._embedder.name)
        if not known:
            return []
        try:
            _dimension, (query,) = self._embedder.embed([text])
        except StudioError:
            return []
        import numpy as np  # only once there is something to compare: it costs the window's start nothing

        matrix = np.frombuffer(b"".join(body for _m, body in known), dtype="<f4").reshape(len(known), -1)
        likeness = matrix @ np.frombuffer(query, dtype="<f4")
        close = [(float(score), memory) for score, (memory, _b) in zip(likeness, known, strict=True)]
        close = sorted((c for c in close if c[0] >= CLOSE_ENOUGH), key=lambda c: -c[0])[:8]
        return [Recalled(memory, _("by meaning"), score) for score, memory in close]

    def _by_words(self, character_id: int, text: str) -> list[Recalled]:
        found = self._library.memories.by_words(character_id, text)
        asked = set(re.findall(r"\w{4,}", text.casefold()))
        best = max((score for _m, score in found), default=0.0)
        recalled = []
        for memory, score in found:
            shared = _shared(memory, asked)
            if shared:
                # Words weigh less than meaning: half of the scale at most.
                weight = 0.5 * (score / best if best else 0.0)
                recalled.append(Recalled(memory, _("by the word “{word}”", word=shared), weight))
        return recalled


def _shared(memory: Memory, asked: set[str]) -> str:
    """The longest word that stands in both, of four letters at least; common words tell nothing."""
    words = set(re.findall(r"\w{4,}", memory.text.casefold()))
    return max((w for w in words & asked if w not in _COMMON), key=len, default="")


_COMMON = frozenset(
    (
        "what when where which with your you're yours have this that there their they them then than "
        "from about would could should will just like know think want tell does were been being over "
        "very some into only also more most much many because well here said says really ever never "
        "going make made"
    ).split()
)
