"""Which public name lives in which module: LangChain's module paths, without the package's own name.

One table for two uses. The import walk (tests/test_import_names.py) demands every row of it; the programs
here reach each name through the first module that lists it. A module is listed when public programs import
from it, so also the modules below `outputs`.
"""

from __future__ import annotations

MODULES = {
    "messages": (
        "AIMessage AIMessageChunk AnyMessage BaseMessage BaseMessageChunk ChatMessage ChatMessageChunk "
        "FunctionMessage FunctionMessageChunk HumanMessage HumanMessageChunk InvalidToolCall MessageLikeRepresentation "
        "RemoveMessage SystemMessage SystemMessageChunk ToolCall ToolCallChunk ToolMessage ToolMessageChunk "
        "UsageMetadata convert_to_messages convert_to_openai_messages filter_messages get_buffer_string "
        "merge_message_runs message_chunk_to_message message_to_dict messages_from_dict messages_to_dict trim_messages"
    ),
    "messages.ai": "AIMessage AIMessageChunk UsageMetadata add_ai_message_chunks add_usage ",
    "messages.base": "BaseMessage BaseMessageChunk get_msg_title_repr merge_content",
    "messages.chat": "ChatMessage ChatMessageChunk",
    "messages.function": "FunctionMessage FunctionMessageChunk",
    "messages.human": "HumanMessage HumanMessageChunk",
    "messages.modifier": "RemoveMessage",
    "messages.system": "SystemMessage SystemMessageChunk",
    "messages.tool": (
        "InvalidToolCall ToolCall ToolCallChunk ToolMessage ToolMessageChunk invalid_tool_call tool_call "
        "tool_call_chunk"
    ),
    "messages.utils": (
        "AnyMessage MessageLikeRepresentation convert_to_messages convert_to_openai_messages "
        "count_tokens_approximately filter_messages get_buffer_string merge_message_runs message_chunk_to_message "
        "messages_from_dict trim_messages"
    ),
    "prompt_values": "ChatPromptValue ImagePromptValue PromptValue StringPromptValue",
    "prompts": (
        "AIMessagePromptTemplate BaseChatPromptTemplate BasePromptTemplate ChatMessagePromptTemplate "
        "ChatPromptTemplate DictPromptTemplate FewShotChatMessagePromptTemplate FewShotPromptTemplate "
        "HumanMessagePromptTemplate MessagesPlaceholder PromptTemplate StringPromptTemplate "
        "SystemMessagePromptTemplate"
    ),
    "prompts.base": "BasePromptTemplate",
    "prompts.chat": (
        "AIMessagePromptTemplate BaseChatPromptTemplate BaseMessagePromptTemplate ChatMessagePromptTemplate "
        "ChatPromptTemplate HumanMessagePromptTemplate MessagesPlaceholder SystemMessagePromptTemplate"
    ),
    "prompts.few_shot": "FewShotChatMessagePromptTemplate FewShotPromptTemplate",
    "prompts.image": "ImagePromptTemplate",
    "prompts.prompt": "PromptTemplate",
    "prompts.string": "StringPromptTemplate get_template_variables",
    "output_parsers": (
        "BaseCumulativeTransformOutputParser BaseGenerationOutputParser BaseLLMOutputParser BaseOutputParser "
        "BaseTransformOutputParser CommaSeparatedListOutputParser JsonOutputKeyToolsParser JsonOutputParser "
        "JsonOutputToolsParser ListOutputParser MarkdownListOutputParser NumberedListOutputParser "
        "SimpleJsonOutputParser StrOutputParser"
    ),
    "output_parsers.base": "BaseGenerationOutputParser BaseLLMOutputParser BaseOutputParser",
    "output_parsers.json": "JsonOutputParser SimpleJsonOutputParser",
    "output_parsers.list": (
        "CommaSeparatedListOutputParser ListOutputParser MarkdownListOutputParser NumberedListOutputParser"
    ),
    "output_parsers.openai_functions": "JsonKeyOutputFunctionsParser JsonOutputFunctionsParser OutputFunctionsParser",
    "output_parsers.openai_tools": (
        "JsonOutputKeyToolsParser JsonOutputToolsParser make_invalid_tool_call parse_tool_call parse_tool_calls"
    ),
    "output_parsers.string": "StrOutputParser",
    "output_parsers.transform": "BaseCumulativeTransformOutputParser BaseTransformOutputParser",
    "runnables": (
        "AddableDict ConfigurableField ConfigurableFieldMultiOption ConfigurableFieldSingleOption "
        "ConfigurableFieldSpec RouterInput RouterRunnable Runnable RunnableAssign RunnableBinding RunnableBranch "
        "RunnableConfig RunnableGenerator RunnableLambda RunnableMap RunnableParallel RunnablePassthrough RunnablePick "
        "RunnableSequence RunnableSerializable RunnableWithFallbacks RunnableWithMessageHistory aadd add chain "
        "ensure_config get_config_list patch_config run_in_executor"
    ),
    "runnables.base": (
        "Runnable RunnableBinding RunnableEach RunnableGenerator RunnableLambda "
        "RunnableLike RunnableMap RunnableParallel RunnableSequence RunnableSerializable chain coerce_to_runnable"
    ),
    "runnables.branch": "RunnableBranch",
    "runnables.config": (
        "RunnableConfig ensure_config "
        "get_async_callback_manager_for_config get_callback_manager_for_config get_config_list "
        "merge_configs patch_config run_in_executor set_config_context"
    ),
    "runnables.configurable": ("DynamicRunnable RunnableConfigurableAlternatives RunnableConfigurableFields"),
    "runnables.fallbacks": "RunnableWithFallbacks",
    "runnables.history": "RunnableWithMessageHistory",
    "runnables.passthrough": "RunnableAssign RunnablePassthrough RunnablePick",
    "runnables.retry": "RunnableRetry",
    "runnables.router": "RouterInput RouterRunnable",
    "runnables.schema": "EventData StandardStreamEvent StreamEvent CustomStreamEvent",
    "runnables.utils": (
        "AddableDict ConfigurableField ConfigurableFieldMultiOption ConfigurableFieldSingleOption "
        "ConfigurableFieldSpec Input Output aadd add"
    ),
    "callbacks": (
        "AsyncCallbackHandler AsyncCallbackManager AsyncCallbackManagerForChainRun AsyncCallbackManagerForLLMRun "
        "AsyncCallbackManagerForToolRun AsyncParentRunManager AsyncRunManager BaseCallbackHandler BaseCallbackManager "
        "BaseRunManager CallbackManager CallbackManagerForChainRun CallbackManagerForLLMRun CallbackManagerForToolRun "
        "Callbacks FileCallbackHandler ParentRunManager RunManager StdOutCallbackHandler "
        "StreamingStdOutCallbackHandler UsageMetadataCallbackHandler adispatch_custom_event dispatch_custom_event "
        "get_usage_metadata_callback"
    ),
    "callbacks.base": "AsyncCallbackHandler BaseCallbackHandler BaseCallbackManager Callbacks",
    "callbacks.file": "FileCallbackHandler",
    "callbacks.manager": (
        "AsyncCallbackManager AsyncCallbackManagerForChainRun AsyncCallbackManagerForLLMRun "
        "AsyncCallbackManagerForToolRun CallbackManager CallbackManagerForChainRun CallbackManagerForLLMRun "
        "CallbackManagerForToolRun adispatch_custom_event atrace_as_chain_group dispatch_custom_event "
        "trace_as_chain_group"
    ),
    "callbacks.stdout": "StdOutCallbackHandler",
    "callbacks.streaming_stdout": "StreamingStdOutCallbackHandler",
    "callbacks.usage": "UsageMetadataCallbackHandler get_usage_metadata_callback",
    "tracers": "BaseTracer ConsoleCallbackHandler LangChainTracer LogStreamCallbackHandler Run RunLog RunLogPatch",
    "tracers.base": "AsyncBaseTracer BaseTracer",
    "tracers.context": "collect_runs register_configure_hook tracing_v2_enabled",
    "tracers.event_stream": "",
    "tracers.langchain": "LangChainTracer",
    "tracers.log_stream": "LogEntry LogStreamCallbackHandler RunLog RunLogPatch RunState",
    "tracers.root_listeners": "AsyncRootListenersTracer RootListenersTracer",
    "tracers.run_collector": "RunCollectorCallbackHandler",
    "tracers.schemas": "Run",
    "tracers.stdout": "ConsoleCallbackHandler FunctionCallbackHandler",
    "outputs": "ChatGeneration ChatGenerationChunk ChatResult Generation GenerationChunk LLMResult RunInfo",
    "outputs.chat_generation": "ChatGeneration ChatGenerationChunk",
    "outputs.chat_result": "ChatResult",
    "outputs.generation": "Generation GenerationChunk",
    "outputs.llm_result": "LLMResult",
    "outputs.run_info": "RunInfo",
    "language_models": (
        "BaseChatModel BaseLanguageModel FakeListChatModel FakeMessagesListChatModel GenericFakeChatModel "
        "LanguageModelInput ParrotFakeChatModel SimpleChatModel"
    ),
    "language_models.base": "BaseLanguageModel LanguageModelInput",
    "language_models.chat_models": "BaseChatModel SimpleChatModel agenerate_from_stream generate_from_stream",
    "language_models.fake_chat_models": (
        "FakeChatModel FakeListChatModel FakeListChatModelError FakeMessagesListChatModel GenericFakeChatModel "
        "ParrotFakeChatModel"
    ),
    "tools": (
        "ArgsSchema BaseTool InjectedToolArg InjectedToolCallId StructuredTool Tool ToolException "
        "render_text_description render_text_description_and_args tool"
    ),
    "tools.base": "BaseTool InjectedToolArg InjectedToolCallId ToolException",
    "tools.structured": "StructuredTool",
    "caches": "BaseCache InMemoryCache",
    "rate_limiters": "BaseRateLimiter InMemoryRateLimiter",
    "chat_history": "BaseChatMessageHistory InMemoryChatMessageHistory",
    "exceptions": "LangChainException OutputParserException",
    "globals": "get_debug get_llm_cache get_verbose set_debug set_llm_cache set_verbose",
    "utils": "from_env get_from_dict_or_env get_from_env secret_from_env",
    "utils.env": "get_from_dict_or_env get_from_env",
    "utils.function_calling": ("convert_to_openai_function convert_to_openai_tool"),
    "utils.json": "parse_and_check_json_markdown parse_json_markdown parse_partial_json",
}

NAMES = {module: names.split() for module, names in MODULES.items()}
FIRST_HOME = {name: module for module, names in reversed(NAMES.items()) for name in names}
