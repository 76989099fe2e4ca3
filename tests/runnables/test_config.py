"""How a call's config reaches its run and the runs below it: passed on, merged, and found by users' code."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from minichat import ConfigurationError, RunnableLambda, RunnableParallel, ensure_config, merge_configs, patch_config
from minichat import context as context_module
from minichat.backends.blocking import backend
from minichat.context import Context, ambient, register_hook
from minichat.runnables.config import get_config_list, run_in_executor, set_config_context

from ..language_models.calling import call, every_way, whole
from .telling import Told


class Seen(Told):
    """Starts only: name -> (tags, metadata)."""

    def starts(self):
        return {name: (kwargs["tags"], kwargs["metadata"]) for event, name, _, kwargs in self.events if event == "start"}


def same(x):
    return x


async def asame(x):
    return x


STEP = RunnableLambda(same, asame)


@every_way
def test_tags_and_metadata_go_down_and_names_and_ids_do_not(way):
    seen = Seen()
    run_id = uuid.uuid4()
    config = {"callbacks": [seen], "tags": ["t"], "metadata": {"m": 1}, "run_name": "root", "run_id": run_id}
    call(STEP | STEP.with_config(tags=["own"], metadata={"o": 2}, run_name="second"), way, 1, config)
    assert seen.starts() == {
        "root": (["t"], {"m": 1}),
        "same": (["seq:step:1", "t"], {"m": 1}),
        "second": (["seq:step:2", "own", "t"], {"m": 1, "o": 2}),
    }
    [root] = [one for one, name in seen.names.items() if name == "root"]
    assert root == run_id and set(seen.parents.values()) == {None, run_id}


@whole
def test_what_a_function_calls_is_below_its_run_with_and_without_config(way):
    seen = Seen()
    inner = RunnableLambda(same, asame, name="inner")

    def outer(x, config):
        return inner.invoke(x) + inner.invoke(x, config) + inner.invoke(x, {"tags": ["own"]})

    call(RunnableLambda(outer, name="outer"), way, 1, {"callbacks": [seen], "tags": ["t"]})
    inner_tags = [kwargs["tags"] for event, name, _, kwargs in seen.events if (event, name) == ("start", "inner")]
    assert inner_tags == [["t"], ["t"], ["t", "own"]]
    [top] = [one for one, parent in seen.parents.items() if parent is None]
    assert all(parent in (None, top) for parent in seen.parents.values())
    assert ambient.get() is None


def test_side_by_side_runs_keep_their_parents_in_threads_and_tasks():
    inner = RunnableLambda(same, asame, name="inner")

    async def acalls(x):
        return await inner.ainvoke(x)

    for way in ("invoke", "ainvoke", "stream", "astream"):
        seen = Seen()
        branch = RunnableLambda(lambda x: inner.invoke(x), acalls, name="branch")
        call(RunnableParallel(a=branch, b=branch), way, 1, {"callbacks": [seen]})
        parents = [seen.names[parent] for one, parent in seen.parents.items() if seen.names[one] == "inner"]
        assert parents == ["branch", "branch"]
        assert set(seen.outcomes().values()) == {"end"}


def test_a_generator_of_a_user_has_its_run_around_each_of_its_steps():
    inner, seen = RunnableLambda(same, name="inner"), Seen()

    def flow(x):
        yield inner.invoke("a")
        yield inner.invoke("b")

    stream = RunnableLambda(flow, name="flow").stream(1, {"callbacks": [seen]})
    assert next(stream) == "a"
    assert ambient.get() is None, "the run leaked to the consumer"
    assert list(stream) == ["b"]
    [top] = [one for one, parent in seen.parents.items() if parent is None]
    assert [seen.parents[one] for one, name in seen.names.items() if name == "inner"] == [top, top]


@pytest.mark.parametrize(
    "config, words",
    [
        (3, "config= takes a dictionary, not int"),
        ({"callbacks": 3}, "config\\['callbacks'\\] takes a list of handlers or a CallbackManager"),
        ({"tags": "t"}, "tags= takes a list of texts, not 't'"),
        ({"max_concurrency": 0}, "config\\['max_concurrency'\\]"),
        ({"run_id": "x"}, "config\\['run_id'\\]"),
    ],
)
@whole
def test_a_config_that_cannot_be_used_is_refused_by_key(way, config, words):
    with pytest.raises(ConfigurationError, match=words):
        call(STEP, way, 1, config)


def test_hooks_give_handlers_nobody_passed(monkeypatch):
    monkeypatch.setattr(context_module, "_hooks", [])
    own, inherited, on = Seen(), Seen(), [True]
    register_hook(lambda: (own, False) if on else None)
    register_hook(lambda: (inherited, True) if on else None)
    (STEP | STEP).invoke(1)
    assert set(own.names.values()) == {"RunnableSequence"}
    assert sorted(inherited.names.values()) == ["RunnableSequence", "same", "same"]
    on.clear()
    (STEP | STEP).invoke(1)
    assert len(own.names) == 1


def test_a_context_gives_back_the_config_it_was_made_of():
    given = {
        "tags": ["t"], "metadata": {"m": 1}, "recursion_limit": 3, "configurable": {"c": 1},
        "max_concurrency": 2, "run_name": "n", "run_id": uuid.uuid4(),
    }  # fmt: skip
    back = Context.of(given, backend).config()
    manager = back.pop("callbacks")
    assert back == given and manager.parent_run_id is None
    again = Context.of({**back, "callbacks": manager}, backend)
    assert again.tags == ("t",) and dict(again.metadata) == {"m": 1}


def test_unknown_keys_are_choices_of_the_call():
    context = Context.of({"mine": 1, "configurable": {"model": "m", "other": "o"}}, backend)
    assert dict(context.configurable) == {"mine": 1, "model": "m", "other": "o"}
    assert dict(context.metadata) == {"model": "m"}
    assert ensure_config({"mine": 1})["configurable"] == {"mine": 1}


def test_configs_are_merged_and_patched_by_their_rules():
    one = {"tags": ["b"], "metadata": {"a": 1, "b": 1}, "run_name": "one", "recursion_limit": 7, "callbacks": [1]}
    two = {"tags": ["a", "b"], "metadata": {"b": 2}, "callbacks": [2], "configurable": {"x": 1}}
    merged = merge_configs(one, None, two)
    assert merged["tags"] == ["a", "b"] and merged["metadata"] == {"a": 1, "b": 2}
    assert merged["callbacks"] == [1, 2] and merged["recursion_limit"] == 7 and merged["run_name"] == "one"
    patched = patch_config({"run_name": "n", "run_id": 1, "configurable": {"a": 1}}, callbacks=[3], configurable={"b": 2})
    assert "run_name" not in patched and "run_id" not in patched
    assert patched["callbacks"] == [3] and patched["configurable"] == {"a": 1, "b": 2}


def test_a_list_of_configs_is_as_long_as_it_must_be():
    assert [one["tags"] for one in get_config_list({"tags": ["t"]}, 2)] == [["t"], ["t"]]
    assert [one["tags"] for one in get_config_list([{"tags": ["a"]}, {}], 2)] == [["a"], []]
    with pytest.raises(ValueError, match="got 1 configs for 2 inputs"):
        get_config_list([{}], 2)
    with pytest.raises(ValueError, match="length must be >= 0"):
        get_config_list({}, -1)
    with pytest.warns(RuntimeWarning, match="first element"):
        first, second = get_config_list({"run_id": 1}, 2)
    assert first["run_id"] == 1 and "run_id" not in second


def test_a_config_can_be_put_around_code():
    seen = Seen()
    with set_config_context({"callbacks": [seen], "tags": ["t"]}) as inside:
        inside.run(STEP.invoke, 1)
    assert seen.starts() == {"same": (["t"], {})}
    assert ambient.get() is None


def test_functions_run_in_threads_with_the_callers_variables():
    import contextvars
    from concurrent.futures import ThreadPoolExecutor

    variable = contextvars.ContextVar("variable", default="none")

    def stop():
        raise StopIteration

    async def main():
        variable.set("mine")
        assert await run_in_executor(None, variable.get) == "mine"
        assert await run_in_executor({"max_concurrency": 1}, int, "7") == 7
        with ThreadPoolExecutor(1) as executor:
            assert await run_in_executor(executor, int, "8") == 8
        with pytest.raises(RuntimeError):
            await run_in_executor(None, stop)

    asyncio.run(main())


def test_coroutine_handlers_are_run_to_their_end_on_both_sides():
    heard = []

    class Handler:
        async def on_chain_start(self, *args, name, **kwargs):
            await asyncio.sleep(0)
            heard.append(name)

    STEP.invoke(1, {"callbacks": [Handler()]})
    asyncio.run(STEP.ainvoke(1, {"callbacks": [Handler()]}))

    async def inside_a_loop():
        STEP.invoke(1, {"callbacks": [Handler()]})

    asyncio.run(inside_a_loop())
    assert heard == ["same"] * 3
