"""The two libraries under one set of names, so that a row of the table cannot know which one it is given."""

from __future__ import annotations

import asyncio
from importlib import import_module
from types import SimpleNamespace

NAMES = {
    "tools": (
        "BaseTool InjectedToolArg InjectedToolCallId StructuredTool Tool ToolException render_text_description "
        "render_text_description_and_args tool"
    ),
    "messages": "ToolMessage",
    "runnables": "RunnableConfig RunnableLambda",
    "utils.function_calling": "convert_to_openai_tool",
}


def library(prefix):
    """Give the names of a library as attributes."""
    found = {}
    for module, names in NAMES.items():
        loaded = import_module(f"{prefix}.{module}")
        found.update({name: getattr(loaded, name) for name in names.split()})
    return SimpleNamespace(prefix=prefix, **found)


def call(args, id="call_1", name="any"):
    return {"type": "tool_call", "name": name, "args": args, "id": id}


def invoked(tool, value, config=None, *, way):
    """Invoke a tool on one side."""
    if way == "async":
        return asyncio.run(tool.ainvoke(value, config))
    return tool.invoke(value, config)


def shown(function):
    """Give what a function gives, or its error, as text that both libraries print alike."""
    try:
        return repr(function())
    except Exception as error:
        if any(base.__name__ == "ValidationError" for base in type(error).__mro__):
            return "ValidationError"  # pydantic's sentences are its own; ours: test_errors.py
        return f"{type(error).__name__}: {' '.join(str(error).split())}"


class Listener:
    """A handler that keeps what it is told: run ids by number, in the order in which they came."""

    run_inline = True
    raise_error = True
    ignore_llm = ignore_chat_model = ignore_chain = ignore_agent = ignore_retriever = ignore_retry = False
    ignore_custom_event = False

    def __init__(self, name=""):
        self.name = name
        self.events = []
        self.ids = {None: None}

    def told(self, event, args, kwargs):
        numbers = [self.ids.setdefault(kwargs.pop(key), len(self.ids)) for key in ("run_id", "parent_run_id")]
        args = [type(one).__name__ if isinstance(one, Exception) else one for one in args]
        kwargs.pop("run_type", None)
        self.events.append(f"{self.name}{event} {numbers} {args} {sorted(kwargs.items())}")

    def __getattr__(self, name):
        if not name.startswith("on_") or name == "on_run_chunk":
            raise AttributeError(name)
        return lambda *args, **kwargs: self.told(name, args, kwargs)
