"""Tools as messages see them: the shapes of a tool call, and the message that answers one.

A tool call is a plain dict. Its TypedDicts exist for type checkers only; at run time their names
are `dict`, so `ToolCall(name=..., args=..., id=...)` builds what it says. The lower-case functions
also add the "type" key, which tells the three shapes apart.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .base import MISSING, BaseMessage, BaseMessageChunk, check_text, refuse
from .kinds import PLAIN_FIELDS, SHOWN
from .merging import merge_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, Optional, TypedDict

    class ToolCall(TypedDict, total=False):
        """The model asks for a tool: `args` is the parsed object. All keys but "type" are there."""

        name: str
        args: dict[str, Any]
        id: Optional[str]
        type: Literal["tool_call"]

    class ToolCallChunk(TypedDict, total=False):
        """A streamed piece of one: texts to be joined; pieces of one call share `index`."""

        name: Optional[str]
        args: Optional[str]
        id: Optional[str]
        index: Optional[int]
        type: Literal["tool_call_chunk"]

    class InvalidToolCall(TypedDict, total=False):
        """A tool call whose arguments are no JSON object; `args` is the text that came."""

        name: Optional[str]
        args: Optional[str]
        id: Optional[str]
        error: Optional[str]
        type: Literal["invalid_tool_call"]

else:
    ToolCall = ToolCallChunk = InvalidToolCall = dict

__all__ = [
    "InvalidToolCall",
    "ToolCall",
    "ToolCallChunk",
    "ToolMessage",
    "ToolMessageChunk",
    "invalid_tool_call",
    "parse_openai_tool_calls",
    "tool_call",
    "tool_call_chunk",
]


def tool_call(*, name: str, args: dict[str, Any], id: Optional[str]) -> ToolCall:
    """Return a tool call with its "type"."""
    return {"name": name, "args": args, "id": id, "type": "tool_call"}


def tool_call_chunk(
    *,
    name: Optional[str] = None,
    args: Optional[str] = None,
    id: Optional[str] = None,
    index: Optional[int] = None,
) -> ToolCallChunk:
    """Return a piece of a tool call with its "type"."""
    return {"name": name, "args": args, "id": id, "index": index, "type": "tool_call_chunk"}


def invalid_tool_call(
    *,
    name: Optional[str] = None,
    args: Optional[str] = None,
    id: Optional[str] = None,
    error: Optional[str] = None,
) -> InvalidToolCall:
    """Return a tool call that could not be read, with its "type"."""
    return {"name": name, "args": args, "id": id, "error": error, "type": "invalid_tool_call"}


def check_tool_calls(cls: type, name: str, calls: Any) -> list[Any]:
    """Check what a caller wrote as tool calls; "type" is added, LangChain's "extras" let go."""
    checked = []
    for at, call in enumerate(_records(cls, name, calls, ("name", "args", "id"), "type", "extras")):
        where = f"{name}[{at}]"
        for key in ("name", "args", "id"):
            if key not in call:
                raise ConfigurationError(f"{cls.__name__}: {where} has no {key!r}")
        if not isinstance(call["name"], str):
            raise refuse(cls, f"{where}['name']", call["name"], "a str")
        if not isinstance(call["args"], dict):
            raise refuse(cls, f"{where}['args']", call["args"], "a dict")
        _check_texts(cls, where, call, "id")
        checked.append(tool_call(name=call["name"], args=call["args"], id=call["id"]))
    return checked


def check_invalid_tool_calls(cls: type, name: str, calls: Any) -> list[Any]:
    checked = []
    for at, call in enumerate(_records(cls, name, calls, ("name", "args", "id", "error"), "type")):
        _check_texts(cls, f"{name}[{at}]", call, "name", "args", "id", "error")
        checked.append(invalid_tool_call(**{k: v for k, v in call.items() if k != "type"}))
    return checked


def check_tool_call_chunks(cls: type, name: str, chunks: Any) -> list[Any]:
    checked = []
    for at, chunk in enumerate(_records(cls, name, chunks, ("name", "args", "id", "index"), "type")):
        _check_texts(cls, f"{name}[{at}]", chunk, "name", "args", "id")
        index = chunk.get("index")
        if index is not None and not isinstance(index, (int, str)):
            raise refuse(cls, f"{name}[{at}]['index']", index, "an int or None")
        checked.append(tool_call_chunk(**{k: v for k, v in chunk.items() if k != "type"}))
    return checked


def parse_openai_tool_calls(raw_calls: Any) -> tuple[list[Any], list[Any]]:
    """Read OpenAI's `[{"id", "function": {"name", "arguments": JSON text}}]`.

    Returns (tool calls, invalid tool calls): a call is invalid when its arguments are no JSON
    object. Entries without a function, such as custom tools, are left out.
    """
    import json  # here: programs without tools need not load it for their messages

    calls, invalid = [], []
    for raw in raw_calls if isinstance(raw_calls, (list, tuple)) else ():
        function = raw.get("function") if isinstance(raw, dict) else None
        if not isinstance(function, dict):
            continue
        name, text, id = function.get("name"), function.get("arguments"), raw.get("id")
        args = text
        if isinstance(text, str):
            try:
                args = json.loads(text, strict=False) if text else {}
            except (ValueError, RecursionError):
                args = text
        if args is None or args == []:
            args = {}
        if isinstance(args, dict):
            calls.append(tool_call(name=name or "", args=args, id=id))
        else:
            text = text if isinstance(text, str) else json.dumps(text)
            invalid.append(invalid_tool_call(name=name, args=text, id=id))
    return calls, invalid


class ToolMessage(BaseMessage):
    """The result of a tool call, handed back to the model.

    >>> ToolMessage("18 degrees", tool_call_id="call_1")
    ToolMessage(content='18 degrees', tool_call_id='call_1')

    Content that is neither str nor list is turned to text. `artifact` is what the tool gave beside
    it and the model does not see; `status` is "success" or "error".
    """

    type = "tool"
    tool_call_id: str
    artifact: Any = None
    status: str = "success"
    _fields = (*PLAIN_FIELDS, "tool_call_id", "artifact", "status")
    _shown = (*SHOWN, ("tool_call_id", MISSING), ("artifact", None), ("status", "success"))
    _required = ("tool_call_id",)

    @classmethod
    def _check_content(cls, content: Any) -> Any:
        if content is MISSING:
            return super()._check_content(content)
        if not isinstance(content, (str, list, tuple)):
            return str(content)
        if isinstance(content, str):
            return content
        return [dict(x) if isinstance(x, dict) else x if isinstance(x, str) else str(x) for x in content]


def check_tool_call_id(cls: type, name: str, value: Any) -> str:
    # By name: importing uuid costs 8 ms, and whoever passes one has imported it.
    if isinstance(value, (int, float)) or type(value).__name__ == "UUID":
        return str(value)
    return check_text(cls, name, value)


def check_status(cls: type, name: str, value: Any) -> str:
    if value == "success" or value == "error":
        return str(value)
    raise ConfigurationError(f"{cls.__name__}: {name} must be 'success' or 'error', got {value!r}")


ToolMessage._checks = {
    **BaseMessage._checks,
    "tool_call_id": check_tool_call_id,
    "status": check_status,
}


class ToolMessageChunk(ToolMessage, BaseMessageChunk):
    """A piece of a tool message."""

    type = "ToolMessageChunk"

    def _add_own(self, others: Any) -> dict[str, Any]:
        own = {"tool_call_id": self.tool_call_id, "artifact": self.artifact, "status": self.status}
        for other in others:
            if not isinstance(other, ToolMessageChunk):
                continue
            if other.tool_call_id != self.tool_call_id:
                # LangChain says "names" here too; programs may look for the sentence.
                raise ValueError("Cannot concatenate ToolMessageChunks with different names.")
            own["artifact"] = merge_values(own["artifact"], other.artifact)
            if other.status == "error":
                own["status"] = "error"
        return own


def _records(cls: type, name: str, given: Any, keys: tuple[str, ...], *ignored: str) -> list[Any]:
    """Check that `given` is a list of dicts with none but known keys."""
    if not isinstance(given, (list, tuple)):
        raise refuse(cls, name, given, "a list of dicts")
    for at, record in enumerate(given):
        if not isinstance(record, dict):
            raise refuse(cls, f"{name}[{at}]", record, "a dict")
        unknown = [key for key in record if key not in keys and key not in ignored]
        if unknown:
            raise ConfigurationError(
                f"{cls.__name__}: {name}[{at}] has unknown keys {unknown}; known: {keys}"
            )
    return list(given)


def _check_texts(cls: type, where: str, record: Any, *keys: str) -> None:
    for key in keys:
        value = record.get(key)
        if value is not None and not isinstance(value, str):
            raise refuse(cls, f"{where}[{key!r}]", value, "a str or None")
