"""What is asked in this library: attributes and packs, the shipped ones and the writer's own."""

from __future__ import annotations

from collections.abc import Set

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QScrollArea, QStackedWidget, QWidget

from charstudio.gui.attribute_form import AttributeForm
from charstudio.gui.cast import folded
from charstudio.gui.pack_form import PackForm
from charstudio.gui.settings_dialog import Choices
from charstudio.gui.sidebar import SearchField
from charstudio.gui.text import Label
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Hairline, NoticeBar, Paper, PrimaryButton, QuietButton, column, row
from charstudio.gui.word_list import Word, WordList
from charstudio.guide import pack_names
from charstudio.i18n import _
from charstudio.sheet import Schema

LIST_WIDTH = 270


class AttributesDialog(QDialog):
    """Tells every change as entries; is told the schema as it is then."""

    change_wanted = Signal(str, object, object)  # label, entries to keep, entries to drop
    undo_wanted = Signal()
    load_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, packs: bool = False) -> None:
        super().__init__(parent)
        self._theme = theme
        self._schema: Schema | None = None
        self._own: Set[tuple[str, str]] = frozenset()
        self._shipped: Set[str] = frozenset()
        self._packs = packs
        self._chosen = {False: "", True: ""}
        self.setWindowTitle(_("Attributes and packs"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        kinds: list[tuple[object, str]] = [(False, _("Attributes")), (True, _("Packs"))]
        self._kinds = Choices(theme, _("Show"), kinds, packs)
        self.search = SearchField(theme, _("Find"))
        self.list = WordList(theme, _("Attributes"))
        self._new = QuietButton(theme, _("New"), icon="plus", keys="Ctrl+N")
        self._load = QuietButton(theme, _("Load a file…"), icon="folder-open")
        self.notice = NoticeBar(theme)
        self.attribute = AttributeForm(theme)
        self.pack = PackForm(theme)
        self._forms = QStackedWidget()
        self._undo = QuietButton(theme, "", icon="undo-2", keys="Ctrl+Z")
        self._close = PrimaryButton(theme, _("Close"), keys="Esc")
        self._build()

        self._kinds.chosen.connect(self._on_kind)
        self.search.textChanged.connect(self._show_list)
        self.search.left_downwards.connect(self._on_down)
        self.list.word_chosen.connect(self._on_word)
        self._new.clicked.connect(self.begin)
        self._load.clicked.connect(self.load_wanted)
        self._undo.clicked.connect(self.undo_wanted)
        self._close.clicked.connect(self.accept)
        for form in (self.attribute, self.pack):
            form.change_wanted.connect(self._on_change)
            form.refused.connect(self.show_refusal)

    def _build(self) -> None:
        head = row(margins=(24, 18, 20, 12), gap=14)
        head.addWidget(Label(self._theme, "name", _("Attributes and packs")))
        head.addWidget(self._kinds)
        head.addStretch()
        head.addWidget(self._load)
        left = column(margins=(14, 12, 10, 10), gap=8)
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        left.addWidget(self._new, 0, Qt.AlignmentFlag.AlignLeft)
        side = Paper(self._theme, "surface", lines="right")
        side.setLayout(left)
        side.setFixedWidth(round(LIST_WIDTH * max(1.0, self._theme.scale)))
        scroll = QScrollArea()
        scroll.setWidget(self.attribute)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll = scroll
        self._forms.addWidget(scroll)
        self._forms.addWidget(self.pack)
        right = column()
        right.addWidget(self.notice)
        right.addWidget(self._forms, 1)
        middle = row(gap=0)
        middle.addWidget(side)
        middle.addLayout(right, 1)
        foot = row(margins=(14, 10, 20, 12), gap=8)
        foot.addWidget(self._undo)
        foot.addStretch()
        foot.addWidget(self._close)
        layout = column()
        layout.addLayout(head)
        layout.addWidget(Hairline(self._theme))
        layout.addLayout(middle, 1)
        layout.addWidget(Hairline(self._theme))
        layout.addLayout(foot)
        self.setLayout(layout)
        self.resize(840, 560)
        for keys, slot in (("Ctrl+N", self.begin), ("Ctrl+Z", self.undo_wanted), ("Ctrl+F", self._on_find)):
            action = QAction(self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(slot)
            self.addAction(action)

    # Told what is so

    def show_schema(
        self, schema: Schema, own: Set[tuple[str, str]], shipped_packs: Set[str], undo: str
    ) -> None:
        """Show what is asked; `own` are kinds and keys of the writer's, `undo` says what would be undone."""
        self._schema, self._own, self._shipped = schema, own, shipped_packs
        self._undo.set_words(_("Undo: {what}", what=undo) if undo else _("Undo"))
        self._undo.setEnabled(bool(undo))
        self._show_list()
        self._show_form()

    def show_refusal(self, sentence: str) -> None:
        """Say why something was not kept."""
        self.notice.show_notice(sentence, kind="danger")

    def begin(self) -> None:
        """Begin a new attribute or pack."""
        self._chosen[self._packs] = ""
        self.list.clearSelection()
        self.notice.clear()
        if self._schema is not None:
            (self.pack if self._packs else self.attribute).show_new(self._schema)

    # Inside

    def _show_list(self) -> None:
        if self._schema is None:
            return
        words = folded(self.search.text()).split()
        shown = self._pack_words() if self._packs else self._attribute_words()
        if words:
            shown = [
                w for w in shown if w.key and all(part in folded(f"{w.words} {w.key}") for part in words)
            ]
        self.list.setAccessibleName(_("Packs") if self._packs else _("Attributes"))
        self.list.show_words(shown, self._chosen[self._packs])

    def _attribute_words(self) -> list[Word]:
        assert self._schema is not None
        schema, found = self._schema, []
        for group in schema.groups:
            inside = schema.in_group(group.id)
            if inside:
                found.append(Word("", _(group.label)))
            for attribute in inside:
                hidden = attribute.id in schema.hidden
                own = ("attribute", attribute.id) in self._own
                mark = _("hidden") if hidden else _("own") if own else ""
                found.append(Word(attribute.id, _(attribute.label), mark, faint=hidden))
        return found

    def _pack_words(self) -> list[Word]:
        assert self._schema is not None
        names = pack_names(self._schema)
        count = {pack: len(self._schema.packs[pack]) for pack in names}
        return [
            Word(
                pack, name, _("own · {n}", n=count[pack]) if ("pack", pack) in self._own else str(count[pack])
            )
            for pack, name in names.items()
        ]

    def _show_form(self) -> None:
        schema, chosen = self._schema, self._chosen[self._packs]
        if schema is None:
            return
        self._forms.setCurrentWidget(self.pack if self._packs else self._scroll)
        if self._packs:
            pack = chosen if chosen in schema.packs else next(iter(pack_names(schema)))
            self._chosen[True] = pack
            own = ("pack", pack) in self._own
            self.pack.show_pack(schema, pack, own=own, shipped=pack in self._shipped)
        else:
            attribute = chosen if chosen in schema.attributes else next(iter(schema.attributes))
            self._chosen[False] = attribute
            own = ("attribute", attribute) in self._own
            self.attribute.show_attribute(schema, schema.attributes[attribute], own=own)
        self._show_list()

    def _on_kind(self, packs: bool) -> None:
        self._packs = packs
        self.notice.clear()
        self.search.clear()
        self._show_form()

    def _on_word(self, key: str) -> None:
        self._chosen[self._packs] = key
        self.notice.clear()
        schema = self._schema
        if schema is None:
            return
        if self._packs:
            self.pack.show_pack(schema, key, own=("pack", key) in self._own, shipped=key in self._shipped)
        else:
            own = ("attribute", key) in self._own
            self.attribute.show_attribute(schema, schema.attributes[key], own=own)

    def _on_change(self, label: str, put: list[object], drop: list[object]) -> None:
        self.notice.clear()
        for entry in put:
            self._chosen[self._packs] = getattr(entry, "key", "")
        self.change_wanted.emit(label, put, drop)

    def _on_down(self) -> None:
        self.list.setFocus(Qt.FocusReason.TabFocusReason)
        if not self.list.current():
            self.list.choose_first()

    def _on_find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
