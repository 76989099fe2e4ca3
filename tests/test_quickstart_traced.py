"""The quick-start with tracing switched on by two environment variables, and a chain with tools: the trees they leave.

The LangSmith is the one of `fakes`, read over its API with our own client.
"""

from __future__ import annotations

import json

import pytest

import fakes
import fakes.langsmith
from minichat import ChatOpenAI, ChatPromptTemplate, HumanMessage, RunnableLambda, tool
from minichat.tracers.langsmith import Client, flush

from . import quickstart_page
from .test_quickstart import cells  # noqa: F401  # a fixture

SECRET = "sk-never-in-a-trace-1234567890"


@pytest.fixture
def smith(monkeypatch):
    with fakes.langsmith.serve() as server:
        monkeypatch.setenv("LANGCHAIN_TRACING_V2", "true")
        monkeypatch.setenv("LANGCHAIN_API_KEY", server.key)
        monkeypatch.setenv("LANGCHAIN_ENDPOINT", server.url)
        yield server


def trees(smith):
    """Give the roots in the order of their start, each as (run, its children), and all runs as text."""
    assert flush(10)
    runs = sorted(Client(smith.url, api_key=smith.key).list_runs(project_name="default"), key=lambda run: run.dotted_order)
    roots = [run for run in runs if run.parent_run_id is None]
    text = json.dumps([[run.inputs, run.outputs, run.extra, run.serialized, run.error] for run in runs], default=str)
    return [(root, [run for run in runs if run.trace_id == root.id and run.id != root.id]) for root in roots], text


def test_every_block_of_the_quick_start_is_a_trace(cells, smith, monkeypatch):  # noqa: F811
    with fakes.serve([reply for cell in cells for reply in cell.replies]) as server:
        monkeypatch.setenv("OPENAI_API_KEY", SECRET)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url("openai"))
        results = quickstart_page.run(cells, server)
    found, text = trees(smith)
    assert [quickstart_page.shown(cell, result)[0] for cell, result in zip(cells, results)] == [
        quickstart_page.shown(cell, result)[1] for cell, result in zip(cells, results)
    ]  # what is traced prints what it printed before
    replies = [reply for cell in cells for reply in cell.replies]
    assert len(found) == len(replies)  # each answer is a root of its own, without children
    for (root, below), reply in zip(found, replies):
        assert (root.name, root.run_type, root.status, below) == ("ChatOpenAI", "llm", "success", [])
        told = root.outputs["generations"][0][0]
        assert told["text"] == reply.text and told["message"]["kwargs"]["content"] == reply.text
        assert root.inputs["messages"][0] and root.end_time >= root.start_time
        assert root.extra["invocation_params"]["model"] and root.extra["metadata"]["ls_provider"] == "openai"
        assert root.extra["runtime"]["runtime"] == "python"
        if reply.usage:
            assert (root.prompt_tokens, root.completion_tokens) == (reply.usage.input, reply.usage.output)
    assert SECRET not in text


def test_a_chain_of_three_steps_with_tools_is_one_tree(smith):
    @tool
    def get_weather(city: str) -> str:
        """Tell the weather."""
        return f"21 degrees in {city}"

    with fakes.serve() as server:
        model = ChatOpenAI(model="fake-tool", base_url=server.url("openai"), api_key=SECRET).bind_tools([get_weather])

        def answer(message):
            called = get_weather.invoke(message.tool_calls[0])
            return model.invoke([HumanMessage("The weather?"), message, called]).text

        chain = ChatPromptTemplate.from_template("The weather in {city}?") | model | RunnableLambda(answer)
        assert chain.invoke({"city": "Paris"}) == "The tool says: 21 degrees in Paris"
    ((root, below),), text = trees(smith)
    ids = {run.id: run for run in [root, *below]}
    above = [(run.run_type, run.name, ids[run.parent_run_id].name) for run in below]
    assert (root.run_type, root.name, root.status) == ("chain", "RunnableSequence", "success")
    assert above == [
        ("prompt", "ChatPromptTemplate", "RunnableSequence"),
        ("llm", "ChatOpenAI", "RunnableSequence"),
        ("chain", "answer", "RunnableSequence"),
        ("tool", "get_weather", "answer"),
        ("llm", "ChatOpenAI", "answer"),
    ]
    calls = below[1].outputs["generations"][0][0]["message"]["kwargs"]["tool_calls"]
    assert calls[0]["name"] == "get_weather" and below[1].extra["invocation_params"]["tools"]
    assert root.total_tokens == sum(run.total_tokens for run in below if run.run_type == "llm") > 0
    assert SECRET not in text
