"""What all messages share: fields, construction, equality, printing, copying.

A message is a plain object. What was given stands in its `__dict__`; what was not given is not
stored. Defaults that cannot change are class attributes; a default that can (a dict, a list), or
that has to be worked out, is a `lazy` field: made at the first read, kept from then on. So a
streamed chunk costs one object and two stores, and later reads are plain attribute reads.

Each class lists its fields, in the order in which they are compared, dumped and pickled, in
`_fields`; those its repr shows, with the value that is not worth showing, in `_shown`; and a check
for what a caller may pass in `_checks`. Other keyword arguments are kept as attributes.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .merging import copy_json, merge_content, merge_dicts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, Optional

    from .merging import Content

__all__ = ["BaseMessage", "BaseMessageChunk", "lazy", "message_chunk_to_message", "get_msg_title_repr"]

MISSING: Any = object()
SHARED = ("_tape", "_count")  # where a sum of chunks keeps its parts (ai.py); never part of its state


class lazy:
    """A field whose value is made by `make(message)` at the first read and then stored.

    Not `functools.cached_property`: before 3.12 that one takes a lock at each first read.
    """

    __slots__ = ("make", "name")

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, message: Any, owner: Optional[type] = None) -> Any:
        if message is None:
            return self
        value = self.make(message)
        message.__dict__[self.name] = value
        return value


def refuse(cls: type, name: str, value: Any, wanted: str) -> ConfigurationError:
    """Say which argument of which class is wrong; shows the type, never the (private) text."""
    return ConfigurationError(f"{cls.__name__}: {name} must be {wanted}, got {type(value).__name__}")


def check_dict(cls: type, name: str, value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise refuse(cls, name, value, "a dict")
    return dict(value)


def check_text(cls: type, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise refuse(cls, name, value, "a str")
    return value


def check_optional_text(cls: type, name: str, value: Any) -> Optional[str]:
    return value if value is None else check_text(cls, name, value)


def check_id(cls: type, name: str, value: Any) -> Optional[str]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return check_optional_text(cls, name, value)


class BaseMessage:
    """One item of a conversation; use a subclass, or name the `type` yourself.

    >>> BaseMessage("hi", type="note")
    BaseMessage(content='hi', type='note')

    Shape: `content` is a str or a list of str and dict (content blocks); `additional_kwargs` and
    `response_metadata` are dicts, `name` and `id` a str or None.
    Raises: ConfigurationError (a ValueError) naming the argument; TypeError when content is missing.
    """

    type: str
    content: Content
    additional_kwargs: dict[str, Any] = lazy(lambda message: {})  # type: ignore[assignment]
    response_metadata: dict[str, Any] = lazy(lambda message: {})  # type: ignore[assignment]
    name: Optional[str] = None
    id: Optional[str] = None

    _fields: ClassVar[tuple[str, ...]] = (
        "content",
        "additional_kwargs",
        "response_metadata",
        "name",
        "id",
        "type",
    )
    _shown: ClassVar[tuple[tuple[str, Any], ...]] = (("name", None), ("type", None))
    _required: ClassVar[tuple[str, ...]] = ("type",)
    _checks: ClassVar[dict[str, Callable[..., Any]]] = {  # of (class, name, value)
        "additional_kwargs": check_dict,
        "response_metadata": check_dict,
        "name": check_optional_text,
        "id": check_id,
    }

    def __init__(self, content: Content = MISSING, **fields: Any) -> None:
        cls = type(self)
        self.content = content if type(content) is str else cls._check_content(content)
        if "type" in fields and cls._required != ("type",):
            given = fields.pop("type")
            if given != cls.type:
                raise ConfigurationError(f"{cls.__name__}: type must be {cls.type!r}, got {given!r}")
        for name in cls._required:
            if name not in fields:
                raise ConfigurationError(f"{cls.__name__}: {name} is missing; pass {name}=...")
        checks = cls._checks
        stored = self.__dict__
        for name, value in fields.items():
            check = checks.get(name)
            if check is not None:
                value = check(cls, name, value)
            elif name in SHARED:
                raise ConfigurationError(f"{cls.__name__}: the name {name} is reserved")
            stored[name] = value

    @classmethod
    def _check_content(cls, content: Any) -> Content:
        if content is MISSING:
            raise TypeError(f"{cls.__name__}() is missing its argument 'content'")
        if isinstance(content, str):
            return content
        if not isinstance(content, (list, tuple)):
            raise refuse(cls, "content", content, "a str or a list of str and dict")
        for at, item in enumerate(content):
            if not isinstance(item, (str, dict)):
                raise refuse(cls, f"content[{at}]", item, "a str or a dict")
        return [dict(item) if isinstance(item, dict) else item for item in content]

    def __add__(self, other: Any) -> Any:
        """Give the ChatPromptTemplate of this message and `other`: a message, a list, a text template."""
        from ..prompts.chat import ChatPromptTemplate  # upward, for those who add templates

        return ChatPromptTemplate(messages=[self]) + other

    # -- reading ---------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The text of the content: a str as it is, of a list the str items and "text" blocks."""
        content = self.content
        if isinstance(content, str):
            return content
        found = []
        for item in content:
            if isinstance(item, str):
                found.append(item)
            elif item.get("type") == "text" and isinstance(item.get("text"), str):
                found.append(item["text"])
        return "".join(found)

    @property
    def model_extra(self) -> dict[str, Any]:
        """The keyword arguments that are no field of this class."""
        fields = self._fields
        return {k: v for k, v in self.__dict__.items() if k not in fields and k not in SHARED}

    def model_dump(
        self,
        *,
        include: Optional[Any] = None,
        exclude: Optional[Any] = None,
        exclude_none: bool = False,
    ) -> dict[str, Any]:
        """Return all fields, "type" and extras as a dict that shares nothing with the message."""
        dumped = self._state()
        dumped["type"] = self.type
        return {
            name: copy_json(value)
            for name, value in dumped.items()
            if (include is None or name in include)
            and (exclude is None or name not in exclude)
            and not (exclude_none and value is None)
        }

    def model_copy(self, *, update: Optional[dict[str, Any]] = None, deep: bool = False) -> Any:
        """Return a copy with the given fields replaced (unchecked); `deep` copies lists and dicts."""
        copied = type(self).__new__(type(self))
        state = self.__getstate__()
        if deep:
            state = {name: copy_json(value) for name, value in state.items()}
        copied.__dict__.update(state)
        copied.__dict__.update(update or {})
        return copied

    def pretty_repr(self, html: bool = False) -> str:
        """Return a titled text for people; `html` sets the title in bold (terminal escapes)."""
        title = get_msg_title_repr(f"{self.type.title()} Message", bold=html)
        named = "" if self.name is None else f"\nName: {self.name}"
        return f"{title}{named}\n\n{self.content}"

    def pretty_print(self) -> None:
        """Print `pretty_repr()`."""
        print(self.pretty_repr())

    # -- identity --------------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        """All fields, defaults included, and the extras: what is compared and dumped."""
        state = {name: getattr(self, name) for name in self._fields}
        state.update(self.model_extra)
        return state

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in SHARED}

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self is other or self._state() == other._state()

    __hash__ = None  # type: ignore[assignment]

    def _printed(self) -> list[str]:
        printed = [f"content={self.content!r}"]
        for name, unremarkable in self._shown:
            value = getattr(self, name)
            if value != unremarkable:
                printed.append(f"{name}={value!r}")
        printed.extend(f"{name}={value!r}" for name, value in self.model_extra.items())
        return printed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._printed())})"

    def __str__(self) -> str:
        return " ".join(self._printed())


class BaseMessageChunk(BaseMessage):
    """A streamed piece of a message; pieces of one message are added with `+`.

    The sum has the class and id of the left operand. Its name and extras are not carried over
    (LangChain's rule): they belong to the piece that had them.
    """

    def __add__(self, other: Any) -> Any:
        others = chunks_to_add(self, other)
        total = type(self).__new__(type(self))
        total.content = merge_content(self.content, *(each.content for each in others))
        stored = total.__dict__
        stored["id"] = self.id
        for name in ("additional_kwargs", "response_metadata"):
            merged = merge_dicts(getattr(self, name), *(getattr(each, name) for each in others))
            if merged:
                stored[name] = merged
        stored.update(self._add_own(others))
        return total

    def _add_own(self, others: Any) -> dict[str, Any]:
        """Return the fields of the sum that only this class has."""
        return {"type": self.type} if "type" in self._fields else {}


def chunks_to_add(left: BaseMessageChunk, right: Any) -> Any:
    """Return the right side of a `+` as a sequence of chunks. Raises: TypeError as `+` does."""
    if isinstance(right, BaseMessageChunk):
        return (right,)
    if isinstance(right, (list, tuple)) and all(isinstance(each, BaseMessageChunk) for each in right):
        return right
    raise TypeError(
        f'unsupported operand type(s) for +: "{type(left).__name__}" and "{type(right).__name__}"'
    )


def message_chunk_to_message(chunk: BaseMessage) -> BaseMessage:
    """Return the whole message a chunk stands for; what is no chunk is given back as it is."""
    if not isinstance(chunk, BaseMessageChunk):
        return chunk
    bases: Any = (cls for cls in type(chunk).__mro__ if not issubclass(cls, BaseMessageChunk))
    cls: type[BaseMessage] = next(bases)  # each chunk class has its whole class as a base
    whole = cls.__new__(cls)
    for name in cls._fields:
        value = getattr(chunk, name)
        if name == "content" or not (value is None or value == {} or value == []):
            whole.__dict__[name] = value
    whole.__dict__.update(chunk.model_extra)
    return whole


def get_msg_title_repr(title: str, *, bold: bool = False) -> str:
    """Return `title` in the middle of a line of `=`, 80 characters wide."""
    padded = f" {title} "
    left = "=" * ((80 - len(padded)) // 2)
    right = left + "=" if len(padded) % 2 else left
    middle = f"\033[1m{padded}\033[0m" if bold else padded
    return f"{left}{middle}{right}"
