"""Lets Ctrl+Z in an untouched line undo the last decision, and lists all shortcuts."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from charstudio.gui.buttons import shortcut_text
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Label, PrimaryButton, column, row
from charstudio.i18n import _


class UndoPasser(QObject):
    """Text fields claim Ctrl+Z even when they have nothing to undo; this hands it on to the window then."""

    def __init__(self, app: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        app.focusChanged.connect(self._on_focus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo = event.matches(QKeySequence.StandardKey.Undo)
            redo = event.matches(QKeySequence.StandardKey.Redo)
            if (undo and not _can_undo(watched)) or (redo and not _can_redo(watched)):
                event.ignore()
                return True
        return False

    def _on_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        if isinstance(old, QLineEdit | QTextEdit | QPlainTextEdit):
            old.removeEventFilter(self)
        if isinstance(new, QLineEdit | QTextEdit | QPlainTextEdit):
            new.installEventFilter(self)


def _can_undo(field: QObject) -> bool:
    if isinstance(field, QLineEdit):
        return field.isUndoAvailable()
    return isinstance(field, QTextEdit | QPlainTextEdit) and field.document().isUndoAvailable()


def _can_redo(field: QObject) -> bool:
    if isinstance(field, QLineEdit):
        return field.isRedoAvailable()
    return isinstance(field, QTextEdit | QPlainTextEdit) and field.document().isRedoAvailable()


class ShortcutsDialog(QDialog):
    """All shortcuts that are in force, in two columns."""

    def __init__(self, theme: Theme, actions: Iterable[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("All shortcuts"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        shown = [action for action in actions if not action.shortcut().isEmpty()]
        half = (len(shown) + 1) // 2
        for i, action in enumerate(shown):
            at, line = (0 if i < half else 2), i % half
            words = Label(theme, "ui", action.text().replace("&&", "&"))
            keys = " · ".join(shortcut_text(keys.toString()) for keys in action.shortcuts())
            grid.addWidget(words, line, at)
            grid.addWidget(Label(theme, "ui", keys, colour="text_2"), line, at + 1)
        grid.setColumnMinimumWidth(1, 130)
        close = PrimaryButton(theme, _("Close"))
        foot = row()
        foot.addStretch()
        foot.addWidget(close)
        layout = column(margins=(24, 20, 24, 20), gap=16)
        layout.addWidget(Label(theme, "name", _("All shortcuts")))
        layout.addLayout(grid)
        layout.addLayout(foot)
        self.setLayout(layout)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        close.clicked.connect(self.accept)
