"""One value on the readable page: label, prose, who knows it and where it came from; written in place."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTextCursor,
)
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from charstudio.gui.buttons import LEFT, Pressable, paint_focus
from charstudio.gui.text import Label, ProseLabel, one_line, set_tip
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import IconButton, IconView, column, row
from charstudio.i18n import _
from charstudio.model import Know, Value
from charstudio.sheet import Attribute

EDIT_LINES = 12


def know_words(know: Know) -> tuple[str, str, str]:
    """The icon, the word and the sentence of a know level."""
    return {
        "open": ("eye", _("open"), _("They know it and may say it.")),
        "private": ("lock", _("private"), _("They know it and protect it.")),
        "blind": ("eye-off", _("blind"), _("They act from it and cannot say it.")),
        "author": ("feather", _("author only"), _("Only you know it; no model is ever told.")),
    }[know]


def source_words(source: str) -> tuple[str, str]:
    """The icon and the sentence of where a value came from."""
    return {
        "guided": ("message-circle-question-mark", _("Asked in Guide")),
        "form": ("pencil", _("Typed by you")),
        "suggested": ("lightbulb", _("Suggested, and taken by you")),
        "talk": ("message-square", _("From a talk")),
        "card": ("import", _("From a card")),
        "import": ("import", _("From an import")),
        "command": ("terminal", _("From the command line")),
    }.get(source, ("pencil", _("Typed by you")))


class Badge(Pressable):
    """Who knows a value, as icon and word on its soft colour; pressing it offers the levels."""

    def __init__(self, theme: Theme, *, words: bool) -> None:
        self._know: Know = "open"
        self._with_words = words
        super().__init__(theme)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_know(self, know: Know) -> None:
        """Show this level; an open value needs no badge."""
        self._know = know
        _icon, word, sentence = know_words(know)
        self.set_words(word)
        self.setAccessibleName(f"{word}. {sentence}")
        set_tip(self, sentence)
        self.setVisible(know != "open")

    def sizeHint(self) -> QSize:
        word = QFontMetrics(self._theme.font("caption")).horizontalAdvance(self._words) + 5
        icon = self._theme.size("icon") - 3
        return QSize(icon + 12 + (word if self._with_words else 0), self._theme.line("caption") + 5)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        ink = self._theme.colour(self._know) if self._know != "open" else self._theme.colour("text_2")
        soft = self._theme.colour(f"{self._know}_soft" if self._know != "open" else "hover")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(soft)
        radius = self._theme.radius("badge")
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        icon = self._theme.size("icon") - 3
        self._icon(painter, know_words(self._know)[0], ink, 6, icon)
        if self._with_words:
            painter.setFont(self._theme.sans(11, weight=500))
            painter.setPen(ink)
            painter.drawText(self.rect().adjusted(icon + 10, 0, 0, 0), LEFT, self._words)
        if self._shows_focus():
            paint_focus(painter, self._theme, QRectF(self.rect()), radius)


class ValueEditor(QTextEdit):
    """A line to write in that grows; Enter keeps, Esc leaves everything as it was."""

    kept = Signal(str)
    left = Signal()

    def __init__(
        self, theme: Theme, words: str, *, style: str, name: str, hint: str = "", may_be_empty: bool = False
    ) -> None:
        super().__init__()
        self._theme, self._style, self._may_be_empty = theme, style, may_be_empty
        self._done = False
        self._before = words
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setFont(theme.font(style))
        self.setPlainText(words)
        theme.set_lines(self.document(), theme.line(style))
        self.document().setDocumentMargin(0)
        self.setViewportMargins(8, 5, 8, 5)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().clearUndoRedoStacks()
        self.moveCursor(QTextCursor.MoveOperation.End)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit(self.document().size())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        new_line = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not new_line:
            self._keep()
        elif event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        waits = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if event.reason() not in waits:
            self._keep()

    def text(self) -> str:
        """What stands in it."""
        return self.toPlainText()

    def _keep(self) -> None:
        if self._done:
            return
        text = self.toPlainText().strip()
        if (not text and not self._may_be_empty) or text == self._before.strip():
            self._leave()
            return
        self._done = True
        self.kept.emit(text)

    def _leave(self) -> None:
        if not self._done:
            self._done = True
            self.left.emit()

    def _fit(self, size: QSizeF) -> None:
        most = self._theme.line(self._style) * EDIT_LINES
        height = min(most, max(self._theme.line(self._style), int(size.height() + 0.99)))
        self.setFixedHeight(height + 10)


class _EditorFrame(QWidget):
    """The accent's edge around what is being written."""

    def __init__(self, theme: Theme, editor: ValueEditor) -> None:
        super().__init__()
        self._theme = theme
        layout = column(margins=(0, 0, 0, 0))
        layout.addWidget(editor)
        self.setLayout(layout)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.colour("accent"), 2))
        painter.setBrush(self._theme.colour("page"))
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(area, self._theme.radius("control"), self._theme.radius("control"))


class ValueRow(QWidget):
    """One value of one attribute; without a value it is a line for a new one."""

    edited = Signal(str)
    felt = Signal(str)
    edit_left = Signal()
    history_wanted = Signal()
    know_menu_wanted = Signal(QPoint)
    menu_wanted = Signal(QPoint)
    came_into_focus = Signal()
    step_wanted = Signal(int)

    def __init__(self, theme: Theme, attribute: Attribute, *, side: bool) -> None:
        super().__init__()
        self._theme, self.attribute, self._side = theme, attribute, side
        self.value: Value | None = None
        self.fresh = False
        self.first = True
        self._colour = "slate"
        self._editor: _EditorFrame | None = None
        self._style = "prose_side" if side else "prose"
        self._label = Label(theme, "meta" if side else "ui_small", attribute.label, colour="text_2")
        self._label.setWordWrap(not side)
        self._words = ProseLabel(theme, "", style=self._style)
        # most values have neither, and a page has many rows: these are made when first needed
        self._feeling: ProseLabel | None = None
        self._staged: IconButton | None = None
        self._badge = Badge(theme, words=not side)
        self._lock = IconView(theme, "lock", _("Locked"), colour="text_3", px=13)
        self._source = IconButton(theme, "pencil", "", colour="text_3", small=True)
        self._underlined = False
        self._staged_words = ""
        self._felt_editing = False
        self._column = column(gap=0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        set_tip(self._lock, _("Locked: nothing changes it until you unlock it."))
        self._place: QBoxLayout = self._side_layout() if side else self._full_layout()
        self.setLayout(self._place)

        self._badge.hide()
        self._lock.hide()

        self._badge.clicked.connect(self._on_badge)
        self._source.clicked.connect(self.history_wanted)
        theme.changed.connect(self._restyle)

    def _full_layout(self) -> QHBoxLayout:
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self._label.setFixedWidth(self._theme.size("label_margin"))
        self._label.setContentsMargins(0, round(7 * self._theme.scale), 0, 0)
        right = row(gap=7)
        right.addStretch()
        for part in (self._badge, self._lock, self._source):
            right.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        self._icons = right
        self._right = QWidget()
        self._right.setLayout(right)
        self._right.setFixedSize(round(142 * self._theme.scale), self._theme.line("prose") + 2)
        layout = row(margins=(0, 3, 0, 4), gap=18)
        layout.addWidget(self._label, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(self._written(), 1)
        layout.addWidget(self._right, 0, Qt.AlignmentFlag.AlignTop)
        return layout

    def _side_layout(self) -> QVBoxLayout:
        top = row(gap=6)
        top.addWidget(self._label, 1)
        for part in (self._badge, self._lock, self._source):
            top.addWidget(part)
        self._icons = top
        self._top = QWidget()
        self._top.setLayout(top)
        layout = column(margins=(10, 5, 10, 6), gap=1)
        layout.addWidget(self._top)
        layout.addLayout(self._written())
        return layout

    def _written(self) -> QVBoxLayout:
        self._column.addWidget(self._words)
        return self._column

    # Told what is so

    def show_value(self, value: Value, colour: str, *, fresh: bool, first: bool) -> None:
        """Show this value; only the first of an attribute carries the label."""
        self.value, self._colour, self.fresh, self.first = value, colour, fresh, first
        if value.state == "none":
            self._words.set_text(_("None, decidedly."))
        elif value.state == "na":
            self._words.set_text(_("Does not apply."))
        else:
            self._words.set_text(value.text)
        self._words.set_colour("text" if value.state == "set" else "text_2")
        self._label.set_text(self.attribute.label if first else "")
        if self._side:
            self._top.setVisible(first or value.know != "open" or value.locked)
            self._place.setContentsMargins(10, 5 if first else 0, 10, 6)
        self._show_feeling(value.feeling)
        self._badge.show_know(value.know)
        self._lock.setVisible(value.locked)
        icon, sentence = source_words(value.source)
        self._source.set_icon(icon)
        self._source.set_name(sentence, "Ctrl+H")
        self._say_name()
        self.update()

    def show_stages(self, words: str) -> None:
        """Say what this attribute is at other stages; an empty text means that it is always the same."""
        if self._staged is None and words:
            self._staged = IconButton(self._theme, "git-branch", words, colour="text_3", small=True)
            self._staged.clicked.connect(self.history_wanted)
            at = self._icons.indexOf(self._source)
            self._icons.insertWidget(at, self._staged, 0, Qt.AlignmentFlag.AlignVCenter)
        if self._staged is not None and words != self._staged_words:
            self._staged.set_name(words)
            self._staged.setVisible(bool(words))
        self._staged_words = words

    def set_underlined(self, *, underlined: bool) -> None:
        """Underline the value, because a note in the margin is about it."""
        if underlined != self._underlined:
            self._underlined = underlined
            self.update()

    def continue_above(self) -> None:
        """Stand below other values of the same attribute, so the label is not said again."""
        self._label.set_text("")

    def set_fresh(self, *, fresh: bool) -> None:
        """Tint it in the character's colour, or no longer."""
        if fresh != self.fresh:
            self.fresh = fresh
            self.update()

    def begin(self) -> None:
        """Write in place."""
        if self._editor is not None:
            return
        text = self.value.text if self.value is not None else ""
        hint = _("Such as: {example}", example=self.attribute.examples[0]) if self.attribute.examples else ""
        editor = ValueEditor(self._theme, text, style=self._style, name=self.attribute.label, hint=hint)
        self._write_in(editor, self._words)

    def begin_feeling(self) -> None:
        """Write what is felt for the other one, below the value."""
        if self._editor is not None or self.value is None or not self.attribute.is_ref:
            return
        name = _("What I feel for them")
        hint = _("Such as: I owe her a life")
        editor = ValueEditor(
            self._theme, self.value.feeling, style="aside", name=name, hint=hint, may_be_empty=True
        )
        self._felt_editing = True
        self._write_in(editor, self._felt_label())

    def _felt_label(self) -> ProseLabel:
        if self._feeling is None:
            self._feeling = ProseLabel(self._theme, "", style="aside", colour="text_2")
            self._column.addWidget(self._feeling)
        return self._feeling

    def _show_feeling(self, text: str) -> None:
        if text.strip() or self._feeling is not None:
            label = self._felt_label()
            label.set_text(text)
            label.setVisible(bool(text.strip()))

    def _write_in(self, editor: ValueEditor, instead: ProseLabel) -> None:
        editor.kept.connect(self._on_kept)
        editor.left.connect(self._on_left)
        self._editor = _EditorFrame(self._theme, editor)
        at = self._column.indexOf(instead)
        instead.hide()
        self._column.insertWidget(at, self._editor)
        self._source.hide()
        editor.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def writing(self) -> bool:
        """Whether somebody writes in it now."""
        return self._editor is not None

    # Slots and what Qt calls

    def _on_kept(self, text: str) -> None:
        # what was typed stays in view until the page is told what became of it
        feeling = self._felt_editing
        (self._felt_label() if feeling else self._words).set_text(text)
        self._end()
        if feeling:
            self.felt.emit(text)
        else:
            self.edited.emit(text)

    def _on_left(self) -> None:
        self._end()
        self.edit_left.emit()

    def _on_badge(self) -> None:
        self.know_menu_wanted.emit(self._badge.mapToGlobal(QPoint(0, self._badge.height() + 2)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_F2:
                self.begin()
            case Qt.Key.Key_Up:
                self.step_wanted.emit(-1)
            case Qt.Key.Key_Down:
                self.step_wanted.emit(1)
            case Qt.Key.Key_Menu:
                self.menu_wanted.emit(self.mapToGlobal(QPoint(40, self.height())))
            case _:
                super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.begin()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self.menu_wanted.emit(event.globalPos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.came_into_focus.emit()
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = self._theme.radius("fresh_value")
        if self.fresh and not self.writing:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.character(self._colour).soft)
            painter.drawRoundedRect(self._value_area(), radius, radius)
        if self._underlined and not self.writing:
            painter.setPen(QPen(self._theme.colour("private"), 2))
            foot = self._words.geometry().bottom() + 2
            painter.drawLine(self._words.x(), foot, self._words.geometry().right(), foot)
        if self.hasFocus():
            paint_focus(painter, self._theme, self._value_area(), radius)

    # Small helpers

    def _value_area(self) -> QRectF:
        area = QRectF(self.rect())
        if not self._side:
            area.setLeft(self._words.x() - 10 if not self.writing else self._label.width() + 8)
        return area

    def _end(self) -> None:
        if self._editor is None:
            return
        had_focus = self._editor.isAncestorOf(self.focusWidget() or self)
        self._column.removeWidget(self._editor)
        self._editor.hide()
        self._editor.deleteLater()
        self._editor = None
        self._felt_editing = False
        self._words.show()
        if self._feeling is not None:
            self._feeling.setVisible(bool(self._feeling.text().strip()))
        self._source.show()
        if self.value is not None:
            self._badge.show_know(self.value.know)
            self._lock.setVisible(self.value.locked)
        if had_focus:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _say_name(self) -> None:
        assert self.value is not None
        know, source = know_words(self.value.know)[1], source_words(self.value.source)[1]
        parts = [
            self.attribute.label,
            one_line(self._words.text()),
            one_line(self.value.feeling),
            know,
            source,
        ]
        parts = [part for part in parts if part]
        if self.value.locked:
            parts.append(_("Locked"))
        self.setAccessibleName(". ".join(parts))

    def _restyle(self) -> None:
        if not self._side:
            self._label.setFixedWidth(self._theme.size("label_margin"))
            self._label.setContentsMargins(0, round(7 * self._theme.scale), 0, 0)
            self._right.setFixedSize(round(142 * self._theme.scale), self._theme.line("prose") + 2)
        self.update()
