"""Statistics of a query are what its runs show, added up; of random trees, with calls inside calls."""

from __future__ import annotations

import random

import pytest

from fakes.langsmith.derive import microseconds
from fakes.langsmith.projects import percentile
from fakes.langsmith.store import Op, Store

from .asking import a_run, ask, at

TOKENS = ("total_tokens", "prompt_tokens", "completion_tokens")
COSTS = ("total_cost", "prompt_cost", "completion_cost")


def random_runs(chance):
    runs = []
    for number in range(1, 60):
        above = chance.choice([None, *runs, *runs]) if runs else None
        start = 60 + number
        fields = {"run_type": chance.choice(["llm", "chain", "tool"])}
        if chance.random() < 0.7:
            fields["end_time"] = at(start + chance.random() * 100)
        if chance.random() < 0.2:
            fields["error"] = "x"
        if chance.random() < 0.5:
            names = ("input_tokens", "output_tokens", "total_tokens", "input_cost", "output_cost", "total_cost")
            said = {name: chance.randrange(1, 9) / (1 if "tokens" in name else 8) for name in names
                if chance.random() < 0.5}  # fmt: skip
            fields["extra"] = {"metadata": {"usage_metadata": said}}
        if chance.random() < 0.3:
            fields["events"] = [{"name": "new_token", "time": at(start + 0.5)}]
        runs.append(a_run(number, start, above=above, **fields))
    return runs


QUERIES = [{}, {"is_root": True}, {"is_root": False}, {"run_type": "llm"}, {"run_type": "chain"}, {"error": True},
    {"filter": "gt(latency, 30)"}, {"status": "pending"}, {"name": "nobody"}]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_the_numbers_of_a_query_are_those_of_its_runs(seed):
    chance = random.Random(seed)
    runs = random_runs(chance)
    store = Store()
    store.merge([Op("post", run) for run in runs])
    for query in QUERIES:
        found = store.runs(limit=1_000, **query)[0]
        said = store.tally(**query)
        took, waited = (sorted((microseconds(run[name]) - microseconds(run["start_time"])) / 1e6 for run in found
            if run[name]) for name in ("end_time", "first_token_time"))  # fmt: skip
        assert said["run_count"] == len(found)
        assert said["error_rate"] == (sum(run["status"] == "error" for run in found) / len(found) if found else None)
        for part, name in ((0.5, "p50"), (0.99, "p99")):
            assert said[f"latency_{name}"] == percentile(took, part)
            assert said[f"first_token_{name}"] == percentile(waited, part)
        assert said["last_run_start_time"] == max((run["start_time"] for run in found), default=None)
        for name in TOKENS:
            assert said[name] == sum(run[name] for run in found), (query, name)
        for name in COSTS:
            told = [run[name] for run in found if run[name] is not None]
            assert said[name] == (pytest.approx(sum(told)) if told else None), (query, name)
    store.close()


def test_a_project_counts_a_call_inside_a_call_once():
    def call(number, above):
        usage = {"input_tokens": 3, "output_tokens": 4, "total_cost": 0.25}
        return a_run(number, number, above=above, run_type="llm", extra={"metadata": {"usage_metadata": usage}})

    root = a_run(1)
    outer = call(2, root)
    runs = [root, outer, call(3, outer), call(4, root), a_run(5, 5, session_name="other")]
    store = Store()
    store.merge([Op("post", run) for run in runs])
    said = store.project_named("demo", stats=True)
    assert (said["total_tokens"], said["prompt_tokens"], said["completion_tokens"]) == (14, 6, 8)
    assert (said["total_cost"], said["prompt_cost"]) == (0.5, None)
    assert store.run(root["id"])["total_tokens"] == 14
    assert store.project_named("other", stats=True)["total_tokens"] == 0
    store.close()


def test_the_api_gives_them(server):
    runs = random_runs(random.Random(99))
    ask(server.url, "POST", "/runs/batch", {"post": runs})
    status, said = ask(server.url, "POST", "/runs/stats", {"is_root": True, "filter": "gt(latency, 1)"})
    assert status == 200 and said == server.store.tally(is_root=True, filter="gt(latency, 1)") and said["run_count"]
    assert ask(server.url, "POST", "/runs/stats", {"id": []})[1]["run_count"] == 0
    assert ask(server.url, "POST", "/runs/stats", {"limit": 3})[0] == 422
    assert ask(server.url, "POST", "/runs/stats", {"filter": "eq("})[0] == 400
