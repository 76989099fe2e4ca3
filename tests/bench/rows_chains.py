"""Rows about chains: what a step costs that does nothing, beside the bare model in the same run.

In these rows the column "floor" is the bare model. "added" is the difference, per step (and chunk).
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator

from .measure import Bench, Figure

STEPS = 5
CHUNKS = 20000


def _same_pieces(pieces: Any) -> Any:
    for piece in pieces:
        yield piece


async def _asame_pieces(pieces: Any) -> Any:
    async for piece in pieces:
        yield piece


def chain(bench: Bench) -> Iterator[Figure]:
    from minichat import RunnableGenerator, RunnablePassthrough, RunnableSequence

    client = bench.clients["minichat"]
    calls, chunks = bench.count(1000, 200), bench.count(CHUNKS, 4000)
    kinds: Dict[str, Callable[[], Any]] = {
        "pass-through steps": RunnablePassthrough,
        "generators of a user": lambda: RunnableGenerator(_same_pieces, _asame_pieces),
    }
    for kind, step in kinds.items():
        judged = step is RunnablePassthrough

        def of(path: str, step: Callable[[], Any] = step) -> Dict[str, Any]:
            model = client._model(path)
            return {"floor": model, "minichat": RunnableSequence(model, *(step() for _ in range(STEPS)))}

        title = f"{STEPS} {kind}: "
        if judged:
            for verb in ("invoke", "ainvoke"):
                jobs = {name: _called(bench, one, verb, calls) for name, one in of("/whole").items()}
                cpu = bench.cpu_of(jobs, units=calls)
                yield from _figures(f"chain-{verb}", f"{title}{verb}", "per step", cpu, 10.0)
        for verb in ("stream", "astream"):
            jobs = {name: _streamed(bench, one, verb) for name, one in of(f"/text/{chunks}").items()}
            cpu = bench.cpu_of(jobs, units=chunks)
            name = f"chain-{verb}" if judged else f"chain-{verb}-generators"
            yield from _figures(name, f"{title}{verb}", "per step and chunk", cpu, 1.0 if judged else None)


def _figures(name: str, title: str, per: str, cpu: Dict[str, float], target: Any) -> Iterator[Figure]:
    yield Figure(name, title, "us", cpu, None)
    added = {"minichat": (cpu["minichat"] - cpu["floor"]) / STEPS}
    yield Figure(f"{name}-added", f"{title}, added {per}", "us", added, target, judged="value")


def _called(bench: Bench, runnable: Any, verb: str, calls: int) -> Callable[[], Any]:
    def sync() -> Any:
        for _ in range(calls):
            answer = runnable.invoke("hi")
        return answer.content

    async def several() -> Any:
        for _ in range(calls):
            answer = await runnable.ainvoke("hi")
        return answer.content

    return sync if verb == "invoke" else lambda: bench.loop.run_until_complete(several())


def _streamed(bench: Bench, runnable: Any, verb: str) -> Callable[[], Any]:
    def sync() -> Any:
        return "".join([chunk.content for chunk in runnable.stream("hi")])

    async def several() -> Any:
        return "".join([chunk.content async for chunk in runnable.astream("hi")])

    return sync if verb == "stream" else lambda: bench.loop.run_until_complete(several())
