"""ChatAnthropic: Anthropic's Messages API, and gateways that speak it.

Names, aliases and environment variables are those of langchain-anthropic 1.7.10 and of the official SDK (anthropic
2.12), read 2026-11-23. Two things are otherwise on purpose: sampling parameters are sent only when they were given,
because newer models refuse them, and the version of the API is one that still takes them.
"""

from __future__ import annotations

import os

from ..errors import ConfigurationError
from ..protocols.anthropic import AnthropicMessages
from ..wire.http import with_query
from .anthropic_models import adapts_thinking, output_limit, takes_forced_choice, takes_system_in_place
from .base import Provider, with_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Dict, List, Optional, Tuple, Union

    from ..messages import AIMessage, BaseMessage
    from ..protocols.base import ChatCall, Codec
    from ..runnables import Runnable
    from ..settings import SecretStr

__all__ = ["ChatAnthropic"]

TOKEN_VARIABLE = "ANTHROPIC_AUTH_TOKEN"  # for gateways; sent as Bearer
THINKS = ("enabled", "adaptive")
# A tool's type -> the beta that it belongs to. Source: langchain-anthropic 1.7.10, by running it.
BETA_OF_TOOL = {
    "web_fetch_20250910": "web-fetch-2025-09-10",
    "code_execution_20250522": "code-execution-2025-05-22",
    "mcp_toolset": "mcp-client-2025-11-20",
    "memory_20250818": "context-management-2025-06-27",
    "computer_20250124": "computer-use-2025-01-24",
    "computer_20251124": "computer-use-2025-11-24",
    "tool_search_tool_regex_20251119": "advanced-tool-use-2025-11-20",
    "tool_search_tool_bm25_20251119": "advanced-tool-use-2025-11-20",
    "advisor_20260301": "advisor-tool-2026-03-01",
}


class ChatAnthropic(Provider):
    """Anthropic's chat models.

    >>> model = ChatAnthropic(model="claude-haiku-4-5", api_key="sk-ant-...", max_tokens=1024)
    >>> model
    ChatAnthropic(model='claude-haiku-4-5', anthropic_api_key=SecretStr('**********'), max_tokens=1024)

    The key comes from `api_key` (text, or a function called for each request) or `ANTHROPIC_API_KEY`; else
    `ANTHROPIC_AUTH_TOKEN` is sent as Bearer. `base_url`: argument, `ANTHROPIC_API_URL`, `ANTHROPIC_BASE_URL`,
    Anthropic's; with or without its "/v1". Also read: `ANTHROPIC_PROXY`, `ANTHROPIC_CUSTOM_HEADERS` ("Name:
    value" lines).

    `timeout`: seconds, or (connect, read); default (5, 600). `max_retries`: default 2. `stream_usage`: give usage
    in streams. `max_tokens`: default by the model, 4,096 for one that is not known. `anthropic_version`: of the API.
    `betas`: those that tools and settings need are added. `thinking`: `{"type": "enabled", "budget_tokens": ...}`
    or `{"type": "adaptive"}`. `effort`: "low" to "max"; newer models then think, unless `thinking` says
    otherwise. `reuse_last_container`: a call goes on in the container of the last answer that had one.

    A stream of a call with tools, thinking, citations or compaction gives lists of blocks, any other strings; in the
    former a tool's input comes in pieces (`partial_json`), parsed in `tool_calls`.

    Keyword arguments of a call are request fields of that call (`cache_control={"type": "ephemeral"}` among
    them), besides `stop`, `effort`, `betas`, `timeout`, `stream_usage`, `extra_body`, `extra_headers` and
    `extra_query`.

    Raises: `ConfigurationError` at construction for a missing key or a setting that cannot be.
    """

    model: str
    anthropic_api_key: Union[str, SecretStr, Callable[[], str], None] = None
    anthropic_api_url: Optional[str] = None
    anthropic_version: str = "2023-06-01"
    max_tokens: Optional[int] = None
    temperature: Optional[float] = None
    top_k: Optional[int] = None
    top_p: Optional[float] = None
    default_request_timeout: Union[float, Tuple[Optional[float], Optional[float]], None] = None
    stop_sequences: Union[str, List[str], None] = None
    stream_usage: bool = True
    thinking: Optional[Dict[str, Any]] = None
    output_config: Optional[Dict[str, Any]] = None
    reasoning_effort: Optional[str] = None
    betas: Optional[List[str]] = None
    mcp_servers: Optional[List[Dict[str, Any]]] = None
    context_management: Optional[Dict[str, Any]] = None
    container: Union[str, Dict[str, Any], None] = None
    reuse_last_container: Optional[bool] = None
    inference_geo: Optional[str] = None
    service_tier: Optional[str] = None
    user_profile_id: Optional[str] = None
    anthropic_proxy: Optional[str] = None

    _aliases = {
        "model_name": "model",
        "api_key": "anthropic_api_key",
        "base_url": "anthropic_api_url",
        "max_tokens_to_sample": "max_tokens",
        "timeout": "default_request_timeout",
        "stop": "stop_sequences",
        "effort": "reasoning_effort",
        "proxy": "anthropic_proxy",
    }

    _provider = "anthropic"
    _identity = ("langchain", "chat_models", "anthropic")
    _model_name = "model"
    _key_name = "anthropic_api_key"
    _key_variables = ("ANTHROPIC_API_KEY",)
    _key_place = ("x-api-key", "")
    _url_name = "anthropic_api_url"
    _url_variables = ("ANTHROPIC_API_URL", "ANTHROPIC_BASE_URL")
    _url_default = "https://api.anthropic.com"
    _timeout_name = "default_request_timeout"
    _proxy_name = "anthropic_proxy"
    _proxy_variables = ("ANTHROPIC_PROXY",)
    _headers_variable = "ANTHROPIC_CUSTOM_HEADERS"
    _request_fields = (
        "max_tokens temperature top_k top_p stop_sequences thinking output_config reasoning_effort betas "
        "mcp_servers context_management container inference_geo service_tier user_profile_id"
    ).split()
    _elsewhere = {
        "http_client": "use proxy=, ca_file=, client_cert= or ssl_context=",
        "output_version": "messages have LangChain's v0 form",
    }

    _codec: AnthropicMessages
    _limit_is_own: bool

    @property
    def _llm_type(self) -> str:
        return "anthropic-chat"

    @property
    def model_name(self) -> str:
        """The same as `model`."""
        return self.model

    @property
    def effort(self) -> Optional[str]:
        """The same as `reasoning_effort`."""
        return self.reasoning_effort

    # -- construction ----------------------------------------------------------------------

    def _read_key(self, key: Any) -> Any:
        if key is None and not os.environ.get(self._key_variables[0]) and os.environ.get(TOKEN_VARIABLE):
            key = os.environ[TOKEN_VARIABLE]
            self._key_place = ("Authorization", "Bearer ")
        return super()._read_key(key)

    def _check(self) -> None:
        given = self.__dict__
        self._limit_is_own = given["max_tokens"] is not None
        if not self._limit_is_own:
            given["max_tokens"] = output_limit(self.model)
        if self.thinking is not None and not isinstance(self.thinking, dict):
            raise ConfigurationError(
                f'thinking= takes a dictionary, as {{"type": "enabled", "budget_tokens": 2000}}, not {self.thinking!r}'
            )

    def _own_headers(self) -> Dict[str, str]:
        return {"anthropic-version": self.anthropic_version}

    def _make_codec(self, base_url: str, headers: Dict[str, str]) -> AnthropicMessages:
        url = with_query(with_version(base_url, "v1") + "/messages", self.default_query)
        return AnthropicMessages(provider=self._provider, url=url, headers=headers)

    # -- a call ----------------------------------------------------------------------------

    def _codec_for(self, call: ChatCall) -> Codec:
        stream_usage = call.body.pop("stream_usage", None)
        return self._codec.for_call(
            as_blocks=call.stream and _has_blocks(call),
            stream_usage=self.stream_usage if stream_usage is None else bool(stream_usage),
            system_in_place=takes_system_in_place(call.body["model"]),
        )

    def _encode(
        self, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any], stream: bool
    ) -> ChatCall:
        call = super()._encode(messages, stop, kwargs, stream)
        if self.reuse_last_container:
            _reuse_container(call)
        return call

    def _request_body(self, body: Dict[str, Any], stream: bool) -> None:
        stop = body.pop("stop", None) or body.get("stop_sequences")
        body["stop_sequences"] = [stop] if isinstance(stop, str) else stop
        if not self._limit_is_own and body["model"] != self.model and body["max_tokens"] == self.max_tokens:
            body["max_tokens"] = output_limit(body["model"])
        self._set_output(body)
        if isinstance(body.get("tool_choice"), str):
            from .anthropic_tools import read_tool_choice

            body["tool_choice"] = read_tool_choice(body["tool_choice"], body.get("tools") or [])
        _drop_forced_choice(body)
        body["betas"] = _betas(body)
        for name in [name for name, value in body.items() if value is None]:
            del body[name]  # what is absent is left out: the API refuses null

    def _set_output(self, body: Dict[str, Any]) -> None:
        """Say effort and form of the answer as the API does, in output_config; what a call says wins."""
        effort = body.pop("reasoning_effort", None)
        effort = body.pop("effort", None) or effort
        config = {**(self.output_config or {}), **(body.get("output_config") or {})}
        if effort:
            config["effort"] = effort
            if "thinking" not in body and adapts_thinking(body["model"]):
                body["thinking"] = {"type": "adaptive", "display": "summarized"}
        wanted = body.pop("response_format", None)
        if wanted is not None:
            from .anthropic_tools import output_format

            config["format"] = output_format(wanted)
        body["output_config"] = config or None

    # -- tools and forms -------------------------------------------------------------------

    def bind_tools(
        self,
        tools: Sequence[Any],
        *,
        tool_choice: Union[str, bool, Dict[str, Any], None] = None,
        parallel_tool_calls: Optional[bool] = None,
        strict: Optional[bool] = None,
        **kwargs: Any,
    ) -> Runnable[Any, AIMessage]:
        """Give this model with tools to offer on every call.

        `tools`: functions with annotations and docstring, dataclasses, TypedDicts, JSON schemas, dictionaries in
        Anthropic's or OpenAI's form, or Anthropic's own tools. `tool_choice`: "auto", "none", "any" (or
        "required", True), a tool's name, or the provider's dictionary; one that forces a call is dropped, with a
        warning, where the model thinks or cannot be forced. `strict`: the model keeps to the schema exactly.

        Raises: `ConfigurationError` for a tool_choice that is none of these.
        """
        from .anthropic_tools import anthropic_tool, read_tool_choice, without_refused

        offered = [anthropic_tool(tool, strict=strict) for tool in tools]
        choice = read_tool_choice(tool_choice, offered) if tool_choice else None
        if choice is not None:
            kwargs["tool_choice"] = choice
            _drop_forced_choice(kwargs, model=self.model, thinking=self.thinking)
        offered = without_refused(offered, kwargs.get("tool_choice"))
        if parallel_tool_calls is not None:
            choice = kwargs.setdefault("tool_choice", {"type": "auto"})
            if choice["type"] != "none":
                choice["disable_parallel_tool_use"] = not parallel_tool_calls
        return self.bind(tools=offered, **kwargs)

    def with_structured_output(
        self,
        schema: Any = None,
        *,
        method: str = "function_calling",
        include_raw: bool = False,
        **kwargs: Any,
    ) -> Runnable[Any, Any]:
        """Give this model as one that answers in a form, by a tool call, or kept to by the provider.

        `method`: "function_calling" or "json_schema". `strict`, with the former: the model keeps to the schema
        exactly. A model that thinks cannot be made to call the tool; where it does not, the answer is an
        `OutputParserException`, and "json_schema" the better way.

        Raises: `ConfigurationError` for another method; `OutputParserException` from calls.
        """
        from .anthropic_structured import anthropic_structured_output

        return anthropic_structured_output(self, schema, method=method, include_raw=include_raw, **kwargs)

    # -- what handlers and caches are told of it -------------------------------------------

    def _combine_llm_outputs(self, llm_outputs: List[Optional[Dict[str, Any]]]) -> Dict[str, Any]:
        return {}

    def _cache_settings(self) -> Dict[str, Any]:
        return {**super()._cache_settings(), "anthropic_version": self.anthropic_version}


def _drop_forced_choice(body: Dict[str, Any], *, model: str = "", thinking: Any = None) -> None:
    """Take out a tool_choice that the API would refuse, saying so."""
    from_body = body.get("tool_choice")
    if not (isinstance(from_body, dict) and from_body.get("type") in ("any", "tool")):
        return
    thinking = body.get("thinking", thinking)
    thinks = isinstance(thinking, dict) and thinking.get("type") in THINKS
    model = body.get("model", model)
    if not thinks and takes_forced_choice(model):
        return
    import warnings

    why = "thinking is on" if thinks else f"{model} does not take it"
    warnings.warn(
        f"tool_choice={from_body!r} is not sent: {why}, and Anthropic refuses a forced call then; "
        "the model may answer without calling a tool",
        stacklevel=3,
    )
    disabled = from_body.get("disable_parallel_tool_use")
    if disabled is None:
        del body["tool_choice"]
    else:
        body["tool_choice"] = {"type": "auto", "disable_parallel_tool_use": disabled}


def _betas(body: Dict[str, Any]) -> Optional[List[str]]:
    """Give the betas of a request: those that were asked for, and those that its parts need."""
    asked = body.get("betas") or []
    betas = [asked] if isinstance(asked, str) else list(asked)
    for tool in body.get("tools") or []:
        if isinstance(tool, dict):
            betas.append(BETA_OF_TOOL.get(tool.get("type") or ""))
            betas.append("advanced-tool-use-2025-11-20" if tool.get("input_examples") else None)
    needs = {
        "mcp-client-2025-11-20": body.get("mcp_servers"),
        "task-budgets-2026-03-13": (body.get("output_config") or {}).get("task_budget"),
        "thinking-display-updates-2026-08-18": (body.get("thinking") or {}).get("display") == "updates",
        "user-profiles-2026-03-24": body.get("user_profile_id"),
    }
    betas += [beta for beta, needed in needs.items() if needed]
    return list(dict.fromkeys(beta for beta in betas if beta)) or None


def _has_blocks(call: ChatCall) -> bool:
    """Tell whether the answer may have more than text: then a stream gives blocks."""
    body = call.body
    edits = (body.get("context_management") or {}).get("edits") or ()
    return bool(
        body.get("tools")
        or body.get("mcp_servers")
        or (body.get("thinking") or {}).get("type") in THINKS
        or any("compact" in (edit.get("type") or "") for edit in edits)
        or any(_cites(message.content) for message in call.messages)
    )


def _cites(content: Any) -> bool:
    """Tell whether a document or search result in `content` is to be cited."""
    if not isinstance(content, list):
        return False
    for block in content:
        if isinstance(block, dict):
            for place in (block, block.get("extras"), block.get("metadata")):
                asked = place.get("citations") if isinstance(place, dict) else None
                if isinstance(asked, dict) and asked.get("enabled"):
                    return True
            if _cites(block.get("content")):
                return True
    return False


def _reuse_container(call: ChatCall) -> None:
    """Name the container of the last answer that had one, unless the call names one."""
    wanted = call.body.get("container")
    if isinstance(wanted, str) or isinstance(wanted, dict) and wanted.get("id"):
        return
    for message in reversed(call.messages):
        known = message.response_metadata.get("container") if message.type == "ai" else None
        if isinstance(known, dict) and known.get("id"):
            call.body["container"] = {**wanted, "id": known["id"]} if wanted else known["id"]
            return
