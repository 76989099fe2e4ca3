"""A scenario in a process of its own, where memory is measured or a thousand streams run at once.

`python -m tests.bench.child SCENARIO CLIENT BASE [NUMBER ...]` prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any, Dict, List

from .measure import growth_of_peak

WARM_UP = "/text/50"


def client_of(name: str, base: str) -> Any:
    if name == "floor":
        from .floor import Floor

        return Floor(base)
    if name == "minichat":
        from .candidate import Candidate

        return Candidate(base)
    from .naive import Naive

    return Naive(base)


def stream_memory(client: Any, count: int) -> Dict[str, float]:
    """Read a stream and keep nothing of it; how far does the peak grow?"""
    client.drain(WARM_UP)
    grown = growth_of_peak()
    client.drain(f"/text/{count}")
    return {"memory": grown()}


def astream_memory(client: Any, count: int) -> Dict[str, float]:
    async def work() -> float:
        await client.adrain(WARM_UP)
        grown = growth_of_peak()
        await client.adrain(f"/text/{count}")
        return grown()

    return {"memory": asyncio.run(work())}


def concurrent(client: Any, streams: int, chunks: int, milliseconds: int) -> Dict[str, float]:
    """Read many delayed streams at once, each over a connection that this opens."""
    _allow_files(streams + 100)

    async def work() -> Dict[str, float]:
        await client.concurrent(WARM_UP, 1)
        grown = growth_of_peak()
        begun, cpu = time.perf_counter(), time.process_time()
        texts = await client.concurrent(f"/slow/{chunks}/{milliseconds}", streams)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - begun
        if texts != [" word" * chunks] * streams:
            raise RuntimeError("a stream gave another text")
        return {
            "wall": wall / (chunks * milliseconds / 1000),
            "cpu": cpu * 1e6 / (streams * chunks),
            "memory": grown(),
        }

    return asyncio.run(work())


def _allow_files(count: int) -> None:
    try:
        import resource
    except ImportError:  # no such limit on this system
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def main(arguments: List[str]) -> None:
    scenario, name, base, *numbers = arguments
    scenarios = {"stream-memory": stream_memory, "astream-memory": astream_memory, "concurrent": concurrent}
    print(json.dumps(scenarios[scenario](client_of(name, base), *map(int, numbers))))


if __name__ == "__main__":
    main(sys.argv[1:])
