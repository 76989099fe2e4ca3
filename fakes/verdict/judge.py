"""Did the client behave? What it did is in the journal; this reads the journal as a provider's operator would.

Findings are faults, which nobody has to accept of a client, or hints: what may be right, but somebody should look. In
doubt there is no fault. `rules` has one function for each kind; `attempts` finds out what is a retry of what.
What cannot be seen on the wire the client may report: what it raised, that it took an answer for whole, or that it
gave one up. Over HTTP that is POST /__fakes/report, from Python `server.report(...)`.
"""

from __future__ import annotations

import time
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from ..journal.exchanges import Exchange
from ..journal.masking import without_secrets
from .attempts import Case
from .rules import RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..session import Session

__all__ = ["Finding", "KINDS", "Verdict", "judge", "of", "report"]

# Kind -> what it means.
KINDS = {kind: rule.__doc__.partition("\n")[0].rstrip(".") for kind, rule in RULES.items() if rule.__doc__}
MAX_TEXT = 500  # characters of what the client says it raised
PATIENCE = 0.5  # seconds of real time in which a stream that was given up may still be closed
PAUSE = 0.002


class Finding(NamedTuple):
    """One thing that the client did: `kind` is a key of `KINDS`, `severity` "fault" or "hint".

    `exchanges` are the numbers of the requests, in the session.
    """

    kind: str
    exchanges: Tuple[int, ...]
    text: str
    severity: str = "fault"
    session: str = ""


class Verdict(NamedTuple):
    """All findings, faults first. `judged` counts the requests, `missing` those that were not kept in the journal."""

    findings: List[Finding]
    judged: int
    missing: int

    @property
    def ok(self) -> bool:
        """Tell whether there is no fault; hints are allowed."""
        return not any(finding.severity == "fault" for finding in self.findings)

    def of(self, kind: str) -> List[Finding]:
        """Give the findings of one kind.

        Raises: ValueError when there is no such kind.
        """
        if kind not in KINDS:
            raise ValueError(f"kind: no {kind!r}; there are {', '.join(KINDS)}")
        return [finding for finding in self.findings if finding.kind == kind]

    def __str__(self) -> str:
        faults = sum(finding.severity == "fault" for finding in self.findings)
        hints = len(self.findings) - faults
        said = [
            f"{count} {word}{'' if count == 1 else 's'}"
            for count, word in ((faults, "fault"), (hints, "hint"))
            if count
        ]
        lines = [
            f"verdict: {' and '.join(said) or 'clean'}, {self.judged} request{'' if self.judged == 1 else 's'} judged"
        ]
        for one in self.findings:
            where = f", session {one.session!r}" if one.session else ""
            lines.append(f"  {one.severity}: {one.kind}: {one.text} ({_numbers(one.exchanges)}{where})")
        if self.missing:
            lines.append(f"  not judged: {self.missing} requests that the journal no longer has")
        return "\n".join(lines)

    def as_json(self) -> Dict[str, Any]:
        """Give it as plain JSON values.

        Shape: {"ok": bool, "judged": int, "missing": int, "findings": [{"kind", "severity", "text", "session",
        "exchanges": [int]}]}
        """
        findings = [{**finding._asdict(), "exchanges": list(finding.exchanges)} for finding in self.findings]
        return {"ok": self.ok, "judged": self.judged, "missing": self.missing, "findings": findings}


def judge(exchanges: Iterable[Exchange], reports: Sequence[Mapping[str, Any]] = ()) -> Verdict:
    """Judge a client by its exchanges, of one session or several, and by what it reported.

    A report's shape: {"exchange": 3, "raised": "Name: text", "completed": bool, "cancelled": bool, "at": seconds,
    "session": ""}, where all may be missing but one of the three that say something.
    """
    case = Case(exchanges, reports)
    findings = []
    for kind, rule in RULES.items():
        for found, text, severity in rule(case):
            numbers = tuple(dict.fromkeys(exchange.number for exchange in found))
            findings.append(Finding(kind, numbers, text, severity, found[0].session))
    findings.sort(key=lambda finding: (finding.severity, finding.session))  # stable: "fault" comes before "hint"
    firsts: Dict[str, int] = {}
    for exchange in case.exchanges:
        firsts.setdefault(exchange.session, exchange.number)
    return Verdict(findings, len(case.exchanges), sum(number - 1 for number in firsts.values()))


def of(*sessions: "Session") -> Verdict:
    """Judge the clients of sessions, once the streams that were given up have had a moment to be closed."""
    deadline = time.monotonic() + PATIENCE
    while True:
        exchanges = [exchange for session in sessions for exchange in session.journal]
        reports = [{**said, "session": session.name} for session in sessions for said in list(session.reports)]
        given_up = {(said["session"], said.get("exchange")) for said in reports if not said.get("completed")}
        if time.monotonic() >= deadline or not any(
            not one.ended and (one.session, one.number) in given_up for one in exchanges
        ):
            return judge(exchanges, reports)
        time.sleep(PAUSE)


def report(
    session: "Session",
    *,
    raised: Union[BaseException, str, None] = None,
    completed: Optional[bool] = None,
    cancelled: Optional[bool] = None,
    exchange: Optional[int] = None,
) -> Dict[str, Any]:
    """Note what the client says of an answer, by default of the last one that it has said nothing of.

    Raises: ValueError when nothing is said, or when there is no such exchange.
    """
    if raised is None and completed is None and cancelled is None:
        raise ValueError("report: say what it raised, that it completed or that it was cancelled")
    known = [one.number for one in session.journal]
    if exchange is None:
        taken = {said.get("exchange") for said in list(session.reports)}
        exchange = next((number for number in reversed(known) if number not in taken), None)
        if exchange is None:
            raise ValueError("exchange: there is no request that nothing was said of")
    elif exchange not in known:
        raise ValueError(f"exchange: the journal has no request {exchange}")
    said: Dict[str, Any] = {"exchange": exchange, "at": session.clock.now()}
    if raised is not None:
        text = f"{type(raised).__name__}: {raised}" if isinstance(raised, BaseException) else raised
        said["raised"] = without_secrets(text[:MAX_TEXT])
    if completed is not None:
        said["completed"] = completed
    if cancelled is not None:
        said["cancelled"] = cancelled
    session.reports.append(said)
    return said


def _numbers(numbers: Tuple[int, ...]) -> str:
    more = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return f"request{'' if len(numbers) == 1 else 's'} {', '.join(map(str, numbers[:10]))}{more}"
