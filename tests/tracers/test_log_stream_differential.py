"""`astream_log` of chains beside langchain-core's: the same patches for each run, in the same order.

Needs langchain-core 1.8 and is skipped without it. Not compared: ids, times, what LangSmith alone reads in the metadata,
patches without an operation (langchain-core sends them; they say nothing), which of two runs' patches comes first
(there it is left to chance), and of several keys that one piece adds, which stands first (there a set's order).
"""

from __future__ import annotations

import asyncio
import re
import warnings

import pytest

from .log_programs import PROGRAMS, library

langchain_core = pytest.importorskip("langchain_core", reason="langchain-core is not installed; nothing to compare with")
if langchain_core.__version__ < "1.8":
    pytest.skip(f"compared is langchain-core 1.8, not {langchain_core.__version__}", allow_module_level=True)

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
CHANCE = {"parallel_chains", "parallel_lambdas", "parallel_then_a_lambda", "an_error_in_one_branch", "each", "assign", "assign_then_pick"}


def plain(value):
    """Give a value with everything in it as lists, dicts and texts that two libraries can have in common."""
    if hasattr(value, "to_messages"):
        return [type(value).__name__, plain(value.to_messages())]
    if hasattr(value, "response_metadata"):
        kind = type(value).__name__
        return [kind, value.content, value.tool_calls if "AI" in kind else None, getattr(value, "chunk_position", None)]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "id" and not is_noise(key)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str) and TIME.fullmatch(value):
        return "a time"
    return value


def is_noise(key):
    return isinstance(key, str) and (key == "lc_versions" or key.startswith("ls_"))


def run(name, prefix):
    """Run a program; give its patches as {run: [ops, ...]}, the last state, and the exception's type."""
    runnable, input, options = PROGRAMS[name](library(prefix))
    logs = []

    async def collect():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # langchain-core has deprecated it
            async for log in runnable.astream_log(input, **options):
                logs.append(log)

    error = None
    try:
        asyncio.run(collect())
    except Exception as caught:
        error = type(caught).__name__
    whole = options.get("diff") is False
    runs, states, before = {}, [], 0
    for log in logs:
        ops = log.ops[before:] if whole else log.ops
        before = len(log.ops) if whole else 0
        if ops:
            path = ops[0]["path"]
            place = "/".join(path.split("/")[:3]) if path.startswith("/logs/") else "root"
            ops = [(op["op"], op["path"], plain(op["value"])) for op in ops]
            runs.setdefault(place, []).append(sorted(ops, key=str) if place == "root" else ops)
            states.append(plain(log.state) if whole else None)
    if not whole and logs:
        state = logs[0]
        for log in logs[1:]:
            state = state + log
        states.append(plain(state.state) if len(logs) > 1 else None)
    return runs, states if name not in CHANCE else states[-1:], error


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_chains_log_is_that_of_langchain_core(name):
    (runs, states, error), (their_runs, their_states, their_error) = run(name, "minichat"), run(name, "langchain_core")
    assert error == their_error
    order = sorted if name in CHANCE else list
    assert order(runs) == order(their_runs)
    for place in runs:
        assert runs[place] == their_runs[place], place
    assert states[-1:] == their_states[-1:]
