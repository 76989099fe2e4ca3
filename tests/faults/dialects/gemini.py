"""Google's Gemini API, streamed with alt=sse. Source: ../shared/wire/google.md, read 2026-11-23."""

from __future__ import annotations

from minichat import AuthenticationError, BadRequest, ChatGoogleGenerativeAI, NotFound, Overloaded
from minichat import PermissionDenied, RateLimited, ServerError

from ..framing import KEY
from .base import TOKENS, Dialect

__all__ = ["Gemini"]


def chunk(text: str, **candidate) -> dict:
    parts = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0, **candidate}
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}
    return {"candidates": [parts], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}


def event(payload) -> bytes:
    """One event as Gemini frames it: CRLF."""
    import json

    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return f"data: {text}\r\n\r\n".encode()


def failure(code, status, message="oops", details=None) -> dict:
    told = {"code": code, "message": message, "status": status}
    return {"error": told if details is None else {**told, "details": details}}


def parts(*found, **candidate) -> dict:
    return {"candidates": [{"content": {"parts": list(found), "role": "model"}, **candidate}]}


PER_DAY = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}],
}
ODD = [  # in a chunk as in a whole answer
    ("a list of numbers", [1, 2]),
    ("a number", 7),
    ("null", None),
    ("a text", "candidates"),
    ("candidates that are a number", {"candidates": 3}),
    ("a candidate that is a text", {"candidates": ["x"]}),
    ("content that is a list", {"candidates": [{"content": ["x"]}]}),
    ("parts that are a number", {"candidates": [{"content": {"parts": 5}}]}),
    ("a part that is a text", {"candidates": [{"content": {"parts": ["x"]}}]}),
    ("a text that is a number", parts({"text": 5})),
    ("a call that is a text", parts({"functionCall": "x"})),
    ("arguments that are a list", parts({"functionCall": {"name": "f", "args": [1]}})),
    ("a name that is a number", parts({"functionCall": {"name": 5}})),
    ("a signature that is a number", parts({"text": "x", "thoughtSignature": 5})),
    ("a finish reason that is a number", parts({"text": ""}, finishReason=7)),
    ("usage that is a text", {**parts({"text": "x"}), "usageMetadata": "much"}),
    ("usage of texts", {**parts({"text": "x"}), "usageMetadata": {"promptTokenCount": "a"}}),
]


class Gemini(Dialect):
    name = "gemini"
    provider = "google"
    path = ""
    steps = [(event(chunk(text)), (text,)) for text in ("", *TOKENS)]
    terminator = event(chunk("", finishReason="STOP"))
    terminator_texts = ("",)
    blank = b"\r\n"
    whole_value = chunk("".join(TOKENS), finishReason="STOP")
    stop = ("finish_reason", "STOP")
    says_incomplete = "finishReason"
    key_line = f"x-goog-api-key: {KEY}"
    pauses = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
    error = failure(400, "SOME_STATUS", "because")
    words = {"message": "because", "type": "SOME_STATUS", "body": error}
    error_words = ("message", "status")
    statuses = [
        (400, BadRequest, False),
        (401, AuthenticationError, False),
        (403, PermissionDenied, False),
        (404, NotFound, False),
        (408, BadRequest, True),
        (409, BadRequest, False),
        (413, BadRequest, False),
        (429, RateLimited, True),
        (499, BadRequest, False),
        (500, ServerError, True),
        (502, ServerError, True),
        (503, Overloaded, True),
        (504, ServerError, True),
    ]
    hopeless = [(failure(429, "RESOURCE_EXHAUSTED", "pay", [PER_DAY]), {"type": "RESOURCE_EXHAUSTED"})]
    errors = [
        ("rate limit", failure(429, "RESOURCE_EXHAUSTED"), RateLimited, "429", True),
        ("overloaded", failure(503, "UNAVAILABLE"), Overloaded, "503", True),
        ("server error", failure(500, "INTERNAL"), ServerError, "500", True),
        ("wrong request", failure(400, "INVALID_ARGUMENT"), BadRequest, "400", False),
        ("not allowed", failure(403, "PERMISSION_DENIED"), PermissionDenied, "403", False),
        ("no such model", failure(404, "NOT_FOUND"), NotFound, "404", False),
        ("in a list", [failure(429, "RESOURCE_EXHAUSTED")], RateLimited, "429", True),
        ("bare text", {"error": "oops"}, ServerError, None, True),
        ("nonsense in its fields", {"error": {"message": ["a"], "status": {"b": 1}, "code": [2]}}, ServerError, "[2]", True),
        ("a code that is no status", failure(7, "PERMISSION_DENIED"), PermissionDenied, "7", False),
    ]  # fmt: skip
    shapes = ODD
    messages = [*ODD, ("an empty object", {}), ("no candidates and no reason", {"candidates": []})]

    def model(self, url: str, **settings):
        known = {"api_key": KEY, "base_url": url, **settings}
        return ChatGoogleGenerativeAI(model="gemini-2.5-flash", **known)

    def event(self, payload) -> bytes:
        return event(payload)

    def saying(self, message: str, **more) -> dict:
        return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", **more}}

    def asks_for_stream(self, request: bytes) -> bool:
        return b":streamGenerateContent" in request.partition(b"\r\n")[0]
