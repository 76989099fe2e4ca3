"""Every operation of the control API: its path, what it takes, what it gives, and an example.

One row of `OPERATIONS` is all there is to an operation. `api` routes and checks by it, `openapi` describes it,
`calls` has the function that does it, and a test calls each with its example.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple

from ..journal import metrics
from ..replies import schemas
from ..session import MAX_NAME
from . import calls
from .api import Refused

__all__ = ["OPERATIONS", "Operation", "QUERIES", "check_fields"]

JSON = Any
Schema = Dict[str, Any]


class Operation(NamedTuple):
    """One operation. `body` and `gives` are JSON schemas; `optional` means that the body may be left out."""

    method: str
    path: str
    run: Callable[[calls.Call], Any]  # gives a JSON value, or an Answer that is none
    summary: str
    gives: Schema
    queries: Tuple[str, ...] = ("session",)
    body: Optional[Schema] = None
    example: JSON = None
    optional: bool = False
    produces: str = "application/json"

    def matches(self, path: str) -> Optional[Tuple[str, ...]]:
        """Give the open parts of a path, or None when it is another operation's."""
        pattern = "".join("(.+)" if part[:1] == "{" else re.escape(part) for part in re.split(r"(\{\w+\})", self.path))
        found = re.fullmatch(pattern, path, re.DOTALL)
        return found.groups() if found is not None else None


# Query parameter -> what it means, and its schema.
QUERIES: Dict[str, Tuple[str, Schema]] = {
    "session": ("The session that is meant; empty: the one with no name.", {"type": "string", "maxLength": MAX_NAME}),
    "since": ("Only exchanges with a higher number.", {"type": "integer", "minimum": 0, "maximum": 10**15}),
    "limit": ("How many exchanges, the oldest first.", {"type": "integer", "minimum": 1, "maximum": calls.MOST}),
}


def check_fields(body: Mapping[str, JSON], schema: Schema) -> None:
    """Hold a body against a flat schema; one that refers to the script's vocabulary is judged by `scripting.file`.

    Raises: Refused, with all that is wrong.
    """
    if "properties" not in schema:
        return
    properties = schema["properties"]
    there = ", ".join(properties)
    wrong = [(name, f"no such field; there are {there}") for name in body if name not in properties]
    wrong += [
        (name, f"must be {rule['description']}")
        for name, rule in properties.items()
        if name in body and not schemas.fits(body[name], rule)
    ]
    wrong += [(name, "is missing") for name in schema.get("required", ()) if name not in body]
    if not wrong and not schemas.fits(body, schema):
        names = [branch["required"][0] for branch in schema["anyOf"]]
        wrong.append((names[0], f"give one of {', '.join(names)} at least"))
    if wrong:
        errors = [{"field": name, "message": f"{name}: {what}"} for name, what in wrong]
        raise Refused(422, "; ".join(one["message"] for one in errors), field=wrong[0][0], errors=errors)


TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SECONDS: Schema = {"type": "number", "minimum": 0}


def _object(required: Mapping[str, Schema], **more: JSON) -> Schema:
    """Give the schema of an object that has these fields and no others."""
    return {
        "type": "object",
        "properties": dict(required),
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _said(schema: Schema, words: str) -> Schema:
    """Give a schema with the words that stand behind "must be" when a value does not fit it."""
    return {**schema, "description": words}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _one_of(name: str, words: str) -> Schema:
    """Give the schema of an object with a list of what stands in a script under the same name."""
    return _object({name: _said({"type": "array", "items": _ref(words), "minItems": 1}, "a list, not empty")})


TEXTS = _list(TEXT)
CLOCK = _object({"kind": {"enum": ["real", "virtual", "held"]}, "now": SECONDS})
SCRIPT_STATE = _object(
    {
        "session": TEXT,
        "own": FLAG,
        "source": {"type": ["string", "null"]},
        "fallback": FLAG,
        "rules": _list(
            _object({"name": TEXT, "when": TEXTS, "used": COUNT, "limit": {"type": ["integer", "null"], "minimum": 0}})
        ),
        "replies": _object({"given": COUNT, "of": COUNT}),
        "faults": _list(_object({"kind": TEXT, "place": TEXT, "counted": COUNT})),
        "unused": TEXTS,
        "problems": TEXTS,
    }
)
SESSION = _object(
    {"name": TEXT, "requests": COUNT, "connections": COUNT, "own": FLAG, "seed": {"type": "integer"}, "now": SECONDS}
)
JOURNAL = _object(
    {
        "session": TEXT,
        "requests": COUNT,
        "dropped": COUNT,
        "exchanges": _list(_ref("Exchange")),
        "next": COUNT,
        "more": FLAG,
    }
)
FINDING = _object(
    {"kind": TEXT, "severity": {"enum": ["fault", "hint"]}, "text": TEXT, "session": TEXT, "exchanges": _list(COUNT)}
)
VERDICT = _object({"ok": FLAG, "judged": COUNT, "missing": COUNT, "findings": _list(FINDING)})
REPORT: Schema = {
    "type": "object",
    "properties": {
        "exchange": _said({"type": "integer", "minimum": 1}, "the number of an exchange in the journal"),
        "raised": _said(TEXT, "a text: the error that the client raised"),
        "completed": _said(FLAG, "true or false: whether it took the answer for whole"),
        "cancelled": _said(FLAG, "true or false: whether it was told to stop"),
    },
    "additionalProperties": False,
    "anyOf": [{"required": ["raised"]}, {"required": ["completed"]}, {"required": ["cancelled"]}],
}
TIMES = _said(COUNT, "a whole number from 0")
ASSERTION: Schema = {
    "type": "object",
    "properties": {
        "conditions": _said({"type": "object"}, "an object of conditions, as a rule has under when"),
        "times": TIMES,
        "at_least": TIMES,
        "at_most": TIMES,
    },
    "required": ["conditions"],
    "additionalProperties": False,
}
SEED: Schema = {
    "type": "object",
    "properties": {"seed": _said({"type": "integer"}, "a whole number")},
    "additionalProperties": False,
}
ADVANCE = _object({"seconds": _said({**SECONDS, "maximum": 10**9}, "a number from 0 to 1000000000")})

OPERATIONS: Tuple[Operation, ...] = (
    Operation(
        "GET", "/__fakes/health", calls.tell_health, "Tell that the server is up, and what it has seen",
        _object({"status": {"const": "ok"}, "requests": COUNT, "connections": COUNT}), (),
    ),
    Operation("GET", "/__fakes/openapi.json", calls.describe, "Give this document", {"type": "object"}, ()),
    Operation("GET", "/__fakes/script", calls.tell_script, "Tell what is scripted, and how far it was used", SCRIPT_STATE),
    Operation(
        "PUT", "/__fakes/script", calls.load_script, "Replace the script, and begin it", SCRIPT_STATE,
        body=_ref("script"), example={"replies": ["Good morning.", "Good evening."]},
    ),
    Operation(
        "POST", "/__fakes/replies", calls.add_replies, "Add replies that are given in turn, each once",
        _object({"replies": COUNT}), body=_one_of("replies", "reply"), example={"replies": ["Good night."]},
    ),
    Operation(
        "POST", "/__fakes/rules", calls.add_rule, "Add a rule behind those that are there",
        _object({"name": TEXT}), body=_ref("rule"),
        example={"name": "weather", "when": {"user": {"contains": "weather"}}, "reply": "Sunny."},
    ),
    Operation(
        "POST", "/__fakes/faults", calls.add_faults, "Let faults strike every answer, as each one's schedule says",
        _object({"faults": COUNT}), body=_one_of("faults", "fault"),
        example={"faults": [{"kind": "status", "status": 503, "times": 1}]},
    ),
    Operation(
        "POST", "/__fakes/reset", calls.reset, "Reset the session that is named, or else all of them",
        _object({"reset": {"const": True}}), body=SEED, example={"seed": 7}, optional=True,
    ),
    Operation("GET", "/__fakes/clock", calls.tell_clock, "Tell the session's clock", CLOCK),
    Operation(
        "POST", "/__fakes/advance", calls.advance, "Move the session's clock; what becomes due on the way is written first",
        CLOCK, body=ADVANCE, example={"seconds": 60},
    ),
    Operation(
        "GET", "/__fakes/journal", calls.tell_journal, "Give what was asked and answered, oldest first",
        JOURNAL, ("session", "since", "limit"),
    ),
    Operation(
        "DELETE", "/__fakes/journal", calls.clear_journal, "Forget what was asked and answered, and nothing else",
        _object({"cleared": COUNT}),
    ),
    Operation(
        "GET", "/__fakes/unused", calls.tell_unused, "Name the rules and replies that were not used",
        _object({"unused": TEXTS}),
    ),
    Operation(
        "POST", "/__fakes/assert", calls.check, "Check what was asked: 200 when it holds, 409 with the reason when not",
        _object({"ok": {"const": True}}), body=ASSERTION, example={"conditions": {"provider": "mistral"}, "times": 0},
    ),
    Operation(
        "POST", "/__fakes/report", calls.take_report, "Say what the client made of an answer, for the verdict",
        _object({"exchange": COUNT, "reports": COUNT}), body=REPORT, example={"completed": True},
    ),
    Operation("GET", "/__fakes/verdict", calls.judge, "Judge the client by what it did and said", VERDICT),
    Operation(
        "GET", "/__fakes/sessions", calls.tell_sessions, "Tell of all sessions",
        _object({"sessions": {"type": "array", "items": SESSION, "minItems": 1}}), (),
    ),
    Operation(
        "DELETE", "/__fakes/sessions/{name}", calls.drop_session, "Forget a session, its script and journal",
        _object({"dropped": TEXT}), (),
    ),
    Operation(
        "GET", "/__fakes/metrics", calls.tell_metrics, "Give the metrics of the server, as Prometheus reads them",
        TEXT, (), produces=metrics.CONTENT_TYPE,
    ),
)  # fmt: skip
