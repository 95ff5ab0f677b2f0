"""The readable page as Markdown that any editor shows as it was meant."""

from __future__ import annotations

import re

from charstudio.exports.page import Page, PageLine
from charstudio.i18n import _
from charstudio.model import Value

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")
_LINE_START = re.compile(r"(?m)^(\s*)([#+\-=]|\d+[.)])")


def as_markdown(page: Page) -> str:
    """The page as CommonMark; nothing in a value can become a heading, a link or HTML."""
    parts = [f"# {_plain(page.title)}"]
    if page.line:
        parts.append(f"*{_plain(page.line)}*")
    if page.stage:
        parts.append(_plain(_("As of: {stage}", stage=page.stage)))
    for group in page.groups:
        parts.append(f"## {group.label}")
        parts += [_line(line) for line in group.lines]
    return "\n\n".join(parts) + "\n"


def _line(line: PageLine) -> str:
    mark = {"private": _("kept secret"), "blind": _("not known to me"), "author": _("for the author only")}
    label = line.attribute.label + (f" ({mark[line.know]})" if line.know in mark else "")
    if len(line.values) > 1:
        # Several values can have several levels: what differs from the first says so itself.
        told = [
            _plain(v.text) + (f" ({mark.get(v.know, _('known'))})" if v.know != line.know else "") + _felt(v)
            for v in line.values
        ]
        return "\n".join([f"**{label}:**", "", *(f"- {words}" for words in told)])
    return f"**{label}:** {_plain(line.text)}{_felt(line.values[0])}"


def _felt(value: Value) -> str:
    return f" – *{_plain(value.feeling)}*" if value.feeling.strip() else ""


def _plain(text: str) -> str:
    text = _SPECIAL.sub(r"\\\1", text)
    text = _LINE_START.sub(
        lambda m: f"{m[1]}\\{m[2]}" if not m[2][0].isdigit() else m[1] + m[2][:-1] + "\\" + m[2][-1], text
    )
    return re.sub(r"\n+", "  \n", text)
