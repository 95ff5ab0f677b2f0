"""Where the writer writes: fields that grow with their text, and the composer of the talk."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QMimeData, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from charstudio.gui.buttons import shortcut_text
from charstudio.gui.text import Label, isolated, one_line, set_tip, wrap_mode
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Chip, Hairline, IconButton, PrimaryButton, QuietButton, column, row
from charstudio.i18n import _
from charstudio.talk import LONGEST_MESSAGE

LONGEST_PASTE = LONGEST_MESSAGE
MODE_KEYS, NOTICED_KEYS = "Ctrl+T", "Ctrl+J"
DRAFT_AFTER = 500  # milliseconds
COUNT_AFTER = 120

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ProseEdit(QPlainTextEdit):
    """A field for prose that grows with its lines; Enter is `entered`, Shift+Enter a new line.

    Keys named in `passed` belong to the view around it while nothing is written.
    """

    entered = Signal()
    focus_changed = Signal(bool)
    cut_short = Signal(int)

    def __init__(
        self, theme: Theme, name: str, *, most: int = 8, style: str = "prose", passed: Iterable[Qt.Key] = ()
    ) -> None:
        super().__init__()
        self._theme, self._style, self._most = theme, style, most
        self._passed = frozenset(passed)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setCursorWidth(2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)
        self._restyle()

        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        theme.changed.connect(self._restyle)

    def text(self) -> str:
        """What was written."""
        return self.toPlainText()

    def set_text(self, text: str) -> None:
        """Write this, with the caret at its end."""
        self._wrap_for(text)
        self.setPlainText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)

    def is_blank(self) -> bool:
        """Whether not a sign was written."""
        return self.document().isEmpty()

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        if len(text) > LONGEST_PASTE:
            self.cut_short.emit(len(text))
            text = text[:LONGEST_PASTE]
        self._wrap_for(text)
        self.insertPlainText(text.replace("\0", ""))
        self.ensureCursorVisible()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if event.key() in _ENTER:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.insertPlainText("\n")
                self.ensureCursorVisible()
            elif plain:
                self.entered.emit()
            else:
                event.ignore()
        elif event.key() == Qt.Key.Key_Escape or (plain and self._passes(event.key())):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def sizeHint(self) -> QSize:
        return QSize(200, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _passes(self, key: int) -> bool:
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            return self._lines() <= self._most
        return self.is_blank() and key in self._passed

    def _wrap_for(self, text: str) -> None:
        self.setWordWrapMode(wrap_mode(text))

    def _lines(self) -> int:
        return int(self.document().size().height())

    def _height(self) -> int:
        line = QFontMetricsF(self.font()).lineSpacing()
        return int(max(1, min(self._lines(), self._most)) * line + 0.99) + 2

    def _fit(self) -> None:
        policy = Qt.ScrollBarPolicy
        more = self._lines() > self._most
        self.setVerticalScrollBarPolicy(policy.ScrollBarAsNeeded if more else policy.ScrollBarAlwaysOff)
        if self.maximumHeight() != self._height():
            self.setFixedHeight(self._height())

    def _restyle(self) -> None:
        self.setFont(self._theme.font(self._style))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Text, self._theme.colour("text"))
        palette.setColor(QPalette.ColorRole.PlaceholderText, self._theme.colour("text_3"))
        self.setPalette(palette)
        self._fit()


class Field(QWidget):
    """Paper with an edge around a field; the edge is the accent's while the field has the keyboard."""

    def __init__(self, theme: Theme, *, paper: str = "page", radius: str = "card") -> None:
        super().__init__()
        self._theme, self._paper, self._radius = theme, paper, radius
        self._active = False
        theme.changed.connect(self.update)

    def set_active(self, active: bool) -> None:
        """Show that the keyboard is here."""
        self._active = active
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = 2 if self._active else 1
        painter.setPen(QPen(self._theme.colour("accent" if self._active else "line_strong"), width))
        painter.setBrush(self._theme.colour(self._paper))
        half, radius = width / 2, self._theme.radius(self._radius)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), radius, radius)


class NoteEditor(QWidget):
    """The author's note, opened within the composer: what the model is told just before it answers."""

    changed = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._shown = ""
        head = row(gap=8)
        self._title = Label(theme, "caption", _("Author’s note"), colour="text_2")
        self._why = Label(theme, "meta", _("read just before each answer, never said aloud"), elide=True)
        self._why.set_colour("text_3")
        self._close = IconButton(theme, "x", _("Close the author’s note"), "Esc")
        head.addWidget(self._title)
        head.addWidget(self._why, 1)
        head.addWidget(self._close)
        self.field = ProseEdit(theme, _("Author’s note"), most=4, style="prose_side")
        self.field.setPlaceholderText(_("Keep it to a sentence: what this scene needs."))
        layout = column(gap=2)
        layout.addLayout(head)
        layout.addWidget(self.field)
        layout.addSpacing(8)
        layout.addWidget(Hairline(theme))
        layout.addSpacing(8)
        self.setLayout(layout)
        self._timer = _timer(self, DRAFT_AFTER)

        self._timer.timeout.connect(self.flush)
        self.field.textChanged.connect(self._timer.start)
        self.field.entered.connect(self.closed)
        self._close.clicked.connect(self.closed)

    def show_note(self, text: str) -> None:
        """Show the note of a talk."""
        self._shown = text
        self.field.set_text(text)
        self._timer.stop()

    def flush(self) -> None:
        """Tell now what changed."""
        self._timer.stop()
        if self.field.text() != self._shown:
            self._shown = self.field.text()
            self.changed.emit(self._shown)


class Composer(Field):
    """Grows from one to eight lines; Enter sends, and Send becomes Stop while the model writes."""

    send_wanted = Signal(str)
    stop_wanted = Signal()
    persona_wanted = Signal()
    draft_changed = Signal(str)
    note_changed = Signal(str)
    strict_wanted = Signal(bool)
    noticed_wanted = Signal()
    too_long = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._busy = self._strict = False
        self._kept = ""
        keys = Qt.Key
        self.field = ProseEdit(
            theme,
            _("Your message"),
            most=8,
            passed=(keys.Key_Up, keys.Key_Left, keys.Key_Right, keys.Key_Home, keys.Key_End),
        )
        self._note = NoteEditor(theme)
        self._note.hide()
        self._persona = Chip(theme, "", icon="user")
        self._mode = Chip(theme, "", icon="lock-open")
        self._noticed = QuietButton(theme, "", icon="lightbulb", small=True)
        self._noticed.hide()
        self._note_button = IconButton(theme, "notebook-pen", _("Author’s note"))
        self._note_button.setCheckable(True)
        self._words = Label(theme, "meta", colour="text_3")
        self._send = PrimaryButton(theme, _("Send"), icon="corner-down-left")
        self._stop = QuietButton(theme, _("Stop"), icon="square", framed=True)
        set_tip(self._send, _("Enter sends, Shift Enter begins a new line"))
        set_tip(self._stop, _("Esc stops; what is written stays"))
        self._draft_timer = _timer(self, DRAFT_AFTER)
        self._count_timer = _timer(self, COUNT_AFTER)
        self._build()
        self.show_persona("")
        self.show_strict(strict=False)
        self._restyle()

        self.field.entered.connect(self.send)
        self.field.focus_changed.connect(self._on_focus)
        self.field.textChanged.connect(self._on_text)
        self.field.cut_short.connect(self.too_long)
        self._note.field.focus_changed.connect(self._on_focus)
        self._note.changed.connect(self.note_changed)
        self._note.closed.connect(self.close_note)
        self._draft_timer.timeout.connect(self._tell_draft)
        self._count_timer.timeout.connect(self._count)
        self._persona.clicked.connect(self.persona_wanted)
        self._mode.clicked.connect(self.switch_mode)
        self._noticed.clicked.connect(self.noticed_wanted)
        self._note_button.clicked.connect(self._on_note)
        self._send.clicked.connect(self.send)
        self._stop.clicked.connect(self.stop_wanted)
        theme.changed.connect(self._restyle)

    def _build(self) -> None:
        foot = row(gap=7)
        foot.addWidget(self._persona)
        foot.addWidget(self._mode)
        foot.addWidget(self._note_button)
        foot.addStretch(1)
        foot.addWidget(self._noticed)
        foot.addWidget(self._words)
        foot.addSpacing(5)
        foot.addWidget(self._send)
        foot.addWidget(self._stop)
        layout = column(margins=(16, 12, 12, 11), gap=7)
        layout.addWidget(self._note)
        layout.addWidget(self.field)
        layout.addLayout(foot)
        self.setLayout(layout)
        self.setFocusProxy(self.field)
        self._stop.hide()
        QWidget.setTabOrder(self.field, self._send)
        QWidget.setTabOrder(self._send, self._stop)
        QWidget.setTabOrder(self._stop, self._persona)
        QWidget.setTabOrder(self._persona, self._mode)
        QWidget.setTabOrder(self._mode, self._note_button)
        QWidget.setTabOrder(self._note_button, self._noticed)

    # What is so

    def show_persona(self, name: str) -> None:
        """Say as whom the writer speaks."""
        words = _("As {name}", name=one_line(name, 60)) if name else _("As the writer")
        self._persona.set_words(words)
        set_tip(self._persona, _("Whom the character sees in you: {name}", name=name) if name else "")

    def show_strict(self, *, strict: bool) -> None:
        """Say whether the character may invent."""
        self._strict = strict
        self._mode.set_words(_("Strict") if strict else _("Inventive"))
        self._mode.set_icon("lock" if strict else "lock-open")
        tip = (
            _("Only what the sheet says; what is not there, the character does not know.")
            if strict
            else _("The character may invent; each invention waits for your Keep or Not this.")
        )
        set_tip(self._mode, f"{tip}  {shortcut_text(MODE_KEYS)}")
        self._mode.setAccessibleDescription(tip)

    def switch_mode(self) -> None:
        """Ask for the other of strict and inventive."""
        self.strict_wanted.emit(not self._strict)

    def show_noticed(self, waiting: int, later: int) -> None:
        """Count quietly what was noticed; what was put off is told only when nothing else waits."""
        words = _("{count} noticed", count=waiting) if waiting else _("{count} for later", count=later)
        self._noticed.set_words(words)
        set_tip(self._noticed, f"{_('Look at what was noticed')}  {shortcut_text(NOTICED_KEYS)}")
        self._noticed.setVisible(bool(waiting or later))

    def show_character(self, name: str) -> None:
        """Say to whom."""
        self.field.setPlaceholderText(_("Say something to {name}", name=isolated(name)) if name else "")

    def show_draft(self, text: str) -> None:
        """Show what was not sent yet."""
        self._kept = text
        self.field.set_text(text)
        self._draft_timer.stop()

    def show_note(self, text: str) -> None:
        """Show the author's note of the talk."""
        self._note.show_note(text)
        self._mark_note()

    def restore(self, text: str) -> None:
        """Bring words back that could not be sent, before what was written since."""
        now = self.field.text()
        self.field.set_text(f"{text}\n{now}" if now.strip() and now != text else text)
        self._tell_draft()

    def set_busy(self, busy: bool) -> None:
        """Offer Stop in the place of Send."""
        self._busy = busy
        had = self._send.hasFocus() or self._stop.hasFocus()
        self._send.setVisible(not busy)
        self._stop.setVisible(busy)
        if had:
            self.field.setFocus()

    @property
    def busy(self) -> bool:
        """Whether Stop is offered."""
        return self._busy

    def send(self) -> None:
        """Send what is written, unless that is nothing or the model still writes."""
        text = self.field.text()
        if self._busy or not text.strip():
            return
        self.field.clear()
        self._draft_timer.stop()
        self._kept = ""
        self.send_wanted.emit(text)

    def flush(self) -> None:
        """Tell now what would be told a moment later."""
        if self._draft_timer.isActive():
            self._tell_draft()
        self._note.flush()

    def open_note(self) -> None:
        """Open the author's note."""
        self._note.show()
        self._mark_note()
        self._note.field.setFocus()

    def close_note(self) -> None:
        """Close the author's note; it stays in force."""
        self._note.flush()
        self._note.hide()
        self._mark_note()
        self.field.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._note.field.hasFocus():
            self.close_note()
        else:
            super().keyPressEvent(event)

    def _on_note(self) -> None:
        if self._note.isHidden():
            self.open_note()
        else:
            self.close_note()

    def _mark_note(self) -> None:
        there = bool(self._note.field.text().strip())
        self._note_button.setChecked(not self._note.isHidden())
        self._note_button.set_icon("notebook-pen", "accent" if there else "text_2")
        self._note_button.set_name(_("Author’s note (there is one)") if there else _("Author’s note"))

    def _on_focus(self) -> None:
        self.set_active(self.field.hasFocus() or self._note.field.hasFocus())

    def _on_text(self) -> None:
        self._draft_timer.start()
        self._count_timer.start()
        self._send.setEnabled(not self.field.is_blank())

    def _tell_draft(self) -> None:
        self._draft_timer.stop()
        text = self.field.text()
        if text != self._kept:
            self._kept = text
            self.draft_changed.emit(text)

    def _count(self) -> None:
        count = len(self.field.text().split())
        if not count:
            self._words.set_text("")
        else:
            self._words.set_text(_("1 word") if count == 1 else _("{count:,} words", count=count))

    def _restyle(self) -> None:
        width = max(self._send.sizeHint().width(), self._stop.sizeHint().width())
        self._send.setFixedWidth(width)
        self._stop.setFixedWidth(width)
        self._send.setEnabled(not self.field.is_blank())


def _timer(parent: QWidget, milliseconds: int) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    return timer
