"""Chains put together at random, the same ones for both libraries: every way to call, what handlers are told, events.

A chain is first described in plain tuples (kind, number, parts), from a seed, and then built of either library. What
is chance in one library or a difference with a reason is left out of the comparison: the order of pieces of branches
side by side, of runs of a mapped step, and what fallbacks try.
"""

from __future__ import annotations

import random

from .library import program
from .observe import attempt, every_log, every_way, tree
from .programs_events import collect

LEAVES = ("same", "number", "generator", "both sides", "text", "pick", "error", "model")
WRAPPERS = {
    "sequence": 2,
    "parallel": 2,
    "assign": 1,
    "branch": 2,
    "fallback": 2,
    "config": 1,
    "map": 1,
    "returns": 1,
    "retry": 1,
    "bind": 1,
}
CHANCE = {"parallel", "assign", "map", "fallback"}


def describe(source, depth):
    number = source.randrange(100)
    kind = source.choice(LEAVES if depth == 0 else (*LEAVES, *WRAPPERS, *WRAPPERS))
    return kind, number, [describe(source, depth - 1) for _ in range(WRAPPERS.get(kind, 0))]


def kinds_in(chain):
    return {chain[0]}.union(*[kinds_in(part) for part in chain[2]])


def letters(stream):
    for piece in stream:
        yield from str(piece)


async def aletters(stream):
    async for piece in stream:
        for letter in str(piece):
            yield letter


def leaf(lc, kind, number):
    async def later(x):
        return f"async {x}"

    def fail(x):
        if number % 3:
            return x
        raise ArithmeticError(number)

    if kind == "same":
        return lc.RunnablePassthrough()
    if kind == "number":
        return lc.RunnableLambda(lambda x: f"{x}|{number}", name=f"number{number}")
    if kind == "generator":
        return lc.RunnableGenerator(letters, aletters, name=f"letters{number}")
    if kind == "both sides":
        return lc.RunnableLambda(lambda x: f"sync {x}", afunc=later, name=f"both{number}")
    if kind == "text":
        return lc.RunnableLambda(str, name="str") | lc.StrOutputParser()
    if kind == "pick":
        return lc.RunnableLambda(lambda x: {"v": x, "w": number}, name="dict") | lc.RunnablePick(["w", "v"])
    if kind == "error":
        return lc.RunnableLambda(fail, name=f"error{number}")
    model = lc.FakeListChatModel(responses=[f"r {number}"])
    return lc.RunnableLambda(lambda x: str(x) or "empty", name="text") | model | lc.StrOutputParser()


def build(lc, chain):
    kind, number, described = chain
    if kind not in WRAPPERS:
        return leaf(lc, kind, number)
    first, *rest = (build(lc, one) for one in described)
    if kind == "sequence":
        return first | rest[0]
    if kind == "parallel":
        return lc.RunnableParallel(a=first, b=rest[0])
    if kind == "assign":
        start = lc.RunnableLambda(lambda x: x if isinstance(x, dict) else {"v": x}, name="dict")
        return start | lc.RunnablePassthrough.assign(a=first)
    if kind == "branch":
        return lc.RunnableBranch((lc.RunnableLambda(lambda x: len(str(x)) % 2 == 0, name="even"), first), rest[0])
    if kind == "fallback":
        return (leaf(lc, "error", number) | first).with_fallbacks(rest)
    if kind == "config":
        return first.with_config(tags=[f"t{number}"], run_name=f"run{number}", metadata={"n": number})
    if kind == "map":
        return lc.RunnableLambda(lambda x: [x, number], name="list") | first.map()
    if kind == "returns":
        return lc.RunnableLambda(lambda x: first, name=f"returns{number}")
    return first.with_retry(stop_after_attempt=2, wait_exponential_jitter=False) if kind == "retry" else first.bind()


def observed(lc, seed):
    source = random.Random(seed)
    chain = describe(source, source.choice([1, 2, 3]))
    kinds = kinds_in(chain)
    found = {"ways": every_way(lambda: build(lc, chain), "in", {"max_concurrency": 1})}
    if "parallel" in kinds:
        found["ways"] = {way: found["ways"][way] for way in ("invoke", "batch", "ainvoke", "abatch")}
    config = {"max_concurrency": 1}
    found["batch"] = attempt(build(lc, chain).batch, ["x", "yy", 3], config, return_exceptions=True)
    misplaced = {"retry", "map"} <= kinds or "branch" in kinds and not kinds.isdisjoint({"config", "bind"})
    cut_short = "error" in kinds and not kinds.isdisjoint({"map", "parallel", "assign"})
    if "fallback" not in kinds and not misplaced and not cut_short:  # see binding_in_a_branch_log, abatch_that_fails
        logs = every_log(lc, lambda: build(lc, chain), "in", tags=["T"], **config)
        found["logs"] = {way: tree(log) for way, log in logs.items()}
    if kinds.isdisjoint(CHANCE | {"branch"}):
        found["events"] = collect(lambda: build(lc, chain), "in")
    return chain, found


@program
def random_chains_a(lc):
    return [observed(lc, seed) for seed in range(25)]


@program
def random_chains_b(lc):
    return [observed(lc, seed) for seed in range(25, 50)]


@program
def random_chains_c(lc):
    return [observed(lc, seed) for seed in range(50, 75)]


@program
def random_chains_d(lc):
    return [observed(lc, seed) for seed in range(75, 100)]
