"""ChatMistralAI: Mistral's chat models.

Names, aliases and environment variables are those of langchain-mistralai 1.1.6 and of the official SDK
(mistralai 3.7.0), read 2026-11-23. A setting is sent only when it was given.
"""

from __future__ import annotations

from ..protocols.mistral import MistralChat
from ..wire.http import with_query
from ..wire.retry import Backoff
from .base import with_version
from .chat_completions import ChatCompletionsModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Dict, List, Optional, Tuple, Union

    from ..protocols.base import Codec
    from ..runnables import Runnable
    from ..settings import SecretStr

__all__ = ["ChatMistralAI"]

# Names that a call or model_kwargs may have of other providers -> Mistral's, which refuses unknown fields.
RENAMED = {
    "max_completion_tokens": "max_tokens",
    "seed": "random_seed",
    "stop_sequences": "stop",
    "safe_mode": "safe_prompt",
}


class ChatMistralAI(ChatCompletionsModel):
    """Mistral's chat models.

    >>> model = ChatMistralAI(model="mistral-small-latest", api_key="...", temperature=0)
    >>> model
    ChatMistralAI(model='mistral-small-latest', mistral_api_key=SecretStr('**********'), temperature=0)

    The key comes from `api_key` (text, or a function called for each request) or `MISTRAL_API_KEY`; `base_url`
    (LangChain's `endpoint`), with or without "/v1": argument, `MISTRAL_BASE_URL`, Mistral's.

    A reasoning model's thoughts are blocks of its messages' content, and `message.reasoning`; sent back, they
    go as they came. `reasoning_effort` ("none" to "max") and `prompt_mode="reasoning"` ask for them. An
    `AIMessage` with `additional_kwargs={"prefix": True}` at the end is continued by the model. The ids of
    tool calls that other providers made are brought into Mistral's form, in call and result alike.

    `timeout`: seconds, or (connect, read); default 120. `max_retries`: default 5. `safe_mode`: Mistral's
    own safety prompt stands before the conversation. Keyword arguments of a call are request fields of
    that call, besides `stop`, `timeout`, `extra_body`, `extra_headers` and `extra_query`.

    Raises: `ConfigurationError` at construction for a missing key or a setting that cannot be.
    """

    model: str = "mistral-small"
    mistral_api_key: Union[str, SecretStr, Callable[[], str], None] = None
    endpoint: Optional[str] = None
    max_retries: Optional[int] = 5
    timeout: Union[float, Tuple[Optional[float], Optional[float]], None] = 120
    temperature: Optional[float] = None
    max_tokens: Optional[int] = None
    stop: Union[str, List[str], None] = None
    top_p: Optional[float] = None
    random_seed: Optional[int] = None
    safe_prompt: Optional[bool] = None
    n: Optional[int] = None
    presence_penalty: Optional[float] = None
    frequency_penalty: Optional[float] = None
    reasoning_effort: Optional[str] = None
    prompt_mode: Optional[str] = None
    parallel_tool_calls: Optional[bool] = None
    prompt_cache_key: Optional[str] = None
    mistral_proxy: Optional[str] = None

    _aliases = {
        "model_name": "model",
        "api_key": "mistral_api_key",
        "base_url": "endpoint",
        "request_timeout": "timeout",
        "max_completion_tokens": "max_tokens",
        "seed": "random_seed",
        "safe_mode": "safe_prompt",
        "stop_sequences": "stop",
        "proxy": "mistral_proxy",
    }

    _provider = "mistral"
    _identity = ("langchain", "chat_models", "mistralai")
    _model_name = "model"
    _key_name = "mistral_api_key"
    _key_variables = ("MISTRAL_API_KEY",)
    _url_name = "endpoint"
    _url_variables = ("MISTRAL_BASE_URL",)
    _url_default = "https://api.mistral.ai/v1"
    _timeout_name = "timeout"
    _proxy_name = "mistral_proxy"
    _any_tool = "any"
    _structured_method = "function_calling"
    _structured_parallel = None
    _retries = 5
    # Half a second, half as much again each time. Source: mistralai 3.7.0 `utils/retries.py`.
    _backoff = Backoff(0.5, 1.5, 60.0)
    _request_fields = (
        "temperature max_tokens top_p random_seed stop safe_prompt n presence_penalty frequency_penalty "
        "reasoning_effort prompt_mode parallel_tool_calls prompt_cache_key"
    ).split()
    _elsewhere = {
        "client": "use proxy=, ca_file=, client_cert= or ssl_context=",
        "async_client": "use proxy=, ca_file=, client_cert= or ssl_context=",
        "max_concurrent_requests": "langchain-mistralai has it and does nothing with it; "
        "config={'max_concurrency': ...} bounds batches, limits= connections",
    }

    @property
    def _llm_type(self) -> str:
        return "mistralai-chat"

    @property
    def model_name(self) -> str:
        """The same as `model`."""
        return self.model

    @property
    def safe_mode(self) -> Optional[bool]:
        """The same as `safe_prompt`, which is the request's name for it."""
        return self.safe_prompt

    def _make_codec(self, base_url: str, headers: Dict[str, str]) -> Codec:
        url = with_version(base_url, "v1") + "/chat/completions"
        return MistralChat(
            provider=self._provider,
            url=with_query(url, self.default_query),
            headers=headers,
            model_provider="mistralai",  # so LangChain names it in response_metadata
            kept=("created", "model"),
        )

    def _request_body(self, body: Dict[str, Any], stream: bool) -> None:
        body.pop("stream_usage", None)  # Mistral tells it unasked, and refuses to be asked
        for name, own in RENAMED.items():
            if name in body:
                body[own] = body.pop(name)
        super()._request_body(body, stream)

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
        """Give this model as one that answers in a form, by a tool call, kept to by Mistral, or as JSON.

        `method`: "function_calling" (the default), "json_schema" (strict, unless told otherwise) or
        "json_mode" (without a schema on the wire). `tools`: what may be called instead, with "json_schema".

        Raises: `ConfigurationError` for a combination that does not exist; `OutputParserException` from calls.
        """
        method = method or self._structured_method
        if method == "function_calling":  # the only tool there is; LangChain does not name it to Mistral either
            kwargs = {"tool_choice": self._any_tool, **kwargs}
        elif method == "json_schema" and strict is None:
            strict = True
        return super().with_structured_output(
            schema, method=method, include_raw=include_raw, strict=strict, tools=tools, **kwargs
        )
