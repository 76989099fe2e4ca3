"""What the client does with datasets beside their rows, with conversations, counts, and links for feedback."""

from __future__ import annotations

import io
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from fakes import langsmith
from minichat.errors import ConfigurationError
from minichat.messages import AIMessage, HumanMessage
from minichat.tracers.langsmith import LangSmithConflictError, LangSmithNotFoundError, RunTree
from minichat.tracers.langsmith.client import Client
from minichat.tracers.langsmith.datasets import _form
from tests.tracers.langsmith.canned import canned


@pytest.fixture
def client():
    with langsmith.serve() as server:
        client = Client(server.url, api_key=server.key)
        yield client
        client.close(1)


def told(client, **fields):
    run = RunTree(client=client, **{"project_name": "p", "name": "f", "inputs": {"x": 1}, **fields})
    run.post()
    run.end(outputs={"y": 2})
    run.patch()
    client.flush()
    return run


def inputs(examples):
    return sorted((one.inputs for one in examples), key=str)


# -- datasets of other things --------------------------------------------------------------------

CSV = b'q,a,more\n"how, then","so\r\nso",1\nwho,\xc3\xa9,2\n'
ROWS = [({"q": "how, then"}, {"a": "so\r\nso"}), ({"q": "who"}, {"a": "é"})]


@pytest.mark.parametrize("form", ["path", "text path", "file"])
def test_a_csv_file_becomes_a_dataset(client, tmp_path, form):
    path = tmp_path / 'the "file".csv'
    path.write_bytes(CSV)
    given = {"path": path, "text path": str(path), "file": (path.name, io.BytesIO(CSV))}[form]
    made = client.upload_csv(given, ["q"], ["a"], description="d")
    assert (made.name, made.description, made.data_type, made.example_count) == ('the "file".csv', "d", "kv", 2)
    found = [(one.inputs, one.outputs) for one in client.list_examples(dataset_id=made.id)]
    assert sorted(found, key=str) == ROWS
    with pytest.raises(LangSmithConflictError):
        client.upload_csv(given if form != "file" else (path.name, io.BytesIO(CSV)), ["q"], ["a"])
    assert client.upload_csv(path, input_keys=["q", "more"], output_keys=[], name="other").name == "other"


def test_examples_of_texts_and_of_messages(client):
    client.create_dataset("llm", data_type="llm")
    client.create_dataset("chat", data_type="chat")
    one = client.create_llm_example("ask", "answer", dataset_name="llm")
    assert (one.inputs, one.outputs) == ({"input": "ask"}, {"output": "answer"})
    two = client.create_chat_example([HumanMessage("hi"), {"type": "human", "data": {"content": "b"}}],
                                     AIMessage("yo"), dataset_name="chat")  # fmt: skip
    human = {"type": "human", "data": {"content": "hi"}}
    assert two.inputs == {"input": [human, {"type": "human", "data": {"content": "b"}}]}
    assert two.outputs == {"output": {"type": "ai", "data": {"content": "yo"}}}
    assert client.create_chat_example([human], dataset_name="chat").outputs is None
    (line, _) = client.read_dataset_openai_finetuning(dataset_name="chat")
    assert [one["role"] for one in line["messages"]][0] == "user"


def test_one_line_for_fine_tuning_is_a_list_too(client):
    client.create_dataset("chat", data_type="chat")
    client.create_chat_example([HumanMessage("hi")], AIMessage("yo"), dataset_name="chat")
    assert [sorted(one) for one in client.read_dataset_openai_finetuning(dataset_name="chat")] == [["messages"]]


def test_the_server_copies_a_run_when_it_is_asked_to(client):
    run = told(client)
    client.create_dataset("ds")
    made = client.create_example(dataset_name="ds", source_run_id=run.id, use_source_run_io=True)
    assert (made.inputs, made.outputs, made.source_run_id) == ({"x": 1}, {"y": 2}, run.id)
    with pytest.raises(ConfigurationError, match="source_run_id="):
        client.create_example(dataset_name="ds", use_source_run_io=True)


def test_examples_that_are_changed_have_to_be_of_the_dataset_that_is_named(client):
    here, there = client.create_dataset("here"), client.create_dataset("there")
    one = client.create_example({"q": 1}, dataset_id=here.id)
    other = client.create_example({"q": 1}, dataset_id=there.id)
    with pytest.raises(ConfigurationError, match=str(other.id)):
        changes = [{"id": one.id, "inputs": {"q": 2}}, {"id": other.id, "inputs": {"q": 2}}]
        client.update_examples(dataset_name="here", updates=changes)
    assert inputs(client.list_examples(here.id)) == [{"q": 1}]
    client.update_examples(dataset_id=here.id, updates=changes[:1])
    assert inputs(client.list_examples(here.id)) == [{"q": 2}]


# -- versions, splits ----------------------------------------------------------------------------


def test_a_version_has_a_moment_and_a_tag(client):
    made = client.create_dataset("ds")
    one = client.create_example({"q": 1}, dataset_id=made.id)
    before = client.read_dataset_version(dataset_id=made.id, tag="latest").as_of
    client.update_dataset_tag(dataset_name="ds", as_of=before, tag="prod")
    two = client.create_example({"q": 2}, dataset_id=made.id)
    client.update_example(one.id, inputs={"q": 10})
    for as_of in (before, "prod"):
        assert inputs(client.list_examples(dataset_id=made.id, as_of=as_of)) == [{"q": 1}]
        assert client.read_example(one.id, as_of=as_of).inputs == {"q": 1}
    listed = list(client.list_dataset_versions(dataset_name="ds"))
    assert [version.tags for version in listed][-1] == ["prod"]
    assert [version.as_of for version in listed] == sorted((version.as_of for version in listed), reverse=True)
    assert [version.tags for version in client.list_dataset_versions(dataset_id=made.id, limit=1)] == [["latest"]]
    assert client.read_dataset_version(dataset_id=made.id, as_of=before).tags == ["prod"]
    changed = client.diff_dataset_versions(made.id, from_version="prod", to_version=datetime.now(timezone.utc))
    shown = (changed.examples_added, changed.examples_modified, changed.examples_removed)
    assert shown == ([two.id], [one.id], [])
    with pytest.raises(LangSmithNotFoundError):
        client.read_dataset_version(dataset_id=made.id, tag="nobody's")
    with pytest.raises(ConfigurationError, match="as_of=, tag="):
        client.read_dataset_version(dataset_id=made.id)


def test_examples_go_into_splits_and_out_of_them(client):
    made = client.create_dataset("ds")
    one, two = (client.create_example({"q": q}, dataset_id=made.id) for q in (1, 2))
    before = client.read_dataset_version(dataset_id=made.id, tag="latest").as_of
    client.update_dataset_splits(dataset_name="ds", split_name="hard", example_ids=[one.id, str(two.id)])
    assert client.list_dataset_splits(dataset_id=made.id) == ["base", "hard"]
    assert client.list_dataset_splits(dataset_id=made.id, as_of=before) == ["base"]
    client.update_dataset_splits(dataset_id=made.id, split_name="hard", example_ids=[two.id], remove=True)
    assert inputs(client.list_examples(dataset_id=made.id, splits=["hard"])) == [{"q": 1}]


# -- shared datasets -----------------------------------------------------------------------------


def test_a_copy_of_a_shared_dataset_has_all_of_it(client):
    schema = {"type": "object", "properties": {"q": {"type": "string"}}}
    made = client.create_dataset("ds", data_type="kv", inputs_schema=schema, outputs_schema={"type": "object"})
    client.create_example({"q": "a"}, made.id, outputs={"a": 1}, metadata={"m": 1})
    copy = client.clone_public_dataset(client.share_dataset(made.id)["url"], dataset_name="copy")
    (one,) = client.list_examples(copy.id)
    assert (one.inputs, one.outputs, one.metadata["m"]) == ({"q": "a"}, {"a": 1}, 1)
    assert (copy.inputs_schema, copy.outputs_schema) == (schema, {"type": "object"})
    client.create_dataset("chats", data_type="chat")
    chats = client.clone_public_dataset(client.share_dataset(dataset_name="chats")["url"], dataset_name="empty")
    assert chats.data_type == "chat" and list(client.list_examples(chats.id)) == []


def test_versions_and_what_is_shared_are_found_by_words(client):
    made = client.create_dataset("ds")
    client.create_examples(dataset_id=made.id, inputs=[{"q": 1}, {"q": 2}])
    before = client.read_dataset_version(dataset_id=made.id, tag="latest").as_of
    client.update_dataset_tag(dataset_name="ds", as_of=before, tag="prod")
    client.create_example({"q": 3}, dataset_id=made.id)
    assert [one.tags for one in client.list_dataset_versions(dataset_id=made.id, search="pro")] == [["prod"]]
    first, _ = [client.create_project(name, reference_dataset_id=made.id).id for name in ("a1", "b2")]
    link = client.share_dataset(made.id)["url"]

    def names(**asked):
        return [one.name for one in client.list_shared_projects(dataset_share_token=link, **asked)]

    assert names(name="a1") == names(name_contains="1") == names(project_ids=[first]) == ["a1"]
    assert len(list(client.list_shared_examples(link, limit=2))) == 2


def test_a_files_name_cannot_leave_its_header():
    head = _form([], 'a"\r\nX: y', b"")[0].partition(b"\r\n\r\n")[0]
    assert b'filename="a%22%0D%0AX: y"' in head


def test_a_shared_dataset_is_read_by_its_token_or_link(client):
    made = client.create_dataset("ds", description="d")
    kept = client.create_examples(dataset_id=made.id, inputs=[{"q": n} for n in range(120)])["example_ids"]
    client.create_project("experiment", reference_dataset_id=made.id)
    shared = client.share_dataset(dataset_name="ds")
    assert client.read_dataset_shared_schema(made.id) == shared
    assert shared["url"] == f"{client.api_url}/public/{shared['share_token']}/d"
    for token in (shared["share_token"], shared["url"]):
        assert client.read_shared_dataset(token).id == made.id
        assert len(list(client.list_shared_examples(token))) == 120
        assert [one.id for one in client.list_shared_examples(token, example_ids=kept[:1])] == [uuid.UUID(kept[0])]
        assert [one.name for one in client.list_shared_projects(dataset_share_token=token)] == ["experiment"]
    copy = client.clone_public_dataset(shared["url"], dataset_name="copy")
    assert (copy.name, copy.description) == ("copy", "d")
    assert inputs(client.list_examples(dataset_name="copy")) == inputs(client.list_examples(made.id))
    assert client.clone_public_dataset(shared["share_token"]).id == made.id  # there is one of that name
    client.unshare_dataset(made.id)
    for ask in (client.read_dataset_shared_schema, client.share_dataset):
        with pytest.raises(ConfigurationError):
            ask()
    with pytest.raises(LangSmithNotFoundError):
        client.read_dataset_shared_schema(made.id)


def test_a_dataset_of_another_langsmith_is_copied_without_the_key(client):
    with langsmith.serve() as other:
        theirs = Client(other.url, api_key=other.key)
        made = theirs.create_dataset("ds")
        theirs.create_example({"q": 1}, made.id)
        token = theirs.share_dataset(made.id)["share_token"]
        client.clone_public_dataset(token, source_api_url=other.url + "/")
        assert inputs(client.list_examples(dataset_name="ds")) == [{"q": 1}]
    with canned((404, {}, b"{}")) as server:
        with pytest.raises(LangSmithNotFoundError):
            client.clone_public_dataset(token, source_api_url=server.url)
        assert "x-api-key" not in server.asked[0].headers


# -- runs: in order, counted, by conversation ------------------------------------------------------


def test_runs_come_oldest_first_where_that_is_wanted(client):
    for number in range(3):
        told(client, inputs={"x": number})
    assert [run.inputs["x"] for run in client.list_runs(project_name="p", order="asc")] == [0, 1, 2]
    assert [run.inputs["x"] for run in client.list_runs(project_name="p")] == [2, 1, 0]
    later = datetime.now(timezone.utc) - timedelta(days=1)
    assert list(client.list_runs(project_name="p", end_time=later)) == []


def test_runs_are_counted(client):
    told(client)
    told(client, run_type="tool", error="E()")
    counted = client.get_run_stats(project_names=["p"])
    assert (counted["run_count"], counted["error_rate"]) == (2, 0.5)
    project = client.read_project(project_name="p")
    assert client.get_run_stats(project_ids=[project.id], run_type="tool", error=True)["run_count"] == 1
    with pytest.raises(ConfigurationError, match="project_names="):
        client.get_run_stats(is_root=True)


def test_a_conversation_is_read_from_its_beginning(client):
    for name, thread in (("thread_id", "a"), ("session_id", 'b"'), ("conversation_id", "a")):
        told(client, name=name, extra={"metadata": {name: thread}})
    told(client, name="alone")
    assert [run.name for run in client.read_thread(thread_id="a", project_name="p")] == ["thread_id", "conversation_id"]
    assert [run.name for run in client.read_thread(thread_id='b"', project_name="p")] == ["session_id"]
    named = client.read_thread(thread_id="a", project_name="p", filter='eq(name, "thread_id")', order="desc", limit=1)
    assert [run.name for run in named] == ["thread_id"]
    listed = client.list_threads(project_name="p")
    assert [(one["thread_id"], one["count"]) for one in listed] == [("a", 2), ('b"', 1)]
    assert [run.name for run in listed[0]["runs"]] == ["thread_id", "conversation_id"]
    assert listed[0]["min_start_time"] < listed[1]["min_start_time"] < listed[0]["max_start_time"]
    assert [one["thread_id"] for one in client.list_threads(project_name="p", offset=1, limit=1)] == ['b"']
    assert client.list_threads(project_name="p", start_time=datetime.now(timezone.utc)) == []
    with pytest.raises(ConfigurationError):
        client.read_thread(thread_id="a")
    with pytest.raises(ConfigurationError):
        client.list_threads()


def test_conversations_are_of_one_project_and_of_its_roots(client):
    told(client, name="a", extra={"metadata": {"thread_id": "t"}})
    told(client, name="b", project_name="q", inputs={})
    p, q = (client.read_project(project_name=name).id for name in "pq")
    assert [run.name for run in client.read_thread(thread_id="t", project_id=p)] == ["a"]
    assert list(client.read_thread(thread_id="t", project_id=q)) == []
    assert list(client.read_thread(thread_id="t", project_id=p, filter='eq(name, "b")')) == []
    assert list(client.read_thread(thread_id="other", project_id=p, filter='eq(name, "a")')) == []
    (few,) = client.read_thread(thread_id="t", project_id=p, select=["name"])
    assert few.inputs in (None, {})
    assert [one["thread_id"] for one in client.list_threads(project_id=p)] == ["t"]
    for nothing in ({"filter": 'eq(name, "nobody")'}, {"limit": 0}):
        assert client.list_threads(project_name="p", **nothing) == []
    long_ago = datetime.now(timezone.utc) - timedelta(days=2)
    told(client, name="old", start_time=long_ago, extra={"metadata": {"thread_id": "old"}})
    assert [one["thread_id"] for one in client.list_threads(project_name="p")] == ["t"]
    root = told(client, name="root", extra={"metadata": {"thread_id": "k"}})
    kid = root.create_child("kid", extra={"metadata": {"thread_id": "k"}})
    kid.post()
    kid.patch()
    client.flush()
    assert {one["thread_id"]: one["count"] for one in client.list_threads(project_name="p")}["k"] == 1
    assert [run.name for run in client.read_thread(thread_id="k", project_name="p")] == ["root"]


def test_the_counted_runs_are_those_that_were_asked_for(client):
    one = told(client, inputs={"x": "find me"})
    told(client, name="other")

    def count(**asked):
        return client.get_run_stats(project_names=["p"], **asked)["run_count"]

    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    assert count() == 2
    assert count(id=[one.id]) == count(trace=one.id) == count(query="find me") == count(filter='eq(name, "other")') == 1
    assert count(trace_filter='eq(name, "other")') == count(tree_filter='eq(name, "other")') == 1
    assert count(parent_run=one.id) == count(is_root=False) == count(reference_example_ids=[uuid.uuid4()]) == 0
    assert count(start_time=tomorrow) == count(end_time=tomorrow - timedelta(days=2)) == 0


# -- feedback by a link ----------------------------------------------------------------------------


def test_feedback_is_given_by_whoever_has_the_link(client):
    run = told(client)
    token = client.create_presigned_feedback_token(run.id, "mood")
    left = token.expires_at - datetime.now(timezone.utc)
    assert timedelta(hours=2, minutes=58) < left <= timedelta(hours=3, minutes=1)
    assert token.url not in repr(token)
    client.create_feedback_from_token(token.url, score=1, comment="well", metadata={"a": 1})
    (said,) = client.list_feedback(run_ids=[run.id])
    assert (said.key, said.score, said.comment) == ("mood", 1, "well")
    two = client.create_presigned_feedback_tokens(run.id, ["a", "b"], expiration=timedelta(days=1, hours=2, minutes=3))
    left = two[1].expires_at - datetime.now(timezone.utc)
    assert timedelta(days=1, hours=2, minutes=2) < left < timedelta(days=1, hours=2, minutes=4)
    client.create_feedback_from_token(str(two[1].id), value="x", correction={"y": 3})
    assert {one.key for one in client.list_feedback(run_ids=[run.id])} == {"mood", "b"}
    ids = {one.id for one in client.list_presigned_feedback_tokens(run.id)}
    assert ids == {token.id, *(one.id for one in two)}
    end = datetime.now(timezone.utc) + timedelta(hours=7)
    assert client.create_presigned_feedback_token(run.id, "c", expiration=end).expires_at == end


def test_all_that_is_said_by_a_link_is_kept(client):
    run = told(client)
    token = client.create_presigned_feedback_token(run.id, "mood", feedback_id=uuid.uuid4())
    client.create_feedback_from_token(token.url, value="x", correction={"y": 3}, metadata={"a": 1})
    (said,) = client.list_feedback(run_ids=[run.id])
    assert (said.value, said.correction, said.feedback_source.metadata["a"]) == ("x", {"y": 3}, 1)
    client.create_presigned_feedback_tokens(run.id, ["a", "b"])
    assert len(list(client.list_presigned_feedback_tokens(run.id, limit=2))) == 2
    soon = client.create_presigned_feedback_token(run.id, "c", expiration=timedelta(seconds=5))
    assert soon.expires_at > datetime.now(timezone.utc)


def test_a_link_that_cannot_be_is_refused_by_name(client):
    run = told(client)
    with pytest.raises(ValueError):
        client.create_feedback_from_token("../runs/x", score=1)
    with pytest.raises(ConfigurationError, match="2 keys, but 1 of feedback_configs"):
        client.create_presigned_feedback_tokens(run.id, ["a", "b"], feedback_configs=[None])
    with pytest.raises(ConfigurationError, match="not int"):
        client.create_presigned_feedback_token(run.id, "a", expiration=3)
    strange = f"http://elsewhere.example/feedback/tokens/{uuid.uuid4()}"
    with pytest.raises(ConfigurationError, match="another LangSmith"):
        client.create_feedback_from_token(strange, score=1)


def test_where_feedback_comes_from_is_read_as_attributes_and_as_a_dict(client):
    run = told(client)
    client.create_feedback(run.id, "k", source_info={"a": 1}, feedback_source_type="model")
    (said,) = client.list_feedback(run_ids=[run.id])
    source = said.feedback_source
    assert (source.type, source.metadata, source.user_id, source["type"]) == ("model", {"a": 1}, None, "model")
    assert said.comparative_experiment_id is None
    with pytest.raises(AttributeError):
        source.nothing


# -- the client itself -----------------------------------------------------------------------------


def test_pages_for_people_may_be_elsewhere(client):
    run = told(client)
    elsewhere = Client(client.api_url, api_key="lsv2_fake_1", web_url="https://smith.mine.example/")
    assert elsewhere.get_run_url(run=run).startswith("https://smith.mine.example/o/")
    assert elsewhere.read_run(run.id).url.startswith("https://smith.mine.example/o/")


@pytest.mark.parametrize("given, waits", [(1500, (1.5, 1.5)), ((2000, 90001), (2.0, 90.001)), (None, (10.0, 60.0))])
def test_a_call_waits_as_long_as_it_is_told(given, waits):
    seen = []

    class Sending:
        async def send(self, request, trust, timeouts):
            seen.append((timeouts.connect, timeouts.read))
            raise OSError("enough")

    client = Client("http://langsmith.example", timeout_ms=given)
    client._transport._backend, kept = Sending(), client._transport._backend
    with pytest.raises(OSError):
        client.has_project("p")
    client._transport._backend = kept
    assert seen == [waits]


def test_clients_with_the_same_timeout_share_their_connections():
    clients = [Client("http://langsmith.example", timeout_ms=given) for given in (3000, (3000, 3000), 4000, None)]
    first, same, other, default = (one._transport for one in clients)
    assert first is same and len({id(one) for one in (first, other, default)}) == 3


@pytest.mark.parametrize("given", [0, -1, "3", (1,), (1, 2, 3), (1, None)])
def test_a_timeout_that_is_none_is_refused(given):
    with pytest.raises(ConfigurationError, match="timeout_ms"):
        Client("http://langsmith.example", timeout_ms=given)


def test_many_examples_are_changed_in_all_that_is_said(client):
    made = client.create_dataset("ds")
    one = client.create_example({"q": 1}, dataset_id=made.id)
    change = {"id": one.id, "outputs": {"a": 1}, "metadata": {"m": 1}, "split": "hard"}
    client.update_examples(dataset_id=made.id, updates=[change])
    now = client.read_example(one.id)
    assert (now.inputs, now.outputs) == ({"q": 1}, {"a": 1})
    assert (now.metadata["m"], now.metadata["dataset_split"]) == (1, ["hard"])


def test_what_the_table_of_an_experiment_tells(client):
    made = client.create_dataset("ds")
    one = client.create_example({"q": 1}, dataset_id=made.id)
    client.create_example({"q": 2}, dataset_id=made.id)
    project = client.create_project("experiment", reference_dataset_id=made.id)
    run = RunTree(name="f", client=client, project_name="experiment", reference_example_id=one.id)
    run.post()
    run.patch()
    client.flush()
    client.create_feedback(project_id=project.id, key="whole", score=1)
    client.create_feedback(run.id, "part", score=0)
    told_ = client.get_experiment_results(name="experiment")
    assert sorted(told_["feedback_stats"]) == ["part", "whole"]
    assert told_["run_stats"]["run_count"] == 1 and "prompt_tokens" in told_["run_stats"]
    assert len(list(told_["examples_with_runs"])) == 2
    few = client.get_experiment_results(project_id=project.id, limit=1)["examples_with_runs"]
    assert len(list(few)) == 1
    for name, count in (("f", 1), ("nobody", 0)):
        wanted = {project.id: [f'eq(name, "{name}")']}
        rows = client.get_experiment_results(project_id=project.id, filters=wanted)["examples_with_runs"]
        assert [len(one.runs) for one in rows] == [1] * count


def test_experiments_are_set_side_by_side(client):
    made = client.create_dataset("ds")
    both = [client.create_project(name, reference_dataset_id=made.id).id for name in ("a", "b")]
    side = client.create_comparative_experiment("both", both, description="d", metadata={"k": 1})
    assert (side.name, side.description, side.metadata) == ("both", "d", {"k": 1})
    assert side.reference_dataset_id == made.id
    with pytest.raises(ConfigurationError):
        client.create_comparative_experiment("none", [])
    with pytest.raises(ConfigurationError, match="no dataset"):
        client.create_comparative_experiment("lone", [client.create_project("lone").id])
