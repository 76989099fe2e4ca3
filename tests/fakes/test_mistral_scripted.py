"""What a script asks for in Mistral's own shapes: errors by the layer that says so, raw bytes, quotas."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes import Error, Fault, Quota, Reply

from .asking import MESSAGES, ask

PATH = "/mistral/v1/chat/completions"
JSON, KONG = "application/json", "application/json; charset=utf-8"
INVALID, BROKEN = "invalid_request_error", "internal_server_error"


def chat(server, **body):
    return ask(server, {"model": "m", "messages": MESSAGES, **body}, path=PATH)


def served(status, message, type, code=None):
    """The body of the model server."""
    return {"object": "error", "message": message, "type": type, "param": None, "code": code, "raw_status_code": status}


BODIES = [  # status, content type, body
    (400, JSON, served(400, "Bad Request", INVALID)),
    (401, KONG, {"detail": "Unauthorized"}),
    (402, JSON, served(402, "Payment Required", INVALID)),
    (403, JSON, served(403, "Request blocked by guardrails", "guardrails")),
    (404, KONG, {"detail": "Not Found"}),
    (405, KONG, {"detail": "Method Not Allowed"}),
    (429, JSON, served(429, "Rate limit exceeded", "rate_limited", "1300")),
    (451, JSON, served(451, "Unavailable For Legal Reasons", INVALID)),
    (499, JSON, served(499, "The request failed.", INVALID)),
    (500, JSON, {"detail": "Internal Server Error"}),
    (502, JSON, served(502, "Bad Gateway", BROKEN)),
    (503, JSON, served(503, "Service unavailable.", BROKEN, "3800")),
    (504, JSON, served(504, "Gateway Timeout", BROKEN)),
    (529, JSON, served(529, "The request failed.", BROKEN)),
]


@pytest.mark.parametrize("status, kind, body", BODIES)
def test_a_scripted_error_has_the_body_of_the_layer_that_says_so(server, status, kind, body):
    server.reply(Error(status))
    got = chat(server)
    assert (got.status, got.headers["content-type"], got.json) == (status, kind, body)
    assert list(got.json) == list(body) and b": " not in got.body
    assert "retry-after" not in got.headers and "mistral-correlation-id" in got.headers


def test_a_422_is_a_list_of_faults(server):
    server.reply(Error(422), Error(422, "No such thing."), Error(422, "No such thing.", type="odd"))
    first = chat(server).json
    assert first["message"] == {"detail": [{"type": "missing", "loc": ["body", "messages"], "msg": "Field required", "input": None}]}
    assert (first["type"], first["raw_status_code"]) == (INVALID, 422)
    fault = {"type": "value_error", "loc": ["body"], "msg": "No such thing.", "input": None}
    assert chat(server).json["message"] == {"detail": [fault]}
    assert chat(server).json == served(422, "No such thing.", "odd")


def test_one_word_answers_take_a_message_and_become_the_model_server_s_for_a_type_or_code(server):
    server.reply(Error(401, "Nobody"), Error(401, code="1"), Error(500, type="x"), Error(503, "Soon"), Error(503, code="9"))
    assert chat(server).json == {"detail": "Nobody"}
    assert chat(server).json == served(401, "Unauthorized", INVALID, "1")
    assert chat(server).json == served(500, "Internal Server Error", "x")
    assert chat(server).json == served(503, "Soon", BROKEN)  # without the usual code: that belongs to the usual words
    assert chat(server).json == served(503, "Service unavailable.", BROKEN, "9")


def test_a_429_tells_the_limit_that_was_reached_alone_and_no_time(server):
    server.reply(Error(429, retry_after=3), Error(503, retry_after=3, headers=(("retry-after", "3"),)))
    got = chat(server)
    limits = {name: value for name, value in got.headers.items() if "limit" in name}
    assert limits == {"x-ratelimit-limit-req-minute": "100", "x-ratelimit-remaining-req-minute": "0"}
    assert "retry-after" not in got.headers
    got = chat(server)
    assert got.headers["retry-after"] == "3" and "x-ratelimit-limit-req-minute" not in got.headers


def test_an_error_event_is_a_data_line_with_the_model_server_s_body(server):
    server.reply(*["a b c"] * 3)
    server.fault(Fault("error_event", event=1, times=1), Fault("error_event", event=-1, status=503, type="t", skip=1, times=1))
    events = fakes.replies.reply.events_of(chat(server, stream=True).body)
    assert len(events) == 2 and events[1].startswith(b'data: {"object":"error",') and events[1].endswith(b"}\n\n")
    assert json.loads(events[1][6:]) == served(500, "Internal Server Error", BROKEN)
    events = fakes.replies.reply.events_of(chat(server, stream=True).body)
    assert json.loads(events[-1][6:]) == served(503, "Service unavailable.", "t", "3800")
    assert chat(server, stream=True).body.endswith(b"data: [DONE]\n\n")


def test_a_quota_is_told_in_whole_answers_and_not_in_streams():
    with fakes.serve(clock="held") as server:
        server.when().reply("a b c")
        server.quota(Quota(requests_per_minute=5, tokens_per_minute=1000))
        got = chat(server)
        used = got.json["usage"]["total_tokens"]
        assert {name: value for name, value in got.headers.items() if "limit" in name and "reached" not in name} == {
            "x-ratelimit-limit-tokens-minute": "1000",
            "x-ratelimit-remaining-tokens-minute": str(1000 - used),
            "x-ratelimit-tokens-query-cost": str(used),
            "x-ratelimit-limit-req-minute": "5",
            "x-ratelimit-remaining-req-minute": "4",
        }
        assert not [name for name in chat(server, stream=True).headers if "ratelimit" in name]
        assert chat(server).headers["x-ratelimit-remaining-req-minute"] == "2"


def test_a_refusal_for_a_quota_has_the_usual_sentence_and_the_numbers_of_the_limit_that_was_reached():
    with fakes.serve(clock="held") as server:
        server.when().reply("a b c")
        usage = chat(server).json["usage"]
        room = usage["total_tokens"] + usage["prompt_tokens"] - 1  # for one whole answer, and not quite for a question
        for quota, name, told in (
            (Quota(requests_per_minute=1, tokens_per_minute=9000), "req-minute", ("1", "0")),
            (Quota(requests_per_minute=9, tokens_per_minute=room), "tokens-minute", (str(room), str(usage["prompt_tokens"] - 1))),
        ):
            server.quota(quota)
            assert chat(server).status == 200
            got = chat(server)
            assert got.json == served(429, "Rate limit exceeded", "rate_limited", "1300")
            limits = {name: value for name, value in got.headers.items() if "ratelimit" in name}
            assert limits == {f"x-ratelimit-limit-{name}": told[0], f"x-ratelimit-remaining-{name}": told[1]}


def test_raw_bytes_have_the_usual_headers(server):
    server.reply(Reply(raw={"mistral": "{}"}), Reply(raw={"mistral": "data: [DONE]\n\n"}))
    whole = chat(server)
    assert (whole.headers["content-type"], whole.body) == (JSON, b"{}")
    assert int(whole.headers["x-ratelimit-tokens-query-cost"]) > 0 and "mistral-correlation-id" in whole.headers
    streamed = chat(server, stream=True)
    assert streamed.headers["content-type"] == "text/event-stream; charset=utf-8" and streamed.body == b"data: [DONE]\n\n"
