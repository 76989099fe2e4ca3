"""The lesson on Together's chat completions: what a request needs, what is refused, and what each chunk means."""

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

SDK = "together 3.1.1"
PARAMS = f"{SDK} types/chat/completion_create_params.py"
MESSAGES = f"{SDK} types/chat/chat_completion_message_param.py"
CHUNK = f"{SDK} types/chat/chat_completion_chunk.py"
WHOLE = f"{SDK} types/chat/chat_completion.py"
STREAMING = f"{SDK} _streaming.py"
LIMITS = "docs.together.ai/docs/serverless/rate-limits"
ERRORS = "docs.together.ai/docs/error-codes"
RECORDED = "recordings of 2025 and 2026"
CASSETTES = "recordings in maruel/genai, providers/togetherai/testdata"


def lesson(model: str, *, stream: bool) -> Lesson:
    """Give the lesson for a model's name."""
    body: Dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": asked(model)}]}
    if offered(model):
        body["tools"] = chat_tools(model, CITY)
    if model == "fake-think":
        body["reasoning"] = {"enabled": True}
    if model == "fake-json":
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "report", "schema": REPORT}}
    if stream:
        body["stream"] = True
    headers = {"Authorization": "Bearer YOUR_KEY", "Content-Type": "application/json"}
    path = "/together/v1/chat/completions"
    return Lesson(path, headers, body, ON_HEADERS, ON_FIELDS, WRONG, ON_ANSWER_HEADERS, ON_EVENTS)


ON_HEADERS = (
    Note("(?i)^authorization", "The key, as a Bearer token.", f"{SDK} _client.py"),
    Note("(?i)^content-type", "The body is JSON in UTF-8.", f"{SDK} _base_client.py"),
)
ON_FIELDS = (
    Note("^model$", "Required: organization and name, but for the ready models here.", PARAMS),
    Note("^messages$", "Required: system, user, assistant, tool; there is no developer.", MESSAGES),
    Note("^tools$", "Functions on offer; `parameters` is a JSON schema.", PARAMS),
    Note("^reasoning$", "Turns thoughts on or off, for models that let themselves be told.", PARAMS),
    Note("^response_format$", "The answer is to be JSON that fits the schema; it comes as text all the same.", PARAMS),
    Note("^stream$", "Answer as server-sent events; the usage comes without being asked for.", PARAMS),
)


WRONG = (
    Wrong("Without a key.", without_header("Authorization"), f"{CASSETTES}/TestClient/errors"),
    Wrong("Without messages.", without_field("messages"), ISSUE % ("mozilla-ai/any-llm", 714)),
    Wrong("With a role of another provider's.", developer, MESSAGES),
    Wrong("With one stop sequence that is no list.", with_field("stop", "END"), ISSUE % ("SWE-agent/SWE-agent", 135)),
    Wrong("With a temperature below 0.",
          with_field("temperature", -1), ISSUE % ("togethercomputer/together-python", 203)),
    Wrong("With more tokens than the context has room for: a 403 that has nothing to do with the key.",
          with_field("max_tokens", 1_000_000), ERRORS),
    Wrong("With a model that is not there.",
          with_field("model", "nobody/no-such-model"), f"{CASSETTES}/TestClient/errors"),
)  # fmt: skip
ON_ANSWER_HEADERS = (
    Note("^content-type: text/event-stream", "Events; the body has no length and is sent in chunks.", STREAMING),
    Note("^content-type: application/json", "One JSON document, indented by two.", RECORDED),
    Note("^retry-after", "Sent with answers that succeed too: look at it only when one failed.", RECORDED),
    Note("^x-ratelimit-limit:", "How many requests may be made.", LIMITS),
    Note("^x-ratelimit-limit-tokens", "How many tokens may be used.", LIMITS),
    Note("^x-ratelimit-reset", "When they are full again, in seconds.", LIMITS),
    Note("^x-api-call-start", "When it was given to the model.", RECORDED),
)
ON_EVENTS = (
    Note(r"^data: \[DONE\]", "The end; a stream that stops without it was cut off.", STREAMING),
    Note(r'^data: \{"error"', "It failed in the middle, though the status was 200: raise, and do not keep the pieces.",
         STREAMING),
    Note(r'^data: .*"tool_calls":\[\{"index":\d+,"id"', "A call opens: its place, id and name.", CASSETTES),
    Note(r'^data: .*"tool_calls":\[', "The arguments go on: pieces of JSON text to be joined by index, and read only "
         "when all have come.", CASSETTES),
    Note(r'^data: .*"finish_reason":"', "The last piece of the text, if there is one, why it ended (stop, eos, "
         "length, tool_calls), and the usage, all in one chunk; the seed may be too large for a double.", RECORDED),
    Note(r'^data: .*"reasoning":"', "A piece of the thoughts; some models call it reasoning_content, and never are "
         "both to be added.", CHUNK),
    Note(r'^data: .*"text":""', "A chunk without text opens an answer that begins with something else.", CASSETTES),
    Note(r'^data: .*"delta":', "A piece of the text, said twice: `text` is an echo of `delta.content` and not to be "
         "added to it; the role comes each time.", RECORDED),
    Note(r'(?s)^\{.*"object": "chat.completion"', "The answer whole: `choices[0].message`, whose tool_calls may be an "
         "empty list, why it ended, and the usage.", WHOLE),
    Note(r'"error"', "A refusal: decide by the status; the message is for people.", ERRORS),
)  # fmt: skip
