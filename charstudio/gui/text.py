"""Words on screen: labels and read-only prose that treat every text as hostile."""

from __future__ import annotations

import html
import re
from typing import Any

from PySide6.QtCore import QRect, QRectF, QSize, QSizeF, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QTextBrowser, QWidget

from charstudio.gui.theme import Theme

LONG_NAME = 300
LONG_PROSE = 20_000
LINE = "\u2028"

_BLOCK_START = re.compile(r"^(#{1,6}(?=\s|$)|[>+=-]|\d{1,9}(?=[.)]))")
_ENDLESS = re.compile(r"\S{2000}")
_MARKS = re.compile(r"([\\`\[\]<>&!|~$#])")


def one_line(text: str, limit: int = LONG_NAME) -> str:
    """A name fit for one line: white space joined, and no more of it than could ever be seen."""
    cut = text[: limit * 2]
    line = " ".join(cut.split())
    return line[:limit] + "…" if len(line) > limit or len(text) > len(cut) else line


def wrap_mode(text: str) -> QTextOption.WrapMode:
    """How to wrap a text: at words, unless one is so long that looking for its end takes Qt minutes."""
    mode = QTextOption.WrapMode
    return mode.WrapAnywhere if _ENDLESS.search(text) else mode.WrapAtWordBoundaryOrAnywhere


def isolated(name: str) -> str:
    """A name to stand within a sentence, so that its writing direction cannot turn the rest around."""
    return f"\u2068{one_line(name)}\u2069"


def menu_text(text: str) -> str:
    """A text for a menu or a button, whose ampersands are no mnemonics."""
    return one_line(text, 80).replace("&", "&&")


def set_tip(widget: QWidget, text: str) -> None:
    """Give a widget a tooltip that is never read as HTML."""
    widget.setToolTip(plain_tip(text))


def plain_tip(text: str) -> str:
    """A tooltip in plain words, at most a paragraph long."""
    cut = text if len(text) <= 600 else text[:600] + "…"
    return f"<p style='white-space: pre-wrap'>{html.escape(cut)}</p>" if cut else ""


def to_markdown(body: str) -> str:
    """Prose as Markdown in which only emphasis is left: line breaks stay, nothing else is markup."""
    lines = []
    for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        words = _MARKS.sub(r"\\\1", line.strip())
        words = re.sub(r"^([>+=-]|\*(?=\s)|\d{1,9}(?=[.)]))", _escaped, words)
        words = re.sub(r"^([*_]\s*){3,}$", lambda m: re.sub(r"([*_])", r"\\\1", m[0]), words)
        lines.append(words)
    # a line separator stays within its paragraph, where a hard break would become one of its own
    return re.sub(r"(?<=\S)\n(?=\S)", LINE, "\n".join(lines))


def _escaped(match: re.Match[str]) -> str:
    # "12." is no list when its dot is escaped; a digit itself cannot be
    return match[0] + "\\" if match[0].isdigit() else "\\" + match[0]


class Label(QLabel):
    """A line or a sentence in one of the styles of the theme; plain text always.

    With `elide` it takes the width it is given and shows "…" where it ends.
    """

    def __init__(
        self, theme: Theme, style: str = "ui", text: str = "", *, colour: str = "text", elide: bool = False
    ) -> None:
        super().__init__()
        self._theme, self._style, self._colour, self._elide = theme, style, colour, elide
        self._ink: QColor | None = None
        self._whole = ""
        self._sizes: dict[int, QRect] = {}
        self.setTextFormat(Qt.TextFormat.PlainText)
        if elide:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_text(text)
        theme.changed.connect(self._restyle)

    def set_text(self, text: str) -> None:
        """Show this text; screen readers are given all of it."""
        self._whole = text
        self._sizes.clear()
        super().setText(one_line(text) if self._elide else text[:LONG_PROSE])
        self.setAccessibleName(text[:LONG_PROSE])
        self._tell_when_cut()

    def whole(self) -> str:
        """The text that was set, not cut."""
        return self._whole

    def set_colour(self, colour: str) -> None:
        """Use another colour of the theme."""
        self._colour, self._ink = colour, None
        self.update()

    def set_ink(self, ink: QColor) -> None:
        """Use the ink of a character, until told otherwise."""
        self._ink = ink
        self.update()

    def set_style(self, style: str) -> None:
        """Use another style of the theme."""
        self._style = style
        self._restyle()

    def hasHeightForWidth(self) -> bool:
        return self.wordWrap()

    def heightForWidth(self, width: int) -> int:
        margins = self.contentsMargins()
        room = max(1, width - margins.left() - margins.right())
        return self._bounds(room).height() + margins.top() + margins.bottom()

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        size = self._bounds(self._theme.size("measure_max")).size()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(hint.width(), 24), hint.height()) if self._elide or self.wordWrap() else hint

    def paintEvent(self, event: QPaintEvent) -> None:
        # painted here, since a style sheet gives hidden labels their former font and colour back
        painter = QPainter(self)
        font = self._theme.font(self._style)
        painter.setFont(font)
        painter.setPen(self._ink or self._theme.colour(self._colour))
        area = self.contentsRect()
        words = self.text()
        if self._elide:
            words = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, self._flags(), words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_when_cut()

    def _flags(self) -> int:
        wrap = Qt.TextFlag.TextWordWrap.value if self.wordWrap() else Qt.TextFlag.TextSingleLine.value
        return int(self.style().visualAlignment(self.layoutDirection(), self.alignment()).value) | wrap

    def _bounds(self, width: int) -> QRect:
        # asked for again and again while a page is laid out
        if width not in self._sizes:
            self._sizes[width] = self._measured(width)
        return self._sizes[width]

    def _measured(self, width: int) -> QRect:
        metrics = QFontMetrics(self._theme.font(self._style))
        area = QRect(0, 0, width if self.wordWrap() else 1_000_000, 1_000_000)
        bounds = metrics.boundingRect(area, self._flags(), self.text())
        width = max(bounds.width(), 0 if self.wordWrap() else metrics.horizontalAdvance(self.text())) + 1
        return QRect(0, 0, width, max(bounds.height(), self._theme.line(self._style)))

    def _tell_when_cut(self) -> None:
        if self._elide:
            metrics = QFontMetrics(self._theme.font(self._style))
            cut = metrics.horizontalAdvance(self.text()) > self.contentsRect().width()
            set_tip(self, self._whole if cut else "")

    def _restyle(self) -> None:
        self._sizes.clear()
        self.updateGeometry()
        self.update()


class ProseLabel(QWidget):
    """Read-only prose of any length, wrapped and as high as it needs to be; plain text."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        *,
        style: str = "prose",
        colour: str = "text",
        centred: bool = False,
    ) -> None:
        super().__init__()
        self._theme, self._style, self._colour = theme, style, colour
        self._ink: QColor | None = None
        self._heights: dict[int, int] = {}
        self._document = QTextDocument(self)
        self._document.setDocumentMargin(0)
        self._document.setUndoRedoEnabled(False)
        option = QTextOption(Qt.AlignmentFlag.AlignHCenter if centred else Qt.AlignmentFlag.AlignLeading)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._document.setDefaultTextOption(option)
        self._whole = ""
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.set_text(text)
        theme.changed.connect(self._restyle)

    def set_text(self, text: str) -> None:
        """Show this text, or as much of it as a page can bear."""
        self._whole = text
        shown = text if len(text) <= LONG_PROSE else text[:LONG_PROSE] + " …"
        self._document.setPlainText(shown)
        self.setAccessibleName(shown)
        self._restyle()

    def text(self) -> str:
        """The whole text."""
        return self._whole

    def set_colour(self, colour: str) -> None:
        """Use another colour of the theme."""
        self._colour, self._ink = colour, None
        self.update()

    def set_ink(self, ink: QColor) -> None:
        """Use the ink of a character."""
        self._ink = ink
        self.update()

    def set_style(self, style: str) -> None:
        """Use another style of the theme."""
        self._style = style
        self._restyle()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        # layouts ask this many times for each change around them, and each answer lays the text out
        if width not in self._heights:
            before = self._document.textWidth()
            self._document.setTextWidth(max(1, width))
            self._heights[width] = int(self._document.size().height() + 0.99)
            self._document.setTextWidth(before)
        return self._heights[width]

    def sizeHint(self) -> QSize:
        natural = int(self._natural_width())
        width = self.width() if self.testAttribute(Qt.WidgetAttribute.WA_Resized) else natural
        return QSize(natural, self.heightForWidth(max(1, width)))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self._theme.line(self._style))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._document.setTextWidth(max(1, self.width()))
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        context = self._document.documentLayout().PaintContext()
        context.palette = self.palette()
        ink = self._ink or self._theme.colour(self._colour)
        context.palette.setColor(QPalette.ColorRole.Text, ink)
        context.clip = QRectF(event.rect())
        self._document.documentLayout().draw(painter, context)

    def _natural_width(self) -> float:
        return min(self._document.idealWidth() + 1, float(self._theme.size("measure_max")))

    def _restyle(self) -> None:
        self._heights.clear()
        self._document.setDefaultFont(self._theme.font(self._style))
        self._theme.set_lines(self._document, self._theme.line(self._style))
        self.updateGeometry()
        self.update()


class ProseView(QTextBrowser):
    """What somebody said: gestures in italics, selectable, safe, and as high as its words.

    `show_text` formats a whole text; `add_words` appends while a model writes, without formatting again.
    """

    link_chosen = Signal(QUrl)

    def __init__(self, theme: Theme, text: str = "", *, style: str = "prose") -> None:
        super().__init__()
        self._theme, self._style = theme, style
        self._whole = ""
        self._italic = False
        self._breaks = 0
        self._caret: QColor | None = None
        self._height = 0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setAutoFillBackground(False)
        self.document().setUndoRedoEnabled(False)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.anchorClicked.connect(self.link_chosen)
        theme.changed.connect(self._restyle)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show this text formatted; very long texts are shown plain."""
        self._whole = text
        document = self.document()
        document.setDefaultFont(self._theme.font(self._style))
        self.setWordWrapMode(wrap_mode(text))
        if len(text) > LONG_PROSE:
            document.setPlainText(text)
        else:
            features = QTextDocument.MarkdownFeature.MarkdownNoHTML
            document.setMarkdown(to_markdown(text), features)
        self._italic, self._breaks = False, 0
        self._dress()

    def add_words(self, more: str) -> None:
        """Append words as they come; `*` begins and ends a gesture."""
        self._whole += more
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for part in re.split(r"(\*+|\n+)", more):
            if part.startswith("*"):
                self._italic = self._italic != (len(part) == 1)
            elif part.startswith("\n"):
                self._breaks += len(part)
            elif part:
                self._break_line(cursor)
                cursor.insertText(part, self._char_format(italic=self._italic))
        cursor.endEditBlock()

    def text(self) -> str:
        """The whole text as it was given, with its asterisks."""
        return self._whole

    def set_caret(self, ink: QColor | None) -> None:
        """Show a steady block after the last word in this ink, or none."""
        self._caret = ink
        self.viewport().update()

    def natural_width(self) -> int:
        """How wide the text would be on lines of its own."""
        copy = self.document().clone()
        copy.setTextWidth(-1)
        return int(copy.idealWidth() + 1)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        # a picture in a reply would otherwise be read from the disk or a network share
        return None

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # arrows and page keys belong to the list around it, unless a text is being selected
        if event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._caret is not None:
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            place = self.cursorRect(cursor)
            font = QFontMetrics(self._theme.font(self._style))
            painter = QPainter(self.viewport())
            painter.fillRect(
                place.left() + 2, place.bottom() - font.height() + 3, 5, font.height() - 2, self._caret
            )

    def _break_line(self, cursor: QTextCursor) -> None:
        # a break is held back until words follow, since one more would make it a paragraph
        if self._breaks > 1 and not self.document().isEmpty():
            cursor.insertBlock(self._block_format(top=self._theme.line(self._style)))
        elif self._breaks == 1 and not self.document().isEmpty():
            cursor.insertText(LINE)
        self._breaks = 0

    def _fit(self, size: QSizeF) -> None:
        height = max(self._theme.line(self._style), int(size.height() + 0.99))
        if height != self._height:
            self._height = height
            self.setFixedHeight(height)

    def _restyle(self) -> None:
        self.show_text(self._whole)

    def _dress(self) -> None:
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        block = self.document().begin()
        while block.isValid():
            self._dress_block(block, first=block.blockNumber() == 0)
            block = block.next()
        cursor.endEditBlock()

    def _dress_block(self, block: QTextBlock, *, first: bool) -> None:
        cursor = QTextCursor(block)
        cursor.setBlockFormat(self._block_format(top=0 if first else self._theme.line(self._style)))
        for part in _fragments(block):
            face = part.charFormat()
            style = self._char_format(
                italic=face.fontItalic(), strong=face.fontWeight() > QFont.Weight.Medium
            )
            cursor.setPosition(part.position())
            cursor.setPosition(part.position() + part.length(), QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(style)

    def _block_format(self, top: float = 0) -> QTextBlockFormat:
        form = QTextBlockFormat()
        form.setLineHeight(self._theme.line(self._style), QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        form.setTopMargin(min(top, self._theme.line(self._style) * 0.4))
        return form

    def _char_format(self, *, italic: bool, strong: bool = False) -> QTextCharFormat:
        form = QTextCharFormat()
        font = self._theme.font(self._style)
        font.setItalic(italic or font.italic())
        if strong:
            font.setWeight(QFont.Weight.DemiBold)
        form.setFont(font)
        form.setForeground(self._theme.colour("text_2" if font.italic() else "text"))
        return form


def _fragments(block: QTextBlock) -> list[Any]:
    # a list first, because changing a format while iterating would move the iterator
    found = []
    pieces = block.begin()
    while not pieces.atEnd():
        found.append(pieces.fragment())
        pieces += 1
    return found
