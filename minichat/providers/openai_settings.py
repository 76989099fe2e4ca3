"""What ChatOpenAI's settings and arguments mean: which are request fields, which are done otherwise, which are secret."""

from __future__ import annotations

import os

from ..errors import ConfigurationError
from ..settings import SecretStr
from ..version import USER_AGENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Dict, List, Optional

__all__ = [
    "ELSEWHERE",
    "REQUEST_FIELDS",
    "masked",
    "read_headers",
    "read_key",
    "read_response_format",
    "read_tool_choice",
]

MASK = "**********"

# Settings that are request fields of the same name.
REQUEST_FIELDS = (
    "temperature top_p n seed stop logprobs top_logprobs logit_bias presence_penalty frequency_penalty "
    "reasoning_effort verbosity service_tier store max_tokens"
).split()

# LangChain's names for what is done otherwise here; refused, because model_kwargs would send them.
ELSEWHERE = {
    "http_client": "use proxy=, ca_file=, client_cert= or ssl_context=",
    "http_async_client": "use proxy=, ca_file=, client_cert= or ssl_context=",
    "http_socket_options": "the system's defaults are used",
    "stream_chunk_timeout": "timeout= bounds the wait between chunks too",
    "use_responses_api": "only Chat Completions is spoken",
    "output_version": "messages have LangChain's v0 form",
    "reasoning": "it belongs to the Responses API; use reasoning_effort=",
    "include": "it belongs to the Responses API",
    "truncation": "it belongs to the Responses API",
    "context_management": "it belongs to the Responses API",
    "use_previous_response_id": "it belongs to the Responses API",
    "include_response_headers": "the request id is in an error's request_id",
    "tiktoken_model_name": "tokens are not counted locally",
    "disabled_params": "settings are sent only when given",
}


def masked(settings: Mapping[str, Any]) -> Dict[str, Any]:
    """Give settings as they may be printed: without what is secret in them, a key itself apart."""
    shown = dict(settings)
    if shown.get("default_headers"):  # a gateway's key may be among them
        shown["default_headers"] = dict.fromkeys(shown["default_headers"], MASK)
    if "@" in (shown.get("openai_proxy") or ""):
        shown["openai_proxy"] = f"{MASK}@" + shown["openai_proxy"].rpartition("@")[2]
    if isinstance(shown.get("client_cert"), (tuple, list)) and len(shown["client_cert"]) > 2:
        shown["client_cert"] = (*shown["client_cert"][:2], MASK)
    return shown


def read_headers(settings: Mapping[str, Any], key_header: Callable[[Any], Dict[str, str]]) -> Dict[str, str]:
    """Give the headers of every request: ours, those of the environment, and the model's own above all."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Accept-Encoding": "identity",  # compressed event streams arrive late
        "User-Agent": USER_AGENT,
    }
    key = settings["openai_api_key"]
    if isinstance(key, SecretStr):
        headers.update(key_header(key))
    if settings["openai_organization"]:
        headers["OpenAI-Organization"] = settings["openai_organization"]
    if os.environ.get("OPENAI_PROJECT_ID"):
        headers["OpenAI-Project"] = os.environ["OPENAI_PROJECT_ID"]
    custom = os.environ.get("OPENAI_CUSTOM_HEADERS", "")
    lines = [line.partition(":") for line in custom.splitlines() if ":" in line]
    for name, value in [*((name, value) for name, _, value in lines), *(settings["default_headers"] or {}).items()]:
        replaced = [one for one in headers if one.lower() == name.strip().lower()]
        for one in replaced:
            del headers[one]
        headers[name.strip()] = str(value).strip()
    return headers


def read_key(key: Any) -> Any:
    """Give the key as SecretStr, or the function that gives it."""
    if key is None:
        key = os.environ.get("OPENAI_API_KEY")
        if not key:
            raise ConfigurationError("OPENAI_API_KEY is not set; pass api_key=... or set it")
    if isinstance(key, str):
        return SecretStr(key)
    if hasattr(key, "get_secret_value"):
        return SecretStr(key.get_secret_value())
    if callable(key):
        return key
    raise ConfigurationError(f"api_key= takes a text or a function, not {type(key).__name__}")


def read_tool_choice(choice: Any, offered: List[Dict[str, Any]]) -> Any:
    if isinstance(choice, dict):
        return choice
    if choice is True or choice == "any":
        return "required"
    if choice in ("auto", "none", "required"):
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
    from ..utils.function_calling import convert_to_openai_function

    function = convert_to_openai_function(wanted, strict=strict)
    function["schema"] = function.pop("parameters", {})
    return {"type": "json_schema", "json_schema": function}
