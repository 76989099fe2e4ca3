"""astream_log of chains: patches, states, filters. (A bare model prints the quick-start's form on purpose.)"""

from __future__ import annotations

import asyncio

from .library import program
from .models import answering, streaming
from .observe import attempt, shown


def chain(lc, *more):
    steps = lc.ChatPromptTemplate.from_messages([("human", "{q}")]) | streaming(lc, ("a", "b")) | lc.StrOutputParser()
    for step in more:
        steps = steps | step
    return steps


def timeless(value):
    """A log's value without times, ids, and what a library adds to the caller's metadata."""
    if isinstance(value, dict):
        found = {key: "<time>" if "time" in str(key) and got else timeless(got) for key, got in value.items()}
        if "metadata" in found:
            found["metadata"] = {key: got for key, got in found["metadata"].items() if not key.startswith("l")}
        return found
    if isinstance(value, (list, tuple)):
        return [timeless(one) for one in value]
    return shown(value)


def operation(op):
    value = op["value"]
    return op["op"], op["path"], "<time>" if op["path"].endswith("end_time") else timeless(value)


def collect(build, value, **options):
    async def main():
        patches = []
        try:
            async for patch in build().astream_log(value, **options):
                patches.append(patch)
        except Exception as error:
            patches.append(error)
        return patches

    return asyncio.run(main())


def by_owner(patches):
    """Patches of different runs may swap places: give, for each run, its own operations in order."""
    found = {}
    for patch in patches:
        if isinstance(patch, Exception):
            found.setdefault("raised", []).append(shown(patch))
            continue
        for op in patch.ops:
            parts = op["path"].split("/")
            owner = parts[2] if len(parts) > 2 and parts[1] == "logs" else ""
            found.setdefault(owner, []).append(operation(op))
    return dict(sorted(found.items()))


@program
def log_of_a_chain(lc):
    return by_owner(collect(lambda: chain(lc), {"q": "x"}))


@program
def log_of_a_chain_root_only(lc):
    patches = collect(lambda: chain(lc), {"q": "x"}, exclude_types=["prompt", "llm", "chat_model", "parser"])
    return [[operation(op) for op in patch.ops] for patch in patches]


@program
def log_of_a_chain_that_changes_nothing_at_the_end(lc):
    def build():
        return lc.RunnableLambda(lambda x: x) | lc.RunnableLambda(lambda x: [x])

    return by_owner(collect(build, 1))


@program
def log_of_a_failing_chain(lc):
    return by_owner(collect(lambda: chain(lc, lambda text: 1 // 0), {"q": "x"}))


@program
def log_as_states(lc):
    states = collect(lambda: chain(lc), {"q": "x"}, diff=False)
    last = states[-1].state
    return (
        type(states[0]).__name__,
        timeless(last["final_output"]),
        timeless(last["streamed_output"]),
        sorted(last["logs"]),
    )


@program
def log_added_up(lc):
    patches = collect(lambda: chain(lc), {"q": "x"})
    total = patches[0]
    for patch in patches[1:]:
        total = total + patch
    states = collect(lambda: chain(lc), {"q": "x"}, diff=False)
    return (
        type(total).__name__,
        timeless(total.state["final_output"]),
        timeless(total.state["logs"]) == timeless(states[-1].state["logs"]),
    )


@program
def log_filters(lc):
    def names(**options):
        patches = collect(
            lambda: chain(lc, lc.RunnableLambda(lambda x: x, name="last").with_config(tags=["mine"])),
            {"q": "x"},
            **options,
        )
        return [owner for owner in by_owner(patches) if owner]

    return {
        "all": names(),
        "names": names(include_names=["StrOutputParser"]),
        "no names": names(exclude_names=["StrOutputParser"]),
        "types": names(include_types=["parser"]),
        "no types": names(exclude_types=["parser", "prompt"]),
        "tags": names(include_tags=["mine"]),
        "no tags": names(exclude_tags=["mine"]),
        "steps": names(include_tags=["seq:step:2"]),
    }


@program
def log_without_the_list(lc):
    patches = collect(lambda: chain(lc), {"q": "x"}, with_streamed_output_list=False)
    return by_owner(patches)[""]


@program
def log_of_two_runs_of_one_name(lc):
    def build():
        step = lc.RunnableLambda(lambda x: x + 1, name="same")
        return step | step | step

    found = by_owner(collect(build, 1))
    return list(found), [ops[0][2]["name"] for owner, ops in found.items() if owner]


@program
def log_of_a_lambda(lc):
    return by_owner(collect(lambda: lc.RunnableLambda(lambda x: x + 1, name="one"), 1))


@program
def log_with_config(lc):
    patches = collect(lambda: chain(lc), {"q": "x"}, config={"run_name": "root", "tags": ["t"], "metadata": {"m": 1}})
    found = by_owner(patches)
    return found[""][0], found["StrOutputParser"][0]


@program
def log_of_a_generator_chain(lc):
    async def letters(stream):
        async for text in stream:
            for letter in text:
                yield letter

    def build():
        return answering(lc, "ab c") | lc.StrOutputParser() | lc.RunnableGenerator(letters)

    return by_owner(collect(build, "x", exclude_types=["chat_model", "llm"]))


@program
def log_patches_compare(lc):
    one = lc.RunLogPatch({"op": "add", "path": "/x", "value": 1})
    same, other = (
        lc.RunLogPatch({"op": "add", "path": "/x", "value": 1}),
        lc.RunLogPatch({"op": "add", "path": "/x", "value": 2}),
    )
    return one == same, one == other, repr(one), attempt(lambda: one + 3)


@program
def log_patches_apply(lc):
    start = lc.RunLogPatch(
        {"op": "replace", "path": "", "value": {"id": "1", "streamed_output": [], "final_output": None, "logs": {}}}
    )
    log = start + lc.RunLogPatch(
        {"op": "add", "path": "/streamed_output/-", "value": "a"},
        {"op": "replace", "path": "/final_output", "value": "a"},
    )
    more = log + lc.RunLogPatch({"op": "add", "path": "/logs/f", "value": {"name": "f"}})
    return type(log).__name__, log.state, more.state, repr(log), log == more
