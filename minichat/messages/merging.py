"""How two pieces of a message become one: content, dicts, lists, tool call pieces, usage, ids.

Everything here takes *all* pieces at once and gathers them in columns, so that a value that came
in n pieces is joined once and not n times. The results are those of adding the pieces one by one
from the left (a rule that is not associative, such as "equal numbers are kept, others are summed",
is therefore applied from the left). Nothing given is changed, and results share no list or dict
with what was given. The rules are LangChain's (langchain-core 1.x).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Optional, Union

    Content = Union[str, list[Union[str, dict[str, Any]]]]

__all__ = [
    "ATOMS",
    "add_usage",
    "best_id",
    "copy_json",
    "is_indexed",
    "join_tool_pieces",
    "merge_content",
    "merge_dicts",
    "merge_lists",
    "merge_values",
]

ATOMS = frozenset([str, int, float, bool, type(None)])  # JSON values that hold no others; nobody can change one
KEPT_WHEN_EQUAL = ("id", "output_version", "model_provider")  # labels, not pieces of text
LAST_WINS = ("index", "created", "timestamp")  # numbers that name or date something


def copy_json(value: Any) -> Any:
    """Copy lists and dicts at every depth; everything else is shared."""
    kind = type(value)
    if kind is dict:
        return {key: item if type(item) in ATOMS else copy_json(item) for key, item in value.items()}
    if kind is list:
        return [item if type(item) in ATOMS else copy_json(item) for item in value]
    return value


def is_indexed(element: Any) -> bool:
    """Say whether a list element is a piece of the element with the same "index"."""
    if not isinstance(element, dict):
        return False
    index = element.get("index")
    return isinstance(index, int) or (isinstance(index, str) and index.startswith("lc_"))


def merge_content(first: Content, *others: Content) -> Content:
    """Join contents. Text and text join; as soon as one is a list, the result is a list.

    Text behind a list joins a text at its end, else it becomes a new element unless it is empty.
    A list behind a text puts the text first, also an empty one.
    """
    contents = (first, *others)
    if all(isinstance(content, str) for content in contents):
        return "".join(contents)  # type: ignore[arg-type]
    at = 0
    while isinstance(contents[at], str):
        at += 1
    merged = _ListMerge()
    if at:
        merged.append("".join(contents[:at]))  # type: ignore[arg-type]
    for element in contents[at]:
        merged.append(element)
    for content in contents[at + 1 :]:
        if isinstance(content, str):
            merged.text(content)
        else:
            merged.extend(content)
    return merged.result()


def merge_dicts(left: dict[Any, Any], *others: dict[Any, Any]) -> dict[Any, Any]:
    """Merge recursively: None yields, texts join, lists and dicts merge, numbers are summed.

    Raises: TypeError when values of one key have different types or cannot be merged.
    """
    columns: dict[Any, list[Any]] = {}
    for piece in (left, *others):
        for key, value in piece.items():
            column = columns.get(key)
            if column is None:
                columns[key] = [value]
            elif value is not None:
                if column[0] is None:
                    column[0] = value
                else:
                    column.append(value)
    return {key: _merge_column(key, column) for key, column in columns.items()}


def merge_lists(left: Optional[list[Any]], *others: Optional[list[Any]]) -> Optional[list[Any]]:
    """Concatenate; a dict whose int "index" was seen before is merged into that one instead."""
    lists = [each for each in (left, *others) if each is not None]
    if not lists:
        return None
    merged = _ListMerge()
    for element in lists[0]:
        merged.append(element)
    for each in lists[1:]:
        merged.extend(each)
    return merged.result()


def merge_values(left: Any, right: Any) -> Any:
    """Merge two values of any type, as for the artifacts of two tool message chunks.

    Raises: TypeError for different types, ValueError for unequal values that cannot be joined.
    """
    if left is None or right is None:
        return right if left is None else left
    if type(left) is not type(right):
        raise TypeError(f"cannot merge values of different types: {type(left)} and {type(right)}")
    if isinstance(left, str):
        return left + right
    if isinstance(left, dict):
        return merge_dicts(left, right)
    if isinstance(left, list):
        return merge_lists(left, right)
    if left == right:
        return left
    raise ValueError(f"cannot merge {left!r} and {right!r}: not text, list or dict, and not equal")


def add_usage(left: Optional[dict[str, Any]], right: Optional[dict[str, Any]]) -> dict[str, Any]:
    """Sum token counts, those of nested details too; an absent side leaves the other as it is.

    Units: tokens. Raises: ValueError for a value that is neither a number nor a dict.
    """
    if not left and not right:
        return {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    if not left or not right:
        return copy_json(left or right)  # type: ignore[no-any-return]
    return _sum_counts(left, right)


def best_id(left: Optional[str], right: Optional[str]) -> Optional[str]:
    """Choose the id of a sum: the provider's own, then that of the run, then another made-up one."""
    if not right or left == right:
        return left or None  # "" is no id
    return left if left and _id_rank(left) >= _id_rank(right) else right


def join_tool_pieces(pieces: Iterable[tuple[Any, Any, Any, Any]]) -> list[dict[str, Any]]:
    """Join (index, id, name, args) pieces to tool call chunks, in order of their first piece.

    A piece joins the first one of its index whose id is not another; index None joins nothing.
    """
    calls: list[list[Any]] = []  # [index, id, names, args]
    by_index: dict[Any, list[list[Any]]] = {}
    for index, id, name, args in pieces:
        call = None
        if index is not None:
            same = by_index.get(index, ())
            for call in same:
                if not id or not call[1] or id == call[1]:
                    break
            else:
                call = None
        if call is None:
            call = [index, id, [], []]
            calls.append(call)
            if isinstance(index, int) or isinstance(index, str) and index.startswith("lc_"):
                by_index.setdefault(index, []).append(call)
        elif id and not call[1] or call[1] is None:
            call[1] = id
        if name is not None:
            call[2].append(name)
        if args is not None:
            call[3].append(args)
    return [
        {
            "name": "".join(names) if names else None,
            "args": "".join(args) if args else None,
            "id": id,
            "index": index,
            "type": "tool_call_chunk",
        }
        for index, id, names, args in calls
    ]


class _Piecewise:
    """One element of a merged list: the pieces that came for it, and its id so far."""

    __slots__ = ("id", "pieces")

    def __init__(self, first: Any) -> None:
        self.pieces = [first]
        self.id = first.get("id") if isinstance(first, dict) else None

    def value(self) -> Any:
        first = self.pieces[0]
        if len(self.pieces) == 1:
            return copy_json(first)
        if isinstance(first, str):
            return "".join(self.pieces)
        rest = [{key: item for key, item in each.items() if key != "type"} for each in self.pieces[1:]]
        return merge_dicts(first, *rest)


class _ListMerge:
    """A list that is put together from many, finding the element for a piece in constant time."""

    __slots__ = ("by_index", "elements")

    def __init__(self) -> None:
        self.elements: list[_Piecewise] = []
        self.by_index: dict[Any, list[_Piecewise]] = {}

    def append(self, element: Any) -> None:
        entry = _Piecewise(element)
        self.elements.append(entry)
        if is_indexed(element):
            self.by_index.setdefault(element["index"], []).append(entry)

    def extend(self, elements: Iterable[Any]) -> None:
        for element in elements:
            if is_indexed(element):
                id = element.get("id")
                for entry in self.by_index.get(element["index"], ()):
                    if not id or not entry.id or id == entry.id:
                        entry.pieces.append(element)
                        if not entry.id and id is not None:
                            entry.id = id
                        break
                else:
                    self.append(element)
            else:
                self.append(element)

    def text(self, text: str) -> None:
        if self.elements and isinstance(self.elements[-1].pieces[0], str):
            self.elements[-1].pieces.append(text)
        elif text:
            self.append(text)

    def result(self) -> list[Any]:
        return [entry.value() for entry in self.elements]


def _merge_column(key: Any, values: list[Any]) -> Any:
    """Merge the values that one key had, left to right; None is among them only alone."""
    first = values[0]
    if len(values) == 1:
        return copy_json(first)
    for value in values:
        if type(value) is not type(first) and not (isinstance(value, str) and isinstance(first, str)):
            raise TypeError(
                f'additional_kwargs["{key}"] already exists in this message, but with a different type.'
            )
    if isinstance(first, str):
        if key == "index" and first.startswith("lc_"):
            return first
        if key not in KEPT_WHEN_EQUAL:
            return "".join(values)
    elif isinstance(first, dict):
        return merge_dicts(*values)
    elif isinstance(first, list):
        return merge_lists(*values)
    merged = first
    for value in values[1:]:
        if merged == value:
            continue
        if isinstance(merged, bool) or not isinstance(merged, (int, str)):
            raise TypeError(
                f"Additional kwargs key {key} already exists in left dict and value has "
                f"unsupported type {type(merged)}."
            )
        merged = value if key in LAST_WINS else merged + value
    return merged


def _sum_counts(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    summed: dict[str, Any] = {}
    for key in (*left, *(key for key in right if key not in left)):
        one, two = left.get(key, 0), right.get(key, 0)
        if isinstance(one, int) and isinstance(two, int):
            summed[key] = one + two
            continue
        one, two = left.get(key, {}), right.get(key, {})
        if not isinstance(one, dict) or not isinstance(two, dict):
            found = [type(side[key]) for side in (left, right) if key in side]
            raise ValueError(f"Unknown value types: {found}. Only dict and int values are supported.")
        summed[key] = _sum_counts(one, two)
    return summed


def _id_rank(id: str) -> int:
    if id.startswith(("run-", "lc_run-")):
        return 1
    return 0 if id.startswith("lc_") else 2
