"""Requests that nobody took, kept as files; and the other variables by which a program bounds what is sent."""

from __future__ import annotations

import base64
import json
import os
import stat

import pytest

from minichat.tracers.langsmith import RunTree, failed, fan
from minichat.tracers.langsmith import sender as senders
from minichat.tracers.langsmith.delivery import Ingest
from minichat.tracers.langsmith.sender import MOST_RUNS, sender_for
from minichat.tracers.langsmith.settings import Settings, whole_number
from minichat.tracers.langsmith.transport import Transport
from tests.tracers.langsmith.canned import ACCEPTED, INFO, Asked, canned
from tests.tracers.langsmith.sink import Sink
from tests.tracers.langsmith.test_sender import KEY, Line, begun

REFUSED = (401, {}, b"no")


@pytest.fixture
def directory(monkeypatch, tmp_path):
    monkeypatch.setenv("LANGSMITH_FAILED_TRACES_DIR", str(tmp_path / "a" / "kept"))
    return tmp_path / "a" / "kept"


def delivered(answer, *, count=1, info=INFO, line=None):
    line = line or Line()
    with canned(answer, info) as server:
        destination = Ingest(Transport(Settings(server.url, KEY)))
        destination.deliver([("post", begun(number, inputs={"n": number})) for number in range(count)], line)
        destination.close()
    return line, server


def told(path):
    """Read a kept request as a server would."""
    kept = json.loads(path.read_text())
    assert kept.pop("version") == 1
    body = base64.b64decode(kept["body_base64"])
    return Asked("POST", "/" + kept["endpoint"], {"content-type": kept["headers"]["Content-Type"]}, body, 0).runs()


@pytest.mark.parametrize("multipart", [True, False])
def test_a_request_that_is_refused_is_kept_as_the_sdk_keeps_it(directory, multipart):
    info = {**INFO, "batch_ingest_config": {**INFO["batch_ingest_config"], "use_multipart_endpoint": multipart}}
    line, server = delivered(REFUSED, info=info)
    [path] = directory.iterdir()
    assert path.name.startswith("trace_") and path.suffix == ".json"
    assert told(path) == server.runs == [("post", {**begun(0), "inputs": {"n": 0}})]
    assert KEY not in path.read_text()
    [said] = line.said
    assert f"kept in {directory}: 1" in said
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.parametrize("answer", [ACCEPTED, (409, {}, b"")])
def test_what_was_taken_is_not_kept(directory, answer):
    delivered(answer)
    assert not directory.exists()


def test_what_the_end_of_the_process_costs_is_kept_too(directory):
    line = Line(left=0.0)
    delivered(ACCEPTED, line=line)
    assert [told(path)[0][1]["id"] for path in directory.iterdir()] == ["r0"]
    assert line.count == 1


def test_of_a_request_that_is_too_large_the_half_that_is_refused_is_kept(directory):
    def answer(asked):
        return ACCEPTED if [run["id"] for _, run in asked.runs()] == ["r0"] else (413, {}, b"large")

    line, _ = delivered(answer, count=2)
    assert [run["id"] for path in directory.iterdir() for _, run in told(path)] == ["r1"]
    assert line.count == 1


def test_without_the_variable_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line, _ = delivered(REFUSED)
    assert list(tmp_path.iterdir()) == []
    assert "dropped: 1" in line.said[0]


def test_the_directory_does_not_grow_beyond_its_bound(directory, monkeypatch):
    monkeypatch.setenv("LANGSMITH_FAILED_TRACES_MAX_MB", "1")
    directory.mkdir(parents=True)
    (directory / "trace_0_a.json").write_bytes(b"x" * 1024 * 1024)
    line, _ = delivered(REFUSED)
    assert len(list(directory.iterdir())) == 1
    assert "MAX_MB" in line.said[0] and "dropped: 1" in line.said[1]


def test_a_directory_that_cannot_be_is_one_line_and_no_failure(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LANGSMITH_FAILED_TRACES_DIR", str(tmp_path / "file" / "kept"))
    line, _ = delivered(REFUSED)
    assert "FAILED_TRACES_DIR" in line.said[0] and "dropped: 1" in line.said[1]


def test_a_file_that_is_not_whole_yet_has_another_name(directory, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(failed.os, "replace", full)
    line, _ = delivered(REFUSED)
    assert [path.suffix for path in directory.iterdir()] == [".tmp"]
    assert "No space left" in line.said[0]


# -- bounds of the environment -------------------------------------------------------------------

LIMITS = [("2", None, [2, 2, 1]), ("2", 4, [2, 2, 1]), ("x", 4, [4, 1]), ("0", 4, [4, 1]), (None, 4, [4, 1])]


@pytest.mark.parametrize("variable, of_server, sizes", LIMITS)
def test_the_environment_bounds_a_request_whatever_the_server_says(monkeypatch, variable, of_server, sizes):
    if variable is not None:
        monkeypatch.setenv("LANGSMITH_BATCH_INGEST_SIZE_LIMIT", variable)
    info = (404, {}, b"") if of_server is None else {"batch_ingest_config": {"size_limit": of_server}}
    _, server = delivered(ACCEPTED, count=5, info=info)
    assert [len(asked.runs()) for asked in server.ingests] == sizes


@pytest.mark.parametrize("variable, most", [(None, MOST_RUNS), ("3", 3), ("many", MOST_RUNS), ("-1", MOST_RUNS)])
def test_the_environment_bounds_the_queue(monkeypatch, caplog, variable, most):
    monkeypatch.setattr(senders, "_senders", {})
    monkeypatch.setattr(fan, "_fans", {})
    if variable is not None:
        monkeypatch.setenv("LANGCHAIN_TRACING_QUEUE_MAX_SIZE", variable)
    assert sender_for(Settings("http://nowhere", KEY))._backlog.most_runs == most
    assert len(caplog.records) == (variable in ("many", "-1"))


def test_a_number_of_the_environment_is_whole_and_at_least_one(monkeypatch):
    for text, number in (("7", 7), (" 8 ", 8), ("", 1), ("1.5", 1), ("0", 1)):
        monkeypatch.setenv("LANGSMITH_N", text)
        assert whole_number("N", 1) == number


@pytest.mark.parametrize("variable, argument, told_again", [
    (None, None, False), ("true", None, False), ("1", None, False), ("false", None, True), ("no", None, True),
    ("false", True, False), ("true", False, True),
])  # fmt: skip
def test_inputs_that_come_late_go_along_with_the_end_where_that_is_wished(monkeypatch, variable, argument, told_again):
    if variable is not None:
        monkeypatch.setenv("LANGSMITH_EXCLUDE_INPUTS_ON_PATCH", variable)
    sink = Sink()
    tree = RunTree(name="r", client=sink)
    tree.post()
    tree.add_inputs({"late": 1})
    tree.patch(exclude_inputs=argument)
    assert (sink.told[1][1].get("inputs") == {"late": 1}) is told_again
