"""Draws the Lucide icons in any colour and at any scale, each only once."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer


class Icons:
    """The icons of one folder; a pixmap is rendered once per name, colour, size and scale."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sources: dict[str, str] = {}
        self._pixmaps: dict[tuple[str, int, int, float], QPixmap] = {}

    def names(self) -> list[str]:
        """All icons there are."""
        return sorted(path.stem for path in self._folder.glob("*.svg"))

    def pixmap(self, name: str, colour: QColor, px: int, scale: float) -> QPixmap:
        """The icon, `px` logical pixels square, drawn for a screen of that scale."""
        key = (name, colour.rgba(), px, scale)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._draw(name, colour, px, scale)
        return self._pixmaps[key]

    def _draw(self, name: str, colour: QColor, px: int, scale: float) -> QPixmap:
        side = max(1, round(px * scale))
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        source = self._source(name).replace("currentColor", colour.name())
        painter = QPainter(pixmap)
        painter.setOpacity(colour.alphaF())
        QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, side, side))
        painter.end()
        pixmap.setDevicePixelRatio(scale)
        return pixmap

    def _source(self, name: str) -> str:
        if name not in self._sources:
            self._sources[name] = (self._folder / f"{name}.svg").read_text(encoding="utf-8")
        return self._sources[name]
