"""The same runs to a collector of OpenTelemetry, over OTLP/HTTP with JSON, from the sender's thread.

On when `LANGSMITH_OTEL_ENABLED=true` and `OTEL_EXPORTER_OTLP_ENDPOINT` (or `..._TRACES_ENDPOINT`) names one;
`LANGSMITH_OTEL_ONLY=true` leaves LangSmith itself out. `LANGSMITH_TRACING_MODE` beats both: `hybrid` sends to both,
`otel` to the collector only, `langsmith` not to it. A span is told when it is whole, so the beginnings of runs
wait here, within bounds, for their ends.
Source: OpenTelemetry Protocol Exporter and Environment Variable Specification; OTLP 1.5, OTLP/HTTP.
"""

from __future__ import annotations

import os
from collections import OrderedDict

from .delivery import LIMIT, post, tell
from .multipart import dumps
from .settings import truish, variable
from .spans import request_of, span_of
from .transport import Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple

    from .delivery import Line
    from .multipart import Operation
    from .settings import Settings

__all__ = ["Collector", "SpanExport", "collector", "langsmith_too"]

MOST_OPEN = 1000  # runs that have begun and not ended; the oldest beyond are not told
PREFIX = "OTEL_EXPORTER_OTLP_"


class Collector:
    """Where spans go: `url`, more `headers`, the `service` they come from, and what is said `about` it. Hashable."""

    __slots__ = ("about", "headers", "service", "url")

    def __init__(
        self,
        url: str,
        headers: Tuple[Tuple[str, str], ...] = (),
        service: str = "",
        about: Tuple[Tuple[str, str], ...] = (),
    ) -> None:
        self.url = url
        self.headers = headers
        self.about = about
        self.service = service or "unknown_service:python"  # the specification's word for none

    def _values(self) -> Tuple[Any, ...]:
        return self.url, self.headers, self.service, self.about

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, Collector) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"  # headers hold keys


def collector() -> Optional[Collector]:
    """Give the collector that the environment names now; None while spans are not switched on."""
    if _mode() == "langsmith" or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    if os.environ.get("OTEL_TRACES_EXPORTER", "").strip() == "none":
        return None
    url = os.environ.get(PREFIX + "TRACES_ENDPOINT", "").strip()  # taken as it is
    if not url:
        base = os.environ.get(PREFIX + "ENDPOINT", "").strip()
        if not base:
            return None
        url = base.rstrip("/") + "/v1/traces"
    headers = os.environ.get(PREFIX + "TRACES_HEADERS") or os.environ.get(PREFIX + "HEADERS") or ""
    about = dict(_pairs(os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")))
    service = about.pop("service.name", "")
    return Collector(url, _pairs(headers), os.environ.get("OTEL_SERVICE_NAME") or service, tuple(about.items()))


def langsmith_too() -> bool:
    """Say whether runs go to LangSmith beside the collector."""
    return _mode() != "otel"


def _mode() -> str:
    """Give where runs go; a word that `LANGSMITH_TRACING_MODE` does not have says nothing."""
    mode = (variable("TRACING_MODE") or "").strip().lower()
    if mode in ("langsmith", "otel", "hybrid"):
        return mode
    only, too = (truish(variable(name)) for name in ("OTEL_ONLY", "OTEL_ENABLED"))
    return "otel" if only else "hybrid" if too else "langsmith"


def _pairs(text: str) -> Tuple[Tuple[str, str], ...]:
    """Read `name=value,name=value`, values escaped as in a URL. Source: W3C Baggage, section 3.3."""
    if not text:
        return ()
    from urllib.parse import unquote

    pairs = (one.partition("=") for one in text.split(","))
    return tuple((name.strip(), unquote(value.strip())) for name, found, value in pairs if found and name.strip())


class SpanExport:
    """A destination of the sender: keeps what began, sends what has ended."""

    def __init__(self, settings: Settings, target: Collector, transport: Optional[Transport] = None) -> None:
        self.limit = LIMIT
        self._target = target
        self.transport = transport or Transport(settings, endpoint=target.url, headers=dict(target.headers))
        self._open: OrderedDict[str, Dict[str, Any]] = OrderedDict()

    def deliver(self, operations: List[Operation], line: Line) -> bool:
        spans = [span_of(run) for run in map(self._whole, operations) if run is not None]
        if not spans:
            return True
        body = dumps(request_of(spans, self._target.service, self._target.about))
        outcome = post(self.transport, "", body, "application/json", line)
        taken = tell(line, self.transport, outcome, len(spans), "OpenTelemetry's collector")
        answer = outcome.answer if outcome is not None else None
        partial = answer.get("partialSuccess") if isinstance(answer, dict) else None
        if isinstance(partial, dict) and str(partial.get("rejectedSpans") or "0") != "0":
            said = self.transport.masked(str(partial.get("errorMessage")))[:200]
            line.say(
                f"{self.transport.endpoint} partial",
                f"OpenTelemetry's collector at {self.transport.endpoint} refused "
                f"{partial['rejectedSpans']} spans: {said}",
            )
            return False
        return taken

    def close(self) -> None:
        self.transport.close()

    def _whole(self, operation: Operation) -> Optional[Dict[str, Any]]:
        """Join an operation to what is known of its run; give the run if it has ended."""
        _, told = operation
        key = str(told["id"])
        run = {**self._open.pop(key, {}), **told}
        if run.get("end_time"):
            return run if run.get("start_time") else None
        self._open[key] = run
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
        return None
