"""Joins the sheet to what stands around it: stages, relations, margin notes, history, renaming."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QFileDialog

from charstudio.checks import Finding, Offer
from charstudio.checks.kin import AGAINST
from charstudio.errors import Cancel
from charstudio.gui.bridge import Bridge
from charstudio.gui.cast_graph import CastGraph, Tie
from charstudio.gui.desk import Desk
from charstudio.gui.export_dialog import ExportDialog
from charstudio.gui.faces import Faces
from charstudio.gui.history_popup import HistoryPopup
from charstudio.gui.main_window import MainWindow
from charstudio.gui.margin_view import MarginView
from charstudio.gui.page_menus import stage_words
from charstudio.gui.page_view import PageView
from charstudio.gui.relations import Bond
from charstudio.gui.rename_dialog import RenameDialog
from charstudio.gui.theme import Theme
from charstudio.i18n import _
from charstudio.model import Character, Know, Stage, Value
from charstudio.renaming import Mention, rename
from charstudio.sheet import Schema, Sheet
from charstudio.store import Past
from charstudio.studio import Studio

CHECKS_LANE = "checks"


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a lane found out about one character."""

    character_id: int
    findings: list[Finding]
    ties: list[Tie]


class SheetDesk(QObject):
    """The sheet side of the window; what takes longer than a frame is worked out in a lane."""

    message_wanted = Signal(int)

    def __init__(
        self,
        studio: Studio,
        bridge: Bridge,
        theme: Theme,
        faces: Faces,
        desk: Desk,
        window: MainWindow,
        pages: Sequence[PageView],
        margin: MarginView,
    ) -> None:
        super().__init__(window)
        self._studio, self._bridge, self._theme, self._faces = studio, bridge, theme, faces
        self._desk, self._window, self._margin = desk, window, margin
        self._pages = list(pages)
        self._page = self._pages[-1]
        self._ties: list[Tie] = []
        self._offered: dict[int, set[str]] = {}

        desk.opened.connect(self._on_opened)
        desk.sheet_changed.connect(self.refresh)
        for page in self._pages:
            page.feeling_edited.connect(self._on_feeling)
            page.hold_chosen.connect(self._on_hold)
            page.history_wanted.connect(self._on_history)
            page.finished_toggled.connect(self._on_finished)
        bar = self._page.stages
        bar.stage_chosen.connect(self._on_stage)
        bar.stage_added.connect(self._on_stage_added)
        bar.stage_renamed.connect(self._on_stage_renamed)
        bar.stage_moved.connect(self._on_stage_moved)
        bar.stage_removed.connect(self._on_stage_removed)
        margin.person_chosen.connect(desk.open)
        margin.cast_wanted.connect(self.show_cast)
        margin.pointed.connect(self._on_pointed)
        margin.both_wanted.connect(self._on_both)
        margin.meant.connect(self._on_meant)
        margin.offer_taken.connect(self._on_offer)
        margin.story_year_set.connect(self._on_story_year)
        window.actions_by_name["rename"].triggered.connect(self.rename)
        window.actions_by_name["cast"].triggered.connect(self.show_cast)
        window.export_wanted.connect(self.ask_export)

    # What is so

    def refresh(self) -> None:
        """Show the stages at once; relations and notes follow from a lane."""
        who = self._desk.who
        if who is None:
            return
        library = self._studio.library
        stages, current = library.stages.of(who.id), library.stages.current(who.id)
        differing = stage_words(library.cast.whole_sheet(who.id).values, stages) if stages else {}
        for page in self._pages:
            page.show_stages(stages, current, differing)
            page.show_finished(finished=who.finished)
        self._margin.show_story_year(library.findings.story_year())
        work = _Notice(self._studio, who.id)
        self._bridge.stop(CHECKS_LANE)
        self._bridge.run(CHECKS_LANE, work.work, self._on_noticed)

    def _on_opened(self, _who: Character) -> None:
        self.refresh()

    def _on_noticed(self, events: list[Any]) -> None:
        who = self._desk.who
        for noticed in events:
            if isinstance(noticed, Noticed) and who is not None and noticed.character_id == who.id:
                self._ties = noticed.ties
                self._margin.show_bonds(who, around(who.id, noticed.ties))
                self._margin.show_findings(noticed.findings)
                self._offer_back(noticed)

    def _offer_back(self, noticed: Noticed) -> None:
        """Offer a bond that was just made at its other end, too, where the margin is not in view."""
        offered = {f.mark: f for f in noticed.findings if f.check == "relation_one_sided" and f.offers}
        known = self._offered.get(noticed.character_id)
        self._offered[noticed.character_id] = set(offered)
        fresh = [f for mark, f in offered.items() if known is not None and mark not in known]
        if fresh and self._window.tab != "sheet":
            offer = fresh[0].offers[0]
            self._desk.notice(fresh[0].sentence, offer.words, partial(self._on_offer, offer))

    # Stages

    def _on_stage(self, stage_id: int | None) -> None:
        who = self._desk.who
        if who is not None:
            self._desk.told(partial(self._studio.library.stages.stand_at, who.id, stage_id))
            self._changed()

    def _on_stage_added(self, name: str) -> None:
        who = self._desk.who
        if who is None:
            return
        stages = self._studio.library.stages
        made = self._desk.told(partial(stages.add, who.id, name))
        if made is not None:
            stages.stand_at(who.id, made.id)
            self._changed()

    def _on_stage_renamed(self, stage_id: int, name: str) -> None:
        self._desk.told(partial(self._studio.library.stages.rename, stage_id, name))
        self._changed()

    def _on_stage_moved(self, stage_id: int, place: int) -> None:
        self._desk.told(partial(self._studio.library.stages.move, stage_id, place))
        self._changed()

    def _on_stage_removed(self, stage_id: int) -> None:
        self._desk.told(partial(self._studio.library.stages.delete, stage_id))
        self._changed()

    def _on_hold(self, value: Value, stage_id: int | None) -> None:
        self._desk.adjust(value, replace(value, stage_id=stage_id), _("When it holds"))

    # Values

    def _on_feeling(self, value: Value, text: str) -> None:
        self._desk.adjust(value, replace(value, feeling=text), _("What is felt"))

    def _on_finished(self, finished: bool) -> None:
        who = self._desk.who
        if who is not None:
            self._desk.told(partial(self._studio.library.cast.finish, who.id, finished=finished))
            self._changed()

    def _on_history(self, value: Value, where: QPoint) -> None:
        who = self._desk.who
        if who is None:
            return
        past = self._studio.library.cast.past(who.id, value.attribute, value.id)
        stages = self._studio.library.stages.of(who.id)
        elsewhere = stage_words(self._studio.library.cast.whole_sheet(who.id).values, stages)
        label = self._studio.schema.attributes[value.attribute].label
        popup = HistoryPopup(self._theme, label, past, elsewhere.get(value.attribute, ""))
        popup.setParent(self._window, popup.windowFlags())
        popup.restore_wanted.connect(partial(self._on_restore, value))
        popup.message_wanted.connect(self.message_wanted)
        popup.open_at(where)

    def _on_restore(self, value: Value, past: Past) -> None:
        who = self._desk.who
        if who is None or past.text is None:
            return
        becomes = replace(
            value,
            text=past.text,
            state=past.state,  # type: ignore[arg-type]
            know=past.know,
            source=past.source,
            source_ref=past.source_ref,
        )
        label = _("Back to: {text}", text=past.text[:60])
        cast = self._studio.library.cast
        self._desk.told(partial(cast.reword, who.id, becomes, self._studio.schema, label))
        self._desk.show_change({value.attribute})

    # Margin notes

    def _on_pointed(self, finding: Finding | None) -> None:
        ids = {p.value_id for p in finding.places if p.value_id} if finding is not None else set()
        self._page.point_at(frozenset(ids))

    def _on_both(self, finding: Finding) -> None:
        who = self._desk.who
        if who is None:
            return
        self._on_pointed(finding)
        here = [p for p in finding.places if p.character_id == who.id]
        said = next((p.message_id for p in finding.places if p.message_id is not None), None)
        if here and here[0].value_id is not None and said is None:
            self._page.show_value(here[0].value_id)
        elif said is not None:
            self.message_wanted.emit(said)
        elif finding.places:
            self._desk.open(finding.places[0].character_id)
            self._page.show_attribute(finding.places[0].attribute)

    def _on_meant(self, finding: Finding) -> None:
        who = self._desk.who
        if who is not None:
            meant = self._studio.library.findings.is_meant
            self._desk.told(partial(meant, who.id, finding.mark, finding.title))
            self._changed()

    def _on_offer(self, offer: Offer) -> None:
        who = self._desk.who
        if who is None:
            return
        change = self._studio.library.cast.change_many
        self._desk.told(partial(change, who.id, offer.changes, self._studio.schema, "suggested", offer.words))
        self._desk.show_change({change.attribute for of, change in offer.changes if of == who.id})

    def _on_story_year(self, year: int | None) -> None:
        self._desk.told(partial(self._studio.library.findings.set_story_year, year))
        self._changed()

    # Out, the cast and names

    def ask_export(self, character_id: int) -> None:
        """Ask what is to go out, then where to."""
        library = self._studio.library
        who = library.cast.get(character_id)
        stages, current = library.stages.of(who.id), library.stages.current(who.id)
        sheet_at = partial(library.cast.sheet_as_of, who.id)
        dialog = ExportDialog(self._theme, who.name, stages, current, sheet_at, self._window)
        dialog.export_wanted.connect(partial(self._on_export, who))
        dialog.open()

    def _on_export(self, who: Character, ending: str, know: tuple[Know, ...], stage: Stage | None) -> None:
        suggested = str(Path.home() / f"{_file_name(who)}{ending}")
        name, _kind = QFileDialog.getSaveFileName(self._window, _("Export"), suggested, f"*{ending}")
        if name:
            out = Path(name) if Path(name).suffix else Path(name + ending)
            self._desk.export(who.id, out, know=know, stage=stage)

    def show_cast(self) -> None:
        """Open the graph of the cast."""
        studio = self._studio
        people = studio.library.cast.all()
        if not people:
            return
        graph = CastGraph(self._theme, self._faces, self._window)
        who = self._desk.who.id if self._desk.who is not None else people[0].id
        graph.show_cast(people, ties_of(people, studio.bonds(), studio.schema), who)
        graph.person_chosen.connect(self._desk.open)
        graph.open()

    def rename(self) -> None:
        """Ask for a new name and show every place where the old one stands."""
        who = self._desk.who
        if who is None:
            return
        dialog = RenameDialog(self._theme, who.name, partial(self._studio.mentions, who.id), self._window)
        dialog.rename_wanted.connect(self._on_rename)
        dialog.open()

    def _on_rename(self, name: str, chosen: list[Mention]) -> None:
        who = self._desk.who
        if who is not None:
            self._desk.told(partial(rename, self._studio.library, who, name, chosen))
            self._desk.refresh()
            self._changed()

    def _changed(self) -> None:
        self._desk.show_change(set())


class _Notice:
    """Checks one character in a lane."""

    def __init__(self, studio: Studio, character_id: int) -> None:
        self._studio, self._who = studio, character_id

    def work(self, cancel: Cancel) -> Iterator[Noticed]:
        """Yields what is noticed, once."""
        people = self._studio.library.cast.all()
        ties = ties_of(people, self._studio.bonds(), self._studio.schema)
        cancel.check()
        yield Noticed(self._who, self._studio.check(self._who), ties)


def ties_of(people: Sequence[Character], sheets: dict[int, Sheet], schema: Schema) -> list[Tie]:
    """Everything that characters say of one another."""
    by_id = {person.id: person for person in people}
    found = []
    for person in people:
        for value in sheets[person.id].values if person.id in sheets else ():
            other = by_id.get(value.other_id or 0)
            if other is not None and value.state == "set":
                label = schema.attributes[value.attribute].label
                bond = Bond(other, label, value.feeling, value.know, value.attribute in AGAINST)
                found.append(Tie(person, bond))
    return found


def around(who: int, ties: Sequence[Tie]) -> list[Bond]:
    """The bonds of one character, each with what the other feels where that is known, each person once."""
    theirs = {t.one.id: t.bond for t in ties if t.bond.other.id == who}
    found: dict[int, Bond] = {}
    for tie in ties:
        if tie.one.id == who and tie.bond.other.id not in found:
            back = theirs.get(tie.bond.other.id)
            feeling = back.feeling if back is not None and back.feeling else tie.bond.feeling
            found[tie.bond.other.id] = replace(tie.bond, feeling=feeling)
    for tie in ties:
        if tie.bond.other.id == who and tie.one.id not in found:
            found[tie.one.id] = replace(tie.bond, other=tie.one)
    return list(found.values())


def _file_name(character: Character) -> str:
    """A file name of ours; the name itself may hold anything."""
    kept = "".join(c for c in character.name[:60] if c.isalnum() or c in " -_").strip()
    return kept or f"character-{character.id}"
