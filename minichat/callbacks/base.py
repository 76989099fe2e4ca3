"""What a manager is before it can say anything: who listens, and what is known of the runs to come.

Two lists of each kind: what counts for the next run (`handlers`, `tags`, `metadata`), and what that run
passes on to those inside it (`inheritable_...`). The lists belong to the manager, which programs change;
a call reads them when it begins (`runs.Context`).
"""

from __future__ import annotations

from .handlers import AsyncCallbackHandler, BaseCallbackHandler
from .mixins import (
    CallbackManagerMixin,
    ChainManagerMixin,
    LLMManagerMixin,
    RetrieverManagerMixin,
    RunManagerMixin,
    ToolManagerMixin,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, Dict, List, Optional, TypeVar, Union
    from uuid import UUID

    Self = TypeVar("Self", bound="BaseCallbackManager")
    Callbacks = Optional[Union[List[BaseCallbackHandler], "BaseCallbackManager"]]
else:
    Callbacks = object  # an alias for annotations, as LangChain's; typing is not imported for it

__all__ = [
    "AsyncCallbackHandler",
    "BaseCallbackHandler",
    "BaseCallbackManager",
    "CallbackManagerMixin",
    "Callbacks",
    "ChainManagerMixin",
    "LLMManagerMixin",
    "RetrieverManagerMixin",
    "RunManagerMixin",
    "ToolManagerMixin",
    "contents",
    "union",
]


class BaseCallbackManager(CallbackManagerMixin):
    """Handlers, tags and metadata, each also in the part that is passed on to nested runs.

    >>> manager = BaseCallbackManager([], tags=["a"])
    >>> manager.add_tags(["b"])
    >>> manager.tags, manager.inheritable_tags
    (['a', 'b'], ['b'])
    """

    def __init__(
        self,
        handlers: List[BaseCallbackHandler],
        inheritable_handlers: Optional[List[BaseCallbackHandler]] = None,
        parent_run_id: Optional[UUID] = None,
        *,
        tags: Optional[List[str]] = None,
        inheritable_tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        inheritable_metadata: Optional[Dict[str, Any]] = None,
    ) -> None:
        self.handlers = handlers
        self.inheritable_handlers = inheritable_handlers or []
        self.parent_run_id = parent_run_id
        self.tags = tags or []
        self.inheritable_tags = inheritable_tags or []
        self.metadata = metadata or {}
        self.inheritable_metadata = inheritable_metadata or {}

    @property
    def is_async(self) -> bool:
        """Are its `on_..._start` methods coroutines?"""
        return False

    def copy(self: Self) -> Self:
        """Give one of the same class and content whose lists are its own."""
        return self._with(**contents(self))

    def merge(self: Self, other: BaseCallbackManager) -> Self:
        """Give one with what both have, nothing twice: mine first, and metadata of `other` where both say."""
        return self._with(
            handlers=union(self.handlers, other.handlers),
            inheritable_handlers=union(self.inheritable_handlers, other.inheritable_handlers),
            parent_run_id=self.parent_run_id or other.parent_run_id,
            tags=union(self.tags, other.tags),
            inheritable_tags=union(self.inheritable_tags, other.inheritable_tags),
            metadata={**self.metadata, **other.metadata},
            inheritable_metadata={**self.inheritable_metadata, **other.inheritable_metadata},
        )

    def _with(self: Self, **fields: Any) -> Self:
        """Make another of my class; a subclass with more to its constructor adds that here."""
        return type(self)(**fields)

    def add_handler(self, handler: BaseCallbackHandler, inherit: bool = True) -> None:
        """Add a handler where it is not yet; with `inherit`, for nested runs too."""
        if handler not in self.handlers:
            self.handlers.append(handler)
        if inherit and handler not in self.inheritable_handlers:
            self.inheritable_handlers.append(handler)

    def remove_handler(self, handler: BaseCallbackHandler) -> None:
        """Take a handler out of both lists, if it is there."""
        for listed in (self.handlers, self.inheritable_handlers):
            if handler in listed:
                listed.remove(handler)

    def set_handlers(self, handlers: List[BaseCallbackHandler], inherit: bool = True) -> None:
        """Have these handlers and no others."""
        self.handlers = []
        self.inheritable_handlers = []
        for handler in handlers:
            self.add_handler(handler, inherit)

    def set_handler(self, handler: BaseCallbackHandler, inherit: bool = True) -> None:
        """Have this handler and no other."""
        self.set_handlers([handler], inherit)

    def add_tags(self, tags: List[str], inherit: bool = True) -> None:
        """Add tags at the end; one that was there moves."""
        self.remove_tags([tag for tag in tags if tag in self.tags])
        self.tags.extend(tags)
        if inherit:
            self.inheritable_tags.extend(tags)

    def remove_tags(self, tags: List[str]) -> None:
        """Take tags out of both lists, if they are there."""
        for tag in tags:
            for listed in (self.tags, self.inheritable_tags):
                if tag in listed:
                    listed.remove(tag)

    def add_metadata(self, metadata: Dict[str, Any], inherit: bool = True) -> None:
        """Add metadata; what was there under the same key is replaced."""
        self.metadata = {**self.metadata, **metadata}
        if inherit:
            self.inheritable_metadata = {**self.inheritable_metadata, **metadata}

    def remove_metadata(self, keys: List[str]) -> None:
        """Take keys out of both, if they are there."""
        for key in keys:
            self.metadata.pop(key, None)
            self.inheritable_metadata.pop(key, None)


def contents(manager: BaseCallbackManager) -> Dict[str, Any]:
    """Give the arguments that make a manager of the same content, with lists of its own."""
    return {
        "handlers": list(manager.handlers),
        "inheritable_handlers": list(manager.inheritable_handlers),
        "parent_run_id": manager.parent_run_id,
        "tags": list(manager.tags),
        "inheritable_tags": list(manager.inheritable_tags),
        "metadata": dict(manager.metadata),
        "inheritable_metadata": dict(manager.inheritable_metadata),
    }


def union(mine: Sequence[Any], theirs: Iterable[Any]) -> List[Any]:
    """Give all of both in order, nothing twice. LangChain goes through a set and keeps no order."""
    found: List[Any] = []
    for one in (*mine, *theirs):
        if one not in found:
            found.append(one)
    return found
