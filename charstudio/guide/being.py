"""Finds out what “You are …” and “You have …” are about, or says that it could be several things."""

from __future__ import annotations

import re
from collections.abc import Sequence

from charstudio.guide.lines import plain
from charstudio.sheet import Doubt, Schema

_MEASURE = re.compile(r"^\d+([.,]\d+)?\s*(m|cm|ft|feet|foot|metres?|meters?|['′’])(\W|$)", re.I)
_ARTICLES = frozenset(("a", "an", "the"))
_AFTER_TRAIT = frozenset(
    ["as", "about", "with", "towards", "toward", "when", "like", "around", "until", "unless", "even"]
)
_BEFORE_REST = frozenset((
    "who", "whom", "whose", "that", "which", "from", "in", "of", "with", "at", "on", "by", "for", "to",
    "without", "and", "but", "under", "near", "until", "since", "when",
))  # fmt: skip


def what_is(value: str, schema: Schema) -> tuple[str, ...]:
    """The attributes that "You are `value`" may be about; one means sure."""
    words = plain(value)
    if not words:
        return ()
    for fits, attributes in (
        (_is_age, ("age",)),
        (_is_pronouns, ("pronouns",)),
        (_is_height, ("height",)),
        (_is_gender, ("gender",)),
        (_is_trait, ("traits",)),
    ):
        if fits(words, value, schema):
            return attributes
    return _by_noun(words, value, schema)


def _is_age(words: Sequence[str], value: str, schema: Schema) -> bool:
    rest = [w for w in words if w not in schema.words["about"]]
    if rest[-2:] in (["years", "old"], ["year", "old"]):
        rest = rest[:-2]
    if words[:2] == ("in", "your"):
        return words[-1] in schema.words["decades"] and len(words) <= 4
    parts = [p for w in rest for p in w.split("-") if p not in ("year", "old")]
    return bool(parts) and all((p.isdecimal() and len(p) < 5) or p in schema.words["numbers"] for p in parts)


def _is_pronouns(words: Sequence[str], value: str, schema: Schema) -> bool:
    parts = re.split(r"[/\s]+", value.casefold().strip(" ."))
    return "/" in value and len(parts) > 1 and all(p in schema.words["pronouns"] for p in parts)


def _is_height(words: Sequence[str], value: str, schema: Schema) -> bool:
    if _MEASURE.match(value) or words[:2] in (("small", "for"), ("big", "for")):
        return True
    listed = [w for w in words if w in schema.words["heights"]]
    return bool(listed) and (words[0] in schema.words["heights"] or _is_plain(words, listed, schema))


def _is_plain(words: Sequence[str], listed: Sequence[str], schema: Schema) -> bool:
    lists = schema.words
    fits = {*listed, *lists["degrees"], *lists["numbers"], "nothing", "something"}
    return all(w in fits or w.isdecimal() for w in words)


def _is_gender(words: Sequence[str], value: str, schema: Schema) -> bool:
    rest = [w for w in words if w not in _ARTICLES]
    if len(rest) > 1 and rest[0] in schema.words["genders_with"]:
        rest = rest[1:]
    return len(rest) == 1 and rest[0] in schema.words["genders"]


def _is_trait(words: Sequence[str], value: str, schema: Schema) -> bool:
    if words[0] in ("the", "an") or (words[0] == "a" and words[1:2] not in (("bit",), ("little",))):
        return False
    listed = [w for w in words if w in schema.words["traits"]]
    if (
        words[0] in listed
        and len(words) > 2
        and (words[1] in _AFTER_TRAIT or words[1:4] == ("to", "a", "fault"))
    ):
        return True
    return bool(listed) and all(w in listed or w in schema.words["degrees"] for w in words)


def _by_noun(words: Sequence[str], value: str, schema: Schema) -> tuple[str, ...]:
    heads = list(plain(value.partition(",")[0])) or list(words)
    for i, word in enumerate(words):
        if i and word in _BEFORE_REST:
            heads = heads[:i]
            break
    head = heads[-1]
    lists = schema.words
    if head in lists["roles"] and words[0] in _ARTICLES:
        return ("story_role",) if len(heads) <= 2 else ("story_role", "archetype", "traits")
    if head in lists["occupations"] and words[0] in ("a", "an"):
        if heads[1] in ("retired", "former", "ex"):
            return ("past_work", "occupation")
        return ("occupation", "skills") if heads[1] in lists["praises"] else ("occupation",)
    if head in lists["beings"] and len(heads) <= 2 and not value[:1].isupper():
        return ("species",)
    if head in lists["health_states"]:
        return ("health",)
    if head in lists["builds"] and len(heads) <= 2 and words[0] not in _ARTICLES:
        return ("build",)
    if head in lists["moneys"] and words[0] not in _ARTICLES:
        return ("income",)
    if words[0] in ("married", "engaged", "single", "divorced", "widowed"):
        return ("partner", "past_love")
    if head in lists["moods"]:
        return ("mood", "traits")
    if words[0] in _ARTICLES:
        return ("occupation", "species", "story_role", "traits")
    if value[:1].isupper() and len(words) == 1 and head.endswith(("ish", "ese", "ian", "ean", "can")):
        return ("culture", "full_name", "languages")
    if value[:1].isupper():
        return ("full_name", "short_name", "culture")
    return ("traits", "occupation", "species", "self_image")


def by_hint(doubt: Doubt, value: str) -> tuple[tuple[str, ...], str]:
    """The attributes that a doubtful form may be about, and the word of the value that said so."""
    words = plain(value)
    best: tuple[int, tuple[str, ...], str] | None = None
    for hint in doubt.hints:
        for i, word in enumerate(words[: 1 if hint.first else 40]):
            kinds = {*word.split("/"), word, _kind(word, i, value)}
            if kinds & hint.words and (best is None or i < best[0]):
                best = (i, hint.attributes, word)
                break
    return (best[1], best[2]) if best else (doubt.otherwise, "")


def _kind(word: str, i: int, value: str) -> str:
    if word.isdecimal():
        return "<number>"
    return "<name>" if i == 0 and value[:1].isupper() else ""
