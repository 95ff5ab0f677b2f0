"""Asks which attribute is to be added to the page."""

from __future__ import annotations

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtWidgets import QCompleter

from charstudio.gui.sidebar import SearchField
from charstudio.gui.theme import Theme
from charstudio.i18n import _
from charstudio.sheet import Schema


class Finder(SearchField):
    """A line that finds an attribute by its words; it shows only while it is needed."""

    found = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, _("Which attribute?"))
        self._schema: Schema | None = None
        self._found = ""
        self._completer = QCompleter(self)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._completer.setMaxVisibleItems(10)
        self.setCompleter(self._completer)
        self.hide()

        self._completer.activated[str].connect(self._on_found)  # type: ignore[index]
        self.returnPressed.connect(self._on_entered)
        self.editingFinished.connect(self._on_left)

    def offer(self, schema: Schema) -> None:
        """Find the attributes of this schema."""
        self._schema = schema
        labels = {group.id: group.label for group in schema.groups}
        words = [
            f"{a.label} – {labels[a.group]}" for a in schema.attributes.values() if a.id not in schema.hidden
        ]
        self._completer.setModel(QStringListModel(words, self))

    def begin(self) -> None:
        """Show the line and the list below it."""
        self.clear()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._completer.complete()

    def _on_found(self, words: str) -> None:
        if self._schema is None:
            return
        label = words.split(" – ")[0]
        attribute = next((a for a in self._schema.attributes.values() if a.label == label), None)
        if attribute is not None:
            # the list of words closes after this, and takes the keyboard along until then
            self._found = attribute.id
            QTimer.singleShot(0, self._tell)

    def _tell(self) -> None:
        found, self._found = self._found, ""
        if found:
            self._close()
            self.found.emit(found)

    def _on_entered(self) -> None:
        index = self._completer.currentIndex()
        if index.isValid() and self.text():
            self._on_found(index.data())

    def _on_left(self) -> None:
        if self._found:
            return
        popup = self._completer.popup()
        if not self.hasFocus() and not (popup is not None and popup.isVisible()):
            self._close()

    def _close(self) -> None:
        popup = self._completer.popup()
        if popup is not None:
            popup.hide()
        self.hide()
        self.closed.emit()
