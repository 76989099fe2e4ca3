"""Odd values everywhere: each field of each body and each parameter, one at a time. Never a 500, and all is readable.

A refusal has words and stores nothing; what was taken can be read, listed, filtered and counted again.
"""

from __future__ import annotations

import json
import random
from urllib.parse import quote

import pytest

from fakes.langsmith import api
from fakes.langsmith.store import Op, Store
from fakes.serving.http11 import Request

from .asking import BOUNDARY, a_run, at, multipart, parts_of, run_id, the_end, usage

DEEP = json.loads("[" * 450 + "]" * 450)
ODD = [
    None, True, 0, -1, 1.5, float("nan"), float("inf"), 2**63, 10**30, "", "x", "\0", "\ud83d", "x" * 5_000, [], {},
    [None], ["x"], {"": None}, [{}], DEEP, {"a": DEEP}, run_id(1), run_id(77), "2026-11-23T04:25:25Z",
    "9999-12-31T23:59:59-23:59", "2026-02-30", "eq(", "latest", "%", "'); DROP TABLE runs; --", "[" * 1_000, "٣",
]  # fmt: skip
ROOT = a_run(1, end_time=at(2), tags=["t"], extra=usage(1, 2), events=[{"name": "new_token", "time": at(1)}],
    error="x", serialized={"a": 1}, reference_example_id=run_id(60))  # fmt: skip
DATASET, EXAMPLE, PROJECT, FEEDBACK, TOKEN, COMPARISON = (run_id(number) for number in (50, 60, 70, 80, 90, 95))
EMPTY = ("runs", "projects", "feedback", "datasets", "examples", "attachments", "shares", "example_history",
    "dataset_tags", "dataset_shares", "comparisons", "feedback_tokens")  # fmt: skip

BODIES = {
    "POST runs": ROOT,
    f"PATCH runs/{run_id(1)}": ROOT,
    "POST runs/batch": {"post": [ROOT], "patch": [the_end(ROOT)]},
    "POST runs/query": {"session": [PROJECT], "id": [run_id(1)], "trace": run_id(1), "parent_run": run_id(1),
        "run_type": "llm", "is_root": True, "error": True, "query": "x", "filter": 'eq(run_type, "llm")',
        "trace_filter": 'has(tags, "t")', "tree_filter": "gt(latency, 1)", "start_time": at(0), "end_time": at(9),
        "select": ["id", "total_cost", "s3_urls"], "limit": 3, "cursor": None, "order": "asc",
        "reference_example": [EXAMPLE]},
    "POST runs/stats": {"session": [PROJECT], "filter": 'eq(run_type, "llm")', "is_root": True},
    "POST api/v2/runs/query": {"project_ids": [PROJECT], "is_root": True, "selects": ["ID", "METADATA"],
        "cursor": None, "limit": 3, "order": "asc", "min_start_time": at(0)},
    "POST sessions": {"name": "q", "id": run_id(71), "extra": {"metadata": {"a": 1}}, "description": "d",
        "reference_dataset_id": DATASET, "num_examples": 1, "num_repetitions": 1, "evaluator_keys": ["a"],
        "start_time": at(0), "end_time": at(1)},
    f"PATCH sessions/{PROJECT}": {"name": "q", "extra": {"metadata": {"dataset_version": at(1)}}, "description": "d",
        "end_time": at(0), "num_examples": 3, "evaluator_keys": ["a"]},
    "POST feedback": {"id": run_id(81), "run_id": run_id(1), "trace_id": run_id(1), "session_id": PROJECT, "key": "k",
        "score": 1, "value": {"a": 1}, "comment": "c", "correction": {"a": 1}, "feedback_source": {"type": "api"},
        "created_at": at(0), "modified_at": at(0), "start_time": at(0), "feedback_config": {"type": "continuous"},
        "extra": {"a": 1}, "error": False, "comparative_experiment_id": COMPARISON, "feedback_group_id": run_id(5)},
    f"PATCH feedback/{FEEDBACK}": {"key": "k", "score": 1, "value": "x", "comment": "c", "correction": {"a": 1},
        "extra": {}, "feedback_source": {"type": "api"}},
    "POST feedback/tokens": {"run_id": run_id(1), "feedback_key": "k", "expires_in": {"days": 1, "hours": 1},
        "feedback_config": {"type": "continuous"}, "id": run_id(6)},
    f"POST feedback/tokens/{TOKEN}": {"score": 1, "value": "x", "comment": "c", "correction": {}, "metadata": {}},
    "POST datasets": {"name": "z", "id": run_id(51), "data_type": "kv", "description": "d", "extra": {"metadata": {}},
        "inputs_schema_definition": {"a": 1}, "transformations": []},
    f"PATCH datasets/{DATASET}": {"name": "z", "description": "d", "metadata": {"a": 1}, "transformations": []},
    f"POST datasets/{DATASET}/runs": {"session_ids": [PROJECT], "limit": 3, "offset": 0, "preview": True,
        "comparative_experiment_id": COMPARISON, "filters": {PROJECT: ['eq(run_type, "llm")']}},
    f"POST api/v2/datasets/{DATASET}/experiment-runs": {"experiment_ids": [PROJECT], "example_ids": [EXAMPLE],
        "cursor": "0", "page_size": 3, "selects": ["ID"], "filters": {PROJECT: ["gt(latency, 1)"]}},
    f"POST api/v2/public/{TOKEN}/runs/query": {"selects": ["ID", "METADATA"]},
    f"PUT datasets/{DATASET}/splits": {"split_name": "x", "examples": [EXAMPLE], "remove": False},
    f"PUT datasets/{DATASET}/tags": {"as_of": "2999-01-01T00:00:00Z", "tag": "x"},
    f"PUT datasets/{DATASET}/share": {"share_token": TOKEN},
    f"PUT runs/{run_id(1)}/share": {"share_token": TOKEN},
    "POST datasets/comparative": {"id": run_id(96), "name": "n", "experiment_ids": [PROJECT],
        "reference_dataset_id": DATASET, "description": "x", "created_at": at(0), "extra": {"metadata": {}}},
    "POST datasets/examples/delete": {"example_ids": [EXAMPLE]},
    "POST examples": {"id": run_id(62), "dataset_id": DATASET, "inputs": {"x": 1}, "outputs": {"y": 1},
        "metadata": {"dataset_split": ["a"]}, "split": ["a"], "source_run_id": run_id(1), "use_source_run_io": True,
        "use_source_run_attachments": ["a"], "created_at": at(0)},
    f"PATCH examples/{EXAMPLE}": {"inputs": {"x": 1}, "outputs": {"y": 1}, "metadata": {"a": 1}, "split": ["a"],
        "dataset_id": DATASET},
    "POST examples/bulk": [{"id": run_id(62), "dataset_id": DATASET, "inputs": {"x": 1}}],
    "PATCH examples/bulk": [{"id": EXAMPLE, "inputs": {"x": 1}, "metadata": {"a": 1}}],
    f"POST public/{TOKEN}/runs/query": {"id": [run_id(1)], "limit": 3, "select": ["id"], "trace": run_id(1)},
}  # fmt: skip

QUERIES = {
    "sessions": {"name": "p", "name_contains": "p", "reference_dataset": DATASET, "include_stats": "True",
        "limit": "3", "offset": "0", "id": PROJECT, "reference_free": "False", "metadata": '{"a":1}',
        "dataset_version": at(1)},
    "feedback": {"run": run_id(1), "key": "k", "source": "api", "session": PROJECT, "limit": "3", "offset": "0"},
    "feedback/tokens": {"run_id": run_id(1), "limit": "3"},
    f"feedback/tokens/{TOKEN}": {"score": "1", "value": "x", "correction": "{}"},
    "datasets": {"limit": "3", "offset": "0", "name": "d", "name_contains": "d", "id": DATASET, "metadata": '{"a":1}'},
    "examples": {"dataset": DATASET, "limit": "3", "id": EXAMPLE, "splits": "base", "metadata": '{"a":1}',
        "full_text_contains": "x", "as_of": at(1), "select": "inputs", "filter": 'eq(input_key,"x")',
        "exclude_default_fields": "True"},
    f"examples/{EXAMPLE}": {"as_of": at(1)},
    f"attachments/{EXAMPLE}": {"name": "b", "until": "1", "signature": "x"},
    f"datasets/{DATASET}/splits": {"as_of": at(1)},
    f"datasets/{DATASET}/versions": {"search": "x", "limit": "3", "offset": "1"},
    f"datasets/{DATASET}/version": {"as_of": "2999-01-01T00:00:00Z"},
    f"datasets/{DATASET}/versions/diff": {"from_version": at(0), "to_version": "latest"},
    f"public/{TOKEN}/examples": {"id": EXAMPLE, "as_of": at(1), "limit": "3"},
    f"public/{TOKEN}/datasets/sessions": {"id": PROJECT, "name": "p", "limit": "3"},
    f"api/v2/runs/{run_id(1)}": {"selects": "METADATA", "project_id": PROJECT},
}  # fmt: skip

FILTERS = ['eq(thread_id, "x")', """has(metadata, '{"a": 1}')""", 'and(eq(metadata_key, "a"), eq(metadata_value, 1))',
    'has(tags, "t")', 'eq(feedback_value, "v")', 'eq(feedback_source, "api")', 'exists(inputs, "x")', 'search("x")',
    "gt(total_cost, 0)", "gt(total_tokens, 1)", 'eq(output_key, "x")', 'like(name, "%x%")']  # fmt: skip


@pytest.fixture(scope="module")
def store():
    made = Store()
    yield made
    made.close()


@pytest.fixture
def filled(store):
    """Give the store with one thing of each kind, whatever was done to it before."""
    for table in EMPTY:
        store.rows(f"DELETE FROM {table}")
    store.create_dataset({"id": DATASET, "name": "d"})
    store.add_examples(DATASET, [{"id": EXAMPLE, "inputs": {"x": 1}}, {"id": run_id(61), "inputs": {"x": 2}}])
    store.create_project({"id": PROJECT, "name": "p", "reference_dataset_id": DATASET,
        "extra": {"metadata": {"a": 1, "dataset_version": at(1)}}})  # fmt: skip
    said = {"id": FEEDBACK, "run_id": run_id(1), "key": "k", "score": 1, "value": "v"}
    store.merge([Op("post", ROOT)], [said], [(run_id(1), "a", "text/plain", b"x"), (EXAMPLE, "b", "text/plain", b"x")])
    store.share(run_id(1), TOKEN)
    store.share_dataset(DATASET, TOKEN)
    store.create_comparison({"id": COMPARISON, "experiment_ids": [PROJECT]})
    made = store.make_feedback_token({"run_id": run_id(1), "feedback_key": "k"})
    store.rows("UPDATE feedback_tokens SET id=? WHERE id=?", (TOKEN, made["id"]))
    return store


def go(store, method, path, body=b"", query="", kind="application/json"):
    """Ask, and hold that there is an answer: JSON, words with a refusal, no failure."""
    headers = {"host": "localhost", "content-type": kind, "x-api-key": "lsv2_fake_key"}
    request = Request(method, f"/{path}?{query}", headers, version_1_0=False)
    request.body = body
    answer = api.answer(request, store)
    told = f"{method} {path} {query} {body[:200]!r}: {answer.status} {answer.body[:300]!r}"
    assert answer.status in (200, 201, 202, 400, 401, 403, 404, 409, 422), told
    if answer.status >= 400:
        assert json.loads(answer.body)["detail"], told
    elif dict(answer.headers)["content-type"] == "application/json":
        json.loads(answer.body, parse_constant=lambda name: pytest.fail(f"{name} in {told}"))
    return answer.status


def read_everything(store):
    for path in (f"runs/{run_id(1)}", "sessions", "datasets", "examples", "feedback", f"datasets/{DATASET}/splits",
            f"datasets/{DATASET}/versions", f"datasets/{DATASET}/openai_ft", f"datasets/{DATASET}/comparative",
            f"api/v2/runs/{run_id(1)}"):  # fmt: skip
        go(store, "GET", path, query="include_stats=True" if path == "sessions" else "")
    metadata = "metadata=" + quote('{"a":1}')
    for path, query in (("datasets", metadata), ("sessions", metadata + "&dataset_version=x"),
            ("examples", metadata + "&splits=a"), ("feedback", "source=api")):  # fmt: skip
        assert go(store, "GET", path, query=query) == 200
    assert go(store, "POST", "runs/query", b"{}") == 200
    assert go(store, "POST", "runs/stats", b"{}") == 200
    for text in FILTERS:
        assert go(store, "POST", "runs/query", json.dumps({"filter": text}).encode()) == 200
    go(store, "POST", f"datasets/{DATASET}/runs", json.dumps({"session_ids": [PROJECT]}).encode())


def places(value, place=()):
    yield place
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*place, key))


def changed(value, place, odd):
    """Give a copy with another value at a place."""
    if not place:
        return odd
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = changed(value[place[0]], place[1:], odd)
    return copy


@pytest.mark.time_limit(60)
@pytest.mark.parametrize("route", BODIES)
def test_an_odd_value_anywhere_in_a_body_is_taken_or_refused_in_words(filled, route):
    method, path = route.split()
    for place in list(places(BODIES[route])):
        for odd in ODD:
            go(filled, method, path, json.dumps(changed(BODIES[route], place, odd)).encode())
        read_everything(filled)
    for body in (b"", b"{", b"\xff", b'"\\ud83d"', b"[" * 100_000, b"nul", b'{"a":1}garbage', b"\xef\xbb\xbf{}"):
        assert 400 <= go(filled, method, path, body) < 500 or path.endswith("/share")


@pytest.mark.parametrize("route", [
    "GET public/{}/examples", "GET runs/{}", "GET datasets/{}", "POST feedback/tokens/{}", "GET attachments/{}",
])  # fmt: skip
def test_braces_in_an_address_are_no_id(filled, route):
    method, path = route.split()
    for written in (path.replace("{}", "%7B%7D"), path):
        assert go(filled, method, written) in (403, 404, 422)


@pytest.mark.parametrize("path", QUERIES)
def test_an_odd_parameter_of_a_query_is_taken_or_refused_in_words(filled, path):
    for name in QUERIES[path]:
        for odd in (*(odd for odd in ODD if isinstance(odd, str)), "NaN", "-1", "1e400", "{}", "null", "9" * 40):
            values = {**QUERIES[path], name: odd}
            query = "&".join(f"{one}={quote(value, errors='surrogatepass')}" for one, value in values.items())
            go(filled, "GET", path, query=query)
    for query in ("%ff=%80", "a&b&&=&", "x=" * 3_000, "&" * 3_000 + "a=1" + "&a=1" * 3_000):
        go(filled, "GET", path, query=query)


FEEDBACK_SAID = {**BODIES["POST feedback"], "id": run_id(82)}
DEEPS = [opening * depth + middle + closing * depth for depth in (399, 450, 990, 3_000, 50_000)
    for opening, middle, closing in ((b"[", b"", b"]"), (b'{"a":', b"1", b"}"))]  # fmt: skip
PARTS = [b"", b"\xff", b"nul", b'"\\ud83d"', b"NaN", b'{"a":NaN,"b":1e400}', b"[]", b'"x"', b"7", b"null",
    b'{"metadata":{"thread_id":"\\ud83d","session_id":1e400,"conversation_id":[1]}}', b'{"id":"x"}', *DEEPS,
    b'{"metadata":{"usage_metadata":{"input_tokens":1e400,"output_tokens":' + b"9" * 40 + b',"total_cost":"nan"}}}',
    b'{"metadata":' + DEEPS[5] + b"}", b'{"value":' + DEEPS[4] + b',"key":"k","run_id":"' + run_id(1).encode() + b'"}',
    b"9" * 5_000, b'{"\\u0000":"\\u0000"}']  # fmt: skip


@pytest.mark.time_limit(60)
@pytest.mark.parametrize("place", range(18))
def test_an_odd_part_of_a_multipart_body_is_taken_or_refused_in_words(filled, place):
    rows = [*parts_of("post", ROOT), *parts_of("patch", the_end(ROOT)), (f"feedback.{run_id(82)}", FEEDBACK_SAID),
        (f"attachment.{run_id(1)}.x", ("a/b", b"xx"))]  # fmt: skip
    rows += [(f"{run_id(63)}", {"metadata": {}}), (f"{run_id(63)}.inputs", {})]
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    for data in PARTS:
        odd = [(name, data if number == place else value) for number, (name, value) in enumerate(rows)]
        go(filled, "POST", "runs/multipart", multipart(odd[:-2]), kind=kind)
        go(filled, "POST", f"datasets/{DATASET}/examples", multipart(odd[-2:], lengths=False), kind=kind)
        read_everything(filled)


@pytest.mark.parametrize("seed", range(6))
def test_a_garbled_multipart_body_is_taken_or_refused_in_words(filled, seed):
    chance = random.Random(seed)
    whole = multipart([*parts_of("post", ROOT), *parts_of("patch", the_end(ROOT))], lengths=bool(seed % 2))
    for _ in range(150):
        body = bytearray(whole)
        for _ in range(chance.choice([1, 2, 20])):
            start = chance.randrange(len(body))
            body[start : start + chance.randrange(3)] = chance.choice([b"", b"\r\n", b"--", b"\0", b'"', b";", b"9"])
        kind = chance.choice([f"multipart/form-data; boundary={BOUNDARY}", "multipart/form-data", "", "text/plain"])
        go(filled, "POST", "runs/multipart", bytes(body), kind=kind)
    read_everything(filled)
