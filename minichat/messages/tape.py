"""The tape: what the chunks of a stream said, in order, not yet put together.

Adding n chunks one `+` at a time must not copy what is already there. So a sum does not join: it
holds a tape, a list shared with its left operand, and its own length on it. `total + chunk` writes
behind the end of the tape and gives back a sum that is longer by that; earlier sums do not see it.
If somebody else wrote there first (two continuations of one sum), the front part is copied once.
The fields of a sum are worked out from the tape when they are read, each in one pass.

What stands on a tape, told apart by type:

- a str: text content;
- a tuple (index, id, name, args): a piece of a tool call;
- a dict: all the rest of one chunk, by field name; "content" in it is a list.

`+` has to raise at once what merging would raise later. `shapes` is what makes that cheap: the
types seen per key, against which a new dict is held (`fits`). It may know more than is on this
tape, for it is shared with copies: too much knowledge only means a needless slow, exact merge.
"""

from __future__ import annotations

from .merging import (
    KEPT_WHEN_EQUAL,
    add_usage,
    copy_json,
    is_indexed,
    join_tool_pieces,
    merge_content,
    merge_dicts,
    merge_lists,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Optional

__all__ = ["Tape", "compact", "contribution", "fits", "read_content", "read_dict", "read_rest"]
__all__ += ["SHORT", "piece_entry", "read_pieces", "read_usage"]

SHORT = frozenset((str, tuple))  # entries that need no check before they are written
DICTS = ("additional_kwargs", "response_metadata")


class Tape(list):  # type: ignore[type-arg]
    """The entries, and the shapes of the dicts among them."""

    __slots__ = ("shapes",)

    def __init__(self, entries: Iterable[Any] = (), shapes: Optional[dict[str, Any]] = None) -> None:
        list.__init__(self, entries)
        self.shapes: dict[str, Any] = {} if shapes is None else shapes


def contribution(fields: Mapping[str, Any], *, first: bool = False) -> list[Any]:
    """Return what a chunk with these `fields` writes on a tape; nothing of it is shared.

    The first chunk also writes an empty content, for `"" + [block]` is not `[block]`.
    """
    entries: list[Any] = []
    rest: dict[str, Any] = {}
    content = fields["content"]
    if isinstance(content, str):
        if content or first:
            entries.append(content)
    else:
        rest["content"] = copy_json(content)
    pieces = fields.get("tool_call_chunks")
    if pieces:
        for piece in pieces:
            entries.append((piece.get("index"), piece.get("id"), piece.get("name"), piece.get("args")))
    if len(fields) > 1 + ("id" in fields) + (pieces is not None):
        for name in DICTS:
            value = fields.get(name)
            if value:
                rest[name] = copy_json(value)
        usage = fields.get("usage_metadata")
        if usage is not None:
            rest["usage_metadata"] = copy_json(usage)
        if fields.get("chunk_position") == "last":
            rest["chunk_position"] = "last"
    if rest:
        entries.append(rest)
    return entries


def piece_entry(fields: Mapping[str, Any]) -> Optional[tuple[Any, ...]]:
    """Return the entry of a chunk that is one piece of a tool call and nothing else; else None."""
    pieces = fields.get("tool_call_chunks")
    if not pieces or len(pieces) != 1 or fields.get("content") != "" or len(fields) != 3 or "id" not in fields:
        return None
    piece = pieces[0]
    return (piece.get("index"), piece.get("id"), piece.get("name"), piece.get("args"))


# -- reading a tape ----------------------------------------------------------------------------


def read_content(entries: list[Any]) -> Any:
    """Join the contents on the tape."""
    try:
        return "".join(entries)
    except TypeError:
        pass  # not only text
    contents = []
    for entry in entries:
        if isinstance(entry, str):
            contents.append(entry)
        elif type(entry) is dict and "content" in entry:
            contents.append(entry["content"])
    return merge_content(*contents)


def read_pieces(entries: list[Any]) -> list[dict[str, Any]]:
    """Join the pieces of tool calls on the tape."""
    return join_tool_pieces([entry for entry in entries if type(entry) is tuple])


def read_rest(entries: list[Any], name: str) -> list[Any]:
    """Return the values of one field in the dicts on the tape."""
    return [entry[name] for entry in entries if type(entry) is dict and name in entry]


def read_dict(entries: list[Any], name: str) -> dict[str, Any]:
    """Merge `additional_kwargs` or `response_metadata`."""
    found = read_rest(entries, name)
    return merge_dicts(*found) if found else {}


def read_usage(entries: list[Any]) -> Optional[dict[str, Any]]:
    """Sum the usages on the tape; None when there is none."""
    total = None
    for usage in read_rest(entries, "usage_metadata"):
        total = add_usage(total, usage)
    return total


# -- will it merge? ------------------------------------------------------------------------------


def fits(shapes: dict[str, Any], rest: dict[str, Any]) -> bool:
    """Say whether merging `rest` behind all that `shapes` has seen is sure not to raise.

    False means "not sure": merge now and see. `shapes` learns from `rest` in either case.
    """
    for name, value in rest.items():
        if name == "usage_metadata" and not _countable(value):
            shapes[name] = (None,)  # fits nothing that comes later either
            return False
        if name != "chunk_position" and not _fits_dict(shapes, {name: value}):
            return False
    return True


def _fits_dict(shape: dict[Any, Any], new: dict[Any, Any]) -> bool:
    for key, value in new.items():
        known = shape.get(key)
        if value is None:
            shape.setdefault(key, None)
        elif known is None:
            shape[key] = _shape(value)
        elif type(known) is dict:
            if type(value) is not dict or not _fits_dict(known, value):
                return False
        elif type(known) is _ByIndex:
            if type(value) is not list or not _fits_list(known, value):
                return False
        elif type(known) is tuple:
            if type(known[0]) is not type(value) or known[0] != value:
                return False
        elif not isinstance(value, str) if known is str else type(value) is not int:
            return False
    return True


def _fits_list(shape: _ByIndex, new: list[Any]) -> bool:
    for element in new:
        if not is_indexed(element):
            continue
        known = shape.get(element["index"])
        if known is None:
            shape[element["index"]] = _shape(element)
        elif element.get("id") and known.get("id"):
            return False  # two ids of one index: which element takes the piece is not known here
        elif not _fits_dict(known, {k: v for k, v in element.items() if k != "type"}):
            return False
    return True


class _ByIndex(dict):  # type: ignore[type-arg]
    """The shape of a list: that of its elements that have an index."""


def _shape(value: Any) -> Any:
    """Describe a value: `str`, `int`, a dict of shapes, or (value,) for what merges only if equal."""
    if isinstance(value, str):
        return str
    if type(value) is int:
        return int
    if type(value) is dict:
        return {key: None if item is None else _shape(item) for key, item in value.items()}
    if type(value) is list:
        shape = _ByIndex()
        for element in value:
            if is_indexed(element):
                shape.setdefault(element["index"], _shape(element))
        return shape
    return (value,)


def _countable(value: Any) -> bool:
    if type(value) is dict:
        return all(_countable(item) for item in value.values())
    return type(value) is int


# -- keeping a long tape short ---------------------------------------------------------------------


def compact(entries: list[Any]) -> list[Any]:
    """Return fewer entries that read the same, also behind and before any others.

    Only what may be joined in any order of joining is joined: texts, pieces of one tool call that
    follow each other without a new id, texts in dicts, counts. The rest is kept as it is.
    """
    out: list[Any] = []
    run: list[Any] = []
    for entry in entries:
        if type(entry) is dict and "content" in entry:
            out.extend(_compact_run(run))
            out.append(entry)
            run = []
        else:
            run.append(entry)
    out.extend(_compact_run(run))
    return _compact_lists(out)


def _compact_run(run: list[Any]) -> list[Any]:
    """Compact entries among which no content is a list, so that all texts are neighbours."""
    texts: list[str] = []
    pieces: list[Any] = []
    open_pieces: dict[Any, list[Any]] = {}
    rests: list[Any] = []
    joined: dict[str, dict[str, list[str]]] = {}
    usage = None
    for entry in run:
        if isinstance(entry, str):
            texts.append(entry)
        elif type(entry) is tuple:
            index, id, name, args = entry
            last = open_pieces.get(index) if index is not None else None
            if last is not None and last[1] == id:
                last[2].append(name)
                last[3].append(args)
            else:
                last = open_pieces[index] = [index, id, [name], [args]]
                pieces.append(last)
        else:
            entry = dict(entry)
            if _countable(entry.get("usage_metadata")):
                usage = add_usage(usage, entry.pop("usage_metadata"))
            for name in DICTS:
                values = entry.get(name) or {}
                texts_of = {key: value for key, value in values.items() if _joinable(key, value)}
                for key, value in texts_of.items():
                    joined.setdefault(name, {}).setdefault(key, []).append(value)
                if texts_of:
                    entry[name] = {key: value for key, value in values.items() if key not in texts_of}
                    if not entry[name]:
                        del entry[name]
            if entry:
                rests.append(entry)
    out: list[Any] = ["".join(texts)] if texts else []
    out.extend((index, id, _join(names), _join(args)) for index, id, names, args in pieces)
    together: dict[str, Any] = {
        name: {key: "".join(values) for key, values in columns.items()} for name, columns in joined.items()
    }
    if usage is not None:
        together["usage_metadata"] = usage
    if together:
        out.append(together)
    out.extend(rests)
    return out


def _compact_lists(entries: list[Any]) -> list[Any]:
    """Merge neighbouring list contents whose elements are all indexed and have no id."""
    out: list[Any] = []
    run: list[Any] = []

    def close() -> None:
        if run:
            out.append({"content": merge_lists([], *run)})
            run.clear()

    for entry in entries:
        if type(entry) is dict and len(entry) == 1 and "content" in entry:
            content = entry["content"]
            # The first list of a message does not merge within itself, so none that could is joined.
            if all(is_indexed(e) and not e.get("id") for e in content):
                if len({e["index"] for e in content}) == len(content):
                    run.append(content)
                    continue
        close()
        out.append(entry)
    close()
    return out


def _joinable(key: Any, value: Any) -> bool:
    """Say whether texts of this key join in any order of joining; labels do not (merging.py)."""
    return isinstance(value, str) and key not in KEPT_WHEN_EQUAL and key != "index"


def _join(texts: list[Optional[str]]) -> Optional[str]:
    known = [text for text in texts if text is not None]
    return "".join(known) if known else None
