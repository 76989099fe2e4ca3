"""BaseTool: a Runnable from arguments to a result, and what users subclass.

A tool of one's own defines `_run` (and `_arun`, if it has something to wait for); `Tool` and
`StructuredTool` call a function. Input is the arguments, as a dictionary or one text, or a model's whole
tool call: then the answer is the `ToolMessage` that goes back to the model. Arguments are made to fit
`args_schema`, where there is one that Python can read; a JSON schema is for the model only.

The run is told by the tool events. What `InjectedToolArg` marks is told to nobody.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..backends.driver import run as run_blocking
from ..errors import ConfigurationError
from ..runnables.base import Runnable, asyncio_backend, blocking_backend
from ..runs import Context, Run, call_user
from ..settings import Settings
from .injected import (
    FILTERED_ARGS,
    InjectedToolArg,
    InjectedToolCallId,
    injected_parameters,
    parameters_of,
    runnable_config_param,
)
from .output import format_output, handled, is_validation_error, split_artifact
from .schema import ArgsSchema, ToolInputError, create_schema_from_function, schema_of, schema_of_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Tuple, Union
    from uuid import UUID

__all__ = [
    "FILTERED_ARGS",
    "ArgsSchema",
    "BaseTool",
    "BaseToolkit",
    "InjectedToolArg",
    "InjectedToolCallId",
    "SchemaAnnotationError",
    "ToolException",
    "ToolInputError",
    "create_schema_from_function",
]

NO_CALL_ID = (
    "When tool includes an InjectedToolCallId argument, tool must always be invoked with a full model ToolCall of "
    "the form: {'args': {...}, 'name': '...', 'type': 'tool_call', 'tool_call_id': '...'}"
)


class ToolException(Exception):  # noqa: N818
    """What a tool raises to tell the model that it failed: with `handle_tool_error` it becomes the output."""


class SchemaAnnotationError(TypeError):
    """`args_schema` of a tool class is annotated as if it were an object, not a class."""


class BaseTool(Settings, Runnable["Any", "Any"], ABC):
    """Base of tools. Fields are class annotations, given to the constructor by keyword.

    >>> class Shout(BaseTool):
    ...     name: str = "shout"
    ...     description: str = "Say it loud."
    ...     def _run(self, text: str, times: int = 1):
    ...         return text.upper() * times
    >>> Shout().invoke({"text": "hey", "times": 2})
    'HEYHEY'
    >>> Shout().invoke({"type": "tool_call", "name": "shout", "args": {"text": "hey"}, "id": "call_1"})
    ToolMessage(content='HEY', name='shout', tool_call_id='call_1')

    `handle_tool_error`, `handle_validation_error`: what stands in for a `ToolException` or for arguments
    that do not fit. False raises, True takes the exception's words or a fixed sentence, a text is
    taken as it is, a function is called with the exception. `response_format`: "content", or
    "content_and_artifact" for a tool that gives a pair. `return_direct` and `extras` are for agents
    and providers.
    """

    name: str  # pyright: ignore[reportIncompatibleVariableOverride]  # every tool has one
    description: str
    args_schema: Any = None
    return_direct: bool = False
    verbose: bool = False
    callbacks: Any = None
    tags: Optional[List[str]] = None
    metadata: Optional[Dict[str, Any]] = None
    handle_tool_error: Any = False
    handle_validation_error: Any = False
    response_format: str = "content"
    extras: Optional[Dict[str, Any]] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        annotation = _annotations(cls).get("args_schema")
        if getattr(annotation, "__name__", "") == "BaseModel":
            raise SchemaAnnotationError(
                f"Tool definition for {cls.__name__} must include valid type annotations for argument 'args_schema' "
                f"to behave as expected. Expected annotation of 'Type[BaseModel]' but got '{annotation}'."
            )

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if self.args_schema is not None:
            schema_of(self.args_schema)
        if self.response_format not in ("content", "content_and_artifact"):
            raise ConfigurationError(
                f"{type(self).__name__}: response_format must be 'content' or 'content_and_artifact', "
                f"got {self.response_format!r}"
            )

    # -- what the model is told ------------------------------------------------------------

    @property
    def args(self) -> Dict[str, Any]:
        """The JSON schema of each argument that the model sees, by its name."""
        schema = self.tool_call_schema
        written: Dict[str, Dict[str, Any]] = schema if isinstance(schema, dict) else schema.model_json_schema()
        return written.get("properties", {})

    @property
    def is_single_input(self) -> bool:
        """Whether there is exactly one argument, ``**kwargs`` aside."""
        return len([name for name in self.args if name != "kwargs"]) == 1

    @property
    def tool_call_schema(self) -> Any:
        """What the model sees of the arguments: an `ArgsSchema`, or a JSON schema where one was given."""
        if isinstance(self.args_schema, dict):
            return {**self.args_schema, "description": self.description} if self.description else self.args_schema
        return self._fields().for_model(self.name, self.description)

    def get_input_schema(self, config: Any = None) -> Any:
        """Give the schema of all arguments, injected ones too: something with `model_json_schema()`."""
        given = self.args_schema
        return given if hasattr(given, "model_json_schema") else self._fields()

    def get_input_jsonschema(self, config: Any = None) -> Dict[str, Any]:
        """Give the JSON schema of all arguments."""
        schema: Dict[str, Any] = self.get_input_schema(config).model_json_schema()
        return schema

    def _fields(self) -> ArgsSchema:
        if self.args_schema is not None:
            return schema_of(self.args_schema)
        return schema_of_function(self.name, self._run)

    # -- what a kind of tool defines -------------------------------------------------------

    @abstractmethod
    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """Do the work. Parameters named `run_manager`, or annotated `RunnableConfig`, are filled in."""

    async def _arun(self, *args: Any, **kwargs: Any) -> Any:
        """As `_run`, on the running event loop; here in a thread."""
        manager = kwargs.get("run_manager")
        if hasattr(manager, "get_sync"):
            kwargs["run_manager"] = manager.get_sync()  # type: ignore[union-attr]
        return await asyncio_backend().call(self._run, *args, **kwargs)

    def _function_for(self, *, suspends: bool) -> Callable[..., Any]:
        """Give `_run` or `_arun`. Without an `_arun` of its own a tool runs in a thread."""
        return self._arun if suspends and type(self)._arun is not BaseTool._arun else self._run

    def _injected_names(self) -> List[str]:
        """Name what the work is given and the model does not see, as its function has it annotated."""
        return injected_parameters(self._run) or injected_parameters(self._arun)

    # -- arguments -------------------------------------------------------------------------

    def _to_args_and_kwargs(
        self, tool_input: Any, tool_call_id: Optional[str]
    ) -> Tuple[Tuple[Any, ...], Dict[str, Any]]:
        """Give what the work is called with; one text is passed by position.

        Raises: `ToolInputError` where it does not fit, TypeError for what are no arguments.
        """
        if self.args_schema is not None and not isinstance(self.args_schema, dict) and not self._fields().names:
            return (), {}
        parsed = self._parse_input(tool_input, tool_call_id)
        if isinstance(parsed, str):
            return (parsed,), {}
        if isinstance(parsed, dict):
            return (), dict(parsed)
        raise TypeError(f"Invalid tool input type: {type(parsed)}")

    def _parse_input(self, tool_input: Any, tool_call_id: Optional[str]) -> Any:
        """Make the arguments fit `args_schema`, if there is one that is no JSON schema."""
        if self.args_schema is None:
            return tool_input
        schema = self._fields()
        if isinstance(self.args_schema, dict):
            return schema.validate(tool_input, tool=self.name)
        if isinstance(tool_input, str):
            schema.validate({schema.names[0]: tool_input}, tool=self.name)
            return tool_input
        if not isinstance(tool_input, dict):
            return schema.validate(tool_input, tool=self.name)
        given = dict(tool_input)
        for name in schema.call_ids:
            given[name] = _needed(tool_call_id)
        validated = schema.validate(given, tool=self.name)
        for name in self._injected_names():
            if name in given:
                validated[name] = given[name]
            elif name == "tool_call_id":
                validated[name] = _needed(tool_call_id)
        return validated

    def _visible(self, tool_input: Dict[str, Any]) -> Dict[str, Any]:
        """Give the arguments that handlers may see."""
        hidden = {*FILTERED_ARGS, *self._injected_names()}
        if self.args_schema is not None:
            hidden.update(self._fields().injected)
        return {name: value for name, value in tool_input.items() if name not in hidden}

    def _run_arguments(self, function: Callable[..., Any], run: Run, child: Context) -> Dict[str, Any]:
        """Give the arguments that the run itself fills in."""
        given: Dict[str, Any] = {}
        if "run_manager" in parameters_of(function):
            from ..callbacks.manager import run_manager_of

            manager: Any = run_manager_of(run)
            if run.context.backend.suspends and function == self._run:
                manager = manager.get_sync()  # in a thread, where nothing is awaited
            given["run_manager"] = manager
        config_param = runnable_config_param(function)
        if config_param is not None:
            given[config_param] = child.config()
        return given

    # -- one call --------------------------------------------------------------------------

    def run(
        self,
        tool_input: Union[str, Dict[str, Any]],
        verbose: Optional[bool] = None,
        start_color: Optional[str] = "green",
        color: Optional[str] = "green",
        callbacks: Any = None,
        *,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        run_name: Optional[str] = None,
        run_id: Optional[UUID] = None,
        config: Any = None,
        tool_call_id: Optional[str] = None,
        **kwargs: Any,
    ) -> Any:
        """As `invoke`, with the config in single arguments; `kwargs` go to the handlers."""
        config = _config(config, callbacks=callbacks, tags=tags, metadata=metadata, run_name=run_name, run_id=run_id)
        ctx = Context.of(config, blocking_backend())
        how = {"start_color": start_color, "color": color}
        told = self._told(ctx, tool_input, tool_call_id=tool_call_id, verbose=verbose, **how, **kwargs)
        return run_blocking(told)

    async def arun(
        self,
        tool_input: Union[str, Dict[str, Any]],
        verbose: Optional[bool] = None,
        start_color: Optional[str] = "green",
        color: Optional[str] = "green",
        callbacks: Any = None,
        *,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        run_name: Optional[str] = None,
        run_id: Optional[UUID] = None,
        config: Any = None,
        tool_call_id: Optional[str] = None,
        **kwargs: Any,
    ) -> Any:
        """As `run`, on the running event loop."""
        config = _config(config, callbacks=callbacks, tags=tags, metadata=metadata, run_name=run_name, run_id=run_id)
        ctx = Context.of(config, asyncio_backend())
        how = {"start_color": start_color, "color": color}
        told = self._told(ctx, tool_input, tool_call_id=tool_call_id, verbose=verbose, **how, **kwargs)
        return await told

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        if isinstance(input, dict) and input.get("type") == "tool_call":
            return await self._told(ctx, input["args"], tool_call_id=input["id"], **kwargs)
        return await self._told(ctx, input, **kwargs)

    async def _told(
        self,
        ctx: Context,
        tool_input: Any,
        *,
        tool_call_id: Optional[str] = None,
        verbose: Optional[bool] = None,
        start_color: Optional[str] = "green",
        color: Optional[str] = "green",
        **kwargs: Any,
    ) -> Any:
        """Work, and tell the handlers; `kwargs` go to them."""
        ctx = ctx.with_own(self.callbacks, self.tags, self.metadata)
        if verbose or self.verbose:
            from ..callbacks.stdout import StdOutCallbackHandler

            if not any(isinstance(one, StdOutCallbackHandler) for one in ctx.handlers):
                ctx = ctx.with_own([StdOutCallbackHandler()])
        run = Run(ctx, self.name, "tool")
        if not run.observed:
            return await self._output(run, tool_input, tool_call_id)
        inputs = self._visible(tool_input) if isinstance(tool_input, dict) else None
        await run.tell(
            "start",
            {"name": self.name, "description": self.description},
            tool_input if isinstance(tool_input, str) else str(tool_input if inputs is None else inputs),
            inputs=inputs,
            metadata=dict(ctx.metadata),
            name=ctx.run_name,  # None where none was given, as in LangChain: the name is in `serialized`
            color=start_color,
            tool_call_id=tool_call_id,
            **kwargs,
        )
        try:
            output = await self._output(run, tool_input, tool_call_id)
        except BaseException as error:
            await run.tell("error", error, tool_call_id=tool_call_id)
            raise
        await run.tell("end", output, color=color, name=self.name, **kwargs)
        return output

    async def _output(self, run: Run, tool_input: Any, tool_call_id: Optional[str]) -> Any:
        """Work, and give the result as the caller gets it."""
        artifact, status = None, "success"
        try:
            args, kwargs = self._to_args_and_kwargs(tool_input, tool_call_id)
            child = run.child()
            function = self._function_for(suspends=child.backend.suspends)
            kwargs.update(self._run_arguments(function, run, child))
            content = await call_user(child, function, *args, **kwargs)
            if self.response_format == "content_and_artifact":
                content, artifact = split_artifact(content)
        except ToolException as error:
            if not self.handle_tool_error:
                raise
            words = error.args[0] if error.args else "Tool execution error"
            content = handled(error, self.handle_tool_error, setting="handle_tool_error", content=words)
            status = "error"
        except ValueError as error:
            flag = self.handle_validation_error
            if not flag or not is_validation_error(error):
                raise
            content = handled(error, flag, setting="handle_validation_error", content="Tool input validation error")
            status = "error"
        return format_output(content, artifact, tool_call_id=tool_call_id, name=self.name, status=status)


class BaseToolkit(Settings, ABC):
    """Tools that belong together."""

    @abstractmethod
    def get_tools(self) -> List[BaseTool]:
        """Give the tools."""


def _config(config: Any, **own: Any) -> Dict[str, Any]:
    return {**(config or {}), **{key: value for key, value in own.items() if value is not None}}


def _annotations(cls: type) -> Dict[str, Any]:
    if "__annotate_func__" in cls.__dict__:  # Python 3.14, PEP 649
        return cls.__annotations__
    found: Dict[str, Any] = cls.__dict__.get("__annotations__", {})
    return found


def _needed(tool_call_id: Optional[str]) -> str:
    if tool_call_id is None:
        raise ValueError(NO_CALL_ID)
    return tool_call_id
