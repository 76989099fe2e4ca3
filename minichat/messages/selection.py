"""Pick messages out of a conversation, and join neighbours of one kind. Trimming to a size: trimming.py.

Without messages both give a step of a chain. Both take whatever `convert_to_messages` takes, leave what
they were given as it was, and hand on a message that needs no change as it is, not as a copy.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .ai import AIMessage, AIMessageChunk
from .as_step import or_step
from .base import BaseMessage, BaseMessageChunk, message_chunk_to_message
from .convert import BY_TYPE, convert_to_messages
from .merging import merge_content
from .tool import ToolMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Optional, Union

    Kinds = Union[str, type[BaseMessage], Iterable[Union[str, type[BaseMessage]]]]

__all__ = ["Kind", "filter_messages", "merge_message_runs"]


class Kind:
    """A choice of kinds of message, by type name ("human") or by class (chunks and subclasses too).

    >>> from .kinds import HumanMessage
    >>> Kind("start_on", ["ai", HumanMessage]).fits(HumanMessage("hi"))
    True
    """

    __slots__ = ("classes", "names")

    def __init__(self, argument: str, given: Any) -> None:
        given = _several(argument, given, (str, type), "type names ('human', ...) and message classes")
        self.names = [one for one in given if isinstance(one, str)]
        self.classes = tuple(one for one in given if not isinstance(one, str))

    def __bool__(self) -> bool:
        return bool(self.names or self.classes)

    def fits(self, message: BaseMessage) -> bool:
        return message.type in self.names or isinstance(message, self.classes)


@or_step
def filter_messages(
    messages: Any = None,
    *,
    include_names: Optional[Iterable[str]] = None,
    exclude_names: Optional[Iterable[str]] = None,
    include_types: Optional[Kinds] = None,
    exclude_types: Optional[Kinds] = None,
    include_ids: Optional[Iterable[str]] = None,
    exclude_ids: Optional[Iterable[str]] = None,
    exclude_tool_calls: Union[Iterable[str], bool, None] = None,
) -> Any:
    """Return the messages that one of the inclusions names and none of the exclusions.

    >>> filter_messages([("system", "Be brief."), ("human", "hi")], exclude_types="system")
    [HumanMessage(content='hi')]

    Without inclusions all are included. `exclude_tool_calls`: True for all traffic with tools, or
    the ids of calls: their answers go, they are taken out of the messages that made them, and such
    a message goes when none of its calls is left.
    Raises: ConfigurationError naming the argument.
    """
    includes = _Choice("include", include_names, include_types, include_ids)
    excludes = _Choice("exclude", exclude_names, exclude_types, exclude_ids)
    no_tools = exclude_tool_calls is True
    calls: list[str] = []
    if not isinstance(exclude_tool_calls, bool):
        calls = _several("exclude_tool_calls", exclude_tool_calls, (str,), "tool call ids, or True")
    kept = []
    for message in convert_to_messages(messages):
        if excludes.fits(message) or includes and not includes.fits(message):
            continue
        if isinstance(message, ToolMessage):
            if no_tools or message.tool_call_id in calls:
                continue
        elif isinstance(message, AIMessage) and message.tool_calls:
            left = [] if no_tools else [call for call in message.tool_calls if call.get("id") not in calls]
            if not left:
                continue
            if len(left) < len(message.tool_calls):
                message = _with_calls(message, left, calls)
        kept.append(message)
    return kept


class _Choice:
    """The names, kinds and ids of one side; false when it names nothing."""

    def __init__(self, side: str, names: Any, kinds: Any, ids: Any) -> None:
        self.names = _several(f"{side}_names", names, (str,), "names")
        self.kinds = Kind(f"{side}_types", kinds)
        self.ids = _several(f"{side}_ids", ids, (str,), "ids")

    def __bool__(self) -> bool:
        return bool(self.names or self.kinds or self.ids)

    def fits(self, message: BaseMessage) -> bool:
        return message.name in self.names or message.id in self.ids or self.kinds.fits(message)


def _with_calls(message: AIMessage, left: list[Any], gone: list[str]) -> AIMessage:
    content = message.content
    if isinstance(content, list):  # Anthropic's replies have the calls as blocks too
        content = [
            block
            for block in content
            if isinstance(block, str) or block.get("type") != "tool_use" or block.get("id") not in gone
        ]
    copied: AIMessage = message.model_copy(update={"tool_calls": left, "content": content})
    return copied


def _several(argument: str, given: Any, kinds: tuple[type, ...], wanted: str) -> list[Any]:
    """Return what was given as one or several, as a list; None is an empty one."""
    if given is None or isinstance(given, kinds):
        return [] if given is None else [given]
    items = list(given) if hasattr(given, "__iter__") else [given]
    for item in items:
        if not isinstance(item, kinds):
            raise ConfigurationError(f"{argument} takes {wanted}, one or several, got {type(item).__name__}")
    return items


@or_step
def merge_message_runs(messages: Any = None, *, chunk_separator: str = "\n") -> Any:
    r"""Return the messages with neighbours of one class joined to one message.

    >>> merge_message_runs([("human", "Hello."), ("human", "Who are you?"), ("ai", "A model.")])
    [HumanMessage(content='Hello.\nWho are you?'), AIMessage(content='A model.')]

    Texts are joined with `chunk_separator`, lists of blocks without; tool calls, usage and
    additional_kwargs are put together as `+` of chunks does, id and response_metadata are the
    first one's. The joined message has no name (as a sum of chunks has none). Tool messages are
    never joined: each answers a call of its own.
    Raises: ValueError for neighbours that do not join, such as chat messages of two roles.
    """
    if not isinstance(chunk_separator, str):
        raise ConfigurationError(f"chunk_separator must be a str, got {type(chunk_separator).__name__}")
    runs: list[list[BaseMessage]] = []
    kind: type[BaseMessage] = BaseMessage
    for message in convert_to_messages(messages or ()):
        if runs and isinstance(message, kind) and not isinstance(message, ToolMessage):
            runs[-1].append(message)
            kind = _whole_kind(kind)  # a joined message is a whole one
        else:
            runs.append([message])
            kind = type(message)
    return [run[0] if len(run) == 1 else _joined(run, chunk_separator) for run in runs]


def _joined(run: list[BaseMessage], separator: str) -> BaseMessage:
    chunk_class: Any = BY_TYPE.get(_whole_kind(type(run[0])).__name__ + "Chunk")
    if chunk_class is None:
        raise ConfigurationError(
            f"messages of class {type(run[0]).__name__} cannot be joined; keep them from being neighbours, "
            "or leave them out"
        )
    # Whole tool calls are put side by side; only pieces of streamed ones need the rules of `+`.
    streamed = any(isinstance(message, BaseMessageChunk) for message in run)
    pieces = [_piece(chunk_class, message, streamed=streamed) for message in run]
    for piece in pieces[1:]:
        piece.response_metadata = {}
    total = pieces[0] + pieces[1:]
    contents: list[Any] = []
    texts = True
    for message in run:
        content = message.content
        texts = texts and isinstance(content, str)
        if texts and content and any(contents):
            contents.append(separator)
        contents.append(content)
    total.content = merge_content(*contents)
    joined = message_chunk_to_message(total)
    if isinstance(joined, AIMessage) and not streamed:
        whole: Any = run
        joined.tool_calls = [call for message in whole for call in message.tool_calls]
        joined.invalid_tool_calls = [call for message in whole for call in message.invalid_tool_calls]
    return joined


def _piece(chunk_class: Any, message: BaseMessage, *, streamed: bool) -> Any:
    """Return a chunk that says what the message says, its name and extras aside."""
    fields = {name: getattr(message, name) for name in chunk_class._fields if hasattr(message, name)}
    if chunk_class is AIMessageChunk:
        if not streamed or fields.get("tool_call_chunks"):
            fields.pop("tool_calls", None)  # of pieces they are worked out again
            fields.pop("invalid_tool_calls", None)
        elif streamed:
            return AIMessageChunk(**fields)  # makes pieces of the calls
    piece = chunk_class.__new__(chunk_class)
    piece.__dict__.update(fields)
    return piece


def _whole_kind(kind: type[BaseMessage]) -> type[BaseMessage]:
    """Return the library's own whole class that a class is, or is a kind of."""
    for cls in kind.__mro__:
        if BY_TYPE.get(cls.__dict__.get("type", "")) is cls and not issubclass(cls, BaseMessageChunk):
            return cls
    return kind
