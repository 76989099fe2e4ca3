"""Runnables that users write by overriding a public method: their methods become the seams.

`adopt` is called once, when such a class is made, so nothing else asks what was overridden. A method
that calls `super()` reaches the seam its class inherits: while it runs, `_inside` says so.

What is missing is made of what exists, as in LangChain: `ainvoke` runs `invoke` in a thread, `stream`
gives what `invoke` gives, `transform` adds up its input for `stream`.
"""

from __future__ import annotations

import functools
import inspect
from contextvars import ContextVar

from ..backends.driver import closing, iterate
from ..runs import call_user, iterate_user
from .streams import gather

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Tuple

    from ..runs import Context
    from .streams import Inputs, Pieces

__all__ = ["adopt"]

# (the runnable, the class) whose overriding method runs here; its super() is to be answered.
_inside: ContextVar[Optional[Tuple[Any, type]]] = ContextVar("inside", default=None)


def adopt(cls: Any) -> None:
    """Turn the public methods that `cls` defines itself into its seams."""
    own = {name: function for name, function in cls.__dict__.items() if callable(function)}
    inherited = super(cls, cls)
    for name in ("invoke", "ainvoke", "stream", "astream", "transform", "atransform"):
        if name in own:
            setattr(cls, name, _entered(cls, own[name]))
    if "_run_once" not in own and ("invoke" in own or "ainvoke" in own):
        cls._run_once = _once(cls, inherited, own)
    streams = [name for name in ("stream", "astream", "transform", "atransform") if name in own]
    if "_run_stream" not in own and streams:
        cls._run_stream = _stream(cls, inherited, own)


def _is_default(inherited: Any, name: str) -> bool:
    from .base import Runnable

    return getattr(inherited, name) is getattr(Runnable, name)


def _entered(cls: type, method: Any) -> Any:
    """Wrap an overriding method, so that what it calls on itself is known to be its super()."""
    if inspect.isasyncgenfunction(method):

        @functools.wraps(method)
        async def asyncgen(self: Any, *args: Any, **kwargs: Any) -> Any:
            async with closing(method(self, *args, **kwargs)) as items:
                while True:
                    token = _inside.set((self, cls))
                    try:
                        item = await items.__anext__()
                    except StopAsyncIteration:
                        return
                    finally:
                        _inside.reset(token)
                    yield item

        return asyncgen
    if inspect.isgeneratorfunction(method):

        @functools.wraps(method)
        def generator(self: Any, *args: Any, **kwargs: Any) -> Any:
            items = method(self, *args, **kwargs)
            ended = object()
            try:
                while True:
                    token = _inside.set((self, cls))
                    try:
                        item = next(items, ended)
                    finally:
                        _inside.reset(token)
                    if item is ended:
                        return
                    yield item
            finally:
                items.close()

        return generator
    if inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        async def coroutine(self: Any, *args: Any, **kwargs: Any) -> Any:
            token = _inside.set((self, cls))
            try:
                return await method(self, *args, **kwargs)
            finally:
                _inside.reset(token)

        return coroutine

    @functools.wraps(method)
    def function(self: Any, *args: Any, **kwargs: Any) -> Any:
        token = _inside.set((self, cls))
        try:
            return method(self, *args, **kwargs)
        finally:
            _inside.reset(token)

    return function


def _is_super(self: Any, cls: type) -> bool:
    """Is this the super() of an overriding method, of this class or of one above it?"""
    inside = _inside.get()
    return inside is not None and inside[0] is self and issubclass(cls, inside[1])


def _once(cls: Any, inherited: Any, own: Any) -> Any:
    base = inherited._run_once
    bare = _is_default(inherited, "_run_once")

    async def _run_once(self: Any, ctx: Context, input: Any, **kwargs: Any) -> Any:
        if _is_super(self, cls):
            inside = _inside.get()
            # What the class above was asked through its own method is that one's to answer.
            token = _inside.set(None if inside is None or inside[1] is cls else inside)
            try:
                return await base(self, ctx, input, **kwargs)
            finally:
                _inside.reset(token)
        suspends = ctx.backend.suspends
        if suspends and "ainvoke" in own:
            return await call_user(ctx, self.ainvoke, input, ctx.config(), **kwargs)
        if "invoke" in own and (not suspends or bare):
            return await call_user(ctx, self.invoke, input, ctx.config(), **kwargs)
        return await base(self, ctx, input, **kwargs)

    return _run_once


def _stream(cls: Any, inherited: Any, own: Any) -> Any:
    base = inherited._run_stream

    async def _run_stream(self: Any, ctx: Context, inputs: Inputs, **kwargs: Any) -> Pieces:
        backend = ctx.backend
        if _is_super(self, cls):
            source = base(self, ctx, inputs, **kwargs)
            async with closing(source):
                async for items in source:
                    yield items
            return
        transform, stream = ("atransform", "astream") if backend.suspends else ("transform", "stream")
        if transform in own:
            pieces = _aitems(inputs) if backend.suspends else _items(inputs)
            source = iterate_user(ctx, getattr(self, transform), pieces, ctx.config(), **kwargs)
        elif stream in own or (backend.suspends and "stream" in own and _is_default(inherited, "_run_stream")):
            method = self.astream if stream in own and backend.suspends else self.stream
            source = iterate_user(ctx, method, await gather(inputs), ctx.config(), **kwargs)
        else:
            source = base(self, ctx, inputs, **kwargs)
            async with closing(source):
                async for items in source:
                    yield items
            return
        async with closing(inputs):  # type: ignore[arg-type]
            async with closing(source):
                async for item in source:
                    yield [item]

    return _run_stream


def _items(inputs: Inputs) -> Any:
    for items in iterate(inputs):  # type: ignore[arg-type]
        yield from items


async def _aitems(inputs: Inputs) -> Any:
    async for items in inputs:
        for item in items:
            yield item
