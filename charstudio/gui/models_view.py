"""The models on this computer: what each is and whether it fits, which one speaks, and how to get another."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QWidget

from charstudio.gui.header import PlaceHead
from charstudio.gui.model_cards import (
    ModelCard,
    ModelHere,
    ModelOffered,
    OfferCard,
    WorkLine,
    clear,
)
from charstudio.gui.text import Label
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    NoticeBar,
    Paper,
    PrimaryButton,
    ProseLabel,
    QuietButton,
    column,
    row,
)
from charstudio.i18n import _

ADDRESS = "address"  # the key of the work that the address line began


class ModelsView(Paper):
    """Tells which model to use, check, take off, add or download; is told which there are."""

    use_wanted = Signal(str)
    check_wanted = Signal(str)
    forget_wanted = Signal(str)
    add_wanted = Signal()
    folder_wanted = Signal()
    download_wanted = Signal(str)
    address_wanted = Signal(str)
    stop_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "surface")
        self._cards: list[ModelCard] = []
        self._offers: list[OfferCard] = []
        self._shown: object = None
        self._work: tuple[str, str, int, int] | None = None
        self._current = ""
        self._head = PlaceHead(theme, _("Models"))
        self._add = PrimaryButton(theme, _("Add a model…"), icon="plus")
        self._look = QuietButton(theme, _("Look through a folder…"), icon="folder-open", framed=True)
        self._head.buttons.addWidget(self._look)
        self._head.buttons.addWidget(self._add)
        self.notice = NoticeBar(theme)
        self._list, self._offer_list = column(gap=10), column(gap=10)
        self._offer_title = Label(theme, "name", _("Suggested for this computer"))
        self._offer_about = _about(
            theme,
            _("Nothing is loaded until you press Download. Sizes are approximate; read the licence first."),
        )
        self._none = _about(theme, _("No model yet. Guide, sheets and cards work without one."))
        self._address = AddressLine(theme)
        self._scroll = self._page()
        layout = column()
        layout.addWidget(self.notice)
        layout.addWidget(self._head)
        layout.addWidget(self._scroll, 1)
        self.setLayout(layout)
        self.setFocusProxy(self._add)
        self._none.hide()
        self._offer_title.hide()
        self._offer_about.hide()

        self._add.clicked.connect(self.add_wanted)
        self._look.clicked.connect(self.folder_wanted)
        self._address.address_given.connect(self.address_wanted)
        self._address.stop_wanted.connect(self.stop_wanted)
        _app().focusChanged.connect(self._on_focus)

    def _page(self) -> QScrollArea:
        about = _about(
            self._theme,
            _(
                "Guided mode needs no model. For open talk a model runs here, on this computer; "
                "nothing you write leaves it."
            ),
        )
        inner = column(margins=(28, 4, 28, 28), gap=14)
        inner.addWidget(about)
        inner.addWidget(self._none)
        inner.addLayout(self._list)
        inner.addSpacing(10)
        inner.addWidget(self._offer_title)
        inner.addWidget(self._offer_about)
        inner.addLayout(self._offer_list)
        inner.addWidget(self._address)
        inner.addStretch()
        page = QWidget()
        page.setLayout(inner)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return scroll

    # Told what is so

    def show_models(
        self,
        models: Sequence[ModelHere],
        used: str,
        state: str = "",
        offers: Sequence[ModelOffered] = (),
    ) -> None:
        """Show these models; `used` is the path of the one that speaks, `state` what it does now.

        `offers` are models that could be downloaded.
        """
        if (shown := (tuple(models), used, state, tuple(offers))) == self._shown:
            return
        self._shown = shown
        bar, focused = self._scroll.verticalScrollBar(), self._focused_name()
        place = bar.value()
        if focused:
            # a widget that goes away sends the keyboard on to the next one, and the page after it
            self._add.setFocus(Qt.FocusReason.OtherFocusReason)
        clear(self._list)
        clear(self._offer_list)
        self._cards = [self._card(here, used=here.model.path == used, state=state) for here in models]
        self._offers = [self._offer(offered) for offered in offers]
        count = len(models)
        self._head.count.set_text(_("1 model") if count == 1 else _("{count} models", count=count))
        self._head.count.setVisible(bool(models))
        self._none.setVisible(not models)
        for widget in (self._offer_title, self._offer_about):
            widget.setVisible(bool(offers))
        self._show_work()
        self._focus(focused)
        self._settle()
        bar.setValue(place)

    def show_state(self, state: str) -> None:
        """Say what the model in use does now."""
        for card in self._cards:
            card.show_state(state)

    def show_work(self, key: str, words: str, done: int = 0, total: int = 0) -> None:
        """A file is worked on: a path, the name of a suggested model, or `ADDRESS`."""
        self._work = (key, words, done, total)
        self._show_work()

    def end_work(self) -> None:
        """Nothing is worked on any more."""
        self._work = None
        self._show_work()

    def ask_address(self) -> None:
        """Let the writer give an address."""
        self._scroll.ensureWidgetVisible(self._address)
        self._address.focus_line()

    def current(self) -> str:
        """The path of the model that the keyboard is or was at; else that of the one in use."""
        paths = [card.path for card in self._cards]
        if self._current in paths:
            return self._current
        used = next((card.path for card in self._cards if card.is_selected), "")
        return used or next(iter(paths), "")

    def current_offer(self) -> str:
        """The name of the suggested model that the keyboard is or was at; else the first."""
        names = [card.name for card in self._offers]
        return self._current if self._current in names else next(iter(names), "")

    # Inside

    def _card(self, here: ModelHere, *, used: bool, state: str) -> ModelCard:
        card = ModelCard(self._theme, here, used=used, state=state)
        card.use_wanted.connect(self.use_wanted)
        card.check_wanted.connect(self.check_wanted)
        card.forget_wanted.connect(self.forget_wanted)
        card.stop_wanted.connect(self.stop_wanted)
        self._list.addWidget(card)
        card.show()  # else only after the next turn of events, and the keyboard could not go there
        return card

    def _offer(self, offered: ModelOffered) -> OfferCard:
        card = OfferCard(self._theme, offered)
        card.download_wanted.connect(self.download_wanted)
        card.stop_wanted.connect(self.stop_wanted)
        self._offer_list.addWidget(card)
        card.show()
        return card

    def _show_work(self) -> None:
        key, words, done, total = self._work or ("", "", 0, 0)
        for card_key, card in (*((c.path, c) for c in self._cards), *((c.name, c) for c in self._offers)):
            card.set_busy(busy=bool(key))
            if key and card_key == key:
                card.show_work(words, done, total)
            else:
                card.end_work()
        self._address.set_busy(busy=bool(key))
        if key == ADDRESS:
            self._address.show_work(words, done, total)
        else:
            self._address.end_work()

    def _on_focus(self, _old: QWidget | None, now: QWidget | None) -> None:
        while now is not None and now is not self:
            if isinstance(now, ModelCard):
                self._current = now.path
            elif isinstance(now, OfferCard):
                self._current = now.name
            now = now.parentWidget()

    def _focused_name(self) -> str:
        here = QApplication.focusWidget()
        cards = (*self._cards, *self._offers)
        among = here is not None and any(card.isAncestorOf(here) for card in cards)
        return here.accessibleName() if here is not None and among else ""

    def _focus(self, name: str) -> None:
        """Give the keyboard to the button that has taken the place of the one where it was."""
        if name:
            any(card.focus_button(name) for card in (*self._cards, *self._offers))

    def _settle(self) -> None:
        """Lay the page out now, so that it can be scrolled to where it was."""
        page = self._scroll.widget()
        layout = page.layout() if page is not None else None
        if page is not None and layout is not None:
            layout.activate()
            page.resize(page.width(), max(page.height(), layout.totalHeightForWidth(page.width())))


class AddressLine(QWidget):
    """One line for the address of any other model."""

    address_given = Signal(str)
    stop_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        label = Label(theme, "ui", _("Download from an address"), colour="text_2")
        self.line = QLineEdit()
        self.line.setAccessibleName(_("Address of a model"))
        self.line.setPlaceholderText(
            _("https://huggingface.co/…/model.gguf or hf:owner/repository/model.gguf")
        )
        self.line.setMaxLength(2000)
        label.setBuddy(self.line)
        self._get = QuietButton(theme, _("Download"), icon="download", framed=True)
        self._get.setAccessibleName(_("Download from this address"))
        self._work = WorkLine(theme)
        across = row(gap=8)
        across.addWidget(self.line, 1)
        across.addWidget(self._get)
        layout = column(margins=(0, 8, 0, 0), gap=6)
        layout.addWidget(label)
        layout.addLayout(across)
        layout.addWidget(self._work)
        self.setLayout(layout)
        self.setMaximumWidth(round(860 * theme.scale))

        self.line.returnPressed.connect(self._on_get)
        self._get.clicked.connect(self._on_get)
        self._work.stop_wanted.connect(self.stop_wanted)

    def focus_line(self) -> None:
        """Let the writer type."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def set_busy(self, *, busy: bool) -> None:
        """While one model is on its way, no other can be."""
        self._get.setEnabled(not busy)

    def show_work(self, words: str, done: int, total: int) -> None:
        """What was asked for here is on its way."""
        self._work.show_work(words, done, total)

    def end_work(self) -> None:
        """It is over."""
        self._work.hide()

    def _on_get(self) -> None:
        address = self.line.text().strip()
        if address and self._get.isEnabled():
            self.address_given.emit(address)


def _about(theme: Theme, words: str) -> ProseLabel:
    label = ProseLabel(theme, words, style="prose_side", colour="text_2")
    label.setMaximumWidth(round(660 * theme.scale))
    return label


def _app() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
