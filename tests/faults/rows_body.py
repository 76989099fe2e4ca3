"""Faults in the body of a 200: cut, stalled, too large, damaged, or an error in disguise."""

from __future__ import annotations

import gzip

from minichat import (
    AuthenticationError,
    BadRequest,
    IncompleteStream,
    Limits,
    Overloaded,
    ProtocolError,
    RateLimited,
    RequestTimeout,
    ServerError,
)

from .replies import STREAM, WHOLE, chunk, done, event, events, json_reply, reply, stream_reply
from .rows import Row, streaming, whole
from .server import finish, flood, request, reset, send

CUT = {"retryable": True}
FIRST_TWO = events(upto=2)
TOKENS = events(upto=4)
CHUNKED = stream_reply()
HALF_SAID = stream_reply(TOKENS).replace(b"0\r\n\r\n", b"")  # three tokens, then whatever the row says
TWO_SAID = stream_reply(FIRST_TWO).replace(b"0\r\n\r\n", b"")
SHORT = {"timeout": (10.0, 0.25)}  # long enough for what is sent before the stall, on a busy machine

ERRORS = [  # (name, payload, class, code, retryable): an error object inside a 200
    ("rate limit", {"error": {"message": "slow", "type": "rate_limit_error"}}, RateLimited, None, True),
    ("rate limit by code", {"error": {"message": "slow", "code": "rate_limit_exceeded"}}, RateLimited, "rate_limit_exceeded", True),
    ("quota", {"error": {"message": "pay", "code": "insufficient_quota"}}, RateLimited, "insufficient_quota", False),
    ("server error", {"error": {"message": "oops", "type": "server_error"}}, ServerError, None, True),
    ("overloaded", {"error": {"message": "full", "type": "overloaded_error"}}, Overloaded, None, True),
    ("number as code", {"error": {"message": "full", "code": 503}}, Overloaded, "503", True),
    ("number as text", {"error": {"message": "slow", "code": "429"}}, RateLimited, "429", True),
    ("wrong request", {"error": {"message": "no", "type": "invalid_request_error"}}, BadRequest, None, False),
    ("wrong key", {"error": {"message": "no", "code": "invalid_api_key"}}, AuthenticationError, "invalid_api_key", False),
    ("bare text", {"error": "oops"}, ServerError, None, True),
    ("unknown words", {"error": {"message": "oops", "type": "fnord", "code": "x"}}, ServerError, "x", True),
    ("nonsense in its fields", {"error": {"message": ["a"], "type": {"b": 1}, "code": [2]}}, ServerError, "[2]", True),
    ("a code that is no status", {"error": {"message": "oops", "code": 7}}, ServerError, "7", True),
    ("a code of odd digits", {"error": {"message": "oops", "code": "²"}}, ServerError, "²", True),
    ("a code beyond all numbers", {"error": {"message": "oops", "code": "9" * 5000}}, ServerError, "9" * 5000, True),
    ("a flag as code", {"error": {"message": "oops", "code": True}}, ServerError, "True", True),
]  # fmt: skip


def errors():
    for name, payload, raises, code, retryable in ERRORS:
        known = {"retryable": retryable, "facts": {"code": code, "provider": "openai"}}
        yield whole(f"error in a whole 200: {name}", json_reply(payload), raises, kept=True, **known)
        yield streaming(f"error as first event: {name}", [event(payload), done()], raises, **known)
        yield streaming(
            f"error after two tokens: {name}", [*events(upto=3), event(payload), done()], raises, given=3, **known
        )


SHAPES = [  # what is JSON, but no chunk of an answer
    ("a list", [1, 2]),
    ("a number", 7),
    ("null", None),
    ("a text", "choices"),
    ("without choices", {"id": "c1"}),
    ("choices null", {"choices": None}),
    ("choices a number", {"choices": 3}),
    ("a choice that is a text", {"choices": ["x"]}),
    ("a choice that is null", {"choices": [None]}),
    ("a delta that is a list", {"choices": [{"delta": ["x"]}]}),
    ("tool calls that are a number", {"choices": [{"delta": {"tool_calls": 5}}]}),
    ("a tool call that is a text", {"choices": [{"delta": {"tool_calls": ["x"]}}]}),
    ("a function that is a list", {"choices": [{"delta": {"tool_calls": [{"function": ["x"]}]}}]}),
    ("content that is a number", {"choices": [{"delta": {"content": 5}}]}),
    ("content that is an object", {"choices": [{"delta": {"content": {"a": 1}}}]}),
    ("arguments that are an object", {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": {}}}]}}]}),
    ("a function's name that is a number", {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": 5}}]}}]}),
    ("content with a number in its list", {"choices": [{"delta": {"content": ["x", 5]}}]}),
    ("a refusal that is a list", {"choices": [{"delta": {"refusal": ["x"]}}]}),
    ("a function call of numbers", {"choices": [{"delta": {"function_call": {"arguments": 5}}}]}),
    ("a tool call's index that is a list", {"choices": [{"delta": {"tool_calls": [{"index": [0]}]}}]}),
    ("a tool call's id that is an object", {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": {"a": 1}}]}}]}),
    ("a finish reason that is a number", {"choices": [{"delta": {}, "finish_reason": 7}]}),
    ("logprobs that are a text", {"choices": [{"delta": {}, "logprobs": "x"}]}),
    ("logprobs whose content is a text", {"choices": [{"delta": {}, "logprobs": {"content": "x"}}]}),
    ("audio that is a text", {"choices": [{"delta": {"audio": "x"}}]}),
    ("usage that is a text", {"choices": [], "usage": "much"}),
    ("usage of texts", {"choices": [], "usage": {"prompt_tokens": "a", "completion_tokens": 1}}),
    ("usage details that are a list", {"choices": [], "usage": {"prompt_tokens_details": [1]}}),
]

MESSAGES = [  # the same for a whole answer
    ("a list", [1, 2]),
    ("a number", 7),
    ("null", None),
    ("an empty object", {}),
    ("no choices", {"choices": []}),
    ("choices null", {"choices": None}),
    ("a choice without message", {"choices": [{"index": 0}]}),
    ("a message that is null", {"choices": [{"message": None}]}),
    ("a message that is a text", {"choices": [{"message": "x"}]}),
    ("content that is a number", {"choices": [{"message": {"content": 5}}]}),
    ("content that is an object", {"choices": [{"message": {"content": {"a": 1}}}]}),
    ("content with a number in its list", {"choices": [{"message": {"content": [5]}}]}),
    ("a refusal that is a list", {"choices": [{"message": {"refusal": ["x"]}}]}),
    ("tool calls that are a number", {"choices": [{"message": {"tool_calls": 5}}]}),
    ("a tool call without function", {"choices": [{"message": {"tool_calls": [{"id": "x"}]}}]}),
    ("a tool call that is a text", {"choices": [{"message": {"tool_calls": ["x"]}}]}),
    ("indexes that cannot be sorted", {"choices": [{"index": "a", "message": {}}, {"index": 1, "message": {}}]}),
    ("usage that is a text", {"choices": [{"message": {"content": "x"}}], "usage": "much"}),
    ("usage of texts", {"choices": [{"message": {}}], "usage": {"prompt_tokens": "a", "completion_tokens": 1}}),
]

ROWS = [
    # -- one JSON document: where the framing or the JSON is not whole, nothing is given
    whole("chunks cut", json_reply([WHOLE[:60], WHOLE[60:]], framing="chunked")[:-9], IncompleteStream, finish, says="inside a chunk", **CUT),
    whole("last chunk missing", json_reply(framing="chunked")[:-5], IncompleteStream, finish, says="before the last chunk", **CUT),
    whole("reset in the body", json_reply(framing="chunked")[:-30], IncompleteStream, reset, says="broke off", **CUT),
    whole("Content-Length too long", json_reply(length=len(WHOLE) + 7), IncompleteStream, finish, says=f"after {len(WHOLE)} of {len(WHOLE) + 7}", **CUT),
    whole("Content-Length too long, and a stall", json_reply(length=len(WHOLE) + 7), RequestTimeout, says="sent nothing more", settings={**SHORT, "max_retries": 0}, attempts=1, facts={"phase": "between chunks", "seconds": 0.25}, **CUT),
    whole("Content-Length too short", json_reply(length=len(WHOLE) - 7), ProtocolError, says="not JSON"),
    whole("read to close, and cut", json_reply(framing="close")[:-7], ProtocolError, finish, says="not JSON"),
    whole("read to close, and reset", json_reply(framing="close"), IncompleteStream, reset, says="broke off", **CUT),
    whole("read to close", json_reply(framing="close"), None, finish),
    whole("blanks around the JSON", b"\r\n " + WHOLE + b"\n", kept=True),
    whole("a chunk size that is no number", json_reply(framing="chunked").replace(b"\r\n\r\n", b"\r\n\r\nzz", 1), ProtocolError, says="bad chunk"),
    whole("no CRLF behind a chunk", json_reply(framing="chunked").replace(b"}\r\n0", b"}xx0"), ProtocolError, says="bad chunk"),
    whole("two lengths that differ", reply(200, b"", "Content-Length: 7"), ProtocolError, says="differ"),
    whole("a length that is no number", reply(200, b"", length="ten"), ProtocolError, says="Content-Length"),
    whole("an unknown transfer coding", reply(200, b"", "Transfer-Encoding: gzip, chunked", framing="close"), ProtocolError, says="transfer coding"),
    whole("an unknown content coding", json_reply(WHOLE, 200, "Content-Encoding: br"), ProtocolError, says="coded as 'br'"),
    whole("a body that is not compressed as it says", json_reply(WHOLE, 200, "Content-Encoding: gzip"), ProtocolError, says="not compressed"),
    whole("a body compressed and cut", json_reply(gzip.compress(WHOLE, mtime=0)[:-9], 200, "Content-Encoding: gzip"), IncompleteStream, says="compressed body ended", **CUT),
    whole("a body compressed though nobody asked", json_reply(gzip.compress(WHOLE, mtime=0), 200, "Content-Encoding: gzip"), kept=True),
    whole("an empty body", b"", ProtocolError, says="not JSON", kept=True),
    whole("an HTML page", reply(200, b"<html><title>Login</title>", "Content-Type: text/html"), ProtocolError, says="not JSON", kept=True),
    whole("bytes that are not UTF-8", WHOLE.replace("à".encode(), b"\xe0"), ProtocolError, says="UTF-8", kept=True),
    whole("JSON without end", b"[" * 200_000, ProtocolError, says="not JSON", kept=True),
    whole("a body over the limit", json_reply(framing="chunked"), ProtocolError, says="max_body_bytes", settings={"limits": Limits(max_body_bytes=100)}),
    Row("a body without end", [request, send(reply(200, b"", "Content-Type: application/json", framing="close")), flood(b" " * 1000)], ProtocolError, "max_body_bytes", status=200, request_id="req_11", body="whole", settings={"limits": Limits(max_body_bytes=100_000)}),
    *[whole(f"no completion: {name}", json_reply(value), ProtocolError, kept=True) for name, value in MESSAGES],
    # -- a stream that ends too early
    streaming("a stream without terminator", TOKENS, IncompleteStream, given=4, says="without data: [DONE]", kept=True, **CUT),
    streaming("a finish reason without terminator", events(), IncompleteStream, given=5, says="without data: [DONE]", kept=True, **CUT),
    streaming("a stream of nothing", stream_reply([]), IncompleteStream, kept=True, **CUT),
    streaming("a stream of comments", [b": hello\n\n", b": hello\n\n"], IncompleteStream, kept=True, **CUT),
    streaming("a terminator without its empty line", [*events(), b"data: [DONE]\n"], IncompleteStream, given=5, kept=True, **CUT),
    streaming("a stream cut in an event", HALF_SAID + b"20\r\ndata: {", IncompleteStream, finish, given=4, says="inside a chunk", **CUT),
    streaming("a stream reset in an event", HALF_SAID + b"20\r\ndata: {", IncompleteStream, reset, given=4, says="broke off", **CUT),
    streaming("a stream reset before its first event", stream_reply([]).replace(b"0\r\n\r\n", b""), IncompleteStream, reset, says="broke off", **CUT),
    streaming("a stream with Content-Length too long", stream_reply(STREAM[:-20], framing="length", length=len(STREAM)), IncompleteStream, finish, given=4, says="body bytes", **CUT),
    streaming("a stream with Content-Length too short", stream_reply(framing="length", length=len(STREAM) - 3), IncompleteStream, given=5, **CUT),
    streaming("a stream read to close and cut", stream_reply(TOKENS, framing="close"), IncompleteStream, finish, given=4, **CUT),
    streaming("a stall between chunks", HALF_SAID, RequestTimeout, given=4, says="sent nothing more", settings=SHORT, facts={"phase": "between chunks", "seconds": 0.25}, **CUT),
    streaming("a bad chunk size between events", TWO_SAID + b"xyz\r\n", ProtocolError, given=2, says="bad chunk"),
    # -- a stream that ends as it should, and what comes behind does not matter
    streaming("a stream", CHUNKED, kept=True),
    streaming("a stream with Content-Length", stream_reply(framing="length"), kept=True),
    streaming("a stream read to close", stream_reply(framing="close"), None, finish),
    streaming("a stream whose connection says close", stream_reply(None, "Connection: close"), None),
    streaming("a stream reset behind its terminator", CHUNKED[:-5], None, reset),
    streaming("a stall behind the terminator", CHUNKED[:-5], settings={"limits": Limits(drain_seconds=0.05)}),
    streaming("no end behind the terminator", CHUNKED[:-5], None, flood(b"a\r\n: comment\n\r\n"), settings={"limits": Limits(drain_seconds=0.05)}),
    streaming("events behind the terminator", [*events(), done(), chunk({"content": "late"})], kept=True),
    streaming("comments, CRLF and a byte order mark", [b"\xef\xbb\xbf: hi\r\n\r\n", *(one.replace(b"\n", b"\r\n") for one in events()), b"data: [DONE]\r\n\r\n"], kept=True),
    streaming("characters cut by chunks", [STREAM[i : i + 1] for i in range(len(STREAM))], kept=True),
    # -- events that are none
    streaming("bad JSON as first event", [event("{bad"), done()], ProtocolError, says="not JSON", facts={"raw": b"{bad"}),
    streaming("bad JSON after two tokens", [*events(upto=3), event('{"choices": [{'), done()], ProtocolError, given=3, says="not JSON"),
    streaming("bad JSON in the block of two tokens", stream_reply([b"".join([*events(upto=3), event("{bad"), done()])]), ProtocolError, given=3, says="not JSON"),
    streaming("an event over the limit first", [event("x" * 999), done()], ProtocolError, says="max_event_bytes", settings={"limits": Limits(max_event_bytes=500)}),
    streaming("an event over the limit after two tokens", [*events(upto=3), event("x" * 999), done()], ProtocolError, given=3, says="max_event_bytes", settings={"limits": Limits(max_event_bytes=500)}),
    streaming("an event over the limit in the block of two tokens, then nothing", stream_reply([b"".join(events(upto=3)) + event("x" * 999)]).replace(b"0\r\n\r\n", b""), ProtocolError, given=3, says="max_event_bytes", settings={"limits": Limits(max_event_bytes=500)}),
    Row("an event without end", [request, send(stream_reply([], framing="close")), flood(b"data: xxxxxxxx" * 100)], ProtocolError, "max_event_bytes", status=200, request_id="req_11", body="stream", settings={"limits": Limits(max_event_bytes=100_000)}),
    *[streaming(f"no chunk, first: {name}", [event(value), done()], ProtocolError) for name, value in SHAPES],
    *[streaming(f"no chunk, after two tokens: {name}", [*events(upto=3), event(value), done()], ProtocolError, given=3) for name, value in SHAPES],
    *errors(),
    streaming("an error beside a choice", [*events(upto=3), event({"error": {"message": "oops", "code": 502}, "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]})], ServerError, given=3, retryable=True, facts={"code": "502"}),
    # -- asked for a stream, answered with an error of a 200 in JSON: the same as whole
    Row("an error in JSON where a stream was asked for", [request, send(json_reply({"error": {"message": "no", "type": "invalid_request_error"}}))], BadRequest, "no", status=200, request_id="req_11", body="stream", kept=True),
]  # fmt: skip

