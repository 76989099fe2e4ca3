"""Several endpoints: which ones are named, what each of them gets, and what one that is down costs the others."""

from __future__ import annotations

import json
import logging
from uuid import UUID

import pytest

from minichat import FakeListChatModel
from minichat.errors import ConfigurationError
from minichat.tracers.langsmith import Client, RunTree, ending, fan, switch, traceable
from minichat.tracers.langsmith import sender as senders
from minichat.tracers.langsmith.endpoints import Endpoint, as_told_to, derived, endpoints_of
from minichat.tracers.langsmith.fan import Fan
from minichat.tracers.langsmith.sender import Sender, sender_for
from minichat.tracers.langsmith.settings import Settings, environment_metadata, read_settings
from tests.tracers.langsmith.canned import HANG, canned, refusing
from tests.tracers.langsmith.test_sender import Kept

A, B = "lsv2_fake_aaaaaaaa", "lsv2_fake_bbbbbbbb"


def run(name):
    return {"id": name, "dotted_order": name}


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.setattr(senders, "_senders", {})
    monkeypatch.setattr(fan, "_fans", {})
    monkeypatch.setattr(ending, "_started", [])
    monkeypatch.setattr(switch, "_tracers", {})
    monkeypatch.setattr(switch, "_complained", set())
    yield
    for sender in senders._senders.values():
        sender.close(5)
        sender.hang_up()


def item(url="http://a", key=A, **more):
    return {"api_url": url, "api_key": key, **more}


# -- what is named -------------------------------------------------------------------------------

NAMED = [
    ([item(), item("http://b/", B)], (Endpoint("http://a", A), Endpoint("http://b", B))),
    ({"http://a/": A, "http://b": B}, (Endpoint("http://a", A), Endpoint("http://b", B))),
    ([], ()),
    ({}, ()),
    ([item(project_name="p", workspace_id=" w ")], (Endpoint("http://a", A, "p", "w"),)),
    ([item(project_name=None, workspace_id=None)], (Endpoint("http://a", A),)),
    ([item(primary=True), item("http://b", B)], (Endpoint("http://a", A, primary=True), Endpoint("http://b", B))),
    ([item(), item()], (Endpoint("http://a", A),)),
]  # fmt: skip


@pytest.mark.parametrize("said, expected", NAMED)
def test_the_variable_names_endpoints_as_in_the_sdk(said, expected):
    assert endpoints_of(json.dumps(said)) == expected


BROKEN = [
    "a",
    3,
    item(url=None),
    item(url=" "),
    item(key=3),
    item(key=None),
    item(project_name=3),
    item(workspace_id=["w"]),
    item(primary="yes"),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_no_endpoint_is_left_out_with_one_line(caplog, broken):
    assert endpoints_of(json.dumps([broken, item("http://b", B)])) == (Endpoint("http://b", B),)
    [record] = caplog.records
    assert "number 1" in record.message and A not in record.message
    with pytest.raises(ConfigurationError):
        endpoints_of(json.dumps([broken]))


@pytest.mark.parametrize("text", ["{nope", "3", "null", '"http://a"', f"http://a={A}", "[" * 100_000])
def test_what_is_no_list_is_an_error_without_the_text(text):
    with pytest.raises(ConfigurationError) as raised:
        endpoints_of(text)
    assert A not in str(raised.value) and raised.value.__cause__ is None and raised.value.__context__ is None


def test_two_primaries_are_an_error():
    with pytest.raises(ConfigurationError, match="primary"):
        endpoints_of(json.dumps([item(primary=True), item("http://b", B, primary=True)]))


@pytest.mark.parametrize("name", ["LANGSMITH_RUNS_ENDPOINTS", "LANGCHAIN_RUNS_ENDPOINTS"])
def test_settings_are_of_the_first_endpoint_and_show_no_key(monkeypatch, name):
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_fake_cccccccc")
    monkeypatch.setenv("LANGSMITH_PROJECT", "mine")
    monkeypatch.setenv(name, json.dumps([item(workspace_id="w"), item("http://b", B)]))
    settings = read_settings()
    assert (settings.endpoint, settings.api_key, settings.workspace, settings.project) == ("http://a", A, "w", "mine")
    assert [one.api_url for one in settings.endpoints] == ["http://a", "http://b"]
    shown = repr(settings) + repr(settings.endpoints) + repr(sender_for(settings)) + repr(Client())
    shown += json.dumps(environment_metadata({name: json.dumps([item()])}))
    assert A not in shown and B not in shown
    monkeypatch.delenv(name)
    assert read_settings().endpoints == () and read_settings().api_key == "lsv2_fake_cccccccc"


# -- what each of them gets ----------------------------------------------------------------------

ID, ABOVE = "0198c2f0-0000-7000-8000-000000000002", "0198c2f0-0000-7000-8000-000000000001"
RUN = {
    "id": ID,
    "trace_id": ABOVE,
    "parent_run_id": ABOVE,
    "dotted_order": f"20260101T000000000000Z{ABOVE}.20260101T000000000001Z{ID}",
    "session_name": "mine",
    "inputs": {"a": 1},
}


def moved(project):
    above, own = derived(ABOVE, project), derived(ID, project)
    return {
        **RUN,
        "id": own,
        "trace_id": above,
        "parent_run_id": above,
        "dotted_order": f"20260101T000000000000Z{above}.20260101T000000000001Z{own}",
        "session_name": project,
    }


# The endpoint's project, whether it is the primary, whether one is -> what it gets. Source: langsmith 0.15.0.
TOLD = [
    (None, None, False, RUN),
    ("mine", None, False, RUN),
    ("other", None, False, moved("other")),
    ("other", True, True, {**RUN, "session_name": "other"}),
    (None, True, True, RUN),
    (None, None, True, moved("mine")),
    (None, False, False, moved("mine")),
    ("other", False, True, moved("other")),
]


@pytest.mark.parametrize("project, primary, has_primary, expected", TOLD)
def test_an_endpoint_gets_a_run_into_its_project(project, primary, has_primary, expected):
    endpoint = Endpoint("http://a", A, project, primary=primary)
    before = json.dumps(RUN)
    assert as_told_to(endpoint, RUN, has_primary=has_primary) == expected
    assert json.dumps(RUN) == before


def test_a_derived_id_is_stable_and_keeps_the_time():
    other = UUID(derived(ID, "other"))
    assert str(other) == derived(ID, "other") != derived(ID, "third")
    assert other.version == 7 and other.bytes[:6] == UUID(ID).bytes[:6] and other != UUID(ID)
    assert UUID(derived("8d1f8b5e-5f0a-4a6e-9d5e-0a5b0c3d2e1f", "p")).version == 7
    assert UUID(derived("no id", "p")).version == 7


class Counting(dict):
    resolved = 0

    def resolve(self):
        type(self).resolved += 1
        return {"outputs": {}, **self}


@pytest.fixture
def two():
    """Two senders in a fan; the second may be held at its door."""
    places = Kept(), Kept(held=True)
    made = [Sender(Settings(f"http://{n}", key), destinations=[at]) for n, key, at in zip("ab", (A, B), places)]
    yield Fan(made[0].settings, [(one, None) for one in made]), places
    places[1].door.set()
    for one in made:
        assert one.close()


def test_one_that_hangs_keeps_nothing_from_the_other(two):
    both, (first, second) = two
    both.submit("post", run("1"))
    assert second.inside.wait(20)  # and there it stays
    assert both.senders[0].flush()
    both.submit("post", run("2"))
    assert both.senders[0].flush()
    assert not both.flush(0)
    assert [one["id"] for batch in first.batches for _, one in batch] == ["1", "2"]
    second.door.set()
    assert both.flush()
    assert [one["id"] for batch in second.batches for _, one in batch] == ["1", "2"]


def test_a_run_is_written_out_once_for_all(two, monkeypatch):
    monkeypatch.setattr(Counting, "resolved", 0)
    both, (first, second) = two
    second.door.set()
    both.submit("post", Counting(id="1"))
    assert both.flush()
    assert first.batches == second.batches == [[("post", {"id": "1", "outputs": {}})]]
    assert Counting.resolved == 1


def test_a_beginning_and_an_end_that_wait_are_one_operation_at_each_endpoint():
    place = Kept(held=True)
    sender = Sender(Settings("http://a", A), destinations=[place])
    other, third = Endpoint("http://a", A, "other"), Endpoint("http://a", A, "third")
    both = Fan(sender.settings, [(sender, None), (sender, other), (sender, third)])
    both.submit("post", run("first"))  # is held at the door; what follows waits
    assert place.inside.wait(20)
    both.submit("post", RUN)
    both.submit("patch", {"id": ID, "session_name": "mine", "outputs": {}})
    place.door.set()
    assert both.flush() and sender.close()
    told = [one for batch in place.batches for one in batch if one[1]["dotted_order"].startswith("2026")]
    assert [(op, one["id"], one["session_name"], one["outputs"]) for op, one in sorted(told, key=str)] == sorted(
        [("post", RUN["id"], "mine", {})]
        + [("post", derived(ID, name), name, {}) for name in ("other", "third")],
        key=lambda one: one[1],
    )


def test_what_is_no_run_costs_one_line_for_each(two, caplog):
    both, (_, second) = two
    second.door.set()
    both.submit("post", "no run")
    assert both.dropped == 2
    assert len(caplog.records) == 2


def test_flushing_waits_for_all_within_one_time(two, monkeypatch):
    both, (_, second) = two
    asked = []
    for sender in both.senders:
        kept = sender.flush
        monkeypatch.setattr(
            sender, "flush", lambda timeout, s=sender, f=kept: asked.append((s, timeout)) or f(timeout)
        )
    both.submit("post", run("1"))
    assert second.inside.wait(20)
    assert not both.flush(0.01)
    assert [timeout for _, timeout in asked[:2]] == [0, 0]  # all hurry before one is waited for
    second.door.set()


# -- whole programs ------------------------------------------------------------------------------


def test_every_endpoint_gets_every_run_with_its_own_key(monkeypatch):
    with canned() as a, canned() as b:
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        monkeypatch.setenv("LANGSMITH_PROJECT", "mine")
        named = [item(a.url), item(b.url, B, project_name="other", workspace_id="w")]
        monkeypatch.setenv("LANGSMITH_RUNS_ENDPOINTS", json.dumps(named))
        model = FakeListChatModel(responses=["yes"])

        @traceable
        def ask(text):
            return model.invoke(text).content

        assert ask("hi") == "yes"
        assert ending.flush()
        for sender in senders._senders.values():
            sender.hang_up()
    assert {one.headers["x-api-key"] for one in a.asked} == {A}
    assert {(one.headers["x-api-key"], one.headers["x-tenant-id"]) for one in b.asked} == {(B, "w")}
    at_a, at_b = ({one["name"]: one for _, one in server.runs} for server in (a, b))
    assert set(at_a) == set(at_b) == {"ask", "FakeListChatModel"}
    assert {one["session_name"] for one in at_a.values()} == {"mine"}
    assert {one["session_name"] for one in at_b.values()} == {"other"}
    for name, told in at_a.items():
        assert at_b[name]["id"] == derived(told["id"], "other")
        assert at_b[name]["outputs"] == told["outputs"]
    assert at_b["FakeListChatModel"]["parent_run_id"] == at_b["ask"]["id"]
    everything = b"".join(one.body for one in [*a.asked, *b.asked])
    assert A.encode() not in everything and B.encode() not in everything


@pytest.mark.parametrize("down", ["refuses", "hangs", "says no"])
def test_an_endpoint_that_is_down_costs_one_line_and_the_others_nothing(monkeypatch, caplog, down):
    answer = HANG if down == "hangs" else (401, {}, f"no such key {B}".encode())
    with canned() as well, canned(answer) as ill:
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        url = refusing() if down == "refuses" else ill.url
        monkeypatch.setenv("LANGSMITH_RUNS_ENDPOINTS", json.dumps({url: B, well.url: A}))
        model = FakeListChatModel(responses=["yes"])
        model.invoke("1")
        to_ill, to_well = senders._senders[(url, B, None)], senders._senders[(well.url, A, None)]
        for text in ("2", "3", "4"):
            assert to_well.flush()
            model.invoke(text)
        assert to_well.flush()
        assert len({one["id"] for _, one in well.runs}) == 4
        if down != "says no":
            to_ill.end_by(0.0)  # so that nothing is tried again: the test need not wait
        ill.ended.set()
        assert to_ill.flush()
        if down == "says no":
            [record] = caplog.records
            assert url in record.message and B not in record.message
        assert to_well.dropped == 0 and to_ill.dropped >= 4


def test_a_collector_that_hangs_keeps_no_run_from_langsmith(monkeypatch):
    with canned() as langsmith, canned(HANG) as collecting:
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", langsmith.url)
        monkeypatch.setenv("LANGSMITH_API_KEY", A)
        monkeypatch.setenv("LANGSMITH_OTEL_ENABLED", "true")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collecting.url)
        model = FakeListChatModel(responses=["yes"])
        model.invoke("1")
        collecting.wait_for(1)  # and there it stays
        to_langsmith = senders._senders[(langsmith.url, A, None)]
        model.invoke("2")
        assert to_langsmith.flush()
        assert len({one["id"] for _, one in langsmith.runs}) == 2
        for sender in senders._senders.values():
            sender.end_by(0.0)
        collecting.ended.set()
        assert ending.flush()


BOTH = {"LANGSMITH_ENDPOINT": "http://127.0.0.1:9", "LANGSMITH_RUNS_ENDPOINTS": json.dumps([item()])}
UNREADABLE = [BOTH, {"LANGSMITH_RUNS_ENDPOINTS": "{nope"}, {"LANGSMITH_TRACING_SAMPLING_RATE": "2"}]


@pytest.mark.parametrize("variables", UNREADABLE, ids=["both", "no JSON", "sampling"])
def test_settings_that_cannot_be_read_switch_tracing_off_with_one_line(monkeypatch, caplog, variables):
    for name, value in {"LANGSMITH_TRACING": "true", **variables}.items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.WARNING)
    model = FakeListChatModel(responses=["yes"])

    @traceable
    def ask(text):
        return model.invoke(text).content

    @traceable
    def spell(text):
        yield from text

    for _ in range(3):
        assert model.invoke("hi").content == "yes"
        assert ask("hi") == "yes"
        assert list(spell("hi")) == ["h", "i"]
    assert len(caplog.records) == 1, caplog.messages
    assert A not in caplog.text
    with pytest.raises(ConfigurationError):
        Client()
    assert senders._senders == {}


# -- a client of several -------------------------------------------------------------------------


def test_a_client_of_several_writes_runs_to_all_and_the_rest_to_the_first():
    with canned() as a, canned() as b:
        client = Client(api_urls={a.url + "/": A, b.url: B})
        assert client.api_url == a.url
        assert A not in repr(client)
        tree = RunTree(name="r", client=client, project_name="p")
        tree.post()
        tree.patch()
        assert client.flush()
        client.create_feedback(tree.id, "k", score=1)
        for sender in senders._senders.values():
            sender.hang_up()
        client._transport.close()
    assert [one["name"] for _, one in b.runs] == ["r"]
    assert [one.path for one in b.ingests] == ["/runs/multipart"]
    assert [one.path for one in a.ingests] == ["/runs/multipart", "/feedback"]
    assert a.ingests[0].runs() == b.runs
    assert {one.headers["x-api-key"] for one in b.asked} == {B}


def test_one_place_or_several_but_not_both(monkeypatch):
    with pytest.raises(ConfigurationError, match="api_urls"):
        Client("http://a", api_urls={"http://b": B})
    monkeypatch.setenv("LANGSMITH_RUNS_ENDPOINTS", json.dumps([item(), item("http://b", B)]))
    assert len(Client().settings.endpoints) == 2
    alone = Client("http://c", api_key="lsv2_fake_c")
    assert alone.settings.endpoints == () and alone.settings.endpoint == "http://c"
    assert isinstance(sender_for(Client().settings), Fan)
    assert isinstance(sender_for(alone.settings), Sender)
