"""Joins the window to a studio: who is open, what is decided, what comes in and goes out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from charstudio import __version__
from charstudio.engines.shelf import STARTER_LICENCE
from charstudio.engines.terms import starter_terms
from charstudio.errors import Cancel, StudioError
from charstudio.gui.about import AboutDialog
from charstudio.gui.bridge import Bridge
from charstudio.gui.cast import CastEntry
from charstudio.gui.faces import Faces, decode
from charstudio.gui.main_window import MainWindow
from charstudio.gui.page_view import PageView
from charstudio.gui.settings_dialog import SettingsDialog
from charstudio.gui.theme import Choice, Theme
from charstudio.guide import questions
from charstudio.i18n import _
from charstudio.jobs import Ended, Progress
from charstudio.model import Change, Character, Value
from charstudio.settings import Settings
from charstudio.store import safety_copy
from charstudio.studio import Imported, Studio

log = logging.getLogger(__name__)

LIBRARY_LANE = "library"
ONE_LINE_QUOTE = 120


class Desk(QObject):
    """The library side of the window; tells the guide and the talk who is open and when the sheet changed."""

    opened = Signal(object)
    sheet_changed = Signal()
    schema_changed = Signal()
    guided_step = Signal(str)

    def __init__(
        self,
        studio: Studio,
        bridge: Bridge,
        theme: Theme,
        faces: Faces,
        window: MainWindow,
        pages: Sequence[PageView],
    ) -> None:
        super().__init__(window)
        self._studio = studio
        self._bridge = bridge
        self._theme = theme
        self._faces = faces
        self._window = window
        self._pages = pages
        self._who: Character | None = None
        self._imported: list[Imported] = []
        self._after_notice: Callable[[], None] | None = None
        self._pictured: dict[int, int | None] = {}
        self._entries: dict[int, CastEntry] = {}
        self._connect()

    def _connect(self) -> None:
        window = self._window
        window.character_chosen.connect(self.open)
        window.new_wanted.connect(self.new)
        window.import_wanted.connect(self._on_import)
        window.files_dropped.connect(self.import_files)
        window.duplicate_wanted.connect(self._on_duplicate)
        window.delete_wanted.connect(self._on_delete)
        window.undo_wanted.connect(self.undo)
        window.redo_wanted.connect(self.redo)
        window.place_changed.connect(self._on_place)
        window.settings_wanted.connect(self._on_settings)
        window.actions_by_name["picture"].triggered.connect(self._on_picture_wanted)
        window.about_wanted.connect(self._on_about)
        window.stop_wanted.connect(self._on_stop)
        window.notice_link_chosen.connect(self._on_notice_link)
        window.panels_changed.connect(self._on_panels)
        self._theme.changed.connect(self._on_theme)
        for page in self._pages:
            page.value_edited.connect(self._on_value_edited)
            page.value_removed.connect(self._on_value_removed)
            page.know_chosen.connect(self._on_know)
            page.lock_toggled.connect(self._on_lock)
            page.sheet_wanted.connect(self._on_sheet_wanted)
            page.guide_wanted.connect(self._on_guide_wanted)

    @property
    def who(self) -> Character | None:
        """The character that is open."""
        return self._who

    # What is so

    def start(self) -> None:
        """Show the library, then make the safety copy of the day in the background."""
        self._window.show_library(self._studio.library.path.stem)
        self.refresh()
        self._bridge.run(LIBRARY_LANE, self._copy_safely, None, self._on_copied)

    def refresh(self) -> None:
        """Show the cast, the open sheet and what undo would do."""
        if self._studio.catch_up():
            self.schema_changed.emit()
        everyone = self._studio.library.cast.all()
        self._entries = {c.id: self._entry(c) for c in everyone}
        self._window.show_cast(list(self._entries.values()))
        self._load_pictures(everyone)
        still = next((c for c in everyone if self._who is not None and c.id == self._who.id), None)
        if self._who is not None and still is None:
            self._who = None
            self._window.show_place("library")
        if still is not None:
            self._who = still
            self._show_sheet(set())
        self.refresh_undo()

    def take_schema(self) -> None:
        """Something else is asked in this library now."""
        self.schema_changed.emit()
        self.refresh()

    def show_change(self, attributes: set[str]) -> None:
        """The sheet of the open character changed in these attributes."""
        if self._who is None:
            return
        before = self._who
        self._who = self._studio.library.cast.get(self._who.id)
        self._show_sheet(attributes)
        if (before.name, before.line, before.values) != (self._who.name, self._who.line, self._who.values):
            # Only this one is read anew: a large cast would take longer than a frame.
            self._entries[self._who.id] = self._entry(self._who)
            self._window.show_cast(list(self._entries.values()))
        self.refresh_undo()
        self._window.status.show_saved(_("Saved · every decision can be undone"))
        self.sheet_changed.emit()

    def _show_sheet(self, fresh: set[str]) -> None:
        assert self._who
        sheet = self._studio.library.cast.sheet(self._who.id)
        place, tab = self._window.place, self._window.tab
        if place == "character":
            self._window.show_character(self._who, self._who.line)
            self._window.show_tab(tab)
        for page in self._pages:
            page.show_sheet(self._who, sheet, self._studio.schema, fresh)

    def _entry(self, character: Character) -> CastEntry:
        sheet = self._studio.library.cast.sheet(character.id)
        decided = sheet.decided()
        pack = questions(self._studio.schema, "spark")
        quote = next((v.text for v in sheet.of("sample_line")), "")
        role = sheet.text("story_role")
        return CastEntry(character, len(decided & set(pack)), len(pack), quote[:ONE_LINE_QUOTE], role)

    def _load_pictures(self, everyone: Sequence[Character]) -> None:
        for character in everyone:
            if self._pictured.get(character.id) != character.picture_id:
                self._pictured[character.id] = character.picture_id
                if character.picture_id is None:
                    self._faces.give(character.id, None)
                else:
                    load = _PictureLoad(self._studio, character)
                    self._bridge.run(LIBRARY_LANE, load.work, self._on_picture)

    def _on_picture(self, events: list[Any]) -> None:
        for character_id, image in events:
            self._faces.give(character_id, image)

    def refresh_undo(self) -> None:
        """Say what undo and redo would do now."""
        of = self._who.id if self._who is not None and self._window.place == "character" else None
        library = self._studio.library
        self._window.show_undo(library.next_undo(of) or "", library.next_redo(of) or "")

    # Characters

    def open(self, character_id: int) -> None:
        """Open a character."""
        self._who = self._studio.library.cast.get(character_id)
        self._window.show_character(self._who, self._who.line)
        self._show_sheet(set())
        self.refresh_undo()
        self.opened.emit(self._who)

    def new(self) -> None:
        """Make a blank voice and let it ask."""
        made = self._told(lambda: self._studio.library.cast.new(self._studio.schema, source="guided"))
        if made is not None:
            self.refresh()
            self.open(made.id)
            self._window.show_tab("guide")

    def _on_duplicate(self, character_id: int) -> None:
        copy = self._told(lambda: self._studio.library.cast.duplicate(character_id, self._studio.schema))
        if copy is not None:
            self.refresh()
            self.open(copy.id)

    def _on_delete(self, character_id: int) -> None:
        name = self._studio.library.cast.get(character_id).name or _("The nameless voice")
        if self._done(lambda: self._studio.delete_character(character_id)):
            self.refresh()
            self._notice(
                _("{name} was put away.", name=name[:60]), _("Bring back"), self._bring_back(character_id)
            )

    def _bring_back(self, character_id: int) -> Callable[[], None]:
        def back() -> None:
            self._told(lambda: self._studio.library.undo(character_id))
            self.refresh()

        return back

    def undo(self) -> None:
        """Take back the last decision."""
        self._step(redo=False)

    def redo(self) -> None:
        """Decide again what was taken back."""
        self._step(redo=True)

    def _step(self, *, redo: bool) -> None:
        if self._window.place == "character" and self._window.tab == "guide":
            # Guided mode takes back in words, and asks again what is open again.
            self.guided_step.emit("redo" if redo else "undo")
            return
        of = self._who.id if self._who is not None and self._window.place == "character" else None
        library = self._studio.library
        undone = self._told(lambda: library.redo(of) if redo else library.undo(of))
        if undone is None:
            return
        words = (
            _("Done again: {what}", what=undone.label) if redo else _("Taken back: {what}", what=undone.label)
        )
        self.refresh()
        self._window.status.show_saved(words)
        if self._who is not None:
            self.sheet_changed.emit()
            self.opened.emit(self._who)

    # Values

    def _on_value_edited(self, attribute: str, old: Value | None, text: str) -> None:
        many = self._studio.schema.attributes[attribute].many
        changes = []
        if old is not None and old.id is not None and self._holds_here(old):
            self._reword(old, text)
            return
        if old is not None and many:
            changes = (
                [Change(attribute, old.text, "remove")]
                if old.state == "set"
                else [Change(attribute, op="clear")]
            )
        op = "add" if many else "set"
        know = old.know if old is not None else None
        self._change([*changes, Change(attribute, text, op, know=know)])  # type: ignore[arg-type]

    def _holds_here(self, value: Value) -> bool:
        """Whether a value belongs to the stage in view, so that writing it anew changes no other stage."""
        current = self._studio.library.stages.current(self._who.id) if self._who is not None else None
        return value.stage_id == (current.id if current else None)

    def _reword(self, old: Value, text: str) -> None:
        if self._who is None:
            return
        who = self._who.id
        becomes = replace(old, text=text, state="set", source="form", source_ref="")
        if self._done(lambda: self._studio.library.cast.reword(who, becomes, self._studio.schema)):
            self.show_change({old.attribute})

    def _on_value_removed(self, value: Value) -> None:
        if value.state == "set":
            self._change([Change(value.attribute, value.text, "remove")])
        else:
            self._change([Change(value.attribute, op="clear")])

    def _on_know(self, value: Value, know: str) -> None:
        self.adjust(value, replace(value, know=know), _("Who knows it"))  # type: ignore[arg-type]

    def _on_lock(self, value: Value, locked: bool) -> None:
        self.adjust(value, replace(value, locked=locked), _("Lock") if locked else _("Unlock"))

    def adjust(self, value: Value, becomes: Value, label: str) -> None:
        """Change all but the words of a value of the open character."""
        if self._who is None or value.id is None:
            return
        who = self._who.id
        if self._done(lambda: self._studio.library.cast.adjust(who, becomes, label)):
            self.show_change({value.attribute})

    def _change(self, changes: list[Change]) -> None:
        if self._who is None:
            return
        who = self._who.id
        changed = self._told(
            lambda: self._studio.library.cast.change(who, changes, self._studio.schema, "form")
        )
        if changed is not None:
            self.show_change({c.attribute for c in changes})

    def _on_sheet_wanted(self) -> None:
        self._window.show_tab("sheet")

    def _on_guide_wanted(self) -> None:
        self._window.show_tab("guide")

    # In and out

    def _on_import(self) -> None:
        names, _kind = QFileDialog.getOpenFileNames(
            self._window,
            _("Open character cards"),
            "",
            _("Cards and talks (*.png *.apng *.json *.charx *.jpeg *.byaf *.yaml *.jsonl);;All files (*)"),
        )
        if names:
            self.import_files(names)

    def import_files(self, names: Sequence[str]) -> None:
        """Bring in cards in the background."""
        files = [Path(name) for name in names]
        self._imported = []

        def work(cancel: Cancel) -> Any:
            return self._studio.import_files(files, cancel)

        self._bridge.run(LIBRARY_LANE, work, self._on_import_events, self._on_import_end)

    def _on_import_events(self, events: list[Any]) -> None:
        for event in events:
            if isinstance(event, Progress):
                self._window.status.show_work(event.words, event.done, event.total)
            elif isinstance(event, Imported):
                self._imported.append(event)

    def _on_import_end(self, ended: Ended) -> None:
        self._window.status.end_work()
        self.refresh()
        come = [i for i in self._imported if i.character is not None]
        bad = [i for i in self._imported if i.error]
        if len(come) == 1 and come[0].character is not None:
            self.open(come[0].character.id)
        if bad:
            self._notice(
                bad[0].error
                if len(bad) == 1
                else _("{n} files were no cards: {why}", n=len(bad), why=bad[0].error)
            )
        elif come and come[-1].warnings:
            self._notice(" ".join(come[-1].warnings[:2]))
        elif ended.error is not None:
            self._notice(str(ended.error))

    def export(self, character_id: int, out: Path, **chosen: Any) -> None:
        """Write a character to a file; `chosen` are its know levels and its stage."""
        if self._told(lambda: self._studio.export(character_id, out, **chosen)) is not None:
            self._notice(_("Saved as {file}.", file=out))

    def _on_picture_wanted(self) -> None:
        kinds = _("Pictures (*.png *.jpg *.jpeg *.webp *.gif)")
        name, _kind = QFileDialog.getOpenFileName(self._window, _("Choose a picture"), "", kinds)
        who = self._who
        if name and who is not None and self._done(lambda: self._studio.set_picture(who.id, Path(name))):
            self.refresh()

    # Settings

    def _on_settings(self) -> None:
        dialog = SettingsDialog(self._theme, self._studio.settings, self._window)
        dialog.settings_changed.connect(self.change_settings)
        dialog.open()

    def change_settings(self, chosen: Settings) -> None:
        """Use and keep these settings."""
        self._done(lambda: self._studio.change_settings(chosen))
        self._theme.choose(look_of(chosen, self._theme.choice))

    def _on_theme(self) -> None:
        look = self._theme.choice
        chosen = replace(
            self._studio.settings, theme=look.scheme, text_size=look.text_size, less_motion=look.less_motion
        )
        if chosen != self._studio.settings:
            self._done(lambda: self._studio.change_settings(chosen))

    def _on_panels(self, widths: dict[str, int]) -> None:
        self._done(lambda: self._studio.change_settings(replace(self._studio.settings, panels=widths)))

    def _on_about(self) -> None:
        texts = [
            (_("charstudio"), _("Apache License 2.0. Everything you write stays on this computer.")),
            (_("Starter model: Gemma 3 270M"), STARTER_LICENCE + "\n\n" + starter_terms()),
            (_("Memory: all-MiniLM-L6-v2"), "Apache License 2.0"),
            (_("Voice: eSpeak NG"), _("GNU GPL 3 or later; it runs in a process of its own.")),
            (_("Letters and icons"), _("Literata and Inter: SIL Open Font License 1.1. Lucide: ISC.")),
            (_("Window: Qt and PySide6"), "GNU LGPL 3"),
        ]
        AboutDialog(self._theme, __version__, texts, self._window).open()

    # Notices and the rest

    def _notice(self, sentence: str, link: str = "", act: Callable[[], None] | None = None) -> None:
        self._after_notice = act
        self._window.show_notice(sentence, link)

    def _on_notice_link(self) -> None:
        act, self._after_notice = self._after_notice, None
        self._window.notice.clear()
        if act is not None:
            act()

    def notice(self, sentence: str, link: str, act: Callable[[], None]) -> None:
        """Say one sentence at the top of the view, with what can be done about it."""
        self._notice(sentence, link, act)

    def told(self, act: Callable[[], Any]) -> Any:
        """Do something that can fail, for the other desks; None when it did."""
        return self._told(act)

    def _told(self, act: Callable[[], Any]) -> Any:
        """Do something that can fail; a failure stands as a sentence at the top of the view."""
        try:
            return act()
        except StudioError as exc:
            self._after_notice = None
            self._window.show_notice(str(exc), kind="danger")
            return None

    def _done(self, act: Callable[[], None]) -> bool:
        """Do something that can fail; says whether it did not."""

        def acted() -> bool:
            act()
            return True

        return bool(self._told(acted))

    def _on_place(self, _place: str) -> None:
        self.refresh_undo()

    def _on_stop(self) -> None:
        self._bridge.stop()

    def _copy_safely(self, _cancel: Cancel) -> Any:
        self._studio.reading()
        safety_copy(self._studio.library.path)
        yield from ()

    def _on_copied(self, ended: Ended) -> None:
        if ended.error is not None:
            self._window.show_notice(
                _("Today’s safety copy could not be made: {why}", why=ended.error), kind="danger"
            )


class _PictureLoad:
    """Reads one picture in a lane, so that large ones never hold up the window."""

    def __init__(self, studio: Studio, character: Character) -> None:
        self._studio = studio
        self._character = character

    def work(self, _cancel: Cancel) -> Any:
        """Yields the character’s id and the image, or nothing when it cannot be shown."""
        picture = self._studio.library.cast.picture(self._character.picture_id or 0)
        if picture is not None:
            try:
                yield self._character.id, decode(picture.body)
            except StudioError:
                log.info("a picture cannot be shown")


def look_of(chosen: Settings, now: Choice) -> Choice:
    """The look that settings ask for."""
    scheme: Any = chosen.theme if chosen.theme in ("system", "light", "dark") else "system"
    return replace(now, scheme=scheme, text_size=chosen.text_size, less_motion=chosen.less_motion)
