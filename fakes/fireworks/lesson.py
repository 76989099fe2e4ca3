"""The lesson on Fireworks' chat completions: what a request needs, what is refused, and what each chunk means."""

from __future__ import annotations

from typing import Any, Dict

from ..lessons import (
    CITY,
    ISSUE,
    REPORT,
    Lesson,
    Note,
    Wrong,
    asked,
    chat_tools,
    developer,
    offered,
    with_field,
    without_field,
    without_header,
)

__all__ = ["lesson"]

SDK = "fireworks-ai 1.2.28"
PARAMS = f"{SDK} types/chat/completion_create_params.py"
CHUNK = f"{SDK} types/chat/chat_completion_chunk.py"
WHOLE = f"{SDK} types/chat/completion_create_response.py"
STREAMING = f"{SDK} _streaming.py"
LIMITS = "docs.fireworks.ai/serverless/rate-limits"
ERRORS = "docs.fireworks.ai/guides/inference-error-codes"
RECORDED = "recordings of 2025 and 2026"


def lesson(model: str, *, stream: bool) -> Lesson:
    """Give the lesson for a model's name."""
    body: Dict[str, Any] = {
        "model": f"accounts/fireworks/models/{model}",
        "messages": [{"role": "user", "content": asked(model)}],
    }
    if offered(model):
        body["tools"] = chat_tools(model, CITY)
    if model == "fake-think":
        body["reasoning_effort"] = "medium"
    if model == "fake-json":
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "report", "schema": REPORT}}
    if stream:
        body["stream"] = True
    headers = {"Authorization": "Bearer YOUR_KEY", "Content-Type": "application/json"}
    path = "/fireworks/inference/v1/chat/completions"
    return Lesson(path, headers, body, ON_HEADERS, ON_FIELDS, WRONG, ON_ANSWER_HEADERS, ON_EVENTS)


ON_HEADERS = (
    Note("(?i)^authorization", "The key, as a Bearer token.", f"{SDK} _client.py"),
    Note("(?i)^content-type", "The body is JSON in UTF-8.", f"{SDK} _base_client.py"),
)
ON_FIELDS = (
    Note("^model$", "Required: account, kind and name in one path.", PARAMS),
    Note("^messages$", "Required: system, user, assistant, tool; a message may have no keys but those known.", PARAMS),
    Note("^tools$", "Functions on offer; `parameters` is a JSON schema.", PARAMS),
    Note("^reasoning_effort$", "How much to think: a word, or a number of tokens; what a model takes differs.", PARAMS),
    Note("^response_format$", "The answer is to be JSON that fits the schema; it comes as text all the same.", PARAMS),
    Note("^stream$", "Answer as server-sent events; the usage comes without being asked for.", PARAMS),
)


def _decorated(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    function = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    call = {"id": "call_1", "type": "function", "function": function, "approxNumTokens": 0}
    body["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"},
    ]


def _empty_schema(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["tools"] = [{"type": "function", "function": {"name": "get_weather", "parameters": {"description": "None."}}}]


def _nobody(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["model"] = "accounts/fireworks/models/no-such-model"


WRONG = (
    Wrong("Without a key.", without_header("Authorization"), ERRORS),
    Wrong("Without messages.", without_field("messages"), PARAMS),
    Wrong("With a temperature above 2.", with_field("temperature", 3), PARAMS),
    Wrong("With a field of another provider's.", with_field("store", True), ISSUE % ("web-infra-dev/midscene", 1322)),
    Wrong("With a role of another provider's.", developer, PARAMS),
    Wrong("With a key of one's own in a call of the history.", _decorated,
          ISSUE % ("microsoft/copilot-intellij-feedback", 1874)),
    Wrong("With a schema that does not say what it wants.", _empty_schema, ISSUE % ("earendil-works/pi", 5352)),
    Wrong("With a model that is not there.", _nobody, ISSUE % ("warpdotdev/warp", 15107)),
)  # fmt: skip
ON_ANSWER_HEADERS = (
    Note("^content-type: text/event-stream", "Events; the body has no length and is sent in chunks.", STREAMING),
    Note("^content-type: application/json", "One JSON document, on one line.", RECORDED),
    Note("^x-request-id", "Worth logging: it names this one request, and is the id in the body too.", RECORDED),
    Note("^fireworks-prompt-tokens", "What was read, told before the first word of the answer.", RECORDED),
    Note("^fireworks-server-time-to-first-token", "How long it took there, in seconds.", RECORDED),
    Note("^x-ratelimit-over-limit", "Not to be trusted, as it was seen to say no beside a 429; nor was a Retry-After "
         "ever seen, so a client waits by its own rule.", RECORDED),
    Note("^x-ratelimit-limit-requests", "How many requests may be made per minute.", RECORDED),
    Note("^x-ratelimit-limit-tokens-prompt", "What may be read per minute, which grows and shrinks with use.", LIMITS),
    Note("^x-ratelimit-limit-tokens-generated", "What may be written per minute.", LIMITS),
)  # fmt: skip
ON_EVENTS = (
    Note(r"^data: \[DONE\]", "The end; a stream that stops without it was cut off.", STREAMING),
    Note(r'^data: \{"error"', "It failed in the middle, though the status was 200: raise, and do not keep the pieces.",
         ERRORS),
    Note(r'^data: .*"delta":\{"role"', "The opening: the role, and not even an empty text.", RECORDED),
    Note(r'^data: .*"reasoning_content"', "A piece of the thoughts, apart from the answer.", CHUNK),
    Note(r'^data: .*"tool_calls":\[\{"index":\d+,"id"', "A call opens: its place, id and name.", CHUNK),
    Note(r'^data: .*"tool_calls":\[\{"index":\d+,"function"', "The arguments go on: pieces of JSON text to be joined "
         "by index, and read only when all have come.", CHUNK),
    Note(r'^data: .*"finish_reason":"', "Why it ended (stop, length, tool_calls), and the usage in the same chunk, "
         "with an empty delta; before it the usage is null.", CHUNK),
    Note(r'^data: .*"delta":\{"content"', "A piece of the text, about a token.", CHUNK),
    Note(r'^\{.*"object":"chat.completion"', "The answer whole: `choices[0].message`, with thoughts in "
         "`reasoning_content`, why it ended, and the usage.", WHOLE),
    Note(r'^\{"object":"error"', "A refusal by the limiter, which has no `error` around it, and whose type is not to "
         "be trusted: decide by the status.", RECORDED),
    Note(r'"error"', "A refusal: decide by the status, since type and code say the same of many things.", ERRORS),
)  # fmt: skip
