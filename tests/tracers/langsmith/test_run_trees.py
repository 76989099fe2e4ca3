"""RunTree: a run told by hand, and the two headers by which a trace goes on in another process."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from minichat.messages import HumanMessage
from minichat.tracers.langsmith.run_trees import RunTree
from minichat.tracers.langsmith.settings import Settings
from tests.tracers.langsmith.sink import Sink

THEN = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone.utc)
ROOT = "20260102T030405000678Z00000000-0000-0000-0000-000000000001"
CHILD = ROOT + ".20260102T030405000678Z00000000-0000-0000-0000-000000000002"
METADATA = {"n": 1, "d": {"a": [1, 2.5, None, True]}, "é/~": 'a b+c&d=e;%,"', "u": UUID(int=9), "t": THEN}
READ = {**METADATA, "u": "00000000-0000-0000-0000-000000000009", "t": "2026-01-02T03:04:05.000678+00:00"}
REST = (
    "%22d%22%3A%7B%22a%22%3A%5B1%2C2.5%2Cnull%2Ctrue%5D%7D%2C%22%C3%A9/~%22%3A%22a%20b%2Bc%26d%3De%3B%25%2C%5C%22%22"
    "%2C%22u%22%3A%2200000000-0000-0000-0000-000000000009%22"
    "%2C%22t%22%3A%222026-01-02T03%3A04%3A05.000678%2B00%3A00%22%7D"
)

# What langsmith 0.15.0 gave for these runs, as it gave it.
REAL_ROOT = {
    "langsmith-trace": ROOT,
    "baggage": f"langsmith-metadata=%7B%22n%22%3A1%2C{REST},langsmith-tags=%C3%BC%2Ca%20b,langsmith-project=p%C3%A4th/x%20y",
}
REAL_CHILD = {
    "langsmith-trace": CHILD,
    "baggage": f"langsmith-metadata=%7B%22n%22%3A2%2C{REST},langsmith-tags=k,langsmith-project=p%C3%A4th/x%20y",
}
REAL_BARE = {"langsmith-trace": ROOT, "baggage": "langsmith-project=p"}


@pytest.fixture
def sink():
    return Sink()


def root(**fields):
    return RunTree(**{"name": "r", "id": UUID(int=1), "start_time": THEN, "project_name": "p", **fields})


def rich():
    return root(project_name="päth/x y", extra={"metadata": dict(METADATA)}, tags=["ü", "a b"])


# -- headers -----------------------------------------------------------------------------------


def test_the_headers_of_a_root_are_those_of_the_sdk():
    assert rich().to_headers() == REAL_ROOT


def test_the_headers_of_a_child_are_those_of_the_sdk():
    child = rich().create_child(
        "c", run_id=UUID(int=2), start_time=THEN, tags=["k"], extra={"metadata": {"n": 2}}
    )
    assert child.to_headers() == REAL_CHILD


def test_a_run_without_metadata_and_tags_tells_its_project_only():
    assert root().to_headers() == REAL_BARE


# Headers and what the SDK's from_headers made of them, with project_name="mine", tags=["own"] and metadata n="own":
# id, trace, parent, tags, metadata, project.
OWN = {"project_name": "mine", "tags": ["own"], "extra": {"metadata": {"n": "own"}}}
READ_BY_THE_SDK = [
    (REAL_ROOT, 1, 1, None, ["a b", "own", "ü"], {**READ, "n": "own"}, "päth/x y"),
    (REAL_CHILD, 2, 1, 1, ["k", "own"], {**READ, "n": "own"}, "päth/x y"),
    (
        {"langsmith-trace": f" {ROOT} ", "baggage": "other=1,langsmith-tags=x%2Cy"},
        1, 1, None, ["own", "x", "y"], {"n": "own"}, "mine",
    ),
    ({b"langsmith-trace": ROOT.encode(), b"baggage": b"langsmith-project=q"}, 1, 1, None, ["own"], {"n": "own"}, "q"),
    (
        {"langsmith-trace": ROOT, "baggage": "langsmith-metadata=%7Bbad"},
        1, 1, None, ["own"], {"n": "own"}, "mine",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "id", "trace", "parent", "tags", "metadata", "project"), READ_BY_THE_SDK)
def test_headers_are_read_as_the_sdk_reads_them(headers, id, trace, parent, tags, metadata, project):
    run = RunTree.from_headers(headers, **OWN)
    assert (run.id, run.trace_id) == (UUID(int=id), UUID(int=trace))
    assert run.parent_run_id == (None if parent is None else UUID(int=parent))
    assert (run.tags, run.metadata, run.session_name, run.name) == (tags, metadata, project, "parent")


@pytest.mark.parametrize("headers", [REAL_ROOT, REAL_CHILD])
def test_what_is_read_is_written_again_alike(headers):
    again = RunTree.from_headers(headers).to_headers()
    assert again["langsmith-trace"] == headers["langsmith-trace"]
    assert RunTree.from_headers(again).metadata == RunTree.from_headers(headers).metadata


def test_a_child_of_headers_stands_below_the_callers_run(sink):
    child = RunTree.from_headers(REAL_CHILD, client=sink).create_child("here")
    assert child.dotted_order.startswith(CHILD + ".")
    assert (child.trace_id, child.parent_run_id) == (UUID(int=1), UUID(int=2))
    child.post()
    assert sink.run["session_name"] == "päth/x y"
    assert sink.run["parent_run_id"] == str(UUID(int=2))


def test_without_the_trace_header_there_is_no_parent():
    assert RunTree.from_headers({"baggage": "langsmith-project=p"}) is None


def test_a_trace_header_that_is_no_dotted_order_is_refused():
    with pytest.raises(ValueError):
        RunTree.from_headers({"langsmith-trace": "junk"})


@pytest.mark.parametrize("baggage", ["langsmith-metadata=%7Bbad", "langsmith-metadata=%5B1%5D"])
def test_metadata_that_cannot_be_read_is_logged_and_left_aside(baggage, caplog):
    run = RunTree.from_headers({"langsmith-trace": ROOT, "baggage": baggage + ",langsmith-project=q"})
    assert (run.metadata, run.session_name) == ({}, "q")
    assert "langsmith-metadata" in caplog.text


def test_members_of_other_makers_are_not_ours():
    baggage = "userId=Am%C3%A9lie;prop=1 , flag , langsmith-project=q"
    run = RunTree.from_headers({"langsmith-trace": ROOT, "baggage": baggage})
    assert (run.session_name, run.metadata, run.tags) == ("q", {}, [])


# -- the run -----------------------------------------------------------------------------------


def test_a_root_has_its_id_for_a_trace_and_utc_in_its_dotted_order():
    run = root(start_time=THEN.astimezone(timezone(timedelta(hours=2))))
    assert (run.dotted_order, run.trace_id, run.parent_run_id) == (ROOT, run.id, None)


def test_ids_may_be_texts():
    assert root(id=str(UUID(int=1)), reference_example_id=str(UUID(int=4))).reference_example_id == UUID(int=4)


def test_the_project_is_the_environments_unless_given(monkeypatch):
    monkeypatch.setenv("LANGSMITH_PROJECT", "of the environment")
    assert RunTree(name="r").session_name == "of the environment"
    assert RunTree(name="r", session_name="given").session_name == "given"


def test_a_child_has_metadata_and_project_of_its_parent_and_tags_of_its_own():
    parent = root(extra={"metadata": {"a": 1, "b": 1}}, tags=["above"])
    child = parent.create_child("c", extra={"metadata": {"b": 2}, "more": 3}, tags=["own"])
    assert child.extra == {"metadata": {"a": 1, "b": 2}, "more": 3}
    assert (child.tags, child.session_name) == (["own"], "p")
    assert parent.child_runs == [child]


def test_a_model_below_a_run_has_its_name_for_a_description(sink):
    parent = root(client=sink)
    for kind in ("llm", "tool"):
        parent.create_child(f"a {kind}", kind).post()
    assert [run.get("serialized") for run in sink.runs] == [{"name": "a llm"}, None]


def test_a_child_starts_no_earlier_than_its_parent():
    assert root().create_child("c", start_time=THEN - timedelta(seconds=1)).start_time == THEN


def test_ending_says_what_came_of_it():
    run = root(outputs={"a": 1})
    run.end(outputs={"b": 2}, error="no", end_time=THEN, events={"name": "x"}, metadata={"m": 1})
    assert (run.outputs, run.error, run.end_time) == ({"a": 1, "b": 2}, "no", THEN)
    assert (run.events, run.metadata) == ([{"name": "x"}], {"m": 1})


# -- telling -----------------------------------------------------------------------------------


def test_a_run_is_told_when_it_begins_and_when_it_has_ended(sink):
    run = root(client=sink, inputs={"q": 1}, tags=["t"], run_type="tool", extra={"metadata": {"m": 1}})
    run.post()
    run.end(outputs={"a": 2}, end_time=THEN)
    run.patch()
    [(first, posted), (second, patched)] = sink.told
    assert (first, second) == ("post", "patch")
    assert "end_time" not in posted and "inputs" not in patched
    told = sink.run
    assert (told["id"], told["trace_id"], told["dotted_order"]) == (str(run.id), str(run.id), ROOT)
    assert (told["name"], told["run_type"], told["session_name"], told["tags"]) == ("r", "tool", "p", ["t"])
    assert (told["inputs"], told["outputs"]) == ({"q": 1}, {"a": 2})
    assert (told["start_time"], told["end_time"]) == ("2026-01-02T03:04:05.000678+00:00",) * 2
    assert told["extra"]["metadata"]["m"] == 1 and told["extra"]["runtime"]["sdk"] == "minichat"


def test_a_patch_can_carry_the_inputs_and_ends_a_run_that_has_not_ended(sink):
    run = root(client=sink, inputs={"late": True})
    run.patch(exclude_inputs=False)
    [(_, told)] = sink.told
    assert told["inputs"] == {"late": True} and told["end_time"]


def test_what_is_changed_after_it_was_told_is_not_seen(sink):
    inputs = {"list": [1]}
    run = root(client=sink, inputs=inputs)
    run.post()
    inputs["list"].append(2)
    assert sink.run["inputs"] == {"list": [1]}


def test_children_are_told_with_their_parent_when_that_is_asked(sink):
    parent = root(client=sink)
    parent.create_child("a").create_child("b")
    parent.post(exclude_child_runs=False)
    assert sink.tree == [("r", [("a", [("b", [])])])]


def test_events_are_told_in_any_form(sink):
    run = root(client=sink)
    run.add_event("said")
    run.add_event({"name": "mine", "time": THEN, "kwargs": {"id": UUID(int=3)}})
    run.add_event([{"name": "x"}, {"name": "y"}])
    run.post()
    events = sink.run["events"]
    assert events[0]["message"] == "said"
    assert events[1] == {"name": "mine", "time": "2026-01-02T03:04:05.000678+00:00", "kwargs": {"id": str(UUID(int=3))}}
    assert [event["name"] for event in events] == ["event", "mine", "x", "y"]


def test_messages_in_inputs_are_told_as_their_fields(sink):
    root(client=sink, inputs={"asked": [HumanMessage("hi")]}).post()
    [message] = sink.run["inputs"]["asked"]
    assert (message["content"], message["type"]) == ("hi", "human")


def test_a_trace_that_is_not_in_the_sample_is_not_told(sink, monkeypatch):
    monkeypatch.setenv("LANGSMITH_TRACING_SAMPLING_RATE", "0")
    run = root(client=sink)
    run.post()
    run.create_child("c").post()
    run.patch()
    assert sink.operations == []


def test_a_client_that_hides_is_obeyed(sink):
    sink.settings = Settings("http://127.0.0.1:9", hide_inputs=True, hide_outputs=True, hide_metadata=True)
    run = root(client=sink, inputs={"secret": 1}, extra={"metadata": {"secret": 1}})
    run.post()
    run.end(outputs={"secret": 1})
    run.patch()
    assert (sink.run["inputs"], sink.run["outputs"], sink.run["extra"]["metadata"]) == ({}, {}, {})


# -- what a program says of a run in the place of what it was ---------------------------------------


def test_what_is_set_takes_the_place_of_what_there_was():
    sink = Sink()
    run = RunTree(name="f", inputs={"a": 1}, tags=["old"], extra={"metadata": {"m": 1}}, client=sink)
    run.post()
    run.set(inputs={"b": 2}, outputs={"c": 3}, tags=("new",), metadata={"n": 2}, usage_metadata={"input_tokens": 4})
    assert run.latency is None
    run.end()
    run.patch()
    assert run.latency == (run.end_time - run.start_time).total_seconds()
    patched = sink.told[-1][1]
    assert (patched["inputs"], patched["outputs"], patched["tags"]) == ({"b": 2}, {"c": 3}, ["new"])
    metadata = patched["extra"]["metadata"]
    assert (metadata["m"], metadata["n"], metadata["usage_metadata"]) == (1, 2, {"input_tokens": 4})


def test_none_is_nothing_and_what_is_not_set_stays():
    run = RunTree(name="f", inputs={"a": 1}, outputs={"b": 2}, tags=["t"], client=Sink())
    run.set()
    assert (run.inputs, run.outputs, run.tags) == ({"a": 1}, {"b": 2}, ["t"])
    run.set(inputs=None, outputs=None, tags=None, metadata=None)
    assert (run.inputs, run.outputs, run.tags) == ({}, {}, [])


@pytest.mark.parametrize("name", ["langsmith-trace", "Langsmith-Trace", b"Langsmith-Trace", "LANGSMITH-TRACE"])
def test_a_headers_name_is_found_in_any_case(name):
    root = RunTree(name="f", client=Sink())
    assert RunTree.from_headers({"other": "x", name: root.dotted_order}).id == root.id
