"""ChatGoogleGenerativeAI: Google's Gemini models over the Gemini Developer API.

Names, aliases and environment variables are those of langchain-google-genai 4.4.2 and of google-genai 3.4, read
2026-11-23. A setting is sent only when it was given, and keeps LangChain's name until the codec writes the request.
"""

from __future__ import annotations

import os
import re

from ..errors import ConfigurationError
from ..protocols.gemini import Gemini
from ..wire.retry import Backoff
from .base import Provider, with_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Dict, List, Optional, Tuple, Union

    from ..messages import AIMessage, BaseMessage
    from ..protocols.base import ChatCall, Codec
    from ..runnables import Runnable
    from ..settings import SecretStr

__all__ = ["ChatGoogleGenerativeAI"]

DEFAULT_VERSION = "v1beta"  # where all models and fields are; google-genai 3 has "v1" as its default
# Setting -> the values Gemini takes, from and to. Source: "Gemini API reference", GenerationConfig.
RANGES = {"temperature": (0.0, 2.0), "top_p": (0.0, 1.0), "presence_penalty": (-2.0, 2.0), "frequency_penalty": (-2.0, 2.0)}
NO_VERTEX = "it belongs to Vertex AI; the Gemini Developer API has a key and nothing else"


class ChatGoogleGenerativeAI(Provider):
    """Google's Gemini models.

    >>> model = ChatGoogleGenerativeAI(model="gemini-2.5-flash", api_key="AI...", temperature=0)
    >>> model
    ChatGoogleGenerativeAI(model='gemini-2.5-flash', google_api_key=SecretStr('**********'), temperature=0)

    The key comes from `api_key` (text, or a function called for each request), `GOOGLE_API_KEY` or
    `GEMINI_API_KEY`. `base_url` (or `client_options={"api_endpoint": ...}`): argument, `GOOGLE_GEMINI_BASE_URL`,
    Google's. `api_version`: argument, the version at the end of the base URL, `GOOGLE_GENAI_API_VERSION`, "v1beta".

    `thinking_budget`: tokens, 0 for none, -1 for as many as it takes (Gemini 2.5); `thinking_level` (or
    `reasoning_effort`): "minimal", "low", "medium", "high" (Gemini 3); `include_thoughts`: show summaries of them.
    `safety_settings`: {category: threshold}, or the wire's list. `response_schema`: a JSON schema, or Google's
    dialect. `timeout`: seconds, or (connect, read); default (5, 600). `max_retries`: further attempts after the
    first, default 5. `additional_headers`: sent with every request.

    Keyword arguments of a call are settings for that call, besides `stop`, `timeout`, `tools`, `tool_choice`,
    `tool_config`, `generation_config`, `extra_body`, `extra_headers` and `extra_query`.

    Raises: `ConfigurationError` at construction for a missing key or a setting that cannot be.
    """

    model: str
    google_api_key: Union[str, SecretStr, Callable[[], str], None] = None
    base_url: Union[str, Dict[str, str], None] = None
    api_version: Optional[str] = None
    temperature: Optional[float] = None
    top_p: Optional[float] = None
    top_k: Optional[int] = None
    max_output_tokens: Optional[int] = None
    n: Optional[int] = None
    stop: Union[str, List[str], None] = None
    seed: Optional[int] = None
    presence_penalty: Optional[float] = None
    frequency_penalty: Optional[float] = None
    timeout: Union[float, Tuple[Optional[float], Optional[float]], None] = None
    response_mime_type: Optional[str] = None
    response_schema: Any = None
    response_json_schema: Any = None
    response_modalities: Optional[Sequence[Any]] = None
    response_logprobs: Optional[bool] = None
    logprobs: Optional[int] = None
    media_resolution: Optional[Any] = None
    speech_config: Optional[Any] = None
    image_config: Optional[Any] = None
    thinking_budget: Optional[int] = None
    reasoning_effort: Optional[str] = None
    include_thoughts: Optional[bool] = None
    thinking_config: Optional[Any] = None
    safety_settings: Union[Mapping[str, str], Sequence[Mapping[str, str]], None] = None
    cached_content: Optional[str] = None
    service_tier: Optional[str] = None
    labels: Optional[Dict[str, str]] = None
    google_proxy: Optional[str] = None

    _aliases = {
        "api_key": "google_api_key",
        "client_options": "base_url",
        "max_tokens": "max_output_tokens",
        "candidate_count": "n",
        "stop_sequences": "stop",
        "request_timeout": "timeout",
        "retries": "max_retries",
        "thinking_level": "reasoning_effort",
        "additional_headers": "default_headers",
        "proxy": "google_proxy",
    }

    _provider = "google"
    _ls_provider = "google_genai"
    _identity = ("langchain_google_genai", "chat_models")
    _model_name = "model"
    _key_name = "google_api_key"
    _key_variables = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
    _key_place = ("x-goog-api-key", "")  # the query's ?key= would stand in every log
    _url_name = "base_url"
    _url_variables = ("GOOGLE_GEMINI_BASE_URL",)
    _url_default = "https://generativelanguage.googleapis.com"
    _timeout_name = "timeout"
    _proxy_name = "google_proxy"
    _retries = 5  # six attempts in all, as LangChain
    _backoff = Backoff(1.0, 2.0, 60.0)  # google-genai 3.4 `_api_client.py`, `_RETRY_*`
    _request_fields = (
        "temperature top_p top_k max_output_tokens n stop seed presence_penalty frequency_penalty response_mime_type "
        "response_schema response_json_schema response_modalities response_logprobs logprobs media_resolution "
        "speech_config image_config thinking_budget reasoning_effort include_thoughts thinking_config "
        "safety_settings cached_content service_tier labels"
    ).split()
    _elsewhere = {
        "transport": "requests go over HTTP, there is no gRPC",
        "credentials": NO_VERTEX,
        "vertexai": NO_VERTEX,
        "project": NO_VERTEX,
        "location": NO_VERTEX,
        "client": "there is no client object; use base_url=, proxy=, ca_file=, limits=",
        "client_args": "use proxy=, ca_file=, client_cert=, ssl_context= or limits=",
        "convert_system_message_to_human": "system messages go where Gemini has a place for them",
        "default_metadata": "use additional_headers=",
        "output_version": "messages have LangChain's v0 form",
    }

    @property
    def _llm_type(self) -> str:
        return "chat-google-generative-ai"

    @property
    def model_name(self) -> str:
        """The same as `model`."""
        return self.model

    @property
    def thinking_level(self) -> Optional[str]:
        """Gemini's name for `reasoning_effort`."""
        return self.reasoning_effort

    # -- construction ----------------------------------------------------------------------

    def model_post_init(self, context: Any) -> None:
        given = self.__dict__
        if isinstance(given["base_url"], dict):
            given["base_url"] = _endpoint(given["base_url"])
        if given[self._key_name] is None and all(os.environ.get(name) for name in self._key_variables):
            import warnings

            first, second = self._key_variables
            warnings.warn(f"both {first} and {second} are set; {first} is used", stacklevel=5)
        super().model_post_init(context)

    def _check(self) -> None:
        for name, (least, most) in RANGES.items():
            value = self.__dict__[name]
            if value is not None and not (isinstance(value, (int, float)) and least <= value <= most):
                raise ConfigurationError(f"{name} must be in the range [{least}, {most}], not {value!r}")
        if self.top_k is not None and not (isinstance(self.top_k, int) and self.top_k > 0):
            raise ConfigurationError(f"top_k must be positive, not {self.top_k!r}")
        if self.n is not None and (not isinstance(self.n, int) or self.n < 1):
            raise ConfigurationError("n must be at least 1.")
        if self.n is not None and self.n > 1 and self.streaming:
            raise ConfigurationError("n must be 1 when streaming.")

    def _make_codec(self, base_url: str, headers: Dict[str, str]) -> Codec:
        version = self.api_version or os.environ.get("GOOGLE_GENAI_API_VERSION") or DEFAULT_VERSION
        if self.api_version:  # said outright, it wins over the one in the address
            base_url = re.sub(r"/v\d+\w*$", "", base_url)
        return Gemini(
            provider=self._provider,
            base_url=with_version(base_url, version),
            headers=headers,
            query=self.default_query,
        )

    # -- a call ----------------------------------------------------------------------------

    def _encode(
        self, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any], stream: bool
    ) -> ChatCall:
        call = super()._encode(messages, stop, kwargs, stream)
        counts = [call.body.get(name) for name in ("n", "candidate_count", "candidateCount")]
        if stream and any(isinstance(count, int) and count > 1 for count in counts):
            raise ConfigurationError("n must be 1 when streaming.")
        return call

    def _request_body(self, body: Dict[str, Any], stream: bool) -> None:
        """Make JSON of what is not: tools and schemas of Python's; the codec does the rest."""
        if body.get("tools"):
            body["tools"] = [_offered(tool) for tool in body["tools"]]
        for name in ("response_schema", "response_json_schema"):
            if body.get(name) is not None and not isinstance(body[name], dict):
                from ..utils.function_calling import convert_to_openai_function

                body[name] = convert_to_openai_function(body[name]).get("parameters", {})
        if body.get("response_format") is not None and not isinstance(body["response_format"], dict):
            from .chat_completions import read_response_format

            body["response_format"] = read_response_format(body["response_format"])

    def bind_tools(
        self,
        tools: Sequence[Any],
        tool_config: Optional[Dict[str, Any]] = None,
        *,
        tool_choice: Union[str, bool, Sequence[str], Dict[str, Any], None] = None,
        strict: Optional[bool] = None,
        **kwargs: Any,
    ) -> Runnable[Any, AIMessage]:
        """Give this model with tools to offer on every call.

        `tools`: functions with annotations and docstring, dataclasses, TypedDicts, JSON schemas, OpenAI's or
        Google's dictionaries, and Google's own tools (`{"google_search": {}}`, `{"code_execution": {}}`, ...).
        `tool_choice`: "auto", "none", "any" (or "required", True), a tool's name, several names, or Google's
        dictionary. `tool_config`: Google's, for what else there is (`retrieval_config`). `strict`: the schemas
        are closed and everything in them required.

        Raises: TypeError or ValueError for what is no tool; a tool_choice is looked at with each call.
        """
        if tool_choice:
            kwargs["tool_choice"] = tool_choice
        if tool_config:
            kwargs["tool_config"] = tool_config
        return self.bind(tools=[_offered(tool, strict=strict) for tool in tools], **kwargs)

    def with_structured_output(
        self,
        schema: Any = None,
        *,
        method: str = "json_schema",
        include_raw: bool = False,
        strict: Optional[bool] = None,
        **kwargs: Any,
    ) -> Runnable[Any, Any]:
        """Give this model as one that answers in a form, kept to by Gemini, or by a tool call.

        `method`: "json_schema"; "function_calling"; "json_mode", which is the first with a schema, and asks for
        any JSON without one. `strict`: the schema is closed and everything in it required; Gemini keeps to it
        in any case.

        Raises: `ConfigurationError` for a combination that does not exist; `OutputParserException` from calls.
        """
        if method == "function_calling":
            from ..language_models.structured_output import structured_output

            return structured_output(self, schema, include_raw=include_raw, method=method, strict=strict, **kwargs)
        from ..language_models.structured_output import openai_structured_output

        if method == "json_mode" and schema is not None:
            method = "json_schema"
        if isinstance(schema, dict) and not {"title", "name", "json_schema", "function"}.intersection(schema):
            schema = {"title": "answer", **schema}  # Gemini asks for no name, the parser does
        return openai_structured_output(
            self, schema, method=method, include_raw=include_raw, strict=strict, **kwargs
        )

    # -- what handlers are told ------------------------------------------------------------

    @property
    def _identifying_params(self) -> Dict[str, Any]:
        return {**self._defaults, "stream": self.streaming}

    def _get_ls_params(self, stop: Optional[List[str]] = None, **kwargs: Any) -> Dict[str, Any]:
        params = super()._get_ls_params(stop, **kwargs)
        params["ls_model_name"] = re.sub(r"^models/", "", params["ls_model_name"])
        limit = {**self._defaults, **kwargs}.get("max_output_tokens")
        return {**params, "ls_max_tokens": limit} if limit and "ls_max_tokens" not in params else params

    def _cache_settings(self) -> Dict[str, Any]:
        return {**super()._cache_settings(), "api_version": self.api_version}


def _endpoint(options: Dict[str, str]) -> str:
    """Give the address in LangChain's `client_options`.

    Raises: `ConfigurationError` for anything beside it.
    """
    if list(options) != ["api_endpoint"]:
        raise ConfigurationError(
            f"client_options= takes {{'api_endpoint': address}} and nothing else, not {sorted(map(str, options))}"
        )
    address = options["api_endpoint"]
    return address if "://" in address else f"https://{address}"


def _offered(tool: Any, *, strict: Optional[bool] = None) -> Any:
    """Give a tool as a dictionary: Google's own as they are, all others in OpenAI's form."""
    from ..protocols.gemini_tools import is_built_in

    if hasattr(tool, "function_declarations") and hasattr(tool, "model_dump"):  # google-genai's types.Tool
        return tool.model_dump(mode="json", exclude_none=True)
    if is_built_in(tool):
        return tool
    from ..utils.function_calling import convert_to_openai_tool

    return convert_to_openai_tool(tool, strict=strict)
