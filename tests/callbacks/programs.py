"""Programs over managers and handlers, and what each gives; test_programs.py runs them.

Each is run on both sides of our library and, where it is installed, of langchain-core: so the table is known to be
true. What they are written with is in library.py.
"""

from __future__ import annotations

from tests.callbacks.library import ONE, TWO, logged, shown, state, told

PROGRAMS = {}


def program(expected):
    """Put the program below into the table."""

    def put(function):
        PROGRAMS[function.__name__] = (function, expected)
        return function

    return put


def programs(*cases):
    """Put the program below into the table once for each of `cases`: (argument, expected)."""

    def put(function):
        for number, (argument, expected) in enumerate(cases):
            PROGRAMS[f"{function.__name__} {number}"] = (lambda lib, given=argument: function(lib, given), expected)
        return function

    return put


# -- what managers hold ----------------------------------------------------------------------------


@program([["a"], ["a"], None, [], [], {}, {}])
async def a_handler_is_added_once(lib):
    manager = lib.Manager([])
    a = lib.handler("a")
    manager.add_handler(a)
    manager.add_handler(a, False)
    manager.add_handler(a, inherit=True)
    return state(manager)


@program([["a", "b"], ["b"], None, [], [], {}, {}])
async def a_handler_for_this_run_only_is_not_inherited(lib):
    manager = lib.Manager([lib.handler("a")])
    manager.add_handler(lib.handler("b"))
    return state(manager)


@program([["b"], ["b"], None, [], [], {}, {}])
async def a_handler_is_removed_from_both_lists(lib):
    a, b = lib.handler("a"), lib.handler("b")
    manager = lib.Manager([a, b], [a, b])
    manager.remove_handler(a)
    manager.remove_handler(a)
    return state(manager)


@program([["b"], [], None, [], [], {}, {}])
async def handlers_are_set_in_place_of_others(lib):
    manager = lib.Manager([lib.handler("a")], [lib.handler("a")])
    manager.set_handlers([lib.handler("c"), lib.handler("d")])
    manager.set_handler(lib.handler("b"), inherit=False)
    return state(manager)


@program([[], [], ONE, ["b", "a", "c"], ["b", "a", "c"], {}, {}])
async def a_tag_that_comes_again_moves_to_the_end(lib):
    manager = lib.Manager([], parent_run_id=ONE, tags=["a", "b"], inheritable_tags=["a", "b"])
    manager.add_tags(["a", "c"])
    return state(manager)


@program([[], [], None, ["a", "b"], ["a"], {}, {}])
async def a_tag_for_this_run_only_is_not_inherited(lib):
    manager = lib.Manager([])
    manager.add_tags(["a"])
    manager.add_tags(["b"], inherit=False)
    return state(manager)


@program([[], [], None, ["b"], [], {}, {}])
async def tags_are_removed_from_both_lists(lib):
    manager = lib.Manager([], tags=["a", "b"], inheritable_tags=["a", "c"])
    manager.remove_tags(["a", "c", "d"])
    return state(manager)


@program([[], [], None, [], [], {"a": 2, "c": 3, "d": 4}, {"a": 2, "c": 3}])
async def metadata_is_replaced_by_key_and_removed(lib):
    manager = lib.Manager([], metadata={"a": 1, "b": 1}, inheritable_metadata={"b": 2})
    manager.add_metadata({"a": 2, "c": 3})
    manager.add_metadata({"d": 4}, inherit=False)
    manager.remove_metadata(["b", "e"])
    return state(manager)


@program([[["a"], ["a"], ONE, ["t"], ["i"], {"m": 1}, {"n": 2}], [["a", "b"], ["a", "b"], ONE, ["t", "u"], ["i", "u"], {"m": 1, "v": 1}, {"n": 2, "v": 1}]])
async def a_copy_has_lists_of_its_own(lib):
    a = lib.handler("a")
    manager = lib.Manager([a], [a], ONE, tags=["t"], inheritable_tags=["i"], metadata={"m": 1}, inheritable_metadata={"n": 2})
    copied = manager.copy()
    assert type(copied) is lib.Manager
    copied.add_handler(lib.handler("b"))
    copied.add_tags(["u"])
    copied.add_metadata({"v": 1})
    return [state(manager), state(copied)]


@program([["a", "b", "c"], ["a", "c"], TWO, ["t", "u", "v"], ["i", "j"], {"m": 2, "n": 2}, {"o": 3, "p": 3}])
async def a_merge_has_everything_of_both_once(lib):
    a, b, c = (lib.handler(name) for name in "abc")
    one = lib.Manager([a, b], [a], tags=["t", "u"], inheritable_tags=["i"], metadata={"m": 1, "n": 2}, inheritable_metadata={"o": 3})
    two = lib.Manager([b, c], [c], TWO, tags=["u", "v"], inheritable_tags=["j"], metadata={"m": 2}, inheritable_metadata={"p": 3})
    merged = state(one.merge(two))
    return [sorted(part) if isinstance(part, list) else part for part in merged]  # LangChain's order is a set's


@program([True, False, False])
async def a_manager_knows_its_side(lib):
    return [lib.AsyncCallbackManager([]).is_async, lib.CallbackManager([]).is_async, lib.BaseCallbackManager([]).is_async]


def _configure(lib, *, given=None, local=None, verbose=False, **more):
    made = {"list": [lib.handler("a"), lib.handler("b")], "empty": []}
    a, b, c = (lib.handler(name) for name in "abc")
    made["manager"] = lib.Manager([a, b], [a], ONE, tags=["t", "u"], inheritable_tags=["t"], metadata={"m": 1}, inheritable_metadata={"m": 1})
    made["local list"] = [c]
    made["local manager"] = lib.Manager([c], [lib.handler("d")], TWO, tags=["x"], metadata={"x": 1})
    made["printing"] = [lib.StdOutCallbackHandler()]
    return lib.Manager.configure(made.get(given), made.get(local), verbose, **more)


@programs(
    ({}, [[], [], None, [], [], {}, {}]),
    ({"given": "empty"}, [[], [], None, [], [], {}, {}]),
    ({"given": "list"}, [["a", "b"], ["a", "b"], None, [], [], {}, {}]),
    ({"given": "manager"}, [["a", "b"], ["a"], ONE, ["t", "u"], ["t"], {"m": 1}, {"m": 1}]),
    ({"local": "local list"}, [["c"], [], None, [], [], {}, {}]),
    ({"given": "list", "local": "local list"}, [["a", "b", "c"], ["a", "b"], None, [], [], {}, {}]),
    ({"given": "manager", "local": "local manager"}, [["a", "b", "c"], ["a"], ONE, ["t", "u"], ["t"], {"m": 1}, {"m": 1}]),
    ({"inheritable_tags": ["i"], "local_tags": ["l"]}, [[], [], None, ["i", "l"], ["i"], {}, {}]),
    ({"inheritable_tags": ["i", "k"], "local_tags": ["i"]}, [[], [], None, ["k", "i"], ["k"], {}, {}]),
    ({"given": "manager", "inheritable_tags": ["t", "v"]}, [["a", "b"], ["a"], ONE, ["u", "t", "v"], ["t", "v"], {"m": 1}, {"m": 1}]),
    ({"inheritable_metadata": {"m": 1}, "local_metadata": {"m": 2, "n": 3}}, [[], [], None, [], [], {"m": 2, "n": 3}, {"m": 1}]),
    ({"verbose": True}, [["StdOutCallbackHandler"], [], None, [], [], {}, {}]),
    ({"given": "printing", "verbose": True}, [["StdOutCallbackHandler"], ["StdOutCallbackHandler"], None, [], [], {}, {}]),
    ({"given": "list", "verbose": True}, [["a", "b", "StdOutCallbackHandler"], ["a", "b"], None, [], [], {}, {}]),
)
async def configured(lib, arguments):
    return state(_configure(lib, **arguments))


@program([["a", "b"], ["a"]])
async def to_configure_a_manager_leaves_it_as_it_was(lib):
    a, b = lib.handler("a"), lib.handler("b")
    given = lib.Manager([a, b], [a])
    lib.Manager.configure(given, [lib.handler("c")], inheritable_tags=["t"], inheritable_metadata={"m": 1})
    assert (given.tags, given.metadata) == ([], {})
    return [shown(given.handlers), shown(given.inheritable_handlers)]


# -- runs by hand ----------------------------------------------------------------------------------


def _manager(lib, log, **more):
    a = lib.handler("a", log)
    return lib.Manager([a], [a], ONE, tags=["t"], inheritable_tags=["t"], metadata={"m": 1}, inheritable_metadata={"m": 1}, **more)


START = {"metadata": {"m": 1}, "parent_run_id": "1", "tags": ["t"]}
NEXT = {"parent_run_id": "1", "tags": ["t"]}


@program(
    [
        ("a", "on_chain_start", [{"name": "x"}, {"q": 1}], {**START, "run_id": 1}),
        ("a", "on_text", ["said"], {**NEXT, "end": "!", "run_id": 1}),
        ("a", "on_retry", ["again"], {**NEXT, "run_id": 1}),
        ("a", "on_agent_action", ["act"], {**NEXT, "run_id": 1}),
        ("a", "on_agent_finish", ["done"], {**NEXT, "run_id": 1}),
        ("a", "on_chain_end", [{"a": 2}], {**NEXT, "run_id": 1}),
    ]
)
async def a_chains_run(lib):
    log = []
    run = await lib(_manager(lib, log).on_chain_start({"name": "x"}, {"q": 1}))
    await lib(run.on_text("said", end="!"))
    await lib(run.on_retry("again"))
    await lib(run.on_agent_action("act"))
    await lib(run.on_agent_finish("done"))
    await lib(run.on_chain_end({"a": 2}))
    return told(log)


@program(
    [
        ("a", "on_chain_start", [None, "q"], {**START, "name": "given", "run_id": "2"}),
        ("a", "on_chain_error", ["ValueError"], {**NEXT, "run_id": "2", "why": "x"}),
    ]
)
async def a_chains_run_with_a_name_and_an_id_that_fails(lib):
    log = []
    run = await lib(_manager(lib, log).on_chain_start(None, "q", run_id=TWO, name="given"))
    await lib(run.on_chain_error("ValueError", why="x"))
    assert run.run_id == TWO
    return told(log)


@program(
    [
        ("a", "on_tool_start", [{"name": "x"}, "1"], {**START, "inputs": {"n": 1}, "run_id": 1}),
        ("a", "on_tool_end", ["out"], {**NEXT, "run_id": 1}),
        ("a", "on_tool_start", [{}, "2"], {**START, "color": "red", "run_id": 2}),
        ("a", "on_tool_error", ["no"], {**NEXT, "run_id": 2}),
    ]
)
async def a_tools_runs(lib):
    log = []
    manager = _manager(lib, log)
    await lib((await lib(manager.on_tool_start({"name": "x"}, "1", inputs={"n": 1}))).on_tool_end("out"))
    await lib((await lib(manager.on_tool_start({}, "2", color="red"))).on_tool_error("no"))
    return told(log)


@program(
    [
        ("a", "on_retriever_start", [{"name": "x"}, "q"], {**START, "run_id": 1}),
        ("a", "on_retriever_end", [["d"]], {**NEXT, "run_id": 1}),
        ("a", "on_retriever_start", [{}, "q"], {**START, "run_id": "2"}),
        ("a", "on_retriever_error", ["no"], {**NEXT, "run_id": "2"}),
    ]
)
async def a_retrievers_runs(lib):
    log = []
    manager = _manager(lib, log)
    await lib((await lib(manager.on_retriever_start({"name": "x"}, "q"))).on_retriever_end(["d"]))
    await lib((await lib(manager.on_retriever_start({}, "q", run_id=TWO))).on_retriever_error("no"))
    return told(log)


@program(
    [
        ("a", "on_chat_model_start", [{"name": "x"}, [["h"]]], {**START, "batch_size": 2, "run_id": "2"}),
        ("a", "on_chat_model_start", [{"name": "x"}, [["i", "j"]]], {**START, "batch_size": 2, "run_id": 1}),
        ("a", "on_llm_end", ["result"], {**NEXT, "run_id": "2"}),
        ("a", "on_llm_error", ["no"], {**NEXT, "response": "part", "run_id": 1}),
    ]
)
async def a_chat_models_runs_are_one_for_each_conversation(lib):
    log = []
    managers = await lib(_manager(lib, log).on_chat_model_start({"name": "x"}, [["h"], ["i", "j"]], run_id=TWO, batch_size=2))
    await lib(managers[0].on_llm_end("result"))
    await lib(managers[1].on_llm_error("no", response="part"))
    return told(log)


@program([("a", "on_llm_start", [{}, ["p"]], {**START, "run_id": 1}), ("a", "on_llm_start", [{}, ["q"]], {**START, "run_id": 2})])
async def a_text_models_runs_are_one_for_each_prompt(lib):
    log = []
    runs = await lib(_manager(lib, log).on_llm_start({}, ["p", "q"]))
    assert [type(run).__name__ for run in runs] == [f"{'Async' if lib.is_async else ''}CallbackManagerForLLMRun"] * 2
    return told(log)


@program([("A", "c", ["t"]), ("", None, ["t"])])
async def a_models_tokens(lib):
    got = []

    def on_llm_new_token(self, token, *, chunk=None, run_id, parent_run_id=None, **kwargs):
        got.append((token, chunk, kwargs["tags"]))

    handler = lib.handler("a", [], on_llm_new_token=on_llm_new_token)
    [run] = await lib(lib.Manager([handler], tags=["t"]).on_llm_start({}, ["p"]))
    await lib(run.on_llm_new_token("A", chunk="c"))
    await lib(run.on_llm_new_token(""))
    return got


@program(
    [
        [["a"], ["a"], "run", ["i", "j", "tag"], ["i", "j"], {"n": 2}, {"n": 2}],
        [["a"], ["a"], "run", ["j", "i"], ["j"], {"n": 2}, {"n": 2}],
        [["a"], ["a"], "run", ["i", "j"], ["i", "j"], {"n": 2}, {"n": 2}],
    ]
)
async def a_run_gives_its_children_what_is_inherited(lib):
    a, b = lib.handler("a", []), lib.handler("b", [])
    manager = lib.Manager([a, b], [a], tags=["t", "i", "j"], inheritable_tags=["i", "j"], metadata={"m": 1}, inheritable_metadata={"n": 2})
    run = await lib(manager.on_chain_start({}, {}))
    children = [run.get_child("tag"), run.get_child("i"), run.get_child()]
    assert [type(child) for child in children] == [lib.Manager] * 3
    return [["run" if part == run.run_id else part for part in state(child)] for child in children]


KINDS = ["LLM", "Chain", "Tool", "Retriever"]


@program([[["a"], ["b"], ONE, ["t"], ["i"], {"m": 1}, {"n": 1}] for _ in KINDS])
async def views_made_by_hand_show_what_they_were_made_with(lib):
    fields = dict(tags=["t"], inheritable_tags=["i"], metadata={"m": 1}, inheritable_metadata={"n": 1})
    made = [
        lib.view(kind, run_id=TWO, handlers=[lib.handler("a")], inheritable_handlers=[lib.handler("b")], parent_run_id=ONE, **fields)
        for kind in KINDS
    ]
    assert [one.run_id for one in made] == [TWO] * 4
    return [state(one) for one in made]


@program([[[], [], None, [], [], {}, {}] for _ in KINDS])
async def a_view_that_nobody_listens_to(lib):
    prefix = "Async" if lib.is_async else ""
    views = [getattr(lib, f"{prefix}CallbackManagerFor{kind}Run").get_noop_manager() for kind in KINDS]
    assert len({view.run_id for view in views}) == 4
    return [state(view) for view in views]


@program([("a", "on_text", ["x"], {"run_id": "2", "parent_run_id": "1", "tags": ["t"]})] * 4)
async def the_view_with_functions_speaks_of_the_same_run(lib):
    log = []
    for kind in KINDS:
        fields = dict(run_id=TWO, handlers=[lib.handler("a", log)], inheritable_handlers=[], parent_run_id=ONE, tags=["t"])
        view = getattr(lib, f"AsyncCallbackManagerFor{kind}Run")(**fields).get_sync()
        assert type(view) is getattr(lib, f"CallbackManagerFor{kind}Run")
        view.on_text("x")
    return told(log)


MIXINS = "LLM Chain Tool Retriever CallbackManager Run".split()


@program({
    "BaseCallbackHandler": MIXINS,
    "CallbackManager": ["CallbackManager"],
    "AsyncCallbackManager": ["CallbackManager"],
    "CallbackManagerForLLMRun": ["LLM", "Run"],
    "AsyncCallbackManagerForChainRun": ["Chain", "Run"],
    "CallbackManagerForToolRun": ["Tool", "Run"],
    "AsyncCallbackManagerForRetrieverRun": ["Retriever", "Run"],
})
async def classes_say_by_their_mixins_what_they_can_say(lib):
    names = list(PROGRAMS["classes_say_by_their_mixins_what_they_can_say"][1])
    mixins = {mixin: getattr(lib, mixin + ("Mixin" if mixin == "CallbackManager" else "ManagerMixin")) for mixin in MIXINS}
    return {name: [mixin for mixin, kind in mixins.items() if issubclass(getattr(lib, name), kind)] for name in names}


# -- custom events ---------------------------------------------------------------------------------


@program([("a", "on_custom_event", ["n", {"d": 1}], {"metadata": {"m": 1}, "run_id": "2", "tags": ["t"]})])
async def a_managers_custom_event(lib):
    log = []
    await lib(_manager(lib, log).on_custom_event("n", {"d": 1}, run_id=TWO))
    return told(log)


@program("ValueError")
async def a_custom_event_takes_no_more_keywords(lib):
    try:
        await lib(_manager(lib, []).on_custom_event("n", 1, more=2))
    except ValueError as error:
        return type(error).__name__


@program("RuntimeError")
async def a_custom_event_belongs_to_a_run(lib):
    try:
        await lib(lib.dispatch("n", 1))
    except RuntimeError as error:
        return type(error).__name__


@program([("a", "on_custom_event", ["n", 1], {"metadata": {"m": 1}, "run_id": "1", "tags": ["t"]})])
async def a_custom_event_finds_its_run_in_the_config(lib):
    log = []
    await lib(lib.dispatch("n", 1, config={"callbacks": _manager(lib, log)}))
    return told(log)


# -- how handlers are called -----------------------------------------------------------------------

EVENTS_OF_FLAG = {
    "ignore_llm": ["on_llm_new_token", "on_llm_end", "on_llm_start"],
    "ignore_chat_model": ["on_chat_model_start"],
    "ignore_chain": ["on_chain_start", "on_chain_end", "on_chain_error"],
    "ignore_agent": ["on_tool_start", "on_tool_end", "on_tool_error", "on_agent_action", "on_agent_finish"],
    "ignore_retriever": ["on_retriever_start", "on_retriever_end", "on_retriever_error"],
    "ignore_retry": ["on_retry"],
    "ignore_custom_event": ["on_custom_event"],
}
ALL_EVENTS = {"on_text", *(event for events in EVENTS_OF_FLAG.values() for event in events)}


async def everything_that_can_be_said(lib, handler):
    manager = lib.Manager([handler])
    run = await lib(manager.on_chain_start({}, {}))
    for said in (run.on_text("x"), run.on_retry("x"), run.on_agent_action("x"), run.on_agent_finish("x"), run.on_chain_end({}), run.on_chain_error("x")):
        await lib(said)
    tool = await lib(manager.on_tool_start({}, "x"))
    await lib(tool.on_tool_end("x"))
    await lib(tool.on_tool_error("x"))
    retriever = await lib(manager.on_retriever_start({}, "x"))
    await lib(retriever.on_retriever_end([]))
    await lib(retriever.on_retriever_error("x"))
    [model] = await lib(manager.on_llm_start({}, ["x"]))
    await lib(manager.on_chat_model_start({}, [[]]))
    await lib(model.on_llm_new_token("x"))
    await lib(model.on_llm_end("x"))
    await lib(manager.on_custom_event("x", 1))


@programs(("", []), *((flag, sorted(events)) for flag, events in EVENTS_OF_FLAG.items()))
async def a_flag_spares_a_handler_its_events(lib, flag):
    log = []
    handler = lib.handler("a", log, **({flag: True} if flag else {}))
    await everything_that_can_be_said(lib, handler)
    return sorted(ALL_EVENTS - {event for _, event, _, _ in log})


@program([("a", "on_llm_start", [{"name": "x"}, ["Human: h\nAI: i"]], {"run_id": "2", "tags": ["t"]})])
async def a_handler_of_texts_gets_a_conversation_as_text(lib):
    log = []
    handler = lib.handler("a", log, only=["on_llm_start"])
    talk = [lib.HumanMessage("h"), lib.AIMessage("i")]
    await lib(lib.Manager([handler], tags=["t"]).on_chat_model_start({"name": "x"}, [talk], run_id=TWO))
    return told(log)


@program([])
async def a_handler_of_texts_that_ignores_models_gets_no_conversation_either(lib):
    log = []
    handler = lib.handler("a", log, only=["on_llm_start"], ignore_llm=True)
    await lib(lib.Manager([handler]).on_chat_model_start({}, [[lib.HumanMessage("h")]]))
    return told(log)


def _failing(self, *args, **kwargs):
    raise ValueError("no")


@program([["b"], "Error in a.on_chain_start callback: ValueError('no')"])
async def what_a_handler_raises_is_logged_and_the_next_one_is_called(lib):
    log, records = [], []
    with logged(records):
        await lib(lib.Manager([lib.handler("a", log, on_chain_start=_failing), lib.handler("b", log)]).on_chain_start({}, {}))
    return [[name for name, *_ in log], *records]


@program("ValueError('no')")
async def what_a_handler_raises_ends_the_call_if_it_says_so(lib):
    handler = lib.handler("a", [], on_chain_start=_failing, raise_error=True)
    try:
        await lib(lib.Manager([handler]).on_chain_start({}, {}))
    except ValueError as error:
        return repr(error)


@program(["on_chain_start", "on_chain_end"])
async def a_handler_with_coroutines_is_heard_on_both_sides(lib):
    log = []
    run = await lib(lib.Manager([lib.handler("a", log, asynchronous=True)]).on_chain_start({}, {}))
    await lib(run.on_chain_end({}))
    return [event for _, event, _, _ in log]


@program([("a", "on_llm_start", [{}, ["Human: h"]], {"run_id": "2"})])
async def a_handler_of_texts_with_coroutines_gets_a_conversation_as_text(lib):
    log = []
    handler = lib.handler("a", log, only=["on_llm_start"], asynchronous=True)
    await lib(lib.Manager([handler]).on_chat_model_start({}, [[lib.HumanMessage("h")]], run_id=TWO))
    return told(log)


@program([("a", "on_text", ["x"], {"k": 1})])
async def an_event_said_to_a_list_of_handlers(lib):
    log = []
    quiet = lib.handler("b", log, ignore_chain=True)
    await lib(lib.handle([lib.handler("a", log), quiet], "on_text", "ignore_chain", "x", k=1))
    return told(log)


# -- blocks as runs --------------------------------------------------------------------------------


@program(
    [
        ("a", "on_chain_start", [{"name": "g"}, {"q": 1}], {"metadata": {"m": 1}, "run_id": "2", "tags": ["t"]}),
        ("a", "on_chain_start", [{}, "inner"], {"metadata": {"m": 1}, "parent_run_id": "2", "run_id": 1, "tags": ["t"]}),
        ("a", "on_chain_end", [{}], {"run_id": "2", "tags": ["t"]}),
    ]
)
async def a_block_is_a_run_around_its_calls(lib):
    log = []
    async with lib.group("g", lib.handler("a", log), inputs={"q": 1}, run_id=TWO, tags=["t"], metadata={"m": 1}) as inside:
        assert isinstance(inside, lib.Manager) and not inside.ended
        await lib(inside.on_chain_start({}, "inner"))
    return told(log)


@program([["on_chain_start", "on_chain_end"], [{"a": 1}], True])
async def a_block_can_be_ended_before_its_end(lib):
    log = []
    async with lib.group("g", lib.handler("a", log)) as inside:
        await lib(inside.on_chain_end({"a": 1}))
    return [[event for _, event, _, _ in log], list(log[-1][2]), inside.ended]


@program([["on_chain_start", "on_chain_error"], "KeyError('k')"])
async def an_error_ends_a_block_and_is_raised_on(lib):
    log = []
    try:
        async with lib.group("g", lib.handler("a", log)):
            raise KeyError("k")
    except KeyError as error:
        return [[event for _, event, _, _ in log], repr(error)]


@program(["on_chain_start", "on_chain_error"])
async def a_block_can_be_ended_with_an_error(lib):
    log = []
    async with lib.group("g", lib.handler("a", log)) as inside:
        await lib(inside.on_chain_error(ValueError("x")))
    return [event for _, event, _, _ in log]


@program([["a", "b"], ["a", "b"], ["t", "u"], True, True])
async def a_blocks_manager_stays_one_when_copied_and_merged(lib):
    async with lib.group("g", lib.handler("a", []), tags=["t"]) as inside:
        merged = inside.merge(lib.Manager([lib.handler("b", [])], tags=["u"]))
        same = merged.parent_run_manager is inside.parent_run_manager is inside.copy().parent_run_manager
        return [*map(sorted, (shown(merged.handlers), shown(merged.inheritable_handlers), merged.tags)), type(merged) is type(inside), same]
