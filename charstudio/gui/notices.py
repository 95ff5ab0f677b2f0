"""Tells what nobody foresaw: the window stays, the details go into the log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from types import TracebackType

from charstudio.i18n import _

log = logging.getLogger(__name__)


def install_excepthook(tell: Callable[[str], None]) -> Callable[[], None]:
    """Show a sentence for every bug that would otherwise end the program; returns how to take it back."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before(kind, error, where)
            return
        log.critical("something unforeseen happened", exc_info=(kind, error, where))
        tell(
            _(
                "Something unexpected happened ({what}). What you wrote is kept; go on or restart.",
                what=kind.__name__,
            )
        )

    sys.excepthook = hook

    def restore() -> None:
        sys.excepthook = before

    return restore
