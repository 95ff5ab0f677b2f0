"""Writes the one style sheet of the application; single widgets never get their own."""

from __future__ import annotations

from collections.abc import Callable
from string import Template

from PySide6.QtGui import QColor, QFont

_COLOURS = (
    *("sidebar", "surface", "page", "raised", "hover", "selected", "line", "line_strong", "text", "text_2"),
    *("text_3", "accent", "on_accent", "accent_soft", "danger", "selection"),
)

_SHEET = Template("""
QToolTip {
  background: $raised; color: $text; border: 1px solid $line_strong; padding: 4px 7px; font-size: ${small}px;
}
QMenuBar { background: $sidebar; color: $text_2; border-bottom: 1px solid $line; padding: 2px 6px; }
QMenuBar::item { padding: 5px 9px; border-radius: ${control}px; background: transparent; }
QMenuBar::item:selected { background: $selected; color: $text; }
QMenu { background: $page; color: $text; border: 1px solid $line_strong; padding: 5px; }
QMenu::item { min-height: ${row}px; padding: 0 28px 0 10px; border-radius: ${control}px; }
QMenu::item:selected { background: $selected; }
QMenu::item:disabled { color: $text_3; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QMenu::indicator { width: 14px; height: 14px; left: 6px; }
QLineEdit, QComboBox {
  background: $page; color: $text; border: 1px solid $line_strong; border-radius: ${control}px;
  padding: 0 9px; min-height: ${field}px; selection-background-color: $selection; selection-color: $text;
}
QLineEdit:focus, QComboBox:focus { border: 2px solid $accent; padding: 0 8px; min-height: ${field_in}px; }
QLineEdit:disabled, QComboBox:disabled { color: $text_3; border-color: $line; }
QLineEdit[plain="true"], QLineEdit[plain="true"]:focus {
  background: transparent; border: none; padding: 0; min-height: 0;
}
QComboBox::drop-down { border: none; width: 24px; }
QComboBox QAbstractItemView {
  background: $page; color: $text; border: 1px solid $line_strong; outline: none; padding: 4px;
  selection-background-color: $selected; selection-color: $text;
}
QTextEdit, QPlainTextEdit {
  background: transparent; color: $text; border: none;
  selection-background-color: $selection; selection-color: $text;
}
QAbstractScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QListView { background: transparent; border: none; outline: none; }
QDialog { background: $page; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $selected; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 2px 2px 2px 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0 2px 2px 2px; }
QScrollBar::handle { background: $line; border-radius: 4px; }
QScrollBar::handle:vertical { min-height: 36px; margin: 0 1px; }
QScrollBar::handle:horizontal { min-width: 36px; margin: 1px 0; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $line_strong; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def style_sheet(
    colour: Callable[[str], QColor],
    font: Callable[[str], QFont],
    size: Callable[[str], int],
    radius: Callable[[str], int],
) -> str:
    """The style sheet for the colours, fonts and sizes in force."""
    field = size("field")
    return _SHEET.substitute(
        {name: colour(name).name() for name in _COLOURS},
        small=font("ui_small").pixelSize(),
        row=size("control") - 2,
        field=field - 2,
        field_in=field - 4,
        control=radius("control"),
    )
