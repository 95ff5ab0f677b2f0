"""Joins the proposals to the talk: what a reply says is noticed while nobody waits, and a click decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QObject, QTimer

from charstudio.engines.llama import on_battery
from charstudio.errors import Cancel, StudioError
from charstudio.gui.bridge import Bridge
from charstudio.gui.desk import Desk
from charstudio.gui.main_window import MainWindow
from charstudio.gui.talk_desk import INFERENCE_LANE, TalkDesk
from charstudio.gui.talk_view import TalkView
from charstudio.i18n import _
from charstudio.jobs import Ended
from charstudio.model import Character
from charstudio.studio import Studio
from charstudio.talk import Looked

NOTICING_LANE = "noticing"
IDLE_AFTER = 1500  # milliseconds after a reply


class ProposalDesk(QObject):
    """The proposals of the character that is open."""

    def __init__(
        self, studio: Studio, bridge: Bridge, desk: Desk, window: MainWindow, talk: TalkDesk, view: TalkView
    ) -> None:
        super().__init__(window)
        self._studio = studio
        self._bridge = bridge
        self._desk = desk
        self._window = window
        self._talk = talk
        self._view = view
        self._rested = 0  # the talk in which a reply ended last
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(IDLE_AFTER)

        desk.opened.connect(self._on_opened)
        desk.sheet_changed.connect(self.refresh)
        talk.began.connect(self.stop)
        talk.rests.connect(self._on_rest)
        view.point_wanted.connect(self._on_point)
        view.proposal_decided.connect(self._on_decided)
        view.source_wanted.connect(talk.show_message)
        self._idle.timeout.connect(self._look_closer)

    def refresh(self) -> None:
        """Show what waits for a decision."""
        who = self._desk.who
        self._view.show_proposals(self._studio.proposing.waiting(who.id) if who is not None else ())

    def stop(self) -> None:
        """The model is wanted for something else."""
        self._idle.stop()
        self._bridge.stop(NOTICING_LANE)

    def _on_opened(self, who: Character) -> None:
        self.stop()
        self.refresh()
        self._look(who.id)

    def _on_rest(self, talk: int) -> None:
        self._rested = talk
        who = self._desk.who
        if who is not None:
            self._look(who.id)
            self._idle.start()

    def _look(self, who: int) -> None:
        """What rules find, at once; no model is asked."""
        look = self._studio.proposing.look
        self._bridge.run(NOTICING_LANE, lambda cancel: look(who, cancel), self._on_looked, self._on_end)

    def _look_closer(self) -> None:
        """Ask the model while it rests: never on battery, and never a server that may be paid by the word."""
        who = self._desk.who
        waited_for = self._bridge.busy(INFERENCE_LANE) or self._bridge.busy(NOTICING_LANE)
        if who is None or waited_for or self._studio.settings.engine == "server" or on_battery():
            return
        number, talk = who.id, self._rested

        def work(cancel: Cancel) -> Iterator[Looked]:
            yield from self._studio.proposing.look_closer(number, cancel)
            cancel.check()
            self._studio.conversation.read_ahead(talk)

        self._bridge.run(NOTICING_LANE, work, self._on_looked, self._on_end)

    def _on_looked(self, events: list[Any]) -> None:
        if any(isinstance(event, Looked) and event.found for event in events):
            self.refresh()

    def _on_end(self, _ended: Ended) -> None:
        # What went wrong in noticing is of no use to know: the next reply tells if the model is gone.
        self._window.status.show_model(self._studio.model_name())

    def _on_point(self, message_id: int, selection: str) -> None:
        try:
            made = self._studio.proposing.point(message_id, selection)
            known = [p for p in made if not self._studio.proposing.shown(p.id).places]
        except StudioError as exc:
            self._view.show_notice(str(exc), "", "danger")
            return
        self._desk.refresh_undo()
        self.refresh()
        if len(known) == len(made):
            self._view.show_notice(_("The sheet says that already."))
        else:
            self._view.open_tray(made[0].id)

    def _on_decided(self, proposal_id: int, how: str, attribute: str) -> None:
        proposing = self._studio.proposing
        try:
            if how == "keep":
                proposing.keep(proposal_id, attribute)
            elif how == "refuse":
                proposing.refuse(proposal_id)
            else:
                proposing.later(proposal_id)
        except StudioError as exc:
            self._view.show_notice(str(exc), "", "danger")
            return
        if how == "keep":
            self._desk.show_change({attribute})
        else:
            self.refresh()
            self._desk.refresh_undo()
