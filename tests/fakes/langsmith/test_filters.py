"""The filter language, each row against the same few runs, and what is said of a filter that is none."""

from __future__ import annotations

import pytest

from fakes.langsmith.filters import BadFilter
from fakes.langsmith.store import Op, Store

from .asking import a_run, at, run_id, usage

ROOT = a_run(1, 0, name="agent", tags=["prod", "a b"], end_time=at(10), extra={"metadata": {"user": "ann", "n": 3}})
LLM = a_run(2, 1, above=ROOT, name="ChatOpenAI", run_type="llm", end_time=at(3), extra=usage(10, 5),
    inputs={"q": 'say "hi"\nthere', "n": 1}, outputs={"text": "Grüße, 100%_sure"},
    events=[{"name": "new_token", "time": at(1.5)}])  # fmt: skip
TOOL = a_run(3, 4, above=ROOT, name="search", run_type="tool", end_time=at(5), error="ValueError('no')", tags=["it's"])
OTHER = a_run(
    4, 20, name="lone", reference_example_id=run_id(77), extra={"metadata": {"user": "bob", "deep": {"a": [1]}}}
)


@pytest.fixture(scope="module")
def store():
    made = Store()
    made.merge([Op("post", run) for run in (ROOT, LLM, TOOL, OTHER)])
    made.add_feedback({"run_id": ROOT["id"], "key": "right", "score": 1, "comment": "good"})
    made.add_feedback({"run_id": ROOT["id"], "key": "style", "score": 0.2, "value": "dry"})
    made.add_feedback({"run_id": OTHER["id"], "key": "right", "score": 0, "feedback_source": {"type": "model"}})
    yield made
    made.close()


ROWS = [
    ('eq(run_type, "llm")', "2"),
    ("eq(run_type, 'llm')", "2"),
    ('neq(run_type, "chain")', "23"),
    (' eq ( run_type ,"chain" ) ', "14"),
    ("neq(error, null)", "3"),
    ("eq(error, null)", "124"),
    ("eq(error, true)", "3"),
    ("neq(error, true)", "124"),
    ("eq(error, false)", "124"),
    ('search("no")', "3"),
    ('eq(status, "pending")', "4"),
    ('in(status, ["pending", "error"])', "34"),
    ("eq(is_root, true)", "14"),
    ("eq(is_root, false)", "23"),
    ("gt(latency, 2)", "1"),
    ("gte(latency, 2)", "12"),
    ("lt(latency, 1.5)", "3"),
    ("lte(latency, 10.0)", "123"),
    ("lt(first_token, 0.6)", "2"),
    ("gt(total_tokens, 14)", "12"),
    ("eq(total_tokens, 15)", "12"),
    ("eq(prompt_tokens, 0)", "34"),
    (f'gt(start_time, "{at(4)}")', "4"),
    (f'gte(start_time, "{at(4)}")', "34"),
    ('lt(start_time, "2026-11-23T04:25:04Z")', "12"),
    (f'lt(end_time, "{at(4)}")', "2"),
    ('has(tags, "prod")', "1"),
    ('has(tags, "a b")', "1"),
    ('has(tags, "it\'s")', "3"),
    ("has(tags, 'it\\'s')", "3"),
    ('has(tags, "pro")', ""),
    ("""has(metadata, '{"user": "ann"}')""", "1"),
    ("""has(metadata, '{"user": "ann", "n": 3}')""", "1"),
    ("""has(metadata, '{"user": "ann", "n": 4}')""", ""),
    ('has(metadata, "{\\"deep\\": {\\"a\\": [1]}}")', "4"),
    ('and(eq(metadata_key, "user"), eq(metadata_value, "bob"))', "4"),
    ('and(eq(metadata_key, "n"), eq(metadata_value, "bob"))', ""),
    ('and(eq(metadata_key, "n"), gt(metadata_value, 2))', "1"),
    ('and(eq(metadata_key, "user"), eq(metadata_value, "ann"), eq(metadata_key, "n"), eq(metadata_value, 3))', "1"),
    ('eq(metadata_key, "user")', "14"),
    ('exists(metadata, "n")', "1"),
    ('exists(outputs, "text")', "2"),
    ('and(eq(input_key, "n"), eq(input_value, 1))', "2"),
    ('and(eq(output_key, "text"), like(output_value, "gr%"))', "2"),
    ('search("HI")', "2"),
    ('search("say \\"hi\\"\\nthere")', "2"),
    ('search("100%_")', "2"),
    ('search("100__")', ""),
    ('search("Grüße")', "2"),
    ('search("bob")', "4"),
    ('search(inputs, "what is 4")', "4"),
    ('like(name, "%open%")', "2"),
    ('eq(feedback_key, "right")', "14"),
    ('and(eq(feedback_key, "right"), gt(feedback_score, 0.5))', "1"),
    ('and(eq(feedback_key, "style"), gt(feedback_score, 0.5))', ""),
    ('and(eq(feedback_key, "style"), eq(feedback_value, "dry"))', "1"),
    ('and(eq(feedback_key, "right"), eq(feedback_score, 1), eq(feedback_key, "style"), lt(feedback_score, 1))', "1"),
    ('eq(feedback_source, "model")', "4"),
    ('like(feedback_comment, "goo%")', "1"),
    (f'eq(id, "{run_id(3)}")', "3"),
    (f'eq(id, "{run_id(3).upper()}")', "3"),
    (f'eq(trace_id, "{run_id(1)}")', "123"),
    (f'eq(parent_run_id, "{run_id(1)}")', "23"),
    (f'eq(reference_example, "{run_id(77)}")', "4"),
    (f'in(id, ["{run_id(1)}", "{run_id(4)}"])', "14"),
    ('not(eq(run_type, "chain"))', "23"),
    ("not(gt(latency, 2))", "234"),
    ('and(eq(run_type, "chain"), or(has(tags, "prod"), eq(name, "lone")))', "14"),
    ('and(eq(run_type, "chain"), not(or(has(tags, "prod"), eq(name, "nobody"))))', "4"),
    ('eq(name, "a); DROP TABLE runs; --")', ""),
    ("eq(total_tokens, 99999999999999999999999)", ""),
]


@pytest.mark.parametrize("text, numbers", ROWS)
def test_a_filter_finds(store, text, numbers):
    found = store.runs(filter=text, newest_first=False)[0]
    assert "".join(run["name"] and str(int(run["id"][-2:], 16)) for run in found) == numbers


@pytest.mark.parametrize("kind, text, numbers", [
    ("trace_filter", 'eq(name, "agent")', "123"),
    ("trace_filter", 'eq(run_type, "llm")', ""),
    ("trace_filter", 'eq(feedback_key, "style")', "123"),
    ("tree_filter", 'eq(run_type, "llm")', "123"),
    ("tree_filter", 'eq(name, "lone")', "4"),
    ("tree_filter", "gt(total_tokens, 1)", "123"),
])  # fmt: skip
def test_filters_of_the_root_and_of_any_run_of_the_trace(store, kind, text, numbers):
    found = store.runs(newest_first=False, **{kind: text})[0]
    assert "".join(str(int(run["id"][-2:], 16)) for run in found) == numbers
    roots = store.runs(newest_first=False, is_root=True, **{kind: text})[0]
    assert [run["id"] for run in roots] == [run["id"] for run in found if run["parent_run_id"] is None]


BAD = [
    ("", "ends too early"),
    ("eq", "a filter is a call"),
    ('"x"', "a filter is a call"),
    ("eq(", "ends too early"),
    ('eq(name "x")', "a comma"),
    ('eq(name, "x"', "ends too early"),
    ('eq(name, "x") and', "goes on behind its end"),
    ('eq(name, "x)', "no part of a filter"),
    ("eq(name, x)", "in quotes"),
    ('eq("name", "x")', "takes a field and a value"),
    ("eq(name)", "takes a field and a value"),
    ('eq(colour, "x")', "is no field; there are"),
    ('equals(name, "x")', "is no operator; there are"),
    ("and()", "at least one"),
    ("and(name)", "a call such as"),
    ("not(eq(name, null), eq(name, null))", "one condition"),
    ('has(name, "x")', "is of tags"),
    ("has(tags, 1)", "takes a text"),
    ('has(metadata, "x")', "JSON object"),
    ("has(metadata, 1)", "JSON object"),
    ('has(feedback_key, "x")', "use eq"),
    ('exists(tags, "x")', "takes metadata"),
    ("exists(metadata, 1)", "takes metadata"),
    ('in(name, "x")', "takes a list"),
    ("in(name, [])", "takes a list"),
    ("in(name, [eq(name, null)])", "in quotes"),
    ('gt(latency, "soon")', "number of seconds"),
    ('gt(total_tokens, "many")', "is a number"),
    ('gt(start_time, "soon")', "not a time"),
    ("search(1)", "takes a text"),
    ("like(name, 1)", "takes a text"),
    ('eq(name, "\\x")', "escape"),
    ("not(" * 60 + "eq(name, null)" + ")" * 60, "nested more than"),
    ("or(" + ",".join(['eq(name, "x")'] * 400) + ")", "more than 300 calls"),
    ('eq(name, "' + "x" * 30_000 + '")', "at most 20,000"),
]


@pytest.mark.parametrize("text, told", BAD, ids=[row[0][:40] for row in BAD])
def test_a_filter_that_is_none_is_told_in_words(store, text, told):
    with pytest.raises(BadFilter, match=told):
        if not text:
            from fakes.langsmith.filters import compiled

            compiled(text, "r")
        store.count_runs(filter=text)
