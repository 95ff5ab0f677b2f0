"""The readable page as Markdown that any editor shows as it was meant."""

from __future__ import annotations

import re

from charstudio.exports.page import Page, PageLine
from charstudio.i18n import _

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")
_LINE_START = re.compile(r"(?m)^(\s*)([#+\-=]|\d+[.)])")


def as_markdown(page: Page) -> str:
    """The page as CommonMark; nothing in a value can become a heading, a link or HTML."""
    parts = [f"# {_plain(page.title)}"]
    if page.line:
        parts.append(f"*{_plain(page.line)}*")
    for group in page.groups:
        parts.append(f"## {group.label}")
        parts += [_line(line) for line in group.lines]
    return "\n\n".join(parts) + "\n"


def _line(line: PageLine) -> str:
    mark = {"private": _("kept secret"), "blind": _("not known to me"), "author": _("for the author only")}
    label = line.attribute.label + (f" ({mark[line.know]})" if line.know in mark else "")
    if len(line.values) > 1:
        return "\n".join([f"**{label}:**", "", *(f"- {_plain(v.text)}" for v in line.values)])
    return f"**{label}:** {_plain(line.text)}"


def _plain(text: str) -> str:
    text = _SPECIAL.sub(r"\\\1", text)
    text = _LINE_START.sub(
        lambda m: f"{m[1]}\\{m[2]}" if not m[2][0].isdigit() else m[1] + m[2][:-1] + "\\" + m[2][-1], text
    )
    return re.sub(r"\n+", "  \n", text)
