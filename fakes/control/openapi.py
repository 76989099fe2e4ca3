"""The OpenAPI 3.1 document of the control API, made of the table of its operations and the schema of scripts.

Nothing is said here about a single operation: what the document says is what `api` does. The vocabulary of replies,
rules and faults is that of script files, from `scripting.fields`, with its references moved to where it stands here.
"""

from __future__ import annotations

import inspect
import re
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..journal.exchanges import Exchange
from ..scripting.fields import definitions
from ..session import HEADER
from .operations import Operation

__all__ = ["document"]

JSON = Any
SCHEMAS = "#/components/schemas/"


def document(operations: Sequence[Operation], queries: Mapping[str, Tuple[str, Mapping[str, JSON]]]) -> Dict[str, JSON]:
    """Give the document as JSON values."""
    paths: Dict[str, Dict[str, JSON]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, queries)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fakes control API",
            "version": "1",
            "description": "Steer and question a fake provider server. It answers under a loopback name only, or the "
            "address it was told to listen on.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": _schemas()},
    }


def _operation(operation: Operation, queries: Mapping[str, Tuple[str, Mapping[str, JSON]]]) -> Dict[str, JSON]:
    told: Dict[str, JSON] = {
        "operationId": operation.run.__name__,
        "summary": operation.summary,
        "parameters": _parameters(operation, queries),
        "responses": {
            "200": {
                "description": "Done.",
                "content": {operation.produces: {"schema": operation.gives}},
            },
            "default": {
                "description": "Refused.",
                "content": {"application/json": {"schema": {"$ref": SCHEMAS + "Error"}}},
            },
        },
    }
    if operation.body is not None:
        sent = {"schema": operation.body, "example": operation.example}
        told["requestBody"] = {"required": not operation.optional, "content": {"application/json": sent}}
    return told


def _parameters(operation: Operation, queries: Mapping[str, Tuple[str, Mapping[str, JSON]]]) -> List[JSON]:
    found: List[JSON] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    for name in operation.queries:
        told, schema = queries[name]
        found.append({"name": name, "in": "query", "description": told, "schema": dict(schema)})
    if "session" in operation.queries:
        told, schema = queries["session"]
        said = told + " The query parameter comes first."
        found.append({"name": HEADER, "in": "header", "description": said, "schema": dict(schema)})
    return found


def _schemas() -> Dict[str, JSON]:
    text = {"type": "string"}
    entry = {"type": "object", "properties": {"message": text, "field": text}, "required": ["message"]}
    error = {
        "type": "object",
        "properties": {
            "message": text,
            "type": {"const": "fakes_error"},
            "field": text,
            "errors": {"type": "array", "items": entry},
        },
        "required": ["message", "type"],
        "additionalProperties": False,
    }
    return {
        "Error": {
            "type": "object",
            "properties": {"error": error},
            "required": ["error"],
            "additionalProperties": False,
        },
        "Exchange": {
            "type": "object",
            "description": inspect.getdoc(Exchange) or "",
            "required": ["number", "session", "method", "path", "status", "ended"],
        },
        **{name: _moved(schema) for name, schema in definitions().items()},
    }


def _moved(schema: JSON) -> JSON:
    """Give a schema whose references lead to the components of this document."""
    if isinstance(schema, list):
        return [_moved(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: SCHEMAS + value.rpartition("/")[2] if name == "$ref" else _moved(value) for name, value in schema.items()
    }
