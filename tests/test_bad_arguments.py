"""What a caller may get wrong: the error names the argument, and says what it takes."""

from __future__ import annotations

import asyncio

import pytest

import fakes
import minichat
from minichat import ChatOpenAI, FakeListChatModel, RunnableLambda, errors, get_llm_cache, set_llm_cache

CLASSES = ("ChatOpenAI", "ChatAnthropic", "ChatMistralAI", "ChatFireworks", "ChatGoogleGenerativeAI", "ChatTogether")
SETTINGS = [
    ({"base_url": 3}, "base_url= takes a text, not int"),
    ({"base_url": ["http://x"]}, "base_url= takes a text, not list"),
    ({"base_url": "http://"}, "base_url must name a host"),
    ({"base_url": "http://x:99999/v1"}, "a port from 1 to 65535 if any, not 'x:99999'"),
    ({"base_url": "localhost:8000"}, "base_url must start with http://"),
    ({"default_headers": ["Authorization: secret"]}, "default_headers= takes a dictionary, not list"),
    ({"default_query": "key=secret"}, "default_query= takes a dictionary, not str"),
    ({"model_kwargs": "secret"}, "model_kwargs= takes a dictionary, not str"),
    ({"extra_body": [1]}, "extra_body= takes a dictionary, not list"),
    ({"metadata": [1]}, "metadata= takes a dictionary, not list"),
    ({"model": ""}, "model= takes the name of a model"),
    ({"max_retries": -1}, "max_retries= takes a whole number from 0"),
    ({"timeout": float("nan")}, "timeout= takes seconds above 0"),
]


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("settings, told", SETTINGS)
def test_a_setting_that_cannot_be_meant_is_named_at_construction(name, settings, told):
    with pytest.raises(errors.ConfigurationError) as caught:
        getattr(minichat, name)(**{"model": "m", "api_key": "k", **settings})
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_proxy_that_is_no_text_is_named():
    with pytest.raises(errors.ConfigurationError, match="proxy= takes a text, not int"):
        ChatOpenAI(api_key="k", proxy=3)


@pytest.mark.parametrize("name", CLASSES)
def test_the_warning_of_an_unknown_setting_names_the_one_that_is_like_it(name):
    with pytest.warns(UserWarning, match=r"'temprature'; it is sent as a request field.*; did you mean temperature="):
        getattr(minichat, name)(model="m", api_key="k", temprature=1)


def test_a_field_that_is_like_no_setting_is_only_told_of():
    with pytest.warns(UserWarning, match=r"model_kwargs=\{'grammar_of': ...\}$"):
        ChatOpenAI(api_key="k", grammar_of=1)


FIELDS = [
    ({"temperature": float("nan")}, "temperature="),
    ({"seed": object()}, "seed="),
    ({"logit_bias": {"5": float("inf")}}, "logit_bias.5="),
    ({"tools": [{"type": "function"}, {"type": {1, 2}}]}, "tools[1].type="),
]


@pytest.mark.parametrize("fields, place", FIELDS)
def test_a_request_field_that_json_cannot_say_is_named_by_its_place(fields, place):
    model = ChatOpenAI(api_key="k", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(errors.ConfigurationError) as caught:
        model.invoke("hi", **fields)
    assert str(caught.value).startswith(place + " holds what JSON cannot say: ")


def test_a_field_that_contains_itself_is_named_in_a_few_words():
    around = []
    around.append({"again": around})
    model = ChatOpenAI(api_key="k", base_url="http://127.0.0.1:9/v1", model_kwargs={"around": around})
    for _ in range(80):  # PyPy meets the end of the stack at another place once it is warm
        with pytest.raises(errors.ConfigurationError, match=r"^around\[0\]\.again.* holds what JSON") as caught:
            model.invoke("hi")
        assert len(str(caught.value)) < 400


async def awaited(model):
    async with model:
        assert (await model.ainvoke("hi")).content == "Hello from fakes."


@pytest.mark.parametrize("timeout", (float("inf"), (float("inf"), 1e30), 1e10))
def test_a_timeout_that_no_clock_can_count_is_none(timeout):
    with fakes.serve() as server:
        model = ChatOpenAI(
            model="fake-hello", base_url=server.url("openai"), api_key="k", max_retries=0, timeout=timeout
        )
        assert model.invoke("hi", timeout=timeout).content == "".join(chunk.content for chunk in model.stream("hi"))
        asyncio.run(awaited(model))
        model.close()


def plus_one(value):
    return value + 1


CALLS = [
    (lambda step: step.invoke(1, {"tags": 3}), "tags= takes a list of texts, not 3"),
    (lambda step: step.invoke(1, {"tags": "one"}), "tags= takes a list of texts, not 'one'"),
    (lambda step: step.invoke(1, {"metadata": "m"}), "metadata= takes a dictionary, not str"),
    (lambda step: step.invoke(1, {"metadata": ["m"]}), "metadata= takes a dictionary, not list"),
    (lambda step: step.pick("a").invoke(1), "The input to RunnablePick must be a dict, not int."),
    (lambda step: step.with_config(3), "config= takes a dictionary, not int"),
    (lambda step: step.with_config("tags"), "config= takes a dictionary, not str"),
    (lambda step: step.with_fallbacks(step), "fallbacks= takes a list of runnables, not RunnableLambda"),
    (lambda step: step.with_fallbacks([3]), "fallbacks= takes a list of runnables, not [3]"),
    (lambda step: step.with_fallbacks([step, plus_one]), "fallbacks= takes a list of runnables"),
    (lambda step: step.with_retry(stop_after_attempt="two"), "stop_after_attempt= takes a whole number from 1"),
    (lambda step: step.with_retry(stop_after_attempt=-1), "or 0 for no end, not -1"),
    (lambda step: step.with_retry(retry_if_exception_type=("ValueError",)), "retry_if_exception_type= takes exception"),
    (lambda step: step.with_retry(retry_if_exception_type="ValueError"), "retry_if_exception_type= takes exception"),
    (lambda step: step.with_retry(retry_if_exception_type=5), "retry_if_exception_type= takes exception"),
    (lambda step: step.with_retry(retry_if_exception_type=None), "retry_if_exception_type= takes exception"),
    (lambda step: step.with_retry(retry_if_exception_type=["KeyError"]), "retry_if_exception_type= takes exception"),
    (lambda step: step.with_retry(retry_if_exception_type={KeyError}), "retry_if_exception_type= takes exception"),
    (lambda step: FakeListChatModel(responses=["a"], tags=5), "tags= takes a list of texts, not 5"),
    (lambda step: FakeListChatModel(responses=["a"], tags=b"ab"), "tags= takes a list of texts, not b'ab'"),
    (lambda step: FakeListChatModel(responses=["a"], metadata=5), "metadata= takes a dictionary, not int"),
]


@pytest.mark.parametrize("call, told", CALLS)
def test_an_argument_of_a_call_that_cannot_be_meant_is_named(call, told):
    with pytest.raises(errors.ConfigurationError) as caught:
        call(RunnableLambda(plus_one))
    assert told in str(caught.value)


def test_what_is_no_cache_is_named_where_it_is_set():
    with pytest.raises(TypeError, match="set_llm_cache takes a cache such as InMemoryCache.., or None, not str"):
        set_llm_cache("memory")
    assert get_llm_cache() is None


@pytest.mark.parametrize("types", [KeyError, (KeyError,), [KeyError], lambda error: isinstance(error, KeyError)])
def test_what_is_given_for_retries_is_all_that_is_tried_again(types):
    asked = []

    def fails(error):
        asked.append(error)
        raise error

    step = RunnableLambda(fails).with_retry(
        retry_if_exception_type=types, wait_exponential_jitter=False, stop_after_attempt=2
    )
    for error in (ValueError("no"), KeyError("yes")):
        with pytest.raises(type(error)):
            step.invoke(error)
    assert [type(error) for error in asked] == [ValueError, KeyError, KeyError]
