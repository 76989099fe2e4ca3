"""What a server has done so far, as Prometheus reads it (text exposition format, version 0.0.4).

An answer is counted once, when it has ended, in one dictionary whose keys become labels here; so the way of a request
pays for one look-up. Everything else is asked of the sessions and connections when somebody wants to know. Counters
are those of the process: a reset of the sessions leaves them, but for what is told of the sessions themselves.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Tuple

from .exchanges import Exchange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..serving.listener import Listener

__all__ = ["CONTENT_TYPE", "Counters", "exposition"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ENDINGS = ("complete", "cut", "reset", "client")  # of `Exchange.ended`


class Counters:
    """How many answers of each sort have ended, and the bytes that were sent in them."""

    __slots__ = ("answers", "sent", "connections")

    def __init__(self) -> None:
        self.answers: Dict[Tuple[str, str, int, str], int] = {}  # by provider, API, status and ending
        self.sent = 0
        self.connections = 0

    def count(self, exchange: Exchange) -> None:
        """Count an answer that has ended."""
        provider = exchange.provider or _provider_of(exchange.path)
        key = (provider, exchange.api, exchange.status, exchange.ended)
        answers = self.answers
        answers[key] = answers.get(key, 0) + 1
        self.sent += exchange.sent


def _provider_of(path: str) -> str:
    """Tell whose path a request had that was refused before it was understood; of no one else's: none."""
    from ..serving.listener import PROVIDERS

    return PROVIDERS.get(path[1:].partition("/")[0], "none")


class _Family(NamedTuple):
    """One metric: its name, type, explanation, and the labels and value of each of its samples."""

    name: str
    kind: str
    told: str
    samples: List[Tuple[Mapping[str, Any], float]]


def exposition(listener: "Listener") -> str:
    """Give all metrics of a server as text."""
    return "".join(map(_written, _families(listener)))


def _families(listener: "Listener") -> Iterable[_Family]:
    counters = listener.counters
    sessions = listener.sessions.every()
    requests: Dict[Tuple[str, str, int], int] = {}
    endings = dict.fromkeys(ENDINGS, 0)
    for (provider, api, status, ended), count in sorted(counters.answers.items()):
        requests[provider, api, status] = requests.get((provider, api, status), 0) + count
        endings[ended] = endings.get(ended, 0) + count

    yield _Family(
        "fakes_requests_total",
        "counter",
        "Requests whose answer has ended; api is empty where the request was refused before that was known.",
        [
            ({"provider": provider, "api": api, "status": status}, count)
            for (provider, api, status), count in requests.items()
        ],
    )
    yield _Family(
        "fakes_answers_ended_total",
        "counter",
        "Answers by how they ended: complete, cut or reset by a fault, or left by the client.",
        [({"ended": ended}, count) for ended, count in endings.items()],
    )
    yield _one("fakes_answers_open", "gauge", "Answers that are being sent.", listener.delivering)
    yield _one(
        "fakes_sent_bytes_total", "counter", "Bytes of the answers that have ended, heads included.", counters.sent
    )
    yield _one("fakes_connections_total", "counter", "TCP connections accepted.", counters.connections)
    yield _one("fakes_connections_open", "gauge", "TCP connections that are open.", len(listener.open))
    yield _one("fakes_sessions", "gauge", "Sessions, the one with no name among them.", len(sessions))
    kept = sum(len(session.journal) for session in sessions)
    yield _one("fakes_journal_exchanges", "gauge", "Exchanges kept in all journals.", kept)
    yield _one(
        "fakes_journal_bytes",
        "gauge",
        "Bytes that all journals hold, about.",
        sum(session.journal.held for session in sessions),
    )
    yield _one(
        "fakes_unmatched_requests",
        "gauge",
        "Requests that no rule of a script fitted, since the resets of their sessions.",
        sum(session.unmatched for session in sessions),
    )
    yield _one(
        "fakes_problems",
        "gauge",
        "What went wrong in the scripts themselves, since the resets of their sessions.",
        sum(len(session.problems) for session in sessions),
    )


def _one(name: str, kind: str, told: str, value: float) -> _Family:
    return _Family(name, kind, told, [({}, value)])


def _written(family: _Family) -> str:
    lines = [f"# HELP {family.name} {family.told}", f"# TYPE {family.name} {family.kind}"]
    for labels, value in family.samples:
        named = ",".join(f'{name}="{_escaped(str(label))}"' for name, label in labels.items())
        lines.append(f"{family.name}{{{named}}} {value}" if named else f"{family.name} {value}")
    return "\n".join(lines) + "\n"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
