"""ChatOpenAI: OpenAI's endpoint, and every server that speaks Chat Completions as OpenAI does.

Names, aliases and environment variables are those of langchain-openai 1.7 and of the official SDK
(openai 3.54), read 2026-11-23. A setting is sent only when it was given.
"""

from __future__ import annotations

import os
import re

from ..errors import ConfigurationError
from ..language_models.base import OF_THE_PROCESS
from ..language_models.describing import plain
from ..language_models.provider_model import DEFAULT_RETRIES, ProviderModel, read_timeouts
from ..protocols.base import ChatCall
from ..protocols.chat_completions import ChatCompletions, with_query
from ..settings import SecretStr
from ..wire.http import split_url
from ..wire.transport import Transport
from .openai_settings import (
    ELSEWHERE,
    REQUEST_FIELDS,
    masked,
    read_headers,
    read_key,
    read_response_format,
    read_tool_choice,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Dict, List, Optional, Tuple, Union

    from ..messages import AIMessage, BaseMessage
    from ..runnables import Runnable
    from ..wire.limits import Limits

__all__ = ["ChatOpenAI"]

DEFAULT_BASE_URL = "https://api.openai.com/v1"

# Settings that handlers are not told in `serialized`, because they are not the model's; and its key.
UNTOLD = (*OF_THE_PROCESS, "metadata", "openai_api_key", "tags", "verbose")
SECRET = {"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"]}

class ChatOpenAI(ProviderModel):
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
    max_retries: Optional[int] = None
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
    default_headers: Optional[Mapping[str, str]] = None
    default_query: Optional[Mapping[str, object]] = None
    extra_body: Optional[Mapping[str, Any]] = None
    model_kwargs: Dict[str, Any] = {}
    openai_proxy: Optional[str] = None
    ca_file: Optional[str] = None
    client_cert: Union[str, Tuple[str, ...], None] = None
    ssl_context: Optional[ssl.SSLContext] = None
    limits: Optional[Limits] = None

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

    @property
    def _llm_type(self) -> str:
        return "openai-chat"

    @property
    def model(self) -> str:
        """The same as `model_name`."""
        return self.model_name

    # -- construction ----------------------------------------------------------------------

    def _accept_unknown(self, unknown: Dict[str, Any], given: Dict[str, Any]) -> Dict[str, Any]:
        """Put request fields that have no setting of their own into model_kwargs, with a warning."""
        import warnings

        known = dict(given.get("model_kwargs") or {})
        for name, value in unknown.items():
            if name in ELSEWHERE:
                raise ConfigurationError(f"ChatOpenAI has no setting {name!r}: {ELSEWHERE[name]}")
            if name in known:
                raise ConfigurationError(f"ChatOpenAI: {name} is given twice, once in model_kwargs")
            warnings.warn(
                f"ChatOpenAI has no setting {name!r}; it is sent as a request field, as by "
                f"model_kwargs={{{name!r}: ...}}",
                stacklevel=5,
            )
            known[name] = value
        return {"model_kwargs": known}

    def model_post_init(self, context: Any) -> None:
        given = self.__dict__
        key_from_environment = given["openai_api_key"] is None
        given["openai_api_key"] = self._secret = read_key(given["openai_api_key"])
        self._key_is_environments = key_from_environment
        base_url = (
            given["openai_api_base"] or os.environ.get("OPENAI_API_BASE") or os.environ.get("OPENAI_BASE_URL")
        )
        if given["stream_usage"] is None:
            given["stream_usage"] = not base_url
        split_url(base_url or DEFAULT_BASE_URL)  # raises here, where the setting is, not at the first call
        given["openai_api_base"] = base_url = (base_url or DEFAULT_BASE_URL).rstrip("/")
        given["openai_organization"] = (
            given["openai_organization"]
            or os.environ.get("OPENAI_ORG_ID")
            or os.environ.get("OPENAI_ORGANIZATION")
        )
        if given["openai_proxy"] is None:
            given["openai_proxy"] = os.environ.get("OPENAI_PROXY") or None
        self._check_numbers()
        self._retries = DEFAULT_RETRIES if self.max_retries is None else self.max_retries
        self._timeouts = read_timeouts(self.request_timeout)
        self._transport = Transport(
            proxy=self.openai_proxy,
            ca_file=self.ca_file,
            client_cert=self.client_cert,  # type: ignore[arg-type]
            ssl_context=self.ssl_context,
            limits=self.limits,
        )
        self._codec = ChatCompletions(
            provider="openai",
            url=with_query(base_url + "/chat/completions", self.default_query),
            headers=read_headers(given, self._key_header),
            # o-series models take the developer role. Source: langchain-openai 1.7, by running it.
            system_role="developer" if re.match(r"o\d", self.model_name) else "system",
        )
        defaults = {name: given[name] for name in REQUEST_FIELDS if given[name] not in (None, [])}
        self._defaults = {"model": self.model_name, **defaults, **self.model_kwargs}
        self._frozen = True

    def _check_numbers(self) -> None:
        if not isinstance(self.model_name, str) or not self.model_name:
            raise ConfigurationError(f"model= takes the name of a model, not {self.model_name!r}")
        if self.n is not None and (not isinstance(self.n, int) or self.n < 1):
            raise ConfigurationError("n must be at least 1.")
        if self.n is not None and self.n > 1 and self.streaming:
            raise ConfigurationError("n must be 1 when streaming.")
        retries = self.max_retries
        if retries is not None and (not isinstance(retries, int) or retries < 0):
            raise ConfigurationError(f"max_retries= takes a whole number from 0, not {retries!r}")

    # -- a call ----------------------------------------------------------------------------

    def _encode(
        self, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any], stream: bool
    ) -> ChatCall:
        body = {**self._defaults, **kwargs}
        if stop is not None:
            body["stop"] = stop
        headers = body.pop("extra_headers", None)
        query = body.pop("extra_query", None)
        extra_body = body.pop("extra_body", None)
        stream_usage = body.pop("stream_usage", self.stream_usage)
        if "max_tokens" in body:  # deprecated on the wire, refused by reasoning models
            body["max_completion_tokens"] = body.pop("max_tokens")
        if "response_format" in body:
            body["response_format"] = read_response_format(body["response_format"])
        body.update(self.extra_body or {})
        body.update(extra_body or {})
        if stream:
            if body.get("n", 1) != 1:
                raise ConfigurationError("n must be 1 when streaming.")
            if stream_usage and "stream_options" not in body:
                body["stream_options"] = {"include_usage": True}
        return ChatCall(messages, body, stream=stream, headers=headers, query=query)

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
        a tool's name, or OpenAI's dictionary. `strict`: the model keeps to the schema exactly.

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
            kwargs["tool_choice"] = read_tool_choice(tool_choice, offered)
        return self.bind(tools=offered, **kwargs)

    def with_structured_output(
        self,
        schema: Any = None,
        *,
        method: str = "json_schema",
        include_raw: bool = False,
        strict: Optional[bool] = None,
        tools: Optional[Sequence[Any]] = None,
        **kwargs: Any,
    ) -> Runnable[Any, Any]:
        """Give this model as one that answers in a form, kept to by OpenAI, by a tool call, or as JSON.

        `method`: "json_schema", "function_calling" or "json_mode" (without a schema on the wire). `strict`:
        the provider keeps to the schema exactly. `tools`: what may be called instead, with strict=True.

        Raises: `ConfigurationError` for a combination that does not exist; `OutputParserException` from calls.
        """
        from ..language_models.structured_output import openai_structured_output

        return openai_structured_output(
            self, schema, method=method, include_raw=include_raw, strict=strict, tools=tools, **kwargs
        )

    # -- what handlers and caches are told of it -------------------------------------------

    @property
    def _identifying_params(self) -> Dict[str, Any]:
        defaults = dict(self._defaults)
        if "max_tokens" in defaults:
            defaults["max_completion_tokens"] = defaults.pop("max_tokens")
        return {"model_name": self.model_name, **defaults, "stream": self.streaming}

    def _get_invocation_params(self, stop: Optional[List[str]] = None, **kwargs: Any) -> Dict[str, Any]:
        return super()._get_invocation_params(self._defaults.get("stop") if stop is None else stop, **kwargs)

    def _get_ls_params(self, stop: Optional[List[str]] = None, **kwargs: Any) -> Dict[str, Any]:
        asked = {**self._defaults, **kwargs}
        params = {
            "ls_provider": "openai",
            "ls_model_name": asked["model"],
            "ls_model_type": "chat",
            "ls_temperature": asked.get("temperature"),
        }
        limit = asked.get("max_tokens") or asked.get("max_completion_tokens")
        if limit:
            params["ls_max_tokens"] = limit
        if stop or asked.get("stop"):
            params["ls_stop"] = stop or asked["stop"]
        return params

    def _serialized(self) -> Dict[str, Any]:
        """Give what handlers get as `serialized`: LangChain's "constructor" form, the key a placeholder."""
        known = masked(self.__dict__)
        kwargs = {"model_name": self.model_name, "openai_api_key": SECRET}
        for name in self._given:
            if name not in UNTOLD and known[name] != getattr(type(self), name, None):
                kwargs[name] = plain(known[name])
        identity = ["langchain", "chat_models", "openai", type(self).__name__]
        return {"lc": 1, "type": "constructor", "id": identity, "kwargs": kwargs, "name": self.get_name()}

    def _cache_settings(self) -> Dict[str, Any]:
        names = ("openai_api_base", "openai_organization", "default_headers", "default_query", "extra_body")
        return {name: self.__dict__[name] for name in names}

    # -- pickling --------------------------------------------------------------------------

    def __repr__(self) -> str:
        return self._repr_of(masked(self.__dict__))

    def __reduce__(self) -> Any:
        if not self._key_is_environments:
            raise TypeError(
                "a model with api_key= is not pickled: the key would be readable in the pickle. "
                "Set OPENAI_API_KEY here and where it is unpickled, and leave api_key= out"
            )
        left = ("openai_api_key", *OF_THE_PROCESS)
        settings = {name: self.__dict__[name] for name in self._given if name not in left}
        if isinstance(self.cache, bool):
            settings["cache"] = self.cache
        secret = "@" in (self.openai_proxy or "") or self.ssl_context or self.client_cert or self.default_headers
        if secret:
            raise TypeError(
                "a model with default_headers=, client_cert=, ssl_context= or a proxy password is not "
                "pickled: it would carry secrets. Make the model where it is used"
            )
        return _rebuild, (type(self), settings)


def _rebuild(kind: type, settings: Dict[str, Any]) -> Any:
    return kind(**settings)
