"""Rows about streams: CPU per chunk, peak memory, latency, many at once, adding chunks up, tool calls."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List

from .measure import Bench, Figure, exponent, median

CHUNKS = 20000


def stream(bench: Bench) -> Iterator[Figure]:
    count = bench.count(CHUNKS, 4000)
    cpu = bench.cpu(lambda client: client.stream(f"/text/{count}"), units=count)
    yield Figure("stream", f"stream, per chunk of {count}", "us", cpu, 2.0)


def astream(bench: Bench) -> Iterator[Figure]:
    count = bench.count(CHUNKS, 4000)
    cpu = bench.cpu(lambda client: client.astream(f"/text/{count}"), units=count)
    yield Figure("astream", f"astream, per chunk of {count}", "us", cpu, 2.0)


def memory(bench: Bench) -> Iterator[Figure]:
    """Growth of the peak while a stream is read and its chunks dropped; a process each."""
    for scenario in ("stream-memory", "astream-memory"):
        found = bench.children(scenario, CHUNKS, rounds=bench.count(3, 1))
        grown: Dict[str, Any] = {name: figures["memory"] for name, figures in found.items()}
        title = f"{scenario.partition('-')[0]} of {CHUNKS}: growth of peak memory"
        yield Figure(scenario, title, "MB", grown, 1.0, judged="value")


def latency(bench: Bench) -> Iterator[Figure]:
    """From the server's `write` to the chunk in the program's hands: median of chunks 2 ms apart."""
    count = bench.count(250, 50)
    for name, verb in (("latency", "lags"), ("alatency", "alags")):
        jobs = bench.jobs(lambda client, verb=verb: getattr(client, verb)(f"/stamped/{count}/2"))
        lags: Dict[str, List[float]] = {client: [] for client in jobs}
        for turn in range(bench.count(4, 2)):
            for client, job in jobs.items():
                found = job()
                if len(found) != count:
                    raise RuntimeError(f"{client} saw {len(found)} chunks of {count}")
                if turn:  # the first warms up
                    lags[client].append(median(found) / 1000)
        least: Dict[str, Any] = {client: min(values) for client, values in lags.items()}
        kind = "stream" if name == "latency" else "astream"
        yield Figure(name, f"{kind}: chunk sent to chunk yielded, p50", "us", least, 1.5)


def concurrent(bench: Bench) -> Iterator[Figure]:
    """Many `astream` at once, 50 chunks each, 20 ms apart; a process each.

    The ideal wall time is that of one stream. Memory is the growth of the peak.
    """
    for streams in (200,) if bench.quick else (200, 1000):
        found = bench.children("concurrent", streams, 50, 20, rounds=bench.count(3, 1))
        title = f"{streams} astream of 50 chunks at once: "
        for figure, words, unit, target, judged in (
            ("wall", "wall over ideal", "x", 1.10, "value"),
            ("cpu", "CPU per chunk", "us", 1.5, "ratio"),
            ("memory", "memory", "MB", 1.5, "ratio"),
        ):
            values: Dict[str, Any] = {name: figures[figure] for name, figures in found.items()}
            yield Figure(
                f"concurrent-{streams}-{figure}", title + words, unit, values, target, judged=judged
            )


def _growth(
    bench: Bench, name: str, title: str, path: str, verb: str, sizes: List[int], target: float
) -> Iterator[Figure]:
    """Two figures: CPU per chunk at the largest size, and how the whole grows with the size."""
    per_chunk: List[Dict[str, float]] = []
    for size in sizes:
        calls = max(1, 2000 // size)
        per_chunk.append(
            bench.cpu(
                lambda client, size=size: getattr(client, verb)(f"{path}/{size}"),
                units=size * calls,
                calls=calls,
                rounds=bench.count(3, 2),
            )
        )
    more = {str(size): figures for size, figures in zip(sizes, per_chunk)}
    values: Dict[str, Any] = dict(per_chunk[-1])
    yield Figure(name, f"{title} {sizes[-1]} chunks: per chunk", "us", values, target, more=more)
    slopes: Dict[str, Any] = {
        client: exponent(sizes, [size * figures[client] for size, figures in zip(sizes, per_chunk)])
        for client in values
    }
    spread = f"{sizes[0]} to {sizes[-1]}"
    yield Figure(f"{name}-exponent", f"{title} {spread}: growth exponent", "", slopes, 1.05, judged="value")


def add(bench: Bench) -> Iterator[Figure]:
    sizes = [1000, 4000, 16000] if bench.quick else [1000, 10000, 100000]
    return _growth(bench, "add", "stream, added up with +,", "/text", "added", sizes, 2.2)


def tool(bench: Bench) -> Iterator[Figure]:
    """A streamed tool call, added up with `+`, its arguments read at the end."""
    sizes = [1000, 4000] if bench.quick else [1000, 4000, 20000]
    return _growth(bench, "tool", "streamed tool call, added up,", "/tool", "tool", sizes, 2.5)
