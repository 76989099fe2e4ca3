"""The teaching page: its bytes are the server's own, and everything on it has a note with a source."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import shlex
import socket
import subprocess
import sys
from contextlib import redirect_stdout

import pytest

import fakes
from fakes.replies import behaviours
from fakes.show import LESSONS, MODELS, lesson, main, page

ANSWERING = [name for name in MODELS if name not in ("fake-429-once", "fake-cut", "fake-blocked")]
PAGES = [(provider, model, stream) for provider in LESSONS for model in ANSWERING for stream in (True, False)]
ANSWERS = [(model, stream) for model in MODELS for stream in (True, False)]
SHOW = [sys.executable, "-m", "fakes", "show"]


def answered(provider, model, stream):
    """Send the lesson's request over a socket, as a client would."""
    taught = lesson(provider, model, stream=stream)
    with fakes.serve() as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        try:
            connection.request("POST", taught.path, json.dumps(taught.body), taught.headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()


def on_the_wire(server, taught):
    """Send the lesson's request and give every byte that comes back until the connection ends."""
    body = json.dumps(taught.body).encode()
    headers = {"Host": "localhost", **taught.headers, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(f"POST {taught.path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def arguments(provider, model, stream, *more):
    return [provider, model, *more, *([] if stream else ["--whole"])]


def answer_of(text):
    """Give the lines of a page's answer that are no notes."""
    lines = text.partition("# ---- the answer")[2].split("\n")[1:-1]
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("provider", LESSONS)
def test_raw_and_wire_together_write_what_a_socket_carries(provider, capfdbinary):
    with fakes.serve() as server:
        for model, stream in ANSWERS:
            server.reset()
            assert main(arguments(provider, model, stream, "--wire", "--raw")) == 0
            assert capfdbinary.readouterr().out == on_the_wire(server, lesson(provider, model, stream=stream)), model


@pytest.mark.parametrize("provider", LESSONS)
def test_wire_shows_each_line_end_so_that_the_bytes_can_be_read_off_the_page(provider):
    with fakes.serve() as server:
        for model, stream in ANSWERS:
            server.reset()
            wire = on_the_wire(server, lesson(provider, model, stream=stream))
            read = b""
            for line in answer_of(page(provider, model, stream=stream, wire=True)):
                text, crlf, rest = line.partition("\\r\\n") if line.endswith("\\r\\n") else (line, "", "")
                assert not rest, line
                if crlf:
                    read += text.encode() + b"\r\n"
                elif line.endswith("\\n"):
                    read += line[:-2].encode() + b"\n"
                else:
                    read += line.encode()
            assert read == wire, model


@pytest.mark.parametrize("provider", LESSONS)
def test_the_page_tells_an_answer_that_was_cut_off(provider):
    for stream in (True, False):
        assert "Here the connection ends" in page(provider, "fake-cut", stream=stream)
        assert "Here the connection ends" not in page(provider, "fake-hello", stream=stream)


@pytest.mark.parametrize("provider", LESSONS)
def test_an_answer_that_fails_has_a_note_too(provider):
    for model, stream in ANSWERS:
        lines = page(provider, model, stream=stream).split("# ---- the answer")[1].split("\n")
        first = lines[lines.index("") + 1]
        assert first.startswith("# "), (model, stream, first)


@pytest.mark.parametrize("provider, model, stream", PAGES)
def test_the_raw_bytes_are_those_that_the_server_sends(provider, model, stream, capfdbinary):
    assert main([provider, model, "--raw", *([] if stream else ["--whole"])]) == 0
    assert answered(provider, model, stream) == (200, capfdbinary.readouterr().out)


@pytest.mark.parametrize("provider, model, stream", PAGES)
def test_every_event_has_a_note_and_every_note_a_source(provider, model, stream):
    taught = lesson(provider, model, stream=stream)
    status, body = answered(provider, model, stream)
    assert status == 200
    for event in re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)", body) if stream else [body]:
        text = event.decode()
        assert not text or any(re.search(note.pattern, text) for note in taught.on_events), text
    for name in taught.body:
        assert any(re.search(note.pattern, name) for note in taught.on_fields), name
    groups = (taught.on_headers, taught.on_fields, taught.on_answer_headers, taught.on_events)
    for note in [note for group in groups for note in group]:
        assert note.says.endswith(".") and len(note.source) > 5, note
    assert len(taught.wrong) >= 4 and all(wrong.source for wrong in taught.wrong)


@pytest.mark.parametrize("provider", LESSONS)
def test_what_a_lesson_calls_wrong_is_refused(provider):
    text = page(provider, "fake-hello")
    refused = text.split("# ---- what would be refused")[1].split("# ---- the answer")[0]
    statuses = [int(status) for status in re.findall(r"^(\d{3}) ", refused, re.MULTILINE)]
    assert len(statuses) == len(lesson(provider, "fake-hello", stream=True).wrong)
    assert all(400 <= status < 500 for status in statuses), statuses


@pytest.mark.parametrize("provider", LESSONS)
def test_every_line_of_the_answer_stands_on_the_page(provider):
    text = page(provider, "fake-tool")
    for line in answered(provider, "fake-tool", True)[1].decode().splitlines():
        assert line in text
    assert re.search(r"^# .*\[.+\]$", text, re.MULTILINE)


def test_the_command_prints_the_page_and_refuses_what_it_does_not_know():
    shown = subprocess.run([*SHOW, "openai", "fake-tool"], capture_output=True, text=True, timeout=20)
    assert (shown.returncode, shown.stdout) == (0, page("openai", "fake-tool"))
    wrong = subprocess.run([*SHOW, "openai", "gpt-9"], capture_output=True, text=True, timeout=20)
    assert wrong.returncode == 2 and "no ready model 'gpt-9'" in wrong.stderr


def test_without_a_provider_the_command_lists_providers_and_models():
    assert set(MODELS) == set(behaviours.MODELS)
    shown = subprocess.run(SHOW, capture_output=True, text=True, timeout=20)
    assert shown.returncode == 0
    for name in (*LESSONS, *MODELS):
        assert re.search(rf"^  {name} ", shown.stdout, re.MULTILINE), name


def test_a_reader_who_leaves_early_gets_no_traceback():
    read, write = os.pipe()
    os.close(read)
    try:
        shown = subprocess.run([*SHOW, "responses", "fake-think"], stdout=write, stderr=subprocess.PIPE, timeout=20)
    finally:
        os.close(write)
    assert (shown.returncode, shown.stderr) == (0, b"")


ENCODINGS = [
    ("utf-8", "Grüße aus Paris! ☀"),
    ("latin-1", "Grüße aus Paris! \\u2600"),
    ("ascii", r"Gr\xfc\xdfe aus Paris! \u2600"),
]


@pytest.mark.parametrize("encoding, expected", ENCODINGS)
def test_a_terminal_of_any_encoding_will_do(encoding, expected):
    stdout = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    with redirect_stdout(stdout):
        assert main(["together", "fake-echo"]) == 0
    assert expected in stdout.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("provider", LESSONS)
def test_the_command_to_send_a_request_oneself_sends_the_lesson_s(provider):
    line = next(line for line in page(provider, "fake-echo").split("\n") if line.startswith("# curl "))
    words = shlex.split(line[2:])
    taught = lesson(provider, "fake-echo", stream=True)
    assert words[:3] == ["curl", "-iN", "http://127.0.0.1:8000" + taught.path]
    assert words[3:-2] == [word for name, value in taught.headers.items() for word in ("-H", f"{name}: {value}")]
    assert words[-2] == "-d" and json.loads(words[-1]) == taught.body


@pytest.mark.parametrize("provider", LESSONS)
def test_what_is_wrong_with_a_request_is_shown_as_a_change_to_the_right_one(provider):
    taught = lesson(provider, "fake-tool", stream=True)
    blocks = page(provider, "fake-tool").split("# ---- what would be refused")[1].split("# ---- the answer")[0]
    blocks = re.split(r"^(?=# With)", blocks, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(taught.wrong)
    for block in blocks:
        assert re.search(r"^[-+] \S", block, re.MULTILINE), block
