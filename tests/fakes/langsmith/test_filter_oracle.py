"""The filter language against a second reading of it: plain Python over the runs as they were sent.

Filters are made at random, written as text, and asked of the store; what each finds is compared with what the oracle
here says of every run. The oracle shares nothing with the server: no SQL, no reader, no derived columns.
"""

from __future__ import annotations

import json
import random
import re
from datetime import datetime

import pytest

from fakes.langsmith.filters import BadFilter
from fakes.langsmith.store import Op, Store

from .asking import a_run, at, run_id

WORDS = ["agent", "Agent", "a b", "it's", 'say "hi"', "Grüße", "100%_sure", "back\\slash", "new\nline", "😀", "42",
    "", "x", "eq(", "null"]  # fmt: skip
KEYS = ["user", "n", "deep", "ünï", "a b"]
SCALARS = ["ann", "bob", "42", "", "Grüße", 0, 1, 3, 42, 1.5, -2, True, False, None]
COMPARED = {
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
}
TYPES = ["llm", "chain", "tool", "retriever"]
SECONDS = [0, 0.5, 1, 1.5, 2.3, 10, 59.999999]


def an_object(chance, depth=0):
    made = {}
    for key in chance.sample(KEYS, chance.randrange(4)):
        made[key] = chance.choice(SCALARS + WORDS)
        if depth < 2 and chance.random() < 0.2:
            made[key] = chance.choice([an_object(chance, depth + 1), [chance.choice(SCALARS), chance.choice(WORDS)]])
    return made


def world(chance):
    """Give runs as they are sent, and feedback."""
    runs, feedback = [], []
    for number in range(1, 41):
        above = chance.choice([None, None, *runs[-6:]])
        start = 60 + number * 2
        fields = {
            "name": chance.choice(WORDS) or "unnamed",
            "run_type": chance.choice(TYPES),
            "tags": chance.sample(WORDS, chance.randrange(3)),
            "inputs": an_object(chance),
            "outputs": an_object(chance),
            "extra": {"metadata": an_object(chance)},
        }
        if chance.random() < 0.7:
            fields["end_time"] = at(start + chance.choice(SECONDS))
        if chance.random() < 0.3:
            fields["error"] = chance.choice(WORDS) or "x"
        if chance.random() < 0.3:
            fields["events"] = [{"name": "new_token", "time": at(start + chance.choice(SECONDS[:4]))}]
        if chance.random() < 0.3:
            fields["reference_example_id"] = run_id(chance.choice([901, 902]))
        if fields["run_type"] == "llm":
            usage = {name: chance.randrange(50) for name in ("input_tokens", "output_tokens")}
            fields["outputs"]["usage_metadata"] = usage
        if chance.random() < 0.3:
            fields["extra"]["metadata"][chance.choice(["thread_id", "session_id"])] = chance.choice(["T1", "t2"])
        runs.append(a_run(number, start, above=above, **fields))
        for _ in range(chance.choice([0, 0, 1, 2])):
            said = {"run_id": run_id(number), "key": chance.choice(["right", "style"]),
                "score": chance.choice([None, 0, 0.5, 1, True]), "comment": chance.choice([None, *WORDS]),
                "value": chance.choice([None, "dry", "wet", 3, {"a": 1}]),
                "feedback_source": {"type": chance.choice(["api", "model"])}}  # fmt: skip
            feedback.append(said)
    return runs, feedback


class Oracle:
    """What a filter says of a run; a filter is a tuple ("eq", field, value), ("and", …), ("has", …) and the like."""

    def __init__(self, runs, feedback):
        self.runs = {run["id"]: run for run in runs}
        self.feedback = feedback

    def fits(self, filter_, run):
        name, *given = filter_
        if name == "not":
            return not self.fits(given[0], run)
        if name == "or":
            return any(self.fits(one, run) for one in given)
        if name == "and":
            return self.all(given, run)
        if name == "search":
            return self.search(given, run)
        field, value = given
        if name == "has" and field == "tags":
            return value in run["tags"]
        if name == "has":
            have = self.object_of(field, run)
            return all(key in have and have[key] == value[key] for key in value)
        if name == "exists":
            return value in self.object_of(field, run)
        if field.partition("_")[0] in ("feedback", "metadata", "input", "output") and field != "outputs":
            return self.all([filter_], run)
        return compare(name, self.value(field, run), convert(field, value))

    def all(self, filters, run):
        groups = []
        latest = {}
        for one in filters:
            rows = one[0] not in ("and", "or", "not", "search", "has", "exists") and self.rows(one[1], run)
            if rows is False or rows is None:
                if not self.fits(one, run):
                    return False
                continue
            family, column = one[1].split("_")
            group = latest.get(family)
            if group is None or (column == "key" and any(other[1] == one[1] for other in group)):
                group = latest[family] = []
                groups.append(group)
            group.append(one)
        return all(
            any(
                all(compare(one[0], row[one[1].split("_")[1]], one[2]) for one in group)
                for row in self.rows(group[0][1], run)
            )
            for group in groups
        )

    def rows(self, field, run):
        family = field.partition("_")[0]
        if field.startswith("feedback_"):
            return [
                {"key": one["key"], "score": one["score"], "comment": one["comment"], "value": plain(one["value"]),
                    "source": one["feedback_source"]["type"]}
                for one in self.feedback if one["run_id"] == run["id"]
            ]  # fmt: skip
        if family in ("metadata", "input", "output") and field.endswith(("_key", "_value")):
            inside = self.object_of({"input": "inputs", "output": "outputs"}.get(family, family), run)
            return [{"key": key, "value": plain(value)} for key, value in inside.items()]
        return None

    def object_of(self, field, run):
        return run["extra"]["metadata"] if field == "metadata" else run[field]

    def search(self, given, run):
        texts = {name: run.get(name) for name in ("name", "error")}
        texts.update({name: dense(self.object_of(name, run)) for name in ("inputs", "outputs", "metadata")})
        texts["tags"] = dense(run["tags"])
        text = given[-1]
        for name in texts if len(given) == 1 else given[:1]:
            wanted = text if name in ("name", "error") else json.dumps(text, ensure_ascii=False)[1:-1]
            if texts[name] is not None and small(wanted) in small(texts[name]):
                return True
        return False

    def value(self, field, run):
        start, end = moment(run["start_time"]), moment(run.get("end_time"))
        first = moment(run["events"][0]["time"]) if run["events"] else None
        if field == "latency":
            return None if end is None else end - start
        if field == "first_token":
            return None if first is None else first - start
        if field in ("start_time", "end_time", "first_token_time"):
            return {"start_time": start, "end_time": end, "first_token_time": first}[field]
        if field == "status":
            return "error" if run.get("error") else "success" if end is not None else "pending"
        if field == "is_root":
            return "parent_run_id" not in run
        if field == "thread_id":
            metadata = run["extra"]["metadata"]
            return metadata.get("thread_id", metadata.get("session_id"))
        if field.endswith("_tokens"):
            return self.tokens(field, run)
        return run.get({"trace": "trace_id", "parent_run": "parent_run_id", "reference_example": "reference_example_id"}
            .get(field, field))  # fmt: skip

    def tokens(self, field, run):
        """Its own, or those of the runs below it; a call below a call counts with the one above it."""
        usage = run["outputs"].get("usage_metadata") if run["run_type"] == "llm" else None
        if usage is not None:
            told = {"prompt_tokens": usage["input_tokens"], "completion_tokens": usage["output_tokens"]}
            return told.get(field, sum(told.values()))
        return sum(self.tokens(field, one) for one in self.runs.values() if one.get("parent_run_id") == run["id"])

    def found(self, query):
        """Give the ids of the runs that fit filter, trace_filter and tree_filter."""
        ids = set()
        for run in self.runs.values():
            inside = [one for one in self.runs.values() if one["trace_id"] == run["trace_id"]]
            of = {"filter": [run], "trace_filter": [self.runs[run["trace_id"]]], "tree_filter": inside}
            if all(any(self.fits(filter_, one) for one in of[name]) for name, filter_ in query.items()):
                ids.add(run["id"])
        return ids


def moment(text):
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1e6)


def dense(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def plain(value):
    return dense(value) if isinstance(value, (dict, list)) else value


def small(text):
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def convert(field, value):
    """Give what a filter says in the units of the oracle: microseconds."""
    if isinstance(value, list):
        return [convert(field, one) for one in value]
    if field in ("latency", "first_token") and value is not None:
        return round(value * 1_000_000)
    if field in ("start_time", "end_time", "first_token_time"):
        return moment(value)
    return value


def kind(value):
    return "number" if isinstance(value, (bool, int, float)) else type(value).__name__


def compare(name, left, right):
    if name == "in":
        return any(kind(left) == kind(one) and left == one for one in right)
    if name in ("eq", "neq"):
        return (kind(left) == kind(right) and left == right) == (name == "eq")
    if left is None or right is None:
        return False
    if name == "like":
        left = str(int(left)) if isinstance(left, bool) else str(left)
        letters = {"%": ".*", "_": "."}
        pattern = "".join(letters.get(letter) or re.escape(letter) for letter in small(right))
        return re.fullmatch(pattern, small(left), re.DOTALL) is not None
    return kind(left) == kind(right) and COMPARED[name](left, right)


def a_filter(chance, depth=0):
    kind = chance.random()
    if depth < 3 and kind < 0.35:
        name = chance.choice(["and", "and", "or", "not"])
        count = 1 if name == "not" else chance.randrange(1, 5)
        return (name, *(a_filter(chance, depth + 1) for _ in range(count)))
    if kind < 0.42:
        where = chance.choice([(), ("name",), ("error",), ("inputs",), ("outputs",)])
        words = [word for word in WORDS if word] + ["AGENT", "grüsse", "ann", "_", "%"]
        return ("search", *where, chance.choice(words))
    if kind < 0.5:
        field = chance.choice(["tags", "metadata", "inputs", "outputs"])
        if field == "tags":
            return ("has", "tags", chance.choice(WORDS))
        return ("has", field, {key: chance.choice(SCALARS) for key in chance.sample(KEYS, chance.choice([0, 1, 1, 2]))})
    if kind < 0.55:
        return ("exists", chance.choice(["metadata", "inputs", "outputs"]), chance.choice(KEYS))
    operators = ["eq", "neq", "gt", "gte", "lt", "lte", "in"]
    fields = {
        ("name", "error", "run_type", "status", "thread_id"): (["like", *operators], WORDS + TYPES + ["error", "T1"]),
        ("latency", "first_token"): (operators, SECONDS),
        ("total_tokens", "prompt_tokens", "completion_tokens"): (operators, [0, 1, 20, 50, 99, 10.5]),
        ("start_time", "end_time", "first_token_time"): (operators, [at(60 + n) for n in (0, 1, 2.3, 30, 41.5, 100)]),
        ("id", "trace_id", "trace", "parent_run_id", "parent_run"): (
            ["eq", "neq", "in"], [run_id(number) for number in range(1, 41)],
        ),
        ("reference_example_id", "reference_example"): (["eq", "neq", "in"], [run_id(n) for n in (901, 902, 903)]),
        ("is_root",): (["eq", "neq"], [True, False]),
        ("feedback_key",): (operators, ["right", "style", "none"]),
        ("feedback_score",): (operators, [0, 0.5, 1, True]),
        ("feedback_value",): (["like", *operators], ["dry", "wet", 3, '{"a":1}']),
        ("feedback_comment",): (["like", *operators], WORDS),
        ("feedback_source",): (["eq", "neq", "in"], ["api", "model"]),
        ("metadata_key", "input_key", "output_key"): (["like", *operators], KEYS),
        ("metadata_value", "input_value", "output_value"): (["like", *operators], SCALARS + WORDS),
    }  # fmt: skip
    group = chance.choice(list(fields))
    names, values = fields[group]
    name, field = chance.choice(names), chance.choice(group)
    values = [*values, None] if name in ("eq", "neq", "in", "gt") and field not in ("is_root",) else values
    if name == "like":
        word = chance.choice([value for value in values if isinstance(value, str)])
        likes = [word, word[:1] + "%", "%" + word[-1:], "%", "_" * len(word), word.upper()]
        return ("like", field, chance.choice(likes))
    if name == "in":
        return ("in", field, [chance.choice(values) for _ in range(chance.randrange(1, 4))])
    return (name, field, chance.choice(values))


def written(filter_, chance):
    """Give a filter as text, with the freedom that the language leaves."""
    name, *given = filter_
    space = chance.choice(["", "", " ", "\n "])
    parts = []
    for number, one in enumerate(given):
        if isinstance(one, tuple):
            parts.append(written(one, chance))
        elif number == 0 and len(given) == 2:
            parts.append(one)
        elif name == "has" and given[0] != "tags":
            parts.append(text(json.dumps(one, ensure_ascii=chance.random() < 0.5), chance))
        elif isinstance(one, list):
            parts.append("[" + ("," + space).join(value(item, chance) for item in one) + space + "]")
        else:
            parts.append(value(one, chance))
    return f"{name}{space}({space}" + f"{space},{space}".join(parts) + f"{space})"


def value(one, chance):
    if isinstance(one, str):
        return text(one, chance)
    return {True: "true", False: "false", None: "null"}[one] if one is None or isinstance(one, bool) else repr(one)


def text(one, chance):
    if chance.random() < 0.5:
        return json.dumps(one, ensure_ascii=chance.random() < 0.5)
    return "'" + one.replace("\\", "\\\\").replace("'", "\\'") + "'"


@pytest.mark.time_limit(60)
@pytest.mark.parametrize("seed", range(6))
def test_random_filters_find_what_a_second_reading_finds(seed):
    chance = random.Random(seed)
    runs, feedback = world(chance)
    oracle, store = Oracle(runs, feedback), Store()
    store.merge([Op("post", run) for run in runs], feedback)
    some = 0
    for _ in range(300):
        query = {name: a_filter(chance) for name in ("filter", "trace_filter", "tree_filter")
            if chance.random() < (0.9 if name == "filter" else 0.15)}  # fmt: skip
        said = {name: written(one, chance) for name, one in query.items()}
        found = {run["id"] for run in store.runs(limit=1_000, select=["id"], **said)[0]}
        wanted = oracle.found(query)
        some += 0 < len(wanted) < len(runs)
        assert found == wanted, (said, sorted(found - wanted), sorted(wanted - found))
    assert some > 100  # not all of them trivial
    for run in store.runs(limit=1_000)[0]:
        for name in ("total_tokens", "prompt_tokens", "completion_tokens"):
            assert run[name] == oracle.tokens(name, oracle.runs[run["id"]])
    store.close()


PIECES = ["eq", "and", "(", ")", "(", ")", ",", "[", "]", '"', "'", "\\", "name", "tags", "latency", "metadata",
    "null", "true", "1.5", "-", "1e999", "\0", "😀", "has", "in", "not", "search", " ", '"x"', "feedback_key",
    "9" * 30]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_a_garbled_filter_is_refused_with_its_place_or_read(seed):
    chance = random.Random(seed)
    store = Store()
    store.merge([Op("post", a_run(1))])
    refused = 0
    for _ in range(400):
        said = written(a_filter(chance), chance)
        for _ in range(chance.choice([1, 1, 3])):
            start = chance.randrange(len(said) + 1)
            said = said[:start] + chance.choice(PIECES) + said[start + chance.randrange(3) :]
        if chance.random() < 0.2:
            said = "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 12)))
        try:
            store.count_runs(filter=said)
        except BadFilter as problem:
            refused += 1
            place = re.search(r"at letter (\d+) of ", str(problem))
            assert place and 1 <= int(place.group(1)) <= len(said) + 1, (said, str(problem))
    assert refused > 100
    store.close()
