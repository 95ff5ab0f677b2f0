"""The parts of the readable page: groups of values, the empty page, the legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from charstudio.gui.page_rows import ValueRow
from charstudio.gui.text import Label, ProseLabel
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import IconView, PrimaryButton, QuietButton, column, row
from charstudio.i18n import _
from charstudio.model import Value
from charstudio.sheet import Attribute, Group, Schema

Listen = Callable[[ValueRow], ValueRow]


class Measure(QWidget):
    """Keeps a wide page at a readable width, in the middle."""

    def __init__(self, theme: Theme, page: QWidget, *, side: bool) -> None:
        super().__init__()
        self._theme, self._page, self._side = theme, page, side
        across = row(gap=0)
        across.addStretch(1)
        across.addWidget(page, 1000)
        across.addStretch(1)
        self.setLayout(across)
        self._restyle()
        theme.changed.connect(self._restyle)

    def _restyle(self) -> None:
        extra = 0 if self._side else self._theme.size("label_margin") + 18 + 160 + 48
        self._page.setMaximumWidth(self._theme.size("measure_max") + extra - (80 if not self._side else 0))


class Nothing(QWidget):
    """The page before anything is decided."""

    guide_wanted = Signal()
    add_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        words = ProseLabel(
            theme,
            _("Nothing is decided yet. Let them ask, or write what you know."),
            style="name",
            centred=True,
        )
        ask = PrimaryButton(theme, _("Open Guide"))
        add = QuietButton(theme, _("Add a value"), framed=True)
        buttons = row(margins=(0, 6, 0, 0), gap=8)
        buttons.addStretch()
        buttons.addWidget(ask)
        buttons.addWidget(add)
        buttons.addStretch()
        layout = column(margins=(20, 60, 20, 40), gap=14)
        layout.addWidget(words)
        layout.addLayout(buttons)
        self.setLayout(layout)
        ask.clicked.connect(self.guide_wanted)
        add.clicked.connect(self.add_wanted)


class LegendEntry(QWidget):
    """One icon of the legend with its word."""

    def __init__(self, theme: Theme, icon: str, words: str) -> None:
        super().__init__()
        layout = row(gap=6)
        layout.addWidget(IconView(theme, icon, px=13, colour="text_3"))
        layout.addWidget(Label(theme, "meta", words, colour="text_2"))
        self.setLayout(layout)


class Block(QWidget):
    """The values of one group under its name; hidden while there are none."""

    def __init__(
        self,
        theme: Theme,
        group: Group,
        schema: Schema,
        *,
        side: bool,
        listen: Callable[[ValueRow], ValueRow],
    ) -> None:
        super().__init__()
        self._theme, self._schema, self._side, self._listen = theme, schema, side, listen
        self._rows: dict[object, ValueRow] = {}
        self._new: ValueRow | None = None
        self._plan: list[tuple[object, Value, bool]] = []
        self._order = 0
        self._colour = "slate"
        self._fresh: set[str] = set()
        self._title = Label(
            theme, "caption" if side else "ui_strong", group.label, colour="text_2" if side else "text"
        )
        self._holder = column(gap=0 if side else 1)
        self._layout_ = column(margins=(0, 12 if side else 16, 0, 0), gap=2)
        self._layout_.addWidget(self._title)
        self._layout_.addLayout(self._holder)
        self.setLayout(self._layout_)
        self._restyle()
        self.hide()
        theme.changed.connect(self._restyle)

    def plan(self, values: Sequence[Value], colour: str, fresh: set[str]) -> None:
        """These are the values; rows are built when there is time."""
        self._colour, self._fresh = colour, fresh
        seen: set[str] = set()
        counts: dict[str, int] = {}
        self._plan = []
        for value in values:
            n = counts[value.attribute] = counts.get(value.attribute, 0) + 1
            key: object = value.id if value.id is not None else (value.attribute, n)
            self._plan.append((key, value, value.attribute not in seen))
            seen.add(value.attribute)
        keys = {key for key, _value, _first in self._plan}
        for key in [key for key in self._rows if key not in keys]:
            self._let_go(self._rows.pop(key))
        self._order = 0
        self.setVisible(bool(self._plan) or self._new is not None)

    def build(self, most: int) -> int:
        """Show up to so many values that are planned; returns how many cost something."""
        made = 0
        plan = self._plan
        while self._order < len(plan) and made < most:
            key, value, first = plan[self._order]
            value_row = self._rows.get(key)
            if value_row is None or value_row.attribute.id != value.attribute:
                if value_row is not None:
                    self._let_go(self._rows.pop(key))
                value_row = self._rows[key] = self._made(self._schema.attributes[value.attribute])
                made += 1
            fresh = value.attribute in self._fresh
            if value_row.value != value or value_row.first != first:
                value_row.show_value(value, self._colour, fresh=fresh, first=first)
            value_row.set_fresh(fresh=fresh)
            if self._holder.indexOf(value_row) != self._order:
                self._holder.removeWidget(value_row)
                self._holder.insertWidget(self._order, value_row)
            self._order += 1
        return made

    def rows(self) -> list[ValueRow]:
        """The rows in order."""
        items = [self._holder.itemAt(i) for i in range(self._holder.count())]
        found = [item.widget() for item in items if item is not None]
        return [value_row for value_row in found if isinstance(value_row, ValueRow)]

    def open_new(self, attribute: Attribute, colour: str) -> ValueRow:
        """A line for a new value."""
        if self._new is not None:
            self.drop_new(self._new)
        self._new = self._made(attribute)
        after = [i for i, r in enumerate(self.rows()) if r.attribute.id == attribute.id]
        order = {name: i for i, name in enumerate(self._schema.attributes)}
        mine = order[attribute.id]
        before = [i for i, r in enumerate(self.rows()) if order[r.attribute.id] > mine]
        at = after[-1] + 1 if after else before[0] if before else self._holder.count()
        if after:
            self._new.continue_above()
        self._holder.insertWidget(at, self._new)
        self.show()
        return self._new

    def drop_new(self, value_row: ValueRow) -> None:
        """Take the line for a new value away."""
        if value_row is self._new:
            self._new = None
            self._let_go(value_row)
            self.setVisible(bool(self._plan))

    def clear(self) -> None:
        """Hold nothing."""
        for value_row in self.rows():
            self._let_go(value_row)
        self._rows.clear()
        self._new = None
        self._plan = []
        self.hide()

    def _made(self, attribute: Attribute) -> ValueRow:
        return self._listen(ValueRow(self._theme, attribute, side=self._side))

    def _let_go(self, value_row: ValueRow) -> None:
        self._holder.removeWidget(value_row)
        value_row.hide()
        value_row.deleteLater()

    def _restyle(self) -> None:
        left = 10 if self._side else self._theme.size("label_margin") + 18
        self._title.setContentsMargins(left, 0, 0, 0)
