"""Handler events written down as tables and told to a tracer by hand, sync or async."""

from __future__ import annotations

import asyncio
import inspect
from uuid import UUID


def number(value):
    """Give the id that stands for a small number."""
    return None if value is None else UUID(int=value)


def tell(tracer, events):
    """Tell events (method, run, parent, args, kwargs); `run` and `parent` are small numbers."""

    async def program():
        for method, run, parent, args, kwargs in events:
            given = getattr(tracer, method)(*args, run_id=number(run), parent_run_id=number(parent), **kwargs)
            if inspect.isawaitable(given):
                await given

    asyncio.run(program())
    return tracer


def start(run, parent=None, inputs="in", kind="chain", **kwargs):
    if kind == "tool":
        return ("on_tool_start", run, parent, ({"name": "t"}, str(inputs)), kwargs)
    if kind == "llm":
        return ("on_llm_start", run, parent, ({"id": ["a", "Model"]}, [inputs]), kwargs)
    if kind == "chat_model":
        return ("on_chat_model_start", run, parent, ({"id": ["a", "Model"]}, [inputs]), kwargs)
    if kind == "retriever":
        return ("on_retriever_start", run, parent, ({}, inputs), kwargs)
    return ("on_chain_start", run, parent, (None, inputs), {"run_type": kind, **kwargs})


def end(run, outputs="out", kind="chain", **kwargs):
    return (f"on_{kind}_end", run, None, (outputs,), kwargs)


def fail(run, error, kind="chain", **kwargs):
    return (f"on_{kind}_error", run, None, (error,), kwargs)
