"""What can be pressed: chips, icon buttons, the primary button, quiet buttons and links."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QPushButton, QSizePolicy

from charstudio.gui.text import one_line, set_tip
from charstudio.gui.theme import Theme

LEFT = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)


# focus that came by itself, or by a click, is no place that somebody looks for
KEYBOARD_REASONS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


def shortcut_text(keys: str) -> str:
    """A shortcut as this system writes it, with spaces: `Ctrl+Shift+B` becomes "Ctrl Shift B"."""
    native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    if native.endswith("++"):
        return " ".join([*native[:-2].split("+"), "+"])
    for word, sign in (("Return", "Enter"), ("Up", "↑"), ("Down", "↓")):
        native = native.replace(word, sign)
    return " ".join(native.split("+"))


def paint_focus(painter: QPainter, theme: Theme, rect: QRectF, radius: float) -> None:
    """Draw the ring that shows where the keyboard is, along the inside of `rect`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour("accent"), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius)


class Pressable(QPushButton):
    """What all buttons share: Enter presses, the keyboard's place shows, hover is instant."""

    def __init__(self, theme: Theme, text: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._words = text
        self._keys = ""
        self._by_keyboard = False
        # a click must not take the keyboard away from the line that is being written
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAutoDefault(False)
        self.set_words(text)
        theme.changed.connect(self._restyle)

    def set_words(self, text: str) -> None:
        """Say something else on it."""
        self._words = one_line(text)
        self.setText(self._words.replace("&", "&&"))
        self.setAccessibleName(self._words)
        self.updateGeometry()
        self.update()

    def words(self) -> str:
        """What stands on it."""
        return self._words

    def set_keys(self, keys: str) -> None:
        """Show a shortcut; the action that owns it stands in a menu."""
        self._keys = shortcut_text(keys) if keys else ""
        self.updateGeometry()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._by_keyboard = event.reason() in KEYBOARD_REASONS
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _shows_focus(self) -> bool:
        return self.hasFocus() and self._by_keyboard

    def _hovered(self) -> bool:
        return self.underMouse() and self.isEnabled()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def _begin(self) -> QPainter:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # places are counted from the left here; mirrored, words would be drawn out of their button
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        return painter

    def _icon(self, painter: QPainter, name: str, colour: QColor, x: float, px: int = 0) -> None:
        side = px or self._theme.size("icon")
        pixmap = self._theme.icon_pixmap(name, colour, side, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(round(x), round((self.height() - side) / 2)), pixmap)


class Chip(Pressable):
    """A pill of 30 px: a value (serif) or a control (sans), numbered or with an icon.

    A checked chip carries the character's colour, or the accent without one.
    """

    def __init__(
        self,
        theme: Theme,
        text: str,
        *,
        number: int = 0,
        value: bool = False,
        icon: str = "",
        colour: str = "",
    ) -> None:
        self._number, self._value, self._icon_name, self._character = number, value, icon, colour
        super().__init__(theme, text)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def set_character(self, colour: str) -> None:
        """Carry this character's colour when chosen."""
        self._character = colour
        self.update()

    def set_icon(self, name: str) -> None:
        """Carry another icon before the words, or none."""
        self._icon_name = name
        self.updateGeometry()
        self.update()

    @property
    def number(self) -> int:
        """The digit that takes it; 0 is none."""
        return self._number

    def sizeHint(self) -> QSize:
        text = QFontMetrics(self._face()).horizontalAdvance(self._words)
        return QSize(min(text + self._before() + 14, 420), self._theme.size("control"))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(80, self.sizeHint().width()), self._theme.size("control"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        fill, edge, ink = self._tones()
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(fill)
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)
        x = 12
        if self._number:
            painter.setFont(self._theme.font("meta"))
            painter.setPen(self._theme.colour("text_3"))
            painter.drawText(QRect(x, 0, 20, self.height()), LEFT, str(self._number))
            x += self._number_width()
        if self._icon_name:
            self._icon(painter, self._icon_name, self._theme.colour("text_2"), x)
            x += self._theme.size("icon") + 7
        painter.setFont(self._face())
        painter.setPen(ink)
        room = self.width() - x - 12
        words = QFontMetrics(self._face()).elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(x, 0, room + 4, self.height() - (1 if self._value else 0)), LEFT, words)
        if self._shows_focus():
            paint_focus(painter, self._theme, QRectF(self.rect()), self.height() / 2 - 1)

    def _tones(self) -> tuple[QColor, QColor, QColor]:
        theme = self._theme
        if not self.isEnabled():
            return theme.colour("surface"), theme.colour("line"), theme.colour("text_3")
        if self.isChecked() and self._character:
            tones = theme.character(self._character)
            return tones.soft, tones.ink, theme.colour("text")
        if self.isChecked():
            return theme.colour("accent_soft"), theme.colour("accent"), theme.colour("text")
        fill = "hover" if self._hovered() or self.isDown() else "page"
        return theme.colour(fill), theme.colour("line_strong"), theme.colour("text")

    def _face(self) -> QFont:
        return self._theme.prose(15) if self._value else self._theme.sans(12.5, weight=500)

    def _number_width(self) -> int:
        return QFontMetrics(self._theme.font("meta")).horizontalAdvance(str(self._number)) + 8

    def _before(self) -> int:
        number = self._number_width() if self._number else 0
        return 12 + number + (self._theme.size("icon") + 7 if self._icon_name else 0)


class IconButton(Pressable):
    """An icon in a box of 28 px; its name and shortcut are the tooltip and what screen readers say."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        name: str,
        keys: str = "",
        *,
        colour: str = "text_2",
        small: bool = False,
    ) -> None:
        self._icon_name, self._colour, self._small = icon, colour, small
        super().__init__(theme)
        self.set_name(name, keys)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_name(self, name: str, keys: str = "") -> None:
        """Say what it does and which keys do the same."""
        self.setAccessibleName(name)
        set_tip(self, f"{name}  {shortcut_text(keys)}" if keys else name)

    def set_icon(self, icon: str, colour: str = "") -> None:
        """Show another icon."""
        self._icon_name, self._colour = icon, colour or self._colour
        self.update()

    def sizeHint(self) -> QSize:
        side = (
            max(24, self._theme.size("icon") + 8) if self._small else max(28, self._theme.size("icon") + 12)
        )
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        radius = self._theme.radius("control")
        if self._hovered() or self.isDown() or self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("selected" if self.isChecked() or self.isDown() else "hover"))
            painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        colour = self._theme.colour(self._colour if self.isEnabled() else "line_strong")
        icon = self._theme.size("icon") - (2 if self._small else 0)
        self._icon(painter, self._icon_name, colour, (self.width() - icon) / 2, icon)
        if self._shows_focus():
            paint_focus(painter, self._theme, QRectF(self.rect()), radius)


class QuietButton(Pressable):
    """A button that waits to be needed: words, maybe an icon and a shortcut; framed on demand."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        *,
        icon: str = "",
        keys: str = "",
        framed: bool = False,
        small: bool = False,
    ) -> None:
        self._icon_name, self._framed, self._small = icon, framed, small
        super().__init__(theme, text)
        self.set_keys(keys)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_icon(self, icon: str) -> None:
        """Show another icon before the words, or none."""
        self._icon_name = icon
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(self._face()).horizontalAdvance(self._words) + 2 * self._pad()
        if self._icon_name:
            width += self._icon_side() + 8
        if self._keys:
            width += QFontMetrics(self._theme.font("meta")).horizontalAdvance(self._keys) + 7
        return QSize(width + 1, self._theme.size("control") - (10 if self._small else 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        fill, edge, ink = self._tones()
        radius = self._theme.radius("control")
        painter.setPen(QPen(edge, 1) if edge else Qt.PenStyle.NoPen)
        painter.setBrush(fill if fill else Qt.BrushStyle.NoBrush)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if fill or edge:
            painter.drawRoundedRect(area, radius, radius)
        self._paint_words(painter, ink)
        if self._shows_focus():
            self._paint_focus(painter, radius)

    def _paint_words(self, painter: QPainter, ink: QColor) -> None:
        x = self._pad()
        if self._icon_name:
            self._icon(painter, self._icon_name, ink, x, self._icon_side())
            x += self._icon_side() + 8
        painter.setFont(self._face())
        painter.setPen(ink)
        painter.drawText(QRect(x, 0, self.width() - x, self.height()), LEFT, self._words)
        if self._keys:
            x += QFontMetrics(self._face()).horizontalAdvance(self._words) + 7
            painter.setFont(self._theme.font("meta"))
            painter.setPen(self._keys_ink(ink))
            painter.drawText(QRect(x, 0, self.width() - x, self.height()), LEFT, self._keys)

    def _paint_focus(self, painter: QPainter, radius: float) -> None:
        paint_focus(painter, self._theme, QRectF(self.rect()), radius)

    def _face(self) -> QFont:
        return self._theme.font("meta") if self._small else self._theme.sans(13, weight=500)

    def _pad(self) -> int:
        return 12 if self._framed else 7

    def _icon_side(self) -> int:
        return self._theme.size("icon") - (2 if self._small else 0)

    def _keys_ink(self, ink: QColor) -> QColor:
        return self._theme.colour("text_3")

    def _tones(self) -> tuple[QColor | None, QColor | None, QColor]:
        theme = self._theme
        ink = theme.colour("text" if self.isEnabled() else "text_3")
        hover = theme.colour("hover") if self._hovered() or self.isDown() else None
        if self._framed:
            return hover or theme.colour("page"), theme.colour("line_strong"), ink
        return hover, None, ink if self._icon_name and not self._small else theme.colour("text_2")


class PrimaryButton(QuietButton):
    """The one thing to do here; filled with the accent."""

    def _pad(self) -> int:
        return 12

    def _face(self) -> QFont:
        return self._theme.sans(13, weight=600)

    def _keys_ink(self, ink: QColor) -> QColor:
        return ink

    def _tones(self) -> tuple[QColor | None, QColor | None, QColor]:
        theme = self._theme
        if not self.isEnabled():
            return theme.colour("hover"), None, theme.colour("text_3")
        fill = theme.colour("accent")
        if self._hovered() or self.isDown():
            fill = fill.lighter(112) if theme.dark else fill.darker(112)
        return fill, None, theme.colour("on_accent")

    def _paint_focus(self, painter: QPainter, radius: float) -> None:
        painter.setPen(QPen(self._theme.colour("page"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(2.5, 2.5, -2.5, -2.5), radius - 2, radius - 2)


class LinkButton(QuietButton):
    """Words in the accent that act, such as the one link of a notice."""

    def _pad(self) -> int:
        return 4

    def _tones(self) -> tuple[QColor | None, QColor | None, QColor]:
        theme = self._theme
        ink = theme.colour("accent" if self.isEnabled() else "text_3")
        return theme.colour("hover") if self._hovered() else None, None, ink
