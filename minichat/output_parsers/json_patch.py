"""What has changed from one JSON value to the next, as operations of a JSON Patch.

Made for answers that stream in, which only grow: keys and items are added, the last ones replaced. Lists
are compared by position. The operations come in the order of the jsonpatch package that LangChain
uses: removed keys, added keys, then what has changed in the keys that stayed. It never says "move" or
"copy"; where jsonpatch finds a chance to, it is told as remove and add here.

Source: RFC 6902 (operations), RFC 6901, section 3 (paths).
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

    Operation = Dict[str, Any]

__all__ = ["make_patch"]


def make_patch(before: Any, after: Any) -> List[Operation]:
    """Give the operations that make `after` of `before`.

    >>> make_patch({"a": ["x"]}, {"a": ["xy", 1]})
    [{'op': 'replace', 'path': '/a/0', 'value': 'xy'}, {'op': 'add', 'path': '/a/1', 'value': 1}]
    """
    operations: List[Operation] = []
    _compare(operations, "", before, after)
    return operations


def _compare(operations: List[Operation], path: str, before: Any, after: Any) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before:
            if key not in after:
                operations.append({"op": "remove", "path": _join(path, key)})
        for key in after:
            if key not in before:
                operations.append({"op": "add", "path": _join(path, key), "value": after[key]})
        for key in before:
            if key in after:
                _compare(operations, _join(path, key), before[key], after[key])
    elif isinstance(before, list) and isinstance(after, list):
        for index, (old, new) in enumerate(zip(before, after)):
            _compare(operations, _join(path, index), old, new)
        for _ in before[len(after) :]:
            operations.append({"op": "remove", "path": _join(path, len(after))})
        for index in range(len(before), len(after)):
            operations.append({"op": "add", "path": _join(path, index), "value": after[index]})
    elif json.dumps(before) != json.dumps(after):  # to Python 1 is True
        operations.append({"op": "replace", "path": path, "value": after})


def _join(path: str, key: Any) -> str:
    return f"{path}/" + str(key).replace("~", "~0").replace("/", "~1")
