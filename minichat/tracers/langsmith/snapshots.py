"""Values as they are now: copies that a traced program cannot change any more, made quickly.

This is all of a trace that the caller waits for. Lists and dicts are copied at every depth and messages stay
messages, to be written out later, in the sender's thread; what JSON does not know, and what may change
behind our back, is described at once. Nothing here raises: a value that cannot be described is named by its class.
Source of the descriptions: langsmith 0.15.0, by running it.
"""

from __future__ import annotations

from ...messages import BaseMessage
from ...messages.merging import ATOMS, copy_json
from ...outputs import Generation, LLMResult
from ...prompt_values import PromptValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Tuple

__all__ = ["snapshot", "snapshot_inputs", "snapshot_message", "snapshot_result", "weight"]

TEXT = frozenset([str])
DEEP = 6  # from here on a value is looked for among those around it, for it may contain itself
DEEPEST = 60  # a value deeper than this is cut off; JSON readers give up at 1,000
CUT = "..."
DUMPS = ("model_dump", "dict", "to_dict")  # methods by which objects of other libraries give their fields


def snapshot(value: Any, depth: int = 0, within: Tuple[int, ...] = ()) -> Any:
    """Give a value with its own lists and dicts, JSON values and messages in them.

    `depth`: how many values are around it; `within`: the ids of those deeper than `DEEP`.

    >>> snapshot({"a": [1, (2, {3})]})
    {'a': [1, [2, [3]]]}
    """
    kind = type(value)
    if kind in ATOMS:
        return value
    if kind is dict and ATOMS.issuperset(map(type, value.values())) and TEXT.issuperset(map(type, value)):
        return value.copy()  # most of them, in a quarter of the time
    if depth > DEEP:
        if depth > DEEPEST or id(value) in within:
            return CUT
        within = (*within, id(value))
    depth += 1
    if kind is dict:
        return {
            key if type(key) is str else _key(key): item if type(item) in ATOMS else snapshot(item, depth, within)
            for key, item in value.copy().items()  # another thread may be adding to it
        }
    if kind is list or kind is tuple:
        return [item if type(item) in ATOMS else snapshot(item, depth, within) for item in value]
    if isinstance(value, BaseMessage):
        return snapshot_message(value)
    try:
        return _described(value, depth, within)
    except Exception as error:  # users' classes: their `__str__` or `model_dump` may fail, the call must not
        return f"<{kind.__module__}.{kind.__qualname__}, not described: {type(error).__name__}>"


def snapshot_inputs(inputs: Dict[str, Any]) -> Dict[str, Any]:
    """Give what a model is asked; messages are found without a search, and a traced function has what it likes."""
    batches = inputs.get("messages")
    if type(batches) is not list or len(inputs) > 1 or not {list}.issuperset(map(type, batches)):
        return snapshot(inputs)  # type: ignore[no-any-return]
    return {"messages": [[_asked(one) for one in batch] for batch in batches]}


def _asked(value: Any) -> Any:
    return snapshot_message(value) if isinstance(value, BaseMessage) else snapshot(value)


def snapshot_message(message: BaseMessage) -> BaseMessage:
    """Give a message of the same kind with its own lists and dicts; those not made yet are made by its reader."""
    copied = type(message).__new__(type(message))
    fields = copied.__dict__
    for name, value in message.__dict__.items():
        kind = type(value)
        if kind is dict or kind is list:
            try:
                value = copy_json(value)
            except RecursionError:  # it contains itself, or is deeper than anybody reads
                value = snapshot(value)
        fields[name] = value
    return copied


def snapshot_result(result: LLMResult) -> LLMResult:
    """Give what a model answered, with messages, lists and dicts of its own."""
    copied = LLMResult.__new__(type(result))
    copied.generations = [[_generation(one) for one in answers] for answers in result.generations]
    copied.llm_output = snapshot(result.llm_output)
    copied.run = result.run
    return copied


def _generation(generation: Generation) -> Generation:
    copied = type(generation).__new__(type(generation))
    fields = copied.__dict__
    for name, value in generation.__dict__.items():
        fields[name] = snapshot(value)
    return copied


def weight(value: Any) -> int:
    """Give about how many bytes a snapshot is when it is sent: the length of its texts and a little for the rest."""
    kind = type(value)
    if kind is str:
        return len(value) + 4
    if kind is dict:
        return sum([len(key) + 6 + weight(item) for key, item in value.items()])
    if kind is list:
        return weight(value[0]) if len(value) == 1 else sum([weight(item) for item in value])
    if isinstance(value, BaseMessage):
        content = value.__dict__.get("content")  # of a stream's sum not read here: that takes time
        if type(content) is str:
            return 300 + len(content)
        return 300 + (weight(content) if content is not None else 50 * value.__dict__.get("_count", 0))
    if isinstance(value, LLMResult):
        messages = [getattr(one, "message", "") for answers in value.generations for one in answers]
        return 600 + sum(map(weight, messages))
    return 8


def _key(key: Any) -> str:
    """Give a dict's key as JSON has it."""
    described = str(key) if isinstance(key, tuple) else snapshot(key)
    if described is None or type(described) is bool:
        return {None: "null", True: "true", False: "false"}[described]
    return str(described)


def _described(value: Any, depth: int, within: Tuple[int, ...]) -> Any:
    if isinstance(value, type):
        return str(value)
    if isinstance(value, dict):
        return snapshot(dict(value), depth, within)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return snapshot(dict(value._asdict()), depth, within)
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ == "deque":
        return snapshot(list(value), depth, within)
    if isinstance(value, PromptValue):
        kind = getattr(value, "type", None)  # LangChain's discriminator; chats have none
        return snapshot({**value.__dict__, **({} if kind is None else {"type": kind})}, depth, within)
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "message": str(value)}
    if isinstance(value, (bytes, bytearray)):
        from base64 import b64encode

        return b64encode(value).decode()
    fields = getattr(value, "__dataclass_fields__", None)
    if fields is not None:
        return snapshot({name: getattr(value, name) for name in fields}, depth, within)
    for name in DUMPS:
        method = getattr(value, name, None)
        if callable(method):
            dumped = method()
            return snapshot(dumped, depth, within) if isinstance(dumped, dict) else str(dumped)
    return _scalar(value)


def _scalar(value: Any) -> Any:
    """Give a number, a moment or anything else as JSON has it: most as text."""
    from datetime import date, datetime, time, timedelta
    from decimal import Decimal
    from enum import Enum

    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return snapshot(value.value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (bool, int, float, str)):  # of a class of its own
        return next(base(value) for base in (str, int, float) if isinstance(value, base))
    pattern = getattr(value, "pattern", None)
    return pattern if isinstance(pattern, str) and hasattr(value, "fullmatch") else str(value)
