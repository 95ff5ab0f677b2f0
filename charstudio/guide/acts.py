"""Recognises what the writer wants when nothing is told: undo, skip, suggest, why, and so on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from charstudio.guide.lines import plain

_POLITE = re.compile(
    r"^(?:please |ok |okay |well |um |hmm |no |oh )+|(?: please| thanks| thank you| now| then)+$"
)
_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5, "a few": 3, "some": 4, "3": 3, "4": 4, "5": 5, "2": 2}
_ABOUT = r"(?: (?:for|of|about|on) (?:my |your |the |a |an )?(?P<about>.+))?"
_SOME = r"(?:(?P<count>two|three|four|five|some|a few|[2-5]) )?"
_IDEAS = r"(?:suggestions?|ideas?|options?|examples?|proposals?)"

_ACTS: tuple[tuple[str, str], ...] = (
    (
        "undo",
        r"undo(?: that| it| this| the last (?:one|change|thing|step)| last)?|"
        + r"take (?:that|it|this) back|(?:go|step) back|revert(?: that| it)?|oops|"
        + r"i take (?:that|it) back|scratch that",
    ),
    (
        "redo",
        r"redo(?: that| it| this)?|do (?:that|it) again|put (?:that|it) back|" + r"bring (?:that|it) back",
    ),
    (
        "not_applicable",
        r"(?:that |this |it )?(?:does not|do not) apply(?: to you| here)?|not applicable|n/a|"
        + r"not for (?:this|that) (?:character|one|person|story|book)|"
        + r"not for (?:you|her|him|them)|never ask (?:me )?(?:that|this|it)(?: again)?|"
        + r"(?:do not|stop) ask(?:ing)? (?:me )?(?:that|this|about that|about this)(?: again)?|"
        + r"irrelevant|that is not relevant|not relevant",
    ),
    (
        "skip",
        r"skip(?: (?:it|that|this|this one|that one|the question|this question))?|later|"
        + r"maybe later|pass|not now|next|next one|next question|another question|"
        + r"a different question|ask me something else|"
        + r"i (?:do not|still do not) know(?: yet| that| that yet)?|do not know|idk|dunno|"
        + r"i have no idea|no idea|not sure(?: yet)?|i am not sure(?: yet)?|never mind|forget it|"
        + r"ask me later|come back to (?:that|this|it) later|i will decide later|undecided|"
        + r"move on|let us move on|we will see|i have not decided(?: yet| that yet)?",
    ),
    (
        "why",
        r"why|why (?:do|did) you ask(?: me)?(?: that| this)?|why (?:that|this)(?: question)?|"
        + r"why (?:are you asking|do you want to know)(?: that| this)?|"
        + r"why does (?:that|this|it) matter|what makes you ask(?: that)?|"
        + r"where does that question come from",
    ),
    (
        "overview",
        r"what do you know(?: so far)?(?: about (?:yourself|you))?(?: so far)?|"
        + r"summari[sz]e(?: yourself)?|summary|overview|"
        + r"(?:tell me|what is) everything you know(?: about yourself)?|"
        + r"what do we (?:have|know)(?: so far)?|"
        + r"what have (?:we|i) (?:got|decided|told you)(?: so far)?|who are you|"
        + r"tell me about yourself|"
        + r"(?:show|list|read)(?: me)? (?:everything|all|the sheet|your sheet)|describe yourself|"
        + r"what do you have(?: so far)?|status|progress",
    ),
    (
        "mode_talk",
        r"(?:let us|can we|i want to|i would like to)? ?(?:just )?(?:talk|chat)(?: freely)?|"
        + r"let us just (?:talk|chat)|(?:stop|no more|enough)(?: asking| with the)? questions|"
        + r"open talk|free talk|stop asking(?: questions)?",
    ),
    (
        "mode_guide",
        r"(?:let us go |go )?back to (?:the )?questions|guided mode|guide me|"
        + r"ask me questions(?: again)?|let us go on with the questions",
    ),
    (
        "stranger",
        r"(?:(?:something|anything|a bit|a little|much|even) )?(?:stranger|weirder|wilder|odder|bolder)"
        + r"(?: "
        + _IDEAS
        + r")?|surprise me more|less obvious|something less obvious",
    ),
    (
        "more",
        r"more|(?:some |any |give me |show me )?more(?: "
        + _IDEAS
        + r")?|"
        + r"(?:any )?(?:other|different|new) "
        + _IDEAS
        + r"|others|(?:something|anything) else|"
        + r"none of (?:these|those|them)|not (?:these|those)|what else|try again|again",
    ),
    (
        "ask_suggestion",
        r"(?:can you |could you |would you )?(?:suggest|propose|offer|"
        + r"recommend)(?: me)? (?:something|anything|one|"
        + _SOME
        + r"(?:things|"
        + _IDEAS
        + r")?)"
        + _ABOUT,
    ),
    (
        "ask_suggestion",
        r"(?:can you |could you )?(?:suggest|propose)(?: me)? (?:a |an |some |my |your )?(?P<named>.+)",
    ),
    (
        "ask_suggestion",
        r"suggest|suggest something|help|help me|i need help|surprise me|inspire me|you choose|"
        + r"you decide",
    ),
    (
        "ask_suggestion",
        r"(?:(?:can|could) you )?(?:give|show|offer|do you have|have you got|"
        + r"got)?(?: me)? ?(?:any )?"
        + _SOME
        + _IDEAS
        + _ABOUT,
    ),
    (
        "ask_suggestion",
        r"what (?:could|might|would|should) (?:be )?(?:your|my) (?P<named>.+?)(?: be)?",
    ),
    (
        "ask_suggestion",
        r"what (?:could|might|would) (?:it|that) be|(?:like|such as) what|what for example|"
        + r"for example|what would you suggest|what do you suggest",
    ),
    (
        "ask_question",
        r"ask me (?:something|anything|a question|another|more)|ask away|ask(?: me)?|"
        + r"what (?:should|do|can|could) (?:i|we) (?:define|decide|tell you|do|answer)(?: next)?|"
        + r"what is next|what next|what is missing|go on|continue|keep going|carry on|what now|"
        + r"(?:what|which) question is next",
    ),
)
_COMPILED = tuple((name, re.compile(f"(?:{pattern})$")) for name, pattern in _ACTS)
ALL = re.compile(r"^(?:take |keep |use |yes |i take )?(?:all|all of them|them all|everything|both)$")
NUMBERS = re.compile(
    r"^(?:take |number |option |no |the )?([1-9])(?:(?:st|nd|rd|th)?(?:(?: and|,| &)* ?([1-9]))*)?$"
)


_EMPTY = frozenset(
    (
        "you",
        "your",
        "the",
        "a",
        "an",
        "is",
        "are",
        "to",
        "of",
        "and",
        "i",
        "me",
        "my",
        "it",
        "that",
        "do",
        "not",
    )
)
# Acts that make sense as a button at any time.
_OFFERED = frozenset((
    "overview", "ask_suggestion", "ask_question", "skip", "undo", "why", "not_applicable", "mode", "more",
    "lock",
))  # fmt: skip


def plainly(text: str) -> str:
    """A short line as plain words, politeness left out: "Undo that, please!" -> "undo that"."""
    words = " ".join(plain(text)) if len(text) < 160 else ""
    return _POLITE.sub("", words).strip() or words


def act_of(text: str) -> tuple[str, str, int]:
    """(act, the attribute words it names, how many are asked for), or an empty act."""
    said = plainly(text)
    if not said or '"' in text:
        return "", "", 0
    for name, pattern in _COMPILED:
        match = pattern.match(said)
        if match:
            groups = match.groupdict()
            about = groups.get("about") or groups.get("named") or ""
            return name, about, _COUNT.get(groups.get("count") or "", 0)
    return "", "", 0


def nearest(text: str, acts: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The two ways of saying an act that share most words with a line; a question leans to what asks."""
    said = set(plain(text[:300])) - _EMPTY
    phrases = [(str(say), str(act["act"])) for act in acts for say in act["says"] if act["act"] in _OFFERED]
    scored = sorted(
        phrases,
        key=lambda p: (
            -len(said & (set(plain(p[0])) - _EMPTY)) - 0.5 * (p[1] in ("overview", "ask_suggestion"))
        ),
    )
    found: list[tuple[str, str]] = []
    for say, act in scored:
        if act not in [a for _say, a in found]:
            found.append((say, act))
    return found[0][0], found[1][0]


def chosen(text: str, count: int) -> tuple[int, ...] | None:
    """Which chips (from 0) a line like "2", "1 and 3" or "all" takes; None if it is no choice."""
    said = " ".join(plain(text)) if len(text) < 60 else ""
    if count and ALL.match(said):
        return tuple(range(count))
    if not count or not NUMBERS.match(said):
        return None
    numbers = [int(n) - 1 for n in re.findall(r"\d", said)]
    return tuple(dict.fromkeys(numbers)) if all(n < count for n in numbers) else None
