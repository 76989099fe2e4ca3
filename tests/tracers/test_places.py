"""Where runs stand: late children, parents from outside, several threads; and that nothing is kept of them."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import threading
from datetime import datetime, timezone
from uuid import UUID

import pytest

import minichat.context
from minichat.runnables import RunnableLambda, RunnableParallel
from minichat.tracers.base import BaseTracer
from minichat.tracers.langsmith import LangChainTracer, RunTree, switch, traceable, tracing_context
from minichat.tracers.langsmith import tracer as module
from minichat.tracers.places import Place, Recent
from minichat.tracers.schemas import Run
from tests.tracers.feeding import end, fail, number, start, tell
from tests.tracers.langsmith.sink import Sink, forget_langsmith

TRACE, ABOVE = UUID("11111111-1111-4111-8111-111111111111"), UUID("22222222-2222-4222-8222-222222222222")
ORDER = f"20260102T030405678901Z{TRACE}.20260102T030405678902Z{ABOVE}"


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    forget_langsmith(monkeypatch)
    monkeypatch.setattr(switch, "_tracers", {})
    monkeypatch.setattr(switch, "_latest", None)
    monkeypatch.setattr(minichat.context, "_tracing", None)
    monkeypatch.setattr(module, "_attached", Recent(10))


class Kept(BaseTracer):
    """Keeps every run that began."""

    def __init__(self):
        super().__init__()
        self.runs = {}

    def _persist_run(self, run):
        pass

    def _on_run_create(self, run):
        self.runs[run.id.int] = run

    def above(self, run):
        """The small numbers of the parent, and of the trace."""
        found = self.runs[run]
        return found.parent_run_id and found.parent_run_id.int, found.trace_id.int


def is_empty(tracer):
    return (tracer._runs, tracer._places, tracer._below) == ({}, {}, {})


def told_inside(tracer, events):
    """`tell`, also from inside of an event loop or another telling."""
    for method, run, parent, args, kwargs in events:
        getattr(tracer, method)(*args, run_id=number(run), parent_run_id=number(parent), **kwargs)


def step(name):
    return RunnableLambda(lambda x: x, name=name)


# -- the place itself --------------------------------------------------------------------------


def at(second):
    return datetime(2026, 1, 2, 3, 4, second, tzinfo=timezone.utc)


def test_a_place_is_copied_and_pickled_alone():
    place = None
    for depth in range(500):
        place = Place(number(depth), number(0), at(0), place)
        assert place.text.count(".") == depth
    for other in (copy.deepcopy(place), pickle.loads(pickle.dumps(place))):
        assert (other.id, other.trace_id, other.start) == (place.id, place.trace_id, place.start)
        assert (other.text, other.run_id, other.above) == (place.text, str(place.id), None)


def test_a_place_deeper_than_the_stack_is_written_out():
    place = None
    for depth in range(5000):
        place = Place(number(depth), number(0), at(0), place)
        if depth == 2000:
            assert place.text.count(".") == 2000
    assert place.text.count(".") == 4999 and place.text.startswith(place.top.text + ".")
    assert place.above.text == place.text.rpartition(".")[0]


def test_two_who_find_the_newest_places_full_let_the_oldest_go_once():
    class Slow(dict):
        def __len__(self):
            if meanwhile:
                meanwhile.pop()()
            return super().__len__()

    def others():
        add(3)  # finds it full, and lets the oldest go
        add(4)

    def add(mark):
        recent.add(Place(number(mark), number(0), None, text=str(mark)))

    recent, meanwhile = Recent(2), []
    recent._generations = (Slow(), *recent._generations[1:])
    add(0)
    add(1)
    meanwhile.append(others)
    add(2)  # so does this one, but has not looked before the others are through
    assert [recent.get(number(mark).int) is not None for mark in range(5)] == [True] * 5


@pytest.mark.parametrize(
    "moment, told",
    [
        (datetime(2026, 1, 2, 3, 4, 5, 6, timezone.utc), "20260102T030405000006Z"),
        (datetime(2026, 12, 31, 23, 59, 59, 999999, timezone.utc), "20261231T235959999999Z"),
        (datetime(987, 1, 2, tzinfo=timezone.utc), "09870102T000000000000Z"),
        (datetime(2026, 1, 2, 3, 4, 5), "20260102T030405000000Z"),
    ],
)
def test_a_moment_is_one_word(moment, told):
    assert Place(ABOVE, ABOVE, moment).text == told + str(ABOVE)


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "its own": Run.copy,
    "model_copy": Run.model_copy,
    "pickle": lambda run: pickle.loads(pickle.dumps(run)),
}


@pytest.mark.parametrize("way", sorted(COPIES))
def test_a_copy_of_a_run_stands_where_the_run_does(way):
    tracer = tell(Kept(), [start(1), start(2, 1), start(3, 2)])
    for run in tracer.runs.values():
        copied = COPIES[way](run)
        assert copied.dotted_order == copied.dict()["dotted_order"] == run.dotted_order
        assert (copied.id, copied.trace_id, copied.parent_run_id) == (run.id, run.trace_id, run.parent_run_id)
    assert run.dotted_order.count(".") == 2


def test_a_dotted_order_that_is_given_wins_over_the_place():
    run = Run(dotted_order="x")
    assert run.dotted_order == run.model_dump()["dotted_order"] == "x"
    assert Run().dotted_order == "" and pickle.loads(pickle.dumps(run)).dotted_order == "x"
    [placed] = tell(Kept(), [start(1)]).runs.values()
    own = placed.dotted_order
    assert placed.copy(update={"dotted_order": "y"}).dotted_order == "y"
    assert placed.dotted_order == own == placed.place.text
    placed.dotted_order = "z"
    assert placed.dotted_order == "z"
    tree = RunTree(name="n", dotted_order=ORDER, trace_id=TRACE)
    assert tree.dotted_order == ORDER


# -- what is kept, and how long ----------------------------------------------------------------


def test_a_run_that_outlives_its_root_keeps_its_tree():
    # As a task that a traced function starts and does not wait for.
    tracer = tell(Kept(), [start(1), start(2, 1), start(3, 1), end(3), end(1), start(4, 2), start(5, 3), start(6, 4)])
    assert {tracer.above(run) for run in (2, 3)} == {(1, 1)}
    assert [tracer.above(run) for run in (4, 5, 6)] == [(2, 1), (3, 1), (4, 1)]
    assert tracer.runs[6].dotted_order.count(".") == 3
    assert tracer.runs[2].child_runs == [tracer.runs[4]]
    tell(tracer, [end(6), end(5), end(2), fail(4, ValueError())])
    assert is_empty(tracer) and tracer.order_map == {}


def test_a_tree_is_forgotten_with_its_last_run_and_no_other_is():
    tracer = tell(Kept(), [start(1), start(2, 1), start(11), start(12, 11), end(12), end(1), end(2)])
    assert set(tracer.order_map) == {number(11), number(12)}
    tell(tracer, [start(3, 2), start(13, 12)])
    assert [tracer.above(run) for run in (3, 13)] == [(None, 3), (12, 11)]
    tell(tracer, [end(3), end(13), end(11)])
    assert is_empty(tracer)


class Watched(dict):
    """A dict before each step on which something else may happen, as another thread may come in between."""

    def __init__(self, between):
        super().__init__()
        self.between = between

    def get(self, *args):
        self.between()
        return super().get(*args)

    def pop(self, *args):
        self.between()
        return super().pop(*args)

    def setdefault(self, *args):
        self.between()
        return super().setdefault(*args)

    def __contains__(self, key):
        self.between()
        return super().__contains__(key)

    def __setitem__(self, key, value):
        self.between()
        super().__setitem__(key, value)


def interrupted(first, other, moment):
    """Tell `first` with `other` told before its step `moment`; give the tracer, and whether it came to that."""
    steps = iter(range(1_000_000))
    armed = []

    def between():
        if armed and next(steps) == moment:
            armed.clear()
            told_inside(tracer, other)

    tracer = Kept()
    tracer._runs, tracer._places, tracer._below = Watched(between), Watched(between), Watched(between)
    tell(tracer, [start(1), start(2, 1), end(2)])
    armed.append(True)
    told_inside(tracer, first)
    return tracer, not armed


@pytest.mark.parametrize("first, other", [(end(1), start(3, 1)), (start(3, 1), end(1))], ids=["end", "start"])
def test_a_run_that_begins_while_its_tree_ends_is_in_one_and_forgotten_with_it(first, other):
    moments = 0
    while True:
        tracer, came = interrupted([first], [other], moments)
        if not came:
            break
        moments += 1
        assert tracer.above(3) in ((1, 1), (None, 3))
        told_inside(tracer, [start(4, 3)])  # of a run that goes on the place is known
        assert tracer.above(4) == (3, tracer.above(3)[1])
        told_inside(tracer, [end(4), end(3)])
        assert is_empty(tracer)
    assert moments > 4


def test_children_that_begin_at_once_in_several_threads_are_all_forgotten():
    tracer, ready = Kept(), threading.Barrier(8)
    told_inside(tracer, [start(1)])

    def work(first):
        ready.wait(10)
        for run in range(first, first + 50):
            told_inside(tracer, [start(run, 1), end(run)])

    threads = [threading.Thread(target=work, args=(1000 * one + 1000,)) for one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tracer.runs[1].child_runs) == 400 == len(tracer._below[1])
    told_inside(tracer, [end(1)])
    assert is_empty(tracer)


# -- below a run from outside ------------------------------------------------------------------


def below(sink):
    """The runs right below the run from outside, in its trace."""
    return [run["name"] for run in sink.runs if run.get("parent_run_id") == str(ABOVE)]


def in_a_block(program):
    sink = Sink()
    with tracing_context(parent=ORDER, client=sink, enabled=True):
        program(step("a") | step("b"))
    assert {run["trace_id"] for run in sink.runs} == {str(TRACE)}
    assert all(run["dotted_order"].startswith(ORDER + ".") for run in sink.runs)
    return sink


async def one_after_the_other(chain):
    for _ in range(2):
        async for _ in chain.astream(1):
            pass


SEVERAL = {
    "batch": lambda chain: chain.batch([1, 2]),
    "in turn": lambda chain: chain.batch([1, 2], {"max_concurrency": 1}),
    "as completed": lambda chain: list(chain.batch_as_completed([1, 2])),
    "abatch": lambda chain: asyncio.run(chain.abatch([1, 2])),
    "invoke": lambda chain: [chain.invoke(1), chain.invoke(2)],
    "stream": lambda chain: list(zip(chain.stream(1), chain.stream(2))),
    "astream": lambda chain: asyncio.run(one_after_the_other(chain)),
}


@pytest.mark.parametrize("way", sorted(SEVERAL))
def test_every_call_of_several_is_below_the_run_from_outside(way):
    assert below(in_a_block(SEVERAL[way])) == ["RunnableSequence"] * 2


def test_calls_that_overlap_below_a_run_from_outside_stay_there():
    def program(chain):
        threads = [threading.Thread(target=switched, args=(chain,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def switched(chain):
        with tracing_context(parent=ORDER, client=sink, enabled=True):
            for _ in range(20):
                chain.invoke(1, {"callbacks": [shared]})

    sink = Sink()
    shared = LangChainTracer(client=sink)
    program(step("a") | step("b"))
    assert len(below(sink)) == 80 and {run["trace_id"] for run in sink.runs} == {str(TRACE)}
    assert is_empty(shared)


def test_a_call_that_is_prepared_while_the_last_one_ends_is_below_the_run_from_outside():
    tracer = LangChainTracer(client=Sink())
    tracer.attach(ABOVE, TRACE, ORDER)
    told_inside(tracer, [start(1, ABOVE.int)])
    tracer.attach(ABOVE, TRACE, ORDER)
    told_inside(tracer, [end(1), start(2, ABOVE.int), end(2)])
    assert len(below(tracer.client)) == 2 and is_empty(tracer)


def test_of_calls_below_one_parent_each_is_forgotten_with_its_own_end():
    tracer = LangChainTracer(client=Sink())
    tracer.attach(ABOVE, TRACE, ORDER)
    told_inside(tracer, [start(1, ABOVE.int), start(2, 1), start(11, ABOVE.int), end(2), end(1)])
    assert set(tracer.order_map) == {ABOVE, number(11)} and tracer.order_map[ABOVE] == (TRACE, ORDER)
    told_inside(tracer, [end(11)])
    assert is_empty(tracer)


def test_a_parent_below_which_nothing_begins_is_not_kept():
    tracer = LangChainTracer(client=Sink())
    for run in range(1, 100):
        tracer.attach(number(run), number(run), f"20260102T030405678901Z{number(run)}")
    assert is_empty(tracer) and tracer.order_map == {}
    assert tracer.place_of(number(99)).text.endswith(str(number(99)))
    assert sum(tracer.place_of(number(run)) is not None for run in range(100)) <= 21


def other(x):
    """Call something below ever other parents, as a server does below each request's."""
    for _ in range(30):
        above = RunTree(name="other", inputs={})
        with tracing_context(parent=above):
            step("elsewhere").invoke(x)
    return x


@pytest.mark.parametrize("way", ["in turn", "as completed", "stream"])
def test_what_is_called_elsewhere_meanwhile_moves_no_call(way):
    sink = Sink()
    with tracing_context(parent=ORDER, client=sink, enabled=True):
        SEVERAL[way](RunnableLambda(other, name="o") | step("b"))
    assert below(sink) == ["RunnableSequence"] * 2
    assert sum(run["name"] == "elsewhere" for run in sink.runs) == 60


def test_a_stream_is_below_the_parent_of_the_block_in_which_it_was_asked_for():
    sink = Sink()
    with tracing_context(parent=ORDER, client=sink, enabled=True):
        stream = (step("a") | step("b")).stream(1)
        step("other").invoke(1)
    assert list(stream) == [1] and below(sink) == ["other", "RunnableSequence"]


def test_a_collection_that_ends_a_run_while_a_parent_is_made_known_does_no_harm(monkeypatch):
    def interrupting(*args, **kwargs):
        monkeypatch.setattr(module, "Place", Place)
        told_inside(tracer, [end(1), start(2, ABOVE.int), end(2)])
        return Place(*args, **kwargs)

    tracer = LangChainTracer(client=Sink())
    tracer.attach(ABOVE, TRACE, ORDER)
    told_inside(tracer, [start(1, ABOVE.int)])
    monkeypatch.setattr(module, "Place", interrupting)
    tracer.attach(number(7), TRACE, f"20260102T030405678901Z{TRACE}.20260102T030405678902Z{number(7)}")
    told_inside(tracer, [start(3, 7), end(3)])
    assert module.Place is Place and is_empty(tracer)
    assert [run["parent_run_id"] for run in tracer.client.runs] == [str(ABOVE), str(ABOVE), str(number(7))]


def test_where_nothing_is_attached_a_run_without_its_parent_is_a_root():
    tracer = LangChainTracer(client=Sink())
    events = [start(2, 1), start(3), start(4, 3), end(4), end(3), end(2)]
    told_inside(tracer, events)
    assert [run.get("parent_run_id") for run in tracer.client.runs] == [None, None, str(number(3))]
    assert is_empty(tracer)


@pytest.mark.parametrize("parent, found", [(None, None), (ORDER, None), ("itself", TRACE)])
def test_the_parent_of_a_block_is_that_of_its_own_runs_only(parent, found):
    tracer = LangChainTracer(client=Sink())
    itself = f"{ORDER.rpartition('.')[0]}.20260102T030405678902Z{number(99)}"
    with tracing_context(parent=itself if parent == "itself" else parent, enabled=True):
        told_inside(tracer, [start(1, 99), end(1)])
    assert tracer.client.run["trace_id"] == str(found or number(1)) and is_empty(tracer)


class Moving(LangChainTracer):
    """Says of a run in which project it is, in the hook that every tracer has."""

    project = None

    def _on_run_create(self, run):
        run.session_name = self.project


@pytest.mark.parametrize("project, told", [("moved", "moved"), (None, "own")])
def test_a_run_is_in_the_project_of_the_one_above(project, told):
    tracer = Moving(client=Sink(), project_name="own")
    tracer.project = project
    told_inside(tracer, [start(1)])
    tracer._on_run_create = lambda run: None
    told_inside(tracer, [start(2, 1), start(3), end(3), end(2), end(1)])
    assert {run["id"]: run["session_name"] for run in tracer.client.runs[1:]} == {
        str(number(2)): told,
        str(number(3)): "own",
    }


def test_what_was_attached_last_counts():
    tracer = LangChainTracer(client=Sink())
    for second in (1, 2):
        tracer.attach(ABOVE, TRACE, f"2026010{second}T030405678901Z{TRACE}.20260102T030405678902Z{ABOVE}")
    told_inside(tracer, [start(1, ABOVE.int), end(1)])
    assert tracer.client.run["dotted_order"].startswith("20260102")


def test_several_parents_at_once_do_not_mix():
    tracer = LangChainTracer(client=Sink())

    async def call(run):
        tracer.attach(number(run), TRACE, f"20260102T030405678901Z{TRACE}.20260102T030405678902Z{number(run)}")
        await asyncio.sleep(0)
        told_inside(tracer, [start(10 + run, run)])
        await asyncio.sleep(0)
        told_inside(tracer, [end(10 + run)])

    async def program():
        await asyncio.gather(*[call(run) for run in range(1, 6)])

    asyncio.run(program())
    assert [run["parent_run_id"] for run in tracer.client.runs] == [str(number(run)) for run in range(1, 6)]
    assert is_empty(tracer)


# -- nested in every way -----------------------------------------------------------------------


@traceable
def leaf(x):
    return x


@traceable
def around(x):
    return (step("in a") | RunnableLambda(leaf, name="in b")).invoke(x)


def middle(x):
    return around(RunnableParallel(p=step("p"), q=RunnableLambda(around, name="q")).invoke(x)["p"])


async def asynchronously(x):
    return await (step("in a") | step("in b")).ainvoke(x)


async def aside(x):
    await asyncio.gather(*[asynchronously(x) for _ in range(3)])
    task = asyncio.ensure_future(asynchronously(x))
    await asyncio.sleep(0)  # it begins now, and goes on when the run around has ended
    return task


async def with_a_late_one(x):
    await (await RunnableLambda(aside, name="aside").ainvoke(x))


def failing(x):
    try:
        (step("a") | RunnableLambda(lambda x: 1 / 0, name="b")).invoke(x)
    except ZeroDivisionError:
        pass


def unfinished(x):
    next((step("a") | step("b")).stream(x))


NESTINGS = {
    "plain": lambda x: (step("a") | step("b")).invoke(x),
    "traceable": around,
    "traceable in a runnable in a traceable": traceable(lambda x: RunnableLambda(middle, name="m").invoke(x)),
    "a runnable": RunnableLambda(middle, name="m").invoke,
    "late": lambda x: asyncio.run(with_a_late_one(x)),
    "failing": failing,
    "unfinished": unfinished,
    "batch": lambda x: RunnableLambda(middle, name="m").batch([x, x]),
}


@pytest.mark.parametrize("outside", [False, True], ids=["root", "outside"])
@pytest.mark.parametrize("nesting", sorted(NESTINGS))
def test_nothing_is_kept_of_any_nesting(nesting, outside):
    sink = Sink()
    tracer = LangChainTracer(client=sink)
    tracer.automatic = True
    with tracing_context(parent=ORDER if outside else None, client=sink, enabled=True):
        block = module.block_var.get()
        block.tracers[module.read_settings()] = tracer
        for _ in range(3):
            NESTINGS[nesting](1)
    gc.collect()  # what was left unread ends with it, where objects do not go at once
    assert is_empty(tracer)
    runs = sink.runs
    assert runs and all("end_time" in run for run in runs)
    roots = [run for run in runs if "parent_run_id" not in run]
    assert bool(roots) != outside
    known = {run["id"] for run in runs} | {str(ABOVE)}
    assert all(run["parent_run_id"] in known for run in runs if run not in roots)
    assert len({run["trace_id"] for run in runs}) == (1 if outside else len(roots))
