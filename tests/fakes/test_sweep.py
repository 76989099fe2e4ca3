"""Sweeps: what careful and careless clients take for whole, and that the places told are the right ones."""

from __future__ import annotations

import asyncio
import http.client
import json

import pytest

import fakes
from fakes.sweeping import Sweep, asweep, sweep

from .asking import MESSAGES


class Broken(Exception):
    """What the careful client here raises."""


def opened(server, *, stream):
    """Ask, and give connection and response."""
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url().rpartition(":")[2]), timeout=10)
    body = json.dumps({"model": "any", "messages": MESSAGES, "stream": stream})
    headers = {"authorization": f"Bearer {server.key}", "content-type": "application/json"}
    connection.request("POST", "/openai/v1/chat/completions", body, headers)
    return connection, connection.getresponse()


def received(server, *, stream=True):
    """Give the bytes of a body as far as they come, and whether HTTP says that they are all."""
    connection, response = opened(server, stream=stream)
    try:
        return response.read(), True
    except http.client.IncompleteRead as error:
        return error.partial, False
    except ConnectionResetError:
        return b"", False
    finally:
        connection.close()


def said(data):
    """Give the text of the events that came whole."""
    events = [json.loads(part[6:]) for part in data.split(b"\n\n")[:-1] if part != b"data: [DONE]"]
    return "".join(choice["delta"].get("content", "") for event in events for choice in event["choices"])


def careless(server):
    """Take whatever came for the answer."""
    return said(received(server)[0])


def careful(server):
    """Demand the terminator."""
    data, _ = received(server)
    if not data.endswith(b"data: [DONE]\n\n"):
        raise Broken(f"{len(data)} bytes")
    return said(data)


def content_with_finish(server):
    """Demand a finish reason only: OpenAI's comes before the usage and the terminator."""
    data, _ = received(server)
    if b'"finish_reason":"stop"' not in data.rpartition(b"\n\n")[0]:
        raise Broken
    return said(data)


def whole_json(server):
    """Demand that the body is JSON, whatever HTTP says of its length."""
    try:
        return json.loads(received(server, stream=False)[0])["choices"][0]["message"]["content"]
    except ValueError:
        raise Broken from None


# -- what is taken, and what is refused ------------------------------------------------------


@pytest.mark.parametrize("how", ["cut", "end", "reset"])
def test_a_client_that_demands_the_terminator_takes_nothing(how):
    found = sweep(careful, "Hé", how=how)
    found.check()
    assert found.result == "Hé" and found.streamed and found.body.endswith(b"data: [DONE]\n\n")
    length = len(found.body)
    assert list(found.places) == list(range(length + (how != "end")))
    assert found.whole_from == length - 2
    assert found.taken == []
    if how != "reset":  # a reset may overtake what was sent before it
        assert found.after_terminator == ([length] if how == "cut" else [])
        assert sorted(found.refused) == list(range(length))
    assert set(found.refused.values()) == {Broken} and found.errors == {"Broken": len(found.refused)}


@pytest.mark.parametrize("how", ["cut", "end"])
def test_a_client_that_takes_whatever_comes_is_found_out_at_every_byte(how):
    found = sweep(careless, "Hé", how=how, every=5)
    assert found.taken == list(range(0, found.whole_from, 5)) and not found.refused
    assert found.taken + found.after_terminator == list(range(0, len(found.body) + (how == "cut"), 5))


def test_the_places_told_are_those_from_which_a_client_is_content():
    found = sweep(content_with_finish, "Hello")
    finished = found.body.index(b"\n\n", found.body.index(b'"finish_reason":"stop"')) + 2
    assert found.taken == list(range(finished, found.whole_from))
    with pytest.raises(AssertionError) as caught:
        found.check()
    text = str(caught.value)
    assert f"the client took it for complete (cut) at {len(found.taken)}:\n" in text
    assert f"  at {finished} to {found.whole_from - 1}: " in text and "|b'data: [DONE]" in text
    assert len(text.splitlines()) == 2  # one run of places is one line


def test_who_is_content_before_the_terminator_may_say_so():
    first = sweep(content_with_finish, "Hello", every=97)
    finished = first.body.index(b"\n\n", first.body.index(b'"finish_reason":"stop"')) + 2
    found = sweep(content_with_finish, "Hello", whole_from=finished, every=5)
    found.check()
    assert found.after_terminator == [place for place in range(0, len(found.body) + 1, 5) if place >= finished]
    behind = sweep(content_with_finish, "Hello", whole_from=finished - len(first.body) - 1, every=97)
    assert behind.whole_from == finished


def test_a_whole_answer_is_cut_short_of_its_length():
    found = sweep(whole_json, "Hé", stream=False, provider="openai")
    found.check()
    assert not found.streamed and list(found.places) == list(range(len(found.body)))
    assert found.whole_from == len(found.body.rstrip())
    assert found.after_terminator == list(range(found.whole_from, len(found.body)))


def test_every_so_many_bytes_only():
    found = sweep(careful, "Hé", every=100)
    assert list(found.places) == sorted(found.refused) == list(range(0, len(found.body), 100))


# -- split -----------------------------------------------------------------------------------


def chunkwise(server):
    """Decode each chunk by itself, as no client should."""
    connection, response = opened(server, stream=True)
    try:
        text = ""
        while True:
            data = response.read1()
            if not data:
                return text
            text += data.decode("utf-8", "replace")
    finally:
        connection.close()


def test_a_client_that_reads_bytes_before_characters_does_not_differ():
    found = sweep(careful, "Hé 🌍", how="split", every=3)
    found.check()
    assert list(found.places) == list(range(1, len(found.body), 3)) and not found.differing and not found.refused


def test_a_client_that_decodes_piece_by_piece_differs_inside_characters():
    found = sweep(chunkwise, "Hé 🌍", how="split")
    inside = [place for place in found.places if 0x80 <= found.body[place] < 0xC0]  # the second byte of a character, …
    assert len(inside) >= 4 and sorted(found.differing) == inside
    assert all("�" in given for given in found.differing.values())
    with pytest.raises(AssertionError, match=f"something else of it when it was split at {len(inside)}:") as caught:
        found.check()
    lines = str(caught.value).splitlines()
    assert len(lines) == 1 + 2  # for each of the two characters
    assert "H\\xc3'|b'\\xa9" in lines[1] and '"H��"' in lines[1] and len(lines[1]) < 200


def test_a_client_that_fails_on_a_split_differs_too():
    def client(server):
        connection, response = opened(server, stream=True)
        try:
            if not response.read1().startswith(b"data: {"):
                raise Broken
            return said(response.read())
        finally:
            connection.close()

    found = sweep(client, "x", how="split", every=1)
    assert {place for place, kind in found.refused.items() if kind is Broken} == set(range(1, 7))
    assert isinstance(found.differing[3], Broken) and "gave Broken()" in str(pytest.raises(AssertionError, found.check).value)


# -- ways of asking --------------------------------------------------------------------------


def test_async_functions_are_run_in_one_loop():
    loops = set()

    async def client(server):
        loops.add(asyncio.get_running_loop())
        return await asyncio.get_running_loop().run_in_executor(None, careful, server)

    found = sweep(client, "Hé", every=10)
    assert found.result == "Hé" and not found.taken and set(found.refused.values()) == {Broken}
    assert len(loops) == 1


def test_inside_a_loop_an_async_function_gets_one_of_its_own_and_asweep_uses_the_one_that_runs():
    loops = set()

    async def client(server):
        loops.add(asyncio.get_running_loop())
        return await asyncio.get_running_loop().run_in_executor(None, careful, server)

    async def main():
        apart = sweep(client, "Hé", every=100)
        assert len(loops) == 1 and asyncio.get_running_loop() not in loops
        loops.clear()
        here = await asweep(client, "Hé", every=100)
        assert loops == {asyncio.get_running_loop()}
        assert apart.refused == here.refused and here.result == "Hé"

        async def failing(server):
            raise Broken("the whole answer")

        with pytest.raises(Broken, match="the whole answer"):
            sweep(failing)
        with pytest.raises(Broken, match="the whole answer"):
            await asweep(failing)

    asyncio.run(main())


def test_a_server_that_was_made_beforehand_is_asked_and_left_without_a_script():
    with fakes.serve() as server:
        session = server.session("swept")
        asked = []
        found = sweep(lambda handle: asked.append(handle) or careful(handle), "Hé", every=100, server=session)
        assert set(asked) == {session} and len(asked) == len(found.places) + 1
        assert session.journal == [] and server.journal == []
        with pytest.raises(ValueError, match="404"):
            received_status(session)


def received_status(handle):
    connection, response = opened(handle, stream=False)
    response.read()
    connection.close()
    if response.status != 200:
        raise ValueError(response.status)


@pytest.mark.parametrize("reply", [fakes.Reply("Hé"), lambda ask: "Hé"], ids=["Reply", "function"])
def test_a_reply_may_be_anything_that_is_answered(reply):
    assert sweep(careful, reply, every=100).result == "Hé"


def test_repr_tells_what_was_found():
    found = sweep(careful, "Hé", every=100)
    shown = repr(found)
    assert shown.startswith(f"<Sweep cut at {len(found.places)} places of {len(found.body)} bytes: 0 taken for complete")
    assert f"{len(found.refused)} refused (Broken {len(found.refused)})" in shown
    split = sweep(careful, "Hé", how="split", every=100)
    assert "0 differing, 0 refused>" in repr(split)
    assert isinstance(split, Sweep)


# -- what is no sweep --------------------------------------------------------------------------


def twice(server):
    return careful(server) and careful(server)


def without_asking(server):
    return "kept"


def with_a_wrong_model(server):
    connection, response = opened(server, stream=False)
    response.read()
    connection.close()


@pytest.mark.parametrize(
    "client, reply, why",
    [
        (twice, "x", "has to ask once.*: POST /openai/v1/chat/completions -> 200, POST"),
        (without_asking, "x", "it asked: nothing"),
        (with_a_wrong_model, fakes.Error(500), "-> 500"),
    ],
)
def test_a_client_that_does_not_ask_once_cannot_be_swept(client, reply, why):
    with pytest.raises(ValueError, match=why):
        sweep(client, reply)


def test_a_client_that_keeps_answers_is_found_out():
    kept = []

    def client(server):
        if not kept:
            kept.append(careful(server))
        return kept[0]

    with pytest.raises(ValueError, match="without asking again"):
        sweep(client)


def test_a_client_that_asks_something_else_is_found_out():
    streams = iter([True, False])

    def client(server):
        return received(server, stream=next(streams))

    with pytest.raises(ValueError, match="must ask the same every time"):
        sweep(client)


def test_what_the_client_raises_for_the_whole_answer_comes_through():
    def client(server):
        careful(server)
        raise Broken("not my kind of answer")

    with pytest.raises(Broken, match="not my kind"):
        sweep(client)


def test_what_is_no_error_comes_through():
    asked = []

    def client(server):
        asked.append(server)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return careless(server)

    with pytest.raises(KeyboardInterrupt):
        sweep(client)


@pytest.mark.parametrize(
    "given, why",
    [
        ({"how": "trickle"}, "how: is one of cut, end, reset, split, not 'trickle'"),
        ({"every": 0}, "every: is a whole number from 1, not 0"),
        ({"every": True}, "every"),
        ({"whole_from": 100_000}, "whole_from: 100000 is no place"),
        ({"stream": False}, "stream: the client asked for a stream"),
        ({"provider": "anthropic"}, "provider: the client asked openai, not anthropic"),
        ({"reply": ""}, None),
    ],
)
def test_arguments_that_cannot_be_meant_are_named(given, why):
    if why is None:
        assert sweep(careful, every=500, **given).result == ""
        return
    with pytest.raises(ValueError, match=why):
        sweep(careful, **{"every": 500, **given})


def test_what_is_no_reply_is_refused():
    with pytest.raises(TypeError, match="not int"):
        sweep(careful, 7)
