"""Frees a line from what only accompanies it: "well", "I think", "for what it's worth", "really"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from charstudio.guide.lines import Line, Word

_OPENERS = """
well|so|ok|okay|hmm|hm|um|umm|uh|er|oh|ah|yes|yeah|yep|right|now|and|but|then|please|maybe|perhaps|also|
say|see|look|listen|sure|anyway|alright|all right|fine|of course|naturally|frankly|honestly|basically|
actually|really|truly|personally|apparently|clearly|obviously|admittedly|presumably|probably|definitely|
certainly|ultimately|essentially|generally|to be honest|to be fair|in truth|in fact|truth is|
the truth is|the fact is|the thing is|thing is|the point is|fact is|deep down|at heart|these days|
nowadays|as it happens|it turns out|it turns out that|turns out|for now|by the way|btw|oh and|and also|
plus|besides|i think|i think that|i guess|i guess that|i suppose|i suppose that|i would say|
i would say that|i say|i feel|i feel like|i feel that|i reckon|i believe|i imagine|i imagine that|
i have decided|i have decided that|i decided|i decided that|i know|i know that|i am thinking|
i am pretty sure|i am pretty sure that|i am sure|i am sure that|i bet|i want it so that|let us say|
let us say that|let us say then|let us have it that|let us make it so that|let us go with|
let us put it this way|put it this way|remember|remember that|you know|you should know that|
you should know|you see|it seems|it seems that|it seems like|it is like|it is just that|it is that|
it is clear that|it is true that|it is possible that|i want to say|i would imagine|i like to think|
i like the idea that|my idea is that|in my head|in my mind|the way i see it|as far as i can tell|
as i see it|if you ask me|what if|suppose|what about this|how about this|as for that|first of all|first|
second|secondly|finally|for one thing|one thing|one more thing|another thing|here is the thing|oddly|
strangely|funnily enough|to be precise|in short|in a word|put simply|simply put|like
"""
_TAILS = """
i think|i guess|i suppose|i would say|i say|i reckon|i believe|i imagine|i feel|i bet|you know|you see|
of course|for what it is worth|though|anyway|after all|to be honest|to be fair|honestly|really|
basically|actually|i am sure|if you ask me|or so|or something|or something like that|or thereabouts|
let us say|maybe|perhaps|probably|definitely|literally|obviously|apparently|naturally|these days|
nowadays|for now|at the moment|right now|at present|okay|ok|right|please|by the way|as it happens|
truth be told|in truth|then|now|in case you wondered|believe it or not|as far as i can tell|always have|
that is all|that is it|simple as that|no question|no doubt|without question|for some reason|
god knows why|bless you|as well|too
"""
_FLOATING = frozenset("""
always really truly actually just simply still secretly honestly definitely certainly absolutely
probably basically literally obviously clearly apparently currently now already only even also
mostly mainly largely generally usually normally typically desperately badly deeply openly
constantly forever perpetually practically virtually nearly almost quite rather pretty sort kinda
merely once often sometimes occasionally genuinely positively completely totally utterly entirely
fully firmly strongly sincerely quietly privately somehow ever probably possibly supposedly somewhat
especially particularly famously notoriously evidently invariably continually frequently regularly
rarely fiercely passionately basically essentially long ultimately automatically instinctively
immediately suddenly rightly wrongly purely sorely dearly truly tremendously
""".split())  # fmt: skip
_AFTER_SUBJECT = frozenset(
    ("you", "are", "have", "were", "had", "would", "will", "is", "was", "do", "did", "has")
)


def _phrases(text: str) -> dict[tuple[str, ...], None]:
    listed = [tuple(p.split()) for p in text.replace("\n", "").split("|")]
    return dict.fromkeys(sorted(listed, key=len, reverse=True))


_OPENING = _phrases(_OPENERS)
_TAILING = _phrases(_TAILS)
_INSIDE = _phrases(
    "i think|i guess|i suppose|i would say|i reckon|i believe|you know|of course|honestly"
    "|let us say|to be honest"
)
_KEPT_WHOLE = frozenset(("you", "your", "i", "we", "she", "he", "they", "it"))


def bare(line: Line) -> Line:
    """The line without openers, hedges and tags; never nothing."""
    words = _without_tails(_without_openers(line.words))
    if not words:
        return line
    for phrase in _INSIDE:
        words = _without_inside(line.text, words, phrase)
    cut = words[-1].end < line.words[-1].end
    return Line(line.text[: words[-1].end] if cut else line.text, words)


def plainer(line: Line) -> Line:
    """The line without the adverbs that float around its verb ("you have *always really* wanted")."""
    words = line.words
    kept = [
        w for i, w in enumerate(words)
        if w.plain not in _FLOATING or not i or not _floats(words, i)
    ]  # fmt: skip
    return line if len(kept) == len(words) else Line(line.text, tuple(kept))


def _floats(words: tuple[Word, ...], i: int) -> bool:
    before = i - 1
    while before > 0 and words[before].plain in _FLOATING:
        before -= 1
    return before < 7 and (words[before].plain in _AFTER_SUBJECT or words[before].plain.endswith("'s"))


def _without_openers(words: tuple[Word, ...]) -> tuple[Word, ...]:
    said = tuple(w.plain for w in words)
    at = 0
    while True:
        step = next((n for n in range(min(8, len(said) - at - 1), 0, -1) if said[at : at + n] in _OPENING), 0)
        if not step:
            return words[at:]
        at += step


def _without_tails(words: tuple[Word, ...]) -> tuple[Word, ...]:
    said = tuple(w.plain for w in words)
    end = len(said)
    while True:
        step = next((n for n in range(min(8, end - 2), 0, -1) if said[end - n : end] in _TAILING), 0)
        if not step or (step == 1 and said[end - 2] in ("not", "the", "a", "your", "are", "so", "my")):
            return words[:end]
        end -= step


def _without_inside(text: str, words: tuple[Word, ...], phrase: tuple[str, ...]) -> tuple[Word, ...]:
    """Without a hedge between commas: "Your father, I think, was a miner."."""
    said = tuple(w.plain for w in words)
    for at in range(1, len(said) - len(phrase)):
        after = at + len(phrase)
        if said[at:after] == phrase and _comma(text, words, at - 1) and _comma(text, words, after - 1):
            return (*words[:at], *words[after:])
    return words


def _comma(text: str, words: tuple[Word, ...], i: int) -> bool:
    return i + 1 < len(words) and "," in text[words[i].end : words[i + 1].start]


_CUT = re.compile(
    r"(?P<stop>[.;!?…]+[\"”']?\s+|\s+[—–-]\s+|:\s+)(?:(?:and|but|so|plus|though|yet)\s+)?"
    r"|(?P<with>,?\s+with\s+)"
    r"|(?P<who>,?\s+who\s+)"
    r"|(?P<why>,?\s+(?:which is why|because|though|although|so|yet|while|whereas)\s+)(?=(?:you|your|it)\b)"
    r"|(?P<comma>,\s+)(?:(?:and|but|so|plus|though|yet|while|whereas|or)\s+)?"
    r"|\s+(?P<and>and|but|while|whereas)\s+",
    re.I,
)
_TITLE = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|St|Prof|Rev|Capt|Sgt|Lt|[A-Z])$")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”")
_NUMBERED = re.compile(r"\b(?:hundred|thousand)\s+and\s+\w", re.I)


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where a line may fall into clauses: what separates them, and which kind of joint it is."""

    start: int
    end: int
    kind: str
    text: str

    @property
    def strong(self) -> bool:
        """Whether a comma or more stands there, not "and" alone."""
        return self.kind in ("stop", "comma", "why")


def cuts(text: str) -> Iterator[Cut]:
    """Places where a line may fall into clauses; never in quoted speech or within a number."""
    kept = [m.span() for form in (_QUOTED, _NUMBERED) for m in form.finditer(text)]
    for cut in _CUT.finditer(text):
        if cut[0][:1] == "." and _TITLE.search(text, max(0, cut.start() - 6), cut.start()):
            continue
        if not any(a < cut.start() and cut.start() + 1 < b for a, b in kept):
            yield Cut(cut.start(), cut.end(), cut.lastgroup or "and", cut[0])
