"""TLS contexts: whom to trust and who we are. Built once, because loading the CA file takes 18 ms.

The trust store is the system's, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name (OpenSSL reads them),
or `ca_file`. There is no switch that turns verification off; whoever needs that hands in an
`ssl.SSLContext` of their own.
"""

from __future__ import annotations

import os
import ssl

from ..errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Tuple

    from ..wire.transport import Transport

__all__ = ["context_for"]

_contexts: Dict[Tuple[Any, ...], ssl.SSLContext] = {}
MAX_CONTEXTS = 32


def context_for(transport: Transport) -> ssl.SSLContext:
    """Give the SSL context for these settings.

    Raises: `ConfigurationError` naming the argument whose file is missing or not PEM.
    """
    if transport.ssl_context is not None:
        return transport.ssl_context
    environment = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    key = (transport.ca_file, transport.client_cert, *environment)
    context = _contexts.get(key)
    if context is None:
        if len(_contexts) >= MAX_CONTEXTS:
            _contexts.clear()
        context = _contexts[key] = _build(transport)
    return context


def _build(transport: Transport) -> ssl.SSLContext:
    ca_file = transport.ca_file
    try:
        if ca_file is None:
            context = ssl.create_default_context()
        elif os.path.isdir(ca_file):
            context = ssl.create_default_context(capath=ca_file)
        else:
            context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"ca_file={ca_file!r} cannot be read as PEM: {error}") from error
    context.set_alpn_protocols(["http/1.1"])
    pair = transport.client_cert
    if pair is not None:
        certificate, *rest = (pair,) if isinstance(pair, str) else pair
        try:
            # A password is always given: without one OpenSSL would ask on the terminal.
            password = rest[1] if len(rest) > 1 else ""
            context.load_cert_chain(certificate, rest[0] if rest else None, lambda: password)
        except (OSError, ssl.SSLError, IndexError, TypeError) as error:
            raise ConfigurationError(
                f"client_cert={certificate!r} cannot be loaded ({error}); "
                "give a PEM file, (certificate, key) or (certificate, key, password)"
            ) from None
    return context
