"""The lesson on OpenAI's Responses API: what a request needs, what is refused, and what each event means."""

from __future__ import annotations

from typing import Any, Dict

from ..lessons import ISSUE, STRICT_CITY, STRICT_REPORT, Lesson, Note, Wrong, asked, offered, with_field, without_header

__all__ = ["lesson"]

SDK = "openai-python 3.54.0"
TYPES = f"{SDK} types/responses"
PARAMS = f"{TYPES}/response_create_params.py"
REFERENCE = "platform.openai.com/docs/api-reference/responses/create"
STREAMING = "platform.openai.com/docs/api-reference/responses-streaming"
MEASURED = "kangminlee-maker/local-OAuth-CLI-API-adapter docs/conformance-matrix.md"
RECORDED = "recordings of July and August 2026"


def lesson(model: str, *, stream: bool) -> Lesson:
    """Give the lesson for a model's name."""
    body: Dict[str, Any] = {"model": model, "input": [{"role": "user", "content": asked(model)}]}
    if offered(model):
        body["tools"] = [
            {"type": "function", "name": tool, "description": does, "parameters": STRICT_CITY, "strict": True}
            for tool, does in offered(model)
        ]
    if model == "fake-think":
        body["reasoning"] = {"effort": "low", "summary": "auto"}
    if model == "fake-json":
        body["text"] = {"format": {"type": "json_schema", "name": "report", "schema": STRICT_REPORT, "strict": True}}
    if stream:
        body["stream"] = True
    headers = {"Authorization": "Bearer YOUR_KEY", "Content-Type": "application/json"}
    return Lesson("/openai/v1/responses", headers, body, ON_HEADERS, ON_FIELDS, WRONG, ON_ANSWER_HEADERS, ON_EVENTS)


ON_HEADERS = (
    Note("(?i)^authorization", "The key, as a Bearer token.", "platform.openai.com/docs/api-reference/authentication"),
    Note("(?i)^content-type", "The body is JSON in UTF-8.", REFERENCE),
)
ON_FIELDS = (
    Note("^model$", "Required; an alias is answered with the name of its snapshot.", REFERENCE),
    Note("^input$", "Required: a text, or a list of items; messages, calls and their results are items of one list.",
         PARAMS),
    Note("^tools$", "Functions on offer, flat and not inside `function` as in chat completions.",
         f"{TYPES}/function_tool_param.py"),
    Note("^reasoning$", "How much to think; thoughts stay hidden, and a summary of them comes only if asked for.",
         f"{SDK} types/shared_params/reasoning.py"),
    Note("^text$", "The answer is to be JSON that fits the schema; a strict schema lists every property as required.",
         f"{TYPES}/response_text_config_param.py"),
    Note("^stream$", "Answer as server-sent events; the usage comes without being asked for.", STREAMING),
)  # fmt: skip


def _chat(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["messages"] = body.pop("input")
    body["input"] = "What is the weather in Paris?"


def _nested(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["tools"] = [{"type": "function", "function": {"name": "get_weather", "parameters": STRICT_CITY}}]


def _orphan(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["input"].append({"type": "function_call_output", "call_id": "call_1", "output": "21 degrees"})


WRONG = (
    Wrong("Without a key.", without_header("Authorization"), ISSUE % ("openai/openai-python", 1434)),
    Wrong("With the messages of chat completions.", _chat, MEASURED),
    Wrong("With a tool in the shape of chat completions.", _nested, MEASURED),
    Wrong("With a temperature above 2.", with_field("temperature", 3), MEASURED),
    Wrong("With too little room to answer: 16 tokens are the least.", with_field("max_output_tokens", 5), MEASURED),
    Wrong("With a call's result that answers no call.", _orphan, ISSUE % ("continuedev/continue", 10092)),
    Wrong("With an id that is no response's.",
          with_field("previous_response_id", "chatcmpl-1"), ISSUE % ("ProjectTech4DevAI/kaapi-backend", 317)),
    Wrong("With a model that is not there.", with_field("model", "no-such-model"), ISSUE % ("openai/codex", 43543)),
)  # fmt: skip
ON_ANSWER_HEADERS = (
    Note("^content-type: text/event-stream", "Events, each with its name; the body has no length and is sent in "
         "chunks.", STREAMING),
    Note("^content-type: application/json", "One JSON document, indented by two.", RECORDED),
    Note("^x-ratelimit-limit-requests", "What may be asked per minute, and below it what is left and when it is full "
         "again, as a duration such as 6m0s.", "platform.openai.com/docs/guides/rate-limits"),
    Note("^x-request-id", "Worth logging: it is what support asks for.", REFERENCE),
)  # fmt: skip
ON_EVENTS = (
    Note("^event: response.created", "The response begins, and is shown as it stands: its id, for "
         "`previous_response_id`, and all that was asked for, defaults filled in.",
         f"{TYPES}/response_created_event.py"),
    Note("^event: response.in_progress", "The model is at work; it says nothing new.",
         f"{TYPES}/response_in_progress_event.py"),
    Note('^event: response.output_item.added\ndata: .*"type":"reasoning"', "An item of thoughts begins; it goes back "
         "before the call that followed it, or that call is refused.",
         f"{TYPES}/response_reasoning_item.py; github.com/mastra-ai/mastra/issues/8738"),
    Note('^event: response.output_item.added\ndata: .*"type":"function_call"', "A call begins: its name, and the "
         "call_id to answer it by, which is not the item's id.", f"{TYPES}/response_function_tool_call.py"),
    Note("^event: response.output_item.added", "A message begins, at its place among the items.",
         f"{TYPES}/response_output_item_added_event.py"),
    Note("^event: response.output_item.done", "The item is complete, and stands here whole: who missed the pieces can "
         "read it here.", f"{TYPES}/response_output_item_done_event.py"),
    Note("^event: response.content_part.added", "A part of the message begins: output_text or refusal.",
         f"{TYPES}/response_content_part_added_event.py"),
    Note("^event: response.content_part.done", "The part is complete, and stands here whole.",
         f"{TYPES}/response_content_part_done_event.py"),
    Note("^event: response.output_text.delta", "A piece of the text, for the part that item_id and content_index "
         "name; `obfuscation` is padding, to be passed over.", f"{TYPES}/response_text_delta_event.py"),
    Note("^event: response.output_text.done", "The text whole: not to be added to its pieces.",
         f"{TYPES}/response_text_done_event.py"),
    Note("^event: response.refusal.delta", "A piece of a refusal: not to be shown as an answer.",
         f"{TYPES}/response_refusal_delta_event.py"),
    Note("^event: response.refusal.done", "The refusal whole.", f"{TYPES}/response_refusal_done_event.py"),
    Note("^event: response.function_call_arguments.delta", "A piece of the arguments: JSON text, to be read only when "
         "all of it has come.", f"{TYPES}/response_function_call_arguments_delta_event.py"),
    Note("^event: response.function_call_arguments.done", "The arguments whole: not to be added to their pieces.",
         f"{TYPES}/response_function_call_arguments_done_event.py"),
    Note("^event: response.reasoning_summary_part.added", "A part of the summary of the thoughts begins.",
         f"{TYPES}/response_reasoning_summary_part_added_event.py"),
    Note("^event: response.reasoning_summary_text.delta", "A piece of the summary: not a part of the answer.",
         f"{TYPES}/response_reasoning_summary_text_delta_event.py"),
    Note("^event: response.reasoning_summary_text.done", "The summary whole.",
         f"{TYPES}/response_reasoning_summary_text_done_event.py"),
    Note("^event: response.reasoning_summary_part.done", "The part of the summary is complete.",
         f"{TYPES}/response_reasoning_summary_part_done_event.py"),
    Note("^event: response.completed", "The end, with all items and the usage; a stream that stops before such an "
         "event was cut off, and there is no [DONE].", f"{TYPES}/response_completed_event.py"),
    Note("^event: response.incomplete", "The end of an answer that broke off: `incomplete_details.reason` says "
         "whether the room or the content filter ended it.", f"{TYPES}/response_incomplete_event.py"),
    Note("^event: response.failed", "The end of a response that failed: `error` says why, though the status was 200.",
         f"{TYPES}/response_failed_event.py"),
    Note("^event: error", "It failed in the middle: the words may stand here or inside `error`, so look in both.",
         f"{TYPES}/response_error_event.py; vercel/ai openai-error.1.chunks.txt"),
    Note('(?s)"object": "response".*"status": "incomplete"', "The answer whole, and broken off: "
         "`incomplete_details.reason` says why.", f"{TYPES}/response.py"),
    Note('"object": "response"', "The answer whole: a list of items, a status in the place of a finish reason, and "
         "the usage.", f"{TYPES}/response.py"),
    Note('"error"', "A refusal: decide by the status and by `code`.", "platform.openai.com/docs/guides/error-codes"),
)  # fmt: skip
