"""`langchain_core` and `langchain_openai` replaced by `minichat` in imports: every public name is there.

The table of names (tests/differential/names.py) has a row for each module people import from. Where
langchain-core is installed the table itself is checked against it, name by name and method by method.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.util import find_spec

import pytest

from tests.differential.names import NAMES

installed = find_spec("langchain_core") is not None
reference = pytest.mark.skipif(not installed, reason="langchain-core is not installed")

# Public methods that users call or override, by class; what is inherited is listed once, at the base.
RUNNABLE = (
    "abatch abatch_as_completed ainvoke assign astream astream_events astream_log atransform batch "
    "batch_as_completed bind get_name invoke map pick pipe stream transform with_alisteners with_config "
    "with_fallbacks with_listeners with_retry with_types"
)
CONFIGURABLE = f"{RUNNABLE} configurable_alternatives configurable_fields"
PARSER = "aparse aparse_result get_format_instructions parse parse_result parse_with_prompt"
STREAMING_PARSER = f"{CONFIGURABLE} {PARSER}"
MANAGER = (
    "add_handler add_metadata add_tags configure copy is_async merge on_chain_start on_chat_model_start "
    "on_custom_event on_llm_start on_tool_start remove_handler remove_metadata remove_tags set_handler set_handlers"
)
HANDLER = (
    "on_agent_action on_agent_finish on_chain_end on_chain_error on_chain_start on_chat_model_start on_custom_event "
    "on_llm_end on_llm_error on_llm_new_token on_llm_start on_retry on_retriever_end on_retriever_start on_text "
    "on_tool_end on_tool_error on_tool_start raise_error run_inline ignore_agent ignore_chain ignore_chat_model "
    "ignore_custom_event ignore_llm ignore_retriever ignore_retry"
)
PROMPT = (
    f"{CONFIGURABLE} aformat aformat_prompt format format_prompt input_variables input_types partial partial_variables "
    "metadata optional_variables tags"
)
METHODS = {
    "messages.BaseMessage": "text pretty_print pretty_repr",
    "messages.AIMessage": "tool_calls invalid_tool_calls usage_metadata text pretty_print pretty_repr",
    "prompts.PromptTemplate": f"{PROMPT} from_template",
    "prompts.ChatPromptTemplate": f"{PROMPT} append extend format_messages from_messages from_template",
    "prompts.MessagesPlaceholder": "format_messages aformat_messages input_variables",
    "prompts.HumanMessagePromptTemplate": "format format_messages from_template input_variables",
    "prompts.FewShotPromptTemplate": PROMPT,
    "prompts.FewShotChatMessagePromptTemplate": "format format_messages aformat_messages invoke",
    "output_parsers.BaseOutputParser": STREAMING_PARSER,
    "output_parsers.StrOutputParser": STREAMING_PARSER,
    "output_parsers.JsonOutputParser": STREAMING_PARSER,
    "runnables.Runnable": RUNNABLE,
    "runnables.RunnableBinding": CONFIGURABLE,
    "runnables.RunnableLambda": RUNNABLE,
    "runnables.RunnableParallel": CONFIGURABLE,
    "runnables.RunnablePassthrough": CONFIGURABLE,
    "runnables.RunnableSequence": CONFIGURABLE,
    "runnables.RunnableWithFallbacks": f"{CONFIGURABLE} runnables",
    "runnables.RunnableWithMessageHistory": CONFIGURABLE,
    "callbacks.AsyncCallbackHandler": HANDLER,
    "callbacks.BaseCallbackHandler": HANDLER,
    "callbacks.AsyncCallbackManager": MANAGER,
    "callbacks.CallbackManager": MANAGER,
    "callbacks.CallbackManagerForChainRun": "get_child on_chain_end on_chain_error on_text get_noop_manager",
    "callbacks.CallbackManagerForLLMRun": "on_llm_end on_llm_error on_llm_new_token on_retry on_text get_noop_manager",
    "callbacks.CallbackManagerForToolRun": "get_child on_tool_end on_tool_error on_text get_noop_manager",
    "callbacks.AsyncCallbackManagerForChainRun": "get_child get_sync on_chain_end on_chain_error",
    "callbacks.AsyncCallbackManagerForLLMRun": "get_sync on_llm_end on_llm_error on_llm_new_token",
    "callbacks.AsyncCallbackManagerForToolRun": "get_child get_sync on_tool_end on_tool_error",
    "tracers.BaseTracer": HANDLER,
    "tracers.RunLogPatch": "__add__",
    "tracers.RunLog": "__add__",
    "outputs.LLMResult": "flatten",
    "language_models.BaseChatModel": (
        f"{CONFIGURABLE} agenerate agenerate_prompt bind_tools dict generate generate_prompt get_num_tokens "
        "get_num_tokens_from_messages with_structured_output _combine_llm_outputs "
        "_get_invocation_params _get_ls_params _identifying_params _llm_type"
    ),
    "tools.BaseTool": f"{CONFIGURABLE} args arun is_single_input run tool_call_schema get_input_schema",
    "tools.StructuredTool": f"{CONFIGURABLE} args from_function",
    "caches.BaseCache": "aclear alookup aupdate clear lookup update",
    "rate_limiters.BaseRateLimiter": "aacquire acquire",
    "chat_history.BaseChatMessageHistory": (
        "aadd_messages aclear add_ai_message add_message add_messages add_user_message aget_messages clear"
    ),
}


def missing(prefix, table=NAMES):
    """List what is not there, readably: whole modules, names, methods."""
    lost = []
    for module, names in table.items():
        path = f"{prefix}.{module}"
        try:
            found = import_module(path)
        except ImportError as error:
            lost.append(f"{path}: no module ({error})")
            continue
        gone = [name for name in names if not has(found, name)]
        if gone:
            lost.append(f"{path}: {', '.join(gone)}")
    return lost


def has(module, name):
    """True when the name is there; a lazy name whose home is missing is not."""
    try:
        return hasattr(module, name)
    except ImportError:
        return False


def missing_methods(prefix):
    lost = []
    for dotted, methods in METHODS.items():
        module, _, name = dotted.rpartition(".")
        try:
            cls = getattr(import_module(f"{prefix}.{module}"), name)
        except (ImportError, AttributeError):
            continue  # said by missing()
        fields = {field for one in inspect.getmro(cls) for field in vars(one).get("__annotations__", {})}
        gone = [method for method in methods.split() if not hasattr(cls, method) and method not in fields]
        if gone:
            lost.append(f"{prefix}.{dotted}: {', '.join(gone)}")
    return lost


def test_every_module_path_and_name_is_there():
    lost = missing("minichat")
    assert not lost, "\n" + "\n".join(lost)


def test_classes_have_their_public_methods():
    lost = missing_methods("minichat")
    assert not lost, "\n" + "\n".join(lost)


def test_a_name_is_one_object_wherever_it_is_imported_from():
    homes = {}
    for module, names in NAMES.items():
        for name in names:
            homes.setdefault(name, set()).add(id(getattr(import_module(f"minichat.{module}"), name)))
    assert [name for name, objects in homes.items() if len(objects) > 1] == []


def test_the_openai_model_is_at_the_top():
    from minichat import ChatOpenAI

    assert ChatOpenAI.__name__ == "ChatOpenAI"


@reference
def test_the_table_of_names_is_langchains():
    assert missing("langchain_core") == []


@reference
def test_the_table_of_methods_is_langchains():
    assert missing_methods("langchain_core") == []
