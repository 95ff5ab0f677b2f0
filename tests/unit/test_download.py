"""Downloads from a server that does everything wrong: what arrives is whole and checked, or it is not there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("httpx")

from charstudio.engines import Shelf, answers, download
from charstudio.engines.addresses import address_of, check_address, file_name, part_addresses, sent_to
from charstudio.engines.download import Fetched, Fetching
from charstudio.errors import Cancel, Cancelled, EngineError
from tests.gguf_files import tiny_meta, tiny_model, write_gguf


class Server(ThreadingHTTPServer):
    """A server whose manners a test sets."""

    daemon_threads = True

    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = body
        self.etag = '"one"'
        self.modified = ""
        self.linked = ""
        self.break_after = 0  # bytes of an answer, after which the line breaks, the first `breaks` times
        self.breaks = 10**6
        self.ranges = True
        self.lie = ""
        self.promise = 0
        self.pause = 0.0
        self.status = 0
        self.kind = "application/octet-stream"
        self.redirect = ""
        self.asked: list[tuple[str, str]] = []

    def handle_error(self, *_arguments: object) -> None:
        """Clients that leave are no news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/models/tiny.gguf"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_arguments: object) -> None:
        """Silence."""

    def do_GET(self) -> None:
        ours = self.server
        wanted = self.headers.get("Range", "")
        ours.asked.append((self.path, wanted))
        if ours.redirect:
            self._head(302, {"Location": ours.redirect, "Content-Length": "0"})
            return
        if ours.status:
            self._head(ours.status, {"Content-Length": "0"})
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        goes_on = wanted and ours.ranges and self.headers.get("If-Range") == (ours.etag or ours.modified)
        body = ours.body[start:] if goes_on else ours.body
        headers = {"Content-Type": ours.kind, "Content-Length": str(ours.promise or len(body))}
        if ours.etag:
            headers["ETag"] = ours.etag
        if ours.modified:
            headers["Last-Modified"] = ours.modified
        if ours.linked:
            headers["X-Linked-ETag"] = ours.linked
        if goes_on:
            last = len(ours.body) - 1
            headers["Content-Range"] = ours.lie or f"bytes {start}-{last}/{len(ours.body)}"
        self._head(206 if goes_on else 200, headers)
        breaks = bool(ours.break_after) and ours.breaks > 0
        ours.breaks -= breaks
        self._send(body[: ours.break_after] if breaks else body)
        if breaks or ours.promise:
            self.close_connection = True
            self.connection.close()

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, body: bytes) -> None:
        step = 4096 if self.server.pause else 1 << 20
        for n in range(0, len(body), step):
            self.wfile.write(body[n : n + step])
            self.wfile.flush()
            time.sleep(self.server.pause)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PAUSE", 0.01)
    monkeypatch.setattr(answers, "SILENCE", 2.0)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    weights = np.random.default_rng(1).random((512, 256), np.float32)
    file = write_gguf(tmp_path_factory.mktemp("m") / "m.gguf", tiny_meta(), {"token_embd.weight": weights})
    return file.read_bytes()


@pytest.fixture
def server(model: bytes) -> Iterator[Server]:
    made = Server(model)
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def fetch(server: Server, folder: Path, **more: str) -> Fetched:
    events = list(download.download(server.url, folder, Cancel(), **more))
    assert isinstance(events[-1], Fetched)
    return events[-1]


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def part(folder: Path) -> Path:
    return folder / "tiny.gguf.part"


def refused(server: Server, folder: Path, match: str, **more: str) -> None:
    with pytest.raises(EngineError, match=match):
        fetch(server, folder, **more)
    assert not (folder / "tiny.gguf").exists()


class TestGoodServer:
    def test_a_model_arrives_whole_and_nothing_else_is_left(self, server, folder, model):
        found = fetch(server, folder)
        assert found.path.read_bytes() == model
        assert found.sha256 == hashlib.sha256(model).hexdigest()
        assert not found.published
        assert names(folder) == ["tiny.gguf"]

    def test_progress_begins_at_nothing_and_ends_at_all(self, server, folder, model):
        events = [e for e in download.download(server.url, folder, Cancel()) if isinstance(e, Fetching)]
        assert (events[0].done, events[0].total) == (0, len(model))
        assert (events[-1].done, events[-1].total) == (len(model), len(model))
        assert events[-1].per_s > 0

    def test_a_sum_in_the_etag_is_checked(self, server, folder, model):
        server.linked = f'"{hashlib.sha256(model).hexdigest()}"'
        assert fetch(server, folder).published

    def test_a_model_that_is_there_is_not_loaded_again(self, server, folder, model):
        fetch(server, folder)
        asked = len(server.asked)
        assert not any(isinstance(e, Fetching) for e in download.download(server.url, folder, Cancel()))
        assert fetch(server, folder, sha256=hashlib.sha256(model).hexdigest()).published
        assert len(server.asked) == asked + 1

    def test_another_file_of_that_name_is_never_written_over(self, server, folder, model):
        fetch(server, folder)
        with pytest.raises(EngineError, match="Another file"):
            fetch(server, folder, sha256="0" * 64)
        server.body = model + b"more"
        with pytest.raises(EngineError, match="Another file"):
            fetch(server, folder)
        server.linked = f'"{"3" * 64}"'
        with pytest.raises(EngineError, match="Another file"):
            fetch(server, folder)
        assert (folder / "tiny.gguf").read_bytes() == model

    def test_what_cannot_talk_is_kept_and_told(self, server, tmp_path):
        adapter = tiny_model(
            tmp_path / "a.gguf", general__type="adapter", tokenizer__chat_template="x" * 4000
        )
        server.body = adapter.read_bytes()
        with pytest.raises(EngineError, match=r"cannot talk by itself.* It lies at .*tiny\.gguf"):
            list(Shelf().fetch(server.url, Cancel()))
        assert Shelf().all() == []

    def test_a_model_in_parts_comes_as_a_whole(self, server, folder, tmp_path):
        url = server.url.replace("tiny.gguf", "tiny-00002-of-00002.gguf")
        found = list(download.download(url, folder, Cancel()))[-1]
        assert found.path.name == "tiny-00001-of-00002.gguf"
        assert names(folder) == ["tiny-00001-of-00002.gguf", "tiny-00002-of-00002.gguf"]
        assert server.asked[0][0].endswith("00002-of-00002.gguf")

    def test_it_goes_onto_the_shelf_with_its_sum(self, server):
        shelf = Shelf()
        events = list(shelf.fetch(server.url, Cancel()))
        (listed,) = shelf.all()
        assert listed == events[-1]
        assert len(shelf.settings_of(Path(listed.path)).sha256) == 64
        assert not listed.changed


class TestBrokenLines:
    def test_it_goes_on_where_the_line_broke(self, server, folder, model):
        server.break_after, server.breaks = 200_000, 2
        assert fetch(server, folder).path.read_bytes() == model
        assert [r for _p, r in server.asked] == ["", "bytes=200000-", "bytes=400000-"]

    def test_a_server_that_never_gets_far_is_given_up_and_the_part_is_kept(self, server, folder, model):
        server.break_after, server.ranges = 200_000, False
        refused(server, folder, "broke off .* is kept")
        assert part(folder).stat().st_size == 200_000
        server.break_after, server.ranges = 0, True
        assert fetch(server, folder).path.read_bytes() == model
        assert server.asked[-1][1] == "bytes=200000-"
        assert names(folder) == ["tiny.gguf"]

    def test_a_server_that_knows_no_ranges_begins_anew(self, server, folder, model):
        server.break_after, server.breaks, server.ranges = 200_000, 1, False
        assert fetch(server, folder).path.read_bytes() == model

    @pytest.mark.parametrize(
        "lie",
        ["bytes 0-524287/524288", "bytes 7-9/12", "nonsense", "bytes 200000-200001/*", "bytes 200000-9/10"],
    )
    def test_a_wrong_content_range_is_never_appended(self, server, folder, model, lie):
        server.break_after, server.breaks, server.lie = 200_000, 1, lie
        assert fetch(server, folder).path.read_bytes() == model
        assert [bool(r) for _p, r in server.asked] == [False, True, False]

    def test_a_file_that_was_replaced_meanwhile_begins_anew(self, server, folder, model):
        server.break_after = 200_000
        server.ranges = False
        refused(server, folder, "broke off")
        server.break_after, server.ranges, server.etag = 0, True, '"two"'
        server.body = model[:-4] + b"\1\2\3\4"
        assert fetch(server, folder).path.read_bytes() == server.body

    def test_a_server_without_etags_is_held_to_its_time(self, server, folder, model):
        server.etag = ""
        server.modified = "Mon, 23 Nov 2026 08:00:00 GMT"
        server.break_after, server.breaks = 200_000, 1
        assert fetch(server, folder).path.read_bytes() == model
        assert server.asked[-1][1] == "bytes=200000-"

    def test_a_server_that_tells_nothing_begins_anew(self, server, folder, model):
        server.etag = ""
        server.break_after, server.breaks = 200_000, 1
        assert fetch(server, folder).path.read_bytes() == model
        assert [r for _p, r in server.asked] == ["", ""]

    def test_a_part_without_its_notes_begins_anew(self, server, folder, model):
        folder.mkdir()
        part(folder).write_bytes(b"GGUF of somebody else")
        assert fetch(server, folder).path.read_bytes() == model

    @pytest.mark.parametrize("notes", ["", "[]", "{}", '{"url": 7}', '{"pid": "x"}', "[" * 100_000])
    def test_broken_notes_begin_anew(self, server, folder, model, notes):
        folder.mkdir()
        part(folder).write_bytes(model[:1000])
        Path(f"{part(folder)}.json").write_text(notes)
        assert fetch(server, folder).path.read_bytes() == model

    def test_more_promised_than_sent_is_told(self, server, folder, model):
        server.promise, server.ranges = len(model) + 1000, False
        refused(server, folder, "broke off")

    def test_nobody_at_the_address_is_told(self, folder):
        with pytest.raises(EngineError, match="Nothing came"):
            list(download.download("http://127.0.0.1:9/m.gguf", folder, Cancel()))


class TestWrongThings:
    def test_wrong_bytes_are_thrown_away(self, server, folder, model):
        refused(server, folder, "not the file that was published", sha256="1" * 64)
        assert names(folder) == []

    def test_bytes_that_do_not_fit_the_told_sum_are_thrown_away(self, server, folder):
        server.linked = f'"{"2" * 64}"'
        refused(server, folder, "not the file that was published")
        assert names(folder) == []

    def test_another_sum_than_the_wanted_one_is_told_before_loading(self, server, folder):
        server.linked = f'"{"2" * 64}"'
        refused(server, folder, "another file", sha256="1" * 64)
        assert names(folder) == []

    def test_a_web_page_is_told(self, server, folder):
        server.kind, server.body = "text/html; charset=utf-8", b"<html>" + b"x" * 1000
        refused(server, folder, "web page")
        server.kind = "application/octet-stream"
        refused(server, folder, "web page")
        assert names(folder) == []

    def test_what_is_no_model_is_not_loaded_to_its_end(self, server, folder):
        server.body = b"PK\3\4" + b"x" * 50_000_000
        refused(server, folder, "no GGUF model")
        assert names(folder) == []

    def test_a_model_that_ends_early_is_thrown_away(self, server, folder, model):
        server.body = model[:-1000]
        refused(server, folder, "no whole GGUF model")
        assert names(folder) == []

    @pytest.mark.parametrize(
        ("status", "match"),
        [
            (401, "signed in"),
            (403, "signed in"),
            (404, "no such file"),
            (418, "refused"),
            (503, "Nothing came"),
        ],
    )
    def test_refusals_are_told(self, server, folder, status, match):
        server.status = status
        refused(server, folder, match)

    def test_a_busy_server_costs_nothing_that_is_here(self, server, folder, model):
        server.break_after, server.ranges = 200_000, False
        refused(server, folder, "broke off")
        server.status = 503
        refused(server, folder, "broke off")
        assert part(folder).stat().st_size == 200_000

    def test_a_loop_of_redirects_ends(self, server, folder):
        server.redirect = "/again"
        refused(server, folder, "again and again")
        assert len(server.asked) == 6

    @pytest.mark.parametrize("target", ["http://example.org/x.gguf", "file:///etc/passwd", "ftp://x/y.gguf"])
    def test_nobody_is_sent_to_an_unsafe_place(self, server, folder, target):
        server.redirect = target
        refused(server, folder, "not safe|no address")

    def test_a_full_disk_is_told_before_loading(self, server, folder, monkeypatch):
        usage = namedtuple("usage", "total used free")
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9 - 1000, 1000))
        refused(server, folder, r"needs 0\.0 GB and only 0\.0 GB are free")
        monkeypatch.undo()

    def test_a_disk_that_runs_full_keeps_what_came(self, server, folder, monkeypatch):
        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(download.os, "fsync", full)
        refused(server, folder, "cannot be written .No space left")

    def test_two_windows_do_not_write_one_file(self, server, folder, model, monkeypatch):
        server.break_after, server.ranges = 200_000, False
        refused(server, folder, "broke off")
        beside = Path(f"{part(folder)}.json")
        beside.write_text(json.dumps({**json.loads(beside.read_text()), "pid": 1}))
        refused(server, folder, "another window")


class TestStop:
    def test_stop_is_heard_at_once_and_the_part_is_kept(self, server, folder, model):
        server.pause = 0.05
        cancel = Cancel()
        events = download.download(server.url, folder, cancel)
        next(e for e in events if e.done > 0)
        pressed: list[float] = []

        def press() -> None:
            pressed.append(time.monotonic())
            cancel.set()

        timer = threading.Timer(0.2, press)
        timer.start()
        with pytest.raises(Cancelled):
            list(events)
        assert time.monotonic() - pressed[0] < 0.1
        timer.join()
        kept = part(folder).stat().st_size
        assert kept > 0
        server.pause = 0.0
        assert fetch(server, folder).path.read_bytes() == model
        assert server.asked[-1][1] == f"bytes={kept}-"

    def test_stop_is_heard_while_the_server_is_silent(self, server, folder):
        server.pause = 1.5
        cancel = Cancel()
        timer = threading.Timer(0.3, cancel.set)
        timer.start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            list(download.download(server.url, folder, cancel))
        assert time.monotonic() - began < 0.5
        timer.join()

    @pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
    def test_ctrl_c_on_the_command_line_keeps_the_part_and_the_same_words_go_on(self, server, home, model):
        server.pause = 0.02
        command = [sys.executable, "-m", "charstudio", "models", "download", server.url]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        kept = home / "data" / "models" / "tiny.gguf.part"
        until = time.monotonic() + 20
        while time.monotonic() < until and not (kept.exists() and kept.stat().st_size):
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _out, told = running.communicate(timeout=20)
        assert running.returncode == 130
        assert told.strip() == "What came is kept; the same command goes on from there."
        assert 0 < kept.stat().st_size < len(model)
        server.pause = 0.0
        again = subprocess.run(command, capture_output=True, text=True, check=True)
        assert again.stdout.startswith("name\tTiny")
        assert server.asked[-1][1].startswith("bytes=")

    def test_a_part_is_never_listed(self, server, folder):
        server.break_after, server.ranges = 200_000, False
        refused(server, folder, "broke off")
        shelf = Shelf()
        shelf.add_folder(folder)
        assert list(shelf.rescan(Cancel())) == []
        assert shelf.all() == []


class TestAddresses:
    @pytest.mark.parametrize(
        ("said", "meant"),
        [
            ("hf:a-b/c.d/e_f.gguf", "https://huggingface.co/a-b/c.d/resolve/main/e_f.gguf"),
            ("hf:a/b/dir/e f.gguf", "https://huggingface.co/a/b/resolve/main/dir/e%20f.gguf"),
            (
                "https://huggingface.co/a/b/blob/main/c.gguf?download=true#x",
                "https://huggingface.co/a/b/resolve/main/c.gguf",
            ),
            ("huggingface.co/a/b/resolve/v1/c.gguf", "https://huggingface.co/a/b/resolve/v1/c.gguf"),
            ("https://example.org/m.gguf?key=1", "https://example.org/m.gguf?key=1"),
            ("http://localhost:1/m.gguf", "http://localhost:1/m.gguf"),
        ],
    )
    def test_what_is_pasted_is_understood(self, said, meant):
        assert address_of(said) == meant

    @pytest.mark.parametrize(
        "said",
        [
            "hf:only", "hf:a/b/../../c.gguf", "hf:a/b/c.zip", "https://huggingface.co/a/b", "http://example.org/m.gguf",
            "file:///etc/passwd", "https://me:secret@example.org/m.gguf", "https://", "https://[bad", "x:y",
        ],
    )  # fmt: skip
    def test_what_may_not_be_asked_is_told(self, said):
        with pytest.raises(EngineError):
            address_of(said)

    def test_another_computer_may_not_send_to_this_one(self):
        with pytest.raises(EngineError, match="back to this computer"):
            sent_to("https://example.org/a", "http://127.0.0.1:8080/b")
        assert sent_to("https://example.org/a/b", "../c") == "https://example.org/c"
        check_address("http://[::1]:80/x")

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("https://x/a/b/tiny.Q4_K_M.gguf", "tiny.Q4_K_M.gguf"),
            ("https://x/..%2f..%2fetc%2fpasswd", "passwd.gguf"),
            ("https://x/%5c%5chost%5cshare%5cm.gguf", "m.gguf"),
            ("https://x/con.gguf", "_con.gguf"),
            ("https://x/LPT1.q4.gguf", "_LPT1.q4.gguf"),
            ("https://x/.hidden.gguf", "hidden.gguf"),
            ("https://x/", "model.gguf"),
            ("https://x/a%00b%0a.gguf", "a_b_.gguf"),
            ("https://x/" + "a" * 500 + ".gguf", "a" * 150 + ".gguf"),
        ],
    )
    def test_names_of_files_are_made_safe(self, url, name):
        assert file_name(url) == name

    def test_the_parts_of_a_model_are_known_from_any_of_them(self):
        urls = part_addresses("https://x/m-00002-of-00003.gguf?k=1")
        assert urls[0] == "https://x/m-00001-of-00003.gguf?k=1"
        assert len(urls) == 3
        assert part_addresses("https://x/m-00001-of-99999.gguf") == ("https://x/m-00001-of-99999.gguf",)
