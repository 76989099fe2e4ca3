"""The quick-start's tabs: each provider's class with the very arguments the page prints, on the fake server.

The page leaves the address to the environment; so does this. Its calls are made for each provider, sync and async.
"""

from __future__ import annotations

import asyncio
import importlib
import pathlib
import re

import pytest

import fakes
from minichat import HumanMessage, SystemMessage

PAGE = pathlib.Path(__file__).resolve().parents[2] / "shared" / "quickstart.fr.md"
# tab -> (class, name on the fake, environment variable of its address, arguments as the page prints them)
TABS = {
    "anthropic": ("ChatAnthropic", "anthropic", "ANTHROPIC_BASE_URL", 'model="claude-3-sonnet-20240229", api_key="..."'),
    "openai": ("ChatOpenAI", "openai", "OPENAI_BASE_URL", 'model="gpt-3.5-turbo-0125", api_key="..."'),
    "mistral": ("ChatMistralAI", "mistral", "MISTRAL_BASE_URL", 'model="mistral-large-latest", api_key="..."'),
    "fireworks": ("ChatFireworks", "fireworks", "FIREWORKS_BASE_URL", 'model="accounts/fireworks/models/mixtral-8x7b-instruct", api_key="..."'),
    "google": ("ChatGoogleGenerativeAI", "google", "GOOGLE_GEMINI_BASE_URL", 'model="gemini-pro", google_api_key="..."'),
    "together": ("ChatTogether", "together", "TOGETHER_BASE_URL", ', together_api_key="..."'),
}  # fmt: skip
MESSAGES = [
    SystemMessage(content="You're a helpful assistant"),
    HumanMessage(content="What is the purpose of model regularization?"),
]


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as server:
        yield server


@pytest.fixture(params=TABS)
def chat(request, server, monkeypatch):
    cls, at, variable, arguments = TABS[request.param]
    monkeypatch.setenv(variable, server.url(at))
    kind = getattr(importlib.import_module("minichat"), cls)
    return eval(f"kind({arguments.lstrip(', ')})", {"kind": kind})


def test_the_tabs_are_those_of_the_page():
    if not PAGE.is_file():
        pytest.skip("the quick-start's page is not beside this repository")
    tabs = re.findall(r"(\w+)Params=\{`(.*)`\}", PAGE.read_text(encoding="utf-8"))
    assert dict(tabs) == {name: row[3] for name, row in TABS.items()}


def test_every_call_of_the_page_is_answered(chat):
    whole = str(chat.invoke(MESSAGES).text)
    assert "overfitting" in whole
    assert "".join(str(chunk.text) for chunk in chat.stream(MESSAGES)) == whole
    assert [str(one.text) for one in chat.batch([MESSAGES, MESSAGES])] == [whole] * 2

    async def on_a_loop():
        assert str((await chat.ainvoke(MESSAGES)).text) == whole
        assert "".join([str(chunk.text) async for chunk in chat.astream(MESSAGES)]) == whole
        assert [str(one.text) for one in await chat.abatch([MESSAGES])] == [whole]
        patches = [patch async for patch in chat.astream_log(MESSAGES)]
        assert len(patches) > 2
        assert str(chat.invoke(MESSAGES).text) == whole  # a notebook's loop runs

    asyncio.run(on_a_loop())
    with pytest.warns(DeprecationWarning):
        assert str(chat(MESSAGES).text) == whole
    result = chat.generate([MESSAGES, MESSAGES])
    assert [str(one[0].message.text) for one in result.generations] == [whole] * 2
    assert isinstance(result.llm_output, dict)  # LangChain's ChatAnthropic combines to {}
