"""Turns a prompt into token ids, and remembers which section every id belongs to.

Only a template's own words can be control tokens; what a person or a model wrote never. A reply is not
tokenised again: the ids it was written with are joined, as far as its words are still the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from charstudio.engines.template import Wording, render

Parts = Sequence[tuple[str, str, Sequence[int]]]  # section, text, ids


class Tongue(Protocol):
    """What a model knows about text."""

    bos: int

    def tokens(self, text: str, *, control: bool = False, start: bool = False) -> list[int]:
        """The ids of a text."""
        ...

    def tokens_inside(self, text: str) -> list[int]:
        """The ids of a text in the middle of another."""
        ...

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """The bytes of a token."""
        ...

    def starts_with_bos(self) -> bool:
        """Whether the begin token stands first."""
        ...


@dataclass(slots=True)
class Encoded:
    """The ids of a prompt; `sections` are (name, how many ids) in their order."""

    ids: list[int] = field(default_factory=list)
    sections: list[tuple[str, int]] = field(default_factory=list)
    tail: str = ""  # what stands after the last content: where a template lets the model begin

    def add(self, section: str, ids: Sequence[int]) -> None:
        """Append ids to a section, opening it if another one stands last."""
        if not ids:
            return
        self.ids += ids
        if self.sections and self.sections[-1][0] == section:
            self.sections[-1] = (section, self.sections[-1][1] + len(ids))
        else:
            self.sections.append((section, len(ids)))

    def section_at(self, place: int) -> str:
        """The section in which an id stands."""
        for name, count in self.sections:
            if place < count:
                return name
            place -= count
        return self.sections[-1][0] if self.sections else ""

    def split(self, place: int) -> list[dict[str, Any]]:
        """Each section with its tokens and how many of them stand before a place."""
        found, start = [], 0
        for name, count in self.sections:
            found.append({"section": name, "tokens": count, "cached": max(0, min(count, place - start))})
            start += count
        return found


def encode_flat(tongue: Tongue, parts: Parts) -> Encoded:
    """A plain transcript as ids."""
    done = Encoded()
    if tongue.starts_with_bos():
        done.add(parts[0][0] if parts else "", [tongue.bos])
    for section, text, ids in parts:
        done.add(section, _joined(tongue, text, ids))
    return done


def encode_chat(tongue: Tongue, wording: Wording, messages: Sequence[dict[str, Any]]) -> Encoded:
    """Chat messages as ids; each message is {"role", "content", "parts"}."""
    done = Encoded()
    stretches = render(wording, messages)
    for n, (text, message) in enumerate(stretches):
        if message is None:
            done.add("template", tongue.tokens(text, control=True))
            if n == len(stretches) - 1:
                done.tail = text
        else:
            for section, words, ids in message["parts"] or [("message", text, ())]:
                done.add(section, _joined(tongue, words, ids))
    if tongue.starts_with_bos() and done.ids[:1] != [tongue.bos]:
        done.ids.insert(0, tongue.bos)
        done.sections.insert(0, ("template", 1))
    return done


def spelled(tongue: Tongue, prompt: Encoded, held: int) -> list[dict[str, Any]]:
    """The words of a prompt's ids by section, parted after the first `held` of them, which stay unread."""
    found, start = [], 0
    for name, count in prompt.sections:
        end = start + count
        border = max(start, min(end, held))
        for first, last, cached in ((start, border, True), (border, end, False)):
            ids = prompt.ids[first:last]
            if ids:
                text = b"".join(tongue.piece(token, special=True) for token in ids).decode(errors="replace")
                found.append({"section": name, "text": text, "tokens": len(ids), "cached": cached})
        start = end
    return found


def _joined(tongue: Tongue, text: str, ids: Sequence[int]) -> list[int]:
    """The ids that spell the beginning of a text, and the rest of it tokenised."""
    if not ids:
        return tongue.tokens_inside(text)
    lead = len(text) - len(text.lstrip())
    wanted = text[lead:].encode()
    spelled, kept = b"", 0
    for n, token in enumerate(ids):
        spelled += tongue.piece(token)
        words = spelled.lstrip()
        if not wanted.startswith(words):
            break
        if words:
            kept = n + 1
    if not kept:
        return tongue.tokens_inside(text)
    said = b"".join(tongue.piece(token) for token in ids[:kept]).lstrip()
    rest = wanted[len(said) :]
    try:
        return [*ids[:kept], *(tongue.tokens_inside(rest.decode()) if rest else [])]
    except UnicodeDecodeError:  # the ids end within a letter
        return tongue.tokens_inside(text)
