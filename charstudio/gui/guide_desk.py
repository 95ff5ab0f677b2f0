"""Joins the guide view to guided mode: what the writer says becomes a turn, a turn becomes what is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject

from charstudio.errors import Cancel, StudioError
from charstudio.gui.bridge import Bridge
from charstudio.gui.desk import LIBRARY_LANE, Desk
from charstudio.gui.guide_view import GuideView
from charstudio.gui.main_window import MainWindow
from charstudio.gui.talk_desk import INFERENCE_LANE
from charstudio.guide import Chip, Guide, Reading, Turn, Wish, pack_names, progress, questions
from charstudio.i18n import _
from charstudio.jobs import Ended, Job
from charstudio.model import Character
from charstudio.sheet import Schema
from charstudio.studio import Studio

SKIP = "Skip."
SUGGEST = "Suggest something."
WHY = "Why do you ask?"
NOT_FOR_ME = "That does not apply."
FIRST_PACK = "spark"
IDEAS_LANE = "ideas"  # a lane of its own, so that a talk never finds the lane of replies taken


class GuideDesk(QObject):
    """One sitting for each character that was open in this window."""

    def __init__(
        self,
        studio: Studio,
        bridge: Bridge,
        desk: Desk,
        window: MainWindow,
        view: GuideView,
    ) -> None:
        super().__init__(window)
        self._studio = studio
        self._bridge = bridge
        self._desk = desk
        self._window = window
        self._view = view
        self._sittings: dict[int, Guide] = {}
        self._turns: dict[int, Turn] = {}
        self._history: dict[int, list[tuple[str, str, str]]] = {}
        self._last_said = ""
        self._wish: tuple[int, Wish, Job] | None = None
        view.packs(list(pack_names(studio.schema).items()))

        desk.opened.connect(self.show)
        desk.sheet_changed.connect(self._on_sheet_changed)
        desk.schema_changed.connect(self._on_schema_changed)
        desk.guided_step.connect(self.say)
        window.tab_changed.connect(self._on_tab)
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
        self._forget_wish()
        self._view.show_character(who, None)
        if who.id not in self._sittings:
            self._sittings[who.id] = self._studio.guide(who.id, FIRST_PACK)
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
        self._forget_wish()
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
        else:
            self._ask_the_model(who.id)

    def _note_answer(self, who: int, asked: Any, turn: Turn) -> None:
        schema = self._studio.schema
        for change in turn.changes:
            attribute = schema.attributes.get(change.attribute)
            if attribute is None or change.op not in ("set", "add") or change.state == "na":
                continue
            question = asked.text if asked is not None and asked.attribute == attribute.id else attribute.ask
            entries = self._history.setdefault(who, [])
            entries[:] = [e for e in entries if e[0] != attribute.label or change.op == "add"]
            entries.append((attribute.label, question, change.value or _("None.")))
        known = {v.text for v in self._sittings[who].sheet().values} | {_("None.")}
        self._history[who] = [entry for entry in self._history.get(who, []) if entry[2] in known]
        self._view.show_history(self._history[who])

    def _show(self, who: int, turn: Turn) -> None:
        guide, schema = self._sittings[who], self._studio.schema
        sheet = guide.sheet()
        done, total = progress(schema, sheet, guide.pack)
        asked = turn.ask.attribute if turn.ask else ""
        decided = sheet.decided()
        steps = tuple(
            (schema.attributes[a].label, "done" if a in decided else "now" if a == asked else "open")
            for a in questions(schema, guide.pack)
        )
        self._view.show_progress(done, total, pack_names(schema).get(guide.pack, guide.pack), steps)
        self._view.show_turn(turn)

    # Ideas of a model: asked for beside the chips that stand there already, and never waited for

    def _ask_the_model(self, who: int) -> None:
        if not self._studio.model_name() or self._bridge.busy(INFERENCE_LANE):
            return  # a reply is being written; it comes first
        wish = self._sittings[who].wish()
        if wish is None:
            return
        job = self._bridge.run(
            IDEAS_LANE, lambda cancel: self._studio.ideas(wish, cancel), self._on_ideas, self._on_thought
        )
        self._wish = (who, wish, job)
        self._view.show_thinking(thinking=True)

    def _on_ideas(self, ideas: list[Chip]) -> None:
        if self._wish is None or self._wish[2].cancel.is_set():
            return
        who, wish, _job = self._wish
        self._view.add_chips(self._sittings[who].granted(wish, ideas))

    def _on_thought(self, _ended: Ended) -> None:
        # Ideas that do not come are no trouble worth a word; the talk tells what is wrong with a model.
        if self._wish is None or not self._bridge.busy(IDEAS_LANE):
            self._wish = None
            self._view.show_thinking(thinking=False)

    def _forget_wish(self) -> None:
        """The question has changed: what a model still thinks of it is of no use."""
        if self._wish is not None:
            self._wish[2].cancel.set()
            self._wish = None
        self._view.show_thinking(thinking=False)

    def _on_tab(self, tab: str) -> None:
        if tab != "guide":
            self._forget_wish()

    # Another schema

    def _on_schema_changed(self) -> None:
        self._view.packs(list(pack_names(self._studio.schema).items()))
        self._bridge.run(LIBRARY_LANE, self._read_forms, self._on_read)

    def _read_forms(self, _cancel: Cancel) -> Iterator[tuple[Schema, Reading]]:
        schema = self._studio.schema
        yield schema, self._studio.reading()

    def _on_read(self, read: list[tuple[Schema, Reading]]) -> None:
        schema, reading = read[-1]
        if schema is not self._studio.schema:
            return  # changed again meanwhile; the next one is on its way
        for who, guide in self._sittings.items():
            guide.use(schema, reading)
            self._turns[who] = guide.look()
        if self._desk.who is not None and self._desk.who.id in self._turns:
            self._show(self._desk.who.id, self._turns[self._desk.who.id])

    # What the view tells

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
        self._turn(lambda guide: guide.begin(pack))
