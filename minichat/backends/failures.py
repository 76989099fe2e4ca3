"""The exceptions of sockets, TLS and asyncio, told as ours. One table for both backends.

Nothing else in the library catches an OSError: whatever the operating system, OpenSSL or asyncio
says about a connection comes through `translate`, so that both sides raise the same class.
"""

from __future__ import annotations

import os
import socket
import ssl

from ..errors import ChatError, ConnectError, RequestTimeout, TLSError, TransportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

__all__ = ["CONNECT", "SEND", "FIRST_BYTE", "BETWEEN", "timed_out", "translate"]

CONNECT = "connect"
SEND = "send"
FIRST_BYTE = "first byte"
BETWEEN = "between chunks"


def timed_out(seconds: Optional[float], phase: str, where: str) -> RequestTimeout:
    """Build the error for a wait of `seconds` that brought nothing."""
    seconds = seconds or 0.0
    what = {
        CONNECT: f"no connection to {where} within {seconds:g} s",
        SEND: f"{where} took nothing of the request for {seconds:g} s",
        FIRST_BYTE: f"no answer from {where} for {seconds:g} s",
        BETWEEN: f"{where} sent nothing more for {seconds:g} s",
    }[phase]
    return RequestTimeout(f"{what}; timeout= sets how long to wait", seconds=seconds, phase=phase)


def translate(error: BaseException, phase: str, where: str, seconds: Optional[float]) -> ChatError:
    """Give our exception for `error`; the caller raises it `from error`.

    `where` is "host:port"; `phase` one of the constants here.
    """
    if isinstance(error, ChatError):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return TLSError(
            f"the certificate of {where} is not trusted: {error.verify_message}; "
            "name its authority with ca_file= or SSL_CERT_FILE"
        )
    if isinstance(error, (socket.timeout, TimeoutError)) and not getattr(error, "errno", None):
        return timed_out(seconds, phase, where)
    if isinstance(error, ssl.CertificateError):
        return TLSError(f"the certificate of {where} does not fit: {error}")
    if phase == CONNECT:
        ended = isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))  # which, depends on the version
        if isinstance(error, ssl.SSLError) and not ended:
            return TLSError(f"no TLS with {where}: {error.reason or error}")
        if isinstance(error, (socket.gaierror, UnicodeError)):  # the second: no name of a host at all
            return ConnectError(f"cannot find host {where}: {_reason(error)}; check base_url= and the proxy")
        # An end in the middle of the handshake says nothing about trust: a server that restarts does it.
        number = getattr(error, "errno", None)
        if number and not isinstance(error, ssl.SSLError):  # asyncio puts words of its own in strerror
            return ConnectError(f"cannot connect to {where}: {os.strerror(number)}")
        return ConnectError(f"cannot connect to {where}: {_reason(error)}")
    return TransportError(f"connection to {where} lost: {_reason(error)}")


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
