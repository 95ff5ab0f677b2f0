"""Whatever a model server does, the writer reads a sentence, keeps what came, and Stop stops at once."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charstudio.cli import run
from charstudio.engines.call import Patience
from charstudio.engines.door import Figures, Piece, Reading
from charstudio.engines.keys import Keys
from charstudio.engines.server import ServerEngine
from charstudio.engines.sse import Events
from charstudio.engines.wire import is_loopback, root_of
from charstudio.errors import Cancel, Cancelled, EngineError
from charstudio.model import ChatMessage, Prompt, Sampling
from tests.unit.hostile_server import (
    END,
    HostileServer,
    answer,
    delta,
    hang,
    in_turn,
    models,
    raw,
    said,
    status,
    stream,
)

PROMPT = Prompt((ChatMessage("system", "You are Jane."), ChatMessage("user", "Hi")), "Hi\nJane:", ("\nV:",))
QUICK = Patience(connect=1.0, first=0.6, between=0.6, short=1.0)
HELLO = stream(delta("Hel"), delta("lo."), END)
KEY = "sk-very-secret"

WISHES = Sampling(
    temperature=0.5,
    top_k=40,
    top_p=0.9,
    min_p=0.1,
    repeat_penalty=1.1,
    max_tokens=20,
    seed=7,
    dry_multiplier=0.8,
)


@pytest.fixture
def serving():
    """Starts servers that do as told, and ends them."""
    opened: list[HostileServer] = []

    def start(**acts) -> HostileServer:
        opened.append(HostileServer(**acts))
        return opened[-1]

    yield start
    for server in opened:
        server.close()


def ask(server: HostileServer | str, cancel: Cancel | None = None, sampling=None, prompt=PROMPT, **how):
    """What was shown, and what came instead of an end or the figures."""
    url = server if isinstance(server, str) else server.url
    engine = ServerEngine(url, patience=how.pop("patience", QUICK), **how)
    shown, last = "", None
    try:
        for event in engine.stream(prompt, sampling or Sampling(seed=1), cancel or Cancel()):
            shown += event.text if isinstance(event, Piece) else ""
            last = event
    except EngineError as exc:
        return shown, str(exc)
    return shown, last


def well(server: HostileServer, **how) -> tuple[str, Figures]:
    shown, figures = ask(server, **how)
    assert isinstance(figures, Figures), figures
    return shown, figures


class TestReplies:
    def test_a_reply_streams_and_ends_with_figures(self, serving):
        usage = {
            "choices": [],
            "usage": {
                "prompt_tokens": 12,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 9},
            },
        }
        last = f"data: {json.dumps(usage)}\n\ndata: [DONE]\n\n".encode()
        server = serving(
            chat=stream(delta("Hel"), delta("lo."), delta("", finish_reason="length"), last, pause=0.01)
        )
        shown, figures = well(server)
        assert shown == "Hello."
        assert (figures.prompt_tokens, figures.cached_tokens, figures.tokens) == (12, 9, 5)
        assert (figures.stopped_by, figures.seed) == ("length", 1)
        assert 0 < figures.ttft_ms < 1000
        assert figures.tokens_per_s > 0

    def test_the_first_model_is_asked_when_none_is_named(self, serving):
        server = serving(chat=HELLO)
        well(server)
        body = server.questions()[0].body
        assert body["model"] == "first"
        assert body["messages"][0] == {"role": "system", "content": "You are Jane."}
        assert "stop" not in body

    def test_the_transcript_goes_to_the_completions_route_with_its_stops(self, serving):
        server = serving(completions=stream(said(" I am Jane.\n"), said("V: And"), said(" more"), END))
        shown, figures = well(server, completions=True)
        assert (shown, figures.stopped_by) == ("I am Jane.", "stop")
        assert server.questions()[0].body["prompt"] == PROMPT.flat
        assert server.questions()[0].body["stop"] == ["\nV:"]

    def test_a_model_without_a_template_reads_the_transcript_from_then_on(self, serving):
        no = b'{"error": {"message": "This model has no chat template."}}'
        server = serving(chat=status(400, no), completions=stream(said("Hi."), END))
        engine = ServerEngine(server.url, patience=QUICK)
        assert engine.describe().has_template
        for _turn in range(2):
            list(engine.stream(PROMPT, Sampling(), Cancel()))
        assert [a.path for a in server.questions()].count("/v1/chat/completions") == 1
        assert not engine.describe().has_template

    def test_several_replies_are_asked_in_turn_with_seeds_of_their_own(self, serving):
        server = serving(chat=HELLO)
        engine = ServerEngine(server.url, patience=QUICK)
        events = list(engine.stream(PROMPT, replace(WISHES, n=2), Cancel()))
        assert {e.branch for e in events if isinstance(e, Piece)} == {0, 1}
        assert [q.body["seed"] for q in server.questions()] == [7, 8]

    @pytest.mark.parametrize(
        "body",
        [
            b": keep-alive\r\n\r\n" + delta("Hé 🦊").replace(b"\n", b"\r\n") + END,
            delta("Hé 🦊").replace(b"data: ", b"data:") + b"event: ping\nid: 3\nretry: 10\n\n" + END,
            b"\xef\xbb\xbf" + delta("Hé 🦊") + delta("", finish_reason="stop"),
            delta("Hé 🦊", finish_reason="stop").rstrip(),
            delta("Hé 🦊") + b'data: {"choices": [], "usage": null}\n\ndata: [DONE]',
        ],
    )
    def test_every_way_to_send_events_is_understood(self, serving, body):
        assert well(serving(chat=stream(body)))[0] == "Hé 🦊"

    def test_thoughts_among_the_words_are_taken_out(self, serving):
        body = stream(delta("<thi"), delta("nk>Hm, who am I?</th"), delta("ink>\n\nI am Jane."), END)
        assert well(serving(chat=body))[0] == "I am Jane."

    def test_letters_that_are_cut_in_two_come_out_whole(self, serving):
        body = 'data: {"choices":[{"delta":{"content":"é🦊"}}]}\n\n'.encode() + END
        server = serving(chat=stream(*(body[n : n + 1] for n in range(len(body))), pause=0.0005))
        assert well(server)[0] == "é🦊"

    def test_thinking_is_not_shown(self, serving):
        thought = b'data: {"choices":[{"delta":{"reasoning_content":"Hmm"}}]}\n\n'
        assert well(serving(chat=stream(thought, delta("Yes."), END)))[0] == "Yes."
        shown, trouble = ask(serving(chat=stream(thought, END)))
        assert (shown, "only thought" in trouble) == ("", True)

    def test_progress_of_reading_is_told(self, serving):
        progress = b'data: {"choices":[],"prompt_progress":{"total":90,"cache":10,"processed":50}}\n\n'
        server = serving(chat=stream(progress, delta("Yes."), END))
        events = list(ServerEngine(server.url).stream(PROMPT, Sampling(), Cancel()))
        assert Reading(50, 90, 10) in events

    def test_a_server_that_does_not_stream_is_read_all_the_same(self, serving):
        whole = {"choices": [{"message": {"content": "Hello."}, "finish_reason": "stop"}]}
        assert well(serving(chat=answer(whole)))[0] == "Hello."

    def test_a_server_that_keeps_the_line_after_the_end_is_not_waited_for(self, serving):
        begun = time.monotonic()
        server = serving(chat=stream(delta("Yes."), delta("", finish_reason="stop"), then=hang))
        assert well(server, patience=Patience(between=60))[0] == "Yes."
        assert time.monotonic() - begun < 4

    def test_the_context_is_the_smaller_of_ours_and_the_servers(self, serving):
        told = answer({"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 2048}]})
        assert ServerEngine(serving(models=told).url).describe().context == 2048
        assert ServerEngine(serving(models=told).url, context=1024).describe().context == 1024


class TestHostileServers:
    """What each does, what was shown before, and a piece of the sentence."""

    @pytest.mark.parametrize(
        ("act", "shown", "sentence"),
        [
            (hang, "", "did not begin to answer"),
            (stream(then=hang), "", "fell silent"),
            (stream(delta("Once"), then=hang), "Once", "fell silent"),
            (stream(delta("Once"), delta(" more")[:25]), "Once", "broke off"),
            (stream(delta("Once")), "Once", "broke off"),
            (stream(), "", "hung up without a word"),
            (stream(delta("Once"), b"data: {nonsense}\n\n", END), "Once", "not understood"),
            (stream(delta("Once"), b"data: [1]\n\n", END), "Once", "not understood"),
            (
                stream(delta("Once"), b'data: {"error":{"message":"out of memory"}}\n\n'),
                "Once",
                "out of memory",
            ),
            (stream(delta("Once"), b"data: " + b"x" * 10_000_000), "Once", "more than 1 MB in one piece"),
            (stream(delta("Once"), b"x" * 10_000_000), "Once", "more than 1 MB in one piece"),
            (stream(delta("Once"), *[b": x" * 20_000 + b"\n"] * 150), "Once", "past 8 MB"),
            (status(200, b"<!DOCTYPE html><p>Hi", "text/html"), "", "web page, not a model server"),
            (status(200, b"\n <html>", "text/event-stream"), "", "web page, not a model server"),
            (status(500, b"<html>" + b"x" * 200_000, "text/html"), "", "failed on its own"),
            (status(401, b'{"error": {"message": "no key"}}'), "", "asks for a key"),
            (status(404, b'{"error": "model not found, pull it first"}'), "", "pull it first"),
            (
                status(400, b'{"detail": [{"loc": ["body"], "msg": "context is full"}]}'),
                "",
                "context is full",
            ),
            (status(400, b"\x00\xff" * 500), "", "could not take the question"),
            (status(302, b"", location="http://evil.example/v1"), "", "sends on to http://evil.example;"),
            (status(307, b"", location="http://evil.example/v1"), "", "sends on to http://evil.example;"),
            (status(307, b"", location="http://[evil"), "", "not understood"),
            (status(307, b"", location="/v1/chat/completions"), "", "not understood"),
            (status(200, b'{"choices": ' + b"[" * 100_000), "", "hung up without a word"),
            (raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "", "does not speak as a web server"),
            (raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500_000), "", "does not speak as a web server"),
            (raw(b"HTTP/1.1 200 OK\r\nX", then=hang), "", "did not begin to answer"),
        ],
    )
    def test_each_gets_its_sentence_and_what_came_stays(self, serving, act, shown, sentence):
        server = serving(chat=act)
        begun = time.monotonic()
        got, trouble = ask(server)
        assert isinstance(trouble, str), trouble
        assert got == shown
        assert sentence in trouble
        assert len(trouble) < 350
        assert trouble.isprintable()
        assert time.monotonic() - begun < 3
        if shown:
            assert len(server.questions()) == 1, "a reply that had begun was asked for again"

    def test_a_port_where_nobody_is_is_tried_thrice(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        _shown, trouble = ask(url)
        assert "does not answer; start it" in trouble

    def test_a_name_that_nobody_has(self):
        assert "cannot be found" in ask("http://no-such-host.invalid:80")[1]

    def test_a_plain_server_asked_by_https(self, serving):
        server = serving(chat=HELLO)
        assert "could not prove" in ask(server.url.replace("http:", "https:"))[1]

    def test_slow_loris_is_not_waited_for(self, serving):
        drops = [b"d", b"a", b"t", b"a", b":", b" "] * 20
        begun = time.monotonic()
        shown, trouble = ask(serving(chat=stream(delta("Once"), *drops, pause=0.2)))
        assert (shown, "fell silent" in trouble) == ("Once", True)
        assert time.monotonic() - begun < 2

    def test_keep_alives_are_signs_of_life(self, serving):
        server = serving(chat=stream(*[b": reading\n\n"] * 5, delta("Yes."), END, pause=0.25))
        assert well(server)[0] == "Yes."

    def test_a_server_that_sends_on_within_itself_is_followed(self, serving):
        server = serving(chat=status(307, b"", location="/v1/completions"), completions=HELLO)
        assert well(server)[0] == "Hello."

    def test_the_list_of_models_is_read_as_carefully(self, serving):
        for act, sentence in [
            (status(200, b"<html>", "text/html"), "web page"),
            (status(200, b"{"), "no JSON"),
            (answer({"data": []}), "lists no model"),
            (answer([1, {"id": 3}, None]), "lists no model"),
            (status(200, b"x" * 9_000_000), "far more than was asked"),
            (hang, "did not begin"),
        ]:
            assert sentence in ask(serving(models=act))[1]


class TestAskingAgain:
    @pytest.mark.parametrize(
        "act", [raw(), status(503, b"loading"), status(502), status(429, retry_after="0")]
    )
    def test_before_the_reply_a_broken_line_is_tried_again(self, serving, act):
        server = serving(chat=in_turn(act, act, HELLO))
        assert well(server, patience=Patience())[0] == "Hello."
        assert len(server.questions()) == 3

    def test_but_not_for_ever(self, serving):
        server = serving(chat=status(503, b'{"error": {"message": "Loading model"}}'))
        assert "not ready yet" in ask(server, patience=Patience())[1]
        assert len(server.questions()) == 3

    def test_a_server_that_asks_for_a_long_rest_is_told_about(self, serving):
        server = serving(chat=status(429, retry_after="3600"))
        assert "too much to do" in ask(server)[1]
        assert len(server.questions()) == 1

    def test_stop_works_while_waiting_to_ask_again(self, serving):
        server = serving(chat=status(429, retry_after="9"))
        assert stopped_in(server, 0.4) < 0.1


def stopped_in(server: HostileServer | str, after: float) -> float:
    """Seconds from Stop to the end of the reply."""
    cancel, pressed = Cancel(), [0.0]

    def press() -> None:
        pressed[0] = time.monotonic()
        cancel.set()

    timer = threading.Timer(after, press)
    timer.start()
    with pytest.raises(Cancelled):
        ask(server, cancel, patience=Patience())
    timer.join()
    return time.monotonic() - pressed[0]


class TestStop:
    @pytest.mark.parametrize(
        "act",
        [
            hang,
            raw(b"HTTP/1.1 200 OK\r\n", then=hang),
            stream(then=hang),
            stream(delta("Once"), then=hang),
            stream(*[delta("word ")] * 2000, pause=0.002),
            stream(*[b": x\n"] * 2000, pause=0.002),
        ],
    )
    def test_stop_is_heard_at_once_whatever_the_server_does(self, serving, act):
        assert stopped_in(serving(chat=act), 0.3) < 0.1

    def test_stop_is_heard_while_nobody_takes_the_call(self):
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            waiting = [socket.socket() for _n in range(4)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            assert stopped_in(f"http://127.0.0.1:{full.getsockname()[1]}", 0.3) < 0.1
            for one in waiting:
                one.close()

    def test_the_server_sees_the_line_go(self, serving):
        gone = threading.Event()

        def listen(line, asked):
            hang(line, asked)
            gone.set()

        stopped_in(serving(chat=stream(delta("Once"), then=listen)), 0.2)
        assert gone.wait(1)

    def test_no_thread_stays_behind(self, serving):
        stopped_in(serving(chat=stream(delta("Once"), then=hang)), 0.1)
        until = time.monotonic() + 2
        while any(t.name == "model server" for t in threading.enumerate()) and time.monotonic() < until:
            time.sleep(0.01)
        assert not [t for t in threading.enumerate() if t.name == "model server"]

    def test_leaving_a_reply_hangs_up_too(self, serving):
        gone = threading.Event()

        def listen(line, asked):
            hang(line, asked)
            gone.set()

        engine = ServerEngine(serving(chat=stream(delta("Once"), then=listen)).url)
        events = engine.stream(PROMPT, Sampling(), Cancel())
        assert next(events) == Piece("Once")
        events.close()
        assert gone.wait(1)


@pytest.fixture
def certificate(tmp_path, monkeypatch) -> ssl.SSLContext:
    """A certificate for localhost, which this run trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate of this test")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


class TestOverTls:
    def test_a_reply_streams(self, serving, certificate):
        assert well(serving(tls=certificate, chat=HELLO), patience=Patience())[0] == "Hello."

    def test_stop_is_heard_at_once(self, serving, certificate):
        assert stopped_in(serving(tls=certificate, chat=stream(delta("Once"), then=hang)), 0.3) < 0.1
        assert stopped_in(serving(tls=certificate, chat=hang), 0.3) < 0.1

    def test_who_cannot_prove_its_name_is_not_asked(self, serving, certificate, monkeypatch):
        monkeypatch.delenv("SSL_CERT_FILE")
        server = serving(tls=certificate, chat=HELLO)
        assert "could not prove" in ask(server, key=KEY, patience=Patience())[1]
        assert server.asked == []


class TestWishes:
    """What a server turns down is left out, and it is not asked for again."""

    def refusing(
        self, serving, *names: str, code: int = 400, words: str = "Unrecognized request argument: {}"
    ):
        def act(line, asked):
            bad = next((n for n in names if n in json.dumps(asked.body)), None)
            no = json.dumps({"error": {"message": words.format(f"'{bad}'")}}).encode()
            (status(code, no) if bad else HELLO)(line, asked)

        return serving(chat=act)

    def test_extras_are_sent_where_they_are_taken(self, serving):
        server = serving(chat=HELLO)
        well(server, sampling=replace(WISHES, logit_bias=((5, -1.0),)))
        body = server.questions()[0].body
        assert (body["top_k"], body["min_p"], body["dry_multiplier"], body["dry_base"]) == (
            40,
            0.1,
            0.8,
            1.75,
        )
        assert (body["temperature"], body["top_p"], body["max_tokens"], body["seed"]) == (0.5, 0.9, 20, 7)
        assert body["repetition_penalty"] == body["repeat_penalty"] == 1.1
        assert body["logit_bias"] == {"5": -1.0}

    def test_a_server_that_blames_itself_is_understood_too(self, serving):
        words = "1 validation error:\n{{'loc': ('body', 'top_k')}} {}"
        server = self.refusing(serving, "top_k", code=500, words=words)
        well(server)
        assert "top_k" not in server.questions()[-1].body

    @pytest.mark.parametrize("code", [400, 422])
    def test_only_what_is_named_is_left_out(self, serving, code):
        server = self.refusing(serving, "top_k", "min_p", code=code)
        well(server, sampling=WISHES)
        body = server.questions()[-1].body
        assert {"top_k", "min_p"}.isdisjoint(body)
        assert body["repeat_penalty"] == 1.1

    def test_all_extras_go_when_no_name_is_given(self, serving):
        server = self.refusing(serving, "top_k", words="Extra inputs are not permitted")
        well(server, sampling=WISHES)
        assert "dry_multiplier" not in server.questions()[-1].body
        assert server.questions()[-1].body["temperature"] == 0.5

    def test_what_was_learned_is_remembered_until_restart(self, serving):
        server = self.refusing(serving, "top_k", "stream_options")
        engine = ServerEngine(server.url)
        asked = []
        for _turn in range(3):
            list(engine.stream(PROMPT, Sampling(), Cancel()))
            asked.append(len(server.questions()))
            if len(asked) == 2:
                engine.restart()
        assert asked == [3, 4, 7]

    def test_a_server_that_refuses_everything_is_asked_a_few_times_only(self, serving):
        server = serving(
            chat=status(
                400, b"unsupported: 'seed' top_k response_format stream_options max_completion_tokens"
            )
        )
        assert (
            "could not take the question"
            in ask(server, sampling=replace(WISHES, schema={"type": "object"}))[1]
        )
        assert len(server.questions()) < 10

    def test_a_trouble_with_the_words_is_not_taken_for_a_missing_wish(self, serving):
        server = serving(chat=status(400, b'{"error": "please stop: the temperature of the prompt"}'))
        assert "please stop" in ask(server, sampling=WISHES)[1]
        assert len(server.questions()) == 1

    def test_a_json_schema_is_asked_for_in_the_words_the_server_knows(self, serving):
        schema = {"type": "object"}
        for names, expected in [
            (
                ("nothing",),
                {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, "strict": True}},
            ),
            (("json_schema",), {"type": "json_object", "schema": schema}),
            (("response_format",), None),
        ]:
            server = self.refusing(serving, *names)
            well(server, sampling=replace(WISHES, schema=schema))
            assert server.questions()[-1].body.get("response_format") == expected


class TestServeCheck:
    def test_what_works_is_told(self, serving, capsys):
        server = serving(
            models=models("m", owner="vllm"),
            chat=stream(delta('{"ok": '), delta("true}"), END),
            tokenize=answer({"count": 3}),
        )
        assert run(["serve-check", server.url]) == 0
        told = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
        assert (told["server"], told["chat"], told["completions"]) == ("vLLM", "yes", "no")
        assert (told["JSON schema"], told["token counting"]) == ("yes, as json_schema", "yes")

    def test_a_server_of_no_use_is_a_sentence(self, serving, capsys):
        assert run(["serve-check", serving(chat=status(500)).url, "--json"]) == 1
        told = capsys.readouterr()
        assert not json.loads(told.out)["usable"]
        assert "failed on its own" in told.err

    def test_the_key_comes_from_the_environment(self, serving, capsys, monkeypatch):
        server = serving(chat=HELLO)
        assert run(["serve-check", server.url, "--key-from-env", "NO_SUCH_KEY"]) == 2
        monkeypatch.setenv("A_KEY", KEY)
        assert run(["serve-check", server.url, "--key-from-env", "A_KEY", "--model", "second"]) == 0
        assert {q.headers["authorization"] for q in server.questions()} == {f"Bearer {KEY}"}
        assert {q.body["model"] for q in server.questions()} == {"second"}
        assert KEY not in "".join(capsys.readouterr())

    def test_ollama_is_warned_of(self, serving):
        engine = ServerEngine(serving(models=models("m", owner="library")).url)
        engine.describe()
        assert "OLLAMA_CONTEXT_LENGTH=4096" in engine.warnings[0]


class TestCounting:
    def test_the_servers_own_count_is_taken_and_kept(self, serving):
        server = serving(tokenize=answer({"tokens": [1, 2, 3]}))
        engine = ServerEngine(server.url)
        assert engine.count(["abc", "def", "abc"]) == [3, 3, 3]
        assert engine.count(["abc"]) == [3]
        assert len([a for a in server.asked if a.path == "/tokenize"]) == 2
        assert engine.counts_exactly

    def test_without_one_it_is_an_estimate_and_says_so(self, serving):
        engine = ServerEngine(serving().url)
        assert engine.count(["", "a", "x" * 350]) == [0, 1, 100]
        assert not engine.counts_exactly

    def test_the_beginning_of_a_text_is_not_counted(self, serving):
        def count(line, asked):
            answer({"count": 1 + len(asked.body["input"].split())})(line, asked)

        server = serving(models=models("m", owner="me"), extras_tokenize_count=count)
        assert ServerEngine(server.url).count(["one two", "three"]) == [2, 1]


class TestAddresses:
    @pytest.mark.parametrize(
        ("typed", "root"),
        [
            ("localhost:8080", "http://localhost:8080"),
            (" http://LocalHost:8080/v1/ ", "http://localhost:8080"),
            ("https://a.example/api/v1/chat/completions", "https://a.example/api"),
            ("http://[::1]:8000/v1/models", "http://[::1]:8000"),
        ],
    )
    def test_as_much_of_it_may_be_typed_as_one_likes(self, typed, root):
        assert root_of(typed) == root

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "ftp://a",
            "http://",
            "http://a:99999",
            "http://a b",
            "http://me:pw@a",
            "http://a?k=1",
            "http://[",
            "a\nb",
        ],
    )
    def test_what_is_none_is_told(self, typed):
        with pytest.raises(EngineError, match="address"):
            ServerEngine(typed)

    def test_this_machine_is_known(self):
        assert all(map(is_loopback, ("http://localhost:1", "http://127.0.0.9", "http://[::1]:80")))
        assert not any(map(is_loopback, ("http://10.0.0.1", "http://localhost.example")))


class TestTheKey:
    def test_it_goes_to_the_server_and_into_no_sentence(self, serving):
        no = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}}).encode()
        server = serving(chat=status(400, no))
        _shown, trouble = ask(server, key=KEY)
        assert server.questions()[0].headers["authorization"] == f"Bearer {KEY}"
        assert "Incorrect API key" in trouble
        assert KEY not in trouble

    def test_no_log_has_it(self, serving, caplog):
        caplog.set_level("DEBUG")
        well(serving(chat=HELLO), key=KEY)
        assert "127.0.0.1" in caplog.text
        assert KEY not in caplog.text

    def test_no_other_server_ever_sees_it(self, serving):
        other = serving(chat=HELLO)
        server = serving(chat=status(307, b"", location=f"{other.url}/v1/chat/completions"))
        assert "sends on" in ask(server, key=KEY)[1]
        assert other.asked == []

    def test_a_refused_key_is_told(self, serving):
        assert "refuses the key" in ask(serving(models=status(403)), key=KEY)[1]

    def test_the_environment_sends_nothing_elsewhere(self, serving, monkeypatch):
        other = serving(chat=HELLO)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, other.url)
        well(serving(chat=HELLO), key=KEY)
        assert other.asked == []

    def test_an_open_road_is_warned_of(self):
        assert "https" in ServerEngine("http://10.0.0.1:80", key=KEY).warnings[0]
        assert ServerEngine("http://localhost:80", key=KEY).warnings == []
        assert ServerEngine("https://10.0.0.1:80", key=KEY).warnings == []
        assert ServerEngine("http://10.0.0.1:80").warnings == []

    def test_a_key_with_line_ends_is_refused(self):
        with pytest.raises(EngineError, match="copy it once more") as told:
            ServerEngine("http://localhost", key="sk\r\nHost: evil")
        assert "sk" not in str(told.value)


class Drawer:
    """A keyring in a drawer of its own."""

    def __init__(self, *, locked: bool = False) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = locked

    def get_password(self, service, username):
        self._try()
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self._try()
        self.kept[service, username] = password

    def delete_password(self, service, username):
        self._try()
        del self.kept[service, username]

    def _try(self):
        if self.locked:
            from keyring.errors import KeyringLocked

            raise KeyringLocked("locked")


class TestKeys:
    def test_a_key_outlives_the_run_in_the_keyring(self):
        drawer = Drawer()
        assert Keys(drawer).keep("https://a.example/v1", KEY).lasting
        assert Keys(drawer).find("https://A.example") == KEY
        assert Keys(drawer).find("https://b.example") == ""
        assert Keys(drawer).forget("https://a.example")
        assert Keys(drawer).find("https://a.example") == ""

    def test_without_a_keyring_it_is_kept_for_this_run_and_says_so(self, monkeypatch):
        monkeypatch.setattr("charstudio.engines.keys.system_keyring", lambda: None)
        keys = Keys()
        kept = keys.keep("localhost:80", KEY)
        assert (kept.lasting, "until charstudio closes" in kept.sentence) == (False, True)
        assert keys.find("http://localhost:80") == KEY
        assert Keys().find("localhost:80") == ""

    def test_a_locked_keyring_is_no_keyring(self):
        keys = Keys(Drawer(locked=True))
        assert not keys.keep("localhost:80", KEY).lasting
        assert keys.find("localhost:80") == KEY
        assert not keys.forget("localhost:80")
        assert keys.find("localhost:80") == ""

    def test_a_keyring_that_writes_in_plain_or_always_fails_is_not_used(self, monkeypatch):
        keyring = pytest.importorskip("keyring")
        from keyring.backends.fail import Keyring

        from charstudio.engines.keys import system_keyring

        monkeypatch.setattr(keyring, "get_keyring", Keyring)
        assert system_keyring() is None


class TestEvents:
    @given(
        st.lists(st.text(alphabet="ab é🦊:", min_size=1, max_size=8), min_size=1, max_size=5),
        st.sampled_from(["\n", "\r\n", "\r"]),
        st.integers(1, 7),
    )
    def test_any_cutting_of_the_bytes_gives_the_same_events(self, words, end, size):
        body = "".join(f": life{end}data: {word}{end}{end}" for word in words).encode()
        events = Events()
        found = [e for n in range(0, len(body), size) for e in events.feed(body[n : n + size])]
        assert found + events.finish() == words

    @given(st.lists(st.binary(max_size=30), max_size=20))
    def test_no_bytes_get_out_as_anything_but_text_or_a_sentence(self, chunks):
        events = Events(line_cap=40, reply_cap=300)
        with contextlib.suppress(EngineError):
            found = [e for c in chunks for e in events.feed(c)] + events.finish()
            assert all(isinstance(e, str) for e in found)

    def test_lines_of_one_event_belong_together(self):
        assert Events().feed(b"data: one\ndata:two\ndata\n\n") == ["one\ntwo\n"]
