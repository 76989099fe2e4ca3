"""What a script asks for in Together's own words: errors, raw bytes, quotas."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes import Error, Fault, Quota, Reply

from .asking import MESSAGES, ask

PATH = "/together/v1/chat/completions"
INVALID, BROKEN = "invalid_request_error", "server_error"
NO_MODEL = "Unable to access model m. Please visit https://api.together.ai/models to view the list of supported models."
WORDS = [  # status, message, type, code
    (400, "Input validation error", INVALID, None),
    (401, "Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys.", INVALID, "invalid_api_key"),
    (402, "Credit limit exceeded, please [add credits](https://api.together.ai/settings/billing).", "credit_limit", None),
    (403, "Input validation error", INVALID, None),
    (404, NO_MODEL, INVALID, "model_not_available"),
    (409, "Conflict", INVALID, None),
    (422, "Input validation error", INVALID, None),
    (500, "Internal Server Error", BROKEN, None),
    (502, "Bad Gateway", BROKEN, None),
    (503, "The server is overloaded or not ready yet.", BROKEN, None),
    (524, "The request failed.", BROKEN, None),
]


def chat(server, **body):
    return ask(server, {"model": "m", "messages": MESSAGES, **body}, path=PATH)


def limits(got):
    return {name[11:]: value for name, value in got.headers.items() if "ratelimit" in name}


@pytest.mark.parametrize("status, message, kind, code", WORDS)
def test_a_scripted_error_has_the_usual_body_with_the_words_of_its_status(server, status, message, kind, code):
    server.reply(Error(status))
    got = chat(server)
    assert (got.status, got.headers["content-type"]) == (status, "application/json; charset=utf-8")
    assert list(got.json) == ["id", "error"] and got.json["id"].startswith("o")
    assert list(got.error.items()) == [("message", message), ("type", kind), ("param", None), ("code", code)]
    assert got.body == json.dumps(got.json, indent=2).encode() and "retry-after" not in got.headers and limits(got) == {}


def test_a_message_of_the_script_s_own_goes_without_the_usual_code(server):
    server.reply(Error(401, "No"), Error(401, "No", code="c"), Error(401, code="c"))
    assert [(chat(server).error["code"]) for _ in range(3)] == [None, "c", "c"]


def test_a_scripted_429_has_the_quoted_sentence_made_up_limits_and_the_script_s_time(server):
    server.reply(Error(429, retry_after=0.05), Error(503, retry_after=2))
    got = chat(server)
    assert got.error["message"].startswith(
        "You have reached the rate limit specific to this model m. The maximum rate limit for this model is 9.0 queries per minute."
    )
    assert (got.error["type"], got.error["code"], got.headers["retry-after"]) == ("credit_limit", None, "0.05")
    assert limits(got) == {
        "": "true", "-limit": "100", "-limit-tokens": "16666", "-remaining": "0", "-remaining-tokens": "16269", "-reset": "2",
    }  # fmt: skip
    got = chat(server)
    assert (got.headers["retry-after"], limits(got)) == ("2", {})


@pytest.mark.parametrize("stream", [False, True])
def test_a_quota_is_told_and_what_it_does_not_limit_is_not(stream):
    with fakes.serve(clock="held") as server:
        server.when().reply("a b c")
        total = chat(server).json["usage"]["total_tokens"]
        server.quota(Quota(requests_per_minute=8))
        got = chat(server, stream=stream)
        assert limits(got) == {"": "false", "-limit": "8", "-remaining": "7", "-reset": "8"}  # 7.5 s until it is full again
        assert got.headers["retry-after"] == "2"  # on success too, as recorded
        server.quota(Quota(requests_per_minute=60, tokens_per_minute=6000))
        assert limits(chat(server, stream=stream)) == {
            "": "false", "-limit": "60", "-limit-tokens": "6000", "-remaining": "59", "-remaining-tokens": str(6000 - total),
            "-reset": "1",
        }  # fmt: skip


def test_a_refusal_for_a_quota_names_the_limit_and_tells_the_wait():
    with fakes.serve(clock="held") as server:
        server.when().reply("a b c")
        usage = chat(server).json["usage"]
        server.quota(Quota(requests_per_minute=8))
        while (got := chat(server)).status == 200:
            pass
        assert "is 8.0 queries per minute." in got.error["message"] and got.error["type"] == "credit_limit"
        assert got.headers["retry-after"] == "7.5"
        assert limits(got) == {"": "true", "-limit": "8", "-remaining": "0", "-reset": "8"}
        room = usage["total_tokens"] + usage["prompt_tokens"] - 1
        server.quota(Quota(tokens_per_minute=room))
        assert chat(server).status == 200
        got = chat(server)
        assert got.error["message"] == f"You have been rate limited. Your rate limit is {room} tokens per minute."
        assert limits(got)["-remaining-tokens"] == str(usage["prompt_tokens"] - 1)
        server.advance(float(got.headers["retry-after"]))
        assert chat(server).status == 200


def test_an_error_event_is_a_data_line_with_an_error(server):
    server.when().reply("a b c")
    server.fault(Fault("error_event", event=1))
    event = fakes.replies.reply.events_of(chat(server, stream=True).body)[-1]
    assert event == b'data: {"error":{"message":"Internal Server Error","type":"server_error","param":null,"code":null}}\n\n'


def test_raw_bytes_have_the_usual_headers(server):
    server.reply(Reply(raw={"together": "{}"}), Reply(raw={"together": "data: [DONE]\n\n"}))
    for stream, kind in ((False, "application/json; charset=utf-8"), (True, "text/event-stream;charset=utf-8")):
        got = chat(server, stream=stream)
        assert (got.headers["content-type"], got.headers["retry-after"], limits(got)["-remaining"]) == (kind, "2", "199")
        assert ("x-api-call-end" in got.headers) is not stream
