"""What a script asks for in OpenAI's own words, in both APIs: errors, errors in a stream, raw bytes, quotas."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes import Error, Fault, Quota, Reply, ToolCall

from .asking import MESSAGES, ask
from .responding import events, respond

INVALID, BROKEN = "invalid_request_error", "server_error"
WORDS = [  # status, message, type, code
    (400, "Bad Request", INVALID, None),
    (401, "Incorrect API key provided.", INVALID, "invalid_api_key"),
    (403, "Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"),
    (404, "The model does not exist or you do not have access to it.", INVALID, "model_not_found"),
    (408, "Request timed out.", BROKEN, None),
    (409, "Conflict", INVALID, None),
    (422, "Unprocessable Entity", INVALID, None),
    (499, "The request failed.", INVALID, None),
    (500, "The server had an error while processing your request. Sorry about that!", BROKEN, None),
    (502, "Bad gateway.", "cf_bad_gateway", None),
    (503, "The engine is currently overloaded, please try again later", BROKEN, None),
    (504, "Gateway Timeout", BROKEN, None),
    (529, "The request failed.", BROKEN, None),
]


@pytest.fixture(params=["chat_completions", "responses"])
def say(request):
    def chat(server, given="hi", **body):
        messages = MESSAGES if given == "hi" else [{"role": "user", "content": given}]
        return ask(server, {"model": "m", "messages": messages, **body})

    def responses(server, given="hi", **body):
        return respond(server, "m", given, **body)

    return chat if request.param == "chat_completions" else responses


def limits(got):
    return {name[12:]: value for name, value in got.headers.items() if "ratelimit" in name}


@pytest.mark.parametrize("status, message, kind, code", WORDS)
def test_a_scripted_error_has_the_words_of_its_status(server, say, status, message, kind, code):
    server.reply(Error(status))
    got = say(server)
    assert got.status == status and got.headers["x-request-id"].startswith("req_")
    assert list(got.error.items()) == [("message", message), ("type", kind), ("param", None), ("code", code)]
    assert got.body == json.dumps(got.json, indent=4).encode() + b"\n"
    assert "retry-after" not in got.headers and limits(got) == {}


def test_a_message_of_the_script_s_own_goes_without_the_usual_code(server, say):
    server.reply(Error(404, "No"), Error(404, "No", code="c"), Error(404, code="c"), Error(404, type="t"))
    assert [(say(server).error["code"]) for _ in range(3)] == [None, "c", "c"]
    assert say(server).error["type"] == "t"


@pytest.mark.parametrize(
    "seconds, after, milliseconds, span",
    [(0.05, "0.05", "50", "50ms"), (1.5, "1.5", "1500", "1.5s"), (1 / 3, "0.334", "334", "334ms"), (72, "72", "72000", "1m12s"), (59.9999, "60", "60000", "1m0s")],
)
def test_a_scripted_429_tells_the_wait_in_the_sentence_and_two_headers(server, say, seconds, after, milliseconds, span):
    server.reply(Error(429, retry_after=seconds))
    got = say(server)
    assert (got.headers["retry-after"], got.headers["retry-after-ms"]) == (after, milliseconds)
    assert (got.error["type"], got.error["code"]) == ("requests", "rate_limit_exceeded")
    assert got.error["message"].startswith("Rate limit reached for m in organization org-fakes on requests per min (RPM): Limit 3,")
    assert f"Please try again in {span}. Visit" in got.error["message"]


def test_a_used_up_account_can_be_scripted(server, say):
    server.reply(Error(429, "You exceeded your current quota.", type="insufficient_quota", code="insufficient_quota"))
    got = say(server)
    assert (got.error["type"], got.error["code"]) == ("insufficient_quota", "insufficient_quota")


@pytest.mark.parametrize("stream", [False, True])
def test_a_quota_is_told_and_what_it_does_not_limit_is_not(say, stream):
    with fakes.serve(clock="held") as server:
        server.when().reply("a b c")
        total = say(server).json["usage"]["total_tokens"]
        server.quota(Quota(requests_per_minute=8))
        assert limits(say(server, stream=stream)) == {
            "limit-requests": "8", "remaining-requests": "7", "reset-requests": "7.5s",
        }  # fmt: skip
        assert limits(say(server, stream=stream))["remaining-requests"] == "6"
        server.advance(4.5)
        assert limits(say(server, stream=stream))["reset-requests"] == "18s"
        server.quota(Quota(tokens_per_minute=6000))
        told = limits(say(server, stream=stream))
        assert told == {"limit-tokens": "6000", "remaining-tokens": str(6000 - total), "reset-tokens": f"{total * 10}ms"}


def test_a_refusal_for_a_quota_names_the_limit_and_tells_its_numbers(say):
    with fakes.serve(clock="held") as server:
        server.when().reply("a b c")
        usage = say(server).json["usage"]
        used = usage.get("prompt_tokens", usage.get("input_tokens"))
        server.quota(Quota(requests_per_minute=1, tokens_per_minute=100_000))
        assert say(server).status == 200
        got = say(server)
        assert (got.error["type"], got.error["code"], got.headers["retry-after"]) == ("requests", "rate_limit_exceeded", "60")
        assert "on requests per min (RPM): Limit 1, Used 1, Requested 1. Please try again in 1m0s. Visit" in got.error["message"]
        assert limits(got)["remaining-requests"] == "0" and limits(got)["limit-tokens"] == "100000"
        room = usage["total_tokens"] + used - 1
        server.quota(Quota(tokens_per_minute=room))
        assert say(server).status == 200
        got = say(server)
        assert (got.error["type"], got.error["code"]) == ("tokens", "rate_limit_exceeded")
        assert f"on tokens per min (TPM): Limit {room}, Used {usage['total_tokens']}, Requested {used}. " in got.error["message"]
        assert limits(got)["remaining-tokens"] == str(used - 1)
        server.advance(int(got.headers["retry-after-ms"]) / 1000)
        assert say(server).status == 200


def test_a_request_that_is_larger_than_the_limit_is_told_so(server, say):
    server.when().reply("a b c")
    server.quota(Quota(tokens_per_minute=20))
    got = say(server, "word " * 30)
    assert (got.status, got.error["type"], got.error["code"]) == (429, "tokens", "rate_limit_exceeded")
    start = "Request too large for m in organization org-fakes on tokens per min (TPM): Limit 20, Requested "
    assert got.error["message"].startswith(start) and int(got.error["message"][len(start) :].partition(".")[0]) > 30


def test_raw_bytes_have_the_usual_headers(server, say):
    server.reply(Reply(raw={"openai": "{}"}), Reply(raw={"openai": "data: [DONE]\n\n"}))
    for stream, kind in ((False, "application/json"), (True, "text/event-stream; charset=utf-8")):
        got = say(server, stream=stream)
        assert got.headers["content-type"] == kind and got.headers["openai-version"] and limits(got)["limit-requests"] == "10000"


def test_a_stream_that_fails_for_its_prompt_tells_the_quota_too(server):
    server.when().reply(Reply([], finish="blocked"))
    server.quota(Quota(requests_per_minute=8))
    got = respond(server, "m", stream=True)
    assert events(got)[-1]["type"] == "response.failed" and limits(got)["limit-requests"] == "8"


def test_each_api_has_bytes_of_its_own(server):
    server.when().reply(Reply(raw={"openai": "1", "responses": ""}))
    assert ask(server, {"model": "m", "messages": MESSAGES}).body == b"1"
    assert respond(server, "m").body == b""


def test_an_error_in_a_stream_of_chat_completions_is_a_data_line(server):
    server.when().reply("a b c")
    server.fault(Fault("error_event", event=2, status=503))
    got = ask(server, {"model": "m", "messages": MESSAGES, "stream": True})
    message = "The engine is currently overloaded, please try again later"
    event = f'data: {{"error":{{"message":"{message}","type":"server_error","param":null,"code":null}}}}\n\n'
    assert fakes.replies.reply.events_of(got.body)[2:] == [event.encode()]


@pytest.mark.parametrize("place", [1, 2, 5, -1, -3])
def test_an_error_in_a_stream_of_responses_is_an_error_event_and_a_failed_response_numbered_on(server, place):
    server.when().reply("one two three four five")
    whole = events(respond(server, "m", stream=True))
    server.reset()
    server.fault(Fault("error_event", event=place, status=429, message="Slow down."))
    got = events(respond(server, "m", stream=True))  # checks that the numbers go up by one from 0
    assert got[:-2] == whole[:place]
    error, failed = got[-2:]
    assert list(error) == ["type", "error", "sequence_number"]
    assert error["error"] == {"type": "requests", "code": None, "message": "Slow down.", "param": None}
    response = failed["response"]
    assert (failed["type"], response["status"], response["id"]) == ("response.failed", "failed", whole[0]["response"]["id"])
    assert response["error"] == {"code": "requests", "message": "Slow down."}
    assert response.keys() == whole[0]["response"].keys()


def test_an_error_before_the_first_event_has_no_response_that_could_fail(server):
    server.when().reply(Reply([ToolCall("f", "{}")]))
    server.fault(Fault("error_event", event=0))
    [event] = events(respond(server, "m", stream=True))
    assert (event["type"], event["sequence_number"], event["error"]["type"]) == ("error", 0, "server_error")


def test_an_error_after_raw_bytes_counts_what_it_cannot_read(server):
    server.when().reply(Reply(raw={"responses": b"data: x\n\n: note\n\ndata: y\n\n"}))
    server.fault(Fault("error_event", event=2))
    body = respond(server, "m", stream=True).body
    assert body.startswith(b"data: x\n\n: note\n\nevent: error\n") and b'"sequence_number":2}' in body and b"response.failed" not in body


def test_an_unknown_parameter_is_named_in_the_words_of_the_model_s_kind(server):
    for model, message, param, code in (
        ("gpt-4o", "Unrecognized request arguments supplied: bar, foo", None, None),
        ("gpt-5-mini", "Unknown parameter: 'foo'.", "foo", "unknown_parameter"),
        ("o3", "Unknown parameter: 'foo'.", "foo", "unknown_parameter"),
    ):
        got = ask(server, {"model": model, "messages": MESSAGES, "foo": 1, "bar": 2})
        assert got.status == 400
        assert got.error == {"message": message, "type": INVALID, "param": param, "code": code}
