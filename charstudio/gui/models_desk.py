"""Joins the Models view to the shelf: looking, checking and downloading go on in lanes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from charstudio import paths
from charstudio.engines.addresses import file_name
from charstudio.engines.curated import load_suggested, suggested_for
from charstudio.engines.download import Fetching
from charstudio.engines.estimate import estimate, this_machine
from charstudio.engines.shelf import Checked, ShelvedModel
from charstudio.engines.sums import Checking
from charstudio.errors import Cancel
from charstudio.gui.bridge import Bridge
from charstudio.gui.desk import Desk
from charstudio.gui.main_window import MainWindow
from charstudio.gui.model_cards import ModelHere, ModelOffered, size_words
from charstudio.gui.models_view import ADDRESS, ModelsView
from charstudio.i18n import _
from charstudio.jobs import Ended, Work
from charstudio.studio import Studio

MODELS_LANE = "models"  # what is quick: reading headers
FILES_LANE = "files"  # what is not: downloads, checks, looking through folders
_OF_CARDS = ("model_use", "model_check", "model_forget", "model_download")


@dataclass(frozen=True, slots=True)
class Found:
    """What there is, as the view shows it."""

    models: tuple[ModelHere, ...]
    offers: tuple[ModelOffered, ...]
    used: str


class ModelsDesk(QObject):
    """The models side of the window; one file is worked on at a time."""

    def __init__(
        self, studio: Studio, bridge: Bridge, desk: Desk, window: MainWindow, view: ModelsView
    ) -> None:
        super().__init__(window)
        self._studio = studio
        self._bridge = bridge
        self._desk = desk
        self._window = window
        self._view = view
        self._key = ""  # what is worked on: a path, a suggested model's name, or an address
        self._words = ""
        self._came: ShelvedModel | None = None
        self._checked: Checked | None = None
        self._looked: list[ShelvedModel] = []

        window.place_changed.connect(self._on_place)
        view.use_wanted.connect(self.use)
        view.check_wanted.connect(self.check)
        view.forget_wanted.connect(self.forget)
        view.add_wanted.connect(self._on_add)
        view.folder_wanted.connect(self._on_folder)
        view.download_wanted.connect(self.download)
        view.address_wanted.connect(self._on_address)
        view.stop_wanted.connect(self.stop)
        view.notice.link_chosen.connect(self._on_link)
        do = window.actions_by_name
        do["model_add"].triggered.connect(self._on_add)
        do["model_folder"].triggered.connect(self._on_folder)
        do["model_address"].triggered.connect(self._on_ask_address)
        do["model_use"].triggered.connect(self._on_use_current)
        do["model_check"].triggered.connect(self._on_check_current)
        do["model_forget"].triggered.connect(self._on_forget_current)
        do["model_download"].triggered.connect(self._on_download_current)
        do["model_stop"].triggered.connect(self.stop)
        self._enable(window.place)

    # What is so

    def refresh(self) -> None:
        """Show which models there are and which one speaks."""
        self._window.status.show_model(self._studio.model_name() or _("No model"))
        self._bridge.run(MODELS_LANE, self._find, self._on_found, self._on_quick_end)

    def learn(self, figures: dict[str, Any]) -> None:
        """A reply was this fast."""
        studio = self._studio
        if studio.settings.engine != "llama":
            return

        def work(_cancel: Cancel) -> Iterator[None]:
            studio.shelf.learn(studio.shelf.find(studio.settings.model), figures)
            yield from ()

        self._bridge.run(MODELS_LANE, work)

    def _find(self, _cancel: Cancel) -> Iterator[Found]:
        # on the lane: files are opened here
        shelf, chosen, machine = self._studio.shelf, self._studio.settings, this_machine()
        speed, models = shelf.speed(), shelf.all()
        context = {m.path: shelf.settings_of(Path(m.path)).context or chosen.context for m in models}
        here = tuple(
            ModelHere(m, estimate(m.file, machine, context[m.path], speed) if m.file else None)
            for m in models
        )
        if shelf.has_starter() and not any(m.starter for m in models):
            words = _("It is put together at the first talk.")
            starter = ShelvedModel(_("Starter model"), str(shelf.starter_path()), None, True, changed=words)
            here = (ModelHere(starter), *here)
        names = {Path(m.path).name for m in models}
        offers = tuple(
            ModelOffered(s, s.estimate(machine, chosen.context, speed), _bytes_here(s.url))
            for s in suggested_for(load_suggested(paths.resource("models.yaml")), machine, speed)
            if file_name(s.url) not in names
        )
        yield Found(here, offers, chosen.model or str(shelf.starter_path()))

    def _on_found(self, events: list[Any]) -> None:
        found: Found = events[-1]
        self._view.show_models(found.models, found.used, offers=found.offers)

    def _on_place(self, place: str) -> None:
        self._enable(place)
        if place == "models":
            self.refresh()

    def _enable(self, place: str) -> None:
        do = self._window.actions_by_name
        for name in _OF_CARDS:
            do[name].setEnabled(place == "models")
        do["model_stop"].setEnabled(bool(self._key))

    # Choosing

    def use(self, path: str) -> None:
        """Let this model speak from now on."""
        starter = str(self._studio.shelf.starter_path())
        self._desk.change_settings(replace(self._studio.settings, model="" if path == starter else path))
        self.refresh()

    def forget(self, path: str) -> None:
        """Take a model off the list; the one in use gives way to the starter."""
        if self._studio.settings.model == path:
            self._desk.change_settings(replace(self._studio.settings, model=""))
        forget = self._studio.shelf.forget
        self._quick(lambda _cancel: _done(forget(Path(path))))

    def add(self, path: str) -> None:
        """Put a model file on the list."""
        shelve = self._studio.shelf.add
        self._quick(lambda _cancel: _done(shelve(Path(path))))

    def _quick(self, work: Work) -> None:
        self._view.notice.clear()
        self._bridge.run(MODELS_LANE, work, None, self._on_quick_end)
        self.refresh()

    def _on_quick_end(self, ended: Ended) -> None:
        if ended.error is not None:
            self._tell(str(ended.error), danger=True)

    # Files that take long

    def check(self, path: str) -> None:
        """Read a whole model and compare its checksum."""
        verify, self._checked = self._studio.shelf.verify, None
        words = _("Checking, megabytes")
        self._begin(path, words, lambda cancel: verify(Path(path), cancel), self._on_checked_end)

    def look_through(self, folder: str) -> None:
        """Look for models in a folder, now and whenever folders are looked through again."""
        shelf, self._looked = self._studio.shelf, []

        def work(cancel: Cancel) -> Iterator[Any]:
            shelf.add_folder(Path(folder))
            yield from shelf.rescan(cancel)

        self._begin(
            folder, _("Looking through {folder}", folder=Path(folder).name), work, self._on_looked_end
        )

    def download(self, what: str, key: str = "") -> None:
        """Bring a suggested model by its name, or one from an address."""
        fetch, self._came = self._studio.shelf.fetch, None
        self._begin(
            key or what, _("Downloading, megabytes"), lambda cancel: fetch(what, cancel), self._on_came_end
        )

    def stop(self) -> None:
        """Stop what is worked on; what came of a download is kept."""
        self._bridge.stop(FILES_LANE)

    def _begin(self, key: str, words: str, work: Work, ended: Any) -> None:
        if self._key:
            self._tell(_("One thing after another: wait until that file is done, or cancel it."))
            return
        self._key, self._words = key, words
        self._view.notice.clear()
        self._show(_("One moment"), 0, 0)
        self._enable(self._window.place)
        self._bridge.run(FILES_LANE, work, self._on_work, ended)

    def _on_work(self, events: list[Any]) -> None:
        for event in events:
            if isinstance(event, Checked):
                self._checked = event
            elif isinstance(event, ShelvedModel):
                self._came = event
                self._looked.append(event)
        last = events[-1]
        if isinstance(last, Fetching):
            self._show(_fetching_words(last), last.done, last.total)
        elif isinstance(last, Checking):
            self._show(_part_words(_("Reading the file"), last.done, last.total), last.done, last.total)

    def _show(self, words: str, done: int, total: int) -> None:
        self._view.show_work(self._key, words, done, total)
        self._window.status.show_work(self._words, done // 1_000_000, total // 1_000_000)

    def _on_checked_end(self, ended: Ended) -> None:
        if self._ended(ended) and self._checked is not None:
            self._tell(self._checked.sentence, danger=not self._checked.well)

    def _on_looked_end(self, ended: Ended) -> None:
        if not self._ended(ended):
            return
        new = [m for m in self._looked if m.file is not None]
        bad = [m for m in self._looked if m.file is None]
        if bad:
            self._tell(bad[0].trouble, danger=True)
        elif new:
            count = len(new)
            self._tell(_("One model was found.") if count == 1 else _("{n} models were found.", n=count))
        else:
            self._tell(_("There is no model in that folder that is not on the list."))

    def _on_came_end(self, ended: Ended) -> None:
        if ended.how == "cancelled":
            self._tell(_("The download was stopped; what came is kept, and Download goes on from there."))
        if self._ended(ended) and self._came is not None:
            self._tell(_("{name} is here, whole and checked.", name=self._came.name), link=_("Use this one"))

    def _ended(self, ended: Ended) -> bool:
        """Nothing is worked on any more; says whether all went well."""
        self._key = ""
        self._view.end_work()
        self._window.status.end_work()
        self._enable(self._window.place)
        self.refresh()
        if ended.error is not None:
            self._tell(str(ended.error), danger=True)
        return ended.how == "done"

    def _tell(self, sentence: str, *, danger: bool = False, link: str = "") -> None:
        self._view.notice.show_notice(sentence, link, "danger" if danger else "info")

    # Slots

    def _on_link(self) -> None:
        self._view.notice.clear()
        if self._came is not None:
            self.use(self._came.path)

    def _on_add(self) -> None:
        self._window.show_place("models")
        name, _kind = QFileDialog.getOpenFileName(
            self._window, _("Add a model"), "", _("GGUF models (*.gguf)")
        )
        if name:
            self.add(name)

    def _on_folder(self) -> None:
        self._window.show_place("models")
        name = QFileDialog.getExistingDirectory(self._window, _("Look through a folder"))
        if name:
            self.look_through(name)

    def _on_ask_address(self) -> None:
        self._window.show_place("models")
        self._view.ask_address()

    def _on_address(self, address: str) -> None:
        self.download(address, ADDRESS)

    def _on_use_current(self) -> None:
        if path := self._view.current():
            self.use(path)

    def _on_check_current(self) -> None:
        if path := self._view.current():
            self.check(path)

    def _on_forget_current(self) -> None:
        path = self._view.current()
        if path and path != str(self._studio.shelf.starter_path()):
            self.forget(path)

    def _on_download_current(self) -> None:
        if name := self._view.current_offer():
            self.download(name)


def _done(_result: object) -> Iterator[Any]:
    return iter(())


def _bytes_here(url: str) -> int:
    """How much of a download that was stopped is here."""
    part = paths.data() / "models" / f"{file_name(url)}.part"
    try:
        return part.stat().st_size
    except OSError:
        return 0


def _part_words(words: str, done: int, total: int) -> str:
    if not total:
        return words
    return _("{words} · {done} of {total}", words=words, done=size_words(done), total=size_words(total))


def _fetching_words(event: Fetching) -> str:
    words = _part_words(_("Downloading"), event.done, event.total)
    if not event.per_s:
        return words
    words = _("{words} · {speed} a second", words=words, speed=size_words(event.per_s))
    left = (event.total - event.done) / event.per_s if event.total else 0
    if left >= 90:
        return _("{words} · about {count} minutes left", words=words, count=round(left / 60))
    return _("{words} · about {count} seconds left", words=words, count=round(left)) if left >= 1 else words
