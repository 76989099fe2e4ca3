"""Schema in, schema out: inline references, drop titles, make strict. All pure; inputs stay as they were.

Keywords are told from the user's own names by place: below ``properties`` and ``$defs`` the keys are
names, below ``default``, ``const``, ``enum`` and ``examples`` there is data. So a property called
"title" or a default with a key "$ref" is left alone.

Source: JSON Schema 2020-12, Core, section 10 "Applicators"; OpenAI, "Structured Outputs", section
"Supported schemas" (what ``strict`` demands), read through langchain-core 1.7.2's behaviour.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

__all__ = ["dereference_refs", "strict_schema", "with_keywords", "without_titles"]

ONE_SCHEMA = (
    "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems",
    "unevaluatedProperties",
)  # fmt: skip
LIST_OF_SCHEMAS = ("allOf", "anyOf", "items", "oneOf", "prefixItems")  # `items` may be a list up to draft 2019-09
NAMED_SCHEMAS = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")


def dereference_refs(schema: dict[str, Any]) -> dict[str, Any]:
    """Put what each ``$ref`` points to in its place, and drop the definitions no longer needed.

    A definition that contains itself cannot be written out: its ``$ref`` stays, and its definition
    stays under ``$defs``. Keywords beside a ``$ref`` win over those of its target.

    Raises: ValueError for a reference to another document or to nothing.
    """
    kept: dict[str, Any] = {}  # name -> definition, of those that contain themselves

    def inline(part: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        reference = part.get("$ref")
        if not isinstance(reference, str):
            return _map(part, lambda child: inline(child, path))
        beside = {key: value for key, value in part.items() if key != "$ref"}
        name = _unescaped(reference.rpartition("/")[2])
        if reference == "#" or reference in path:
            if reference != "#" and name not in kept:
                kept[name] = {}  # taken, before the definition is walked and meets itself again
                kept[name] = _map(_target(schema, reference), lambda child: inline(child, (reference,)))
            return with_keywords({"$ref": reference.replace("#/definitions/", "#/$defs/")}, beside)
        target = inline(_target(schema, reference), (*path, reference))
        return with_keywords(target, _map(beside, lambda child: inline(child, path)))

    body = {key: value for key, value in schema.items() if key not in ("$defs", "definitions")}
    flat = inline(body, ())
    return {**flat, "$defs": kept} if kept else flat


def with_keywords(schema: dict[str, Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """Add keywords to a schema; beside a ``$ref``, which providers want alone, by way of ``anyOf``."""
    if keywords and "$ref" in schema:
        return {"anyOf": [schema], **keywords}
    return {**schema, **keywords}


def without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop ``title`` everywhere: pydantic derives them from the names, so they only cost tokens."""
    return _map({key: value for key, value in schema.items() if key != "title"}, without_titles)


def strict_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Make every object closed and every property required, as OpenAI's ``strict`` demands."""
    strict = _map(schema, strict_schema)
    properties = strict.get("properties")
    if isinstance(properties, dict) and properties:
        strict["required"] = list(properties)
    if "required" in strict or properties == {} or "additionalProperties" in strict:
        strict["additionalProperties"] = False
    return strict


def _map(schema: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Copy a schema with `change` applied to each schema directly inside it."""
    copy: dict[str, Any] = {}
    for key, value in schema.items():
        if key in NAMED_SCHEMAS and isinstance(value, dict):
            copy[key] = {name: change(part) if isinstance(part, dict) else part for name, part in value.items()}
        elif key in LIST_OF_SCHEMAS and isinstance(value, list):
            copy[key] = [change(part) if isinstance(part, dict) else part for part in value]
        elif key in ONE_SCHEMA and isinstance(value, dict):
            copy[key] = change(value)
        else:
            copy[key] = value
    return copy


def _target(schema: dict[str, Any], reference: str) -> dict[str, Any]:
    start, *steps = reference.split("/")
    found: Any = schema
    for step in steps:
        found = found.get(_unescaped(step)) if isinstance(found, dict) else None
    if start != "#" or not isinstance(found, dict):
        raise ValueError(f"the JSON schema refers to {reference!r}, which it does not contain; put it under $defs")
    return found


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")  # RFC 6901, section 4
