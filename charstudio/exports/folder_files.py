"""Writes the folder of a character and reads it; nothing but its own files is touched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from charstudio import paths
from charstudio.errors import CardError, ExportError
from charstudio.exports.folder import BOOK, CARD, LORE, SHEET
from charstudio.i18n import _

LARGEST, MOST_FILES = 32 * 1024 * 1024, 100_000
PORTRAIT = "portrait"


def write_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write these files below `out`; lore files that are no longer among them go. Raises `ExportError`."""
    try:
        (out / "lore").mkdir(parents=True, exist_ok=True)
        for old in (out / "lore").iterdir():
            if (
                LORE.fullmatch(f"lore/{old.name}")
                and f"lore/{old.name}" not in files
                and not old.is_symlink()
            ):
                old.unlink()
        for name, body in files.items():
            if not (out / name).is_file() or (out / name).read_bytes() != body:
                paths.write_atomically(out / name, body)
    except OSError as exc:
        why = exc.strerror or exc
        raise ExportError(
            _("{out} could not be written: {why}; choose another place.", out=out, why=why)
        ) from exc


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a character's folder; links and all else are passed over. Raises `CardError`."""
    lore = folder / "lore"
    try:
        found = [folder / SHEET, folder / CARD, folder / BOOK, *folder.glob(f"{PORTRAIT}.*")]
        if lore.is_dir() and not lore.is_symlink():
            found += [file for file in lore.iterdir() if LORE.fullmatch(f"lore/{file.name}")]
        whole = [file for file in found if file.is_file() and not file.is_symlink()]
        if len(whole) > MOST_FILES or sum(file.stat().st_size for file in whole) > 2 * LARGEST:
            raise CardError(_("{folder} holds too much to be read as one character.", folder=folder))
        return {file.relative_to(folder).as_posix(): file.read_bytes() for file in whole}
    except OSError as exc:
        raise CardError(_("{folder} cannot be read: {why}.", folder=folder, why=exc.strerror or exc)) from exc
