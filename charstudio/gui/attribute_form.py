"""One attribute as a form: its name, its question, how it is told; the writer's own ones whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QWidget

from charstudio.errors import SheetError
from charstudio.gui.settings_dialog import Choices
from charstudio.gui.text import Label
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import PrimaryButton, QuietButton, column, row
from charstudio.i18n import _
from charstudio.model import KNOW_LEVELS
from charstudio.sheet import Attribute, Entry, Schema, attribute_entry, question_entry
from charstudio.sheet.own import OWN_GROUP

LONGEST = 300


class AttributeForm(QWidget):
    """Tells what becomes of the attribute as entries; a mistake is told in a sentence."""

    change_wanted = Signal(str, object, object)  # label, entries to keep, entries to drop
    refused = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._schema: Schema | None = None
        self._key = ""
        self._own = False
        self._rows: dict[str, tuple[QWidget, ...]] = {}
        self._title = Label(theme, "name", elide=True)
        self._note = Label(theme, "ui_small", colour="text_2")
        self._note.setWordWrap(True)
        self.name = _line(_("Name"))
        self._ask = _line(_("What I ask"))
        self._tell = _line(_("How you tell me"))
        self._examples = _line(_("Suggestions"))
        self._near = _line(_("Asked after"))
        self._group = QComboBox()
        self._group.setAccessibleName(_("Group"))
        know = [(level, words) for level, words in zip(KNOW_LEVELS, _know_words(), strict=True)]
        self._know = Choices(theme, _("Who knows it"), [*know], "open")
        self._many = Choices(theme, _("Values"), [(False, _("One")), (True, _("Several"))], False)
        self._save = PrimaryButton(theme, _("Save"), keys="Return")
        self._hide = QuietButton(theme, "", icon="eye-off", framed=True)
        self._remove = QuietButton(theme, _("Remove"), icon="trash-2")
        self._chosen_know, self._chosen_many = "open", False
        self._build()

        self._know.chosen.connect(self._on_know)
        self._many.chosen.connect(self._on_many)
        self._save.clicked.connect(self.save)
        self._hide.clicked.connect(self._on_hide)
        self._remove.clicked.connect(self._on_remove)
        for line in (self.name, self._ask, self._tell, self._examples, self._near):
            line.returnPressed.connect(self.save)

    def _build(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        fields: Sequence[tuple[str, QWidget, str]] = (
            (_("Name"), self.name, ""),
            (_("What I ask"), self._ask, _("In the character’s own voice.")),
            (_("How you tell me"), self._tell, _("{v} stands where the value is.")),
            (_("Suggestions"), self._examples, _("Parted by semicolons.")),
            (_("Asked after"), self._near, _("Other attributes, parted by commas.")),
            (_("Group"), self._group, ""),
            (_("Values"), self._many, ""),
            (_("Who knows it"), self._know, ""),
        )
        for at, (words, field, hint) in enumerate(fields):
            self._rows[words] = self._put(grid, at, words, field, hint)
        grid.setColumnStretch(1, 1)
        foot = row(gap=8)
        foot.addWidget(self._save)
        foot.addWidget(self._hide)
        foot.addStretch()
        foot.addWidget(self._remove)
        layout = column(margins=(24, 18, 24, 20), gap=6)
        layout.addWidget(self._title)
        layout.addWidget(self._note)
        layout.addSpacing(10)
        layout.addLayout(grid)
        layout.addSpacing(14)
        layout.addLayout(foot)
        layout.addStretch()
        self.setLayout(layout)

    def _put(self, grid: QGridLayout, at: int, words: str, field: QWidget, hint: str) -> tuple[QWidget, ...]:
        label = Label(self._theme, "ui", words, colour="text_2")
        label.setContentsMargins(0, 6, 0, 0)
        label.setBuddy(field)
        box = column(gap=3)
        box.addWidget(field)
        told = Label(self._theme, "meta", hint, colour="text_2")
        told.setVisible(bool(hint))
        if hint:
            box.addWidget(told)
        grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        grid.addLayout(box, at, 1)
        return (label, field, told) if hint else (label, field)

    # Told what is so

    def show_attribute(self, schema: Schema, attribute: Attribute, *, own: bool) -> None:
        """Show one that is there; of a shipped one the question alone can be changed."""
        self._schema, self._key, self._own = schema, attribute.id, own
        hidden = attribute.id in schema.hidden
        self._title.set_text(_(attribute.label))
        origin = (
            _("Your own.") if own else _("Comes with charstudio; you can put its question in your own words.")
        )
        self._note.set_text(
            _("{origin} It does not apply in this library.", origin=origin) if hidden else origin
        )
        self._fill(schema, attribute)
        self._hide.set_words(_("Applies here again") if hidden else _("Does not apply here"))
        self._arrange(there=True)

    def show_new(self, schema: Schema) -> None:
        """Begin a new one."""
        self._schema, self._key, self._own = schema, "", True
        self._title.set_text(_("A new attribute"))
        self._note.set_text(_("It is asked, told, suggested and exported like all others."))
        self._fill(schema, None)
        self._arrange(there=False)
        self.name.setFocus()

    def _fill(self, schema: Schema, attribute: Attribute | None) -> None:
        self.name.setText(attribute.label if attribute else "")
        self._ask.setText(attribute.ask if attribute else "")
        self._tell.setText(attribute.tell if attribute else "")
        self._examples.setText("; ".join(attribute.examples) if attribute else "")
        labels = [_(schema.attributes[n].label) for n in attribute.related] if attribute else []
        self._near.setText(", ".join(labels))
        for line in (self.name, self._ask, self._tell, self._examples, self._near):
            line.setCursorPosition(0)
        self._group.clear()
        groups = [(g.id, _(g.label)) for g in schema.groups]
        if not any(g == OWN_GROUP for g, _label in groups):
            groups.append((OWN_GROUP, _("My own")))
        for key, label in groups:
            self._group.addItem(label, key)
        self._group.setCurrentIndex(self._group.findData(attribute.group if attribute else OWN_GROUP))
        self._know.choose(attribute.know if attribute else "open")
        self._many.choose(bool(attribute and attribute.many))
        if attribute is None:
            self._ask.setPlaceholderText(_("What is my …?"))
            self._tell.setPlaceholderText(_("Your … is {v}."))

    def _arrange(self, *, there: bool) -> None:
        for words, widgets in self._rows.items():
            for widget in widgets:
                widget.setVisible(self._own or words == _("What I ask"))
        self._hide.setVisible(there)
        self._remove.setVisible(there and self._own)

    # What the writer does

    def save(self) -> None:
        """Keep what is written."""
        if self._schema is None:
            return
        try:
            if self._own:
                entry = attribute_entry(self._schema, self.name.text(), key=self._key, **self._told())
                label = _("New attribute: {name}") if not self._key else _("Attribute: {name}")
                self.change_wanted.emit(label.replace("{name}", entry.body["label"]), [entry], [])
            else:
                self._save_question(self._schema)
        except SheetError as exc:
            self.refused.emit(str(exc))

    def _save_question(self, schema: Schema) -> None:
        label = _("Question for {name}", name=_(schema.attributes[self._key].label))
        if self._ask.text().strip():
            self.change_wanted.emit(label, [question_entry(schema, self._key, self._ask.text())], [])
        else:
            self.change_wanted.emit(label, [], [Entry("question", self._key)])

    def _told(self) -> dict[str, Any]:
        tell = " ".join(self._tell.text().split())
        return {
            "ask": " ".join(self._ask.text().split()),
            "tell": tell,
            "examples": [e.strip() for e in self._examples.text().split(";") if e.strip()][:20],
            "related": [n.strip() for n in self._near.text().split(",") if n.strip()],
            "group": self._group.currentData(),
            "know": self._chosen_know,
            "many": self._chosen_many,
            "type": "tags" if self._chosen_many else "text",
        }

    def _on_know(self, know: str) -> None:
        self._chosen_know = know

    def _on_many(self, many: bool) -> None:
        self._chosen_many = many

    def _on_hide(self) -> None:
        assert self._schema is not None
        label = _(self._schema.attributes[self._key].label)
        entry = Entry("hidden", self._key)
        if self._key in self._schema.hidden:
            self.change_wanted.emit(_("{name} applies again", name=label), [], [entry])
        else:
            self.change_wanted.emit(_("{name} does not apply here", name=label), [entry], [])

    def _on_remove(self) -> None:
        assert self._schema is not None
        label = _(self._schema.attributes[self._key].label)
        self.change_wanted.emit(_("{name} removed", name=label), [], [Entry("attribute", self._key)])


def _line(name: str) -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(name)
    line.setMaxLength(LONGEST)
    return line


def _know_words() -> tuple[str, ...]:
    return (_("Said openly"), _("Protected"), _("Unknown to them"), _("Author only"))
