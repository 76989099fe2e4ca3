"""Rows about calls answered at once: single, long history, many side by side."""

from __future__ import annotations

from typing import Any, Dict, Iterator

from .measure import Bench, Figure

AT_ONCE = 50


def invoke(bench: Bench) -> Iterator[Figure]:
    count = bench.count(1000, 200)
    yield Figure(
        "invoke",
        "invoke, per call",
        "us",
        bench.cpu(lambda client: client.call("/whole"), units=count, calls=count),
        3.5,
    )


def ainvoke(bench: Bench) -> Iterator[Figure]:
    count = bench.count(1000, 200)

    async def several(client: Any) -> Any:
        for _ in range(count):
            answer = await client.acall("/whole")
        return answer

    yield Figure("ainvoke", "ainvoke, per call", "us", bench.cpu(several, units=count), 2.0)


def history(bench: Bench) -> Iterator[Figure]:
    """A request with 1,000 messages; they are made beforehand, as a program has them at hand."""
    from minichat import AIMessage, HumanMessage

    texts = [f"This is message {number} of a long talk, of about the usual size of one." for number in range(1000)]
    dicts = [
        {"role": "assistant" if number % 2 else "user", "content": text} for number, text in enumerate(texts)
    ]
    messages = [(AIMessage if number % 2 else HumanMessage)(text) for number, text in enumerate(texts)]

    def ask(client: Any) -> Any:
        own = messages if client is bench.clients["minichat"] else dicts
        return client.history("/whole", own)

    count = bench.count(50, 10)
    yield Figure(
        "history",
        "request with 1,000 messages",
        "us",
        bench.cpu(ask, units=count, calls=count),
        2.0,
    )


def _batch(bench: Bench, name: str, verb: str, target: float) -> Iterator[Figure]:
    count = bench.count(1000, 200)

    def ask(client: Any) -> Any:
        return getattr(client, verb)("/whole", count, AT_ONCE)

    opened: Dict[str, Any] = {}
    for client, job in bench.jobs(ask).items():
        bench.server.counts(reset=True)
        job()
        opened[client] = bench.server.counts()["connections"]
    cpu = bench.cpu(ask, units=count)
    title = f"{verb} of {count}, {AT_ONCE} at once"
    yield Figure(name, f"{title}: CPU a request", "us", cpu, target)
    yield Figure(f"{name}-connections", f"{title}: connections", "", opened, AT_ONCE, judged="value")


def batch(bench: Bench) -> Iterator[Figure]:
    return _batch(bench, "batch", "batch", 3.5)


def abatch(bench: Bench) -> Iterator[Figure]:
    return _batch(bench, "abatch", "abatch", 2.5)
