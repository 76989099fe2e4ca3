"""A runnable with fields that users write, and LangChain's other names beside it."""

import asyncio

import pytest

from minichat.runnables import ConfigurableField, RunnableSerializable
from minichat.runnables.schema import StreamEvent
from minichat.runnables.utils import Input, Output, RunnableLike


class Times(RunnableSerializable[Input, Output]):
    factor: int = 2

    def invoke(self, input, config=None, **kwargs):
        return input * self.factor


def test_fields_are_the_constructors_keywords():
    assert Times(factor=3).invoke(5) == asyncio.run(Times(factor=3).ainvoke(5)) == 15
    assert repr(Times(factor=3)) == "Times(factor=3)"
    with pytest.raises(ValueError, match="did you mean factor="):
        Times(factr=1)


def test_a_call_may_choose_a_field():
    step = Times().configurable_fields(factor=ConfigurableField(id="by"))
    assert step.invoke(1) == 2
    assert step.invoke(1, {"configurable": {"by": 7}}) == 7


def test_equal_fields_are_equal_whether_given_or_not():
    assert Times() == Times(factor=2)
    assert Times() != Times(factor=3)
    assert Times() != 2


def test_names_for_annotations_can_be_used_at_run_time():
    assert all(name is not None for name in (StreamEvent, RunnableLike))
