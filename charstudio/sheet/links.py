"""When a decided value has something to say about other attributes."""

from __future__ import annotations

import re

from charstudio.sheet.schema import ValueLink
from charstudio.sheet.sheet import Sheet


def applies(link: ValueLink, sheet: Sheet) -> bool:
    """Whether a value of the sheet holds a word that begins with one of the link's stems."""
    text = sheet.text(link.attribute)
    # "ill" must not be found in "will", nor "sea" in "season": short stems only as whole words.
    return bool(text) and any(
        re.search(rf"\b{re.escape(stem)}{'' if len(stem) > 3 else chr(92) + 'b'}", text, re.I)
        for stem in link.stems
    )
