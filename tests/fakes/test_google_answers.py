"""What the fake Gemini API answers: the bytes of the three forms, parts and their signatures, usage, models."""

from __future__ import annotations

import base64
import json
import re

import pytest

import fakes
from fakes.replies.reply import Refusal, Reply, Text, Thinking, ToolCall, Usage

from .asking import ask, raw
from .google_asking import HI, TOOLS, WEATHER_FUNCTION, call, gemini, model, parts, result, stream, text, user

THINKING = {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}
TWO = [{"functionDeclarations": [WEATHER_FUNCTION, {"name": "other"}]}]
THOUGHT = "Let me think: six times seven is forty-two."
# Typed after recordings chat_streaming_responses_gemini_…-9e63e529 and test_resolved_model_0-f80624f1 (August 2026); the
# id is that of request number 1, seed 0.
ID = "OdYfjN9raFefgI_Ukf10rC4"
CHUNK = (
    'data: {"candidates": [{"content": {"parts": [{"text": "%s"}],"role": "model"},%s"index": 0}],"usageMetadata": '
    '{"promptTokenCount": 2,"candidatesTokenCount": %d,"totalTokenCount": %d,"promptTokensDetails": [{"modality": '
    '"TEXT","tokenCount": 2}],"serviceTier": "standard"},"modelVersion": "fake-hello","responseId": "' + ID + '"}\r\n\r\n'
)
STREAMED_HELLO = "".join(
    CHUNK % (piece, '"finishReason": "STOP",' if number == 4 else "", number, number + 2)
    for number, piece in enumerate(["Hello", " from", " fakes", "."], 1)
)
PLAIN_HELLO = """{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "Hello from fakes."
          }
        ],
        "role": "model"
      },
      "finishReason": "STOP",
      "index": 0
    }
  ],
  "usageMetadata": {
    "promptTokenCount": 2,
    "candidatesTokenCount": 4,
    "totalTokenCount": 6,
    "promptTokensDetails": [
      {
        "modality": "TEXT",
        "tokenCount": 2
      }
    ],
    "serviceTier": "standard"
  },
  "modelVersion": "fake-hello",
  "responseId": "OdYfjN9raFefgI_Ukf10rC4"
}
"""


@pytest.fixture
def scripted():
    def serve(*replies):
        server = fakes.serve(replies=replies)
        running.append(server)
        return server.__enter__()

    running = []
    yield serve
    for server in running:
        server.__exit__(None, None, None)


def test_a_streamed_hello_has_these_bytes(server):
    assert gemini(server, "fake-hello", "streamGenerateContent?alt=sse").body.decode() == STREAMED_HELLO


def test_a_plain_hello_has_these_bytes(server):
    assert gemini(server).body.decode() == PLAIN_HELLO


def test_without_alt_a_stream_is_one_json_array(server):
    got = gemini(server, "fake-hello", "streamGenerateContent")
    assert got.headers["content-type"] == "application/json; charset=UTF-8"
    assert got.body.startswith(b'[{\n  "candidates": [\n') and got.body.endswith(b"}\n]")
    assert got.body.count(b"\n}\n,\r\n{\n") == 3
    server.reset()
    assert got.json == stream(server)


@pytest.mark.parametrize(
    "name, more",
    [("fake-hello", {}), ("fake-think", THINKING), ("fake-tools", {"tools": TWO}), ("gemini-3.5-flash", {}), ("none", {}), ("fake-blocked", {})],
)
def test_the_same_requests_after_a_reset_get_the_same_bytes(server, name, more):
    def run():
        server.reset()
        verbs = ("generateContent", "streamGenerateContent", "streamGenerateContent?alt=sse")
        return [(got.status, got.headers, got.body) for got in (gemini(server, name, verb, **more) for verb in verbs)]

    assert run() == run()


def test_the_prefix_version_and_spelling_of_the_name_do_not_matter(server):
    for prefix in ("/gemini/v1beta/", "/gemini/v1/", "/google/v1beta/", "/google/v1alpha/"):
        assert text(gemini(server, prefix=prefix).json) == "Hello from fakes."
    got = gemini(server, path="/gemini/v1beta/models%2Ffake-hello:generateContent")
    assert text(got.json) == "Hello from fakes."


def join(chunks):
    """Add a stream up the simple way: neighbouring texts of a kind are one."""
    found = []
    for chunk in chunks:
        for part in parts(chunk):
            before = found[-1] if found else {}
            alike = "text" in part and "text" in before and part.get("thought") == before.get("thought")
            if alike and "thoughtSignature" not in before:
                found[-1] = {**before, **part, "text": before["text"] + part["text"]}
            else:
                found.append(part)
    return found


@pytest.mark.parametrize(
    "name, more",
    [
        ("fake-hello", {}),
        ("fake-think", {}),
        ("fake-think", THINKING),
        ("fake-think", {"tools": TOOLS, **THINKING}),
        ("fake-tool", {"tools": TOOLS}),
        ("fake-tools", {"tools": TWO}),
        ("fake-tool", {"tools": [{"codeExecution": {}}]}),
        ("fake-tool", {"tools": [{"googleSearch": {}}]}),
        ("fake-refuse", {}),
        ("gemini-2.5-flash", {"tools": TOOLS}),
        ("gemini-3.5-flash", {"tools": TWO, "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}),
        ("gemini-2.5-flash", {"generationConfig": {"maxOutputTokens": 3}}),
        ("fake-hello", {"generationConfig": {"maxOutputTokens": 3}}),
        ("fake-hello", {"generationConfig": {"stopSequences": ["Hello"]}}),
    ],
)
def test_the_stream_adds_up_to_the_plain_answer(server, name, more):
    plain = gemini(server, name, **more).json
    server.reset()
    chunks = stream(server, name, **more)
    last = chunks[-1]
    assert join(chunks) == parts(plain)
    assert last["usageMetadata"] == plain["usageMetadata"]
    for key in ("finishReason", "finishMessage", "groundingMetadata", "safetyRatings"):
        assert last["candidates"][0].get(key) == plain["candidates"][0].get(key)
    assert all("finishReason" not in chunk["candidates"][0] for chunk in chunks[:-1])


@pytest.mark.parametrize("name, more", [("fake-hello", {}), ("fake-think", THINKING), ("gemini-3.5-flash", {}), ("fake-tools", {"tools": TWO})])
def test_usage_is_on_every_chunk_cumulative_and_never_0(server, name, more):
    before = 0
    for chunk in stream(server, name, **more):
        usage = chunk["usageMetadata"]
        counts = [value for value in usage.values() if isinstance(value, int)]
        assert all(count > 0 for count in counts), usage
        answer, thoughts = usage.get("candidatesTokenCount", 0), usage.get("thoughtsTokenCount", 0)
        assert usage["totalTokenCount"] == usage["promptTokenCount"] + answer + thoughts
        assert usage["totalTokenCount"] >= before
        before = usage["totalTokenCount"]


def test_thoughts_are_parts_only_when_asked_for_and_counted_in_any_case(server):
    plain = gemini(server, "fake-think", **THINKING).json
    assert parts(plain)[0] == {"text": THOUGHT, "thought": True}
    hidden = gemini(server, "fake-think").json
    assert [part["text"] for part in parts(hidden)] == ["The answer is 42."]
    assert hidden["usageMetadata"]["thoughtsTokenCount"] == plain["usageMetadata"]["thoughtsTokenCount"] > 0
    early = stream(server, "fake-think", **THINKING)[0]
    assert parts(early)[0]["thought"] and "candidatesTokenCount" not in early["usageMetadata"]
    assert "thoughtsTokenCount" not in early["usageMetadata"]


def test_no_budget_means_no_thoughts(server):
    none = {"generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 0}}}
    got = gemini(server, "gemini-2.5-flash", **none).json
    assert len(parts(got)) == 1 and "thoughtsTokenCount" not in got["usageMetadata"]
    some = {"generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 20}}}
    got = gemini(server, "gemini-2.5-flash", **some).json
    assert parts(got)[0]["thought"] and got["usageMetadata"]["thoughtsTokenCount"] == 20
    assert "thoughtsTokenCount" not in gemini(server, "gemini-2.5-flash-lite").json["usageMetadata"]


def test_older_models_close_a_text_with_its_last_piece_and_gemini_3_with_a_signed_empty_one(server):
    *_, last = stream(server, "gemini-2.5-flash")
    assert parts(last) == [{"text": "."}]
    *_, last = stream(server, "gemini-3.5-flash")
    (closing,) = parts(last)
    assert closing["text"] == "" and base64.b64decode(closing["thoughtSignature"], validate=True)
    assert parts(gemini(server, "gemini-3.5-flash").json)[0]["thoughtSignature"]


def test_calls_are_whole_only_the_first_is_signed_and_gemini_3_gives_ids(server):
    forced = {"tools": TWO, "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}
    (old,) = parts(gemini(server, "gemini-2.5-flash", **forced).json)
    assert old["functionCall"] == {"name": "get_weather", "args": {"city": "Paris"}} and old["thoughtSignature"]
    (new,) = parts(gemini(server, "gemini-3.5-flash", **forced).json)
    assert re.fullmatch("[0-9a-f]{8}", new["functionCall"]["id"]) and new["thoughtSignature"]
    (only,) = stream(server, "fake-tools", tools=TWO)  # all calls in one chunk
    assert [part["functionCall"]["name"] for part in parts(only)] == ["get_weather", "other"]
    assert only["candidates"][0]["finishMessage"] == "Model generated function call(s)."


def test_gemini_3_gives_each_call_a_chunk(scripted):
    server = scripted(Reply([ToolCall("a", "{}"), ToolCall("b", '{"x": [1, 2.0]}', id="mine")]))
    one, two = stream(server, "gemini-3.5-flash")
    assert parts(one)[0]["thoughtSignature"] and "finishReason" not in one["candidates"][0]
    assert parts(two) == [{"functionCall": {"name": "b", "args": {"x": [1, 2.0]}, "id": "mine"}}]


def test_tool_modes_are_obeyed(server):
    def asked(name, **calling):
        got = gemini(server, name, tools=TWO, toolConfig={"functionCallingConfig": calling})
        return [part["functionCall"]["name"] for part in parts(got.json) if "functionCall" in part]

    assert asked("gemini-2.5-flash", mode="AUTO") == []
    assert asked("gemini-2.5-flash", mode="VALIDATED") == []
    assert asked("gemini-2.5-flash", mode="ANY") == ["get_weather"]
    assert asked("gemini-2.5-flash", mode="any", allowedFunctionNames=["other"]) == ["other"]
    assert asked("fake-tools", mode="AUTO") == ["get_weather", "other"]
    assert asked("fake-tools", mode="ANY", allowedFunctionNames=["other"]) == ["other"]
    assert asked("fake-tools", mode="NONE") == []


@pytest.mark.parametrize("response, said", [({"output": "21 degrees"}, "21 degrees"), ({"a": 1, "b": "é"}, '{"a": 1, "b": "é"}')])
def test_the_result_of_a_call_is_used(server, response, said):
    contents = [*HI, model(call("get_weather")), user(result("get_weather", **response))]
    assert text(gemini(server, "fake-tool", contents=contents, tools=TOOLS).json) == f"The tool says: {said}"


def test_arguments_fit_either_kind_of_schema(server):
    for function in (
        {"name": "f", "parameters": {"type": "OBJECT", "properties": {"n": {"type": "INTEGER", "minimum": 7}, "s": {"type": "ARRAY", "items": {"type": "STRING"}, "minItems": "2"}}, "required": ["n", "s"]}},
        {"name": "f", "parametersJsonSchema": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 7}, "s": {"type": "array", "items": {"type": "string"}, "minItems": 2}}, "required": ["n", "s"]}},
    ):
        got = gemini(server, "fake-tool", tools=[{"function_declarations": [function]}])
        arguments = parts(got.json)[0]["functionCall"]["args"]
        assert arguments["n"] >= 7 and len(arguments["s"]) == 2


def test_json_is_given_when_it_is_asked_for(server):
    def asked(**config):
        return text(gemini(server, "gemini-2.5-flash", generationConfig=config).json)

    schema = {"type": "OBJECT", "properties": {"ok": {"type": "BOOLEAN"}}, "required": ["ok"]}
    assert json.loads(asked(responseMimeType="application/json")) == {"city": "Paris", "temp_c": 21}
    assert isinstance(json.loads(asked(responseMimeType="application/json", responseSchema=schema))["ok"], bool)
    plain = {"type": "object", "properties": {"ok": {"const": 4}}, "required": ["ok"], "additionalProperties": False}
    assert json.loads(asked(responseMimeType="application/json", responseJsonSchema=plain)) == {"ok": 4}
    enum = {"type": "STRING", "format": "enum", "enum": ["red", "blue"]}
    assert asked(responseMimeType="text/x.enum", responseSchema=enum) == "red"


def test_candidates_come_side_by_side(server):
    config = {"generationConfig": {"candidateCount": 2}}
    plain = gemini(server, **config).json
    assert [candidate["index"] for candidate in plain["candidates"]] == [0, 1]
    chunks = stream(server, **config)
    assert all([candidate["index"] for candidate in chunk["candidates"]] == [0, 1] for chunk in chunks)
    assert chunks[-1]["usageMetadata"] == plain["usageMetadata"]


def test_room_spent_on_thinking_leaves_no_parts(server):
    for got in (
        gemini(server, "gemini-2.5-flash", generationConfig={"maxOutputTokens": 5}).json,
        *stream(server, "gemini-2.5-flash", generationConfig={"maxOutputTokens": 5}),
    ):
        assert got["candidates"] == [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}]
        assert "candidatesTokenCount" not in got["usageMetadata"] and got["usageMetadata"]["thoughtsTokenCount"] == 5


def test_the_answer_stops_at_its_limits(server):
    got = gemini(server, generationConfig={"maxOutputTokens": 2}).json
    assert (text(got), got["candidates"][0]["finishReason"]) == ("Hello from", "MAX_TOKENS")
    got = gemini(server, generationConfig={"stopSequences": [" fakes"]}).json
    assert (text(got), got["candidates"][0]["finishReason"]) == ("Hello from", "STOP")
    got = gemini(server, generationConfig={"stopSequences": ["Hello"]}).json
    assert got["candidates"][0] == {"content": {}, "finishReason": "STOP", "index": 0}


def test_a_blocked_answer_has_ratings_and_no_content(server):
    (candidate,) = gemini(server, "fake-filtered").json["candidates"]
    assert "content" not in candidate and candidate["finishReason"] == "SAFETY"
    assert [rating["category"] for rating in candidate["safetyRatings"] if rating.get("blocked")] == ["HARM_CATEGORY_DANGEROUS_CONTENT"]
    *said, last = stream(server, "fake-filtered")
    assert "".join(map(text, said)) == "Well, first"  # what was streamed before the filter stepped in
    assert last["candidates"] == [candidate]


def test_a_blocked_prompt_is_an_answer_without_candidates(server):
    plain = gemini(server, "fake-blocked")
    (only,) = stream(server, "fake-blocked")
    for got in (plain.json, only):
        assert plain.status == 200 and "candidates" not in got
        assert got["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT"}
        assert got["usageMetadata"]["promptTokenCount"] == got["usageMetadata"]["totalTokenCount"] > 0


def test_a_refusal_is_plain_text(server):
    assert text(gemini(server, "fake-refuse").json) == "I'm sorry, I can't help with that."


def test_code_execution_and_search_have_their_blocks(server):
    code, ran, said = parts(gemini(server, "fake-tool", tools=[{"code_execution": {}}]).json)
    assert code["executableCode"]["id"] == ran["codeExecutionResult"]["id"]
    assert ran["codeExecutionResult"]["output"] == "42\n" and said["text"]
    got = gemini(server, "fake-tool", tools=[{"googleSearch": {}}])
    assert got.json["candidates"][0]["groundingMetadata"]["webSearchQueries"]
    assert b"\\u003cdiv" in got.body  # as protobuf's JSON writer escapes it
    assert text(gemini(server, "gemini-2.5-flash", tools=[{"googleSearch": {}}, {"urlContext": {}}]).json) == "Hello from fakes."


def test_a_cache_is_counted(server):
    usage = gemini(server, "gemini-2.5-flash", cachedContent="cachedContents/abc").json["usageMetadata"]
    assert 0 < usage["cachedContentTokenCount"] < usage["promptTokenCount"]
    assert usage["cacheTokensDetails"] == [{"modality": "TEXT", "tokenCount": usage["cachedContentTokenCount"]}]


def test_the_script_says_usage_signatures_and_refusals(scripted):
    server = scripted(
        Reply([Thinking("hm", "c2ln"), Text("a"), Text("b")], usage=Usage(10, 7, 3, cache_read=4)),
        Reply([Refusal("no")]),
    )
    got = gemini(server, "anything", **THINKING).json
    assert parts(got) == [{"text": "hm", "thought": True}, {"text": "ab"}]
    usage = got["usageMetadata"]
    assert [usage[key] for key in ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount")] == [10, 4, 3, 17]
    assert usage["cachedContentTokenCount"] == 4
    assert text(gemini(server, "anything").json) == "no"
    over = gemini(server, "anything")
    assert (over.status, over.error["status"]) == (404, "NOT_FOUND")
    assert over.error["message"].startswith("fakes: no rule fits this request (")


def test_a_call_whose_arguments_are_no_json_is_malformed(scripted):
    server = scripted(Reply([ToolCall("f", '{"a": ')]), Reply([ToolCall("f", '{"a": ')]))
    (candidate,) = gemini(server, "gemini-2.5-flash").json["candidates"]
    assert candidate["finishReason"] == "MALFORMED_FUNCTION_CALL" and "content" not in candidate
    assert stream(server, "gemini-2.5-flash")[-1]["candidates"] == [candidate]


def test_429_tells_the_wait_in_its_details_only(server):
    first = gemini(server, "fake-429-once")
    assert (first.status, first.error["code"], first.error["status"]) == (429, 429, "RESOURCE_EXHAUSTED")
    assert first.error["message"].endswith("limit: 15, model: fake-429-once\nPlease retry in 50ms.")
    kinds = [detail["@type"].rpartition(".")[2] for detail in first.error["details"]]
    assert kinds == ["Help", "QuotaFailure", "RetryInfo"]
    assert first.error["details"][2]["retryDelay"] == "0.05s"
    assert "retry-after" not in first.headers
    assert text(gemini(server, "fake-429-once").json) == "Hello from fakes."


@pytest.mark.parametrize("verb", ["generateContent", "streamGenerateContent", "streamGenerateContent?alt=sse"])
def test_a_cut_answer_ends_without_its_end(server, verb):
    body = json.dumps({"contents": HI}).encode()
    head = b"POST /gemini/v1beta/models/fake-cut:%b HTTP/1.1\r\nhost: x\r\nx-goog-api-key: k\r\ncontent-length: %d\r\n\r\n"
    got = raw(server, head % (verb.encode(), len(body)) + body)
    assert got.startswith(b"HTTP/1.1 200 ") and b"This" in got
    assert b"finishReason" not in got or not got.endswith(b"0\r\n\r\n")
    assert not got.endswith(b"0\r\n\r\n")


def test_the_models_are_listed_in_pages(server):
    def listed(query):
        return ask(server, None, method="GET", path="/gemini/v1beta/models" + query, key=None, headers={"x-goog-api-key": "k"})

    names = [row["name"] for row in listed("").json["models"]]
    assert "models/fake-hello" in names and "models/gemini-2.5-flash" in names
    found, query = [], "?pageSize=5"
    while query:
        page = listed(query).json
        found += [row["name"] for row in page["models"]]
        query = f"?pageSize=5&pageToken={page['nextPageToken']}" if "nextPageToken" in page else ""
    assert found == names
    one = listed("/gemini-2.5-flash").json
    assert one["supportedGenerationMethods"][:2] == ["generateContent", "countTokens"] and one["thinking"] is True
    assert (listed("?pageSize=x").status, listed("?pageToken=x").status) == (400, 400)


def test_tokens_are_counted_as_the_answer_counts_them(server):
    contents = [user({"text": "one two three"}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}})]
    used = gemini(server, contents=contents).json["usageMetadata"]["promptTokenCount"]
    assert gemini(server, "fake-hello", "countTokens", contents=contents).json["totalTokens"] == used
    inner = {"model": "models/fake-hello", "contents": contents, "tools": TOOLS}
    got = gemini(server, "fake-hello", "countTokens", contents=None, generateContentRequest=inner).json
    assert got["totalTokens"] > used and got["promptTokensDetails"][0]["modality"] == "TEXT"
    got = gemini(server, "fake-hello", "countTokens", contents=[])
    assert got.error["message"] == "* CountTokensRequest.contents: contents is not specified\n"
    got = gemini(server, "fake-hello", "countTokens", generateContentRequest=inner)
    assert got.error["message"].startswith("* CountTokensRequest.contents: ")


def test_the_headers_are_googles(server):
    got = gemini(server, "fake-hello", "streamGenerateContent?alt=sse")
    assert got.headers["content-type"] == "text/event-stream"
    assert got.headers["server-timing"].startswith("gfet4t7; dur=")
    assert got.headers["x-gemini-service-tier"] == "standard"
    assert gemini(server).headers["content-type"] == "application/json; charset=UTF-8"


def test_an_alias_answers_with_the_name_of_what_it_stands_for(server):
    assert gemini(server, "gemini-flash-latest").json["modelVersion"] == "gemini-3.6-flash"


def test_the_last_thing_said_is_echoed_and_the_key_is_not_kept(server):
    contents = [user({"text": "one"}), model({"text": "two"}), user({"text": "th<r>"}, {"text": "ee \ud800"})]
    got = gemini(server, "fake-echo", contents=contents)
    assert text(got.json) == "th<r>ee \ud800" and b"th\\u003cr\\u003eee" in got.body
    assert "x-goog-api-key" not in server.journal[-1].headers
