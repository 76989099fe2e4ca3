"""BaseChatModel for users who write one: hooks, run manager, constructor, and what callers see."""

import asyncio
import dataclasses
import threading
import uuid

import pytest

from minichat import (
    AIMessage,
    AIMessageChunk,
    BaseChatModel,
    ChatGeneration,
    ChatGenerationChunk,
    ChatPromptValue,
    ChatResult,
    ConfigurationError,
    HumanMessage,
    IncompleteStream,
    StringPromptValue,
    SystemMessage,
)

from .calling import call, every_way, streamed, whole


def result(text, **generation):
    return ChatResult(generations=[ChatGeneration(message=AIMessage(text), **generation)])


class Upper(BaseChatModel):
    """Only `_generate`, as small as a model can be."""

    mark: str = "!"

    @property
    def _llm_type(self):
        return "upper"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return result(messages[-1].content.upper() + self.mark + "".join(stop or []) + "".join(kwargs))


class Words(Upper):
    """Streams too."""

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        for word in messages[-1].content.split():
            yield ChatGenerationChunk(message=AIMessageChunk(word))


class Native(BaseChatModel):
    """Asynchronous hooks beside synchronous ones that must not be used on that side."""

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return result("sync")

    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        await asyncio.sleep(0)
        return result("async")

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        yield ChatGenerationChunk(message=AIMessageChunk("sync"))

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        await asyncio.sleep(0)
        yield ChatGenerationChunk(message=AIMessageChunk("async"))


def text_of(answer):
    pieces = answer if isinstance(answer, list) else [answer]
    return "".join(piece.content for piece in pieces)


@every_way
def test_a_model_of_generate_alone_answers_every_way(way):
    answer = call(Upper(mark="?"), way, "hi")
    assert text_of(answer) == "HI?"
    for message in answer if isinstance(answer, list) else [answer]:
        assert type(message) is AIMessage  # a stream gives the whole message, not a chunk


@streamed
def test_pieces_are_streamed_one_by_one(way):
    pieces = call(Words(), way, "a b c")
    assert [piece.content for piece in pieces] == ["a", "b", "c", ""]
    assert [piece.chunk_position for piece in pieces] == [None, None, None, "last"]
    assert len({piece.id for piece in pieces}) == 1 and pieces[0].id.startswith("lc_run--")


@pytest.mark.parametrize("way, side", [("invoke", "sync"), ("stream", "sync"), ("ainvoke", "async"), ("astream", "async")])
def test_each_side_uses_its_own_hook(way, side):
    assert text_of(call(Native(), way, "x")) == side


def test_synchronous_hooks_run_in_a_thread_on_the_asynchronous_side():
    class Where(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result(threading.current_thread().name)

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            yield ChatGenerationChunk(message=AIMessageChunk(threading.current_thread().name))

    main = threading.current_thread().name
    assert text_of(call(Where(), "invoke", "x")) == main
    assert text_of(call(Where(), "ainvoke", "x")) != main
    assert text_of(call(Where(), "stream", "x")) == main
    assert text_of(call(Where(), "astream", "x")) != main


@whole
def test_stop_and_keywords_reach_the_hook(way):
    assert text_of(call(Upper(), way, "a", stop=["S"], extra=1)) == "A!Sextra"
    assert text_of(call(Upper().bind(stop=["T"], more=1), way, "a")) == "A!Tmore"
    assert text_of(call(Upper().bind(stop=["T"]).bind(stop=["U"]), way, "a")) == "A!U"


@whole
def test_a_hook_without_run_manager_is_called_without_it(way):
    class Small(BaseChatModel):
        def _generate(self, messages, stop=None):
            return result("ok")

    assert text_of(call(Small(), way, "x")) == "ok"


def test_a_model_without_hooks_says_what_is_missing_when_it_is_made():
    class Empty(BaseChatModel):
        pass

    for kind in (Empty, BaseChatModel):
        with pytest.raises(TypeError, match=f"{kind.__name__} cannot answer.*_generate"):
            kind()


@streamed
def test_a_stream_without_pieces_is_an_error(way):
    class Silent(Upper):
        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            yield from ()

    with pytest.raises(ValueError, match="No generation chunks were returned"):
        call(Silent(), way, "x")


@streamed
def test_what_a_stream_gave_before_its_error_was_seen_and_is_on_the_error(way):
    class Breaking(Upper):
        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            yield ChatGenerationChunk(message=AIMessageChunk("so "))
            yield ChatGenerationChunk(message=AIMessageChunk("far"))
            raise IncompleteStream("cut")

    with pytest.raises(IncompleteStream) as caught:
        call(Breaking(), way, "x")
    assert caught.value.partial.content == "so far"
    assert type(caught.value.partial) is AIMessageChunk


@every_way
def test_a_hook_that_raises_stop_iteration_is_an_error_and_no_hang(way):
    class Exhausted(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return next(iter(()))

    with pytest.raises(RuntimeError, match="StopIteration"):
        call(Exhausted(), way, "x")


@every_way
def test_what_a_message_knows_itself_wins_over_its_generations_info(way):
    class Twice(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            message = AIMessage("x", response_metadata={"finish_reason": "stop", "own": 1})
            info = {"finish_reason": "stop", "own": 2, "logprobs": None}
            return ChatResult(generations=[ChatGeneration(message=message, generation_info=info)])

    answer = call(Twice(), way, "x")
    message = answer[0] if isinstance(answer, list) else answer
    assert message.response_metadata == {"finish_reason": "stop", "own": 1, "logprobs": None}


@whole
def test_a_models_name_is_the_name_of_its_runs(way):
    recorder = Recorder()
    call(Upper(name="mine"), way, "x", config={"callbacks": [recorder]})
    call(Upper(name="mine"), way, "x", config={"callbacks": [recorder], "run_name": "this one"})
    call(Upper(), way, "x", config={"callbacks": [recorder]})
    assert [one[1] for one in recorder.told if one[0] == "start"] == ["mine", "this one", "Upper"]


@whole
def test_generation_info_and_llm_output_are_in_response_metadata(way):
    class Informed(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            answer = result("x", generation_info={"finish_reason": "stop"})
            answer.llm_output = {"model_name": "m"}
            return answer

    assert call(Informed(), way, "x").response_metadata == {"model_name": "m", "finish_reason": "stop"}


INPUTS = [
    ("hi", "HI!"),
    ([HumanMessage("a"), HumanMessage("b")], "B!"),
    ([("system", "s"), ("human", "h")], "H!"),
    ([{"role": "user", "content": "d"}], "D!"),
    ([HumanMessage("a"), "mixed"], "MIXED!"),
    ((SystemMessage("s"), HumanMessage("t")), "T!"),
    (StringPromptValue(text="p"), "P!"),
    (ChatPromptValue(messages=[HumanMessage("q")]), "Q!"),
    (("human", "x"), "X!"),  # a sequence of two texts, as in LangChain
]


@every_way
@pytest.mark.parametrize("value, text", INPUTS, ids=[str(i) for i in range(len(INPUTS))])
def test_every_kind_of_input_becomes_messages(way, value, text):
    assert text_of(call(Upper(), way, value)) == text


@whole
def test_message_ids_name_the_run(way):
    run_id = uuid.uuid4()
    for given in (run_id, str(run_id), run_id.hex):
        answer = call(Upper(), way, "x", config={"run_id": given})
        assert answer.id == f"lc_run--{run_id}-0"
    other = call(Upper(), way, "x")
    assert uuid.UUID(other.id[len("lc_run--") : -2]).version == 7
    assert other.id != call(Upper(), way, "x").id


# -- the constructor -------------------------------------------------------------------------------


def test_class_annotations_are_keyword_arguments():
    class Configured(Upper):
        needed: int
        items: list = []
        made: dict = dataclasses.field(default_factory=dict)
        _private: int = 5

        def model_post_init(self, context):
            self.twice = self.needed * 2

    one, two = Configured(needed=1), Configured(needed=2, mark="#")
    assert (one.needed, one.mark, two.mark, one.twice, two.twice) == (1, "!", "#", 2, 4)
    one.items.append(1)
    one.made["a"] = 1
    assert two.items == [] and two.made == {} and Configured.items == []
    assert repr(two) == "Configured(mark='#', needed=2)"
    with pytest.raises(ConfigurationError, match="needs needed="):
        Configured()
    with pytest.raises(ConfigurationError, match="no setting 'mrk'; did you mean mark="):
        Configured(needed=1, mrk="x")
    with pytest.raises(ConfigurationError, match="_private"):
        Configured(needed=1, _private=3)


def test_a_subclass_may_keep_state_and_change_it():
    class Counting(Upper):
        calls: int = 0

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            self.calls += 1
            return result(str(self.calls))

    one = Counting()
    assert [one.invoke("x").content, one.invoke("x").content] == ["1", "2"]


def test_a_subclass_with_its_own_init():
    class Own(BaseChatModel):
        def __init__(self, greeting):
            super().__init__()
            self.greeting = greeting

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result(self.greeting)

    assert Own("hello").invoke("x").content == "hello"


# -- handlers --------------------------------------------------------------------------------------


class Recorder:
    """Notes what it is told."""

    def __init__(self):
        self.told = []

    def on_chat_model_start(self, serialized, messages, **kwargs):
        assert isinstance(kwargs["run_id"], uuid.UUID) and kwargs["parent_run_id"] is None
        assert isinstance(messages[0][0], HumanMessage)
        metadata = {key: value for key, value in kwargs["metadata"].items() if not key.startswith("ls_")}
        self.told.append(("start", kwargs["name"], kwargs["tags"], metadata))

    def on_llm_new_token(self, token, *, chunk=None, **kwargs):
        assert chunk.message.content == token
        self.told.append(("token", token))

    def on_llm_end(self, response, **kwargs):
        self.told.append(("end", response.generations[0][0].text))

    def on_llm_error(self, error, *, response=None, **kwargs):
        partial = response.generations[0][0].text if response and response.generations[0] else ""
        self.told.append(("error", type(error).__name__, partial))


CONFIG = {"tags": ["t"], "metadata": {"k": 1}, "run_name": "named"}
START = ("start", "named", ["t"], {"k": 1})


@whole
def test_handlers_are_told_of_a_whole_answer(way):
    recorder = Recorder()
    call(Upper(), way, "x", config={**CONFIG, "callbacks": [recorder]})
    assert recorder.told == [START, ("end", "X!")]


@streamed
def test_handlers_are_told_of_each_token(way):
    recorder = Recorder()
    call(Words(), way, "a b", config={**CONFIG, "callbacks": [recorder]})
    assert recorder.told == [START, ("token", "a"), ("token", "b"), ("token", ""), ("end", "ab")]


@every_way
def test_handlers_are_told_of_an_error(way):
    class Failing(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            raise KeyError("x")

    recorder = Recorder()
    with pytest.raises(KeyError):
        call(Failing(), way, "x", config={"callbacks": [recorder]})
    assert [one[0] for one in recorder.told] == ["start", "error"]


@streamed
def test_leaving_a_stream_early_ends_its_run_once_with_what_had_come(way):
    recorder = Recorder()
    config = {"callbacks": [recorder]}
    if way == "stream":
        pieces = Words().stream("a b c", config=config)
        next(pieces)
        pieces.close()
    else:

        async def leave():
            pieces = Words().astream("a b c", config=config)
            await pieces.__anext__()
            await pieces.aclose()

        asyncio.run(leave())
    assert recorder.told[1:] == [("token", "a"), ("error", "GeneratorExit", "a")]


def test_coroutine_handlers_are_awaited_on_the_asynchronous_side():
    class Async(Recorder):
        async def on_llm_end(self, response, **kwargs):
            await asyncio.sleep(0)
            self.told.append(("awaited", response.generations[0][0].text))

    recorder = Async()
    call(Upper(), "ainvoke", "x", config={"callbacks": [recorder]})
    assert recorder.told[-1] == ("awaited", "X!")


@whole
def test_what_a_handler_raises_is_logged_and_not_raised(way, caplog):
    class Bad(Recorder):
        def on_llm_end(self, response, **kwargs):
            raise RuntimeError("handler")

    assert text_of(call(Upper(), way, "x", config={"callbacks": [Bad()]})) == "X!"
    assert "Bad.on_llm_end" in caplog.text

    class Strict(Bad):
        raise_error = True

    with pytest.raises(RuntimeError, match="handler"):
        call(Upper(), way, "x", config={"callbacks": [Strict()]})


def test_a_hook_announces_tokens_through_its_run_manager():
    class Announcing(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            run_manager.on_llm_new_token("tok", chunk=ChatGenerationChunk(message=AIMessageChunk("tok")))
            assert (run_manager.tags, run_manager.metadata["k"]) == (["t"], 1)
            return result(str(run_manager.run_id))

    recorder = Recorder()
    answer = call(Announcing(), "invoke", "x", config={**CONFIG, "callbacks": [recorder]})
    assert answer.id == f"lc_run--{answer.content}-0"
    assert ("token", "tok") in recorder.told


@pytest.mark.parametrize(
    "config, names",
    [({"callbacks": 5}, "callbacks"), ({"max_concurrency": 0}, "max_concurrency"), ({"max_concurrency": "2"}, "max_concurrency"), ({"run_id": "first"}, "run_id"), ("x", "config=")],
)
def test_a_wrong_config_is_named(config, names):
    with pytest.raises(ConfigurationError, match=names):
        Upper().invoke("x", config=config)


# -- batches ---------------------------------------------------------------------------------------


def batch(model, way, *args, **kwargs):
    return model.batch(*args, **kwargs) if way == "batch" else asyncio.run(model.abatch(*args, **kwargs))


both_batches = pytest.mark.parametrize("way", ["batch", "abatch"])


class Picky(Upper):
    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        if messages[-1].content.startswith("bad"):
            raise KeyError(messages[-1].content)
        return super()._generate(messages, stop, run_manager, **kwargs)


@both_batches
def test_a_batch_keeps_the_order_of_its_inputs(way):
    inputs = [f"i{n}" for n in range(40)]
    answers = batch(Upper(), way, inputs, {"max_concurrency": 3})
    assert [one.content for one in answers] == [one.upper() + "!" for one in inputs]
    assert batch(Upper(), way, []) == []
    assert [one.content for one in batch(Upper(), way, ["a"], stop=["S"])] == ["A!S"]


@both_batches
def test_a_batch_raises_an_error_or_puts_it_in_place(way):
    with pytest.raises(KeyError, match="bad"):
        batch(Picky(), way, ["a", "bad1", "b"])
    answers = batch(Picky(), way, ["a", "bad1", "b"], return_exceptions=True)
    assert [type(one).__name__ for one in answers] == ["AIMessage", "KeyError", "AIMessage"]
    (only,) = batch(Picky(), way, ["bad1"], return_exceptions=True)
    assert isinstance(only, KeyError)


@both_batches
def test_each_input_may_have_its_own_config(way):
    ids = [uuid.uuid4(), uuid.uuid4()]
    answers = batch(Upper(), way, ["a", "b"], [{"run_id": one} for one in ids])
    assert [one.id for one in answers] == [f"lc_run--{one}-0" for one in ids]
    with pytest.raises(ValueError, match="same length as inputs, but got 1 configs for 2 inputs"):
        batch(Upper(), way, ["a", "b"], [{}])
    with pytest.warns(RuntimeWarning, match="the first of the batch has it"):
        first, second = batch(Upper(), way, ["a", "b"], {"run_id": ids[0]})
    assert first.id == f"lc_run--{ids[0]}-0" and str(ids[0]) not in second.id


@pytest.mark.parametrize("way", ["sync", "async"])
def test_batch_as_completed_gives_pairs_as_they_end(way):
    def pairs(model, *args, **kwargs):
        if way == "sync":
            return list(model.batch_as_completed(*args, **kwargs))

        async def collect():
            return [pair async for pair in model.abatch_as_completed(*args, **kwargs)]

        return asyncio.run(collect())

    assert sorted((index, one.content) for index, one in pairs(Upper(), ["a", "b", "c"])) == [(0, "A!"), (1, "B!"), (2, "C!")]
    with pytest.raises(KeyError):
        pairs(Picky(), ["a", "bad"])
    kinds = {index: type(one).__name__ for index, one in pairs(Picky(), ["a", "bad"], return_exceptions=True)}
    assert kinds == {0: "AIMessage", 1: "KeyError"}


def test_the_order_of_completion_is_not_that_of_the_inputs():
    second_done = threading.Event()

    class Waiting(Upper):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            if messages[-1].content == "first":
                assert second_done.wait(10)
            return result(messages[-1].content)

    seen = []
    for index, _ in Waiting().batch_as_completed(["first", "second"], {"max_concurrency": 2}):
        seen.append(index)
        second_done.set()
    assert seen == [1, 0]


def test_threads_of_a_batch_see_the_callers_context_variables():
    import contextvars

    variable = contextvars.ContextVar("variable", default="unset")

    class Reading(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result(variable.get())

    variable.set("seen")
    for way in ("batch", "abatch"):
        assert {one.content for one in batch(Reading(), way, ["a", "b", "c"])} == {"seen"}
    assert call(Reading(), "ainvoke", "x").content == "seen"


def test_binding_forwards_attributes_and_methods():
    bound = Upper(mark="?").bind(stop=["S"])
    assert bound.mark == "?" and bound._llm_type == "upper"
    assert [one.content for one in bound.batch(["a", "b"])] == ["A?S", "B?S"]
    with pytest.raises(AttributeError):
        bound.no_such_thing
    with pytest.raises(NotImplementedError, match="bind_tools"):
        Upper().bind_tools([])
