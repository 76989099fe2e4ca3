"""What recordings show of an API: per API and way of answering the events, their key paths and kinds of values.

A surface is the set of such facts, each a tuple of words: ("event", name), ("key", event, path),
("kind", event, path, kind), ("header", name), ("status", number). Two surfaces are compared by sets, so neither the
order nor the number of recordings matters. Where an object says its `type`, the path says it too, since the keys of
a text block and of a tool call are two lists; places in a list are one. What a user or a model chose the keys of
(arguments, schemas, metadata) is one value.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, Iterator, List, Set, Tuple

from ..replies.reply import events_of
from .exchange import Recording

__all__ = ["Fact", "events", "surfaces", "texts"]

Fact = Tuple[str, ...]
# Keys whose value has keys of the caller's or of the model's own.
FREE = frozenset(
    """arguments args input input_schema json_schema labels logit_bias metadata parameters parametersJsonSchema
    properties responseJsonSchema responseSchema schema""".split()
)
TYPED = "type"


def surfaces(recordings: Iterable[Recording]) -> Dict[str, Set[Fact]]:
    """Give the facts by name of the surface: `anthropic messages streamed`, `openai responses whole`, `... error`."""
    found: Dict[str, Set[Fact]] = {}
    for recording in recordings:
        way = "error" if recording.status >= 400 else "streamed" if _streamed(recording) else "whole"
        facts = found.setdefault(f"{recording.provider} {recording.api} {way}", set())
        facts.add(("status", str(recording.status)))
        facts |= {("header", name) for name, _ in recording.headers}
        for name, value in events(recording):
            facts.add(("event", name))
            for path, kind in _facts(value):
                facts |= {("key", name, path), ("kind", name, path, kind)}
    return found


def _streamed(recording: Recording) -> bool:
    types = [value for name, value in recording.headers if name == "content-type"]
    return any(value.startswith("text/event-stream") for value in types)


def events(recording: Recording) -> List[Tuple[str, Any]]:
    """Give (name, JSON value) of each event of a stream, or of the one body; (name, None) where there is no JSON."""
    if not _streamed(recording):
        body = recording.body
        return [_named("body", body.decode("utf-8", "replace"))] if body else []
    found = []
    for event in events_of(recording.body):
        label, data = "", []
        for line in event.decode("utf-8", "replace").splitlines():
            field, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if field == "event":
                label = value
            elif field == "data":
                data.append(value)
        if data or label:
            found.append(_named(label or "data", "\n".join(data)))
    return found


def _named(label: str, text: str) -> Tuple[str, Any]:
    """Name an event by its label, or by what its JSON says it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return (text if text == "[DONE]" else label, None)
    if isinstance(value, dict) and label in ("data", "body"):
        own = value.get(TYPED) if isinstance(value.get(TYPED), str) else value.get("object")
        label = own if isinstance(own, str) and "error" not in value else label
    return label, value


def _facts(value: Any) -> Iterator[Tuple[str, str]]:
    """Give (path, kind) of every value in a JSON value, without recursion."""
    waiting: List[Tuple[str, Any, bool]] = [("", value, False)]
    while waiting:
        path, here, free = waiting.pop()
        kind = _kind(here)
        if path:
            yield path, kind
        if isinstance(here, dict) and not free:
            own = here.get(TYPED)
            place = f"{path}({own})" if path and isinstance(own, str) and len(own) <= 60 else path
            if place != path:
                yield place, kind
            waiting += [
                (f"{place}.{key}" if place else key, one, key in FREE and isinstance(one, dict))
                for key, one in here.items()
            ]
        elif isinstance(here, list):
            waiting += [(f"{path}[]", one, free) for one in here]


def texts(value: Any) -> Iterator[Tuple[str, str]]:
    """Give (path, text) of every text in a JSON value, in order."""
    waiting: List[Tuple[str, Any]] = [("", value)]
    while waiting:
        path, here = waiting.pop()
        if isinstance(here, str):
            yield path, here
        elif isinstance(here, dict):
            waiting += [(f"{path}.{key}", one) for key, one in reversed(list(here.items()))]
        elif isinstance(here, list):
            waiting += [(f"{path}[{place}]", one) for place, one in reversed(list(enumerate(here)))]


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else "list" if isinstance(value, list) else "object"
