"""Puts the window over a studio; the only place that builds views and joins them to the parts behind."""

from __future__ import annotations

import hashlib
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication, QMessageBox

from charstudio import paths, settings
from charstudio.errors import StudioError
from charstudio.gui.bridge import Bridge
from charstudio.gui.cast import CastModel
from charstudio.gui.collector import Collector
from charstudio.gui.desk import Desk, look_of
from charstudio.gui.faces import Faces
from charstudio.gui.guide_desk import GuideDesk
from charstudio.gui.guide_view import GuideView
from charstudio.gui.library_view import LibraryView
from charstudio.gui.main_window import MainWindow
from charstudio.gui.margin_view import MarginView
from charstudio.gui.models_desk import ModelsDesk
from charstudio.gui.models_view import ModelsView
from charstudio.gui.notices import install_excepthook
from charstudio.gui.page_view import PageView
from charstudio.gui.panes import Tab
from charstudio.gui.prompt_desk import PromptDesk
from charstudio.gui.proposal_desk import ProposalDesk
from charstudio.gui.questions_desk import QuestionsDesk
from charstudio.gui.sheet_desk import SheetDesk
from charstudio.gui.talk_desk import TalkDesk
from charstudio.gui.talk_view import TalkView
from charstudio.gui.theme import Choice, Theme
from charstudio.i18n import _
from charstudio.studio import Studio

GRACE = 3.0  # seconds that lanes get to end when the window closes


def open_window(library: Path) -> int:
    """Open the window on a library and stay until it closes; a second one raises the first."""
    app = application()
    only = OnlyOne(library)
    if only.raised_another():
        return 0
    try:
        opened = Window(app, library, settings.load())
    except StudioError as exc:
        return _refused(app, str(exc))
    only.called.connect(opened.come_forward)
    signal.signal(signal.SIGINT, opened.on_signal)
    signal.signal(signal.SIGTERM, opened.on_signal)
    opened.window.show()
    code = app.exec()
    opened.close()
    return code


def application() -> QApplication:
    """The one QApplication of this process."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("charstudio")
    app.setDesktopFileName("charstudio")
    return app


@dataclass(frozen=True, slots=True)
class Views:
    """What stands in the window."""

    library: LibraryView
    models: ModelsView
    side: PageView
    talk_side: PageView
    page: PageView
    margin: MarginView
    guide: GuideView
    talk: TalkView


class Window(QObject):
    """One window over one library, with everything that works behind it."""

    def __init__(self, app: QApplication, library: Path, chosen: settings.Settings) -> None:
        super().__init__(app)
        self.studio = Studio(library, chosen)
        self.collector = Collector(self)
        self.theme = Theme(app, look_of(chosen, Choice()))
        self.bridge = Bridge(self)
        faces, cast = Faces(self.theme), CastModel()
        self.views = _views(self.theme, faces, cast)
        self.window = _window(self.theme, faces, cast, self.views, chosen)
        pages = (self.views.side, self.views.talk_side, self.views.page)
        self.desk = Desk(self.studio, self.bridge, self.theme, faces, self.window, pages)
        self.sheet = SheetDesk(
            self.studio, self.bridge, self.theme, faces, self.desk, self.window, pages, self.views.margin
        )
        self.models = ModelsDesk(self.studio, self.bridge, self.desk, self.window, self.views.models)
        self.guide = GuideDesk(self.studio, self.bridge, self.desk, self.window, self.views.guide)
        self.questions = QuestionsDesk(self.studio, self.theme, self.desk, self.window)
        self.talk = TalkDesk(self.studio, self.bridge, self.theme, self.desk, self.window, self.views.talk)
        self.prompt = PromptDesk(self.studio.conversation, self.bridge, self.theme, self.views.talk)
        self.proposals = ProposalDesk(
            self.studio, self.bridge, self.desk, self.window, self.talk, self.views.talk
        )
        self._closed = False

        self.sheet.message_wanted.connect(self.talk.show_message)
        self.window.closing.connect(self.keep_place)
        self.window.library_chosen.connect(self._on_library)
        self.window.new_library_chosen.connect(self._on_library)
        self._restore_hook = install_excepthook(self._on_bug)
        self.views.guide.packs_wanted.connect(self.questions.open_packs)
        self.talk.replied.connect(self.models.learn)
        self.desk.start()
        self.models.refresh()
        self.collector.freeze()

    def come_forward(self) -> None:
        """Raise the window, since the writer started the program again."""
        self.window.showNormal()
        self.window.raise_()
        self.window.activateWindow()

    def keep_place(self) -> None:
        """Keep where the window stands."""
        chosen = replace(self.studio.settings, window=self.window.geometry_text())
        self.studio.change_settings(chosen)

    def close(self) -> None:
        """End lanes and children; everything written is saved already."""
        if self._closed:
            return
        self._closed = True
        self._restore_hook()
        self.bridge.stop()
        self.bridge.close(GRACE)
        self.studio.close()
        self.collector.stop()

    def on_signal(self, *_arguments: Any) -> None:
        """End politely when the system asks."""
        self.window.close()

    def _on_library(self, path: str) -> None:
        """Open another library in a window of its own process; this one closes when that one stands."""
        import subprocess

        from charstudio.store import open_library

        try:
            open_library(Path(path)).close()
        except StudioError as exc:
            self.window.show_notice(str(exc), kind="danger")
            return
        subprocess.Popen([sys.executable, "-m", "charstudio", "--library", path], start_new_session=True)
        self.window.close()

    def _on_bug(self, sentence: str) -> None:
        self.window.show_notice(sentence, kind="danger")


class OnlyOne(QObject):
    """Knows whether this library is open in another window of this program already."""

    called = Signal()

    def __init__(self, library: Path) -> None:
        super().__init__()
        key = f"{paths.data()}\n{library.absolute()}"
        self._name = "charstudio-" + hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._server: QLocalServer | None = None

    def raised_another(self) -> bool:
        """Raise the window that has this library; False when there is none, and then we are it."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(200):
            socket.disconnectFromServer()
            return True
        QLocalServer.removeServer(self._name)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_call)
        self._server.listen(self._name)
        return False

    def _on_call(self) -> None:
        assert self._server
        while (connection := self._server.nextPendingConnection()) is not None:
            connection.disconnectFromServer()
            connection.deleteLater()
        self.called.emit()


def _views(theme: Theme, faces: Faces, cast: CastModel) -> Views:
    return Views(
        library=LibraryView(theme, faces, cast),
        models=ModelsView(theme),
        side=PageView(theme, faces, side=True),
        talk_side=PageView(theme, faces, side=True),
        page=PageView(theme, faces),
        margin=MarginView(theme, faces),
        guide=GuideView(theme, faces),
        talk=TalkView(theme, faces),
    )


def _window(
    theme: Theme, faces: Faces, cast: CastModel, views: Views, chosen: settings.Settings
) -> MainWindow:
    tabs: Sequence[Tab] = (
        Tab("guide", _("Guide"), views.guide, panel=views.side, actions=views.guide.menu_actions()),
        Tab(
            "talk",
            _("Talk"),
            views.talk,
            panel=views.talk_side,
            panel_width=308,
            actions=views.talk.menu_actions(),
        ),
        Tab(
            "sheet",
            _("Sheet"),
            views.page,
            panel=views.margin,
            panel_width=300,
            actions=views.page.menu_actions(),
        ),
    )
    window = MainWindow(
        theme, faces, cast, library=views.library, models=views.models, tabs=tabs, panels=chosen.panels
    )
    if chosen.window:
        window.restore_geometry_text(chosen.window)
    return window


def _refused(app: QApplication, sentence: str) -> int:
    print(sentence, file=sys.stderr)
    if app.platformName() not in ("offscreen", "minimal"):
        QMessageBox.critical(None, "charstudio", sentence)
    return 1
