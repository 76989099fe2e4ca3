"""TLS for the fake: an authority made on the fly, certificates that are right and such as no client may trust.

The standard library makes no certificates, so the `openssl` command does. Everything stands in one temporary folder
that goes with the process; a private key is there, readable by its owner only, no longer than until it is loaded, and
the authority's own signs what the process asks for and goes with the folder. Made once per process: a further server
with the same kind of certificate costs no command.

The handshake is done here too (`Secure`), with `start_tls` on a connection that is known from the moment it is
accepted, so that closing the server also closes a client that is in the middle of a handshake, or never begins one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple, Union

__all__ = ["KINDS", "Authority", "Secure", "authority", "chosen", "context"]


class Kind(NamedTuple):
    """What a certificate is, whose names it has, and from when to when it holds (days from now)."""

    does: str
    names: str = "IP:127.0.0.1,IP:::1,DNS:localhost"
    since: int = -1
    until: int = 365  # Apple's clients refuse more than 825
    signed: bool = True


KINDS: Dict[str, Kind] = {
    "good": Kind("right for 127.0.0.1, ::1 and localhost"),
    "expired": Kind("expired a year ago", since=-730, until=-365),
    "not_yet": Kind("holds in a year", since=365, until=730),
    "wrong_host": Kind("of another host", names="DNS:elsewhere.test"),
    "self_signed": Kind("signed by nobody but itself", signed=False),
}
CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {common}
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = {names}
subjectKeyIdentifier = hash
{issuer}
[ca]
default_ca = here
[here]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
COMMAND = "openssl"
SECONDS = 60.0  # for one command; it takes a few thousandths


class Authority:
    """A certificate authority that no machine trusts. `ca_file`: its certificate, for the client under test.

    Raises: RuntimeError when the openssl command is missing or fails.
    """

    def __init__(self) -> None:
        self._command = shutil.which(COMMAND)
        if self._command is None:
            raise RuntimeError(
                f"there is no `{COMMAND}` command on PATH, and Python's standard library cannot make certificates: "
                "install OpenSSL or LibreSSL, or give tls= an ssl.SSLContext of your own"
            )
        self._lock = threading.Lock()
        self._contexts: Dict[str, ssl.SSLContext] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="fakes-tls-"))
        # Also at the end of the process; a fork that ends leaves its parent's folder alone.
        self._delete = weakref.finalize(self, _delete, self._folder, os.getpid())
        self.ca_file = str(self._folder / "authority.pem")
        try:
            (self._folder / "index.txt").touch()
            (self._folder / "serial").write_text("1000\n")
            self._new_key("authority.key")
            self._sign_itself("authority", "fakes test authority", "authority.pem", KINDS["good"])
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<fakes authority {self.ca_file}>"

    def context(self, kind: str = "good") -> ssl.SSLContext:
        """Give the context of a server with a certificate of that kind, made when it is first asked for.

        Raises: ValueError for a kind that is not in `KINDS`; RuntimeError when the openssl command fails.
        """
        if kind not in KINDS:
            raise ValueError(f"tls: no certificate {kind!r}; there are {', '.join(KINDS)}")
        with self._lock:
            if kind not in self._contexts:
                self._contexts[kind] = self._make(kind)
            return self._contexts[kind]

    def close(self) -> None:
        """Delete the files; servers that are running go on."""
        self._delete()

    def _make(self, kind: str) -> ssl.SSLContext:
        wanted = KINDS[kind]
        key, certificate = f"{kind}.key", f"{kind}.pem"
        try:
            self._new_key(key)
            if wanted.signed:
                config = self._config("localhost", wanted)
                self._run("req", "-new", "-key", key, "-out", f"{kind}.csr", "-config", config)
                self._run(
                    "ca", "-batch", "-notext", "-config", config, "-cert", self.ca_file, "-keyfile", "authority.key",
                    "-in", f"{kind}.csr", "-out", certificate, "-extensions", "leaf",
                    "-startdate", _date(wanted.since), "-enddate", _date(wanted.until),
                )  # fmt: skip
            else:
                self._sign_itself(kind, "localhost", certificate, wanted, extensions="leaf")
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            made.load_cert_chain(str(self._folder / certificate), str(self._folder / key))  # PyPy takes texts only
        finally:
            for path in self._folder.glob(f"{kind}.*"):
                path.unlink()
        return made

    def _sign_itself(
        self, name: str, common: str, certificate: str, wanted: Kind, *, extensions: str = "authority"
    ) -> None:
        self._run(
            "req", "-x509", "-new", "-key", f"{name}.key", "-sha256", "-days", str(wanted.until), "-out", certificate,
            "-config", self._config(common, wanted), "-extensions", extensions,
        )  # fmt: skip

    def _new_key(self, name: str) -> None:
        # The file is there before openssl writes into it: its mode is ours, whatever the umask and the version.
        os.close(os.open(self._folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", name)

    def _config(self, common: str, wanted: Kind) -> str:
        issuer = "authorityKeyIdentifier = keyid" if wanted.signed else ""
        text = CONFIG.format(common=common, names=wanted.names, issuer=issuer)
        (self._folder / "openssl.cnf").write_text(text)
        return "openssl.cnf"

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._command), *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
        )
        if done.returncode:
            said = done.stdout.decode("utf-8", "replace").strip()
            raise RuntimeError(f"`{self._command} {arguments[0]}` failed with code {done.returncode}: {said}")


def _date(days: int) -> str:
    """Give the date that is so many days from now as ASN.1 UTCTime."""
    return time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86_400))


def _delete(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


_lock = threading.Lock()
_made: List[Authority] = []  # the process's own, when there is one


def authority() -> Authority:
    """Give the authority of this process, making it at the first use.

    Raises: RuntimeError when the openssl command is missing or fails.
    """
    with _lock:
        if not _made or not os.path.exists(_made[0].ca_file):  # somebody cleaned the temporary folder up
            _made[:] = [Authority()]
        return _made[0]


def context(kind: str = "good") -> ssl.SSLContext:
    """Give the context of a server with a certificate of that kind, signed by the process's authority.

    Raises: ValueError for a kind that is not in `KINDS`; RuntimeError when the openssl command is missing or fails.
    """
    return authority().context(kind)


def chosen(tls: Union[str, ssl.SSLContext]) -> Tuple[ssl.SSLContext, Optional[str]]:
    """Give the context that is meant by a kind's name, or by itself, and the file that a client is to trust.

    Raises: as `context` does; TypeError for what is neither.
    """
    if isinstance(tls, ssl.SSLContext):
        return tls, None
    if not isinstance(tls, str):
        raise TypeError(f"tls: takes an ssl.SSLContext or one of {', '.join(KINDS)}, not {type(tls).__name__}")
    made = authority()
    return made.context(tls), made.ca_file


class Relay(asyncio.Protocol):
    """Stands between the TLS transport and a connection's own protocol.

    It keeps what a client sends before that protocol is there: its first request may come with the end of the
    handshake. And it closes a transport that was lost: TLS of Python 3.9 does not know, and would warn of itself.
    """

    def __init__(self) -> None:
        self._early: List[bytes] = []
        self._protocol: Any = None
        self._transport: Optional[asyncio.Transport] = None
        self._lost = False

    def begin(self, transport: asyncio.Transport, protocol: Any) -> None:
        """Let a protocol have the connection from now on."""
        self._transport = transport
        if self._lost:
            transport.abort()
            return
        try:
            self._protocol = protocol
            protocol.connection_made(transport)
            for data in self._early:
                protocol.data_received(data)
        except BaseException:  # as a transport does when its protocol fails: no client waits for what never comes
            transport.abort()
            raise

    def data_received(self, data: bytes) -> None:
        if self._protocol is None:
            self._early.append(data)
        else:
            self._protocol.data_received(data)

    def eof_received(self) -> Optional[bool]:
        return None if self._protocol is None else self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: Optional[BaseException]) -> None:
        self._lost = True
        if self._transport is not None:
            self._transport.abort()
        if self._protocol is not None:
            self._protocol.connection_lost(exc)


class Secure:
    """The protocols of a listening socket that speaks TLS: each does the handshake, then hands over to `make()`."""

    def __init__(self, context: ssl.SSLContext, make: Callable[[], Any]) -> None:
        self._context = context
        self._make = make
        self._shaking: Set["asyncio.Task[None]"] = set()

    def __call__(self) -> asyncio.Protocol:
        """Give the protocol of a connection that was accepted."""
        return Handshake(self)

    def begin(self, transport: asyncio.Transport) -> None:
        """Do the handshake of a connection, in a task."""
        task = asyncio.get_running_loop().create_task(self._shake(transport))
        self._shaking.add(task)
        task.add_done_callback(self._shaking.discard)

    async def stop(self) -> None:
        """Close the connections that have not finished their handshake."""
        tasks = list(self._shaking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _shake(self, transport: asyncio.Transport) -> None:
        relay = Relay()
        secure: Optional[asyncio.Transport] = None
        try:
            secure = await asyncio.get_running_loop().start_tls(transport, relay, self._context, server_side=True)
        except OSError:
            return  # the client did not like our certificate, spoke no TLS or left: its side tells of it
        finally:
            if secure is None:  # 3.9 gives none for a client that left
                transport.abort()
        if secure is not None:
            relay.begin(secure, self._make())


class Handshake(asyncio.Protocol):
    """A connection that was accepted, until its handshake begins."""

    def __init__(self, secure: Secure) -> None:
        self._secure = secure

    def connection_made(self, transport: Any) -> None:
        self._secure.begin(transport)
