"""A client's own functions over what is sent: each part of a run as they leave it, and nothing where they fail."""

from __future__ import annotations

import json

import pytest

from minichat import FakeListChatModel
from minichat.errors import ConfigurationError
from minichat.tracers.langsmith import Client, LangChainTracer, RunTree, fan, traceable, tracing_context
from minichat.tracers.langsmith import sender as senders
from minichat.tracers.langsmith.masks import masks_of
from tests.tracers.langsmith.canned import canned

KEY = "lsv2_fake_0123456789"
RUN = {
    "id": "1",
    "inputs": {"a": "secret"},
    "outputs": {"b": ["secret"]},
    "error": "E('secret')",
    "serialized": {"kwargs": "secret"},
    "events": [{"name": "start", "message": "secret"}],
    "tags": ["secret"],
    "extra": {"metadata": {"m": "secret"}, "invocation_params": {"stop": "secret"}},
}


def without(word):
    """An anonymizer: the word is crossed out wherever it stands."""
    return lambda value: json.loads(json.dumps(value).replace(word, "***"))


def masked(**functions):
    names = ("hide_inputs", "hide_outputs", "hide_metadata", "anonymizer")
    return masks_of(*(functions.get(name) for name in names)).applied(RUN)


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.setattr(senders, "_senders", {})
    monkeypatch.setattr(fan, "_fans", {})


ONE = [
    ("hide_inputs", lambda value: {"n": len(value)}, {"inputs": {"n": 1}}),
    ("hide_outputs", lambda value: {"n": len(value)}, {"outputs": {"n": 1}}),
    ("hide_metadata", lambda value: {"n": 1}, {"extra": {**RUN["extra"], "metadata": {"n": 1}}}),
    ("hide_inputs", lambda value: "text", {"inputs": {"value": "text"}}),
    ("hide_inputs", lambda value: {}, {"inputs": {}}),
    ("hide_inputs", lambda value: value.clear() or value, {"inputs": {}}),
]


@pytest.mark.parametrize("name, function, changed", ONE)
def test_a_function_gets_its_part_and_no_other(name, function, changed):
    before = json.dumps(RUN)
    assert masked(**{name: function}) == {**RUN, **changed}
    assert json.dumps(RUN) == before  # which others may be sending too


def test_an_anonymizer_gets_every_part_and_the_others_then_none():
    assert masked(anonymizer=without("secret"), hide_inputs=lambda value: {"mine": 1}) == without("secret")(RUN)


@pytest.mark.parametrize("name", ["hide_inputs", "hide_outputs", "hide_metadata", "anonymizer"])
def test_what_a_failing_function_was_for_is_not_sent(name, caplog):
    def broken(value):
        raise ValueError("mine")

    told = masked(**{name: broken})
    part = name.partition("_")[2]
    shown = told if name == "anonymizer" else told["extra"][part] if part == "metadata" else told[part]
    assert "secret" not in json.dumps(shown) and "ValueError" in json.dumps(shown)
    assert "secret" not in caplog.text and "masking" in caplog.text
    if name == "anonymizer":
        assert told["events"] == told["tags"] == [] and "ValueError" in told["error"]


def test_a_function_that_fails_is_told_of_once(caplog):
    masks = masks_of(lambda value: 1 / 0, lambda value: 1 / 0, None, None)
    for _ in range(3):
        masks.applied(RUN)
    assert len(caplog.records) == 2


def test_an_anonymizer_that_gives_something_else_leaves_lists_lists_and_texts_texts():
    told = masked(anonymizer=lambda value: {"x": 1})
    assert (told["events"], told["tags"], told["error"], told["inputs"]) == ([], [], "{'x': 1}", {"x": 1})


def test_parts_that_are_not_there_are_not_asked_for():
    masks = masks_of(lambda value: 1 / 0, lambda value: 1 / 0, lambda value: 1 / 0, None)
    for run in ({"id": "1"}, {"id": "1", "inputs": {}, "extra": {}}, {"id": "1", "extra": {"metadata": {}}}):
        assert masks.applied(run) == run
    assert masks_of(True, False, None, None) is None


def test_every_door_of_a_client_masks(monkeypatch):
    with canned() as server:
        client = Client(server.url, api_key=KEY, anonymizer=without("secret"))
        model = FakeListChatModel(responses=["the secret"])
        model.invoke("a secret", {"callbacks": [LangChainTracer(client=client)], "metadata": {"m": "secret"}})
        with tracing_context(enabled=True, client=client):
            model.invoke("a secret")

            @traceable
            def failing(text):
                raise ValueError(text)

            with pytest.raises(ValueError, match="secret"):
                failing("secret")
        tree = RunTree(name="r", inputs={"a": "secret"}, client=client)
        tree.post()
        tree.patch(exclude_inputs=False)
        client.update_run(tree.id, outputs={"b": "secret"})
        client.update_run(tree.id, outputs={"b": "secret"}, trace_id=tree.trace_id, dotted_order=tree.dotted_order)
        client.submit("post", "no run")
        assert client.flush(20)
        client._transport.close()
        for sender in senders._senders.values():
            assert sender.close()
            sender.hang_up()
    sent = b"".join(asked.body for asked in server.asked).decode()
    assert "secret" not in sent and sent.count("***") > 8
    assert tree.inputs == {"a": "secret"}


def test_the_environment_hides_what_a_client_says_nothing_of(monkeypatch):
    monkeypatch.setenv("LANGSMITH_HIDE_INPUTS", "true")
    monkeypatch.setenv("LANGSMITH_HIDE_OUTPUTS", "true")
    settings = Client("http://a", hide_inputs=lambda value: value, hide_metadata=True).settings
    assert (settings.hide_inputs, settings.hide_outputs, settings.hide_metadata) == (False, True, True)
    with pytest.raises(ConfigurationError, match="hide_inputs"):
        Client("http://a", hide_inputs="yes")


def test_a_trace_outside_of_the_sample_is_not_updated_either():
    with canned() as server:
        client = Client(server.url, api_key=KEY, tracing_sampling_rate=0)
        tree = RunTree(name="r", client=client)
        client.update_run(tree.id, outputs={}, trace_id=tree.trace_id, dotted_order=tree.dotted_order)
        assert client.flush(20)
        client.create_feedback(tree.id, "k", score=1, trace_id=tree.trace_id)
        assert server.asked == []
        client.update_run(tree.id, outputs={})  # of which trace nobody says
        client.create_feedback(tree.id, "k", score=1)
        client._transport.close()
    assert [asked.method for asked in server.asked] == ["PATCH", "POST"]


def test_a_client_that_was_closed_begins_anew():
    with canned() as server:
        client = Client(server.url, api_key=KEY)
        for end in (client.close, client.cleanup):
            RunTree(name="r", client=client).post()
            end()
            assert sender_thread(client) is None
        RunTree(name="r", client=client).post()
        client.close(5)
    assert len(server.runs) == 3 and len({asked.connection for asked in server.ingests}) == 3


def sender_thread(client):
    return senders.sender_for(client.settings)._thread


def test_a_field_that_no_run_has_is_an_error():
    with pytest.raises(TypeError, match="'output'"):
        Client("http://a").update_run("1", output={})
