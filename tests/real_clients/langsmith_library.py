"""The names of one library, and the programs that langsmith_differential.py runs with each: what their files share.

A program gets `lc`, the names of one library, and runs in a project of its own name. It shows nothing; KeyboardInterrupt
and cancellation it catches itself.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Callable, Dict, Set

THEIRS = {
    "langchain_openai": "ChatOpenAI",
    "langchain_core.callbacks": "BaseCallbackHandler",
    "langchain_core.callbacks.manager": "dispatch_custom_event trace_as_chain_group",
    "langchain_core.chat_history": "InMemoryChatMessageHistory",
    "langchain_core.language_models": "BaseChatModel FakeListChatModel GenericFakeChatModel",
    "langchain_core.messages": "AIMessage AIMessageChunk ChatMessage HumanMessage HumanMessageChunk SystemMessage ToolMessage",
    "langchain_core.output_parsers": "JsonOutputParser StrOutputParser CommaSeparatedListOutputParser",
    "langchain_core.outputs": "ChatGeneration ChatGenerationChunk ChatResult",
    "langchain_core.prompts": "ChatPromptTemplate FewShotChatMessagePromptTemplate FewShotPromptTemplate "
    "MessagesPlaceholder PromptTemplate",
    "langchain_core.runnables": "ConfigurableField RunnableBranch RunnableGenerator RunnableLambda RunnableParallel "
    "RouterRunnable RunnableConfig RunnablePassthrough RunnablePick",
    "langchain_core.runnables.history": "RunnableWithMessageHistory",
    "langchain_core.tools": "InjectedToolCallId StructuredTool Tool ToolException tool",
    "langchain_core.tracers": "LangChainTracer",
    "langchain_core.tracers.context": "tracing_v2_enabled",
    "langsmith": "RunTree get_current_run_tree trace traceable tracing_context",
}
OURS = {
    "minichat.callbacks.manager": "trace_as_chain_group",
    "minichat.tracers.langsmith": "LangChainTracer RunTree get_current_run_tree trace traceable tracing_context "
    "tracing_v2_enabled",
}
# The packages of the other providers' models; a program of one that is not installed is not run.
PACKAGES = {
    "ChatAnthropic": "langchain_anthropic",
    "ChatFireworks": "langchain_fireworks",
    "ChatGoogleGenerativeAI": "langchain_google_genai",
    "ChatMistralAI": "langchain_mistralai",
    "ChatTogether": "langchain_together",
}


class Library:
    """The names of one library, each imported on first use."""

    def __init__(self, name: str) -> None:
        self.name = name
        homes = THEIRS if name == "langchain" else OURS
        self._home_of = {one: home for home, names in homes.items() for one in names.split()}

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._home_of.get(name, "minichat")), name)

    def model(self, name: str = "fake-hello", **settings: Any) -> Any:
        return self.ChatOpenAI(model=name, **{"max_retries": 0, **settings})

    def other(self, name: str, **settings: Any) -> Any:
        """Give another provider's model."""
        base_url, api_key = os.environ["BASE_URL_" + name], os.environ["OPENAI_API_KEY"]
        home = import_module(PACKAGES[name] if self.name == "langchain" else "minichat")
        return getattr(home, name)(base_url=base_url, api_key=api_key, **settings)

    @property
    def chain_decorator(self) -> Any:
        return getattr(import_module("langchain_core.runnables" if self.name == "langchain" else "minichat"), "chain")

    def chain(self) -> Any:
        prompt = self.ChatPromptTemplate.from_messages([("system", "be {how}"), ("human", "{text}")])
        return prompt | self.model() | self.StrOutputParser()


PROGRAMS: Dict[str, Callable[[Any], Any]] = {}
RAISE: Set[str] = set()  # programs that raise
INPUT = {"how": "brief", "text": "hello"}
SCHEMA = {
    "title": "Weather",
    "description": "the weather",
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "number"}},
    "required": ["city"],
}


def program(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Keep a program under its name."""
    PROGRAMS[function.__name__] = function
    return function


def raising(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Keep a program that raises."""
    RAISE.add(function.__name__)
    return program(function)


def weather(lc: Any) -> Any:
    @lc.tool
    def get_weather(city: str) -> str:
        """Say the weather of a city."""
        return f"fine in {city}"

    return get_weather
