"""Forks and pickles: a child shares settings with its parent, never a connection and never a key."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import sys
import traceback

import pytest

from minichat import ChatOpenAI

from . import ways
from .servers import Server, echo

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
# Python 3.12 warns of every fork beside threads; the test server has some.
quiet = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@pytest.fixture(scope="module", autouse=True)
def helper_process():
    """Start what `multiprocessing` starts once and keeps: its descriptor is none of ours."""
    if hasattr(os, "fork"):
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()


def in_child(body):
    """Run `body` in a forked child; fail here when it fails there."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            body()
            status = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0


@forks
@quiet
@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_a_child_opens_its_own_connection_and_the_parent_keeps_its(way):
    def child():
        assert ways.ask_all(way, model, ["child 1", "child 2"]) == ["child 1", "child 2"]

    with Server(echo) as server:
        model = ways.model_for(server)
        assert ways.ask(way, model, "parent 1") == "parent 1"
        in_child(child)
        assert ways.ask(way, model, "parent 2") == "parent 2"
        in_child(child)
        assert ways.ask(way, model, "parent 3") == "parent 3"
        used = {}
        for request in server.requests:
            used.setdefault(request.connection, []).append(request.json["messages"][0]["content"])
        assert list(used.values()) == [
            ["parent 1", "parent 2", "parent 3"],
            ["child 1", "child 2"],
            ["child 1", "child 2"],
        ]


@forks
@quiet
def test_what_a_child_closes_stays_open_in_the_parent():
    def child():
        model.close()
        assert ways.ask("invoke", model, "child") == "child"
        model.close()

    with Server(echo) as server:
        model = ways.model_for(server)
        assert ways.ask("invoke", model, "parent 1") == "parent 1"
        in_child(child)
        assert ways.ask("invoke", model, "parent 2") == "parent 2"
        assert server.opened == 2


@forks
@quiet
def test_a_child_that_drops_the_parents_connections_does_so_without_a_warning():
    def child():
        import gc
        import warnings

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert ways.ask("invoke", model, "child") == "child"
            gc.collect()
        assert not [str(one.message) for one in caught if one.category is ResourceWarning]

    with Server(echo) as server:
        model = ways.model_for(server)
        ways.ask("invoke", model, "parent")
        in_child(child)


@forks
@quiet
def test_both_may_ask_at_the_same_time():
    with Server(echo) as server:
        model = ways.model_for(server)
        ways.ask("invoke", model, "before")
        texts = [f"question {number}" for number in range(50)]
        pid = os.fork()
        if pid == 0:
            os._exit(0 if ways.ask_all("invoke", model, texts) == texts else 1)
        answers = ways.ask_all("invoke", model, texts)
        assert os.waitpid(pid, 0)[1] == 0
        assert answers == texts
        assert server.opened == 2


@forks
@quiet
@pytest.mark.parametrize("way", ["ainvoke", "astream"])
def test_a_child_forked_inside_a_loop_runs_a_loop_of_its_own(way):
    def child():
        # What the parent's loop left in this thread, as multiprocessing does it for its children.
        asyncio.events._set_running_loop(None)
        assert ways.ask_all(way, model, ["child 1", "child 2"]) == ["child 1", "child 2"]

    async def main():
        assert (await model.ainvoke("parent 1")).content == "parent 1"
        in_child(child)
        assert (await model.ainvoke("parent 2")).content == "parent 2"

    with Server(echo) as server:
        model = ways.model_for(server)
        asyncio.run(main())
        assert server.opened == 2


def spawned(model, text):
    return model.invoke(text).content


def test_a_model_goes_to_a_spawned_process_with_its_key_left_to_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    with Server(echo) as server:
        model = ChatOpenAI(model="m", base_url=server.base_url, temperature=0.5, max_retries=0)
        assert model.invoke("here").content == "here"
        assert b"sk-from-the-environment" not in pickle.dumps(model)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.apply(spawned, (model, "there")) == "there"
            pool.close()
            pool.join()
        here, there = server.requests
        assert here.connection != there.connection
        assert there.headers["authorization"] == "Bearer sk-from-the-environment"
        assert there.json["temperature"] == 0.5
        model.close()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickled_model_asks_as_the_one_it_came_from(protocol, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    with Server(echo) as server:
        model = ChatOpenAI(model="m", base_url=server.base_url, seed=3, timeout=(2, 9))
        data = pickle.dumps(model, protocol)
        assert b"sk-from" not in data
        monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
        twin = pickle.loads(data)
        assert twin.invoke("x").content == "x"
        assert repr(twin) == repr(model)
        assert server.requests[0].headers["authorization"] == "Bearer sk-another"
        twin.close()


@pytest.mark.parametrize(
    "settings, reason",
    [
        (dict(api_key="sk-given"), "api_key="),
        (dict(api_key=lambda: "sk-given"), "api_key="),
        (dict(proxy="http://u:secret@gate.test:1"), "proxy password"),
        (dict(default_headers={"api-key": "secret"}), "default_headers="),
        (dict(client_cert=("a", "b", "secret")), "client_cert="),
    ],
)
def test_a_model_that_holds_a_secret_is_not_pickled_and_says_why(settings, reason, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    with pytest.raises(TypeError, match=reason) as caught:
        pickle.dumps(ChatOpenAI(model="m", **settings))
    assert "sk-given" not in str(caught.value)
    assert "secret" not in str(caught.value).replace("secrets", "")
