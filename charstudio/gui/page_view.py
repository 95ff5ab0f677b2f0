"""The readable page: everything decided about a character as prose, in the margin or over the full width."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLayout, QMenu, QScrollArea, QSizePolicy, QWidget

from charstudio.gui.faces import Faces, Portrait
from charstudio.gui.page_blocks import Block, LegendEntry, Measure, Nothing
from charstudio.gui.page_finder import Finder
from charstudio.gui.page_menus import fill_know, fill_stages
from charstudio.gui.page_rows import ValueRow, source_words
from charstudio.gui.stage_bar import StageBar
from charstudio.gui.text import Label, ProseLabel, one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import (
    FlowLayout,
    Hairline,
    LinkButton,
    Paper,
    QuietButton,
    column,
    row,
)
from charstudio.i18n import _
from charstudio.model import Character, Stage, Value
from charstudio.sheet import Schema, Sheet

ROWS_AT_ONCE = 6


class PageView(Paper):
    """Shows a sheet and tells what the writer changes on it; knows nothing of what becomes of that."""

    value_edited = Signal(str, object, str)
    value_removed = Signal(object)
    know_chosen = Signal(object, str)
    lock_toggled = Signal(object, bool)
    feeling_edited = Signal(object, str)
    hold_chosen = Signal(object, object)
    history_wanted = Signal(object, QPoint)
    finished_toggled = Signal(bool)
    guide_wanted = Signal()
    sheet_wanted = Signal()

    def __init__(self, theme: Theme, faces: Faces, *, side: bool = False) -> None:
        super().__init__(theme, "page")
        self._side = side
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._who: Character | None = None
        self._sheet = Sheet()
        self._schema: Schema | None = None
        self._blocks: dict[str, Block] = {}
        self._row: ValueRow | None = None
        self._stages: list[Stage] = []
        self._differing: dict[str, str] = {}
        self._pointed: frozenset[int] = frozenset()
        self.stages = StageBar(theme)
        self._as_of = Label(theme, "meta", colour="text_2", elide=True)
        self._as_of.hide()
        self._name = ProseLabel(theme, "", style="page_title")
        self._line = ProseLabel(theme, "", style="aside", colour="text_2")
        self._portrait = Portrait(theme, faces, theme.portrait("sheet"), square=True)
        self._portrait.setVisible(not side)
        self._scroll = QScrollArea()
        self._groups = column(gap=0)
        self._nothing = Nothing(theme)
        self._decided = Label(theme, "meta", colour="text_2", elide=True)
        self._open_sheet = LinkButton(theme, _("Open sheet"))
        self._add = QuietButton(theme, _("Add a value"), icon="plus")
        self._find = Finder(theme)
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._acts = self._actions_of_rows()
        self._build()

        self._timer.timeout.connect(self._build_some)
        self._open_sheet.clicked.connect(self.sheet_wanted)
        self._add.clicked.connect(self.open_finder)
        self._nothing.guide_wanted.connect(self.guide_wanted)
        self._nothing.add_wanted.connect(self.open_finder)
        self._find.found.connect(self.add_value)
        self._find.closed.connect(self._decided.show)
        theme.changed.connect(self._restyle)

    def _build(self) -> None:
        words = column(gap=3)
        words.addWidget(self._name)
        words.addWidget(self._line)
        words.addWidget(self._as_of)
        if self._side:
            self.stages.hide()
        else:
            words.addSpacing(10)
            words.addWidget(self.stages)
        head = row(gap=18)
        if not self._side:
            head.setContentsMargins(self._indent(), 0, 0, 0)
        head.addLayout(words, 1)
        head.setAlignment(words, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._portrait, 0, Qt.AlignmentFlag.AlignTop)
        self._head = head
        inner = column(margins=(22, 28, 22, 16) if self._side else (24, 26, 24, 28), gap=0)
        inner.addLayout(head)
        if self._side:
            inner.addSpacing(12)
            rule = row(margins=(10, 0, 10, 0))
            rule.addWidget(Hairline(self._theme))
            inner.addLayout(rule)
            head.setContentsMargins(10, 0, 10, 0)
        inner.addLayout(self._groups)
        inner.addWidget(self._nothing)
        inner.addStretch()
        if not self._side:
            inner.addSpacing(20)
            inner.addLayout(self._full_foot())
        page = QWidget()
        page.setLayout(inner)
        page.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._page = Measure(self._theme, page, side=self._side)
        self._scroll.setWidget(self._page)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = column()
        layout.addWidget(self._scroll, 1)
        if self._side:
            layout.addLayout(self._side_foot())
        self.setLayout(layout)

    def _side_foot(self) -> QLayout:
        line = row(margins=(16, 6, 16, 8), gap=6)
        self._add.set_words(_("Add"))
        self._add.setAccessibleName(_("Add a value"))
        line.addWidget(self._add)
        line.addWidget(self._find, 2)
        line.addWidget(self._decided, 1)
        line.addWidget(self._open_sheet)
        self._decided.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return line

    def _full_foot(self) -> QLayout:
        self._open_sheet.hide()
        foot = column(gap=14)
        foot.setContentsMargins(self._indent(), 0, 0, 0)
        adding = row(gap=10)
        adding.addWidget(self._add)
        adding.addWidget(self._find, 1)
        adding.addWidget(self._decided, 1)
        foot.addLayout(adding)
        legend = FlowLayout(gap=16, line_gap=4)
        for source in ("guided", "form", "suggested", "talk", "card"):
            legend.addWidget(LegendEntry(self._theme, *source_words(source)))
        holder = QWidget()
        holder.setLayout(legend)
        foot.addWidget(holder)
        self._foot = foot
        return foot

    # Told what is so

    def show_sheet(self, who: Character, sheet: Sheet, schema: Schema, fresh: set[str]) -> None:
        """Show all values of a character; those of the attributes in `fresh` are tinted."""
        if self._who is None or who.id != self._who.id:
            self._row = None
            self._scroll.verticalScrollBar().setValue(0)
            self._clear()
        if schema is not self._schema:
            self._take_schema(schema)
        self._who, self._sheet = who, sheet
        self._name.set_text(one_line(who.name, 160) or _("No name yet"))
        self._line.set_text(one_line(who.line, 400))
        self._line.setVisible(bool(who.line.strip()))
        self._portrait.show_character(who)
        self._nothing.setVisible(not sheet.values)
        self._nothing.setAccessibleName(_("Nothing is decided yet."))
        decided = len(sheet.decided())
        rest = len(schema.attributes.keys() - schema.hidden - sheet.decided())
        self._decided.set_text(_("{count} decided · {rest} may stay blank", count=decided, rest=rest))
        by_group: dict[str, list[Value]] = {group.id: [] for group in schema.groups}
        for value in sheet.values:
            named_above = self._side and value.attribute == "full_name"
            if value.attribute in schema.attributes and not named_above:
                by_group[schema.attributes[value.attribute].group].append(value)
        order = {attribute: i for i, attribute in enumerate(schema.attributes)}
        for group in schema.groups:
            values = sorted(by_group[group.id], key=lambda value: order[value.attribute])
            self._blocks[group.id].plan(values, who.colour, fresh)
        self._timer.start()
        self._build_some()

    def show_stages(self, stages: Sequence[Stage], current: Stage | None, differing: dict[str, str]) -> None:
        """The page is told as of `current`; `differing` says what attributes are at other stages."""
        self._stages, self._differing = list(stages), differing
        self.stages.show_stages(stages, current, self._who.colour if self._who else "slate")
        self._as_of.set_text(_("As of: {stage}", stage=current.name) if current else "")
        self._as_of.setVisible(self._side and current is not None)
        self._mark()

    def show_finished(self, *, finished: bool) -> None:
        """Whether the writer calls this sheet finished."""
        self._acts["finished"].setChecked(finished)

    def point_at(self, value_ids: frozenset[int]) -> None:
        """Underline these values, because a note in the margin is about them."""
        self._pointed = value_ids
        self._mark()

    def show_value(self, value_id: int) -> None:
        """Scroll to this value and put the keyboard on it."""
        self._build_all()
        for value_row in self._rows():
            if value_row.value is not None and value_row.value.id == value_id:
                self._reach(value_row)
                return

    def clear_fresh(self) -> None:
        """Take the tint away."""
        for value_row in self._rows():
            value_row.set_fresh(fresh=False)

    def show_attribute(self, attribute: str) -> None:
        """Scroll to this attribute and put the keyboard on it."""
        self._build_all()
        for value_row in self._rows():
            if value_row.attribute.id == attribute:
                self._reach(value_row)
                return

    def add_value(self, attribute: str) -> None:
        """Open a line for a value of this attribute, or the value itself where only one can be."""
        if self._schema is None:
            return
        self._build_all()
        what = self._schema.attributes[attribute]
        block = self._blocks[what.group]
        here = [value_row for value_row in block.rows() if value_row.attribute.id == attribute]
        if here and not what.many:
            value_row = here[0]
        else:
            value_row = block.open_new(what, self._who.colour if self._who else "slate")
        self._nothing.hide()
        value_row.show()
        value_row.begin()
        QTimer.singleShot(0, self._show_writing)

    def open_finder(self) -> None:
        """Ask which attribute is to be added."""
        self._decided.hide()
        self._find.begin()

    def menu_actions(self) -> list[QAction]:
        """What can be done with the value under the keyboard, for the menu."""
        return list(self._acts.values())

    def listen(self, value_row: ValueRow) -> ValueRow:
        """Hear what is done to this row."""
        value_row.edited.connect(self._on_edited)
        value_row.felt.connect(self._on_felt)
        value_row.history_wanted.connect(self._on_history_of)
        value_row.edit_left.connect(self._on_edit_left)
        value_row.came_into_focus.connect(self._on_focus)
        value_row.step_wanted.connect(self._on_step)
        value_row.know_menu_wanted.connect(self._on_know_menu)
        value_row.menu_wanted.connect(self._on_row_menu)
        return value_row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        rows = self._rows()
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return) and rows:
            rows[0].setFocus(Qt.FocusReason.TabFocusReason)
        elif event.key() in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            bar = self._scroll.verticalScrollBar()
            down = event.key() == Qt.Key.Key_PageDown
            bar.setValue(bar.value() + (1 if down else -1) * bar.pageStep())
        else:
            super().keyPressEvent(event)

    # Slots

    def _on_edited(self, text: str) -> None:
        value_row = self.sender()
        if isinstance(value_row, ValueRow):
            self.value_edited.emit(value_row.attribute.id, value_row.value, text)
            self._drop_new(value_row)

    def _on_edit_left(self) -> None:
        value_row = self.sender()
        if isinstance(value_row, ValueRow):
            self._drop_new(value_row)

    def _on_focus(self) -> None:
        value_row = self.sender()
        if isinstance(value_row, ValueRow):
            self._row = value_row
            self._scroll.ensureWidgetVisible(value_row, 0, 24)

    def _on_step(self, steps: int) -> None:
        rows = self._rows()
        if self._row in rows:
            at = rows.index(self._row) + steps
            if 0 <= at < len(rows):
                rows[at].setFocus(Qt.FocusReason.TabFocusReason)

    def _on_know_menu(self, where: QPoint) -> None:
        value_row = self.sender()
        if isinstance(value_row, ValueRow):
            self._row = value_row
            self._open_know(where)

    def _on_row_menu(self, where: QPoint) -> None:
        value_row = self.sender()
        if not isinstance(value_row, ValueRow) or value_row.value is None:
            return
        self._row = value_row
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self._acts["edit"], self._acts["lock"], self._acts["history"]])
        if value_row.attribute.is_ref:
            menu.addAction(self._acts["feeling"])
        know = menu.addMenu(_("Who knows it"))
        fill_know(know, self._theme, value_row.value)
        know.triggered.connect(self._on_know)
        if self._stages:
            holds = menu.addMenu(_("Holds"))
            fill_stages(holds, self._stages, value_row.value)
            holds.triggered.connect(self._on_hold)
        menu.addSeparator()
        menu.addAction(self._acts["remove"])
        self._acts["lock"].setText(_("Unlock") if value_row.value.locked else _("Lock"))
        menu.popup(where)

    def _on_know(self, action: QAction) -> None:
        if self._row is not None and self._row.value is not None:
            self.know_chosen.emit(self._row.value, action.data())

    def _on_hold(self, action: QAction) -> None:
        if self._row is not None and self._row.value is not None:
            self.hold_chosen.emit(self._row.value, action.data())

    def _on_felt(self, text: str) -> None:
        value_row = self.sender()
        if isinstance(value_row, ValueRow) and value_row.value is not None:
            self.feeling_edited.emit(value_row.value, text)

    def _on_feeling(self) -> None:
        if self._row is not None:
            self._row.begin_feeling()

    def _on_history_of(self) -> None:
        value_row = self.sender()
        if isinstance(value_row, ValueRow):
            self._row = value_row
            self._on_history()

    def _on_history(self) -> None:
        if self._row is not None and self._row.value is not None:
            corner = QPoint(self._row.width(), min(self._row.height(), 34))
            self.history_wanted.emit(self._row.value, self._row.mapToGlobal(corner))

    def _on_edit(self) -> None:
        if self._row is not None:
            self._row.begin()

    def _on_lock(self) -> None:
        if self._row is not None and self._row.value is not None:
            self.lock_toggled.emit(self._row.value, not self._row.value.locked)

    def _on_know_key(self) -> None:
        if self._row is not None and self._row.value is not None:
            self._open_know(self._row.mapToGlobal(QPoint(self._row.width() - 200, 24)))

    def _on_remove(self) -> None:
        if self._row is not None and self._row.value is not None and not self._row.writing:
            self.value_removed.emit(self._row.value)

    def _show_writing(self) -> None:
        for value_row in self._rows():
            if value_row.writing:
                self._scroll.ensureWidgetVisible(value_row, 0, 40)

    # Small helpers

    def _actions_of_rows(self) -> dict[str, QAction]:
        made = {}
        for name, words, keys, slot in (
            ("add", _("Add a value…"), "Ctrl+Shift+A", self.open_finder),
            ("edit", _("Write in place"), "F2", self._on_edit),
            ("lock", _("Lock or unlock"), "Ctrl+L", self._on_lock),
            ("know", _("Who knows it…"), "Ctrl+.", self._on_know_key),
            ("history", _("Where it comes from"), "Ctrl+H", self._on_history),
            ("feeling", _("What is felt for them…"), "Ctrl+Shift+U", self._on_feeling),
            ("remove", _("Remove this value"), "Del", self._on_remove),
            ("stage", _("New stage…"), "Ctrl+Shift+W", self.stages.begin),
            ("earlier", _("As of the stage before"), "Ctrl+PgUp", self._on_earlier),
            ("later", _("As of the next stage"), "Ctrl+PgDown", self._on_later),
            ("finished", _("The sheet is finished"), "Ctrl+Shift+.", self._on_finished),
        ):
            action = QAction(words, self)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(slot)
            self.addAction(action)
            made[name] = action
        made["finished"].setCheckable(True)
        return made

    def _take_schema(self, schema: Schema) -> None:
        self._clear()
        for old in self._blocks.values():
            self._groups.removeWidget(old)
            old.deleteLater()
        self._blocks.clear()
        self._schema = schema
        for group in schema.groups:
            block = Block(self._theme, group, schema, side=self._side, listen=self.listen)
            self._blocks[group.id] = block
            self._groups.addWidget(block)
        self._find.offer(schema)

    def _clear(self) -> None:
        self._timer.stop()
        for block in self._blocks.values():
            block.clear()

    def _build_some(self) -> None:
        left = ROWS_AT_ONCE
        for block in self._blocks.values():
            left -= block.build(left)
            if left <= 0:
                break
        else:
            self._timer.stop()
        self._mark()

    def _build_all(self) -> None:
        for block in self._blocks.values():
            block.build(10_000)
        self._timer.stop()
        self._mark()

    def _drop_new(self, value_row: ValueRow) -> None:
        if value_row.value is None:
            for block in self._blocks.values():
                block.drop_new(value_row)
            self._nothing.setVisible(not self._sheet.values)
            if self._row is value_row:
                self._row = None

    def _open_know(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_know(menu, self._theme, self._row.value if self._row is not None else None)
        menu.triggered.connect(self._on_know)
        menu.popup(where)

    def _on_earlier(self) -> None:
        self.stages.step(-1)

    def _on_later(self) -> None:
        self.stages.step(1)

    def _on_finished(self) -> None:
        self.finished_toggled.emit(self._acts["finished"].isChecked())

    def _rows(self) -> list[ValueRow]:
        return [value_row for block in self._blocks.values() for value_row in block.rows()]

    def _reach(self, value_row: ValueRow) -> None:
        # a row that was just built is shown by its layout only a moment later
        value_row.show()
        self._scroll.ensureWidgetVisible(value_row, 0, 60)
        value_row.setFocus(Qt.FocusReason.OtherFocusReason)

    def _mark(self) -> None:
        for value_row in self._rows():
            told = self._differing.get(value_row.attribute.id, "") if value_row.first else ""
            value_row.show_stages(told)
            here = value_row.value is not None and value_row.value.id in self._pointed
            value_row.set_underlined(underlined=here)

    def _indent(self) -> int:
        return self._theme.size("label_margin") + 18

    def _restyle(self) -> None:
        if not self._side:
            self._head.setContentsMargins(self._indent(), 0, 0, 0)
            self._foot.setContentsMargins(self._indent(), 0, 0, 0)
