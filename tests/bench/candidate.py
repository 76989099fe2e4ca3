"""minichat doing the benchmarks' jobs, through its public names only, as a program would use it."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Dict, List

from minichat import ChatOpenAI


class Candidate:
    """The clients' common verbs; `base` is the server's URL, paths as in server.py."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._models: Dict[str, ChatOpenAI] = {}

    def _model(self, path: str) -> ChatOpenAI:
        """Give the model of a path, made once: making models is no part of a call."""
        model = self._models.get(path)
        if model is None:
            model = self._models[path] = ChatOpenAI(
                model="gpt-4o-mini", api_key="sk-bench", base_url=f"{self.base}{path}/v1"
            )
        return model

    # -- sync ------------------------------------------------------------------------------

    def call(self, path: str) -> Any:
        return self._model(path).invoke("hi").content

    def history(self, path: str, messages: Any) -> Any:
        return self._model(path).invoke(messages).content

    def stream(self, path: str) -> str:
        return "".join([chunk.content for chunk in self._model(path).stream("hi")])

    def drain(self, path: str) -> None:
        """Read a stream and keep nothing."""
        for _ in self._model(path).stream("hi"):
            pass

    def added(self, path: str) -> Any:
        total: Any = None
        for chunk in self._model(path).stream("hi"):
            total = chunk if total is None else total + chunk
        return total.content

    def tool(self, path: str) -> Any:
        total: Any = None
        for chunk in self._model(path).stream("hi"):
            total = chunk if total is None else total + chunk
        return total.tool_calls[0]["args"]

    def lags(self, path: str) -> List[int]:
        return [
            time.perf_counter_ns() - int(chunk.content)
            for chunk in self._model(path).stream("hi")
            if chunk.content
        ]

    def batch(self, path: str, count: int, at_once: int) -> List[Any]:
        answers = self._model(path).batch(["hi"] * count, {"max_concurrency": at_once})
        return [answer.content for answer in answers]

    # -- async -----------------------------------------------------------------------------

    async def acall(self, path: str) -> Any:
        return (await self._model(path).ainvoke("hi")).content

    async def astream(self, path: str) -> str:
        return "".join([chunk.content async for chunk in self._model(path).astream("hi")])

    async def adrain(self, path: str) -> None:
        async for _ in self._model(path).astream("hi"):
            pass

    async def alags(self, path: str) -> List[int]:
        return [
            time.perf_counter_ns() - int(chunk.content)
            async for chunk in self._model(path).astream("hi")
            if chunk.content
        ]

    async def abatch(self, path: str, count: int, at_once: int) -> List[Any]:
        answers = await self._model(path).abatch(["hi"] * count, {"max_concurrency": at_once})
        return [answer.content for answer in answers]

    async def concurrent(self, path: str, count: int) -> List[str]:
        return await asyncio.gather(*[self.astream(path) for _ in range(count)])
