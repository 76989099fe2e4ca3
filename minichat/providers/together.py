"""ChatTogether: Together's Chat Completions.

Names and aliases are those of langchain-together 0.4.0, the wire's facts those of the SDK (together 3.1.1), of
docs.together.ai/docs/error-codes and of recordings; all read 2026-11-23. A setting is sent only when it was given.
"""

from __future__ import annotations

from ..protocols.chat_completions import ChatCompletions
from ..protocols.chat_completions_errors import Refusals
from ..wire.http import with_query
from ..wire.retry import Backoff
from .base import with_version
from .chat_completions import ChatCompletionsModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple, Union

    from ..protocols.base import Codec
    from ..settings import SecretStr

__all__ = ["ChatTogether"]

REFUSALS = Refusals(
    notes={
        403: "Together's 403 says that the input and max_tokens exceed the model's context; the key is good",
        404: "the model asked for is {model}",
    },
    means={403: 400},  # docs.together.ai, "Error codes": too long, not forbidden
)


class ChatTogether(ChatCompletionsModel):
    """Together's chat models.

    >>> ChatTogether(model="openai/gpt-oss-20b", api_key="tg-...", temperature=0)
    ChatTogether(model_name='openai/gpt-oss-20b', together_api_key=SecretStr('**********'), temperature=0)

    The key comes from `api_key` (text, or a function called for each request) or `TOGETHER_API_KEY`.
    `base_url`: argument, `TOGETHER_API_BASE`, `TOGETHER_BASE_URL`, Together's; with or without its `/v1`. Also read:
    `TOGETHER_CUSTOM_HEADERS` ("Name: value" lines).

    `reasoning` (`{"enabled": True}`) and `reasoning_effort` ("low", "medium", "high") ask for thoughts; they are in
    `additional_kwargs["reasoning_content"]` (`message.reasoning`) and go back with the conversation.
    `logprobs`: a number of alternatives from 0 to 20, which is how Together has it; True is 1, and
    `top_logprobs`, where given, is that number. `stream_usage=True` asks for the usage of streams as OpenAI has it;
    it comes without asking too. `timeout`: seconds, or (connect, read); default (5, 600). All else is said at
    `Provider`.

    Raises: `ConfigurationError` at construction for a missing key or a setting that cannot be.
    """

    model_name: str = "Qwen/Qwen2.5-7B-Instruct-Turbo"
    together_api_key: Union[str, SecretStr, None] = None
    together_api_base: Optional[str] = None
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
    reasoning: Optional[Dict[str, Any]] = None
    reasoning_effort: Optional[str] = None
    chat_template_kwargs: Optional[Dict[str, Any]] = None
    safety_model: Optional[str] = None
    context_length_exceeded_behavior: Optional[str] = None
    stream_usage: Optional[bool] = None
    together_proxy: Optional[str] = None

    _aliases = {
        "model": "model_name",
        "api_key": "together_api_key",
        "base_url": "together_api_base",
        "max_completion_tokens": "max_tokens",
        "timeout": "request_timeout",
        "stop_sequences": "stop",
        "proxy": "together_proxy",
    }

    _provider = "together"
    _identity = ("langchain", "chat_models", "together")
    _key_name = "together_api_key"
    _key_variables = ("TOGETHER_API_KEY",)
    _url_name = "together_api_base"
    _url_variables = ("TOGETHER_API_BASE", "TOGETHER_BASE_URL")
    _url_default = "https://api-inference.together.ai/v1"
    _proxy_name = "together_proxy"
    _headers_variable = "TOGETHER_CUSTOM_HEADERS"
    _backoff = Backoff(1.0, 2.0, 10.0)
    _structured_method = "function_calling"
    _structured_parallel = None  # no such field is listed
    _request_fields = (
        "temperature max_tokens top_p top_k min_p n stop seed logprobs top_logprobs logit_bias presence_penalty "
        "frequency_penalty repetition_penalty reasoning reasoning_effort chat_template_kwargs safety_model "
        "context_length_exceeded_behavior"
    ).split()
    _elsewhere = {
        "http_client": "use proxy=, ca_file=, client_cert= or ssl_context=",
        "http_async_client": "use proxy=, ca_file=, client_cert= or ssl_context=",
        "use_responses_api": "Together has Chat Completions only",
    }

    @property
    def _llm_type(self) -> str:
        return "together-chat"

    @property
    def model(self) -> str:
        """The same as `model_name`."""
        return self.model_name

    def _make_codec(self, base_url: str, headers: Dict[str, str]) -> Codec:
        return ChatCompletions(
            provider=self._provider,
            url=with_query(with_version(base_url, "v1") + "/chat/completions", self.default_query),
            headers=headers,
            model_provider="openai",  # as langchain-together has it, which is built on OpenAI's class
            thoughts_sent_as="reasoning",
            text_results=True,
            kept=("metadata", "seed", "warnings"),
            refusals=REFUSALS.asked(self.model_name),
        )

    def _request_body(self, body: Dict[str, Any], stream: bool) -> None:
        super()._request_body(body, stream)
        if "max_completion_tokens" in body:
            body["max_tokens"] = body.pop("max_completion_tokens")
        if isinstance(body.get("stop"), str):
            body["stop"] = [body["stop"]]
        told, top = body.pop("logprobs", None), body.pop("top_logprobs", None)
        if told is True or told is None:
            told = top if top is not None else told
        if told is not None and told is not False:
            body["logprobs"] = int(told)
