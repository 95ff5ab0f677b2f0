"""Joins the guide view to guided mode: what the writer says becomes a turn, a turn becomes what is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from charstudio.errors import StudioError
from charstudio.gui.desk import Desk
from charstudio.gui.guide_view import GuideView
from charstudio.gui.main_window import MainWindow
from charstudio.guide import Guide, Turn, pack_names, progress
from charstudio.i18n import _
from charstudio.model import Character
from charstudio.sheet import Schema

SKIP = "Skip."
SUGGEST = "Suggest something."
WHY = "Why do you ask?"
NOT_FOR_ME = "That does not apply."


class GuideDesk(QObject):
    """One sitting for each character that was open in this window."""

    def __init__(
        self,
        schema: Schema,
        new_guide: Callable[[int, str], Guide],
        desk: Desk,
        window: MainWindow,
        view: GuideView,
    ) -> None:
        super().__init__(window)
        self._schema = schema
        self._new_guide = new_guide
        self._desk = desk
        self._window = window
        self._view = view
        self._sittings: dict[int, Guide] = {}
        self._packs: dict[int, str] = {}
        self._turns: dict[int, Turn] = {}
        self._history: dict[int, list[tuple[str, str, str]]] = {}
        self._last_said = ""
        view.packs(list(pack_names(schema).items()))

        desk.opened.connect(self.show)
        desk.sheet_changed.connect(self._on_sheet_changed)
        desk.guided_step.connect(self.say)
        view.said.connect(self.say)
        view.chip_taken.connect(self.take)
        view.skip_wanted.connect(self._on_skip)
        view.suggest_wanted.connect(self._on_suggest)
        view.why_wanted.connect(self._on_why)
        view.not_for_this_character.connect(self._on_not_for_me)
        view.pack_chosen.connect(self._on_pack)
        view.talk_wanted.connect(self._on_talk)
        view.edit_last_wanted.connect(self._on_edit_last)

    def show(self, who: Character) -> None:
        """Show this character’s sitting; a first one begins with a question."""
        self._view.show_character(who, None)
        if who.id not in self._sittings:
            self._sittings[who.id] = self._new_guide(who.id, self._packs.get(who.id, "spark"))
            self._turns[who.id] = self._sittings[who.id].start()
        self._view.show_history(self._history.get(who.id, []))
        self._show(who.id, self._turns[who.id])

    def say(self, line: str) -> None:
        """One line of the writer."""
        self._last_said = line
        self._turn(lambda guide: guide.say(line))

    def take(self, chip: Any) -> None:
        """A chip was clicked."""
        self._turn(lambda guide: guide.take(chip))

    def _turn(self, act: Callable[[Guide], Turn]) -> None:
        who = self._desk.who
        if who is None:
            return
        asked = self._turns[who.id].ask
        try:
            turn = act(self._sittings[who.id])
        except StudioError as exc:
            self._window.show_notice(str(exc), kind="danger")
            return
        self._turns[who.id] = turn
        self._note_answer(who.id, asked, turn)
        self._desk.show_change({c.attribute for c in turn.changes})
        self._show(who.id, turn)
        if turn.mode == "talk":
            self._window.show_tab("talk")

    def _note_answer(self, who: int, asked: Any, turn: Turn) -> None:
        for change in turn.changes:
            attribute = self._schema.attributes[change.attribute]
            question = asked.text if asked is not None and asked.attribute == attribute.id else attribute.ask
            answer = change.value or _("None.")
            if change.op in ("set", "add") and change.state != "na":
                entries = self._history.setdefault(who, [])
                entries[:] = [e for e in entries if e[0] != attribute.label or change.op == "add"]
                entries.append((attribute.label, question, answer))
        known = {v.text for v in self._sittings[who].sheet().values} | {_("None.")}
        self._history[who] = [entry for entry in self._history.get(who, []) if entry[2] in known]
        self._view.show_history(self._history[who])

    def _show(self, who: int, turn: Turn) -> None:
        guide = self._sittings[who]
        pack = self._packs.get(who, "spark")
        sheet = guide.sheet()
        done, total = progress(self._schema, sheet, pack)
        asked = turn.ask.attribute if turn.ask else ""
        decided = sheet.decided()
        steps = tuple(
            (
                self._schema.attributes[a].label,
                "done" if a in decided else "now" if a == asked else "open",
            )
            for a in self._schema.packs[pack]
        )
        self._view.show_progress(done, total, pack_names(self._schema).get(pack, pack), steps)
        self._view.show_turn(turn)

    def _on_sheet_changed(self) -> None:
        if self._desk.who is not None:
            self._view.show_character(self._desk.who, None)

    def _on_edit_last(self) -> None:
        self._view.write(self._last_said)

    def _on_skip(self) -> None:
        self.say(SKIP)

    def _on_suggest(self) -> None:
        self.say(SUGGEST)

    def _on_why(self) -> None:
        self.say(WHY)

    def _on_not_for_me(self) -> None:
        self.say(NOT_FOR_ME)

    def _on_talk(self) -> None:
        self._window.show_tab("talk")

    def _on_pack(self, pack: str) -> None:
        who = self._desk.who
        if who is None:
            return
        self._packs[who.id] = pack
        self._sittings[who.id] = self._new_guide(who.id, pack)
        self._turns[who.id] = self._sittings[who.id].start()
        self._show(who.id, self._turns[who.id])
