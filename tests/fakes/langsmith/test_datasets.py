"""Datasets, examples with their splits and attachments, and experiments with their results."""

from __future__ import annotations

import urllib.request

import pytest

from .asking import a_run, at, multipart, run_id, the_end

NOBODY = run_id(99)


@pytest.fixture
def dataset(call):
    return call("POST", "/datasets", {"name": "questions", "description": "d", "data_type": "kv",
        "transformations": None, "extra": {"metadata": {"team": "a"}, "source": "sdk"}})["id"]  # fmt: skip


def upload(call, dataset, rows, method="POST", status=201):
    return call(method, f"/v1/platform/datasets/{dataset}/examples", multipart(rows, lengths=False), status)


def rows_of(number, **fields):
    core = {
        "created_at": at(number),
        **{name: fields.pop(name) for name in list(fields) if name not in ("inputs", "outputs")},
    }
    return [(run_id(number), core), *((f"{run_id(number)}.{name}", value) for name, value in fields.items())]


def test_a_dataset_is_made_read_listed_changed_and_deleted(call, dataset):
    found = call("GET", f"/datasets/{dataset}")
    assert (found["name"], found["data_type"], found["example_count"], found["session_count"]) == (
        "questions",
        "kv",
        0,
        0,
    )
    assert found["metadata"] == {"team": "a"} and found["created_at"] and found["modified_at"]
    call("POST", "/datasets", {"name": "questions"}, 409)
    call("POST", "/datasets", {}, 422)
    other = call("POST", "/datasets", {"name": "other"})["id"]
    assert [one["id"] for one in call("GET", "/datasets?limit=1&name=questions")] == [dataset]
    assert [one["id"] for one in call("GET", "/datasets?name_contains=UEST")] == [dataset]
    assert [one["id"] for one in call("GET", f"/datasets?id={other}&id={dataset}")] == [other, dataset]
    assert [one["id"] for one in call("GET", '/datasets?metadata={"team":"a"}')] == [dataset]
    assert call("GET", "/datasets?name=nobody") == []
    assert call("PATCH", f"/datasets/{other}", {"description": "e"})["description"] == "e"
    call("PATCH", f"/datasets/{other}", {"name": "questions"}, 409)
    call("DELETE", f"/datasets/{other}")
    for method in ("GET", "DELETE"):
        call(method, f"/datasets/{other}", status=404)


def test_examples_are_uploaded_listed_and_changed(call, dataset):
    rows = rows_of(1, inputs={"x": 1}, outputs={"y": 2}) + rows_of(2, inputs={"x": 2}, metadata={"m": 1}, split="train")
    said = upload(call, dataset, rows)
    assert said["count"] == 2 and said["example_ids"] == [run_id(1), run_id(2)] and said["as_of"]
    listed = call("GET", f"/examples?dataset={dataset}&limit=100&offset=0&inline_s3_urls=True")
    assert [(one["inputs"], one["outputs"], one["metadata"]) for one in listed] == [
        ({"x": 2}, None, {"m": 1, "dataset_split": ["train"]}),
        ({"x": 1}, {"y": 2}, {"dataset_split": ["base"]}),
    ]
    assert call("GET", f"/datasets/{dataset}")["example_count"] == 2
    changed = upload(call, dataset, rows_of(1, outputs={"y": 3}, split=["a", "b"]), "PATCH")
    assert changed["example_ids"] == [run_id(1)]
    one = call("GET", f"/examples/{run_id(1)}")
    assert (one["inputs"], one["outputs"], one["metadata"]["dataset_split"]) == ({"x": 1}, {"y": 3}, ["a", "b"])
    assert one["created_at"] == at(1) and one["modified_at"] > one["created_at"]


LISTS = [("splits=train", [2]), ("splits=base", [1]), ("splits=base&splits=train", [2, 1]), ('metadata={"m":1}', [2]),
    (f"id={run_id(1)}", [1]), ("full_text_contains=Second", [2]), (f"as_of={at(1.5).replace('+', '%2B')}", []),
    ("as_of=2999-01-01T00:00:00Z", [2, 1]), ("as_of=latest", [2, 1]),
    ('filter=exists(metadata,"m")', [2]), ('filter=not(exists(metadata,"m"))', [1]),
    ("""filter=has(metadata,'{"m":1}')""", [2]), ('filter=and(eq(input_key,"x"),eq(input_value,"first"))', [1]),
    ("limit=1", [2]), ("limit=1&offset=1", [1]), ("offset=2", [])]  # fmt: skip


@pytest.mark.parametrize("query, numbers", LISTS)
def test_examples_are_listed_by(call, dataset, query, numbers):
    upload(
        call,
        dataset,
        rows_of(1, inputs={"x": "first"}) + rows_of(2, inputs={"x": "second"}, metadata={"m": 1}, split="train"),
    )
    assert [one["id"] for one in call("GET", f"/examples?dataset={dataset}&{query}")] == [run_id(n) for n in numbers]


@pytest.mark.parametrize("text", ['eq(run_type,"llm")', 'search("x")', 'eq(feedback_key,"x")', "exists(tags,1)", "eq("])
def test_a_filter_that_examples_have_not_is_told_in_words(call, dataset, text):
    assert "Invalid filter" in call("GET", f"/examples?dataset={dataset}&filter={text}", status=400)["detail"]


def test_examples_come_as_json_too(call, dataset):
    made = call("POST", "/examples", {"dataset_id": dataset, "id": run_id(1), "inputs": {"x": 1}, "split": "train"})
    assert made["metadata"] == {"dataset_split": ["train"]}
    several = call("POST", "/examples/bulk", [{"dataset_id": dataset, "inputs": {"x": n}} for n in (2, 3)])
    assert [one["inputs"] for one in several] == [{"x": 2}, {"x": 3}]
    assert call("PATCH", f"/examples/{run_id(1)}", {"outputs": {"y": 1}, "inputs": None})["inputs"] == {"x": 1}
    assert call("PATCH", "/examples/bulk", [{"id": run_id(1), "metadata": {"n": 1}}])["count"] == 1
    assert call("GET", f"/examples/{run_id(1)}")["metadata"] == {"n": 1, "dataset_split": ["train"]}
    call("DELETE", f"/examples/{run_id(1)}")
    call("GET", f"/examples/{run_id(1)}", status=404)
    call("DELETE", "/examples?" + "&".join(f"example_ids={one['id']}" for one in several))
    assert call("GET", f"/examples?dataset={dataset}") == []
    call("POST", "/examples", {"dataset_id": NOBODY, "inputs": {}}, 404)


def test_an_upload_that_cannot_be_done_whole_leaves_nothing(call, dataset):
    upload(call, NOBODY, rows_of(1, inputs={}), status=404)
    upload(call, dataset, rows_of(1, inputs={}) + [("x", {})], status=422)
    upload(call, dataset, rows_of(1, inputs={}) + [(run_id(2) + ".colour", {})], status=422)
    upload(call, dataset, rows_of(1, inputs={}) + rows_of(2, source_run_id=NOBODY, use_source_run_io=True), status=404)
    upload(call, dataset, rows_of(1, inputs={}), "PATCH", status=404)
    assert call("GET", f"/examples?dataset={dataset}") == []


def test_an_example_may_take_inputs_and_outputs_of_a_run(call, dataset):
    call("POST", "/runs/batch", {"post": [{**a_run(5), **the_end(a_run(5))}]}, 202)
    upload(call, dataset, rows_of(1, source_run_id=run_id(5), use_source_run_io=True))
    one = call("GET", f"/examples/{run_id(1)}")
    assert (one["inputs"], one["outputs"], one["source_run_id"]) == (
        {"question": "what is 5?"},
        {"answer": 42},
        run_id(5),
    )


def test_attachments_of_examples_are_kept_renamed_and_dropped(call, dataset, server):
    photo = (f"{run_id(1)}.attachment.photo", ("image/png", b"\r\n\x00--photo"))
    sound = (f"{run_id(1)}.attachment.sound", ("audio/wav", b"sound"))
    upload(call, dataset, [*rows_of(1, inputs={}), photo, sound])
    assert server.store.attachment(run_id(1), "photo")["data"] == b"\r\n\x00--photo"
    operations = (f"{run_id(1)}.attachments_operations", {"rename": {"photo": "picture"}, "retain": []})
    upload(call, dataset, [(run_id(1), {}), operations], "PATCH")
    assert [one["name"] for one in server.store.attachments(run_id(1))] == ["picture"]
    told = call("GET", f"/examples/{run_id(1)}")["attachment_urls"]["attachment.picture"]
    with urllib.request.urlopen(server.url + told["presigned_url"], timeout=10) as answer:
        assert (
            answer.read() == b"\r\n\x00--photo" and answer.headers["content-type"] == told["mime_type"] == "image/png"
        )
        assert "sandbox" in answer.headers["content-security-policy"]
    call("GET", f"/attachments/{run_id(1)}?name=photo", status=404)


def test_a_list_may_leave_fields_away(call, dataset):
    upload(call, dataset, rows_of(1, inputs={"x": 1}, outputs={"y": 2}))
    (one,) = call("GET", f"/examples?dataset={dataset}&exclude_default_fields=True&select=metadata")
    assert set(one) == {"id", "dataset_id", "inputs", "created_at", "metadata"}
    assert call("GET", f"/examples?dataset={dataset}&select=metadata")[0]["outputs"] == {"y": 2}


def test_examples_are_deleted_for_good(call, dataset):
    upload(call, dataset, rows_of(1, inputs={}) + rows_of(2, inputs={}))
    call("POST", "/v1/platform/datasets/examples/delete", {"example_ids": [run_id(1)], "hard_delete": True})
    assert [one["id"] for one in call("GET", f"/examples?dataset={dataset}")] == [run_id(2)]


def test_splits_are_named_given_and_taken(call, dataset):
    upload(call, dataset, rows_of(1, inputs={}) + rows_of(2, inputs={}, split="train"))
    assert call("GET", f"/datasets/{dataset}/splits") == ["base", "train"]
    assert call("PUT", f"/datasets/{dataset}/splits", {"split_name": "z", "examples": [run_id(1)]}) == [run_id(1)]
    assert call("GET", f"/examples/{run_id(1)}")["metadata"]["dataset_split"] == ["base", "z"]
    call("PUT", f"/datasets/{dataset}/splits", {"split_name": "z", "examples": [run_id(1)], "remove": True})
    assert call("GET", f"/datasets/{dataset}/splits") == ["base", "train"]


def test_an_experiment_has_its_runs_by_example_and_its_scores(call, dataset):
    upload(call, dataset, rows_of(1, inputs={"x": 1}) + rows_of(2, inputs={"x": 2}))
    project = call("POST", "/sessions", {"name": "exp-1", "reference_dataset_id": dataset, "num_examples": 2,
        "num_repetitions": 1, "evaluator_keys": ["right"]})["id"]  # fmt: skip
    runs = [
        {**a_run(n + 10, n, session_name="exp-1", reference_example_id=run_id(n)), "end_time": at(n + 1)}
        for n in (1, 2)
    ]
    call("POST", "/runs/batch", {"post": [*runs, a_run(20, 9, above=runs[0], session_name="exp-1")]}, 202)
    for run, score in zip(runs, (1, 0)):
        call("POST", "/feedback", {"run_id": run["id"], "key": "right", "score": score})
    call("POST", "/feedback", {"session_id": project, "key": "all", "score": 0.5})
    (listed,) = call("GET", f"/sessions?reference_dataset={dataset}&include_stats=True")
    assert listed["run_count"] == 2 and listed["feedback_stats"]["right"] == {
        "n": 2, "avg": 0.5, "values": {}, "comments": []}  # fmt: skip
    assert listed["session_feedback_stats"]["all"]["avg"] == 0.5 and listed["evaluator_keys"] == ["right"]
    body = {
        "session_ids": [project],
        "offset": 0,
        "limit": 10,
        "preview": False,
        "comparative_experiment_id": None,
        "filters": None,
    }
    rows = call("POST", f"/datasets/{dataset}/runs", body)
    assert [(row["inputs"], [run["id"] for run in row["runs"]]) for row in rows] == [
        ({"x": 2}, [runs[1]["id"]]), ({"x": 1}, [runs[0]["id"]])]  # fmt: skip
    assert rows[1]["runs"][0]["feedback_stats"]["right"]["avg"] == 1.0
    assert call("GET", f"/datasets/{dataset}")["session_count"] == 1
    for filters, left in (({project: ["gt(latency, 0)"]}, [2, 1]), ({project: ['eq(feedback_score, 1)']}, [1]),
            ({project: ["gt(latency, 0)", 'eq(name, "run 12")']}, [2]), ({NOBODY: []}, [])):  # fmt: skip
        rows = call("POST", f"/datasets/{dataset}/runs", {**body, "filters": filters})
        assert [row["inputs"]["x"] for row in rows] == left
    call("POST", f"/datasets/{dataset}/runs", {**body, "filters": {"a": []}}, 422)
    call("POST", f"/datasets/{dataset}/runs", {**body, "filters": {project: ["eq("]}}, 400)
    call("POST", f"/datasets/{dataset}/runs", {**body, "comparative_experiment_id": NOBODY}, 404)
    second = {"experiment_ids": [project], "page_size": 1, "selects": ["ID", "STATUS"]}
    page = call("POST", f"/api/v2/datasets/{dataset}/experiment-runs", second)
    assert [(row["inputs"], row["runs"]) for row in page["items"]] == [
        ({"x": 2}, [{"id": runs[1]["id"], "status": "SUCCESS"}])]  # fmt: skip
    second["cursor"] = page["next_cursor"]
    page = call("POST", f"/api/v2/datasets/{dataset}/experiment-runs", second)
    assert [row["inputs"] for row in page["items"]] == [{"x": 1}] and page["next_cursor"] is None
    second = {"experiment_ids": [project], "example_ids": [run_id(1)]}
    page = call("POST", f"/api/v2/datasets/{dataset}/experiment-runs", second)
    assert [(row["inputs"], row["runs"]) for row in page["items"]] == [({"x": 1}, [{"id": runs[0]["id"]}])]
    call("POST", f"/api/v2/datasets/{dataset}/experiment-runs", {"sort": {"by": "x"}}, 422)
    call("POST", "/sessions", {"name": "exp-2", "reference_dataset_id": NOBODY}, 404)
    call("DELETE", f"/datasets/{dataset}")
    assert call("GET", "/sessions?name=exp-1") == []
