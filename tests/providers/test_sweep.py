"""Every provider's answer, cut at every byte: no client of ours takes a part for the whole.

tests/faults/test_cuts.py does this with hand-written bytes and looks at the errors in detail; here the fakes write the
answers, as their users see it.
"""

from __future__ import annotations

import platform

import pytest

from fakes import sweep

from ..faults.exercise import THOROUGH
from .everyone import every_provider

STEP = 1 if THOROUGH else 29 if platform.python_implementation() == "PyPy" else 11


def asking(row, way):
    """Give a client for `sweep` that keeps its model, and with it its connections."""
    kept = []

    def model(server):
        if not kept:
            kept.append(row.model(server, row.ordinary, max_retries=0))
        return kept[0]

    async def astream(server):
        return [str(chunk.text) async for chunk in model(server).astream("Bonjour")]

    return {
        "invoke": lambda server: str(model(server).invoke("Bonjour").text),
        "stream": lambda server: [str(chunk.text) for chunk in model(server).stream("Bonjour")],
        "astream": astream,
    }[way]


def checked(found, way):
    """Demand that nothing was taken, that all was tried, and that the whole answer came through."""
    found.check()
    said = found.result if way == "invoke" else "".join(found.result)
    assert said == "Hé 🌍"
    assert len(found.places) >= len(found.body) // found.places.step
    assert len(found.refused) + len(found.after_terminator) == len(found.places)


@every_provider
@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_an_answer_cut_at_any_byte_is_never_taken_for_whole(row, way):
    found = sweep(asking(row, way), "Hé 🌍", every=STEP, stream=way == "stream")
    checked(found, way)
    assert set(found.errors) <= {"IncompleteStream", "TransportError", "ProtocolError"}


@every_provider
def test_an_answer_cut_at_any_byte_is_never_taken_for_whole_by_an_async_client(row):
    checked(sweep(asking(row, "astream"), "Hé 🌍", every=17, stream=True), "astream")


@every_provider
def test_a_stream_that_ends_in_good_form_but_early_is_never_taken_for_whole(row):
    checked(sweep(asking(row, "stream"), "Hé 🌍", how="end", every=23, stream=True), "stream")


@every_provider
def test_a_stream_split_at_any_byte_is_the_same_stream(row):
    found = sweep(asking(row, "stream"), "Hé 🌍", how="split", every=19, stream=True)
    found.check()
    assert not found.refused and "".join(found.result) == "Hé 🌍"
