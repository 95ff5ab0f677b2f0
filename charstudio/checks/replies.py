"""What a character said of itself in a talk, against what its sheet says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from charstudio.checks.alone import stem
from charstudio.checks.finding import Finding, Offer, Person, Place
from charstudio.checks.numbers import age_of, spelled
from charstudio.i18n import _
from charstudio.model import Change, Value
from charstudio.sheet import Schema

LONGEST_REPLY = 20_000

_NUMBER = r"(\d{1,3}|[a-z]+(?:[- ][a-z]+)?)"
_I_AM = r"\bI(?:'m| am) "
_AGES = (
    re.compile(_I_AM + r"(?:only |just |now |already )?" + _NUMBER + r" years? old\b"),
    re.compile(_I_AM + r"(?:only |just |now |already )?" + _NUMBER + r"(?=[.!?;]|,? and (?:I|still)\b|$)"),
)
_NAME = re.compile(r"\b[Mm]y (?:full )?name(?:'s| is) ((?:[^\W\d_][\w'-]*)(?: [^\W\d_a-z][\w'-]*){0,3})")
_PRONOUNS = re.compile(r"\b[Mm]y pronouns are (\w+/\w+)")
_WORK = re.compile(
    r"\b(?:I (?:work|earn my living) as|I(?:'m| am) by trade|[Mm]y job is to be) "
    r"(an? [\w' -]{2,40}?)(?=[.,;!?]| and | but | in | at | for |$)"
)
# Only kin of whom there is one; a second brother contradicts nobody.
_KIN = {"mother": "parents", "father": "parents", "husband": "partner", "wife": "partner"}
_KIN_NAMED = re.compile(r"\b[Mm]y (mother|father|husband|wife),? (?:is |was |is called )?([A-Z][\w'-]+)")
_NO_NAMES = frozenset("I The A An And But He She They It Is Was Not God".split())


def contradicted(who: Person, schema: Schema, replies: Sequence[tuple[int, str]]) -> Iterator[Finding]:
    """Replies that name another value for name, age, pronouns, work or kin than the sheet does."""
    for message_id, body in replies:
        text = body[:LONGEST_REPLY].replace("’", "'")
        for value, said in _claims(who, text):
            if value.know in ("open", "private"):
                yield _finding(who, schema, value, (message_id, said))


def _claims(who: Person, text: str) -> Iterator[tuple[Value, str]]:
    for reader in (_ages, _names, _pronouns, _work, _kin):
        yield from reader(who, text)


def _ages(who: Person, text: str) -> Iterator[tuple[Value, str]]:
    for value in who.sheet.of("age"):
        known = age_of(value.text)
        said = {spelled(m[1]): m[1] for pattern in _AGES for m in pattern.finditer(text)}
        for age, words in said.items():
            if known is not None and age is not None and age != known:
                yield value, words


def _names(who: Person, text: str) -> Iterator[tuple[Value, str]]:
    own = [*who.sheet.of("full_name"), *who.sheet.of("short_name")]
    parts = {w.casefold() for v in own for w in re.findall(r"[\w'-]+", v.text.replace("’", "'"))}
    full = who.sheet.of("full_name")
    for match in _NAME.finditer(text):
        words = [w.casefold() for w in match[1].split()]
        if full and match[1][0].isupper() and match[1] not in _NO_NAMES and not parts & set(words):
            yield full[0], match[1]


def _pronouns(who: Person, text: str) -> Iterator[tuple[Value, str]]:
    for value in who.sheet.of("pronouns"):
        for match in _PRONOUNS.finditer(text):
            if match[1].casefold() not in value.text.casefold():
                yield value, match[1]


def _work(who: Person, text: str) -> Iterator[tuple[Value, str]]:
    for value in who.sheet.of("occupation"):
        known = {stem(w) for w in re.findall(r"\w{3,}", value.text.casefold())}
        for match in _WORK.finditer(text):
            if not known & {stem(w) for w in re.findall(r"\w{3,}", match[1].casefold())}:
                yield value, match[1].strip()


def _kin(who: Person, text: str) -> Iterator[tuple[Value, str]]:
    for match in _KIN_NAMED.finditer(text):
        word, name = match[1], match[2].removesuffix("'s")
        for value in who.sheet.of(_KIN[word]):
            named = re.search(rf"\b{word}\b,? (?:is |called )?([A-Z][\w'-]+)", value.text.replace("’", "'"))
            if named and name not in _NO_NAMES and name not in value.text:
                yield value, name


def _finding(who: Person, schema: Schema, value: Value, said: tuple[int, str]) -> Finding:
    message_id, words = said
    label = schema.attributes[value.attribute].label
    return Finding(
        "chat_contradicts_sheet",
        "note",
        _("Said otherwise: {label}", label=label),
        _(
            "“{old}” stands on the sheet; in a talk {name} said “{new}”.",
            old=value.text[:80],
            name=who.name,
            new=words[:80],
        ),
        (Place.of(who, value), Place(who.id, value.attribute, words, message_id=message_id)),
        _change_the_sheet(who, value, words),
    )


def _change_the_sheet(who: Person, value: Value, words: str) -> tuple[Offer, ...]:
    if value.locked or value.attribute in ("parents", "partner"):
        return ()
    return (Offer(_("Change the sheet"), ((who.id, Change(value.attribute, words)),)),)
