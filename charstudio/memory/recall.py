"""Finds the memories that fit a moment, and says why each one came back."""

from __future__ import annotations

import itertools
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from charstudio.errors import Cancel, StudioError
from charstudio.i18n import _
from charstudio.memory.embed import Embedder
from charstudio.memory.question import STOP, Question, read_question
from charstudio.model import Memory, Message, Recalled
from charstudio.store import Library
from charstudio.store.memories import Told

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from charstudio.memory.emotion import Lexicon, Mood
    from charstudio.memory.matrix import Floats, Matrix
    from charstudio.memory.scores import Weights

CLOSE_ENOUGH = 0.28  # cosine of all-MiniLM-L6-v2; strangers stay below 0.22, kin begin at 0.3
AT_ONCE = 16  # memories read on the way to a reply; more than that wait for a quiet moment
BATCH = 256  # memories read for their meaning between two looks at Stop
MOST_ROWS = 3_000  # rows of the word index that one question may touch
CHUNK = 2000  # memories of which the mood is read between two looks at Stop
CANDIDATES = 24  # looked at more closely before a reply
AT_HAND = 3  # characters whose memories are kept ready
BRIEF = 600  # characters of a memory that a prompt is given
SHORTEST = 12  # characters that are worth remembering


@dataclass(frozen=True, slots=True)
class Indexed:
    """How many memories have been read for their meaning."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class How:
    """How to recall: as of which stage, in which mood, with which weights; None leaves it as usual."""

    stage_id: int | None = None
    mood: Mood | None = None
    weights: Weights | None = None


class Recall:
    """One library's memories, found by meaning when an embedder is ready and by words until then."""

    def __init__(self, library: Library, embedder: Embedder | None) -> None:
        self._library = library
        self._embedder = embedder
        self._matrices: OrderedDict[int, Matrix] = OrderedDict()
        self._lexicon: Lexicon | None = None

    def use(self, embedder: Embedder | None) -> None:
        """Another embedder from now on; what it has not read yet is found by words until it has."""
        self._embedder = embedder
        self._matrices.clear()

    def remember(self, character_id: int, message: Message) -> None:
        """Keep what was said; very short and unfinished words are nothing to remember."""
        text = message.body.strip()
        if len(text) < SHORTEST or message.state == "failed":
            return
        self._library.memories.said(
            character_id,
            message.talk_id,
            message.id,
            text,
            speaker=message.name,
            time=message.created,
            moment=_moment(message.created),
            emotion=self.lexicon().read(text),
        )

    def note(self, character_id: int, text: str, *, speaker: str = "") -> Memory:
        """Keep what the writer notes; undo takes it back."""
        emotion = self.lexicon().read(text)
        return self._library.memories.note(character_id, text, speaker=speaker, emotion=emotion)

    def tell(self, character_id: int, told: Sequence[Told], source_id: int) -> int:
        """Keep many things that a file tells, at once and found by words from then on; how many were new."""
        return self._library.memories.tell(character_id, [replace(t, source_id=source_id) for t in told])

    def feel(self, character_id: int, cancel: Cancel) -> None:
        """Read how memories feel by their words, where nobody has told it yet."""
        memories, read = self._library.memories, self.lexicon().read
        while batch := memories.without_emotion(character_id, CHUNK):
            cancel.check()
            memories.feel([(m.id, read(m.text)) for m in batch], "words")

    def by_words_alone(self) -> Recall:
        """The same memories without an embedder."""
        return Recall(self._library, None)

    def lexicon(self) -> Lexicon:
        """The words by which a feeling is told until a model has read the memory."""
        if self._lexicon is None:
            from charstudio.memory.emotion import Lexicon

            self._lexicon = Lexicon.load()
        return self._lexicon

    def find(
        self,
        character_id: int,
        text: str,
        *,
        beyond: frozenset[int] = frozenset(),
        most: int = 3,
        how: How | None = None,
    ) -> list[Recalled]:
        """The memories that fit `text`, best first; none from the messages in `beyond`, none that has
        nothing to do with it, none of a later stage than the one in view. Never waits for the embedder.
        """
        how = how or self._in_view(character_id)
        vector = self._vector_at_once(character_id, text, beyond)
        found = self._ranked(character_id, text, vector, CANDIDATES + len(beyond), how)
        fitting = []
        for recalled in found:
            reason = _reason(recalled, text)
            if recalled.memory.message_id not in beyond and reason:
                fitting.append(_because(recalled, reason))
        return fitting[:most]

    def recall(
        self, character_id: int, text: str, most: int, how: How | None = None, cancel: Cancel | None = None
    ) -> list[Recalled]:
        """The `most` best memories for `text`, however faint; waits for the embedder."""
        return self.recall_all(character_id, [text], most, how, cancel)[0]

    def recall_all(
        self,
        character_id: int,
        texts: Sequence[str],
        most: int,
        how: How | None = None,
        cancel: Cancel | None = None,
    ) -> list[list[Recalled]]:
        """`recall` for several questions at once."""
        matrix = self._matrix(character_id)
        vectors: Sequence[bytes | None] = [None] * len(texts)
        if self._embedder is not None and matrix.column("read").any():
            bare = [self._question(matrix, text).bare for text in texts]
            _dimension, vectors = self._embedder.embed(bare, cancel)
        return [
            self._ranked(character_id, text, vector, most, how or How())
            for text, vector in zip(texts, vectors, strict=True)
        ]

    def index(self, character_id: int, cancel: Cancel) -> Iterator[Indexed]:
        """Read the meaning of memories that have not been read yet; waits for the embedder."""
        self.feel(character_id, cancel)
        if self._embedder is None:
            return
        memories = self._library.memories
        name, done, last = self._embedder.name, 0, 0
        total = memories.vectors.missing(character_id, name)
        while batch := memories.without_vector(character_id, name, BATCH, after=last):
            cancel.check()
            last = batch[-1].id
            dimension, vectors = self._embedder.embed([m.text for m in batch], cancel)
            memories.keep_vectors(name, dimension, list(zip(batch, vectors, strict=True)))
            done += len(batch)
            yield Indexed(done, max(total, done))
        if done:
            memories.forget_other_vectors(character_id, name)

    def _vector_at_once(self, character_id: int, text: str, beyond: frozenset[int]) -> bytes | None:
        """The meaning of a line, and of the few memories not read yet; None while the embedder sleeps."""
        if self._embedder is None:
            return None
        memories = self._library.memories
        if not self._embedder.ready:
            if memories.any_beyond(character_id, beyond):
                self._embedder.wake()
            return None
        matrix = self._matrix(character_id)
        unread = matrix.column("ids")[~matrix.column("read") & ~matrix.column("gone")][-AT_ONCE:]
        fresh = memories.several([int(number) for number in unread])
        bare = self._question(matrix, text).bare
        try:
            dimension, (query, *read) = self._embedder.embed([bare, *(m.text for m in fresh)])
            memories.keep_vectors(self._embedder.name, dimension, list(zip(fresh, read, strict=True)))
        except StudioError:
            return None
        return query

    def _ranked(
        self, character_id: int, text: str, vector: bytes | None, most: int, how: How
    ) -> list[Recalled]:
        from charstudio.memory import scores
        from charstudio.memory.emotion import Mood
        from charstudio.store.memories import EMOTION_STEP

        if how.mood is not None and how.mood.weight > 0:
            self.feel(character_id, Cancel())
        matrix = self._matrix(character_id)
        if not matrix.size:
            return []
        question = self._question(matrix, text)
        weights = how.weights or scores.Weights()
        likeness = matrix.likeness(vector) if vector is not None else None
        parts = scores.parts_of(matrix, question, self._words(matrix, question), likeness, weights)
        summed = scores.total(parts, matrix, how.mood or Mood(), step=EMOTION_STEP)
        rows = scores.best(summed, self._allowed(matrix, how.stage_id), most)
        ids = [int(number) for number in matrix.column("ids")[rows]]
        close = likeness[rows] >= CLOSE_ENOUGH if likeness is not None else [False] * len(rows)
        return [
            Recalled(
                memory,
                _("by meaning") if alike else "",
                float(summed[row]),
                tuple((name, float(part[row])) for name, part in parts.items()),
            )
            for row, memory, alike in zip(rows, self._library.memories.several(ids), close, strict=True)
        ]

    def _in_view(self, character_id: int) -> How:
        current = self._library.stages.current(character_id)
        return How(stage_id=current.id if current is not None else None)

    def _matrix(self, character_id: int) -> Matrix:
        """A character's memories as numbers, up to date."""
        from charstudio.memory.matrix import Matrix  # numpy: only once there is something to compare

        name = self._embedder.name if self._embedder is not None else ""
        matrix = self._matrices.pop(character_id, None)
        if matrix is None or matrix.embedder != name:
            matrix = Matrix(character_id, name)
        matrix.refresh(self._library.memories)
        self._matrices[character_id] = matrix
        while len(self._matrices) > AT_HAND:
            self._matrices.popitem(last=False)
        return matrix

    def _question(self, matrix: Matrix, text: str) -> Question:
        return read_question(text, matrix.speakers, matrix.years())

    def _words(self, matrix: Matrix, question: Question) -> Floats:
        import numpy as np

        scores = np.zeros(matrix.size, np.float32)
        found, _used = self._library.memories.words.matching(question.words, most_rows=MOST_ROWS)
        if found:
            pairs = np.fromiter(itertools.chain.from_iterable(found), np.float64).reshape(-1, 2)
            rows, known = matrix.rows_of(pairs[:, 0])
            scores[rows[known]] = pairs[known, 1]
        return scores

    def _allowed(self, matrix: Matrix, stage_id: int | None) -> NDArray[np.bool_]:
        """What may be recalled: nothing forgotten, nothing that comes later than the stage."""
        import numpy as np

        allowed = ~matrix.column("gone")
        if stage_id is not None:
            stages = self._library.stages.of(matrix.character_id)
            here = next((s.position for s in stages if s.id == stage_id), None)
            later = [s.id for s in stages if here is not None and s.position > here]
            allowed &= ~np.isin(matrix.column("stage"), later)
        return allowed


def brief(text: str) -> str:
    """What of a memory a prompt is given."""
    return text.strip()[:BRIEF]


def _moment(time: str) -> float | None:
    from charstudio.memory.when import moment_of

    return moment_of(time)


def _reason(recalled: Recalled, text: str) -> str:
    """Why a memory has to do with a line, in words; empty when it has nothing to do with it."""
    if recalled.memory.pinned:
        return _("pinned")
    shared = _shared(recalled.memory, text)
    return recalled.reason or (_("by the word “{word}”", word=shared) if shared else "")


def _because(recalled: Recalled, reason: str) -> Recalled:
    return Recalled(recalled.memory, reason, recalled.score, recalled.parts)


def _shared(memory: Memory, text: str) -> str:
    """The longest telling word of four letters or more that stands in both."""
    asked = set(re.findall(r"\w{4,}", text.casefold())) - STOP - _COMMON
    return max(asked & set(re.findall(r"\w{4,}", memory.text.casefold())), key=len, default="")


_COMMON = frozenset(
    (
        "your you're yours have this that there their they them then than about from would could should will "
        "just like know think want tell does were been being over very some into only also more most much "
        "many because well here said says really ever never going make made"
    ).split()
)
