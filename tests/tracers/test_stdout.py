"""What the console tracer prints, event by event, from events told by hand."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from minichat.messages import AIMessage
from minichat.outputs import ChatGeneration, LLMResult
from minichat.tracers.stdout import ConsoleCallbackHandler, FunctionCallbackHandler, elapsed, try_json_stringify
from tests.tracers.feeding import end, fail, start, tell

GREEN, BLUE, RED = "\x1b[32;1m\x1b[1;3m", "\x1b[36;1m\x1b[1;3m", "\x1b[31;1m\x1b[1;3m"
PLAIN, BOLD = "\x1b[0m", "\x1b[1m"
ANSWER = LLMResult(generations=[[ChatGeneration(message=AIMessage("a"))]])


def said(events):
    lines = []
    tell(FunctionCallbackHandler(lines.append), events)
    return [re.sub(r"\[\d+ms\]", "[0ms]", line) for line in lines]


ROWS = [
    # events, the text of the last
    ([start(1, name="up")], f'{GREEN}[chain/start]{PLAIN} {BOLD}[chain:up] Entering Chain run with input:\n{PLAIN}{{\n  "input": "in"\n}}'),
    ([start(1, inputs={"é": object()}, kind="parser", name="p")], f"{GREEN}[chain/start]{PLAIN} {BOLD}[parser:p] Entering Parser run with input:\n{PLAIN}[inputs]"),
    ([start(1, name="up"), end(1)], f'{BLUE}[chain/end]{PLAIN} {BOLD}[chain:up] [0ms] Exiting Chain run with output:\n{PLAIN}{{\n  "output": "out"\n}}'),
    ([start(1, name="up"), end(1, object())], f"{BLUE}[chain/end]{PLAIN} {BOLD}[chain:up] [0ms] Exiting Chain run with output:\n{PLAIN}[outputs]"),
    ([start(1, name="up"), fail(1, KeyError("k"))], f"{RED}[chain/error]{PLAIN} {BOLD}[chain:up] [0ms] Chain run errored with error:\n{PLAIN}\"KeyError('k')KeyError: 'k'\""),
    ([start(1, name="a"), start(2, 1, name="b"), start(3, 2, kind="llm", inputs=" Human: é \n")], f'{GREEN}[llm/start]{PLAIN} {BOLD}[chain:a > chain:b > llm:Model] Entering LLM run with input:\n{PLAIN}{{\n  "prompts": [\n    "Human: é"\n  ]\n}}'),
    ([start(1, kind="llm"), fail(1, KeyError("k"), "llm")], f"{RED}[llm/error]{PLAIN} {BOLD}[llm:Model] [0ms] LLM run errored with error:\n{PLAIN}\"KeyError('k')KeyError: 'k'\""),
    ([start(1, kind="tool", inputs=" 3 ")], f'{GREEN}[tool/start]{PLAIN} {BOLD}[tool:t] Entering Tool run with input:\n{PLAIN}"3"'),
    ([("on_tool_start", 1, None, ({"name": "t"}, "x"), {"inputs": {"a": 1}})], f'{GREEN}[tool/start]{PLAIN} {BOLD}[tool:t] Entering Tool run with input:\n{PLAIN}"{{\'a\': 1}}"'),
    ([("on_tool_start", 1, None, ({"name": "t"}, "x"), {"inputs": {"input": 1, "b": 2}})], f'{GREEN}[tool/start]{PLAIN} {BOLD}[tool:t] Entering Tool run with input:\n{PLAIN}"{{\'input\': 1, \'b\': 2}}"'),
    ([start(1, kind="tool"), end(1, " 4 ", kind="tool")], f'{BLUE}[tool/end]{PLAIN} {BOLD}[tool:t] [0ms] Exiting Tool run with output:\n{PLAIN}"4"'),
    ([start(1, kind="tool"), fail(1, KeyError("k"), "tool")], f"{RED}[tool/error]{PLAIN} {BOLD}[tool:t] [0ms] {PLAIN}Tool run errored with error:\nKeyError('k')KeyError: 'k'"),
]  # fmt: skip


@pytest.mark.parametrize("events, text", ROWS, ids=range(len(ROWS)))
def test_each_event_is_one_text(events, text):
    assert said(events)[-1] == text
    assert len(said(events)) == len(events)


def test_an_answer_is_printed_as_json():
    (_, text) = said([start(1, kind="llm"), end(1, ANSWER, kind="llm")])
    assert text.startswith(f"{BLUE}[llm/end]{PLAIN} {BOLD}[llm:Model] [0ms] Exiting LLM run with output:\n{PLAIN}{{\n")
    assert '\n        "text": "a",\n        "generation_info": null,\n        "type": "ChatGeneration",\n' in text
    assert text.endswith('\n  "llm_output": null,\n  "run": null,\n  "type": "LLMResult"\n}')


def test_the_console_handler_prints(capsys):
    tell(ConsoleCallbackHandler(), [start(1, name="up"), end(1)])
    assert capsys.readouterr().out.count("\n") == 8


@pytest.mark.parametrize("seconds, text", [(0.0004, "0ms"), (0.25, "250ms"), (0.9999, "1000ms"), (1, "1.00s"), (75.5, "75.50s")])
def test_short_times_are_milliseconds_and_long_ones_seconds(seconds, text):
    begun = datetime.now(timezone.utc)
    assert elapsed(SimpleNamespace(start_time=begun, end_time=begun + timedelta(seconds=seconds))) == text


def test_what_is_no_json_is_replaced_by_a_word():
    ring = []
    ring.append(ring)
    deep = []
    for _ in range(100_000):
        deep = [deep]
    shown = [try_json_stringify(value, "?") for value in (ring, deep, object(), {"a": 1})]
    assert shown == ["?", "?", "?", '{\n  "a": 1\n}']
