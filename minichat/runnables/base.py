"""Runnable: LangChain's public methods, written once over two seams.

A kind of runnable says how it computes one result, `_run_once(ctx, input)`, and how it streams,
`_run_stream(ctx, inputs)`; both are coroutine code over `ctx.backend`. The public methods choose the
backend and nothing else: `invoke` runs the coroutine with the blocking driver, `ainvoke` awaits the
very same. Inside, streams hand over lists, all that one read gave; only the public iterators give the
items out one by one, and nobody waits to fill a list.
"""

from __future__ import annotations

from ..backends.driver import closing, iterate, run
from ..errors import ConfigurationError
from ..runs import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping, Sequence
    from typing import Any, Dict, Generic, List, Optional, Tuple, TypeVar, Union

    from ..backends.base import Backend
    from .binding import RunnableBinding

    Input = TypeVar("Input", contravariant=True)
    Output = TypeVar("Output", covariant=True)
    Config = Mapping[str, Any]
    Inputs = Union[AsyncGenerator[List[Any], None], "once"]
else:
    from ..backends.driver import Generic

    Input = Output = object


__all__ = ["Runnable", "gather", "once"]


def blocking_backend() -> Backend:
    from ..backends.blocking import backend  # urllib takes 40 ms to import; not everyone needs both

    return backend


def asyncio_backend() -> Backend:
    from ..backends.aio import backend

    return backend


class once:
    """A stream of one item. Not a generator: an event loop would keep books on it, for each call."""

    __slots__ = ("item", "left")

    def __init__(self, item: Any) -> None:
        self.item = item
        self.left = True

    def __aiter__(self) -> once:
        return self

    async def __anext__(self) -> List[Any]:
        if not self.left:
            raise StopAsyncIteration
        self.left = False
        return [self.item]

    async def aclose(self) -> None:
        self.left = False


async def gather(inputs: Inputs) -> Any:
    """Add up a stream to one input, by `+`."""
    if isinstance(inputs, once):
        return inputs.item
    total: Any = None
    empty = True
    async with closing(inputs):
        async for items in inputs:
            for item in items:
                total = item if empty else total + item
                empty = False
    if empty:
        raise ConfigurationError("a stream without any input")
    return total


class Runnable(Generic[Input, Output]):
    """Something that turns an input into an output, at once, in a stream, or for many inputs."""

    name: Optional[str] = None

    # -- the two seams ---------------------------------------------------------------------

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} does not say how it computes its output (_run_once)")

    async def _run_stream(
        self, ctx: Context, inputs: Inputs, **kwargs: Any
    ) -> AsyncGenerator[Sequence[Any], None]:
        yield [await self._run_once(ctx, await gather(inputs), **kwargs)]

    # -- one input -------------------------------------------------------------------------

    def invoke(self, input: Input, config: Optional[Config] = None, **kwargs: Any) -> Output:
        """Compute the output for `input`."""
        output: Output = run(self._run_once(Context.of(config, blocking_backend()), input, **kwargs))
        return output

    async def ainvoke(self, input: Input, config: Optional[Config] = None, **kwargs: Any) -> Output:
        """As `invoke`, on the running event loop."""
        output: Output = await self._run_once(Context.of(config, asyncio_backend()), input, **kwargs)
        return output

    def stream(
        self, input: Input, config: Optional[Config] = None, **kwargs: Any
    ) -> Generator[Output, None, None]:
        """Give the output in pieces, as they come. Leaving the loop closes what feeds it."""
        ctx = Context.of(config, blocking_backend())
        pieces = iterate(self._run_stream(ctx, once(input), **kwargs))
        try:
            for items in pieces:
                yield from items
        finally:
            pieces.close()  # a `for` that is left does not, where nobody counts references

    async def astream(
        self, input: Input, config: Optional[Config] = None, **kwargs: Any
    ) -> AsyncGenerator[Output, None]:
        """As `stream`, on the running event loop."""
        ctx = Context.of(config, asyncio_backend())
        async with closing(self._run_stream(ctx, once(input), **kwargs)) as pieces:
            async for items in pieces:
                for item in items:
                    yield item

    # -- many inputs -----------------------------------------------------------------------

    def batch(
        self,
        inputs: Sequence[Input],
        config: Union[Config, Sequence[Config], None] = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> List[Output]:
        """Give the outputs for `inputs`, in their order, computed side by side in threads.

        `config["max_concurrency"]` bounds the threads; a list gives each input its own config.

        Raises: the first exception, in the order of the inputs; the inputs not begun by then are left.
        With `return_exceptions` exceptions stand in place instead.
        """
        return run(self._batch(blocking_backend(), inputs, config, return_exceptions, kwargs))

    async def abatch(
        self,
        inputs: Sequence[Input],
        config: Union[Config, Sequence[Config], None] = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> List[Output]:
        """As `batch`, in tasks; without `max_concurrency` all at once."""
        return await self._batch(asyncio_backend(), inputs, config, return_exceptions, kwargs)

    def batch_as_completed(
        self,
        inputs: Sequence[Input],
        config: Union[Config, Sequence[Config], None] = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> Iterator[Tuple[int, Output]]:
        """Give (index, output) pairs as they are done."""
        return iterate(self._as_completed(blocking_backend(), inputs, config, return_exceptions, kwargs))

    async def abatch_as_completed(
        self,
        inputs: Sequence[Input],
        config: Union[Config, Sequence[Config], None] = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> AsyncIterator[Tuple[int, Output]]:
        """As `batch_as_completed`, in tasks."""
        source = self._as_completed(asyncio_backend(), inputs, config, return_exceptions, kwargs)
        async with closing(source) as pairs:
            async for pair in pairs:
                yield pair

    async def _batch(
        self, backend: Backend, inputs: Any, config: Any, return_exceptions: bool, kwargs: Dict[str, Any]
    ) -> List[Any]:
        jobs, limit = self._jobs(backend, inputs, config, kwargs)
        if len(jobs) == 1 and not return_exceptions:
            return [await jobs[0]()]
        outputs: List[Any] = [None] * len(jobs)
        failures: Dict[int, BaseException] = {}
        async with closing(backend.completed(jobs, limit)) as completed:
            async for index, output, error in completed:
                outputs[index] = output
                if error is None:
                    continue
                if return_exceptions and isinstance(error, Exception):
                    outputs[index] = error
                else:
                    failures[index] = error
                    break
        if failures:
            raise failures[min(failures)]
        return outputs

    async def _as_completed(
        self, backend: Backend, inputs: Any, config: Any, return_exceptions: bool, kwargs: Dict[str, Any]
    ) -> AsyncGenerator[Tuple[int, Any], None]:
        jobs, limit = self._jobs(backend, inputs, config, kwargs)
        async with closing(backend.completed(jobs, limit)) as completed:
            async for index, output, error in completed:
                if error is not None and not (return_exceptions and isinstance(error, Exception)):
                    raise error
                yield index, output if error is None else error

    def _jobs(self, backend: Backend, inputs: Any, config: Any, kwargs: Dict[str, Any]) -> Any:
        """Give (jobs, limit): one function per input that starts its coroutine."""
        inputs = list(inputs)
        if isinstance(config, (list, tuple)):
            if len(config) != len(inputs):
                raise ConfigurationError(
                    "config must be a list of the same length as inputs, "
                    f"but got {len(config)} configs for {len(inputs)} inputs"
                )
            contexts = [Context.of(one, backend) for one in config]
        else:
            contexts = [Context.of(config, backend)] * len(inputs)
            if contexts and contexts[0].run_id is not None and len(inputs) > 1:
                # A run id names one run: the first has it, as in LangChain.
                rest = Context.of({**config, "run_id": None}, backend)
                contexts[1:] = [rest] * (len(inputs) - 1)

        def job(ctx: Context, input: Any) -> Any:
            return lambda: self._run_once(ctx, input, **kwargs)

        jobs = [job(ctx, input) for ctx, input in zip(contexts, inputs)]
        return jobs, contexts[0].max_concurrency if contexts else None

    # -- composition -----------------------------------------------------------------------

    def bind(self, **kwargs: Any) -> RunnableBinding:
        """Give this runnable with keyword arguments that every call of it gets."""
        from .binding import RunnableBinding

        return RunnableBinding(bound=self, kwargs=kwargs)
