"""What the client's calls ask of a LangSmith, argument by argument, and what they make of sparse answers."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import pytest

from fakes import langsmith
from minichat.errors import ConfigurationError
from minichat.tracers.langsmith.client import Client, LangSmithNotFoundError
from minichat.tracers.langsmith.opinions import Feedback
from minichat.tracers.langsmith.records import Dataset, Example, Run, TracerSession
from minichat.tracers.langsmith.settings import Settings
from minichat.tracers.langsmith.transport import Transport

from .sink import Sink
from .test_client import Answering

ONE, TWO = UUID(int=1), UUID(int=2)
THEN = datetime(2026, 11, 23, 4, 25, 25, 7, timezone.utc)


@pytest.fixture
def ask():
    """Make a call of a client and give what it asked: [(method, path, query, body)]."""

    def made(call, answer):
        backend = Answering(200, answer)
        settings = Settings("http://127.0.0.1:9", "lsv2_fake_key")
        result = call(Client("http://127.0.0.1:9", transport=Transport(settings, backend=backend)))
        if hasattr(result, "__next__"):
            list(result)
        asked = []
        for request in backend.requests:
            parts = urlsplit(request.url)
            body = json.loads(request.body) if request.body else None
            asked.append((request.method, parts.path, sorted(parse_qsl(parts.query)), body))
        return asked

    return made


# call -> path, what stands in the query beside limit and offset
LISTS = [
    (lambda c: c.list_projects([ONE, TWO]), "/sessions", [("id", str(ONE)), ("id", str(TWO))]),
    (lambda c: c.list_projects(name="n"), "/sessions", [("name", "n")]),
    (lambda c: c.list_projects(name_contains="n"), "/sessions", [("name_contains", "n")]),
    (lambda c: c.list_projects(reference_dataset_id=ONE), "/sessions", [("reference_dataset", str(ONE))]),
    (lambda c: c.list_projects(reference_free=True), "/sessions", [("reference_free", "True")]),
    (lambda c: c.list_projects(include_stats=False), "/sessions", [("include_stats", "False")]),
    (lambda c: c.list_datasets(dataset_ids=[ONE]), "/datasets", [("id", str(ONE))]),
    (lambda c: c.list_datasets(data_type="chat"), "/datasets", [("data_type", "chat")]),
    (lambda c: c.list_datasets(dataset_name="n"), "/datasets", [("name", "n")]),
    (lambda c: c.list_datasets(dataset_name_contains="n"), "/datasets", [("name_contains", "n")]),
    (lambda c: c.list_datasets(metadata={"u": ONE}), "/datasets", [("metadata", f'{{"u": "{ONE}"}}')]),
    (lambda c: c.list_examples(ONE), "/examples", [("dataset", str(ONE))]),
    (lambda c: c.list_examples(example_ids=[ONE]), "/examples", [("id", str(ONE))]),
    (lambda c: c.list_examples(ONE, splits=("a", "b")), "/examples",
     [("dataset", str(ONE)), ("splits", "a"), ("splits", "b")]),
    (lambda c: c.list_examples(ONE, as_of=THEN), "/examples", [("as_of", THEN.isoformat()), ("dataset", str(ONE))]),
    (lambda c: c.list_examples(ONE, as_of="prod"), "/examples", [("as_of", "prod"), ("dataset", str(ONE))]),
    (lambda c: c.list_examples(ONE, metadata={"a": 1}), "/examples", [("dataset", str(ONE)), ("metadata", '{"a": 1}')]),
    (lambda c: c.list_feedback(run_ids=[ONE, TWO]), "/feedback", [("run", str(ONE)), ("run", str(TWO))]),
    (lambda c: c.list_feedback(run_ids=[ONE], feedback_key=["a"], feedback_source_type=["api"]), "/feedback",
     [("key", "a"), ("run", str(ONE)), ("source", "api")]),
]  # fmt: skip


@pytest.mark.parametrize("call, path, query", LISTS, ids=range(len(LISTS)))
def test_a_list_is_asked_for_by_what_was_given_and_nothing_else(ask, call, path, query):
    [(method, asked, said, body)] = ask(call, [])
    assert (method, asked, body) == ("GET", path, None)
    assert [pair for pair in said if pair[0] not in ("limit", "offset")] == query


LIMITS = [
    lambda c, n: c.list_projects(limit=n),
    lambda c, n: c.list_datasets(limit=n),
    lambda c, n: c.list_examples(ONE, limit=n),
    lambda c, n: c.list_feedback(run_ids=[ONE], limit=n),
]


@pytest.mark.parametrize("call", LIMITS, ids=range(len(LIMITS)))
def test_a_limit_is_the_size_of_the_page_that_is_asked_for(ask, call):
    [(_, _, said, _)] = ask(lambda client: call(client, 3), [])
    assert dict(said)["limit"] == "3"
    assert ask(lambda client: call(client, 0), []) == []
    [(_, _, said, _)] = ask(lambda client: call(client, None), [])
    assert (dict(said)["limit"], dict(said)["offset"]) == ("100", "0")


# call -> what is asked for of runs, beside the limit
RUNS = [
    (lambda c: c.list_runs(project_id=ONE), {"session": [str(ONE)]}),
    (lambda c: c.list_runs(project_id={ONE}), {"session": [str(ONE)]}),
    (lambda c: c.list_runs(trace_id=ONE), {"trace": str(ONE)}),
    (lambda c: c.list_runs(parent_run_id=ONE), {"parent_run": str(ONE)}),
    (lambda c: c.list_runs(reference_example_id=ONE), {"reference_example": [str(ONE)]}),
    (lambda c: c.list_runs(run_ids=(ONE, TWO)), {"id": [str(ONE), str(TWO)]}),
    (lambda c: c.list_runs(query="bears"), {"query": "bears"}),
    (lambda c: c.list_runs(filter="f", trace_filter="t", tree_filter="r"),
     {"filter": "f", "trace_filter": "t", "tree_filter": "r"}),
    (lambda c: c.list_runs(is_root=False, error=False), {"is_root": False, "error": False}),
    (lambda c: c.list_runs(start_time=THEN), {"start_time": THEN.isoformat()}),
    (lambda c: c.list_runs(select=("id", "name")), {"select": ["id", "name"]}),
    (lambda c: c.list_runs(run_type="tool"), {"run_type": "tool"}),
]  # fmt: skip


@pytest.mark.parametrize("call, body", RUNS, ids=range(len(RUNS)))
def test_runs_are_asked_for_by_what_was_given_and_nothing_else(ask, call, body):
    assert ask(call, {"runs": []}) == [("POST", "/runs/query", [], {"limit": 100, **body})]


PROJECT = {"id": str(ONE), "tenant_id": str(TWO)}
EXAMPLE = {"id": str(ONE), "dataset_id": str(TWO), "inputs": {}}
FEEDBACK = {"id": str(ONE), "key": "k"}

# call -> the answer, what was asked: method, path, what of the body is to hold
WRITES = [
    (lambda c: c.create_project("p"), PROJECT, "POST", "/sessions", {"name": "p", "description": None, "extra": None}),
    (lambda c: c.create_project("p", project_extra={"a": 1}, metadata={"m": 2}), PROJECT, "POST", "/sessions",
     {"extra": {"a": 1, "metadata": {"m": 2}}}),
    (lambda c: c.create_project("p", reference_dataset_id=ONE, num_examples=3, num_repetitions=2, evaluator_keys=["e"]),
     PROJECT, "POST", "/sessions",
     {"reference_dataset_id": str(ONE), "num_examples": 3, "num_repetitions": 2, "evaluator_keys": ["e"]}),
    (lambda c: c.update_project(ONE, name="n"), PROJECT, "PATCH", f"/sessions/{ONE}", {"name": "n", "extra": None}),
    (lambda c: c.update_project(ONE, project_extra={"a": 1}), PROJECT, "PATCH", f"/sessions/{ONE}",
     {"extra": {"a": 1}}),
    (lambda c: c.update_project(ONE, project_extra={"a": 1}, metadata={}), PROJECT, "PATCH", f"/sessions/{ONE}",
     {"extra": {"a": 1, "metadata": {}}}),
    (lambda c: c.create_dataset("d"), {"id": str(ONE)}, "POST", "/datasets",
     {"name": "d", "data_type": "kv", "extra": {"metadata": None, "source": "sdk"}}),
    (lambda c: c.create_dataset("d", outputs_schema={"o": 1}, transformations=[{"t": 1}], data_type="chat"),
     {"id": str(ONE)}, "POST", "/datasets",
     {"outputs_schema_definition": {"o": 1}, "transformations": [{"t": 1}], "data_type": "chat"}),
    (lambda c: c.create_example({}, TWO, example_id=ONE, created_at=THEN, source_run_id=ONE), EXAMPLE, "POST",
     "/examples",
     {"id": str(ONE), "created_at": THEN.isoformat(), "source_run_id": str(ONE), "dataset_id": str(TWO), "inputs": {}}),
    (lambda c: c.create_example({}, TWO, reference_outputs={"a": 1}), EXAMPLE, "POST", "/examples",
     {"outputs": {"a": 1}}),
    (lambda c: c.create_example({}, TWO, outputs={}, reference_outputs={"a": 1}), EXAMPLE, "POST", "/examples",
     {"outputs": {}}),
    (lambda c: c.update_example(ONE, inputs={"a": 1}, metadata={"m": 1}, dataset_id=TWO), {}, "PATCH",
     f"/examples/{ONE}",
     {"inputs": {"a": 1}, "metadata": {"m": 1}, "dataset_id": str(TWO)}),
    (lambda c: c.create_feedback(ONE, "k", trace_id=TWO, score=True, feedback_id=TWO), FEEDBACK, "POST", "/feedback",
     {"id": str(TWO), "run_id": str(ONE), "trace_id": str(TWO), "key": "k", "score": True}),
    (lambda c: c.create_feedback(ONE, score=2, source_info={"a": 1}), FEEDBACK, "POST", "/feedback",
     {"key": "unnamed", "score": 2, "feedback_source": {"type": "api", "metadata": {"a": 1}}}),
    (lambda c: c.share_run(ONE, share_id=TWO), {"share_token": str(TWO)}, "PUT", f"/runs/{ONE}/share",
     {"run_id": str(ONE), "share_token": str(TWO)}),
    (lambda c: c.update_run(ONE, trace_id=ONE, name="n"), None, "PATCH", f"/runs/{ONE}",
     {"id": str(ONE), "trace_id": str(ONE), "name": "n"}),
    (lambda c: c.update_run(ONE, dotted_order="o", end_time=THEN, inputs={}), None, "PATCH", f"/runs/{ONE}",
     {"id": str(ONE), "dotted_order": "o", "end_time": THEN.isoformat(), "inputs": {}}),
]  # fmt: skip


@pytest.mark.parametrize("call, answer, method, path, expected", WRITES, ids=range(len(WRITES)))
def test_what_is_given_is_sent_by_the_names_of_the_wire(ask, call, answer, method, path, expected):
    [(asked, at, _, body)] = ask(call, answer)
    assert (asked, at) == (method, path)
    assert {name: body.get(name, "absent") for name in expected} == expected


NAMED = [
    lambda client: client.read_project(project_name="n"),
    lambda client: client.read_dataset(dataset_name="n"),
]


@pytest.mark.parametrize("call", NAMED, ids=["project", "dataset"])
def test_what_is_read_by_its_name_is_asked_for_alone(ask, call):
    [(_, _, query, _)] = ask(call, [{"id": str(ONE)}])
    assert (dict(query)["name"], dict(query)["limit"]) == ("n", "1")


def test_many_examples_go_in_requests_of_a_page_each(ask):
    asked = ask(lambda client: client.create_examples(dataset_id=ONE, inputs=[{"n": n} for n in range(230)]), {})
    sent = [[example["inputs"]["n"] for example in body] for _, _, _, body in asked]
    assert [len(page) for page in sent] == [100, 100, 30] and sum(sent, []) == list(range(230))


def test_an_existing_project_is_taken_only_when_that_is_said(ask):
    [(_, _, query, _)] = ask(lambda client: client.create_project("p"), PROJECT)
    assert query == []
    [(_, _, query, _)] = ask(lambda client: client.create_project("p", upsert=True), PROJECT)
    assert query == [("upsert", "True")]


def test_an_example_is_read_as_of_a_time_only_when_that_is_said(ask):
    assert ask(lambda client: client.read_example(ONE), EXAMPLE) == [("GET", f"/examples/{ONE}", [], None)]
    query = [("as_of", THEN.isoformat())]
    assert ask(lambda client: client.read_example(ONE, as_of=THEN), EXAMPLE)[0][2] == query


@pytest.mark.parametrize("stats", [True, False])
def test_a_project_is_counted_only_when_that_is_said(ask, stats):
    by_id = ask(lambda client: client.read_project(project_id=ONE, include_stats=stats), PROJECT)
    by_name = ask(lambda client: client.read_project(project_name="p", include_stats=stats), [PROJECT])
    assert [dict(asked[0][2])["include_stats"] for asked in (by_id, by_name)] == [str(stats)] * 2


def test_the_run_of_an_address_that_names_its_project_is_not_looked_for(ask):
    run = Run({"id": str(ONE), "session_id": str(TWO)})
    assert ask(lambda client: client.get_run_url(run=run), PROJECT)[0][1] == f"/sessions/{TWO}"
    assert ask(lambda client: client.get_run_url(run=run, project_id=ONE), PROJECT)[0][1] == f"/sessions/{ONE}"
    [(_, path, query, _)] = ask(lambda client: client.get_run_url(run=run, project_name="n"), [PROJECT])
    assert (path, dict(query)["name"]) == ("/sessions", "n")


@pytest.mark.parametrize("hidden", ["inputs", "outputs", "metadata"])
def test_an_update_leaves_out_what_its_client_hides(hidden):
    backend = Answering(200, None)
    transport = Transport(Settings("http://127.0.0.1:9"), backend=backend)
    client = Client(transport=transport, **{f"hide_{hidden}": True})
    client.update_run(ONE, inputs={"a": 1}, outputs={"b": 2}, extra={"metadata": {"c": 3}, "runtime": {}})
    body = json.loads(backend.requests[0].body)
    told = {"inputs": {"a": 1}, "outputs": {"b": 2}, "extra": {"metadata": {"c": 3}, "runtime": {}}}
    told.update({"extra": {"metadata": {}, "runtime": {}}} if hidden == "metadata" else {hidden: {}})
    assert body == {"id": str(ONE), **told}


@pytest.mark.parametrize("name", ["hide_inputs", "hide_outputs", "hide_metadata"])
def test_what_hides_is_a_word_or_a_function_and_nothing_else(name):
    with pytest.raises(ConfigurationError, match=name):
        Client(**{name: ["a"]})


def test_what_is_given_to_a_client_beats_the_environment(monkeypatch):
    given = {"ENDPOINT": "http://e", "API_KEY": "k", "WORKSPACE_ID": "w", "TRACING_SAMPLING_RATE": "0.5",
             "HIDE_INPUTS": "true", "HIDE_OUTPUTS": "true", "HIDE_METADATA": "true", "PROJECT": "p"}  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv("LANGSMITH_" + name, value)
    hidden = {"hide_inputs": True, "hide_outputs": True, "hide_metadata": True}
    assert Client().settings == Settings("http://e", "k", "p", "w", sampling_rate=0.5, **hidden)
    mine = Client("http://m/", api_key="mine", workspace_id="v", tracing_sampling_rate=0.0, hide_inputs=False,
                  hide_outputs=False, hide_metadata=False)  # fmt: skip
    assert mine.settings == Settings("http://m", "mine", "p", "v", sampling_rate=0.0)


# -- sparse answers ----------------------------------------------------------------------------

# of each object: the attributes that are None when the server says nothing of them
NONE = [
    (Run, "name run_type error serialized outputs tags feedback_stats app_path status prompt_tokens completion_tokens "
          "total_tokens prompt_token_details completion_token_details prompt_cost completion_cost total_cost "
          "in_dataset dotted_order events start_time end_time first_token_time session_id reference_example_id "
          "parent_run_id trace_id manifest_id child_runs url"),
    (Example, "dataset_id source_run_id created_at modified_at outputs metadata attachments"),
    (Dataset, "created_at modified_at last_session_start_time name description data_type example_count session_count "
              "transformations metadata inputs_schema outputs_schema"),
    (TracerSession, "tenant_id reference_dataset_id start_time end_time last_run_start_time latency_p50 latency_p99 "
                    "first_token_p50 first_token_p99 name description run_count total_tokens prompt_tokens error_rate "
                    "completion_tokens feedback_stats session_feedback_stats run_facets prompt_cost completion_cost "
                    "total_cost"),
    (Feedback, "run_id trace_id session_id comparative_experiment_id feedback_group_id created_at modified_at "
               "start_time key score value comment correction feedback_source extra"),
]  # fmt: skip


@pytest.mark.parametrize("kind, names", NONE, ids=[kind.__name__ for kind, _ in NONE])
def test_what_the_server_does_not_say_is_none(kind, names):
    made = kind({"id": str(ONE)})
    assert made.id == ONE
    assert {name: getattr(made, name) for name in names.split()} == dict.fromkeys(names.split())


# what is {} or [] where the server says null
EMPTY = [
    (Run, {"inputs": {}, "extra": {}, "metadata": {}, "parent_run_ids": [], "child_run_ids": []}),
    (Example, {"inputs": {}}),
    (TracerSession, {"extra": {}, "metadata": {}}),
]


@pytest.mark.parametrize("kind, expected", EMPTY, ids=[kind.__name__ for kind, _ in EMPTY])
def test_what_is_null_is_empty_where_programs_look_into_it(kind, expected):
    made = kind({"id": str(ONE), **dict.fromkeys(expected)})
    assert {name: getattr(made, name).copy() for name in expected} == expected


def test_names_of_our_own_are_safe_from_a_servers():
    raw = {"id": str(ONE), "raw": 1, "_ids": 2, "dict": 3, "metadata": 4, "new": 5}
    run = Run(raw)
    assert (run.raw, run.id, run._ids[0], run.metadata, run.new) == (raw, ONE, "id", {}, 5)
    assert run.dict()["new"] == 5 and "host" not in run.dict()


def test_both_names_of_a_datasets_schemas_are_read():
    for name in ("inputs_schema", "outputs_schema"):
        assert getattr(Dataset({"id": str(ONE), f"{name}_definition": {"a": 1}}), name) == {"a": 1}
        assert getattr(Dataset({"id": str(ONE), name: {"a": 1}}), name) == {"a": 1}


def test_objects_are_equal_by_what_the_server_said():
    one, same, other = ({"id": str(ONE), "name": name} for name in ("a", "a", "b"))
    assert Run(one) == Run(same) and Run(one) != Run(other)
    assert Run(one) != Dataset(one) and Run(one) != one
    shown = f"Run(id={ONE!r}, name='n', run_type='llm', status=None)"
    assert repr(Run({"id": str(ONE), "name": "n", "run_type": "llm"})) == shown


# -- against a server --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    with langsmith.serve() as server:
        yield server


@pytest.fixture
def client(server):
    return Client(server.url, api_key=server.key)


def test_lists_end_at_their_limit(client):
    data = client.create_dataset(f"dataset {uuid4()}")
    for number in range(3):
        client.create_project(f"limited {data.id} {number}", reference_dataset_id=data.id)
    assert len(list(client.list_projects(reference_dataset_id=data.id, limit=2))) == 2
    assert len(list(client.list_projects(reference_dataset_id=data.id))) == 3
    assert list(client.list_projects(name_contains=str(data.id), reference_free=True)) == []


def test_every_result_of_an_experiment_larger_than_a_page_is_read(client):
    data = client.create_dataset(f"dataset {uuid4()}")
    ids = [str(uuid4()) for _ in range(103)]
    client.create_examples(dataset_id=data.id, inputs=[{"n": n} for n in range(103)], ids=ids)
    experiment, other = (client.create_project(f"{n} {data.id}", reference_dataset_id=data.id) for n in (1, 2))
    for project in (experiment, other):  # another experiment over the same examples is not mixed in
        for example_id in ids:
            client.create_run("r", {}, "chain", project_name=project.name, reference_example_id=example_id)
    assert client.flush(20)
    examples = list(client.get_experiment_results(project_id=experiment.id)["examples_with_runs"])
    assert sorted(str(example.id) for example in examples) == sorted(ids)
    assert {run.session_id for example in examples for run in example.runs} == {experiment.id}
    assert [len(example.runs) for example in examples] == [1] * 103
    run = examples[0].runs[0]
    assert run.url == client.read_run(run.id).url and run.url.startswith(client.api_url)


def test_a_project_without_a_dataset_has_no_results(client):
    made = client.create_project(f"plain {uuid4()}")
    with pytest.raises(ConfigurationError, match="no experiment"):
        client.get_experiment_results(project_id=made.id)


def test_has_says_yes_and_no(client):
    made, data = client.create_project(f"here {uuid4()}"), client.create_dataset(f"here {uuid4()}")
    assert client.has_project(made.name) is True and client.has_project("no such") is False
    assert client.has_project("another name", project_id=made.id) is True
    assert client.has_dataset(dataset_id=data.id) is True and client.has_dataset(dataset_name="no such") is False


def test_experiments_are_of_one_dataset(client):
    with pytest.raises(ConfigurationError, match="takes one of"):
        list(client.list_projects(reference_dataset_id=ONE, reference_dataset_name="d"))


def test_a_share_has_the_token_that_was_given(client):
    run_id, token = uuid4(), uuid4()
    client.create_run("r", {}, "chain", project_name="shared", id=run_id)
    client.flush(20)
    link = client.share_run(run_id, share_id=token)
    assert link.endswith(f"/public/{token}/r") and client.run_is_shared(run_id) is True
    client.create_run("beside", {}, "chain", project_name="shared")
    client.flush(20)
    assert client.read_shared_run(token).id == client.read_shared_run(link).id == run_id
    assert [run.id for run in client.list_shared_runs(token)] == [run_id]
    with pytest.raises(LangSmithNotFoundError, match="no run"):
        client.read_shared_run(token, uuid4())


def test_a_run_that_has_ended_already_is_queued_as_begun_and_ended():
    sink = Sink()
    client = Client("http://127.0.0.1:9")
    client.submit = sink.submit
    client.create_run("r", {"a": 1}, "tool")
    assert [op for op, _ in sink.operations] == ["post"]
    client.create_run("r", {"a": 1}, "tool", end_time=THEN, start_time=THEN)
    assert [op for op, _ in sink.operations] == ["post", "post", "patch"]
