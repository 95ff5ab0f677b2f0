"""Puts names into card text at the moment it is read; stored text keeps its macros."""

from __future__ import annotations

import re

_MACRO = re.compile(r"\{\{\s*(char|user)\s*\}\}|<(bot|char|user)>", re.IGNORECASE)
_COMMENT = re.compile(r"\{\{\s*//[^{}]*\}\}|\{\{\s*comment:[^{}]*\}\}", re.IGNORECASE)


def expand(text: str, char: str, user: str) -> str:
    """Replace {{char}}, {{user}}, <BOT>, <CHAR> and <USER> in any case; comments vanish, the rest stays."""
    if "{{" not in text and "<" not in text:
        return text

    def name(match: re.Match[str]) -> str:
        return user if (match[1] or match[2]).casefold() == "user" else char

    return _MACRO.sub(name, _COMMENT.sub("", text))
