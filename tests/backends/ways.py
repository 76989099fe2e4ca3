"""The four ways to ask, so that one test body serves both backends."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, List

from minichat import ChatOpenAI

__all__ = ["ALL", "BOTH", "PARITY", "ask", "ask_all", "model_for", "with_loop"]

ALL = ["invoke", "ainvoke", "stream", "astream"]
BOTH = ["invoke", "ainvoke"]
PARITY = ["stream", "astream"]


def model_for(server: Any, **settings: Any) -> ChatOpenAI:
    """Give a model that talks to `server` (or to the URL given)."""
    settings.setdefault("base_url", getattr(server, "base_url", server))
    settings.setdefault("api_key", "sk-test-key")
    settings.setdefault("max_retries", 0)
    return ChatOpenAI(model="m", **settings)


async def _aask(way: str, model: Any, text: str) -> str:
    if way == "ainvoke":
        return (await model.ainvoke(text)).content
    return "".join([chunk.content async for chunk in model.astream(text)])


def ask_all(way: str, model: Any, texts: List[str]) -> List[str]:
    """Ask one after the other, on one loop where the way has one; give the answers."""
    if way == "invoke":
        return [model.invoke(text).content for text in texts]
    if way == "stream":
        return ["".join(chunk.content for chunk in model.stream(text)) for text in texts]

    async def asking() -> List[str]:
        return [await _aask(way, model, text) for text in texts]

    return asyncio.run(asking())


def ask(way: str, model: Any, text: str = "Hello") -> str:
    return ask_all(way, model, [text])[0]


def with_loop(way: str, body: Callable[[Callable[[str], Awaitable[str]]], Awaitable[None]], model: Any) -> None:
    """Run `body(ask)` with an `await ask(text)` that goes `way`; sync ways block inside it."""

    async def asking(text: str) -> str:
        if way == "invoke":
            return model.invoke(text).content
        if way == "stream":
            return "".join(chunk.content for chunk in model.stream(text))
        return await _aask(way, model, text)

    async def main() -> None:
        await body(asking)

    asyncio.run(main())
