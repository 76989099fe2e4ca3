"""What a script asks of the fake Gemini API besides content: errors, raw bytes, quotas, and what rules look at."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes import Error, Fault, Quota, Reply

from .asking import raw, request_bytes
from .google_asking import HI, TOOLS, call, gemini, model, parts, result, stream, text, user

VERBS = ["generateContent", "streamGenerateContent?alt=sse", "streamGenerateContent"]
STATUSES = [  # status, word, sentence
    (400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    (401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."),
    (403, "PERMISSION_DENIED", "The caller does not have permission"),
    (404, "NOT_FOUND", "Requested entity was not found."),
    (408, "FAILED_PRECONDITION", "The request failed."),
    (409, "ABORTED", "The operation was aborted."),
    (418, "FAILED_PRECONDITION", "The request failed."),
    (429, "RESOURCE_EXHAUSTED", None),
    (499, "CANCELLED", "The operation was cancelled."),
    (500, "INTERNAL", "Internal error encountered."),
    (501, "UNIMPLEMENTED", "Operation is not implemented, or supported, or enabled."),
    (502, "INTERNAL", "Internal error encountered."),
    (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
]  # fmt: skip


def refused(got, verb):
    """Give the error object; that of a stream without `alt=sse` is in an array."""
    whole = got.json
    if verb == VERBS[2]:
        (whole,) = whole
    assert list(whole) == ["error"]
    return whole["error"]


def details(error):
    """Give the details by the last word of their type."""
    rows = error.get("details", [])
    assert all(row["@type"].startswith("type.googleapis.com/google.rpc.") for row in rows)
    return {row["@type"].rpartition(".")[2]: {key: row[key] for key in row if key != "@type"} for row in rows}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status, word, sentence", STATUSES)
def test_a_scripted_error_has_the_word_and_the_sentence_of_its_status(server, status, word, sentence, verb):
    server.reply(Error(status))
    got = gemini(server, verb=verb)
    error = refused(got, verb)
    assert (got.status, got.headers["content-type"]) == (status, "application/json; charset=UTF-8")
    assert list(error)[:3] == ["code", "message", "status"]
    assert (error["code"], error["status"]) == (status, word)
    assert sentence is None or error["message"] == sentence
    assert sorted(details(error)) == (["Help", "QuotaFailure"] if status == 429 else [])


def test_an_error_has_these_bytes(server):
    server.reply(Error(503), Error(503))
    whole = (
        b'{\n  "error": {\n    "code": 503,\n    "message": "The model is overloaded. Please try again later.",\n'
        b'    "status": "UNAVAILABLE"\n  }\n}\n'
    )
    assert gemini(server).body == whole
    assert gemini(server, verb=VERBS[2]).body == b"[" + whole + b"]"


def test_every_status_from_400_to_599_has_a_word(server):
    server.reply(*map(Error, range(400, 600)))
    for status in range(400, 600):
        got = gemini(server)
        assert got.status == got.error["code"] == status
        assert got.error["status"].isupper() and got.error["message"]


def test_a_script_may_say_message_word_and_reason(server):
    server.reply(
        Error(400, type="FAILED_PRECONDITION"), Error(400, "bad <key>", code="API_KEY_INVALID"), Error(429, "slow down")
    )
    assert gemini(server).error == {
        "code": 400,
        "message": "User location is not supported for the API use.",
        "status": "FAILED_PRECONDITION",
    }
    got = gemini(server)
    assert (got.error["message"], got.error["status"]) == ("bad <key>", "INVALID_ARGUMENT")
    assert b"\\u003ckey\\u003e" in got.body
    assert details(got.error) == {"ErrorInfo": {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}}
    got = gemini(server)
    assert (got.error["message"], got.error["status"]) == ("slow down", "RESOURCE_EXHAUSTED")


@pytest.mark.parametrize(
    "wait, delay, spelt",
    [(0, "0s", "0s"), (0.05, "0.05s", "50ms"), (2, "2s", "2s"), (60 / 7, "8.572s", "8.572s"), (65.5, "65.5s", "1m5.5s"), (7200, "7200s", "2h0m0s")],
)
def test_a_wait_is_told_in_the_details_and_never_shorter_than_it_is(server, wait, delay, spelt):
    server.reply(Error(503, retry_after=wait), Error(429, retry_after=wait))
    got = gemini(server)
    assert details(got.error) == {"RetryInfo": {"retryDelay": delay}}
    assert "retry-after" not in got.headers
    got = gemini(server)
    assert details(got.error)["RetryInfo"] == {"retryDelay": delay}
    assert got.error["message"].endswith(f"limit: 15, model: fake-hello\nPlease retry in {spelt}.")


def test_headers_of_the_script_take_the_place_of_the_apis_own(server):
    server.reply(Error(503, headers=(("Server", "mine"), ("retry-after", "3"))))
    path = b"/gemini/v1beta/models/gemini-2.5-flash:generateContent"
    asked = request_bytes({"contents": HI}, extra=b"x-goog-api-key: k\r\n", path=path)
    head = raw(server, asked).partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    assert [line for line in head if line.startswith(b"server:")] == [b"server: mine"]
    assert b"retry-after: 3" in head
    assert sum(line.startswith(b"vary:") for line in head) == 3


def test_a_body_of_the_script_is_sent_as_it_is(server):
    server.reply(Error(502, body=b"<html>\xff</html>", headers=(("content-type", "text/html"),)))
    got = gemini(server, verb=VERBS[2])
    assert (got.status, got.headers["content-type"], got.body) == (502, "text/html", b"<html>\xff</html>")


def test_a_fault_of_status_503_comes_in_the_same_shape_and_uses_no_reply_up(server):
    server.reply("Hello.")
    server.fault(Fault("status", status=503, times=1, retry_after=1.5))
    first = gemini(server)
    assert (first.status, first.error["status"]) == (503, "UNAVAILABLE")
    assert details(first.error) == {"RetryInfo": {"retryDelay": "1.5s"}}
    assert text(gemini(server).json) == "Hello."


@pytest.mark.parametrize("verb", VERBS)
def test_what_no_rule_fits_is_a_404_that_names_the_nearest(server, verb):
    server.when(user={"contains": "weather"}, turn=1).reply("Sunny.", name="weather")
    got = gemini(server, "gemini-2.5-pro", verb)
    error = refused(got, verb)
    assert (got.status, error["status"]) == (404, "NOT_FOUND")
    assert error["message"].startswith("fakes: no rule fits this request (")
    assert "model 'gemini-2.5-pro', turn 1" in error["message"] and "rule 'weather'" in error["message"]
    assert details(error)["ErrorInfo"]["reason"] == "no_rule"


# -- raw bytes --------------------------------------------------------------------------------------------------------

STREAM = b"data: {\xff}\r\n\r\ndata: odd\n\n: comment\n\nno end"


def test_raw_bytes_are_sent_as_they_are_with_the_headers_of_an_answer(server):
    server.reply(*[Reply(raw={"google": STREAM})] * 3)
    for verb, kind in zip(VERBS, ("application/json; charset=UTF-8", "text/event-stream", "application/json; charset=UTF-8")):
        got = gemini(server, verb=verb)
        assert (got.status, got.headers["content-type"], got.body) == (200, kind, STREAM)
        assert got.headers["x-gemini-service-tier"] == "standard"
        assert got.headers.get("content-disposition") == ("attachment" if verb == VERBS[1] else None)


def test_raw_bytes_are_cut_at_their_own_events(server):
    server.reply(Reply(raw={"google": STREAM}, faults=[Fault("end", event=2)]))
    assert gemini(server, verb=VERBS[1]).body == STREAM[: STREAM.index(b": comment")]


def test_raw_bytes_for_another_provider_leave_the_reply_as_it_is(server):
    server.reply(Reply("Hi.", raw={"openai": b"{}"}))
    assert text(gemini(server).json) == "Hi."


# -- an error inside a stream -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said, error",
    [
        ({"status": 503}, {"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"}),
        ({}, {"code": 500, "message": "Internal error encountered.", "status": "INTERNAL"}),
        ({"status": 400, "message": "<é>", "type": "OUT_OF_RANGE"}, {"code": 400, "message": "<é>", "status": "OUT_OF_RANGE"}),
    ],
)
def test_an_error_chunk_takes_the_place_of_an_event_and_is_the_last(server, said, error):
    whole = stream(server)
    server.fault(Fault("error_event", event=2, **said))
    found = stream(server)
    assert [text(chunk) for chunk in found[:2]] == [text(chunk) for chunk in whole[:2]]
    assert found[2:] == [{"error": error}]
    got = gemini(server, verb=VERBS[1])
    assert got.body.endswith(b'"}}\r\n\r\n') and b'data: {"error": {"code": ' in got.body and b"<" not in got.body


def test_in_an_array_the_error_is_the_last_element(server):
    whole = gemini(server, verb=VERBS[2]).json
    server.fault(Fault("error_event", event=2, status=503))
    got = gemini(server, verb=VERBS[2])
    assert [text(chunk) for chunk in got.json[:2]] == [text(chunk) for chunk in whole[:2]]
    assert [chunk["error"]["status"] for chunk in got.json[2:]] == ["UNAVAILABLE"]
    assert got.body.count(b",\r\n{\n") == 2 and got.body.endswith(b"  }\n}\n]")


# -- quotas -----------------------------------------------------------------------------------------------------------

METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_"


@pytest.fixture
def held():
    with fakes.serve(clock="held") as server:
        yield server


def waited(error):
    return float(details(error)["RetryInfo"]["retryDelay"].rstrip("s"))


def test_a_quota_of_requests_is_refused_in_the_details_and_let_through_after_its_wait(held):
    held.quota(Quota(requests_per_minute=7))
    for _ in range(7):
        got = gemini(held)
        assert got.status == 200
        assert not [name for name in got.headers if "limit" in name or "quota" in name]
    got = gemini(held)
    assert (got.status, got.error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert got.error["message"].endswith(
        f" \n* Quota exceeded for metric: {METRIC}requests, limit: 7, model: fake-hello\nPlease retry in 8.572s."
    )
    assert list(details(got.error)) == ["Help", "QuotaFailure", "RetryInfo"]
    assert details(got.error)["QuotaFailure"]["violations"] == [
        {
            "quotaMetric": METRIC + "requests",
            "quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
            "quotaDimensions": {"location": "global", "model": "fake-hello"},
            "quotaValue": "7",
        }
    ]
    held.advance(8)
    again = gemini(held)
    assert again.status == 429 and 0 < waited(again.error) < 1
    held.advance(waited(again.error))
    assert gemini(held).status == 200


def test_a_quota_of_tokens_counts_what_is_asked_and_what_is_answered(held):
    words = [user({"text": "one two three four five six seven"})]
    taken = gemini(held, contents=words).json["usageMetadata"]["totalTokenCount"]
    asked = gemini(held, verb="countTokens", contents=words).json["totalTokens"]
    held.quota(Quota(tokens_per_minute=taken + asked))
    assert [gemini(held, contents=words).status for _ in range(2)] == [200, 200]
    got = gemini(held, "gemini-2.5-flash", VERBS[2], contents=words)
    error = refused(got, VERBS[2])
    assert got.status == 429
    (violation,) = details(error)["QuotaFailure"]["violations"]
    assert violation["quotaMetric"] == METRIC + "input_token_count"
    assert violation["quotaId"] == "GenerateContentInputTokensPerModelPerMinute-FreeTier"
    assert (violation["quotaValue"], violation["quotaDimensions"]["model"]) == (str(taken + asked), "gemini-2.5-flash")
    assert f"metric: {METRIC}input_token_count, limit: {taken + asked}, model: gemini-2.5-flash" in error["message"]
    held.advance(waited(error))
    assert gemini(held, contents=words).status == 200


def test_a_refused_request_takes_nothing_and_the_reply_is_still_there(held):
    held.quota(Quota(requests_per_minute=1))
    held.reply("one", "two")
    assert text(gemini(held).json) == "one"
    assert [gemini(held).status for _ in range(3)] == [429] * 3
    held.advance(60)
    assert text(gemini(held).json) == "two"


# -- what rules look at -----------------------------------------------------------------------------------------------

PICTURE = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
CONVERSATIONS = {  # contents; turn, user, results
    "a question": ([user({"text": "a"})], (1, "a", ())),
    "without a role": ([{"parts": [{"text": "a"}]}], (1, "a", ())),
    "questions in a row": ([user({"text": "a"}), user({"text": "b"}, {"text": "c"})], (1, "bc", ())),
    "a second question": ([user({"text": "a"}), model({"text": "A"}), user({"text": "b"})], (2, "b", ())),
    "an answer kept in chunks": (
        [user({"text": "a"}), model({"text": "A"}), model({"text": "B"}), model({"text": "C"}), user({"text": "b"})],
        (2, "b", ()),
    ),
    "a beginning of the answer": ([user({"text": "a"}), model({"text": "A"})], (1, "a", ())),
    "a beginning in chunks": (
        [user({"text": "a"}), model({"text": "A"}), user({"text": "b"}), model({"text": "B"}), model({"text": "C"})],
        (2, "b", ()),
    ),
    "a result": ([user({"text": "a"}), model(call()), user(result(output="21"))], (2, "a", ("21",))),
    "two results": (
        [user({"text": "a"}), model(call(), call("g")), user(result(output="21"), result("g", at="noon", of=1))],
        (2, "a", ("21", '{"at": "noon", "of": 1}')),
    ),
    "a result and a question": ([user({"text": "a"}), model(call()), user(result(), {"text": "b"})], (2, "b", ("21",))),
    "a result and a beginning": ([user({"text": "a"}), model(call()), user(result()), model({"text": "It"})], (2, "a", ("21",))),
    "a result that was answered": (
        [user({"text": "a"}), model(call()), user(result()), model({"text": "A"}), user({"text": "b"})],
        (3, "b", ()),
    ),
    "a picture": ([user({"text": "a"}), model({"text": "A"}), user(PICTURE)], (2, "", ())),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_turn_user_and_results_are_those_of_the_conversation(server, name):
    contents, expected = CONVERSATIONS[name]
    got = gemini(server, contents=contents)
    assert got.status == 200, got.body
    ask = server.journal[-1].ask
    assert (ask.turn, ask.user, ask.results) == expected
    assert ask.used == got.json["usageMetadata"]["promptTokenCount"] > 0


def test_the_system_text_is_that_of_the_instruction(server):
    gemini(server, systemInstruction={"parts": [{"text": "Be "}, {"text": "brief."}]})
    assert server.journal[-1].ask.system == "Be brief."
    gemini(server)
    assert server.journal[-1].ask.system == ""


def test_a_rule_by_turn_and_result_answers_a_whole_conversation(server):
    server.when(turn=1).reply(Reply([fakes.ToolCall("get_weather", "{}")]))
    server.when(turn=2, tool_result={"contains": "21"}).reply("It is 21 °C.")
    contents = [user({"text": "weather?"})]
    called = parts(gemini(server, "any", contents=contents, tools=TOOLS).json)
    contents += [model(*called), user(result("get_weather", output="21"))]
    assert text(gemini(server, "any", contents=contents, tools=TOOLS).json) == "It is 21 °C."
    assert server.unused() == []


def test_the_answer_of_a_script_is_the_same_in_all_forms(server):
    server.reply(*["Hello there."] * 3)
    whole, events, array = [gemini(server, verb=verb) for verb in VERBS]
    chunks = [json.loads(frame[6:]) for frame in events.body.decode().split("\r\n\r\n")[:-1]]
    assert text(whole.json) == "".join(map(text, chunks)) == "".join(map(text, array.json)) == "Hello there."
