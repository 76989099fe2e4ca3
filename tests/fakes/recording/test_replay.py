"""A replay answers what was recorded and nothing else, and says loudly what it misses."""

from __future__ import annotations

import json
import pathlib
import socket
import subprocess
import sys

import pytest

import fakes
from fakes.serving.http11 import Request
from fakes.recording import store
from fakes.recording.exchange import Recording, RecordingError
from fakes.recording.replay import main, replay
from fakes.recording.replayer import Replayer
from fakes.session import Session

from .asking import ASKED, CHAT, HI, KEY, ask, exchange

HOME = pathlib.Path(fakes.__path__[0]).parent
EVENTS = ("data: one\n\n", "data: é\n", "\n")


def keep(folder, number, *bodies, body=CHAT, provider="openai", path="/v1/chat/completions", **more):
    """Write a recording whose chunks are the bodies, a quarter of a second apart."""
    chunks = tuple((0.5 + 0.25 * place, text.encode()) for place, text in enumerate(bodies))
    one = Recording(
        "",
        provider,
        "POST",
        path,
        {},
        json.dumps(body).encode(),
        200,
        (("content-type", "text/event-stream"),),
        chunks,
        "chunked",
    )
    folder.mkdir(exist_ok=True)
    return store.write(str(folder), one._replace(**{"head_at": 0.25, "ended_at": 2.0, **more}), number)


def test_the_order_of_keys_and_the_way_of_numbers_make_no_difference(tmp_path):
    keep(tmp_path, 1, *EVENTS, body={**CHAT, "temperature": 1, "top_p": 0.5})
    body = b'{"top_p":5e-1, "messages":[{"content":"h\\u0069","role":"user"}],\n"temperature":1.0,"model":"fake-hello"}'
    with replay(tmp_path) as server:
        got = exchange(server.port, "POST", "/openai/v1/chat/completions", body)
        assert got.chunks == [text.encode() for text in EVENTS]


def test_the_recorded_pauses_are_kept_when_asked_for(tmp_path):
    keep(tmp_path, 1, *EVENTS)
    with replay(tmp_path, timing=True, clock="virtual") as server:
        assert ask(server.port, "openai").chunks == [text.encode() for text in EVENTS]
        (seen,) = server.journal
        assert list(seen.schedule) == [0.25, 0.5, 0.75, 1.0, 2.0] and server.now() == 2.0
        assert (seen.first_byte, seen.ended_at) == (0.25, 2.0)
    with replay(tmp_path, clock="virtual") as server:
        ask(server.port, "openai")
        assert list(server.journal[0].schedule) == [0.0] * 5 and server.now() == 0.0


def test_each_chunk_is_a_write_of_its_own(tmp_path):
    keep(tmp_path, 1, *EVENTS)
    request = Request("POST", "/openai/v1/chat/completions", {}, version_1_0=False)
    request.body = json.dumps(CHAT).encode()
    session = Session()
    _, plan = Replayer(store.load(tmp_path)).answer(request, session, session.exchange(request, 1))
    assert [step.data.split(b"\r\n", 1)[1] for step in plan.steps[1:4]] == [text.encode() + b"\r\n" for text in EVENTS]
    assert [step.apart for step in plan.steps] == [True] * 4 + [False] and plan.steps[4].data == b"0\r\n\r\n"


def test_a_held_clock_gives_each_chunk_when_its_time_has_come(tmp_path):
    keep(tmp_path, 1, *EVENTS)
    with replay(tmp_path, timing=True, clock="held") as server:
        body = json.dumps(CHAT).encode()
        head = f"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port), 10) as client:
            client.sendall(head.encode() + body)
            server.wait_for(lambda: server.journal)
            assert server.journal[0].sent == 0
            server.advance(0.25)
            assert client.recv(65536).endswith(b"\r\n\r\n")
            for text in EVENTS:
                server.advance(0.25)
                assert client.recv(65536) == b"%x\r\n%b\r\n" % (len(text.encode()), text.encode())
            server.advance(1.0)
            assert client.recv(65536) == b"0\r\n\r\n"


def test_a_body_with_a_length_keeps_its_split_points_and_pauses(tmp_path):
    keep(tmp_path, 1, '{"a":', "1}", framing="length", headers=(("content-type", "application/json"),))
    with replay(tmp_path, timing=True, clock="virtual") as server:
        got = ask(server.port, "openai")
        assert got.headers["content-length"] == "7" and got.body == b'{"a":1}' and got.whole
        assert list(server.journal[0].schedule) == [0.25, 0.5, 0.75, 2.0]


def test_the_same_request_is_answered_in_the_recorded_order_and_then_loudly(tmp_path):
    names = [keep(tmp_path, number, f"data: {number}\n\n") for number in (1, 2)]
    with replay(tmp_path) as server:
        assert [ask(server.port, "openai").body for _ in range(2)] == [b"data: 1\n\n", b"data: 2\n\n"]
        got = ask(server.port, "openai")
        assert got.status == 404 and f"recorded 2 times ({', '.join(names)}) and is asked once more" in got.message
        assert [one.rule for one in server.journal] == [*names, None]
        server.reset()
        assert ask(server.port, "openai").body == b"data: 1\n\n" and server.unused() == names[1:]
        assert server.problems == []


def test_repeat_begins_anew(tmp_path):
    for number in (1, 2):
        keep(tmp_path, number, f"data: {number}\n\n")
    with replay(tmp_path, repeat=True) as server:
        assert [ask(server.port, "openai").body[6:7] for _ in range(5)] == [b"1", b"2", b"1", b"2", b"1"]


def test_every_session_gets_every_recording(tmp_path):
    name = keep(tmp_path, 1, "data: 1\n\n")
    with replay(tmp_path) as server:
        one, other = server.session("a"), server.session("b")
        assert ask(server.port, "openai", key=one.key).status == 200
        assert (one.unused(), other.unused(), server.unused()) == ([], [name], [name])
        assert ask(server.port, "openai", key=one.key).status == 404
        assert ask(server.port, "openai", key=other.key).status == ask(server.port, "openai").status == 200
        assert len(one.problems) == 1 and other.problems == server.problems == []
        with pytest.raises(ValueError, match="name"):
            server.session("")


@pytest.mark.parametrize("provider", ASKED)
def test_a_miss_is_said_in_the_provider_s_own_shape_with_what_differs(provider, tmp_path):
    path, body, _ = ASKED[provider]
    prefix, _, rest = path[1:].partition("/")
    rest += "generateContent" if provider == "google" else ""
    keep(tmp_path, 1, "x", provider="openai", path="/v1/nothing/like/it", body={"far": "away"})
    name = keep(tmp_path, 2, "x", provider=prefix, path="/" + rest, body={**body, "seed": 7})
    keep(tmp_path, 3, "x", provider=prefix, path="/" + rest, body={"model": "quite another"})
    with replay(tmp_path) as server:
        got = ask(server.port, provider, temperature=0.5)
        (problem,) = server.problems
    assert got.status == 404 and got.headers["content-type"].startswith("application/json")
    said = json.loads(got.body)
    error = said.get("error", said)
    words = error["detail"] if provider == "fireworks" else error["message"]
    lines = ["seed: recorded 7, asked nothing", "temperature: recorded nothing, asked 0.5"]
    wanted = "\n".join([f"no recording has this request; the nearest is {name}:", *lines])
    assert words == f"fakes: {wanted}" and problem == f"request 1: {wanted}"


def test_of_a_provider_without_recordings_it_is_said_which_there_are(tmp_path):
    keep(tmp_path, 1, "x")
    keep(tmp_path, 2, "x", provider="mistral")
    with replay(tmp_path) as server:
        assert (
            "nothing of anthropic was recorded; there are recordings of mistral, openai"
            in ask(server.port, "anthropic").message
        )
        assert ask(server.port, "mistral").status == 200
        assert exchange(server.port, "GET", "/elsewhere").status == 404


def test_no_key_is_in_what_is_said_of_a_miss(tmp_path):
    keep(tmp_path, 1, "x")
    with replay(tmp_path) as server:
        got = ask(server.port, "openai", user=KEY, messages=[{"role": "user", "content": f"my key is {KEY}"}])
        assert got.status == 404 and 'asked "my key is ***"' in json.loads(got.body)["error"]["message"]
        assert KEY not in got.message and KEY not in repr(server.problems)


def test_what_was_scrubbed_by_a_pattern_is_found_with_the_same_pattern(tmp_path):
    keep(tmp_path, 1, "x", body={**CHAT, "user": "***"})
    for scrub, status in ((["emails"], 200), ([], 404)):
        with replay(tmp_path, scrub=scrub) as server:
            assert ask(server.port, "openai", user="ada@example.com").status == status


def test_the_journal_says_what_was_asked_and_which_recording_answered(tmp_path):
    name = keep(
        tmp_path, 1, "x", provider="google", path="/v1beta/models/fake-hello:generateContent", body=ASKED["google"][1]
    )
    keep(tmp_path, 2, "x")
    with replay(tmp_path) as server:
        ask(server.port, "google")
        ask(server.port, "openai")
        first, second = server.journal
        server.assert_called(1, provider="openai")
    assert (first.provider, first.api, first.model, first.rule) == ("google", "generate_content", "fake-hello", name)
    assert (second.provider, second.api, second.model, second.body) == (
        "openai",
        "chat_completions",
        "fake-hello",
        CHAT,
    )
    assert first.secret_in_url and KEY not in repr(first.as_json())


def test_head_has_no_body_and_http_1_0_no_chunks(tmp_path):
    keep(tmp_path, 1, *EVENTS, method="HEAD", body={})
    keep(tmp_path, 2, *EVENTS)
    with replay(tmp_path) as server:
        got = exchange(server.port, "HEAD", "/openai/v1/chat/completions", b"{}")
        assert (got.status, got.body) == (200, b"")
        body = json.dumps(CHAT).encode()
        with socket.create_connection(("127.0.0.1", server.port), 10) as client:
            client.sendall(
                f"POST /openai/v1/chat/completions HTTP/1.0\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
            )
            data = b""
            while more := client.recv(65536):
                data += more
        assert data.endswith("\r\n\r\n".encode() + "".join(EVENTS).encode()) and b"transfer-encoding" not in data


def test_a_script_beside_recordings_is_refused_loudly(tmp_path):
    keep(tmp_path, 1, "x")
    with replay(tmp_path) as server:
        server.reply("hello")
        got = ask(server.port, "openai")
        assert (
            got.status == 404
            and "a replay answers from its recordings only" in got.message
            and len(server.problems) == 1
        )


def test_several_requests_on_one_connection_are_answered_in_order(tmp_path):
    body = json.dumps(CHAT).encode()
    for number in (1, 2, 3):
        keep(tmp_path, number, f"data: {number}\n\n")
    one = f"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    with replay(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port), 10) as client:
        client.sendall(one * 3)
        got = b""
        while got.count(b"0\r\n\r\n") < 3:
            got += client.recv(65536)
    assert got.index(b"data: 1") < got.index(b"data: 2") < got.index(b"data: 3")


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "fakes", "replay", *words], cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("quiet", [False, True])
def test_the_command_replays_and_says_every_miss(quiet, tmp_path):
    keep(tmp_path, 1, *EVENTS)
    process = start(str(tmp_path), *(["--quiet"] if quiet else []))
    ready = json.loads(process.stdout.readline())
    port = int(ready["url"].rpartition(":")[2])
    assert ready["recordings"] == 1
    assert [ask(port, "openai").status for _ in range(2)] == [200, 404]
    assert ask(port, "openai", messages=[*HI, *HI]).status == 404
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert (
        (err == "")
        if quiet
        else ("request 2: this request was recorded 1 time " in err and "messages[1].role: recorded nothing" in err)
    )


def test_the_command_s_options_are_obeyed(tmp_path):
    keep(tmp_path, 1, "x", body={**CHAT, "user": "***"}, head_at=0.0, ended_at=0.02, chunks=((0.01, b"x"),))
    process = start(str(tmp_path), "--timing", "--repeat", "--scrub", "emails", "--exit-on-stdin-close", "--port", "0")
    port = int(json.loads(process.stdout.readline())["url"].rpartition(":")[2])
    assert [ask(port, "openai", user="ada@example.com").status for _ in range(2)] == [200, 200]
    assert process.communicate(timeout=20)[1] == "" and process.returncode == 0  # its stdin is closed by that


@pytest.mark.parametrize(
    "words, why",
    [
        (["none"], "none: there is no such folder or file"),
        (["bad"], "strange.json: no recording: provider: must be a text"),
        (["good", "--scrub", "("], "no regular expression"),
        ([], "DIR"),
    ],
)
def test_recordings_that_cannot_be_read_are_said_in_one_line(words, why, tmp_path, monkeypatch, capsys):
    keep(tmp_path / "good", 1, "x")
    keep(tmp_path / "bad", 1, "x")
    (tmp_path / "bad" / "strange.json").write_text('{"name": "left-pad"}')
    monkeypatch.chdir(tmp_path)
    try:
        code = main(words)
    except SystemExit as ended:
        code = ended.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "") and why in err.splitlines()[-1]


def test_a_folder_with_a_strange_file_is_not_served(tmp_path):
    keep(tmp_path, 1, "x")
    (tmp_path / "package.json").write_text('{"name": "left-pad"}')
    with pytest.raises(RecordingError, match="package.json"):
        replay(tmp_path)
