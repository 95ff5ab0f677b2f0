"""Asks what is to go out: as what, which know levels, as of which stage; it says what stays at home."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from charstudio.gui.page_rows import know_words
from charstudio.gui.text import Label, one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Chip, FlowLayout, PrimaryButton, QuietButton, column, row
from charstudio.i18n import _
from charstudio.model import ALWAYS, KNOW_LEVELS, Know, Stage
from charstudio.sheet import Sheet

CARDS = (".png", ".json")


class ExportDialog(QDialog):
    """Emits the ending of the file, the levels and the stage (`ALWAYS` for none); nothing is written here."""

    export_wanted = Signal(str, tuple, object)

    def __init__(
        self,
        theme: Theme,
        name: str,
        stages: Sequence[Stage],
        current: Stage | None,
        sheet_at: Callable[[int | None], Sheet],
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._sheet_at = theme, sheet_at
        self.setWindowTitle(_("Export"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._kinds = {
            ".png": self._chip(_("Card picture"), one=True),
            ".json": self._chip(_("Card file"), one=True),
            ".md": self._chip(_("Readable page"), one=True),
        }
        self._levels: dict[Know, Chip] = {level: self._level(level) for level in KNOW_LEVELS}
        self._stages: dict[Stage | None, Chip] = {
            stage: self._chip(stage.name if stage else _("Always"), one=True) for stage in (None, *stages)
        }
        self._told = Label(theme, "ui", colour="text_2")
        self._told.setWordWrap(True)
        self._next = PrimaryButton(theme, _("Choose a place…"))
        self._cancel = QuietButton(theme, _("Cancel"), framed=True)
        self._build(theme, name, staged=bool(stages))
        self._kinds[".png"].setChecked(True)
        self._levels["open"].setChecked(True)
        self._stages[current if current in self._stages else None].setChecked(True)
        self._tell()
        layout = self.layout()
        assert layout is not None
        self.resize(self.width(), layout.totalHeightForWidth(self.width()))
        self._next.setFocus(Qt.FocusReason.OtherFocusReason)

        for chip in (*self._kinds.values(), *self._levels.values(), *self._stages.values()):
            chip.toggled.connect(self._tell)
        for chip in self._kinds.values():
            chip.clicked.connect(self._on_kind)
        self._next.clicked.connect(self._on_next)
        self._cancel.clicked.connect(self.reject)

    def _build(self, theme: Theme, name: str, *, staged: bool) -> None:
        layout = column(margins=(24, 20, 24, 20), gap=14)
        layout.addWidget(Label(theme, "name", _("Export {name}", name=one_line(name, 80)), elide=True))
        layout.addWidget(_group(theme, _("As"), list(self._kinds.values())))
        layout.addWidget(_group(theme, _("What goes out"), list(self._levels.values())))
        if staged:
            layout.addWidget(_group(theme, _("As of"), list(self._stages.values())))
        layout.addWidget(self._told)
        layout.addStretch()
        foot = row(gap=8)
        foot.addStretch()
        foot.addWidget(self._cancel)
        foot.addWidget(self._next)
        layout.addLayout(foot)
        self.setLayout(layout)
        self.setFixedWidth(round(480 * theme.scale))

    def _chip(self, words: str, *, one: bool) -> Chip:
        chip = Chip(self._theme, words)
        chip.setCheckable(True)
        chip.setAutoExclusive(one)
        return chip

    def _level(self, know: Know) -> Chip:
        icon, word, sentence = know_words(know)
        chip = Chip(self._theme, word, icon=icon)
        chip.setCheckable(True)
        chip.setAccessibleName(f"{word}. {sentence}")
        return chip

    def _kind(self) -> str:
        return next(ending for ending, chip in self._kinds.items() if chip.isChecked())

    def _chosen(self) -> tuple[Know, ...]:
        return tuple(level for level, chip in self._levels.items() if chip.isChecked() and chip.isEnabled())

    def _stage(self) -> Stage | None:
        return next(stage for stage, chip in self._stages.items() if chip.isChecked())

    def _on_kind(self) -> None:
        """What usually goes out this way: of a page all that is not the author's, of a card what is open."""
        page = self._kind() not in CARDS
        for level, chip in self._levels.items():
            chip.setChecked(level == "open" or (page and level != "author"))

    def _tell(self) -> None:
        card = self._kind() in CARDS
        self._levels["author"].setEnabled(not card)
        stage = self._stage()
        values = self._sheet_at(stage.id if stage else None).values
        levels = self._chosen()
        out = sum(v.know in levels for v in values)
        home = {level: sum(v.know == level for v in values) for level in KNOW_LEVELS if level not in levels}
        stays = ", ".join(f"{n} {know_words(level)[1]}" for level, n in home.items() if n)
        words = _("1 value goes out.") if out == 1 else _("{n} values go out.", n=out)
        if stays:
            words += " " + _("What stays here: {what}.", what=stays)
        if card:
            words += " " + _(
                "What is not open travels in charstudio’s own part of the card, never in its prose."
            )
        self._told.set_text(words)
        self._next.setEnabled(bool(levels))

    def _on_next(self) -> None:
        self.export_wanted.emit(self._kind(), self._chosen(), self._stage() or Stage(ALWAYS, 0, "", 0))
        self.accept()


def _group(theme: Theme, words: str, chips: Sequence[Chip]) -> QWidget:
    """A line of chips under its word; each line has a widget of its own, so that one is chosen in each."""
    flow = FlowLayout(gap=6, line_gap=6)
    for chip in chips:
        flow.addWidget(chip)
    line = QWidget()
    line.setLayout(flow)
    whole = column(gap=5)
    whole.addWidget(Label(theme, "ui_small", words, colour="text_2"))
    whole.addWidget(line)
    group = QWidget()
    group.setLayout(whole)
    group.setAccessibleName(words)
    return group
