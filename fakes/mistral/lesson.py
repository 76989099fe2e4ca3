"""The lesson on Mistral's chat completions: what a request needs, what is refused, and what each chunk means."""

from __future__ import annotations

from typing import Any, Dict

from ..lessons import (
    CITY,
    ISSUE,
    STRICT_REPORT,
    Lesson,
    Note,
    Wrong,
    asked,
    chat_tools,
    developer,
    offered,
    with_field,
    without_header,
)

__all__ = ["lesson"]

SDK = "mistralai 3.7.0"
REQUEST = f"{SDK} models/chatcompletionrequest.py"
CHUNK = f"{SDK} models/completionchunk.py"
DELTA = f"{SDK} models/deltamessage.py"
STREAM = f"{SDK} chat.py, on `stream`"
RECORDED = "recordings of 2025 and 2026"
VALIDATOR = "mistral-common protocol/instruct/validator.py"


def lesson(model: str, *, stream: bool) -> Lesson:
    """Give the lesson for a model's name."""
    body: Dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": asked(model)}]}
    if offered(model):
        body["tools"] = chat_tools(model, CITY)
    if model == "fake-think":
        body["reasoning_effort"] = "high"
    if model == "fake-json":
        wanted = {"name": "report", "schema": STRICT_REPORT, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": wanted}
    if stream:
        body["stream"] = True
    headers = {"Authorization": "Bearer YOUR_KEY", "Content-Type": "application/json"}
    path = "/mistral/v1/chat/completions"
    return Lesson(path, headers, body, ON_HEADERS, ON_FIELDS, WRONG, ON_ANSWER_HEADERS, ON_EVENTS)


ON_HEADERS = (
    Note("(?i)^authorization", "The key, as a Bearer token.", f"{SDK} models/security.py"),
    Note("(?i)^content-type", "The body is JSON in UTF-8.", f"{SDK} chat.py"),
)
ON_FIELDS = (
    Note("^model$", "Required.", REQUEST),
    Note("^messages$", "Required, and not empty: system, user, assistant, tool; the last must be a user's or a "
         "tool's, or an assistant's beginning that is marked by `prefix`.", REQUEST),
    Note("^tools$", "Functions on offer; `parameters` is a JSON schema, and required here.",
         f"{SDK} models/function.py"),
    Note("^reasoning_effort$", "Asks for thoughts; models accept only some of the words.", REQUEST),
    Note("^response_format$", "The answer is to be JSON that fits the schema; it comes as text all the same.",
         f"{SDK} models/responseformat.py"),
    Note("^stream$", "Answer as server-sent events; the usage comes without being asked for.", STREAM),
)  # fmt: skip


def _last_word(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["messages"].append({"role": "assistant", "content": "The weather"})


def _long_id(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
    body["messages"] += [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"},
    ]


def _orphan(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["messages"].append({"role": "tool", "tool_call_id": "abcdefghi", "content": "21 degrees"})


WRONG = (
    Wrong("Without a key.",
          without_header("Authorization"), "huggingface/huggingface.js packages/inference/test/tapes.json"),
    Wrong("With a temperature above 1.5.", with_field("temperature", 2), ISSUE % ("SillyTavern/SillyTavern", 4856)),
    Wrong("With a field of another provider's: the room is max_tokens here.", with_field("max_completion_tokens", 100),
          ISSUE % ("Gitlawb/openclaude", 739)),
    Wrong("With a role of another provider's.", developer, REQUEST),
    Wrong("With an assistant who has the last word.", _last_word, ISSUE % ("QuantumNous/new-api", 2858)),
    Wrong("With the id of a call that is not nine letters and digits.", _long_id, ISSUE % ("nearai/ironclaw", 1241)),
    Wrong("With a tool's result that answers no call.", _orphan, VALIDATOR),
    Wrong("With a model that is not there.", with_field("model", "no-such-model"), ISSUE % ("tmc/langchaingo", 1233)),
)  # fmt: skip
ON_ANSWER_HEADERS = (
    Note("^content-type: text/event-stream", "Events; the body has no length and is sent in chunks.", STREAM),
    Note("^content-type: application/json", "One JSON document, on one line.", RECORDED),
    Note("^mistral-correlation-id", "Worth logging: it names this one request.", RECORDED),
    Note("^x-ratelimit-limit-tokens-minute", "What may be used per minute, then what is left of it; no Retry-After "
         "was ever seen here, so after a 429 a client waits by its own rule.", RECORDED),
    Note("^x-ratelimit-tokens-query-cost", "What this one request took of it.", RECORDED),
    Note("^x-ratelimit-limit-req-minute", "How many requests may be made per minute.", RECORDED),
)  # fmt: skip
ON_EVENTS = (
    Note(r"^data: \[DONE\]", "The end; a stream that stops without it was cut off.", STREAM),
    Note(r'^data: .*"finish_reason":"error"', "It failed: what came before is not the answer, though [DONE] still "
         "comes.", f"{SDK} models/completionresponsestreamchoice.py"),
    Note(r'^data: .*"tool_calls":\[', "The calls, whole in one delta, with why it ended and the usage; `index` and "
         "`type` may be missing, and models of others that are hosted there send pieces to be joined.",
         f"{RECORDED}; vercel/ai packages/mistral/src/__fixtures__/mistral-incremental-tool-call.chunks.txt"),
    Note(r'^data: .*"delta":\{"role"', "The opening: the role, and no text yet.", DELTA),
    Note(r'^data: .*"content":\[\{"type":"thinking".*\},\{"type":"text"', "The thoughts end and the text begins, in "
         "one list.", RECORDED),
    Note(r'^data: .*"content":\[', "A piece of the thoughts: content is a list of chunks while they last and a string "
         "after them, so a client must take both.", DELTA),
    Note(r'^data: .*"finish_reason":"', "The last piece of the text, why it ended (stop, length, model_length, error, "
         "tool_calls), and the usage, all in one chunk.", f"{SDK} models/completionresponsestreamchoice.py"),
    Note(r'^data: .*"content":""', "A piece with nothing in it, before thoughts come.", RECORDED),
    Note(r'^data: .*"delta":\{"content"', "A piece of the text; `p` is padding, to be passed over.", RECORDED),
    Note(r'^\{"id"', "The answer whole; content is a string, or a list of chunks when there "
         "are thoughts, and may be empty beside tool calls.", f"{SDK} models/chatcompletionresponse.py"),
    Note(r'"object":"error"', "A refusal by the model server: decide by the status, and read `code`, a number in "
         "quotes, for more.", ISSUE % ("tmc/langchaingo", 1233)),
    Note(r'"detail"', "A refusal by the layer before the model, in one word or as a list of faults.",
         f"{SDK} errors/httpvalidationerror.py"),
    Note(r'"request_id"', "A refusal by the gateway, which found no key or no such path.",
         "huggingface/huggingface.js packages/inference/test/tapes.json"),
)  # fmt: skip
