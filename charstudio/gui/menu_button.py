"""A quiet name that opens a list to choose from: the pack of questions, the talk."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy

from charstudio.gui.buttons import LEFT, Pressable, paint_focus
from charstudio.gui.theme import Theme

PAD = 7
CHEVRON = 14


class MenuButton(Pressable):
    """Words with a small arrow behind them; too long a name is cut to the room there is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def open(self, menu: QMenu) -> None:
        """Open this menu under the button and let it go when it is closed."""
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        corner = self.rect().bottomLeft()
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            corner.setX(self.width() - menu.sizeHint().width())
        menu.popup(self.mapToGlobal(corner))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.click()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        words = QFontMetrics(self._theme.font("ui_strong")).horizontalAdvance(self._words)
        return QSize(words + 2 * PAD + CHEVRON + 5, self._theme.size("control"))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(60, self.sizeHint().width()), self._theme.size("control"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        theme, radius = self._theme, self._theme.radius("control")
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        if self._hovered() or self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("hover"))
            painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        self._paint_words(painter, mirrored=mirrored)
        if self._shows_focus():
            paint_focus(painter, theme, QRectF(self.rect()), radius)

    def _paint_words(self, painter: QPainter, *, mirrored: bool) -> None:
        font = self._theme.font("ui_strong")
        room = self.width() - 2 * PAD - CHEVRON - 5
        words = QFontMetrics(font).elidedText(self._words, Qt.TextElideMode.ElideRight, room + 1)
        wide = QFontMetrics(font).horizontalAdvance(words)
        painter.setFont(font)
        painter.setPen(self._theme.colour("text"))
        start = self.width() - PAD - wide if mirrored else PAD
        painter.drawText(QRect(start, 0, wide + 2, self.height()), LEFT, words)
        arrow = start - 5 - CHEVRON if mirrored else start + wide + 5
        self._icon(painter, "chevron-down", self._theme.colour("text_2"), arrow, CHEVRON)
