"""Many inputs side by side: what `batch`, `abatch` and their `*_as_completed` twins do."""

from __future__ import annotations

from ..backends.driver import closing
from ..errors import ConfigurationError
from ..runs import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from typing import Any, Dict, List, Optional, Tuple

    from ..backends.base import Backend, Job
    from .base import Runnable

__all__ = ["as_completed", "batch", "contexts_of", "run_jobs"]


async def batch(
    runnable: Runnable[Any, Any],
    backend: Backend,
    inputs: Any,
    config: Any,
    return_exceptions: bool,
    kwargs: Dict[str, Any],
) -> List[Any]:
    """Give the outputs in the order of the inputs."""
    jobs, limit = _jobs(runnable, backend, inputs, config, kwargs)
    return await _all(backend, jobs, limit, return_exceptions)


async def run_jobs(context: Context, jobs: List[Job], return_exceptions: bool = False) -> List[Any]:
    """Give the results of what one run does side by side, in order.

    Raises: the first error; what has begun besides is left to end, or cancelled, by the backend.
    """
    return await _all(context.backend, jobs, context.max_concurrency, return_exceptions)


async def _all(
    backend: Backend, jobs: List[Job], limit: Optional[int], return_exceptions: bool
) -> List[Any]:
    if len(jobs) == 1 and not return_exceptions:
        return [await jobs[0]()]
    outputs: List[Any] = [None] * len(jobs)
    async with closing(backend.completed(jobs, limit, not return_exceptions)) as completed:
        async for index, output, error in completed:
            if error is not None and not (return_exceptions and isinstance(error, Exception)):
                raise error
            outputs[index] = output if error is None else error
    return outputs


async def as_completed(
    runnable: Runnable[Any, Any],
    backend: Backend,
    inputs: Any,
    config: Any,
    return_exceptions: bool,
    kwargs: Dict[str, Any],
) -> AsyncGenerator[Tuple[int, Any], None]:
    """Give (index, output) pairs as they are done."""
    jobs, limit = _jobs(runnable, backend, inputs, config, kwargs)
    async with closing(backend.completed(jobs, limit, not return_exceptions)) as completed:
        async for index, output, error in completed:
            if error is not None and not (return_exceptions and isinstance(error, Exception)):
                raise error
            yield index, output if error is None else error


def contexts_of(config: Any, backend: Backend, count: int) -> List[Context]:
    """Give a context for each of `count` inputs, of one config or a list of them."""
    if isinstance(config, (list, tuple)):
        if len(config) != count:
            raise ConfigurationError(
                "config must be a list of the same length as inputs, "
                f"but got {len(config)} configs for {count} inputs"
            )
        return [Context.of(one, backend) for one in config]
    contexts = [Context.of(config, backend)] * count
    if count > 1 and contexts[0].run_id is not None:
        import warnings

        warnings.warn(
            "config['run_id'] names one run: the first of the batch has it, the others get their own",
            RuntimeWarning,
            stacklevel=2,
        )
        contexts[1:] = [contexts[0].replaced(run_id=None)] * (count - 1)
    return contexts


def _jobs(
    runnable: Runnable[Any, Any], backend: Backend, inputs: Any, config: Any, kwargs: Dict[str, Any]
) -> Any:
    """Give (jobs, limit): one function per input that starts its coroutine."""
    inputs = list(inputs)
    contexts = contexts_of(config, backend, len(inputs))

    def job(ctx: Context, input: Any) -> Any:
        return lambda: runnable._run_once(ctx, input, **kwargs)

    jobs = [job(ctx, input) for ctx, input in zip(contexts, inputs)]
    return jobs, contexts[0].max_concurrency if contexts else None
