"""`@traceable`: plain functions as runs, and `trace`: a block of code as one.

The names and arguments are langsmith's. A run's block (traced.py) stands around the function's own code: around each
step of a generator and never across a `yield`, where it would leak to the consumer.
"""

from __future__ import annotations

import functools
import inspect
from typing import overload

from .blocks import block_var
from .run_trees import RunTree
from .traced import Options, Traced, begin, block_under, complain, error_text, get_current_run_tree, is_on, parent_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, TypeVar, Union

    from .blocks import Block
    from .tracer import Sink

    R = TypeVar("R")

__all__ = ["get_current_run_tree", "is_traceable_function", "set_run_metadata", "trace", "traceable"]


def set_run_metadata(**metadata: Any) -> None:
    """Add metadata to the run around; nothing happens outside of one."""
    tree = get_current_run_tree()
    if tree is not None:
        tree.add_metadata(metadata)


def is_traceable_function(function: Any) -> bool:
    """Say whether `@traceable` stands over a function."""
    return bool(getattr(function, "__langsmith_traceable__", False))


@overload
def traceable(run_type: Callable[..., R]) -> Callable[..., R]: ...


@overload
def traceable(
    run_type: str = "chain",
    *,
    name: Optional[str] = None,
    metadata: Optional[Mapping[str, Any]] = None,
    tags: Optional[List[str]] = None,
    client: Optional[Sink] = None,
    project_name: Optional[str] = None,
    reduce_fn: Optional[Callable[[List[Any]], Any]] = None,
    process_inputs: Optional[Callable[[Dict[str, Any]], Any]] = None,
    process_outputs: Optional[Callable[[Any], Any]] = None,
    process_chunk: Optional[Callable[[Any], Any]] = None,
    enabled: Optional[bool] = None,
    exceptions_to_handle: Optional[Tuple[Type[BaseException], ...]] = None,
) -> Callable[[Callable[..., R]], Callable[..., R]]: ...


def traceable(
    run_type: Union[str, Callable[..., Any]] = "chain",
    *,
    name: Optional[str] = None,
    metadata: Optional[Mapping[str, Any]] = None,
    tags: Optional[List[str]] = None,
    client: Optional[Sink] = None,
    project_name: Optional[str] = None,
    reduce_fn: Optional[Callable[[List[Any]], Any]] = None,
    process_inputs: Optional[Callable[[Dict[str, Any]], Any]] = None,
    process_outputs: Optional[Callable[[Any], Any]] = None,
    process_chunk: Optional[Callable[[Any], Any]] = None,
    enabled: Optional[bool] = None,
    exceptions_to_handle: Optional[Tuple[Type[BaseException], ...]] = None,
) -> Any:
    """Trace a function: `@traceable`, `@traceable("tool")` or `@traceable(name=..., tags=...)`.

    Plain functions, coroutine functions, generators and asynchronous generators. A call takes `langsmith_extra`, a
    dict of name, parent (a run, headers, a dotted order or "ignore"), project_name, tags, metadata, run_id, run_extra,
    reference_example_id, client and on_end. A parameter `run_tree` is given the run. `reduce_fn` makes a stream's
    outputs of the list of its pieces, each as `process_chunk` gives it; `process_inputs` and `process_outputs` change
    what is shown. `enabled` True traces without the environment, False never. `exceptions_to_handle` are no errors.

    >>> @traceable(name="double")
    ... def twice(x):
    ...     return 2 * x
    >>> twice(4)  # traced when LANGSMITH_TRACING=true
    8
    """
    options = Options(
        run_type=run_type if isinstance(run_type, str) else "chain",
        name=name,
        metadata=metadata,
        tags=tags,
        client=client,
        project_name=project_name,
        reduce_fn=reduce_fn,
        process_inputs=process_inputs,
        process_outputs=process_outputs,
        process_chunk=process_chunk,
        enabled=enabled,
        exceptions_to_handle=exceptions_to_handle,
    )
    if isinstance(run_type, str):
        return lambda function: _wrapped(function, options)
    return _wrapped(run_type, options)


def _wrapped(function: Any, options: Options) -> Any:
    signature = inspect.signature(function)
    takes_run = "run_tree" in signature.parameters
    takes_config = "config" in signature.parameters or any(
        one.kind is one.VAR_KEYWORD for one in signature.parameters.values()
    )

    def started(extra: Any, args: Any, kwargs: Any) -> Traced:
        traced = begin(function, signature, options, extra, args, kwargs)
        if takes_run:
            kwargs["run_tree"] = traced.tree
        if not takes_config:
            kwargs.pop("config", None)  # it only said who the parent is
        return traced

    @functools.wraps(function)
    def call(*args: Any, langsmith_extra: Any = None, **kwargs: Any) -> Any:
        traced = started(langsmith_extra, args, kwargs)
        try:
            with traced:
                result = function(*args, **kwargs)
        except BaseException as error:
            traced.end(error=error)
            raise
        traced.end(result)
        return result

    @functools.wraps(function)
    async def acall(*args: Any, langsmith_extra: Any = None, **kwargs: Any) -> Any:
        traced = started(langsmith_extra, args, kwargs)
        try:
            with traced:
                result = await function(*args, **kwargs)
        except BaseException as error:
            traced.end(error=error)
            raise
        traced.end(result)
        return result

    @functools.wraps(function)
    def generate(*args: Any, langsmith_extra: Any = None, **kwargs: Any) -> Any:
        # The run begins with the first step: one that nobody takes would have no end.
        traced = started(langsmith_extra, args, kwargs)
        return (yield from _stepped(traced, lambda: function(*args, **kwargs)))

    @functools.wraps(function)
    async def agenerate(*args: Any, langsmith_extra: Any = None, **kwargs: Any) -> Any:
        traced = started(langsmith_extra, args, kwargs)
        source = _astepped(traced, lambda: function(*args, **kwargs))
        try:
            async for item in source:
                yield item
        finally:
            await source.aclose()

    if inspect.isasyncgenfunction(function):
        made: Any = agenerate
    elif inspect.isgeneratorfunction(function):
        made = generate
    else:
        made = acall if inspect.iscoroutinefunction(function) else call
    made.__langsmith_traceable__ = True
    return made


def _stepped(traced: Traced, begun: Callable[[], Any]) -> Generator[Any, Any, Any]:
    """Run a generator step by step, each inside its run; what is sent or thrown goes in."""
    results: List[Any] = []
    source = None
    try:
        with traced:
            source = begun()
        step: Callable[[], Any] = functools.partial(next, source)
        while True:
            try:
                with traced:
                    item = step()
            except StopIteration as stop:
                value = stop.value
                break
            traced.chunk(item, results)
            try:
                step = functools.partial(source.send, (yield item))
            except GeneratorExit:
                with traced:
                    source.close()
                raise
            except BaseException as error:
                step = functools.partial(source.throw, error)
    except BaseException as error:
        traced.end(traced.reduced(results), error)
        raise
    if value is not None:
        results.append(value)
    traced.end(traced.reduced(results))
    return value


async def _astepped(traced: Traced, begun: Callable[[], Any]) -> AsyncGenerator[Any, None]:
    """The same of an asynchronous generator; nothing can be sent in."""
    results: List[Any] = []
    source: Any = None
    try:
        with traced:
            source = begun()
        while True:
            try:
                with traced:
                    item = await source.__anext__()
            except StopAsyncIteration:
                break
            traced.chunk(item, results)
            try:
                yield item
            except GeneratorExit:
                with traced:
                    await source.aclose()
                raise
    except BaseException as error:
        traced.end(traced.reduced(results), error)
        raise
    traced.end(traced.reduced(results))


class trace:  # noqa: N801  # langsmith's name
    """A block of code as a run; `with` or `async with`, which give the `RunTree`.

    When tracing is off the run is there all the same, and is not sent.

    >>> with trace("look up", run_type="tool", inputs={"word": "ls"}) as run:
    ...     run.end(outputs={"found": True})
    >>> run.name, run.outputs
    ('look up', {'found': True})
    """

    def __init__(
        self,
        name: str,
        run_type: str = "chain",
        *,
        inputs: Optional[Dict[str, Any]] = None,
        extra: Optional[Mapping[str, Any]] = None,
        project_name: Optional[str] = None,
        parent: Any = None,
        tags: Optional[List[str]] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        client: Optional[Sink] = None,
        run_id: Any = None,
        reference_example_id: Any = None,
        exceptions_to_handle: Optional[Tuple[Type[BaseException], ...]] = None,
    ) -> None:
        self.new_run: Optional[RunTree] = None
        self._name = name
        self._run_type = run_type
        self._inputs = inputs
        self._extra = dict(extra or {})
        self._given = {"parent": parent, "project_name": project_name, "client": client}
        self._tags = tags or []
        self._metadata = metadata or {}
        self._run_id = run_id
        self._reference = reference_example_id
        self._handled = exceptions_to_handle or ()
        self._token: Any = None
        self._sent = False

    def __enter__(self) -> RunTree:
        around = block_var.get()
        parent = parent_of(self._given, None)
        tree = self.new_run = self._begun(around, parent)
        # A parent that was given does not switch tracing on, the run around does.
        self._sent = is_on(around, None if self._given["parent"] is not None else parent)
        if self._sent:
            tree.post()
            self._token = block_var.set(block_under(tree, around))
        return tree

    def _begun(self, around: Optional[Block], parent: Optional[RunTree]) -> RunTree:
        outer_tags = (around.tags if around is not None else None) or []
        outer = (around.metadata if around is not None else None) or {}
        extra = {**self._extra, "metadata": {**self._metadata, **outer, "ls_method": "trace"}}
        tags = sorted({*self._tags, *outer_tags})
        inputs = self._inputs or {}
        client = self._given["client"] or (around.client if around is not None else None)
        if parent is not None:
            child = parent.create_child(
                self._name, self._run_type, run_id=self._run_id, inputs=inputs, tags=tags, extra=extra
            )
            child._client = child._client or client  # headers bring none
            return child
        return RunTree(
            name=self._name,
            run_type=self._run_type,
            id=self._run_id,
            inputs=inputs,
            tags=tags,
            extra=extra,
            reference_example_id=self._reference,
            project_name=self._given["project_name"] or (around.project_name if around is not None else None),
            client=client,
        )

    def __exit__(self, kind: Any, error: Optional[BaseException], where: Any) -> None:
        if self._token is not None:
            try:
                block_var.reset(self._token)
            except ValueError:  # the block ends in another context than it began in
                pass
        tree = self.new_run
        if tree is None:
            return
        try:
            if error is not None and not isinstance(error, self._handled):
                tree.end(error=error_text(error))
            if self._sent:
                tree.patch()
        except Exception as problem:
            complain(tree, "the end of a run", problem)

    async def __aenter__(self) -> RunTree:
        return self.__enter__()

    async def __aexit__(self, kind: Any, error: Optional[BaseException], where: Any) -> None:
        self.__exit__(kind, error, where)
