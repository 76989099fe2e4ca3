"""ChatFireworks: Fireworks' Chat Completions.

Names and aliases are those of langchain-fireworks 1.7.1 and of the SDK (fireworks-ai 1.2.30), the wire's facts those of
the SDK and of docs.fireworks.ai/guides/inference-error-codes; all read 2026-11-23. A setting is sent only when it
was given.
"""

from __future__ import annotations

from ..protocols.chat_completions import ChatCompletions
from ..protocols.chat_completions_errors import STATUS_OF_TYPE, Refusals
from ..wire.http import with_query
from .base import with_version
from .chat_completions import ChatCompletionsModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple, Union

    from ..protocols.base import Codec
    from ..settings import SecretStr

__all__ = ["ChatFireworks"]

# Source: docs.fireworks.ai/guides/inference-error-codes.
RETRIED = frozenset((408, 429, 500, 502, 503, 504))
# "Extra inputs are not permitted" in a part. Source: the SDK's types/shared_params/chat_message.py.
PART_FIELDS = {"text": ("type", "text"), "image_url": ("type", "image_url"), "video_url": ("type", "video_url")}
REFUSALS = Refusals(
    retried=RETRIED,
    # This type was seen with status 429 and "rate limit exceeded": it tells nothing.
    types={name: status for name, status in STATUS_OF_TYPE.items() if name != "invalid_request_error"},
    notes={404: "the model asked for is {model}"},  # Fireworks does not name it
)


class ChatFireworks(ChatCompletionsModel):
    """Fireworks' chat models.

    >>> ChatFireworks(model="accounts/fireworks/models/gpt-oss-20b", api_key="fw-...", temperature=0)
    ChatFireworks(model_name='accounts/fireworks/models/gpt-oss-20b', fireworks_api_key=SecretStr('**********'), temperature=0)

    The key comes from `api_key` (text, or a function called for each request) or `FIREWORKS_API_KEY`.
    `base_url`: argument, `FIREWORKS_API_BASE`, `FIREWORKS_BASE_URL`, Fireworks'; with or without its `/v1`. Also
    read: `FIREWORKS_CUSTOM_HEADERS` ("Name: value" lines).

    `reasoning_effort` ("low", "medium", "high", "none", a bool or a number of tokens) and `thinking`
    (`{"type": "enabled", "budget_tokens": n}`, `{"type": "disabled"}`) ask for thoughts, `reasoning_history` says what
    the model is shown of its earlier ones. They are in `additional_kwargs["reasoning_content"]` (`message.reasoning`)
    and go back with the conversation. `stream_usage=True` asks for the usage in an extra chunk; it comes without
    asking too. `timeout`: seconds, or (connect, read); default (5, 600). All else is said at `Provider`.

    Raises: `ConfigurationError` at construction for a missing key or a setting that cannot be.
    """

    model_name: str
    fireworks_api_key: Union[str, SecretStr, None] = None
    fireworks_api_base: Optional[str] = None
    temperature: Optional[float] = None
    max_tokens: Optional[int] = None
    request_timeout: Union[float, Tuple[Optional[float], Optional[float]], None] = None
    n: Optional[int] = None
    stop: Union[str, List[str], None] = None
    seed: Optional[int] = None
    top_p: Optional[float] = None
    top_k: Optional[int] = None
    min_p: Optional[float] = None
    logprobs: Union[bool, int, None] = None
    top_logprobs: Optional[int] = None
    logit_bias: Optional[Dict[str, float]] = None
    presence_penalty: Optional[float] = None
    frequency_penalty: Optional[float] = None
    repetition_penalty: Optional[float] = None
    reasoning_effort: Union[str, int, None] = None
    reasoning_history: Optional[str] = None
    thinking: Optional[Dict[str, Any]] = None
    service_tier: Optional[str] = None
    prompt_cache_key: Optional[str] = None
    context_length_exceeded_behavior: Optional[str] = None
    perf_metrics_in_response: Optional[bool] = None
    user: Optional[str] = None
    stream_usage: Optional[bool] = None
    fireworks_proxy: Optional[str] = None

    _aliases = {
        "model": "model_name",
        "api_key": "fireworks_api_key",
        "base_url": "fireworks_api_base",
        "timeout": "request_timeout",
        "stop_sequences": "stop",
        "proxy": "fireworks_proxy",
    }

    _provider = "fireworks"
    _identity = ("langchain", "chat_models", "fireworks")
    _key_name = "fireworks_api_key"
    _key_variables = ("FIREWORKS_API_KEY",)
    _url_name = "fireworks_api_base"
    _url_variables = ("FIREWORKS_API_BASE", "FIREWORKS_BASE_URL")
    _url_default = "https://api.fireworks.ai/inference/v1"
    _proxy_name = "fireworks_proxy"
    _headers_variable = "FIREWORKS_CUSTOM_HEADERS"
    _any_tool = "any"
    _structured_method = "function_calling"
    _structured_parallel = None  # as langchain-fireworks
    _request_fields = (
        "temperature max_tokens top_p top_k min_p n stop seed logprobs top_logprobs logit_bias presence_penalty "
        "frequency_penalty repetition_penalty reasoning_effort reasoning_history thinking service_tier "
        "prompt_cache_key context_length_exceeded_behavior perf_metrics_in_response user"
    ).split()
    _elsewhere = {
        "client": "use proxy=, ca_file=, client_cert= or ssl_context=",
        "async_client": "use proxy=, ca_file=, client_cert= or ssl_context=",
    }

    @property
    def _llm_type(self) -> str:
        return "fireworks-chat"

    @property
    def model(self) -> str:
        """The same as `model_name`."""
        return self.model_name

    def _make_codec(self, base_url: str, headers: Dict[str, str]) -> Codec:
        return ChatCompletions(
            provider=self._provider,
            url=with_query(with_version(base_url, "v1") + "/chat/completions", self.default_query),
            headers=headers,
            thoughts_sent_as="reasoning_content",
            part_fields=PART_FIELDS,
            kept=("perf_metrics", "prompt_token_ids", "raw_output", "token_ids"),
            refusals=REFUSALS.asked(self.model_name),
        )
