"""Client: LangSmith read and written by the SDK's names, against the server of fakes.langsmith."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest

from fakes import langsmith
from minichat.errors import ConfigurationError
from minichat.tracers.langsmith.client import (
    Client,
    LangSmithAPIError,
    LangSmithAuthError,
    LangSmithConflictError,
    LangSmithError,
    LangSmithNotFoundError,
    LangSmithRateLimitError,
    LangSmithRequestTimeout,
)
from minichat.tracers.langsmith.opinions import Feedback
from minichat.tracers.langsmith.records import Dataset, Example, Run, TracerSession, moment
from minichat.tracers.langsmith.run_trees import RunTree
from minichat.tracers.langsmith.settings import Settings
from minichat.tracers.langsmith.transport import Transport
from minichat.wire.http import Request

NOBODY = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def server():
    with langsmith.serve() as server:
        yield server


class Counted(Transport):
    """A transport that keeps what was asked."""

    def __init__(self, settings):
        super().__init__(settings)
        self.asked = []

    def request(self, method, path, **given):
        self.asked.append((method, path, given))
        return super().request(method, path, **given)


@pytest.fixture
def client(server):
    settings = Settings(server.url, server.key)
    return Client(server.url, api_key=server.key, transport=Counted(settings))


@pytest.fixture
def project():
    return f"project {uuid4()}"


@pytest.fixture
def dataset(client):
    return client.create_dataset(f"dataset {uuid4()}")


def tell(client, project, name="r", **fields):
    """Put a run with two below it there; give it."""
    run = RunTree(name=name, project_name=project, client=client, inputs={"q": name}, **fields)
    run.post()
    model = run.create_child("model", run_type="llm")
    model.post()
    token = model.create_child("deep")
    token.post()
    for one in (token, model):
        one.patch()
    run.end(outputs={"a": name})
    run.patch()
    assert client.flush(20)
    return run


# -- runs ----------------------------------------------------------------------------------------


def test_a_run_is_read_back_with_its_types(client, project):
    told = tell(client, project, tags=["t"], extra={"metadata": {"m": 1}})
    run = client.read_run(told.id)
    assert isinstance(run, Run)
    assert (run.id, run.trace_id, run.parent_run_id, run.name) == (told.id, told.id, None, "r")
    assert (run.start_time, run.end_time) == (told.start_time, told.end_time)
    assert (run.inputs, run.outputs, run.status, run.error, run.tags) == ({"q": "r"}, {"a": "r"}, "success", None, ["t"])
    assert run.metadata["m"] == 1 and isinstance(run.session_id, UUID)
    assert run.latency == (told.end_time - told.start_time).total_seconds()
    assert run.child_runs is None
    assert run.url == client.get_run_url(run=run).partition("?")[0]


def test_a_run_is_read_with_the_tree_below_it(client, project):
    told = tell(client, project)
    root = client.read_run(str(told.id), load_child_runs=True)
    [model] = root.child_runs
    [deep] = model.child_runs
    assert (model.name, deep.name, deep.child_runs) == ("model", "deep", [])
    assert root.child_run_ids == [model.id]
    again = client.read_run(model.id, load_child_runs=True)
    assert [child.id for child in again.child_runs] == [deep.id]


def test_runs_are_listed_newest_first_and_as_asked(client, project):
    first, second = tell(client, project, "one"), tell(client, project, "two")
    names = lambda **asked: [run.name for run in client.list_runs(project_name=project, **asked)]
    assert names(is_root=True) == ["two", "one"]
    assert names(run_type="llm") == ["model", "model"]
    assert names(filter='eq(name, "one")') == ["one"]
    assert names(filter='eq(run_type, "llm")', trace_filter='eq(name, "one")') == ["model"]
    assert names(parent_run_id=first.id) == ["model"]
    assert names(run_ids=[first.id, second.id], limit=1) == ["two"]
    assert len(names(trace_id=second.id)) == 3
    assert names(error=True) == []
    assert names(start_time=datetime.now(timezone.utc) + timedelta(hours=1)) == []
    assert names(limit=0) == []
    ids = [project.id for project in client.list_projects(name=project)]
    assert [run.name for run in client.list_runs(project_id=ids, is_root=True)] == ["two", "one"]


def test_runs_are_asked_for_page_by_page_as_they_are_used(client, project):
    for number in range(0, 120):
        client.create_run(f"run {number}", {}, "tool", project_name=project)
    assert client.flush(20)
    pages = lambda: len([asked for asked in client._transport.asked if asked[1] == "/runs/query"])
    runs = client.list_runs(project_name=project)
    assert pages() == 0
    next(runs)
    assert pages() == 1
    assert len({run.id for run in runs}) == 119
    assert pages() == 2
    assert len(list(client.list_runs(project_name=project, limit=101))) == 101


def test_a_run_can_be_told_by_its_fields_and_told_more_of(client, project):
    run_id = uuid4()
    client.create_run("once", {"a": 1}, "tool", project_name=project, id=run_id, tags=["x"])
    client.flush(20)
    client.update_run(run_id, outputs={"o": UUID(int=1)}, end_time=datetime.now(timezone.utc))
    run = client.read_run(run_id)
    assert (run.name, run.run_type, run.inputs, run.outputs) == ("once", "tool", {"a": 1}, {"o": str(UUID(int=1))})
    assert run.status == "success" and run.tags == ["x"]


def test_an_update_with_its_place_in_the_trace_is_queued(client, project):
    run = tell(client, project)
    client.update_run(run.id, error="late", trace_id=run.trace_id, dotted_order=run.dotted_order)
    assert client.flush(20)
    assert client.read_run(run.id).error == "late"
    assert not [asked for asked in client._transport.asked if asked[0] == "PATCH"]


def test_a_run_that_has_ended_already_is_told_at_once(client, project):
    now = datetime.now(timezone.utc)
    client.create_run("done", {}, "chain", project_name=project, end_time=now, outputs={"x": 1}, error="E")
    client.flush(20)
    [run] = client.list_runs(project_name=project)
    assert (run.end_time, run.outputs, run.error, run.status) == (now, {"x": 1}, "E", "error")


def test_a_child_without_its_place_is_refused(client):
    with pytest.raises(ConfigurationError, match="dotted_order"):
        client.create_run("child", {}, "chain", parent_run_id=uuid4())


def test_what_a_client_hides_is_not_sent(server, project):
    client = Client(server.url, api_key=server.key, hide_inputs=True, hide_outputs=True)
    run = tell(client, project)
    client.update_run(run.id, inputs={"secret": 1}, outputs={"secret": 1}, extra={"metadata": {"m": 1}})
    read = client.read_run(run.id)
    assert (read.inputs, read.outputs) == ({}, {})
    assert read.metadata["m"] == 1


def test_the_client_takes_the_environments_address_and_key(server, monkeypatch):
    monkeypatch.setenv("LANGSMITH_ENDPOINT", server.url + "/")
    monkeypatch.setenv("LANGSMITH_API_KEY", server.key)
    client = Client()
    assert client.api_url == server.url and server.key not in repr(client)
    assert isinstance(list(client.list_projects(limit=1)), list)


HOSTS = [
    ("https://api.smith.langchain.com", "https://smith.langchain.com"),
    ("https://eu.api.smith.langchain.com/", "https://eu.smith.langchain.com"),
    ("https://mine.example/langsmith/api/v1", "https://mine.example/langsmith"),
    ("http://localhost:1984/api", "http://localhost:1984"),
]


@pytest.mark.parametrize(("endpoint", "host"), HOSTS)
def test_the_pages_stand_beside_the_api(endpoint, host):
    assert Client(endpoint)._host == host


def test_the_url_of_a_run_that_was_not_read_is_found_by_its_project(client, project):
    told = tell(client, project)
    session = client.read_project(project_name=project)
    expected = f"{client.api_url}/o/{session.tenant_id}/projects/p/{session.id}/r/{told.id}?poll=true"
    assert client.get_run_url(run=told) == told.get_url() == expected
    assert client.get_run_url(run=client.read_run(told.id), project_name=project) == expected


# -- sharing ---------------------------------------------------------------------------------------


def test_a_run_is_shared_and_no_longer(client, project):
    told = tell(client, project)
    assert client.read_run_shared_link(told.id) is None and not client.run_is_shared(told.id)
    link = client.share_run(told.id)
    assert link == client.read_run_shared_link(told.id)
    assert client.read_shared_run(link).id == told.id
    below = {run.name: run.id for run in client.list_shared_runs(link)}
    assert set(below) == {"r", "model", "deep"}
    assert client.read_shared_run(link, below["deep"]).name == "deep"
    with pytest.raises(LangSmithNotFoundError):
        client.read_shared_run(link, NOBODY)
    client.unshare_run(told.id)
    with pytest.raises(LangSmithNotFoundError):
        client.read_shared_run(link)


# -- feedback --------------------------------------------------------------------------------------


def test_feedback_is_given_listed_changed_and_deleted(client, project):
    told = tell(client, project)
    given = client.create_feedback(told.id, "score", score=0.123456, comment="good", value="v", source_run_id=NOBODY)
    other = {"feedback_source_type": "model", "correction": {"a": 1}, "start_time": told.start_time}
    made = client.create_feedback(told.id, "other", score=True, **other)
    assert client.read_feedback(made.id).start_time == told.start_time
    listed = list(client.list_feedback(run_ids=[told.id], feedback_key="score"))
    assert isinstance(listed[0], Feedback) and [one.id for one in listed] == [given.id]
    read = client.read_feedback(given.id)
    assert (read.run_id, read.trace_id, read.key, read.score) == (told.id, told.id, "score", 0.1235)
    assert (read.comment, read.value) == ("good", "v")
    assert read.feedback_source["metadata"] == {"__run": {"run_id": NOBODY}}
    client.update_feedback(given.id, comment=None, score=1)
    read = client.read_feedback(given.id)
    assert (read.comment, read.score, read.value) == (None, 1, "v")
    client.update_feedback(given.id, correction={"y": 3}, value="w")
    read = client.read_feedback(given.id)
    assert (read.correction, read.value, read.score) == ({"y": 3}, "w", 1)
    assert [one.key for one in client.list_feedback(run_ids=[told.id], feedback_source_type=["model"])] == ["other"]
    client.delete_feedback(given.id)
    assert [one.key for one in client.list_feedback(run_ids=[told.id])] == ["other"]
    assert client.read_run(told.id).feedback_stats["other"]["n"] == 1


def test_feedback_of_nothing_is_refused(client):
    with pytest.raises(ConfigurationError, match="run_id="):
        client.create_feedback(key="k", score=1)


# -- projects --------------------------------------------------------------------------------------


def test_projects_are_made_read_changed_and_deleted(client, project):
    made = client.create_project(project, description="d", metadata={"m": 1})
    assert isinstance(made, TracerSession) and (made.name, made.description, made.metadata) == (project, "d", {"m": 1})
    with pytest.raises(LangSmithConflictError):
        client.create_project(project)
    assert client.create_project(project, upsert=True).id == made.id
    assert client.has_project(project) and not client.has_project("no such")
    now = datetime.now(timezone.utc)
    client.update_project(made.id, description="new", metadata={"m": 2}, end_time=now)
    read = client.read_project(project_id=made.id)
    assert (read.name, read.description, read.metadata, read.end_time) == (project, "new", {"m": 2}, now)
    assert [one.id for one in client.list_projects(name_contains=project[8:])] == [made.id]
    assert [one.id for one in client.list_projects([made.id])] == [made.id]
    client.delete_project(project_name=project)
    assert not client.has_project(project)


def test_a_project_tells_its_counts(client, project):
    tell(client, project)
    read = client.read_project(project_name=project, include_stats=True)
    assert read.run_count and read.error_rate == 0 and isinstance(read.latency_p50, timedelta)


# -- datasets and examples -------------------------------------------------------------------------


def test_datasets_are_made_found_and_deleted(client):
    name = f"dataset {uuid4()}"
    made = client.create_dataset(name, description="d", metadata={"m": 1}, inputs_schema={"type": "object"})
    assert isinstance(made, Dataset) and (made.name, made.description, made.metadata) == (name, "d", {"m": 1})
    assert made.inputs_schema == {"type": "object"}
    with pytest.raises(LangSmithConflictError):
        client.create_dataset(name)
    assert client.read_dataset(dataset_name=name) == client.read_dataset(dataset_id=made.id)
    assert [one.id for one in client.list_datasets(dataset_name_contains=name[8:])] == [made.id]
    assert [one.id for one in client.list_datasets(dataset_ids=[made.id], data_type="kv")] == [made.id]
    assert [one.id for one in client.list_datasets(metadata={"m": 1}, dataset_name=name)] == [made.id]
    client.delete_dataset(dataset_name=name)
    assert not client.has_dataset(dataset_id=made.id) and not client.has_dataset(dataset_name=name)


def test_an_example_is_made_read_changed_and_deleted(client, dataset):
    made = client.create_example({"q": 1}, dataset.id, outputs={"a": UUID(int=1)}, metadata={"m": 1}, split="test")
    assert isinstance(made, Example) and made.dataset_id == dataset.id
    assert (made.inputs, made.outputs) == ({"q": 1}, {"a": str(UUID(int=1))})
    assert made.metadata == {"m": 1, "dataset_split": ["test"]}
    client.update_example(made.id, outputs={"a": 2}, split=["train", "x"])
    read = client.read_example(made.id)
    assert (read.inputs, read.outputs, read.metadata["dataset_split"]) == ({"q": 1}, {"a": 2}, ["train", "x"])
    assert read.modified_at >= made.modified_at
    client.delete_example(made.id)
    with pytest.raises(LangSmithNotFoundError):
        client.read_example(made.id)


def test_examples_are_made_by_lists_or_as_dicts(client, dataset):
    ids = [uuid4(), uuid4()]
    made = client.create_examples(
        dataset_id=dataset.id, inputs=[{"n": 1}, {"n": 2}], outputs=[{"a": 1}, None], ids=ids, splits=["s", None]
    )
    assert made == {"count": 2, "example_ids": [str(one) for one in ids]}
    client.create_examples(dataset_name=dataset.name, examples=[{"inputs": {"n": 3}, "metadata": {"m": 1}}])
    assert {example.inputs["n"] for example in client.list_examples(dataset.id)} == {1, 2, 3}
    assert [example.inputs for example in client.list_examples(dataset.id, splits=["s"])] == [{"n": 1}]
    assert [example.inputs for example in client.list_examples(dataset.id, metadata={"m": 1})] == [{"n": 3}]
    found = client.list_examples(dataset.id, filter='has(metadata, \'{"m": 1}\')')
    assert [example.inputs for example in found] == [{"n": 3}]
    assert {example.id for example in client.list_examples(example_ids=ids)} == set(ids)
    assert client.read_dataset(dataset_id=dataset.id).example_count == 3


def test_many_examples_go_and_come_in_pages(client, dataset):
    client.create_examples(dataset_id=dataset.id, inputs=[{"n": n} for n in range(230)])
    asked = client._transport.asked
    assert len([one for one in asked if one[1] == "/examples/bulk"]) == 3
    examples = client.list_examples(dataset.id)
    next(examples)
    assert len([one for one in asked if one[:2] == ("GET", "/examples")]) == 1
    assert len({example.inputs["n"] for example in examples}) == 229
    assert len([one for one in asked if one[:2] == ("GET", "/examples")]) == 3
    assert len(list(client.list_examples(dataset.id, limit=150, offset=100))) == 130


def test_many_examples_are_changed_and_deleted(client, dataset):
    ids = client.create_examples(dataset_id=dataset.id, inputs=[{"n": 1}, {"n": 2}, {"n": 3}])["example_ids"]
    changed = client.update_examples(updates=[{"id": ids[0], "outputs": {"a": 1}}, {"id": UUID(ids[1]), "split": "s"}])
    assert changed == {"count": 2, "example_ids": ids[:2]}
    assert client.read_example(ids[0]).outputs == {"a": 1} and client.read_example(ids[0]).inputs == {"n": 1}
    client.delete_examples(ids[1:])
    assert [str(example.id) for example in client.list_examples(dataset.id)] == ids[:1]


def test_lists_of_different_lengths_are_refused(client, dataset):
    with pytest.raises(ConfigurationError, match="2 inputs, but 1 of outputs"):
        client.create_examples(dataset_id=dataset.id, inputs=[{}, {}], outputs=[{}])


def test_a_run_becomes_an_example(client, project, dataset):
    run = client.read_run(tell(client, project).id)
    example = client.create_example_from_run(run, dataset.id)
    assert (example.inputs, example.outputs, example.source_run_id) == (run.inputs, run.outputs, run.id)


# -- refusals --------------------------------------------------------------------------------------

NEITHER = [
    lambda client: client.read_project(),
    lambda client: client.read_project(project_id=NOBODY, project_name="x"),
    lambda client: client.read_dataset(),
    lambda client: client.create_example({}),
    lambda client: list(client.list_examples()),
    lambda client: client.delete_project(),
    lambda client: client.create_examples(dataset_id=NOBODY),
]


@pytest.mark.parametrize("call", NEITHER)
def test_a_call_that_says_neither_name_nor_id_is_refused(call, client):
    with pytest.raises(ConfigurationError, match="takes one of"):
        call(client)
    assert client._transport.asked == []


UNKNOWN = [
    lambda client: client.read_run(NOBODY),
    lambda client: client.read_project(project_name="no such"),
    lambda client: client.read_project(project_id=NOBODY),
    lambda client: client.read_dataset(dataset_name="no such"),
    lambda client: client.read_dataset(dataset_id=NOBODY),
    lambda client: client.read_example(NOBODY),
    lambda client: client.read_feedback(NOBODY),
    lambda client: list(client.list_runs(project_name="no such")),
    lambda client: list(client.list_projects(reference_dataset_name="no such")),
]


@pytest.mark.parametrize("call", UNKNOWN)
def test_what_is_not_there_is_not_found(call, client):
    with pytest.raises(LangSmithNotFoundError):
        call(client)


def test_a_key_that_is_refused_is_an_authentication_error_without_the_key(server):
    with pytest.raises(LangSmithAuthError) as error:
        Client(server.url, api_key="lsv2_pt_real_looking_key").read_run(NOBODY)
    assert error.value.status == 401 and "real_looking" not in str(error.value)


# Status -> what is raised. 500 and its like come after the transport's retries, whose pauses are not waited here.
RAISED = [
    (401, LangSmithAuthError),
    (403, LangSmithError),
    (404, LangSmithNotFoundError),
    (408, LangSmithRequestTimeout),
    (409, LangSmithConflictError),
    (422, LangSmithError),
    (429, LangSmithRateLimitError),
    (500, LangSmithAPIError),
    (503, LangSmithAPIError),
]


class Answering:
    """A backend that gives one answer to everything."""

    def __init__(self, status, value):
        self.status = status
        self.body = json.dumps(value).encode()
        self.headers = {}
        self.requests = []

    async def send(self, request: Request, trust, timeouts):
        self.requests.append(request)
        return self

    async def read_all(self, limit, option):
        return self.body


def answered(status, value=None):
    settings = Settings("http://127.0.0.1:9", "lsv2_fake_key")
    backend = Answering(status, value)
    return Client("http://127.0.0.1:9", transport=Transport(settings, backend=backend, sleep=lambda _: None)), backend


@pytest.mark.parametrize(("status", "kind"), RAISED)
def test_a_status_is_an_error_by_the_sdks_name(status, kind):
    client, _ = answered(status, {"detail": "why"})
    with pytest.raises(LangSmithError, match="why") as error:
        client.read_run(NOBODY)
    assert type(error.value) is kind and error.value.status == status


def test_what_a_server_leaves_out_is_none_and_what_is_new_is_kept():
    client, _ = answered(200, {"id": NOBODY, "name": "n", "run_type": "llm", "new_field": [1], "metadata": "odd"})
    run = client.read_run(NOBODY)
    assert (run.outputs, run.end_time, run.latency, run.url, run.inputs, run.metadata) == (None, None, None, None, {}, {})
    assert run.new_field == [1] and run.raw["metadata"] == "odd"
    assert run.dict()["new_field"] == [1] and "raw" not in run.dict()


def test_a_server_that_gives_more_than_was_asked_for_is_cut_short():
    client, backend = answered(200, {"runs": [{"id": NOBODY, "name": "n"}] * 3, "cursors": {"next": "more"}})
    assert len(list(client.list_runs(limit=2))) == 2
    assert len(backend.requests) == 1


def test_the_workspace_and_the_key_go_as_headers():
    backend = Answering(200, [])
    settings = Settings("http://127.0.0.1:9", "lsv2_fake_key", "p", "workspace")
    client = Client(transport=Transport(settings, backend=backend))
    assert list(client.list_projects()) == []
    headers = backend.requests[0].headers
    assert (headers["x-api-key"], headers["X-Tenant-Id"]) == ("lsv2_fake_key", "workspace")


MOMENTS = [
    ("2026-11-23T04:25:25.141372+00:00", datetime(2026, 11, 23, 4, 25, 25, 141372, timezone.utc)),
    ("2026-11-23T04:25:25.1Z", datetime(2026, 11, 23, 4, 25, 25, 100000, timezone.utc)),
    ("2026-11-23T04:25:25.123456789Z", datetime(2026, 11, 23, 4, 25, 25, 123456, timezone.utc)),
    ("2026-11-23T04:25:25", datetime(2026, 11, 23, 4, 25, 25, 0, timezone.utc)),
    (None, None),
]


@pytest.mark.parametrize(("text", "expected"), MOMENTS)
def test_times_of_any_form_are_read(text, expected):
    assert moment(text) == expected
