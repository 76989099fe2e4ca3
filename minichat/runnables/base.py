"""Runnable: LangChain's public methods, written once over two seams.

A kind of runnable says how it computes one result, `_run_once(ctx, input)`, and how it streams,
`_run_stream(ctx, inputs)`; both are coroutine code over `ctx.backend`. The public methods choose the
backend and nothing else: `invoke` runs the coroutine with the blocking driver, `ainvoke` awaits the
very same. Nothing inside calls the public methods: they are for callers, and for users who override
them in a class of their own (overrides.py).
"""

from __future__ import annotations

from ..backends.driver import closing, iterate, run
from ..lazy import names_from
from ..runs import Context
from .composition import Composable
from .streams import Sum, once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping, Sequence
    from typing import Any, Generic, List, Optional, Tuple, TypeVar, Union

    from ..backends.base import Backend
    from ..tracers.log_stream import RunLog, RunLogPatch
    from .lambdas import RunnableGenerator, RunnableLambda
    from .parallel import RunnableParallel
    from .sequence import RunnableSequence
    from .streams import Inputs, Pieces
    from .utils import ConfigurableFieldSpec

    Input = TypeVar("Input", contravariant=True)
    Output = TypeVar("Output", covariant=True)
    Config = Mapping[str, Any]
else:
    from ..backends.driver import Generic

    Input = Output = object


__all__ = ["Runnable", "RunnableGenerator", "RunnableLambda", "RunnableParallel", "RunnableSequence"]

# What users override in a class of their own; overrides.py turns each into a seam.
OVERRIDABLE = frozenset(("invoke", "ainvoke", "stream", "astream", "transform", "atransform"))

# LangChain's module of this name holds these too.
__getattr__ = names_from(
    __package__ or "",
    {
        "lambdas": "RunnableLambda RunnableGenerator chain",
        "parallel": "RunnableParallel RunnableMap",
        "sequence": "RunnableSequence coerce_to_runnable",
        "binding": "RunnableBinding RunnableBindingBase",
        "each": "RunnableEach RunnableEachBase",
        "serializable": "RunnableSerializable",
        "utils": "RunnableLike",
    },
    globals(),
)


def blocking_backend() -> Backend:
    from ..backends.blocking import backend  # urllib takes 40 ms to import; not everyone needs both

    return backend


def asyncio_backend() -> Backend:
    from ..backends.aio import backend

    return backend


class Runnable(Composable, Generic[Input, Output]):
    """Something that turns an input into an output, at once, in a stream, or for many inputs.

    `config` is LangChain's `RunnableConfig` dictionary: tags, metadata, callbacks, run_name, run_id,
    max_concurrency, recursion_limit, configurable.
    """

    name: Optional[str] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not OVERRIDABLE.isdisjoint(cls.__dict__):
            from .overrides import adopt

            adopt(cls)

    def get_name(self, suffix: Optional[str] = None, *, name: Optional[str] = None) -> str:
        """Give the name its runs bear; `suffix` is joined in the name's own style."""
        known = name or self.name or type(self).__name__
        if not suffix:
            return known
        return known + suffix.title() if known[0].isupper() else f"{known}_{suffix.lower()}"

    @property
    def InputType(self) -> Any:  # noqa: N802 - LangChain's name
        """What this takes, as far as it is known; for people, nothing checks it."""
        from typing import Any

        return Any

    @property
    def OutputType(self) -> Any:  # noqa: N802
        from typing import Any

        return Any

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        """What calls may choose in `config["configurable"]`, of this and of the runnables inside."""
        return []

    # -- the two seams ---------------------------------------------------------------------

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} does not say how it computes its output (_run_once)")

    async def _run_stream(self, ctx: Context, inputs: Inputs, **kwargs: Any) -> Pieces:
        if isinstance(inputs, once):
            yield [await self._run_once(ctx, inputs.item, **kwargs)]
            return
        total = Sum()
        async with closing(inputs):  # type: ignore[arg-type]
            async for items in inputs:
                for item in items:
                    total.add(item)
        if not total.empty:
            yield [await self._run_once(ctx, total.value, **kwargs)]

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
        return _singly(self._run_stream(ctx, once(input), **kwargs))

    async def astream(
        self, input: Input, config: Optional[Config] = None, **kwargs: Any
    ) -> AsyncGenerator[Output, None]:
        """As `stream`, on the running event loop."""
        ctx = Context.of(config, asyncio_backend())
        async with closing(self._run_stream(ctx, once(input), **kwargs)) as pieces:
            async for items in pieces:
                for item in items:
                    yield item

    def transform(
        self, input: Iterator[Input], config: Optional[Config] = None, **kwargs: Any
    ) -> Generator[Output, None, None]:
        """As `stream`, for an input that comes in pieces itself."""
        ctx = Context.of(config, blocking_backend())
        return _singly(self._run_stream(ctx, _lists(input), **kwargs))

    async def atransform(
        self, input: AsyncIterator[Input], config: Optional[Config] = None, **kwargs: Any
    ) -> AsyncGenerator[Output, None]:
        """As `transform`, on the running event loop."""
        ctx = Context.of(config, asyncio_backend())
        async with closing(self._run_stream(ctx, _alists(input), **kwargs)) as pieces:
            async for items in pieces:
                for item in items:
                    yield item

    def astream_log(
        self, input: Any, config: Optional[Config] = None, **kwargs: Any
    ) -> AsyncGenerator[Union[RunLog, RunLogPatch], None]:
        """Stream the output together with what the runs below it do, as patches to one log.

        `diff=False` gives the whole log each time; `include_names=`, `include_types=`, `include_tags=` and
        `exclude_…=` choose the runs below; `with_streamed_output_list=False` leaves the list of pieces out.
        """
        from ..tracers.log_stream import astream_log

        return astream_log(self, input, config, **kwargs)

    def astream_events(
        self, input: Any, config: Optional[Config] = None, *, version: str = "v2", **kwargs: Any
    ) -> AsyncGenerator[Any, None]:
        """Stream what this run and those below it do, as events: `{"event": "on_chain_start", ...}`.

        `include_names=`, `include_types=`, `include_tags=` and `exclude_…=` choose the runs.

        Raises: `ConfigurationError` (NotImplementedError for LangChain) for a version other than "v2".
        """
        from ..tracers.event_stream import astream_events

        return astream_events(self, input, config, version=version, **kwargs)

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
        from .batching import batch

        return run(batch(self, blocking_backend(), inputs, config, return_exceptions, kwargs))

    async def abatch(
        self,
        inputs: Sequence[Input],
        config: Union[Config, Sequence[Config], None] = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> List[Output]:
        """As `batch`, in tasks; without `max_concurrency` all at once."""
        from .batching import batch

        return await batch(self, asyncio_backend(), inputs, config, return_exceptions, kwargs)

    def batch_as_completed(
        self,
        inputs: Sequence[Input],
        config: Union[Config, Sequence[Config], None] = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> Iterator[Tuple[int, Output]]:
        """Give (index, output) pairs as they are done."""
        from .batching import as_completed

        return iterate(as_completed(self, blocking_backend(), inputs, config, return_exceptions, kwargs))

    async def abatch_as_completed(
        self,
        inputs: Sequence[Input],
        config: Union[Config, Sequence[Config], None] = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> AsyncIterator[Tuple[int, Output]]:
        """As `batch_as_completed`, in tasks."""
        from .batching import as_completed

        source = as_completed(self, asyncio_backend(), inputs, config, return_exceptions, kwargs)
        async with closing(source) as pairs:
            async for pair in pairs:
                yield pair


def _singly(source: Pieces) -> Generator[Any, None, None]:
    """Give the items of a stream one by one. Leaving it early closes what feeds it."""
    pieces = iterate(source)
    try:
        for items in pieces:
            yield from items
    finally:
        pieces.close()  # a `for` that is left does not, where nobody counts references


async def _lists(source: Iterator[Any]) -> Pieces:
    """Make a stream of an iterator of the caller's."""
    try:
        for item in source:
            yield [item]
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()


async def _alists(source: AsyncIterator[Any]) -> Pieces:
    try:
        async for item in source:
            yield [item]
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()
