"""`python -m fakes --help-script`: the page about scripts, and with `schema` the same as JSON Schema for editors.

Both are made from the tables that the reader of scripts goes by (`fields`, the kinds of faults, the names of
templates), so they cannot say something else than it does.
"""

from __future__ import annotations

import json
import textwrap
from typing import Any, Dict, List, Mapping

from ..faults import KINDS, SCHEDULE
from .fields import CONDITIONS, SETTINGS, SHAPES, Field, definitions
from .templates import NAMES

__all__ = ["EXAMPLE", "page", "schema", "schema_text"]

WIDTH = 100
EXAMPLE = """\
{
  "rules": [
    {
      "name": "weather: call the tool",
      "when": {"user": {"contains": "weather"}, "tool": "get_weather", "turn": 1},
      "reply": {
        "thinking": "The tool knows.",
        "tool_calls": [{"name": "get_weather", "arguments": {"city": "Paris", "asked": "{{user}}"}}]
      }
    },
    {
      "name": "weather: tell the result",
      "when": {"tool_result": {"exists": true}},
      "reply": "The tool says: {{tool_result}}"
    },
    {
      "name": "overloaded once, then slow",
      "when": {"model": {"regex": "^(gpt|claude)-"}, "header": {"x-team": "blue"}},
      "reply": {"text": ["Hel", "lo ", "{{header.x-team}}"], "usage": {"input": 12, "output": 3}},
      "faults": [{"kind": "status", "status": 503, "retry_after": 1, "times": 1}],
      "pace": {"first_token": 0.5, "tokens_per_second": 20}
    }
  ],
  "replies": [
    "The first request that no rule fits gets this.",
    {"text": "The second one breaks off.", "faults": [{"kind": "cut", "event": 2}]},
    {"error": {"status": 400, "message": "{{model}} had enough."}}
  ]
}
"""
# Heading -> the shape, and what stands above its fields.
CHAPTERS = {
    "A script": ("script", "A JSON object with"),
    "A rule": ("rule", "Exactly one of reply and replies; with several replies each is given once."),
    "A reply": ("answer", "A text, or an object with some of these fields, or an error. Texts are templates."),
    "A part of a reply": ("part", "Exactly one of text, thinking, redacted_thinking, refusal and tool_call."),
    "A tool call": ("tool_call", "Texts in the arguments are templates."),
    "Usage": ("usage", "Token counts; input and output are needed."),
    "An error": ("error", '{"error": {…}} in the place of a reply; status (400 to 599) is needed.'),
    "A pace": ("pace", "A streamed event counts as one token."),
    "A quota": ("quota", "What is over it gets status 429, with the provider's own headers."),
}
WANTED = """\
A text means the whole text. An object says more: {"contains": "…"}, {"regex": "…"} (Python's, found anywhere),
{"exists": true} or false, {"exact": …}. At a path of json any JSON value may stand, an object as {"exact": {…}}."""
PATHS = 'A path: messages[0].content, messages[-1].role, tools[*].function.name (any of them), metadata["a.b"].'
STRIKES = "A fault strikes each answer, unless its schedule says otherwise; without a place, in the middle of the body."
TEMPLATES = """\
A text may echo the request, between double braces. What a request does not have is an empty text; what is no text is
written as JSON. {{"{{"}} writes two braces; a single brace, or two closing ones, mean themselves. In the arguments of
a tool call all is escaped so that they stay valid JSON; in arguments given as a text, {{json.n}} outside of quotes is
a value of its own."""


def page() -> str:
    """Give the page about scripts."""
    parts = [
        "Scripts: what fakes answers, as a file of JSON",
        "",
        "    python -m fakes script.json            serve it; a change of the file counts from the next request on",
        "    python -m fakes check script.json      say what is wrong with it, with line, column and field",
        "    python -m fakes --help-script schema   this page as JSON Schema, for editors",
        "",
        *_wrapped(
            "The first rule that fits and is not used up answers; then the replies, in turn. A request that nothing "
            'fits gets status 404 and a text that names the nearest rules and why each failed, unless "fallback" is true.'
        ),
    ]
    for heading, (shape, above) in CHAPTERS.items():
        parts += [*_headed(heading), *_wrapped(above), "", *_table(SHAPES[shape])]
        if shape == "rule":
            parts += [*_headed("Conditions (when)"), *WANTED.splitlines(), "", *_table(CONDITIONS), "", PATHS]
    parts += [*_headed("A fault"), *_wrapped(STRIKES), "", *_rows({name: _kind(name) for name in KINDS})]
    parts += ["", "Settings:", *_table(SETTINGS), "", f"Every kind takes a schedule: {', '.join(sorted(SCHEDULE))}."]
    parts += [
        *_headed("Templates"),
        *TEMPLATES.splitlines(),
        "",
        *_rows({f"{{{{{name}}}}}": does for name, does in NAMES.items()}),
    ]
    parts += [*_headed("An example"), EXAMPLE.rstrip("\n")]
    return "\n".join(parts) + "\n"


def schema() -> Dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a script."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A script of fakes",
        "description": "Not said here: that a regex, a path and a template can be read, and that a raw file is there.",
        "$ref": "#/$defs/script",
        "$defs": definitions(),
    }


def schema_text() -> str:
    """Give the schema as it is printed."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def _headed(heading: str) -> List[str]:
    return ["", "", heading, "-" * len(heading), ""]


def _wrapped(text: str) -> List[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _table(fields: Mapping[str, Field]) -> List[str]:
    return _rows({name: _with_choices(field) for name, field in fields.items()})


def _with_choices(field: Field) -> str:
    choices = field.schema.get("enum")
    return f"{field.does}: {', '.join(choices)}" if choices else field.does


def _rows(rows: Mapping[str, str]) -> List[str]:
    wide = max(map(len, rows)) + 4
    lines: List[str] = []
    for name, does in rows.items():
        first, *rest = _wrapped(does) if len(does) <= WIDTH - wide else textwrap.wrap(does, WIDTH - wide)
        lines += [f"  {name:<{wide - 2}}{first}", *[" " * wide + line for line in rest]]
    return lines


def _kind(name: str) -> str:
    kind = KINDS[name]
    needs = sorted(kind.needs)
    takes = sorted(kind.takes - kind.needs)
    told = [f"needs {', '.join(needs)}"] if needs else []
    told += [f"takes {', '.join(takes)}"] if takes else []
    return kind.does + (f" ({'; '.join(told)})" if told else "")
