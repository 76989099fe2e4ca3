"""What `Tool` and `StructuredTool` share: the work is a function, a coroutine function, or one of each.

A tool with only a function runs it in a thread on the asynchronous side; one with only a coroutine
function refuses the synchronous side. A parameter of the function that is annotated `RunnableConfig`
gets the config of the calls made inside, one named `callbacks` their callback manager.
"""

from __future__ import annotations

from .base import ArgsSchema, BaseTool
from .injected import injected_parameters, parameters_of, runnable_config_param
from .schema import schema_of_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional

    RunnableConfig = Mapping[str, Any]

__all__ = ["FunctionTool"]


class FunctionTool(BaseTool):
    """A tool that calls `func`, or `coroutine` on the asynchronous side."""

    description: str = ""
    func: Optional[Callable[..., Any]] = None
    coroutine: Optional[Callable[..., Awaitable[Any]]] = None

    _kind = "FunctionTool"  # as LangChain's error has it, whatever the subclass is called

    def _run(self, *args: Any, config: Optional[RunnableConfig] = None, run_manager: Any = None, **kwargs: Any) -> Any:
        if self.func is None:
            raise NotImplementedError(f"{self._kind} does not support sync invocation.")
        return self.func(*args, **kwargs, **_from_run(self.func, config, run_manager))

    async def _arun(
        self, *args: Any, config: Optional[RunnableConfig] = None, run_manager: Any = None, **kwargs: Any
    ) -> Any:
        if self.coroutine is None:
            return await super()._arun(*args, config=config, run_manager=run_manager, **kwargs)
        return await self.coroutine(*args, **kwargs, **_from_run(self.coroutine, config, run_manager))

    def _function_for(self, *, suspends: bool) -> Callable[..., Any]:
        return self._arun if suspends and self.coroutine is not None else self._run

    def _fields(self) -> ArgsSchema:
        function = self.func or self.coroutine
        if self.args_schema is not None or type(self)._run is not FunctionTool._run:
            return super()._fields()
        return ArgsSchema(self.name, ()) if function is None else schema_of_function(self.name, function)

    def _injected_names(self) -> List[str]:
        function = self.func or self.coroutine
        return [] if function is None else injected_parameters(function)


def _from_run(function: Callable[..., Any], config: Any, run_manager: Any) -> Dict[str, Any]:
    """Give the arguments of a user's function that the run fills in."""
    given: Dict[str, Any] = {}
    if run_manager is not None and "callbacks" in parameters_of(function):
        given["callbacks"] = run_manager.get_child()
    config_param = runnable_config_param(function)
    if config_param is not None:
        given[config_param] = config
    return given
