"""Proxies: by absolute URL for http, by tunnel for https; what each side gets to see."""

from __future__ import annotations

import asyncio
import base64
import socket

import pytest

from minichat.backends import blocking
from minichat.backends import proxy as proxy_module
from minichat.errors import ConfigurationError, ConnectError, RequestTimeout, TransportError
from minichat.wire.http import split_url
from minichat.wire.transport import Transport

from . import ways
from .servers import Proxy, Server, echo

SECRET = "s3cret-pass"
CREDENTIALS = f"someone:{SECRET}"
BASIC = "Basic " + base64.b64encode(CREDENTIALS.encode()).decode()
NOWHERE = "http://127.0.0.1:1"  # a port nobody listens on


def everything(error):
    """Give all that an error and its causes say."""
    said = []
    while error is not None:
        said += [repr(error), str(error), repr(vars(error))]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " ".join(said)


# -- which proxy ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
@pytest.mark.parametrize("way", ways.ALL)
def test_the_environment_names_the_proxy_for_http(way, name, monkeypatch):
    with Server(echo) as server, Proxy() as proxy:
        monkeypatch.setenv(name, proxy.url)
        assert ways.ask(way, ways.model_for(server)) == "Hello"
        assert [request.target for request in proxy.asked] == [server.base_url + "/chat/completions"]
        assert server.requests[0].target == "/v1/chat/completions"
        assert server.requests[0].headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY"])
@pytest.mark.parametrize("way", ways.ALL)
def test_the_environment_names_the_proxy_for_https(way, name, monkeypatch, authority):
    with Server(echo, context=authority.server_context()) as server, Proxy() as proxy:
        monkeypatch.setenv(name, proxy.url)
        assert ways.ask(way, ways.model_for(server, ca_file=authority.file)) == "Hello"
        assert [request.method for request in proxy.asked] == ["CONNECT"]
        assert proxy.asked[0].target == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("no_proxy", ["127.0.0.1", "*", "other.test,127.0.0.1"])
@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
@pytest.mark.parametrize("way", ways.BOTH)
def test_no_proxy_goes_past_it(way, name, no_proxy, monkeypatch):
    with Server(echo) as server:
        monkeypatch.setenv("http_proxy", NOWHERE)
        monkeypatch.setenv(name, no_proxy)
        assert ways.ask(way, ways.model_for(server)) == "Hello"


@pytest.mark.parametrize("way", ways.BOTH)
def test_no_proxy_for_another_host_does_not(way, monkeypatch):
    with Server(echo) as server:
        monkeypatch.setenv("http_proxy", NOWHERE)
        monkeypatch.setenv("no_proxy", "other.test")
        with pytest.raises(ConnectError):
            ways.ask(way, ways.model_for(server))
        assert server.opened == 0


@pytest.mark.parametrize("way", ways.BOTH)
def test_the_argument_wins_over_the_environment(way, monkeypatch):
    with Server(echo) as server, Proxy() as proxy:
        monkeypatch.setenv("http_proxy", NOWHERE)
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setenv("OPENAI_PROXY", NOWHERE)
        assert ways.ask(way, ways.model_for(server, proxy=proxy.url)) == "Hello"
        assert len(proxy.asked) == 1


@pytest.mark.parametrize("variable", ["http_proxy", "OPENAI_PROXY"])
@pytest.mark.parametrize("way", ways.BOTH)
def test_an_empty_argument_switches_the_proxy_off(way, variable, monkeypatch):
    with Server(echo) as server:
        monkeypatch.setenv(variable, NOWHERE)
        assert ways.ask(way, ways.model_for(server, proxy="")) == "Hello"


@pytest.mark.parametrize("way", ways.BOTH)
def test_openai_proxy_wins_over_the_general_variables(way, monkeypatch):
    with Server(echo) as server, Proxy() as proxy:
        monkeypatch.setenv("http_proxy", NOWHERE)
        monkeypatch.setenv("OPENAI_PROXY", proxy.url)
        assert ways.ask(way, ways.model_for(server)) == "Hello"
        assert len(proxy.asked) == 1


@pytest.mark.parametrize(
    "given, host, port",
    [
        ("http://gate.test:3128", "gate.test", 3128),
        ("gate.test:3128", "gate.test", 3128),
        ("HTTP://gate.test", "gate.test", 80),
        ("http://gate.test:3128/", "gate.test", 3128),
        ("http://[::1]:3128", "::1", 3128),
    ],
)
def test_ways_to_write_a_proxy(given, host, port):
    found = proxy_module.route_for("http://model.test/v1", Transport(proxy=given)).proxy
    assert (found.host, found.port, found.authorization) == (host, port, None)


@pytest.mark.parametrize(
    "given, user_and_password",
    [
        ("http://u:p@gate.test:1", "u:p"),
        ("http://u:p%40%3A%2F@gate.test:1", "u:p@:/"),
        ("http://u:p@q@gate.test:1", "u:p@q"),
        ("http://u:p/q@gate.test:1/", "u:p/q"),
        ("http://u@gate.test:1", "u"),
        ("http://u:%C3%A9@gate.test:1", "u:é"),
    ],
)
def test_ways_to_write_credentials(given, user_and_password):
    found = proxy_module.route_for("http://model.test/v1", Transport(proxy=given)).proxy
    kind, _, coded = found.authorization.partition(" ")
    assert (kind, base64.b64decode(coded).decode()) == ("Basic", user_and_password)
    assert "p" not in repr(found).replace("Proxy", "")


@pytest.mark.parametrize("way", ways.BOTH)
@pytest.mark.parametrize(
    "given",
    [
        f"socks5://u:{SECRET}@gate.test:1080",
        f"https://u:{SECRET}@gate.test:443",
        f"http://u:{SECRET}@gate.test:no",
        f"http://u:{SECRET}@",
        f"http://u:{SECRET}?@gate.test:1 ",
        f"u:{SECRET}/@",
        f"http://{SECRET}:x:y",
        f"{SECRET}://gate.test",
    ],
)
def test_a_proxy_that_cannot_be_is_a_configuration_error_without_the_password(way, given):
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        ways.ask(way, ways.model_for(NOWHERE, proxy=given))
    assert SECRET not in everything(caught.value)


# -- what each side sees -------------------------------------------------------------------


@pytest.mark.parametrize("way", ways.ALL)
def test_credentials_go_to_the_proxy_and_not_to_the_target(way):
    with Server(echo) as server, Proxy(CREDENTIALS) as proxy:
        model = ways.model_for(server, proxy=proxy.url_with(CREDENTIALS))
        assert ways.ask(way, model) == "Hello"
        assert proxy.asked[0].headers["proxy-authorization"] == BASIC
        assert "proxy-authorization" not in server.requests[0].headers
        assert SECRET not in repr(model)


@pytest.mark.parametrize("way", ways.ALL)
def test_through_a_tunnel_the_proxy_sees_neither_key_nor_question(way, authority):
    with Server(echo, context=authority.server_context()) as server, Proxy(CREDENTIALS) as proxy:
        proxied = ways.model_for(server, proxy=proxy.url_with(CREDENTIALS), ca_file=authority.file)
        assert ways.ask(way, proxied) == "Hello"
        (asked,) = proxy.asked
        assert (asked.method, asked.headers["proxy-authorization"]) == ("CONNECT", BASIC)
        assert "sk-test-key" not in repr(proxy.asked) and "authorization" not in asked.headers
        assert "proxy-authorization" not in server.requests[0].headers
        assert server.requests[0].headers["authorization"] == "Bearer sk-test-key"


# -- a proxy that says no, or nothing ------------------------------------------------------


@pytest.mark.parametrize("given", ["", f"someone:{SECRET}-wrong"])
@pytest.mark.parametrize("way", ways.BOTH)
def test_wrong_credentials_at_a_tunnel_are_a_connect_error_with_the_status(way, given, authority):
    with Server(echo, context=authority.server_context()) as server, Proxy(CREDENTIALS) as proxy:
        address = proxy.url_with(given) if given else proxy.url
        with pytest.raises(ConnectError, match=f"{server.port}.*407") as caught:
            ways.ask(way, ways.model_for(server, proxy=address, ca_file=authority.file))
        proxy.wait_idle()  # while the error is held
        assert caught.value.status == 407
        assert SECRET not in everything(caught.value)
        assert server.opened == 0


@pytest.mark.parametrize("way", ways.BOTH)
def test_wrong_credentials_by_absolute_url_are_the_proxys_answer(way):
    with Server(echo) as server, Proxy(CREDENTIALS) as proxy:
        with pytest.raises(Exception) as caught:
            ways.ask(way, ways.model_for(server, proxy=proxy.url_with("someone:else")))
        assert caught.value.status == 407
        assert server.opened == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("way", ways.BOTH)
def test_a_proxy_that_is_down_is_a_connect_error_that_names_it(way, scheme):
    model = ways.model_for(f"{scheme}://model.test/v1", proxy=f"http://{CREDENTIALS}@127.0.0.1:1")
    with pytest.raises(ConnectError, match="127.0.0.1:1") as caught:
        ways.ask(way, model)
    assert caught.value.retryable and caught.value.attempts == 1
    assert SECRET not in everything(caught.value)


GARBAGE = {
    "no http": b"SSH-2.0-OpenSSH_9.6\r\n",
    "bad status line": b"HTTP/1.1 yes please\r\n\r\n",
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 Connection estab",
    "endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
}


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize("way", ways.BOTH)
def test_a_proxy_that_answers_a_connect_with_garbage_is_an_error(way, name):
    def script(peer):
        peer.head()
        peer.send(GARBAGE[name])

    with Server(script) as proxy:
        model = ways.model_for("https://model.test/v1", proxy=f"http://{CREDENTIALS}@127.0.0.1:{proxy.port}")
        with pytest.raises(ConnectError) as caught:
            ways.ask(way, model)
        proxy.wait_idle()
        assert SECRET not in everything(caught.value)


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_proxy_that_stalls_at_connect_is_a_timeout_of_the_connect_phase(way):
    def script(peer):
        peer.head()
        peer.wait_closed()

    with Server(script) as proxy:
        model = ways.model_for("https://model.test/v1", proxy=f"127.0.0.1:{proxy.port}", timeout=(0.1, 60))
        with pytest.raises(RequestTimeout) as caught:
            ways.ask(way, model)
        assert (caught.value.phase, caught.value.seconds) == ("connect", 0.1)
        proxy.wait_idle()


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_proxy_that_stalls_by_absolute_url_is_a_timeout_of_the_first_byte(way):
    def script(peer):
        peer.request()
        peer.wait_closed()

    with Server(script) as proxy:
        model = ways.model_for("http://model.test/v1", proxy=f"127.0.0.1:{proxy.port}", timeout=(5, 0.1))
        with pytest.raises(RequestTimeout) as caught:
            ways.ask(way, model)
        assert caught.value.phase == "first byte"
        proxy.wait_idle()


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_tunnel_that_ends_in_the_handshake_is_an_error(way):
    def script(peer):
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        peer._more()

    with Server(script) as proxy:
        model = ways.model_for("https://model.test/v1", proxy=f"127.0.0.1:{proxy.port}")
        with pytest.raises(TransportError):
            ways.ask(way, model)
        proxy.wait_idle()


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_proxy_whose_host_does_not_exist_is_a_connect_error(way, monkeypatch):
    def nobody(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    model = ways.model_for("http://model.test/v1", proxy="http://gate.test:3128")
    with pytest.raises(ConnectError, match=r"gate\.test:3128"):
        ways.ask(way, model)


@pytest.mark.parametrize("way", ways.BOTH)
def test_cancelling_or_leaving_in_the_tunnel_leaves_nothing(way, monkeypatch):
    def script(peer):
        peer.head()
        peer.server.change(lambda: setattr(peer.server, "asked", True))
        peer.wait_closed()

    with Server(script) as proxy:
        proxy.asked = False
        model = ways.model_for("https://model.test/v1", proxy=f"127.0.0.1:{proxy.port}", timeout=(20, 20))
        if way == "invoke":

            class Stop(BaseException):
                """As Ctrl-C: an exception that is none of a socket's, while the answer is awaited."""

            async def interrupted(*args):
                raise Stop

            monkeypatch.setattr(blocking.BlockingConnection, "read", interrupted)
            with pytest.raises(Stop):
                model.invoke("x")
        else:

            async def main():
                task = asyncio.ensure_future(model.ainvoke("x"))
                await asyncio.get_running_loop().run_in_executor(None, proxy.wait_for, lambda: proxy.asked)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await asyncio.get_running_loop().run_in_executor(None, proxy.wait_idle)

            asyncio.run(main())
        proxy.wait_idle()


# -- connections through proxies are kept, too ---------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("way", ways.ALL)
def test_connections_through_a_proxy_are_reused(way, scheme, authority):
    context = authority.server_context() if scheme == "https" else None
    texts = [f"question {number}" for number in range(10)]
    with Server(echo, context=context) as server, Proxy(CREDENTIALS) as proxy:
        model = ways.model_for(server, proxy=proxy.url_with(CREDENTIALS), ca_file=authority.file)
        assert ways.ask_all(way, model, texts) == texts
        assert (proxy.opened, server.opened) == (1, 1)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("way", ways.BOTH)
def test_two_proxies_or_two_users_never_share_a_connection(way, scheme, authority):
    context = authority.server_context() if scheme == "https" else None
    with Server(echo, context=context) as server, Proxy() as first, Proxy() as second:
        addresses = [first.url, second.url, first.url_with("one:1"), first.url_with("two:2"), ""]
        models = [ways.model_for(server, proxy=one, ca_file=authority.file) for one in addresses]

        async def main():
            for _ in range(2):
                for model in models:
                    answer = model.invoke("x") if way == "invoke" else await model.ainvoke("x")
                    assert answer.content == "x"

        asyncio.run(main())
        assert (first.opened, second.opened, server.opened) == (3, 1, 5)


def test_each_destination_has_a_route_of_its_own_and_the_environment_is_read_once(monkeypatch):
    transport = Transport()
    monkeypatch.setenv("http_proxy", "http://one.test:1")
    first = proxy_module.route_for("http://model.test/v1", transport)
    monkeypatch.setenv("http_proxy", "http://two.test:2")
    assert proxy_module.route_for("http://model.test/v1", transport) is first
    assert proxy_module.route_for("http://model.test/v2", transport).proxy.host == "two.test"
    assert proxy_module.route_for("http://model.test/v1", Transport()).proxy.host == "two.test"


def test_routes_are_bounded():
    transport = Transport(proxy="")
    for number in range(proxy_module.MAX_ROUTES * 2 + 1):
        proxy_module.route_for(f"http://model.test/v1?n={number}", transport)
    assert len(transport.routes) <= proxy_module.MAX_ROUTES


def test_http_through_a_proxy_is_asked_by_absolute_url_and_https_is_not():
    plain = proxy_module.route_for("http://model.test:8000/v1?a=b", Transport(proxy="http://gate.test:1"))
    secure = proxy_module.route_for("https://model.test/v1?a=b", Transport(proxy="http://u:p@gate.test:1"))
    direct = proxy_module.route_for("http://[::1]:8000/v1", Transport(proxy=""))
    assert plain.path == "http://model.test:8000/v1?a=b"
    assert plain.extra_headers == {"Host": "model.test:8000"}
    assert secure.path == "/v1?a=b" and secure.extra_headers == {"Host": "model.test"}
    assert direct.path == "/v1" and direct.extra_headers == {"Host": "[::1]:8000"}
    assert split_url("http://[::1]:8000/v1").host == "::1"


@pytest.mark.parametrize("way", ways.BOTH)
@pytest.mark.parametrize(
    "url, authority_form",
    [("https://model.test/v1", "model.test:443"), ("https://[::1]:8443/v1", "[::1]:8443")],
)
def test_a_tunnel_is_asked_for_by_host_and_port(way, url, authority_form):
    asked = []

    def script(peer):
        asked.append(peer.head())
        peer.send(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    with Server(script) as proxy:
        with pytest.raises(ConnectError, match="502") as caught:
            ways.ask(way, ways.model_for(url, proxy=f"127.0.0.1:{proxy.port}"))
        assert caught.value.status == 502
    assert asked[0].target == authority_form
