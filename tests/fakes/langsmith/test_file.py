"""The file under a running server: full, held by another program, shared with another server."""

from __future__ import annotations

import sqlite3
import threading

import pytest

import fakes.langsmith

from .asking import a_run, ask, multipart, parts_of, run_id, the_end


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "t.db")


def test_a_full_disk_refuses_and_loses_nothing_of_what_was_taken(path, capfd):
    with fakes.langsmith.serve(path) as server:
        used = server.store.rows("PRAGMA page_count")[0][0]
        server.store.rows(f"PRAGMA max_page_count={used + 200}")
        taken, refused = [], 0
        for number in range(1, 60):
            run = a_run(number, number, inputs={"q": "x" * 50_000})
            feedback = (f"feedback.{run_id(900 + number)}", {"run_id": run["id"], "key": "k"})
            body = multipart([*parts_of("post", run), feedback])
            status, said = ask(server.url, "POST", "/runs/multipart", body)
            if status == 202:
                taken.append(run["id"])
            else:
                assert status == 507 and "full" in said["detail"]
                assert "nothing of this request was stored" in said["detail"]
                refused += 1
        assert len(taken) > 5 and refused > 5
        assert {run["id"] for run in server.runs()} == set(taken)
        assert {one["run_id"] for one in ask(server.url, "GET", "/feedback")[1]} == set(taken)
        assert ask(server.url, "GET", "/sessions?include_stats=True")[1][0]["run_count"] == len(taken)
        server.store.rows("PRAGMA max_page_count=1000000")
        assert ask(server.url, "PATCH", f"/runs/{taken[0]}", the_end(a_run(1)))[0] == 202
    told = capfd.readouterr().err
    assert "the disk takes no more" in told and "Traceback" not in told
    with fakes.langsmith.serve(path) as again:
        assert {run["id"] for run in again.runs()} == set(taken)
        assert again.store.row("PRAGMA integrity_check")[0] == "ok"


def test_while_another_program_holds_the_file_it_is_read_and_writers_are_told_to_come_again(path):
    with fakes.langsmith.serve(path) as server:
        assert ask(server.url, "POST", "/runs/batch", {"post": [a_run(1)]})[0] == 202
        server.store.rows("PRAGMA busy_timeout=0")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        status, said = ask(server.url, "POST", "/runs/batch", {"post": [a_run(2)]})
        assert status == 503 and "another program holds the file" in said["detail"]
        assert ask(server.url, "GET", f"/runs/{run_id(1)}")[0] == 200
        other.execute("ROLLBACK")
        other.close()
        assert ask(server.url, "GET", f"/runs/{run_id(2)}")[0] == 404
        assert ask(server.url, "POST", "/runs/batch", {"post": [a_run(2)]})[0] == 202


def test_two_servers_may_share_a_file(path):
    def write(server, first):
        for number in range(first, first + 50):
            run = a_run(number, session_name=f"p{number % 5}")
            answers.append(ask(server.url, "POST", "/runs/batch", {"post": [run]}))

    answers = []
    with fakes.langsmith.serve(path) as one, fakes.langsmith.serve(path) as other:
        writers = [threading.Thread(target=write, args=(server, 1_000 * place))
            for place, server in enumerate((one, other, one, other), 1)]  # fmt: skip
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert {status for status, _ in answers} == {202}
        for server in (one, other):
            assert len(server.runs()) == 200
            found = ask(server.url, "GET", "/sessions?include_stats=True")[1]
            counts = {project["name"]: project["run_count"] for project in found}
            assert counts == {f"p{number}": 40 for number in range(5)}
        made = ask(one.url, "POST", "/datasets", {"name": "d"})[1]["id"]
        assert ask(other.url, "POST", "/datasets", {"name": "d"})[0] == 409
        assert ask(other.url, "DELETE", f"/datasets/{made}")[0] == 200
        assert ask(one.url, "GET", f"/datasets/{made}")[0] == 404


@pytest.mark.parametrize("coding", ["gzip", "zstd", "deflate", "br", "gzip, identity", "x" * 1_000])
def test_a_body_in_a_coding_that_was_not_offered_is_refused_unread(server, coding):
    headers = {"content-encoding": coding, "content-type": "application/json"}
    status, said = ask(server.url, "POST", "/runs/batch", b"\x1f\x8b" + bytes(1_000), headers=headers)
    assert status == 415 and "compressed" in said["detail"]


@pytest.mark.parametrize("coding", ["identity", "Identity", " identity ", ""])
def test_a_body_without_a_coding_may_say_so(server, coding):
    assert ask(server.url, "POST", "/runs/batch", {"post": [a_run(1)]}, headers={"content-encoding": coding})[0] == 202
