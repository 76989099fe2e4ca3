"""What each operation of the control API does: plain functions of a `Call`, which give a JSON value.

What replies, rules and faults look like is the vocabulary of script files: a body goes through `scripting.file` as if it
stood in a file. A session is chosen by `?session=`, or else the header x-fakes-session, or else it is the one with no
name; to name one begins it.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple

from ..journal import metrics
from ..scripting.script import Script
from ..serving.http11 import Answer
from ..session import Session
from .api import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..serving.listener import Listener

__all__ = [
    "Call", "add_faults", "add_replies", "add_rule", "advance", "check", "clear_journal", "describe", "drop_session",
    "judge", "load_script", "reset", "take_report", "tell_clock", "tell_health", "tell_journal", "tell_metrics",
    "tell_script", "tell_sessions", "tell_unused",
]  # fmt: skip

JSON = Any
MOST = 1_000  # exchanges in one answer


class Call(NamedTuple):
    """One control request that was found to be well-formed."""

    listener: "Listener"
    named: Optional[str]  # the session's name, None when none was given
    query: Dict[str, Any]
    body: Dict[str, Any]
    path: Tuple[str, ...]  # the parts of the path that the operation leaves open

    @property
    def session(self) -> Session:
        """The session that is meant."""
        return self.listener.sessions.named(self.named or "")


def tell_health(call: Call) -> JSON:
    """Tell that the server is up, and what it has seen."""
    requests = sum(session.journal.count for session in call.listener.sessions.every())
    return {"status": "ok", "requests": requests, "connections": call.listener.connections}


def describe(call: Call) -> JSON:
    """Give the OpenAPI document."""
    from .openapi import document
    from .operations import OPERATIONS, QUERIES

    return document(OPERATIONS, QUERIES)


def _read(source: Dict[str, JSON], below: str = "") -> Script:
    """Read a script, or a part of one; `below` is where the part stands in it, which the caller did not write.

    Raises: Refused, with all that is wrong.
    """
    from ..scripting.file import ScriptError, read

    try:
        return read(source)
    except ScriptError as problem:
        errors = []
        for one in problem.problems:
            field = one.field[len(below) :].lstrip(".") if one.field.startswith(below) else one.field
            errors.append({"field": field, "message": f"{field}: {one.text}" if field else one.text})
        text = "; ".join(one["message"] for one in errors)
        raise Refused(422, text, field=errors[0]["field"], errors=errors) from None


def tell_script(call: Call) -> JSON:
    """Tell what is scripted, and how far it has been used."""
    session = call.session
    script, tally = session.script, session.tally
    return {
        "session": session.name,
        "own": session.has_own_rules,
        "source": script.source,
        "fallback": script.fallback,
        "rules": [
            {
                "name": rule.name,
                "when": [_told(one) for one in rule.conditions],
                "used": tally.of(rule),
                "limit": rule.limit(),
            }
            for rule in script.rules
        ],
        "replies": {"given": tally.of(script.in_turn), "of": len(script.in_turn.replies)},
        "faults": [{"kind": fault.kind, "place": fault.place, "counted": tally.of(fault)} for fault in script.faults],
        "unused": script.unused(tally),
        "problems": list(session.problems),
    }


def _told(condition: Any) -> str:
    """Say what a condition wants, of a function no more than its name."""
    wanted = getattr(condition, "wanted", getattr(condition, "name", ""))
    if isinstance(wanted, bool):
        wanted = "any value" if wanted else "none"
    return f"{condition.field}: {wanted}"


def load_script(call: Call) -> JSON:
    """Replace the script."""
    call.session.load(_read(call.body))
    return tell_script(call)


def add_replies(call: Call) -> JSON:
    """Add replies that are given in turn."""
    made = _read({"replies": call.body["replies"]})
    script = call.session.own_script()
    script.add_replies(made.in_turn.replies)
    return {"replies": len(script.in_turn.replies)}


def add_rule(call: Call) -> JSON:
    """Add a rule behind those that are there."""
    rules = call.session.script.rules if call.session.has_own_rules else []
    named = {"name": f"rule {len(rules) + 1}", **call.body}
    made = _read({"rules": [named]}, "rules[0]")
    call.session.own_script().rules += made.rules
    return {"name": made.rules[0].name}


def add_faults(call: Call) -> JSON:
    """Let faults strike every answer."""
    made = _read({"faults": call.body["faults"]})
    script = call.session.own_settings()
    script.faults += made.faults
    return {"faults": len(script.faults)}


def reset(call: Call) -> JSON:
    """Reset the session that was named, or else all; perhaps with another seed."""
    seed = call.body.get("seed")
    if call.named is not None:
        call.session.reset(seed)
    else:
        call.listener.reset(seed)
    return {"reset": True}


def tell_clock(call: Call) -> JSON:
    """Tell the session's clock."""
    return {"kind": call.session.clock.kind, "now": call.session.clock.now()}


def advance(call: Call) -> JSON:
    """Move the session's clock."""
    call.session.clock.advance(call.body["seconds"])
    return tell_clock(call)


def tell_journal(call: Call) -> JSON:
    """Give the exchanges behind a number, oldest first."""
    kept = call.session.journal
    since = call.query.get("since", 0)
    after = kept.since(since)
    shown = after[: call.query.get("limit", MOST)]
    return {
        "session": call.session.name,
        "requests": kept.count,
        "dropped": kept.dropped,
        "exchanges": [exchange.as_json() for exchange in shown],
        "next": shown[-1].number if shown else since,
        "more": len(after) > len(shown),
    }


def clear_journal(call: Call) -> JSON:
    """Forget the exchanges and what the client reported of them, and nothing else."""
    cleared = len(call.session.journal)
    call.session.journal.clear()
    call.session.reports.clear()
    return {"cleared": cleared}


def tell_unused(call: Call) -> JSON:
    """Name the rules and replies that were not used."""
    return {"unused": call.session.script.unused(call.session.tally)}


def judge(call: Call) -> JSON:
    """Judge the client by what it did, and by what it said of that."""
    from ..verdict.judge import judge as judged

    session = call.session
    reports = [{**report, "session": session.name} for report in session.reports]
    return judged(list(session.journal), reports).as_json()


def take_report(call: Call) -> JSON:
    """Keep what a client says of an answer it had."""
    from ..verdict.judge import report

    try:
        said = report(call.session, **call.body)
    except ValueError as problem:
        raise Refused(422, str(problem), field=str(problem).partition(":")[0]) from None
    return {"exchange": said["exchange"], "reports": len(call.session.reports)}


def tell_sessions(call: Call) -> JSON:
    """Tell of all sessions."""
    return {"sessions": [_session(session) for session in call.listener.sessions.every()]}


def _session(session: Session) -> JSON:
    return {
        "name": session.name,
        "requests": session.journal.count,
        "connections": session.connections,
        "own": session.has_own_rules,
        "seed": session.seed,
        "now": session.clock.now(),
    }


def drop_session(call: Call) -> JSON:
    """Forget a session."""
    if not call.listener.sessions.drop(call.path[0]):
        raise Refused(404, "there is no session of this name", field="name")
    return {"dropped": call.path[0]}


def check(call: Call) -> JSON:
    """Check what was asked."""
    from ..journal.assertions import assert_called

    wanted = {name: value for name, value in call.body.items() if name != "conditions"}
    try:
        assert_called(list(call.session.journal), call.body["conditions"], **wanted)
    except AssertionError as problem:
        raise Refused(409, str(problem)) from None
    except (ValueError, TypeError) as problem:
        raise Refused(422, str(problem), field=str(problem).partition(":")[0]) from None
    return {"ok": True}


def tell_metrics(call: Call) -> Answer:
    """Give the metrics as text."""
    text = metrics.exposition(call.listener)
    return Answer(200, [("content-type", metrics.CONTENT_TYPE)], text.encode("utf-8"))
