"""What managers and handlers do, compared with a table that langchain-core agrees with."""

import asyncio

import pytest

from tests.callbacks import printing  # noqa: F401  # it puts its programs into the table
from tests.callbacks.library import Library
from tests.callbacks.programs import PROGRAMS

SIDES = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def run(name, library, is_async):
    function, expected = PROGRAMS[name]
    assert asyncio.run(function(Library(library, is_async=is_async))) == expected


@SIDES
@pytest.mark.parametrize("name", list(PROGRAMS))
def test_a_program_gives_what_the_table_says(name, is_async):
    run(name, "minichat", is_async)


@SIDES
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_table_says_what_langchain_does(name, is_async):
    pytest.importorskip("langchain_core", reason="langchain-core is not installed: the table is not compared with it")
    run(name, "langchain_core", is_async)
