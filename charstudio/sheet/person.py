"""Turns “my word” into “your word” and back: sheets speak in the first person, writers in the second."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TO_SECOND = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "i'm": "you're",
    "i've": "you've", "i'll": "you'll", "i'd": "you'd", "am": "are",
}  # fmt: skip
_TO_FIRST = {
    "your": "my", "yours": "mine", "yourself": "myself", "you're": "I'm", "you've": "I've", "you'll": "I'll",
    "you'd": "I'd",
}  # fmt: skip
_BE = {("second", "was"): "were", ("second", "wasn't"): "weren't"} | {
    ("first", "are"): "am", ("first", "were"): "was", ("first", "weren't"): "wasn't",
    ("first", "aren't"): "am not",
}  # fmt: skip

# After these words "you" is the one to whom something is done.
_PREPOSITIONS = frozenset((
    "to", "for", "with", "of", "at", "by", "from", "about", "behind", "beside", "between", "against",
    "on", "in", "without", "around", "near", "under", "over", "into", "toward", "towards", "upon",
    "beneath", "above", "below", "past", "onto", "among", "amongst", "despite", "except", "concerning",
))  # fmt: skip
_DOES_TO = frozenset((
    "tell", "told", "give", "gave", "hurt", "leave", "left", "love", "loves", "loved", "hate", "hates",
    "hated", "let", "make", "makes", "made", "call", "calls", "see", "saw", "seen", "find", "found",
    "teach", "taught", "raise", "want", "wants", "need", "needs", "keep", "kept", "help", "ask", "send",
    "sent", "take", "took", "bring", "brought", "beat", "save", "know", "knows", "knew", "know", "fear",
    "like", "likes", "understand", "understood", "forgive", "forgave", "meet", "met", "cost", "costs",
    "follow", "follows", "watch", "watches", "betray", "trust", "trusts", "miss", "misses", "kill",
    "kills", "hit", "buy", "bought", "pay", "paid", "show", "showed", "owe", "owes", "scare", "scares",
    "haunt", "haunts", "set", "sets", "put", "puts", "got", "get", "gets", "catch", "caught", "forget",
    "forgot", "hold", "held", "hear", "heard", "drive", "drives", "drove", "lead", "led", "lose", "lost",
    "break", "broke", "eat", "feed", "fed", "free", "bore", "remind", "reminds", "believe", "believes",
))  # fmt: skip
# What may follow a "you" that does something: "you are", "you never", "you left".
_VERBS = frozenset((
    "are", "were", "have", "had", "do", "did", "don't", "didn't", "can", "can't", "could", "couldn't",
    "will", "won't", "would", "wouldn't", "should", "shouldn't", "shall", "must", "may", "might", "never",
    "always", "often", "still", "once", "only", "really", "just", "also", "ever", "used", "aren't",
    "weren't", "haven't", "hadn't", "cannot", "won't", "left", "told", "went", "came", "saw", "knew",
    "said", "thought", "made", "took", "gave", "got", "kept", "felt", "lost", "won", "found", "grew",
    "became", "began", "broke", "chose", "drew", "drove", "fell", "fought", "held", "hid", "meant", "met",
    "ran", "sang", "sat", "slept", "spoke", "stole", "stood", "swore", "taught", "threw", "understood",
    "woke", "wore", "wrote", "let", "put", "cut", "hit", "hurt", "want", "need", "know", "think",
    "believe", "love", "hate", "live", "work", "fear", "see", "say", "keep", "make", "get", "go", "come",
    "do", "sleep", "dream", "mean", "owe", "miss", "trust", "remember", "regret", "carry", "wear", "stop",
    "fail", "die", "disappear", "become", "feel", "think", "hold", "stay", "leave", "lie", "grow",
))  # fmt: skip
# What follows a "you" to whom something was done: "left you with", "told you that", "made you and me".
_AFTER_OBJECT = _PREPOSITIONS | frozenset((
    "and", "or", "but", "that", "what", "who", "how", "why", "when", "where", "because", "if", "so",
    "while", "until", "then", "there", "here", "now", "today", "again", "most", "more", "better", "best",
    "first", "last", "too", "either", "alone", "a", "an", "the", "his", "her", "their", "its", "my",
    "your", "this", "these", "those", "out", "up", "down", "away", "back", "off", "as", "after", "before",
    "since", "than", "not", "nothing", "everything", "something", "one", "once",
))  # fmt: skip
_QUOTED = re.compile(r"(\"[^\"]*\"|“[^”]*”|(?<!\w)'[^'\n]+'(?!\w))")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def flip(text: str, to: str) -> str:
    """Turn first person into second (`to="second"`) or back (`to="first"`); quoted speech stays as it is."""
    parts = _QUOTED.split(text)
    return "".join(part if i % 2 else _flip(part, to, opens=i == 0) for i, part in enumerate(parts))


def _flip(text: str, to: str, *, opens: bool) -> str:
    words = list(_WORD.finditer(text))
    low = [w[0].casefold().replace("’", "'") for w in words]
    out: list[str] = []
    at = 0
    for i, word in enumerate(words):
        becomes = _second(text, words, low, i) if to == "second" else _first(text, words, low, i, opens=opens)
        out += (text[at : word.start()], _cased(text, word, becomes) if becomes else word[0])
        at = word.end()
    return "".join((*out, text[at:]))


def _second(text: str, words: Sequence[re.Match[str]], low: Sequence[str], i: int) -> str | None:
    word = low[i]
    if ("second", word) in _BE:
        return _BE["second", word] if _beside(text, words, low, i, "i") else None
    if word == "i" and (words[i][0] == "i" or _is_numeral(text, words, i)):
        return None
    return _TO_SECOND.get(word)


def _first(
    text: str, words: Sequence[re.Match[str]], low: Sequence[str], i: int, *, opens: bool
) -> str | None:
    word = low[i]
    if ("first", word) in _BE:
        alone = i == 0 and opens and word in ("are", "were")
        return _BE["first", word] if alone or _beside(text, words, low, i, "you") else None
    if word == "you":
        return "me" if _is_object(text, words, low, i) else "I"
    return _TO_FIRST.get(word)


def _beside(text: str, words: Sequence[re.Match[str]], low: Sequence[str], i: int, subject: str) -> bool:
    """Whether the verb at `i` belongs to `subject`: just before it, before an adverb, or just after it."""
    for back in (1, 2):
        if i >= back and low[i - back] == subject and not _paused(text, words[i - back], words[i]):
            between = low[i - back + 1 : i]
            first = i - back - 1
            joined = first >= 0 and low[first] in ("and", "or") and subject == "i"
            return not joined and all(w.endswith("ly") or w in _ADVERBS for w in between)
    after = i + 1 < len(low) and low[i + 1] == subject and not _paused(text, words[i], words[i + 1])
    return after and (i == 0 or low[i - 1] in _ASKS or _paused(text, words[i - 1], words[i]))


_ADVERBS = frozenset(
    ["never", "always", "often", "still", "once", "only", "just", "also", "ever", "both", "not", "there"]
)
_ASKS = frozenset(
    ["what", "who", "where", "when", "why", "how", "nor", "neither", "and", "so", "whom", "which"]
)


def _is_object(text: str, words: Sequence[re.Match[str]], low: Sequence[str], i: int) -> bool:
    before = low[i - 1] if i and not _paused(text, words[i - 1], words[i]) else ""
    last = i + 1 == len(words) or _paused(text, words[i], words[i + 1])
    after = "" if last else low[i + 1]
    if not before:
        return False
    if before in _PREPOSITIONS:
        return True
    if not last and (after in _VERBS or after.endswith("ed")):
        return False
    return last or after in _AFTER_OBJECT or before in _DOES_TO


def _is_numeral(text: str, words: Sequence[re.Match[str]], i: int) -> bool:
    """Whether this "I" counts kings: "Elizabeth I", and nothing after it that she could do."""
    if i == 0 or words[i - 1][0] in ("I", "And", "But") or not words[i - 1][0][:1].isupper():
        return False
    ends = i + 1 == len(words) or _paused(text, words[i], words[i + 1])
    return ends and not _paused(text, words[i - 1], words[i])


def _paused(text: str, one: re.Match[str], other: re.Match[str]) -> bool:
    return bool(text[one.end() : other.start()].strip())


def _cased(text: str, word: re.Match[str], becomes: str) -> str:
    told = becomes.replace("'", "’") if "’" in word[0] else becomes
    return told[0].upper() + told[1:] if _is_capital(text, word) else told


def _is_capital(text: str, word: re.Match[str]) -> bool:
    """Whether the word is large because a sentence begins with it, not because "I" always is."""
    before = text[: word.start()].rstrip()
    if not word[0][0].isupper() or (before and before[-1] not in ".!?"):
        return False
    return bool(before) or word[0][:2] not in ("I", "I'", "I’") or text.rstrip().endswith((".", "!", "?"))
