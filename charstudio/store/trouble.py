"""Says what went wrong with a library file in words the writer can act upon."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

from charstudio import paths
from charstudio.i18n import _


def copies_of(path: Path) -> Path:
    """The folder of the safety copies of one library."""
    key = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    folder = paths.data() / "safety copies" / key
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def explain(exc: Exception, path: Path) -> str:
    """What a database error means to the writer."""
    text = str(exc).lower()
    if "locked" in text or "busy" in text:
        return _("The library {path} is in use by another program; close it there and try again.", path=path)
    if "readonly" in text or "read-only" in text or isinstance(exc, PermissionError):
        return _(
            "The library {path} is read-only; make a copy that you may write to and open that.", path=path
        )
    if "full" in text or getattr(exc, "errno", None) == errno.ENOSPC:
        return _("The disk is full, so this was not saved; free some room and try again.")
    if "not a database" in text or "malformed" in text or "encrypted" in text:
        return _(
            "The library {path} is damaged; open the newest safety copy in {copies}.",
            path=path,
            copies=copies_of(path),
        )
    return _("The library {path} could not be used: {why}.", path=path, why=exc)
