"""Finds what is to be said aloud in a text (no marks, no stage directions), and cuts it into breaths."""

from __future__ import annotations

import html
import re

import regex

LONGEST_PIECE = 400  # characters; pyttsx3 2.99 grows quadratically slow with more, and crashes at 15,000

_SPACE = re.compile(r"[^\S\n]+")
_MACRO = re.compile(r"\{\{[^{}]*\}\}")
_COMMENT = re.compile(r"<!--(?:(?!<!--).)*?-->", re.S)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,500}>")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*$", re.M)
_IMAGE = re.compile(r"!\[[^\]\[\n]*\]\([^()\n]*\)")
_LINK = re.compile(r"\[([^\]\[\n]+)\]\([^()\n]*\)")
_RULE = re.compile(r"^[ \t]*([-*_=])(?:[ \t]*\1){2,}[ \t]*$", re.M)
_LINE_MARK = re.compile(r"^[ \t]*(?:>+[ \t]*|#{1,6}[ \t]+|[-*+•][ \t]+)+", re.M)
_ESCAPED = re.compile(r"\\[*_~`#|>\[\]{}()\\]")
_STRONG = re.compile(r"(\*{2,3}|_{2,3}|~~)(?=\S)([^*_~]+)(?<=\S)\1")
_GESTURE = re.compile(
    r"(?<![\w*])\*(?![\s*])((?:[^*\n]|\n(?!\n))+)(?<!\s)\*(?![\w*])|(?<!\w)_(?![\s_])([^_\n]+)(?<!\s)_(?!\w)"
)
_OPEN_GESTURE = re.compile(r"(?:(?<=\s)|^)\*(?=\w)[^*\n]*\Z", re.M)
_PICTOGRAPH = regex.compile(
    r"(?:[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\ufe0f\u20e3]\u200d?)+"
)
_UNSPEAKABLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Co}\p{Cn}--[\n]]+|[\p{Cf}--[\u200c\u200d]]+", regex.V1)
_LEFT_OVER = re.compile(r"[*_~`#<>{}\[\]\\^|]+")
_GAP = re.compile(r"(?:,? +|,)([,.;:!?…])")  # what a word that was taken out leaves before a full stop
_WORD = regex.compile(r"[\p{L}\p{N}]")
_SENTENCE_END = re.compile(r"(?<=[.!?…;:])[”’\"')]*\s+|(?<=[。！？])|\n+")


def speakable(text: str) -> str:
    """What of `text` is to be said aloud; empty if there is nothing.

    Stage directions (`*she nods*`) are left out unless there is nothing else; a stressed word
    (`I *never* said that`) stays.
    """
    plain = _unmarked(text)
    for said in (_OPEN_GESTURE.sub(" ", _GESTURE.sub(_spoken, plain)), plain):
        tidy = _tidy(said)
        if tidy:
            return tidy
    return ""


def _unmarked(text: str) -> str:
    text = _UNSPEAKABLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    text = _COMMENT.sub(" ", text)
    for _depth in range(4):
        text = _MACRO.sub(" ", text)
    text = html.unescape(_TAG.sub(" ", text))
    text = _LINK.sub(r"\1", _IMAGE.sub(" ", _FENCE.sub("", text)))
    text = _LINE_MARK.sub("", _RULE.sub("", text))
    return _STRONG.sub(r"\2", _ESCAPED.sub(" ", text))


def _spoken(gesture: re.Match[str]) -> str:
    inner = gesture[1] or gesture[2]
    return inner if _is_stress(inner, gesture) else " "


def _is_stress(inner: str, mark: re.Match[str]) -> bool:
    """Whether the marks stress words inside a sentence rather than tell what somebody does."""
    line_before = mark.string[max(0, mark.start() - 200) : mark.start()].rpartition("\n")[2].rstrip()
    after = mark.string[mark.end() : mark.end() + 200].partition("\n")[0].lstrip()
    goes_on = bool(after) and (after[0].islower() or after[0] in ",.;:!?…")
    if not goes_on or len(inner.split()) > 2:
        return False
    return line_before[-1].isalnum() if line_before else inner[0].isupper() and after[0].isalpha()


def _tidy(text: str) -> str:
    text = _LEFT_OVER.sub(" ", _PICTOGRAPH.sub(" ", _UNSPEAKABLE.sub(" ", text)))
    lines = (_GAP.sub(r"\1", _SPACE.sub(" ", line)).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if _WORD.search(line))


def pieces(text: str, longest: int = LONGEST_PIECE) -> list[str]:
    """The text in pieces of at most `longest` characters, cut between sentences where that is possible."""
    found: list[str] = []
    for paragraph in text.split("\n"):
        breath = ""
        for sentence in _sentences(paragraph, longest):
            if breath and len(breath) + 1 + len(sentence) > longest:
                found.append(breath)
                breath = ""
            breath = f"{breath} {sentence}".strip()
        found.append(breath)
    return [piece for piece in found if _WORD.search(piece)]


def _sentences(paragraph: str, longest: int) -> list[str]:
    found: list[str] = []
    start = 0
    for end in [m.end() for m in _SENTENCE_END.finditer(paragraph)] + [len(paragraph)]:
        sentence = paragraph[start:end].strip()
        start = end
        while len(sentence) > longest:
            space = sentence.rfind(" ", 0, longest + 1)
            cut = space if space > 0 else longest
            found.append(sentence[:cut].strip())
            sentence = sentence[cut:].strip()
        found.append(sentence)
    return [sentence for sentence in found if sentence]
