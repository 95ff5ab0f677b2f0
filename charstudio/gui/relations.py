"""Who stands around a character: a face each, what they feel in words, a line that says how it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from charstudio.gui.buttons import KEYBOARD_REASONS
from charstudio.gui.faces import Faces
from charstudio.gui.text import one_line
from charstudio.gui.theme import Theme
from charstudio.i18n import _
from charstudio.model import Character, Know

MOST_FACES = 6
FACE = 34
MIDDLE = 52
# Where so many faces stand, in turns from the top: never straight below or above where words would meet.
ANGLES = {
    1: (0.25,),
    2: (0.25, 0.75),
    3: (0.375, 0.625, 0.0),
    4: (0.125, 0.375, 0.625, 0.875),
    5: (0.125, 0.375, 0.625, 0.875, 0.0),
    6: (0.125, 0.375, 0.625, 0.875, 0.0, 0.5),
}


@dataclass(frozen=True, slots=True)
class Bond:
    """One character's bond to another: what it is, what is felt there, and how openly.

    `label` is the attribute's word, `feeling` what the other feels (or the character, where only that is
    known), `know` of the value, and whether they stand against one another.
    """

    other: Character
    label: str
    feeling: str = ""
    know: Know = "open"
    against: bool = False

    @property
    def words(self) -> str:
        """What stands at the face."""
        return one_line(self.feeling, 80) or self.label


def bond_pen(theme: Theme, know: Know, *, against: bool) -> QPen:
    """The line of a bond: plain is known, dashed is secret, danger is against."""
    secret = know != "open"
    colour = "danger" if against else "private" if secret else "line_strong"
    pen = QPen(theme.colour(colour), 1.6)
    if secret:
        pen.setDashPattern([4, 3])
    return pen


def bond_words(bond: Bond) -> str:
    """A bond in one sentence, for who cannot see the line."""
    kinds = {"open": "", "private": _("a secret"), "blind": _("unknown to them"), "author": _("author only")}
    parts = [one_line(bond.other.name) or _("No name yet"), bond.label, one_line(bond.feeling, 80)]
    parts += [kinds[bond.know], _("against each other") if bond.against else ""]
    return ", ".join(part for part in parts if part)


class RelationsFan(QWidget):
    """Up to six faces around the character; arrows walk along them, Enter opens one."""

    person_chosen = Signal(int)

    def __init__(self, theme: Theme, faces: Faces) -> None:
        super().__init__()
        self._theme, self._faces = theme, faces
        self._who: Character | None = None
        self._bonds: list[Bond] = []
        self._at = 0
        self._by_keyboard = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)
        faces.changed.connect(self._on_face)

    def show_bonds(self, who: Character, bonds: Sequence[Bond]) -> None:
        """These people stand around the character."""
        self._who, self._bonds, self._at = who, list(bonds[:MOST_FACES]), 0
        self._say()
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        many = len(self._bonds) > 2
        above = 2 * self._foot() if len(self._bonds) in (3, 5, 6) else 0
        height = (190 if many else 96) + 2 * self._foot() + above // 2
        return QSize(240, height if self._bonds else 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()), 0)
        if step and self._bonds:
            self._by_keyboard = True
            self._at = (self._at + step) % len(self._bonds)
            self._say()
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._bonds:
            self.person_chosen.emit(self._bonds[self._at].other.id)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._under(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        at = self._under(event.position())
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self.person_chosen.emit(self._bonds[at].other.id)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._by_keyboard = event.reason() in KEYBOARD_REASONS
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._bonds:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, places = self._middle(), self._places()
        for bond, place in zip(self._bonds, places, strict=True):
            painter.setPen(bond_pen(self._theme, bond.know, against=bond.against))
            painter.drawLine(*_between(middle, place, MIDDLE / 2 + 5, FACE / 2 + 5))
        self._face(painter, middle, MIDDLE, self._who)
        for i, (bond, place) in enumerate(zip(self._bonds, places, strict=True)):
            self._face(painter, place, FACE, bond.other)
            self._paint_words(painter, bond, place)
            if self.hasFocus() and self._by_keyboard and i == self._at:
                painter.setPen(QPen(self._theme.colour("accent"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(place, FACE / 2 + 3, FACE / 2 + 3)

    def _face(self, painter: QPainter, at: QPointF, side: int, who: Character | None) -> None:
        self._faces.paint(painter, QRectF(at.x() - side / 2, at.y() - side / 2, side, side), who)

    def _paint_words(self, painter: QPainter, bond: Bond, place: QPointF) -> None:
        """Name and feeling, above faces in the upper half and below those in the lower."""
        strong, small = self._theme.sans(11, weight=600), self._theme.font("meta")
        # beside a face above or below the middle there is less room
        wide = self.width() / 2 - (FACE / 2 + 14 if len(self._bonds) in (5, 6) else 6)
        left = min(max(place.x() - wide / 2, 0.0), self.width() - wide)
        line = self._theme.line("meta")
        above = place.y() < self._middle().y() - 4
        top = place.y() - FACE / 2 - 2 * line - 4 if above else place.y() + FACE / 2 + 3
        name = one_line(bond.other.called or bond.other.name, 60) or _("No name yet")
        for font, colour, words in ((strong, "text", name), (small, "text_2", bond.words)):
            painter.setFont(font)
            painter.setPen(self._theme.colour(colour))
            shown = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, int(wide))
            painter.drawText(QRectF(left, top, wide, line), int(Qt.AlignmentFlag.AlignCenter), shown)
            top += line

    def _middle(self) -> QPointF:
        low = 0 if len(self._bonds) > 2 else -self._foot() / 2
        return QPointF(self.width() / 2, self.height() / 2 + low)

    def _places(self) -> list[QPointF]:
        middle = self._middle()
        across = self.width() / 2 - self.width() / 4 + 3
        down = self.height() / 2 - self._foot() - FACE / 2 - 2
        found = []
        for turn in ANGLES[len(self._bonds)]:
            x, y = sin(turn * 2 * pi), -cos(turn * 2 * pi)
            diagonal = abs(x) > 0.1 and abs(y) > 0.1
            found.append(
                QPointF(
                    middle.x() + (across * (1 if x > 0 else -1) if abs(x) > 0.1 else 0),
                    middle.y()
                    + (
                        down * (0.62 if len(self._bonds) > 4 else 1) * (1 if y > 0 else -1)
                        if diagonal
                        else down * y
                    ),
                )
            )
        return found

    def _under(self, position: QPointF) -> int | None:
        for i, place in enumerate(self._places() if self._bonds else []):
            away = position - place
            if away.x() ** 2 + away.y() ** 2 <= (FACE / 2 + 6) ** 2:
                return i
        return None

    def _foot(self) -> int:
        return 2 * self._theme.line("meta") + 4

    def _say(self) -> None:
        here = bond_words(self._bonds[self._at]) if self._bonds else _("Nobody yet")
        self.setAccessibleName(_("Relations: {bond}", bond=here))

    def _on_face(self, _character_id: int) -> None:
        self.update()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()


def _between(one: QPointF, other: QPointF, from_one: float, from_other: float) -> tuple[QPointF, QPointF]:
    """The line between two circles, without what lies within them."""
    way = other - one
    length = (way.x() ** 2 + way.y() ** 2) ** 0.5 or 1.0
    step = way / length
    return one + step * from_one, other - step * from_other
