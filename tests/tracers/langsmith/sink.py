"""A sink that keeps what tracers submit, and gives it merged as LangSmith does it; and an environment without LangSmith."""

from __future__ import annotations

import json
import os

from minichat.tracers.langsmith import revision


class Sink:
    """Takes runs as a sender does. Every run is written as JSON at once, so that what cannot be fails here."""

    def __init__(self):
        self.operations = []

    def submit(self, op, run):
        self.operations.append((op, run))

    @property
    def told(self):
        return [(op, json.loads(json.dumps(run.resolve()))) for op, run in self.operations]

    @property
    def runs(self):
        """The runs in the order in which they began."""
        merged = {}
        for op, run in self.told:
            assert op == ("patch" if run["id"] in merged else "post")
            merged.setdefault(run["id"], {}).update({name: value for name, value in run.items() if value is not None})
        return list(merged.values())

    @property
    def run(self):
        """The only run."""
        [run] = self.runs
        return run

    @property
    def tree(self):
        """The trees of names: [(name, [children])]."""
        runs = sorted(self.runs, key=lambda run: run["dotted_order"])
        nodes = {run["id"]: (run["name"], []) for run in runs}
        roots = []
        for run in runs:
            above = nodes.get(run.get("parent_run_id"))
            (roots if above is None else above[1]).append(nodes[run["id"]])
        return roots


def forget_langsmith(monkeypatch):
    """Take every variable of LangSmith out of the environment, and what the repository around says of a run."""
    monkeypatch.setattr(revision, "_known", {"": None})
    for name in list(os.environ):
        if name.startswith(("LANGSMITH_", "LANGCHAIN_", "HOSTED_LANGSERVE")):
            monkeypatch.delenv(name)
