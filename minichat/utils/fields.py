"""What a function or class asks for: names, annotations, defaults and descriptions, not yet schemas.

Signatures, dataclasses, NamedTuples and TypedDicts all become a list of `Field`. `typing` and
`typing_extensions` make the same special forms, so forms are known by name (`form_name`) and the
second is never imported.
"""

from __future__ import annotations

import inspect
import sys
import typing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

__all__ = [
    "EMPTY",
    "Field",
    "class_fields",
    "form_name",
    "is_named_tuple",
    "is_typed_dict",
    "own_docstring",
    "signature_fields",
    "unresolved",
]

EMPTY: Any = inspect.Parameter.empty  # no annotation, or no default


class Field(typing.NamedTuple):
    """One property to be. `default` is EMPTY where there is none to show; `required` stands on its own."""

    name: str
    annotation: Any
    required: bool
    default: Any = EMPTY
    description: str = ""


def form_name(origin: Any) -> str:
    """Name a special form ("Union", "Annotated", ...) of typing or typing_extensions; "" for anything else."""
    if getattr(origin, "__module__", "") not in ("typing", "typing_extensions", "types"):
        return ""
    return str(getattr(origin, "_name", None) or getattr(origin, "__name__", ""))


def is_typed_dict(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, dict) and hasattr(cls, "__required_keys__")


def is_named_tuple(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, tuple) and hasattr(cls, "_fields")


def own_docstring(cls: type) -> str:
    """Give the docstring somebody wrote for the class itself: neither inherited nor generated."""
    doc = cls.__dict__.get("__doc__") or ""
    if doc == "An enumeration." or doc.startswith(f"{cls.__name__}("):  # enum to 3.10; dataclass, NamedTuple
        return ""
    return inspect.cleandoc(doc)


def class_fields(cls: type, descriptions: dict[str, str], where: str, *, as_tool: bool = False) -> list[Field]:
    """List the fields of a dataclass, NamedTuple or TypedDict.

    `as_tool` reads ``Annotated`` in a TypedDict as LangChain documents it: (type, default, description)
    with ``...`` for no default. Elsewhere its text is a description and nothing else.
    """
    try:
        hints = typing.get_type_hints(cls, localns={cls.__name__: cls}, include_extras=True)
    except (NameError, TypeError, AttributeError, SyntaxError) as error:
        raise TypeError(f"{where}: {unresolved(f'the annotations of {cls.__name__}', error)}") from error
    if is_typed_dict(cls):
        return [_typed_dict_field(cls, name, hint, descriptions, as_tool=as_tool) for name, hint in hints.items()]
    return signature_fields(inspect.signature(cls), lambda name, raw: hints.get(name, raw), descriptions)


def signature_fields(
    signature: inspect.Signature, resolve: Callable[[str, Any], Any], descriptions: dict[str, str]
) -> list[Field]:
    """List parameters as fields; `resolve(name, annotation)` turns annotations written as text into types.

    ``*args`` becomes an optional list and ``**kwargs`` an optional object, as in LangChain.
    """
    fields = []
    for name, parameter in signature.parameters.items():
        annotation, default = resolve(name, parameter.annotation), parameter.default
        description = descriptions.get(name, "") or _description(annotation)
        if default is ...:  # pydantic's word for "required"
            default = EMPTY
        required = default is EMPTY
        if parameter.kind is parameter.VAR_POSITIONAL:
            annotation, default, required = list if annotation is EMPTY else typing.List[annotation], None, False  # type: ignore[valid-type]
        elif parameter.kind is parameter.VAR_KEYWORD:
            annotation, default, required = (
                dict if annotation is EMPTY else typing.Dict[str, annotation], None, False  # type: ignore[valid-type]
            )  # fmt: skip
        fields.append(Field(name, annotation, required, default, description))
    return fields


def _typed_dict_field(cls: Any, name: str, hint: Any, descriptions: dict[str, str], *, as_tool: bool) -> Field:
    required = name in cls.__required_keys__
    metadata: tuple[Any, ...] = ()
    while form_name(typing.get_origin(hint)) in ("Required", "NotRequired", "ReadOnly", "Annotated"):
        form, (inner, *extra) = form_name(typing.get_origin(hint)), typing.get_args(hint)
        if form in ("Required", "NotRequired"):
            required = form == "Required"  # `__required_keys__` misses those written as text
        metadata, hint = (*extra, *metadata), inner
    description = descriptions.get(name, "")
    if not as_tool:
        texts = [text for text in metadata[1::-1] if isinstance(text, str)]
        return Field(name, hint, required, EMPTY, description or (texts[0] if texts else ""))
    default = metadata[0] if metadata and metadata[0] is not ... else EMPTY
    text = metadata[1] if len(metadata) > 1 else ""
    if text and not isinstance(text, str):
        raise ValueError(
            f"{cls.__name__}.{name}: the third argument of Annotated must be its description, a str, not {text!r}"
        )
    return Field(name, hint, required and default is EMPTY, default, description or text or "")


def _description(annotation: Any) -> str:
    """Find the text in ``Annotated[type, "text"]``, or the `description` of a pydantic `Field` there."""
    if form_name(typing.get_origin(annotation)) == "Annotated":
        for item in typing.get_args(annotation)[1:]:
            text = item if isinstance(item, str) else getattr(item, "description", None)
            if isinstance(text, str) and text:
                return text
    return ""


def unresolved(what: str, error: BaseException) -> str:
    hint = "; before Python 3.10 write Union[X, Y] for X | Y" if sys.version_info < (3, 10) else ""
    return f"{what} cannot be resolved ({error}); import the names it uses where it is defined{hint}"
