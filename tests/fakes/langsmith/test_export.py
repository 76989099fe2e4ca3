"""Exports are sent while they are read: whole, in little memory, and others are answered meanwhile."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import urllib.request

import pytest

import fakes.langsmith
from fakes.langsmith import export, runs
from fakes.langsmith.filters import BadFilter
from fakes.langsmith.page import pages

from .asking import a_run, ask, run_id

SIZE = 300_000


@pytest.fixture
def exporting(server, monkeypatch):
    """Give a server whose every page is an export of all runs."""
    monkeypatch.setattr(runs, "_IDS_AT_ONCE", 7)
    monkeypatch.setattr(pages, "answer", lambda request, store: export.jsonl(store.every_run()))
    for number in range(60):
        many = [a_run(number + 1, number / 10, inputs={"q": "x" * SIZE})]
        assert ask(server.url, "POST", "/runs/batch", {"post": many})[0] == 202
    return server


def test_every_run_is_in_it_once_newest_first(exporting):
    with urllib.request.urlopen(exporting.url + "/x", timeout=20) as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        found = [json.loads(line)["id"] for line in answer]
    assert found == [run_id(number) for number in range(60, 0, -1)]


def test_it_takes_little_memory_and_waits_for_its_reader(exporting):
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    with socket.create_connection(("127.0.0.1", int(exporting.url.rpartition(":")[2])), timeout=20) as client:
        tracemalloc.start()
        try:
            client.sendall(b"GET /x HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            head = client.recv(65536)
            assert head.startswith(b"HTTP/1.1 200")
            # While nobody reads, others are answered, and what they change may come into it or not.
            assert ask(exporting.url, "POST", "/runs/batch", {"post": [a_run(900, 30)]})[0] == 202
            read = len(head)
            while True:
                some = client.recv(65536)
                if not some:
                    break
                read += len(some)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert read > 60 * SIZE
    assert peak < 40 * SIZE, f"{peak:,} bytes at the most for an export of {read:,}"


def test_a_reader_who_leaves_harms_nobody(exporting):
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", int(exporting.url.rpartition(":")[2])), timeout=20) as client:
            client.sendall(b"GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert client.recv(1000)
    assert ask(exporting.url, "GET", f"/runs/{run_id(1)}")[0] == 200


def test_a_server_that_closes_ends_an_export(monkeypatch, capfd):
    monkeypatch.setattr(runs, "_IDS_AT_ONCE", 7)
    monkeypatch.setattr(pages, "answer", lambda request, store: export.jsonl(store.every_run()))
    with fakes.langsmith.serve() as server:
        for number in range(40):
            many = [a_run(number + 1, number / 10, inputs={"q": "x" * SIZE})]
            assert ask(server.url, "POST", "/runs/batch", {"post": many})[0] == 202
        client = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=20)
        client.sendall(b"GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert client.recv(1000)
    with client, contextlib.suppress(ConnectionResetError):
        while client.recv(1 << 20):
            pass
    for thread in threading.enumerate():
        if thread.name == "fakes live answer":
            thread.join(10)
            assert not thread.is_alive()
    assert "Traceback" not in capfd.readouterr().err


def test_what_is_wrong_with_the_question_is_told_before_the_first_line(server):
    with pytest.raises(BadFilter):
        server.store.every_run(filter="eq(")


def test_lines_are_json_of_readable_letters():
    assert export.line({"a": "é\n\u2028", "b": float("inf"), "c": "\ud83d"}) == (
        b'{"a":"\\u00e9\\n\\u2028","b":null,"c":"\\ud83d"}\n')  # half a pair: only an escape can say it
    assert export.line({"a": "é", "b": float("nan")}) == '{"a":"é","b":null}\n'.encode()
    assert export.line(None) == b"null\n"


def test_a_trace_and_a_dataset_are_given_one_by_one(server):
    root = a_run(1)
    ask(server.url, "POST", "/runs/batch", {"post": [a_run(3, 2, above=root), root, a_run(2, 1, above=root), a_run(9)]})
    assert [run["name"] for run in server.store.every_run_of(root["id"])] == ["run 1", "run 2", "run 3"]
    dataset = server.store.create_dataset({"name": "d"})["id"]
    server.store.add_examples(dataset, [{"inputs": {"x": n}} for n in range(120)])
    given = server.store.every_example(dataset)
    server.store.delete_example(server.store.examples(dataset, offset=1, limit=1)[0]["id"])
    assert [one["inputs"]["x"] for one in given] == [n for n in range(119, -1, -1) if n != 118]
