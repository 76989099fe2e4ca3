"""A run as an OpenTelemetry span. Pure: a run on LangSmith's wire in, a span of OTLP's JSON out.

Content goes along, as LangSmith gets it, unless it was hidden there. A span's id is the second half of its run's
UUID, which is random in versions 4 and 7.
Source: OTLP 1.5, "JSON Protobuf Encoding"; GenAI semantic conventions of OpenTelemetry 1.41 (docs/gen-ai and the
JSON schemas of messages, read 2026-11-23); `langsmith.*` and `openinference.span.kind` are what LangSmith and
Phoenix read besides.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from ...version import USER_AGENT, __version__
from .conventions import answers_of, fields_of, message_of, questions_of, tools_of
from .multipart import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Dict, List, Tuple

    JSON = Any

__all__ = ["request_of", "span_of"]

INTERNAL, CLIENT = 1, 3
OK_UNSET, ERROR = 0, 2
LONGEST_TEXT = 1_000_000  # characters of one attribute
# Python 3.9 reads a fraction of three or six digits only.
TIME = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|z|[+-]\d\d:\d\d)?$")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

OPERATIONS = {"llm": "chat", "tool": "execute_tool", "retriever": "retrieval", "embedding": "embeddings"}
OPENINFERENCE = {"llm": "LLM", "tool": "TOOL", "retriever": "RETRIEVER", "embedding": "EMBEDDING"}
# LangChain's name of a provider -> the conventions' one, where they differ.
PROVIDERS = {
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "azure": "azure.ai.openai",
    "amazon_bedrock": "aws.bedrock",
    "xai": "x_ai",
}
THREADS = ("thread_id", "session_id", "conversation_id")  # metadata by which LangSmith puts traces into a thread
# Parameter of a call -> attribute and how it is told; the first that is there counts.
PARAMETERS = (
    ("gen_ai.request.temperature", ("ls_temperature", "temperature"), float),
    ("gen_ai.request.max_tokens", ("ls_max_tokens", "max_completion_tokens", "max_tokens"), int),
    ("gen_ai.request.top_p", ("top_p",), float),
    ("gen_ai.request.top_k", ("top_k",), float),
    ("gen_ai.request.seed", ("seed",), int),
    ("gen_ai.request.frequency_penalty", ("frequency_penalty",), float),
    ("gen_ai.request.presence_penalty", ("presence_penalty",), float),
)
USAGE = (
    ("gen_ai.usage.input_tokens", ("input_tokens",)),
    ("gen_ai.usage.output_tokens", ("output_tokens",)),
    ("gen_ai.usage.cache_read.input_tokens", ("input_token_details", "cache_read")),
    ("gen_ai.usage.cache_creation.input_tokens", ("input_token_details", "cache_creation")),
    ("gen_ai.usage.reasoning.output_tokens", ("output_token_details", "reasoning")),
)


# -- a run as a span ---------------------------------------------------------------------------


def span_of(run: Dict[str, JSON]) -> Dict[str, JSON]:
    """Give the span of a run that has ended.

    Shape: OTLP's `Span` as JSON: ids in hexadecimal, times in nanoseconds as text.
    """
    kind = str(run.get("run_type") or "chain")
    attributes = dict(_attributes(run, kind))
    name = str(run.get("name") or kind)
    operation = attributes.get("gen_ai.operation.name")
    if operation is not None:
        subject = name if kind == "tool" else attributes.get("gen_ai.request.model")
        name = f"{operation} {subject}" if subject else str(operation)
    start = _nanoseconds(run.get("start_time"))
    span: Dict[str, JSON] = {
        "traceId": _hex(run.get("trace_id") or run["id"]),
        "spanId": _hex(run["id"])[16:],
        "name": name,
        "kind": CLIENT if kind in ("llm", "embedding", "retriever") else INTERNAL,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(max(start, _nanoseconds(run.get("end_time")))),
        "attributes": _pairs(attributes),
        "status": {"code": OK_UNSET},
    }
    if run.get("parent_run_id"):
        span["parentSpanId"] = _hex(run["parent_run_id"])[16:]
    error = run.get("error")
    if error:
        first = _first_line(str(error))
        span["status"] = {"code": ERROR, "message": first[:1000]}
        told = {
            "exception.type": _error_type(first),
            "exception.message": first[:1000],
            "exception.stacktrace": str(error)[:LONGEST_TEXT],
        }
        event = {"timeUnixNano": span["endTimeUnixNano"], "name": "exception", "attributes": _pairs(told)}
        span["events"] = [event]
    return span


def request_of(
    spans: List[Dict[str, JSON]], service: str, about: Iterable[Tuple[str, str]] = ()
) -> Dict[str, JSON]:
    """Give the body of POST /v1/traces; `about` are more attributes of the program they come from."""
    scope = {"name": USER_AGENT.partition("/")[0], "version": __version__}
    resource = {**dict(about), "service.name": service, "telemetry.sdk.language": "python"}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _pairs(resource)},
                "scopeSpans": [{"scope": scope, "spans": spans}],
            }
        ]
    }


def _attributes(run: Dict[str, JSON], kind: str) -> Iterator[Tuple[str, Any]]:
    extra = _dict(run.get("extra"))
    metadata = _dict(extra.get("metadata"))
    inputs, outputs = run.get("inputs"), run.get("outputs")
    yield "openinference.span.kind", OPENINFERENCE.get(kind, "CHAIN")
    yield "langsmith.span.kind", kind
    if run.get("session_name"):
        yield "langsmith.trace.session_name", str(run["session_name"])
    if _list(run.get("tags")):
        yield "langsmith.span.tags", ", ".join(map(str, run["tags"]))
    for name, value in metadata.items():
        if isinstance(value, (str, bool, int, float)):
            yield f"langsmith.metadata.{name}", value
    thread = next((str(metadata[name]) for name in THREADS if metadata.get(name)), None)
    if thread:
        yield "gen_ai.conversation.id", thread
    if kind in OPERATIONS:
        yield "gen_ai.operation.name", OPERATIONS[kind]
    if run.get("error"):
        yield "error.type", _error_type(str(run["error"]))
    if kind == "llm":
        yield from _model_attributes(run, metadata, {**_dict(extra.get("invocation_params")), **metadata})
        # Messages stand in attributes of their own; what has none is told as it is.
        inputs = None if questions_of(inputs) else inputs
        outputs = None if answers_of(outputs) or "generations" in _dict(outputs) else outputs
    elif kind == "embedding":
        yield from _named(metadata, {**_dict(extra.get("invocation_params")), **metadata})
    elif kind == "tool":
        yield "gen_ai.tool.name", str(run.get("name"))
        yield "gen_ai.tool.type", "function"
        answer = fields_of(_dict(outputs).get("output"))
        called = answer.get("tool_call_id")
        if called:
            yield "gen_ai.tool.call.id", str(called)
        if inputs:
            yield "gen_ai.tool.call.arguments", _text(inputs)
        if outputs and not run.get("error"):
            yield "gen_ai.tool.call.result", _text(answer["content"] if called and "content" in answer else outputs)
    elif kind == "retriever" and _dict(inputs).get("query"):
        yield "gen_ai.retrieval.query.text", str(_dict(inputs)["query"])
    for name, value in (("input", inputs), ("output", outputs)):
        if value:
            yield f"{name}.value", _text(value)
            yield f"{name}.mime_type", "application/json"


def _model_attributes(
    run: Dict[str, JSON], metadata: Dict[str, JSON], parameters: Dict[str, JSON]
) -> Iterator[Tuple[str, Any]]:
    """Give what the conventions say of a call of a model."""
    yield from _named(metadata, parameters)
    tools = tools_of(parameters.get("tools"))
    if tools:
        yield "gen_ai.tool.definitions", _text(tools)
    for attribute, names, convert in PARAMETERS:
        values = [parameters[name] for name in names if _is_number(parameters.get(name))]
        if values:
            yield attribute, convert(values[0])
    stop = parameters.get("ls_stop") or parameters.get("stop")
    if stop:
        yield "gen_ai.request.stop_sequences", [str(one) for one in _list(stop) or [stop]]
    if isinstance(parameters.get("n"), int) and parameters["n"] not in (1, True):
        yield "gen_ai.request.choice.count", parameters["n"]
    first = next((one for one in _list(run.get("events")) if _dict(one).get("name") == "new_token"), None)
    if parameters.get("stream") or first:
        yield "gen_ai.request.stream", True
    if first:
        waited = _nanoseconds(first.get("time")) - _nanoseconds(run.get("start_time"))
        yield "gen_ai.response.time_to_first_chunk", max(0, waited) / 1e9
    yield from _answer_attributes(run, metadata)


def _named(metadata: Dict[str, JSON], parameters: Dict[str, JSON]) -> Iterator[Tuple[str, Any]]:
    provider = str(metadata.get("ls_provider") or "_OTHER")
    yield "gen_ai.provider.name", PROVIDERS.get(provider, provider)
    model = metadata.get("ls_model_name") or parameters.get("model") or parameters.get("model_name")
    if model:
        yield "gen_ai.request.model", str(model)


def _answer_attributes(run: Dict[str, JSON], metadata: Dict[str, JSON]) -> Iterator[Tuple[str, Any]]:
    asked = questions_of(run.get("inputs"))
    if asked:
        yield "gen_ai.input.messages", _text([message_of(one) for one in asked])
    answers, reasons, usage = [], [], _dict(metadata.get("usage_metadata"))
    model = number = None
    for generation in answers_of(run.get("outputs")):
        fields = fields_of(generation.get("message"))
        about = _dict(fields.get("response_metadata"))
        info = _dict(generation.get("generation_info"))
        reason = next(
            (
                str(place[name])
                for place in (info, about)
                for name in ("finish_reason", "stop_reason")
                if place.get(name)
            ),
            "error" if run.get("error") else "stop",
        )
        reasons.append(reason)
        message = generation.get("message") or {"type": "ai", "content": generation.get("text")}
        answers.append({**message_of(message), "finish_reason": reason})
        model = model or about.get("model_name") or about.get("model")
        number = number or about.get("id")
        usage = usage or _dict(fields.get("usage_metadata"))
    if answers and not run.get("error"):
        yield "gen_ai.output.messages", _text(answers)
        yield "gen_ai.response.finish_reasons", reasons
    if model:
        yield "gen_ai.response.model", str(model)
    if number:
        yield "gen_ai.response.id", str(number)
    for attribute, path in USAGE:
        value: Any = usage
        for name in path:
            value = _dict(value).get(name)
        if _is_number(value):
            yield attribute, int(value)


def _dict(value: JSON) -> Dict[str, JSON]:
    return value if isinstance(value, dict) else {}


def _list(value: JSON) -> List[JSON]:
    return value if isinstance(value, list) else []


def _is_number(value: JSON) -> bool:
    """Say whether a value is a number that can be told: infinity and NaN cannot."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value - value == 0


def _text(value: JSON) -> str:
    return dumps(value).decode("utf-8")[:LONGEST_TEXT]


def _first_line(error: str) -> str:
    """Give an error without its traceback, which a runnable's has right behind its repr, as LangChain's."""
    return error.partition("\n")[0].partition("Traceback (most recent call last)")[0]


def _error_type(error: str) -> str:
    """Give the name of the exception: an error begins with its repr."""
    name = _first_line(error).partition("(")[0].strip()
    return name if name.isidentifier() else "_OTHER"


def _hex(identity: JSON) -> str:
    """Give 32 hexadecimal digits: those of a UUID, else of a digest."""
    text = str(identity).replace("-", "").lower()
    if len(text) == 32 and set(text) <= set("0123456789abcdef") and text.strip("0"):
        return text
    from hashlib import sha256

    return sha256(str(identity).encode("utf-8", "replace")).hexdigest()[:32]


def _nanoseconds(moment: JSON) -> int:
    """Give a time on the wire as nanoseconds since 1970; one without a zone is UTC, and what is no time is 0."""
    if isinstance(moment, datetime):
        moment = moment.isoformat()
    found = TIME.match(moment) if isinstance(moment, str) else None
    if found is None:
        return 0
    seconds, fraction, zone = found.groups()
    try:
        whole = datetime.fromisoformat(seconds + ("+00:00" if zone in (None, "Z", "z") else zone))
    except ValueError:  # a month 13
        return 0
    return int((whole - EPOCH) // timedelta(seconds=1)) * 10**9 + int((fraction or "0").ljust(9, "0")[:9])


def _pairs(attributes: Mapping[str, Any]) -> List[Dict[str, JSON]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> Dict[str, JSON]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)} if abs(value) < 1 << 63 else {"stringValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    return {"stringValue": str(value)[:LONGEST_TEXT]}
