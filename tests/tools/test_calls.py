"""What tools give, on both sides: the table of calls."""

from __future__ import annotations

import pytest

from .library import invoked, library, shown
from .tables import CALLS, MADE, identity

ours = library("minichat")


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("_, make, given, expected", CALLS, ids=[row[0] for row in CALLS])
def test_a_tool_gives_what_the_table_says(_, make, given, expected, way):
    expected = expected[way] if isinstance(expected, dict) else expected
    assert shown(lambda: invoked(make(ours), given, way=way)) == expected


@pytest.mark.parametrize("_, make, expected", MADE, ids=[row[0] for row in MADE])
def test_a_tool_is_made_or_refused_as_the_table_says(_, make, expected):
    found = shown(lambda: identity(make(ours)))
    if expected is None:
        assert found.startswith("TypeError: ")  # in the words of the interpreter, or of ours
    else:
        assert found == expected
