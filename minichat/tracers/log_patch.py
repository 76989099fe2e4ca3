"""What `astream_log` yields: patches of a run's log, and the log they add up to.

The shapes are LangChain's (`langchain_core.tracers.log_stream`): a patch is a list of JSON Patch
operations (RFC 6902), of which a log needs two, `add` and `replace`. Applying never changes a value that
somebody may hold: the containers along an operation's path are copied, everything beside the path is
shared. So every `RunLog` of a stream may be kept, and costs no deep copy.
"""

from __future__ import annotations

from copy import copy
from typing import Any, Dict, List, Optional, TypedDict  # for LogEntry and RunState; this module is loaded on use

from ..errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["LogEntry", "RunLog", "RunLogPatch", "RunState", "applied", "difference", "operation", "pointer"]

Op = Dict[str, Any]


class LogEntry(TypedDict):
    """The log of one run below the root.

    Units: `start_time` and `end_time` are ISO 8601 with milliseconds, in UTC; `end_time` is None while
    it runs. `type` is LangChain's name of the kind: "llm", "chain", "prompt", "parser", "tool".
    """

    id: str
    name: str
    type: str
    tags: List[str]
    metadata: Dict[str, Any]
    start_time: str
    streamed_output_str: List[str]
    streamed_output: List[Any]
    final_output: Optional[Any]
    end_time: Optional[str]


class _State(TypedDict):
    """The keys that every state has."""

    id: str
    streamed_output: List[Any]
    final_output: Optional[Any]
    logs: Dict[str, LogEntry]


class RunState(_State, total=False):
    """The state of a run: its output so far, and under `logs` the runs below it by name.

    A bare chat model's state has no `name` and no `type`, as LangChain's quick start prints it.
    """

    name: str
    type: str


class RunLogPatch:
    """A step of a run's log: operations that are applied in order.

    >>> start = RunLogPatch({"op": "replace", "path": "", "value": {"streamed_output": []}})
    >>> piece = RunLogPatch({"op": "add", "path": "/streamed_output/-", "value": "J'"})
    >>> start + piece
    RunLog({'streamed_output': ["J'"]})
    >>> piece
    RunLogPatch({'op': 'add', 'path': '/streamed_output/-', 'value': "J'"})
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, *ops: Op) -> None:
        self.ops = list(ops)

    def __add__(self, other: RunLogPatch) -> RunLog:
        """Apply both, this one first, to nothing.

        Raises: TypeError for anything but a patch; `ConfigurationError` when they do not fit.
        """
        if type(other) is not RunLogPatch:
            raise _not_addable(self, other)
        ops = self.ops + other.ops
        return RunLog(*ops, state=applied(None, ops))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunLogPatch) and self.ops == other.ops

    def __repr__(self) -> str:
        from pprint import pformat

        return f"RunLogPatch({pformat(self.ops)[1:-1]})"


class RunLog(RunLogPatch):
    """The log of a run so far: its `state`, and the operations that made it."""

    def __init__(self, *ops: Op, state: Any) -> None:
        super().__init__(*ops)
        self.state = state

    def __add__(self, other: RunLogPatch) -> RunLog:
        """Apply a patch; this log stays as it is.

        Raises: TypeError for anything but a patch; `ConfigurationError` when it does not fit.
        """
        if type(other) is not RunLogPatch:
            raise _not_addable(self, other)
        log = RunLog(state=applied(self.state, other.ops))
        log.ops = self.ops + other.ops  # copied once: a long stream has thousands
        return log

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunLog) and self.state == other.state and self.ops == other.ops

    def __repr__(self) -> str:
        from pprint import pformat

        return f"RunLog({pformat(self.state)})"


def _not_addable(left: object, right: object) -> TypeError:
    return TypeError(f"unsupported operand type(s) for +: '{type(left)}' and '{type(right)}'")


def pointer(*keys: str) -> str:
    """Write the path to a place. Source: RFC 6901, section 3.

    >>> pointer("logs", "a/b", "tags")
    '/logs/a~1b/tags'
    """
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def applied(state: Any, ops: Iterable[Op]) -> Any:
    """Give the state after `ops`; the state before stays as it is.

    Raises: `ConfigurationError` for an operation that is neither add nor replace, or has no place.
    """
    for op in ops:
        if op["op"] not in ("add", "replace"):
            raise ConfigurationError(f"a log's patches add and replace, they do not {op['op']!r}")
        keys = [key.replace("~1", "/").replace("~0", "~") for key in op["path"].split("/")[1:]]
        try:
            state = _put(state, keys, op)
        except (LookupError, TypeError, ValueError) as error:
            raise ConfigurationError(f"no place to {op['op']} {op['path']!r} in this log") from error
    return state


def _put(target: Any, keys: Sequence[str], op: Op) -> Any:
    """Give `target` with the value of `op` put where `keys` lead: a copy along the way, shared beside it."""
    if not keys:
        return op["value"]
    changed = copy(target)
    key: Any = keys[0]
    is_new = len(keys) == 1 and op["op"] == "add"
    if isinstance(target, list):
        key = len(target) if key == "-" and is_new else int(key)
        if not 0 <= key < len(target) + is_new:
            raise IndexError(key)
        if is_new:
            changed.insert(key, op["value"])
            return changed
    elif not isinstance(target, dict):
        raise TypeError(type(target))
    changed[key] = _put(None if is_new else target[key], keys[1:], op)
    return changed


def difference(path: str, old: Any, new: Any) -> List[Op]:
    """Give the operations that turn `old`, which lies at `path`, into `new`, a sum that `old` is a part of.

    Dictionaries and lists that have only grown are told by what was added; else the whole is replaced.
    """
    if old is new:
        return []
    if isinstance(old, dict) and isinstance(new, dict) and all(isinstance(k, str) for k in new) and not old.keys() - new:
        ops = [operation("add", path + pointer(key), new[key]) for key in new if key not in old]
        return ops + [op for key in old for op in difference(path + pointer(key), old[key], new[key])]
    if isinstance(old, list) and isinstance(new, list) and len(old) <= len(new):
        ops = [op for at, (a, b) in enumerate(zip(old, new)) for op in difference(f"{path}/{at}", a, b)]
        return ops + [operation("add", f"{path}/{at}", new[at]) for at in range(len(old), len(new))]
    # `is True`: comparing arrays gives an array, whose truth nobody knows.
    if type(old) is type(new) and (old == new) is True:
        return []
    return [operation("replace", path, new)]


def operation(op: str, path: str, value: Any) -> Op:
    """Write one operation. `op` is "add" or "replace"; `path` leads to the place, `/-` to the end of a list."""
    return {"op": op, "path": path, "value": value}
