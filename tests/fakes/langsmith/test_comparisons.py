"""Comparative experiments, datasets from CSV files, and chat examples for fine-tuning."""

from __future__ import annotations

import json

import pytest

from .asking import BOUNDARY, a_run, multipart, run_id

NOBODY = run_id(99)


@pytest.fixture
def experiments(call):
    dataset = call("POST", "/datasets", {"name": "questions"})["id"]
    return dataset, [call("POST", "/sessions", {"name": name, "reference_dataset_id": dataset})["id"] for name in "ab"]


def test_experiments_are_compared_and_the_feedback_of_it_is_counted(call, experiments):
    dataset, pair = experiments
    body = {"id": run_id(50), "name": "a or b", "experiment_ids": pair, "reference_dataset_id": dataset,
        "description": None, "created_at": "2026-11-23T04:25:25Z", "extra": {"metadata": {"n": 1}}}  # fmt: skip
    made = call("POST", "/datasets/comparative", body)
    assert (made["id"], made["name"], made["extra"]) == (run_id(50), "a or b", {"metadata": {"n": 1}})
    assert made["created_at"].startswith("2026-11-23T04:25:25") and made["modified_at"] and made["tenant_id"]
    assert [one["name"] for one in made["experiments_info"]] == ["a", "b"] and made["feedback_stats"] == {}
    call("POST", "/runs/batch", {"post": [a_run(1, session_name="a"), a_run(2, session_name="b")]}, 202)
    for number, score in ((1, 1), (2, 0)):
        call("POST", "/feedback", {"run_id": run_id(number), "key": "better", "score": score,
            "comparative_experiment_id": run_id(50), "feedback_group_id": run_id(51)})  # fmt: skip
    (listed,) = call("GET", f"/datasets/{dataset}/comparative")
    assert listed["feedback_stats"]["better"] == {"n": 2, "avg": 0.5, "values": {}, "comments": []}
    (one,) = call("GET", f"/feedback?run={run_id(1)}")
    assert (one["comparative_experiment_id"], one["feedback_group_id"]) == (run_id(50), run_id(51))
    rows = {"session_ids": pair, "comparative_experiment_id": run_id(50)}
    assert call("POST", f"/datasets/{dataset}/runs", rows) == []
    call("POST", "/datasets/comparative", body, 409)
    call("DELETE", f"/datasets/comparative/{run_id(50)}")
    call("DELETE", f"/datasets/comparative/{run_id(50)}", status=404)
    assert call("GET", f"/feedback?run={run_id(1)}") == [] and call("GET", f"/datasets/{dataset}/comparative") == []


@pytest.mark.parametrize("path, change, told", [
    ("runs", {"example_id": []}, "'example_id' is no field"), ("runs", {"session_ids": []}, "at least one"),
    ("runs", {"session_ids": None}, "at least one"), ("runs", {"sort_params": {"sort_by": "x"}}, "order of the examples"),
    ("runs", {"include_annotator_detail": True}, "annotators"), ("runs?format=csv", {}, "'format' is no parameter"),
    ("experiment-runs", {"session_ids": []}, "'session_ids' is no field"), ("experiment-runs", {"sort": {}}, None),
    ("experiment-runs", {"experiment_ids": []}, "at least one"), ("experiment-runs", {"limit": 1}, "no field"),
    ("runs", {"sort_params": None, "include_annotator_detail": False, "limit": None, "example_ids": None}, None),
])  # fmt: skip
def test_a_question_about_results_has_no_other_words(call, experiments, path, change, told):
    dataset, pair = experiments
    asked = {"session_ids" if path.startswith("runs") else "experiment_ids": pair, **change}
    said = call("POST", f"/datasets/{dataset}/{path}", asked, 200 if told is None else 422)
    assert told is None or told in said["detail"]


def test_results_are_of_the_examples_that_are_asked_for(call, experiments):
    dataset, pair = experiments
    call("POST", "/examples/bulk", [{"id": run_id(n), "dataset_id": dataset, "inputs": {"n": n}} for n in range(60, 64)])
    asked = {"session_ids": pair, "example_ids": [run_id(61), run_id(63)]}
    assert {row["id"] for row in call("POST", f"/datasets/{dataset}/runs", asked)} == {run_id(61), run_id(63)}


@pytest.mark.parametrize("change, status", [
    ({"experiment_ids": []}, 422), ({"experiment_ids": None}, 422), ({"experiment_ids": ["x"]}, 422),
    ({"experiment_ids": [NOBODY]}, 404), ({"reference_dataset_id": NOBODY}, 422), ({"created_at": "soon"}, 422),
    ({"name": 1}, 422), ({"id": "x"}, 422),
])  # fmt: skip
def test_a_comparison_that_cannot_be_is_told_in_words(call, experiments, change, status):
    dataset, pair = experiments
    body = {"experiment_ids": pair, "reference_dataset_id": dataset, **change}
    assert call("POST", "/datasets/comparative", body, status)["detail"]
    assert call("GET", f"/datasets/{dataset}/comparative") == []


def test_experiments_of_two_datasets_or_of_none_are_not_compared(call, experiments):
    dataset, pair = experiments
    other = call("POST", "/datasets", {"name": "other"})["id"]
    for body in ({"name": "c", "reference_dataset_id": other}, {"name": "d"}):
        third = call("POST", "/sessions", body)["id"]
        refused = call("POST", "/datasets/comparative", {"experiment_ids": [pair[0], third]}, 422)
        assert "all of one dataset" in refused["detail"]
    assert call("GET", f"/datasets/{dataset}/comparative") == []


CSV = '\ufeffquestion,answer,who\r\n"What, now?",42,ann\r\n"two\r\nlines",é,\r\n\r\n'.encode()


def form(file=CSV, **fields):
    """Give an upload as the SDK's requests sends it: fields without a type, the file with one, no lengths."""
    parts = []
    for name, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    if file is not None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n'
        parts.append(f"{head}Content-Type: text/csv\r\n\r\n".encode() + file + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def test_a_csv_file_becomes_a_dataset(call):
    body = form(input_keys=["question", "who"], output_keys=["answer"], name="mine", description="d", data_type="kv",
        id=run_id(7))  # fmt: skip
    made = call("POST", "/datasets/upload", body)
    assert (made["id"], made["name"], made["description"], made["example_count"]) == (run_id(7), "mine", "d", 2)
    found = call("GET", f"/examples?dataset={run_id(7)}")
    assert [(one["inputs"], one["outputs"]) for one in found[::-1]] == [
        ({"question": "What, now?", "who": "ann"}, {"answer": "42"}),
        ({"question": "two\r\nlines", "who": ""}, {"answer": "é"}),
    ]
    call("POST", "/datasets/upload", form(input_keys=["question"], name="mine"), 409)
    assert call("POST", "/datasets/upload", form(input_keys=["question"]))["name"] == "x.csv"
    assert call("GET", f"/examples?dataset={run_id(7)}")[0]["outputs"] is not None


@pytest.mark.parametrize("body, told", [
    (form(name="x"), "input_keys"), (form(None, input_keys="question"), "a file"), (b"x", "boundary"),
    (form(input_keys="colour", name="x"), "no column 'colour'"), (form(b"", input_keys="a", name="x"), "no column"),
    (form(b"a,b\r\n1\r\n", input_keys="a", name="x"), "row 2"), (form(b'a\r\n"', input_keys="a", name="x"), "no CSV"),
    (form(b"\xff\xfe", input_keys="a", name="x"), "no CSV in UTF-8"),
    (form(b"a\r\n\x001\r\n", input_keys="b", name="x"), "CSV"),
])  # fmt: skip
def test_a_file_that_is_no_csv_is_told_in_words(call, body, told):
    assert told in call("POST", "/datasets/upload", body, 422)["detail"]
    assert call("GET", "/datasets") == []


def test_chat_examples_are_given_as_fine_tuning_reads_them(server, call):
    dataset = call("POST", "/datasets", {"name": "chat", "data_type": "chat"})["id"]
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    call("POST", "/examples/bulk", [
        {"dataset_id": dataset, "inputs": {"input": [{"type": "system", "data": {"content": "Be kind."}},
            {"type": "human", "data": {"content": "hé"}}]}, "outputs": {"output": {"type": "ai", "data": {
            "content": "ho", "additional_kwargs": {"tool_calls": calls}}}}},
        {"dataset_id": dataset, "inputs": {"messages": [{"role": "user", "content": "x"}]}, "outputs": None},
    ])  # fmt: skip
    import urllib.request

    with urllib.request.urlopen(f"{server.url}/datasets/{dataset}/openai_ft", timeout=10) as answer:
        lines = [json.loads(line) for line in answer.read().decode().splitlines()]
    assert lines == [
        {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hé"},
            {"role": "assistant", "content": "ho", "tool_calls": calls}]},
        {"messages": [{"role": "user", "content": "x"}]},
    ]  # fmt: skip
    call("POST", "/examples", {"dataset_id": dataset, "inputs": {"x": 1}})
    assert "no messages" in call("GET", f"/datasets/{dataset}/openai_ft", status=422)["detail"]


def test_examples_are_added_or_replaced_that_name_their_dataset(call, experiments):
    dataset, _ = experiments
    rows = [(run_id(1), {"dataset_id": dataset}), (f"{run_id(1)}.inputs", {"x": 1}),
        (f"{run_id(1)}.attachment.a", ("text/plain", b"b"))]  # fmt: skip
    assert call("POST", "/v1/platform/examples/multipart", multipart(rows, lengths=False), 201)["count"] == 1
    rows[1] = (f"{run_id(1)}.inputs", {"x": 2})
    call("POST", "/v1/platform/examples/multipart", multipart(rows, lengths=False), 201)
    (one,) = call("GET", f"/examples?dataset={dataset}")
    assert one["inputs"] == {"x": 2} and set(one["attachment_urls"]) == {"attachment.a"}
    rows[0] = (run_id(1), {})
    call("POST", "/v1/platform/examples/multipart", multipart(rows, lengths=False), 422)


def test_examples_take_attachments_of_their_run(call, experiments, server):
    dataset, _ = experiments
    call("POST", "/runs/batch", {"post": [a_run(1)]}, 202)
    server.store.attach(run_id(1), "photo", "image/png", b"x")
    body = {"dataset_id": dataset, "id": run_id(2), "source_run_id": run_id(1), "use_source_run_attachments": ["photo"]}
    assert set(call("POST", "/examples", body)["attachment_urls"]) == {"attachment.photo"}
    call("POST", "/examples", {**body, "id": run_id(3), "use_source_run_attachments": ["sound"]}, 404)
    call("POST", "/examples", {**body, "id": run_id(3), "use_source_run_attachments": "photo"}, 422)
    call("GET", f"/examples/{run_id(3)}", status=404)
