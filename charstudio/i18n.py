"""Lets the program speak the writer's language, without Qt."""

from __future__ import annotations

import gettext
from functools import cache

from charstudio import paths


@cache
def _catalogue() -> gettext.NullTranslations:
    return gettext.translation("charstudio", paths.resource("translations"), fallback=True)


def _(text: str, /, **names: object) -> str:
    """Translate a whole sentence, then fill its named places: `_("Hello {name}", name=...)`."""
    told = _catalogue().gettext(text)
    return told.format(**names) if names else told
