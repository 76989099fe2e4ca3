"""minichat: LangChain's chat-model interface with nothing but the Python standard library.

The public names, each imported from its home on first use (PEP 562), so that `import minichat` costs
next to nothing. The package may be copied into any tree under any name; it needs no installation.
"""

from __future__ import annotations

from .version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HOMES = {
    "caches": "BaseCache InMemoryCache SQLiteCache",
    "chat_history": "BaseChatMessageHistory InMemoryChatMessageHistory",
    "errors": (
        "AuthenticationError BadRequest ChatError ConfigurationError ConnectError IncompleteStream NotFound "
        "Overloaded PermissionDenied ProtocolError ProviderError RateLimited RequestTimeout ServerError "
        "TLSError TransportError"
    ),
    "language_models": (
        "BaseChatModel FakeChatModel FakeListChatModel FakeMessagesListChatModel GenericFakeChatModel "
        "ParrotFakeChatModel"
    ),
    "messages": (
        "AIMessage AIMessageChunk BaseMessage BaseMessageChunk ChatMessage ChatMessageChunk FunctionMessage "
        "FunctionMessageChunk HumanMessage HumanMessageChunk InvalidToolCall RemoveMessage SystemMessage "
        "SystemMessageChunk ToolCall ToolCallChunk ToolMessage ToolMessageChunk UsageMetadata "
        "convert_to_messages convert_to_openai_messages count_tokens_approximately filter_messages "
        "get_buffer_string merge_message_runs message_chunk_to_message message_to_dict "
        "messages_from_dict messages_to_dict trim_messages"
    ),
    "outputs": "ChatGeneration ChatGenerationChunk ChatResult LLMResult RunInfo",
    "prompt_values": "ChatPromptValue PromptValue StringPromptValue",
    "providers.openai": "ChatOpenAI",
    "rate_limiters": "BaseRateLimiter InMemoryRateLimiter",
    "runnables": (
        "AddableDict ConfigurableField ConfigurableFieldMultiOption ConfigurableFieldSingleOption "
        "ConfigurableFieldSpec RouterInput RouterRunnable Runnable RunnableAssign RunnableBinding "
        "RunnableBranch RunnableConfig RunnableConfigurableAlternatives RunnableConfigurableFields "
        "RunnableEach RunnableGenerator RunnableLambda RunnableMap RunnableParallel RunnablePassthrough "
        "RunnablePick RunnableRetry RunnableSequence RunnableWithFallbacks RunnableWithMessageHistory "
        "aadd add chain coerce_to_runnable ensure_config get_config_list merge_configs patch_config "
        "run_in_executor"
    ),
    "settings": "SecretStr",
    "wire.limits": "Limits",
}
_HERE = globals()  # by this name: the submodule `globals` will stand in the way of the other
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [*_HOME_OF, "__version__"]
_namespace = globals()  # kept, because the module minichat.globals takes that name here once it is imported

if TYPE_CHECKING:
    from .caches import *
    from .chat_history import *
    from .errors import *
    from .language_models import *
    from .messages import *
    from .outputs import *
    from .prompt_values import *
    from .providers.openai import *
    from .rate_limiters import *
    from .runnables import *
    from .settings import SecretStr as SecretStr
    from .wire.limits import *


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module("." + home, __name__), name)
    _namespace[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*_namespace, *__all__})
