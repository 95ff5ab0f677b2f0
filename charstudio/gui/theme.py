"""The look in one place: every colour, size and font of the window comes from tokens.json through here."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Literal

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QPalette,
    QPixmap,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QApplication

from charstudio import paths
from charstudio.gui.icons import Icons
from charstudio.gui.stylesheet import style_sheet

Scheme = Literal["system", "light", "dark"]

# 80, 90, 100, 110, 125, 150, 175 and 200 % of the reading size of 16 px
TEXT_SIZES = (13, 14, 16, 18, 20, 24, 28, 32)
PLAIN_SIZE = 16

# these hold text and grow with it
_SCALED = frozenset(
    (
        *("sidebar", "header", "view_head", "status", "control", "control_small", "field", "composer_min"),
        *(
            "icon",
            "nav_row",
            "person_row",
            "tile_height",
            "tile_image_height",
            "tile_min_width",
            "label_margin",
            "measure_max",
        ),
        "hit_min",
    )
)


@dataclass(frozen=True, slots=True)
class CharacterColours:
    """The five fixed tones of one character colour in the theme in use."""

    ink: QColor
    soft: QColor
    plate: QColor
    draw: QColor
    paper: QColor


@dataclass(frozen=True, slots=True)
class Choice:
    """What the writer chose about the look. An empty face means the one that ships."""

    scheme: Scheme = "system"
    text_size: int = PLAIN_SIZE
    face: str = ""
    line_percent: int = 155
    less_motion: bool = False


class Theme(QObject):
    """Light or dark, large or small; tells by `changed` when anything of it is different."""

    changed = Signal()

    def __init__(self, app: QApplication, choice: Choice | None = None) -> None:
        super().__init__(app)
        self._app = app
        self._tokens: dict[str, Any] = json.loads(
            paths.resource("theme", "tokens.json").read_text(encoding="utf-8")
        )
        self._icons = Icons(paths.resource("icons"))
        self._choice = choice or Choice()
        self._fonts: dict[str, QFont] = {}
        self.dark = False
        self._load_fonts()
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self._apply_scheme()
        self._apply()

    # What was chosen

    @property
    def choice(self) -> Choice:
        """What is in force."""
        return self._choice

    def choose(self, choice: Choice) -> None:
        """Look like this from now on."""
        if choice == self._choice:
            return
        scheme_before, self._choice = self._choice.scheme, choice
        if choice.scheme != scheme_before:
            self._apply_scheme()
        self._apply()

    def step_text(self, steps: int) -> None:
        """Make all text larger or smaller by so many steps; 0 returns to 100 %."""
        nearest = min(range(len(TEXT_SIZES)), key=lambda i: abs(TEXT_SIZES[i] - self._choice.text_size))
        at = max(0, min(len(TEXT_SIZES) - 1, nearest + steps))
        self.choose(replace(self._choice, text_size=TEXT_SIZES[at] if steps else PLAIN_SIZE))

    def toggle(self) -> None:
        """Change from light to dark or back, whatever the system says."""
        self.choose(replace(self._choice, scheme="light" if self.dark else "dark"))

    @property
    def scale(self) -> float:
        """How much larger than designed text is drawn (1.0 at 16 px)."""
        return self._choice.text_size / PLAIN_SIZE

    # Colours

    def colour(self, token: str) -> QColor:
        """A colour by its name in tokens.json, such as `accent` or `text_2`."""
        return QColor(self._tokens["color"][self._mode][token])

    def character(self, name: str) -> CharacterColours:
        """The tones of a character colour; an unknown name is slate."""
        tones = self._tokens["character_color"][self._mode]
        tone = tones.get(name, tones["slate"])
        return CharacterColours(*(QColor(tone[k]) for k in ("ink", "soft", "plate", "draw", "paper")))

    def character_names(self) -> tuple[str, ...]:
        """The twelve character colours."""
        return tuple(self._tokens["character_color"]["hue_degrees"])

    @property
    def _mode(self) -> str:
        return "dark" if self.dark else "light"

    # Sizes

    def size(self, token: str) -> int:
        """A size in logical pixels by its name; those that hold text grow with it."""
        px = self._tokens["size"][token]
        return round(float(px) * self.scale) if token in _SCALED else int(px)

    def portrait(self, token: str) -> int:
        """The side of a portrait: row, rail, mood, bubble, header, sheet or question."""
        return int(self._tokens["size"]["portrait"][token])

    def tint(self, token: str) -> str:
        """A colour as `#rrggbb`, for rich text that the program itself writes."""
        return self.colour(token).name()

    def radius(self, token: str) -> int:
        """A corner radius: badge, control, portrait, fresh_value or card."""
        return int(self._tokens["radius"][token])

    def motion(self, token: str) -> int:
        """How many milliseconds a movement takes; 0 with less motion."""
        return 0 if self._choice.less_motion else int(self._tokens["motion_ms"][token])

    @property
    def crop(self) -> tuple[int, float, tuple[float, float]]:
        """How small portraits are cropped to the head: up to which side, scale, and the middle."""
        crop = self._tokens["portrait_crop_small"]
        return int(crop["up_to_px"]), float(crop["scale"]), (crop["centre"][0], crop["centre"][1])

    # Type

    def font(self, style: str) -> QFont:
        """A font by its style in tokens.json, such as `page_title`, `prose` or `ui_small`."""
        if style not in self._fonts:
            kind = self._tokens["type"][style]
            make = self.prose if kind["family"] == "prose" else self.sans
            self._fonts[style] = make(kind["px"], weight=kind["weight"], italic=kind["italic"])
        return QFont(self._fonts[style])

    def line(self, style: str) -> int:
        """The line height of a style in logical pixels."""
        kind = self._tokens["type"][style]
        reading = kind["family"] == "prose" and style.startswith("prose")
        factor = self._choice.line_percent / 155 if reading else 1.0
        return round(int(kind["line_px"]) * self.scale * factor)

    def prose(self, px: float = 16, *, weight: int = 400, italic: bool = False) -> QFont:
        """The reading face, for whatever the writer or a character says."""
        own = [self._choice.face] if self._choice.face else []
        font = self._made(own + self._tokens["font"]["prose"], px, weight)
        font.setItalic(italic)
        # hinting would pull the serif's drawn weight apart from line to line
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    def sans(self, px: float = 13, *, weight: int = 400, italic: bool = False) -> QFont:
        """The interface face, for whatever the program says."""
        font = self._made(self._tokens["font"]["ui"], px, weight)
        font.setItalic(italic)
        font.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
        return font

    def mono(self, px: float = 13) -> QFont:
        """The face for what a machine reads."""
        return self._made(self._tokens["font"]["mono"], px, 400)

    def set_lines(self, document: QTextDocument, line_px: int) -> None:
        """Give every block of a document this fixed line height."""
        block = QTextBlockFormat()
        # proportional heights multiply the face's own leading, which is 1.48 for Literata
        block.setLineHeight(line_px, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        cursor = QTextCursor(document)
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.mergeBlockFormat(block)

    def _made(self, families: list[str], px: float, weight: int) -> QFont:
        font = QFont()
        font.setFamilies(families + self._tokens["font"]["emoji"])
        font.setPixelSize(max(1, round(px * self.scale)))
        font.setWeight(QFont.Weight(weight))
        return font

    # Icons

    def icon(self, name: str, colour: str = "text_2") -> QIcon:
        """An icon in a colour of the theme, for menus and lists; ask again after `changed`."""
        icon = QIcon()
        for scale in (1, 2):
            icon.addPixmap(self.icon_pixmap(name, self.colour(colour), scale=scale))
            icon.addPixmap(
                self.icon_pixmap(name, self.colour("text_3"), scale=scale), mode=QIcon.Mode.Disabled
            )
        return icon

    def icon_pixmap(self, name: str, colour: QColor, px: int = 0, scale: float = 1.0) -> QPixmap:
        """An icon as a pixmap; `px` 0 is the usual size, `scale` that of the screen."""
        return self._icons.pixmap(name, colour, px or self.size("icon"), scale)

    @property
    def icon_size(self) -> QSize:
        """The usual size of an icon."""
        return QSize(self.size("icon"), self.size("icon"))

    # Putting it over the application

    def _load_fonts(self) -> None:
        for path in sorted(paths.resource("fonts").glob("*.ttf")):
            QFontDatabase.addApplicationFont(str(path))

    def _follow(self) -> None:
        dark = self._wants_dark()
        if dark != self.dark:
            self._apply()

    def _wants_dark(self) -> bool:
        if self._choice.scheme != "system":
            return self._choice.scheme == "dark"
        return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _apply_scheme(self) -> None:
        # so that title bars and file dialogs of the system follow, too
        hints = QGuiApplication.styleHints()
        match self._choice.scheme:
            case "dark":
                hints.setColorScheme(Qt.ColorScheme.Dark)
            case "light":
                hints.setColorScheme(Qt.ColorScheme.Light)
            case _:
                hints.unsetColorScheme()

    def _apply(self) -> None:
        self._fonts.clear()
        self.dark = self._wants_dark()
        self._app.setPalette(self._palette())
        self._app.setFont(self.font("ui"))
        self._app.setStyleSheet(style_sheet(self.colour, self.font, self.size, self.radius))
        self.changed.emit()

    def _palette(self) -> QPalette:
        role = QPalette.ColorRole
        palette = QPalette()
        for which, token in (
            (role.Window, "surface"),
            (role.WindowText, "text"),
            (role.Base, "page"),
            (role.AlternateBase, "surface"),
            (role.Text, "text"),
            (role.PlaceholderText, "text_3"),
            (role.Button, "raised"),
            (role.ButtonText, "text"),
            (role.BrightText, "danger"),
            (role.ToolTipBase, "raised"),
            (role.ToolTipText, "text"),
            (role.Highlight, "selection"),
            (role.HighlightedText, "text"),
            (role.Link, "accent"),
            (role.LinkVisited, "accent"),
            (role.Accent, "accent"),
            (role.Light, "raised"),
            (role.Midlight, "hover"),
            (role.Mid, "line"),
            (role.Dark, "line_strong"),
            (role.Shadow, "line_strong"),
        ):
            palette.setColor(which, self.colour(token))
        for which in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, which, self.colour("text_3"))
        return palette
