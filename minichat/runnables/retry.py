"""RunnableRetry: a runnable that is tried again when it raises; what `with_retry` gives."""

from __future__ import annotations

from ..errors import ConfigurationError
from .binding import RunnableBinding
from .step import Step
from .utils import unique_specs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Tuple, Type, Union

    from ..runs import Run
    from .base import Runnable
    from .streams import Inputs, Pieces
    from .utils import ConfigurableFieldSpec

__all__ = ["ExponentialJitterParams", "RunnableRetry"]

ExponentialJitterParams = dict

# Seconds; the names and values are those of tenacity.wait_exponential_jitter, which LangChain takes.
DEFAULT_WAIT = {"initial": 1.0, "max": 60.0, "exp_base": 2.0, "jitter": 1.0}


class RunnableRetry(Step):
    """Calls `bound` up to `max_attempt_number` times, while it raises one of `retry_exception_types`.

    `retry_exception_types` may also be one class, or a function from the exception to whether to try again. With
    `wait_exponential_jitter` it waits `initial * exp_base ** retries + random(0, jitter)` seconds before
    each further attempt, at most `max`. Streams are not tried again: pieces may have been handed out.
    """

    def __init__(
        self,
        *,
        bound: Runnable[Any, Any],
        retry_exception_types: Union[
            Tuple[Type[BaseException], ...], Callable[[BaseException], bool]
        ] = (Exception,),
        wait_exponential_jitter: bool = True,
        exponential_jitter_params: Optional[Dict[str, float]] = None,
        max_attempt_number: int = 3,
        kwargs: Optional[Dict[str, Any]] = None,
        config: Optional[Dict[str, Any]] = None,
    ) -> None:
        unknown = set(exponential_jitter_params or ()) - set(DEFAULT_WAIT)
        if unknown:
            raise ConfigurationError(
                f"exponential_jitter_params= has {', '.join(DEFAULT_WAIT)}, not {', '.join(sorted(unknown))}"
            )
        if isinstance(retry_exception_types, type):  # one class, which is no question of whether to try again
            retry_exception_types = (retry_exception_types,)
        elif isinstance(retry_exception_types, list):
            retry_exception_types = tuple(retry_exception_types)
        of_classes = isinstance(retry_exception_types, tuple) and all(
            isinstance(one, type) for one in retry_exception_types
        )
        if not (of_classes or callable(retry_exception_types)):
            raise ConfigurationError(
                "retry_if_exception_type= takes exception classes in a tuple, or a function of the exception, "
                f"not {retry_exception_types!r:.100}"
            )
        attempts = max_attempt_number
        if attempts is not None and (not isinstance(attempts, int) or attempts < 0):
            raise ConfigurationError(
                f"stop_after_attempt= takes a whole number from 1, or 0 for no end, not {attempts!r}"
            )
        self.bound = RunnableBinding(bound=bound, kwargs=kwargs, config=config) if kwargs or config else bound
        self.retry_exception_types = retry_exception_types
        self.wait_exponential_jitter = wait_exponential_jitter
        self.exponential_jitter_params = exponential_jitter_params
        self.max_attempt_number = max_attempt_number

    def get_name(self, suffix: Optional[str] = None, *, name: Optional[str] = None) -> str:
        return self.bound.get_name(suffix, name=name or self.name)

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        return unique_specs([self.bound])

    def __repr__(self) -> str:
        return f"RunnableRetry(bound={self.bound!r}, max_attempt_number={self.max_attempt_number!r})"

    def _again(self, error: BaseException, attempt: int) -> bool:
        if self.max_attempt_number and attempt >= self.max_attempt_number:
            return False
        types = self.retry_exception_types
        return isinstance(error, types) if isinstance(types, tuple) else bool(types(error))

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        attempt = 1
        while True:
            child = run.child(f"retry:attempt:{attempt}" if attempt > 1 else None)
            try:
                return await self.bound._run_once(child, input, **kwargs)
            except BaseException as error:
                if not self._again(error, attempt):
                    raise
            if self.wait_exponential_jitter:
                await run.context.backend.sleep(self._pause(attempt))
            attempt += 1

    def _pause(self, attempt: int) -> float:
        from random import uniform

        wait = {**DEFAULT_WAIT, **(self.exponential_jitter_params or {})}
        grown = wait["initial"] * wait["exp_base"] ** (attempt - 1)
        return min(grown + uniform(0, wait["jitter"]), wait["max"])

    def _run_stream(self, ctx: Any, inputs: Inputs, **kwargs: Any) -> Pieces:
        return self.bound._run_stream(ctx, inputs, **kwargs)
