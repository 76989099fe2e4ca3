"""One call to a LangSmith: what is sent, what is tried again, what is raised."""

from __future__ import annotations

import itertools
import json
import socket
from base64 import b64encode

import pytest

from minichat.errors import ConnectError, RequestTimeout
from minichat.tracers.langsmith import transport as module
from minichat.tracers.langsmith.client import Client
from minichat.tracers.langsmith.endpoints import Endpoint
from minichat.tracers.langsmith.otel import Collector
from minichat.tracers.langsmith.settings import Settings
from minichat.tracers.langsmith.transport import LangSmithError, LangSmithNotFoundError, Transport, transport_for
from minichat.wire.transport import Transport as Trust

from .canned import CLOSE, canned, refusing

KEY = "lsv2_fake_0123456789"


def to(server, *, key=KEY, workspace=None, **more):
    return Transport(Settings(server.url, key, workspace=workspace), **more)


def in_turn(*answers):
    left = itertools.chain(answers, itertools.repeat(answers[-1]))
    return lambda asked: next(left)


def test_a_call_carries_the_key_the_workspace_and_json():
    with canned((200, {}, b'{"a": [1]}')) as server:
        client = to(server, workspace="w-1")
        assert client.request("POST", "/runs/query", json={"when": {1}}, query={"a": ["x", "y"], "b": True}) == (
            200,
            {"a": [1]},
        )
        client.close()
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/runs/query?a=x&a=y&b=True")
    assert asked.json() == {"when": [1]}
    assert asked.headers["x-api-key"] == KEY
    assert asked.headers["x-tenant-id"] == "w-1"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["user-agent"].startswith("minichat/")


def test_without_key_and_workspace_their_headers_are_absent():
    with canned((200, {}, b"")) as server:
        client = to(server, key=None)
        assert client.request("GET", "/sessions") == (200, None)
        client.close()
    assert not {"x-api-key", "x-tenant-id", "content-type"} & set(server.asked[0].headers)
    assert server.asked[0].body == b""


def test_a_body_goes_as_it_is_under_its_own_content_type():
    with canned((201, {}, b"not json")) as server:
        client = to(server)
        found = client.request("PATCH", "/x", body=b"\0\xff", headers={"Content-Type": "multipart/form-data"})
        client.close()
    assert found == (201, b"not json")
    assert (server.asked[0].body, server.asked[0].headers["content-type"]) == (b"\0\xff", "multipart/form-data")


def test_the_connection_is_kept():
    with canned((200, {}, b"{}")) as server:
        client = to(server)
        for _ in range(5):
            client.request("GET", "/sessions")
        client.close()
    assert server.connections == 1


def test_a_proxy_is_used_as_for_models():
    with canned((200, {}, b"1")) as proxy:
        settings = Settings("http://langsmith.invalid", KEY)
        client = Transport(settings, trust=Trust(proxy=proxy.url))
        assert client.request("GET", "/info2") == (200, 1)
        client.close()
    assert proxy.asked[0].path == "http://langsmith.invalid/info2"


ERRORS = [
    (400, "LangSmithError", 1),
    (401, "LangSmithAuthError", 1),
    (403, "LangSmithError", 1),
    (404, "LangSmithNotFoundError", 1),
    (408, "LangSmithRequestTimeout", 4),
    (409, "LangSmithConflictError", 1),
    (422, "LangSmithError", 1),
    (425, "LangSmithError", 4),
    (429, "LangSmithRateLimitError", 4),
    (500, "LangSmithAPIError", 4),
    (502, "LangSmithAPIError", 4),
    (504, "LangSmithAPIError", 4),
    (501, "LangSmithAPIError", 1),
    (503, "LangSmithAPIError", 4),
]


@pytest.mark.parametrize("status, kind, attempts", ERRORS)
def test_a_refusal_is_raised_by_the_names_of_the_sdk(status, kind, attempts):
    waited = []
    with canned((status, {}, json.dumps({"detail": f"no, {KEY}, no"}).encode())) as server:
        client = to(server, sleep=waited.append)
        with pytest.raises(getattr(module, kind)) as caught:
            client.request("GET", "/runs/1")
        client.close()
    assert type(caught.value).__name__ == kind
    assert caught.value.status == status
    assert len(server.asked) == attempts
    assert waited == [0.5, 1.0, 2.0][: attempts - 1]
    assert "no, ***, no" in str(caught.value)
    assert KEY not in repr(caught.value.__dict__) + str(caught.value)


def test_what_passes_is_not_heard_of():
    waited = []
    # A kept connection that closes is replaced without a word; that one is lost too, which counts.
    answers = in_turn((503, {}, b""), (429, {"Retry-After": "7"}, b""), CLOSE, CLOSE, (200, {}, b"[]"))
    with canned(answers) as server:
        client = to(server, sleep=waited.append)
        assert client.request("GET", "/sessions") == (200, [])
        client.close()
    assert waited == [0.5, 7.0, 2.0]


def test_a_server_that_asks_for_an_hour_is_not_waited_for():
    with canned((429, {"Retry-After": "3600"}, b"")) as server:
        client = to(server, sleep=pytest.fail)
        with pytest.raises(module.LangSmithRateLimitError):
            client.request("GET", "/sessions")
        client.close()
    assert len(server.asked) == 1


def test_where_nobody_listens_it_is_a_connection_error():
    waited = []
    client = Transport(Settings(refusing(), KEY), sleep=waited.append)
    with pytest.raises(module.LangSmithConnectionError) as caught:
        client.request("GET", "/sessions")
    assert len(waited) == 3
    assert caught.value.attempts == 4


@pytest.mark.parametrize("answer", [b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
def test_garbage_is_an_error_of_ours(answer):
    with canned(answer) as server:
        client = to(server, sleep=lambda seconds: None)
        with pytest.raises(module.LangSmithError):
            client.request("GET", "/sessions")
        client.close()


@pytest.mark.parametrize("key", ["lsv2\r\nX-Evil: 1", "lsv2_漢"])
def test_a_key_that_is_no_header_is_told_without_it(key):
    with canned() as server:
        client = to(server, key=key)
        with pytest.raises(module.LangSmithError) as caught:
            client.request("GET", "/sessions")
    assert key not in str(caught.value)
    assert server.asked == []


def test_the_hint_for_a_key_of_an_organisation():
    with canned((403, {}, b'{"error":"org_scoped_key_requires_workspace"}')) as server:
        client = to(server)
        with pytest.raises(module.LangSmithError, match="LANGSMITH_WORKSPACE_ID"):
            client.request("GET", "/sessions")
        client.close()


def test_equal_settings_share_a_transport():
    one = transport_for(Settings("http://a", KEY, "p"))
    assert one is transport_for(Settings("http://a", KEY, "another project"))
    assert one is not transport_for(Settings("http://a", KEY, workspace="w"))
    assert KEY not in repr(one)


class Late:
    """A backend that fails as it is told, and keeps what it was asked to wait."""

    def __init__(self, error):
        self.error = error
        self.waited = []

    async def send(self, request, trust, timeouts):
        raise self.error

    async def sleep(self, seconds):
        self.waited.append(seconds)


@pytest.mark.parametrize("phase", ["connect", "read"])
def test_an_answer_that_does_not_come_in_time_is_a_timeout_by_the_sdks_name(phase):
    late = Late(RequestTimeout("too late", phase=phase))
    client = Transport(Settings("http://nowhere", KEY), backend=late, sleep=lambda seconds: None)
    with pytest.raises(module.LangSmithRequestTimeout, match="GET /sessions: too late") as caught:
        client.request("GET", "/sessions")
    assert caught.value.__cause__ is late.error and caught.value.status is None


def test_between_two_attempts_the_blocking_backend_waits(monkeypatch):
    late = Late(ConnectError("nobody"))
    monkeypatch.setattr("minichat.backends.blocking.backend", late)
    with pytest.raises(module.LangSmithConnectionError):
        Transport(Settings("http://nowhere", KEY)).request("GET", "/sessions")
    assert late.waited == [0.5, 1.0, 2.0]


def test_what_is_said_of_an_answer_is_short_and_never_nothing():
    client = Transport(Settings("http://nowhere", KEY))
    assert len(client.shown(b"word " * 1000)) == module.SHOWN
    assert client.shown(b"") == client.shown(b" \r\n ") == "no text"
    # The key is taken out before the text is cut, so that no half of it is left.
    assert KEY[:10] not in client.shown(b"x" * (module.SHOWN - 10) + KEY.encode())


def test_no_header_of_another_service_is_said():
    there = Transport(Settings("http://nowhere", KEY), endpoint="http://c/", headers={"authorization": "Bearer s3cret"})
    assert there.endpoint == "http://c" and "x-api-key" not in there.headers
    assert there.masked("Bearer s3cret") == "***"
    assert "s3cret" not in repr(there) + repr(Collector("http://c", (("authorization", "Bearer s3cret"),)))


def test_a_name_and_password_in_the_address_go_as_the_sdk_sends_them_and_are_never_shown():
    with canned((200, {}, b"[]")) as server:
        endpoint = server.url.replace("//", "//me%40here:pa%3Ass@")
        client = Client(endpoint, api_key=KEY)
        assert list(client.list_projects()) == []
        with pytest.raises(LangSmithNotFoundError) as refused:
            client.read_project(project_name="none")
        shown = [client, client.settings, client._transport, refused.value, client._host, Endpoint(endpoint, KEY)]
        client._transport.close()
    assert server.asked[0].headers["authorization"] == "Basic " + b64encode(b"me@here:pa:ss").decode()
    assert server.asked[0].headers["x-api-key"] == KEY
    assert "pa%3Ass" not in f"{shown!r}{refused.value}"


@pytest.mark.parametrize(
    "endpoint, words",
    [
        ("http://127.0.0.1:1", "Connection refused"),
        ("not a url", "an endpoint must start with http"),
        ("http://no-such-host.invalid", "check LANGSMITH_ENDPOINT and the proxy"),
    ],
)
def test_a_failure_is_told_in_words_that_fit_here(endpoint, words, monkeypatch):
    client = Transport(Settings(endpoint, KEY), sleep=lambda seconds: None)

    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if "invalid" in endpoint:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(LangSmithError) as told:
        client.request("GET", "/info")
    client.close()
    assert words in str(told.value) and "base_url" not in str(told.value)
