"""A window over an invented cast, for tests that press keys and read what is on screen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from charstudio import paths
from charstudio.gui.cast import CastEntry, CastModel
from charstudio.gui.faces import Faces
from charstudio.gui.library_view import LibraryView
from charstudio.gui.main_window import MainWindow
from charstudio.gui.models_view import ModelsView
from charstudio.gui.page_view import PageView
from charstudio.gui.panes import Tab
from charstudio.gui.theme import Choice, Theme
from charstudio.model import Character, Value
from charstudio.sheet import Schema, Sheet, load_schema

HOSTILE = "<img src=x> " + "long " * 2000

NAMES = ("Jane Marlow", "Tobias Renn", "Mirek Dvořák", "نادية الساحلية", HOSTILE)


def character(n: int) -> Character:
    return Character(n, NAMES[n - 1], "storm", line="Keeper of Carrow Light" if n == 1 else "")


def entries() -> list[CastEntry]:
    return [CastEntry(character(n), n, 8, role="Lead") for n in range(1, len(NAMES) + 1)]


@dataclass
class Studio:
    theme: Theme
    faces: Faces
    cast: CastModel
    library: LibraryView
    models: ModelsView
    side: PageView
    page: PageView
    guide: QPlainTextEdit
    window: MainWindow
    schema: Schema

    def open_jane(self, *values: Value, fresh: frozenset[str] = frozenset()) -> None:
        jane = character(1)
        self.window.show_character(jane, jane.line)
        for page in (self.side, self.page):
            page.show_sheet(jane, Sheet(values), self.schema, set(fresh))


@pytest.fixture(autouse=True)
def _clipboard(qapp: QApplication) -> Iterator[None]:
    """What Python put on the clipboard goes before Python does: Qt would free it after the interpreter."""
    yield
    qapp.clipboard().clear()


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, Choice(scheme="light"))
    yield made
    made.deleteLater()


@pytest.fixture(scope="session")
def schema() -> Schema:
    return load_schema(paths.resource("attributes.yaml"))


@pytest.fixture
def studio(theme: Theme, schema: Schema, qtbot) -> Studio:
    faces, cast = Faces(theme), CastModel()
    library, models = LibraryView(theme, faces, cast), ModelsView(theme)
    side, page = PageView(theme, faces, side=True), PageView(theme, faces)
    guide = QPlainTextEdit()
    guide.setAccessibleName("Answer")
    tabs = (
        Tab("guide", "Guide", guide, panel=side),
        Tab("sheet", "Sheet", page, actions=page.menu_actions()),
    )
    window = MainWindow(theme, faces, cast, library=library, models=models, tabs=tabs)
    qtbot.addWidget(window)
    window.show_library("The Saltmarsh Books", ("/tmp/other.charstudio",))
    window.show_cast(entries())
    window.show()
    qtbot.waitExposed(window)
    qtbot.wait(10)
    return Studio(theme, faces, cast, library, models, side, page, guide, window, schema)
