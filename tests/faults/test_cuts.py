"""A reply cut at every byte: an answer is given as whole only where nothing of it is missing.

The same reply is sent again and again, one byte longer each time, and then the peer hangs up. What the
cut must lead to follows from where it lies: in the head, in the body, or behind the point where the
answer is whole (the empty line behind the terminator, the end of the framing, or of the JSON read to close).
"""

from __future__ import annotations

import asyncio

import pytest

from minichat import ChatError, IncompleteStream, ProtocolError, TransportError

from .dialects import DIALECTS, OPENAI
from .exercise import METHODS, THOROUGH, make_model, nothing_left
from .framing import json_reply, stream_reply
from .server import Server, finish, request, reset, send

pytestmark = pytest.mark.filterwarnings("error")


def _whole_at(dialect, data: bytes, framing: str, streamed: bool) -> int:
    """Give the number of bytes at which the answer is whole."""
    if streamed:
        # Of an empty line that ends in CRLF the CR says enough.
        return data.rindex(dialect.terminator) + len(dialect.terminator) - len(dialect.blank) + 1
    return data.rindex(b"}") + 1 if framing == "close" else len(data)


# How a reply is framed and how its connection ends is one code for all dialects: OpenAI's goes through all of it.
CUTS = [
    pytest.param(dialect, framing, end, id=f"{dialect.name}-{framing}-{name}")
    for dialect in DIALECTS
    for framing in ("chunked", "length", "close")
    for name, end in {"FIN": finish, "RST": reset}.items()
    if dialect is OPENAI or (framing, name) == ("chunked", "FIN")
]
STEP = 1 if THOROUGH else 11  # of the other dialects' bytes


@pytest.mark.parametrize("dialect, framing, end", CUTS)
@pytest.mark.parametrize("method", METHODS)
def test_a_reply_cut_at_any_byte_is_never_taken_for_whole(method, dialect, framing, end):
    streamed = "stream" in method
    events = [*dialect.events(), dialect.terminator]
    data = stream_reply(events, framing=framing) if streamed else json_reply(dialect.whole, framing=framing)
    # A reset can overtake nothing that was sent before, but where it falls is the kernel's choice, so a
    # few places do for it; a proper end is tried everywhere.
    step = 1 if dialect is OPENAI else STEP
    places = range(0, len(data) + 1, step) if end is finish else range(0, len(data), 17)
    with nothing_left():
        with Server([request, send(data[:place]), end] for place in places) as server:
            model = make_model(f"http://127.0.0.1:{server.port}", dialect, max_retries=0)
            outcomes = _ask_often(method, model, len(places))
            server.wait_until_left()
            assert len(server.requests) == len(places)
    head = data.index(b"\r\n\r\n") + 4
    whole = _whole_at(dialect, data, framing, streamed)
    for place, (chunks, error) in zip(places, outcomes):
        where = f"cut at {place} of {len(data)}: {chunks!r} {error!r}"
        # The end of a body that is read to close cannot be lost to a reset.
        if place >= whole and (streamed or framing != "close" or end is finish):
            assert error is None, where
            assert chunks == (list(dialect.texts) if streamed else [dialect.text]), where
            continue
        assert error is not None, f"half an answer given as whole, {where}"
        assert chunks == list(dialect.texts[: len(chunks)]), where
        if place < head:
            assert type(error) is TransportError and not chunks, where
        elif streamed:
            assert type(error) is IncompleteStream, where
            text = None if error.partial is None else str(error.partial.text)
            assert text == ("".join(chunks) if chunks else None), where
        elif framing == "close" and end is finish:
            assert type(error) is ProtocolError, where  # that it was cut shows only in the JSON
        else:
            assert type(error) is IncompleteStream, where


def _ask_often(method: str, model, times: int) -> list:
    if method.startswith("a"):
        return asyncio.run(_ask_often_on_a_loop(method, model, times))
    outcomes = []
    with model:
        for _ in range(times):
            chunks, error = [], None
            try:
                if method == "invoke":
                    chunks.append(str(model.invoke("Bonjour").text))
                else:
                    for piece in model.stream("Bonjour"):
                        chunks.append(str(piece.text))
            except ChatError as caught:
                error = caught
            outcomes.append((chunks, error))
    return outcomes


async def _ask_often_on_a_loop(method: str, model, times: int) -> list:
    outcomes = []
    async with model:
        for _ in range(times):
            chunks, error = [], None
            try:
                if method == "ainvoke":
                    chunks.append(str((await model.ainvoke("Bonjour")).text))
                else:
                    async for piece in model.astream("Bonjour"):
                        chunks.append(str(piece.text))
            except ChatError as caught:
                error = caught
            outcomes.append((chunks, error))
        assert asyncio.all_tasks() == {asyncio.current_task()}
    return outcomes


@pytest.mark.parametrize("method", ["stream", "astream"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_a_stream_split_in_two_at_any_byte_is_the_same_stream(dialect, method):
    """Two chunks of the body, cut anywhere: in a character, a line end, a field's name."""
    stream = dialect.stream
    places = range(1, len(stream), 1 if dialect is OPENAI else STEP)
    scripts = ([request, send(stream_reply([stream[:place], stream[place:]]))] for place in places)
    with nothing_left(), Server(scripts) as server:
        model = make_model(f"http://127.0.0.1:{server.port}", dialect, max_retries=0)
        for chunks, error in _ask_often(method, model, len(places)):
            assert error is None and chunks == list(dialect.texts)
        assert len(server.peers) == 1  # a whole body leaves a connection that can be used again
