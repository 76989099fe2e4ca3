"""generate, agenerate and their prompt twins: one run and one request each, and one result of all."""

import asyncio
import threading
import uuid

import pytest

import fakes
from minichat import (
    AIMessage,
    ChatGeneration,
    ChatOpenAI,
    ChatPromptValue,
    ConfigurationError,
    HumanMessage,
    LLMResult,
    RunInfo,
    StringPromptValue,
)

from .recording import Log, Streaming, Watching, Whole, both_sides, result

either_side = pytest.mark.parametrize("side", ["sync", "async"])


def conversations(*texts):
    return [[HumanMessage(text)] for text in texts]


@either_side
def test_each_conversation_has_its_answer_and_its_run(side):
    found = both_sides(Whole(), "generate", conversations("a", "b"), side=side)
    assert sorted(answers[0].text for answers in found.generations) in (["A1", "B2"], ["A2", "B1"])
    assert [type(one) for one in (found, found.generations[0][0], found.run[0])] == [LLMResult, ChatGeneration, RunInfo]
    assert len({info.run_id for info in found.run}) == 2
    ids = [answers[0].message.id for answers in found.generations]
    assert ids == [f"lc_run--{info.run_id}-0" for info in found.run]
    assert found.llm_output == {}  # only a model that says how adds them up
    assert [answers[0].generation_info for answers in found.generations] == [{"finish_reason": "stop"}] * 2


@either_side
def test_nothing_gives_nothing(side):
    found = both_sides(Whole(), "generate", [], side=side)
    assert (found.generations, found.llm_output, found.run) == ([], {}, None)


@either_side
def test_all_starts_are_told_then_all_ends(side):
    log = Log()
    run_id = uuid.uuid4()
    both_sides(
        Whole(name="own"),
        "generate",
        conversations("a", "b", "c"),
        ["stop"],
        [log],
        side=side,
        tags=["t"],
        metadata={"k": 1},
        run_name="mine",
        run_id=run_id,
        extra=5,
    )
    assert log.events == ["start"] * 3 + ["end"] * 3
    assert [one[1] for one in log.told] == [0, 1, 2, 0, 1, 2]
    assert log.runs[0] == run_id and len(set(log.runs)) == 3
    for serialized, _, told in log.started:
        assert (told["name"], told["tags"], told["metadata"]["k"], told["batch_size"]) == ("mine", ["t"], 1, 3)
        assert told["options"] == {"stop": ["stop"]}
        assert (told["invocation_params"]["stop"], told["invocation_params"]["extra"]) == (["stop"], 5)
        assert serialized["name"] == "own"


def test_requests_are_made_in_order_on_the_synchronous_side():
    model = Whole()
    model.generate(conversations("a", "b", "c"))
    assert model.asked == ["a", "b", "c"]


def test_requests_are_made_side_by_side_on_the_asynchronous_side():
    meeting = threading.Barrier(3, timeout=20)  # three hooks in three threads, all there at once

    class Meeting(Whole):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            meeting.wait()
            return result("met")

    found = asyncio.run(Meeting().agenerate(conversations("a", "b", "c")))
    assert [answers[0].text for answers in found.generations] == ["met"] * 3


@either_side
def test_where_one_fails_every_run_has_one_end_and_the_first_error_is_raised(side):
    log = Log()
    with pytest.raises(KeyError, match="1"):
        both_sides(Whole(), "generate", conversations("a", "1", "2"), callbacks=[log], side=side)
    assert log.events == ["start"] * 3 + ["error"] * 2 + ["end"]
    assert [one[1] for one in log.told[3:]] == [1, 2, 0]
    assert {one[3] == [[]] for one in log.told if one[0] == "error"} == {True}


def test_a_cancelled_generate_ends_every_run_and_stays_cancelled():
    log = Log()

    class Waiting(Whole):
        async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
            if messages[0].content == "a":
                return result("quick")
            self.here.set()
            await asyncio.Event().wait()

    async def main():
        model = Waiting()
        model.here = asyncio.Event()
        task = asyncio.ensure_future(model.agenerate(conversations("a", "b"), callbacks=[log]))
        await model.here.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert log.events == ["start", "start", "error", "end"]
    assert log.told[2][1:3] == (1, "CancelledError")


@either_side
def test_llm_output_is_added_up_by_the_model(side):
    class Adding(Whole):
        def _combine_llm_outputs(self, llm_outputs):
            return {"n": sum(one["n"] for one in llm_outputs)}

    found = both_sides(Adding(), "generate", conversations("ab", "c"), side=side)
    assert found.llm_output == {"n": 3}


@either_side
def test_prompts_are_conversations(side):
    prompts = [StringPromptValue(text="a"), ChatPromptValue(messages=[HumanMessage("x"), HumanMessage("b")])]
    found = both_sides(Whole(), "generate_prompt", prompts, side=side, tags=["t"])
    assert [answers[0].text[0] for answers in found.generations] == ["A", "B"]


@either_side
@pytest.mark.parametrize("wrong", [["text"], [["text"]], [[("human", "x")]], [[{"role": "user", "content": "x"}]]])
def test_what_holds_no_messages_is_an_attribute_error_that_says_so(side, wrong):
    with pytest.raises(AttributeError, match="lists of messages.*invoke"):
        both_sides(Whole(), "generate", wrong, side=side)


@either_side
def test_a_handler_that_watches_streams_is_shown_them(side):
    log = Watching()
    found = both_sides(Streaming(), "generate", conversations("ab"), callbacks=[log], side=side)
    assert log.told == [("start", 0, "ab"), *(("token", 0, token) for token in ("A", "B", "")), ("end", 0, ["AB"])]
    assert type(found.generations[0][0].message) is AIMessage
    assert found.generations[0][0].message.id == f"lc_run--{found.run[0].run_id}"


def test_several_answers_to_one_prompt_do_not_repeat_what_the_call_said():
    class Two(Whole):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result("x", "y", llm_output={"model_name": "m"}, finish_reason="stop")

    answers = Two().generate(conversations("a")).generations[0]
    assert [answer.message.response_metadata for answer in answers] == [{"finish_reason": "stop"}] * 2
    assert [answer.message.id[-2:] for answer in answers] == ["-0", "-1"]


# -- a provider's ----------------------------------------------------------------------------------


@pytest.fixture
def server():
    with fakes.serve() as running:
        yield running


def openai(server, **settings):
    return ChatOpenAI(api_key="k", base_url=server.url("openai"), max_retries=0, **settings)


def reply(text, *tokens, **fields):
    return fakes.Reply([fakes.Text(text)], usage=fakes.Usage(*tokens, **fields))


@either_side
def test_tokens_are_added_up_by_key_and_printed_as_in_the_quick_start(server, side):
    server.reply(reply("one", 5, 2, reasoning=None), reply("two", 6, 3, reasoning=None))
    found = both_sides(openai(server), "generate", conversations("a", "b"), side=side)
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
    assert found.llm_output == {"token_usage": usage, "model_name": "gpt-3.5-turbo"}
    if side == "sync":
        printed = [
            f"[ChatGeneration(text='{text}', generation_info={{'finish_reason': 'stop'}}, "
            f"message=AIMessage(content='{text}'))]"
            for text in ("one", "two")
        ]
        assert repr(found).startswith(f"LLMResult(generations=[{', '.join(printed)}], llm_output={{'token_usage': ")
        assert repr(found).endswith(f"run=[{', '.join(map(repr, found.run))}])")
        assert [bool(flat.llm_output["token_usage"]) for flat in found.flatten()] == [True, False]


def test_details_of_the_tokens_are_added_up_too_and_a_fingerprint_is_told(server):
    server.reply(reply("one", 5, 2, reasoning=1), reply("two", 6, 3, reasoning=2))
    output = openai(server, model="gpt-4o").generate(conversations("a", "b")).llm_output
    usage = output["token_usage"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 3
    assert usage["total_tokens"] == 16
    assert output["system_fingerprint"].startswith("fp_") and output["model_name"] == "gpt-4o"


@either_side
def test_nothing_asked_of_a_provider_costs_nothing(server, side):
    found = both_sides(openai(server), "generate", [], side=side)
    assert found == LLMResult(generations=[], llm_output={"token_usage": {}, "model_name": "gpt-3.5-turbo"})
    assert found.run is None


@either_side
def test_a_streamed_answer_has_no_llm_output(server, side):
    server.reply(reply("one", 5, 2))
    found = both_sides(openai(server, streaming=True), "generate", conversations("a"), side=side)
    assert server.journal[-1].body["stream"] is True
    assert found.llm_output == {"token_usage": {}, "model_name": "gpt-3.5-turbo"}
    assert found.generations[0][0].generation_info == {"finish_reason": "stop"}


@either_side
def test_several_choices_are_several_generations(server, side):
    server.reply(reply("one", 5, 2))
    found = both_sides(openai(server, n=2), "generate", conversations("a"), side=side)
    assert [one.generation_info for one in found.generations[0]] == [{"finish_reason": "stop"}] * 2


def test_a_model_that_answers_nothing_is_named():
    class Silent(Whole):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result()

    assert Silent().generate(conversations("a")).generations == [[]]
    with pytest.raises(ConfigurationError, match="Silent returned a ChatResult without generations"):
        Silent().invoke("a")
