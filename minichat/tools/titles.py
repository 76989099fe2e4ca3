"""The JSON schema of arguments as pydantic prints it: with titles, and every class a definition.

It is what a program sees in ``tool.args`` and what prompts print. What is sent to a provider has
neither: utils/function_calling.py takes the titles away and writes the classes where they are used.

Source of the form: pydantic 2 through langchain-core 1.8.2, by running them.
"""

from __future__ import annotations

import dataclasses
import enum

from ..utils.annotations import SchemaWriter
from ..utils.fields import class_fields, is_named_tuple, is_typed_dict, own_docstring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..utils.fields import Field

__all__ = ["TitledWriter", "in_order"]


class TitledWriter(SchemaWriter):
    """Schemas with pydantic's titles, where every class is a definition and referred to."""

    def object(self, fields: list[Field], prefix: str) -> dict[str, Any]:
        written = super().object(fields, prefix)
        properties = written["properties"]
        for name, schema in properties.items():
            if [list(one) for one in schema.get("anyOf", ())] == [["$ref"]]:
                beside = {key: value for key, value in schema.items() if key != "anyOf"}
                schema = {**schema["anyOf"][0], **beside}  # JSON Schema 2020-12 has keywords beside a reference
            title = {} if _refers(schema) else {"title": name.title().replace("_", " ").strip()}
            properties[name] = {**schema, **title}
        return written

    def _class(self, cls: type, where: str) -> dict[str, Any]:
        if callable(getattr(cls, "model_json_schema", None)):
            schema = cls.model_json_schema()  # type: ignore[attr-defined]
            self.definitions.update(schema.pop("$defs", {}))
            self.definitions[cls.__name__] = schema
        elif is_named_tuple(cls) or issubclass(cls, enum.Enum):
            title = {} if is_named_tuple(cls) else {"title": cls.__name__}
            self.definitions[cls.__name__] = {**super()._class(cls, where), **title}
        elif is_typed_dict(cls) or dataclasses.is_dataclass(cls):
            return self._defined(cls, where)
        else:
            return super()._class(cls, where)
        return {"$ref": f"#/$defs/{cls.__name__}"}

    def _defined(self, cls: type, where: str) -> dict[str, Any]:
        name = self._recursive.get(cls)
        if name is None:
            name = cls.__name__
            while name in self._recursive.values():
                name += "_"  # two classes of one name
            self._recursive[cls] = name
            fields = class_fields(cls, {}, where)
            doc = own_docstring(cls)
            schema = self.object(fields, f"{where}, {cls.__name__}.")
            self.definitions[name] = {**schema, "title": cls.__name__, **({"description": doc} if doc else {})}
        return {"$ref": f"#/$defs/{name}"}

    def _named_tuple(self, cls: type, where: str) -> dict[str, Any]:
        schema = self.object(class_fields(cls, {}, where), f"{where}, {cls.__name__}.")
        required, items = len(schema.get("required", ())), list(schema["properties"].values())
        return {"type": "array", "minItems": required, "maxItems": len(items), "prefixItems": items}


def _refers(schema: dict[str, Any]) -> bool:
    """Tell whether a schema is a reference, perhaps or null: pydantic gives those no title of their own."""
    branches = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    return "$ref" in schema or (len(branches) == 1 and "$ref" in branches[0])


def in_order(value: Any, parent: str = "") -> Any:
    """Order keys as pydantic does, by name but for what the user named; descriptions print the schema."""
    if isinstance(value, dict):
        keys = value if parent in ("properties", "default") else sorted(value)
        return {key: in_order(value[key], key) for key in keys}
    if isinstance(value, list):
        return [in_order(one, parent) for one in value]
    return value
