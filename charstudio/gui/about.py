"""Who made this and under which terms, also those of the model that comes with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QScrollArea, QWidget

from charstudio.gui.text import Label
from charstudio.gui.theme import Theme
from charstudio.gui.widgets import Hairline, PrimaryButton, ProseView, column, row
from charstudio.i18n import _


class AboutDialog(QDialog):
    """Shows the version and texts with a title each, such as licences and the terms of the starter model."""

    def __init__(
        self, theme: Theme, version: str, texts: Sequence[tuple[str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("About charstudio"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inner = column(margins=(24, 4, 24, 12), gap=4)
        for title, text in texts:
            heading = Label(theme, "ui_strong", title)
            heading.setContentsMargins(0, 12, 0, 2)
            heading.setWordWrap(True)
            words = ProseView(theme, text, style="prose_side")
            words.setAccessibleName(title)
            inner.addWidget(heading)
            inner.addWidget(words)
        inner.addStretch()
        page = QWidget()
        page.setLayout(inner)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(_("Licences"))
        close = PrimaryButton(theme, _("Close"), keys="Esc")
        head = column(margins=(24, 20, 24, 12), gap=2)
        head.addWidget(Label(theme, "view_title", "charstudio"))
        head.addWidget(Label(theme, "ui_small", _("Version {version}", version=version), colour="text_2"))
        foot = row(margins=(24, 12, 24, 16))
        foot.addStretch()
        foot.addWidget(close)
        layout = column()
        layout.addLayout(head)
        layout.addWidget(Hairline(theme))
        layout.addWidget(scroll, 1)
        layout.addWidget(Hairline(theme))
        layout.addLayout(foot)
        self.setLayout(layout)
        self.resize(480, 520)
        close.clicked.connect(self.accept)
