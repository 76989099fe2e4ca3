"""ChatOpenAI: OpenAI's endpoint, and every server that speaks Chat Completions as OpenAI does.

Names, aliases and environment variables are those of langchain-openai 1.7 and of the official SDK
(openai 3.54), read 2026-11-23. A setting is sent only when it was given.
"""

from __future__ import annotations

import os
import re

from ..protocols.chat_completions import ChatCompletions, with_query
from .chat_completions import ChatCompletionsModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Dict, List, Optional, Tuple, Union

    from ..protocols.base import Codec
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
    verbosity: Optional[str] = None
    service_tier: Optional[str] = None
    store: Optional[bool] = None
    stream_usage: Optional[bool] = None
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
        "reasoning_effort verbosity service_tier store max_tokens"
    ).split()
    _elsewhere = {
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

    def _own_headers(self) -> Dict[str, str]:
        project = os.environ.get("OPENAI_PROJECT_ID")
        told = {"OpenAI-Organization": self.openai_organization, "OpenAI-Project": project}
        return {name: value for name, value in told.items() if value}

    def _make_codec(self, base_url: str, headers: Dict[str, str]) -> Codec:
        return ChatCompletions(
            provider=self._provider,
            url=with_query(base_url + "/chat/completions", self.default_query),
            headers=headers,
            # o-series models take the developer role. Source: langchain-openai 1.7, by running it.
            system_role="developer" if re.match(r"o\d", self.model_name) else "system",
        )

    def _request_body(self, body: Dict[str, Any], stream: bool) -> None:
        super()._request_body(body, stream)
        if body.pop("stream_usage", self.stream_usage) and stream and "stream_options" not in body:
            body["stream_options"] = {"include_usage": True}

    @property
    def _identifying_params(self) -> Dict[str, Any]:
        known = super()._identifying_params
        if "max_tokens" in known:
            known["max_completion_tokens"] = known.pop("max_tokens")
        return known

    def _cache_settings(self) -> Dict[str, Any]:
        return {**super()._cache_settings(), "openai_organization": self.openai_organization}
