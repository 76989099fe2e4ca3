"""OpenAI's Responses API. Source: ../shared/wire/openai.md, "Responses API"; read 2026-11-23."""

from __future__ import annotations

import itertools

from minichat import AuthenticationError, BadRequest, ChatOpenAI, RateLimited, ServerError

from ..framing import KEY
from .base import TOKENS, Dialect, named_event
from .openai import STATUSES

__all__ = ["Responses"]

number = itertools.count()
USAGE = {
    "input_tokens": 5, "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 7,
}  # fmt: skip


def said(kind: str, **fields) -> bytes:
    return named_event({"type": kind, "sequence_number": next(number), **fields})


def item(text: str, status: str = "completed") -> dict:
    parts = [{"type": "output_text", "text": text, "annotations": []}] if text else []
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": parts}


def response(output, status="completed", **fields) -> dict:
    known = {"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m", "output": output}
    return {**known, "error": None, "incomplete_details": None, "usage": USAGE if status == "completed" else None, **fields}


def place(**fields) -> dict:
    return {"item_id": "msg_1", "output_index": 0, "content_index": 0, **fields}


def failure(message="oops", **more) -> dict:
    return {"error": {"message": message, **more}}


TEXT = "".join(TOKENS)
PART = {"type": "output_text", "text": "", "annotations": []}
FULL = {**PART, "text": TEXT}


class Responses(Dialect):
    name = "responses"
    provider = "openai"
    steps = [
        (
            said("response.created", response=response([], "in_progress"))
            + said("response.in_progress", response=response([], "in_progress"))
            + said("response.output_item.added", output_index=0, item=item("", "in_progress"))
            + said("response.content_part.added", **place(part=PART)),
            ("",),
        ),
        *((said("response.output_text.delta", **place(delta=text)), (text,)) for text in TOKENS),
        (said("response.output_text.done", **place(text=TEXT)), ("",)),
        (
            said("response.content_part.done", **place(part=FULL))
            + said("response.output_item.done", output_index=0, item=item(TEXT)),
            (),
        ),
    ]
    terminator = said("response.completed", response=response([item(TEXT)]))
    terminator_texts = ("",)
    whole_value = response([item(TEXT)])
    stop = ("status", "completed")
    says_incomplete = "response.completed"
    error = {"error": {"message": "because", "type": "some_error", "param": "model", "code": "some_code"}}
    words = {"message": "because", "type": "some_error", "param": "model", "code": "some_code", "body": error}
    statuses = STATUSES
    hopeless = [(failure("pay", code="insufficient_quota"), {"code": "insufficient_quota"})]
    errors = [
        ("rate limit", failure(type="rate_limit_error"), RateLimited, None, True),
        ("rate limit by code", failure(code="rate_limit_exceeded"), RateLimited, "rate_limit_exceeded", True),
        ("quota", failure(code="insufficient_quota"), RateLimited, "insufficient_quota", False),
        ("server error", failure(code="server_error"), ServerError, "server_error", True),
        ("wrong request", failure(type="invalid_request_error"), BadRequest, None, False),
        ("wrong key", failure(code="invalid_api_key"), AuthenticationError, "invalid_api_key", False),
        ("bare text", {"error": "oops"}, ServerError, None, True),
        ("unknown words", failure(type="fnord", code="x"), ServerError, "x", True),
        ("nonsense in its fields", {"error": {"message": ["a"], "type": {"b": 1}, "code": [2]}}, ServerError, "[2]", True),
        ("a response that failed", response([], "failed", error={"code": "server_error", "message": "oops"}), ServerError, "server_error", True),
        ("a response that failed for its rate", response([], "failed", error={"code": "rate_limit_exceeded", "message": "slow"}), RateLimited, "rate_limit_exceeded", True),
    ]  # fmt: skip
    shapes = [
        ("a list", [1, 2]),
        ("a number", 7),
        ("null", None),
        ("a text", "response.created"),
        ("a type that is a number", {"type": 5}),
        ("created without response", {"type": "response.created"}),
        ("created with a text", {"type": "response.created", "response": "x"}),
        ("an item that is a list", {"type": "response.output_item.added", "output_index": 0, "item": [1]}),
        ("no item", {"type": "response.output_item.added", "output_index": 0}),
        ("a delta that is a list", {"type": "response.output_text.delta", **place(delta=["x"])}),
        ("a delta that is a number", {"type": "response.output_text.delta", **place(delta=5)}),
        ("no delta", {"type": "response.output_text.delta", **place()}),
        ("arguments that are an object", {"type": "response.function_call_arguments.delta", "output_index": 0, "item_id": "fc", "delta": {}}),
        ("a refusal that is a number", {"type": "response.refusal.delta", **place(delta=5)}),
        ("a summary that is a list", {"type": "response.reasoning_summary_text.delta", "item_id": "rs", "output_index": 0, "summary_index": 0, "delta": []}),
        ("completed without response", {"type": "response.completed"}),
        ("completed with a number", {"type": "response.completed", "response": 5}),
        ("usage that is a text", {"type": "response.completed", "response": response([], usage="much")}),
        ("usage of texts", {"type": "response.completed", "response": response([], usage={"input_tokens": "a", "output_tokens": 1})}),
    ]  # fmt: skip
    messages = [
        ("a list", [1, 2]),
        ("a number", 7),
        ("null", None),
        ("an empty object", {}),
        ("output null", response(None)),
        ("output that is a number", response(5)),
        ("an item that is a text", response(["x"])),
        ("an item without type", response([{}])),
        ("content that is a number", response([{**item(""), "content": 5}])),
        ("a part that is a text", response([{**item(""), "content": ["x"]}])),
        ("a text that is a number", response([{**item(""), "content": [{"type": "output_text", "text": 5}]}])),
        ("a call without name", response([{"type": "function_call", "call_id": "c", "arguments": "{}"}])),
        ("usage that is a text", response([item("x")], usage="much")),
        ("usage of texts", response([item("x")], usage={"input_tokens": "a", "output_tokens": 1})),
    ]

    def model(self, url: str, **settings):
        return ChatOpenAI(model="m", use_responses_api=True, **{"api_key": KEY, "base_url": url, **settings})

    def event(self, payload) -> bytes:
        if isinstance(payload, dict) and "error" in payload and "type" not in payload:
            if payload.get("object") == "response":
                payload = {"type": "response.failed", "response": payload}
            else:
                payload = {"type": "error", "sequence_number": 9, **payload}
        return named_event(payload)

    def saying(self, message: str, **more) -> dict:
        return failure(message, **more)
