"""TLS: whom we trust, who we are, and what is refused; with an authority made for the test."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys

import pytest

from minichat.backends import tls
from minichat.errors import ConfigurationError, RequestTimeout, TLSError, TransportError
from minichat.wire.transport import Transport

from . import ways
from .certificates import PASSWORD
from .servers import Server, echo


@pytest.fixture(autouse=True)
def contexts_of_its_own(monkeypatch):
    monkeypatch.setattr(tls, "_contexts", {})


# -- trusted -------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ways.ALL)
@pytest.mark.parametrize("named", ["file", "folder"])
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_an_authority_is_trusted_when_named(way, named, by, authority, monkeypatch):
    settings = {}
    path = getattr(authority, named)
    if by == "argument":
        settings["ca_file"] = path
    else:
        monkeypatch.setenv({"file": "SSL_CERT_FILE", "folder": "SSL_CERT_DIR"}[named], path)
    with Server(echo, context=authority.server_context()) as server:
        assert ways.ask(way, ways.model_for(server, **settings)) == "Hello"


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_name_is_checked_and_sent(way, authority):
    asked = []
    context = authority.server_context()
    context.sni_callback = lambda sock, name, context: asked.append(name)
    with Server(echo, context=context) as server:
        url = f"https://localhost:{server.port}/v1"
        assert ways.ask(way, ways.model_for(url, ca_file=authority.file)) == "Hello"
    assert asked == ["localhost"]


@pytest.mark.parametrize("way", ways.BOTH)
def test_only_http_1_1_is_offered(way, authority):
    protocols = []
    context = authority.server_context()
    context.set_alpn_protocols(["h2", "http/1.1"])

    def script(peer):
        protocols.append(peer.socket.selected_alpn_protocol())
        echo(peer)

    with Server(script, context=context) as server:
        assert ways.ask(way, ways.model_for(server, ca_file=authority.file)) == "Hello"
    assert protocols == ["http/1.1"]


# -- not trusted ---------------------------------------------------------------------------

UNTRUSTED = {
    "self-signed": dict(leaf="alone", signed=False),
    "another host": dict(leaf="elsewhere", names="DNS:elsewhere.test,IP:127.0.0.9"),
    "expired": dict(leaf="expired", expired=True),
}


@pytest.mark.parametrize("way", ways.ALL)
@pytest.mark.parametrize("fault", UNTRUSTED)
def test_a_server_that_cannot_be_trusted_is_refused(way, fault, authority):
    with Server(echo, context=authority.server_context(**UNTRUSTED[fault])) as server:
        with pytest.raises(TLSError, match=f"127.0.0.1:{server.port}") as caught:
            ways.ask(way, ways.model_for(server, ca_file=authority.file, max_retries=3))
        server.wait_idle()
        assert (server.opened, server.requests) == (1, [])  # no retry, and nothing was sent
        assert not caught.value.retryable


@pytest.mark.parametrize("way", ways.BOTH)
def test_an_authority_that_was_not_named_is_refused(way, authority):
    with Server(echo, context=authority.server_context()) as server:
        with pytest.raises(TLSError, match="ca_file"):
            ways.ask(way, ways.model_for(server))
        assert server.requests == []


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_server_without_tls_is_a_tls_error(way):
    def plain(peer):
        peer._more()
        peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        peer.wait_closed()

    with Server(plain) as server:
        with pytest.raises(TLSError):
            ways.ask(way, ways.model_for(f"https://127.0.0.1:{server.port}/v1"))
        server.wait_idle()


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_server_that_closes_in_the_handshake_is_an_error(way):
    with Server(lambda peer: peer._more()) as server:
        with pytest.raises(TransportError):
            ways.ask(way, ways.model_for(f"https://127.0.0.1:{server.port}/v1"))


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_server_that_stalls_in_the_handshake_is_a_timeout_that_closes_its_connection(way):
    def stalls(peer):
        peer.wait_closed()

    with Server(stalls) as server:
        model = ways.model_for(f"https://127.0.0.1:{server.port}/v1", timeout=(0.1, 60))

        async def body(ask):
            with pytest.raises(RequestTimeout) as caught:
                await ask("x")
            assert (caught.value.phase, caught.value.seconds) == ("connect", 0.1)
            # While the loop runs: the end of the loop must not be what closes it.
            await asyncio.get_running_loop().run_in_executor(None, server.wait_idle)

        ways.with_loop(way, body, model)


def test_cancelling_in_the_handshake_closes_the_connection():
    async def main():
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(model.ainvoke("x"))
        await loop.run_in_executor(None, server.wait_for, lambda: server.open)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await loop.run_in_executor(None, server.wait_idle)

    with Server(lambda peer: peer.wait_closed()) as server:
        model = ways.model_for(f"https://127.0.0.1:{server.port}/v1", timeout=None)
        asyncio.run(main())


# -- a context of the user's ---------------------------------------------------------------


@pytest.mark.parametrize("way", ways.ALL)
def test_only_an_explicit_context_switches_verification_off(way, authority):
    blind = ssl.create_default_context()
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    with Server(echo, context=authority.server_context(**UNTRUSTED["self-signed"])) as server:
        assert ways.ask(way, ways.model_for(server, ssl_context=blind)) == "Hello"


def test_no_other_setting_does(authority, monkeypatch):
    for name in ("PYTHONHTTPSVERIFY", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "0")
    context = tls.context_for(Transport())
    assert context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname
    context = tls.context_for(Transport(ca_file=authority.file))
    assert context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname


@pytest.mark.parametrize("also", ["ca_file", "client_cert"])
def test_a_context_and_files_exclude_each_other(also):
    with pytest.raises(ConfigurationError, match=f"ssl_context=.*{also}="):
        ways.model_for("https://model.test/v1", ssl_context=ssl.create_default_context(), **{also: "x.pem"})


# -- who we are ----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ways.ALL)
@pytest.mark.parametrize("shape", ["path", "pair", "list", "with password", "list with password"])
def test_a_client_certificate_is_shown(way, shape, authority):
    seen = []
    whole = authority.leaf("client")
    certificate, key = (str(authority.base / f"client.{end}") for end in ("crt", "key"))
    given = {
        "path": whole,
        "pair": (certificate, key),
        "list": [certificate, key],
        "with password": (certificate, authority.locked_key("client"), PASSWORD),
        "list with password": [certificate, authority.locked_key("client"), PASSWORD],
    }[shape]

    def script(peer):
        seen.append(dict(pair[0] for pair in peer.socket.getpeercert()["subject"])["commonName"])
        echo(peer)

    with Server(script, context=authority.server_context(ask_client=True)) as server:
        model = ways.model_for(server, ca_file=authority.file, client_cert=given)
        assert ways.ask(way, model) == "Hello"
        assert PASSWORD not in repr(model)
    assert seen == ["client"]


@pytest.mark.parametrize("way", ways.BOTH)
def test_without_the_client_certificate_that_a_server_demands_there_is_an_error(way, authority):
    with Server(echo, context=authority.server_context(ask_client=True)) as server:
        with pytest.raises(TransportError):
            ways.ask(way, ways.model_for(server, ca_file=authority.file))
        assert server.requests == []


# -- files that are not there, or not what they should be ----------------------------------


@pytest.mark.parametrize("way", ways.BOTH)
@pytest.mark.parametrize("argument", ["ca_file", "client_cert"])
@pytest.mark.parametrize("fault", ["missing", "not PEM", "empty"])
def test_a_file_that_cannot_be_used_is_named_with_its_argument(way, argument, fault, tmp_path):
    path = tmp_path / "given.pem"
    if fault != "missing":
        path.write_text({"not PEM": "-----BEGIN NOTHING-----\n", "empty": ""}[fault])
    with Server(echo) as server:
        url = f"https://127.0.0.1:{server.port}/v1"
        with pytest.raises(ConfigurationError, match=f"{argument}=.*given.pem") as caught:
            ways.ask(way, ways.model_for(url, **{argument: str(path)}))
        assert not caught.value.retryable
        assert server.opened == 0


@pytest.mark.parametrize("password", [None, "wrong", ""])
def test_a_locked_key_without_its_password_asks_nobody(password, authority, monkeypatch, capfd):
    authority.leaf("client")
    given = (str(authority.base / "client.crt"), authority.locked_key("client"))
    if password is not None:
        given += (password,)
    terminal = open(os.devnull)
    monkeypatch.setattr(sys, "stdin", terminal)
    with pytest.raises(ConfigurationError, match="client_cert=") as caught:
        ways.ask("invoke", ways.model_for("https://model.test/v1", client_cert=given, proxy=""))
    terminal.close()
    assert "wrong" not in str(caught.value)
    assert capfd.readouterr() == ("", "")  # OpenSSL's own prompt would be "Enter PEM pass phrase:"


@pytest.mark.parametrize("given", [(), ("one",) * 4, 7, (None, None)])
def test_a_client_certificate_of_another_shape_is_a_configuration_error(given):
    with pytest.raises(ConfigurationError, match="client_cert="):
        ways.ask("invoke", ways.model_for("https://model.test/v1", client_cert=given, proxy=""))


def test_paths_may_be_path_objects(authority):
    from pathlib import Path

    with Server(echo, context=authority.server_context(ask_client=True)) as server:
        model = ways.model_for(server, ca_file=Path(authority.file), client_cert=Path(authority.leaf("client")))
        assert ways.ask("invoke", model) == "Hello"


# -- what is kept --------------------------------------------------------------------------


def test_a_context_is_built_once_for_models_with_equal_settings(authority, monkeypatch):
    built = []
    build = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda **kwargs: built.append(kwargs) or build(**kwargs))
    with Server(echo, context=authority.server_context()) as server:
        for way in ways.ALL:
            model = ways.model_for(server, ca_file=authority.file)
            assert ways.ask_all(way, model, ["one", "two"]) == ["one", "two"]
    assert built == [{"cafile": authority.file}]


def test_another_trust_store_is_another_context(authority, monkeypatch):
    first = tls.context_for(Transport())
    assert tls.context_for(Transport()) is first
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)
    second = tls.context_for(Transport())
    assert second is not first
    assert [dict(pair[0] for pair in one["subject"]) for one in second.get_ca_certs()] == [
        {"commonName": "Test authority"}
    ]
    own = ssl.create_default_context()
    assert tls.context_for(Transport(ssl_context=own)) is own


def test_contexts_are_bounded(monkeypatch, authority):
    monkeypatch.setattr(tls, "MAX_CONTEXTS", 2)
    for name in ("one", "two", "three", "four", "five"):
        monkeypatch.setenv("SSL_CERT_DIR", name)
        tls.context_for(Transport(ca_file=authority.file))
    assert len(tls._contexts) <= 2


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("way", ways.ALL)
def test_20_calls_over_tls_open_one_connection(way, version, authority):
    # TLS 1.3: the server's session tickets come behind the handshake, and are not the end of an idle peer.
    versions = []

    def script(peer):
        versions.append(peer.socket.version())
        echo(peer)

    context = authority.server_context()
    context.minimum_version = context.maximum_version = version
    texts = [f"question {number}" for number in range(20)]
    with Server(script, context=context) as server:
        assert ways.ask_all(way, ways.model_for(server, ca_file=authority.file), texts) == texts
        assert server.opened == 1
    assert versions == [{"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]]


@pytest.mark.parametrize("way", ways.ALL)
def test_a_tls_connection_closed_while_idle_is_replaced(way, authority):
    with Server(echo, context=authority.server_context()) as server:
        model = ways.model_for(server, ca_file=authority.file)

        async def body(ask):
            for _ in range(3):
                assert await ask("again") == "again"
                server.hang_up()
                await asyncio.get_running_loop().run_in_executor(None, server.wait_idle)

        ways.with_loop(way, body, model)
        assert server.opened == 3


@pytest.mark.parametrize("way", ways.BOTH)
def test_models_with_different_trust_never_share_a_connection(way, authority):
    blind = ssl.create_default_context()
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    with Server(echo, context=authority.server_context()) as server:
        careless = ways.model_for(server, ssl_context=blind)
        careful = ways.model_for(server)

        async def main():
            assert (careless.invoke("x") if way == "invoke" else await careless.ainvoke("x")).content == "x"
            with pytest.raises(TLSError):
                careful.invoke("x") if way == "invoke" else await careful.ainvoke("x")

        asyncio.run(main())


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_trust_store_changed_in_the_environment_is_not_passed_by_a_kept_connection(way, authority, monkeypatch):
    with Server(echo, context=authority.server_context()) as server:

        async def main():
            monkeypatch.setenv("SSL_CERT_FILE", authority.file)
            first = ways.model_for(server)
            assert (first.invoke("x") if way == "invoke" else await first.ainvoke("x")).content == "x"
            monkeypatch.delenv("SSL_CERT_FILE")
            second = ways.model_for(server)
            with pytest.raises(TLSError):
                second.invoke("x") if way == "invoke" else await second.ainvoke("x")

        asyncio.run(main())


@pytest.mark.parametrize("way", ways.PARITY)
def test_leaving_a_stream_over_tls_closes_its_connection_at_once(way, authority):
    from .test_early_end import endless

    with Server(endless, context=authority.server_context()) as server:
        model = ways.model_for(server, ca_file=authority.file)

        async def main():
            for _ in range(3):
                if way == "stream":
                    stream = model.stream("x")
                    next(stream)
                    stream.close()
                else:
                    stream = model.astream("x")
                    await stream.__anext__()
                    await stream.aclose()
                await asyncio.get_running_loop().run_in_executor(None, server.wait_idle)

        asyncio.run(main())
