"""What is asked and what comes back, as plain values: no socket, no clock.

A `Request` is whole before anything is opened: a codec makes it and a backend sends it. Its URL is
taken apart once per distinct URL, since a model asks the same one again and again.
"""

from __future__ import annotations

from functools import lru_cache

from ..errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Dict, Optional

__all__ = ["Request", "Target", "Timeouts", "split_url", "with_query"]

DEFAULT_PORTS = {"http": 80, "https": 443}


class Request:
    """One request: `method`, absolute `url`, `headers` (name -> value) and `body` bytes."""

    __slots__ = ("method", "url", "headers", "body")

    def __init__(self, method: str, url: str, headers: Dict[str, str], body: bytes = b"") -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body

    def __repr__(self) -> str:
        # Header values and the body may hold the key and the conversation.
        return f"<Request {self.method} {self.url.partition('?')[0]} {len(self.body)} bytes>"


class Timeouts:
    """Seconds a request may wait: `connect` for the connection, `read` for each next piece.

    None waits for ever. Both start anew with each attempt; `read` starts anew with each block.
    """

    __slots__ = ("connect", "read")

    def __init__(self, connect: Optional[float], read: Optional[float]) -> None:
        self.connect = connect
        self.read = read


class Target:
    """Where a URL points: `scheme`, `host`, `port`, the `path` with its query, and the Host header."""

    __slots__ = ("scheme", "host", "port", "path", "host_header")

    def __init__(self, scheme: str, host: str, port: int, path: str) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        name = f"[{host}]" if ":" in host else host
        self.host_header = name if port == DEFAULT_PORTS[scheme] else f"{name}:{port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host_header}"


@lru_cache(maxsize=256)
def split_url(url: str) -> Target:
    """Take an absolute http(s) URL apart.

    Raises: `ConfigurationError` when it is not one, or carries a user name or password.
    """
    scheme, found, rest = url.partition("://")
    scheme = scheme.lower()
    shown = repr(url[:100]) if "@" not in url else "one with a password, it seems"
    if not found or scheme not in DEFAULT_PORTS:
        raise ConfigurationError(f"base_url must start with http:// or https://, not {shown}")
    if not url.isascii() or any(mark <= " " or mark == "\x7f" for mark in url):
        raise ConfigurationError(f"base_url must be ASCII without blanks; escape the rest: {shown}")
    authority, slash, path = rest.partition("/")
    authority, question, query = authority.partition("?")
    if "@" in authority:
        raise ConfigurationError("base_url must not carry a user name or password; use default_headers")
    host, port = _split_authority(authority)
    path = (slash + path) or "/" + question + query
    if question and slash:
        path = "/" + question + query + slash + rest.partition("/")[2]
    path = path.partition("#")[0]
    return Target(scheme, host, port or DEFAULT_PORTS[scheme], path)


def _split_authority(authority: str) -> tuple[str, int]:
    """Split `host`, `host:port` or `[v6]:port`; port 0 means none was given."""
    if authority.startswith("["):
        host, closed, rest = authority[1:].partition("]")
        host = host if closed and ":" in host else ""
        port = rest[1:] if rest.startswith(":") else rest and "?"
    else:
        host, _, port = authority.partition(":")
    if not host or (port and not (port.isdecimal() and len(port) < 6 and 0 < int(port) < 65536)):
        told = repr(authority[:100])
        raise ConfigurationError(f"base_url must name a host, and a port from 1 to 65535 if any, not {told}")
    return host.lower(), int(port or 0)


def with_query(url: str, query: Optional[Mapping[str, object]]) -> str:
    """Add query parameters to a URL."""
    if not query:
        return url
    from urllib.parse import urlencode

    return f"{url}{'&' if '?' in url else '?'}{urlencode(list(query.items()), doseq=True)}"
