"""The teaching page: its bytes are the server's own, and everything on it has a note with a source."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys

import pytest

import fakes
from fakes.show import LESSONS, lesson, page

MODELS = ("fake-hello", "fake-tool", "fake-tools", "fake-json", "fake-think", "fake-refuse", "fake-filtered")
PAGES = [(provider, model, stream) for provider in LESSONS for model in MODELS for stream in (True, False)]


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


@pytest.mark.parametrize("provider, model, stream", PAGES)
def test_the_raw_bytes_are_those_that_the_server_sends(provider, model, stream, capfdbinary):
    from fakes.show import main

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
    command = [sys.executable, "-m", "fakes", "show"]
    shown = subprocess.run([*command, "openai", "fake-tool"], capture_output=True, text=True, timeout=20)
    assert (shown.returncode, shown.stdout) == (0, page("openai", "fake-tool"))
    wrong = subprocess.run([*command, "openai", "gpt-9"], capture_output=True, text=True, timeout=20)
    assert wrong.returncode == 2 and "no ready model 'gpt-9'" in wrong.stderr
