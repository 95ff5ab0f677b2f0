"""Hears what the writer wants done with a value: keep it secret, lock it, keep what was offered."""

# ruff: noqa: E501 - the forms of sentences are read as they are said

from __future__ import annotations

import re
from dataclasses import dataclass

from charstudio.guide.lines import plain
from charstudio.model import Know

_THAT = r"(?:that|this|it)"
_NOUN = r"(?:(?:your|the) (#.+?)|that|this|it|them)"
_KNOW: tuple[tuple[Know, str], ...] = (
    (
        "private",
        rf"keep {_NOUN} (?:to yourself|secret|private|quiet|hidden|under wraps|between you and yourself)|"
        rf"(?:{_THAT} is|keep {_THAT}) (?:a |your )?secret|(?:do not|never) (?:tell|show|mention) {_NOUN}"
        r"(?: to)?(?: anyone| anybody| people| a soul| others)?|(?:you )?(?:do not|never|must not) tell (?:anyone|anybody|a soul)"
        r"(?: (?:about )?(?:that|this|it|your (#.+)))?|(?:you )?(?:would|will) not (?:say|tell|admit) (?:that|this|it)"
        rf"(?: to anyone)?|{_THAT} is private|your (#.+) is (?:a secret|private|secret)|you (?:hide|protect) {_THAT}|"
        rf"(?:only you know|nobody else knows|no one else knows|nobody knows|no one knows) {_THAT}|hide {_NOUN}",
    ),
    (
        "blind",
        rf"you (?:do not|cannot) (?:know|see|realise|notice) {_THAT} (?:about|of|in) yourself|"
        rf"you (?:do not|cannot) (?:know|see|realise|notice) {_THAT}(?: yourself)|you are (?:not aware|unaware) of {_THAT}|"
        rf"you are blind to {_NOUN}|{_THAT} is (?:your )?(?:a )?blind spot|you act from {_THAT} without knowing it|"
        r"you do not know (?:that|this) about you|without knowing it yourself",
    ),
    (
        "author",
        rf"{_THAT} (?:is|stays) (?:just |only |strictly )?(?:between (?:us|you and me)|for me|for the author|for my eyes)(?: only| alone)?|"
        rf"(?:just |only )?between (?:us|you and me)|only i know {_THAT}|(?:that is |for )?my eyes only|"
        rf"only the author knows(?: {_THAT})?|only i (?:need|have) to know {_THAT}|(?:keep )?{_NOUN} (?:is )?for the author(?: only)?|"
        rf"(?:keep|leave) {_THAT} out of the (?:talk|prompt|talks)|{_THAT} is an author's note|you must not know {_THAT}",
    ),
    (
        "open",
        rf"(?:you )?(?:may|can) (?:tell|say|show) {_THAT}(?: to)?(?: anyone| anybody| everyone| people)?|"
        rf"(?:you )?(?:may|can) (?:tell|show) (?:anyone|anybody|everyone|people)(?: {_THAT})?|{_THAT} is (?:no secret|not a secret|public|open|common knowledge)|"
        rf"(?:everyone|everybody|anyone|people|the whole town) (?:knows|may know|can know) {_THAT}|you (?:do not hide|make no secret of) {_THAT}|"
        rf"(?:speak|talk) (?:freely|openly) (?:about|of) {_NOUN}",
    ),
)
_LOCKS: tuple[tuple[bool, str], ...] = (
    (
        True,
        rf"{_THAT} (?:stays|is settled|is final|stays as it is|is fixed|must not change|is not to change)|"
        rf"(?:lock|fix|protect|pin|freeze) {_NOUN}|(?:never|do not) (?:change|touch) {_NOUN}(?: again)?|lock|"
        rf"(?:leave|keep) {_NOUN} (?:as it is|as is|locked|like that|that way)",
    ),
    (
        False,
        rf"(?:unlock|unfix|unpin|unfreeze|free) {_NOUN}|unlock|{_THAT} may change(?: again)?|you may change {_NOUN}",
    ),
)
_KEEP = re.compile(
    r"(?:keep|save|store|note|remember|use|take|add) (?:that|this|it|them|what you said)(?: (?:to|on|in) (?:your|the) sheet)?|"
    r"(?:write|put|note) (?:that|this|it) (?:down|on (?:your|the) sheet|in)$"
)
# "Secretly you …": what follows is told, and the character protects it.
_SECRETLY = re.compile(
    r"^\W*(?:secretly|in secret|privately|on the quiet|just between you and yourself)\s*,?\s+(?=you|your)",
    re.I,
)
_SECRETLY_INSIDE = re.compile(r"^(\W*you(?:['’]re|\s+are|['’]ve|\s+have)?)\s+(?:secretly|privately)\s+", re.I)
_NOBODY_KNOWS = re.compile(
    r"^\W*(?:nobody|no\s?one|not\s+a\s+soul)\s+(?:else\s+)?(?:knows|must\s+know|suspects|is\s+to\s+know|may\s+know)\s+(?:that\s+)?"
    r"(?=you\b|your\b)",
    re.I,
)
_UNKNOWING = re.compile(
    r"^\W*(?:without\s+knowing\s+it|unknowingly|though\s+you\s+do(?:\s+not|n['’]t)\s+know\s+it)\s*,?\s+(?=you|your)",
    re.I,
)


_KNOWN = tuple((know, re.compile(form.replace("(#", "("))) for know, form in _KNOW)
_LOCKED = tuple((locked, re.compile(form.replace("(#", "("))) for locked, form in _LOCKS)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with values: their know level or their lock; `about` is the noun that names them."""

    act: str
    about: str = ""
    know: Know | None = None
    locked: bool | None = None


def order_of(text: str) -> Order | None:
    """The order a line gives, or None."""
    if len(text) > 120:
        return None
    said = re.sub(
        r"^(?:please|and|but|no|well|ok|okay) |(?: please| then| though| for now)$", "", " ".join(plain(text))
    )
    for know, form in _KNOWN:
        if match := form.fullmatch(said):
            return Order("know", _noun(match), know=know)
    for locked, form in _LOCKED:
        if match := form.fullmatch(said):
            return Order("lock", _noun(match), locked=locked)
    return Order("keep") if _KEEP.fullmatch(said) else None


def secretly(text: str) -> tuple[str, Know] | None:
    """A statement that says in passing who knows it: the statement without that, and the level."""
    forms: tuple[tuple[re.Pattern[str], Know], ...] = (
        (_SECRETLY, "private"),
        (_NOBODY_KNOWS, "private"),
        (_UNKNOWING, "blind"),
    )
    for form, level in forms:
        if match := form.match(text):
            rest = text[match.end() :]
            return rest[:1].upper() + rest[1:], level
    inside = _SECRETLY_INSIDE.match(text)
    return (f"{inside[1]} {text[inside.end() :]}", "private") if inside else None


def _noun(match: re.Match[str]) -> str:
    """The words that name a value; these groups are the only ones that capture."""
    return next((n for n in match.groups() if n), "")
