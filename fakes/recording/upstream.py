"""The connection to a real provider: directly or through a proxy, with TLS by the machine's certificates or a CA file.

The proxy is the one of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, and what the system says besides); for
https it is asked by CONNECT, for http by a request line with the whole address. A loopback host is never asked for
through a proxy. One connection carries one exchange: what is recorded is then the same whoever asked before.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import urllib.request
from collections import deque
from typing import Callable, Deque, Dict, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import unquote, urlsplit

from ..control.api import is_loopback
from ..serving.http11 import Request
from ..serving.listener import PROVIDERS

__all__ = ["Link", "Route", "Unreachable", "Upstream", "connect", "request_bytes", "tls_context", "upstreams"]

MOST_WAITING = 1 << 20  # bytes read ahead of what the client takes
# Headers that concern one connection only (RFC 9110, 7.6.1), or that this proxy sets itself.
OWN = frozenset(
    """accept-encoding connection content-length expect host keep-alive proxy-authenticate proxy-authorization
    proxy-connection te trailer transfer-encoding upgrade x-fakes-session""".split()
)


class Unreachable(Exception):
    """The provider cannot be had; the text says why, without a key."""


class Upstream(NamedTuple):
    """Where a provider is: scheme, host, port, and the path that comes before the client's."""

    scheme: str
    host: str
    port: int
    base: str

    @property
    def netloc(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


class Route(NamedTuple):
    """How a connection is made: proxies by scheme (None: those of the environment), TLS, longest silence (seconds)."""

    tls: Optional[ssl.SSLContext] = None
    proxies: Optional[Mapping[str, str]] = None
    timeout: float = 600.0


def upstreams(given: Mapping[str, str]) -> Dict[str, Upstream]:
    """Read provider -> base URL.

    Raises: ValueError for an unknown provider or what is no base URL.
    """
    found = {}
    for name, url in given.items():
        if name not in PROVIDERS:
            raise ValueError(f"upstream: no provider {name!r}; there are {', '.join(sorted(PROVIDERS))}")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"upstream {name}: give a base URL such as https://host or https://host/path")
        if parts.username or parts.password:
            raise ValueError(f"upstream {name}: no user and password in the URL; the client sends its own key")
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as problem:
            raise ValueError(f"upstream {name}: {problem}") from None
        found[PROVIDERS[name]] = Upstream(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))
    return found


def tls_context(ca_file: Optional[str] = None) -> ssl.SSLContext:
    """Give the TLS settings: the machine's certificates (SSL_CERT_FILE too), and those of a file besides.

    Raises: OSError when the file cannot be read or has no certificate (ssl.SSLError is one).
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


class Link(asyncio.Protocol):
    """A connection as a queue of (time, bytes); empty bytes are its end."""

    def __init__(self, time: Callable[[], float], timeout: float) -> None:
        self._time = time
        self._timeout = timeout
        self._read: Deque[Tuple[float, bytes]] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._lost = False
        self._paused = False
        self.transport: Optional[asyncio.Transport] = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._read.append((self._time(), data))
        self._size += len(data)
        self._news.set()
        if self._size > MOST_WAITING and self.transport is not None and not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        return False  # close: the provider has said everything

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._lost = True
        self._read.append((self._time(), b""))
        self._news.set()
        self._room.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    async def send(self, data: bytes) -> None:
        """Write, and wait until the system has taken most of it."""
        if self.transport is not None and not self._lost:
            self.transport.write(data)
            await self._room.wait()

    async def next(self) -> Tuple[float, bytes]:
        """Give what came next, and when.

        Raises: Unreachable when nothing came for too long.
        """
        while not self._read:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), self._timeout)
            except asyncio.TimeoutError:
                raise Unreachable(f"nothing came for {self._timeout:g} seconds") from None
        at, data = self._read[0]
        if data:  # the end stays, for whoever asks again
            self._read.popleft()
            self._size -= len(data)
            if self._size <= MOST_WAITING and self._paused:
                self._resume()
        return at, data

    def _resume(self) -> None:
        self._paused = False
        if self.transport is not None and not self._lost:
            try:
                self.transport.resume_reading()
            except AttributeError:  # Python 3.9 and 3.10: what is below TLS is gone, and `connection_lost` is due
                pass

    def close(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()


async def connect(upstream: Upstream, route: Route, time: Callable[[], float]) -> Tuple[Link, Optional[str]]:
    """Connect; the second value is the proxy's URL when requests have to name the whole address.

    Raises: Unreachable, in words.
    """
    proxy = _proxy(upstream, route)
    link = Link(time, route.timeout)
    try:
        await asyncio.wait_for(_made(link, upstream, proxy, route), route.timeout)
    except asyncio.TimeoutError:
        link.close()
        raise Unreachable(f"no connection to {upstream.netloc} within {route.timeout:g} seconds") from None
    except (OSError, ssl.SSLError, ssl.CertificateError) as problem:
        link.close()
        through = f" through the proxy {urlsplit(proxy).hostname}" if proxy else ""
        why = getattr(problem, "verify_message", "") or problem.strerror or str(problem) or type(problem).__name__
        raise Unreachable(f"no connection to {upstream.netloc}{through}: {why}") from None
    except BaseException:
        link.close()
        raise
    return link, proxy if proxy and upstream.scheme == "http" else None


async def _made(link: Link, upstream: Upstream, proxy: Optional[str], route: Route) -> None:
    loop = asyncio.get_running_loop()
    tls = route.tls or (tls_context() if upstream.scheme == "https" else None)
    secure = tls if upstream.scheme == "https" else None
    if proxy is None:
        await loop.create_connection(lambda: link, upstream.host, upstream.port, ssl=secure)
        return
    parts = urlsplit(proxy)
    await loop.create_connection(lambda: link, parts.hostname or "", parts.port or 3128)
    if secure is None:
        return
    host = f"[{upstream.host}]" if ":" in upstream.host else upstream.host
    lines = [f"CONNECT {host}:{upstream.port} HTTP/1.1", f"host: {host}:{upstream.port}", *_credentials(proxy)]
    await link.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    said = b""
    while b"\r\n\r\n" not in said:
        _, data = await link.next()
        said += data
        if not data or len(said) > 65536:
            raise Unreachable(f"the proxy {parts.hostname} ended the connection")
    status = said.split(b" ", 2)[1:2]
    if status != [b"200"]:
        told = said.split(b"\r\n", 1)[0].decode("latin-1", "replace")[:100]
        raise Unreachable(f"the proxy {parts.hostname} does not connect to {upstream.netloc}: {told}")
    assert link.transport is not None
    link.transport = await loop.start_tls(link.transport, link, secure, server_hostname=upstream.host)


def _proxy(upstream: Upstream, route: Route) -> Optional[str]:
    """Give the URL of the proxy to go through, or None.

    Raises: Unreachable for a proxy that is spoken to in another way than HTTP.
    """
    host = f"[{upstream.host}]" if ":" in upstream.host else upstream.host
    if is_loopback(host):
        return None
    if route.proxies is None:
        proxies: Mapping[str, str] = urllib.request.getproxies()
        if urllib.request.proxy_bypass(f"{upstream.host}:{upstream.port}"):
            return None
    else:
        proxies = route.proxies
    proxy = proxies.get(upstream.scheme) or proxies.get("all")
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(proxy).scheme != "http" or not urlsplit(proxy).hostname:
        raise Unreachable(f"a proxy with the scheme {urlsplit(proxy).scheme!r} is not spoken to here; only http")
    return proxy


def _credentials(proxy: str) -> List[str]:
    parts = urlsplit(proxy)
    if parts.username is None:
        return []
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode("utf-8")
    return ["proxy-authorization: Basic " + base64.b64encode(pair).decode("ascii")]


def request_bytes(request: Request, target: str, upstream: Upstream, proxy: Optional[str]) -> bytes:
    """Give the bytes that ask the provider what the client asked; `target` is without the provider's prefix."""
    address = upstream.base + target
    lines = [f"{request.method} {f'http://{upstream.netloc}' if proxy else ''}{address} HTTP/1.1"]
    lines += [f"host: {upstream.netloc}"]
    named = {part.strip().lower() for part in request.headers.get("connection", "").split(",")}
    lines += [f"{name}: {value}" for name, value in request.headers.items() if name not in OWN and name not in named]
    lines += ["accept-encoding: identity", "connection: close", *(_credentials(proxy) if proxy else [])]
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        lines.append(f"content-length: {len(request.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + request.body
