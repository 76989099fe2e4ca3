"""Snapshots of values, and runs as LangSmith gets them: every field, what is hidden, what is never told."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import re
import uuid
from collections import OrderedDict, deque, namedtuple

import pytest

from minichat import (
    AIMessage,
    AIMessageChunk,
    ChatPromptTemplate,
    ChatPromptValue,
    HumanMessage,
    MessagesPlaceholder,
    PromptTemplate,
    StringPromptValue,
    ToolMessage,
)
from minichat.outputs import ChatGeneration, ChatGenerationChunk, Generation, LLMResult
from minichat.settings import SecretStr
from minichat.tracers.langsmith import RunTree, traceable
from minichat.tracers.langsmith.manifests import manifest_of
from minichat.tracers.langsmith.payloads import Terms, TracedRun, begun, ended, merged, runtime
from minichat.tracers.langsmith.settings import Settings
from minichat.tracers.langsmith.snapshots import (
    snapshot,
    snapshot_inputs,
    snapshot_message,
    snapshot_result,
    weight,
)

UTC = datetime.timezone.utc
START = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ID = uuid.UUID("01970000-0000-7000-8000-000000000001")
Pair = namedtuple("Pair", "left right")


class Colour(enum.Enum):
    RED = "red"


class Number(int):
    pass


@dataclasses.dataclass
class Place:
    city: str
    at: tuple


class Model:
    def model_dump(self):
        return {"field": {1, 1}}


class Broken:
    def __str__(self):
        raise RuntimeError("no text")


VALUES = [
    ("text", "text"),
    (None, None),
    (True, True),
    (1.5, 1.5),
    ([1, (2, [3])], [1, [2, [3]]]),
    ({"a": {"b": (1,)}}, {"a": {"b": [1]}}),
    ({1: "a", None: "b", True: "c", 2.5: "d", (1, 2): "e"}, {"1": "c", "null": "b", "2.5": "d", "(1, 2)": "e"}),
    ({7}, [7]),
    (deque([1]), [1]),
    (OrderedDict(a=1), {"a": 1}),
    (Pair(1, [2]), {"left": 1, "right": [2]}),
    (b"\x00\xff", "AP8="),
    (START, "2026-01-02T03:04:05.678901+00:00"),
    (datetime.timedelta(seconds=90), 90.0),
    (ID, str(ID)),
    (decimal.Decimal("1.5"), 1.5),
    (decimal.Decimal("3"), 3),
    (Colour.RED, "red"),
    (Number(4), 4),
    (pathlib.PurePosixPath("/a"), "/a"),
    (re.compile("a+"), "a+"),
    (Place("Oslo", (1, 2)), {"city": "Oslo", "at": [1, 2]}),
    (Model(), {"field": [1]}),
    (ValueError("no"), {"error": "ValueError", "message": "no"}),
    (SecretStr("sk-secret"), "**********"),
    (int, "<class 'int'>"),
    (Broken(), f"<{__name__}.Broken, not described: RuntimeError>"),
    (StringPromptValue(text="a"), {"text": "a", "type": "StringPromptValue"}),
]


@pytest.mark.parametrize("value, described", VALUES, ids=lambda value: type(value).__name__)
def test_any_value_is_described_as_json(value, described):
    found = snapshot({"x": value})["x"]
    assert found == described and type(found) is type(described)
    json.dumps(found)


def circle():
    value = []
    value.append(value)
    return value


def wheel():
    value = {}
    value.update(a=value, b=[value, value])
    return value


def chain_of(length):
    value = "end"
    for _ in range(length):
        value = [value]
    return value


@pytest.mark.parametrize("value", [circle(), wheel(), chain_of(100), chain_of(5000)], ids=["circle", "wheel", "deep", "too deep"])
def test_a_value_that_contains_itself_or_goes_too_deep_is_cut_off(value):
    text = json.dumps(snapshot(value))
    assert '"..."' in text and len(text) < 50_000


@pytest.mark.parametrize("value", [circle(), wheel(), chain_of(5000)], ids=["circle", "wheel", "too deep"])
def test_a_message_whose_field_contains_itself_is_cut_off_too(value):
    kept = snapshot_message(HumanMessage("hi", additional_kwargs={"odd": value}))
    text = json.dumps(kept.additional_kwargs)
    assert '"..."' in text and len(text) < 50_000 and kept.content == "hi"


def test_a_snapshot_does_not_change_with_its_original():
    odd = OrderedDict(a=[1])
    mine = {"list": [1, (2,)], "odd": odd, "flat": {"n": 1}, 5: {"flat": True}, "shared": odd}
    kept = snapshot(mine)
    mine["list"].append(3)
    odd["a"].append(2)
    mine["flat"]["n"] = mine[5]["flat"] = "changed"
    assert kept == {
        "list": [1, [2]],
        "odd": {"a": [1]},
        "flat": {"n": 1},
        "5": {"flat": True},
        "shared": {"a": [1]},
    }


def test_a_dict_that_grows_meanwhile_is_kept_as_it_was():
    class Growing:
        def __str__(self):
            mine[f"new {len(mine)}"] = 1
            return "described"

    mine = {"a": Growing(), "b": [Growing()]}
    assert snapshot(mine) == {"a": "described", "b": ["described"]}


@pytest.mark.parametrize("keep", [snapshot, lambda value: snapshot_inputs({"messages": [value]})["messages"][0]])
def test_messages_stay_messages_and_are_the_snapshots_own(keep):
    message = AIMessage(
        [{"type": "text", "text": "a"}],
        tool_calls=[{"name": "f", "args": {"x": [1]}, "id": "c"}],
        additional_kwargs={"k": {"deep": 1}},
    )
    [kept] = keep([message])
    assert type(kept) is AIMessage and kept == message and kept is not message
    message.content[0]["text"] = "changed"
    message.tool_calls[0]["args"]["x"].append(2)
    message.additional_kwargs["k"]["deep"] = 2
    message.id = "new"
    assert kept.content == [{"type": "text", "text": "a"}]
    assert kept.tool_calls[0]["args"] == {"x": [1]}
    assert (kept.additional_kwargs, kept.id) == ({"k": {"deep": 1}}, None)


def test_a_large_text_is_kept_as_it_is_and_not_copied():
    large = "x" * 300_000
    message = HumanMessage([{"type": "image_url", "image_url": {"url": large}}])
    result = LLMResult(generations=[[ChatGeneration(message=AIMessage(large))]])
    top, kept, deep = snapshot([{"a": large, "n": 1}, message, {"in": ["side", (1, {"deep": large})]}])
    answer = snapshot_result(result).generations[0][0].message
    message.content[0]["image_url"]["url"] = result.generations[0][0].message.content = "changed"
    assert top["a"] is large and deep["in"][1][1]["deep"] is large
    assert kept.content[0]["image_url"]["url"] is large and answer.content is large


@pytest.mark.parametrize("keep", [snapshot_message, snapshot])
def test_the_snapshot_of_a_sum_does_not_grow_with_it(keep):
    total = AIMessageChunk("a", id="1") + AIMessageChunk("b", id="1")
    kept = keep(total)
    more = total + AIMessageChunk("c", id="1")
    assert (kept.content, more.content, total.content) == ("ab", "abc", "ab")


def test_a_result_is_kept_with_its_messages():
    info = {"finish_reason": "stop", "odd": {1}}
    message = AIMessage("hi")
    result = LLMResult(
        generations=[[ChatGeneration(message=message, generation_info=info)], [Generation(text="t")]],
        llm_output={"token_usage": {"n": 1}},
    )
    kept = snapshot_result(result)
    message.content = "changed"
    info["finish_reason"] = "changed"
    result.llm_output["token_usage"]["n"] = 2
    result.generations[1].clear()
    assert [[one.text for one in answers] for answers in kept.generations] == [["hi"], ["t"]]
    assert kept.generations[0][0].generation_info == {"finish_reason": "stop", "odd": [1]}
    assert kept.llm_output == {"token_usage": {"n": 1}}


@pytest.mark.parametrize(
    "value, least",
    [
        ("x" * 1000, 1000),
        ({"a": ["x" * 1000, 1]}, 1000),
        ([HumanMessage("x" * 1000)], 1000),
        ([HumanMessage([{"type": "text", "text": "x" * 1000}])], 1000),
        (LLMResult(generations=[[ChatGeneration(message=AIMessage("x" * 1000))]]), 1000),
        (AIMessageChunk("x" * 30, id="a") + AIMessageChunk("y" * 30, id="a"), 60),
    ],
)
def test_the_weight_is_about_the_size(value, least):
    assert least <= weight(value) < 3 * least + 1000


# -- runs --------------------------------------------------------------------------------------


def model_run(**fields):
    given = {
        "id": ID,
        "name": "ChatOpenAI",
        "run_type": "llm",
        "start_time": START,
        "inputs": {"messages": [[HumanMessage("hello")]]},
        "serialized": {"lc": 1, "type": "constructor", "id": ["a"], "kwargs": {}},
        "extra": {
            "invocation_params": {"model": "m", "stop": None, "tools": [{"type": "function"}], "temperature": 0.5},
            "options": {"stop": None},
            "batch_size": 1,
            "metadata": {"ls_provider": "openai", "temperature": "the run's own", "ls_stop": ["END OF IT"]},
        },
        "events": [{"name": "start", "time": START}],
        "tags": ["a"],
        "session_name": "p",
        "dotted_order": f"20260102T030405678901Z{ID}",
    }
    marks = {name: fields.pop(name) for name in ("is_late", "is_told") if name in fields}
    run = TracedRun(**{**given, **fields})
    run.__dict__.update(marks)
    return run


ANSWER = LLMResult(
    generations=[
        [
            ChatGeneration(
                message=AIMessage(
                    "hi",
                    usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
                    tool_calls=[{"name": "f", "args": {}, "id": "c"}],
                )
            )
        ]
    ]
)


PLAIN = Terms(Settings(), {"LANGCHAIN_HOBBY": "chess"})


def finished(**fields):
    run = model_run(**fields)
    begun(run, PLAIN)
    run.outputs = ANSWER
    run.end_time = START + datetime.timedelta(seconds=1)
    run.events = [*run.events, {"name": "end", "time": run.end_time}]
    return run


def test_a_run_that_begins_is_told_whole():
    told = begun(model_run(), PLAIN).resolve()
    assert told == {
        "id": str(ID),
        "trace_id": str(ID),
        "dotted_order": f"20260102T030405678901Z{ID}",
        "name": "ChatOpenAI",
        "run_type": "llm",
        "start_time": "2026-01-02T03:04:05.678901+00:00",
        "session_name": "p",
        "tags": ["a"],
        "events": [{"name": "start", "time": "2026-01-02T03:04:05.678901+00:00"}],
        "serialized": {"lc": 1, "type": "constructor", "id": ["a"], "kwargs": {}},
        "inputs": {
            "messages": [
                [
                    {
                        "lc": 1,
                        "type": "constructor",
                        "id": ["langchain", "schema", "messages", "HumanMessage"],
                        "kwargs": {"content": "hello", "type": "human"},
                    }
                ]
            ]
        },
        "extra": {
            "invocation_params": {"model": "m", "stop": None, "tools": [{"type": "function"}], "temperature": 0.5},
            "options": {"stop": None},
            "batch_size": 1,
            "metadata": {
                "ls_provider": "openai",
                "temperature": "the run's own",
                "ls_stop": ["END OF IT"],
                "model": "m",
                "stop": None,
                "LANGCHAIN_HOBBY": "chess",
            },
            "runtime": runtime(),
        },
    }


def test_a_run_that_has_ended_tells_what_is_new():
    told = ended(finished(), PLAIN).resolve()
    assert "inputs" not in told and "serialized" not in told and "error" not in told
    assert told["end_time"] == "2026-01-02T03:04:06.678901+00:00"
    assert [event["name"] for event in told["events"]] == ["start", "end"]
    assert told["extra"]["metadata"]["usage_metadata"]["total_tokens"] == 3
    assert told["extra"]["tool_call_count"] == 1
    [[answer]] = told["outputs"]["generations"]
    assert (answer["text"], answer["type"], answer["message"]["id"][-1]) == ("hi", "ChatGeneration", "AIMessage")
    assert told["outputs"]["type"] == "LLMResult" and told["outputs"]["run"] is None


def test_inputs_that_became_known_are_told_at_the_end():
    run = model_run(run_type="chain", inputs={"input": "late"}, is_late=True)
    run.end_time = START
    assert ended(run, PLAIN).resolve()["inputs"] == {"input": "late"}


@pytest.mark.parametrize("fields", [{}, {"run_type": "chain", "inputs": {"input": "late"}, "is_late": True}])
def test_a_run_that_is_told_in_one_piece_is_its_beginning_and_its_end(fields):
    run = model_run(**fields)
    first = begun(run, PLAIN)
    run.outputs, run.end_time = (ANSWER if not fields else {"output": 1}), START
    run.events = [*run.events, {"name": "end", "time": START}]
    last = ended(run, PLAIN)
    whole = {**first.resolve(), **last.resolve()}
    assert last.resolve(whole=True) == whole
    for operations in ([("post", first), ("patch", last)], [("patch", last), ("post", first)]):
        assert merged(operations) == ("post", whole)
    assert merged([("post", first), ("post", first), ("patch", dict(last))]) == ("post", whole)
    assert merged([("patch", last)]) == ("patch", last.resolve()) and "serialized" not in last.resolve()
    assert merged([("post", first)]) == ("post", first.resolve()) and "end_time" not in first.resolve()
    plain = {"id": "1", "a": 1}
    assert merged([("post", plain), ("patch", {**plain, "b": 2})]) == ("post", {**plain, "b": 2})
    assert merged([("patch", {"id": "1", "a": 1, "b": None}), ("post", {"id": "1", "a": 2, "b": 3})]) == (
        "post",
        {"id": "1", "a": 1, "b": 3},
    )


def test_a_run_whose_halves_wait_together_is_written_out_once(monkeypatch):
    written = []
    run = model_run()
    halves = [("post", begun(run, PLAIN))]
    run.outputs, run.end_time = ANSWER, START
    halves.append(("patch", ended(run, PLAIN)))
    resolve = type(halves[0][1]).resolve
    monkeypatch.setattr(type(halves[0][1]), "resolve", lambda run, **how: written.append(how) or resolve(run, **how))
    assert merged(halves)[1]["end_time"] and written == [{"whole": True}]
    other = begun(model_run(), PLAIN)
    assert merged([("post", other), halves[1]])[0] == "post" and written[1:] == [{}, {}]


def test_the_end_of_a_run_weighs_what_is_told_in_it():
    def weight_of(is_told=True, **fields):
        run = model_run(**fields)
        if is_told:
            begun(run, PLAIN)
        run.end_time = START
        return ended(run, PLAIN).weight

    long, tools = "x" * 5000, {"invocation_params": {"tools": [{"description": "z" * 5000}]}}
    least = weight_of()
    assert 1000 < least < 4000
    assert weight_of(error=long) - least == 5000
    assert weight_of(run_type="chain", outputs={"y": long}) - least > 4900
    assert weight_of(run_type="chain", inputs={"y": long}, is_late=True) - least > 4900
    assert weight_of(extra=tools) == weight_of(run_type="chain", inputs={"y": long}) == least  # it was told before
    assert weight_of(is_told=False, extra=tools) - least > 4900


def test_the_end_of_a_run_is_told_as_it_was_then():
    run = model_run(run_type="chain", inputs={"x": ["late"]}, is_late=True, extra={"metadata": {"m": ["as it was"]}})
    inputs, metadata = run.inputs, run.metadata
    run.outputs = outputs = {"y": ["as it was"]}
    run.end_time = START
    last = ended(run, PLAIN)
    inputs["x"].append("changed")
    outputs["y"].append("changed")
    metadata["m"].append("changed")
    assert "as it was" in str(last.resolve()) and "changed" not in str(last.resolve())


def test_what_a_model_is_asked_is_told_as_it_was_when_the_run_began():
    message = HumanMessage([{"type": "text", "text": "before"}])
    batch = [message]
    for inputs in ({"messages": [batch]}, {"messages": [batch], "more": [message]}):
        pending = begun(model_run(inputs=inputs), PLAIN)
        size = pending.weight
        message.content[0]["text"] = "after"
        batch.append(message)
        text = json.dumps(pending.resolve()["inputs"])
        assert text.count("before") == len(inputs) and "after" not in text
        assert size == pending.weight > 2000
        message.content[0]["text"] = "before"
        batch.pop()


class Array:
    """As of numpy: neither true nor false, and compared element by element."""

    def __init__(self, text="array([1, 2])"):
        self.text = text

    def __bool__(self):
        raise ValueError("the truth value of an array is ambiguous")

    def __eq__(self, other):
        return Array()

    def __repr__(self):
        if self.text is None:
            raise RuntimeError("a program's own")
        return self.text


@pytest.mark.parametrize("text, told", [("array", "array"), (None, "<Array, whose repr raises RuntimeError>")])
def test_what_a_tool_gave_beside_its_text_costs_no_run_that_is_shown_it(text, told):
    message = ToolMessage("x", tool_call_id="1", artifact=Array(text))
    [[dumped]] = begun(model_run(inputs={"messages": [[message]]}), PLAIN).resolve()["inputs"]["messages"]
    artifact = dumped["kwargs"]["artifact"]
    assert (artifact["type"], artifact["id"][-1], artifact["repr"]) == ("not_implemented", "Array", told)
    assert "additional_kwargs" not in dumped["kwargs"]  # what is empty says nothing


def test_messages_in_a_chain_are_told_plainly():
    value = {"a": [HumanMessage("x", name=None)], "p": ChatPromptValue(messages=[AIMessage("y")])}
    told = begun(model_run(run_type="chain", inputs=value, extra={}), PLAIN).resolve()
    assert told["inputs"]["a"] == [
        {"content": "x", "additional_kwargs": {}, "response_metadata": {}, "type": "human"}
    ]
    assert told["inputs"]["p"]["messages"][0]["content"] == "y"
    assert "serialized" not in told
    assert sorted(told["extra"]) == ["metadata", "runtime"]


def test_a_message_with_odd_things_in_it_is_json_all_the_same():
    message = ToolMessage("x", tool_call_id="c", artifact={"when": START, "what": {1}}, additional_kwargs={"o": object})
    for kind in ("chain", "llm"):
        run = model_run(run_type=kind, inputs={"messages": [[message]]})
        assert "2026" in json.dumps(begun(run, PLAIN).resolve()["inputs"])


def test_marks_and_kinds_of_events():
    run = model_run()
    run.events += [
        {"name": "new_token", "time": START, "kwargs": {"token": "secret text"}},
        {"name": "retry", "time": START, "kwargs": {"attempt": 1}},
    ]
    told = begun(run, PLAIN).resolve()
    assert told["events"][1:] == [
        {"name": "new_token", "time": START.isoformat()},
        {"name": "retry", "time": START.isoformat(), "kwargs": {"attempt": 1}},
    ]


def test_ids_of_every_kind_are_texts():
    child = model_run(parent_run_id=uuid.UUID(int=2), trace_id=uuid.UUID(int=3), reference_example_id="e1")
    told = begun(child, PLAIN).resolve()
    assert told["parent_run_id"] == str(uuid.UUID(int=2))
    assert told["trace_id"] == str(uuid.UUID(int=3)) and told["reference_example_id"] == "e1"


def test_a_pending_run_says_where_it_stands_and_how_heavy_it_is():
    pending = begun(model_run(inputs={"x": "y" * 5000}), PLAIN)
    assert (pending["id"], pending["dotted_order"]) == (str(ID), f"20260102T030405678901Z{ID}")
    assert 5000 < pending.weight < 12000
    assert pending.resolve() == pending.resolve()
    tools = {"invocation_params": {"tools": [{"description": "z" * 9000}]}}
    assert begun(model_run(extra=tools), PLAIN).weight > 9000


def test_a_sink_of_the_programs_own_may_read_a_run_as_a_dict():
    first = begun(model_run(), PLAIN)
    run = finished()
    last = ended(run, PLAIN)
    for pending in (first, last):
        assert dict(pending) == pending.resolve() == {**pending} and len(pending) == len(pending.resolve())
        assert list(pending) == list(pending.keys()) == list(pending.resolve())
        assert json.loads(json.dumps(dict(pending))) == dict(pending)
        assert (pending["name"], pending.get("run_type"), pending.get("no such")) == ("ChatOpenAI", "llm", None)
        assert "trace_id" in pending and "no such" not in pending
        with pytest.raises(KeyError):
            pending["no such"]
        assert pending["extra"] is pending["extra"]  # written out once
        assert pending == pending and len({first, last, pending}) == 2
    assert first != begun(model_run(), PLAIN) and first["inputs"] and "inputs" not in last
    assert last["outputs"]["generations"] and last["end_time"]


def test_a_traced_functions_run_reads_as_any_other():
    told = []

    class Sink:
        settings = None

        def submit(self, op, run):
            told.append((op, run["dotted_order"], run.get("inputs"), run.get("outputs"), dict(run)["events"]))

    @traceable(client=Sink(), enabled=True)
    def double(x):
        return 2 * x

    assert double(2) == 4
    [(_, order, inputs, _, _), (op, same, _, outputs, _)] = told
    assert (op, order, inputs, outputs) == ("patch", same, {"x": 2}, {"output": 4})


def test_the_halves_of_a_run_made_by_hand_are_told_as_each_was():
    told = []

    class Sink:
        settings = None

        def submit(self, op, run):
            told.append((op, run))

    inputs = {"x": ["as it began"]}
    tree = RunTree(name="n", inputs=inputs, client=Sink())
    tree.post()
    inputs["x"][0] = "changed"
    tree.end(outputs={"y": 1})
    tree.patch()
    inputs["x"][0] = "changed again"
    op, run = merged(told)
    assert (op, run["inputs"], run["outputs"]) == ("post", {"x": ["as it began"]}, {"y": 1})


def test_where_a_run_stands_is_said_without_writing_it_out(monkeypatch):
    pending = begun(model_run(), PLAIN)
    monkeypatch.setattr(type(pending), "resolve", None)
    assert pending["id"] in pending["dotted_order"]


ASKED = ["hello", '"tools"', '"stop"', "END OF IT", '"temperature": 0.5', '"serialized"']
HIDDEN = [  # switch, what is in neither half of the run, what still is, is the answer told
    ("hide_inputs", ASKED, ["ls_provider", "chess", "total_tokens"], True),
    ("hide_outputs", ["generations", "AIMessage"], [*ASKED, "ls_provider", "total_tokens"], False),
    ("hide_metadata", [*ASKED[1:], "ls_provider", "chess", "input_tokens"], ["hello"], True),
]


@pytest.mark.parametrize("switch, hidden, shown, answered", HIDDEN)
def test_what_is_hidden_is_nowhere_in_the_run(switch, hidden, shown, answered):
    terms = Terms(Settings(**{switch: True}), {"LANGCHAIN_HOBBY": "chess"})
    patch = ended(finished(), terms).resolve()
    assert bool(patch.pop("outputs")) is answered
    text = json.dumps([begun(model_run(), terms).resolve(), patch])
    assert [one for one in hidden if one in text] == []
    assert [one for one in shown if one not in text] == []


def test_a_sampled_trace_says_at_which_rate():
    told = begun(model_run(), Terms(Settings(sampling_rate=0.5), {})).resolve()
    assert told["extra"]["metadata"]["ls_tracing_sample_rate"] == 0.5


def test_the_sum_of_a_stream_is_written_out_by_its_reader():
    chunk = AIMessageChunk("a", id="1") + AIMessageChunk("b", id="1")
    run = finished()
    run.outputs = LLMResult(generations=[[ChatGenerationChunk(message=chunk)]])
    [[answer]] = ended(run, PLAIN).resolve()["outputs"]["generations"]
    assert (answer["text"], answer["type"]) == ("ab", "ChatGenerationChunk")
    assert answer["message"]["kwargs"]["content"] == "ab"


def test_usage_of_several_answers_is_added_up():
    run = finished()
    run.outputs = LLMResult(generations=[ANSWER.generations[0] * 2])
    assert ended(run, PLAIN).resolve()["extra"]["metadata"]["usage_metadata"]["total_tokens"] == 6


# -- prompts -----------------------------------------------------------------------------------


class OwnPrompt(PromptTemplate):
    pass


def text(template, *names):
    fields = {"input_variables": list(names), "template": template, "template_format": "f-string"}
    identity = ["langchain", "prompts", "prompt", "PromptTemplate"]
    return {"lc": 1, "type": "constructor", "id": identity, "kwargs": fields, "name": "PromptTemplate"}


def in_chat(name, **fields):
    return {"lc": 1, "type": "constructor", "id": ["langchain", "prompts", "chat", name], "kwargs": fields}


def test_a_prompt_is_told_as_its_constructor():
    prompt = ChatPromptTemplate.from_messages(
        [("system", "be {how}"), HumanMessage("x"), MessagesPlaceholder("past", optional=True), ("human", [{"text": "{a}"}])]
    ).partial(how="brief")
    fixed = {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"]}
    assert manifest_of(prompt) == {
        **in_chat(
            "ChatPromptTemplate",
            input_variables=["a"],
            optional_variables=["past"],
            partial_variables={"past": [], "how": "brief"},
            messages=[
                in_chat("SystemMessagePromptTemplate", prompt=text("be {how}", "how")),
                {**fixed, "kwargs": {"content": "x", "type": "human"}},
                in_chat("MessagesPlaceholder", variable_name="past", optional=True),
                in_chat("HumanMessagePromptTemplate", prompt=[text("{a}", "a")]),
            ],
        ),
        "name": "ChatPromptTemplate",
    }


def test_a_prompt_of_the_programs_own_kind_is_named_and_not_opened():
    told = manifest_of(OwnPrompt.from_template("my {x}"))
    assert told == {"lc": 1, "type": "not_implemented", "id": [*__name__.split("."), "OwnPrompt"], "name": "OwnPrompt"}


def give_date():
    return "today"


def test_a_function_that_fills_a_variable_is_named():
    told = manifest_of(ChatPromptTemplate.from_template("{date}").partial(date=give_date))["kwargs"]["partial_variables"]
    identity = [*__name__.split("."), "give_date"]
    assert told == {"date": {"lc": 1, "type": "not_implemented", "id": identity, "repr": repr(give_date)}}


def image_url(url):
    return {"type": "image_url", "image_url": {"url": url}}


# What a program puts into a message, and how the chat view gets it; the others as they are.
BLOCKS = [
    ({"type": "image", "url": "https://x/1.png"}, image_url("https://x/1.png")),
    ({"type": "image", "source_type": "url", "url": "https://x/1.png"}, image_url("https://x/1.png")),
    ({"type": "image", "base64": "AA==", "mime_type": "image/png"}, image_url("data:image/png;base64,AA==")),
    (
        {"type": "image", "source_type": "base64", "data": "AA==", "mime_type": "image/png"},
        image_url("data:image/png;base64,AA=="),
    ),
    (
        {"type": "file", "base64": "AA==", "mime_type": "application/pdf"},
        {"type": "file", "mime_type": "application/pdf", "data": "AA==", "source_type": "base64"},
    ),
    ({"text": "hi"}, {"type": "text", "text": "hi"}),
    *[
        (same, same)
        for same in (
            {"type": "image", "base64": "AA=="},
            {"type": "image", "file_id": "f1", "url": "https://x"},
            {"type": "image", "source_type": "id", "id": "f1"},
            {"type": "image", "source": {"type": "base64", "data": "AA=="}},
            {"type": "audio", "base64": "AA==", "mime_type": "audio/wav"},
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA=="}},
            {"a": 1, "b": 2},
            {},
            "text",
        )
    ],
]


@pytest.mark.parametrize("given, told", BLOCKS, ids=str)
def test_a_model_is_shown_pictures_and_files_as_the_chat_view_draws_them(given, told):
    run = model_run(inputs={"messages": [[HumanMessage([given])]]})
    assert begun(run, PLAIN).resolve()["inputs"]["messages"][0][0]["kwargs"]["content"] == [told]
    chain = model_run(run_type="chain", inputs={"input": HumanMessage([given])})
    assert begun(chain, PLAIN).resolve()["inputs"]["input"]["content"] == [given]
