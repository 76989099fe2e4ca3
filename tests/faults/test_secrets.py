"""A server, or someone between, says the key back to us: no error may hand it on.

Errors are logged, sent to trackers and pickled between processes, so whatever they quote of a reply is
searched for the key that its request carried: also where a quotation was cut in the middle of it, and
where the key came from a function and was never the model's own.
"""

from __future__ import annotations

import pytest

from minichat import AuthenticationError, ProtocolError, ProviderError, SecretStr

from .dialects import DIALECTS, OPENAI
from .exercise import METHODS, THOROUGH, ask, check_no_key, make_model
from .framing import KEY, json_reply, reply, stream_reply
from .server import Server, finish, request, send

pytestmark = pytest.mark.filterwarnings("error")

SAYING = f"Incorrect API key provided: {KEY}."
CUT_SHORT = KEY[:-1]  # what is left of it at a quotation's end


def echoes(dialect):
    """Give (where the key is echoed, bytes of the reply, class of the error, is the body a stream's)."""
    event, done, saying = dialect.event, dialect.terminator, dialect.saying
    whole = json_reply(dialect.whole, framing="chunked")
    broken = [name for name in dialect.error_words if name != "message"]
    return [
        ("message", json_reply(saying(SAYING), 401), AuthenticationError, False),
        *((name, json_reply(saying("no", **{name: KEY}), 401), AuthenticationError, False) for name in broken),
        ("deep in the body", json_reply({**saying("no"), "x": [{"y": SAYING}]}, 401), AuthenticationError, False),
        ("a name in the body", json_reply({**saying("no"), KEY: 1}, 401), AuthenticationError, False),
        ("escaped in JSON", json_reply(b'{"error": "\\u0073' + KEY[1:].encode() + b'"}', 401), AuthenticationError, False),
        ("a page", reply(401, f"<title>{KEY}</title>".encode()), AuthenticationError, False),
        ("a page's end", reply(401, b"<title>" + b"x" * 130 + KEY.encode() + b"</title>"), AuthenticationError, False),
        ("plain text", reply(401, SAYING.encode()), AuthenticationError, False),
        ("plain text's end", reply(401, b"x" * 170 + KEY.encode()), AuthenticationError, False),
        ("request id", json_reply({}, 401, request_id=KEY), AuthenticationError, False),
        ("location", reply(307, b"", f"Location: http://elsewhere.invalid/{KEY}?key={KEY}"), ProviderError, False),
        ("bad status line", f"HTTP/1.1 {SAYING}\r\n\r\n".encode(), ProtocolError, False),
        ("no HTTP", f"SSH {SAYING}\r\n".encode(), ProtocolError, False),
        ("a bad header", reply(200, b"", SAYING.replace(":", "")), ProtocolError, False),
        ("a bad header's end", reply(200, b"", "x" * 170 + KEY), ProtocolError, False),
        ("bad length", reply(200, b"", length=KEY), ProtocolError, False),
        ("bad JSON", json_reply(SAYING.encode()), ProtocolError, False),
        ("bad JSON's end", json_reply(b"x" * 170 + KEY.encode()), ProtocolError, False),
        ("no answer", json_reply([SAYING]), ProtocolError, False),
        ("a 200's error", json_reply(saying(SAYING)), ProviderError, False),
        ("a bad chunk", whole.replace(b"\r\n\r\n", b"\r\n\r\n" + KEY.encode(), 1), ProtocolError, False),
        ("a bad event", stream_reply([event(SAYING), done]), ProtocolError, True),
        ("an event's end", stream_reply([event("x" * 170 + KEY), done]), ProtocolError, True),
        ("no chunk", stream_reply([event([KEY]), done]), ProtocolError, True),
        ("an error event", stream_reply([event(saying(SAYING)), done]), ProviderError, True),
        ("an error event after tokens", stream_reply([*dialect.events(upto=3), event(saying(SAYING)), done]), ProviderError, True),
    ]  # fmt: skip


# In which form the key was given matters little to what a reply says: outside the thorough Python, OpenAI's goes
# through all of them.
ECHOES = [
    pytest.param(one, *echo, form, id=f"{one.name}-{echo[0]}-{form}")
    for one in DIALECTS
    for form in ("text", "secret", "function")
    if THOROUGH or one is OPENAI or form == "text"
    for echo in echoes(one)
]


@pytest.mark.parametrize("dialect, where, data, kind, streamed, given_as", ECHOES)
@pytest.mark.parametrize("method", METHODS)
def test_a_key_that_comes_back_is_in_no_error(method, dialect, where, data, kind, streamed, given_as, monkeypatch):
    key = {"text": KEY, "secret": SecretStr(KEY), "function": lambda: KEY}[given_as]
    settings = {"streaming": True} if streamed and "invoke" in method else {}
    with Server([[request, send(data), finish]]) as server:
        model = make_model(f"http://127.0.0.1:{server.port}", dialect, **{"max_retries": 0, **settings, "api_key": key})
        error = ask(method, model, monkeypatch).error
        assert dialect.key_line.encode() in server.requests[0]
        assert KEY not in server.requests[0].decode().partition("\r\n")[0], "the key is in the URL"
    assert isinstance(error, kind)
    check_no_key(error)
    check_no_key(error, CUT_SHORT[:12])


def test_what_surrounds_the_key_is_kept(monkeypatch):
    with Server([[request, send(json_reply({"error": {"message": SAYING, "code": "wrong"}}, 401))]]) as server:
        model = make_model(f"http://127.0.0.1:{server.port}", max_retries=0)
        error = ask("invoke", model, monkeypatch).error
    assert error.message == "Incorrect API key provided: ***."
    assert error.body == {"error": {"message": error.message, "code": "wrong"}}


@pytest.mark.parametrize("method", METHODS)
def test_a_key_in_a_header_of_ones_own_is_hidden_too(method, monkeypatch):
    """default_headers may replace the key, as some gateways ask for it."""
    own = "own-key-abcdefghijklmnop"
    for name in ("Authorization", "authorization"):
        with Server([[request, send(json_reply({"error": {"message": f"no: {own}"}}, 401))]]) as server:
            url = f"http://127.0.0.1:{server.port}"
            model = make_model(url, default_headers={name: f"Bearer {own}"}, max_retries=0)
            error = ask(method, model, monkeypatch).error
        assert error.message == "no: ***"
        check_no_key(error, own)
