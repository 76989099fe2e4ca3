"""What a script as a JSON file may say: every field, in words and as JSON Schema, once.

`file` reads by these tables, `help` prints them as a page and as a schema. A field's `schema` is a JSON
Schema fragment; the keywords used are type, enum, items, minimum, exclusiveMinimum, maximum, minItems and $ref to
another shape of this file, so that the reader can judge them with places and words of its own. What a fault's settings
are allowed to be is judged by `faults.Fault`; the fragments say the same to an editor, and a test compares the two.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Tuple

from ..faults import KINDS, PLACED, SCHEDULE
from ..replies.reply import FINISHES
from .matching import APIS, NAMES, PROVIDERS

__all__ = ["CONDITIONS", "ENOUGH", "Field", "NEEDED", "ONE_OF", "RAW", "SETTINGS", "SHAPES", "definitions"]

Schema = Dict[str, Any]


class Field(NamedTuple):
    """What a field does, and what it may be."""

    does: str
    schema: Schema


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(item: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": item, **({"minItems": least} if least else {})}


TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": ["string", "array"], "items": TEXT}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 1}
TOKENS: Schema = {"type": "integer", "minimum": 0}
SECONDS: Schema = {"type": "number", "minimum": 0}
STATUS: Schema = {"type": "integer", "minimum": 200, "maximum": 599}
REFUSED: Schema = {"type": "integer", "minimum": 400, "maximum": 599}
HEADERS: Schema = {"type": "object", "additionalProperties": TEXT}
COMMENT = Field("for the reader; it says nothing to fakes", {})
FAULTS = Field("what goes wrong", _list(_ref("fault")))
PACE = Field("how fast it comes", _ref("pace"))
RAW = (*PROVIDERS, *NAMES, "responses")

SHAPES: Dict[str, Dict[str, Field]] = {
    "script": {
        "rules": Field("asked in order: the first that fits and is not used up answers", _list(_ref("rule"))),
        "replies": Field("given in turn, each once, to what no rule fits", _list(_ref("reply"))),
        "faults": Field("what goes wrong with every answer", _list(_ref("fault"))),
        "pace": Field("how fast every answer comes", _ref("pace")),
        "quota": Field("how much may be asked in a minute", _ref("quota")),
        "fallback": Field("true: what nothing fits is answered by the model's name, as without a script", FLAG),
        "$schema": Field("where an editor finds the schema", TEXT),
        "comment": COMMENT,
    },
    "rule": {
        "name": Field("how errors and the list of unused rules call it; otherwise rules[0]", {**TEXT, "minLength": 1}),
        "when": Field("conditions, which all must hold; none: every request fits", _ref("conditions")),
        "reply": Field("given every time", _ref("reply")),
        "replies": Field("given in turn, each once", _list(_ref("reply"), 1)),
        "times": Field("answers so many requests at most; more than it has replies only with repeat", COUNT),
        "repeat": Field("true: begins its replies anew when all were given", FLAG),
        "faults": FAULTS,
        "pace": PACE,
        "comment": COMMENT,
    },
    "answer": {
        "text": Field("what it says: a text, or a list of the pieces in which it is streamed", TEXTS),
        "thinking": Field("what it thinks before that", TEXTS),
        "signature": Field("signs the thinking", TEXT),
        "redacted_thinking": Field("a thought that is sent encrypted only", TEXT),
        "refusal": Field("a refusal in words", TEXTS),
        "tool_calls": Field("tools it calls, behind the text", _list(_ref("tool_call"))),
        "parts": Field("all this in an order of your own, instead of these fields", _list(_ref("part"))),
        "finish": Field("why it ends", {"enum": list(FINISHES)}),
        "usage": Field("the tokens it tells; counted when not given", _ref("usage")),
        "raw": Field(
            "the bytes of the body instead, for a provider or for the API responses: a text or {\"file\": …}",
            {"type": "object", "properties": {name: _ref("raw") for name in RAW}, "additionalProperties": False},
        ),
        "faults": FAULTS,
        "pace": PACE,
        "comment": COMMENT,
    },
    "part": {
        "text": Field("a text or its pieces", TEXTS),
        "thinking": Field("a thought or its pieces", TEXTS),
        "signature": Field("signs the thought of this part", TEXT),
        "redacted_thinking": Field("an encrypted thought", TEXT),
        "refusal": Field("a refusal or its pieces", TEXTS),
        "tool_call": Field("one call", _ref("tool_call")),
    },
    "tool_call": {
        "name": Field("the tool", {**TEXT, "minLength": 1}),
        "arguments": Field("an object, or its JSON as a text, which may be wrong on purpose; otherwise {}", {"type": ["object", "string"]}),
        "id": Field("its id; made up when not given", {**TEXT, "minLength": 1}),
    },
    "usage": {
        "input": Field("all tokens read", TOKENS),
        "output": Field("all tokens written", TOKENS),
        "reasoning": Field("those of output that are not shown; null: only totals are told", {"type": ["integer", "null"], "minimum": 0}),
        "cache_read": Field("those of input that came from the cache", TOKENS),
        "cache_creation": Field("those of input that went into the cache", TOKENS),
    },
    "failing": {
        "error": Field("a refusal instead of an answer, in the provider's shape", _ref("error")),
        "comment": COMMENT,
    },
    "error": {
        "status": Field("the HTTP status", REFUSED),
        "message": Field("otherwise the provider's own", TEXT),
        "type": Field("otherwise the provider's own", TEXT),
        "code": Field("otherwise the provider's own", TEXT),
        "retry_after": Field("seconds, told in the provider's headers", SECONDS),
        "headers": Field("more headers", HEADERS),
        "body": Field("the body instead of the provider's shape", TEXT),
    },
    "raw_file": {"file": Field("the name of a file in the script's folder, or in one below it", {**TEXT, "minLength": 1})},
    "pace": {
        "first_token": Field("seconds to the first token", SECONDS),
        "tokens_per_second": Field("tokens a second after it; otherwise all at once", {"type": ["number", "null"], "exclusiveMinimum": 0}),
        "jitter": Field("how far each pause varies, as a share", {"type": "number", "minimum": 0, "maximum": 1}),
    },
    "quota": {
        "requests_per_minute": Field("requests; refilled steadily", {"type": ["integer", "null"], "minimum": 1}),
        "tokens_per_minute": Field("tokens asked and written; refilled steadily", {"type": ["integer", "null"], "minimum": 1}),
    },
}  # fmt: skip
NEEDED: Dict[str, Tuple[str, ...]] = {
    "tool_call": ("name",),
    "usage": ("input", "output"),
    "failing": ("error",),
    "error": ("status",),
    "raw_file": ("file",),
}
# Shape -> fields of which there is exactly one.
ONE_OF: Dict[str, Tuple[str, ...]] = {
    "rule": ("reply", "replies"),
    "part": ("text", "thinking", "redacted_thinking", "refusal", "tool_call"),
}
# Shape -> fields of which there is at least one.
ENOUGH: Dict[str, Tuple[str, ...]] = {
    "answer": ("text", "thinking", "redacted_thinking", "refusal", "tool_calls", "parts", "finish", "raw"),
}
SAID = ("text", "thinking", "signature", "redacted_thinking", "refusal", "tool_calls")  # or else parts

# Condition -> what it looks at, and the schema of what is wanted exactly.
CONDITIONS: Dict[str, Field] = {
    "provider": Field("who is asked", {"enum": [*PROVIDERS, *NAMES]}),
    "api": Field("which of its APIs", {"enum": list(APIS)}),
    "path": Field("the path of the URL", TEXT),
    "model": Field("the model's name", TEXT),
    "user": Field("the text of the last user message", TEXT),
    "system": Field("the text of all system messages", TEXT),
    "tool_result": Field("a tool result at the end of the conversation, any of them", TEXT),
    "tool": Field("the name of a tool on offer, any of them", TEXT),
    "turn": Field("1, and one more for each answer of the model in the conversation; exactly this", COUNT),
    "header": Field("an object from names of headers to conditions", TEXT),
    "json": Field("an object from paths into the body to conditions; any JSON value may be wanted", {}),
}

# Setting of a fault -> what it says, and its schema; which kind takes which is in faults.KINDS.
SETTINGS: Dict[str, Field] = {
    "byte": Field("where: an offset into the body, from 0; for split one or more, from 1", TOKENS),
    "event": Field("where: an event of the stream, from 0; -1 is the last", {"type": "integer"}),
    "at": Field("where: before any byte, or behind the headers", {"enum": ["start", "headers"]}),
    "seconds": Field("how long", SECONDS),
    "size": Field("a break after so many bytes, over and over", COUNT),
    "by": Field("so many bytes more, or less", {"type": "integer", "not": {"const": 0}}),
    "status": Field("the HTTP status", STATUS),
    "message": Field("otherwise the provider's own", TEXT),
    "type": Field("otherwise the provider's own", TEXT),
    "code": Field("otherwise the provider's own", TEXT),
    "retry_after": Field("seconds, told in the provider's headers", SECONDS),
    "headers": Field("more headers", HEADERS),
    "body": Field("the body instead of the provider's shape", TEXT),
    "times": Field("strikes so many times", COUNT),
    "every": Field("strikes every so many-th answer", COUNT),
    "rate": Field("strikes with this chance, which the session's seed decides", {"type": "number", "minimum": 0, "maximum": 1}),
    "skip": Field("lets so many answers pass first", TOKENS),
}  # fmt: skip


def definitions() -> Dict[str, Schema]:
    """Give the schema of every shape by its name."""
    made: Dict[str, Schema] = {}
    for name, fields in SHAPES.items():
        made[name] = _object(fields, NEEDED.get(name, ()))
    made["rule"]["oneOf"] = [{"required": [name]} for name in ONE_OF["rule"]]
    made["part"]["oneOf"] = [{"required": [name]} for name in ONE_OF["part"]]
    made["part"]["allOf"] = [{"anyOf": [{"not": {"required": ["signature"]}}, {"required": ["thinking"]}]}]
    made["answer"]["anyOf"] = [{"required": [name]} for name in ENOUGH["answer"]]
    made["answer"]["allOf"] = [
        {"anyOf": [{"not": {"required": ["signature"]}}, {"required": ["thinking"]}]},
        {"anyOf": [{"not": {"required": ["parts"]}}, {"not": {"anyOf": [{"required": [name]} for name in SAID]}}]},
    ]
    made["reply"] = {"anyOf": [TEXT, _ref("answer"), _ref("failing")]}
    made["raw"] = {"anyOf": [TEXT, _ref("raw_file")]}
    made["conditions"] = _object(
        {name: Field(field.does, _condition(name, field.schema)) for name, field in CONDITIONS.items()}
    )
    made["fault"] = {"anyOf": [_fault(kind) for kind in KINDS]}
    return made


def _object(fields: Mapping[str, Field], needed: Tuple[str, ...] = ()) -> Schema:
    properties = {name: {"description": field.does, **field.schema} for name, field in fields.items()}
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": list(needed)} if needed else made


def _condition(name: str, exact: Schema) -> Schema:
    if name == "turn":
        return {
            "anyOf": [
                exact,
                {
                    "type": "object",
                    "properties": {"exact": exact},
                    "required": ["exact"],
                    "additionalProperties": False,
                },
            ]
        }
    words: Schema = {"exact": exact, "contains": TEXT, "regex": TEXT, "exists": FLAG}
    plain = exact or {"type": ["string", "number", "boolean", "null", "array"]}
    one: Schema = {
        "anyOf": [
            plain,
            {
                "type": "object",
                "properties": words,
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    }
    return {"type": "object", "additionalProperties": one} if name in ("header", "json") else one


def _fault(kind: str) -> Schema:
    takes = KINDS[kind].takes | SCHEDULE
    fields = {"kind": Field(KINDS[kind].does, {"const": kind}), "comment": COMMENT}
    fields.update((name, field) for name, field in SETTINGS.items() if name in takes)
    if kind == "split":
        offset = {"type": "integer", "minimum": 1}
        fields["byte"] = Field(SETTINGS["byte"].does, {"anyOf": [offset, _list(offset, 1)]})
    made = _object(fields, ("kind", *sorted(KINDS[kind].needs)))
    if kind == "split":
        return {**made, "oneOf": [{"required": ["byte"]}, {"required": ["size"]}]}
    places: List[str] = sorted(PLACED & takes)
    pairs = [[one, other] for place, one in enumerate(places) for other in places[place + 1 :]]
    return {**made, "allOf": [{"not": {"required": pair}} for pair in pairs]} if pairs else made
