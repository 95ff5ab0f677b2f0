"""Understands what the writer asks about: “What is your name?”, “Do you have siblings?”"""

from __future__ import annotations

import re

from charstudio.guide.lines import plain
from charstudio.guide.phrases import PhraseBook
from charstudio.sheet import Schema, flip

_NOUN = re.compile(
    r"^(?:so |and |ok |okay )*(?:(?:what|who|where|when|how) (?:is|are|was|were)|what about|how about|"
    r"tell me|tell me about|let us talk about|let us speak about|ask me about|talk about|"
    r"remind me of|do you have|have you got|do you know|have you|is there|are there) "
    r"(?:about )?(?:your |a |an |any |the |in your life )*(?P<noun>.+?)(?: again| now| in your life)?$"
)
_LOUD = r"^(?:biggest|greatest|main|worst|deepest|darkest|only|real|true|usual) "
_STARTS = frozenset((
    "what", "who", "whom", "whose", "where", "when", "why", "how", "which", "do", "does", "did", "are",
    "were", "is", "was", "have", "has", "can", "could", "would", "will", "should", "am", "may", "might",
    "tell", "remind",
))  # fmt: skip


class Questions:
    """Finds the attribute that a question is about."""

    def __init__(self, schema: Schema, book: PhraseBook) -> None:
        self._book = book
        self._asked: dict[str, str] = {}
        for attribute in schema.attributes.values():
            asked = flip(attribute.ask, "second")
            parts = re.split(r"(?<=[.?!])\s+|,\s+(?:and|but)\s+", asked)
            for form in (asked, parts[0], *_shorter(asked)):
                self._asked.setdefault(" ".join(plain(form)), attribute.id)

    def about(self, text: str) -> str:
        """The attribute a question is about, or an empty text."""
        if len(text) > 300:
            return ""
        words = self._book.read(text).plain
        said = " ".join(words)
        if said in self._asked:
            return self._asked[said]
        if said in _COMMON:
            return _COMMON[said]
        match = _NOUN.match(said)
        if not match:
            return ""
        noun = match["noun"]
        for form in (noun, re.sub(_LOUD, "", noun), noun.removesuffix("s")):
            found = self._book.nouns.get(tuple(form.split()), ())
            if len(found) == 1:
                return found[0]
        return ""


_COMMON = {
    "how old are you": "age", "what do you want": "want", "where are you from": "birthplace",
    "where were you born": "birthplace", "when were you born": "birth_date", "what are you afraid of": "fear",
    "what do you fear": "fear", "who are your parents": "parents", "are you married": "partner",
    "do you have a partner": "partner", "what do you look like": "first_impression",
    "what do you do": "occupation",
    "what do you do for work": "occupation", "what are you called": "full_name", "how tall are you": "height",
    "what are you good at": "skills", "what do you hate": "pet_peeve", "what do you like": "tastes",
    "where do you live": "home", "what do you need": "need", "what do you believe in": "faith",
    "who do you love": "partner", "whom do you love": "partner",
    "how do you talk": "voice_sound",
    "how do you speak": "speech_pace", "what languages do you speak": "languages",
    "which languages do you speak": "languages", "what drives you": "motivation",
    "who do you work for": "employer",
    "do you have pets": "companion_animal", "do you have any pets": "companion_animal",
    "what is your hair like": "hair", "what colour are your eyes": "eyes", "what colour is your hair": "hair",
    "who do you hate": "enemy", "what are you like": "traits", "what are you hiding": "secret",
    "why do you want it": "motivation", "why do you want that": "motivation", "what stops you": "obstacle",
}  # fmt: skip


def is_question(text: str) -> bool:
    """Whether a line asks: it holds a question mark outside of quoted speech."""
    return "?" in re.sub(r"\"[^\"]*\"|“[^”]*”", "", text[:20000])


def sounds_like_one(text: str) -> bool:
    """Whether a line without a question mark still begins like a question to the character."""
    words = plain(text[:200])
    return bool(words) and words[0] in _STARTS and bool({"you", "your"} & set(words[1:5]))


def wants_to_talk(text: str) -> bool:
    """Whether the writer names what to talk about: "Let us talk about your family."."""
    said = " ".join(plain(text[:80]))
    return said.startswith(("let us talk about ", "let us speak about ", "ask me about ", "talk about "))


def _shorter(asked: str) -> list[str]:
    """The question without its trailing details: "What do you want most right now?" -> "what do you want"."""
    return [re.sub(r"\s+(most|most right now|right now|really|best)\?$", "?", asked)]
