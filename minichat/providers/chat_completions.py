"""ChatCompletionsModel: what the providers share that speak Chat Completions: OpenAI, Mistral, Fireworks, Together.

Tools, structured output, and a call's words as request fields. What one of them does otherwise is an
attribute of its class.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .base import Provider

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Optional, Union

    from ..messages import AIMessage, BaseMessage
    from ..protocols.base import ChatCall, Codec
    from ..runnables import Runnable

__all__ = ["ChatCompletionsModel", "read_response_format", "read_tool_choice"]


class ChatCompletionsModel(Provider):
    """A chat model behind `POST .../chat/completions`."""

    # The wire's name for LangChain's max_tokens. OpenAI deprecated "max_tokens"; its reasoning models refuse it.
    _limit_field = "max_tokens"
    # The wire's word for LangChain's tool_choice="any".
    _any_tool = "required"
    # How with_structured_output asks unless told, as the provider's LangChain package does.
    _structured_method = "json_schema"
    # What it says of parallel calls, where it asks by a tool; None: nothing.
    _structured_parallel: Optional[bool] = False

    def _check(self) -> None:
        n = self.__dict__.get("n")
        if n is not None and (not isinstance(n, int) or n < 1):
            raise ConfigurationError("n must be at least 1.")
        if n is not None and n > 1 and self.streaming:
            raise ConfigurationError("n must be 1 when streaming.")

    def _request_body(self, body: Dict[str, Any], stream: bool) -> None:
        if self._limit_field != "max_tokens" and "max_tokens" in body:
            body[self._limit_field] = body.pop("max_tokens")
        if "response_format" in body:
            body["response_format"] = read_response_format(body["response_format"])
        if body.pop("stream_usage", self.__dict__.get("stream_usage")) and stream and "stream_options" not in body:
            body["stream_options"] = {"include_usage": True}

    def _codec_for(self, call: ChatCall) -> Codec:
        """Give the codec; for a call to another model than the model's own, one whose errors name that."""
        codec = self._codec
        refusals = getattr(codec, "refusals", None)
        if refusals is None or not refusals.model or refusals.model == call.body.get("model"):
            return codec
        from copy import copy

        codec = copy(codec)
        codec.refusals = refusals.asked(str(call.body.get("model")))  # type: ignore[attr-defined]
        return codec

    def _encode(
        self, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any], stream: bool
    ) -> ChatCall:
        call = super()._encode(messages, stop, kwargs, stream)
        if stream and call.body.get("n", 1) != 1:
            raise ConfigurationError("n must be 1 when streaming.")
        return call

    def bind_tools(
        self,
        tools: Sequence[Any],
        *,
        tool_choice: Union[str, bool, Dict[str, Any], None] = None,
        strict: Optional[bool] = None,
        parallel_tool_calls: Optional[bool] = None,
        response_format: Any = None,
        **kwargs: Any,
    ) -> Runnable[Any, AIMessage]:
        """Give this model with tools to offer on every call.

        `tools`: functions with annotations and docstring, dataclasses, TypedDicts, JSON schemas, or
        dictionaries in OpenAI's form. `tool_choice`: "auto", "none", "any" (or "required", True),
        a tool's name, or the provider's dictionary. `strict`: the model keeps to the schema exactly.

        Raises: `ConfigurationError` for a tool_choice that is none of these.
        """
        from ..utils.function_calling import convert_to_openai_tool

        if response_format is not None:
            kwargs["response_format"] = read_response_format(response_format, strict)
            strict = True if strict is None else strict  # OpenAI asks for strict tools beside a format
        offered = [convert_to_openai_tool(tool, strict=strict) for tool in tools]
        if parallel_tool_calls is not None:
            kwargs["parallel_tool_calls"] = parallel_tool_calls
        if tool_choice:
            kwargs["tool_choice"] = read_tool_choice(tool_choice, offered, any_tool=self._any_tool)
        return self.bind(tools=offered, **kwargs)

    def with_structured_output(
        self,
        schema: Any = None,
        *,
        method: Optional[str] = None,
        include_raw: bool = False,
        strict: Optional[bool] = None,
        tools: Optional[Sequence[Any]] = None,
        **kwargs: Any,
    ) -> Runnable[Any, Any]:
        """Give this model as one that answers in a form, kept to by the provider, by a tool call, or as JSON.

        `method`: "json_schema", "function_calling" or "json_mode" (without a schema on the wire); unless told,
        what the provider's LangChain package takes. `strict`: the provider keeps to the schema exactly. `tools`: what may be called instead, with strict=True.

        Raises: `ConfigurationError` for a combination that does not exist; `OutputParserException` from calls.
        """
        from ..language_models.structured_output import openai_structured_output

        method = method or self._structured_method
        if method == "function_calling":
            kwargs = {"parallel_tool_calls": self._structured_parallel, **kwargs}
        return openai_structured_output(
            self, schema, method=method, include_raw=include_raw, strict=strict, tools=tools, **kwargs
        )


def read_tool_choice(choice: Any, offered: List[Dict[str, Any]], *, any_tool: str = "required") -> Any:
    """Give the wire's tool_choice for LangChain's words; `any_tool`: how it says that one has to be called."""
    if isinstance(choice, dict):
        return choice
    if choice is True or choice in ("any", "required"):
        return any_tool
    if choice in ("auto", "none"):
        return choice
    names = [tool["function"]["name"] for tool in offered if "function" in tool]
    if choice in names:
        return {"type": "function", "function": {"name": choice}}
    raise ConfigurationError(
        f"tool_choice={choice!r} is none of 'auto', 'none', 'any', 'required', True, a dictionary, "
        f"or the name of a tool; the tools are {', '.join(names) or 'none'}"
    )


def read_response_format(wanted: Any, strict: Optional[bool] = None) -> Any:
    """Give OpenAI's response_format for a schema; its own dictionaries are passed on."""
    if isinstance(wanted, dict) and wanted.get("type") in ("text", "json_object", "json_schema"):
        return wanted
    if isinstance(wanted, dict) and "name" in wanted and "schema" in wanted:  # what stands inside such a dictionary
        return {"type": "json_schema", "json_schema": wanted if strict is None else {**wanted, "strict": strict}}
    from ..utils.function_calling import convert_to_openai_function

    function = convert_to_openai_function(wanted, strict=strict)
    function["schema"] = function.pop("parameters", {})
    return {"type": "json_schema", "json_schema": function}
