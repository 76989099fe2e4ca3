"""Versions of datasets: as of a moment or a tag, what changed between two, experiments on what is deleted by now."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from .asking import a_run, at, multipart, run_id

NOBODY = run_id(99)


@pytest.fixture
def dataset(call):
    return call("POST", "/datasets", {"name": "questions"})["id"]


@pytest.fixture
def moments(call, dataset):
    """Five versions: 1 and 2 made; 1 changed; 2 deleted; 3 made with 1 changed again; 1 moved to a split."""
    upload(call, dataset, {1: "one", 2: "two"})
    call("PATCH", f"/examples/{run_id(1)}", {"inputs": {"x": "uno"}})
    call("DELETE", f"/examples/{run_id(2)}")
    upload(call, dataset, {1: "eins", 3: "three"})
    call("PUT", f"/datasets/{dataset}/splits", {"split_name": "train", "examples": [run_id(1)]})
    listed = [one["as_of"] for one in call("GET", f"/datasets/{dataset}/versions?limit=100&offset=0")]
    assert listed == sorted(listed, reverse=True) and len(listed) == 5
    return listed[::-1]


def upload(call, dataset, inputs):
    rows = []
    for number, text in inputs.items():
        rows += [(run_id(number), {}), (f"{run_id(number)}.inputs", {"x": text})]
    call("POST", f"/v1/platform/datasets/{dataset}/examples", multipart(rows, lengths=False), 201)


def inputs(call, dataset, as_of):
    found = call("GET", f"/examples?dataset={dataset}&as_of={quote(as_of)}")
    return {int(one["id"][-2:], 16): one["inputs"]["x"] for one in found}


WAS = [{1: "one", 2: "two"}, {1: "uno", 2: "two"}, {1: "uno"}, {1: "eins", 3: "three"}, {1: "eins", 3: "three"}]


def test_a_dataset_is_listed_as_it_was_at_each_moment(call, dataset, moments):
    assert [inputs(call, dataset, moment) for moment in moments] == WAS
    assert inputs(call, dataset, at(1)) == {}
    between = moments[1][:-6] + "9+00:00"  # a digit more than the version has: later in the same microsecond
    assert inputs(call, dataset, between) == WAS[1]
    assert inputs(call, dataset, "latest") == WAS[-1]
    was = call("GET", f"/examples/{run_id(2)}?as_of={quote(moments[1])}")
    assert was["inputs"] == {"x": "two"} and was["modified_at"] == moments[0]
    call("GET", f"/examples/{run_id(2)}", status=404)
    call("GET", f"/examples/{run_id(3)}?as_of={quote(moments[1])}", status=404)
    assert call("GET", f"/datasets/{dataset}/splits?as_of={quote(moments[3])}") == ["base"]
    assert call("GET", f"/datasets/{dataset}/splits") == ["base", "train"]


def test_versions_have_tags_that_may_be_moved(call, dataset, moments):
    path = f"/datasets/{dataset}"
    assert call("GET", f"{path}/version?tag=latest") == {"as_of": moments[4], "tags": ["latest"]}
    assert call("PUT", f"{path}/tags", {"as_of": moments[1], "tag": "prod"}) == {"as_of": moments[1], "tags": ["prod"]}
    assert inputs(call, dataset, "prod") == WAS[1]
    later = "2999-01-01T00:00:00Z"
    assert call("PUT", f"{path}/tags", {"as_of": later, "tag": "prod"})["tags"] == ["latest", "prod"]
    assert inputs(call, dataset, "prod") == WAS[4]
    assert [one["as_of"] for one in call("GET", f"{path}/versions?search=PRO")] == [moments[4]]
    assert [one["as_of"] for one in call("GET", f"{path}/versions?limit=2&offset=1")] == moments[2:4][::-1]
    assert call("GET", f"{path}/version?as_of={quote(moments[2])}") == {"as_of": moments[2], "tags": None}
    for body, status in (({"as_of": moments[0], "tag": "latest"}, 422), ({"as_of": moments[0], "tag": ""}, 422),
            ({"as_of": moments[0]}, 422), ({"tag": "x"}, 422), ({"as_of": at(1), "tag": "x"}, 404)):  # fmt: skip
        call("PUT", f"{path}/tags", body, status)
    for query, status in (("tag=nobody", 404), ("", 422), (f"as_of={quote(at(1))}", 404), ("tag=a&as_of=b", 422)):
        call("GET", f"{path}/version?{query}", status=status)
    call("GET", f"/examples?dataset={dataset}&as_of=nobody", status=404)
    call("GET", "/examples?as_of=nobody", status=422)
    call("GET", f"/datasets/{NOBODY}/versions", status=404)


@pytest.mark.parametrize("before, after, told", [
    (0, 1, ([1], [], [])), (1, 2, ([], [], [2])), (0, 4, ([1], [3], [2])), (4, 0, ([1], [2], [3])),
    (3, 4, ([1], [], [])), (2, 2, ([], [], [])),
])  # fmt: skip
def test_two_versions_differ_by(call, dataset, moments, before, after, told):
    query = f"from_version={quote(moments[before])}&to_version={quote(moments[after])}"
    said = call("GET", f"/datasets/{dataset}/versions/diff?{query}")
    names = ("examples_modified", "examples_added", "examples_removed")
    assert said == {name: [run_id(number) for number in numbers] for name, numbers in zip(names, told)}
    call("GET", f"/datasets/{dataset}/versions/diff?from_version=latest", status=422)


def test_results_of_an_experiment_show_the_examples_it_ran_on(call, dataset, moments):
    experiment = call("POST", "/sessions", {"name": "exp", "reference_dataset_id": dataset,
        "extra": {"metadata": {"dataset_version": moments[1]}}})["id"]  # fmt: skip
    runs = [a_run(10 + n, n, session_name="exp", reference_example_id=run_id(n)) for n in (1, 2)]
    call("POST", "/runs/batch", {"post": runs}, 202)
    rows = call("POST", f"/datasets/{dataset}/runs", {"session_ids": [experiment]})
    assert {row["inputs"]["x"]: [run["name"] for run in row["runs"]] for row in rows} == {
        "uno": ["run 11"], "two": ["run 12"]}  # fmt: skip


def test_what_is_deleted_for_good_or_with_its_dataset_is_in_no_version(call, dataset, moments):
    call("POST", "/v1/platform/datasets/examples/delete", {"example_ids": [run_id(1)], "hard_delete": True})
    assert inputs(call, dataset, moments[1]) == {2: "two"}
    call("DELETE", f"/datasets/{dataset}")
    call("GET", f"/examples/{run_id(2)}?as_of={quote(moments[0])}", status=404)


def test_examples_of_one_request_are_one_version(call, dataset):
    upload(call, dataset, {number: str(number) for number in range(1, 40)})
    assert len(call("GET", f"/datasets/{dataset}/versions")) == 1
    call("DELETE", "/examples?" + "&".join(f"example_ids={run_id(number)}" for number in range(1, 5)))
    assert len(call("GET", f"/datasets/{dataset}/versions")) == 2
