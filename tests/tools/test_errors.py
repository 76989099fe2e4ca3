"""Arguments that do not fit are told in words that a model, and a person, can act on."""

from __future__ import annotations

import copy
import pickle
from typing import Dict, List

import pytest

from minichat.errors import ChatError, ConfigurationError
from minichat.tools import Tool, ToolInputError, tool
from minichat.utils.validation import ValidationError

from . import makers
from .library import call, library

ours = library("minichat")

MISFITS = [
    (makers.add, {"a": "x"}, "add: a: expected an integer, got 'x'"),
    (makers.add, {"a": 1.5, "b": None}, "add: a: expected an integer, got 1.5; b: expected an integer, got None"),
    (makers.add, {"b": 1}, "add: a: is missing"),
    (makers.add, None, "add: expected an object of arguments, got None"),
    (makers.add, [1], "add: expected an object of arguments, got [1]"),
    (makers.many, {"a": 1, "b": {"x": "no"}}, "many: b.x: expected an integer, got 'no'"),
    (makers.many, {"a": 1, "b": {"x": 1}, "c": "q"}, "many: c: expected 'r' or 'b' or null, got 'q'"),
    (
        makers.typed(List[Dict[str, int]]),
        {"some_x": [{"k": 1}, {"k": "?"}]},
        "f: some_x[1].k: expected an integer, got '?'",
    ),
    (makers.injected, {"a": 1}, "injected: state: is missing"),
]


@pytest.mark.parametrize("make, given, expected", MISFITS)
def test_a_misfit_says_which_argument_what_was_expected_and_what_came(make, given, expected):
    with pytest.raises(ToolInputError) as caught:
        make(ours).invoke(given)
    assert str(caught.value) == expected
    assert isinstance(caught.value, (ValueError, ChatError, ValidationError))


def test_an_error_carries_its_facts():
    with pytest.raises(ToolInputError) as caught:
        makers.add(ours).invoke({"a": "x", "b": "y"})
    for error in (caught.value, copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert error.tool == "add"
        assert error.problems == ["a: expected an integer, got 'x'", "b: expected an integer, got 'y'"]


def test_the_model_can_be_told_what_did_not_fit():
    made = makers.add(ours)
    made.handle_validation_error = str
    told = made.invoke(call({"a": "x"}))
    assert (told.status, told.content) == ("error", "add: a: expected an integer, got 'x'")


def test_other_value_errors_of_the_function_are_no_misfits():
    @tool
    def f():
        """F."""
        raise ValueError("mine")

    f.handle_validation_error = True
    with pytest.raises(ValueError, match="mine"):
        f.invoke({})


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"response_format": "both"}, "response_format must be 'content' or"),
        ({"return_drect": True}, "did you mean return_direct="),
    ],
)
def test_a_setting_that_is_none_is_refused(settings, words):
    with pytest.raises(ConfigurationError, match=words):
        Tool("n", len, "d", **settings)


def test_a_tool_call_without_its_id_is_refused():
    with pytest.raises(KeyError, match="id"):
        makers.add(ours).invoke({"type": "tool_call", "args": {"a": 1}})
