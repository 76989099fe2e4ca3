"""Several calls as one run, without a chain around them: `with trace_as_chain_group("name") as manager:`.

The block is a chain's run; calls that get `config={"callbacks": manager}` are inside it. It ends with the
block, or before, when the program says `manager.on_chain_end(outputs)`.
"""

from __future__ import annotations

from ..backends.driver import run as run_blocking
from .base import BaseCallbackManager, contents, union
from .run_managers import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
from .starting import AsyncCallbackManager, CallbackManager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, TypeVar
    from uuid import UUID

    from .base import Callbacks

    Group = TypeVar("Group", "CallbackManagerForChainGroup", "AsyncCallbackManagerForChainGroup")

__all__ = [
    "AsyncCallbackManagerForChainGroup",
    "CallbackManagerForChainGroup",
    "atrace_as_chain_group",
    "trace_as_chain_group",
]


class CallbackManagerForChainGroup(CallbackManager):
    """The manager inside a group: a `CallbackManager` that can end the group's run."""

    def __init__(
        self,
        handlers: List[Any],
        inheritable_handlers: Optional[List[Any]] = None,
        parent_run_id: Optional[UUID] = None,
        *,
        parent_run_manager: CallbackManagerForChainRun,
        **kwargs: Any,
    ) -> None:
        super().__init__(handlers, inheritable_handlers, parent_run_id, **kwargs)
        self.parent_run_manager = parent_run_manager
        self.ended = False

    def _with(self, **fields: Any) -> CallbackManagerForChainGroup:
        return type(self)(parent_run_manager=self.parent_run_manager, **fields)

    def merge(self, other: BaseCallbackManager) -> CallbackManagerForChainGroup:
        """As any manager's; every handler of both is passed on to nested runs, as in LangChain."""
        return _all_inherited(super().merge(other))

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        """End the group's run with `outputs`."""
        self.ended = True
        self.parent_run_manager.on_chain_end(outputs, **kwargs)

    def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        """End the group's run with an error."""
        self.ended = True
        self.parent_run_manager.on_chain_error(error, **kwargs)


class AsyncCallbackManagerForChainGroup(AsyncCallbackManager):
    """The same for coroutines."""

    def __init__(
        self,
        handlers: List[Any],
        inheritable_handlers: Optional[List[Any]] = None,
        parent_run_id: Optional[UUID] = None,
        *,
        parent_run_manager: AsyncCallbackManagerForChainRun,
        **kwargs: Any,
    ) -> None:
        super().__init__(handlers, inheritable_handlers, parent_run_id, **kwargs)
        self.parent_run_manager = parent_run_manager
        self.ended = False

    def _with(self, **fields: Any) -> AsyncCallbackManagerForChainGroup:
        return type(self)(parent_run_manager=self.parent_run_manager, **fields)

    def merge(self, other: BaseCallbackManager) -> AsyncCallbackManagerForChainGroup:
        """As `CallbackManagerForChainGroup.merge`."""
        return _all_inherited(super().merge(other))

    async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        """End the group's run with `outputs`."""
        self.ended = True
        await self.parent_run_manager.on_chain_end(outputs, **kwargs)

    async def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        """End the group's run with an error."""
        self.ended = True
        await self.parent_run_manager.on_chain_error(error, **kwargs)


def _all_inherited(group: Group) -> Group:
    group.handlers = union(group.handlers, group.inheritable_handlers)
    group.inheritable_handlers = list(group.handlers)
    return group


class _Block:
    """A block of code as a run: both `with` and `async with` are these two coroutines."""

    _managers: Any = (CallbackManager, CallbackManagerForChainRun, CallbackManagerForChainGroup)

    def __init__(
        self,
        group_name: str,
        callback_manager: Callbacks = None,
        *,
        inputs: Optional[Dict[str, Any]] = None,
        run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
    ) -> None:
        self._name = group_name
        self._inputs = inputs or {}
        self._run_id = run_id
        self._config = {
            "inheritable_callbacks": callback_manager,
            "inheritable_tags": tags,
            "inheritable_metadata": metadata,
        }

    async def _open(self) -> Any:
        manager_class, view_class, group_class = self._managers
        manager = manager_class.configure(**self._config)
        self._run = await manager.begin("chain", {"name": self._name}, self._inputs, manager.context(self._run_id))
        view = view_class.of(self._run)
        self._group = group_class(parent_run_manager=view, **contents(view.get_child()))
        return self._group

    async def _close(self, error: Optional[BaseException]) -> None:
        if self._group.ended:
            return
        if error is None:
            await self._run.tell("end", {})
        else:
            await self._run.tell("error", error)


class trace_as_chain_group(_Block):
    """Make the calls of a `with` block that get its manager into one run of that name.

    >>> class Names:
    ...     def on_chain_start(self, serialized, inputs, **kwargs):
    ...         print("start", serialized["name"], inputs)
    ...     def on_chain_end(self, outputs, **kwargs):
    ...         print("end", outputs)
    >>> with trace_as_chain_group("mine", CallbackManager([Names()]), inputs={"q": 1}) as manager:
    ...     manager.on_chain_end({"a": 2})
    start mine {'q': 1}
    end {'a': 2}

    `callback_manager`: a manager or a list of handlers; `tags` and `metadata` are passed on to the calls inside.
    An error inside the block ends the run with it and is raised on; a block that says nothing ends with `{}`.
    """

    def __enter__(self) -> CallbackManagerForChainGroup:
        return run_blocking(self._open())  # type: ignore[no-any-return]

    def __exit__(self, kind: Any, error: Optional[BaseException], traceback: Any) -> None:
        run_blocking(self._close(error))


class atrace_as_chain_group(_Block):
    """The same for `async with`; the manager's `on_chain_end` is a coroutine."""

    _managers = (AsyncCallbackManager, AsyncCallbackManagerForChainRun, AsyncCallbackManagerForChainGroup)

    async def __aenter__(self) -> AsyncCallbackManagerForChainGroup:
        return await self._open()  # type: ignore[no-any-return]

    async def __aexit__(self, kind: Any, error: Optional[BaseException], traceback: Any) -> None:
        await self._close(error)
