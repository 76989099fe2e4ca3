"""A batch of runs on its way to one LangSmith: which form it takes there, and what is tried again.

The rules are the SDK's, with a budget around them: 429 (as long as the server asks), 5xx and lost connections are
tried again, 404 of multipart means the older form from then on, 409 means it is there already, and everything
else costs the batch and one line of log. Nothing here knows threads: how to wait, what time is left and where
to say something comes with the `Line`.
Source: langsmith 0.15.0, by what it sends; section 6 of the specification of the wire.
"""

from __future__ import annotations

import os

from ...errors import ChatError, ConnectError, RequestTimeout, TransportError
from ...wire.retry import Backoff
from .failed import keep
from .multipart import batch_body, encode, multipart_body
from .settings import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Dict, List, Optional, Protocol

    from .multipart import Encoded, Operation
    from .transport import Transport

    class Line(Protocol):
        """What a delivery needs of whoever runs it."""

        def wait(self, seconds: float) -> bool:
            """Let time pass; False, at once, when the process ends before it is over."""

        def left(self) -> Optional[float]:
            """Seconds until the process ends; None while it does not."""

        def say(self, key: str, text: str) -> None:
            """Put a warning into the log, unless one of this key stands there for this episode."""

        def lost(self, count: int) -> None:
            """Count operations that were given up."""

        def late(self, count: int) -> None:
            """Count operations that were given up because the process ends; told with all others at the end."""

    class Destination(Protocol):
        """Somewhere operations go."""

        limit: int

        def deliver(self, operations: List[Operation], line: Line) -> bool:
            """Send; True when the server has taken all of them. Never raises for the server's sake."""

        def close(self) -> None:
            """Close the connections."""


__all__ = ["LIMIT", "Ingest", "Outcome", "post", "tell"]

ATTEMPTS = 4  # one and three more
BUDGET = 20.0  # seconds of waiting for one batch, the server's wishes included
BACKOFF = Backoff(0.5, 2.0, 4.0)
CONNECT, READ = 3.0, 10.0  # seconds, as the SDK's for ingest
ASKED = 2.0  # seconds for /info, which nothing depends on
PASSING = (408, 425, 429)  # and every 5xx: the same batch may be taken later

LIMIT = 100  # operations a request
LIMIT_BYTES = 20 * 1024 * 1024
HINTS = {401: "check LANGSMITH_API_KEY", 403: "check LANGSMITH_API_KEY and LANGSMITH_WORKSPACE_ID"}


class Outcome:
    """How a request ended: `status` and `answer`, or None and why in `words`; `key` tells failures apart."""

    __slots__ = ("answer", "key", "status", "words")

    def __init__(self, status: Optional[int], key: str, words: str, answer: Any = None) -> None:
        self.status = status
        self.key = key
        self.words = words
        self.answer = answer


def post(transport: Transport, path: str, body: bytes, kind: str, line: Line) -> Optional[Outcome]:
    """Send a body until it is taken or refused; None when the process ends first."""
    waited = 0.0
    for attempt in range(ATTEMPTS):
        left = line.left()
        if left is not None and left <= 0:
            return None
        connect, read = (CONNECT, READ) if left is None else (min(CONNECT, left), min(READ, left))
        pause = BACKOFF.pause(attempt, 0.0)
        try:
            reply = transport.send(
                "POST",
                path,
                body=body,
                headers={"Content-Type": kind},
                connect=connect,
                read=read,
                status_counts=True,
            )
        except ChatError as error:
            # A server that has read everything and says nothing is not asked again, as the SDK does not.
            silent = isinstance(error, RequestTimeout) and error.phase != "connect"
            if silent and read < READ:
                return None  # it was not given the time it has otherwise
            outcome = Outcome(None, type(error).__name__, transport.told(error))
            if silent or not isinstance(error, TransportError) or not error.retryable:
                return outcome
            if left is not None and isinstance(error, ConnectError):
                return outcome  # nobody is there, and the process wants to end
        else:
            status = reply.status
            if 200 <= status < 300:
                return Outcome(status, "", "", reply.value())
            hint = f" ({HINTS[status]})" if status in HINTS else ""
            outcome = Outcome(status, str(status), f"answered {status}: {transport.shown(reply.body)}{hint}")
            if status < 500 and status not in PASSING:
                return outcome
            asked = reply.asked_to_wait()
            pause = pause if asked is None else asked
        waited += pause
        if attempt + 1 == ATTEMPTS or waited > BUDGET or not line.wait(pause):
            return outcome
    return outcome


class Ingest:
    """Runs to one LangSmith. It is asked once what it takes (/info), before the first batch."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.limit = LIMIT
        self._limit_bytes = LIMIT_BYTES
        self._multipart = True
        self._asked = False

    def deliver(self, operations: List[Operation], line: Line) -> bool:
        if not self._asked:
            self._asked = True
            self._ask(line)
            self.limit = whole_number("BATCH_INGEST_SIZE_LIMIT", self.limit)  # the environment knows better
        taken = True
        for request in self._requests(encode(op, run) for op, run in operations):
            taken = self._send(request, line) and taken
        return taken

    def close(self) -> None:
        self.transport.close()

    def _ask(self, line: Line) -> None:
        """Learn the server's limits; whatever it answers, or not, the batch is sent."""
        left = line.left()
        seconds = ASKED if left is None else max(0.05, min(ASKED, left / 3))
        try:
            reply = self.transport.send("GET", "/info", connect=seconds, read=seconds)
        except ChatError:
            return  # the batch will meet the same, and tell it
        said = reply.value() if 200 <= reply.status < 300 else None
        config = said.get("batch_ingest_config") if isinstance(said, dict) else None
        if isinstance(config, dict):
            self._multipart = config.get("use_multipart_endpoint") is not False
            self.limit = _number(config, "size_limit", LIMIT)
            self._limit_bytes = _number(config, "size_limit_bytes", LIMIT_BYTES)

    def _requests(self, encoded: Iterator[Encoded]) -> Iterator[List[Encoded]]:
        """Divide by the server's limits; what passes the limit of bytes is still in, as the SDK does it.

        Written out one after the other, so that no more than a request's worth is in memory.
        """
        request: List[Encoded] = []
        size = 0
        for one in encoded:
            request.append(one)
            size += one.size
            if len(request) >= self.limit or size > self._limit_bytes:
                yield request
                request, size = [], 0
        if request:
            yield request

    def _send(self, request: List[Encoded], line: Line) -> bool:
        outcome = None
        path = kind = ""
        body = b""
        if self._multipart:
            boundary = os.urandom(16).hex()
            path, kind = "/runs/multipart", f"multipart/form-data; boundary={boundary}"
            body = multipart_body(request, boundary)
            outcome = post(self.transport, path, body, kind, line)
            if outcome is not None and outcome.status == 404:
                self._multipart = False
        if not self._multipart:
            path, kind, body = "/runs/batch", "application/json", batch_body(request)
            outcome = post(self.transport, path, body, kind, line)
        if outcome is not None and outcome.status == 413 and len(request) > 1:
            half = len(request) // 2  # the large one goes alone, if it must
            taken = self._send(request[:half], line)
            return self._send(request[half:], line) and taken
        if outcome is not None and outcome.status == 409:
            return True  # it has had them before
        kept = "" if outcome is not None and not outcome.key else keep(path, kind, body, line)
        return tell(line, self.transport, outcome, len(request), "LangSmith", kept=kept)


def tell(
    line: Line,
    transport: Transport,
    outcome: Optional[Outcome],
    count: int,
    whom: str,
    *,
    kept: str = "",
) -> bool:
    """Count and tell what was lost, if it was; True when the server has it all. `kept` is where it is instead."""
    if outcome is not None and not outcome.key:
        return True
    if outcome is None:
        line.late(count)
        return False
    line.lost(count)
    line.say(
        f"{transport.endpoint} {outcome.key}",
        f"{whom} at {transport.endpoint}: {outcome.words}; runs {f'kept in {kept}' if kept else 'dropped'}: {count} "
        "(not said again until some were taken)",
    )
    return False


def _number(config: Dict[str, Any], name: str, default: int) -> int:
    value = config.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default
