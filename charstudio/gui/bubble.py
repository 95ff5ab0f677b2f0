"""One message of a talk as it stands on the page: the words, whose they are, what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QEnterEvent,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QMenu

from charstudio.gui.bubble_foot import FLUSH, PAD_X, PAD_Y, Editing, Foot, acts_for, figures_words
from charstudio.gui.faces import Faces
from charstudio.gui.rows import Row
from charstudio.gui.text import ProseView, one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import row
from charstudio.i18n import _
from charstudio.model import Character, Message

INDENT = 44  # portrait and the gap beside it
FOOT = 28
GAP = 16
NARRATION = 0.75
MOST_OF_COLUMN = 2 / 3


class Bubble(Row):
    """A message: the character’s on paper beside a face, the writer’s opposite, the narrator’s bare."""

    act = Signal(str)
    edited = Signal(str)
    edit_left = Signal()

    def __init__(self, theme: Theme, faces: Faces, who: Character | None, message: Message) -> None:
        super().__init__()
        self._theme, self._faces, self._who = theme, faces, who
        self.message = message
        self._last = self._attended = self._busy = False
        self._status = ""
        self._natural = 0  # the width of the words on lines of their own; 0 is not measured
        self._card = QRect()
        self._name_at = QRect()
        self._face_at = QRect()
        self._foot: Foot | None = None
        self._editing: Editing | None = None
        style = "aside" if message.role == "narrator" else "prose"
        writing = message.state == "writing"
        self._prose = ProseView(theme, "" if writing else message.body, style=style)
        self._prose.setParent(self)
        self._prose.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._prose.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        if message.role == "narrator":
            option = self._prose.document().defaultTextOption()
            option.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            option.setWrapMode(self._prose.wordWrapMode())
            self._prose.document().setDefaultTextOption(option)
        if writing:
            self._show_body()
        self._name()
        self._caret()
        self._refresh_foot()

        faces.changed.connect(self._on_face)
        theme.changed.connect(self._restyle)

    # What is so

    def show_message(self, message: Message) -> None:
        """Show how the message is now."""
        different = message.body != self._prose.text() or self.message.state == "writing"
        self.message = message
        self._status = ""
        if different:
            self._show_body()
        self._name()
        self._caret()
        self._refresh_foot()
        self.resized.emit()
        self.update()

    def show_character(self, who: Character | None) -> None:
        """The character has another name or colour."""
        self._who = who
        self._name()
        self._caret()
        self.update()

    def append(self, text: str) -> None:
        """Add words to a reply that is being written: one insertion."""
        self._prose.add_words(text)
        if self._prose.height() != self._card.height() - 2 * PAD_Y:
            self.resized.emit()

    def show_status(self, words: str) -> None:
        """Say what is being done about it now, such as reading; "" takes that back."""
        if words != self._status:
            self._status = words
            self._refresh_foot()

    def set_last(self, last: bool) -> None:
        """Whether it is the last of the talk, which shows at rest what can be done."""
        if last != self._last:
            self._last = last
            self._refresh_foot()

    def set_busy(self, busy: bool) -> None:
        """Whether the model writes, during which only looking is possible."""
        if busy != self._busy:
            self._busy = busy
            self._refresh_foot()

    def set_attended(self, attended: bool) -> None:
        """Whether pointer or keyboard are on it."""
        if attended != self._attended:
            self._attended = attended
            self._refresh_foot()
            self.update()

    def body(self) -> str:
        """The words that are shown, as they were given."""
        return self._prose.text()

    def selected(self) -> str:
        """The words that are selected in it, as the reader sees them."""
        return self._prose.textCursor().selectedText().replace("\u2029", "\n").strip()

    def shown_text(self) -> str:
        """The words as the reader sees them."""
        return self._prose.toPlainText()

    def foot_words(self) -> str:
        """What stands under it."""
        return self._foot.words() if self._foot is not None and not self._foot.isHidden() else ""

    @property
    def prose(self) -> ProseView:
        """The words themselves, where the keyboard goes."""
        return self._prose

    # Editing in place

    def begin_edit(self) -> None:
        """Edit the words where they stand."""
        if self._editing is None:
            self._editing = Editing(self._theme, self.message.body)
            self._editing.setParent(self)
            self._editing.saved.connect(self._on_saved)
            self._editing.left.connect(self.end_edit)
            self._editing.resized.connect(self.resized)
            self._prose.hide()
            self._refresh_foot()
            self._editing.show()
            self.resized.emit()
        self._editing.setFocus()

    def end_edit(self) -> None:
        """Go back to reading."""
        if self._editing is not None:
            self._editing.hide()
            self._editing.deleteLater()
            self._editing = None
            self._prose.show()
            self._refresh_foot()
            self.resized.emit()
            self.edit_left.emit()

    @property
    def editing(self) -> bool:
        """Whether it is being edited."""
        return self._editing is not None

    # Layout and painting

    def arrange(self, width: int) -> int:
        name = self._theme.line("ui_small")
        match self.message.role:
            case "narrator":
                return self._arrange_narration(width)
            case "writer":
                return self._arrange_writer(width, name)
            case _:
                return self._arrange_character(width, name)

    def _arrange_character(self, width: int, name: int) -> int:
        self._name_at = QRect(INDENT, 0, width - INDENT, name)
        y = name + 3
        self._face_at = QRect(0, y + 1, self._theme.portrait("bubble"), self._theme.portrait("bubble"))
        y += self._put(QRect(INDENT, y, width - INDENT, 0))
        if self._foot is not None:
            self.place(self._foot, QRect(INDENT - FLUSH, y + 1, width - INDENT + FLUSH, self._foot_height()))
        return y + self._foot_height() + GAP - 2

    def _arrange_writer(self, width: int, name: int) -> int:
        most = round(width * MOST_OF_COLUMN)
        wide = most
        if self._editing is None:
            self._natural = self._natural or self._prose.natural_width()
            wide = min(most, max(self._natural, 20) + 2 * PAD_X + 1)
        named = QFontMetrics(self._theme.font("ui_strong")).horizontalAdvance(self._called()) + 4
        named = min(max(named, wide), width)
        self._name_at = QRect(width - named, 0, named, name)
        y = name + 3
        height = self._put(QRect(width - wide, y, wide, 0))
        if self._foot is not None:
            room = min(width - wide - 6, max(240, self._foot.natural_width()))
            self.place(self._foot, QRect(width - wide - 6 - room, y + height - 34, room, self._foot_height()))
        return y + height + GAP

    def _arrange_narration(self, width: int) -> int:
        wide = round(width * NARRATION)
        x = (width - wide) // 2
        self._name_at = self._face_at = QRect()
        height = self._put(QRect(x - PAD_X, 0, wide + 2 * PAD_X, 0))
        if self._foot is not None:
            self.place(self._foot, QRect(x, height - 4, wide, self._foot_height()))
        return height + GAP

    def _put(self, card: QRect) -> int:
        """Put words or editor into a card of this place and width; returns its height."""
        if self._editing is not None:
            height = self._editing.arrange(card.width())
            card.setHeight(height)
            self.place(self._editing, card)
        else:
            inside = card.width() - 2 * PAD_X
            self._prose.document().setTextWidth(inside)
            height = self._prose.maximumHeight() + 2 * PAD_Y
            place = QRect(card.x() + PAD_X, card.y() + PAD_Y, inside, self._prose.maximumHeight())
            self.place(self._prose, place)
            card.setHeight(height)
        self._card = card
        self.update()
        return height

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = self.message.role
        if role == "narrator":
            return
        if self._editing is None:
            self._paint_card(painter)
        if role == "character":
            self._faces.paint(painter, QRectF(self._mirrored(self._face_at)), self._who)
        self._paint_name(painter)

    def _paint_card(self, painter: QPainter) -> None:
        theme = self._theme
        radius = theme.radius("card")
        card = QRectF(self._mirrored(self._card))
        if self.message.role == "character":
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.setBrush(theme.colour("page"))
            card = card.adjusted(0.5, 0.5, -0.5, -0.5)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("hover"))
        if self._prose.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 2))
            card = card.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(card, radius, radius)

    def _paint_name(self, painter: QPainter) -> None:
        font = self._theme.sans(12, weight=600)
        painter.setFont(font)
        align = Qt.AlignmentFlag.AlignVCenter
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        if self.message.role == "character":
            painter.setPen(self._ink())
            align |= Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        else:
            painter.setPen(self._theme.colour("text_2"))
            align |= Qt.AlignmentFlag.AlignLeft if mirrored else Qt.AlignmentFlag.AlignRight
        area = self._mirrored(self._name_at)
        words = QFontMetrics(font).elidedText(self._called(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(align | Qt.AlignmentFlag.AlignAbsolute), words)

    def _mirrored(self, area: QRect) -> QRect:
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            return QRect(self.width() - area.x() - area.width(), area.y(), area.width(), area.height())
        return area

    # What the writer does here

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.set_attended(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.set_attended(self.has_keyboard())

    def has_keyboard(self) -> bool:
        """Whether the keyboard is on it or on one of its buttons."""
        here = self.window().focusWidget()
        return here is not None and self.isAncestorOf(here)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._editing is None:
            self._show_menu(event.globalPos())

    def _show_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(self._theme.icon("copy"), _("Copy"))
        copy.setData("copy")
        if not self._busy:
            for name, icon, words, _keys in acts_for(self.message, last=self._last):
                if name == "delete":
                    menu.addSeparator()
                menu.addAction(self._theme.icon(icon), words).setData(name)
        menu.triggered.connect(self._on_menu)
        menu.popup(where)

    def _on_menu(self, action: QAction) -> None:
        name = str(action.data())
        if name == "copy":
            if not self._prose.textCursor().hasSelection():
                self._prose.selectAll()
            self._prose.copy()
        else:
            self.act.emit(name)

    def _on_saved(self, text: str) -> None:
        self.end_edit()
        if text.strip() != self.message.body.strip():
            self.edited.emit(text)

    # Small helpers

    def _show_body(self) -> None:
        self._natural = 0
        if self.message.state == "writing":
            # a gesture that is not closed yet is no Markdown
            self._prose.show_text("")
            self._prose.add_words(self.message.body)
        else:
            self._prose.show_text(self.message.body)

    def _refresh_foot(self) -> None:
        message = self.message
        writing = message.state == "writing" or bool(self._status)
        resting = not self._busy and not writing and self._editing is None
        acts = resting and (self._last or self._attended)
        state = self._status or (self._state_words() if message.role == "character" else "")
        swipes = message.role == "character" and message.swipes > 1
        wanted = self._editing is None and bool(acts or state or swipes or writing)
        if self._foot is None:
            if not wanted:
                return
            self._make_foot()
        foot = self._foot
        assert foot is not None
        foot.setVisible(wanted)
        foot.show_state(state, writing=writing)
        if message.role == "character":
            foot.show_swipes(message.swipe, message.swipes, arrows=acts or (writing and message.swipes > 1))
        foot.show_acts(acts_for(message, last=self._last), acts)
        self.setAccessibleDescription(foot.words())

    def _make_foot(self) -> None:
        self._foot = Foot(self._theme, row(gap=0))
        self._foot.setParent(self)
        self._foot.act.connect(self.act)
        if not self._card.isNull():
            self.arrange(self.width())
        self._foot.show()

    def _state_words(self) -> str:
        match self.message.state:
            case "writing":
                return _("writing")
            case "stopped":
                return _("stopped · {figures}", figures=figures_words(self.message))
            case "failed":
                return _("broken off · {figures}", figures=figures_words(self.message))
            case _:
                shown = (self._last or self._attended) and bool(self.message.figures)
                return figures_words(self.message) if shown else ""

    def _foot_height(self) -> int:
        return max(FOOT, self._theme.size("icon") + 12)

    def _called(self) -> str:
        fallback = self._who.name if self._who is not None and self.message.role == "character" else ""
        return one_line(self.message.name or fallback)

    def _name(self) -> None:
        name = self._called() or _("Narrator")
        self.setAccessibleName(_("{name}: {words}", name=name, words=one_line(self.message.body, 200)))
        self._prose.setAccessibleName(_("What {name} says", name=name))

    def _ink(self) -> QColor:
        return self._theme.character(self._who.colour if self._who else "slate").ink

    def _caret(self) -> None:
        self._prose.set_caret(self._ink() if self.message.state == "writing" else None)

    def _on_face(self, character_id: int) -> None:
        if self._who is not None and self._who.id == character_id:
            self.update()

    def _restyle(self) -> None:
        self._natural = 0
        self._caret()
        self.update()
