"""Shows what the model reads, word for word: which part is in its cache already, and what is new."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QDialog, QGridLayout, QSizePolicy, QTextEdit, QWidget

from charstudio.engines import Stretch
from charstudio.gui.text import Label
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Hairline, PrimaryButton, QuietButton, column, row
from charstudio.i18n import _
from charstudio.talk import Look

# The order in which a prompt changes least, and the fixed colour of each part.
COLOURS = {
    "who": "teal",
    "examples": "sea",
    "summary": "iris",
    "history": "slate",
    "moment": "amber",
    "note": "rose",
    "message": "plum",
    "template": "sand",
}
FULL = 0.9  # of the room: from here on the number warns
LONGEST = 60_000  # letters of one part that are drawn; the rest is told in a line


def section_words(section: str) -> str:
    """What a part of the prompt is called."""
    return {
        "who": _("Who the character is"),
        "examples": _("Example lines"),
        "summary": _("What went before"),
        "history": _("History"),
        "moment": _("This moment"),
        "note": _("Author’s note"),
        "message": _("The last message"),
        "template": _("The model’s own words"),
    }.get(section, section)


class Meter(QWidget):
    """How full the context is, part by part: a bar of 8 px in fixed colours."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._parts: list[tuple[str, int]] = []
        self._room = 1
        self.setFixedHeight(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_parts(self, parts: Sequence[tuple[str, int]], room: int) -> None:
        """Show so many tokens of each part, of as many as there is room for."""
        self._parts, self._room = list(parts), max(1, room)
        told = ", ".join(f"{section_words(name)} {count:,}" for name, count in parts)
        self.setAccessibleName(_("Tokens: {parts}", parts=told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect())
        painter.setBrush(self._theme.colour("line"))
        painter.drawRoundedRect(area, 4, 4)
        whole = max(self._room, sum(count for _name, count in self._parts))
        at = 0.0
        for name, count in self._parts:
            wide = area.width() * count / whole
            left = area.width() - at - wide if self.isRightToLeft() else at
            painter.setBrush(colour_of(self._theme, name))
            painter.drawRoundedRect(QRectF(left, 0, max(wide - 1.5, 1.5), area.height()), 2, 2)
            at += wide


def colour_of(theme: Theme, section: str) -> QColor:
    """The fixed colour of a part of the prompt."""
    return theme.character(COLOURS.get(section, "slate")).ink


class PromptDialog(QDialog):
    """What the model would read if the draft were sent now; `refresh_wanted` asks for it anew."""

    refresh_wanted = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setWindowTitle(_("What the model reads"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._sum = Label(theme, "ui_small", _("The model is getting ready…"), colour="text_2")
        self._sum.setWordWrap(True)
        self._last = Label(theme, "ui_small", colour="text_2")
        self._last.setWordWrap(True)
        self._meter = Meter(theme)
        self._legend = QGridLayout()
        self._legend.setHorizontalSpacing(14)
        self._legend.setVerticalSpacing(4)
        self._legend.setColumnStretch(1, 1)
        self._text = QTextEdit()
        self._text.setReadOnly(True)
        self._text.setAccessibleName(_("The prompt, word for word"))
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.document().setUndoRedoEnabled(False)
        self._refresh = QuietButton(theme, _("Look again"), icon="refresh-cw", framed=True)
        close = PrimaryButton(theme, _("Close"), keys="Esc")
        foot = row(margins=(0, 4, 0, 0))
        foot.addWidget(self._refresh)
        foot.addStretch()
        foot.addWidget(close)
        layout = column(margins=(24, 20, 24, 20), gap=12)
        layout.addWidget(Label(theme, "name", _("What the model reads for {name}", name=name[:60])))
        layout.addWidget(self._sum)
        layout.addWidget(self._meter)
        layout.addLayout(self._legend)
        layout.addWidget(self._last)
        layout.addWidget(Hairline(theme))
        layout.addWidget(self._text, 1)
        layout.addLayout(foot)
        self.setLayout(layout)
        self._fit(parent)

        self._refresh.clicked.connect(self.refresh_wanted)
        close.clicked.connect(self.accept)

    def show_look(self, look: Look) -> None:
        """Show a prompt."""
        parts = _joined(look.stretches)
        total = sum(all_ for all_, _cached in parts.values())
        cached = sum(cached for _all, cached in parts.values())
        self._sum.setText(_sum_of(look, total, cached))
        self._sum.set_colour("private" if total > look.room * FULL else "text_2")
        self._last.setText(_last_of(look))
        self._last.setVisible(bool(self._last.text()))
        self._meter.show_parts([(name, count) for name, (count, _c) in parts.items()], look.room)
        self._list(parts)
        self._write(look)

    def show_waiting(self, percent: int) -> None:
        """Say that the model is still being loaded."""
        self._sum.setText(_("Loading the model, {percent} %", percent=percent))

    def show_trouble(self, sentence: str) -> None:
        """Say why there is nothing to see."""
        self._sum.setText(sentence)
        self._sum.set_colour("danger")

    def text(self) -> str:
        """The prompt as it is shown."""
        return self._text.toPlainText()

    def summary(self) -> str:
        """The line above the meter."""
        return self._sum.text()

    def _list(self, parts: dict[str, tuple[int, int]]) -> None:
        while (item := self._legend.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for line, (name, (count, cached)) in enumerate(parts.items()):
            told = _("all of it known") if cached == count else _("all of it new") if not cached else ""
            told = told or _("{cached:,} known, {new:,} new", cached=cached, new=count - cached)
            self._legend.addWidget(_Dot(self._theme, name), line, 0)
            self._legend.addWidget(Label(self._theme, "ui_small", section_words(name)), line, 1)
            self._legend.addWidget(Label(self._theme, "ui_small", told, colour="text_3"), line, 2)
            number = Label(self._theme, "ui_small", f"{count:,}", colour="text_2")
            number.setAlignment(Qt.AlignmentFlag.AlignTrailing)
            self._legend.addWidget(number, line, 3)

    def _write(self, look: Look) -> None:
        self._text.clear()
        cursor = QTextCursor(self._text.document())
        cursor.beginEditBlock()
        section, broken = "", False
        for stretch in look.stretches:
            text = stretch.text
            if stretch.section != section:
                section, text = stretch.section, text.lstrip("\n")
                self._heading(cursor, section_words(section), first=cursor.position() == 0)
            if not stretch.cached and not broken:
                broken = True
                self._border(cursor, look)
            cursor.insertText(_bounded(text), self._ink(cached=stretch.cached))
        cursor.endEditBlock()
        self._text.moveCursor(QTextCursor.MoveOperation.Start)

    def _heading(self, cursor: QTextCursor, words: str, *, first: bool) -> None:
        block = QTextBlockFormat()
        block.setTopMargin(0 if first else 14)
        block.setBottomMargin(2)
        look = QTextCharFormat()
        look.setFont(self._theme.font("caption"))
        look.setForeground(self._theme.colour("text_3"))
        self._block(cursor, block)
        cursor.insertText(words, look)
        self._block(cursor, QTextBlockFormat())

    def _border(self, cursor: QTextCursor, look: Look) -> None:
        look_of = QTextCharFormat()
        look_of.setFont(self._theme.font("ui_small"))
        look_of.setForeground(self._theme.colour("accent"))
        if not cursor.atBlockStart():
            self._block(cursor, QTextBlockFormat())
        cursor.insertText(_border_words(look), look_of)
        self._block(cursor, QTextBlockFormat())

    def _block(self, cursor: QTextCursor, form: QTextBlockFormat) -> None:
        if cursor.position() == 0:
            cursor.setBlockFormat(form)
        else:
            cursor.insertBlock(form)

    def _ink(self, *, cached: bool) -> QTextCharFormat:
        look = QTextCharFormat()
        look.setFont(self._theme.font("prose_side"))
        look.setForeground(self._theme.colour("text_2" if cached else "text"))
        if not cached:
            look.setBackground(self._theme.colour("accent_soft"))
        return look

    def _fit(self, parent: QWidget) -> None:
        wide = min(round(680 * max(1.0, self._theme.scale)), parent.width() - 40)
        self.resize(max(420, wide), max(420, min(720, parent.height() - 40)))


class _Dot(QWidget):
    """The colour of a part, beside its name."""

    def __init__(self, theme: Theme, section: str) -> None:
        super().__init__()
        self._theme, self._section = theme, section
        self.setFixedSize(10, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour_of(self._theme, self._section))
        painter.drawRoundedRect(QRectF(0, 4, 9, 9), 3, 3)


def _joined(stretches: Sequence[Stretch]) -> dict[str, tuple[int, int]]:
    """Tokens of each part and how many of them are cached, in the order of the prompt."""
    parts: dict[str, tuple[int, int]] = {}
    for stretch in stretches:
        count, cached = parts.get(stretch.section, (0, 0))
        parts[stretch.section] = (
            count + stretch.tokens,
            cached + (stretch.tokens if stretch.cached else 0),
        )
    return parts


def _sum_of(look: Look, total: int, cached: int) -> str:
    if total > look.room:
        return _(
            "{total:,} tokens, {over:,} more than there is room for; the oldest messages will be left out.",
            total=total,
            over=total - look.room,
        )
    return _(
        "{total:,} of {room:,} tokens; {cached:,} are known to {model} already, {new:,} would be read.",
        total=total,
        room=look.room,
        cached=cached,
        model=look.model,
        new=total - cached,
    )


def _last_of(look: Look) -> str:
    if not look.last:
        return ""
    return _(
        "The last reply: {read:,} tokens read, {first} s to its first word, {speed} tokens a second.",
        read=int(str(look.last["prompt_tokens"])) - int(str(look.last["cached_tokens"])),
        first=f"{float(str(look.last['ttft_ms'])) / 1000:.2f}",
        speed=f"{float(str(look.last['tokens_per_s'])):.0f}",
    )


def _border_words(look: Look) -> str:
    broken = str(look.last.get("broken_by", ""))
    if broken:
        where = section_words(broken)
        return _("↓ new from here on (last time something had changed in “{where}”)", where=where)
    return _("↓ new from here on")


def _bounded(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST] + _(" … ({more:,} more letters)", more=len(text) - LONGEST)
