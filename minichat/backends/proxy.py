"""Which way to a URL: directly, or through the proxy that the model or the environment names.

The rules of the environment are urllib's own (`urllib.request.getproxies`, `proxy_bypass`), so what
works for the system's Python works here: `http_proxy`, `https_proxy`, `no_proxy`, in either case, and
the system settings on macOS and Windows. Plain HTTP is asked of the proxy by absolute URL; HTTPS goes
through a tunnel (CONNECT), so the proxy sees neither key nor conversation.
"""

from __future__ import annotations

import os
import sys

from ..errors import ConfigurationError
from ..wire.http import split_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Tuple

    from ..wire.http import Target
    from ..wire.transport import Transport

__all__ = ["Proxy", "Route", "route_for"]

MAX_ROUTES = 256


class Proxy:
    """An HTTP proxy: `host`, `port`, and the value of Proxy-Authorization, or None."""

    __slots__ = ("host", "port", "authorization")

    def __init__(self, host: str, port: int, authorization: Optional[str]) -> None:
        self.host = host
        self.port = port
        self.authorization = authorization

    def __repr__(self) -> str:
        return f"<Proxy {self.host}:{self.port}>"


class Route:
    """A URL's `target`, the `proxy` before it or None, and the `key` its connections are kept under."""

    __slots__ = ("target", "proxy", "key", "path", "extra_headers", "head")

    def __init__(self, url: str, target: Target, proxy: Optional[Proxy], tls_key: Any) -> None:
        self.target = target
        self.proxy = proxy
        self.path = target.path
        self.extra_headers = {"Host": target.host_header}
        self.head: Tuple[Any, str, bytes] = (None, "", b"")  # base.exchange: (headers, method, as sent)
        through = None
        if proxy is not None:
            through = (proxy.host, proxy.port, proxy.authorization)
            if target.scheme == "http":
                self.path = target.origin + target.path
                if proxy.authorization:
                    self.extra_headers["Proxy-Authorization"] = proxy.authorization
        trust = None
        if target.scheme == "https":  # what tls.context_for reads: other trust, other connections
            trust = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        self.key: Tuple[Any, ...] = (target.scheme, target.host, target.port, through, trust, tls_key)


def route_for(url: str, transport: Transport) -> Route:
    """Give the way to `url`; looked up once for each model and URL.

    Raises: `ConfigurationError` for a proxy that is not http://host:port.
    """
    route = transport.routes.get(url)
    if route is None:
        if len(transport.routes) >= MAX_ROUTES:
            transport.routes.clear()
        target = split_url(url)
        named = transport.proxy if transport.proxy is not None else _from_environment(target)
        proxy = _parse(named) if named else None
        route = transport.routes[url] = Route(url, target, proxy, transport.tls_key)
    return route


def _from_environment(target: Target) -> Optional[str]:
    if sys.platform not in ("darwin", "win32"):
        # Importing urllib.request takes 40 ms; without a variable it would find nothing.
        if not any(name.lower().endswith("_proxy") for name in os.environ):
            return None
    from urllib.request import getproxies, proxy_bypass

    proxy = getproxies().get(target.scheme)
    if not proxy or proxy_bypass(f"{target.host}:{target.port}"):
        return None
    return proxy if "://" in proxy else "http://" + proxy


def _parse(url: str) -> Proxy:
    scheme, found, rest = url.partition("://")
    if not found:
        scheme, rest = "http", url
    if scheme.lower() != "http":
        shown = f"{scheme}://..." if scheme.lower() in ("https", "socks4", "socks5", "socks5h") else "that"
        raise ConfigurationError(
            f"a proxy must be given as http://host:port, not {shown} "
            "(a proxy for https URLs is itself spoken to over http)"
        )
    credentials, at, authority = rest.rpartition("@")
    try:
        target = split_url("http://" + authority.partition("/")[0])
    except ConfigurationError:
        # Not shown: in a URL that is written wrong, any part may be the password.
        raise ConfigurationError(
            "the proxy is not given as http://host:port or http://user:password@host:port "
            "(escape what is special in the password: %40 for @, %2F for /)"
        ) from None
    authorization = None
    if at:
        from base64 import b64encode
        from urllib.parse import unquote

        authorization = "Basic " + b64encode(unquote(credentials).encode()).decode("ascii")
    return Proxy(target.host, target.port, authorization)
