"""The lesson on Gemini's generateContent: what a request needs, what is refused, and what each chunk means."""

from __future__ import annotations

from typing import Any, Dict

from ..lessons import CITY, ISSUE, REPORT, Lesson, Note, Wrong, asked, offered, with_field, without_header

__all__ = ["lesson"]

SDK = "google-genai 3.4.0"
TYPES = f"{SDK} types.py"
REFERENCE = "ai.google.dev/api/generate-content"
SIGNATURES = "ai.google.dev/gemini-api/docs/thought-signatures"
RECORDED = "recordings of 2025 and 2026"


def lesson(model: str, *, stream: bool) -> Lesson:
    """Give the lesson for a model's name."""
    body: Dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": asked(model)}]}]}
    if offered(model):
        body["tools"] = [
            {
                "functionDeclarations": [
                    {"name": tool, "description": does, "parametersJsonSchema": CITY}
                    for tool, does in offered(model)
                ]
            }
        ]
    if model == "fake-think":
        body["generationConfig"] = {"thinkingConfig": {"includeThoughts": True}}
    if model == "fake-json":
        body["generationConfig"] = {"responseMimeType": "application/json", "responseJsonSchema": REPORT}
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    headers = {"x-goog-api-key": "YOUR_KEY", "Content-Type": "application/json"}
    path = f"/gemini/v1beta/models/{model}:{verb}"
    return Lesson(path, headers, body, ON_HEADERS, ON_FIELDS, WRONG, ON_ANSWER_HEADERS, ON_EVENTS)


ON_HEADERS = (
    Note("(?i)^x-goog-api-key", "The key, in a header and not as ?key= in the address, where logs would keep it.",
         f"{SDK} _api_client.py"),
    Note("(?i)^content-type", "The body is JSON in UTF-8, its names in lowerCamelCase.", f"{SDK} _api_client.py"),
)  # fmt: skip
ON_FIELDS = (
    Note("^contents$", "Required, and not empty: the turns of user and model, each a list of parts; the model's name "
         "is in the path, and the system prompt is a field of its own, `systemInstruction`.", REFERENCE),
    Note("^tools$", "Functions on offer; `parametersJsonSchema` is a JSON schema, where `parameters` knows only a "
         "part of one.", TYPES),
    Note("^generationConfig$", "How to answer: temperature and room, thoughts shown or not, and the MIME type and "
         "schema when JSON is wanted.", TYPES),
)  # fmt: skip


def _assistant(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["contents"].insert(0, {"role": "assistant", "parts": [{"text": "Hello."}]})


def _orphan(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    result = {"name": "get_weather", "response": {"output": "21 degrees"}}
    body["contents"].append({"role": "user", "parts": [{"functionResponse": result}]})


def _hot(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["generationConfig"] = {**body.get("generationConfig", {}), "temperature": 3}


def _bad_schema(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    function = {"name": "get_weather", "parameters": {"type": "object", "properties": {"cities": {"type": "array"}}}}
    body["tools"] = [{"functionDeclarations": [function]}]


WRONG = (
    Wrong("Without a key.", without_header("x-goog-api-key"), ISSUE % ("gunpal5/Google_GenerativeAI", 15)),
    Wrong("Without contents.", with_field("contents", []), ISSUE % ("vercel/ai", 3775)),
    Wrong("With a role that is not user or model.", _assistant, ISSUE % ("langgenius/dify-official-plugins", 566)),
    Wrong("With a function's result that answers no call.", _orphan,
          ISSUE % ("GoogleCloudPlatform/generative-ai", 368)),
    Wrong("With a temperature above 2.", _hot, REFERENCE),
    Wrong("With a field of another provider's.",
          with_field("messages", [{"role": "user", "content": "Hello."}]), ISSUE % ("zed-industries/zed", 44875)),
    Wrong("With an array in a schema that does not say of what.", _bad_schema, ISSUE % ("AstrBotDevs/AstrBot", 6029)),
    Wrong("With a model that is not there.", lambda headers, body: None, ISSUE % ("continuedev/continue", 9939),
          path="/gemini/v1beta/models/no-such-model:generateContent"),
)  # fmt: skip
ON_ANSWER_HEADERS = (
    Note("^content-type: text/event-stream", "Events, because of alt=sse; without it the stream is one JSON array.",
         RECORDED),
    Note("^content-type: application/json", "One JSON document, indented by two.", RECORDED),
    Note("^x-gemini-service-tier", "The tier that answered; no header tells a limit, so how long to wait after a 429 "
         "stands in its body, as a RetryInfo.", RECORDED),
)  # fmt: skip
ON_EVENTS = (
    Note(r'^(data: )?\{\s*"error"', "It failed: decide by error.code and error.status, and look for a RetryInfo in "
         "details; in a stream this can come in the middle, though the status was 200.", f"{SDK} errors.py"),
    Note(r'"promptFeedback"', "The prompt was blocked: there are no candidates, and yet the status is 200, so a "
         "client must look.", f"{TYPES}, GenerateContentResponsePromptFeedback"),
    Note(r'"finishReason": "(?!STOP|MAX_TOKENS)', "It ended for a reason of safety or policy: what came before is not "
         "to be taken for an answer, and content may be missing altogether.", f"{TYPES}, FinishReason"),
    Note(r'"functionCall".*"thoughtSignature"', "A call, whole, with the signature of the thoughts behind it, which "
         "goes back on the same part in the next request; STOP is its finish reason too.", SIGNATURES),
    Note(r'(?s)^\{\s.*"functionCall"', "The answer whole, with calls: `args` is an object, not JSON text, and STOP is "
         "the finish reason of calls too.", f"{TYPES}, FunctionCall"),
    Note(r'"functionCall"', "A call, whole and never in pieces; `args` is an object, not JSON text, and STOP is the "
         "finish reason of calls too.", f"{TYPES}, FunctionCall"),
    Note(r'^data: .*"thought": true', "A part of the thoughts, marked by `thought`: not to be shown as the answer.",
         f"{TYPES}, Part"),
    Note(r'^data: .*"finishReason"', "The last chunk: why it ended, and the usage, of which each report replaces the "
         "one before; the stream then just ends, and one without a finish reason was cut off.", RECORDED),
    Note(r'^data: ', "A chunk: new parts of the answer and the usage so far; lines end in CRLF here, and there is no "
         "[DONE].", RECORDED),
    Note(r'^\{', "The answer whole: candidates with parts, why each ended, and the usage; any of it may be missing, "
         "and an absent count is 0.", f"{TYPES}, GenerateContentResponse"),
)  # fmt: skip
