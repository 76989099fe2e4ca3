"""How a model reaches its provider: proxy, trust and bounds, as one immutable value.

It opens nothing itself. The backends keep connections by these settings, so two models with equal
settings and the same host share connections, and two with different trust never do.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .limits import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from typing import Any, Dict, Optional, Tuple, Union

    ClientCert = Union[str, Tuple[str, str], Tuple[str, str, str]]

__all__ = ["Transport"]


class Transport:
    """Connection settings of one model.

    - `proxy`: "http://[user:password@]host:port", "" for none, None for the environment's
      (`http_proxy`, `https_proxy`, `no_proxy`, read at the first request to a destination).
    - `ca_file`: PEM file or directory of the authorities to trust instead of the system's.
    - `client_cert`: PEM file, or (certificate, key), or (certificate, key, password).
    - `ssl_context`: an `ssl.SSLContext` that decides everything about TLS; excludes the two above.
    """

    __slots__ = ("proxy", "ca_file", "client_cert", "ssl_context", "limits", "tls_key", "routes")

    def __init__(
        self,
        *,
        proxy: Optional[str] = None,
        ca_file: Optional[str] = None,
        client_cert: Optional[ClientCert] = None,
        ssl_context: Optional[ssl.SSLContext] = None,
        limits: Optional[Limits] = None,
    ) -> None:
        if ssl_context is not None and (ca_file is not None or client_cert is not None):
            raise ConfigurationError(
                "ssl_context= already decides whom to trust; load ca_file= and client_cert= into it instead"
            )
        if limits is not None and not isinstance(limits, Limits):
            raise ConfigurationError(f"limits= takes a Limits(...), not {type(limits).__name__}")
        self.proxy = proxy
        self.ca_file = _path(ca_file)
        self.client_cert = _certificate(client_cert)
        self.ssl_context = ssl_context
        self.limits = limits or Limits()
        own = (self.ca_file, self.client_cert)
        self.tls_key: Any = ssl_context if ssl_context is not None else own
        # URL -> backends.proxy.Route, filled by the backends: the environment is read once a URL.
        self.routes: Dict[str, Any] = {}

    def __repr__(self) -> str:
        return "<Transport>"  # proxy and client_cert may hold passwords


def _path(given: Any) -> Any:
    return given.__fspath__() if hasattr(given, "__fspath__") else given


def _certificate(given: Any) -> Optional[ClientCert]:
    """Give `client_cert=` as path or tuple; a list is taken too, as requests takes it."""
    parts = tuple(map(_path, given)) if isinstance(given, (list, tuple)) else (_path(given),)
    if given is not None and not (1 <= len(parts) <= 3 and all(isinstance(one, str) for one in parts)):
        raise ConfigurationError(
            "client_cert= takes a PEM file, (certificate, key) or (certificate, key, password)"
        )
    return parts if isinstance(given, (list, tuple)) else parts[0]
