"""Reads characters that were written down as YAML, as TextGen and Pygmalion do; no tag is ever obeyed."""

from __future__ import annotations

import re
from typing import Any

import yaml

from charstudio.cards.notes import Notes
from charstudio.cards.text import MOST_LEVELS, clean
from charstudio.errors import CardError
from charstudio.i18n import _

MOST_YAML = 4 * 1024 * 1024  # bytes; YAML is read slowly, and people write it by hand
_FIRST_KEY = re.compile(r"""(?m)^(?:---.*\n)?["']?(?:char_)?(?:name|persona|greeting|context)["']?[ \t]*:""")


class _Loader(yaml.CSafeLoader):
    """Plain values alone: no dates, no numbers in base sixty, no tags of any program."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?(?:0|[1-9][0-9]{0,17})$", "-+0123456789"),
    ("float", r"^[-+]?[0-9]{1,17}\.[0-9]{1,17}$", "-+0123456789"),
    ("merge", r"^<<$", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def is_yaml_card(body: bytes) -> bool:
    """Whether a text begins as a character in YAML does: one of its keys at the start of a line."""
    head = body[:65536].removeprefix(b"\xef\xbb\xbf")
    if b"\0" in head:
        return False
    return _FIRST_KEY.search(head.decode("utf-8", "replace").replace("\r\n", "\n")) is not None


def parse_yaml(body: bytes, notes: Notes) -> Any:
    """The value of a YAML text as JSON has it; `CardError` when it is broken, deep, or refers to itself."""
    if len(body) > MOST_YAML:
        raise CardError(
            _("The card's YAML is larger than {limit} MB and is not read.", limit=MOST_YAML >> 20)
        )
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").replace("\0", "\ufffd")
    try:
        _check(text)
        value = yaml.load(text, _Loader)  # noqa: S506 - a safe loader with fewer kinds of values
    except yaml.YAMLError as exc:
        line = getattr(getattr(exc, "problem_mark", None), "line", 0) + 1
        raise CardError(_("The file's text is no valid YAML (line {line}).", line=line)) from exc
    except (RecursionError, ValueError, TypeError) as exc:
        raise CardError(_("The card's YAML is too deeply nested or odd to be read.")) from exc
    notes.say(_("The card was written as YAML; it was read all the same."))
    return clean(value)


def _check(text: str) -> None:
    """Refuse references (which can grow without end) and deep nesting before anything is built."""
    level = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise CardError(_("The card's YAML refers to itself and is not read; write the text out."))
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > MOST_LEVELS:
            raise CardError(_("The card's YAML is too deeply nested or odd to be read."))
