"""The cast as a graph: who is bound to whom, and how; beside it the same as a list that can be read aloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QSizePolicy, QWidget

from charstudio.gui.faces import Faces
from charstudio.gui.relations import Bond, bond_pen, bond_words
from charstudio.gui.text import Label, one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Paper, column, row
from charstudio.i18n import _
from charstudio.model import Character

PAIRS = 40_000  # what may be compared while the graph finds its shape: some 30 ms
MARGIN = 46
ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Tie:
    """One character's bond to another."""

    one: Character
    bond: Bond


def shape(count: int, ties: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """Where `count` points stand between 0 and 1 so that those tied are near; the same for the same ties.

    Springs and repulsion (Fruchterman and Reingold 1991) from a circle; the more points, the fewer steps.
    """
    order = _walk(count, ties)
    at = [(0.5, 0.5)] * count
    for place, point in enumerate(order):
        turn = 2 * pi * place / max(1, count)
        at[point] = (0.5 + 0.42 * sin(turn), 0.5 - 0.42 * cos(turn))
    pairs = max(1, count * (count - 1) // 2)
    steps = min(90, PAIRS // pairs)
    far = 0.9 / max(1.0, count**0.5)
    for step in range(steps):
        at = _relaxed(at, ties, far, heat=0.09 * (1 - step / steps))
    return _spread(at)


def _walk(count: int, ties: Sequence[tuple[int, int]]) -> list[int]:
    """Points in an order in which those tied come one after another."""
    near: dict[int, list[int]] = {}
    for one, other in ties:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    seen: dict[int, None] = {}
    for start in sorted(range(count), key=lambda n: -len(near.get(n, ()))):
        waiting = [start]
        while waiting:
            here = waiting.pop(0)
            if here not in seen:
                seen[here] = None
                waiting += near.get(here, ())
    return list(seen)


Points = list[tuple[float, float]]


def _relaxed(at: Points, ties: Sequence[tuple[int, int]], far: float, *, heat: float) -> Points:
    push = [[0.0, 0.0] for _point in at]
    for i, (x, y) in enumerate(at):
        for j in range(i):
            dx, dy = x - at[j][0], y - at[j][1]
            force = far * far / max(1e-4, dx * dx + dy * dy)
            push[i][0] += dx * force
            push[i][1] += dy * force
            push[j][0] -= dx * force
            push[j][1] -= dy * force
    for one, other in ties:
        dx, dy = at[one][0] - at[other][0], at[one][1] - at[other][1]
        pull = (dx * dx + dy * dy) ** 0.5 / far
        push[one][0] -= dx * pull
        push[one][1] -= dy * pull
        push[other][0] += dx * pull
        push[other][1] += dy * pull
    moved = []
    for (x, y), (dx, dy) in zip(at, push, strict=True):
        # Towards the middle a little, or those with nobody would drift away.
        dx, dy = dx + (0.5 - x) * 0.5, dy + (0.5 - y) * 0.5
        length = (dx * dx + dy * dy) ** 0.5 or 1.0
        step = min(length, heat) / length
        moved.append((x + dx * step, y + dy * step))
    return moved


def apart(at: Points, room: float, edge: tuple[float, float, float, float]) -> Points:
    """The points moved so far that no two are nearer than `room`, as long as all stay within the edges."""
    left, top, right, foot = edge
    moved = [list(point) for point in at]
    for _step in range(min(24, PAIRS // max(1, len(at) ** 2 // 2))):
        near = False
        for i in range(len(moved)):
            for j in range(i):
                dx, dy = moved[i][0] - moved[j][0], moved[i][1] - moved[j][1]
                length = (dx * dx + dy * dy) ** 0.5
                if length >= room:
                    continue
                near = True
                # two at the very same place part to the side
                x, y = (dx / length, dy / length) if length > 0.01 else (1.0, 0.0)
                step = (room - length) / 2
                moved[i][0], moved[i][1] = moved[i][0] + x * step, moved[i][1] + y * step
                moved[j][0], moved[j][1] = moved[j][0] - x * step, moved[j][1] - y * step
        for point in moved:
            point[0], point[1] = min(max(point[0], left), right), min(max(point[1], top), foot)
        if not near:
            break
    return [(x, y) for x, y in moved]


def _spread(at: Points) -> Points:
    """The points over the whole square."""
    if not at:
        return at
    left, right = min(x for x, _y in at), max(x for x, _y in at)
    top, foot = min(y for _x, y in at), max(y for _x, y in at)
    wide, high = max(right - left, 1e-6), max(foot - top, 1e-6)
    return [
        ((x - left) / wide if right > left else 0.5, (y - top) / high if foot > top else 0.5) for x, y in at
    ]


class GraphCanvas(QWidget):
    """Faces and lines; arrows go to the next face that way, Enter opens it."""

    person_chosen = Signal(int)
    person_reached = Signal(int)

    def __init__(self, theme: Theme, faces: Faces) -> None:
        super().__init__()
        self._theme, self._faces = theme, faces
        self._people: list[Character] = []
        self._ties: list[tuple[int, int, Bond]] = []
        self._shape: Points = []
        self._places: list[QPointF] = []
        self._at = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 300)
        theme.changed.connect(self.update)
        faces.changed.connect(self._on_face)

    def show_ties(self, people: Sequence[Character], ties: Sequence[Tie], who: int) -> None:
        """Show these people; the keyboard is on `who`."""
        self._people = list(people)
        place = {person.id: n for n, person in enumerate(people)}
        self._ties = [
            (place[t.one.id], place[t.bond.other.id], t.bond)
            for t in ties
            if t.one.id in place and t.bond.other.id in place
        ]
        self._shape = shape(len(people), [(one, other) for one, other, _bond in self._ties])
        self._at = place.get(who, 0)
        self._arrange()
        self._say()

    def go_to(self, character_id: int) -> None:
        """Put the mark on this person."""
        for n, person in enumerate(self._people):
            if person.id == character_id and n != self._at:
                self._at = n
                self._say()
                self.update()

    def places(self) -> list[QPointF]:
        """Where the faces stand."""
        return list(self._places)

    def sizeHint(self) -> QSize:
        return QSize(640, 560)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        way = ways.get(Qt.Key(event.key()))
        if way is not None and self._people:
            self._go(*way)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._people:
            self.person_chosen.emit(self._people[self._at].id)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._under(event.position())
        if at is not None:
            self._at = at
            self._say()
            self.person_reached.emit(self._people[at].id)
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self._under(event.position())
        if at is not None:
            self.person_chosen.emit(self._people[at].id)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self._theme.colour("page"))
        mine = {self._at}
        for one, other, bond in self._ties:
            near = self._at in (one, other)
            mine |= {one, other} if near else set()
            pen = bond_pen(self._theme, bond.know, against=bond.against)
            pen.setWidthF(2.2 if near else 1.2)
            painter.setOpacity(1.0 if near else 0.55)
            painter.setPen(pen)
            painter.drawLine(self._places[one], self._places[other])
        painter.setOpacity(1.0)
        self._paint_people(painter, mine)

    def _paint_people(self, painter: QPainter, mine: set[int]) -> None:
        side = self._side()
        for n, (person, place) in enumerate(zip(self._people, self._places, strict=True)):
            self._paint_name(painter, person, place, strong=n in mine)
        for person, place in zip(self._people, self._places, strict=True):
            area = QRectF(place.x() - side / 2, place.y() - side / 2, side, side)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("page"))
            painter.drawEllipse(area.adjusted(-3, -3, 3, 3))
            self._faces.paint(painter, area, person)
        if self._people:
            painter.setPen(QPen(self._theme.colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self._places[self._at], side / 2 + 3, side / 2 + 3)

    def _paint_name(self, painter: QPainter, person: Character, place: QPointF, *, strong: bool) -> None:
        font = self._theme.sans(11, weight=600 if strong else 400)
        painter.setFont(font)
        painter.setPen(self._theme.colour("text" if strong else "text_2"))
        name = one_line(person.called or person.name, 40) or _("No name yet")
        shown = QFontMetrics(font).elidedText(name, Qt.TextElideMode.ElideRight, 90)
        area = QRectF(place.x() - 50, place.y() + self._side() / 2 + 3, 100, self._theme.line("meta"))
        # a line that runs below the name would strike it out
        wide = QFontMetrics(font).horizontalAdvance(shown) + 8
        ground = QRectF(place.x() - wide / 2, area.top(), wide, area.height())
        painter.fillRect(ground, self._theme.colour("page"))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), shown)

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            at = self._under(QPointF(event.pos()))
            self.setToolTip("" if at is None else one_line(self._people[at].name))
        return super().event(event)  # type: ignore[arg-type]

    def _go(self, x: int, y: int) -> None:
        here = self._places[self._at]
        best = None
        for n, place in enumerate(self._places):
            along = (place.x() - here.x()) * x + (place.y() - here.y()) * y
            aside = abs((place.x() - here.x()) * y) + abs((place.y() - here.y()) * x)
            if n != self._at and along > 1 and (best is None or along + 2 * aside < best[0]):
                best = (along + 2 * aside, n)
        if best is not None:
            self._at = best[1]
            self._say()
            self.person_reached.emit(self._people[self._at].id)
            self.update()

    def _under(self, position: QPointF) -> int | None:
        reach = (self._side() / 2 + 4) ** 2
        for n, place in enumerate(self._places):
            away = position - place
            if away.x() ** 2 + away.y() ** 2 <= reach:
                return n
        return None

    def _side(self) -> int:
        return 44 if len(self._people) <= 16 else 34 if len(self._people) <= 36 else 26

    def _arrange(self) -> None:
        wide, high = max(1, self.width() - 2 * MARGIN), max(1, self.height() - 2 * MARGIN - 14)
        points = [(MARGIN + x * wide, MARGIN + y * high) for x, y in self._shape]
        room = self._side() + 30
        edge = (MARGIN, MARGIN, MARGIN + wide, MARGIN + high)
        self._places = [QPointF(x, y) for x, y in apart(points, room, edge)]
        self.update()

    def _say(self) -> None:
        if self._people:
            who = self._people[self._at]
            bonds = [bond_words(bond) for one, _other, bond in self._ties if one == self._at]
            self.setAccessibleName(". ".join([one_line(who.name) or _("No name yet"), *bonds]))

    def _on_face(self, _character_id: int) -> None:
        self.update()


class CastGraph(QDialog):
    """The graph with its list; choosing somebody opens them."""

    person_chosen = Signal(int)

    def __init__(self, theme: Theme, faces: Faces, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setWindowTitle(_("The cast"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.canvas = GraphCanvas(theme, faces)
        self.canvas.setAccessibleName(_("The graph of the cast"))
        self.list = QListWidget()
        self.list.setAccessibleName(_("All relations of the cast"))
        self.list.setWordWrap(True)
        self.list.setSpacing(3)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._legend = _Legend(theme)
        side = column(margins=(16, 16, 12, 12), gap=8)
        side.addWidget(Label(theme, "ui_strong", _("Who says what of whom")))
        side.addWidget(self.list, 1)
        side.addWidget(self._legend)
        paper = Paper(theme, "surface", lines="left")
        paper.setLayout(side)
        paper.setFixedWidth(round(300 * theme.scale))
        layout = row(gap=0)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(paper)
        self.setLayout(layout)
        self.resize(980, 640)

        self.canvas.person_chosen.connect(self._on_chosen)
        self.canvas.person_reached.connect(self._on_reached)
        self.list.currentItemChanged.connect(self._on_item)
        self.list.itemActivated.connect(self._on_activated)

    def show_cast(self, people: Sequence[Character], ties: Sequence[Tie], who: int) -> None:
        """Show everybody of the cast and what ties them; those with nobody stand in the list alone."""
        tied = {t.one.id for t in ties} | {t.bond.other.id for t in ties}
        shown = [p for p in people if p.id in tied or p.id == who] if ties else list(people)
        self.canvas.show_ties(shown, ties, who)
        self.list.clear()
        for person in people:
            name = one_line(person.name, 80) or _("No name yet")
            mine = [t.bond for t in ties if t.one.id == person.id]
            for bond in mine:
                self._add(f"{name} → {bond_words(bond)}", person.id)
            if not mine:
                self._add(_("{name} says nothing of anybody", name=name), person.id)
        self._on_reached(who)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self, words: str, character_id: int) -> None:
        item = QListWidgetItem(words)
        item.setData(ROLE, character_id)
        self.list.addItem(item)

    def _on_reached(self, character_id: int) -> None:
        for place in range(self.list.count()):
            if self.list.item(place).data(ROLE) == character_id:
                self.list.setCurrentRow(place)
                return

    def _on_item(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None:
            self.canvas.go_to(item.data(ROLE))

    def _on_activated(self, item: QListWidgetItem) -> None:
        self._on_chosen(item.data(ROLE))

    def _on_chosen(self, character_id: int) -> None:
        self.person_chosen.emit(character_id)
        self.accept()


class _Legend(QWidget):
    """What the lines mean."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedHeight(3 * (theme.line("meta") + 3))
        self.setAccessibleName(_("A plain line is known, a dashed one secret, a red one against each other."))
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self._theme.line("meta") + 3
        kinds = ((bond_pen(self._theme, "open", against=False), _("known")),
                 (bond_pen(self._theme, "private", against=False), _("secret")),
                 (bond_pen(self._theme, "open", against=True), _("against each other")))  # fmt: skip
        painter.setFont(self._theme.font("meta"))
        for n, (pen, words) in enumerate(kinds):
            painter.setPen(pen)
            painter.drawLine(QPointF(0, (n + 0.5) * line), QPointF(34, (n + 0.5) * line))
            painter.setPen(self._theme.colour("text_2"))
            area = QRectF(44, n * line, self.width() - 44, line)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
