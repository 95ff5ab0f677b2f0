"""Faces of characters: own picture or first letter on the plate of their colour; and the ring."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from charstudio.errors import StudioError
from charstudio.gui.text import one_line, set_tip
from charstudio.gui.theme import Theme
from charstudio.i18n import _
from charstudio.model import Character

KEPT_SIDE = 720
FORMATS = frozenset({"png", "jpg", "jpeg", "webp", "gif", "bmp", "apng"})


def decode(body: bytes) -> QImage:
    """Read a picture, no larger than the window ever needs; may be called in a lane."""
    held = QByteArray(body)
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    # an SVG could name files on the disk, so only pictures made of pixels are read
    if bytes(reader.format().data()).decode("ascii", "replace") not in FORMATS:
        raise StudioError(_("This picture is of a kind that cannot be shown; use PNG, JPEG or WebP."))
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > KEPT_SIDE:
        reader.setScaledSize(size.scaled(QSize(KEPT_SIDE, KEPT_SIDE), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        raise StudioError(_("This picture cannot be read."))
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def letter(name: str) -> str:
    """What stands for a character without a picture."""
    for sign in name[:200]:
        if sign.isalnum():
            return sign.upper()[:1]
    return "?"


class Faces(QObject):
    """All faces in use; knows the pictures it was given and draws each size once."""

    changed = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._theme = theme
        self._images: dict[int, QImage] = {}
        self._drawn: dict[tuple[object, ...], QPixmap] = {}
        theme.changed.connect(self._forget_all)

    def give(self, character_id: int, image: QImage | None) -> None:
        """Use this picture for a character from now on, or none."""
        if image is None:
            self._images.pop(character_id, None)
        else:
            self._images[character_id] = image
        self._drawn = {key: pixmap for key, pixmap in self._drawn.items() if key[0] != character_id}
        self.changed.emit(character_id)

    def paint(
        self, painter: QPainter, rect: QRectF, who: Character | None, radius: float | None = None
    ) -> None:
        """Draw the face of a character; without a radius it is round. None is a blank face."""
        scale = painter.device().devicePixelRatio()
        key = (
            who.id if who else None,
            letter(who.name) if who else "",
            who.colour if who else "",
            rect.width(),
            rect.height(),
            radius,
            scale,
        )
        if key not in self._drawn:
            if len(self._drawn) > 600:
                self._drawn.clear()
            self._drawn[key] = self._draw(rect.size().toSize(), who, radius, scale)
        painter.drawPixmap(rect.topLeft(), self._drawn[key])

    def pixmap(self, who: Character | None, side: int, scale: float, radius: float | None = None) -> QPixmap:
        """The face as a pixmap of its own, for menus."""
        return self._draw(QSize(side, side), who, radius, scale)

    def _draw(self, size: QSize, who: Character | None, radius: float | None, scale: float) -> QPixmap:
        pixmap = QPixmap(size * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        tones = self._theme.character(who.colour if who else "slate")
        area = QRectF(0, 0, size.width(), size.height())
        edge = min(size.width(), size.height()) / 2 if radius is None else radius
        painter = QPainter(pixmap)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(area, edge, edge)
        painter.setClipPath(shape)
        painter.fillPath(shape, tones.plate)
        image = self._images.get(who.id) if who else None
        if image is not None:
            self._draw_image(painter, area, image)
        elif who is not None:
            font = self._theme.prose(16, weight=600)
            font.setPixelSize(max(8, round(min(area.width(), area.height()) * 0.46)))
            painter.setFont(font)
            painter.setPen(tones.paper if self._theme.dark else tones.draw)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), letter(who.name))
        else:
            self._draw_blank(painter, area)
        painter.end()
        return pixmap

    def _draw_image(self, painter: QPainter, area: QRectF, image: QImage) -> None:
        drawn = image.hasAlphaChannel() and image.pixelColor(0, 0).alpha() == 0
        limit, zoom, centre = self._theme.crop
        small = max(area.width(), area.height()) <= limit
        width, height = image.width(), image.height()
        if drawn and small:
            side = area.width() * zoom
            place = QRectF(0, 0, side, side * height / width)
            place.moveTopLeft(area.center() - QPointF(place.width() * centre[0], place.height() * centre[1]))
        elif drawn:
            # a drawn figure stands on the lower edge of its plate
            factor = min(area.width() / width, area.height() / height)
            place = QRectF(0, 0, width * factor, height * factor)
            place.moveCenter(area.center())
            place.moveBottom(area.bottom())
        else:
            factor = max(area.width() / width, area.height() / height)
            place = QRectF(0, 0, width * factor, height * factor)
            place.moveCenter(area.center())
            # in tall pictures the face is in the upper third
            place.moveTop(min(0.0, max(area.height() - place.height(), -place.height() * 0.08)))
        painter.drawImage(place, image)

    def _draw_blank(self, painter: QPainter, area: QRectF) -> None:
        side = min(area.width(), area.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("page"))
        painter.drawEllipse(area.center() + QPointF(0, -side * 0.1), side * 0.17, side * 0.17)
        painter.drawEllipse(area.center() + QPointF(0, side * 0.42), side * 0.32, side * 0.28)

    def _forget_all(self) -> None:
        self._drawn.clear()


class Portrait(QWidget):
    """One face in a layout; round up to 64 px unless told otherwise."""

    def __init__(self, theme: Theme, faces: Faces, side: int, *, square: bool = False) -> None:
        super().__init__()
        self._theme, self._faces, self._square = theme, faces, square
        self._who: Character | None = None
        self.setFixedSize(side, side)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        faces.changed.connect(self._on_changed)
        theme.changed.connect(self.update)

    def show_character(self, who: Character | None) -> None:
        """Show this character, or a blank face."""
        self._who = who
        name = one_line(who.name) if who else ""
        self.setAccessibleName(_("Portrait of {name}", name=name) if who else _("No portrait"))
        set_tip(self, "")
        self.update()

    def set_side(self, side: int) -> None:
        """Make it larger or smaller."""
        self.setFixedSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        radius = float(self._theme.radius("portrait")) if self._square else None
        self._faces.paint(painter, QRectF(self.rect()), self._who, radius)

    def _on_changed(self, character_id: int) -> None:
        if self._who is not None and self._who.id == character_id:
            self.update()


class Ring(QWidget):
    """How much of the current pack is decided, as a ring of 14 px in the character's ink."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._done, self._total, self._colour = 0, 0, "slate"
        self.setFixedSize(14, 14)
        theme.changed.connect(self.update)

    def show_part(self, done: int, total: int, colour: str, pack: str = "") -> None:
        """Show `done` of `total`; `pack` is named in the tooltip."""
        self._done, self._total, self._colour = done, total, colour
        words = _("{done} of {total} in {pack}", done=done, total=total, pack=one_line(pack))
        plain = _("{done} of {total} decided", done=done, total=total)
        self.setAccessibleName(words if pack else plain)
        set_tip(self, words if pack else plain)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_ring(painter, QRectF(self.rect()), self._theme, self._colour, self._done, self._total)


def paint_ring(painter: QPainter, rect: QRectF, theme: Theme, colour: str, done: int, total: int) -> None:
    """Draw a ring into `rect` for `done` of `total`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner = rect.adjusted(1.5, 1.5, -1.5, -1.5)
    pen = QPen(theme.colour("line"), 2.2)
    painter.setPen(pen)
    painter.drawEllipse(inner)
    if total > 0 and done > 0:
        pen.setColor(theme.character(colour).ink)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(inner, 90 * 16, -round(360 * 16 * min(1.0, done / total)))
    painter.restore()
