"""One pack of questions: its name, and what it asks in which order."""

from __future__ import annotations

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from charstudio.errors import SheetError
from charstudio.gui.sidebar import SearchField
from charstudio.gui.text import Label
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import IconButton, PrimaryButton, QuietButton, column, row
from charstudio.gui.word_list import Word, WordList
from charstudio.guide import pack_name
from charstudio.i18n import _
from charstudio.sheet import Entry, Schema, pack_entry


class PackForm(QWidget):
    """Tells what becomes of the pack as entries; a mistake is told in a sentence."""

    change_wanted = Signal(str, object, object)  # label, entries to keep, entries to drop
    refused = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._schema: Schema | None = None
        self._key = ""
        self._own = False
        self._asked: list[str] = []
        self._title = Label(theme, "name", elide=True)
        self._note = Label(theme, "ui_small", colour="text_2")
        self._note.setWordWrap(True)
        self.name = QLineEdit()
        self.name.setAccessibleName(_("Name of the pack"))
        self.name.setMaxLength(80)
        self._questions = _Questions(theme, _("Questions in order"))
        self.add = SearchField(theme, _("Add a question"))
        self._completer = QCompleter(self)
        self._up = IconButton(theme, "chevron-up", _("Ask it earlier"), "Alt+Up")
        self._down = IconButton(theme, "chevron-down", _("Ask it later"), "Alt+Down")
        self._out = IconButton(theme, "x", _("Take the question out"), "Del")
        self._save = PrimaryButton(theme, _("Save"), keys="Return")
        self._remove = QuietButton(theme, _("Remove"), icon="trash-2")
        self._build()

        self._questions.moved.connect(self._move)
        self._questions.removed.connect(self._take_out)
        self._up.clicked.connect(self._on_up)
        self._down.clicked.connect(self._on_down)
        self._out.clicked.connect(self._take_out)
        self.add.returnPressed.connect(self._on_add)
        self._completer.activated[str].connect(self._on_found)  # type: ignore[index]
        self.name.returnPressed.connect(self.save)
        self._save.clicked.connect(self.save)
        self._remove.clicked.connect(self._on_remove)

    def _build(self) -> None:
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.add.setCompleter(self._completer)
        named = row(gap=16)
        label = Label(self._theme, "ui", _("Name"), colour="text_2")
        label.setBuddy(self.name)
        named.addWidget(label)
        named.addWidget(self.name, 1)
        sides = column(gap=2)
        for button in (self._up, self._down, self._out):
            sides.addWidget(button)
        sides.addStretch()
        listed = row(gap=6)
        listed.addWidget(self._questions, 1)
        listed.addLayout(sides)
        foot = row(gap=8)
        foot.addWidget(self._save)
        foot.addStretch()
        foot.addWidget(self._remove)
        layout = column(margins=(24, 18, 24, 20), gap=10)
        layout.addWidget(self._title)
        layout.addWidget(self._note)
        layout.addLayout(named)
        layout.addLayout(listed, 1)
        layout.addWidget(self.add)
        layout.addLayout(foot)
        self.setLayout(layout)

    # Told what is so

    def show_pack(self, schema: Schema, pack: str, *, own: bool, shipped: bool) -> None:
        """Show one that is there; a shipped one can be put in another order."""
        self._take_schema(schema)
        self._key, self._own = pack, own
        self._asked = list(schema.packs[pack])
        name = pack_name(pack, schema)
        self._title.set_text(name)
        self.name.setText(name)
        if own and shipped:
            self._note.set_text(_("Comes with charstudio, in your own order."))
        else:
            self._note.set_text(
                _("Your own.") if own else _("Comes with charstudio; the order can be yours.")
            )
        self._remove.set_words(_("Back to how it came") if shipped else _("Remove"))
        self._remove.setVisible(own)
        self._show_questions(0)

    def show_new(self, schema: Schema) -> None:
        """Begin a new one."""
        self._take_schema(schema)
        self._key, self._own, self._asked = "", True, []
        self._title.set_text(_("A new pack"))
        self._note.set_text(_("A short list of questions for one purpose; it ends when the last is asked."))
        self.name.clear()
        self._remove.hide()
        self._show_questions(0)
        self.name.setFocus()

    def _take_schema(self, schema: Schema) -> None:
        self._schema = schema
        self._labels = {_(a.label): a.id for a in schema.attributes.values() if a.id not in schema.hidden}
        self._completer.setModel(QStringListModel([*self._labels], self._completer))

    def _show_questions(self, at: int) -> None:
        assert self._schema is not None
        words = [
            Word(a, _(self._schema.attributes[a].label), faint=a in self._schema.hidden) for a in self._asked
        ]
        chosen = self._asked[max(0, min(at, len(self._asked) - 1))] if self._asked else ""
        self._questions.show_words(words, chosen)
        for button in (self._up, self._down, self._out):
            button.setEnabled(bool(self._asked))

    # What the writer does

    def save(self) -> None:
        """Keep what is written."""
        if self._schema is None:
            return
        try:
            entry = pack_entry(self._schema, self.name.text(), self._asked, key=self._key)
        except SheetError as exc:
            self.refused.emit(str(exc))
            return
        self.change_wanted.emit(_("Pack: {name}", name=entry.body["label"]), [entry], [])

    def _move(self, steps: int) -> None:
        here = self._questions.current()
        if not here:
            return
        at = self._asked.index(here)
        to = max(0, min(len(self._asked) - 1, at + steps))
        self._asked.insert(to, self._asked.pop(at))
        self._show_questions(to)

    def _take_out(self) -> None:
        here = self._questions.current()
        if here:
            at = self._asked.index(here)
            self._asked.remove(here)
            self._show_questions(at)

    def _on_up(self) -> None:
        self._move(-1)

    def _on_down(self) -> None:
        self._move(1)

    def _on_found(self, label: str) -> None:
        self.add.setText(label)
        self._on_add()

    def _on_add(self) -> None:
        text = self.add.text().strip()
        if not text or self._schema is None:
            return
        try:
            found = self._labels.get(text) or self._schema.attribute(text).id
        except SheetError as exc:
            self.refused.emit(str(exc))
            return
        if found not in self._asked:
            self._asked.append(found)
        self._show_questions(self._asked.index(found))
        # the completer writes its choice after it has told it
        popup = self._completer.popup()
        if popup is not None:
            popup.hide()
        self.add.clear()

    def _on_remove(self) -> None:
        self.change_wanted.emit(
            _("Pack removed: {name}", name=self._title.whole()), [], [Entry("pack", self._key)]
        )


class _Questions(WordList):
    """The questions; Alt with the arrows moves one, Delete takes it out."""

    moved = Signal(int)
    removed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)
