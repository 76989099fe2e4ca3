"""Anthropic's Messages API. Source: ../shared/wire/anthropic.md; Anthropic, "Streaming messages", read 2026-11-23."""

from __future__ import annotations

from minichat import AuthenticationError, BadRequest, ChatAnthropic, NotFound, Overloaded, PermissionDenied
from minichat import RateLimited, ServerError

from ..framing import KEY
from .base import TOKENS, Dialect, named_event
from .openai import STATUSES

__all__ = ["Anthropic"]


def said(kind: str, **fields) -> bytes:
    return named_event({"type": kind, **fields})


def token(text: str) -> bytes:
    return said("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def failure(kind, message="oops") -> dict:
    return {"type": "error", "error": {"type": kind, "message": message}}


def delta(**fields) -> dict:
    return {"type": "content_block_delta", "index": 0, "delta": fields}


def whole(**fields) -> dict:
    said = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": "end_turn"}
    return {**said, "usage": {"input_tokens": 5, "output_tokens": 2}, **fields}


USAGE = {"input_tokens": 5, "output_tokens": 1}


class Anthropic(Dialect):
    name = provider = "anthropic"
    path = ""
    steps = [
        (
            said("message_start", message=whole(stop_reason=None, stop_sequence=None, usage=USAGE))
            + said("content_block_start", index=0, content_block={"type": "text", "text": ""}),
            ("",),
        ),
        *((token(text), (text,)) for text in TOKENS),
        (
            said("content_block_stop", index=0)
            + said("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 2}),
            ("",),
        ),
    ]
    terminator = said("message_stop")
    whole_value = whole(content=[{"type": "text", "text": "".join(TOKENS)}], stop_sequence=None)
    stop = ("stop_reason", "end_turn")
    says_incomplete = "message_stop"
    key_line = f"x-api-key: {KEY}"
    error = failure("some_error", "because")
    words = {"message": "because", "type": "some_error", "code": None, "body": error}
    error_words = ("message", "type")
    statuses = STATUSES
    hopeless = [
        (
            {"type": "error", "error": {**failure("rate_limit_error")["error"], "details": {"error_code": "enforced_spend_limit_reached"}}},
            {"type": "rate_limit_error"},
        )
    ]  # fmt: skip
    errors = [
        ("rate limit", failure("rate_limit_error"), RateLimited, None, True),
        ("overloaded", failure("overloaded_error"), Overloaded, None, True),
        ("server error", failure("api_error"), ServerError, None, True),
        ("timeout", failure("timeout_error"), ServerError, None, True),
        ("wrong request", failure("invalid_request_error"), BadRequest, None, False),
        ("too large", failure("request_too_large"), BadRequest, None, False),
        ("wrong key", failure("authentication_error"), AuthenticationError, None, False),
        ("not allowed", failure("permission_error"), PermissionDenied, None, False),
        ("no such model", failure("not_found_error"), NotFound, None, False),
        ("bare text", {"type": "error", "error": "oops"}, ServerError, None, True),
        ("unknown words", failure("fnord"), ServerError, None, True),
        ("nonsense in its fields", {"type": "error", "error": {"message": ["a"], "type": {"b": 1}}}, ServerError, None, True),
        ("no error in it", {"type": "error"}, ServerError, None, True),
    ]  # fmt: skip
    shapes = [
        ("a list", [1, 2]),
        ("a number", 7),
        ("null", None),
        ("a text", "message_start"),
        ("a type that is a number", {"type": 5}),
        ("a start without message", {"type": "message_start"}),
        ("a start whose message is a text", {"type": "message_start", "message": "x"}),
        ("a start with usage of texts", {"type": "message_start", "message": {"usage": {"input_tokens": "a"}}}),
        ("a block without content", {"type": "content_block_start", "index": 0}),
        ("a block that is a list", {"type": "content_block_start", "index": 0, "content_block": [1]}),
        ("a delta that is a list", {"type": "content_block_delta", "index": 0, "delta": ["x"]}),
        ("no delta", {"type": "content_block_delta", "index": 0}),
        ("a text that is a number", delta(type="text_delta", text=5)),
        ("no text", delta(type="text_delta")),
        ("arguments that are an object", delta(type="input_json_delta", partial_json={})),
        ("a thought that is a number", delta(type="thinking_delta", thinking=5)),
        ("a signature that is a list", delta(type="signature_delta", signature=[])),
        ("an index that is a list", {"type": "content_block_delta", "index": [0], "delta": {"type": "text_delta", "text": "x"}}),
        ("an end whose delta is a text", {"type": "message_delta", "delta": "x", "usage": {}}),
        ("a stop reason that is a number", {"type": "message_delta", "delta": {"stop_reason": 7}, "usage": {}}),
        ("usage that is a text", {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": "much"}),
        ("usage of texts", {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": "a"}}),
    ]  # fmt: skip
    messages = [
        ("a list", [1, 2]),
        ("a number", 7),
        ("null", None),
        ("an empty object", {}),
        ("content null", whole(content=None)),
        ("content that is a number", whole(content=5)),
        ("content with a number in its list", whole(content=[5])),
        ("a block without type", whole(content=[{}])),
        ("a text that is a number", whole(content=[{"type": "text", "text": 5}])),
        ("a tool call without name", whole(content=[{"type": "tool_use", "id": "x", "input": {}}])),
        ("arguments that are a number", whole(content=[{"type": "tool_use", "id": "x", "name": "f", "input": 5}])),
        ("usage that is a text", whole(usage="much")),
        ("usage of texts", whole(usage={"input_tokens": "a", "output_tokens": 1})),
    ]

    def model(self, url: str, **settings):
        return ChatAnthropic(model="m", **{"api_key": KEY, "base_url": url, "max_tokens": 100, **settings})

    def event(self, payload) -> bytes:
        return named_event(payload)

    def saying(self, message: str, **more) -> dict:
        return {"type": "error", "error": {"type": "api_error", "message": message, **more}}
