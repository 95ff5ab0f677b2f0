"""Which words of a reply say something about the one who speaks: sentences that are meant and its own.

Gestures, questions, what others are quoted with, what is only supposed, promised or lied about, and what
holds for this moment alone ("I am waiting") are no statements about oneself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 20_000  # characters of a reply that are looked through
LONGEST_SENTENCE = 300


@dataclass(frozen=True, slots=True)
class Statement:
    """A stretch of a reply, literally (`evidence`), and the same words as plain grammar (`text`)."""

    evidence: str
    text: str


_GESTURE = re.compile(r"\*[^*\n]+\*|\([^()\n]*\)|\[[^\[\]\n]*\]")
_QUOTE = re.compile(r"“[^”\n]*”?|\"[^\"\n]*\"?|«[^»\n]*»?")
_ME = re.compile(r"\b(?:I|my|me|myself|I['’]\w+)\b")
_TELLS = re.compile(
    r"\b(?:s?he|they|it)\s+(?:\w+\s+)?(?:sa(?:id|ys)|ask(?:s|ed)|look(?:s|ed)|turn(?:s|ed)|\w+ed)\b", re.I
)
_SHORT = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|Capt|Col|Sgt|Prof|Rev|No)\.$")
_END = re.compile(r"[.!?…]+[\"”’'»)]*(?=\s|$)|[;\n]+|\s[–—]\s|—")
_CLAUSE = re.compile(
    r"(?:,?\s+(?:and|but|so|yet)\s+|,\s+)(?=(?:also\s+|then\s+)?(?:I|i|my|I['’](?:m|ve|d|ll))\b)"
)
_SMALL_I = re.compile(r"(?<![\w'’-])i(?=(?:['’](?:m|ve|d|ll))?(?:[\s,]|$))")
_BARE = {"im": "I'm", "ive": "I've", "dont": "don't", "cant": "can't", "wont": "won't", "didnt": "didn't"}
_BARE_WORD = re.compile(r"\b(?:im|ive|dont|cant|wont|didnt)\b", re.I)
_DROPPED_I = re.compile(r"^(?:can['’]?t|cannot) stand\b|^(?:lost|hate|love|born in)\s", re.I)

_TAIL = re.compile(
    r",?\s+(?:if you (?:must|want to|care to|really)\b.*|since you (?:ask|insist)|you (?:see|know|understand)"
    r"|as you (?:see|know|can see)|as it happens|after all|of course|though|too|either|mostly|actually|really"
    r"|sir"
    r"|ma['’]?am|madam|miss|mister|my (?:dear|lord|lady|friend|love)|tbh|lol|that['’]s all|is all|then|now"
    r"|anyway|to be honest|to tell the truth|i suppose|i must confess|in truth|thank you(?: very much)?)$",
    re.I,
)
_ASIDE = re.compile(
    r",\s+(?:not (?:a|an|the)|which|whatever|so|because|as if|as though|thank|mind you|you see|you know"
    r"|except|only|or so"
    r"|if you|if that|if it|and (?:that|nobody|he|she|they|it|we|you|what|the|there|no one|who|never|then)"
    r"|but (?:that|nobody|he|she|they|it|we|you|what|the|there|no one|who|never|then)"
    r"|in that order|draw your|since you|he|she|they|it)\b.*$",
    re.I,
)
_OTHERS = re.compile(
    r"\s+(?:and|but|so)\s+(?:it|he|she|they|we|you|there|that)(?:['’]\w+|\s+(?:is|are|was|were|has|have|had"
    r"|will|can|do|does|did|never|always|used|\w+ed|\w+s)\b).*$",
    re.I,
)
_THEY_SAY = re.compile(
    r",\s+(?:they|he|she|people|some|someone)\s+(?:\w+\s+){0,2}(?:say|says|said|tell|tells|told)\b", re.I
)
_LEAD = re.compile(
    r"^(?:(?:yes|no|well|oh|ah|aye|look|listen|me|ha|hm+|lol|sir|please|truth is|the truth is|honestly"
    r"|to be honest|you see|you know|as it happens|frankly|fine|right|so|and|but|then|very well|of course"
    r"|my dear(?: \w+)?|my (?:lord|lady|friend))\b[\s,.:!–—-]*)+(?=\S)",
    re.I,
)
_STARTS = re.compile(
    r"^(?:I|my|I['’](?:m|ve|d)|mine|what I|what my|all I|as a (?:child|boy|girl|kid)|growing up|before this"
    r"|before that|under pressure|in my|on my|at night|when I|whenever I|deep down"
    r"|every (?:day|night|morning)"
    r"|most days|nobody knows|no one knows|people (?:call|say|think)|everyone (?:calls|says|thinks)"
    r"|everybody (?:calls|says|thinks)|they (?:call|say)|most people|the (?:one|only) (?:thing|person|place)"
    r"|for (?:fun|luck)|around other people|with other people|the best thing|the worst thing)\b",
    re.I,
)

_UNSURE = re.compile(
    r"\b(?:if|unless|could|might|may|maybe|perhaps|wish|imagine|suppose|supposing|pretend(?:ed|ing)?|probably"
    r"|possibly|almost|nearly|should|shall|will|i['’]ll|going to|about to|as though|as if|let (?:me|us)|seem"
    r"|seems|sometimes i think|once upon|or so|not sure|guess|doubt|joking|kidding|dreamt|dreamed)\b",
    re.I,
)
_WOULD = re.compile(r"\bwould\b|\bI['’]d\b(?!\s+better)", re.I)
_NEVER_WOULD = re.compile(r"^I(?:['’]d| would) (?:never|not)\b|^I would(?:n['’]t)\b", re.I)
_TOLD = re.compile(
    r"^I(?:['’]ve| have| had)?\s+(?:\w+ly\s+|just\s+|once\s+|only\s+|even\s+|never\s+)?(?:told|said|say|tell"
    r"|claim(?:ed)?|lied|swore|wrote|thought|heard|hoped|meant|mean|promise[ds]?|asked?|answered|called"
    r"|remember(?:ed)?|see|saw|hear|feel|felt|bet|hope|assure|beg|suggest|understand|wonder(?:ed)?|forgot"
    r"|think|figure|reckon|expect|wait(?:ed)?|look(?:ed)?|came|went|did|do)\b",
    re.I,
)
_OFTEN_SAY = re.compile(r"^I (?:often|always|like to) say\b", re.I)
_NOW = re.compile(
    r"^I(?:['’]m| am| was)(?: just| only| not| still| already| quite| so| very| really| right)?\s+(?:\w+ing\b"
    r"(?!\s+of\b)|sorry|sure|certain|glad|here|there|fine|ready|tired|cold|hungry|thirsty|done|back|late"
    r"|right"
    r"|wrong|alone|serious|okay|ok|alright|all right|listening|with you|behind|happy to|pleased|told|asked"
    r"|what|who|where|on my way|not|afraid(?! of)|flattered|surprised|grateful|curious (?:about|what|how|why)"
    r"|no\b|alive|awake|safe|yours|lost|in (?:a hurry|the middle|here|there)|at (?:your|the)|off|out|up|down"
    r"|nothing|nobody|everything|neither|one of|the (?:one|only|first|last|same)|only|able|unable|too|to)\b",
    re.I,
)
_YOU = re.compile(r"\b(?:you|your|yours|yourself|thee|thy|thou|ye)\b|\byou['’]\w+", re.I)
_NOT = re.compile(r"\bnot\b|n['’]t\b|\bno longer\b|\bhardly\b", re.I)
_NOT_KNOWN = re.compile(
    r"^I (?:cannot|can['’]t|can not|have no|haven['’]t|do not have|don['’]t have|have never|['’]ve never)\b"
    r"|^I (?:do not|don['’]t|never) (?:trust|sleep|swear)\b|^My .{1,30} is that\b",
    re.I,
)
_IN_DOUBT = re.compile(r"\b(?:it|this|that|these|those|so|there|him|her|them)$", re.I)


def statements(body: str) -> tuple[Statement, ...]:
    """What a reply states about the one who speaks, in its order; each evidence stands in it literally."""
    body = body[:LONGEST]
    return tuple(s for start, end in _sentences(body) for s in _stated(body[start:end]))


def plainly(text: str) -> str:
    """Hasty writing as grammar has it: "im" is "I'm", a small i is I."""
    text = _SMALL_I.sub("I", _BARE_WORD.sub(lambda m: _BARE[m[0].casefold()], text))
    return f"I {text[0].lower()}{text[1:]}" if _DROPPED_I.match(text) else text


def _sentences(body: str) -> Iterator[tuple[int, int]]:
    """The stretches between full stops that are spoken by the one whose reply it is."""
    masked = _GESTURE.sub(lambda m: "\n" * len(m[0]), body)
    outside = _QUOTE.sub(" ", masked)
    quotes = list(_QUOTE.finditer(masked))
    if quotes and not _ME.search(outside) and (not outside.strip() or _speaks(masked, outside)):
        spans = [(m.start() + 1, m.end() - (m[0][-1:] in '”"»' and len(m[0]) > 1)) for m in quotes]
        masked = "".join(c if any(a <= i < b for a, b in spans) else "\n" for i, c in enumerate(masked))
    else:
        # what others are quoted with must not end a sentence, nor begin one
        masked = _QUOTE.sub(lambda m: "“" + "_" * (len(m[0]) - 1), masked)
    start = 0
    for end in (*_END.finditer(masked), None):
        stop = end.start() if end else len(masked)
        if end and end[0][0] == "." and _SHORT.search(masked[start : stop + 1]):
            continue
        asked = end is not None and "?" in end[0]
        short = stop - start <= 4 * LONGEST_SENTENCE
        if not asked and short and masked[start:stop].strip(" \n_“"):
            yield start, stop
        start = end.end() if end else stop


def _speaks(masked: str, outside: str) -> bool:
    """Whether what stands in quotes is the character's speech, and the rest tells of it."""
    return masked.lstrip()[:1] in '“"«' or bool(_TELLS.search(outside))


def _stated(sentence: str) -> Iterator[Statement]:
    for clause in _clauses(sentence.strip('\n ,“”"*_')):
        if _THEY_SAY.search(clause):
            continue
        evidence = _trimmed(clause)
        text = plainly(evidence)
        if 3 < len(text) <= LONGEST_SENTENCE and is_meant(text):
            yield Statement(evidence, text)


def _clauses(sentence: str) -> Iterator[str]:
    """Pieces that each have a subject of their own; "When I lie, I blush" is one."""
    start = 0
    for cut in _CLAUSE.finditer(sentence):
        left = sentence[start : cut.start()]
        open_end = re.match(r"\s*(?:when|whenever|if|as|before|after|since|because|under|in|on|at|for|deep"
                            r"|with|around|growing|every|most|though|while|until)\b", left, re.I)  # fmt: skip
        that = re.search(
            r"\b(?:who|because|when|where|while|that (?:I|he|she|it|the|they|we|my|no\w*))\b", left, re.I
        )
        if (open_end and "," in cut[0]) or that or len(left.split()) < 2:
            continue
        yield left
        start = cut.end()
    yield sentence[start:]


def _trimmed(clause: str) -> str:
    """Without "Well, …" before it and "…, if you must know" behind it."""
    text = clause.strip(" ,:\n")
    while True:
        shorter = _LEAD.sub("", text, count=1).strip()
        shorter = _TAIL.sub("", shorter, count=1).rstrip(" ,")
        shorter = _OTHERS.sub("", _ASIDE.sub("", shorter, count=1), count=1).rstrip(" ,")
        if shorter == text:
            return text
        text = shorter


def is_meant(text: str) -> bool:
    """Whether a sentence in the first person says what is so, for longer than this moment."""
    head = text.replace("’", "'")
    if not _STARTS.match(head) or _YOU.search(_unquoted(text)) or _UNSURE.search(_unquoted(head)):
        return False
    if _WOULD.search(head) and not _NEVER_WOULD.match(head):
        return False
    if (_TOLD.match(head) and not _OFTEN_SAY.match(head)) or _NOW.match(head):
        return False
    if _NOT.search(head) and not (_NOT_KNOWN.match(head) or _NEVER_WOULD.match(head)):
        return False
    return not _IN_DOUBT.search(head)


def _unquoted(text: str) -> str:
    return _QUOTE.sub(" ", text)
