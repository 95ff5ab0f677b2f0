"""Renames a character wherever the name stands: what would change is shown first, place by place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from charstudio.errors import SheetError
from charstudio.i18n import _
from charstudio.model import Character
from charstudio.sheet import Schema
from charstudio.store import Library, Text

# Of a card only its prose; its extensions, assets and notes of other programs stay as they are.
_CARD_TEXTS = frozenset(
    "name description personality scenario first_mes mes_example system_prompt post_history_instructions "
    "creator_notes".split()
)
_CARD_LISTS = frozenset(("alternate_greetings", "group_only_greetings"))
_ENTRY_TEXTS = ("content", "name", "comment")
_ENTRY_LISTS = ("keys", "secondary_keys")

# Names that are words, too: at the beginning of a sentence nobody but the writer can tell.
_WORDS = frozenset(
    "will mark rose grace hope faith joy may june april august summer autumn bill frank jack art drew "
    "chase grant hunter mason carter dawn eve iris ivy lily olive pearl ruby violet daisy penny rob sue "
    "pat nick rusty sandy harry miles dean rich gene max wick guy clay cliff dale reed reid stone wood "
    "young baker smith cook".split()
)
_CASELESS = re.compile(r"^[^\W\d_]+$")


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which the old name is written, and what it becomes."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A text with the new name; `forms` are those of the old one that stood there alone.

    `word` says that one of them may be a mere word.
    """

    text: str
    forms: frozenset[str] = frozenset()
    word: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """One text in which the name stands: `label` says where, `becomes` what it would be.

    `doubt` is why somebody else or something else could be meant; then it is not taken unless chosen.
    """

    text: Text
    whose: str
    label: str
    before: str
    after: str
    becomes: Text
    doubt: str = ""

    @property
    def taken(self) -> bool:
        """Whether it is renamed unless the writer says otherwise."""
        return not self.doubt


def forms_of(old: str, new: str) -> list[Form]:
    """The whole name, and each of its words that has a counterpart, longest first."""
    found = [Form(old, new)]
    before, after = old.split(), new.split()
    if len(before) == len(after):
        pairs = list(zip(before, after, strict=True))
    else:
        pairs = [(before[0], after[0])] if before and after else []
        pairs += [(before[-1], after[-1])] if len(before) > 1 and len(after) > 1 else []
    known = {old}
    for one, other in pairs:
        if one != other and one not in known and _is_name(one):
            known.add(one)
            found.append(Form(one, other))
    return sorted(found, key=lambda form: -len(form.old))


def renamed(text: str, forms: Sequence[Form], others: Sequence[str] = ()) -> Exchanged:
    """A text with every form of the name exchanged.

    `others` are whole names of other characters, which stay as they are. Whole words only; a possessive
    stays one ("James’ hat" becomes "Jane’s hat"), capitals stay capitals.
    """
    table = {form.old: form.new for form in forms}
    table |= {old.upper(): new.upper() for old, new in table.items() if len(old) > 1}
    kept = [name for name in others if name not in table and any(form.old in name for form in forms)]
    names = sorted({*table, *kept}, key=len, reverse=True)
    either = "|".join(_bounded(name) for name in names)
    pattern = re.compile(rf"({either})(['’](?=\s+[^\W\d_]))?")
    used: set[str] = set()
    words: list[bool] = []

    def exchange(match: re.Match[str]) -> str:
        if match[1] in kept:
            return match[0]
        used.add(match[1])
        words.append(_may_be_a_word(text, match))
        return table[match[1]] + _owning(text, match, table[match[1]])

    return Exchanged(pattern.sub(exchange, text), frozenset(used), any(words))


def mentions(
    library: Library, schema: Schema, who: Character, new: str, is_ours: Callable[[dict[str, Any]], bool]
) -> list[Mention]:
    """Every place in the library where a character's name stands, its own name first.

    `is_ours` says of a card's JSON that its prose is made from the sheet, so it needs no renaming.
    """
    old = library.cast.sheet(who.id).full_name
    if not old.strip() or not new.strip():
        raise SheetError(_("A character needs a name before it can get another one."))
    everyone = library.cast.all()
    forms = forms_of(old, new)
    others = [c for c in everyone if c.id != who.id and c.name]
    names = {c.id: c.name or _("No name yet") for c in everyone}
    shared = {word for c in others for word in c.name.split()}
    search = _Search(who.id, forms, [c.name for c in others], shared)
    found = []
    for text in library.texts.with_any(list({v for f in forms for v in (f.old, f.old.upper())})):
        becomes, doubt = _become(text, search, is_ours)
        if becomes.text != text.text:
            before, after = _around(text, becomes)
            label = _where(text, schema)
            found.append(Mention(text, names[text.character_id], label, before, after, becomes, doubt))
    return sorted(found, key=lambda m: (m.text.character_id != who.id, m.text.attribute != "full_name"))


def rename(library: Library, who: Character, new: str, chosen: Sequence[Mention]) -> None:
    """Rename in these places as one action; one undo of the character takes all of it back."""
    library.texts.rewrite(who.id, [m.becomes for m in chosen], _("Renamed to {name}", name=new[:80]))


@dataclass(frozen=True, slots=True)
class _Search:
    who: int
    forms: list[Form]
    others: list[str]
    shared: set[str]


def _become(text: Text, search: _Search, is_ours: Callable[[dict[str, Any]], bool]) -> tuple[Text, str]:
    """What a text is to become, and why that may be wrong."""
    if text.table == "cards":
        return _become_card(text, search, is_ours)
    if text.character_id == search.who and text.attribute == "full_name" and text.column == "text":
        own = text.text == search.forms[0].old
        return (replace(text, text=search.forms[0].new) if own else text), _locked(text)
    done = renamed(text.text, search.forms, search.others)
    return replace(text, text=done.text), _doubt(text, search, [done])


def _become_card(text: Text, search: _Search, is_ours: Callable[[dict[str, Any]], bool]) -> tuple[Text, str]:
    raw = json.loads(text.text)
    if is_ours(raw):
        return text, ""
    done: list[Exchanged] = []

    def exchange(words: str) -> str:
        done.append(renamed(words, search.forms, search.others))
        return done[-1].text

    changed = _in_card(raw, exchange)
    becomes = replace(text, text=json.dumps(changed, ensure_ascii=False)) if changed != raw else text
    return becomes, _doubt(text, search, done)


def _doubt(text: Text, search: _Search, done: Sequence[Exchanged]) -> str:
    alone = {form for each in done for form in each.forms} - {search.forms[0].old}
    if text.locked:
        return _locked(text)
    if text.character_id != search.who and alone & search.shared:
        return _("Somebody else has this name, too.")
    return _("This may be a mere word here.") if any(each.word for each in done) else ""


def _locked(text: Text) -> str:
    return _("It is locked.") if text.locked else ""


def _in_card(raw: Any, exchange: Callable[[str], str]) -> Any:
    """A card with its prose exchanged; older cards have it on top, newer ones under `data`, some in both."""
    if not isinstance(raw, dict):
        return raw
    made = {}
    for key, value in raw.items():
        if key == "data":
            made[key] = _in_card(value, exchange)
        elif key in _CARD_TEXTS and isinstance(value, str):
            made[key] = exchange(value)
        elif key in _CARD_LISTS and isinstance(value, list):
            made[key] = [exchange(v) if isinstance(v, str) else v for v in value]
        elif key == "character_book" and isinstance(value, dict):
            entries = value.get("entries")
            book = [_in_entry(e, exchange) for e in entries] if isinstance(entries, list) else entries
            made[key] = {**value, "entries": book} if "entries" in value else value
        else:
            made[key] = value
    return made


def _in_entry(entry: Any, exchange: Callable[[str], str]) -> Any:
    if not isinstance(entry, dict):
        return entry
    made = dict(entry)
    for key in _ENTRY_TEXTS:
        if isinstance(entry.get(key), str):
            made[key] = exchange(entry[key])
    for key in _ENTRY_LISTS:
        if isinstance(entry.get(key), list):
            made[key] = [exchange(v) if isinstance(v, str) else v for v in entry[key]]
    return made


def _around(text: Text, becomes: Text) -> tuple[str, str]:
    """The words around the first difference, before and after; of a card, in its first field with one."""
    before, after = text.text, becomes.text
    if text.table == "cards":
        pairs = zip(_card_prose(json.loads(before)), _card_prose(json.loads(after)), strict=True)
        before, after = next((one, other) for one, other in pairs if one != other)
    same = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    start = max(0, same - 40)
    start = before.rfind(" ", 0, start) + 1 if start else 0
    mark = "…" if start else ""
    return tuple(mark + _cut(side[start:]) for side in (before, after))  # type: ignore[return-value]


def _cut(text: str) -> str:
    return " ".join(text[:160].split()) + ("…" if len(text) > 160 else "")


def _card_prose(raw: Any) -> list[str]:
    found: list[str] = []

    def collect(words: str) -> str:
        found.append(words)
        return words

    _in_card(raw, collect)
    return found


def _where(text: Text, schema: Schema) -> str:
    if text.table == "sheet_values":
        label = (
            schema.attributes[text.attribute].label if text.attribute in schema.attributes else text.attribute
        )
        return _("What is felt: {label}", label=label) if text.column == "feeling" else label
    return {
        "memories": _("A note in memory"),
        "talks": _("The author’s note of a talk"),
        "cards": _("The card’s prose"),
    }[text.table]


def _is_name(word: str) -> bool:
    """Whether a word of a name can stand for it: "of" and "the" cannot."""
    return len(word) > 1 and (word[0].isupper() or word[0].lower() == word[0].upper())


def _bounded(name: str) -> str:
    """A pattern of a name as a whole word; in scripts without spaces between words, of the name alone."""
    if _CASELESS.match(name) and any(
        "\u2e80" <= sign <= "\ud7ff" or "\u0e00" <= sign <= "\u0eff" for sign in name
    ):
        return re.escape(name)
    return rf"(?<![\w-]){re.escape(name)}(?![\w-])(?!['’][A-ZÀ-Þ])"


def _may_be_a_word(text: str, match: re.Match[str]) -> bool:
    before = text[: match.start()].rstrip(" \t\"“‘'*(")
    opens = not before or before[-1] in ".!?…\n:"
    return match[1].casefold() in _WORDS and opens


def _owning(text: str, match: re.Match[str], new: str) -> str:
    """What follows the new name where a mere apostrophe followed the old one ("James’ hat")."""
    mark = match[2] or ""
    opened = text.count("‘", 0, match.start()) > text.count("’", 0, match.start())
    if not mark or opened or not match[1].casefold().endswith(("s", "z", "x")):
        return mark
    return mark if new.casefold().endswith(("s", "z", "x")) else f"{mark}s"
