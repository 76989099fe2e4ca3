"""Values as they are now: copies that a traced program cannot change any more, made quickly.

This is all of a trace that the caller waits for. `freeze` has the pickler of the standard library write a value
into bytes, in one pass in C: one object, which the garbage collector need not look into, and whose length is the
value's weight. What is no plain value stands beside the bytes: messages and results as empty objects of their class,
to be filled again; large texts, which nobody changes, as themselves; anything else as its description. In the sender's thread `thaw` makes the value again, of JSON
values and messages. (So nothing is ever unpickled that was not pickled a moment ago in this process.)

`snapshot` is the same in one step, and says how values are described. Nothing here raises: a value that
cannot be described is named by its class. Source of the descriptions: langsmith 0.15.0, by running it.
"""

from __future__ import annotations

from io import BytesIO
from operator import is_not
from pickle import Pickler, Unpickler

from ...messages import BaseMessage
from ...messages.merging import copy_json
from ...outputs import Generation, LLMResult
from ...prompt_values import PromptValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Tuple

__all__ = ["Frozen", "freeze", "snapshot", "snapshot_message", "thaw", "weight"]

ATOMS = frozenset([str, int, float, bool, type(None)])
PLAIN = ATOMS | {bytes, dict, frozenset, list, set, tuple}  # of exactly these classes: what the pickler does in C
REBUILT = (BaseMessage, Generation, LLMResult, PromptValue)  # their attributes are all there is to them
DEEPEST = 60  # a value deeper than this is cut off; JSON readers give up at 1,000
PROTOCOL = 5
LARGE = 16 * 1024  # characters of a text that is not copied, where it is seen at once
LARGEST = 160 * 1024  # bytes that are no frame of the pickler's, but one such text further inside
CUT = "..."
DUMPS = ("model_dump", "dict", "to_dict")  # methods by which objects of other libraries give their fields


class Frozen:
    """Values as they were. `weight` is about how many bytes they have when they are sent."""

    __slots__ = ("data", "kept", "weight")

    def __init__(self, data: bytes, kept: List[Any], weight: int) -> None:
        self.data = data
        self.kept = kept
        self.weight = weight


def freeze(values: List[Any], *, described: bool = True, light: bool = False) -> Frozen:
    """Keep values as they are now; `described` False leaves what is not plain to be described when it is thawed.

    `light` is for `freeze` itself: large texts are in their `_Text`.

    >>> mine = {"a": [1, (2, {3})]}
    >>> frozen = freeze([mine, "b"])
    >>> mine["a"].append(4)
    >>> thaw(frozen)
    [{'a': [1, [2, [3]]]}, 'b']
    """
    buffer = BytesIO() if light else _Buffer()
    freezer = _Freezer(buffer, PROTOCOL)
    kept: List[Any] = []
    freezer.kept = kept
    freezer.described = described
    freezer.light = light
    freezer.weight = 0
    try:
        inputs = values[0]
        if type(inputs) is dict and not light:
            for item in inputs.values():
                if type(item) is str and len(item) > LARGE:
                    raise _Large
        freezer.dump(values)
    except _Large:
        return freeze(_lightened(values), described=described, light=True)
    except Exception:  # deeper than the pickler goes, or changed by another thread meanwhile
        known = [_in_json(value) for value in values]
        return Frozen(b"", known, weight(known))
    data = buffer.getvalue()
    return Frozen(data, kept, freezer.weight + len(data))


def thaw(frozen: Frozen) -> List[Any]:
    """Give the values again, each of JSON values and messages, or a model's result."""
    if not frozen.data:
        return frozen.kept
    thawer = _Thawer(BytesIO(frozen.data))
    thawer.kept = frozen.kept
    return [_in_json(value) for value in thawer.load()]


def _in_json(value: Any) -> Any:
    if not isinstance(value, LLMResult):
        return snapshot(value)
    copied = LLMResult.__new__(type(value))
    copied.generations = [[_generation(one) for one in answers] for answers in value.generations]
    copied.llm_output = snapshot(value.llm_output)
    copied.run = value.run
    return copied


class _Large(Exception):
    """There is a large text among the values."""


class _Buffer(BytesIO):
    """Gives up at a large text: the pickler writes it alone, everything else in frames of some 64 KiB."""

    def write(self, data: Any) -> int:
        if len(data) > LARGEST:
            raise _Large
        return BytesIO.write(self, data)


class _Text:
    """A large text, or bytes, in its place."""

    __slots__ = ("text",)

    def __init__(self, text: Any) -> None:
        self.text = text


def _lightened(value: Any, depth: int = 0) -> Any:
    """Give a value with each large text in a `_Text`; the same object where there is none."""
    kind = type(value)
    if kind is str or kind is bytes:
        return _Text(value) if len(value) > LARGE else value
    if depth > DEEPEST:
        return value
    if kind is dict:
        changed = {key: _lightened(item, depth + 1) for key, item in value.items()}
        return changed if any(map(is_not, changed.values(), value.values())) else value
    if kind is list or kind is tuple:
        parts = [_lightened(item, depth + 1) for item in value]
        return kind(parts) if any(map(is_not, parts, value)) else value
    return value


class _Freezer(Pickler):
    """Pickles plain values, and puts a number in the place of any other, under which it is kept."""

    kept: List[Any]
    described: bool
    light: bool
    weight: int

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind in PLAIN or value is _kept:
            return NotImplemented
        kept = self.kept
        number = len(kept)
        if kind is _Text:
            kept.append(value.text)
            self.weight += len(value.text)
            return _kept, (number,)
        if isinstance(value, REBUILT) and "_tape" not in value.__dict__:
            kept.append(object.__new__(kind))
            state = value.__dict__
            if self.light:
                state = _lightened(state)
            else:
                content = state.get("content")
                if type(content) is str and len(content) > LARGE:
                    raise _Large
            return _kept, (number,), state
        if isinstance(value, BaseMessage):  # the sum of a stream, not read here: that takes time
            kept.append(snapshot_message(value))
        else:
            kept.append(snapshot(value) if self.described else value)
        self.weight += weight(kept[number])
        return _kept, (number,)


class _Thawer(Unpickler):
    kept: List[Any]

    def find_class(self, module: str, name: str) -> Any:  # there is only one name: `_kept`
        return self.kept.__getitem__


def _kept(number: int) -> Any:
    """Stand in the pickle for what gives a kept object; never called."""
    raise LookupError(number)


def snapshot(value: Any, within: Tuple[int, ...] = ()) -> Any:
    """Give a value with its own lists and dicts, JSON values and messages in them.

    `within`: ids of the values around it, for one that contains itself is cut off there.

    >>> snapshot({"a": [1, (2, {3})]})
    {'a': [1, [2, [3]]]}
    """
    kind = type(value)
    if kind in ATOMS:
        return value
    if len(within) > DEEPEST or id(value) in within:
        return CUT
    inside = (*within, id(value))
    if kind is dict:
        return {
            key if type(key) is str else _key(key): item if type(item) in ATOMS else snapshot(item, inside)
            for key, item in value.items()
        }
    if kind is list or kind is tuple:
        return [item if type(item) in ATOMS else snapshot(item, inside) for item in value]
    if isinstance(value, BaseMessage):
        return snapshot_message(value)
    try:
        return _described(value, inside)
    except Exception as error:  # users' classes: their `__str__` or `model_dump` may fail, the call must not
        return f"<{kind.__module__}.{kind.__qualname__}, not described: {type(error).__name__}>"


def snapshot_message(message: BaseMessage) -> BaseMessage:
    """Give a message of the same kind with its own lists and dicts; those not made yet are made by its reader."""
    copied = type(message).__new__(type(message))
    fields = copied.__dict__
    for name, value in message.__dict__.items():
        kind = type(value)
        fields[name] = copy_json(value) if kind is dict or kind is list else value
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
        return sum([weight(item) for item in value])
    if isinstance(value, BaseMessage):
        content = value.__dict__.get("content")  # of a stream's sum not read here: that takes time
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


def _described(value: Any, inside: Tuple[int, ...]) -> Any:
    if isinstance(value, type):
        return str(value)
    if isinstance(value, dict):
        return snapshot(dict(value), inside)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return snapshot(dict(value._asdict()), inside)
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ == "deque":
        return snapshot(list(value), inside)
    if isinstance(value, PromptValue):
        kind = getattr(value, "type", None)  # LangChain's discriminator; chats have none
        return snapshot({**value.__dict__, **({} if kind is None else {"type": kind})}, inside)
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "message": str(value)}
    if isinstance(value, (bytes, bytearray)):
        from base64 import b64encode

        return b64encode(value).decode()
    fields = getattr(value, "__dataclass_fields__", None)
    if fields is not None:
        return snapshot({name: getattr(value, name) for name in fields}, inside)
    for name in DUMPS:
        method = getattr(value, name, None)
        if callable(method):
            dumped = method()
            return snapshot(dumped, inside) if isinstance(dumped, dict) else str(dumped)
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
