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
    "callbacks": (
        "AsyncCallbackHandler AsyncCallbackManager AsyncCallbackManagerForChainGroup "
        "AsyncCallbackManagerForChainRun AsyncCallbackManagerForLLMRun "
        "AsyncCallbackManagerForRetrieverRun AsyncCallbackManagerForToolRun AsyncParentRunManager "
        "AsyncRunManager BaseCallbackHandler BaseCallbackManager BaseRunManager CallbackManager "
        "CallbackManagerForChainGroup CallbackManagerForChainRun CallbackManagerForLLMRun "
        "CallbackManagerForRetrieverRun CallbackManagerForToolRun CallbackManagerMixin ChainManagerMixin "
        "FileCallbackHandler LLMManagerMixin ParentRunManager RetrieverManagerMixin RunManager "
        "RunManagerMixin StdOutCallbackHandler StreamingStdOutCallbackHandler ToolManagerMixin "
        "UsageMetadataCallbackHandler adispatch_custom_event dispatch_custom_event "
        "get_usage_metadata_callback"
    ),
    "chat_history": "BaseChatMessageHistory InMemoryChatMessageHistory",
    "chat_models": "init_chat_model",
    "errors": (
        "AuthenticationError BadRequest ChatError ConfigurationError ConnectError IncompleteStream "
        "ModelRefusalError NotFound OutputParserException Overloaded PermissionDenied ProtocolError "
        "ProviderError RateLimited RequestTimeout ServerError TLSError TransportError"
    ),
    "globals": "get_debug get_llm_cache get_verbose set_debug set_llm_cache set_verbose",
    "language_models": (
        "BaseChatModel BaseLanguageModel FakeChatModel FakeListChatModel FakeMessagesListChatModel "
        "GenericFakeChatModel LangSmithParams LanguageModelInput LanguageModelLike LanguageModelOutput "
        "LanguageModelOutputVar ParrotFakeChatModel SimpleChatModel"
    ),
    "messages": (
        "AIMessage AIMessageChunk AnyMessage BaseMessage BaseMessageChunk ChatMessage ChatMessageChunk "
        "FunctionMessage FunctionMessageChunk HumanMessage HumanMessageChunk InvalidToolCall "
        "MessageLikeRepresentation RemoveMessage SystemMessage SystemMessageChunk ToolCall ToolCallChunk "
        "ToolMessage ToolMessageChunk UsageMetadata convert_to_messages convert_to_openai_messages "
        "count_tokens_approximately filter_messages get_buffer_string merge_message_runs "
        "message_chunk_to_message message_to_dict messages_from_dict messages_to_dict trim_messages"
    ),
    "output_parsers": (
        "BaseCumulativeTransformOutputParser BaseGenerationOutputParser BaseLLMOutputParser "
        "BaseOutputParser BaseTransformOutputParser CommaSeparatedListOutputParser "
        "JsonKeyOutputFunctionsParser JsonOutputFunctionsParser JsonOutputKeyToolsParser JsonOutputParser "
        "JsonOutputToolsParser ListOutputParser MarkdownListOutputParser NumberedListOutputParser "
        "OutputFunctionsParser SimpleJsonOutputParser StrOutputParser"
    ),
    "outputs": "ChatGeneration ChatGenerationChunk ChatResult Generation GenerationChunk LLMResult RunInfo",
    "prompt_values": (
        "ChatPromptValue ChatPromptValueConcrete ImagePromptValue ImageURL PromptValue StringPromptValue"
    ),
    "prompts": (
        "AIMessagePromptTemplate BaseChatPromptTemplate BaseMessagePromptTemplate BasePromptTemplate "
        "BaseStringMessagePromptTemplate ChatMessagePromptTemplate ChatPromptTemplate DictPromptTemplate "
        "FewShotChatMessagePromptTemplate FewShotPromptTemplate HumanMessagePromptTemplate "
        "ImagePromptTemplate MessagesPlaceholder PromptTemplate StringPromptTemplate "
        "SystemMessagePromptTemplate aformat_document check_valid_template format_document "
        "get_template_variables mustache_formatter mustache_template_vars"
    ),
    "providers.anthropic": "ChatAnthropic",
    "providers.fireworks": "ChatFireworks",
    "providers.google": "ChatGoogleGenerativeAI",
    "providers.mistral": "ChatMistralAI",
    "providers.openai": "ChatOpenAI",
    "providers.together": "ChatTogether",
    "rate_limiters": "BaseRateLimiter InMemoryRateLimiter",
    "runnables": (
        "AddableDict ConfigurableField ConfigurableFieldMultiOption ConfigurableFieldSingleOption "
        "ConfigurableFieldSpec RouterInput RouterRunnable Runnable RunnableAssign RunnableBinding "
        "RunnableBranch RunnableConfig RunnableConfigurableAlternatives RunnableConfigurableFields "
        "RunnableEach RunnableGenerator RunnableLambda RunnableMap RunnableParallel RunnablePassthrough "
        "RunnablePick RunnableRetry RunnableSequence RunnableSerializable RunnableWithFallbacks "
        "RunnableWithMessageHistory aadd add chain coerce_to_runnable ensure_config get_config_list "
        "merge_configs patch_config run_in_executor"
    ),
    "settings": "SecretStr",
    "tools": (
        "BaseTool BaseToolkit InjectedToolArg InjectedToolCallId SchemaAnnotationError StructuredTool "
        "Tool ToolException ToolInputError convert_runnable_to_tool create_schema_from_function "
        "render_text_description render_text_description_and_args tool"
    ),
    "tracers": (
        "AsyncBaseTracer AsyncRootListenersTracer BaseTracer ConsoleCallbackHandler LangChainTracer "
        "FunctionCallbackHandler LogStreamCallbackHandler RootListenersTracer RunCollectorCallbackHandler "
        "RunLog RunLogPatch collect_runs"
    ),
    "wire.limits": "Limits",
}
_HERE = globals()  # by this name: the submodule `globals` will stand in the way of the other
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [*_HOME_OF, "__version__"]
_namespace = globals()  # kept, because the module minichat.globals takes that name here once it is imported

if TYPE_CHECKING:
    from .caches import *
    from .callbacks import *
    from .chat_history import *
    from .chat_models import init_chat_model as init_chat_model
    from .errors import *
    from .globals import *
    from .language_models import *
    from .messages import *
    from .output_parsers import *
    from .outputs import *
    from .prompt_values import *
    from .prompts import *
    from .providers.anthropic import *
    from .providers.fireworks import *
    from .providers.google import *
    from .providers.mistral import *
    from .providers.openai import *
    from .providers.together import *
    from .rate_limiters import *
    from .runnables import *
    from .settings import SecretStr as SecretStr
    from .tools import *
    from .tracers import *
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
