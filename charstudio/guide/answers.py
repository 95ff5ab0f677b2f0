"""Takes a plain line as the answer to the pending question, in the shape in which values are kept."""

from __future__ import annotations

import re

from charstudio.guide.facts import shaped
from charstudio.guide.lines import plain
from charstudio.sheet import Attribute, flip

_NONE = frozenset((
    "no", "none", "nope", "none at all", "no one at all", "not any", "nothing at all", "there are none",
    "there is none",
))  # fmt: skip
_SMALL = frozenset((
    "a", "an", "the", "to", "my", "your", "in", "on", "at", "with", "by", "from", "because", "that",
    "being", "nobody", "someone", "something", "nothing", "somebody", "for", "of", "as", "under",
    "between", "two", "three", "four", "five", "six", "not", "never", "always", "only", "whatever",
    "whoever", "when", "if", "it",
))  # fmt: skip
_LINKS = frozenset(["of", "for", "by", "with", "from", "that", "as", "in", "between", "like", "on"])
_COMMANDS = frozenset((
    "lock", "unlock", "keep", "add", "let", "save", "change", "set", "make", "forget", "remove", "delete",
    "store", "show",
))  # fmt: skip
_FINITE = frozenset((
    "is", "are", "was", "were", "has", "have", "had", "will", "would", "can", "could", "does", "did",
    "died", "left", "went", "came", "took", "made", "gave", "lost", "never", "always", "wants", "likes",
    "loves", "hates", "knows", "thinks", "says", "lives", "works", "drinks", "likes", "needs", "fears",
))  # fmt: skip
# With these words answers begin, not sentences about "you".
_ANSWERS = frozenset((
    "to", "a", "an", "the", "my", "your", "in", "on", "at", "with", "by", "from", "because", "that",
    "what", "who", "whom", "how", "where", "if", "as", "like", "for", "of", "some", "any", "no", "not",
    "only", "every", "everything", "everyone", "anything", "anyone", "nothing", "nobody", "someone",
    "something", "one", "two", "three", "all", "both", "before", "after", "until", "since", "until",
    "never", "being", "his", "her", "their", "its", "this", "these", "those", "it",
))  # fmt: skip
_SAYING = frozenset((
    "thinks", "think", "says", "say", "believes", "believe", "knows", "calls", "call", "wants", "hates",
    "loves", "frightens",
))  # fmt: skip
_IT_IS = re.compile(
    r"^(?:it['’]s|it is|that would be|that['’]s|i['’]d say|i would say)\s*[:,]?\s+(?=\S)", re.I
)
# After these words a whole clause may stand: "Your secret is that …".
_OPEN = frozenset(["that", "when", "fail", "you"])


def denies(text: str) -> bool:
    """Whether the answer is that there is none."""
    return " ".join(plain(text)) in _NONE if len(text) < 40 else False


def takes_clause(attribute: Attribute) -> bool:
    """Whether "You were there" can be an answer: secrets, beliefs, things that happen."""
    before = plain(attribute.tell.partition("{v}")[0])
    return attribute.type == "prose" or bool(before and before[-1] in _OPEN)


def takes_sentence(attribute: Attribute) -> bool:
    """Whether "You are a coward" can be an answer as it stands, with its own subject."""
    before = plain(attribute.tell.partition("{v}")[0])
    return ("verbatim" in attribute.flags and attribute.type == "prose") or before[-1:] in (
        ("that",),
        ("when",),
        ("fail",),
    )


def is_statement(words: tuple[str, ...], attribute: Attribute) -> bool:
    """Whether a line is a whole sentence about somebody ("You like tea") and so no plain answer."""
    if len(words) < 2 or takes_clause(attribute):
        return False
    if words[0] in _COMMANDS and {"your", "that", "this", "us"} & set(words[1:4]):
        return True
    others = words[0] in ("she", "he", "they", "her", "his", "their", "your")
    if others and any(w in _FINITE or w.endswith("ed") for w in words[1:4]):
        return True
    if _tells_of_me(words):
        return True
    named = "verbatim" in attribute.flags or attribute.type == "number"
    of_me = {"you", "your"} & set(words) or words[0] in ("she", "he", "they", "her", "his", "their")
    return words[0] == "you" or (named and bool(of_me))


def _tells_of_me(words: tuple[str, ...]) -> bool:
    """Whether somebody or something does something to "you": "The village thinks you are a witch"."""
    if not {"you", "your"} & set(words[1:]):
        return False
    if words[0] in ("when", "whenever", "there") or (words[0] == "your" and "you" in words):
        return True
    if words[0] not in _ANSWERS and not words[0].endswith("ing") and words[1] not in _ANSWERS:
        # "Spiders frighten you" tells; "old friends you betrayed" answers.
        return "me" in plain(flip(" ".join(words[:40]), "first"))
    return any(w in _SAYING for w in words[1:4])


def answer(attribute: Attribute, text: str) -> str:
    """The value that a plain answer gives."""
    raw = text.strip()
    if len(raw) < 80 and attribute.type != "prose":
        raw = _IT_IS.sub("", raw)
    if "verbatim" in attribute.flags:
        return shaped(attribute, raw)
    before, _, after = (plain(part) for part in attribute.tell.partition("{v}"))
    raw = _without(raw, before)
    words = plain(raw) if len(raw) < 80 else ()
    if after and words[-len(after) :] == after and len(words) > len(after):
        raw = re.sub(r"\W*\b" + r"\W+".join(map(re.escape, after)) + r"\W*$", "", raw, flags=re.I)
    first = raw.split(None, 1)[0] if raw.split() else ""
    if first.casefold() in _SMALL and first[1:] == first[1:].casefold():
        raw = first.casefold() + raw[len(first) :]
    return shaped(attribute, raw)


def _without(raw: str, before: tuple[str, ...]) -> str:
    """The answer without a link word or "you" that the sentence form has already."""
    first = raw.split(None, 1)
    if len(first) == 2 and before and first[0].casefold() == before[-1] and before[-1] in {*_LINKS, "you"}:
        return first[1]
    if len(first) == 2 and before and before[-1] == "you" and first[0].casefold() in ("you're", "you’re"):
        return f"are {first[1]}"
    return raw
