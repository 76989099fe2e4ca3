"""Every block of the quick-start runs as it is printed there, in one running loop, and prints what is printed there.

The twin (quickstart_twin.md) says the same calls in words of our own and needs nothing else. Where the page itself lies
beside this repository its blocks are run too, with nothing changed but the packages' names in the import lines.
What a notebook shows is compared as text; Python's repr chooses the page's quotes everywhere. Ids alone are not compared,
and the line breaks that a notebook puts into a plain dictionary.
"""

from __future__ import annotations

import pathlib

import pytest

import fakes

from . import quickstart_page

HERE = pathlib.Path(__file__).resolve().parent
TWIN = HERE / "quickstart_twin.md"
PAGE = HERE.parents[1] / "shared" / "quickstart.fr.md"
CALLS = "invoke( stream( batch( ainvoke( astream( astream_log( chat( chat( generate( llm_output".split()


@pytest.fixture(params=[TWIN, PAGE], ids=["twin", "page"])
def cells(request):
    if not request.param.is_file():
        pytest.skip(f"the quick-start's page is not beside this repository ({request.param.name})")
    return quickstart_page.read(request.param.read_text(encoding="utf-8"))


def test_every_block_prints_what_the_page_prints(cells, monkeypatch):
    with fakes.serve([reply for cell in cells for reply in cell.replies]) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url("openai"))
        results = quickstart_page.run(cells, server)
    for cell, result in zip(cells, results):
        got, expected = quickstart_page.shown(cell, result)
        assert got == expected, cell
        assert [seen.body.get("stream", False) for seen in result.requests] == [cell.streams] * len(cell.replies), cell
        assert [issubclass(kind, DeprecationWarning) for kind in result.warned] == [True] * cell.is_legacy, cell


def test_the_blocks_are_those_of_the_quick_start(cells):
    """Lest a page that is read wrongly passes with nothing in it."""
    assert [len(cell.replies) for cell in cells] == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 0]
    assert all(call in cell.code for call, cell in zip(CALLS, cells[2:]))
    assert [cell.output is None for cell in cells] == [True, True] + [False] * 10
    assert all(reply.text.strip() for cell in cells for reply in cell.replies)
