"""The conversation in a run's inputs or outputs, whatever shape it was sent in.

Chat models send LangChain's constructor shape in lists of lists, chains send plain dumps (`{"type": "human"}`),
functions under `@traceable` and wrapped clients what the vendors take and give (`{"role": "user"}`, choices,
candidates, items). All become `Message`s with `Part`s (`blocks`). `reading` also gives what stands beside the messages,
so that nothing of a value goes unseen; a value with no message in it gives none, and is then shown as JSON. (Shapes: §5
of the wire notes.)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, NamedTuple, Optional

from .blocks import Part, call_of, dicts, part_of, result_of

__all__ = ["Message", "Reading", "conversation", "reading"]

_ROLES = {
    "human": "human", "user": "human", "ai": "ai", "assistant": "ai", "model": "ai", "system": "system",
    "developer": "system", "tool": "tool", "function": "tool", "chat": "chat", "remove": "remove",
    "AIMessageChunk": "ai", "HumanMessageChunk": "human", "SystemMessageChunk": "system", "ToolMessageChunk": "tool",
    "FunctionMessageChunk": "tool", "ChatMessageChunk": "chat",
}  # fmt: skip
_ROLE_NAMES = ("human", "user", "ai", "assistant", "system", "developer", "tool", "placeholder")
_DEEPEST = 6  # of values that are looked through
_LISTS = ("messages", "contents", "generations", "choices", "candidates", "input", "output")
_ANSWERS = ("generations", "choices", "candidates", "output")
_ALONE = ("input", "output", "message", "messages")  # a value under one of these names alone stands for itself
_SPOKEN = frozenset(("content", "parts", "tool_calls", "audio", "refusal", "reasoning_content"))  # of an answer
_SYSTEMS = ("system", "instructions", "system_instruction", "systemInstruction")


@dataclass(frozen=True)
class Message:
    """One message: who said it, its parts, and the tools it asks for (name, args, id)."""

    role: str
    parts: List[Part]
    calls: List[Dict[str, Any]] = field(default_factory=list)
    name: Optional[str] = None
    answers: Optional[str] = None  # the id of the tool call that it answers
    failed: bool = False
    label: Optional[str] = None  # which of several prompts or choices it belongs to


class Reading(NamedTuple):
    """The messages of a value in order, and the members of the object around them that are no messages.

    `answered` says that the object is what a model gave: what stands beside is then the vendor's own bookkeeping.
    """

    messages: List[Message]
    beside: Dict[str, Any]
    answered: bool = False


def conversation(value: Any) -> List[Message]:
    """Give the messages in a JSON value, in order; none where it is not a conversation."""
    return reading(value).messages


def reading(value: Any) -> Reading:
    """Give the messages in a JSON value and what stands beside them; no messages where it is not a conversation."""
    return _read(value, 0) or Reading([], {})


def _read(value: Any, depth: int) -> Optional[Reading]:
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        found = _listed(value, depth)
        return Reading(found, {}) if found else None
    if not isinstance(value, dict):
        return None
    said = _said(value)
    if said is not None:
        return Reading(said, {})
    if value.get("lc") == 1 and isinstance(value.get("kwargs"), dict):
        return _read(value["kwargs"], depth + 1)
    if len(value) == 1 and next(iter(value)) in _ALONE:
        return _read(next(iter(value.values())), depth + 1)
    return _around(value, depth)


def _listed(value: List[Any], depth: int) -> List[Message]:
    """Give the messages of a list; none when there is something else in it, which would not be shown then."""
    found: List[Message] = []
    groups = [one for one in value if isinstance(one, list) and not _is_pair(one)]
    for place, one in enumerate(value):
        some = _pair(one) or (_read(one, depth + 1) or Reading([], {})).messages
        if not some and one != []:
            return []
        if len(groups) > 1:
            some = [replace(message, label=message.label or f"prompt {place + 1}") for message in some]
        if found and some and _is_item(one) and found[-1].role == some[0].role == "ai" and _is_item(value[place - 1]):
            last = found.pop()  # one answer of several items is one message
            some = [replace(last, parts=last.parts + some[0].parts, calls=last.calls + some[0].calls), *some[1:]]
        found += some
    return found


def _around(value: Dict[str, Any], depth: int) -> Optional[Reading]:
    """Read an object that has messages in a member of a known name; `beside` is the rest of it."""
    if "generation_info" in value or value.get("type") in ("Generation", "ChatGeneration", "ChatGenerationChunk"):
        if isinstance(value.get("message"), dict):
            return _read(value["message"], depth + 1)
        return Reading([Message("ai", [Part("text", str(value.get("text", "")))])], {})
    name = next((one for one in _LISTS if isinstance(value.get(one), list) and value[one]), None)
    asked = value.get("input")
    if name is None and isinstance(asked, str) and asked and "model" in value:  # a Responses call in one word
        name, found = "input", [Message("human", [Part("text", asked)])]
    elif name is None:
        return None
    elif name in ("choices", "candidates"):
        found = _choices(value[name])
    elif name == "generations":
        found = _generations(value[name], depth)
    else:
        found = _listed(value[name], depth + 1)
    if not found:
        return None
    beside = {key: one for key, one in value.items() if key != name and one not in (None, "", [], {})}
    if name in _ANSWERS:
        return Reading(found, beside, answered=True)
    config = beside.get("config")
    for key in _SYSTEMS:
        told = beside.pop(key, None)
        if told is None and isinstance(config, dict):
            told = config.get(key)  # of the google-genai package; it stays in the configuration, too
        if told is not None:
            inner = told if isinstance(told, dict) and "parts" in told else {"content": told}
            found = [*_messages({**inner, "role": "system"}), *found]
    return Reading(found, beside)


def _generations(value: List[Any], depth: int) -> List[Message]:
    """Give the answers of LangChain: one list to a prompt, in it one for each choice that was asked for."""
    found: List[Message] = []
    for prompt, several in enumerate(value):
        for choice, one in enumerate(several if isinstance(several, list) else [several]):
            some = (_read(one, depth + 2) or Reading([], {})).messages
            if not some:
                return []
            words = [f"prompt {prompt + 1}"] if len(value) > 1 else []
            words += [f"choice {choice + 1}"] if isinstance(several, list) and len(several) > 1 else []
            found += [replace(message, label=", ".join(words) or None) for message in some]
    return found


def _choices(value: List[Any]) -> List[Message]:
    found: List[Message] = []
    for place, one in enumerate(value):
        held = [one.get(name) for name in ("message", "delta", "content")] if isinstance(one, dict) else []
        said = [inner for inner in held if isinstance(inner, dict) and _SPOKEN.intersection(inner)]
        some = [_messages({"role": "assistant", **inner}) for inner in said[:1]]
        if not some:
            return []
        found += [replace(message, label=f"choice {place + 1}" if len(value) > 1 else None) for message in some[0]]
    return found


def _is_pair(value: Any) -> bool:
    """Tell whether a list is LangChain's short form of a message: ("human", "hi")."""
    return isinstance(value, list) and len(value) == 2 and value[0] in _ROLE_NAMES and isinstance(value[1], (str, list))


def _pair(value: Any) -> List[Message]:
    return _said({"role": value[0], "content": value[1]}) or [] if _is_pair(value) else []


def _is_item(value: Any) -> bool:
    """Tell whether a value is an item of OpenAI's Responses: a call, a thought or a message among others."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or "kwargs" in value:
        return False
    kind = value["type"]
    return kind in ("reasoning", "message", "function_call_output") or kind.endswith("_call")


def _said(value: Dict[str, Any]) -> Optional[List[Message]]:
    """Give the messages that an object is (one, and a tool's for each result in it), or None."""
    fields = _fields(value)
    if fields is not None:
        return _messages(fields)
    if _is_item(value):
        return _messages({"role": "assistant", "content": [value]})
    return None


def _fields(value: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """Give a message's own fields, or None for a value that is no message."""
    if value.get("lc") == 1 and isinstance(value.get("kwargs"), dict):
        path = value.get("id")
        last = str(path[-1]) if isinstance(path, list) and path else ""
        if not last.endswith(("Message", "MessageChunk")):
            return None
        kind = last[:-5] if last.endswith("Chunk") else last
        return {"type": kind[: -len("Message")].lower(), **value["kwargs"]}
    if not any(value.get(name) in _ROLES for name in ("type", "role") if isinstance(value.get(name), str)):
        return None
    return value if "content" in value or "tool_calls" in value or "parts" in value else None


def _messages(fields: Dict[str, Any]) -> List[Message]:
    kind = str(fields.get("type") or "")
    role = _ROLES.get(kind) or _ROLES.get(str(fields.get("role"))) or kind or "chat"
    if role == "chat":
        role = str(fields.get("role") or "chat")
    more = fields.get("additional_kwargs")
    more = more if isinstance(more, dict) else {}
    calls = [_listed_call(one) for one in dicts(fields.get("tool_calls")) or dicts(more.get("tool_calls"))]
    calls += [{**_listed_call(one), "error": str(one.get("error") or "not valid JSON")}
              for one in dicts(fields.get("invalid_tool_calls"))]  # fmt: skip
    parts: List[Part] = []
    thought = more.get("reasoning_content") or fields.get("reasoning_content")
    if isinstance(thought, str) and thought:
        parts.append(Part("reasoning", thought))
    results: List[Message] = []
    content = fields.get("parts") if fields.get("content") is None else fields["content"]
    for block in content if isinstance(content, list) else [content]:
        call, result = call_of(block), result_of(block)
        if result is not None:
            results.append(_result(*result))
        elif call is None:
            parts += part_of(block)
        elif not any(one["id"] == call["id"] and one["name"] == call["name"] for one in calls):
            calls.append(call)
    refusal = more.get("refusal") or fields.get("refusal")
    if isinstance(refusal, str) and refusal:
        parts.append(Part("refusal", refusal))
    parts += _spoken(fields.get("audio") or more.get("audio"))
    if results and not parts and not calls:
        return results
    name, answers = fields.get("name"), fields.get("tool_call_id")
    made = Message(role, parts, calls, str(name) if name else None, str(answers) if answers else None,
                   fields.get("status") == "error")  # fmt: skip
    return [*results, made]


def _result(answers: Any, name: Any, given: Any, failed: bool) -> Message:
    parts = [part for one in (given if isinstance(given, list) else [given]) for part in part_of(one)]
    return Message("tool", parts, [], str(name) if name else None, str(answers) if answers else None, failed)


def _listed_call(call: Dict[str, Any]) -> Dict[str, Any]:
    return call_of({**call, "type": "tool_call"}) or {"name": "?", "args": None, "id": None}


def _spoken(audio: Any) -> List[Part]:
    """Give what a model said aloud (OpenAI's `message.audio`): the words, and the sound where it is there."""
    if not isinstance(audio, dict):
        return []
    words = [Part("text", audio["transcript"])] if isinstance(audio.get("transcript"), str) else []
    kind = f"audio/{audio.get('format') or 'wav'}"
    sound = [Part("audio", f"data:{kind};base64,{audio['data']}")] if isinstance(audio.get("data"), str) else []
    return words + sound
