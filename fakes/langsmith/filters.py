"""LangSmith's filter strings as SQL: `and(eq(run_type, "llm"), gt(latency, 1.5), has(tags, "t"))`.

The text is read into calls (`_Reader`), a call is put into SQL by its name (`_Sql`); values travel as parameters.
What a filter asks of a run's feedback, metadata, inputs or outputs is asked of one row at a time: inside one `and`,
`eq(feedback_key, "k")` and `gt(feedback_score, 0.5)` mean the same feedback, and a second key begins a second one.
(Operators and fields: §8 of the wire notes, and "Trace query syntax" in LangSmith's documentation.)
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, FrozenSet, List, NamedTuple, NoReturn, Optional, Sequence, Tuple, Union

from .database import dumped, marks
from .derive import COST, COSTS, STATUS, THREAD, TOKENS, microseconds

__all__ = ["BadFilter", "compiled", "searched"]

LONGEST = 20_000  # letters
DEEPEST = 40
MOST_CALLS = 300  # sqlite's own limit of an expression's depth is 1,000
COMPARISONS = {"eq": "IS", "neq": "IS NOT", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "like": "LIKE"}
_TEXT = {
    "id": "id", "name": "name", "run_type": "run_type", "error": "error", "trace_id": "trace_id", "trace": "trace_id",
    "parent_run_id": "parent_run_id", "parent_run": "parent_run_id", "session_id": "session_id",
    "session": "session_id", "reference_example_id": "reference_example_id",
    "reference_example": "reference_example_id", "dotted_order": "dotted_order", "inputs": "inputs",
    "outputs": "outputs",
}  # fmt: skip
_IDS = frozenset(name for name, column in _TEXT.items() if column.endswith("id"))
_MOMENTS = {"start_time": "start_us", "end_time": "end_us", "first_token_time": "first_token_us"}
_SECONDS = {"latency": "max({0}.end_us - {0}.start_us, 0)", "first_token": "({0}.first_token_us - {0}.start_us)"}
_COUNTS = ("total_tokens", "prompt_tokens", "completion_tokens")
# What is asked of rows beside the run: field -> (which rows, column of them).
_ROWS = {
    "feedback_key": ("feedback", "key"),
    "feedback_score": ("feedback", "score"),
    "feedback_value": ("feedback", "json_extract(f.value, '$')"),
    "feedback_comment": ("feedback", "comment"),
    "feedback_source": ("feedback", "json_extract(f.feedback_source, '$.type')"),
    "metadata_key": ("metadata", "key"), "metadata_value": ("metadata", "value"), "input_key": ("inputs", "key"),
    "input_value": ("inputs", "value"), "output_key": ("outputs", "key"), "output_value": ("outputs", "value"),
}  # fmt: skip
# Fields that an example has too; of these only are its filters.
_OF_EXAMPLES = frozenset(("id", "inputs", "outputs", "metadata", *(
    name for name, (family, _) in _ROWS.items() if family != "feedback")))  # fmt: skip
_PLAIN = re.compile(r"[\w .:+-]+\Z", re.ASCII)  # letters that JSON writes as they are
_WORD = re.compile(
    r"""\s*(?: ([A-Za-z_][\w.]*) | (-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?) | ([(),\[\]])
    | ("(?:[^"\\]|\\.)*") | ('(?:[^'\\]|\\.)*') )""",
    re.DOTALL | re.VERBOSE,
)
_CONSTANTS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}

Compiled = Tuple[Any, ...]  # SQL, then its values


class BadFilter(ValueError):
    """A filter string that is none: what is wrong, and where."""


class _Call(NamedTuple):
    name: str
    arguments: List[Any]
    place: int


class _Field(NamedTuple):
    name: str


def compiled(text: str, alias: str, *, examples: bool = False) -> Compiled:
    """Give a filter as SQL over the table `runs`, or `examples`, under this alias, followed by its values.

    Raises: BadFilter.
    """
    call = _Reader(text).whole()
    values: List[Any] = []
    sql = _Sql(alias, values, text, _OF_EXAMPLES if examples else None).of(call)
    return (sql, *values)


def searched(text: str, alias: str) -> Compiled:
    """Give a search for a text, letters of either case, in a run's name, inputs, outputs, error, tags and metadata."""
    plain = _pattern(text)
    inside = _pattern(json.dumps(text, ensure_ascii=False)[1:-1])  # as JSON writes it: a quote as \", a new line as \n
    columns = [("name", plain), ("error", plain)]
    columns += [(name, inside) for name in ("inputs", "outputs", "tags", "metadata")]
    sql = " OR ".join(f"{alias}.{name} LIKE ? ESCAPE '\x01'" for name, _ in columns)
    return (f"({sql})", *[pattern for _, pattern in columns])


class _Reader:
    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise BadFilter(f"the filter has {len(text):,} letters; at most {LONGEST:,} are read")
        self.text = text
        self.place = 0
        self.calls = 0

    def whole(self) -> _Call:
        found = self.value(0)
        if self.text[self.place :].strip():
            self.wrong("the filter goes on behind its end")
        if not isinstance(found, _Call):
            self.place = 0
            self.wrong('a filter is a call such as eq(run_type, "llm")')
        return found

    def wrong(self, why: str) -> NoReturn:
        raise BadFilter(f"{why}, at letter {self.place + 1} of {self.text[:200]!r}")

    def word(self) -> Tuple[str, str]:
        found = _WORD.match(self.text, self.place)
        if found is None:
            self.wrong(
                "the filter ends too early" if not self.text[self.place :].strip() else "this is no part of a filter"
            )
        self.place = found.end()
        kind = ("name", "number", "mark", "text", "single")[(found.lastindex or 1) - 1]
        return kind, found.group(found.lastindex or 1)

    def value(self, depth: int) -> Any:
        if depth > DEEPEST:
            self.wrong(f"calls are nested more than {DEEPEST} deep")
        kind, word = self.word()
        if kind == "number":
            return float(word) if set(word) & set(".eE") else int(word)
        if kind == "text":
            try:
                text = json.loads(word, strict=False)
                text.encode("utf-8")
                return text
            except UnicodeEncodeError:
                self.wrong("a text has half a surrogate pair")
            except ValueError:
                self.wrong("a text has an escape that JSON does not know")
        if kind == "single":
            return re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.S)
        if kind == "name":
            if self.text[self.place :].lstrip()[:1] != "(":
                return _CONSTANTS[word] if word in _CONSTANTS else _Field(word)
            start = self.place - len(word)
            self.word()
            self.calls += 1
            if self.calls > MOST_CALLS:
                self.wrong(f"the filter has more than {MOST_CALLS} calls")
            return _Call(word, self.several(")", depth), start)
        if word == "[":
            return self.several("]", depth)
        self.wrong(f"{word!r} stands where a value belongs")

    def several(self, end: str, depth: int) -> List[Any]:
        found: List[Any] = []
        if self.text[self.place :].lstrip()[:1] == end:
            self.word()
            return found
        while True:
            found.append(self.value(depth + 1))
            kind, word = self.word()
            if kind == "mark" and word == end:
                return found
            if (kind, word) != ("mark", ","):
                self.wrong(f"a comma or {end!r} belongs before {word!r}")


class _Sql:
    """Put calls into SQL; the values are appended in the order of their question marks."""

    def __init__(self, alias: str, values: List[Any], text: str, fields: Optional[FrozenSet[str]]) -> None:
        self.alias = alias
        self.values = values
        self.text = text
        self.fields = fields  # that may be asked for; None: all

    def wrong(self, call: _Call, why: str) -> NoReturn:
        raise BadFilter(f"{call.name}: {why}, at letter {call.place + 1} of {self.text[:200]!r}")

    def of(self, call: Any, outer: Optional[_Call] = None) -> str:
        if not isinstance(call, _Call):
            assert outer is not None  # the reader gives a call
            self.wrong(outer, f"{getattr(call, 'name', call)!r} stands where a call such as eq(…) belongs")
        name, given = call.name, call.arguments
        field = given[0].name if given and isinstance(given[0], _Field) else None
        if self.fields is not None and (name == "search" or (field is not None and field not in self.fields)):
            self.wrong(call, f"of examples are asked {', '.join(sorted(self.fields))}")
        if name in ("and", "or"):
            if not given:
                self.wrong(call, "give at least one condition")
            if name == "or":
                return "(" + " OR ".join(self.of(one, call) for one in given) + ")"
            return "(" + " AND ".join(self._together(call)) + ")"
        if name == "not":
            if len(given) != 1:
                self.wrong(call, "takes one condition")
            return f"(NOT coalesce({self.of(given[0], call)}, 0))"
        if name == "search":
            if len(given) not in (1, 2) or not isinstance(given[-1], str):
                self.wrong(call, 'takes a text: search("words")')
            if len(given) == 2:
                return self._search_in(call)
            sql, *values = searched(str(given[0]), self.alias)
            self.values += values
            return str(sql)
        if name in COMPARISONS or name in ("has", "in", "exists"):
            if len(given) != 2 or not isinstance(given[0], _Field):
                self.wrong(call, f'takes a field and a value: {name}(name, "x")')
            if given[0].name in _ROWS:
                return self._beside([call])
            return self._has(call) if name in ("has", "exists") else self._compare(call, self._left(call))
        self.wrong(call, f"is no operator; there are and, or, not, {', '.join(COMPARISONS)}, has, exists, in, search")

    def _together(self, outer: _Call) -> List[str]:
        """Put the conditions of one `and`: what asks for feedback and the like is gathered to one row each."""
        parts: List[str] = []
        groups: List[List[_Call]] = []
        latest: Dict[str, Dict[str, List[_Call]]] = {}
        for one in outer.arguments:
            field = one.arguments[0] if isinstance(one, _Call) and one.arguments else None
            if (
                isinstance(one, _Call)
                and one.name in (*COMPARISONS, "in")
                and isinstance(field, _Field)
                and field.name in _ROWS
            ):
                family = _ROWS[field.name][0]
                group = latest.setdefault(family, {"rows": []})["rows"]
                if not group or any(
                    other.arguments[0].name == field.name == f"{field.name.split('_')[0]}_key" for other in group
                ):
                    group = latest[family]["rows"] = []
                    groups.append(group)
                group.append(one)
            else:
                parts.append(self.of(one, outer))
        return parts + [self._beside(group) for group in groups]

    def _beside(self, calls: Sequence[_Call]) -> str:
        family = _ROWS[calls[0].arguments[0].name][0]
        conditions = []
        for call in calls:
            column = _ROWS[call.arguments[0].name][1]
            if call.name in ("has", "exists"):
                self.wrong(call, "asks tags or metadata; use eq")
            conditions.append(self._compare(call, column if "(" in column else f"f.{column}"))
        inside = " AND ".join(conditions)
        if family == "feedback":
            return f"EXISTS (SELECT 1 FROM feedback f WHERE f.run_id={self.alias}.id AND {inside})"
        # sqlite reads JSON less deep than Python does, and would fail the whole query.
        column = f"{self.alias}.{family}"
        return f"EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid({column}) THEN {column} END) f WHERE {inside})"

    def _search_in(self, call: _Call) -> str:
        field = call.arguments[0]
        if not isinstance(field, _Field) or field.name not in _TEXT:
            self.wrong(call, f"is of a text field: {', '.join(sorted(_TEXT))}")
        text = call.arguments[1]
        if field.name in ("inputs", "outputs"):
            text = json.dumps(text, ensure_ascii=False)[1:-1]
        self.values.append(_pattern(text))
        return f"{self.alias}.{_TEXT[field.name]} LIKE ? ESCAPE '\x01'"

    def _has(self, call: _Call) -> str:
        field, value = call.arguments
        if call.name == "exists" and field.name in ("metadata", "inputs", "outputs") and isinstance(value, str):
            self.values.append(value)
            column = f"{self.alias}.{field.name}"
            return f"EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid({column}) THEN {column} END) f WHERE f.key=?)"
        if call.name == "exists":
            self.wrong(call, 'takes metadata, inputs or outputs and a key: exists(metadata, "key")')
        if field.name == "tags":
            if not isinstance(value, str):
                self.wrong(call, 'takes a text: has(tags, "x")')
            self.values.append(value)
            return f"EXISTS (SELECT 1 FROM json_each({self.alias}.tags) WHERE value=?)"
        if field.name in ("metadata", "inputs", "outputs"):
            try:
                wanted = json.loads(value)
                if not isinstance(wanted, dict):
                    raise ValueError("no object")
            except (ValueError, TypeError):
                self.wrong(call, f'takes a JSON object in a text: has({field.name}, \'{{"key": "value"}}\')')
            column = f"{self.alias}.{field.name}"
            plain = [word for pair in wanted.items() for word in pair if isinstance(word, str) and _PLAIN.match(word)]
            self.values += [f'"{word}"' for word in plain]  # as any JSON writes it: most rows are told from these
            self.values.append(dumped(wanted))
            return f"({' AND '.join([*[f'instr({column}, ?)' for _ in plain], f'json_has({column}, ?)'])})"
        self.wrong(call, "is of tags, metadata, inputs or outputs")

    def _left(self, call: _Call) -> str:
        name, alias = call.arguments[0].name, self.alias
        if name in _TEXT:
            return f"{alias}.{_TEXT[name]}"
        if name in _MOMENTS:
            return f"{alias}.{_MOMENTS[name]}"
        if name in _SECONDS:
            return _SECONDS[name].format(alias)
        if name in _COUNTS:
            return TOKENS.format(alias, name)
        if name in COSTS:
            return COST.format(alias, name)
        if name == "status":
            return STATUS.format(alias)
        if name == "thread_id":
            return THREAD.format(alias)
        if name == "is_root":
            return f"({alias}.parent_run_id IS NULL)"
        others = ("status", "thread_id", "is_root", "tags", "metadata")
        known = sorted({*_TEXT, *_MOMENTS, *_SECONDS, *_COUNTS, *COSTS, *_ROWS, *others})
        self.wrong(call, f"{name!r} is no field; there are {', '.join(known)}")

    def _compare(self, call: _Call, left: str) -> str:
        name, value = call.name, call.arguments[1]
        field = call.arguments[0].name
        if name == "in":
            if not isinstance(value, list) or not value:
                self.wrong(call, 'takes a list: in(name, ["a", "b"])')
            several = [one for one in value if one is not None]
            self.values += [self._value(call, field, one) for one in several]
            null = f" OR ({left}) IS NULL" if len(several) < len(value) else ""
            return f"(({left}) IN ({marks(several)}){null})"
        if name == "like" and not isinstance(value, str):
            self.wrong(call, "takes a text, with % for any letters")
        if field == "error" and isinstance(value, bool):
            return f"({left}) IS {'NOT ' if value == (name == 'eq') else ''}NULL"
        put = self._value(call, field, value)
        self.values.append(put)
        compared = f"({left}) {COMPARISONS[name]} ?"
        if name not in ("gt", "gte", "lt", "lte") or field in _TEXT:
            return compared
        # sqlite has every text behind every number; here they have no order.
        return f"({compared} AND typeof({left}) {'=' if isinstance(put, str) else '<>'} 'text')"

    def _value(self, call: _Call, field: str, value: Any) -> Union[None, str, int, float]:
        if isinstance(value, (_Call, _Field, list)):
            self.wrong(call, "takes a text in quotes, a number, true, false or null")
        if field in _MOMENTS and value is not None:
            try:
                return microseconds(value)
            except ValueError as problem:
                self.wrong(call, str(problem))
        if field in _SECONDS and value is not None:
            try:
                return float(value) * 1e6
            except (TypeError, ValueError):
                self.wrong(call, f"{field} is a number of seconds, such as 1.5")
        if isinstance(value, str):
            if field in _IDS:
                return value.lower()
            if field in _COUNTS or field in COSTS:
                self.wrong(call, f"{field} is a number")
            return value
        if isinstance(value, bool):
            return int(value)
        assert value is None or isinstance(value, (int, float))
        if isinstance(value, int) and abs(value) >= 1 << 63:
            return float(value)
        return value


def _pattern(text: str) -> str:
    for special in ("\x01", "%", "_"):
        text = text.replace(special, "\x01" + special)
    return f"%{text}%"
