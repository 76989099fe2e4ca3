"""What a script asks for in Fireworks' own shapes: errors by the layer that says so, raw bytes, quotas."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes import Error, Fault, Quota, Reply

from .asking import MESSAGES, ask

PATH = "/fireworks/inference/v1/chat/completions"
INVALID, BROKEN = "invalid_request_error", "internal_server_error"
LIMITED = "rate limit exceeded, please try again later"


def chat(server, **body):
    return ask(server, {"model": "m", "messages": MESSAGES, **body}, path=PATH)


def gateway(message, code, type="error"):
    return {"error": {"message": message, "code": code, "type": type}}


def served(message, type=INVALID, code=None):
    return {"error": {"object": "error", "type": type, "code": code or type, "message": message}}


def flat(message, type=INVALID, code=INVALID):
    return {"object": "error", "type": type, "code": code, "message": message}


BODIES = [
    (400, served("Bad Request")),
    (401, gateway("The API key you provided is invalid.", "UNAUTHORIZED")),
    (402, gateway("Payment Required", "PAYMENT_REQUIRED")),
    (403, gateway("Fire Pass API keys are not authorized for this route.", "FORBIDDEN")),
    (404, gateway("Model not found, inaccessible, and/or not deployed", "NOT_FOUND")),
    (405, {"detail": "Method Not Allowed"}),
    (408, served("Request Timeout")),
    (413, served("Payload Too Large")),
    (429, flat(LIMITED)),
    (499, served("The request failed.")),
    (500, served("server had an error while processing your request, please retry again after a brief wait", BROKEN)),
    (502, served("Bad Gateway", BROKEN)),
    (503, served("Service Unavailable", BROKEN)),
    (504, served("Gateway Timeout", BROKEN)),
    (599, served("The request failed.", BROKEN)),
]


@pytest.mark.parametrize("status, body", BODIES)
def test_a_scripted_error_has_the_body_of_the_layer_that_says_so(server, status, body):
    server.reply(Error(status))
    got = chat(server)
    assert got.status == status
    assert got.body == json.dumps(body, separators=(",", ":")).encode()
    assert got.headers["content-type"] == "application/json" and "retry-after" not in got.headers and got.headers["x-request-id"]


def test_a_412_tells_that_the_account_is_suspended(server):
    server.reply(Error(412))
    got = chat(server)
    assert got.error["code"] == "PRECONDITION_FAILED" and got.error["message"].startswith("Account fakes is suspended")


def test_words_of_the_script_s_own_stay_in_the_shape_of_their_status(server):
    overloaded = "Request didn't generate first token before the given deadline, the service is overloaded"
    server.reply(Error(404, "Gone", code="GONE"), Error(429, overloaded, code="too_many_requests"), Error(503, "Soon", type="t"))
    server.reply(Error(405, code="c"), Error(405, "No"))
    assert chat(server).json == gateway("Gone", "GONE")
    assert chat(server).json == flat(overloaded, code="too_many_requests")
    assert chat(server).json == served("Soon", "t", BROKEN)
    assert chat(server).json == served("Method Not Allowed", code="c")
    assert chat(server).json == {"detail": "No"}


def limits(got):
    return {name[12:]: value for name, value in got.headers.items() if "ratelimit" in name}


def test_a_scripted_429_tells_made_up_limits_and_no_time(server):
    server.reply(Error(429, retry_after=3), Error(500))
    got = chat(server)
    assert limits(got) == {
        "over-limit": "no", "limit-requests": "60", "remaining-requests": "0", "limit-tokens-prompt": "60000",
        "remaining-tokens-prompt": "60000", "limit-tokens-generated": "12000", "remaining-tokens-generated": "12000",
    }  # fmt: skip
    assert "retry-after" not in got.headers
    assert limits(chat(server)) == {}


@pytest.mark.parametrize("stream", [False, True])
def test_a_quota_is_told_and_what_it_does_not_limit_is_not(stream):
    with fakes.serve(clock="held") as server:
        server.when().reply("a b c")
        used = chat(server).json["usage"]
        server.quota(Quota(requests_per_minute=3))
        assert limits(chat(server, stream=stream)) == {"over-limit": "no", "limit-requests": "3", "remaining-requests": "2"}
        server.quota(Quota(tokens_per_minute=100))
        left = 100 - used["total_tokens"]
        assert limits(chat(server, stream=stream)) == {
            "over-limit": "no", "limit-tokens-prompt": "100", "remaining-tokens-prompt": str(left),
        }  # fmt: skip


def test_a_refusal_for_a_quota_tells_its_numbers():
    with fakes.serve(clock="held") as server:
        server.when().reply("a b c")
        usage = chat(server).json["usage"]
        room = usage["total_tokens"] + usage["prompt_tokens"] - 1
        server.quota(Quota(requests_per_minute=9, tokens_per_minute=room))
        assert chat(server).status == 200
        got = chat(server)
        assert (got.status, got.json) == (429, flat(LIMITED))
        assert limits(got) == {
            "over-limit": "no", "limit-requests": "9", "remaining-requests": "8", "limit-tokens-prompt": str(room),
            "remaining-tokens-prompt": str(usage["prompt_tokens"] - 1),
        }  # fmt: skip


def test_an_error_event_is_a_data_line_with_an_error(server):
    server.when().reply("a b c")
    server.fault(Fault("error_event", event=1, times=1), Fault("error_event", event=3, status=429, message="m", code="c", skip=1))
    event = fakes.replies.reply.events_of(chat(server, stream=True).body)[-1]
    message = "server had an error while processing your request, please retry again after a brief wait"
    assert event == f'data: {{"error":{{"message":"{message}","type":"{BROKEN}","code":"{BROKEN}"}}}}\n\n'.encode()
    events = fakes.replies.reply.events_of(chat(server, stream=True).body)
    assert len(events) == 4 and events[-1] == f'data: {{"error":{{"message":"m","type":"{INVALID}","code":"c"}}}}\n\n'.encode()


def test_raw_bytes_have_the_usual_headers(server):
    server.reply(Reply(raw={"fireworks": "{}"}), Reply(raw={"fireworks": "data: [DONE]\n\n"}))
    for stream, kind in ((False, "application/json"), (True, "text/event-stream; charset=utf-8")):
        got = chat(server, stream=stream)
        assert got.headers["content-type"] == kind and int(got.headers["fireworks-prompt-tokens"]) > 0
        assert limits(got)["remaining-requests"] == "59" and got.headers["x-request-id"]
