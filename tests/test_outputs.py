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

CONTENTS = [("x", "x"), (["a", "b"], "a"), ([{"type": "text", "text": "t"}], "t"), ([{"type": "image"}, {"text": "u"}], "u"), ([{"type": "image"}], ""), ([], "")]


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


def test_prompt_values_are_text_and_messages():
    value = ChatPromptValue(messages=[HumanMessage("h"), AIMessage("a")])
    assert value.to_string() == "Human: h\nAI: a"
    assert value.to_messages() == [HumanMessage("h"), AIMessage("a")]
    assert StringPromptValue(text="t").to_messages() == [HumanMessage("t")]
    assert StringPromptValue(text="t") == StringPromptValue(text="t") != StringPromptValue(text="u")
