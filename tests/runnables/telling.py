"""A handler that writes down the events of every run, and the rule each run must keep."""

from __future__ import annotations

__all__ = ["Told", "short"]


class Told:
    """`events`: (event, name of the run, kwargs) in order, whatever the kind of run."""

    def __init__(self):
        self.events = []
        self.names = {}
        self.parents = {}
        self.ends = {}

    def __getattr__(self, name):
        if not name.startswith("on_"):
            raise AttributeError(name)
        kind, _, event = name[3:].rpartition("_")

        def note(*args, run_id, parent_run_id=None, **kwargs):
            if event == "start":
                assert run_id not in self.names, "a run started twice"
                assert parent_run_id is None or parent_run_id in self.names, "a run began before its parent"
                self.names[run_id] = kwargs["name"]
                self.parents[run_id] = parent_run_id
            elif event in ("end", "error"):
                self.ends.setdefault(run_id, []).append((event, args[0]))
            else:
                assert run_id not in self.ends, "a run that has ended told something"
            self.events.append((event, self.names[run_id], args, kwargs))

        return note

    def order(self):
        """The starts, ends and errors, as texts."""
        return [f"{event} {name}" for event, name, _, _ in self.events if event in ("start", "end", "error")]

    def outcomes(self):
        """name -> "end" or the class of the error; every run must have exactly one."""
        assert set(self.ends) == set(self.names), "a run did not end"
        assert all(len(ends) == 1 for ends in self.ends.values()), "a run ended twice"
        return {
            self.names[run]: event if event == "end" else type(what).__name__
            for run, [(event, what)] in self.ends.items()
        }


def short(events):
    return [" ".join(map(str, event)) for event in events]
