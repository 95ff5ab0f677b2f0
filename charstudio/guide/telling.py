"""Turns what was understood into changes of the sheet: set, add, remove, an explicit none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from charstudio.guide.facts import Fact, shaped
from charstudio.guide.statements import Statements
from charstudio.model import Change
from charstudio.sheet import Schema, Sheet

_ALSO = re.compile(
    r"^(\s*(?:and\s+)?you(?:['’]?re|['’]ve|\s+\w+)?)\s+also\s+|,?\s+(?:too|as well)(?=[\s.!]*$)", re.I
)
_ALSO_FIRST = re.compile(r"^\s*(?:also|besides|in addition|and)\s*,?\s+(?=you)", re.I)
_CHANGE = re.compile(r"^\s*(?:no,?\s+)?(?:actually|in fact|correction|rather|wait|i mean|no|sorry|"
                     r"on second thoughts?|"
                     r"from now on)\b\s*[,:;–—-]*\s*(?=you|people|they)", re.I)  # fmt: skip
_COMMAND = re.compile(
    r"^\s*(?:please\s+)?(?:change|set|make|switch|turn|let)\s+(?:your|the)\s+(.{1,40}?)(?:\s+from\s+.{1,80}?)?\s+(?:to|into|be|:|=)\s+(.+)$",
    re.I | re.S,
)
_MAKE = re.compile(
    r"^\s*(?:please\s+)?make\s+your\s+(name|age|job|occupation|eyes|hair|gender)\s+(.+)$", re.I | re.S
)
_FORGET = re.compile(
    r"^\s*(?:please\s+)?(?:forget|remove|delete|clear|drop|erase|unset)\s+(?:about\s+)?(?:your|the)\s+(.{1,40}?)\s*[.!]*$",
    re.I,
)
_FORGET_THAT = re.compile(r"^\s*(?:please\s+)?(?:forget|remove|delete)\s+that\s+(you.+)$", re.I)
_NONE = re.compile(
    r"^\s*you(?:\s+have|['’]?ve(?:\s+got)?|\s+have\s+got|\s+do\s+not\s+have|\s+don['’]?t\s+have|\s+haven['’]t(?:\s+got)?|\s+never\s+had)"
    r"\s+(?P<no>no|any|a|an)?\s*(?P<noun>.{1,40}?)(?:\s+(?:at all|anymore|any more))?\s*[.!]*$",
    re.I,
)
_NOT = re.compile(
    r"^(\s*you(?:\s+are|['’]re|re)?)\s+(?:not|no longer|never)\s+|^(\s*you)\s+aren['’]?t\s+", re.I
)
_NO_MORE = re.compile(
    r"^\s*(you)(?:\s+do\s+not|\s+don['’]?t|\s+no\s+longer)\s+|^\s*(your\s+.{1,40}?\s+)(?:is|are)(?:\s+not|n['’]t)\s+",
    re.I,
)
_ANY_MORE = re.compile(r"\s+(?:anymore|any more|any longer|at all)(?=[\s.!]*$)", re.I)


@dataclass(frozen=True, slots=True)
class Told:
    """An act and what it changes; `options` when the writer has to choose what was meant."""

    act: str
    changes: tuple[Change, ...] = ()
    options: Fact | None = None
    missing: str = ""


class Telling:
    """Reads a line as a change of the sheet, if it is one."""

    def __init__(self, schema: Schema, statements: Statements) -> None:
        self._schema = schema
        self._statements = statements

    def retracted(self, text: str, sheet: Sheet) -> Told | None:
        """What is taken away: “Forget your nickname.”, “You are not curious.”, “You have no siblings.”"""
        if len(text) > 400:
            return None
        forget = _FORGET.match(text)
        if forget and self._statements.noun(forget[1]):
            return self._cleared(self._statements.noun(forget[1]), sheet)
        that = _FORGET_THAT.match(text)
        return self._none(text) or self._denied(that[1] if that else text, sheet, sure=bool(that))

    def changed(self, text: str, sheet: Sheet) -> Told | None:
        """What is replaced: “Actually your name is Joan.”, “Change your age to 40.”"""
        command = _COMMAND.match(text) or _MAKE.match(text)
        if command:
            attributes = self._statements.noun(command[1])
            if attributes:
                value = shaped(self._schema.attributes[attributes[0]], command[2])
                return self._act("change", Fact(attributes, value), sheet)
        rest = _CHANGE.sub("", text, count=1)
        if rest == text:
            return None
        fact = self._statements.told(rest)
        return self._act("change", fact, sheet) if fact else None

    def told(self, text: str, sheet: Sheet, pending: str) -> Told | None:
        """What is set or added: “Your name is Jane.”, “You are also curious.”"""
        bare = _ALSO_FIRST.sub("", _ALSO.sub(lambda m: f"{m[1]} " if m[1] else "", text, count=1), count=1)
        if bare != text:
            added = self._statements.told(bare)
            if added is not None:
                return self._act("add", added, sheet)
        fact = self._statements.told(text, pending)
        return self._act("tell", fact, sheet) if fact else None

    def changes(self, fact: Fact, sheet: Sheet, *, replace: bool = False) -> tuple[Change, ...]:
        """The changes that put a fact on the sheet."""
        attribute = self._schema.attributes[fact.attribute]
        if fact.state != "set":
            return (Change(attribute.id, state=fact.state),)
        if not attribute.many:
            return (Change(attribute.id, fact.value),)
        pieces = self._pieces(attribute.id, fact.value)
        if replace and len(sheet.of(attribute.id)) == 1:
            first, *rest = pieces
            return (Change(attribute.id, first), *(Change(attribute.id, p, "add") for p in rest))
        return tuple(Change(attribute.id, piece, "add") for piece in pieces)

    def _act(self, act: str, fact: Fact, sheet: Sheet) -> Told:
        if not fact.sure:
            return Told(act, options=fact)
        return Told(act, self.changes(fact, sheet, replace=act == "change"))

    def _pieces(self, attribute: str, value: str) -> list[str]:
        """Single words in a list are values of their own (three traits); “gamble, a little” is one."""
        parts = [re.sub(r"^and\s+", "", p.strip()) for p in re.split(r",|\s+and\s+", value)]
        single = all(re.fullmatch(r"[^\W\d_]+(?:-[^\W\d_]+)*", p) for p in parts)
        traits = self._schema.words.get("traits", frozenset())
        known = all(p.casefold() in traits for p in parts)
        tags = self._schema.attributes[attribute].type == "tags"
        if len(parts) > 1 and tags and single and (known or "," in value):
            return list(dict.fromkeys(parts))
        return [value]

    def _cleared(self, attributes: tuple[str, ...], sheet: Sheet) -> Told:
        here = [a for a in attributes if a in sheet.decided()]
        if not here:
            return Told("retract", missing=attributes[0])
        return Told("retract", (Change(here[0], op="clear"),))

    def _none(self, text: str) -> Told | None:
        match = _NONE.match(text)
        denies = match and (
            match["no"] == "no"
            or re.search(r"n['’]?t\b|\bnot\b|\bnever\b", text[: match.start("noun")], re.I)
        )
        if not match or not denies:
            return None
        for form in (match["noun"], match["noun"].removesuffix("s"), match["noun"] + "s"):
            attributes = self._statements.noun(form.replace(" or ", " and "))
            if attributes and self._is_all_of(attributes[0], form):
                return Told("retract", (Change(attributes[0], state="none"),))
            if attributes and self._schema.attributes[attributes[0]].many:
                return Told("retract", (Change(attributes[0], f"no {match['noun']}", "add"),))
        return None

    def _is_all_of(self, attribute: str, noun: str) -> bool:
        """Whether "no `noun`" means none at all: no siblings does, no brother does not."""
        return noun.casefold() not in (
            "brother", "sister", "brothers", "sisters", "mother", "father", "mum", "mom", "dad", "son",
            "sons",
            "daughter", "daughters", "husband", "wife", "dog", "dogs", "cat", "cats", "horse", "horses",
        )  # fmt: skip

    def _denied(self, text: str, sheet: Sheet, *, sure: bool) -> Told | None:
        bare = _ANY_MORE.sub("", text)
        for form in (_NOT, _NO_MORE):
            said = form.sub(lambda m: f"{m[1]} " if m[1] else f"{m[2]} ", bare, count=1)
            if form is _NOT and text.lower().lstrip().startswith(
                ("you aren", "youre not", "you're not", "you’re not")
            ):
                said = re.sub(r"^\s*\S+(?:\s+are(?:n['’]?t)?)?\s+(?:not\s+)?", "You are ", bare, flags=re.I)
            if form is _NO_MORE and said != bare and said.lower().startswith("your "):
                said = re.sub(r"\s{2,}", " is ", said.strip(), count=1) if "  " in said else said
            if said == bare and not sure:
                continue
            found = self._on_sheet(said, sheet)
            if found:
                return found
        return None if sure else self._not_there(text, bare)

    def _not_there(self, text: str, bare: str) -> Told | None:
        """What is denied though it was never told; forms that deny of themselves ("You do not know") tell."""
        own = self._statements.told(text)
        for form, put in ((_NOT, "You are "), (_NO_MORE, "You ")):
            fact = self._statements.told(form.sub(put, bare, count=1)) if form.match(bare) else None
            if fact is not None and fact.sure and (own is None or own.bare):
                return Told("retract", missing=fact.attribute)
        return None

    def _on_sheet(self, said: str, sheet: Sheet) -> Told | None:
        fact = self._statements.told(said)
        if fact is None:
            return None
        wanted = _bare(fact.value)
        for value in sheet.values:
            if value.state == "set" and _bare(value.text) == wanted and self._fits(value.attribute, fact):
                many = self._schema.attributes[value.attribute].many
                change = (
                    Change(value.attribute, value.text, "remove")
                    if many
                    else Change(value.attribute, op="clear")
                )
                return Told("retract", (change,))
        return None

    def _fits(self, attribute: str, fact: Fact) -> bool:
        return attribute in fact.attributes or fact.bare


def _bare(value: str) -> str:
    return re.sub(r"^(?:an?|the)\s+", "", value.casefold().strip(" .!"))
