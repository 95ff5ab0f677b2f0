"""Joins the dialog of attributes and packs to the studio, and tells when something else is asked now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from charstudio.errors import StudioError
from charstudio.gui.attributes_dialog import AttributesDialog
from charstudio.gui.desk import Desk
from charstudio.gui.main_window import MainWindow
from charstudio.gui.theme import Theme
from charstudio.i18n import _
from charstudio.sheet import Entry
from charstudio.studio import Studio


class QuestionsDesk(QObject):
    """What the writer adds to the questions of a library, and hides of them."""

    def __init__(self, studio: Studio, theme: Theme, desk: Desk, window: MainWindow) -> None:
        super().__init__(window)
        self._studio = studio
        self._theme = theme
        self._desk = desk
        self._window = window
        self._dialog: AttributesDialog | None = None

        window.actions_by_name["attributes"].triggered.connect(self.open)
        if studio.schema_trouble:
            window.show_notice(studio.schema_trouble, kind="danger")

    def open(self, *, packs: bool = False) -> None:
        """Open the dialog."""
        if self._dialog is not None:
            self._dialog.raise_()
            return
        dialog = self._dialog = AttributesDialog(self._theme, self._window, packs=packs is True)
        dialog.change_wanted.connect(self._on_change)
        dialog.undo_wanted.connect(self._on_undo)
        dialog.load_wanted.connect(self._on_load)
        dialog.finished.connect(self._on_finished)
        self._show()
        dialog.open()
        dialog.search.setFocus()

    def open_packs(self) -> None:
        """Open it where packs are made."""
        self.open(packs=True)

    def _show(self) -> None:
        if self._dialog is not None:
            studio = self._studio
            undo = studio.library.own.next_undo()
            self._dialog.show_schema(studio.schema, studio.own(), studio.shipped_packs(), undo)

    def _on_change(self, label: str, put: list[Entry], drop: list[Entry]) -> None:
        self._do(lambda: self._studio.change_schema(label, put, drop))

    def _on_undo(self) -> None:
        self._do(self._studio.undo_schema)

    def _on_load(self) -> None:
        kinds = _("Schema files (*.yaml *.yml)")
        name, _kind = QFileDialog.getOpenFileName(self._window, _("Load attributes and packs"), "", kinds)
        if name:
            self._do(lambda: self._studio.load_own(Path(name)))

    def _do(self, act: Callable[[], Any]) -> None:
        try:
            act()
        except StudioError as exc:
            if self._dialog is not None:
                self._dialog.show_refusal(str(exc))
            return
        self._show()
        self._desk.take_schema()

    def _on_finished(self) -> None:
        self._dialog = None
