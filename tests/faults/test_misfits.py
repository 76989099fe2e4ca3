"""Pieces that are well formed each and cannot be joined: the documented error, never a bare TypeError."""

from __future__ import annotations

import pytest

from minichat import AIMessageChunk, BaseChatModel, ChatGenerationChunk, ProtocolError

from ..language_models.calling import call, streamed
from .dialects import DIALECTS, OPENAI
from .exercise import METHODS, ask, make_model, nothing_left
from .framing import REQUEST_ID, stream_reply
from .server import Server, request, send



def ends(dialect):
    """The ways a stream with misfits may end; in the second the closing chunk may be held back when the error comes."""
    begun = [*dialect.events(upto=3), *dialect.misfits]
    return {"with its end": [*begun, dialect.terminator], "with its closing chunk held": [*begun, dialect.events()[-1]]}


class Handler:
    """Notes the errors it is told."""

    def __init__(self):
        self.errors = []

    def on_llm_error(self, error, **kwargs):
        self.errors.append(error)


@pytest.mark.parametrize("end", ["with its end", "with its closing chunk held"])
@pytest.mark.parametrize("dialect", [one for one in DIALECTS if one.misfits], ids=lambda one: one.name)
@pytest.mark.parametrize("method", METHODS)
def test_a_field_that_changes_its_type_breaks_the_stream(method, dialect, end, monkeypatch):
    with nothing_left(), Server([[request, send(stream_reply(ends(dialect)[end]))]]) as server:
        settings = {} if "stream" in method else {"streaming": True}
        model = make_model(f"http://127.0.0.1:{server.port}", dialect, **settings)
        outcome = ask(method, model, monkeypatch)
        server.wait_until_left()
    error = outcome.error
    assert type(error) is ProtocolError and "do not add up" in str(error)
    assert (error.status, error.request_id, error.attempts) == (200, REQUEST_ID, 1)
    assert str(error.partial.text) == "".join(dialect.given(3))


@streamed
def test_handlers_hear_of_it_once(way, monkeypatch):
    handler = Handler()
    with nothing_left(), Server([[request, send(stream_reply(ends(OPENAI)["with its end"]))]]) as server:
        model = make_model(f"http://127.0.0.1:{server.port}")
        with pytest.raises(ProtocolError) as caught:
            call(model, way, "hi", config={"callbacks": [handler]})
        server.wait_until_left()
    assert handler.errors == [caught.value] and caught.value.status == 200


@streamed
def test_a_users_model_whose_pieces_do_not_fit_ends_alike(way):
    closed = []

    class Misfit(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            raise AssertionError("this model only streams")

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            try:
                for value in (1, "soon"):
                    yield ChatGenerationChunk(message=AIMessageChunk("x", additional_kwargs={"a": value}))
            finally:
                closed.append(True)

    with pytest.raises(ProtocolError, match="do not add up") as caught:
        call(Misfit(), way, "hi")
    assert caught.value.partial.content == "x" and closed == [True]
