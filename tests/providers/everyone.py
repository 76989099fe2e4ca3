"""The six providers, and OpenAI's second protocol, as rows of one table: what is asked of all is asked here.

`Row.model(server, name, ...)` makes the provider's class for its place on the fake server.
"""

from __future__ import annotations

import dataclasses
import importlib

import pytest

__all__ = ["ROWS", "Row", "every_provider"]


@dataclasses.dataclass
class Row:
    """One provider. `ordinary`: a model name of its own; `thinking`: settings that ask for thoughts to be shown.

    `finish`: (key in response_metadata, its words for stop, length, tool calls).
    """

    name: str
    cls: str
    at: str  # of server.url
    ordinary: str
    finish: tuple
    settings: dict = dataclasses.field(default_factory=dict)
    thinking: dict = dataclasses.field(default_factory=dict)
    shows_thoughts: bool = True
    thinker: str = "fake-think"
    key_variable: str = ""
    key_argument: str = ""

    def model(self, server, name="fake-hello", **settings):
        kind = getattr(importlib.import_module("minichat"), self.cls)
        given = {"model": name, "base_url": server.url(self.at), "api_key": "sk-any", **self.settings, **settings}
        return kind(**given)


CHAT = ("finish_reason", "stop", "length", "tool_calls")
ROWS = [
    Row(
        "openai", "ChatOpenAI", "openai", "gpt-4o-mini", CHAT,
        settings={"stream_usage": True}, shows_thoughts=False, key_variable="OPENAI_API_KEY", key_argument="openai_api_key",
    ),
    Row(
        "responses", "ChatOpenAI", "openai", "gpt-5-mini", ("status", "completed", "incomplete", "completed"),
        settings={"use_responses_api": True}, thinking={"reasoning": {"effort": "low", "summary": "auto"}},
        key_variable="OPENAI_API_KEY", key_argument="openai_api_key",
    ),
    Row(
        "anthropic", "ChatAnthropic", "anthropic", "claude-sonnet-4-5", ("stop_reason", "end_turn", "max_tokens", "tool_use"),
        thinking={"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 4096},
        key_variable="ANTHROPIC_API_KEY", key_argument="anthropic_api_key",
    ),
    Row(
        "mistral", "ChatMistralAI", "mistral", "mistral-large-latest", CHAT, thinking={"model_kwargs": {"reasoning_effort": "high"}},
        key_variable="MISTRAL_API_KEY", key_argument="mistral_api_key",
    ),
    Row(
        "fireworks", "ChatFireworks", "fireworks", "accounts/fireworks/models/llama-v3p3-70b-instruct", CHAT,
        key_variable="FIREWORKS_API_KEY", key_argument="fireworks_api_key",
    ),
    Row(
        "google", "ChatGoogleGenerativeAI", "gemini", "gemini-2.5-flash", ("finish_reason", "STOP", "MAX_TOKENS", "STOP"),
        thinking={"include_thoughts": True}, key_variable="GOOGLE_API_KEY", key_argument="google_api_key",
    ),
    Row(
        "together", "ChatTogether", "together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", CHAT,
        key_variable="TOGETHER_API_KEY", key_argument="together_api_key",
    ),
]  # fmt: skip

every_provider = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
