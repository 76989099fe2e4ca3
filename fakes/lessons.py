"""What a lesson about a wire is made of; each provider's folder has one of its own, in `lesson`.

A note is a sentence and its source. The bytes that a lesson talks about are never typed here: `show` asks the fake
itself, so that a note can be wrong but the bytes cannot.

All lessons ask the same, each in its provider's words: for the weather, with tools on offer or for a report as JSON.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Tuple

__all__ = [
    "CITY", "Change", "ISSUE", "Lesson", "Note", "REPORT", "STRICT_CITY", "STRICT_REPORT", "Wrong", "asked", "chat_tools",
    "developer", "offered", "with_field", "without_field", "without_header",
]  # fmt: skip

ISSUE = "github.com/%s/issues/%d"
Change = Callable[[Dict[str, str], Dict[str, Any]], None]


class Note(NamedTuple):
    """What a part of the wire means, for the parts that a pattern fits, and where that is written."""

    pattern: str  # a regular expression, searched for in a header line, the name of a field, or a whole event
    says: str
    source: str


class Wrong(NamedTuple):
    """A change to headers and body that makes the request one to refuse, and where it is written that it is."""

    what: str
    change: Change
    source: str
    path: str = ""  # to ask in the place of the lesson's, when that is what is wrong


class Lesson(NamedTuple):
    """A request to send, and the notes on it and on its answer."""

    path: str  # with the provider's prefix and the query
    headers: Dict[str, str]
    body: Dict[str, Any]
    on_headers: Tuple[Note, ...]
    on_fields: Tuple[Note, ...]  # of the request's body, by name
    wrong: Tuple[Wrong, ...]
    on_answer_headers: Tuple[Note, ...]
    on_events: Tuple[Note, ...]  # of the stream, or of the one body


# -- what is asked ----------------------------------------------------------------------------------------------------

# The schemas of a tool's arguments and of the JSON that is wanted; a strict one lists every property as required.
CITY: Dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
REPORT: Dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "temp_c": {"type": "number"}},
    "required": ["city", "temp_c"],
}
STRICT_CITY: Dict[str, Any] = {**CITY, "additionalProperties": False}
STRICT_REPORT: Dict[str, Any] = {**REPORT, "additionalProperties": False}
WEATHER = ("get_weather", "The weather in a city now.")
TIME = ("get_time", "The time in a city now.")


def asked(model: str) -> str:
    """Give the text that a model is asked."""
    return "Grüße aus Paris! ☀" if model == "fake-echo" else "What is the weather in Paris?"


def offered(model: str) -> List[Tuple[str, str]]:
    """Give name and description of the tools that a model is offered."""
    if model == "fake-tools":
        return [WEATHER, TIME]
    return [WEATHER] if model in ("fake-tool", "fake-think") else []


def chat_tools(model: str, parameters: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Give the tools that a model is offered as Chat Completions write them."""
    return [
        {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}
        for name, description in offered(model)
    ]


# -- what is wrong ----------------------------------------------------------------------------------------------------


def without_header(name: str) -> Change:
    """Give the change that leaves a header out."""

    def change(headers: Dict[str, str], body: Dict[str, Any]) -> None:
        del headers[name]

    return change


def without_field(name: str) -> Change:
    """Give the change that leaves a field of the body out."""

    def change(headers: Dict[str, str], body: Dict[str, Any]) -> None:
        del body[name]

    return change


def developer(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    """Give the conversation a role that is OpenAI's alone."""
    body["messages"].insert(0, {"role": "developer", "content": "Be brief."})


def with_field(name: str, value: Any) -> Change:
    """Give the change that sets a field of the body."""

    def change(headers: Dict[str, str], body: Dict[str, Any]) -> None:
        body[name] = value

    return change
