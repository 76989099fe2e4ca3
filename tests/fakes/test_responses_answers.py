"""What the fake's Responses API answers: items, events in their order, the echo of the request, what is remembered."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes.replies.reply import RedactedThinking, Reply, Text, Thinking, ToolCall, Usage

from .asking import ask
from .responding import PARAMETERS, PATH, TOOL, events, kinds, made, respond

HELLO = "Hello from fakes."
THOUGHT = "Let me think: six times seven is forty-two."
OTHER = {**TOOL, "name": "other"}
CUSTOM = {"type": "custom", "name": "run"}
SUMMARY = {"reasoning": {"summary": "auto"}}
MESSAGE = ["content_part.added", "output_text.delta", "output_text.done", "content_part.done"]
REFUSAL = ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"]
ARGUMENTS = ["function_call_arguments.delta", "function_call_arguments.done"]
INPUT = ["custom_tool_call_input.delta", "custom_tool_call_input.done"]
THINKING = [
    "reasoning_summary_part.added", "reasoning_summary_text.delta", "reasoning_summary_text.done",
    "reasoning_summary_part.done",
]  # fmt: skip
CITED = [*MESSAGE[:2], "output_text.annotation.added", *MESSAGE[2:]]


def search(kind):
    return [f"{kind}_call.in_progress", f"{kind}_call.searching", f"{kind}_call.completed"]


# Model, request, the events of each item, the item's types, the last event.
STREAMS = [
    ("fake-hello", {}, [MESSAGE], ["message"], "completed"),
    ("fake-json", {}, [MESSAGE], ["message"], "completed"),
    ("fake-tool", {"tools": [TOOL]}, [ARGUMENTS], ["function_call"], "completed"),
    ("fake-tools", {"tools": [TOOL, OTHER]}, [ARGUMENTS] * 2, ["function_call"] * 2, "completed"),
    ("fake-tools", {"tools": [TOOL, OTHER], "parallel_tool_calls": False}, [ARGUMENTS], ["function_call"], "completed"),
    ("fake-tool", {"tools": [CUSTOM]}, [INPUT], ["custom_tool_call"], "completed"),
    ("fake-think", {}, [[], MESSAGE], ["reasoning", "message"], "completed"),
    ("fake-think", SUMMARY, [THINKING, MESSAGE], ["reasoning", "message"], "completed"),
    ("fake-think", {"tools": [TOOL], **SUMMARY}, [THINKING, ARGUMENTS], ["reasoning", "function_call"], "completed"),
    ("gpt-5", {}, [[], MESSAGE], ["reasoning", "message"], "completed"),  # recording simple-streaming-271a627b
    ("o4-mini", SUMMARY, [THINKING, MESSAGE], ["reasoning", "message"], "completed"),
    ("gpt-5.1", {}, [MESSAGE], ["message"], "completed"),
    ("fake-refuse", {}, [REFUSAL], ["message"], "completed"),
    ("fake-filtered", {}, [MESSAGE], ["message"], "incomplete"),
    (
        "fake-tool",
        {"tools": [{"type": "web_search"}]},
        [search("web_search"), CITED],
        ["web_search_call", "message"],
        "completed",
    ),
    (
        "gpt-4o",  # events as in recording test-openai-responses-model-file-search-tool-stream-53856adb
        {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}], "tool_choice": "required"},
        [search("file_search"), CITED],
        ["file_search_call", "message"],
        "completed",
    ),
]


@pytest.mark.parametrize("model, body, inner, types, end", STREAMS, ids=range(len(STREAMS)))
def test_the_events_come_in_their_order(server, model, body, inner, types, end):
    stream = events(respond(server, model, stream=True, **body))
    wanted = ["created", "in_progress"]
    for item in inner:
        wanted += ["output_item.added", *item, "output_item.done"]
    found = kinds(stream)
    # Runs of one type are told as one, and two items without events between would join their frames.
    assert found == [name for place, name in enumerate([*wanted, end]) if place == 0 or wanted[place - 1] != name]
    whole = stream[-1]["response"]
    assert [item["type"] for item in whole["output"]] == types
    done = [event for event in stream if event["type"] == "response.output_item.done"]
    assert [event["item"] for event in done] == whole["output"]
    assert [event["output_index"] for event in done] == list(range(len(types)))


def pieces(stream, kind):
    """Give the deltas of a kind, joined by item."""
    found = {}
    for event in stream:
        if event["type"] == f"response.{kind}.delta":
            found[event["item_id"]] = found.get(event["item_id"], "") + event["delta"]
    return found


@pytest.mark.parametrize("model, body, inner, types, end", STREAMS, ids=range(len(STREAMS)))
def test_a_stream_says_what_the_plain_answer_says(server, model, body, inner, types, end):
    plain = made(server, model, **body)
    assert ask(server, b"", path="/__fakes/reset", key=None).status == 200
    stream = events(respond(server, model, stream=True, **body))
    assert plain.pop("billing") == {"payer": "developer"}
    assert stream[-1]["response"] == plain  # the same moment after a reset: the same ids
    said = {
        "output_text": lambda item: item["content"][0].get("text", "") if item["type"] == "message" else None,
        "refusal": lambda item: item["content"][0].get("refusal") if item["type"] == "message" else None,
        "function_call_arguments": lambda item: item.get("arguments"),
        "custom_tool_call_input": lambda item: item.get("input"),
        "reasoning_summary_text": lambda item: "".join(part["text"] for part in item.get("summary") or ()),
    }
    for kind, told in said.items():
        assert pieces(stream, kind) == {item["id"]: told(item) for item in plain["output"] if told(item)}
    for event in stream[:2]:
        assert event["response"]["output"] == [] and event["response"]["usage"] is None
        assert event["response"]["status"] == "in_progress" and event["response"]["completed_at"] is None


def test_a_blocked_prompt_fails_in_a_stream(server):
    stream = events(respond(server, "fake-blocked", stream=True))
    assert kinds(stream) == ["created", "in_progress", "error", "failed"]
    assert stream[2]["error"]["code"] == "invalid_prompt" and stream[2]["error"]["message"].startswith(
        "Invalid prompt:"
    )
    assert list(stream[2]["error"]) == ["type", "code", "message", "param"]
    whole = stream[3]["response"]
    assert (whole["status"], whole["error"]["code"], whole["output"]) == ("failed", "invalid_prompt", [])


def test_a_cut_answer_never_ends(server):
    with pytest.raises(Exception, match="IncompleteRead|incomplete"):
        respond(server, "fake-cut", stream=True)
    with pytest.raises(Exception, match="IncompleteRead|incomplete"):
        respond(server, "fake-cut")


# The request's words for a parameter, and what the response says of it.
ECHO = [
    ({}, "instructions", None),
    ({"instructions": "Be brief."}, "instructions", "Be brief."),
    ({"max_output_tokens": 50}, "max_output_tokens", 50),
    ({"max_tool_calls": 3}, "max_tool_calls", 3),
    ({"parallel_tool_calls": False}, "parallel_tool_calls", False),
    ({"store": False}, "store", False),
    ({"truncation": "auto"}, "truncation", "auto"),
    ({"user": "u", "safety_identifier": "s"}, "safety_identifier", "s"),
    ({"user": "u"}, "user", "u"),
    ({"metadata": {"a": "b"}}, "metadata", {"a": "b"}),
    ({"prompt_cache_key": "k"}, "prompt_cache_key", "k"),
    ({"prompt_cache_options": {"mode": "implicit"}}, "prompt_cache_options", {"mode": "implicit"}),
    ({"temperature": 0}, "temperature", 0.0),
    ({"top_p": 0.5}, "top_p", 0.5),
    ({"service_tier": "fast"}, "service_tier", "priority"),
    ({"service_tier": "flex"}, "service_tier", "flex"),
    ({}, "service_tier", "default"),
    ({}, "tool_choice", "auto"),
    (
        {"tools": [TOOL], "tool_choice": {"type": "function", "name": "get_weather"}},
        "tool_choice",
        {"type": "function", "name": "get_weather"},
    ),
    (
        {"tools": [TOOL]},
        "tools",
        [
            {
                "type": "function",
                "description": None,
                "name": "get_weather",
                "output_schema": None,
                "parameters": PARAMETERS,
                "strict": True,
            }
        ],
    ),
    (
        {"tools": [{**TOOL, "strict": False}]},
        "tools",
        [
            {
                "type": "function",
                "description": None,
                "name": "get_weather",
                "output_schema": None,
                "parameters": PARAMETERS,
                "strict": False,
            }
        ],
    ),
    (
        {"tools": [CUSTOM]},
        "tools",
        [{"type": "custom", "description": None, "format": {"type": "text"}, "name": "run"}],
    ),
    ({}, "text", {"format": {"type": "text"}, "verbosity": "medium"}),
    (
        {"text": {"format": {"type": "json_schema", "name": "x", "schema": PARAMETERS}, "verbosity": "low"}},
        "text",
        {
            "format": {"type": "json_schema", "description": None, "name": "x", "schema": PARAMETERS, "strict": True},
            "verbosity": "low",
        },
    ),
    ({"model": "gpt-4o"}, "reasoning", {"effort": None, "summary": None}),
    ({"model": "gpt-4o"}, "model", "gpt-4o-2024-08-06"),
    (
        {"model": "gpt-5", "reasoning": {"effort": "low", "summary": "auto"}},
        "reasoning",
        {"context": "current_turn", "effort": "low", "mode": "standard", "summary": "auto"},
    ),
    (
        {"model": "gpt-5.6-sol"},
        "reasoning",
        {"context": "all_turns", "effort": "medium", "mode": "standard", "summary": None},
    ),
    ({"model": "gpt-5.6-sol"}, "top_p", 0.98),
    ({"model": "gpt-5.6-sol"}, "prompt_cache_retention", "24h"),
]


@pytest.mark.parametrize("body, key, wanted", ECHO, ids=[f"{n}-{row[1]}" for n, row in enumerate(ECHO)])
def test_the_response_tells_the_request_back(server, body, key, wanted):
    assert made(server, **body)[key] == wanted
    stream = events(respond(server, stream=True, **body))
    assert stream[-1]["response"][key] == wanted
    begun = stream[0]["response"][key]
    assert begun == wanted if key != "service_tier" else begun == body.get("service_tier", "auto")


def test_a_piece_is_padded_to_sixteen_characters_unless_told_not_to_be(server):
    stream = events(respond(server, "fake-tool", stream=True, tools=[TOOL]))
    padded = [event for event in stream if event["type"].endswith(".delta")]
    assert padded and all((len(event["delta"]) + len(event["obfuscation"])) % 16 == 0 for event in padded)
    plain = respond(server, stream=True, stream_options={"include_obfuscation": False})
    assert b"obfuscation" not in plain.body


def test_a_plain_answer_is_ascii_and_a_stream_is_utf_8(server):
    said = "Grüße — 東京 🎉"
    plain = respond(server, "fake-echo", said)
    assert plain.json["output"][0]["content"][0]["text"] == said
    assert plain.body.isascii() and b"\\u2014" in plain.body and plain.body.startswith(b'{\n  "id": "resp_')
    stream = respond(server, "fake-echo", said, stream=True)
    assert events(stream)[-1]["response"]["output"][0]["content"][0]["text"] == said
    assert "🎉".encode() in stream.body


def test_a_lone_surrogate_is_echoed_as_it_came(server):
    body = json.dumps({"model": "fake-echo", "input": "\ud800", "stream": True}).encode()
    assert events(ask(server, body, path=PATH))[-1]["response"]["output"][0]["content"][0]["text"] == "\ud800"


def test_thoughts_are_shown_only_as_far_as_was_asked(server):
    silent = made(server, "fake-think")["output"][0]
    assert silent["summary"] == [] and "encrypted_content" not in silent
    shown = made(server, "fake-think", include=["reasoning.encrypted_content"], **SUMMARY)["output"][0]
    assert shown["summary"] == [{"type": "summary_text", "text": THOUGHT}]
    assert shown["encrypted_content"].startswith("gAAAAAB")
    stock = made(server, "gpt-5", **SUMMARY)["output"][0]
    assert stock["summary"][0]["text"].startswith("**")


def test_usage_is_told_and_never_nothing(server):
    for model, body in (
        ("fake-hello", {}),
        ("fake-refuse", {}),
        ("fake-filtered", {}),
        ("fake-tool", {"tools": [TOOL]}),
    ):
        usage = made(server, model, **body)["usage"]
        assert usage["input_tokens"] > 0 and usage["output_tokens"] > 0
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        assert list(usage) == [
            "input_tokens",
            "input_tokens_details",
            "output_tokens",
            "output_tokens_details",
            "total_tokens",
        ]
    assert made(server, "fake-think")["usage"]["output_tokens_details"]["reasoning_tokens"] > 5
    assert made(server, "gpt-5")["usage"]["output_tokens_details"]["reasoning_tokens"] == 64
    assert (
        made(server, "gpt-5", reasoning={"effort": "minimal"})["usage"]["output_tokens_details"]["reasoning_tokens"]
        == 0
    )


def test_an_answer_that_is_too_long_is_incomplete(server):
    long = "one two three four five six seven eight nine ten " * 3
    whole = made(server, "fake-echo", long, max_output_tokens=16)
    assert (whole["status"], whole["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert whole["output"][0]["status"] == "incomplete" and long.startswith(whole["output"][0]["content"][0]["text"])
    assert whole["usage"]["output_tokens"] == 16 and whole["completed_at"] is None
    stream = events(respond(server, "fake-echo", long, max_output_tokens=16, stream=True))
    assert stream[-1]["type"] == "response.incomplete" and stream[-2]["item"]["status"] == "incomplete"


def test_a_thought_may_use_up_all_the_room(server):
    whole = made(server, "gpt-5", max_output_tokens=16)
    assert [item["type"] for item in whole["output"]] == ["reasoning"]
    assert whole["incomplete_details"] == {"reason": "max_output_tokens"}
    assert whole["usage"]["output_tokens"] == whole["usage"]["output_tokens_details"]["reasoning_tokens"] == 16


def test_a_filtered_answer_is_incomplete_for_its_reason(server):
    whole = made(server, "fake-filtered")
    assert (whole["status"], whole["incomplete_details"]) == ("incomplete", {"reason": "content_filter"})


def test_log_probabilities_are_given_when_included(server):
    body = {"include": ["message.output_text.logprobs"], "top_logprobs": 2}
    entries = made(server, **body)["output"][0]["content"][0]["logprobs"]
    assert "".join(entry["token"] for entry in entries) == HELLO
    assert all(list(entry) == ["bytes", "logprob", "token", "top_logprobs"] for entry in entries)
    assert all(
        len(entry["top_logprobs"]) == 2 and entry["top_logprobs"][0]["token"] == entry["token"] for entry in entries
    )
    stream = events(respond(server, stream=True, **body))
    deltas = [event for event in stream if event["type"] == "response.output_text.delta"]
    assert [event["logprobs"][0]["token"] for event in deltas] == [event["delta"] for event in deltas]
    assert made(server)["output"][0]["content"][0]["logprobs"] == []


@pytest.mark.parametrize("choice", [{"type": "function", "name": "other"}, "required"])
def test_a_forced_tool_is_called_by_every_ordinary_model(server, choice):
    tools = [TOOL, OTHER] if isinstance(choice, dict) else [OTHER]
    call = made(server, "gpt-4o", tools=tools, tool_choice=choice)["output"][0]
    assert (call["type"], call["name"], call["status"]) == ("function_call", "other", "completed")
    assert call["id"].startswith("fc_") and call["call_id"].startswith("call_")
    assert made(server, "gpt-4o", tools=tools)["output"][0]["type"] == "message"


def test_only_allowed_tools_are_called(server):
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "other"}]}
    assert made(server, "fake-tools", tools=[TOOL, OTHER], tool_choice=choice)["output"][0]["name"] == "other"


def test_tools_may_come_in_the_input(server):
    given = [{"role": "developer", "type": "additional_tools", "tools": [TOOL]}, {"role": "user", "content": "hi"}]
    whole = made(server, "fake-tool", given)
    assert whole["output"][0]["name"] == "get_weather" and whole["tools"][0]["name"] == "get_weather"


def test_a_search_cites(server):
    message = made(server, "fake-tool", "Who?", tools=[{"type": "web_search"}])["output"][1]
    assert message["content"][0]["annotations"] == [
        {
            "type": "url_citation",
            "end_index": 17,
            "start_index": 0,
            "title": "Example Domain",
            "url": "https://example.com/",
        }
    ]
    call, message = made(
        server,
        "fake-tool",
        "Who?",
        tools=[{"type": "file_search", "vector_store_ids": ["v"]}],
        include=["file_search_call.results"],
    )["output"]
    assert call["queries"] == ["Who?"] and call["results"][0]["filename"] == "example.txt"
    assert message["content"][0]["annotations"][0]["type"] == "file_citation"


def test_a_search_tells_its_sources_when_they_are_included(server):
    body = {"tools": [{"type": "web_search"}], "include": ["web_search_call.action.sources"]}
    action = made(server, "fake-tool", "Who?", **body)["output"][0]["action"]
    assert action == {
        "type": "search",
        "queries": ["Who?"],
        "query": "Who?",
        "sources": [{"type": "url", "url": "https://example.com/"}],
    }
    assert made(server, "fake-tool", "Who?", **body)["tool_usage"]["web_search"] == {"num_requests": 1}


def result_of(call, output="21 degrees"):
    return {"type": "function_call_output", "call_id": call["call_id"], "output": output}


def test_a_result_is_answered_by_hand_or_by_id(server):
    first = made(server, "fake-tool", tools=[TOOL])
    call = first["output"][0]
    by_hand = made(server, "fake-tool", [{"role": "user", "content": "hi"}, call, result_of(call)], tools=[TOOL])
    by_id = made(server, "fake-tool", [result_of(call)], tools=[TOOL], previous_response_id=first["id"])
    for whole in (by_hand, by_id):
        assert whole["output"][0]["content"][0]["text"] == "The tool says: 21 degrees"
    assert by_id["previous_response_id"] == first["id"]


def test_a_conversation_goes_on_from_response_to_response(server):
    first = made(server, "fake-quickstart", "What is overfitting?")
    second = made(server, "fake-echo", [], previous_response_id=first["id"])
    assert second["output"][0]["content"][0]["text"] == "What is overfitting?"  # the last thing the user said
    third = made(server, "fake-echo", "more", previous_response_id=second["id"])
    assert third["usage"]["input_tokens"] > second["usage"]["input_tokens"]
    assert first["id"][:23] == second["id"][:23] == third["id"][:23]  # as in recordings test-multiple-tools-…
    assert len({first["id"], second["id"], third["id"]}) == 3


def test_an_item_may_be_referred_to(server):
    call = made(server, "fake-tool", tools=[TOOL])["output"][0]
    given = [{"type": "item_reference", "id": call["id"]}, result_of(call)]
    assert made(server, "fake-tool", given)["output"][0]["content"][0]["text"] == "The tool says: 21 degrees"


def get(server, name, end="", method="GET"):
    return ask(server, None, path=f"{PATH}/{name}{end}", method=method)


def test_a_response_is_kept_until_it_is_deleted(server):
    whole = made(server, metadata={"a": "b"})
    assert get(server, whole["id"]).json == whole
    gone = get(server, whole["id"], method="DELETE")
    assert gone.json == {"id": whole["id"], "object": "response", "deleted": True}
    assert get(server, whole["id"]).status == 404
    assert respond(server, given=[{"type": "item_reference", "id": whole["output"][0]["id"]}]).status == 404


def test_a_response_is_not_kept_when_store_is_false_or_after_a_reset(server):
    assert get(server, made(server, store=False)["id"]).status == 404
    name = made(server)["id"]
    assert get(server, name).status == 200
    assert ask(server, b"", path="/__fakes/reset", key=None).status == 200
    assert get(server, name).status == 404
    assert respond(server, previous_response_id=name).error["code"] == "previous_response_not_found"


def test_a_streamed_response_is_kept_too(server):
    whole = made(server, stream=True)
    assert get(server, whole["id"]).json == {**whole, "billing": {"payer": "developer"}}


def test_the_input_items_are_listed_newest_first(server):
    texts = [f"number {n}" for n in range(25)]
    name = made(server, given=[{"role": "user", "content": text} for text in texts])["id"]
    page = get(server, name, "/input_items").json
    assert [row["content"] for row in page["data"]] == [[{"type": "input_text", "text": text}] for text in texts[:4:-1]]
    assert page["object"] == "list" and page["has_more"] and page["first_id"] == page["data"][0]["id"]
    rest = get(server, name, f"/input_items?after={page['last_id']}").json
    assert [row["content"][0]["text"] for row in rest["data"]] == texts[4::-1] and not rest["has_more"]
    one = get(server, name, "/input_items?order=asc&limit=1").json
    assert one["data"][0]["content"][0]["text"] == "number 0" and one["data"][0]["id"].startswith("msg_")


def test_the_tokens_of_an_input_are_counted_as_an_answer_counts_them(server):
    body = {"model": "fake-hello", "input": "How many?", "instructions": "Be brief.", "tools": [TOOL]}
    counted = ask(server, body, path=PATH + "/input_tokens")
    assert list(counted.json) == ["object", "input_tokens"] and counted.json["object"] == "response.input_tokens"
    assert counted.json["input_tokens"] == ask(server, body, path=PATH).json["usage"]["input_tokens"]


def test_a_background_response_is_queued_and_done_when_looked_at(server):
    queued = made(server, background=True)
    assert (queued["status"], queued["output"], queued["usage"], queued["background"]) == ("queued", [], None, True)
    assert queued["service_tier"] == "auto" and "billing" not in queued  # recording test-background-mode-reasoning-…
    done = get(server, queued["id"]).json
    assert done["status"] == "completed" and done["output"][0]["content"][0]["text"] == HELLO
    late = get(server, queued["id"], "/cancel", "POST").json
    assert late["status"] == "completed"


def test_a_background_response_can_be_cancelled_in_time(server):
    queued = made(server, background=True)
    for _ in range(2):
        assert get(server, queued["id"], "/cancel", "POST").json["status"] == "cancelled"
    cancelled = get(server, queued["id"]).json
    assert (cancelled["status"], cancelled["output"]) == ("cancelled", [])


def test_the_stream_of_a_background_response_can_be_taken_up_again(server):
    first = respond(server, background=True, stream=True)
    stream = events(first)
    assert kinds(stream)[:3] == ["created", "queued", "in_progress"]
    name = stream[-1]["response"]["id"]
    again = get(server, name, "?stream=true")
    assert again.body == first.body
    rest = get(server, name, "?stream=true&starting_after=4")
    assert first.body.endswith(rest.body) and b'"sequence_number":5' in rest.body.partition(b"\n\n")[0]
    assert get(server, made(server)["id"], "?stream=true").status == 400


def test_the_same_requests_after_a_reset_get_the_same_bytes(server):
    def all_of_it():
        assert ask(server, b"", path="/__fakes/reset", key=None).status == 200
        first = respond(
            server, "fake-think", stream=True, tools=[TOOL], include=["reasoning.encrypted_content"], **SUMMARY
        )
        thought, call = events(first)[-1]["response"]["output"]
        second = respond(server, "fake-think", [thought, call, result_of(call)])
        return first.body, second.body, first.headers, second.headers

    assert all_of_it() == all_of_it()


def test_the_headers_are_those_of_the_api(server):
    for reply in (respond(server), respond(server, stream=True), respond(server, "gpt-4o", temperature=9)):
        assert reply.headers["openai-version"] == "2020-10-01" and reply.headers["x-request-id"].startswith("req_")
    assert respond(server).headers["content-type"] == "application/json"
    assert int(respond(server).headers["x-ratelimit-remaining-tokens"]) < 2_000_000


SCRIPT = [
    Reply(
        [
            Thinking("Hm", "sig1"),
            RedactedThinking("secret"),
            Text("a"),
            ToolCall("f", '{"x":1}', "call_mine"),
            Text("b"),
        ]
    ),
    Reply([], usage=Usage(100, 50, 20, 60, 10)),
    Reply([ToolCall("run", '{"input":"print(1)"}')]),
    Reply([ToolCall("run", "not json")]),
]


def test_a_script_is_rendered_part_by_part():
    with fakes.serve(replies=SCRIPT) as server:
        whole = made(server, "any", include=["reasoning.encrypted_content"], **SUMMARY)
        kinds_of_items = ["reasoning", "reasoning", "message", "function_call", "message"]
        assert [item["type"] for item in whole["output"]] == kinds_of_items
        assert [item["encrypted_content"] for item in whole["output"][:2]] == ["sig1", "secret"]
        assert whole["output"][3]["call_id"] == "call_mine" and whole["output"][3]["arguments"] == '{"x":1}'
        empty = made(server, "any")
        assert empty["output"][0]["content"] == [{"type": "output_text", "annotations": [], "logprobs": [], "text": ""}]
        assert empty["usage"] == {
            "input_tokens": 100,
            "input_tokens_details": {"cache_write_tokens": 10, "cached_tokens": 60},
            "output_tokens": 50,
            "output_tokens_details": {"reasoning_tokens": 20},
            "total_tokens": 150,
        }
        assert made(server, "any", tools=[CUSTOM])["output"][0]["input"] == "print(1)"
        assert made(server, "any", tools=[CUSTOM])["output"][0]["input"] == "not json"
        assert respond(server, "any").error["code"] == "no_rule"
