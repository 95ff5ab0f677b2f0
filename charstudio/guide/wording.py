"""The small language in which ways of saying things are written down: "you [only] ~fear {v}" and the like.

A word stands for itself. `(a|b c)` is one of several, `[a]` may be missing, `@name` is any word of a list,
`~fear` any form of a verb ("feared", "have feared", "are fearing"), `*` any one word, `...` any number of
words, `{v}` the words that are kept as the value, and `<…>` keeps what it encloses. `{V}` is a value with a
capital letter in it, `{a}` one that begins with a trait, `{m}` with a mood, `{q}` one in quotation marks, `{n}` a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"\{[vVamqn]\}|\.\.\.|[()|\[\]<>]|\*|[@~]?[^\s()|\[\]<>*{}]+")
_PLAIN = frozenset((
    "you", "your", "a", "an", "the", "is", "are", "was", "were", "be", "to", "of", "in", "on", "at", "and", "or",
    "have", "has", "had", "do", "it", "that", "with", "for", "by", "from", "as", "not", "will", "would", "who",
    "when", "what", "no", "if", "than", "up", "out",
))  # fmt: skip
_DOUBLED = frozenset((
    "stop", "drop", "plan", "rob", "beg", "hug", "jog", "sob", "tap", "tip", "trip", "rub", "grin", "slip",
    "snap", "swap", "chat", "grip", "drag", "wrap", "strip", "pin", "ban", "admit", "commit", "prefer",
))  # fmt: skip

_KEPT = "(?#v)"
Node = tuple[str, object]


class Verbs:
    """Every form of a verb; the irregular ones are told (base: past, participle)."""

    def __init__(self, irregular: Mapping[str, tuple[str, ...]]) -> None:
        self._irregular = irregular

    def finite(self, base: str) -> tuple[str, ...]:
        """Base, third person, past and participle."""
        past = self._irregular.get(base) or (_past(base),)
        return tuple(dict.fromkeys((base, _third(base), *past)))

    def doing(self, base: str) -> str:
        """The form in -ing."""
        if base.endswith("ie"):
            return f"{base[:-2]}ying"
        if base.endswith("e") and not base.endswith(("ee", "oe", "ye")) and base != "be":
            return f"{base[:-1]}ing"
        return f"{base}{base[-1]}ing" if _doubles(base) else f"{base}ing"


def _doubles(base: str) -> bool:
    short = re.fullmatch(r"[^aeiou]*[aeiou][bdgklmnprt]", base)
    return base in _DOUBLED or bool(short)


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
    """What `@name` and `~verb` stand for."""

    lists: Mapping[str, frozenset[str]]
    verbs: Verbs

    def words(self, kind: str, name: object) -> frozenset[str]:
        """All single words that a node may be."""
        if kind == "list":
            return self.lists[str(name)]
        if kind == "verb":
            return frozenset((*self.verbs.finite(str(name)), self.verbs.doing(str(name))))
        return frozenset([str(name)])


def parsed(text: str) -> list[Node]:
    """A wording as a list of nodes; raises ValueError where a bracket is open."""
    tokens = _TOKEN.findall(text)
    nodes, end = _sequence(tokens, 0)
    if end != len(tokens):
        raise ValueError(f"a bracket too many: {text}")
    return nodes


def _sequence(tokens: list[str], at: int) -> tuple[list[Node], int]:
    nodes: list[Node] = []
    while at < len(tokens) and tokens[at] not in (")", "]", ">", "|"):
        token = tokens[at]
        if token in ("(", "[", "<"):
            options, at = _options(tokens, at + 1)
            nodes.append(({"(": "any", "[": "may", "<": "keep"}[token], options))
            continue
        nodes.append(_single(token))
        at += 1
    return nodes, at


def _options(tokens: list[str], at: int) -> tuple[list[list[Node]], int]:
    options = []
    while True:
        nodes, at = _sequence(tokens, at)
        options.append(nodes)
        if at >= len(tokens):
            raise ValueError(f"a bracket is open: {' '.join(tokens)}")
        at += 1
        if tokens[at - 1] != "|":
            return options, at


def _single(token: str) -> Node:
    if token[0] == "{":
        return ("number", None) if token == "{n}" else ("value", token[1])
    if token in ("...", "*"):
        return token, None
    return {"@": ("list", token[1:]), "~": ("verb", token[1:])}.get(token[0], ("word", token))


def pattern(nodes: list[Node], terms: Terms, *, whole: bool) -> re.Pattern[str]:
    """The nodes as an expression over plain words, each of them followed by one space; the first value is `v`."""
    said = "".join(_expressions(nodes, terms)).replace(_KEPT, "(?P<v>", 1).replace(_KEPT, "(?:")
    return re.compile(f"{said}$" if whole else f"(?:^|(?<= )){said}")


def _expressions(nodes: list[Node], terms: Terms) -> Iterator[str]:
    for kind, what in nodes:
        if kind in ("any", "may", "keep") and isinstance(what, list):
            inner = "|".join("".join(_expressions(option, terms)) for option in what)
            yield f"{_KEPT}{inner})" if kind == "keep" else f"(?:{inner}){'?' if kind == 'may' else ''}"
        elif kind == "value":
            yield rf"{_KEPT}(?:\S+ )+?)"
        elif kind == "number":
            yield _number(terms)
        elif kind == "...":
            yield r"(?:\S+ ){0,30}?"
        elif kind == "*":
            yield r"\S+ "
        elif kind == "verb":
            yield _verb(str(what), terms.verbs)
        elif kind == "list":
            yield f"(?:{'|'.join(map(re.escape, sorted(terms.lists[str(what)])))})(?:'s)? "
        else:
            yield re.escape(f"{what} ")


def _number(terms: Terms) -> str:
    words = "|".join(sorted(terms.lists["numbers"]))
    part = rf"(?:\d\S*|(?:{words})(?:-\S+)?|a|an|and|half|couple|few|about|around|nearly|almost|just|over|only|under) "
    return rf"{_KEPT}(?:{part})*(?:\d\S*|(?:{words})(?:-\S+)?) )"


def _verb(base: str, verbs: Verbs) -> str:
    finite = "|".join(map(re.escape, verbs.finite(base)))
    doing = re.escape(verbs.doing(base))
    return (
        rf"(?:(?:(?:have |has |had |will |would |did |do )?(?:{finite}) )|"
        rf"(?:(?:are|is|was|were|be|keep|kept|(?:have|has|had) been|would be) {doing} ))"
    )


def keys(nodes: list[Node], terms: Terms) -> frozenset[str]:
    """Words of which one must occur wherever the wording fits; the fewest and rarest of them."""
    best: frozenset[str] = frozenset()
    for kind, what in nodes:
        found: frozenset[str] = frozenset()
        if kind in ("word", "list", "verb"):
            found = terms.words(kind, what)
            found |= {f"{w}'s" for w in found} if kind == "list" else frozenset()
        elif kind in ("any", "keep") and isinstance(what, list):
            inner = [keys(option, terms) for option in what]
            found = frozenset().union(*inner) if all(inner) else frozenset()
        if found and not found & _PLAIN and (not best or len(found) < len(best)):
            best = found
    return best


def value_kind(nodes: list[Node]) -> str:
    """What kind of value the wording keeps (`v`, `V`, `a`, `m`, `q`), or an empty text."""
    return next((str(what) for kind, what in nodes if kind == "value"), "")


def weight(nodes: list[Node]) -> int:
    """How many words a wording explains at least."""
    total = 0
    for kind, what in nodes:
        if kind in ("word", "list", "verb", "number"):
            total += 1
        elif kind in ("any", "keep") and isinstance(what, list):
            total += min(weight(option) for option in what)
    return total
