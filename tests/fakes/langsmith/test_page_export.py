"""The JSONL exports: whole, of any size, and sent while they are read."""

from __future__ import annotations

import json
import urllib.request

import pytest

from .asking import a_run, ask, at, run_id

MANY = 1_200


@pytest.fixture
def full(server):
    runs = [a_run(number, number / 10, inputs={"q": "x" * 1_000}) for number in range(1, MANY + 1)]
    kids = [a_run(5_000 + number, 200, above=runs[0]) for number in range(3)]
    assert ask(server.url, "POST", "/runs/batch", {"post": runs + kids})[0] == 202
    return server


def lines(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        assert "attachment" in answer.headers["content-disposition"]
        return [json.loads(line) for line in answer]


def test_a_project_is_exported_whole(full, monkeypatch):
    from fakes.langsmith import runs

    monkeypatch.setattr(runs, "_IDS_AT_ONCE", 100)
    here = f"{full.url}/projects/p/{full.store.project_named('demo')['id']}.jsonl"
    found = lines(here)
    assert [one["id"] for one in found] == [run_id(number) for number in range(MANY, 0, -1)]
    assert found[-1] == ask(full.url, "GET", f"/runs/{run_id(1)}")[1]
    assert len(lines(here + "?all=1")) == MANY + 3
    assert [one["name"] for one in lines(here + "?name=run+1200")] == ["run 1200"]
    assert len(lines(f"{here[:-6]}/r/{run_id(1)}.jsonl")) == 4


def test_a_filter_that_is_none_is_told_before_the_first_line(full):
    here = f"/projects/p/{full.store.project_named('demo')['id']}.jsonl?filter=eq("
    with pytest.raises(urllib.error.HTTPError, match="422"):
        urllib.request.urlopen(full.url + here, timeout=20)


def test_a_dataset_is_exported_whole(full):
    dataset = full.store.create_dataset({"name": "d"})["id"]
    full.store.add_examples(dataset, [{"inputs": {"x": n}, "created_at": at(n)} for n in range(150)])
    found = lines(f"{full.url}/data/{dataset}.jsonl")
    assert [one["inputs"]["x"] for one in found] == list(range(149, -1, -1))
