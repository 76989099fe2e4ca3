"""`with_structured_output` of Anthropic's models: by a tool that has to be called, or by `output_config.format`.

The requests are those of langchain-anthropic 1.7.10 (found by running it).
Source: Anthropic, "Structured outputs" and "Tool use", read 2026-11-23.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .anthropic_tools import anthropic_tool, output_format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..runnables import Runnable

__all__ = ["anthropic_structured_output"]


def anthropic_structured_output(
    model: Any,
    schema: Any,
    *,
    method: str = "function_calling",
    include_raw: bool = False,
    strict: Any = None,
    **kwargs: Any,
) -> Runnable[Any, Any]:
    """Give `model` as one that answers as `schema` has it; `kwargs` are sent with each call.

    Raises: `ConfigurationError` for a missing schema, or a method that is none.
    """
    from ..output_parsers.structured import StructuredOutputParser, function_of
    from ..utils.function_calling import convert_to_openai_tool

    if schema is None:
        raise ConfigurationError("with_structured_output needs a schema")
    if method == "json_mode":
        import warnings

        warnings.warn("Anthropic has no JSON mode; method='json_schema' is used", stacklevel=3)
        method = "json_schema"
    if method == "json_schema":
        told = {"kwargs": {"method": method}, "schema": convert_to_openai_tool(function_of(schema))}
        kwargs["output_config"] = {**kwargs.get("output_config", {}), "format": output_format(schema)}
        bound = model.bind(ls_structured_output_format=told, **kwargs)
        return bound | StructuredOutputParser(schema=schema, include_raw=include_raw)  # type: ignore[no-any-return]
    if method != "function_calling":
        raise ConfigurationError(f"method={method!r} is neither 'function_calling' nor 'json_schema'")
    described = isinstance(schema, dict) and ("schema" in schema or "json_schema" in schema)
    tool = anthropic_tool(function_of(schema) if described else schema, strict=strict)
    bound = model.bind_tools(
        [tool],
        tool_choice=tool["name"],
        ls_structured_output_format={"kwargs": {"method": method}, "schema": tool},
        **kwargs,
    )
    parser = StructuredOutputParser(schema=schema, key_name=tool["name"], include_raw=include_raw)
    return bound | parser  # type: ignore[no-any-return]
