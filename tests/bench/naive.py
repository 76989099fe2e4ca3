"""What one writes in ten lines: `urllib.request.urlopen` per call, `readline` and `json.loads` for streams.

Async is the same in threads, as `asyncio.to_thread` would do it. A new connection for every request.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterator, List

from .floor import QUESTION, arguments, content


class Naive:
    """The clients' common verbs; `base` is the server's URL, paths as in server.py."""

    def __init__(self, base: str) -> None:
        self.base = base

    # -- sync ------------------------------------------------------------------------------

    def _open(self, path: str, *, stream: bool, messages: Any = QUESTION) -> Any:
        call = {"model": "gpt-4o-mini", "messages": messages, "stream": stream}
        headers = {"Authorization": "Bearer sk-bench", "Content-Type": "application/json"}
        body = json.dumps(call).encode()
        url = f"{self.base}{path}/v1/chat/completions"
        return urllib.request.urlopen(urllib.request.Request(url, body, headers))

    def _deltas(self, path: str) -> Iterator[Any]:
        with self._open(path, stream=True) as reply:
            for line in reply:
                if not line.startswith(b"data: "):
                    continue
                if line == b"data: [DONE]\n":
                    break
                choices = json.loads(line[6:])["choices"]
                if choices:
                    yield choices[0]["delta"]

    def history(self, path: str, messages: Any) -> str:
        with self._open(path, stream=False, messages=messages) as reply:
            return json.loads(reply.read())["choices"][0]["message"]["content"]

    def call(self, path: str) -> str:
        return self.history(path, QUESTION)

    def stream(self, path: str) -> str:
        return "".join([content(delta) or "" for delta in self._deltas(path)])

    added = stream

    def drain(self, path: str) -> None:
        """Read a stream and keep nothing."""
        for _ in self._deltas(path):
            pass

    def tool(self, path: str) -> Any:
        return json.loads("".join([arguments(delta) or "" for delta in self._deltas(path)]))

    def lags(self, path: str) -> List[int]:
        return [
            time.perf_counter_ns() - int(content(delta))
            for delta in self._deltas(path)
            if content(delta)
        ]

    def batch(self, path: str, count: int, at_once: int) -> List[str]:
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(lambda _: self.call(path), range(count)))

    # -- async -----------------------------------------------------------------------------

    async def acall(self, path: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(None, self.call, path)

    async def _atexts(self, path: str, take: Callable[[str], Any], pool: Any = None) -> List[Any]:
        """Read in a thread that hands over each text by the loop."""
        loop = asyncio.get_running_loop()
        texts: asyncio.Queue[Any] = asyncio.Queue()

        def work() -> None:
            for delta in self._deltas(path):
                loop.call_soon_threadsafe(texts.put_nowait, content(delta) or "")
            loop.call_soon_threadsafe(texts.put_nowait, None)

        reading = loop.run_in_executor(pool, work)
        found = []
        while True:
            text = await texts.get()
            if text is None:
                break
            if text:
                kept = take(text)
                if kept is not None:
                    found.append(kept)
        await reading
        return found

    async def astream(self, path: str) -> str:
        return "".join(await self._atexts(path, str))

    async def adrain(self, path: str) -> None:
        await self._atexts(path, lambda text: None)

    async def alags(self, path: str) -> List[int]:
        return await self._atexts(path, lambda text: time.perf_counter_ns() - int(text))

    async def abatch(self, path: str, count: int, at_once: int) -> List[str]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(at_once) as pool:
            jobs = [loop.run_in_executor(pool, self.call, path) for _ in range(count)]
            return list(await asyncio.gather(*jobs))

    async def concurrent(self, path: str, count: int) -> List[str]:
        with ThreadPoolExecutor(count) as pool:
            jobs = [self._atexts(path, str, pool) for _ in range(count)]
            return ["".join(texts) for texts in await asyncio.gather(*jobs)]
