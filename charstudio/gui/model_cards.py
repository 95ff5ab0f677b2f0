"""The cards of the Models view: a model that is here, and one that could be."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QLayout, QPushButton, QWidget

from charstudio.engines.curated import Suggested
from charstudio.engines.estimate import Estimate, speed_words
from charstudio.engines.shelf import ShelvedModel
from charstudio.gui.text import Label, one_line, set_tip
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Card, FlowLayout, IconView, LinkButton, QuietButton, WorkBar, column, row
from charstudio.i18n import _
from charstudio.model import ModelFile

_SIGNS = {
    "fits": ("check", "ok"),
    "tight": ("triangle-alert", "private"),
    "too big": ("triangle-alert", "danger"),
}


@dataclass(frozen=True, slots=True)
class ModelHere:
    """A model on the shelf, with what it would ask of this computer if its file can be read."""

    model: ShelvedModel
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True)
class ModelOffered:
    """A model that could be downloaded; `here` are the bytes that came before a download was stopped."""

    model: Suggested
    estimate: Estimate
    here: int = 0


def size_words(size: float) -> str:
    """A size in bytes as people say it."""
    if size >= 1_000_000_000:
        return _("{count} GB", count=f"{size / 1e9:.1f}")
    return _("{count} MB", count=max(1, round(size / 1e6)))


def count_words(parameters: int) -> str:
    """How many parameters a model has, as people say it; empty when that is not known."""
    if parameters >= 1_000_000_000:
        return _("{count} billion parameters", count=f"{parameters / 1e9:.1f}")
    return _("{count} million parameters", count=round(parameters / 1e6)) if parameters >= 1_000_000 else ""


def verdict_words(estimate: Estimate) -> str:
    """The verdict with its reason and the speed, in sentences."""
    verdict = {"fits": _("Fits."), "tight": _("Tight."), "too big": _("Too big.")}[estimate.verdict]
    return " ".join(filter(None, (verdict, estimate.reason, speed_words(estimate.words_per_s))))


class WorkLine(QWidget):
    """How far a download or a check is, with the words and a link that stops it."""

    stop_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._bar = WorkBar(theme)
        self._words = Label(theme, "ui_small", colour="text_2")
        self._words.setWordWrap(True)
        self._stop = LinkButton(theme, _("Cancel"))
        layout = row(margins=(0, 4, 0, 0), gap=10)
        layout.addWidget(self._bar)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._stop)
        self.setLayout(layout)
        self.hide()
        self._stop.clicked.connect(self.stop_wanted)

    def show_work(self, words: str, done: int, total: int) -> None:
        """Show how far it is; a total of 0 is unknown."""
        self._bar.show_part(done, total)
        self._words.set_text(words)
        self.show()

    def take_keyboard(self) -> None:
        """The keyboard waits at the link that stops it."""
        self._stop.setFocus(Qt.FocusReason.OtherFocusReason)

    def has_keyboard(self) -> bool:
        """Whether the keyboard waits here."""
        return self._stop.hasFocus()


class _Verdict(QWidget):
    """A sign and the sentences that go with it."""

    def __init__(self, theme: Theme, estimate: Estimate) -> None:
        super().__init__()
        icon, colour = _SIGNS[estimate.verdict]
        words = Label(theme, "ui_small", verdict_words(estimate))
        words.setWordWrap(True)
        layout = row(gap=7)
        layout.addWidget(IconView(theme, icon, colour=colour, px=14), 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(words, 1)
        self.setLayout(layout)


class _WorkingCard(Card):
    """What both kinds of cards share: a width, an icon, and work that goes on in them."""

    stop_wanted = Signal()

    def __init__(self, theme: Theme, icon: str) -> None:
        super().__init__(theme)
        self._icon = icon
        self._words = column(gap=3)
        self._work = WorkLine(theme)
        self._buttons = QWidget()
        self._row = FlowLayout(gap=8, line_gap=6)
        self._buttons.setLayout(self._row)
        self.setMaximumWidth(round(860 * theme.scale))
        self._work.stop_wanted.connect(self.stop_wanted)

    def _finish(self, state: QWidget | None = None) -> None:
        self._words.addSpacing(6)
        self._words.addWidget(self._work)
        self._words.addWidget(self._buttons)
        layout = row(margins=(18, 14, 16, 14), gap=14)
        layout.addWidget(IconView(self._theme, self._icon, px=20), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(self._words, 1)
        if state is not None:
            layout.addWidget(state, 0, Qt.AlignmentFlag.AlignTop)
        self.setLayout(layout)

    def _line(self, words: str, colour: str = "text_2") -> None:
        line = Label(self._theme, "ui_small", words, colour=colour)
        line.setWordWrap(True)
        self._words.addWidget(line)

    def set_busy(self, *, busy: bool) -> None:
        """While one file is worked on, no other can be."""
        raise NotImplementedError

    def show_work(self, words: str, done: int, total: int) -> None:
        """Work goes on in this card."""
        self._work.show_work(words, done, total)
        here = QApplication.focusWidget()
        if here is not None and self._buttons.isAncestorOf(here):
            self._work.take_keyboard()  # a hidden button would send it anywhere
        self._buttons.hide()

    def end_work(self) -> None:
        """The work is over; the keyboard goes from its link back to a button."""
        self._buttons.show()
        if self._work.has_keyboard():
            self.focus_button()
        self._work.hide()

    def focus_button(self, name: str = "") -> bool:
        """Give the keyboard to the button of that name, or to the first that is there."""
        for button in self._buttons.findChildren(QPushButton):
            if not button.isHidden() and name in ("", button.accessibleName()):
                button.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return False


class ModelCard(_WorkingCard):
    """One model that is here: name, what it is, whether it fits, and what can be done with it."""

    use_wanted = Signal(str)
    check_wanted = Signal(str)
    forget_wanted = Signal(str)

    def __init__(self, theme: Theme, here: ModelHere, *, used: bool, state: str) -> None:
        super().__init__(theme, "cpu")
        model, self._used = here.model, used
        self.path = model.path
        self.set_selected(used)
        name = one_line(model.name)
        self._state = Label(theme, "ui_small", state, colour="text_2")
        self._words.addWidget(Label(theme, "ui_strong", model.name, elide=True))
        if model.file is not None:
            self._line(_facts(model.file))
            licence = one_line(model.file.licence, 200) or _("not said in the file")
            self._line(_("Licence: {licence}", licence=licence))
        if here.estimate is not None:
            self._words.addWidget(_Verdict(theme, here.estimate))
        for warning in (*(model.file.warnings if model.file else ()), model.changed):
            if warning:
                self._line(warning, "private")
        if model.trouble:
            self._line(model.trouble, "danger")
        self._use = QuietButton(theme, _("Use this one"), framed=True)
        self._use.setAccessibleName(_("Use {name}", name=name))
        self._check = QuietButton(theme, _("Check the file"), framed=used)
        self._check.setAccessibleName(_("Check the file of {name}", name=name))
        set_tip(self._check, _("Reads the whole file and compares its checksum with the known one."))
        self._forget = QuietButton(theme, _("Take off the list"), framed=model.file is None)
        self._forget.setAccessibleName(_("Take {name} off the list", name=name))
        set_tip(self._forget, _("The file stays where it is."))
        for button in (self._use, self._check, self._forget):
            self._row.addWidget(button)
        self._finish(self._state)
        self._use.setVisible(not used and (model.file is not None or model.starter))
        self._check.setVisible(model.file is not None)
        self._forget.setVisible(not used and not model.starter)
        self.show_state(state)
        set_tip(self, model.path)

        self._use.clicked.connect(self._on_use)
        self._check.clicked.connect(self._on_check)
        self._forget.clicked.connect(self._on_forget)

    def show_state(self, state: str) -> None:
        """Say what the model does now, if it is the one in use."""
        self._state.set_text(state or _("in use") if self._used else "")
        self._state.setVisible(self._used)

    def set_busy(self, *, busy: bool) -> None:
        """While one file is worked on, no other can be."""
        self._check.setEnabled(not busy)

    def _on_use(self) -> None:
        self.use_wanted.emit(self.path)

    def _on_check(self) -> None:
        self.check_wanted.emit(self.path)

    def _on_forget(self) -> None:
        self.forget_wanted.emit(self.path)


class OfferCard(_WorkingCard):
    """One model that could be downloaded: what it is good at, whether it would fit, and the button."""

    download_wanted = Signal(str)

    def __init__(self, theme: Theme, offered: ModelOffered) -> None:
        super().__init__(theme, "download")
        model = offered.model
        self.name, self.title = model.name, model.title
        self._words.addWidget(Label(theme, "ui_strong", model.title, elide=True))
        facts = (
            _("about {size}", size=size_words(model.size)),
            _("{count} tokens of context", count=f"{model.context:,}"),
            _("Licence: {licence}", licence=model.licence),
        )
        self._line(" · ".join(facts))
        self._line(model.words, "text")
        self._words.addWidget(_Verdict(theme, offered.estimate))
        self._get = QuietButton(theme, _("Download"), icon="download", framed=True)
        self._get.setAccessibleName(_("Download {name}", name=model.title))
        self._row.addWidget(self._get)
        if offered.here:
            self._get.set_words(_("Go on"))
            self._get.setAccessibleName(_("Go on downloading {name}", name=model.title))
            words = _("{size} of it are here already.", size=size_words(offered.here))
            note = Label(theme, "ui_small", words, colour="text_2")
            note.setMinimumHeight(theme.size("control"))
            self._row.addWidget(note)
        self._finish()
        set_tip(self, model.url)
        self._get.clicked.connect(self._on_get)

    def set_busy(self, *, busy: bool) -> None:
        """While one model is on its way, no other can be."""
        self._get.setEnabled(not busy)

    def _on_get(self) -> None:
        self.download_wanted.emit(self.name)


def clear(layout: QLayout) -> None:
    """Take all widgets out of a layout and let them go."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def _facts(file: ModelFile) -> str:
    facts = [
        file.architecture,
        count_words(file.parameters),
        file.quantisation,
        size_words(file.size),
        _("{count} tokens of context", count=f"{file.context:,}"),
        _("chats") if file.has_template else _("continues text"),
    ]
    return " · ".join(one_line(fact, 60) for fact in facts if fact)
