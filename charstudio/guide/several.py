"""Finds several facts in one line: “You are Jane, 34, a locksmith from Leith, and you hate dogs.”

The line is cut wherever a clause may end (`clauses.cuts`). A part begins a fact of its own if it can be read
as one; a part that cannot, or that points back (“… and you hate it”), goes on with the one before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from charstudio.guide.being import what_is
from charstudio.guide.clauses import Cut, cuts
from charstudio.guide.facts import Fact, sentence
from charstudio.guide.lines import plain
from charstudio.guide.parts import being, clause_of_who, has, placed
from charstudio.guide.statements import Statements, Strict
from charstudio.sheet import Schema

_OWN = re.compile(
    r"^(?:(?:and|but|so|then|now|also|only|not even|even|these days|since then|secretly|once)\s+)*"
    r"(?:you|your|you['’]\w+|yours|people|everyone|everybody|nobody|no one)\b",
    re.I,
)
_HOLDS = re.compile(r"^I(?:['’]m| am|['’]ve| have)(?: got)? ")
_LEADS = re.compile(r"^(?:now|then|so|and|but|also)\s+(?=you)", re.I)
_NONE = re.compile(r"^no ([\w-]+(?: [\w-]+)?)$", re.I)
_HEAD = re.compile(
    r"^\W*(?:\w+\W+){0,4}?you(?:(?P<are>\s+are|['’]?re|\s+were|\s+look|\s+seem)"
    r"|(?P<have>\s+have(?:\s+got)?|['’]?ve(?:\s+got)?)"
    r"|(?P<do>['’]d|\s+\w+))\b",
    re.I,
)
_ARE = re.compile(r"^\W*(?:\w+\W+)?you(?:\s+are|['’]?re|\s+were)$", re.I)
# What points back belongs to the clause before: "… and you hate it".
_BACK = frozenset(("it", "them", "either", "neither", "him", "itself"))
_BACK_LAST = frozenset(("that", "this", "so", "her", "there", "both", "anyway"))
_UNDER = frozenset((
    "that", "when", "if", "whenever", "because", "who", "whom", "which", "whether", "unless", "until",
    "while", "as", "whose", "where", "how", "what", "why", "since", "after", "before", "like", "than",
    "although", "though", "every", "each",
))  # fmt: skip
# After these a second half belongs to what is told ("that you lie and you know it").
_TELLING = frozenset(("that", "who", "whom", "which", "whether", "whose", "what", "how", "why", "where"))
_OPENS = frozenset(
    ("when", "if", "whenever", "because", "unless", "until", "while", "every", "each", "since")
)
_OPENING = _OPENS | {"as", "although", "though", "whereas"}
_OTHERS = frozenset((
    "your", "his", "their", "my", "the", "someone", "everyone", "everybody", "people", "children", "it",
    "others", "strangers", "anyone", "money", "each", "both", "every", "all", "whom", "them", "him",
))  # fmt: skip
_GOVERNS = frozenset(("of", "with", "about", "to", "in", "at", "by", "like"))
_PREPOSITIONS = frozenset((
    "to", "for", "of", "by", "on", "at", "as", "than", "like", "about", "into", "over", "under", "from",
    "near", "off", "outside", "somewhere", "later", "anything", "everything", "something",
))  # fmt: skip
_VERBS = frozenset((
    "is", "are", "was", "were", "has", "have", "had", "do", "does", "did", "can", "cannot", "could", "will",
    "would", "never", "always", "went", "gave", "left", "made", "says", "runs", "died", "taught", "comes",
    "came", "keeps", "lives", "thinks", "calls",
))  # fmt: skip
_SETTING = frozenset((
    "in", "on", "at", "under", "with", "without", "before", "after", "around", "despite", "during", "by",
    "among", "between", "inside", "outside", "for", "to",
))  # fmt: skip
_COMPANY = ("companion_animal", "partner", "children", "parents", "siblings", "closest_friend")
# What a line of two halves may be as a whole.
_OF_TWO = ("contradiction", "inner_conflict", "one_line")
_OF_ME = ("occupation", "species", "gender", "traits", "age", "birthplace", "home", "faith", "past_work")
_DETERMINERS = frozenset((
    "a", "an", "the", "your", "his", "her", "their", "its", "some", "two", "three", "four", "five", "six",
    "one", "no",
))  # fmt: skip
LONG = 600
MOST = 14
STRAY = 5


@dataclass(slots=True)
class _Chunk:
    """A stretch of the line that tells one fact (or what one part of "You are …" holds)."""

    text: str
    facts: list[Fact] = field(default_factory=list)
    head: str = ""
    verb: str = ""


def several(text: str, statements: Statements | Strict, schema: Schema) -> tuple[Fact, ...]:
    """Two or more facts about different attributes; a fact that is not sure brings its choices."""
    if len(text) > LONG or not plain(text):
        return ()
    parts = _parts(text)
    if len(parts) > MOST:
        return ()
    reader = _Reader(statements, schema)
    for cut, part in parts:
        reader.take(cut, part)
        if reader.is_astray:
            return ()
    told = [_none_of_it(f, statements) for chunk in reader.chunks for f in chunk.facts]
    facts = _joined(_unmixed(told))
    sure = {f.attribute for f in facts if f.sure}
    if len({f.attribute for f in facts}) < 2 or not sure:
        return ()
    whole = statements.told(text)
    if (
        whole is not None
        and whole.attribute in _OF_TWO
        and whole.attribute not in {f.attribute for f in facts}
    ):
        return ()
    if whole is not None and whole.sure and (len(sure) < 2 or whole.attribute not in sure):
        return ()
    return tuple(facts)


def _none_of_it(fact: Fact, statements: Statements | Strict) -> Fact:
    """“No children” says that there are none."""
    match = _NONE.match(fact.value)
    if match is None or not fact.sure or fact.attribute not in statements.noun(match[1]):
        return fact
    return replace(fact, value="", state="none")


def _unmixed(facts: list[Fact]) -> list[Fact]:
    """Without what is in doubt and may be no more than its neighbour says ("arrogant and can't be told")."""
    sure = {f.attribute for f in facts if f.sure}
    return [f for f in facts if f.sure or not sure & set(f.attributes)]


def _parts(text: str) -> list[tuple[Cut | None, str]]:
    """The line cut wherever a clause may end; what must not be cut is put together again later."""
    parts: list[tuple[Cut | None, str]] = []
    start, before = 0, None
    for cut in cuts(text):
        if cut.start < start or not text[start : cut.start].strip() or not text[cut.end :].strip(" .!"):
            continue
        parts.append((before, text[start : cut.start].strip()))
        start, before = cut.end, cut
    parts.append((before, text[start:].strip().rstrip(".!")))
    return parts


class _Reader:
    """Reads part by part, with the subject and the verb of the clause before in mind."""

    def __init__(self, statements: Statements | Strict, schema: Schema) -> None:
        self._statements = statements
        self._schema = schema
        self.chunks: list[_Chunk] = []

    @property
    def is_astray(self) -> bool:
        """Whether a line begins with many words that are about nobody ("The next scene should …")."""
        first = self.chunks[0]
        return first.head == "bare" and not first.facts and len(plain(first.text)) > STRAY

    def take(self, cut: Cut | None, part: str) -> None:
        """Read one part: as a fact of its own, or as more of the one before."""
        last = self.chunks[-1] if self.chunks else None
        if last is None or cut is None:
            self.chunks.append(self._chunk(part, self._facts(part, None)))
            return
        facts = [] if _belongs(last, cut, part) else self._facts_after(last, cut, part)
        if not facts:
            self._go_on(last, cut, part)
            return
        chunk = self._chunk(part, facts)
        if cut.kind == "with":
            chunk.head, chunk.verb = "have", "You have"
        chunk.head, chunk.verb = chunk.head or last.head, chunk.verb or last.verb
        self.chunks.append(chunk)

    def _chunk(self, part: str, facts: list[Fact]) -> _Chunk:
        match = _HEAD.match(part)
        head = match.lastgroup or "" if match else ""
        if not match and len(self.chunks) == 0 and not _OWN.match(part) and "you" not in plain(part):
            return _Chunk(part, facts, "bare", "You are")
        return _Chunk(part, facts, head, part[: match.end()] if match else "")

    def _go_on(self, last: _Chunk, cut: Cut, part: str) -> None:
        """The part is more of the chunk before, if that still says the same with it."""
        if last.facts and _OWN.match(part) and _is_clause(part) and not _points_back(part):
            return  # a clause of its own that was not understood is no part of what was
        last.text = f"{last.text}{cut.text}{part}"
        if len(last.facts) > 1:
            return
        match = _HEAD.match(last.text)
        if match and last.head in ("", "bare"):
            last.head, last.verb = match.lastgroup or "", last.text[: match.end()]
        read = (
            not last.facts
            or (match and not _OWN.match(last.text))
            or (_OWN.match(last.text) and _is_clause(last.text))
        )
        whole = self._facts(last.text, None) if read else []
        if not last.facts or (len(whole) == 1 and whole[0].attributes == last.facts[0].attributes):
            last.facts = whole or last.facts
        elif (
            not read
            and not _goes_astray(part)
            and cut.kind == "comma"
            and not last.facts[0].value.endswith(".")
        ):
            more = self._statements.shaped(last.facts[0].attribute, part)
            last.facts = [replace(last.facts[0], value=f"{last.facts[0].value}{cut.text}{more}")]

    def _facts_after(self, last: _Chunk, cut: Cut, part: str) -> list[Fact]:
        words = plain(part)
        if cut.kind == "with":
            return self._with(last, part)
        if cut.kind == "who":
            mine = last.head in ("are", "bare") and last.facts and last.facts[-1].attribute in _OF_ME
            return self._strict(clause_of_who(part)) if mine else []
        if "because" in cut.text.casefold() and last.facts and last.facts[-1].attribute == "want":
            return [Fact(("motivation",), sentence(part))]
        if _OWN.match(part):
            return self._own(last, cut, part)
        if "you" in words or words[0] in ("it", "he", "she", "they", "that"):
            found = self._strict(part) if words[0] not in ("he", "she", "they", "that") else []
            return [f for f in found if words[0] != "it" or f.attribute == "power_cost"]
        if part[:5].casefold() == "with ":
            return has(part[5:], self._statements)
        return self._shared(last, cut, part)

    def _with(self, last: _Chunk, part: str) -> list[Fact]:
        """“… with a red beard” is had; “living with your cat” is company."""
        words = plain(part)
        if words[:1] == ("your",):
            company = has(re.sub(r"^your\b", "a", part, count=1, flags=re.I), self._statements)
            mine = [f for f in company if f.attribute in _COMPANY and _settled(last)]
            return [replace(f, value=self._statements.shaped(f.attribute, part)) for f in mine]
        if not words or words[0] in _OTHERS:
            return []
        return has(part, self._statements) if last.head in ("are", "bare", "") or _settled(last) else []

    def _own(self, last: _Chunk, cut: Cut, part: str) -> list[Fact]:
        """A part with a subject of its own; less evidence will do unless it may hang on what is before."""
        if not _is_clause(part):
            return []
        if cut.kind == "why" or _points_back(part):
            return self._strict(part) if len(plain(part)) > 3 else []
        if _is_under(last.text) and not cut.strong:
            return self._strict(part)
        return self._facts(part, last)

    def _shared(self, last: _Chunk, cut: Cut, part: str) -> list[Fact]:
        """A part without a subject of its own has that of the clause before, and perhaps its verb."""
        words = plain(part)
        if not last.head or not words or "being" in words or (_is_under(last.text) and not cut.strong):
            return []
        place = words[0] == "from" and any(c.isupper() for c in part)
        if words[0] in _PREPOSITIONS and not place and what_is(part, self._schema) != ("age",):
            return []
        if last.head in ("are", "bare"):
            return self._is(last, cut, part)
        if last.head == "have":
            if cut.kind == "and" and " with " in last.text:
                return []
            held = f"You have {part}"
            if found := self._strict(held) or (self._likely(held) if words[0] in _DETERMINERS else []):
                return found
        return [] if len(words) < 2 or words[0] in _DETERMINERS else self._strict(f"You {part}")

    def _is(self, last: _Chunk, cut: Cut, part: str) -> list[Fact]:
        """One more of what somebody is: “You are 34, *kind* and *a nurse*”."""
        whole = f"{last.verb} {part}"
        if not _ARE.match(last.verb) or (not cut.strong and _GOVERNS & set(plain(last.text))):
            return self._strict(whole)
        if "were" in plain(last.verb) and (found := self._strict(whole)):
            return found
        if last.head == "bare":
            return self._bare(part) or self._strict(part)
        return being(part, self._statements, self._schema, first=False) or self._strict(whole)

    def _strict(self, said: str) -> list[Fact]:
        fact = self._statements.told(said) if said else None
        return [fact] if fact is not None and fact.sure and not fact.by_cue and fact.state == "set" else []

    def _likely(self, said: str) -> list[Fact]:
        fact = self._statements.likely(said)
        return self._strict(said) or (
            [fact] if fact is not None and fact.sure and fact.state == "set" else []
        )

    def _facts(self, part: str, last: _Chunk | None, *, offered: bool = True) -> list[Fact]:
        """What a clause with a subject tells; of a line without one ("Brave, quick") what somebody is."""
        part = _LEADS.sub("", part, count=1)
        match = re.match(r"^\W*you(?:\s+are|['’]?re)\s+", part, re.I)
        told = being(part[match.end() :], self._statements, self._schema, first=last is None) if match else []
        if told:
            return told
        if not _OWN.match(part) and not {"you", "your"} & set(plain(part)):
            return self._unsaid(part) if last is None else []
        fact = self._statements.told(part)
        if (fact is None or not fact.sure) and offered:
            fact = self._statements.likely(part)
        if fact is None or not (fact.sure or offered):
            return []
        return placed(fact, part, self._statements) if fact.sure else [fact]

    def _unsaid(self, part: str) -> list[Fact]:
        """A line that begins without subject and verb ("Mid-fifties, greying beard")."""
        told = self._statements.told(part)
        if told is not None and told.sure:
            return [told]
        small = f"{part[:1].lower()}{part[1:]}"
        named = len(part.split()) > 1 and all(w[0].isupper() for w in part.split())
        if named:
            return being(part, self._statements, self._schema, first=True)
        return self._bare(small)

    def _bare(self, part: str) -> list[Fact]:
        """A part of a list without a verb: what somebody is or has."""
        known = what_is(part, self._schema)
        held = has(part, self._statements) if len(known) != 1 and plain(part)[:1] != ("the",) else []
        return held or being(part, self._statements, self._schema, first=False)


def _belongs(last: _Chunk, cut: Cut, part: str) -> bool:
    """Whether a part can only be more of what stands before it."""
    words, before = plain(part), plain(last.text)
    if not words or not before or cut.kind in ("with", "who"):
        return not words or not before
    if before[0] in _OPENING and "," not in last.text and cut.kind != "stop":
        return True
    if before[0] in _SETTING and cut.kind == "comma" and not {"you", "your"} & set(before):
        return True
    if cut.kind == "and" and words[0] == "then":
        return True
    if before[-1] in ("you", "and", "your"):
        return True
    if cut.kind == "and" and (_TELLING & set(before[1:]) or (_is_under(last.text) and words[0] != "you")):
        return True
    if words[0] in _UNDER:
        return not (words[0] in _OPENS and cut.strong)
    return _points_back(part) and len(words) < 7 and bool(last.facts)


def _points_back(part: str) -> bool:
    words = plain(part)
    return bool(_BACK & set(words[1:6])) or (len(words) > 1 and words[-1] in _BACK_LAST)


def _goes_astray(part: str) -> bool:
    """Whether a part that was not read is a clause, not more words of the value before."""
    words = plain(part)
    return bool(_OWN.match(part)) or not words or words[0] in _UNDER


def _is_clause(part: str) -> bool:
    """Whether a part that opens with "your" has a verb, too."""
    words = plain(part)
    if words[0] != "your" or _VERBS & set(words[1:]) or any(w.endswith("'s") for w in words[1:]):
        return True
    noun = words[1] if len(words) > 3 else "two"
    return noun not in _DETERMINERS and not noun.endswith("s") and words[2].endswith(("s", "ed"))


def _is_under(text: str) -> bool:
    """Whether the last clause of a text hangs on another ("… that you lie")."""
    return bool(_UNDER & set(plain(text)[1:]))


def _settled(last: _Chunk) -> bool:
    return bool({"live", "living", "grew", "born", "raised", "brought"} & set(plain(last.text)))


def _joined(facts: list[Fact]) -> list[Fact]:
    """Neighbours of one attribute as one fact ("blunt", "kind" -> "blunt, kind"); no attribute twice."""
    joined: list[Fact] = []
    for fact in facts:
        same = next((i for i, f in enumerate(joined) if f.attribute == fact.attribute), None)
        if same is None:
            joined.append(fact)
        elif fact.value.casefold() not in joined[same].value.casefold():
            bare = _HOLDS.sub("", fact.value)
            if bare != fact.value and not joined[same].value.endswith("."):
                fact = replace(fact, value=bare.rstrip("."))
            parted = " " if joined[same].value.endswith((".", "!")) else ", "
            joined[same] = replace(joined[same], value=f"{joined[same].value}{parted}{fact.value}")
    return joined
