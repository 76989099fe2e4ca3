"""Killed at any moment, the server has lost nothing it acknowledged, and its file opens again.

A client sends runs as fast as they are taken and writes down which were acknowledged; in the midst of it the process is
killed with SIGKILL. The next round goes on with the same file.
"""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest

from fakes.langsmith.store import Store

from .asking import BOUNDARY, a_run, multipart, parts_of, the_end

ROUNDS = 5
HEADERS = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def send(url, first, until, acknowledged):
    """Send requests of ten runs, start and end, until the server is gone; note what was acknowledged."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    number = first
    try:
        while True:
            runs = [a_run(number + n, n, inputs={"text": "x" * 2_000}) for n in range(10)]
            number += 10
            for kind, several in (("post", runs), ("patch", [the_end(run, 30) for run in runs])):
                body = multipart([row for run in several for row in parts_of(kind, run)])
                connection.request("POST", "/runs/multipart", body, HEADERS)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 202
                acknowledged.extend((run["id"], kind) for run in several)
            until.release()
    except (OSError, http.client.HTTPException):  # killed
        pass
    finally:
        connection.close()


@pytest.mark.time_limit(60)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_what_was_acknowledged_is_there_after_kill_9(tmp_path):
    path = str(tmp_path / "traces.db")
    acknowledged = []
    for turn in range(ROUNDS):
        process = subprocess.Popen(
            [sys.executable, "-m", "fakes", "langsmith", "--db", path], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        with process:
            url = json.loads(process.stdout.readline())["url"]
            until = threading.Semaphore(0)
            writers = [
                threading.Thread(target=send, args=(url, 1 + (turn * 2 + place) * 1_000_000, until, acknowledged))
                for place in range(2)
            ]
            for writer in writers:
                writer.start()
            for _ in range(3 + 4 * turn):  # the kill falls into the midst of the next request
                assert until.acquire(timeout=30)
            process.kill()
            for writer in writers:
                writer.join()
        store = Store(path)
        found = {run["id"]: run for run in every(store)}
        assert store.row("PRAGMA integrity_check")[0] == "ok"
        for run_id, kind in acknowledged:
            assert run_id in found and (kind == "post" or found[run_id]["status"] == "success")
        assert {run["status"] for run in found.values()} <= {"success", "pending"}
        store.close()
    assert len({run_id for run_id, _ in acknowledged}) >= 10 * sum(3 + 4 * turn for turn in range(ROUNDS))


def every(store):
    cursor = None
    while True:
        page, cursor = store.runs(limit=1_000, cursor=cursor, select=["id", "status"])
        yield from page
        if cursor is None:
            return
