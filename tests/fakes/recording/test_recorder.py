"""The recording proxy: what it sends on, what it keeps, what it refuses, and how it reaches a provider."""

from __future__ import annotations

import base64
import contextlib
import gzip
import itertools
import json
import pathlib
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
import time

import pytest

import fakes
from fakes.recording import store
from fakes.recording.record import RecordingProxy, main, record
from fakes.recording.recorder import Recorder
from fakes.recording.replay import replay
from fakes.recording.scrub import Scrubber
from fakes.recording.upstream import Route, tls_context

from .asking import CHAT, KEY, Provider, answer, ask, chunked, exchange

PATH = "/openai/v1/chat/completions"
EVENTS = (b"data: 1\n\n", b"data: 2\n", b"\ndata: \xc3", b"\xa9\n\n")


def the_only_one(folder):
    (one,) = store.load(folder)
    return one


def chat_bytes(**more):
    body = json.dumps({**CHAT, **more}).encode()
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def test_a_request_goes_on_as_it_came_but_for_what_concerns_the_connection(tmp_path):
    headers = [
        ("authorization", f"Bearer {KEY}"), ("x-custom", "kept"), ("accept-encoding", "gzip, br"), ("x-fakes-session", "a"),
        ("te", "trailers"), ("proxy-authorization", "Basic eA=="), ("content-type", "application/json"),
    ]  # fmt: skip
    body = b'{ "a" : 1.0 }'
    with Provider(answer()) as real, record(tmp_path, openai=real.url + "/base/") as proxy:
        exchange(proxy.port, "POST", PATH + "?a=b", body, headers)
        ((head, got),) = real.asked
    assert got == body
    assert head.split("\r\n") == [
        "POST /base/v1/chat/completions?a=b HTTP/1.1",
        f"host: 127.0.0.1:{real.url.rpartition(':')[2]}",
        f"authorization: Bearer {KEY}",
        "x-custom: kept",
        "content-type: application/json",
        "accept-encoding: identity",
        "connection: close",
        "content-length: 13",
    ]
    one = the_only_one(tmp_path)
    assert (one.path, one.request_body) == ("/v1/chat/completions?a=b", body)
    assert one.request_headers == {"content-type": "application/json"}


@pytest.mark.parametrize(
    "sent, framing, chunks, ended, owing",
    [
        (chunked(*EVENTS), "chunked", EVENTS, "complete", 0),
        (answer(b"{}"), "length", (b"{}",), "complete", 0),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", "close", (b"to the end",), "complete", 0),
        (chunked(*EVENTS, last=False), "chunked", EVENTS, "cut", 0),
        (answer(b"{}", length=10), "length", (b"{}",), "cut", 8),
        (answer(b"", length=10), "length", (), "cut", 10),
        (answer(b"no", status="503 Busy"), "length", (b"no",), "complete", 0),
        (answer(b"", status="204 No Content"), "length", (), "complete", 0),
    ],
)
def test_every_way_to_send_and_to_end_is_kept_and_replayed(sent, framing, chunks, ended, owing, tmp_path):
    with Provider(sent) as real, record(tmp_path, openai=real.url) as proxy:
        passed_on = ask(proxy.port, "openai")
    one = the_only_one(tmp_path)
    assert (one.framing, tuple(data for _, data in one.chunks), one.ended, one.owing) == (framing, chunks, ended, owing)
    with replay(tmp_path) as server:
        replayed = ask(server.port, "openai")
        server.wait_for(lambda: server.journal[0].ended)
        (seen,) = server.journal
    for got in (passed_on, replayed):
        assert (got.status, got.body) == (one.status, b"".join(chunks))
        assert got.whole == (ended == "complete")
    assert replayed.chunks == ([b"".join(chunks)] if framing != "chunked" and chunks else list(chunks))
    assert (seen.truncated, seen.ended) == (ended == "cut", ended)


def test_pieces_are_passed_on_as_they_arrive_and_kept_as_the_provider_s_chunks(tmp_path):
    whole = chunked(b"data: 1\n\n", b"data: 2\n\n")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with record(tmp_path, openai=url) as proxy, socket.create_connection(("127.0.0.1", proxy.port), 10) as client:
            client.sendall(b"GET /openai/v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            real, _ = listening.accept()
            with real:
                assert real.recv(65536).startswith(b"GET /v1/models")
                place = whole.index(b": 1")  # in the middle of a chunk
                real.sendall(whole[:place])
                got = b""
                while not got.endswith(b"data\r\n"):  # it is here though the chunk is not whole
                    got += client.recv(65536)
                real.sendall(whole[place:])
                while data := client.recv(65536):
                    got += data
                assert got.endswith(b"0\r\n\r\n")
    assert [data for _, data in the_only_one(tmp_path).chunks] == [b"data: 1\n\n", b"data: 2\n\n"]


def test_times_count_from_the_request(tmp_path):
    ticks = itertools.count(100.0, 0.25)
    with Provider(chunked(*EVENTS)) as real:
        recorder = Recorder(
            str(tmp_path),
            {"openai": real.url},
            scrubber=Scrubber(),
            route=Route(),
            say=lambda line: None,
            time=lambda: next(ticks),
        )
        with RecordingProxy(recorder, "127.0.0.1", 0) as proxy:
            ask(proxy.port, "openai")
    one = the_only_one(tmp_path)
    assert (one.head_at, [at for at, _ in one.chunks]) == (0.25, [0.25] * 4)


def test_a_compressed_answer_is_passed_on_as_it_is_and_kept_plain(tmp_path):
    packed = gzip.compress(json.dumps({"key": KEY}).encode())
    with Provider(answer(packed, "content-encoding: gzip")) as real, record(tmp_path, openai=real.url) as proxy:
        got = ask(proxy.port, "openai")
    assert got.body == packed and got.headers["content-encoding"] == "gzip"
    one = the_only_one(tmp_path)
    assert one.body == b'{"key": "***"}' and "content-encoding" not in dict(one.headers)
    with replay(tmp_path) as server:
        assert ask(server.port, "openai").body == one.body


def test_a_compressed_request_is_kept_plain_and_found_again(tmp_path):
    body = gzip.compress(json.dumps({**CHAT, "user": KEY}).encode())
    headers = [("authorization", f"Bearer {KEY}"), ("content-encoding", "gzip")]
    with Provider(answer()) as real, record(tmp_path, openai=real.url) as proxy:
        exchange(proxy.port, "POST", PATH, body, headers)
        assert real.asked[0][1] == body
    assert json.loads(the_only_one(tmp_path).request_body) == {**CHAT, "user": "***"}
    with replay(tmp_path) as server:
        assert exchange(server.port, "POST", PATH, body, headers).status == 200


@pytest.mark.parametrize(
    "sent, why",
    [
        (answer(b"x", "content-encoding: br"), "the answer: the content coding 'br' is not known here"),
        (answer(b"yx", "content-encoding: gzip"), "the answer: the body is not in its content coding 'gzip'"),
        (answer(b"x", status="700 Odd"), "the provider's status 700 is none"),
    ],
)
def test_what_cannot_be_searched_or_replayed_is_passed_on_and_not_kept(sent, why, tmp_path):
    with Provider(sent) as real, record(tmp_path, openai=real.url) as proxy:
        assert ask(proxy.port, "openai").body.endswith(b"x")
        (said,) = proxy.problems
        assert said.startswith(why) and proxy.files == []
    assert list(tmp_path.iterdir()) == []


def test_a_provider_that_cannot_be_had_gives_502_in_words(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        port = taken.getsockname()[1]
        with record(tmp_path, openai=f"http://127.0.0.1:{port}") as proxy:
            got = ask(proxy.port, "openai")
            assert got.status == 502 and f"no connection to 127.0.0.1:{port}" in got.message and KEY not in got.message
            assert len(proxy.problems) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sent, why",
    [(b"SSH-2.0-x\r\n\r\n", "no HTTP/1.1"), (b"HTTP/1.1 20", "ended before an answer came"), (b"", "ended before")],
)
def test_a_provider_that_says_nothing_sensible_gives_502_in_words(sent, why, tmp_path):
    with Provider(sent) as real, record(tmp_path, openai=real.url) as proxy:
        got = ask(proxy.port, "openai")
        assert got.status == 502 and why in got.message
    assert list(tmp_path.iterdir()) == []


def test_a_silent_provider_gives_502_after_the_time_allowed(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with record(tmp_path, openai=url, timeout=0.05) as proxy:
            got = ask(proxy.port, "openai")
            assert got.status == 502 and "nothing came for 0.05 seconds" in got.message


def test_a_path_without_an_upstream_is_refused_in_words(tmp_path):
    with Provider(answer()) as real, record(tmp_path, openai=real.url) as proxy:
        for path in ("/anthropic/v1/messages", "/v1/chat/completions", f"/{KEY}"):
            got = exchange(proxy.port, "POST", path)
            assert got.status == 404 and "/openai/v1" in got.message and KEY not in got.message
        assert real.asked == [] and exchange(proxy.port, "GET", "/__fakes/health").status == 200
        assert exchange(proxy.port, "BAD METHOD", "/x").status == 400


def test_gemini_is_another_name_of_google(tmp_path):
    with Provider(answer()) as real, record(tmp_path, gemini=real.url) as proxy:
        assert proxy.url("gemini").endswith("/gemini") and proxy.url("google").endswith("/google")
        exchange(proxy.port, "GET", "/gemini/v1beta/models")
        exchange(proxy.port, "GET", "/google/v1beta/models")
    assert [one.provider for one in store.load(tmp_path)] == ["google", "google"]


def test_a_client_that_leaves_ends_the_exchange_and_nothing_is_kept(tmp_path):
    with fakes.serve(clock="held") as real, record(tmp_path, openai=real.url() + "/openai") as proxy:
        real.pace(fakes.Pace(0.0, 1.0))
        with socket.create_connection(("127.0.0.1", proxy.port), 10) as client:
            client.sendall(chat_bytes(stream=True))
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
        wait_for(lambda: proxy.problems)
        assert proxy.problems == ["the client left before the end"]
        real.wait_for(lambda: real.journal[0].hung_up)
    assert list(tmp_path.iterdir()) == []


def test_a_connection_is_kept_and_requests_behind_each_other_are_answered_in_order(tmp_path):
    answers = [answer(b"1"), chunked(b"22"), answer(b"333")]
    one = b"GET /openai/v1/models HTTP/1.1\r\nhost: x\r\n\r\n"
    with Provider(*answers) as real, record(tmp_path, openai=real.url) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), 10) as client:
            client.sendall(one * 3)
            got = b""
            while not got.endswith(b"333"):
                got += client.recv(65536)
        assert got.index(b"\r\n\r\n1HTTP") < got.index(b"22\r\n0\r\n\r\nHTTP")
    assert [one.body for one in store.load(tmp_path)] == [b"1", b"22", b"333"]


def test_a_client_that_waits_for_leave_to_send_its_body_gets_it(tmp_path):
    with Provider(answer(b"1")) as real, record(tmp_path, openai=real.url) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), 10) as client:
            head, body = chat_bytes().split(b"\r\n\r\n")
            client.sendall(head + b"\r\nexpect: 100-continue\r\n\r\n")
            assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(body)
            assert client.recv(65536).endswith(b"\r\n\r\n1")
        assert "expect" not in real.asked[0][0]


def test_headers_of_the_answer_are_passed_on_and_kept_by_the_list(tmp_path):
    told = ["Set-Cookie: a=b", "Set-Cookie: c=d", "X-Unheard-Of: e", "OpenAI-Organization: f", f"x-request-id: {KEY}"]
    with Provider(answer(b"1", *told, "Keep-Alive: timeout=5")) as real, record(tmp_path, openai=real.url) as proxy:
        got = ask(proxy.port, "openai")
    assert (got.headers["set-cookie"], got.headers["x-unheard-of"], got.headers["x-request-id"]) == (
        "a=b, c=d",
        "e",
        KEY,
    )
    assert "keep-alive" not in got.headers
    assert dict(the_only_one(tmp_path).headers) == {"x-request-id": "***"}


def test_closing_ends_an_exchange_under_way(tmp_path):
    with fakes.serve(clock="held") as real:
        real.fault(fakes.Fault("hang", at="start"))
        proxy = record(tmp_path, openai=real.url() + "/openai")
        with socket.create_connection(("127.0.0.1", proxy.port), 10) as client:
            client.sendall(chat_bytes())
            real.wait_for(lambda: real.journal)
            proxy.close()
            proxy.close()
            with contextlib.suppress(ConnectionError):
                assert client.recv(1) == b""
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said_and_the_client_served(tmp_path):
    with Provider(answer(b"1")) as real, record(tmp_path / "x", openai=real.url) as proxy:
        shutil.rmtree(tmp_path / "x")
        assert ask(proxy.port, "openai").body == b"1"
        assert proxy.problems == ["the file cannot be written: No such file or directory"]


@pytest.mark.parametrize(
    "given, why",
    [
        ({}, "give at least one"),
        ({"acme": "https://x"}, "no provider 'acme'"),
        ({"openai": "x"}, "give a base URL"),
        ({"openai": "ftp://x"}, "give a base URL"),
        ({"openai": "https://"}, "give a base URL"),
        ({"openai": "https://x?key=1"}, "give a base URL"),
        ({"openai": "https://me:secret@x"}, "no user and password"),
        ({"openai": "https://x:99999"}, "upstream openai: "),
    ],
)
def test_an_upstream_that_cannot_be_meant_is_refused(given, why, tmp_path):
    with pytest.raises(ValueError, match=why) as raised:
        record(tmp_path / "out", **given)
    assert "secret" not in str(raised.value) and not (tmp_path / "out").exists()


class Tunnel(socketserver.ThreadingTCPServer):
    """A proxy that connects everybody to one port, whatever host is asked for."""

    daemon_threads = True

    def __init__(self, port, refusal=b""):
        self.port, self.refusal, self.asked = port, refusal, []
        super().__init__(("127.0.0.1", 0), TunnelHandler)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, who=""):
        return f"http://{who}127.0.0.1:{self.server_address[1]}"

    def __exit__(self, *exc):
        self.shutdown()
        super().__exit__(*exc)


class TunnelHandler(socketserver.BaseRequestHandler):
    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.request.recv(1)
        self.server.asked.append(head.decode())
        if self.server.refusal:
            self.request.sendall(self.server.refusal)
            return
        with socket.create_connection(("127.0.0.1", self.server.port)) as onward:
            if head.startswith(b"CONNECT"):
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                onward.sendall(head)
            there = threading.Thread(target=pass_on, args=(self.request, onward), daemon=True)
            there.start()
            pass_on(onward, self.request)
            there.join(10)


def pass_on(here, there):
    try:
        while data := here.recv(65536):
            there.sendall(data)
        there.shutdown(socket.SHUT_WR)
    except OSError:
        pass


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command makes certificates")


@needs_openssl
def test_an_https_provider_is_reached_through_a_proxy_with_a_ca_file(tmp_path):
    # The certificate is that of elsewhere.test, a host that nobody can resolve: the proxy alone leads there.
    with fakes.serve(tls="wrong_host") as real, Tunnel(real.port) as tunnel:
        ways = {"proxies": {"https": tunnel.url("ada:p%40ss@")}, "ca_file": real.ca_file}
        with record(tmp_path, openai="https://elsewhere.test/openai", **ways) as proxy:
            got = ask(proxy.port, "openai", streamed=True)
    assert got.status == 200 and got.whole and len(got.chunks) > 3
    first, second, third = tunnel.asked[0].split("\r\n")[:3]
    assert (first, second) == ("CONNECT elsewhere.test:443 HTTP/1.1", "host: elsewhere.test:443")
    assert third == "proxy-authorization: Basic " + base64.b64encode(b"ada:p@ss").decode()
    assert [data for _, data in the_only_one(tmp_path).chunks] == got.chunks


@needs_openssl
def test_the_environment_s_certificates_are_trusted(tmp_path, monkeypatch):
    with fakes.serve(tls="good") as real:
        monkeypatch.setenv("SSL_CERT_FILE", real.ca_file)
        with record(tmp_path, openai=f"https://localhost:{real.port}/openai") as proxy:
            assert ask(proxy.port, "openai").status == 200


@needs_openssl
def test_a_certificate_that_nobody_trusts_gives_502_in_words(tmp_path):
    with fakes.serve(tls="good") as real, record(tmp_path, openai=f"https://localhost:{real.port}/openai") as proxy:
        got = ask(proxy.port, "openai")
        assert got.status == 502 and "certificate" in got.message and KEY not in got.message
        assert real.journal == []


def test_an_http_provider_is_asked_for_by_its_whole_address_through_a_proxy(tmp_path):
    with Provider(answer(b"1")) as real, Tunnel(real.server_address[1]) as tunnel:
        with record(tmp_path, openai="http://elsewhere.test:81/x", proxies={"http": tunnel.url("ada:b@")}) as proxy:
            assert ask(proxy.port, "openai").body == b"1"
    lines = tunnel.asked[0].split("\r\n")
    assert lines[:2] == ["POST http://elsewhere.test:81/x/v1/chat/completions HTTP/1.1", "host: elsewhere.test:81"]
    assert "proxy-authorization: Basic " + base64.b64encode(b"ada:b").decode() in lines


def test_the_environment_s_proxy_is_used_but_not_for_loopback_or_hosts_that_are_excepted(tmp_path, monkeypatch):
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Provider(answer(b"1")) as real, Tunnel(real.server_address[1]) as tunnel:
        monkeypatch.setenv("http_proxy", tunnel.url())
        monkeypatch.setenv("no_proxy", "excepted.invalid")
        with record(
            tmp_path, openai="http://elsewhere.test", mistral=real.url, together="http://excepted.invalid"
        ) as proxy:
            assert ask(proxy.port, "openai").status == 200 and len(tunnel.asked) == 1
            assert ask(proxy.port, "mistral").status == 200 and len(tunnel.asked) == 1
            assert ask(proxy.port, "together").status == 502 and len(tunnel.asked) == 1


@pytest.mark.parametrize(
    "refusal, why",
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "does not connect to elsewhere.test: HTTP/1.1 407 Proxy",
        ),
        (b"HTTP/1.1 2", "ended the connection"),
    ],
)
def test_a_proxy_that_refuses_is_named(refusal, why, tmp_path):
    with Tunnel(0, refusal) as tunnel:
        with record(tmp_path, openai="https://elsewhere.test", proxies={"https": tunnel.url("ada:secret@")}) as proxy:
            got = ask(proxy.port, "openai")
            assert got.status == 502 and why in got.message and "secret" not in got.message


def test_a_proxy_of_another_kind_is_refused_in_words(tmp_path):
    with record(tmp_path, openai="https://elsewhere.test", proxies={"https": "socks5://127.0.0.1:1"}) as proxy:
        got = ask(proxy.port, "openai")
        assert got.status == 502 and "the scheme 'socks5' is not spoken" in got.message


def test_a_ca_file_that_is_none_is_said(tmp_path):
    (tmp_path / "empty.pem").write_text("")
    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(OSError):
            tls_context(str(tmp_path / name))


def test_the_command_records_and_says_what_it_wrote(tmp_path):
    with fakes.serve() as real:
        words = [
            "record",
            "--upstream",
            f"openai={real.url()}/openai",
            "--out",
            str(tmp_path / "new" / "folder"),
            "--scrub",
            "emails",
        ]
        process = start(*words)
        url = json.loads(process.stdout.readline())["url"]
        port = int(url.rpartition(":")[2])
        for body in ({}, {"user": "ada@example.com"}):
            assert ask(port, "openai", **body).status == 200
        assert ask(port, "mistral").status == 404
        process.terminate()
        _, err = process.communicate(timeout=20)
    kept = [one.name for one in store.load(tmp_path / "new" / "folder")]
    assert [line.split(":")[1].strip() for line in err.splitlines()] == kept and process.returncode == 0
    assert json.loads(store.load(tmp_path / "new" / "folder")[1].request_body)["user"] == "***"


@pytest.mark.parametrize(
    "words, code, why",
    [
        (["--out", "x"], 2, "--upstream"),
        (["--upstream", "openai=https://x"], 2, "--out"),
        (["--upstream", "openai", "--out", "x"], 2, "is not NAME=URL"),
        (["--upstream", "openai=https://x", "--upstream", "openai=https://y", "--out", "x"], 2, "given twice"),
        (["--upstream", "acme=https://x", "--out", "x"], 2, "no provider 'acme'"),
        (["--upstream", "openai=https://x", "--out", "x", "--scrub", "("], 2, "no regular expression"),
        (["--upstream", "openai=https://x", "--out", "x", "--timeout", "0"], 2, "above 0"),
        (["--upstream", "openai=https://x", "--out", "x", "--ca-file", "missing.pem"], 1, "missing.pem: No such file"),
        (["--upstream", "openai=https://x", "--out", "taken/x"], 1, "Not a directory"),
    ],
)
def test_arguments_that_cannot_be_meant_are_said_in_one_line(words, code, why, tmp_path, monkeypatch, capsys):
    (tmp_path / "taken").write_text("")
    monkeypatch.chdir(tmp_path)
    try:
        got = main(words)
    except SystemExit as ended:
        got = ended.code
    out, err = capsys.readouterr()
    assert (got, out) == (code, "") and why in err.splitlines()[-1]


def start(*words):
    home = pathlib.Path(fakes.__path__[0]).parent
    return subprocess.Popen(
        [sys.executable, "-m", "fakes", *words], cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
