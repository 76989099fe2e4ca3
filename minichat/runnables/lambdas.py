"""Users' functions as runnables: RunnableLambda, RunnableGenerator and the `@chain` decorator.

A function may take `config` (the RunnableConfig for what it calls) and `run_manager` besides its input;
that, and what kind of function it is, is looked at once, when the runnable is made. While it runs, its
own run is around it, so what it calls is below that run with or without `config`.
"""

from __future__ import annotations

import inspect

from ..backends.driver import closing, iterate
from ..runs import call_user, iterate_user
from .base import Runnable
from .step import Step
from .streams import Sum, gather, once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from typing import Any, Dict, Optional

    from ..runs import Context, Run
    from .streams import Inputs, Pieces

__all__ = ["RunnableGenerator", "RunnableLambda", "chain", "is_generator"]


def is_generator(function: Any) -> bool:
    """Is this a generator function, sync or async (or an object called like one)?"""
    called = getattr(function, "__call__", None)  # noqa: B004
    return any(
        inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one) for one in (function, called)
    )


class Function:
    """A user's function, looked at once."""

    __slots__ = ("call", "is_async", "is_generator", "takes")

    def __init__(self, function: Callable[..., Any]) -> None:
        called = getattr(function, "__call__", None)  # noqa: B004
        kinds = (function, called)
        self.call = function
        self.is_generator = is_generator(function)
        self.is_async = any(
            inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in kinds
        )
        try:
            parameters = inspect.signature(function).parameters
        except (TypeError, ValueError):  # some builtins have no signature
            parameters = {}  # type: ignore[assignment]
        self.takes = tuple(name for name in ("config", "run_manager") if name in parameters)

    def arguments(self, run: Run, child: Context, kwargs: Dict[str, Any]) -> Dict[str, Any]:
        """Give the keyword arguments of a call: the caller's, and what the function asks for."""
        if not self.takes:
            return kwargs
        given = dict(kwargs)
        if "config" in self.takes:
            given["config"] = child.config(is_async=self.is_async)
        if "run_manager" in self.takes:
            from ..callbacks.manager import run_manager_of

            given["run_manager"] = run_manager_of(run, is_async=self.is_async)
        return given


class RunnableLambda(Step):
    """A function as a runnable; with `afunc`, another one for the asynchronous side.

    A function that gives a runnable has that run on the same input. A generator's items are its
    pieces. Only a synchronous function: it runs in a thread on the asynchronous side. Only an
    asynchronous one: the synchronous side raises TypeError.

    >>> (RunnableLambda(lambda x: x + 1) | str).invoke(1)
    '2'
    """

    def __init__(self, func: Any, afunc: Any = None, name: Optional[str] = None) -> None:
        if not callable(func):
            raise TypeError(
                f"Expected a callable type for `func`.Instead got an unsupported type: {type(func)}"
            )
        given: Optional[Function] = Function(func)
        agiven = Function(afunc) if afunc is not None else None
        if given is not None and given.is_async:
            if agiven is not None:
                raise TypeError(
                    "Func was provided as a coroutine function, but afunc was also provided. If "
                    "providing both, func should be a regular function to avoid ambiguity."
                )
            given, agiven = None, given
        self._sync, self._async = given, agiven
        if given is not None:
            self.func = given.call
        if agiven is not None:
            self.afunc = agiven.call
        called = getattr(func, "__name__", "<lambda>")
        self.name = name or (called if called != "<lambda>" else None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunnableLambda):
            return NotImplemented
        if self._sync is not None and other._sync is not None:
            return bool(self._sync.call == other._sync.call)
        if self._async is not None and other._async is not None:
            return bool(self._async.call == other._async.call)
        return False

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        from operator import itemgetter

        if self._sync is None:
            return f"RunnableLambda(afunc={_source(self.afunc)})"
        if isinstance(self.func, itemgetter):
            return f"RunnableLambda({repr(self.func)[len('operator.') :]})"
        return f"RunnableLambda({_source(self.func)})"

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        if self._sync is None and not ctx.backend.suspends:  # before a run begins
            raise TypeError(
                "Cannot invoke a coroutine function synchronously.Use `ainvoke` instead."
            )
        return await super()._run_once(ctx, input, **kwargs)

    def _run_stream(self, ctx: Context, inputs: Inputs, **kwargs: Any) -> Pieces:
        if self._sync is None and not ctx.backend.suspends:
            raise TypeError("Cannot stream a coroutine function synchronously.Use `astream` instead.")
        return super()._run_stream(ctx, inputs, **kwargs)

    # -- the work --------------------------------------------------------------------------

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        function = self._function(run)
        child = run.child()
        arguments = function.arguments(run, child, kwargs)
        if function.is_generator:
            total = Sum()
            async with closing(iterate_user(child, function.call, input, **arguments)) as items:
                async for item in items:
                    total.add(item)
            output = total.value
        else:
            output = await call_user(child, function.call, input, **arguments)
        if isinstance(output, Runnable):
            return await output._run_once(self._deeper(run, input), input)
        return output

    async def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        function = self._function(run)
        child = run.child()
        input = await gather(inputs)
        arguments = function.arguments(run, child, kwargs)
        if function.is_generator:
            total = Sum()
            async with closing(iterate_user(child, function.call, input, **arguments)) as items:
                async for item in items:
                    total.add(item)
                    yield [item]
            output = total.value
        else:
            output = await call_user(child, function.call, input, **arguments)
        if isinstance(output, Runnable):
            stream = output._run_stream(self._deeper(run, input), once(input))
            async with closing(stream) as pieces:
                async for more in pieces:
                    yield more
        elif not function.is_generator:
            yield [output]

    def _function(self, run: Run) -> Function:
        function = (self._async if run.context.backend.suspends else None) or self._sync
        assert function is not None  # the seams have looked
        return function

    def _deeper(self, run: Run, input: Any) -> Context:
        limit = run.context.recursion_limit
        if limit <= 0:
            raise RecursionError(f"Recursion limit reached when invoking {self} with input {input}.")
        return run.child().replaced(recursion_limit=limit - 1)


def _source(function: Any) -> str:
    """Give the name of a function, the source of a lambda, "..." when there is none."""
    import ast
    import textwrap

    known = getattr(function, "__name__", "<lambda>")
    if known != "<lambda>":
        return str(known)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return "..."
    found = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    return found[0] if len(found) == 1 else "..."


class RunnableGenerator(Step):
    """A generator function from an iterator of input pieces to output pieces.

    Only one for the side it is called on will do: a synchronous generator cannot read an asynchronous
    stream. Raises: NotImplementedError otherwise.
    """

    def __init__(self, transform: Any, atransform: Any = None, *, name: Optional[str] = None) -> None:
        self._transform: Optional[Function] = None
        self._atransform = Function(atransform) if atransform is not None else None
        function = Function(transform) if is_generator(transform) else None
        if function is None:
            raise TypeError(
                "Expected a generator function type for `transform`."
                f"Instead got an unsupported type: {type(transform)}"
            )
        if function.is_async:
            self._atransform = function
        else:
            self._transform = function
        self.name = name or getattr(transform, "__name__", "RunnableGenerator")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunnableGenerator):
            return NotImplemented
        mine, theirs = (self._transform, self._atransform), (other._transform, other._atransform)
        return [one and one.call for one in mine] == [one and one.call for one in theirs]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RunnableGenerator({self.name})"

    def _check(self, ctx: Context) -> None:
        if ctx.backend.suspends and self._atransform is None:
            raise NotImplementedError(f"{self!r} only supports sync methods.")
        if not ctx.backend.suspends and self._transform is None:
            raise NotImplementedError(f"{self!r} only supports async methods.")

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        total: Any = None
        async with closing(self._run_stream(ctx, once(input), **kwargs)) as pieces:
            async for items in pieces:
                for item in items:
                    total = item if total is None else total + item
        return total

    def _run_stream(self, ctx: Context, inputs: Inputs, **kwargs: Any) -> Pieces:
        self._check(ctx)
        return super()._run_stream(ctx, inputs, **kwargs)

    async def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        child = run.child()
        if child.backend.suspends:
            function, source = self._atransform, _singly_async(inputs)
        else:
            function, source = self._transform, _singly(inputs)  # type: ignore[assignment]
        assert function is not None
        arguments = function.arguments(run, child, kwargs)
        async with closing(inputs):  # type: ignore[arg-type]
            async with closing(iterate_user(child, function.call, source, **arguments)) as items:
                async for item in items:
                    yield [item]


def _singly(inputs: Inputs) -> Iterator[Any]:
    for items in iterate(inputs):  # type: ignore[arg-type]
        yield from items


async def _singly_async(inputs: Inputs) -> AsyncIterator[Any]:
    async for items in inputs:
        for item in items:
            yield item


def chain(function: Any) -> RunnableLambda:
    """Make a runnable of a function, as a decorator.

    >>> @chain
    ... def shout(text):
    ...     return text.upper()
    >>> shout.invoke("hi")
    'HI'
    """
    return RunnableLambda(function)
