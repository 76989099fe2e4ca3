"""What a run becomes as a span, case by case: parts of messages, models, reasons, sizes, ids."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from minichat.tracers.langsmith import spans
from minichat.tracers.langsmith.multipart import dumps
from minichat.tracers.langsmith.spans import request_of, span_of
from minichat.version import __version__

from .test_otel import CHILD, ROOT, attributes, chat, plain


def asked(*messages):
    """Give the messages of a model's span, as the conventions have them."""
    found = attributes(span_of(chat(inputs={"messages": [list(messages)]})))
    return json.loads(found["gen_ai.input.messages"])


def answered(generation, **more):
    return attributes(span_of(chat(outputs={"generations": [[generation]]}, **more)))


# -- messages ----------------------------------------------------------------------------------

ROLES = [
    ({"type": "human"}, "user"),
    ({"type": "ai"}, "assistant"),
    ({"type": "AIMessageChunk"}, "assistant"),
    ({"type": "system"}, "system"),
    ({"type": "chat", "role": "critic"}, "critic"),
    ({"role": "developer"}, "developer"),
    ({}, "user"),
]


@pytest.mark.parametrize("fields, role", ROLES)
def test_a_role_goes_by_the_name_of_the_conventions(fields, role):
    [message] = asked({"content": "x", **fields})
    assert message == {"role": role, "parts": [{"type": "text", "content": "x"}]}


@pytest.mark.parametrize("kind", ["tool", "function"])
def test_the_answer_of_a_tool_is_a_response_to_its_call(kind):
    part = {"type": "tool_call_response", "id": "c1", "response": "57F"}
    assert asked({"type": kind, "content": "57F", "tool_call_id": "c1"}) == [{"role": "tool", "parts": [part]}]


DATA = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
PARTS = [
    ({"type": "text", "text": "a"}, {"type": "text", "content": "a"}),
    ("a", {"type": "text", "content": "a"}),
    ({"type": "thinking", "thinking": "hm"}, {"type": "reasoning", "content": "hm"}),
    ({"type": "reasoning", "reasoning": "hm"}, {"type": "reasoning", "content": "hm"}),
    ({"type": "reasoning", "id": "rs_1"}, {"type": "reasoning", "content": ""}),
    ({"type": "image_url", "image_url": "https://x/y"}, {"type": "uri", "modality": "image", "uri": "https://x/y"}),
    ({"type": "audio", "url": "https://x/y"}, {"type": "uri", "modality": "audio", "uri": "https://x/y"}),
    (DATA, DATA),
    ({"type": "of tomorrow", "x": 1}, {"type": "of tomorrow", "x": 1}),
]


@pytest.mark.parametrize("block, part", PARTS)
def test_each_block_of_a_message_is_a_part(block, part):
    assert asked({"type": "ai", "content": [block]}) == [{"role": "assistant", "parts": [part]}]


@pytest.mark.parametrize("kind", ["tool_use", "tool_call"])
def test_a_call_that_stands_among_the_blocks_too_is_told_once(kind):
    message = {
        "type": "ai",
        "content": [{"type": "text", "text": "I look"}, {"type": kind, "id": "c1", "name": "f"}, {}],
        "tool_calls": [{"id": "c1", "name": "f", "args": {"a": 1}}],
    }
    call = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}
    assert asked(message)[0]["parts"] == [{"type": "text", "content": "I look"}, call]


def test_the_messages_of_every_batch_are_told():
    run = chat(inputs={"messages": [[{"type": "human", "content": "a"}], [{"type": "human", "content": "b"}]]})
    told = json.loads(attributes(span_of(run))["gen_ai.input.messages"])
    assert [one["parts"][0]["content"] for one in told] == ["a", "b"]


# -- answers -----------------------------------------------------------------------------------


def test_an_answer_without_a_message_is_told_by_its_text():
    told = json.loads(answered({"text": "completed"})["gen_ai.output.messages"])
    assert told == [
        {"role": "assistant", "parts": [{"type": "text", "content": "completed"}], "finish_reason": "stop"}
    ]


def message(**metadata):
    return {"type": "ai", "content": "x", "response_metadata": metadata}


# generation, why it ended
REASONS = [
    ({"message": message(finish_reason="length")}, "length"),
    ({"message": message(stop_reason="max_tokens")}, "max_tokens"),
    ({"message": message(stop_reason="end_turn"), "generation_info": {"finish_reason": "tool_calls"}}, "tool_calls"),
    ({"message": message(), "generation_info": {"stop_reason": "refusal"}}, "refusal"),
    ({"message": message(finish_reason=None)}, "stop"),
]


@pytest.mark.parametrize("generation, reason", REASONS)
def test_why_an_answer_ended_is_said_where_providers_say_it(generation, reason):
    assert answered(generation)["gen_ai.response.finish_reasons"] == [reason]


def test_the_answering_model_and_its_id_come_from_the_first_answer_that_names_them():
    generations = [[{"message": message()}], [{"message": message(model="m-2", id="r-2")}], [
        {"message": message(model_name="m-3", id="r-3")}]]  # fmt: skip
    found = attributes(span_of(chat(outputs={"generations": generations})))
    assert (found["gen_ai.response.model"], found["gen_ai.response.id"]) == ("m-2", "r-2")
    assert found["gen_ai.response.finish_reasons"] == ["stop"] * 3


def test_tokens_come_from_the_message_where_the_metadata_has_none():
    usage = {"input_tokens": 5, "output_tokens": 6, "input_token_details": {"cache_creation": 2}}
    generation = {"message": {"type": "ai", "content": "x", "usage_metadata": usage}}
    found = answered(generation, extra={"metadata": {}})
    assert [found[f"gen_ai.usage.{name}_tokens"] for name in ("input", "output", "cache_creation.input")] == [5, 6, 2]
    assert "gen_ai.usage.cache_read.input_tokens" not in found


# What a function of the program's own, traced as a model, gave -> its messages. Source: answers of providers' SDKs.
COMPLETION = {
    "id": "c-1",
    "model": "m-1",
    "choices": [{"message": {"role": "assistant", "content": "x"}, "finish_reason": "length"}],
}
SAID = {"role": "assistant", "parts": [{"type": "text", "content": "x"}]}
OWN = [
    (COMPLETION, [{**SAID, "finish_reason": "length"}]),
    ({"output": COMPLETION}, [{**SAID, "finish_reason": "length"}]),
    ({"role": "assistant", "content": "x"}, [{**SAID, "finish_reason": "stop"}]),
    ({"message": {"role": "assistant", "content": "x"}}, [{**SAID, "finish_reason": "stop"}]),
    ({"output": {"type": "ai", "content": "x"}}, [{**SAID, "finish_reason": "stop"}]),
    ({"output": "x"}, None),
    ({"choices": ["x"]}, None),
    ({"choices": []}, None),
    ({"content": "x"}, None),
    ({}, None),
]


@pytest.mark.parametrize("outputs, told", OWN)
def test_a_function_that_is_traced_as_a_model_has_its_answer_told(outputs, told):
    found = attributes(span_of(chat(outputs=outputs)))
    if told is not None:
        assert json.loads(found["gen_ai.output.messages"]) == told
        assert "output.value" not in found
    else:
        assert "gen_ai.output.messages" not in found
        assert json.loads(found.get("output.value", "{}")) == outputs


def test_a_model_that_gave_nothing_has_no_answer_of_any_kind():
    found = attributes(span_of(chat(outputs={"generations": [[]]}, error="E('x')")))
    assert not {"gen_ai.output.messages", "output.value"} & set(found)


def test_the_model_that_answered_is_named_of_a_completion_too():
    found = attributes(span_of(chat(outputs=COMPLETION)))
    assert (found["gen_ai.response.model"], found["gen_ai.response.id"]) == ("m-1", "c-1")


def test_what_is_no_message_is_told_as_it_is():
    found = attributes(span_of(chat(inputs={"prompt": "once"})))
    assert json.loads(found["input.value"]) == {"prompt": "once"}
    assert "gen_ai.input.messages" not in found


def called(arguments):
    function = {"name": "f", "arguments": arguments}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": function}]}


@pytest.mark.parametrize("text, arguments", [('{"a": 1}', {"a": 1}), ("{a", "{a"), ({"a": 1}, {"a": 1}), ("", "")])
def test_a_call_in_the_form_of_chat_completions_is_a_call(text, arguments):
    assert asked(called(text)) == [
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": arguments}]}
    ]


# -- what was asked of the model ---------------------------------------------------------------

# extra of the run, attribute, value (None: it is not there)
PARAMETERS = [
    ({"metadata": {"ls_model_name": "a"}, "invocation_params": {"model": "b"}}, "request.model", "a"),
    ({"invocation_params": {"model": "b", "model_name": "c"}}, "request.model", "b"),
    ({"invocation_params": {"model_name": "c"}}, "request.model", "c"),
    ({}, "request.model", None),
    ({"metadata": {"ls_temperature": 0.5}, "invocation_params": {"temperature": 1}}, "request.temperature", 0.5),
    ({"invocation_params": {"temperature": 1}}, "request.temperature", 1.0),
    ({"invocation_params": {"temperature": 0}}, "request.temperature", 0.0),
    ({"invocation_params": {"temperature": True}}, "request.temperature", None),
    ({"invocation_params": {"max_completion_tokens": 9}}, "request.max_tokens", 9),
    ({"invocation_params": {"max_tokens": 8}}, "request.max_tokens", 8),
    ({"invocation_params": {"top_p": 1}}, "request.top_p", 1.0),
    ({"invocation_params": {"top_k": 4}}, "request.top_k", 4.0),
    ({"invocation_params": {"seed": 7}}, "request.seed", 7),
    ({"invocation_params": {"frequency_penalty": 0.5}}, "request.frequency_penalty", 0.5),
    ({"invocation_params": {"presence_penalty": 0.5}}, "request.presence_penalty", 0.5),
    ({"metadata": {"ls_stop": ["a", 1]}}, "request.stop_sequences", ["a", "1"]),
    ({"invocation_params": {"stop": "end"}}, "request.stop_sequences", ["end"]),
    ({"invocation_params": {"stop": []}}, "request.stop_sequences", None),
    ({"invocation_params": {"n": 3}}, "request.choice.count", 3),
    ({"invocation_params": {"n": 1}}, "request.choice.count", None),
    ({"invocation_params": {"n": True}}, "request.choice.count", None),
]


@pytest.mark.parametrize("extra, name, value", PARAMETERS)
def test_what_was_asked_of_a_model_is_told(extra, name, value):
    found = attributes(span_of(chat(extra=extra))).get(f"gen_ai.{name}")
    assert (found, type(found)) == (value, type(value))


SCHEMA = {"type": "object"}
TOLD = {"type": "function", "name": "f", "description": "d", "parameters": SCHEMA}
NAMED = {"name": "f", "description": "d"}
TOOLS = [
    ([{"type": "function", "function": {**NAMED, "parameters": SCHEMA}}], [TOLD]),
    ([{**NAMED, "input_schema": SCHEMA}], [TOLD]),
    ([{"type": "function", **NAMED, "parameters": SCHEMA, "strict": True}], [TOLD]),
    ([{"functionDeclarations": [{**NAMED, "parametersJsonSchema": SCHEMA}, {"name": "g"}]}],
     [TOLD, {"type": "function", "name": "g"}]),
    ([{"type": "web_search"}], [{"type": "web_search"}]),
    ("no list", None),
    ([], None),
]  # fmt: skip


@pytest.mark.parametrize("tools, told", TOOLS)
def test_the_tools_that_were_offered_are_told_in_one_form(tools, told):
    found = attributes(span_of(chat(extra={"invocation_params": {"tools": tools}}))).get("gen_ai.tool.definitions")
    assert (found and json.loads(found)) == told


@pytest.mark.parametrize("name", ["thread_id", "session_id", "conversation_id"])
def test_a_thread_is_a_conversation(name):
    for kind in ("llm", "chain"):
        found = attributes(span_of(chat(run_type=kind, extra={"metadata": {name: 7}})))
        assert found["gen_ai.conversation.id"] == "7"


def test_an_embedding_names_its_model_and_provider():
    about = {"metadata": {"ls_provider": "google_genai"}, "invocation_params": {"model": "e-1"}}
    span = span_of(chat(run_type="embedding", extra=about))
    found = attributes(span)
    assert (found["gen_ai.provider.name"], found["gen_ai.request.model"]) == ("gcp.gemini", "e-1")
    assert span["name"] == "embeddings e-1"


def test_a_call_that_was_not_streamed_is_not_told_as_one():
    begun = [{"name": "start", "time": "2026-11-23T04:25:25.2Z"}]
    found = attributes(span_of(chat(events=begun)))
    assert "gen_ai.request.stream" not in found and "gen_ai.response.time_to_first_chunk" not in found
    streamed = attributes(span_of(chat(events=begun, extra={"invocation_params": {"stream": True}})))
    assert streamed["gen_ai.request.stream"] is True and "gen_ai.response.time_to_first_chunk" not in streamed


def test_a_first_token_before_the_start_took_no_time():
    found = attributes(span_of(chat(events=[{"name": "new_token", "time": "2020-01-01T00:00:00Z"}])))
    assert found["gen_ai.response.time_to_first_chunk"] == 0


# -- kinds of runs -----------------------------------------------------------------------------

# run type -> kind of the span, its name, operation, OpenInference's kind
KINDS = {
    "llm": (3, "chat gpt-4o", "chat", "LLM"),
    "embedding": (3, "embeddings gpt-4o", "embeddings", "EMBEDDING"),
    "retriever": (3, "retrieval", "retrieval", "RETRIEVER"),
    "tool": (1, "execute_tool mine", "execute_tool", "TOOL"),
    "chain": (1, "mine", None, "CHAIN"),
    "prompt": (1, "mine", None, "CHAIN"),
    None: (1, "mine", None, "CHAIN"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_of_run_is_a_span_of_its_kind(kind):
    span = span_of(chat(run_type=kind, name="mine"))
    found = attributes(span)
    told = (span["kind"], span["name"], found.get("gen_ai.operation.name"), found["openinference.span.kind"])
    assert told == KINDS[kind]
    assert found["langsmith.span.kind"] == (kind or "chain")


def test_a_retrievers_question_is_told():
    found = attributes(span_of(chat(run_type="retriever", inputs={"query": "bears"}, outputs={"documents": []})))
    assert found["gen_ai.retrieval.query.text"] == "bears"
    assert json.loads(found["input.value"]) == {"query": "bears"}
    assert found["input.mime_type"] == found["output.mime_type"] == "application/json"


def test_a_failed_tool_has_no_result():
    found = attributes(span_of(chat(run_type="tool", inputs={"a": 1}, outputs={"output": "half"}, error="E('x')")))
    assert "gen_ai.tool.call.result" not in found and json.loads(found["gen_ai.tool.call.arguments"]) == {"a": 1}
    assert "gen_ai.tool.call.id" not in found


ERRORS = [
    ("ValueError('x')\nmore", "ValueError"),
    ("ValueError('x')Traceback (most recent call last):\n\n  File", "ValueError"),
    ("it broke", "_OTHER"),
    ("KeyError", "KeyError"),
]


@pytest.mark.parametrize("error, name", ERRORS)
def test_an_error_has_the_type_of_its_exception(error, name):
    span = span_of(chat(error=error))
    assert attributes(span)["error.type"] == name
    assert {pair["key"]: plain(pair["value"]) for pair in span["events"][0]["attributes"]} == {
        "exception.type": name,
        "exception.message": error.partition("\n")[0].partition("Traceback")[0],
        "exception.stacktrace": error,
    }


# -- ids, times, sizes -------------------------------------------------------------------------

# What a program's own values may be where lists and numbers are expected; a run that is no span costs its whole batch.
STRANGE = [
    {"tags": 5}, {"tags": {"a": 1}}, {"tags": "word"}, {"events": 5}, {"events": {"a": 1}}, {"events": ["x", None, 5]},
    {"extra": {"invocation_params": {"stop": True}}}, {"extra": {"invocation_params": {"stop": {"a": 1}}}},
    {"extra": {"metadata": {"ls_max_tokens": float("inf")}}}, {"extra": {"invocation_params": {"seed": float("nan")}}},
    {"extra": {"metadata": {"usage_metadata": {"input_tokens": float("inf")}}}},
]  # fmt: skip


@pytest.mark.parametrize("odd", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("kind", ["llm", "chain"])
def test_a_value_where_another_kind_belongs_does_not_cost_the_span(odd, kind):
    span = span_of(chat(run_type=kind, **odd))
    assert json.loads(dumps(span))["spanId"] == span_of(chat())["spanId"]


UUIDS = [CHILD, CHILD.upper(), CHILD.replace("-", "")]


@pytest.mark.parametrize("identity", UUIDS)
def test_a_uuid_is_told_in_its_digits_however_it_is_written(identity):
    assert span_of(chat(id=identity))["spanId"] == CHILD.replace("-", "")[16:]


def test_an_id_that_no_collector_takes_becomes_one_of_its_own():
    """All zeros mean "no id" to a collector, and what is no UUID is too short."""
    zero, word, other = (span_of(chat(trace_id=one))["traceId"] for one in ("0" * 32, "mine", "yours"))
    assert len({zero, word, other}) == 3
    for told in (zero, word, other):
        assert len(told) == 32 and set(told) <= set("0123456789abcdef") and told.strip("0")
    assert span_of(chat(trace_id="mine"))["traceId"] == word


def test_a_root_has_no_parent_and_its_own_id_as_its_traces():
    span = span_of(chat(id=ROOT, trace_id=None, parent_run_id=None))
    assert span["traceId"] == ROOT.replace("-", "") and "parentSpanId" not in span


@pytest.mark.parametrize("end", ["2026-11-23T04:25:24Z", None])
def test_no_span_ends_before_it_begins(end):
    span = span_of(chat(end_time=end))
    assert span["endTimeUnixNano"] == span["startTimeUnixNano"] == "1795407925141372000"


def test_a_moment_of_another_zone_is_the_same_moment():
    there = datetime(1970, 1, 1, 2, 0, 1, tzinfo=timezone(timedelta(hours=2)))
    assert span_of(chat(start_time=there))["startTimeUnixNano"] == "1000000000"


# value, how OTLP says it
VALUES = [
    (True, {"boolValue": True}),
    (7, {"intValue": "7"}),
    ((1 << 63) - 1, {"intValue": str((1 << 63) - 1)}),
    (1 << 63, {"stringValue": str(1 << 63)}),
    (0.5, {"doubleValue": 0.5}),
    ("x", {"stringValue": "x"}),
]


@pytest.mark.parametrize("value, told", VALUES)
def test_metadata_keeps_its_type(value, told):
    span = span_of(chat(extra={"metadata": {"mine": value}}))
    [found] = [pair["value"] for pair in span["attributes"] if pair["key"] == "langsmith.metadata.mine"]
    assert found == told


def test_a_text_without_end_is_cut(monkeypatch):
    monkeypatch.setattr(spans, "LONGEST_TEXT", 10)
    span = span_of(chat(error="E" * 3000, extra={"metadata": {"mine": "x" * 11}}, run_type="chain"))
    found = attributes(span)
    assert (found["langsmith.metadata.mine"], len(found["input.value"])) == ("x" * 10, 10)
    assert len(span["status"]["message"]) == 1000
    told = {pair["key"]: plain(pair["value"]) for pair in span["events"][0]["attributes"]}
    assert len(told["exception.stacktrace"]) == 10


def test_spans_come_with_what_the_environment_says_of_the_program():
    [resource] = request_of([], "s", (("deployment.environment.name", "test"),))["resourceSpans"]
    about = {pair["key"]: plain(pair["value"]) for pair in resource["resource"]["attributes"]}
    assert about == {
        "deployment.environment.name": "test", "service.name": "s", "telemetry.sdk.language": "python"
    }  # fmt: skip


def test_spans_come_with_who_made_them():
    [resource] = request_of([], "my-service")["resourceSpans"]
    about = {pair["key"]: plain(pair["value"]) for pair in resource["resource"]["attributes"]}
    assert about == {"service.name": "my-service", "telemetry.sdk.language": "python"}
    assert resource["scopeSpans"] == [{"scope": {"name": "minichat", "version": __version__}, "spans": []}]
