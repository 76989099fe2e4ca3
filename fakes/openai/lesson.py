"""The lesson on OpenAI's chat completions: what a request needs and what each part of the answer means."""

from __future__ import annotations

from typing import Any, Dict

from ..lessons import (
    STRICT_CITY,
    STRICT_REPORT,
    Lesson,
    Note,
    Wrong,
    asked,
    chat_tools,
    offered,
    with_field,
    without_field,
    without_header,
)

__all__ = ["lesson"]

SDK = "openai-python 3.54.0"
CHUNK = f"{SDK} types/chat/chat_completion_chunk.py"
REFERENCE = "platform.openai.com/docs/api-reference/chat/create"
STREAMING = "platform.openai.com/docs/api-reference/chat-streaming"
RECORDED = "recordings of August 2025 to 2026"


def lesson(model: str, *, stream: bool) -> Lesson:
    """Give the lesson for a model's name."""
    body: Dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": asked(model)}]}
    if offered(model):
        body["tools"] = chat_tools(model, STRICT_CITY)
    if model == "fake-think":
        body["reasoning_effort"] = "low"
    if model == "fake-json":
        wanted = {"name": "report", "schema": STRICT_REPORT, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": wanted}
    if stream:
        body.update(stream=True, stream_options={"include_usage": True})
    headers = {"Authorization": "Bearer YOUR_KEY", "Content-Type": "application/json"}
    return Lesson(
        "/openai/v1/chat/completions", headers, body, ON_HEADERS, ON_FIELDS, WRONG, ON_ANSWER_HEADERS, ON_EVENTS
    )


ON_HEADERS = (
    Note("(?i)^authorization", "The key, as a Bearer token.", "platform.openai.com/docs/api-reference/authentication"),
    Note("(?i)^content-type", "The body is JSON in UTF-8.", REFERENCE),
)
ON_FIELDS = (
    Note("^model$", "Required. An alias is answered with the name of its snapshot.", REFERENCE),
    Note("^messages$", "Required, and not empty. Roles: system or developer, user, assistant, tool.", REFERENCE),
    Note("^tools$", "Functions on offer; `parameters` is a JSON schema.", REFERENCE),
    Note("^reasoning_effort$", "How much to think; of the thoughts only their number of tokens is told.", REFERENCE),
    Note("^response_format$", "The answer is to be JSON that fits the schema; a strict one lists every property as "
         "required.", REFERENCE),
    Note("^stream$", "Answer as server-sent events.", STREAMING),
    Note("^stream_options$", "With include_usage one more chunk tells the usage; all others then have null.",
         STREAMING),
)  # fmt: skip


def _orphan(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["messages"].append({"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"})


WRONG = (
    Wrong("Without a key.", without_header("Authorization"), "github.com/openai/openai-python/issues/1434"),
    Wrong("Without messages.", without_field("messages"), "github.com/SilasMarvin/lsp-ai/issues/108"),
    Wrong("With a temperature above 2.", with_field("temperature", 3), "recording with code decimal_above_max_value"),
    Wrong("With a tool message that answers no call.", _orphan, "github.com/run-llama/llama_index/issues/10493"),
    Wrong("With a model that is not there.",
          with_field("model", "no-such-model"), "recordings with code model_not_found"),
)  # fmt: skip
ON_ANSWER_HEADERS = (
    Note("^content-type: text/event-stream", "Events; the body has no length and is sent in chunks.", STREAMING),
    Note("^content-type: application/json", "One JSON document, indented by two.", RECORDED),
    Note("^x-ratelimit-limit-requests", "What may be asked per minute, what is left, when it is full again.",
         "platform.openai.com/docs/guides/rate-limits"),
    Note("^x-request-id", "Worth logging: it is what support asks for.", REFERENCE),
)  # fmt: skip
ON_EVENTS = (
    Note(r"^data: \[DONE\]", "The end. A stream that stops without it was cut off.", STREAMING),
    Note(r'"choices":\[\],"usage":\{', "The usage, in a chunk without choices.", STREAMING),
    Note(r'"delta":\{"role"', "The opening: the role, and no text yet.", CHUNK),
    Note(r'"tool_calls":\[\{"index":\d+,"id"', "A call opens: its place, id and name.", CHUNK),
    Note(r'"tool_calls":\[\{"index":\d+,"function":\{"arguments"',
         "The arguments go on: pieces of JSON text to be joined by index, valid only when all have come.", CHUNK),
    Note(r'"delta":\{"content"', "A piece of the text, about a token.", CHUNK),
    Note(r'"delta":\{"refusal"', "A piece of a refusal: not to be shown as an answer.", CHUNK),
    Note(r'"finish_reason":"', "Why it ended: stop, length, tool_calls, content_filter.", CHUNK),
    Note(r'^\{\n  "id"', "The answer whole: `choices[0].message`, why it ended, and the usage.",
         f"{SDK} types/chat/chat_completion.py"),
    Note('"error"', "A refusal.", "platform.openai.com/docs/guides/error-codes"),
)  # fmt: skip
