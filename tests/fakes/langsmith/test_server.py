"""The handle, the command, and what the sockets are told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

import fakes.langsmith
from fakes.langsmith.store import Store

from .asking import a_run, ask, run_id, the_end


def test_a_handle_gives_the_runs_in_the_order_of_their_trees(server):
    root = a_run(1)
    kids = [a_run(n, n, above=root) for n in range(2, 250)]
    assert ask(server.url, "POST", "/runs/batch", {"post": [*reversed(kids), root], "patch": [the_end(root)]})[0] == 202
    assert [run["name"] for run in server.runs()] == [f"run {n}" for n in range(1, 250)]
    assert [run["name"] for run in server.runs(status="success")] == ["run 1"]
    assert server.env["LANGSMITH_ENDPOINT"] == server.url and server.env["LANGSMITH_API_KEY"] == server.key


def test_a_file_is_there_again_and_a_closed_server_closes_twice(tmp_path):
    path = str(tmp_path / "t.db")
    for count in (1, 2):
        with fakes.langsmith.serve(path) as server:
            ask(server.url, "POST", "/runs/batch", {"post": [a_run(count)]})
            assert len(server.runs()) == count
        server.close()
    assert [thread.name for thread in threading.enumerate() if "langsmith" in thread.name] == []


def test_a_port_that_is_taken_is_an_error_and_leaves_no_thread(server):
    with pytest.raises(OSError):
        fakes.langsmith.serve(port=int(server.url.rpartition(":")[2]))
    assert sum("langsmith" in thread.name for thread in threading.enumerate()) == 1


@pytest.mark.parametrize("sent, status", [
    (b"GET /info HTTP/1.1\r\n\r\n", 400),
    (b"nonsense\r\n\r\n", 400),
    (b"POST /runs/multipart HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999\r\n\r\n", 413),
    (b"GET /info HTTP/1.1\r\nhost: localhost\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", 431),
])  # fmt: skip
def test_what_is_no_request_or_too_large_is_told_as_json(server, sent, status):
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as client:
        client.sendall(sent)
        answer = b""
        while b"}" not in answer:
            answer += client.recv(65536)
    assert int(answer.split()[1]) == status and json.loads(answer.partition(b"\r\n\r\n")[2])["detail"]


def test_requests_come_pipelined_and_in_chunks(server):
    body = json.dumps({"post": [a_run(1)]}).encode()
    head = b"HTTP/1.1\r\nhost: localhost\r\n"
    sent = b"POST /runs/batch " + head + b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    sent += b"GET /runs/" + run_id(1).encode() + b" " + head + b"connection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as client:
        client.sendall(sent)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 202") == 1 and answer.count(b"HTTP/1.1 200") == 1 and b'"run 1"' in answer


def command(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "fakes", "langsmith", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


def test_the_command_serves_until_it_is_told_to_end(tmp_path):
    path = str(tmp_path / "t.db")
    with command("--db", path) as process:
        ready = json.loads(process.stdout.readline())
        assert ready["pid"] == process.pid and ready["db"] == path
        assert ask(ready["url"], "POST", "/runs", a_run(1))[0] == 202
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0 and process.stderr.read() == b""
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["t.db"]  # the journal is folded in
    store = Store(path)
    assert store.count_runs() == 1
    store.close()


def test_the_command_tells_a_file_it_cannot_open(tmp_path):
    (tmp_path / "x.db").write_bytes(b"something else" * 100)
    with command("--db", str(tmp_path / "x.db")) as process:
        said = process.communicate(timeout=20)
    assert process.returncode == 1 and b"cannot open" in said[1] and b"Traceback" not in said[1]


def test_a_password_comes_from_a_file(tmp_path):
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "good").write_text("swordfish\nmore\n")
    for name, code in (("none", 1), ("empty", 2)):
        with command("--password-file", str(tmp_path / name)) as process:
            said = process.communicate(timeout=20)[1]
        assert process.returncode == code and b"Traceback" not in said
    with command("--password-file", str(tmp_path / "good")) as process:
        url = json.loads(process.stdout.readline())["url"]
        assert ask(url, "GET", "/info")[0] == 401
        assert ask(url, "GET", "/info", headers={"x-api-key": "lsv2_fake_swordfish"})[0] == 200
        process.terminate()
        process.communicate(timeout=20)


def test_help_says_what_to_set():
    with command("--help") as process:
        said = process.communicate(timeout=20)[0]
    assert b"LANGSMITH_ENDPOINT" in said and b"--db" in said
