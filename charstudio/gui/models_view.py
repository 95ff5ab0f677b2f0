"""The models on this computer: what each is, which one speaks, and how to add one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget

from charstudio.gui.header import PlaceHead
from charstudio.gui.text import Label, one_line, set_tip
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    Card,
    EmptyState,
    IconView,
    NoticeBar,
    Paper,
    PrimaryButton,
    ProseLabel,
    QuietButton,
    column,
    row,
)
from charstudio.i18n import _
from charstudio.model import ModelFile


def size_words(size: int) -> str:
    """A size in bytes as people say it."""
    if size >= 1_000_000_000:
        return _("{count} GB", count=f"{size / 1e9:.1f}")
    return _("{count} MB", count=max(1, round(size / 1e6)))


class ModelsView(Paper):
    """Tells which model to use, to forget or to add; is told which there are."""

    use_wanted = Signal(str)
    forget_wanted = Signal(str)
    add_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "surface")
        self._cards: list[ModelCard] = []
        head = PlaceHead(theme, _("Models"))
        self._head = head
        self._add = PrimaryButton(theme, _("Add a model…"), icon="plus")
        head.buttons.addWidget(self._add)
        self.notice = NoticeBar(theme)
        about = ProseLabel(
            theme,
            _(
                "Guided mode needs no model. For open talk a model runs here, on this computer; "
                "nothing you write leaves it."
            ),
            style="prose_side",
            colour="text_2",
        )
        about.setMaximumWidth(round(660 * theme.scale))
        self._list = column(gap=10)
        inner = column(margins=(28, 4, 28, 28), gap=14)
        inner.addWidget(about)
        inner.addLayout(self._list)
        inner.addStretch()
        page = QWidget()
        page.setLayout(inner)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._empty = EmptyState(
            theme, _("No model yet. Guide, sheets and cards work without one."), primary=_("Add a model…")
        )
        self._pages = QStackedWidget()
        self._pages.addWidget(scroll)
        self._pages.addWidget(self._empty)
        self._scroll = scroll
        layout = column()
        layout.addWidget(self.notice)
        layout.addWidget(head)
        layout.addWidget(self._pages, 1)
        self.setLayout(layout)
        self.setFocusProxy(self._add)
        self.show_models((), "")

        self._add.clicked.connect(self.add_wanted)
        self._empty.primary_chosen.connect(self.add_wanted)

    def show_models(self, models: Sequence[ModelFile], used: str, state: str = "") -> None:
        """Show these models; `used` is the path of the one that speaks, `state` what it does now."""
        for card in self._cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = []
        for model in models:
            card = ModelCard(self._theme, model, used=model.path == used, state=state)
            card.use_wanted.connect(self.use_wanted)
            card.forget_wanted.connect(self.forget_wanted)
            self._list.addWidget(card)
            self._cards.append(card)
        self._head.setVisible(bool(models))
        count = len(models)
        self._head.count.set_text(_("1 model") if count == 1 else _("{count} models", count=count))
        self._pages.setCurrentWidget(self._scroll if models else self._empty)

    def show_state(self, state: str) -> None:
        """Say what the model in use does now."""
        for card in self._cards:
            card.show_state(state)


class ModelCard(Card):
    """One model: name, what it is, and one button."""

    use_wanted = Signal(str)
    forget_wanted = Signal(str)

    def __init__(self, theme: Theme, model: ModelFile, *, used: bool, state: str) -> None:
        super().__init__(theme)
        self._path, self._used = model.path, used
        self.set_selected(used)
        name = Label(theme, "ui_strong", model.name, elide=True)
        facts = [
            model.architecture,
            model.quantisation,
            size_words(model.size),
            _("{count} tokens of context", count=f"{model.context:,}"),
            _("chats") if model.has_template else _("continues text"),
        ]
        self._facts = Label(
            theme, "ui_small", " · ".join(one_line(f, 60) for f in facts if f), colour="text_2"
        )
        self._facts.setWordWrap(True)
        licence = _("Licence: {licence}", licence=one_line(model.licence, 200) or _("not said in the file"))
        self._state = Label(theme, "ui_small", state, colour="text_2")
        self._use = QuietButton(theme, _("Use this one"), framed=True)
        self._use.setAccessibleName(_("Use {name}", name=one_line(model.name)))
        self._forget = QuietButton(theme, _("Forget"))
        self._forget.setAccessibleName(_("Forget {name}", name=one_line(model.name)))
        set_tip(self._forget, _("Takes it out of this list; the file stays where it is."))
        words = column(gap=3)
        words.addWidget(name)
        words.addWidget(self._facts)
        words.addWidget(Label(theme, "ui_small", licence, colour="text_2", elide=True))
        for warning in model.warnings:
            line = Label(theme, "ui_small", warning, colour="private")
            line.setWordWrap(True)
            words.addWidget(line)
        layout = row(margins=(18, 14, 16, 14), gap=14)
        layout.addWidget(IconView(theme, "cpu", px=20), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        layout.addWidget(self._state)
        layout.addWidget(self._forget)
        layout.addWidget(self._use)
        self.setLayout(layout)
        self.setMaximumWidth(round(860 * theme.scale))
        self._use.setVisible(not used)
        self._forget.setVisible(not used)
        self.show_state(state)
        set_tip(self, model.path)

        self._use.clicked.connect(self._on_use)
        self._forget.clicked.connect(self._on_forget)

    def show_state(self, state: str) -> None:
        """Say what the model does now, if it is the one in use."""
        self._state.set_text(state or _("in use") if self._used else "")
        self._state.setVisible(self._used)

    def _on_use(self) -> None:
        self.use_wanted.emit(self._path)

    def _on_forget(self) -> None:
        self.forget_wanted.emit(self._path)
