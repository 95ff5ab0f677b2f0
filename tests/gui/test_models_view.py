"""The Models view tells what each model is; looking, checking and downloading go on beside the window."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QScrollArea

from charstudio import paths
from charstudio.engines.curated import load_suggested, suggested_for
from charstudio.engines.estimate import Machine, estimate, speed_words
from charstudio.engines.shelf import ShelvedModel
from charstudio.gui.app import Window
from charstudio.gui.model_cards import ModelHere, ModelOffered, WorkLine, size_words
from charstudio.gui.models_view import ADDRESS, ModelsView
from charstudio.gui.text import Label
from charstudio.model import ModelFile
from charstudio.settings import Settings
from tests.gguf_files import tiny_model

MACHINE = Machine(16 * 10**9, 4)
GEMMA = ModelFile("/m/g.gguf", "Gemma", "gemma3", "Q4_K_M", 253_000_000, 32768, False, "Gemma Terms")
OTHER = ModelFile("/m/o.gguf", "<b>Other</b>", "llama", "Q5_K_M", 51_000_000_000, 4096, True)


def here(file: ModelFile, **more: object) -> ModelHere:
    return ModelHere(ShelvedModel(file.name, file.path, file, **more), estimate(file, MACHINE))


def offers() -> tuple[ModelOffered, ...]:
    models = suggested_for(load_suggested(paths.resource("models.yaml")), MACHINE)
    return tuple(ModelOffered(m, m.estimate(MACHINE)) for m in models)


@pytest.fixture
def view(theme, qtbot) -> ModelsView:
    made = ModelsView(theme)
    qtbot.addWidget(made)
    made.resize(900, 1200)
    made.show_models((here(GEMMA, starter=True), here(OTHER)), GEMMA.path, "ready", offers())
    made.show()
    qtbot.waitExposed(made)
    return made


def named(view, name: str) -> QAbstractButton:
    found = [b for b in view.findChildren(QAbstractButton) if b.accessibleName() == name and b.isVisible()]
    assert len(found) == 1, name
    return found[0]


def press(qtbot, view, name: str) -> None:
    qtbot.mouseClick(named(view, name), Qt.MouseButton.LeftButton)


def words(view) -> str:
    return "\n".join(label.whole() for label in view.findChildren(Label) if label.isVisible())


@pytest.mark.parametrize(
    ("name", "signal", "told"),
    [
        ("Use <b>Other</b>", "use_wanted", OTHER.path),
        ("Check the file of Gemma", "check_wanted", GEMMA.path),
        ("Take <b>Other</b> off the list", "forget_wanted", OTHER.path),
        ("Download Gemma 3 4B", "download_wanted", "gemma-3-4b"),
    ],
)
def test_what_a_button_says_is_told(view, qtbot, name, signal, told):
    with qtbot.waitSignal(getattr(view, signal)) as heard:
        press(qtbot, view, name)
    assert heard.args == [told]


def test_a_card_says_what_it_is_and_whether_it_fits(view):
    said = words(view)
    assert "gemma3 · Q4_K_M · 253 MB · 32,768 tokens of context · continues text" in said
    assert "Licence: Gemma Terms" in said
    assert "Licence: not said in the file" in said
    assert "Fits. It needs about" in said
    assert "Too big. It needs about" in said
    assert "words a second here." in said


def test_the_starter_and_the_one_in_use_cannot_be_taken_off(view):
    names = [b.accessibleName() for b in view.findChildren(QAbstractButton) if b.isVisible()]
    assert "Take Gemma off the list" not in names
    assert "Use Gemma" not in names


def test_a_file_that_went_away_says_why_and_can_be_taken_off(view, qtbot):
    lost = ModelHere(ShelvedModel("lost", "/m/lost.gguf", None, trouble="There is no model file."))
    view.show_models((lost,), "", offers=())
    assert "There is no model file." in words(view)
    with qtbot.waitSignal(view.forget_wanted):
        press(qtbot, view, "Take lost off the list")


def test_work_stands_in_its_card_and_survives_a_new_list(view, qtbot):
    view.show_work("gemma-3-4b", "Downloading · 1 of 2 GB", 1, 2)
    view.show_models((here(GEMMA, starter=True),), GEMMA.path, "ready", offers())
    assert "Downloading · 1 of 2 GB" in words(view)
    assert not named(view, "Download Llama 3.2 3B Instruct").isEnabled()
    with qtbot.waitSignal(view.stop_wanted):
        press(qtbot, view, "Cancel")
    view.end_work()
    assert named(view, "Download Gemma 3 4B").isEnabled()
    assert not any(line.isVisible() for line in view.findChildren(WorkLine))


def test_an_address_is_given_with_enter(view, qtbot):
    view.ask_address()
    line = QApplication.focusWidget()
    assert isinstance(line, QLineEdit)
    assert line.accessibleName()
    qtbot.keyClicks(line, " hf:a/b/c.gguf ")
    with qtbot.waitSignal(view.address_wanted) as given:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert given.args == ["hf:a/b/c.gguf"]
    view.show_work(ADDRESS, "Downloading", 0, 0)
    with qtbot.assertNotEmitted(view.address_wanted):
        qtbot.keyClick(line, Qt.Key.Key_Return)


def test_the_keyboard_stays_at_its_model_when_the_list_is_shown_anew(view):
    named(view, "Use <b>Other</b>").setFocus(Qt.FocusReason.TabFocusReason)
    assert view.current() == OTHER.path
    view.show_models((here(GEMMA, starter=True), here(OTHER)), GEMMA.path, "writing", offers())
    focused = QApplication.focusWidget()
    assert focused is not None
    assert focused.accessibleName() == "Use <b>Other</b>"
    assert view.current() == OTHER.path


def test_the_page_stays_where_it_was_when_work_begins_and_the_list_is_shown_anew(view, qtbot):
    view.resize(900, 500)
    many = tuple(here(replace(OTHER, path=f"/m/{n}.gguf", name=f"Model {n}")) for n in range(6))
    view.show_models(many, "", "", offers())
    bar = view.findChild(QScrollArea).verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 300)
    button = named(view, "Check the file of Model 3")
    button.setFocus(Qt.FocusReason.TabFocusReason)
    bar.setValue(300)
    view.show_work("/m/3.gguf", "Reading the file", 1, 2)
    qtbot.wait(20)
    assert QApplication.focusWidget().accessibleName() == "Cancel"
    view.end_work()
    assert "Model 3" in QApplication.focusWidget().accessibleName()
    before = bar.value()
    view.show_models(many, "/m/0.gguf", "", offers())
    qtbot.wait(20)
    assert "Model 3" in QApplication.focusWidget().accessibleName()
    assert abs(bar.value() - before) < 40


def test_everything_that_can_be_pressed_has_a_name(view):
    unnamed = [b for b in view.findChildren(QAbstractButton) if b.isVisible() and not b.accessibleName()]
    assert unnamed == []


def test_without_models_one_is_asked_for(theme, qtbot):
    view = ModelsView(theme)
    qtbot.addWidget(view)
    view.show()
    shown = [b for b in view.findChildren(QAbstractButton) if b.isVisible() and b.text() == "Add a model…"]
    with qtbot.waitSignal(view.add_wanted):
        qtbot.mouseClick(shown[0], Qt.MouseButton.LeftButton)


def test_sizes_and_speeds_are_said_as_people_do():
    assert (size_words(253_000_000), size_words(5_140_000_000)) == ("253 MB", "5.1 GB")
    assert speed_words(12.2) == "About 12 words a second here."
    assert speed_words(0.02) == "About 50 seconds for a word here."
    assert speed_words(0) == ""


class TestInTheWindow:
    @pytest.fixture
    def opened(self, qapp, qtbot, home) -> Iterator[Window]:
        opened = Window(qapp, paths.default_library(), Settings(engine="echo", theme="light"))
        qtbot.addWidget(opened.window)
        opened.window.show()
        opened.window.show_place("models")
        yield opened
        opened.close()

    def idle(self, qtbot, opened: Window) -> None:
        qtbot.waitUntil(
            lambda: not opened.bridge.busy("models") and not opened.bridge.busy("files"), timeout=10_000
        )

    def notice(self, opened: Window) -> str:
        return opened.views.models.notice.accessibleName()

    def test_a_model_is_added_used_checked_and_taken_off(self, opened, qtbot, tmp_path):
        view = opened.views.models
        file = tiny_model(tmp_path / "tiny.gguf")
        opened.models.add(str(file))
        self.idle(qtbot, opened)
        press(qtbot, view, "Use Tiny")
        self.idle(qtbot, opened)
        assert opened.studio.settings.model == str(file)
        press(qtbot, view, "Check the file of Tiny")
        self.idle(qtbot, opened)
        assert "was read whole" in self.notice(opened)
        opened.models.forget(str(file))
        self.idle(qtbot, opened)
        assert opened.studio.settings.model == ""
        assert file.exists()
        assert "Tiny" not in words(view)

    def test_what_is_no_model_is_told_in_the_view(self, opened, qtbot, tmp_path):
        file = tmp_path / "no.gguf"
        file.write_bytes(b"PK")
        opened.models.add(str(file))
        self.idle(qtbot, opened)
        assert "no GGUF model" in self.notice(opened)

    def test_a_folder_is_looked_through(self, opened, qtbot, tmp_path):
        tiny_model(tmp_path / "tiny.gguf")
        opened.models.look_through(str(tmp_path))
        self.idle(qtbot, opened)
        assert self.notice(opened) == "One model was found."
        assert "Tiny" in words(opened.views.models)

    def test_a_download_arrives_and_is_offered(self, opened, qtbot, tmp_path):
        pytest.importorskip("httpx")
        with served(tiny_model(tmp_path / "x.gguf").read_bytes()) as url:
            opened.models.download(url, ADDRESS)
            assert opened.window.actions_by_name["model_stop"].isEnabled()
            self.idle(qtbot, opened)
        assert "is here, whole and checked" in self.notice(opened)
        opened.views.models.notice.link_chosen.emit()
        self.idle(qtbot, opened)
        assert Path(opened.studio.settings.model).name == "tiny.gguf"
        assert not opened.window.actions_by_name["model_stop"].isEnabled()

    def test_a_stopped_download_says_how_to_go_on(self, opened, qtbot, tmp_path):
        pytest.importorskip("httpx")
        with served(tiny_model(tmp_path / "x.gguf").read_bytes(), silent=True) as url:
            opened.models.download(url, ADDRESS)
            qtbot.wait(200)
            opened.models.stop()
            self.idle(qtbot, opened)
        assert "goes on from there" in self.notice(opened)

    def test_a_bad_address_is_told_in_the_view(self, opened, qtbot):
        opened.models.download("http://example.org/m.gguf", ADDRESS)
        self.idle(qtbot, opened)
        assert "not safe" in self.notice(opened) or "extra `server`" in self.notice(opened)

    def test_the_actions_of_a_card_are_for_this_place_only(self, opened):
        do = opened.window.actions_by_name
        assert do["model_use"].isEnabled()
        assert do["model_check"].shortcut().toString()
        opened.window.show_place("library")
        assert not do["model_use"].isEnabled()
        assert do["model_add"].isEnabled()

    def test_a_shortcut_goes_to_the_address(self, opened, qtbot):
        opened.window.show_place("library")
        opened.window.actions_by_name["model_address"].trigger()
        self.idle(qtbot, opened)
        assert opened.window.place == "models"
        assert QApplication.focusWidget().accessibleName() == "Address of a model"


class served:  # noqa: N801 - it reads as a word
    """One file behind a server of this computer; a silent one sends half of it."""

    def __init__(self, body: bytes, *, silent: bool = False) -> None:
        gone = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if silent else body)
                self.wfile.flush()
                if silent:
                    gone.wait(5)

            def log_message(self, *_arguments: object) -> None:
                """Silence."""

        self._gone = gone
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}/tiny.gguf"

    def __exit__(self, *_exc: object) -> None:
        self._gone.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def test_no_two_actions_share_a_key_and_none_takes_a_letter_from_altgr(studio):
    keys = [key.toString() for action in studio.window.actions_by_name for key in action.shortcuts()]
    keys += [key.toString() for action in studio.page.menu_actions() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    assert not [key for key in keys if key.startswith("Ctrl+Alt+") and key[-1].isalpha()]
