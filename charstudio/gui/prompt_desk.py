"""Joins the view of the prompt to the conversation: what the model would read is worked out in a lane."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from charstudio.engines import Loading
from charstudio.errors import StudioError
from charstudio.gui.bridge import Bridge
from charstudio.gui.prompt_dialog import PromptDialog
from charstudio.gui.talk_view import TalkView
from charstudio.gui.theme import Theme
from charstudio.i18n import _
from charstudio.jobs import Ended
from charstudio.talk import Conversation, Look

LOOK_LANE = "look"


class PromptDesk(QObject):
    """One look at a prompt at a time."""

    def __init__(self, conversation: Conversation, bridge: Bridge, theme: Theme, view: TalkView) -> None:
        super().__init__(view)
        self._conversation = conversation
        self._bridge = bridge
        self._theme = theme
        self._view = view
        self._dialog: PromptDialog | None = None
        self._asked = (0, "")
        view.prompt_wanted.connect(self.show)

    def show(self, talk_id: int, draft: str) -> None:
        """Show what the model would read if the draft were sent."""
        self._asked = (talk_id, draft)
        if self._dialog is None:
            self._dialog = PromptDialog(self._theme, self._view.called, self._view.window())
            self._dialog.refresh_wanted.connect(self._ask)
            self._dialog.finished.connect(self._on_closed)
        self._dialog.open()
        self._ask()

    def _ask(self) -> None:
        talk_id, draft = self._asked
        look = self._conversation.look
        self._bridge.stop(LOOK_LANE)
        self._bridge.run(
            LOOK_LANE, lambda cancel: look(talk_id, draft, cancel), self._on_events, self._on_end
        )

    def _on_events(self, events: list[Any]) -> None:
        last = events[-1]
        if self._dialog is None:
            return
        if isinstance(last, Look):
            self._dialog.show_look(last)
        elif isinstance(last, Loading):
            self._dialog.show_waiting(round(last.share * 100))

    def _on_end(self, ended: Ended) -> None:
        if self._dialog is not None and ended.error is not None:
            known = isinstance(ended.error, StudioError)
            self._dialog.show_trouble(str(ended.error) if known else _("The prompt cannot be shown now."))

    def _on_closed(self) -> None:
        self._dialog = None
        self._bridge.stop(LOOK_LANE)
