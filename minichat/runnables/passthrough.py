"""Dicts on their way through a chain: pass on, add keys, pick keys."""

from __future__ import annotations

from ..backends.driver import closing
from ..errors import ConfigurationError
from ..runs import call_user
from .lambdas import Function
from .parallel import RunnableParallel
from .step import Step
from .streams import Sum, once, split
from .utils import AddableDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Dict, List, Optional, Union

    from ..runs import Context, Run
    from .streams import Inputs, Pieces

__all__ = ["RunnableAssign", "RunnablePassthrough", "RunnablePick", "identity"]

NO_DICT = "The input to RunnablePassthrough.assign() must be a dict."


def identity(value: Any) -> Any:
    return value


class RunnablePassthrough(Step):
    """Gives its input; a function, if there is one, is called with it besides.

    >>> RunnablePassthrough.assign(double=lambda d: d["x"] * 2).invoke({"x": 4})
    {'x': 4, 'double': 8}
    """

    def __init__(self, func: Any = None, afunc: Any = None, *, input_type: Any = None) -> None:
        given, agiven = (Function(one) if one is not None else None for one in (func, afunc))
        if given is not None and given.is_async:
            given, agiven = None, given
        self._sync, self._async = given, agiven
        self.func = given.call if given is not None else None
        self.afunc = agiven.call if agiven is not None else None
        self.input_type = input_type

    @classmethod
    def assign(cls, **kwargs: Any) -> RunnableAssign:
        """Give a runnable that adds keys to its input dict, each computed from it."""
        return RunnableAssign(kwargs)

    @property
    def InputType(self) -> Any:
        return self.input_type if self.input_type is not None else super().InputType

    OutputType = InputType

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunnablePassthrough):
            return NotImplemented
        return (self.func, self.afunc) == (other.func, other.afunc)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        given = {"func": self.func, "afunc": self.afunc}
        shown = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is not None)
        return f"RunnablePassthrough({shown})"

    async def _tell(self, ctx: Context, value: Any, kwargs: Dict[str, Any]) -> None:
        function = (self._async if ctx.backend.suspends else None) or self._sync
        if function is not None:
            given = {**kwargs, "config": ctx.config()} if "config" in function.takes else kwargs
            await call_user(ctx, function.call, value, **given)

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        await self._tell(ctx, input, kwargs)
        return await super()._run_once(ctx, input)

    def _run_stream(self, ctx: Context, inputs: Inputs, **kwargs: Any) -> Pieces:
        pieces = super()._run_stream(ctx, inputs)
        if self._sync is None and self._async is None:
            return pieces
        return self._telling(ctx, pieces, kwargs)

    async def _telling(self, ctx: Context, source: Pieces, kwargs: Dict[str, Any]) -> Pieces:
        total = Sum()
        async with closing(source) as pieces:
            async for items in pieces:
                for item in items:
                    total.add(item)
                yield items
        if not total.empty:
            await self._tell(ctx, total.value, kwargs)

    # -- the work --------------------------------------------------------------------------

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        return input

    def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        return inputs  # type: ignore[return-value]


class RunnableAssign(Step):
    """Gives its input dict with the keys of a parallel step added, each computed from the input.

    Streamed, what passes through comes first, piece by piece, then the added keys as they come.

    Raises: ValueError for an input that is no dict.
    """

    def __init__(self, mapper: Union[RunnableParallel, Mapping[str, Any]], *, name: Optional[str] = None) -> None:
        self.mapper = mapper if isinstance(mapper, RunnableParallel) else RunnableParallel(mapper)
        self.name = name

    def get_name(self, suffix: Optional[str] = None, *, name: Optional[str] = None) -> str:
        known = name or self.name or f"RunnableAssign<{','.join(self.mapper.steps__)}>"
        return super().get_name(suffix, name=known)

    def __eq__(self, other: object) -> bool:
        return self.mapper == other.mapper if isinstance(other, RunnableAssign) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RunnableAssign(mapper={self.mapper!r})"

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        if not isinstance(input, dict):
            raise ConfigurationError(NO_DICT)
        return {**input, **await self.mapper._run_once(run.child(), input, **kwargs)}

    async def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        backend = run.context.backend
        passing_on, copy = split(inputs, 2, backend)
        kept, added = self._kept(passing_on), self.mapper._run_stream(run.child(), copy, **kwargs)
        if isinstance(passing_on, once):  # there is nothing to wait for side by side
            for stream in (kept, added):
                async with closing(stream) as pieces:
                    async for items in pieces:
                        yield items
            return
        early: Any = []  # what was computed before the last of the input has passed through
        async with closing(backend.merge([kept, added], ends=True)) as merged:
            async for index, items in merged:
                if index == 1 and early is not None:
                    early.extend(items or ())
                elif items is not None:
                    yield items
                elif index == 0:
                    if early:
                        yield early
                    early = None

    async def _kept(self, inputs: Any) -> Pieces:
        """Give the input without the keys that are computed."""
        computed = self.mapper.steps__
        async with closing(inputs):
            async for items in inputs:
                if not all(isinstance(item, dict) for item in items):
                    raise ConfigurationError(NO_DICT)
                kept = [
                    AddableDict({key: value for key, value in item.items() if key not in computed})
                    for item in items
                ]
                if any(kept):
                    yield [item for item in kept if item]


class RunnablePick(Step):
    """Gives one key of its input dict, or a smaller dict of several; absent keys are left out.

    Raises: ValueError for an input that is no dict.
    """

    def __init__(self, keys: Union[str, List[str]], *, name: Optional[str] = None) -> None:
        self.keys = keys
        self.name = name

    def get_name(self, suffix: Optional[str] = None, *, name: Optional[str] = None) -> str:
        keys = [self.keys] if isinstance(self.keys, str) else self.keys
        return super().get_name(suffix, name=name or self.name or f"RunnablePick<{','.join(keys)}>")

    def __eq__(self, other: object) -> bool:
        return self.keys == other.keys if isinstance(other, RunnablePick) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RunnablePick(keys={self.keys!r})"

    def _picked(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ConfigurationError(f"The input to RunnablePick must be a dict, not {type(value).__name__}.")
        if isinstance(self.keys, str):
            return value.get(self.keys)
        return AddableDict({key: value[key] for key in self.keys if key in value}) or None

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        return self._picked(input)

    async def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        async with closing(inputs):  # type: ignore[arg-type]
            async for items in inputs:
                picked = [one for one in map(self._picked, items) if one is not None]
                if picked:
                    yield picked
