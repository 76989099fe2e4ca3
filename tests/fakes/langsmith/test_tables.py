"""The file: which are opened, which are brought up to date, and what is said of the others."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys

import pytest

from fakes.langsmith.store import Op, Store
from fakes.langsmith.tables import UPGRADES, VERSION

from .asking import a_run, at, run_id, the_end, usage

# The tables of version 1, as they were when it was in use.
FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE projects (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, start_us INTEGER NOT NULL, end_us INTEGER, description TEXT,
  extra TEXT, reference_dataset_id TEXT, num_examples INTEGER, num_repetitions INTEGER, evaluator_keys TEXT);
CREATE INDEX projects_dataset ON projects (reference_dataset_id);
CREATE TABLE runs (
  id TEXT PRIMARY KEY, trace_id TEXT, parent_run_id TEXT, dotted_order TEXT, session_id TEXT, name TEXT, run_type TEXT,
  start_us INTEGER, end_us INTEGER, received_us INTEGER NOT NULL, patched INTEGER NOT NULL, first_token_us INTEGER,
  prompt_tokens INTEGER, completion_tokens INTEGER, total_tokens INTEGER, prompt_token_details TEXT,
  completion_token_details TEXT, reference_example_id TEXT, tags TEXT, metadata TEXT,
  error TEXT, inputs TEXT, outputs TEXT, events TEXT, extra TEXT, serialized TEXT);
CREATE INDEX runs_session ON runs (session_id, start_us);
CREATE INDEX runs_roots ON runs (session_id, start_us) WHERE parent_run_id IS NULL;
CREATE INDEX runs_start ON runs (start_us);
CREATE INDEX runs_received ON runs (received_us);
CREATE INDEX runs_trace ON runs (trace_id, dotted_order);
CREATE INDEX runs_parent ON runs (parent_run_id);
CREATE INDEX runs_example ON runs (reference_example_id) WHERE reference_example_id IS NOT NULL;
CREATE TABLE feedback (
  id TEXT PRIMARY KEY, run_id TEXT, trace_id TEXT, session_id TEXT, key TEXT NOT NULL, score, value TEXT, comment TEXT,
  correction TEXT, feedback_source TEXT, created_us INTEGER NOT NULL, modified_us INTEGER NOT NULL, start_time TEXT,
  feedback_config TEXT, extra TEXT, error INTEGER, comparative_experiment_id TEXT, feedback_group_id TEXT);
CREATE INDEX feedback_run ON feedback (run_id);
CREATE INDEX feedback_session ON feedback (session_id) WHERE run_id IS NULL;
CREATE TABLE datasets (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT, data_type TEXT, created_us INTEGER NOT NULL,
  modified_us INTEGER NOT NULL, extra TEXT, inputs_schema_definition TEXT, outputs_schema_definition TEXT,
  transformations TEXT);
CREATE TABLE examples (
  id TEXT PRIMARY KEY, dataset_id TEXT NOT NULL, created_us INTEGER NOT NULL, modified_us INTEGER NOT NULL,
  source_run_id TEXT, metadata TEXT, inputs TEXT, outputs TEXT);
CREATE INDEX examples_dataset ON examples (dataset_id, created_us);
CREATE TABLE attachments (
  owner_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (owner_id, name));
CREATE TABLE shares (token TEXT PRIMARY KEY, run_id TEXT NOT NULL UNIQUE);
"""


def a_first_file(path):
    """Make a file of version 1 with a run, its project, a dataset and an example."""
    db = sqlite3.connect(str(path))
    db.executescript(FIRST)
    db.execute("INSERT INTO meta VALUES ('tenant_id', ?)", (run_id(90),))
    db.execute("INSERT INTO projects (id, name, start_us) VALUES (?, 'demo', 1)", (run_id(91),))
    db.execute(
        "INSERT INTO runs (id, trace_id, dotted_order, session_id, name, run_type, start_us, received_us, patched,"
        " inputs) VALUES (?, ?, ?, ?, 'old', 'llm', 1000000, 1, 0, '{\"q\":1}')",
        (run_id(1), run_id(1), "19700101T000001000000Z" + run_id(1), run_id(91)),
    )
    db.execute("INSERT INTO datasets (id, name, created_us, modified_us) VALUES (?, 'd', 1, 1)", (run_id(92),))
    db.execute("INSERT INTO examples VALUES (?, ?, 5, 5, NULL, '{}', '{\"x\":1}', NULL)", (run_id(93), run_id(92)))
    db.execute("PRAGMA user_version=1")
    db.commit()
    db.close()


def columns(path):
    db = sqlite3.connect(str(path))
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'index')")]
    found = {table: {tuple(row[1:4]) for row in db.execute(f"PRAGMA table_info({table})")} for table in tables}
    db.close()
    return found


def test_a_file_of_version_1_is_brought_up_to_date_and_keeps_what_it_has(tmp_path):
    a_first_file(tmp_path / "old.db")
    store = Store(str(tmp_path / "old.db"))
    assert store.tenant_id == run_id(90) and store.run(run_id(1))["inputs"] == {"q": 1}
    assert store.project_named("demo", stats=True)["run_count"] == 1
    assert store.run(run_id(1))["total_cost"] is None
    cost = usage(1, 2)
    cost["metadata"]["usage_metadata"]["total_cost"] = 0.5
    store.merge([Op("patch", {**the_end(a_run(1), run_type="llm"), "extra": cost})])
    assert store.run(run_id(1))["total_cost"] == 0.5
    store.update_example(run_id(93), {"inputs": {"x": 2}})
    assert [one["inputs"] for one in store.examples(run_id(92), as_of=at(0))] == [{"x": 1}]
    store.close()
    Store(str(tmp_path / "new.db")).close()
    assert columns(tmp_path / "old.db") == columns(tmp_path / "new.db")
    Store(str(tmp_path / "old.db")).close()  # and it opens again


def test_every_earlier_version_can_be_brought_up_to_date():
    assert sorted(UPGRADES) == list(range(1, VERSION))


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(tmp_path):
    a_first_file(tmp_path / "old.db")
    db = sqlite3.connect(str(tmp_path / "old.db"))
    db.execute("CREATE TABLE comparisons (somebody_elses)")
    db.commit()
    db.close()
    before = columns(tmp_path / "old.db")
    with pytest.raises(sqlite3.Error):
        Store(str(tmp_path / "old.db"))
    assert columns(tmp_path / "old.db") == before


def a_newer_file(path):
    Store(str(path)).close()
    db = sqlite3.connect(str(path))
    db.execute(f"PRAGMA user_version={VERSION + 1}")
    db.commit()
    db.close()


def anothers_file(version):
    def made(path):
        db = sqlite3.connect(str(path))
        db.execute("CREATE TABLE mine (x)")
        db.execute(f"PRAGMA user_version={version}")
        db.commit()
        db.close()

    return made


REFUSED = [
    (a_newer_file, "newer version of fakes"),
    (anothers_file(0), "another program's database"),
    (anothers_file(1), "another program's database"),
    (anothers_file(VERSION), "another program's database"),
    (anothers_file(99), "another program's database"),
    (lambda path: path.write_bytes(b"no database at all, but long enough to be looked at" * 50), "not a database"),
    (lambda path: path.mkdir(), "(unable to|not) open"),
]


@pytest.mark.parametrize("make, told", REFUSED, ids=range(len(REFUSED)))
def test_a_file_that_is_not_ours_is_refused_in_words_and_left_alone(tmp_path, make, told):
    path = tmp_path / "x.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(sqlite3.Error, match=told):
        Store(str(path))
    assert (path.read_bytes() if path.is_file() else None) == before
    done = subprocess.run(
        [sys.executable, "-m", "fakes", "langsmith", "--db", str(path)], stdin=subprocess.DEVNULL, capture_output=True,
        timeout=20,
    )  # fmt: skip
    assert done.returncode == 1 and re.search(told.encode(), done.stderr) and b"Traceback" not in done.stderr


def test_a_path_that_leads_nowhere_is_told_in_words(tmp_path):
    with pytest.raises(sqlite3.Error, match="(unable to|not) open"):
        Store(str(tmp_path / "nowhere" / "x.db"))


def test_an_empty_file_becomes_a_database(tmp_path):
    (tmp_path / "x.db").write_bytes(b"")
    store = Store(str(tmp_path / "x.db"))
    store.merge([Op("post", a_run(1))])
    store.close()
    assert columns(tmp_path / "x.db")["runs"]
