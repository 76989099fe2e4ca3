"""What the model says: AIMessage, and AIMessageChunk, the piece of it that streams.

This file is on the way of every token. A chunk is complete with two attributes (`leaf_chunk`), and
`+` writes on a shared tape instead of joining (tape.py). Everything a chunk or sum was not given
is worked out when it is read: joined content, merged dicts, and the tool calls, whose arguments are
parsed then and not per delta.

A sum nobody has looked into has exactly three attributes: `id`, `_tape`, `_count`. As soon as a
field of it was read or set, it may have been changed by hand, so the next `+` starts a new tape
from what it says now.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .base import MISSING, BaseMessage, BaseMessageChunk, check_dict, check_id, chunks_to_add, lazy
from .kinds import PLAIN_FIELDS, SHOWN
from .merging import add_usage, best_id, merge_content, merge_dicts
from .tape import (
    SHORT,
    Tape,
    contribution,
    fits,
    piece_entry,
    read_content,
    read_dict,
    read_pieces,
    read_rest,
    read_usage,
)
from .tool import (
    check_invalid_tool_calls,
    check_tool_call_chunks,
    check_tool_calls,
    invalid_tool_call,
    parse_openai_tool_calls,
    tool_call,
    tool_call_chunk,
)
from .usage import InputTokenDetails, OutputTokenDetails, UsageMetadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Literal, Optional

    from .merging import Content
    from .tool import InvalidToolCall, ToolCall, ToolCallChunk

__all__ = [
    "AIMessage",
    "AIMessageChunk",
    "InputTokenDetails",
    "OutputTokenDetails",
    "UsageMetadata",
    "add_ai_message_chunks",
    "add_usage",
    "leaf_chunk",
    "whole_message",
]

CALL_FIELDS = ("tool_calls", "invalid_tool_calls", "tool_call_chunks")


def check_usage(cls: type, name: str, value: Any) -> Any:
    return value if value is None else check_dict(cls, name, value)


class AIMessage(BaseMessage):
    """What the model answered.

    >>> AIMessage("", tool_calls=[{"name": "add", "args": {"a": 1}, "id": "c1"}])
    AIMessage(content='', tool_calls=[{'name': 'add', 'args': {'a': 1}, 'id': 'c1', 'type': 'tool_call'}])

    When no tool calls are given but `additional_kwargs["tool_calls"]` is, in OpenAI's shape, they
    are read from there.
    """

    type = "ai"
    tool_calls: list[ToolCall] = lazy(lambda message: [])  # type: ignore[assignment]
    invalid_tool_calls: list[InvalidToolCall] = lazy(lambda message: [])  # type: ignore[assignment]
    usage_metadata: Optional[UsageMetadata] = None
    _fields: ClassVar[tuple[str, ...]] = (*PLAIN_FIELDS, "tool_calls", "invalid_tool_calls", "usage_metadata")
    _shown: ClassVar[tuple[tuple[str, Any], ...]] = (
        *SHOWN,
        ("tool_calls", []),
        ("invalid_tool_calls", []),
    )
    _required = ()
    _checks = {
        **BaseMessage._checks,
        "tool_calls": check_tool_calls,
        "invalid_tool_calls": check_invalid_tool_calls,
        "usage_metadata": check_usage,
    }

    def __init__(self, content: Content = MISSING, **fields: Any) -> None:
        super().__init__(content, **fields)
        if "additional_kwargs" in fields and not any(fields.get(name) for name in CALL_FIELDS):
            raw = self.additional_kwargs.get("tool_calls")
            if raw:
                self._read_openai(raw)

    def _read_openai(self, raw: Any) -> None:
        self.tool_calls, self.invalid_tool_calls = parse_openai_tool_calls(raw)

    @property
    def reasoning(self) -> str:
        """What the model thought before it answered, where its provider shows it; else ""."""
        from .reasoning import reasoning_of

        return reasoning_of(self)

    def pretty_repr(self, html: bool = False) -> str:
        """Return a titled text for people, tool calls included."""
        lines = []
        groups: Any = {"Tool Calls:": self.tool_calls, "Invalid Tool Calls:": self.invalid_tool_calls}
        for title, calls in groups.items():
            if calls:
                lines.append(title)
            for call in calls:
                lines.append(f"  {call.get('name')} ({call.get('id')})")
                lines.append(f" Call ID: {call.get('id')}")
                if call.get("error"):
                    lines.append(f"  Error: {call['error']}")
                lines.append("  Args:")
                args = call.get("args")
                if isinstance(args, str):
                    lines.append(f"    {args}")
                else:
                    lines.extend(f"    {key}: {value}" for key, value in (args or {}).items())
        return (super().pretty_repr(html).strip() + "\n" + "\n".join(lines)).strip()


class _from_tape(lazy):
    """A lazy field of a sum: worked out from its part of the tape; `default()` on a leaf."""

    __slots__ = ("read",)

    def __init__(self, read: Any, make: Any) -> None:
        super().__init__(make)
        self.read = read

    def __get__(self, chunk: Any, owner: Optional[type] = None) -> Any:
        if chunk is None:
            return self
        stored = chunk.__dict__
        tape = stored.get("_tape")
        value = self.make(chunk) if tape is None else self.read(tape[: stored["_count"]])
        if value is not None:  # None is no news: a chunk stays as short as it was
            stored[self.name] = value
        return value


def _no_content(chunk: Any) -> Any:
    raise AttributeError("this message has no content; was it made without its constructor?")


def _no_value(chunk: Any) -> Any:
    return None


class AIMessageChunk(AIMessage, BaseMessageChunk):
    """A piece of the model's answer. `+` joins pieces; a sum is a chunk as well.

    >>> AIMessageChunk("Hel") + AIMessageChunk("lo")
    AIMessageChunk(content='Hello')

    Adding n chunks one by one takes time in proportion to n, for their parts are joined when a
    field of the sum is read. `tool_calls` and `invalid_tool_calls` follow from `tool_call_chunks`,
    by reading their arguments as JSON that may be cut off. `chunk_position` is "last" on the chunk
    that ends a message. Raises (from `+`): TypeError for what is no chunk, or for dicts that do
    not merge; the operands stay as they were.
    """

    type = "AIMessageChunk"
    content: Content = _from_tape(read_content, _no_content)  # type: ignore[assignment]
    additional_kwargs: dict[str, Any] = _from_tape(  # type: ignore[assignment]
        lambda entries: read_dict(entries, "additional_kwargs"), lambda chunk: {}
    )
    response_metadata: dict[str, Any] = _from_tape(  # type: ignore[assignment]
        lambda entries: read_dict(entries, "response_metadata"), lambda chunk: {}
    )
    usage_metadata: Optional[UsageMetadata] = _from_tape(read_usage, _no_value)  # type: ignore[assignment]
    tool_call_chunks: list[ToolCallChunk] = _from_tape(  # type: ignore[assignment]
        read_pieces, lambda chunk: []
    )
    chunk_position: Optional[Literal["last"]] = _from_tape(  # type: ignore[assignment]
        lambda entries: "last" if read_rest(entries, "chunk_position") else None, _no_value
    )
    tool_calls: list[ToolCall] = lazy(  # type: ignore[assignment]
        lambda chunk: _parse_calls(chunk)[0]
    )
    invalid_tool_calls: list[InvalidToolCall] = lazy(  # type: ignore[assignment]
        lambda chunk: _parse_calls(chunk)[1]
    )

    _tape: Tape  # these two on sums only
    _count: int
    _fields = (*AIMessage._fields, "tool_call_chunks", "chunk_position")
    _shown = (*AIMessage._shown, ("tool_call_chunks", []))
    _checks = {
        **AIMessage._checks,
        "tool_call_chunks": check_tool_call_chunks,
        "chunk_position": lambda cls, name, value: check_position(cls, name, value),
    }

    def __init__(self, content: Content = MISSING, *, id: Optional[str] = None, **fields: Any) -> None:
        if type(content) is not str or fields:
            super().__init__(content, **fields)
            self._derive(fields)
        else:
            self.content = content
        self.id = id if id is None or type(id) is str else check_id(type(self), "id", id)

    def _derive(self, fields: dict[str, Any]) -> None:
        """Pieces and calls say the same: calls come from the pieces, or pieces from the calls."""
        if self.__dict__.get("tool_call_chunks"):
            self.__dict__.pop("tool_calls", None)
            self.__dict__.pop("invalid_tool_calls", None)
        elif fields.get("tool_calls") or fields.get("invalid_tool_calls"):
            import json

            pieces = [
                tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"])
                for call in fields.get("tool_calls") and self.tool_calls or ()
            ]
            for call in fields.get("invalid_tool_calls") and self.invalid_tool_calls or ():
                pieces.append(tool_call_chunk(name=call["name"], args=call["args"], id=call["id"]))
            self.__dict__.setdefault("tool_calls", [])
            self.__dict__.setdefault("invalid_tool_calls", [])
            self.tool_call_chunks = pieces

    def _read_openai(self, raw: Any) -> None:
        pieces = []
        for call in raw if isinstance(raw, (list, tuple)) else ():
            if isinstance(call, dict):
                function = call.get("function")
                function = function if isinstance(function, dict) else {}
                piece = {"name": function.get("name"), "args": function.get("arguments")}
                pieces.append({**piece, "id": call.get("id"), "index": call.get("index")})
        self.tool_call_chunks = check_tool_call_chunks(type(self), "additional_kwargs['tool_calls']", pieces)

    def __add__(self, other: Any) -> Any:
        if type(other) is AIMessageChunk:
            mine = self.__dict__
            theirs = other.__dict__
            if len(mine) == 3 and len(theirs) <= 3:
                tape = mine.get("_tape")
                entry = theirs.get("content") if len(theirs) == 2 else piece_entry(theirs)
                id = theirs.get("id", MISSING)
                if tape is not None and type(entry) in SHORT and id == mine["id"]:
                    # The common case: an untouched sum and a piece of text, or of a tool call, of the
                    # same message.
                    count = mine["_count"]
                    if len(tape) == count:
                        tape.append(entry)
                    if len(tape) <= count or tape[count] is not entry:  # somebody else went on here
                        tape = Tape(tape[:count], tape.shapes)
                        tape.append(entry)
                    total = new(type(self))
                    total.id = id
                    total._tape = tape
                    total._count = count + 1
                    return total
            return self._add(other)
        total = self
        others = chunks_to_add(self, other)
        for each in others:
            total = total._add(each)
        return total if others else self.model_copy()

    def _add(self, other: Any) -> Any:
        mine = self.__dict__
        theirs = other.__dict__
        if "_tape" in theirs:
            theirs = _fields_of(other)
        tape = mine.get("_tape")
        count = mine.get("_count", 0)
        if tape is None or len(mine) != 3:
            tape, count = self._open_tape()
        entries = contribution(theirs)
        if entries:
            last = entries[-1]
            if type(last) is dict and not fits(tape.shapes, last):
                return _merge_now(self, other)
            end = count + len(entries)
            if len(tape) == count:
                tape.extend(entries)
            # Only the last entry can be a text shared with another writer, and only if it is alone.
            if len(tape) < end or tape[end - 1] is not last:
                tape = Tape(tape[:count], tape.shapes)
                tape.extend(entries)
            count = end
        id = self.id
        if theirs.get("id") != id and isinstance(other, AIMessageChunk):
            id = best_id(id, theirs.get("id"))
        total = new(type(self))
        total.id = id
        total._tape = tape
        total._count = count
        return total

    def _open_tape(self) -> tuple[Tape, int]:
        """Return a new tape that says what this chunk says now, and its length."""
        entries = contribution(_fields_of(self), first=True)
        tape = Tape(entries)
        if type(entries[-1]) is dict:
            fits(tape.shapes, entries[-1])
        return tape, len(tape)

    def __getstate__(self) -> dict[str, Any]:
        if "_tape" in self.__dict__:
            for name in self._fields:
                getattr(self, name)
        return super().__getstate__()


new = object.__new__


def whole_message(fields: dict[str, Any]) -> AIMessage:
    """Return a message of checked `fields`, `content` among them: what a decoder makes of a whole reply."""
    message = new(AIMessage)
    message.__dict__.update(fields)
    return message


def leaf_chunk(content: str, id: Optional[str]) -> AIMessageChunk:
    """Return a chunk of text, unchecked: what a decoder makes per token.

    The guarantee behind it, for a decoder that cannot afford a call: `object.__new__` and then
    these two attributes make a complete chunk (attribute stores are faster than writing to
    `__dict__` on 3.11 and later). Further fields may be set likewise, in their checked form:
    `tool_call_chunks` as made by `tool_call_chunk`, dicts that nobody else holds.
    """
    chunk = new(AIMessageChunk)
    chunk.content = content
    chunk.id = id
    return chunk


def add_ai_message_chunks(left: AIMessageChunk, *others: AIMessageChunk) -> AIMessageChunk:
    """Return the sum of the chunks; the same as adding them one by one."""
    total: AIMessageChunk = left + list(others)
    return total


def check_position(cls: type, name: str, value: Any) -> Any:
    if value not in (None, "last"):
        raise ConfigurationError(f"{cls.__name__}: {name} must be 'last' or None, got {value!r}")
    return value


def _fields_of(chunk: Any) -> dict[str, Any]:
    """Return a chunk's attributes; those of a sum are worked out first."""
    stored: dict[str, Any] = chunk.__dict__
    if "_tape" in stored:
        for name in chunk._fields:
            if name not in ("tool_calls", "invalid_tool_calls"):
                getattr(chunk, name)
    return stored


def _merge_now(left: AIMessageChunk, right: Any) -> AIMessageChunk:
    """Add two chunks without a tape: slower, and raises what does not merge."""
    total: Any = new(type(left))
    total.content = merge_content(left.content, right.content)
    total.id = best_id(left.id, right.id) if isinstance(right, AIMessageChunk) else left.id
    total.additional_kwargs = merge_dicts(left.additional_kwargs, right.additional_kwargs)
    total.response_metadata = merge_dicts(left.response_metadata, right.response_metadata)
    theirs = _fields_of(right)
    pieces = contribution({"content": "", "tool_call_chunks": left.tool_call_chunks})
    pieces += contribution({"content": "", "tool_call_chunks": theirs.get("tool_call_chunks")})
    total.tool_call_chunks = read_pieces(pieces)
    usages: Any = (left.usage_metadata, theirs.get("usage_metadata"))
    if usages != (None, None):
        total.usage_metadata = add_usage(*usages)
    if "last" in (left.chunk_position, theirs.get("chunk_position")):
        total.chunk_position = "last"
    return total  # type: ignore[no-any-return]


def _parse_calls(chunk: Any) -> tuple[list[Any], list[Any]]:
    """Read the tool calls out of their pieces, and store both lists."""
    from .partial_json import parse_partial_json  # with json and re; text alone needs neither

    calls, invalid = [], []
    for piece in chunk.tool_call_chunks:
        name, text, id = piece.get("name"), piece.get("args"), piece.get("id")
        try:
            args = parse_partial_json(text) if text else {}
        except ValueError:
            args = None
        if isinstance(args, dict):
            calls.append(tool_call(name=name or "", args=args, id=id))
        else:
            invalid.append(invalid_tool_call(name=name, args=text, id=id))
    stored = chunk.__dict__
    return stored.setdefault("tool_calls", calls), stored.setdefault("invalid_tool_calls", invalid)
