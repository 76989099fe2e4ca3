"""RouterRunnable: the runnable that the input names."""

from __future__ import annotations

from ..errors import ConfigurationError
from .base import Runnable
from .sequence import coerce_to_runnable
from .utils import unique_specs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping

    from ..runs import Context
    from .streams import Inputs, Pieces
    from .utils import ConfigurableFieldSpec

__all__ = ["RouterInput", "RouterRunnable"]

RouterInput = dict


class RouterRunnable(Runnable["Any", "Any"]):
    """Gives `{"key": ..., "input": ...}` to the runnable of that key. It has no run of its own.

    Raises: ValueError for a key that has none.
    """

    def __init__(self, runnables: Mapping[str, Any]) -> None:
        self.runnables: Dict[str, Runnable[Any, Any]] = {
            key: coerce_to_runnable(one) for key, one in runnables.items()
        }

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        return unique_specs(self.runnables.values())

    def __repr__(self) -> str:
        return f"RouterRunnable(runnables={self.runnables!r})"

    def _routed(self, input: Any) -> Any:
        key = input["key"]
        if key not in self.runnables:
            raise ConfigurationError(f"No runnable associated with key '{key}'")
        return self.runnables[key], input["input"]

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        runnable, inner = self._routed(input)
        return await runnable._run_once(ctx, inner)

    async def _run_stream(self, ctx: Context, inputs: Inputs, **kwargs: Any) -> Pieces:
        from ..backends.driver import closing
        from .streams import gather, once

        runnable, inner = self._routed(await gather(inputs))
        async with closing(runnable._run_stream(ctx, once(inner))) as pieces:
            async for items in pieces:
                yield items
