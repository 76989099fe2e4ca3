"""Runs as OpenTelemetry spans: the conversion by tables, the sending to a canned collector."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from minichat import AIMessage, FakeListChatModel, HumanMessage, SystemMessage, ToolMessage
from minichat.runnables import RunnableLambda
from minichat.tracers.dumping import dump_message
from minichat.tracers.langsmith import fan, otel
from minichat.tracers.langsmith import sender as senders
from minichat.tracers.langsmith.otel import Collector, SpanExport, collector
from minichat.tracers.langsmith.sender import Sender, sender_for
from minichat.tracers.langsmith.settings import Settings
from minichat.tracers.langsmith.spans import request_of, span_of
from minichat.tracers.langsmith.tracer import LangChainTracer

from .canned import canned
from .test_sender import Line

ROOT = "0190d3a4-5b6c-7d8e-9fa0-b1c2d3e4f506"
CHILD = "0190d3a4-5b6c-7d8e-8fa1-b1c2d3e4f507"
KEY = "lsv2_fake_0123456789"


def chat(**more):
    """Give a model's run as the tracer sends it."""
    answer = AIMessage(
        "It is rainy.",
        response_metadata={"model_name": "gpt-4o-2024", "id": "chatcmpl-1", "finish_reason": "stop"},
        tool_calls=[{"name": "f", "args": {"a": 1}, "id": "c2"}],
    )
    asked = [
        SystemMessage("Be brief."),
        HumanMessage(
            [{"type": "text", "text": "And this?"}, {"type": "image_url", "image_url": {"url": "https://x/y.png"}}]
        ),
        AIMessage("", tool_calls=[{"name": "weather", "args": {"place": "Paris"}, "id": "c1"}]),
        ToolMessage("57F", tool_call_id="c1"),
    ]
    run = {
        "id": CHILD, "trace_id": ROOT, "parent_run_id": ROOT, "name": "ChatOpenAI", "run_type": "llm",
        "start_time": "2026-11-23T04:25:25.141372+00:00", "end_time": "2026-11-23T04:25:26.5Z", "tags": ["a", "b"],
        "session_name": "project", "inputs": {"messages": [[dump_message(one) for one in asked]]},
        "events": [{"name": "start", "time": "x"}, {"name": "new_token", "time": "2026-11-23T04:25:25.641372+00:00"}],
        "outputs": {"generations": [[{
            "text": "It is rainy.", "generation_info": {"finish_reason": "tool_calls"}, "message": dump_message(answer),
        }]]},
        "extra": {
            "invocation_params": {"model": "gpt-4o", "top_p": 0.5, "seed": 7, "n": 2, "stop": ["x"], "stream": False},
            "metadata": {
                "ls_provider": "openai", "ls_model_name": "gpt-4o", "ls_model_type": "chat", "ls_temperature": 0.25,
                "ls_max_tokens": 50, "user": "u1", "nested": {"left": "out"},
                "usage_metadata": {
                    "input_tokens": 11, "output_tokens": 7, "total_tokens": 18,
                    "input_token_details": {"cache_read": 3}, "output_token_details": {"reasoning": 2},
                },
            },
        },
    }  # fmt: skip
    return {**run, **more}


def plain(value):
    """Read OTLP's value back."""
    ((kind, inside),) = value.items()
    if kind == "arrayValue":
        return [plain(one) for one in inside["values"]]
    return int(inside) if kind == "intValue" else inside


def attributes(span):
    found = {pair["key"]: plain(pair["value"]) for pair in span["attributes"]}
    assert len(found) == len(span["attributes"])
    return found


def test_a_span_has_the_ids_the_times_and_the_kind_of_its_run():
    span = span_of(chat())
    del span["attributes"]
    assert span == {
        "traceId": "0190d3a45b6c7d8e9fa0b1c2d3e4f506",
        "spanId": "8fa1b1c2d3e4f507",
        "parentSpanId": "9fa0b1c2d3e4f506",
        "name": "chat gpt-4o",
        "kind": 3,
        "startTimeUnixNano": "1795407925141372000",
        "endTimeUnixNano": "1795407926500000000",
        "status": {"code": 0},
    }


def test_a_models_span_says_what_the_conventions_say():
    found = attributes(span_of(chat()))
    asked, answered = json.loads(found.pop("gen_ai.input.messages")), json.loads(found.pop("gen_ai.output.messages"))
    assert found == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.25,
        "gen_ai.request.max_tokens": 50,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.seed": 7,
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.stop_sequences": ["x"],
        "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": 0.5,
        "gen_ai.response.finish_reasons": ["tool_calls"],
        "gen_ai.response.model": "gpt-4o-2024",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 3,
        "gen_ai.usage.reasoning.output_tokens": 2,
        "openinference.span.kind": "LLM",
        "langsmith.span.kind": "llm",
        "langsmith.span.tags": "a, b",
        "langsmith.trace.session_name": "project",
        "langsmith.metadata.ls_provider": "openai",
        "langsmith.metadata.ls_model_name": "gpt-4o",
        "langsmith.metadata.ls_model_type": "chat",
        "langsmith.metadata.ls_temperature": 0.25,
        "langsmith.metadata.ls_max_tokens": 50,
        "langsmith.metadata.user": "u1",
    }
    assert asked == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {
            "role": "user",
            "parts": [
                {"type": "text", "content": "And this?"},
                {"type": "uri", "modality": "image", "uri": "https://x/y.png"},
            ],
        },
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"place": "Paris"}}],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "57F"}]},
    ]
    parts = [
        {"type": "text", "content": "It is rainy."},
        {"type": "tool_call", "id": "c2", "name": "f", "arguments": {"a": 1}},
    ]
    assert answered == [{"role": "assistant", "parts": parts, "finish_reason": "tool_calls"}]


TIMES = [
    ("1970-01-01T00:00:01+00:00", 1_000_000_000),
    ("1970-01-01T00:00:01Z", 1_000_000_000),
    ("1970-01-01T00:00:01", 1_000_000_000),
    ("1970-01-01 01:00:01.5+01:00", 1_500_000_000),
    ("1970-01-01T00:00:00.123456789Z", 123_456_789),
    (datetime(1970, 1, 1, 0, 0, 2, 7), 2_000_007_000),
    ("1970-13-01T00:00:00Z", 0),
    ("soon", 0),
]


@pytest.mark.parametrize("told, nanoseconds", TIMES)
def test_times_come_in_several_forms(told, nanoseconds):
    span = span_of(chat(start_time=told))
    assert span["startTimeUnixNano"] == str(nanoseconds)


PROVIDERS = [
    ("openai", "openai"),
    ("anthropic", "anthropic"),
    ("google_genai", "gcp.gemini"),
    ("mistral", "mistral_ai"),
    ("mistralai", "mistral_ai"),
    ("together", "together"),
    (None, "_OTHER"),
]


@pytest.mark.parametrize("ours, theirs", PROVIDERS)
def test_a_provider_goes_by_the_name_of_the_conventions(ours, theirs):
    found = attributes(span_of(chat(extra={"metadata": {"ls_provider": ours}})))
    assert found["gen_ai.provider.name"] == theirs


def test_a_tools_span():
    run = chat(
        run_type="tool",
        name="weather",
        inputs={"place": "Paris"},
        outputs={"output": {"type": "tool", "content": "57F", "tool_call_id": "c1"}},
        extra={},
    )
    span = span_of(run)
    found = attributes(span)
    assert (span["name"], span["kind"]) == ("execute_tool weather", 1)
    assert found["gen_ai.tool.name"] == "weather"
    assert found["gen_ai.tool.type"] == "function"
    assert found["gen_ai.tool.call.id"] == "c1"
    assert json.loads(found["gen_ai.tool.call.arguments"]) == {"place": "Paris"}
    assert json.loads(found["gen_ai.tool.call.result"]) == "57F"


def test_a_chains_span_has_its_name_and_its_values_and_no_operation():
    run = chat(run_type="chain", name="RunnableSequence", inputs={"a": 1}, outputs={"output": 2}, extra={})
    del run["parent_run_id"]
    span = span_of(run)
    found = attributes(span)
    assert (span["name"], span["kind"], "parentSpanId" in span) == ("RunnableSequence", 1, False)
    assert (found["input.value"], found["output.value"]) == ('{"a":1}', '{"output":2}')
    assert not [name for name in found if name.startswith("gen_ai")]


def test_a_failed_run_is_a_failed_span():
    error = "RateLimited('slow down')\nTraceback (most recent call last):\n  File ..."
    span = span_of(chat(error=error))
    assert span["status"] == {"code": 2, "message": "RateLimited('slow down')"}
    assert attributes(span)["error.type"] == "RateLimited"
    assert "gen_ai.output.messages" not in attributes(span)
    (event,) = span["events"]
    assert (event["name"], event["timeUnixNano"]) == ("exception", span["endTimeUnixNano"])
    told = {pair["key"]: plain(pair["value"]) for pair in event["attributes"]}
    assert told["exception.type"] == "RateLimited"
    assert told["exception.stacktrace"] == error


ODD = [
    {"inputs": None, "outputs": None, "extra": None, "events": None, "tags": None},
    {"inputs": {}, "outputs": {}, "extra": {"metadata": None, "invocation_params": 5}},
    {"inputs": {"messages": "text"}, "outputs": {"generations": [[None, 5, {}]]}},
    {"inputs": {"messages": [[5, None, {"type": "constructor", "kwargs": 5}, {"role": "user", "content": "x"}]]}},
    {"start_time": "yesterday", "end_time": 5},
    {"id": "not a uuid", "trace_id": "0" * 32, "parent_run_id": 7},
    {"extra": {"metadata": {"usage_metadata": {"input_tokens": "many", "input_token_details": 5}}}},
    {"extra": {"metadata": {"huge": 1 << 80, "nan": float("nan"), "yes": True}}},
    {"extra": {"invocation_params": {"temperature": "warm", "stop": "x", "n": True}}},
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", ["llm", "tool", "retriever", "embedding", "prompt", None, "of the user's"])
def test_no_run_is_too_odd_for_a_span(odd, kind):
    span = span_of(chat(run_type=kind, **odd))
    assert json.loads(otel.dumps(request_of([span], "s")))
    assert len(span["traceId"]) == 32 and len(span["spanId"]) == 16
    assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])


# -- sending -----------------------------------------------------------------------------------


def export(server, headers=()):
    return SpanExport(Settings("http://nowhere", KEY), Collector(server.url + "/v1/traces", headers, "my-service"))


def test_a_span_is_sent_when_its_run_has_ended_with_what_was_told_at_its_begin():
    run = chat()
    end = {name: run.pop(name) for name in ("end_time", "outputs")}
    with canned((200, {}, b"{}")) as server:
        destination = export(server, (("authorization", "Bearer otel-secret"),))
        assert destination.deliver([("post", run)], Line())
        assert server.asked == []
        assert destination.deliver([("patch", {"id": run["id"], **end})], Line())
        destination.close()
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["content-type"]) == ("POST", "/v1/traces", "application/json")
    assert asked.headers["authorization"] == "Bearer otel-secret"
    assert "x-api-key" not in asked.headers
    (resource,) = asked.json()["resourceSpans"]
    assert plain(resource["resource"]["attributes"][0]["value"]) == "my-service"
    assert resource["scopeSpans"][0]["scope"]["name"] == "minichat"
    assert resource["scopeSpans"][0]["spans"] == json.loads(json.dumps([span_of(chat())]))


def test_runs_that_never_end_are_forgotten_within_bounds(monkeypatch):
    monkeypatch.setattr(otel, "MOST_OPEN", 2)
    with canned((200, {}, b"{}")) as server:
        destination = export(server)
        starts = [{**chat(), "id": f"{number}", "end_time": None} for number in range(3)]
        destination.deliver([("post", one) for one in starts], Line())
        ends = [("patch", {"id": f"{number}", "end_time": chat()["end_time"]}) for number in range(3)]
        destination.deliver(ends, Line())
        destination.close()
    assert len(server.asked[0].json()["resourceSpans"][0]["scopeSpans"][0]["spans"]) == 2


FAILURES = [
    ((401, {}, b"Bearer otel-secret is wrong"), "answered 401: *** is wrong"),
    ((503, {}, b""), "answered 503"),
    ((200, {}, b'{"partialSuccess": {"rejectedSpans": "1", "errorMessage": "too old"}}'), "refused 1 spans: too old"),
]


@pytest.mark.parametrize("answer, told", FAILURES)
def test_a_collectors_refusal_is_one_line_without_its_secrets(answer, told):
    with canned(answer) as server:
        destination, line = export(server, (("authorization", "Bearer otel-secret"),)), Line()
        assert not destination.deliver([("post", chat())], line)
        destination.close()
    assert len(line.said) == 1
    assert told in line.said[0] and "otel-secret" not in line.said[0]


@pytest.mark.parametrize("said", ['{"partialSuccess": {}}', '{"partialSuccess": {"rejectedSpans": 0}}', "{}", ""])
def test_a_collector_that_took_all_is_not_told_of(said):
    with canned((200, {}, said.encode())) as server:
        destination, line = export(server), Line()
        assert destination.deliver([("post", chat())], line)
        destination.close()
    assert line.said == []


# environment (without its prefixes) -> url, headers
ENVIRONMENTS = [
    ({}, None),
    ({"LANGSMITH_OTEL_ENABLED": "true"}, None),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, None),
    ({"LANGSMITH_OTEL_ENABLED": "yes", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, None),
    ({"LANGSMITH_OTEL_ENABLED": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, Collector("http://c/v1/traces")),
    ({"LANGSMITH_OTEL_ONLY": "True", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, Collector("http://c/v1/traces")),
    ({"LANGSMITH_OTEL_ENABLED": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "True"}, None),
    ({"LANGSMITH_OTEL_ENABLED": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, None),
    (
        {"LANGSMITH_OTEL_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c",
         "OTEL_RESOURCE_ATTRIBUTES": "service.name=there, deployment.environment.name=a%2Cb,broken"},
        Collector("http://c/v1/traces", (), "there", (("deployment.environment.name", "a,b"),)),
    ),
    (
        {"LANGSMITH_OTEL_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SERVICE_NAME": "mine",
         "OTEL_RESOURCE_ATTRIBUTES": "service.name=there"},
        Collector("http://c/v1/traces", (), "mine"),
    ),
    (
        {"LANGSMITH_OTEL_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"},
        Collector("http://c:4318/v1/traces"),
    ),
    (
        {"LANGCHAIN_OTEL_ENABLED": "true", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/own",
         "OTEL_EXPORTER_OTLP_ENDPOINT": "http://other"},
        Collector("http://c/own"),
    ),
    (
        {"LANGSMITH_OTEL_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c",
         "OTEL_EXPORTER_OTLP_HEADERS": "a=b, Authorization=Bearer%20x=y,broken", "OTEL_SERVICE_NAME": "mine"},
        Collector("http://c/v1/traces", (("a", "b"), ("Authorization", "Bearer x=y")), "mine"),
    ),
    (
        {"LANGSMITH_OTEL_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c",
         "OTEL_EXPORTER_OTLP_HEADERS": "a=all", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "a=of%20traces"},
        Collector("http://c/v1/traces", (("a", "of traces"),)),
    ),
]  # fmt: skip


@pytest.fixture
def environment(monkeypatch):
    import os

    for name in list(os.environ):
        if name.startswith(("OTEL_", "LANGSMITH_", "LANGCHAIN_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(senders, "_senders", {})
    monkeypatch.setattr(fan, "_fans", {})
    return monkeypatch


@pytest.mark.parametrize("variables, expected", ENVIRONMENTS)
def test_the_environment_names_the_collector(environment, variables, expected):
    for name, value in variables.items():
        environment.setenv(name, value)
    assert collector() == expected


# (LANGSMITH_TRACING_MODE, the older two variables) -> to the collector, to LangSmith. Source: langsmith 0.15.0.
MODES = [
    ("hybrid", {}, True, True),
    ("OTEL", {}, True, False),
    ("langsmith", {"LANGSMITH_OTEL_ENABLED": "true"}, False, True),
    ("hybrid", {"LANGSMITH_OTEL_ONLY": "true"}, True, True),
    ("otel", {"LANGSMITH_OTEL_ENABLED": "false"}, True, False),
    ("both", {"LANGSMITH_OTEL_ENABLED": "true"}, True, True),
    ("", {"LANGSMITH_OTEL_ENABLED": "true", "LANGSMITH_OTEL_ONLY": "true"}, True, False),
]


@pytest.mark.parametrize("mode, older, to_collector, to_langsmith", MODES)
def test_the_mode_says_where_runs_go(environment, mode, older, to_collector, to_langsmith):
    for name, value in {"LANGSMITH_TRACING_MODE": mode, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", **older}.items():
        environment.setenv(name, value)
    assert (collector() is not None) is to_collector
    assert (otel.langsmith_too()) is to_langsmith


@pytest.mark.parametrize("only", [False, True])
def test_a_traced_chain_arrives_at_both_or_at_the_collector_only(environment, only):
    with canned((200, {}, b"{}")) as collecting, canned() as langsmith:
        environment.setenv("LANGSMITH_OTEL_ENABLED", "true")
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collecting.url)
        if only:
            environment.setenv("LANGSMITH_OTEL_ONLY", "true")
        settings = Settings(langsmith.url, KEY)
        sender = sender_for(settings)
        assert sender is sender_for(settings)
        tracer = LangChainTracer(client=sender, settings=settings)
        chain = RunnableLambda(lambda text: text + "!") | FakeListChatModel(responses=["hello"])
        chain.invoke("hi", {"callbacks": [tracer]})
        assert sender.close()
        sender.hang_up()
    spans = [
        span
        for asked in collecting.asked
        for span in asked.json()["resourceSpans"][0]["scopeSpans"][0]["spans"]
    ]
    by_name = {span["name"].partition(" ")[0]: span for span in spans}
    assert sorted(by_name) == ["RunnableLambda", "RunnableSequence", "chat"]
    root = by_name["RunnableSequence"]
    assert {span["traceId"] for span in spans} == {root["traceId"]}
    assert by_name["chat"]["parentSpanId"] == root["spanId"]
    told = json.loads(attributes(by_name["chat"])["gen_ai.output.messages"])
    assert told[0]["parts"] == [{"type": "text", "content": "hello"}]
    assert len({run["id"] for _, run in langsmith.runs}) == (0 if only else 3)


def test_a_collector_that_is_down_does_not_keep_runs_from_langsmith():
    with canned((401, {}, b"")) as collecting, canned() as langsmith:
        from minichat.tracers.langsmith.delivery import Ingest
        from minichat.tracers.langsmith.transport import Transport

        settings = Settings(langsmith.url, KEY)
        destinations = [export(collecting), Ingest(Transport(settings))]
        sender = Sender(settings, destinations=destinations)
        sender.submit("post", chat())
        assert sender.close()
        for destination in destinations:
            destination.close()
    assert [run["id"] for _, run in langsmith.runs] == [CHILD]
