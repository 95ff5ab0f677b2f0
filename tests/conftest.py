"""Every test lives in a home of its own; the starter model is put together once for all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from charstudio import paths, settings
from charstudio.engines import Shelf
from charstudio.errors import Cancel
from charstudio.guide import Reading
from charstudio.sheet import Schema, load_schema
from charstudio.store import Library, open_library


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("CHARSTUDIO_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def starter_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter model, whole; tests link to it."""
    kept = os.environ.get("CHARSTUDIO_HOME")
    os.environ["CHARSTUDIO_HOME"] = str(tmp_path_factory.mktemp("starter"))
    try:
        shelf = Shelf()
        for _share in shelf.prepare_starter(Cancel()):
            pass
        return shelf.starter_path()
    finally:
        os.environ.pop("CHARSTUDIO_HOME")
        if kept is not None:
            os.environ["CHARSTUDIO_HOME"] = kept


@pytest.fixture
def starter(starter_file: Path, home: Path) -> Path:
    """The starter model in this test's home."""
    target = Shelf().starter_path()
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(starter_file, target)
    return target


@pytest.fixture(scope="session")
def schema() -> Schema:
    return load_schema(paths.resource("attributes.yaml"))


@pytest.fixture(scope="session")
def reading(schema: Schema) -> Reading:
    """How guided mode reads lines; made once, for it takes a moment."""
    return Reading.of(schema)


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    opened = open_library(paths.default_library())
    yield opened
    opened.close()


@pytest.fixture
def echo_studio(home: Path):
    """A whole studio whose model says back what it hears."""
    from charstudio.studio import Studio

    studio = Studio(paths.default_library(), settings.Settings(engine="echo"))
    yield studio
    studio.close()
