"""OpenAI's Chat Completions, and what every server that speaks it may send by mistake."""

from __future__ import annotations

from minichat import AuthenticationError, BadRequest, ChatOpenAI, NotFound, Overloaded, PermissionDenied
from minichat import RateLimited, ServerError

from ..framing import KEY
from .base import TOKENS, Dialect, data_event

__all__ = ["STATUSES", "ChatCompletions"]


def chunk(delta, **choice) -> bytes:
    """One event of an answer with this delta."""
    choice = {"index": 0, "delta": delta, "finish_reason": None, **choice}
    return data_event({"id": "c1", "model": "m", "choices": [choice]})


# (status, class, retryable)
STATUSES = [
    (400, BadRequest, False),
    (401, AuthenticationError, False),
    (403, PermissionDenied, False),
    (404, NotFound, False),
    (408, BadRequest, True),
    (409, BadRequest, True),
    (413, BadRequest, False),
    (422, BadRequest, False),
    (429, RateLimited, True),
    (500, ServerError, True),
    (502, ServerError, True),
    (503, Overloaded, True),
    (504, ServerError, True),
    (529, Overloaded, True),
]

ERRORS = [  # (name, payload, class, code, retryable)
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
    ("beside a choice", {"error": {"message": "oops", "code": 502}, "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]}, ServerError, "502", True),
    ("a flag as code", {"error": {"message": "oops", "code": True}}, ServerError, "True", True),
]  # fmt: skip


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



class ChatCompletions(Dialect):
    name = provider = "openai"
    steps = [
        (chunk({"role": "assistant", "content": ""}), ("",)),
        *((chunk({"content": text}), (text,)) for text in TOKENS),
        (chunk({}, finish_reason="stop"), ("",)),
    ]
    terminator = data_event("[DONE]")
    whole_value = {
        "id": "c1",
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "".join(TOKENS)}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    }
    says_incomplete = "without data: [DONE]"
    error = {"error": {"message": "because", "type": "some_error", "param": "model", "code": "some_code"}}
    words = {"message": "because", "type": "some_error", "param": "model", "code": "some_code", "body": error}
    statuses = STATUSES
    hopeless = [({"error": {"message": "pay", "code": "insufficient_quota"}}, {"code": "insufficient_quota"})]
    errors = ERRORS
    shapes = SHAPES
    messages = MESSAGES
    misfits = [chunk({"audio": {"expires_at": when}}) for when in (1, "soon")]

    def model(self, url: str, **settings):
        return ChatOpenAI(model="m", **{"api_key": KEY, "base_url": url, **settings})

    def saying(self, message: str, **more) -> dict:
        return {"error": {"message": message, **more}}
