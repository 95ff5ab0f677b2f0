"""The small language in which ways of saying things are written down: "you [only] ~fear {v}" and the like.

A word stands for itself. `(a|b c)` is one of several, `[a]` may be missing, `@name` is any word of a list,
`~fear` any form of a verb ("feared", "have feared", "are fearing"), `*` any one word, `...` any number of
words, `{v}` the words that are kept as the value, and `<…>` keeps what it encloses. `{V}` is a value with a
capital letter in it, `{a}` one that begins with a trait, `{m}` with a mood, `{q}` one in quotation marks,
`{n}` a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"\{[vVamqn]\}|\.\.\.|[()|\[\]<>]|\*|[@~]?[^\s()|\[\]<>*{}]+")
_SPECIAL = frozenset("{*@~([<")
_PLAIN = frozenset((
    "you", "your", "a", "an", "the", "is", "are", "was", "were", "be", "to", "of", "in", "on", "at", "and",
    "or", "have", "has", "had", "do", "it", "that", "with", "for", "by", "from", "as", "not", "will", "would",
    "who", "when", "what", "no", "if", "than", "up", "out",
))  # fmt: skip
_DOUBLED = frozenset((
    "stop", "drop", "plan", "rob", "beg", "hug", "jog", "sob", "tap", "tip", "trip", "rub", "grin", "slip",
    "snap", "swap", "chat", "grip", "drag", "wrap", "strip", "pin", "ban", "admit", "commit", "prefer",
))  # fmt: skip
_HELPING = frozenset(("have", "has", "had", "will", "would", "did", "do"))
_BEING = frozenset(("are", "is", "was", "were", "be", "keep", "kept", "been"))
_COUNTING = frozenset((
    "a", "an", "and", "half", "couple", "few", "about", "around", "nearly", "almost", "just", "over", "only",
    "under",
))  # fmt: skip
_GAP = 30
_STEPS = 20_000

Words = tuple[str, ...]
Node = tuple[str, object]


class Verbs:
    """Every form of a verb; the irregular ones are told (base: past, participle)."""

    def __init__(self, irregular: Mapping[str, tuple[str, ...]]) -> None:
        self._irregular = irregular
        self._known: dict[str, tuple[frozenset[str], str]] = {}

    def forms(self, base: str) -> tuple[frozenset[str], str]:
        """The finite forms (and the participle), and the form in -ing."""
        if base not in self._known:
            past = self._irregular.get(base) or (_past(base),)
            self._known[base] = frozenset((base, _third(base), *past)), _doing(base)
        return self._known[base]


def _doing(base: str) -> str:
    if base.endswith("ie"):
        return f"{base[:-2]}ying"
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")) and base != "be":
        return f"{base[:-1]}ing"
    return f"{base}{base[-1]}ing" if _doubles(base) else f"{base}ing"


def _doubles(base: str) -> bool:
    return base in _DOUBLED or bool(re.fullmatch(r"[^aeiou]*[aeiou][bdgklmnprt]", base))


def _third(base: str) -> str:
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        return f"{base}es"
    return f"{base[:-1]}ies" if re.search(r"[^aeiou]y$", base) else f"{base}s"


def _past(base: str) -> str:
    if base.endswith("e"):
        return f"{base}d"
    if re.search(r"[^aeiou]y$", base):
        return f"{base[:-1]}ied"
    return f"{base}{base[-1]}ed" if _doubles(base) else f"{base}ed"


@dataclass(frozen=True, slots=True)
class Terms:
    """What `@name`, `~verb` and `{n}` stand for."""

    lists: Mapping[str, frozenset[str]]
    verbs: Verbs


def parsed(text: str, terms: Terms) -> tuple[Node, ...]:
    """A wording as nodes; raises ValueError where a bracket is open or a list unknown."""
    tokens = _TOKEN.findall(text)
    nodes, end = _sequence(tokens, 0, terms)
    if end != len(tokens):
        raise ValueError(f"a bracket too many: {text}")
    return nodes


def _sequence(tokens: Sequence[str], at: int, terms: Terms) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    while at < len(tokens):
        token = tokens[at]
        first = token[0]
        if first in ")]>|":
            break
        at += 1
        if first in "([<":
            options, at = _options(tokens, at, terms)
            nodes.append(_group(first, options))
        elif first in _SPECIAL or token.startswith("..."):
            nodes.append(_special(token, terms))
        else:
            nodes.append(("word", token))
    return tuple(nodes), at


def _options(tokens: Sequence[str], at: int, terms: Terms) -> tuple[list[tuple[Node, ...]], int]:
    options = []
    while True:
        nodes, at = _sequence(tokens, at, terms)
        options.append(nodes)
        if at >= len(tokens):
            raise ValueError(f"a bracket is open: {' '.join(tokens)}")
        at += 1
        if tokens[at - 1] != "|":
            return options, at


def _group(bracket: str, options: list[tuple[Node, ...]]) -> Node:
    """Options that are words alone are found by their first word; the longest is tried first."""
    if bracket == "<":
        return "keep", options
    if bracket == "[":
        options = [*options, ()]
    if any(kind != "word" for option in options for kind, _what in option):
        return "any", options
    table: dict[str, list[Words]] = {}
    for option in options:
        words = tuple(str(what) for _kind, what in option)
        table.setdefault(words[0] if words else "", []).append(words)
    for listed in table.values():
        listed.sort(key=len, reverse=True)
    return "phrases", table


def _special(token: str, terms: Terms) -> Node:
    if token[0] == "{":
        return ("number", terms.lists["numbers"]) if token[1] == "n" else ("value", token[1])
    if token[0] == "@":
        if token[1:] not in terms.lists:
            raise ValueError(f"there is no list {token}")
        return "list", terms.lists[token[1:]]
    return ("verb", terms.verbs.forms(token[1:])) if token[0] == "~" else (token, None)


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a wording stands in a line, and which words it keeps."""

    start: int
    end: int
    value: tuple[int, int] | None


def fit(chain: object, words: Words, *, whole: bool) -> Fit | None:
    """Where a wording (as `chain` makes it of its nodes) fits these words: all of them, or somewhere."""
    matcher = _Matcher(words, whole=whole)
    for start in range(1 if whole else len(words)):
        found = matcher.run(chain, start, None)
        if found is not None:
            return Fit(start, *found)
    return None


def phrases(nodes: Sequence[Node]) -> list[Words]:
    """The phrases of a wording that is nothing but a choice of phrases; else none."""
    if len(nodes) == 1 and nodes[0][0] == "phrases" and isinstance(nodes[0][1], dict):
        return [words for listed in nodes[0][1].values() for words in listed if words]
    return []


def chain(nodes: Sequence[Node], rest: object) -> object:
    """The nodes as a chain that can be followed from any place, `rest` after them."""
    for node in reversed(nodes):
        rest = (node, rest)
    return rest


class _Matcher:
    """Tries a chain of nodes word by word; gives up on a line that would take too long."""

    def __init__(self, words: Words, *, whole: bool) -> None:
        self._words = words
        self._whole = whole
        self._steps = 0

    def run(
        self, cell: object, at: int, span: tuple[int, int] | None
    ) -> tuple[int, tuple[int, int] | None] | None:
        words = self._words
        while isinstance(cell, tuple):
            (kind, what), rest = cell
            if kind == "word":
                if at >= len(words) or words[at] != what:
                    return None
                at, cell = at + 1, rest
                continue
            self._steps += 1
            if self._steps > _STEPS:
                return None
            if kind == "any" or kind == "keep":
                tail = (("kept", at), rest) if kind == "keep" else rest
                ways = ((chain(option, tail), at, span) for option in what)
            elif kind == "kept":
                cell, span = rest, span or (what, at)
                continue
            else:
                ways = ((rest, end, self._span(kind, span, at, end)) for end in self._ends(kind, what, at))
            return next((r for way in ways if (r := self.run(*way)) is not None), None)
        return (at, span) if not self._whole or at == len(words) else None

    def _span(self, kind: str, span: tuple[int, int] | None, at: int, end: int) -> tuple[int, int] | None:
        return span or (at, end) if kind in ("value", "number") else span

    def _ends(self, kind: str, what: object, at: int) -> Iterator[int]:
        words, n = self._words, len(self._words)
        if kind == "phrases" and isinstance(what, dict):
            if at < n:
                for phrase in what.get(words[at], ()):
                    if words[at : at + len(phrase)] == phrase:
                        yield at + len(phrase)
            if "" in what:
                yield at
        elif kind == "...":
            yield from range(at, min(n, at + _GAP) + 1)
        elif kind == "value":
            yield from range(at + 1, n + 1)
        elif at < n and (kind == "*" or (kind == "list" and _listed(words[at], what))):
            yield at + 1
        elif kind == "verb" and isinstance(what, tuple):
            finite, doing = what
            yield from self._verb_ends(finite, doing, at)
        elif kind == "number" and isinstance(what, frozenset):
            yield from self._number_ends(what, at)

    def _verb_ends(self, finite: frozenset[str], doing: str, at: int) -> Iterator[int]:
        words, n = self._words, len(self._words)
        start = at + 1 if at + 1 < n and words[at] in _HELPING else at
        for first in dict.fromkeys((start, at)):
            if first < n and words[first] in finite:
                yield first + 1
            if first + 1 < n and words[first] in _BEING and words[first + 1] == doing:
                yield first + 2

    def _number_ends(self, numbers: frozenset[str], at: int) -> Iterator[int]:
        words = self._words
        end = at
        while end < len(words) and (words[end] in _COUNTING or _is_number(words[end], numbers)):
            end += 1
        while end > at:
            if _is_number(words[end - 1], numbers):
                yield end
            end -= 1


def _listed(word: str, listed: object) -> bool:
    return isinstance(listed, frozenset) and (word in listed or word.removesuffix("'s") in listed)


def _is_number(word: str, numbers: frozenset[str]) -> bool:
    return word[0].isdecimal() or word in numbers or word.partition("-")[0] in numbers


def keys(nodes: Sequence[Node]) -> frozenset[str]:
    """Words of which one must occur wherever the wording fits; the fewest and rarest of them."""
    best: frozenset[str] = frozenset()
    for kind, what in nodes:
        if kind == "word":
            if what not in _PLAIN:
                return frozenset([str(what)])
            continue
        if best and kind not in ("phrases", "verb"):
            continue
        found = _keys_of(kind, what)
        if found and (not best or len(found) < len(best)):
            best = found
    return best


def _keys_of(kind: str, what: object) -> frozenset[str]:
    if kind == "list" and isinstance(what, frozenset):
        return what
    if kind == "verb" and isinstance(what, tuple):
        finite, doing = what
        return frozenset({*finite, doing})
    if kind == "phrases" and isinstance(what, dict):
        inner = [_rare(words) for listed in what.values() for words in listed]
    elif kind in ("any", "keep") and isinstance(what, list):
        inner = [keys(option) for option in what]
    else:
        return frozenset()
    found = frozenset().union(*inner) if all(inner) else frozenset()
    return found if not found & _PLAIN else frozenset()


def _rare(words: Words) -> frozenset[str]:
    return frozenset(next(([w] for w in sorted(words, key=len, reverse=True) if w not in _PLAIN), ()))


def heads(nodes: Sequence[Node]) -> tuple[frozenset[str], ...]:
    """What the first words of a whole line must be for the wording to fit (two at most)."""
    found: list[frozenset[str]] = []
    for kind, what in nodes[:2]:
        if kind == "word":
            found.append(frozenset([str(what)]))
            continue
        if kind == "phrases" and isinstance(what, dict) and "" not in what:
            found.append(frozenset(what))
            if any(len(words) > 1 for listed in what.values() for words in listed):
                break
            continue
        break
    return tuple(found)


def weight(nodes: Sequence[Node]) -> int:
    """How many words a wording explains at least."""
    total = 0
    for kind, what in nodes:
        if kind in ("word", "list", "verb", "number"):
            total += 1
        elif kind == "phrases" and isinstance(what, dict):
            total += min(len(words) for listed in what.values() for words in listed)
        elif kind in ("any", "keep") and isinstance(what, list):
            total += min(weight(option) for option in what)
    return total


def value_kind(nodes: Sequence[Node]) -> str:
    """What kind of value the wording keeps (`v`, `V`, `a`, `m`, `q`), or an empty text."""
    return next((str(what) for kind, what in nodes if kind == "value"), "")
