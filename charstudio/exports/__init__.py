"""Takes a character home: the readable page, Markdown, and cards; and brings cards in as sheets."""

from charstudio.exports.cards import Arrived, card_for, sheet_from
from charstudio.exports.markdown import as_markdown
from charstudio.exports.page import GOES_OUT, Page, PageGroup, PageLine, page_of

__all__ = [
    "GOES_OUT",
    "Arrived",
    "Page",
    "PageGroup",
    "PageLine",
    "as_markdown",
    "card_for",
    "page_of",
    "sheet_from",
]
