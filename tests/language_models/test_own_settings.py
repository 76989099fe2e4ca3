"""What a model is made with for the program around it: who listens, tags, metadata, verbose, and its tokens."""

import copy
import logging
import pickle

import pytest

from minichat import (
    AIMessage,
    BaseChatModel,
    ChatOpenAI,
    ConfigurationError,
    FakeListChatModel,
    HumanMessage,
    InMemoryCache,
    InMemoryRateLimiter,
)
from minichat.callbacks import BaseCallbackHandler, CallbackManager, StdOutCallbackHandler
from minichat.globals import set_debug, set_verbose
from minichat.messages import count_tokens_approximately
from minichat.runnables import RunnableLambda

from .calling import call, every_way, whole
from .recording import Log, Streaming, Whole, result


@every_way
@pytest.mark.parametrize("how", ["list", "manager"])
def test_a_models_own_handlers_tags_and_metadata_are_told_of_its_runs(way, how):
    own, given = Log(), Log()
    callbacks = [own] if how == "list" else CallbackManager([own])
    model = Streaming(callbacks=callbacks, tags=["own", "both"], metadata={"k": "own", "mine": 1})
    call(model, way, "a")
    call(model, way, "a", config={"callbacks": [given], "tags": ["both", "call"], "metadata": {"k": "call", "c": 2}})
    assert own.events == [*given.events] * 2
    (_, _, first), (_, _, second) = own.started
    assert (first["tags"], second["tags"]) == (["own", "both"], ["call", "own", "both"])
    assert (first["metadata"]["k"], second["metadata"]["k"]) == ("own", "own")
    assert (second["metadata"]["mine"], second["metadata"]["c"]) == (1, 2)


@every_way
def test_they_are_not_told_of_other_runs(way):
    own, given = Log(), Log()
    chain = Whole(callbacks=[own], tags=["own"]) | RunnableLambda(lambda message: message.content) | Whole()
    call(chain, way, "a", config={"callbacks": [given]})
    assert own.events == ["start", "end"]
    assert [told["tags"] for _, _, told in given.started] == [["seq:step:1", "own"], ["seq:step:3"]]


@whole
def test_a_handler_of_both_is_told_once(way):
    log = Log()
    call(Whole(callbacks=[log]), way, "a", config={"callbacks": [log]})
    assert log.events == ["start", "end"]


# -- verbose ---------------------------------------------------------------------------------------


class Seen(Whole):
    """Notes the handlers of its run."""

    handlers: list = []

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self.handlers.extend(run_manager.handlers)
        return result("x")


@whole
def test_a_verbose_model_prints_once(way):
    model = Seen(verbose=True)
    call(model, way, "a")
    assert [type(handler) for handler in model.handlers] == [StdOutCallbackHandler]
    model = Seen(verbose=True)
    call(model, way, "a", config={"callbacks": [StdOutCallbackHandler()]})
    assert len(model.handlers) == 1


def test_verbose_is_what_was_set_for_all_when_the_model_was_made():
    assert Seen().verbose is False
    set_verbose(True)
    try:
        models = [Seen(), Seen(verbose=None), Seen(verbose=False)]
    finally:
        set_verbose(False)
    assert [model.verbose for model in models] == [True, True, False]
    assert Seen(verbose=None).verbose is False


def test_debug_prints_more_than_verbose_would(capsys):
    model = Seen(verbose=True)
    set_debug(True)
    try:
        model.invoke("a")
    finally:
        set_debug(False)
    assert StdOutCallbackHandler not in [type(handler) for handler in model.handlers]
    assert "[llm/start]" in capsys.readouterr().out


# -- a model is a value ----------------------------------------------------------------------------


class Unprintable(BaseCallbackHandler):
    def __repr__(self):
        raise RuntimeError("not to be printed")

    def __reduce__(self):
        raise RuntimeError("not to be pickled")

    def __deepcopy__(self, memo):
        raise RuntimeError("not to be copied")


OBJECTS = {
    "callbacks": [Unprintable()],
    "cache": InMemoryCache(),
    "rate_limiter": InMemoryRateLimiter(),
    "custom_get_token_ids": lambda text: [1],
}


def models(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    kept = {**OBJECTS, "tags": ["t"], "metadata": {"k": 1}, "disable_streaming": True, "verbose": False}
    return [ChatOpenAI(**kept), FakeListChatModel(responses=["a"], **kept)]


def test_objects_are_not_printed(monkeypatch):
    texts = [repr(model) for model in models(monkeypatch)]
    assert texts == [
        "ChatOpenAI(tags=['t'], metadata={'k': 1}, disable_streaming=True)",
        "FakeListChatModel(tags=['t'], metadata={'k': 1}, disable_streaming=True, responses=['a'])",
    ]


def test_a_pickle_leaves_the_objects_of_this_process_behind(monkeypatch):
    for model in models(monkeypatch):
        found = pickle.loads(pickle.dumps(model))
        assert [getattr(found, name) for name in OBJECTS] == [None] * 4
        assert (found.tags, found.metadata, found.disable_streaming) == (["t"], {"k": 1}, True)
    for kind in (lambda **kept: ChatOpenAI(**kept), lambda **kept: FakeListChatModel(responses=["a"], **kept)):
        assert pickle.loads(pickle.dumps(kind(cache=False))).cache is False
        assert pickle.loads(pickle.dumps(kind(cache=True))).cache is True


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_shares_them(monkeypatch, copied):
    for model in models(monkeypatch):
        found = copied(model)
        assert all(getattr(found, name) is getattr(model, name) for name in OBJECTS)
    fake = models(monkeypatch)[1]
    found = copied(fake)
    found.i = 5
    assert fake.i == 0 and (found.responses is fake.responses) is (copied is copy.copy)


def test_a_model_behind_a_provider_stays_immutable(monkeypatch):
    model = models(monkeypatch)[0]
    for name in (*OBJECTS, "tags", "verbose"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(model, name, None)


REFUSED = [
    ({"cache": 1}, "cache="),
    ({"cache": {}}, "cache="),
    ({"callbacks": Unprintable()}, "callbacks="),
    ({"callbacks": "x"}, "callbacks="),
    ({"tags": "x"}, "tags="),
    ({"rate_limiter": 5}, "rate_limiter="),
    ({"disable_streaming": "yes"}, "disable_streaming="),
]


@pytest.mark.parametrize("settings, names", REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_is_refused_when_the_model_is_made(settings, names):
    with pytest.raises(ConfigurationError, match=names):
        Whole(**settings)


def test_a_subclass_with_an_init_of_its_own_that_calls_nothing_works():
    class Own(BaseChatModel):
        def __init__(self):
            self.text = "hello"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result(self.text)

    assert Own().invoke("x").content == "hello"


# -- tokens ----------------------------------------------------------------------------------------


def test_tokens_are_counted_approximately():
    model = Whole()
    assert [model.get_num_tokens(text) for text in ("", "a", "abcd", "abcde", "é" * 8)] == [0, 1, 1, 2, 2]
    ids = model.get_token_ids("abcdabcdxyz")
    assert ids[0] == ids[1] != ids[2]
    assert model.get_token_ids("\ud800")  # half an emoji is no reason to fail
    messages = [HumanMessage("How are you?"), AIMessage("Fine.")]
    assert model.get_num_tokens_from_messages(messages) == count_tokens_approximately(messages)
    tools = [{"type": "function", "function": {"name": "f"}}]
    counted = count_tokens_approximately(messages, tools=tools)
    assert model.get_num_tokens_from_messages(messages, tools) == counted > count_tokens_approximately(messages)


class Counting(Whole):
    def get_token_ids(self, text):
        return [ord(letter) for letter in text]


@pytest.mark.parametrize("model", [Whole(custom_get_token_ids=lambda text: [*map(ord, text)]), Counting()])
def test_a_tokenizer_of_ones_own_is_asked_for_everything(model):
    assert model.get_token_ids("ab") == [97, 98]
    assert model.get_num_tokens("ab") == 2
    assert model.get_num_tokens_from_messages([HumanMessage("ab"), AIMessage("c")]) == len("Human: ab") + len("AI: c")
    with pytest.warns(UserWarning, match="tools are not counted") as caught:
        model.get_num_tokens_from_messages([HumanMessage("ab")], tools=[{}])
    assert caught[0].filename == __file__


def test_nothing_is_logged_by_all_this(caplog):
    with caplog.at_level(logging.WARNING):
        Whole(callbacks=[Log()], tags=["t"], verbose=True).invoke("a")
    assert caplog.text == ""
