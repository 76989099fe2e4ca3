"""One call of a traced function: its run, its parent, and what is told of both.

What runs inside finds its parent through `block_var` (blocks.py), which is set around the function's own code only.
So a runnable called in a traced function is its child (switch.py sees to that), and a traced function called in a
runnable finds that run through `context.ambient`. Of two runs around a call the deeper one is its parent.

Tracing never fails a call: what goes wrong with it is logged.
Source of names, inputs, outputs and errors: langsmith 0.15.0, by running it.
"""

from __future__ import annotations

import functools
import traceback
from datetime import datetime, timezone

from ...context import ambient, set_tracing
from . import switch
from .blocks import Block, Parent, block_var
from .records import plain
from .run_trees import RunTree
from .settings import tracing_is_on
from .tracer import LangChainTracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Dict, List, Mapping, Optional, Set, Tuple, Type

    from .tracer import Sink

__all__ = [
    "Options",
    "Traced",
    "begin",
    "block_under",
    "complain",
    "error_text",
    "get_current_run_tree",
    "is_on",
    "parent_of",
]


def get_current_run_tree() -> Optional[RunTree]:
    """Give the run in whose code this is called, of a function, a block or a runnable; None outside of any.

    Of a runnable it is a placeholder: it can have children, but is not to be patched.
    """
    block = block_var.get()
    tree = None if block is None or block.parent is None else _as_tree(block.parent.source)
    around = _runnable_around()
    if around is not None and (tree is None or around[1].startswith(tree.dotted_order + ".")):
        return _placeholder(*around)
    return tree


def _as_tree(source: Any) -> Optional[RunTree]:
    if isinstance(source, RunTree):
        return source
    if isinstance(source, str):
        return RunTree.from_dotted_order(source)
    return RunTree(name=source.name, id=source.id, trace_id=source.trace_id, dotted_order=source.dotted_order)


def _runnable_around() -> Optional[Tuple[LangChainTracer, str]]:
    context = ambient.get()
    if context is None or context.parent is None:
        return None
    return _known_to(context.handlers, context.parent.uuid)


def _known_to(handlers: Any, run_id: Any) -> Optional[Tuple[LangChainTracer, str]]:
    for tracer in handlers:
        if isinstance(tracer, LangChainTracer):
            found = tracer.place_of(run_id)
            if found is not None:
                return tracer, found.text
    return None


def _placeholder(tracer: LangChainTracer, dotted_order: str) -> RunTree:
    tree = RunTree.from_dotted_order(dotted_order, client=tracer.client, project_name=tracer.project_name)
    run = tracer.run_of(tree.id)
    if run is not None:
        tree.name, tree.run_type, tree.start_time = run.name, run.run_type, run.start_time
        tree.session_name = run.session_name or tree.session_name
        tree.extra = {"metadata": dict(run.metadata)}
    return tree


def is_on(block: Optional[Block], parent: Optional[RunTree]) -> bool:
    if block is not None and block.enabled is not None:
        return block.enabled
    return parent is not None or tracing_is_on()


# -- one traced call -----------------------------------------------------------------------------


class Options:
    """What `@traceable` was told."""

    def __init__(self, **given: Any) -> None:
        self.run_type: str = given["run_type"]
        self.name: Optional[str] = given["name"]
        self.metadata: Mapping[str, Any] = given["metadata"] or {}
        self.tags: List[str] = list(given["tags"] or ())
        self.client: Optional[Sink] = given["client"]
        self.project_name: Optional[str] = given["project_name"]
        self.reduce_fn: Optional[Callable[[List[Any]], Any]] = given["reduce_fn"]
        self.process_inputs: Optional[Callable[[Dict[str, Any]], Any]] = given["process_inputs"]
        self.process_outputs: Optional[Callable[[Any], Any]] = given["process_outputs"]
        self.process_chunk: Optional[Callable[[Any], Any]] = given["process_chunk"]
        self.enabled: Optional[bool] = given["enabled"]
        self.exceptions_to_handle: Tuple[Type[BaseException], ...] = given["exceptions_to_handle"] or ()


class Traced:
    """One call: its run (None: it is not traced), and the block that stands around the function's code."""

    def __init__(self, options: Options, tree: Optional[RunTree], block: Optional[Block], extra: Any) -> None:
        self.tree = tree
        self.sent = False
        self._options = options
        self._block = block
        self._on_end = extra.get("on_end")
        self._on_success = extra.get("on_success")  # for what is told of a run only if it went well; of `evaluate`
        self._token: Any = None

    def __enter__(self) -> None:
        self._token = block_var.set(self._block)

    def __exit__(self, *exc: object) -> None:
        try:
            block_var.reset(self._token)
        except ValueError:  # an unfinished generator is collected in another context, which has no such value
            pass

    def chunk(self, item: Any, results: List[Any]) -> None:
        """Keep a piece of a stream; of a model's the first is an event, which says how long it took."""
        if self.tree is None:
            return
        try:
            kept = item if self._options.process_chunk is None else self._options.process_chunk(item)
            if not results and self.tree.run_type == "llm":
                self.tree.add_event({"name": "new_token", "time": datetime.now(timezone.utc)})
            results.append(kept)
        except Exception as error:
            complain(self.tree, "process_chunk", error)

    def reduced(self, results: List[Any]) -> Any:
        """Give what a stream came to: `reduce_fn` of its pieces, else the list of them."""
        if not results or self._options.reduce_fn is None:
            return results or None
        try:
            return self._options.reduce_fn(results)
        except Exception as error:
            complain(self.tree, "reduce_fn", error)
            return results

    def end(self, outputs: Any = None, error: Optional[BaseException] = None) -> None:
        """Tell the end of the run."""
        tree = self.tree
        if tree is None:
            return
        try:
            outputs = _processed("outputs", self._options.process_outputs, outputs, tree)
            fields = _outputs(outputs)
            if isinstance(fields.get("usage_metadata"), dict):
                tree.metadata["usage_metadata"] = fields["usage_metadata"]
            handled = isinstance(error, self._options.exceptions_to_handle)
            shown = None if tree.has_own_outputs else fields
            tree.end(outputs=shown, error=None if error is None or handled else error_text(error))
            if tree.error is None and self._on_success is not None:
                self._on_success(tree)
            if self.sent:
                tree.patch()
            if self._on_end is not None:
                self._on_end(tree)
        except Exception as problem:
            complain(tree, "the end of a run", problem)


# What a call can say in `langsmith_extra`; `on_success` is for `evaluate` alone.
EXTRA = (
    "name", "parent", "run_tree", "project_name", "tags", "metadata", "run_id", "run_extra", "reference_example_id",
    "client", "on_end", "on_success",
)  # fmt: skip
_unknown: Set[str] = set()  # of which it was said


def begin(function: Any, signature: Any, options: Options, extra: Any, args: Any, kwargs: Any) -> Traced:
    """Begin the run of a call, if it is traced; never raises."""
    extra = extra or {}
    try:
        for name in extra:
            if name not in EXTRA and name not in _unknown:
                _unknown.add(name)
                known = ", ".join(EXTRA[:-1])
                _log(f"langsmith_extra: {name!r} is not known here and does nothing (it knows {known})")
        return _begun(function, signature, options, extra, args, kwargs)
    except Exception as error:
        complain(None, f"the beginning of {getattr(function, '__name__', function)!r}", error)
        return Traced(options, None, block_var.get(), {})


def _begun(function: Any, signature: Any, options: Options, extra: Any, args: Any, kwargs: Any) -> Traced:
    around = block_var.get()
    if options.enabled is False:
        return Traced(options, None, block_under(None, around), extra)
    parent = parent_of(extra, kwargs.get("config"))
    enabled = options.enabled is True or is_on(around, None if _is_foreign(extra) else parent)
    if not enabled and parent is None:
        return Traced(options, None, around, extra)
    outer_tags = list((around.tags if around is not None else None) or ())
    outer = dict((around.metadata if around is not None else None) or {})
    metadata = {**(extra.get("metadata") or {}), **outer, **options.metadata, "ls_method": "traceable"}
    tags = _once([*(extra.get("tags") or ()), *outer_tags, *options.tags])
    fields: Dict[str, Any] = {
        "name": extra.get("name") or options.name or _name_of(function),
        "run_type": options.run_type,
        "tags": tags,
        "extra": {**(extra.get("run_extra") or {}), "metadata": metadata},
    }
    inputs = _inputs(signature, args, kwargs)
    client = extra.get("client") or options.client or (around.client if around is not None else None)
    if parent is not None:
        tree = parent.create_child(run_id=extra.get("run_id"), **fields)
        tree._client = tree._client or client  # headers bring none
    else:
        of_block = around.project_name if around is not None else None
        tree = RunTree(
            id=extra.get("run_id"),
            reference_example_id=extra.get("reference_example_id"),
            project_name=extra.get("project_name") or of_block or options.project_name,
            client=client,
            **fields,
        )
    processed = _processed("inputs", options.process_inputs, inputs, tree)
    tree.inputs = processed if isinstance(processed, dict) else {"input": processed}
    traced = Traced(options, tree, block_under(tree, around), extra)
    traced.sent = enabled
    if enabled:
        tree.post()
    elif traced._block is not None:
        traced._block.enabled = False  # nothing below it is told either; the SDK tells it without this run
    return traced


def block_under(tree: Optional[RunTree], around: Optional[Block]) -> Block:
    """Make the block whose calls are children of a run, or of none."""
    block = Block()
    if around is not None:
        block.enabled, block.client, block.project_name = around.enabled, around.client, around.project_name
        block.tags, block.metadata = around.tags, around.metadata
    if tree is not None:
        set_tracing(switch)  # calls of runnables ask it, also when the environment does not
        block.parent = Parent(tree)
        block.project_name = tree.session_name
        block.client = tree._client or block.client
        block.tags, block.metadata = list(tree.tags), dict(tree.metadata)
    return block


def _is_foreign(extra: Mapping[str, Any]) -> bool:
    """Say whether the parent was given for this call: such a one does not switch tracing on by itself."""
    return extra.get("parent") is not None or extra.get("run_tree") is not None


def parent_of(extra: Mapping[str, Any], config: Any) -> Optional[RunTree]:
    """Find the parent: as given (a run, headers, a dotted order, "ignore"), by a config, or the run around."""
    given = extra.get("parent")
    given = extra.get("run_tree") if given is None else given
    if given == "ignore":
        return None
    if isinstance(given, RunTree):
        return given
    if given is not None:
        try:
            if isinstance(given, str):
                return RunTree.from_dotted_order(given, project_name=extra.get("project_name"))
            return RunTree.from_headers(given, project_name=extra.get("project_name"))
        except ValueError as error:  # of a request's headers, which must not fail it
            complain(None, "parent=", error)
            return None
    callbacks = config.get("callbacks") if hasattr(config, "get") else None
    handlers = getattr(callbacks, "handlers", None)
    found = _known_to(handlers, getattr(callbacks, "parent_run_id", None)) if handlers else None
    current = get_current_run_tree()
    if found is not None and (current is None or not current.dotted_order.startswith(found[1])):
        return _placeholder(*found)
    return current


def _inputs(signature: Any, args: Any, kwargs: Any) -> Dict[str, Any]:
    """Give the arguments by name, with defaults, those of `**kwargs` among them; not self and run_tree.

    Of a runnable's config that is passed the callbacks are left out: they are the program's, and hold a tracer.
    """
    try:
        bound = signature.bind_partial(*args, **kwargs)
    except TypeError:  # the call itself will say so
        return {"args": list(args), "kwargs": dict(kwargs)}
    bound.apply_defaults()
    inputs = dict(bound.arguments)
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            inputs.update(inputs.pop(name, {}))
    for name in ("self", "cls", "run_tree"):
        inputs.pop(name, None)
    config = inputs.get("config")
    if type(config) is dict and "callbacks" in config:
        inputs["config"] = {name: value for name, value in config.items() if name != "callbacks"}
    return inputs


def _outputs(outputs: Any) -> Dict[str, Any]:
    try:
        if isinstance(outputs, dict):
            return outputs if type(outputs) is dict else dict(outputs)
        if callable(getattr(outputs, "model_dump", None)) and not isinstance(outputs, type):
            dumped = plain(outputs)
            return dumped if isinstance(dumped, dict) else {"output": dumped}
    except Exception as error:  # a class of the user's own, whose methods or attributes fail
        complain(None, "the outputs of a run", error)
    return {"output": outputs}


def _processed(what: str, process: Any, value: Any, tree: RunTree) -> Any:
    """Give what a user's function makes of inputs or outputs; when it fails they are not shown at all."""
    if process is None:
        return value
    try:
        return process(value)
    except Exception as error:
        complain(tree, f"process_{what}", error)
        return {"ls_error": f"Processing failed; {what} dropped (process_{what}: {type(error).__name__})"}


def error_text(error: BaseException) -> str:
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return f"{error!r}\n\n{''.join(lines)}"


def _name_of(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", None) or type(function).__name__)


def _once(tags: List[str]) -> List[str]:
    return list(dict.fromkeys(tags))


def complain(tree: Optional[RunTree], what: str, error: Exception) -> None:
    name = "" if tree is None else f" of {tree.name!r}"
    _log(f"tracing: {what}{name} failed: {error!r}")


def _log(text: str) -> None:
    import logging

    logging.getLogger(__name__).warning("%s", text)
