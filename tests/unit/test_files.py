"""Files are written whole or not at all, and settings of another version are not lost."""

from __future__ import annotations

import errno
import os

import pytest

from charstudio import paths, settings
from charstudio.errors import StoreError
from charstudio.exports import as_markdown, page_of
from charstudio.model import Change
from charstudio.sheet import Sheet
from charstudio.store import open_library


@pytest.fixture
def full_disk(monkeypatch):
    def refuse(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)


def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(tmp_path, full_disk):
    file = tmp_path / "jane.json"
    file.write_text("before")
    with pytest.raises(OSError, match="No space"):
        paths.write_atomically(file, b"after")
    assert file.read_text() == "before"
    assert list(tmp_path.glob(".*")) == []


def test_an_export_onto_a_full_disk_is_a_sentence(echo_studio, tmp_path, full_disk):
    jane = echo_studio.library.cast.new(echo_studio.schema, "Jane")
    with pytest.raises(Exception, match="choose another place") as told:
        echo_studio.export(jane.id, tmp_path / "jane.md")
    assert type(told.value).__name__ == "ExportError"
    assert not (tmp_path / "jane.md").exists()


def test_settings_on_a_full_disk_are_a_sentence(full_disk):
    with pytest.raises(StoreError, match="settings could not be kept"):
        settings.save(settings.Settings())


def test_a_home_that_cannot_be_used_is_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CHARSTUDIO_HOME", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="CHARSTUDIO_HOME"):
        paths.data()


def test_settings_come_back_and_unknown_ones_are_kept():
    path = paths.config() / "settings.json"
    path.write_text('{"persona": "Ann", "text_size": "large", "from_the_future": [1]}')
    found = settings.load()
    assert (found.persona, found.text_size) == ("Ann", 16)
    settings.save(found)
    assert settings.load().rest == {"from_the_future": [1]}


@pytest.mark.parametrize("body", ["", "[]", "{", "\udcff"])
def test_broken_settings_are_the_defaults(body):
    (paths.config() / "settings.json").write_text(body, errors="surrogateescape")
    assert settings.load() == settings.Settings()


def test_nothing_in_a_value_becomes_markdown(schema):
    sheet = Sheet()
    for attribute, text in (
        ("full_name", "# Jane <script>alert(1)</script>"),
        ("home", "1. [link](http://x) `code`\n# heading\n- item"),
    ):
        sheet = sheet.apply(Change(attribute, text), schema, "form")
    text = as_markdown(page_of(sheet, schema))
    assert text.count("\n# ") == 0
    assert "<script>" not in text
    assert r"1\. \[link\](http://x) \`code\`" in text
    assert r"\# heading" in text


def test_a_library_stands_alone_when_its_file_is_copied(library, schema, tmp_path):
    library.cast.new(schema, "Jane")
    library.close()
    copy = tmp_path / "copy.charstudio"
    copy.write_bytes(paths.default_library().read_bytes())
    again = open_library(copy)
    assert [c.name for c in again.cast.all()] == ["Jane"]
    again.close()
