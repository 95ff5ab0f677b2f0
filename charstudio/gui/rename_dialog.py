"""Renames a character everywhere: every place is shown with what it would become, and can be left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QDialog, QFrame, QScrollArea, QSizePolicy, QWidget

from charstudio.errors import SheetError
from charstudio.gui.buttons import paint_focus
from charstudio.gui.text import Label, ProseLabel, one_line
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Hairline, LineEdit, PrimaryButton, QuietButton, column, row
from charstudio.i18n import _
from charstudio.renaming import Mention

Find = Callable[[str], Sequence[Mention]]
WAIT_MS = 150
MOST_SHOWN = 300


class Tick(QCheckBox):
    """A box to tick, in the theme's colours."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        side = self._theme.size("icon") + 8
        return QSize(side, side)

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, side = self._theme, self._theme.size("icon")
        area = QRectF(4, 4, side, side).adjusted(0.5, 0.5, -0.5, -0.5)
        ticked = self.isChecked()
        painter.setPen(QPen(theme.colour("accent" if ticked else "line_strong"), 1))
        painter.setBrush(theme.colour("accent" if ticked else "page"))
        painter.drawRoundedRect(area, theme.radius("badge"), theme.radius("badge"))
        if ticked:
            ink = theme.colour("on_accent")
            pixmap = theme.icon_pixmap("check", ink, side - 4, self.devicePixelRatioF())
            painter.drawPixmap(6, 6, pixmap)
        if self.hasFocus():
            paint_focus(painter, theme, QRectF(self.rect()), theme.radius("control"))


class PlaceRow(QWidget):
    """One place: whose, where, the words before and after, and whether it is taken."""

    toggled = Signal()

    def __init__(self, theme: Theme, mention: Mention) -> None:
        super().__init__()
        self.mention = mention
        self._box = Tick(theme)
        self._box.setChecked(mention.taken)
        where = f"{one_line(mention.whose, 60)} · {mention.label}"
        self._box.setAccessibleName(f"{where}: {mention.before} → {mention.after}. {mention.doubt}")
        head = row(gap=8)
        head.addWidget(Label(theme, "ui_small", where, colour="text_2", elide=True), 1)
        if mention.doubt:
            head.addWidget(Label(theme, "ui_small", mention.doubt, colour="private"))
        words = column(gap=1)
        words.addLayout(head)
        words.addWidget(ProseLabel(theme, mention.before, style="prose_side", colour="text_3"))
        words.addWidget(ProseLabel(theme, mention.after, style="prose_side"))
        layout = row(margins=(4, 7, 8, 7), gap=10)
        layout.addWidget(self._box, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        self.setLayout(layout)
        self._box.toggled.connect(self.toggled)

    @property
    def taken(self) -> bool:
        """Whether the name is to be changed here."""
        return self._box.isChecked()


class RenameDialog(QDialog):
    """Asks for the new name; `find` tells the places for it. It emits the name and the chosen places."""

    rename_wanted = Signal(str, list)

    def __init__(self, theme: Theme, old: str, find: Find, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._theme, self._find = theme, find
        self._rows: list[PlaceRow] = []
        self._more: list[Mention] = []
        self.setWindowTitle(_("Rename everywhere"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._name = LineEdit(_("The new full name"))
        self._name.setText(old)
        self._told = Label(theme, "ui", colour="text_2")
        self._told.setWordWrap(True)
        self._places = column(gap=0)
        self._rename = PrimaryButton(theme, _("Rename"))
        self._cancel = QuietButton(theme, _("Cancel"), framed=True)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT_MS)
        self._build(theme, old)
        self._old = old
        self._show()

        self._wait.timeout.connect(self._show)
        self._name.textChanged.connect(self._on_typed)
        self._name.returnPressed.connect(self._on_rename)
        self._rename.clicked.connect(self._on_rename)
        self._cancel.clicked.connect(self.reject)

    def _build(self, theme: Theme, old: str) -> None:
        page = QWidget()
        inner = column()
        inner.addLayout(self._places)
        inner.addStretch()
        page.setLayout(inner)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        foot = row(gap=8)
        foot.addStretch()
        foot.addWidget(self._cancel)
        foot.addWidget(self._rename)
        layout = column(margins=(24, 20, 24, 20), gap=12)
        title = Label(theme, "name", _("Rename {name}", name=one_line(old, 80)), elide=True)
        layout.addWidget(title)
        layout.addWidget(self._name)
        layout.addWidget(self._told)
        layout.addWidget(Hairline(theme))
        layout.addWidget(scroll, 1)
        layout.addLayout(foot)
        self.setLayout(layout)
        self.resize(round(480 * theme.scale), 560)
        self._name.selectAll()
        self._name.setFocus(Qt.FocusReason.OtherFocusReason)

    def rows(self) -> list[PlaceRow]:
        """The places in view."""
        return list(self._rows)

    def _on_typed(self) -> None:
        self._rename.setEnabled(False)
        self._wait.start()

    def _show(self) -> None:
        name = self._name.text()
        found: Sequence[Mention] = ()
        told = _("Write the new name; every place where the old one stands appears here.")
        if name.strip() and name != self._old:
            try:
                found = self._find(name)
            except SheetError as exc:
                told = str(exc)
        for line in self._rows:
            self._places.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._rows = [self._made(mention) for mention in found[:MOST_SHOWN]]
        self._more = list(found[MOST_SHOWN:])
        self._told.set_text(told if not found else "")
        self._told.setVisible(not found)
        self._count()

    def _made(self, mention: Mention) -> PlaceRow:
        line = PlaceRow(self._theme, mention)
        line.toggled.connect(self._count)
        self._places.addWidget(line)
        return line

    def _chosen(self) -> list[Mention]:
        more = [mention for mention in self._more if mention.taken]
        return [line.mention for line in self._rows if line.taken] + more

    def _count(self) -> None:
        n = len(self._chosen())
        words = _("Rename in 1 place") if n == 1 else _("Rename in {n} places", n=n)
        self._rename.set_words(words if n else _("Rename"))
        self._rename.setEnabled(bool(n))

    def _on_rename(self) -> None:
        if self._wait.isActive():
            self._wait.stop()
            self._show()
        chosen = self._chosen()
        if chosen:
            self.rename_wanted.emit(self._name.text(), chosen)
            self.accept()
