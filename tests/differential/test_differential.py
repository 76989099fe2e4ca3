"""Each program through both libraries; and, without langchain-core, each one through minichat to its end."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from . import compare
from .known import KNOWN

PROGRAMS = sorted(compare.load())
reference = pytest.mark.skipif(find_spec(compare.REFERENCE) is None, reason="langchain-core is not installed")


@pytest.fixture(autouse=True)
def no_tracing(monkeypatch):
    for name in compare.TRACING:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_comes_to_its_end(name):
    """Errors are values: a program that raises found something that it did not expect."""
    value = compare.outcome(name, compare.OURS)
    assert not isinstance(value, compare.Crash), value


@reference
@pytest.mark.parametrize("name", PROGRAMS)
def test_both_libraries_agree(name):
    if not compare.can_run(name, compare.REFERENCE):
        pytest.skip("langchain-openai is not installed")
    found = compare.differences(compare.outcome(name, compare.OURS), compare.outcome(name, compare.REFERENCE))
    if name in KNOWN:
        assert found, "the known difference is gone: take it out of KNOWN and README"
        pytest.skip(f"differs on purpose: {KNOWN[name]}")
    assert not found


def test_there_are_many_programs():
    assert len(PROGRAMS) >= 150


def test_known_differences_have_a_reason_and_a_program():
    assert set(KNOWN) <= set(PROGRAMS)
    assert all(len(reason.split()) > 3 for reason in KNOWN.values())


def test_differences_are_found_wherever_they_are():
    left = {"a": [1, ("x", 2)], "b": True}
    assert compare.differences(left, {"a": [1, ("x", 2)], "b": True}) == []
    assert compare.differences(left, {"a": [1, ("x", 3)], "b": True}) == [("['a'][1][1]", 2, 3)]
    assert compare.differences(left, {"a": [1, ("x", 2)], "b": 1}) == [("['b']", True, 1)]
    assert compare.differences([1], [1, 2]) == [("", [1], [1, 2])]


def test_a_crash_is_never_agreement():
    crash = compare.Crash(ValueError("x"))
    assert compare.differences(crash, crash)
