"""ChatOpenAI: OpenAI's two endpoints, and every server that speaks Chat Completions or Responses as OpenAI does.

Names, aliases and environment variables are those of langchain-openai 1.7 and of the official SDK
(openai 3.54), read 2026-11-23. A setting is sent only when it was given.
"""

from __future__ import annotations

import os
import re

from ..errors import ConfigurationError
from ..protocols.base import ChatCall
from ..protocols.chat_completions import ChatCompletions
from ..wire.http import with_query
from .chat_completions import ChatCompletionsModel, read_response_format
from .openai_responses import (
    asks_for_responses,
    last_response,
    model_needs_responses,
    read_own_choice,
    takes_no_temperature,
    to_responses,
    with_extras,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Dict, List, Optional, Tuple, Union

    from ..messages import AIMessage, BaseMessage
    from ..protocols.base import Codec
    from ..runnables import Runnable
    from ..settings import SecretStr

__all__ = ["ChatOpenAI"]


class ChatOpenAI(ChatCompletionsModel):
    """OpenAI's chat models.

    >>> model = ChatOpenAI(model="gpt-4o-mini", api_key="sk-...", temperature=0)
    >>> model
    ChatOpenAI(model_name='gpt-4o-mini', openai_api_key=SecretStr('**********'), temperature=0)

    The key comes from `api_key` (text, or a function called for each request) or `OPENAI_API_KEY`.
    `base_url`: argument, `OPENAI_API_BASE`, `OPENAI_BASE_URL`, OpenAI's. Also read: `OPENAI_ORG_ID`,
    `OPENAI_PROJECT_ID`, `OPENAI_CUSTOM_HEADERS` ("Name: value" lines), `OPENAI_PROXY`.

    A call goes to Chat Completions, or to the Responses API: with `use_responses_api=True`, and unless it is
    False where only that has what is asked for: the models gpt-5-pro and codex, tools that OpenAI runs
    (`{"type": "web_search"}`), `reasoning`, `include`, `truncation`, `context_management`, `text`,
    `previous_response_id`, `use_previous_response_id`, `output_version="responses/v1"`. Its messages have
    their content as a list of blocks, in LangChain's form "responses/v1" or, by `output_version="v0"`, the
    older one. `use_previous_response_id`: of a conversation only what follows OpenAI's last stored response
    is sent. `store=False`: OpenAI keeps nothing; with `include=["reasoning.encrypted_content"]` thoughts
    go back all the same.

    Servers that speak Chat Completions as OpenAI does need `base_url` only (Groq, DeepSeek, OpenRouter, vLLM,
    Ollama, LM Studio). `stream_end`: what ends a stream. "done", the default: the event `[DONE]`, and a stream
    without it is an `IncompleteStream`. "finish_reason": for servers that never send that event; a stream that
    was not broken off is whole too when a finish reason has come. `thoughts_sent_as`: the field in which the
    model's thoughts go back with a conversation, for servers that want them ("reasoning_content" for DeepSeek,
    which refuses a tool's result without them; "reasoning" for OpenRouter); OpenAI's endpoint takes none.

    `timeout`: seconds, or (connect, read); default (5, 600). `max_retries`: default 2. `stream_usage`:
    ask for usage in streams; default on at OpenAI's own address and off elsewhere, because some servers
    refuse it. `extra_body` is added to each request, `model_kwargs` too, and both win over nothing but
    the defaults. `proxy`, `ca_file`, `client_cert`, `ssl_context`, `limits`: see `Transport`, `Limits`.

    Keyword arguments of a call are request fields of that call, besides `stop`, `timeout`,
    `stream_usage`, `extra_body`, `extra_headers` and `extra_query`.

    Raises: `ConfigurationError` at construction for a missing key or a setting that cannot be.
    """

    model_name: str = "gpt-3.5-turbo"
    openai_api_key: Union[str, SecretStr, Callable[[], str], None] = None
    openai_api_base: Optional[str] = None
    openai_organization: Optional[str] = None
    temperature: Optional[float] = None
    max_tokens: Optional[int] = None
    request_timeout: Union[float, Tuple[Optional[float], Optional[float]], None] = None
    n: Optional[int] = None
    stop: Union[str, List[str], None] = None
    seed: Optional[int] = None
    top_p: Optional[float] = None
    logprobs: Optional[bool] = None
    top_logprobs: Optional[int] = None
    logit_bias: Optional[Dict[Union[int, str], int]] = None
    presence_penalty: Optional[float] = None
    frequency_penalty: Optional[float] = None
    reasoning_effort: Optional[str] = None
    reasoning: Optional[Dict[str, Any]] = None
    verbosity: Optional[str] = None
    service_tier: Optional[str] = None
    store: Optional[bool] = None
    include: Optional[List[str]] = None
    truncation: Optional[str] = None
    context_management: Optional[List[Dict[str, Any]]] = None
    prompt_cache_options: Optional[Dict[str, Any]] = None
    use_responses_api: Optional[bool] = None
    use_previous_response_id: bool = False
    output_version: Optional[str] = None
    stream_usage: Optional[bool] = None
    stream_end: str = "done"
    thoughts_sent_as: Optional[str] = None
    openai_proxy: Optional[str] = None

    _aliases = {
        "model": "model_name",
        "api_key": "openai_api_key",
        "base_url": "openai_api_base",
        "organization": "openai_organization",
        "max_completion_tokens": "max_tokens",
        "timeout": "request_timeout",
        "stop_sequences": "stop",
        "proxy": "openai_proxy",
    }

    _provider = "openai"
    _identity = ("langchain", "chat_models", "openai")
    _key_name = "openai_api_key"
    _key_variables = ("OPENAI_API_KEY",)
    _url_name = "openai_api_base"
    _url_variables = ("OPENAI_API_BASE", "OPENAI_BASE_URL")
    _url_default = "https://api.openai.com/v1"
    _proxy_name = "openai_proxy"
    _proxy_variables = ("OPENAI_PROXY",)
    _headers_variable = "OPENAI_CUSTOM_HEADERS"
    _limit_field = "max_completion_tokens"
    _request_fields = (
        "temperature top_p n seed stop logprobs top_logprobs logit_bias presence_penalty frequency_penalty "
        "reasoning_effort reasoning verbosity service_tier store include truncation context_management "
        "prompt_cache_options max_tokens"
    ).split()
    _elsewhere = {
        "http_client": "use proxy=, ca_file=, client_cert= or ssl_context=",
        "http_async_client": "use proxy=, ca_file=, client_cert= or ssl_context=",
        "http_socket_options": "the system's defaults are used",
        "stream_chunk_timeout": "timeout= bounds the wait between chunks too",
        "include_response_headers": "the request id is in an error's request_id",
        "tiktoken_model_name": "tokens are not counted locally",
        "disabled_params": "settings are sent only when given",
    }

    @property
    def _llm_type(self) -> str:
        return "openai-chat"

    @property
    def model(self) -> str:
        """The same as `model_name`."""
        return self.model_name

    def _check(self) -> None:
        super()._check()
        given = self.__dict__
        if given["stream_usage"] is None:
            given["stream_usage"] = given["openai_api_base"] == self._url_default
        given["openai_organization"] = (
            given["openai_organization"]
            or os.environ.get("OPENAI_ORG_ID")
            or os.environ.get("OPENAI_ORGANIZATION")
        )
        if self.stream_end not in ("done", "finish_reason"):
            raise ConfigurationError(f"stream_end= takes 'done' or 'finish_reason', not {self.stream_end!r}")
        if self.output_version not in (None, "v0", "responses/v1"):
            raise ConfigurationError(
                f"output_version= takes 'v0' or 'responses/v1', not {self.output_version!r}: "
                "messages have no standard content blocks here"
            )
        if self.use_responses_api is None and self._needs_responses({"model": self.model_name}):
            given["use_responses_api"] = True  # as LangChain shows it
        effort = (self.reasoning or {}).get("effort") or self.reasoning_effort
        if self.temperature not in (None, 1) and takes_no_temperature(self.model_name.lower(), effort):
            import warnings

            warnings.warn(
                f"{self.model_name} takes no temperature but 1 while it reasons; temperature={self.temperature} "
                "is not sent",
                stacklevel=6,
            )
            given["temperature"] = None

    def _own_headers(self) -> Dict[str, str]:
        project = os.environ.get("OPENAI_PROJECT_ID")
        told = {"OpenAI-Organization": self.openai_organization, "OpenAI-Project": project}
        return {name: value for name, value in told.items() if value}

    def _make_codec(self, base_url: str, headers: Dict[str, str]) -> Codec:
        self._responses: Optional[Codec] = None  # made when it is needed: most calls are Chat Completions
        return ChatCompletions(
            provider=self._provider,
            url=with_query(base_url + "/chat/completions", self.default_query),
            headers=headers,
            # o-series models take the developer role. Source: langchain-openai 1.7, by running it.
            system_role="developer" if re.match(r"o\d", self.model_name) else "system",
            stream_end=self.stream_end,
            thoughts_sent_as=self.thoughts_sent_as,
        )

    # -- which of the two APIs ---------------------------------------------------------------

    def _needs_responses(self, body: Dict[str, Any]) -> bool:
        """Tell whether a call with these fields goes to Responses."""
        if self.use_responses_api is not None:
            return bool(self.use_responses_api)
        settings = (self.context_management, self.include, self.reasoning, self.truncation)
        return (
            self.output_version == "responses/v1"
            or self.use_previous_response_id
            or any(setting is not None for setting in settings)
            or model_needs_responses(body["model"])
            or asks_for_responses(body["model"], body)
        )

    def _encode(
        self, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any], stream: bool
    ) -> ChatCall:
        if not self._needs_responses({**self._defaults, **kwargs}):
            return super()._encode(messages, stop, kwargs, stream)
        after = 0
        if self.use_previous_response_id and "previous_response_id" not in kwargs:
            after, response_id = last_response(messages)
            if after:
                kwargs = {**kwargs, "previous_response_id": response_id}
        call = super()._encode(messages, stop, kwargs, stream)
        told = _ResponsesCall(call.messages, call.body, stream=stream, headers=call.headers, query=call.query)
        told.after = after
        return told

    def _codec_for(self, call: ChatCall) -> Codec:
        if not isinstance(call, _ResponsesCall):
            return self._codec
        if self._responses is None:
            from ..protocols.responses import Responses

            self._responses = Responses(
                provider=self._provider,
                url=with_query(f"{self.openai_api_base}/responses", self.default_query),
                headers=self._codec.headers,  # type: ignore[attr-defined]  # of ChatCompletions
                v0=self.output_version == "v0",
            )
        return self._responses

    def _request_body(self, body: Dict[str, Any], stream: bool) -> None:
        if self._needs_responses(body):
            to_responses(body, stream)
            return
        super()._request_body(body, stream)

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
        """Give this model with tools to offer on every call; those that OpenAI runs are dictionaries with a type.

        `tool_choice` may name one of the latter too. All else is said at `ChatCompletionsModel.bind_tools`.
        """
        if isinstance(tool_choice, str):
            tool_choice = read_own_choice(tool_choice, tools)
        tools = [with_extras(tool, strict) for tool in tools]
        beside = {}
        if response_format is not None and self.use_responses_api:  # which asks for no strict tools beside it
            beside["response_format"] = read_response_format(response_format, strict)
            response_format = None
        bound = super().bind_tools(
            tools,
            tool_choice=tool_choice,
            strict=strict,
            parallel_tool_calls=parallel_tool_calls,
            response_format=response_format,
            **kwargs,
        )
        return bound.bind(**beside) if beside else bound

    @property
    def _identifying_params(self) -> Dict[str, Any]:
        known = super()._identifying_params
        if "max_tokens" in known:
            known["max_completion_tokens"] = known.pop("max_tokens")
        if self.extra_body:
            known["extra_body"] = dict(self.extra_body)
        return known

    def _cache_settings(self) -> Dict[str, Any]:
        # Two APIs may answer otherwise, and their messages are not of one form.
        names = ("openai_organization", "use_responses_api", "use_previous_response_id", "output_version")
        return {**super()._cache_settings(), **{name: self.__dict__[name] for name in names}}


class _ResponsesCall(ChatCall):
    """A call whose body is in the words of Responses. `after`: so many of its messages OpenAI has already."""

    __slots__ = ("after",)

    after: int
