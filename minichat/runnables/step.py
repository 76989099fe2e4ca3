"""Step: a runnable whose work is one run.

A kind of step says what it does, `_work(run, input)`, and, when it can give pieces before all of its
input is there, `_flow(run, inputs)`. Around them, once for all: the run starts, tells its chunks and
ends or fails. When nobody listens there is nothing around them.
"""

from __future__ import annotations

from ..backends.driver import closing
from ..runs import Run, observe
from .base import Runnable
from .streams import Seen, Sum, gather, once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..runs import Context
    from .streams import Inputs, Pieces

__all__ = ["Step"]


class Step(Runnable["Any", "Any"]):
    """Base of sequences, functions, prompts, parsers and whatever else is one run."""

    run_type = "chain"
    _streams = False  # is there a `_flow`?
    _gathers = False  # does `_flow` add up its input before it does anything?

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_flow" in cls.__dict__:
            cls._streams = True

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} does not say how it computes its output (_work)")

    def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        raise TypeError(f"{type(self).__name__} does not say how it streams (_flow)")

    # -- the seams of a Runnable -----------------------------------------------------------

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        run = Run(ctx, self, self.run_type)
        if not ctx.handlers:
            return await self._work(run, input, **kwargs)
        await run.start(self._described(run), input, run_type=self._told_type)
        return await observe(run, self._work(run, input, **kwargs))

    def _run_stream(self, ctx: Context, inputs: Inputs, **kwargs: Any) -> Pieces:
        if not self._streams:
            return super()._run_stream(ctx, inputs, **kwargs)
        run = Run(ctx, self, self.run_type)
        if not ctx.handlers:
            return self._flow(run, inputs, **kwargs)
        return self._observed(run, Seen(inputs), kwargs)

    @property
    def _told_type(self) -> Any:
        """What handlers are told as `run_type`; LangChain says nothing for a chain."""
        return None if self.run_type == "chain" else self.run_type

    def _described(self, run: Run) -> Any:
        """Give what handlers are told as `serialized`: for most kinds of step nothing."""
        return None

    async def _observed(self, run: Run, inputs: Seen, kwargs: Any) -> Pieces:
        async with closing(inputs):  # type: ignore[arg-type]
            if self._gathers:
                source: Any = once(await gather(inputs))
                told: Any = source.item
                known: Any = dict
            else:
                source = inputs
                await inputs.begin()  # who makes the input begins before its reader
                told = {"input": ""}
                known = inputs.known
            await run.start(self._described(run), told, run_type=self._told_type)
            output = Sum(last_only_after=True)
            heard = run.hears("chunk")
            try:
                async with closing(self._flow(run, source, **kwargs)) as pieces:
                    async for items in pieces:
                        for item in items:  # one by one: what it becomes further on is told in turn
                            output.add(item)
                            if heard:
                                await run.tell("chunk", chunk=item)
                            yield [item]
            except GeneratorExit:  # the consumer has enough: what it had is the output
                await run.tell("end", output.value, **known())
                raise
            except BaseException as error:
                await run.tell("error", error, **known())
                raise
        await run.tell("end", output.value, **known())
