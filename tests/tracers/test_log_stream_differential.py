"""`astream_log` of chains beside langchain-core's: the same patches for each run, in the same order.

Needs langchain-core 1.8 and is skipped without it. Not compared: ids, times, what LangSmith alone reads in the metadata,
patches without an operation (langchain-core sends them; they say nothing), and of several keys that one piece adds, which
stands first (there a set's order). Of two runs side by side chance says which comes first, in either library: of those
programs each run's patches are compared, but no order.
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
SIDE_BY_SIDE = re.compile("parallel|assign|one_branch|each")


def plain(value):
    """Give a value with everything in it as lists, dicts and texts that two libraries can have in common."""
    if hasattr(value, "to_messages"):
        return [type(value).__name__, plain(value.to_messages())]
    if hasattr(value, "response_metadata"):
        kind = type(value).__name__
        return [kind, value.content, value.tool_calls if "AI" in kind else None, getattr(value, "chunk_position", None)]
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value, key=str) if key != "id" and not is_noise(key)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str) and TIME.fullmatch(value):
        return "a time"
    return value


def is_noise(key):
    return isinstance(key, str) and (key == "lc_versions" or key.startswith("ls_"))


def logs_of(name, prefix):
    """Run a program; give the patches or logs it yields, and the exception's type."""
    runnable, input, options = PROGRAMS[name](library(prefix))
    logs = []

    async def collect():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # langchain-core has deprecated it
            async for log in runnable.astream_log(input, **options):
                logs.append(log)

    try:
        asyncio.run(collect())
    except Exception as error:
        return logs, type(error).__name__
    return logs, None


def run(name, prefix):
    """Give a program's patches as [(run, [ops, ...]), ...], its last state, and the exception's type."""
    logs, error = logs_of(name, prefix)
    runs, before, state = {}, 0, None
    for log in logs:
        whole = hasattr(log, "state")
        ops = log.ops[before:] if whole else log.ops
        before = len(log.ops) if whole else 0
        state = log if whole or state is None else state + log
        if ops:
            path = ops[0]["path"]
            place = "/".join(path.split("/")[:3]) if path.startswith("/logs/") else "root"
            ops = [(op["op"], op["path"], plain(op["value"])) for op in ops]
            runs.setdefault(place, []).append(sorted(ops, key=str) if place == "root" else ops)
    state = plain(getattr(state, "state", None))
    if SIDE_BY_SIDE.search(name):
        return unordered(runs), None, error
    return list(runs.items()), state, error


def unordered(runs):
    """Give the patches of runs whose order, and whose number among those of their name, is left to chance."""
    root = [op for patch in runs.pop("root", []) for op in patch if "/streamed_output/-" in op]

    def unnumbered(value):
        return re.sub(r"(/logs/[^/']+):\d+", r"\1", str(value))

    told = [("root", root), *runs.items()]
    return sorted((unnumbered(place), sorted(map(unnumbered, patches))) for place, patches in told)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_chains_log_is_that_of_langchain_core(name):
    (runs, state, error), (their_runs, their_state, their_error) = run(name, "minichat"), run(name, "langchain_core")
    assert error == their_error
    assert [one[0] for one in runs] == [one[0] for one in their_runs]
    for ours, theirs in zip(runs, their_runs):
        assert ours == theirs
    assert state == their_state
