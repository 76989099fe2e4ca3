"""TLS: each kind of certificate fails in its own way, and for nothing else; closing leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest

import fakes
from fakes import Fault
from fakes.serving import tls
from minichat import ChatOpenAI, IncompleteStream, TLSError

from .asking import MESSAGES, request_bytes

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command makes certificates")

# Kind of certificate -> what OpenSSL says of it, as a number (x509_vfy.h) by host name.
REFUSED = {
    "expired": {"127.0.0.1": 10, "localhost": 10},  # X509_V_ERR_CERT_HAS_EXPIRED
    "not_yet": {"127.0.0.1": 9, "localhost": 9},  # X509_V_ERR_CERT_NOT_YET_VALID
    "wrong_host": {"127.0.0.1": 64, "localhost": 62},  # X509_V_ERR_IP_ADDRESS_MISMATCH, _HOSTNAME_MISMATCH
    "self_signed": {"127.0.0.1": 18, "localhost": 18},  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
}
HOSTS = ("127.0.0.1", "localhost")


def post(server, host="127.0.0.1", *, trust):
    body = json.dumps({"model": "fake-hello", "messages": MESSAGES}).encode()
    headers = {"authorization": "Bearer sk-test", "content-type": "application/json"}
    url = f"https://{host}:{server.port}/openai/v1/chat/completions"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
    with opener.open(urllib.request.Request(url, body, headers), timeout=10) as response:
        return json.load(response)["choices"][0]["message"]["content"]


def trusting(server):
    """Give a client's context that trusts the server's authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(server.ca_file)
    if hasattr(ssl, "VERIFY_X509_STRICT"):  # what Python 3.13's default context demands
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def test_every_kind_of_certificate_is_tried():
    assert {"good", *REFUSED} == set(tls.KINDS)


@needs_openssl
@pytest.mark.parametrize("host", HOSTS)
def test_a_good_certificate_is_trusted_by_who_trusts_the_authority(host):
    with fakes.serve(tls="good") as server:
        assert server.url("openai") == f"https://127.0.0.1:{server.port}/openai/v1"
        assert post(server, host, trust=trusting(server)) == "Hello from fakes."


@needs_openssl
@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_a_good_certificate_is_right_for_the_ipv6_loopback_too():
    try:
        server = fakes.serve(tls="good", host="::1")
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with server:
        assert post(server, "[::1]", trust=trusting(server)) == "Hello from fakes."


@needs_openssl
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("kind", REFUSED)
def test_every_other_certificate_is_refused_for_its_own_reason(kind, host, caplog):
    with fakes.serve(tls=kind) as server:
        with pytest.raises(urllib.error.URLError) as caught:
            post(server, host, trust=trusting(server))
        assert isinstance(caught.value.reason, ssl.SSLCertVerificationError)
        assert caught.value.reason.verify_code == REFUSED[kind][host]
        assert server.journal == [] and server.connections == 0
    gc.collect()
    assert not caplog.records  # a client's refusal is no error of the server's


@needs_openssl
def test_nobody_else_trusts_the_authority():
    with fakes.serve(tls="good") as server, pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        post(server, trust=ssl.create_default_context())


@needs_openssl
@pytest.mark.parametrize("kind", tls.KINDS)
def test_minichat_trusts_the_good_one_only(kind):
    with fakes.serve(tls=kind) as server:
        settings = {"base_url": server.url("openai"), "api_key": "sk-test", "ca_file": server.ca_file, "proxy": ""}
        model = ChatOpenAI(model="fake-hello", **settings)

        async def main():
            async with model:
                return (await model.ainvoke("hi")).content

        if kind == "good":
            assert model.invoke("hi").content == asyncio.run(main()) == "Hello from fakes."
            return
        with pytest.raises(TLSError):
            model.invoke("hi")
        with pytest.raises(TLSError):
            asyncio.run(main())
        assert server.journal == []


@needs_openssl
@pytest.mark.parametrize("kind", ["cut", "reset", "end"])
def test_faults_strike_under_tls_too(kind):
    with fakes.serve(["A long enough answer."], tls="good") as server:
        server.fault(Fault(kind, event=3))
        settings = {"base_url": server.url("openai"), "api_key": "sk-test", "ca_file": server.ca_file, "proxy": ""}
        with pytest.raises(IncompleteStream):
            list(ChatOpenAI(model="any", max_retries=0, **settings).stream("hi"))


@needs_openssl
def test_a_request_that_comes_with_the_end_of_the_handshake_is_answered():
    """TLS 1.3: the client's last words of the handshake and its first request may share a packet."""
    with fakes.serve(tls="good") as server:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = trusting(server).wrap_bio(incoming, outgoing, server_hostname="localhost")
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            while True:
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    connection.sendall(outgoing.read())
                    incoming.write(connection.recv(65536))
            assert outgoing.pending, "the client's last words are still unsent"
            client.write(request_bytes({"model": "fake-hello", "messages": MESSAGES}))
            connection.sendall(outgoing.read())
            got = b""
            while b"Hello from fakes." not in got:
                try:
                    got += client.read(65536)
                except ssl.SSLWantReadError:
                    data = connection.recv(65536)
                    assert data, f"closed after {got!r}"
                    incoming.write(data)


@needs_openssl
def test_closing_ends_a_connection_that_never_began_its_handshake():
    with fakes.serve(tls="good") as server:
        silent = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        assert post(server, trust=trusting(server)) == "Hello from fakes."  # so the silent one was accepted before it
    with silent:
        try:
            assert silent.recv(1) == b""
        except ConnectionResetError:
            pass
    assert not [thread for thread in threading.enumerate() if thread.name == "fakes"]
    gc.collect()  # a socket that was left open would warn here, and a warning fails


@needs_openssl
def test_who_speaks_no_tls_is_hung_up_on_and_others_are_served():
    with fakes.serve(tls="good") as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain:
            plain.sendall(request_bytes({"model": "fake-hello", "messages": MESSAGES}))
            try:
                assert b"HTTP" not in plain.recv(65536)
            except ConnectionResetError:
                pass
        assert post(server, trust=trusting(server)) == "Hello from fakes."


@needs_openssl
def test_a_context_of_ones_own_is_taken_as_it_is():
    with tls_authority() as authority:
        with fakes.serve(tls=authority.context("good")) as server:
            assert server.ca_file is None
            trust = ssl.create_default_context(cafile=authority.ca_file)
            assert post(server, trust=trust) == "Hello from fakes."


@pytest.mark.parametrize(
    "given, error", [("wrong", "no certificate 'wrong'; there are good, expired"), ({"kind": "good"}, "SSLContext .* not dict")]
)
def test_a_kind_that_is_none_is_refused_and_nothing_runs(given, error):
    if shutil.which("openssl") is None and given == "wrong":
        pytest.skip("the command is missed first")
    with pytest.raises((ValueError, TypeError), match=error):
        fakes.serve(tls=given)
    assert not [thread for thread in threading.enumerate() if thread.name == "fakes"]


def test_without_tls_there_is_no_file_to_trust():
    with fakes.serve() as server:
        assert server.ca_file is None and server.url().startswith("http://")


# -- the authority's files -----------------------------------------------------------------


class tls_authority:
    """An authority that is closed at the end of the block."""

    def __enter__(self):
        self.made = tls.Authority()
        return self.made

    def __exit__(self, *exc):
        self.made.close()


@needs_openssl
@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
def test_keys_are_the_owners_alone_and_go_when_they_are_loaded(monkeypatch):
    modes = {}
    load = ssl.SSLContext.load_cert_chain

    def watched(self, certificate, key):
        modes[str(key)] = stat.S_IMODE(os.stat(key).st_mode)
        return load(self, certificate, key)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watched)
    before = os.umask(0)
    try:
        with tls_authority() as authority:
            folder = os.path.dirname(authority.ca_file)
            assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
            assert stat.S_IMODE(os.stat(os.path.join(folder, "authority.key")).st_mode) == 0o600
            for kind in tls.KINDS:
                authority.context(kind)
            assert list(modes.values()) == [0o600] * len(tls.KINDS)
            assert not [path for path in modes if os.path.exists(path)]
    finally:
        os.umask(before)
    assert not os.path.exists(folder)


@needs_openssl
def test_a_certificate_is_made_once_for_a_process(monkeypatch):
    context = tls.context("good")
    monkeypatch.setattr(subprocess, "run", None)
    assert tls.context("good") is context
    with fakes.serve(tls="good") as server:
        assert server.ca_file == tls.authority().ca_file


@needs_openssl
def test_the_folder_goes_with_the_process():
    code = "from fakes.serving import tls; tls.context('good'); print(tls.authority().ca_file)"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, timeout=30)
    path = done.stdout.decode().strip()
    assert path.endswith("authority.pem") and not os.path.exists(os.path.dirname(path))


@needs_openssl
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_of_a_fork_leaves_the_folder_alone():
    # The child ends in the ordinary way, with everything that is due at exit.
    code = (
        "import os, sys; from fakes.serving import tls\n"
        "path = tls.authority().ca_file\n"
        "child = os.fork()\n"
        "if not child: sys.exit(0)\n"
        "os.waitpid(child, 0)\n"
        "sys.exit(0 if os.path.exists(path) else 3)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == 0


@needs_openssl
def test_an_authority_whose_folder_was_cleaned_up_is_made_anew():
    first = tls.authority()
    first.close()
    with fakes.serve(tls="good") as server:
        assert server.ca_file != first.ca_file
        assert post(server, trust=trusting(server)) == "Hello from fakes."


def test_without_the_command_the_error_says_what_is_missing_and_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(tls, "_made", [])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="no `openssl` command on PATH.*install OpenSSL.*ssl.SSLContext"):
        fakes.serve(tls="good")


@pytest.mark.skipif(os.name != "posix", reason="the command is a shell script")
def test_a_command_that_fails_is_quoted(monkeypatch, tmp_path):
    command = tmp_path / "openssl"
    command.write_text("#!/bin/sh\necho 'genpkey: no such algorithm' >&2\nexit 3\n")
    command.chmod(0o755)
    monkeypatch.setattr(tls, "_made", [])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="openssl genpkey` failed with code 3: genpkey: no such algorithm"):
        fakes.serve(tls="good")
