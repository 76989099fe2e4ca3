"""`with_structured_output`: a model that answers in a given form, as a sequence of model and parser.

How the model is asked is here: by a tool it has to call, by OpenAI's response format with a JSON schema,
or by its JSON mode, which knows no schema (the prompt has to describe it). How the answer is read is
output_parsers/structured.py.

`ls_structured_output_format` goes along with each call, for handlers; a chat model tells it to them under
its options and sends it nowhere.

Source: OpenAI, "Structured Outputs" and "Function calling"; the requests of langchain-openai 1.7.4, by
running it (tests/language_models/test_structured_output.py compares).
"""

from __future__ import annotations

from ..errors import ConfigurationError
from ..output_parsers.structured import StructuredOutputParser, function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, Optional

    from ..runnables import Runnable

__all__ = ["openai_structured_output", "structured_output"]

METHODS = ("function_calling", "json_schema", "json_mode")
# Models from before response formats with a schema. Source: OpenAI, "Structured Outputs", "Supported models".
WITHOUT_JSON_SCHEMA = ("gpt-3", "gpt-4-")


def structured_output(
    model: Any, schema: Any, *, include_raw: bool = False, method: Any = None, strict: Any = None, **kwargs: Any
) -> Runnable[Any, Any]:
    """Give `model` as one that has to call a tool made of `schema`, whatever model it is.

    `method` can only be "function_calling" here: other ways belong to models that have them. `strict` is
    handed to the model's `bind_tools`.

    Raises: NotImplementedError for a model without `bind_tools`; `ConfigurationError` for other arguments.
    """
    if method not in (None, "function_calling"):
        raise ConfigurationError(
            f"{type(model).__name__} answers in a form by method='function_calling' only, not {method!r}"
        )
    if kwargs:
        raise ConfigurationError(f"with_structured_output does not take {', '.join(f'{name}=' for name in kwargs)}")
    function = function_of(schema)
    told = {"kwargs": {"method": "function_calling"}, "schema": _titled(function)}
    strictly = {} if strict is None else {"strict": strict}
    bound = model.bind_tools(
        [_offered(schema)], tool_choice="any", ls_structured_output_format=told, **strictly
    )
    parser = StructuredOutputParser(schema=schema, key_name=function["name"], include_raw=include_raw)
    return bound | parser  # type: ignore[no-any-return]


def openai_structured_output(
    model: Any,
    schema: Any = None,
    *,
    method: str = "json_schema",
    include_raw: bool = False,
    strict: Optional[bool] = None,
    tools: Optional[Sequence[Any]] = None,
    **kwargs: Any,
) -> Runnable[Any, Any]:
    """Give a model of OpenAI's as one that answers as `schema` has it; `kwargs` are sent with each call.

    `schema`: a JSON schema with a title, OpenAI's function, tool or response format, a TypedDict, a
    dataclass, or a function; only json_mode does without. `strict`: the provider keeps to the schema
    exactly. `tools`: what the model may call instead of answering; with strict=True.

    Raises: `ConfigurationError` for a combination that does not exist.
    """
    _check(schema, method, strict, tools)
    if method == "json_schema" and _is_old(getattr(model, "model_name", None) or ""):
        import warnings

        warnings.warn(
            f"{model.model_name} has no response format with a JSON schema: it is asked by a tool call instead; "
            "method='function_calling' says so without this warning",
            stacklevel=3,
        )
        method = "function_calling"
    told: Dict[str, Any] = {"kwargs": {"method": method, "strict": strict}}
    parser = {"schema": schema, "include_raw": include_raw}
    if method == "json_mode":
        del told["kwargs"]["strict"]
        kwargs = {"response_format": {"type": "json_object"}, **kwargs}
        if schema is None:
            return model.bind(**kwargs) | StructuredOutputParser(**parser)  # type: ignore[no-any-return]
    function = function_of(schema)
    told["schema"] = _titled(function)
    kwargs = {"ls_structured_output_format": told, **kwargs}
    if method == "function_calling":
        chosen = {"tool_choice": function["name"], "parallel_tool_calls": False, "strict": strict, **kwargs}
        bound = model.bind_tools([_offered(schema)], **chosen)
        return bound | StructuredOutputParser(key_name=function["name"], **parser)  # type: ignore[no-any-return]
    if method == "json_schema":
        kwargs = {"response_format": _response_format(schema, strict), **kwargs}
        if tools:
            from ..utils.function_calling import convert_to_openai_tool

            kwargs["tools"] = [convert_to_openai_tool(tool, strict=strict) for tool in tools]
    parser["other_tools"] = bool(tools)
    return model.bind(**kwargs) | StructuredOutputParser(**parser)  # type: ignore[no-any-return]


def _check(schema: Any, method: str, strict: Optional[bool], tools: Any) -> None:
    if method not in METHODS:
        raise ConfigurationError(f"method={method!r} is none of {', '.join(map(repr, METHODS))}")
    if schema is None and method != "json_mode":
        raise ConfigurationError(f"method={method!r} needs a schema; only 'json_mode' does without")
    if strict is not None and method == "json_mode":
        raise ConfigurationError("strict= does not go with method='json_mode', which knows no schema")
    if tools and (method != "json_schema" or strict is not True):
        raise ConfigurationError("tools= goes with method='json_schema' and strict=True only")


def _is_old(name: str) -> bool:
    return name == "gpt-4" or name.startswith(WITHOUT_JSON_SCHEMA)


def _offered(schema: Any) -> Any:
    """Give a schema as bind_tools takes it: a response format as the function it describes."""
    described = isinstance(schema, dict) and ("schema" in schema or "json_schema" in schema or "strict" in schema)
    return function_of(schema) if described else schema


def _titled(function: Dict[str, Any]) -> Dict[str, Any]:
    """Give a function as the JSON schema of its arguments."""
    described = {"description": function["description"]} if "description" in function else {}
    return {"title": function["name"], **described, **function.get("parameters", {})}


def _response_format(schema: Any, strict: Optional[bool]) -> Dict[str, Any]:
    if isinstance(schema, dict) and schema.get("type") == "json_schema" and "json_schema" in schema:
        said = schema["json_schema"].get("strict")
        if strict is not None and said is not None and said is not strict:
            raise ConfigurationError(f"the schema says strict={said}, the call strict={strict}; drop one of them")
        if strict is None or said is not None:
            return schema
    elif isinstance(schema, dict) and "name" in schema and "schema" in schema and strict is None:
        return {"type": "json_schema", "json_schema": schema}
    elif strict is None and not (isinstance(schema, dict) and isinstance(schema.get("strict"), bool)):
        strict = False  # said in so many words, as LangChain does
    function = function_of(schema, strict=strict)
    parameters = function.pop("parameters", {"type": "object", "properties": {}})
    return {"type": "json_schema", "json_schema": {**function, "schema": parameters}}
