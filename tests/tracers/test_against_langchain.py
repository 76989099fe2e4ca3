"""The same programs through langchain-core, where it is installed: events, run trees and printed text.

Skipped without it. Ids become numbers in the order in which they appear, times go, and so does what a library
says of itself (serialized, `ls_` and `lc_` metadata). Where the two part on purpose is a row of DIFFERENT.
"""

from __future__ import annotations

import asyncio
import re
import uuid
import warnings

import pytest

core = pytest.importorskip("langchain_core", reason="langchain-core is not installed; nothing to compare with")

from tests.tracers.programs import PROGRAMS, Library  # noqa: E402

pytestmark = pytest.mark.skipif(
    tuple(map(int, core.__version__.split(".")[:2])) < (1, 8), reason="compared with langchain-core 1.8"
)

UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\[(\d+ms|\d+\.\d\ds)\]")
# What LangChain adds to its errors: how to mend a missing variable, a page to read.
ADVICE = re.compile(r"\\+n(Note: if you inten.*|For troubleshooting, visit: \S+ )")
MODULE = re.compile(r"^(\w+\.)+")
ORDER = re.compile(r"\d{8}T\d{12}Z")
NO_KEY = "LangChain's handler fails at the start of a tool that is called with a dict, and prints nothing"
NO_PARENT = "LangChain gives the runs of a fallback's attempts no parent when it is invoked"
ALL_OF_IT = "LangChain tells only the first piece of what a function had read when it failed"
LAST_MARK = "LangChain's told answer lacks chunk_position='last' where it added the empty last piece itself"
A_PAGE = "LangChain's errors end with the address of a page"
DIFFERENT = {  # program -> way -> reason
    "a_tool": {"printed": NO_KEY},
    "a_tool_called_by_a_model": {"printed": NO_KEY},
    "a_tool_that_fails": {"printed": NO_KEY},
    "a_tool_in_a_chain": {"printed": NO_KEY},
    "a_json_parser_that_fails": {"printed": A_PAGE},
    "a_fallback": dict.fromkeys(["invoke", "ainvoke", "printed"], NO_PARENT),
    "a_model_with_a_function_call": dict.fromkeys(["events", "stream", "astream"], LAST_MARK),
    "a_user_model_that_streams": dict.fromkeys(["events", "stream", "astream"], LAST_MARK),
    "a_model_and_a_function_that_fails": dict.fromkeys(["stream", "astream"], ALL_OF_IT),
}


class Plain:
    """Values of either library as plain ones; one object for one outcome, which numbers its ids."""

    def __init__(self):
        self.ids = {}

    def text(self, value):
        value = ADVICE.sub("", value)
        return UUID.sub(lambda found: f"<{self.ids.setdefault(found[0], len(self.ids) + 1)}>", value)

    def __call__(self, value):
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, uuid.UUID):
            return self.text(str(value))
        if isinstance(value, BaseException):
            return ("error", type(value).__name__)
        if isinstance(value, dict):
            return {self(key): self(item) for key, item in value.items() if not own(key)}
        if isinstance(value, (list, tuple)):
            return [self(item) for item in value]
        if hasattr(value, "model_dump") and hasattr(value, "additional_kwargs"):
            fields = self(value.model_dump())
            return (type(value).__name__, {name: item for name, item in fields.items() if item not in (None, [], {})})
        if hasattr(value, "message") or hasattr(value, "to_messages"):
            messages = value.to_messages() if hasattr(value, "to_messages") else value.message
            return (type(value).__name__, self(messages))
        return value if value is None or isinstance(value, (int, float)) else repr(value)


def own(key):
    """Is this key of a dict what a library says of itself?"""
    return isinstance(key, str) and key.startswith(("ls_", "lc_"))


async def events(lc, build):
    plain = Plain()
    runnable, value, config, filters = build(lc)
    found = []
    try:
        async for event in runnable.astream_events(value, config, version="v2", **filters):
            found.append(plain(event))
    except Exception as error:
        found.append(plain(error))
    return found


def collector(lc, base, **settings):
    class Roots(base):
        def __init__(self):
            super().__init__(**settings)
            self.roots = []

    def keep(self, run):
        self.roots.append(run)

    async def akeep(self, run):
        self.roots.append(run)

    Roots._persist_run = akeep if base is lc.AsyncBaseTracer else keep
    Roots.__abstractmethods__ = frozenset()
    return Roots()


def ended(error):
    """Give the last line of a traceback without the module of its class."""
    lines = [line for line in error.splitlines() if not line.startswith("For troubleshooting")]
    return MODULE.sub("", lines[-1])


def tree(plain, run):
    shown = {
        "id": plain(run.id),
        "parent": plain(run.parent_run_id),
        "trace": plain(run.trace_id),
        "order": plain.text(ORDER.sub("T", run.dotted_order)),
        "name": run.name,
        "type": run.run_type,
        "inputs": plain(run.inputs),
        "outputs": plain(run.outputs),
        "error": run.error and [plain(one) for one in (run.error.split("Traceback")[0], ended(run.error))],
        "tags": run.tags,
        "extra": plain({key: item for key, item in run.extra.items() if key not in OF_THE_CALL}),
        "events": [(event["name"], plain(event.get("kwargs"))) for event in run.events],
    }
    return {**shown, "children": [tree(plain, child) for child in run.child_runs]}


# What the start event tells of the call besides: that is tested with the chat models and tools.
OF_THE_CALL = ("invocation_params", "options", "batch_size", "defers_inputs", "color", "metadata")


async def trees(lc, build, way, base, **settings):
    tracer = collector(lc, base, **settings)
    runnable, value, config, _ = build(lc)
    config = {**config, "callbacks": [tracer]}
    try:
        if way == "stream":
            list(runnable.stream(value, config))
        elif way == "astream":
            [piece async for piece in runnable.astream(value, config)]
        elif way == "ainvoke":
            await runnable.ainvoke(value, config)
        else:
            runnable.invoke(value, config)
    except Exception:
        pass  # seen in the tree
    plain = Plain()
    return [{**tree(plain, root), "metadata": plain(root.extra.get("metadata") or {})} for root in tracer.roots]


async def printed(lc, build):
    lines = []
    runnable, value, config, _ = build(lc)
    try:
        runnable.invoke(value, {**config, "callbacks": [lc.FunctionCallbackHandler(lines.append)]})
    except Exception:
        pass  # printed too
    plain = Plain()
    return [TIME.sub("[]", re.sub(r"Traceback.*(\\n|\n)(?=\w)", "...", plain.text(line), flags=re.S)) for line in lines]


WAYS = {
    "events": events,
    "invoke": lambda lc, build: trees(lc, build, "invoke", lc.BaseTracer),
    "stream": lambda lc, build: trees(lc, build, "stream", lc.BaseTracer, _schema_format="original+chat"),
    "ainvoke": lambda lc, build: trees(lc, build, "ainvoke", lc.AsyncBaseTracer, _schema_format="streaming_events"),
    "astream": lambda lc, build: trees(lc, build, "astream", lc.BaseTracer, _schema_format="original+chat"),
    "printed": printed,
}


CASES = [(way, name) for way in WAYS for name in PROGRAMS if way == "events" or not name.startswith("events_by_")]


@pytest.mark.parametrize("way, name", CASES, ids=lambda value: value)
def test_both_libraries_tell_the_same(way, name):
    ours, theirs = (outcome(prefix, way, name) for prefix in ("minichat", "langchain_core"))
    if way in DIFFERENT.get(name, {}):
        assert ours != theirs, "in DIFFERENT, but there is no difference"
    else:
        assert ours == theirs


def outcome(prefix, way, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return asyncio.run(WAYS[way](Library(prefix), PROGRAMS[name]))
