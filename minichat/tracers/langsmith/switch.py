"""When a call is traced: the environment, `tracing_context` and `tracing_v2_enabled` over it.

`add_tracer` is asked by `context.Context.of` at each call from outside. One tracer serves all calls under the same
settings, and one serves each block; a tracer that was given by hand is never joined by another.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar

from ...context import ParentRun, ambient, set_tracing
from ...errors import ChatError, ConfigurationError
from .blocks import Block, Parent, block_var
from .settings import read_settings, settings_if_on
from .tracer import LangChainTracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Dict, List, Mapping, Optional, Set, Tuple, Union
    from uuid import UUID

    from ...context import Context
    from .settings import Settings

__all__ = [
    "add_tracer",
    "get_tracing_context",
    "keep_one",
    "show_configurable",
    "tracing_context",
    "tracing_v2_enabled",
]


KEYS = ("credential", "key", "passw", "pwd", "secret", "token")  # in the name of what is not told


_given: ContextVar[Optional[LangChainTracer]] = ContextVar("langsmith_tracer", default=None)
_tracers: Dict[Settings, LangChainTracer] = {}  # of the environment's settings; a program has one or two
_latest: Optional[LangChainTracer] = None  # the one of them that was last asked for: most programs have no other
_complained: Set[str] = set()


def add_tracer(context: Context) -> None:
    """Add a tracer to a call that is to be traced and has none; never raises."""
    block = block_var.get()
    if block is not None and block.tags:
        context._add_tags(tuple(block.tags))
    handlers = context.handlers
    tracer = _first(handlers) if handlers else None
    around = ambient.get()
    if around is not None and around.parent is not None and context.parent is None:
        above = _first(around.inheritable)  # the call's own handlers took its place: it is in that run all the same
        if above is not None and (block is None or block.enabled is not False):
            tracer = _torn_out(context, tracer, above, around.parent.uuid)
            handlers = context.handlers
    if tracer is None:
        tracer = _given.get() or _tracer_of(block)
        if tracer is None:
            return
        context.handlers = (*handlers, tracer)
        context.inheritable = (*context.inheritable, tracer)
    elif block is not None and block.metadata:
        tracer = _replace(context, tracer, block.metadata)
    if context.configurable:
        _replace(context, tracer, _shown_of(context.configurable))
    if block is not None and block.parent is not None:
        _put_under(context, block.parent)


def _first(handlers: Iterable[Any]) -> Optional[LangChainTracer]:
    return next((one for one in handlers if isinstance(one, LangChainTracer)), None)


def _torn_out(
    context: Context, tracer: Optional[LangChainTracer], above: LangChainTracer, parent_id: UUID
) -> Optional[LangChainTracer]:
    """Put a call back below the run in whose code it is made, which `above` traces; give the call's tracer."""
    place = above.place_of(parent_id)
    if place is None:
        return tracer
    context.parent = ParentRun(parent_id)
    if tracer is not None:
        if not tracer.shares_trees_with(above):
            tracer.attach(parent_id, place.trace_id, place.text)
        return tracer
    context.handlers = (*context.handlers, above)
    context.inheritable = (*context.inheritable, above)
    return above


def _tracer_of(block: Optional[Block]) -> Optional[LangChainTracer]:
    """Give the tracer of this block, or of all calls outside of one, if tracing is on."""
    on = block is not None and (block.parent is not None if block.enabled is None else block.enabled)
    if block is not None and block.enabled is False:
        return None
    try:
        settings = read_settings() if on else settings_if_on()
    except ChatError as error:
        _complain(str(error))
        return None
    if settings is None:
        return None
    common = _common_tracer(settings)
    if block is None:
        return common
    tracer = block.tracers.get(settings)
    if tracer is None:
        tracer = block.tracers[settings] = _made_for(block, common)
    return tracer


def _common_tracer(settings: Settings) -> LangChainTracer:
    global _latest
    latest = _latest
    if latest is not None and latest.settings is settings:  # the same object while the variables are the same
        return latest
    known = _tracers.get(settings)
    if known is None:
        known = _tracers[settings] = LangChainTracer(settings=settings)
        known.automatic = True
    _latest = known
    return known


def _made_for(block: Block, common: LangChainTracer) -> LangChainTracer:
    project = block.project_name or (block.parent.project if block.parent is not None else None)
    known = getattr(block.client, "settings", None) or common.settings
    terms = common._terms if known == common.settings else None
    tracer = LangChainTracer(
        None, project, block.client, block.tags, metadata=block.metadata, settings=known, _terms=terms
    )
    tracer.automatic = True
    return tracer


def keep_one(context: Context, before: Tuple[Any, ...]) -> None:
    """Let one tracer hear a call to whose handlers (`before`) others came, of a `with_config` or the model's own.

    Of a root run the tracer given by hand stays and the automatic one goes; further down the one that knows the tree.
    """
    tracers = [one for one in context.handlers if isinstance(one, LangChainTracer)]
    if context.parent is None:
        gone = [one for one in tracers if one.automatic]
    else:
        gone = [one for one in tracers if one not in before]
    if gone and len(gone) < len(tracers):
        context.handlers = tuple([one for one in context.handlers if one not in gone])
        context.inheritable = tuple([one for one in context.inheritable if one not in gone])


def show_configurable(context: Context) -> None:
    """Have the runs of a call show what a `with_config` made configurable, as they do what the call's config says."""
    tracer = _first(context.handlers)
    if tracer is not None:
        _replace(context, tracer, _shown_of(context.configurable))


def _complain(text: str) -> None:
    """Say once why nothing is traced; the program goes on."""
    if text not in _complained:
        _complained.add(text)
        import logging

        logging.getLogger(__name__).warning("tracing is off: %s", text)


def _shown_of(configurable: Mapping[str, Any]) -> Dict[str, Any]:
    """Give what of a config's `configurable` a run's metadata shows; the run's own metadata wins over it.

    A text by the name of a key or a token is not told: a provider's key may be configurable.
    """
    return {
        name: value
        for name, value in configurable.items()
        if isinstance(value, (str, int, float))
        and not name.startswith("__")
        and not (isinstance(value, str) and any(part in name.lower() for part in KEYS))
    }


def _replace(context: Context, tracer: LangChainTracer, metadata: Mapping[str, Any]) -> LangChainTracer:
    """Put a tracer that adds more metadata in the place of a call's."""
    known = tracer.tracing_metadata or {}
    if all(name in known for name in metadata):
        return tracer
    new = tracer.copy_with_metadata_defaults(metadata=metadata)
    context.handlers = tuple([new if one is tracer else one for one in context.handlers])
    context.inheritable = tuple([new if one is tracer else one for one in context.inheritable])
    return new


def _put_under(context: Context, parent: Parent) -> None:
    """Make a call a child of the block's parent, unless it is made further down already."""
    above = context.parent
    if above is None or above.id in parent.dotted_order:
        context.parent = ParentRun(parent.id)
    tracer = _first(context.handlers)
    if tracer is not None:  # what is attached, every tracer knows
        tracer.attach(parent.id, parent.trace_id, parent.dotted_order)


# -- for programs ------------------------------------------------------------------------------


@contextmanager
def tracing_context(
    *,
    project_name: Optional[str] = None,
    tags: Optional[List[str]] = None,
    metadata: Optional[Mapping[str, Any]] = None,
    parent: Any = None,
    enabled: Optional[bool] = None,
    client: Any = None,
) -> Iterator[None]:
    """Say for a block of code whether its calls are traced, where to, and with what.

    `enabled` None leaves it to the block around and the environment. `parent` is a run (with `dotted_order`), the
    headers of a request that was made in one, or a dotted order: the block's calls become its children;
    None leaves it to the block around, False is for none. `client` is as for `LangChainTracer`; None: that of the
    block around.

    Raises: `ConfigurationError` for a parent that is none of these.
    """
    around = block_var.get()
    block = Block()
    block.project_name = project_name
    block.client = client if client is not None or around is None else around.client
    block.tags = None if tags is None else list(tags)
    block.metadata = None if metadata is None else dict(metadata)
    block.enabled = enabled if enabled is not None else around.enabled if around is not None else None
    if parent:
        block.parent = _parent_of(parent)
    elif parent is None and around is not None:  # inside a traced function the block is still inside of it
        block.parent = around.parent
    if block.parent is not None:
        block.tags = sorted({*(tags or ()), *block.parent.tags})
        block.metadata = {**block.parent.metadata, **(metadata or {})}
    set_tracing(sys.modules[__name__])
    token = block_var.set(block)
    try:
        yield
    finally:
        block_var.reset(token)


def get_tracing_context() -> Dict[str, Any]:
    """Give what the innermost `tracing_context` says, as its arguments."""
    block = block_var.get() or Block()
    return {
        "parent": None if block.parent is None else block.parent.source,
        "project_name": block.project_name,
        "tags": block.tags,
        "metadata": block.metadata,
        "enabled": block.enabled,
        "client": block.client,
    }


@contextmanager
def tracing_v2_enabled(
    project_name: Optional[str] = None,
    *,
    example_id: Union[UUID, str, None] = None,
    tags: Optional[List[str]] = None,
    client: Any = None,
) -> Iterator[LangChainTracer]:
    """Trace the calls of a block, whatever the environment says, and give their tracer."""
    tracer = LangChainTracer(example_id, project_name, client, tags)
    set_tracing(sys.modules[__name__])
    token = _given.set(tracer)
    try:
        yield tracer
    finally:
        _given.reset(token)


def _parent_of(parent: Any) -> Parent:
    if hasattr(parent, "dotted_order") or isinstance(parent, str):
        return Parent(parent)
    if not hasattr(parent, "get"):
        raise ConfigurationError(
            f"tracing_context: parent= takes a run, headers or a dotted order, not {type(parent).__name__}"
        )
    from .run_trees import RunTree

    found = RunTree.from_headers(parent)
    if found is None:
        raise ConfigurationError("tracing_context: parent= are headers without `langsmith-trace`")
    return Parent(found)
