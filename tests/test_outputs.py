"""Generations and results: text, sums, equality and what they print."""

import uuid

import pytest

from minichat import (
    AIMessage,
    AIMessageChunk,
    ChatGeneration,
    ChatGenerationChunk,
    ChatPromptValue,
    ChatResult,
    HumanMessage,
    LLMResult,
    RunInfo,
    StringPromptValue,
)
from minichat.outputs import Generation, GenerationChunk

CONTENTS = [
    ("x", "x"),
    (["a", "b"], "ab"),
    (["a", {"type": "text", "text": "t"}], "at"),
    ([{"type": "image"}, {"text": "u"}, {"type": "text", "text": "v"}], "uv"),
    ([{"type": "reasoning", "text": "no"}], ""),
    ([{"type": "image"}], ""),
    ([], ""),
]


@pytest.mark.parametrize("content, text", CONTENTS)
def test_the_text_of_a_generation_is_its_messages(content, text):
    assert ChatGeneration(message=AIMessage(content)).text == text


def test_what_they_print():
    generation = ChatGeneration(message=AIMessage("a"), generation_info={"finish_reason": "stop"})
    assert repr(generation) == (
        "ChatGeneration(text='a', generation_info={'finish_reason': 'stop'}, message=AIMessage(content='a'))"
    )
    assert repr(ChatGeneration(message=AIMessage("a"))) == "ChatGeneration(text='a', message=AIMessage(content='a'))"
    one = uuid.UUID(int=1)
    result = LLMResult(generations=[[generation]], llm_output={"k": 1}, run=[RunInfo(run_id=one)])
    assert repr(result) == (
        f"LLMResult(generations=[[{generation!r}]], llm_output={{'k': 1}}, run=[RunInfo(run_id={one!r})])"
    )


def test_equality_ignores_the_run_and_nothing_else():
    def result(text="a", run=None):
        return LLMResult(generations=[[ChatGeneration(message=AIMessage(text))]], run=run)

    assert result() == result(run=[RunInfo(run_id=uuid.UUID(int=1))])
    assert result() != result("b")
    assert ChatResult(generations=[]) != LLMResult(generations=[])
    with pytest.raises(TypeError):
        hash(result())


def test_chunks_add_up():
    one = ChatGenerationChunk(message=AIMessageChunk("a"), generation_info={"x": "1"})
    two = ChatGenerationChunk(message=AIMessageChunk("b"), generation_info={"y": "2"})
    total = one + two
    assert (total.text, total.generation_info) == ("ab", {"x": "1", "y": "2"})
    assert (one + [two, two]).text == "abb"
    assert (one.text, one.generation_info) == ("a", {"x": "1"})
    with pytest.raises(TypeError):
        one + "b"


def test_text_generations_print_compare_and_add_up():
    assert repr(Generation(text="a")) == "Generation(text='a')"
    one = GenerationChunk(text="a", generation_info={"x": "1"})
    assert repr(one + GenerationChunk(text="b", generation_info={"y": "2"})) == (
        "GenerationChunk(text='ab', generation_info={'x': '1', 'y': '2'})"
    )
    assert GenerationChunk(text="a") + GenerationChunk(text="") == GenerationChunk(text="a") != Generation(text="a")
    for other in ("b", Generation(text="b"), [one]):
        with pytest.raises(TypeError):
            one + other


TYPES = [
    (Generation(text=""), "Generation"),
    (GenerationChunk(text=""), "Generation"),
    (ChatGeneration(message=AIMessage("")), "ChatGeneration"),
    (ChatGenerationChunk(message=AIMessageChunk("")), "ChatGenerationChunk"),
    (LLMResult(generations=[]), "LLMResult"),
]


@pytest.mark.parametrize("value, name", TYPES)
def test_each_class_says_its_name_and_does_not_print_it(value, name):
    assert value.type == name
    assert "type" not in repr(value)
    assert isinstance(value, (Generation, LLMResult))


USAGE = {"prompt_tokens": 3}
FLAT = [
    (None, [None, None]),
    ({}, [{}, {"token_usage": {}}]),
    ({"token_usage": USAGE, "model_name": "m"}, [{"token_usage": USAGE, "model_name": "m"}, {"token_usage": {}, "model_name": "m"}]),
]


@pytest.mark.parametrize("output, outputs", FLAT)
def test_flatten_gives_a_result_per_prompt_and_counts_the_tokens_once(output, outputs):
    answers = [[Generation(text="a")], [Generation(text="b"), Generation(text="c")]]
    info = RunInfo(run_id=uuid.UUID(int=1))
    flat = LLMResult(generations=answers, llm_output=output, run=[info, info]).flatten()
    assert flat == [LLMResult(generations=[one], llm_output=part) for one, part in zip(answers, outputs)]
    assert [one.run for one in flat] == [None, None]


def test_what_is_flattened_shares_no_token_counts():
    first, second, third = LLMResult(generations=[[], [], []], llm_output={"token_usage": USAGE}).flatten()
    second.llm_output["token_usage"]["x"] = 1
    assert third.llm_output == {"token_usage": {}}
    assert LLMResult(generations=[]).flatten() == []


def test_prompt_values_are_text_and_messages():
    value = ChatPromptValue(messages=[HumanMessage("h"), AIMessage("a")])
    assert value.to_string() == "Human: h\nAI: a"
    assert value.to_messages() == [HumanMessage("h"), AIMessage("a")]
    assert StringPromptValue(text="t").to_messages() == [HumanMessage("t")]
    assert StringPromptValue(text="t") == StringPromptValue(text="t") != StringPromptValue(text="u")
