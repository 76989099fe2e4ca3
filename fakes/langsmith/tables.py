"""The tables of the file, and what makes a file of an older version one of today.

Heavy JSON stands in the last columns of `runs`, where a scan over the light ones does not touch its pages. Times are
microseconds since 1970. A change of the tables raises VERSION and adds a row to UPGRADES: a new file and one that was
brought up to date then have the same columns, if not in the same order.
"""

from __future__ import annotations

__all__ = ["SCHEMA", "UPGRADES", "VERSION"]

VERSION = 2  # of the tables, in PRAGMA user_version
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE projects (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, start_us INTEGER NOT NULL, end_us INTEGER, description TEXT,
  extra TEXT, reference_dataset_id TEXT, num_examples INTEGER, num_repetitions INTEGER, evaluator_keys TEXT);
CREATE INDEX projects_dataset ON projects (reference_dataset_id);
CREATE TABLE runs (
  id TEXT PRIMARY KEY, trace_id TEXT, parent_run_id TEXT, dotted_order TEXT, session_id TEXT, name TEXT, run_type TEXT,
  start_us INTEGER, end_us INTEGER, received_us INTEGER NOT NULL, patched INTEGER NOT NULL, first_token_us INTEGER,
  prompt_tokens INTEGER, completion_tokens INTEGER, total_tokens INTEGER, prompt_token_details TEXT,
  completion_token_details TEXT, prompt_cost REAL, completion_cost REAL, total_cost REAL,
  reference_example_id TEXT, tags TEXT, metadata TEXT,
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
# What version 2 has more: what examples were before they were changed, from when until when; datasets' tags, shares and
# comparisons; tokens that take one feedback each.
_SECOND = """
CREATE TABLE example_history (
  id TEXT NOT NULL, dataset_id TEXT NOT NULL, created_us INTEGER NOT NULL, modified_us INTEGER NOT NULL,
  source_run_id TEXT, metadata TEXT, inputs TEXT, outputs TEXT, until_us INTEGER NOT NULL);
CREATE INDEX example_history_dataset ON example_history (dataset_id, until_us);
CREATE INDEX example_history_id ON example_history (id);
CREATE TABLE dataset_tags (
  dataset_id TEXT NOT NULL, tag TEXT NOT NULL, as_of_us INTEGER NOT NULL, PRIMARY KEY (dataset_id, tag));
CREATE TABLE dataset_shares (token TEXT PRIMARY KEY, dataset_id TEXT NOT NULL UNIQUE);
CREATE TABLE comparisons (
  id TEXT PRIMARY KEY, dataset_id TEXT NOT NULL, name TEXT, description TEXT, created_us INTEGER NOT NULL,
  modified_us INTEGER NOT NULL, extra TEXT, experiments TEXT NOT NULL);
CREATE TABLE feedback_tokens (
  id TEXT PRIMARY KEY, run_id TEXT NOT NULL, key TEXT NOT NULL, feedback_id TEXT, feedback_config TEXT,
  expires_us INTEGER NOT NULL);
CREATE INDEX feedback_tokens_run ON feedback_tokens (run_id)
"""
SCHEMA += _SECOND
# What makes a file of a version one of the next.
UPGRADES = {
    1: """ALTER TABLE runs ADD COLUMN prompt_cost REAL;
ALTER TABLE runs ADD COLUMN completion_cost REAL;
ALTER TABLE runs ADD COLUMN total_cost REAL;
"""
    + _SECOND,
}
